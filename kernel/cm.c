// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections by the RDMA connection manager: listen, accept, refuse, connect,
 * disconnect. Handlers note what happened; the connection's work acts on it.
 */
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>
#include <rdma/ib_cm.h>

#include "ceph_xio.h"

#define RESOLVE_MS	3000
#define LISTEN_BACKLOG	128

/**
 * struct cxio_listener - an address listened on
 * @link: messenger->lock; whoever takes it out destroys the listener
 * @messenger: whose it is
 * @id: CM id, whose context this is
 * @addr: the address
 * @gone: destroys it when its device goes away
 */
struct cxio_listener {
	struct list_head link;
	struct cxio_messenger *messenger;
	struct rdma_cm_id *id;
	struct sockaddr_storage addr;
	struct work_struct gone;
};

/* Held while a listener is made: its device may go away in the middle. */
static DEFINE_MUTEX(listen_lock);

static size_t address_len(const struct sockaddr *sa)
{
	return sa->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
					   sizeof(struct sockaddr_in);
}

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

/* --- events of a connection's id --- */

static void note_hello(struct cxio_connection *c, const struct rdma_cm_event *ev)
{
	struct cxio_agreed agreed;
	enum cxio_fault fault;

	fault = cxio_hello_decode(cxio_limits(), ev->param.conn.private_data,
				  ev->param.conn.private_data_len, &agreed);
	spin_lock_bh(&c->lock);
	c->agreed = agreed;
	if (fault && !c->cm_fault)
		c->cm_fault = fault;
	spin_unlock_bh(&c->lock);
}

static void note_fault(struct cxio_connection *c, u32 fault, bool by_peer)
{
	spin_lock_bh(&c->lock);
	if (!c->cm_fault) {
		c->cm_fault = fault;
		c->cm_fault_by_peer = by_peer;
	}
	spin_unlock_bh(&c->lock);
}

static void note_reject(struct cxio_connection *c, const struct rdma_cm_event *ev)
{
	struct cxio_refusal refusal;

	if (cxio_refusal_decode(ev->param.conn.private_data, ev->param.conn.private_data_len,
				&refusal))
		note_fault(c, refusal.reason, true);
	else
		note_fault(c, CXIO_FAULT_REFUSED, false);
}

