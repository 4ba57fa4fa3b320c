// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections by the RDMA connection manager: listen, accept, refuse, connect,
 * disconnect. Handlers note what happened; the connection's work acts on it.
 */
#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <rdma/ib_cm.h>

#include "control.h"

#define RESOLVE_MS	3000
#define LISTEN_BACKLOG	128

/**
 * struct cxio_listener - an address listened on
 * @link: messenger->lock; whoever takes it out destroys the listener
 * @messenger: whose it is
 * @id: CM id, whose context this is
 * @addr: the address
 * @policy: of what peers begin
 * @secret: what peers must know, or NULL; a reference
 * @moved: its address leads to another device, or another of its ports
 * @gone: destroys it when its device goes away, or makes it anew
 */
struct cxio_listener {
	struct list_head link;
	struct cxio_messenger *messenger;
	struct rdma_cm_id *id;
	struct sockaddr_storage addr;
	struct cxio_policy policy;
	struct cxio_secret *secret;
	bool moved;
	struct work_struct gone;
};

/* Held while a listener is made, and while its device's removal destroys it. */
static DEFINE_MUTEX(listen_lock);

static void fill_param(struct rdma_conn_param *param, const struct cxio_wire_hello *hello, u32 len)
{
	memset(param, 0, sizeof(*param));
	param->private_data = hello;
	param->private_data_len = len;
	param->responder_resources = cxio_limits()->read_depth;
	param->initiator_depth = cxio_limits()->read_depth;
	param->retry_count = 7;
	/* Credits see to it that a receive is posted: a violation is to show. */
	param->rnr_retry_count = 0;
}

/* Why the queue pair could not be made; what follows it may fail otherwise. */
static enum cxio_fault qp_fault(int err)
{
	if (!err)
		return CXIO_FAULT_TRANSPORT;
	return err == -ENODEV ? CXIO_FAULT_DEVICE : CXIO_FAULT_NO_MEMORY;
}

static enum cxio_fault connect_fault(int err)
{
	return err == -ECONNREFUSED ? CXIO_FAULT_REFUSED : CXIO_FAULT_UNREACHABLE;
}

/* --- events of a carrier's id --- */

/* READs that both devices and both sides can have at once. */
static void agree_on_reads(struct cxio_xio *x, u32 by_cm)
{
	cxio_reads_init(&x->reads, CXIO_READS, x->agreed.peer_read_depth, by_cm);
}

static void note_hello(struct cxio_xio *x, const struct rdma_cm_event *ev)
{
	struct cxio_agreed agreed;
	enum cxio_fault fault;

	fault = cxio_hello_decode(&x->messenger->limits, ev->param.conn.private_data,
				  ev->param.conn.private_data_len, &agreed);
	spin_lock_bh(&x->lock);
	x->agreed = agreed;
	agree_on_reads(x, ev->param.conn.initiator_depth);
	if (fault && !x->cm_fault)
		x->cm_fault = fault;
	if (!fault)
		cxio_auth_hello(&x->auth, false, ev->param.conn.private_data,
				ev->param.conn.private_data_len);
	spin_unlock_bh(&x->lock);
}

static void note_fault(struct cxio_xio *x, u32 fault, bool by_peer)
{
	spin_lock_bh(&x->lock);
	if (!x->cm_fault) {
		x->cm_fault = fault;
		x->cm_fault_by_peer = by_peer;
	}
	spin_unlock_bh(&x->lock);
}

static void note_reject(struct cxio_xio *x, const struct rdma_cm_event *ev)
{
	struct cxio_refusal refusal;

	if (cxio_refusal_decode(ev->param.conn.private_data, ev->param.conn.private_data_len,
				&refusal))
		note_fault(x, refusal.reason, true);
	else
		note_fault(x, CXIO_FAULT_REFUSED, false);
}

static int carrier_event(struct rdma_cm_id *id, struct rdma_cm_event *ev)
{
	struct cxio_xio *x = id->context;

	switch (ev->event) {
	case RDMA_CM_EVENT_ESTABLISHED:
		if (x->life.active)
			note_hello(x, ev);
		break;
	case RDMA_CM_EVENT_REJECTED:
		note_reject(x, ev);
		break;
	case RDMA_CM_EVENT_ADDR_ERROR:
		note_fault(x, ev->status == -ENODEV ? CXIO_FAULT_NO_DEVICE :
			   CXIO_FAULT_UNREACHABLE, false);
		break;
	case RDMA_CM_EVENT_ROUTE_ERROR:
		note_fault(x, CXIO_FAULT_UNREACHABLE, false);
		break;
	case RDMA_CM_EVENT_UNREACHABLE:
		note_fault(x, CXIO_FAULT_TIMEOUT, false);
		break;
	case RDMA_CM_EVENT_CONNECT_ERROR:
		note_fault(x, connect_fault(ev->status), false);
		break;
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		note_fault(x, CXIO_FAULT_DEVICE, false);
		break;
	default:
		break;
	}
	spin_lock_bh(&x->lock);
	x->cm_events |= BIT(ev->event);
	spin_unlock_bh(&x->lock);
	cxio_xio_kick(x);
	return 0;
}

