// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * addr.c, msgr1_connect.c, msgr2.c: every check of Ceph's own structures, at its
 * border and beyond, on bytes made by hand; what is accepted is encoded again to the
 * same bytes.
 */
#include "core_test.h"
#include "craft.h"
#include "crc32c.h"
#include "msgr1.h"
#include "msgr2.h"

/* Offsets in an address, old and new, and in a list. */
enum {
	L_NONCE = 4, L_FAMILY = 8, L_PORT = 10, L_IP4 = 12, L_FLOW = 12, L_IP6 = 16, L_SCOPE = 32,
	L_SIZE = 136,
	A_VERSION = 1, A_COMPAT = 2, A_LEN = 3, A_TYPE = 7, A_NONCE = 11, A_SOCKADDR = 15,
	A_FAMILY = 19, A_PORT = 21, A_IP4 = 23, A_ZERO4 = 27, A_FLOW = 23, A_IP6 = 27, A_SCOPE = 43,
	A_SIZE0 = 19, A_SIZE4 = 35, A_SIZE6 = 47,
	V_COUNT = 1, V_FIRST = 5, V_SECOND = V_FIRST + A_SIZE4, V_SIZE = V_SECOND + A_SIZE6,
};

/* Offsets in connect, its reply, the old footer. */
enum {
	C_HOST = 8, C_GLOBAL = 12, C_CONNECT = 16, C_PROTOCOL = 20, C_METHOD = 24, C_AUTH = 28,
	C_FLAGS = 32, C_SIZE = 33,
	R_FEATURES = 1, R_GLOBAL = 9, R_CONNECT = 13, R_PROTOCOL = 17, R_AUTH = 21, R_FLAGS = 25,
	R_SIZE = 26,
	O_FLAGS = 12, O_SIZE = 13,
};

/* Offsets in messenger v2's structures; those of a frame are from its first byte. */
enum {
	B_LEN = 8, B_SUPPORTED = 10, B_REQUIRED = 18, B_SIZE = 26,
	P_COUNT = 1, P_LEN = 2, P_ALIGN = 6, P_NEXT = 6, P_RESERVED = 26, P_CRC = 28, P_SIZE = 32,
	H_FLAGS = 36, H_COMPAT = 37, H_RESERVED = 39, H_SIZE = 41,
	/* a message with 3 bytes of front and 5 of data */
	X_FIRST_CRC = P_SIZE + H_SIZE, X_FRONT = X_FIRST_CRC + 4, X_DATA = X_FRONT + 3,
	X_STATUS = X_DATA + 5, X_CRC1 = X_STATUS + 1, X_CRC2 = X_CRC1 + 4, X_CRC3 = X_CRC2 + 4,
	X_SIZE = X_CRC3 + 4,
	/* a message with 3 bytes of front only */
	Y_STATUS = X_DATA, Y_CRC2 = Y_STATUS + 5, Y_CRC3 = Y_CRC2 + 4, Y_SIZE = Y_CRC3 + 4,
	/* a control frame with 9 bytes, and one with none */
	Z_CRC = P_SIZE + 9, Z_SIZE = Z_CRC + 4,
};

enum kind {
	LEGACY4, LEGACY6, ADDR4, ADDR6, ADDR_NOTHING, ADDR_SHORTEST, VECTOR, VECTOR_BARE,
	VECTOR_OLD, BANNER, CONNECT, REPLY, ACK, STAMP, FOOTER, OLD_FOOTER, BANNER2, MESSAGE,
	CONTROL, HEADER2, FRAME, FRAME_FRONT, FRAME_CONTROL, FRAME_EMPTY, KINDS
};

/* Its length, and the fault of being cut. */
static const struct {
	u32 len;
	enum cxio_fault cut;
} shape[KINDS] = {
	[LEGACY4] = { L_SIZE, CXIO_FAULT_ADDR_SHORT },
	[LEGACY6] = { L_SIZE, CXIO_FAULT_ADDR_SHORT },
	[ADDR4] = { A_SIZE4, CXIO_FAULT_ADDR_SHORT },
	[ADDR6] = { A_SIZE6, CXIO_FAULT_ADDR_SHORT },
	[ADDR_NOTHING] = { A_SIZE6, CXIO_FAULT_ADDR_SHORT },
	[ADDR_SHORTEST] = { A_SIZE0, CXIO_FAULT_ADDR_SHORT },
	[VECTOR] = { V_SIZE, CXIO_FAULT_ADDRVEC_SHORT },
	[VECTOR_BARE] = { A_SIZE4, CXIO_FAULT_ADDRVEC_SHORT },
	[VECTOR_OLD] = { L_SIZE, CXIO_FAULT_ADDRVEC_SHORT },
	[BANNER] = { 9, CXIO_FAULT_BANNER_SHORT },
	[CONNECT] = { C_SIZE, CXIO_FAULT_CONNECT_SHORT },
	[REPLY] = { R_SIZE, CXIO_FAULT_REPLY_SHORT },
	[ACK] = { 8, CXIO_FAULT_TAG_SHORT },
	[STAMP] = { 8, CXIO_FAULT_TAG_SHORT },
	[FOOTER] = { T_SIZE, CXIO_FAULT_FOOTER_SHORT },
	[OLD_FOOTER] = { O_SIZE, CXIO_FAULT_FOOTER_SHORT },
	[BANNER2] = { B_SIZE, CXIO_FAULT_MSGR2_BANNER_SHORT },
	[MESSAGE] = { P_SIZE, CXIO_FAULT_MSGR2_SHORT },
	[CONTROL] = { P_SIZE, CXIO_FAULT_MSGR2_SHORT },
	[HEADER2] = { H_SIZE, CXIO_FAULT_MSGR2_HEADER_SHORT },
	[FRAME] = { X_SIZE, CXIO_FAULT_MSGR2_FRAME_SHORT },
	[FRAME_FRONT] = { Y_SIZE, CXIO_FAULT_MSGR2_FRAME_SHORT },
	[FRAME_CONTROL] = { Z_SIZE, CXIO_FAULT_MSGR2_FRAME_SHORT },
	[FRAME_EMPTY] = { P_SIZE, CXIO_FAULT_MSGR2_SHORT },
};

static void put_be16(u8 *p, u32 value)
{
	p[0] = (u8)(value >> 8);
	p[1] = (u8)value;
}

static void make_legacy(u8 *b, bool ipv6)
{
	u32 i;

	put_le(b + L_NONCE, 4, 0x11223344);
	put_be16(b + L_FAMILY, ipv6 ? 10 : 2);
	put_be16(b + L_PORT, 6789);
	if (!ipv6) {
		memcpy(b + L_IP4, "\x0a\x01\x02\x03", 4);
		return;
	}
	memcpy(b + L_FLOW, "\x00\x0a\xbc\xde", 4);
	for (i = 0; i < 16; i++)
		b[L_IP6 + i] = (u8)(0xf0 + i);
	put_le(b + L_SCOPE, 4, 0x0708);
}

