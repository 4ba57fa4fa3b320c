// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Golden vectors (tests/vectors): encoded to exactly these bytes, and decoded.
 * Run from the top of the tree, or with CXIO_VECTORS naming their folder.
 */
#include "cmocka_cxio.h"
#include <ctype.h>
#include "channel.h"

#define SEQ	0x1122334455667788ull
#define STAMP	(1700000000ull * 1000000000ull + 123456789ull)

struct vector {
	u8 bytes[1024];
	u32 len;
};

static u32 digit(int c)
{
	assert_true(isxdigit(c));
	return (u32)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
}

static void load(const char *name, struct vector *v)
{
	const char *dir = getenv("CXIO_VECTORS");
	char line[200], path[500];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.hex", dir ? dir : "tests/vectors", name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("cannot read %s", path);
	v->len = 0;
	while (fgets(line, sizeof(line), f)) {
		const char *s = line;

		while (*s && *s != '#') {
			if (isspace((unsigned char)*s)) {
				s++;
				continue;
			}
			assert_in_range(v->len, 0, sizeof(v->bytes) - 1);
			v->bytes[v->len] = (u8)(digit(s[0]) << 4);
			v->bytes[v->len++] |= (u8)digit(s[1]);
			s += 2;
		}
	}
	fclose(f);
	assert_in_range(v->len, 16, sizeof(v->bytes));
}

static void assert_vector(const char *name, const void *bytes, u32 len)
{
	struct vector v;

	load(name, &v);
	assert_int_equal(len, v.len);
	assert_memory_equal(bytes, v.bytes, len);
}

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

static void hello_request(void **state)
{
	struct cxio_limits request, reply;
	struct cxio_wire_hello hello;
	struct cxio_agreed a;
	struct vector v;

	(void)state;
	request_limits(&request);
	reply_limits(&reply);
	assert_vector("hello-request", &hello, cxio_hello_encode(&request, NULL, &hello));
	load("hello-request", &v);
	assert_int_equal(cxio_hello_decode(&reply, v.bytes, v.len, &a), CXIO_FAULT_NONE);
	assert_int_equal(a.version, 0);
	assert_int_equal(a.features, 1);
	assert_int_equal(a.frame_max, 4096);
	assert_int_equal(a.peer_recv_depth, 33);
	assert_int_equal(a.peer_read_depth, 5);
	assert_int_equal(a.peer_window_msgs, 65);
	assert_int_equal(a.peer_window_bytes, 0x812345);
}

static void hello_reply(void **state)
{
	const struct cxio_agreed chosen = { .version = 0 };
	struct cxio_limits request, reply;
	struct cxio_wire_hello hello;
	struct cxio_agreed a;
	struct vector v;

	(void)state;
	request_limits(&request);
	reply_limits(&reply);
	assert_vector("hello-reply", &hello, cxio_hello_encode(&reply, &chosen, &hello));
	load("hello-reply", &v);
	assert_int_equal(cxio_hello_decode(&request, v.bytes, v.len, &a), CXIO_FAULT_NONE);
	assert_int_equal(a.features, 1);
	assert_int_equal(a.peer_recv_depth, 32);
	assert_int_equal(a.peer_window_bytes, 8 << 20);
}

static void refusal(void **state)
{
	struct cxio_wire_refusal w;
	struct cxio_refusal r;
	struct vector v;

	(void)state;
	assert_vector("refusal", &w, cxio_refusal_encode(CXIO_FAULT_HELLO_LAYOUT, &w));
	load("refusal", &v);
	assert_true(cxio_refusal_decode(v.bytes, v.len, &r));
	assert_int_equal(r.reason, CXIO_FAULT_HELLO_LAYOUT);
	assert_int_equal(r.version_min, 0);
	assert_int_equal(r.version_max, 0);
	assert_int_equal(r.layout, cxio_wire_layout_hash());
}

static void limits_512(struct cxio_limits *l, struct cxio_agreed *a)
{
	struct cxio_wire_hello hello;
	u32 len;

	cxio_limits_default(l);
	l->recv_size = 512;
	l->send_size = 512;
	len = cxio_hello_encode(l, NULL, &hello);
	assert_int_equal(cxio_hello_decode(l, &hello, len, a), CXIO_FAULT_NONE);
}

/* A channel whose next frame has the vectors' ack and grants. */
static void sender(struct cxio_channel *s)
{
	struct cxio_agreed a;
	struct cxio_limits l;

	limits_512(&l, &a);
	cxio_channel_init(s, &l, &a, true, STAMP);
	s->in_seq = SEQ;
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
	cxio_channel_init(s, &l, &a, false, STAMP);
	s->out_seq = SEQ;
	s->sent_seq = SEQ;
	s->acked = SEQ - 3;
	s->credit.tx_frames.used = 5;
	s->credit.tx_msgs.used = 3;
	s->credit.tx_bytes.used = 1000;
}

static void receive(struct cxio_channel *s, const char *name, struct cxio_rx_event *ev,
		    struct vector *v)
{
	load(name, v);
	assert_int_equal(cxio_channel_rx(s, v->bytes, v->len, STAMP, ev), CXIO_FAULT_NONE);
	assert_true(s->acked == SEQ);
	assert_int_equal(cxio_send_window_left(&s->credit.tx_frames), 32);
	assert_int_equal(cxio_send_window_left(&s->credit.tx_msgs), 64);
	assert_int_equal(cxio_send_window_left(&s->credit.tx_bytes), 8 << 20);
}

static void send_control(struct cxio_channel *s, const char *name)
{
	u8 buf[64];

	assert_int_equal(cxio_channel_next(s, NULL, STAMP), CXIO_TX_CONTROL);
	assert_vector(name, buf, cxio_channel_control(s, buf, STAMP));
}

