// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection's beginning, its service, and its end; and what others ask of it.
 */
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "ceph_xio.h"
#include "inject.h"

static void connection_work(struct work_struct *work);

/**
 * cxio_connection_new() - make a connection
 * @m: the messenger, whose list it is not in yet
 * @active: this side connects
 * @policy: what is done when a carrier is lost
 * @peer: address of the peer, IPv4 or IPv6
 *
 * Context: may sleep. Return: a reference, or NULL.
 */
struct cxio_connection *cxio_connection_new(struct cxio_messenger *m, bool active,
					    struct cxio_policy policy,
					    const struct sockaddr *peer)
{
	struct cxio_connection *c = cxio_inject_alloc() ? NULL : kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return NULL;
	cxio_object_add(CXIO_OBJ_CONNECTIONS, 1);
	kref_init(&c->ref);
	INIT_LIST_HEAD(&c->link);
	INIT_LIST_HEAD(&c->queue);
	INIT_LIST_HEAD(&c->guests);
	INIT_LIST_HEAD(&c->leaving);
	INIT_LIST_HEAD(&c->inbox);
	INIT_LIST_HEAD(&c->arrivals);
	spin_lock_init(&c->lock);
	INIT_DELAYED_WORK(&c->work, connection_work);
	/* Its CM ids will hold the namespace too, but only once there is one. */
	get_net(m->net);
	c->messenger = m;
	c->net = m->net;
	c->active = active;
	c->own_nonce = get_random_u32() | 1;
	cxio_session_init(&c->session, policy, get_random_u64() | 1);
	memcpy(&c->peer, peer, cxio_address_len(peer));
	c->shown = cxio_session_state_text(CXIO_SESSION_CONNECTING);
	return c;
}

/**
 * cxio_connection_get() - take a reference
 * @c: a connection of which the caller has one
 *
 * Context: any.
 */
void cxio_connection_get(struct cxio_connection *c)
{
	kref_get(&c->ref);
}
EXPORT_SYMBOL_NS_GPL(cxio_connection_get, CEPH_XIO);

static void release_connection(struct kref *ref)
{
	struct cxio_connection *c = container_of(ref, struct cxio_connection, ref);

	put_net(c->net);
	cxio_secret_put(c->secret);
	kfree(c);
	cxio_object_add(CXIO_OBJ_CONNECTIONS, -1);
}

/**
 * cxio_connection_put() - drop a reference
 * @c: the connection
 *
 * Context: any: what can sleep was done when it was over.
 */
void cxio_connection_put(struct cxio_connection *c)
{
	kref_put(&c->ref, release_connection);
}
EXPORT_SYMBOL_NS_GPL(cxio_connection_put, CEPH_XIO);

/**
 * cxio_connection_kick() - have the connection's work run
 * @c: the connection; pending work holds a reference
 *
 * Context: any.
 */
void cxio_connection_kick(struct cxio_connection *c)
{
	cxio_connection_get(c);
	if (cxio_portal_kick(&c->work))
		cxio_connection_put(c);
}

/* --- for any context --- */

/**
 * cxio_connection_send() - send a message
 * @c: a connection
 * @m: the reference passes to the connection, also on failure. It is in no queue: what
 *	was sent before is not sent again, but for one that was received
 *
 * Context: may sleep. Return: 0, -ENOTCONN if the connection has ended, or -ESTALE if the
 * message's memory was taken back: a new message is to be made of it.
 */
