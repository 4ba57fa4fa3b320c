// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * auth.c: both sides of a handshake by shared secret, over two channels; who is let in,
 * what is found out, and the signatures that follow. The MAC here tells bytes
 * apart, and no more is asked of it; a CRC would not, over what has its own CRC in it.
 */
#include "core_test.h"
#include "auth.h"
#include "craft.h"

#define NOW 1000000000ull
#define FRAME 4096

/* --- a MAC --- */

#define MAC_BYTES	32
#define AUTO		CXIO_AUTH_SIGN_AUTO
#define OFF		CXIO_AUTH_SIGN_OFF
#define ON		CXIO_AUTH_SIGN_ON

static u32 mix(u32 sum, const void *bytes, u32 len)
{
	const u8 *p = bytes;
	u32 i;

	for (i = 0; i < len; i++)
		sum = (sum ^ p[i]) * 16777619u;
	return sum;
}

static void make_mac(u32 key, const void *bytes, u32 len, u8 *out)
{
	u32 i;

	for (i = 0; i < MAC_BYTES / 4; i++) {
		u32 sum = mix(key + i, bytes, len);

		memcpy(out + 4 * i, &sum, sizeof(sum));
	}
}

/* --- two ends --- */

static struct end {
	struct cxio_credential own;
	u32 secret;
	struct cxio_session session;
	struct cxio_channel s;
	struct cxio_rx_event ev;
	struct cxio_auth_state a;
} end[2];

static u8 frame[FRAME];
static struct cxio_greeting g;
static const struct cxio_offer nothing;
static bool no_crypto;

/* What goes over the wire is changed here: which byte of a frame's body, and how. */
static u32 change_at, change_by;

static void credential(u32 i, const char *name, const char *secret, u32 signing)
{
	u32 len = 0;

	while (name[len])
		len++;
	expect(cxio_credential_init(&end[i].own, name, len, CXIO_SECRET_MIN, signing));
	end[i].secret = mix(2166136261u, secret, 4);
}

static void open_ends(bool client_has, bool server_has)
{
	const struct cxio_agreed agreed = {
		.features = CXIO_FEATURE_SESSION | CXIO_FEATURE_NO_DATA_CRC, .frame_max = FRAME,
		.peer_recv_depth = 8, .peer_window_msgs = 8, .peer_window_bytes = 8192,
	};
	const bool has[2] = { client_has, server_has };
	struct cxio_wire_hello hello[2];
	struct cxio_limits ours;
	u32 i, len;

	cxio_limits_default(&ours);
	ours.recv_depth = 8;
	ours.window_msgs = 8;
	ours.window_bytes = 8192;
	change_by = 0;
	for (i = 0; i < 2; i++) {
		struct end *e = &end[i];

		cxio_session_init(&e->session, cxio_policy(CXIO_LOSSLESS_PEER), 11 + i);
		cxio_channel_init(&e->s, i ? NULL : &e->session, &ours, &agreed, !i, NOW);
		cxio_auth_init(&e->a, has[i] ? &e->own : NULL, !i);
		len = cxio_hello_encode(&ours, NULL, &hello[0]);
		cxio_auth_hello(&e->a, true, &hello[0], len);
		len = cxio_hello_encode(&ours, &agreed, &hello[1]);
		cxio_auth_hello(&e->a, false, &hello[1], len);
	}
}

static void begin(const char *client_secret, u32 client_signs, const char *server_secret,
		  u32 server_signs)
{
	if (client_secret)
		credential(0, "client.a", client_secret, client_signs);
	if (server_secret)
		credential(1, "client.a", server_secret, server_signs);
	open_ends(client_secret, server_secret);
}

/* A nonce is never the same twice. */
static void nonce(u8 *bytes)
{
	static u8 next;

	memset(bytes, ++next, CXIO_AUTH_NONCE_BYTES);
}

/* The MAC that is asked for, if one is. */
static enum cxio_fault prove(u32 i)
{
	struct end *e = &end[i];
	u8 mac[MAC_BYTES];

