// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sessions that are begun, taken up again, or made to skip messages, wrongly.
 */
#include "raw_cases.h"

/* A greeting by which the other side finds the session again. */
static void named_greeting(const struct peer *p, const struct target *t, u32 nonce,
			   struct cxio_greeting *g)
{
	static const u8 ip[4] = { 192, 0, 2, 1 };

	peer_greeting(p, case_where(t), g);
	g->own.family = CXIO_FAMILY_IPV4;
	g->own.nonce = nonce;
	memcpy(g->own.ip, ip, sizeof(ip));
	g->connect.global_seq = 10;
}

static bool demand_tag(struct peer *p, u8 tag)
{
	return p->theirs.reply.tag == tag ||
	       peer_fail(p, "the reply is %s instead of %s", cxio_tag_text(p->theirs.reply.tag),
			 cxio_tag_text(tag));
}

/* The session of @p, open. */
static bool open_named(struct peer *p, const struct target *t, u32 nonce)
{
	struct cxio_greeting g;

	if (!peer_connect(p, case_where(t)))
		return false;
	named_greeting(p, t, nonce, &g);
	return peer_greet(p, &g) &&
	       (p->theirs.reply.tag == CXIO_TAG_SEQ || demand_tag(p, CXIO_TAG_READY));
}

/* --- connects that are stale, or of somebody else --- */

/* Another connection of the session that @p has open; @q is to be dropped. */
static bool second_connect(struct peer *p, struct peer *q, const struct target *t, u32 nonce,
			   u32 global_seq, u32 connect_seq)
{
	struct cxio_greeting g;

	peer_init(q, t->limit_ms);
	q->offer.supported = p->offer.supported;
	q->cookie = p->cookie;
	named_greeting(q, t, nonce, &g);
	g.cookies.peer = p->theirs.cookies.own;
	g.connect.global_seq = global_seq;
	g.connect.connect_seq = connect_seq;
	if (peer_connect(q, case_where(t)) && peer_greet(q, &g))
		return true;
	return peer_fail(p, "the second connection: %s", q->error);
}

bool session_global_back(struct peer *p, const struct target *t)
{
	struct peer q;
	bool ok;

	if (!open_named(p, t, 101))
		return false;
	ok = second_connect(p, &q, t, 101, 5, 1);
	if (ok && (q.theirs.reply.tag != CXIO_TAG_RETRY_GLOBAL ||
		   q.theirs.reply.global_seq < 10))
		ok = peer_fail(p, "the reply is %s %u instead of a demand for more than 10",
			       cxio_tag_text(q.theirs.reply.tag), q.theirs.reply.global_seq);
	peer_drop(&q);
	return ok && peer_echo(p, 1) && peer_close(p);
}

/* A lossy session begins anew whatever is said of the former one. */
bool session_connect_back(struct peer *p, const struct target *t)
{
	bool ok, lossy;
	struct peer q;

	if (!open_named(p, t, 102))
		return false;
	lossy = p->theirs.reply.flags & CXIO_CONNECT_LOSSY;
	ok = second_connect(p, &q, t, 102, 11, 0);
	if (ok && !lossy && q.theirs.reply.tag != CXIO_TAG_RETRY_SESSION)
		ok = peer_fail(p, "the reply is %s instead of a demand for a later one",
			       cxio_tag_text(q.theirs.reply.tag));
	if (ok && lossy)
		ok = peer_echo(&q, 1) || peer_fail(p, "the second connection: %s", q.error);
	peer_drop(&q);
	return ok && (lossy ? case_ended(p) : peer_echo(p, 1));
}

/* Somebody who lost all he knew, or another one, comes with the same address. */
bool session_taken(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;
	struct peer q;
	bool ok;

	if (!open_named(p, t, 103))
		return false;
	peer_init(&q, t->limit_ms);
	q.offer.supported = p->offer.supported;
	q.cookie = p->cookie + 77;
	named_greeting(&q, t, 103, &g);
	g.connect.global_seq = 11;
	ok = peer_connect(&q, case_where(t)) && peer_greet(&q, &g) && peer_echo(&q, 1);
	if (!ok)
		peer_fail(p, "the second connection: %s", q.error);
	peer_drop(&q);
	return ok && case_ended(p);
}

/* Say something wrong, be told so, begin in order. */
static bool told_then_good(struct peer *p, const struct target *t, const struct cxio_greeting *bad,
			   u8 tag, u32 times)
{
	struct cxio_greeting g;

	if (!peer_connect(p, case_where(t)))
		return false;
	while (times--)
		if (!peer_greet(p, bad) || !demand_tag(p, tag))
			return false;
	peer_greeting(p, case_where(t), &g);
	return peer_greet(p, &g) &&
	       (p->theirs.reply.tag == CXIO_TAG_SEQ || demand_tag(p, CXIO_TAG_READY)) &&
	       peer_echo(p, 1) && peer_close(p);
}

bool session_foreign(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;

	peer_greeting(p, case_where(t), &g);
	g.connect.connect_seq = 3;
	g.cookies.peer = 0x123456789abcdefull;
	return told_then_good(p, t, &g, CXIO_TAG_RESETSESSION, 1);
}

