// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MACs that authentication and signatures ask for.
 */
#include <crypto/hash.h>

#include "../common/authorizer.h"
#include "ceph_xio.h"
#include "inject.h"

/**
 * cxio_prove() - do what a step of the handshake asks for: a MAC, a callback, or nothing
 * @x: the carrier
 *
 * Context: the work that serves it. Return: the fault if it cannot be done, or the peer is
 * not the one it should be.
 */
enum cxio_fault cxio_prove(struct cxio_xio *x)
{
	u8 mac[CXIO_AUTH_PROOF_BYTES];
	bool good;

	if (x->auth.hook)
		return cxio_authorizer_ask(x);
	if (!x->auth.ask_len)
		return CXIO_FAULT_NONE;
	good = cxio_secret_mac(x->secret, x->auth.ask, x->auth.ask_len, mac);
	return cxio_auth_answered(&x->auth, good ? mac : NULL);
}

static struct crypto_shash *make_key(const struct cxio_xio *x, bool own)
{
	u8 block[CXIO_AUTH_BLOCK_MAX], key[CXIO_AUTH_KEY_BYTES];
	u32 len = cxio_auth_key(&x->auth, own, block);
	struct crypto_shash *tfm = NULL;

	if (len && cxio_secret_mac(x->secret, block, len, key))
		tfm = cxio_mac_key(key, sizeof(key));
	memzero_explicit(key, sizeof(key));
	return tfm;
}

static enum cxio_fault owner_signs(struct cxio_xio *x)
{
	enum cxio_fault fault;

	fault = cxio_authorizer_signs(&x->auth, x->host->session.features, &x->signer.owner);
	if (!fault && x->signer.owner)
		cxio_channel_sign(&x->life.channel);
	return fault;
}

/**
 * cxio_sign_begin() - the session is agreed on: make the keys if its messages are signed
 * @x: the carrier, with its host, whose channel is not ready yet
 * @generation: the session's connect_seq
 *
 * Context: the work that serves it. Return: the fault if they cannot be made, or the owner
 * insists on signatures that there are none of.
 */
enum cxio_fault cxio_sign_begin(struct cxio_xio *x, u64 generation)
{
	if (x->auth.hook)
		return owner_signs(x);
	if (!x->auth.own || !x->auth.sign)
		return CXIO_FAULT_NONE;
	x->signer.tx = make_key(x, true);
	x->signer.rx = make_key(x, false);
	if (!x->signer.tx || !x->signer.rx)
		return CXIO_FAULT_NO_MEMORY;
	x->signer.generation = generation;
	cxio_channel_sign(&x->life.channel);
	return CXIO_FAULT_NONE;
}

/**
 * cxio_sign_end() - forget the keys
 * @x: the carrier
 *
 * Context: the work that serves it.
 */
void cxio_sign_end(struct cxio_xio *x)
{
	if (x->signer.tx)
		crypto_free_shash(x->signer.tx);
	if (x->signer.rx)
		crypto_free_shash(x->signer.rx);
	x->signer.tx = NULL;
	x->signer.rx = NULL;
	x->signer.owner = false;
}

/**
 * cxio_signs() - are its messages signed?
 * @x: the carrier
 *
 * Context: the work that serves it. Return: true if so.
 */
bool cxio_signs(const struct cxio_xio *x)
{
	return x->signer.tx || x->signer.owner;
}

/**
 * cxio_sign() - sign a message whose last frame was made
 * @x: the carrier
 * @frame: the frame
 * @len: bytes of it
 *
 * Context: the work that serves it; no message's @io is held: it may be a callback. Return:
 * the fault if it cannot be signed: the frame must not go.
 */
enum cxio_fault cxio_sign(const struct cxio_xio *x, void *frame, u32 len)
{
	u8 block[CXIO_SIGN_BLOCK], mac[CXIO_AUTH_PROOF_BYTES];
	u32 size;

	if (x->signer.owner)
		return cxio_authorizer_sign(x, frame, len);
	if (!x->signer.tx)
		return CXIO_FAULT_NONE;
	size = cxio_sign_frame_block(&x->life.channel.tx.header, frame, len,
				     x->signer.generation, block);
	if (crypto_shash_tfm_digest(x->signer.tx, block, size, mac))
		return CXIO_FAULT_NO_MEMORY;
	cxio_sign_frame(frame, len, mac);
	return CXIO_FAULT_NONE;
}

/**
 * cxio_check_signature() - all frames of a message are here: who has signed it?
 * @x: the carrier
 * @f: its footer, whose flags the channel has checked
 *
 * Before anything of it is delivered or read.
 *
 * Context: as cxio_sign(). Return: the fault if it was not the peer.
 */
enum cxio_fault cxio_check_signature(const struct cxio_xio *x, const struct cxio_msg_footer *f)
{
	u8 block[CXIO_SIGN_BLOCK], mac[CXIO_AUTH_PROOF_BYTES];
	u32 size;

	if (x->signer.owner)
		return cxio_authorizer_check(x, f);
	if (!x->signer.rx)
		return CXIO_FAULT_NONE;
	size = cxio_sign_block_decoded(&x->life.channel.rx.header, f, x->signer.generation,
				       block);
	if (crypto_shash_tfm_digest(x->signer.rx, block, size, mac))
		return CXIO_FAULT_NO_MEMORY;
	return cxio_sign_check(f, cxio_signature_from_mac(mac));
}
