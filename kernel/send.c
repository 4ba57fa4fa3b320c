// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends: a ring of mapped buffers, used in turn. A buffer is free again when its
 * send has completed (I3); sends of one queue pair complete in order.
 */
#include "ceph_xio.h"

/**
 * cxio_send_slot() - where to make the next frame
 * @c: an open connection
 *
 * Context: the connection's work. Return: send_size bytes, or NULL while all
 * buffers are on their way.
 */
void *cxio_send_slot(struct cxio_connection *c)
{
	u32 done;

	spin_lock_bh(&c->lock);
	done = c->sends_done;
	spin_unlock_bh(&c->lock);
	if (c->sends_posted - done >= CXIO_DEFAULT_SEND_DEPTH)
		return NULL;
	return c->send[c->sends_posted % CXIO_DEFAULT_SEND_DEPTH].addr;
}

/**
 * cxio_send_post() - send the frame made in cxio_send_slot()
 * @c: the connection
 * @len: bytes of the frame
 *
 * Context: the connection's work. Return: 0 or a negative errno.
 */
int cxio_send_post(struct cxio_connection *c, u32 len)
{
	struct cxio_send_buf *buf = &c->send[c->sends_posted % CXIO_DEFAULT_SEND_DEPTH];
	struct ib_sge sge = {
		.addr = buf->dma, .length = len, .lkey = c->pd->local_dma_lkey,
	};
	struct ib_send_wr wr = {
		.wr_cqe = &buf->cqe, .sg_list = &sge, .num_sge = 1, .opcode = IB_WR_SEND,
		.send_flags = IB_SEND_SIGNALED,
	};
	int err;

	ib_dma_sync_single_for_device(c->cm_id->device, buf->dma, len, DMA_TO_DEVICE);
	err = ib_post_send(c->cm_id->qp, &wr, NULL);
	if (!err)
		c->sends_posted++;
	return err;
}

/**
 * cxio_send_idle() - has everything posted completed?
 * @c: the connection
 *
 * Context: the connection's work. Return: true if so.
 */
bool cxio_send_idle(struct cxio_connection *c)
{
	u32 done;

	spin_lock_bh(&c->lock);
	done = c->sends_done;
	spin_unlock_bh(&c->lock);
	return done == c->sends_posted;
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
	struct cxio_connection *c = buf->connection;

	spin_lock_bh(&c->lock);
	c->sends_done++;
	if (wc->status != IB_WC_SUCCESS) {
		c->broken = true;
		if (wc->status != IB_WC_WR_FLUSH_ERR)
			c->broken_status = wc->status;
	}
	spin_unlock_bh(&c->lock);
	cxio_connection_kick(c);
}