static int connection_event(struct rdma_cm_id *id, struct rdma_cm_event *ev)
{
	struct cxio_connection *c = id->context;

	switch (ev->event) {
	case RDMA_CM_EVENT_ESTABLISHED:
		if (c->life.active)
			note_hello(c, ev);
		break;
	case RDMA_CM_EVENT_REJECTED:
		note_reject(c, ev);
		break;
	case RDMA_CM_EVENT_ADDR_ERROR:
		note_fault(c, ev->status == -ENODEV ? CXIO_FAULT_NO_DEVICE :
			   CXIO_FAULT_UNREACHABLE, false);
		break;
	case RDMA_CM_EVENT_ROUTE_ERROR:
		note_fault(c, CXIO_FAULT_UNREACHABLE, false);
		break;
	case RDMA_CM_EVENT_UNREACHABLE:
		note_fault(c, CXIO_FAULT_TIMEOUT, false);
		break;
	case RDMA_CM_EVENT_CONNECT_ERROR:
		note_fault(c, ev->status == -ECONNREFUSED ? CXIO_FAULT_REFUSED :
			   CXIO_FAULT_UNREACHABLE, false);
		break;
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		note_fault(c, CXIO_FAULT_DEVICE, false);
		break;
	default:
		break;
	}
	spin_lock_bh(&c->lock);
	c->cm_events |= BIT(ev->event);
	spin_unlock_bh(&c->lock);
	cxio_connection_kick(c);
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

static int accept_request(struct cxio_listener *l, struct rdma_cm_id *id,
			  const struct rdma_cm_event *ev)
{
	struct cxio_wire_hello hello;
	struct rdma_conn_param param;
	struct cxio_connection *c;
	struct cxio_agreed agreed;
	enum cxio_fault fault;
	int err;

	fault = cxio_hello_decode(cxio_limits(), ev->param.conn.private_data,
				  ev->param.conn.private_data_len, &agreed);
	if (fault)
		return refuse(id, fault);
	c = cxio_connection_new(l->messenger, false, (struct sockaddr *)&id->route.addr.dst_addr);
	if (!c)
		return refuse(id, CXIO_FAULT_NO_MEMORY);
	cxio_life_connecting(&c->life);
	c->agreed = agreed;
	c->cm_id = id;
	c->accepting = true;
	err = cxio_messenger_add(l->messenger, c);
	if (err) {
		cxio_connection_put(c);
		return refuse(id, add_fault(err));
	}
	/* From here on the connection owns the id; our reference is the context's. */
	id->context = c;
	id->event_handler = connection_event;
	err = cxio_create_qp(c);
	fault = qp_fault(err);
	if (err) {
		refuse(id, fault);
	} else {
		fill_param(&param, &hello, cxio_hello_encode(cxio_limits(), &agreed, &hello));
		c->established = true;
		err = rdma_accept(id, &param);
	}
	/* Pairs with the acquire in connection_work(): now the work owns it all. */
	smp_store_release(&c->accepting, false);
	if (err)
		cxio_connection_abort(c, fault);
	else
		cxio_connection_kick(c);
	return 0;
}

static bool unlink_listener(struct cxio_listener *l)
{
	bool ours;

	spin_lock_bh(&l->messenger->lock);
	ours = !list_empty(&l->link);
	list_del_init(&l->link);
	spin_unlock_bh(&l->messenger->lock);
	return ours;
}

static void listener_gone(struct work_struct *work)
{
	struct cxio_listener *l = container_of(work, struct cxio_listener, gone);
	bool ours;

	/* cxio_listen() may not be done with it. */
	mutex_lock(&listen_lock);
	ours = unlink_listener(l);
	mutex_unlock(&listen_lock);
	if (!ours)
		return;
	pr_notice("%pISpc: listening no more: RDMA device removed\n", &l->addr);
	rdma_destroy_id(l->id);
	kfree(l);
}

static int listener_event(struct rdma_cm_id *id, struct rdma_cm_event *ev)
{
	struct cxio_listener *l = id->context;

	if (ev->event == RDMA_CM_EVENT_CONNECT_REQUEST)
		return accept_request(l, id, ev);
	/* A listener's id cannot be destroyed in its own handler. */
	if (ev->event == RDMA_CM_EVENT_DEVICE_REMOVAL)
		cxio_portal_run(&l->gone);
	return 0;
}

static bool same_address(const struct sockaddr_storage *a, const struct sockaddr *b)
{
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;

	if (a->ss_family != b->sa_family)
		return false;
	if (b->sa_family == AF_INET6)
		return a6->sin6_port == b6->sin6_port &&
		       ipv6_addr_equal(&a6->sin6_addr, &b6->sin6_addr);
	return a4->sin_port == b4->sin_port && a4->sin_addr.s_addr == b4->sin_addr.s_addr;
}

/**
 * cxio_listen() - listen on an address
 * @m: the messenger
 * @addr: IPv4 or IPv6, with a port
 *
 * Context: may sleep. Return: 0 or a negative errno: -EADDRINUSE, -ENODEV.
 */
int cxio_listen(struct cxio_messenger *m, const struct sockaddr *addr)
{
	struct cxio_listener *l = kzalloc(sizeof(*l), GFP_KERNEL);
	struct rdma_cm_id *id;
	bool stopping, ours;
	int err;

	if (!l)
		return -ENOMEM;
	l->messenger = m;
	memcpy(&l->addr, addr, address_len(addr));
	INIT_WORK(&l->gone, listener_gone);
	INIT_LIST_HEAD(&l->link);
	id = rdma_create_id(m->net, listener_event, l, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id)) {
		kfree(l);
		return PTR_ERR(id);
	}
	l->id = id;
	mutex_lock(&listen_lock);
	/* In the list before it can hear of its device's removal. */
	spin_lock_bh(&m->lock);
	stopping = m->stopping;
	list_add_tail(&l->link, &m->listeners);
	spin_unlock_bh(&m->lock);

	err = stopping ? -ESHUTDOWN : 0;
	if (!err && addr->sa_family == AF_INET6)
		err = rdma_set_afonly(id, 1);
	if (!err)
		err = rdma_bind_addr(id, (struct sockaddr *)&l->addr);
	if (!err)
		err = rdma_listen(id, LISTEN_BACKLOG);
	ours = err && unlink_listener(l);
	mutex_unlock(&listen_lock);
	if (ours) {
		rdma_destroy_id(id);
		cancel_work_sync(&l->gone);
		kfree(l);
	}
	return err;
}

