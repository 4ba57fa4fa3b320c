// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * stream.c, stream_rx.c, stream_tx.c: a byte stream from its banner to its end, and what
 * may not come when.
 */
#include "core_test.h"
#include "stream.h"

#define NOW 5000000000ull
#define ALL CXIO_STREAM_SUPPORTED

static struct cxio_stream s, peer;
static struct cxio_session session, peers_session;
static struct cxio_stream_event ev;
static u8 wire[700];

static const struct cxio_addr own = {
	.type = CXIO_ADDR_V1, .form = CXIO_ADDR_LEGACY, .family = CXIO_FAMILY_IPV4, .port = 6789,
	.nonce = 7, .ip = { 10, 0, 0, 1 },
};

/* Unit after unit, as they are asked for. Return: bytes used. */
static u32 give(struct cxio_stream *to, const u8 *bytes, u32 len)
{
	u32 used = 0, need;

	while ((need = cxio_stream_need(to)) && need <= len - used) {
		if (!cxio_stream_rx(to, bytes + used, NOW, &ev))
			break;
		used += need;
		if (ev.what != CXIO_STREAM_NOTHING)
			break;
	}
	return used;
}

static void begin(struct cxio_stream *of, bool active)
{
	cxio_stream_init(of, active, NOW);
	cxio_stream_connected(of);
}

static void open_as(enum cxio_policy_kind kind, u64 features)
{
	begin(&s, true);
	cxio_session_init(&session, cxio_policy(kind), 0);
	session.features = features;
	expect_eq(cxio_session_opened(&session, 0), CXIO_FAULT_NONE);
	cxio_stream_opens(&s, &session, CXIO_KEEPALIVE_MS, CXIO_KEEPALIVE_EXPIRY_MS, NOW);
}

static void open(void)
{
	open_as(CXIO_LOSSLESS_CLIENT, ALL);
}

/* The other side, for what it makes. */
static void open_peer(u64 features)
{
	begin(&peer, false);
	cxio_session_init(&peers_session, cxio_policy(CXIO_STATEFUL_SERVER), 0);
	peers_session.features = features;
	expect_eq(cxio_session_opened(&peers_session, 0), CXIO_FAULT_NONE);
	cxio_stream_opens(&peer, &peers_session, 0, 0, NOW);
}

/* --- greeting --- */

CORE_TEST(a_server_is_greeted_and_asked)
{
	struct cxio_connect c = {
		.features = ALL, .host_type = CXIO_ENTITY_CLIENT, .protocol_version = 24,
		.authorizer_protocol = 1, .authorizer_len = 5,
	};
	u32 len;

	begin(&s, false);
	expect_eq(cxio_stream_need(&s), CXIO_BANNER_LEN);
	len = cxio_stream_banner(&own, NULL, wire);
	expect_eq(len, CXIO_BANNER_LEN + CXIO_ADDR_LEGACY_LEN);
	expect_eq(give(&s, wire, len), len);
	expect_eq(ev.what, CXIO_STREAM_GREETED);
	expect(cxio_addr_equal(&s.shown, &own));
	expect_eq(cxio_stream_need(&s), CXIO_CONNECT_LEN);
	cxio_connect_encode(&c, wire);
	memcpy(wire + CXIO_CONNECT_LEN, "12345", 5);
	expect_eq(give(&s, wire, CXIO_CONNECT_LEN + 5), CXIO_CONNECT_LEN + 5);
	expect_eq(ev.what, CXIO_STREAM_ASKED);
	expect_eq(ev.authorizer_len, 5);
	expect_mem(ev.authorizer, "12345", 5);
	/* Nothing is read before it is answered. */
	expect_eq(cxio_stream_need(&s), 0);
	expect_eq(cxio_stream_payload(&s), 0);
	cxio_stream_reply_sent(&s, CXIO_TAG_RETRY_SESSION);
	expect_eq(cxio_stream_need(&s), CXIO_CONNECT_LEN);
	c.authorizer_len = 0;
	cxio_connect_encode(&c, wire);
	expect_eq(give(&s, wire, CXIO_CONNECT_LEN), CXIO_CONNECT_LEN);
	expect_eq(ev.what, CXIO_STREAM_ASKED);
	expect_eq(ev.authorizer_len, 0);
	cxio_stream_reply_sent(&s, CXIO_TAG_SEQ);
	expect_eq(cxio_stream_need(&s), CXIO_ACK_LEN);
	cxio_ack_encode(77, wire);
	expect_eq(give(&s, wire, CXIO_ACK_LEN), CXIO_ACK_LEN);
	expect_eq(ev.what, CXIO_STREAM_TOLD);
	expect_eq(ev.seq, 77);
	expect_eq(cxio_stream_need(&s), 0);
	cxio_stream_reply_sent(&s, CXIO_TAG_READY);
	expect_eq(cxio_stream_need(&s), 0);
}

