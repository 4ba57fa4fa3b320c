/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of what the kernel has by itself. A suite NAME is in test_NAME.c, is named
 * kernel_NAME, and stands in kernel_kunit.c; list finds its tests in its source.
 */
#ifndef CEPH_XIO_KERNEL_TEST_H
#define CEPH_XIO_KERNEL_TEST_H

#include <kunit/test.h>
#include "../../kernel/data.h"

/* Pages of a block of memory without a gap. */
#define BLOCK_PAGES	16u
#define BLOCK_BYTES	(BLOCK_PAGES * PAGE_SIZE)

extern struct kunit_suite kernel_suite_data;
extern struct kunit_suite kernel_suite_ladder;
extern struct kunit_suite kernel_suite_mr;

u8 *kernel_test_block(struct kunit *test);
struct page *kernel_test_page(const u8 *block, unsigned int i);

#endif /* CEPH_XIO_KERNEL_TEST_H */
