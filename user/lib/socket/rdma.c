// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The life of a socket over RDMA: its events, and its end.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "rdma.h"

static void run(struct cxio_task *t);
static void time_is_up(struct cxio_timer *t);
static void side_ready(struct cxio_source *s);
static void completions_ready(struct cxio_source *s);

/**
 * cxio_rdma_of() - what a socket over RDMA is in
 * @s: the socket
 *
 * Return: that.
 */
struct cxio_rdma *cxio_rdma_of(const struct cxio_socket *s)
{
	return cxio_entry(s, struct cxio_rdma, socket);
}

static struct cxio_messenger *messenger_of(const struct cxio_rdma *r)
{
	return r->socket.portal->messenger;
}

/* --- beginning --- */

/**
 * cxio_rdma_new() - a socket begins
 * @n: the messenger's sockets
 * @portal: where it is used
 * @way: how it connects
 * @active: this side connects
 *
 * Return: the socket, without anything; or NULL.
 */
struct cxio_rdma *cxio_rdma_new(struct cxio_socket_net *n, struct cxio_portal *portal,
				const struct cxio_rdma_way *way, bool active)
{
	struct cxio_rdma *r = calloc(1, sizeof(*r));

	if (!r || cxio_timers_reserve(&portal->timers)) {
		free(r);
		return NULL;
	}
	r->timed = true;
	r->socket.ops = n->ops;
	r->socket.portal = portal;
	r->net = n->rdma;
	r->way = way;
	r->active = active;
	r->side.fd = -1;
	r->side.ready = side_ready;
	r->completions.fd = -1;
	r->completions.ready = completions_ready;
	cxio_task_init(&r->task, run);
	cxio_timer_init(&r->timer, time_is_up);
	cxio_list_init(&r->link);
	pthread_mutex_lock(&r->net->lock);
	cxio_list_append(&r->net->sockets, &r->link);
	pthread_mutex_unlock(&r->net->lock);
	cxio_messenger_born(portal->messenger);
	return r;
}

/**
 * cxio_rdma_break() - a socket is broken
 * @r: the socket; what broke it first stays (I5)
 * @err: negative errno
 * @fault: enum cxio_fault, where that says too little; else 0
 * @text: words, or NULL: the fault's
 *
 * Return: the negative errno that it is broken with.
 */
int cxio_rdma_break(struct cxio_rdma *r, int err, u32 fault, const char *text)
{
	if (r->err)
		return r->err;
	r->err = err;
	r->socket.fault = fault;
	if (fault)
		snprintf(r->socket.why, sizeof(r->socket.why), "%s",
			 text ? text : cxio_fault_text(fault));
	return err;
}

/**
 * cxio_rdma_connected() - has a connect come to something?
 * @s: the socket
 *
 * Return: as @connected of struct cxio_socket_ops.
 */
int cxio_rdma_connected(struct cxio_socket *s)
{
	struct cxio_rdma *r = cxio_rdma_of(s);

	return r->err ? r->err : r->way->progress(r);
}

/* --- events --- */

/**
 * cxio_rdma_watch_side() - what is the side channel waited for?
 * @r: the socket
 * @events: EPOLLIN, EPOLLOUT, or 0
 *
 * Return: 0 or a negative errno.
 */
int cxio_rdma_watch_side(struct cxio_rdma *r, u32 events)
{
	int err;

	if (r->side.fd < 0)
		return 0;
	err = cxio_portal_watch_for(r->socket.portal, &r->side, r->side_events, events);
	if (!err)
		r->side_events = events;
	return err;
}

static int watch_sources(struct cxio_rdma *r)
{
	int err = 0;

	if (!r->side_ended)
		err = cxio_rdma_watch_side(r, EPOLLIN);
	if (!err && r->completions.fd >= 0 && !r->watched) {
		err = cxio_portal_watch(r->socket.portal, &r->completions);
		r->watched = !err;
	}
	return err;
}

static void unwatch_sources(struct cxio_rdma *r)
{
	cxio_rdma_watch_side(r, 0);
	if (r->watched)
		cxio_portal_unwatch(r->socket.portal, &r->completions);
	r->watched = false;
}

/**
 * cxio_rdma_opens() - bytes may flow
 * @r: the socket
 *
 * Return: 0 or a negative errno.
 */
int cxio_rdma_opens(struct cxio_rdma *r)
{
	int err;

	r->state = CXIO_RDMA_OPEN;
	err = watch_sources(r);
	return err ? cxio_rdma_break(r, err, CXIO_FAULT_NO_MEMORY, NULL) : 0;
}

/**
 * cxio_rdma_side_ended() - the peer has gone, says the side channel
 * @r: the socket; what it sent before is still read
 */
