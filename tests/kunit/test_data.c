// SPDX-License-Identifier: GPL-2.0-only
/*
 * A message's data in all its forms, beside a flat copy that the tests make of it in
 * their own way.
 */
#include <linux/bio.h>
#include <linux/crc32c.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "kernel_test.h"

#define ITEMS		8u
#define VECS		12u
#define BIOS		3u
#define SEGMENTS	2048u
/* Random bvecs are at most so many, of three pages at most. */
#define RANDOM_VECS	5u
#define FLAT_BYTES	(ITEMS * BIOS * VECS * 3 * PAGE_SIZE)

/* What items of each kind refer to, one set an item. */
struct parts {
	struct page *pages[BLOCK_PAGES + 1];
	struct bio_vec vecs[BIOS][VECS];
	struct bio bios[BIOS];
};

static u8 *block, *spread, *flat, *copy;
static struct list_head list;
static struct parts *parts;
static struct cxio_item items[ITEMS];
static struct cxio_data data;
static struct scatterlist *sg;
static size_t flat_len;
static unsigned int used;

static int begin(struct kunit *test)
{
	block = kernel_test_block(test);
	spread = vmalloc(BLOCK_BYTES);
	flat = vmalloc(FLAT_BYTES);
	copy = vmalloc(FLAT_BYTES);
	parts = kunit_kzalloc(test, ITEMS * sizeof(*parts), GFP_KERNEL);
	sg = kunit_kcalloc(test, SEGMENTS, sizeof(*sg), GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, spread && flat && copy && parts && sg);
	memcpy(spread, block, BLOCK_BYTES);
	sg_init_table(sg, SEGMENTS);
	return 0;
}

static void end(struct kunit *test)
{
	vfree(spread);
	vfree(flat);
	vfree(copy);
}

static void none(void)
{
	INIT_LIST_HEAD(&list);
	cxio_data_init(&data, items, ITEMS);
	flat_len = 0;
	used = 0;
}

static void also(const u8 *bytes, size_t len)
{
	memcpy(flat + flat_len, bytes, len);
	flat_len += len;
}

/* Pages of the block by their numbers: "3401" */
static void also_pages(struct kunit *test, const char *numbers, size_t alignment, size_t len)
{
	struct parts *p = &parts[used++];
	size_t i, at = alignment, left = len;

	for (i = 0; numbers[i]; i++)
		p->pages[i] = kernel_test_page(block, numbers[i] - '0');
	for (i = 0; left; i++, at = 0) {
		size_t n = min_t(size_t, left, PAGE_SIZE - at);

		also(block + (numbers[i] - '0') * PAGE_SIZE + at, n);
		left -= n;
	}
	KUNIT_ASSERT_EQ(test, cxio_data_add_pages(&data, p->pages, len, alignment), 0);
}

/* Likewise, as a list; one in all, with each page once. */
static void also_list(struct kunit *test, const char *numbers, size_t len)
{
	size_t left = len;

	used++;
	for (; *numbers; numbers++) {
		size_t n = min_t(size_t, left, PAGE_SIZE);

		list_add_tail(&kernel_test_page(block, *numbers - '0')->lru, &list);
		also(block + (*numbers - '0') * PAGE_SIZE, n);
		left -= n;
	}
	KUNIT_ASSERT_EQ(test, cxio_data_add_pagelist(&data, &list, len), 0);
}

static struct bio_vec vec(size_t at, size_t len)
{
	return (struct bio_vec) {
		.bv_page = kernel_test_page(block, at / PAGE_SIZE),
		.bv_offset = at % PAGE_SIZE,
		.bv_len = len,
	};
}

/* Bytes [@at, @at + @len) of the block, by pairs, from byte @skip of these on. */
static struct bvec_iter vecs_from(struct bio_vec *vecs, const size_t (*pair)[2], size_t count,
				  size_t skip)
{
	struct bvec_iter iter = { 0 };
	size_t i;

	for (i = 0; i < count; i++) {
		size_t gone = min(skip, pair[i][1]);

		vecs[i] = vec(pair[i][0], pair[i][1]);
		iter.bi_size += pair[i][1] - gone;
		also(block + pair[i][0] + gone, pair[i][1] - gone);
		if (skip && gone == pair[i][1])
			iter.bi_idx = i + 1;
		else if (skip)
			iter.bi_bvec_done = gone;
		skip -= gone;
	}
	return iter;
}

