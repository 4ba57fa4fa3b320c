// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Banner, connect and reply: the lookup of the session, and doing what the handshake
 * decides.
 */
#include <netinet/in.h>
#include <stdio.h>

#include "address.h"
#include "simple.h"

static const struct cxio_cookies no_cookies;

/* @server_type: of who is connected to: its protocol it is. */
static struct cxio_terms terms_of(const struct cxio_simple *x, u32 server_type)
{
	const struct cxio_messenger_options *o = &x->messenger->options;
	struct cxio_terms terms = {
		.supported = CXIO_STREAM_SUPPORTED | o->ceph_features,
		.required = CXIO_STREAM_REQUIRED,
		.host_type = o->own_type,
		.protocol_version = cxio_ceph_protocol(server_type),
	};

	if (x->protocol)
		terms.protocol_version = x->protocol;
	simple_signer_terms(&x->signer, &terms);
	return terms;
}

/* Return: where bytes go, or NULL: the carrier is ended. */
static u8 *room_for(struct cxio_simple *x, u32 len)
{
	if (simple_pipe_room(&x->pipe) >= len)
		return simple_pipe_make(&x->pipe, len);
	/* Who answers knows what it was asked; who asks anew, the answer. */
	simple_end(x, CXIO_FAULT_TRANSPORT, "the peer does not read what it is told");
	return NULL;
}

static void send_in_seq(struct cxio_simple *x, const struct cxio_session *s)
{
	u8 *at = room_for(x, CXIO_ACK_LEN);

	if (at)
		cxio_ack_encode(s->in_seq, at);
}

/* Both have said what they have received: from here on messages flow, signed or not. */
static bool opens(struct cxio_simple *x, struct cxio_connection *c, u64 peer_in_seq)
{
	const struct cxio_messenger_options *o = &x->messenger->options;
	enum cxio_fault fault = cxio_session_opened(&c->session, peer_in_seq);

	if (!fault)
		fault = simple_signer_opens(&x->signer, c->session.features, &x->stream.signing);
	if (fault) {
		simple_end(x, fault, NULL);
		return false;
	}
	cxio_stream_opens(&x->stream, &c->session, o->keepalive_ms, o->keepalive_expiry_ms,
			  x->portal->now);
	return true;
}

static void local_end(const struct cxio_simple *x, struct sockaddr_storage *local)
{
	const struct cxio_socket *s = x->pipe.socket;

	memset(local, 0, sizeof(*local));
	if (!s->ops->local(s, local))
		local->ss_family = x->from.ss_family;
}

/* --- client --- */

static void send_connect(struct cxio_simple *x, struct cxio_connect *connect)
{
	enum cxio_fault fault = simple_signer_connect(&x->signer, connect);
	u8 *at;

	if (fault) {
		simple_end(x, fault, NULL);
		return;
	}
	at = room_for(x, CXIO_CONNECT_LEN + connect->authorizer_len);
	if (!at)
		return;
	cxio_connect_encode(connect, at);
	if (connect->authorizer_len)
		memcpy(at + CXIO_CONNECT_LEN, simple_signer_out(&x->signer),
		       connect->authorizer_len);
	cxio_stream_connect_sent(&x->stream);
}

static void begin(struct cxio_simple *x, struct cxio_connection *c)
{
	struct cxio_addr dialled = c->peer;
	struct sockaddr_storage local;
	struct cxio_connect connect;
	struct cxio_terms terms = terms_of(x, c->peer_type);
	enum cxio_fault fault;
	u8 *at;

	/* Who was dialled without a nonce may have any. */
	if (!dialled.nonce)
		dialled.nonce = x->stream.shown.nonce;
	fault = cxio_banner_addr_check(&dialled, &x->stream.shown);
	if (fault) {
		simple_end(x, fault, NULL);
		return;
	}
	local_end(x, &local);
	cxio_greet_learn_own(c, (const struct sockaddr *)&local);
	at = room_for(x, CXIO_BANNER_LEN + CXIO_ADDR_LEGACY_LEN);
	if (!at)
		return;
	cxio_stream_banner(&c->own, NULL, at);
	cxio_greet_begin(c, &terms, &connect);
	send_connect(x, &connect);
}

static void connect_again(struct cxio_simple *x)
{
	struct cxio_connection *c = x->connection;
	struct cxio_terms terms = terms_of(x, c->peer_type);
	struct cxio_connect connect;

	cxio_handshake_again(&c->session, &terms, &connect);
	send_connect(x, &connect);
}