static void make_addr(u8 *b, u32 family, u32 sockaddr)
{
	u32 i;

	b[0] = 1;
	b[A_VERSION] = 1;
	b[A_COMPAT] = 1;
	put_le(b + A_LEN, 4, 12 + sockaddr);
	put_le(b + A_TYPE, 4, family ? 2 : 0);
	put_le(b + A_NONCE, 4, 0x55667788);
	put_le(b + A_SOCKADDR, 4, sockaddr);
	if (!family)
		return;
	put_le(b + A_FAMILY, 2, family);
	put_be16(b + A_PORT, 3300);
	if (family == 2) {
		memcpy(b + A_IP4, "\xc0\x00\x02\x01", 4);
		return;
	}
	memcpy(b + A_FLOW, "\x01\x23\x45\x67", 4);
	for (i = 0; i < 16; i++)
		b[A_IP6 + i] = (u8)(0x20 + i);
	put_le(b + A_SCOPE, 4, 3);
}

static void make_preamble(u8 *b, u8 tag, u8 count, u32 len0, u32 len1, u32 len2, u32 len3)
{
	const u32 lens[] = { len0, len1, len2, len3 };
	u32 i;

	b[0] = tag;
	b[P_COUNT] = count;
	for (i = 0; i < count; i++) {
		put_le(b + P_LEN + P_NEXT * i, 4, lens[i]);
		put_le(b + P_ALIGN + P_NEXT * i, 2, i == 3 ? 4096 : 8);
	}
	put_le(b + P_CRC, 4, test_crc32c(0, b, P_CRC));
}

static void make_header2(u8 *b)
{
	u32 i;

	for (i = 0; i < H_FLAGS; i++)
		b[i] = (u8)(0x81 + i);
	b[H_FLAGS] = 3;
	put_le(b + H_COMPAT, 2, 0xa1a2);
}

static void make_frame(u8 *b, u32 data)
{
	u8 *end = b + X_DATA + data;

	make_preamble(b, 17, data ? 4 : 2, H_SIZE, 3, 0, data);
	make_header2(b + P_SIZE);
	put_le(b + X_FIRST_CRC, 4, test_crc32c(~0u, b + P_SIZE, H_SIZE));
	memcpy(b + X_FRONT, "abc12345", 3 + data);
	end[0] = 0x0e;
	put_le(end + 1, 4, test_crc32c(~0u, "abc", 3));
	put_le(end + 5, 4, data ? 0xffffffff : 0);
	put_le(end + 9, 4, data ? test_crc32c(~0u, "12345", 5) : 0);
}

/* A good one of each. */
static void make(enum kind kind, u8 *b)
{
	u32 i;

	switch (kind) {
	case LEGACY4:
	case VECTOR_OLD:
		make_legacy(b, false);
		break;
	case LEGACY6:
		make_legacy(b, true);
		break;
	case ADDR4:
	case VECTOR_BARE:
		make_addr(b, 2, 16);
		break;
	case ADDR6:
		make_addr(b, 10, 28);
		break;
	case ADDR_NOTHING:
		make_addr(b, 0, 28);
		break;
	case ADDR_SHORTEST:
		make_addr(b, 0, 0);
		break;
	case VECTOR:
		b[0] = 2;
		put_le(b + V_COUNT, 4, 2);
		make_addr(b + V_FIRST, 2, 16);
		make_addr(b + V_SECOND, 10, 28);
		break;
	case BANNER:
		memcpy(b, "ceph v027", 9);
		break;
	case CONNECT:
		for (i = 0; i < C_AUTH; i++)
			b[i] = (u8)(0x11 + i);
		put_le(b + C_AUTH, 4, 4096);
		b[C_FLAGS] = 1;
		break;
	case REPLY:
		for (i = 0; i < R_AUTH; i++)
			b[i] = (u8)(0x21 + i);
		b[0] = 16;
		put_le(b + R_AUTH, 4, 4096);
		b[R_FLAGS] = 1;
		break;
	case ACK:
		put_le(b, 8, 0x1112131415161718);
		break;
	case STAMP:
		put_le(b, 4, 0x21222324);
		put_le(b + 4, 4, 999999999);
		break;
	case FOOTER:
	case OLD_FOOTER:
		for (i = 0; i < shape[kind].len - 1; i++)
			b[i] = (u8)(0x31 + i);
		b[i] = 3;
		break;
	case BANNER2:
		memcpy(b, "ceph v2\n", 8);
		put_le(b + B_LEN, 2, 16);
		put_le(b + B_SUPPORTED, 8, 0x8000000000000001);
		put_le(b + B_REQUIRED, 8, 1);
		break;
	case MESSAGE:
		make_preamble(b, 17, 4, H_SIZE, 216, 0, 5000);
		break;
	case CONTROL:
		make_preamble(b, 8, 1, 123, 0, 0, 0);
		break;
	case HEADER2:
		make_header2(b);
		break;
	case FRAME:
		make_frame(b, 5);
		break;
	case FRAME_FRONT:
		make_frame(b, 0);
		break;
	case FRAME_CONTROL:
		make_preamble(b, 20, 1, 9, 0, 0, 0);
		memcpy(b + P_SIZE, "123456789", 9);
		/* the check value of CRC32C, without its last inversion */
		put_le(b + Z_CRC, 4, ~0xe3069283u);
		break;
	case FRAME_EMPTY:
		make_preamble(b, 16, 1, 0, 0, 0, 0);
		break;
	default:
		expect(!"a kind that is made");
	}
}

static enum cxio_fault decode_frame(const u8 *b, u32 len, u8 *again, u32 *used)
{
	u32 crc[CXIO_MSGR2_SEGMENTS], i, off;
	struct cxio_msgr2_preamble p;
	enum cxio_fault fault = cxio_msgr2_preamble_decode(b, len, &p);
	u8 status;

	if (fault)
		return fault;
	fault = cxio_msgr2_frame_check(&p, b, len, &status);
	if (fault)
		return fault;
	cxio_msgr2_preamble_encode(&p, again);
	for (i = 0; i < CXIO_MSGR2_SEGMENTS; i++) {
		off = (u32)cxio_msgr2_segment_off(&p, i);
		memcpy(again + off, b + off, p.len[i]);
		crc[i] = cxio_msgr2_crc(~0u, b + off, p.len[i]);
	}
	cxio_msgr2_first_crc_encode(&p, crc[0], again + P_SIZE + p.len[0]);
	cxio_msgr2_epilogue_encode(&p, status, crc,
				   again + cxio_msgr2_segment_off(&p, CXIO_MSGR2_SEGMENTS));
	*used = (u32)cxio_msgr2_frame_len(&p);
	return fault;
}

