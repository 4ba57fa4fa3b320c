// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A connection's protocol: its beginning, its end, and time.
 */
#include "channel_int.h"

/**
 * cxio_channel_init() - begin a connection
 * @s: the channel
 * @session: what survives it, and outlives @s; NULL on the passive side if it is to
 *	be agreed on first
 * @ours: what we offered in the hello
 * @agreed: what was agreed
 * @active: this side connected, and sends the first frame
 * @now: time
 *
 * Context: before the first frame can come in.
 */
void cxio_channel_init(struct cxio_channel *s, struct cxio_session *session,
		       const struct cxio_limits *ours, const struct cxio_agreed *agreed,
		       bool active, u64 now)
{
	memset(s, 0, sizeof(*s));
	s->session = session;
	s->agreed = *agreed;
	s->active = active;
	if (agreed->features & CXIO_FEATURE_SIGN)
		cxio_channel_sign(s);
	cxio_send_window_init(&s->credit.tx_frames, agreed->peer_recv_depth);
	cxio_send_window_init(&s->credit.tx_msgs, agreed->peer_window_msgs);
	cxio_send_window_init(&s->credit.tx_bytes, agreed->peer_window_bytes);
	cxio_recv_window_init(&s->credit.rx_frames, ours->recv_depth);
	cxio_recv_window_init(&s->credit.rx_msgs, ours->window_msgs);
	cxio_recv_window_init(&s->credit.rx_bytes, ours->window_bytes);
	cxio_keepalive_init(&s->keepalive, now);
	s->ready = !(agreed->features & CXIO_FEATURE_SESSION);
	s->greet_rx.expected = !s->ready && !active;
	s->may_send = active;
	s->open_due = active && s->ready;
	s->ack_due = CXIO_NEVER;
}

/**
 * cxio_channel_ready() - the session is agreed on: messages flow
 * @s: the channel
 * @session: which one
 *
 * Told by the owner as soon as it has acted on the reply, or has given its own with
 * cxio_channel_greet(): before the next frame comes in.
 */
void cxio_channel_ready(struct cxio_channel *s, struct cxio_session *session)
{
	s->session = session;
	if (session->asked)
		cxio_keepalive_want(&s->keepalive);
	s->ready = true;
	s->greet_rx.expected = false;
}

/**
 * cxio_channel_sign() - both sides sign, as the authorizers settled
 * @s: the channel, before cxio_channel_ready()
 *
 * A signature covers a payload by its CRC only: none may be left out.
 */
void cxio_channel_sign(struct cxio_channel *s)
{
	s->agreed.features |= CXIO_FEATURE_SIGN;
	s->agreed.features &= ~CXIO_FEATURE_NO_DATA_CRC;
}

/* --- a message's way through frames --- */

/**
 * cxio_cursor_open() - a message begins
 * @c: the cursor
 * @h: its header
 * @carry: how it travels, or NULL
 */
void cxio_cursor_open(struct cxio_cursor *c, const struct cxio_msg_header *h,
		      const struct cxio_carry *carry)
{
	static const struct cxio_carry none;
	u32 segment;

	c->open = true;
	c->dropped = false;
	c->headed = false;
	c->header = *h;
	c->carry = carry ? *carry : none;
	c->pos = 0;
	c->len[CXIO_PART_DESCS] = cxio_descs_size(c->carry.descs);
	c->crc[CXIO_PART_DESCS] = 0;
	c->total = c->len[CXIO_PART_DESCS];
	for (segment = 0; segment < CXIO_SEGMENTS; segment++) {
		c->crc[segment] = 0;
		c->len[segment] = cxio_carry_inline(&c->carry, segment) ? h->len[segment] : 0;
		c->total += c->len[segment];
	}
}

/**
 * cxio_cursor_lay_out() - lay a message's next bytes into a frame
 * @c: the cursor, which moves
 * @frame_off: where they begin
 * @room: how many at most
 * @out: which bytes go where
 */
void cxio_cursor_lay_out(struct cxio_cursor *c, u32 frame_off, u32 room,
			 struct cxio_pieces *out)
{
	static const u8 order[CXIO_PARTS] = {
		CXIO_PART_DESCS, CXIO_FRONT, CXIO_MIDDLE, CXIO_DATA,
	};
	struct cxio_piece *p = out->piece;
	u64 skip = c->pos;
	u32 i;

