// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * xio_client: the client of an echoing server, over RDMA.
 */
#include "client.h"

int main(int argc, char **argv)
{
	static const struct tool_program program = { "xio_client", "xio", "RDMA" };

	return client_main(argc, argv, &program);
}
