// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suites of the kernel's own logic: loading this module runs them.
 */
#include <linux/module.h>
#include <linux/prandom.h>
#include "../../kernel/ceph_xio.h"
#include "kernel_test.h"

static int make_block(struct kunit_resource *res, void *context)
{
	/* Not one large page: each of these may be in a list. */
	res->data = alloc_pages_exact(BLOCK_BYTES, GFP_KERNEL);
	return res->data ? 0 : -ENOMEM;
}

static void free_block(struct kunit_resource *res)
{
	free_pages_exact(res->data, BLOCK_BYTES);
}

/**
 * kernel_test_block() - pages without a gap between them, until the test ends
 * @test: the test
 *
 * Return: BLOCK_BYTES, of which no two pages are alike.
 */
u8 *kernel_test_block(struct kunit *test)
{
	u8 *block = kunit_alloc_resource(test, make_block, free_block, GFP_KERNEL, NULL);
	struct rnd_state rnd;

	KUNIT_ASSERT_NOT_NULL(test, block);
	prandom_seed_state(&rnd, 1);
	prandom_bytes_state(&rnd, block, BLOCK_BYTES);
	return block;
}

/**
 * kernel_test_page() - a page of a block
 * @block: the block
 * @i: which
 *
 * Return: the page.
 */
struct page *kernel_test_page(const u8 *block, unsigned int i)
{
	return virt_to_page(block + i * PAGE_SIZE);
}

static struct kunit_suite *suites[] = { &kernel_suite_data, &kernel_suite_ladder,
					&kernel_suite_mr };

/* As in core_kunit.c. */
static int __init kernel_kunit_init(void)
{
	cxio_qp_init();
	return __kunit_test_suites_init(suites, ARRAY_SIZE(suites));
}

static void __exit kernel_kunit_exit(void)
{
	__kunit_test_suites_exit(suites, ARRAY_SIZE(suites));
}

module_init(kernel_kunit_init);
module_exit(kernel_kunit_exit);
MODULE_DESCRIPTION("Tests of the kernel's own logic");
MODULE_LICENSE("GPL");
