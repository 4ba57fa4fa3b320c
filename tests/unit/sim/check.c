// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What must always hold, and how it is said that it does not.
 */
#include "sim.h"

/**
 * sim_alloc() - zeroed memory of exactly that size, so that a sanitizer sees its end
 * @size: bytes; 0 gets one
 *
 * Return: the memory, never NULL.
 */
void *sim_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		abort();
	return p;
}

/**
 * sim_content() - the bytes of a message: they follow from its number
 * @id: the message
 * @segment: which segment
 *
 * Return: at least SIM_PATTERN / 2 bytes.
 */
const u8 *sim_content(u32 id, u32 segment)
{
	static u8 pattern[SIM_PATTERN];
	static bool filled;
	u32 i;

	if (!filled) {
		struct prng p = { .state = 2013 };

		for (i = 0; i < SIM_PATTERN; i++)
			pattern[i] = (u8)prng_next(&p);
		filled = true;
	}
	return pattern + (id * 37 + segment * 9001) % (SIM_PATTERN / 2);
}

/* --- the trace --- */

static void show(FILE *out, const struct note *n)
{
	fprintf(out, "# %8llu  ", (unsigned long long)n->step);
	fprintf(out, n->format, n->word, (unsigned long long)n->a, (unsigned long long)n->b,
		(unsigned long long)n->c);
	fputc('\n', out);
}

/**
 * sim_note() - note what happens
 * @sim: the world
 * @format: for a word and up to three numbers
 * @word: a constant string
 * @a: number
 * @b: number
 * @c: number
 */
void sim_note(struct sim *sim, const char *format, const char *word, u64 a, u64 b, u64 c)
{
	struct note *n = &sim->trace[sim->notes++ % SIM_TRACE];

	*n = (struct note){ format, word, a, b, c, sim->step };
	if (sim->show) {
		printf("%12llu", (unsigned long long)sim->now);
		show(stdout, n);
	}
}

/**
 * sim_fail() - the scenario has failed
 * @sim: the world
 * @what: what does not hold
 * @a: a number that goes with it
 * @b: another
 */
void sim_fail(const struct sim *sim, const char *what, u64 a, u64 b)
{
	u64 i, from = sim->notes > SIM_TRACE ? sim->notes - SIM_TRACE : 0;

	printf("not ok 1 - sim: seed %llu, step %llu: %s (%llu, %llu)\n",
	       (unsigned long long)sim->seed, (unsigned long long)sim->step, what,
	       (unsigned long long)a, (unsigned long long)b);
	for (i = from; i < sim->notes; i++)
		show(stdout, &sim->trace[i % SIM_TRACE]);
	printf("# again: build/unit/sim --seed %llu --trace\n1..1\n",
	       (unsigned long long)sim->seed);
	fflush(stdout);
	if (sim->alone)
		abort();
	_Exit(1);
}

/* --- at each step --- */

static void check_tx(const struct sim *sim, const struct cxio_send_window *w)
{
	/* below zero would show as close to 2^32 */
	sim_must(sim, w->granted - w->used <= w->limit, "send window out of range", w->granted,
		 w->used);
}

static void check_rx(const struct sim *sim, const struct cxio_recv_window *w)
{
	sim_must(sim, w->told - w->used <= w->limit && cxio_recv_window_owed(w) <= w->limit,
		 "receive window out of range", w->told, w->used);
}

static void check_session(const struct sim *sim, const struct sess *s)
{
	const struct cxio_session *d = &s->s;

	if (d->state != CXIO_SESSION_OPEN) {
		sim_must(sim, !s->conn || s->conn->gone || d->state == CXIO_SESSION_ENDED,
			 "carried, and not open", s->ep->side, d->state);
		return;
	}
	sim_must(sim, s->conn && !s->attempt, "open, and not carried by one connection",
		 s->ep->side, 0);
	sim_must(sim, d->acked <= d->sent_seq && d->sent_seq <= d->begun_seq &&
		 d->begun_seq <= d->out_seq, "sequence numbers sent", d->acked, d->sent_seq);
	sim_must(sim, d->in_seq <= d->rx_seq, "sequence numbers received", d->in_seq, d->rx_seq);
}

