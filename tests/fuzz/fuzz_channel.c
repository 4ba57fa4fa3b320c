// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzer: a whole channel with a checking owner. The owner believes nothing: each
 * piece must lie within frame and message and follow the one before it, windows
 * must stay within their limits, what is sent must obey the rules too.
 *
 * Input: a mode byte, then steps: an operation byte; for a frame two bytes of
 * length and the frame, for an offer two bytes of payload length.
 */
#include <stdlib.h>

#include "craft.h"
#include "channel.h"

/* Mode bits. What is fixed lets the fuzzer get behind a check it could never guess. */
enum {
	MODE_ACTIVE = 1,	/* this side connected */
	MODE_FIX_FRAME = 2,	/* body_len and frame CRC */
	MODE_FIX_MSG = 4,	/* message header CRC */
	MODE_FIX_GRANTS = 8,	/* ack and grants become possible ones */
	MODE_FIX_FOOTER = 16,	/* the CRCs in a footer */
	MODE_FIX_SEQ = 32,	/* the next sequence number, or the last one */
	MODE_SMALL = 64,	/* smallest windows and buffers */
	MODE_NOCRC = 128,	/* the feature is agreed */
};

enum { OP_FRAME = 0, OP_SEND = 4, OP_TIME = 5, OP_CONSUME = 6, OP_REPOST = 7, OP_MASK = 7 };

#define FRAME_SIZE 4096u

/**
 * struct owner - a channel and what its owner knows by itself
 * @s: the channel
 * @session: what would survive it
 * @ours: our limits
 * @mode: mode bits
 * @now: time
 * @in_message: a message is coming in
 * @got: bytes of each of its parts
 * @len: what its header promised
 * @held_msgs: messages dispatched and not consumed, and the one coming in
 * @held_bytes: bytes of them
 * @sizes: of the dispatched ones, a ring
 * @dispatched: how many ever
 * @consumed: how many of these were consumed
 * @unposted: receive buffers to post
 * @offer: message to send, if @offered
 * @offered: a message waits
 */
struct owner {
	struct cxio_channel s;
	struct cxio_session session;
	struct cxio_limits ours;
	u8 mode;
	u64 now;
	bool in_message;
	u32 got[CXIO_SEGMENTS];
	u32 len[CXIO_SEGMENTS];
	u32 held_msgs;
	u64 held_bytes;
	u64 sizes[64];
	u32 dispatched;
	u32 consumed;
	u32 unposted;
	struct cxio_msg_header offer;
	bool offered;
};

/* What is not taken yet of an input. */
struct input {
	const u8 *p;
	size_t left;
};

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void demand(bool ok)
{
	if (!ok)
		abort();
}

static u32 number(struct input *in, u32 size)
{
	u32 value = 0;

	if (in->left < size) {
		in->left = 0;
		return 0;
	}
	value = (u32)get_le(in->p, size);
	in->p += size;
	in->left -= size;
	return value;
}

static void start(struct owner *o, u8 mode)
{
	struct cxio_agreed agreed = { .peer_read_depth = 1 };

	memset(o, 0, sizeof(*o));
	cxio_limits_default(&o->ours);
	o->mode = mode;
	if (mode & MODE_SMALL) {
		o->ours.recv_depth = CXIO_RECV_DEPTH_MIN;
		o->ours.window_msgs = 2;
		o->ours.window_bytes = CXIO_WINDOW_BYTES_MIN;
	}
	agreed.features = mode & MODE_NOCRC ? CXIO_FEATURE_NO_DATA_CRC : 0;
	agreed.frame_max = mode & MODE_SMALL ? CXIO_RECV_SIZE_MIN : FRAME_SIZE;
	agreed.peer_recv_depth = o->ours.recv_depth;
	agreed.peer_window_msgs = o->ours.window_msgs;
	agreed.peer_window_bytes = o->ours.window_bytes;
	o->now = 1;
	cxio_session_init(&o->session, cxio_policy(CXIO_LOSSLESS_PEER), 1);
	cxio_channel_init(&o->s, &o->session, &o->ours, &agreed, mode & MODE_ACTIVE, o->now);
}

static void check_windows(const struct owner *o)
{
	const struct cxio_credit *c = &o->s.credit;

	demand(c->tx_frames.granted - c->tx_frames.used <= c->tx_frames.limit);
	demand(c->tx_msgs.granted - c->tx_msgs.used <= c->tx_msgs.limit);
	demand(c->tx_bytes.granted - c->tx_bytes.used <= c->tx_bytes.limit);
	demand(c->rx_frames.told - c->rx_frames.used <= c->rx_frames.limit);
	demand(c->rx_msgs.told - c->rx_msgs.used <= c->rx_msgs.limit);
	demand(c->rx_bytes.told - c->rx_bytes.used <= c->rx_bytes.limit);
	demand(o->held_msgs <= o->ours.window_msgs);
	demand(o->held_bytes <= o->ours.window_bytes);
	demand(o->session.acked <= o->session.sent_seq && o->session.sent_seq <= o->session.out_seq);
}

