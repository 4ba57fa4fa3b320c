// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * handshake.c: each decision of client and server by itself, then both together.
 */
#include "core_test.h"
#include "handshake.h"

#define NOW 1000000000ull
#define ALL 0xffull
#define SEQ_BIT CXIO_CEPH_FEATURE_RECONNECT_SEQ

static const struct cxio_terms terms = {
	.supported = ALL, .required = 1, .host_type = CXIO_ENTITY_OSD, .protocol_version = 24,
};

/* Cookies of the sessions made here: ours when we are asked, and the peer's. */
#define OURS 100
#define PEERS 200

static void session(struct cxio_session *s, enum cxio_policy_kind kind, u64 cookie)
{
	cxio_session_init(s, cxio_policy(kind), cookie);
	cxio_session_wake(s, NOW);
	cxio_session_attempt_due(s, NOW);
}

/* --- client --- */

enum { BYTES, FRAMES };

static const struct {
	const char *what;
	enum cxio_policy_kind kind;
	u32 connect_seq;
	struct cxio_connect_reply reply;
	struct cxio_cookies cookies;
	enum cxio_client_step step;
	enum cxio_fault fault;
	u32 then;	/* connect_seq afterwards */
} replies[] = {
	{ "ready", CXIO_LOSSLESS_CLIENT, 0, { CXIO_TAG_READY, .features = 3, .connect_seq = 1 },
	  { PEERS, OURS }, CXIO_CLIENT_OPEN, 0, 1 },
	{ "seq", CXIO_LOSSLESS_CLIENT, 4, { CXIO_TAG_SEQ, .features = 3, .connect_seq = 5 },
	  { PEERS, OURS }, CXIO_CLIENT_OPEN, 0, 5 },
	{ "a required feature is missing", CXIO_LOSSLESS_CLIENT, 0,
	  { CXIO_TAG_READY, .features = 2, .connect_seq = 1 }, { PEERS, OURS },
	  CXIO_CLIENT_FAIL, CXIO_FAULT_HANDSHAKE_FEATURES, 0 },
	{ "connect_seq not ours", CXIO_LOSSLESS_CLIENT, 0,
	  { CXIO_TAG_READY, .features = 3, .connect_seq = 0 }, { PEERS, OURS },
	  CXIO_CLIENT_FAIL, CXIO_FAULT_HANDSHAKE_CONNECT_SEQ, 0 },
	{ "connect_seq too far", CXIO_LOSSLESS_CLIENT, 0,
	  { CXIO_TAG_SEQ, .features = 3, .connect_seq = 2 }, { PEERS, OURS },
	  CXIO_CLIENT_FAIL, CXIO_FAULT_HANDSHAKE_CONNECT_SEQ, 0 },
	{ "another's cookie", CXIO_LOSSLESS_CLIENT, 0,
	  { CXIO_TAG_SEQ, .features = 3, .connect_seq = 1 }, { PEERS, OURS + 1 },
	  CXIO_CLIENT_FAIL, CXIO_FAULT_HANDSHAKE_COOKIE, 0 },
	{ "no cookie", CXIO_LOSSLESS_CLIENT, 0,
	  { CXIO_TAG_SEQ, .features = 3, .connect_seq = 1 }, { 0, OURS },
	  CXIO_CLIENT_FAIL, CXIO_FAULT_HANDSHAKE_COOKIE, 0 },
	{ "the peer changed its cookie and says nothing", CXIO_LOSSLESS_CLIENT, 4,
	  { CXIO_TAG_SEQ, .features = 3, .connect_seq = 5 }, { PEERS + 1, OURS },
	  CXIO_CLIENT_FAIL, CXIO_FAULT_HANDSHAKE_COOKIE, 4 },
	{ "reset", CXIO_LOSSLESS_CLIENT, 4, { CXIO_TAG_RESETSESSION }, { PEERS, OURS },
	  CXIO_CLIENT_RESET, 0, 0 },
	{ "retry session", CXIO_LOSSLESS_CLIENT, 4, { CXIO_TAG_RETRY_SESSION, .connect_seq = 9 },
	  { PEERS, OURS }, CXIO_CLIENT_AGAIN, 0, 9 },
	{ "retry session without an advance", CXIO_LOSSLESS_CLIENT, 4,
	  { CXIO_TAG_RETRY_SESSION, .connect_seq = 4 }, { PEERS, OURS },
	  CXIO_CLIENT_FAIL, CXIO_FAULT_HANDSHAKE_CONNECT_SEQ, 4 },
	{ "retry session with the last number", CXIO_LOSSLESS_CLIENT, 4,
	  { CXIO_TAG_RETRY_SESSION, .connect_seq = ~0u }, { PEERS, OURS },
	  CXIO_CLIENT_FAIL, CXIO_FAULT_HANDSHAKE_CONNECT_SEQ, 4 },
	{ "retry global", CXIO_LOSSLESS_CLIENT, 4, { CXIO_TAG_RETRY_GLOBAL, .global_seq = 70 },
	  { PEERS, OURS }, CXIO_CLIENT_AGAIN, 0, 4 },
	{ "retry global with an attempt long past, as Ceph's servers do", CXIO_LOSSLESS_CLIENT, 4,
	  { CXIO_TAG_RETRY_GLOBAL, .global_seq = 0 }, { PEERS, OURS }, CXIO_CLIENT_AGAIN, 0, 4 },
	{ "retry global beyond the last number", CXIO_LOSSLESS_CLIENT, 4,
	  { CXIO_TAG_RETRY_GLOBAL, .global_seq = ~0u }, { PEERS, OURS },
	  CXIO_CLIENT_FAIL, CXIO_FAULT_HANDSHAKE_GLOBAL_SEQ, 4 },
	{ "wait, to a peer", CXIO_LOSSLESS_PEER, 0, { CXIO_TAG_WAIT }, { PEERS, OURS },
	  CXIO_CLIENT_WAIT, 0, 0 },
	{ "wait, to a client", CXIO_LOSSLESS_CLIENT, 0, { CXIO_TAG_WAIT }, { PEERS, OURS },
	  CXIO_CLIENT_FAIL, CXIO_FAULT_HANDSHAKE_WAIT, 0 },
	{ "features", CXIO_LOSSLESS_CLIENT, 0, { CXIO_TAG_FEATURES }, { PEERS, OURS },
	  CXIO_CLIENT_FAIL, CXIO_FAULT_HANDSHAKE_FEATURES, 0 },
	{ "protocol version", CXIO_LOSSLESS_CLIENT, 0, { CXIO_TAG_BADPROTOVER },
	  { PEERS, OURS }, CXIO_CLIENT_FAIL, CXIO_FAULT_HANDSHAKE_PROTOCOL, 0 },
	{ "challenge", CXIO_LOSSLESS_CLIENT, 0, { CXIO_TAG_CHALLENGE_AUTHORIZER },
	  { PEERS, OURS }, CXIO_CLIENT_CHALLENGE, 0, 0 },
	{ "bad authorizer", CXIO_LOSSLESS_CLIENT, 0, { CXIO_TAG_BADAUTHORIZER },
	  { PEERS, OURS }, CXIO_CLIENT_AUTHORIZE, 0, 0 },
	{ "a message's tag", CXIO_LOSSLESS_CLIENT, 0, { CXIO_TAG_MSG }, { PEERS, OURS },
	  CXIO_CLIENT_FAIL, CXIO_FAULT_HANDSHAKE_TAG, 0 },
	{ "no tag", CXIO_LOSSLESS_CLIENT, 0, { 0 }, { PEERS, OURS },
	  CXIO_CLIENT_FAIL, CXIO_FAULT_HANDSHAKE_TAG, 0 },
	{ "tag beyond the last", CXIO_LOSSLESS_CLIENT, 0, { CXIO_TAG_END }, { PEERS, OURS },
	  CXIO_CLIENT_FAIL, CXIO_FAULT_HANDSHAKE_TAG, 0 },
};

