// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Arenas, registered memory and the table of what devices may reach, blocks.
 */
#include "lib_test.h"

/* --- arenas --- */

#define ARENA_UNITS	4096u
#define ARENA_BYTES	(ARENA_UNITS * 64u)
#define TAKEN_MAX	2000u

struct taken {
	u8 *p;
	size_t len;
	u8 pattern;
};

static struct taken taken[TAKEN_MAX];
static u32 taken_count;
static bool unit_taken[ARENA_UNITS];
static u8 *arena_base;

static u32 units_for(size_t len)
{
	return len ? (u32)((len + 63) / 64) : 1;
}

static u32 longest_free(void)
{
	u32 i, run = 0, longest = 0;

	for (i = 0; i < ARENA_UNITS; i++) {
		run = unit_taken[i] ? 0 : run + 1;
		longest = run > longest ? run : longest;
	}
	return longest;
}

static void arena_take(struct cxio_arena *a, size_t len)
{
	u8 *p = cxio_arena_alloc(a, len);
	u32 i, first, units = units_for(len);

	if (!p) {
		assert_int_equal(errno, ENOMEM);
		assert_true(longest_free() < units);
		return;
	}
	assert_int_equal((uintptr_t)p % 64, 0);
	assert_true(p >= arena_base);
	first = (u32)((size_t)(p - arena_base) / 64);
	assert_true(first < ARENA_UNITS && units <= ARENA_UNITS - first);
	for (i = first; i < first + units; i++) {
		assert_false(unit_taken[i]);
		unit_taken[i] = true;
	}
	taken[taken_count] = (struct taken){ .p = p, .len = len, .pattern = (u8)below(256) };
	/* All of its units: nothing of the allocator's may be there. */
	memset(p, taken[taken_count].pattern, units * 64);
	taken_count++;
}

static void arena_give_back(struct cxio_arena *a, u32 which)
{
	struct taken t = taken[which];
	u32 i, units = units_for(t.len), first = (u32)((size_t)(t.p - arena_base) / 64);

	for (i = 0; i < units * 64; i++)
		assert_int_equal(t.p[i], t.pattern);
	for (i = first; i < first + units; i++)
		unit_taken[i] = false;
	taken[which] = taken[--taken_count];
	cxio_arena_free(a, t.p);
}

static size_t arena_len(void)
{
	switch (below(8)) {
	case 0:
		return below(ARENA_BYTES / 2);
	case 1:
	case 2:
		return below(16384);
	case 3:
		return below(3) * 64 + 63 + below(3);
	default:
		return below(1024);
	}
}

static void arena_like_a_map(void **state)
{
	struct cxio_messenger *m = stand_in_messenger();
	struct cxio_arena *a = cxio_arena_new(m, ARENA_BYTES - 100);
	u32 step, full = 0;

	(void)state;
	assert_non_null(a);
	arena_base = cxio_arena_alloc(a, ARENA_BYTES);
	assert_non_null(arena_base);
	assert_int_equal((uintptr_t)arena_base % (uintptr_t)sysconf(_SC_PAGESIZE), 0);
	assert_null(cxio_arena_alloc(a, 1));
	cxio_arena_free(a, arena_base);
	memset(unit_taken, 0, sizeof(unit_taken));
	taken_count = 0;
	for (step = 0; step < 60000; step++) {
		/* It fills, and empties, in turn. */
		bool filling = step / 5000 % 2 == 0;

		if (taken_count < TAKEN_MAX && (!taken_count || below(10) < (filling ? 6 : 4)))
			arena_take(a, arena_len());
		else
			arena_give_back(a, below(taken_count));
		full += taken_count > 100;
	}
	assert_true(full > 1000);
	while (taken_count)
		arena_give_back(a, below(taken_count));
	/* In one piece again. */
	assert_ptr_equal(cxio_arena_alloc(a, ARENA_BYTES), arena_base);
	cxio_arena_put(a);
	cxio_messenger_put(m);
}

