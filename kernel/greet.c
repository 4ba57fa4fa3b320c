// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connect and reply: the lookup of the session, and doing what the handshake decides.
 */
#include <linux/ktime.h>
#include <linux/random.h>

#include "../common/authorizer.h"
#include "ceph_xio.h"

static struct cxio_terms terms_of(const struct cxio_xio *x)
{
	struct cxio_terms terms = {
		.supported = CXIO_CEPH_FEATURES_OURS,
		.host_type = CXIO_ENTITY_CLIENT,
		.protocol_version = CXIO_PROTOCOL_VERSION,
	};

	cxio_authorizer_terms(&x->auth, &terms);
	return terms;
}

/* A peer without sessions: messages flow at once, and a loss is the end. */
static void open_without_session(struct cxio_xio *x)
{
	enum cxio_fault fault = cxio_auth_without_session(&x->auth);
	struct cxio_connection *c = x->host;

	if (fault) {
		cxio_life_fault(&x->life, fault, ktime_get_ns());
		return;
	}
	list_del_init(&x->host_link);
	c->attempt = x;
	c->session.policy.lossy = true;
	cxio_connection_opened(c, x, c->session.acked);
}

/* The session is agreed on: from here on messages flow, signed or not. */
static void opened(struct cxio_xio *x, struct cxio_connection *c, u64 peer_in_seq)
{
	enum cxio_fault fault;

	if (!cxio_life_flows(&x->life))
		return;
	fault = cxio_sign_begin(x, c->session.connect_seq);
	if (fault)
		cxio_life_fault(&x->life, fault, ktime_get_ns());
	else
		cxio_connection_opened(c, x, peer_in_seq);
}

/* --- client --- */

static void send_connect(struct cxio_xio *x, const struct cxio_connect *connect)
{
	struct cxio_connection *c = x->host;
	struct cxio_greeting g = {
		.connect = *connect, .cookies = cxio_handshake_cookies(&c->session),
		.in_seq = c->session.in_seq, .own = c->own,
	};
	u8 nonce[CXIO_AUTH_NONCE_BYTES];
	enum cxio_fault fault = cxio_authorizer_make(x);

	/* Its nonce is not known: any process there will do. */
	cxio_address_from(&g.target, (struct sockaddr *)&c->peer);
	get_random_bytes(nonce, sizeof(nonce));
	if (!fault) {
		cxio_auth_connect(&x->auth, nonce, &g);
		fault = cxio_prove(x);
	}
	if (fault)
		cxio_life_fault(&x->life, fault, ktime_get_ns());
	else
		cxio_channel_greet(&x->life.channel, CXIO_FRAME_CONNECT, &g);
}

/* What the peer finds our session by: it stays the same whatever the route becomes. */
static void learn_own_address(struct cxio_xio *x)
{
	struct cxio_connection *c = x->host;

	if (c->own.family)
		return;
	cxio_address_from(&c->own, (struct sockaddr *)&x->cm_id->route.addr.src_addr);
	c->own.nonce = c->own_nonce;
	/* One of many of its kind leads to itself alone. */
	c->own.port = 0;
}

/**
 * cxio_greet() - an attempt's carrier is open: the handshake begins
 * @x: the carrier
 *
 * Context: the work that serves it.
 */
void cxio_greet(struct cxio_xio *x)
{
	struct cxio_terms terms = terms_of(x);
	struct cxio_connection *c = x->host;
	struct cxio_connect connect;

	if (!c)
		return;
	if (x->life.channel.ready) {
		open_without_session(x);
		return;
	}
	learn_own_address(x);
	spin_lock_bh(&c->messenger->lock);
	cxio_handshake_begin(&c->session, &terms, &c->messenger->global, &connect);
	spin_unlock_bh(&c->messenger->lock);
	send_connect(x, &connect);
}

static void connect_again(struct cxio_xio *x)
{
	struct cxio_terms terms = terms_of(x);
	struct cxio_connect connect;

	cxio_handshake_again(&x->host->session, &terms, &connect);
	send_connect(x, &connect);
}