CORE_TEST(client_takes_each_reply)
{
	struct cxio_global g = { .seq = 6 };
	enum cxio_fault fault;
	struct cxio_session s;
	struct cxio_connect c;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(replies); i++) {
		session(&s, replies[i].kind, OURS);
		s.connect_seq = replies[i].connect_seq;
		s.peer_cookie = replies[i].connect_seq ? PEERS : 0;
		cxio_handshake_begin(&s, &terms, &g, &c);
		core_row(i, replies[i].what);
		expect_eq(c.connect_seq, replies[i].connect_seq);
		expect_eq(c.global_seq, g.seq);
		expect_eq(cxio_handshake_reply(&s, &terms, &g, &replies[i].reply,
					       &replies[i].cookies, NOW, &fault),
			  replies[i].step);
		expect_fault(fault, replies[i].fault);
		expect_eq(s.connect_seq, replies[i].then);
	}
}

CORE_TEST(client_fills_connects)
{
	struct cxio_global g = { .seq = 41 };
	struct cxio_connect_reply r = { CXIO_TAG_RETRY_GLOBAL, .global_seq = 1000 };
	struct cxio_cookies none = { 0 };
	enum cxio_fault fault;
	struct cxio_session s;
	struct cxio_connect c;

	session(&s, CXIO_LOSSY_CLIENT, 0);
	cxio_handshake_begin(&s, &terms, &g, &c);
	expect_eq(c.features, ALL);
	expect_eq(c.host_type, CXIO_ENTITY_OSD);
	expect_eq(c.protocol_version, 24);
	expect_eq(c.global_seq, 42);
	expect_eq(c.connect_seq, 0);
	expect_eq(c.flags, CXIO_CONNECT_LOSSY);
	expect_eq(cxio_handshake_reply(&s, &terms, &g, &r, &none, NOW, &fault), CXIO_CLIENT_AGAIN);
	cxio_handshake_again(&s, &terms, &c);
	expect_eq(c.global_seq, 1001);
	/* what a peer claims to have seen numbers no other session (I4) */
	expect_eq(g.seq, 43);
	/* and this one's next attempt is above it still */
	cxio_handshake_begin(&s, &terms, &g, &c);
	expect_eq(c.global_seq, 1002);
	g.seq = 5000;
	cxio_handshake_begin(&s, &terms, &g, &c);
	expect_eq(c.global_seq, 5001);
	/* a server that names the attempt before this one gets a higher number all the same */
	r.global_seq = 1002;
	expect_eq(cxio_handshake_reply(&s, &terms, &g, &r, &none, NOW, &fault), CXIO_CLIENT_AGAIN);
	cxio_handshake_again(&s, &terms, &c);
	expect_eq(c.global_seq, 5002);
	/* and what it said before is not forgotten for that */
	r.global_seq = 6000;
	cxio_handshake_reply(&s, &terms, &g, &r, &none, NOW, &fault);
	r.global_seq = 3;
	cxio_handshake_reply(&s, &terms, &g, &r, &none, NOW, &fault);
	cxio_handshake_again(&s, &terms, &c);
	expect_eq(c.global_seq, 6002);
}