static void arena_misuse(void **state)
{
	struct cxio_messenger *m = stand_in_messenger();
	struct cxio_arena *a = cxio_arena_new(m, 1);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *p, *q, *z, other;

	(void)state;
	assert_non_null(a);
	p = cxio_arena_alloc(a, 128);
	q = cxio_arena_alloc(a, 128);
	cxio_arena_free(a, p + 64);
	cxio_arena_free(a, p + 1);
	cxio_arena_free(a, p + page);
	cxio_arena_free(a, p - 64);
	cxio_arena_free(a, &other);
	cxio_arena_free(a, NULL);
	assert_null(cxio_arena_alloc(a, page - 255));
	cxio_arena_free(a, p);
	cxio_arena_free(a, p);
	z = cxio_arena_alloc(a, 0);
	assert_non_null(z);
	assert_ptr_not_equal(z, q);
	cxio_arena_free(a, z);
	cxio_arena_free(a, q);
	assert_null(cxio_arena_alloc(a, page + 1));
	assert_null(cxio_arena_alloc(a, SIZE_MAX));
	assert_int_equal(errno, ENOMEM);
	p = cxio_arena_alloc(a, page);
	assert_non_null(p);
	cxio_arena_put(a);
	cxio_arena_put(NULL);
	assert_null(cxio_arena_new(m, 0));
	assert_int_equal(errno, EINVAL);
	assert_null(cxio_arena_new(m, SIZE_MAX));
	assert_int_equal(errno, ENOMEM);
	cxio_messenger_put(m);
}

static bool is_mapped(void *p)
{
	return !msync(p, 1, MS_ASYNC);
}

/* Who has a part of it under way keeps all of it, and the messenger. */
static void arena_outlives_its_owner(void **state)
{
	struct cxio_messenger *m = stand_in_messenger();
	struct cxio_arena *a = cxio_arena_new(m, 100000);
	struct cxio_memory *r;
	char *p;

	(void)state;
	assert_non_null(a);
	p = cxio_arena_alloc(a, 5000);
	r = cxio_memory_find(m, p, 5000);
	assert_non_null(r);
	assert_true(r->own && !r->block);
	stand_in_map(r, 0);
	stand_in_map(r, CXIO_DEVICE_SLOTS - 1);
	cxio_arena_put(a);
	cxio_messenger_put(m);
	assert_int_equal(atomic_load(&stand_in_messengers), 1);
	assert_null(cxio_memory_find(m, p, 5000));
	assert_int_equal(atomic_load(&cxio_live_regions), 2);
	assert_true(is_mapped(p));
	p[4999] = 1;
	cxio_memory_put(r);
	assert_false(is_mapped(p));
}

static void arena_speed(void **state)
{
	struct cxio_messenger *m = stand_in_messenger();
	struct cxio_arena *a = cxio_arena_new(m, 512u << 20);
	static void *held[4000];
	struct timespec t0, t1;
	u32 i, rounds = 200000;
	double ns;

	(void)state;
	assert_non_null(a);
	clock_gettime(CLOCK_MONOTONIC, &t0);
	for (i = 0; i < rounds; i++) {
		u32 at = below(ARRAY_SIZE(held));

		cxio_arena_free(a, held[at]);
		held[at] = cxio_arena_alloc(a, 64u << below(13));
	}
	clock_gettime(CLOCK_MONOTONIC, &t1);
	ns = (double)(t1.tv_sec - t0.tv_sec) * 1e9 + (double)(t1.tv_nsec - t0.tv_nsec);
	print_message("# an allocation and a free: %.0f ns\n", ns / rounds);
	/* Anything that looks at all pieces is far slower than this, sanitizers or not. */
	assert_true(ns / rounds < 20000);
	memset(held, 0, sizeof(held));
	cxio_arena_put(a);
	cxio_messenger_put(m);
}

/* --- the table --- */

