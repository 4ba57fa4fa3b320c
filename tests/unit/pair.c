// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Two channels joined back to back.
 */
#include "cmocka_cxio.h"
#include "pair.h"

/* A frame of its own size on the heap, so that a sanitizer sees its borders. */
struct pair_frame {
	struct pair_frame *next;
	u8 *bytes;
	u32 len;
};

/* The content of a message follows from whose it is: nothing is stored to compare. */
static u8 content(u32 side, u32 index, u32 segment, u32 offset)
{
	return (u8)(offset * 7 + (offset >> 8) + index * 31 + segment * 101 + side * 57);
}

/**
 * pair_limits() - what an end offers
 * @l: filled
 * @frame_size: of receive and send buffers
 * @depth: receive buffers
 * @msgs: message window
 * @bytes: message window
 */
void pair_limits(struct cxio_limits *l, u32 frame_size, u16 depth, u32 msgs, u32 bytes)
{
	cxio_limits_default(l);
	l->recv_size = frame_size;
	l->send_size = frame_size;
	l->recv_depth = depth;
	l->window_msgs = msgs;
	l->window_bytes = bytes;
}

/**
 * pair_init() - connect two ends; silence is of no matter until a test says so
 * @p: filled
 * @a: limits of the connecting side
 * @b: limits of the accepting side
 */
void pair_init(struct pair *p, const struct cxio_limits *a, const struct cxio_limits *b)
{
	struct cxio_wire_hello hello;
	u32 side, len;

	memset(p, 0, sizeof(*p));
	p->now = 1000000000ull;
	p->end[0].ours = *a;
	p->end[1].ours = *b;
	len = cxio_hello_encode(a, NULL, &hello);
	assert_int_equal(cxio_hello_decode(b, &hello, len, &p->end[1].agreed), 0);
	len = cxio_hello_encode(b, &p->end[1].agreed, &hello);
	assert_int_equal(cxio_hello_decode(a, &hello, len, &p->end[0].agreed), 0);
	for (side = 0; side < 2; side++) {
		struct pair_end *e = &p->end[side];

		cxio_session_init(&e->session, cxio_policy(CXIO_LOSSLESS_PEER), 1 + side);
		cxio_channel_init(&e->s, &e->session, &e->ours, &e->agreed, side == 0, p->now);
		e->s.keepalive.interval_ns = 0;
		e->s.keepalive.expiry_ns = 0;
		e->posted = e->ours.recv_depth;
	}
}

static void drop_parts(struct pair_end *e)
{
	u32 segment;

	for (segment = 0; segment < CXIO_SEGMENTS; segment++) {
		free(e->part[segment]);
		e->part[segment] = NULL;
		e->got[segment] = 0;
	}
}

static struct pair_frame *take_frame(struct pair_end *e)
{
	struct pair_frame *f = e->in;

	e->in = f->next;
	e->in_flight--;
	return f;
}

static void free_frame(struct pair_frame *f)
{
	free(f->bytes);
	free(f);
}

/**
 * pair_free() - give everything back
 * @p: the pair
 */
void pair_free(struct pair *p)
{
	u32 side;

	for (side = 0; side < 2; side++) {
		struct pair_end *e = &p->end[side];

		while (e->in)
			free_frame(take_frame(e));
		drop_parts(e);
		free(e->queue);
	}
}

static void shift_way(struct cxio_send_window *tx, struct cxio_recv_window *rx, u32 by)
{
	tx->granted += by;
	tx->used += by;
	rx->told += by;
	rx->used += by;
	rx->returned += by;
}

/**
 * pair_shift() - as if much had gone both ways already; before the first frame
 * @p: the pair
 * @windows: added to all cumulative counters
 * @seq: added to all sequence numbers
 */
void pair_shift(struct pair *p, u32 windows, u64 seq)
{
	u32 side;

	for (side = 0; side < 2; side++) {
		struct cxio_channel *tx = &p->end[side].s, *rx = &p->end[!side].s;

		shift_way(&tx->credit.tx_frames, &rx->credit.rx_frames, windows);
		shift_way(&tx->credit.tx_msgs, &rx->credit.rx_msgs, windows);
		shift_way(&tx->credit.tx_bytes, &rx->credit.rx_bytes, windows);
		tx->session->out_seq += seq;
		tx->session->begun_seq += seq;
		tx->session->sent_seq += seq;
		tx->session->acked += seq;
		rx->session->rx_seq += seq;
		rx->session->in_seq += seq;
	}
}

