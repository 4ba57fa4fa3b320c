// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The conversation with a monitor: fronts of MAuth and MAuthReply.
 */
#include <errno.h>
#include <stdio.h>

#include "../crypto.h"
#include "cephx.h"
#include "sign.h"

#define OP_SESSION_KEY	0x0100u
#define OP_TICKETS	0x0200u

static const char refusal[] = "cephx reply: result is a refusal";

/* What a front has before the protocol: paxos version, and the monitor's number. */
static void put_head(struct cephx_out *out, u32 protocol)
{
	cephx_put64(out, 0);
	cephx_put16(out, 0xffff);
	cephx_put64(out, 0);
	cephx_put32(out, protocol);
}

/* Behind a length that is known in the end; then the epoch of our monitor map: none. */
static u32 finish(struct cephx_out *out, const struct cephx_out *payload)
{
	if (payload->full)
		return 0;
	cephx_put32(out, payload->len);
	cephx_put_bytes(out, payload->start, payload->len);
	cephx_put32(out, 0);
	return out->full ? 0 : out->len;
}

/**
 * cephx_talk_begin() - a connection to a monitor is open
 * @t: the conversation; @want is set by the caller
 * @c: the client
 * @buf: gets the front of an MAuth
 * @room: bytes of it; CEPHX_FRONT_MAX are enough, as of the following
 *
 * Return: bytes of it; 0 if there is no room, or it is another one's turn: then to be called
 * again when that has ended.
 */
u32 cephx_talk_begin(struct cephx_talk *t, struct cephx_client *c, void *buf, u32 room)
{
	u8 bytes[32 + CEPHX_NAME_MAX];
	struct cephx_out out, payload;

	t->stage = CEPHX_STAGE_START;
	if (c->turn && c->turn != t)
		return 0;
	c->turn = t;
	t->stage = CEPHX_STAGE_HELLO;
	cephx_out_init(&payload, bytes, sizeof(bytes));
	cephx_put8(&payload, 1);
	cephx_put32(&payload, 1);
	cephx_put32(&payload, c->keyless ? CXIO_AUTH_METHOD_NONE : CXIO_AUTH_METHOD_CEPHX);
	cephx_put32(&payload, c->type);
	cephx_put32(&payload, c->name_len);
	cephx_put_bytes(&payload, c->name, c->name_len);
	cephx_put64(&payload, c->global_id);
	cephx_out_init(&out, buf, room);
	put_head(&out, CXIO_AUTH_METHOD_UNKNOWN);
	return finish(&out, &payload);
}

/* Both challenges under the secret, folded to eight bytes: the length in front counts. */
static bool proof_of(const struct cephx_client *c, u64 server_challenge, u64 own, u64 *proof)
{
	u8 both[16], sealed[4 + CEPHX_SEALED(16u)];
	struct cephx_out out;
	struct cephx_in in;

	cephx_out_init(&out, both, sizeof(both));
	cephx_put64(&out, server_challenge);
	cephx_put64(&out, own);
	cephx_out_init(&out, sealed, sizeof(sealed));
	cephx_put_sealed(&out, &c->secret, both, sizeof(both));
	if (out.full)
		return false;
	*proof = 0;
	cephx_in_init(&in, sealed, out.len);
	while (in.left >= 8)
		*proof ^= cephx_get64(&in, "");
	return true;
}

static void put_session_key(const struct cephx_talk *t, const struct cephx_client *c, u64 random,
			    struct cephx_out *out)
{
	const struct cephx_ticket *old = &c->ticket[CEPHX_AUTH];
	u64 proof;

	if (!proof_of(c, t->server_challenge, random, &proof)) {
		out->full = true;
		return;
	}
	cephx_put16(out, OP_SESSION_KEY);
	cephx_put8(out, 3);
	cephx_put64(out, random);
	cephx_put64(out, proof);
	/* The former ticket lets us keep our global_id. */
	cephx_put8(out, 1);
	cephx_put64(out, old->len ? old->secret_id : 0);
	cephx_put32(out, old->len);
	cephx_put_bytes(out, old->blob, old->len);
	cephx_put32(out, t->want);
}

static void put_tickets(struct cephx_talk *t, const struct cephx_client *c, u64 random,
			u64 now_ns, struct cephx_out *out)
{
	u8 bytes[CXIO_AUTHORIZER_MAX];
	struct cephx_authorizer a;
	u32 len = 0;

	if (cephx_authorizer_begin(&a, c, CEPHX_SERVICE_AUTH, random, now_ns))
		len = cephx_authorizer_put(&a, bytes, sizeof(bytes));
	if (len) {
		t->auth = a.key;
		cephx_put16(out, OP_TICKETS);
		cephx_put_bytes(out, bytes, len);
		cephx_put8(out, 1);
		cephx_put32(out, cephx_services_due(c, t->want, now_ns));
	} else {
		out->full = true;
	}
	cxio_wipe(&a, sizeof(a));
}