/* The server decides whether the session is lossy, and which features are used. */
CORE_TEST(client_is_told)
{
	struct cxio_connect_reply r = { CXIO_TAG_SEQ, .features = 3 | 1 << 20, .connect_seq = 1,
					.global_seq = 17, .flags = CXIO_CONNECT_LOSSY };
	struct cxio_cookies cookies = { PEERS, OURS };
	struct cxio_global g = { 0 };
	enum cxio_fault fault;
	struct cxio_session s;
	struct cxio_connect c;

	session(&s, CXIO_LOSSLESS_CLIENT, OURS);
	cxio_handshake_begin(&s, &terms, &g, &c);
	expect_eq(cxio_handshake_reply(&s, &terms, &g, &r, &cookies, NOW, &fault),
		  CXIO_CLIENT_OPEN);
	expect(s.policy.lossy);
	expect_eq(s.features, 3);
	expect_eq(s.peer_global_seq, 17);
	expect_eq(s.peer_cookie, PEERS);
}

/* None of the answers that ask for more can be given for ever. */
CORE_TEST(client_is_patient_not_endless)
{
	static const struct {
		u8 tag;
		u32 most;
		enum cxio_fault fault;
	} rows[] = {
		{ CXIO_TAG_CHALLENGE_AUTHORIZER, CXIO_CHALLENGES_MAX,
		  CXIO_FAULT_HANDSHAKE_CHALLENGE },
		{ CXIO_TAG_BADAUTHORIZER, 1, CXIO_FAULT_HANDSHAKE_AUTHORIZER },
		{ CXIO_TAG_RESETSESSION, CXIO_RESETS_MAX, CXIO_FAULT_HANDSHAKE_RESET },
		{ CXIO_TAG_RETRY_GLOBAL, CXIO_RETRIES_MAX, CXIO_FAULT_HANDSHAKE_RETRIES },
	};
	struct cxio_cookies cookies = { PEERS, OURS };
	struct cxio_global g = { 0 };
	enum cxio_fault fault;
	struct cxio_session s;
	struct cxio_connect c;
	u32 i, k, attempt;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cxio_connect_reply r = { rows[i].tag };

		session(&s, CXIO_LOSSLESS_CLIENT, OURS);
		for (attempt = 0; attempt < 2; attempt++) {
			cxio_handshake_begin(&s, &terms, &g, &c);
			core_row(i, NULL);
			for (k = 0; k < rows[i].most; k++)
				expect(cxio_handshake_reply(&s, &terms, &g, &r, &cookies, NOW,
							    &fault) != CXIO_CLIENT_FAIL);
			expect_eq(cxio_handshake_reply(&s, &terms, &g, &r, &cookies, NOW, &fault),
				  CXIO_CLIENT_FAIL);
			expect_fault(fault, rows[i].fault);
		}
	}
}

