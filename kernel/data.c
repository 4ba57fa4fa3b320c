// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data of a message, whatever it lies in, as a sequence of spans that each are
 * within a page; and what is made of these: copies, CRCs, scatter lists.
 */
#include <linux/bio.h>
#include <linux/export.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/vmalloc.h>

#include "../common/deps.h"
#include "data.h"

/* --- items --- */

/**
 * cxio_data_init() - data without bytes
 * @d: the data
 * @items: array for its items, valid as long as @d is used
 * @room: how many it has room for
 *
 * Context: any.
 */
void cxio_data_init(struct cxio_data *d, struct cxio_item *items, unsigned int room)
{
	d->items = items;
	d->count = 0;
	d->room = room;
	d->length = 0;
}
EXPORT_SYMBOL_NS_GPL(cxio_data_init, CEPH_XIO);

/* Nothing is nothing: an item always has bytes, so that no loop need expect less. */
static int add(struct cxio_data *d, const struct cxio_item *item)
{
	if (!item->length)
		return 0;
	if (item->length > SIZE_MAX - d->length)
		return -EOVERFLOW;
	if (d->count >= d->room)
		return -ENOSPC;
	d->items[d->count++] = *item;
	d->length += item->length;
	return 0;
}

/**
 * cxio_data_add_pages() - add bytes in an array of pages
 * @d: the data
 * @pages: the array, which stays the caller's; only the first page may begin elsewhere
 *	than at its start
 * @length: bytes; 0 adds nothing
 * @alignment: where in the first page they begin, less than a page
 *
 * Context: any. Return: 0, -EINVAL for the alignment, -ENOSPC without room for an
 * item, -EOVERFLOW if the length in all is none.
 */
int cxio_data_add_pages(struct cxio_data *d, struct page **pages, size_t length,
			unsigned int alignment)
{
	const struct cxio_item item = {
		.type = CXIO_ITEM_PAGES, .length = length, .alignment = alignment, .pages = pages,
	};

	if (alignment >= PAGE_SIZE || length > SIZE_MAX - alignment)
		return -EINVAL;
	return add(d, &item);
}
EXPORT_SYMBOL_NS_GPL(cxio_data_add_pages, CEPH_XIO);

/**
 * cxio_data_add_pagelist() - add bytes in a list of pages
 * @d: the data
 * @list: head of the list, linked by page->lru; bytes begin with the first page
 * @length: bytes; 0 adds nothing
 *
 * Context: any; the list is walked. Return: 0, -EINVAL if the list has fewer bytes,
 * -ENOSPC without room for an item, -EOVERFLOW if the length in all is none.
 */
int cxio_data_add_pagelist(struct cxio_data *d, struct list_head *list, size_t length)
{
	const struct cxio_item item = {
		.type = CXIO_ITEM_PAGELIST, .length = length, .list = list,
	};
	size_t left = length;
	struct page *page;

	list_for_each_entry(page, list, lru)
		left -= min_t(size_t, left, PAGE_SIZE);
	if (left)
		return -EINVAL;
	return add(d, &item);
}
EXPORT_SYMBOL_NS_GPL(cxio_data_add_pagelist, CEPH_XIO);

#ifdef CONFIG_BLOCK
/**
 * cxio_data_add_bio() - add bytes of a chain of bios
 * @d: the data
 * @bio: the first bio
 * @iter: where in it they begin; in those that follow, where their own bi_iter says
 * @length: bytes; 0 adds nothing
 *
 * Context: any; the chain is walked. Return: 0, -EINVAL if the chain has fewer bytes,
 * -ENOSPC without room for an item, -EOVERFLOW if the length in all is none.
 */