CORE_TEST(a_client_is_greeted_and_answered)
{
	struct cxio_connect_reply r = {
		.tag = CXIO_TAG_CHALLENGE_AUTHORIZER, .features = ALL, .authorizer_len = 32,
	};
	struct cxio_addr seen = own;
	u32 len;

	seen.port = 40000;
	begin(&s, true);
	len = cxio_stream_banner(&own, &seen, wire);
	expect_eq(len, CXIO_BANNER_LEN + 2 * CXIO_ADDR_LEGACY_LEN);
	expect_eq(give(&s, wire, len), len);
	expect_eq(ev.what, CXIO_STREAM_GREETED);
	expect(cxio_addr_equal(&s.shown, &own));
	expect(cxio_addr_equal(&s.seen, &seen));
	/* The server has nothing to say before it is asked. */
	expect_eq(cxio_stream_need(&s), 0);
	cxio_stream_connect_sent(&s);
	cxio_connect_reply_encode(&r, wire);
	expect_eq(give(&s, wire, CXIO_CONNECT_REPLY_LEN + 32), CXIO_CONNECT_REPLY_LEN + 32);
	expect_eq(ev.what, CXIO_STREAM_ANSWERED);
	expect_eq(ev.authorizer_len, 32);
	expect_eq(s.reply.tag, CXIO_TAG_CHALLENGE_AUTHORIZER);
	expect_eq(cxio_stream_need(&s), 0);
}

CORE_TEST(bad_greetings_end_it)
{
	struct cxio_connect c = { .authorizer_len = CXIO_AUTHORIZER_MAX + 1 };
	u32 len = cxio_stream_banner(&own, NULL, wire);

	begin(&s, false);
	wire[8] = '6';
	expect_eq(give(&s, wire, len), 0);
	expect_fault(s.fault, CXIO_FAULT_BANNER_TEXT);
	expect_eq(s.state, CXIO_STREAM_ENDED);
	expect(!s.by_peer);
	expect_eq(cxio_stream_need(&s), 0);

	begin(&s, false);
	cxio_stream_banner(&own, NULL, wire);
	wire[CXIO_BANNER_LEN + 9] = 99;
	give(&s, wire, len);
	expect_fault(s.fault, CXIO_FAULT_ADDR_FAMILY);

	begin(&s, false);
	cxio_stream_banner(&own, NULL, wire);
	give(&s, wire, len);
	cxio_connect_encode(&c, wire);
	give(&s, wire, CXIO_CONNECT_LEN);
	expect_fault(s.fault, CXIO_FAULT_CONNECT_AUTHORIZER);
	/* The first reason sticks. */
	cxio_stream_end(&s, CXIO_FAULT_TIMEOUT, true);
	expect_eq(s.fault, CXIO_FAULT_CONNECT_AUTHORIZER);
}

CORE_TEST(nobody_asks_for_ever)
{
	struct cxio_connect c = { .features = ALL };
	u32 i, len = cxio_stream_banner(&own, NULL, wire);

	begin(&s, false);
	give(&s, wire, len);
	cxio_connect_encode(&c, wire);
	for (i = 0; i < CXIO_STREAM_CONNECTS; i++) {
		give(&s, wire, CXIO_CONNECT_LEN);
		expect_eq(ev.what, CXIO_STREAM_ASKED);
		cxio_stream_reply_sent(&s, CXIO_TAG_RETRY_GLOBAL);
	}
	give(&s, wire, CXIO_CONNECT_LEN);
	expect_fault(s.fault, CXIO_FAULT_CONNECT_TOO_MANY);
}

/* --- messages --- */

static const u32 parts[CXIO_SEGMENTS] = { 10, 0, 33 };

/* A message of the peer's, with its payload and footer behind its head. */
static u32 make_message(u64 seq, u8 flags)
{
	struct cxio_msg_header h = { .seq = seq, .type = CXIO_MSG_PING,
				     .len = { parts[0], parts[1], parts[2] } };
	struct cxio_msg_footer f;
	u32 crc[CXIO_SEGMENTS], at = CXIO_STREAM_HEAD;

	memset(wire + at, 'f', parts[0]);
	memset(wire + at + parts[0], 'd', parts[2]);
	crc[0] = cxio_crc32c(0, wire + at, parts[0]);
	crc[1] = 0;
	crc[2] = cxio_crc32c(0, wire + at + parts[0], parts[2]);
	cxio_stream_msg_begin(&peer, &h, wire);
	at += parts[0] + parts[2];
	expect_eq(cxio_stream_msg_footer(&peer, crc, !(flags & CXIO_FOOTER_NOCRC), &f),
		  CXIO_FAULT_NONE);
	f.flags = flags;
	return at + cxio_stream_footer_encode(&f, peer.msg_auth, wire + at);
}

