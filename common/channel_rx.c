// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a frame that came in means.
 */
#include "channel_int.h"

static enum cxio_fault check_flags(const struct cxio_channel *s, const struct cxio_msg_footer *f)
{
	bool sign = s->agreed.features & CXIO_FEATURE_SIGN;

	if (f->flags & ~(CXIO_FOOTER_COMPLETE | CXIO_FOOTER_NOCRC | CXIO_FOOTER_SIGNED))
		return CXIO_FAULT_FOOTER_FLAGS;
	if (!(f->flags & CXIO_FOOTER_COMPLETE))
		return CXIO_FAULT_FOOTER_INCOMPLETE;
	/* Both ways: without the flag its CRC would be expected to have been checked. */
	if (!(f->flags & CXIO_FOOTER_NOCRC) != cxio_channel_data_crc(s))
		return CXIO_FAULT_FOOTER_NOCRC;
	if (!sign && ((f->flags & CXIO_FOOTER_SIGNED) || f->sig))
		return CXIO_FAULT_FOOTER_SIGNED;
	if (sign && !(f->flags & CXIO_FOOTER_SIGNED))
		return CXIO_FAULT_FOOTER_UNSIGNED;
	return CXIO_FAULT_NONE;
}

static enum cxio_fault check_footer(struct cxio_channel *s, const void *buf,
				    struct cxio_msg_footer *f)
{
	enum cxio_fault fault;
	u32 segment;

	cxio_msg_footer_decode(buf, f);
	fault = check_flags(s, f);
	for (segment = 0; segment < CXIO_SEGMENTS && !fault; segment++)
		if (f->crc[segment] != s->rx.crc[segment] &&
		    cxio_carry_inline(&s->rx.carry, segment))
			fault = cxio_footer_check(f, segment, s->rx.crc[segment]);
	return fault;
}

/* Window bytes of the message that is coming in. */
static u64 rx_payload_bytes(const struct cxio_channel *s)
{
	return s->rx.total - s->rx.len[CXIO_PART_DESCS];
}

static void message_ends(struct cxio_channel *s, struct cxio_rx_event *ev, u64 now)
{
	s->rx.open = false;
	if (s->rx.dropped) {
		s->stats.duplicates++;
		cxio_channel_consumed(s, 1, rx_payload_bytes(s), now);
		ev->kind = CXIO_RX_NOTHING;
		return;
	}
	cxio_session_received(s->session, s->rx.header.seq);
	s->stats.msgs_received++;
	s->stats.bytes_received += cxio_msg_payload(&s->rx.header);
	ev->ends = true;
	ev->seq = s->rx.header.seq;
}

/* Payload, and perhaps the footer, from @off to the end of the frame. */
static enum cxio_fault rx_payload(struct cxio_channel *s, const u8 *buf,
				  const struct cxio_frame *f, u32 off, u64 now,
				  struct cxio_rx_event *ev)
{
	u32 end = CXIO_FRAME_HEADER + f->body_len;
	bool last = f->flags & CXIO_FRAME_LAST;
	enum cxio_fault fault;

	ev->kind = CXIO_RX_MESSAGE;
	cxio_cursor_lay_out(&s->rx, off, end - off, &ev->pieces);
	cxio_cursor_crc(&s->rx, buf, &ev->pieces, cxio_channel_data_crc(s));
	off += ev->pieces.len;
	if (s->rx.dropped)
		ev->pieces.count = 0;

	if (s->rx.pos < s->rx.total || end == off)
		return last ? CXIO_FAULT_MSG_LAST_EARLY : CXIO_FAULT_NONE;
	if (end - off != CXIO_MSG_FOOTER)
		return CXIO_FAULT_MSG_TRAILING;
	if (!last)
		return CXIO_FAULT_MSG_LAST_MISSING;
	fault = check_footer(s, buf + off, &ev->footer);
	if (!fault)
		message_ends(s, ev, now);
	return fault;
}

/* What a first frame says of how its message travels. */
static enum cxio_fault rx_carry(const struct cxio_channel *s, const u8 *buf,
				const struct cxio_frame *f, const struct cxio_msg_header *h,
				struct cxio_carry *carry)
{
	u64 features = s->agreed.features;
	u32 head = CXIO_FRAME_HEADER + CXIO_MSG_HEADER, segment;
	enum cxio_fault fault;

