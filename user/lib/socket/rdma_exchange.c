// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sockets over RDMA that are set up, and watched over, by a TCP connection.
 *
 * It is Ceph's ms_async_rdma_type=ib: listening, and connecting, is TCP's; then each tells
 * the other its queue pair.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "rdma.h"
#include "tcp.h"

/* --- the queue pair is made ready, in a thread: that may take a second --- */

static void *thread_main(void *arg)
{
	struct cxio_rdma *r = arg;
	struct cxio_portal *portal = r->socket.portal;
	struct cxio_messenger *m = portal->messenger;

	struct cxio_rdma_net *net = r->net;
	int err = cxio_rdma_qp_ready(r);

	/* Who ends the socket waits for the lock: it is not touched after that. */
	pthread_mutex_lock(&net->lock);
	r->ready_err = err;
	r->thread_done = true;
	cxio_portal_post(portal, &r->task);
	pthread_mutex_unlock(&net->lock);
	cxio_messenger_put(m);
	return NULL;
}

static int start_thread(struct cxio_rdma *r)
{
	pthread_attr_t attr;
	sigset_t all, old;
	pthread_t thread;
	int err;

	/* Signals are the application's own threads' business. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	r->threaded = true;
	/* The portal it posts to may end with the task that it posts. */
	cxio_messenger_get(r->socket.portal->messenger);
	err = pthread_create(&thread, &attr, thread_main, r);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err)
		return 0;
	r->threaded = false;
	cxio_messenger_put(r->socket.portal->messenger);
	return cxio_rdma_break(r, -err, CXIO_FAULT_NO_MEMORY, NULL);
}

static int thread_ended(struct cxio_rdma *r)
{
	r->ready_due = false;
	if (r->ready_err)
		return cxio_rdma_break(r, r->ready_err, r->ready_err == -ENOMEM ?
				       CXIO_FAULT_NO_MEMORY : CXIO_FAULT_UNREACHABLE, NULL);
	cxio_exchange_ready(&r->exchange);
	return 0;
}

/* --- the exchange --- */

static int exchange_failed(struct cxio_rdma *r)
{
	return cxio_rdma_break(r, -EPROTO, r->exchange.fault, NULL);
}

/* The texts are short, and there is nothing before them: they go whole, or not at all. */
static int speak(struct cxio_rdma *r)
{
	u8 text[CXIO_EXCHANGE_TEXT];
	u32 len = cxio_exchange_text(&r->exchange, text);

	if (!len || send(r->side.fd, text, len, MSG_NOSIGNAL) == (ssize_t)len)
		return 0;
	cxio_exchange_gone(&r->exchange);
	return exchange_failed(r);
}

/* Return: false if there is nothing. */
static bool hear(struct cxio_rdma *r)
{
	u32 room;
	void *to = cxio_exchange_room(&r->exchange, &room);
	ssize_t n = recv(r->side.fd, to, room, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n > 0)
		cxio_exchange_came(&r->exchange, (u32)n);
	else
		cxio_exchange_gone(&r->exchange);
	return true;
}

static void begin(struct cxio_rdma *r)
{
	struct cxio_exchange_id own = {
		.lid = r->lid, .qpn = r->qp ? r->qp->qp_num : 0,
		.psn = (u32)cxio_random() & CXIO_EXCHANGE_NUMBER,
	};

	memcpy(own.gid, &r->gid, CXIO_GID);
	cxio_exchange_init(&r->exchange, r->active, &own);
	r->state = CXIO_RDMA_SETUP;
}

static bool learn_local(struct cxio_rdma *r)
{
	socklen_t len = sizeof(r->local);

	return !getsockname(r->side.fd, (struct sockaddr *)&r->local, &len);
}

/* There is a TCP connection. A stranger gets a queue pair when he has said who he is. */
static int start(struct cxio_rdma *r)
{
	int err = r->active ? cxio_tcp_error(r->side.fd) : 0;

	if (!err && !learn_local(r))
		err = -errno;
	if (err)
		return cxio_rdma_break(r, err, 0, NULL);
	err = cxio_rdma_find_device(r);
	if (!err && r->active)
		err = cxio_rdma_make_qp(r);
	if (err)
		return err;
	begin(r);
	err = cxio_rdma_watch_side(r, EPOLLIN);
	return err ? cxio_rdma_break(r, err, CXIO_FAULT_NO_MEMORY, NULL) : 0;
}

