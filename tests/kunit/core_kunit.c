// SPDX-License-Identifier: GPL-2.0-only
/*
 * The suites of tests/core as KUnit suites: loading this module runs them.
 */
#include <linux/module.h>
#include "core_test.h"
#include "suites.h"

/* The test that runs. KUnit runs one after the other. */
static struct kunit *running;

/**
 * core_kunit_suite() - a suite begins
 * @suite: unused
 *
 * Return: 0.
 */
int core_kunit_suite(struct kunit_suite *suite)
{
	core_begin_suite();
	return 0;
}

/**
 * core_kunit_case() - a test begins
 * @test: the test
 *
 * Return: 0.
 */
int core_kunit_case(struct kunit *test)
{
	running = test;
	core_begin_case();
	return 0;
}

/**
 * core_end_case() - the test that runs has failed; does not return
 * @file: where
 * @line: likewise
 * @text: why
 */
void core_end_case(const char *file, int line, const char *text)
{
	KUNIT_ASSERT_FAILURE(running, "%s:%d: %s", file, line, text);
}

/**
 * core_alloc() - memory until the test ends
 * @len: bytes
 *
 * Return: the memory, or NULL.
 */
void *core_alloc(u32 len)
{
	/* to read what no bytes are at would be the end of the kernel, not of the test */
	return kunit_kmalloc(running, len ? len : 1, GFP_KERNEL);
}

static struct kunit_suite *suites[] = { CORE_SUITES };

/*
 * Not kunit_test_suites(): a kernel without CONFIG_KUNIT does not look for suites in
 * the modules that it loads, but KUnit can be a module there that is called.
 */
static int __init core_kunit_init(void)
{
	return __kunit_test_suites_init(suites, ARRAY_SIZE(suites));
}

static void __exit core_kunit_exit(void)
{
	__kunit_test_suites_exit(suites, ARRAY_SIZE(suites));
}

module_init(core_kunit_init);
module_exit(core_kunit_exit);
MODULE_DESCRIPTION("Tests of the protocol core");
MODULE_LICENSE("GPL");