/**
 * cephx_talk_next() - what is to be said next
 * @t: the conversation, CEPHX_STAGE_CHALLENGED or _MORE
 * @c: the client
 * @random: eight bytes that nobody can guess
 * @now_ns: the time
 * @buf: gets the front of an MAuth
 * @room: bytes of it
 *
 * Return: bytes of it; 0 if there is nothing to be said, or it cannot be made.
 */
u32 cephx_talk_next(struct cephx_talk *t, const struct cephx_client *c, u64 random, u64 now_ns,
		    void *buf, u32 room)
{
	u8 bytes[CEPHX_FRONT_MAX];
	struct cephx_out out, payload;

	cephx_out_init(&payload, bytes, sizeof(bytes));
	if (t->stage == CEPHX_STAGE_CHALLENGED) {
		put_session_key(t, c, random, &payload);
		t->stage = CEPHX_STAGE_PROOF;
	} else if (t->stage == CEPHX_STAGE_MORE) {
		put_tickets(t, c, random, now_ns, &payload);
		t->stage = CEPHX_STAGE_TICKETS;
	} else {
		return 0;
	}
	cephx_out_init(&out, buf, room);
	put_head(&out, CXIO_AUTH_METHOD_CEPHX);
	return finish(&out, &payload);
}

static void take_challenge(struct cephx_talk *t, struct cephx_in *in)
{
	u64 challenge;

	if (cephx_get8(in, "cephx hello: version cut short") != 1)
		cephx_bad(in, "cephx hello: version unknown");
	challenge = cephx_get64(in, "cephx hello: challenge cut short");
	if (in->left)
		cephx_bad(in, "cephx hello: bytes after its end");
	if (in->bad)
		return;
	t->server_challenge = challenge;
	t->stage = CEPHX_STAGE_CHALLENGED;
}

static void take_op(struct cephx_in *in, u32 op)
{
	u32 got = cephx_get16(in, "cephx reply: op cut short");

	if (!in->bad && got != op)
		cephx_bad(in, "cephx reply: op is not what was asked for");
	if (cephx_get32(in, "cephx reply: result cut short"))
		cephx_bad(in, refusal);
}

/* The AUTH ticket, a secret that messenger v2 has a use for, tickets for services. */
static void take_session_key(struct cephx_talk *t, struct cephx_client *c, struct cephx_in *in,
			     u64 now_ns)
{
	struct cephx_in more;

	take_op(in, OP_SESSION_KEY);
	/* A former one is none of this reply's. */
	c->ticket[CEPHX_AUTH].have = false;
	if (in->bad || cephx_get_tickets(c, in, &c->secret, now_ns))
		return;
	if (!c->ticket[CEPHX_AUTH].have) {
		cephx_bad(in, "cephx reply: no AUTH ticket");
		return;
	}
	t->auth = c->ticket[CEPHX_AUTH].key;
	if (!in->left)
		return;
	cephx_get_span(in, "cephx reply: connection secret cut short");
	more = cephx_get_span(in, "cephx reply: tickets cut short");
	if (!in->bad && more.left && cephx_get_tickets(c, &more, &t->auth, now_ns))
		cephx_bad(in, more.bad);
}

static void take_payload(struct cephx_talk *t, struct cephx_client *c, struct cephx_in *in,
			 u64 now_ns)
{
	switch (t->stage) {
	case CEPHX_STAGE_HELLO:
		take_challenge(t, in);
		break;
	case CEPHX_STAGE_PROOF:
		take_session_key(t, c, in, now_ns);
		/* An old monitor gives the rest only when it is asked. */
		if (!in->bad)
			t->stage = cephx_services_due(c, t->want, now_ns) ?
				CEPHX_STAGE_MORE : CEPHX_STAGE_DONE;
		break;
	case CEPHX_STAGE_TICKETS:
		take_op(in, OP_TICKETS);
		if (!in->bad)
			cephx_get_tickets(c, in, &t->auth, now_ns);
		t->stage = CEPHX_STAGE_DONE;
		break;
	default:
		cephx_bad(in, "auth reply: nothing was asked");
		break;
	}
}

/* All of it or nothing: a ticket is of no use with the number of the one before. */
static const char *take_all(struct cephx_talk *t, struct cephx_client *c, struct cephx_in *in,
			    u64 global_id, u64 now_ns)
{
	struct cephx_client fresh = *c;
	struct cephx_talk then = *t;

	take_payload(&then, &fresh, in, now_ns);
	if (!in->bad) {
		if (global_id && then.stage != CEPHX_STAGE_CHALLENGED)
			fresh.global_id = global_id;
		*t = then;
		*c = fresh;
	}
	cxio_wipe(&fresh, sizeof(fresh));
	cxio_wipe(&then.auth, sizeof(then.auth));
	return in->bad;
}

