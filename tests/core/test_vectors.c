// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Golden vectors (tests/vectors): encoded to exactly these bytes, and decoded. They are
 * of wire version 1, which is frozen, and so are they.
 */
#include "core_test.h"
#include "channel.h"

#define SEQ	0x1122334455667788ull
#define SIGNATURE	0x8070605040302010ull
#define STAMP	(1700000000ull * 1000000000ull + 123456789ull)

static void request_limits(struct cxio_limits *l)
{
	cxio_limits_default(l);
	l->recv_size = 8192;
	l->supported = 3;
	l->required = 1;
	l->recv_depth = 33;
	l->read_depth = 5;
	l->window_msgs = 65;
	l->window_bytes = 0x812345;
}

static void reply_limits(struct cxio_limits *l)
{
	cxio_limits_default(l);
	l->supported = 1;
}

CORE_TEST(hello_request)
{
	struct cxio_limits request, reply;
	struct cxio_wire_hello hello;
	struct cxio_agreed a;
	const u8 *bytes;
	u32 len;

	request_limits(&request);
	reply_limits(&reply);
	expect_vector(&hello, cxio_hello_encode(&request, NULL, &hello), "hello-request");
	bytes = core_vector("hello-request", &len);
	expect_fault(cxio_hello_decode(&reply, bytes, len, &a), CXIO_FAULT_NONE);
	expect_eq(a.version, 1);
	expect_eq(a.features, 1);
	expect_eq(a.frame_max, 4096);
	expect_eq(a.peer_recv_depth, 33);
	expect_eq(a.peer_read_depth, 5);
	expect_eq(a.peer_window_msgs, 65);
	expect_eq(a.peer_window_bytes, 0x812345);
}

CORE_TEST(hello_reply)
{
	const struct cxio_agreed chosen = { .version = 1 };
	struct cxio_limits request, reply;
	struct cxio_wire_hello hello;
	struct cxio_agreed a;
	const u8 *bytes;
	u32 len;

	request_limits(&request);
	reply_limits(&reply);
	expect_vector(&hello, cxio_hello_encode(&reply, &chosen, &hello), "hello-reply");
	bytes = core_vector("hello-reply", &len);
	expect_fault(cxio_hello_decode(&request, bytes, len, &a), CXIO_FAULT_NONE);
	expect_eq(a.features, 1);
	expect_eq(a.peer_recv_depth, 32);
	expect_eq(a.peer_window_bytes, 8 << 20);
}

CORE_TEST(refusal)
{
	struct cxio_wire_refusal w;
	struct cxio_refusal r;
	const u8 *bytes;
	u32 len;

	expect_vector(&w, cxio_refusal_encode(CXIO_FAULT_HELLO_LAYOUT, &w), "refusal");
	bytes = core_vector("refusal", &len);
	expect(cxio_refusal_decode(bytes, len, &r));
	expect_eq(r.reason, CXIO_FAULT_HELLO_LAYOUT);
	expect_eq(r.version_min, 1);
	expect_eq(r.version_max, 1);
	expect_eq(r.layout, CXIO_WIRE_LAYOUT);
}

static void limits_512(struct cxio_limits *l, struct cxio_agreed *a, u64 features)
{
	struct cxio_wire_hello hello;
	u32 len;

	cxio_limits_default(l);
	l->recv_size = 512;
	l->send_size = 512;
	l->supported = features;
	len = cxio_hello_encode(l, NULL, &hello);
	expect_fault(cxio_hello_decode(l, &hello, len, a), CXIO_FAULT_NONE);
}

static struct cxio_session session;

/* A channel whose next frame has the vectors' ack and grants. */
static void sender_with(struct cxio_channel *s, u64 features)
{
	struct cxio_agreed a;
	struct cxio_limits l;

	limits_512(&l, &a, features);
	cxio_session_init(&session, cxio_policy(CXIO_LOSSLESS_PEER), 1);
	cxio_channel_init(s, &session, &l, &a, true, STAMP);
	session.in_seq = SEQ;
	session.rx_seq = SEQ;
	s->credit.rx_frames.used = 5;
	s->credit.rx_frames.returned = 5;
	s->credit.rx_msgs.used = 3;
	s->credit.rx_msgs.returned = 3;
	s->credit.rx_bytes.used = 1000;
	s->credit.rx_bytes.returned = 1000;
}

