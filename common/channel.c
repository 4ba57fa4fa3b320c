// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A connection's protocol: what comes in, what goes out, and when.
 */
#include "channel.h"

#define NSEC_PER_SECOND 1000000000u

/**
 * cxio_channel_init() - begin a connection
 * @s: the channel
 * @ours: what we offered in the handshake
 * @agreed: what was agreed
 * @active: this side connected, and sends the first frame
 * @now: time
 *
 * Context: before the first frame can come in.
 */
void cxio_channel_init(struct cxio_channel *s, const struct cxio_limits *ours,
		       const struct cxio_agreed *agreed, bool active, u64 now)
{
	memset(s, 0, sizeof(*s));
	s->agreed = *agreed;
	cxio_send_window_init(&s->credit.tx_frames, agreed->peer_recv_depth);
	cxio_send_window_init(&s->credit.tx_msgs, agreed->peer_window_msgs);
	cxio_send_window_init(&s->credit.tx_bytes, agreed->peer_window_bytes);
	cxio_recv_window_init(&s->credit.rx_frames, ours->recv_depth);
	cxio_recv_window_init(&s->credit.rx_msgs, ours->window_msgs);
	cxio_recv_window_init(&s->credit.rx_bytes, ours->window_bytes);
	s->may_send = active;
	s->open_due = active;
	s->ack_due = CXIO_NEVER;
	s->heard = now;
	s->asked = now;
	s->keepalive_ns = CXIO_KEEPALIVE_NS;
	s->expiry_ns = CXIO_KEEPALIVE_EXPIRY_NS;
}

static void open_cursor(struct cxio_cursor *c, const struct cxio_msg_header *h)
{
	memset(c, 0, sizeof(*c));
	c->open = true;
	c->header = *h;
	c->total = cxio_msg_payload(h);
}

/*
 * Lay the next payload bytes of a message into a frame: from @frame_off on, up to
 * @room bytes. The cursor moves; the result says which bytes go where.
 */
static void lay_out(struct cxio_cursor *c, u32 frame_off, u32 room, struct cxio_pieces *out)
{
	u64 start = 0;
	u32 segment;

	out->count = 0;
	for (segment = 0; segment < CXIO_SEGMENTS; segment++) {
		u32 len = c->header.len[segment];
		struct cxio_piece *p;
		u32 offset, left;

		if (c->pos - start >= len) {	/* I1: pos is never before start */
			start += len;
			continue;
		}
		offset = (u32)(c->pos - start);
		left = len - offset;
		if (!room)
			break;
		p = &out->piece[out->count++];
		p->segment = segment;
		p->offset = offset;
		p->frame_off = frame_off;
		p->len = left < room ? left : room;
		frame_off += p->len;
		room -= p->len;
		c->pos += p->len;
		start += len;
		if (p->len < left)
			break;
	}
}

static u32 pieces_len(const struct cxio_pieces *p)
{
	u32 i, len = 0;

	for (i = 0; i < p->count; i++)
		len += p->piece[i].len;
	return len;
}

static void crc_pieces(struct cxio_cursor *c, const u8 *frame, const struct cxio_pieces *p)
{
	u32 i;

	for (i = 0; i < p->count; i++) {
		const struct cxio_piece *q = &p->piece[i];

		c->crc[q->segment] = cxio_crc32c(c->crc[q->segment], frame + q->frame_off,
						 q->len);
	}
}

/* The delayed acknowledgment: armed by what the peer waits for, not by frames alone. */
static void owe_ack(struct cxio_channel *s, u64 now)
{
	if (s->ack_due == CXIO_NEVER)
		s->ack_due = now + CXIO_ACK_DELAY_NS;
}

/* --- receiving --- */

static enum cxio_fault check_footer(struct cxio_channel *s, const void *buf)
{
	static const enum cxio_fault crc_fault[CXIO_SEGMENTS] = {
		[CXIO_FRONT] = CXIO_FAULT_FRONT_CRC,
		[CXIO_MIDDLE] = CXIO_FAULT_MIDDLE_CRC,
		[CXIO_DATA] = CXIO_FAULT_DATA_CRC,
	};
	struct cxio_msg_footer f;
	u32 segment;

