// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sockets over RDMA that are set up by the RDMA connection manager.
 *
 * It is Ceph's ms_async_rdma_cm=true with ms_async_rdma_type=iwarp, on InfiniBand and RoCE.
 * There is no private data, and nothing is asked of READs. A daemon of Ceph's gives up when it
 * sees an event that it does not know of: none but those of a connect, and of its end, are
 * ever caused.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "../address.h"
#include "rdma.h"

#define BACKLOG			128
/* InfiniBand's reason to reject where nobody listens. */
#define REJ_INVALID_SERVICE_ID	8

/**
 * struct listener - an address listened on
 * @link: in the net's list
 * @id: of the connection manager
 */
struct listener {
	struct cxio_link link;
	struct rdma_cm_id *id;
};

static struct rdma_event_channel *new_channel(void)
{
	struct rdma_event_channel *channel = rdma_create_event_channel();
	int err;

	if (!channel || !fcntl(channel->fd, F_SETFL, O_NONBLOCK))
		return channel;
	err = errno;
	rdma_destroy_event_channel(channel);
	errno = err;
	return NULL;
}

/* --- connecting --- */

/*
 * Retries when no slot is posted are for the other side's queue pair: it may send as much
 * as it likes. What this side gets is the peer's choice; Ceph's is none.
 */
static void fill_param(struct rdma_conn_param *param)
{
	memset(param, 0, sizeof(*param));
	param->retry_count = CXIO_EXCHANGE_RETRIES;
	param->rnr_retry_count = CXIO_EXCHANGE_RNR_RETRIES;
}

static int unreachable(struct cxio_rdma *r, int status)
{
	u32 fault = status == -ENODEV ? CXIO_FAULT_NO_DEVICE : CXIO_FAULT_UNREACHABLE;

	return cxio_rdma_break(r, status < 0 ? status : -EHOSTUNREACH, fault, NULL);
}

static void address_resolved(struct cxio_rdma *r)
{
	if (cxio_rdma_use_device(r, r->id->verbs, r->id->port_num))
		return;
	if (rdma_resolve_route(r->id, CXIO_EXCHANGE_RESOLVE_MS))
		unreachable(r, -errno);
}

static void route_resolved(struct cxio_rdma *r)
{
	struct rdma_conn_param param;

	if (cxio_rdma_make_qp(r))
		return;
	fill_param(&param);
	if (rdma_connect(r->id, &param))
		unreachable(r, -errno);
}

static void established(struct cxio_rdma *r)
{
	r->established = true;
	memcpy(&r->local, rdma_get_local_addr(r->id), sizeof(struct sockaddr_in6));
	cxio_rdma_quicken(r);
	cxio_rdma_opens(r);
}

static void rejected(struct cxio_rdma *r, int status)
{
	bool nobody = status == REJ_INVALID_SERVICE_ID || status == -ECONNREFUSED;

	cxio_rdma_break(r, -ECONNREFUSED, CXIO_FAULT_REFUSED, nobody ? NULL :
			"connection refused: the peer speaks another protocol");
}

static void happened(struct cxio_rdma *r, enum rdma_cm_event_type what, int status)
{
	switch (what) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		address_resolved(r);
		break;
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		route_resolved(r);
		break;
	case RDMA_CM_EVENT_ESTABLISHED:
		established(r);
		break;
	case RDMA_CM_EVENT_ADDR_ERROR:
	case RDMA_CM_EVENT_ROUTE_ERROR:
	case RDMA_CM_EVENT_CONNECT_ERROR:
		unreachable(r, status);
		break;
	case RDMA_CM_EVENT_UNREACHABLE:
		cxio_rdma_break(r, -ETIMEDOUT, CXIO_FAULT_TIMEOUT, NULL);
		break;
	case RDMA_CM_EVENT_REJECTED:
		rejected(r, status);
		break;
	case RDMA_CM_EVENT_DISCONNECTED:
		cxio_rdma_side_ended(r);
		break;
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		cxio_rdma_break(r, -ENODEV, CXIO_FAULT_DEVICE, NULL);
		break;
	default:
		break;
	}
}

