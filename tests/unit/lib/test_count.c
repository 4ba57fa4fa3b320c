// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What devices hold is counted, in whole pages, and the most that it was.
 */
#include "count.h"
#include "lib_test.h"

#define PAGE	4096ull

static char *at(u64 offset)
{
	return (char *)(uintptr_t)(16 * PAGE + offset);
}

static void expect(u64 now, u64 peak, u64 own_peak)
{
	u64 all, own;

	assert_int_equal(cxio_pinned_memory(&all, &own), now);
	assert_int_equal(all, peak);
	assert_int_equal(own, own_peak);
	assert_int_equal(cxio_pinned_memory(NULL, NULL), now);
}

static void pinned_memory(void **state)
{
	(void)state;
	expect(0, 0, 0);
	/* A byte is a page, two at the border are two. */
	cxio_count_region(at(5), 1, false);
	expect(PAGE, PAGE, 0);
	cxio_count_region(at(PAGE - 1), 2, true);
	expect(3 * PAGE, 3 * PAGE, 2 * PAGE);
	/* The peaks stay, each its own; the same memory counts each time. */
	cxio_uncount_region(at(PAGE - 1), 2, true);
	expect(PAGE, 3 * PAGE, 2 * PAGE);
	cxio_count_region(at(0), 10 * PAGE, false);
	cxio_count_region(at(0), 10 * PAGE, false);
	cxio_count_region(at(0), PAGE, true);
	expect(22 * PAGE, 22 * PAGE, 2 * PAGE);
	assert_int_equal(atomic_load(&cxio_live_regions), 4);
	cxio_uncount_region(at(5), 1, false);
	cxio_uncount_region(at(0), 10 * PAGE, false);
	cxio_uncount_region(at(0), 10 * PAGE, false);
	cxio_uncount_region(at(0), PAGE, true);
	expect(0, 22 * PAGE, 2 * PAGE);
	assert_int_equal(cxio_live_objects(NULL, NULL, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lib_test(pinned_memory),
	};

	return cmocka_run_group_tests_name("count", tests, NULL, NULL);
}