/* --- server --- */

/* The session a server has, or has not. */
struct existing {
	bool there;
	enum cxio_policy_kind kind;
	enum cxio_session_state state;
	u32 connect_seq;
	u32 peer_global_seq;
};

static const struct {
	const char *what;
	int wire;
	enum cxio_policy_kind kind;
	struct existing e;
	struct cxio_connect c;
	struct cxio_cookies cookies;
	enum cxio_auth auth;
	bool lower;
	u8 tag;		/* or 0: it opens */
	bool reset;
	u32 seq;	/* of the answer, if it is a retry */
	bool reset_in;
} judgments[] = {
#define GOOD .features = 1, .protocol_version = 24, .global_seq = 10
#define NONE { false, 0, 0, 0, 0 }
#define E(k, st, cs) { true, k, CXIO_SESSION_##st, cs, 10 }
#define SERVER CXIO_STATEFUL_SERVER
#define PEER CXIO_LOSSLESS_PEER
#define NEW { PEERS, 0 }
#define KNOWN { PEERS, OURS }
	{ "protocol version", FRAMES, SERVER, NONE, { .features = 1, .protocol_version = 23 },
	  NEW, 0, 0, CXIO_TAG_BADPROTOVER },
	{ "features", FRAMES, SERVER, NONE, { .features = 2, .protocol_version = 24 },
	  NEW, 0, 0, CXIO_TAG_FEATURES },
	{ "bad authorizer", FRAMES, SERVER, NONE, { GOOD }, NEW, CXIO_AUTH_BAD, 0,
	  CXIO_TAG_BADAUTHORIZER },
	{ "challenge", FRAMES, SERVER, NONE, { GOOD }, NEW, CXIO_AUTH_CHALLENGE, 0,
	  CXIO_TAG_CHALLENGE_AUTHORIZER },
	{ "bad authorizer to an open session", FRAMES, SERVER, E(SERVER, OPEN, 3),
	  { GOOD, .connect_seq = 4 }, KNOWN, CXIO_AUTH_BAD, 0, CXIO_TAG_BADAUTHORIZER },

	/* no session there */
	{ "new", FRAMES, SERVER, NONE, { GOOD }, NEW },
	{ "new, bytes", BYTES, SERVER, NONE, { GOOD }, { 0 } },
	{ "an unknown session", FRAMES, SERVER, NONE, { GOOD, .connect_seq = 3 }, KNOWN, 0, 0,
	  CXIO_TAG_RESETSESSION },
	{ "a count from a retry, and no session", FRAMES, SERVER, NONE,
	  { GOOD, .connect_seq = 3 }, NEW },
	{ "an unknown session, bytes", BYTES, SERVER, NONE, { GOOD, .connect_seq = 3 }, { 0 }, 0, 0,
	  CXIO_TAG_RESETSESSION },
	{ "an unknown session of a peer, bytes", BYTES, PEER, NONE, { GOOD, .connect_seq = 3 },
	  { 0 }, 0, 0, CXIO_TAG_RESETSESSION },
	{ "never connected, and nobody checks: Ceph takes it", BYTES, PEER, E(PEER, STANDBY, 0),
	  { GOOD, .connect_seq = 3 }, { 0 } },
	{ "an unknown session of a peer, frames", FRAMES, PEER, NONE, { GOOD, .connect_seq = 3 },
	  KNOWN, 0, 0, CXIO_TAG_RESETSESSION },
	{ "an ended session is none", FRAMES, SERVER, E(SERVER, ENDED, 3), { GOOD }, NEW },

	/* old attempts */
	{ "old global_seq", FRAMES, SERVER, E(SERVER, OPEN, 3),
	  { .features = 1, .protocol_version = 24, .global_seq = 9, .connect_seq = 4 }, KNOWN, 0, 0,
	  CXIO_TAG_RETRY_GLOBAL },
	{ "old connect_seq", FRAMES, SERVER, E(SERVER, STANDBY, 3), { GOOD, .connect_seq = 2 },
	  KNOWN, 0, 0, CXIO_TAG_RETRY_SESSION, .seq = 4 },
	{ "the same connect_seq, open", FRAMES, SERVER, E(SERVER, OPEN, 3),
	  { GOOD, .connect_seq = 3 }, KNOWN, 0, 0, CXIO_TAG_RETRY_SESSION, .seq = 4 },
	{ "the same connect_seq, standby", FRAMES, SERVER, E(SERVER, STANDBY, 3),
	  { GOOD, .connect_seq = 3 }, KNOWN, 0, 1, CXIO_TAG_RETRY_SESSION, .seq = 4 },
	{ "the first reply was lost", FRAMES, SERVER, E(SERVER, STANDBY, 1), { GOOD },
	  NEW, 0, 0, CXIO_TAG_RETRY_SESSION, .seq = 2 },
	{ "and it comes again", FRAMES, SERVER, E(SERVER, STANDBY, 1), { GOOD, .connect_seq = 2 },
	  NEW },
	{ "the first reply was lost, bytes: Ceph resets", BYTES, SERVER, E(SERVER, STANDBY, 1),
	  { GOOD }, { 0 }, .reset = true },

	/* going on */
	{ "reconnect", FRAMES, SERVER, E(SERVER, STANDBY, 3), { GOOD, .connect_seq = 4 }, KNOWN },
	{ "reconnect of an open one", FRAMES, SERVER, E(SERVER, OPEN, 3),
	  { GOOD, .connect_seq = 4 }, KNOWN },
	{ "reconnect, bytes", BYTES, SERVER, E(SERVER, OPEN, 3), { GOOD, .connect_seq = 4 },
	  { 0 } },
	{ "reconnect to one that never was connected, bytes", BYTES, SERVER,
	  E(SERVER, STANDBY, 0), { GOOD, .connect_seq = 4 }, { 0 }, 0, 0, CXIO_TAG_RESETSESSION },
	{ "we have been reset", FRAMES, SERVER, E(SERVER, STANDBY, 3), { GOOD, .connect_seq = 4 },
	  { PEERS, OURS + 1 }, 0, 0, CXIO_TAG_RESETSESSION },
	{ "a stranger knows no cookie of ours", FRAMES, SERVER, E(SERVER, STANDBY, 3),
	  { GOOD, .connect_seq = 4 }, { PEERS + 1, 0 }, 0, 0, CXIO_TAG_RESETSESSION },
	{ "the peer began anew", FRAMES, SERVER, E(SERVER, OPEN, 3), { GOOD }, { PEERS + 1, 0 },
	  .reset = true },
	{ "the peer began anew, bytes", BYTES, SERVER, E(SERVER, OPEN, 3), { GOOD }, { 0 },
	  .reset = true },
	{ "the peer began anew, bytes, and nobody checks: Ceph keeps the queue", BYTES, PEER,
	  E(PEER, OPEN, 3), { GOOD }, { 0 }, .reset_in = true },
	{ "the last connect_seq", FRAMES, SERVER, E(SERVER, OPEN, 3), { GOOD, .connect_seq = ~0u },
	  KNOWN, 0, 0, CXIO_TAG_RESETSESSION },
	{ "a lossy one begins anew", FRAMES, CXIO_STATELESS_SERVER,
	  E(CXIO_STATELESS_SERVER, OPEN, 3), { GOOD, .connect_seq = 1 }, NEW, .reset = true },

	/* both at once */
	{ "race, the peer is lower", FRAMES, PEER, E(PEER, CONNECTING, 0), { GOOD }, NEW, 0, 1 },
	{ "race, the peer is higher", FRAMES, PEER, E(PEER, CONNECTING, 0), { GOOD }, NEW, 0, 0,
	  CXIO_TAG_WAIT },
	{ "race, and we wait already", FRAMES, PEER, E(PEER, WAIT, 0), { GOOD }, NEW, 0, 1 },
	{ "race of a reconnect, lower", FRAMES, PEER, E(PEER, CONNECTING, 4),
	  { GOOD, .connect_seq = 4 }, KNOWN, 0, 1 },
	{ "race of a reconnect, higher", FRAMES, PEER, E(PEER, CONNECTING, 4),
	  { GOOD, .connect_seq = 4 }, KNOWN, 0, 0, CXIO_TAG_WAIT },
	{ "race, bytes", BYTES, PEER, E(PEER, CONNECTING, 0), { GOOD }, { 0 }, 0, 0,
	  CXIO_TAG_WAIT },
	{ "no race with an idle session", FRAMES, PEER, E(PEER, IDLE, 0), { GOOD }, NEW, 0, 0 },
	{ "a race that the peer has overtaken", FRAMES, PEER, E(PEER, CONNECTING, 3),
	  { GOOD, .connect_seq = 4 }, KNOWN, 0, 0 },
	{ "a race that we have overtaken", FRAMES, PEER, E(PEER, CONNECTING, 5),
	  { GOOD, .connect_seq = 4 }, KNOWN, 0, 1, CXIO_TAG_RETRY_SESSION, .seq = 5 },
	{ "the same, and the peer is higher", FRAMES, PEER, E(PEER, CONNECTING, 5),
	  { GOOD, .connect_seq = 4 }, KNOWN, 0, 0, CXIO_TAG_WAIT },
	{ "the peer began anew while we connect", FRAMES, PEER, E(PEER, CONNECTING, 5), { GOOD },
	  { PEERS + 1, 0 }, 0, 0, .reset = true },
};