	if (!e->a.ask_len)
		return CXIO_FAULT_NONE;
	make_mac(e->secret, e->a.ask, e->a.ask_len, mac);
	return cxio_auth_answered(&e->a, no_crypto ? NULL : mac);
}

/* Carry a greeting over, in one frame. */
static enum cxio_fault carry(u32 from, u8 type)
{
	struct end *to = &end[!from];
	enum cxio_fault fault;
	u32 len, crc;

	/* As soon as the other side has spoken. */
	end[from].s.may_send = true;
	cxio_channel_greet(&end[from].s, type, &g);
	expect_eq(cxio_channel_next(&end[from].s, &nothing, NOW), CXIO_TX_GREETING);
	len = cxio_channel_greeting(&end[from].s, frame, end[from].a.out);
	if (change_by) {
		/* Whoever can change it can compute this as well. */
		frame[CXIO_FRAME_HEADER + change_at] ^= (u8)change_by;
		crc = cxio_crc32c(0, frame, F_CRC);
		crc = cxio_crc32c(crc, frame + CXIO_FRAME_HEADER, len - CXIO_FRAME_HEADER);
		put_le(frame + F_CRC, 4, crc);
	}
	fault = cxio_channel_rx(&to->s, frame, len, NOW, &to->ev);
	if (fault)
		return fault;
	cxio_channel_reposted(&to->s, 1);
	expect_eq(to->ev.kind, CXIO_RX_GREETING);
	expect(to->ev.ends);
	return cxio_auth_take(&to->a, &to->s, frame, &to->ev);
}

static enum cxio_fault say_connect(void)
{
	u8 bytes[CXIO_AUTH_NONCE_BYTES];
	enum cxio_fault fault;

	memset(&g, 0, sizeof(g));
	g.connect.host_type = CXIO_ENTITY_CLIENT;
	g.connect.global_seq = 5;
	g.connect.protocol_version = CXIO_PROTOCOL_VERSION;
	g.cookies.own = 77;
	g.own.family = CXIO_FAMILY_IPV4;
	nonce(bytes);
	cxio_auth_connect(&end[0].a, bytes, &g);
	fault = prove(0);
	return fault ? fault : carry(0, CXIO_FRAME_CONNECT);
}

static enum cxio_fault say_reply(u8 tag)
{
	enum cxio_fault fault;

	memset(&g, 0, sizeof(g));
	g.reply.tag = tag;
	g.reply.connect_seq = 1;
	g.cookies.own = 88;
	cxio_auth_answer(&end[1].a, &g);
	fault = prove(1);
	if (!fault)
		fault = carry(1, CXIO_FRAME_REPLY);
	if (!fault)
		fault = cxio_auth_reply(&end[0].a, &end[0].s);
	return fault ? fault : prove(0);
}

static enum cxio_auth judge_as(enum cxio_fault *fault)
{
	u8 bytes[CXIO_AUTH_NONCE_BYTES];

	nonce(bytes);
	*fault = cxio_auth_take_connect(&end[1].a, &end[1].s, bytes);
	if (!*fault)
		*fault = prove(1);
	return cxio_auth_verdict(&end[1].a, *fault);
}

static enum cxio_auth judge(enum cxio_fault want)
{
	enum cxio_fault fault;
	enum cxio_auth auth = judge_as(&fault);

	expect_fault(fault, want);
	return auth;
}

static void challenge(void)
{
	expect_fault(say_connect(), CXIO_FAULT_NONE);
	expect_eq(judge(CXIO_FAULT_NONE), CXIO_AUTH_CHALLENGE);
	expect_fault(say_reply(CXIO_TAG_CHALLENGE_AUTHORIZER), CXIO_FAULT_NONE);
}

static void prove_both(u8 tag)
{
	challenge();
	expect_fault(say_connect(), CXIO_FAULT_NONE);
	expect_eq(judge(CXIO_FAULT_NONE), CXIO_AUTH_OK);
	expect_fault(say_reply(tag), CXIO_FAULT_NONE);
	expect(end[0].a.proven && end[1].a.proven);
}

