// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * hist.c: percentiles are upper bounds, and never more than 1/16 too large.
 */
#include "core_test.h"
#include "hist.h"

static struct cxio_hist hist;

static void clear(void)
{
	memset(&hist, 0, sizeof(hist));
}

CORE_TEST(empty)
{
	clear();
	expect(cxio_hist_percentile(&hist, 0) == 0);
	expect(cxio_hist_percentile(&hist, 5000) == 0);
	expect(cxio_hist_percentile(&hist, 10000) == 0);
}

static void check_bound(u64 value)
{
	u64 got;

	clear();
	cxio_hist_add(&hist, value);
	/* a larger one keeps the maximum from hiding the bucket's own bound */
	cxio_hist_add(&hist, value > 1ull << 40 ? value : 1ull << 40);
	got = cxio_hist_percentile(&hist, 5000);
	expect_range(got, value, value + value / 16);
}

CORE_TEST(bound_of_each_value)
{
	u32 power, i;
	u64 value;

	for (value = 0; value < 70000; value++)
		check_bound(value);
	for (power = 17; power < 36; power++) {
		for (i = 0; i < 64; i++) {
			check_bound((1ull << power) + ((u64)i << power >> 6));
			check_bound((1ull << power) + ((u64)i << power >> 6) - 1);
		}
	}
	check_bound((1ull << 36) - 1);
}

/* Buckets do not overlap: a larger value never lands below a smaller one. */
CORE_TEST(order)
{
	u64 value, last = 0;

	for (value = 1; value < 1ull << 36; value += value / 40 + 1) {
		u64 got;

		clear();
		cxio_hist_add(&hist, value);
		cxio_hist_add(&hist, ~0ull >> 1);
		got = cxio_hist_percentile(&hist, 5000);
		expect(got >= last);
		last = got;
	}
}

CORE_TEST(shares)
{
	u64 i;

	clear();
	for (i = 1; i <= 10000; i++)
		cxio_hist_add(&hist, i * 1000);
	expect(hist.count == 10000);
	expect(hist.max == 10000000);
	expect_range(cxio_hist_percentile(&hist, 1), 1000, 1063);
	expect_range(cxio_hist_percentile(&hist, 5000), 5000000, 5312500);
	expect_range(cxio_hist_percentile(&hist, 9900), 9900000, 10000000);
	expect(cxio_hist_percentile(&hist, 10000) == 10000000);
}

CORE_TEST(one_value)
{
	clear();
	cxio_hist_add(&hist, 12345);
	/* never above the largest that was added */
	expect(cxio_hist_percentile(&hist, 1) == 12345);
	expect(cxio_hist_percentile(&hist, 10000) == 12345);
}

/* Beyond the last bucket's border an upper bound is still promised. */
CORE_TEST(beyond_the_last_bucket)
{
	static const u64 large[] = { 1ull << 36, (1ull << 36) + 5, 1ull << 40, ~0ull };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(large); i++) {
		clear();
		cxio_hist_add(&hist, large[i]);
		expect(hist.max == large[i]);
		expect(cxio_hist_percentile(&hist, 10000) >= large[i]);
	}
}

static struct core_case cases[] = {
	CORE_CASE(empty),
	CORE_CASE(bound_of_each_value),
	CORE_CASE(order),
	CORE_CASE(shares),
	CORE_CASE(one_value),
	CORE_CASE(beyond_the_last_bucket),
	{}
};

CORE_SUITE(hist, cases);
