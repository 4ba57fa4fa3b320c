// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A carrier's life, from its beginning to its teardown, and what a connection asks of
 * it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "xio.h"

static void run(struct cxio_task *t);

static void time_came(struct cxio_timer *t)
{
	struct cxio_xio *x = cxio_entry(t, struct cxio_xio, timer);

	/* After a long stop of ours, what has come in meanwhile counts. */
	xio_poll(x);
	cxio_life_tick(&x->life, x->portal->now);
	xio_sinks_tick(x);
	xio_pump(x);
}

/**
 * xio_new() - a carrier begins
 * @p: where it is to live
 * @c: what it is to carry; NULL on the passive side
 * @active: we connect
 *
 * Return: the carrier, or NULL.
 */
struct cxio_xio *xio_new(struct cxio_portal *p, struct cxio_connection *c, bool active)
{
	struct cxio_xio *x;

	x = calloc(1, sizeof(*x));
	if (!x || cxio_timers_reserve(&p->timers)) {
		free(x);
		return NULL;
	}
	x->timed = true;
	x->messenger = p->messenger;
	x->portal = p;
	x->ours = p->messenger->limits;
	cxio_auth_init(&x->auth, p->messenger->secret.len ? &p->messenger->credential : NULL,
		       active);
	cxio_task_init(&x->task, run);
	cxio_timer_init(&x->timer, time_came);
	cxio_list_init(&x->pending);
	cxio_list_init(&x->done);
	cxio_list_init(&x->keys);
	cxio_life_init(&x->life, active, p->now);
	cxio_life_carry(&x->life, c ? &c->session : NULL);
	cxio_life_connecting(&x->life);
	x->connection = c ? cxio_connection_get(c) : NULL;
	cxio_list_init(&x->link);
	cxio_list_append(&((struct xio_portal *)p->transport)->carriers, &x->link);
	cxio_messenger_born(x->messenger);
	if (!active)
		atomic_fetch_add(&((struct xio_net *)x->messenger->transport_data)->accepted, 1);
	return x;
}

/**
 * xio_set_timer() - wake up when the carrier's protocol wants something
 * @x: the carrier
 */
void xio_set_timer(struct cxio_xio *x)
{
	u64 due = cxio_life_deadline(&x->life, cxio_life_flows(&x->life) && xio_send_slot(x));

	if (x->sinks_due && x->sinks_due < due)
		due = x->sinks_due;
	if (x->timed)
		cxio_timer_set(&x->portal->timers, &x->timer, due);
}

/**
 * xio_follow() - do what the state says
 * @x: the carrier
 *
 * Disconnecting is done in a task of its own: nobody is in the carrier then. The task of
 * one that is being handed over is posted already, and follows when it has arrived.
 */
void xio_follow(struct cxio_xio *x)
{
	if (x->life.state == CXIO_DISCONNECTING && !x->to)
		cxio_portal_post(x->portal, &x->task);
}

/**
 * xio_end() - note why a carrier ends, and disconnect it
 * @x: the carrier; the first reason sticks (I5)
 * @fault: enum cxio_fault
 * @by_peer: the peer said so
 * @text: more words, or NULL
 */
void xio_end(struct cxio_xio *x, u32 fault, bool by_peer, const char *text)
{
	if (!x->life.ending && text)
		snprintf(x->end_text, sizeof(x->end_text), "%s", text);
	cxio_life_end(&x->life, fault, by_peer);
	xio_follow(x);
}

/**
 * xio_fault() - end a carrier for a reason of our own
 * @x: the carrier
 * @fault: enum cxio_fault
 *
 * The peer of an open one is told with CLOSE first, if a credit is left for it.
 */
void xio_fault(struct cxio_xio *x, u32 fault)
{
	cxio_life_fault(&x->life, fault, x->portal->now);
	xio_pump(x);
}

/**
 * xio_lost() - the queue pair is in error, or the peer disconnected
 * @x: the carrier; why, the frames that came in before may say: see tear_down()
 */
void xio_lost(struct cxio_xio *x)
{
	cxio_life_lost(&x->life);
	xio_follow(x);
}

/* --- open --- */

