// SPDX-License-Identifier: GPL-2.0-only
/*
 * A carrier's queue pair with what belongs to it: protection domain, share of
 * a completion queue, mapped buffers; and how all that ends.
 */
#include <linux/slab.h>

#include "ceph_xio.h"
#include "inject.h"

static struct cxio_limits limits __ro_after_init;

/**
 * cxio_qp_init() - settle what every carrier offers
 *
 * Context: module init.
 */
void __init cxio_qp_init(void)
{
	cxio_limits_default(&limits);
	limits.supported = CXIO_FEATURE_SESSION | CXIO_FEATURE_RENDEZVOUS |
			   CXIO_FEATURE_REPLY_SINK;
}

/**
 * cxio_limits() - what every carrier offers
 *
 * Return: the same limits each time.
 */
const struct cxio_limits *cxio_limits(void)
{
	return &limits;
}

/**
 * cxio_is_iwarp() - does the carrier's device speak iWARP?
 * @x: a carrier with a queue pair
 *
 * Return: true if so.
 */
bool cxio_is_iwarp(const struct cxio_xio *x)
{
	return rdma_protocol_iwarp(x->cm_id->device, x->cm_id->port_num);
}

static void *map_buffer(struct ib_device *dev, u32 size, enum dma_data_direction dir, u64 *dma)
{
	void *addr = cxio_inject_alloc() ? NULL : kmalloc(size, GFP_KERNEL);

	if (!addr)
		return NULL;
	if (cxio_inject_map()) {
		kfree(addr);
		return NULL;
	}
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

static int make_buffers(struct cxio_xio *x, struct ib_device *dev)
{
	const struct cxio_limits *l = cxio_limits();
	int i;

	if (cxio_inject_alloc())
		return -ENOMEM;
	x->recv = kcalloc(l->recv_depth, sizeof(*x->recv), GFP_KERNEL);
	x->send = kcalloc(CXIO_DEFAULT_SEND_DEPTH, sizeof(*x->send), GFP_KERNEL);
	if (!x->recv || !x->send)
		return -ENOMEM;
	for (i = 0; i < l->recv_depth; i++) {
		struct cxio_recv_buf *b = &x->recv[i];

		INIT_LIST_HEAD(&b->link);
		b->carrier = x;
		b->cqe.done = cxio_recv_done;
		b->addr = map_buffer(dev, l->recv_size, DMA_FROM_DEVICE, &b->dma);
		if (!b->addr)
			return -ENOMEM;
	}
	for (i = 0; i < CXIO_DEFAULT_SEND_DEPTH; i++) {
		struct cxio_send_buf *b = &x->send[i];

		b->carrier = x;
		b->cqe.done = cxio_send_done;
		b->addr = map_buffer(dev, l->send_size, DMA_TO_DEVICE, &b->dma);
		if (!b->addr)
			return -ENOMEM;
	}
	return 0;
}

static void free_buffers(struct cxio_xio *x, struct ib_device *dev)
{
	const struct cxio_limits *l = cxio_limits();
	int i;

	for (i = 0; x->recv && i < l->recv_depth; i++)
		unmap_buffer(dev, l->recv_size, DMA_FROM_DEVICE, x->recv[i].dma, x->recv[i].addr);
	for (i = 0; x->send && i < CXIO_DEFAULT_SEND_DEPTH; i++)
		unmap_buffer(dev, l->send_size, DMA_TO_DEVICE, x->send[i].dma, x->send[i].addr);
	kfree(x->recv);
	kfree(x->send);
	x->recv = NULL;
	x->send = NULL;
}

/**
 * cxio_create_qp() - all a carrier needs of its device, receives posted
 * @x: a carrier whose id is bound to a device
 *
 * Context: may sleep. Return: 0 or a negative errno; cxio_teardown() undoes a
 * part as well.
 */
int cxio_create_qp(struct cxio_xio *x)
{
	struct ib_device *dev = x->cm_id->device;
	/* READs; and two more each: what ib_drain_qp() posts, for us and for a revoke. */
	struct ib_qp_init_attr attr = {
		.qp_type = IB_QPT_RC,
		.sq_sig_type = IB_SIGNAL_REQ_WR,
		.cap = {
			.max_send_wr = CXIO_SQ_DEPTH + CXIO_READS + 2,
			.max_recv_wr = cxio_limits()->recv_depth + 2,
			.max_send_sge = 1,
			.max_recv_sge = 1,
		},
	};
	struct ib_pd *pd;
	struct ib_cq *cq;
	int err;

	err = cxio_device_join(&x->user, dev);
	if (err)
		return err;
	pd = ib_alloc_pd(dev, 0);
	if (IS_ERR(pd))
		return PTR_ERR(pd);
	x->pd = pd;
	x->cq_entries = attr.cap.max_send_wr + attr.cap.max_recv_wr;
	cq = cxio_portal_cq_get(dev, x->cq_entries);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	x->cq = cq;
	err = make_buffers(x, dev) ?: cxio_make_keys(x);
	if (err)
		return err;
	attr.send_cq = cq;
	attr.recv_cq = cq;
	err = rdma_create_qp(x->cm_id, pd, &attr);
	if (err)
		return err;
	mutex_lock(&x->qp_mutex);
	x->qp_lives = true;
	mutex_unlock(&x->qp_mutex);
	cxio_object_add(CXIO_OBJ_REGIONS, 1);
	return cxio_recv_post_all(x);
}

/* Everything of the device, which has let go of it; what was never made is passed over. */
static void destroy_qp(struct cxio_xio *x)
{
	if (x->cm_id->qp) {
		mutex_lock(&x->qp_mutex);
		x->qp_lives = false;
		rdma_destroy_qp(x->cm_id);
		mutex_unlock(&x->qp_mutex);
		cxio_object_add(CXIO_OBJ_REGIONS, -1);
	}
	cxio_kill_keys(x);
	if (x->cm_id->device)
		free_buffers(x, x->cm_id->device);
	if (x->cq)
		ib_cq_pool_put(x->cq, x->cq_entries);
	x->cq = NULL;
	if (x->pd)
		ib_dealloc_pd(x->pd);
	x->pd = NULL;
}

/**
 * cxio_disconnect() - stop the queue pair and wait until it has let go of all buffers
 * @x: a carrier that ends
 *
 * Only the local flush is awaited, never the peer.
 *
 * Context: the work that serves it.
 */
void cxio_disconnect(struct cxio_xio *x)
{
	if (!x->cm_id)
		return;
	if (x->established)
		rdma_disconnect(x->cm_id);
	mutex_lock(&x->qp_mutex);
	if (x->qp_lives)
		ib_drain_qp(x->cm_id->qp);
	mutex_unlock(&x->qp_mutex);
}

/**
 * cxio_teardown() - give everything of the transport back
 * @x: a disconnected carrier
 *
 * Context: the work that serves it, not a CM handler.
 */
void cxio_teardown(struct cxio_xio *x)
{
	if (!x->cm_id)
		return;
	destroy_qp(x);
	cxio_device_leave(&x->user);
	rdma_destroy_id(x->cm_id);
	x->cm_id = NULL;
	/* The reference of the id's context. */
	cxio_xio_put(x);
}
