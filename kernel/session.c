// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection's session: what happens to it and to the queued messages when a carrier
 * is opened, acknowledges, or is lost. All in the connection's work.
 */
#include <linux/ktime.h>
#include <linux/random.h>

#include "ceph_xio.h"

/* A peer that does not come back within this is not waited for any longer. */
#define SESSION_TIMEOUT_NS	(900ull * 1000000000)

static const struct cxio_ops *ops(const struct cxio_connection *c)
{
	return c->messenger->ops;
}

static struct cxio_message *first(struct cxio_connection *c)
{
	return list_first_entry_or_null(&c->queue, struct cxio_message, link);
}

/**
 * cxio_connection_behind() - the next message of the queue
 * @c: the connection
 * @m: a message of its queue
 *
 * Return: the one behind it, or NULL.
 */
struct cxio_message *cxio_connection_behind(struct cxio_connection *c, struct cxio_message *m)
{
	return list_is_last(&m->link, &c->queue) ? NULL : list_next_entry(m, link);
}

/* What was sent on the former carrier goes anew on the next. */
static void rewind_queue(struct cxio_connection *c)
{
	struct cxio_message *m;

	list_for_each_entry(m, &c->queue, link) {
		m->begun = false;
		m->planned = false;
		memset(&m->carry, 0, sizeof(m->carry));
	}
	c->out = first(c);
}

/**
 * cxio_connection_deadline() - when the connection is to be served at the latest
 * @c: the connection
 *
 * Return: a time, perhaps past, or CXIO_NEVER.
 */
u64 cxio_connection_deadline(const struct cxio_connection *c)
{
	struct cxio_xio *all[] = { c->carrier, c->attempt }, *x;
	u64 due = c->session.due, at;
	u32 i;

	due = min(due, cxio_session_expires(&c->session, c->active, SESSION_TIMEOUT_NS));
	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i])
			due = min(due, cxio_xio_deadline(all[i]));
	list_for_each_entry(x, &c->guests, host_link) {
		at = cxio_xio_deadline(x);
		due = min(due, at);
	}
	return due;
}

/* --- open --- */

/**
 * cxio_connection_opened() - a carrier carries the session from here on
 * @c: the connection, whose attempt it was
 * @x: the carrier
 * @peer_in_seq: last message the peer has received
 *
 * Return: false if the carrier was ended for what the peer said; it is lost then.
 */
bool cxio_connection_opened(struct cxio_connection *c, struct cxio_xio *x, u64 peer_in_seq)
{
	enum cxio_fault fault = cxio_session_opened(&c->session, peer_in_seq);

	if (!fault && cxio_limits_exceeded(cxio_limits(), c->held_msgs, c->held_bytes))
		fault = CXIO_FAULT_NO_MEMORY;
	if (fault) {
		cxio_life_fault(&x->life, fault, ktime_get_ns());
		return false;
	}
	c->carrier = x;
	c->attempt = NULL;
	spin_lock_bh(&c->lock);
	c->returned.generation = ++c->generation;
	c->returned.msgs_now = 0;
	c->returned.bytes_now = 0;
	spin_unlock_bh(&c->lock);
	cxio_life_agreed(&x->life, &c->session);
	rewind_queue(c);
	cxio_connection_acked(c);
	/* The end was on its way on the carrier before this. */
	if (c->closing)
		cxio_life_close(&x->life);
	cxio_connection_snapshot(c);
	if (ops(c)->opened)
		ops(c)->opened(c);
	c->was_open = true;
	if (ops(c)->poked)
		ops(c)->poked(c);
	return true;
}

/**
 * cxio_connection_unqueue() - let go of a message that is queued
 * @c: the connection
 * @m: the message; its reference was the queue's
 */
void cxio_connection_unqueue(struct cxio_connection *c, struct cxio_message *m)
{
	list_del_init(&m->link);
	c->unqueued++;
	cxio_message_put(m);
}

/**
 * cxio_connection_acked() - drop what the peer has acknowledged
 * @c: the connection
 */
void cxio_connection_acked(struct cxio_connection *c)
{
	struct cxio_message *m;

	while ((m = first(c)) && m->header.seq && m->header.seq <= c->session.acked) {
		if (c->out == m)
			c->out = cxio_connection_behind(c, m);
		cxio_connection_unqueue(c, m);
	}
}

/**
 * cxio_connection_drop_queue() - let go of all messages that are queued
 * @c: the connection
 */
void cxio_connection_drop_queue(struct cxio_connection *c)
{
	struct cxio_message *m;

	c->out = NULL;
	while ((m = first(c)))
		cxio_connection_unqueue(c, m);
}

/**
 * cxio_connection_reset_session() - the peer has forgotten the session
 * @c: the connection
 */
