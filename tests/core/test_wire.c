// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * wire.c: CRC32C, layout tables, texts, and each check of a frame header by itself.
 */
#include "core_test.h"
#include "craft.h"
#include "crc32c.h"
#include "wire.h"

static const struct craft_grants grants = { 1, 2, 3, 4 };
/* A kernel's stack is small. */
static struct craft c;

/* CRC32C over every structure, name, offset and size, the frame types and the flags. */
static u32 layout_number(void)
{
	u8 number[4] = { 1, CXIO_FRAME_TYPE_END,
			 CXIO_FRAME_LAST | CXIO_FRAME_DESCS | CXIO_FRAME_WRITTEN, 0 };
	const struct cxio_wire_field *f;
	u32 i, count, crc = cxio_crc32c(~0u, number, sizeof(number));

	f = cxio_wire_fields(&count);
	for (i = 0; i < count; i++) {
		number[0] = (u8)f[i].offset;
		number[1] = (u8)(f[i].offset >> 8);
		number[2] = (u8)f[i].size;
		number[3] = (u8)(f[i].size >> 8);
		crc = cxio_crc32c(crc, f[i].structure, (u32)strlen(f[i].structure) + 1);
		crc = cxio_crc32c(crc, f[i].name, (u32)strlen(f[i].name) + 1);
		crc = cxio_crc32c(crc, number, sizeof(number));
	}
	return crc;
}

/* A layout that is changed is another version, not another number here. */
CORE_TEST(version_1_is_frozen)
{
	expect_eq(CXIO_WIRE_VERSION_MIN, 1);
	expect_eq(CXIO_WIRE_LAYOUT, 0x94b4371c);
	expect_eq(layout_number(), CXIO_WIRE_LAYOUT);
}

CORE_TEST(crc_vectors)
{
	u8 buf[300];
	u32 i;

	/* RFC 3720 B.4 and the usual check value; theirs have inversions, ours have not */
	expect_eq(cxio_crc32c(~0u, "123456789", 9) ^ ~0u, 0xe3069283);
	memset(buf, 0, 32);
	expect_eq(cxio_crc32c(~0u, buf, 32) ^ ~0u, 0x8a9136aa);
	memset(buf, 0xff, 32);
	expect_eq(cxio_crc32c(~0u, buf, 32) ^ ~0u, 0x62a8ab43);
	for (i = 0; i < 32; i++)
		buf[i] = (u8)i;
	expect_eq(cxio_crc32c(~0u, buf, 32) ^ ~0u, 0x46dd794e);
	/* all lengths and a few alignments against the tests' own */
	for (i = 0; i < sizeof(buf); i++)
		buf[i] = (u8)(i * 13);
	for (i = 0; i < sizeof(buf) - 8; i++)
		expect_eq(cxio_crc32c(i, buf + i % 8, i), test_crc32c(i, buf + i % 8, i));
}

CORE_TEST(fields_are_gapless)
{
	u32 i, count, end = 0;
	const struct cxio_wire_field *f = cxio_wire_fields(&count);

	expect_range(count, 50, 200);
	for (i = 0; i < count; i++) {
		bool first = !i || strcmp(f[i].structure, f[i - 1].structure);

		expect_eq(f[i].offset, first ? 0 : end);
		expect_range(f[i].size, 1, 24);
		end = f[i].offset + f[i].size;
	}
}

CORE_TEST(every_fault_has_its_text)
{
	bool listed[CXIO_FAULT_END] = { false };
	const char *unknown = cxio_fault_text(CXIO_FAULT_END);
	u32 i, k;

	expect_str(unknown, cxio_fault_text(~0u));
	for (i = 0; i < ARRAY_SIZE(fault_rows); i++) {
		expect(!listed[fault_rows[i].fault]);
		listed[fault_rows[i].fault] = true;
	}
	for (i = 0; i < CXIO_FAULT_END; i++) {
		const char *text = cxio_fault_text(i);

		/* the list of faults.h and the texts know the same numbers */
		core_row(i, text);
		expect_eq(listed[i], !!strcmp(text, unknown));
		for (k = 0; listed[i] && k < i; k++)
			if (listed[k])
				expect_str_differs(text, cxio_fault_text(k));
	}
}

/* The compiler knows all names of the enum: one that faults.h lacks is an error here. */
CORE_TEST(every_fault_is_listed)
{
	enum cxio_fault fault = CXIO_FAULT_NONE;

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wswitch-enum"
#define CASE(n, d) case CXIO_FAULT_##n:
	switch (fault) {
	CXIO_FAULTS(CASE)
	case CXIO_FAULT_END:
		break;
	}
#pragma GCC diagnostic pop
}

