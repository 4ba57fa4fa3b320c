// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A heap of timers. Setting one never fails: room is made when its owner begins, with
 * cxio_timers_reserve(), and kept until it ends.
 */
#include <errno.h>
#include <stdlib.h>

#include "session.h"
#include "timer.h"

/**
 * cxio_timers_reserve() - make room for one more timer, set or not
 * @h: the heap
 *
 * Return: 0 or -ENOMEM.
 */
int cxio_timers_reserve(struct cxio_timers *h)
{
	struct cxio_timer **heap;
	u32 room;

	if (h->promised >= h->room) {
		room = 2 * h->room + 32;
		heap = reallocarray(h->heap, room + 1, sizeof(*heap));
		if (!heap)
			return -ENOMEM;
		h->heap = heap;
		h->room = room;
	}
	h->promised++;
	return 0;
}

/**
 * cxio_timers_release() - one timer less, which is not set any more
 * @h: the heap
 */
void cxio_timers_release(struct cxio_timers *h)
{
	h->promised--;
}

void cxio_timers_fini(struct cxio_timers *h)
{
	free(h->heap);
	h->heap = NULL;
}

void cxio_timer_init(struct cxio_timer *t, cxio_timer_fn fn)
{
	t->due = CXIO_NEVER;
	t->fn = fn;
	t->place = 0;
}

static void put(struct cxio_timers *h, struct cxio_timer *t, u32 place)
{
	h->heap[place] = t;
	t->place = place;
}

/* It may be due earlier than those above, or later than those below. */
static void settle(struct cxio_timers *h, struct cxio_timer *t)
{
	u32 place = t->place, child;

	for (; place > 1 && h->heap[place / 2]->due > t->due; place /= 2)
		put(h, h->heap[place / 2], place);
	for (; (child = 2 * place) <= h->count; place = child) {
		if (child < h->count && h->heap[child + 1]->due < h->heap[child]->due)
			child++;
		if (h->heap[child]->due >= t->due)
			break;
		put(h, h->heap[child], place);
	}
	put(h, t, place);
}

/**
 * cxio_timer_cancel() - it is not to fire
 * @h: the heap
 * @t: set or not
 */
void cxio_timer_cancel(struct cxio_timers *h, struct cxio_timer *t)
{
	struct cxio_timer *last;
	u32 place = t->place;

	if (!place)
		return;
	last = h->heap[h->count--];
	t->place = 0;
	t->due = CXIO_NEVER;
	if (last == t)
		return;
	put(h, last, place);
	settle(h, last);
}

/**
 * cxio_timer_set() - it is to fire then, and not when it was set to before
 * @h: the heap, with room for it
 * @t: set or not
 * @due: when; CXIO_NEVER cancels
 */
void cxio_timer_set(struct cxio_timers *h, struct cxio_timer *t, u64 due)
{
	if (due == CXIO_NEVER) {
		cxio_timer_cancel(h, t);
		return;
	}
	/* Else the first in the heap would be fired again and again, before all others. */
	if (due <= h->running)
		due = h->running + 1;
	if (t->place && t->due == due)
		return;
	t->due = due;
	if (!t->place)
		t->place = ++h->count;
	settle(h, t);
}

/**
 * cxio_timers_run() - fire what is due
 * @h: the heap
 * @now: time. What is set meanwhile to this or earlier waits for the next run
 *
 * Return: when the next is due, or CXIO_NEVER.
 */
u64 cxio_timers_run(struct cxio_timers *h, u64 now)
{
	h->running = now;
	while (h->count && h->heap[1]->due <= now) {
		struct cxio_timer *t = h->heap[1];

		cxio_timer_cancel(h, t);
		t->fn(t);
	}
	h->running = 0;
	return h->count ? h->heap[1]->due : CXIO_NEVER;
}
