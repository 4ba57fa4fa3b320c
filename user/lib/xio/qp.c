// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A carrier's queue pair with what belongs to it: protection domain, completion queues,
 * registered ring of buffers, memory windows.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "xio.h"

/**
 * xio_is_iwarp() - does the carrier's device speak iWARP?
 * @x: a carrier with a device
 *
 * Return: true if so.
 */
bool xio_is_iwarp(const struct cxio_xio *x)
{
	return x->id->verbs->device->transport_type == IBV_TRANSPORT_IWARP;
}

static int make_ring(struct cxio_xio *x)
{
	const struct cxio_limits *l = &x->ours;
	void *ring;

	x->recv_count = x->granted ? 0 : l->recv_depth;
	/* A frame may end up to 63 bytes behind its last. */
	x->send_bytes = XIO_SEND_FRAMES * ((l->send_size + 63) / 64 * 64);
	x->ring_size = (size_t)x->recv_count * l->recv_size + x->send_bytes;
	/* Whole pages: nothing else shares a page that the device may write. */
	if (posix_memalign(&ring, 4096, x->ring_size + CXIO_MEMORY_TAIL))
		return -ENOMEM;
	x->ring = ring;
	memset(ring, 0, x->ring_size);
	x->ring_mr = cxio_region_new(x->pd, ring, x->ring_size + CXIO_MEMORY_TAIL,
				    IBV_ACCESS_LOCAL_WRITE, true);
	if (!x->ring_mr)
		return errno ? -errno : -ENOMEM;
	return 0;
}

/* Work requests say the same each time but for their length and number. */
static int make_buffers(struct cxio_xio *x)
{
	const struct cxio_limits *l = &x->ours;
	u32 i;

	x->sq = calloc(XIO_SQ_DEPTH, sizeof(*x->sq));
	x->recv = x->granted ? x->device->srq->recv : calloc(x->recv_count, sizeof(*x->recv));
	if (!x->recv || !x->sq)
		return -ENOMEM;
	for (i = 0; i < x->recv_count; i++)
		xio_recv_buf_init(&x->recv[i], i, x->ring + (size_t)i * l->recv_size,
				  l->recv_size, x->ring_mr->lkey);
	return 0;
}

static int make_cq(struct cxio_xio *x, struct xio_cq *q, u32 depth)
{
	q->cq = ibv_create_cq(x->id->verbs, (int)depth, x, x->channel, 0);
	return q->cq ? 0 : -errno;
}

static int make_channel(struct cxio_xio *x)
{
	x->channel = ibv_create_comp_channel(x->id->verbs);
	if (!x->channel)
		return -errno;
	x->completions.fd = x->channel->fd;
	x->completions.ready = xio_completions_ready;
	if (fcntl(x->channel->fd, F_SETFL, O_NONBLOCK))
		return -errno;
	return cxio_portal_watch(x->portal, &x->completions);
}

static void destroy_cq(struct xio_cq *q)
{
	if (q->cq) {
		ibv_ack_cq_events(q->cq, q->event_debt);
		ibv_destroy_cq(q->cq);
	}
	*q = (struct xio_cq){ .cq = NULL };
}

static int try_qp(struct cxio_xio *x, struct ibv_qp_init_attr *attr)
{
	errno = 0;
	if (rdma_create_qp(x->id, x->pd, attr))
		return errno ? -errno : -ENOMEM;
	/* What it came to: more than asked for, perhaps. */
	x->inline_max = attr->cap.max_inline_data;
	return 0;
}

/* A device may take no bytes with a work request, and says so by refusing the pair. */
static int make_qp(struct cxio_xio *x, const struct ibv_qp_init_attr *wanted)
{
	struct ibv_qp_init_attr attr = *wanted;
	int err = try_qp(x, &attr);

	if (err != -EINVAL)
		return err;
	attr = *wanted;
	attr.cap.max_inline_data = 0;
	return try_qp(x, &attr);
}

