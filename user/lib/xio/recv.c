// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Receives and completions. A receive buffer is posted again as soon as the frames
 * that came with its own are parsed and copied; its credit depends on nobody else.
 */
#include <errno.h>
#include <stdio.h>

#include "xio.h"

/**
 * xio_recv_buf_init() - a receive buffer
 * @b: the buffer
 * @number: which
 * @at: its memory
 * @size: bytes
 * @lkey: key of that
 */
void xio_recv_buf_init(struct xio_recv_buf *b, u32 number, char *at, u32 size, u32 lkey)
{
	b->sge = (struct ibv_sge){ (uintptr_t)at, size, lkey };
	b->wr = (struct ibv_recv_wr){ .wr_id = number, .sg_list = &b->sge, .num_sge = 1 };
}

static void hold(struct cxio_xio *x, u32 number)
{
	struct ibv_recv_wr *wr = &x->recv[number].wr;

	wr->next = x->held;
	x->held = wr;
	x->held_count++;
}

/*
 * Post what is held. After a failure it does not matter which of them were posted:
 * the queue pair is destroyed before the memory is freed.
 */
static int post_held(struct cxio_xio *x, u32 *count)
{
	struct ibv_recv_wr *bad, *first = x->held;

	*count = x->held_count;
	x->held = NULL;
	x->held_count = 0;
	if (!first)
		return 0;
	if (x->granted)
		return ibv_post_srq_recv(x->device->srq->srq, first, &bad);
	return ibv_post_recv(x->id->qp, first, &bad);
}

/**
 * xio_post_receives() - post every receive buffer
 * @x: a carrier with a fresh queue pair
 *
 * Return: 0 or a negative errno.
 */
int xio_post_receives(struct cxio_xio *x)
{
	u32 i;

	for (i = 0; i < x->recv_count; i++)
		hold(x, i);
	return post_held(x, &i) ? -EIO : 0;
}

/*
 * The key that came invalidated with a frame, or 0. Soft-RoCE gives user space the
 * kernel's number for that flag, which means something else there, and on no RC queue
 * pair: it is believed with a DONE that names the key.
 */
static u32 invalidated_key(const struct ibv_wc *wc, const struct cxio_rx_event *ev)
{
	if (wc->wc_flags & IBV_WC_WITH_INV)
		return wc->invalidated_rkey;
	if (wc->wc_flags & IBV_WC_IP_CSUM_OK && ev->kind == CXIO_RX_DONE &&
	    wc->invalidated_rkey == ev->rkey)
		return ev->rkey;
	return 0;
}

static void act(struct cxio_xio *x, const void *buf, const struct cxio_rx_event *ev,
		u32 invalidated)
{
	enum cxio_fault fault = cxio_rx_invalidated(ev, invalidated);

	if (fault) {
		cxio_life_fault(&x->life, fault, x->portal->now);
		return;
	}
	/* A DONE in the same breath comes first: its memory is free before it is acked. */
	if (ev->kind == CXIO_RX_DONE)
		xio_done_received(x, ev->seq, ev->rkey);
	if (ev->acked && x->connection)
		cxio_connection_acked(x->connection);
	/* That may have been the last thing the session waited for. */
	if (!cxio_life_wants_frame(&x->life))
		return;
	switch (ev->kind) {
	case CXIO_RX_MESSAGE:
		if (!xio_arrive(x, buf, ev))
			cxio_life_fault(&x->life, CXIO_FAULT_NO_MEMORY, x->portal->now);
		break;
	case CXIO_RX_ECHO:
		x->counts.echo_ns = cxio_portal_look_at_clock(x->portal) - ev->stamp_ns;
		break;
	case CXIO_RX_GREETING:
		fault = cxio_auth_take(&x->auth, &x->life.channel, buf, ev);
		if (fault)
			cxio_life_fault(&x->life, fault, x->portal->now);
		else if (ev->ends)
			xio_greeting(x);
		break;
	case CXIO_RX_REVOKED:
		xio_arrive_revoked(x, ev);
		break;
	default:
		break;
	}
}

/* A shared buffer goes back whatever became of the connection. */
static void spare(struct cxio_xio *x, u32 number)
{
	if (x->granted)
		hold(x, number);
}

static void received(struct cxio_xio *x, const struct ibv_wc *wc)
{
	const void *buf = (const void *)(uintptr_t)x->recv[wc->wr_id].sge.addr;
	struct cxio_rx_event ev;

	if (cxio_life_opens_by_frame(&x->life))
		xio_established(x);
	/* Nothing of a carrier that was replaced touches the session. */
	if (!cxio_life_wants_frame(&x->life)) {
		spare(x, (u32)wc->wr_id);
		return;
	}
	if (cxio_life_rx(&x->life, buf, wc->byte_len, x->portal->now, &ev))
		act(x, buf, &ev, invalidated_key(wc, &ev));
	if (cxio_life_flows(&x->life))
		hold(x, (u32)wc->wr_id);
	else
		spare(x, (u32)wc->wr_id);
}

/* Credits are returned only for what is posted. */
static void repost(struct cxio_xio *x)
{
	u32 count;

	if (post_held(x, &count))
		xio_lost(x);
	else if (count && cxio_life_flows(&x->life))
		cxio_channel_reposted(&x->life.channel, count);
}

