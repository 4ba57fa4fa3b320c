/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that tests have messages' data in, with a pattern by which one tells them apart.
 */
#ifndef CEPH_XIO_TEST_ROOM_H
#define CEPH_XIO_TEST_ROOM_H

#include <linux/kernel.h>
#include <linux/slab.h>

#include "../../kernel/cxio.h"

/**
 * struct room - memory of a message
 * @pages: how many
 * @page: the pages
 * @pattern: of its message: what no other's pages have
 */
struct room {
	unsigned int pages;
	struct page *page[256];
	u32 pattern[PAGE_SIZE / 4];
};

/*
 * room_length() - how many bytes the message of a random number has
 *
 * In a frame, in a chain, and read, which takes longest: half of all are read, and mostly
 * so short that there can be many of them.
 */
static inline u32 room_length(u32 random)
{
	static const struct { u32 of_40, length; } kinds[] = {
		{ 8, 2048 }, { 4, 8192 }, { 4, 12288 }, { 20, 65536 }, { 3, 262144 },
	};
	unsigned int i, left = random % 40;

	for (i = 0; i < ARRAY_SIZE(kinds); left -= kinds[i++].of_40)
		if (left < kinds[i].of_40)
			return kinds[i].length;
	/* more than one region covers */
	return 1048576;
}

/* room_fill() - into each page its number in the room, then the pattern */
static inline void room_fill(struct room *r)
{
	unsigned int i;

	for (i = 0; i < r->pages; i++) {
		u32 *p = page_address(r->page[i]);

		memcpy(p, r->pattern, PAGE_SIZE);
		p[0] = i;
	}
}

/* room_holds() - are its first @len bytes that? */
static inline bool room_holds(struct room *r, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < r->pages; i++, len -= PAGE_SIZE) {
		u32 *p = page_address(r->page[i]);

		if (p[0] != i || memcmp(p + 1, r->pattern + 1, min_t(u32, len, PAGE_SIZE) - 4))
			return false;
	}
	return true;
}

/* room_rewrite() - nothing but @value, in all of it */
static inline void room_rewrite(struct room *r, u8 value)
{
	unsigned int i;

	for (i = 0; i < r->pages; i++)
		memset(page_address(r->page[i]), value, PAGE_SIZE);
}

/* room_holds_only() - is that still so? */
static inline bool room_holds_only(struct room *r, u8 value)
{
	unsigned int i;

	for (i = 0; i < r->pages; i++)
		if (memchr_inv(page_address(r->page[i]), value, PAGE_SIZE))
			return false;
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
	unsigned int i;

	if (!r)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(r->pattern); i++)
		r->pattern[i] = id * 2654435761u + i;
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
