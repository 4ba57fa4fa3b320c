// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connections by the RDMA connection manager: listen, accept, refuse, connect,
 * disconnect. The first portal's channel has the listeners' events; each carrier's
 * come to the portal it lives in.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "../address.h"
#include "xio.h"

#define RESOLVE_MS	3000
#define LISTEN_BACKLOG	1024
/* InfiniBand's reject reasons, as the CM reports them. */
#define REJ_INVALID_SERVICE_ID	8

/* How often it is tried to listen where a device had gone. */
#define RELISTEN_NS	500000000ull

static void cm_ready(struct cxio_source *s);

int xio_open_cm(struct xio_portal *p)
{
	int err;

	p->channel = rdma_create_event_channel();
	if (!p->channel)
		return -errno;
	p->cm.fd = p->channel->fd;
	p->cm.ready = cm_ready;
	if (fcntl(p->cm.fd, F_SETFL, O_NONBLOCK))
		err = -errno;
	else
		err = cxio_portal_watch(p->portal, &p->cm);
	if (err)
		rdma_destroy_event_channel(p->channel);
	return err;
}

void xio_close_cm(struct xio_portal *p)
{
	cxio_portal_unwatch(p->portal, &p->cm);
	rdma_destroy_event_channel(p->channel);
}

/* --- listening --- */

static void close_listener(struct xio_listener *l)
{
	if (l->verbs)
		cxio_context_unuse(l->verbs);
	if (l->id)
		rdma_destroy_id(l->id);
	l->verbs = NULL;
	l->id = NULL;
}

/* An address of a device is on that device: librdmacm has opened it. */
static int use_context(struct xio_listener *l)
{
	if (!l->id->verbs)
		return 0;
	if (!cxio_context_use(l->id->verbs))
		return -ENODEV;
	l->verbs = l->id->verbs;
	return 0;
}

/* Make the id of a listener. Its context stays NULL: that of a request is a copy. */
static int open_listener(struct xio_listener *l, struct rdma_event_channel *channel)
{
	int err, v6only = 1;

	if (rdma_create_id(channel, &l->id, NULL, RDMA_PS_TCP)) {
		l->id = NULL;
		return -errno;
	}
	if (l->addr.ss_family == AF_INET6)
		rdma_set_option(l->id, RDMA_OPTION_ID, RDMA_OPTION_ID_AFONLY, &v6only,
				sizeof(v6only));
	err = rdma_bind_addr(l->id, (struct sockaddr *)&l->addr) ? -errno : use_context(l);
	if (!err && rdma_listen(l->id, LISTEN_BACKLOG))
		err = -errno;
	if (err)
		close_listener(l);
	return err;
}

/**
 * xio_listen() - listen at an address
 * @m: the messenger
 * @addr: where; its port is filled in
 * @len: bytes of it
 *
 * Context: any thread. Return: 0 or a negative errno.
 */
int xio_listen(struct cxio_messenger *m, struct sockaddr_storage *addr, socklen_t len)
{
	const struct xio_portal *first = m->portal[0].transport;
	struct xio_net *net = m->transport_data;
	struct xio_listener *l;
	bool gone;
	int err;

	if (len < (addr->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
						 sizeof(struct sockaddr_in)))
		return -EINVAL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	cxio_list_init(&l->link);
	memcpy(&l->addr, addr, sizeof(l->addr));
	err = open_listener(l, first->channel);
	if (err) {
		free(l);
		return err;
	}
	cxio_address_set_port((struct sockaddr *)addr, ntohs(rdma_get_src_port(l->id)));
	memcpy(&l->addr, addr, sizeof(l->addr));
	pthread_mutex_lock(&net->lock);
	/* Of a removal before this the first portal has told those in the list. */
	gone = l->verbs && cxio_context_is_gone(l->verbs);
	if (!gone)
		cxio_list_append(&net->listeners, &l->link);
	pthread_mutex_unlock(&net->lock);
	if (!gone)
		return 0;
	close_listener(l);
	free(l);
	return -ENODEV;
}