#define SPACE	2000u
#define RANGES	100u

struct range {
	struct cxio_memory *r;
	u32 from;
	u32 len;
};

static char *at_space(u32 i)
{
	return (char *)(uintptr_t)(0x10000000 + i);
}

/* Never touched: the table only knows addresses. */
static void table_like_a_list(void **state)
{
	struct cxio_messenger *m = stand_in_messenger();
	struct range range[RANGES] = { { 0 } };
	u32 step, i, found = 0, known = 0;

	(void)state;
	for (step = 0; step < 20000; step++) {
		u32 which = below(RANGES), from = below(SPACE), len = 1 + below(60);
		struct cxio_memory *want = NULL, *r;
		bool overlaps = false;

		for (i = 0; i < RANGES; i++) {
			if (!range[i].r)
				continue;
			if (from < range[i].from + range[i].len && range[i].from < from + len)
				overlaps = true;
			if (from >= range[i].from && from + len <= range[i].from + range[i].len)
				want = range[i].r;
		}
		r = cxio_memory_find(m, at_space(from), len);
		assert_ptr_equal(r, want);
		found += !!r;
		cxio_memory_put(r);
		if (below(2))
			continue;
		if (range[which].r) {
			cxio_memory_unregister(range[which].r);
			range[which].r = NULL;
			known--;
			continue;
		}
		r = cxio_memory_register(m, at_space(from), len);
		if (overlaps) {
			assert_null(r);
			assert_int_equal(errno, EEXIST);
			continue;
		}
		assert_non_null(r);
		range[which] = (struct range){ .r = r, .from = from, .len = len };
		assert_int_equal(m->store.count, ++known);
	}
	assert_true(found > 1000);
	for (i = 0; i < RANGES; i++)
		cxio_memory_unregister(range[i].r);
	assert_int_equal(m->store.count, 0);
	cxio_messenger_put(m);
}

static void table_borders(void **state)
{
	struct cxio_messenger *m = stand_in_messenger();
	struct cxio_memory *a, *b, *last;
	char *top = (char *)UINTPTR_MAX;

	(void)state;
	a = cxio_memory_register(m, at_space(0), 100);
	b = cxio_memory_register(m, at_space(100), 100);
	assert_non_null(a);
	assert_non_null(b);
	/* Two neighbours are not one. */
	assert_null(cxio_memory_find(m, at_space(99), 2));
	assert_null(cxio_memory_find(m, at_space(50), 100));
	assert_null(cxio_memory_find(m, at_space(0), SIZE_MAX));
	assert_null(cxio_memory_find(m, at_space(199), SIZE_MAX));
	assert_null(cxio_memory_find(m, at_space(200), 1));
	assert_null(cxio_memory_register(m, at_space(10), 0));
	assert_int_equal(errno, EINVAL);
	assert_null(cxio_memory_register(m, top - 5, 100));
	assert_int_equal(errno, EINVAL);
	last = cxio_memory_register(m, top - 100, 100);
	assert_non_null(last);
	assert_null(cxio_memory_find(m, top - 5, 100));
	cxio_memory_unregister(last);
	cxio_memory_unregister(a);
	cxio_memory_unregister(b);
	cxio_memory_unregister(NULL);
	cxio_messenger_put(m);
}

/* --- blocks --- */