	memset(carry, 0, sizeof(*carry));
	if (f->flags & CXIO_FRAME_WRITTEN) {
		if (!(features & CXIO_FEATURE_REPLY_SINK))
			return CXIO_FAULT_WRITTEN_REFUSED;
		carry->written = true;
	}
	if (!(f->flags & CXIO_FRAME_DESCS))
		return CXIO_FAULT_NONE;
	if (!(features & (CXIO_FEATURE_RENDEZVOUS | CXIO_FEATURE_REPLY_SINK)))
		return CXIO_FAULT_DESCS_REFUSED;
	fault = cxio_descs_head(buf + head, f->body_len - CXIO_MSG_HEADER, carry);
	if (fault)
		return fault;
	if (carry->segments && !(features & CXIO_FEATURE_RENDEZVOUS))
		return CXIO_FAULT_DESCS_REFUSED;
	/* Of what is written, nothing is read; nor what is not there. */
	if (carry->written && carry->segments)
		return CXIO_FAULT_DESCS_SEGMENTS;
	for (segment = 0; segment < CXIO_SEGMENTS; segment++)
		if ((carry->segments & (1u << segment)) && !h->len[segment])
			return CXIO_FAULT_DESCS_SEGMENTS;
	return CXIO_FAULT_NONE;
}

static enum cxio_fault rx_message(struct cxio_channel *s, const u8 *buf,
				  const struct cxio_frame *f, u64 now,
				  struct cxio_rx_event *ev)
{
	struct cxio_msg_header h;
	struct cxio_carry carry;
	enum cxio_fault fault;
	enum cxio_order order;

	if (s->rx.open)
		return CXIO_FAULT_MSG_OPEN;
	fault = cxio_msg_header_decode(buf + CXIO_FRAME_HEADER, f->body_len, &h);
	if (!fault)
		fault = rx_carry(s, buf, f, &h, &carry);
	if (!fault)
		fault = cxio_credit_begun(&s->credit, cxio_carry_payload(&carry, &h));
	if (fault)
		return fault;
	order = cxio_session_order(s->session, h.seq);
	if (order == CXIO_ORDER_GAP)
		return CXIO_FAULT_MSG_SEQ_GAP;
	cxio_cursor_open(&s->rx, &h, &carry);
	s->rx.dropped = order == CXIO_ORDER_DUPLICATE;
	ev->begins = !s->rx.dropped;
	return rx_payload(s, buf, f, CXIO_FRAME_HEADER + CXIO_MSG_HEADER, now, ev);
}

static enum cxio_fault rx_more(struct cxio_channel *s, const u8 *buf,
			       const struct cxio_frame *f, u64 now, struct cxio_rx_event *ev)
{
	if (!s->rx.open)
		return CXIO_FAULT_MORE_WITHOUT;
	if (!f->body_len)
		return CXIO_FAULT_MORE_EMPTY;
	return rx_payload(s, buf, f, CXIO_FRAME_HEADER, now, ev);
}

static enum cxio_fault rx_keepalive(struct cxio_channel *s, const u8 *buf,
				    const struct cxio_frame *f, struct cxio_rx_event *ev)
{
	const struct cxio_wire_stamp *stamp = (const void *)(buf + CXIO_FRAME_HEADER);

	if (f->type == CXIO_FRAME_KEEPALIVE)
		return cxio_keepalive_asked(&s->keepalive, stamp);
	ev->kind = CXIO_RX_ECHO;
	return cxio_keepalive_echoed(stamp, &ev->stamp_ns);
}

static enum cxio_fault rx_close(struct cxio_channel *s, const u8 *buf, struct cxio_rx_event *ev)
{
	const struct cxio_wire_close *c = (const void *)(buf + CXIO_FRAME_HEADER);

	if (le16_to_cpu(c->reserved))
		return CXIO_FAULT_CLOSE_RESERVED;
	s->peer_closed = true;
	s->peer_reason = le16_to_cpu(c->reason);
	if (!s->peer_reason) {
		/* The answer carries the last ack, so it waits for what is still read. */
		s->close_due = true;
		s->close_now = true;
	}
	ev->kind = CXIO_RX_CLOSE;
	return CXIO_FAULT_NONE;
}

