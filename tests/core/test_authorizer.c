// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * authorizer.c: both sides of a handshake by authorizers that are made elsewhere, over two
 * channels: whose turn it is, what is asked of the owners, and how often. What the bytes
 * are does not matter: the owners here say what a test has them say.
 */
#include "core_test.h"
#include "authorizer.h"

#define NOW 1000000000ull
#define FRAME 512

#define CAN CXIO_AUTH_CAN_SIGN
#define MUST (CXIO_AUTH_CAN_SIGN | CXIO_AUTH_MUST_SIGN)

static struct end {
	struct cxio_session session;
	struct cxio_channel s;
	struct cxio_rx_event ev;
	struct cxio_auth_state a;
	struct cxio_authorizer hook;
} end[2];

static u8 frame[FRAME];
static struct cxio_greeting g;
static const struct cxio_offer nothing;

/* What the server's channel says of the connect is changed to this; 0: it is not. */
static u32 other_protocol;

static void begin(u32 client_flags, u32 server_flags)
{
	const struct cxio_agreed agreed = {
		.features = CXIO_FEATURE_SESSION | CXIO_FEATURE_NO_DATA_CRC, .frame_max = FRAME,
		.peer_recv_depth = 64, .peer_window_msgs = 8, .peer_window_bytes = 8192,
	};
	struct cxio_limits ours;
	u32 i;

	cxio_limits_default(&ours);
	ours.recv_depth = 64;
	ours.window_msgs = 8;
	ours.window_bytes = 8192;
	other_protocol = 0;
	for (i = 0; i < 2; i++) {
		struct end *e = &end[i];

		cxio_session_init(&e->session, cxio_policy(CXIO_LOSSLESS_PEER), 11 + i);
		cxio_channel_init(&e->s, i ? NULL : &e->session, &ours, &agreed, !i, NOW);
		cxio_auth_init(&e->a, NULL, !i);
		cxio_authorizer_init(&e->a, &e->hook, (u8)(i ? server_flags : client_flags));
	}
}

/* Carry a greeting over, in as many frames as it takes. */
static enum cxio_fault carry(u32 from, u8 type)
{
	struct end *to = &end[!from];
	enum cxio_fault fault;
	u32 len;

	end[from].s.may_send = true;
	cxio_channel_greet(&end[from].s, type, &g);
	do {
		expect_eq(cxio_channel_next(&end[from].s, &nothing, NOW), CXIO_TX_GREETING);
		len = cxio_channel_greeting(&end[from].s, frame, cxio_auth_out(&end[from].a));
		fault = cxio_channel_rx(&to->s, frame, len, NOW, &to->ev);
		if (fault)
			return fault;
		cxio_channel_reposted(&to->s, 1);
		expect_eq(to->ev.kind, CXIO_RX_GREETING);
		fault = cxio_auth_take(&to->a, &to->s, frame, &to->ev);
		if (fault)
			return fault;
	} while (!to->ev.ends);
	return CXIO_FAULT_NONE;
}

/* The client's owner makes one of @len bytes, if it has a hook. */
static enum cxio_fault say(u32 protocol, int len, u8 fill)
{
	const u8 nonce[CXIO_AUTH_NONCE_BYTES] = { 1 };
	enum cxio_fault fault;

	memset(&g, 0, sizeof(g));
	g.connect.host_type = CXIO_ENTITY_CLIENT;
	g.connect.global_seq = 5;
	g.connect.protocol_version = CXIO_PROTOCOL_VERSION;
	g.cookies.own = 77;
	g.own.family = CXIO_FAMILY_IPV4;
	if (len > 0)
		memset(end[0].hook.out, fill, (u32)len);
	fault = cxio_authorizer_got(&end[0].hook, protocol, len);
	if (fault)
		return fault;
	cxio_auth_connect(&end[0].a, nonce, &g);
	return carry(0, CXIO_FRAME_CONNECT);
}

/* As far as the server's owner is asked. */
static enum cxio_fault take(void)
{
	const u8 nonce[CXIO_AUTH_NONCE_BYTES] = { 2 };

