// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * CephX against what real daemons and their client said (tests/vectors/ceph, v1-key, whose
 * keys are known): the same bytes are made from the same random numbers, everything they
 * said can be read, and nothing that is cut or changed.
 */
#include "recorded.h"
#include "cephxio.h"
#include "session.h"
#include "sign.h"
#include "simple/cephx.h"

#define MON		RECORDED_MON
#define OSD		RECORDED_OSD
#define NOW		1000000000000ull
#define HOUR		3600000000000ull
/* What librados asks for: AUTH, MGR, OSD, MON. */
#define LIBRADOS	0x35u
#define SERVICES	0x15u

/* Messages in the streams, from 0. */
enum { HELLO, PROOF, TICKETS };
enum { GOT_CHALLENGE, GOT_KEY, GOT_TICKETS = 3 };

/* Where things stand in the fronts of MAuth and MAuthReply. */
enum { RANDOM_AT = 18 + 4 + 4 + 2 + 1, AUTHORIZER_AT = 18 + 4 + 4 + 2 };
enum { RESULT_AT = 4, OP_RESULT_AT = 16 + 4 + 2 };

static void who(struct cephx_client *c)
{
	struct bytes keyring = load("v1-key.keyring");

	memset(c, 0, sizeof(*c));
	assert_null(cephx_client_name(c, "client.admin"));
	assert_null(cephx_keyring_find((char *)keyring.at, keyring.len, "client.admin",
				       &c->secret));
	free(keyring.at);
}

static const char *hear(struct cephx_talk *t, struct cephx_client *c, u32 which)
{
	struct recorded m = said(MON, "s2c", which);
	const char *bad = cephx_talk_reply(t, c, m.front.at, m.front.len, NOW);

	free(m.front.at);
	return bad;
}

/* As far as to where all that librados got has come. */
static void talk(struct cephx_talk *t, struct cephx_client *c)
{
	u8 buf[CEPHX_FRONT_MAX];

	who(c);
	memset(t, 0, sizeof(*t));
	t->want = LIBRADOS;
	assert_int_not_equal(cephx_talk_begin(t, c, buf, sizeof(buf)), 0);
	assert_null(hear(t, c, GOT_CHALLENGE));
	assert_int_equal(t->stage, CEPHX_STAGE_CHALLENGED);
	assert_int_not_equal(cephx_talk_next(t, c, 1, NOW, buf, sizeof(buf)), 0);
	assert_null(hear(t, c, GOT_KEY));
	assert_int_equal(t->stage, CEPHX_STAGE_DONE);
	t->stage = CEPHX_STAGE_TICKETS;
	assert_null(hear(t, c, GOT_TICKETS));
	assert_int_equal(t->stage, CEPHX_STAGE_DONE);
}

static u64 le64_at(const u8 *p)
{
	struct cephx_in in;

	cephx_in_init(&in, p, 8);
	return cephx_get64(&in, "");
}

/* The nonce in an authorizer of theirs. */
static u64 nonce_of(const struct cephx_key *key, const u8 *a, u32 len)
{
	u8 plain[CEPHX_SEALED(CEPHX_AUTHORIZE_B)];
	struct cephx_in in, opened;

	cephx_in_init(&in, a + len - sizeof(plain), sizeof(plain));
	opened = cephx_open_sealed(&in, key, plain, sizeof(plain), "cannot be read");
	assert_int_equal(cephx_get8(&opened, "version"), 2);
	return cephx_get64(&opened, "nonce");
}

/* --- the same bytes --- */

static void hello_and_proof(void **state)
{
	struct recorded m = said(MON, "c2s", HELLO);
	struct cephx_talk t = { .want = LIBRADOS };
	u8 buf[CEPHX_FRONT_MAX];
	struct cephx_client c;

	(void)state;
	who(&c);
	assert_int_equal(cephx_talk_begin(&t, &c, buf, sizeof(buf)), m.front.len);
	assert_memory_equal(buf, m.front.at, m.front.len);
	free(m.front.at);
	assert_null(hear(&t, &c, GOT_CHALLENGE));
	/* whom nobody has proven anything to has no number from him */
	assert_int_equal(c.global_id, 0);
	m = said(MON, "c2s", PROOF);
	assert_int_equal(cephx_talk_next(&t, &c, le64_at(m.front.at + RANDOM_AT), NOW, buf,
					 sizeof(buf)), m.front.len);
	assert_memory_equal(buf, m.front.at, m.front.len);
	free(m.front.at);
	assert_null(hear(&t, &c, GOT_KEY));
	assert_int_equal(c.global_id, 14103);
	assert_int_equal(t.stage, CEPHX_STAGE_DONE);
}

static void request_for_tickets(void **state)
{
	struct recorded m = said(MON, "c2s", TICKETS);
	u8 buf[CEPHX_FRONT_MAX];
	struct cephx_client c;
	struct cephx_talk t;
	u32 len = m.front.len - 4 - 5 - AUTHORIZER_AT;

	(void)state;
	talk(&t, &c);
	t.stage = CEPHX_STAGE_MORE;
	t.want = SERVICES;
	c.ticket[CEPHX_MON].have = c.ticket[CEPHX_OSD].have = c.ticket[CEPHX_MGR].have = false;
	assert_int_equal(cephx_talk_next(&t, &c, nonce_of(&c.ticket[CEPHX_AUTH].key,
							  m.front.at + AUTHORIZER_AT, len),
					 NOW, buf, sizeof(buf)), m.front.len);
	assert_memory_equal(buf, m.front.at, m.front.len);
	assert_int_equal(t.stage, CEPHX_STAGE_TICKETS);
	free(m.front.at);
}