static void check_conn(const struct sim *sim, const struct conn *c)
{
	const struct cxio_credit *w = &c->life.channel.credit;
	const struct qp *q = &c->link->qp[c->ep->side];

	if (!c->life.was_open)
		return;
	check_tx(sim, &w->tx_frames);
	check_tx(sim, &w->tx_msgs);
	check_tx(sim, &w->tx_bytes);
	/* After a fault the window may hold what the peer claimed too much. */
	if (sim->alone && c->life.ending)
		return;
	check_rx(sim, &w->rx_frames);
	check_rx(sim, &w->rx_msgs);
	check_rx(sim, &w->rx_bytes);
	/* I4 */
	sim_must(sim, c->held_msgs <= c->ours.window_msgs && c->held_bytes <= c->ours.window_bytes,
		 "more held for the peer than was offered", c->held_msgs, c->held_bytes);
	if (c->sess && c->sess->conn == c && cxio_life_flows(&c->life) && !c->life.ending &&
	    !c->life.channel.close_sent)
		sim_must(sim, (u32)c->sess->s.in_seq == c->ack_told ||
			 c->life.channel.ack_due != CXIO_NEVER, "an ack is not owed",
			 c->sess->s.in_seq, c->ack_told);
	sim_must(sim, !cxio_life_flows(&c->life) || !c->life.channel.close_sent ||
		 !c->life.channel.peer_closed || !link_sends_done(c->link, c->ep->side),
		 "closed, and not disconnected", c->link->id, c->ep->side);
	if (!sim->alone && !c->life.ending && cxio_life_flows(&c->life))
		sim_must(sim, w->rx_frames.told - w->rx_frames.used <= q->posted + q->cq_len,
			 "more granted than posted", w->rx_frames.told - w->rx_frames.used,
			 q->posted);
}

/**
 * sim_check() - must hold after each event
 * @sim: the world
 */
void sim_check(struct sim *sim)
{
	const struct conn *c;
	const struct sess *s;
	u32 side;

	for (side = 0; side < SIM_SIDES; side++) {
		for (c = sim->ep[side].conns; c; c = c->next)
			check_conn(sim, c);
		for (s = sim->ep[side].sess; s; s = s->next)
			check_session(sim, s);
	}
}

/**
 * sim_check_fault() - may a connection end for this reason?
 * @c: the connection, which is over
 *
 * Two honest sides never see a fault of protocol at each other.
 */
void sim_check_fault(const struct conn *c)
{
	struct sim *sim = c->ep->sim;

	if (sim->alone)
		return;
	switch (c->life.fault) {
	case CXIO_FAULT_NONE:
	case CXIO_FAULT_TRANSPORT:
	case CXIO_FAULT_UNREACHABLE:
	case CXIO_FAULT_REFUSED:
	case CXIO_FAULT_PEER_GONE:
	case CXIO_FAULT_HANDSHAKE_AUTHORIZER:
	case CXIO_FAULT_HANDSHAKE_CHALLENGE:
	case CXIO_FAULT_BANNER_ADDR:
	case CXIO_FAULT_REPLACED:
		return;
	case CXIO_FAULT_KEEPALIVE:
		sim_count(sim, expired);
		return;
	case CXIO_FAULT_TIMEOUT:
		sim_count(sim, timed_out);
		return;
	default:
		sim_fail(sim, cxio_fault_text(c->life.fault), c->life.fault, c->link->id);
	}
}

/* --- at each dispatch --- */

static void check_order(const struct sim *sim, struct sess *s, struct msg *m)
{
	const struct msg *before;

	if (s->rx_state != m->state) {
		sim_must(sim, !s->rx_state, "from another state of the session", m->id,
			 s->rx_state);
		s->rx_state = m->state;
	}
	for (before = m->before; before != s->rx_newest; before = before->before) {
		sim_must(sim, before, "dispatched out of order", m->id, m->h.seq);
		sim_must(sim, before->revoked, "passed over", before->id, m->id);
	}
	s->rx_newest = m;
}

/**
 * sim_check_dispatch() - may this be dispatched now?
 * @c: the connection it came on
 * @rx: the message
 */
