// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * READs of the peer's memory, and the DONEs that tell of them.
 */
#include <errno.h>
#include <stdlib.h>

#include "xio.h"

static void end_regions(struct xio_arrival *a)
{
	u32 segment;

	for (segment = 0; segment < CXIO_SEGMENTS; segment++) {
		if (!a->region[segment])
			continue;
		cxio_region_end(a->region[segment], true);
		a->region[segment] = NULL;
	}
}

/**
 * xio_arrival_free() - an arrival has neither a message nor a DONE to be sent
 * @a: the arrival; no READ is under way
 */
void xio_arrival_free(struct xio_arrival *a)
{
	end_regions(a);
	free(a->list);
	free(a->desc);
	free(a);
}

/* Memory is made when the READ may begin, not when it was announced. */
static int place(struct cxio_xio *x, struct xio_arrival *a)
{
	struct cxio_message *m = a->message;
	u64 bytes = cxio_descs_to_read(a->desc, a->count);
	u32 segment;

	if (m->read_bytes)
		return 0;
	if (!cxio_may_hold(x->connection->held_reads, bytes, x->ours.window_bytes))
		return -EAGAIN;
	for (segment = 0; segment < CXIO_SEGMENTS; segment++)
		if (a->carry.segments & (1u << segment) &&
		    !cxio_message_place(m, segment, xio_sink_take(x, m->header.len[segment])))
			return -ENOMEM;
	m->read_bytes = bytes;
	x->connection->held_reads += bytes;
	return 0;
}

static struct ibv_mr *make_region(struct cxio_xio *x, struct cxio_memory *block, u32 len)
{
	/* There the peer writes the answer to a READ: for this READ alone, and no more. */
	if (xio_is_iwarp(x))
		return cxio_region_new(x->pd, block->base, len,
				      IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE, true);
	/* For ourselves alone, with an unused end: see xio_region_part(). */
	return cxio_region_new(x->pd, block->base, block->len + CXIO_MEMORY_TAIL,
			      IBV_ACCESS_LOCAL_WRITE, true);
}

/* A segment's key for our own device. */
static int local_key(struct cxio_xio *x, struct xio_arrival *a, u32 segment, u32 *lkey)
{
	struct cxio_message *m = a->message;
	struct ibv_mr *mr;

	if (x->device->pd) {
		mr = xio_map(x->device, cxio_message_block(m, segment));
	} else if (a->region[segment]) {
		mr = a->region[segment];
	} else if ((mr = xio_sink_region(x, cxio_message_block(m, segment)))) {
		*lkey = mr->lkey;
		return 0;
	} else {
		mr = make_region(x, cxio_message_block(m, segment), m->header.len[segment]);
		a->region[segment] = mr;
	}
	if (!mr)
		return -ENOMEM;
	*lkey = mr->lkey;
	return 0;
}

/* Made, and posted with others by post_reads(). */
static int make_read(struct cxio_xio *x, struct xio_arrival *a, const struct cxio_desc *d)
{
	struct xio_read_wr *r = &x->read_chain[x->read_chained];
	u32 seg = d->segment;

	r->sge.length = d->length;
	if (local_key(x, a, seg, &r->sge.lkey))
		return -ENOMEM;
	/* I1: the lengths add up to the segment's, or cxio_descs_decode() refused them. */
	r->sge.addr = (uintptr_t)cxio_message_bytes(a->message, seg) + a->placed[seg];
	r->wr = (struct ibv_send_wr){
		.wr_id = XIO_WR_READ | (uintptr_t)a, .sg_list = &r->sge, .num_sge = 1,
		.opcode = IBV_WR_RDMA_READ, .send_flags = IBV_SEND_SIGNALED,
		.wr.rdma = { .remote_addr = d->addr, .rkey = d->rkey },
	};
	if (x->read_chained)
		r[-1].wr.next = &r->wr;
	x->read_chained++;
	a->placed[seg] += d->length;
	a->state.reads++;
	x->counts.reads++;
	return 0;
}

