// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Golden vectors (tests/vectors): encoded to exactly these bytes, and decoded.
 */
#include "core_test.h"
#include "channel.h"

#define SEQ	0x1122334455667788ull
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
	expect_eq(a.version, 0);
	expect_eq(a.features, 1);
	expect_eq(a.frame_max, 4096);
	expect_eq(a.peer_recv_depth, 33);
	expect_eq(a.peer_read_depth, 5);
	expect_eq(a.peer_window_msgs, 65);
	expect_eq(a.peer_window_bytes, 0x812345);
}

CORE_TEST(hello_reply)
{
	const struct cxio_agreed chosen = { .version = 0 };
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
	expect_eq(r.version_min, 0);
	expect_eq(r.version_max, 0);
	expect_eq(r.layout, cxio_wire_layout_hash());
}

static void limits_512(struct cxio_limits *l, struct cxio_agreed *a)
{
	struct cxio_wire_hello hello;
	u32 len;

	cxio_limits_default(l);
	l->recv_size = 512;
	l->send_size = 512;
	len = cxio_hello_encode(l, NULL, &hello);
	expect_fault(cxio_hello_decode(l, &hello, len, a), CXIO_FAULT_NONE);
}

static struct cxio_session session;

/* A channel whose next frame has the vectors' ack and grants. */
static void sender(struct cxio_channel *s)
{
	struct cxio_agreed a;
	struct cxio_limits l;

	limits_512(&l, &a);
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

/* A channel that sent what is acknowledged and granted there. */
static void receiver(struct cxio_channel *s)
{
	struct cxio_agreed a;
	struct cxio_limits l;

	limits_512(&l, &a);
	cxio_session_init(&session, cxio_policy(CXIO_LOSSLESS_PEER), 1);
	cxio_channel_init(s, &session, &l, &a, false, STAMP);
	session.out_seq = SEQ;
	session.sent_seq = SEQ;
	session.acked = SEQ - 3;
	s->credit.tx_frames.used = 5;
	s->credit.tx_msgs.used = 3;
	s->credit.tx_bytes.used = 1000;
}

static const u8 *receive(struct cxio_channel *s, const char *name, struct cxio_rx_event *ev)
{
	u32 len;
	const u8 *bytes = core_vector(name, &len);

	expect_fault(cxio_channel_rx(s, bytes, len, STAMP, ev), CXIO_FAULT_NONE);
	expect_eq(session.acked, SEQ);
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

static void send_frame(struct cxio_channel *s, struct message *m, const char *name)
{
	const struct cxio_offer offer = { .header = &m->h };
	const struct cxio_pieces *pieces;
	u8 buf[512];
	bool last;
	u32 i;

	if (cxio_channel_next(s, &offer, STAMP) == CXIO_TX_BEGIN)
		pieces = cxio_channel_msg_begin(s, &m->h, NULL);
	else
		pieces = cxio_channel_msg_more(s);
	for (i = 0; i < pieces->count; i++)
		memcpy(buf + pieces->piece[i].frame_off,
		       m->part[pieces->piece[i].segment] + pieces->piece[i].offset,
		       pieces->piece[i].len);
	expect_vector(buf, cxio_channel_msg_seal(s, buf, &last), name);
	expect_eq(last, !s->tx.open);
}

static void receive_frame(struct cxio_channel *s, struct message *m, const char *name,
			  struct cxio_rx_event *ev)
{
	const u8 *bytes = receive(s, name, ev);
	u32 i;

	expect_eq(ev->kind, CXIO_RX_MESSAGE);
	for (i = 0; i < ev->pieces.count; i++) {
		const struct cxio_piece *p = &ev->pieces.piece[i];

		memcpy(m->part[p->segment] + p->offset, bytes + p->frame_off, p->len);
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

static struct core_case cases[] = {
	CORE_CASE(hello_request),
	CORE_CASE(hello_reply),
	CORE_CASE(refusal),
	CORE_CASE(frame_grant),
	CORE_CASE(frame_keepalive),
	CORE_CASE(frame_close),
	CORE_CASE(message_inline),
	CORE_CASE(message_chained),
	{}
};

CORE_SUITE(vectors, cases);
