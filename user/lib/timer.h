/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Times at which something is to be done, of one thread: a binary heap.
 */
#ifndef CXIO_TIMER_H
#define CXIO_TIMER_H

#include "deps.h"

struct cxio_timer;

/**
 * typedef cxio_timer_fn - what is to be done
 * @t: the timer, not set any more: may be set again, or freed with what it is in
 */
typedef void (*cxio_timer_fn)(struct cxio_timer *t);

/**
 * struct cxio_timer - one of them
 * @due: nanoseconds of cxio_now(); CXIO_NEVER: not set
 * @fn: what
 * @place: in the heap, from 1; 0: not set
 */
struct cxio_timer {
	u64 due;
	cxio_timer_fn fn;
	u32 place;
};

/**
 * struct cxio_timers - those that are set
 * @heap: from place 1; each is due no earlier than the one at half its place
 * @count: how many
 * @promised: how many may be
 * @room: for how many there is room
 * @running: what is set to this or earlier is due after it; 0: none is fired just now
 */
struct cxio_timers {
	struct cxio_timer **heap;
	u32 count;
	u32 promised;
	u32 room;
	u64 running;
};

int cxio_timers_reserve(struct cxio_timers *h);
void cxio_timers_release(struct cxio_timers *h);
void cxio_timers_fini(struct cxio_timers *h);
void cxio_timer_init(struct cxio_timer *t, cxio_timer_fn fn);
void cxio_timer_set(struct cxio_timers *h, struct cxio_timer *t, u64 due);
void cxio_timer_cancel(struct cxio_timers *h, struct cxio_timer *t);
u64 cxio_timers_run(struct cxio_timers *h, u64 now);

#endif /* CXIO_TIMER_H */
