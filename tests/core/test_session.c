// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * session.c and policy.c: what is sent anew, what is dropped, when it is tried again.
 */
#include "core_test.h"
#include "session.h"

#define NOW 1000000000ull
#define MS 1000000ull

static void fresh(struct cxio_session *s, enum cxio_policy_kind kind)
{
	cxio_session_init(s, cxio_policy(kind), 77);
}

/* A session of @kind that has sent and received @n messages, all acknowledged. */
static void opened(struct cxio_session *s, enum cxio_policy_kind kind, u64 n)
{
	u64 i;

	fresh(s, kind);
	cxio_session_wake(s, NOW);
	cxio_session_attempt_due(s, NOW);
	expect_fault(cxio_session_opened(s, 0), CXIO_FAULT_NONE);
	s->connect_seq = 1;
	for (i = 1; i <= n; i++) {
		expect_eq(cxio_session_begin(s, 0), i);
		cxio_session_sent(s);
		expect_eq(cxio_session_order(s, i), CXIO_ORDER_NEXT);
		cxio_session_received(s, i);
	}
	expect_fault(cxio_session_acked(s, n), CXIO_FAULT_NONE);
	cxio_session_delivered(s, 0);
	expect_eq(s->in_seq, n);
	expect_eq(s->acked, n);
}

CORE_TEST(policies)
{
	static const struct {
		const char *name;
		bool lossy, server, standby, resetcheck;
	} rows[CXIO_POLICY_KINDS] = {
		{ "lossy-client", true, false, false, false },
		{ "lossless-client", false, false, false, true },
		{ "stateless-server", true, true, false, false },
		{ "stateful-server", false, true, true, true },
		{ "lossless-peer", false, false, true, false },
		{ "lossless-peer-reuse", false, false, true, true },
	};
	u32 i;

	for (i = 0; i < CXIO_POLICY_KINDS; i++) {
		struct cxio_policy p = cxio_policy(i);

		core_row(i, rows[i].name);
		expect_str(cxio_policy_text(i), rows[i].name);
		expect_eq(p.lossy, rows[i].lossy);
		expect_eq(p.server, rows[i].server);
		expect_eq(p.standby, rows[i].standby);
		expect_eq(p.resetcheck, rows[i].resetcheck);
	}
	expect_str(cxio_policy_text(CXIO_POLICY_KINDS), "unknown");
}

CORE_TEST(states_have_names)
{
	u32 i;

	for (i = 0; i <= CXIO_SESSION_ENDED; i++)
		expect_str_differs(cxio_session_state_text(i), "unknown");
	expect_str(cxio_session_state_text(CXIO_SESSION_ENDED + 1), "unknown");
}

/* Duplicates are dropped, gaps are faults, and that at the ends of the number range. */
CORE_TEST(order)
{
	static const struct {
		u64 rx_seq, seq;
		enum cxio_order order;
	} rows[] = {
		{ 0, 0, CXIO_ORDER_GAP }, { 0, 1, CXIO_ORDER_NEXT }, { 0, 2, CXIO_ORDER_GAP },
		{ 7, 0, CXIO_ORDER_GAP }, { 7, 1, CXIO_ORDER_DUPLICATE },
		{ 7, 7, CXIO_ORDER_DUPLICATE }, { 7, 8, CXIO_ORDER_NEXT },
		{ 7, 9, CXIO_ORDER_GAP }, { 7, ~0ull, CXIO_ORDER_GAP },
		{ 0xffffffff, 0x100000000, CXIO_ORDER_NEXT },
		{ ~0ull - 1, ~0ull, CXIO_ORDER_NEXT },
	};
	struct cxio_session s;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fresh(&s, CXIO_LOSSLESS_PEER);
		s.rx_seq = rows[i].rx_seq;
		core_row(i, NULL);
		expect_eq(cxio_session_order(&s, rows[i].seq), rows[i].order);
	}
}

