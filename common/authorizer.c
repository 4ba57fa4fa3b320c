// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * An owner's own authorizers: whose turn it is, and what becomes of the result.
 */
#include "authorizer.h"

/**
 * cxio_authorizer_init() - a handshake is to be by the owner's own authorizers
 * @a: the handshake, begun without a secret
 * @h: filled but for its buffers; stays as long as @a
 * @flags: CXIO_AUTH_CAN_SIGN if he can sign and check messages, and CXIO_AUTH_MUST_SIGN if
 *	he insists on that
 */
void cxio_authorizer_init(struct cxio_auth_state *a, struct cxio_authorizer *h, u8 flags)
{
	h->flags = flags;
	h->fresh = false;
	h->challenged = false;
	h->tries = 0;
	h->call = CXIO_AUTHORIZER_NOTHING;
	h->protocol = CXIO_AUTH_METHOD_UNKNOWN;
	h->in_len = 0;
	h->out_len = 0;
	a->hook = h;
}

/**
 * cxio_authorizer_terms() - say in connect and reply whether messages can be signed
 * @a: the handshake, by whatever method
 * @t: what is brought to it, changed if it is by the owner's own authorizers
 *
 * Ceph's bit for signatures says it. Neither side signs without an authorizer and an
 * answer: cxio_authorizer_signs().
 */
void cxio_authorizer_terms(const struct cxio_auth_state *a, struct cxio_terms *t)
{
	if (!a->hook)
		return;
	if (!(a->hook->flags & CXIO_AUTH_CAN_SIGN))
		t->supported &= ~CXIO_CEPH_FEATURE_MSG_AUTH;
	if (a->hook->flags & CXIO_AUTH_MUST_SIGN)
		t->required |= CXIO_CEPH_FEATURE_MSG_AUTH;
}

/* --- client --- */

/**
 * cxio_authorizer_got() - an authorizer for the next connect is in @out, or there is none
 * @h: the handshake
 * @protocol: Ceph's number of what it is; 0: this connection goes without
 * @len: bytes of it; negative: it could not be made
 *
 * Return: the fault if there is none, or it cannot be carried.
 */
enum cxio_fault cxio_authorizer_got(struct cxio_authorizer *h, u32 protocol, int len)
{
	h->out_len = 0;
	h->protocol = CXIO_AUTH_METHOD_UNKNOWN;
	if (len < 0 || (u32)len > sizeof(h->out) || protocol == CXIO_AUTH_METHOD_SECRET)
		return CXIO_FAULT_AUTH_OWN;
	if (!protocol != !len)
		return CXIO_FAULT_AUTH_OWN;
	h->protocol = protocol;
	h->out_len = (u32)len;
	h->fresh = false;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_authorizer_connect() - what goes with a connect; for cxio_auth_connect()
 * @a: the handshake; the authorizer is in @out
 * @g: the connect, whose method and length are set
 */
void cxio_authorizer_connect(struct cxio_auth_state *a, struct cxio_greeting *g)
{
	a->proven = false;
	g->connect.authorizer_protocol = a->hook->protocol;
	g->connect.authorizer_len = a->hook->out_len;
}

/**
 * cxio_authorizer_reply() - a reply is here; for cxio_auth_reply()
 * @a: the handshake; what came with the reply is in @in
 * @tag: its tag
 *
 * Return: the fault if it may not be acted upon; else @call may say what is to be asked.
 */
enum cxio_fault cxio_authorizer_reply(struct cxio_auth_state *a, u8 tag)
{
	struct cxio_authorizer *h = a->hook;

	h->call = CXIO_AUTHORIZER_NOTHING;
	if (tag == CXIO_TAG_CHALLENGE_AUTHORIZER) {
		if (!h->protocol)
			return CXIO_FAULT_AUTH_METHOD;
		if (!h->in_len)
			return CXIO_FAULT_AUTH_CHALLENGE;
		h->call = CXIO_AUTHORIZER_CHALLENGE;
		return CXIO_FAULT_NONE;
	}
	if (!h->protocol)
		return CXIO_FAULT_NONE;
	if (tag == CXIO_TAG_BADAUTHORIZER) {
		h->call = CXIO_AUTHORIZER_INVALIDATE;
		return CXIO_FAULT_NONE;
	}
	if (!cxio_auth_tag_needs_proof(tag))
		return CXIO_FAULT_NONE;
	if (h->in_len) {
		h->call = CXIO_AUTHORIZER_ANSWER;
		return CXIO_FAULT_NONE;
	}
	/* Ceph's method "none" has authorizers, and no answers to them. */
	return h->protocol == CXIO_AUTH_METHOD_NONE ? CXIO_FAULT_NONE : CXIO_FAULT_AUTH_ANSWER;
}

/**
 * cxio_authorizer_done() - the owner has done what @call was
 * @a: the handshake
 * @good: he could; of the answer: it is right
 *
 * Return: the fault if the reply may not be acted upon.
 */
enum cxio_fault cxio_authorizer_done(struct cxio_auth_state *a, bool good)
{
	enum cxio_authorizer_call call = a->hook->call;