static void take_reply(struct cxio_xio *x, const struct cxio_greeting *g)
{
	struct cxio_terms terms = terms_of(x);
	struct cxio_connection *c = x->host;
	enum cxio_client_step step;
	enum cxio_fault fault;

	fault = cxio_auth_reply(&x->auth, &x->life.channel);
	if (!fault)
		fault = cxio_prove(x);
	if (fault) {
		cxio_life_fault(&x->life, fault, ktime_get_ns());
		return;
	}
	spin_lock_bh(&c->messenger->lock);
	step = cxio_handshake_reply(&c->session, &terms, &c->messenger->global, &g->reply,
				    &g->cookies, ktime_get_ns(), &fault);
	spin_unlock_bh(&c->messenger->lock);
	switch (step) {
	case CXIO_CLIENT_OPEN:
		opened(x, c, g->in_seq);
		break;
	case CXIO_CLIENT_RESET:
		cxio_connection_reset_session(c);
		connect_again(x);
		break;
	case CXIO_CLIENT_AGAIN:
	case CXIO_CLIENT_CHALLENGE:
		connect_again(x);
		break;
	case CXIO_CLIENT_AUTHORIZE:
		if (cxio_auth_renews(&x->auth))
			connect_again(x);
		else
			cxio_life_fault(&x->life, CXIO_FAULT_HANDSHAKE_AUTHORIZER,
					ktime_get_ns());
		break;
	case CXIO_CLIENT_WAIT:
		c->attempt = NULL;
		cxio_xio_forget(x);
		break;
	case CXIO_CLIENT_FAIL:
		cxio_life_fault(&x->life, fault, ktime_get_ns());
		break;
	}
}

/* --- server --- */

static void own_address(const struct cxio_xio *x, struct cxio_addr *own)
{
	cxio_address_from(own, (struct sockaddr *)&x->cm_id->route.addr.src_addr);
	own->nonce = x->messenger->nonce;
}

static void send_reply(struct cxio_xio *x, const struct cxio_connection *c,
		       const struct cxio_connect_reply *reply, const struct cxio_addr *own,
		       const struct cxio_addr *client)
{
	struct cxio_greeting g = {
		.reply = *reply, .cookies = cxio_handshake_cookies(&c->session),
		.in_seq = c->session.in_seq, .own = *own, .target = *client,
	};
	enum cxio_fault fault;

	cxio_auth_answer(&x->auth, &g);
	fault = cxio_prove(x);
	if (fault)
		cxio_life_fault(&x->life, fault, ktime_get_ns());
	else
		cxio_channel_greet(&x->life.channel, CXIO_FRAME_REPLY, &g);
}

static void open_here(struct cxio_xio *x, struct cxio_connection *c,
		      const struct cxio_greeting *g, const struct cxio_addr *own,
		      struct cxio_verdict *v)
{
	struct cxio_terms terms = terms_of(x);

	cxio_connection_take_over(c);
	spin_lock_bh(&c->messenger->lock);
	cxio_handshake_accept(&c->session, &terms, &c->messenger->global, &g->connect,
			      &g->cookies, v);
	spin_unlock_bh(&c->messenger->lock);
	if (v->reset)
		cxio_connection_reset_session(c);
	/* Its loss is the session's, from here on. */
	list_del_init(&x->host_link);
	c->attempt = x;
	/* What is queued, or an end, waits for the reply: it goes first, and so is due first. */
	send_reply(x, c, &v->reply, own, &g->own);
	opened(x, c, g->in_seq);
}

/* What of the authorizer of the connect that is here? */
static enum cxio_fault authorizer(struct cxio_xio *x)
{
	u8 nonce[CXIO_AUTH_NONCE_BYTES];
	enum cxio_fault fault;

	get_random_bytes(nonce, sizeof(nonce));
	fault = cxio_auth_take_connect(&x->auth, &x->life.channel, nonce);
	return fault ?: cxio_prove(x);
}

static void log_turned_away(const struct cxio_xio *x, enum cxio_fault fault, u32 method)
{
	const char *offered = cxio_auth_offered(fault, method);

	if (offered)
		pr_notice_ratelimited("%pISpc: turned away: offers method %s (%u); %s\n",
				      &x->peer, offered, method, cxio_fault_text(fault));
	else
		pr_notice_ratelimited("%pISpc: turned away: %s\n", &x->peer,
				      cxio_fault_text(fault));
}

