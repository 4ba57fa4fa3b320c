// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * exchange.c: the text, every field of it spoiled; both sides, in turn and out of turn.
 */
#include "core_test.h"
#include "exchange.h"

/* What a monitor of Ceph 16.2 has sent. */
static const char captured[] = "0000:0000004e:0072c06f:0000004d:fe80000000000000287321fffe8b64ce";

static const struct cxio_exchange_id server = {
	.lid = 0, .qpn = 0x4e, .psn = 0x72c06f, .peer_qpn = 0x4d,
	.gid = { 0xfe, 0x80, [8] = 0x28, 0x73, 0x21, 0xff, 0xfe, 0x8b, 0x64, 0xce },
};

static const struct cxio_exchange_id client = {
	.lid = 0x1a2b, .qpn = 0x4d, .psn = 0xffffff,
	.gid = { 0xfe, 0x80, [15] = 1 },
};

/* Not memcmp(): there are bytes between the fields. */
static void expect_id(const struct cxio_exchange_id *got, const struct cxio_exchange_id *want)
{
	expect_eq(got->lid, want->lid);
	expect_eq(got->qpn, want->qpn);
	expect_eq(got->psn, want->psn);
	expect_eq(got->peer_qpn, want->peer_qpn);
	expect_mem(got->gid, want->gid, CXIO_GID);
}

CORE_TEST(text_as_ceph_writes_it)
{
	u8 *text = core_block(CXIO_EXCHANGE_TEXT);

	expect_eq(sizeof(captured), CXIO_EXCHANGE_TEXT);
	cxio_exchange_encode(&server, text);
	expect_mem(text, captured, CXIO_EXCHANGE_TEXT);
	cxio_exchange_encode(&client, text);
	expect_str((char *)text,
		   "1a2b:0000004d:00ffffff:00000000:fe800000000000000000000000000001");
}

CORE_TEST(text_read_back)
{
	struct cxio_exchange_id id;
	u8 *text = core_block(CXIO_EXCHANGE_TEXT);

	memset(&id, 0, sizeof(id));
	expect_fault(cxio_exchange_decode(captured, sizeof(captured), &id), CXIO_FAULT_NONE);
	expect_id(&id, &server);
	memset(&id, 0, sizeof(id));
	cxio_exchange_encode(&client, text);
	expect_fault(cxio_exchange_decode(text, CXIO_EXCHANGE_TEXT, &id), CXIO_FAULT_NONE);
	expect_id(&id, &client);
	/* scanf(), which reads it at the daemon, does not mind */
	memset(&id, 0, sizeof(id));
	memcpy(text, captured, sizeof(captured));
	text[12] = 'E';
	expect_fault(cxio_exchange_decode(text, CXIO_EXCHANGE_TEXT, &id), CXIO_FAULT_NONE);
	expect_id(&id, &server);
}

CORE_TEST(length_is_exact)
{
	struct cxio_exchange_id id;
	u32 len;

	for (len = 0; len < CXIO_EXCHANGE_TEXT; len++) {
		u8 *text = core_block(len);

		core_row(len, NULL);
		memcpy(text, captured, len);
		expect_fault(cxio_exchange_decode(text, len, &id), CXIO_FAULT_EXCHANGE_LENGTH);
	}
	expect_fault(cxio_exchange_decode(captured, CXIO_EXCHANGE_TEXT + 1, &id),
		     CXIO_FAULT_EXCHANGE_LENGTH);
}

