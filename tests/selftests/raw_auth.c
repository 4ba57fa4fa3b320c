// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Servers that ask for a secret and for signatures, and peers that have none, or pretend.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "auth.h"
#include "raw_cases.h"

#define MAC_BYTES 32u

/**
 * struct prover - our side of a handshake, and the keys that come of it
 * @p: the peer that speaks
 * @t: whom it means, and the secret
 * @own: our credential
 * @a: the handshake
 * @s: what of a channel that looks at: the last reply
 * @key: ours, theirs
 * @generation: of the connection
 */
struct prover {
	struct peer *p;
	const struct target *t;
	struct cxio_credential own;
	struct cxio_auth_state a;
	struct cxio_channel s;
	u8 key[2][MAC_BYTES];
	u64 generation;
};

static void mac_of(const void *key, size_t key_len, const void *bytes, u32 len, u8 *mac)
{
	unsigned int got = 0;

	if (!HMAC(EVP_sha256(), key, (int)key_len, bytes, len, mac, &got) || got != MAC_BYTES)
		abort();
}

static bool prove(struct prover *v)
{
	enum cxio_fault fault;
	u8 mac[MAC_BYTES];

	if (!v->a.ask_len)
		return true;
	mac_of(v->t->secret, v->t->secret_len, v->a.ask, v->a.ask_len, mac);
	fault = cxio_auth_answered(&v->a, mac);
	return !fault || peer_fail(v->p, "their proof: %s", cxio_fault_text(fault));
}

/* Connected, nothing said yet. */
static bool begin(struct prover *v, struct peer *p, const struct target *t)
{
	u8 data[CXIO_PRIVATE_DATA_MAX];

	memset(v, 0, sizeof(*v));
	v->p = p;
	v->t = t;
	p->offer.supported |= CXIO_FEATURE_SESSION;
	if (!cxio_credential_init(&v->own, "cxio", 4, t->secret_len, CXIO_AUTH_SIGN_AUTO))
		return peer_fail(p, "no credential");
	if (!peer_connect(p, case_where(t)))
		return false;
	cxio_auth_init(&v->a, &v->own, true);
	cxio_auth_hello(&v->a, true, data, peer_hello(p, false, data));
	cxio_auth_hello(&v->a, false, p->raw.data, p->raw.data_len);
	return true;
}

static bool send_connect(struct prover *v, const struct cxio_greeting *g)
{
	struct frame f;

	frame_greeting(v->p, &f, CXIO_FRAME_CONNECT, g);
	memcpy(f.buf + f.len, v->a.out, v->a.out_len);
	f.len += v->a.out_len;
	frame_fix(&f, false, true);
	return peer_send(v->p, &f);
}

/* Return: the tag of the reply, or 0, and an error noted. */
static u8 hear_reply(struct prover *v)
{
	struct cxio_greeter *g = &v->s.greet_rx;

	if (peer_hear(v->p, CXIO_FRAME_REPLY) != HEARD_FRAME) {
		peer_fail(v->p, "no reply to a connect");
		return 0;
	}
	g->type = CXIO_FRAME_REPLY;
	g->greeting = v->p->theirs;
	v->s.agreed = v->p->agreed;
	memcpy(g->body, v->p->frame.buf + CXIO_FRAME_HEADER, CXIO_REPLY_BODY);
	v->a.in_len = v->p->frame.len - CXIO_FRAME_HEADER - CXIO_REPLY_BODY;
	if (v->a.in_len > sizeof(v->a.in))
		v->a.in_len = sizeof(v->a.in);
	memcpy(v->a.in, v->p->frame.buf + CXIO_FRAME_HEADER + CXIO_REPLY_BODY, v->a.in_len);
	return v->p->theirs.reply.tag;
}

/* The next step's connect, made and not sent. */
static bool make_connect(struct prover *v, struct cxio_greeting *g)
{
	u8 nonce[CXIO_AUTH_NONCE_BYTES];

	if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce))
		return peer_fail(v->p, "no random numbers");
	peer_greeting(v->p, case_where(v->t), g);
	cxio_auth_connect(&v->a, nonce, g);
	return prove(v);
}

static bool demand(struct prover *v, u8 tag)
{
	u8 got = hear_reply(v);

	return got == tag ||
	       (got && peer_fail(v->p, "the reply is %s instead of %s", cxio_tag_text(got),
				 cxio_tag_text(tag)));
}

static bool understand(struct prover *v)
{
	enum cxio_fault fault = cxio_auth_reply(&v->a, &v->s);

	return (!fault || peer_fail(v->p, "their answer: %s", cxio_fault_text(fault))) && prove(v);
}

