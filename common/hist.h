/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Histogram of times with a bounded relative error, for percentiles on both
 * sides of the kernel boundary. Sixteen buckets to each power of two: a
 * percentile is never more than 1/16 above the true value.
 */
#ifndef CXIO_HIST_H
#define CXIO_HIST_H

#include "deps.h"

#define CXIO_HIST_SUB		16u
/* Values of 2^36 ns (68 s) and more share one bucket, the last. */
#define CXIO_HIST_POWERS	33u
#define CXIO_HIST_BUCKETS	(CXIO_HIST_SUB * CXIO_HIST_POWERS + 1)

/**
 * struct cxio_hist - counts by size
 * @count: values added
 * @max: largest of them
 * @bucket: how many fell into each
 */
struct cxio_hist {
	u64 count;
	u64 max;
	u32 bucket[CXIO_HIST_BUCKETS];
};

void cxio_hist_add(struct cxio_hist *h, u64 value);
u64 cxio_hist_percentile(const struct cxio_hist *h, u32 per_ten_thousand);

#endif /* CXIO_HIST_H */
