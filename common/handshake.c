// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connect, reconnect, retry, reset, wait: what client and server decide.
 */
#include "handshake.h"

/**
 * cxio_global_next() - number a connection attempt
 * @g: the messenger's count; its owner guards it
 *
 * Return: the number.
 */
u32 cxio_global_next(struct cxio_global *g)
{
	return ++g->seq;
}

/* What one peer asks for stays with its session: no other is numbered by it (I4). */
static u32 attempt_number(struct cxio_session *s, struct cxio_global *g)
{
	u32 number = cxio_global_next(g);

	if (number <= s->global_floor)
		number = ++s->global_floor;
	return number;
}

/* --- client --- */

/**
 * cxio_handshake_again() - fill the next connect of an attempt
 * @s: the session
 * @ours: what we bring
 * @c: filled, but for the authorizer
 */
void cxio_handshake_again(const struct cxio_session *s, const struct cxio_terms *ours,
			  struct cxio_connect *c)
{
	memset(c, 0, sizeof(*c));
	c->features = ours->supported;
	c->host_type = ours->host_type;
	c->protocol_version = ours->protocol_version;
	c->global_seq = s->global_seq;
	c->connect_seq = s->connect_seq;
	c->flags = s->policy.lossy ? CXIO_CONNECT_LOSSY : 0;
}

/**
 * cxio_handshake_begin() - begin an attempt, on a new connection
 * @s: the session; it is connecting
 * @ours: what we bring
 * @g: the messenger's count
 * @c: filled, but for the authorizer
 */
void cxio_handshake_begin(struct cxio_session *s, const struct cxio_terms *ours,
			  struct cxio_global *g, struct cxio_connect *c)
{
	s->global_seq = attempt_number(s, g);
	s->auth_retried = false;
	s->challenges = 0;
	s->resets = 0;
	s->retries = 0;
	cxio_handshake_again(s, ours, c);
}

/**
 * cxio_handshake_cookies() - the cookies that go with a connect or a reply
 * @s: the session
 *
 * Return: the cookies; all 0 on byte streams.
 */
struct cxio_cookies cxio_handshake_cookies(const struct cxio_session *s)
{
	return (struct cxio_cookies){ .own = s->own_cookie, .peer = s->peer_cookie };
}

static enum cxio_client_step fail(enum cxio_fault *fault, enum cxio_fault why)
{
	*fault = why;
	return CXIO_CLIENT_FAIL;
}

static enum cxio_client_step client_opens(struct cxio_session *s, const struct cxio_terms *ours,
					  const struct cxio_connect_reply *r,
					  const struct cxio_cookies *cookies,
					  enum cxio_fault *fault)
{
	if (ours->required & ~r->features)
		return fail(fault, CXIO_FAULT_HANDSHAKE_FEATURES);
	if (r->connect_seq != s->connect_seq + 1)
		return fail(fault, CXIO_FAULT_HANDSHAKE_CONNECT_SEQ);
	/* Both sides mean the same states of the session, or do not go on with it. */
	if (s->own_cookie && (!cookies->own || cookies->peer != s->own_cookie ||
			      (s->peer_cookie && cookies->own != s->peer_cookie)))
		return fail(fault, CXIO_FAULT_HANDSHAKE_COOKIE);
	s->connect_seq = r->connect_seq;
	s->peer_global_seq = r->global_seq;
	s->peer_cookie = cookies->own;
	s->features = r->features & ours->supported;
	/* The server decides. */
	s->policy.lossy = r->flags & CXIO_CONNECT_LOSSY;
	return CXIO_CLIENT_OPEN;
}

static enum cxio_client_step client_resets(struct cxio_session *s, enum cxio_fault *fault)
{
	/* A peer that resets for ever would be asked for ever. */
	if (++s->resets > CXIO_RESETS_MAX)
		return fail(fault, CXIO_FAULT_HANDSHAKE_RESET);
	cxio_session_reset(s);
	return CXIO_CLIENT_RESET;
}

static enum cxio_client_step client_retries(struct cxio_session *s, struct cxio_global *g,
					    const struct cxio_connect_reply *r,
					    enum cxio_fault *fault)
{
	/* Each advances a counter; a peer that goes on would be asked nearly for ever. */
	if (++s->retries > CXIO_RETRIES_MAX)
		return fail(fault, CXIO_FAULT_HANDSHAKE_RETRIES);
	if (r->tag == CXIO_TAG_RETRY_SESSION) {
		if (r->connect_seq <= s->connect_seq || r->connect_seq == ~0u)
			return fail(fault, CXIO_FAULT_HANDSHAKE_CONNECT_SEQ);
		s->connect_seq = r->connect_seq;
		return CXIO_CLIENT_AGAIN;
	}
	if (r->global_seq == ~0u)
		return fail(fault, CXIO_FAULT_HANDSHAKE_GLOBAL_SEQ);
	/* Ceph's servers name the attempt they took last, however high this one is. */
	if (r->global_seq > s->global_floor)
		s->global_floor = r->global_seq;
	s->global_seq = attempt_number(s, g);
	return CXIO_CLIENT_AGAIN;
}

