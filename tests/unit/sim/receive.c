// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Messages in: put together from frames, read, verified, dispatched in order.
 */
#include "sim.h"

/**
 * rxmsg_free() - a message's memory goes
 * @rx: the message; no READ is under way
 */
void rxmsg_free(struct rxmsg *rx)
{
	u32 segment;

	for (segment = 0; segment < CXIO_SEGMENTS; segment++)
		free(rx->seg[segment]);
	free(rx->list);
	free(rx);
}

/* Nobody wants it: freed at once, or with its last READ (I3). */
static void drop(struct rxmsg *rx)
{
	rx->dropped = true;
	rx->c = NULL;
	if (!rx->reads)
		rxmsg_free(rx);
}

/* Its window goes back. */
static void consume(struct conn *c, const struct rxmsg *rx)
{
	u64 payload = cxio_carry_payload(&rx->carry, &rx->h);

	c->held_msgs--;
	c->held_bytes -= payload;
	cxio_channel_consumed(&c->life.channel, 1, payload, c->ep->sim->now);
}

static void begin(struct conn *c)
{
	const struct cxio_cursor *in = &c->life.channel.rx;
	struct rxmsg *rx = sim_alloc(sizeof(*rx));
	u32 segment;

	sim_must(c->ep->sim, !c->in, "message begun inside another", c->link->id, 0);
	rx->c = c;
	rx->h = in->header;
	rx->carry = in->carry;
	for (segment = 0; segment < CXIO_SEGMENTS; segment++)
		rx->seg[segment] = sim_alloc(rx->h.len[segment]);
	rx->list = sim_alloc(cxio_descs_size(rx->carry.descs));
	c->in = rx;
	c->held_msgs++;
	c->held_bytes += cxio_carry_payload(&rx->carry, &rx->h);
}

static void take_pieces(struct conn *c, const u8 *buf, const struct cxio_pieces *pieces)
{
	const struct sim *sim = c->ep->sim;
	struct rxmsg *rx = c->in;
	u32 i;

	sim_must(sim, rx || !pieces->count, "payload without a message", c->link->id, 0);
	for (i = 0; i < pieces->count; i++) {
		const struct cxio_piece *p = &pieces->piece[i];
		bool descs = p->segment == CXIO_PART_DESCS;
		u32 len = descs ? cxio_descs_size(rx->carry.descs) : rx->h.len[p->segment];

		sim_must(sim, p->offset == rx->got[p->segment] && p->len <= len - p->offset,
			 "piece out of range", p->segment, p->offset);
		memcpy((descs ? rx->list : rx->seg[p->segment]) + p->offset, buf + p->frame_off,
		       p->len);
		rx->got[p->segment] += p->len;
	}
}

/* Dispatch what is whole and in order; what comes then is the oldest not acknowledged. */
static void deliver(struct conn *c)
{
	struct rxmsg *rx;

	while ((rx = c->pend) && (rx->whole || rx->dropped)) {
		c->pend = rx->next;
		if (!c->pend)
			c->pend_tail = &c->pend;
		if (rx->dropped) {
			consume(c, rx);
			drop(rx);
		} else {
			ep_dispatch(c, rx);
		}
	}
	cxio_channel_delivered(&c->life.channel, c->pend ? c->pend->h.seq : 0, c->ep->sim->now);
}

static u32 unread(const struct rxmsg *rx)
{
	u32 i, n = 0;

	for (i = rx->at; i < rx->descs; i++)
		n += rx->desc[i].segment != CXIO_SINK;
	return n;
}

static bool data_agrees(struct conn *c, const struct rxmsg *rx)
{
	enum cxio_fault fault = CXIO_FAULT_NONE;
	u32 segment;

	for (segment = 0; segment < CXIO_SEGMENTS && !fault; segment++)
		if (!cxio_carry_inline(&rx->carry, segment))
			fault = cxio_footer_check(&rx->footer, segment,
						  cxio_crc32c(0, rx->seg[segment],
							      rx->h.len[segment]));
	if (!fault)
		return true;
	cxio_life_fault(&c->life, fault, c->ep->sim->now);
	return false;
}

static void owe_done(struct conn *c, const struct rxmsg *rx)
{
	struct done *d;
	u32 i;

	if (c->dones == CONN_DONES) {
		conn_lost(c, CXIO_FAULT_NO_MEMORY);
		return;
	}
	d = &c->done[c->dones++];
	d->seq = rx->h.seq;
	d->rkey = 0;
	for (i = 0; i < rx->descs && !d->rkey; i++)
		if (rx->desc[i].flags & CXIO_DESC_INVALIDATE && rx->desc[i].segment != CXIO_SINK)
			d->rkey = rx->desc[i].rkey;
}

static void whole(struct conn *c, struct rxmsg *rx)
{
	if (!data_agrees(c, rx))
		return;
	rx->whole = true;
	deliver(c);
}

