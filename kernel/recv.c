// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receives. A buffer is posted again as soon as its frame is parsed and copied;
 * its credit depends on nobody else.
 */
#include "ceph_xio.h"

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
	struct cxio_connection *c = buf->connection;

	spin_lock_bh(&c->lock);
	if (wc->status == IB_WC_SUCCESS) {
		buf->len = wc->byte_len;
		list_add_tail(&buf->link, &c->received);
	} else {
		c->broken = true;
		if (wc->status != IB_WC_WR_FLUSH_ERR)
			c->broken_status = wc->status;
	}
	spin_unlock_bh(&c->lock);
	cxio_connection_kick(c);
}

/**
 * cxio_recv_sync() - let the CPU see a received frame
 * @buf: a buffer of the received list
 */
void cxio_recv_sync(struct cxio_recv_buf *buf)
{
	ib_dma_sync_single_for_cpu(buf->connection->cm_id->device, buf->dma,
				   cxio_limits()->recv_size, DMA_FROM_DEVICE);
}

/**
 * cxio_recv_post() - post a receive buffer
 * @buf: the buffer, whose frame nobody reads any more
 *
 * Context: may not sleep. Return: 0 or a negative errno.
 */
int cxio_recv_post(struct cxio_recv_buf *buf)
{
	struct cxio_connection *c = buf->connection;
	struct ib_sge sge = {
		.addr = buf->dma, .length = cxio_limits()->recv_size,
		.lkey = c->pd->local_dma_lkey,
	};
	struct ib_recv_wr wr = { .wr_cqe = &buf->cqe, .sg_list = &sge, .num_sge = 1 };

	ib_dma_sync_single_for_device(c->cm_id->device, buf->dma, sge.length, DMA_FROM_DEVICE);
	return ib_post_recv(c->cm_id->qp, &wr, NULL);
}

/**
 * cxio_recv_post_all() - post every receive buffer
 * @c: a connection with a fresh queue pair
 *
 * Return: 0 or a negative errno.
 */
int cxio_recv_post_all(struct cxio_connection *c)
{
	int i, err;

	for (i = 0; i < cxio_limits()->recv_depth; i++) {
		err = cxio_recv_post(&c->recv[i]);
		if (err)
			return err;
	}
	return 0;
}