/* The key of a direction, as a side computes it; 0: nothing is signed. */
static u32 key(u32 i, bool own)
{
	u8 block[CXIO_AUTH_BLOCK_MAX], mac[MAC_BYTES];
	u32 len = cxio_auth_key(&end[i].a, own, block);

	if (!len)
		return 0;
	make_mac(end[i].secret, block, len, mac);
	return mix(2166136261u, mac, sizeof(mac));
}

static void settle(void)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		if (key(i, true))
			cxio_channel_sign(&end[i].s);
		cxio_channel_ready(&end[i].s, &end[i].session);
	}
}

/* --- tests --- */

CORE_TEST(both_prove)
{
	begin("same", OFF, "same", OFF);
	prove_both(CXIO_TAG_READY);
	settle();
	expect(!key(0, true) && !key(1, true));
	expect(!(end[0].s.agreed.features & CXIO_FEATURE_SIGN));
}

CORE_TEST(nobody_asks)
{
	begin(NULL, OFF, NULL, OFF);
	expect_fault(say_connect(), CXIO_FAULT_NONE);
	expect_eq(g.connect.authorizer_len, 0);
	expect_eq(judge(CXIO_FAULT_NONE), CXIO_AUTH_OK);
	expect_fault(say_reply(CXIO_TAG_READY), CXIO_FAULT_NONE);
	settle();
	expect(!key(0, true));
}

CORE_TEST(one_side_has_none)
{
	begin("same", OFF, NULL, OFF);
	expect_fault(say_connect(), CXIO_FAULT_NONE);
	expect_eq(judge(CXIO_FAULT_AUTH_METHOD), CXIO_AUTH_BAD);
	expect_fault(say_reply(CXIO_TAG_BADAUTHORIZER), CXIO_FAULT_NONE);
	begin(NULL, OFF, "same", OFF);
	expect_fault(say_connect(), CXIO_FAULT_NONE);
	expect_eq(judge(CXIO_FAULT_AUTH_METHOD), CXIO_AUTH_BAD);
}

/* A server that lets everybody in is not the one that is meant. */
CORE_TEST(server_without_proof)
{
	static const u8 tags[] = {
		CXIO_TAG_READY, CXIO_TAG_SEQ, CXIO_TAG_RESETSESSION, CXIO_TAG_RETRY_SESSION,
		CXIO_TAG_RETRY_GLOBAL, CXIO_TAG_WAIT,
	};
	u32 i;

	for (i = 0; i < sizeof(tags); i++) {
		core_row(i, "tag");
		begin("same", OFF, NULL, OFF);
		expect_fault(say_connect(), CXIO_FAULT_NONE);
		expect_fault(say_reply(tags[i]), CXIO_FAULT_AUTH_METHOD);
			begin("same", OFF, "same", OFF);
		challenge();
		expect_fault(say_connect(), CXIO_FAULT_NONE);
		/* It does not know what to judge by, and says so anyway. */
		end[1].a.proven = false;
		expect_fault(say_reply(tags[i]), CXIO_FAULT_AUTH_SHORT);
		}
}

CORE_TEST(wrong_secret)
{
	begin("one!", OFF, "two!", OFF);
	challenge();
	expect_fault(say_connect(), CXIO_FAULT_NONE);
	expect_eq(judge(CXIO_FAULT_AUTH_PROOF), CXIO_AUTH_BAD);
	expect(!end[1].a.proven);
	/* Another try wants another challenge. */
	expect_fault(say_reply(CXIO_TAG_BADAUTHORIZER), CXIO_FAULT_NONE);
	expect_fault(say_connect(), CXIO_FAULT_NONE);
	expect_eq(judge(CXIO_FAULT_AUTH_STEP), CXIO_AUTH_BAD);
}

CORE_TEST(wrong_name)
{
	credential(0, "client.a", "same", OFF);
	credential(1, "client.b", "same", OFF);
	open_ends(true, true);
	challenge();
	expect_fault(say_connect(), CXIO_FAULT_NONE);
	expect_eq(judge(CXIO_FAULT_AUTH_PROOF), CXIO_AUTH_BAD);
	expect(!end[1].a.proven);
}