/* The data was written before: to the sink that its request offered on this connection. */
static bool take_written(struct conn *c, struct rxmsg *rx)
{
	struct sim *sim = c->ep->sim;
	struct msg *request = rx->h.tid < sim->messages ? sim->all[rx->h.tid] : NULL;
	struct key *k = request ? request->sink : NULL;

	if (!k || k->link != c->link->id || k->side != c->ep->side ||
	    rx->h.len[CXIO_DATA] > k->len)
		return false;
	/* I2: the key dies before the bytes are believed. */
	key_kill(sim, k);
	memcpy(rx->seg[CXIO_DATA], request->sink_data, rx->h.len[CXIO_DATA]);
	return true;
}

static bool ended(struct conn *c, const struct cxio_rx_event *ev)
{
	struct rxmsg *rx = c->in;
	enum cxio_fault fault;

	c->in = NULL;
	*c->pend_tail = rx;
	c->pend_tail = &rx->next;
	rx->ended = true;
	rx->footer = ev->footer;
	if (rx->carry.descs) {
		fault = cxio_descs_decode(rx->list, cxio_descs_size(rx->carry.descs), &rx->h,
					  rx->desc, &rx->descs);
		if (fault) {
			cxio_life_fault(&c->life, fault, c->ep->sim->now);
			return true;
		}
	}
	if (rx->carry.written && !take_written(c, rx)) {
		cxio_life_fault(&c->life, CXIO_FAULT_WRITTEN_REFUSED, c->ep->sim->now);
		return true;
	}
	if (unread(rx)) {
		sim_count(c->ep->sim, read_messages);
		conn_start_reads(c);
	} else {
		whole(c, rx);
	}
	return true;
}

/**
 * conn_message() - a frame of a message came in
 * @c: the connection
 * @buf: the frame
 * @ev: what it means
 *
 * Return: false if there is no memory for it.
 */
bool conn_message(struct conn *c, const u8 *buf, const struct cxio_rx_event *ev)
{
	if (ev->begins) {
		u64 most = CXIO_FRONT_MAX / 8;

		/* What is to be read is nobody's window: the owner says how much it takes. */
		if (c->ep->sim->alone && cxio_msg_payload(&c->life.channel.rx.header) > most)
			return false;
		begin(c);
	}
	take_pieces(c, buf, &ev->pieces);
	return ev->ends ? ended(c, ev) : true;
}

/**
 * conn_start_reads() - post the READs that may be, oldest message first
 * @c: the connection
 */
void conn_start_reads(struct conn *c)
{
	struct sim *sim = c->ep->sim;
	struct rxmsg *rx;

	for (rx = c->pend; rx && cxio_life_flows(&c->life); rx = rx->next) {
		while (!rx->dropped && rx->ended && unread(rx)) {
			const struct cxio_desc *d = &rx->desc[rx->at];

			if (d->segment == CXIO_SINK) {
				rx->at++;
				continue;
			}
			if (!cxio_reads_start(&c->reads)) {
				sim_count(sim, reads_queued);
				return;
			}
			sim_must(sim, c->reads.started <= c->reads.depth, "READs beyond depth",
				 c->reads.started, c->reads.depth);
			rx->at++;
			rx->reads++;
			link_post_read(c->link, c->ep->side, rx, d,
				       rx->seg[d->segment] + rx->placed[d->segment]);
			rx->placed[d->segment] += d->length;
			sim_count(sim, reads);
			if (c->reads.started > 1)
				sim_count(sim, reads_overlap);
		}
	}
}

/**
 * conn_read_done() - a READ has completed
 * @c: the connection
 * @rx: the message it was for
 * @flushed: it has not
 */
void conn_read_done(struct conn *c, struct rxmsg *rx, bool flushed)
{
	rx->reads--;
	if (flushed)
		sim_count(c->ep->sim, reads_flushed);
	if (rx->dropped && !rx->c) {
		if (!rx->reads)
			rxmsg_free(rx);
	} else if (!flushed && !rx->reads && !unread(rx)) {
		owe_done(c, rx);
		if (!rx->dropped && !rx->whole)
			whole(c, rx);
	}
	conn_start_reads(c);
}

/**
 * conn_revoked() - the peer says that a message does not come
 * @c: the connection
 * @ev: which
 */
void conn_revoked(struct conn *c, const struct cxio_rx_event *ev)
{
	struct rxmsg *rx;

	if (ev->breaks) {
		sim_must(c->ep->sim, c->in, "nothing to break off", c->link->id, 0);
		consume(c, c->in);
		drop(c->in);
		c->in = NULL;
	}
	for (rx = c->pend; rx; rx = rx->next) {
		if (rx->h.seq != ev->seq || rx->dropped)
			continue;
		sim_count(c->ep->sim, revoked_held);
		rx->dropped = true;
	}
	deliver(c);
}

/**
 * conn_drop_received() - forget what was not dispatched: it comes again
 * @c: the connection
 */
void conn_drop_received(struct conn *c)
{
	struct rxmsg *rx;

	while ((rx = c->pend)) {
		c->pend = rx->next;
		if (!rx->dropped)
			sim_count(c->ep->sim, undispatched);
		drop(rx);
	}
	c->pend_tail = &c->pend;
	if (c->in)
		drop(c->in);
	c->in = NULL;
}