/* All of it, the payload in pieces of @by bytes. */
static void take_message(u32 by)
{
	u32 used = give(&s, wire, CXIO_STREAM_HEAD), segment, offset, run;

	while (cxio_stream_payload(&s)) {
		run = cxio_stream_run(&s, &segment, &offset);
		expect(segment != CXIO_MIDDLE);
		expect_eq(offset + run, parts[segment]);
		if (run > by)
			run = by;
		cxio_stream_took(&s, wire + used, run, NOW);
		used += run;
	}
	if (cxio_stream_need(&s))
		give(&s, wire + used, cxio_stream_need(&s));
}

CORE_TEST(messages_come_whole_in_any_pieces)
{
	static const u64 features[] = { ALL, ALL & ~CXIO_CEPH_FEATURE_MSG_AUTH };
	u32 by, i;

	for (i = 0; i < ARRAY_SIZE(features); i++) {
		for (by = 1; by < 40; by++) {
			core_row(by, i ? "old footer" : "footer");
			open_as(CXIO_LOSSLESS_CLIENT, features[i]);
			open_peer(features[i]);
			make_message(0, CXIO_FOOTER_COMPLETE);
			take_message(by);
			expect_eq(s.state, CXIO_STREAM_OPEN);
			expect_eq(ev.what, CXIO_STREAM_WHOLE);
			expect_eq(s.header.seq, 1);
			expect_eq(session.in_seq, 0);
			cxio_stream_accept(&s, NOW);
			expect_eq(session.in_seq, 1);
			expect_eq(s.stats.msgs_received, 1);
			expect_eq(s.stats.bytes_received, 43);
			make_message(0, CXIO_FOOTER_COMPLETE | CXIO_FOOTER_NOCRC);
			take_message(by);
			expect_eq(ev.what, CXIO_STREAM_WHOLE);
		}
	}
}

static const struct {
	const char *what;
	u32 at;
	enum cxio_fault fault;
	bool counts;
} flips[] = {
	{ "tag", 0, CXIO_FAULT_TAG_UNKNOWN, false },
	{ "header", 9, CXIO_FAULT_MSG_HEADER_CRC, true },
	{ "front", CXIO_STREAM_HEAD + 3, CXIO_FAULT_FRONT_CRC, true },
	{ "data", CXIO_STREAM_HEAD + 12, CXIO_FAULT_DATA_CRC, true },
	{ "middle_crc", CXIO_STREAM_HEAD + 43 + 5, CXIO_FAULT_MIDDLE_CRC, true },
	{ "signature", CXIO_STREAM_HEAD + 43 + 13, CXIO_FAULT_FOOTER_SIGNED, false },
	{ "flags", CXIO_STREAM_HEAD + 43 + 20, CXIO_FAULT_FOOTER_FLAGS, false },
};

CORE_TEST(what_is_spoilt_is_named)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(flips); i++) {
		core_row(i, flips[i].what);
		open();
		open_peer(ALL);
		make_message(0, CXIO_FOOTER_COMPLETE);
		wire[flips[i].at] ^= 0x40;
		take_message(100);
		expect_fault(s.fault, flips[i].fault);
		expect_eq(s.state, CXIO_STREAM_ENDED);
		expect_eq(s.stats.crc_failures, flips[i].counts);
		expect_eq(session.in_seq, 0);
	}
}

CORE_TEST(order_is_kept)
{
	open();
	open_peer(ALL);
	make_message(4, CXIO_FOOTER_COMPLETE);
	/* A first one may have any number. */
	take_message(100);
	expect_eq(ev.what, CXIO_STREAM_WHOLE);
	cxio_stream_accept(&s, NOW);
	expect_eq(session.in_seq, 4);
	take_message(7);
	expect(s.dropped);
	expect_eq(ev.what, CXIO_STREAM_NOTHING);
	expect_eq(s.stats.duplicates, 1);
	expect_eq(s.state, CXIO_STREAM_OPEN);
	make_message(5, 0);
	take_message(100);
	expect_eq(ev.what, CXIO_STREAM_ABORTED);
	cxio_stream_accept(&s, NOW);
	expect_eq(session.in_seq, 5);
	make_message(7, CXIO_FOOTER_COMPLETE);
	take_message(100);
	expect_fault(s.fault, CXIO_FAULT_MSG_SEQ_GAP);
}

CORE_TEST(signatures_are_demanded)
{
	struct cxio_msg_footer f;
	u32 crc[CXIO_SEGMENTS] = { 1, 2, 3 };

	open();
	open_peer(ALL);
	s.signing = true;
	make_message(0, CXIO_FOOTER_COMPLETE);
	take_message(100);
	expect_fault(s.fault, CXIO_FAULT_FOOTER_UNSIGNED);
	open();
	s.signing = true;
	/* Nor can anybody take back what another has sent: that cannot be signed. */
	make_message(1, CXIO_FOOTER_SIGNED);
	take_message(100);
	expect_fault(s.fault, CXIO_FAULT_FOOTER_INCOMPLETE);
	expect_eq(session.in_seq, 0);
	open();
	s.signing = true;
	make_message(1, CXIO_FOOTER_COMPLETE | CXIO_FOOTER_SIGNED);
	take_message(100);
	expect_eq(ev.what, CXIO_STREAM_WHOLE);
	expect_eq(cxio_stream_msg_footer(&s, crc, true, &f), CXIO_FAULT_NONE);
	expect_eq(f.flags, CXIO_FOOTER_COMPLETE | CXIO_FOOTER_SIGNED);
	expect_eq(f.crc[CXIO_DATA], 3);
	expect_fault(cxio_stream_msg_footer(&s, crc, false, &f), CXIO_FAULT_FOOTER_SIGNED_NOCRC);
}