/* Decode and, if that is well, encode again. */
static enum cxio_fault decode(enum kind kind, const u8 *b, u32 len, u8 *again, u32 *used)
{
	union {
		struct cxio_addr addr;
		struct cxio_addrvec vector;
		struct cxio_connect connect;
		struct cxio_connect_reply reply;
		struct cxio_stamp stamp;
		struct cxio_msg_footer footer;
		struct cxio_msgr2_banner banner;
		struct cxio_msgr2_preamble preamble;
		struct cxio_msgr2_header header;
		u64 seq;
	} x;
	enum cxio_fault fault;

	/* what is not set shows */
	memset(&x, 0xa5, sizeof(x));
	*used = shape[kind].len;
	switch (kind) {
	case LEGACY4:
	case LEGACY6:
		fault = cxio_addr_legacy_decode(b, len, &x.addr);
		if (!fault)
			cxio_addr_legacy_encode(&x.addr, again);
		return fault;
	case ADDR4:
	case ADDR6:
	case ADDR_NOTHING:
	case ADDR_SHORTEST:
		fault = cxio_addr_decode(b, len, &x.addr, used);
		if (!fault)
			expect_eq(cxio_addr_encode(&x.addr, again), cxio_addr_len(&x.addr));
		return fault;
	case VECTOR:
	case VECTOR_BARE:
	case VECTOR_OLD:
		fault = cxio_addrvec_decode(b, len, &x.vector, used);
		if (!fault)
			expect_eq(cxio_addrvec_encode(&x.vector, again),
				  cxio_addrvec_len(&x.vector));
		return fault;
	case BANNER:
		fault = cxio_banner_decode(b, len);
		if (!fault)
			cxio_banner_encode(again);
		return fault;
	case CONNECT:
		fault = cxio_connect_decode(b, len, &x.connect);
		if (!fault)
			cxio_connect_encode(&x.connect, again);
		return fault;
	case REPLY:
		fault = cxio_connect_reply_decode(b, len, &x.reply);
		if (!fault)
			cxio_connect_reply_encode(&x.reply, again);
		return fault;
	case ACK:
		fault = cxio_ack_decode(b, len, &x.seq);
		if (!fault)
			cxio_ack_encode(x.seq, again);
		return fault;
	case STAMP:
		fault = cxio_stamp_decode(b, len, &x.stamp);
		if (!fault)
			cxio_stamp_encode(&x.stamp, again);
		return fault;
	case FOOTER:
	case OLD_FOOTER:
		fault = cxio_stream_footer_decode(b, len, kind == FOOTER, &x.footer);
		if (!fault)
			*used = cxio_stream_footer_encode(&x.footer, kind == FOOTER, again);
		return fault;
	case BANNER2:
		fault = cxio_msgr2_banner_decode(b, len, &x.banner);
		if (!fault)
			cxio_msgr2_banner_encode(&x.banner, again);
		return fault;
	case MESSAGE:
	case CONTROL:
		fault = cxio_msgr2_preamble_decode(b, len, &x.preamble);
		if (!fault)
			cxio_msgr2_preamble_encode(&x.preamble, again);
		return fault;
	case HEADER2:
		fault = cxio_msgr2_header_decode(b, len, &x.header);
		if (!fault)
			cxio_msgr2_header_encode(&x.header, again);
		return fault;
	default:
		return decode_frame(b, len, again, used);
	}
}

/* From a heap block of its exact size, so that a sanitizer sees reads beyond it. */
static enum cxio_fault take(enum kind kind, const u8 *bytes, u32 len, u8 *again, u32 *used)
{
	u8 *b = core_block(len);

	memcpy(b, bytes, len);
	return decode(kind, b, len, again, used);
}

CORE_TEST(each_kind)
{
	static u8 b[256], again[1200];
	u32 kind, used;

	for (kind = 0; kind < KINDS; kind++) {
		memset(b, 0, sizeof(b));
		memset(again, 0x5a, sizeof(again));
		make(kind, b);
		core_row(kind, NULL);
		expect_fault(take(kind, b, shape[kind].len, again, &used), CXIO_FAULT_NONE);
		expect_eq(used, shape[kind].len);
		expect_mem(b, again, used);
		expect_eq(again[used], 0x5a);
		/* what follows it is nobody's business */
		expect_fault(take(kind, b, sizeof(b), again, &used), CXIO_FAULT_NONE);
		expect_eq(used, shape[kind].len);
	}
}

CORE_TEST(cut_short)
{
	static u8 b[256], again[1200];
	u32 kind, len, used;

	for (kind = 0; kind < KINDS; kind++) {
		memset(b, 0, sizeof(b));
		make(kind, b);
		for (len = 0; len < shape[kind].len; len++) {
			enum cxio_fault want = shape[kind].cut;

			/* the address in it was cut */
			if ((kind == VECTOR && len > V_FIRST) ||
			    ((kind == VECTOR_BARE || kind == VECTOR_OLD) && len))
				want = CXIO_FAULT_ADDR_SHORT;
			if (kind == VECTOR && (len == V_FIRST || len == V_SECOND))
				want = CXIO_FAULT_ADDR_SHORT;
			if (kind >= FRAME && len < P_SIZE)
				want = CXIO_FAULT_MSGR2_SHORT;
			expect_fault(take(kind, b, len, again, &used), want);
		}
	}
}

