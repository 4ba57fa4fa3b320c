// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What to send now, and the frames themselves.
 */
#include "channel_int.h"

static bool grant_due(const struct cxio_channel *s, u64 now)
{
	return s->open_due || now >= s->ack_due || cxio_credit_grant_due(&s->credit);
}

/* The peer has closed in order, and we still read, or owe it a DONE. */
static bool close_waits(const struct cxio_channel *s, const struct cxio_offer *o)
{
	if (s->close_reason || !s->session)
		return false;
	return o->done || s->session->in_seq != s->session->rx_seq;
}

/* The control frame that goes before any message frame, or 0. */
static u8 urgent_control(const struct cxio_channel *s, const struct cxio_offer *o)
{
	if (s->close_due && s->close_now && !close_waits(s, o))
		return CXIO_FRAME_CLOSE;
	if (s->keepalive.echo)
		return CXIO_FRAME_KEEPALIVE_ACK;
	if (s->keepalive.ask)
		return CXIO_FRAME_KEEPALIVE;
	return 0;
}

/* A stall is counted once, when it begins. */
static void note_stall(bool *stalled, u64 *count, bool now)
{
	if (now && !*stalled)
		(*count)++;
	*stalled = now;
}

/*
 * Our CLOSE is out. The peer may need credits for what it still sends, and for its
 * own CLOSE: grants follow until that is here.
 */
static enum cxio_tx_kind after_close(struct cxio_channel *s, enum cxio_credit_verdict credit)
{
	if (s->close_reason || s->peer_closed || credit == CXIO_CREDIT_STOP ||
	    !cxio_credit_frames_due(&s->credit))
		return CXIO_TX_NOTHING;
	s->control = CXIO_FRAME_GRANT;
	return CXIO_TX_CONTROL;
}

/* Before the session is agreed on: connect, reply, and what keeps a connection alive. */
static enum cxio_tx_kind next_greeting(struct cxio_channel *s, u64 now)
{
	/* A reply that agreed on the session goes before its orderly end. */
	if (s->close_due && !(s->ready && s->greet_tx.due && !s->close_now)) {
		s->control = CXIO_FRAME_CLOSE;
		return CXIO_TX_CONTROL;
	}
	if (s->greet_tx.due)
		return CXIO_TX_GREETING;
	return grant_due(s, now) ? CXIO_TX_CONTROL : CXIO_TX_NOTHING;
}

static enum cxio_tx_kind next_message(struct cxio_channel *s, const struct cxio_offer *o)
{
	bool window;

	if (o->revoked)
		return CXIO_TX_REVOKED;
	if (s->tx.open)
		return CXIO_TX_MORE;
	window = cxio_credit_may_begin(&s->credit, cxio_carry_payload(o->carry, o->header));
	note_stall(&s->window_stalled, &s->stats.window_stalls, !window);
	return window ? CXIO_TX_BEGIN : CXIO_TX_NOTHING;
}

/**
 * cxio_channel_next() - what to send now?
 * @s: the channel
 * @offer: what the owner has to send
 * @now: time
 *
 * To be asked again after each frame made, each frame received and its buffer
 * posted, each message consumed, each new message, and at cxio_channel_deadline(),
 * until it says CXIO_TX_NOTHING.
 *
 * Return: the kind of frame to make; the owner must make it next.
 */
enum cxio_tx_kind cxio_channel_next(struct cxio_channel *s, const struct cxio_offer *offer,
				    u64 now)
{
	enum cxio_credit_verdict credit = cxio_credit_may_send(&s->credit);
	enum cxio_tx_kind kind;
	u8 urgent;

	if (!s->may_send || (s->peer_closed && s->peer_reason))
		return CXIO_TX_NOTHING;
	if (s->close_sent)
		return after_close(s, credit);

	note_stall(&s->stalled, &s->stats.credit_stalls,
		   credit != CXIO_CREDIT_GO && offer->header);
	if (credit == CXIO_CREDIT_STOP)
		return CXIO_TX_NOTHING;
	s->control = CXIO_FRAME_GRANT;
	if (credit == CXIO_CREDIT_GRANT_ONLY)
		return CXIO_TX_CONTROL;
	urgent = urgent_control(s, offer);
	if (urgent) {
		s->control = urgent;
		return CXIO_TX_CONTROL;
	}
	if (!s->ready || s->greet_tx.due)
		return next_greeting(s, now);
	if (offer->done)
		return CXIO_TX_DONE;
	/* What is queued has no taker once the peer has closed. */
	if (offer->header && !s->close_now) {
		kind = next_message(s, offer);
		if (kind != CXIO_TX_NOTHING)
			return kind;
	} else if (s->close_due && !s->close_now && !offer->held) {
		s->control = CXIO_FRAME_CLOSE;
		return CXIO_TX_CONTROL;
	}
	return grant_due(s, now) ? CXIO_TX_CONTROL : CXIO_TX_NOTHING;
}

