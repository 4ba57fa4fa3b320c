// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The send queue: frames in a ring of registered memory, and other work requests
 * between them, linked into a chain as they are made and posted together.
 */
#include <errno.h>

#include "xio.h"

static struct xio_sq_wr *request(struct cxio_xio *x, u32 number)
{
	return &x->sq[number % XIO_SQ_DEPTH];
}

/**
 * xio_sq_room() - can so many work requests be added?
 * @x: the carrier
 * @wrs: how many, beside a frame
 *
 * Return: false if not now: then the completion of some is on its way.
 */
bool xio_sq_room(const struct cxio_xio *x, u32 wrs)
{
	return XIO_SQ_DEPTH - (x->sq_made - x->sq_done) > wrs;
}

/* What devices have done with goes, oldest first. */
static void free_sent(struct cxio_xio *x)
{
	while (x->sends_freed != x->sends) {
		u32 slot = (u32)(x->sends_freed % XIO_SEND_DEPTH);

		if (x->sq_done - x->send[slot].number > INT32_MAX)
			return;
		x->send_tail = x->send[slot].end;
		x->sends_freed++;
	}
	x->send_head = 0;
	x->send_tail = 0;
}

/* Room for a frame in one piece, at the head or else at the ring's beginning. */
static bool find_piece(struct cxio_xio *x)
{
	u32 len = x->ours.send_size;

	if (x->sends_freed == x->sends)
		return true;
	/* Head and tail never meet: that would look like an empty ring. */
	if (x->send_head <= x->send_tail)
		return x->send_tail - x->send_head > len;
	if (x->send_bytes - x->send_head >= len)
		return true;
	if (x->send_tail <= len)
		return false;
	x->send_head = 0;
	return true;
}

/**
 * xio_send_slot() - where to make the next frame
 * @x: a carrier with a queue pair
 *
 * Return: send_size bytes, or NULL while all memory is on its way: then the completion
 * of some is on its way too.
 */
void *xio_send_slot(struct cxio_xio *x)
{
	free_sent(x);
	if (x->sends - x->sends_freed == XIO_SEND_DEPTH || !xio_sq_room(x, 0) || !find_piece(x))
		return NULL;
	return x->ring + (size_t)x->recv_count * x->ours.recv_size + x->send_head;
}

/**
 * xio_sq_add() - link a work request into the chain
 * @x: the carrier, with room for it
 *
 * Return: the request, to be filled in but for its link, number and memory list.
 */
struct xio_sq_wr *xio_sq_add(struct cxio_xio *x)
{
	struct xio_sq_wr *r = request(x, x->sq_made + 1);

	if (x->sq_made != x->sq_posted)
		request(x, x->sq_made)->wr.next = &r->wr;
	x->sq_made++;
	memset(&r->wr, 0, sizeof(r->wr));
	r->wr.wr_id = XIO_WR_SEND | x->sq_made;
	return r;
}

/**
 * xio_send_add() - link the frame made in xio_send_slot() into the chain
 * @x: the carrier
 * @len: bytes of the frame
 * @invalidate: key of the peer's that dies with it, or 0
 */
void xio_send_add(struct cxio_xio *x, u32 len, u32 invalidate)
{
	u32 slot = (u32)(x->sends++ % XIO_SEND_DEPTH), bytes = (len + 63) / 64 * 64;
	char *frame = x->ring + (size_t)x->recv_count * x->ours.recv_size + x->send_head;
	struct xio_sq_wr *r = xio_sq_add(x);
	bool signal;

	x->unsignalled_bytes += bytes;
	signal = ++x->unsignalled >= XIO_SIGNAL_EVERY || len >= x->signal_from ||
		 x->unsignalled_bytes >= x->send_bytes / 4;
	x->send_head += bytes;
	x->send[slot].end = x->send_head;
	x->send[slot].number = x->sq_made;
	r->sge = (struct ibv_sge){ (uintptr_t)frame, len, x->ring_mr->lkey };
	r->wr.sg_list = &r->sge;
	r->wr.num_sge = 1;
	r->wr.opcode = invalidate ? IBV_WR_SEND_WITH_INV : IBV_WR_SEND;
	r->wr.invalidate_rkey = invalidate;
	r->wr.send_flags = signal ? IBV_SEND_SIGNALED : 0;
	if (len <= x->inline_max && !invalidate)
		r->wr.send_flags |= IBV_SEND_INLINE;
	if (!signal)
		return;
	x->unsignalled = 0;
	x->unsignalled_bytes = 0;
}

/**
 * xio_sq_flush() - post the chain, with one doorbell
 * @x: the carrier
 *
 * Return: 0, or -EIO: the connection is lost, and nothing more may be added.
 */
int xio_sq_flush(struct cxio_xio *x)
{
	struct ibv_send_wr *bad = NULL;

	if (x->sq_made == x->sq_posted)
		return 0;
	/* Who closes waits for the end of all; and who has memory to give back. */
	if (x->wait_done || x->life.state != CXIO_OPEN) {
		request(x, x->sq_made)->wr.send_flags |= IBV_SEND_SIGNALED;
		x->unsignalled = 0;
		x->unsignalled_bytes = 0;
		x->wait_done = false;
	}
	if (!ibv_post_send(x->id->qp, &request(x, x->sq_posted + 1)->wr, &bad)) {
		x->sq_posted = x->sq_made;
		return 0;
	}
	/*
	 * Those before the bad one were posted, it and those after it never will be.
	 * None is named if the doorbell failed: then the device may see them all (I3).
	 */
	x->sq_posted = bad ? (u32)bad->wr_id - 1 : x->sq_made;
	x->sq_made = x->sq_posted;
	return -EIO;
}

/**
 * xio_sq_done() - a work request completed, or failed, or was flushed
 * @x: the carrier
 * @number: which: all before it are over as well, but READs
 */
void xio_sq_done(struct cxio_xio *x, u32 number)
{
	x->sq_done = number;
}

/**
 * xio_sq_idle() - has everything made completed, as far as we know?
 * @x: the carrier
 *
 * Return: true if so. It comes true after a chain that was waited for.
 */
bool xio_sq_idle(const struct cxio_xio *x)
{
	return x->sq_made == x->sq_done;
}