/* One field changed; a preamble's CRC is made right again, unless it is the field. */
static const struct {
	const char *what;
	enum kind kind;
	u32 at;
	u32 size;
	u64 value;
	enum cxio_fault fault;
} mutations[] = {
	{ "legacy: type", LEGACY4, 0, 4, 1, CXIO_FAULT_ADDR_MARKER },
	{ "legacy: type, high", LEGACY4, 0, 4, 0x01000000, CXIO_FAULT_ADDR_MARKER },
	{ "legacy: family the wrong way round", LEGACY4, L_FAMILY, 2, 2, CXIO_FAULT_ADDR_FAMILY },
	{ "legacy: family none", LEGACY4, L_FAMILY, 2, 0, CXIO_FAULT_ADDR_PADDING },
	{ "legacy: behind IPv4", LEGACY4, L_IP4 + 4, 1, 1, CXIO_FAULT_ADDR_PADDING },
	{ "legacy: last byte", LEGACY4, L_SIZE - 1, 1, 1, CXIO_FAULT_ADDR_PADDING },
	{ "legacy: last of IPv6", LEGACY6, L_SCOPE + 3, 1, 1, CXIO_FAULT_NONE },
	{ "legacy: behind IPv6", LEGACY6, L_SCOPE + 4, 1, 1, CXIO_FAULT_ADDR_PADDING },
	{ "legacy: last byte, IPv6", LEGACY6, L_SIZE - 1, 1, 0x80, CXIO_FAULT_ADDR_PADDING },

	{ "addr: marker of a list", ADDR4, 0, 1, 2, CXIO_FAULT_ADDR_MARKER },
	{ "addr: marker 255", ADDR4, 0, 1, 255, CXIO_FAULT_ADDR_MARKER },
	{ "addr: marker of the old form", ADDR4, 0, 1, 0, CXIO_FAULT_ADDR_SHORT },
	{ "addr: version 0", ADDR4, A_VERSION, 1, 0, CXIO_FAULT_ADDR_VERSION },
	{ "addr: version 2", ADDR4, A_VERSION, 1, 2, CXIO_FAULT_NONE },
	{ "addr: compat 0", ADDR4, A_COMPAT, 1, 0, CXIO_FAULT_ADDR_VERSION },
	{ "addr: compat 2", ADDR4, A_COMPAT, 1, 2, CXIO_FAULT_ADDR_VERSION },
	{ "addr: version 2, compat 2", ADDR4, A_VERSION, 2, 0x0202, CXIO_FAULT_ADDR_VERSION },
	{ "addr: len beyond", ADDR4, A_LEN, 4, 29, CXIO_FAULT_ADDR_SHORT },
	{ "addr: len at the most", ADDR4, A_LEN, 4, 0xffffffff, CXIO_FAULT_ADDR_SHORT },
	{ "addr: len short by one", ADDR4, A_LEN, 4, 27, CXIO_FAULT_ADDR_LENGTH },
	{ "addr: len of no socket address", ADDR4, A_LEN, 4, 12, CXIO_FAULT_ADDR_LENGTH },
	{ "addr: len too short for all", ADDR4, A_LEN, 4, 11, CXIO_FAULT_ADDR_LENGTH },
	{ "addr: len 0", ADDR4, A_LEN, 4, 0, CXIO_FAULT_ADDR_LENGTH },
	{ "addr: bytes left over", ADDR6, A_SOCKADDR, 4, 0, CXIO_FAULT_ADDR_LENGTH },
	{ "addr: type any", ADDR4, A_TYPE, 4, 3, CXIO_FAULT_NONE },
	{ "addr: type 4", ADDR4, A_TYPE, 4, 4, CXIO_FAULT_ADDR_TYPE },
	{ "addr: type, high", ADDR4, A_TYPE, 4, 0x100, CXIO_FAULT_ADDR_TYPE },
	{ "addr: sockaddr 1", ADDR4, A_SOCKADDR, 4, 1, CXIO_FAULT_ADDR_SOCKADDR },
	{ "addr: sockaddr 2", ADDR4, A_SOCKADDR, 4, 2, CXIO_FAULT_ADDR_SOCKADDR },
	{ "addr: sockaddr 15", ADDR4, A_SOCKADDR, 4, 15, CXIO_FAULT_ADDR_SOCKADDR },
	{ "addr: sockaddr beyond len", ADDR4, A_SOCKADDR, 4, 17, CXIO_FAULT_ADDR_LENGTH },
	{ "addr: sockaddr at the most", ADDR4, A_SOCKADDR, 4, 0xffffffff,
	  CXIO_FAULT_ADDR_LENGTH },
	{ "addr: IPv6 in the length of IPv4", ADDR4, A_FAMILY, 2, 10, CXIO_FAULT_ADDR_SOCKADDR },
	{ "addr: IPv4 in the length of IPv6", ADDR6, A_FAMILY, 2, 2, CXIO_FAULT_ADDR_SOCKADDR },
	{ "addr: none in the length of IPv4", ADDR4, A_FAMILY, 2, 0, CXIO_FAULT_ADDR_SOCKADDR },
	{ "addr: family none with bytes", ADDR6, A_FAMILY, 2, 0, CXIO_FAULT_ADDR_PADDING },
	{ "addr: family none, last byte", ADDR_NOTHING, A_SIZE6 - 1, 1, 1,
	  CXIO_FAULT_ADDR_PADDING },
	{ "addr: family none, with a type", ADDR_NOTHING, A_TYPE, 4, 3, CXIO_FAULT_NONE },
	{ "addr: family the wrong way round", ADDR4, A_FAMILY, 2, 0x200, CXIO_FAULT_ADDR_FAMILY },
	{ "addr: family 1", ADDR4, A_FAMILY, 2, 1, CXIO_FAULT_ADDR_FAMILY },
	{ "addr: IPv4 padding, first", ADDR4, A_ZERO4, 1, 1, CXIO_FAULT_ADDR_PADDING },
	{ "addr: IPv4 padding, last", ADDR4, A_SIZE4 - 1, 1, 1, CXIO_FAULT_ADDR_PADDING },

	{ "list: marker 3", VECTOR, 0, 1, 3, CXIO_FAULT_ADDRVEC_MARKER },
	{ "list: marker 255", VECTOR, 0, 1, 255, CXIO_FAULT_ADDRVEC_MARKER },
	{ "list: empty", VECTOR, V_COUNT, 4, 0, CXIO_FAULT_NONE },
	{ "list: one", VECTOR, V_COUNT, 4, 1, CXIO_FAULT_NONE },
	{ "list: one more than there are", VECTOR, V_COUNT, 4, 3, CXIO_FAULT_ADDR_SHORT },
	{ "list: as many as may be", VECTOR, V_COUNT, 4, 8, CXIO_FAULT_ADDR_SHORT },
	{ "list: one too many", VECTOR, V_COUNT, 4, 9, CXIO_FAULT_ADDRVEC_COUNT },
	{ "list: at the most", VECTOR, V_COUNT, 4, 0xffffffff, CXIO_FAULT_ADDRVEC_COUNT },
	{ "list: in a list", VECTOR, V_FIRST, 1, 2, CXIO_FAULT_ADDR_MARKER },
	{ "list: second address", VECTOR, V_SECOND + A_FAMILY, 2, 7, CXIO_FAULT_ADDR_FAMILY },
	{ "list: second without socket address", VECTOR, V_SECOND + A_SOCKADDR, 4, 0,
	  CXIO_FAULT_ADDR_LENGTH },

	{ "banner: another version", BANNER, 8, 1, '8', CXIO_FAULT_BANNER_TEXT },
	{ "banner: another protocol", BANNER, 0, 1, 'C', CXIO_FAULT_BANNER_TEXT },

	{ "connect: an authorizer too long", CONNECT, C_AUTH, 4, 4097,
	  CXIO_FAULT_CONNECT_AUTHORIZER },
	{ "connect: one at the most", CONNECT, C_AUTH, 4, 0xffffffff,
	  CXIO_FAULT_CONNECT_AUTHORIZER },
	{ "connect: none", CONNECT, C_AUTH, 4, 0, CXIO_FAULT_NONE },
	{ "connect: flags 0", CONNECT, C_FLAGS, 1, 0, CXIO_FAULT_NONE },
	{ "connect: flags 2", CONNECT, C_FLAGS, 1, 2, CXIO_FAULT_CONNECT_FLAGS },
	{ "connect: flags 0x81", CONNECT, C_FLAGS, 1, 0x81, CXIO_FAULT_CONNECT_FLAGS },
	{ "reply: tag 0", REPLY, 0, 1, 0, CXIO_FAULT_REPLY_TAG },
	{ "reply: tag 17", REPLY, 0, 1, 17, CXIO_FAULT_REPLY_TAG },
	{ "reply: an authorizer too long", REPLY, R_AUTH, 4, 4097, CXIO_FAULT_REPLY_AUTHORIZER },
	{ "reply: none", REPLY, R_AUTH, 4, 0, CXIO_FAULT_NONE },
	{ "reply: flags 2", REPLY, R_FLAGS, 1, 2, CXIO_FAULT_REPLY_FLAGS },
	{ "stamp: a second of nanoseconds", STAMP, 4, 4, 1000000000, CXIO_FAULT_STAMP_NSEC },
	{ "footer: signed", FOOTER, T_FLAGS, 1, 5, CXIO_FAULT_NONE },
	{ "footer: flags 8", FOOTER, T_FLAGS, 1, 8, CXIO_FAULT_FOOTER_FLAGS },
	{ "footer: flags 0x81", FOOTER, T_FLAGS, 1, 0x81, CXIO_FAULT_FOOTER_FLAGS },
	{ "old footer: flags 8", OLD_FOOTER, O_FLAGS, 1, 8, CXIO_FAULT_FOOTER_FLAGS },
	{ "old footer: signed", OLD_FOOTER, O_FLAGS, 1, 5, CXIO_FAULT_FOOTER_SIGNED },

	{ "banner 2: no newline", BANNER2, 7, 1, '\r', CXIO_FAULT_MSGR2_BANNER_TEXT },
	{ "banner 2: length 15", BANNER2, B_LEN, 2, 15, CXIO_FAULT_MSGR2_BANNER_LENGTH },
	{ "banner 2: length 0x1010", BANNER2, B_LEN, 2, 0x1010, CXIO_FAULT_MSGR2_BANNER_LENGTH },
	{ "banner 2: speaks 2.0 only", BANNER2, B_SUPPORTED, 8, 0,
	  CXIO_FAULT_MSGR2_BANNER_FEATURES },
	{ "banner 2: speaks others only", BANNER2, B_SUPPORTED, 8, ~1ull,
	  CXIO_FAULT_MSGR2_BANNER_FEATURES },
	{ "banner 2: requires more", BANNER2, B_REQUIRED, 8, 2, CXIO_FAULT_MSGR2_BANNER_FEATURES },
	{ "banner 2: requires the last bit", BANNER2, B_REQUIRED, 8, 1ull << 63,
	  CXIO_FAULT_MSGR2_BANNER_FEATURES },
	{ "banner 2: requires nothing", BANNER2, B_REQUIRED, 8, 0, CXIO_FAULT_NONE },

	{ "preamble: crc", MESSAGE, P_CRC, 4, 0, CXIO_FAULT_MSGR2_CRC },
	{ "preamble: tag 0", CONTROL, 0, 1, 0, CXIO_FAULT_MSGR2_TAG },
	{ "preamble: tag 1", CONTROL, 0, 1, 1, CXIO_FAULT_NONE },
	{ "preamble: tag 20", CONTROL, 0, 1, 20, CXIO_FAULT_NONE },
	{ "preamble: tag 21", CONTROL, 0, 1, 21, CXIO_FAULT_MSGR2_TAG },
	{ "preamble: tag 255", CONTROL, 0, 1, 255, CXIO_FAULT_MSGR2_TAG },
	{ "preamble: no segment", CONTROL, P_COUNT, 1, 0, CXIO_FAULT_MSGR2_SEGMENTS },
	{ "preamble: control of two", CONTROL, P_COUNT, 1, 2, CXIO_FAULT_MSGR2_SEGMENTS },
	{ "preamble: message of none", MESSAGE, P_COUNT, 1, 0, CXIO_FAULT_MSGR2_SEGMENTS },
	{ "preamble: message of five", MESSAGE, P_COUNT, 1, 5, CXIO_FAULT_MSGR2_SEGMENTS },
	{ "preamble: a control of many", MESSAGE, 0, 1, 8, CXIO_FAULT_MSGR2_SEGMENTS },
	{ "preamble: reserved", MESSAGE, P_RESERVED, 2, 1, CXIO_FAULT_MSGR2_RESERVED },
	{ "preamble: reserved, high", MESSAGE, P_RESERVED, 2, 0x8000, CXIO_FAULT_MSGR2_RESERVED },
	{ "preamble: length behind the last", CONTROL, P_LEN + 3 * P_NEXT, 4, 1,
	  CXIO_FAULT_MSGR2_RESERVED },
	{ "preamble: alignment behind the last", CONTROL, P_ALIGN + P_NEXT, 2, 8,
	  CXIO_FAULT_MSGR2_RESERVED },
	{ "preamble: fewer segments", MESSAGE, P_COUNT, 1, 3, CXIO_FAULT_MSGR2_RESERVED },
	{ "preamble: last segment empty", MESSAGE, P_LEN + 3 * P_NEXT, 4, 0,
	  CXIO_FAULT_MSGR2_EMPTY },
	{ "preamble: front empty", MESSAGE, P_LEN + P_NEXT, 4, 0, CXIO_FAULT_NONE },
	{ "preamble: header too short", MESSAGE, P_LEN, 4, 40, CXIO_FAULT_MSGR2_LENGTH },
	{ "preamble: header too long", MESSAGE, P_LEN, 4, 42, CXIO_FAULT_MSGR2_LENGTH },
	{ "preamble: no header", MESSAGE, P_LEN, 4, 0, CXIO_FAULT_MSGR2_LENGTH },
	{ "preamble: front at its limit", MESSAGE, P_LEN + P_NEXT, 4, 16 << 20, CXIO_FAULT_NONE },
	{ "preamble: front beyond", MESSAGE, P_LEN + P_NEXT, 4, (16 << 20) + 1,
	  CXIO_FAULT_MSGR2_LENGTH },
	{ "preamble: middle at its limit", MESSAGE, P_LEN + 2 * P_NEXT, 4, 16 << 20,
	  CXIO_FAULT_NONE },
	{ "preamble: middle beyond", MESSAGE, P_LEN + 2 * P_NEXT, 4, (16 << 20) + 1,
	  CXIO_FAULT_MSGR2_LENGTH },
	{ "preamble: data at its limit", MESSAGE, P_LEN + 3 * P_NEXT, 4, 64 << 20,
	  CXIO_FAULT_NONE },
	{ "preamble: data beyond", MESSAGE, P_LEN + 3 * P_NEXT, 4, (64 << 20) + 1,
	  CXIO_FAULT_MSGR2_LENGTH },
	{ "preamble: data at the most", MESSAGE, P_LEN + 3 * P_NEXT, 4, 0xffffffff,
	  CXIO_FAULT_MSGR2_LENGTH },
	{ "preamble: control empty", CONTROL, P_LEN, 4, 0, CXIO_FAULT_NONE },
	{ "preamble: control at its limit", CONTROL, P_LEN, 4, 64 << 10, CXIO_FAULT_NONE },
	{ "preamble: control beyond", CONTROL, P_LEN, 4, (64 << 10) + 1, CXIO_FAULT_MSGR2_LENGTH },

	{ "header 2: signed", HEADER2, H_FLAGS, 1, 7, CXIO_FAULT_NONE },
	{ "header 2: flags 8", HEADER2, H_FLAGS, 1, 8, CXIO_FAULT_MSGR2_HEADER_BITS },
	{ "header 2: reserved", HEADER2, H_RESERVED, 2, 1, CXIO_FAULT_MSGR2_HEADER_BITS },
	{ "header 2: reserved, high", HEADER2, H_RESERVED, 2, 0x8000,
	  CXIO_FAULT_MSGR2_HEADER_BITS },

	{ "frame: segment 0", FRAME, P_SIZE, 1, 0, CXIO_FAULT_MSGR2_SEGMENT_CRC },
	{ "frame: crc of segment 0", FRAME, X_FIRST_CRC, 4, 0, CXIO_FAULT_MSGR2_SEGMENT_CRC },
	{ "frame: front", FRAME, X_FRONT, 1, 'b', CXIO_FAULT_MSGR2_SEGMENT_CRC },
	{ "frame: data", FRAME, X_DATA + 4, 1, '6', CXIO_FAULT_MSGR2_SEGMENT_CRC },
	{ "frame: crc of an empty middle", FRAME, X_CRC2, 4, 0, CXIO_FAULT_MSGR2_SEGMENT_CRC },
	{ "frame: aborted", FRAME, X_STATUS, 1, 1, CXIO_FAULT_NONE },
	{ "frame: complete, other bits", FRAME, X_STATUS, 1, 0xee, CXIO_FAULT_NONE },
	{ "frame: status 0", FRAME, X_STATUS, 1, 0, CXIO_FAULT_MSGR2_LATE_STATUS },
	{ "frame: status 0xf", FRAME, X_STATUS, 1, 0xf, CXIO_FAULT_MSGR2_LATE_STATUS },
	{ "frame: status 0xe0", FRAME, X_STATUS, 1, 0xe0, CXIO_FAULT_MSGR2_LATE_STATUS },
	{ "frame: crc without a segment", FRAME_FRONT, Y_CRC2, 4, ~0u,
	  CXIO_FAULT_MSGR2_SEGMENT_CRC },
	{ "frame: crc without a segment, last", FRAME_FRONT, Y_CRC3 + 3, 1, 1,
	  CXIO_FAULT_MSGR2_SEGMENT_CRC },
	{ "frame: control", FRAME_CONTROL, P_SIZE + 8, 1, '8', CXIO_FAULT_MSGR2_SEGMENT_CRC },
	{ "frame: crc of a control", FRAME_CONTROL, Z_CRC + 3, 1, 0,
	  CXIO_FAULT_MSGR2_SEGMENT_CRC },
};