static void blocks_are_used_again(void **state)
{
	struct cxio_messenger *m = stand_in_messenger();
	struct cxio_memory *a, *b, *c;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	(void)state;
	a = cxio_memory_block(m, 1);
	b = cxio_memory_block(m, CXIO_BLOCK_MIN + 1);
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(a->len, CXIO_BLOCK_MIN);
	assert_int_equal(b->len, 2 * CXIO_BLOCK_MIN);
	assert_int_equal((uintptr_t)a->base % page, 0);
	assert_int_equal((uintptr_t)b->base % page, 0);
	assert_int_equal(atomic_load(&m->refs), 3);
	stand_in_map(a, 1);
	memset(a->base, 1, a->len);
	cxio_memory_put(a);
	cxio_memory_put(b);
	/* A free block does not hold the messenger, and keeps its maps. */
	assert_int_equal(atomic_load(&m->refs), 1);
	assert_int_equal(atomic_load(&cxio_live_regions), 1);
	assert_int_equal(m->store.kept, 3 * CXIO_BLOCK_MIN);
	c = cxio_memory_block(m, 2 * CXIO_BLOCK_MIN);
	assert_ptr_equal(c, b);
	cxio_memory_put(c);
	c = cxio_memory_block(m, CXIO_BLOCK_MIN);
	assert_ptr_equal(c, a);
	assert_ptr_equal(c->messenger, m);
	assert_int_equal(atomic_load(&c->refs), 1);
	assert_non_null(atomic_load(&c->map[1]));
	/* Blocks are not the application's memory. */
	assert_null(cxio_memory_find(m, c->base, 1));
	cxio_messenger_put(m);
	assert_int_equal(atomic_load(&stand_in_messengers), 1);
	cxio_memory_put(c);
	assert_int_equal(atomic_load(&stand_in_messengers), 0);
	assert_int_equal(atomic_load(&cxio_live_regions), 0);
}

static void blocks_of_all_sizes(void **state)
{
	struct cxio_messenger *m = stand_in_messenger();
	struct cxio_memory *r;
	u32 class;

	(void)state;
	for (class = 0; class < CXIO_BLOCK_CLASSES; class++) {
		size_t len = (size_t)CXIO_BLOCK_MIN << class;

		r = cxio_memory_block(m, len);
		assert_non_null(r);
		assert_int_equal(r->len, len);
		r->base[len - 1] = 1;
		cxio_memory_put(r);
	}
	assert_null(cxio_memory_block(m, (size_t)CXIO_BLOCK_MAX + 1));
	assert_int_equal((size_t)CXIO_BLOCK_MIN << (CXIO_BLOCK_CLASSES - 1), CXIO_BLOCK_MAX);
	assert_true(CXIO_BLOCK_MAX >= CXIO_DATA_MAX);
	cxio_messenger_put(m);
}

/* Not more than so many bytes are kept: those that were used last. */
static void blocks_kept_are_bounded(void **state)
{
	enum { MANY = 40, EACH = 1 << 20 };
	struct cxio_messenger *m = stand_in_messenger();
	struct cxio_memory *r[MANY], *small = cxio_memory_block(m, 1);
	u32 i, fits = CXIO_BLOCKS_KEPT / EACH;

	(void)state;
	for (i = 0; i < MANY; i++) {
		r[i] = cxio_memory_block(m, EACH);
		assert_non_null(r[i]);
		stand_in_map(r[i], 0);
	}
	cxio_memory_put(small);
	for (i = 0; i < MANY; i++) {
		cxio_memory_put(r[i]);
		assert_true(m->store.kept <= CXIO_BLOCKS_KEPT);
	}
	assert_int_equal(m->store.kept, CXIO_BLOCKS_KEPT);
	assert_int_equal(atomic_load(&cxio_live_regions), fits);
	for (i = 0; i < fits; i++)
		assert_ptr_equal(cxio_memory_block(m, EACH), r[MANY - 1 - i]);
	/* The small one had to go too. */
	assert_int_equal(m->store.kept, 0);
	for (i = 0; i < fits; i++)
		cxio_memory_put(r[MANY - 1 - i]);
	cxio_messenger_put(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lib_test(arena_like_a_map),
		lib_test(arena_misuse),
		lib_test(arena_outlives_its_owner),
		lib_test(arena_speed),
		lib_test(table_like_a_list),
		lib_test(table_borders),
		lib_test(blocks_are_used_again),
		lib_test(blocks_of_all_sizes),
		lib_test(blocks_kept_are_bounded),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