	cxio_msg_footer_decode(buf, &f);
	if (f.flags & ~(CXIO_FOOTER_COMPLETE | CXIO_FOOTER_NOCRC | CXIO_FOOTER_SIGNED))
		return CXIO_FAULT_FOOTER_FLAGS;
	if (!(f.flags & CXIO_FOOTER_COMPLETE))
		return CXIO_FAULT_FOOTER_INCOMPLETE;
	if ((f.flags & CXIO_FOOTER_NOCRC) && !(s->agreed.features & CXIO_FEATURE_NO_DATA_CRC))
		return CXIO_FAULT_FOOTER_NOCRC;
	if ((f.flags & CXIO_FOOTER_SIGNED) || f.sig)
		return CXIO_FAULT_FOOTER_SIGNED;
	for (segment = 0; segment < CXIO_SEGMENTS; segment++) {
		if (segment == CXIO_DATA && (f.flags & CXIO_FOOTER_NOCRC))
			continue;
		if (f.crc[segment] != s->rx.crc[segment])
			return crc_fault[segment];
	}
	return CXIO_FAULT_NONE;
}

static void message_ends(struct cxio_channel *s, struct cxio_rx_event *ev, u64 now)
{
	s->rx.open = false;
	owe_ack(s, now);
	if (s->rx.dropped) {
		s->stats.duplicates++;
		cxio_channel_consumed(s, 1, s->rx.total, now);
		ev->kind = CXIO_RX_NOTHING;
		return;
	}
	s->in_seq = s->rx.header.seq;
	s->stats.msgs_received++;
	s->stats.bytes_received += s->rx.total;
	ev->ends = true;
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
	lay_out(&s->rx, off, end - off, &ev->pieces);
	crc_pieces(&s->rx, buf, &ev->pieces);
	off += pieces_len(&ev->pieces);
	if (s->rx.dropped)
		ev->pieces.count = 0;

	if (s->rx.pos < s->rx.total)
		return last ? CXIO_FAULT_MSG_LAST_EARLY : CXIO_FAULT_NONE;
	if (end == off)
		return last ? CXIO_FAULT_MSG_LAST_EARLY : CXIO_FAULT_NONE;
	if (end - off != CXIO_MSG_FOOTER)
		return CXIO_FAULT_MSG_TRAILING;
	if (!last)
		return CXIO_FAULT_MSG_LAST_MISSING;
	fault = check_footer(s, buf + off);
	if (!fault)
		message_ends(s, ev, now);
	return fault;
}

static enum cxio_fault rx_message(struct cxio_channel *s, const u8 *buf,
				  const struct cxio_frame *f, u64 now,
				  struct cxio_rx_event *ev)
{
	struct cxio_msg_header h;
	enum cxio_fault fault;

	if (s->rx.open)
		return CXIO_FAULT_MSG_OPEN;
	fault = cxio_msg_header_decode(buf + CXIO_FRAME_HEADER, f->body_len, &h);
	if (fault)
		return fault;
	fault = cxio_credit_begun(&s->credit, cxio_msg_payload(&h));
	if (fault)
		return fault;
	if (!h.seq || (h.seq > s->in_seq && h.seq - s->in_seq != 1))
		return CXIO_FAULT_MSG_SEQ_GAP;
	open_cursor(&s->rx, &h);
	s->rx.dropped = h.seq <= s->in_seq;
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

	if (le32_to_cpu(stamp->nsec) >= NSEC_PER_SECOND)
		return CXIO_FAULT_STAMP_NSEC;
	if (f->type == CXIO_FRAME_KEEPALIVE) {
		/* One answer is owed at most, to the newest: nothing piles up. */
		s->echo = true;
		s->echo_stamp = *stamp;
		return CXIO_FAULT_NONE;
	}
	ev->kind = CXIO_RX_ECHO;
	ev->stamp_ns = (u64)le32_to_cpu(stamp->sec) * NSEC_PER_SECOND + le32_to_cpu(stamp->nsec);
	return CXIO_FAULT_NONE;
}

static enum cxio_fault rx_close(struct cxio_channel *s, const u8 *buf, struct cxio_rx_event *ev)
{
	const struct cxio_wire_close *c = (const void *)(buf + CXIO_FRAME_HEADER);