static void check_windows(const struct pair_end *e)
{
	const struct cxio_send_window *const tx[] = {
		&e->s.credit.tx_frames, &e->s.credit.tx_msgs, &e->s.credit.tx_bytes,
	};
	const struct cxio_recv_window *const rx[] = {
		&e->s.credit.rx_frames, &e->s.credit.rx_msgs, &e->s.credit.rx_bytes,
	};
	u32 i;

	/* below zero would show as close to 2^32 */
	for (i = 0; i < ARRAY_SIZE(tx); i++) {
		assert_in_range(tx[i]->granted - tx[i]->used, 0, tx[i]->limit);
		assert_in_range(rx[i]->told - rx[i]->used, 0, rx[i]->limit);
		assert_in_range(cxio_recv_window_owed(rx[i]), 0, rx[i]->limit);
	}
	assert_true(e->held_bytes <= e->ours.window_bytes);
	assert_true(e->held_msgs <= e->ours.window_msgs);
}

/**
 * pair_offer() - hand a message to an end
 * @p: the pair
 * @side: whose
 * @front: bytes
 * @middle: bytes
 * @data: bytes
 */
void pair_offer(struct pair *p, u32 side, u32 front, u32 middle, u32 data)
{
	struct pair_end *e = &p->end[side];
	struct cxio_msg_header *h;

	/* room doubles at powers of two */
	if (!(e->offered & (e->offered - 1))) {
		size_t room = e->offered ? 2 * e->offered : 1;

		e->queue = realloc(e->queue, room * sizeof(*e->queue));
		assert_non_null(e->queue);
	}
	h = &e->queue[e->offered];
	memset(h, 0, sizeof(*h));
	h->tid = e->offered++;
	h->type = CXIO_MSG_PING;
	h->priority = CXIO_PRIO_DEFAULT;
	h->version = 3;
	h->compat_version = 2;
	h->data_off = (u16)(h->tid * 3);
	h->src_type = CXIO_ENTITY_CLIENT;
	h->src_num = side;
	h->len[CXIO_FRONT] = front;
	h->len[CXIO_MIDDLE] = middle;
	h->len[CXIO_DATA] = data;
}

static void put_pieces(struct pair *p, u32 side, const struct cxio_pieces *pieces, u8 *buf)
{
	struct pair_end *e = &p->end[side];
	const struct cxio_msg_header *h = &e->queue[e->begun - 1];
	u32 i, k;

	for (i = 0; i < pieces->count; i++) {
		const struct cxio_piece *q = &pieces->piece[i];

		assert_in_range(q->segment, 0, CXIO_SEGMENTS - 1);
		assert_in_range(q->len, 1, h->len[q->segment]);
		assert_in_range(q->offset, 0, h->len[q->segment] - q->len);
		for (k = 0; k < q->len; k++)
			buf[q->frame_off + k] = content(side, e->begun - 1, q->segment,
							q->offset + k);
	}
}

static void put_on_wire(struct pair *p, u32 side, u32 left, const u8 *buf, u32 len)
{
	struct pair_end *e = &p->end[side], *peer = &p->end[!side];
	struct pair_frame *f = calloc(1, sizeof(*f));
	struct cxio_frame header;

	assert_non_null(f);
	f->bytes = malloc(len);
	assert_non_null(f->bytes);
	memcpy(f->bytes, buf, len);
	f->len = len;
	assert_int_equal(cxio_frame_decode(f->bytes, len, &header), CXIO_FAULT_NONE);
	assert_in_range(len, CXIO_FRAME_HEADER, e->agreed.frame_max);

	/* the reserved credit, and no RNR */
	assert_true(left >= 1);
	if (left == 1)
		assert_int_equal(header.type, CXIO_FRAME_GRANT);
	assert_true(peer->in_flight < peer->posted);

	if (peer->in)
		peer->in_last->next = f;
	else
		peer->in = f;
	peer->in_last = f;
	peer->in_flight++;
	e->sent[header.type]++;
	p->frames++;
}

/**
 * pair_send() - let an end make one frame, if it wants to
 * @p: the pair
 * @side: who
 *
 * Return: what it made.
 */
