// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * hello.c: every check of private data, what is agreed, refusals.
 */
#include "cmocka_cxio.h"
#include "craft.h"
#include "faults.h"
#include "hello.h"

/* Offsets in the hello and in the refusal. */
enum {
	H_MAGIC = 0, H_LENGTH = 4, H_MIN = 5, H_MAX = 6, H_RESERVED0 = 7, H_LAYOUT = 8,
	H_RECV_SIZE = 12, H_SUPPORTED = 16, H_REQUIRED = 24, H_RECV_DEPTH = 32, H_READ_DEPTH = 34,
	H_RESERVED1 = 35, H_WINDOW_MSGS = 36, H_WINDOW_BYTES = 40, H_SIZE = 44,
	R_REASON = 12, R_SIZE = 16,
};

static void defaults_are_acceptable(void **state)
{
	struct cxio_wire_hello hello;
	struct cxio_limits l, m;
	struct cxio_agreed a;

	(void)state;
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

	assert_int_equal(cxio_hello_encode(&m, NULL, &hello), H_SIZE);
	assert_fault(cxio_hello_decode(&l, &hello, H_SIZE, &a), CXIO_FAULT_NONE);
	assert_int_equal(a.version, CXIO_WIRE_VERSION_MAX);
	assert_int_equal(a.features, 4);
	assert_int_equal(a.frame_max, 4096);
	assert_int_equal(a.peer_recv_depth, 100);
	assert_int_equal(a.peer_read_depth, 7);
	assert_int_equal(a.peer_window_msgs, 9);
	assert_int_equal(a.peer_window_bytes, 50000);

	assert_int_equal(cxio_hello_encode(&l, &a, &hello), H_SIZE);
	assert_fault(cxio_hello_decode(&m, &hello, H_SIZE, &a), CXIO_FAULT_NONE);
	assert_int_equal(a.frame_max, 2048);
	assert_int_equal(a.peer_recv_depth, CXIO_DEFAULT_RECV_DEPTH);
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
	{ "only newer versions", H_MIN, 2, 0x0201, CXIO_FAULT_HELLO_VERSION },
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

static void each_check(void **state)
{
	struct cxio_limits ours;
	struct cxio_agreed a;
	u8 h[H_SIZE];
	u32 i;

	(void)state;
	our_limits(&ours);
	for (i = 0; i < ARRAY_SIZE(mutations); i++) {
		struct cxio_wire_hello hello;

		cxio_hello_encode(&ours, NULL, &hello);
		memcpy(h, &hello, H_SIZE);
		put_le(h + H_REQUIRED, 8, 0);
		put_le(h + mutations[i].at, mutations[i].size, mutations[i].value);
		print_message("# %s\n", mutations[i].what);
		assert_fault(cxio_hello_decode(&ours, h, H_SIZE, &a), mutations[i].fault);
	}
}

static void layout_differs(void **state)
{
	struct cxio_wire_hello hello;
	struct cxio_limits ours;
	struct cxio_agreed a;
	u32 bit;

	(void)state;
	our_limits(&ours);
	for (bit = 0; bit < 32; bit++) {
		cxio_hello_encode(&ours, NULL, &hello);
		((u8 *)&hello)[H_LAYOUT + bit / 8] ^= (u8)(1 << bit % 8);
		assert_fault(cxio_hello_decode(&ours, &hello, H_SIZE, &a),
			     CXIO_FAULT_HELLO_LAYOUT);
		/* a later version may look different behind the first twelve bytes */
		assert_fault(cxio_hello_decode(&ours, &hello, CXIO_WIRE_HELLO_PREFIX, &a),
			     CXIO_FAULT_HELLO_LAYOUT);
	}
}

static void every_length(void **state)
{
	struct cxio_wire_hello hello;
	struct cxio_limits ours;
	struct cxio_agreed a;
	u32 len;

	(void)state;
	our_limits(&ours);
	cxio_hello_encode(&ours, NULL, &hello);
	assert_fault(cxio_hello_decode(&ours, NULL, 0, &a), CXIO_FAULT_HELLO_SHORT);
	assert_fault(cxio_hello_decode(&ours, NULL, 196, &a), CXIO_FAULT_HELLO_SHORT);
	/* the CM hands over 56 or 196 bytes of which the rest is padding, zero or not */
	for (len = 0; len <= 196; len++) {
		u8 *area = malloc(len + !len);

		assert_non_null(area);
		memset(area, (int)len, len);
		memcpy(area, &hello, len < H_SIZE ? len : H_SIZE);
		assert_fault(cxio_hello_decode(&ours, area, len, &a),
			     len < H_SIZE ? CXIO_FAULT_HELLO_SHORT : CXIO_FAULT_NONE);
		free(area);
	}
}

static void required_both_ways(void **state)
{
	struct cxio_wire_hello hello;
	struct cxio_limits ours, theirs;
	struct cxio_agreed a;

	(void)state;
	cxio_limits_default(&ours);
	cxio_limits_default(&theirs);
	theirs.supported = 1;
	theirs.required = 1;
	cxio_hello_encode(&theirs, NULL, &hello);
	assert_fault(cxio_hello_decode(&ours, &hello, H_SIZE, &a), CXIO_FAULT_HELLO_FEATURES);
	cxio_hello_encode(&ours, NULL, &hello);
	assert_fault(cxio_hello_decode(&theirs, &hello, H_SIZE, &a), CXIO_FAULT_HELLO_FEATURES);
	ours.supported = 3;
	cxio_hello_encode(&ours, NULL, &hello);
	assert_fault(cxio_hello_decode(&theirs, &hello, H_SIZE, &a), CXIO_FAULT_NONE);
	assert_int_equal(a.features, 1);
}

static void refusal_round_trip(void **state)
{
	struct cxio_wire_refusal w;
	struct cxio_refusal r;
	u32 len;

	(void)state;
	assert_int_equal(cxio_refusal_encode(CXIO_FAULT_HELLO_LAYOUT, &w), R_SIZE);
	for (len = 0; len <= 196; len++) {
		u8 *area = malloc(len + !len);

		assert_non_null(area);
		memset(area, 0xee, len);
		memcpy(area, &w, len < R_SIZE ? len : R_SIZE);
		memset(&r, 0, sizeof(r));
		assert_int_equal(cxio_refusal_decode(area, len, &r), len >= R_SIZE);
		if (len >= R_SIZE) {
			assert_int_equal(r.reason, CXIO_FAULT_HELLO_LAYOUT);
			assert_int_equal(r.version_min, CXIO_WIRE_VERSION_MIN);
			assert_int_equal(r.version_max, CXIO_WIRE_VERSION_MAX);
			assert_int_equal(r.layout, cxio_wire_layout_hash());
		}
		free(area);
	}
	assert_false(cxio_refusal_decode(NULL, 0, &r));
	assert_false(cxio_refusal_decode(NULL, 196, &r));
}

static void refusal_checks(void **state)
{
	struct cxio_wire_refusal w;
	struct cxio_refusal r;
	u8 *b = (u8 *)&w;

	(void)state;
	cxio_refusal_encode(1, &w);
	b[H_MAGIC] ^= 1;
	assert_false(cxio_refusal_decode(&w, R_SIZE, &r));
	cxio_refusal_encode(1, &w);
	b[H_LENGTH] = R_SIZE - 1;
	assert_false(cxio_refusal_decode(&w, R_SIZE, &r));
	/* a reason that we do not know yet is passed on as it is */
	cxio_refusal_encode(0xfffe, &w);
	assert_true(cxio_refusal_decode(&w, R_SIZE, &r));
	assert_int_equal(r.reason, 0xfffe);
}

static void all_provoked(void **state)
{
	(void)state;
	assert_door_complete(DOOR_HELLO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_acceptable),
		cmocka_unit_test(each_check),
		cmocka_unit_test(layout_differs),
		cmocka_unit_test(every_length),
		cmocka_unit_test(required_both_ways),
		cmocka_unit_test(refusal_round_trip),
		cmocka_unit_test(refusal_checks),
		cmocka_unit_test(all_provoked),
	};

	return cmocka_run_group_tests_name("hello", tests, NULL, NULL);
}
