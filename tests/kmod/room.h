/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that tests have messages' data in, with a pattern by which one tells them apart.
 */
#ifndef CEPH_XIO_TEST_ROOM_H
#define CEPH_XIO_TEST_ROOM_H

#include <linux/slab.h>

#include "../../kernel/cxio.h"

/**
 * struct room - memory of a message
 * @id: which message's
 * @pages: how many
 * @page: the pages
 */
struct room {
	unsigned int id;
	unsigned int pages;
	struct page *page[256];
};

static inline u32 room_word(unsigned int id, unsigned int at)
{
	return id * 2654435761u + at;
}

/* room_fill() - write the pattern of its message, or @value, all over it */
static inline void room_fill(struct room *r, u32 value, bool pattern)
{
	unsigned int i, j;

	for (i = 0; i < r->pages; i++) {
		u32 *p = page_address(r->page[i]);

		for (j = 0; j < PAGE_SIZE / 4; j++)
			p[j] = pattern ? room_word(r->id, i * (PAGE_SIZE / 4) + j) : value;
	}
}

/* room_holds() - are its first @len bytes that? */
static inline bool room_holds(struct room *r, unsigned int len, u32 value, bool pattern)
{
	unsigned int i;

	for (i = 0; i < len / 4; i++) {
		u32 *p = page_address(r->page[i / (PAGE_SIZE / 4)]);
		u32 want = pattern ? room_word(r->id, i) : value;

		if (p[i % (PAGE_SIZE / 4)] != want)
			return false;
	}
	return true;
}

static inline void room_free(struct room *r)
{
	while (r->pages)
		__free_page(r->page[--r->pages]);
	kfree(r);
}

static inline struct room *room_new(unsigned int id, unsigned int len)
{
	struct room *r = kzalloc(sizeof(*r), GFP_NOIO);

	if (!r)
		return NULL;
	r->id = id;
	for (; r->pages < DIV_ROUND_UP(len, PAGE_SIZE); r->pages++) {
		r->page[r->pages] = alloc_page(GFP_NOIO);
		if (!r->page[r->pages]) {
			room_free(r);
			return NULL;
		}
	}
	return r;
}

static inline void room_release(struct cxio_message *m)
{
	room_free(m->private);
}

/* room_message() - a message over pages of its own; NULL without memory */
static inline struct cxio_message *room_message(const struct cxio_msg_header *h)
{
	struct cxio_message *m = cxio_message_alloc(h, GFP_NOIO);
	struct room *r = room_new(h->tid, h->len[CXIO_DATA]);

	if (m && r && !cxio_data_add_pages(&m->data, r->page, h->len[CXIO_DATA], 0)) {
		m->private = r;
		m->release = room_release;
		return m;
	}
	if (r)
		room_free(r);
	cxio_message_put(m);
	return NULL;
}

#endif /* CEPH_XIO_TEST_ROOM_H */