static void frame_grant(void **state)
{
	struct cxio_rx_event ev;
	struct cxio_channel s;
	struct vector v;

	(void)state;
	sender(&s);
	send_control(&s, "frame-grant");
	receiver(&s);
	receive(&s, "frame-grant", &ev, &v);
	assert_int_equal(ev.kind, CXIO_RX_NOTHING);
	assert_true(ev.acked);
}

static void frame_keepalive(void **state)
{
	struct cxio_rx_event ev;
	struct cxio_channel s;
	struct vector v;

	(void)state;
	sender(&s);
	s.ask = true;
	send_control(&s, "frame-keepalive");
	/* what answers it is the echo's vector */
	receiver(&s);
	receive(&s, "frame-keepalive", &ev, &v);
	assert_true(s.echo);
	sender(&s);
	s.echo = true;
	memcpy(&s.echo_stamp, v.bytes + 28, sizeof(s.echo_stamp));
	send_control(&s, "frame-keepalive-ack");
	receiver(&s);
	receive(&s, "frame-keepalive-ack", &ev, &v);
	assert_int_equal(ev.kind, CXIO_RX_ECHO);
	assert_true(ev.stamp_ns == STAMP);
}

static void frame_close(void **state)
{
	struct cxio_rx_event ev;
	struct cxio_channel s;
	struct vector v;

	(void)state;
	sender(&s);
	cxio_channel_close(&s, CXIO_FAULT_DATA_CRC);
	send_control(&s, "frame-close");
	receiver(&s);
	receive(&s, "frame-close", &ev, &v);
	assert_int_equal(ev.kind, CXIO_RX_CLOSE);
	assert_int_equal(s.peer_reason, CXIO_FAULT_DATA_CRC);
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
	const struct cxio_pieces *pieces;
	u8 buf[512];
	bool last;
	u32 i;

	if (cxio_channel_next(s, &m->h, STAMP) == CXIO_TX_BEGIN)
		pieces = cxio_channel_msg_begin(s, &m->h);
	else
		pieces = cxio_channel_msg_more(s);
	for (i = 0; i < pieces->count; i++)
		memcpy(buf + pieces->piece[i].frame_off,
		       m->part[pieces->piece[i].segment] + pieces->piece[i].offset,
		       pieces->piece[i].len);
	assert_vector(name, buf, cxio_channel_msg_seal(s, buf, &last));
	assert_int_equal(last, !s->tx.open);
}

static void receive_frame(struct cxio_channel *s, struct message *m, const char *name,
			  struct cxio_rx_event *ev)
{
	struct vector v;
	u32 i;

	receive(s, name, ev, &v);
	assert_int_equal(ev->kind, CXIO_RX_MESSAGE);
	for (i = 0; i < ev->pieces.count; i++) {
		const struct cxio_piece *p = &ev->pieces.piece[i];

		memcpy(m->part[p->segment] + p->offset, v.bytes + p->frame_off, p->len);
	}
}

static void assert_message(const struct cxio_channel *s, const struct message *want,
			   const struct message *got)
{
	u8 a[CXIO_MSG_HEADER], b[CXIO_MSG_HEADER];

	cxio_msg_header_encode(&want->h, a);
	cxio_msg_header_encode(&s->rx.header, b);
	assert_memory_equal(a, b, sizeof(a));
	assert_memory_equal(want->part, got->part, sizeof(got->part));
}

static void message_inline(void **state)
{
	static struct message m, got;
	struct cxio_rx_event ev;
	struct cxio_channel s;

	(void)state;
	header(&m, 9, 3, 9);
	memcpy(m.part[CXIO_FRONT], "the front", 9);
	memcpy(m.part[CXIO_MIDDLE], "mid", 3);
	memcpy(m.part[CXIO_DATA], "some data", 9);
	sender(&s);
	send_frame(&s, &m, "message-inline");
	assert_int_equal(m.h.seq, 1);
	receiver(&s);
	receive_frame(&s, &got, "message-inline", &ev);
	assert_true(ev.begins && ev.ends);
	assert_message(&s, &m, &got);
}

static void message_chained(void **state)
{
	static const u32 factor[CXIO_SEGMENTS] = { 7, 11, 13 };
	static struct message m, got;
	struct cxio_rx_event ev;
	struct cxio_channel s;
	u32 i, segment;

	(void)state;
	header(&m, 24, 5, 1000);
	for (segment = 0; segment < CXIO_SEGMENTS; segment++)
		for (i = 0; i < m.h.len[segment]; i++)
			m.part[segment][i] = (u8)(i * factor[segment] + (i >> 8));
	sender(&s);
	s.out_seq = 1;
	send_frame(&s, &m, "message-chained-1");
	send_frame(&s, &m, "message-chained-2");
	send_frame(&s, &m, "message-chained-3");
	assert_int_equal(m.h.seq, 2);
	assert_false(s.tx.open);

	receiver(&s);
	s.in_seq = 1;
	receive_frame(&s, &got, "message-chained-1", &ev);
	assert_true(ev.begins && !ev.ends);
	receive_frame(&s, &got, "message-chained-2", &ev);
	assert_true(!ev.begins && !ev.ends);
	receive_frame(&s, &got, "message-chained-3", &ev);
	assert_true(!ev.begins && ev.ends);
	assert_message(&s, &m, &got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello_request),
		cmocka_unit_test(hello_reply),
		cmocka_unit_test(refusal),
		cmocka_unit_test(frame_grant),
		cmocka_unit_test(frame_keepalive),
		cmocka_unit_test(frame_close),
		cmocka_unit_test(message_inline),
		cmocka_unit_test(message_chained),
	};

	return cmocka_run_group_tests_name("vectors", tests, NULL, NULL);
}