	a->hook->call = CXIO_AUTHORIZER_NOTHING;
	switch (call) {
	case CXIO_AUTHORIZER_CHALLENGE:
		return good ? CXIO_FAULT_NONE : CXIO_FAULT_AUTH_CHALLENGE;
	case CXIO_AUTHORIZER_ANSWER:
		a->proven = good;
		return good ? CXIO_FAULT_NONE : CXIO_FAULT_AUTH_ANSWER;
	case CXIO_AUTHORIZER_INVALIDATE:
		a->hook->fresh = true;
		return CXIO_FAULT_NONE;
	default:
		return CXIO_FAULT_NONE;
	}
}

/* --- server --- */

/**
 * cxio_authorizer_take_connect() - a connect is here; for cxio_auth_take_connect()
 * @a: the handshake; what came with it is in @in
 * @protocol: the number it goes by
 *
 * Return: the fault if its authorizer is not even to be judged; else @call says that.
 */
enum cxio_fault cxio_authorizer_take_connect(struct cxio_auth_state *a, u32 protocol)
{
	struct cxio_authorizer *h = a->hook;

	h->call = CXIO_AUTHORIZER_NOTHING;
	h->out_len = 0;
	h->protocol = protocol;
	if (h->tries >= CXIO_AUTHORIZER_TRIES_MAX)
		return CXIO_FAULT_AUTH_TRIES;
	/* Until it is found to be good. */
	h->tries++;
	if (!protocol || protocol == CXIO_AUTH_METHOD_SECRET || !h->in_len)
		return CXIO_FAULT_AUTH_METHOD;
	h->call = CXIO_AUTHORIZER_JUDGE;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_authorizer_judged() - the owner has judged the client's authorizer
 * @a: the handshake
 * @verdict: enum cxio_auth; anything else is a refusal
 * @answer_len: bytes of @out that go back: of the challenge, or of the answer
 *
 * Return: the fault if it is refused.
 */
enum cxio_fault cxio_authorizer_judged(struct cxio_auth_state *a, u32 verdict, u32 answer_len)
{
	struct cxio_authorizer *h = a->hook;

	h->call = CXIO_AUTHORIZER_NOTHING;
	h->challenged = false;
	if (answer_len > sizeof(h->out))
		return CXIO_FAULT_AUTH_REFUSED;
	switch (verdict) {
	case CXIO_AUTH_OK:
		h->tries = 0;
		a->proven = true;
		break;
	case CXIO_AUTH_CHALLENGE:
		/* A challenge of nothing would be asked for ever. */
		if (!answer_len)
			return CXIO_FAULT_AUTH_REFUSED;
		h->challenged = true;
		a->first = true;
		break;
	default:
		return CXIO_FAULT_AUTH_REFUSED;
	}
	h->out_len = answer_len;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_authorizer_answer() - what goes with a reply; for cxio_auth_answer()
 * @a: the handshake
 * @g: the reply, whose length of the authorizer is set
 */
void cxio_authorizer_answer(struct cxio_auth_state *a, struct cxio_greeting *g)
{
	u8 tag = g->reply.tag;

	if (tag == CXIO_TAG_CHALLENGE_AUTHORIZER || (a->proven && cxio_auth_tag_needs_proof(tag)))
		g->reply.authorizer_len = a->hook->out_len;
}

/* --- signatures --- */

/**
 * cxio_authorizer_signs() - are messages signed, by the owner?
 * @a: the handshake, which has led to a session
 * @features: Ceph's, as negotiated
 * @sign: set
 *
 * Both have a key only after an authorizer and its answer.
 *
 * Return: the fault if they are not and the owner insists, or he was never asked what he
 * had to be.
 */
enum cxio_fault cxio_authorizer_signs(const struct cxio_auth_state *a, u64 features, bool *sign)
{
	const struct cxio_authorizer *h = a->hook;
	u32 answer_len = a->active ? h->in_len : h->out_len;

	*sign = false;
	if (h->call != CXIO_AUTHORIZER_NOTHING)
		return CXIO_FAULT_AUTH_ANSWER;
	*sign = a->proven && answer_len && (h->flags & CXIO_AUTH_CAN_SIGN) &&
		(features & CXIO_CEPH_FEATURE_MSG_AUTH);
	if ((h->flags & CXIO_AUTH_MUST_SIGN) && !*sign)
		return CXIO_FAULT_AUTH_SIGNING;
	return CXIO_FAULT_NONE;
}
