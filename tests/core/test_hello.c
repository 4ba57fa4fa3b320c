// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * hello.c: every check of private data, what is agreed, refusals.
 */
#include "core_test.h"
#include "craft.h"
#include "hello.h"

/* Offsets in the hello and in the refusal. */
enum {
	H_MAGIC = 0, H_LENGTH = 4, H_MIN = 5, H_MAX = 6, H_RESERVED0 = 7, H_LAYOUT = 8,
	H_RECV_SIZE = 12, H_SUPPORTED = 16, H_REQUIRED = 24, H_RECV_DEPTH = 32, H_READ_DEPTH = 34,
	H_RESERVED1 = 35, H_WINDOW_MSGS = 36, H_WINDOW_BYTES = 40, H_SIZE = 44,
	R_REASON = 12, R_SIZE = 16,
};

CORE_TEST(defaults_are_acceptable)
{
	struct cxio_wire_hello hello;
	struct cxio_limits l, m;
	struct cxio_agreed a;

	cxio_limits_default(&l);
	cxio_limits_default(&m);
	m.recv_size = 8192;
	m.send_size = 2048;
	m.recv_depth = 100;
	m.read_depth = 7;
	m.window_msgs = 9;
	m.window_bytes = 50000;
	m.supported = 5;
	l.supported = 6;

	expect_eq(cxio_hello_encode(&m, NULL, &hello), H_SIZE);
	expect_fault(cxio_hello_decode(&l, &hello, H_SIZE, &a), CXIO_FAULT_NONE);
	expect_eq(a.version, CXIO_WIRE_VERSION_MAX);
	expect_eq(a.features, 4);
	expect_eq(a.frame_max, 4096);
	expect_eq(a.peer_recv_depth, 100);
	expect_eq(a.peer_read_depth, 7);
	expect_eq(a.peer_window_msgs, 9);
	expect_eq(a.peer_window_bytes, 50000);

	expect_eq(cxio_hello_encode(&l, &a, &hello), H_SIZE);
	expect_fault(cxio_hello_decode(&m, &hello, H_SIZE, &a), CXIO_FAULT_NONE);
	expect_eq(a.frame_max, 2048);
	expect_eq(a.peer_recv_depth, CXIO_DEFAULT_RECV_DEPTH);
}