/* --- passive side --- */

static int refuse(struct rdma_cm_id *id, enum cxio_fault reason)
{
	struct cxio_wire_refusal refusal;
	u32 len = cxio_refusal_encode(reason, &refusal);

	pr_notice_ratelimited("%pISpc: refused: %s\n", &id->route.addr.dst_addr,
			      cxio_fault_text(reason));
	rdma_reject(id, &refusal, len, IB_CM_REJ_CONSUMER_DEFINED);
	/* Not zero: the CM destroys the id. */
	return -ECONNREFUSED;
}

static enum cxio_fault add_fault(int err)
{
	return err == -EMFILE ? CXIO_FAULT_TOO_MANY : CXIO_FAULT_SHUTDOWN;
}

static int make_carrier(struct cxio_listener *l, struct rdma_cm_id *id,
			const struct rdma_cm_event *ev)
{
	struct cxio_wire_hello hello;
	struct rdma_conn_param param;
	struct cxio_agreed agreed;
	enum cxio_fault fault;
	struct cxio_xio *x;
	u32 len;
	int err;

	fault = cxio_hello_decode(&l->messenger->limits, ev->param.conn.private_data,
				  ev->param.conn.private_data_len, &agreed);
	if (fault)
		return refuse(id, fault);
	x = cxio_xio_new(l->messenger, NULL, (struct sockaddr *)&id->route.addr.dst_addr,
			 l->secret);
	if (!x)
		return refuse(id, CXIO_FAULT_NO_MEMORY);
	x->policy = l->policy;
	x->agreed = agreed;
	cxio_auth_hello(&x->auth, true, ev->param.conn.private_data,
			ev->param.conn.private_data_len);
	agree_on_reads(x, ev->param.conn.initiator_depth);
	x->cm_id = id;
	x->accepting = true;
	err = cxio_messenger_add_carrier(l->messenger, x);
	if (err) {
		cxio_xio_put(x);
		return refuse(id, add_fault(err));
	}
	/* From here on the carrier owns the id; our reference is the context's. */
	id->context = x;
	id->event_handler = carrier_event;
	err = cxio_create_qp(x);
	fault = qp_fault(err);
	if (err) {
		refuse(id, fault);
	} else {
		len = cxio_hello_encode(&x->messenger->limits, &agreed, &hello);
		cxio_auth_hello(&x->auth, false, &hello, len);
		fill_param(&param, &hello, len);
		x->established = true;
		err = rdma_accept(id, &param);
	}
	/* Pairs with the acquire in carrier_work(): now the work owns it all. */
	smp_store_release(&x->accepting, false);
	if (err)
		cxio_xio_abort(x, fault);
	else
		cxio_xio_kick(x);
	return 0;
}

/* In the CM's own work: others' connections, which write-back may wait for, wait for it. */
static int accept_request(struct cxio_listener *l, struct rdma_cm_id *id,
			  const struct rdma_cm_event *ev)
{
	unsigned int noio = memalloc_noio_save();
	int ret = make_carrier(l, id, ev);

	memalloc_noio_restore(noio);
	return ret;
}

static void free_listener(struct cxio_listener *l)
{
	cxio_secret_put(l->secret);
	kfree(l);
}

static void unlink_listener(struct cxio_listener *l)
{
	spin_lock_bh(&l->messenger->lock);
	list_del_init(&l->link);
	spin_unlock_bh(&l->messenger->lock);
}

static int listener_event(struct rdma_cm_id *id, struct rdma_cm_event *ev);

/* Return: 0 or a negative errno; then it has no id. */
static int open_listener(struct cxio_listener *l)
{
	struct rdma_cm_id *id;
	int err = 0;

	id = rdma_create_id(l->messenger->net, listener_event, l, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id))
		return PTR_ERR(id);
	l->id = id;
	if (l->addr.ss_family == AF_INET6)
		err = rdma_set_afonly(id, 1);
	if (!err)
		err = rdma_bind_addr(id, (struct sockaddr *)&l->addr);
	if (!err)
		err = rdma_listen(id, LISTEN_BACKLOG);
	if (err) {
		rdma_destroy_id(id);
		l->id = NULL;
	}
	return err;
}

/*
 * Its device goes away, or its address leads to another one now. Return: false if nobody
 * listens there any more.
 */