/* The second step needs a challenge on this very connection. */
CORE_TEST(without_challenge)
{
	begin("same", OFF, "same", OFF);
	challenge();
	expect_fault(say_connect(), CXIO_FAULT_NONE);
	cxio_auth_init(&end[1].a, &end[1].own, false);
	expect_fault(cxio_auth_take(&end[1].a, &end[1].s, frame, &end[1].ev), CXIO_FAULT_NONE);
	expect_eq(judge(CXIO_FAULT_AUTH_STEP), CXIO_AUTH_BAD);
}

/* After a retry the connect is another one, and so is the proof; the nonces stay. */
CORE_TEST(again_on_the_same_connection)
{
	begin("same", OFF, "same", OFF);
	prove_both(CXIO_TAG_RETRY_SESSION);
	expect_fault(say_connect(), CXIO_FAULT_NONE);
	expect_eq(judge(CXIO_FAULT_NONE), CXIO_AUTH_OK);
	expect_fault(say_reply(CXIO_TAG_READY), CXIO_FAULT_NONE);
}

/* Whoever changes a byte of what was agreed on is found out by the proof. */
CORE_TEST(every_byte_of_the_connect_counts)
{
	u32 at, found = 0;

	for (at = 0; at < CXIO_CONNECT_BODY; at++) {
		enum cxio_fault fault, why;

		core_row(at, "byte");
		begin("same", OFF, "same", OFF);
		challenge();
		change_at = at;
		change_by = 1;
		fault = say_connect();
		if (!fault) {
			expect_eq(judge_as(&why), CXIO_AUTH_BAD);
			found += why == CXIO_FAULT_AUTH_PROOF;
		}
		}
	/* Most of them look well. */
	expect_range(found, 60, CXIO_CONNECT_BODY);
}

CORE_TEST(every_byte_of_the_reply_counts)
{
	u32 at, found = 0;

	for (at = 0; at < CXIO_REPLY_BODY; at++) {
		enum cxio_fault fault;

		core_row(at, "byte");
		begin("same", OFF, "same", OFF);
		challenge();
		expect_fault(say_connect(), CXIO_FAULT_NONE);
		expect_eq(judge(CXIO_FAULT_NONE), CXIO_AUTH_OK);
		change_at = at;
		change_by = 1;
		fault = say_reply(CXIO_TAG_READY);
		expect(fault != CXIO_FAULT_NONE);
		found += fault == CXIO_FAULT_AUTH_PROOF;
		}
	expect_range(found, 50, CXIO_REPLY_BODY);
}

/* Private data that was changed on its way: each side proves what it has seen. */
CORE_TEST(hellos_count)
{
	u32 side, which;

	for (side = 0; side < 2; side++)
		for (which = 0; which < 2; which++) {
			core_row(2 * side + which, "hello");
			begin("same", OFF, "same", OFF);
			end[side].a.hello[which].bytes[20] ^= 1;
			challenge();
			expect_fault(say_connect(), CXIO_FAULT_NONE);
			expect_eq(judge(CXIO_FAULT_AUTH_PROOF), CXIO_AUTH_BAD);
				}
}

CORE_TEST(hellos_without_padding)
{
	static u8 padded[CXIO_PRIVATE_DATA_MAX + 8];
	struct cxio_wire_hello *h = (void *)padded;

	begin("same", OFF, "same", OFF);
	h->length = sizeof(*h);
	cxio_auth_hello(&end[0].a, true, padded, sizeof(padded));
	expect_eq(end[0].a.hello[0].len, sizeof(*h));
	h->length = CXIO_PRIVATE_DATA_MAX + 1;
	cxio_auth_hello(&end[0].a, true, padded, sizeof(padded));
	expect_eq(end[0].a.hello[0].len, 0);
	h->length = sizeof(*h);
	cxio_auth_hello(&end[0].a, true, padded, sizeof(*h) - 1);
	expect_eq(end[0].a.hello[0].len, 0);
}