/* Whether the message has keys alive on this connection, its owner knows: if not, it
 * is to end the connection with CXIO_FAULT_DONE_SEQ too.
 */
static enum cxio_fault rx_done(struct cxio_channel *s, const u8 *buf, struct cxio_rx_event *ev)
{
	const struct cxio_wire_done *d = (const void *)(buf + CXIO_FRAME_HEADER);

	ev->seq = le64_to_cpu(d->seq);
	ev->rkey = le32_to_cpu(d->rkey);
	if (le32_to_cpu(d->reserved))
		return CXIO_FAULT_DONE_RESERVED;
	if (!ev->seq || ev->seq > s->session->sent_seq)
		return CXIO_FAULT_DONE_SEQ;
	ev->kind = CXIO_RX_DONE;
	return CXIO_FAULT_NONE;
}

/* The message that is coming in is broken off. */
static void rx_break(struct cxio_channel *s, struct cxio_rx_event *ev, u64 now)
{
	s->rx.open = false;
	if (s->rx.dropped) {
		cxio_channel_consumed(s, 1, rx_payload_bytes(s), now);
		return;
	}
	cxio_session_received(s->session, s->rx.header.seq);
	ev->kind = CXIO_RX_REVOKED;
	ev->breaks = true;
}

static enum cxio_fault rx_revoked(struct cxio_channel *s, const u8 *buf, u64 now,
				  struct cxio_rx_event *ev)
{
	const struct cxio_wire_revoked *r = (const void *)(buf + CXIO_FRAME_HEADER);

	ev->seq = le64_to_cpu(r->seq);
	if (s->rx.open && ev->seq == s->rx.header.seq) {
		rx_break(s, ev, now);
		return CXIO_FAULT_NONE;
	}
	switch (cxio_session_order(s->session, ev->seq)) {
	case CXIO_ORDER_NEXT:
		if (s->rx.open)
			return CXIO_FAULT_REVOKED_SEQ;
		cxio_session_received(s->session, ev->seq);
		ev->kind = CXIO_RX_REVOKED;
		return CXIO_FAULT_NONE;
	case CXIO_ORDER_DUPLICATE:
		/* It may still wait for its data. */
		ev->kind = CXIO_RX_REVOKED;
		return CXIO_FAULT_NONE;
	default:
		return CXIO_FAULT_MSG_SEQ_GAP;
	}
}

/* --- connect and reply --- */

static enum cxio_fault rx_authorizer(struct cxio_channel *s, const struct cxio_frame *f, u32 off,
				     struct cxio_rx_event *ev)
{
	struct cxio_greeter *g = &s->greet_rx;
	u32 left = cxio_greeting_authorizer_len(&g->greeting, g->type) - g->pos;
	u32 len = CXIO_FRAME_HEADER + f->body_len - off;
	bool last = f->flags & CXIO_FRAME_LAST, ends = len == left;

	/* All of it, and only it, and the flag where it ends. */
	if (len > left || last != ends)
		return CXIO_FAULT_GREETING_AUTHORIZER;
	ev->kind = CXIO_RX_GREETING;
	if (len) {
		ev->pieces.piece[0] = (struct cxio_piece){ CXIO_PART_AUTHORIZER, g->pos, off, len };
		ev->pieces.count = 1;
		ev->pieces.len = len;
	}
	g->pos += len;
	g->open = len < left;
	ev->ends = !g->open;
	return CXIO_FAULT_NONE;
}

static enum cxio_fault rx_greeting(struct cxio_channel *s, const u8 *buf,
				   const struct cxio_frame *f, struct cxio_rx_event *ev)
{
	struct cxio_greeter *g = &s->greet_rx;
	enum cxio_fault fault;

	if (!g->expected || g->open ||
	    f->type != (s->active ? CXIO_FRAME_REPLY : CXIO_FRAME_CONNECT))
		return CXIO_FAULT_GREETING_TURN;
	fault = cxio_greeting_decode(buf + CXIO_FRAME_HEADER, f->body_len, f->type, &g->greeting);
	if (fault)
		return fault;
	/* One at a time: the other side is to speak now. */
	g->expected = false;
	g->type = f->type;
	g->pos = 0;
	static_assert(sizeof(g->body) >= CXIO_REPLY_BODY, "greeting");
	memcpy(g->body, buf + CXIO_FRAME_HEADER, cxio_greeting_size(f->type));
	ev->begins = true;
	return rx_authorizer(s, f, CXIO_FRAME_HEADER + cxio_greeting_size(f->type), ev);
}

