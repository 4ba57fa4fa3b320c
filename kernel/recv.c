// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receives. A buffer is posted again as soon as the frames that came with its own are
 * parsed and copied; its credit depends on nobody else.
 */
#include <linux/ktime.h>

#include "ceph_xio.h"
#include "post.h"
#include "trace.h"

/* So many buffers are posted again at once, if so many frames came. */
#define RECV_BATCH	8u

/**
 * cxio_recv_done() - a frame came in, or a receive was flushed
 * @cq: the pool's; nothing of ours is in it
 * @wc: after a flush only wr_cqe and status are valid
 *
 * Context: softirq.
 */
void cxio_recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct cxio_recv_buf *buf = container_of(wc->wr_cqe, struct cxio_recv_buf, cqe);
	struct cxio_xio *x = buf->carrier;

	trace_cxio_wc_recv(x, wc);
	if (wc->status != IB_WC_SUCCESS) {
		cxio_xio_failed(x, wc, CXIO_WORK_OTHER);
		return;
	}
	buf->len = wc->byte_len;
	buf->invalidated = wc->wc_flags & IB_WC_WITH_INVALIDATE ? wc->ex.invalidate_rkey : 0;
	spin_lock_bh(&x->lock);
	list_add_tail(&buf->link, &x->received);
	spin_unlock_bh(&x->lock);
	cxio_xio_kick(x);
}

static void sync(struct cxio_recv_buf *buf)
{
	ib_dma_sync_single_for_cpu(buf->carrier->cm_id->device, buf->dma,
				   cxio_limits()->recv_size, DMA_FROM_DEVICE);
}

/* Nobody reads its frame any more. */
static void hold(struct cxio_recv_buf *buf)
{
	struct cxio_xio *x = buf->carrier;

	buf->sge = (struct ib_sge){
		.addr = buf->dma, .length = cxio_limits()->recv_size,
		.lkey = x->pd->local_dma_lkey,
	};
	buf->wr = (struct ib_recv_wr){
		.next = x->held, .wr_cqe = &buf->cqe, .sg_list = &buf->sge, .num_sge = 1,
	};
	ib_dma_sync_single_for_device(x->cm_id->device, buf->dma, buf->sge.length,
				      DMA_FROM_DEVICE);
	x->held = &buf->wr;
	x->held_count++;
}

/*
 * Post what is held. After a failure it does not matter which of them were posted: the
 * queue pair is destroyed before the memory is freed.
 */
static int post_held(struct cxio_xio *x, u32 *count)
{
	struct ib_recv_wr *first = x->held;

	*count = x->held_count;
	x->held = NULL;
	x->held_count = 0;
	return first ? cxio_post_recv(x, first) : 0;
}

/**
 * cxio_recv_post_all() - post every receive buffer
 * @x: a carrier with a fresh queue pair
 *
 * Return: 0 or a negative errno.
 */
int cxio_recv_post_all(struct cxio_xio *x)
{
	u32 i;

	for (i = 0; i < cxio_limits()->recv_depth; i++)
		hold(&x->recv[i]);
	return post_held(x, &i);
}

/* --- in the work that serves it --- */

static void act(struct cxio_xio *x, const struct cxio_recv_buf *buf,
		const struct cxio_rx_event *ev)
{
	enum cxio_fault fault = cxio_rx_invalidated(ev, buf->invalidated);

	if (fault) {
		cxio_life_fault(&x->life, fault, ktime_get_ns());
		return;
	}
	/* A DONE in the same breath comes first: its memory is free before it is acked. */
	if (ev->kind == CXIO_RX_DONE)
		cxio_done_received(x, ev->seq, ev->rkey);
	if (ev->acked && x->host && x->host->carrier == x)
		cxio_connection_acked(x->host);
	/* That may have been the last thing the session waited for. */
	if (!cxio_life_wants_frame(&x->life))
		return;
	switch (ev->kind) {
	case CXIO_RX_MESSAGE:
		if (!cxio_arrive(x, buf->addr, ev))
			cxio_life_fault(&x->life, CXIO_FAULT_NO_MEMORY, ktime_get_ns());
		break;
	case CXIO_RX_GREETING:
		fault = cxio_auth_take(&x->auth, &x->life.channel, buf->addr, ev);
		if (fault)
			cxio_life_fault(&x->life, fault, ktime_get_ns());
		else if (ev->ends && x->host)
			cxio_greeting(x);
		else if (ev->ends)
			x->wants_host = true;
		break;
	case CXIO_RX_REVOKED:
		cxio_arrive_revoked(x, ev);
		break;
	default:
		break;
	}
}

static void serve_frame(struct cxio_xio *x, struct cxio_recv_buf *buf)
{
	struct cxio_rx_event ev;

	if (!cxio_life_wants_frame(&x->life))
		return;
	sync(buf);
	trace_cxio_frame_in(x, buf->addr, buf->len);
	if (cxio_life_rx(&x->life, buf->addr, buf->len, ktime_get_ns(), &ev))
		act(x, buf, &ev);
	if (cxio_life_flows(&x->life))
		hold(buf);
}

/* Credits are returned only for what is posted. */
static void repost(struct cxio_xio *x)
{
	u32 count;

	if (post_held(x, &count))
		cxio_life_lost(&x->life);
	else if (count && cxio_life_flows(&x->life))
		cxio_channel_reposted(&x->life.channel, count);
}

static struct cxio_recv_buf *take_received(struct cxio_xio *x)
{
	struct cxio_recv_buf *buf;

	spin_lock_bh(&x->lock);
	buf = list_first_entry_or_null(&x->received, struct cxio_recv_buf, link);
	if (buf)
		list_del_init(&buf->link);
	spin_unlock_bh(&x->lock);
	return buf;
}

/* The CM's word may come after the first frame. */
static void open_by_frame(struct cxio_xio *x)
{
	bool waiting;

	spin_lock_bh(&x->lock);
	waiting = !list_empty(&x->received);
	spin_unlock_bh(&x->lock);
	if (waiting && cxio_life_opens_by_frame(&x->life))
		cxio_xio_established(x);
}

/*
 * What a former carrier has of messages is given back first: their owners may give the same
 * memory again. Then the work runs once more.
 */
static bool former_is_left(const struct cxio_xio *x)
{
	return x->host && x->host->carrier == x && !list_empty(&x->host->leaving);
}

/**
 * cxio_serve_frames() - take in the frames that have come
 * @x: the carrier; those behind one that makes it want a host, or another carrier leave it,
 *	are left
 *
 * Context: the work that serves it.
 */
void cxio_serve_frames(struct cxio_xio *x)
{
	struct cxio_recv_buf *buf;

	open_by_frame(x);
	while (!x->wants_host && !former_is_left(x) && (buf = take_received(x))) {
		serve_frame(x, buf);
		/* Its credits are waited for, perhaps, before all that came is parsed. */
		if (x->held_count >= RECV_BATCH)
			repost(x);
	}
	if (cxio_life_flows(&x->life))
		repost(x);
}