static enum cxio_client_step client_authorizes(struct cxio_session *s, u8 tag,
					       enum cxio_fault *fault)
{
	if (tag == CXIO_TAG_CHALLENGE_AUTHORIZER) {
		if (++s->challenges > CXIO_CHALLENGES_MAX)
			return fail(fault, CXIO_FAULT_HANDSHAKE_CHALLENGE);
		return CXIO_CLIENT_CHALLENGE;
	}
	/* It may have been an old one: once more, with a new one. */
	if (s->auth_retried)
		return fail(fault, CXIO_FAULT_HANDSHAKE_AUTHORIZER);
	s->auth_retried = true;
	return CXIO_CLIENT_AUTHORIZE;
}

/**
 * cxio_handshake_reply() - take in a reply
 * @s: the session; it is connecting, and so is the connection the reply came on
 * @ours: what we bring
 * @g: the messenger's count
 * @r: the reply, decoded
 * @cookies: what came with it
 * @now: time
 * @fault: why, with CXIO_CLIENT_FAIL
 *
 * Return: what to do.
 */
enum cxio_client_step cxio_handshake_reply(struct cxio_session *s, const struct cxio_terms *ours,
					   struct cxio_global *g,
					   const struct cxio_connect_reply *r,
					   const struct cxio_cookies *cookies, u64 now,
					   enum cxio_fault *fault)
{
	*fault = CXIO_FAULT_NONE;
	switch (r->tag) {
	case CXIO_TAG_READY:
	case CXIO_TAG_SEQ:
		return client_opens(s, ours, r, cookies, fault);
	case CXIO_TAG_RESETSESSION:
		return client_resets(s, fault);
	case CXIO_TAG_RETRY_SESSION:
	case CXIO_TAG_RETRY_GLOBAL:
		return client_retries(s, g, r, fault);
	case CXIO_TAG_CHALLENGE_AUTHORIZER:
	case CXIO_TAG_BADAUTHORIZER:
		return client_authorizes(s, r->tag, fault);
	case CXIO_TAG_WAIT:
		/* Only a peer that may be connected to itself can be waiting for that. */
		if (!s->policy.standby)
			return fail(fault, CXIO_FAULT_HANDSHAKE_WAIT);
		cxio_session_wait(s, now);
		return CXIO_CLIENT_WAIT;
	case CXIO_TAG_FEATURES:
		return fail(fault, CXIO_FAULT_HANDSHAKE_FEATURES);
	case CXIO_TAG_BADPROTOVER:
		return fail(fault, CXIO_FAULT_HANDSHAKE_PROTOCOL);
	default:
		return fail(fault, CXIO_FAULT_HANDSHAKE_TAG);
	}
}

/* --- server --- */

static void answer(struct cxio_verdict *v, u8 tag)
{
	v->reply.tag = tag;
}

static void open_it(struct cxio_verdict *v, bool reset)
{
	v->judge = CXIO_JUDGE_OPEN;
	v->reset = reset;
}

/* Ceph keeps what is queued for a peer that nobody checks for resets. */
static void open_anew(const struct cxio_session *e, const struct cxio_policy *policy,
		      struct cxio_verdict *v)
{
	v->judge = CXIO_JUDGE_OPEN;
	v->reset = e->own_cookie || policy->resetcheck;
	v->reset_in = !v->reset;
}

static bool unfit(const struct cxio_terms *ours, const struct cxio_connect *c,
		  enum cxio_auth auth, struct cxio_verdict *v)
{
	if (c->protocol_version != ours->protocol_version)
		answer(v, CXIO_TAG_BADPROTOVER);
	else if (ours->required & ~c->features)
		answer(v, CXIO_TAG_FEATURES);
	else if (auth == CXIO_AUTH_CHALLENGE)
		answer(v, CXIO_TAG_CHALLENGE_AUTHORIZER);
	else if (auth != CXIO_AUTH_OK)
		answer(v, CXIO_TAG_BADAUTHORIZER);
	else
		return false;
	return true;
}

/*
 * Has the peer forgotten this session and begun anew? Its cookie tells. Without
 * cookies a connect_seq of 0 does, for want of better: then a reply that was lost
 * looks the same, as with Ceph.
 */
static bool peer_began_anew(const struct cxio_session *e, const struct cxio_connect *c,
			    const struct cxio_cookies *cookies)
{
	if (!e->own_cookie)
		return !c->connect_seq && e->connect_seq > 0;
	return e->peer_cookie && cookies->own != e->peer_cookie;
}

/* Does the peer speak of a session that is not ours, or not any more? */
static bool session_unknown(const struct cxio_session *e, const struct cxio_policy *policy,
			    const struct cxio_connect *c, const struct cxio_cookies *cookies)
{
	if (!c->connect_seq)
		return false;
	/* Nothing comes after the last number. */
	if (c->connect_seq == ~0u)
		return true;
	/* Who has no cookie of anybody's has its count from a retry, and lost nothing. */
	if (!e && cookies->own)
		return cookies->peer != 0;
	if (!e)
		return true;
	if (!e->own_cookie)
		return policy->resetcheck && !e->connect_seq;
	/*
	 * If our first reply was lost, it knows no cookie of ours, but we know its. If
	 * neither knows one, it has its count from us, and nothing to forget.
	 */
	if (!cookies->peer)
		return e->peer_cookie && cookies->own != e->peer_cookie;
	return cookies->peer != e->own_cookie;
}