int cxio_data_add_bio(struct cxio_data *d, struct bio *bio, const struct bvec_iter *iter,
		      size_t length)
{
	const struct cxio_item item = {
		.type = CXIO_ITEM_BIO, .length = length, .bio = bio, .iter = *iter,
	};
	size_t left = length - min_t(size_t, length, iter->bi_size);

	for (bio = bio->bi_next; bio && left; bio = bio->bi_next)
		left -= min_t(size_t, left, bio->bi_iter.bi_size);
	if (left)
		return -EINVAL;
	return add(d, &item);
}
EXPORT_SYMBOL_NS_GPL(cxio_data_add_bio, CEPH_XIO);
#endif

/**
 * cxio_data_add_bvecs() - add bytes of an array of bvecs
 * @d: the data
 * @bvecs: the array, which stays the caller's
 * @iter: where in it they begin, and how many it has from there
 * @length: bytes; 0 adds nothing
 *
 * Context: any. Return: 0, -EINVAL if the iterator has fewer bytes, -ENOSPC without
 * room for an item, -EOVERFLOW if the length in all is none.
 */
int cxio_data_add_bvecs(struct cxio_data *d, const struct bio_vec *bvecs,
			const struct bvec_iter *iter, size_t length)
{
	const struct cxio_item item = {
		.type = CXIO_ITEM_BVECS, .length = length, .bvecs = bvecs, .iter = *iter,
	};

	if (length > iter->bi_size)
		return -EINVAL;
	return add(d, &item);
}
EXPORT_SYMBOL_NS_GPL(cxio_data_add_bvecs, CEPH_XIO);

/**
 * cxio_data_add_memory() - add plain memory
 * @d: the data
 * @memory: of kmalloc(), vmalloc(), kvmalloc() or the page allocator
 * @length: bytes; 0 adds nothing
 *
 * Context: any. Return: 0, -ENOSPC without room for an item, -EOVERFLOW if the length
 * in all is none.
 */
int cxio_data_add_memory(struct cxio_data *d, void *memory, size_t length)
{
	const struct cxio_item item = {
		.type = CXIO_ITEM_MEMORY, .length = length, .memory = memory,
	};

	return add(d, &item);
}
EXPORT_SYMBOL_NS_GPL(cxio_data_add_memory, CEPH_XIO);

/* --- cursor --- */

/* Bvecs may be empty; the iterator is to stand where there are bytes. */
static void skip_empty(const struct bio_vec *bvecs, struct bvec_iter *iter)
{
	while (iter->bi_size && bvecs[iter->bi_idx].bv_len <= iter->bi_bvec_done) {
		iter->bi_idx++;
		iter->bi_bvec_done = 0;
	}
}

#ifdef CONFIG_BLOCK
/* Bios may be empty, too. @more: there are bytes in this one or behind it. */
static void skip_empty_bios(struct cxio_data_cursor *c, bool more)
{
	while (more && !c->iter.bi_size && c->bio->bi_next) {
		c->bio = c->bio->bi_next;
		c->iter = c->bio->bi_iter;
	}
	skip_empty(c->bio->bi_io_vec, &c->iter);
}

static void advance_bio(struct cxio_data_cursor *c, size_t n)
{
	size_t left = n;

	while (left) {
		unsigned int part = min_t(size_t, left, c->iter.bi_size);

		bvec_iter_advance(c->bio->bi_io_vec, &c->iter, part);
		left -= part;
		skip_empty_bios(c, left || c->item_left > n);
		if (!c->iter.bi_size)
			break;
	}
}

static const struct bio_vec *bio_bvecs(const struct cxio_data_cursor *c)
{
	return c->bio->bi_io_vec;
}
#else
static void skip_empty_bios(struct cxio_data_cursor *c, bool more) {}
static void advance_bio(struct cxio_data_cursor *c, size_t n) {}

static const struct bio_vec *bio_bvecs(const struct cxio_data_cursor *c)
{
	return NULL;
}
#endif

static void advance_list(struct cxio_data_cursor *c, size_t n)
{
	size_t to = c->page_offset + n;

	/* Behind the last byte is no page to go to. */
	for (; to > PAGE_SIZE || (to == PAGE_SIZE && c->item_left > n); to -= PAGE_SIZE)
		c->page = list_next_entry(c->page, lru);
	c->page_offset = to;
}