static void sender(struct cxio_channel *s)
{
	sender_with(s, 0);
}

/* A channel that sent what is acknowledged and granted there. */
static void receiver_with(struct cxio_channel *s, u64 features)
{
	struct cxio_agreed a;
	struct cxio_limits l;

	limits_512(&l, &a, features);
	cxio_session_init(&session, cxio_policy(CXIO_LOSSLESS_PEER), 1);
	cxio_channel_init(s, &session, &l, &a, false, STAMP);
	session.out_seq = SEQ;
	session.sent_seq = SEQ;
	session.acked = SEQ - 3;
	s->credit.tx_frames.used = 5;
	s->credit.tx_msgs.used = 3;
	s->credit.tx_bytes.used = 1000;
}

static void receiver(struct cxio_channel *s)
{
	receiver_with(s, 0);
}

static const u8 *receive(struct cxio_channel *s, const char *name, struct cxio_rx_event *ev)
{
	u32 len;
	const u8 *bytes = core_vector(name, &len);

	expect_fault(cxio_channel_rx(s, bytes, len, STAMP, ev), CXIO_FAULT_NONE);
	/* Acks count once the session is agreed on. */
	expect_eq(session.acked, s->ready ? SEQ : SEQ - 3);
	expect_eq(cxio_send_window_left(&s->credit.tx_frames), 32);
	expect_eq(cxio_send_window_left(&s->credit.tx_msgs), 64);
	expect_eq(cxio_send_window_left(&s->credit.tx_bytes), 8 << 20);
	return bytes;
}

static void send_control(struct cxio_channel *s, const char *name)
{
	const struct cxio_offer nothing = { 0 };
	u8 buf[64];

	expect_eq(cxio_channel_next(s, &nothing, STAMP), CXIO_TX_CONTROL);
	expect_vector(buf, cxio_channel_control(s, buf, STAMP), name);
}

CORE_TEST(frame_grant)
{
	struct cxio_rx_event ev;
	static struct cxio_channel s;

	sender(&s);
	send_control(&s, "frame-grant");
	receiver(&s);
	receive(&s, "frame-grant", &ev);
	expect_eq(ev.kind, CXIO_RX_NOTHING);
	expect(ev.acked);
}

CORE_TEST(frame_keepalive)
{
	struct cxio_rx_event ev;
	static struct cxio_channel s;
	const u8 *bytes;

	sender(&s);
	s.keepalive.ask = true;
	send_control(&s, "frame-keepalive");
	/* what answers it is the echo's vector */
	receiver(&s);
	bytes = receive(&s, "frame-keepalive", &ev);
	expect(s.keepalive.echo);
	sender(&s);
	s.keepalive.echo = true;
	memcpy(&s.keepalive.stamp, bytes + 28, sizeof(s.keepalive.stamp));
	send_control(&s, "frame-keepalive-ack");
	receiver(&s);
	receive(&s, "frame-keepalive-ack", &ev);
	expect_eq(ev.kind, CXIO_RX_ECHO);
	expect_eq(ev.stamp_ns, STAMP);
}

CORE_TEST(frame_close)
{
	struct cxio_rx_event ev;
	static struct cxio_channel s;

	sender(&s);
	cxio_channel_close(&s, CXIO_FAULT_DATA_CRC);
	send_control(&s, "frame-close");
	receiver(&s);
	receive(&s, "frame-close", &ev);
	expect_eq(ev.kind, CXIO_RX_CLOSE);
	expect_eq(s.peer_reason, CXIO_FAULT_DATA_CRC);
}

/* The descriptors that came in. */
static u8 came[CXIO_DESCS_BYTES_MAX];

struct message {
	struct cxio_msg_header h;
	u8 part[CXIO_SEGMENTS][1000];
};

