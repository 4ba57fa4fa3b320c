/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs share: addresses, signals, messages to the user, exit codes. */
#ifndef CXIO_TOOL_H
#define CXIO_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Exit codes: the work failed, the command line is wrong, nothing could be begun. */
#define EXIT_WORK	1
#define EXIT_USAGE	2
#define EXIT_SETUP	3

#define TOOL_DEFAULT_PORT 7471

#define TOOL_NS_PER_S	1000000000ull

/**
 * struct tool_program - which program this is
 * @name: its name
 * @transport: of the library, see struct cxio_messenger_options
 * @over: what that is, in words: "RDMA"
 */
struct tool_program {
	const char *name;
	const char *transport;
	const char *over;
};

/**
 * struct tool_address - where to listen or connect
 * @sa: address with port
 * @len: bytes of @sa
 * @text: "10.0.0.1:7471" or "[fd00::1]:7471"
 */
struct tool_address {
	struct sockaddr_storage sa;
	socklen_t len;
	char text[80];
};

void tool_begin(const struct tool_program *p);
const struct tool_program *tool_program(void);
bool tool_use_transport(const char *transport);
void tool_use_carrier(const char *over);
void tool_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tool_bad_option(char **argv);
bool tool_number(const char *text, const char *what, uint64_t min, uint64_t max,
		 uint64_t *value);
bool tool_address(const char *addr, uint16_t port, struct tool_address *out);
uint16_t tool_port(const struct sockaddr_storage *sa);
const char *tool_hint(int err);
void tool_sleep_ms(uint64_t ms);
const char *tool_human(uint64_t bytes, char *buf, size_t size);
uint64_t tool_now_ns(void);
bool tool_process_status(const char *key, uint64_t *bytes);
void tool_signals_begin(void);
int tool_signals_wait(uint64_t until_ns);
void tool_signals_wake(void);

#endif /* CXIO_TOOL_H */
