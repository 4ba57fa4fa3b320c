// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a pair of devices and their connection manager do: RC queue pairs. Work
 * requests of one queue are executed in order, and completed in order, but a
 * completion may come long after the effect, or be a flush although there was one.
 */
#include "sim.h"

/**
 * link_new() - a connection request sets out
 * @ep: who connects
 * @c: for which connection
 *
 * Return: its transport.
 */
struct link *link_new(struct ep *ep, struct conn *c)
{
	struct link *l = sim_alloc(sizeof(*l));
	struct sim *sim = ep->sim;

	l->sim = sim;
	l->id = ++sim->next_link;
	l->active = ep->side;
	l->next = sim->links;
	sim->links = l;
	l->qp[ep->side].c = c;
	l->qp[ep->side].posted = c->ours.recv_depth;
	cxio_hello_encode(&c->ours, NULL, &l->hello[ep->side]);
	return l;
}

static void free_received(struct qp *q)
{
	while (q->cq) {
		struct rxbuf *b = q->cq;

		q->cq = b->next;
		free(b->bytes);
		free(b);
	}
	q->cq_len = 0;
}

static struct wr *take_wr(struct qp *q)
{
	struct wr *wr = q->sq;

	q->sq = wr->next;
	if (q->todo == wr)
		q->todo = wr->next;
	return wr;
}

static void free_wr(struct wr *wr)
{
	free(wr->bytes);
	free(wr);
}

/**
 * link_free() - give everything back
 * @l: the transport
 */
void link_free(struct link *l)
{
	u32 side;

	for (side = 0; side < SIM_SIDES; side++) {
		free_received(&l->qp[side]);
		while (l->qp[side].sq)
			free_wr(take_wr(&l->qp[side]));
		free(l->auth[side]);
	}
	free(l);
}

/**
 * link_reap() - free the transports nobody has a hand on any more
 * @sim: the world
 */
void link_reap(struct sim *sim)
{
	struct link **at = &sim->links;

	while (*at) {
		struct link *l = *at;

		if (l->qp[0].c || l->qp[1].c) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		link_free(l);
	}
}

/* --- the connection manager --- */

static void request_arrives(struct link *l)
{
	u32 side = !l->active;
	struct ep *ep = &l->sim->ep[side];
	struct conn *c;

	if (l->dead || (l->sim->faults && prng_once_in(&l->sim->prng, 40))) {
		l->cm = CM_REJ;
		return;
	}
	c = conn_new(ep, NULL, false);
	c->link = l;
	sim_must(l->sim, conn_accepts(c, &l->hello[l->active], sizeof(l->hello[0])),
		 "hello refused", l->id, 0);
	cxio_hello_encode(&c->ours, &c->agreed, &l->hello[side]);
	l->qp[side].c = c;
	l->qp[side].posted = c->ours.recv_depth;
	l->qp[side].up = true;
	l->cm = CM_REP;
	sim_note(l->sim, "%s: link %llu reaches side %llu", "REQ", l->id, side, 0);
}

static void reply_arrives(struct link *l)
{
	struct qp *q = &l->qp[l->active];

	l->cm = CM_UP;
	if (!q->c || q->error)
		return;
	sim_must(l->sim, conn_accepts(q->c, &l->hello[!l->active], sizeof(l->hello[0])),
		 "hello of a reply refused", l->id, 0);
	q->up = true;
	q->established = true;
	l->qp[!l->active].established = true;
	sim_note(l->sim, "%s: link %llu reaches side %llu", "REP", l->id, l->active, 0);
}

/**
 * link_cm_step() - the CM's next message arrives
 * @l: the transport; it has one on its way
 */
void link_cm_step(struct link *l)
{
	switch (l->cm) {
	case CM_REQ:
		request_arrives(l);
		return;
	case CM_REP:
		reply_arrives(l);
		return;
	default:
		l->cm = CM_OVER;
		sim_count(l->sim, rejected);
		sim_note(l->sim, "%s: link %llu", "REJ", l->id, 0, 0);
		if (l->qp[l->active].c)
			conn_lost(l->qp[l->active].c, CXIO_FAULT_REFUSED);
	}
}

/**
 * link_cm_lose() - the CM's message on its way does not arrive
 * @l: the transport
 */
void link_cm_lose(struct link *l)
{
	if (l->cm == CM_REQ)
		sim_count(l->sim, req_lost);
	else
		sim_count(l->sim, rep_lost);
	sim_note(l->sim, "%s: link %llu, state %llu", "CM message lost", l->id, l->cm, 0);
	l->cm = CM_LOST;
	l->lost_at = l->sim->now;
}

