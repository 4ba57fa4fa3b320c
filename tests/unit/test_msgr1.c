// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * msgr1.c: Ceph's message header and footer.
 */
#include "cmocka_cxio.h"
#include "craft.h"
#include "crc32c.h"
#include "faults.h"
#include "msgr1.h"

static const struct cxio_msg_header header = {
	.seq = 0x1112131415161718, .tid = 0x2122232425262728, .type = 0x3132, .priority = 0x4142,
	.version = 0x5152, .len = { 0x00616263, 0x00717273, 0x00818283 }, .data_off = 0x9192,
	.src_type = 0xa1, .src_num = 0xb1b2b3b4b5b6b7b8, .compat_version = 0xc1c2,
};

static void header_bytes(void **state)
{
	u8 m[M_SIZE];

	(void)state;
	cxio_msg_header_encode(&header, m);
	assert_true(get_le(m + M_SEQ, 8) == header.seq);
	assert_true(get_le(m + M_TID, 8) == header.tid);
	assert_int_equal(get_le(m + M_TYPE, 2), 0x3132);
	assert_int_equal(get_le(m + M_PRIORITY, 2), 0x4142);
	assert_int_equal(get_le(m + M_VERSION, 2), 0x5152);
	assert_int_equal(get_le(m + M_FRONT_LEN, 4), 0x616263);
	assert_int_equal(get_le(m + M_MIDDLE_LEN, 4), 0x717273);
	assert_int_equal(get_le(m + M_DATA_LEN, 4), 0x818283);
	assert_int_equal(get_le(m + M_DATA_OFF, 2), 0x9192);
	assert_int_equal(get_le(m + M_SRC_TYPE, 1), 0xa1);
	assert_true(get_le(m + M_SRC_NUM, 8) == header.src_num);
	assert_int_equal(get_le(m + M_COMPAT, 2), 0xc1c2);
	assert_int_equal(get_le(m + M_RESERVED, 2), 0);
	assert_int_equal(get_le(m + M_CRC, 4), test_crc32c(0, m, M_CRC));
}

static void header_round_trip(void **state)
{
	struct cxio_msg_header h;
	u8 m[M_SIZE], again[M_SIZE];

	(void)state;
	cxio_msg_header_encode(&header, m);
	assert_fault(cxio_msg_header_decode(m, M_SIZE, &h), CXIO_FAULT_NONE);
	cxio_msg_header_encode(&h, again);
	assert_memory_equal(m, again, M_SIZE);
	assert_true(cxio_msg_payload(&h) == 0x616263ull + 0x717273 + 0x818283);
}

static const struct {
	const char *what;
	u32 at;
	u32 size;
	u32 value;
	enum cxio_fault fault;
} mutations[] = {
	{ "reserved, low", M_RESERVED, 2, 1, CXIO_FAULT_MSG_RESERVED },
	{ "reserved, high", M_RESERVED, 2, 0x8000, CXIO_FAULT_MSG_RESERVED },
	{ "front at its limit", M_FRONT_LEN, 4, 16 << 20, CXIO_FAULT_NONE },
	{ "front beyond", M_FRONT_LEN, 4, (16 << 20) + 1, CXIO_FAULT_MSG_FRONT_LEN },
	{ "front at the most", M_FRONT_LEN, 4, 0xffffffff, CXIO_FAULT_MSG_FRONT_LEN },
	{ "middle at its limit", M_MIDDLE_LEN, 4, 16 << 20, CXIO_FAULT_NONE },
	{ "middle beyond", M_MIDDLE_LEN, 4, (16 << 20) + 1, CXIO_FAULT_MSG_MIDDLE_LEN },
	{ "data at its limit", M_DATA_LEN, 4, 64 << 20, CXIO_FAULT_NONE },
	{ "data beyond", M_DATA_LEN, 4, (64 << 20) + 1, CXIO_FAULT_MSG_DATA_LEN },
};

static void each_check(void **state)
{
	struct cxio_msg_header h;
	u8 m[M_SIZE];
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(mutations); i++) {
		cxio_msg_header_encode(&header, m);
		put_le(m + mutations[i].at, mutations[i].size, mutations[i].value);
		/* before the CRC agrees, nothing else is looked at */
		assert_fault(cxio_msg_header_decode(m, M_SIZE, &h), CXIO_FAULT_MSG_HEADER_CRC);
		put_le(m + M_CRC, 4, test_crc32c(0, m, M_CRC));
		print_message("# %s\n", mutations[i].what);
		assert_fault(cxio_msg_header_decode(m, M_SIZE, &h), mutations[i].fault);
	}
}

static void every_bit_counts(void **state)
{
	struct cxio_msg_header h;
	u8 m[M_SIZE];
	u32 bit;

	(void)state;
	cxio_msg_header_encode(&header, m);
	for (bit = 0; bit < 8 * M_SIZE; bit++) {
		m[bit / 8] ^= (u8)(1 << bit % 8);
		assert_fault(cxio_msg_header_decode(m, M_SIZE, &h), CXIO_FAULT_MSG_HEADER_CRC);
		m[bit / 8] ^= (u8)(1 << bit % 8);
	}
}

static void cut_short(void **state)
{
	struct cxio_msg_header h;
	u8 m[M_SIZE];
	u32 len;

	(void)state;
	cxio_msg_header_encode(&header, m);
	for (len = 0; len < M_SIZE; len++) {
		u8 *cut = malloc(len + !len);

		assert_non_null(cut);
		memcpy(cut, m, len);
		assert_fault(cxio_msg_header_decode(cut, len, &h), CXIO_FAULT_MSG_SHORT);
		free(cut);
	}
}

static void payload_does_not_wrap(void **state)
{
	const struct cxio_msg_header h = { .len = { ~0u, ~0u, ~0u } };

	(void)state;
	assert_true(cxio_msg_payload(&h) == 3ull * 0xffffffff);
}

static void footer_bytes(void **state)
{
	const struct cxio_msg_footer f = {
		.crc = { 0x11121314, 0x21222324, 0x31323334 }, .sig = 0x4142434445464748,
		.flags = CXIO_FOOTER_COMPLETE | CXIO_FOOTER_SIGNED,
	};
	struct cxio_msg_footer g;
	u8 t[T_SIZE + 1];

	(void)state;
	t[T_SIZE] = 0x5a;
	cxio_msg_footer_encode(&f, t);
	assert_int_equal(get_le(t + T_FRONT_CRC, 4), 0x11121314);
	assert_int_equal(get_le(t + T_MIDDLE_CRC, 4), 0x21222324);
	assert_int_equal(get_le(t + T_DATA_CRC, 4), 0x31323334);
	assert_true(get_le(t + T_SIG, 8) == f.sig);
	assert_int_equal(t[T_FLAGS], 5);
	assert_int_equal(t[T_SIZE], 0x5a);
	cxio_msg_footer_decode(t, &g);
	assert_memory_equal(f.crc, g.crc, sizeof(f.crc));
	assert_true(f.sig == g.sig);
	assert_int_equal(f.flags, g.flags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_bytes),
		cmocka_unit_test(header_round_trip),
		cmocka_unit_test(each_check),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(payload_does_not_wrap),
		cmocka_unit_test(footer_bytes),
	};

	return cmocka_run_group_tests_name("msgr1", tests, NULL, NULL);
}