static void event(struct cxio_rdma *r)
{
	struct rdma_cm_event *ev;

	while (r->channel && !rdma_get_cm_event(r->channel, &ev)) {
		enum rdma_cm_event_type what = ev->event;
		int status = ev->status;

		rdma_ack_cm_event(ev);
		/* Also when it is broken: what is not taken out would be told for ever. */
		if (!r->err)
			happened(r, what, status);
	}
}

/* A request is answered where the socket is to live. */
static int answer(struct cxio_rdma *r)
{
	struct rdma_conn_param param;
	int err;

	r->state = CXIO_RDMA_SETUP;
	err = cxio_rdma_use_device(r, r->id->verbs, r->id->port_num);
	if (!err)
		err = cxio_rdma_make_qp(r);
	if (err)
		return err;
	fill_param(&param);
	if (rdma_accept(r->id, &param))
		return cxio_rdma_break(r, -errno, CXIO_FAULT_TRANSPORT, "accepting failed");
	r->established = true;
	err = cxio_rdma_watch_side(r, EPOLLIN);
	return err ? cxio_rdma_break(r, err, CXIO_FAULT_NO_MEMORY, NULL) : 0;
}

static int progress(struct cxio_rdma *r)
{
	int err = r->state == CXIO_RDMA_NEW && !r->active ? answer(r) : 0;

	if (!err)
		event(r);
	/* A broken one waits to be closed. */
	if (r->err)
		cxio_rdma_watch_side(r, 0);
	if (r->err)
		return r->err;
	return r->state == CXIO_RDMA_OPEN ? 0 : -EAGAIN;
}

static void hang_up(struct cxio_rdma *r)
{
	if (r->id && r->established)
		rdma_disconnect(r->id);
	else if (r->id && !r->active)
		rdma_reject(r->id, NULL, 0);
	r->established = false;
}

static void end(struct cxio_rdma *r)
{
	if (r->id)
		rdma_destroy_id(r->id);
	r->id = NULL;
	if (r->channel)
		rdma_destroy_event_channel(r->channel);
	r->channel = NULL;
	r->side.fd = -1;
}

static const struct cxio_rdma_way way = {
	.progress = progress,
	.event = event,
	.hang_up = hang_up,
	.end = end,
};

static int has_channel(struct cxio_rdma *r)
{
	r->channel = new_channel();
	if (!r->channel)
		return -errno;
	r->side.fd = r->channel->fd;
	return 0;
}

static int resolve(struct cxio_rdma *r, const struct sockaddr *to)
{
	int err = has_channel(r);

	if (err)
		return err;
	if (rdma_create_id(r->channel, &r->id, r, RDMA_PS_TCP)) {
		r->id = NULL;
		return -errno;
	}
	if (rdma_resolve_addr(r->id, NULL, (struct sockaddr *)(uintptr_t)to,
			      CXIO_EXCHANGE_RESOLVE_MS))
		return -errno;
	return cxio_rdma_watch_side(r, EPOLLIN);
}

static int connect_to(struct cxio_socket_net *n, struct cxio_portal *portal,
		      const struct sockaddr *to, struct cxio_socket **socket)
{
	struct cxio_rdma *r = cxio_rdma_new(n, portal, &way, true);
	int err;

	if (!r)
		return -ENOMEM;
	err = resolve(r, to);
	if (err)
		cxio_rdma_close(&r->socket);
	else
		*socket = &r->socket;
	return err;
}

/* --- listening --- */

static int open_net(struct cxio_socket_net *n)
{
	int err = cxio_rdma_open_net(n);

	if (err)
		return err;
	n->rdma->channel = new_channel();
	if (!n->rdma->channel)
		return -errno;
	n->fd = n->rdma->channel->fd;
	return 0;
}

static void shut_net(struct cxio_socket_net *n)
{
	if (n->rdma && n->rdma->channel)
		rdma_destroy_event_channel(n->rdma->channel);
	n->fd = -1;
	cxio_rdma_shut_net(n);
}

