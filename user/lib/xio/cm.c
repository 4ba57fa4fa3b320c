// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connections by the RDMA connection manager: listen, accept, refuse, connect,
 * disconnect. All events of a messenger come over one channel into its portal.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "xio.h"

#define RESOLVE_MS	3000
#define LISTEN_BACKLOG	128
/* InfiniBand's reject reasons, as the CM reports them. */
#define REJ_INVALID_SERVICE_ID	8

/**
 * struct xio_listener - a bound address
 * @link: in the messenger's list
 * @id: CM id, whose context this is
 * @port: in host order
 */
struct xio_listener {
	struct cxio_link link;
	struct rdma_cm_id *id;
	u16 port;
};

static void cm_ready(struct cxio_source *s);

int xio_open(struct cxio_messenger *m)
{
	int err;

	m->cm_channel = rdma_create_event_channel();
	if (!m->cm_channel)
		return -errno;
	m->cm.fd = m->cm_channel->fd;
	m->cm.ready = cm_ready;
	if (fcntl(m->cm.fd, F_SETFL, O_NONBLOCK))
		err = -errno;
	else
		err = cxio_portal_watch(&m->portal, &m->cm);
	if (err)
		rdma_destroy_event_channel(m->cm_channel);
	return err;
}

void xio_close(struct cxio_messenger *m)
{
	/* Never started: no portal thread did it. */
	xio_unlisten_all(m);
	cxio_portal_unwatch(&m->portal, &m->cm);
	rdma_destroy_event_channel(m->cm_channel);
}

/* --- listening --- */

static void destroy_listener(struct xio_listener *l)
{
	rdma_destroy_id(l->id);
	free(l);
}

int xio_listen(struct cxio_messenger *m, const struct sockaddr *addr, socklen_t len)
{
	struct xio_listener *l;
	int err, v6only = 1;
	bool stopping;

	if (len < (addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
						 sizeof(struct sockaddr_in)))
		return -EINVAL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	cxio_list_init(&l->link);
	if (rdma_create_id(m->cm_channel, &l->id, NULL, RDMA_PS_TCP)) {
		err = -errno;
		free(l);
		return err;
	}
	if (addr->sa_family == AF_INET6)
		rdma_set_option(l->id, RDMA_OPTION_ID, RDMA_OPTION_ID_AFONLY, &v6only,
				sizeof(v6only));
	if (rdma_bind_addr(l->id, (struct sockaddr *)(uintptr_t)addr) ||
	    rdma_listen(l->id, LISTEN_BACKLOG)) {
		err = -errno;
		destroy_listener(l);
		return err;
	}
	l->port = ntohs(rdma_get_src_port(l->id));
	pthread_mutex_lock(&m->portal.lock);
	stopping = m->portal.stopping;
	if (!stopping)
		cxio_list_append(&m->listeners, &l->link);
	pthread_mutex_unlock(&m->portal.lock);
	if (!stopping)
		return 0;
	destroy_listener(l);
	return -ESHUTDOWN;
}

u16 xio_listen_port(struct cxio_messenger *m)
{
	u16 port = 0;

	pthread_mutex_lock(&m->portal.lock);
	if (!cxio_list_empty(&m->listeners))
		port = cxio_entry(m->listeners.next, struct xio_listener, link)->port;
	pthread_mutex_unlock(&m->portal.lock);
	return port;
}

void xio_unlisten_all(struct cxio_messenger *m)
{
	struct cxio_link all;

	cxio_list_init(&all);
	pthread_mutex_lock(&m->portal.lock);
	cxio_list_move_all(&m->listeners, &all);
	pthread_mutex_unlock(&m->portal.lock);
	while (!cxio_list_empty(&all)) {
		struct xio_listener *l = cxio_entry(all.next, struct xio_listener, link);

		cxio_list_remove(&l->link);
		destroy_listener(l);
	}
}

/* --- both sides --- */

static struct cxio_xio *attach(struct cxio_connection *c, struct rdma_cm_id *id)
{
	struct cxio_xio *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->connection = c;
	x->id = id;
	id->context = x;
	c->xio = x;
	return x;
}