static void also_bvecs(struct kunit *test, const size_t (*pair)[2], size_t count, size_t skip)
{
	struct parts *p = &parts[used++];
	struct bvec_iter iter = vecs_from(p->vecs[0], pair, count, skip);

	KUNIT_ASSERT_EQ(test, cxio_data_add_bvecs(&data, p->vecs[0], &iter, iter.bi_size), 0);
}

static void also_memory(struct kunit *test, u8 *memory, size_t len)
{
	used++;
	also(memory, len);
	KUNIT_ASSERT_EQ(test, cxio_data_add_memory(&data, memory, len), 0);
}

/* A chain of bios of the same pairs, the first @skip bytes of each being done. */
static void also_bios(struct kunit *test, const size_t (*pair)[2], size_t count, size_t bios,
		      size_t skip)
{
	struct parts *p = &parts[used++];
	size_t i, before = flat_len;

	for (i = 0; i < bios; i++) {
		bio_init(&p->bios[i], NULL, p->vecs[i], VECS, 0);
		p->bios[i].bi_iter = vecs_from(p->vecs[i], pair, count, skip);
		p->bios[i].bi_next = i + 1 < bios ? &p->bios[i + 1] : NULL;
	}
	KUNIT_ASSERT_EQ(test, cxio_data_add_bio(&data, p->bios, &p->bios[0].bi_iter,
						flat_len - before), 0);
}

/* --- what is true of each range --- */

static void check_spans(struct kunit *test, size_t off, size_t len)
{
	struct cxio_data_cursor c;
	struct cxio_span span;
	size_t at = off;

	KUNIT_ASSERT_EQ(test, cxio_data_cursor_init(&c, &data, off, len), 0);
	cxio_data_for_each_span(&c, &span) {
		KUNIT_ASSERT_GE(test, span.len, 1U);
		KUNIT_ASSERT_LE(test, (size_t)span.len, off + len - at);
		KUNIT_ASSERT_LE(test, (size_t)span.offset + span.len, (size_t)PAGE_SIZE);
		KUNIT_ASSERT_EQ(test, memcmp(page_address(span.page) + span.offset, flat + at,
					     span.len), 0);
		at += span.len;
	}
	KUNIT_ASSERT_EQ(test, at, off + len);
}

static void check_sg_bytes(struct kunit *test, int n, size_t off, size_t len)
{
	struct scatterlist *s;
	int i;

	for_each_sg(sg, s, n, i) {
		KUNIT_ASSERT_LE(test, (size_t)s->length, len);
		KUNIT_ASSERT_EQ(test, memcmp(sg_virt(s), flat + off, s->length), 0);
		KUNIT_ASSERT_EQ(test, !!sg_is_last(s), i == n - 1);
		off += s->length;
		len -= s->length;
	}
	KUNIT_ASSERT_EQ(test, len, (size_t)0);
}

/* Entries are within the limit, and no two could be one but for it. */
static void check_sg_merged(struct kunit *test, int n, unsigned int max_segment)
{
	int i;

	for (i = 0; i < n; i++) {
		KUNIT_ASSERT_LE(test, sg[i].length, max_segment);
		if (!i || sg_phys(&sg[i - 1]) + sg[i - 1].length != sg_phys(&sg[i]))
			continue;
		KUNIT_ASSERT_EQ(test, sg[i].offset, 0U);
		KUNIT_ASSERT_GT(test, sg[i - 1].length + PAGE_SIZE + sg[i - 1].offset,
				max_segment & PAGE_MASK);
	}
}

static void check_sg(struct kunit *test, size_t off, size_t len, unsigned int max_segment,
		     unsigned int room)
{
	size_t covered = 0;
	int all = cxio_data_fill_sg(&data, off, len, sg, SEGMENTS, max_segment, &covered);
	int n;

	KUNIT_ASSERT_GE(test, all, 0);
	KUNIT_ASSERT_EQ(test, covered, len);
	KUNIT_ASSERT_EQ(test, cxio_data_count_sg(&data, off, len, max_segment), all);
	check_sg_bytes(test, all, off, len);
	check_sg_merged(test, all, max_segment);
	n = cxio_data_fill_sg(&data, off, len, sg, room, max_segment, &covered);
	KUNIT_ASSERT_EQ(test, n, min_t(int, room, all));
	if (n < all)
		KUNIT_ASSERT_LT(test, covered, len);
	check_sg_bytes(test, n, off, covered);
}

