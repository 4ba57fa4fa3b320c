// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * channel.c: two of them joined back to back (pair.h), and what goes between.
 */
#include "cmocka_cxio.h"
#include "pair.h"
#include "plan.h"

#define SECOND 1000000000ull

static void equal_pair(struct pair *p, u32 frame_size, u16 depth, u32 msgs, u32 bytes)
{
	struct cxio_limits l;

	pair_limits(&l, frame_size, depth, msgs, bytes);
	pair_init(p, &l, &l);
}

/* Frames of a message, counted the slow way from the layout in numbers. */
static u64 frames_for(u32 frame_size, u32 payload)
{
	u32 room = frame_size - 28 - 53;
	u64 frames = 1;

	while (payload > room) {
		payload -= room;
		room = frame_size - 28;
		frames++;
	}
	return room - payload < 21 ? frames + 1 : frames;
}

static void one_message(u32 frame_size, u32 front, u32 middle, u32 data)
{
	struct cxio_msg_header *h;
	struct pair p;
	u64 frames;

	equal_pair(&p, frame_size, 32, 64, 8 << 20);
	pair_offer(&p, 0, front, middle, data);
	pair_settle(&p, 10000);
	pair_assert_rest(&p);
	frames = p.end[0].sent[CXIO_FRAME_MESSAGE] + p.end[0].sent[CXIO_FRAME_MORE];
	assert_int_equal(p.end[0].sent[CXIO_FRAME_MESSAGE], 1);
	assert_int_equal(frames, frames_for(frame_size, front + middle + data));
	h = p.end[0].queue;
	assert_int_equal(cxio_plan_message(&p.end[0].agreed, h, NULL).path,
			 frames == 1 ? CXIO_PATH_INLINE : CXIO_PATH_CHAINED);
	assert_int_equal(p.end[0].s.stats.bytes_sent, front + middle + data);
	assert_int_equal(p.end[1].s.stats.bytes_received, front + middle + data);
	pair_free(&p);
}

/* Every way a payload of @n bytes can be split among the parts, around the border @at. */
static void splits(u32 frame_size, u32 n, u32 at)
{
	one_message(frame_size, n, 0, 0);
	one_message(frame_size, 0, n, 0);
	one_message(frame_size, 0, 0, n);
	if (at > n)
		at = n;
	one_message(frame_size, at, 0, n - at);
	one_message(frame_size, at, n - at, 0);
	one_message(frame_size, 0, at, n - at);
	if (at && n - at) {
		one_message(frame_size, at - 1, 1, n - at);
		one_message(frame_size, at, 1, n - at - 1);
		one_message(frame_size, at - 1, 2, n - at - 1);
	}
}

static void sizes_at_the_borders(void **state)
{
	static const u32 sizes[] = { 512, 513, 1000, 4096, 65536 };
	u32 i, frames, delta;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u32 size = sizes[i], first = size - 81;

		for (frames = 0; frames < 3; frames++) {
			u32 border = first + frames * (size - 28);

			/* from the footer just in, over the footer alone, to a byte more */
			for (delta = 0; delta <= 24; delta++)
				if (delta < 3 || delta > 18)
					splits(size, border - 22 + delta, border);
		}
	}
}

static void empty_messages(void **state)
{
	struct pair p;
	u32 i;

	(void)state;
	one_message(512, 0, 0, 0);
	equal_pair(&p, 512, 8, 4, 4096);
	for (i = 0; i < 200; i++)
		pair_offer(&p, i & 1, 0, 0, 0);
	pair_settle(&p, 2000);
	pair_assert_rest(&p);
	pair_free(&p);
}

/* The footer alone in the last frame, many times, so that a lost one would show. */
static void footer_alone(void **state)
{
	struct pair p;
	u32 i;

	(void)state;
	equal_pair(&p, 512, 8, 4, 4096);
	for (i = 0; i < 21; i++)
		pair_offer(&p, 0, 512 - 81 - i, 0, 0);
	pair_settle(&p, 2000);
	pair_assert_rest(&p);
	assert_int_equal(p.end[0].sent[CXIO_FRAME_MESSAGE], 21);
	assert_int_equal(p.end[0].sent[CXIO_FRAME_MORE], 21);
	pair_free(&p);
}

/* Frame sizes differ between the sides; none sends more than the other takes. */
static void unequal_sides(void **state)
{
	struct cxio_limits a, b;
	struct pair p;
	u32 i;

	(void)state;
	pair_limits(&a, 512, 8, 1, 4096);
	pair_limits(&b, 16384, 300, 100, 1 << 20);
	for (i = 0; i < 2; i++) {
		pair_init(&p, i ? &a : &b, i ? &b : &a);
		assert_int_equal(p.end[0].agreed.frame_max, 512);
		assert_int_equal(p.end[1].agreed.frame_max, 512);
		for (u32 k = 0; k < 50; k++) {
			pair_offer(&p, 0, 24, 5, k * 80);
			pair_offer(&p, 1, 24, 5, k * 80);
		}
		pair_settle(&p, 5000);
		pair_assert_rest(&p);
		pair_free(&p);
	}
}