CORE_TEST(frame_types_have_names)
{
	u32 i, k;

	for (i = 1; i < CXIO_FRAME_TYPE_END; i++) {
		expect_str_differs(cxio_frame_type_text(i), cxio_frame_type_text(0));
		for (k = 1; k < i; k++)
			expect_str_differs(cxio_frame_type_text(i), cxio_frame_type_text(k));
	}
	expect_str(cxio_frame_type_text(CXIO_FRAME_TYPE_END), cxio_frame_type_text(0));
	expect_str(cxio_frame_type_text(~0u), cxio_frame_type_text(0));
}

static const struct {
	u8 type;
	bool message;
	u32 body;
} types[] = {
	{ CXIO_FRAME_MESSAGE, true, 60 },
	{ CXIO_FRAME_MORE, true, 9 },
	{ CXIO_FRAME_GRANT, false, 0 },
	{ CXIO_FRAME_KEEPALIVE, false, 8 },
	{ CXIO_FRAME_KEEPALIVE_ACK, false, 8 },
	{ CXIO_FRAME_CLOSE, false, 4 },
	{ CXIO_FRAME_CONNECT, false, 105 },
	{ CXIO_FRAME_REPLY, false, 98 },
	{ CXIO_FRAME_AUTHORIZER, false, 7 },
	{ CXIO_FRAME_DONE, false, 16 },
	{ CXIO_FRAME_REVOKED, false, 8 },
};

CORE_TEST(encode_then_decode)
{
	u8 buf[F_SIZE + 128];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct cxio_frame f = {
			.type = types[i].type, .flags = types[i].message ? CXIO_FRAME_LAST : 0,
			.body_len = types[i].body, .ack = 0x80000001, .grant_frames = 0xfffffffe,
			.grant_msgs = 0x01020304, .grant_bytes = 0xa0b0c0d0,
		}, g;

		memset(buf, 0x5a, sizeof(buf));
		cxio_frame_encode(&f, buf);
		expect_eq(get_le(buf + F_GRANT_BYTES, 4), 0xa0b0c0d0);
		expect_fault(cxio_frame_decode(buf, F_SIZE + f.body_len, &g), CXIO_FAULT_NONE);
		expect_eq(g.type, f.type);
		expect_eq(g.flags, f.flags);
		expect_eq(g.body_len, f.body_len);
		expect_eq(g.ack, f.ack);
		expect_eq(g.grant_frames, f.grant_frames);
		expect_eq(g.grant_msgs, f.grant_msgs);
		expect_eq(g.grant_bytes, f.grant_bytes);
		expect_eq(cxio_frame_is_message(f.type), types[i].message);
		expect_eq(buf[F_SIZE + f.body_len], 0x5a);
	}
}

/* Every bit of the header, and of a control frame's body, is under the CRC. */
CORE_TEST(every_bit_counts)
{
	struct cxio_frame f;
	u32 i, bit;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		static const u8 body[128];
		u32 bits;

		craft_control(&c, &grants, types[i].type, body, types[i].body);
		bits = 8 * (types[i].message ? F_SIZE : c.len);
		for (bit = 0; bit < bits; bit++) {
			c.buf[bit / 8] ^= (u8)(1 << bit % 8);
			expect_fault(cxio_frame_decode(c.buf, c.len, &f), CXIO_FAULT_FRAME_CRC);
			c.buf[bit / 8] ^= (u8)(1 << bit % 8);
		}
		expect_fault(cxio_frame_decode(c.buf, c.len, &f), CXIO_FAULT_NONE);
	}
}

