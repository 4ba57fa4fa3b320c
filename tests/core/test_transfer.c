// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * transfer.c: a file is cut without gap or overlap, and its pieces are known again.
 */
#include "core_test.h"
#include "craft.h"
#include "transfer.h"

CORE_TEST(a_file_is_covered)
{
	static const u64 sizes[] = {
		0, 1, 2, 3, 4, 513, 514, 4095, 4096, 4097, 70000, 1 << 20, (1 << 20) + 1,
		10000000, 100000001, (4ull << 30) + 12345,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct cxio_transfer t;
		struct cxio_slice s;
		u64 at = 0, index = 0;

		cxio_transfer_file(&t, sizes[i]);
		expect(cxio_transfer_bytes(&t) == sizes[i]);
		while (cxio_transfer_next(&t, &s)) {
			expect(s.index == index++);
			expect(s.offset == at);
			expect_range(s.len, 0, CXIO_TRANSFER_MAX);
			expect_range(s.middle_len, 0, 199);
			expect(s.len <= sizes[i] - at);
			at += s.len;
			/* empty messages are welcome, but not for ever */
			expect(index < 100 + sizes[i] / 100);
		}
		expect(at == sizes[i]);
		/* the end stays the end */
		expect(!cxio_transfer_next(&t, &s));
	}
}

CORE_TEST(sizes_are_mixed)
{
	u32 small = 0, large = 0, empty = 0, whole = 0, middles = 0;
	struct cxio_transfer t, again;
	struct cxio_slice s, r;

	cxio_transfer_file(&t, 64 << 20);
	cxio_transfer_file(&again, 64 << 20);
	while (cxio_transfer_next(&t, &s)) {
		/* both worlds cut alike */
		expect(cxio_transfer_next(&again, &r));
		expect_eq(s.len, r.len);
		expect_eq(s.middle_len, r.middle_len);
		empty += !s.len;
		small += s.len < 3970;
		large += s.len > 65536;
		whole += s.len == CXIO_TRANSFER_MAX;
		middles += s.middle_len > 0;
	}
	expect(empty > 1 && small > 50 && large > 10 && whole > 0 && middles > 10);
}

CORE_TEST(counting)
{
	static const struct {
		u64 count;
		u32 len;
	} rows[] = { { 0, 100 }, { 1, 0 }, { 1, 1 << 20 }, { 1000, 0 }, { 777, 4096 } };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cxio_transfer t;
		struct cxio_slice s;
		u64 n = 0;

		cxio_transfer_count(&t, rows[i].count, rows[i].len);
		expect(cxio_transfer_bytes(&t) == rows[i].count * rows[i].len);
		while (cxio_transfer_next(&t, &s)) {
			expect_eq(s.len, rows[i].len);
			expect(s.index == n && s.offset == n * rows[i].len);
			n++;
		}
		expect(n == rows[i].count);
	}
}

static const struct cxio_slice slice = {
	.index = 0x010203047b, .offset = 0x1112131415, .len = 5000, .middle_len = 83,
};

CORE_TEST(front_bytes)
{
	u8 front[25];

	front[24] = 0x5a;
	cxio_transfer_front(&slice, 0x2122232425262728, front);
	expect(get_le(front, 8) == slice.index);
	expect(get_le(front + 8, 8) == slice.offset);
	expect(get_le(front + 16, 8) == 0x2122232425262728);
	expect_eq(front[24], 0x5a);
}

/* What comes back is held against a transfer that has come as far as the slice. */
static bool echo(const struct cxio_msg_header *h, const u8 *front, const u8 *middle, u64 ahead,
		 u64 *sent)
{
	struct cxio_transfer expect = {
		.count = ~0ull, .fixed = slice.len, .index = slice.index, .offset = slice.offset,
	};
	struct cxio_transfer send = expect;

	send.index += ahead;
	return cxio_transfer_echo(&expect, &send, h, front, middle, sent);
}

static void fill_middle(u8 *middle)
{
	u32 i;

	for (i = 0; i < slice.middle_len; i++)
		middle[i] = cxio_transfer_middle_byte(slice.index, i);
}

CORE_TEST(echo_is_known)
{
	struct cxio_msg_header h;
	u8 front[24], middle[200];
	u64 sent = 0;

	fill_middle(middle);
	cxio_transfer_header(&slice, &h);
	expect_eq(h.len[CXIO_FRONT], 24);
	expect_eq(h.len[CXIO_MIDDLE], 83);
	expect_eq(h.len[CXIO_DATA], 5000);
	expect_eq(h.type, CXIO_MSG_DATA_PING);
	expect(h.tid == slice.index + 1);
	cxio_transfer_front(&slice, 99, front);
	expect(echo(&h, front, middle, 1, &sent));
	expect(sent == 99);
	/* not what has not been sent yet */
	expect(!echo(&h, front, middle, 0, &sent));
}

/* Anything else is not the echo: each field by itself. */
CORE_TEST(anything_else_is_not)
{
	struct cxio_msg_header good, h;
	u8 front[24], middle[200];
	u64 sent;
	u32 i;

	fill_middle(middle);
	cxio_transfer_header(&slice, &good);
	cxio_transfer_front(&slice, 99, front);
	for (i = 0; i < CXIO_SEGMENTS; i++) {
		h = good;
		h.len[i]++;
		expect(!echo(&h, front, middle, 1, &sent));
		h.len[i] -= 2;
		expect(!echo(&h, front, middle, 1, &sent));
	}
	h = good;
	h.tid++;
	expect(!echo(&h, front, middle, 1, &sent));
	for (i = 0; i < 16; i++) {
		front[i] ^= 1;
		expect(!echo(&good, front, middle, 1, &sent));
		front[i] ^= 1;
	}
	middle[slice.middle_len - 1] ^= 1;
	expect(!echo(&good, front, middle, 1, &sent));
	middle[slice.middle_len - 1] ^= 1;
	expect(echo(&good, front, middle, 1, &sent));
}

CORE_TEST(middles_differ)
{
	expect(cxio_transfer_middle_byte(3, 0) != cxio_transfer_middle_byte(3, 1));
	expect(cxio_transfer_middle_byte(3, 0) != cxio_transfer_middle_byte(11, 0));
}

static struct core_case cases[] = {
	CORE_CASE(a_file_is_covered),
	CORE_CASE(sizes_are_mixed),
	CORE_CASE(counting),
	CORE_CASE(front_bytes),
	CORE_CASE(echo_is_known),
	CORE_CASE(anything_else_is_not),
	CORE_CASE(middles_differ),
	{}
};

CORE_SUITE(transfer, cases);