static void passive_side_waits(void **state)
{
	struct pair p;

	(void)state;
	equal_pair(&p, 512, 8, 4, 4096);
	pair_offer(&p, 1, 1, 2, 3);
	cxio_channel_close(&p.end[1].s, CXIO_FAULT_SHUTDOWN);
	p.end[1].s.keepalive.interval_ns = SECOND;
	p.now += 2 * SECOND;
	assert_int_equal(cxio_channel_tick(&p.end[1].s, p.now), 0);
	assert_int_equal(pair_send(&p, 1), CXIO_TX_NOTHING);
	/* the active side owes a first frame, with nothing to say */
	assert_int_equal(pair_send(&p, 0), CXIO_TX_CONTROL);
	assert_int_equal(p.end[0].sent[CXIO_FRAME_GRANT], 1);
	assert_int_equal(pair_send(&p, 0), CXIO_TX_NOTHING);
	assert_int_equal(pair_send(&p, 1), CXIO_TX_NOTHING);
	pair_deliver(&p, 1);
	assert_int_equal(pair_send(&p, 1), CXIO_TX_CONTROL);
	pair_free(&p);
}

static void first_frame_may_be_a_message(void **state)
{
	struct pair p;

	(void)state;
	equal_pair(&p, 512, 8, 4, 4096);
	pair_offer(&p, 0, 1, 0, 0);
	assert_int_equal(pair_send(&p, 0), CXIO_TX_BEGIN);
	assert_int_equal(pair_send(&p, 0), CXIO_TX_NOTHING);
	pair_deliver(&p, 1);
	pair_settle(&p, 10);
	pair_assert_rest(&p);
	pair_free(&p);
}

static void ack_is_delayed(void **state)
{
	struct pair p;
	u64 then;

	(void)state;
	equal_pair(&p, 512, 32, 64, 1 << 20);
	pair_offer(&p, 0, 10, 0, 0);
	pair_run(&p, 1);
	then = p.now;
	assert_int_equal(p.end[1].delivered, 1);
	assert_int_equal(p.end[0].session.acked, 0);
	assert_true(cxio_channel_deadline(&p.end[1].s, true) == then + CXIO_ACK_DELAY_NS);

	/* a second message does not push the first one's ack back */
	p.now = then + CXIO_ACK_DELAY_NS / 2;
	pair_offer(&p, 0, 10, 0, 0);
	pair_run(&p, 1);
	p.now = then + CXIO_ACK_DELAY_NS - 1;
	assert_int_equal(pair_send(&p, 1), CXIO_TX_NOTHING);
	p.now = then + CXIO_ACK_DELAY_NS;
	assert_int_equal(pair_send(&p, 1), CXIO_TX_CONTROL);
	assert_int_equal(p.end[1].sent[CXIO_FRAME_GRANT], 1);
	assert_true(cxio_channel_deadline(&p.end[1].s, true) == CXIO_NEVER);
	assert_int_equal(pair_send(&p, 1), CXIO_TX_NOTHING);
	pair_deliver(&p, 0);
	assert_int_equal(p.end[0].session.acked, 2);
	pair_assert_rest(&p);
	pair_free(&p);
}

/* A reply carries the ack: no frame of its own. */
static void ack_rides_along(void **state)
{
	struct pair p;
	u32 i;

	(void)state;
	equal_pair(&p, 512, 32, 64, 1 << 20);
	for (i = 0; i < 100; i++) {
		pair_offer(&p, 0, 10, 0, 0);
		pair_run(&p, 3);
		p.now += CXIO_ACK_DELAY_NS - 1;
		pair_offer(&p, 1, 10, 0, 0);
		pair_run(&p, 3);
		assert_int_equal(p.end[0].session.acked, i + 1);
	}
	assert_int_equal(p.end[0].s.stats.grants_sent + p.end[1].s.stats.grants_sent, 0);
	pair_settle(&p, 3);
	pair_assert_rest(&p);
	pair_free(&p);
}

/* Receive buffers come back late: the sender stops at its last credit, then goes on. */
static void credits_run_out(void **state)
{
	static const u16 depths[] = { 8, 9, 16, 33 };
	u32 i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		struct pair p;

		equal_pair(&p, 512, depths[i], 64, 1 << 20);
		p.end[1].hold_posts = true;
		pair_offer(&p, 0, 0, 0, 40000);
		pair_run(&p, 100);
		assert_int_equal(p.frames, depths[i] - 1);
		assert_int_equal(cxio_send_window_left(&p.end[0].s.credit.tx_frames), 1);
		assert_int_equal(p.end[0].s.stats.credit_stalls, 1);
		for (k = 0; k < 2000 && p.end[1].delivered < 1; k++) {
			pair_repost(&p, 1, 1);
			pair_run(&p, 100);
		}
		p.end[1].hold_posts = false;
		pair_repost(&p, 1, ~0u);
		pair_settle(&p, 100);
		pair_assert_rest(&p);
		pair_free(&p);
	}
}