void xio_teardown(struct cxio_connection *c)
{
	struct cxio_xio *x = c->xio;

	if (!x)
		return;
	c->xio = NULL;
	if (x->established)
		rdma_disconnect(x->id);
	xio_destroy_qp(x);
	rdma_destroy_id(x->id);
	free(x);
}

static void fill_param(struct cxio_connection *c, struct rdma_conn_param *param,
		       const struct cxio_wire_hello *hello, u32 len)
{
	memset(param, 0, sizeof(*param));
	param->private_data = hello;
	param->private_data_len = (u8)len;
	param->responder_resources = c->messenger->limits.read_depth;
	param->initiator_depth = c->messenger->limits.read_depth;
	param->retry_count = 7;
	/* Credits see to it that a receive is posted: a violation is to show. */
	param->rnr_retry_count = 0;
}

/* --- passive side --- */

static void refuse(struct rdma_cm_id *id, enum cxio_fault reason)
{
	struct cxio_wire_refusal refusal;
	u32 len = cxio_refusal_encode((u16)reason, &refusal);

	rdma_reject(id, &refusal, (u8)len);
}

/*
 * A request came in. Return: true if the id has found an owner, else it is to be
 * destroyed when the event has been acknowledged.
 */
static bool accept_request(struct cxio_messenger *m, struct rdma_cm_event *ev)
{
	struct rdma_conn_param param;
	struct cxio_wire_hello hello;
	struct cxio_agreed agreed;
	struct cxio_connection *c;
	enum cxio_fault fault;
	u32 len;

	fault = cxio_hello_decode(&m->limits, ev->param.conn.private_data,
				  ev->param.conn.private_data_len, &agreed);
	if (!fault && m->accepted >= CXIO_MAX_ACCEPTED)
		fault = CXIO_FAULT_TOO_MANY;
	if (fault) {
		refuse(ev->id, fault);
		cxio_dispatch_refused(m, rdma_get_peer_addr(ev->id), fault);
		return false;
	}
	c = cxio_connection_new(m, false, rdma_get_peer_addr(ev->id),
				sizeof(struct sockaddr_storage));
	if (!c || !attach(c, ev->id)) {
		cxio_connection_put(c);
		refuse(ev->id, CXIO_FAULT_NO_MEMORY);
		return false;
	}
	m->accepted++;
	cxio_connection_adopt(c);
	cxio_connection_put(c);
	c->xio->agreed = agreed;
	if (xio_create_qp(c->xio)) {
		refuse(ev->id, CXIO_FAULT_NO_MEMORY);
		cxio_connection_end(c, CXIO_FAULT_NO_MEMORY, false, NULL);
		return true;
	}
	len = cxio_hello_encode(&m->limits, &agreed, &hello);
	fill_param(c, &param, &hello, len);
	if (rdma_accept(ev->id, &param))
		cxio_connection_end(c, CXIO_FAULT_TRANSPORT, false, "accepting failed");
	else
		c->xio->established = true;
	return true;
}

/* --- active side --- */

void xio_connect(struct cxio_connection *c)
{
	struct rdma_cm_id *id;

	if (rdma_create_id(c->messenger->cm_channel, &id, NULL, RDMA_PS_TCP)) {
		cxio_connection_end(c, CXIO_FAULT_NO_MEMORY, false, NULL);
		return;
	}
	if (!attach(c, id)) {
		rdma_destroy_id(id);
		cxio_connection_end(c, CXIO_FAULT_NO_MEMORY, false, NULL);
		return;
	}
	if (rdma_resolve_addr(id, NULL, (struct sockaddr *)&c->peer, RESOLVE_MS))
		cxio_connection_end(c, CXIO_FAULT_NO_DEVICE, false, NULL);
}

static void address_resolved(struct cxio_connection *c)
{
	if (rdma_resolve_route(c->xio->id, RESOLVE_MS))
		cxio_connection_end(c, CXIO_FAULT_UNREACHABLE, false, NULL);
}

