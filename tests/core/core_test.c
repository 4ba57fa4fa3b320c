// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What all runners share: expectations, rows of tables, golden vectors.
 */
#include "core_test.h"
#ifdef __KERNEL__
#include <linux/kernel.h>
#else
#include <stdarg.h>
#include <stdio.h>
#endif
#include "vectors.h"

/* One test runs at a time, and all in one thread after another. */
static char row[100];
static char text[500];

static __attribute__((__format__(printf, 3, 4)))
void fail(const char *file, int line, const char *fmt, ...)
{
	const char *name = strstr(file, "tests/core/");
	va_list args;
	int at;

	at = snprintf(text, sizeof(text), "%s", row);
	va_start(args, fmt);
	vsnprintf(text + at, sizeof(text) - (size_t)at, fmt, args);
	va_end(args);
	core_end_case(name ? name : file, line, text);
}

/**
 * core_begin_suite() - a suite begins; for runners
 */
void core_begin_suite(void)
{
	memset(fault_seen, 0, sizeof(fault_seen));
}

/**
 * core_begin_case() - a test begins; for runners
 */
void core_begin_case(void)
{
	row[0] = '\0';
}

/**
 * core_row() - name the row of a table that comes next: a failure says which it was
 * @number: its number
 * @what: its name, or NULL
 */
void core_row(u32 number, const char *what)
{
	snprintf(row, sizeof(row), "row %u%s%s: ", number, what ? ", " : "", what ? what : "");
}

/**
 * core_block() - memory that ends where it says
 * @len: bytes
 *
 * A sanitizer sees an access beyond. The memory is gone when the test ends.
 *
 * Return: the memory.
 */
void *core_block(u32 len)
{
	void *block = core_alloc(len);

	if (!block)
		fail(__FILE__, __LINE__, "no memory: %u bytes", len);
	return block;
}

/**
 * core_vector() - the golden bytes of tests/vectors/NAME.hex
 * @name: NAME
 * @len: how many
 *
 * Return: the bytes.
 */
const u8 *core_vector(const char *name, u32 *len)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		if (strcmp(vectors[i].name, name))
			continue;
		*len = vectors[i].len;
		return vectors[i].bytes;
	}
	fail(__FILE__, __LINE__, "no file tests/vectors/%s.hex", name);
	return NULL;
}

void core_expect(const char *file, int line, const char *what, bool holds)
{
	if (!holds)
		fail(file, line, "not so: %s", what);
}

void core_expect_eq(const char *file, int line, const char *what, u64 got, u64 want)
{
	if (got != want)
		fail(file, line, "%s: %llu (0x%llx), want %llu (0x%llx)", what,
		     (unsigned long long)got, (unsigned long long)got,
		     (unsigned long long)want, (unsigned long long)want);
}

void core_expect_range(const char *file, int line, const char *what, u64 got, u64 low, u64 high)
{
	if (got < low || got > high)
		fail(file, line, "%s: %llu, want %llu to %llu", what, (unsigned long long)got,
		     (unsigned long long)low, (unsigned long long)high);
}

void core_expect_mem(const char *file, int line, const char *what, const void *got,
		     const void *want, size_t len)
{
	const u8 *a = got, *b = want;
	size_t i;

	for (i = 0; i < len; i++)
		if (a[i] != b[i])
			break;
	if (i < len)
		fail(file, line, "%s: byte %zu of %zu is 0x%02x, want 0x%02x", what, i, len, a[i],
		     b[i]);
}

void core_expect_str(const char *file, int line, const char *what, const char *got,
		     const char *want)
{
	if (strcmp(got, want))
		fail(file, line, "%s: '%s', want '%s'", what, got, want);
}

void core_expect_str_differs(const char *file, int line, const char *what, const char *got,
			     const char *other)
{
	if (!strcmp(got, other))
		fail(file, line, "%s: '%s' again", what, got);
}

void core_expect_fault(const char *file, int line, const char *what, enum cxio_fault got,
		       enum cxio_fault want)
{
	if (got != want)
		fail(file, line, "%s: fault %u (%s), want %u (%s)", what, got, cxio_fault_text(got),
		     want, cxio_fault_text(want));
	fault_seen[got] = true;
}

void core_expect_door(const char *file, int line, enum door door)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(fault_rows); i++)
		if (fault_rows[i].door == door && !fault_seen[fault_rows[i].fault])
			fail(file, line, "never provoked: %s", fault_rows[i].name);
}

void core_expect_vector(const char *file, int line, const char *what, const void *got, u32 len,
			const char *name)
{
	u32 want_len;
	const u8 *want = core_vector(name, &want_len);

	if (len != want_len)
		fail(file, line, "%s: %u bytes, %s has %u", what, len, name, want_len);
	core_expect_mem(file, line, what, got, want, len);
}