static void authorizers(void **state)
{
	struct bytes first = shown("c2s", 0), second = shown("c2s", 1);
	struct bytes challenge = shown("s2c", 0), answer = shown("s2c", 1);
	struct cephx_authorizer a;
	u8 buf[CXIO_AUTHORIZER_MAX];
	struct cephx_client c;
	struct cephx_talk t;

	(void)state;
	talk(&t, &c);
	assert_true(cephx_authorizer_begin(&a, &c, CXIO_PEER_OSD,
					   nonce_of(&c.ticket[CEPHX_OSD].key, first.at, first.len),
					   NOW));
	assert_int_equal(cephx_authorizer_put(&a, buf, sizeof(buf)), first.len);
	assert_memory_equal(buf, first.at, first.len);
	assert_null(cephx_authorizer_challenged(&a, challenge.at, challenge.len));
	assert_int_equal(cephx_authorizer_put(&a, buf, sizeof(buf)), second.len);
	assert_memory_equal(buf, second.at, second.len);
	assert_null(cephx_authorizer_verify(&a, answer.at, answer.len));
	/* an answer to another nonce */
	a.nonce++;
	assert_string_equal(cephx_authorizer_verify(&a, answer.at, answer.len),
			    "cephx answer: nonce is not ours");
	free(first.at);
	free(second.at);
	free(challenge.at);
	free(answer.at);
}

static void signatures(void **state)
{
	static const char *const ways[] = { "c2s", "s2c" };
	struct cephx_client c;
	struct cephx_talk t;
	u64 sig, other;
	u32 i;

	(void)state;
	talk(&t, &c);
	for (i = 0; i < 2; i++) {
		struct recorded m = said(OSD, ways[i], 0);

		assert_true(m.footer.flags & CXIO_FOOTER_SIGNED);
		assert_true(cephx_sign(&c.ticket[CEPHX_OSD].key, RECORDED_FEATURES, &m.header, &m.footer,
				       &sig));
		assert_true(sig == m.footer.sig);
		m.footer.crc[2] ^= 1;
		assert_true(cephx_sign(&c.ticket[CEPHX_OSD].key, RECORDED_FEATURES, &m.header, &m.footer,
				       &other));
		assert_true(other != sig);
		free(m.front.at);
	}
}

/* Also when the peer says it does not. */
static void who_signs(void **state)
{
	struct cephx_client c = { .keyless = false };

	(void)state;
	assert_true(cephx_must_sign(&c, CXIO_PEER_OSD));
	assert_true(cephx_must_sign(&c, CXIO_PEER_MDS));
	assert_true(cephx_must_sign(&c, CXIO_PEER_MGR));
	assert_false(cephx_must_sign(&c, CXIO_PEER_MON));
	assert_false(cephx_must_sign(&c, CXIO_PEER_CLIENT));
	assert_false(cephx_must_sign(&c, CXIO_PEER_ANY));
	c.keyless = true;
	assert_false(cephx_must_sign(&c, CXIO_PEER_OSD));
}

static void without_a_key(void **state)
{
	struct recorded m = said("v1-none.conn2-p16789", "c2s", 0);
	struct cephx_talk t = { .want = LIBRADOS };
	u8 buf[CEPHX_FRONT_MAX];
	struct cephx_client c = { .keyless = true };
	u32 len, room;

	(void)state;
	assert_null(cephx_client_name(&c, "client.admin"));
	assert_int_equal(cephx_talk_begin(&t, &c, buf, sizeof(buf)), m.front.len);
	assert_memory_equal(buf, m.front.at, m.front.len);
	free(m.front.at);
	m = said("v1-none.conn2-p16789", "s2c", 0);
	for (len = 0; len < m.front.len; len++)
		assert_non_null(cephx_talk_reply(&t, &c, m.front.at, len, NOW));
	assert_null(cephx_talk_reply(&t, &c, m.front.at, m.front.len, NOW));
	assert_int_equal(t.stage, CEPHX_STAGE_DONE);
	assert_int_equal(c.global_id, 4106);
	assert_false(cephx_talk_renew(&t, &c, NOW));
	assert_string_equal(cephx_talk_reply(&t, &c, m.front.at, m.front.len, NOW),
			    "auth reply: nothing was asked");
	m.front.at[0] = 2;
	assert_string_equal(cephx_talk_reply(&t, &c, m.front.at, m.front.len, NOW),
			    "auth reply: protocol is not none: a key is needed");
	free(m.front.at);
	assert_int_equal(cephx_keyless_put(&c, buf, sizeof(buf)), 22);
	assert_memory_equal(buf, "\1\10\0\0\0\5\0\0\0admin\x0a\x10\0\0\0\0\0\0", 22);
	for (room = 0; room < 22; room++)
		assert_int_equal(cephx_keyless_put(&c, buf, room), 0);
}

/* --- tickets --- */

