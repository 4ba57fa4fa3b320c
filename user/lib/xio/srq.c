// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Receive buffers for all connections of a device together.
 *
 * Each connection is granted some of them as its frame credits, for as long as it
 * lives; all that is granted is never more than there are buffers. So the peer of any
 * connection finds one posted, as it would with buffers of its own. Who comes while
 * half of them are free gets as many as a connection would have for itself; who comes
 * later the fewest a connection can do with; and nobody when they are used up.
 *
 * Owner: the device. Lock: the net's, for @granted; posting needs none.
 */
#include <errno.h>
#include <stdlib.h>

#include "xio.h"

static int register_buffers(struct xio_srq *s, struct ibv_pd *pd, u32 size)
{
	size_t bytes = (size_t)s->count * size;
	void *ring;
	u32 i;

	s->recv = calloc(s->count, sizeof(*s->recv));
	/* Whole pages: nothing else shares a page that the device may write. */
	if (!s->recv || posix_memalign(&ring, 4096, bytes + CXIO_MEMORY_TAIL))
		return -ENOMEM;
	s->ring = ring;
	memset(ring, 0, bytes);
	s->mr = cxio_region_new(pd, ring, bytes + CXIO_MEMORY_TAIL, IBV_ACCESS_LOCAL_WRITE, true);
	if (!s->mr)
		return errno ? -errno : -ENOMEM;
	for (i = 0; i < s->count; i++)
		xio_recv_buf_init(&s->recv[i], i, s->ring + (size_t)i * size, size, s->mr->lkey);
	return 0;
}

static int post_all(struct xio_srq *s)
{
	struct ibv_recv_wr *bad;
	u32 i;

	for (i = 0; i + 1 < s->count; i++)
		s->recv[i].wr.next = &s->recv[i + 1].wr;
	s->recv[s->count - 1].wr.next = NULL;
	return ibv_post_srq_recv(s->srq, &s->recv[0].wr, &bad) ? -EIO : 0;
}

/**
 * xio_srq_new() - a shared receive queue
 * @pd: protection domain of the connections
 * @count: buffers
 * @size: bytes of each
 *
 * Return: the queue with all buffers posted, or NULL.
 */
struct xio_srq *xio_srq_new(struct ibv_pd *pd, u32 count, u32 size)
{
	struct ibv_srq_init_attr attr = { .attr = { .max_wr = count, .max_sge = 1 } };
	struct xio_srq *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->count = count;
	s->srq = ibv_create_srq(pd, &attr);
	if (s->srq && !register_buffers(s, pd, size) && !post_all(s))
		return s;
	xio_srq_free(s);
	return NULL;
}

/**
 * xio_srq_free() - it is not used any more
 * @s: the queue or NULL; a part of one is freed, too
 */
void xio_srq_free(struct xio_srq *s)
{
	if (!s)
		return;
	if (s->srq)
		ibv_destroy_srq(s->srq);
	if (s->mr)
		cxio_region_end(s->mr, true);
	free(s->recv);
	free(s->ring);
	free(s);
}

/**
 * xio_srq_grant() - credits for a connection
 * @d: device with a shared receive queue
 * @wanted: as many as it would have for itself
 *
 * Return: how many it gets, at least CXIO_RECV_DEPTH_MIN, or 0.
 */
u32 xio_srq_grant(struct xio_device *d, u32 wanted)
{
	struct xio_srq *s = d->srq;
	u32 n = 0;

	pthread_mutex_lock(&d->net->lock);
	if (s->count - s->granted >= wanted + s->count / 2)
		n = wanted;
	else if (s->count - s->granted >= CXIO_RECV_DEPTH_MIN)
		n = CXIO_RECV_DEPTH_MIN;
	s->granted += n;
	pthread_mutex_unlock(&d->net->lock);
	return n;
}

/**
 * xio_srq_take_back() - a connection is gone, and all buffers it used are posted again
 * @d: device with a shared receive queue
 * @granted: its credits
 */
void xio_srq_take_back(struct xio_device *d, u32 granted)
{
	pthread_mutex_lock(&d->net->lock);
	d->srq->granted -= granted;
	pthread_mutex_unlock(&d->net->lock);
}