/* Regions have no gap and not too many pages; the next byte would be one or the other. */
static void check_regions(struct kunit *test, size_t off, size_t len, unsigned int max_pages)
{
	size_t n, begin = off, all = off + len;
	struct cxio_data_cursor c;
	int entries, i, count = 0;

	KUNIT_ASSERT_EQ(test, cxio_data_cursor_init(&c, &data, off, len), 0);
	for (; (n = cxio_data_cursor_region(&c, max_pages)); begin += n, count++) {
		unsigned long pages = 0;
		size_t more = min_t(size_t, n + 1, all - begin), covered;

		entries = cxio_data_fill_sg(&data, begin, more, sg, SEGMENTS, UINT_MAX,
					    &covered);
		for (i = 0; i < entries; i++) {
			bool last = i == entries - 1, gap;
			unsigned int bytes = sg[i].length - (last ? more - n : 0);

			gap = i && (sg[i].offset || (sg[i - 1].offset + sg[i - 1].length) %
							    PAGE_SIZE);
			if (bytes) {
				KUNIT_ASSERT_FALSE(test, gap);
				pages += DIV_ROUND_UP(sg[i].offset + bytes, PAGE_SIZE);
			}
			if (last && more > n)
				KUNIT_ASSERT_TRUE(test, (!bytes && gap) || pages == max_pages);
		}
		KUNIT_ASSERT_LE(test, pages, (unsigned long)max_pages);
	}
	KUNIT_ASSERT_EQ(test, begin, all);
	KUNIT_ASSERT_EQ(test, cxio_data_count_regions(&data, off, len, max_pages), count);
}

static void check_range(struct kunit *test, size_t off, size_t len)
{
	u32 crc = 0;

	check_spans(test, off, len);
	memset(copy, 0xa5, len + 1);
	KUNIT_ASSERT_EQ(test, cxio_data_copy_out(&data, off, len, copy), 0);
	KUNIT_ASSERT_EQ(test, memcmp(copy, flat + off, len), 0);
	KUNIT_ASSERT_EQ(test, copy[len], 0xa5);
	KUNIT_ASSERT_EQ(test, cxio_data_crc32c(&data, off, len, 77, &crc), 0);
	KUNIT_ASSERT_EQ(test, crc, crc32c(77, flat + off, len));
	check_sg(test, off, len, UINT_MAX, 2);
	check_sg(test, off, len, 2 * PAGE_SIZE + 100, 3);
	check_regions(test, off, len, 2);
	check_regions(test, off, len, 256);
}

/* All of it, what begins or ends beside a boundary of pages, and single bytes. */
static void check_all(struct kunit *test)
{
	size_t off, len;

	KUNIT_ASSERT_EQ(test, data.length, flat_len);
	for (off = 0; off <= flat_len; off += off % PAGE_SIZE == 1 ? PAGE_SIZE - 2 : 1) {
		check_range(test, off, 0);
		check_range(test, off, min_t(size_t, 1, flat_len - off));
		for (len = PAGE_SIZE - 1; len < flat_len - off; len += PAGE_SIZE)
			check_range(test, off, len);
		check_range(test, off, flat_len - off);
		if (!off)
			continue;
		check_range(test, 0, off);
	}
}

/* --- each form --- */

static void page_arrays(struct kunit *test)
{
	none();
	also_pages(test, "0123", 0, 4 * PAGE_SIZE);
	check_all(test);
	none();
	also_pages(test, "3012", 100, 3 * PAGE_SIZE + 5);
	check_all(test);
	none();
	also_pages(test, "5", PAGE_SIZE - 1, 1);
	also_pages(test, "61", 1, 2 * PAGE_SIZE - 1);
	check_all(test);
}

static void page_lists(struct kunit *test)
{
	none();
	also_list(test, "7810", 3 * PAGE_SIZE + 9);
	check_all(test);
	none();
	also_list(test, "34", PAGE_SIZE + 1);
	check_all(test);
	none();
	also_pages(test, "6", 0, 10);
	also_list(test, "78", 2 * PAGE_SIZE);
	also_pages(test, "9", 0, PAGE_SIZE);
	check_all(test);
}