static void route_resolved(struct cxio_connection *c)
{
	struct rdma_conn_param param;
	struct cxio_wire_hello hello;
	u32 len;

	if (xio_create_qp(c->xio)) {
		cxio_connection_end(c, CXIO_FAULT_NO_MEMORY, false,
				    "creating the queue pair failed; is 'ulimit -l' high enough?");
		return;
	}
	len = cxio_hello_encode(&c->messenger->limits, NULL, &hello);
	fill_param(c, &param, &hello, len);
	if (rdma_connect(c->xio->id, &param))
		cxio_connection_end(c, CXIO_FAULT_UNREACHABLE, false, NULL);
}

static void established(struct cxio_connection *c, const struct rdma_cm_event *ev)
{
	struct cxio_xio *x = c->xio;
	enum cxio_fault fault;

	x->established = true;
	if (c->life.active) {
		fault = cxio_hello_decode(&c->messenger->limits, ev->param.conn.private_data,
					  ev->param.conn.private_data_len, &x->agreed);
		if (fault) {
			cxio_connection_end(c, fault, false, NULL);
			return;
		}
	}
	cxio_connection_opened(c, &x->agreed);
}

static void rejected(struct cxio_connection *c, const struct rdma_cm_event *ev)
{
	struct cxio_refusal refusal;
	char text[160];

	if (cxio_refusal_decode(ev->param.conn.private_data, ev->param.conn.private_data_len,
				&refusal)) {
		snprintf(text, sizeof(text), "peer refused: %s", cxio_fault_text(refusal.reason));
		cxio_connection_end(c, refusal.reason, true, text);
	} else if (ev->status == REJ_INVALID_SERVICE_ID || ev->status == -ECONNREFUSED) {
		cxio_connection_end(c, CXIO_FAULT_REFUSED, false, NULL);
	} else {
		cxio_connection_end(c, CXIO_FAULT_REFUSED, false,
				    "connection refused: the peer speaks another protocol");
	}
}

/* Frames that came before the end are served first: CLOSE may be among them. */
static void disconnected(struct cxio_connection *c)
{
	xio_poll(c);
	cxio_connection_lost(c);
}

static void connection_event(struct cxio_connection *c, const struct rdma_cm_event *ev)
{
	switch (ev->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		address_resolved(c);
		break;
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		route_resolved(c);
		break;
	case RDMA_CM_EVENT_ESTABLISHED:
		established(c, ev);
		break;
	case RDMA_CM_EVENT_ADDR_ERROR:
		cxio_connection_end(c, ev->status == -ENODEV ? CXIO_FAULT_NO_DEVICE :
				    CXIO_FAULT_UNREACHABLE, false, NULL);
		break;
	case RDMA_CM_EVENT_ROUTE_ERROR:
		cxio_connection_end(c, CXIO_FAULT_UNREACHABLE, false, NULL);
		break;
	case RDMA_CM_EVENT_UNREACHABLE:
		cxio_connection_end(c, CXIO_FAULT_TIMEOUT, false, NULL);
		break;
	case RDMA_CM_EVENT_CONNECT_ERROR:
		cxio_connection_end(c, ev->status == -ECONNREFUSED ? CXIO_FAULT_REFUSED :
				    CXIO_FAULT_UNREACHABLE, false, NULL);
		break;
	case RDMA_CM_EVENT_REJECTED:
		rejected(c, ev);
		break;
	case RDMA_CM_EVENT_DISCONNECTED:
		disconnected(c);
		break;
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		cxio_connection_end(c, CXIO_FAULT_DEVICE, false, NULL);
		break;
	default:
		break;
	}
}

static void cm_ready(struct cxio_source *s)
{
	struct cxio_messenger *m = cxio_entry(s, struct cxio_messenger, cm);
	struct rdma_cm_id *orphan = NULL;
	struct rdma_cm_event *ev;

	if (rdma_get_cm_event(m->cm_channel, &ev))
		return;
	if (ev->event == RDMA_CM_EVENT_CONNECT_REQUEST) {
		if (!accept_request(m, ev))
			orphan = ev->id;
	} else if (ev->id->context) {
		connection_event(((struct cxio_xio *)ev->id->context)->connection, ev);
	}
	rdma_ack_cm_event(ev);
	if (orphan)
		rdma_destroy_id(orphan);
}
