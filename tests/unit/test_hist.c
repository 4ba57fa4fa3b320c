// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * hist.c: percentiles are upper bounds, and never more than 1/16 too large.
 */
#include "cmocka_cxio.h"
#include "hist.h"

static struct cxio_hist hist;

static void clear(void)
{
	memset(&hist, 0, sizeof(hist));
}

static void empty(void **state)
{
	(void)state;
	clear();
	assert_true(cxio_hist_percentile(&hist, 0) == 0);
	assert_true(cxio_hist_percentile(&hist, 5000) == 0);
	assert_true(cxio_hist_percentile(&hist, 10000) == 0);
}

static void check_bound(u64 value)
{
	u64 got;

	clear();
	cxio_hist_add(&hist, value);
	/* a larger one keeps the maximum from hiding the bucket's own bound */
	cxio_hist_add(&hist, value > 1ull << 40 ? value : 1ull << 40);
	got = cxio_hist_percentile(&hist, 5000);
	if (got < value || got - value > value / 16)
		fail_msg("%llu: %llu", (unsigned long long)value, (unsigned long long)got);
}

static void bound_of_each_value(void **state)
{
	u32 power, i;
	u64 value;

	(void)state;
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
static void order(void **state)
{
	u64 value, last = 0;

	(void)state;
	for (value = 1; value < 1ull << 36; value += value / 40 + 1) {
		u64 got;

		clear();
		cxio_hist_add(&hist, value);
		cxio_hist_add(&hist, ~0ull >> 1);
		got = cxio_hist_percentile(&hist, 5000);
		assert_true(got >= last);
		last = got;
	}
}

static void shares(void **state)
{
	u64 i;

	(void)state;
	clear();
	for (i = 1; i <= 10000; i++)
		cxio_hist_add(&hist, i * 1000);
	assert_true(hist.count == 10000);
	assert_true(hist.max == 10000000);
	assert_in_range(cxio_hist_percentile(&hist, 1), 1000, 1063);
	assert_in_range(cxio_hist_percentile(&hist, 5000), 5000000, 5312500);
	assert_in_range(cxio_hist_percentile(&hist, 9900), 9900000, 10000000);
	assert_true(cxio_hist_percentile(&hist, 10000) == 10000000);
}

static void one_value(void **state)
{
	(void)state;
	clear();
	cxio_hist_add(&hist, 12345);
	/* never above the largest that was added */
	assert_true(cxio_hist_percentile(&hist, 1) == 12345);
	assert_true(cxio_hist_percentile(&hist, 10000) == 12345);
}

/* Beyond the last bucket's border an upper bound is still promised. */
static void beyond_the_last_bucket(void **state)
{
	static const u64 large[] = { 1ull << 36, (1ull << 36) + 5, 1ull << 40, ~0ull };
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(large); i++) {
		clear();
		cxio_hist_add(&hist, large[i]);
		assert_true(hist.max == large[i]);
		assert_true(cxio_hist_percentile(&hist, 10000) >= large[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(bound_of_each_value),
		cmocka_unit_test(order),
		cmocka_unit_test(shares),
		cmocka_unit_test(one_value),
		cmocka_unit_test(beyond_the_last_bucket),
	};

	return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
