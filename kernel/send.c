// SPDX-License-Identifier: GPL-2.0-only
/*
 * The send queue: frames in mapped buffers, used in turn, and other work requests
 * between them, linked into a chain as they are made and posted together.
 */
#include "ceph_xio.h"
#include "post.h"
#include "trace.h"

static u32 completed(const struct cxio_xio *x)
{
	/* Pairs with the release in cxio_sq_completed(). */
	return smp_load_acquire(&x->sq_done);
}

/**
 * cxio_sq_passed() - has a work request of the send queue completed, as far as we know?
 * @x: the carrier
 * @number: its number
 *
 * Context: the work that serves it. Return: true if so.
 */
bool cxio_sq_passed(const struct cxio_xio *x, u32 number)
{
	return (s32)(completed(x) - number) >= 0;
}

/**
 * cxio_sq_room() - can so many work requests be added?
 * @x: the carrier
 * @wrs: how many, beside a frame
 *
 * Context: the work that serves it. Return: false if not now: then the completion of
 * some is on its way.
 */
bool cxio_sq_room(const struct cxio_xio *x, u32 wrs)
{
	return CXIO_SQ_DEPTH - (x->sq_made - completed(x)) > wrs;
}

/**
 * cxio_sq_add() - link a work request into the chain
 * @x: the carrier, with room for it
 * @wr: the request, which stays where it is until it has completed
 *
 * Context: the work that serves it. Return: its number.
 */
u32 cxio_sq_add(struct cxio_xio *x, struct ib_send_wr *wr)
{
	cxio_sq_link(x, wr);
	return ++x->sq_made;
}

/**
 * cxio_sq_link() - link a READ into the chain
 * @x: the carrier
 * @wr: the request; its completion is its own: a device may let a send overtake it
 *
 * Context: the work that serves it.
 */
void cxio_sq_link(struct cxio_xio *x, struct ib_send_wr *wr)
{
	wr->next = NULL;
	if (x->chain)
		x->chain_end->next = wr;
	else
		x->chain = wr;
	x->chain_end = wr;
}

static void free_sent(struct cxio_xio *x)
{
	u32 done = completed(x);

	while (x->sends_freed != x->sends &&
	       (s32)(done - x->send[x->sends_freed % CXIO_DEFAULT_SEND_DEPTH].number) >= 0)
		x->sends_freed++;
}

/**
 * cxio_send_slot() - where to make the next frame
 * @x: an open carrier
 *
 * Context: the work that serves it. Return: send_size bytes, or NULL while all
 * buffers are on their way.
 */
void *cxio_send_slot(struct cxio_xio *x)
{
	free_sent(x);
	if (x->sends - x->sends_freed >= CXIO_DEFAULT_SEND_DEPTH || !cxio_sq_room(x, 0))
		return NULL;
	return x->send[x->sends % CXIO_DEFAULT_SEND_DEPTH].addr;
}

/**
 * cxio_send_add() - link the frame made in cxio_send_slot() into the chain
 * @x: the carrier
 * @len: bytes of the frame
 * @invalidate: key of the peer's that dies with it, or 0
 *
 * Context: the work that serves it.
 */
void cxio_send_add(struct cxio_xio *x, u32 len, u32 invalidate)
{
	struct cxio_send_buf *buf = &x->send[x->sends++ % CXIO_DEFAULT_SEND_DEPTH];
	bool signal = ++x->unsignalled >= CXIO_SIGNAL_EVERY ||
		      (len >= CXIO_SIGNAL_IWARP && cxio_is_iwarp(x));

	buf->sge = (struct ib_sge){ buf->dma, len, x->pd->local_dma_lkey };
	buf->wr = (struct ib_send_wr){
		.wr_cqe = &buf->cqe, .sg_list = &buf->sge, .num_sge = 1,
		.opcode = invalidate ? IB_WR_SEND_WITH_INV : IB_WR_SEND,
		.send_flags = signal ? IB_SEND_SIGNALED : 0,
		.ex.invalidate_rkey = invalidate,
	};
	if (signal)
		x->unsignalled = 0;
	ib_dma_sync_single_for_device(x->cm_id->device, buf->dma, len, DMA_TO_DEVICE);
	trace_cxio_frame_out(x, buf->addr, len);
	buf->number = cxio_sq_add(x, &buf->wr);
	x->chain_send = buf;
}

/**
 * cxio_sq_flush() - post the chain, with one doorbell
 * @x: the carrier
 *
 * Context: the work that serves it. Return: 0, or a negative errno: the connection is
 * lost, and nothing more may be added.
 */
int cxio_sq_flush(struct cxio_xio *x)
{
	struct ib_send_wr *chain = x->chain;
	int err;

	if (!chain)
		return 0;
	/* Who closes waits for the end of all; and who has memory to give back. */
	if (x->chain_send && (x->wait_done || x->life.state != CXIO_OPEN)) {
		x->chain_send->wr.send_flags |= IB_SEND_SIGNALED;
		x->unsignalled = 0;
		x->wait_done = false;
	}
	x->chain = NULL;
	x->chain_end = NULL;
	x->chain_send = NULL;
	/* After a revoke the chain may name regions that are no more. */
	mutex_lock(&x->qp_mutex);
	err = x->broke ? -ENOTCONN : cxio_post_send(x, chain);
	mutex_unlock(&x->qp_mutex);
	return err;
}

/**
 * cxio_send_idle() - has everything made completed, as far as we know?
 * @x: the carrier
 *
 * Context: the work that serves it. Return: true if so. It comes true after a chain
 * that was waited for.
 */
bool cxio_send_idle(const struct cxio_xio *x)
{
	return cxio_sq_passed(x, x->sq_made);
}

/**
 * cxio_sq_completed() - a work request completed, or failed, or was flushed
 * @x: the carrier
 * @wc: its completion
 * @number: its number: all before it are over as well, but READs
 * @work: what it was to do
 *
 * Context: softirq.
 */
void cxio_sq_completed(struct cxio_xio *x, const struct ib_wc *wc, u32 number,
		       enum cxio_work work)
{
	trace_cxio_wc_send(x, wc);
	if (wc->status == IB_WC_SUCCESS) {
		/* Pairs with the acquire in completed(). */
		smp_store_release(&x->sq_done, number);
		cxio_xio_kick(x);
	} else {
		cxio_xio_failed(x, wc, work);
	}
}

/**
 * cxio_send_done() - a send completed, or was flushed
 * @cq: the pool's; nothing of ours is in it
 * @wc: after a flush only wr_cqe and status are valid
 *
 * Context: softirq.
 */
void cxio_send_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct cxio_send_buf *buf = container_of(wc->wr_cqe, struct cxio_send_buf, cqe);

	cxio_sq_completed(buf->carrier, wc, buf->number, CXIO_WORK_SEND);
}