void xio_unlisten(struct cxio_messenger *m)
{
	struct xio_net *net = m->transport_data;
	struct cxio_link all;

	if (!net)
		return;
	cxio_list_init(&all);
	pthread_mutex_lock(&net->lock);
	cxio_list_move_all(&net->listeners, &all);
	pthread_mutex_unlock(&net->lock);
	while (!cxio_list_empty(&all)) {
		struct xio_listener *l = cxio_entry(all.next, struct xio_listener, link);

		cxio_list_remove(&l->link);
		close_listener(l);
		free(l);
	}
}

static bool listens_on(const struct xio_listener *l, const char *node)
{
	return l->id && l->id->verbs && !strcmp(l->id->verbs->device->dev_name, node);
}

/**
 * xio_listeners_lost() - a device was removed
 * @net: whose; in the first portal
 * @node: name of the device's node
 *
 * What listens on all addresses is on no device, and need not be told.
 */
void xio_listeners_lost(struct xio_net *net, const char *node)
{
	struct cxio_portal *p = &net->messenger->portal[0];
	bool lost = false;
	struct cxio_link *l;

	pthread_mutex_lock(&net->lock);
	for (l = net->listeners.next; l != &net->listeners; l = l->next) {
		struct xio_listener *listener = cxio_entry(l, struct xio_listener, link);

		if (!listens_on(listener, node))
			continue;
		listener->lost = true;
		lost = true;
	}
	pthread_mutex_unlock(&net->lock);
	if (lost && net->retries)
		cxio_timer_set(&p->timers, &net->retry, p->now);
}

/**
 * xio_listener_moved() - the address of a listener leads elsewhere now
 * @net: whose; in the first portal
 * @id: the listener's
 */
void xio_listener_moved(struct xio_net *net, const struct rdma_cm_id *id)
{
	struct cxio_portal *p = &net->messenger->portal[0];
	struct cxio_link *l;

	pthread_mutex_lock(&net->lock);
	for (l = net->listeners.next; l != &net->listeners; l = l->next) {
		struct xio_listener *listener = cxio_entry(l, struct xio_listener, link);

		listener->lost = listener->lost || listener->id == id;
	}
	pthread_mutex_unlock(&net->lock);
	if (net->retries)
		cxio_timer_set(&p->timers, &net->retry, p->now);
}

/* The next that was lost, out of the list. */
static struct xio_listener *take_lost(struct xio_net *net)
{
	struct xio_listener *found = NULL;
	struct cxio_link *l;

	pthread_mutex_lock(&net->lock);
	for (l = net->listeners.next; l != &net->listeners && !found; l = l->next)
		if (cxio_entry(l, struct xio_listener, link)->lost)
			found = cxio_entry(l, struct xio_listener, link);
	if (found)
		cxio_list_remove(&found->link);
	pthread_mutex_unlock(&net->lock);
	return found;
}

/**
 * xio_listen_again() - listen where a device had gone, if it has come back
 * @t: the net's timer, of the first portal
 */
void xio_listen_again(struct cxio_timer *t)
{
	struct xio_net *net = cxio_entry(t, struct xio_net, retry);
	struct cxio_portal *p = &net->messenger->portal[0];
	const struct xio_portal *first = p->transport;
	struct xio_listener *l;
	struct cxio_link tried;

	cxio_list_init(&tried);
	while ((l = take_lost(net))) {
		if (l->id)
			close_listener(l);
		else
			l->lost = open_listener(l, first->channel);
		cxio_list_append(&tried, &l->link);
	}
	while (!cxio_list_empty(&tried)) {
		l = cxio_entry(tried.next, struct xio_listener, link);
		cxio_list_remove(&l->link);
		if (l->lost)
			cxio_timer_set(&p->timers, &net->retry, p->now + RELISTEN_NS);
		pthread_mutex_lock(&net->lock);
		cxio_list_append(&net->listeners, &l->link);
		pthread_mutex_unlock(&net->lock);
	}
}

