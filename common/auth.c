// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Challenge, proof and keys, step by step.
 */
#include "auth.h"
#include "authorizer.h"

static bool name_is_good(const char *name, size_t len)
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
 * cxio_credential_init() - check a name and a secret's length
 * @c: filled
 * @name: 1 to CXIO_AUTH_NAME_MAX printable characters, none of them a space
 * @name_len: how many
 * @secret_len: CXIO_SECRET_MIN to CXIO_SECRET_MAX bytes
 * @signing: CXIO_AUTH_SIGN_AUTO, _OFF or _ON
 *
 * Context: any. Return: false if one of these is out of range.
 */
bool cxio_credential_init(struct cxio_credential *c, const char *name, size_t name_len,
			  size_t secret_len, u32 signing)
{
	static const u8 flags[] = {
		[CXIO_AUTH_SIGN_AUTO] = CXIO_AUTH_CAN_SIGN,
		[CXIO_AUTH_SIGN_OFF] = 0,
		[CXIO_AUTH_SIGN_ON] = CXIO_AUTH_CAN_SIGN | CXIO_AUTH_MUST_SIGN,
	};

	memset(c, 0, sizeof(*c));
	if (!name_is_good(name, name_len) || secret_len < CXIO_SECRET_MIN ||
	    secret_len > CXIO_SECRET_MAX || signing >= ARRAY_SIZE(flags))
		return false;
	memcpy(c->name, name, name_len);
	c->name_len = (u8)name_len;
	c->flags = flags[signing];
	return true;
}

/**
 * cxio_credential_named() - is it the one of that name?
 * @c: the credential
 * @name: not terminated
 * @len: bytes of it
 *
 * Context: any. Return: true if so.
 */
bool cxio_credential_named(const struct cxio_credential *c, const void *name, size_t len)
{
	return c->name_len == len && !memcmp(c->name, name, len);
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
	return a->own || a->hook ? CXIO_FAULT_AUTH_METHOD : CXIO_FAULT_NONE;
}

/**
 * struct room - where the peer's authorizer goes
 * @bytes: its memory
 * @max: how many
 * @len: how many have come
 */
struct room {
	u8 *bytes;
	u32 max;
	u32 *len;
};

static struct room room_for(struct cxio_auth_state *a)
{
	if (a->hook)
		return (struct room){ a->hook->in, sizeof(a->hook->in), &a->hook->in_len };
	return (struct room){ a->in, sizeof(a->in), &a->in_len };
}

