// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Memory that is named, read, written and invalidated wrongly.
 */
#include "raw_cases.h"

/* Behind the data in our memory: where a reply's data may be written. */
#define SINK_AT		(2u * RAW_LONG)
#define CANARY		0x6b
#define BOTH_WAYS	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE)

static bool open_shown(struct peer *p, const struct target *t, int access)
{
	return peer_open(p, case_where(t)) &&
	       (raw_show(&p->raw, RAW_MEMORY, access) || peer_fail(p, "no memory to show"));
}

static struct cxio_desc piece(const struct peer *p, u32 at, u32 len, u8 segment)
{
	return (struct cxio_desc){
		.addr = (uintptr_t)p->raw.memory + at, .rkey = p->raw.shown->rkey, .length = len,
		.segment = segment,
	};
}

static bool send_long(struct peer *p, u64 seq)
{
	struct frame f;

	frame_rendezvous(p, &f, seq);
	return peer_send(p, &f);
}

static bool send_done(struct peer *p, u64 seq, u32 rkey)
{
	struct frame f;

	frame_done(p, &f, seq, rkey);
	return peer_send(p, &f);
}

/* A DONE for that message of ours is to come, in its time. */
static bool hear_done(struct peer *p, u64 seq)
{
	const struct cxio_wire_done *d = (const void *)(p->frame.buf + CXIO_FRAME_HEADER);

	if (peer_hear(p, CXIO_FRAME_DONE) != HEARD_FRAME)
		return peer_fail(p, "a message that named memory is not read");
	return le64_to_cpu(d->seq) == seq || peer_fail(p, "DONE for another message");
}

/* The echo of a long message names the other side's memory. */
static bool hear_long(struct peer *p)
{
	if (peer_hear(p, CXIO_FRAME_MESSAGE) != HEARD_FRAME)
		return peer_fail(p, "no echo of a message that named memory");
	return p->descs || peer_fail(p, "the echo names no memory");
}

/* One message there, one back, whose memory is still ours to read. */
static bool exchange(struct peer *p, const struct target *t)
{
	return open_shown(p, t, IBV_ACCESS_REMOTE_READ) && send_long(p, 1) && hear_done(p, 1) &&
	       hear_long(p);
}

/* --- what must be served --- */

bool memory_good(struct peer *p, const struct target *t)
{
	return exchange(p, t) && send_done(p, p->in_seq, 0) && peer_echo(p, 2) && peer_close(p);
}

/* As many pieces as there may be, the last of a byte. */
bool memory_pieces(struct peer *p, const struct target *t)
{
	const u32 each = RAW_LONG / (CXIO_DESCS_MAX - 1);
	struct cxio_desc d[CXIO_DESCS_MAX];
	u32 i, at = 0;
	struct frame f;

	if (!open_shown(p, t, IBV_ACCESS_REMOTE_READ))
		return false;
	for (i = 0; i < CXIO_DESCS_MAX - 1; i++, at += each)
		d[i] = piece(p, at, each, CXIO_DATA);
	d[CXIO_DESCS_MAX - 2].length += RAW_LONG - at - 1;
	d[CXIO_DESCS_MAX - 1] = piece(p, RAW_LONG - 1, 1, CXIO_DATA);
	frame_memory(p, &f, 1, d, CXIO_DESCS_MAX, 1u << CXIO_DATA);
	return peer_send(p, &f) && hear_done(p, 1) && hear_long(p) &&
	       send_done(p, p->in_seq, 0) && peer_close(p);
}

/* --- lists that are wrong --- */