CORE_TEST(server_judges_each_connect)
{
	struct cxio_verdict v;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(judgments); i++) {
		const struct existing *x = &judgments[i].e;
		struct cxio_policy policy = cxio_policy(judgments[i].kind);
		struct cxio_session e, before;

		cxio_session_init(&e, cxio_policy(x->kind), judgments[i].wire ? OURS : 0);
		e.state = x->state;
		e.connect_seq = x->connect_seq;
		e.peer_global_seq = x->peer_global_seq;
		if (judgments[i].wire && x->connect_seq)
			e.peer_cookie = PEERS;
		before = e;
		cxio_handshake_judge(x->there ? &e : NULL, &policy, &terms, &judgments[i].c,
				     &judgments[i].cookies, judgments[i].auth, judgments[i].lower,
				     &v);
		core_row(i, judgments[i].what);
		expect_eq(v.reply.tag, judgments[i].tag);
		expect_eq(v.judge, judgments[i].tag ? CXIO_JUDGE_REPLY : CXIO_JUDGE_OPEN);
		expect_eq(v.reset, judgments[i].reset);
		expect_eq(v.reset_in, judgments[i].reset_in);
		expect_mem(&e, &before, sizeof(e));
		expect_eq(v.reply.features, ALL);
		expect_eq(v.reply.protocol_version, 24);
		expect_eq(v.reply.flags, policy.lossy ? CXIO_CONNECT_LOSSY : 0);
		if (v.reply.tag == CXIO_TAG_RETRY_SESSION)
			expect_eq(v.reply.connect_seq, judgments[i].seq);
		if (v.reply.tag == CXIO_TAG_RETRY_GLOBAL)
			expect_eq(v.reply.global_seq, x->peer_global_seq);
	}
}