/**
 * link_cm_expire() - the CM gives up waiting for what was lost
 * @l: the transport
 */
void link_cm_expire(struct link *l)
{
	l->cm = CM_OVER;
	if (l->qp[l->active].c)
		conn_lost(l->qp[l->active].c, CXIO_FAULT_UNREACHABLE);
}

/* --- queue pairs --- */

static struct wr *post(struct link *l, u32 side, enum wr_op op)
{
	struct qp *q = &l->qp[side];
	struct wr *wr = sim_alloc(sizeof(*wr));

	sim_must(l->sim, q->up && !q->error, "posted to a queue pair that cannot", l->id, side);
	wr->op = op;
	if (q->sq)
		q->sq_last->next = wr;
	else
		q->sq = wr;
	q->sq_last = wr;
	if (!q->todo)
		q->todo = wr;
	return wr;
}

/**
 * link_post_send() - post a frame
 * @l: the transport
 * @side: whose
 * @bytes: the frame; the queue's from now on
 * @len: bytes
 * @rkey: key to invalidate at the peer, or 0
 * @last: message that ends with it, or NULL
 */
void link_post_send(struct link *l, u32 side, u8 *bytes, u32 len, u32 rkey, struct msg *last)
{
	struct wr *wr = post(l, side, WR_SEND);

	wr->bytes = bytes;
	wr->len = len;
	wr->rkey = rkey;
	wr->m = last;
}

/**
 * link_post_read() - post a READ
 * @l: the transport
 * @side: who reads
 * @rx: for which message
 * @d: what
 * @to: where to
 */
void link_post_read(struct link *l, u32 side, struct rxmsg *rx, const struct cxio_desc *d, u8 *to)
{
	struct wr *wr = post(l, side, WR_READ);

	wr->rx = rx;
	wr->rkey = d->rkey;
	wr->addr = d->addr;
	wr->len = d->length;
	wr->to = to;
}

/**
 * link_post_write() - post a WRITE of a reply's data to its sink
 * @l: the transport
 * @side: who writes
 * @m: the reply
 * @d: the sink
 */
void link_post_write(struct link *l, u32 side, struct msg *m, const struct cxio_desc *d)
{
	struct wr *wr = post(l, side, WR_WRITE);

	wr->m = m;
	wr->rkey = d->rkey;
	wr->addr = d->addr;
	wr->len = m->h.len[CXIO_DATA];
}

/**
 * link_disconnect() - a side ends the connection: its queue pair flushes
 * @l: the transport
 * @side: who
 */
void link_disconnect(struct link *l, u32 side)
{
	l->qp[side].error = true;
	l->qp[side].notice = false;
	l->qp[side].established = false;
	l->dead = true;
	if (l->qp[!side].c && !l->qp[!side].error)
		l->qp[!side].notice = true;
}

/**
 * link_break() - nothing gets through any more; either side finds out by itself
 * @l: the transport
 */
void link_break(struct link *l)
{
	u32 side;

	l->dead = true;
	for (side = 0; side < SIM_SIDES; side++) {
		struct qp *q = &l->qp[side];

		q->notice = q->c && !q->error;
		q->silent = prng_once_in(&l->sim->prng, 3);
	}
	sim_count(l->sim, broken);
	sim_note(l->sim, "%s: link %llu", "broken", l->id, 0, 0);
}

/**
 * link_sends_done() - have all frames of a side been sent?
 * @l: the transport
 * @side: whose
 *
 * Return: true if none waits for its completion.
 */
bool link_sends_done(const struct link *l, u32 side)
{
	const struct wr *wr;

	for (wr = l->qp[side].sq; wr; wr = wr->next)
		if (wr->op == WR_SEND)
			return false;
	return true;
}

/**
 * link_can_execute() - can the next work request of a side have its effect?
 * @l: the transport
 * @side: whose
 *
 * Return: true if so.
 */
bool link_can_execute(const struct link *l, u32 side)
{
	const struct qp *q = &l->qp[side], *peer = &l->qp[!side];

	if (l->dead || !q->up || q->error || !q->todo)
		return false;
	return l->sim->alone || (peer->up && !peer->error);
}

/* The device's own checks: key, connection, bounds. */
static struct key *key_for(struct link *l, const struct wr *wr, u32 owner, bool sink)
{
	struct key *k = key_find(l->sim, wr->rkey);

