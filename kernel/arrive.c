// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages in: put together from frames, verified, delivered in order.
 */
#include <linux/ktime.h>
#include <linux/slab.h>

#include "ceph_xio.h"
#include "inject.h"

static struct cxio_message *first_pending(struct cxio_xio *x)
{
	return list_first_entry_or_null(&x->pending, struct cxio_message, link);
}

static void unlink_pending(struct cxio_xio *x, struct cxio_message *m)
{
	list_del_init(&m->link);
	x->pendings--;
}

/* --- beginning --- */

/*
 * Never waiting for what is put by: that comes back in this very work. If it is used up,
 * the carrier is given up, and with it all of them.
 */
static bool new_arrival(struct cxio_xio *x, struct cxio_message *m,
			const struct cxio_carry *carry)
{
	struct cxio_arrival *a;

	if (cxio_inject_alloc())
		return false;
	a = kmalloc(sizeof(*a), GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN);
	if (!a)
		a = mempool_alloc(&x->arrivals, GFP_NOWAIT | __GFP_NOWARN);
	if (!a)
		return false;
	memset(a, 0, sizeof(*a));
	INIT_LIST_HEAD(&a->link);
	a->carrier = x;
	a->message = m;
	a->carry = *carry;
	m->arrival = a;
	return true;
}

static bool large_enough(const struct cxio_message *m, const struct cxio_msg_header *h)
{
	return (!h->len[CXIO_FRONT] || m->segment[CXIO_FRONT]) &&
	       (!h->len[CXIO_MIDDLE] || m->segment[CXIO_MIDDLE]) &&
	       m->data.length >= h->len[CXIO_DATA];
}

/*
 * Have a message for what comes in. Return: false if it is in a queue, or coming in already,
 * or if a device of another connection may touch it, which this one could wait for as long
 * as that lives.
 */
static bool claim(struct cxio_message *m, const struct cxio_connection *c)
{
	bool free;

	mutex_lock(&m->io);
	free = !m->coming && list_empty(&m->link) &&
	       (!m->touched_by || m->touched_by->host == c);
	if (free)
		m->coming = true;
	mutex_unlock(&m->io);
	return free;
}

static void unclaim(struct cxio_message *m)
{
	mutex_lock(&m->io);
	m->coming = false;
	mutex_unlock(&m->io);
}

/* The owner's memory, if he gives any. */
static struct cxio_message *room_for(struct cxio_xio *x, const struct cxio_msg_header *h,
				     const struct cxio_carry *carry)
{
	struct cxio_connection *c = x->host;
	const struct cxio_ops *ops = c->messenger->ops;
	struct cxio_message *m;
	bool skip = false;

	if (!ops->alloc_msg)
		return cxio_message_for(h, carry, c);
	m = ops->alloc_msg(c, h, &skip);
	if (!m)
		return skip ? cxio_message_skipped(h, carry, c, &x->skipped) : NULL;
	if (claim(m, c)) {
		if (large_enough(m, h)) {
			cxio_message_comes(m, h, carry, c);
			return m;
		}
		unclaim(m);
	}
	cxio_message_put(m);
	return NULL;
}

/* The memory that was offered, and is written to; unless its owner has another mind. */
static struct cxio_message *reply_for(struct cxio_xio *x, const struct cxio_msg_header *h,
				      const struct cxio_carry *carry, struct cxio_message *reply)
{
	struct cxio_connection *c = x->host;
	struct cxio_message *m;

	if (c->messenger->ops->alloc_msg) {
		m = room_for(x, h, carry);
		if (!m || m == reply || m->skipped)
			return m;
	} else {
		m = reply;
		if (!claim(m, c))
			return NULL;
		cxio_message_get(m);
		cxio_message_comes(m, h, carry, c);
		if (!cxio_message_refit(m) && large_enough(m, h))
			return m;
	}
	unclaim(m);
	cxio_message_put(m);
	return NULL;
}

static bool begin(struct cxio_xio *x)
{
	const struct cxio_cursor *in = &x->life.channel.rx;
	struct cxio_sink *sink = cxio_sink_of(x, in->header.tid), *its_own;

	x->in = in->carry.written ? reply_for(x, &in->header, &in->carry, sink->reply) :
				    room_for(x, &in->header, &in->carry);
	if (!x->in)
		return false;
	/* The peer has answered; whatever memory that comes to, it writes there no more. */
	if (sink)
		cxio_sink_due(sink);
	its_own = cxio_sink_to(x, x->in);
	if (its_own)
		sink = its_own;
	if (!in->carry.descs && !sink)
		return true;
	if (!new_arrival(x, x->in, &in->carry))
		return false;
	if (sink)
		cxio_sink_awaited(sink, x->in->arrival);
	return true;
}

