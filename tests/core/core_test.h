/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tests of common/ that run wherever common/ does: as a program, as a program on a
 * big-endian machine, in a kernel under KUnit. The only file of theirs, with
 * core_test.c, that knows which world it is compiled in. README says how to use it.
 */
#ifndef CORE_TEST_H
#define CORE_TEST_H

#include "fault.h"
#include "faults.h"

#ifdef __KERNEL__

#include <kunit/test.h>

#define core_case kunit_case
#define core_suite kunit_suite
#define CORE_TEST(test) static void test(struct kunit *unused)
#define CORE_CASE(test) KUNIT_CASE(test)
#define CORE_SUITE(suite, cases)					\
	extern struct kunit_suite core_suite_##suite;			\
	struct kunit_suite core_suite_##suite = {			\
		.name = "core_" #suite,					\
		.suite_init = core_kunit_suite,				\
		.init = core_kunit_case,				\
		.test_cases = (cases),					\
	}

int core_kunit_suite(struct kunit_suite *suite);
int core_kunit_case(struct kunit *test);

#else

/**
 * struct core_case - a test
 * @run: its function
 * @name: its name
 */
struct core_case {
	void (*run)(void *unused);
	const char *name;
};

/**
 * struct core_suite - tests of one subject
 * @name: the subject
 * @cases: the tests; the one behind the last has no name
 */
struct core_suite {
	const char *name;
	const struct core_case *cases;
};

#define CORE_TEST(test) static void test(void *unused __attribute__((__unused__)))
#define CORE_CASE(test) { .run = test, .name = #test }
#define CORE_SUITE(suite, list)						\
	extern struct core_suite core_suite_##suite;			\
	struct core_suite core_suite_##suite = { .name = #suite, .cases = (list) }

#endif /* __KERNEL__ */

/* The first expectation that does not hold ends its test, and says file, line and values. */
#define expect(holds) \
	core_expect(__FILE__, __LINE__, #holds, holds)
#define expect_eq(got, want) \
	core_expect_eq(__FILE__, __LINE__, #got, (u64)(got), (u64)(want))
#define expect_range(got, low, high) \
	core_expect_range(__FILE__, __LINE__, #got, (u64)(got), (u64)(low), (u64)(high))
#define expect_mem(got, want, len) \
	core_expect_mem(__FILE__, __LINE__, #got, got, want, len)
#define expect_str(got, want) \
	core_expect_str(__FILE__, __LINE__, #got, got, want)
#define expect_str_differs(got, other) \
	core_expect_str_differs(__FILE__, __LINE__, #got, got, other)
/* It also remembers that the fault was provoked, for expect_door_complete(). */
#define expect_fault(got, want) \
	core_expect_fault(__FILE__, __LINE__, #got, got, want)
/* Every fault of the door (faults.h) was provoked by this suite's tests before. */
#define expect_door_complete(door) \
	core_expect_door(__FILE__, __LINE__, door)
/* These are the bytes of tests/vectors/NAME.hex. */
#define expect_vector(got, len, name) \
	core_expect_vector(__FILE__, __LINE__, #got, got, len, name)

void core_row(u32 number, const char *what);
void *core_block(u32 len);
const u8 *core_vector(const char *name, u32 *len);

void core_expect(const char *file, int line, const char *what, bool holds);
void core_expect_eq(const char *file, int line, const char *what, u64 got, u64 want);
void core_expect_range(const char *file, int line, const char *what, u64 got, u64 low, u64 high);
void core_expect_mem(const char *file, int line, const char *what, const void *got,
		     const void *want, size_t len);
void core_expect_str(const char *file, int line, const char *what, const char *got,
		     const char *want);
void core_expect_str_differs(const char *file, int line, const char *what, const char *got,
			     const char *other);
void core_expect_fault(const char *file, int line, const char *what, enum cxio_fault got,
		       enum cxio_fault want);
void core_expect_door(const char *file, int line, enum door door);
void core_expect_vector(const char *file, int line, const char *what, const void *got, u32 len,
			const char *name);

/* Between core_test.c and the runner of a world. */
void core_begin_suite(void);
void core_begin_case(void);
void core_end_case(const char *file, int line, const char *text);
void *core_alloc(u32 len);

#endif /* CORE_TEST_H */