static enum cxio_fault rx_authorizer_more(struct cxio_channel *s, const struct cxio_frame *f,
					  struct cxio_rx_event *ev)
{
	if (!s->greet_rx.open)
		return CXIO_FAULT_GREETING_TURN;
	return rx_authorizer(s, f, CXIO_FRAME_HEADER, ev);
}

/* --- all frames --- */

static enum cxio_fault rx_ack(struct cxio_channel *s, u32 ack, struct cxio_rx_event *ev)
{
	enum cxio_fault fault;
	u64 before;

	/* Before the session is agreed on, nobody knows what the number would mean. */
	if (!s->ready)
		return CXIO_FAULT_NONE;
	before = s->session->acked;
	fault = cxio_session_acked32(s->session, ack);
	ev->acked = s->session->acked > before;
	return fault;
}

/* Messages may flow without a session that survives; there nothing is revoked or read. */
static bool too_early(const struct cxio_channel *s, u8 type)
{
	switch (type) {
	case CXIO_FRAME_MESSAGE:
	case CXIO_FRAME_MORE:
		return !s->ready;
	case CXIO_FRAME_REVOKED:
		return !s->ready || !(s->agreed.features & CXIO_FEATURE_SESSION);
	case CXIO_FRAME_DONE:
		return !s->ready || !(s->agreed.features & CXIO_FEATURE_RENDEZVOUS);
	default:
		return false;
	}
}

static enum cxio_fault rx_body(struct cxio_channel *s, const u8 *buf,
			       const struct cxio_frame *f, u64 now, struct cxio_rx_event *ev)
{
	switch (f->type) {
	case CXIO_FRAME_MESSAGE:
		return rx_message(s, buf, f, now, ev);
	case CXIO_FRAME_MORE:
		return rx_more(s, buf, f, now, ev);
	case CXIO_FRAME_KEEPALIVE:
	case CXIO_FRAME_KEEPALIVE_ACK:
		return rx_keepalive(s, buf, f, ev);
	case CXIO_FRAME_CLOSE:
		return rx_close(s, buf, ev);
	case CXIO_FRAME_CONNECT:
	case CXIO_FRAME_REPLY:
		return rx_greeting(s, buf, f, ev);
	case CXIO_FRAME_AUTHORIZER:
		return rx_authorizer_more(s, f, ev);
	case CXIO_FRAME_DONE:
		return rx_done(s, buf, ev);
	case CXIO_FRAME_REVOKED:
		return rx_revoked(s, buf, now, ev);
	default:
		return CXIO_FAULT_NONE;
	}
}

static enum cxio_fault rx_frame(struct cxio_channel *s, const u8 *buf, u32 len, u64 now,
				struct cxio_rx_event *ev)
{
	enum cxio_fault fault;
	struct cxio_frame f;

	fault = cxio_frame_decode(buf, len, &f);
	if (fault)
		return fault;
	if (s->peer_closed && f.type != CXIO_FRAME_GRANT)
		return CXIO_FAULT_FRAME_AFTER_CLOSE;
	fault = cxio_credit_received(&s->credit, &f);
	if (fault)
		return fault;
	if (too_early(s, f.type))
		return CXIO_FAULT_FRAME_NOT_READY;
	fault = rx_ack(s, f.ack, ev);
	if (fault)
		return fault;
	return rx_body(s, buf, &f, now, ev);
}

static bool is_crc_fault(enum cxio_fault fault)
{
	switch (fault) {
	case CXIO_FAULT_FRAME_CRC:
	case CXIO_FAULT_MSG_HEADER_CRC:
	case CXIO_FAULT_FRONT_CRC:
	case CXIO_FAULT_MIDDLE_CRC:
	case CXIO_FAULT_DATA_CRC:
		return true;
	default:
		return false;
	}
}