bool memory_order(struct peer *p, const struct target *t)
{
	struct cxio_desc d[2];
	struct frame f;

	if (!open_shown(p, t, IBV_ACCESS_REMOTE_READ))
		return false;
	d[0] = piece(p, 0, RAW_LONG, CXIO_DATA);
	d[1] = piece(p, 0, RAW_FRONT, CXIO_FRONT);
	frame_memory(p, &f, 1, d, 2, 1u << CXIO_DATA | 1u << CXIO_FRONT);
	/* The front lies in memory, too: it is not in the frame. */
	memmove(f.buf + f.len - CXIO_MSG_FOOTER - RAW_MIDDLE - RAW_FRONT,
		f.buf + f.len - CXIO_MSG_FOOTER - RAW_MIDDLE, RAW_MIDDLE + CXIO_MSG_FOOTER);
	f.len -= RAW_FRONT;
	frame_fix(&f, false, true);
	return peer_send(p, &f) && case_closed(p, CXIO_FAULT_DESC_SEGMENT, false);
}

/* --- memory that cannot be read: it is the device that finds it --- */

/* Played from both sides: as server the session is open already. */
static bool send_unreadable(struct peer *p, const struct target *t, u32 rkey_xor, bool zero,
			    u32 at)
{
	struct cxio_desc d;
	struct frame f;

	if (!p->server && !peer_open(p, case_where(t)))
		return false;
	if (p->server && peer_hear(p, 0) != HEARD_FRAME)
		return peer_fail(p, "the client says nothing");
	if (!raw_show(&p->raw, RAW_MEMORY, IBV_ACCESS_REMOTE_READ))
		return peer_fail(p, "no memory to show");
	d = piece(p, at, RAW_LONG, CXIO_DATA);
	d.rkey = zero ? 0 : d.rkey ^ rkey_xor;
	frame_memory(p, &f, 1, &d, 1, 1u << CXIO_DATA);
	return peer_send(p, &f) && case_ended(p);
}

bool memory_rkey(struct peer *p, const struct target *t)
{
	return send_unreadable(p, t, 0x5aa55a00, false, 0);
}

bool memory_zero(struct peer *p, const struct target *t)
{
	return send_unreadable(p, t, 0, true, 0);
}

bool memory_outside(struct peer *p, const struct target *t)
{
	return send_unreadable(p, t, 0, false, RAW_MEMORY - 100);
}

/*
 * Soft-iWARP neither answers such a READ nor ends the connection: there it is as with
 * any peer that falls silent, others are served.
 */
bool memory_closed(struct peer *p, const struct target *t)
{
	if (!peer_open(p, case_where(t)))
		return false;
	if (!raw_show(&p->raw, RAW_MEMORY, 0))
		return peer_fail(p, "no memory to show");
	if (!send_long(p, 1))
		return false;
	return p->raw.iwarp ? case_beside(p, t, "a READ without an answer") : case_ended(p);
}

/* Some are being read, and the last one names what is not there any more. */
bool memory_dies(struct peer *p, const struct target *t)
{
	struct frame last;
	u64 seq;

	if (!open_shown(p, t, IBV_ACCESS_REMOTE_READ))
		return false;
	for (seq = 1; seq <= 6; seq++)
		if (!send_long(p, seq))
			return false;
	if (!raw_flush(&p->raw, t->limit_ms))
		return peer_fail(p, "sending failed");
	frame_rendezvous(p, &last, seq);
	raw_hide(&p->raw);
	/* It may be over by now. */
	raw_send(&p->raw, last.buf, last.len, t->limit_ms);
	return case_ended(p);
}

/* --- more than can be held --- */

/* There are DONEs to be taken, and credits to be given for them. */
static bool take_dones(struct peer *p)
{
	struct frame f;

	while (p->credits - p->sent < 4) {
		if (peer_hear(p, 0) != HEARD_FRAME)
			return peer_fail(p, "no frame credits");
		if (p->heard % 8)
			continue;
		frame_control(p, &f, CXIO_FRAME_GRANT);
		if (!peer_send(p, &f))
			return false;
	}
	return true;
}