/* Both only send, and both run dry at once. */
static void credits_run_out_both_ways(void **state)
{
	static const u16 depths[] = { 8, 9, 11, 32 };
	u32 i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		u32 quarter = depths[i] / 4, side;
		u64 grants;
		struct pair p;

		equal_pair(&p, 512, depths[i], 64, 1 << 20);
		for (side = 0; side < 2; side++) {
			p.end[side].hold_posts = true;
			for (k = 0; k < 3; k++)
				pair_offer(&p, side, 0, 0, 30000);
		}
		pair_run(&p, 2 * depths[i]);
		for (side = 0; side < 2; side++)
			assert_int_equal(cxio_send_window_left(&p.end[side].s.credit.tx_frames), 1);

		/* just below a quarter is not worth the last credit; a quarter is */
		grants = p.end[0].sent[CXIO_FRAME_GRANT];
		for (side = 0; side < 2; side++)
			pair_repost(&p, side, quarter - 1);
		assert_int_equal(pair_run(&p, 1), 0);
		for (side = 0; side < 2; side++)
			pair_repost(&p, side, 1);
		assert_int_equal(pair_send(&p, 0), CXIO_TX_CONTROL);
		assert_int_equal(pair_send(&p, 1), CXIO_TX_CONTROL);
		assert_int_equal(p.end[0].sent[CXIO_FRAME_GRANT], grants + 1);
		for (side = 0; side < 2; side++)
			assert_int_equal(cxio_send_window_left(&p.end[side].s.credit.tx_frames), 0);
		assert_true(pair_run(&p, 4 * depths[i]) > 0);

		for (side = 0; side < 2; side++) {
			p.end[side].hold_posts = false;
			pair_repost(&p, side, ~0u);
		}
		pair_settle(&p, 2000);
		pair_assert_rest(&p);
		pair_free(&p);
	}
}

/*
 * From every state of frames owed both ways, two ends with nothing to say come to
 * rest after few grants, and neither is left with its last credit.
 */
static void grants_do_not_feed_each_other(void **state)
{
	static const u16 depths[] = { 8, 9, 10, 12, 16, 31 };
	u32 i, owed[2], side;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		u32 most = depths[i] - 1;

		for (owed[0] = 0; owed[0] <= most; owed[0]++) {
			for (owed[1] = 0; owed[1] <= most; owed[1]++) {
				struct pair p;

				equal_pair(&p, 512, depths[i], 4, 4096);
				pair_run(&p, 2);
				for (side = 0; side < 2; side++) {
					struct cxio_send_window *tx;
					struct cxio_recv_window *rx;
					u32 n;

					tx = &p.end[side].s.credit.tx_frames;
					rx = &p.end[!side].s.credit.rx_frames;
					n = owed[side] - cxio_recv_window_owed(rx);
					if (owed[side] < cxio_recv_window_owed(rx))
						n = 0;
					tx->used += n;
					rx->used += n;
					rx->returned += n;
				}
				pair_settle(&p, 6);
				pair_assert_rest(&p);
				pair_free(&p);
			}
		}
	}
}

/* The application holds messages: the window closes, control frames still pass. */
static void window_runs_out(void **state)
{
	u32 side;

	(void)state;
	for (side = 0; side < 2; side++) {
		struct pair_end *tx, *rx;
		struct pair p;
		u32 i;

		equal_pair(&p, 512, 8, 3, 4096);
		tx = &p.end[side];
		rx = &p.end[!side];
		rx->hold_messages = true;
		for (i = 0; i < 10; i++)
			pair_offer(&p, side, 0, 0, 10);
		pair_settle(&p, 20);
		assert_int_equal(rx->delivered, 3);
		assert_int_equal(tx->s.stats.window_stalls, 1);
		assert_int_equal(tx->session.acked, 3);
		tx->s.keepalive.ask = true;
		pair_settle(&p, 20);
		assert_int_equal(tx->echoes, 1);
		for (i = 1; i <= 7; i++) {
			pair_consume(&p, !side, 1);
			pair_settle(&p, 20);
			assert_int_equal(rx->delivered, 3 + i);
		}
		pair_consume(&p, !side, 3);
		pair_settle(&p, 20);
		pair_assert_rest(&p);
		pair_free(&p);
	}
}

/* A message as large as the whole window waits for its last byte, and gets it. */
static void window_of_one_message(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < 20; i++) {
		struct pair p;

		equal_pair(&p, 512, 8, 64, 4096);
		pair_offer(&p, 0, 0, 0, i);
		pair_offer(&p, 0, 0, 0, 4096);
		pair_offer(&p, 0, 4096, 0, 0);
		pair_offer(&p, 0, 0, 0, 1);
		pair_settle(&p, 200);
		pair_assert_rest(&p);
		pair_free(&p);
	}
}

