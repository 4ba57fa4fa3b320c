// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A connection's beginning, its service by the portal, and its end; and what the
 * application asks of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "transport.h"

static void service(struct cxio_task *t);
static void time_came(struct cxio_timer *t);

/**
 * cxio_connection_new() - a connection begins
 * @m: whose
 * @p: where it is to live
 * @active: we begin it
 * @peer_type: what the peer is
 *
 * Context: any thread, under the registry's lock: it is in there at once.
 *
 * Return: it, with the reference that lasts until it is over; or NULL.
 */
struct cxio_connection *cxio_connection_new(struct cxio_messenger *m, struct cxio_portal *p,
					    bool active, u32 peer_type)
{
	struct cxio_connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	atomic_init(&c->refs, 1);
	c->messenger = cxio_messenger_get(m);
	c->portal = p;
	c->active = active;
	c->peer_type = peer_type;
	c->throttle = cxio_messenger_throttle(m, peer_type);
	cxio_task_init(&c->task, service);
	cxio_timer_init(&c->timer, time_came);
	cxio_list_init(&c->link);
	cxio_list_init(&c->queue);
	cxio_list_init(&c->throttle_link);
	cxio_line_init(&c->line);
	cxio_hooks_init(&c->hooks);
	pthread_mutex_init(&c->lock, NULL);
	cxio_session_init(&c->session, cxio_messenger_policy(m, peer_type, active),
			  m->transport->cookies ? cxio_random() : 0);
	cxio_list_append(&m->registry, &c->registry);
	m->accepted += !active;
	atomic_fetch_add(&p->load, 1);
	cxio_messenger_born(m);
	atomic_fetch_add(&cxio_live_connections, 1);
	return c;
}