/* A peer without cookies may begin anywhere, but only with the first message. */
CORE_TEST(any_start)
{
	struct cxio_session s;

	fresh(&s, CXIO_LOSSLESS_CLIENT);
	expect_fault(cxio_session_opened(&s, 0), CXIO_FAULT_NONE);
	cxio_session_any_start(&s);
	expect_eq(cxio_session_order(&s, 0), CXIO_ORDER_GAP);
	expect_eq(cxio_session_order(&s, 4711), CXIO_ORDER_NEXT);
	cxio_session_received(&s, 4711);
	cxio_session_delivered(&s, 0);
	expect_eq(cxio_session_order(&s, 4711), CXIO_ORDER_DUPLICATE);
	expect_eq(cxio_session_order(&s, 4712), CXIO_ORDER_NEXT);
	expect_eq(cxio_session_order(&s, 4713), CXIO_ORDER_GAP);
	/* on a later connection it goes on where it was */
	expect_fault(cxio_session_opened(&s, 0), CXIO_FAULT_NONE);
	cxio_session_any_start(&s);
	expect_eq(cxio_session_order(&s, 1), CXIO_ORDER_DUPLICATE);
}

/* What waits for its data is not acknowledged, nor what came in behind it. */
CORE_TEST(delivered_in_order)
{
	struct cxio_session s;
	u64 seq;

	opened(&s, CXIO_LOSSLESS_PEER, 3);
	for (seq = 4; seq <= 8; seq++)
		cxio_session_received(&s, seq);
	expect_eq(s.in_seq, 3);
	cxio_session_delivered(&s, 4);
	expect_eq(s.in_seq, 3);
	cxio_session_delivered(&s, 6);
	expect_eq(s.in_seq, 5);
	/* it never runs backwards */
	cxio_session_delivered(&s, 5);
	expect_eq(s.in_seq, 5);
	cxio_session_delivered(&s, 0);
	expect_eq(s.in_seq, 8);
}

/* What was not acknowledged goes again, with the numbers it had; new ones follow. */
CORE_TEST(replay)
{
	struct cxio_session s;
	u64 seq;

	opened(&s, CXIO_LOSSLESS_CLIENT, 5);
	for (seq = 6; seq <= 9; seq++) {
		cxio_session_begin(&s, 0);
		cxio_session_sent(&s);
	}
	cxio_session_begin(&s, 0);	/* 10 is half sent */
	expect_eq(s.out_seq, 10);
	expect_eq(cxio_session_lost(&s, true, false, 0, NOW), CXIO_LOSS_RETRY);
	expect_fault(cxio_session_opened(&s, 7), CXIO_FAULT_NONE);
	expect_eq(s.acked, 7);
	expect_eq(cxio_session_acked(&s, 8), CXIO_FAULT_FRAME_ACK);
	expect_eq(cxio_session_begin(&s, 8), 8);
	cxio_session_sent(&s);
	/* only what went on this connection can be acknowledged on it */
	expect_eq(cxio_session_acked(&s, 9), CXIO_FAULT_FRAME_ACK);
	expect_eq(cxio_session_acked32(&s, 9), CXIO_FAULT_FRAME_ACK);
	expect_eq(cxio_session_begin(&s, 9), 9);
	cxio_session_sent(&s);
	expect_eq(cxio_session_begin(&s, 10), 10);
	cxio_session_sent(&s);
	expect_eq(s.out_seq, 10);
	expect_eq(cxio_session_begin(&s, 0), 11);
	expect_eq(s.out_seq, 11);
}

/* Where nobody has cookies we go on where the peer says; but there must be numbers left. */
CORE_TEST(in_seq_of_a_peer_that_remembers)
{
	struct cxio_session s;

	cxio_session_init(&s, cxio_policy(CXIO_LOSSLESS_CLIENT), 0);
	expect_fault(cxio_session_opened(&s, CXIO_SEQ_MAX + 1), CXIO_FAULT_HANDSHAKE_IN_SEQ);
	expect_eq(s.out_seq, 0);
	expect_fault(cxio_session_opened(&s, CXIO_SEQ_MAX), CXIO_FAULT_NONE);
	expect_eq(cxio_session_begin(&s, 0), CXIO_SEQ_MAX + 1);
}