/* @spare: how many times as long as needed the completion queues are. */
static int make_queues(struct cxio_xio *x, struct ibv_qp_init_attr *attr, u32 spare)
{
	/* A peer that heeds no credit may use up all shared buffers: that must be seen. */
	u32 receives = x->granted ? x->device->srq->count : x->ours.recv_depth;
	int err;

	err = make_cq(x, &x->recv_cq, spare * receives);
	if (!err)
		err = make_cq(x, &x->send_cq, spare * (XIO_SQ_DEPTH + x->ours.read_depth));
	if (!err)
		err = xio_arm(&x->recv_cq) ? 0 : -EIO;
	if (!err) {
		attr->send_cq = x->send_cq.cq;
		attr->recv_cq = x->recv_cq.cq;
		err = make_qp(x, attr);
	}
	if (err) {
		destroy_cq(&x->recv_cq);
		destroy_cq(&x->send_cq);
	}
	return err;
}

static int make_domain(struct cxio_xio *x)
{
	if (!x->device)
		return -ENOMEM;
	x->pd = x->device->pd;
	if (x->device->srq) {
		x->granted = xio_srq_grant(x->device, x->ours.recv_depth);
		if (!x->granted)
			return -ENOBUFS;
		x->ours.recv_depth = (u16)x->granted;
	}
	if (x->pd)
		return 0;
	/* Without windows nothing but its own domain keeps a peer from others' memory. */
	x->pd = ibv_alloc_pd(x->id->verbs);
	x->own_pd = x->pd;
	return x->pd ? 0 : -errno;
}

/**
 * xio_create_qp() - all a carrier needs of its device, receives posted
 * @x: a carrier whose id is bound to a device, which it has if that could be had
 *
 * Return: 0 or a negative errno; xio_destroy_qp() undoes a part as well.
 */
int xio_create_qp(struct cxio_xio *x)
{
	struct ibv_qp_init_attr attr = {
		.qp_type = IBV_QPT_RC,
		.cap = {
			.max_send_wr = XIO_SQ_DEPTH + x->ours.read_depth,
			.max_recv_wr = x->ours.recv_depth,
			.max_send_sge = 1,
			.max_recv_sge = 1,
			.max_inline_data = XIO_INLINE,
		},
	};
	int err;

	x->signal_from = xio_is_iwarp(x) ? CXIO_SIGNAL_IWARP : UINT32_MAX;
	err = make_domain(x);
	if (!err)
		err = make_channel(x);
	if (!err)
		err = make_ring(x);
	if (!err)
		err = make_buffers(x);
	if (err)
		return err;
	if (x->granted) {
		attr.srq = x->device->srq->srq;
		attr.cap.max_recv_wr = 0;
	}
	err = make_queues(x, &attr, 1);
	/*
	 * libsiw takes one of the places where its kernel side may map a queue for the sign
	 * that it was not mapped. With other sizes none begins there.
	 */
	if (err && xio_is_iwarp(x))
		err = make_queues(x, &attr, 2);
	if (err)
		return err;
	return x->granted ? 0 : xio_post_receives(x);
}

/* Shared buffers that this queue pair has used are everybody's again. */
static void give_back_shared(struct cxio_xio *x)
{
	if (!x->granted)
		return;
	if (x->recv_cq.cq)
		xio_drain_shared(x);
	xio_srq_take_back(x->device, x->granted);
	x->granted = 0;
	x->recv = NULL;
}

/**
 * xio_destroy_qp() - give everything of the device back but what keys hold
 * @x: the carrier; what was never made is passed over
 */
void xio_destroy_qp(struct cxio_xio *x)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };

	if (x->id && x->id->qp)
		ibv_modify_qp(x->id->qp, &attr, IBV_QP_STATE);
	give_back_shared(x);
	/* Windows hold the queue pair: they go first, and with them what they showed. */
	xio_hide_memory(x);
	while (x->windows_free)
		ibv_dealloc_mw(x->windows[--x->windows_free]);
	if (x->id && x->id->qp)
		rdma_destroy_qp(x->id);
	/* Done by that, whatever it was. */
	x->sq_made = x->sq_posted;
	x->sq_done = x->sq_posted;
	xio_kill_keys(x);
	xio_drop_arrivals(x);
	xio_sinks_end(x);
	if (x->ring_mr)
		cxio_region_end(x->ring_mr, true);
	free(x->sq);
	free(x->recv);
	free(x->ring);
	if (x->channel)
		cxio_portal_unwatch(x->portal, &x->completions);
	destroy_cq(&x->recv_cq);
	destroy_cq(&x->send_cq);
	if (x->channel)
		ibv_destroy_comp_channel(x->channel);
	if (x->own_pd)
		ibv_dealloc_pd(x->pd);
	x->sq = NULL;
	x->channel = NULL;
}
