// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sends: a ring of registered buffers, used in turn. A buffer is free again when
 * its send has completed (I3); sends of one queue pair complete in order.
 */
#include <errno.h>

#include "xio.h"

static char *slot_at(struct cxio_xio *x, u32 number)
{
	const struct cxio_limits *l = &x->connection->messenger->limits;

	return x->ring + (size_t)l->recv_depth * l->recv_size +
	       (size_t)(number % x->send_depth) * l->send_size;
}

/**
 * xio_send_slot() - where to make the next frame
 * @c: an open connection
 *
 * Return: send_size bytes, or NULL while all buffers are on their way.
 */
void *xio_send_slot(struct cxio_connection *c)
{
	struct cxio_xio *x = c->xio;

	if (x->sends_posted - x->sends_done >= x->send_depth)
		return NULL;
	return slot_at(x, x->sends_posted);
}

/**
 * xio_send_post() - send the frame made in xio_send_slot()
 * @c: the connection
 * @len: bytes of the frame
 *
 * Return: 0 or a negative errno.
 */
int xio_send_post(struct cxio_connection *c, u32 len)
{
	struct cxio_xio *x = c->xio;
	struct ibv_sge sge = {
		.addr = (uintptr_t)slot_at(x, x->sends_posted), .length = len,
		.lkey = x->mr->lkey,
	};
	struct ibv_send_wr *bad, wr = {
		.wr_id = XIO_WR_SEND, .sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED,
	};
	int err = ibv_post_send(x->id->qp, &wr, &bad);

	if (err)
		return -err;
	x->sends_posted++;
	return 0;
}

/**
 * xio_send_done() - the oldest send completed
 * @x: the transport half
 */
void xio_send_done(struct cxio_xio *x)
{
	x->sends_done++;
}

/**
 * xio_send_idle() - has everything posted completed?
 * @c: the connection
 *
 * Return: true if so.
 */
bool xio_send_idle(const struct cxio_connection *c)
{
	return c->xio->sends_posted == c->xio->sends_done;
}
