// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Authorizers: showing a ticket to a daemon, and seeing that the daemon could read it.
 */
#include "../crypto.h"
#include "cephx.h"
#include "sign.h"

static const char challenge_wrong[] = "cephx challenge: not encrypted under the ticket's key";
static const char answer_wrong[] = "cephx answer: not encrypted under the ticket's key";

/**
 * cephx_authorizer_begin() - a connection to a daemon begins, or begins again
 * @a: filled
 * @c: the client
 * @service: what it is
 * @nonce: random
 * @now_ns: the time
 *
 * Return: false if there is no ticket for it.
 */
bool cephx_authorizer_begin(struct cephx_authorizer *a, const struct cephx_client *c,
			    u32 service, u64 nonce, u64 now_ns)
{
	enum cephx_kind kind = cephx_kind_of(service);
	const struct cephx_ticket *t;
	struct cephx_out out;

	memset(a, 0, sizeof(*a));
	if (kind == CEPHX_KINDS || !cephx_ticket_good(&c->ticket[kind], now_ns))
		return false;
	t = &c->ticket[kind];
	cephx_out_init(&out, a->bytes, sizeof(a->bytes));
	cephx_put8(&out, 1);
	cephx_put64(&out, c->global_id);
	cephx_put32(&out, service);
	cephx_put8(&out, 1);
	cephx_put64(&out, t->secret_id);
	cephx_put32(&out, t->len);
	cephx_put_bytes(&out, t->blob, t->len);
	a->fixed = out.len;
	a->key = t->key;
	a->nonce = nonce;
	a->made = !out.full;
	return a->made;
}

/**
 * cephx_keyless_put() - what goes with a connect of who has no key
 * @c: the client
 * @buf: gets it
 * @room: bytes of it
 *
 * Return: bytes of it; 0 if there is no room.
 */
u32 cephx_keyless_put(const struct cephx_client *c, void *buf, u32 room)
{
	struct cephx_out out;

	cephx_out_init(&out, buf, room);
	cephx_put8(&out, 1);
	cephx_put32(&out, c->type);
	cephx_put32(&out, c->name_len);
	cephx_put_bytes(&out, c->name, c->name_len);
	cephx_put64(&out, c->global_id);
	return out.full ? 0 : out.len;
}

/**
 * cephx_authorizer_put() - what goes with a connect
 * @a: the authorizer, begun
 * @buf: gets it
 * @room: bytes of it; CXIO_AUTHORIZER_MAX are enough
 *
 * Return: bytes of it; 0 if it cannot be made.
 */
u32 cephx_authorizer_put(const struct cephx_authorizer *a, void *buf, u32 room)
{
	u8 proof[CEPHX_AUTHORIZE_B];
	struct cephx_out out, b;

	if (!a->made)
		return 0;
	cephx_out_init(&b, proof, sizeof(proof));
	cephx_put8(&b, 2);
	cephx_put64(&b, a->nonce);
	cephx_put8(&b, a->challenged);
	cephx_put64(&b, a->challenged ? a->server_challenge + 1 : 0);
	cephx_out_init(&out, buf, room);
	cephx_put_bytes(&out, a->bytes, a->fixed);
	cephx_put_sealed(&out, &a->key, proof, b.len);
	return out.full ? 0 : out.len;
}

/**
 * cephx_authorizer_challenged() - the daemon answers with a challenge
 * @a: the authorizer: the next cephx_authorizer_put() has it
 * @bytes: the challenge
 * @len: how many
 *
 * Return: NULL, or what is wrong.
 */
const char *cephx_authorizer_challenged(struct cephx_authorizer *a, const void *bytes, u32 len)
{
	u8 plain[CEPHX_SEALED(9u)];
	struct cephx_in in, opened;
	u64 challenge;

	if (!a->made)
		return "cephx challenge: no ticket was shown";
	cephx_in_init(&in, bytes, len);
	opened = cephx_open_sealed(&in, &a->key, plain, sizeof(plain), challenge_wrong);
	cephx_get8(&opened, "cephx challenge: version cut short");
	challenge = cephx_get64(&opened, "cephx challenge: cut short");
	cxio_wipe(plain, sizeof(plain));
	if (opened.bad)
		return opened.bad;
	a->challenged = true;
	a->server_challenge = challenge;
	return NULL;
}

/**
 * cephx_authorizer_verify() - the daemon has accepted: is it the one whom the ticket is for?
 * @a: the authorizer
 * @bytes: its answer
 * @len: how many
 *
 * Return: NULL, or what is wrong.
 */
const char *cephx_authorizer_verify(const struct cephx_authorizer *a, const void *bytes, u32 len)
{
	/* A later version has a secret for the connection behind it. */
	u8 plain[128];
	struct cephx_in in, sealed, opened;
	u64 answer, wanted = a->nonce + 1;

	if (!a->made)
		return "cephx answer: no ticket was shown";
	cephx_in_init(&in, bytes, len);
	sealed = cephx_get_span(&in, "cephx answer: cut short");
	if (!in.bad && in.left)
		return "cephx answer: bytes after its end";
	opened = cephx_open_sealed(&sealed, &a->key, plain, sizeof(plain), answer_wrong);
	cephx_get8(&opened, "cephx answer: version cut short");
	answer = cephx_get64(&opened, "cephx answer: nonce cut short");
	cxio_wipe(plain, sizeof(plain));
	if (opened.bad)
		return opened.bad;
	return cxio_secret_equal(&answer, &wanted, sizeof(answer)) ? NULL :
		"cephx answer: nonce is not ours";
}
