// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The MACs that authentication and signatures ask for.
 */
#include "xio.h"

/**
 * xio_prove() - compute the MAC that a step of the handshake asks for, if it does
 * @x: the carrier
 *
 * Return: the fault if it cannot be, or the peer has another proof.
 */
enum cxio_fault xio_prove(struct cxio_xio *x)
{
	const struct cxio_secret *s = &x->messenger->secret;
	u8 mac[CXIO_HMAC_BYTES];
	bool good;

	if (!x->auth.ask_len)
		return CXIO_FAULT_NONE;
	good = cxio_hmac(s->bytes, s->len, x->auth.ask, x->auth.ask_len, mac);
	return cxio_auth_answered(&x->auth, good ? mac : NULL);
}

static bool make_key(const struct cxio_xio *x, bool own, u8 *key)
{
	const struct cxio_secret *s = &x->messenger->secret;
	u8 block[CXIO_AUTH_BLOCK_MAX];
	u32 len = cxio_auth_key(&x->auth, own, block);

	return len && cxio_hmac(s->bytes, s->len, block, len, key);
}

/**
 * xio_sign_begin() - the session is agreed on: make the keys if its messages are signed
 * @x: the carrier, whose channel is not ready yet
 * @generation: the session's connect_seq
 *
 * Return: the fault if they cannot be made.
 */
enum cxio_fault xio_sign_begin(struct cxio_xio *x, u64 generation)
{
	if (!x->auth.own || !x->auth.sign)
		return CXIO_FAULT_NONE;
	if (!make_key(x, true, x->signer.tx) || !make_key(x, false, x->signer.rx))
		return CXIO_FAULT_NO_MEMORY;
	x->signer.generation = generation;
	x->signer.on = true;
	cxio_channel_sign(&x->life.channel);
	return CXIO_FAULT_NONE;
}

/**
 * xio_sign() - sign a message whose last frame was made
 * @x: the carrier
 * @frame: the frame
 * @len: bytes of it
 *
 * Return: the fault if it cannot be signed: the frame must not go.
 */
enum cxio_fault xio_sign(const struct cxio_xio *x, void *frame, u32 len)
{
	u8 block[CXIO_SIGN_BLOCK], mac[CXIO_HMAC_BYTES];
	u32 size;

	if (!x->signer.on)
		return CXIO_FAULT_NONE;
	size = cxio_sign_frame_block(&x->life.channel.tx.header, frame, len,
				     x->signer.generation, block);
	if (!cxio_hmac(x->signer.tx, sizeof(x->signer.tx), block, size, mac))
		return CXIO_FAULT_NO_MEMORY;
	cxio_sign_frame(frame, len, mac);
	return CXIO_FAULT_NONE;
}

/**
 * xio_check_signature() - all frames of a message are here: who has signed it?
 * @x: the carrier
 * @f: its footer, whose flags the channel has checked
 *
 * Before anything of it is delivered or read.
 *
 * Return: the fault if it was not the peer.
 */
enum cxio_fault xio_check_signature(const struct cxio_xio *x, const struct cxio_msg_footer *f)
{
	u8 block[CXIO_SIGN_BLOCK], mac[CXIO_HMAC_BYTES];
	u32 size;

	if (!x->signer.on)
		return CXIO_FAULT_NONE;
	size = cxio_sign_block_decoded(&x->life.channel.rx.header, f, x->signer.generation,
				       block);
	if (!cxio_hmac(x->signer.rx, sizeof(x->signer.rx), block, size, mac))
		return CXIO_FAULT_NO_MEMORY;
	return cxio_sign_check(f, cxio_signature_from_mac(mac));
}