enum cxio_tx_kind pair_send(struct pair *p, u32 side)
{
	struct pair_end *e = &p->end[side];
	struct cxio_msg_header *next = e->s.tx.open ? &e->queue[e->begun - 1] :
		e->begun < e->offered ? &e->queue[e->begun] : NULL;
	const struct cxio_offer offer = { .header = next };
	u32 left = cxio_send_window_left(&e->s.credit.tx_frames);
	const struct cxio_pieces *pieces;
	enum cxio_tx_kind kind;
	u32 len = 0;
	bool last;
	u8 *buf;

	kind = cxio_channel_next(&e->s, &offer, p->now);
	if (kind == CXIO_TX_NOTHING)
		return kind;
	buf = malloc(e->agreed.frame_max);
	assert_non_null(buf);
	memset(buf, 0xa5, e->agreed.frame_max);
	if (kind == CXIO_TX_CONTROL) {
		len = cxio_channel_control(&e->s, buf, p->now);
	} else {
		if (kind == CXIO_TX_BEGIN) {
			assert_non_null(next);
			e->begun++;
			pieces = cxio_channel_msg_begin(&e->s, next, NULL);
		} else {
			pieces = cxio_channel_msg_more(&e->s);
		}
		put_pieces(p, side, pieces, buf);
		len = cxio_channel_msg_seal(&e->s, buf, &last);
	}
	put_on_wire(p, side, left, buf, len);
	free(buf);
	check_windows(e);
	return kind;
}

static void make_room(struct pair_end *e)
{
	u32 segment;

	drop_parts(e);
	for (segment = 0; segment < CXIO_SEGMENTS; segment++) {
		e->part[segment] = malloc(e->s.rx.header.len[segment] + 1);
		assert_non_null(e->part[segment]);
	}
	e->held_msgs++;
	e->held_bytes += cxio_msg_payload(&e->s.rx.header);
}

static void get_pieces(struct pair_end *e, const struct cxio_pieces *pieces,
		       const struct pair_frame *f)
{
	u32 i;

	for (i = 0; i < pieces->count; i++) {
		const struct cxio_piece *q = &pieces->piece[i];

		assert_in_range(q->segment, 0, CXIO_SEGMENTS - 1);
		assert_int_equal(q->offset, e->got[q->segment]);
		assert_true(q->len <= e->s.rx.header.len[q->segment] - q->offset);
		assert_true(q->frame_off <= f->len && q->len <= f->len - q->frame_off);
		memcpy(e->part[q->segment] + q->offset, f->bytes + q->frame_off, q->len);
		e->got[q->segment] += q->len;
	}
}

static void compare_message(struct pair *p, u32 side)
{
	struct pair_end *e = &p->end[side];
	const struct cxio_msg_header *h = &p->end[!side].queue[e->delivered];
	u8 want[CXIO_MSG_HEADER], got[CXIO_MSG_HEADER];
	u32 segment, i;

	/* exactly once and in order: the next one offered and no other */
	assert_true(e->delivered < p->end[!side].begun);
	cxio_msg_header_encode(h, want);
	cxio_msg_header_encode(&e->s.rx.header, got);
	assert_memory_equal(want, got, sizeof(want));
	for (segment = 0; segment < CXIO_SEGMENTS; segment++) {
		assert_int_equal(e->got[segment], h->len[segment]);
		for (i = 0; i < h->len[segment]; i++)
			if (e->part[segment][i] != content(!side, e->delivered, segment, i))
				fail_msg("message %u: byte %u of segment %u differs",
					 e->delivered, i, segment);
	}
	drop_parts(e);
	e->delivered++;
}

/**
 * pair_deliver() - let the oldest frame on its way to an end arrive
 * @p: the pair
 * @side: who receives
 *
 * Return: false if none is on its way.
 */
bool pair_deliver(struct pair *p, u32 side)
{
	struct pair_end *e = &p->end[side];
	struct cxio_rx_event ev;
	struct pair_frame *f;

	if (!e->in)
		return false;
	f = take_frame(e);
	assert_true(e->posted > 0);
	e->posted--;
	e->unposted++;
	assert_string_equal(cxio_fault_text(cxio_channel_rx(&e->s, f->bytes, f->len, p->now,
							    &ev)),
			    cxio_fault_text(CXIO_FAULT_NONE));
	if (ev.begins)
		make_room(e);
	get_pieces(e, &ev.pieces, f);
	free_frame(f);
	if (!e->hold_posts)
		pair_repost(p, side, e->unposted);
	if (ev.ends) {
		cxio_channel_delivered(&e->s, 0, p->now);
		compare_message(p, side);
		if (!e->hold_messages)
			pair_consume(p, side, e->delivered - e->consumed);
	}
	if (ev.kind == CXIO_RX_ECHO) {
		e->echoes++;
		e->echo_ns = ev.stamp_ns;
	}
	if (ev.kind == CXIO_RX_CLOSE)
		e->closes++;
	check_windows(e);
	return true;
}