/* Both windows closed both ways at once. */
static void windows_run_out_both_ways(void **state)
{
	struct pair p;
	u32 side, i;

	(void)state;
	equal_pair(&p, 512, 8, 2, 4096);
	for (side = 0; side < 2; side++) {
		p.end[side].hold_messages = true;
		for (i = 0; i < 9; i++)
			pair_offer(&p, side, 100, 3, 1900);
	}
	pair_settle(&p, 200);
	for (i = 0; i < 9; i++) {
		for (side = 0; side < 2; side++)
			pair_consume(&p, side, 1);
		pair_settle(&p, 200);
	}
	pair_assert_rest(&p);
	pair_free(&p);
}

/* Counters that wrap in the middle of traffic make no difference. */
static void counters_wrap(void **state)
{
	static const struct {
		u32 windows;
		u64 seq;
	} rows[] = {
		{ 0xffffffff, 0xffffffff }, { 0xfffffff0, 0xfffffff9 }, { 0xffffff00, 0xfffffffe },
		{ 0xffffc000, 0xfffffff0 }, { 0x7fffff00, 0x7ffffff0 },
		{ 0, 0xfffffffffffffff0 - 1000 },
	};
	u32 i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pair p;

		equal_pair(&p, 512, 8, 4, 4096);
		pair_shift(&p, rows[i].windows, rows[i].seq);
		for (k = 0; k < 100; k++) {
			pair_offer(&p, 0, 24, k, k * 37);
			pair_offer(&p, 1, 24, k, 3700 - k * 37);
		}
		pair_settle(&p, 5000);
		pair_assert_rest(&p);
		assert_true(p.end[1].session.in_seq == rows[i].seq + 100);
		pair_free(&p);
	}
}

static void keepalive_pair(struct pair *p)
{
	equal_pair(p, 512, 8, 4, 4096);
	p->end[0].s.keepalive.interval_ns = CXIO_KEEPALIVE_NS;
	p->end[0].s.keepalive.expiry_ns = CXIO_KEEPALIVE_EXPIRY_NS;
	pair_settle(p, 4);
}

static void keepalive_is_echoed(void **state)
{
	struct pair p;
	u64 then;
	u32 i;

	(void)state;
	keepalive_pair(&p);
	then = p.end[0].s.keepalive.heard;
	for (i = 1; i <= 5; i++) {
		assert_true(cxio_channel_deadline(&p.end[0].s, true) == then + CXIO_KEEPALIVE_NS);
		p.now = then + CXIO_KEEPALIVE_NS - 1;
		assert_int_equal(cxio_channel_tick(&p.end[0].s, p.now), 0);
		assert_int_equal(pair_send(&p, 0), CXIO_TX_NOTHING);
		p.now++;
		assert_int_equal(cxio_channel_tick(&p.end[0].s, p.now), 0);
		then = p.now;
		assert_int_equal(pair_send(&p, 0), CXIO_TX_CONTROL);
		assert_int_equal(p.end[0].sent[CXIO_FRAME_KEEPALIVE], i);
		p.now += 1234567;
		pair_settle(&p, 4);
		assert_int_equal(p.end[0].echoes, i);
		assert_true(p.end[0].echo_ns == then);
		then = p.end[0].s.keepalive.heard;
	}
	/* The owner asks before it is time: his question is open until it is sent. */
	cxio_session_ask(p.end[0].s.session, p.now);
	cxio_keepalive_want(&p.end[0].s.keepalive);
	assert_true(p.end[0].s.session->asked);
	assert_int_equal(pair_send(&p, 0), CXIO_TX_CONTROL);
	assert_int_equal(p.end[0].sent[CXIO_FRAME_KEEPALIVE], i);
	assert_false(p.end[0].s.session->asked);
	/* The next carrier asks what this one did not get to. */
	cxio_session_ask(p.end[0].s.session, p.now);
	assert_int_equal(pair_send(&p, 0), CXIO_TX_NOTHING);
	cxio_channel_ready(&p.end[0].s, p.end[0].s.session);
	assert_int_equal(pair_send(&p, 0), CXIO_TX_CONTROL);
	assert_int_equal(p.end[0].sent[CXIO_FRAME_KEEPALIVE], i + 1);
	pair_free(&p);
}