/* It is refused for its method, or not asked for: its bytes are nothing to us. */
static bool foreign(const struct cxio_auth_state *a, const struct cxio_greeter *g)
{
	return !a->hook && g->type == CXIO_FRAME_CONNECT &&
	       g->greeting.connect.authorizer_protocol != CXIO_AUTH_METHOD_SECRET;
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
	struct room in = room_for(a);

	if (ev->begins)
		*in.len = 0;
	if (foreign(a, g))
		return CXIO_FAULT_NONE;
	if (len > in.max)
		return CXIO_FAULT_AUTH_LONG;
	for (i = 0; i < ev->pieces.count; i++) {
		const struct cxio_piece *p = &ev->pieces.piece[i];

		/* I1: the channel counts them, to no more than @len. */
		memcpy(in.bytes + p->offset, (const u8 *)frame + p->frame_off, p->len);
		*in.len = p->offset + p->len;
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

/* Return: the fault if there is nothing to be computed over: then nobody has a proof. */
static enum cxio_fault ask(struct cxio_auth_state *a, enum cxio_auth_ask what)
{
	bool client = (what == CXIO_AUTH_ASK_OWN) == a->active;
	struct cxio_auth_transcript t;

	transcript(a, &t);
	a->asking = what;
	a->ask_len = cxio_auth_proof_block(&t, client ? CXIO_ROLE_CLIENT : CXIO_ROLE_SERVER,
					   a->ask);
	return a->ask_len ? CXIO_FAULT_NONE : CXIO_FAULT_AUTH_PROOF;
}

static enum cxio_fault check_peer(struct cxio_auth_state *a, const u8 *mac)
{
	enum cxio_fault fault = cxio_auth_check_proof(a->proof, mac);

	/* Only now, so that nobody learns from the answer which names there are. */
	if (!fault && !a->active && !cxio_credential_named(a->own, a->name, a->name_len))
		fault = CXIO_FAULT_AUTH_PROOF;
	a->proven = !fault;
	/* One try a challenge. */
	if (!a->active)
		a->challenged = !fault;
	return fault;
}

/**
 * cxio_auth_answered() - the MAC that was asked for is here
 * @a: the handshake; its @ask_len is not 0
 * @mac: HMAC-SHA256 under the secret of @ask; NULL if it cannot be computed
 *
 * Return: the fault if there is none, or the peer has another proof.
 */
enum cxio_fault cxio_auth_answered(struct cxio_auth_state *a, const u8 *mac)
{
	enum cxio_auth_ask asking = a->asking;

	a->asking = CXIO_AUTH_ASK_NOTHING;
	a->ask_len = 0;
	if (!mac)
		return CXIO_FAULT_NO_MEMORY;
	if (asking == CXIO_AUTH_ASK_PEERS)
		return check_peer(a, mac);
	/* It is the last of its authorizer, on both sides. */
	memcpy(a->out + a->out_len - CXIO_AUTH_PROOF_BYTES, mac, CXIO_AUTH_PROOF_BYTES);
	return CXIO_FAULT_NONE;
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
 * @nonce: CXIO_AUTH_NONCE_BYTES that nobody can guess, new ones
 * @g: the connect, but for its authorizer, whose method and length are set; what it is
 *	stands in @a->out
 *
 * It may ask for a MAC.
 */
void cxio_auth_connect(struct cxio_auth_state *a, const u8 *nonce, struct cxio_greeting *g)
{
	struct cxio_auth_message m = { .step = CXIO_AUTH_FIRST };

	a->out_len = 0;
	a->proven = false;
	if (a->hook)
		cxio_authorizer_connect(a, g);
	if (!a->own)
		return;
	if (!a->challenged)
		memcpy(a->client_nonce, nonce, sizeof(a->client_nonce));
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
	if (a->challenged)
		ask(a, CXIO_AUTH_ASK_OWN);
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
 * It may ask for a MAC, or for a call of the owner's: then that says whether it may.
 *
 * Return: the fault if not.
 */
enum cxio_fault cxio_auth_reply(struct cxio_auth_state *a, const struct cxio_channel *s)
{
	u8 tag = s->greet_rx.greeting.reply.tag;
	struct cxio_auth_message m;
	enum cxio_fault fault;

	a->features = s->agreed.features;
	if (a->hook)
		return cxio_authorizer_reply(a, tag);
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
	memcpy(a->proof, m.proof, sizeof(a->proof));
	return ask(a, CXIO_AUTH_ASK_PEERS);
}

/**
 * cxio_auth_renews() - the server has refused our authorizer: is there another?
 * @a: the handshake; its @call was done
 *
 * A secret is what it is. What the owner made may have been out of date.
 *
 * Return: true if the client is to connect again with a fresh one.
 */
bool cxio_auth_renews(const struct cxio_auth_state *a)
{
	return a->hook && a->hook->fresh;
}

/* --- server --- */

static enum cxio_fault take_authorizer(struct cxio_auth_state *a, const struct cxio_channel *s,
				       const u8 *nonce)
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
	a->first = m.step == CXIO_AUTH_FIRST;
	if (a->first) {
		/* A new one each time; nothing that came before counts. */
		memcpy(a->server_nonce, nonce, sizeof(a->server_nonce));
		a->challenged = true;
		return CXIO_FAULT_NONE;
	}
	memcpy(a->client_nonce, m.nonce, sizeof(a->client_nonce));
	memcpy(a->name, m.name, sizeof(a->name));
	a->name_len = m.name_len;
	memcpy(a->connect, s->greet_rx.body, sizeof(a->connect));
	memcpy(a->proof, m.proof, sizeof(a->proof));
	return ask(a, CXIO_AUTH_ASK_PEERS);
}

/**
 * cxio_auth_take_connect() - a connect is here: what of its authorizer?
 * @a: the handshake
 * @s: the channel, whose @greet_rx it is
 * @nonce: CXIO_AUTH_NONCE_BYTES that nobody can guess, new ones
 *
 * It may ask for a MAC, or for a call of the owner's: then that says whether it is right.
 *
 * Return: the fault if it is wrong: for the log and for cxio_auth_verdict(), the peer is
 * not told which.
 */
enum cxio_fault cxio_auth_take_connect(struct cxio_auth_state *a, const struct cxio_channel *s,
				       const u8 *nonce)
{
	struct cxio_auth_terms ours = { CXIO_AUTH_METHOD_NONE, 0 };
	u32 protocol = s->greet_rx.greeting.connect.authorizer_protocol;
	struct cxio_auth_terms peers = { protocol, 0 };
	enum cxio_fault fault;
	bool sign;

	a->features = s->agreed.features;
	a->first = false;
	a->proven = false;
	a->sign = false;
	if (a->hook)
		return cxio_authorizer_take_connect(a, protocol);
	if (a->own)
		ours.method = CXIO_AUTH_METHOD_SECRET;
	fault = cxio_auth_method_agree(&ours, &peers, &sign);
	return !fault && a->own ? take_authorizer(a, s, nonce) : fault;
}

/**
 * cxio_auth_verdict() - what the handshake is to judge a connect by
 * @a: the handshake
 * @fault: of cxio_auth_take_connect(), or of the MAC that it asked for
 *
 * Return: what became of the authorizer.
 */
enum cxio_auth cxio_auth_verdict(const struct cxio_auth_state *a, enum cxio_fault fault)
{
	if (fault || ((a->own || a->hook) && !a->first && !a->proven))
		return CXIO_AUTH_BAD;
	return a->first ? CXIO_AUTH_CHALLENGE : CXIO_AUTH_OK;
}

/**
 * cxio_auth_gives_up() - is the connection of a peer that is turned away to end?
 * @fault: why it is
 *
 * Else it is told that its authorizer is bad, and may bring another.
 *
 * Return: true if so.
 */
bool cxio_auth_gives_up(enum cxio_fault fault)
{
	return fault == CXIO_FAULT_AUTH_TRIES;
}

/**
 * cxio_auth_offered() - is a peer's method to be named when it is turned away?
 * @fault: why it is
 * @method: what it has offered
 *
 * Where it is turned away for its method, which that was its user has to know.
 *
 * Return: the method in words, or NULL.
 */
const char *cxio_auth_offered(enum cxio_fault fault, u32 method)
{
	return fault == CXIO_FAULT_AUTH_METHOD ? cxio_auth_method_text(method) : NULL;
}

/**
 * cxio_auth_answer() - what goes with a reply
 * @a: the handshake, after cxio_auth_verdict()
 * @g: the reply, but for its authorizer, whose length is set; what it is stands in @a->out
 *
 * It may ask for a MAC.
 */
void cxio_auth_answer(struct cxio_auth_state *a, struct cxio_greeting *g)
{
	struct cxio_auth_message m = { .step = CXIO_AUTH_PROOF };

	a->out_len = 0;
	if (a->hook)
		cxio_authorizer_answer(a, g);
	if (!a->own)
		return;
	if (g->reply.tag == CXIO_TAG_CHALLENGE_AUTHORIZER) {
		m.step = CXIO_AUTH_SERVER_NONCE;
		m.flags = a->own->flags;
		memcpy(m.nonce, a->server_nonce, sizeof(m.nonce));
	} else if (!a->proven || !cxio_auth_tag_needs_proof(g->reply.tag)) {
		return;
	}
	a->out_len = cxio_auth_encode(&m, a->out);
	g->reply.authorizer_len = a->out_len;
	cxio_greeting_encode(g, CXIO_FRAME_REPLY, a->reply);
	if (m.step == CXIO_AUTH_PROOF)
		ask(a, CXIO_AUTH_ASK_OWN);
}

/**
 * cxio_auth_out() - the bytes that go with the connect or reply that was made
 * @a: the handshake
 *
 * Return: them, as many as the connect or reply says.
 */
const void *cxio_auth_out(const struct cxio_auth_state *a)
{
	return a->hook ? a->hook->out : a->out;
}

/* --- keys --- */

/**
 * cxio_auth_key() - what a direction's key is computed over
 * @a: the handshake; the session is agreed on
 * @own: the key is for what we send; else for what the peer sends
 * @block: CXIO_AUTH_BLOCK_MAX bytes
 *
 * The key is HMAC-SHA256 of the block under the secret.
 *
 * Return: bytes of the block; 0: nothing is signed, and there are no keys.
 */
u32 cxio_auth_key(const struct cxio_auth_state *a, bool own, u8 *block)
{
	struct cxio_auth_transcript t;

	if (!a->own || !a->sign)
		return 0;
	transcript(a, &t);
	return cxio_auth_key_block(&t, own == a->active ? CXIO_ROLE_CLIENT : CXIO_ROLE_SERVER,
				   block);
}
