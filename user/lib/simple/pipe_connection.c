// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A carrier's life, from its beginning to its teardown, and what a connection asks of
 * it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "simple.h"

static void run(struct cxio_task *t);

/* Who takes his time with a message must not block a throttle for others. */
static bool dawdles(struct cxio_simple *x)
{
	struct cxio_connection *c = x->connection;

	return x->in && c && c->throttle && x->stream.slow_at <= x->portal->now &&
	       cxio_stream_dawdles(&x->stream, cxio_throttle_is_wanted(c->throttle, c),
				   x->portal->now);
}

static void time_came(struct cxio_timer *t)
{
	struct cxio_simple *x = cxio_entry(t, struct cxio_simple, timer);

	/* After a long stop of ours, what has come in meanwhile counts. */
	if (x->stream.state > CXIO_STREAM_CONNECTING)
		simple_receive(x);
	if (cxio_stream_flows(&x->stream))
		cxio_stream_reached(&x->stream, x->question, simple_pipe_acked(&x->pipe),
				    x->pipe.made, x->portal->now);
	if (dawdles(x))
		cxio_stream_end(&x->stream, CXIO_FAULT_MSG_SLOW, false);
	cxio_stream_tick(&x->stream, x->portal->now);
	simple_pump(x);
}

/* Return: true if there is a stream of bytes, from now on or before. */
static bool connects(struct cxio_simple *x)
{
	if (x->stream.state != CXIO_STREAM_CONNECTING)
		return true;
	if (!simple_connecting(x))
		return false;
	cxio_stream_connected(&x->stream);
	if (!x->stream.active)
		simple_greet(x);
	return true;
}

/**
 * simple_ready() - there is something to read, or room to write
 * @carrier: the carrier
 */
void simple_ready(void *carrier)
{
	struct cxio_simple *x = carrier;
	const struct cxio_connection *c;

	/* It may have ended, or been given away, since the portal looked. */
	if (x->stream.state == CXIO_STREAM_ENDED || x->to || !connects(x))
		return;
	simple_receive(x);
	/* Who is about to be served is pumped then, with what it has been given to send. */
	c = x->connection;
	if (!(c && c->carrier == x && atomic_load(&c->task.queued)))
		simple_pump(x);
}

static struct simple_portal *portal_of(const struct cxio_portal *p)
{
	return p->transport;
}

static struct simple_net *net_of(const struct cxio_simple *x)
{
	return x->messenger->transport_data;
}

/**
 * simple_new() - a carrier begins
 * @p: where it is to live
 * @c: what it is to carry; NULL on the passive side
 * @active: we connect
 *
 * Return: the carrier, without a socket; or NULL.
 */
struct cxio_simple *simple_new(struct cxio_portal *p, struct cxio_connection *c, bool active)
{
	struct cxio_simple *x = calloc(1, sizeof(*x));

	if (!x || cxio_timers_reserve(&p->timers)) {
		free(x);
		return NULL;
	}
	x->timed = true;
	x->messenger = p->messenger;
	x->portal = p;
	if (!simple_signer_begin(&x->signer, net_of(x), active,
				 c ? c->peer_type : CXIO_PEER_ANY)) {
		cxio_timers_release(&p->timers);
		free(x);
		return NULL;
	}
	cxio_task_init(&x->task, run);
	cxio_timer_init(&x->timer, time_came);
	cxio_stream_init(&x->stream, active, p->now);
	x->connection = c ? cxio_connection_get(c) : NULL;
	cxio_list_init(&x->link);
	cxio_list_append(&portal_of(p)->carriers, &x->link);
	cxio_messenger_born(x->messenger);
	x->unagreed = !active;
	if (!active)
		atomic_fetch_add(&net_of(x)->unagreed, 1);
	return x;
}

/**
 * simple_start() - a peer that connected is served here
 * @x: the carrier, with its socket
 */
void simple_start(struct cxio_simple *x)
{
	connects(x);
	simple_pump(x);
}