/* The peer says what it has received: neither too much nor less than it acknowledged. */
CORE_TEST(in_seq_of_the_peer)
{
	static const struct {
		u64 in_seq;
		enum cxio_fault fault;
	} rows[] = {
		{ 4, CXIO_FAULT_HANDSHAKE_IN_SEQ }, { 5, CXIO_FAULT_NONE }, { 8, CXIO_FAULT_NONE },
		{ 9, CXIO_FAULT_HANDSHAKE_IN_SEQ }, { ~0ull, CXIO_FAULT_HANDSHAKE_IN_SEQ },
		{ 0, CXIO_FAULT_HANDSHAKE_IN_SEQ },
	};
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cxio_session s;

		opened(&s, CXIO_LOSSLESS_CLIENT, 5);
		for (k = 0; k < 3; k++) {
			cxio_session_begin(&s, 0);
			cxio_session_sent(&s);
		}
		cxio_session_lost(&s, true, false, 0, NOW);
		core_row(i, NULL);
		expect_eq(cxio_session_opened(&s, rows[i].in_seq), rows[i].fault);
		expect_eq(s.acked, rows[i].fault ? 5 : rows[i].in_seq);
		expect_eq(s.state, rows[i].fault ? CXIO_SESSION_CONNECTING : CXIO_SESSION_OPEN);
	}
}

CORE_TEST(acks)
{
	static const u64 bases[] = { 0, 0xfffffffe, 0xffffffff, 0x100000000 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		struct cxio_session s;
		u64 base = bases[i];

		fresh(&s, CXIO_LOSSLESS_PEER);
		s.acked = base;
		s.sent_seq = base + 3;
		s.out_seq = base + 4;
		core_row(i, NULL);
		expect_fault(cxio_session_acked32(&s, (u32)base + 2), CXIO_FAULT_NONE);
		expect_eq(s.acked, base + 2);
		expect_eq(cxio_session_acked32(&s, (u32)base + 4), CXIO_FAULT_FRAME_ACK);
		expect_eq(cxio_session_acked32(&s, (u32)base + 1), CXIO_FAULT_FRAME_ACK);
		expect_eq(s.acked, base + 2);
		/* a whole number may be an old one */
		expect_fault(cxio_session_acked(&s, base + 1), CXIO_FAULT_NONE);
		expect_eq(s.acked, base + 2);
		expect_fault(cxio_session_acked(&s, base + 3), CXIO_FAULT_NONE);
		expect_eq(cxio_session_acked(&s, base + 4), CXIO_FAULT_FRAME_ACK);
		expect_eq(s.acked, base + 3);
	}
}