static bool listen_again(struct cxio_listener *l)
{
	bool moved = READ_ONCE(l->moved);

	rdma_destroy_id(l->id);
	/* Of that id's events one may have come since this began; there are no more. */
	cancel_work(&l->gone);
	WRITE_ONCE(l->moved, false);
	if (moved && !open_listener(l))
		return true;
	unlink_listener(l);
	pr_notice("%pISpc: listening no more: %s\n", &l->addr,
		  moved ? "the address has moved" : "RDMA device removed");
	cxio_event_unlistened(l->messenger->net, &l->addr,
			      moved ? CXIO_FAULT_UNREACHABLE : CXIO_FAULT_DEVICE);
	return false;
}

static void listener_gone(struct work_struct *work)
{
	struct cxio_listener *l = container_of(work, struct cxio_listener, gone);
	bool over;

	/*
	 * cxio_listen() may not be done with it; and cxio_unlisten(), behind which the
	 * messenger may go, waits until no handler of it runs any more.
	 */
	mutex_lock(&listen_lock);
	/* Whoever took it out of the list waits for this. */
	over = !list_empty(&l->link) && !listen_again(l);
	mutex_unlock(&listen_lock);
	if (over)
		free_listener(l);
}

static int listener_event(struct rdma_cm_id *id, struct rdma_cm_event *ev)
{
	struct cxio_listener *l = id->context;

	if (ev->event == RDMA_CM_EVENT_CONNECT_REQUEST)
		return accept_request(l, id, ev);
	if (ev->event == RDMA_CM_EVENT_ADDR_CHANGE)
		WRITE_ONCE(l->moved, true);
	/* A listener's id cannot be destroyed in its own handler. */
	if (ev->event == RDMA_CM_EVENT_DEVICE_REMOVAL || ev->event == RDMA_CM_EVENT_ADDR_CHANGE)
		cxio_portal_run(&l->gone);
	return 0;
}

/**
 * cxio_listen() - listen on an address
 * @m: the messenger
 * @addr: IPv4 or IPv6, with a port
 * @policy: of what peers begin, that of a server: %CXIO_STATELESS_SERVER, or
 *	%CXIO_STATEFUL_SERVER, whose sessions survive the loss of a carrier
 * @secret: what peers must know as we do, of which a reference is taken; NULL: nothing
 *
 * Context: may sleep. Return: 0 or a negative errno: -EINVAL if a policy is none of a
 * server, -EADDRINUSE, -ENODEV, -EADDRNOTAVAIL, -ENOMEM, -ESHUTDOWN.
 */
int cxio_listen(struct cxio_messenger *m, const struct sockaddr *addr,
		enum cxio_policy_kind policy, struct cxio_secret *secret)
{
	struct cxio_listener *l;
	bool stopping;
	int err;

	/* Where a peer that does not come back could be connected to, nobody here knows. */
	if (policy != CXIO_STATELESS_SERVER && policy != CXIO_STATEFUL_SERVER)
		return -EINVAL;
	l = kzalloc(sizeof(*l), GFP_KERNEL);
	if (!l)
		return -ENOMEM;
	l->messenger = m;
	l->policy = cxio_policy(policy);
	l->secret = cxio_secret_get(secret);
	memcpy(&l->addr, addr, cxio_address_len(addr));
	INIT_WORK(&l->gone, listener_gone);
	INIT_LIST_HEAD(&l->link);
	mutex_lock(&listen_lock);
	/* In the list before it can hear of its device's removal. */
	spin_lock_bh(&m->lock);
	stopping = m->stopping;
	list_add_tail(&l->link, &m->listeners);
	spin_unlock_bh(&m->lock);
	err = stopping ? -ESHUTDOWN : open_listener(l);
	if (err)
		unlink_listener(l);
	mutex_unlock(&listen_lock);
	if (err) {
		cancel_work_sync(&l->gone);
		free_listener(l);
	}
	return err;
}
EXPORT_SYMBOL_NS_GPL(cxio_listen, CEPH_XIO);

static struct cxio_listener *take_listener(struct cxio_messenger *m, const struct sockaddr *addr)
{
	struct cxio_listener *l, *found = NULL;

	spin_lock_bh(&m->lock);
	list_for_each_entry(l, &m->listeners, link) {
		if (!addr || cxio_address_same((struct sockaddr *)&l->addr, addr)) {
			list_del_init(&l->link);
			found = l;
			break;
		}
	}
	spin_unlock_bh(&m->lock);
	return found;
}

/**
 * cxio_unlisten() - listen no more
 * @m: the messenger
 * @addr: on this address, or NULL for all
 *
 * Context: may sleep. Return: 0, or -ENOENT if nobody listened there.
 */
