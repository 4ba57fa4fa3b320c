// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * msgr1.c: Ceph's message header and footer.
 */
#include "core_test.h"
#include "craft.h"
#include "crc32c.h"
#include "msgr1.h"

static const struct cxio_msg_header header = {
	.seq = 0x1112131415161718, .tid = 0x2122232425262728, .type = 0x3132, .priority = 0x4142,
	.version = 0x5152, .len = { 0x00616263, 0x00717273, 0x00818283 }, .data_off = 0x9192,
	.src_type = 0xa1, .src_num = 0xb1b2b3b4b5b6b7b8, .compat_version = 0xc1c2,
};

CORE_TEST(header_bytes)
{
	u8 m[M_SIZE];

	cxio_msg_header_encode(&header, m);
	expect_eq(get_le(m + M_SEQ, 8), header.seq);
	expect_eq(get_le(m + M_TID, 8), header.tid);
	expect_eq(get_le(m + M_TYPE, 2), 0x3132);
	expect_eq(get_le(m + M_PRIORITY, 2), 0x4142);
	expect_eq(get_le(m + M_VERSION, 2), 0x5152);
	expect_eq(get_le(m + M_FRONT_LEN, 4), 0x616263);
	expect_eq(get_le(m + M_MIDDLE_LEN, 4), 0x717273);
	expect_eq(get_le(m + M_DATA_LEN, 4), 0x818283);
	expect_eq(get_le(m + M_DATA_OFF, 2), 0x9192);
	expect_eq(get_le(m + M_SRC_TYPE, 1), 0xa1);
	expect_eq(get_le(m + M_SRC_NUM, 8), header.src_num);
	expect_eq(get_le(m + M_COMPAT, 2), 0xc1c2);
	expect_eq(get_le(m + M_RESERVED, 2), 0);
	expect_eq(get_le(m + M_CRC, 4), test_crc32c(0, m, M_CRC));
}

CORE_TEST(header_round_trip)
{
	struct cxio_msg_header h;
	u8 m[M_SIZE], again[M_SIZE];

	cxio_msg_header_encode(&header, m);
	expect_fault(cxio_msg_header_decode(m, M_SIZE, &h), CXIO_FAULT_NONE);
	cxio_msg_header_encode(&h, again);
	expect_mem(m, again, M_SIZE);
	expect_eq(cxio_msg_payload(&h), 0x616263ull + 0x717273 + 0x818283);
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

CORE_TEST(each_check)
{
	struct cxio_msg_header h;
	u8 m[M_SIZE];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(mutations); i++) {
		cxio_msg_header_encode(&header, m);
		put_le(m + mutations[i].at, mutations[i].size, mutations[i].value);
		/* before the CRC agrees, nothing else is looked at */
		expect_fault(cxio_msg_header_decode(m, M_SIZE, &h), CXIO_FAULT_MSG_HEADER_CRC);
		put_le(m + M_CRC, 4, test_crc32c(0, m, M_CRC));
		core_row(i, mutations[i].what);
		expect_fault(cxio_msg_header_decode(m, M_SIZE, &h), mutations[i].fault);
	}
}

CORE_TEST(every_bit_counts)
{
	struct cxio_msg_header h;
	u8 m[M_SIZE];
	u32 bit;

	cxio_msg_header_encode(&header, m);
	for (bit = 0; bit < 8 * M_SIZE; bit++) {
		m[bit / 8] ^= (u8)(1 << bit % 8);
		expect_fault(cxio_msg_header_decode(m, M_SIZE, &h), CXIO_FAULT_MSG_HEADER_CRC);
		m[bit / 8] ^= (u8)(1 << bit % 8);
	}
}

CORE_TEST(cut_short)
{
	struct cxio_msg_header h;
	u8 m[M_SIZE];
	u32 len;

	cxio_msg_header_encode(&header, m);
	for (len = 0; len < M_SIZE; len++) {
		u8 *cut = core_block(len);

		memcpy(cut, m, len);
		expect_fault(cxio_msg_header_decode(cut, len, &h), CXIO_FAULT_MSG_SHORT);
	}
}

CORE_TEST(payload_does_not_wrap)
{
	const struct cxio_msg_header h = { .len = { ~0u, ~0u, ~0u } };

	expect_eq(cxio_msg_payload(&h), 3ull * 0xffffffff);
}

CORE_TEST(footer_bytes)
{
	const struct cxio_msg_footer f = {
		.crc = { 0x11121314, 0x21222324, 0x31323334 }, .sig = 0x4142434445464748,
		.flags = CXIO_FOOTER_COMPLETE | CXIO_FOOTER_SIGNED,
	};
	struct cxio_msg_footer g;
	u8 t[T_SIZE + 1];

	t[T_SIZE] = 0x5a;
	cxio_msg_footer_encode(&f, t);
	expect_eq(get_le(t + T_FRONT_CRC, 4), 0x11121314);
	expect_eq(get_le(t + T_MIDDLE_CRC, 4), 0x21222324);
	expect_eq(get_le(t + T_DATA_CRC, 4), 0x31323334);
	expect_eq(get_le(t + T_SIG, 8), f.sig);
	expect_eq(t[T_FLAGS], 5);
	expect_eq(t[T_SIZE], 0x5a);
	cxio_msg_footer_decode(t, &g);
	expect_mem(f.crc, g.crc, sizeof(f.crc));
	expect_eq(f.sig, g.sig);
	expect_eq(f.flags, g.flags);
}

static struct core_case cases[] = {
	CORE_CASE(header_bytes),
	CORE_CASE(header_round_trip),
	CORE_CASE(each_check),
	CORE_CASE(every_bit_counts),
	CORE_CASE(cut_short),
	CORE_CASE(payload_does_not_wrap),
	CORE_CASE(footer_bytes),
	{}
};

CORE_SUITE(msgr1, cases);
