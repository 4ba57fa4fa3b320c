// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connect and reply: authorizers, the lookup of the session, and doing what the
 * handshake decides.
 */
#include "sim.h"

static const struct cxio_terms terms = {
	.supported = CXIO_CEPH_FEATURE_RECONNECT_SEQ | CXIO_CEPH_FEATURE_MSG_AUTH,
	.host_type = CXIO_ENTITY_OSD, .protocol_version = 24,
};

/* The first byte of an authorizer that is refused. */
#define BAD 0xff

/* What is meant to be sent is kept beside the wire, to be compared. */
static void keep_authorizer(struct conn *c, u32 len)
{
	struct link *l = c->link;
	u32 side = c->ep->side;

	if (!l->auth[side])
		l->auth[side] = sim_alloc(CXIO_AUTHORIZER_MAX);
	memcpy(l->auth[side], c->auth, len);
	l->auth_len[side] = len;
}

static u32 random_authorizer(struct conn *c, u32 least)
{
	struct prng *p = &c->ep->sim->prng;
	u32 len = prng_once_in(p, 3) ? prng_between(p, least, CXIO_AUTHORIZER_MAX) :
				       prng_between(p, least, least + 40);

	memcpy(c->auth, sim_content(prng_below(p, 1000), 0), len);
	if (len && c->auth[0] == BAD)
		c->auth[0] = 0;
	return len;
}

static void check_authorizer(const struct conn *c, u32 len)
{
	const struct link *l = c->link;
	u32 peer = !c->ep->side;

	if (c->ep->sim->alone)
		return;
	sim_must(c->ep->sim, len == l->auth_len[peer] &&
		 (!len || !memcmp(c->peer_auth, l->auth[peer], len)),
		 "authorizer differs", c->link->id, len);
}

/* --- client --- */

static void send_connect(struct conn *c, const struct cxio_connect *connect, u32 len)
{
	struct sess *s = c->sess;
	struct cxio_greeting g = {
		.connect = *connect, .cookies = cxio_handshake_cookies(&s->s),
		.in_seq = s->s.in_seq, .own = c->ep->addr, .target = s->peer,
	};

	g.connect.authorizer_protocol = 1;
	g.connect.authorizer_len = len;
	keep_authorizer(c, len);
	cxio_channel_greet(&c->life.channel, CXIO_FRAME_CONNECT, &g);
}

static u32 client_authorizer(struct conn *c)
{
	struct sim *sim = c->ep->sim;
	u32 len = random_authorizer(c, 0);

	if (len && sim->faults && prng_once_in(&sim->prng, sim->plan.bad_in))
		c->auth[0] = BAD;
	return len;
}

/**
 * conn_connect() - an attempt's connection is open: the handshake begins
 * @c: the connection
 */
void conn_connect(struct conn *c)
{
	struct cxio_connect connect;

	if (!c->sess)
		return;
	cxio_handshake_begin(&c->sess->s, &terms, &c->ep->global, &connect);
	send_connect(c, &connect, client_authorizer(c));
}

static void connect_again(struct conn *c, u32 len)
{
	struct cxio_connect connect;

	cxio_handshake_again(&c->sess->s, &terms, &connect);
	send_connect(c, &connect, len);
}

static void answer_challenge(struct conn *c, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		c->auth[i] = c->peer_auth[len - 1 - i];
	connect_again(c, len);
}

static void count_again(struct conn *c, u8 tag)
{
	struct sim *sim = c->ep->sim;

	if (tag == CXIO_TAG_RETRY_SESSION) {
		sim_count(sim, retry_session);
		return;
	}
	sim_count(sim, retry_global);
	/* One says what number is high enough. */
	sim_must(sim, !c->retries++ || sim->alone, "RETRY_GLOBAL twice", c->link->id, c->retries);
}

static void client_step(struct conn *c, const struct cxio_greeting *g)
{
	struct sim *sim = c->ep->sim;
	struct sess *s = c->sess;
	enum cxio_client_step step;
	enum cxio_fault fault;

	step = cxio_handshake_reply(&s->s, &terms, &c->ep->global, &g->reply, &g->cookies,
				    sim->now, &fault);
	sim_note(sim, "%s: side %llu, link %llu, step %llu", cxio_tag_text(g->reply.tag),
		 c->ep->side, c->link->id, step);
	switch (step) {
	case CXIO_CLIENT_OPEN:
		sess_open(s, c, g->in_seq);
		break;
	case CXIO_CLIENT_AGAIN:
		count_again(c, g->reply.tag);
		connect_again(c, client_authorizer(c));
		break;
	case CXIO_CLIENT_RESET:
		sim_count(sim, resets_told);
		sess_reset(s);
		connect_again(c, client_authorizer(c));
		break;
	case CXIO_CLIENT_CHALLENGE:
		sim_count(sim, challenges);
		answer_challenge(c, g->reply.authorizer_len);
		break;
	case CXIO_CLIENT_AUTHORIZE:
		sim_count(sim, bad_authorizers);
		connect_again(c, client_authorizer(c));
		break;
	case CXIO_CLIENT_WAIT:
		sim_count(sim, waits);
		s->attempt = NULL;
		conn_drop(c);
		break;
	case CXIO_CLIENT_FAIL:
		cxio_life_fault(&c->life, fault, sim->now);
		break;
	}
}