void cxio_connection_reset_session(struct cxio_connection *c)
{
	cxio_connection_drop_queue(c);
	if (ops(c)->peer_reset)
		ops(c)->peer_reset(c);
}

/**
 * cxio_connection_take_over() - the session goes on with another carrier
 * @c: the connection: what carries it, or was to, does not any more
 */
void cxio_connection_take_over(struct cxio_connection *c)
{
	struct cxio_xio *carrier = c->carrier, *attempt = c->attempt;

	cxio_connection_count_past(c);
	c->carrier = NULL;
	c->attempt = NULL;
	if (carrier)
		cxio_xio_forget(carrier);
	if (attempt)
		cxio_xio_forget(attempt);
}

/* --- lost --- */

static void note(struct cxio_connection *c, u32 fault, bool by_peer)
{
	if (c->noted)
		return;
	c->fault = fault;
	c->by_peer = by_peer;
}

/* A peer that was never let in has no session that it could return to. */
static void guest_left(struct cxio_connection *c)
{
	if (!c->active && !c->was_open && !c->carrier && !c->attempt && list_empty(&c->guests))
		cxio_connection_over(c);
}

/* What carried it, or was to, is gone: is it over, or what is done next? */
static void lost(struct cxio_connection *c, bool carried, bool in_order, bool broke)
{
	rewind_queue(c);
	if (c->closing || in_order ||
	    (!carried && c->active && ops(c)->refused && ops(c)->refused(c))) {
		cxio_connection_over(c);
		return;
	}
	switch (cxio_session_lost(&c->session, first(c), broke, get_random_u32(),
				  ktime_get_ns())) {
	case CXIO_LOSS_ENDED:
		cxio_connection_over(c);
		return;
	case CXIO_LOSS_STANDBY:
		guest_left(c);
		return;
	case CXIO_LOSS_RETRY:
		return;
	}
}

/**
 * cxio_connection_carrier_lost() - a carrier, attempt or guest is gone, and flushed
 * @c: the connection, which may be over by this
 * @x: which
 */
void cxio_connection_carrier_lost(struct cxio_connection *c, struct cxio_xio *x)
{
	bool carried = x == c->carrier;

	if (c->over)
		return;
	if (!carried && x != c->attempt) {
		/* Anybody may have come by a session's address: it ends for its own reasons. */
		if (!c->was_open)
			note(c, x->life.fault, x->life.by_peer);
		guest_left(c);
		return;
	}
	note(c, x->life.fault, x->life.by_peer);
	cxio_connection_count_past(c);
	c->carrier = NULL;
	c->attempt = NULL;
	lost(c, carried, carried && cxio_life_in_order(&x->life),
	     x->broke || x->moved);
}

static struct cxio_xio *new_attempt(struct cxio_connection *c)
{
	struct cxio_xio *x = cxio_xio_new(c->messenger, c, (struct sockaddr *)&c->peer,
					  c->secret);
	int err;

	if (!x)
		return ERR_PTR(-ENOMEM);
	err = cxio_messenger_add_carrier(c->messenger, x);
	if (!err)
		return x;
	cxio_xio_put(x);
	return ERR_PTR(err);
}

/**
 * cxio_connection_attempt_due() - connect, if it is time to; or wait no longer
 * @c: the connection; may be over by this
 */
void cxio_connection_attempt_due(struct cxio_connection *c)
{
	u64 now = ktime_get_ns();
	struct cxio_xio *x;

	if (now >= cxio_session_expires(&c->session, c->active, SESSION_TIMEOUT_NS)) {
		cxio_connection_end(c, CXIO_FAULT_TIMEOUT);
		return;
	}
	if (c->carrier || c->attempt || !cxio_session_attempt_due(&c->session, now))
		return;
	x = new_attempt(c);
	if (PTR_ERR_OR_ZERO(x) == -ENOMEM) {
		/* An attempt that failed: who writes back memory must not end for lack of it. */
		note(c, CXIO_FAULT_NO_MEMORY, false);
		lost(c, false, false, false);
		return;
	}
	if (IS_ERR(x)) {
		cxio_connection_end(c, CXIO_FAULT_SHUTDOWN);
		return;
	}
	c->attempt = x;
	cxio_connect(x);
	if (x->life.state == CXIO_DISCONNECTING)
		cxio_xio_settle(x);
}

/**
 * cxio_connection_close_now() - an orderly end: what is queued goes first, if it can now
 * @c: the connection; one that is not open is over by this
 */
void cxio_connection_close_now(struct cxio_connection *c)
{
	c->closing = true;
	if (c->carrier)
		cxio_life_close(&c->carrier->life);
	else
		cxio_connection_over(c);
}