/* Every frame carries the newest ack and grants: whatever was owed is told with it. */
static u32 seal_frame(struct cxio_channel *s, struct cxio_frame *f, void *buf)
{
	/* As in the greeting, if the session is not agreed on yet. */
	f->ack = s->session ? (u32)s->session->in_seq : 0;
	cxio_credit_fill(&s->credit, f);
	cxio_frame_encode(f, buf);
	cxio_send_window_use(&s->credit.tx_frames, 1);
	s->open_due = false;
	s->ack_due = CXIO_NEVER;
	s->stats.frames_sent++;
	return CXIO_FRAME_HEADER + f->body_len;
}

static u32 control_body(struct cxio_channel *s, void *body, u64 now)
{
	struct cxio_wire_close *close = body;

	switch (s->control) {
	case CXIO_FRAME_CLOSE:
		close->reason = cpu_to_le16(s->close_reason);
		close->reserved = cpu_to_le16(0);
		s->close_sent = true;
		return (u32)sizeof(*close);
	case CXIO_FRAME_KEEPALIVE_ACK:
		cxio_keepalive_echo(&s->keepalive, body);
		return (u32)sizeof(struct cxio_wire_stamp);
	case CXIO_FRAME_KEEPALIVE:
		cxio_keepalive_ask(&s->keepalive, now, body);
		if (s->session)
			s->session->asked = false;
		return (u32)sizeof(struct cxio_wire_stamp);
	default:
		s->stats.grants_sent++;
		return 0;
	}
}

/**
 * cxio_channel_control() - make the control frame that is due
 * @s: the channel; cxio_channel_next() said CXIO_TX_CONTROL
 * @buf: at least CXIO_FRAME_HEADER + 8 bytes
 * @now: time
 *
 * Return: bytes of the frame.
 */
u32 cxio_channel_control(struct cxio_channel *s, void *buf, u64 now)
{
	struct cxio_frame f = { .type = s->control };

	f.body_len = control_body(s, (u8 *)buf + CXIO_FRAME_HEADER, now);
	return seal_frame(s, &f, buf);
}

/**
 * cxio_channel_msg_begin() - begin a message
 * @s: the channel; cxio_channel_next() said CXIO_TX_BEGIN
 * @header: the offered message's; its sequence number is given here
 * @carry: the offer's
 *
 * Return: which bytes the owner is to copy into the frame. They stay valid until
 * cxio_channel_msg_seal().
 */
const struct cxio_pieces *cxio_channel_msg_begin(struct cxio_channel *s,
						 struct cxio_msg_header *header,
						 const struct cxio_carry *carry)
{
	u32 off = CXIO_FRAME_HEADER + CXIO_MSG_HEADER;
	u64 payload = cxio_carry_payload(carry, header);

	header->seq = cxio_session_begin(s->session, header->seq);
	cxio_cursor_open(&s->tx, header, carry);
	cxio_credit_begin(&s->credit, (u32)payload);
	s->stats.bytes_sent += cxio_msg_payload(header);
	cxio_cursor_lay_out(&s->tx, off, s->agreed.frame_max - off, &s->tx_pieces);
	return &s->tx_pieces;
}

/**
 * cxio_channel_msg_more() - go on with the message begun
 * @s: the channel; cxio_channel_next() said CXIO_TX_MORE
 *
 * Return: as cxio_channel_msg_begin(); without a piece if only the footer is left.
 */
const struct cxio_pieces *cxio_channel_msg_more(struct cxio_channel *s)
{
	u32 off = CXIO_FRAME_HEADER;

	cxio_cursor_lay_out(&s->tx, off, s->agreed.frame_max - off, &s->tx_pieces);
	return &s->tx_pieces;
}

/* A signature is the owner's to fill in, over the frame's own header and footer. */
static u32 put_footer(struct cxio_channel *s, u8 *buf)
{
	struct cxio_msg_footer f = { .flags = CXIO_FOOTER_COMPLETE };
	u32 segment;

	if (s->agreed.features & CXIO_FEATURE_SIGN)
		f.flags |= CXIO_FOOTER_SIGNED;
	for (segment = 0; segment < CXIO_SEGMENTS; segment++) {
		f.crc[segment] = s->tx.crc[segment];
		if (!cxio_carry_inline(&s->tx.carry, segment))
			f.crc[segment] = s->tx.carry.crc[segment];
	}
	if (!cxio_channel_data_crc(s)) {
		f.flags |= CXIO_FOOTER_NOCRC;
		f.crc[CXIO_DATA] = 0;
	}
	cxio_msg_footer_encode(&f, buf);
	return CXIO_MSG_FOOTER;
}

static u8 first_flags(const struct cxio_carry *carry)
{
	return (u8)((carry->descs ? CXIO_FRAME_DESCS : 0) |
		    (carry->written ? CXIO_FRAME_WRITTEN : 0));
}

/**
 * cxio_channel_msg_seal() - finish a message frame
 * @s: the channel, after _begin() or _more()
 * @buf: the frame, with the pieces copied in
 * @last: set to whether the message ended with this frame
 *
 * With CXIO_FEATURE_SIGN the owner then puts the signature into the footer, which is
 * the last CXIO_MSG_FOOTER bytes of a last frame.
 *
 * Return: bytes of the frame.
 */