/* --- server --- */

static enum cxio_auth judge_authorizer(struct conn *c, u32 len)
{
	struct sim *sim = c->ep->sim;
	u32 i;

	if (c->challenged) {
		/* It comes back in reverse; what we said stands beside the wire. */
		const u8 *said = c->link->auth[c->ep->side];

		c->challenged = false;
		if (len != c->link->auth_len[c->ep->side])
			return CXIO_AUTH_BAD;
		for (i = 0; i < len; i++)
			if (c->peer_auth[i] != said[len - 1 - i])
				return CXIO_AUTH_BAD;
		return CXIO_AUTH_OK;
	}
	if (sim->faults && prng_once_in(&sim->prng, sim->plan.challenge_in))
		return CXIO_AUTH_CHALLENGE;
	return len && c->peer_auth[0] == BAD ? CXIO_AUTH_BAD : CXIO_AUTH_OK;
}

static void send_reply(struct conn *c, const struct sess *s, const struct cxio_verdict *v,
		       const struct cxio_addr *client)
{
	struct cxio_greeting g = { .reply = v->reply, .own = c->ep->addr, .target = *client };
	bool challenge = v->reply.tag == CXIO_TAG_CHALLENGE_AUTHORIZER;

	if (s) {
		g.cookies = cxio_handshake_cookies(&s->s);
		g.in_seq = s->s.in_seq;
	}
	/* Without a session the wire wants a cookie nevertheless. */
	if (!g.cookies.own)
		g.cookies.own = 1;
	c->challenged = challenge;
	g.reply.authorizer_len = random_authorizer(c, challenge ? 16 : 0);
	keep_authorizer(c, g.reply.authorizer_len);
	cxio_channel_greet(&c->life.channel, CXIO_FRAME_REPLY, &g);
}

/* The session goes on here: what carried it, or was to, does not any more. */
static void take_over(struct sess *s)
{
	struct conn *old = s->conn, *attempt = s->attempt;
	struct sim *sim = s->ep->sim;

	s->conn = NULL;
	s->attempt = NULL;
	if (old) {
		sim_count(sim, replaced);
		conn_drop(old);
	}
	if (attempt) {
		const struct conn *theirs = attempt->link->qp[!s->ep->side].c;

		/* Else neither connection would be left. */
		sim_must(sim, sim->alone || sim->may_reset || !theirs || theirs->gone ||
			 !theirs->sess || theirs->sess->conn != theirs, "both won a race",
			 attempt->link->id, 0);
		sim_count(sim, races);
		conn_drop(attempt);
	}
}

static void open_server(struct conn *c, struct sess *s, const struct cxio_greeting *g,
			struct cxio_verdict *v)
{
	struct ep *ep = c->ep;

	if (!s)
		s = sess_new(ep, &g->own);
	take_over(s);
	cxio_handshake_accept(&s->s, &terms, &ep->global, &g->connect, &g->cookies, v);
	if (v->reset) {
		sim_count(ep->sim, resets_found);
		sess_reset(s);
	}
	if (!sess_open(s, c, g->in_seq)) {
		c->sess = s;
		sess_lost(s, c);
		c->sess = NULL;
		return;
	}
	send_reply(c, s, v, &g->own);
}

static void serve(struct conn *c, const struct cxio_greeting *g)
{
	struct ep *ep = c->ep;
	struct sim *sim = ep->sim;
	struct cxio_policy policy = cxio_policy(ep->kind);
	bool lower = cxio_addr_compare(&g->own, &ep->addr) < 0;
	struct cxio_verdict v;
	struct sess *s;

	/* Somebody else is meant, who had this address before. */
	if (!cxio_addr_equal(&g->target, &ep->addr) && !sim->alone) {
		cxio_life_fault(&c->life, CXIO_FAULT_BANNER_ADDR, sim->now);
		return;
	}
	s = sess_find(ep, &g->own);
	cxio_handshake_judge(s ? &s->s : NULL, &policy, &terms, &g->connect, &g->cookies,
			     judge_authorizer(c, g->connect.authorizer_len), lower, &v);
	sim_note(sim, "%s: at side %llu, link %llu, tag %llu",
		 v.judge == CXIO_JUDGE_OPEN ? "judged open" : "judged", ep->side, c->link->id,
		 v.reply.tag);
	if (v.judge == CXIO_JUDGE_OPEN)
		open_server(c, s, g, &v);
	else
		send_reply(c, s, &v, &g->own);
	if (s && v.reply.tag == CXIO_TAG_WAIT)
		cxio_session_hurry(&s->s, sim->now);
}

/**
 * conn_greeting() - a connect or reply has come in whole
 * @c: the connection
 */
void conn_greeting(struct conn *c)
{
	const struct cxio_greeter *in = &c->life.channel.greet_rx;
	struct cxio_greeting g = in->greeting;

	check_authorizer(c, cxio_greeting_authorizer_len(&g, in->type));
	if (!c->life.active)
		serve(c, &g);
	else if (c->sess)
		client_step(c, &g);
}
