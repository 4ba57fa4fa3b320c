// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * simple_server: the echoing server over TCP.
 */
#include "server.h"

int main(int argc, char **argv)
{
	static const struct tool_program program = { "simple_server", "simple", "TCP" };

	return server_main(argc, argv, &program);
}