static void begin_item(struct cxio_data_cursor *c)
{
	const struct cxio_item *item = &c->data->items[c->index];

	c->item_left = item->length;
	switch (item->type) {
	case CXIO_ITEM_PAGES:
		c->position = item->alignment;
		break;
	case CXIO_ITEM_MEMORY:
		c->position = 0;
		break;
	case CXIO_ITEM_PAGELIST:
		c->page = list_first_entry(item->list, struct page, lru);
		c->page_offset = 0;
		break;
	case CXIO_ITEM_BVECS:
		c->iter = item->iter;
		skip_empty(item->bvecs, &c->iter);
		break;
	case CXIO_ITEM_BIO:
		c->bio = item->bio;
		c->iter = item->iter;
		skip_empty_bios(c, true);
		break;
	}
}

/* Not beyond the item's end. */
static void advance_in_item(struct cxio_data_cursor *c, size_t n)
{
	const struct cxio_item *item = &c->data->items[c->index];

	switch (item->type) {
	case CXIO_ITEM_PAGES:
	case CXIO_ITEM_MEMORY:
		c->position += n;
		break;
	case CXIO_ITEM_PAGELIST:
		advance_list(c, n);
		break;
	case CXIO_ITEM_BVECS:
		bvec_iter_advance(item->bvecs, &c->iter, n);
		skip_empty(item->bvecs, &c->iter);
		break;
	case CXIO_ITEM_BIO:
		advance_bio(c, n);
		break;
	}
	c->item_left -= n;
}

/* Items are left behind only while there is another one to be in. */
static void advance(struct cxio_data_cursor *c, size_t n)
{
	while (n >= c->item_left && c->index + 1 < c->data->count) {
		n -= c->item_left;
		c->index++;
		begin_item(c);
	}
	if (n)
		advance_in_item(c, n);
}

/**
 * cxio_data_cursor_init() - go to a range of the data
 * @c: the cursor
 * @d: the data
 * @off: where the range begins
 * @len: its bytes
 *
 * Context: any. Return: 0, or -EINVAL if the range is not inside the data: then the
 * cursor has no bytes to go.
 */
int cxio_data_cursor_init(struct cxio_data_cursor *c, const struct cxio_data *d, size_t off,
			  size_t len)
{
	memset(c, 0, sizeof(*c));
	c->data = d;
	if (off > d->length || len > d->length - off)
		return -EINVAL;
	c->left = len;
	if (!len)
		return 0;
	begin_item(c);
	advance(c, off);
	return 0;
}

static void span_of_bvecs(const struct bio_vec *bvecs, const struct bvec_iter *iter,
			  struct cxio_span *span)
{
	const struct bio_vec bvec = bvec_iter_bvec(bvecs, *iter);

	span->page = bvec.bv_page;
	span->offset = bvec.bv_offset;
	span->len = bvec.bv_len;
}

static void span_at(struct cxio_span *span, struct page *page, size_t offset)
{
	span->page = page;
	span->offset = offset;
	span->len = PAGE_SIZE - offset;
}

static void span_of_memory(const char *at, struct cxio_span *span)
{
	span_at(span, is_vmalloc_addr(at) ? vmalloc_to_page(at) : virt_to_page(at),
		offset_in_page(at));
}

/**
 * cxio_data_cursor_span() - what is where the cursor stands
 * @c: the cursor, which stays there
 * @span: where to write it; it does not cross the end of a page, item or range
 *
 * Context: any. Return: false if no bytes are left to go.
 */
