// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Byte streams over TCP: the kernel's own sockets.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tcp.h"

/* Those that wait to be taken. */
#define BACKLOG		512

/**
 * struct listener - an address listened on
 * @link: in the net's list
 * @fd: the socket
 */
struct listener {
	struct cxio_link link;
	int fd;
};

/**
 * struct tcp - a socket
 * @socket: what its owner sees
 * @source: the kernel's socket
 * @events: what it is watched for
 */
struct tcp {
	struct cxio_socket socket;
	struct cxio_source source;
	u32 events;
};

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
 * cxio_tcp_listen() - listen at an address
 * @n: the messenger's sockets
 * @addr: the address; gets the port, if it had none
 *
 * Context: any thread. Return: 0 or a negative errno.
 */
int cxio_tcp_listen(struct cxio_socket_net *n, struct sockaddr_storage *addr)
{
	struct listener *l = calloc(1, sizeof(*l));
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = l };
	socklen_t len = sizeof(*addr);
	int err;

	if (!l)
		return -ENOMEM;
	cxio_list_init(&l->link);
	l->fd = make_listener((const struct sockaddr *)addr);
	err = l->fd < 0 ? l->fd : 0;
	if (!err && getsockname(l->fd, (struct sockaddr *)addr, &len))
		err = -errno;
	pthread_mutex_lock(&n->lock);
	if (!err && epoll_ctl(n->fd, EPOLL_CTL_ADD, l->fd, &e))
		err = -errno;
	if (!err)
		cxio_list_append(&n->list, &l->link);
	pthread_mutex_unlock(&n->lock);
	if (!err)
		return 0;
	if (l->fd >= 0)
		close(l->fd);
	free(l);
	return err;
}

/**
 * cxio_tcp_unlisten() - stop, at all addresses
 * @n: the messenger's sockets
 *
 * Context: any thread.
 */
void cxio_tcp_unlisten(struct cxio_socket_net *n)
{
	pthread_mutex_lock(&n->lock);
	while (!cxio_list_empty(&n->list)) {
		struct listener *l = cxio_entry(n->list.next, struct listener, link);

		cxio_list_remove(&l->link);
		epoll_ctl(n->fd, EPOLL_CTL_DEL, l->fd, NULL);
		close(l->fd);
		free(l);
	}
	pthread_mutex_unlock(&n->lock);
}

/**
 * cxio_tcp_open() - a messenger begins
 * @n: its sockets
 *
 * Return: 0 or a negative errno.
 */
int cxio_tcp_open(struct cxio_socket_net *n)
{
	n->fd = epoll_create1(EPOLL_CLOEXEC);
	return n->fd < 0 ? -errno : 0;
}

/**
 * cxio_tcp_shut() - it ends
 * @n: its sockets; nothing is listened on
 */