static int make_listener(struct cxio_socket_net *n, struct sockaddr_storage *addr,
			 struct rdma_cm_id **id)
{
	int err, yes = 1;

	if (rdma_create_id(n->rdma->channel, id, NULL, RDMA_PS_TCP))
		return -errno;
	if (addr->ss_family == AF_INET6)
		rdma_set_option(*id, RDMA_OPTION_ID, RDMA_OPTION_ID_AFONLY, &yes, sizeof(yes));
	if (!rdma_bind_addr(*id, (struct sockaddr *)addr) && !rdma_listen(*id, BACKLOG)) {
		cxio_address_set_port((struct sockaddr *)addr, ntohs(rdma_get_src_port(*id)));
		return 0;
	}
	err = -errno;
	rdma_destroy_id(*id);
	return err;
}

static int listen_at(struct cxio_socket_net *n, struct sockaddr_storage *addr)
{
	struct listener *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	cxio_list_init(&l->link);
	err = make_listener(n, addr, &l->id);
	if (err) {
		free(l);
		return err;
	}
	pthread_mutex_lock(&n->lock);
	cxio_list_append(&n->list, &l->link);
	pthread_mutex_unlock(&n->lock);
	return 0;
}

/* Outside the lock: it waits until no event of the listener is in hand. */
static void unlisten(struct cxio_socket_net *n)
{
	struct cxio_link all;

	cxio_list_init(&all);
	pthread_mutex_lock(&n->lock);
	cxio_list_move_all(&n->list, &all);
	pthread_mutex_unlock(&n->lock);
	while (!cxio_list_empty(&all)) {
		struct listener *l = cxio_entry(all.next, struct listener, link);

		cxio_list_remove(&l->link);
		rdma_destroy_id(l->id);
		free(l);
	}
}

/* The socket's own events come to a channel of its own. Its id is let go of otherwise. */
static int take_request(struct cxio_rdma *r, struct rdma_cm_id *id)
{
	int err = has_channel(r);

	if (!err && rdma_migrate_id(id, r->channel))
		err = -errno;
	if (!err)
		r->id = id;
	return err;
}

static int accept_id(struct cxio_socket_net *n, struct cxio_portal *portal, struct rdma_cm_id *id,
		     struct cxio_socket **to)
{
	struct cxio_rdma *r = cxio_rdma_new(n, portal, &way, false);
	int err = r ? take_request(r, id) : -ENOMEM;

	if (!err) {
		*to = &r->socket;
		return 0;
	}
	if (r)
		cxio_rdma_close(&r->socket);
	rdma_reject(id, NULL, 0);
	rdma_destroy_id(id);
	return err;
}

static int accept_one(struct cxio_socket_net *n, struct cxio_portal *portal,
		      struct cxio_socket **to, struct sockaddr_storage *from)
{
	struct rdma_cm_event *ev;

	*to = NULL;
	while (!rdma_get_cm_event(n->rdma->channel, &ev)) {
		struct rdma_cm_id *id = ev->event == RDMA_CM_EVENT_CONNECT_REQUEST ? ev->id : NULL;

		/* Moving an id waits for its events to be acknowledged. */
		rdma_ack_cm_event(ev);
		if (!id)
			continue;
		memset(from, 0, sizeof(*from));
		memcpy(from, rdma_get_peer_addr(id), sizeof(struct sockaddr_in6));
		return accept_id(n, portal, id, to);
	}
	return 0;
}

const struct cxio_socket_ops cxio_socket_rdma_cm = {
	.name = "RDMA",
	.strangers = 64,
	.open = open_net,
	.shut = shut_net,
	.listen = listen_at,
	.unlisten = unlisten,
	.accept = accept_one,
	.connect = connect_to,
	.connected = cxio_rdma_connected,
	.read = cxio_rdma_read,
	.write = cxio_rdma_write,
	.unacked = cxio_rdma_unacked,
	.watch = cxio_rdma_watch,
	.due = cxio_rdma_due,
	.move = cxio_rdma_move,
	.local = cxio_rdma_local,
	.close = cxio_rdma_close,
};