/* Many pages in one, empty ones everywhere, parts of the same page. */
static const size_t vec_pairs[][2] = {
	{ 40, 0 }, { 3 * PAGE_SIZE + 8, 2 * PAGE_SIZE }, { 0, 0 }, { 0, 0 },
	{ 5 * PAGE_SIZE + 8, PAGE_SIZE - 8 }, { 6 * PAGE_SIZE, 512 }, { 6 * PAGE_SIZE + 512, 512 },
	{ 0, PAGE_SIZE }, { 9 * PAGE_SIZE, PAGE_SIZE }, { PAGE_SIZE, 0 },
};

static void bvec_arrays(struct kunit *test)
{
	none();
	also_bvecs(test, vec_pairs, ARRAY_SIZE(vec_pairs), 0);
	check_all(test);
	none();
	also_bvecs(test, vec_pairs, ARRAY_SIZE(vec_pairs), PAGE_SIZE + 1);
	also_bvecs(test, vec_pairs, ARRAY_SIZE(vec_pairs), 2 * PAGE_SIZE);
	check_all(test);
}

static void bio_chains(struct kunit *test)
{
	struct bvec_iter iter;
	struct bio *bios;
	unsigned int i;

	none();
	also_bios(test, vec_pairs, ARRAY_SIZE(vec_pairs), 1, 0);
	check_all(test);
	none();
	also_bios(test, vec_pairs, ARRAY_SIZE(vec_pairs), 3, 2 * PAGE_SIZE + 3);
	also_pages(test, "1", 0, 7);
	check_all(test);

	/* an empty one at the start and at the end; less than all of it */
	none();
	bios = parts[used++].bios;
	for (i = 0; i < BIOS; i++) {
		bio_init(&bios[i], NULL, parts[0].vecs[i], VECS, 0);
		bios[i].bi_next = i + 1 < BIOS ? &bios[i + 1] : NULL;
	}
	bios[1].bi_iter = vecs_from(parts[0].vecs[1], vec_pairs, ARRAY_SIZE(vec_pairs), 0);
	KUNIT_ASSERT_EQ(test, cxio_data_add_bio(&data, bios, &bios[0].bi_iter, flat_len), 0);
	also_pages(test, "4", 3, 4);
	check_all(test);
	none();
	iter = vecs_from(bios[0].bi_io_vec, vec_pairs, ARRAY_SIZE(vec_pairs), 0);
	flat_len -= 10;
	KUNIT_ASSERT_EQ(test, cxio_data_add_bio(&data, bios, &iter, flat_len), 0);
	used = 1;
	also_pages(test, "4", 3, 4);
	check_all(test);
}

static void plain_memory(struct kunit *test)
{
	none();
	also_memory(test, block + 5, 3 * PAGE_SIZE);
	check_all(test);
	none();
	also_memory(test, spread + PAGE_SIZE - 7, 2 * PAGE_SIZE);
	also_memory(test, block + PAGE_SIZE, 1);
	check_all(test);
}

/* --- what is refused --- */

