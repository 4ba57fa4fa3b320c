// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Authorizers and signatures that are made elsewhere: they are asked when
 * common/authorizer.h says so. Who has none goes without, and lets in whoever does.
 */
#include <stdlib.h>

#include "simple.h"

/**
 * simple_set_auth() - have authorizers and signatures made elsewhere
 * @m: a messenger of this transport that was not started
 * @auth: the calls; stay as long as the messenger
 * @arg: handed to its @begin
 */
void simple_set_auth(struct cxio_messenger *m, const struct simple_auth *auth, void *arg)
{
	struct simple_net *net = m->transport_data;

	net->auth = auth;
	net->auth_arg = arg;
}

/**
 * simple_signer_begin() - a stream begins
 * @s: filled
 * @net: whose
 * @active: we connect
 * @peer_type: to what; CXIO_PEER_ANY on the passive side
 *
 * Return: false if there is no memory.
 */
bool simple_signer_begin(struct simple_signer *s, const struct simple_net *net, bool active,
			 u32 peer_type)
{
	if (!net->auth)
		return true;
	s->ops = net->auth;
	s->auth = calloc(1, sizeof(*s->auth));
	s->authorizer = calloc(1, sizeof(*s->authorizer));
	s->state = s->ops->begin(net->auth_arg, peer_type);
	if (!s->auth || !s->authorizer || !s->state) {
		simple_signer_end(s);
		return false;
	}
	cxio_auth_init(s->auth, NULL, active);
	cxio_authorizer_init(s->auth, s->authorizer, s->ops->flags);
	return true;
}

/**
 * simple_signer_end() - it has ended
 * @s: begun, or zero
 */
void simple_signer_end(struct simple_signer *s)
{
	if (s->state)
		s->ops->end(s->state);
	s->state = NULL;
	if (s->auth)
		cxio_wipe(s->auth, sizeof(*s->auth));
	if (s->authorizer)
		cxio_wipe(s->authorizer, sizeof(*s->authorizer));
	free(s->auth);
	free(s->authorizer);
	s->auth = NULL;
	s->authorizer = NULL;
}

/**
 * simple_signer_terms() - say whether messages can be signed
 * @s: the signer
 * @terms: what is brought to the handshake
 */
void simple_signer_terms(const struct simple_signer *s, struct cxio_terms *terms)
{
	if (s->ops)
		cxio_authorizer_terms(s->auth, terms);
}

/**
 * simple_signer_took() - bytes came behind a connect or reply
 * @s: the signer
 * @bytes: them
 * @len: how many; at most CXIO_AUTHORIZER_MAX
 */
void simple_signer_took(struct simple_signer *s, const void *bytes, u32 len)
{
	if (!s->ops)
		return;
	if (len)
		memcpy(s->authorizer->in, bytes, len);
	s->authorizer->in_len = len;
}

/**
 * simple_signer_out() - the bytes that go behind a connect or reply
 * @s: the signer
 *
 * Return: them; how many stands in the connect or reply.
 */
const void *simple_signer_out(const struct simple_signer *s)
{
	return s->ops ? s->authorizer->out : NULL;
}

/* --- client --- */

/**
 * simple_signer_connect() - make what goes with a connect
 * @s: the signer
 * @c: the connect: method and length are set
 *
 * Return: the fault if there is none.
 */
enum cxio_fault simple_signer_connect(struct simple_signer *s, struct cxio_connect *c)
{
	struct cxio_authorizer *h = s->authorizer;
	u32 protocol = CXIO_AUTH_METHOD_UNKNOWN;
	struct cxio_greeting g = { .connect = *c };
	enum cxio_fault fault;
	bool again;
	int len;

	if (!s->ops)
		return CXIO_FAULT_NONE;
	again = h->fresh;
	len = s->ops->authorizer(s->state, h->fresh, &protocol, h->out, sizeof(h->out));
	fault = cxio_authorizer_got(h, protocol, len);
	if (!fault)
		cxio_authorizer_connect(s->auth, &g);
	*c = g.connect;
	/* There was one: that the peer has refused it is what ends this attempt. */
	return fault && again ? CXIO_FAULT_HANDSHAKE_AUTHORIZER : fault;
}

/**
 * simple_signer_reply() - what is to be made of what came with a reply?
 * @s: the signer
 * @tag: the reply's
 *
 * Return: the fault if the reply may not be acted upon.
 */
enum cxio_fault simple_signer_reply(struct simple_signer *s, u8 tag)
{
	struct cxio_authorizer *h = s->authorizer;
	enum cxio_fault fault;
	bool good = true;

	if (!s->ops)
		return CXIO_FAULT_NONE;
	fault = cxio_authorizer_reply(s->auth, tag);
	if (fault)
		return fault;
	if (h->call == CXIO_AUTHORIZER_CHALLENGE)
		good = s->ops->challenge(s->state, h->in, h->in_len);
	else if (h->call == CXIO_AUTHORIZER_ANSWER)
		good = s->ops->verify(s->state, h->in, h->in_len);
	return cxio_authorizer_done(s->auth, good);
}

/* --- server --- */

/**
 * simple_signer_judge() - what of the authorizer of a connect?
 * @s: the signer
 * @c: the connect
 * @fault: why it is not good
 *
 * Return: the verdict.
 */
enum cxio_auth simple_signer_judge(struct simple_signer *s, const struct cxio_connect *c,
				   enum cxio_fault *fault)
{
	struct cxio_authorizer *h = s->authorizer;
	u32 verdict, answer_len = 0;

	*fault = CXIO_FAULT_NONE;
	if (!s->ops) {
		/* Ceph's "none" says who it is; we need not know. */
		if (c->authorizer_protocol <= CXIO_AUTH_METHOD_NONE)
			return CXIO_AUTH_OK;
		*fault = CXIO_FAULT_AUTH_METHOD;
		return CXIO_AUTH_BAD;
	}
	*fault = cxio_authorizer_take_connect(s->auth, c->authorizer_protocol);
	if (!*fault && h->call == CXIO_AUTHORIZER_JUDGE) {
		verdict = s->ops->judge(s->state, c, h->challenged, h->in, h->in_len, h->out,
					sizeof(h->out), &answer_len);
		*fault = cxio_authorizer_judged(s->auth, verdict, answer_len);
	}
	if (*fault)
		return CXIO_AUTH_BAD;
	return h->challenged ? CXIO_AUTH_CHALLENGE : CXIO_AUTH_OK;
}

/**
 * simple_signer_answer() - what goes with a reply
 * @s: the signer
 * @r: the reply: its length of the authorizer is set
 */
void simple_signer_answer(struct simple_signer *s, struct cxio_connect_reply *r)
{
	struct cxio_greeting g = { .reply = *r };

	if (!s->ops)
		return;
	cxio_authorizer_answer(s->auth, &g);
	*r = g.reply;
}

/* --- both --- */

/**
 * simple_signer_opens() - a session is agreed on: are its messages signed?
 * @s: the signer
 * @features: of the session
 * @sign: set
 *
 * Return: the fault if they must be, and cannot.
 */
enum cxio_fault simple_signer_opens(struct simple_signer *s, u64 features, bool *sign)
{
	enum cxio_fault fault;

	*sign = false;
	if (!s->ops)
		return CXIO_FAULT_NONE;
	fault = cxio_authorizer_signs(s->auth, features, sign);
	if (!fault && s->ops->opens)
		fault = s->ops->opens(s->state, features, *sign);
	return fault;
}