static void set_timer(struct cxio_simple *x)
{
	if (x->timed)
		cxio_timer_set(&x->portal->timers, &x->timer, cxio_stream_deadline(&x->stream));
}

/**
 * simple_follow() - do what the state says
 * @x: the carrier
 *
 * The end is made in a task of its own: nobody is in the carrier then. The task of one
 * that is being handed over is posted already, and follows when it has arrived.
 */
void simple_follow(struct cxio_simple *x)
{
	if (x->stream.state == CXIO_STREAM_ENDED && !x->to)
		cxio_portal_post(x->portal, &x->task);
}

/**
 * simple_end() - end a carrier for a reason of our own
 * @x: the carrier; the first reason sticks (I5)
 * @fault: enum cxio_fault
 * @text: more words, or NULL
 */
void simple_end(struct cxio_simple *x, u32 fault, const char *text)
{
	if (!x->stream.ending && text)
		snprintf(x->end_text, sizeof(x->end_text), "%s", text);
	cxio_stream_end(&x->stream, fault, false);
	simple_follow(x);
}

/**
 * simple_settle() - what could be read and written was: wait for more
 * @x: the carrier
 */
void simple_settle(struct cxio_simple *x)
{
	const struct cxio_stream *s = &x->stream;
	bool idle = simple_pipe_idle(&x->pipe);
	bool reads;

	if (x->to)
		return;
	cxio_stream_settle(&x->stream, idle, x->portal->now);
	reads = !s->paused && (cxio_stream_need(s) || cxio_stream_payload(s));
	if (x->mute && !reads && !s->paused && s->state != CXIO_STREAM_ENDED)
		cxio_stream_lost(&x->stream);
	if (s->state != CXIO_STREAM_ENDED && s->state != CXIO_STREAM_CONNECTING &&
	    simple_pipe_watch(&x->pipe, reads, !idle && !x->mute))
		cxio_stream_end(&x->stream, CXIO_FAULT_NO_MEMORY, false);
	else if (s->state != CXIO_STREAM_ENDED && simple_pipe_due(&x->pipe))
		cxio_portal_post(x->portal, &x->task);
	simple_snapshot(x);
	set_timer(x);
	simple_follow(x);
}

/* --- to another portal --- */

/**
 * simple_hand_over() - its connection lives elsewhere, or is to
 * @x: the carrier: nothing is done for it here any more
 * @to: that portal
 *
 * The portal that has it gives it away in a task of its own: no event of it is in hand
 * then. From when it is posted there nobody here knows it.
 */
void simple_hand_over(struct cxio_simple *x, struct cxio_portal *to)
{
	x->to = to;
	cxio_portal_post(x->portal, &x->task);
}

static void give_away(struct cxio_simple *x)
{
	cxio_timer_cancel(&x->portal->timers, &x->timer);
	if (x->timed)
		cxio_timers_release(&x->portal->timers);
	x->timed = false;
	cxio_list_remove(&x->link);
	x->pipe.socket->ops->move(x->pipe.socket, x->to);
	x->portal = x->to;
	/* From here on its events come there: this is the last that is done with it here. */
	cxio_portal_post(x->to, &x->task);
}

static void ask_again(struct cxio_simple *x)
{
	simple_asked(x);
	simple_receive(x);
	simple_pump(x);
}

static void take(struct cxio_simple *x)
{
	struct cxio_portal *p = x->portal;

	x->to = NULL;
	cxio_list_append(&portal_of(p)->carriers, &x->link);
	x->timed = !cxio_timers_reserve(&p->timers);
	if (!x->timed)
		simple_end(x, CXIO_FAULT_NO_MEMORY, NULL);
	if (atomic_load(&p->stopping))
		simple_end(x, CXIO_FAULT_SHUTDOWN, NULL);
	if (x->stream.state == CXIO_STREAM_ENDED) {
		simple_follow(x);
	} else if (x->asked) {
		ask_again(x);
	} else {
		simple_start(x);
	}
}

/* --- the end --- */

/**
 * simple_forget() - it carries nothing any more
 * @x: the carrier; its connection knows
 */