static struct cxio_listener *take_listener(struct cxio_messenger *m, const struct sockaddr *addr)
{
	struct cxio_listener *l, *found = NULL;

	spin_lock_bh(&m->lock);
	list_for_each_entry(l, &m->listeners, link) {
		if (!addr || same_address(&l->addr, addr)) {
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
		kfree(l);
	}
}

/* --- active side, in the connection's work --- */

/**
 * cxio_connect() - begin to connect
 * @c: an active connection
 *
 * Context: the connection's work.
 */
void cxio_connect(struct cxio_connection *c)
{
	struct rdma_cm_id *id;
	int err;

	id = rdma_create_id(c->messenger->net, connection_event, c, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id)) {
		cxio_life_end(&c->life, CXIO_FAULT_NO_MEMORY, false);
		return;
	}
	cxio_connection_get(c);
	c->cm_id = id;
	err = rdma_resolve_addr(id, NULL, (struct sockaddr *)&c->peer, RESOLVE_MS);
	if (err)
		cxio_life_end(&c->life, err == -ENODEV ? CXIO_FAULT_NO_DEVICE :
				    CXIO_FAULT_UNREACHABLE, false);
}

static void route_resolved(struct cxio_connection *c)
{
	struct cxio_wire_hello hello;
	struct rdma_conn_param param;
	int err;

	err = cxio_create_qp(c);
	if (err) {
		cxio_life_end(&c->life, qp_fault(err), false);
		return;
	}
	fill_param(&param, &hello, cxio_hello_encode(cxio_limits(), NULL, &hello));
	if (rdma_connect(c->cm_id, &param))
		cxio_life_end(&c->life, CXIO_FAULT_UNREACHABLE, false);
}

/**
 * cxio_cm_service() - act on what the CM's handlers noted
 * @c: the connection
 * @events: BIT(enum rdma_cm_event_type)
 *
 * Context: the connection's work.
 */
void cxio_cm_service(struct cxio_connection *c, unsigned long events)
{
	bool by_peer;
	u32 fault;

	spin_lock_bh(&c->lock);
	fault = c->cm_fault;
	by_peer = c->cm_fault_by_peer;
	spin_unlock_bh(&c->lock);

	if (events & BIT(RDMA_CM_EVENT_ESTABLISHED))
		c->established = true;
	if (fault) {
		cxio_life_end(&c->life, fault, by_peer);
		return;
	}
	if ((events & BIT(RDMA_CM_EVENT_ADDR_RESOLVED)) && c->life.state == CXIO_CONNECTING &&
	    rdma_resolve_route(c->cm_id, RESOLVE_MS))
		cxio_life_end(&c->life, CXIO_FAULT_UNREACHABLE, false);
	if ((events & BIT(RDMA_CM_EVENT_ROUTE_RESOLVED)) && c->life.state == CXIO_CONNECTING)
		route_resolved(c);
	if (events & BIT(RDMA_CM_EVENT_ESTABLISHED))
		cxio_connection_opened(c);
	/* Why, the frames that came before may say: see tear_down(). */
	if (events & BIT(RDMA_CM_EVENT_DISCONNECTED))
		cxio_life_lost(&c->life);
}

/**
 * cxio_disconnect() - stop the queue pair and wait until it has let go of all buffers
 * @c: a connection that ends
 *
 * Only the local flush is awaited, never the peer.
 *
 * Context: the connection's work.
 */
void cxio_disconnect(struct cxio_connection *c)
{
	if (!c->cm_id)
		return;
	if (c->established)
		rdma_disconnect(c->cm_id);
	if (c->cm_id->qp)
		ib_drain_qp(c->cm_id->qp);
}

/**
 * cxio_teardown() - give everything of the transport back
 * @c: a disconnected connection
 *
 * Context: the connection's work, not a CM handler.
 */
void cxio_teardown(struct cxio_connection *c)
{
	if (!c->cm_id)
		return;
	cxio_destroy_qp(c);
	cxio_device_leave(c);
	rdma_destroy_id(c->cm_id);
	c->cm_id = NULL;
	/* The reference of the id's context. */
	cxio_connection_put(c);
}