	if (other_protocol)
		end[1].s.greet_rx.greeting.connect.authorizer_protocol = other_protocol;
	return cxio_auth_take_connect(&end[1].a, &end[1].s, nonce);
}

/* The server's owner says @verdict, with an answer of @len bytes. */
static enum cxio_auth judge(u32 verdict, u32 len, enum cxio_fault want)
{
	enum cxio_fault fault = take();

	if (!fault) {
		expect_eq(end[1].hook.call, CXIO_AUTHORIZER_JUDGE);
		memset(end[1].hook.out, 0x5a, sizeof(end[1].hook.out));
		fault = cxio_authorizer_judged(&end[1].a, verdict, len);
		expect_eq(end[1].hook.call, CXIO_AUTHORIZER_NOTHING);
	}
	expect_fault(fault, want);
	return cxio_auth_verdict(&end[1].a, fault);
}

/* As far as the client's owner is asked. */
static enum cxio_fault answer(u8 tag)
{
	enum cxio_fault fault;

	memset(&g, 0, sizeof(g));
	g.reply.tag = tag;
	g.reply.connect_seq = 1;
	g.cookies.own = 88;
	cxio_auth_answer(&end[1].a, &g);
	fault = carry(1, CXIO_FRAME_REPLY);
	return fault ? fault : cxio_auth_reply(&end[0].a, &end[0].s);
}

/* The whole of it, with an answer of @len bytes. */
static void agree(u32 len)
{
	expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 100, 'a'), CXIO_FAULT_NONE);
	expect_eq(judge(CXIO_AUTH_OK, len, CXIO_FAULT_NONE), CXIO_AUTH_OK);
	expect_fault(answer(CXIO_TAG_READY), CXIO_FAULT_NONE);
	expect_eq(end[0].hook.call, CXIO_AUTHORIZER_ANSWER);
	expect_fault(cxio_authorizer_done(&end[0].a, true), CXIO_FAULT_NONE);
}

static void refuse(void)
{
	expect_eq(judge(CXIO_AUTH_BAD, 9, CXIO_FAULT_AUTH_REFUSED), CXIO_AUTH_BAD);
	expect_fault(answer(CXIO_TAG_BADAUTHORIZER), CXIO_FAULT_NONE);
	expect_eq(g.reply.authorizer_len, 0);
	expect_eq(end[0].hook.call, CXIO_AUTHORIZER_INVALIDATE);
	expect(!cxio_auth_renews(&end[0].a));
	expect_fault(cxio_authorizer_done(&end[0].a, true), CXIO_FAULT_NONE);
	expect(cxio_auth_renews(&end[0].a));
}

/* --- tests --- */

CORE_TEST(accepted_and_answered)
{
	begin(0, 0);
	expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 100, 'a'), CXIO_FAULT_NONE);
	expect_eq(end[1].hook.in_len, 100);
	expect(end[1].hook.in[0] == 'a' && end[1].hook.in[99] == 'a');
	expect_eq(judge(CXIO_AUTH_OK, 36, CXIO_FAULT_NONE), CXIO_AUTH_OK);
	expect_eq(end[1].hook.protocol, CXIO_AUTH_METHOD_CEPHX);
	expect_fault(answer(CXIO_TAG_READY), CXIO_FAULT_NONE);
	expect_eq(end[0].hook.call, CXIO_AUTHORIZER_ANSWER);
	expect_eq(end[0].hook.in_len, 36);
	expect_eq(end[0].hook.in[35], 0x5a);
	expect(!end[0].a.proven && end[1].a.proven);
	expect_fault(cxio_authorizer_done(&end[0].a, true), CXIO_FAULT_NONE);
	expect(end[0].a.proven);
}

