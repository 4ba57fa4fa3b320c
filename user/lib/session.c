// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A connection's session: what happens to it and to the queued messages when a carrier
 * is opened, acknowledges, or is lost. All in the connection's portal.
 */
#include <netinet/in.h>
#include <stdio.h>

#include "address.h"
#include "transport.h"

static struct cxio_xmsg *first(const struct cxio_connection *c)
{
	if (cxio_list_empty(&c->queue))
		return NULL;
	return cxio_entry(c->queue.next, struct cxio_xmsg, link);
}

/* What was sent on the former carrier goes anew on the next. */
static void rewind_queue(struct cxio_connection *c)
{
	struct cxio_link *l;

	for (l = c->queue.next; l != &c->queue; l = l->next) {
		struct cxio_xmsg *x = cxio_entry(l, struct cxio_xmsg, link);

		x->begun = false;
		x->planned = false;
	}
	c->out = first(c);
}

/**
 * cxio_connection_set_timer() - wake up when the session wants something
 * @c: the connection
 */
void cxio_connection_set_timer(struct cxio_connection *c)
{
	u64 timeout = c->messenger->options.session_timeout_s * 1000000000ull;
	u64 due = c->session.due;
	u64 expires = cxio_session_expires(&c->session, c->active, timeout);

	cxio_timer_set(&c->portal->timers, &c->timer, expires < due ? expires : due);
}

/**
 * cxio_connection_attempt_due() - connect, if it is time to
 * @c: the connection
 */
void cxio_connection_attempt_due(struct cxio_connection *c)
{
	if (!c->carrier && !c->attempt && !c->loopback &&
	    cxio_session_attempt_due(&c->session, c->portal->now))
		c->messenger->transport->attempt(c);
	if (!atomic_load(&c->over))
		cxio_connection_set_timer(c);
}

/**
 * cxio_connection_for_peer() - the connection with a peer that connects
 * @m: whose
 * @peer: what the peer shows, with its nonce
 *
 * Context: any thread. Return: a reference to one that has not ended, or NULL.
 */
struct cxio_connection *cxio_connection_for_peer(struct cxio_messenger *m,
						 const struct cxio_addr *peer)
{
	struct cxio_connection *found = NULL;
	struct cxio_link *l;

	pthread_mutex_lock(&m->registry_lock);
	for (l = m->registry.next; l != &m->registry && !found; l = l->next) {
		struct cxio_connection *c = cxio_entry(l, struct cxio_connection, registry);

		if (c->shared && !atomic_load(&c->over) && cxio_address_meets(&c->peer, peer))
			found = cxio_connection_get(c);
	}
	pthread_mutex_unlock(&m->registry_lock);
	return found;
}

