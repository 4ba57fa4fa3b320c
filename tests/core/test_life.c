// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * life.c: which state follows which, and why a connection ended. Two lives are
 * joined by hand: a frame made by one is given to the other.
 */
#include "core_test.h"
#include "life.h"

#define NOW 1000000000ull

static struct cxio_limits limits;
static u8 frame[4096];

/* Two open connections; the active side's first frame has arrived. */
static void open_pair(struct cxio_life l[2])
{
	struct cxio_agreed agreed;
	struct cxio_wire_hello hello;
	u32 i, len;

	cxio_limits_default(&limits);
	len = cxio_hello_encode(&limits, NULL, &hello);
	expect_eq(cxio_hello_decode(&limits, &hello, len, &agreed), CXIO_FAULT_NONE);
	for (i = 0; i < 2; i++) {
		cxio_life_init(&l[i], i == 0, NOW);
		cxio_life_connecting(&l[i]);
		expect(cxio_life_opens(&l[i], &limits, &agreed, NOW));
		expect(!cxio_life_opens(&l[i], &limits, &agreed, NOW));
	}
}

static const struct cxio_offer nothing;

/* Give every frame that @from makes to @to, and settle both. */
static void deliver(struct cxio_life *from, struct cxio_life *to)
{
	struct cxio_rx_event ev;
	u32 len;

	while (cxio_life_next(from, &nothing, NOW) == CXIO_TX_CONTROL) {
		len = cxio_channel_control(&from->channel, frame, NOW);
		if (!cxio_life_wants_frame(to))
			continue;
		expect(cxio_life_rx(to, frame, len, NOW, &ev));
		cxio_channel_reposted(&to->channel, 1);
	}
	cxio_life_settle(from, true, NOW);
}

static void assert_end(const struct cxio_life *l, u32 fault, bool by_peer)
{
	expect_eq(l->state, CXIO_DISCONNECTING);
	expect(l->ending);
	expect_eq(l->fault, fault);
	expect_eq(l->by_peer, by_peer);
}

CORE_TEST(orderly_end)
{
	static struct cxio_life l[2];

	open_pair(l);
	deliver(&l[0], &l[1]);
	cxio_life_close(&l[0]);
	expect_eq(l[0].state, CXIO_CLOSING);
	/* what is queued may take its time: no limit before CLOSE is out */
	expect(l[0].deadline == CXIO_NEVER);
	deliver(&l[0], &l[1]);
	expect_eq(l[0].state, CXIO_CLOSING);
	expect(l[0].deadline == NOW + CXIO_CLOSE_NS);
	deliver(&l[1], &l[0]);
	assert_end(&l[1], CXIO_FAULT_NONE, true);
	cxio_life_settle(&l[0], true, NOW);
	assert_end(&l[0], CXIO_FAULT_NONE, true);
	expect(cxio_life_in_order(&l[0]));
	expect(cxio_life_in_order(&l[1]));
}

/* The answer to CLOSE never comes: a time limit ends it. */
CORE_TEST(unanswered_close)
{
	static struct cxio_life l[2];

	open_pair(l);
	cxio_life_close(&l[0]);
	deliver(&l[0], &l[1]);
	cxio_life_tick(&l[0], NOW + CXIO_CLOSE_NS - 1);
	expect_eq(l[0].state, CXIO_CLOSING);
	cxio_life_tick(&l[0], NOW + CXIO_CLOSE_NS);
	assert_end(&l[0], CXIO_FAULT_TIMEOUT, false);
}

/* Disconnected in place of an answer: in order, if all that was sent was acked. */
CORE_TEST(lost_after_close)
{
	static struct cxio_life l[2];

	open_pair(l);
	cxio_life_close(&l[0]);
	deliver(&l[0], &l[1]);
	cxio_life_lost(&l[0]);
	expect_eq(l[0].state, CXIO_DISCONNECTING);
	expect(!l[0].ending);
	cxio_life_over(&l[0]);
	expect_eq(l[0].state, CXIO_CLOSED);
	expect_eq(l[0].fault, CXIO_FAULT_NONE);

	open_pair(l);
	l[0].session->out_seq = 1;
	cxio_life_close(&l[0]);
	deliver(&l[0], &l[1]);
	cxio_life_lost(&l[0]);
	cxio_life_over(&l[0]);
	expect_eq(l[0].fault, CXIO_FAULT_PEER_GONE);
}