/* Over many frames, and not a byte more. */
CORE_TEST(as_long_as_may_be)
{
	begin(0, 0);
	expect_fault(say(CXIO_AUTH_METHOD_CEPHX, CXIO_AUTHORIZER_MAX, 'm'), CXIO_FAULT_NONE);
	expect_eq(end[1].hook.in_len, CXIO_AUTHORIZER_MAX);
	expect_eq(end[1].hook.in[CXIO_AUTHORIZER_MAX - 1], 'm');
	expect_eq(judge(CXIO_AUTH_OK, CXIO_AUTHORIZER_MAX, CXIO_FAULT_NONE), CXIO_AUTH_OK);
	expect_fault(answer(CXIO_TAG_READY), CXIO_FAULT_NONE);
	expect_eq(end[0].hook.in_len, CXIO_AUTHORIZER_MAX);
	begin(0, 0);
	expect_fault(say(CXIO_AUTH_METHOD_CEPHX, CXIO_AUTHORIZER_MAX + 1, 'm'),
		     CXIO_FAULT_AUTH_OWN);
	expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 10, 'm'), CXIO_FAULT_NONE);
	expect_eq(judge(CXIO_AUTH_OK, CXIO_AUTHORIZER_MAX + 1, CXIO_FAULT_AUTH_REFUSED),
		  CXIO_AUTH_BAD);
}

/* A second connect's bytes do not stand behind those of the first. */
CORE_TEST(shorter_the_second_time)
{
	begin(0, 0);
	expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 700, 'a'), CXIO_FAULT_NONE);
	refuse();
	expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 7, 'b'), CXIO_FAULT_NONE);
	expect_eq(end[1].hook.in_len, 7);
}

CORE_TEST(no_authorizer_to_be_had)
{
	static const struct {
		u32 protocol;
		int len;
	} bad[] = {
		{ CXIO_AUTH_METHOD_CEPHX, -1 }, { CXIO_AUTH_METHOD_CEPHX, 0 },
		{ CXIO_AUTH_METHOD_UNKNOWN, 3 }, { CXIO_AUTH_METHOD_SECRET, 3 },
	};
	u32 i;

	begin(0, 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		core_row(i, "authorizer");
		end[0].hook.out_len = 99;
		expect_fault(cxio_authorizer_got(&end[0].hook, bad[i].protocol, bad[i].len),
			     CXIO_FAULT_AUTH_OWN);
		expect_eq(end[0].hook.out_len, 0);
	}
}

CORE_TEST(challenged)
{
	begin(0, 0);
	expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 10, 'a'), CXIO_FAULT_NONE);
	expect(!end[1].hook.challenged);
	expect_eq(judge(CXIO_AUTH_CHALLENGE, 32, CXIO_FAULT_NONE), CXIO_AUTH_CHALLENGE);
	expect_fault(answer(CXIO_TAG_CHALLENGE_AUTHORIZER), CXIO_FAULT_NONE);
	expect_eq(end[0].hook.call, CXIO_AUTHORIZER_CHALLENGE);
	expect_eq(end[0].hook.in_len, 32);
	expect_fault(cxio_authorizer_done(&end[0].a, true), CXIO_FAULT_NONE);
	/* It is the same one, with an answer: a fresh one would be challenged again. */
	expect(!end[0].hook.fresh && !end[0].a.proven);
	expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 18, 'b'), CXIO_FAULT_NONE);
	expect(end[1].hook.challenged && !end[1].a.proven);
	expect_eq(judge(CXIO_AUTH_OK, 36, CXIO_FAULT_NONE), CXIO_AUTH_OK);
	expect(!end[1].hook.challenged);
}

CORE_TEST(challenge_that_is_none)
{
	begin(0, 0);
	expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 10, 'a'), CXIO_FAULT_NONE);
	expect_eq(judge(CXIO_AUTH_CHALLENGE, 0, CXIO_FAULT_AUTH_REFUSED), CXIO_AUTH_BAD);
	/* A server that says it all the same. */
	expect_fault(answer(CXIO_TAG_CHALLENGE_AUTHORIZER), CXIO_FAULT_AUTH_CHALLENGE);
	expect_eq(end[0].hook.call, CXIO_AUTHORIZER_NOTHING);
	begin(0, 0);
	expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 10, 'a'), CXIO_FAULT_NONE);
	expect_eq(judge(CXIO_AUTH_CHALLENGE, 4, CXIO_FAULT_NONE), CXIO_AUTH_CHALLENGE);
	expect_fault(answer(CXIO_TAG_CHALLENGE_AUTHORIZER), CXIO_FAULT_NONE);
	expect_fault(cxio_authorizer_done(&end[0].a, false), CXIO_FAULT_AUTH_CHALLENGE);
}