/* Traffic keeps keepalives away; silence brings one each period, then the end. */
static void keepalive_expires(void **state)
{
	struct pair p;
	u64 heard, step;

	(void)state;
	keepalive_pair(&p);
	heard = p.end[0].s.keepalive.heard;
	for (step = 1; step < 4; step++) {
		p.now = heard + step * CXIO_KEEPALIVE_NS;
		assert_true(cxio_channel_deadline(&p.end[0].s, true) == p.now);
		assert_int_equal(cxio_channel_tick(&p.end[0].s, p.now), 0);
		assert_int_equal(cxio_channel_tick(&p.end[0].s, p.now), 0);
		assert_int_equal(pair_send(&p, 0), CXIO_TX_CONTROL);
		assert_int_equal(pair_send(&p, 0), CXIO_TX_NOTHING);
	}
	assert_int_equal(p.end[0].sent[CXIO_FRAME_KEEPALIVE], 3);
	p.now = heard + CXIO_KEEPALIVE_EXPIRY_NS - 1;
	assert_int_equal(cxio_channel_tick(&p.end[0].s, p.now), 0);
	assert_true(cxio_channel_deadline(&p.end[0].s, true) == p.now + 1);
	p.now++;
	assert_int_equal(cxio_channel_tick(&p.end[0].s, p.now), CXIO_FAULT_KEEPALIVE);
	pair_free(&p);

	keepalive_pair(&p);
	for (step = 0; step < 20; step++) {
		p.now += CXIO_KEEPALIVE_NS - CXIO_ACK_DELAY_NS - 1;
		assert_int_equal(cxio_channel_tick(&p.end[0].s, p.now), 0);
		pair_offer(&p, 1, 0, 0, 1);
		pair_settle(&p, 4);
	}
	assert_int_equal(p.end[0].sent[CXIO_FRAME_KEEPALIVE], 0);
	pair_free(&p);
}

static void no_keepalive_if_off(void **state)
{
	struct pair p;

	(void)state;
	equal_pair(&p, 512, 8, 4, 4096);
	pair_settle(&p, 4);
	assert_true(cxio_channel_deadline(&p.end[0].s, true) == CXIO_NEVER);
	p.now += 1000 * SECOND;
	assert_int_equal(cxio_channel_tick(&p.end[0].s, p.now), 0);
	assert_int_equal(pair_send(&p, 0), CXIO_TX_NOTHING);
	pair_free(&p);
}

/* Asked many times before it can answer, a side answers once, with the newest stamp. */
static void echoes_do_not_pile_up(void **state)
{
	struct pair p;
	u32 i;

	(void)state;
	keepalive_pair(&p);
	for (i = 0; i < 5; i++) {
		p.now++;
		p.end[0].s.keepalive.ask = true;
		assert_int_equal(pair_send(&p, 0), CXIO_TX_CONTROL);
		pair_deliver(&p, 1);
	}
	pair_settle(&p, 4);
	assert_int_equal(p.end[0].echoes, 1);
	assert_true(p.end[0].echo_ns == p.now);
	pair_free(&p);
}

/* A keepalive goes between the frames of a long message, and disturbs nothing. */
static void keepalive_inside_a_message(void **state)
{
	struct pair p;

	(void)state;
	keepalive_pair(&p);
	pair_offer(&p, 0, 0, 0, 2000);
	assert_int_equal(pair_send(&p, 0), CXIO_TX_BEGIN);
	p.end[0].s.keepalive.ask = true;
	assert_int_equal(pair_send(&p, 0), CXIO_TX_CONTROL);
	assert_int_equal(pair_send(&p, 0), CXIO_TX_MORE);
	pair_settle(&p, 20);
	assert_int_equal(p.end[0].echoes, 1);
	pair_assert_rest(&p);
	pair_free(&p);
}

static void assert_silent(struct pair *p)
{
	u32 side;

	p->now += 1000 * SECOND;
	for (side = 0; side < 2; side++) {
		assert_int_equal(pair_send(p, side), CXIO_TX_NOTHING);
		assert_true(cxio_channel_deadline(&p->end[side].s, true) == CXIO_NEVER);
	}
}

/* What is queued goes first; the answer carries the last ack; then both disconnect. */
static void close_in_order(void **state)
{
	u32 side;

	(void)state;
	for (side = 0; side < 2; side++) {
		struct cxio_channel *s, *peer;
		struct pair p;

		equal_pair(&p, 512, 8, 2, 4096);
		pair_run(&p, 2);
		s = &p.end[side].s;
		peer = &p.end[!side].s;
		pair_offer(&p, side, 0, 0, 3000);
		pair_offer(&p, side, 0, 0, 10);
		pair_offer(&p, side, 0, 0, 4000);
		cxio_channel_close(s, CXIO_FAULT_NONE);
		assert_false(cxio_channel_may_disconnect(s, true));
		pair_settle(&p, 100);
		assert_int_equal(p.end[!side].delivered, 3);
		assert_int_equal(p.end[0].closes, 1);
		assert_int_equal(p.end[1].closes, 1);
		assert_int_equal(peer->peer_reason, CXIO_FAULT_NONE);
		assert_int_equal(s->session->acked, 3);
		assert_false(cxio_channel_may_disconnect(s, false));
		assert_true(cxio_channel_may_disconnect(s, true));
		assert_true(cxio_channel_may_disconnect(peer, true));
		assert_int_equal(cxio_channel_lost(s), CXIO_FAULT_NONE);
		assert_int_equal(cxio_channel_lost(peer), CXIO_FAULT_NONE);
		assert_silent(&p);
		pair_free(&p);
	}
}