CORE_TEST(server_accepts)
{
	struct cxio_connect c = { .features = 3 | SEQ_BIT | 1 << 20, .protocol_version = 24,
				  .global_seq = 12, .connect_seq = 4 };
	struct cxio_cookies cookies = { PEERS, OURS };
	struct cxio_global g = { .seq = 30 };
	struct cxio_verdict v = { .judge = CXIO_JUDGE_OPEN };
	struct cxio_session s;

	cxio_session_init(&s, cxio_policy(CXIO_STATEFUL_SERVER), OURS);
	s.out_seq = 9;
	cxio_handshake_accept(&s, &terms, &g, &c, &cookies, &v);
	expect_eq(s.connect_seq, 5);
	expect_eq(s.peer_global_seq, 12);
	expect_eq(s.peer_cookie, PEERS);
	expect_eq(s.features, 3 | SEQ_BIT);
	expect_eq(s.out_seq, 9);
	expect_eq(v.reply.tag, CXIO_TAG_SEQ);
	expect_eq(v.reply.features, 3 | SEQ_BIT);
	expect_eq(v.reply.connect_seq, 5);
	expect_eq(v.reply.global_seq, 31);

	/* only what came in is forgotten */
	s.in_seq = 4;
	s.rx_seq = 4;
	v = (struct cxio_verdict){ .judge = CXIO_JUDGE_OPEN, .reset_in = true };
	cxio_handshake_accept(&s, &terms, &g, &c, &cookies, &v);
	expect_eq(s.in_seq + s.rx_seq, 0);
	expect_eq(s.out_seq, 9);
	expect_eq(s.own_cookie, OURS);

	/* without the feature there is no exchange of in_seq */
	c.features = 2;
	v = (struct cxio_verdict){ .judge = CXIO_JUDGE_OPEN, .reset = true };
	cxio_handshake_accept(&s, &terms, &g, &c, &cookies, &v);
	expect_eq(v.reply.tag, CXIO_TAG_READY);
	expect_eq(v.reply.features, 3);
	expect_eq(s.out_seq, 0);
	expect_eq(s.own_cookie, OURS + 1);
	expect_eq(s.connect_seq, 5);
}