CORE_TEST(authorizer_too_long)
{
	begin("same", OFF, "same", OFF);
	expect_fault(say_connect(), CXIO_FAULT_NONE);
	end[1].s.greet_rx.greeting.connect.authorizer_len = CXIO_AUTH_MESSAGE_MAX + 1;
	expect_fault(cxio_auth_take(&end[1].a, &end[1].s, frame, &end[1].ev),
		     CXIO_FAULT_AUTH_LONG);
}

/* Both sign if both can; who must refuses who cannot. */
CORE_TEST(signing_is_agreed_on)
{
	static const u32 signing[] = { OFF, AUTO, ON };
	u32 i, j;

	for (i = 0; i < 3; i++)
		for (j = 0; j < 3; j++) {
			bool sign = i && j, refused = (i == 2 || j == 2) && !sign;

			core_row(3 * i + j, "signing");
			begin("same", signing[i], "same", signing[j]);
			if (refused) {
				expect_fault(say_connect(), CXIO_FAULT_NONE);
				expect_eq(judge(CXIO_FAULT_AUTH_SIGNING), CXIO_AUTH_BAD);
			} else {
				prove_both(CXIO_TAG_READY);
				settle();
				expect_eq(!!key(0, true), sign);
				expect_eq(!!key(1, false), sign);
				expect_eq(!!(end[0].s.agreed.features & CXIO_FEATURE_SIGN), sign);
			}
				}
}

static void make_message(struct end *e, u32 *len)
{
	struct cxio_msg_header h = { .type = 42, .len = { 7, 0, 9 } };
	const struct cxio_pieces *p;
	struct cxio_carry carry;
	bool last;
	u32 i;

	memset(&carry, 0, sizeof(carry));
	p = cxio_channel_msg_begin(&e->s, &h, &carry);
	for (i = 0; i < p->count; i++)
		memset(frame + p->piece[i].frame_off, 'x', p->piece[i].len);
	*len = cxio_channel_msg_seal(&e->s, frame, &last);
	expect(last);
}

static u64 sign_as(u32 i, bool own, u64 generation)
{
	u8 block[CXIO_SIGN_BLOCK], mac[MAC_BYTES];
	const struct end *e = &end[i];

	make_mac(key(i, own), block, cxio_sign_block_decoded(&e->s.rx.header, &e->ev.footer,
							     generation, block), mac);
	return cxio_signature_from_mac(mac);
}

CORE_TEST(messages_are_signed)
{
	u8 block[CXIO_SIGN_BLOCK], mac[MAC_BYTES];
	u32 len, from;

	begin("same", ON, "same", AUTO);
	prove_both(CXIO_TAG_READY);
	settle();
	/* One key for each direction. */
	expect_eq(key(0, true), key(1, false));
	expect_eq(key(1, true), key(0, false));
	expect(key(0, true) != key(1, true));
	for (from = 0; from < 2; from++) {
		struct end *e = &end[from], *to = &end[!from];

		core_row(from, "side");
		make_message(e, &len);
		make_mac(key(from, true), block,
			 cxio_sign_frame_block(&e->s.tx.header, frame, len, 7, block), mac);
		cxio_sign_frame(frame, len, mac);
		expect_fault(cxio_channel_rx(&to->s, frame, len, NOW, &to->ev), CXIO_FAULT_NONE);
		expect(to->ev.ends && to->ev.footer.sig);
		expect_fault(cxio_sign_check(&to->ev.footer, sign_as(!from, false, 7)),
			     CXIO_FAULT_NONE);
		/* With our own key it would be a reflection. */
		expect_fault(cxio_sign_check(&to->ev.footer, sign_as(!from, true, 7)),
			     CXIO_FAULT_FOOTER_SIG);
		expect_fault(cxio_sign_check(&to->ev.footer, sign_as(!from, false, 8)),
			     CXIO_FAULT_FOOTER_SIG);
		to->s.rx.header.type++;
		expect_fault(cxio_sign_check(&to->ev.footer, sign_as(!from, false, 7)),
			     CXIO_FAULT_FOOTER_SIG);
	}
}

