// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * xio_server: the echoing server over RDMA.
 */
#include "server.h"

int main(int argc, char **argv)
{
	static const struct tool_program program = { "xio_server", "xio", "RDMA" };

	return server_main(argc, argv, &program);
}