static const struct {
	const char *what;
	u32 at;
	const char *bytes;
	enum cxio_fault fault;
} spoiled[] = {
	{ "lid, first", 0, "g", CXIO_FAULT_EXCHANGE_LID },
	{ "lid, last", 3, " ", CXIO_FAULT_EXCHANGE_LID },
	{ "lid, sign", 0, "-", CXIO_FAULT_EXCHANGE_LID },
	{ "behind lid", 4, "0", CXIO_FAULT_EXCHANGE_LID },
	{ "qpn, first", 5, "x", CXIO_FAULT_EXCHANGE_QPN },
	{ "qpn, last", 12, "/", CXIO_FAULT_EXCHANGE_QPN },
	{ "behind qpn", 13, ";", CXIO_FAULT_EXCHANGE_QPN },
	{ "qpn 0", 5, "00000000", CXIO_FAULT_EXCHANGE_QPN },
	{ "qpn largest", 5, "00ffffff", CXIO_FAULT_NONE },
	{ "qpn of 25 bits", 5, "01000000", CXIO_FAULT_EXCHANGE_QPN },
	{ "qpn of 32 bits", 5, "ffffffff", CXIO_FAULT_EXCHANGE_QPN },
	{ "psn, first", 14, "`", CXIO_FAULT_EXCHANGE_PSN },
	{ "psn, last", 21, "@", CXIO_FAULT_EXCHANGE_PSN },
	{ "behind psn", 22, "a", CXIO_FAULT_EXCHANGE_PSN },
	{ "psn 0", 14, "00000000", CXIO_FAULT_NONE },
	{ "psn largest", 14, "00ffffff", CXIO_FAULT_NONE },
	{ "psn of 25 bits", 14, "01000000", CXIO_FAULT_EXCHANGE_PSN },
	{ "peer_qpn, first", 23, "G", CXIO_FAULT_EXCHANGE_PEER_QPN },
	{ "peer_qpn, last", 30, ":", CXIO_FAULT_EXCHANGE_PEER_QPN },
	{ "behind peer_qpn", 31, "9", CXIO_FAULT_EXCHANGE_PEER_QPN },
	{ "peer_qpn 0", 23, "00000000", CXIO_FAULT_NONE },
	{ "peer_qpn of 25 bits", 23, "01000000", CXIO_FAULT_EXCHANGE_PEER_QPN },
	{ "gid, first", 32, "z", CXIO_FAULT_EXCHANGE_GID },
	{ "gid, last", 63, ":", CXIO_FAULT_EXCHANGE_GID },
	{ "gid 0", 32, "00000000000000000000000000000000", CXIO_FAULT_EXCHANGE_GID },
	{ "gid 1", 32, "00000000000000000000000000000001", CXIO_FAULT_NONE },
	{ "gid of a group", 32, "ff020000000000000000000000000001", CXIO_FAULT_EXCHANGE_GID },
	{ "gid below", 32, "fe020000000000000000000000000001", CXIO_FAULT_NONE },
	{ "IPv4 gid", 32, "00000000000000000000ffffdfffffff", CXIO_FAULT_NONE },
	{ "IPv4 gid of a group", 32, "00000000000000000000ffffe0000001", CXIO_FAULT_EXCHANGE_GID },
	{ "IPv4 gid of all", 32, "00000000000000000000ffffffffffff", CXIO_FAULT_EXCHANGE_GID },
	{ "IPv4 gid of nobody", 32, "00000000000000000000ffff00000001", CXIO_FAULT_EXCHANGE_GID },
	{ "IPv4 gid 1.0.0.0", 32, "00000000000000000000ffff01000000", CXIO_FAULT_NONE },
	{ "end", 64, "0", CXIO_FAULT_EXCHANGE_END },
};

CORE_TEST(each_field_spoiled)
{
	struct cxio_exchange_id id;
	u8 *text = core_block(CXIO_EXCHANGE_TEXT);
	u32 i, n;

	for (i = 0; i < ARRAY_SIZE(spoiled); i++) {
		memcpy(text, captured, sizeof(captured));
		for (n = 0; spoiled[i].bytes[n]; n++)
			text[spoiled[i].at + n] = (u8)spoiled[i].bytes[n];
		core_row(i, spoiled[i].what);
		expect_fault(cxio_exchange_decode(text, CXIO_EXCHANGE_TEXT, &id),
			     spoiled[i].fault);
	}
}

static const u8 mapped[CXIO_GID] = { [10] = 0xff, [11] = 0xff, 10, 99, 0, 1 };
static const u8 near_mapped[CXIO_GID] = { [9] = 1, [10] = 0xff, [11] = 0xff, 10, 99, 0, 1 };

CORE_TEST(families)
{
	expect(cxio_gid_is_ipv4(mapped));
	expect(!cxio_gid_is_ipv4(near_mapped));
	expect(!cxio_gid_is_ipv4(server.gid));
	expect(cxio_gid_same_family(mapped, mapped));
	expect(cxio_gid_same_family(server.gid, near_mapped));
	expect(!cxio_gid_same_family(server.gid, mapped));
	expect(!cxio_gid_same_family(mapped, client.gid));
}

/* The bytes go over in pieces of this. Return: false if none was due. */
static bool pass(struct cxio_exchange *from, struct cxio_exchange *to, u32 piece)
{
	u8 text[CXIO_EXCHANGE_TEXT];
	u32 len = cxio_exchange_text(from, text), at = 0, room;

	while (at < len) {
		u8 *p = cxio_exchange_room(to, &room);
		u32 n = len - at < piece ? len - at : piece;

		if (n > room)
			n = room;
		memcpy(p, text + at, n);
		cxio_exchange_came(to, n);
		at += n;
	}
	return len;
}

