// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connect and reply: the lookup of the session, and doing what the handshake decides.
 */
#include <stdio.h>

#include "xio.h"

static struct cxio_terms terms_of(const struct cxio_messenger *m)
{
	return (struct cxio_terms){
		.supported = CXIO_CEPH_FEATURES_OURS,
		.host_type = m->options.own_type,
		.protocol_version = CXIO_PROTOCOL_VERSION,
	};
}

static enum cxio_fault make_nonce(u8 *nonce)
{
	return cxio_unguessable(nonce, CXIO_AUTH_NONCE_BYTES) ? CXIO_FAULT_NONE :
								CXIO_FAULT_NO_MEMORY;
}

/**
 * xio_carries() - a carrier carries a session from here on
 * @x: the carrier; ended if it cannot
 * @c: whose
 * @peer_in_seq: last message the peer has received
 */
void xio_carries(struct cxio_xio *x, struct cxio_connection *c, u64 peer_in_seq)
{
	enum cxio_fault fault = cxio_session_opened(&c->session, peer_in_seq);

	if (!fault && cxio_limits_exceeded(&x->messenger->limits, c->held_msgs, c->held_bytes))
		fault = CXIO_FAULT_NO_MEMORY;
	if (fault) {
		cxio_life_fault(&x->life, fault, x->portal->now);
		return;
	}
	cxio_life_agreed(&x->life, &c->session);
	cxio_connection_opened(c, x, x->life.active);
}

/* The session is agreed on: from here on messages flow, signed or not. */
static void opened(struct cxio_xio *x, struct cxio_connection *c, u64 peer_in_seq)
{
	enum cxio_fault fault;

	if (!cxio_life_flows(&x->life))
		return;
	fault = xio_sign_begin(x, c->session.connect_seq);
	if (fault)
		cxio_life_fault(&x->life, fault, x->portal->now);
	else
		xio_carries(x, c, peer_in_seq);
}

/* --- client --- */

static void send_connect(struct cxio_xio *x, const struct cxio_connect *connect)
{
	struct cxio_connection *c = x->connection;
	struct cxio_greeting g = {
		.connect = *connect, .cookies = cxio_handshake_cookies(&c->session),
		.in_seq = c->session.in_seq, .own = c->own, .target = c->peer,
	};
	u8 nonce[CXIO_AUTH_NONCE_BYTES];
	enum cxio_fault fault = make_nonce(nonce);

	if (!fault) {
		cxio_auth_connect(&x->auth, nonce, &g);
		fault = xio_prove(x);
	}
	if (fault)
		cxio_life_fault(&x->life, fault, x->portal->now);
	else
		cxio_channel_greet(&x->life.channel, CXIO_FRAME_CONNECT, &g);
}

/**
 * xio_greet() - an attempt's carrier is open: the handshake begins
 * @x: the carrier
 */
void xio_greet(struct cxio_xio *x)
{
	struct cxio_terms terms = terms_of(x->messenger);
	struct cxio_connect connect;

	if (!x->connection)
		return;
	cxio_greet_learn_own(x->connection, rdma_get_local_addr(x->id));
	cxio_greet_begin(x->connection, &terms, &connect);
	send_connect(x, &connect);
}

static void connect_again(struct cxio_xio *x)
{
	struct cxio_terms terms = terms_of(x->messenger);
	struct cxio_connect connect;

	cxio_handshake_again(&x->connection->session, &terms, &connect);
	send_connect(x, &connect);
}

static void take_reply(struct cxio_xio *x, const struct cxio_greeting *g)
{
	struct cxio_terms terms = terms_of(x->messenger);
	struct cxio_connection *c = x->connection;
	enum cxio_client_step step;
	enum cxio_fault fault;

	fault = cxio_auth_reply(&x->auth, &x->life.channel);
	if (!fault)
		fault = xio_prove(x);
	if (fault) {
		cxio_life_fault(&x->life, fault, x->portal->now);
		return;
	}
	/* A shared secret has no other. */
	step = cxio_greet_reply(c, &terms, &g->reply, &g->cookies, false, &fault);
	switch (step) {
	case CXIO_CLIENT_OPEN:
		opened(x, c, g->in_seq);
		break;
	case CXIO_CLIENT_AGAIN:
		connect_again(x);
		break;
	case CXIO_CLIENT_WAIT:
		xio_forget(x);
		break;
	default:
		cxio_life_fault(&x->life, fault, x->portal->now);
		break;
	}
}

/* --- server --- */