static void when_they_are_due(void **state)
{
	struct cephx_client c;
	struct cephx_talk t;
	u64 renew;

	(void)state;
	talk(&t, &c);
	/* AUTH: 72 hours, services: one, as Ceph gives them if nobody says otherwise */
	assert_true(c.ticket[CEPHX_AUTH].expires_ns == NOW + 72 * HOUR);
	assert_true(c.ticket[CEPHX_OSD].expires_ns == NOW + HOUR);
	renew = NOW + HOUR - HOUR / 4;
	assert_int_equal(cephx_services_due(&c, SERVICES, renew - 1), 0);
	assert_int_equal(cephx_services_due(&c, SERVICES, renew), SERVICES);
	assert_int_equal(cephx_services_due(&c, SERVICES | CXIO_PEER_MDS, NOW), CXIO_PEER_MDS);
	assert_true(cephx_ticket_good(&c.ticket[CEPHX_OSD], NOW + HOUR - 1));
	assert_false(cephx_ticket_good(&c.ticket[CEPHX_OSD], NOW + HOUR));
	assert_false(cephx_ticket_good(&c.ticket[CEPHX_MDS], NOW));

	t.want = SERVICES;
	assert_false(cephx_talk_renew(&t, &c, renew - 1));
	assert_true(cephx_talk_renew(&t, &c, renew));
	assert_int_equal(t.stage, CEPHX_STAGE_MORE);
	assert_false(cephx_talk_renew(&t, &c, renew));
	t.stage = CEPHX_STAGE_DONE;
	cephx_talk_end(&t, &c);
	cephx_ticket_refused(&c, CXIO_PEER_OSD);
	assert_int_equal(cephx_services_due(&c, SERVICES, NOW), CXIO_PEER_OSD);
	assert_true(cephx_talk_renew(&t, &c, NOW));
	assert_int_equal(t.stage, CEPHX_STAGE_CHALLENGED);
}

static void none_without_a_ticket(void **state)
{
	struct cephx_authorizer a;
	u8 buf[CXIO_AUTHORIZER_MAX];
	struct cephx_client c;
	struct cephx_talk t;
	u32 room, len;

	(void)state;
	talk(&t, &c);
	assert_false(cephx_authorizer_begin(&a, &c, CXIO_PEER_MDS, 1, NOW));
	assert_false(cephx_authorizer_begin(&a, &c, CXIO_PEER_CLIENT, 1, NOW));
	assert_false(cephx_authorizer_begin(&a, &c, CXIO_PEER_OSD, 1, NOW + HOUR));
	assert_int_equal(cephx_authorizer_put(&a, buf, sizeof(buf)), 0);
	assert_true(cephx_authorizer_begin(&a, &c, CXIO_PEER_OSD, 1, NOW + HOUR - 1));
	len = cephx_authorizer_put(&a, buf, sizeof(buf));
	for (room = 0; room <= len; room++)
		assert_int_equal(cephx_authorizer_put(&a, buf, room), room < len ? 0 : len);
}

static void put_one(struct cephx_out *out, u32 service, const struct cephx_client *c, u32 blob,
		    const struct cephx_key *old)
{
	static u8 buf[CEPHX_TICKET_MAX + 64], cipher[CEPHX_TICKET_MAX + 128];
	struct cephx_out ours, all;
	u8 key[64];
	u32 len;

	cephx_out_init(&ours, key, sizeof(key));
	cephx_put8(&ours, 1);
	cephx_put16(&ours, 1);
	cephx_put64(&ours, 0);
	cephx_put16(&ours, 16);
	cephx_put_bytes(&ours, "0123456789abcdef", 16);
	cephx_put32(&ours, 60);
	cephx_put32(&ours, 0);
	cephx_put32(out, service);
	cephx_put8(out, 1);
	cephx_put_sealed(out, &c->secret, key, ours.len);
	cephx_put8(out, old != NULL);
	cephx_out_init(&all, buf, sizeof(buf));
	if (old) {
		cephx_put8(&all, 1);
		cephx_put64(&all, CXIO_CEPHX_MAGIC);
	}
	cephx_put32(&all, 1 + 8 + 4 + blob);
	cephx_put8(&all, 1);
	cephx_put64(&all, 77);
	cephx_put32(&all, blob);
	memset(buf + all.len, 0x5a, blob);
	all.len += blob;
	if (old) {
		assert_true(cephx_encrypt(old, buf, all.len, cipher, sizeof(cipher), &len));
		cephx_put32(out, len);
		cephx_put_bytes(out, cipher, len);
	} else {
		cephx_put_bytes(out, buf, all.len);
	}
	assert_false(out->full);
}

static void put_ticket(struct cephx_out *out, const struct cephx_client *c, u32 blob,
		       const struct cephx_key *old)
{
	cephx_put8(out, 1);
	cephx_put32(out, 1);
	put_one(out, CEPHX_SERVICE_AUTH, c, blob, old);
}

/* Those for others are taken. */
static void one_too_long(void **state)
{
	static u8 buf[CEPHX_TICKET_MAX + 400];
	struct cephx_client c;
	struct cephx_out out;
	struct cephx_in in;

	(void)state;
	who(&c);
	cephx_out_init(&out, buf, sizeof(buf));
	cephx_put8(&out, 1);
	cephx_put32(&out, 2);
	put_one(&out, CXIO_PEER_MDS, &c, CEPHX_TICKET_MAX + 1, NULL);
	put_one(&out, CXIO_PEER_OSD, &c, 10, NULL);
	cephx_in_init(&in, buf, out.len);
	assert_null(cephx_get_tickets(&c, &in, &c.secret, NOW));
	assert_false(c.ticket[CEPHX_MDS].have);
	assert_int_equal(c.ticket[CEPHX_MDS].len, 0);
	assert_true(c.ticket[CEPHX_OSD].have);
	assert_int_equal(c.ticket[CEPHX_OSD].len, 10);
}