static void header(struct message *m, u32 front, u32 middle, u32 data)
{
	memset(&m->h, 0, sizeof(m->h));
	m->h.tid = 0x0102030405060708;
	m->h.type = CXIO_MSG_DATA_PING;
	m->h.priority = CXIO_PRIO_DEFAULT;
	m->h.version = 3;
	m->h.len[CXIO_FRONT] = front;
	m->h.len[CXIO_MIDDLE] = middle;
	m->h.len[CXIO_DATA] = data;
	m->h.data_off = 0xabc;
	m->h.src_type = CXIO_ENTITY_CLIENT;
	m->h.src_num = 0x1112131415161718;
	m->h.compat_version = 2;
}

/* No key is needed to see where it stands. */
static void put_signature(u8 *footer)
{
	struct cxio_msg_footer f;

	cxio_msg_footer_decode(footer, &f);
	f.sig = SIGNATURE;
	cxio_msg_footer_encode(&f, footer);
}

static void send_carried(struct cxio_channel *s, struct message *m, const struct cxio_carry *carry,
			 const u8 *list, const char *name)
{
	const struct cxio_offer offer = { .header = &m->h, .carry = carry };
	const struct cxio_pieces *pieces;
	u8 buf[512];
	u32 i, len;
	bool last;

	if (cxio_channel_next(s, &offer, STAMP) == CXIO_TX_BEGIN)
		pieces = cxio_channel_msg_begin(s, &m->h, carry);
	else
		pieces = cxio_channel_msg_more(s);
	for (i = 0; i < pieces->count; i++) {
		const struct cxio_piece *p = &pieces->piece[i];

		memcpy(buf + p->frame_off, p->offset + (p->segment == CXIO_PART_DESCS ? list :
							m->part[p->segment]), p->len);
	}
	len = cxio_channel_msg_seal(s, buf, &last);
	if (s->agreed.features & CXIO_FEATURE_SIGN)
		put_signature(buf + len - CXIO_MSG_FOOTER);
	expect_vector(buf, len, name);
	expect_eq(last, !s->tx.open);
}

static void send_frame(struct cxio_channel *s, struct message *m, const char *name)
{
	send_carried(s, m, NULL, NULL, name);
}

static void receive_frame(struct cxio_channel *s, struct message *m, const char *name,
			  struct cxio_rx_event *ev)
{
	const u8 *bytes = receive(s, name, ev);
	u32 i;

	expect_eq(ev->kind, CXIO_RX_MESSAGE);
	for (i = 0; i < ev->pieces.count; i++) {
		const struct cxio_piece *p = &ev->pieces.piece[i];

		memcpy(p->offset + (p->segment == CXIO_PART_DESCS ? came : m->part[p->segment]),
		       bytes + p->frame_off, p->len);
	}
}

static void assert_message(const struct cxio_channel *s, const struct message *want,
			   const struct message *got)
{
	u8 a[CXIO_MSG_HEADER], b[CXIO_MSG_HEADER];

	cxio_msg_header_encode(&want->h, a);
	cxio_msg_header_encode(&s->rx.header, b);
	expect_mem(a, b, sizeof(a));
	expect_mem(want->part, got->part, sizeof(got->part));
}

CORE_TEST(message_inline)
{
	static struct message m, got;
	struct cxio_rx_event ev;
	static struct cxio_channel s;

	header(&m, 9, 3, 9);
	memcpy(m.part[CXIO_FRONT], "the front", 9);
	memcpy(m.part[CXIO_MIDDLE], "mid", 3);
	memcpy(m.part[CXIO_DATA], "some data", 9);
	sender(&s);
	send_frame(&s, &m, "message-inline");
	expect_eq(m.h.seq, 1);
	receiver(&s);
	receive_frame(&s, &got, "message-inline", &ev);
	expect(ev.begins && ev.ends);
	assert_message(&s, &m, &got);
}