/* --- acks --- */

static u32 control(struct cxio_stream *of, bool queued, u64 now)
{
	expect_eq(cxio_stream_next(of, queued, now), CXIO_STREAM_TX_CONTROL);
	return cxio_stream_control(of, queued, wire, now);
}

static void receive(u32 count)
{
	while (count--) {
		make_message(0, CXIO_FOOTER_COMPLETE);
		take_message(100);
		expect_eq(ev.what, CXIO_STREAM_WHOLE);
		cxio_stream_accept(&s, NOW);
	}
}

CORE_TEST(acks_wait_for_company)
{
	u64 seq = 0;

	open();
	open_peer(ALL);
	receive(2);
	expect_eq(cxio_stream_next(&s, false, NOW), CXIO_STREAM_TX_NOTHING);
	expect_eq(cxio_stream_deadline(&s), NOW + CXIO_STREAM_ACK_NS);
	/* With a message, at once, and before it. */
	expect_eq(control(&s, true, NOW), 1 + CXIO_ACK_LEN);
	expect_eq(wire[0], CXIO_TAG_ACK);
	expect_eq(cxio_ack_decode(wire + 1, CXIO_ACK_LEN, &seq), CXIO_FAULT_NONE);
	expect_eq(seq, 2);
	expect_eq(cxio_stream_next(&s, true, NOW), CXIO_STREAM_TX_MESSAGE);
	expect_eq(cxio_stream_next(&s, false, NOW + 1000000000), CXIO_STREAM_TX_NOTHING);
	receive(1);
	expect_eq(cxio_stream_next(&s, false, NOW + CXIO_STREAM_ACK_NS - 1),
		  CXIO_STREAM_TX_NOTHING);
	control(&s, false, NOW + CXIO_STREAM_ACK_NS);
	receive(CXIO_STREAM_ACK_MSGS - 1);
	expect_eq(cxio_stream_next(&s, false, NOW), CXIO_STREAM_TX_NOTHING);
	receive(1);
	control(&s, false, NOW);
	expect_eq(s.stats.acks_sent, 3);
	/* Nobody keeps what a lossy peer could be told of. */
	open_as(CXIO_LOSSY_CLIENT, ALL);
	open_peer(ALL);
	receive(1);
	expect_eq(cxio_stream_next(&s, true, NOW + 1000000000), CXIO_STREAM_TX_MESSAGE);
}

/* Who sends a message again has not heard of us: it is told once more. */
CORE_TEST(duplicates_are_acknowledged)
{
	open();
	open_peer(ALL);
	receive(2);
	control(&s, false, NOW + CXIO_STREAM_ACK_NS);
	make_message(1, CXIO_FOOTER_COMPLETE);
	take_message(100);
	expect(s.dropped);
	expect_eq(s.ack_due, NOW + CXIO_STREAM_ACK_NS);
	expect_eq(control(&s, false, NOW + CXIO_STREAM_ACK_NS), 1 + CXIO_ACK_LEN);
	expect_eq(session.in_seq, 2);
	open_as(CXIO_LOSSY_CLIENT, ALL);
	open_peer(ALL);
	receive(1);
	make_message(1, CXIO_FOOTER_COMPLETE);
	take_message(100);
	expect_eq(s.ack_due, CXIO_NEVER);
}

CORE_TEST(acks_are_taken_and_checked)
{
	struct cxio_msg_header h = { .len = { 0 } };

	open();
	cxio_stream_msg_begin(&s, &h, wire);
	expect_eq(h.seq, 1);
	h.seq = 0;
	cxio_stream_msg_begin(&s, &h, wire);
	expect_eq(h.seq, 2);
	cxio_session_sent_upto(&session, 1);
	/* Not beyond what was begun. */
	cxio_session_sent_upto(&session, 3);
	expect_eq(session.sent_seq, 1);
	wire[0] = CXIO_TAG_ACK;
	cxio_ack_encode(1, wire + 1);
	expect_eq(give(&s, wire, 9), 9);
	expect_eq(ev.what, CXIO_STREAM_ACKED);
	expect_eq(session.acked, 1);
	expect_eq(give(&s, wire, 9), 9);
	expect_eq(ev.what, CXIO_STREAM_NOTHING);
	/* The second is not on its way whole. */
	cxio_ack_encode(2, wire + 1);
	give(&s, wire, 9);
	expect_fault(s.fault, CXIO_FAULT_ACK_SEQ);
	expect_eq(session.acked, 1);
}

