// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * simple_client: the client of an echoing server, over TCP.
 */
#include "client.h"

int main(int argc, char **argv)
{
	static const struct tool_program program = { "simple_client", "simple", "TCP" };

	return client_main(argc, argv, &program);
}