/* Which work request failed says whether that is the reason, or only shows the end. */
CORE_TEST(failed_work)
{
	static const struct {
		enum cxio_work work;
		bool iwarp;
		u32 fault;
	} cases[] = {
		{ CXIO_WORK_FLUSHED, false, CXIO_FAULT_PEER_GONE },
		{ CXIO_WORK_FLUSHED, true, CXIO_FAULT_PEER_GONE },
		{ CXIO_WORK_SEND, false, CXIO_FAULT_TRANSPORT },
		{ CXIO_WORK_SEND, true, CXIO_FAULT_PEER_GONE },
		{ CXIO_WORK_OTHER, false, CXIO_FAULT_TRANSPORT },
		{ CXIO_WORK_OTHER, true, CXIO_FAULT_TRANSPORT },
	};
	static struct cxio_life l[2];
	bool told;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		open_pair(l);
		told = cxio_life_failed(&l[0], cases[i].work, cases[i].iwarp);
		expect_eq(told, cases[i].fault == CXIO_FAULT_TRANSPORT);
		expect_eq(l[0].state, CXIO_DISCONNECTING);
		cxio_life_over(&l[0]);
		expect_eq(l[0].fault, cases[i].fault);
	}
}

/* A fault is told to the peer, and both know it; what comes after is not looked at. */
CORE_TEST(fault_is_told)
{
	struct cxio_rx_event ev;
	static struct cxio_life l[2];
	u32 len;

	open_pair(l);
	expect_eq(cxio_life_next(&l[0], &nothing, NOW), CXIO_TX_CONTROL);
	len = cxio_channel_control(&l[0].channel, frame, NOW);
	frame[8] ^= 1;
	expect(!cxio_life_rx(&l[1], frame, len, NOW, &ev));
	expect_eq(l[1].state, CXIO_CLOSING);
	expect(!cxio_life_wants_frame(&l[1]));
	deliver(&l[1], &l[0]);
	assert_end(&l[1], CXIO_FAULT_FRAME_CRC, false);
	cxio_life_settle(&l[0], true, NOW);
	assert_end(&l[0], CXIO_FAULT_FRAME_CRC, true);
	/* the first reason sticks */
	cxio_life_end(&l[0], CXIO_FAULT_TIMEOUT, false);
	cxio_life_over(&l[0]);
	expect_eq(l[0].fault, CXIO_FAULT_FRAME_CRC);
	expect(!cxio_life_in_order(&l[0]));
	expect(!cxio_life_in_order(&l[1]));
}

/* No credit for CLOSE: disconnected at once. */
CORE_TEST(fault_without_credit)
{
	static struct cxio_life l[2];

	open_pair(l);
	l[0].channel.credit.tx_frames.used = l[0].channel.credit.tx_frames.granted;
	cxio_life_fault(&l[0], CXIO_FAULT_SHUTDOWN, NOW);
	expect_eq(cxio_life_next(&l[0], &nothing, NOW), CXIO_TX_NOTHING);
	cxio_life_settle(&l[0], true, NOW);
	assert_end(&l[0], CXIO_FAULT_SHUTDOWN, false);
}

CORE_TEST(never_opened)
{
	static struct cxio_life l;

	cxio_life_init(&l, true, NOW);
	expect(!cxio_life_opens_by_frame(&l));
	cxio_life_connecting(&l);
	expect(!cxio_life_opens_by_frame(&l));
	expect(!cxio_life_wants_frame(&l));
	expect(cxio_life_deadline(&l, true) == NOW + CXIO_CONNECT_NS);
	cxio_life_tick(&l, NOW + CXIO_CONNECT_NS);
	assert_end(&l, CXIO_FAULT_TIMEOUT, false);
	expect(cxio_life_deadline(&l, true) == CXIO_NEVER);

	cxio_life_init(&l, false, NOW);
	cxio_life_connecting(&l);
	expect(cxio_life_opens_by_frame(&l));
	cxio_life_close(&l);
	assert_end(&l, CXIO_FAULT_NONE, false);

	cxio_life_init(&l, true, NOW);
	cxio_life_lost(&l);
	cxio_life_over(&l);
	expect_eq(l.fault, CXIO_FAULT_PEER_GONE);
}

/* A message that the peer's window can never hold ends it instead of blocking. */
CORE_TEST(too_large_for_ever)
{
	struct cxio_msg_header h = { .len = { 0, 0, CXIO_DEFAULT_WINDOW_BYTES + 1 } };
	const struct cxio_offer offer = { .header = &h };
	static struct cxio_life l[2];

	open_pair(l);
	expect_eq(cxio_life_next(&l[0], &offer, NOW), CXIO_TX_NOTHING);
	assert_end(&l[0], CXIO_FAULT_MSG_WINDOW_BYTES, false);
}