/* With one doorbell. What was not posted will not complete: it is none. */
static void post_reads(struct cxio_xio *x)
{
	struct ibv_send_wr *bad = NULL, *wr;
	u32 count = x->read_chained;

	x->read_chained = 0;
	if (!count || !ibv_post_send(x->id->qp, &x->read_chain[0].wr, &bad))
		return;
	/* None is named if the doorbell failed: then the device may see them all (I3). */
	for (wr = bad; wr; wr = wr->next) {
		struct xio_arrival *a = (void *)(uintptr_t)(wr->wr_id & XIO_WR_VALUE);

		a->state.reads--;
		/* Others of its READs may yet complete: it is not whole for that. */
		a->state.unread = true;
		cxio_reads_end(&x->reads);
	}
	xio_lost(x);
}

/* Return: false if nothing behind it may begin yet. */
static bool read_message(struct cxio_xio *x, struct xio_arrival *a)
{
	int err = place(x, a);

	if (err == -EAGAIN)
		return false;
	for (; !err && a->at < a->count; a->at++) {
		if (a->desc[a->at].segment == CXIO_SINK)
			continue;
		if (!cxio_reads_start(&x->reads))
			return false;
		err = make_read(x, a, &a->desc[a->at]);
		if (err)
			cxio_reads_end(&x->reads);
	}
	a->state.unread = err != 0;
	if (err)
		xio_end(x, CXIO_FAULT_NO_MEMORY, false,
			"memory to read into cannot be registered; is 'ulimit -l' high enough?");
	return !err;
}

/**
 * xio_start_reads() - post the READs that may be, oldest message first
 * @x: the carrier
 */
void xio_start_reads(struct cxio_xio *x)
{
	struct cxio_link *l;

	if (!x->connection)
		return;
	/* As many as may be at once have room in the chain. */
	for (l = x->pending.next; l != &x->pending && cxio_life_flows(&x->life); l = l->next) {
		struct cxio_message *m = cxio_entry(l, struct cxio_message, link);
		struct xio_arrival *a = m->arrival;

		if (!a)
			continue;
		if (cxio_arrival_next(&a->state, false) == CXIO_ARRIVAL_READ ?
		    !read_message(x, a) : cxio_arrival_holds_back(&a->state))
			break;
	}
	post_reads(x);
}

/**
 * xio_owe_done() - all of a message is read: the peer is told that its memory is free
 * @x: the carrier; ended if the peer takes no DONE
 * @a: the message's arrival; the regions for its READs end (I2)
 */
void xio_owe_done(struct cxio_xio *x, struct xio_arrival *a)
{
	end_regions(a);
	a->state.untold = false;
	if (cxio_dones_too_many(x->dones, x->ours.window_msgs)) {
		xio_end(x, CXIO_FAULT_NO_MEMORY, false, "the peer takes no DONE");
		return;
	}
	/* It may, but need not: libsiw of Debian 12 sends another number than the key. */
	if (!xio_is_iwarp(x))
		a->rkey = cxio_descs_invalidate(a->desc, a->count);
	a->owes = true;
	cxio_list_append(&x->done, &a->link);
	x->dones++;
}

/**
 * xio_read_done() - a READ has completed
 * @x: the carrier
 * @a: the arrival it was for
 * @failed: it has not: the queue pair is in error
 */
void xio_read_done(struct cxio_xio *x, struct xio_arrival *a, bool failed)
{
	a->state.reads--;
	cxio_reads_end(&x->reads);
	if (failed || !x->connection)
		return;
	/* What is still to be read of it is read with the rest. */
	if (cxio_arrival_next(&a->state, false) != CXIO_ARRIVAL_READ)
		xio_arrival_goes_on(x, a);
	xio_start_reads(x);
}

/**
 * xio_done_frame() - make the frame of the oldest DONE that is owed
 * @x: the carrier, which owes one
 * @frame: where
 * @rkey: set to the key that is to die with it, or 0
 *
 * Return: bytes.
 */
u32 xio_done_frame(struct cxio_xio *x, void *frame, u32 *rkey)
{
	struct xio_arrival *a = cxio_entry(x->done.next, struct xio_arrival, link);
	u32 len = cxio_channel_done(&x->life.channel, frame, a->seq, a->rkey);

	*rkey = a->rkey;
	cxio_list_remove(&a->link);
	x->dones--;
	a->owes = false;
	if (!a->message)
		xio_arrival_free(a);
	return len;
}