/* A message that others wait for comes at a speed, or not at all. */
CORE_TEST(nobody_dawdles_while_others_wait)
{
	u64 now = NOW;

	open();
	open_peer(ALL);
	make_message(0, CXIO_FOOTER_COMPLETE);
	give(&s, wire, CXIO_STREAM_HEAD);
	expect_eq(ev.what, CXIO_STREAM_BEGINS);
	expect(!cxio_stream_dawdles(&s, true, now + 10 * CXIO_STREAM_SLOW_NS));
	cxio_stream_hurry(&s, now);
	s.keepalive.interval_ns = 0;
	s.keepalive.expiry_ns = 0;
	expect_eq(cxio_stream_deadline(&s), now + CXIO_STREAM_SLOW_NS);
	expect(!cxio_stream_dawdles(&s, true, now + CXIO_STREAM_SLOW_NS - 1));
	/* Nobody waits: it may go on like this. */
	now += CXIO_STREAM_SLOW_NS;
	expect(!cxio_stream_dawdles(&s, false, now));
	expect_eq(cxio_stream_deadline(&s), now + CXIO_STREAM_SLOW_NS);
	/* It comes fast enough. */
	s.pos += CXIO_STREAM_SLOW_BYTES;
	now += CXIO_STREAM_SLOW_NS;
	expect(!cxio_stream_dawdles(&s, true, now));
	/* Not any more. */
	s.pos += CXIO_STREAM_SLOW_BYTES - 1;
	now += CXIO_STREAM_SLOW_NS;
	expect(cxio_stream_dawdles(&s, true, now));
	s.pos = 0;
	cxio_stream_took(&s, wire + CXIO_STREAM_HEAD, 10, NOW);
	cxio_stream_took(&s, wire + CXIO_STREAM_HEAD + 10, 33, NOW);
	give(&s, wire + CXIO_STREAM_HEAD + 43, CXIO_MSG_FOOTER);
	expect_eq(ev.what, CXIO_STREAM_WHOLE);
	expect(!cxio_stream_dawdles(&s, true, now + 10 * CXIO_STREAM_SLOW_NS));
	expect_eq(cxio_stream_deadline(&s), CXIO_NEVER);
}

/* --- keepalives --- */

CORE_TEST(keepalives_go_and_come)
{
	open();
	open_peer(ALL);
	expect_eq(cxio_stream_deadline(&s), NOW + CXIO_KEEPALIVE_NS);
	cxio_stream_tick(&s, NOW + CXIO_KEEPALIVE_NS);
	expect_eq(control(&s, false, NOW + CXIO_KEEPALIVE_NS), 9);
	expect_eq(wire[0], CXIO_TAG_KEEPALIVE2);
	expect_eq(give(&peer, wire, 9), 9);
	expect_eq(control(&peer, false, NOW), 9);
	expect_eq(wire[0], CXIO_TAG_KEEPALIVE2_ACK);
	expect_eq(give(&s, wire, 9), 9);
	expect_eq(ev.what, CXIO_STREAM_ECHO);
	expect_eq(ev.stamp_ns, NOW + CXIO_KEEPALIVE_NS);
	cxio_stream_tick(&s, NOW + CXIO_KEEPALIVE_NS);
	control(&s, false, NOW + CXIO_KEEPALIVE_NS);
	cxio_stream_tick(&s, NOW + CXIO_KEEPALIVE_EXPIRY_NS);
	expect_eq(s.fault, CXIO_FAULT_KEEPALIVE);
	expect_eq(s.state, CXIO_STREAM_ENDED);
	expect_eq(cxio_stream_deadline(&s), CXIO_NEVER);

	/* Whoever was not asked, because we were not awake, is asked before he is given up. */
	open();
	cxio_stream_tick(&s, NOW + 3 * CXIO_KEEPALIVE_EXPIRY_NS);
	expect_eq(s.state, CXIO_STREAM_OPEN);
	expect_eq(control(&s, false, NOW + 3 * CXIO_KEEPALIVE_EXPIRY_NS), 9);
	cxio_stream_tick(&s, NOW + 4 * CXIO_KEEPALIVE_EXPIRY_NS - CXIO_KEEPALIVE_NS - 1);
	expect_eq(s.state, CXIO_STREAM_OPEN);
	cxio_stream_tick(&s, NOW + 4 * CXIO_KEEPALIVE_EXPIRY_NS - CXIO_KEEPALIVE_NS);
	expect_eq(s.fault, CXIO_FAULT_KEEPALIVE);

	/* But not for ever, if nothing can be written. */
	open();
	cxio_stream_tick(&s, NOW + CXIO_KEEPALIVE_NS);
	expect_eq(cxio_stream_deadline(&s), NOW + CXIO_KEEPALIVE_EXPIRY_NS);
	cxio_stream_tick(&s, NOW + CXIO_KEEPALIVE_EXPIRY_NS);
	expect_eq(s.fault, CXIO_FAULT_KEEPALIVE);

	open();
	memset(wire, 0xff, 9);
	wire[0] = CXIO_TAG_KEEPALIVE2;
	give(&s, wire, 9);
	expect_fault(s.fault, CXIO_FAULT_STAMP_NSEC);
}