/* Up to the challenge. */
static bool challenged(struct prover *v, struct peer *p, const struct target *t)
{
	struct cxio_greeting g;

	return begin(v, p, t) && make_connect(v, &g) && send_connect(v, &g) &&
	       demand(v, CXIO_TAG_CHALLENGE_AUTHORIZER) && understand(v);
}

static bool opened(struct prover *v, struct peer *p, const struct target *t)
{
	u8 block[CXIO_AUTH_BLOCK_MAX], tag;
	struct cxio_greeting g;
	u32 i;

	if (!challenged(v, p, t) || !make_connect(v, &g) || !send_connect(v, &g))
		return false;
	tag = hear_reply(v);
	if (tag != CXIO_TAG_READY && tag != CXIO_TAG_SEQ)
		return peer_fail(p, "the answer to a good connect: %s", cxio_tag_text(tag));
	if (!understand(v))
		return false;
	if (!v->a.proven || !v->a.sign)
		return peer_fail(p, "the server proves nothing, or does not sign");
	for (i = 0; i < 2; i++)
		mac_of(t->secret, t->secret_len, block, cxio_auth_key(&v->a, !i, block), v->key[i]);
	v->generation = p->theirs.reply.connect_seq;
	return true;
}

/* --- signatures --- */

static void compute(const struct prover *v, const struct frame *f, u32 whose, u8 *mac)
{
	struct cxio_msg_header h;
	u8 block[CXIO_SIGN_BLOCK];

	cxio_msg_header_decode(f->buf + CXIO_FRAME_HEADER, f->len - CXIO_FRAME_HEADER, &h);
	mac_of(v->key[whose], MAC_BYTES, block,
	       cxio_sign_frame_block(&h, f->buf, f->len, v->generation, block), mac);
}

static struct cxio_wire_msg_footer *footer_of(struct frame *f)
{
	return (void *)(f->buf + f->len - CXIO_MSG_FOOTER);
}

static void sign(const struct prover *v, struct frame *f, u32 whose)
{
	u8 mac[MAC_BYTES];

	footer_of(f)->flags |= CXIO_FOOTER_SIGNED;
	compute(v, f, whose, mac);
	cxio_sign_frame(f->buf, f->len, mac);
}

static bool signed_echo(struct prover *v, u64 seq)
{
	const u32 at = CXIO_FRAME_HEADER + CXIO_MSG_HEADER;
	struct peer *p = v->p;
	u8 mac[MAC_BYTES];
	struct frame f;

	frame_message(p, &f, seq);
	sign(v, &f, 0);
	if (!peer_send(p, &f))
		return false;
	if (peer_hear(p, CXIO_FRAME_MESSAGE) != HEARD_FRAME)
		return peer_fail(p, "no echo of a signed message");
	if (p->frame.len != f.len || p->got.tid != seq + 1000 ||
	    memcmp(p->frame.buf + at, f.buf + at, RAW_PAYLOAD) != 0)
		return peer_fail(p, "the echo differs");
	compute(v, &p->frame, 1, mac);
	return le64_to_cpu(footer_of(&p->frame)->sig) == cxio_signature_from_mac(mac) ||
	       peer_fail(p, "the echo's signature is wrong");
}

/**
 * auth_good() - a peer that knows the secret, and signs
 * @p: a new peer
 * @t: where
 *
 * Return: false if it is not served as it should be.
 */
bool auth_good(struct peer *p, const struct target *t)
{
	struct prover v;

	return opened(&v, p, t) && signed_echo(&v, 1) && signed_echo(&v, 2) && peer_close(p);
}

/* --- who is not let in --- */

/* A connect without a session would say nothing of a secret. */
bool auth_no_session(struct peer *p, const struct target *t)
{
	struct frame f;

	if (!peer_connect(p, case_where(t)))
		return false;
	/* The end may have come before this. */
	frame_message(p, &f, 1);
	peer_send(p, &f);
	p->error[0] = '\0';
	return case_closed(p, CXIO_FAULT_AUTH_METHOD, true);
}

static bool turned_away(struct prover *v, const struct cxio_greeting *g)
{
	return send_connect(v, g) && demand(v, CXIO_TAG_BADAUTHORIZER);
}

bool auth_none(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;
	struct prover v;

	if (!begin(&v, p, t))
		return false;
	peer_greeting(p, case_where(t), &g);
	return turned_away(&v, &g);
}

bool auth_method(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;
	struct prover v;

	if (!begin(&v, p, t) || !make_connect(&v, &g))
		return false;
	g.connect.authorizer_protocol = CXIO_AUTH_METHOD_CEPHX;
	return turned_away(&v, &g);
}

/* A wrong proof, and then the right one: there is one try a challenge. */
bool auth_proof(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;
	struct prover v;

	if (!challenged(&v, p, t) || !make_connect(&v, &g))
		return false;
	v.a.out[v.a.out_len - 1] ^= 1;
	if (!turned_away(&v, &g))
		return false;
	v.a.out[v.a.out_len - 1] ^= 1;
	return turned_away(&v, &g);
}