int cxio_connection_send(struct cxio_connection *c, struct cxio_message *m)
{
	bool refused, gone;

	mutex_lock(&m->io);
	gone = m->gone;
	mutex_unlock(&m->io);
	if (gone) {
		/* It may still be in a queue, to say that it does not come. */
		cxio_message_put(m);
		return -ESTALE;
	}
	/* One that was received has a number of the other direction. */
	m->header.seq = 0;
	m->begun = false;
	m->planned = false;
	m->offering = false;
	m->framed = false;
	m->revoked = false;
	memset(&m->carry, 0, sizeof(m->carry));
	spin_lock_bh(&c->lock);
	refused = c->ended || c->close_wanted;
	if (!refused) {
		list_add_tail(&m->link, &c->inbox);
		c->queued++;
	}
	spin_unlock_bh(&c->lock);
	if (refused) {
		cxio_message_put(m);
		return -ENOTCONN;
	}
	cxio_connection_kick(c);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(cxio_connection_send, CEPH_XIO);

/**
 * cxio_connection_close() - end in order
 * @c: a connection
 *
 * What is queued goes first if a carrier carries it now; else it is dropped, and the peer,
 * which may be gone for good, is not waited for.
 *
 * Context: any.
 */
void cxio_connection_close(struct cxio_connection *c)
{
	spin_lock_bh(&c->lock);
	c->close_wanted = true;
	spin_unlock_bh(&c->lock);
	cxio_connection_kick(c);
}
EXPORT_SYMBOL_NS_GPL(cxio_connection_close, CEPH_XIO);

/**
 * cxio_connection_abort() - end at once, telling the peer if that is possible
 * @c: a connection
 * @fault: enum cxio_fault
 *
 * Context: any; may be called under the messenger's lock.
 */
void cxio_connection_abort(struct cxio_connection *c, u32 fault)
{
	spin_lock_bh(&c->lock);
	if (!c->abort_fault)
		c->abort_fault = fault;
	spin_unlock_bh(&c->lock);
	cxio_connection_kick(c);
}
EXPORT_SYMBOL_NS_GPL(cxio_connection_abort, CEPH_XIO);

/**
 * cxio_connection_keepalive() - see whether the peer is there
 * @c: a connection; a session in standby connects for this
 *
 * Who does not answer is given up when silence has lasted too long, if that is limited: see
 * cxio_messenger_keepalive().
 *
 * Context: any.
 */
void cxio_connection_keepalive(struct cxio_connection *c)
{
	spin_lock_bh(&c->lock);
	c->keepalive_wanted = true;
	spin_unlock_bh(&c->lock);
	cxio_connection_kick(c);
}
EXPORT_SYMBOL_NS_GPL(cxio_connection_keepalive, CEPH_XIO);

/**
 * cxio_connection_poke() - have the owner's callback @poked made
 * @c: a connection; if it is not carried, once it is
 *
 * Context: any.
 */
void cxio_connection_poke(struct cxio_connection *c)
{
	spin_lock_bh(&c->lock);
	c->poked = true;
	spin_unlock_bh(&c->lock);
	cxio_connection_kick(c);
}
EXPORT_SYMBOL_NS_GPL(cxio_connection_poke, CEPH_XIO);

/**
 * cxio_connection_private() - the owner's pointer
 * @c: a connection
 *
 * Context: any. Return: what was set.
 */
void *cxio_connection_private(const struct cxio_connection *c)
{
	return c->private;
}
EXPORT_SYMBOL_NS_GPL(cxio_connection_private, CEPH_XIO);

/**
 * cxio_connection_set_private() - set the owner's pointer
 * @c: a connection that is accepted
 * @private: the pointer
 *
 * Context: the callback @accepted.
 */
void cxio_connection_set_private(struct cxio_connection *c, void *private)
{
	c->private = private;
}
EXPORT_SYMBOL_NS_GPL(cxio_connection_set_private, CEPH_XIO);

/**
 * cxio_connection_fault() - why it ended, or how its last carrier was lost
 * @c: a connection
 * @by_peer: set: the peer said so
 *
 * Context: callbacks. Return: enum cxio_fault, or a number of the peer's.
 */
u32 cxio_connection_fault(const struct cxio_connection *c, bool *by_peer)
{
	*by_peer = c->by_peer;
	return c->fault;
}
EXPORT_SYMBOL_NS_GPL(cxio_connection_fault, CEPH_XIO);

static void hold_owner(struct cxio_connection *c)
{
	if (!c->private || !c->messenger->ops->get)
		return;
	c->messenger->ops->get(c->private);
	c->held = c->private;
}

static void let_owner_go(struct cxio_connection *c)
{
	void *held = c->held;

	c->held = NULL;
	if (held && c->messenger->ops->put)
		c->messenger->ops->put(held);
}

/**
 * cxio_connection_open() - begin a connection
 * @m: the messenger
 * @kind: what is done when a carrier is lost; the peer has a word in that
 * @addr: the peer's address, IPv4 or IPv6
 * @secret: what the peer must know as we do, of which a reference is taken; NULL: nothing
 * @private: the owner's
 *
 * How it goes is told by callbacks, which may come before this returns.
 *
 * Context: may sleep; locks that write-back waits for may be held. Return: a reference, or
 * an error pointer: -ENOMEM, -ESHUTDOWN.
 */
struct cxio_connection *cxio_connection_open(struct cxio_messenger *m,
					     enum cxio_policy_kind kind,
					     const struct sockaddr *addr,
					     struct cxio_secret *secret, void *private)
{
	unsigned int noio = memalloc_noio_save();
	struct cxio_connection *c = cxio_connection_new(m, true, cxio_policy(kind), addr);
	int err;

	memalloc_noio_restore(noio);
	if (!c)
		return ERR_PTR(-ENOMEM);
	c->private = private;
	c->secret = cxio_secret_get(secret);
	cxio_session_wake(&c->session, ktime_get_ns());
	hold_owner(c);
	err = cxio_messenger_add(m, c);
	if (err) {
		let_owner_go(c);
		cxio_connection_put(c);
		return ERR_PTR(err);
	}
	cxio_connection_kick(c);
	return c;
}
EXPORT_SYMBOL_NS_GPL(cxio_connection_open, CEPH_XIO);

/**
 * cxio_connection_host() - have a carrier served by a connection
 * @c: the connection
 * @x: a carrier without a host; the caller's work does nothing with it afterwards
 *
 * Context: the carrier's work. Return: false if the connection is over.
 */
bool cxio_connection_host(struct cxio_connection *c, struct cxio_xio *x)
{
	bool over;

	spin_lock_bh(&c->lock);
	over = c->over;
	if (!over) {
		cxio_xio_get(x);
		cxio_connection_get(c);
		spin_lock(&x->lock);
		x->host = c;
		WRITE_ONCE(x->connection, c->id);
		spin_unlock(&x->lock);
		list_add_tail(&x->host_link, &c->arrivals);
	}
	spin_unlock_bh(&c->lock);
	if (!over)
		cxio_connection_kick(c);
	return !over;
}

/**
 * cxio_connection_returned() - a received message was freed: its window is free, too
 * @c: where it was received
 * @m: the message
 *
 * Context: any.
 */
void cxio_connection_returned(struct cxio_connection *c, const struct cxio_message *m)
{
	struct cxio_returned *r = &c->returned;
	bool over;

	spin_lock_bh(&c->lock);
	over = c->over;
	r->msgs++;
	r->bytes += m->window;
	r->reads += m->read_bytes;
	if (m->generation == r->generation) {
		r->msgs_now++;
		r->bytes_now += m->window;
	}
	spin_unlock_bh(&c->lock);
	if (!over)
		cxio_connection_kick(c);
}

/* --- the end --- */

static void note_end(struct cxio_connection *c, u32 fault, bool by_peer)
{
	if (c->noted)
		return;
	c->noted = true;
	c->fault = fault;
	c->by_peer = by_peer;
}

/**
 * cxio_connection_end() - end it for a reason of our own
 * @c: the connection; the first reason sticks (I5)
 * @fault: enum cxio_fault
 *
 * If it is open the peer is told first, and it is over once that is said.
 *
 * Context: its work.
 */
void cxio_connection_end(struct cxio_connection *c, u32 fault)
{
	bool again = c->noted;

	note_end(c, fault, false);
	c->closing = true;
	spin_lock_bh(&c->lock);
	c->ended = true;
	spin_unlock_bh(&c->lock);
	if (!c->carrier)
		cxio_connection_over(c);
	else if (!again)
		cxio_life_fault(&c->carrier->life, fault, ktime_get_ns());
}

static void forget_guests(struct cxio_connection *c)
{
	while (!list_empty(&c->guests))
		cxio_xio_forget(list_first_entry(&c->guests, struct cxio_xio, host_link));
}

/**
 * cxio_connection_over() - it is over, now
 * @c: the connection; may be over already
 *
 * Context: its work.
 */
void cxio_connection_over(struct cxio_connection *c)
{
	LIST_HEAD(inbox);

	if (c->over)
		return;
	spin_lock_bh(&c->lock);
	c->over = true;
	c->ended = true;
	list_splice_init(&c->inbox, &inbox);
	list_splice_tail_init(&c->arrivals, &c->guests);
	spin_unlock_bh(&c->lock);
	note_end(c, c->fault, c->by_peer);
	cxio_session_end(&c->session);
	cxio_connection_take_over(c);
	cxio_connection_snapshot(c);
	forget_guests(c);
	list_splice_tail(&inbox, &c->queue);
	cxio_connection_drop_queue(c);
	if (c->messenger->ops->closed)
		c->messenger->ops->closed(c);
	let_owner_go(c);
	cxio_messenger_remove(c);
}

/* --- service --- */

/* Add what a carrier has counted. */
static void add_counts(struct cxio_counts *s, const struct cxio_xio *x)
{
	struct cxio_counts more = x->counts;
	u64 *to = (u64 *)s, *from = (u64 *)&more;
	u32 i;

	more.channel = x->life.channel.stats;
	/* Counts and nothing else: see its declaration. */
	for (i = 0; i < sizeof(*s) / sizeof(u64); i++)
		to[i] += from[i];
}

/**
 * cxio_connection_count_past() - its carrier is about to be a former one
 * @c: the connection
 *
 * Context: its work.
 */
void cxio_connection_count_past(struct cxio_connection *c)
{
	if (c->carrier)
		add_counts(&c->past, c->carrier);
}

/**
 * cxio_connection_snapshot() - let everybody see how it is
 * @c: the connection
 *
 * Context: its work.
 */
void cxio_connection_snapshot(struct cxio_connection *c)
{
	struct cxio_xio *x = c->carrier ?: c->attempt;
	struct cxio_counts s = c->past;
	bool by_peer = c->by_peer;
	u32 fault = c->fault;
	const char *shown;

	if (c->carrier)
		add_counts(&s, c->carrier);
	/* What ended a former carrier is over once there is another. */
	if (c->carrier && !c->noted) {
		fault = c->carrier->life.fault;
		by_peer = c->carrier->life.by_peer;
	}
	shown = x ? cxio_state_text(x->life.state) : cxio_session_state_text(c->session.state);
	spin_lock_bh(&c->lock);
	c->stats = s;
	c->shown_proven = c->carrier && c->carrier->auth.proven;
	c->shown_signed = c->carrier && cxio_signs(c->carrier);
	c->shown = shown;
	c->shown_fault = fault;
	c->shown_by_peer = by_peer;
	spin_unlock_bh(&c->lock);
}

static void take_returned(struct cxio_connection *c)
{
	struct cxio_returned r;

	spin_lock_bh(&c->lock);
	r = c->returned;
	memset(&c->returned, 0, sizeof(c->returned));
	c->returned.generation = c->generation;
	spin_unlock_bh(&c->lock);
	c->held_msgs -= r.msgs;
	c->held_bytes -= r.bytes;
	c->held_reads -= r.reads;
	if (r.msgs_now && c->carrier && r.generation == c->generation)
		cxio_channel_consumed(&c->carrier->life.channel, r.msgs_now, r.bytes_now,
				      ktime_get_ns());
}

static void take_inbox(struct cxio_connection *c)
{
	struct cxio_message *first;
	LIST_HEAD(inbox);

	spin_lock_bh(&c->lock);
	list_splice_init(&c->inbox, &inbox);
	spin_unlock_bh(&c->lock);
	if (list_empty(&inbox))
		return;
	first = list_first_entry(&inbox, struct cxio_message, link);
	list_splice_tail(&inbox, &c->queue);
	if (!c->out)
		c->out = first;
	cxio_session_wake(&c->session, ktime_get_ns());
}

static void want_keepalive(struct cxio_connection *c)
{
	cxio_session_ask(&c->session, ktime_get_ns());
	if (c->carrier)
		cxio_keepalive_want(&c->carrier->life.channel.keepalive);
}

/* What others have noted. */
static void serve_requests(struct cxio_connection *c)
{
	bool close_wanted, keepalive, poked;
	u32 abort_fault;

	take_returned(c);
	spin_lock_bh(&c->lock);
	close_wanted = c->close_wanted;
	keepalive = c->keepalive_wanted;
	poked = c->poked;
	c->keepalive_wanted = false;
	c->poked = false;
	abort_fault = c->abort_fault;
	c->abort_fault = 0;
	spin_unlock_bh(&c->lock);
	if (keepalive)
		want_keepalive(c);
	if (poked && c->carrier && c->messenger->ops->poked)
		c->messenger->ops->poked(c);
	/* What was sent before the end was wanted goes before it. */
	take_inbox(c);
	if (abort_fault)
		cxio_connection_end(c, abort_fault);
	else if (close_wanted && !c->closing)
		cxio_connection_close_now(c);
}

static void welcome(struct cxio_connection *c)
{
	struct cxio_xio *x;

	for (;;) {
		spin_lock_bh(&c->lock);
		x = list_first_entry_or_null(&c->arrivals, struct cxio_xio, host_link);
		if (x)
			list_move_tail(&x->host_link, &c->guests);
		spin_unlock_bh(&c->lock);
		if (!x)
			return;
		x->wants_host = false;
		cxio_greeting(x);
		if (c->over)
			return;
	}
}

/* Served and settled until it is known what comes of it; it may be gone by this. */
static void serve_carrier(struct cxio_xio *x)
{
	cxio_xio_get(x);
	cxio_xio_serve(x);
	cxio_xio_settle(x);
	cxio_xio_put(x);
}

static void serve_guests(struct cxio_connection *c)
{
	struct cxio_xio *x, *next;

	list_for_each_entry_safe(x, next, &c->guests, host_link) {
		serve_carrier(x);
		if (c->over)
			return;
	}
}

static void set_timer(struct cxio_connection *c)
{
	u64 due = cxio_connection_deadline(c), now = ktime_get_ns();

	if (due == CXIO_NEVER)
		return;
	cxio_connection_get(c);
	if (cxio_portal_delay(&c->work, due > now ? nsecs_to_jiffies(due - now) + 1 : 1))
		cxio_connection_put(c);
}

/* Before any other callback, and like them in the work. */
static void tell_accepted(struct cxio_connection *c)
{
	if (c->active || c->told)
		return;
	c->told = true;
	if (c->messenger->ops->accepted)
		c->messenger->ops->accepted(c);
	hold_owner(c);
}

static void serve(struct cxio_connection *c)
{
	tell_accepted(c);
	welcome(c);
	if (!c->over)
		serve_guests(c);
	if (c->attempt)
		serve_carrier(c->attempt);
	if (c->carrier)
		serve_carrier(c->carrier);
	if (c->over)
		return;
	serve_requests(c);
	if (!c->over)
		cxio_connection_attempt_due(c);
	/* Memory of messages may have been freed: READs waited for that. */
	if (c->carrier)
		cxio_start_reads(c->carrier);
	if (c->carrier)
		cxio_xio_settle(c->carrier);
	if (c->over)
		return;
	cxio_connection_snapshot(c);
	set_timer(c);
}

/**
 * cxio_connection_reap() - tear down the carriers that were forgotten
 * @c: the connection
 *
 * Context: its work.
 */
void cxio_connection_reap(struct cxio_connection *c)
{
	if (list_empty(&c->leaving))
		return;
	while (!list_empty(&c->leaving))
		cxio_xio_settle(list_first_entry(&c->leaving, struct cxio_xio, host_link));
	/* Messages may have waited for the end of keys. */
	cxio_connection_kick(c);
}

static void connection_work(struct work_struct *work)
{
	struct cxio_connection *c = container_of(to_delayed_work(work), struct cxio_connection,
						 work);
	/* Write-back may wait for us: what the RDMA core allocates must not wait for it. */
	unsigned int noio = memalloc_noio_save();

	if (!c->over)
		serve(c);
	cxio_connection_reap(c);
	memalloc_noio_restore(noio);
	cxio_connection_put(c);
}