static void send_reply(struct cxio_xio *x, const struct cxio_connection *c,
		       const struct cxio_connect_reply *reply, const struct cxio_addr *own,
		       const struct cxio_addr *client)
{
	struct cxio_greeting g = { .reply = *reply, .own = *own, .target = *client };
	enum cxio_fault fault;

	if (c) {
		g.cookies = cxio_handshake_cookies(&c->session);
		g.in_seq = c->session.in_seq;
	}
	cxio_auth_answer(&x->auth, &g);
	fault = xio_prove(x);
	if (fault)
		cxio_life_fault(&x->life, fault, x->portal->now);
	else
		cxio_channel_greet(&x->life.channel, CXIO_FRAME_REPLY, &g);
}

static void open_here(struct cxio_xio *x, struct cxio_connection *c,
		      const struct cxio_greeting *g, const struct cxio_addr *own,
		      struct cxio_verdict *v)
{
	struct cxio_terms terms = terms_of(x->messenger);

	cxio_greet_accept(c, &terms, own, &g->connect, &g->cookies, v);
	x->connection = cxio_connection_get(c);
	/* Its loss is the session's, from here on. */
	c->attempt = x;
	/* What is queued, or an end, waits for the reply: it goes first, and so is due first. */
	send_reply(x, c, &v->reply, own, &g->own);
	opened(x, c, g->in_seq);
}

/* The session with this peer, or to be. Return: NULL if @x is ended or handed over. */
static struct cxio_connection *make_session(struct cxio_xio *x, const struct cxio_greeting *g)
{
	struct cxio_portal *elsewhere;
	struct cxio_connection *c;

	c = cxio_greet_make(x->messenger, x->portal, &g->own, rdma_get_peer_addr(x->id),
			    g->connect.host_type, &elsewhere);
	if (elsewhere)
		xio_hand_over(x, elsewhere);
	else if (!c)
		cxio_life_fault(&x->life, CXIO_FAULT_TOO_MANY, x->portal->now);
	return c;
}

/* What of the authorizer of the connect that is here? */
static enum cxio_fault authorizer(struct cxio_xio *x)
{
	u8 nonce[CXIO_AUTH_NONCE_BYTES];
	enum cxio_fault fault = make_nonce(nonce);

	if (!fault)
		fault = cxio_auth_take_connect(&x->auth, &x->life.channel, nonce);
	return fault ? fault : xio_prove(x);
}

static void judge(struct cxio_xio *x, struct cxio_connection *c, const struct cxio_greeting *g,
		  const struct cxio_addr *own)
{
	struct cxio_messenger *m = x->messenger;
	struct cxio_policy policy = cxio_messenger_policy(m, g->connect.host_type, false);
	struct cxio_terms terms = terms_of(m);
	struct cxio_verdict v;
	enum cxio_fault fault = authorizer(x);
	enum cxio_auth auth = cxio_auth_verdict(&x->auth, fault);

	cxio_handshake_judge(c ? &c->session : NULL, &policy, &terms, &g->connect, &g->cookies,
			     auth, cxio_addr_compare(&g->own, own) < 0, &v);
	if (v.judge == CXIO_JUDGE_OPEN) {
		c = c ? cxio_connection_get(c) : make_session(x, g);
		if (c)
			open_here(x, c, g, own, &v);
		cxio_connection_put(c);
		return;
	}
	cxio_greet_tell_refusal(m, rdma_get_peer_addr(x->id), v.reply.tag, fault,
				g->connect.authorizer_protocol);
	send_reply(x, c, &v.reply, own, &g->own);
	if (c && v.reply.tag == CXIO_TAG_WAIT)
		cxio_greet_told_to_wait(c);
}

static void serve(struct cxio_xio *x, const struct cxio_greeting *g)
{
	struct cxio_connection *c;
	enum cxio_fault fault;
	struct cxio_addr own;

	cxio_greet_own_address(x->messenger, rdma_get_local_addr(x->id), &own);
	own.nonce = cxio_greet_nonce(x->messenger);
	/* Somebody else is meant, who had this address before. */
	fault = cxio_greeting_check_target(g, &own);
	if (fault) {
		cxio_life_fault(&x->life, fault, x->portal->now);
		return;
	}
	c = cxio_connection_for_peer(x->messenger, &g->own);
	/* A session is judged where it lives. */
	if (c && c->portal != x->portal)
		xio_hand_over(x, c->portal);
	else
		judge(x, c, g, &own);
	cxio_connection_put(c);
}

/**
 * xio_greeting() - a connect or reply has come in whole
 * @x: the carrier; it may be handed over by this
 */
void xio_greeting(struct cxio_xio *x)
{
	struct cxio_greeting g = x->life.channel.greet_rx.greeting;

	if (!x->life.active)
		serve(x, &g);
	else if (x->connection)
		take_reply(x, &g);
}
