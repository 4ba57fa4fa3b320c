/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hand-over between threads without a lock: anybody pushes, one owner takes all.
 *
 * What is taken is a list in the order it was pushed. Nobody pops single entries, so
 * that an entry that was taken, used and pushed again meanwhile confuses nobody.
 */
#ifndef CXIO_STACK_H
#define CXIO_STACK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct cxio_slot - an entry's link
 * @next: pushed before it; once taken, pushed after it
 */
struct cxio_slot {
	struct cxio_slot *next;
};

/**
 * struct cxio_stack - what was pushed and not taken
 * @top: the newest, or NULL
 */
struct cxio_stack {
	_Atomic(struct cxio_slot *) top;
};

/**
 * cxio_stack_push() - hand an entry over
 * @s: the stack
 * @e: the entry, in no stack
 *
 * Context: any thread. What was written before is seen by who takes it.
 *
 * Return: true if the stack was empty: its owner may be asleep.
 */
static inline bool cxio_stack_push(struct cxio_stack *s, struct cxio_slot *e)
{
	struct cxio_slot *top = atomic_load_explicit(&s->top, memory_order_relaxed);

	do
		e->next = top;
	while (!atomic_compare_exchange_weak(&s->top, &top, e));
	return !top;
}

/**
 * cxio_stack_take() - take all there is
 * @s: the stack
 *
 * Context: any thread; what is taken is the caller's alone.
 *
 * Return: the oldest, with the newer ones behind it, or NULL.
 */
static inline struct cxio_slot *cxio_stack_take(struct cxio_stack *s)
{
	struct cxio_slot *e = atomic_exchange(&s->top, NULL), *first = NULL;

	while (e) {
		struct cxio_slot *next = e->next;

		e->next = first;
		first = e;
		e = next;
	}
	return first;
}

/**
 * cxio_stack_empty() - is there nothing to take?
 * @s: the stack
 *
 * Context: any thread. Return: true if there was nothing.
 */
static inline bool cxio_stack_empty(struct cxio_stack *s)
{
	return !atomic_load(&s->top);
}

#endif /* CXIO_STACK_H */