/* A peer without sessions: messages flow at once, and a loss is the end. */
static void open_without_session(struct cxio_xio *x)
{
	static const struct cxio_addr nobody;
	enum cxio_fault fault = cxio_auth_without_session(&x->auth);
	struct cxio_connection *c = x->connection;
	bool raced;

	if (fault) {
		cxio_life_fault(&x->life, fault, x->portal->now);
		return;
	}
	if (!c) {
		c = cxio_connection_accepted(x->messenger, x->portal, &nobody,
					     rdma_get_peer_addr(x->id), CXIO_PEER_ANY, &raced);
		if (!c) {
			cxio_life_fault(&x->life, CXIO_FAULT_TOO_MANY, x->portal->now);
			return;
		}
		x->connection = cxio_connection_get(c);
	}
	xio_carries(x, c, c->session.acked);
}

/**
 * xio_established() - the CM says so, or a first frame does
 * @x: a connecting carrier
 */
void xio_established(struct cxio_xio *x)
{
	const struct cxio_messenger_options *o = &x->messenger->options;

	if (!cxio_life_opens(&x->life, &x->ours, &x->agreed, x->portal->now)) {
		xio_follow(x);
		return;
	}
	cxio_keepalive_set(&x->life.channel.keepalive, o->keepalive_ms, o->keepalive_expiry_ms);
	if (x->life.channel.ready)
		open_without_session(x);
	else if (x->life.active)
		xio_greet(x);
	xio_pump(x);
}

/* --- to another portal --- */

/**
 * xio_hand_over() - its connection lives elsewhere, or is to
 * @x: the carrier: nothing is done for it here any more
 * @to: that portal
 *
 * The portal that has it gives it away in a task of its own: no event of it is in hand
 * then. From when it is posted there nobody here knows it.
 */
void xio_hand_over(struct cxio_xio *x, struct cxio_portal *to)
{
	x->to = to;
	cxio_portal_post(x->portal, &x->task);
}

static void give_away(struct cxio_xio *x)
{
	struct cxio_portal *from = x->portal, *to = x->to;

	cxio_timer_cancel(&from->timers, &x->timer);
	if (x->timed)
		cxio_timers_release(&from->timers);
	x->timed = false;
	cxio_list_remove(&x->link);
	if (x->channel)
		cxio_portal_unwatch(from, &x->completions);
	x->portal = to;
	if (xio_move_id(x, to)) {
		/* Its CM events come here, then, and are for nobody else. */
		x->portal = from;
		x->to = NULL;
		x->timed = !cxio_timers_reserve(&from->timers);
		cxio_list_append(&((struct xio_portal *)from->transport)->carriers, &x->link);
		if (x->channel)
			cxio_portal_watch(from, &x->completions);
		xio_end(x, CXIO_FAULT_TRANSPORT, false, "moving to another portal failed");
		return;
	}
	/* From here on its events come there: this is the last that is done with it here. */
	cxio_portal_post(to, &x->task);
}

static void take(struct cxio_xio *x)
{
	struct cxio_portal *p = x->portal;
	/* The session that it is to be judged with may have been made here meanwhile. */
	bool moved = cxio_list_empty(&x->link);

	x->to = NULL;
	if (moved)
		cxio_list_append(&((struct xio_portal *)p->transport)->carriers, &x->link);
	x->timed = x->timed || !cxio_timers_reserve(&p->timers);
	if (!x->timed)
		xio_end(x, CXIO_FAULT_NO_MEMORY, false, NULL);
	/* On its way it was in no list of those to be told. */
	if (x->device && xio_device_is_gone(x->device))
		xio_end(x, CXIO_FAULT_DEVICE, false, NULL);
	if (x->life.state >= CXIO_DISCONNECTING) {
		xio_follow(x);
		return;
	}
	if (atomic_load(&p->stopping)) {
		xio_fault(x, CXIO_FAULT_SHUTDOWN);
		return;
	}
	if (!x->channel) {
		xio_accept(x);
		return;
	}
	if (moved && cxio_portal_watch(p, &x->completions)) {
		xio_end(x, CXIO_FAULT_NO_MEMORY, false, NULL);
		return;
	}
	if (!xio_arm(&x->recv_cq))
		xio_end(x, CXIO_FAULT_TRANSPORT, false, "arming the completion queue failed");
	xio_greeting(x);
	xio_poll(x);
	xio_pump(x);
}

/* --- the end --- */

/**
 * xio_forget() - it carries nothing any more
 * @x: the carrier; its connection knows
 */
void xio_forget(struct cxio_xio *x)
{
	struct cxio_connection *c = x->connection;

	xio_snapshot(x);
	x->connection = NULL;
	cxio_life_replaced(&x->life);
	xio_follow(x);
	/* What was received and not delivered comes again on another carrier. */
	xio_drop_arrivals(x);
	cxio_connection_put(c);
}