/* What a loss means, by policy, with and without something to send. */
CORE_TEST(loss)
{
	static const struct {
		enum cxio_policy_kind kind;
		bool queued;
		enum cxio_loss loss;
		enum cxio_session_state state;
		u32 connect_seq;
	} rows[] = {
		{ CXIO_LOSSY_CLIENT, true, CXIO_LOSS_ENDED, CXIO_SESSION_ENDED, 1 },
		{ CXIO_LOSSY_CLIENT, false, CXIO_LOSS_ENDED, CXIO_SESSION_ENDED, 1 },
		{ CXIO_STATELESS_SERVER, true, CXIO_LOSS_ENDED, CXIO_SESSION_ENDED, 1 },
		{ CXIO_LOSSLESS_CLIENT, true, CXIO_LOSS_RETRY, CXIO_SESSION_CONNECTING, 2 },
		{ CXIO_LOSSLESS_CLIENT, false, CXIO_LOSS_RETRY, CXIO_SESSION_CONNECTING, 2 },
		{ CXIO_STATEFUL_SERVER, true, CXIO_LOSS_STANDBY, CXIO_SESSION_STANDBY, 1 },
		{ CXIO_STATEFUL_SERVER, false, CXIO_LOSS_STANDBY, CXIO_SESSION_STANDBY, 1 },
		{ CXIO_LOSSLESS_PEER, true, CXIO_LOSS_RETRY, CXIO_SESSION_CONNECTING, 2 },
		{ CXIO_LOSSLESS_PEER, false, CXIO_LOSS_STANDBY, CXIO_SESSION_STANDBY, 1 },
		{ CXIO_LOSSLESS_PEER_REUSE, true, CXIO_LOSS_RETRY, CXIO_SESSION_CONNECTING, 2 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cxio_session s;

		opened(&s, rows[i].kind, 1);
		core_row(i, cxio_policy_text(rows[i].kind));
		expect_eq(cxio_session_lost(&s, rows[i].queued, false, 0, NOW), rows[i].loss);
		expect_eq(s.state, rows[i].state);
		expect_eq(s.connect_seq, rows[i].connect_seq);
		expect_eq(s.due == CXIO_NEVER, rows[i].loss != CXIO_LOSS_RETRY);
	}
}

/* An owner's question is something to send: it brings back who is in standby, or is about to be. */
CORE_TEST(asked)
{
	struct cxio_session s;

	opened(&s, CXIO_LOSSLESS_PEER, 1);
	cxio_session_ask(&s, NOW);
	expect_eq(s.state, CXIO_SESSION_OPEN);
	/* Lost before it was asked: as a message that is queued, with the pause of one. */
	expect_eq(cxio_session_lost(&s, false, false, 0, NOW), CXIO_LOSS_RETRY);
	expect(!cxio_session_attempt_due(&s, NOW));
	expect(cxio_session_attempt_due(&s, NOW + 2 * CXIO_BACKOFF_MIN_NS));

	opened(&s, CXIO_LOSSLESS_PEER, 1);
	expect_eq(cxio_session_lost(&s, false, false, 0, NOW), CXIO_LOSS_STANDBY);
	cxio_session_ask(&s, NOW);
	expect_eq(s.state, CXIO_SESSION_CONNECTING);
	expect(s.asked);
	expect(cxio_session_attempt_due(&s, NOW));

	opened(&s, CXIO_STATEFUL_SERVER, 1);
	expect_eq(cxio_session_lost(&s, false, false, 0, NOW), CXIO_LOSS_STANDBY);
	cxio_session_ask(&s, NOW);
	expect_eq(s.state, CXIO_SESSION_STANDBY);
}

/* Standby ends with something to send, once; a server waits to be connected to. */
CORE_TEST(wake)
{
	struct cxio_session s;

	opened(&s, CXIO_LOSSLESS_PEER, 1);
	expect(!cxio_session_wake(&s, NOW));
	cxio_session_lost(&s, false, false, 0, NOW);
	expect(!cxio_session_attempt_due(&s, NOW));
	expect(cxio_session_wake(&s, NOW));
	expect_eq(s.connect_seq, 2);
	expect(!cxio_session_wake(&s, NOW));
	expect(cxio_session_attempt_due(&s, NOW));
	expect(!cxio_session_attempt_due(&s, NOW));

	opened(&s, CXIO_STATEFUL_SERVER, 1);
	cxio_session_lost(&s, true, false, 0, NOW);
	expect(!cxio_session_wake(&s, NOW));
	expect_eq(s.state, CXIO_SESSION_STANDBY);
	expect_eq(cxio_session_lost(&s, true, false, 0, NOW), CXIO_LOSS_STANDBY);

	cxio_session_end(&s);
	expect_eq(cxio_session_lost(&s, true, false, 0, NOW), CXIO_LOSS_ENDED);
	expect_eq(s.state, CXIO_SESSION_ENDED);
}

/* Never below 250 ms, never above 15 s, growing between, apart for different numbers. */
CORE_TEST(back_off)
{
	static const u32 randoms[] = { 0, 0x7fffffff, 0xffffffff };
	u64 half = 250 * MS, wait;
	struct cxio_session s;
	u32 i, k;

	for (k = 0; k < ARRAY_SIZE(randoms); k++) {
		opened(&s, CXIO_LOSSLESS_CLIENT, 0);
		half = 250 * MS;
		for (i = 0; i < 20; i++) {
			expect_eq(cxio_session_lost(&s, true, false, randoms[k], NOW),
				  CXIO_LOSS_RETRY);
			wait = s.due - NOW;
			core_row(i, NULL);
			expect_range(wait, half, 2 * half);
			expect_range(wait, 250 * MS, 15000 * MS);
			if (!k)
				expect_eq(wait, half);
			else
				expect_range(wait, half + half / 3, 2 * half);
			expect(!cxio_session_attempt_due(&s, s.due - 1));
			expect(cxio_session_attempt_due(&s, s.due));
			half = 2 * half < 7500 * MS ? 2 * half : 7500 * MS;
		}
		/* once open, it begins anew */
		expect_fault(cxio_session_opened(&s, 0), CXIO_FAULT_NONE);
		cxio_session_lost(&s, true, false, 0, NOW);
		expect_eq(s.due - NOW, 250 * MS);
	}
	/* what we broke ourselves is mended at once, and is no failure */
	expect_fault(cxio_session_opened(&s, 0), CXIO_FAULT_NONE);
	cxio_session_lost(&s, true, true, ~0u, NOW);
	expect_eq(s.due, NOW);
	cxio_session_lost(&s, true, false, 0, NOW);
	expect_eq(s.due - NOW, 250 * MS);
}

/* A peer that is to come and does not: we try again ourselves. */
CORE_TEST(waiting_ends)
{
	struct cxio_session s;

	fresh(&s, CXIO_LOSSLESS_PEER);
	cxio_session_wake(&s, NOW);
	cxio_session_attempt_due(&s, NOW);
	cxio_session_wait(&s, NOW);
	expect_eq(s.state, CXIO_SESSION_WAIT);
	/* the attempt's own connection is gone by that */
	expect_eq(cxio_session_lost(&s, true, false, 0, NOW), CXIO_LOSS_RETRY);
	expect_eq(s.state, CXIO_SESSION_WAIT);
	expect(!cxio_session_attempt_due(&s, NOW + CXIO_WAIT_NS - 1));
	expect(cxio_session_attempt_due(&s, NOW + CXIO_WAIT_NS));
	expect_eq(s.state, CXIO_SESSION_CONNECTING);
	expect_eq(s.connect_seq, 0);
}

/* What an owner still finds of a former connection moves nothing. */
CORE_TEST(only_the_next_is_received)
{
	struct cxio_session s;

	opened(&s, CXIO_LOSSLESS_PEER, 4);
	cxio_session_received(&s, 1);
	expect_eq(s.rx_seq, 4);
	cxio_session_received(&s, 6);
	expect_eq(s.rx_seq, 4);
	cxio_session_received(&s, 5);
	expect_eq(s.rx_seq, 5);
}

/* Ceph's peers without cookies may come back without their memory. */
CORE_TEST(forgetful_peers)
{
	struct cxio_session s;

	opened(&s, CXIO_LOSSLESS_PEER, 4);
	expect_fault(cxio_session_opened(&s, 0), CXIO_FAULT_HANDSHAKE_IN_SEQ);
	s.own_cookie = 0;
	expect_fault(cxio_session_opened(&s, 0), CXIO_FAULT_NONE);
	expect_eq(s.acked, 4);
	expect_eq(cxio_session_begin(&s, 0), 5);
	/* or it is we who came back */
	cxio_session_init(&s, cxio_policy(CXIO_LOSSLESS_PEER), 0);
	expect_fault(cxio_session_opened(&s, 9), CXIO_FAULT_NONE);
	expect_eq(cxio_session_begin(&s, 0), 10);
}

/* Whoever was told to wait for our attempt does not wait for our back-off too. */
CORE_TEST(hurry)
{
	struct cxio_session s;

	opened(&s, CXIO_LOSSLESS_PEER, 1);
	cxio_session_hurry(&s, NOW);
	expect_eq(s.due, CXIO_NEVER);
	cxio_session_lost(&s, true, false, ~0u, NOW);
	expect(s.due > NOW);
	cxio_session_hurry(&s, NOW);
	expect(cxio_session_attempt_due(&s, NOW));
	/* the attempt is under way */
	cxio_session_hurry(&s, NOW);
	expect_eq(s.due, CXIO_NEVER);
}

/* After a reset nobody can take it for what it was. */
CORE_TEST(reset)
{
	struct cxio_session s;

	opened(&s, CXIO_LOSSLESS_PEER, 4);
	s.peer_cookie = 5;
	cxio_session_reset(&s);
	expect_eq(s.out_seq + s.begun_seq + s.sent_seq + s.acked + s.rx_seq + s.in_seq, 0);
	expect_eq(s.connect_seq, 0);
	expect_eq(s.own_cookie, 78);
	expect_eq(s.peer_cookie, 0);
	expect_eq(s.state, CXIO_SESSION_OPEN);
	/* 0 says that there are no cookies: it never becomes one, nor ends to be */
	s.own_cookie = ~0ull;
	cxio_session_reset(&s);
	expect_eq(s.own_cookie, 1);
	cxio_session_init(&s, cxio_policy(CXIO_LOSSLESS_PEER), 0);
	cxio_session_reset(&s);
	expect_eq(s.own_cookie, 0);
}

CORE_TEST(standby_ends)
{
	struct cxio_session s;

	/* a server's waits for its peer */
	opened(&s, CXIO_STATEFUL_SERVER, 1);
	expect_eq(cxio_session_expires(&s, false, 100), CXIO_NEVER);
	cxio_session_lost(&s, false, false, 0, NOW);
	expect_eq(cxio_session_expires(&s, false, 100), NOW + 100);
	expect_eq(cxio_session_expires(&s, false, 0), CXIO_NEVER);
	expect_eq(cxio_session_expires(&s, false, CXIO_NEVER), CXIO_NEVER);
	/* what fails meanwhile does not prolong that */
	cxio_session_lost(&s, false, false, 0, NOW + 50);
	expect_eq(cxio_session_expires(&s, false, 100), NOW + 100);

	/* who connected first can do so again when it likes */
	opened(&s, CXIO_LOSSLESS_PEER, 1);
	cxio_session_lost(&s, false, false, 0, NOW);
	expect_eq(cxio_session_expires(&s, true, 100), CXIO_NEVER);
	expect_eq(cxio_session_expires(&s, false, 100), NOW + 100);
	/* and what has something to send waits no longer */
	expect(cxio_session_wake(&s, NOW + 99));
	expect_eq(cxio_session_expires(&s, false, 100), CXIO_NEVER);
}

static struct core_case cases[] = {
	CORE_CASE(policies),
	CORE_CASE(states_have_names),
	CORE_CASE(order),
	CORE_CASE(any_start),
	CORE_CASE(delivered_in_order),
	CORE_CASE(replay),
	CORE_CASE(in_seq_of_a_peer_that_remembers),
	CORE_CASE(in_seq_of_the_peer),
	CORE_CASE(acks),
	CORE_CASE(loss),
	CORE_CASE(asked),
	CORE_CASE(wake),
	CORE_CASE(back_off),
	CORE_CASE(waiting_ends),
	CORE_CASE(only_the_next_is_received),
	CORE_CASE(forgetful_peers),
	CORE_CASE(hurry),
	CORE_CASE(standby_ends),
	CORE_CASE(reset),
	{}
};

CORE_SUITE(session, cases);
