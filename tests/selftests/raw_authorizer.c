// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A server that asks for authorizers made elsewhere, as tests/kmod/authorizer_test.c makes
 * them, and peers whose are not good, or that do not say what they should.
 */
#include <string.h>

#include "authorizer.h"
#include "raw_cases.h"

#define TICKET		0x7e57u
#define AUTHORIZER	8u
/* What a frame has room for behind a connect. */
#define IN_CONNECT	2000u

static void put(u8 *at, u32 value)
{
	__le32 w = cpu_to_le32(value);

	memcpy(at, &w, sizeof(w));
}

static u32 get(const u8 *at)
{
	__le32 w;

	memcpy(&w, at, sizeof(w));
	return le32_to_cpu(w);
}

/* As authorizer_test.c has it. */
static u32 mix(u32 a, u32 b)
{
	return (a ^ (b << 7 | b >> 25)) * 2654435761u + 1;
}

static void make(u8 *authorizer, u32 ticket, u32 response)
{
	put(authorizer, ticket);
	put(authorizer + 4, response);
}

static bool begin(struct peer *p, const struct target *t, struct cxio_greeting *g)
{
	p->offer.supported |= CXIO_FEATURE_SESSION;
	if (!peer_connect(p, case_where(t)))
		return false;
	peer_greeting(p, case_where(t), g);
	/* We have no key that anything could be signed with. */
	g->connect.features &= ~CXIO_CEPH_FEATURE_MSG_AUTH;
	g->connect.authorizer_protocol = CXIO_AUTH_METHOD_CEPHX;
	g->connect.authorizer_len = AUTHORIZER;
	return true;
}

/* In one frame, @len bytes of it behind the connect. */
static bool send_connect(struct peer *p, const struct cxio_greeting *g, const u8 *bytes, u32 len,
			 bool last)
{
	struct frame f;

	frame_greeting(p, &f, CXIO_FRAME_CONNECT, g);
	memcpy(f.buf + f.len, bytes, len);
	f.len += len;
	if (!last)
		((struct cxio_wire_frame *)f.buf)->flags = 0;
	frame_fix(&f, false, true);
	return peer_send(p, &f);
}

static bool send_rest(struct peer *p, u32 len, bool last)
{
	struct frame f;

	frame_authorizer(p, &f);
	f.len = CXIO_FRAME_HEADER + len;
	memset(f.buf + CXIO_FRAME_HEADER, 0x77, len);
	((struct cxio_wire_frame *)f.buf)->flags = last ? CXIO_FRAME_LAST : 0;
	frame_fix(&f, false, true);
	return peer_send(p, &f);
}

static bool demand(struct peer *p, u8 tag)
{
	u8 got;

	if (peer_hear(p, CXIO_FRAME_REPLY) != HEARD_FRAME)
		return peer_fail(p, "no reply to a connect");
	got = p->theirs.reply.tag;
	return got == tag || peer_fail(p, "the reply is %s instead of %s", cxio_tag_text(got),
				       cxio_tag_text(tag));
}

static const u8 *answer_of(const struct peer *p)
{
	return p->frame.buf + CXIO_FRAME_HEADER + CXIO_REPLY_BODY;
}

/* A good ticket, up to the challenge. */
static bool challenged(struct peer *p, const struct target *t, struct cxio_greeting *g,
		       u32 *challenge)
{
	u8 authorizer[AUTHORIZER];

	make(authorizer, TICKET, 0);
	if (!begin(p, t, g) || !send_connect(p, g, authorizer, AUTHORIZER, true) ||
	    !demand(p, CXIO_TAG_CHALLENGE_AUTHORIZER))
		return false;
	if (p->theirs.reply.authorizer_len != 4)
		return peer_fail(p, "a challenge of %u bytes", p->theirs.reply.authorizer_len);
	*challenge = get(answer_of(p));
	return true;
}