/* Of the longest there may be, and encrypted under the key of the one before. */
static void renewed_and_long(void **state)
{
	static u8 buf[CEPHX_TICKET_MAX + 400], authorizer_buf[CXIO_AUTHORIZER_MAX];
	struct cephx_authorizer a;
	struct cephx_client c;
	struct cephx_out out;
	struct cephx_key old;
	struct cephx_talk t;
	struct cephx_in in;

	(void)state;
	talk(&t, &c);
	old = c.ticket[CEPHX_AUTH].key;
	cephx_out_init(&out, buf, sizeof(buf));
	put_ticket(&out, &c, CEPHX_TICKET_MAX, &old);
	cephx_in_init(&in, buf, out.len);
	assert_null(cephx_get_tickets(&c, &in, &c.secret, NOW));
	assert_int_equal(in.left, 0);
	assert_int_equal(c.ticket[CEPHX_AUTH].len, CEPHX_TICKET_MAX);
	assert_int_equal(c.ticket[CEPHX_AUTH].secret_id, 77);
	assert_memory_equal(c.ticket[CEPHX_AUTH].key.bytes, "0123456789abcdef", 16);
	assert_true(c.ticket[CEPHX_AUTH].expires_ns == NOW + HOUR / 60);
	assert_true(cephx_authorizer_begin(&a, &c, CEPHX_SERVICE_AUTH, 1, NOW));
	assert_int_equal(cephx_authorizer_put(&a, authorizer_buf, sizeof(authorizer_buf)),
			 CEPHX_AUTHORIZE_A + CEPHX_TICKET_MAX + 36);

	/* its key is another one now */
	cephx_in_init(&in, buf, out.len);
	assert_string_equal(cephx_get_tickets(&c, &in, &c.secret, NOW),
			    "cephx ticket: not encrypted for the one before");
	who(&c);
	cephx_in_init(&in, buf, out.len);
	assert_string_equal(cephx_get_tickets(&c, &in, &c.secret, NOW),
			    "cephx ticket: encrypted for one we never had");
	cephx_out_init(&out, buf, sizeof(buf));
	put_ticket(&out, &c, CEPHX_TICKET_MAX + 1, NULL);
	cephx_in_init(&in, buf, out.len);
	assert_string_equal(cephx_get_tickets(&c, &in, &c.secret, NOW),
			    "cephx ticket: longer than a connect can carry");
	cephx_in_init(&in, buf, out.len);
	assert_string_equal(cephx_get_tickets(&c, &in, &old, NOW),
			    "cephx ticket: key is not encrypted for us");
}

/* --- what is cut, or changed --- */

/* At the stage at which a reply is expected. */
static void listen_for(struct cephx_talk *t, struct cephx_client *c, u32 which)
{
	static const enum cephx_stage stages[] = {
		[GOT_CHALLENGE] = CEPHX_STAGE_HELLO, [GOT_KEY] = CEPHX_STAGE_PROOF,
		[GOT_TICKETS] = CEPHX_STAGE_TICKETS,
	};

	talk(t, c);
	t->stage = stages[which];
}

static void replies_cut(void **state)
{
	static const u32 which[] = { GOT_CHALLENGE, GOT_KEY, GOT_TICKETS };
	struct cephx_client c;
	struct cephx_talk t;
	u32 i, len;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct recorded m = said(MON, "s2c", which[i]);

		listen_for(&t, &c, which[i]);
		for (len = 0; len < m.front.len; len++) {
			struct bytes cut = copy(m.front.at, len);
			enum cephx_stage stage = t.stage;

			assert_non_null(cephx_talk_reply(&t, &c, cut.at, len, NOW));
			assert_int_equal(t.stage, stage);
			free(cut.at);
		}
		free(m.front.at);
	}
}

/* The payload cut, its length changed with it: what is inside is what ends too early. */
static void payloads_cut(void **state)
{
	static const u32 which[] = { GOT_CHALLENGE, GOT_KEY, GOT_TICKETS };
	struct cephx_client c;
	struct cephx_talk t;
	u32 i, len, whole;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct recorded m = said(MON, "s2c", which[i]);
		u32 good = 0;

		whole = m.front.len - 16 - 4 - 4;
		for (len = 0; len < whole; len++) {
			struct bytes cut = copy(m.front.at, 20 + len + 4);
			struct cephx_out out;

			cephx_out_init(&out, cut.at + 16, 4);
			cephx_put32(&out, len);
			memset(cut.at + 20 + len, 0, 4);
			listen_for(&t, &c, which[i]);
			good += !cephx_talk_reply(&t, &c, cut.at, cut.len, NOW);
			free(cut.at);
		}
		/* an old monitor says no more than the AUTH ticket */
		assert_int_equal(good, which[i] == GOT_KEY);
		free(m.front.at);
	}
}

/* A byte behind the reply; then one behind the challenge, whose length says so. */
static void bytes_after(void **state)
{
	static const u32 which[] = { GOT_CHALLENGE, GOT_KEY, GOT_TICKETS };
	struct cephx_client c;
	struct cephx_talk t;
	u32 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct recorded m = said(MON, "s2c", which[i]);

		m.front.at = realloc(m.front.at, m.front.len + 1);
		assert_non_null(m.front.at);
		m.front.at[m.front.len] = 0;
		listen_for(&t, &c, which[i]);
		assert_string_equal(cephx_talk_reply(&t, &c, m.front.at, m.front.len + 1, NOW),
				    "auth reply: bytes after its end");
		if (which[i] == GOT_CHALLENGE) {
			m.front.at[16]++;
			assert_string_equal(cephx_talk_reply(&t, &c, m.front.at, m.front.len + 1,
							     NOW),
					    "cephx hello: bytes after its end");
		}
		free(m.front.at);
	}
}

