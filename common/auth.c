// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Challenge, proof and keys, step by step; then signatures.
 */
#include "auth.h"

static_assert(CXIO_MAC_BYTES == CXIO_AUTH_PROOF_BYTES && CXIO_MAC_BYTES == CXIO_AUTH_KEY_BYTES,
	      "proofs and keys are whole MACs");

/**
 * cxio_auth_name_is_good() - may a secret be called that?
 * @name: not terminated
 * @len: bytes of it
 *
 * Context: any. Return: true if it is 1 to CXIO_AUTH_NAME_MAX printable characters, none
 * of them a space.
 */
bool cxio_auth_name_is_good(const char *name, size_t len)
{
	size_t i;

	if (!len || len > CXIO_AUTH_NAME_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	return true;
}

/**
 * cxio_credential_init() - check a name and a secret, and keep them
 * @c: filled
 * @crypto: the owner's, constant
 * @name: printable bytes, no space
 * @name_len: 1 to CXIO_AUTH_NAME_MAX
 * @secret: the secret
 * @secret_len: bytes of it, at least 1
 * @flags: CXIO_AUTH_CAN_SIGN, CXIO_AUTH_MUST_SIGN; the second brings the first with it
 *
 * Context: may sleep. Return: false if the name or the length is out of range, or there
 * is no memory; then there is nothing to be freed.
 */
bool cxio_credential_init(struct cxio_credential *c, const struct cxio_crypto *crypto,
			  const char *name, u32 name_len, const void *secret, u32 secret_len,
			  u8 flags)
{
	memset(c, 0, sizeof(*c));
	if (!cxio_auth_name_is_good(name, name_len) || !secret_len)
		return false;
	memcpy(c->name, name, name_len);
	c->name_len = (u8)name_len;
	c->flags = flags & (CXIO_AUTH_CAN_SIGN | CXIO_AUTH_MUST_SIGN);
	if (flags & CXIO_AUTH_MUST_SIGN)
		c->flags |= CXIO_AUTH_CAN_SIGN;
	c->crypto = crypto;
	c->secret = crypto->key_new(secret, secret_len);
	return c->secret;
}

/**
 * cxio_credential_free() - forget it
 * @c: the credential, perhaps a zeroed one
 *
 * Context: may sleep.
 */
void cxio_credential_free(struct cxio_credential *c)
{
	if (c->crypto)
		c->crypto->key_free(c->secret);
	memset(c, 0, sizeof(*c));
}

/**
 * cxio_auth_init() - a connection begins
 * @a: filled
 * @own: ours, which stays until the session is agreed on; NULL: we ask for nothing
 * @active: we are the client
 */
void cxio_auth_init(struct cxio_auth_state *a, const struct cxio_credential *own, bool active)
{
	memset(a, 0, sizeof(*a));
	a->own = own;
	a->active = active;
}

/**
 * cxio_auth_hello() - note the CM's private data, which the proofs are about
 * @a: the handshake
 * @of_request: of the request; else of the reply
 * @bytes: as it was sent or came, perhaps padded by the CM; it was checked
 * @len: bytes of it
 */
void cxio_auth_hello(struct cxio_auth_state *a, bool of_request, const void *bytes, u32 len)
{
	const struct cxio_wire_hello *h = bytes;
	struct cxio_auth_hello *to = &a->hello[!of_request];

	to->len = 0;
	/* I1: how much of it is meant, it says itself. */
	if (len < CXIO_WIRE_HELLO_PREFIX || h->length > len || h->length > sizeof(to->bytes))
		return;
	memcpy(to->bytes, bytes, h->length);
	to->len = h->length;
}

/**
 * cxio_auth_without_session() - may a peer that knows no sessions talk to us?
 * @a: the handshake
 *
 * It says neither connect nor reply: nobody proves anything.
 *
 * Return: the fault if not.
 */
enum cxio_fault cxio_auth_without_session(const struct cxio_auth_state *a)
{
	return a->own ? CXIO_FAULT_AUTH_METHOD : CXIO_FAULT_NONE;
}

/**
 * cxio_auth_take() - keep what a frame of a connect or reply has of the authorizer
 * @a: the handshake
 * @s: the channel that took the frame in
 * @frame: its bytes
 * @ev: what it means: CXIO_RX_GREETING
 *
 * Return: a fault if it is longer than any authorizer is.
 */
enum cxio_fault cxio_auth_take(struct cxio_auth_state *a, const struct cxio_channel *s,
			       const void *frame, const struct cxio_rx_event *ev)
{
	const struct cxio_greeter *g = &s->greet_rx;
	u32 len = cxio_greeting_authorizer_len(&g->greeting, g->type), i;

	if (ev->begins)
		a->in_len = 0;
	if (len > sizeof(a->in))
		return CXIO_FAULT_AUTH_LONG;
	for (i = 0; i < ev->pieces.count; i++) {
		const struct cxio_piece *p = &ev->pieces.piece[i];

		/* I1: the channel counts them, to no more than @len. */
		memcpy(a->in + p->offset, (const u8 *)frame + p->frame_off, p->len);
		a->in_len = p->offset + p->len;
	}
	return CXIO_FAULT_NONE;
}

/* --- proofs --- */

static void transcript(const struct cxio_auth_state *a, struct cxio_auth_transcript *t)
{
	u8 own = a->own->flags;

	memset(t, 0, sizeof(*t));
	memcpy(t->client_nonce, a->client_nonce, sizeof(t->client_nonce));
	memcpy(t->server_nonce, a->server_nonce, sizeof(t->server_nonce));
	t->client_flags = a->active ? own : a->peer_flags;
	t->server_flags = a->active ? a->peer_flags : own;
	t->features = a->features;
	t->part[CXIO_AUTH_PART_NAME].bytes = a->name;
	t->part[CXIO_AUTH_PART_NAME].len = a->name_len;
	t->part[CXIO_AUTH_PART_REQUEST_HELLO].bytes = a->hello[0].bytes;
	t->part[CXIO_AUTH_PART_REQUEST_HELLO].len = a->hello[0].len;
	t->part[CXIO_AUTH_PART_REPLY_HELLO].bytes = a->hello[1].bytes;
	t->part[CXIO_AUTH_PART_REPLY_HELLO].len = a->hello[1].len;
	t->part[CXIO_AUTH_PART_CONNECT].bytes = a->connect;
	t->part[CXIO_AUTH_PART_CONNECT].len = CXIO_CONNECT_BODY;
	t->part[CXIO_AUTH_PART_REPLY].bytes = a->reply;
	t->part[CXIO_AUTH_PART_REPLY].len = CXIO_REPLY_BODY;
}

static bool prove(const struct cxio_auth_state *a, enum cxio_role role, u8 *proof)
{
	u8 block[CXIO_AUTH_BLOCK_MAX];
	struct cxio_auth_transcript t;
	u32 len;

	transcript(a, &t);
	len = cxio_auth_proof_block(&t, role, block);
	return len && a->own->crypto->mac(a->own->secret, block, len, proof);
}

static struct cxio_mac_key *make_key(const struct cxio_auth_state *a, enum cxio_role sender)
{
	const struct cxio_crypto *crypto = a->own->crypto;
	u8 block[CXIO_AUTH_BLOCK_MAX], key[CXIO_AUTH_KEY_BYTES];
	struct cxio_auth_transcript t;
	struct cxio_mac_key *k = NULL;
	u32 len;

	transcript(a, &t);
	len = cxio_auth_key_block(&t, sender, block);
	if (len && crypto->mac(a->own->secret, block, len, key))
		k = crypto->key_new(key, sizeof(key));
	memset(key, 0, sizeof(key));
	__asm__("" : : "r" (key) : "memory");
	return k;
}

static enum cxio_fault check_peer(struct cxio_auth_state *a, enum cxio_role role, const u8 *theirs)
{
	u8 proof[CXIO_AUTH_PROOF_BYTES];
	enum cxio_fault fault;

	if (!prove(a, role, proof))
		return CXIO_FAULT_NO_MEMORY;
	fault = cxio_auth_check_proof(theirs, proof);
	a->proven = !fault;
	return fault;
}

/* What both can and must; only with a secret. */
static enum cxio_fault agree(struct cxio_auth_state *a, u8 peer_flags)
{
	struct cxio_auth_terms ours = { CXIO_AUTH_METHOD_SECRET, a->own->flags };
	struct cxio_auth_terms peers = { CXIO_AUTH_METHOD_SECRET, peer_flags };

	a->peer_flags = peer_flags;
	return cxio_auth_method_agree(&ours, &peers, &a->sign);
}

/* --- client --- */

/**
 * cxio_auth_connect() - what goes with a connect
 * @a: the handshake
 * @g: the connect, but for its authorizer, whose method and length are set; what it is
 *	stands in @a->out
 *
 * Return: the fault if our crypto fails.
 */
enum cxio_fault cxio_auth_connect(struct cxio_auth_state *a, struct cxio_greeting *g)
{
	struct cxio_auth_message m = { .step = CXIO_AUTH_FIRST };

	a->out_len = 0;
	a->proven = false;
	if (!a->own)
		return CXIO_FAULT_NONE;
	if (!a->challenged && !a->own->crypto->random(a->client_nonce, sizeof(a->client_nonce)))
		return CXIO_FAULT_NO_MEMORY;
	memcpy(a->name, a->own->name, sizeof(a->name));
	a->name_len = a->own->name_len;
	memcpy(m.name, a->name, sizeof(m.name));
	memcpy(m.nonce, a->client_nonce, sizeof(m.nonce));
	m.name_len = a->name_len;
	m.flags = a->own->flags;
	m.step = a->challenged ? CXIO_AUTH_SECOND : CXIO_AUTH_FIRST;
	a->out_len = cxio_auth_encode(&m, a->out);
	g->connect.authorizer_protocol = CXIO_AUTH_METHOD_SECRET;
	g->connect.authorizer_len = a->out_len;
	cxio_greeting_encode(g, CXIO_FRAME_CONNECT, a->connect);
	if (!a->challenged)
		return CXIO_FAULT_NONE;
	if (!prove(a, CXIO_ROLE_CLIENT, m.proof))
		return CXIO_FAULT_NO_MEMORY;
	cxio_auth_encode(&m, a->out);
	return CXIO_FAULT_NONE;
}

static enum cxio_fault take_challenge(struct cxio_auth_state *a)
{
	struct cxio_auth_message m;
	enum cxio_fault fault;

	fault = cxio_auth_decode(a->in, a->in_len, CXIO_AUTH_STEP(CXIO_AUTH_SERVER_NONCE), &m);
	if (!fault)
		fault = agree(a, m.flags);
	if (fault)
		return fault;
	memcpy(a->server_nonce, m.nonce, sizeof(a->server_nonce));
	a->challenged = true;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_auth_reply() - a reply is here: may it be acted upon?
 * @a: the handshake
 * @s: the channel, whose @greet_rx it is
 *
 * Return: the fault if not.
 */
enum cxio_fault cxio_auth_reply(struct cxio_auth_state *a, const struct cxio_channel *s)
{
	u8 tag = s->greet_rx.greeting.reply.tag;
	struct cxio_auth_message m;
	enum cxio_fault fault;

	a->features = s->agreed.features;
	if (tag == CXIO_TAG_CHALLENGE_AUTHORIZER)
		return a->own ? take_challenge(a) : CXIO_FAULT_AUTH_METHOD;
	if (!a->own || !cxio_auth_tag_needs_proof(tag))
		return CXIO_FAULT_NONE;
	/* It would open without a secret: with whom? */
	if (!a->challenged)
		return CXIO_FAULT_AUTH_METHOD;
	fault = cxio_auth_decode(a->in, a->in_len, CXIO_AUTH_STEP(CXIO_AUTH_PROOF), &m);
	if (fault)
		return fault;
	memcpy(a->reply, s->greet_rx.body, sizeof(a->reply));
	return check_peer(a, CXIO_ROLE_SERVER, m.proof);
}

/* --- server --- */

static bool same_name(const struct cxio_auth_state *a)
{
	return a->name_len == a->own->name_len && !memcmp(a->name, a->own->name, a->name_len);
}

static enum cxio_fault take_authorizer(struct cxio_auth_state *a, const struct cxio_channel *s,
				       bool *first)
{
	u32 steps = CXIO_AUTH_STEP(CXIO_AUTH_FIRST);
	struct cxio_auth_message m;
	enum cxio_fault fault;

	if (a->challenged)
		steps |= CXIO_AUTH_STEP(CXIO_AUTH_SECOND);
	fault = cxio_auth_decode(a->in, a->in_len, steps, &m);
	if (!fault)
		fault = agree(a, m.flags);
	if (fault)
		return fault;
	*first = m.step == CXIO_AUTH_FIRST;
	if (*first) {
		/* A new one each time; nothing that came before counts. */
		a->challenged = a->own->crypto->random(a->server_nonce,
						       sizeof(a->server_nonce));
		return a->challenged ? CXIO_FAULT_NONE : CXIO_FAULT_NO_MEMORY;
	}
	memcpy(a->client_nonce, m.nonce, sizeof(a->client_nonce));
	memcpy(a->name, m.name, sizeof(a->name));
	a->name_len = m.name_len;
	memcpy(a->connect, s->greet_rx.body, sizeof(a->connect));
	/* One try a challenge. */
	fault = check_peer(a, CXIO_ROLE_CLIENT, m.proof);
	a->challenged = !fault;
	/* Only now, so that nobody learns from the answer which names there are. */
	if (!fault && !same_name(a)) {
		a->proven = false;
		a->challenged = false;
		fault = CXIO_FAULT_AUTH_PROOF;
	}
	return fault;
}

/**
 * cxio_auth_judge() - a connect is here: what of its authorizer?
 * @a: the handshake
 * @s: the channel, whose @greet_rx it is
 * @fault: why it is CXIO_AUTH_BAD; for the log, the peer is not told
 *
 * Return: what the handshake is to judge it by.
 */
enum cxio_auth cxio_auth_judge(struct cxio_auth_state *a, const struct cxio_channel *s,
			       enum cxio_fault *fault)
{
	struct cxio_auth_terms ours = { CXIO_AUTH_METHOD_NONE, 0 };
	struct cxio_auth_terms peers = { s->greet_rx.greeting.connect.authorizer_protocol, 0 };
	bool first = false, sign;

	a->features = s->agreed.features;
	a->proven = false;
	a->sign = false;
	*fault = CXIO_FAULT_NONE;
	if (a->own)
		ours.method = CXIO_AUTH_METHOD_SECRET;
	*fault = cxio_auth_method_agree(&ours, &peers, &sign);
	if (!*fault && a->own)
		*fault = take_authorizer(a, s, &first);
	if (*fault)
		return CXIO_AUTH_BAD;
	return first ? CXIO_AUTH_CHALLENGE : CXIO_AUTH_OK;
}

/**
 * cxio_auth_answer() - what goes with a reply
 * @a: the handshake, after cxio_auth_judge()
 * @g: the reply, but for its authorizer, whose length is set; what it is stands in @a->out
 *
 * Return: the fault if our crypto fails.
 */
enum cxio_fault cxio_auth_answer(struct cxio_auth_state *a, struct cxio_greeting *g)
{
	struct cxio_auth_message m = { .step = CXIO_AUTH_PROOF };

	a->out_len = 0;
	if (!a->own)
		return CXIO_FAULT_NONE;
	if (g->reply.tag == CXIO_TAG_CHALLENGE_AUTHORIZER) {
		m.step = CXIO_AUTH_SERVER_NONCE;
		m.flags = a->own->flags;
		memcpy(m.nonce, a->server_nonce, sizeof(m.nonce));
	} else if (!a->proven || !cxio_auth_tag_needs_proof(g->reply.tag)) {
		return CXIO_FAULT_NONE;
	}
	a->out_len = cxio_auth_encode(&m, a->out);
	g->reply.authorizer_len = a->out_len;
	cxio_greeting_encode(g, CXIO_FRAME_REPLY, a->reply);
	if (m.step != CXIO_AUTH_PROOF)
		return CXIO_FAULT_NONE;
	if (!prove(a, CXIO_ROLE_SERVER, m.proof))
		return CXIO_FAULT_NO_MEMORY;
	cxio_auth_encode(&m, a->out);
	return CXIO_FAULT_NONE;
}

/* --- signatures --- */

/**
 * cxio_auth_settle() - the session is agreed on: are its messages signed?
 * @a: the handshake
 * @s: the channel, before cxio_channel_ready()
 * @generation: the session's connect_seq
 * @signer: filled; freed by cxio_signer_free()
 *
 * Context: may sleep. Return: the fault if there is no memory.
 */
enum cxio_fault cxio_auth_settle(const struct cxio_auth_state *a, struct cxio_channel *s,
				 u64 generation, struct cxio_signer *signer)
{
	enum cxio_role own = a->active ? CXIO_ROLE_CLIENT : CXIO_ROLE_SERVER;
	enum cxio_role peer = a->active ? CXIO_ROLE_SERVER : CXIO_ROLE_CLIENT;

	memset(signer, 0, sizeof(*signer));
	if (!a->own || !a->sign)
		return CXIO_FAULT_NONE;
	cxio_channel_sign(s);
	signer->generation = generation;
	signer->crypto = a->own->crypto;
	signer->tx = make_key(a, own);
	signer->rx = make_key(a, peer);
	if (signer->tx && signer->rx)
		return CXIO_FAULT_NONE;
	cxio_signer_free(signer);
	return CXIO_FAULT_NO_MEMORY;
}

/**
 * cxio_signer_free() - forget the keys
 * @signer: the keys; a zeroed one is passed over
 *
 * Context: may sleep.
 */
void cxio_signer_free(struct cxio_signer *signer)
{
	if (!signer->crypto)
		return;
	signer->crypto->key_free(signer->tx);
	signer->crypto->key_free(signer->rx);
	memset(signer, 0, sizeof(*signer));
}

static bool signature(const struct cxio_signer *signer, const struct cxio_mac_key *key,
		      const struct cxio_msg_header *h, const struct cxio_msg_footer *f, u64 *sig)
{
	u8 block[CXIO_SIGN_BLOCK], mac[CXIO_MAC_BYTES];
	u32 len = cxio_sign_block_decoded(h, f, signer->generation, block);

	if (!signer->crypto->mac(key, block, len, mac))
		return false;
	*sig = cxio_signature_from_mac(mac);
	return true;
}

/**
 * cxio_signer_sign() - put the signature into a message's last frame
 * @signer: the keys
 * @s: the channel; cxio_channel_msg_seal() has just said that it was the last
 * @frame: the frame
 * @len: bytes of it
 *
 * Without keys it does nothing.
 *
 * Return: the fault if our crypto fails: the frame must not go.
 */
enum cxio_fault cxio_signer_sign(const struct cxio_signer *signer, const struct cxio_channel *s,
				 void *frame, u32 len)
{
	struct cxio_msg_footer f;
	u8 *footer;

	if (!signer->tx)
		return CXIO_FAULT_NONE;
	footer = (u8 *)frame + len - CXIO_MSG_FOOTER;
	cxio_msg_footer_decode(footer, &f);
	if (!signature(signer, signer->tx, &s->tx.header, &f, &f.sig))
		return CXIO_FAULT_NO_MEMORY;
	cxio_msg_footer_encode(&f, footer);
	return CXIO_FAULT_NONE;
}

/**
 * cxio_signer_check() - is a message's signature right?
 * @signer: the keys
 * @h: its header
 * @f: its footer, whose flags the channel has checked
 *
 * Before anything of the message is delivered or read. Without keys it does nothing.
 *
 * Return: the fault if not.
 */
enum cxio_fault cxio_signer_check(const struct cxio_signer *signer,
				  const struct cxio_msg_header *h,
				  const struct cxio_msg_footer *f)
{
	u64 sig;

	if (!signer->rx)
		return CXIO_FAULT_NONE;
	if (!signature(signer, signer->rx, h, f, &sig))
		return CXIO_FAULT_NO_MEMORY;
	return cxio_sign_check(f, sig);
}