bool session_count_end(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;

	peer_greeting(p, case_where(t), &g);
	g.connect.connect_seq = ~0u;
	return told_then_good(p, t, &g, CXIO_TAG_RESETSESSION, 1);
}

bool session_resets(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;

	peer_greeting(p, case_where(t), &g);
	g.connect.connect_seq = 1;
	g.cookies.peer = 1;
	return told_then_good(p, t, &g, CXIO_TAG_RESETSESSION, 40);
}

bool session_protocol(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;

	peer_greeting(p, case_where(t), &g);
	g.connect.protocol_version = CXIO_PROTOCOL_VERSION + 1;
	return told_then_good(p, t, &g, CXIO_TAG_BADPROTOVER, 1);
}

/* --- never begun to the end --- */

/* One that says nothing, one that stops within its authorizer: neither may stay. */
bool session_unfinished(struct peer *p, const struct target *t)
{
	struct cxio_greeting g;
	struct frame f;
	struct peer q;
	bool ok;

	peer_init(&q, t->limit_ms);
	if (!peer_connect(p, case_where(t)))
		return false;
	peer_greeting(p, case_where(t), &g);
	frame_greeting_cut(p, &f, &g);
	q.offer.supported = p->offer.supported;
	ok = peer_send(p, &f) && peer_connect(&q, case_where(t)) &&
	     case_beside(p, t, "two that do not end their greeting") && case_ended(p);
	if (ok && !case_ended(&q))
		ok = peer_fail(p, "the silent one: %s", q.error);
	peer_drop(&q);
	return ok || peer_fail(p, "%s", q.error);
}

/* --- messages that do not come --- */

static bool revoke(struct peer *p, u64 seq)
{
	struct frame f;

	frame_revoked(p, &f, seq);
	return peer_send(p, &f);
}

static bool begin(struct peer *p, u64 seq)
{
	struct frame f;

	frame_begin(p, &f, seq);
	return peer_send(p, &f);
}

bool session_revoked_next(struct peer *p, const struct target *t)
{
	return peer_open(p, case_where(t)) && revoke(p, 1) && revoke(p, 2) && peer_echo(p, 3) &&
	       peer_close(p);
}

bool session_revoked_whole(struct peer *p, const struct target *t)
{
	return peer_open(p, case_where(t)) && peer_echo(p, 1) && revoke(p, 1) &&
	       peer_echo(p, 2) && peer_close(p);
}

bool session_revoked_open(struct peer *p, const struct target *t)
{
	return peer_open(p, case_where(t)) && begin(p, 1) && revoke(p, 1) && peer_echo(p, 2) &&
	       peer_close(p);
}

bool session_revoked_more(struct peer *p, const struct target *t)
{
	struct frame f;

	if (!peer_open(p, case_where(t)) || !begin(p, 1) || !revoke(p, 1))
		return false;
	frame_more(p, &f);
	return peer_send(p, &f) && case_closed(p, CXIO_FAULT_MORE_WITHOUT, false);
}

/* Within a message that was received before, the next one is revoked. */
bool session_revoked_inside(struct peer *p, const struct target *t)
{
	return peer_open(p, case_where(t)) && peer_echo(p, 1) && begin(p, 1) && revoke(p, 2) &&
	       case_closed(p, CXIO_FAULT_REVOKED_SEQ, false);
}

/* --- as server --- */

static bool hear_connect(struct peer *p)
{
	return peer_hear(p, CXIO_FRAME_CONNECT) == HEARD_FRAME ||
	       peer_fail(p, "the client begins no session");
}

bool session_server_mute(struct peer *p, const struct target *t)
{
	(void)t;
	return hear_connect(p) && case_ended(p);
}

/* The same answer to every connect, until the client has enough. */
static bool always(struct peer *p, u8 tag, u16 fault)
{
	struct cxio_greeting g;
	enum heard heard;
	struct frame f;

	while ((heard = peer_hear(p, CXIO_FRAME_CONNECT)) == HEARD_FRAME) {
		memset(&g, 0, sizeof(g));
		g.reply.tag = tag;
		g.reply.protocol_version = CXIO_PROTOCOL_VERSION;
		g.own = p->theirs.target;
		g.target = p->theirs.own;
		frame_greeting(p, &f, CXIO_FRAME_REPLY, &g);
		if (p->sent > 50)
			return peer_fail(p, "the client asks for ever");
		if (!peer_send(p, &f))
			return false;
	}
	if (heard != HEARD_CLOSE)
		return peer_fail(p, "the client does not say what is wrong");
	if (peer_reason(p) != fault)
		return peer_fail(p, "closed with: %s", cxio_fault_text(peer_reason(p)));
	return peer_end(p);
}

bool session_server_resets(struct peer *p, const struct target *t)
{
	(void)t;
	return always(p, CXIO_TAG_RESETSESSION, CXIO_FAULT_HANDSHAKE_RESET);
}

bool session_server_unauthorized(struct peer *p, const struct target *t)
{
	(void)t;
	return always(p, CXIO_TAG_BADAUTHORIZER, CXIO_FAULT_HANDSHAKE_AUTHORIZER);
}