CORE_TEST(each_check)
{
	static u8 b[256], again[1200];
	u32 i, used;

	for (i = 0; i < ARRAY_SIZE(mutations); i++) {
		enum kind kind = mutations[i].kind;

		memset(b, 0, sizeof(b));
		make(kind, b);
		put_le(b + mutations[i].at, mutations[i].size, mutations[i].value);
		if ((kind == MESSAGE || kind == CONTROL) && mutations[i].at != P_CRC)
			put_le(b + P_CRC, 4, test_crc32c(0, b, P_CRC));
		core_row(i, mutations[i].what);
		memset(again, 0x5a, sizeof(again));
		expect_fault(take(kind, b, shape[kind].len, again, &used), mutations[i].fault);
		/* of another encoding's version we write our own */
		if (mutations[i].fault == CXIO_FAULT_NONE &&
		    (kind != ADDR4 || mutations[i].at != A_VERSION))
			expect_mem(b, again, used);
	}
}

CORE_TEST(preamble_every_bit)
{
	static u8 b[256], again[1200];
	u32 bit, used;

	make(MESSAGE, b);
	for (bit = 0; bit < 8 * P_SIZE; bit++) {
		b[bit / 8] ^= (u8)(1 << bit % 8);
		expect_fault(take(MESSAGE, b, P_SIZE, again, &used), CXIO_FAULT_MSGR2_CRC);
		b[bit / 8] ^= (u8)(1 << bit % 8);
	}
}

