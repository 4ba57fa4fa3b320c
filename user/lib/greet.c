// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the handshake of every transport does with connections: finds and makes them,
 * takes what was decided in common/handshake.c to them, and knows our own addresses.
 */
#include <stdio.h>

#include "address.h"
#include "transport.h"

/**
 * cxio_greet_nonce() - tells us apart from who had our address before
 * @m: the messenger
 *
 * Context: any thread. Return: the nonce.
 */
u32 cxio_greet_nonce(struct cxio_messenger *m)
{
	u32 nonce;

	pthread_mutex_lock(&m->registry_lock);
	nonce = m->nonce;
	pthread_mutex_unlock(&m->registry_lock);
	return nonce;
}

/* How near an address listened on is to a connection's own end; 0: another family. */
static unsigned int nearness(const struct sockaddr *sa, const struct sockaddr *local)
{
	struct cxio_addr listened, at;

	if (sa->sa_family != local->sa_family || !cxio_address_from(&listened, sa) ||
	    !cxio_address_from(&at, local))
		return 0;
	if (!cxio_address_is_any(sa) && memcmp(listened.ip, at.ip, sizeof(at.ip)) != 0)
		return 1;
	return listened.port == at.port ? 3 : 2;
}

/**
 * cxio_greet_own_address() - what we show a peer as ours
 * @m: the messenger
 * @local: our end of the way to the peer
 * @own: filled, without a nonce
 *
 * Who listens shows where, so that the peer could connect: where the peer did if it was
 * the one, else where it most likely could; with the address of the interface in use if
 * that is all of them.
 *
 * Context: any thread. Return: true if it is an address listened on.
 */
bool cxio_greet_own_address(struct cxio_messenger *m, const struct sockaddr *local,
			    struct cxio_addr *own)
{
	struct sockaddr_storage at, nearest;
	unsigned int i, best = 0;

	for (i = 0; !cxio_messenger_address(m, i, &at); i++) {
		unsigned int n = nearness((const struct sockaddr *)&at, local);

		if (n <= best)
			continue;
		best = n;
		nearest = at;
	}
	cxio_address_from(own, local);
	own->port = 0;
	if (!best)
		return false;
	if (!cxio_address_is_any((const struct sockaddr *)&nearest))
		cxio_address_from(own, (const struct sockaddr *)&nearest);
	own->port = cxio_address_port((const struct sockaddr *)&nearest);
	return true;
}

/* --- client --- */

/**
 * cxio_greet_learn_own() - what the peer is to find our session by
 * @c: the connection; it stays the same whatever the route becomes
 * @local: our end of the way to the peer
 */
void cxio_greet_learn_own(struct cxio_connection *c, const struct sockaddr *local)
{
	if (c->own.family)
		return;
	cxio_greet_own_address(c->messenger, local, &c->own);
	c->own.nonce = c->own_nonce;
	/* One of many of its kind leads to itself alone. */
	if (!c->shared)
		c->own.port = 0;
}

/**
 * cxio_greet_begin() - an attempt's handshake begins
 * @c: the connection
 * @ours: what we bring
 * @connect: filled, but for the authorizer
 */
void cxio_greet_begin(struct cxio_connection *c, const struct cxio_terms *ours,
		      struct cxio_connect *connect)
{
	struct cxio_messenger *m = c->messenger;

	pthread_mutex_lock(&m->global_lock);
	cxio_handshake_begin(&c->session, ours, &m->global, connect);
	pthread_mutex_unlock(&m->global_lock);
}

/**
 * cxio_greet_reply() - take in a reply
 * @c: the connection
 * @ours: what we bring
 * @reply: the reply
 * @cookies: what came with it
 * @authorizes: another authorizer can be made
 * @fault: why, with CXIO_CLIENT_FAIL
 *
 * Return: what to do: CXIO_CLIENT_OPEN, _AGAIN, _WAIT or _FAIL. With _WAIT the peer's own
 * attempt is to win: ours is the connection's no more, and the caller's to end.
 */
enum cxio_client_step cxio_greet_reply(struct cxio_connection *c, const struct cxio_terms *ours,
				       const struct cxio_connect_reply *reply,
				       const struct cxio_cookies *cookies, bool authorizes,
				       enum cxio_fault *fault)
{
	struct cxio_messenger *m = c->messenger;
	enum cxio_client_step step;

