// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sockets: listening, taking connections, connecting.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "address.h"
#include "simple.h"

/* Those that wait to be taken. */
#define BACKLOG		512
/* Taken a turn of the portal. */
#define TAKEN_A_TURN	32

static socklen_t length_of(const struct sockaddr *sa)
{
	return sa->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
					   sizeof(struct sockaddr_in);
}

/* --- listening --- */

static int make_listener(const struct sockaddr *addr)
{
	int fd, err, yes = 1;

	fd = socket(addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* A server that is started again finds its port, and an IPv6 one leaves IPv4 alone. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (addr->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (!bind(fd, addr, length_of(addr)) && !listen(fd, BACKLOG))
		return fd;
	err = errno;
	close(fd);
	return -err;
}

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
	struct simple_listener *l = calloc(1, sizeof(*l));
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = l };
	struct simple_net *net = m->transport_data;
	int err;

	if (!l)
		return -ENOMEM;
	cxio_list_init(&l->link);
	l->fd = make_listener((const struct sockaddr *)addr);
	len = sizeof(*addr);
	err = l->fd < 0 ? l->fd : 0;
	if (!err && getsockname(l->fd, (struct sockaddr *)addr, &len))
		err = -errno;
	pthread_mutex_lock(&net->lock);
	if (!err && epoll_ctl(net->listeners.fd, EPOLL_CTL_ADD, l->fd, &e))
		err = -errno;
	if (!err)
		cxio_list_append(&net->list, &l->link);
	pthread_mutex_unlock(&net->lock);
	if (!err)
		return 0;
	if (l->fd >= 0)
		close(l->fd);
	free(l);
	return err;
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

	pthread_mutex_lock(&net->lock);
	while (!cxio_list_empty(&net->list)) {
		struct simple_listener *l =
			cxio_entry(net->list.next, struct simple_listener, link);

		cxio_list_remove(&l->link);
		epoll_ctl(net->listeners.fd, EPOLL_CTL_DEL, l->fd, NULL);
		close(l->fd);
		free(l);
	}
	pthread_mutex_unlock(&net->lock);
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
	if (atomic_fetch_sub(&net->unagreed, 1) == SIMPLE_UNAGREED)
		cxio_portal_post(&x->messenger->portal[0], &net->room);
}

/* Bytes go when they are made, and batches are ours to make. */
static void prepare(int fd)
{
	int yes = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

static void take_connection(struct simple_net *net, int fd, const struct sockaddr_storage *from)
{
	struct cxio_messenger *m = net->messenger;
	struct cxio_portal *here = &m->portal[0], *to;
	struct cxio_simple *x = simple_new(here, NULL, false);

	if (!x) {
		cxio_dispatch_rejected(m, (const struct sockaddr *)from,
				       cxio_fault_text(CXIO_FAULT_NO_MEMORY));
		close(fd);
		return;
	}
	prepare(fd);
	x->pipe.source.fd = fd;
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

/* Return: a socket, -EAGAIN, or another negative errno. */
static int next_connection(struct simple_net *net, struct sockaddr_storage *from)
{
	socklen_t len = sizeof(*from);
	struct epoll_event e;
	int fd = -EAGAIN;

	memset(from, 0, sizeof(*from));
	pthread_mutex_lock(&net->lock);
	/* Under the lock what is ready is still listened on. */
	if (epoll_wait(net->listeners.fd, &e, 1, 0) == 1) {
		const struct simple_listener *l = e.data.ptr;

		fd = accept4(l->fd, (struct sockaddr *)from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			fd = -errno;
	}
	pthread_mutex_unlock(&net->lock);
	return fd;
}

static void peers_come(struct cxio_source *s)
{
	struct simple_net *net = cxio_entry(s, struct simple_net, listeners);
	struct sockaddr_storage from;
	unsigned int i;

	for (i = 0; i < TAKEN_A_TURN; i++) {
		int fd;

		/* Only this makes more of them; who makes the first less posts @room. */
		if (atomic_load(&net->unagreed) >= SIMPLE_UNAGREED) {
			unwatch(net);
			return;
		}
		fd = next_connection(net, &from);
		if (fd >= 0) {
			take_connection(net, fd, &from);
		} else if (fd == -EAGAIN) {
			return;
		} else if (fd != -ECONNABORTED && fd != -EINTR) {
			/* Whatever it is, it may last. */
			rest(net);
			return;
		}
	}
}

/**
 * simple_open_listeners() - a messenger begins
 * @net: its part
 *
 * Return: 0 or a negative errno.
 */
int simple_open_listeners(struct simple_net *net)
{
	struct cxio_portal *p = &net->messenger->portal[0];
	int err;

	net->listeners.ready = peers_come;
	net->listeners.fd = epoll_create1(EPOLL_CLOEXEC);
	if (net->listeners.fd < 0)
		return -errno;
	cxio_timer_init(&net->retry, rested);
	cxio_task_init(&net->room, has_room);
	err = cxio_timers_reserve(&p->timers);
	if (!err)
		err = cxio_portal_watch_for(p, &net->listeners, 0, EPOLLIN);
	net->watched = !err;
	return err;
}

/**
 * simple_close_listeners() - it ends
 * @net: its part; nothing is listened on
 */
void simple_close_listeners(struct simple_net *net)
{
	if (net->watched)
		cxio_portal_watch_for(&net->messenger->portal[0], &net->listeners, EPOLLIN, 0);
	if (net->listeners.fd >= 0)
		close(net->listeners.fd);
}

/* --- connecting --- */

static void cannot_connect(struct cxio_simple *x, int err)
{
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
	snprintf(text, sizeof(text), "%s: TCP to %s: %s", cxio_fault_text(fault), to,
		 strerror(err));
	simple_end(x, fault, text);
}

/**
 * simple_connect() - begin to connect
 * @x: a new carrier; ended if that cannot be
 * @to: where to
 */
void simple_connect(struct cxio_simple *x, const struct sockaddr *to)
{
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memcpy(&x->from, to, length_of(to));
	if (fd < 0) {
		cannot_connect(x, errno);
		return;
	}
	prepare(fd);
	x->pipe.source.fd = fd;
	if (connect(fd, to, length_of(to)) && errno != EINPROGRESS)
		cannot_connect(x, errno);
	/* Also what was there at once is served when the portal comes to it. */
	else if (simple_pipe_watch(&x->pipe, false, true))
		cannot_connect(x, ENOMEM);
}

/**
 * simple_connecting() - something happened to a connect
 * @x: the carrier; ended if it failed
 *
 * Return: true if there is a connection.
 */
bool simple_connecting(struct cxio_simple *x)
{
	socklen_t len = sizeof(int);
	int err = 0;

	if (getsockopt(x->pipe.source.fd, SOL_SOCKET, SO_ERROR, &err, &len))
		err = errno;
	if (err)
		cannot_connect(x, err);
	return !err;
}