/**
 * pair_repost() - post receive buffers again
 * @p: the pair
 * @side: whose
 * @frames: how many, at most
 */
void pair_repost(struct pair *p, u32 side, u32 frames)
{
	struct pair_end *e = &p->end[side];

	if (frames > e->unposted)
		frames = e->unposted;
	e->unposted -= frames;
	e->posted += frames;
	cxio_channel_reposted(&e->s, frames);
	check_windows(e);
}

/**
 * pair_consume() - the application is done with messages
 * @p: the pair
 * @side: whose
 * @msgs: how many, at most
 */
void pair_consume(struct pair *p, u32 side, u32 msgs)
{
	struct pair_end *e = &p->end[side];

	for (; msgs && e->consumed < e->delivered; msgs--) {
		const struct cxio_msg_header *h = &p->end[!side].queue[e->consumed++];

		e->held_msgs--;
		e->held_bytes -= cxio_msg_payload(h);
		cxio_channel_consumed(&e->s, 1, cxio_msg_payload(h), p->now);
	}
	check_windows(e);
}

/**
 * pair_run() - let both send and receive until nothing moves; time stands still
 * @p: the pair
 * @most: frames; more fail the test, as two ends that answer each other for ever would
 *
 * Return: frames made.
 */
u64 pair_run(struct pair *p, u64 most)
{
	u64 before = p->frames;
	bool moved;

	do {
		moved = pair_send(p, 0) != CXIO_TX_NOTHING;
		moved |= pair_send(p, 1) != CXIO_TX_NOTHING;
		moved |= pair_deliver(p, 0);
		moved |= pair_deliver(p, 1);
		if (p->frames - before > most)
			fail_msg("no rest after %llu frames", (unsigned long long)most);
	} while (moved);
	return p->frames - before;
}

static u64 ack_due(const struct pair *p)
{
	u64 a = p->end[0].s.ack_due, b = p->end[1].s.ack_due;

	return a < b ? a : b;
}

/**
 * pair_settle() - as pair_run(), and let time pass for the delayed acks
 * @p: the pair
 * @most: frames
 *
 * Return: frames made.
 */
u64 pair_settle(struct pair *p, u64 most)
{
	u64 frames = pair_run(p, most);

	while (ack_due(p) != CXIO_NEVER) {
		u64 due = ack_due(p);

		if (due > p->now)
			p->now = due;
		frames += pair_run(p, most);
		/* an ack that is due and does not go would hang us here */
		if (ack_due(p) == due)
			fail_msg("ack due and not sent");
		if (frames > most)
			fail_msg("no rest after %llu frames", (unsigned long long)most);
	}
	return frames;
}

/**
 * pair_assert_rest() - all is told, all is delivered, all windows are open
 * @p: the pair, after pair_settle()
 */
void pair_assert_rest(struct pair *p)
{
	const struct cxio_offer nothing = { 0 };
	u32 side;

	for (side = 0; side < 2; side++) {
		struct pair_end *e = &p->end[side];
		const struct cxio_credit *c = &e->s.credit;

		assert_null(e->in);
		assert_int_equal(e->begun, e->offered);
		assert_false(e->s.tx.open);
		assert_false(e->s.rx.open);
		assert_int_equal(e->delivered, p->end[!side].offered);
		assert_int_equal(e->consumed, e->delivered);
		assert_int_equal(e->held_bytes, 0);
		assert_int_equal(e->session.acked, e->session.out_seq);
		assert_int_equal(e->s.stats.msgs_received, e->delivered);
		assert_int_equal(cxio_channel_next(&e->s, &nothing, p->now), CXIO_TX_NOTHING);
		assert_int_equal(cxio_send_window_left(&c->tx_msgs), c->tx_msgs.limit);
		assert_int_equal(cxio_send_window_left(&c->tx_bytes), c->tx_bytes.limit);
		assert_true(cxio_send_window_left(&c->tx_frames) > 1);
	}
}