void cxio_rdma_side_ended(struct cxio_rdma *r)
{
	r->side_ended = true;
	cxio_rdma_watch_side(r, 0);
}

/**
 * cxio_rdma_due() - is there something that it is watched for, and no event will tell of?
 * @s: the socket
 *
 * Return: true if so.
 */
bool cxio_rdma_due(const struct cxio_socket *s)
{
	const struct cxio_rdma *r = cxio_rdma_of(s);

	return (r->in && cxio_rdma_has_input(r)) ||
	       (r->out && (r->writable || r->err || r->side_ended));
}

static void tell(struct cxio_rdma *r)
{
	if (cxio_rdma_due(&r->socket))
		r->socket.ready(r->socket.owner);
}

/* Has it come to its end, all that was written gone, or no way for it left? */
static bool is_over(const struct cxio_rdma *r)
{
	return !r->lingers || r->err || r->side_ended || cxio_rdma_flushed(r);
}

/* It is ended in its task: nothing of it is in hand then. */
static void end_if_over(struct cxio_rdma *r)
{
	if (is_over(r))
		cxio_portal_post(r->socket.portal, &r->task);
}

static void side_ready(struct cxio_source *s)
{
	struct cxio_rdma *r = cxio_entry(s, struct cxio_rdma, side);

	switch (r->state) {
	case CXIO_RDMA_NEW:
	case CXIO_RDMA_SETUP:
		r->socket.ready(r->socket.owner);
		break;
	case CXIO_RDMA_OPEN:
		r->way->event(r);
		tell(r);
		break;
	case CXIO_RDMA_CLOSED:
		r->way->event(r);
		end_if_over(r);
		break;
	default:
		break;
	}
}

static void completions_ready(struct cxio_source *s)
{
	struct cxio_rdma *r = cxio_entry(s, struct cxio_rdma, completions);

	if (!r->comp)
		return;
	cxio_rdma_take_events(r);
	cxio_rdma_poll(r);
	/* Of what is waited for next, there is an event again. */
	if (r->state == CXIO_RDMA_CLOSED) {
		cxio_rdma_arm(r);
		end_if_over(r);
		return;
	}
	if (!cxio_rdma_due(&r->socket))
		cxio_rdma_arm(r);
	tell(r);
}

/**
 * cxio_rdma_watch() - what is waited for?
 * @s: the socket
 * @in: bytes, or the end of them
 * @out: room for bytes
 *
 * What has come by now is no event any more: see cxio_rdma_due().
 *
 * Return: 0 or a negative errno.
 */
int cxio_rdma_watch(struct cxio_socket *s, bool in, bool out)
{
	struct cxio_rdma *r = cxio_rdma_of(s);
	int err;

	r->in = in;
	r->out = out;
	/* After a move. */
	if (!r->timed)
		r->timed = !cxio_timers_reserve(&s->portal->timers);
	if (r->state != CXIO_RDMA_OPEN)
		return 0;
	err = r->err ? 0 : watch_sources(r);
	if (!err && r->qp)
		cxio_rdma_arm(r);
	return err;
}

/**
 * cxio_rdma_move() - it is used in another portal from here on
 * @s: the socket; no thread of its own works
 * @to: that portal
 */
void cxio_rdma_move(struct cxio_socket *s, struct cxio_portal *to)
{
	struct cxio_rdma *r = cxio_rdma_of(s);

	unwatch_sources(r);
	r->in = false;
	r->out = false;
	if (r->timed)
		cxio_timers_release(&s->portal->timers);
	r->timed = false;
	pthread_mutex_lock(&r->net->lock);
	s->portal = to;
	pthread_mutex_unlock(&r->net->lock);
}

/**
 * cxio_rdma_local() - our end's address
 * @s: the socket
 * @addr: set
 *
 * Return: false if it is not known yet.
 */
bool cxio_rdma_local(const struct cxio_socket *s, struct sockaddr_storage *addr)
{
	*addr = cxio_rdma_of(s)->local;
	return addr->ss_family;
}

/* --- the end --- */

static void free_socket(struct cxio_rdma *r)
{
	struct cxio_messenger *m = messenger_of(r);

	free(r);
	cxio_messenger_died(m);
}

/* The device is let go of; nobody else of this process may keep it open. */
static void release(struct cxio_rdma *r)
{
	unwatch_sources(r);
	r->way->hang_up(r);
	cxio_rdma_destroy_qp(r);
	r->way->end(r);
	cxio_rdma_let_go(r);
}