CORE_TEST(message_chained)
{
	static const u32 factor[CXIO_SEGMENTS] = { 7, 11, 13 };
	static struct message m, got;
	struct cxio_rx_event ev;
	static struct cxio_channel s;
	u32 i, segment;

	header(&m, 24, 5, 1000);
	for (segment = 0; segment < CXIO_SEGMENTS; segment++)
		for (i = 0; i < m.h.len[segment]; i++)
			m.part[segment][i] = (u8)(i * factor[segment] + (i >> 8));
	sender(&s);
	session.out_seq = 1;
	send_frame(&s, &m, "message-chained-1");
	send_frame(&s, &m, "message-chained-2");
	send_frame(&s, &m, "message-chained-3");
	expect_eq(m.h.seq, 2);
	expect(!s.tx.open);

	receiver(&s);
	session.in_seq = 1;
	session.rx_seq = 1;
	receive_frame(&s, &got, "message-chained-1", &ev);
	expect(ev.begins && !ev.ends);
	receive_frame(&s, &got, "message-chained-2", &ev);
	expect(!ev.begins && !ev.ends);
	receive_frame(&s, &got, "message-chained-3", &ev);
	expect(!ev.begins && ev.ends);
	assert_message(&s, &m, &got);
}

/* --- greetings --- */

static void greeting(struct cxio_greeting *g, u8 type)
{
	memset(g, 0, sizeof(*g));
	if (type == CXIO_FRAME_CONNECT)
		g->connect = (struct cxio_connect){
			.features = 0x1122334455667788, .host_type = CXIO_ENTITY_CLIENT,
			.global_seq = 5, .connect_seq = 6, .protocol_version = 24,
			.authorizer_protocol = 2, .authorizer_len = 600,
			.flags = CXIO_CONNECT_LOSSY,
		};
	else
		g->reply = (struct cxio_connect_reply){
			.tag = CXIO_TAG_SEQ, .features = 3, .global_seq = 9, .connect_seq = 7,
			.protocol_version = 24,
		};
	g->cookies = (struct cxio_cookies){ 77, 88 };
	g->in_seq = 0x1000000000002;
	g->own = (struct cxio_addr){ .family = CXIO_FAMILY_IPV4, .type = CXIO_ADDR_V1,
				     .port = 6789, .nonce = 0xdeadbeef, .ip = { 10, 9, 0, 1 } };
	g->target = (struct cxio_addr){ .family = CXIO_FAMILY_IPV6, .type = CXIO_ADDR_ANY,
					.port = 1, .ip = { 0xfe, 0x80, [15] = 1 } };
}

static void say_frame(struct cxio_channel *s, const u8 *authorizer, const char *name)
{
	const struct cxio_offer nothing = { 0 };
	u8 buf[512];

	expect_eq(cxio_channel_next(s, &nothing, STAMP), CXIO_TX_GREETING);
	expect_vector(buf, cxio_channel_greeting(s, buf, authorizer), name);
}

static void expect_greeting(const struct cxio_greeting *got, u8 type)
{
	struct cxio_greeting want;
	u8 a[CXIO_CONNECT_BODY], b[CXIO_CONNECT_BODY];

	greeting(&want, type);
	cxio_greeting_encode(&want, type, a);
	cxio_greeting_encode(got, type, b);
	expect_mem(a, b, cxio_greeting_size(type));
}

/* Its authorizer goes over two frames. */
CORE_TEST(greeting_connect)
{
	static u8 authorizer[600];
	static struct cxio_channel s;
	static struct cxio_greeting g;
	struct cxio_rx_event ev;
	const u8 *bytes;
	u32 i;

	for (i = 0; i < sizeof(authorizer); i++)
		authorizer[i] = (u8)(i * 3 + (i >> 8));
	sender_with(&s, CXIO_FEATURE_SESSION);
	greeting(&g, CXIO_FRAME_CONNECT);
	cxio_channel_greet(&s, CXIO_FRAME_CONNECT, &g);
	say_frame(&s, authorizer, "frame-connect");
	say_frame(&s, authorizer, "frame-authorizer");

	receiver_with(&s, CXIO_FEATURE_SESSION);
	bytes = receive(&s, "frame-connect", &ev);
	expect_eq(ev.kind, CXIO_RX_GREETING);
	expect(ev.begins && !ev.ends);
	expect_eq(ev.pieces.count, 1);
	expect_mem(bytes + ev.pieces.piece[0].frame_off, authorizer, ev.pieces.piece[0].len);
	bytes = receive(&s, "frame-authorizer", &ev);
	expect(!ev.begins && ev.ends);
	expect_mem(bytes + ev.pieces.piece[0].frame_off, authorizer + ev.pieces.piece[0].offset,
		   ev.pieces.piece[0].len);
	expect_eq(ev.pieces.piece[0].offset + ev.pieces.piece[0].len, sizeof(authorizer));
	expect_greeting(&s.greet_rx.greeting, CXIO_FRAME_CONNECT);
}