CORE_TEST(refused_and_renewed)
{
	begin(0, 0);
	expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 10, 'a'), CXIO_FAULT_NONE);
	refuse();
	expect(end[0].hook.fresh);
	/* What cannot be made is wanted all the same the next time. */
	expect_fault(say(CXIO_AUTH_METHOD_CEPHX, -1, 'b'), CXIO_FAULT_AUTH_OWN);
	expect(end[0].hook.fresh);
	expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 10, 'b'), CXIO_FAULT_NONE);
	expect(!end[0].hook.fresh && !cxio_auth_renews(&end[0].a));
	expect_eq(judge(CXIO_AUTH_OK, 3, CXIO_FAULT_NONE), CXIO_AUTH_OK);
}

/* Whatever an owner says that is no verdict. */
CORE_TEST(nonsense_is_a_refusal)
{
	static const u32 verdicts[] = { CXIO_AUTH_BAD, CXIO_AUTH_CHALLENGE + 1, ~0u };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(verdicts); i++) {
		core_row(i, "verdict");
		begin(0, 0);
		expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 10, 'a'), CXIO_FAULT_NONE);
		expect_eq(judge(verdicts[i], 3, CXIO_FAULT_AUTH_REFUSED), CXIO_AUTH_BAD);
		expect(!end[1].a.proven && !end[1].hook.out_len);
	}
}

/* A peer has so many tries, whatever comes of them. */
CORE_TEST(tries_have_an_end)
{
	static const u32 verdicts[] = { CXIO_AUTH_BAD, CXIO_AUTH_CHALLENGE };
	u32 i, n;

	for (i = 0; i < 2; i++) {
		u8 tag = i ? CXIO_TAG_CHALLENGE_AUTHORIZER : CXIO_TAG_BADAUTHORIZER;

		core_row(i, "verdict");
		begin(0, 0);
		for (n = 0; n < CXIO_AUTHORIZER_TRIES_MAX; n++) {
			expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 10, 'a'), CXIO_FAULT_NONE);
			judge(verdicts[i], 3, i ? CXIO_FAULT_NONE : CXIO_FAULT_AUTH_REFUSED);
			expect(!cxio_auth_gives_up(CXIO_FAULT_AUTH_REFUSED));
			expect_fault(answer(tag), CXIO_FAULT_NONE);
		}
		expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 10, 'a'), CXIO_FAULT_NONE);
		expect_fault(take(), CXIO_FAULT_AUTH_TRIES);
		expect_eq(end[1].hook.call, CXIO_AUTHORIZER_NOTHING);
		expect(cxio_auth_gives_up(CXIO_FAULT_AUTH_TRIES));
		expect_eq(cxio_auth_verdict(&end[1].a, CXIO_FAULT_AUTH_TRIES), CXIO_AUTH_BAD);
	}
}

/* Retries of a session that is agreed on are no tries: each is judged, and answered. */
CORE_TEST(good_ones_are_not_counted)
{
	u32 n;

	begin(0, 0);
	for (n = 0; n < 2 * CXIO_AUTHORIZER_TRIES_MAX; n++) {
		expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 10, 'a'), CXIO_FAULT_NONE);
		expect(!end[0].a.proven);
		expect_eq(judge(CXIO_AUTH_OK, 3, CXIO_FAULT_NONE), CXIO_AUTH_OK);
		expect_fault(answer(CXIO_TAG_RETRY_SESSION), CXIO_FAULT_NONE);
		expect_eq(end[0].hook.call, CXIO_AUTHORIZER_ANSWER);
		expect_fault(cxio_authorizer_done(&end[0].a, true), CXIO_FAULT_NONE);
	}
}