	sim_must(l->sim, k && k->valid, "access with a dead key", wr->rkey, wr->op);
	sim_must(l->sim, k->link == l->id && k->side == owner, "key of another connection",
		 k->link, l->id);
	sim_must(l->sim, k->sink == sink, "access a key does not allow", wr->rkey, sink);
	sim_must(l->sim, wr->addr >> 32 == wr->rkey && (u32)wr->addr == k->off &&
		 wr->len <= k->len, "access out of a key's bounds", wr->addr, wr->len);
	return k;
}

static void execute_read(struct link *l, u32 side, struct wr *wr)
{
	struct key *k;

	if (l->sim->alone) {
		memset(wr->to, 0x5a, wr->len);
		return;
	}
	k = key_for(l, wr, !side, false);
	/* I2, I7: the memory is its owner's again. */
	sim_must(l->sim, !k->m->released && !k->m->revoke_told && !k->m->outcome,
		 "READ of memory that was given back", k->m->id, k->m->outcome);
	memcpy(wr->to, sim_content(k->m->id, k->segment) + k->off, wr->len);
}

static void execute_write(struct link *l, u32 side, struct wr *wr)
{
	struct key *k;

	if (l->sim->alone)
		return;
	k = key_for(l, wr, !side, true);
	sim_must(l->sim, !k->m->revoked, "WRITE to memory that was given back", k->m->id, 0);
	memcpy(k->m->sink_data, sim_content(wr->m->id, CXIO_DATA), wr->len);
}

static void execute_send(struct link *l, u32 side, struct wr *wr)
{
	struct qp *peer = &l->qp[!side];
	struct rxbuf *b;

	if (l->sim->alone)
		return;
	sim_must(l->sim, peer->posted > 0, "RNR: a frame finds no receive buffer", l->id, side);
	if (wr->rkey) {
		struct key *k = key_find(l->sim, wr->rkey);

		sim_must(l->sim, k && k->valid && k->link == l->id && k->side == !side &&
			 k->invalidate, "remote invalidation of a dead key", wr->rkey, l->id);
		k->valid = false;
		sim_count(l->sim, invalidated);
	}
	b = sim_alloc(sizeof(*b));
	b->bytes = wr->bytes;
	b->len = wr->len;
	b->rkey = wr->rkey;
	wr->bytes = NULL;
	peer->posted--;
	if (peer->cq)
		peer->cq_last->next = b;
	else
		peer->cq = b;
	peer->cq_last = b;
	peer->cq_len++;
	sim_count(l->sim, frames);
}

/**
 * link_execute() - a side's next work request has its effect
 * @l: the transport; link_can_execute()
 * @side: whose
 */
void link_execute(struct link *l, u32 side)
{
	struct wr *wr = l->qp[side].todo;

	sim_note(l->sim, "%s: link %llu from side %llu, op %llu", "executed", l->id, side, wr->op);
	wr->executed = true;
	l->qp[side].todo = wr->next;
	switch (wr->op) {
	case WR_SEND:
		execute_send(l, side, wr);
		break;
	case WR_READ:
		execute_read(l, side, wr);
		break;
	case WR_WRITE:
		execute_write(l, side, wr);
		break;
	}
}

/**
 * link_complete() - a side sees the completion of its oldest work request
 * @l: the transport
 * @side: whose
 */
void link_complete(struct link *l, u32 side)
{
	struct qp *q = &l->qp[side];
	struct wr *wr = take_wr(q);

	conn_send_done(q->c, wr, false);
	free_wr(wr);
}

/**
 * link_flush() - the oldest work request of a queue pair in error comes back
 * @l: the transport
 * @side: whose
 */
void link_flush(struct link *l, u32 side)
{
	struct qp *q = &l->qp[side];
	struct wr *wr = take_wr(q);
	bool flushed = q->flushed || !wr->executed || prng_once_in(&l->sim->prng, 2);

	q->flushed = flushed;
	if (wr->op == WR_SEND && flushed) {
		if (wr->executed)
			sim_count(l->sim, delivered_flushed);
		else
			sim_count(l->sim, in_flight_lost);
	}
	conn_send_done(q->c, wr, flushed);
	free_wr(wr);
}

/**
 * link_receive() - a side sees its oldest receive completion
 * @l: the transport
 * @side: who
 */
void link_receive(struct link *l, u32 side)
{
	struct qp *q = &l->qp[side];
	struct rxbuf *b = q->cq;

	q->cq = b->next;
	q->cq_len--;
	sim_note(l->sim, "%s: link %llu at side %llu, type %llu", "received", l->id, side,
		 b->bytes[0]);
	conn_frame(q->c, b->bytes, b->len, b->rkey);
	free(b->bytes);
	free(b);
}