CORE_TEST(without_crypto)
{
	begin("same", OFF, "same", OFF);
	challenge();
	no_crypto = true;
	expect_fault(say_connect(), CXIO_FAULT_NO_MEMORY);
	no_crypto = false;
	expect_fault(say_connect(), CXIO_FAULT_NONE);
	no_crypto = true;
	expect_eq(judge(CXIO_FAULT_NO_MEMORY), CXIO_AUTH_BAD);
	no_crypto = false;
	expect_eq(judge(CXIO_FAULT_NONE), CXIO_AUTH_OK);
	no_crypto = true;
	expect_fault(say_reply(CXIO_TAG_READY), CXIO_FAULT_NO_MEMORY);
	no_crypto = false;
	expect_fault(say_reply(CXIO_TAG_READY), CXIO_FAULT_NONE);
}

/* An owner who does not look whether he is asked lets nobody in by that. */
CORE_TEST(nobody_answers)
{
	u8 bytes[CXIO_AUTH_NONCE_BYTES];

	begin("same", OFF, "same", OFF);
	challenge();
	expect_fault(say_connect(), CXIO_FAULT_NONE);
	nonce(bytes);
	expect_fault(cxio_auth_take_connect(&end[1].a, &end[1].s, bytes), CXIO_FAULT_NONE);
	expect_eq(cxio_auth_verdict(&end[1].a, CXIO_FAULT_NONE), CXIO_AUTH_BAD);
}

CORE_TEST(credentials)
{
	static const char *const bad[] = { "", "with space", "tab\t", "\x7f", "\xc3\xa4" };
	char name[CXIO_AUTH_NAME_MAX + 1];
	struct cxio_credential c;
	u32 i, len;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		core_row(i, "name");
		for (len = 0; bad[i][len]; len++)
			;
		expect(!cxio_credential_init(&c, bad[i], len, CXIO_SECRET_MIN, 0));
	}
	memset(name, 'n', sizeof(name));
	expect(!cxio_credential_init(&c, name, sizeof(name), CXIO_SECRET_MIN, 0));
	expect(!cxio_credential_init(&c, name, 1, CXIO_SECRET_MIN - 1, 0));
	expect(!cxio_credential_init(&c, name, 1, CXIO_SECRET_MAX + 1, 0));
	expect(!cxio_credential_init(&c, name, 1, CXIO_SECRET_MIN, ON + 1));
	expect(cxio_credential_init(&c, name, CXIO_AUTH_NAME_MAX, CXIO_SECRET_MAX, OFF));
	expect_eq(c.flags, 0);
	expect(cxio_credential_init(&c, "n", 1, CXIO_SECRET_MIN, AUTO));
	expect_eq(c.flags, CXIO_AUTH_CAN_SIGN);
	/* Who must can. */
	expect(cxio_credential_init(&c, "n", 1, CXIO_SECRET_MIN, ON));
	expect_eq(c.flags, CXIO_AUTH_CAN_SIGN | CXIO_AUTH_MUST_SIGN);
	expect(cxio_credential_named(&c, "n", 1) && !cxio_credential_named(&c, "m", 1) &&
	       !cxio_credential_named(&c, "nn", 2));
}

static struct core_case cases[] = {
	CORE_CASE(both_prove),
	CORE_CASE(nobody_asks),
	CORE_CASE(one_side_has_none),
	CORE_CASE(server_without_proof),
	CORE_CASE(wrong_secret),
	CORE_CASE(wrong_name),
	CORE_CASE(without_challenge),
	CORE_CASE(again_on_the_same_connection),
	CORE_CASE(every_byte_of_the_connect_counts),
	CORE_CASE(every_byte_of_the_reply_counts),
	CORE_CASE(hellos_count),
	CORE_CASE(hellos_without_padding),
	CORE_CASE(authorizer_too_long),
	CORE_CASE(signing_is_agreed_on),
	CORE_CASE(messages_are_signed),
	CORE_CASE(without_crypto),
	CORE_CASE(nobody_answers),
	CORE_CASE(credentials),
	{}
};

CORE_SUITE(auth, cases);
