// SPDX-License-Identifier: GPL-2.0-only
/*
 * A carrier's life, from its beginning to its teardown, and what its handlers note.
 */
#include <linux/ktime.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "ceph_xio.h"
#include "inject.h"
#include "trace.h"

static void carrier_work(struct work_struct *work);

static void device_removed(struct cxio_device_user *u)
{
	cxio_xio_abort(container_of(u, struct cxio_xio, user), CXIO_FAULT_DEVICE);
}

/**
 * cxio_xio_of_user() - which carrier uses a device?
 * @u: one of the device's users
 *
 * Context: any. Return: the carrier, or NULL if it is something else.
 */
struct cxio_xio *cxio_xio_of_user(struct cxio_device_user *u)
{
	return u->removed == device_removed ? container_of(u, struct cxio_xio, user) : NULL;
}

/**
 * cxio_xio_new() - a carrier begins
 * @m: the messenger, whose list it is not in yet
 * @host: connection that it is to carry, NULL on the passive side
 * @peer: address of the peer, IPv4 or IPv6
 * @secret: what the peer must know, or NULL
 *
 * Context: may sleep. Return: a reference, or NULL.
 */
struct cxio_xio *cxio_xio_new(struct cxio_messenger *m, struct cxio_connection *host,
			      const struct sockaddr *peer, struct cxio_secret *secret)
{
	struct cxio_xio *x = cxio_inject_alloc() ? NULL : kzalloc(sizeof(*x), GFP_KERNEL);
	u32 i;

	if (!x)
		return NULL;
	x->messenger = m;
	cxio_auth_init(&x->auth, cxio_secret_credential(secret), host);
	if (!secret && !cxio_authorizer_begin(x, host)) {
		kfree(x);
		return NULL;
	}
	if (mempool_init_kmalloc_pool(&x->arrivals, CXIO_ARRIVALS_MIN,
				      sizeof(struct cxio_arrival)) ||
	    mempool_init_kmalloc_pool(&x->skipped, CXIO_ARRIVALS_MIN,
				      sizeof(struct cxio_message))) {
		mempool_exit(&x->arrivals);
		cxio_authorizer_free(x);
		kfree(x);
		return NULL;
	}
	cxio_object_add(CXIO_OBJ_CARRIERS, 1);
	kref_init(&x->ref);
	INIT_LIST_HEAD(&x->link);
	INIT_LIST_HEAD(&x->host_link);
	INIT_LIST_HEAD(&x->user.link);
	x->user.removed = device_removed;
	INIT_LIST_HEAD(&x->received);
	INIT_LIST_HEAD(&x->keys);
	INIT_LIST_HEAD(&x->pending);
	INIT_LIST_HEAD(&x->done);
	for (i = 0; i < CXIO_READS; i++) {
		x->read[i].carrier = x;
		x->read[i].cqe.done = cxio_read_done;
	}
	spin_lock_init(&x->lock);
	mutex_init(&x->qp_mutex);
	INIT_DELAYED_WORK(&x->work, carrier_work);
	if (host) {
		cxio_connection_get(host);
		x->connection = host->id;
	}
	x->host = host;
	x->secret = cxio_secret_get(secret);
	cxio_life_init(&x->life, host, ktime_get_ns());
	cxio_life_carry(&x->life, host ? &host->session : NULL);
	cxio_life_connecting(&x->life);
	memcpy(&x->peer, peer, cxio_address_len(peer));
	return x;
}

/**
 * cxio_xio_get() - take a reference
 * @x: a carrier of which the caller has one
 *
 * Context: any.
 */
void cxio_xio_get(struct cxio_xio *x)
{
	kref_get(&x->ref);
}

static void release_carrier(struct kref *ref)
{
	struct cxio_xio *x = container_of(ref, struct cxio_xio, ref);

	if (x->host)
		cxio_connection_put(x->host);
	cxio_secret_put(x->secret);
	mempool_exit(&x->arrivals);
	mempool_exit(&x->skipped);
	cxio_authorizer_free(x);
	kfree(x);
	cxio_object_add(CXIO_OBJ_CARRIERS, -1);
}

/**
 * cxio_xio_put() - drop a reference
 * @x: the carrier
 *
 * Context: any: what can sleep was done at teardown.
 */
void cxio_xio_put(struct cxio_xio *x)
{
	kref_put(&x->ref, release_carrier);
}

