// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A byte stream's life: which state follows, what comes next on it, and why it ended.
 */
#include "stream.h"

/**
 * cxio_stream_init() - a stream begins
 * @s: the stream
 * @active: this side connects
 * @now: time
 */
void cxio_stream_init(struct cxio_stream *s, bool active, u64 now)
{
	memset(s, 0, sizeof(*s));
	s->active = active;
	s->deadline = now + CXIO_STREAM_CONNECT_NS;
	s->ack_due = CXIO_NEVER;
	s->slow_at = CXIO_NEVER;
	s->msg_auth = true;
	cxio_keepalive_init(&s->keepalive, now);
}

static void await(struct cxio_stream *s, enum cxio_stream_unit unit, u32 need)
{
	s->unit = unit;
	s->need = need;
}

/**
 * cxio_stream_connected() - there is a stream of bytes now
 * @s: the stream
 */
void cxio_stream_connected(struct cxio_stream *s)
{
	if (s->state != CXIO_STREAM_CONNECTING)
		return;
	s->state = CXIO_STREAM_GREETING;
	await(s, CXIO_UNIT_BANNER, CXIO_BANNER_LEN);
}

/**
 * cxio_stream_connect_sent() - a connect goes to the server
 * @s: the stream
 */
void cxio_stream_connect_sent(struct cxio_stream *s)
{
	await(s, CXIO_UNIT_REPLY, CXIO_CONNECT_REPLY_LEN);
}

/**
 * cxio_stream_reply_sent() - a reply goes to the client; or the client takes one that opens
 * @s: the stream
 * @tag: the reply's
 *
 * After READY the session is to be opened next: cxio_stream_opens().
 */
void cxio_stream_reply_sent(struct cxio_stream *s, u8 tag)
{
	if (tag == CXIO_TAG_SEQ)
		await(s, CXIO_UNIT_IN_SEQ, CXIO_ACK_LEN);
	else if (tag == CXIO_TAG_READY)
		await(s, CXIO_UNIT_NONE, 0);
	else
		await(s, CXIO_UNIT_CONNECT, CXIO_CONNECT_LEN);
}

/**
 * cxio_stream_opens() - messages flow from here on
 * @s: the stream; no other carries @session
 * @session: what both have agreed on, and cxio_session_opened() was told
 * @interval_ms: silence before the peer is asked, milliseconds; 0: if the owner asks
 * @expiry_ms: silence before it is given up; 0: never
 * @now: time
 */
void cxio_stream_opens(struct cxio_stream *s, struct cxio_session *session, u32 interval_ms,
		       u32 expiry_ms, u64 now)
{
	s->session = session;
	s->state = CXIO_STREAM_OPEN;
	s->was_open = true;
	s->deadline = CXIO_NEVER;
	s->msg_auth = session->features & CXIO_CEPH_FEATURE_MSG_AUTH;
	s->keepalive2 = session->features & CXIO_CEPH_FEATURE_KEEPALIVE2;
	s->told = session->in_seq;
	cxio_keepalive_heard(&s->keepalive, now);
	if (session->asked)
		cxio_keepalive_want(&s->keepalive);
	/* Without answers, silence says nothing. */
	cxio_keepalive_set(&s->keepalive, interval_ms, s->keepalive2 ? expiry_ms : 0);
	/* There are no cookies, and Ceph begins anywhere after a reset. */
	cxio_session_any_start(session);
	await(s, CXIO_UNIT_TAG, 1);
}

/**
 * cxio_stream_flows() - do messages flow?
 * @s: the stream
 *
 * Return: true if so.
 */
bool cxio_stream_flows(const struct cxio_stream *s)
{
	return s->state == CXIO_STREAM_OPEN || s->state == CXIO_STREAM_CLOSING;
}

/**
 * cxio_stream_in_order() - is its end the session's, too?
 * @s: a stream that ends
 *
 * CLOSE has no reason: whoever sends it means the session.
 *
 * Return: true if so.
 */
bool cxio_stream_in_order(const struct cxio_stream *s)
{
	return s->peer_closed || s->close_sent;
}

static void note_end(struct cxio_stream *s, u32 fault, bool by_peer)
{
	if (s->ending)
		return;
	s->ending = true;
	s->fault = fault;
	s->by_peer = by_peer;
}

static void stop(struct cxio_stream *s)
{
	s->state = CXIO_STREAM_ENDED;
	s->session = NULL;
	await(s, CXIO_UNIT_NONE, 0);
}

/**
 * cxio_stream_end() - it ends now
 * @s: the stream
 * @fault: enum cxio_fault; the first reason sticks (I5)
 * @by_peer: the peer said so
 *
 * The peer is not told why: there is no room for that on the wire.
 */
void cxio_stream_end(struct cxio_stream *s, u32 fault, bool by_peer)
{
	note_end(s, fault, by_peer);
	stop(s);
}

/**
 * cxio_stream_replaced() - its session goes on with another
 * @s: the former one; nothing of it touches the session any more
 */
void cxio_stream_replaced(struct cxio_stream *s)
{
	s->peer_closed = false;
	s->close_sent = false;
	cxio_stream_end(s, CXIO_FAULT_REPLACED, false);
}

