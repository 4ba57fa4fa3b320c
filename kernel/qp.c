// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection's queue pair with what belongs to it: protection domain, share of
 * a completion queue, mapped buffers.
 */
#include <linux/slab.h>

#include "ceph_xio.h"

static struct cxio_limits limits __ro_after_init;

/**
 * cxio_qp_init() - settle what every connection offers
 *
 * Context: module init.
 */
void __init cxio_qp_init(void)
{
	cxio_limits_default(&limits);
}

/**
 * cxio_limits() - what every connection offers
 *
 * Return: the same limits each time.
 */
const struct cxio_limits *cxio_limits(void)
{
	return &limits;
}

static void *map_buffer(struct ib_device *dev, u32 size, enum dma_data_direction dir, u64 *dma)
{
	void *addr = kmalloc(size, GFP_KERNEL);

	if (!addr)
		return NULL;
	*dma = ib_dma_map_single(dev, addr, size, dir);
	if (ib_dma_mapping_error(dev, *dma)) {
		kfree(addr);
		return NULL;
	}
	cxio_object_add(CXIO_OBJ_FRAMES, 1);
	return addr;
}

static void unmap_buffer(struct ib_device *dev, u32 size, enum dma_data_direction dir, u64 dma,
			 void *addr)
{
	if (!addr)
		return;
	ib_dma_unmap_single(dev, dma, size, dir);
	kfree(addr);
	cxio_object_add(CXIO_OBJ_FRAMES, -1);
}

static int make_buffers(struct cxio_connection *c, struct ib_device *dev)
{
	const struct cxio_limits *l = cxio_limits();
	int i;

	c->recv = kcalloc(l->recv_depth, sizeof(*c->recv), GFP_KERNEL);
	c->send = kcalloc(CXIO_DEFAULT_SEND_DEPTH, sizeof(*c->send), GFP_KERNEL);
	if (!c->recv || !c->send)
		return -ENOMEM;
	for (i = 0; i < l->recv_depth; i++) {
		struct cxio_recv_buf *b = &c->recv[i];

		INIT_LIST_HEAD(&b->link);
		b->connection = c;
		b->cqe.done = cxio_recv_done;
		b->addr = map_buffer(dev, l->recv_size, DMA_FROM_DEVICE, &b->dma);
		if (!b->addr)
			return -ENOMEM;
	}
	for (i = 0; i < CXIO_DEFAULT_SEND_DEPTH; i++) {
		struct cxio_send_buf *b = &c->send[i];

		b->connection = c;
		b->cqe.done = cxio_send_done;
		b->addr = map_buffer(dev, l->send_size, DMA_TO_DEVICE, &b->dma);
		if (!b->addr)
			return -ENOMEM;
	}
	return 0;
}

static void free_buffers(struct cxio_connection *c, struct ib_device *dev)
{
	const struct cxio_limits *l = cxio_limits();
	int i;

	for (i = 0; c->recv && i < l->recv_depth; i++)
		unmap_buffer(dev, l->recv_size, DMA_FROM_DEVICE, c->recv[i].dma, c->recv[i].addr);
	for (i = 0; c->send && i < CXIO_DEFAULT_SEND_DEPTH; i++)
		unmap_buffer(dev, l->send_size, DMA_TO_DEVICE, c->send[i].dma, c->send[i].addr);
	kfree(c->recv);
	kfree(c->send);
	c->recv = NULL;
	c->send = NULL;
}

/**
 * cxio_create_qp() - all a connection needs of its device, receives posted
 * @c: a connection whose id is bound to a device
 *
 * Context: may sleep. Return: 0 or a negative errno; cxio_destroy_qp() undoes a
 * part as well.
 */
int cxio_create_qp(struct cxio_connection *c)
{
	struct ib_device *dev = c->cm_id->device;
	/* One more each: the work requests that ib_drain_qp() posts. */
	struct ib_qp_init_attr attr = {
		.qp_type = IB_QPT_RC,
		.sq_sig_type = IB_SIGNAL_REQ_WR,
		.cap = {
			.max_send_wr = CXIO_DEFAULT_SEND_DEPTH + 1,
			.max_recv_wr = cxio_limits()->recv_depth + 1,
			.max_send_sge = 1,
			.max_recv_sge = 1,
		},
	};
	struct ib_pd *pd;
	struct ib_cq *cq;
	int err;

	err = cxio_device_join(c, dev);
	if (err)
		return err;
	pd = ib_alloc_pd(dev, 0);
	if (IS_ERR(pd))
		return PTR_ERR(pd);
	c->pd = pd;
	c->cq_entries = attr.cap.max_send_wr + attr.cap.max_recv_wr;
	cq = cxio_portal_cq_get(dev, c->cq_entries);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	c->cq = cq;
	err = make_buffers(c, dev);
	if (err)
		return err;
	attr.send_cq = cq;
	attr.recv_cq = cq;
	err = rdma_create_qp(c->cm_id, pd, &attr);
	if (err)
		return err;
	cxio_object_add(CXIO_OBJ_REGIONS, 1);
	return cxio_recv_post_all(c);
}

/**
 * cxio_destroy_qp() - give everything of the device back
 * @c: a connection whose queue pair is drained; what was never made is passed over
 *
 * Context: may sleep.
 */
void cxio_destroy_qp(struct cxio_connection *c)
{
	if (c->cm_id->qp) {
		rdma_destroy_qp(c->cm_id);
		cxio_object_add(CXIO_OBJ_REGIONS, -1);
	}
	if (c->cm_id->device)
		free_buffers(c, c->cm_id->device);
	if (c->cq)
		ib_cq_pool_put(c->cq, c->cq_entries);
	c->cq = NULL;
	if (c->pd)
		ib_dealloc_pd(c->pd);
	c->pd = NULL;
}