/**
 * cxio_channel_rx() - take in a frame
 * @s: the channel
 * @buf: the bytes of one SEND, unchanged until the event's pieces are copied
 * @len: how many of them
 * @now: time
 * @ev: what the frame asks of the owner
 *
 * After a fault the connection is over: the channel must be closed with it and
 * given no more frames. On success the owner copies @ev's pieces, posts the
 * buffer again and tells cxio_channel_reposted(). A message that @ev ends is told
 * cxio_channel_delivered() when it is whole, verified and in order, and
 * cxio_channel_consumed() when its owner is done with it; so is, of both, one that is
 * broken off. Before the frame that ends a message the owner notes
 * cxio_channel_rx_payload(): that much is consumed with it.
 *
 * Only the message's inline bytes are bounded by the window: memory for what is to be
 * read is made when its READ starts, and what was written must belong to a request
 * that offered its sink on this connection, before their lengths are believed in.
 *
 * Return: CXIO_FAULT_NONE, or the first fault found.
 */
enum cxio_fault cxio_channel_rx(struct cxio_channel *s, const void *buf, u32 len, u64 now,
				struct cxio_rx_event *ev)
{
	enum cxio_fault fault;

	/* The rest says something only if these say so. */
	ev->kind = CXIO_RX_NOTHING;
	ev->begins = false;
	ev->ends = false;
	ev->breaks = false;
	ev->acked = false;
	ev->pieces.count = 0;
	s->stats.frames_received++;
	cxio_keepalive_heard(&s->keepalive, now);
	s->may_send = true;
	fault = rx_frame(s, buf, len, now, ev);
	if (fault && is_crc_fault(fault))
		s->stats.crc_failures++;
	return fault;
}

/**
 * cxio_rx_invalidated() - may a key have been invalidated with a frame?
 * @ev: what the frame means
 * @key: key that its completion says was, or 0
 *
 * Only a DONE may, and it says which: the completion, not the frame, is believed.
 *
 * Context: any. Return: CXIO_FAULT_DONE_SEQ if not.
 */
enum cxio_fault cxio_rx_invalidated(const struct cxio_rx_event *ev, u32 key)
{
	u32 said = ev->kind == CXIO_RX_DONE ? ev->rkey : 0;

	return key == said ? CXIO_FAULT_NONE : CXIO_FAULT_DONE_SEQ;
}

/**
 * cxio_channel_rx_payload() - window bytes of the message that is coming in
 * @s: the channel; a message begins or ends with the frame just taken in
 *
 * Return: bytes, to be told cxio_channel_consumed() later.
 */
u64 cxio_channel_rx_payload(const struct cxio_channel *s)
{
	return rx_payload_bytes(s);
}

/**
 * cxio_channel_reposted() - receive buffers were posted again
 * @s: the channel
 * @frames: how many
 */
void cxio_channel_reposted(struct cxio_channel *s, u32 frames)
{
	cxio_recv_window_return(&s->credit.rx_frames, frames);
}

/**
 * cxio_channel_consumed() - received messages' memory is free again
 * @s: the channel
 * @msgs: how many messages
 * @payload: bytes of them that stood in frames: cxio_channel_rx_payload()
 * @now: time
 */
void cxio_channel_consumed(struct cxio_channel *s, u32 msgs, u64 payload, u64 now)
{
	cxio_recv_window_return(&s->credit.rx_msgs, msgs);
	cxio_recv_window_return(&s->credit.rx_bytes, (u32)payload);
	cxio_channel_owe_ack(s, now);
}

/**
 * cxio_channel_delivered() - messages have reached their owner
 * @s: the channel
 * @pending: the oldest message received that has not: it waits for its data, or is
 *	coming in; 0 if none does
 * @now: time
 *
 * All before it are acknowledged with the next frame. To be told with each message
 * dispatched, and with each one revoked or broken off.
 */
void cxio_channel_delivered(struct cxio_channel *s, u64 pending, u64 now)
{
	u64 before = s->session->in_seq;

	cxio_session_delivered(s->session, pending);
	if (s->session->in_seq != before)
		cxio_channel_owe_ack(s, now);
}