static void failed(struct cxio_xio *x, const struct ibv_wc *wc)
{
	enum cxio_work work = CXIO_WORK_OTHER;
	const char *what = "receive";
	bool first = !x->life.ending;

	if (wc->wr_id & XIO_WR_READ)
		what = "reading the peer's memory";
	if (wc->wr_id & XIO_WR_SEND) {
		what = "send";
		work = CXIO_WORK_SEND;
	}
	if (wc->status == IBV_WC_WR_FLUSH_ERR)
		work = CXIO_WORK_FLUSHED;
	/* Of what was lost, CLOSE has come before this or will not come. */
	if (cxio_life_failed(&x->life, work, xio_is_iwarp(x)) && first)
		snprintf(x->end_text, sizeof(x->end_text), "%s failed: %s", what,
			 ibv_wc_status_str(wc->status));
	xio_follow(x);
}

static void completed(struct cxio_xio *x, const struct ibv_wc *wc)
{
	bool bad = wc->status != IBV_WC_SUCCESS;

	if (bad)
		failed(x, wc);
	if (wc->wr_id & XIO_WR_SEND) {
		xio_sq_done(x, (u32)wc->wr_id);
		/* Its queue pair in error, all that is left dies with that. */
		if (!bad)
			xio_keys_done(x);
	} else if (wc->wr_id & XIO_WR_READ) {
		xio_read_done(x, (void *)(uintptr_t)(wc->wr_id & XIO_WR_VALUE), bad);
	} else if (!bad) {
		received(x, wc);
	} else {
		spare(x, (u32)wc->wr_id);
	}
}

/**
 * xio_drain_shared() - give back shared buffers that completed and were not looked at
 * @x: a carrier with a queue pair in error: nothing more completes
 */
void xio_drain_shared(struct cxio_xio *x)
{
	struct ibv_wc wc[XIO_POLL];
	u32 count;
	int i, n;

	while ((n = ibv_poll_cq(x->recv_cq.cq, XIO_POLL, wc)) > 0)
		for (i = 0; i < n; i++)
			hold(x, (u32)wc[i].wr_id);
	post_held(x, &count);
}

static bool handle(struct cxio_xio *x, struct xio_cq *q)
{
	struct ibv_wc wc[XIO_POLL];
	int i, n = ibv_poll_cq(q->cq, XIO_POLL, wc);

	for (i = 0; i < n; i++)
		completed(x, &wc[i]);
	if (n > 0)
		repost(x);
	return n > 0;
}

/* Is there anything that its queue could tell? */
static bool sends_under_way(const struct cxio_xio *x)
{
	return x->sq_done != x->sq_posted || x->reads.started;
}

static bool poll_once(struct cxio_xio *x)
{
	bool any = sends_under_way(x) && handle(x, &x->send_cq);

	/* One that is being handed over waits until it has arrived. */
	return (!x->to && handle(x, &x->recv_cq)) || any;
}

/**
 * xio_poll() - handle all completions there are
 * @x: a carrier, perhaps without a queue pair
 *
 * Return: true if there were any.
 */
bool xio_poll(struct cxio_xio *x)
{
	const struct cxio_connection *c;
	bool any = false;

	while (x->recv_cq.cq && x->send_cq.cq && !x->to && poll_once(x))
		any = true;
	c = x->connection;
	/* Who is about to be served is pumped then, with what it has been given to send. */
	if (any && !(c && c->carrier == x && atomic_load(&c->task.queued)))
		xio_pump(x);
	return any;
}

/*
 * Does anything wait for what the send queue's completions would tell? That the queue
 * pair is in error the receives tell as well, but for shared ones.
 */
static bool wants_sends(struct cxio_xio *x)
{
	return sends_under_way(x) &&
	       (x->reads.started || x->keys_ending || x->keys_due || x->short_of_wrs ||
		x->granted || x->life.state != CXIO_OPEN || !xio_send_slot(x));
}

/**
 * xio_arm() - have the next completion be an event
 * @q: the queue; it is to be polled once more after this: a completion between the last
 *	poll and the arming would otherwise wake nobody
 *
 * Return: false if that failed.
 */
bool xio_arm(struct xio_cq *q)
{
	q->armed = q->armed || !ibv_req_notify_cq(q->cq, 0);
	return q->armed;
}

/**
 * xio_arm_sends() - wake up for completions of the send queue, if one is waited for
 * @x: the carrier
 *
 * Most are not: they are found when something comes in.
 *
 * Return: true if there was one meanwhile, which was handled.
 */
bool xio_arm_sends(struct cxio_xio *x)
{
	bool any = false;

	if (!x->send_cq.cq || x->send_cq.armed || x->to || !wants_sends(x))
		return false;
	if (!xio_arm(&x->send_cq)) {
		xio_end(x, CXIO_FAULT_TRANSPORT, false, "arming the completion queue failed");
		return false;
	}
	while (handle(x, &x->send_cq))
		any = true;
	return any;
}

/**
 * xio_completions_ready() - the completion channel is readable
 * @s: the source in struct cxio_xio
 *
 * Polled until there is nothing, armed, and polled again. What comes meanwhile is no
 * event of its own.
 */
void xio_completions_ready(struct cxio_source *s)
{
	struct cxio_xio *x = cxio_entry(s, struct cxio_xio, completions);
	struct xio_cq *q;
	struct ibv_cq *cq;
	void *context;

	if (ibv_get_cq_event(x->channel, &cq, &context))
		return;
	q = cq == x->recv_cq.cq ? &x->recv_cq : &x->send_cq;
	q->event_debt++;
	q->armed = false;
	xio_poll(x);
	/* Where it is handed over to, it is armed. */
	if (x->to)
		return;
	if (!x->recv_cq.armed) {
		if (!xio_arm(&x->recv_cq))
			xio_end(x, CXIO_FAULT_TRANSPORT, false,
				"arming the completion queue failed");
		xio_poll(x);
	}
	/* What this event was for may have been found before: then nobody has armed anew. */
	if (xio_arm_sends(x))
		xio_pump(x);
}
