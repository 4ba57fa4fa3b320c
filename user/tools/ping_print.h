/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A thread that prints what came back, so that whoever takes the times waits for no
 * terminal. What is not printed yet is kept, however much that is.
 */
#ifndef CXIO_PING_PRINT_H
#define CXIO_PING_PRINT_H

#include <stdbool.h>
#include <stdint.h>

struct ping_printer;

/**
 * struct ping_answer - an answer
 * @seq: number of the ping
 * @took_ns: there and back
 */
struct ping_answer {
	uint64_t seq;
	uint64_t took_ns;
};

typedef void (*ping_print_fn)(void *arg, const struct ping_answer *a);

struct ping_printer *ping_printer_start(ping_print_fn print, void *arg);
bool ping_printer_add(struct ping_printer *p, const struct ping_answer *a);
void ping_printer_finish(struct ping_printer *p);

#endif /* CXIO_PING_PRINT_H */
