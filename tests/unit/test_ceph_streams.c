// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Recorded byte streams of real Ceph daemons (tests/vectors/ceph): every one is walked
 * to its last byte, every CRC compared, every structure encoded again to the same
 * bytes. Run from the top of the tree, or with CXIO_VECTORS naming their folder.
 */
#include "cmocka_cxio.h"
#include <dirent.h>
#include "crc32c.h"
#include "msgr1.h"
#include "msgr2.h"
#include "stream.h"

#define MSG_AUTH	(1ull << 23)

struct stream {
	char name[64];
	u8 *bytes;
	u32 len;
	u32 off;
	bool is_signed;
};

/* What was walked. */
struct seen {
	u32 bytes;
	u32 files;
	u32 addrs;
	u32 connects;
	u32 challenges;
	u32 messages;
	u32 is_signed;
	u32 keepalives;
	u32 acks;
	u32 frames;
};

static struct seen seen;

static const char *folder(void)
{
	static char path[400];
	const char *dir = getenv("CXIO_VECTORS");

	snprintf(path, sizeof(path), "%s/ceph", dir ? dir : "tests/vectors");
	return path;
}

static void load(const char *name, struct stream *s)
{
	char path[500];
	FILE *f;

	memset(s, 0, sizeof(*s));
	snprintf(s->name, sizeof(s->name), "%s", name);
	snprintf(path, sizeof(path), "%s/%s.bin", folder(), name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot read %s", path);
	/* of its exact size, so that a sanitizer sees a read beyond it */
	fseek(f, 0, SEEK_END);
	s->len = (u32)ftell(f);
	rewind(f);
	assert_in_range(s->len, 16, 1 << 20);
	s->bytes = malloc(s->len);
	assert_non_null(s->bytes);
	assert_int_equal(fread(s->bytes, 1, s->len, f), s->len);
	fclose(f);
	seen.files++;
	seen.bytes += s->len;
}

static u32 left(const struct stream *s)
{
	return s->len - s->off;
}

static const u8 *at(const struct stream *s)
{
	return s->bytes + s->off;
}

static const u8 *take(struct stream *s, u64 n)
{
	const u8 *p = at(s);

	if (n > left(s))
		fail_msg("%s: ends within a structure at %u", s->name, s->off);
	s->off += (u32)n;
	return p;
}

static void well(const struct stream *s, enum cxio_fault fault)
{
	if (fault)
		fail_msg("%s at %u: %s", s->name, s->off, cxio_fault_text(fault));
}

static void same(const struct stream *s, const void *again, u32 len)
{
	if (len > left(s) || memcmp(at(s), again, len))
		fail_msg("%s at %u: other bytes when encoded again", s->name, s->off);
}

static void finish(struct stream *s)
{
	assert_int_equal(s->off, s->len);
	free(s->bytes);
}

static struct cxio_addr walk_legacy_addr(struct stream *s)
{
	u8 again[CXIO_ADDR_LEGACY_LEN];
	struct cxio_addr a;

	well(s, cxio_addr_legacy_decode(at(s), left(s), &a));
	cxio_addr_legacy_encode(&a, again);
	same(s, again, sizeof(again));
	take(s, sizeof(again));
	seen.addrs++;
	return a;
}

static void walk_banner(struct stream *s)
{
	u8 again[CXIO_BANNER_LEN];

	well(s, cxio_banner_decode(at(s), left(s)));
	cxio_banner_encode(again);
	same(s, again, sizeof(again));
	take(s, sizeof(again));
}

static void walk_seq(struct stream *s, u64 want)
{
	u8 again[CXIO_ACK_LEN];
	u64 seq;

	well(s, cxio_ack_decode(at(s), left(s), &seq));
	assert_true(seq == want);
	cxio_ack_encode(seq, again);
	same(s, again, sizeof(again));
	take(s, sizeof(again));
}

static struct cxio_connect walk_connect(struct stream *s)
{
	u8 again[CXIO_CONNECT_LEN];
	struct cxio_connect c;

	well(s, cxio_connect_decode(at(s), left(s), &c));
	cxio_connect_encode(&c, again);
	same(s, again, sizeof(again));
	take(s, sizeof(again));
	take(s, c.authorizer_len);
	seen.connects++;
	return c;
}

static struct cxio_connect_reply walk_reply(struct stream *s)
{
	u8 again[CXIO_CONNECT_REPLY_LEN];
	struct cxio_connect_reply r;

	well(s, cxio_connect_reply_decode(at(s), left(s), &r));
	cxio_connect_reply_encode(&r, again);
	same(s, again, sizeof(again));
	take(s, sizeof(again));
	take(s, r.authorizer_len);
	return r;
}

static void walk_message(struct stream *s, bool msg_auth, u64 seq)
{
	u8 header[CXIO_MSG_HEADER], footer[CXIO_MSG_FOOTER];
	struct cxio_msg_header h;
	struct cxio_msg_footer f;
	u32 crc[CXIO_SEGMENTS], i;
	u64 more;

	well(s, cxio_msg_header_decode(at(s), left(s), &h));
	cxio_msg_header_encode(&h, header);
	same(s, header, sizeof(header));
	take(s, sizeof(header));
	assert_true(h.seq == seq);
	more = cxio_msg_stream_len(&h, msg_auth);
	if (more > left(s))
		fail_msg("%s: message cut at %u", s->name, s->off);
	for (i = 0; i < CXIO_SEGMENTS; i++)
		crc[i] = test_crc32c(0, take(s, h.len[i]), h.len[i]);
	well(s, cxio_stream_footer_decode(at(s), left(s), msg_auth, &f));
	assert_true(f.flags & CXIO_FOOTER_COMPLETE);
	assert_int_equal(f.crc[CXIO_FRONT], crc[CXIO_FRONT]);
	assert_int_equal(f.crc[CXIO_MIDDLE], crc[CXIO_MIDDLE]);
	assert_int_equal(f.crc[CXIO_DATA], f.flags & CXIO_FOOTER_NOCRC ? 0 : crc[CXIO_DATA]);
	seen.is_signed += !!(f.flags & CXIO_FOOTER_SIGNED);
	assert_int_equal(!!(f.flags & CXIO_FOOTER_SIGNED), f.sig != 0);
	i = cxio_stream_footer_encode(&f, msg_auth, footer);
	assert_int_equal(i, cxio_msg_footer_len(msg_auth));
	same(s, footer, i);
	take(s, i);
	seen.messages++;
}

static void walk_tagged(struct stream *s, bool msg_auth)
{
	struct cxio_stamp stamp;
	u8 again[8];
	u64 seq = 0, ack;
	u32 tag, need;

	while (left(s)) {
		tag = *take(s, 1);
		well(s, cxio_tag_need(tag, &need));
		assert_string_not_equal(cxio_tag_text(tag), cxio_tag_text(0));
		switch (tag) {
		case CXIO_TAG_MSG:
			assert_int_equal(need, CXIO_MSG_HEADER);
			walk_message(s, msg_auth, ++seq);
			break;
		case CXIO_TAG_ACK:
			well(s, cxio_ack_decode(at(s), left(s), &ack));
			cxio_ack_encode(ack, again);
			same(s, again, need);
			take(s, need);
			seen.acks++;
			break;
		case CXIO_TAG_KEEPALIVE2:
		case CXIO_TAG_KEEPALIVE2_ACK:
			well(s, cxio_stamp_decode(at(s), left(s), &stamp));
			cxio_stamp_encode(&stamp, again);
			same(s, again, need);
			take(s, need);
			seen.keepalives++;
			break;
		default:
			take(s, need);
		}
	}
}

static void walk_v1_by_hand(struct stream *c, struct stream *s)
{
	struct cxio_addr client, server, client_seen;
	struct cxio_connect_reply r;
	struct cxio_connect q;
	bool msg_auth;

	walk_banner(c);
	walk_banner(s);
	client = walk_legacy_addr(c);
	server = walk_legacy_addr(s);
	client_seen = walk_legacy_addr(s);
	assert_int_equal(server.family, CXIO_FAMILY_IPV4);
	assert_int_equal(cxio_banner_addr_check(&server, &server), CXIO_FAULT_NONE);
	/* the client has its address from the server; its own port is none */
	assert_memory_equal(client.ip, client_seen.ip, sizeof(client.ip));
	assert_int_equal(client.port, 0);
	assert_int_not_equal(client_seen.port, 0);
	do {
		q = walk_connect(c);
		r = walk_reply(s);
		seen.challenges += r.tag == CXIO_TAG_CHALLENGE_AUTHORIZER;
	} while (r.tag == CXIO_TAG_CHALLENGE_AUTHORIZER);
	assert_int_equal(q.host_type, CXIO_ENTITY_CLIENT);
	assert_int_equal(r.tag, CXIO_TAG_SEQ);
	assert_int_equal(r.connect_seq, q.connect_seq + 1);
	assert_int_equal(r.protocol_version, q.protocol_version);
	walk_seq(s, 0);
	walk_seq(c, 0);
	msg_auth = q.features & r.features & MSG_AUTH;
	assert_true(msg_auth);
	walk_tagged(c, msg_auth);
	walk_tagged(s, msg_auth);
}

/* A whole direction as the machine takes it that our own transport has. */
static void pass(const struct stream *bytes, bool to_client)
{
	struct cxio_session session;
	struct cxio_stream_event ev;
	struct cxio_stream in;
	u32 off = 0, need, segment, offset;

	cxio_session_init(&session, cxio_policy(CXIO_LOSSLESS_CLIENT), 0);
	cxio_stream_init(&in, to_client, 1);
	cxio_stream_connected(&in);
	while (off < bytes->len) {
		if (cxio_stream_payload(&in)) {
			need = cxio_stream_run(&in, &segment, &offset);
			assert_in_range(need, 1, bytes->len - off);
			cxio_stream_took(&in, bytes->bytes + off, need, 1);
			off += need;
			continue;
		}
		need = cxio_stream_need(&in);
		assert_in_range(need, 1, bytes->len - off);
		if (!cxio_stream_rx(&in, bytes->bytes + off, 1, &ev))
			fail_msg("%s at %u: %s", bytes->name, off, cxio_fault_text(in.fault));
		off += need;
		switch (ev.what) {
		case CXIO_STREAM_GREETED:
			if (to_client)
				cxio_stream_connect_sent(&in);
			break;
		case CXIO_STREAM_ASKED:
			/* As theirs was answered: a challenge to the first, if it had one. */
			cxio_stream_reply_sent(&in, in.connect.authorizer_len && in.connects == 1 ?
					       CXIO_TAG_CHALLENGE_AUTHORIZER : CXIO_TAG_SEQ);
			break;
		case CXIO_STREAM_ANSWERED:
			if (in.reply.tag == CXIO_TAG_SEQ)
				cxio_stream_reply_sent(&in, CXIO_TAG_SEQ);
			else
				cxio_stream_connect_sent(&in);
			break;
		case CXIO_STREAM_TOLD:
			session.features = CXIO_STREAM_SUPPORTED;
			assert_int_equal(cxio_session_opened(&session, ev.seq), CXIO_FAULT_NONE);
			session.sent_seq = ~0ull;
			cxio_stream_opens(&in, &session, 0, 0, 1);
			break;
		case CXIO_STREAM_BEGINS:
			/* What is signed is: nobody has the key to look closer here. */
			in.signing = bytes->is_signed;
			assert_false(in.dropped);
			break;
		case CXIO_STREAM_WHOLE:
			cxio_stream_accept(&in, 1);
			break;
		default:
			break;
		}
	}
	assert_int_equal(cxio_stream_need(&in), 1);
	assert_int_equal(cxio_stream_payload(&in), 0);
}

static void walk_v1(struct stream *c, struct stream *s, bool is_signed)
{
	c->is_signed = is_signed;
	s->is_signed = is_signed;
	pass(c, false);
	pass(s, true);
	walk_v1_by_hand(c, s);
}

static void walk_addr(struct stream *s, u32 off, u32 *used)
{
	u8 again[CXIO_ADDR_LEN_MAX];
	struct cxio_addr a;

	well(s, cxio_addr_decode(at(s) + off, left(s) - off, &a, used));
	assert_int_equal(cxio_addr_len(&a), *used);
	assert_int_equal(cxio_addr_encode(&a, again), *used);
	assert_memory_equal(at(s) + off, again, *used);
	seen.addrs++;
}

static void walk_addrvec(struct stream *s, u32 off, u32 *used)
{
	u8 again[CXIO_ADDRVEC_LEN_MAX];
	struct cxio_addrvec v;

	well(s, cxio_addrvec_decode(at(s) + off, left(s) - off, &v, used));
	assert_false(v.bare);
	assert_int_equal(cxio_addrvec_len(&v), *used);
	assert_int_equal(cxio_addrvec_encode(&v, again), *used);
	assert_memory_equal(at(s) + off, again, *used);
	seen.addrs += v.count;
}

static void walk_control(struct stream *s, const struct cxio_msgr2_preamble *p, u32 segment)
{
	u32 used, target = 0;

	switch (p->tag) {
	case CXIO_MSGR2_HELLO:
		walk_addr(s, segment + 1, &used);
		assert_int_equal(1 + used, p->len[0]);
		break;
	case CXIO_MSGR2_CLIENT_IDENT:
		walk_addrvec(s, segment, &used);
		walk_addr(s, segment + used, &target);
		assert_int_equal(used + target + 8 + 5 * 8, p->len[0]);
		break;
	case CXIO_MSGR2_SERVER_IDENT:
		walk_addrvec(s, segment, &used);
		assert_int_equal(used + 8 + 5 * 8, p->len[0]);
		break;
	}
}

static void walk_frame(struct stream *s, u64 *seq)
{
	u8 again[64];
	struct cxio_msgr2_preamble p;
	struct cxio_msgr2_header h;
	u32 crc[CXIO_MSGR2_SEGMENTS], n, off, i;
	u8 status;

	well(s, cxio_msgr2_preamble_decode(at(s), left(s), &p));
	assert_string_not_equal(cxio_msgr2_tag_text(p.tag), cxio_msgr2_tag_text(0));
	cxio_msgr2_preamble_encode(&p, again);
	same(s, again, CXIO_MSGR2_PREAMBLE);
	well(s, cxio_msgr2_frame_check(&p, at(s), left(s), &status));
	assert_int_equal(status, CXIO_MSGR2_COMPLETE);

	for (i = 0; i < CXIO_MSGR2_SEGMENTS; i++)
		crc[i] = test_crc32c(~0u, at(s) + cxio_msgr2_segment_off(&p, i), p.len[i]);
	n = cxio_msgr2_first_crc_encode(&p, crc[0], again);
	assert_memory_equal(at(s) + CXIO_MSGR2_PREAMBLE + p.len[0], again, n);
	n = cxio_msgr2_epilogue_encode(&p, CXIO_MSGR2_COMPLETE, crc, again);
	assert_memory_equal(at(s) + cxio_msgr2_segment_off(&p, CXIO_MSGR2_SEGMENTS), again, n);

	off = (u32)cxio_msgr2_segment_off(&p, 0);
	if (p.tag == CXIO_MSGR2_MESSAGE) {
		well(s, cxio_msgr2_header_decode(at(s) + off, p.len[0], &h));
		assert_true(h.seq == ++*seq);
		cxio_msgr2_header_encode(&h, again);
		assert_memory_equal(at(s) + off, again, CXIO_MSGR2_HEADER);
		seen.messages++;
	} else {
		walk_control(s, &p, off);
	}
	take(s, cxio_msgr2_frame_len(&p));
	seen.frames++;
}

static void walk_v2(struct stream *s)
{
	u8 again[CXIO_MSGR2_BANNER_LEN];
	struct cxio_msgr2_banner b;
	u64 seq = 0;

	well(s, cxio_msgr2_banner_decode(at(s), left(s), &b));
	cxio_msgr2_banner_encode(&b, again);
	same(s, again, sizeof(again));
	take(s, sizeof(again));
	while (left(s))
		walk_frame(s, &seq);
}

/* By connection: what both directions together have, counted by another program. */
static const struct {
	const char *name;
	u32 bytes;
	struct seen want;
} connections[] = {
	{ "v1-cephx.conn0-p16789", 1884,
	  { .addrs = 3, .connects = 1, .messages = 8, .keepalives = 2 } },
	{ "v1-cephx.conn1-p16789", 1884,
	  { .addrs = 3, .connects = 1, .messages = 8, .keepalives = 2 } },
	{ "v1-cephx.conn2-p16789", 5713,
	  { .addrs = 3, .connects = 1, .messages = 14, .keepalives = 2 } },
	{ "v1-cephx.conn2-p16800", 6493,
	  { .addrs = 3, .connects = 2, .challenges = 1, .messages = 2, .is_signed = 2 } },
	{ "v1-cephx.conn3-p16800", 6493,
	  { .addrs = 3, .connects = 2, .challenges = 1, .messages = 2, .is_signed = 2 } },
	{ "v1-key.conn0-p21722", 5682,
	  { .addrs = 3, .connects = 1, .messages = 14, .keepalives = 2 } },
	{ "v1-key.conn1-p21723", 6493,
	  { .addrs = 3, .connects = 2, .challenges = 1, .messages = 2, .is_signed = 2 } },
	{ "v1-none.conn0-p16789", 1445,
	  { .addrs = 3, .connects = 1, .messages = 6, .keepalives = 2 } },
	{ "v1-none.conn1-p16789", 1445,
	  { .addrs = 3, .connects = 1, .messages = 6, .keepalives = 2 } },
	{ "v1-none.conn2-p16789", 3295,
	  { .addrs = 3, .connects = 1, .messages = 12, .keepalives = 2 } },
	{ "v2-cephx.conn0-p13300", 2010,
	  { .addrs = 6, .messages = 5, .frames = 15 } },
	{ "v2-cephx.conn1-p13300", 2010,
	  { .addrs = 6, .messages = 5, .frames = 15 } },
	{ "v2-cephx.conn2-p13300", 5114,
	  { .addrs = 6, .messages = 9, .frames = 19 } },
	{ "v2-cephx.conn3-p16800", 6797,
	  { .addrs = 6, .messages = 2, .frames = 12 } },
	{ "v2-none.conn0-p13300", 1675,
	  { .addrs = 6, .messages = 5, .frames = 13 } },
	{ "v2-none.conn1-p13300", 1675,
	  { .addrs = 6, .messages = 5, .frames = 13 } },
	{ "v2-none.conn2-p13300", 4229,
	  { .addrs = 6, .messages = 9, .frames = 17 } },
	{ "v2-none.conn3-p16800", 6323,
	  { .addrs = 6, .messages = 2, .frames = 10 } },
};

static void each_connection(void **state)
{
	struct stream c, s;
	char name[64];
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(connections); i++) {
		const struct seen *want = &connections[i].want;

		print_message("# %s\n", connections[i].name);
		memset(&seen, 0, sizeof(seen));
		snprintf(name, sizeof(name), "%s.c2s", connections[i].name);
		load(name, &c);
		snprintf(name, sizeof(name), "%s.s2c", connections[i].name);
		load(name, &s);
		if (!strncmp(name, "v1", 2)) {
			walk_v1(&c, &s, want->is_signed);
		} else {
			walk_v2(&c);
			walk_v2(&s);
		}
		finish(&c);
		finish(&s);
		assert_int_equal(seen.bytes, connections[i].bytes);
		assert_int_equal(seen.addrs, want->addrs);
		assert_int_equal(seen.connects, want->connects);
		assert_int_equal(seen.challenges, want->challenges);
		assert_int_equal(seen.messages, want->messages);
		assert_int_equal(seen.is_signed, want->is_signed);
		assert_int_equal(seen.keepalives, want->keepalives);
		assert_int_equal(seen.acks, want->acks);
		assert_int_equal(seen.frames, want->frames);
	}
}

static void addresses_alone(void **state)
{
	struct stream s;
	u32 used;

	(void)state;
	load("addr", &s);
	walk_addr(&s, 0, &used);
	take(&s, used);
	finish(&s);
	load("addrvec", &s);
	walk_addrvec(&s, 0, &used);
	take(&s, used);
	finish(&s);
}

/* No recording lies there that nobody walks. */
static void none_is_left_out(void **state)
{
	struct dirent *entry;
	DIR *dir = opendir(folder());
	u32 files = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		files += strstr(entry->d_name, ".bin") != NULL;
	closedir(dir);
	assert_int_equal(files, 2 * ARRAY_SIZE(connections) + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_connection),
		cmocka_unit_test(addresses_alone),
		cmocka_unit_test(none_is_left_out),
	};

	return cmocka_run_group_tests_name("ceph streams", tests, NULL, NULL);
}
