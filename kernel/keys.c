// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the peer may read: exposed for one message, and hidden again before
 * that message's owner is told that it is released (I2).
 *
 * A key is a fast-registered region of the carrier's pool. The peer may invalidate one
 * of a message's keys, with its DONE; the others are invalidated here.
 */
#include <linux/ktime.h>

#include "ceph_xio.h"
#include "trace.h"

/* --- choosing --- */

static u32 regions_free(const struct cxio_xio *x)
{
	return x->keys_pool.count - x->keys_made;
}

/**
 * cxio_plan() - how is a message to travel on this carrier?
 * @x: the carrier
 * @m: the message; its @carry is set
 *
 * Context: the work that serves it. Return: false if it has to wait until other
 * messages give regions back.
 */
bool cxio_plan(struct cxio_xio *x, struct cxio_message *m)
{
	const struct cxio_agreed *agreed = &x->life.channel.agreed;
	u32 least = CXIO_RENDEZVOUS_MIN, len = m->header.len[CXIO_DATA];
	struct cxio_placement place = { 0 };
	struct cxio_plan plan;
	int count;

	if (cxio_msg_payload(&m->header) > agreed->peer_window_bytes)
		least = 1;
	if (m->reply_sink.length)
		least = 1;
	if (len >= least && x->keys_pool.count && !m->framed) {
		count = cxio_data_count_regions(&m->data, 0, len, x->keys_pool.pages);
		/* More than there are: it is chained, like what cannot be exposed. */
		if (count > 0 && count <= x->keys_pool.count)
			place.descs[CXIO_DATA] = count;
	}
	/* Only out of regions. */
	if (place.descs[CXIO_DATA])
		place.sink = cxio_sink_room(&m->reply_sink, m->reply_generation,
					    x->host->generation);
	place.own_sinks = cxio_sink_wanted(x, m);
	plan = cxio_plan_message(agreed, &m->header, &place);
	if ((plan.path == CXIO_PATH_SINK ? place.descs[CXIO_DATA] : plan.descs) > regions_free(x))
		return false;
	memset(&m->carry, 0, sizeof(m->carry));
	m->carry.segments = plan.segments;
	m->carry.descs = plan.descs + place.own_sinks;
	m->offering = place.own_sinks;
	m->carry.written = plan.path == CXIO_PATH_SINK;
	m->planned = true;
	return true;
}

/* --- making --- */

/* A region of the message's data from @off on, registered. Return: NULL if there is none. */
static struct cxio_mr *make_key(struct cxio_xio *x, struct cxio_message *m, u32 off, int access)
{
	u32 len = m->header.len[CXIO_DATA];
	struct cxio_mr *mr = cxio_mr_take(&x->keys_pool);

	if (!mr)
		return NULL;
	if (cxio_mr_map(mr, &m->data, off, len - off, access) <= 0) {
		cxio_mr_give(mr);
		m->framed = true;
		return NULL;
	}
	kref_get(&m->ref);
	cxio_message_touched(m, x);
	m->keys++;
	mr->owner = m;
	mr->due = false;
	mr->writes = false;
	list_add_tail(&mr->link, &x->keys);
	x->keys_made++;
	cxio_sq_add(x, cxio_mr_reg_wr(mr, NULL));
	return mr;
}

static bool expose_part(struct cxio_xio *x, struct cxio_message *m, u32 off,
			struct cxio_desc *d)
{
	struct cxio_mr *mr = make_key(x, m, off, IB_ACCESS_REMOTE_READ);

	if (!mr)
		return false;
	*d = (struct cxio_desc){
		.addr = mr->addr, .rkey = mr->rkey, .length = mr->length,
		.segment = CXIO_DATA,
	};
	return true;
}

/*
 * The data of a reply goes to where its request asked for it. The key of its source is for
 * us alone, and ends when the WRITE is over: until then a device may send it again.
 */
static bool write_data(struct cxio_xio *x, struct cxio_message *m)
{
	u32 off = 0, len = m->header.len[CXIO_DATA];

	/* I1: cxio_plan_message() has compared it with the sink's length. */
	while (off < len) {
		struct cxio_mr *mr = make_key(x, m, off, 0);

		if (!mr)
			return false;
		mr->sge = (struct ib_sge){ mr->addr, mr->length, mr->rkey };
		mr->write = (struct ib_rdma_wr){
			.wr = { .wr_cqe = &mr->reg_cqe, .sg_list = &mr->sge, .num_sge = 1,
				.opcode = IB_WR_RDMA_WRITE },
			.remote_addr = m->reply_sink.addr + off,
			.rkey = m->reply_sink.rkey,
		};
		mr->writes = true;
		mr->number = cxio_sq_add(x, &mr->write.wr);
		off += mr->length;
	}
	x->wait_done = true;
	return !cxio_channel_data_crc(&x->life.channel) ||
	       !cxio_data_crc32c(&m->data, 0, len, 0, &m->carry.crc[CXIO_DATA]);
}