CORE_TEST(greeting_reply)
{
	static struct cxio_channel s;
	static struct cxio_greeting g;
	struct cxio_rx_event ev;

	sender_with(&s, CXIO_FEATURE_SESSION);
	greeting(&g, CXIO_FRAME_REPLY);
	cxio_channel_greet(&s, CXIO_FRAME_REPLY, &g);
	say_frame(&s, NULL, "frame-reply");

	receiver_with(&s, CXIO_FEATURE_SESSION);
	s.active = true;
	s.greet_rx.expected = true;
	receive(&s, "frame-reply", &ev);
	expect_eq(ev.kind, CXIO_RX_GREETING);
	expect(ev.begins && ev.ends);
	expect_greeting(&s.greet_rx.greeting, CXIO_FRAME_REPLY);
}

/* --- memory that is named --- */

#define MEMORY	(CXIO_FEATURE_RENDEZVOUS | CXIO_FEATURE_REPLY_SINK)

static const struct cxio_desc named[] = {
	{ 0x1000200030004000, 0x11111111, 4096, CXIO_DATA, CXIO_DESC_INVALIDATE },
	{ 0x5000600070008000, 0x22222222, 904, CXIO_DATA, 0 },
};

static const struct cxio_desc sink = {
	0x1000200030004000, 0x33333333, 65536, CXIO_SINK, CXIO_DESC_INVALIDATE,
};

static u32 data_crc(void)
{
	u32 i, crc = 0;
	u8 byte;

	for (i = 0; i < 5000; i++) {
		byte = (u8)(i * 13 + (i >> 8));
		crc = cxio_crc32c(crc, &byte, 1);
	}
	return crc;
}

static void carry_over(struct message *m, const struct cxio_carry *carry, const u8 *descs,
		       const char *name, struct cxio_rx_event *ev)
{
	static struct cxio_channel s;
	static struct message got;

	memcpy(m->part[CXIO_FRONT], "the front", 9);
	sender_with(&s, MEMORY);
	send_carried(&s, m, carry, descs, name);
	memset(&got, 0, sizeof(got));
	receiver_with(&s, MEMORY);
	receive_frame(&s, &got, name, ev);
	expect(ev->begins && ev->ends);
	assert_message(&s, m, &got);
	expect_eq(s.rx.carry.written, carry->written);
	expect_eq(s.rx.carry.segments, carry->segments);
	expect_eq(s.rx.carry.descs, carry->descs);
}

CORE_TEST(message_named)
{
	const struct cxio_carry carry = {
		.descs = 2, .segments = 1 << CXIO_DATA, .crc = { [CXIO_DATA] = data_crc() },
	};
	static struct cxio_desc got[CXIO_DESCS_MAX];
	u8 descs[64];
	static struct message m;
	struct cxio_rx_event ev;
	u32 i, count;

	header(&m, 9, 3, 5000);
	memcpy(m.part[CXIO_MIDDLE], "mid", 3);
	cxio_descs_encode(named, 2, carry.segments, descs);
	carry_over(&m, &carry, descs, "message-named", &ev);
	expect_eq(ev.footer.crc[CXIO_DATA], carry.crc[CXIO_DATA]);
	expect_fault(cxio_descs_decode(came, cxio_descs_size(2), &m.h, got, &count),
		     CXIO_FAULT_NONE);
	expect_eq(count, 2);
	for (i = 0; i < 2; i++) {
		expect_eq(got[i].addr, named[i].addr);
		expect_eq(got[i].rkey, named[i].rkey);
		expect_eq(got[i].length, named[i].length);
		expect_eq(got[i].segment, named[i].segment);
		expect_eq(got[i].flags, named[i].flags);
	}
}

