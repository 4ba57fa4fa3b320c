// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Messages in: put together from frames, verified, delivered in order.
 */
#include <stdlib.h>

#include "xio.h"

static struct xio_arrival *arrival_of(const struct cxio_message *m)
{
	return m->arrival;
}

static struct cxio_message *first_pending(const struct cxio_xio *x)
{
	if (cxio_list_empty(&x->pending))
		return NULL;
	return cxio_entry(x->pending.next, struct cxio_message, link);
}

/* --- beginning --- */

static struct xio_arrival *new_arrival(struct cxio_message *m, const struct cxio_carry *carry)
{
	struct xio_arrival *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->list = calloc(1, cxio_descs_size(carry->descs) + 1);
	a->desc = calloc(carry->descs + 1u, sizeof(*a->desc));
	if (!a->list || !a->desc) {
		free(a->list);
		free(a->desc);
		free(a);
		return NULL;
	}
	cxio_list_init(&a->link);
	a->message = m;
	a->carry = *carry;
	m->arrival = a;
	return a;
}

static bool begin(struct cxio_xio *x)
{
	const struct cxio_cursor *in = &x->life.channel.rx;
	struct cxio_connection *c = x->connection;
	u8 placed = in->carry.segments;
	struct cxio_message *m;

	if (in->carry.written)
		placed |= 1u << CXIO_DATA;
	m = cxio_message_for(&in->header, placed, c);
	if (!m)
		return false;
	m->generation = c->generation;
	m->window = cxio_carry_payload(&in->carry, &in->header);
	c->held_msgs++;
	c->held_bytes += m->window;
	x->in = m;
	return !(in->carry.descs || placed) || new_arrival(m, &in->carry);
}

static void take_pieces(struct cxio_xio *x, const void *buf, const struct cxio_pieces *pieces)
{
	u32 i;

	for (i = 0; i < pieces->count; i++) {
		const struct cxio_piece *p = &pieces->piece[i];

		/* I1: the channel has checked it against the header. */
		if (p->segment == CXIO_PART_DESCS)
			memcpy(arrival_of(x->in)->list + p->offset,
			       (const char *)buf + p->frame_off, p->len);
		else
			cxio_message_write(x->in, p, buf);
	}
}

/* --- the end --- */

static void forget_arrival(struct cxio_message *m)
{
	struct xio_arrival *a = m->arrival;

	m->arrival = NULL;
	if (!a)
		return;
	a->message = NULL;
	/* The key to its sink may live on: nobody waits for its end any more. */
	if (a->sink)
		a->sink->arrival = NULL;
	a->sink = NULL;
	a->state.exposed = false;
	if (!a->owes)
		xio_arrival_free(a);
}

/* A message's memory is ours until it is delivered: nothing but its READs is at it. */
static enum cxio_arrival_step next_step(const struct cxio_message *m)
{
	return cxio_arrival_next(m->arrival ? &arrival_of(m)->state : NULL, false);
}

/*
 * What is whole and in order is delivered. What comes then is the oldest message that is
 * not acknowledged.
 */
static void deliver(struct cxio_xio *x)
{
	struct cxio_message *m;

	while ((m = first_pending(x))) {
		enum cxio_arrival_step step = next_step(m);

		if (step != CXIO_ARRIVAL_DELIVER && step != CXIO_ARRIVAL_DROP)
			break;
		cxio_list_remove(&m->link);
		forget_arrival(m);
		if (step == CXIO_ARRIVAL_DELIVER)
			cxio_connection_deliver(x->connection, m);
		else
			cxio_message_put(m);
	}
	cxio_channel_delivered(&x->life.channel, m ? m->header.seq : 0, x->portal->now);
}

/* All bytes of a message are here: are they the ones meant? Return: false if it is ended. */
static bool verify(struct cxio_xio *x, struct xio_arrival *a)
{
	enum cxio_fault fault = CXIO_FAULT_NONE;
	u32 segment;

	for (segment = 0; segment < CXIO_SEGMENTS && !fault; segment++) {
		u32 len = a->message->header.len[segment];

		if (!cxio_footer_covers(&a->footer, &a->carry, segment))
			continue;
		fault = cxio_footer_check(&a->footer, segment,
					  cxio_crc32c(0, cxio_message_bytes(a->message, segment),
						      len));
	}
	if (fault) {
		x->life.channel.stats.crc_failures++;
		cxio_life_fault(&x->life, fault, x->portal->now);
		return false;
	}
	a->state.whole = true;
	return true;
}

/**
 * xio_arrival_goes_on() - something has happened to what comes in: do what is next
 * @x: the carrier
 * @a: the arrival, which may be gone after this
 */
