// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * credit.c: the windows by themselves, the reserved credit, grants that are due.
 */
#include "core_test.h"
#include "credit.h"

/* Each row runs at these bases too: cumulative counters wrap. */
static const u32 bases[] = { 0, 1, 0x7ffffffc, 0xfffffff0, 0xfffffffd, 0xffffffff };

static const struct {
	u32 limit;
	u32 used;	/* beyond the base; granted is base + limit */
	u32 grant;	/* beyond the base */
	bool ok;
} updates[] = {
	{ 8, 0, 8, true },	/* nothing new */
	{ 8, 0, 9, false },	/* more than was used */
	{ 8, 3, 8, true },
	{ 8, 3, 11, true },	/* all that was used */
	{ 8, 3, 12, false },
	{ 8, 3, 7, false },	/* backwards */
	{ 8, 8, 16, true },
	{ 8, 8, 17, false },
	{ 8, 8, 0x80000008, false },
	{ 8, 8, 7, false },
	{ 1 << 30, 1 << 30, 0x80000000, true },
	{ 1 << 30, 1 << 30, 0x80000001, false },
};

CORE_TEST(grants_are_bounded)
{
	u32 b, i;

	for (b = 0; b < ARRAY_SIZE(bases); b++) {
		for (i = 0; i < ARRAY_SIZE(updates); i++) {
			struct cxio_send_window w, before;

			core_row(i, NULL);
			cxio_send_window_init(&w, updates[i].limit);
			w.granted += bases[b];
			w.used += bases[b];
			expect(cxio_send_window_use(&w, updates[i].used));
			before = w;
			expect_eq(cxio_send_window_update(&w, bases[b] + updates[i].grant),
				  updates[i].ok);
			if (updates[i].ok)
				expect_eq(w.granted, bases[b] + updates[i].grant);
			else
				expect_mem(&w, &before, sizeof(w));
			expect_range(cxio_send_window_left(&w), 0, w.limit);
		}
	}
}

CORE_TEST(use_what_is_left)
{
	struct cxio_send_window w;

	cxio_send_window_init(&w, 10);
	expect_eq(cxio_send_window_left(&w), 10);
	expect(!cxio_send_window_use(&w, 11));
	expect_eq(cxio_send_window_left(&w), 10);
	expect(cxio_send_window_use(&w, 4));
	expect(cxio_send_window_use(&w, 6));
	expect(cxio_send_window_use(&w, 0));
	expect(!cxio_send_window_use(&w, 1));
	expect_eq(cxio_send_window_left(&w), 0);
}

CORE_TEST(take_return_tell)
{
	u32 b;

	for (b = 0; b < ARRAY_SIZE(bases); b++) {
		struct cxio_recv_window w;

		cxio_recv_window_init(&w, 10);
		w.told += bases[b];
		w.used += bases[b];
		w.returned += bases[b];
		expect(!cxio_recv_window_take(&w, 11));
		expect(cxio_recv_window_take(&w, 10));
		expect(!cxio_recv_window_take(&w, 1));
		expect_eq(cxio_recv_window_owed(&w), 0);
		cxio_recv_window_return(&w, 3);
		expect_eq(cxio_recv_window_owed(&w), 3);
		/* returned, and not told: the peer may not use it yet */
		expect(!cxio_recv_window_take(&w, 1));
		expect_eq(cxio_recv_window_tell(&w), bases[b] + 13);
		expect_eq(cxio_recv_window_owed(&w), 0);
		expect(cxio_recv_window_take(&w, 3));
		expect(!cxio_recv_window_take(&w, 1));
	}
}

static void windows(struct cxio_credit *c, u32 frames, u32 msgs, u32 bytes)
{
	cxio_send_window_init(&c->tx_frames, frames);
	cxio_send_window_init(&c->tx_msgs, msgs);
	cxio_send_window_init(&c->tx_bytes, bytes);
	cxio_recv_window_init(&c->rx_frames, frames);
	cxio_recv_window_init(&c->rx_msgs, msgs);
	cxio_recv_window_init(&c->rx_bytes, bytes);
}