/* --- both --- */

struct side {
	struct cxio_session s;
	struct cxio_global g;
	bool there;
};

/* One connect, and what the server makes of it. */
static void ask(const struct cxio_session *client, const struct cxio_connect *c,
		struct side *server, enum cxio_policy_kind kind, struct cxio_verdict *v)
{
	struct cxio_cookies cookies = cxio_handshake_cookies(client);
	struct cxio_policy policy = cxio_policy(kind);

	cxio_handshake_judge(server->there ? &server->s : NULL, &policy, &terms, c, &cookies,
			     CXIO_AUTH_OK, true, v);
	if (v->judge != CXIO_JUDGE_OPEN)
		return;
	if (!server->there)
		cxio_session_init(&server->s, policy, server->g.seq + 1000);
	server->there = true;
	cxio_handshake_accept(&server->s, &terms, &server->g, c, &cookies, v);
	expect_fault(cxio_session_opened(&server->s, client->in_seq), CXIO_FAULT_NONE);
}

/* A whole attempt, until it is open; the reply of the opening may be lost. */
static u32 attempt(struct side *client, struct side *server, enum cxio_policy_kind kind,
		   bool lose, u32 *resets)
{
	struct cxio_cookies cookies;
	enum cxio_client_step step;
	struct cxio_connect c;
	struct cxio_verdict v;
	enum cxio_fault fault;
	u32 rounds;

	*resets = 0;
	cxio_handshake_begin(&client->s, &terms, &client->g, &c);
	for (rounds = 1; rounds < 10; rounds++) {
		ask(&client->s, &c, server, kind, &v);
		*resets += v.reset;
		if (v.judge == CXIO_JUDGE_OPEN && lose)
			return rounds;
		/* a server that did not open has no session to speak of */
		cookies = cxio_handshake_cookies(&server->s);
		step = cxio_handshake_reply(&client->s, &terms, &client->g, &v.reply, &cookies,
					    NOW, &fault);
		expect_fault(fault, CXIO_FAULT_NONE);
		if (step == CXIO_CLIENT_OPEN) {
			expect_fault(cxio_session_opened(&client->s, server->s.in_seq),
				     CXIO_FAULT_NONE);
			expect_eq(client->s.connect_seq, server->s.connect_seq);
			expect_eq(client->s.peer_cookie, server->s.own_cookie);
			expect_eq(server->s.peer_cookie, client->s.own_cookie);
			return rounds;
		}
		*resets += step == CXIO_CLIENT_RESET;
		cxio_handshake_again(&client->s, &terms, &c);
	}
	expect(!"it does not end");
	return rounds;
}