/* An owner's question that the last connection did not get to. */
CORE_TEST(asked_before)
{
	begin(&s, true);
	cxio_session_init(&session, cxio_policy(CXIO_LOSSLESS_PEER), 0);
	session.features = ALL;
	expect_eq(cxio_session_opened(&session, 0), CXIO_FAULT_NONE);
	cxio_session_ask(&session, NOW);
	cxio_stream_opens(&s, &session, 0, 0, NOW);
	expect_eq(control(&s, false, NOW), 9);
	expect_eq(wire[0], CXIO_TAG_KEEPALIVE2);
	expect(!session.asked);
}

CORE_TEST(silence_says_nothing_without_answers)
{
	open_as(CXIO_LOSSLESS_CLIENT, ALL & ~CXIO_CEPH_FEATURE_KEEPALIVE2);
	cxio_stream_tick(&s, NOW + 10 * CXIO_KEEPALIVE_EXPIRY_NS);
	expect_eq(s.state, CXIO_STREAM_OPEN);
	expect_eq(control(&s, false, NOW), 1);
	expect_eq(wire[0], CXIO_TAG_KEEPALIVE);
	expect_eq(give(&s, wire, 1), 1);
	expect_eq(cxio_stream_need(&s), 1);
	/* Nor if the next question cannot be written. */
	cxio_stream_tick(&s, NOW + 20 * CXIO_KEEPALIVE_EXPIRY_NS);
	cxio_stream_tick(&s, NOW + 30 * CXIO_KEEPALIVE_EXPIRY_NS);
	expect_eq(s.state, CXIO_STREAM_OPEN);
}

/* Who does not read hears nothing, but is heard. */
CORE_TEST(who_is_paused_is_heard)
{
	u64 now = NOW, end = NOW + 10 * CXIO_KEEPALIVE_EXPIRY_NS;

	open();
	cxio_stream_pause(&s, true, now);
	while (now < end) {
		expect_eq(cxio_stream_deadline(&s), now + CXIO_KEEPALIVE_NS);
		now += CXIO_KEEPALIVE_NS;
		cxio_stream_tick(&s, now);
		expect_eq(s.state, CXIO_STREAM_OPEN);
		expect_eq(control(&s, false, now), 9);
		expect_eq(wire[0], CXIO_TAG_KEEPALIVE2);
	}
	/* What it could not write is no reason to wake up again. */
	cxio_stream_tick(&s, now + CXIO_KEEPALIVE_NS);
	expect_eq(cxio_stream_deadline(&s), CXIO_NEVER);
	control(&s, false, now + CXIO_KEEPALIVE_NS);
	cxio_stream_pause(&s, false, now);
	cxio_stream_tick(&s, now + CXIO_KEEPALIVE_NS);
	control(&s, false, now + CXIO_KEEPALIVE_NS);
	cxio_stream_tick(&s, now + CXIO_KEEPALIVE_EXPIRY_NS - 1);
	expect_eq(s.state, CXIO_STREAM_OPEN);
	cxio_stream_tick(&s, now + CXIO_KEEPALIVE_EXPIRY_NS);
	expect_eq(s.fault, CXIO_FAULT_KEEPALIVE);
}

/* A long message is in the way of the question: nobody can answer before that has come. */
CORE_TEST(who_takes_bytes_is_alive)
{
	u64 acked, i, now = NOW;

	open();
	/* There is no room for a question yet. */
	for (acked = 100; acked <= 1000; acked += 100) {
		now += CXIO_KEEPALIVE_EXPIRY_NS - 1;
		cxio_stream_tick(&s, now - CXIO_KEEPALIVE_NS);
		cxio_stream_reached(&s, 0, acked, 3000, now);
		cxio_stream_tick(&s, now);
		expect_eq(s.state, CXIO_STREAM_OPEN);
	}
	/* It goes, with a thousand bytes before it. */
	control(&s, false, now);
	expect(s.asking);
	for (; acked <= 2000; acked += 100) {
		now += CXIO_KEEPALIVE_EXPIRY_NS - 1;
		cxio_stream_reached(&s, 2000, acked, 3000, now);
		cxio_stream_tick(&s, now);
		expect_eq(s.state, CXIO_STREAM_OPEN);
	}
	/* Then an answer is due, whatever else the peer's TCP takes: other questions, too. */
	for (i = 1; i < CXIO_KEEPALIVE_EXPIRY_NS / CXIO_KEEPALIVE_NS; i++) {
		cxio_stream_tick(&s, now + i * CXIO_KEEPALIVE_NS);
		cxio_stream_reached(&s, 2000, 2009 * i, 9999, now + i * CXIO_KEEPALIVE_NS);
		expect_eq(s.state, CXIO_STREAM_OPEN);
		control(&s, false, now + i * CXIO_KEEPALIVE_NS);
	}
	cxio_stream_tick(&s, now + CXIO_KEEPALIVE_EXPIRY_NS);
	expect_eq(s.fault, CXIO_FAULT_KEEPALIVE);
}

