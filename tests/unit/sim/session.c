// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What an owner keeps of a session: the messages, and which connection carries it.
 */
#include "sim.h"

static u64 random_cookie(struct sim *sim)
{
	u64 cookie = prng_next(&sim->prng);

	return cookie ? cookie : 1;
}

/**
 * sess_new() - a session begins
 * @ep: whose
 * @peer: with whom
 *
 * Return: the session.
 */
struct sess *sess_new(struct ep *ep, const struct cxio_addr *peer)
{
	struct sess *s = sim_alloc(sizeof(*s));

	s->ep = ep;
	s->peer = *peer;
	s->tail = &s->head;
	s->state = ++ep->sim->next_state;
	cxio_session_init(&s->s, cxio_policy(ep->kind), random_cookie(ep->sim));
	s->cookie = s->s.own_cookie;
	s->next = ep->sess;
	ep->sess = s;
	s->every = ep->sim->every_sess;
	ep->sim->every_sess = s;
	return s;
}

/**
 * sess_find() - the session with a peer
 * @ep: whose
 * @peer: the peer's address
 *
 * Return: one that has not ended, or NULL.
 */
struct sess *sess_find(struct ep *ep, const struct cxio_addr *peer)
{
	struct sess *s;

	for (s = ep->sess; s; s = s->next)
		if (s->s.state != CXIO_SESSION_ENDED && cxio_addr_equal(&s->peer, peer))
			return s;
	return NULL;
}

/**
 * sess_append() - a message is handed over
 * @s: the session
 * @m: the message
 */
void sess_append(struct sess *s, struct msg *m)
{
	m->state = s->state;
	m->before = s->newest;
	s->newest = m;
	*s->tail = m;
	s->tail = &m->next;
	if (!s->out)
		s->out = m;
	cxio_session_wake(&s->s, s->ep->sim->now);
	if (s->conn)
		conn_pump(s->conn);
}

/**
 * sess_attempt() - connect
 * @s: the session; it is due
 */
void sess_attempt(struct sess *s)
{
	struct ep *ep = s->ep;

	sim_must(ep->sim, !s->attempt && !s->conn, "attempt beside another connection", ep->side,
		 s->s.state);
	s->attempt = conn_new(ep, s, true);
	s->attempt->link = link_new(ep, s->attempt);
	sim_count(ep->sim, attempts);
	sim_note(ep->sim, "%s: side %llu, link %llu, connect_seq %llu", "attempt", ep->side,
		 s->attempt->link->id, s->s.connect_seq);
}

/**
 * sess_tick() - a session's time has come
 * @s: the session
 */
void sess_tick(struct sess *s)
{
	if (cxio_session_attempt_due(&s->s, s->ep->sim->now))
		sess_attempt(s);
}

/**
 * sess_acked() - drop what the peer has acknowledged
 * @s: the session
 */
void sess_acked(struct sess *s)
{
	struct sim *sim = s->ep->sim;

	while (s->head && s->head->ever_begun && s->head->h.seq <= s->s.acked) {
		struct msg *m = s->head;

		sim_must(sim, sim->alone || m->dispatched || m->revoked,
			 "acknowledged, and not dispatched", m->id, m->h.seq);
		s->head = m->next;
		if (!s->head)
			s->tail = &s->head;
		if (s->out == m)
			s->out = m->next;
		if (s->conn && s->conn->told == m)
			s->conn->told = NULL;
		msg_finish(m, OUT_ACKED, sim);
	}
	if (s->drain && !s->head && !s->closing)
		sess_close(s, false);
}

/**
 * sess_report() - tell the owners of all messages of a session
 * @s: the session
 * @outcome: what
 */
void sess_report(struct sess *s, enum outcome outcome)
{
	while (s->head) {
		struct msg *m = s->head;

		s->head = m->next;
		msg_finish(m, outcome, s->ep->sim);
	}
	s->tail = &s->head;
	s->out = NULL;
	if (s->conn)
		s->conn->told = NULL;
}

/**
 * sess_reset() - the peer has forgotten the session
 * @s: the session
 */