/* Both, as far as the client knows its peer. */
static void begin(struct cxio_exchange *c, struct cxio_exchange *s, u32 piece)
{
	cxio_exchange_init(c, true, &client);
	cxio_exchange_init(s, false, &server);
	expect_eq(s->state, CXIO_EXCHANGE_WAITS);
	expect(!pass(s, c, piece));
	expect(pass(c, s, piece));
	expect_eq(c->state, CXIO_EXCHANGE_WAITS);
	expect_eq(s->state, CXIO_EXCHANGE_PEER);
	expect_id(&s->peer, &client);
	/* not before the queue pair can receive */
	expect(!pass(s, c, piece));
	cxio_exchange_ready(s);
	expect(!cxio_exchange_may_send(s));
	expect(pass(s, c, piece));
	expect_eq(s->state, CXIO_EXCHANGE_ACK);
	expect(!cxio_exchange_may_send(s));
	expect_eq(c->state, CXIO_EXCHANGE_PEER);
	expect_id(&c->peer, &server);
	expect(!cxio_exchange_may_send(c));
}

CORE_TEST(both_sides)
{
	static const u32 pieces[] = { 1, 7, 64, 65 };
	struct cxio_exchange c, s;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		core_row(i, NULL);
		begin(&c, &s, pieces[i]);
		cxio_exchange_ready(&c);
		expect(cxio_exchange_may_send(&c));
		expect_eq(c.state, CXIO_EXCHANGE_READY);
		expect(pass(&c, &s, pieces[i]));
		expect_eq(c.state, CXIO_EXCHANGE_OPEN);
		expect_eq(s.state, CXIO_EXCHANGE_OPEN);
		expect(cxio_exchange_may_send(&c));
		expect(cxio_exchange_may_send(&s));
		expect(!pass(&c, &s, 65));
		expect(!pass(&s, &c, 65));
	}
}

/* Any time but on being told of the peer it says nothing. */
CORE_TEST(ready_is_for_one_state)
{
	struct cxio_exchange x;

	cxio_exchange_init(&x, true, &client);
	cxio_exchange_ready(&x);
	expect_eq(x.state, CXIO_EXCHANGE_FIRST);
	cxio_exchange_init(&x, false, &server);
	cxio_exchange_ready(&x);
	expect_eq(x.state, CXIO_EXCHANGE_WAITS);
}

/* A server's queue pair may be made when its client has spoken. */
CORE_TEST(pair_of_a_server_may_be_late)
{
	struct cxio_exchange_id none = server;
	struct cxio_exchange c, s;

	none.qpn = 0;
	cxio_exchange_init(&c, true, &client);
	cxio_exchange_init(&s, false, &none);
	expect(pass(&c, &s, CXIO_EXCHANGE_TEXT));
	expect_eq(s.state, CXIO_EXCHANGE_PEER);
	cxio_exchange_pair(&s, server.qpn);
	cxio_exchange_ready(&s);
	expect(pass(&s, &c, CXIO_EXCHANGE_TEXT));
	expect_id(&c.peer, &server);
	cxio_exchange_ready(&c);
	expect(pass(&c, &s, CXIO_EXCHANGE_TEXT));
	expect_eq(s.state, CXIO_EXCHANGE_OPEN);
}

static void hand(struct cxio_exchange *to, const struct cxio_exchange_id *id)
{
	u32 room;
	void *p = cxio_exchange_room(to, &room);

	expect_eq(room, CXIO_EXCHANGE_TEXT);
	cxio_exchange_encode(id, p);
	cxio_exchange_came(to, room);
}

CORE_TEST(first_texts_are_checked)
{
	struct cxio_exchange_id id = client;
	struct cxio_exchange x;

	/* the server's queue pair is known before it has told it */
	cxio_exchange_init(&x, false, &server);
	id.peer_qpn = server.qpn;
	hand(&x, &id);
	expect_eq(x.state, CXIO_EXCHANGE_ENDED);
	expect_fault(x.fault, CXIO_FAULT_EXCHANGE_PEER_QPN);
	/* the answer is to another's */
	id = server;
	id.peer_qpn++;
	cxio_exchange_init(&x, true, &client);
	cxio_exchange_text(&x, core_block(CXIO_EXCHANGE_TEXT));
	hand(&x, &id);
	expect_fault(x.fault, CXIO_FAULT_EXCHANGE_PEER_QPN);
	/* or to nobody's */
	id.peer_qpn = 0;
	cxio_exchange_init(&x, true, &client);
	cxio_exchange_text(&x, core_block(CXIO_EXCHANGE_TEXT));
	hand(&x, &id);
	expect_fault(x.fault, CXIO_FAULT_EXCHANGE_PEER_QPN);
	/* of another family */
	id = server;
	memcpy(id.gid, mapped, CXIO_GID);
	cxio_exchange_init(&x, true, &client);
	cxio_exchange_text(&x, core_block(CXIO_EXCHANGE_TEXT));
	hand(&x, &id);
	expect_eq(x.state, CXIO_EXCHANGE_ENDED);
	expect_fault(x.fault, CXIO_FAULT_EXCHANGE_FAMILY);
}

