// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A connection's queue pair with what belongs to it: protection domain,
 * completion queue, registered ring of buffers.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "xio.h"

atomic_ulong cxio_live_regions;

static int make_ring(struct cxio_xio *x)
{
	const struct cxio_limits *l = &x->connection->messenger->limits;
	void *ring;

	x->ring_size = (size_t)l->recv_depth * l->recv_size + (size_t)x->send_depth * l->send_size;
	/* Whole pages: nothing else shares a page that the device may write. */
	if (posix_memalign(&ring, 4096, x->ring_size))
		return -ENOMEM;
	x->ring = ring;
	memset(ring, 0, x->ring_size);
	x->mr = ibv_reg_mr(x->pd, ring, x->ring_size, IBV_ACCESS_LOCAL_WRITE);
	if (!x->mr)
		return errno ? -errno : -ENOMEM;
	atomic_fetch_add(&cxio_live_regions, 1);
	return 0;
}

static int make_cq(struct cxio_xio *x)
{
	int depth = (int)(x->connection->messenger->limits.recv_depth + x->send_depth);
	int err;

	x->channel = ibv_create_comp_channel(x->id->verbs);
	if (!x->channel)
		return -errno;
	if (fcntl(x->channel->fd, F_SETFL, O_NONBLOCK))
		return -errno;
	x->cq = ibv_create_cq(x->id->verbs, depth, x, x->channel, 0);
	if (!x->cq)
		return -errno;
	err = ibv_req_notify_cq(x->cq, 0);
	if (err)
		return -err;
	x->completions.fd = x->channel->fd;
	x->completions.ready = xio_completions_ready;
	return cxio_portal_watch(x->connection->portal, &x->completions);
}

/**
 * xio_create_qp() - all a connection needs of its device, receives posted
 * @x: transport half whose id is bound to a device
 *
 * Return: 0 or a negative errno; xio_destroy_qp() undoes a part as well.
 */
int xio_create_qp(struct cxio_xio *x)
{
	struct ibv_qp_init_attr attr = {
		.qp_type = IBV_QPT_RC,
		.cap = {
			.max_send_wr = CXIO_DEFAULT_SEND_DEPTH,
			.max_recv_wr = x->connection->messenger->limits.recv_depth,
			.max_send_sge = 1,
			.max_recv_sge = 1,
		},
	};
	int err;

	x->send_depth = CXIO_DEFAULT_SEND_DEPTH;
	x->pd = ibv_alloc_pd(x->id->verbs);
	if (!x->pd)
		return -errno;
	err = make_cq(x);
	if (err)
		return err;
	err = make_ring(x);
	if (err)
		return err;
	attr.send_cq = x->cq;
	attr.recv_cq = x->cq;
	if (rdma_create_qp(x->id, x->pd, &attr))
		return -errno;
	return xio_post_receives(x);
}

/**
 * xio_destroy_qp() - give everything of the device back
 * @x: transport half; what was never made is passed over
 */
void xio_destroy_qp(struct cxio_xio *x)
{
	if (x->id->qp)
		rdma_destroy_qp(x->id);
	if (x->mr) {
		ibv_dereg_mr(x->mr);
		atomic_fetch_sub(&cxio_live_regions, 1);
	}
	free(x->ring);
	if (x->channel)
		cxio_portal_unwatch(x->connection->portal, &x->completions);
	if (x->cq) {
		ibv_ack_cq_events(x->cq, x->event_debt);
		ibv_destroy_cq(x->cq);
	}
	if (x->channel)
		ibv_destroy_comp_channel(x->channel);
	if (x->pd)
		ibv_dealloc_pd(x->pd);
}