/* Any byte to any value: what is read stays within, and never more tickets than asked. */
static void replies_changed(void **state)
{
	static const u32 which[] = { GOT_CHALLENGE, GOT_KEY, GOT_TICKETS };
	static const u8 values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	struct cephx_client c, before;
	struct cephx_talk t, t_before;
	u32 i, at, k;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct recorded m = said(MON, "s2c", which[i]);
		u32 bad = 0, all = 0;

		listen_for(&t_before, &before, which[i]);
		for (at = 0; at < m.front.len; at++) {
			for (k = 0; k < sizeof(values); k++) {
				struct bytes b = copy(m.front.at, m.front.len);

				b.at[at] = values[k];
				t = t_before;
				c = before;
				if (cephx_talk_reply(&t, &c, b.at, b.len, NOW))
					bad++;
				else
					assert_int_equal(c.ticket[CEPHX_MDS].have, false);
				all++;
				free(b.at);
			}
		}
		/* of the rest, most is in blobs that only daemons can read */
		assert_in_range(bad, all / 10, all);
		free(m.front.at);
	}
}

static void each_field(void **state)
{
	static const struct {
		u32 which;
		u32 at;
		u8 value;
		const char *text;
	} rows[] = {
		{ GOT_CHALLENGE, 0, 1, "auth reply: protocol is not cephx" },
		{ GOT_CHALLENGE, 19, 0xff, "auth reply: payload cut short" },
		{ GOT_CHALLENGE, 16, 8, "auth reply: message cut short" },
		{ GOT_CHALLENGE, 20, 2, "cephx hello: version unknown" },
		{ GOT_KEY, 20, 1, "cephx reply: op is not what was asked for" },
		{ GOT_KEY, 22, 1, "cephx reply: result is a refusal" },
		{ GOT_KEY, 26, 2, "cephx tickets: version unknown" },
		{ GOT_KEY, 30, 1, "cephx tickets: count out of range" },
		{ GOT_KEY, 27, 0, "cephx reply: no AUTH ticket" },
		{ GOT_KEY, 31, 8, "cephx ticket: service unknown" },
		{ GOT_KEY, 35, 2, "cephx ticket: version unknown" },
		{ GOT_KEY, 36, 0x2f, "cephx ticket: key is not encrypted for us" },
		{ GOT_KEY, 39, 0xff, "cephx ticket: key cut short" },
		{ GOT_KEY, 40, 0, "cephx ticket: key is not encrypted for us" },
		{ GOT_KEY, 88, 1, "cephx ticket: not encrypted for the one before" },
		{ GOT_KEY, 89, 0x6e, "cephx ticket: bytes after its end" },
		{ GOT_KEY, 93, 2, "cephx ticket: version of the blob unknown" },
		{ GOT_KEY, 102, 0x61, "cephx ticket: blob cut short" },
	};
	struct cephx_client c;
	struct cephx_talk t;
	u32 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct recorded m = said(MON, "s2c", rows[i].which);
		const char *bad;

		print_message("# %s\n", rows[i].text);
		listen_for(&t, &c, rows[i].which);
		m.front.at[rows[i].at] = rows[i].value;
		bad = cephx_talk_reply(&t, &c, m.front.at, m.front.len, NOW);
		assert_non_null(bad);
		assert_string_equal(bad, rows[i].text);
		free(m.front.at);
	}
}

static void out_of_turn(void **state)
{
	struct cephx_client c;
	struct cephx_talk t;
	u8 buf[CEPHX_FRONT_MAX];

	(void)state;
	talk(&t, &c);
	assert_string_equal(hear(&t, &c, GOT_TICKETS), "auth reply: nothing was asked");
	assert_string_equal(hear(&t, &c, GOT_KEY), "auth reply: nothing was asked");
	memset(&t, 0, sizeof(t));
	assert_string_equal(hear(&t, &c, GOT_CHALLENGE), "auth reply: nothing was asked");
	assert_int_equal(cephx_talk_next(&t, &c, 1, NOW, buf, sizeof(buf)), 0);
}

/* They share an AUTH ticket and a number: one at a time, and the next when that has ended. */
static void one_at_a_time(void **state)
{
	struct cephx_talk first = { .want = LIBRADOS }, second = first;
	u8 buf[CEPHX_FRONT_MAX];
	struct cephx_client c;

	(void)state;
	who(&c);
	assert_int_not_equal(cephx_talk_begin(&first, &c, buf, sizeof(buf)), 0);
	assert_int_equal(cephx_talk_begin(&second, &c, buf, sizeof(buf)), 0);
	assert_int_equal(second.stage, CEPHX_STAGE_START);
	assert_null(hear(&first, &c, GOT_CHALLENGE));
	assert_int_equal(cephx_talk_begin(&second, &c, buf, sizeof(buf)), 0);
	assert_int_not_equal(cephx_talk_next(&first, &c, 1, NOW, buf, sizeof(buf)), 0);
	assert_null(hear(&first, &c, GOT_KEY));
	/* done */
	assert_int_not_equal(cephx_talk_begin(&second, &c, buf, sizeof(buf)), 0);
	cephx_ticket_refused(&c, CXIO_PEER_OSD);
	assert_false(cephx_talk_renew(&first, &c, NOW));
	/* bad */
	assert_non_null(hear(&second, &c, GOT_KEY));
	assert_true(cephx_talk_renew(&first, &c, NOW));
	assert_int_equal(cephx_talk_begin(&second, &c, buf, sizeof(buf)), 0);
	/* the connection is over; to end once more changes nothing */
	cephx_talk_end(&first, &c);
	assert_int_not_equal(cephx_talk_begin(&second, &c, buf, sizeof(buf)), 0);
	cephx_talk_end(&first, &c);
	assert_ptr_equal(c.turn, &second);
	/* and begin anew */
	assert_int_not_equal(cephx_talk_begin(&second, &c, buf, sizeof(buf)), 0);
}