/* An orderly end has no taker for what the other side queued: that one is told. */
static void close_leaves_unsent_behind(void **state)
{
	struct pair p;

	(void)state;
	equal_pair(&p, 512, 8, 2, 4096);
	pair_run(&p, 2);
	pair_offer(&p, 1, 0, 0, 4000);
	assert_int_equal(pair_send(&p, 1), CXIO_TX_BEGIN);
	cxio_channel_close(&p.end[0].s, CXIO_FAULT_NONE);
	assert_int_equal(pair_send(&p, 0), CXIO_TX_CONTROL);
	pair_deliver(&p, 1);
	pair_settle(&p, 10);
	assert_int_equal(p.end[0].closes + p.end[1].closes, 2);
	assert_int_equal(p.end[0].delivered, 0);
	assert_int_equal(cxio_channel_lost(&p.end[0].s), CXIO_FAULT_NONE);
	assert_int_equal(cxio_channel_lost(&p.end[1].s), CXIO_FAULT_PEER_GONE);
	assert_silent(&p);
	pair_free(&p);
}

/*
 * One side closes in order while the other is in the middle of sending and out of
 * credits: both must come to an end without a time-out, however that is done.
 */
static void close_meets_a_sender_without_credit(void **state)
{
	u32 side;

	(void)state;
	for (side = 0; side < 2; side++) {
		struct pair p;

		equal_pair(&p, 512, 8, 64, 1 << 20);
		pair_run(&p, 2);
		p.end[side].hold_posts = true;
		pair_offer(&p, !side, 0, 0, 40000);
		pair_run(&p, 100);
		cxio_channel_close(&p.end[side].s, CXIO_FAULT_NONE);
		assert_int_equal(pair_send(&p, side), CXIO_TX_CONTROL);
		pair_deliver(&p, !side);
		p.end[side].hold_posts = false;
		pair_repost(&p, side, ~0u);
		pair_settle(&p, 100);
		assert_true(cxio_channel_may_disconnect(&p.end[!side].s, true));
		assert_true(cxio_channel_may_disconnect(&p.end[side].s, true));
		pair_free(&p);
	}
}

static const struct {
	bool close_sent;
	u16 close_reason;
	bool peer_closed;
	u16 peer_reason;
	bool sends_done;
	bool all_acked;
	bool disconnect;
	enum cxio_fault lost;
} ends[] = {
	{ false, 0, false, 0, true, true, false, CXIO_FAULT_PEER_GONE },
	{ true, 0, false, 0, true, true, false, CXIO_FAULT_NONE },
	{ true, 0, false, 0, true, false, false, CXIO_FAULT_PEER_GONE },
	{ true, 0, true, 0, false, true, false, CXIO_FAULT_NONE },
	{ true, 0, true, 0, true, true, true, CXIO_FAULT_NONE },
	{ true, 0, true, 0, true, false, true, CXIO_FAULT_PEER_GONE },
	{ false, 0, true, 0, true, true, false, CXIO_FAULT_PEER_GONE },
	{ false, 0, true, CXIO_FAULT_DATA_CRC, false, true, true, CXIO_FAULT_PEER_GONE },
	{ true, CXIO_FAULT_DATA_CRC, false, 0, false, true, false, CXIO_FAULT_DATA_CRC },
	{ true, CXIO_FAULT_DATA_CRC, false, 0, true, false, true, CXIO_FAULT_DATA_CRC },
};

static void when_to_disconnect(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		struct cxio_session session = {
			.out_seq = 5, .sent_seq = 5, .acked = ends[i].all_acked ? 5 : 4,
		};
		const struct cxio_channel s = {
			.session = &session,
			.close_sent = ends[i].close_sent, .close_reason = ends[i].close_reason,
			.peer_closed = ends[i].peer_closed, .peer_reason = ends[i].peer_reason,
		};

		print_message("# row %u\n", i);
		assert_int_equal(cxio_channel_may_disconnect(&s, ends[i].sends_done),
				 ends[i].disconnect);
		assert_int_equal(cxio_channel_lost(&s), ends[i].lost);
	}
}

static void close_with_a_fault_goes_first(void **state)
{
	struct pair p;

	(void)state;
	equal_pair(&p, 512, 8, 2, 4096);
	pair_run(&p, 2);
	pair_offer(&p, 0, 0, 0, 3000);
	pair_offer(&p, 0, 0, 0, 10);
	assert_int_equal(pair_send(&p, 0), CXIO_TX_BEGIN);
	cxio_channel_close(&p.end[0].s, CXIO_FAULT_NO_MEMORY);
	pair_settle(&p, 10);
	assert_int_equal(p.end[1].delivered, 0);
	assert_int_equal(p.end[1].closes, 1);
	assert_int_equal(p.end[1].s.peer_reason, CXIO_FAULT_NO_MEMORY);
	assert_true(cxio_channel_may_disconnect(&p.end[0].s, true));
	assert_true(cxio_channel_may_disconnect(&p.end[1].s, false));
	assert_silent(&p);
	pair_free(&p);
}