static bool respond(struct peer *p, const struct cxio_greeting *g, u32 challenge)
{
	u8 authorizer[AUTHORIZER];

	make(authorizer, TICKET, mix(challenge, TICKET));
	return send_connect(p, g, authorizer, AUTHORIZER, true);
}

static bool opened(struct peer *p, const struct target *t, u64 features)
{
	struct cxio_greeting g;
	u32 challenge;
	u8 tag;

	if (!challenged(p, t, &g, &challenge))
		return false;
	g.connect.features |= features;
	if (!respond(p, &g, challenge) || peer_hear(p, CXIO_FRAME_REPLY) != HEARD_FRAME)
		return peer_fail(p, "no answer to a good authorizer");
	tag = p->theirs.reply.tag;
	if (tag != CXIO_TAG_READY && tag != CXIO_TAG_SEQ)
		return peer_fail(p, "a good authorizer: %s", cxio_tag_text(tag));
	return p->theirs.reply.authorizer_len == 4 || peer_fail(p, "the answer is missing");
}

/**
 * authorizer_good() - a peer with a good authorizer
 * @p: a new peer
 * @t: where
 *
 * Return: false if it is not served as it should be.
 */
bool authorizer_good(struct peer *p, const struct target *t)
{
	return opened(p, t, 0) && peer_echo(p, 1) && peer_echo(p, 2) && peer_close(p);
}

/* --- who is not let in --- */

static bool refused(struct peer *p, const struct cxio_greeting *g, const u8 *bytes, u32 len)
{
	return send_connect(p, g, bytes, len, true) && demand(p, CXIO_TAG_BADAUTHORIZER) &&
	       (!p->theirs.reply.authorizer_len || peer_fail(p, "an answer to who is refused"));
}

bool authorizer_none(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;

	if (!begin(p, t, &g))
		return false;
	g.connect.authorizer_protocol = CXIO_AUTH_METHOD_UNKNOWN;
	g.connect.authorizer_len = 0;
	return refused(p, &g, NULL, 0);
}

/* A method, and nothing of it. */
bool authorizer_empty(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;

	if (!begin(p, t, &g))
		return false;
	g.connect.authorizer_len = 0;
	return refused(p, &g, NULL, 0);
}

bool authorizer_secret(struct peer *p, const struct target *t)
{
	u8 authorizer[AUTHORIZER];
	struct cxio_greeting g;

	make(authorizer, TICKET, 0);
	if (!begin(p, t, &g))
		return false;
	g.connect.authorizer_protocol = CXIO_AUTH_METHOD_SECRET;
	return refused(p, &g, authorizer, AUTHORIZER);
}

bool authorizer_stranger(struct peer *p, const struct target *t)
{
	u8 authorizer[AUTHORIZER];
	struct cxio_greeting g;

	make(authorizer, TICKET + 1, 0);
	return begin(p, t, &g) && refused(p, &g, authorizer, AUTHORIZER);
}

/* As long as one may be, over frames: it is understood, and so refused. */
bool authorizer_longest(struct peer *p, const struct target *t)
{
	static const u8 bytes[IN_CONNECT] = { 1 };
	struct cxio_greeting g;

	if (!begin(p, t, &g))
		return false;
	g.connect.authorizer_len = CXIO_AUTHORIZER_MAX;
	return send_connect(p, &g, bytes, IN_CONNECT, false) &&
	       send_rest(p, CXIO_AUTHORIZER_MAX - IN_CONNECT, true) &&
	       demand(p, CXIO_TAG_BADAUTHORIZER);
}

bool authorizer_too_long(struct peer *p, const struct target *t)
{
	static const u8 bytes[AUTHORIZER];
	struct cxio_greeting g;

	if (!begin(p, t, &g))
		return false;
	g.connect.authorizer_len = CXIO_AUTHORIZER_MAX + 1;
	return send_connect(p, &g, bytes, AUTHORIZER, false) &&
	       case_closed(p, CXIO_FAULT_CONNECT_AUTHORIZER, false);
}