/*
 * The monitor does not take what it was shown: it would be shown the same again. Without
 * ticket and number the next hello is that of somebody new.
 */
static void forget(const struct cephx_talk *t, struct cephx_client *c)
{
	struct cephx_ticket *auth = &c->ticket[CEPHX_AUTH];

	auth->have = false;
	if (t->stage != CEPHX_STAGE_PROOF || !auth->len)
		return;
	auth->len = 0;
	cxio_wipe(&auth->key, sizeof(auth->key));
	c->global_id = 0;
}

/* The result is a negative errno, as Linux numbers them. */
static const char *tell_refusal(struct cephx_talk *t, const struct cephx_client *c,
				long long error)
{
	const char *what = "the monitor does not say why";

	if (error == EPERM)
		what = "that is not allowed to us";
	else if (error == EACCES && !c->keyless)
		what = "name and key are not the monitor's";
	else if (error == EACCES || (error == EOPNOTSUPP && c->keyless))
		what = "a key is needed";
	else if (error == EOPNOTSUPP)
		what = "the monitor does not take keys";
	snprintf(t->why, sizeof(t->why), "auth reply: result is a refusal: error %lld: %s",
		 error, what);
	return t->why;
}

static const char *take_reply(struct cephx_talk *t, struct cephx_client *c, const void *front,
			      u32 len, u64 now_ns)
{
	struct cephx_in in, payload;
	u32 protocol, result;
	const char *bad;
	u64 global_id;

	cephx_in_init(&in, front, len);
	protocol = cephx_get32(&in, "auth reply: protocol cut short");
	result = cephx_get32(&in, "auth reply: result cut short");
	global_id = cephx_get64(&in, "auth reply: global_id cut short");
	payload = cephx_get_span(&in, "auth reply: payload cut short");
	cephx_get_span(&in, "auth reply: message cut short");
	if (in.left)
		cephx_bad(&in, "auth reply: bytes after its end");
	if (in.bad)
		return in.bad;
	if (result && (t->stage == CEPHX_STAGE_PROOF || t->stage == CEPHX_STAGE_TICKETS))
		forget(t, c);
	/* What we may not have is no reason to go without what we have. */
	if (t->stage == CEPHX_STAGE_TICKETS && result) {
		t->stage = CEPHX_STAGE_DONE;
		return NULL;
	}
	if (result)
		return tell_refusal(t, c, -(long long)(int)result);
	if (c->keyless) {
		if (protocol != CXIO_AUTH_METHOD_NONE)
			return "auth reply: protocol is not none: a key is needed";
		if (t->stage != CEPHX_STAGE_HELLO)
			return "auth reply: nothing was asked";
		c->global_id = global_id;
		t->stage = CEPHX_STAGE_DONE;
		return NULL;
	}
	if (protocol != CXIO_AUTH_METHOD_CEPHX)
		return "auth reply: protocol is not cephx";
	bad = take_all(t, c, &payload, global_id, now_ns);
	if (bad == refusal)
		forget(t, c);
	return bad;
}

/**
 * cephx_talk_reply() - an MAuthReply came
 * @t: the conversation: @stage says whether cephx_talk_next() is due
 * @c: the client
 * @front: its front
 * @len: bytes of it
 * @now_ns: the time
 *
 * Return: NULL, or what is wrong: the conversation is over.
 */
const char *cephx_talk_reply(struct cephx_talk *t, struct cephx_client *c, const void *front,
			     u32 len, u64 now_ns)
{
	const char *bad = take_reply(t, c, front, len, now_ns);

	if ((bad || t->stage == CEPHX_STAGE_DONE) && c->turn == t)
		c->turn = NULL;
	return bad;
}

/**
 * cephx_talk_renew() - are tickets to be renewed over a conversation that is done?
 * @t: the conversation: then cephx_talk_next() is due
 * @c: the client
 * @now_ns: the time
 *
 * Return: true if so.
 */
bool cephx_talk_renew(struct cephx_talk *t, struct cephx_client *c, u64 now_ns)
{
	u32 due = cephx_services_due(c, t->want | CEPHX_SERVICE_AUTH, now_ns);

	if (t->stage != CEPHX_STAGE_DONE || !due || c->keyless || c->turn)
		return false;
	c->turn = t;
	t->stage = due & CEPHX_SERVICE_AUTH ? CEPHX_STAGE_CHALLENGED : CEPHX_STAGE_MORE;
	return true;
}

/**
 * cephx_talk_end() - a conversation is over, done or not: it is another one's turn
 * @t: the conversation
 * @c: the client
 */
void cephx_talk_end(struct cephx_talk *t, struct cephx_client *c)
{
	if (t->stage != CEPHX_STAGE_DONE)
		t->stage = CEPHX_STAGE_OVER;
	if (c->turn == t)
		c->turn = NULL;
}
