// SPDX-License-Identifier: GPL-2.0-only
/*
 * READs of the peer's memory, and the DONEs that tell of them. Each READ has a region of
 * its own for its sink, registered for it alone and invalid again before the message is
 * looked at: on iWARP the peer writes the answer to a READ, and needs a key for that.
 */
#include <linux/ktime.h>

#include "ceph_xio.h"
#include "trace.h"

/**
 * cxio_arrival_free() - an arrival has neither a message nor a DONE to be sent
 * @a: the arrival, or NULL; no READ is under way
 *
 * Context: any.
 */
void cxio_arrival_free(struct cxio_arrival *a)
{
	if (a)
		mempool_free(a, &a->carrier->arrivals);
}

/* Memory is made when the READ may begin, not when it was announced. */
static int place(struct cxio_xio *x, struct cxio_arrival *a)
{
	struct cxio_message *m = a->message;
	u64 bytes = cxio_descs_to_read(a->desc, a->count);
	int err;

	if (m->read_bytes)
		return 0;
	if (!cxio_may_hold(x->host->held_reads, bytes, cxio_limits()->window_bytes))
		return -EAGAIN;
	mutex_lock(&m->io);
	/* What was taken back may be something else by now (I7). */
	err = m->gone ? -ECANCELED : cxio_message_place(m, a->carry.segments);
	mutex_unlock(&m->io);
	if (err)
		return err;
	m->read_bytes = bytes;
	x->host->held_reads += bytes;
	return 0;
}

static struct cxio_read *free_read(struct cxio_xio *x)
{
	u32 i;

	for (i = 0; i < CXIO_READS; i++)
		if (x->read[i].state == CXIO_READ_FREE)
			return &x->read[i];
	return NULL;
}

/*
 * As much of a descriptor as a region can take; the message's @io and @qp_mutex are held.
 * Return: bytes, or a negative errno.
 */
static int add_read(struct cxio_xio *x, struct cxio_read *r, struct cxio_arrival *a)
{
	const struct cxio_desc *d = &a->desc[a->at];
	int access = IB_ACCESS_LOCAL_WRITE | (cxio_is_iwarp(x) ? IB_ACCESS_REMOTE_WRITE : 0);
	struct cxio_data data;
	struct cxio_item item;
	int held;

	if (a->message->gone)
		return -ECANCELED;
	/* For another's sake: this one comes again. */
	if (x->broke)
		return -EAGAIN;
	/* A former carrier's device is at it: that one is torn down before long. */
	if (a->message->touched_by && a->message->touched_by != x)
		return -EAGAIN;
	if (cxio_message_segment(a->message, d->segment, &data, &item))
		return -ENOMEM;
	r->mr = cxio_mr_take(&x->sinks_pool);
	if (!r->mr)
		return -ENOMEM;
	/* I1: the lengths add up to the segment's, or cxio_descs_decode() refused them. */
	held = cxio_mr_map(r->mr, &data, a->placed[d->segment], d->length - a->at_off, access);
	if (held <= 0) {
		cxio_mr_give(r->mr);
		r->mr = NULL;
		return held ?: -EINVAL;
	}
	cxio_sq_add(x, cxio_mr_reg_wr(r->mr, NULL));
	r->sge = (struct ib_sge){ r->mr->addr, held, r->mr->rkey };
	r->wr = (struct ib_rdma_wr){
		.wr = { .wr_cqe = &r->cqe, .sg_list = &r->sge, .num_sge = 1,
			.opcode = IB_WR_RDMA_READ, .send_flags = IB_SEND_SIGNALED },
		.remote_addr = d->addr + a->at_off, .rkey = d->rkey,
	};
	cxio_sq_link(x, &r->wr.wr);
	cxio_message_touched(a->message, x);
	x->counts.reads++;
	r->arrival = a;
	r->state = CXIO_READ_POSTED;
	return held;
}

/**
 * cxio_owe_done() - the peer's memory that a message is in is free, of which it is told
 * @x: the carrier; ended if the peer takes no DONE
 * @a: the message's arrival, all of which is read, or not to be
 *
 * Context: the work that serves it.
 */
void cxio_owe_done(struct cxio_xio *x, struct cxio_arrival *a)
{
	a->state.untold = false;
	if (cxio_dones_too_many(x->dones, cxio_limits()->window_msgs)) {
		cxio_life_end(&x->life, CXIO_FAULT_NO_MEMORY, false);
		return;
	}
	a->rkey = cxio_descs_invalidate(a->desc, a->count);
	a->owes = true;
	list_add_tail(&a->link, &x->done);
	x->dones++;
}

static enum cxio_arrival_step next_step(const struct cxio_arrival *a)
{
	return cxio_arrival_next(&a->state, a->message->touched_by);
}