/* --- the end --- */

CORE_TEST(closes_in_order)
{
	open();
	open_peer(ALL);
	receive(1);
	cxio_stream_close(&s);
	expect_eq(s.state, CXIO_STREAM_CLOSING);
	/* What is queued goes first, and the ack with it. */
	control(&s, true, NOW);
	expect_eq(wire[0], CXIO_TAG_ACK);
	expect_eq(cxio_stream_next(&s, true, NOW), CXIO_STREAM_TX_MESSAGE);
	expect_eq(control(&s, false, NOW), 1);
	expect_eq(wire[0], CXIO_TAG_CLOSE);
	expect_eq(cxio_stream_next(&s, true, NOW), CXIO_STREAM_TX_NOTHING);
	/* Only when it is written there is a limit, which an ack puts off. */
	cxio_stream_settle(&s, false, NOW);
	expect_eq(s.deadline, CXIO_NEVER);
	cxio_stream_settle(&s, true, NOW);
	expect_eq(s.state, CXIO_STREAM_CLOSING);
	expect_eq(cxio_stream_deadline(&s), NOW + CXIO_STREAM_CLOSE_NS);

	expect_eq(give(&peer, wire, 1), 1);
	expect_eq(ev.what, CXIO_STREAM_CLOSED);
	expect(peer.by_peer);
	expect_eq(cxio_stream_need(&peer), 0);
	/* What is queued there has no taker. */
	expect_eq(control(&peer, true, NOW), 1);
	cxio_stream_settle(&peer, false, NOW);
	expect_eq(peer.state, CXIO_STREAM_CLOSING);
	cxio_stream_settle(&peer, true, NOW);
	expect_eq(peer.state, CXIO_STREAM_ENDED);
	expect_eq(peer.fault, CXIO_FAULT_NONE);
	expect(cxio_stream_in_order(&peer));

	expect_eq(give(&s, wire, 1), 1);
	cxio_stream_settle(&s, true, NOW);
	expect_eq(s.state, CXIO_STREAM_ENDED);
	expect_eq(s.fault, CXIO_FAULT_NONE);
	expect(cxio_stream_in_order(&s));
}

CORE_TEST(a_peer_that_hangs_up)
{
	struct cxio_msg_header h = { .len = { 0 } };

	/* Ceph's way to answer CLOSE; in order if it had all. */
	open();
	cxio_stream_close(&s);
	control(&s, false, NOW);
	cxio_stream_lost(&s);
	expect_eq(s.fault, CXIO_FAULT_NONE);
	expect(cxio_stream_in_order(&s));

	open();
	cxio_stream_msg_begin(&s, &h, wire);
	cxio_session_sent_upto(&session, 1);
	cxio_stream_close(&s);
	control(&s, false, NOW);
	cxio_stream_lost(&s);
	expect_eq(s.fault, CXIO_FAULT_PEER_GONE);

	open();
	cxio_stream_lost(&s);
	expect_eq(s.fault, CXIO_FAULT_PEER_GONE);
	expect(!cxio_stream_in_order(&s));

	/* One that is replaced means no session any more. */
	open();
	cxio_stream_close(&s);
	control(&s, false, NOW);
	cxio_stream_replaced(&s);
	expect_eq(s.fault, CXIO_FAULT_REPLACED);
	expect(!cxio_stream_in_order(&s));
	expect(!s.session);

	/* No wait is without a limit. */
	open();
	cxio_stream_close(&s);
	control(&s, false, NOW);
	cxio_stream_settle(&s, true, NOW);
	cxio_stream_tick(&s, NOW + CXIO_STREAM_CLOSE_NS);
	expect_eq(s.fault, CXIO_FAULT_TIMEOUT);
	begin(&s, true);
	expect_eq(cxio_stream_deadline(&s), NOW + CXIO_STREAM_CONNECT_NS);
	cxio_stream_tick(&s, NOW + CXIO_STREAM_CONNECT_NS);
	expect_eq(s.fault, CXIO_FAULT_TIMEOUT);
	begin(&s, true);
	cxio_stream_close(&s);
	expect_eq(s.state, CXIO_STREAM_ENDED);
	expect_eq(s.fault, CXIO_FAULT_NONE);
	/* Once ended, nothing changes it. */
	cxio_stream_connected(&s);
	expect_eq(s.state, CXIO_STREAM_ENDED);
	expect_eq(cxio_stream_next(&s, true, NOW), CXIO_STREAM_TX_NOTHING);
	cxio_stream_settle(&s, true, NOW);
	cxio_stream_tick(&s, CXIO_NEVER);
	expect_eq(s.fault, CXIO_FAULT_NONE);
}