bool cxio_data_cursor_span(const struct cxio_data_cursor *c, struct cxio_span *span)
{
	const struct cxio_item *item;

	if (!c->left)
		return false;
	item = &c->data->items[c->index];
	switch (item->type) {
	case CXIO_ITEM_PAGES:
		span_at(span, item->pages[c->position >> PAGE_SHIFT], offset_in_page(c->position));
		break;
	case CXIO_ITEM_MEMORY:
		span_of_memory(item->memory + c->position, span);
		break;
	case CXIO_ITEM_PAGELIST:
		span_at(span, c->page, c->page_offset);
		break;
	case CXIO_ITEM_BVECS:
		span_of_bvecs(item->bvecs, &c->iter, span);
		break;
	case CXIO_ITEM_BIO:
		span_of_bvecs(bio_bvecs(c), &c->iter, span);
		break;
	}
	span->len = min_t(size_t, span->len, min(c->left, c->item_left));
	return true;
}

/**
 * cxio_data_cursor_advance() - go on
 * @c: the cursor
 * @n: bytes
 *
 * Context: any. Return: 0, or -EINVAL if fewer are left to go: it stays then.
 */
int cxio_data_cursor_advance(struct cxio_data_cursor *c, size_t n)
{
	if (n > c->left)
		return -EINVAL;
	c->left -= n;
	/* At the end of the range there may be no item to go to. */
	if (c->left)
		advance(c, n);
	return 0;
}

/* --- what is made of it --- */

/**
 * cxio_data_copy_out() - copy bytes of the data
 * @d: the data
 * @off: from where
 * @len: how many
 * @to: to where
 *
 * Context: any. Return: 0, or -EINVAL if they are not inside the data.
 */
int cxio_data_copy_out(const struct cxio_data *d, size_t off, size_t len, void *to)
{
	struct cxio_data_cursor c;
	struct cxio_span span;

	if (cxio_data_cursor_init(&c, d, off, len))
		return -EINVAL;
	cxio_data_for_each_span(&c, &span) {
		memcpy_from_page(to, span.page, span.offset, span.len);
		to += span.len;
	}
	return 0;
}

/**
 * cxio_data_copy_in() - copy bytes into the data
 * @d: the data
 * @off: to where
 * @len: how many
 * @from: from where
 *
 * Context: any. Return: 0, or -EINVAL if they are not inside the data.
 */
int cxio_data_copy_in(const struct cxio_data *d, size_t off, size_t len, const void *from)
{
	struct cxio_data_cursor c;
	struct cxio_span span;

	if (cxio_data_cursor_init(&c, d, off, len))
		return -EINVAL;
	cxio_data_for_each_span(&c, &span) {
		memcpy_to_page(span.page, span.offset, from, span.len);
		from += span.len;
	}
	return 0;
}

/**
 * cxio_data_crc32c() - CRC32C of bytes of the data
 * @d: the data
 * @off: from where
 * @len: how many; none leave the seed
 * @seed: initial register value
 * @crc: where to write the register after the last byte
 *
 * Context: any. Return: 0, or -EINVAL if they are not inside the data.
 */
int cxio_data_crc32c(const struct cxio_data *d, size_t off, size_t len, u32 seed, u32 *crc)
{
	struct cxio_data_cursor c;
	struct cxio_span span;

	if (cxio_data_cursor_init(&c, d, off, len))
		return -EINVAL;
	cxio_data_for_each_span(&c, &span) {
		const char *at = kmap_local_page(span.page);

		seed = cxio_crc32c(seed, at + span.offset, span.len);
		kunmap_local(at);
	}
	*crc = seed;
	return 0;
}

static phys_addr_t begin_of(const struct cxio_span *span)
{
	return PFN_PHYS(page_to_pfn(span->page)) + span->offset;
}