CORE_TEST(address_fields)
{
	u8 b[256] = { 0 };
	struct cxio_addr a;
	u32 used;

	make(LEGACY4, b);
	expect_fault(cxio_addr_decode(b, L_SIZE, &a, &used), CXIO_FAULT_NONE);
	expect_eq(used, L_SIZE);
	expect_eq(a.type, CXIO_ADDR_V1);
	expect_eq(a.form, CXIO_ADDR_LEGACY);
	expect_eq(a.family, 2);
	expect_eq(a.port, 6789);
	expect_eq(a.nonce, 0x11223344);
	expect_mem(a.ip, "\x0a\x01\x02\x03\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	make(LEGACY6, b);
	expect_fault(cxio_addr_legacy_decode(b, L_SIZE, &a), CXIO_FAULT_NONE);
	expect_eq(a.family, 10);
	expect_eq(a.port, 6789);
	expect_eq(a.flowinfo, 0x000abcde);
	expect_eq(a.scope, 0x0708);
	expect_eq(a.ip[0], 0xf0);
	expect_eq(a.ip[15], 0xff);
	memset(b, 0, sizeof(b));
	expect_fault(cxio_addr_legacy_decode(b, L_SIZE, &a), CXIO_FAULT_NONE);
	expect_eq(a.type, CXIO_ADDR_NONE);

	make(ADDR6, b);
	expect_fault(cxio_addr_decode(b, A_SIZE6, &a, &used), CXIO_FAULT_NONE);
	expect_eq(a.type, CXIO_ADDR_V2);
	expect_eq(a.form, CXIO_ADDR_MODERN);
	expect_eq(a.family, 10);
	expect_eq(a.port, 3300);
	expect_eq(a.nonce, 0x55667788);
	expect_eq(a.flowinfo, 0x01234567);
	expect_eq(a.scope, 3);
	expect_eq(a.ip[15], 0x2f);
}

/* A later version may have more than we know. */
CORE_TEST(address_of_the_future)
{
	u8 b[256] = { 0 };
	struct cxio_addr a;
	u32 used;

	make(ADDR4, b);
	put_le(b + A_LEN, 4, 28 + 5);
	memset(b + A_SIZE4, 0xff, 5);
	expect_fault(cxio_addr_decode(b, A_SIZE4 + 5, &a, &used), CXIO_FAULT_ADDR_LENGTH);
	b[A_VERSION] = 2;
	expect_fault(cxio_addr_decode(b, A_SIZE4 + 5, &a, &used), CXIO_FAULT_NONE);
	expect_eq(used, A_SIZE4 + 5);
	expect_eq(a.port, 3300);
	expect_fault(cxio_addr_decode(b, A_SIZE4 + 4, &a, &used), CXIO_FAULT_ADDR_SHORT);
}

/* As many as may be, in every form. */
CORE_TEST(list_full)
{
	static const enum kind kinds[] = {
		ADDR4, LEGACY6, ADDR6, ADDR_SHORTEST, LEGACY4, ADDR_NOTHING, LEGACY6, ADDR4,
	};
	static u8 b[1200] = { 2, 8 }, again[1200];
	u32 i, len = V_FIRST, used;
	static struct cxio_addrvec v;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		make(kinds[i], b + len);
		len += shape[kinds[i]].len;
	}
	expect_range(len, 1, CXIO_ADDRVEC_LEN_MAX);
	expect_fault(cxio_addrvec_decode(b, len, &v, &used), CXIO_FAULT_NONE);
	expect_eq(used, len);
	expect_eq(v.count, 8);
	expect_eq(cxio_addrvec_len(&v), len);
	expect_eq(cxio_addrvec_encode(&v, again), len);
	expect_mem(b, again, len);
	expect_fault(cxio_addrvec_decode(b, len - 1, &v, &used), CXIO_FAULT_ADDR_SHORT);
}