/* What was asked for with an AUTH ticket is under its key, though there is another by now. */
static void key_of_what_was_shown(void **state)
{
	struct cephx_client c;
	struct cephx_talk t;
	u8 buf[CEPHX_FRONT_MAX];

	(void)state;
	talk(&t, &c);
	t.stage = CEPHX_STAGE_MORE;
	t.want = SERVICES | CXIO_PEER_MDS;
	assert_int_not_equal(cephx_talk_next(&t, &c, 1, NOW, buf, sizeof(buf)), 0);
	c.ticket[CEPHX_AUTH].key.bytes[0] ^= 1;
	assert_null(hear(&t, &c, GOT_TICKETS));
}

/* A reply of theirs, with a result that is none of success. */
static const char *hear_refusal(struct cephx_talk *t, struct cephx_client *c, u32 which, u32 at)
{
	struct recorded m = said(MON, "s2c", which);
	const char *bad;

	m.front.at[at] = 0xf3;
	memset(m.front.at + at + 1, 0xff, 3);
	bad = cephx_talk_reply(t, c, m.front.at, m.front.len, NOW);
	free(m.front.at);
	return bad;
}

static void refusals(void **state)
{
	static const struct {
		u8 errno_of;
		bool keyless;
		const char *text;
	} rows[] = {
		{ 1, false, "1: that is not allowed to us" },
		{ 13, false, "13: name and key are not the monitor's" },
		{ 13, true, "13: a key is needed" },
		{ 95, true, "95: a key is needed" },
		{ 95, false, "95: the monitor does not take keys" },
		{ 22, false, "22: the monitor does not say why" },
	};
	struct cephx_client c;
	struct cephx_talk t;
	u8 buf[CEPHX_FRONT_MAX];
	char text[CEPHX_WHY_MAX];
	u32 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct recorded m = said(MON, "s2c", GOT_CHALLENGE);

		who(&c);
		c.keyless = rows[i].keyless;
		memset(&t, 0, sizeof(t));
		cephx_talk_begin(&t, &c, buf, sizeof(buf));
		memset(m.front.at + RESULT_AT, 0xff, 4);
		m.front.at[RESULT_AT] = (u8)-rows[i].errno_of;
		snprintf(text, sizeof(text), "auth reply: result is a refusal: error %s",
			 rows[i].text);
		assert_string_equal(cephx_talk_reply(&t, &c, m.front.at, m.front.len, NOW), text);
		free(m.front.at);
	}
}

/* What a monitor does not take is not shown to it for ever. */
static void refused_and_forgotten(void **state)
{
	static const u32 at[] = { RESULT_AT, OP_RESULT_AT };
	struct recorded hello = said(MON, "c2s", HELLO), proof = said(MON, "c2s", PROOF);
	u8 buf[CEPHX_FRONT_MAX];
	struct cephx_client c;
	struct cephx_talk t;
	u32 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		talk(&t, &c);
		t.want = LIBRADOS;
		assert_true(cephx_talk_begin(&t, &c, buf, sizeof(buf)) == hello.front.len);
		assert_memory_not_equal(buf, hello.front.at, hello.front.len);
		assert_null(hear(&t, &c, GOT_CHALLENGE));
		assert_true(cephx_talk_next(&t, &c, 1, NOW, buf, sizeof(buf)) > proof.front.len);
		assert_non_null(hear_refusal(&t, &c, GOT_KEY, at[i]));
		assert_int_not_equal(cephx_talk_begin(&t, &c, buf, sizeof(buf)), 0);
		assert_memory_equal(buf, hello.front.at, hello.front.len);
		assert_null(hear(&t, &c, GOT_CHALLENGE));
		assert_int_equal(cephx_talk_next(&t, &c, le64_at(proof.front.at + RANDOM_AT), NOW,
						 buf, sizeof(buf)), proof.front.len);
		assert_memory_equal(buf, proof.front.at, proof.front.len);
	}
	free(hello.front.at);
	free(proof.front.at);

	for (i = 0; i < 2; i++) {
		talk(&t, &c);
		t.stage = CEPHX_STAGE_MORE;
		t.want = SERVICES | CXIO_PEER_MDS;
		assert_int_not_equal(cephx_talk_next(&t, &c, 1, NOW, buf, sizeof(buf)), 0);
		hear_refusal(&t, &c, GOT_TICKETS, at[i]);
		assert_false(c.ticket[CEPHX_AUTH].have);
		/* what opens daemons stays, and so does what a new proof is made with */
		assert_true(c.ticket[CEPHX_OSD].have);
		assert_int_equal(c.global_id, 14103);
		assert_int_not_equal(c.ticket[CEPHX_AUTH].len, 0);
	}
}

/* Tickets in front of something that is wrong are not taken. */
static void all_or_nothing(void **state)
{
	struct recorded m = said(MON, "s2c", GOT_KEY);
	struct cephx_talk t = { .want = LIBRADOS };
	u8 buf[CEPHX_FRONT_MAX];
	struct cephx_client c;
	u32 i;

	(void)state;
	who(&c);
	cephx_talk_begin(&t, &c, buf, sizeof(buf));
	assert_null(hear(&t, &c, GOT_CHALLENGE));
	assert_int_not_equal(cephx_talk_next(&t, &c, 1, NOW, buf, sizeof(buf)), 0);
	/* a length behind the AUTH ticket */
	for (i = 16 + 4; i + 4 < m.front.len; i++)
		m.front.at[i] ^= i > m.front.len / 2;
	assert_non_null(cephx_talk_reply(&t, &c, m.front.at, m.front.len, NOW));
	assert_false(c.ticket[CEPHX_AUTH].have);
	assert_int_equal(c.ticket[CEPHX_AUTH].len, 0);
	assert_int_equal(c.global_id, 0);
	free(m.front.at);
}