static struct cxio_connection *get_host(struct cxio_xio *x)
{
	struct cxio_connection *c;

	spin_lock_bh(&x->lock);
	c = x->host;
	if (c)
		cxio_connection_get(c);
	spin_unlock_bh(&x->lock);
	return c;
}

/**
 * cxio_xio_kick() - have the work run that serves a carrier
 * @x: the carrier; pending work holds a reference
 *
 * Context: any.
 */
void cxio_xio_kick(struct cxio_xio *x)
{
	struct cxio_connection *c = get_host(x);

	if (c) {
		cxio_connection_kick(c);
		cxio_connection_put(c);
		return;
	}
	cxio_xio_get(x);
	if (cxio_portal_kick(&x->work))
		cxio_xio_put(x);
}

/**
 * cxio_xio_abort() - end at once, telling the peer if that is possible
 * @x: a carrier
 * @fault: enum cxio_fault
 *
 * Context: any; may be called under the messenger's or the devices' lock.
 */
void cxio_xio_abort(struct cxio_xio *x, u32 fault)
{
	spin_lock_bh(&x->lock);
	if (!x->abort_fault)
		x->abort_fault = fault;
	spin_unlock_bh(&x->lock);
	cxio_xio_kick(x);
}

/**
 * cxio_xio_failed() - a work request failed, or was flushed
 * @x: the carrier
 * @wc: its completion
 * @work: what it was to do
 *
 * The first that was not flushed is the reason.
 *
 * Context: softirq.
 */
void cxio_xio_failed(struct cxio_xio *x, const struct ib_wc *wc, enum cxio_work work)
{
	spin_lock_bh(&x->lock);
	x->broken = true;
	if (wc->status != IB_WC_WR_FLUSH_ERR && x->broken_work == CXIO_WORK_FLUSHED) {
		x->broken_work = work;
		x->broken_status = wc->status;
	}
	spin_unlock_bh(&x->lock);
	cxio_xio_kick(x);
}

/* --- from here on in the work that serves it --- */

static void trace_state(struct cxio_xio *x)
{
	if (x->traced == x->life.state)
		return;
	trace_cxio_state(x);
	x->traced = x->life.state;
}

/**
 * cxio_xio_established() - the CM says so, or a first frame does
 * @x: a connecting carrier
 *
 * Context: the work that serves it.
 */
void cxio_xio_established(struct cxio_xio *x)
{
	struct cxio_messenger *m = x->messenger;

	if (!cxio_life_opens(&x->life, &m->limits, &x->agreed, ktime_get_ns()))
		return;
	cxio_keepalive_set(&x->life.channel.keepalive, READ_ONCE(m->keepalive_ms),
			   READ_ONCE(m->keepalive_expiry_ms));
	if (x->life.active)
		cxio_greet(x);
	else if (x->life.channel.ready)
		x->wants_host = true;
}

/* What completions and other contexts have noted. */
static void serve_notes(struct cxio_xio *x)
{
	unsigned long events;
	u32 abort_fault;

	spin_lock_bh(&x->lock);
	events = x->cm_events;
	x->cm_events = 0;
	abort_fault = x->abort_fault;
	x->abort_fault = 0;
	spin_unlock_bh(&x->lock);

	cxio_cm_service(x, events);
	cxio_serve_frames(x);
	if (abort_fault)
		cxio_life_fault(&x->life, abort_fault, ktime_get_ns());
}

static void serve_broken(struct cxio_xio *x)
{
	enum ib_wc_status status;
	enum cxio_work work;
	bool broken;

	spin_lock_bh(&x->lock);
	broken = x->broken;
	work = x->broken_work;
	status = x->broken_status;
	spin_unlock_bh(&x->lock);
	if (broken && cxio_life_failed(&x->life, work, cxio_is_iwarp(x)))
		pr_notice_ratelimited("%pISpc: %s\n", &x->peer, ib_wc_status_msg(status));
}

/**
 * cxio_xio_serve() - act on what has happened to a carrier
 * @x: the carrier; by this it may have come to want a host, or have been forgotten
 *
 * Context: the work that serves it.
 */
void cxio_xio_serve(struct cxio_xio *x)
{
	trace_state(x);
	serve_notes(x);
	serve_broken(x);
	if (cxio_life_flows(&x->life)) {
		cxio_keys_done(x);
		cxio_serve_sinks(x);
		cxio_serve_reads(x);
	}
	cxio_life_tick(&x->life, ktime_get_ns());
	trace_state(x);
}