static void what_is_no_item(struct kunit *test)
{
	struct bvec_iter iter = { .bi_size = PAGE_SIZE };
	struct parts *p = parts;

	none();
	p->pages[0] = kernel_test_page(block, 0);
	p->vecs[0][0] = vec(0, PAGE_SIZE);
	bio_init(&p->bios[0], NULL, p->vecs[0], 1, 0);
	list_add(&kernel_test_page(block, 1)->lru, &list);
	KUNIT_EXPECT_EQ(test, cxio_data_add_pages(&data, p->pages, 1, PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxio_data_add_pages(&data, p->pages, SIZE_MAX, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxio_data_add_pagelist(&data, &list, PAGE_SIZE + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxio_data_add_bvecs(&data, p->vecs[0], &iter, PAGE_SIZE + 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, cxio_data_add_bio(&data, p->bios, &iter, PAGE_SIZE + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxio_data_add_pages(&data, p->pages, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, cxio_data_add_memory(&data, block, 0), 0);
	KUNIT_EXPECT_EQ(test, data.count, 0U);

	/* its last page is the whole of it */
	KUNIT_EXPECT_EQ(test, cxio_data_add_pagelist(&data, &list, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, cxio_data_add_bio(&data, p->bios, &iter, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, cxio_data_add_memory(&data, block, SIZE_MAX - 2 * PAGE_SIZE + 1),
			-EOVERFLOW);
	KUNIT_EXPECT_EQ(test, data.length, (size_t)(2 * PAGE_SIZE));
	while (data.count < ITEMS)
		KUNIT_ASSERT_EQ(test, cxio_data_add_memory(&data, block, 1), 0);
	KUNIT_EXPECT_EQ(test, cxio_data_add_memory(&data, block, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, data.length, (size_t)(2 * PAGE_SIZE + ITEMS - 2));
}

/* Every door that takes a range. */
static void refused(struct kunit *test, size_t off, size_t len)
{
	struct cxio_data_cursor c;
	struct cxio_span span;
	size_t covered = 9;
	u32 crc = 9;

	KUNIT_EXPECT_EQ(test, cxio_data_cursor_init(&c, &data, off, len), -EINVAL);
	KUNIT_EXPECT_FALSE(test, cxio_data_cursor_span(&c, &span));
	KUNIT_EXPECT_EQ(test, cxio_data_copy_out(&data, off, len, copy), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxio_data_copy_in(&data, off, len, copy), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxio_data_crc32c(&data, off, len, 0, &crc), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxio_data_fill_sg(&data, off, len, sg, 9, UINT_MAX, &covered),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, cxio_data_count_sg(&data, off, len, UINT_MAX), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxio_data_count_regions(&data, off, len, 9), -EINVAL);
	KUNIT_EXPECT_EQ(test, covered, (size_t)9);
	KUNIT_EXPECT_EQ(test, crc, 9U);
}

static void ranges_outside(struct kunit *test)
{
	size_t covered;

	none();
	refused(test, 0, 1);
	refused(test, 1, 0);
	check_range(test, 0, 0);
	also_pages(test, "12", 7, 100);
	also_memory(test, block, 11);
	refused(test, 0, 112);
	refused(test, 1, 111);
	refused(test, 111, 1);
	refused(test, 112, 0);
	refused(test, 2, SIZE_MAX - 1);
	refused(test, SIZE_MAX, 2);
	refused(test, SIZE_MAX, SIZE_MAX);
	KUNIT_EXPECT_EQ(test, cxio_data_fill_sg(&data, 0, 9, sg, 9, PAGE_SIZE - 1, &covered),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, cxio_data_count_regions(&data, 0, 9, 0), -EINVAL);
}

static void steps_of_a_cursor(struct kunit *test)
{
	struct cxio_data_cursor c;
	struct cxio_span span;
	size_t step, at;

	none();
	also_bvecs(test, vec_pairs, ARRAY_SIZE(vec_pairs), 9);
	also_list(test, "01", PAGE_SIZE + 1);
	also_bios(test, vec_pairs, ARRAY_SIZE(vec_pairs), 2, 1);
	also_memory(test, spread + 1, PAGE_SIZE);
	for (step = 1; step < flat_len; step += 1 + step / 2) {
		KUNIT_ASSERT_EQ(test, cxio_data_cursor_init(&c, &data, 0, flat_len - 1), 0);
		for (at = 0; at + step <= flat_len - 1; at += step) {
			KUNIT_ASSERT_TRUE(test, cxio_data_cursor_span(&c, &span));
			KUNIT_ASSERT_EQ(test, memcmp(page_address(span.page) + span.offset,
						     flat + at, span.len), 0);
			KUNIT_ASSERT_EQ(test, cxio_data_cursor_advance(&c, step), 0);
		}
		KUNIT_ASSERT_EQ(test, c.left, flat_len - 1 - at);
		KUNIT_ASSERT_EQ(test, cxio_data_cursor_advance(&c, c.left + 1), -EINVAL);
		KUNIT_ASSERT_EQ(test, cxio_data_cursor_advance(&c, c.left), 0);
		KUNIT_ASSERT_FALSE(test, cxio_data_cursor_span(&c, &span));
		KUNIT_ASSERT_EQ(test, cxio_data_cursor_advance(&c, 0), 0);
	}
}

static void bytes_written(struct kunit *test)
{
	static const size_t apart[][2] = { { 0, 100 }, { PAGE_SIZE, PAGE_SIZE + 50 } };
	size_t off, len, i;

	none();
	also_bvecs(test, apart, ARRAY_SIZE(apart), 0);
	also_pages(test, "45", 9, PAGE_SIZE);
	also_memory(test, spread + 3, 2 * PAGE_SIZE);
	for (len = 7; len < flat_len; len = 3 * len + 400)
		for (off = 0; off <= flat_len - len; off += 599) {
			for (i = 0; i < len; i++)
				copy[i] = i + off / 7;
			memcpy(flat + off, copy, len);
			KUNIT_ASSERT_EQ(test, cxio_data_copy_in(&data, off, len, copy), 0);
			check_range(test, 0, flat_len);
		}
}

/* --- scatter lists and regions whose shape is known --- */

static void neighbours_merge(struct kunit *test)
{
	static const size_t touching[][2] = { { 100, 50 }, { 150, 10 }, { 161, 3 } };

	none();
	also_pages(test, "0123", 5, 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, cxio_data_count_sg(&data, 0, data.length, UINT_MAX), 1);
	none();
	also_pages(test, "3210", 0, 4 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, cxio_data_count_sg(&data, 0, data.length, UINT_MAX), 4);
	/* the next item goes on where the last one ended */
	none();
	also_pages(test, "01", 0, 2 * PAGE_SIZE);
	also_list(test, "23", PAGE_SIZE + 10);
	also_memory(test, block + 3 * PAGE_SIZE + 10, 100);
	KUNIT_EXPECT_EQ(test, cxio_data_count_sg(&data, 0, data.length, UINT_MAX), 1);
	none();
	also_bvecs(test, touching, ARRAY_SIZE(touching), 0);
	KUNIT_EXPECT_EQ(test, cxio_data_count_sg(&data, 0, data.length, UINT_MAX), 2);
	/* twice the same page */
	none();
	also_pages(test, "00", 0, 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, cxio_data_count_sg(&data, 0, data.length, UINT_MAX), 2);
}

static void limit_of_a_segment(struct kunit *test)
{
	size_t covered;

	none();
	also_pages(test, "01234567", 100, 6 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, cxio_data_count_sg(&data, 0, data.length, PAGE_SIZE), 7);
	KUNIT_EXPECT_EQ(test, cxio_data_count_sg(&data, 0, data.length, 3 * PAGE_SIZE), 3);
	KUNIT_EXPECT_EQ(test, cxio_data_count_sg(&data, 0, data.length, 4 * PAGE_SIZE - 1), 3);
	KUNIT_EXPECT_EQ(test, cxio_data_fill_sg(&data, 0, data.length, sg, 9, 3 * PAGE_SIZE,
						&covered), 3);
	/* it ends with a page, though a segment more than this would do */
	KUNIT_EXPECT_EQ(test, (size_t)sg[0].length, (size_t)(3 * PAGE_SIZE - 100));
	KUNIT_EXPECT_EQ(test, (size_t)sg[1].length, (size_t)(3 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, sg[2].length, 100U);
	/* in too little room it goes on later */
	KUNIT_EXPECT_EQ(test, cxio_data_fill_sg(&data, 0, data.length, sg, 2, 3 * PAGE_SIZE,
						&covered), 2);
	KUNIT_EXPECT_EQ(test, covered, (size_t)(6 * PAGE_SIZE - 100));
	KUNIT_EXPECT_EQ(test, cxio_data_fill_sg(&data, 0, data.length, sg, 0, PAGE_SIZE, &covered),
			0);
	KUNIT_EXPECT_EQ(test, covered, (size_t)0);
}

static void regions_end_at_gaps(struct kunit *test)
{
	static const size_t gaps[][2] = {
		{ 10, PAGE_SIZE - 10 }, { 5 * PAGE_SIZE, 2 * PAGE_SIZE }, { 3 * PAGE_SIZE, 100 },
		{ 3 * PAGE_SIZE + 100, 100 }, { 9 * PAGE_SIZE, 100 }, { 8 * PAGE_SIZE + 1, 9 },
	};
	struct cxio_data_cursor c;

	none();
	also_bvecs(test, gaps, ARRAY_SIZE(gaps), 0);
	KUNIT_ASSERT_EQ(test, cxio_data_cursor_init(&c, &data, 0, data.length), 0);
	KUNIT_EXPECT_EQ(test, cxio_data_cursor_region(&c, 256), (size_t)(3 * PAGE_SIZE + 190));
	KUNIT_EXPECT_EQ(test, cxio_data_cursor_region(&c, 256), (size_t)100);
	KUNIT_EXPECT_EQ(test, cxio_data_cursor_region(&c, 256), (size_t)9);
	KUNIT_EXPECT_EQ(test, cxio_data_cursor_region(&c, 256), (size_t)0);
	KUNIT_EXPECT_EQ(test, cxio_data_count_regions(&data, 0, data.length, 256), 3);
	/* first page, one page, one page and two parts of one, as above */
	KUNIT_EXPECT_EQ(test, cxio_data_count_regions(&data, 0, data.length, 2), 4);
	KUNIT_EXPECT_EQ(test, cxio_data_count_regions(&data, 0, data.length, 1), 6);
}

/* --- anything --- */

static struct rnd_state rnd;

static size_t below(size_t n)
{
	return prandom_u32_state(&rnd) % n;
}

static size_t random_pairs(size_t (*pair)[2])
{
	size_t i, count = 1 + below(RANDOM_VECS);

	for (i = 0; i < count; i++) {
		size_t at = below(BLOCK_BYTES);

		/* often at a page, often behind the former one */
		if (below(2))
			at &= PAGE_MASK;
		else if (i && below(2))
			at = pair[i - 1][0] + pair[i - 1][1];
		at = min_t(size_t, at, BLOCK_BYTES - 1);
		pair[i][0] = at;
		pair[i][1] = below(3) ? 1 + below(min_t(size_t, 3 * PAGE_SIZE, BLOCK_BYTES - at)) :
			     below(2) ? min_t(size_t, PAGE_SIZE, BLOCK_BYTES - at) : 0;
	}
	/* the first one is never empty */
	pair[0][1] += !pair[0][1];
	return count;
}

static void random_item(struct kunit *test)
{
	static size_t pair[VECS][2];
	char numbers[8] = { 0 };
	size_t i, count = 1 + below(7), at;

	for (i = 0; i < count; i++)
		numbers[i] = i && below(2) ? min(numbers[i - 1] + 1, '9') : '0' + below(10);
	switch (below(5)) {
	case 0:
		at = below(PAGE_SIZE);
		also_pages(test, numbers, at, 1 + below(count * PAGE_SIZE - at));
		break;
	case 1:
		if (list_empty(&list))
			also_list(test, "0132987", 1 + below(7 * PAGE_SIZE));
		break;
	case 2:
		count = random_pairs(pair);
		also_bvecs(test, pair, count, below(pair[0][1]));
		break;
	case 3:
		count = random_pairs(pair);
		also_bios(test, pair, count, 1 + below(BIOS), below(pair[0][1]));
		break;
	case 4:
		at = below(BLOCK_BYTES);
		also_memory(test, (below(2) ? spread : block) + at, 1 + below(BLOCK_BYTES - at));
		break;
	}
}

static void random_ranges(struct kunit *test)
{
	size_t i, k, off, len, count;

	prandom_seed_state(&rnd, 20131213);
	for (i = 0; i < 100; i++) {
		none();
		for (k = 0, count = 1 + below(ITEMS); k < count; k++)
			random_item(test);
		KUNIT_ASSERT_EQ(test, data.length, flat_len);
		for (k = 0; k < 8; k++) {
			off = below(flat_len + 1);
			len = below(min_t(size_t, BLOCK_BYTES, flat_len - off + 1));
			check_range(test, off, len);
			check_sg(test, off, len, PAGE_SIZE * (1 + below(5)) + below(PAGE_SIZE),
				 below(20));
			check_regions(test, off, len, 1 + below(10));
			refused(test, off, flat_len - off + 1 + below(9));
		}
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(page_arrays),
	KUNIT_CASE(page_lists),
	KUNIT_CASE(bvec_arrays),
	KUNIT_CASE(bio_chains),
	KUNIT_CASE(plain_memory),
	KUNIT_CASE(what_is_no_item),
	KUNIT_CASE(ranges_outside),
	KUNIT_CASE(steps_of_a_cursor),
	KUNIT_CASE(bytes_written),
	KUNIT_CASE(neighbours_merge),
	KUNIT_CASE(limit_of_a_segment),
	KUNIT_CASE(regions_end_at_gaps),
	KUNIT_CASE(random_ranges),
	{}
};

struct kunit_suite kernel_suite_data = {
	.name = "kernel_data", .init = begin, .exit = end, .test_cases = cases,
};