/* One byte more than it said, in the last frame. */
bool authorizer_longer(struct peer *p, const struct target *t)
{
	static const u8 bytes[IN_CONNECT];
	struct cxio_greeting g;

	if (!begin(p, t, &g))
		return false;
	g.connect.authorizer_len = CXIO_AUTHORIZER_MAX;
	return send_connect(p, &g, bytes, IN_CONNECT, false) &&
	       send_rest(p, CXIO_AUTHORIZER_MAX - IN_CONNECT + 1, true) &&
	       case_closed(p, CXIO_FAULT_GREETING_AUTHORIZER, false);
}

bool authorizer_cut(struct peer *p, const struct target *t)
{
	static const u8 bytes[AUTHORIZER];
	struct cxio_greeting g;

	if (!begin(p, t, &g))
		return false;
	g.connect.authorizer_len = CXIO_AUTHORIZER_MAX;
	return send_connect(p, &g, bytes, AUTHORIZER, true) &&
	       case_closed(p, CXIO_FAULT_GREETING_AUTHORIZER, false);
}

/* Of another connection's challenge. */
bool authorizer_replayed(struct peer *p, const struct target *t)
{
	u32 challenge, other;
	struct cxio_greeting g;
	struct peer q;
	bool ok;

	peer_init(&q, t->limit_ms);
	ok = challenged(&q, t, &g, &other);
	if (!ok)
		peer_fail(p, "recording: %s", q.error);
	peer_drop(&q);
	return ok && challenged(p, t, &g, &challenge) && respond(p, &g, other) &&
	       demand(p, CXIO_TAG_BADAUTHORIZER);
}

/* It is challenged again and again, and never says anything to that. */
bool authorizer_endless(struct peer *p, const struct target *t)
{
	u8 authorizer[AUTHORIZER];
	struct cxio_greeting g;
	u32 n;

	make(authorizer, TICKET, 0);
	if (!begin(p, t, &g))
		return false;
	for (n = 0; n < CXIO_AUTHORIZER_TRIES_MAX; n++)
		if (!send_connect(p, &g, authorizer, AUTHORIZER, true) ||
		    !demand(p, n % 2 ? CXIO_TAG_BADAUTHORIZER : CXIO_TAG_CHALLENGE_AUTHORIZER))
			return false;
	return send_connect(p, &g, authorizer, AUTHORIZER, true) &&
	       case_closed(p, CXIO_FAULT_AUTH_TRIES, false);
}

bool authorizer_early(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;
	struct frame f;
	u32 challenge;

	if (!challenged(p, t, &g, &challenge))
		return false;
	frame_message(p, &f, 1);
	return peer_send(p, &f) && case_closed(p, CXIO_FAULT_FRAME_NOT_READY, false);
}

bool authorizer_no_session(struct peer *p, const struct target *t)
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

/* --- messages --- */

static bool message(struct peer *p, bool is_signed, u16 fault)
{
	struct cxio_wire_msg_footer *w;
	struct frame f;

	frame_message(p, &f, 1);
	w = (void *)(f.buf + f.len - CXIO_MSG_FOOTER);
	if (is_signed) {
		w->flags |= CXIO_FOOTER_SIGNED;
		w->sig = cpu_to_le64(0x5157ull);
	}
	return peer_send(p, &f) && case_closed(p, fault, false);
}

bool authorizer_unsigned(struct peer *p, const struct target *t)
{
	return opened(p, t, CXIO_CEPH_FEATURE_MSG_AUTH) &&
	       message(p, false, CXIO_FAULT_FOOTER_UNSIGNED);
}

bool authorizer_forged(struct peer *p, const struct target *t)
{
	return opened(p, t, CXIO_CEPH_FEATURE_MSG_AUTH) &&
	       message(p, true, CXIO_FAULT_FOOTER_SIG);
}

bool authorizer_unagreed(struct peer *p, const struct target *t)
{
	return opened(p, t, 0) && message(p, true, CXIO_FAULT_FOOTER_SIGNED);
}