/* --- both sides --- */

/**
 * xio_move_id() - let a carrier's events come to another portal
 * @x: the carrier; no event of it is in hand
 * @to: that portal
 *
 * Return: 0 or a negative errno.
 */
int xio_move_id(struct cxio_xio *x, struct cxio_portal *to)
{
	return rdma_migrate_id(x->id, ((struct xio_portal *)to->transport)->channel) ? -errno : 0;
}

static void fill_param(const struct cxio_xio *x, struct rdma_conn_param *param,
		       const struct cxio_wire_hello *hello, u32 len)
{
	memset(param, 0, sizeof(*param));
	param->private_data = hello;
	param->private_data_len = (u8)len;
	param->responder_resources = x->ours.read_depth;
	param->initiator_depth = x->ours.read_depth;
	/* 7 is for ever with soft-RoCE: a peer that vanishes would not be missed by sending. */
	param->retry_count = 6;
	/* Credits see to it that a receive is posted: a violation is to show. */
	param->rnr_retry_count = 0;
}

/* READs that both devices and both sides can have at once. */
static void agree_on_reads(struct cxio_xio *x, u32 by_cm)
{
	cxio_reads_init(&x->reads, x->ours.read_depth, x->agreed.peer_read_depth, by_cm);
}

/* --- passive side --- */

static void refuse(struct rdma_cm_id *id, enum cxio_fault reason)
{
	struct cxio_wire_refusal refusal;
	u32 len = cxio_refusal_encode((u16)reason, &refusal);

	rdma_reject(id, &refusal, (u8)len);
}

static bool too_many(struct cxio_messenger *m)
{
	const struct xio_net *net = m->transport_data;
	unsigned int carriers = atomic_load(&net->accepted);
	bool yes;

	pthread_mutex_lock(&m->registry_lock);
	yes = m->accepted >= m->options.max_connections;
	pthread_mutex_unlock(&m->registry_lock);
	/* Those that have no connection yet count, too. */
	return yes || (carriers > XIO_UNAGREED &&
		       carriers - XIO_UNAGREED >= m->options.max_connections);
}

/* Return: true if the id has found an owner. */
static bool admit(struct cxio_portal *p, struct rdma_cm_event *ev)
{
	struct cxio_messenger *m = p->messenger;
	struct cxio_agreed agreed;
	enum cxio_fault fault;
	struct cxio_xio *x;

	fault = cxio_hello_decode(&m->limits, ev->param.conn.private_data,
				  ev->param.conn.private_data_len, &agreed);
	if (!fault && too_many(m))
		fault = CXIO_FAULT_TOO_MANY;
	if (fault) {
		refuse(ev->id, fault);
		cxio_dispatch_rejected(m, rdma_get_peer_addr(ev->id), cxio_fault_text(fault));
		return false;
	}
	x = xio_new(p, NULL, false);
	if (!x) {
		refuse(ev->id, CXIO_FAULT_NO_MEMORY);
		return false;
	}
	x->device = xio_device_get(m->transport_data, ev->id->verbs);
	x->id = ev->id;
	x->id->context = x;
	x->agreed = agreed;
	cxio_auth_hello(&x->auth, true, ev->param.conn.private_data,
			ev->param.conn.private_data_len);
	agree_on_reads(x, ev->param.conn.initiator_depth);
	/* Other portals may have ended before there was this carrier to wait for. */
	if (cxio_messenger_is_stopping(m)) {
		refuse(ev->id, CXIO_FAULT_SHUTDOWN);
		xio_end(x, CXIO_FAULT_SHUTDOWN, false, NULL);
	} else {
		xio_hand_over(x, cxio_messenger_choose_portal(m));
	}
	return true;
}

/*
 * A request came in. It is answered in the portal where the carrier is to live.
 * Return: true if the id has found an owner, else it is to be destroyed when the event
 * has been acknowledged.
 */