CORE_TEST(second_text_is_checked)
{
	struct cxio_exchange_id id = client;
	struct cxio_exchange c, s;

	begin(&c, &s, 65);
	hand(&s, &client);
	expect_fault(s.fault, CXIO_FAULT_EXCHANGE_PEER_QPN);
	begin(&c, &s, 65);
	id.peer_qpn = server.qpn;
	id.qpn++;
	hand(&s, &id);
	expect_fault(s.fault, CXIO_FAULT_EXCHANGE_QPN);
	expect(!cxio_exchange_may_send(&s));
	begin(&c, &s, 65);
	id.gid[0] = 0;
	id.qpn = 0;
	hand(&s, &id);
	expect_fault(s.fault, CXIO_FAULT_EXCHANGE_QPN);
}

static void chars(struct cxio_exchange *to, const char *text, u32 len)
{
	u32 room;

	memcpy(cxio_exchange_room(to, &room), text, len);
	cxio_exchange_came(to, len);
}

/* A daemon that speaks over TCP, by its banner, which is all that it sends. */
CORE_TEST(others_are_known_by_their_first_bytes)
{
	struct cxio_exchange x;

	cxio_exchange_init(&x, true, &client);
	cxio_exchange_text(&x, core_block(CXIO_EXCHANGE_TEXT));
	chars(&x, "ce", 2);
	expect_eq(x.state, CXIO_EXCHANGE_WAITS);
	chars(&x, "ph v2\n", 6);
	expect_eq(x.state, CXIO_EXCHANGE_ENDED);
	expect_fault(x.fault, CXIO_FAULT_EXCHANGE_LID);
	/* the first fault stays */
	chars(&x, "more", 4);
	cxio_exchange_gone(&x);
	expect_fault(x.fault, CXIO_FAULT_EXCHANGE_LID);
	expect(!cxio_exchange_text(&x, core_block(CXIO_EXCHANGE_TEXT)));
}

CORE_TEST(bytes_out_of_turn)
{
	struct cxio_exchange c, s;

	/* before ours */
	cxio_exchange_init(&c, true, &client);
	chars(&c, "0", 1);
	expect_fault(c.fault, CXIO_FAULT_EXCHANGE_TURN);
	/* before the answer */
	begin(&c, &s, 65);
	chars(&c, "0", 1);
	expect_fault(c.fault, CXIO_FAULT_EXCHANGE_TURN);
	/* behind all */
	begin(&c, &s, 65);
	cxio_exchange_ready(&c);
	expect(pass(&c, &s, 65));
	chars(&s, "0", 1);
	expect_fault(s.fault, CXIO_FAULT_EXCHANGE_TURN);
	expect(!cxio_exchange_may_send(&s));
	/* none is none, and more than there was room for is not looked at */
	chars(&c, "", 0);
	expect_eq(c.state, CXIO_EXCHANGE_OPEN);
	cxio_exchange_init(&s, false, &server);
	cxio_exchange_came(&s, CXIO_EXCHANGE_TEXT + 1);
	expect_fault(s.fault, CXIO_FAULT_EXCHANGE_TURN);
}

CORE_TEST(end_of_tcp)
{
	struct cxio_exchange c, s;

	cxio_exchange_init(&c, true, &client);
	cxio_exchange_gone(&c);
	expect_fault(c.fault, CXIO_FAULT_EXCHANGE_LENGTH);
	begin(&c, &s, 65);
	cxio_exchange_gone(&s);
	expect_fault(s.fault, CXIO_FAULT_EXCHANGE_LENGTH);
	begin(&c, &s, 65);
	cxio_exchange_ready(&c);
	expect(pass(&c, &s, 65));
	cxio_exchange_gone(&c);
	expect_eq(c.state, CXIO_EXCHANGE_ENDED);
	expect_fault(c.fault, CXIO_FAULT_PEER_GONE);
	cxio_exchange_end(&s, CXIO_FAULT_TIMEOUT);
	expect_fault(s.fault, CXIO_FAULT_TIMEOUT);
}

CORE_TEST(every_fault_was_provoked)
{
	expect_door_complete(DOOR_EXCHANGE);
}

static struct core_case cases[] = {
	CORE_CASE(text_as_ceph_writes_it),
	CORE_CASE(text_read_back),
	CORE_CASE(length_is_exact),
	CORE_CASE(each_field_spoiled),
	CORE_CASE(families),
	CORE_CASE(both_sides),
	CORE_CASE(ready_is_for_one_state),
	CORE_CASE(pair_of_a_server_may_be_late),
	CORE_CASE(first_texts_are_checked),
	CORE_CASE(second_text_is_checked),
	CORE_CASE(others_are_known_by_their_first_bytes),
	CORE_CASE(bytes_out_of_turn),
	CORE_CASE(end_of_tcp),
	CORE_CASE(every_fault_was_provoked),
	{}
};

CORE_SUITE(exchange, cases);