void sim_check_dispatch(struct conn *c, struct rxmsg *rx)
{
	struct sim *sim = c->ep->sim;
	struct msg *m;
	u32 segment;

	sim_count(sim, dispatched);
	if (sim->alone)
		return;
	sim_must(sim, c->sess && c->sess->conn == c, "dispatched without a session", c->link->id,
		 0);
	sim_must(sim, rx->h.src_num < sim->messages, "unknown message", rx->h.src_num, 0);
	m = sim->all[rx->h.src_num];
	sim_note(sim, "%s: message %llu, seq %llu, link %llu", "dispatched", m->id, rx->h.seq,
		 c->link->id);
	sim_must(sim, m->side != c->ep->side && !m->dispatched++, "dispatched twice", m->id,
		 rx->h.seq);
	/* A revoked one only if it was whole on this connection before. */
	sim_must(sim, !m->revoked || m->end_link == c->link->id, "dispatched though revoked",
		 m->id, m->end_link);
	for (segment = 0; segment < CXIO_SEGMENTS; segment++)
		sim_must(sim, rx->h.len[segment] == m->h.len[segment] &&
			 !memcmp(rx->seg[segment], sim_content(m->id, segment),
				 rx->h.len[segment]), "content differs", m->id, segment);
	check_order(sim, c->sess, m);
}

/* --- at the end --- */

static bool conn_quiet(const struct conn *c)
{
	const struct qp *q = &c->link->qp[c->ep->side];

	if (c->gone || !c->sess || c->sess->conn != c || c->sess->closing)
		return false;
	return !q->sq && !q->cq && !c->dones && !c->pend && !c->in &&
	       c->life.channel.ack_due == CXIO_NEVER;
}

/**
 * sim_quiet() - is all said and done?
 * @sim: the world
 *
 * Return: true if nothing is owed to anybody.
 */
bool sim_quiet(const struct sim *sim)
{
	const struct conn *c;
	const struct sess *s;
	u32 side;

	for (side = 0; side < SIM_SIDES; side++) {
		const struct ep *ep = &sim->ep[side];

		if (ep->held || !cxio_addr_equal(&ep->peer, &sim->ep[!side].addr))
			return false;
		for (s = ep->sess; s; s = s->next)
			if (s->head || s->s.state == CXIO_SESSION_CONNECTING ||
			    s->s.state == CXIO_SESSION_WAIT)
				return false;
		for (c = ep->conns; c; c = c->next)
			if (!conn_quiet(c))
				return false;
	}
	return true;
}

static void check_sessions_agree(const struct sim *sim, const struct sess *a,
				 const struct sess *b)
{
	if (a->s.state != CXIO_SESSION_OPEN || b->s.state != CXIO_SESSION_OPEN)
		return;
	sim_must(sim, a->s.in_seq == b->s.out_seq && a->s.out_seq == a->s.acked,
		 "something is owed", a->s.in_seq, b->s.out_seq);
	sim_must(sim, a->s.connect_seq == b->s.connect_seq &&
		 a->s.own_cookie == b->s.peer_cookie, "sessions differ", a->s.connect_seq,
		 b->s.connect_seq);
}

/**
 * sim_check_end() - must hold when all is quiet
 * @sim: the world
 */
void sim_check_end(struct sim *sim)
{
	struct sess *s[SIM_SIDES];
	u32 i;

	for (i = 0; i < sim->messages; i++) {
		const struct msg *m = sim->all[i];

		sim_must(sim, m->outcome, "nobody was told of a message", m->id, m->h.seq);
		sim_must(sim, m->outcome != OUT_REPORTED || sim->may_reset || !sim->plan.kind,
			 "reported, and nothing was reset", m->id, m->h.seq);
		sim_must(sim, m->outcome != OUT_ACKED || m->dispatched == 1,
			 "acknowledged, and not dispatched once", m->id, m->dispatched);
	}
	for (i = 0; i < SIM_SIDES; i++)
		s[i] = sess_find(&sim->ep[i], &sim->ep[!i].addr);
	if (s[0] && s[1]) {
		check_sessions_agree(sim, s[0], s[1]);
		check_sessions_agree(sim, s[1], s[0]);
	}
}