/* A good frame of @type with one field changed and the CRC made to agree. */
static const struct {
	const char *what;
	u8 type;
	u32 body;
	u32 at;
	u32 size;
	u32 value;
	enum cxio_fault fault;
} mutations[] = {
	{ "type 0", 3, 0, F_TYPE, 1, 0, CXIO_FAULT_FRAME_TYPE },
	{ "type beyond the last", 3, 0, F_TYPE, 1, 12, CXIO_FAULT_FRAME_TYPE },
	{ "type 255", 3, 0, F_TYPE, 1, 255, CXIO_FAULT_FRAME_TYPE },
	{ "last on a grant", 3, 0, F_FLAGS, 1, 1, CXIO_FAULT_FRAME_FLAGS },
	{ "last on a keepalive", 4, 8, F_FLAGS, 1, 1, CXIO_FAULT_FRAME_FLAGS },
	{ "last on its echo", 5, 8, F_FLAGS, 1, 1, CXIO_FAULT_FRAME_FLAGS },
	{ "last on a close", 6, 4, F_FLAGS, 1, 1, CXIO_FAULT_FRAME_FLAGS },
	{ "unknown flag on a message", 1, 60, F_FLAGS, 1, 8, CXIO_FAULT_FRAME_FLAGS },
	{ "descriptors on a more", 2, 60, F_FLAGS, 1, 2, CXIO_FAULT_FRAME_FLAGS },
	{ "written on a more", 2, 60, F_FLAGS, 1, 4, CXIO_FAULT_FRAME_FLAGS },
	{ "descriptors on a connect", 7, 105, F_FLAGS, 1, 2, CXIO_FAULT_FRAME_FLAGS },
	{ "written on a reply", 8, 98, F_FLAGS, 1, 4, CXIO_FAULT_FRAME_FLAGS },
	{ "descriptors on an authorizer", 9, 1, F_FLAGS, 1, 2, CXIO_FAULT_FRAME_FLAGS },
	{ "last on a done", 10, 16, F_FLAGS, 1, 1, CXIO_FAULT_FRAME_FLAGS },
	{ "last on a revoked", 11, 8, F_FLAGS, 1, 1, CXIO_FAULT_FRAME_FLAGS },
	{ "highest flag on a more", 2, 60, F_FLAGS, 1, 0x81, CXIO_FAULT_FRAME_FLAGS },
	{ "reserved, low", 3, 0, F_RESERVED, 2, 1, CXIO_FAULT_FRAME_RESERVED },
	{ "reserved, high", 1, 60, F_RESERVED, 2, 0x8000, CXIO_FAULT_FRAME_RESERVED },
	{ "body_len one more", 1, 60, F_BODY_LEN, 4, 61, CXIO_FAULT_FRAME_LENGTH },
	{ "body_len one less", 2, 60, F_BODY_LEN, 4, 59, CXIO_FAULT_FRAME_LENGTH },
	{ "body_len wraps", 3, 0, F_BODY_LEN, 4, 0xffffffe4, CXIO_FAULT_FRAME_LENGTH },
	{ "grant with a body", 3, 1, 0, 0, 0, CXIO_FAULT_FRAME_BODY },
	{ "keepalive too short", 4, 7, 0, 0, 0, CXIO_FAULT_FRAME_BODY },
	{ "keepalive too long", 4, 9, 0, 0, 0, CXIO_FAULT_FRAME_BODY },
	{ "echo without a body", 5, 0, 0, 0, 0, CXIO_FAULT_FRAME_BODY },
	{ "close too short", 6, 3, 0, 0, 0, CXIO_FAULT_FRAME_BODY },
	{ "close too long", 6, 8, 0, 0, 0, CXIO_FAULT_FRAME_BODY },
	{ "connect too short", 7, 104, 0, 0, 0, CXIO_FAULT_FRAME_BODY },
	{ "connect with an authorizer", 7, 106, 0, 0, 0, CXIO_FAULT_NONE },
	{ "reply too short", 8, 97, 0, 0, 0, CXIO_FAULT_FRAME_BODY },
	{ "authorizer of no bytes", 9, 0, 0, 0, 0, CXIO_FAULT_FRAME_BODY },
	{ "done too short", 10, 15, 0, 0, 0, CXIO_FAULT_FRAME_BODY },
	{ "done too long", 10, 17, 0, 0, 0, CXIO_FAULT_FRAME_BODY },
	{ "revoked too short", 11, 7, 0, 0, 0, CXIO_FAULT_FRAME_BODY },
	{ "revoked too long", 11, 9, 0, 0, 0, CXIO_FAULT_FRAME_BODY },
	{ "message of no bytes", 1, 0, 0, 0, 0, CXIO_FAULT_NONE },
	{ "more of no bytes", 2, 0, 0, 0, 0, CXIO_FAULT_NONE },
};

CORE_TEST(each_check)
{
	static const u8 body[128];
	struct cxio_frame f;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(mutations); i++) {
		craft_control(&c, &grants, mutations[i].type, body, mutations[i].body);
		put_le(c.buf + mutations[i].at, mutations[i].size, mutations[i].value);
		craft_fix(&c, FIX_FRAME);
		core_row(i, mutations[i].what);
		expect_fault(cxio_frame_decode(c.buf, c.len, &f), mutations[i].fault);
	}
}

/* Cut anywhere, a frame is refused, and no byte beyond is read: the block ends there. */
CORE_TEST(cut_short)
{
	const u8 body[8] = { 0 };
	struct cxio_frame f;
	u32 len;

	craft_control(&c, &grants, CXIO_FRAME_KEEPALIVE, body, sizeof(body));
	for (len = 0; len < c.len; len++) {
		u8 *cut = core_block(len);

		memcpy(cut, c.buf, len);
		expect_fault(cxio_frame_decode(cut, len, &f), len < F_SIZE ?
			     CXIO_FAULT_FRAME_SHORT : CXIO_FAULT_FRAME_CRC);
	}
}

static struct core_case cases[] = {
	CORE_CASE(version_1_is_frozen),
	CORE_CASE(crc_vectors),
	CORE_CASE(fields_are_gapless),
	CORE_CASE(every_fault_has_its_text),
	CORE_CASE(every_fault_is_listed),
	CORE_CASE(frame_types_have_names),
	CORE_CASE(encode_then_decode),
	CORE_CASE(every_bit_counts),
	CORE_CASE(each_check),
	CORE_CASE(cut_short),
	{}
};

CORE_SUITE(wire, cases);