CXIO_EXPORT struct cxio_connection *cxio_connection_get(struct cxio_connection *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

CXIO_EXPORT void cxio_connection_put(struct cxio_connection *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	cxio_hooks_fini(&c->hooks);
	pthread_mutex_destroy(&c->lock);
	cxio_messenger_put(c->messenger);
	free(c);
	atomic_fetch_sub(&cxio_live_connections, 1);
}

/**
 * cxio_connection_kick() - have a connection served
 * @c: the connection
 *
 * Context: any thread; lock-free.
 */
void cxio_connection_kick(struct cxio_connection *c)
{
	/* The task's reference, unless it is posted already. */
	cxio_connection_get(c);
	if (!cxio_portal_post(c->portal, &c->task))
		cxio_connection_put(c);
}

/* --- received messages that are not used any more --- */

static void give_back(struct cxio_connection *c, struct cxio_message *m)
{
	c->held_msgs--;
	c->held_bytes -= m->window;
	c->held_reads -= m->read_bytes;
	if (m->generation == c->generation && c->carrier) {
		c->withheld_msgs++;
		c->withheld_bytes += m->window;
	}
}

/* What is freed goes back to the peer, unless a throttle is exceeded. */
static void return_window(struct cxio_connection *c)
{
	if (!c->withheld_msgs || (c->throttle && !cxio_throttle_pass(c->throttle, c)))
		return;
	if (c->carrier)
		c->messenger->transport->consumed(c->carrier, c->withheld_msgs,
						  c->withheld_bytes);
	c->withheld_msgs = 0;
	c->withheld_bytes = 0;
}

/* All that is in the stack. Only the portal counts: after the end nobody does. */
static void take_returned(struct cxio_connection *c, bool count)
{
	struct cxio_slot *s = cxio_stack_take(&c->returned), *next;

	for (; s; s = next) {
		struct cxio_message *m = cxio_entry(s, struct cxio_message, slot);
		struct cxio_xmsg *twin;

		next = s->next;
		/* What came over no carrier, as on a loopback, is nobody's window. */
		if (count && m->generation)
			give_back(c, m);
		twin = m->twin;
		cxio_message_free(m);
		if (twin)
			cxio_xmsg_finish(twin, CXIO_OUTCOME_ACKED);
	}
}

/**
 * cxio_connection_reclaim() - free what is not used any more, before more memory is taken
 * @c: the connection
 *
 * Context: its portal. The peer is told of it when the connection is served.
 */
void cxio_connection_reclaim(struct cxio_connection *c)
{
	if (!cxio_stack_empty(&c->returned))
		take_returned(c, true);
}

/**
 * cxio_connection_returned() - the last reference to a received message is gone
 * @c: where it was received; the message holds a reference to it
 * @m: the message
 *
 * Context: any thread. The portal frees it, or, once that has ended, this.
 */
void cxio_connection_returned(struct cxio_connection *c, struct cxio_message *m)
{
	cxio_connection_get(c);
	cxio_stack_push(&c->returned, &m->slot);
	cxio_connection_kick(c);
	cxio_connection_put(c);
}

/* --- messages to be sent --- */

static void take_inbox(struct cxio_connection *c, bool keep)
{
	struct cxio_slot *s = cxio_stack_take(&c->inbox), *next;

	for (; s; s = next) {
		struct cxio_xmsg *x = cxio_entry(s, struct cxio_xmsg, slot);

		next = s->next;
		if (!keep) {
			cxio_xmsg_finish(x, CXIO_OUTCOME_DROPPED);
			continue;
		}
		cxio_list_append(&c->queue, &x->link);
		if (!c->out)
			c->out = x;
		if (x->hook)
			cxio_hook_begin(x->hook);
	}
}

/* To oneself: what was sent is there at once, and done with when its twin is freed. */
static void loop_back(struct cxio_connection *c)
{
	while (!cxio_list_empty(&c->queue)) {
		struct cxio_xmsg *x = cxio_entry(c->queue.next, struct cxio_xmsg, link);
		struct cxio_message *m = cxio_message_twin(x, c);
		bool request = x->hook;

		cxio_list_remove(&x->link);
		c->out = NULL;
		if (!m)
			cxio_xmsg_finish(x, CXIO_OUTCOME_DROPPED);
		/* It has the tid of the reply that is waited for. */
		else if (request)
			cxio_dispatch_message(c, m);
		else
			cxio_connection_deliver(c, m);
	}
	cxio_connection_drained(c);
}

/* --- service --- */

/**
 * cxio_connection_reserve() - make room for a connection's timer
 * @c: the connection, in its portal; may have it already
 *
 * Return: 0 or -ENOMEM.
 */
int cxio_connection_reserve(struct cxio_connection *c)
{
	int err = c->reserved ? 0 : cxio_timers_reserve(&c->portal->timers);

	c->reserved = !err;
	return err;
}

static void adopt(struct cxio_connection *c)
{
	struct cxio_portal *p = c->portal;

	c->adopted = true;
	cxio_list_append(&p->connections, &c->link);
	if (cxio_connection_reserve(c))
		cxio_connection_end(c, CXIO_FAULT_NO_MEMORY, false, NULL);
	else if (atomic_load(&p->stopping))
		cxio_connection_end(c, CXIO_FAULT_SHUTDOWN, false, NULL);
	else if (c->active && !c->loopback)
		cxio_session_wake(&c->session, p->now);
}

static void want_keepalive(struct cxio_connection *c)
{
	if (c->loopback)
		return;
	cxio_session_ask(&c->session, c->portal->now);
	if (c->carrier)
		c->messenger->transport->keepalive(c->carrier);
}

static void heed(struct cxio_connection *c, unsigned int wants)
{
	if (wants & CXIO_WANT_DOWN) {
		c->end.fault = CXIO_FAULT_NONE;
		c->end.by_peer = false;
		c->end_text[0] = '\0';
		cxio_connection_over(c);
		return;
	}
	if (wants & CXIO_WANT_CANCEL)
		cxio_connection_cancel_hooks(c, CXIO_HOOKS_CANCELLED);
	if (wants & CXIO_WANT_KEEPALIVE)
		want_keepalive(c);
	if (wants & CXIO_WANT_EMPTY)
		c->drain = true;
	if (wants & CXIO_WANT_CLOSE || (c->drain && cxio_list_empty(&c->queue)))
		cxio_connection_close_now(c);
}

static void service(struct cxio_task *t)
{
	struct cxio_connection *c = cxio_entry(t, struct cxio_connection, task);
	unsigned int wants;

	/* Perhaps not in the portal any more: nothing but what any thread may do. */
	if (atomic_load(&c->over)) {
		take_returned(c, false);
		take_inbox(c, false);
		cxio_connection_put(c);
		return;
	}
	if (!c->adopted)
		adopt(c);
	take_returned(c, true);
	return_window(c);
	wants = atomic_exchange(&c->wants, 0);
	if (!atomic_load(&c->over)) {
		/* What was sent before the end was wanted goes before it. */
		take_inbox(c, true);
		if (c->loopback)
			loop_back(c);
		else if (!cxio_list_empty(&c->queue))
			cxio_session_wake(&c->session, c->portal->now);
		if (wants)
			heed(c, wants);
		if (c->carrier)
			c->messenger->transport->pump(c->carrier);
		else if (!atomic_load(&c->over))
			cxio_connection_attempt_due(c);
	}
	cxio_connection_put(c);
}

static void time_came(struct cxio_timer *t)
{
	struct cxio_connection *c = cxio_entry(t, struct cxio_connection, timer);
	u64 timeout = c->messenger->options.session_timeout_s * 1000000000ull;

	if (c->portal->now >= cxio_session_expires(&c->session, c->active, timeout))
		cxio_connection_end(c, CXIO_FAULT_TIMEOUT, false,
				    "the peer did not return in time");
	else
		cxio_connection_attempt_due(c);
}

/* --- the end --- */

static void note_end(struct cxio_connection *c, u32 fault, bool by_peer, const char *text)
{
	if (c->end.text)
		return;
	c->end.fault = fault;
	c->end.by_peer = by_peer;
	if (text && text != c->end_text)
		snprintf(c->end_text, sizeof(c->end_text), "%s", text);
	else if (!text)
		snprintf(c->end_text, sizeof(c->end_text), "%s%s",
			 by_peer && fault ? "peer ended the connection: " : "",
			 cxio_fault_text(fault));
	c->end.text = c->end_text;
}

/**
 * cxio_connection_end() - end it for a reason of our own
 * @c: the connection; the first reason sticks (I5)
 * @fault: enum cxio_fault
 * @by_peer: the peer said so
 * @text: more words, or NULL
 *
 * If it is open the peer is told first, and it is over once that is said.
 */
void cxio_connection_end(struct cxio_connection *c, u32 fault, bool by_peer, const char *text)
{
	if (atomic_load(&c->over))
		return;
	note_end(c, fault, by_peer, text);
	atomic_store(&c->ended, true);
	c->closing = true;
	if (c->carrier)
		c->messenger->transport->fail(c->carrier, fault);
	else
		cxio_connection_over(c);
}

/**
 * cxio_connection_over() - it is over, now
 * @c: the connection; may be over already
 */
void cxio_connection_over(struct cxio_connection *c)
{
	const struct cxio_transport *t = c->messenger->transport;
	struct cxio_messenger *m = c->messenger;
	void *carrier = c->carrier, *attempt = c->attempt;

	if (atomic_exchange(&c->over, true))
		return;
	atomic_store(&c->ended, true);
	atomic_store(&c->open, false);
	/* How its last carrier was lost stands there already. */
	note_end(c, c->end.fault, c->end.by_peer, c->end_text[0] ? c->end_text : NULL);
	cxio_session_end(&c->session);
	cxio_hooks_close(&c->hooks);
	cxio_connection_cancel_hooks(c, CXIO_HOOKS_ALL);
	c->carrier = NULL;
	c->attempt = NULL;
	cxio_connection_drop_queue(c);
	if (carrier)
		t->drop(carrier);
	if (attempt)
		t->drop(attempt);
	cxio_timer_cancel(&c->portal->timers, &c->timer);
	if (c->reserved)
		cxio_timers_release(&c->portal->timers);
	c->reserved = false;
	if (c->throttle)
		cxio_throttle_forget(c->throttle, c);
	pthread_mutex_lock(&m->registry_lock);
	cxio_list_remove(&c->registry);
	m->accepted -= !c->active;
	if (m->loopback == c)
		m->loopback = NULL;
	pthread_mutex_unlock(&m->registry_lock);
	cxio_list_remove(&c->link);
	atomic_fetch_sub(&c->portal->load, 1);
	/* What comes in after this is dropped by service(). */
	take_inbox(c, false);
	take_returned(c, false);
	c->owes_reset = true;
	cxio_connection_tell_over(c);
	cxio_messenger_died(m);
	cxio_connection_put(c);
}

/**
 * cxio_connection_tell_over() - tell that it is over, once all else is told
 * @c: the connection; it need not be over
 */
void cxio_connection_tell_over(struct cxio_connection *c)
{
	if (!c->owes_reset || c->sinks_ending)
		return;
	c->owes_reset = false;
	cxio_dispatch_tell(c, CXIO_EVENT_RESET, &c->end);
}

/**
 * cxio_connection_count() - let everybody see what a carrier has counted
 * @c: the connection
 * @now: the carrier's counts
 * @told: as they were at the last call; set to @now
 */
void cxio_connection_count(struct cxio_connection *c, const struct cxio_connection_stats *now,
			   struct cxio_connection_stats *told)
{
	static_assert(sizeof(*now) % sizeof(u64) == 0 &&
		      offsetof(struct cxio_connection_stats, echo_ns) + sizeof(u64) ==
		      sizeof(*now), "all counts, and the time of an echo at the end");
	const u64 *n = (const u64 *)now, *t = (const u64 *)told;
	u64 *s = (u64 *)&c->stats;
	size_t i;

	pthread_mutex_lock(&c->lock);
	for (i = 0; i < sizeof(*now) / sizeof(u64) - 1; i++)
		s[i] += n[i] - t[i];
	if (now->echo_ns)
		c->stats.echo_ns = now->echo_ns;
	pthread_mutex_unlock(&c->lock);
	*told = *now;
}

/* --- for any thread --- */

/**
 * cxio_connection_hand_over() - take a message to be sent
 * @c: the connection
 * @x: the message on its way
 *
 * Context: any thread; lock-free.
 */
void cxio_connection_hand_over(struct cxio_connection *c, struct cxio_xmsg *x)
{
	cxio_stack_push(&c->inbox, &x->slot);
	cxio_connection_kick(c);
}

/**
 * cxio_connection_want() - have the portal do something
 * @c: the connection
 * @what: CXIO_WANT_* bits
 *
 * Context: any thread; lock-free.
 */
void cxio_connection_want(struct cxio_connection *c, unsigned int what)
{
	atomic_fetch_or(&c->wants, what);
	cxio_connection_kick(c);
}

CXIO_EXPORT void cxio_connection_mark_down(struct cxio_connection *c)
{
	atomic_store(&c->ended, true);
	cxio_connection_want(c, CXIO_WANT_DOWN);
}

CXIO_EXPORT void cxio_connection_mark_down_when_empty(struct cxio_connection *c)
{
	atomic_store(&c->ended, true);
	cxio_connection_want(c, CXIO_WANT_EMPTY);
}

CXIO_EXPORT void cxio_connection_close(struct cxio_connection *c)
{
	atomic_store(&c->ended, true);
	cxio_connection_want(c, CXIO_WANT_CLOSE);
}

CXIO_EXPORT void cxio_connection_keepalive(struct cxio_connection *c)
{
	cxio_connection_want(c, CXIO_WANT_KEEPALIVE);
}

CXIO_EXPORT bool cxio_connection_is_open(struct cxio_connection *c)
{
	return atomic_load(&c->open);
}

CXIO_EXPORT void cxio_connection_peer(struct cxio_connection *c, char *buf, size_t size)
{
	cxio_address_text((const struct sockaddr *)&c->target, buf, size);
}

CXIO_EXPORT enum cxio_peer_type cxio_connection_peer_type(const struct cxio_connection *c)
{
	return (enum cxio_peer_type)c->peer_type;
}

CXIO_EXPORT void cxio_connection_stats(struct cxio_connection *c,
				       struct cxio_connection_stats *stats)
{
	pthread_mutex_lock(&c->lock);
	*stats = c->stats;
	pthread_mutex_unlock(&c->lock);
}

CXIO_EXPORT void cxio_connection_set_private(struct cxio_connection *c, void *p)
{
	c->private = p;
}

CXIO_EXPORT void *cxio_connection_private(struct cxio_connection *c)
{
	return c->private;
}