#define IP4(d) { 10, 0, 0, (d) }

/* In rising order; what stands first in Ceph's memory weighs most, low byte first. */
static const struct cxio_addr rising[] = {
	{ .type = 0 },
	{ .type = 1, .nonce = 0x0100, .family = 2, .port = 1, .ip = IP4(1) },
	{ .type = 1, .nonce = 0xff000001, .family = 2, .port = 9, .ip = IP4(9) },
	/* the nonce's low byte, then its next: not as a number */
	{ .type = 1, .nonce = 0x0002, .family = 2, .port = 1, .ip = IP4(1) },
	{ .type = 1, .nonce = 0x0102, .family = 2, .port = 1, .ip = IP4(1) },
	/* the port as it is sent: as a number */
	{ .type = 1, .nonce = 0x0102, .family = 2, .port = 2, .ip = IP4(0) },
	{ .type = 1, .nonce = 0x0102, .family = 2, .port = 0x0100, .ip = IP4(0) },
	{ .type = 1, .nonce = 0x0102, .family = 2, .port = 0x0100, .ip = IP4(200) },
	{ .type = 1, .nonce = 0x0102, .family = 10, .port = 1, .ip = { 1 } },
	{ .type = 1, .nonce = 0x0102, .family = 10, .port = 1, .ip = { 1 }, .scope = 1 },
	{ .type = 1, .nonce = 0x0102, .family = 10, .port = 1, .ip = { 1, 1 } },
	{ .type = 1, .nonce = 0x0102, .family = 10, .port = 1, .flowinfo = 1, .ip = { 0 } },
	{ .type = 2, .nonce = 0, .family = 2, .port = 1, .ip = IP4(1) },
	{ .type = 3, .nonce = 0, .family = 2, .port = 1, .ip = IP4(1) },
};

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

CORE_TEST(addresses_in_order)
{
	int a, b, n = ARRAY_SIZE(rising);

	for (a = 0; a < n; a++)
		for (b = 0; b < n; b++) {
			core_row((u32)(100 * a + b), NULL);
			expect_eq(sign(cxio_addr_compare(&rising[a], &rising[b])), sign(a - b));
			expect_eq(cxio_addr_equal(&rising[a], &rising[b]), a == b);
		}
}

CORE_TEST(form_does_not_count)
{
	struct cxio_addr old = rising[3];

	old.form = CXIO_ADDR_LEGACY;
	expect(cxio_addr_equal(&old, &rising[3]));
	/* nor does what the family does not have */
	old.ip[9] = 1;
	old.scope = 1;
	expect(cxio_addr_equal(&old, &rising[3]));
}

CORE_TEST(lists_in_order)
{
	static struct cxio_addrvec a = { .count = 2 }, b = { .count = 2 };

	a.addr[0] = rising[2];
	a.addr[1] = rising[3];
	b = a;
	expect_eq(cxio_addrvec_compare(&a, &b), 0);
	b.count = 1;
	expect_eq(sign(cxio_addrvec_compare(&a, &b)), 1);
	expect_eq(sign(cxio_addrvec_compare(&b, &a)), -1);
	b.addr[0] = rising[4];
	expect_eq(sign(cxio_addrvec_compare(&a, &b)), -1);
	expect_eq(sign(cxio_addrvec_compare(&b, &a)), 1);
	b = a;
	b.addr[1] = rising[1];
	expect_eq(sign(cxio_addrvec_compare(&a, &b)), 1);
}

static const struct {
	const char *what;
	struct cxio_addr shown;
	bool is;
} shown[] = {
	{ "the same", { 1, 0, 2, 6789, 7, IP4(1), 0, 0 }, true },
	{ "the same, of another type", { 2, 2, 2, 6789, 7, IP4(1), 0, 0 }, true },
	{ "another address", { 1, 0, 2, 6789, 7, IP4(2), 0, 0 }, false },
	{ "another port", { 1, 0, 2, 6790, 7, IP4(1), 0, 0 }, false },
	{ "another nonce", { 1, 0, 2, 6789, 8, IP4(1), 0, 0 }, false },
	{ "blank", { 1, 0, 2, 6789, 7, { 0 }, 0, 0 }, true },
	{ "blank, another port", { 1, 0, 2, 6790, 7, { 0 }, 0, 0 }, false },
	{ "blank, another nonce", { 1, 0, 2, 6789, 8, { 0 }, 0, 0 }, false },
	{ "blank IPv6", { 1, 0, 10, 6789, 7, { 0 }, 0, 0 }, true },
	{ "almost blank IPv6", { 1, 0, 10, 6789, 7, { [15] = 1 }, 0, 0 }, false },
	{ "no family, no port", { 0, 0, 0, 0, 7, { 0 }, 0, 0 }, false },
};