static void client_opens(struct cxio_simple *x, struct cxio_connection *c, u64 peer_in_seq)
{
	if (x->stream.reply.tag == CXIO_TAG_SEQ)
		send_in_seq(x, &c->session);
	if (x->stream.state == CXIO_STREAM_GREETING && opens(x, c, peer_in_seq))
		cxio_connection_opened(c, x, true);
}

/* Who was not told what it connects to learns it from being refused, once. */
static bool learns_protocol(struct cxio_simple *x)
{
	const struct cxio_connect_reply *r = &x->stream.reply;

	if (r->tag != CXIO_TAG_BADPROTOVER || x->connection->peer_type != CXIO_PEER_ANY ||
	    x->protocol)
		return false;
	x->protocol = r->protocol_version;
	return x->protocol;
}

static void take_reply(struct cxio_simple *x, u64 peer_in_seq)
{
	struct cxio_connection *c = x->connection;
	struct cxio_terms terms = terms_of(x, c->peer_type);
	enum cxio_client_step step;
	enum cxio_fault fault;

	step = cxio_greet_reply(c, &terms, &x->stream.reply, &no_cookies, x->signer.ops, &fault);
	switch (step) {
	case CXIO_CLIENT_OPEN:
		client_opens(x, c, peer_in_seq);
		break;
	case CXIO_CLIENT_AGAIN:
		connect_again(x);
		break;
	case CXIO_CLIENT_WAIT:
		simple_forget(x);
		break;
	default:
		simple_end(x, fault, NULL);
		break;
	}
}

/**
 * simple_answered() - a reply has come in whole
 * @x: the carrier
 *
 * After SEQ the session is open when the numbers are exchanged, and not before: until
 * then both sides can begin anew from where they were.
 */
void simple_answered(struct cxio_simple *x)
{
	u8 tag = x->stream.reply.tag;
	enum cxio_fault fault;

	if (!x->connection)
		return;
	fault = simple_signer_reply(&x->signer, tag);
	if (fault)
		simple_end(x, fault, NULL);
	else if (tag == CXIO_TAG_SEQ)
		cxio_stream_reply_sent(&x->stream, tag);
	else if (learns_protocol(x))
		connect_again(x);
	else
		take_reply(x, x->connection->session.acked);
}

/* --- server --- */

static void send_reply(struct cxio_simple *x, struct cxio_connect_reply *reply)
{
	u8 *at;

	simple_signer_answer(&x->signer, reply);
	at = room_for(x, CXIO_CONNECT_REPLY_LEN + reply->authorizer_len);
	if (!at)
		return;
	cxio_connect_reply_encode(reply, at);
	if (reply->authorizer_len)
		memcpy(at + CXIO_CONNECT_REPLY_LEN, simple_signer_out(&x->signer),
		       reply->authorizer_len);
	cxio_stream_reply_sent(&x->stream, reply->tag);
}

/*
 * The session is agreed on when we say so: a client may be sure of it from then on, even if
 * this stream ends before it can say what it has received.
 */
static void open_here(struct cxio_simple *x, struct cxio_connection *c, struct cxio_verdict *v)
{
	struct cxio_terms terms = terms_of(x, x->messenger->options.own_type);

	cxio_greet_accept(c, &terms, &x->own, &x->stream.connect, &no_cookies, v);
	x->connection = cxio_connection_get(c);
	simple_agreed(x);
	send_reply(x, &v->reply);
	if (v->reply.tag == CXIO_TAG_SEQ)
		send_in_seq(x, &c->session);
	cxio_session_opened(&c->session, c->session.acked);
	if (v->reply.tag == CXIO_TAG_READY && x->stream.state == CXIO_STREAM_GREETING)
		opens(x, c, c->session.acked);
	cxio_connection_opened(c, x, false);
}

static void server_told(struct cxio_simple *x, struct cxio_connection *c, u64 peer_in_seq)
{
	if (!opens(x, c, peer_in_seq))
		return;
	if (x->close_due)
		cxio_stream_close(&x->stream);
	cxio_connection_acked(c);
}

/**
 * simple_told() - the peer has said what it has received
 * @x: the carrier
 * @peer_in_seq: last message
 */