/* Return: false if nothing behind it may begin yet. */
static bool read_message(struct cxio_xio *x, struct cxio_arrival *a)
{
	struct cxio_read *r;
	int held;

	held = place(x, a);
	if (held == -EAGAIN)
		return false;
	while (!held && a->at < a->count) {
		const struct cxio_desc *d = &a->desc[a->at];

		if (d->segment == CXIO_SINK) {
			a->at++;
			continue;
		}
		r = free_read(x);
		if (!r || !cxio_sq_room(x, 2) || !cxio_reads_start(&x->reads))
			return false;
		mutex_lock(&a->message->io);
		mutex_lock(&x->qp_mutex);
		held = add_read(x, r, a);
		mutex_unlock(&x->qp_mutex);
		mutex_unlock(&a->message->io);
		if (held < 0) {
			cxio_reads_end(&x->reads);
			break;
		}
		a->state.reads++;
		a->placed[d->segment] += held;
		a->at_off += held;
		held = 0;
		if (a->at_off < d->length)
			continue;
		a->at++;
		a->at_off = 0;
	}
	a->state.unread = a->at < a->count;
	/* It was taken back. If a device is at it, its queue pair is about to break. */
	if (held == -ECANCELED && !a->state.reads) {
		cxio_arrival_unwanted(&a->state);
		cxio_owe_done(x, a);
		return true;
	}
	if (held == -ECANCELED || held == -EAGAIN)
		return false;
	if (held)
		cxio_life_end(&x->life, CXIO_FAULT_NO_MEMORY, false);
	return !held;
}

/**
 * cxio_start_reads() - make the READs that may be, oldest message first
 * @x: the carrier; what is made is to be flushed
 *
 * Context: the work that serves it.
 */
void cxio_start_reads(struct cxio_xio *x)
{
	struct cxio_message *m;

	if (!x->host || x->host->carrier != x)
		return;
	list_for_each_entry(m, &x->pending, link) {
		struct cxio_arrival *a = m->arrival;

		if (!cxio_life_flows(&x->life))
			return;
		if (!a)
			continue;
		if (next_step(a) == CXIO_ARRIVAL_READ ? !read_message(x, a) :
							cxio_arrival_holds_back(&a->state))
			break;
	}
	/* Those that were taken back are over. */
	cxio_deliver(x);
}

static void read_is_over(struct cxio_xio *x, struct cxio_read *r)
{
	struct cxio_arrival *a = r->arrival;

	r->state = CXIO_READ_FREE;
	r->arrival = NULL;
	r->mr = NULL;
	cxio_reads_end(&x->reads);
	a->state.reads--;
	cxio_message_untouched(a->message);
	/* What is still to be read of it is read with the rest. */
	if (x->host && x->host->carrier == x && next_step(a) != CXIO_ARRIVAL_READ)
		cxio_arrival_goes_on(x, a);
}

static void serve_read(struct cxio_xio *x, struct cxio_read *r)
{
	bool over = false;

	mutex_lock(&x->qp_mutex);
	/* Pairs with the release in cxio_read_done(). */
	if (smp_load_acquire(&r->state) == CXIO_READ_DONE)
		over = cxio_key_ended(x, r->mr);
	mutex_unlock(&x->qp_mutex);
	if (over)
		read_is_over(x, r);
}

/**
 * cxio_serve_reads() - READs may have completed
 * @x: the carrier; what is made is to be flushed
 *
 * Context: the work that serves it.
 */
void cxio_serve_reads(struct cxio_xio *x)
{
	u32 i;

	for (i = 0; i < CXIO_READS && x->reads.started && cxio_life_flows(&x->life); i++)
		serve_read(x, &x->read[i]);
	cxio_start_reads(x);
}

/**
 * cxio_reads_lost() - the queue pair is drained, the sinks are unmapped
 * @x: the carrier
 *
 * Context: the work that serves it.
 */
void cxio_reads_lost(struct cxio_xio *x)
{
	u32 i;

	for (i = 0; i < CXIO_READS; i++) {
		struct cxio_read *r = &x->read[i];

		if (r->arrival) {
			r->arrival->state.reads--;
			cxio_message_untouched(r->arrival->message);
		}
		r->state = CXIO_READ_FREE;
		r->arrival = NULL;
		r->mr = NULL;
	}
}

/**
 * cxio_read_done() - a READ has completed, or failed, or was flushed
 * @cq: the pool's
 * @wc: after a flush only wr_cqe and status are valid
 *
 * Context: softirq.
 */
void cxio_read_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct cxio_read *r = container_of(wc->wr_cqe, struct cxio_read, cqe);
	struct cxio_xio *x = r->carrier;

	trace_cxio_wc_send(x, wc);
	if (wc->status != IB_WC_SUCCESS) {
		cxio_xio_failed(x, wc, CXIO_WORK_OTHER);
		return;
	}
	/* Pairs with the acquire in serve_read(): what was read is seen there. */
	smp_store_release(&r->state, CXIO_READ_DONE);
	cxio_xio_kick(x);
}

/**
 * cxio_done_frame() - make the frame of the oldest DONE that is owed
 * @x: the carrier, which owes one
 * @frame: where
 * @rkey: set to the key that is to die with it, or 0
 *
 * Context: the work that serves it. Return: bytes.
 */
u32 cxio_done_frame(struct cxio_xio *x, void *frame, u32 *rkey)
{
	struct cxio_arrival *a = list_first_entry(&x->done, struct cxio_arrival, link);
	u32 len = cxio_channel_done(&x->life.channel, frame, a->seq, a->rkey);

	*rkey = a->rkey;
	list_del_init(&a->link);
	x->dones--;
	a->owes = false;
	if (!a->message)
		cxio_arrival_free(a);
	return len;
}