/* As many as the window allows, and one more; nothing that comes back is taken. */
bool memory_flood(struct peer *p, const struct target *t)
{
	struct frame last;
	u64 seq = 0;

	p->hold = true;
	p->offer.window_msgs = 1;
	if (!open_shown(p, t, IBV_ACCESS_REMOTE_READ))
		return false;
	while (seq < p->agreed.peer_window_msgs) {
		if (!take_dones(p))
			return false;
		if (!send_long(p, ++seq))
			return false;
	}
	if (!case_beside(p, t, "a flood") || !take_dones(p))
		return false;
	if (!send_long(p, seq + 1))
		return false;
	/*
	 * The echo that we had room for may have let that one come, so there is another;
	 * if it has not, it may be over by now.
	 */
	frame_rendezvous(p, &last, seq + 2);
	raw_send(&p->raw, last.buf, last.len, t->limit_ms);
	return case_closed(p, CXIO_FAULT_MSG_WINDOW_MSGS, true);
}

/* --- silence --- */

static bool send_half(struct peer *p)
{
	struct frame f;

	if (!raw_show(&p->raw, RAW_MEMORY, IBV_ACCESS_REMOTE_READ))
		return peer_fail(p, "no memory to show");
	frame_rendezvous(p, &f, 1);
	f.len -= CXIO_MSG_FOOTER + RAW_MIDDLE;
	f.buf[offsetof(struct cxio_wire_frame, flags)] = CXIO_FRAME_DESCS;
	frame_fix(&f, false, true);
	return peer_send(p, &f);
}

bool memory_silence(struct peer *p, const struct target *t)
{
	return peer_open(p, case_where(t)) && send_half(p) &&
	       case_beside(p, t, "a message that stops");
}

bool memory_keep(struct peer *p, const struct target *t)
{
	return exchange(p, t) && case_beside(p, t, "one that is not done reading");
}

/* It is revoked while it is read, or after: what comes next is served. */
bool memory_revoked(struct peer *p, const struct target *t)
{
	struct frame f;

	if (!open_shown(p, t, IBV_ACCESS_REMOTE_READ) || !send_long(p, 1))
		return false;
	frame_revoked(p, &f, 1);
	if (!peer_send(p, &f) || !hear_done(p, 1))
		return false;
	frame_message(p, &f, 2);
	if (!peer_send(p, &f))
		return false;
	do {
		if (peer_hear(p, CXIO_FRAME_MESSAGE) != HEARD_FRAME)
			return peer_fail(p, "what follows a revoked message is not echoed");
		if (p->descs && !send_done(p, p->in_seq, 0))
			return false;
	} while (p->got.tid != 1002);
	return peer_close(p);
}

bool memory_server_silent(struct peer *p, const struct target *t)
{
	if (peer_hear(p, 0) != HEARD_FRAME)
		return peer_fail(p, "the client says nothing");
	return send_half(p) && special_server_silent(p, t);
}

/* --- DONE, and keys invalidated --- */

bool memory_done_inline(struct peer *p, const struct target *t)
{
	return peer_open(p, case_where(t)) && peer_echo(p, 1) && send_done(p, 1, 0) &&
	       case_closed(p, CXIO_FAULT_DONE_SEQ, false);
}

bool memory_done_twice(struct peer *p, const struct target *t)
{
	return exchange(p, t) && send_done(p, p->in_seq, 0) && send_done(p, p->in_seq, 0) &&
	       case_closed(p, CXIO_FAULT_DONE_SEQ, false);
}

/* The frame says that a key is dead, and nothing has invalidated it. */
bool memory_done_foreign(struct peer *p, const struct target *t)
{
	return exchange(p, t) && send_done(p, p->in_seq, p->desc[0].rkey ^ 0x1100) &&
	       case_closed(p, CXIO_FAULT_DONE_SEQ, false);
}

static bool send_inv(struct peer *p, const struct frame *f, u32 rkey)
{
	if (!raw_send_inv(&p->raw, f->buf, f->len, rkey, p->limit_ms))
		return peer_fail(p, "sending failed");
	p->sent++;
	return true;
}