void simple_forget(struct cxio_simple *x)
{
	struct cxio_connection *c = x->connection;

	simple_snapshot(x);
	x->connection = NULL;
	cxio_stream_replaced(&x->stream);
	simple_follow(x);
	/* Nobody writes any more: what is queued is written by another, or by none. */
	simple_drop_batch(x);
	simple_drop_arrival(x);
	cxio_connection_put(c);
}

/* One that broke the rules before there was a session is turned away, not lost. */
static void tell_rejected(struct cxio_simple *x)
{
	const struct cxio_stream *s = &x->stream;

	if (s->active || s->by_peer || s->was_open || !s->fault ||
	    s->fault == CXIO_FAULT_PEER_GONE || s->fault == CXIO_FAULT_SHUTDOWN ||
	    s->fault == CXIO_FAULT_REPLACED)
		return;
	cxio_dispatch_rejected(x->messenger, (const struct sockaddr *)&x->from,
			       x->end_text[0] ? x->end_text : cxio_fault_text(s->fault));
}

static void tell_connection(struct cxio_simple *x)
{
	struct cxio_connection *c = x->connection;

	if (!c) {
		tell_rejected(x);
		return;
	}
	simple_snapshot(x);
	x->connection = NULL;
	if (!x->end_text[0])
		snprintf(x->end_text, sizeof(x->end_text), "%s",
			 cxio_fault_text(x->stream.fault));
	cxio_connection_carrier_lost(c, x, &(struct cxio_lost){
		.fault = x->stream.fault, .by_peer = x->stream.by_peer,
		.in_order = cxio_stream_in_order(&x->stream), .text = x->end_text });
	cxio_connection_put(c);
}

static void tear_down(struct cxio_simple *x)
{
	/* Nobody posts the task again, whatever is still found: it is about to be freed. */
	atomic_store(&x->task.queued, true);
	simple_pipe_close(&x->pipe);
	simple_drop_batch(x);
	simple_drop_arrival(x);
	simple_signer_end(&x->signer);
	cxio_timer_cancel(&x->portal->timers, &x->timer);
	if (x->timed)
		cxio_timers_release(&x->portal->timers);
	cxio_list_remove(&x->link);
	tell_connection(x);
	simple_agreed(x);
	cxio_messenger_died(x->messenger);
	free(x);
}

static void run(struct cxio_task *t)
{
	struct cxio_simple *x = cxio_entry(t, struct cxio_simple, task);

	if (x->to && x->to != x->portal)
		give_away(x);
	else if (x->to)
		take(x);
	else if (x->stream.state == CXIO_STREAM_ENDED)
		tear_down(x);
	else if (x->asked)
		ask_again(x);
	else if (simple_pipe_due(&x->pipe))
		simple_ready(x);
	else
		simple_pump(x);
}

/**
 * simple_snapshot() - let everybody see the counts
 * @x: the carrier
 */
void simple_snapshot(struct cxio_simple *x)
{
	const struct cxio_stream_stats *s = &x->stream.stats;
	struct cxio_connection_stats now = x->counts;

	if (!x->connection)
		return;
	now.frames_sent = s->tags_sent;
	now.frames_received = s->tags_received;
	now.msgs_sent = s->msgs_sent;
	now.msgs_received = s->msgs_received;
	now.bytes_sent = s->bytes_sent;
	now.bytes_received = s->bytes_received;
	now.grants_sent = s->acks_sent;
	now.crc_failures = s->crc_failures;
	now.duplicates = s->duplicates;
	now.sent_inline = s->msgs_sent;
	if (!memcmp(&now, &x->told, sizeof(now)))
		return;
	cxio_connection_count(x->connection, &now, &x->told);
}

/* --- what a messenger and its connections ask --- */

static void close_net(struct cxio_messenger *m)
{
	struct simple_net *net = m->transport_data;
	unsigned int i;

	if (!net)
		return;
	simple_unlisten(m);
	simple_close_sockets(net);
	simple_cephx_close(net);
	for (i = 0; i < m->portals; i++) {
		free(m->portal[i].transport);
		m->portal[i].transport = NULL;
	}
	free(net);
	m->transport_data = NULL;
}