/* The peer's queue pair is known. */
static int meet(struct cxio_rdma *r)
{
	int err = 0;

	if (!r->qp) {
		err = cxio_rdma_make_qp(r);
		if (!err)
			cxio_exchange_pair(&r->exchange, r->qp->qp_num);
	}
	return err ? err : start_thread(r);
}

static int go_on(struct cxio_rdma *r)
{
	int err = 0;

	if (r->ready_due)
		err = thread_ended(r);
	while (!err) {
		err = speak(r);
		if (!err && r->exchange.state == CXIO_EXCHANGE_OPEN)
			return cxio_rdma_opens(r);
		if (!err && r->exchange.state == CXIO_EXCHANGE_PEER && !r->threaded)
			err = meet(r);
		if (!err && !hear(r))
			err = -EAGAIN;
		else if (!err && r->exchange.state == CXIO_EXCHANGE_ENDED)
			err = exchange_failed(r);
	}
	return err;
}

static int progress(struct cxio_rdma *r)
{
	int err = r->state == CXIO_RDMA_NEW ? start(r) : 0;

	if (!err)
		err = go_on(r);
	/* A broken one waits to be closed. */
	if (err && err != -EAGAIN)
		cxio_rdma_watch_side(r, 0);
	return err;
}

/* Nothing is said any more, so this is the end; or it is a breach. */
static void event(struct cxio_rdma *r)
{
	if (!hear(r))
		return;
	cxio_rdma_side_ended(r);
	/* Who has just gone has sent what there is to read before that. */
	if (r->exchange.fault != CXIO_FAULT_PEER_GONE)
		exchange_failed(r);
}

static void hang_up(struct cxio_rdma *r)
{
	(void)r;
}

static void end(struct cxio_rdma *r)
{
	if (r->side.fd >= 0)
		close(r->side.fd);
	r->side.fd = -1;
}

static const struct cxio_rdma_way way = {
	.progress = progress,
	.event = event,
	.hang_up = hang_up,
	.end = end,
};

/* --- beginning --- */

static int open_net(struct cxio_socket_net *n)
{
	int err = cxio_tcp_open(n);

	return err ? err : cxio_rdma_open_net(n);
}

static void shut_net(struct cxio_socket_net *n)
{
	cxio_rdma_shut_net(n);
	cxio_tcp_shut(n);
}

static struct cxio_rdma *with_tcp(struct cxio_socket_net *n, struct cxio_portal *portal, int fd,
				  bool active)
{
	struct cxio_rdma *r = cxio_rdma_new(n, portal, &way, active);

	if (!r) {
		close(fd);
		return NULL;
	}
	r->side.fd = fd;
	return r;
}

static int accept_one(struct cxio_socket_net *n, struct cxio_portal *portal,
		      struct cxio_socket **to, struct sockaddr_storage *from)
{
	int fd = cxio_tcp_accept(n, from);
	struct cxio_rdma *r;

	*to = NULL;
	if (fd < 0)
		return fd == -EAGAIN ? 0 : fd;
	r = with_tcp(n, portal, fd, false);
	if (!r)
		return -ENOMEM;
	*to = &r->socket;
	return 0;
}

static int connect_to(struct cxio_socket_net *n, struct cxio_portal *portal,
		      const struct sockaddr *to, struct cxio_socket **socket)
{
	int fd = cxio_tcp_connect(to);
	struct cxio_rdma *r;

	if (fd < 0)
		return fd;
	r = with_tcp(n, portal, fd, true);
	if (!r)
		return -ENOMEM;
	if (cxio_rdma_watch_side(r, EPOLLOUT)) {
		cxio_rdma_close(&r->socket);
		return -ENOMEM;
	}
	*socket = &r->socket;
	return 0;
}

const struct cxio_socket_ops cxio_socket_rdma = {
	.name = "RDMA",
	.strangers = 64,
	.open = open_net,
	.shut = shut_net,
	.listen = cxio_tcp_listen,
	.unlisten = cxio_tcp_unlisten,
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
