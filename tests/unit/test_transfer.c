// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * transfer.c: a file is cut without gap or overlap, and its pieces are known again.
 */
#include "cmocka_cxio.h"
#include "craft.h"
#include "transfer.h"

static void a_file_is_covered(void **state)
{
	static const u64 sizes[] = {
		0, 1, 2, 3, 4, 513, 514, 4095, 4096, 4097, 70000, 1 << 20, (1 << 20) + 1,
		10000000, 100000001, (4ull << 30) + 12345,
	};
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct cxio_transfer t;
		struct cxio_slice s;
		u64 at = 0, index = 0;

		cxio_transfer_file(&t, sizes[i]);
		assert_true(cxio_transfer_bytes(&t) == sizes[i]);
		while (cxio_transfer_next(&t, &s)) {
			assert_true(s.index == index++);
			assert_true(s.offset == at);
			assert_in_range(s.len, 0, CXIO_TRANSFER_MAX);
			assert_in_range(s.middle_len, 0, 199);
			assert_true(s.len <= sizes[i] - at);
			at += s.len;
			/* empty messages are welcome, but not for ever */
			assert_true(index < 100 + sizes[i] / 100);
		}
		assert_true(at == sizes[i]);
		/* the end stays the end */
		assert_false(cxio_transfer_next(&t, &s));
	}
}

static void sizes_are_mixed(void **state)
{
	u32 small = 0, large = 0, empty = 0, whole = 0, middles = 0;
	struct cxio_transfer t, again;
	struct cxio_slice s, r;

	(void)state;
	cxio_transfer_file(&t, 64 << 20);
	cxio_transfer_file(&again, 64 << 20);
	while (cxio_transfer_next(&t, &s)) {
		/* both worlds cut alike */
		assert_true(cxio_transfer_next(&again, &r));
		assert_int_equal(s.len, r.len);
		assert_int_equal(s.middle_len, r.middle_len);
		empty += !s.len;
		small += s.len < 3970;
		large += s.len > 65536;
		whole += s.len == CXIO_TRANSFER_MAX;
		middles += s.middle_len > 0;
	}
	assert_true(empty > 1 && small > 50 && large > 10 && whole > 0 && middles > 10);
}

static void counting(void **state)
{
	static const struct {
		u64 count;
		u32 len;
	} rows[] = { { 0, 100 }, { 1, 0 }, { 1, 1 << 20 }, { 1000, 0 }, { 777, 4096 } };
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cxio_transfer t;
		struct cxio_slice s;
		u64 n = 0;

		cxio_transfer_count(&t, rows[i].count, rows[i].len);
		assert_true(cxio_transfer_bytes(&t) == rows[i].count * rows[i].len);
		while (cxio_transfer_next(&t, &s)) {
			assert_int_equal(s.len, rows[i].len);
			assert_true(s.index == n && s.offset == n * rows[i].len);
			n++;
		}
		assert_true(n == rows[i].count);
	}
}

static const struct cxio_slice slice = {
	.index = 0x010203047b, .offset = 0x1112131415, .len = 5000, .middle_len = 83,
};

static void front_bytes(void **state)
{
	u8 front[25];

	(void)state;
	front[24] = 0x5a;
	cxio_transfer_front(&slice, 0x2122232425262728, front);
	assert_true(get_le(front, 8) == slice.index);
	assert_true(get_le(front + 8, 8) == slice.offset);
	assert_true(get_le(front + 16, 8) == 0x2122232425262728);
	assert_int_equal(front[24], 0x5a);
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

static void echo_is_known(void **state)
{
	struct cxio_msg_header h;
	u8 front[24], middle[200];
	u64 sent = 0;

	(void)state;
	fill_middle(middle);
	cxio_transfer_header(&slice, &h);
	assert_int_equal(h.len[CXIO_FRONT], 24);
	assert_int_equal(h.len[CXIO_MIDDLE], 83);
	assert_int_equal(h.len[CXIO_DATA], 5000);
	assert_int_equal(h.type, CXIO_MSG_DATA_PING);
	assert_true(h.tid == slice.index + 1);
	cxio_transfer_front(&slice, 99, front);
	assert_true(echo(&h, front, middle, 1, &sent));
	assert_true(sent == 99);
	/* not what has not been sent yet */
	assert_false(echo(&h, front, middle, 0, &sent));
}

/* Anything else is not the echo: each field by itself. */
static void anything_else_is_not(void **state)
{
	struct cxio_msg_header good, h;
	u8 front[24], middle[200];
	u64 sent;
	u32 i;

	(void)state;
	fill_middle(middle);
	cxio_transfer_header(&slice, &good);
	cxio_transfer_front(&slice, 99, front);
	for (i = 0; i < CXIO_SEGMENTS; i++) {
		h = good;
		h.len[i]++;
		assert_false(echo(&h, front, middle, 1, &sent));
		h.len[i] -= 2;
		assert_false(echo(&h, front, middle, 1, &sent));
	}
	h = good;
	h.tid++;
	assert_false(echo(&h, front, middle, 1, &sent));
	for (i = 0; i < 16; i++) {
		front[i] ^= 1;
		assert_false(echo(&good, front, middle, 1, &sent));
		front[i] ^= 1;
	}
	middle[slice.middle_len - 1] ^= 1;
	assert_false(echo(&good, front, middle, 1, &sent));
	middle[slice.middle_len - 1] ^= 1;
	assert_true(echo(&good, front, middle, 1, &sent));
}

static void middles_differ(void **state)
{
	(void)state;
	assert_int_not_equal(cxio_transfer_middle_byte(3, 0), cxio_transfer_middle_byte(3, 1));
	assert_int_not_equal(cxio_transfer_middle_byte(3, 0), cxio_transfer_middle_byte(11, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_covered),
		cmocka_unit_test(sizes_are_mixed),
		cmocka_unit_test(counting),
		cmocka_unit_test(front_bytes),
		cmocka_unit_test(echo_is_known),
		cmocka_unit_test(anything_else_is_not),
		cmocka_unit_test(middles_differ),
	};

	return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