static const struct {
	u32 limit;
	u32 left;
	u32 owed;
	enum cxio_credit_verdict verdict;
} verdicts[] = {
	{ 8, 8, 0, CXIO_CREDIT_GO },
	{ 8, 2, 0, CXIO_CREDIT_GO },
	{ 8, 2, 8, CXIO_CREDIT_GO },
	{ 8, 1, 0, CXIO_CREDIT_STOP },
	{ 8, 1, 1, CXIO_CREDIT_STOP },
	{ 8, 1, 2, CXIO_CREDIT_GRANT_ONLY },
	{ 8, 1, 8, CXIO_CREDIT_GRANT_ONLY },
	{ 8, 0, 0, CXIO_CREDIT_STOP },
	{ 8, 0, 8, CXIO_CREDIT_STOP },
	{ 32, 1, 7, CXIO_CREDIT_STOP },
	{ 32, 1, 8, CXIO_CREDIT_GRANT_ONLY },
	{ 16384, 1, 4095, CXIO_CREDIT_STOP },
	{ 16384, 1, 4096, CXIO_CREDIT_GRANT_ONLY },
};

CORE_TEST(reserved_credit)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(verdicts); i++) {
		struct cxio_credit c;

		core_row(i, NULL);
		windows(&c, verdicts[i].limit, 4, 4096);
		cxio_send_window_use(&c.tx_frames, verdicts[i].limit - verdicts[i].left);
		cxio_recv_window_take(&c.rx_frames, verdicts[i].owed);
		cxio_recv_window_return(&c.rx_frames, verdicts[i].owed);
		expect_eq(cxio_credit_may_send(&c), verdicts[i].verdict);
	}
}

static const struct {
	u32 frames_owed;
	u32 msgs_owed;
	u32 bytes_owed;
	bool due;
} dues[] = {
	{ 0, 0, 0, false },
	{ 3, 9, 1023, false },
	{ 4, 0, 0, true },
	{ 0, 10, 0, true },
	{ 0, 0, 1024, true },
};

CORE_TEST(grant_is_due_from_a_quarter)
{
	struct cxio_credit c;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(dues); i++) {
		core_row(i, NULL);
		windows(&c, 16, 40, 4096);
		cxio_recv_window_take(&c.rx_frames, dues[i].frames_owed);
		cxio_recv_window_return(&c.rx_frames, dues[i].frames_owed);
		cxio_recv_window_take(&c.rx_msgs, dues[i].msgs_owed);
		cxio_recv_window_return(&c.rx_msgs, dues[i].msgs_owed);
		cxio_recv_window_take(&c.rx_bytes, dues[i].bytes_owed);
		cxio_recv_window_return(&c.rx_bytes, dues[i].bytes_owed);
		expect_eq(cxio_credit_grant_due(&c), dues[i].due);
	}
}

CORE_TEST(fill_tells_all)
{
	struct cxio_credit c;
	struct cxio_frame f;

	windows(&c, 16, 40, 4096);
	cxio_recv_window_take(&c.rx_frames, 5);
	cxio_recv_window_return(&c.rx_frames, 4);
	cxio_recv_window_take(&c.rx_msgs, 3);
	cxio_recv_window_return(&c.rx_msgs, 2);
	cxio_recv_window_take(&c.rx_bytes, 100);
	cxio_recv_window_return(&c.rx_bytes, 99);
	cxio_credit_fill(&c, &f);
	expect_eq(f.grant_frames, 20);
	expect_eq(f.grant_msgs, 42);
	expect_eq(f.grant_bytes, 4096 + 99);
	expect(!cxio_credit_grant_due(&c));
	expect_eq(cxio_recv_window_owed(&c.rx_frames), 0);
	expect_eq(cxio_recv_window_owed(&c.rx_msgs), 0);
	expect_eq(cxio_recv_window_owed(&c.rx_bytes), 0);
}