void simple_told(struct cxio_simple *x, u64 peer_in_seq)
{
	if (!x->connection)
		return;
	if (x->stream.active)
		take_reply(x, peer_in_seq);
	else
		server_told(x, x->connection, peer_in_seq);
}

/* The session with this peer, or to be. Return: NULL: that is decided, or will be elsewhere. */
static struct cxio_connection *make_session(struct cxio_simple *x)
{
	struct cxio_portal *elsewhere;
	struct cxio_connection *c;

	c = cxio_greet_make(x->messenger, x->portal, &x->peer, (const struct sockaddr *)&x->from,
			    x->stream.connect.host_type, &elsewhere);
	if (elsewhere == x->portal) {
		/* By that one, which was made just now. */
		x->asked = true;
		cxio_portal_post(x->portal, &x->task);
	} else if (elsewhere) {
		x->asked = true;
		simple_hand_over(x, elsewhere);
	} else if (!c) {
		simple_end(x, CXIO_FAULT_TOO_MANY, NULL);
	}
	return c;
}

static void judge(struct cxio_simple *x, struct cxio_connection *c)
{
	const struct cxio_connect *connect = &x->stream.connect;
	struct cxio_messenger *m = x->messenger;
	struct cxio_policy policy = cxio_messenger_policy(m, connect->host_type, false);
	struct cxio_terms terms = terms_of(x, m->options.own_type);
	enum cxio_fault fault;
	enum cxio_auth auth = simple_signer_judge(&x->signer, connect, &fault);
	struct cxio_verdict v;

	cxio_handshake_judge(c ? &c->session : NULL, &policy, &terms, connect, &no_cookies, auth,
			     cxio_addr_compare(&x->peer, &x->own) < 0, &v);
	if (v.judge == CXIO_JUDGE_OPEN) {
		c = c ? cxio_connection_get(c) : make_session(x);
		if (c)
			open_here(x, c, &v);
		cxio_connection_put(c);
		return;
	}
	cxio_greet_tell_refusal(m, (const struct sockaddr *)&x->from, v.reply.tag, fault,
				connect->authorizer_protocol);
	send_reply(x, &v.reply);
	if (c && v.reply.tag == CXIO_TAG_WAIT)
		cxio_greet_told_to_wait(c);
}

/**
 * simple_asked() - a connect has come in whole
 * @x: the carrier; it may be handed over by this
 */
void simple_asked(struct cxio_simple *x)
{
	struct cxio_connection *c = cxio_connection_for_peer(x->messenger, &x->peer);

	/* A session is judged where it lives. */
	x->asked = c && c->portal != x->portal;
	if (x->asked)
		simple_hand_over(x, c->portal);
	else
		judge(x, c);
	cxio_connection_put(c);
}

/* What a client shows, and what it does not know we do. */
static void learn_peer(struct cxio_simple *x)
{
	struct cxio_addr seen;

	x->peer = x->stream.shown;
	if (!cxio_addr_is_blank(&x->peer) ||
	    !cxio_address_from(&seen, (const struct sockaddr *)&x->from))
		return;
	x->peer.family = seen.family;
	memcpy(x->peer.ip, seen.ip, sizeof(x->peer.ip));
	x->peer.scope = seen.scope;
}

/**
 * simple_greeted() - the peer's banner and addresses have come
 * @x: the carrier
 */
void simple_greeted(struct cxio_simple *x)
{
	if (!x->stream.active)
		learn_peer(x);
	else if (x->connection)
		begin(x, x->connection);
}

/**
 * simple_greet() - a server begins: banner and addresses
 * @x: the carrier
 */
void simple_greet(struct cxio_simple *x)
{
	struct cxio_messenger *m = x->messenger;
	struct sockaddr_storage local;
	struct cxio_addr seen;
	u8 *at;

	local_end(x, &local);
	cxio_greet_own_address(m, (const struct sockaddr *)&local, &x->own);
	x->own.port = cxio_address_port((const struct sockaddr *)&local);
	/* Monitors are known by their addresses alone. */
	x->own.nonce = m->options.own_type == CXIO_PEER_MON ? m->options.nonce :
							      cxio_greet_nonce(m);
	if (!cxio_address_from(&seen, (const struct sockaddr *)&x->from))
		memset(&seen, 0, sizeof(seen));
	at = room_for(x, CXIO_BANNER_LEN + 2 * CXIO_ADDR_LEGACY_LEN);
	if (at)
		cxio_stream_banner(&x->own, &seen, at);
}