CORE_TEST(methods_that_are_none_of_these)
{
	static const u32 methods[] = { CXIO_AUTH_METHOD_UNKNOWN, CXIO_AUTH_METHOD_SECRET };
	struct cxio_auth_state *a = &end[1].a;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		core_row(i, "method");
		begin(0, 0);
		end[1].hook.in_len = 8;
		expect_fault(cxio_authorizer_take_connect(a, methods[i]), CXIO_FAULT_AUTH_METHOD);
		expect_eq(end[1].hook.call, CXIO_AUTHORIZER_NOTHING);
	}
	/* A number, and nothing behind it. */
	begin(0, 0);
	expect_fault(cxio_authorizer_take_connect(a, CXIO_AUTH_METHOD_CEPHX),
		     CXIO_FAULT_AUTH_METHOD);
	expect_eq(cxio_auth_verdict(a, CXIO_FAULT_NONE), CXIO_AUTH_BAD);
	expect_fault(cxio_auth_without_session(a), CXIO_FAULT_AUTH_METHOD);
}

/* Who has no such method says which it was, and does not trip over its length. */
CORE_TEST(refused_for_its_method)
{
	struct cxio_credential own;
	u32 i;

	expect(cxio_credential_init(&own, "n", 1, CXIO_SECRET_MIN, CXIO_AUTH_SIGN_OFF));
	for (i = 0; i < 2; i++) {
		core_row(i, "server");
		begin(0, 0);
		cxio_auth_init(&end[1].a, i ? &own : NULL, false);
		expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 2000, 'a'), CXIO_FAULT_NONE);
		expect_fault(take(), CXIO_FAULT_AUTH_METHOD);
		expect_eq(cxio_auth_verdict(&end[1].a, CXIO_FAULT_AUTH_METHOD), CXIO_AUTH_BAD);
	}
	expect(cxio_auth_method_text(CXIO_AUTH_METHOD_CEPHX) !=
	       cxio_auth_method_text(CXIO_AUTH_METHOD_SECRET));
	expect(cxio_auth_offered(CXIO_FAULT_AUTH_METHOD, 12345) == cxio_auth_method_text(12345));
	expect(!cxio_auth_offered(CXIO_FAULT_AUTH_PROOF, 12345));
	expect(cxio_auth_method_text(12345) && cxio_auth_method_text(~0u));
	expect(cxio_auth_method_text(CXIO_AUTH_METHOD_NONE) ==
	       cxio_auth_method_text(CXIO_AUTH_METHOD_UNKNOWN));
}

/* Whatever would change the session must come with an answer that is right. */
CORE_TEST(answer_is_missing)
{
	static const u8 tags[] = {
		CXIO_TAG_READY, CXIO_TAG_SEQ, CXIO_TAG_RESETSESSION, CXIO_TAG_RETRY_SESSION,
		CXIO_TAG_RETRY_GLOBAL, CXIO_TAG_WAIT,
	};
	u32 i;

	for (i = 0; i < sizeof(tags); i++) {
		core_row(i, "tag");
		begin(0, 0);
		expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 10, 'a'), CXIO_FAULT_NONE);
		expect_eq(judge(CXIO_AUTH_OK, 0, CXIO_FAULT_NONE), CXIO_AUTH_OK);
		expect_fault(answer(tags[i]), CXIO_FAULT_AUTH_ANSWER);
		/* A server that has judged nothing sends nothing of what lies there. */
		begin(0, 0);
		expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 10, 'a'), CXIO_FAULT_NONE);
		end[1].hook.out_len = 10;
		expect_fault(answer(tags[i]), CXIO_FAULT_AUTH_ANSWER);
		begin(0, 0);
		expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 10, 'a'), CXIO_FAULT_NONE);
		expect_eq(judge(CXIO_AUTH_OK, 8, CXIO_FAULT_NONE), CXIO_AUTH_OK);
		expect_fault(answer(tags[i]), CXIO_FAULT_NONE);
		expect_fault(cxio_authorizer_done(&end[0].a, false), CXIO_FAULT_AUTH_ANSWER);
		expect(!end[0].a.proven);
	}
	/* What ends the attempt needs none. */
	begin(0, 0);
	expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 10, 'a'), CXIO_FAULT_NONE);
	expect_fault(answer(CXIO_TAG_FEATURES), CXIO_FAULT_NONE);
	expect_eq(end[0].hook.call, CXIO_AUTHORIZER_NOTHING);
}

