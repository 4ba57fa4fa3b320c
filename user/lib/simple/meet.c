// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How a carrier comes to its socket: listening, taking connections, connecting.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "address.h"
#include "simple.h"

/* Taken a turn of the portal. */
#define TAKEN_A_TURN	32

/* --- listening --- */

/**
 * simple_listen() - listen at an address
 * @m: the messenger
 * @addr: the address; gets the port, if it had none
 * @len: unused
 *
 * Context: any thread. Return: 0 or a negative errno.
 */
int simple_listen(struct cxio_messenger *m, struct sockaddr_storage *addr, socklen_t len)
{
	struct simple_net *net = m->transport_data;

	(void)len;
	return net->sockets.ops->listen(&net->sockets, addr);
}

/**
 * simple_unlisten() - stop, at all addresses
 * @m: the messenger
 *
 * Context: any thread.
 */
void simple_unlisten(struct cxio_messenger *m)
{
	struct simple_net *net = m->transport_data;

	net->sockets.ops->unlisten(&net->sockets);
}

/* --- taking connections --- */

/**
 * simple_agreed() - it is known whose a carrier is, or it is gone
 * @x: the carrier
 */
void simple_agreed(struct cxio_simple *x)
{
	struct simple_net *net = x->messenger->transport_data;

	if (!x->unagreed)
		return;
	x->unagreed = false;
	/* Whoever was turned back by the last that there was room for looks again. */
	if (atomic_fetch_sub(&net->unagreed, 1) == net->sockets.ops->strangers)
		cxio_portal_post(&x->messenger->portal[0], &net->room);
}

/**
 * simple_has_socket() - a carrier gets what it stands on
 * @x: the carrier
 * @s: the socket, which is the carrier's from here on
 */
void simple_has_socket(struct cxio_simple *x, struct cxio_socket *s)
{
	s->ready = simple_ready;
	s->owner = x;
	x->pipe.socket = s;
}

static void take_connection(struct simple_net *net, struct cxio_socket *s,
			    const struct sockaddr_storage *from)
{
	struct cxio_messenger *m = net->messenger;
	struct cxio_portal *here = &m->portal[0], *to;
	struct cxio_simple *x = simple_new(here, NULL, false);

	if (!x) {
		cxio_dispatch_rejected(m, (const struct sockaddr *)from,
				       cxio_fault_text(CXIO_FAULT_NO_MEMORY));
		s->ops->close(s);
		return;
	}
	simple_has_socket(x, s);
	x->from = *from;
	to = &m->portal[net->next++ % m->portals];
	/* Other portals may have ended before there was this carrier to wait for. */
	if (cxio_messenger_is_stopping(m))
		simple_end(x, CXIO_FAULT_SHUTDOWN, NULL);
	else if (to == here)
		simple_start(x);
	else
		simple_hand_over(x, to);
}

static void look_again_later(struct simple_net *net)
{
	struct cxio_portal *p = &net->messenger->portal[0];

	cxio_timer_set(&p->timers, &net->retry, p->now + SIMPLE_RETRY_NS);
}

static void unwatch(struct simple_net *net)
{
	cxio_portal_watch_for(&net->messenger->portal[0], &net->listeners, EPOLLIN, 0);
	net->watched = false;
}

static void watch(struct simple_net *net)
{
	if (net->watched)
		return;
	net->watched = !cxio_portal_watch_for(&net->messenger->portal[0], &net->listeners, 0,
					      EPOLLIN);
	if (!net->watched)
		look_again_later(net);
}

/* Without file descriptors, say, nobody can be taken: they wait, and we look again later. */
static void rest(struct simple_net *net)
{
	unwatch(net);
	look_again_later(net);
}

static void rested(struct cxio_timer *t)
{
	watch(cxio_entry(t, struct simple_net, retry));
}

static void has_room(struct cxio_task *t)
{
	watch(cxio_entry(t, struct simple_net, room));
}