/* One that broke the rules before there was a session is turned away, not lost. */
static void tell_rejected(struct cxio_xio *x)
{
	const struct cxio_life *l = &x->life;

	if (l->active || l->by_peer || !l->was_open || l->channel.ready || !l->fault ||
	    l->fault == CXIO_FAULT_PEER_GONE || l->fault == CXIO_FAULT_SHUTDOWN ||
	    l->fault == CXIO_FAULT_DEVICE)
		return;
	cxio_dispatch_rejected(x->messenger, rdma_get_peer_addr(x->id),
			       x->end_text[0] ? x->end_text : cxio_fault_text(l->fault));
}

static void tell_connection(struct cxio_xio *x)
{
	struct cxio_connection *c = x->connection;

	if (!c) {
		tell_rejected(x);
		return;
	}
	xio_snapshot(x);
	x->connection = NULL;
	if (!x->end_text[0])
		snprintf(x->end_text, sizeof(x->end_text), "%s%s",
			 x->life.by_peer && x->life.fault ? "peer ended the connection: " : "",
			 cxio_fault_text(x->life.fault));
	cxio_connection_carrier_lost(c, x, &(struct cxio_lost){
		.fault = x->life.fault, .by_peer = x->life.by_peer,
		.in_order = cxio_life_in_order(&x->life), .ours = x->broke,
		.text = x->end_text });
	cxio_connection_put(c);
}

static void tear_down(struct cxio_xio *x)
{
	/* Nobody posts the task again, whatever is still found: it is about to be freed. */
	atomic_store(&x->task.queued, true);
	/* Frames that came before the end are served: CLOSE may be among them. */
	xio_poll(x);
	cxio_life_over(&x->life);
	if (x->established)
		rdma_disconnect(x->id);
	xio_destroy_qp(x);
	xio_kill_keys(x);
	xio_drop_arrivals(x);
	cxio_wipe(&x->signer, sizeof(x->signer));
	cxio_timer_cancel(&x->portal->timers, &x->timer);
	if (x->timed)
		cxio_timers_release(&x->portal->timers);
	cxio_list_remove(&x->link);
	tell_connection(x);
	/* librdmacm may close the device with its last id: what we have on it goes first. */
	xio_device_put(x->device);
	if (x->id)
		rdma_destroy_id(x->id);
	if (!x->life.active)
		atomic_fetch_sub(&((struct xio_net *)x->messenger->transport_data)->accepted, 1);
	cxio_messenger_died(x->messenger);
	free(x);
}

/*
 * Soft-RoCE of 6.1 cannot send while its link is down, and its queue pair for the CM's
 * messages hears nothing any more once it could not: nobody could connect there again.
 * So the good-bye waits for the link.
 */
static bool waits_for_link(struct cxio_xio *x)
{
	struct ibv_port_attr port;

	if (!x->established || !x->device || !x->device->soft_roce || !x->timed ||
	    xio_device_is_gone(x->device) || atomic_load(&x->portal->stopping))
		return false;
	return !ibv_query_port(x->id->verbs, x->id->port_num, &port) &&
	       port.state != IBV_PORT_ACTIVE;
}

static void run(struct cxio_task *t)
{
	struct cxio_xio *x = cxio_entry(t, struct cxio_xio, task);

	if (x->to && x->to != x->portal)
		give_away(x);
	else if (x->to)
		take(x);
	else if (x->life.state == CXIO_DISCONNECTING && waits_for_link(x))
		cxio_timer_set(&x->portal->timers, &x->timer, x->portal->now + XIO_LINK_NS);
	else if (x->life.state == CXIO_DISCONNECTING)
		tear_down(x);
}

/* --- counts --- */

/**
 * xio_snapshot() - let everybody see the counts
 * @x: the carrier
 */
void xio_snapshot(struct cxio_xio *x)
{
	const struct cxio_channel_stats *ch = &x->life.channel.stats;
	struct cxio_connection_stats now = x->counts;

	if (!x->connection)
		return;
	now.frames_sent = ch->frames_sent;
	now.frames_received = ch->frames_received;
	now.msgs_sent = ch->msgs_sent;
	now.msgs_received = ch->msgs_received;
	now.bytes_sent = ch->bytes_sent;
	now.bytes_received = ch->bytes_received;
	now.grants_sent = ch->grants_sent;
	now.credit_stalls = ch->credit_stalls;
	now.window_stalls = ch->window_stalls;
	now.crc_failures = ch->crc_failures;
	now.duplicates = ch->duplicates;
	cxio_connection_count(x->connection, &now, &x->told);
}