/* Ceph's method "none" has authorizers, but no answers. */
CORE_TEST(method_none)
{
	bool sign;

	begin(CAN, CAN);
	expect_fault(say(CXIO_AUTH_METHOD_NONE, 10, 'a'), CXIO_FAULT_NONE);
	expect_eq(judge(CXIO_AUTH_OK, 0, CXIO_FAULT_NONE), CXIO_AUTH_OK);
	expect_fault(answer(CXIO_TAG_READY), CXIO_FAULT_NONE);
	expect_eq(end[0].hook.call, CXIO_AUTHORIZER_NOTHING);
	/* So there is no key. */
	expect_fault(cxio_authorizer_signs(&end[0].a, CXIO_CEPH_FEATURES_OURS, &sign),
		     CXIO_FAULT_NONE);
	expect(!sign);
	expect_fault(cxio_authorizer_signs(&end[1].a, CXIO_CEPH_FEATURES_OURS, &sign),
		     CXIO_FAULT_NONE);
	expect(!sign);
	/* One that there is must be right. */
	begin(0, 0);
	expect_fault(say(CXIO_AUTH_METHOD_NONE, 10, 'a'), CXIO_FAULT_NONE);
	expect_eq(judge(CXIO_AUTH_OK, 1, CXIO_FAULT_NONE), CXIO_AUTH_OK);
	expect_fault(answer(CXIO_TAG_READY), CXIO_FAULT_NONE);
	expect_eq(end[0].hook.call, CXIO_AUTHORIZER_ANSWER);
}

/* A connection that its owner has go without, toward a server that asks for nothing. */
CORE_TEST(goes_without)
{
	begin(0, 0);
	cxio_auth_init(&end[1].a, NULL, false);
	expect_fault(say(CXIO_AUTH_METHOD_UNKNOWN, 0, 0), CXIO_FAULT_NONE);
	expect_fault(take(), CXIO_FAULT_NONE);
	expect_eq(cxio_auth_verdict(&end[1].a, CXIO_FAULT_NONE), CXIO_AUTH_OK);
	expect_fault(answer(CXIO_TAG_READY), CXIO_FAULT_NONE);
	expect_eq(end[0].hook.call, CXIO_AUTHORIZER_NOTHING);
	begin(0, 0);
	expect_fault(say(CXIO_AUTH_METHOD_UNKNOWN, 0, 0), CXIO_FAULT_NONE);
	expect_fault(take(), CXIO_FAULT_AUTH_METHOD);
	expect_fault(answer(CXIO_TAG_CHALLENGE_AUTHORIZER), CXIO_FAULT_AUTH_METHOD);
	begin(0, 0);
	expect_fault(say(CXIO_AUTH_METHOD_UNKNOWN, 0, 0), CXIO_FAULT_NONE);
	expect_fault(answer(CXIO_TAG_BADAUTHORIZER), CXIO_FAULT_NONE);
	expect_eq(end[0].hook.call, CXIO_AUTHORIZER_NOTHING);
	expect(!cxio_auth_renews(&end[0].a));
}