	pthread_mutex_lock(&m->global_lock);
	step = cxio_handshake_reply(&c->session, ours, &m->global, reply, cookies,
				    c->portal->now, fault);
	pthread_mutex_unlock(&m->global_lock);
	switch (step) {
	case CXIO_CLIENT_RESET:
		cxio_connection_reset_session(c);
		return CXIO_CLIENT_AGAIN;
	case CXIO_CLIENT_AUTHORIZE:
		if (authorizes)
			return CXIO_CLIENT_AGAIN;
		*fault = CXIO_FAULT_HANDSHAKE_AUTHORIZER;
		return CXIO_CLIENT_FAIL;
	case CXIO_CLIENT_CHALLENGE:
		return CXIO_CLIENT_AGAIN;
	case CXIO_CLIENT_WAIT:
		c->attempt = NULL;
		cxio_connection_set_timer(c);
		return step;
	default:
		return step;
	}
}

/* --- server --- */

/**
 * cxio_greet_tell_refusal() - tell the application whom a reply refuses, and why
 * @m: the messenger
 * @peer: where the peer connects from
 * @tag: of the reply; only what refuses is told: who is to ask again is not turned away
 * @fault: what is wrong with the authorizer, if that is what is refused
 * @method: the peer's method of authentication
 */
void cxio_greet_tell_refusal(struct cxio_messenger *m, const struct sockaddr *peer, u8 tag,
			     enum cxio_fault fault, u32 method)
{
	const char *offered = cxio_auth_offered(fault, method);
	char text[160];

	if (tag == CXIO_TAG_FEATURES)
		fault = CXIO_FAULT_HANDSHAKE_FEATURES;
	else if (tag == CXIO_TAG_BADPROTOVER)
		fault = CXIO_FAULT_HANDSHAKE_PROTOCOL;
	else if (tag != CXIO_TAG_BADAUTHORIZER)
		return;
	if (tag == CXIO_TAG_BADAUTHORIZER && offered)
		snprintf(text, sizeof(text), "offers method %s (%u); %s", offered, method,
			 cxio_fault_text(fault));
	else
		snprintf(text, sizeof(text), "%s", cxio_fault_text(fault));
	cxio_dispatch_rejected(m, peer, text);
}

/**
 * cxio_greet_make() - a connection for a peer that has none
 * @m: the messenger
 * @p: the portal we are in
 * @peer: what the peer shows
 * @from: where it connects from
 * @peer_type: what it says it is
 * @elsewhere: set to the portal where there is one by now, perhaps @p, or NULL
 *
 * Return: a reference, or NULL: there is one by now and is to be judged, or are too many.
 */
struct cxio_connection *cxio_greet_make(struct cxio_messenger *m, struct cxio_portal *p,
					const struct cxio_addr *peer, const struct sockaddr *from,
					u32 peer_type, struct cxio_portal **elsewhere)
{
	struct cxio_connection *c, *other;
	bool raced;

	*elsewhere = NULL;
	c = cxio_connection_accepted(m, p, peer, from, peer_type, &raced);
	if (c)
		return cxio_connection_get(c);
	other = raced ? cxio_connection_for_peer(m, peer) : NULL;
	if (other)
		*elsewhere = other->portal;
	cxio_connection_put(other);
	return NULL;
}

/**
 * cxio_greet_accept() - open a session as judged
 * @c: the connection: what carries it, or was to, does not any more
 * @ours: what we bring
 * @own: what we show the peer as ours
 * @connect: the peer's connect
 * @cookies: what came with it
 * @v: the decision; its reply is completed
 */
void cxio_greet_accept(struct cxio_connection *c, const struct cxio_terms *ours,
		       const struct cxio_addr *own, const struct cxio_connect *connect,
		       const struct cxio_cookies *cookies, struct cxio_verdict *v)
{
	struct cxio_messenger *m = c->messenger;

	cxio_connection_take_over(c);
	/* If it is we who connect again, the peer finds the session by what it dialled. */
	if (!c->own.family) {
		c->own = *own;
		c->own_nonce = own->nonce;
	}
	pthread_mutex_lock(&m->global_lock);
	cxio_handshake_accept(&c->session, ours, &m->global, connect, cookies, v);
	pthread_mutex_unlock(&m->global_lock);
	if (v->reset)
		cxio_connection_reset_session(c);
}

/**
 * cxio_greet_told_to_wait() - the peer waits for our own attempt
 * @c: the connection
 */
void cxio_greet_told_to_wait(struct cxio_connection *c)
{
	cxio_session_hurry(&c->session, c->portal->now);
	cxio_connection_attempt_due(c);
}