CORE_TEST(message_offer)
{
	const struct cxio_carry carry = { .descs = 1 };
	static struct cxio_desc got[CXIO_DESCS_MAX];
	u8 descs[64];
	static struct message m;
	struct cxio_rx_event ev;
	u32 count;

	header(&m, 9, 0, 0);
	cxio_descs_encode(&sink, 1, 0, descs);
	carry_over(&m, &carry, descs, "message-offer", &ev);
	expect_fault(cxio_descs_decode(came, cxio_descs_size(1), &m.h, got, &count),
		     CXIO_FAULT_NONE);
	expect(cxio_descs_sink(got, count) == &got[0]);
	expect_eq(got[0].length, sink.length);
	expect_eq(got[0].rkey, sink.rkey);
}

CORE_TEST(message_written)
{
	const struct cxio_carry carry = {
		.written = true, .crc = { [CXIO_DATA] = data_crc() },
	};
	static struct message m;
	struct cxio_rx_event ev;

	header(&m, 9, 0, 5000);
	carry_over(&m, &carry, NULL, "message-written", &ev);
	expect_eq(ev.footer.crc[CXIO_DATA], carry.crc[CXIO_DATA]);
}

CORE_TEST(message_nocrc)
{
	static struct message m, got;
	static struct cxio_channel s;
	struct cxio_rx_event ev;

	header(&m, 9, 0, 9);
	memcpy(m.part[CXIO_FRONT], "the front", 9);
	memcpy(m.part[CXIO_DATA], "some data", 9);
	sender_with(&s, CXIO_FEATURE_NO_DATA_CRC);
	send_frame(&s, &m, "message-nocrc");
	receiver_with(&s, CXIO_FEATURE_NO_DATA_CRC);
	receive_frame(&s, &got, "message-nocrc", &ev);
	assert_message(&s, &m, &got);
}

CORE_TEST(message_signed)
{
	static struct message m, got;
	static struct cxio_channel s;
	struct cxio_rx_event ev;

	header(&m, 9, 0, 9);
	memcpy(m.part[CXIO_FRONT], "the front", 9);
	memcpy(m.part[CXIO_DATA], "some data", 9);
	sender_with(&s, CXIO_FEATURE_SIGN);
	send_frame(&s, &m, "message-signed");
	receiver_with(&s, CXIO_FEATURE_SIGN);
	receive_frame(&s, &got, "message-signed", &ev);
	expect_eq(ev.footer.sig, SIGNATURE);
	assert_message(&s, &m, &got);
}

CORE_TEST(frame_done)
{
	static struct cxio_channel s;
	struct cxio_rx_event ev;
	u8 buf[64];

	sender_with(&s, MEMORY);
	expect_vector(buf, cxio_channel_done(&s, buf, 5, 0xa1b2c3d4), "frame-done");
	receiver_with(&s, MEMORY);
	receive(&s, "frame-done", &ev);
	expect_eq(ev.kind, CXIO_RX_DONE);
	expect_eq(ev.seq, 5);
	expect_eq(ev.rkey, 0xa1b2c3d4);
}

CORE_TEST(frame_revoked)
{
	static struct cxio_channel s;
	struct cxio_rx_event ev;
	u8 buf[64];

	sender_with(&s, CXIO_FEATURE_SESSION);
	expect_vector(buf, cxio_channel_revoked(&s, buf, 1), "frame-revoked");
	receiver_with(&s, CXIO_FEATURE_SESSION);
	cxio_channel_ready(&s, &session);
	receive(&s, "frame-revoked", &ev);
	expect_eq(ev.kind, CXIO_RX_REVOKED);
	expect_eq(ev.seq, 1);
	expect_eq(session.rx_seq, 1);
}

static struct core_case cases[] = {
	CORE_CASE(hello_request),
	CORE_CASE(hello_reply),
	CORE_CASE(refusal),
	CORE_CASE(frame_grant),
	CORE_CASE(frame_keepalive),
	CORE_CASE(frame_close),
	CORE_CASE(message_inline),
	CORE_CASE(message_chained),
	CORE_CASE(greeting_connect),
	CORE_CASE(greeting_reply),
	CORE_CASE(message_named),
	CORE_CASE(message_offer),
	CORE_CASE(message_written),
	CORE_CASE(message_nocrc),
	CORE_CASE(message_signed),
	CORE_CASE(frame_done),
	CORE_CASE(frame_revoked),
	{}
};

CORE_SUITE(vectors, cases);