/* Not in a source's function. */
static void end(struct cxio_rdma *r)
{
	struct cxio_timers *timers = &r->socket.portal->timers;

	release(r);
	cxio_timer_cancel(timers, &r->timer);
	if (r->timed)
		cxio_timers_release(timers);
	pthread_mutex_lock(&r->net->lock);
	cxio_list_remove(&r->link);
	pthread_mutex_unlock(&r->net->lock);
	/* From here on nobody posts the task: it is posted, or it is not. */
	r->state = CXIO_RDMA_GONE;
	if (!atomic_load(&r->task.queued))
		free_socket(r);
}

static void time_is_up(struct cxio_timer *t)
{
	struct cxio_rdma *r = cxio_entry(t, struct cxio_rdma, timer);

	r->lingers = false;
	cxio_portal_post(r->socket.portal, &r->task);
}

/* Return: true if there is something to wait for. */
static bool linger(struct cxio_rdma *r)
{
	struct cxio_portal *p = r->socket.portal;

	if (!r->timed || watch_sources(r))
		return false;
	/* RDMA CM has a word for it, which comes when all has gone. */
	r->fin = !r->id;
	if (r->fin && cxio_rdma_send_fin(r))
		return false;
	r->lingers = true;
	cxio_timer_set(&p->timers, &r->timer, p->now + CXIO_RDMA_LINGER_NS);
	cxio_rdma_arm(r);
	return true;
}

/**
 * cxio_rdma_close() - its owner wants no more of it
 * @s: the socket: it brings itself to an end
 */
void cxio_rdma_close(struct cxio_socket *s)
{
	struct cxio_rdma *r = cxio_rdma_of(s);
	bool open = r->state == CXIO_RDMA_OPEN;

	r->in = false;
	r->out = false;
	r->state = CXIO_RDMA_CLOSED;
	cxio_rdma_poll(r);
	if (open && !r->err && !r->side_ended && linger(r))
		end_if_over(r);
	else if (!r->threaded)
		end(r);
}

/* Why was the task posted? By itself, by who heard that the device goes, by the thread. */
static void look_why(struct cxio_rdma *r, bool *gone)
{
	bool done;

	pthread_mutex_lock(&r->net->lock);
	*gone = r->gone;
	done = r->thread_done;
	r->thread_done = false;
	pthread_mutex_unlock(&r->net->lock);
	if (!done)
		return;
	r->threaded = false;
	r->ready_due = true;
}

static void run(struct cxio_task *t)
{
	struct cxio_rdma *r = cxio_entry(t, struct cxio_rdma, task);
	bool gone, owned = r->state != CXIO_RDMA_CLOSED;

	if (r->state == CXIO_RDMA_GONE) {
		free_socket(r);
		return;
	}
	look_why(r, &gone);
	if (r->threaded)
		return;
	if (gone && r->verbs) {
		cxio_rdma_break(r, -ENODEV, CXIO_FAULT_DEVICE, NULL);
		release(r);
	}
	if (!owned && is_over(r))
		end(r);
	else if (owned && (r->ready_due || r->err))
		r->socket.ready(r->socket.owner);
}

/* --- devices that go, and what all share --- */

static void removed(struct cxio_removals *removals, const char *node)
{
	struct cxio_rdma_net *net = cxio_entry(removals, struct cxio_rdma_net, removals);
	struct cxio_link *l;

	pthread_mutex_lock(&net->lock);
	for (l = net->sockets.next; l != &net->sockets; l = l->next) {
		struct cxio_rdma *r = cxio_entry(l, struct cxio_rdma, link);

		if (!r->verbs || strcmp(r->verbs->device->dev_name, node) != 0)
			continue;
		r->gone = true;
		cxio_portal_post(r->socket.portal, &r->task);
	}
	pthread_mutex_unlock(&net->lock);
}

/**
 * cxio_rdma_open_net() - a messenger begins
 * @n: its sockets
 *
 * Return: 0 or a negative errno.
 */
int cxio_rdma_open_net(struct cxio_socket_net *n)
{
	struct cxio_rdma_net *net = calloc(1, sizeof(*net));

	if (!net)
		return -ENOMEM;
	pthread_mutex_init(&net->lock, NULL);
	cxio_list_init(&net->sockets);
	cxio_removals_watch(&net->removals, &n->messenger->portal[0], removed);
	n->rdma = net;
	return 0;
}

/**
 * cxio_rdma_shut_net() - it ends
 * @n: its sockets, of which there are none
 */
void cxio_rdma_shut_net(struct cxio_socket_net *n)
{
	struct cxio_rdma_net *net = n->rdma;

	if (!net)
		return;
	cxio_removals_unwatch(&net->removals, &n->messenger->portal[0]);
	pthread_mutex_destroy(&net->lock);
	free(net);
	n->rdma = NULL;
}