int cxio_unlisten(struct cxio_messenger *m, const struct sockaddr *addr)
{
	struct cxio_listener *l;
	int err = -ENOENT;

	for (;;) {
		/* One that is still being made is waited for. */
		mutex_lock(&listen_lock);
		l = take_listener(m, addr);
		mutex_unlock(&listen_lock);
		if (!l)
			return err;
		err = 0;
		rdma_destroy_id(l->id);
		cancel_work_sync(&l->gone);
		cxio_event_unlistened(m->net, &l->addr, READ_ONCE(m->stopping) ?
				      CXIO_FAULT_SHUTDOWN : CXIO_FAULT_NONE);
		free_listener(l);
	}
}
EXPORT_SYMBOL_NS_GPL(cxio_unlisten, CEPH_XIO);

/**
 * cxio_listener_nth() - look at a listener
 * @m: the messenger
 * @n: which of its listeners
 * @addr: set to its address
 *
 * Context: any but hard interrupts. Return: false if there are not that many.
 */
bool cxio_listener_nth(struct cxio_messenger *m, unsigned int n, struct sockaddr_storage *addr)
{
	struct cxio_listener *l;
	bool found = false;

	spin_lock_bh(&m->lock);
	list_for_each_entry(l, &m->listeners, link) {
		if (n--)
			continue;
		*addr = l->addr;
		found = true;
		break;
	}
	spin_unlock_bh(&m->lock);
	return found;
}

/* --- active side, in the work that serves it --- */

/**
 * cxio_connect() - begin to connect
 * @x: an active carrier
 *
 * Context: the work that serves it.
 */
void cxio_connect(struct cxio_xio *x)
{
	struct rdma_cm_id *id;
	int err;

	id = rdma_create_id(x->messenger->net, carrier_event, x, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id)) {
		cxio_life_end(&x->life, CXIO_FAULT_NO_MEMORY, false);
		return;
	}
	cxio_xio_get(x);
	x->cm_id = id;
	err = rdma_resolve_addr(id, NULL, (struct sockaddr *)&x->peer, RESOLVE_MS);
	if (err)
		cxio_life_end(&x->life, err == -ENODEV ? CXIO_FAULT_NO_DEVICE :
				    CXIO_FAULT_UNREACHABLE, false);
}

static void route_resolved(struct cxio_xio *x)
{
	struct cxio_wire_hello hello;
	struct rdma_conn_param param;
	u32 len;
	int err;

	err = cxio_create_qp(x);
	if (err) {
		cxio_life_end(&x->life, qp_fault(err), false);
		return;
	}
	len = cxio_hello_encode(&x->messenger->limits, NULL, &hello);
	cxio_auth_hello(&x->auth, true, &hello, len);
	fill_param(&param, &hello, len);
	/* Soft-iWARP's waits for TCP, and says at once what came of it. */
	err = rdma_connect(x->cm_id, &param);
	if (err)
		cxio_life_end(&x->life, connect_fault(err), false);
}

/**
 * cxio_cm_service() - act on what the CM's handlers noted
 * @x: the carrier
 * @events: BIT(enum rdma_cm_event_type)
 *
 * Context: the work that serves it.
 */
void cxio_cm_service(struct cxio_xio *x, unsigned long events)
{
	bool by_peer;
	u32 fault;

	spin_lock_bh(&x->lock);
	fault = x->cm_fault;
	by_peer = x->cm_fault_by_peer;
	spin_unlock_bh(&x->lock);

	if (events & BIT(RDMA_CM_EVENT_ESTABLISHED))
		x->established = true;
	if (fault) {
		cxio_life_end(&x->life, fault, by_peer);
		return;
	}
	if ((events & BIT(RDMA_CM_EVENT_ADDR_RESOLVED)) && x->life.state == CXIO_CONNECTING &&
	    rdma_resolve_route(x->cm_id, RESOLVE_MS))
		cxio_life_end(&x->life, CXIO_FAULT_UNREACHABLE, false);
	if ((events & BIT(RDMA_CM_EVENT_ROUTE_RESOLVED)) && x->life.state == CXIO_CONNECTING)
		route_resolved(x);
	if (events & BIT(RDMA_CM_EVENT_ESTABLISHED))
		cxio_xio_established(x);
	/* The route is another one now: a lossless session finds it anew, at once. */
	if (events & BIT(RDMA_CM_EVENT_ADDR_CHANGE)) {
		x->moved = !x->life.ending;
		cxio_life_end(&x->life, CXIO_FAULT_UNREACHABLE, false);
	}
	/* Why, the frames that came before may say: see tear_down(). */
	if (events & BIT(RDMA_CM_EVENT_DISCONNECTED))
		cxio_life_lost(&x->life);
}