/* With @sg NULL the entries are only counted. */
static int make_sg(const struct cxio_data *d, size_t off, size_t len, struct scatterlist *sg,
		   unsigned int room, unsigned int max_segment, size_t *covered)
{
	/*
	 * The limit counts pages, so that an entry which it ends does so with a page:
	 * anything else would be a gap for a region.
	 */
	unsigned int max_pages = max_segment >> PAGE_SHIFT, pages = 0, n = 0;
	struct scatterlist *last = NULL;
	struct cxio_data_cursor c;
	struct cxio_span span;
	phys_addr_t end = 0;

	if (!max_pages || cxio_data_cursor_init(&c, d, off, len))
		return -EINVAL;
	cxio_data_for_each_span(&c, &span) {
		bool joins = n && begin_of(&span) == end && (span.offset || pages < max_pages);

		if (!joins && n == room)
			break;
		if (joins && last)
			last->length += span.len;
		if (!joins && sg) {
			last = &sg[n];
			sg_unmark_end(last);
			sg_set_page(last, span.page, span.len, span.offset);
		}
		pages = joins ? pages + !span.offset : 1;
		n += !joins;
		end = begin_of(&span) + span.len;
	}
	if (last)
		sg_mark_end(last);
	*covered = len - c.left;
	return n;
}

/**
 * cxio_data_fill_sg() - make a scatter list of bytes of the data
 * @d: the data
 * @off: from where
 * @len: how many
 * @sg: array for the list, not chained, once initialised by sg_init_table(); it may
 *	hold a former list, unmapped
 * @room: how many entries it has room for
 * @max_segment: no entry spans more than this, rounded down to pages
 * @covered: where to write how many bytes it has: less than @len if @room ends it
 *
 * Neighbours in physical memory become one entry. A list of at least one entry has
 * its end marked.
 *
 * Context: any. Return: entries, or -EINVAL if the bytes are not inside the data or
 * @max_segment is less than a page.
 */
int cxio_data_fill_sg(const struct cxio_data *d, size_t off, size_t len, struct scatterlist *sg,
		      unsigned int room, unsigned int max_segment, size_t *covered)
{
	return make_sg(d, off, len, sg, min_t(unsigned int, room, INT_MAX), max_segment, covered);
}

/**
 * cxio_data_count_sg() - how many entries would cxio_data_fill_sg() need?
 * @d: the data
 * @off: from where
 * @len: how many bytes
 * @max_segment: as there
 *
 * Context: any. Return: entries for all the bytes, -EINVAL as there, -EOVERFLOW if no
 * list can have as many.
 */
int cxio_data_count_sg(const struct cxio_data *d, size_t off, size_t len,
		       unsigned int max_segment)
{
	size_t covered;
	int n = make_sg(d, off, len, NULL, INT_MAX, max_segment, &covered);

	return n >= 0 && covered < len ? -EOVERFLOW : n;
}

/**
 * cxio_data_cursor_region() - go over as much as one memory region can hold
 * @c: the cursor, which goes on by that much
 * @max_pages: pages a region can hold, at least 1
 *
 * A region is pages without a gap: what does not follow on in memory must begin a
 * page, behind what ended one.
 *
 * Context: any. Return: bytes; 0 at the end.
 */
size_t cxio_data_cursor_region(struct cxio_data_cursor *c, unsigned int max_pages)
{
	const size_t begin = c->left;
	struct cxio_span span;
	unsigned int pages = 0;
	phys_addr_t end = 0;

	cxio_data_for_each_span(c, &span) {
		bool follows = begin_of(&span) == end;

		if (pages && !follows && (span.offset || offset_in_page(end)))
			break;
		if (!(pages && follows && span.offset) && pages++ == max_pages)
			break;
		end = begin_of(&span) + span.len;
	}
	return begin - c->left;
}

/**
 * cxio_data_count_regions() - how many memory regions do bytes of the data need?
 * @d: the data
 * @off: from where
 * @len: how many
 * @max_pages: pages a region can hold
 *
 * Context: any. Return: regions, or -EINVAL if the bytes are not inside the data or
 * @max_pages is 0.
 */
int cxio_data_count_regions(const struct cxio_data *d, size_t off, size_t len,
			    unsigned int max_pages)
{
	struct cxio_data_cursor c;
	int n = 0;

	if (!max_pages || cxio_data_cursor_init(&c, d, off, len))
		return -EINVAL;
	while (n < INT_MAX && cxio_data_cursor_region(&c, max_pages))
		n++;
	return n;
}