/* Was data written to where we offered that, and not beyond it? */
static bool good_sink(struct cxio_xio *x)
{
	const struct cxio_cursor *in = &x->life.channel.rx;
	const struct cxio_sink *sink = cxio_sink_of(x, in->header.tid);

	return cxio_written_fits(&in->header, sink ? sink->length : 0);
}

static void take_pieces(struct cxio_xio *x, const void *buf, const struct cxio_pieces *pieces)
{
	struct cxio_message *m = x->in;
	u32 i;

	mutex_lock(&m->io);
	for (i = 0; i < pieces->count; i++) {
		const struct cxio_piece *p = &pieces->piece[i];

		/* I1: the channel has checked it against the header. */
		if (p->segment == CXIO_PART_DESCS)
			memcpy(m->arrival->list + p->offset, buf + p->frame_off, p->len);
		else if (!m->gone && !m->skipped)
			cxio_message_write(m, p, buf);
	}
	mutex_unlock(&m->io);
}

/* --- the end --- */

static void forget_arrival(struct cxio_message *m)
{
	struct cxio_arrival *a = m->arrival;

	unclaim(m);
	m->arrival = NULL;
	if (!a)
		return;
	/* Its key ends all the same. */
	if (a->sink)
		a->sink->arrival = NULL;
	a->sink = NULL;
	a->state.exposed = false;
	a->message = NULL;
	if (!a->owes)
		cxio_arrival_free(a);
}

static enum cxio_arrival_step next_step(const struct cxio_message *m)
{
	return cxio_arrival_next(m->arrival ? &m->arrival->state : NULL, m->touched_by);
}

/* Whoever comes first: its owner, taking it back, or this. Return: true if this. */
static bool hand_over(struct cxio_message *m)
{
	bool ours;

	mutex_lock(&m->io);
	ours = !m->gone && !m->skipped;
	m->handed = ours;
	mutex_unlock(&m->io);
	return ours;
}

/**
 * cxio_deliver() - deliver what is whole and in order
 * @x: the carrier
 *
 * What comes then is the oldest message that is not acknowledged.
 *
 * Context: the work that serves it.
 */
void cxio_deliver(struct cxio_xio *x)
{
	struct cxio_connection *c = x->host;
	struct cxio_message *m, *next;

	while ((m = first_pending(x))) {
		enum cxio_arrival_step step = next_step(m);

		if (step != CXIO_ARRIVAL_DELIVER && step != CXIO_ARRIVAL_DROP)
			break;
		unlink_pending(x, m);
		forget_arrival(m);
		/* Before it is anybody's: what is sent meanwhile carries the ack. */
		next = first_pending(x);
		cxio_channel_delivered(&x->life.channel, next ? next->header.seq : 0,
				       ktime_get_ns());
		if (step == CXIO_ARRIVAL_DELIVER && hand_over(m))
			c->messenger->ops->dispatch(c, m);
		else
			cxio_message_put(m);
		/* Its owner may have ended it all. */
		if (c->carrier != x)
			return;
	}
}

/* All bytes of a message are here: are they the ones meant? Return: false if it is ended. */
static bool verify(struct cxio_xio *x, struct cxio_arrival *a)
{
	enum cxio_fault fault = CXIO_FAULT_NONE;
	u32 segment;

	mutex_lock(&a->message->io);
	for (segment = 0; segment < CXIO_SEGMENTS && !fault; segment++) {
		if (a->message->gone || !cxio_footer_covers(&a->footer, &a->carry, segment))
			continue;
		fault = cxio_footer_check(&a->footer, segment,
					  cxio_message_crc(a->message, segment));
	}
	mutex_unlock(&a->message->io);
	if (fault) {
		x->life.channel.stats.crc_failures++;
		cxio_life_fault(&x->life, fault, ktime_get_ns());
		return false;
	}
	a->state.whole = true;
	x->counts.received_sink += a->carry.written;
	return true;
}

/**
 * cxio_arrival_goes_on() - something has happened to what comes in: do what is next
 * @x: the carrier
 * @a: the arrival, which may be gone after this
 *
 * Context: the work that serves it.
 */