static bool requested(struct cxio_portal *p, struct rdma_cm_event *ev)
{
	bool admitted;

	/* Its device was opened for this, whatever becomes of it. */
	if (!cxio_context_use(ev->id->verbs)) {
		refuse(ev->id, CXIO_FAULT_DEVICE);
		return false;
	}
	admitted = admit(p, ev);
	cxio_context_unuse(ev->id->verbs);
	return admitted;
}

/* What the device or its shared buffers have no room for. */
static void turn_away(struct cxio_xio *x, int err)
{
	enum cxio_fault fault = err == -ENOBUFS ? CXIO_FAULT_TOO_MANY : CXIO_FAULT_NO_MEMORY;

	refuse(x->id, fault);
	cxio_dispatch_rejected(x->messenger, rdma_get_peer_addr(x->id),
			       err == -ENOBUFS ? "no shared receive buffers are left" :
						 cxio_fault_text(fault));
	xio_end(x, fault, false, NULL);
}

/**
 * xio_accept() - answer the request a carrier was made for
 * @x: the carrier, where it is to live
 */
void xio_accept(struct cxio_xio *x)
{
	struct rdma_conn_param param;
	struct cxio_wire_hello hello;
	int err;
	u32 len;

	err = xio_create_qp(x);
	if (err) {
		turn_away(x, err);
		return;
	}
	len = cxio_hello_encode(&x->ours, &x->agreed, &hello);
	cxio_auth_hello(&x->auth, false, &hello, len);
	fill_param(x, &param, &hello, len);
	if (rdma_accept(x->id, &param))
		xio_end(x, CXIO_FAULT_TRANSPORT, false, "accepting failed");
	else
		x->established = true;
	xio_set_timer(x);
}

/* --- active side --- */

/**
 * xio_connect() - begin to connect
 * @x: a new carrier
 * @to: where to
 */
void xio_connect(struct cxio_xio *x, const struct sockaddr *to)
{
	const struct xio_portal *here = x->portal->transport;

	if (rdma_create_id(here->channel, &x->id, x, RDMA_PS_TCP)) {
		xio_end(x, CXIO_FAULT_NO_MEMORY, false, NULL);
		return;
	}
	if (rdma_resolve_addr(x->id, NULL, (struct sockaddr *)(uintptr_t)to, RESOLVE_MS))
		xio_end(x, CXIO_FAULT_NO_DEVICE, false, NULL);
}

static void address_resolved(struct cxio_xio *x)
{
	x->device = xio_device_get(x->messenger->transport_data, x->id->verbs);
	if (!x->device)
		xio_end(x, CXIO_FAULT_DEVICE, false, "the RDMA device cannot be used");
	else if (rdma_resolve_route(x->id, RESOLVE_MS))
		xio_end(x, CXIO_FAULT_UNREACHABLE, false, NULL);
}

static void route_resolved(struct cxio_xio *x)
{
	struct rdma_conn_param param;
	struct cxio_wire_hello hello;
	char text[160];
	u32 len;
	int err;

	err = xio_create_qp(x);
	if (err) {
		snprintf(text, sizeof(text), "creating the queue pair failed: %s%s",
			 strerror(-err), err == -ENOMEM ? "; is 'ulimit -l' high enough?" : "");
		xio_end(x, CXIO_FAULT_NO_MEMORY, false, text);
		return;
	}
	len = cxio_hello_encode(&x->ours, NULL, &hello);
	cxio_auth_hello(&x->auth, true, &hello, len);
	fill_param(x, &param, &hello, len);
	if (rdma_connect(x->id, &param))
		xio_end(x, CXIO_FAULT_UNREACHABLE, false, NULL);
}

static void established(struct cxio_xio *x, const struct rdma_cm_event *ev)
{
	enum cxio_fault fault;

	x->established = true;
	if (x->life.active) {
		fault = cxio_hello_decode(&x->ours, ev->param.conn.private_data,
					  ev->param.conn.private_data_len, &x->agreed);
		if (fault) {
			xio_end(x, fault, false, NULL);
			return;
		}
		cxio_auth_hello(&x->auth, false, ev->param.conn.private_data,
				ev->param.conn.private_data_len);
		agree_on_reads(x, ev->param.conn.initiator_depth);
	}
	xio_established(x);
}