static void log_end(const struct cxio_xio *x)
{
	if (x->life.fault && x->life.fault != CXIO_FAULT_REPLACED && !x->broke)
		pr_notice_ratelimited("%pISpc: %s%s\n", &x->peer,
				      x->life.by_peer ? "peer ended the connection: " : "",
				      cxio_fault_text(x->life.fault));
}

static void tear_down(struct cxio_xio *x)
{
	struct cxio_connection *c = x->host;
	u32 abort_fault;

	/* Frames that came before the end are served: CLOSE may be among them. */
	cxio_disconnect(x);
	/* They may wait for those that it has replaced. */
	if (c && c->carrier == x)
		cxio_connection_reap(c);
	cxio_serve_frames(x);
	/* Whoever aborts both ends may be seen by what it did to the other end first. */
	spin_lock_bh(&x->lock);
	abort_fault = x->abort_fault;
	spin_unlock_bh(&x->lock);
	if (abort_fault)
		cxio_life_end(&x->life, abort_fault, false);
	cxio_life_over(&x->life);
	trace_state(x);
	cxio_teardown(x);
	cxio_drop_arrivals(x);
	cxio_sign_end(x);
	cxio_authorizer_end(x);
	log_end(x);
	list_del_init(&x->host_link);
	if (c && !x->left)
		cxio_connection_carrier_lost(c, x);
	cxio_messenger_remove_carrier(x);
	if (c)
		cxio_xio_put(x);
}

/**
 * cxio_xio_settle() - after it was served: pump it, or tear it down
 * @x: the carrier
 *
 * Context: the work that serves it. Return: false if it is torn down, and gone but for
 * the caller's reference.
 */
bool cxio_xio_settle(struct cxio_xio *x)
{
	if (cxio_life_flows(&x->life))
		cxio_pump(x);
	trace_state(x);
	if (x->life.state != CXIO_DISCONNECTING)
		return true;
	tear_down(x);
	return false;
}

/**
 * cxio_xio_forget() - it carries nothing any more
 * @x: a carrier with a host, which tears it down at the end of this round of its work
 *
 * Context: the host's work.
 */
void cxio_xio_forget(struct cxio_xio *x)
{
	x->left = true;
	list_move_tail(&x->host_link, &x->host->leaving);
	cxio_life_replaced(&x->life);
	/* What was received and not delivered comes again on another carrier. */
	cxio_drop_arrivals(x);
}

/**
 * cxio_xio_deadline() - when a carrier is to be served at the latest
 * @x: the carrier
 *
 * Context: the work that serves it. Return: a time, perhaps past, or CXIO_NEVER.
 */
u64 cxio_xio_deadline(struct cxio_xio *x)
{
	return cxio_life_deadline(&x->life, cxio_life_flows(&x->life) && cxio_send_slot(x));
}

/* --- without a host --- */

static void set_timer(struct cxio_xio *x)
{
	u64 due = cxio_xio_deadline(x), now = ktime_get_ns();

	if (due == CXIO_NEVER)
		return;
	cxio_xio_get(x);
	if (cxio_portal_delay(&x->work, due > now ? nsecs_to_jiffies(due - now) + 1 : 1))
		cxio_xio_put(x);
}

static void serve_alone(struct cxio_xio *x)
{
	/* Pairs with the release in accept_request(), which kicks again. */
	if (smp_load_acquire(&x->accepting) || x->life.state == CXIO_CLOSED)
		return;
	cxio_xio_serve(x);
	/* The last that is done with it here: its host's work may have begun already. */
	if (x->wants_host && x->life.state < CXIO_DISCONNECTING && cxio_find_host(x))
		return;
	if (cxio_xio_settle(x))
		set_timer(x);
}

static void carrier_work(struct work_struct *work)
{
	struct cxio_xio *x = container_of(to_delayed_work(work), struct cxio_xio, work);
	/* Write-back may wait for us: what the RDMA core allocates must not wait for it. */
	unsigned int noio = memalloc_noio_save();
	struct cxio_connection *host = get_host(x);

	if (host) {
		/* Queued before it had one. */
		cxio_connection_kick(host);
		cxio_connection_put(host);
	} else {
		serve_alone(x);
	}
	memalloc_noio_restore(noio);
	cxio_xio_put(x);
}