/* The first fault sticks; an orderly close may still turn into a faulty one. */
static void first_reason_sticks(void **state)
{
	static const struct {
		u16 first;
		u16 second;
		u16 told;
	} rows[] = {
		{ CXIO_FAULT_DATA_CRC, CXIO_FAULT_SHUTDOWN, CXIO_FAULT_DATA_CRC },
		{ CXIO_FAULT_DATA_CRC, CXIO_FAULT_NONE, CXIO_FAULT_DATA_CRC },
		{ CXIO_FAULT_NONE, CXIO_FAULT_NONE, CXIO_FAULT_NONE },
		{ CXIO_FAULT_NONE, CXIO_FAULT_DATA_CRC, CXIO_FAULT_DATA_CRC },
	};
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pair p;

		equal_pair(&p, 512, 8, 2, 4096);
		pair_run(&p, 2);
		cxio_channel_close(&p.end[0].s, rows[i].first);
		cxio_channel_close(&p.end[0].s, rows[i].second);
		pair_settle(&p, 10);
		assert_int_equal(p.end[1].s.peer_reason, rows[i].told);
		assert_int_equal(p.end[1].closes, 1);
		pair_free(&p);
	}
}

static void both_close_at_once(void **state)
{
	struct pair p;

	(void)state;
	equal_pair(&p, 512, 8, 2, 4096);
	pair_run(&p, 2);
	cxio_channel_close(&p.end[0].s, CXIO_FAULT_NONE);
	cxio_channel_close(&p.end[1].s, CXIO_FAULT_NONE);
	assert_int_equal(pair_send(&p, 0), CXIO_TX_CONTROL);
	assert_int_equal(pair_send(&p, 1), CXIO_TX_CONTROL);
	pair_settle(&p, 10);
	assert_int_equal(p.end[0].closes + p.end[1].closes, 2);
	assert_silent(&p);
	pair_free(&p);
}

/* CLOSE is no grant: it waits until there is more than the last credit. */
static void close_waits_for_a_credit(void **state)
{
	struct pair p;

	(void)state;
	equal_pair(&p, 512, 8, 64, 1 << 20);
	pair_run(&p, 2);
	p.end[1].hold_posts = true;
	pair_offer(&p, 0, 0, 0, 40000);
	pair_run(&p, 100);
	cxio_channel_close(&p.end[0].s, CXIO_FAULT_SHUTDOWN);
	assert_int_equal(pair_run(&p, 1), 0);
	pair_repost(&p, 1, ~0u);
	pair_run(&p, 10);
	assert_int_equal(p.end[1].closes, 1);
	pair_free(&p);
}

/* No ack is due in a side that cannot send: its owner must not be woken for it. */
static void no_deadline_without_credit(void **state)
{
	struct pair p;

	(void)state;
	equal_pair(&p, 512, 8, 64, 1 << 20);
	p.end[1].hold_posts = true;
	pair_offer(&p, 0, 0, 0, 40000);
	pair_run(&p, 100);
	pair_offer(&p, 1, 0, 0, 1);
	pair_run(&p, 100);
	assert_int_equal(p.end[0].delivered, 1);
	assert_true(p.end[0].s.ack_due != CXIO_NEVER);
	assert_true(cxio_channel_deadline(&p.end[0].s, true) == CXIO_NEVER);
	p.end[1].hold_posts = false;
	pair_repost(&p, 1, ~0u);
	pair_settle(&p, 500);
	pair_assert_rest(&p);
	pair_free(&p);
}

/* A message that waits for something of its owner's goes before an orderly end. */
static void close_waits_for_what_is_held(void **state)
{
	struct cxio_offer offer = { .held = true };
	struct pair p;

	(void)state;
	equal_pair(&p, 512, 32, 64, 8 << 20);
	pair_run(&p, 2);
	cxio_channel_close(&p.end[0].s, CXIO_FAULT_NONE);
	assert_int_equal(cxio_channel_next(&p.end[0].s, &offer, p.now), CXIO_TX_NOTHING);
	offer.held = false;
	assert_int_equal(cxio_channel_next(&p.end[0].s, &offer, p.now), CXIO_TX_CONTROL);
	assert_int_equal(p.end[0].s.control, CXIO_FRAME_CLOSE);
	pair_free(&p);
	/* But an end for a reason does not wait. */
	equal_pair(&p, 512, 32, 64, 8 << 20);
	pair_run(&p, 2);
	offer.held = true;
	cxio_channel_close(&p.end[0].s, CXIO_FAULT_FRAME_TYPE);
	assert_int_equal(cxio_channel_next(&p.end[0].s, &offer, p.now), CXIO_TX_CONTROL);
	pair_free(&p);
}