/* Ceph's bit says who can sign; who insists refuses who cannot. */
CORE_TEST(signing_is_agreed_on)
{
	static const u8 flags[] = { 0, CAN, MUST };
	u32 i, j, k;

	for (i = 0; i < 3; i++)
		for (j = 0; j < 3; j++) {
			struct cxio_terms t[2] = {
				{ .supported = CXIO_CEPH_FEATURES_OURS },
				{ .supported = CXIO_CEPH_FEATURES_OURS },
			};
			bool refused = (i == 2 && !j) || (j == 2 && !i);
			u64 both;

			core_row(3 * i + j, "signing");
			begin(flags[i], flags[j]);
			for (k = 0; k < 2; k++)
				cxio_authorizer_terms(&end[k].a, &t[k]);
			both = t[0].supported & t[1].supported;
			expect_eq(!!(both & CXIO_CEPH_FEATURE_MSG_AUTH), i && j);
			/* As the handshake compares them. */
			expect_eq((t[0].required | t[1].required) & ~both,
				  refused ? CXIO_CEPH_FEATURE_MSG_AUTH : 0);
			agree(8);
			for (k = 0; k < 2; k++) {
				bool insists = k ? j == 2 : i == 2, sign;

				expect_fault(cxio_authorizer_signs(&end[k].a, both, &sign),
					     insists && !(i && j) ? CXIO_FAULT_AUTH_SIGNING :
								    CXIO_FAULT_NONE);
				expect_eq(sign, i && j);
			}
		}
}

/* By any other method it is as it was. */
CORE_TEST(terms_of_others)
{
	struct cxio_terms t = { .supported = CXIO_CEPH_FEATURES_OURS };

	begin(0, 0);
	cxio_auth_init(&end[0].a, NULL, true);
	cxio_authorizer_terms(&end[0].a, &t);
	expect_eq(t.supported, CXIO_CEPH_FEATURES_OURS);
	expect_eq(t.required, 0);
}

/* An owner who does not look what he is asked opens nothing by that. */
CORE_TEST(nobody_was_asked)
{
	bool sign;

	begin(0, 0);
	expect_fault(say(CXIO_AUTH_METHOD_CEPHX, 10, 'a'), CXIO_FAULT_NONE);
	expect_fault(take(), CXIO_FAULT_NONE);
	expect_eq(cxio_auth_verdict(&end[1].a, CXIO_FAULT_NONE), CXIO_AUTH_BAD);
	expect_eq(judge(CXIO_AUTH_OK, 8, CXIO_FAULT_NONE), CXIO_AUTH_OK);
	expect_fault(answer(CXIO_TAG_READY), CXIO_FAULT_NONE);
	expect_fault(cxio_authorizer_signs(&end[0].a, 0, &sign), CXIO_FAULT_AUTH_ANSWER);
	expect_fault(cxio_authorizer_done(&end[0].a, true), CXIO_FAULT_NONE);
	expect_fault(cxio_authorizer_signs(&end[0].a, 0, &sign), CXIO_FAULT_NONE);
	/* Told of what was not asked for, nothing comes of it. */
	end[0].a.proven = false;
	expect_fault(cxio_authorizer_done(&end[0].a, true), CXIO_FAULT_NONE);
	expect(!end[0].a.proven);
}

CORE_TEST(every_fault)
{
	expect_door_complete(DOOR_AUTHORIZER);
}

static struct core_case cases[] = {
	CORE_CASE(accepted_and_answered),
	CORE_CASE(as_long_as_may_be),
	CORE_CASE(shorter_the_second_time),
	CORE_CASE(no_authorizer_to_be_had),
	CORE_CASE(challenged),
	CORE_CASE(challenge_that_is_none),
	CORE_CASE(refused_and_renewed),
	CORE_CASE(nonsense_is_a_refusal),
	CORE_CASE(tries_have_an_end),
	CORE_CASE(good_ones_are_not_counted),
	CORE_CASE(methods_that_are_none_of_these),
	CORE_CASE(refused_for_its_method),
	CORE_CASE(answer_is_missing),
	CORE_CASE(method_none),
	CORE_CASE(goes_without),
	CORE_CASE(signing_is_agreed_on),
	CORE_CASE(terms_of_others),
	CORE_CASE(nobody_was_asked),
	CORE_CASE(every_fault),
	{}
};

CORE_SUITE(authorizer, cases);