/**
 * cxio_stream_lost() - the peer's bytes are at their end, or cannot be had any more
 * @s: the stream; all that came before was taken
 *
 * Ceph's own peers answer CLOSE by hanging up.
 */
void cxio_stream_lost(struct cxio_stream *s)
{
	const struct cxio_session *e = s->session;

	if (s->close_sent && e && (e->policy.lossy || e->acked == e->out_seq))
		cxio_stream_end(s, CXIO_FAULT_NONE, false);
	else
		cxio_stream_end(s, CXIO_FAULT_PEER_GONE, false);
}

/**
 * cxio_stream_close() - the application wants an orderly end
 * @s: the stream; one that is not open ends at once
 */
void cxio_stream_close(struct cxio_stream *s)
{
	if (s->state < CXIO_STREAM_OPEN)
		cxio_stream_end(s, CXIO_FAULT_NONE, false);
	if (s->state != CXIO_STREAM_OPEN)
		return;
	s->state = CXIO_STREAM_CLOSING;
	s->close_due = true;
}

/**
 * cxio_stream_settle() - after what could be sent was: go on, or end?
 * @s: the stream
 * @written: all that was made is on its way
 * @now: time
 */
void cxio_stream_settle(struct cxio_stream *s, bool written, u64 now)
{
	s->unwritten = !written;
	if (!cxio_stream_flows(s) || !s->close_sent || !written)
		return;
	/* What was queued went first; from here on there is a time limit. */
	if (s->deadline == CXIO_NEVER)
		s->deadline = now + CXIO_STREAM_CLOSE_NS;
	if (s->peer_closed)
		cxio_stream_end(s, CXIO_FAULT_NONE, false);
}

/**
 * cxio_stream_pause() - the owner has no room, or has again
 * @s: the stream
 * @paused: nothing is read
 * @now: time
 */
void cxio_stream_pause(struct cxio_stream *s, bool paused, u64 now)
{
	if (s->paused)
		cxio_keepalive_heard(&s->keepalive, now);
	s->paused = paused;
	s->keepalive.deaf = paused;
}

/**
 * cxio_stream_gets_on() - what was sent before CLOSE gets on: the answer may take longer
 * @s: the stream
 * @now: time
 */
void cxio_stream_gets_on(struct cxio_stream *s, u64 now)
{
	if (s->close_sent && !s->peer_closed && s->deadline != CXIO_NEVER)
		s->deadline = now + CXIO_STREAM_CLOSE_NS;
}

/**
 * cxio_stream_reached() - how far what was written has come
 * @s: the stream
 * @question: bytes written before the first keepalive since @asking is set
 * @acked: bytes that the peer's TCP has
 * @all: bytes that were made
 * @now: time
 *
 * To be told before each cxio_stream_tick(). What lies before a question, made or not, the
 * peer has to take first; as long as it does it is alive. Then an answer is due. An answer to
 * CLOSE likewise is due when that has come; until then it is keepalives that find out.
 */
void cxio_stream_reached(struct cxio_stream *s, u64 question, u64 acked, u64 all, u64 now)
{
	bool on_its_way = s->asking ? s->reached < question : s->keepalive.ask;

	if (on_its_way && acked > s->reached)
		cxio_keepalive_heard(&s->keepalive, now);
	if (acked < all || acked > s->reached)
		cxio_stream_gets_on(s, now);
	s->reached = acked;
}

/* After a long stop of ours nobody was asked: he is, and has some time to answer. */
static void ask_first(struct cxio_keepalive *k, u64 now)
{
	if (k->interval_ns && k->interval_ns < k->expiry_ns && !k->ask && k->asked <= k->heard &&
	    now > k->heard && now - k->heard >= k->expiry_ns)
		k->heard = now - k->interval_ns;
}

/**
 * cxio_stream_tick() - let time pass
 * @s: the stream
 * @now: time
 */
void cxio_stream_tick(struct cxio_stream *s, u64 now)
{
	enum cxio_fault fault = CXIO_FAULT_NONE;

	if (s->state == CXIO_STREAM_ENDED)
		return;
	if (now >= s->deadline) {
		fault = CXIO_FAULT_TIMEOUT;
	} else if (cxio_stream_flows(s)) {
		ask_first(&s->keepalive, now);
		fault = cxio_keepalive_tick(&s->keepalive, now);
	}
	if (fault)
		cxio_stream_end(s, fault, false);
}

/**
 * cxio_stream_deadline() - when to tick and to look for what is due, at the latest
 * @s: the stream
 *
 * Return: a time, perhaps past, or CXIO_NEVER.
 */
u64 cxio_stream_deadline(const struct cxio_stream *s)
{
	u64 due = s->deadline, keepalive;

	if (s->state == CXIO_STREAM_ENDED)
		return CXIO_NEVER;
	if (!cxio_stream_flows(s))
		return due;
	keepalive = cxio_keepalive_deadline(&s->keepalive);
	if (keepalive < due)
		due = keepalive;
	if (s->slow_at < due)
		due = s->slow_at;
	/* What cannot be written, or has no place behind CLOSE, is no reason to wake up. */
	if (s->unwritten || s->close_sent)
		return due;
	return s->ack_due < due ? s->ack_due : due;
}