static void serve(struct cxio_xio *x, const struct cxio_greeting *g)
{
	struct cxio_terms terms = terms_of(x);
	struct cxio_connection *c = x->host;
	struct cxio_verdict v;
	struct cxio_addr own;
	enum cxio_fault fault = authorizer(x);
	enum cxio_auth auth = cxio_auth_verdict(&x->auth, fault);

	if (auth == CXIO_AUTH_BAD)
		log_turned_away(x, fault, g->connect.authorizer_protocol);
	if (cxio_auth_gives_up(fault)) {
		cxio_life_fault(&x->life, fault, ktime_get_ns());
		return;
	}
	/* Its session was begun with another secret: that peer is somebody else. */
	if (!cxio_secret_same(c->secret, x->secret)) {
		cxio_life_fault(&x->life, CXIO_FAULT_AUTH_METHOD, ktime_get_ns());
		return;
	}
	own_address(x, &own);
	cxio_handshake_judge(c->was_open ? &c->session : NULL, &x->policy, &terms, &g->connect,
			     &g->cookies, auth, cxio_addr_compare(&g->own, &own) < 0,
			     &v);
	if (v.judge == CXIO_JUDGE_OPEN)
		open_here(x, c, g, &own, &v);
	else
		send_reply(x, c, &v.reply, &own, &g->own);
}

/**
 * cxio_greeting() - a connect or reply has come in whole, or there is none to come
 * @x: the carrier, with a host, whose carrier it may have become by this
 *
 * Context: the host's work.
 */
void cxio_greeting(struct cxio_xio *x)
{
	struct cxio_greeting g = x->life.channel.greet_rx.greeting;

	if (!cxio_life_flows(&x->life))
		return;
	if (x->life.active)
		take_reply(x, &g);
	else if (x->life.channel.ready)
		open_without_session(x);
	else
		serve(x, &g);
}

/* --- whose it is --- */

static struct cxio_connection *new_host(struct cxio_xio *x, const struct cxio_addr *peer)
{
	struct cxio_connection *c;
	int err;

	c = cxio_connection_new(x->messenger, false, x->policy, (struct sockaddr *)&x->peer);
	if (!c)
		return ERR_PTR(-ENOMEM);
	c->secret = cxio_secret_get(x->secret);
	c->peer_addr = *peer;
	err = cxio_messenger_add(x->messenger, c);
	if (!err)
		return c;
	cxio_connection_put(c);
	return ERR_PTR(err);
}

/* Return: a reference, or an error; -EEXIST if one was made by another at this moment. */
static struct cxio_connection *host_for(struct cxio_xio *x, const struct cxio_addr *peer)
{
	struct cxio_connection *c = NULL;

	if (peer->family)
		c = cxio_messenger_find_peer(x->messenger, peer);
	return c ?: new_host(x, peer);
}

static enum cxio_fault host_fault(int err)
{
	if (err == -ENOMEM)
		return CXIO_FAULT_NO_MEMORY;
	return err == -EMFILE ? CXIO_FAULT_TOO_MANY : CXIO_FAULT_SHUTDOWN;
}

/**
 * cxio_find_host() - the connection that a carrier is for, an old one or a new one
 * @x: a carrier that a peer began, whose greeting is here, or does not come
 *
 * Context: the carrier's own work, which does nothing with it afterwards if the result
 * is true. Return: true if it has a host by this; else it is ended.
 */
bool cxio_find_host(struct cxio_xio *x)
{
	const struct cxio_greeting *g = &x->life.channel.greet_rx.greeting;
	enum cxio_fault fault = CXIO_FAULT_NONE;
	struct cxio_addr own, peer = { 0 };
	struct cxio_connection *c;
	bool hosted = false;

	if (!x->life.channel.ready) {
		own_address(x, &own);
		/* Somebody else is meant, who had this address before. */
		fault = cxio_greeting_check_target(g, &own);
		peer = g->own;
	}
	if (fault) {
		cxio_life_fault(&x->life, fault, ktime_get_ns());
		return false;
	}
	/* One that is over by the time it is asked is not found again. */
	while (!hosted) {
		c = host_for(x, &peer);
		if (PTR_ERR_OR_ZERO(c) == -EEXIST)
			continue;
		if (IS_ERR(c)) {
			cxio_life_fault(&x->life, host_fault(PTR_ERR(c)), ktime_get_ns());
			return false;
		}
		hosted = cxio_connection_host(c, x);
		cxio_connection_put(c);
	}
	return true;
}