/* --- what a messenger and its connections ask --- */

static int open_net(struct cxio_messenger *m)
{
	struct xio_net *net;
	unsigned int i;
	int err = 0;

	/* Ceph's keys open Ceph's daemons, and those speak TCP. */
	if (m->options.ceph_name)
		return -EOPNOTSUPP;
	net = calloc(1, sizeof(*net));
	if (!net)
		return -ENOMEM;
	net->messenger = m;
	pthread_mutex_init(&net->lock, NULL);
	cxio_list_init(&net->listeners);
	cxio_timer_init(&net->retry, xio_listen_again);
	net->retries = !cxio_timers_reserve(&m->portal[0].timers);
	net->removals.source.fd = -1;
	m->transport_data = net;
	for (i = 0; i < m->portals && !err; i++) {
		struct xio_portal *p = calloc(1, sizeof(*p));

		if (!p) {
			err = -ENOMEM;
			break;
		}
		p->portal = &m->portal[i];
		cxio_list_init(&p->carriers);
		err = xio_open_cm(p);
		if (err)
			free(p);
		else
			m->portal[i].transport = p;
	}
	if (err)
		cxio_transport_xio.close(m);
	else
		xio_watch_removals(net);
	return err;
}

static void close_net(struct cxio_messenger *m)
{
	struct xio_net *net = m->transport_data;
	unsigned int i;

	if (!net)
		return;
	xio_unlisten(m);
	xio_unwatch_removals(net);
	for (i = 0; i < m->portals; i++) {
		struct xio_portal *p = m->portal[i].transport;

		if (p)
			xio_close_cm(p);
		free(p);
		m->portal[i].transport = NULL;
	}
	pthread_mutex_destroy(&net->lock);
	free(net);
	m->transport_data = NULL;
}

static void portal_ending(struct cxio_portal *p)
{
	struct xio_portal *here = p->transport;
	struct cxio_link *l, *next;

	if (!p->number) {
		struct xio_net *net = p->messenger->transport_data;

		xio_unlisten(p->messenger);
		cxio_timer_cancel(&p->timers, &net->retry);
	}
	for (l = here->carriers.next; l != &here->carriers; l = next) {
		struct cxio_xio *x = cxio_entry(l, struct cxio_xio, link);

		next = l->next;
		if (!x->connection)
			xio_fault(x, CXIO_FAULT_SHUTDOWN);
	}
}

static void attempt(struct cxio_connection *c)
{
	struct cxio_xio *x = xio_new(c->portal, c, true);

	if (!x) {
		cxio_connection_end(c, CXIO_FAULT_NO_MEMORY, false, NULL);
		return;
	}
	c->attempt = x;
	xio_connect(x, (const struct sockaddr *)&c->target);
	xio_set_timer(x);
}

static void pump(void *carrier)
{
	/* Memory of former carriers' messages may have been freed: READs waited for that. */
	xio_start_reads(carrier);
	xio_pump(carrier);
}

static void close_carrier(void *carrier)
{
	struct cxio_xio *x = carrier;

	cxio_life_close(&x->life);
	xio_pump(x);
}

static void fail(void *carrier, u32 fault)
{
	xio_fault(carrier, fault);
}

static void drop(void *carrier)
{
	xio_forget(carrier);
}

static void keepalive(void *carrier)
{
	struct cxio_xio *x = carrier;

	cxio_keepalive_want(&x->life.channel.keepalive);
}

static void consumed(void *carrier, u32 msgs, u64 bytes)
{
	struct cxio_xio *x = carrier;

	cxio_channel_consumed(&x->life.channel, msgs, bytes, x->portal->now);
}

static bool poll_all(struct cxio_portal *p)
{
	struct xio_portal *here = p->transport;
	struct cxio_link *l;
	bool any = false;

	for (l = here->carriers.next; l != &here->carriers; l = l->next)
		any = xio_poll(cxio_entry(l, struct cxio_xio, link)) || any;
	return any;
}

const struct cxio_transport cxio_transport_xio = {
	.name = "xio",
	.cookies = true,
	.open = open_net,
	.close = close_net,
	.listen = xio_listen,
	.unlisten = xio_unlisten,
	.portal_ending = portal_ending,
	.attempt = attempt,
	.pump = pump,
	.close_carrier = close_carrier,
	.fail = fail,
	.drop = drop,
	.keepalive = keepalive,
	.consumed = consumed,
	.end_sink = xio_end_sink,
	.poll = poll_all,
	.describe = xio_describe,
	.unmap = xio_unmap,
};
