/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The echoing server, over any transport. */
#ifndef CXIO_SERVER_H
#define CXIO_SERVER_H

#include "tool.h"

int server_main(int argc, char **argv, const struct tool_program *program);

#endif /* CXIO_SERVER_H */