void sess_reset(struct sess *s)
{
	struct sim *sim = s->ep->sim;

	sim_must(sim, sim->may_reset || sim->alone || s->s.policy.lossy,
		 "reset without a reason", s->ep->side, s->s.connect_seq);
	sim_note(sim, "%s: side %llu", "session reset", s->ep->side, 0, 0);
	/* Whoever remembers the old state must not take the new one for it. */
	sim_must(sim, s->s.own_cookie != s->cookie, "reset, and the same cookie", s->ep->side,
		 s->cookie);
	s->cookie = s->s.own_cookie;
	sess_report(s, OUT_REPORTED);
	s->state = ++sim->next_state;
	s->newest = NULL;
	s->rx_state = 0;
	s->rx_newest = NULL;
}

/**
 * sess_open() - a connection carries the session from here on
 * @s: the session
 * @c: the connection
 * @peer_in_seq: what the peer has received
 *
 * Return: false if the connection was ended for what the peer said.
 */
bool sess_open(struct sess *s, struct conn *c, u64 peer_in_seq)
{
	struct sim *sim = s->ep->sim;
	enum cxio_fault fault = cxio_session_opened(&s->s, peer_in_seq);
	struct msg *m;

	if (fault) {
		cxio_life_fault(&c->life, fault, sim->now);
		return false;
	}
	s->conn = c;
	s->attempt = NULL;
	c->sess = s;
	/* The greeting says it. */
	c->ack_told = (u32)s->s.in_seq;
	cxio_life_agreed(&c->life, &s->s);
	for (m = s->head; m; m = m->next)
		m->begun = false;
	s->out = s->head;
	sess_acked(s);
	/* The end was on its way on the connection before this. */
	if (s->closing)
		cxio_life_close(&c->life);
	sim_count(sim, opened);
	sim_note(sim, "%s: side %llu, link %llu, connect_seq %llu", "session open", s->ep->side,
		 c->link->id, s->s.connect_seq);
	return true;
}

/**
 * sess_end() - a session is over
 * @s: the session
 */
void sess_end(struct sess *s)
{
	struct conn *c = s->conn, *a = s->attempt;

	cxio_session_end(&s->s);
	s->conn = NULL;
	s->attempt = NULL;
	sess_report(s, OUT_REPORTED);
	if (c)
		conn_drop(c);
	if (a)
		conn_drop(a);
}

/* An orderly end is the session's, whoever wanted it. */
static bool closed_in_order(const struct conn *c)
{
	const struct cxio_channel *ch = &c->life.channel;

	return (ch->peer_closed && !ch->peer_reason) || (ch->close_sent && !ch->close_reason);
}

/**
 * sess_lost() - a session's connection or attempt is over, and flushed
 * @s: the session
 * @c: the connection
 */
void sess_lost(struct sess *s, struct conn *c)
{
	struct sim *sim = s->ep->sim;
	bool was_open = s->s.state == CXIO_SESSION_OPEN;
	struct msg *m;

	s->conn = NULL;
	s->attempt = NULL;
	for (m = s->head; m; m = m->next)
		m->begun = false;
	s->out = s->head;
	if (s->closing || (s->drain && !s->head) || (was_open && closed_in_order(c))) {
		sess_end(s);
		return;
	}
	switch (cxio_session_lost(&s->s, s->head, c->broke, (u32)prng_next(&sim->prng),
				  sim->now)) {
	case CXIO_LOSS_ENDED:
		sim_count(sim, lossy_ends);
		sess_end(s);
		break;
	case CXIO_LOSS_STANDBY:
		sim_count(sim, standbys);
		break;
	case CXIO_LOSS_RETRY:
		if (was_open && c->broke)
			sim_count(sim, at_once);
		else
			sim_count(sim, backoffs);
		break;
	}
	sim_note(sim, "%s: side %llu, state %llu", "session lost", s->ep->side, s->s.state, 0);
}

/**
 * sess_close() - the application wants an end
 * @s: the session
 * @drain: when all is acknowledged; else when all is sent
 */
void sess_close(struct sess *s, bool drain)
{
	if (drain && s->head) {
		s->drain = true;
		return;
	}
	s->closing = true;
	if (!s->conn || s->conn->gone) {
		sess_end(s);
		return;
	}
	cxio_life_close(&s->conn->life);
	conn_pump(s->conn);
}