static const struct {
	const char *what;
	u8 type;
	u32 before;	/* frames that came before */
	u32 used;	/* of each of our send windows */
	u32 frames;
	u32 msgs;
	u32 bytes;
	enum cxio_fault fault;
} frames[] = {
	{ "first frame", CXIO_FRAME_MESSAGE, 0, 0, 8, 8, 4096, CXIO_FAULT_NONE },
	{ "last but one", CXIO_FRAME_MORE, 6, 0, 8, 8, 4096, CXIO_FAULT_NONE },
	{ "last is a grant", CXIO_FRAME_GRANT, 7, 0, 8, 8, 4096, CXIO_FAULT_NONE },
	{ "last is a message", CXIO_FRAME_MESSAGE, 7, 0, 8, 8, 4096,
	  CXIO_FAULT_FRAME_LAST_CREDIT },
	{ "last is a close", CXIO_FRAME_CLOSE, 7, 0, 8, 8, 4096, CXIO_FAULT_FRAME_LAST_CREDIT },
	{ "last is a keepalive", CXIO_FRAME_KEEPALIVE, 7, 0, 8, 8, 4096,
	  CXIO_FAULT_FRAME_LAST_CREDIT },
	{ "no credit", CXIO_FRAME_GRANT, 8, 0, 8, 8, 4096, CXIO_FAULT_FRAME_CREDIT },
	{ "grants all", CXIO_FRAME_GRANT, 0, 3, 11, 11, 4099, CXIO_FAULT_NONE },
	{ "grants a frame too many", CXIO_FRAME_GRANT, 0, 3, 12, 11, 4099,
	  CXIO_FAULT_GRANT_FRAMES },
	{ "takes a frame back", CXIO_FRAME_GRANT, 0, 3, 7, 11, 4099, CXIO_FAULT_GRANT_FRAMES },
	{ "grants a message too many", CXIO_FRAME_GRANT, 0, 3, 11, 12, 4099,
	  CXIO_FAULT_GRANT_MSGS },
	{ "takes a message back", CXIO_FRAME_GRANT, 0, 3, 11, 7, 4099, CXIO_FAULT_GRANT_MSGS },
	{ "grants a byte too many", CXIO_FRAME_GRANT, 0, 3, 11, 11, 4100,
	  CXIO_FAULT_GRANT_BYTES },
	{ "takes a byte back", CXIO_FRAME_GRANT, 0, 3, 11, 11, 4095, CXIO_FAULT_GRANT_BYTES },
};

CORE_TEST(each_frame)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(frames); i++) {
		const struct cxio_frame f = {
			.type = frames[i].type, .grant_frames = frames[i].frames,
			.grant_msgs = frames[i].msgs, .grant_bytes = frames[i].bytes,
		};
		struct cxio_credit c;

		windows(&c, 8, 8, 4096);
		cxio_recv_window_take(&c.rx_frames, frames[i].before);
		cxio_send_window_use(&c.tx_frames, frames[i].used);
		cxio_send_window_use(&c.tx_msgs, frames[i].used);
		cxio_send_window_use(&c.tx_bytes, frames[i].used);
		core_row(i, frames[i].what);
		expect_fault(cxio_credit_received(&c, &f), frames[i].fault);
	}
}

CORE_TEST(begin_and_begun)
{
	struct cxio_credit c;

	windows(&c, 8, 3, 4096);
	expect(cxio_credit_may_begin(&c, 4096));
	expect(!cxio_credit_may_begin(&c, 4097));
	/* a length that would fit only if cut to 32 bits */
	expect(!cxio_credit_may_begin(&c, 1ull << 32));
	expect_fault(cxio_credit_begun(&c, 1ull << 32), CXIO_FAULT_MSG_WINDOW_BYTES);
	expect_fault(cxio_credit_begun(&c, 4097), CXIO_FAULT_MSG_WINDOW_BYTES);
	expect(cxio_credit_begin(&c, 4000));
	expect_fault(cxio_credit_begun(&c, 4000), CXIO_FAULT_NONE);
	expect(!cxio_credit_begin(&c, 97));
	expect_eq(cxio_send_window_left(&c.tx_msgs), 2);
	expect(cxio_credit_begin(&c, 96));
	expect_fault(cxio_credit_begun(&c, 96), CXIO_FAULT_NONE);
	expect(cxio_credit_begin(&c, 0));
	expect_fault(cxio_credit_begun(&c, 0), CXIO_FAULT_NONE);
	expect(!cxio_credit_begin(&c, 0));
	expect_fault(cxio_credit_begun(&c, 0), CXIO_FAULT_MSG_WINDOW_MSGS);
}

static struct core_case cases[] = {
	CORE_CASE(grants_are_bounded),
	CORE_CASE(use_what_is_left),
	CORE_CASE(take_return_tell),
	CORE_CASE(reserved_credit),
	CORE_CASE(grant_is_due_from_a_quarter),
	CORE_CASE(fill_tells_all),
	CORE_CASE(each_frame),
	CORE_CASE(begin_and_begun),
	{}
};

CORE_SUITE(credit, cases);