void xio_arrival_goes_on(struct cxio_xio *x, struct xio_arrival *a)
{
	for (;;) {
		switch (next_step(a->message)) {
		case CXIO_ARRIVAL_WAIT:
			return;
		case CXIO_ARRIVAL_READ:
			xio_start_reads(x);
			return;
		case CXIO_ARRIVAL_DONE:
			xio_owe_done(x, a);
			break;
		case CXIO_ARRIVAL_VERIFY:
			if (!verify(x, a))
				return;
			break;
		case CXIO_ARRIVAL_DELIVER:
		case CXIO_ARRIVAL_DROP:
			deliver(x);
			return;
		}
	}
}

static void arrived(struct cxio_xio *x, struct xio_arrival *a, const struct cxio_rx_event *ev)
{
	const struct cxio_desc *sink;
	enum cxio_fault fault = CXIO_FAULT_NONE;

	a->footer = ev->footer;
	a->seq = ev->seq;
	if (a->carry.descs)
		fault = cxio_descs_decode(a->list, cxio_descs_size(a->carry.descs),
					  &a->message->header, a->desc, &a->count);
	if (fault) {
		cxio_life_fault(&x->life, fault, x->portal->now);
		return;
	}
	sink = cxio_descs_sink(a->desc, a->count);
	if (sink)
		a->message->sink = *sink;
	cxio_arrival_ended(&a->state, cxio_descs_to_read(a->desc, a->count));
	/* A sink is ended first: it goes on by that, perhaps at once, and is gone. */
	if (!a->carry.written)
		xio_arrival_goes_on(x, a);
	else if (!xio_sink_written(x, a))
		cxio_life_fault(&x->life, CXIO_FAULT_WRITTEN_REFUSED, x->portal->now);
}

/**
 * xio_arrive() - a frame of a message came in
 * @x: the carrier
 * @buf: the frame
 * @ev: what it means
 *
 * Return: false if there is no memory for it.
 */
bool xio_arrive(struct cxio_xio *x, const void *buf, const struct cxio_rx_event *ev)
{
	struct cxio_message *m;
	enum cxio_fault fault;

	if (!x->connection)
		return true;
	if (ev->begins && !begin(x))
		return false;
	m = x->in;
	if (!m)
		return true;
	take_pieces(x, buf, &ev->pieces);
	if (!ev->ends)
		return true;
	fault = xio_check_signature(x, &ev->footer);
	if (fault) {
		cxio_life_fault(&x->life, fault, x->portal->now);
		return true;
	}
	x->in = NULL;
	m->header.seq = ev->seq;
	cxio_list_append(&x->pending, &m->link);
	if (m->arrival)
		arrived(x, m->arrival, ev);
	else
		deliver(x);
	return true;
}

/**
 * xio_arrive_revoked() - the peer says that a message does not come
 * @x: the carrier
 * @ev: which
 */
void xio_arrive_revoked(struct cxio_xio *x, const struct cxio_rx_event *ev)
{
	struct cxio_link *l, *next;

	if (ev->breaks && x->in) {
		forget_arrival(x->in);
		cxio_message_put(x->in);
		x->in = NULL;
	}
	for (l = x->pending.next; l != &x->pending; l = next) {
		struct cxio_message *m = cxio_entry(l, struct cxio_message, link);

		next = l->next;
		if (m->header.seq != ev->seq)
			continue;
		if (m->arrival) {
			arrival_of(m)->state.dropped = true;
		} else {
			cxio_list_remove(&m->link);
			cxio_message_put(m);
		}
	}
	deliver(x);
}

/**
 * xio_drop_arrivals() - forget what was not delivered: it comes again
 * @x: the carrier; while it has a queue pair, what is being read stays
 */
void xio_drop_arrivals(struct cxio_xio *x)
{
	bool device_is_at_it = x->id && x->id->qp;
	struct cxio_link *l, *next;

	for (l = x->pending.next; l != &x->pending; l = next) {
		struct cxio_message *m = cxio_entry(l, struct cxio_message, link);

		next = l->next;
		/* There are none without a queue pair. */
		if (m->arrival && !device_is_at_it)
			arrival_of(m)->state.reads = 0;
		if (!cxio_arrival_lost(m->arrival ? &arrival_of(m)->state : NULL))
			continue;
		cxio_list_remove(&m->link);
		forget_arrival(m);
		cxio_message_put(m);
	}
	if (x->in) {
		forget_arrival(x->in);
		cxio_message_put(x->in);
	}
	x->in = NULL;
	while (!cxio_list_empty(&x->done)) {
		struct xio_arrival *a = cxio_entry(x->done.next, struct xio_arrival, link);

		cxio_list_remove(&a->link);
		a->owes = false;
		if (!a->message)
			xio_arrival_free(a);
	}
	x->dones = 0;
}