/* The data is for the peer to read, by @planned descriptors. Return: false if it cannot be. */
static bool expose_data(struct cxio_xio *x, struct cxio_message *m, struct cxio_desc *desc,
			u32 planned)
{
	u32 count = 0, off = 0, len = m->header.len[CXIO_DATA];

	while (off < len) {
		/* It takes more regions than were counted. */
		m->framed = count == planned;
		if (m->framed || !expose_part(x, m, off, &desc[count]))
			return false;
		off += desc[count++].length;
	}
	if (count != planned)
		return false;
	/* The peer may end one key, with its DONE. */
	desc[0].flags = CXIO_DESC_INVALIDATE;
	return !cxio_channel_data_crc(&x->life.channel) ||
	       !cxio_data_crc32c(&m->data, 0, len, 0, &m->carry.crc[CXIO_DATA]);
}

/**
 * cxio_expose() - make the keys a message needs, and write its list of them
 * @x: the carrier, with room for the work requests
 * @m: the message, planned and about to begin, its @io held
 *
 * Context: the work that serves it. Return: false if that failed: the carrier is to be
 * ended, and with it what was made. What its device cannot take goes in frames on the
 * next, which would fail as this one did.
 */
bool cxio_expose(struct cxio_xio *x, struct cxio_message *m)
{
	struct cxio_desc desc[CXIO_KEYS + 1];
	u32 count = m->carry.descs - m->offering;

	if (m->carry.written && !write_data(x, m))
		return false;
	if (m->carry.segments && !expose_data(x, m, desc, count))
		return false;
	/* What cannot be offered now, after all, is not. */
	if (m->offering && cxio_sink_offer(x, m, &desc[count]))
		count++;
	m->carry.descs = count;
	if (count)
		cxio_descs_encode(desc, count, m->carry.segments, x->descs);
	return true;
}

/* --- ending --- */

/* It is invalid and unmapped: nothing touches the memory by it any more. */
static void key_is_dead(struct cxio_xio *x, struct cxio_mr *mr)
{
	struct cxio_message *m = mr->owner;

	list_del_init(&mr->link);
	x->keys_made--;
	mr->owner = NULL;
	m->keys--;
	cxio_message_untouched(m);
	cxio_message_put(m);
}

static void end_key(struct cxio_xio *x, struct cxio_mr *mr)
{
	/* I2: unmapped before its owner is told. */
	cxio_mr_unmap(mr);
	key_is_dead(x, mr);
	cxio_mr_give(mr);
}

/**
 * cxio_post_invalidations() - make the work requests that end keys
 * @x: the carrier
 *
 * Context: the work that serves it.
 */
void cxio_post_invalidations(struct cxio_xio *x)
{
	struct cxio_mr *mr;

	list_for_each_entry(mr, &x->keys, link) {
		struct ib_send_wr *wr;

		if (!mr->due || !cxio_sq_room(x, 0))
			continue;
		mr->due = false;
		wr = cxio_mr_inv_wr(mr, NULL);
		if (wr)
			mr->number = cxio_sq_add(x, wr);
	}
}

/**
 * cxio_keys_done() - work requests have completed: which keys died by that?
 * @x: the carrier
 *
 * Context: the work that serves it.
 */
void cxio_keys_done(struct cxio_xio *x)
{
	struct cxio_mr *mr, *next;

	list_for_each_entry_safe(mr, next, &x->keys, link) {
		if (mr->writes && cxio_sq_passed(x, mr->number)) {
			mr->writes = false;
			mr->due = true;
		}
		if (mr->state != CXIO_MR_INVALIDATING || !cxio_sq_passed(x, mr->number))
			continue;
		cxio_mr_inv_done(mr, IB_WC_SUCCESS);
		end_key(x, mr);
	}
}

/**
 * cxio_key_ended() - end a key that only we end
 * @x: the carrier
 * @mr: a region of its @sinks_pool, @qp_mutex held
 *
 * Context: the work that serves it; to be called until it is so. Return: true if the key is
 * dead, the memory nobody's but its owner's, and the region given back.
 */