/* A session that outlives the connection: open, but no message before it is agreed on. */
CORE_TEST(session_is_agreed_on)
{
	const struct cxio_agreed agreed = {
		.features = CXIO_FEATURE_SESSION, .frame_max = 512, .peer_recv_depth = 8,
		.peer_window_msgs = 1, .peer_window_bytes = 4096,
	};
	struct cxio_msg_header h = { .type = CXIO_MSG_PING };
	const struct cxio_offer offer = { .header = &h };
	struct cxio_session session;
	static struct cxio_life l;

	cxio_limits_default(&limits);
	cxio_session_init(&session, cxio_policy(CXIO_LOSSLESS_PEER), 1);
	cxio_life_init(&l, false, NOW);
	cxio_life_carry(&l, NULL);
	cxio_life_connecting(&l);
	expect(cxio_life_opens(&l, &limits, &agreed, NOW));
	l.channel.may_send = true;
	/* the time limit of connecting holds until then */
	expect(l.deadline == NOW + CXIO_CONNECT_NS);
	expect_eq(cxio_life_next(&l, &offer, NOW), CXIO_TX_NOTHING);
	cxio_life_agreed(&l, &session);
	expect(l.session == &session);
	expect(l.deadline == CXIO_NEVER);
	expect_eq(cxio_life_next(&l, &offer, NOW), CXIO_TX_BEGIN);

	/* an end before it is agreed on, with what there is to say */
	cxio_life_init(&l, false, NOW);
	cxio_life_carry(&l, NULL);
	cxio_life_connecting(&l);
	cxio_life_opens(&l, &limits, &agreed, NOW);
	l.channel.may_send = true;
	cxio_life_fault(&l, CXIO_FAULT_HANDSHAKE_TAG, NOW);
	expect_eq(cxio_life_next(&l, &nothing, NOW), CXIO_TX_CONTROL);
	cxio_channel_control(&l.channel, frame, NOW);
	cxio_life_settle(&l, true, NOW);
	assert_end(&l, CXIO_FAULT_HANDSHAKE_TAG, false);
	cxio_life_over(&l);
	expect_eq(cxio_life_next(&l, &nothing, NOW), CXIO_TX_NOTHING);
	cxio_life_tick(&l, NOW);
	cxio_life_settle(&l, true, NOW);
	cxio_life_fault(&l, CXIO_FAULT_TIMEOUT, NOW);
	expect_eq(l.fault, CXIO_FAULT_HANDSHAKE_TAG);
}

/* Whatever a peer does while we wait for the end: it does not put it off (I8). */
CORE_TEST(the_end_is_not_put_off)
{
	static struct cxio_life l[2];
	struct cxio_rx_event ev;
	u64 now;

	open_pair(l);
	deliver(&l[0], &l[1]);
	/* no credit for our answer */
	l[1].channel.credit.tx_frames.used = l[1].channel.credit.tx_frames.granted;
	cxio_life_close(&l[0]);
	deliver(&l[0], &l[1]);
	expect_eq(l[1].state, CXIO_CLOSING);
	memset(frame, 0, sizeof(frame));
	for (now = NOW; l[1].state != CXIO_DISCONNECTING; now += CXIO_CLOSE_NS / 4) {
		expect(now <= NOW + CXIO_CLOSE_NS);
		if (cxio_life_wants_frame(&l[1]))
			cxio_life_rx(&l[1], frame, 28, now, &ev);
		cxio_life_settle(&l[1], true, now);
		cxio_life_tick(&l[1], now);
	}
	/* nor does it keep an abort from ending it at once */
	open_pair(l);
	deliver(&l[0], &l[1]);
	l[1].channel.credit.tx_frames.used = l[1].channel.credit.tx_frames.granted;
	cxio_life_close(&l[0]);
	deliver(&l[0], &l[1]);
	cxio_life_fault(&l[1], CXIO_FAULT_SHUTDOWN, NOW);
	assert_end(&l[1], CXIO_FAULT_NONE, true);
}

