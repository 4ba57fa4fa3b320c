/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the bytes of a message lie: page arrays, page lists, bios, bvecs, plain
 * memory, one behind the other, as a struct ceph_msg has them.
 *
 * Ownership: none of it is owned here. The items belong to who gave their array;
 * pages, bios, bvecs and memory belong to the owner of the message, who keeps them
 * until he is told that they are free (or until his revoke has returned, I7).
 *
 * Locks and contexts: none, and any. Nothing here sleeps or allocates. Adding
 * items excludes everything else on the same data; a cursor is its user's own. What
 * an item refers to must not change its layout meanwhile (its bytes may).
 *
 * Lengths and offsets are checked wherever they are taken, in subtraction form (I1):
 * a range that is not inside the data is -EINVAL, and nothing was done.
 */
#ifndef CEPH_XIO_DATA_H
#define CEPH_XIO_DATA_H

#include <linux/bvec.h>
#include <linux/list.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

struct bio;

/**
 * enum cxio_item_type - what an item refers to
 * @CXIO_ITEM_PAGES: an array of pages
 * @CXIO_ITEM_PAGELIST: a list of pages, linked by page->lru
 * @CXIO_ITEM_BIO: a chain of bios, linked by bi_next
 * @CXIO_ITEM_BVECS: an array of bvecs
 * @CXIO_ITEM_MEMORY: memory of kmalloc(), vmalloc() or kvmalloc()
 */
enum cxio_item_type {
	CXIO_ITEM_PAGES,
	CXIO_ITEM_PAGELIST,
	CXIO_ITEM_BIO,
	CXIO_ITEM_BVECS,
	CXIO_ITEM_MEMORY,
};

/**
 * struct cxio_item - a part of the data; made by cxio_data_add_...()
 * @type: what it refers to
 * @length: bytes, never 0
 * @alignment: where in the first page of an array the bytes begin
 * @pages: array of pages
 * @list: head of a list of pages
 * @bio: first of a chain of bios
 * @bvecs: array of bvecs
 * @iter: where in the first bio, or in @bvecs, the bytes begin
 * @memory: plain memory
 */
struct cxio_item {
	enum cxio_item_type type;
	size_t length;
	unsigned int alignment;
	union {
		struct page **pages;
		struct list_head *list;
		struct bio *bio;
		const struct bio_vec *bvecs;
		void *memory;
	};
	struct bvec_iter iter;
};

/**
 * struct cxio_data - data of a message
 * @items: its parts, in order
 * @count: how many there are
 * @room: how many @items has room for
 * @length: bytes in all
 */
struct cxio_data {
	struct cxio_item *items;
	unsigned int count;
	unsigned int room;
	size_t length;
};

/**
 * struct cxio_span - bytes within one page
 * @page: the page
 * @offset: where in it
 * @len: how many, at least 1
 */
struct cxio_span {
	struct page *page;
	unsigned int offset;
	unsigned int len;
};

/**
 * struct cxio_data_cursor - a place in data, and how far from there to go
 * @data: what it goes over
 * @left: bytes to go
 * @index: item it is in
 * @item_left: bytes to the item's end
 * @position: in a page array (counted from the start of its first page) or memory
 * @page: in a page list
 * @page_offset: likewise, in @page
 * @bio: in a chain of bios
 * @iter: in @bio or in bvecs
 *
 * The last four are valid as far as the item's type has them.
 */
struct cxio_data_cursor {
	const struct cxio_data *data;
	size_t left;
	unsigned int index;
	size_t item_left;
	size_t position;
	struct page *page;
	unsigned int page_offset;
	struct bio *bio;
	struct bvec_iter iter;
};

/* Every span from where the cursor is to its end; afterwards the cursor is there. */
#define cxio_data_for_each_span(cursor, span)			\
	for (; cxio_data_cursor_span(cursor, span);		\
	     cxio_data_cursor_advance(cursor, (span)->len))

void cxio_data_init(struct cxio_data *d, struct cxio_item *items, unsigned int room);
int cxio_data_add_pages(struct cxio_data *d, struct page **pages, size_t length,
			unsigned int alignment);
int cxio_data_add_pagelist(struct cxio_data *d, struct list_head *list, size_t length);
#ifdef CONFIG_BLOCK
int cxio_data_add_bio(struct cxio_data *d, struct bio *bio, const struct bvec_iter *iter,
		      size_t length);
#endif
int cxio_data_add_bvecs(struct cxio_data *d, const struct bio_vec *bvecs,
			const struct bvec_iter *iter, size_t length);
int cxio_data_add_memory(struct cxio_data *d, void *memory, size_t length);

int cxio_data_cursor_init(struct cxio_data_cursor *c, const struct cxio_data *d, size_t off,
			  size_t len);
bool cxio_data_cursor_span(const struct cxio_data_cursor *c, struct cxio_span *span);
int cxio_data_cursor_advance(struct cxio_data_cursor *c, size_t n);
size_t cxio_data_cursor_region(struct cxio_data_cursor *c, unsigned int max_pages);

int cxio_data_copy_out(const struct cxio_data *d, size_t off, size_t len, void *to);
int cxio_data_copy_in(const struct cxio_data *d, size_t off, size_t len, const void *from);
int cxio_data_crc32c(const struct cxio_data *d, size_t off, size_t len, u32 seed, u32 *crc);
int cxio_data_fill_sg(const struct cxio_data *d, size_t off, size_t len, struct scatterlist *sg,
		      unsigned int room, unsigned int max_segment, size_t *covered);
int cxio_data_count_sg(const struct cxio_data *d, size_t off, size_t len,
		       unsigned int max_segment);
int cxio_data_count_regions(const struct cxio_data *d, size_t off, size_t len,
			    unsigned int max_pages);

#endif /* CEPH_XIO_DATA_H */