bool cxio_key_ended(struct cxio_xio *x, struct cxio_mr *mr)
{
	struct ib_send_wr *wr;

	if (mr->state == CXIO_MR_VALID && cxio_sq_room(x, 0)) {
		wr = cxio_mr_inv_wr(mr, NULL);
		if (wr)
			mr->number = cxio_sq_add(x, wr);
	}
	if (mr->state != CXIO_MR_INVALIDATING || !cxio_sq_passed(x, mr->number) ||
	    cxio_mr_inv_done(mr, IB_WC_SUCCESS))
		return false;
	/* I2, I3: nobody can write there any more: now it may be looked at. */
	cxio_mr_unmap(mr);
	cxio_mr_give(mr);
	return true;
}

/**
 * cxio_done_received() - the peer says that it has read a message
 * @x: the carrier
 * @seq: which
 * @rkey: key that was invalidated with it, or 0
 *
 * Context: the work that serves it.
 */
void cxio_done_received(struct cxio_xio *x, u64 seq, u32 rkey)
{
	bool found = false, matched = !rkey;
	struct cxio_mr *mr, *next;

	list_for_each_entry_safe(mr, next, &x->keys, link) {
		const struct cxio_message *m = mr->owner;

		if (m->header.seq != seq || mr->due || mr->writes || mr->state != CXIO_MR_VALID)
			continue;
		found = true;
		if (rkey && !cxio_mr_remote_invalidated(mr, rkey)) {
			matched = true;
			end_key(x, mr);
		} else {
			mr->due = true;
		}
	}
	if (!found || !matched)
		cxio_life_fault(&x->life, CXIO_FAULT_DONE_SEQ, ktime_get_ns());
}

/**
 * cxio_reg_done() - a registration, or a WRITE from what it registered, failed, or was
 *	flushed
 * @cq: the pool's
 * @wc: after a flush only wr_cqe and status are valid
 *
 * Context: softirq.
 */
void cxio_reg_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct cxio_mr *mr = container_of(wc->wr_cqe, struct cxio_mr, reg_cqe);
	struct cxio_xio *x = mr->pool->carrier;

	trace_cxio_wc_send(x, wc);
	/* It is never signalled. */
	if (wc->status != IB_WC_SUCCESS)
		cxio_xio_failed(x, wc, CXIO_WORK_OTHER);
}

/**
 * cxio_inv_done() - an invalidation has ended
 * @cq: the pool's
 * @wc: after a flush only wr_cqe and status are valid
 *
 * Context: softirq.
 */
void cxio_inv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct cxio_mr *mr = container_of(wc->wr_cqe, struct cxio_mr, inv_cqe);

	cxio_sq_completed(mr->pool->carrier, wc, mr->number, CXIO_WORK_OTHER);
}

/**
 * cxio_make_keys() - the regions of a carrier
 * @x: a carrier with a protection domain
 *
 * Without them, on a device that has none, everything travels in frames.
 *
 * Context: may sleep. Return: 0 or -ENOMEM.
 */
int cxio_make_keys(struct cxio_xio *x)
{
	int err;

	err = cxio_mr_pool_init(&x->keys_pool, x->pd, CXIO_KEYS, cxio_reg_done, cxio_inv_done);
	if (!err)
		err = cxio_mr_pool_init(&x->sinks_pool, x->pd, CXIO_READS + CXIO_SINKS,
					cxio_reg_done, cxio_inv_done);
	x->keys_pool.carrier = x;
	x->sinks_pool.carrier = x;
	return err == -EOPNOTSUPP ? 0 : err;
}

/**
 * cxio_kill_keys() - the queue pair is drained: no key is good any more
 * @x: the carrier
 *
 * Context: the work that serves it; may sleep.
 */
void cxio_kill_keys(struct cxio_xio *x)
{
	struct cxio_mr *mr, *next;

	cxio_mr_pool_lost(&x->keys_pool);
	cxio_mr_pool_drained(&x->keys_pool);
	list_for_each_entry_safe(mr, next, &x->keys, link)
		key_is_dead(x, mr);
	cxio_mr_pool_destroy(&x->keys_pool);
	mutex_lock(&x->qp_mutex);
	cxio_mr_pool_lost(&x->sinks_pool);
	cxio_mr_pool_drained(&x->sinks_pool);
	/* A revoke looks at all of them. */
	cxio_mr_pool_destroy(&x->sinks_pool);
	mutex_unlock(&x->qp_mutex);
	cxio_reads_lost(x);
	cxio_sinks_lost(x);
}
