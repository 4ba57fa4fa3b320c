/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A doubly linked ring with its head: just what the library needs of one. */
#ifndef CXIO_LIST_H
#define CXIO_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct cxio_link {
	struct cxio_link *next;
	struct cxio_link *prev;
};

#define cxio_entry(ptr, type, member) \
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))

static inline void cxio_list_init(struct cxio_link *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool cxio_list_empty(const struct cxio_link *head)
{
	return head->next == head;
}

static inline void cxio_list_append(struct cxio_link *head, struct cxio_link *l)
{
	l->next = head;
	l->prev = head->prev;
	head->prev->next = l;
	head->prev = l;
}

/* The link is left as a ring of itself, so that removing it again is harmless. */
static inline void cxio_list_remove(struct cxio_link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	cxio_list_init(l);
}

static inline void cxio_list_move_all(struct cxio_link *from, struct cxio_link *to)
{
	while (!cxio_list_empty(from)) {
		struct cxio_link *l = from->next;

		cxio_list_remove(l);
		cxio_list_append(to, l);
	}
}

#endif /* CXIO_LIST_H */