CORE_TEST(who_was_dialled)
{
	const struct cxio_addr dialled = { 1, 0, 2, 6789, 7, IP4(1), 0, 0 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(shown); i++) {
		core_row(i, shown[i].what);
		expect_fault(cxio_banner_addr_check(&dialled, &shown[i].shown),
			     shown[i].is ? CXIO_FAULT_NONE : CXIO_FAULT_BANNER_ADDR);
	}
}

/* By the number: may answer a connect; may stand between messages, and what follows. */
static const struct {
	bool answers;
	bool between;
	u32 need;
} tags[] = {
	[1] = { true, false, 0 }, [2] = { true, false, 0 }, [3] = { true, false, 0 },
	[4] = { true, false, 0 }, [5] = { true, false, 0 }, [6] = { false, true, 0 },
	[7] = { false, true, 53 }, [8] = { false, true, 8 }, [9] = { false, true, 0 },
	[10] = { true, false, 0 }, [11] = { true, false, 0 }, [12] = { true, false, 0 },
	[13] = { true, false, 0 }, [14] = { false, true, 8 }, [15] = { false, true, 8 },
	[16] = { true, false, 0 }, [17] = { false, false, 0 },
};

CORE_TEST(each_tag)
{
	static u8 b[256], again[1200];
	u32 tag, need, used, k;

	make(REPLY, b);
	for (tag = 0; tag < 256; tag++) {
		u32 row = tag < ARRAY_SIZE(tags) ? tag : 0;

		b[0] = (u8)tag;
		expect_fault(take(REPLY, b, R_SIZE, again, &used), tags[row].answers ?
			     CXIO_FAULT_NONE : CXIO_FAULT_REPLY_TAG);
		expect_fault(cxio_tag_need(tag, &need), tags[row].between ?
			     CXIO_FAULT_NONE : CXIO_FAULT_TAG_UNKNOWN);
		if (tags[row].between)
			expect_eq(need, tags[row].need);
		for (k = 0; k < tag && tag < 17; k++)
			expect_str_differs(cxio_tag_text(k), cxio_tag_text(tag));
	}
	expect_fault(cxio_tag_need(0x107, &need), CXIO_FAULT_TAG_UNKNOWN);
	expect_str(cxio_tag_text(17), cxio_tag_text(0));
	expect_str(cxio_tag_text(~0u), cxio_tag_text(0));
	for (tag = 0; tag <= 20; tag++)
		for (k = 0; k < tag; k++)
			expect_str_differs(cxio_msgr2_tag_text(k), cxio_msgr2_tag_text(tag));
	expect_str(cxio_msgr2_tag_text(21), cxio_msgr2_tag_text(0));
	expect_str(cxio_msgr2_tag_text(~0u), cxio_msgr2_tag_text(0));
}

CORE_TEST(connect_fields)
{
	u8 b[256] = { 0 };
	struct cxio_connect_reply r;
	struct cxio_connect c;

	make(CONNECT, b);
	expect_fault(cxio_connect_decode(b, C_SIZE, &c), CXIO_FAULT_NONE);
	expect(c.features == get_le(b, 8));
	expect_eq(c.host_type, get_le(b + C_HOST, 4));
	expect_eq(c.global_seq, get_le(b + C_GLOBAL, 4));
	expect_eq(c.connect_seq, get_le(b + C_CONNECT, 4));
	expect_eq(c.protocol_version, get_le(b + C_PROTOCOL, 4));
	expect_eq(c.authorizer_protocol, get_le(b + C_METHOD, 4));
	expect_eq(c.authorizer_len, 4096);
	expect_eq(c.flags, 1);
	make(REPLY, b);
	expect_fault(cxio_connect_reply_decode(b, R_SIZE, &r), CXIO_FAULT_NONE);
	expect_eq(r.tag, 16);
	expect(r.features == get_le(b + R_FEATURES, 8));
	expect_eq(r.global_seq, get_le(b + R_GLOBAL, 4));
	expect_eq(r.connect_seq, get_le(b + R_CONNECT, 4));
	expect_eq(r.protocol_version, get_le(b + R_PROTOCOL, 4));
}

CORE_TEST(lengths)
{
	const struct cxio_msg_header h = { .len = { ~0u, ~0u, ~0u } };
	struct cxio_msgr2_preamble p = { .tag = 17, .count = 4, .len = { 41, 216, 0, 5000 } };

	expect_eq(cxio_msg_footer_len(true), 21);
	expect_eq(cxio_msg_footer_len(false), 13);
	expect(cxio_msg_stream_len(&h, false) == 3ull * 0xffffffff + 13);
	expect_eq(cxio_msgr2_frame_len(&p), 5306);
	expect_eq(cxio_msgr2_segment_off(&p, 0), 32);
	expect_eq(cxio_msgr2_segment_off(&p, 1), 32 + 41 + 4);
	expect_eq(cxio_msgr2_segment_off(&p, 3), 32 + 41 + 4 + 216);
	memset(p.len, 0xff, sizeof(p.len));
	expect(cxio_msgr2_frame_len(&p) == 4ull * 0xffffffff + 32 + 4 + 13);
	memset(p.len, 0, sizeof(p.len));
	p.count = 1;
	expect_eq(cxio_msgr2_frame_len(&p), 32);
}

CORE_TEST(all_provoked)
{
	expect_door_complete(DOOR_CEPH);
}

static struct core_case cases[] = {
	CORE_CASE(each_kind),
	CORE_CASE(cut_short),
	CORE_CASE(each_check),
	CORE_CASE(preamble_every_bit),
	CORE_CASE(address_fields),
	CORE_CASE(address_of_the_future),
	CORE_CASE(list_full),
	CORE_CASE(addresses_in_order),
	CORE_CASE(form_does_not_count),
	CORE_CASE(lists_in_order),
	CORE_CASE(who_was_dialled),
	CORE_CASE(each_tag),
	CORE_CASE(connect_fields),
	CORE_CASE(lengths),
	CORE_CASE(all_provoked),
	{}
};

CORE_SUITE(ceph, cases);