void cxio_tcp_shut(struct cxio_socket_net *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

/**
 * cxio_tcp_accept() - the next that waits
 * @n: the messenger's sockets
 * @from: set to the peer's address
 *
 * Context: the first portal. Return: a socket of the kernel's, -EAGAIN if nobody waits, or
 * another negative errno.
 */
int cxio_tcp_accept(struct cxio_socket_net *n, struct sockaddr_storage *from)
{
	socklen_t len = sizeof(*from);
	struct epoll_event e;
	int fd = -EAGAIN;

	memset(from, 0, sizeof(*from));
	pthread_mutex_lock(&n->lock);
	/* Under the lock what is ready is still listened on. */
	if (epoll_wait(n->fd, &e, 1, 0) == 1) {
		const struct listener *l = e.data.ptr;

		fd = accept4(l->fd, (struct sockaddr *)from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			fd = -errno;
	}
	pthread_mutex_unlock(&n->lock);
	return fd;
}

/* --- connecting --- */

/* Bytes go when they are made, and batches are the owner's to make. */
static void prepare(int fd)
{
	int yes = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

/**
 * cxio_tcp_connect() - begin to connect
 * @to: where to
 *
 * Return: a socket of the kernel's, writable once it has come to something; or a negative
 * errno.
 */
int cxio_tcp_connect(const struct sockaddr *to)
{
	int err, fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	prepare(fd);
	if (!connect(fd, to, length_of(to)) || errno == EINPROGRESS)
		return fd;
	err = errno;
	close(fd);
	return -err;
}

/**
 * cxio_tcp_error() - what has a connect come to?
 * @fd: a socket of the kernel's that is writable
 *
 * Return: 0 or a negative errno.
 */
int cxio_tcp_error(int fd)
{
	socklen_t len = sizeof(int);
	int err = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		err = errno;
	return -err;
}

static struct tcp *tcp_of(const struct cxio_socket *s)
{
	return cxio_entry(s, struct tcp, socket);
}

static void ready(struct cxio_source *source)
{
	struct tcp *t = cxio_entry(source, struct tcp, source);

	t->socket.ready(t->socket.owner);
}

static struct tcp *new_socket(struct cxio_portal *portal, int fd)
{
	struct tcp *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->socket.ops = &cxio_socket_tcp;
	t->socket.portal = portal;
	t->source.fd = fd;
	t->source.ready = ready;
	return t;
}

static int watch_for(struct tcp *t, u32 events)
{
	int err = cxio_portal_watch_for(t->socket.portal, &t->source, t->events, events);

	if (!err)
		t->events = events;
	return err;
}

static int accept_one(struct cxio_socket_net *n, struct cxio_portal *portal,
		      struct cxio_socket **to, struct sockaddr_storage *from)
{
	int fd = cxio_tcp_accept(n, from);
	struct tcp *t;

	*to = NULL;
	if (fd < 0)
		return fd == -EAGAIN ? 0 : fd;
	prepare(fd);
	t = new_socket(portal, fd);
	if (!t) {
		close(fd);
		return -ENOMEM;
	}
	*to = &t->socket;
	return 0;
}

static int connect_to(struct cxio_socket_net *n, struct cxio_portal *portal,
		      const struct sockaddr *to, struct cxio_socket **socket)
{
	int err = 0, fd = cxio_tcp_connect(to);
	struct tcp *t;

	(void)n;
	if (fd < 0)
		return fd;
	t = new_socket(portal, fd);
	/* Also what was there at once is served when the portal comes to it. */
	if (!t || watch_for(t, EPOLLOUT))
		err = -ENOMEM;
	if (!err) {
		*socket = &t->socket;
		return 0;
	}
	free(t);
	close(fd);
	return err;
}

static int connected(struct cxio_socket *s)
{
	return cxio_tcp_error(tcp_of(s)->source.fd);
}

/* --- bytes --- */

static ssize_t read_bytes(struct cxio_socket *s, struct iovec *iov, u32 iovs)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = iovs };
	ssize_t n = recvmsg(tcp_of(s)->source.fd, &msg, 0);

	if (n >= 0)
		return n;
	return errno == EINTR ? -EAGAIN : -errno;
}

static ssize_t write_bytes(struct cxio_socket *s, struct iovec *iov, u32 iovs)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = iovs };
	ssize_t n;

	do
		n = sendmsg(tcp_of(s)->source.fd, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static u64 unacked(struct cxio_socket *s)
{
	int left = 0;

	return ioctl(tcp_of(s)->source.fd, SIOCOUTQ, &left) ? 0 : (u64)left;
}

/* --- events --- */

static int watch(struct cxio_socket *s, bool in, bool out)
{
	return watch_for(tcp_of(s), (in ? (u32)EPOLLIN : 0) | (out ? (u32)EPOLLOUT : 0));
}

static bool due(const struct cxio_socket *s)
{
	(void)s;
	return false;
}

static void move(struct cxio_socket *s, struct cxio_portal *to)
{
	watch_for(tcp_of(s), 0);
	s->portal = to;
}

static bool local(const struct cxio_socket *s, struct sockaddr_storage *addr)
{
	socklen_t len = sizeof(*addr);

	return !getsockname(tcp_of(s)->source.fd, (struct sockaddr *)addr, &len);
}

static void hang_up(struct cxio_socket *s)
{
	struct tcp *t = tcp_of(s);

	watch_for(t, 0);
	close(t->source.fd);
	free(t);
}

const struct cxio_socket_ops cxio_socket_tcp = {
	.name = "TCP",
	.strangers = 256,
	.open = cxio_tcp_open,
	.shut = cxio_tcp_shut,
	.listen = cxio_tcp_listen,
	.unlisten = cxio_tcp_unlisten,
	.accept = accept_one,
	.connect = connect_to,
	.connected = connected,
	.read = read_bytes,
	.write = write_bytes,
	.unacked = unacked,
	.watch = watch,
	.due = due,
	.move = move,
	.local = local,
	.close = hang_up,
};