bool memory_inv_other(struct peer *p, const struct target *t)
{
	struct frame f;

	if (!exchange(p, t))
		return false;
	frame_done(p, &f, p->in_seq, p->desc[0].rkey);
	return send_inv(p, &f, p->desc[0].rkey ^ 0x5a5a00) && case_ended(p);
}

bool memory_inv_grant(struct peer *p, const struct target *t)
{
	struct frame f;

	if (!exchange(p, t))
		return false;
	frame_control(p, &f, CXIO_FRAME_GRANT);
	return send_inv(p, &f, p->desc[0].rkey ^ 0x5a5a00) && case_ended(p);
}

/* --- sinks: memory for the reply, offered by us --- */

static bool offer_sink(struct peer *p, u64 seq, const struct cxio_desc *sink)
{
	struct cxio_desc d[2];
	struct frame f;

	d[0] = piece(p, 0, RAW_LONG, CXIO_DATA);
	d[1] = *sink;
	memset(p->raw.memory + SINK_AT, CANARY, RAW_LONG);
	frame_memory(p, &f, seq, d, 2, 1u << CXIO_DATA);
	return peer_send(p, &f);
}

static bool sink_untouched(struct peer *p)
{
	u32 i;

	for (i = 0; i < RAW_LONG; i++)
		if (p->raw.memory[SINK_AT + i] != CANARY)
			return peer_fail(p, "byte %u of memory not offered was written", i);
	return true;
}

static bool hear_reply(struct peer *p, bool written)
{
	if (peer_hear(p, CXIO_FRAME_MESSAGE) != HEARD_FRAME)
		return peer_fail(p, "no reply to a message with a sink");
	return p->carry.written == written ||
	       peer_fail(p, written ? "the sink is not used" : "the sink is used");
}

/* A reply to nothing that was asked. */
bool sink_none(struct peer *p, const struct target *t)
{
	struct frame f;

	if (!p->server && !peer_open(p, case_where(t)))
		return false;
	if (p->server && peer_hear(p, 0) != HEARD_FRAME)
		return peer_fail(p, "the client says nothing");
	frame_message(p, &f, 1);
	f.len -= RAW_DATA;
	memmove(f.buf + f.len - CXIO_MSG_FOOTER, f.buf + f.len - CXIO_MSG_FOOTER + RAW_DATA,
		CXIO_MSG_FOOTER);
	f.buf[offsetof(struct cxio_wire_frame, flags)] = CXIO_FRAME_LAST | CXIO_FRAME_WRITTEN;
	frame_fix(&f, false, true);
	return peer_send(p, &f) && case_closed(p, CXIO_FAULT_WRITTEN_REFUSED, false);
}

/* Offered to a side that may not use it, since that was not agreed. */
bool sink_unagreed(struct peer *p, const struct target *t)
{
	struct cxio_desc sink;

	if (!open_shown(p, t, BOTH_WAYS))
		return false;
	sink = piece(p, SINK_AT, RAW_LONG, CXIO_SINK);
	return offer_sink(p, 1, &sink) && hear_done(p, 1) && hear_reply(p, false) &&
	       send_done(p, p->in_seq, 0) && peer_close(p) && sink_untouched(p);
}

bool sink_good(struct peer *p, const struct target *t)
{
	struct cxio_desc sink;

	if (!open_shown(p, t, BOTH_WAYS))
		return false;
	sink = piece(p, SINK_AT, RAW_LONG, CXIO_SINK);
	if (!offer_sink(p, 1, &sink) || !hear_done(p, 1) || !hear_reply(p, true))
		return false;
	if (memcmp(p->raw.memory, p->raw.memory + SINK_AT, RAW_LONG))
		return peer_fail(p, "what was written differs from what was sent");
	return peer_close(p);
}