u32 cxio_channel_msg_seal(struct cxio_channel *s, void *buf, bool *last)
{
	struct cxio_frame f = { .type = CXIO_FRAME_MORE };
	u32 end = CXIO_FRAME_HEADER;

	if (!s->tx.headed) {
		s->tx.headed = true;
		f.type = CXIO_FRAME_MESSAGE;
		f.flags = first_flags(&s->tx.carry);
		cxio_msg_header_encode(&s->tx.header, (u8 *)buf + end);
		end += CXIO_MSG_HEADER;
	}
	cxio_cursor_crc(&s->tx, buf, &s->tx_pieces, cxio_channel_data_crc(s));
	end += s->tx_pieces.len;

	*last = s->tx.pos == s->tx.total && s->agreed.frame_max - end >= CXIO_MSG_FOOTER;
	if (*last) {
		end += put_footer(s, (u8 *)buf + end);
		f.flags |= CXIO_FRAME_LAST;
		s->tx.open = false;
		cxio_session_sent(s->session);
		s->stats.msgs_sent++;
	}
	f.body_len = end - CXIO_FRAME_HEADER;
	return seal_frame(s, &f, buf);
}

/**
 * cxio_channel_greet() - a connect or a reply is to be sent
 * @s: the channel; the session is not agreed on yet
 * @type: CXIO_FRAME_CONNECT or CXIO_FRAME_REPLY
 * @greeting: what it says
 *
 * It is sent before any message. cxio_channel_next() then says CXIO_TX_GREETING.
 */
void cxio_channel_greet(struct cxio_channel *s, u8 type, const struct cxio_greeting *greeting)
{
	s->greet_tx.type = type;
	s->greet_tx.greeting = *greeting;
	s->greet_tx.due = true;
	s->greet_tx.open = false;
	s->greet_tx.pos = 0;
}

/**
 * cxio_channel_greeting() - make the next frame of a connect or reply
 * @s: the channel; cxio_channel_next() said CXIO_TX_GREETING
 * @buf: a frame
 * @authorizer: the whole authorizer, as long as the greeting says
 *
 * Return: bytes of the frame.
 */
u32 cxio_channel_greeting(struct cxio_channel *s, void *buf, const void *authorizer)
{
	struct cxio_greeter *g = &s->greet_tx;
	u32 left = cxio_greeting_authorizer_len(&g->greeting, g->type) - g->pos;
	struct cxio_frame f = { .type = CXIO_FRAME_AUTHORIZER };
	u32 end = CXIO_FRAME_HEADER, len;

	if (!g->open) {
		f.type = g->type;
		end += cxio_greeting_encode(&g->greeting, g->type, (u8 *)buf + end);
	}
	len = s->agreed.frame_max - end < left ? s->agreed.frame_max - end : left;
	if (len)
		memcpy((u8 *)buf + end, (const u8 *)authorizer + g->pos, len);
	g->pos += len;
	g->open = len < left;
	if (!g->open) {
		f.flags = CXIO_FRAME_LAST;
		g->due = false;
		/* Now it is the peer's turn, unless all is said. */
		s->greet_rx.expected = !s->ready;
	}
	f.body_len = end + len - CXIO_FRAME_HEADER;
	return seal_frame(s, &f, buf);
}

/**
 * cxio_channel_done() - tell the peer that its memory was read
 * @s: the channel; cxio_channel_next() said CXIO_TX_DONE
 * @buf: a frame
 * @seq: the message
 * @rkey: the key that the SEND of this frame invalidates, or 0
 *
 * Return: bytes of the frame.
 */
u32 cxio_channel_done(struct cxio_channel *s, void *buf, u64 seq, u32 rkey)
{
	struct cxio_wire_done *d = (void *)((u8 *)buf + CXIO_FRAME_HEADER);
	struct cxio_frame f = { .type = CXIO_FRAME_DONE, .body_len = (u32)sizeof(*d) };

	d->seq = cpu_to_le64(seq);
	d->rkey = cpu_to_le32(rkey);
	d->reserved = cpu_to_le32(0);
	return seal_frame(s, &f, buf);
}

/**
 * cxio_channel_revoked() - tell the peer that a message does not come
 * @s: the channel; cxio_channel_next() said CXIO_TX_REVOKED
 * @buf: a frame
 * @seq: the message: the next one, the begun one, or one that was sent before
 *
 * Return: bytes of the frame.
 */
u32 cxio_channel_revoked(struct cxio_channel *s, void *buf, u64 seq)
{
	struct cxio_wire_revoked *r = (void *)((u8 *)buf + CXIO_FRAME_HEADER);
	struct cxio_frame f = { .type = CXIO_FRAME_REVOKED, .body_len = (u32)sizeof(*r) };

	if (s->tx.open && seq == s->tx.header.seq) {
		s->tx.open = false;
		cxio_session_sent(s->session);
	} else if (seq > s->session->begun_seq) {
		cxio_session_begin(s->session, seq);
		cxio_session_sent(s->session);
	}
	r->seq = cpu_to_le64(seq);
	return seal_frame(s, &f, buf);
}
