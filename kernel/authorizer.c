// SPDX-License-Identifier: GPL-2.0-only
/*
 * The owner's own authorizers: his callbacks made, as common/authorizer.c decides.
 */
#include <linux/mm.h>

#include "../common/authorizer.h"
#include "ceph_xio.h"
#include "inject.h"

static const struct cxio_ops *ops(const struct cxio_xio *x)
{
	return x->messenger->ops;
}

/* Is this side's part of such a handshake among the owner's callbacks? */
static bool has_authorizers(const struct cxio_xio *x, bool active)
{
	return active ? !!ops(x)->get_authorizer : !!ops(x)->verify_authorizer;
}

static u8 signing(const struct cxio_ops *o)
{
	if (!o->sign_message || !o->check_message_signature)
		return 0;
	return o->signing_required ? CXIO_AUTH_CAN_SIGN | CXIO_AUTH_MUST_SIGN :
				     CXIO_AUTH_CAN_SIGN;
}

/**
 * cxio_authorizer_begin() - have a handshake go by the owner's authorizers, if he has any
 * @x: a new carrier, whose @auth has begun, without a secret
 * @active: we connect
 *
 * Context: may sleep. Return: false if there is no memory.
 */
bool cxio_authorizer_begin(struct cxio_xio *x, bool active)
{
	struct cxio_authorizer *h;

	if (!has_authorizers(x, active))
		return true;
	h = cxio_inject_alloc() ? NULL : kvmalloc(sizeof(*h), GFP_KERNEL);
	if (!h)
		return false;
	cxio_authorizer_init(&x->auth, h, signing(ops(x)));
	return true;
}

/**
 * cxio_authorizer_free() - the counterpart of cxio_authorizer_begin()
 * @x: a carrier that nobody has any more, or whose handshake is over for good
 *
 * Context: any, once cxio_authorizer_end() was called.
 */
void cxio_authorizer_free(struct cxio_xio *x)
{
	kvfree(x->auth.hook);
	x->auth.hook = NULL;
}

/**
 * cxio_authorizer_end() - let go of what the owner keeps for the handshake
 * @x: the carrier, which is being torn down
 *
 * Context: the work that serves it.
 */
void cxio_authorizer_end(struct cxio_xio *x)
{
	void *state = x->authorization;

	x->authorization = NULL;
	if (state && ops(x)->put_authorizer)
		ops(x)->put_authorizer(state);
	/* Here it may sleep. */
	cxio_authorizer_free(x);
}

/**
 * cxio_authorizer_make() - have the owner make what goes with the next connect
 * @x: the carrier
 *
 * Context: the work that serves it. Return: the fault if he has none.
 */
enum cxio_fault cxio_authorizer_make(struct cxio_xio *x)
{
	struct cxio_authorizer *h = x->auth.hook;
	u32 protocol = CXIO_AUTH_METHOD_UNKNOWN;
	enum cxio_fault fault;
	int len;

	if (!h)
		return CXIO_FAULT_NONE;
	len = ops(x)->get_authorizer(x->host, &x->authorization, h->fresh, &protocol, h->out,
				     sizeof(h->out));
	fault = cxio_authorizer_got(h, protocol, len);
	return len == -ENOMEM ? CXIO_FAULT_NO_MEMORY : fault;
}

static bool challenged(struct cxio_xio *x)
{
	const struct cxio_authorizer *h = x->auth.hook;

	return ops(x)->add_authorizer_challenge &&
	       !ops(x)->add_authorizer_challenge(x->host, &x->authorization, h->in, h->in_len);
}

static bool verified(struct cxio_xio *x)
{
	const struct cxio_authorizer *h = x->auth.hook;

	return ops(x)->verify_authorizer_reply &&
	       !ops(x)->verify_authorizer_reply(x->host, &x->authorization, h->in, h->in_len);
}

static enum cxio_fault judge(struct cxio_xio *x)
{
	struct cxio_authorizer *h = x->auth.hook;
	struct cxio_peer_authorizer p = {
		.protocol = h->protocol, .bytes = h->in, .len = h->in_len,
		.challenged = h->challenged, .answer = h->out, .answer_max = sizeof(h->out),
	};
	enum cxio_auth verdict = ops(x)->verify_authorizer(x->host, &x->authorization, &p);

	return cxio_authorizer_judged(&x->auth, verdict, p.answer_len);
}

/**
 * cxio_authorizer_ask() - ask the owner what he is to be asked, if anything
 * @x: the carrier, with a host, whose handshake goes by his authorizers
 *
 * Context: the host's work. Return: the fault if the handshake may not go on as it was.
 */
enum cxio_fault cxio_authorizer_ask(struct cxio_xio *x)
{
	switch (x->auth.hook->call) {
	case CXIO_AUTHORIZER_CHALLENGE:
		return cxio_authorizer_done(&x->auth, challenged(x));
	case CXIO_AUTHORIZER_ANSWER:
		return cxio_authorizer_done(&x->auth, verified(x));
	case CXIO_AUTHORIZER_INVALIDATE:
		if (ops(x)->invalidate_authorizer)
			ops(x)->invalidate_authorizer(x->host, &x->authorization);
		return cxio_authorizer_done(&x->auth, true);
	case CXIO_AUTHORIZER_JUDGE:
		return judge(x);
	case CXIO_AUTHORIZER_NOTHING:
		break;
	}
	return CXIO_FAULT_NONE;
}

/**
 * cxio_authorizer_sign() - have the owner sign a message whose last frame was made
 * @x: the carrier
 * @frame: the frame, which ends with the footer
 * @len: bytes of it
 *
 * Context: the work that serves it; no message's @io is held: it is a callback. Return: the
 * fault if he does not.
 */
enum cxio_fault cxio_authorizer_sign(const struct cxio_xio *x, void *frame, u32 len)
{
	const struct cxio_wire_msg_footer *footer = frame + len - CXIO_MSG_FOOTER;
	struct cxio_wire_msg_header header;
	u64 sig = 0;
	int err;

	cxio_msg_header_encode(&x->life.channel.tx.header, &header);
	err = ops(x)->sign_message(x->host, x->authorization, &header, footer, &sig);
	if (err)
		return err == -ENOMEM ? CXIO_FAULT_NO_MEMORY : CXIO_FAULT_FOOTER_UNSIGNED;
	cxio_sign_frame_as(frame, len, sig);
	return CXIO_FAULT_NONE;
}

/**
 * cxio_authorizer_check() - have the owner say whether a message was signed by the peer
 * @x: the carrier
 * @f: its footer, whose flags the channel has checked
 *
 * Context: as cxio_authorizer_sign(). Return: the fault if it was not.
 */
enum cxio_fault cxio_authorizer_check(const struct cxio_xio *x, const struct cxio_msg_footer *f)
{
	struct cxio_wire_msg_header header;
	struct cxio_wire_msg_footer footer;
	int err;

	cxio_msg_header_encode(&x->life.channel.rx.header, &header);
	cxio_msg_footer_encode(f, &footer);
	err = ops(x)->check_message_signature(x->host, x->authorization, &header, &footer);
	if (!err)
		return CXIO_FAULT_NONE;
	return err == -ENOMEM ? CXIO_FAULT_NO_MEMORY : CXIO_FAULT_FOOTER_SIG;
}