/* --- the peer: a fuzzed frame, made plausible as far as the mode says --- */

static u32 plausible(const struct cxio_send_window *w, u64 chance)
{
	u32 most = w->limit - (w->granted - w->used);

	return w->granted + (u32)(chance % (most + 1ull));
}

static void fix_grants(struct owner *o, struct craft *c)
{
	const struct cxio_credit *w = &o->s.credit;
	u64 sent = o->session.sent_seq - o->session.acked;

	put_le(c->buf + F_ACK, 4, o->session.acked + get_le(c->buf + F_ACK, 4) % (sent + 1));
	put_le(c->buf + F_GRANT_FRAMES, 4,
	       plausible(&w->tx_frames, get_le(c->buf + F_GRANT_FRAMES, 4)));
	put_le(c->buf + F_GRANT_MSGS, 4,
	       plausible(&w->tx_msgs, get_le(c->buf + F_GRANT_MSGS, 4)));
	put_le(c->buf + F_GRANT_BYTES, 4,
	       plausible(&w->tx_bytes, get_le(c->buf + F_GRANT_BYTES, 4)));
}

static void fix_headers(struct owner *o, struct craft *c)
{
	u8 *m = c->buf + F_SIZE;

	if (c->len < F_SIZE)
		return;
	if (o->mode & MODE_FIX_GRANTS)
		fix_grants(o, c);
	if (o->mode & MODE_FIX_SEQ && c->len >= F_SIZE + M_SIZE &&
	    c->buf[F_TYPE] == CXIO_FRAME_MESSAGE)
		put_le(m + M_SEQ, 8, o->session.in_seq + !!m[M_SEQ]);
	if (o->mode & MODE_FIX_MSG)
		craft_fix(c, FIX_MSG);
	if (o->mode & MODE_FIX_FRAME)
		craft_fix(c, FIX_LEN | FIX_FRAME);
}

/* A copy of the channel says what the CRCs in the footer should have been. */
static void fix_footer(const struct owner *o, struct craft *c)
{
	struct cxio_session session = o->session;
	struct cxio_channel copy = o->s;
	struct cxio_rx_event ev;
	enum cxio_fault fault;
	u32 segment;

	if (!(o->mode & MODE_FIX_FOOTER))
		return;
	copy.session = &session;
	fault = cxio_channel_rx(&copy, c->buf, c->len, o->now, &ev);
	if (fault != CXIO_FAULT_FRONT_CRC && fault != CXIO_FAULT_MIDDLE_CRC &&
	    fault != CXIO_FAULT_DATA_CRC)
		return;
	demand(c->len >= F_SIZE + T_SIZE);
	for (segment = 0; segment < CXIO_SEGMENTS; segment++)
		put_le(c->buf + c->len - T_SIZE + 4 * segment, 4, copy.rx.crc[segment]);
}

/* --- receiving --- */

static void check_pieces(struct owner *o, const struct cxio_rx_event *ev, u32 frame_len)
{
	u32 i, frame_off = 0;

	demand(ev->pieces.count <= CXIO_SEGMENTS);
	demand(!ev->pieces.count || o->in_message);
	for (i = 0; i < ev->pieces.count; i++) {
		const struct cxio_piece *p = &ev->pieces.piece[i];

		demand(p->segment < CXIO_SEGMENTS);
		demand(p->len > 0);
		demand(p->offset == o->got[p->segment]);
		demand(p->len <= o->len[p->segment] - p->offset);
		demand(p->frame_off >= F_SIZE && p->frame_off >= frame_off);
		demand(p->frame_off <= frame_len && p->len <= frame_len - p->frame_off);
		frame_off = p->frame_off + p->len;
		o->got[p->segment] += p->len;
	}
}

static void begin(struct owner *o)
{
	u32 segment;

	demand(!o->in_message);
	o->in_message = true;
	o->held_msgs++;
	o->held_bytes += cxio_msg_payload(&o->s.rx.header);
	for (segment = 0; segment < CXIO_SEGMENTS; segment++) {
		o->got[segment] = 0;
		o->len[segment] = o->s.rx.header.len[segment];
	}
}

static void end(struct owner *o)
{
	u64 total = 0;
	u32 segment;

	demand(o->in_message);
	o->in_message = false;
	for (segment = 0; segment < CXIO_SEGMENTS; segment++) {
		demand(o->got[segment] == o->len[segment]);
		total += o->len[segment];
	}
	cxio_channel_delivered(&o->s, 0, o->now);
	o->sizes[o->dispatched++ % ARRAY_SIZE(o->sizes)] = total;
	demand(o->dispatched - o->consumed <= ARRAY_SIZE(o->sizes));
	demand(o->session.in_seq == o->dispatched);
}