/* A message too large for a lossless session is its owner's matter, not the connection's. */
CORE_TEST(too_large_is_refused)
{
	struct cxio_msg_header h = { .len = { 0, 0, CXIO_DEFAULT_WINDOW_BYTES + 1 } };
	const struct cxio_carry carry = { .descs = 3, .segments = 4 };
	const struct cxio_offer offers[] = {
		{ .header = &h }, { .header = &h, .carry = &carry },
		{ .header = &h, .revoked = true },
	};
	static struct cxio_life l[2];
	struct cxio_session session;

	open_pair(l);
	cxio_session_init(&session, cxio_policy(CXIO_LOSSLESS_PEER), 1);
	l[0].session = &session;
	l[0].channel.session = &session;
	expect_eq(cxio_life_next(&l[0], &offers[0], NOW), CXIO_TX_REFUSED);
	expect_eq(l[0].state, CXIO_OPEN);
	expect_eq(cxio_life_next(&l[0], &offers[1], NOW), CXIO_TX_BEGIN);
	expect_eq(cxio_life_next(&l[0], &offers[2], NOW), CXIO_TX_REVOKED);
}

/* The session went on elsewhere: what is left here touches it no more. */
CORE_TEST(replaced)
{
	static struct cxio_life l[2];
	struct cxio_session session;

	open_pair(l);
	cxio_session_init(&session, cxio_policy(CXIO_LOSSLESS_PEER), 1);
	l[0].session = &session;
	l[0].channel.session = &session;
	l[0].channel.peer_closed = true;
	cxio_life_replaced(&l[0]);
	assert_end(&l[0], CXIO_FAULT_REPLACED, false);
	expect(l[0].session != &session && l[0].channel.session != &session);
	expect(!cxio_life_wants_frame(&l[0]));
}

/* A peer that knows no sessions: a server takes it as it is, a client's session cannot. */
CORE_TEST(peer_without_sessions)
{
	const struct cxio_agreed agreed = { .frame_max = 512, .peer_recv_depth = 8,
					    .peer_window_msgs = 1, .peer_window_bytes = 4096 };
	struct cxio_session session;
	static struct cxio_life l;

	cxio_limits_default(&limits);
	cxio_session_init(&session, cxio_policy(CXIO_LOSSLESS_CLIENT), 1);
	cxio_life_init(&l, true, NOW);
	cxio_life_carry(&l, &session);
	cxio_life_connecting(&l);
	expect(!cxio_life_opens(&l, &limits, &agreed, NOW));
	assert_end(&l, CXIO_FAULT_HELLO_FEATURES, false);
	cxio_life_init(&l, false, NOW);
	cxio_life_carry(&l, NULL);
	cxio_life_connecting(&l);
	expect(cxio_life_opens(&l, &limits, &agreed, NOW));
	expect(l.channel.session && l.channel.session == l.session);
}

CORE_TEST(states_have_names)
{
	u32 i, k;

	for (i = 0; i <= CXIO_CLOSED; i++)
		for (k = 0; k < i; k++)
			expect_str_differs(cxio_state_text(i), cxio_state_text(k));
	expect_str(cxio_state_text(CXIO_CLOSED + 1), "unknown");
}

CORE_TEST(silence)
{
	static struct cxio_life l[2];

	open_pair(l);
	cxio_life_tick(&l[0], NOW + CXIO_KEEPALIVE_EXPIRY_NS - 1);
	expect_eq(l[0].state, CXIO_OPEN);
	cxio_life_tick(&l[0], NOW + CXIO_KEEPALIVE_EXPIRY_NS);
	assert_end(&l[0], CXIO_FAULT_KEEPALIVE, false);
}

CORE_TEST(names)
{
	u32 i, k;

	for (i = 0; i <= CXIO_CLOSED; i++)
		for (k = 0; k <= CXIO_CLOSED + 1; k++)
			expect(i == k || strcmp(cxio_state_text(i), cxio_state_text(k)));
	expect_str(cxio_state_text(~0u), "unknown");
}

static struct core_case cases[] = {
	CORE_CASE(orderly_end),
	CORE_CASE(unanswered_close),
	CORE_CASE(lost_after_close),
	CORE_CASE(failed_work),
	CORE_CASE(fault_is_told),
	CORE_CASE(fault_without_credit),
	CORE_CASE(never_opened),
	CORE_CASE(too_large_for_ever),
	CORE_CASE(session_is_agreed_on),
	CORE_CASE(states_have_names),
	CORE_CASE(the_end_is_not_put_off),
	CORE_CASE(too_large_is_refused),
	CORE_CASE(replaced),
	CORE_CASE(peer_without_sessions),
	CORE_CASE(silence),
	CORE_CASE(names),
	{}
};

CORE_SUITE(life, cases);