/* One byte too short for the reply: not a byte of it is written. */
bool sink_short(struct peer *p, const struct target *t)
{
	struct cxio_desc sink;

	if (!open_shown(p, t, BOTH_WAYS))
		return false;
	sink = piece(p, SINK_AT, RAW_LONG - 1, CXIO_SINK);
	return offer_sink(p, 1, &sink) && hear_done(p, 1) && hear_reply(p, false) &&
	       send_done(p, p->in_seq, 0) && peer_close(p) && sink_untouched(p);
}

static bool offer_bad_sink(struct peer *p, const struct target *t, int access, u32 rkey_xor,
			   u32 at)
{
	struct cxio_desc sink;

	if (!open_shown(p, t, access))
		return false;
	sink = piece(p, at, RAW_LONG, CXIO_SINK);
	sink.rkey ^= rkey_xor;
	return offer_sink(p, 1, &sink) && case_ended(p) && sink_untouched(p);
}

bool sink_rkey(struct peer *p, const struct target *t)
{
	return offer_bad_sink(p, t, BOTH_WAYS, 0x5aa55a00, SINK_AT);
}

bool sink_closed(struct peer *p, const struct target *t)
{
	return offer_bad_sink(p, t, IBV_ACCESS_REMOTE_READ, 0, SINK_AT);
}

bool sink_outside(struct peer *p, const struct target *t)
{
	return offer_bad_sink(p, t, BOTH_WAYS, 0, RAW_MEMORY - 100);
}

/*
 * The reply is held back by our window until the connection is another one: the memory
 * that was offered on the former is not the reply's any more. A lossy session ends with
 * its connection: then there is no reply.
 */
static bool hold_reply(struct peer *p, const struct target *t, struct cxio_greeting *g)
{
	struct cxio_desc sink;

	p->hold = true;
	p->offer.window_msgs = 1;
	if (!peer_connect(p, case_where(t)))
		return false;
	peer_greeting(p, case_where(t), g);
	g->own.family = CXIO_FAMILY_IPV4;
	g->own.nonce = 104;
	g->connect.flags = 0;
	if (!peer_greet(p, g) || !peer_echo(p, 1))
		return false;
	if (!raw_show(&p->raw, RAW_MEMORY, BOTH_WAYS))
		return peer_fail(p, "no memory to show");
	sink = piece(p, SINK_AT, RAW_LONG, CXIO_SINK);
	return offer_sink(p, 2, &sink) && hear_done(p, 2);
}

static bool come_back(struct peer *q, const struct target *t, const struct peer *p,
		      struct cxio_greeting *g)
{
	g->cookies.peer = p->theirs.cookies.own;
	g->connect.connect_seq = p->theirs.reply.connect_seq + 1;
	g->connect.global_seq++;
	g->in_seq = 1;
	return peer_connect(q, case_where(t)) && peer_greet(q, g) && hear_reply(q, false);
}

bool sink_former(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;
	struct peer q;
	bool ok;

	if (!hold_reply(p, t, &g))
		return false;
	if (p->theirs.reply.flags & CXIO_CONNECT_LOSSY)
		return sink_untouched(p);
	peer_init(&q, t->limit_ms);
	q.offer.supported = p->offer.supported;
	q.cookie = p->cookie;
	ok = come_back(&q, t, p, &g);
	if (!ok)
		peer_fail(p, "on the second connection: %s", q.error);
	peer_drop(&q);
	return ok && sink_untouched(p);
}

/* --- sinks of a client's, used by us --- */

static bool hear_request(struct peer *p, struct cxio_desc *sink)
{
	u32 i;

	if (peer_hear(p, CXIO_FRAME_MESSAGE) != HEARD_FRAME)
		return peer_fail(p, "the client asks nothing");
	for (i = 0; i < p->descs; i++) {
		if (p->desc[i].segment != CXIO_SINK)
			continue;
		*sink = p->desc[i];
		return true;
	}
	return peer_fail(p, "the client offers no sink");
}