CORE_TEST(closing_takes_as_long_as_it_gets_on)
{
	struct cxio_msg_header h = { .len = { 0 } };
	u64 now = NOW;

	open();
	cxio_stream_msg_begin(&s, &h, wire);
	cxio_session_sent_upto(&session, 1);
	cxio_stream_close(&s);
	control(&s, false, now);
	cxio_stream_settle(&s, true, now);
	/* The peer's TCP has not all of it, then it has a bit more. */
	now += CXIO_STREAM_CLOSE_NS;
	cxio_stream_reached(&s, 0, 50, 100, now);
	cxio_stream_tick(&s, now);
	now += CXIO_STREAM_CLOSE_NS;
	cxio_stream_reached(&s, 0, 100, 100, now);
	cxio_stream_tick(&s, now);
	expect_eq(s.state, CXIO_STREAM_CLOSING);
	expect_eq(s.deadline, now + CXIO_STREAM_CLOSE_NS);
	/* Its owner gets on with it. */
	wire[0] = CXIO_TAG_ACK;
	cxio_ack_encode(1, wire + 1);
	s.deadline = NOW + 1;
	expect_eq(give(&s, wire, 9), 9);
	expect_eq(s.deadline, NOW + CXIO_STREAM_CLOSE_NS);
	expect_eq(give(&s, wire, 9), 9);
	s.deadline = now + CXIO_STREAM_CLOSE_NS;
	now += CXIO_STREAM_CLOSE_NS;
	cxio_stream_reached(&s, 0, 100, 100, now);
	cxio_stream_tick(&s, now);
	expect_eq(s.fault, CXIO_FAULT_TIMEOUT);
}

CORE_TEST(nobody_is_woken_for_what_cannot_be_written)
{
	open();
	open_peer(ALL);
	receive(1);
	expect_eq(cxio_stream_deadline(&s), NOW + CXIO_STREAM_ACK_NS);
	cxio_stream_settle(&s, false, NOW);
	expect_eq(cxio_stream_deadline(&s), NOW + CXIO_KEEPALIVE_NS);
	cxio_stream_settle(&s, true, NOW);
	expect_eq(cxio_stream_deadline(&s), NOW + CXIO_STREAM_ACK_NS);
	cxio_stream_close(&s);
	control(&s, false, NOW);
	receive(1);
	expect(s.ack_due != CXIO_NEVER);
	cxio_stream_settle(&s, true, NOW);
	expect_eq(cxio_stream_deadline(&s), NOW + CXIO_STREAM_CLOSE_NS);
}

CORE_TEST(protocols_have_numbers)
{
	expect_eq(cxio_ceph_protocol(CXIO_ENTITY_MON), 15);
	expect_eq(cxio_ceph_protocol(CXIO_ENTITY_MDS), 32);
	expect_eq(cxio_ceph_protocol(CXIO_ENTITY_OSD), 24);
	expect_eq(cxio_ceph_protocol(CXIO_ENTITY_CLIENT), 0);
}

CORE_TEST(every_fault_of_streams_was_provoked)
{
	expect_door_complete(DOOR_STREAM);
}

static struct core_case cases[] = {
	CORE_CASE(a_server_is_greeted_and_asked),
	CORE_CASE(a_client_is_greeted_and_answered),
	CORE_CASE(bad_greetings_end_it),
	CORE_CASE(nobody_asks_for_ever),
	CORE_CASE(messages_come_whole_in_any_pieces),
	CORE_CASE(what_is_spoilt_is_named),
	CORE_CASE(order_is_kept),
	CORE_CASE(signatures_are_demanded),
	CORE_CASE(acks_wait_for_company),
	CORE_CASE(duplicates_are_acknowledged),
	CORE_CASE(acks_are_taken_and_checked),
	CORE_CASE(nobody_dawdles_while_others_wait),
	CORE_CASE(keepalives_go_and_come),
	CORE_CASE(asked_before),
	CORE_CASE(silence_says_nothing_without_answers),
	CORE_CASE(who_is_paused_is_heard),
	CORE_CASE(who_takes_bytes_is_alive),
	CORE_CASE(closes_in_order),
	CORE_CASE(a_peer_that_hangs_up),
	CORE_CASE(closing_takes_as_long_as_it_gets_on),
	CORE_CASE(nobody_is_woken_for_what_cannot_be_written),
	CORE_CASE(protocols_have_numbers),
	CORE_CASE(every_fault_of_streams_was_provoked),
	{}
};

CORE_SUITE(stream, cases);