	if (le16_to_cpu(c->reserved))
		return CXIO_FAULT_CLOSE_RESERVED;
	s->peer_closed = true;
	s->peer_reason = le16_to_cpu(c->reason);
	if (!s->peer_reason) {
		/* The answer carries the last ack; what is queued has no taker. */
		s->close_due = true;
		s->close_now = true;
	}
	ev->kind = CXIO_RX_CLOSE;
	return CXIO_FAULT_NONE;
}

static enum cxio_fault rx_ack(struct cxio_channel *s, u32 ack, struct cxio_rx_event *ev)
{
	u32 more = ack - (u32)s->acked;

	if (more > s->sent_seq - s->acked)
		return CXIO_FAULT_FRAME_ACK;
	s->acked += more;
	ev->acked = more > 0;
	return CXIO_FAULT_NONE;
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
 * buffer again and tells cxio_channel_reposted(); a message that @ev ends is
 * told cxio_channel_consumed() when its owner is done with it.
 *
 * Return: CXIO_FAULT_NONE, or the first fault found.
 */
enum cxio_fault cxio_channel_rx(struct cxio_channel *s, const void *buf, u32 len, u64 now,
				struct cxio_rx_event *ev)
{
	enum cxio_fault fault;

	memset(ev, 0, sizeof(*ev));
	s->stats.frames_received++;
	s->heard = now;
	s->may_send = true;
	fault = rx_frame(s, buf, len, now, ev);
	if (is_crc_fault(fault))
		s->stats.crc_failures++;
	return fault;
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
 * @payload: bytes of their fronts, middles and data
 * @now: time
 */
void cxio_channel_consumed(struct cxio_channel *s, u32 msgs, u64 payload, u64 now)
{
	cxio_recv_window_return(&s->credit.rx_msgs, msgs);
	cxio_recv_window_return(&s->credit.rx_bytes, (u32)payload);
	owe_ack(s, now);
}

/* --- sending --- */

static bool grant_due(const struct cxio_channel *s, u64 now)
{
	return s->open_due || now >= s->ack_due || cxio_credit_grant_due(&s->credit);
}

/* The control frame that goes before any message frame, or 0. */
static u8 urgent_control(const struct cxio_channel *s)
{
	if (s->close_due && s->close_now)
		return CXIO_FRAME_CLOSE;
	if (s->echo)
		return CXIO_FRAME_KEEPALIVE_ACK;
	if (s->ask)
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

/**
 * cxio_channel_next() - what to send now?
 * @s: the channel
 * @offer: header of the first message waiting, for its lengths, or NULL
 * @now: time
 *
 * To be asked again after each frame made, each frame received and its buffer
 * posted, each message consumed, each new message, and at cxio_channel_deadline(),
 * until it says CXIO_TX_NOTHING.
 *
 * Return: the kind of frame to make; the owner must make it next.
 */
enum cxio_tx_kind cxio_channel_next(struct cxio_channel *s, const struct cxio_msg_header *offer,
				    u64 now)
{
	enum cxio_credit_verdict credit = cxio_credit_may_send(&s->credit);
	bool window;

	if (!s->may_send || (s->peer_closed && s->peer_reason))
		return CXIO_TX_NOTHING;
	if (s->close_sent)
		return after_close(s, credit);

	note_stall(&s->stalled, &s->stats.credit_stalls,
		   credit != CXIO_CREDIT_GO && (s->tx.open || offer));
	if (credit == CXIO_CREDIT_STOP)
		return CXIO_TX_NOTHING;
	s->control = CXIO_FRAME_GRANT;
	if (credit == CXIO_CREDIT_GRANT_ONLY)
		return CXIO_TX_CONTROL;
	if (urgent_control(s)) {
		s->control = urgent_control(s);
		return CXIO_TX_CONTROL;
	}
	if (s->tx.open)
		return CXIO_TX_MORE;
	if (offer) {
		window = cxio_credit_may_begin(&s->credit, cxio_msg_payload(offer));
		note_stall(&s->window_stalled, &s->stats.window_stalls, !window);
		if (window)
			return CXIO_TX_BEGIN;
	} else if (s->close_due) {
		s->control = CXIO_FRAME_CLOSE;
		return CXIO_TX_CONTROL;
	}
	return grant_due(s, now) ? CXIO_TX_CONTROL : CXIO_TX_NOTHING;
}

/* Every frame carries the newest ack and grants: whatever was owed is told with it. */
static u32 seal_frame(struct cxio_channel *s, struct cxio_frame *f, void *buf)
{
	f->ack = (u32)s->in_seq;
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
	struct cxio_wire_stamp *stamp = body;
	struct cxio_wire_close *close = body;
	u32 nsec;

	switch (s->control) {
	case CXIO_FRAME_CLOSE:
		close->reason = cpu_to_le16(s->close_reason);
		close->reserved = cpu_to_le16(0);
		s->close_sent = true;
		return (u32)sizeof(*close);
	case CXIO_FRAME_KEEPALIVE_ACK:
		*stamp = s->echo_stamp;
		s->echo = false;
		return (u32)sizeof(*stamp);
	case CXIO_FRAME_KEEPALIVE:
		stamp->sec = cpu_to_le32((u32)cxio_divide(now, NSEC_PER_SECOND, &nsec));
		stamp->nsec = cpu_to_le32(nsec);
		s->ask = false;
		s->asked = now;
		return (u32)sizeof(*stamp);
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
 *
 * Return: which payload bytes the owner is to copy into the frame. They stay
 * valid until cxio_channel_msg_seal().
 */
const struct cxio_pieces *cxio_channel_msg_begin(struct cxio_channel *s,
						 struct cxio_msg_header *header)
{
	u32 off = CXIO_FRAME_HEADER + CXIO_MSG_HEADER;

	header->seq = ++s->out_seq;
	open_cursor(&s->tx, header);
	cxio_credit_begin(&s->credit, (u32)s->tx.total);
	s->stats.bytes_sent += s->tx.total;
	lay_out(&s->tx, off, s->agreed.frame_max - off, &s->tx_pieces);
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

	lay_out(&s->tx, off, s->agreed.frame_max - off, &s->tx_pieces);
	return &s->tx_pieces;
}

static u32 put_footer(struct cxio_channel *s, u8 *buf)
{
	struct cxio_msg_footer f = { .flags = CXIO_FOOTER_COMPLETE };
	u32 segment;

	for (segment = 0; segment < CXIO_SEGMENTS; segment++)
		f.crc[segment] = s->tx.crc[segment];
	cxio_msg_footer_encode(&f, buf);
	return CXIO_MSG_FOOTER;
}

/**
 * cxio_channel_msg_seal() - finish a message frame
 * @s: the channel, after _begin() or _more()
 * @buf: the frame, with the pieces copied in
 * @last: set to whether the message ended with this frame
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
		cxio_msg_header_encode(&s->tx.header, (u8 *)buf + end);
		end += CXIO_MSG_HEADER;
	}
	crc_pieces(&s->tx, buf, &s->tx_pieces);
	end += pieces_len(&s->tx_pieces);

	*last = s->tx.pos == s->tx.total && s->agreed.frame_max - end >= CXIO_MSG_FOOTER;
	if (*last) {
		end += put_footer(s, (u8 *)buf + end);
		f.flags = CXIO_FRAME_LAST;
		s->tx.open = false;
		s->sent_seq = s->out_seq;
		s->stats.msgs_sent++;
	}
	f.body_len = end - CXIO_FRAME_HEADER;
	return seal_frame(s, &f, buf);
}

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
	if (s->close_sent && (s->close_reason || s->acked == s->out_seq))
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
	u64 silence = now > s->heard ? now - s->heard : 0;

	if (s->expiry_ns && silence >= s->expiry_ns)
		return CXIO_FAULT_KEEPALIVE;
	if (s->keepalive_ns && silence >= s->keepalive_ns && now - s->asked >= s->keepalive_ns)
		s->ask = true;
	return CXIO_FAULT_NONE;
}

static u64 earlier(u64 a, u64 b)
{
	return a < b ? a : b;
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
	u64 due = CXIO_NEVER;

	if (s->close_sent || s->peer_closed)
		return due;
	/* Without credits the peer is to act next: no time of ours helps. */
	if (can_send && s->may_send && cxio_credit_may_send(&s->credit) == CXIO_CREDIT_GO)
		due = earlier(due, s->ack_due);
	if (s->expiry_ns)
		due = earlier(due, s->heard + s->expiry_ns);
	if (s->keepalive_ns && !s->ask) {
		u64 since = s->heard > s->asked ? s->heard : s->asked;

		due = earlier(due, since + s->keepalive_ns);
	}
	return due;
}