/* A good hello, one field changed. */
static const struct {
	const char *what;
	u32 at;
	u32 size;
	u64 value;
	enum cxio_fault fault;
} mutations[] = {
	{ "nothing", 0, 0, 0, CXIO_FAULT_NONE },
	{ "magic", H_MAGIC, 1, 0, CXIO_FAULT_HELLO_MAGIC },
	{ "magic in the other byte order", H_MAGIC, 4, 0x4358494f, CXIO_FAULT_HELLO_MAGIC },
	{ "length one less", H_LENGTH, 1, H_SIZE - 1, CXIO_FAULT_HELLO_LENGTH },
	{ "length one more", H_LENGTH, 1, H_SIZE + 1, CXIO_FAULT_HELLO_LENGTH },
	{ "length 0", H_LENGTH, 1, 0, CXIO_FAULT_HELLO_LENGTH },
	{ "length 255", H_LENGTH, 1, 255, CXIO_FAULT_HELLO_LENGTH },
	{ "only newer versions", H_MIN, 2, 0x0302, CXIO_FAULT_HELLO_VERSION },
	{ "only the one before", H_MIN, 2, 0x0000, CXIO_FAULT_HELLO_VERSION },
	{ "versions upside down", H_MIN, 2, 0x0001, CXIO_FAULT_HELLO_VERSION },
	{ "newer versions too", H_MIN, 2, 0xff00, CXIO_FAULT_NONE },
	{ "reserved0", H_RESERVED0, 1, 1, CXIO_FAULT_HELLO_RESERVED },
	{ "reserved1", H_RESERVED1, 1, 0x80, CXIO_FAULT_HELLO_RESERVED },
	{ "requires what we lack", H_REQUIRED, 8, 1ull << 63, CXIO_FAULT_HELLO_FEATURES },
	{ "requires what we have", H_REQUIRED, 8, 1, CXIO_FAULT_NONE },
	{ "lacks what we require", H_SUPPORTED, 8, ~1ull, CXIO_FAULT_HELLO_FEATURES },
	{ "recv_size below", H_RECV_SIZE, 4, 511, CXIO_FAULT_HELLO_RECV_SIZE },
	{ "recv_size least", H_RECV_SIZE, 4, 512, CXIO_FAULT_NONE },
	{ "recv_size most", H_RECV_SIZE, 4, 1 << 20, CXIO_FAULT_NONE },
	{ "recv_size above", H_RECV_SIZE, 4, (1 << 20) + 1, CXIO_FAULT_HELLO_RECV_SIZE },
	{ "recv_depth below", H_RECV_DEPTH, 2, 7, CXIO_FAULT_HELLO_RECV_DEPTH },
	{ "recv_depth least", H_RECV_DEPTH, 2, 8, CXIO_FAULT_NONE },
	{ "recv_depth most", H_RECV_DEPTH, 2, 16384, CXIO_FAULT_NONE },
	{ "recv_depth above", H_RECV_DEPTH, 2, 16385, CXIO_FAULT_HELLO_RECV_DEPTH },
	{ "read_depth 0", H_READ_DEPTH, 1, 0, CXIO_FAULT_HELLO_READ_DEPTH },
	{ "read_depth 255", H_READ_DEPTH, 1, 255, CXIO_FAULT_NONE },
	{ "window_msgs 0", H_WINDOW_MSGS, 4, 0, CXIO_FAULT_HELLO_WINDOW_MSGS },
	{ "window_msgs least", H_WINDOW_MSGS, 4, 1, CXIO_FAULT_NONE },
	{ "window_msgs most", H_WINDOW_MSGS, 4, 1 << 20, CXIO_FAULT_NONE },
	{ "window_msgs above", H_WINDOW_MSGS, 4, (1 << 20) + 1, CXIO_FAULT_HELLO_WINDOW_MSGS },
	{ "window_bytes below", H_WINDOW_BYTES, 4, 4095, CXIO_FAULT_HELLO_WINDOW_BYTES },
	{ "window_bytes least", H_WINDOW_BYTES, 4, 4096, CXIO_FAULT_NONE },
	{ "window_bytes most", H_WINDOW_BYTES, 4, 1 << 30, CXIO_FAULT_NONE },
	{ "window_bytes above", H_WINDOW_BYTES, 4, (1 << 30) + 1,
	  CXIO_FAULT_HELLO_WINDOW_BYTES },
};

static void our_limits(struct cxio_limits *l)
{
	cxio_limits_default(l);
	l->supported = 3;
	l->required = 1;
}

CORE_TEST(what_is_held)
{
	struct cxio_limits l;

	cxio_limits_default(&l);
	expect(!cxio_limits_exceeded(&l, l.window_msgs, l.window_bytes));
	expect(cxio_limits_exceeded(&l, l.window_msgs + 1, 0));
	expect(cxio_limits_exceeded(&l, 0, l.window_bytes + 1ull));
}

CORE_TEST(each_check)
{
	struct cxio_limits ours;
	struct cxio_agreed a;
	u8 h[H_SIZE];
	u32 i;

	our_limits(&ours);
	for (i = 0; i < ARRAY_SIZE(mutations); i++) {
		struct cxio_wire_hello hello;

		cxio_hello_encode(&ours, NULL, &hello);
		memcpy(h, &hello, H_SIZE);
		put_le(h + H_REQUIRED, 8, 0);
		put_le(h + mutations[i].at, mutations[i].size, mutations[i].value);
		core_row(i, mutations[i].what);
		expect_fault(cxio_hello_decode(&ours, h, H_SIZE, &a), mutations[i].fault);
	}
}

CORE_TEST(layout_differs)
{
	struct cxio_wire_hello hello;
	struct cxio_limits ours;
	struct cxio_agreed a;
	u32 bit;

	our_limits(&ours);
	for (bit = 0; bit < 32; bit++) {
		cxio_hello_encode(&ours, NULL, &hello);
		((u8 *)&hello)[H_LAYOUT + bit / 8] ^= (u8)(1 << bit % 8);
		expect_fault(cxio_hello_decode(&ours, &hello, H_SIZE, &a),
			     CXIO_FAULT_HELLO_LAYOUT);
		/* a later version may look different behind the first twelve bytes */
		expect_fault(cxio_hello_decode(&ours, &hello, CXIO_WIRE_HELLO_PREFIX, &a),
			     CXIO_FAULT_HELLO_LAYOUT);
	}
}