static void peers_come(struct cxio_source *s)
{
	struct simple_net *net = cxio_entry(s, struct simple_net, listeners);
	struct sockaddr_storage from;
	unsigned int i;

	for (i = 0; i < TAKEN_A_TURN; i++) {
		struct cxio_socket *socket;
		int err;

		/* Only this makes more of them; who makes the first less posts @room. */
		if (atomic_load(&net->unagreed) >= net->sockets.ops->strangers) {
			unwatch(net);
			return;
		}
		err = net->sockets.ops->accept(&net->sockets, &net->messenger->portal[0], &socket,
					       &from);
		if (!err && !socket) {
			return;
		} else if (!err) {
			take_connection(net, socket, &from);
		} else if (err != -ECONNABORTED && err != -EINTR) {
			/* Whatever it is, it may last. */
			rest(net);
			return;
		}
	}
}

static const struct cxio_socket_ops *const carriers[] = {
	[CXIO_CARRIER_TCP] = &cxio_socket_tcp,
	[CXIO_CARRIER_RDMA] = &cxio_socket_rdma,
	[CXIO_CARRIER_RDMA_CM] = &cxio_socket_rdma_cm,
};

/**
 * simple_open_sockets() - a messenger begins
 * @net: its part
 *
 * Return: 0 or a negative errno; simple_close_sockets() undoes a part as well.
 */
int simple_open_sockets(struct simple_net *net)
{
	struct cxio_portal *p = &net->messenger->portal[0];
	int err;

	net->sockets.ops = carriers[net->messenger->options.carrier];
	net->sockets.messenger = net->messenger;
	net->sockets.fd = -1;
	pthread_mutex_init(&net->sockets.lock, NULL);
	cxio_list_init(&net->sockets.list);
	err = net->sockets.ops->open(&net->sockets);
	if (err)
		return err;
	net->listeners.ready = peers_come;
	net->listeners.fd = net->sockets.fd;
	cxio_timer_init(&net->retry, rested);
	cxio_task_init(&net->room, has_room);
	err = cxio_timers_reserve(&p->timers);
	if (!err)
		err = cxio_portal_watch_for(p, &net->listeners, 0, EPOLLIN);
	net->watched = !err;
	return err;
}

/**
 * simple_close_sockets() - it ends
 * @net: its part; nothing is listened on
 */
void simple_close_sockets(struct simple_net *net)
{
	if (net->watched)
		cxio_portal_watch_for(&net->messenger->portal[0], &net->listeners, EPOLLIN, 0);
	net->sockets.ops->shut(&net->sockets);
	pthread_mutex_destroy(&net->sockets.lock);
}

/* --- connecting --- */

static void cannot_connect(struct cxio_simple *x, int err)
{
	const struct simple_net *net = x->messenger->transport_data;
	u32 fault = CXIO_FAULT_TRANSPORT;
	char to[80], text[160];

	if (err == ECONNREFUSED)
		fault = CXIO_FAULT_REFUSED;
	else if (err == EHOSTUNREACH || err == ENETUNREACH || err == EADDRNOTAVAIL)
		fault = CXIO_FAULT_UNREACHABLE;
	else if (err == ETIMEDOUT)
		fault = CXIO_FAULT_TIMEOUT;
	else if (err == ENOMEM || err == ENOBUFS || err == EMFILE || err == ENFILE)
		fault = CXIO_FAULT_NO_MEMORY;
	cxio_address_text((const struct sockaddr *)&x->from, to, sizeof(to));
	snprintf(text, sizeof(text), "%s: %s to %s: %s", cxio_fault_text(fault),
		 net->sockets.ops->name, to, strerror(err));
	simple_end(x, fault, text);
}

/**
 * simple_connect() - begin to connect
 * @x: a new carrier; ended if that cannot be
 * @to: where to
 */
void simple_connect(struct cxio_simple *x, const struct sockaddr *to)
{
	struct simple_net *net = x->messenger->transport_data;
	struct cxio_socket *s;
	int err;

	memcpy(&x->from, to, to->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
							 sizeof(struct sockaddr_in));
	err = net->sockets.ops->connect(&net->sockets, x->portal, to, &s);
	if (err)
		cannot_connect(x, -err);
	else
		simple_has_socket(x, s);
}

/**
 * simple_connecting() - something happened to a connect
 * @x: the carrier; ended if it failed
 *
 * Return: true if there is a connection.
 */
bool simple_connecting(struct cxio_simple *x)
{
	struct cxio_socket *s = x->pipe.socket;
	int err = s->ops->connected(s);

	if (err && err != -EAGAIN && s->fault)
		simple_end(x, s->fault, s->why);
	else if (err && err != -EAGAIN)
		cannot_connect(x, -err);
	return !err;
}