	if (room > c->total - c->pos)	/* I1: pos is never beyond total */
		room = (u32)(c->total - c->pos);
	c->pos += room;
	out->len = room;
	for (i = 0; room; i++) {
		u32 len = c->len[order[i]];

		if (skip >= len) {
			skip -= len;
			continue;
		}
		p->segment = order[i];
		p->offset = (u32)skip;
		p->frame_off = frame_off;
		p->len = len - p->offset < room ? len - p->offset : room;
		frame_off += p->len;
		room -= p->len;
		skip = 0;
		p++;
	}
	out->count = (u32)(p - out->piece);
}

static inline void sum_pieces(struct cxio_cursor *c, const u8 *frame, const struct cxio_pieces *p,
			      bool data)
{
	u32 i;

	for (i = 0; i < p->count; i++) {
		const struct cxio_piece *q = &p->piece[i];

		if (!data && q->segment == CXIO_DATA)
			continue;
		c->crc[q->segment] = cxio_crc32c(c->crc[q->segment], frame + q->frame_off,
						 q->len);
	}
}

/**
 * cxio_cursor_crc() - take the bytes of a frame into the CRCs
 * @c: the cursor
 * @frame: the frame
 * @p: which of its bytes
 * @data: those of the data segment, too
 */
void cxio_cursor_crc(struct cxio_cursor *c, const u8 *frame, const struct cxio_pieces *p,
		     bool data)
{
	/* Two loops: the question is not asked for each piece. */
	if (data)
		sum_pieces(c, frame, p, true);
	else
		sum_pieces(c, frame, p, false);
}

/**
 * cxio_channel_owe_ack() - the peer waits for an acknowledgment, or for window
 * @s: the channel
 * @now: time
 *
 * Armed by what the peer waits for, not by frames alone: acks of acks would follow.
 */
void cxio_channel_owe_ack(struct cxio_channel *s, u64 now)
{
	if (s->ack_due == CXIO_NEVER)
		s->ack_due = now + CXIO_ACK_DELAY_NS;
}

/* --- the end --- */

/**
 * cxio_channel_close() - end the connection with a CLOSE
 * @s: the channel
 * @reason: enum cxio_fault; CXIO_FAULT_NONE lets what is queued go first
 *
 * The first reason sticks (I5).
 */
void cxio_channel_close(struct cxio_channel *s, u16 reason)
{
	if (s->close_due && (s->close_now || reason == CXIO_FAULT_NONE))
		return;
	s->close_due = true;
	s->close_reason = reason;
	s->close_now = reason != CXIO_FAULT_NONE;
}

/**
 * cxio_channel_may_disconnect() - has all been said that is to be said?
 * @s: the channel
 * @sends_done: every frame made has been sent
 *
 * An orderly end is a CLOSE from either side: each has then acknowledged all it
 * received. A fault needs one CLOSE alone, from whoever found it.
 *
 * Return: true if the connection is to be disconnected now.
 */
bool cxio_channel_may_disconnect(const struct cxio_channel *s, bool sends_done)
{
	if (s->peer_closed && s->peer_reason)
		return true;
	return s->close_sent && sends_done && (s->close_reason || s->peer_closed);
}

/**
 * cxio_channel_lost() - what a connection's loss means
 * @s: the channel, to which all frames that came in were given
 *
 * Return: the reason to end with: the one of CLOSE if everything sent before it
 * was acknowledged, or if it told a fault; else CXIO_FAULT_PEER_GONE.
 */
enum cxio_fault cxio_channel_lost(const struct cxio_channel *s)
{
	const struct cxio_session *session = s->session;

	if (s->close_sent &&
	    (s->close_reason || !session || session->acked == session->out_seq))
		return (enum cxio_fault)s->close_reason;
	return CXIO_FAULT_PEER_GONE;
}

/* --- time --- */

/**
 * cxio_channel_tick() - let time pass
 * @s: the channel
 * @now: time
 *
 * Return: CXIO_FAULT_KEEPALIVE if the peer has been silent for too long.
 */
enum cxio_fault cxio_channel_tick(struct cxio_channel *s, u64 now)
{
	return cxio_keepalive_tick(&s->keepalive, now);
}

/**
 * cxio_channel_deadline() - when to call tick and next at the latest
 * @s: the channel
 * @can_send: a send buffer is free; if none is, its completion is the next event
 *
 * Return: a time, perhaps past, or CXIO_NEVER.
 */
u64 cxio_channel_deadline(const struct cxio_channel *s, bool can_send)
{
	u64 due;

	if (s->close_sent || s->peer_closed)
		return CXIO_NEVER;
	due = cxio_keepalive_deadline(&s->keepalive);
	/* Without credits the peer is to act next: no time of ours helps. */
	if (can_send && s->may_send && s->ack_due < due &&
	    cxio_credit_may_send(&s->credit) == CXIO_CREDIT_GO)
		due = s->ack_due;
	return due;
}