CORE_TEST(every_length)
{
	struct cxio_wire_hello hello;
	struct cxio_limits ours;
	struct cxio_agreed a;
	u32 len;

	our_limits(&ours);
	cxio_hello_encode(&ours, NULL, &hello);
	expect_fault(cxio_hello_decode(&ours, NULL, 0, &a), CXIO_FAULT_HELLO_SHORT);
	expect_fault(cxio_hello_decode(&ours, NULL, 196, &a), CXIO_FAULT_HELLO_SHORT);
	/* the CM hands over 56 or 196 bytes of which the rest is padding, zero or not */
	for (len = 0; len <= 196; len++) {
		u8 *area = core_block(len);

		memset(area, (int)len, len);
		memcpy(area, &hello, len < H_SIZE ? len : H_SIZE);
		expect_fault(cxio_hello_decode(&ours, area, len, &a),
			     len < H_SIZE ? CXIO_FAULT_HELLO_SHORT : CXIO_FAULT_NONE);
	}
}

CORE_TEST(required_both_ways)
{
	struct cxio_wire_hello hello;
	struct cxio_limits ours, theirs;
	struct cxio_agreed a;

	cxio_limits_default(&ours);
	cxio_limits_default(&theirs);
	theirs.supported = 1;
	theirs.required = 1;
	cxio_hello_encode(&theirs, NULL, &hello);
	expect_fault(cxio_hello_decode(&ours, &hello, H_SIZE, &a), CXIO_FAULT_HELLO_FEATURES);
	cxio_hello_encode(&ours, NULL, &hello);
	expect_fault(cxio_hello_decode(&theirs, &hello, H_SIZE, &a), CXIO_FAULT_HELLO_FEATURES);
	ours.supported = 3;
	cxio_hello_encode(&ours, NULL, &hello);
	expect_fault(cxio_hello_decode(&theirs, &hello, H_SIZE, &a), CXIO_FAULT_NONE);
	expect_eq(a.features, 1);
}

CORE_TEST(refusal_round_trip)
{
	struct cxio_wire_refusal w;
	struct cxio_refusal r;
	u32 len;

	expect_eq(cxio_refusal_encode(CXIO_FAULT_HELLO_LAYOUT, &w), R_SIZE);
	for (len = 0; len <= 196; len++) {
		u8 *area = core_block(len);

		memset(area, 0xee, len);
		memcpy(area, &w, len < R_SIZE ? len : R_SIZE);
		memset(&r, 0, sizeof(r));
		expect_eq(cxio_refusal_decode(area, len, &r), len >= R_SIZE);
		if (len >= R_SIZE) {
			expect_eq(r.reason, CXIO_FAULT_HELLO_LAYOUT);
			expect_eq(r.version_min, CXIO_WIRE_VERSION_MIN);
			expect_eq(r.version_max, CXIO_WIRE_VERSION_MAX);
			expect_eq(r.layout, CXIO_WIRE_LAYOUT);
		}
	}
	expect(!cxio_refusal_decode(NULL, 0, &r));
	expect(!cxio_refusal_decode(NULL, 196, &r));
}

CORE_TEST(refusal_checks)
{
	struct cxio_wire_refusal w;
	struct cxio_refusal r;
	u8 *b = (u8 *)&w;

	cxio_refusal_encode(1, &w);
	b[H_MAGIC] ^= 1;
	expect(!cxio_refusal_decode(&w, R_SIZE, &r));
	cxio_refusal_encode(1, &w);
	b[H_LENGTH] = R_SIZE - 1;
	expect(!cxio_refusal_decode(&w, R_SIZE, &r));
	/* a reason that we do not know yet is passed on as it is */
	cxio_refusal_encode(0xfffe, &w);
	expect(cxio_refusal_decode(&w, R_SIZE, &r));
	expect_eq(r.reason, 0xfffe);
}

CORE_TEST(all_provoked)
{
	expect_door_complete(DOOR_HELLO);
}

static struct core_case cases[] = {
	CORE_CASE(defaults_are_acceptable),
	CORE_CASE(each_check),
	CORE_CASE(what_is_held),
	CORE_CASE(layout_differs),
	CORE_CASE(every_length),
	CORE_CASE(required_both_ways),
	CORE_CASE(refusal_round_trip),
	CORE_CASE(refusal_checks),
	CORE_CASE(all_provoked),
	{}
};

CORE_SUITE(hello, cases);
