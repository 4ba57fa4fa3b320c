// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Percentiles without keeping the values.
 */
#include "hist.h"

static u32 power_of(u64 value)
{
	u32 power = 0;

	while (value > 1) {
		value >>= 1;
		power++;
	}
	return power;
}

static u32 bucket_of(u64 value)
{
	u32 power;

	if (value < CXIO_HIST_SUB)
		return (u32)value;
	power = power_of(value) - 3;
	if (power >= CXIO_HIST_POWERS)
		return CXIO_HIST_BUCKETS - 1;
	return power * CXIO_HIST_SUB + (u32)((value >> (power - 1)) & (CXIO_HIST_SUB - 1));
}

/* The largest value that falls into a bucket. */
static u64 bucket_top(u32 bucket)
{
	u32 power = bucket / CXIO_HIST_SUB;
	u64 sub = bucket % CXIO_HIST_SUB;

	if (!power)
		return sub;
	return ((CXIO_HIST_SUB + sub + 1) << (power - 1)) - 1;
}

/**
 * cxio_hist_add() - count a value
 * @h: the histogram, zeroed at first
 * @value: nanoseconds, or any unit
 */
void cxio_hist_add(struct cxio_hist *h, u64 value)
{
	h->bucket[bucket_of(value)]++;
	h->count++;
	if (value > h->max)
		h->max = value;
}

/**
 * cxio_hist_percentile() - the value below which a share of all values lies
 * @h: the histogram
 * @per_ten_thousand: the share: 5000 is the median, 9990 is p99.9; at most 10000
 *
 * Return: an upper bound, at most 1/16 above the true value; 0 if empty.
 */
u64 cxio_hist_percentile(const struct cxio_hist *h, u32 per_ten_thousand)
{
	u64 below = 0, top = 0;
	u32 i;

	for (i = 0; i < CXIO_HIST_BUCKETS && h->count; i++) {
		below += h->bucket[i];
		/* compared by products: a 32-bit kernel has no wide division */
		if (below * 10000 >= h->count * per_ten_thousand) {
			top = i + 1 < CXIO_HIST_BUCKETS ? bucket_top(i) : h->max;
			break;
		}
	}
	return top < h->max ? top : h->max;
}