static void lose(struct side *x)
{
	cxio_session_lost(&x->s, true, false, 0, NOW);
}

CORE_TEST(connect_and_reconnect)
{
	struct side client = { .g = { 5 } }, server = { .g = { 50 } };
	u32 i, resets;

	session(&client.s, CXIO_LOSSLESS_CLIENT, OURS);
	for (i = 1; i <= 10; i++) {
		expect_eq(attempt(&client, &server, CXIO_STATEFUL_SERVER, false, &resets), 1);
		expect_eq(resets, 0);
		expect_eq(client.s.connect_seq, 2 * i - 1);
		lose(&client);
		/* the server need not have noticed */
		if (i % 2)
			lose(&server);
	}
}

/* However often the reply is lost: no reset, and open at last. */
CORE_TEST(lost_replies)
{
	struct side client = { 0 }, server = { 0 };
	u32 i, k, resets;

	session(&client.s, CXIO_LOSSLESS_CLIENT, OURS);
	for (k = 0; k < 3; k++) {
		for (i = 0; i < 3; i++) {
			attempt(&client, &server, CXIO_STATEFUL_SERVER, true, &resets);
			expect_eq(resets, 0);
			lose(&client);
			lose(&server);
		}
		expect(attempt(&client, &server, CXIO_STATEFUL_SERVER, false, &resets) <= 2);
		expect_eq(resets, 0);
		expect_eq(server.s.state, CXIO_SESSION_OPEN);
		expect_eq(client.s.state, CXIO_SESSION_OPEN);
		lose(&client);
		lose(&server);
	}
}

/* Either side restarts: the other one is reset, once, and they are open again. */
CORE_TEST(restarts)
{
	struct side client = { 0 }, server = { 0 };
	u32 resets;

	session(&client.s, CXIO_LOSSLESS_CLIENT, OURS);
	attempt(&client, &server, CXIO_STATEFUL_SERVER, false, &resets);
	lose(&client);
	server = (struct side){ .g = { 7000 } };
	attempt(&client, &server, CXIO_STATEFUL_SERVER, false, &resets);
	expect_eq(resets, 1);

	session(&client.s, CXIO_LOSSLESS_CLIENT, OURS + 50);
	client.g.seq = 0;
	/* its global_seq began anew too, so that the server takes it for an old attempt first */
	expect_eq(attempt(&client, &server, CXIO_STATEFUL_SERVER, false, &resets), 2);
	expect_eq(resets, 1);
	expect_eq(client.s.connect_seq, 1);
}

CORE_TEST(every_fault_was_provoked)
{
	struct cxio_session s;

	cxio_session_init(&s, cxio_policy(CXIO_LOSSLESS_PEER), 1);
	expect_fault(cxio_session_opened(&s, 1), CXIO_FAULT_HANDSHAKE_IN_SEQ);
	expect_door_complete(DOOR_HANDSHAKE);
}

static struct core_case cases[] = {
	CORE_CASE(client_takes_each_reply),
	CORE_CASE(client_fills_connects),
	CORE_CASE(client_is_told),
	CORE_CASE(client_is_patient_not_endless),
	CORE_CASE(server_judges_each_connect),
	CORE_CASE(server_accepts),
	CORE_CASE(connect_and_reconnect),
	CORE_CASE(lost_replies),
	CORE_CASE(restarts),
	CORE_CASE(every_fault_was_provoked),
	{}
};

CORE_SUITE(handshake, cases);