static bool reply_written(struct peer *p, u64 tid, u32 len)
{
	struct frame f;

	frame_written(p, &f, tid, len);
	return peer_send(p, &f);
}

bool sink_other_tid(struct peer *p, const struct target *t)
{
	struct cxio_desc sink;

	(void)t;
	return hear_request(p, &sink) &&
	       reply_written(p, p->got.tid + 1000, p->got.len[CXIO_DATA]) &&
	       case_closed(p, CXIO_FAULT_WRITTEN_REFUSED, false);
}

bool sink_longer(struct peer *p, const struct target *t)
{
	struct cxio_desc sink;

	(void)t;
	return hear_request(p, &sink) && reply_written(p, p->got.tid, sink.length + 1) &&
	       case_closed(p, CXIO_FAULT_WRITTEN_REFUSED, false);
}

/* A good reply: the request's own data, written. */
static bool write_reply(struct peer *p, const struct cxio_desc *sink)
{
	const u8 *data = p->frame.buf + CXIO_FRAME_HEADER + CXIO_MSG_HEADER +
			 cxio_descs_size(p->descs) + p->got.len[CXIO_FRONT] +
			 p->got.len[CXIO_MIDDLE];
	u32 len = p->got.len[CXIO_DATA];

	if (p->carry.segments || len > sink->length)
		return peer_fail(p, "the request is not as this case needs it");
	return raw_write(&p->raw, data, len, sink->addr, sink->rkey, p->limit_ms) &&
	       reply_written(p, p->got.tid, len);
}

bool sink_twice(struct peer *p, const struct target *t)
{
	struct cxio_desc sink;
	struct frame f;

	(void)t;
	if (!hear_request(p, &sink) || !write_reply(p, &sink))
		return false;
	p->got.seq++;
	frame_written(p, &f, p->got.tid, p->got.len[CXIO_DATA]);
	return peer_send(p, &f) && case_closed(p, CXIO_FAULT_WRITTEN_REFUSED, false);
}

bool sink_beyond(struct peer *p, const struct target *t)
{
	struct cxio_desc sink;
	u8 bytes[16] = { 0 };

	(void)t;
	return hear_request(p, &sink) &&
	       raw_write(&p->raw, bytes, sizeof(bytes), sink.addr + sink.length - 8, sink.rkey,
			 p->limit_ms) && case_ended(p);
}

/* What is written has nothing to be read. */
bool sink_read(struct peer *p, const struct target *t)
{
	struct cxio_desc sink;
	struct frame f;

	(void)t;
	if (!hear_request(p, &sink))
		return false;
	frame_front_read(p, &f, true);
	return peer_send(p, &f) && case_closed(p, CXIO_FAULT_DESCS_SEGMENTS, false);
}

/* The sink ends after that: nothing may come of a message whose list was no good. */
bool sink_descs(struct peer *p, const struct target *t)
{
	struct cxio_desc sink;
	struct frame f;

	(void)t;
	if (!hear_request(p, &sink))
		return false;
	frame_front_read(p, &f, false);
	f.buf[CXIO_FRAME_HEADER + CXIO_MSG_HEADER + sizeof(struct cxio_wire_descs)] ^= 1;
	return peer_send(p, &f) && case_closed(p, CXIO_FAULT_DESCS_CRC, false);
}

/* The reply has been taken: its sink's key is dead. */
bool sink_late(struct peer *p, const struct target *t)
{
	struct cxio_desc sink;
	u8 bytes[16] = { 0 };

	(void)t;
	if (!hear_request(p, &sink) || !write_reply(p, &sink))
		return false;
	/* The ack says that it was. */
	do {
		if (peer_hear(p, 0) != HEARD_FRAME)
			return peer_fail(p, "a reply that was written is not acknowledged");
	} while (!p->header.ack);
	return raw_write(&p->raw, bytes, sizeof(bytes), sink.addr, sink.rkey, p->limit_ms) &&
	       case_ended(p);
}