/* Of a challenge that there never was. */
bool auth_unasked(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;
	struct prover v;

	if (!begin(&v, p, t))
		return false;
	v.a.challenged = true;
	return make_connect(&v, &g) && turned_away(&v, &g);
}

/* The proof of another connection, whose challenge was another one. */
bool auth_replayed(struct peer *p, const struct target *t)
{
	struct cxio_greeting g, again;
	struct prover v, w;
	struct peer q;
	bool ok;

	peer_init(&q, t->limit_ms);
	ok = challenged(&w, &q, t) && make_connect(&w, &g);
	if (!ok)
		peer_fail(p, "recording: %s", q.error);
	peer_drop(&q);
	if (!ok || !challenged(&v, p, t) || !make_connect(&v, &again))
		return false;
	memcpy(v.a.out, w.a.out, w.a.out_len);
	return turned_away(&v, &g);
}

bool auth_name(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;
	struct prover v;

	if (!challenged(&v, p, t))
		return false;
	v.own.name[0] = 'k';
	return make_connect(&v, &g) && turned_away(&v, &g);
}

/* What stands in the connect is in the proof: here it is changed after that. */
bool auth_changed(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;
	struct prover v;

	if (!challenged(&v, p, t) || !make_connect(&v, &g))
		return false;
	g.in_seq++;
	return turned_away(&v, &g);
}

bool auth_long(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;
	struct prover v;

	if (!begin(&v, p, t) || !make_connect(&v, &g))
		return false;
	g.connect.authorizer_len = CXIO_AUTHORIZER_MAX;
	return send_connect(&v, &g) && case_closed(p, CXIO_FAULT_GREETING_AUTHORIZER, false);
}

bool auth_longer(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;
	struct prover v;

	if (!begin(&v, p, t) || !make_connect(&v, &g))
		return false;
	memset(v.a.out + v.a.out_len, 0, sizeof(v.a.out) - v.a.out_len);
	v.a.out_len = sizeof(v.a.out);
	g.connect.authorizer_len = v.a.out_len;
	return turned_away(&v, &g);
}

/* Messages before anything was proven. */
bool auth_early(struct peer *p, const struct target *t)
{
	struct prover v;
	struct frame f;

	if (!challenged(&v, p, t))
		return false;
	frame_message(p, &f, 1);
	return peer_send(p, &f) && case_closed(p, CXIO_FAULT_FRAME_NOT_READY, false);
}

/* --- messages that are not what was signed --- */

bool sign_missing(struct peer *p, const struct target *t)
{
	struct prover v;
	struct frame f;

	if (!opened(&v, p, t) || !signed_echo(&v, 1))
		return false;
	frame_message(p, &f, 2);
	return peer_send(p, &f) && case_closed(p, CXIO_FAULT_FOOTER_UNSIGNED, false);
}

static bool refused(struct prover *v, const struct frame *f)
{
	return peer_send(v->p, f) && case_closed(v->p, CXIO_FAULT_FOOTER_SIG, false);
}

bool sign_wrong(struct peer *p, const struct target *t)
{
	struct prover v;
	struct frame f;

	if (!opened(&v, p, t) || !signed_echo(&v, 1))
		return false;
	frame_message(p, &f, 2);
	sign(&v, &f, 0);
	footer_of(&f)->sig ^= cpu_to_le64(1ull << 63);
	return refused(&v, &f);
}

/* With the key of what comes from the server. */
bool sign_reflected(struct peer *p, const struct target *t)
{
	struct prover v;
	struct frame f;

	if (!opened(&v, p, t))
		return false;
	frame_message(p, &f, 1);
	sign(&v, &f, 1);
	return refused(&v, &f);
}

/* Another type of message than was signed; all CRCs are right. */
bool sign_header(struct peer *p, const struct target *t)
{
	struct prover v;
	struct frame f;

	if (!opened(&v, p, t))
		return false;
	frame_message(p, &f, 1);
	sign(&v, &f, 0);
	f.buf[CXIO_FRAME_HEADER + offsetof(struct cxio_wire_msg_header, type)] ^= 1;
	frame_fix(&f, true, false);
	return refused(&v, &f);
}

/* Nothing of it is read: the descriptor leads nowhere, which nobody is to find out. */
bool sign_rendezvous(struct peer *p, const struct target *t)
{
	struct prover v;
	struct frame f;

	p->offer.supported |= CXIO_FEATURE_RENDEZVOUS;
	if (!opened(&v, p, t))
		return false;
	frame_rendezvous(p, &f, 1);
	sign(&v, &f, 1);
	return refused(&v, &f);
}