/* Of no tickets at all, though there is one from before. */
static void renewed_with_nothing(void **state)
{
	u8 buf[CEPHX_FRONT_MAX], front[64];
	struct cephx_client c, before;
	struct cephx_out out;
	struct cephx_talk t;

	(void)state;
	talk(&t, &c);
	cephx_talk_begin(&t, &c, buf, sizeof(buf));
	assert_null(hear(&t, &c, GOT_CHALLENGE));
	assert_int_not_equal(cephx_talk_next(&t, &c, 1, NOW, buf, sizeof(buf)), 0);
	cephx_out_init(&out, front, sizeof(front));
	cephx_put32(&out, CXIO_AUTH_METHOD_CEPHX);
	cephx_put32(&out, 0);
	cephx_put64(&out, 14103);
	cephx_put32(&out, 2 + 4 + 1 + 4);
	cephx_put16(&out, 0x0100);
	cephx_put32(&out, 0);
	cephx_put8(&out, 1);
	cephx_put32(&out, 0);
	cephx_put32(&out, 0);
	before = c;
	assert_string_equal(cephx_talk_reply(&t, &c, front, out.len, NOW),
			    "cephx reply: no AUTH ticket");
	assert_memory_equal(c.ticket, before.ticket, sizeof(c.ticket));
}

/* Another key, and nothing of what is said can be read. */
static void another_secret(void **state)
{
	struct cephx_talk t = { .want = LIBRADOS };
	u8 buf[CEPHX_FRONT_MAX];
	struct cephx_client c;

	(void)state;
	who(&c);
	c.secret.bytes[5] ^= 1;
	cephx_talk_begin(&t, &c, buf, sizeof(buf));
	assert_null(hear(&t, &c, GOT_CHALLENGE));
	assert_int_not_equal(cephx_talk_next(&t, &c, 1, NOW, buf, sizeof(buf)), 0);
	assert_string_equal(hear(&t, &c, GOT_KEY), "cephx ticket: key is not encrypted for us");
	assert_false(c.ticket[CEPHX_AUTH].have);
	assert_int_equal(c.global_id, 0);
}

/* A byte behind it, or more in it than anybody has to say. */
static void too_long(struct cephx_authorizer *a, const struct bytes *answer)
{
	u8 plain[160] = { 1 }, cipher[sizeof(plain) + CEPHX_BLOCK];
	struct bytes b = copy(answer->at, answer->len);
	struct cephx_out out;
	u32 len;

	b.at = realloc(b.at, b.len + 4 + sizeof(cipher));
	assert_non_null(b.at);
	assert_string_equal(cephx_authorizer_verify(a, b.at, b.len + 1),
			    "cephx answer: bytes after its end");
	cephx_out_init(&out, plain + 1, 8);
	cephx_put64(&out, CXIO_CEPHX_MAGIC);
	assert_true(cephx_encrypt(&a->key, plain, sizeof(plain), cipher, sizeof(cipher), &len));
	cephx_out_init(&out, b.at, 4 + sizeof(cipher));
	cephx_put32(&out, len);
	cephx_put_bytes(&out, cipher, len);
	assert_string_equal(cephx_authorizer_verify(a, b.at, out.len),
			    "cephx answer: not encrypted under the ticket's key");
	assert_string_equal(cephx_authorizer_challenged(a, cipher, len),
			    "cephx challenge: not encrypted under the ticket's key");
	free(b.at);
}

static void answers_cut_or_changed(void **state)
{
	struct bytes challenge = shown("s2c", 0), answer = shown("s2c", 1);
	struct bytes first = shown("c2s", 0);
	struct cephx_authorizer a;
	struct cephx_client c;
	struct cephx_talk t;
	u32 len, bit, good = 0;

	(void)state;
	talk(&t, &c);
	cephx_authorizer_begin(&a, &c, CXIO_PEER_OSD,
			       nonce_of(&c.ticket[CEPHX_OSD].key, first.at, first.len), NOW);
	for (len = 0; len < challenge.len; len++) {
		struct bytes cut = copy(challenge.at, len);

		assert_non_null(cephx_authorizer_challenged(&a, cut.at, len));
		assert_false(a.challenged);
		free(cut.at);
	}
	for (len = 0; len < answer.len; len++) {
		struct bytes cut = copy(answer.at, len);

		assert_string_equal(cephx_authorizer_verify(&a, cut.at, len),
				    "cephx answer: cut short");
		free(cut.at);
	}
	assert_null(cephx_authorizer_verify(&a, answer.at, answer.len));
	for (bit = 0; bit < 8 * answer.len; bit++) {
		answer.at[bit / 8] ^= (u8)(1u << bit % 8);
		good += !cephx_authorizer_verify(&a, answer.at, answer.len);
		answer.at[bit / 8] ^= (u8)(1u << bit % 8);
	}
	assert_int_equal(good, 0);
	too_long(&a, &answer);
	free(challenge.at);
	free(answer.at);
	free(first.at);
}

/* Who has shown no ticket has no key: one of zeroes is everybody's. */
static void answers_to_nobody(void **state)
{
	u8 plain[9] = { 1, 1 }, buf[64];
	struct cephx_authorizer a = { .made = false };
	struct cephx_out out;

	(void)state;
	cephx_out_init(&out, buf, sizeof(buf));
	cephx_put_sealed(&out, &a.key, plain, sizeof(plain));
	assert_string_equal(cephx_authorizer_verify(&a, buf, out.len),
			    "cephx answer: no ticket was shown");
	assert_string_equal(cephx_authorizer_challenged(&a, buf + 4, out.len - 4),
			    "cephx challenge: no ticket was shown");
	assert_false(a.challenged);
}

/* --- keys and names --- */