void cxio_arrival_goes_on(struct cxio_xio *x, struct cxio_arrival *a)
{
	for (;;) {
		switch (next_step(a->message)) {
		case CXIO_ARRIVAL_WAIT:
			return;
		case CXIO_ARRIVAL_READ:
			cxio_start_reads(x);
			return;
		case CXIO_ARRIVAL_DONE:
			cxio_owe_done(x, a);
			break;
		case CXIO_ARRIVAL_VERIFY:
			if (!verify(x, a))
				return;
			break;
		case CXIO_ARRIVAL_DELIVER:
		case CXIO_ARRIVAL_DROP:
			cxio_deliver(x);
			return;
		}
	}
}

static void arrived(struct cxio_xio *x, struct cxio_arrival *a, const struct cxio_rx_event *ev)
{
	enum cxio_fault fault = CXIO_FAULT_NONE;
	const struct cxio_desc *sink;

	a->footer = ev->footer;
	a->seq = ev->seq;
	if (a->carry.descs)
		fault = cxio_descs_decode(a->list, cxio_descs_size(a->carry.descs),
					  &a->message->header, a->desc, &a->count);
	if (fault) {
		cxio_life_fault(&x->life, fault, ktime_get_ns());
		return;
	}
	sink = cxio_descs_sink(a->desc, a->count);
	if (sink)
		a->message->sink = *sink;
	cxio_arrival_ended(&a->state, cxio_descs_to_read(a->desc, a->count));
	if (a->message->skipped)
		cxio_arrival_unwanted(&a->state);
	cxio_arrival_goes_on(x, a);
}

/**
 * cxio_arrive() - a frame of a message came in
 * @x: the carrier
 * @buf: the frame
 * @ev: what it means
 *
 * Context: the work that serves it. Return: false if there is no memory for it.
 */
bool cxio_arrive(struct cxio_xio *x, const void *buf, const struct cxio_rx_event *ev)
{
	struct cxio_message *m;
	enum cxio_fault fault;

	if (!x->host || x->host->carrier != x)
		return true;
	if (ev->begins && x->life.channel.rx.carry.written && !good_sink(x)) {
		cxio_life_fault(&x->life, CXIO_FAULT_WRITTEN_REFUSED, ktime_get_ns());
		return true;
	}
	if (ev->begins && !begin(x))
		return false;
	m = x->in;
	if (!m)
		return true;
	take_pieces(x, buf, &ev->pieces);
	if (!ev->ends)
		return true;
	fault = cxio_check_signature(x, &ev->footer);
	if (fault) {
		cxio_life_fault(&x->life, fault, ktime_get_ns());
		return true;
	}
	x->in = NULL;
	m->header.seq = ev->seq;
	list_add_tail(&m->link, &x->pending);
	x->pendings++;
	if (m->arrival)
		arrived(x, m->arrival, ev);
	else
		cxio_deliver(x);
	return true;
}

static void drop(struct cxio_xio *x, struct cxio_message *m)
{
	unlink_pending(x, m);
	forget_arrival(m);
	cxio_message_put(m);
}

static void drop_incoming(struct cxio_xio *x)
{
	struct cxio_message *m = x->in;

	x->in = NULL;
	if (!m)
		return;
	forget_arrival(m);
	cxio_message_put(m);
}

/**
 * cxio_arrive_revoked() - the peer says that a message does not come
 * @x: the carrier
 * @ev: which
 *
 * Context: the work that serves it.
 */
void cxio_arrive_revoked(struct cxio_xio *x, const struct cxio_rx_event *ev)
{
	struct cxio_message *m, *next;

	if (!x->host || x->host->carrier != x)
		return;
	if (ev->breaks)
		drop_incoming(x);
	list_for_each_entry_safe(m, next, &x->pending, link) {
		if (m->header.seq != ev->seq)
			continue;
		if (m->arrival)
			m->arrival->state.dropped = true;
		else
			drop(x, m);
	}
	cxio_deliver(x);
	m = first_pending(x);
	cxio_channel_delivered(&x->life.channel, m ? m->header.seq : 0, ktime_get_ns());
}

/**
 * cxio_drop_arrivals() - forget what was not delivered: it comes again
 * @x: the carrier; while it has a queue pair, what is being read stays
 *
 * Context: the work that serves it.
 */
void cxio_drop_arrivals(struct cxio_xio *x)
{
	struct cxio_message *m, *next;
	struct cxio_arrival *a;

	list_for_each_entry_safe(m, next, &x->pending, link)
		if (cxio_arrival_lost(m->arrival ? &m->arrival->state : NULL))
			drop(x, m);
	drop_incoming(x);
	while ((a = list_first_entry_or_null(&x->done, struct cxio_arrival, link))) {
		list_del_init(&a->link);
		a->owes = false;
		if (!a->message)
			cxio_arrival_free(a);
	}
	x->dones = 0;
}