static bool receive(struct owner *o, struct input *in)
{
	static struct craft c;
	struct cxio_rx_event ev;
	enum cxio_fault fault;
	u8 *exact;

	c.len = number(in, 2);
	if (c.len > in->left)
		c.len = (u32)in->left;
	if (c.len > FRAME_SIZE)
		c.len = FRAME_SIZE;
	memcpy(c.buf, in->p, c.len);
	in->p += c.len;
	in->left -= c.len;
	fix_headers(o, &c);
	fix_footer(o, &c);

	exact = malloc(c.len + !c.len);
	demand(exact != NULL);
	memcpy(exact, c.buf, c.len);
	fault = cxio_channel_rx(&o->s, exact, c.len, o->now, &ev);
	free(exact);
	demand(fault < CXIO_FAULT_KEEPALIVE);
	if (fault) {
		cxio_channel_close(&o->s, (u16)fault);
		return false;
	}
	if (ev.begins)
		begin(o);
	check_pieces(o, &ev, c.len);
	if (ev.ends)
		end(o);
	o->unposted++;
	return true;
}

static void consume(struct owner *o)
{
	u64 size;

	if (o->consumed == o->dispatched)
		return;
	size = o->sizes[o->consumed++ % ARRAY_SIZE(o->sizes)];
	o->held_msgs--;
	o->held_bytes -= size;
	cxio_channel_consumed(&o->s, 1, size, o->now);
}

/* --- sending --- */

static void check_sent(struct owner *o, const u8 *buf, u32 len, u32 left)
{
	struct cxio_frame f;

	demand(len <= o->s.agreed.frame_max);
	demand(cxio_frame_decode(buf, len, &f) == CXIO_FAULT_NONE);
	demand(left > 1 || (left == 1 && f.type == CXIO_FRAME_GRANT));
}

static bool send_one(struct owner *o)
{
	u32 left = cxio_send_window_left(&o->s.credit.tx_frames), i, len;
	const struct cxio_offer offer = { .header = o->offered || o->s.tx.open ? &o->offer : NULL };
	const struct cxio_pieces *pieces;
	enum cxio_tx_kind kind;
	bool last = false;
	u8 *buf;

	kind = cxio_channel_next(&o->s, &offer, o->now);
	if (kind == CXIO_TX_NOTHING)
		return false;
	buf = malloc(o->s.agreed.frame_max);
	demand(buf != NULL);
	memset(buf, 0x5a, o->s.agreed.frame_max);
	if (kind == CXIO_TX_CONTROL) {
		len = cxio_channel_control(&o->s, buf, o->now);
	} else {
		pieces = kind == CXIO_TX_BEGIN ? cxio_channel_msg_begin(&o->s, &o->offer, NULL) :
			cxio_channel_msg_more(&o->s);
		if (kind == CXIO_TX_BEGIN)
			o->offered = false;
		for (i = 0; i < pieces->count; i++) {
			const struct cxio_piece *p = &pieces->piece[i];

			demand(p->frame_off <= o->s.agreed.frame_max &&
			       p->len <= o->s.agreed.frame_max - p->frame_off);
			memset(buf + p->frame_off, (int)p->segment, p->len);
		}
		len = cxio_channel_msg_seal(&o->s, buf, &last);
	}
	check_sent(o, buf, len, left);
	free(buf);
	return true;
}

static void offer(struct owner *o, u32 payload)
{
	if (o->offered || o->s.tx.open || payload > o->ours.window_bytes)
		return;
	memset(&o->offer, 0, sizeof(o->offer));
	o->offer.len[CXIO_FRONT] = payload / 5;
	o->offer.len[CXIO_MIDDLE] = payload / 7;
	o->offer.len[CXIO_DATA] = payload - payload / 5 - payload / 7;
	o->offered = true;
}

static bool step(struct owner *o, struct input *in)
{
	u32 op = number(in, 1), n;

	switch (op & OP_MASK) {
	case OP_SEND:
		offer(o, number(in, 2));
		/* a channel that never stopped sending would be a fault of its own */
		for (n = 0; send_one(o); n++)
			demand(n < 1000);
		return true;
	case OP_TIME:
		o->now += (u64)(op >> 3) * (op >> 3) * 50000000ull;
		return cxio_channel_tick(&o->s, o->now) == CXIO_FAULT_NONE;
	case OP_CONSUME:
		consume(o);
		return true;
	case OP_REPOST:
		cxio_channel_reposted(&o->s, o->unposted);
		o->unposted = 0;
		return true;
	default:
		return receive(o, in);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct owner o;
	struct input in = { data, size };
	bool go = true;

	start(&o, (u8)number(&in, 1));
	while (go && in.left) {
		go = step(&o, &in);
		/* after a fault, the window may hold what the peer claimed too much */
		if (go)
			check_windows(&o);
		if (o.s.keepalive.expiry_ns)
			demand(cxio_channel_deadline(&o.s, true) > 0);
	}
	/* a fault's CLOSE is the last frame */
	if (!go && send_one(&o))
		demand(!o.s.close_sent || !o.s.close_reason || !send_one(&o));
	return 0;
}