static void retry_session(u32 connect_seq, struct cxio_verdict *v)
{
	answer(v, CXIO_TAG_RETRY_SESSION);
	v->reply.connect_seq = connect_seq;
}

/*
 * The peer is behind. If we connect too, each could tell the other to overtake it for
 * ever: the lower one is let come level, and wins; the higher one waits.
 */
static void judge_behind(const struct cxio_session *e, bool peer_is_lower,
			 struct cxio_verdict *v)
{
	if (e->state != CXIO_SESSION_CONNECTING && e->state != CXIO_SESSION_WAIT)
		retry_session(e->connect_seq + 1, v);
	else if (peer_is_lower)
		retry_session(e->connect_seq, v);
	else
		answer(v, CXIO_TAG_WAIT);
}

/* Both are as far as each other: either an old attempt, or both connect at once. */
static void judge_equal(const struct cxio_session *e, bool peer_is_lower, struct cxio_verdict *v)
{
	if (e->state == CXIO_SESSION_OPEN || e->state == CXIO_SESSION_STANDBY)
		retry_session(e->connect_seq + 1, v);
	else if (peer_is_lower || e->policy.server || e->state == CXIO_SESSION_IDLE)
		open_it(v, false);
	else
		answer(v, CXIO_TAG_WAIT);
}

/**
 * cxio_handshake_judge() - decide on a connect
 * @existing: the session with that peer, or NULL; an ended one counts as none
 * @policy: for peers of its kind
 * @ours: what we bring
 * @c: the connect, decoded
 * @cookies: what came with it
 * @auth: what became of its authorizer
 * @peer_is_lower: the peer's address comes before ours: its attempt wins a race
 * @v: the decision
 *
 * Nothing is changed by this.
 */
void cxio_handshake_judge(const struct cxio_session *existing, const struct cxio_policy *policy,
			  const struct cxio_terms *ours, const struct cxio_connect *c,
			  const struct cxio_cookies *cookies, enum cxio_auth auth,
			  bool peer_is_lower, struct cxio_verdict *v)
{
	const struct cxio_session *e = existing;

	memset(v, 0, sizeof(*v));
	v->judge = CXIO_JUDGE_REPLY;
	v->reply.features = ours->supported;
	v->reply.protocol_version = ours->protocol_version;
	v->reply.flags = policy->lossy ? CXIO_CONNECT_LOSSY : 0;
	if (e && e->state == CXIO_SESSION_ENDED)
		e = NULL;

	if (unfit(ours, c, auth, v))
		return;
	if (e && c->global_seq < e->peer_global_seq) {
		answer(v, CXIO_TAG_RETRY_GLOBAL);
		v->reply.global_seq = e->peer_global_seq;
	} else if (e && e->policy.lossy) {
		open_it(v, true);
	} else if (session_unknown(e, policy, c, cookies)) {
		answer(v, CXIO_TAG_RESETSESSION);
	} else if (!e) {
		open_it(v, false);
	} else if (peer_began_anew(e, c, cookies)) {
		open_anew(e, policy, v);
	} else if (c->connect_seq < e->connect_seq) {
		judge_behind(e, peer_is_lower, v);
	} else if (c->connect_seq == e->connect_seq) {
		judge_equal(e, peer_is_lower, v);
	} else {
		open_it(v, false);
	}
}

/**
 * cxio_handshake_accept() - open a session as judged
 * @s: the existing session, or in place of none and of an ended one a new one that
 *	was initialised with the policy
 * @ours: what we bring
 * @g: the messenger's count
 * @c: the connect
 * @cookies: what came with it
 * @v: the decision; its reply is completed
 *
 * The session's former connection, and an attempt of its own, are no longer its:
 * the owner drops them (cxio_life_replaced()), without telling cxio_session_lost().
 * It then tells cxio_session_opened() what the peer has received.
 */
void cxio_handshake_accept(struct cxio_session *s, const struct cxio_terms *ours,
			   struct cxio_global *g, const struct cxio_connect *c,
			   const struct cxio_cookies *cookies, struct cxio_verdict *v)
{
	struct cxio_connect_reply *r = &v->reply;

	if (v->reset)
		cxio_session_reset(s);
	if (v->reset_in) {
		s->in_seq = 0;
		s->rx_seq = 0;
	}
	s->connect_seq = c->connect_seq + 1;
	s->peer_global_seq = c->global_seq;
	s->peer_cookie = cookies->own;
	s->features = c->features & ours->supported;
	r->tag = s->features & CXIO_CEPH_FEATURE_RECONNECT_SEQ ? CXIO_TAG_SEQ : CXIO_TAG_READY;
	r->features = s->features | ours->required;
	r->global_seq = attempt_number(s, g);
	r->connect_seq = s->connect_seq;
}