/* Where we would connect to: where the peer says that it listens. */
static void set_target(struct cxio_connection *c, const struct sockaddr *from)
{
	if (c->peer.family && c->peer.port) {
		cxio_address_to(&c->peer, &c->target);
		return;
	}
	memcpy(&c->target, from, from->sa_family == AF_INET6 ?
	       sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
	/* Nowhere: it is always the peer who connects. */
	c->session.policy.server = true;
}

/**
 * cxio_connection_accepted() - a peer begins a connection
 * @m: whose
 * @p: the portal we are in: where it is to live
 * @peer: what the peer shows; family none: nothing
 * @from: where it connects from
 * @peer_type: what it says it is
 * @raced: set if another portal made one with that peer just now: it is to be asked
 *
 * Return: the connection, with a reference that lasts until it is over; or NULL.
 */
struct cxio_connection *cxio_connection_accepted(struct cxio_messenger *m, struct cxio_portal *p,
						 const struct cxio_addr *peer,
						 const struct sockaddr *from, u32 peer_type,
						 bool *raced)
{
	struct cxio_connection *c = NULL, *other = NULL;

	if (peer->family)
		other = cxio_connection_for_peer(m, peer);
	*raced = other;
	cxio_connection_put(other);
	if (other)
		return NULL;
	pthread_mutex_lock(&m->registry_lock);
	if (!m->stopping && m->accepted < m->options.max_connections)
		c = cxio_connection_new(m, p, false, peer_type);
	if (c) {
		c->peer = *peer;
		c->shared = peer->family;
		set_target(c, from);
	}
	pthread_mutex_unlock(&m->registry_lock);
	if (!c)
		return NULL;
	cxio_connection_kick(c);
	return cxio_connection_reserve(c) ? NULL : c;
}

/* --- open --- */

/**
 * cxio_connection_opened() - a carrier carries the session from here on
 * @c: the connection, whose session was told cxio_session_opened(); may be over by this
 * @carrier: which; it is ready for messages
 * @active: we began it
 */
void cxio_connection_opened(struct cxio_connection *c, void *carrier, bool active)
{
	c->carrier = carrier;
	c->attempt = NULL;
	c->generation++;
	c->withheld_msgs = 0;
	c->withheld_bytes = 0;
	c->end.was_open = true;
	rewind_queue(c);
	cxio_connection_acked(c);
	if (atomic_load(&c->over))
		return;
	/* The end was on its way on the carrier before this. */
	if (c->closing)
		c->messenger->transport->close_carrier(carrier);
	pthread_mutex_lock(&c->lock);
	c->stats.connects++;
	pthread_mutex_unlock(&c->lock);
	atomic_store(&c->open, true);
	cxio_connection_set_timer(c);
	cxio_dispatch_tell(c, active ? CXIO_EVENT_CONNECTED : CXIO_EVENT_ACCEPTED, NULL);
}

/**
 * cxio_connection_acked() - drop what the peer has acknowledged
 * @c: the connection, which may be over by this
 */
void cxio_connection_acked(struct cxio_connection *c)
{
	struct cxio_xmsg *x;

	while ((x = first(c)) && x->header.seq && x->header.seq <= c->session.acked) {
		cxio_list_remove(&x->link);
		if (c->out == x)
			c->out = first(c);
		cxio_xmsg_finish(x, x->revoked ? CXIO_OUTCOME_DROPPED : CXIO_OUTCOME_ACKED);
	}
	cxio_connection_drained(c);
}

/**
 * cxio_connection_drained() - a message has left the queue: was it to be the last?
 * @c: the connection, which may be over by this
 */
void cxio_connection_drained(struct cxio_connection *c)
{
	if (c->drain && !c->closing && !first(c))
		cxio_connection_close_now(c);
}

/**
 * cxio_connection_drop_queue() - tell the owners of all messages that are queued
 * @c: the connection
 */
void cxio_connection_drop_queue(struct cxio_connection *c)
{
	struct cxio_xmsg *x;

	c->out = NULL;
	while ((x = first(c))) {
		cxio_list_remove(&x->link);
		cxio_xmsg_finish(x, CXIO_OUTCOME_DROPPED);
	}
}

/**
 * cxio_connection_reset_session() - the peer has forgotten the session
 * @c: the connection
 */
void cxio_connection_reset_session(struct cxio_connection *c)
{
	cxio_connection_drop_queue(c);
	cxio_connection_cancel_hooks(c, CXIO_HOOKS_BEGUN);
	cxio_dispatch_tell(c, CXIO_EVENT_REMOTE_RESET, NULL);
}

/**
 * cxio_connection_take_over() - the session goes on with another carrier
 * @c: the connection: what carries it, or was to, does not any more
 */
void cxio_connection_take_over(struct cxio_connection *c)
{
	void *carrier = c->carrier, *attempt = c->attempt;

	c->carrier = NULL;
	c->attempt = NULL;
	if (carrier)
		c->messenger->transport->drop(carrier);
	if (attempt)
		c->messenger->transport->drop(attempt);
}

/* --- lost --- */

static void note(struct cxio_connection *c, const struct cxio_lost *why)
{
	c->end.fault = why->fault;
	c->end.by_peer = why->by_peer;
	snprintf(c->end_text, sizeof(c->end_text), "%s", why->text);
}

/**
 * cxio_connection_carrier_lost() - a carrier, or attempt, is gone, and flushed
 * @c: the connection
 * @carrier: which; it is its carrier or attempt
 * @why: how it ended
 */
void cxio_connection_carrier_lost(struct cxio_connection *c, void *carrier,
				  const struct cxio_lost *why)
{
	bool was_open = carrier == c->carrier;

	c->carrier = NULL;
	c->attempt = NULL;
	atomic_store(&c->open, false);
	rewind_queue(c);
	if (!c->end.text)
		note(c, why);
	if (c->closing || (c->drain && !first(c)) || (was_open && why->in_order)) {
		cxio_connection_over(c);
		return;
	}
	if (!was_open && c->active)
		cxio_dispatch_tell(c, CXIO_EVENT_REFUSED, &(struct cxio_end){
			.fault = why->fault, .by_peer = why->by_peer, .text = why->text });
	switch (cxio_session_lost(&c->session, first(c), why->ours, (u32)cxio_random(),
				  c->portal->now)) {
	case CXIO_LOSS_ENDED:
		cxio_connection_over(c);
		return;
	case CXIO_LOSS_STANDBY:
		/* A peer that was never let in has no session that it could return to. */
		if (!c->active && !c->end.was_open) {
			cxio_connection_over(c);
			return;
		}
		break;
	case CXIO_LOSS_RETRY:
		break;
	}
	cxio_connection_set_timer(c);
}

/**
 * cxio_connection_close_now() - an orderly end: what is queued goes first
 * @c: the connection; one that is not open is over by this
 */
void cxio_connection_close_now(struct cxio_connection *c)
{
	c->closing = true;
	if (c->carrier)
		c->messenger->transport->close_carrier(c->carrier);
	else
		cxio_connection_over(c);
}