static void rejected(struct cxio_xio *x, const struct rdma_cm_event *ev)
{
	struct cxio_refusal refusal;
	char text[160];

	if (cxio_refusal_decode(ev->param.conn.private_data, ev->param.conn.private_data_len,
				&refusal)) {
		snprintf(text, sizeof(text), "peer refused: %s", cxio_fault_text(refusal.reason));
		xio_end(x, refusal.reason, true, text);
	} else if (ev->status == REJ_INVALID_SERVICE_ID || ev->status == -ECONNREFUSED) {
		xio_end(x, CXIO_FAULT_REFUSED, false, NULL);
	} else {
		xio_end(x, CXIO_FAULT_REFUSED, false,
			"connection refused: the peer speaks another protocol");
	}
}

/* Frames that came before the end are served first: CLOSE may be among them. */
static void disconnected(struct cxio_xio *x)
{
	xio_poll(x);
	xio_lost(x);
}

static void carrier_event(struct cxio_xio *x, const struct rdma_cm_event *ev)
{
	switch (ev->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		address_resolved(x);
		break;
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		route_resolved(x);
		break;
	case RDMA_CM_EVENT_ESTABLISHED:
		established(x, ev);
		break;
	case RDMA_CM_EVENT_ADDR_ERROR:
		xio_end(x, ev->status == -ENODEV ? CXIO_FAULT_NO_DEVICE : CXIO_FAULT_UNREACHABLE,
			false, NULL);
		break;
	case RDMA_CM_EVENT_ROUTE_ERROR:
		xio_end(x, CXIO_FAULT_UNREACHABLE, false, NULL);
		break;
	case RDMA_CM_EVENT_UNREACHABLE:
		xio_end(x, CXIO_FAULT_TIMEOUT, false, NULL);
		break;
	case RDMA_CM_EVENT_CONNECT_ERROR:
		xio_end(x, ev->status == -ECONNREFUSED ? CXIO_FAULT_REFUSED :
			CXIO_FAULT_UNREACHABLE, false, NULL);
		break;
	case RDMA_CM_EVENT_REJECTED:
		rejected(x, ev);
		break;
	case RDMA_CM_EVENT_DISCONNECTED:
		disconnected(x);
		break;
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		if (x->device)
			xio_device_removed(x->device->net, x->device->verbs->device->dev_name);
		xio_end(x, CXIO_FAULT_DEVICE, false, NULL);
		break;
	case RDMA_CM_EVENT_ADDR_CHANGE:
		/* The route is another one now: a lossless session finds it anew, at once. */
		x->broke = !x->life.ending;
		xio_end(x, CXIO_FAULT_UNREACHABLE, false, "the address moved to another device");
		break;
	default:
		break;
	}
}

static void cm_ready(struct cxio_source *s)
{
	struct xio_portal *p = cxio_entry(s, struct xio_portal, cm);
	struct rdma_cm_id *orphan = NULL;
	struct rdma_cm_event *ev;

	if (rdma_get_cm_event(p->channel, &ev))
		return;
	if (ev->event == RDMA_CM_EVENT_CONNECT_REQUEST) {
		if (!requested(p->portal, ev))
			orphan = ev->id;
	} else if (ev->id->context) {
		carrier_event(ev->id->context, ev);
	} else if (ev->event == RDMA_CM_EVENT_DEVICE_REMOVAL) {
		xio_listeners_lost(p->portal->messenger->transport_data,
				   ev->id->verbs->device->dev_name);
	} else if (ev->event == RDMA_CM_EVENT_ADDR_CHANGE) {
		xio_listener_moved(p->portal->messenger->transport_data, ev->id);
	}
	rdma_ack_cm_event(ev);
	if (orphan)
		rdma_destroy_id(orphan);
}
