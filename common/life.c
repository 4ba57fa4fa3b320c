// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which state follows, and why a connection ended.
 */
#include "life.h"

/**
 * cxio_state_text() - a state's name
 * @state: enum cxio_state
 *
 * Return: a constant string.
 */
const char *cxio_state_text(u32 state)
{
	static const char *const names[] = {
		[CXIO_NEW] = "new", [CXIO_CONNECTING] = "connecting", [CXIO_OPEN] = "open",
		[CXIO_CLOSING] = "closing", [CXIO_DISCONNECTING] = "disconnecting",
		[CXIO_CLOSED] = "closed",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

/**
 * cxio_life_init() - a connection begins
 * @l: the connection
 * @active: this side connects
 * @now: time
 */
void cxio_life_init(struct cxio_life *l, bool active, u64 now)
{
	memset(l, 0, sizeof(*l));
	l->active = active;
	l->deadline = now + CXIO_CONNECT_NS;
	cxio_session_init(&l->own_session, cxio_policy(active ? CXIO_LOSSY_CLIENT :
						       CXIO_STATELESS_SERVER), 0);
	l->session = &l->own_session;
}

/**
 * cxio_life_carry() - a session is to survive the connection
 * @l: the connection, just initialised
 * @session: it; outlives the connection. NULL on the passive side: the peer says
 *	which
 */
void cxio_life_carry(struct cxio_life *l, struct cxio_session *session)
{
	l->session = session;
}

/**
 * cxio_life_connecting() - the owner has begun to connect, or to accept
 * @l: the connection
 */
void cxio_life_connecting(struct cxio_life *l)
{
	l->state = CXIO_CONNECTING;
}

/**
 * cxio_life_opens() - the CM says established, or a first frame does
 * @l: the connection
 * @ours: what we offered
 * @agreed: what was agreed
 * @now: time
 *
 * Return: true if it is open by this; false if it was, or is over.
 */
bool cxio_life_opens(struct cxio_life *l, const struct cxio_limits *ours,
		     const struct cxio_agreed *agreed, u64 now)
{
	if (l->state != CXIO_CONNECTING)
		return false;
	if (!(agreed->features & CXIO_FEATURE_SESSION) &&
	    (!l->session || !l->session->policy.lossy)) {
		/* A session cannot go on with a peer that knows none; a lossy one need not. */
		if (l->active) {
			cxio_life_end(l, CXIO_FAULT_HELLO_FEATURES, false);
			return false;
		}
		l->session = &l->own_session;
	}
	cxio_channel_init(&l->channel, l->session, ours, agreed, l->active, now);
	l->state = CXIO_OPEN;
	l->was_open = true;
	if (l->channel.ready)
		l->deadline = CXIO_NEVER;
	return true;
}

/**
 * cxio_life_agreed() - both sides agreed on a session
 * @l: an open connection
 * @session: which one
 */
void cxio_life_agreed(struct cxio_life *l, struct cxio_session *session)
{
	l->session = session;
	cxio_channel_ready(&l->channel, session);
	if (l->state == CXIO_OPEN)
		l->deadline = CXIO_NEVER;
}

/**
 * cxio_life_replaced() - the session goes on with a newer connection
 * @l: the former one; nothing of it touches the session any more
 */
void cxio_life_replaced(struct cxio_life *l)
{
	l->session = &l->own_session;
	l->channel.session = &l->own_session;
	l->channel.peer_closed = false;
	cxio_life_end(l, CXIO_FAULT_REPLACED, false);
}

/**
 * cxio_life_opens_by_frame() - is a frame that came in the word that it is open?
 * @l: the connection
 *
 * The CM's word may come after the first frame, and the frame is as good.
 *
 * Return: true if cxio_life_opens() is to be called first.
 */
bool cxio_life_opens_by_frame(const struct cxio_life *l)
{
	return l->state == CXIO_CONNECTING && !l->active;
}

/**
 * cxio_life_flows() - do frames flow?
 * @l: the connection
 *
 * Return: true if frames may be sent and receive buffers are posted again.
 */
bool cxio_life_flows(const struct cxio_life *l)
{
	return l->state == CXIO_OPEN || l->state == CXIO_CLOSING;
}

/**
 * cxio_life_in_order() - is its end the session's, too?
 * @l: a connection that ends
 *
 * An orderly end is, whoever wanted it; a fault or a loss need not be.
 *
 * Return: true if so.
 */
bool cxio_life_in_order(const struct cxio_life *l)
{
	const struct cxio_channel *s = &l->channel;

	return (s->peer_closed && !s->peer_reason) || (s->close_sent && !s->close_reason);
}

/**
 * cxio_life_wants_frame() - is a frame that came in to be looked at?
 * @l: the connection
 *
 * Not after a fault of ours. After a peer's orderly CLOSE its grants are: our own
 * CLOSE may need them. What came in before a disconnection is looked at after it.
 *
 * Return: true if it is to be given to cxio_life_rx().
 */
bool cxio_life_wants_frame(const struct cxio_life *l)
{
	return l->was_open && (!l->ending || l->channel.peer_closed);
}

static void note_end(struct cxio_life *l, u32 fault, bool by_peer)
{
	if (l->ending)
		return;
	l->ending = true;
	l->fault = fault;
	l->by_peer = by_peer;
}

static void begin_closing(struct cxio_life *l, u64 now)
{
	if (l->state >= CXIO_DISCONNECTING)
		return;
	l->state = CXIO_CLOSING;
	/* Never later than it was: a peer could put it off for ever (I8). */
	if (l->deadline > now + CXIO_CLOSE_NS)
		l->deadline = now + CXIO_CLOSE_NS;
}

/**
 * cxio_life_rx() - take in a frame
 * @l: the connection; it wants it
 * @buf: as for cxio_channel_rx(), which this is around
 * @len: likewise
 * @now: time
 * @ev: likewise
 *
 * The owner pumps and settles afterwards, whatever the result.
 *
 * Return: false if the frame was faulty.
 */
bool cxio_life_rx(struct cxio_life *l, const void *buf, u32 len, u64 now,
		  struct cxio_rx_event *ev)
{
	enum cxio_fault fault = cxio_channel_rx(&l->channel, buf, len, now, ev);

	if (fault) {
		cxio_life_fault(l, fault, now);
		return false;
	}
	if (ev->kind == CXIO_RX_CLOSE) {
		note_end(l, l->channel.peer_reason, true);
		begin_closing(l, now);
	}
	return true;
}

/**
 * cxio_life_next() - what to send now?
 * @l: the connection
 * @offer: as for cxio_channel_next(), which this is around
 * @now: time
 *
 * A message that no window will ever have room for would block all behind it. It
 * ends a lossy session; a lossless one would meet it again on its next connection,
 * so its owner is told to take it out.
 *
 * Return: the kind of frame to make.
 */
enum cxio_tx_kind cxio_life_next(struct cxio_life *l, const struct cxio_offer *offer, u64 now)
{
	if (!cxio_life_flows(l))
		return CXIO_TX_NOTHING;
	if (offer->header && !offer->revoked && !l->channel.tx.open &&
	    !cxio_plan_fits(&l->channel.agreed, offer->header, offer->carry)) {
		if (l->channel.ready && !l->session->policy.lossy)
			return CXIO_TX_REFUSED;
		cxio_life_end(l, CXIO_FAULT_MSG_WINDOW_BYTES, false);
		return CXIO_TX_NOTHING;
	}
	return cxio_channel_next(&l->channel, offer, now);
}

/**
 * cxio_life_settle() - after every frame that could be made: go on, or disconnect?
 * @l: the connection
 * @sends_done: every frame made has been sent
 * @now: time
 */
void cxio_life_settle(struct cxio_life *l, bool sends_done, u64 now)
{
	const struct cxio_channel *s = &l->channel;

	if (!cxio_life_flows(l))
		return;
	/* A fault is told if it can be told at once. */
	if (s->close_due && s->close_reason && !s->close_sent)
		cxio_life_lost(l);
	/* What was queued went first; from here on there is a time limit. */
	if (s->close_sent && l->deadline == CXIO_NEVER)
		begin_closing(l, now);
	if (cxio_channel_may_disconnect(s, sends_done))
		cxio_life_end(l, s->close_reason, false);
}

/**
 * cxio_life_close() - the application wants an orderly end
 * @l: the connection; one that is not open yet ends at once, whatever is queued
 */
void cxio_life_close(struct cxio_life *l)
{
	if (l->state < CXIO_OPEN)
		cxio_life_end(l, CXIO_FAULT_NONE, false);
	if (l->state != CXIO_OPEN)
		return;
	l->state = CXIO_CLOSING;
	cxio_channel_close(&l->channel, CXIO_FAULT_NONE);
}

/**
 * cxio_life_fault() - end it for a reason of our own
 * @l: the connection
 * @fault: enum cxio_fault
 * @now: time
 *
 * The peer of an open connection is told with CLOSE first: the owner pumps and
 * settles afterwards.
 */
void cxio_life_fault(struct cxio_life *l, u32 fault, u64 now)
{
	if (!cxio_life_flows(l) || l->channel.close_sent || l->ending) {
		cxio_life_end(l, fault, false);
		return;
	}
	note_end(l, fault, false);
	begin_closing(l, now);
	cxio_channel_close(&l->channel, (u16)fault);
}

/**
 * cxio_life_end() - end it without another word to the peer
 * @l: the connection
 * @fault: enum cxio_fault; the first reason sticks (I5)
 * @by_peer: the peer said so
 */
void cxio_life_end(struct cxio_life *l, u32 fault, bool by_peer)
{
	note_end(l, fault, by_peer);
	cxio_life_lost(l);
}

/**
 * cxio_life_lost() - the queue pair failed, or the peer disconnected
 * @l: the connection; why, the frames that came in before may say
 */
void cxio_life_lost(struct cxio_life *l)
{
	if (l->state < CXIO_DISCONNECTING)
		l->state = CXIO_DISCONNECTING;
}

/**
 * cxio_life_failed() - a work request failed
 * @l: the connection
 * @work: what it was to do
 * @iwarp: the device speaks iWARP
 *
 * A flush only says that somebody disconnected. So does a SEND of iWARP: it completes
 * when TCP has taken it, and TCP refuses it when the stream has ended; what the peer
 * has against a frame never comes as its status.
 *
 * Return: true if that is the reason why the connection ends, and worth telling.
 */
bool cxio_life_failed(struct cxio_life *l, enum cxio_work work, bool iwarp)
{
	if (work == CXIO_WORK_FLUSHED || (iwarp && work == CXIO_WORK_SEND)) {
		cxio_life_lost(l);
		return false;
	}
	cxio_life_end(l, CXIO_FAULT_TRANSPORT, false);
	return true;
}

/**
 * cxio_life_over() - disconnected, and all frames that had come in are served
 * @l: the connection; @l->fault says why it ended
 */
void cxio_life_over(struct cxio_life *l)
{
	note_end(l, cxio_channel_lost(&l->channel), false);
	l->state = CXIO_CLOSED;
}

/**
 * cxio_life_tick() - let time pass
 * @l: the connection
 * @now: time
 */
void cxio_life_tick(struct cxio_life *l, u64 now)
{
	enum cxio_fault fault = CXIO_FAULT_NONE;

	if (l->state >= CXIO_DISCONNECTING)
		return;
	if (now >= l->deadline)
		fault = CXIO_FAULT_TIMEOUT;
	else if (cxio_life_flows(l))
		fault = cxio_channel_tick(&l->channel, now);
	if (fault)
		cxio_life_end(l, fault, false);
}

/**
 * cxio_life_deadline() - when to tick and pump at the latest
 * @l: the connection
 * @can_send: a send buffer is free
 *
 * Return: a time, perhaps past, or CXIO_NEVER.
 */
u64 cxio_life_deadline(const struct cxio_life *l, bool can_send)
{
	u64 due = CXIO_NEVER;

	if (l->state >= CXIO_DISCONNECTING)
		return CXIO_NEVER;
	if (cxio_life_flows(l))
		due = cxio_channel_deadline(&l->channel, can_send);
	return due < l->deadline ? due : l->deadline;
}