static int open_net(struct cxio_messenger *m)
{
	struct simple_net *net;
	unsigned int i;
	int err;

	/* How a secret is proven is known to our own wire alone. */
	if (m->secret.len)
		return -EOPNOTSUPP;
	net = calloc(1, sizeof(*net));
	if (!net)
		return -ENOMEM;
	net->messenger = m;
	m->transport_data = net;
	err = simple_open_sockets(net);
	if (!err)
		err = simple_cephx_open(net, &m->options);
	for (i = 0; i < m->portals && !err; i++) {
		struct simple_portal *p = calloc(1, sizeof(*p));

		if (!p) {
			err = -ENOMEM;
			break;
		}
		cxio_list_init(&p->carriers);
		m->portal[i].transport = p;
	}
	if (err)
		close_net(m);
	return err;
}

static void portal_ending(struct cxio_portal *p)
{
	struct cxio_link *l, *next, *carriers = &portal_of(p)->carriers;

	if (!p->number) {
		struct simple_net *net = p->messenger->transport_data;

		simple_unlisten(p->messenger);
		cxio_timer_cancel(&p->timers, &net->retry);
	}
	for (l = carriers->next; l != carriers; l = next) {
		struct cxio_simple *x = cxio_entry(l, struct cxio_simple, link);

		next = l->next;
		if (!x->connection)
			simple_end(x, CXIO_FAULT_SHUTDOWN, NULL);
	}
}

static void attempt(struct cxio_connection *c)
{
	struct cxio_simple *x = simple_new(c->portal, c, true);

	if (!x) {
		cxio_connection_end(c, CXIO_FAULT_NO_MEMORY, false, NULL);
		return;
	}
	c->attempt = x;
	simple_connect(x, (const struct sockaddr *)&c->target);
	set_timer(x);
}

static void pump(void *carrier)
{
	struct cxio_simple *x = carrier;

	/* Messages that were in the way may have been freed. */
	if (x->stream.paused)
		simple_receive(x);
	simple_pump(x);
}

static void close_carrier(void *carrier)
{
	struct cxio_simple *x = carrier;

	/* What is queued waits for the end of the handshake, too. */
	if (x->stream.state < CXIO_STREAM_OPEN)
		x->close_due = true;
	else
		cxio_stream_close(&x->stream);
	/* Who wants it may be in the middle of something. */
	cxio_portal_post(x->portal, &x->task);
}

static void fail(void *carrier, u32 fault)
{
	simple_end(carrier, fault, NULL);
}

static void drop(void *carrier)
{
	simple_forget(carrier);
}

static void keepalive(void *carrier)
{
	struct cxio_simple *x = carrier;

	cxio_keepalive_want(&x->stream.keepalive);
}

/* The socket is the window: it is read again when there is room. */
static void consumed(void *carrier, u32 msgs, u64 bytes)
{
	(void)carrier;
	(void)msgs;
	(void)bytes;
}

/* No sink is ever exposed. */
static void end_sink(struct cxio_hook *h)
{
	h->exposed = NULL;
	cxio_hook_sink_ended(h);
}

/* A portal that does not sleep asks the kernel, which is what there is to ask. */
static bool poll_all(struct cxio_portal *p)
{
	(void)p;
	return false;
}

static void unmap(struct cxio_map *map)
{
	(void)map;
}

const struct cxio_transport cxio_transport_simple = {
	.name = "simple",
	.open = open_net,
	.close = close_net,
	.listen = simple_listen,
	.unlisten = simple_unlisten,
	.portal_ending = portal_ending,
	.attempt = attempt,
	.pump = pump,
	.close_carrier = close_carrier,
	.fail = fail,
	.drop = drop,
	.keepalive = keepalive,
	.consumed = consumed,
	.end_sink = end_sink,
	.poll = poll_all,
	.describe = simple_describe,
	.unmap = unmap,
};