static void keys(void **state)
{
	static const char text[] = "AQCbmglry9f5LhAA4BdOSlAzu21uEun2ONda9Q==";
	struct cephx_client c;
	struct cephx_key key;
	char changed[64];
	u32 i, good = 0;

	(void)state;
	who(&c);
	assert_null(cephx_key_from_text(text, sizeof(text) - 1, &key));
	assert_memory_equal(&key, &c.secret, sizeof(key));
	for (i = 0; i < sizeof(text) - 1; i++)
		assert_non_null(cephx_key_from_text(text, i, &key));
	/* as a file has it */
	snprintf(changed, sizeof(changed), "%s \r\n", text);
	assert_null(cephx_key_from_text(changed, strlen(changed), &key));
	snprintf(changed, sizeof(changed), "%s\nA", text);
	assert_non_null(cephx_key_from_text(changed, strlen(changed), &key));
	for (i = 0; i < sizeof(text) - 1; i++) {
		strcpy(changed, text);
		changed[i] = '*';
		assert_non_null(cephx_key_from_text(changed, sizeof(text) - 1, &key));
		changed[i] = '\0';
		assert_non_null(cephx_key_from_text(changed, sizeof(text) - 1, &key));
		changed[i] = 'B';
		good += !cephx_key_from_text(changed, sizeof(text) - 1, &key);
	}
	/* all but type, length and padding (six characters) is key or time */
	assert_int_equal(good, 34);
	strcpy(changed, text);
	changed[1] = 'g';
	assert_string_equal(cephx_key_from_text(changed, sizeof(text) - 1, &key),
			    "cephx key: type is not AES");
}

static void keyrings(void **state)
{
	static const char *const good[] = {
		"[client.a]\nkey = AQCbmglry9f5LhAA4BdOSlAzu21uEun2ONda9Q==\n",
		"[client.a]\n\tkey=AQCbmglry9f5LhAA4BdOSlAzu21uEun2ONda9Q==",
		"# x\n[client.ab]\nkey = no\n  [client.a]  \r\n caps mon = \"key = x\"\r\n"
		"key\t= AQCbmglry9f5LhAA4BdOSlAzu21uEun2ONda9Q==\r\n",
	};
	static const char *const bad[] = {
		"", "\n", "[", "[client.a]", "[client.a]\nkey", "[client.a]\nkey =",
		"[client.a]\nkey = AQCb\n", "[client.a\nkey = x", "key = x\n[client.a]\n",
		"[client.b]\nkey = AQCbmglry9f5LhAA4BdOSlAzu21uEun2ONda9Q==\n",
		"[client.a]\n[client.b]\nkey = AQCbmglry9f5LhAA4BdOSlAzu21uEun2ONda9Q==\n",
	};
	struct bytes keyring = load("v1-key.keyring");
	struct cephx_key key;
	u32 i, len;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_null(cephx_keyring_find(good[i], strlen(good[i]), "client.a", &key));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bytes b = copy(bad[i], (u32)strlen(bad[i]));

		assert_non_null(cephx_keyring_find((char *)b.at, b.len, "client.a", &key));
		free(b.at);
	}
	assert_null(cephx_keyring_find((char *)keyring.at, keyring.len, "osd.0", &key));
	for (len = 0; len < keyring.len; len++) {
		struct bytes b = copy(keyring.at, len);

		cephx_keyring_find((char *)b.at, b.len, "client.admin", &key);
		free(b.at);
	}
	free(keyring.at);
}

static void names(void **state)
{
	char name[8 + CEPHX_NAME_MAX + 1] = "client.";
	struct cephx_client c;

	(void)state;
	assert_null(cephx_client_name(&c, "client.admin"));
	assert_int_equal(c.type, CXIO_PEER_CLIENT);
	assert_int_equal(c.name_len, 5);
	assert_memory_equal(c.name, "admin", 5);
	assert_null(cephx_client_name(&c, "osd.0"));
	assert_int_equal(c.type, CXIO_PEER_OSD);
	assert_non_null(cephx_client_name(&c, "client."));
	assert_non_null(cephx_client_name(&c, "admin"));
	assert_non_null(cephx_client_name(&c, ""));
	memset(name + 7, 'x', CEPHX_NAME_MAX);
	assert_null(cephx_client_name(&c, name));
	name[7 + CEPHX_NAME_MAX] = 'x';
	name[7 + CEPHX_NAME_MAX + 1] = '\0';
	assert_non_null(cephx_client_name(&c, name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello_and_proof),
		cmocka_unit_test(request_for_tickets),
		cmocka_unit_test(authorizers),
		cmocka_unit_test(signatures),
		cmocka_unit_test(who_signs),
		cmocka_unit_test(without_a_key),
		cmocka_unit_test(when_they_are_due),
		cmocka_unit_test(none_without_a_ticket),
		cmocka_unit_test(renewed_and_long),
		cmocka_unit_test(one_too_long),
		cmocka_unit_test(replies_cut),
		cmocka_unit_test(payloads_cut),
		cmocka_unit_test(bytes_after),
		cmocka_unit_test(replies_changed),
		cmocka_unit_test(each_field),
		cmocka_unit_test(out_of_turn),
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(key_of_what_was_shown),
		cmocka_unit_test(refusals),
		cmocka_unit_test(refused_and_forgotten),
		cmocka_unit_test(all_or_nothing),
		cmocka_unit_test(renewed_with_nothing),
		cmocka_unit_test(another_secret),
		cmocka_unit_test(answers_cut_or_changed),
		cmocka_unit_test(answers_to_nobody),
		cmocka_unit_test(keys),
		cmocka_unit_test(keyrings),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("cephx", tests, NULL, NULL);
}