/* The reply that agreed on a session is told before that is closed in order. */
static void reply_goes_before_close(void **state)
{
	struct cxio_greeting g = { .own = { .family = 0 } };
	struct cxio_offer offer = { 0 };
	struct pair p;

	(void)state;
	equal_pair(&p, 512, 32, 64, 8 << 20);
	pair_run(&p, 2);
	cxio_channel_greet(&p.end[0].s, CXIO_FRAME_REPLY, &g);
	cxio_channel_close(&p.end[0].s, CXIO_FAULT_NONE);
	assert_int_equal(cxio_channel_next(&p.end[0].s, &offer, p.now), CXIO_TX_GREETING);
	/* Before it is agreed on there is nothing to wait for. */
	p.end[0].s.ready = false;
	assert_int_equal(cxio_channel_next(&p.end[0].s, &offer, p.now), CXIO_TX_CONTROL);
	p.end[0].s.ready = true;
	cxio_channel_close(&p.end[0].s, CXIO_FAULT_FRAME_TYPE);
	assert_int_equal(cxio_channel_next(&p.end[0].s, &offer, p.now), CXIO_TX_CONTROL);
	pair_free(&p);
}

/* Agreed to be left out, the CRC of the data is neither made nor looked at. */
static void data_without_crc(void **state)
{
	struct cxio_msg_header h = { .len = { 5, 0, 20 } };
	struct cxio_offer offer = { .header = &h };
	struct cxio_msg_footer footer;
	struct cxio_rx_event ev;
	struct cxio_limits l;
	u8 frame[512] = { 0 };
	struct pair p;
	bool last;
	u32 len;

	(void)state;
	pair_limits(&l, sizeof(frame), 32, 64, 8 << 20);
	l.supported |= CXIO_FEATURE_NO_DATA_CRC;
	pair_init(&p, &l, &l);
	assert_false(cxio_channel_data_crc(&p.end[0].s));
	assert_int_equal(cxio_channel_next(&p.end[0].s, &offer, p.now), CXIO_TX_BEGIN);
	cxio_channel_msg_begin(&p.end[0].s, &h, NULL);
	memset(frame + CXIO_FRAME_HEADER + CXIO_MSG_HEADER, 7, 25);
	len = cxio_channel_msg_seal(&p.end[0].s, frame, &last);
	assert_true(last);
	cxio_msg_footer_decode(frame + len - CXIO_MSG_FOOTER, &footer);
	assert_int_equal(footer.flags, CXIO_FOOTER_COMPLETE | CXIO_FOOTER_NOCRC);
	assert_int_equal(footer.crc[CXIO_FRONT], cxio_crc32c(0, "\7\7\7\7\7", 5));
	assert_int_equal(footer.crc[CXIO_DATA], 0);
	frame[len - CXIO_MSG_FOOTER - 1] ^= 1;
	assert_int_equal(cxio_channel_rx(&p.end[1].s, frame, len, p.now, &ev), CXIO_FAULT_NONE);
	pair_free(&p);
	/* A footer that says otherwise is a fault. */
	pair_init(&p, &l, &l);
	frame[len - 1] = CXIO_FOOTER_COMPLETE;
	assert_int_equal(cxio_channel_rx(&p.end[1].s, frame, len, p.now, &ev),
			 CXIO_FAULT_FOOTER_NOCRC);
	pair_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_at_the_borders),
		cmocka_unit_test(empty_messages),
		cmocka_unit_test(footer_alone),
		cmocka_unit_test(unequal_sides),
		cmocka_unit_test(passive_side_waits),
		cmocka_unit_test(first_frame_may_be_a_message),
		cmocka_unit_test(ack_is_delayed),
		cmocka_unit_test(ack_rides_along),
		cmocka_unit_test(credits_run_out),
		cmocka_unit_test(credits_run_out_both_ways),
		cmocka_unit_test(grants_do_not_feed_each_other),
		cmocka_unit_test(window_runs_out),
		cmocka_unit_test(window_of_one_message),
		cmocka_unit_test(windows_run_out_both_ways),
		cmocka_unit_test(counters_wrap),
		cmocka_unit_test(keepalive_is_echoed),
		cmocka_unit_test(keepalive_expires),
		cmocka_unit_test(no_keepalive_if_off),
		cmocka_unit_test(echoes_do_not_pile_up),
		cmocka_unit_test(keepalive_inside_a_message),
		cmocka_unit_test(close_in_order),
		cmocka_unit_test(close_leaves_unsent_behind),
		cmocka_unit_test(close_meets_a_sender_without_credit),
		cmocka_unit_test(when_to_disconnect),
		cmocka_unit_test(close_with_a_fault_goes_first),
		cmocka_unit_test(first_reason_sticks),
		cmocka_unit_test(both_close_at_once),
		cmocka_unit_test(close_waits_for_a_credit),
		cmocka_unit_test(no_deadline_without_credit),
		cmocka_unit_test(close_waits_for_what_is_held),
		cmocka_unit_test(reply_goes_before_close),
		cmocka_unit_test(data_without_crc),
	};

	return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
