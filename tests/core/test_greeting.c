// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * greeting.c and the channel's part in it: connect, reply, authorizers over several
 * frames, who may say what when; then revocation, descriptors and DONE through two
 * channels.
 */
#include "core_test.h"
#include "channel.h"
#include "craft.h"

#define NOW 1000000000ull
#define FRAME 512

/* Two ends; a frame made by one is given to the other at once. */
struct end {
	struct cxio_session session;
	struct cxio_channel s;
	struct cxio_rx_event ev;
	u8 authorizer[CXIO_AUTHORIZER_MAX];
};

static struct end end[2];
static u8 frame[FRAME], authorizer[CXIO_AUTHORIZER_MAX];
static const struct cxio_offer nothing;

static void open_ends(u64 features)
{
	const struct cxio_agreed agreed = {
		.features = features, .frame_max = FRAME, .peer_recv_depth = 8,
		.peer_read_depth = 1, .peer_window_msgs = 8, .peer_window_bytes = 8192,
	};
	struct cxio_limits ours;
	u32 i;

	cxio_limits_default(&ours);
	ours.recv_depth = 8;
	ours.window_msgs = 8;
	ours.window_bytes = 8192;
	memset(end, 0, sizeof(end));
	for (i = 0; i < 2; i++) {
		cxio_session_init(&end[i].session, cxio_policy(CXIO_LOSSLESS_PEER), 11 + i);
		cxio_channel_init(&end[i].s, i && (features & CXIO_FEATURE_SESSION) ? NULL :
				  &end[i].session, &ours, &agreed, !i, NOW);
	}
	for (i = 0; i < sizeof(authorizer); i++)
		authorizer[i] = (u8)(i * 3 + i / 256);
}

static enum cxio_fault give(u32 to, u32 len)
{
	struct end *e = &end[to];
	u8 *exact = core_block(len);
	enum cxio_fault fault;
	u32 i;

	memcpy(exact, frame, len);
	fault = cxio_channel_rx(&e->s, exact, len, NOW, &e->ev);
	if (fault)
		return fault;
	cxio_channel_reposted(&e->s, 1);
	for (i = 0; i < e->ev.pieces.count; i++)
		if (e->ev.pieces.piece[i].segment == CXIO_PART_AUTHORIZER) {
			expect(e->ev.pieces.piece[i].offset <= sizeof(e->authorizer));
			memcpy(e->authorizer + e->ev.pieces.piece[i].offset,
			       exact + e->ev.pieces.piece[i].frame_off,
			       e->ev.pieces.piece[i].len);
		}
	return CXIO_FAULT_NONE;
}

/* Let grants flow back; nothing else may. */
static void grants(u32 from)
{
	enum cxio_tx_kind kind;

	while ((kind = cxio_channel_next(&end[from].s, &nothing, NOW)) != CXIO_TX_NOTHING) {
		expect_eq(kind, CXIO_TX_CONTROL);
		expect_eq(end[from].s.control, CXIO_FRAME_GRANT);
		expect_fault(give(!from, cxio_channel_control(&end[from].s, frame, NOW)),
			     CXIO_FAULT_NONE);
	}
}

static void greeting(struct cxio_greeting *g, u8 type, u32 authorizer_len)
{
	memset(g, 0, sizeof(*g));
	if (type == CXIO_FRAME_CONNECT) {
		g->connect = (struct cxio_connect){
			.features = 0x1122334455667788, .host_type = CXIO_ENTITY_CLIENT,
			.global_seq = 5, .connect_seq = 6, .protocol_version = 24,
			.authorizer_protocol = authorizer_len ? 2 : 0,
			.authorizer_len = authorizer_len, .flags = CXIO_CONNECT_LOSSY,
		};
	} else {
		g->reply = (struct cxio_connect_reply){
			.tag = CXIO_TAG_SEQ, .features = 3, .global_seq = 9, .connect_seq = 7,
			.protocol_version = 24, .authorizer_len = authorizer_len,
		};
	}
	g->cookies = (struct cxio_cookies){ 77, 88 };
	g->in_seq = 0x1000000000002;
	g->own = (struct cxio_addr){ .family = CXIO_FAMILY_IPV4, .type = CXIO_ADDR_V1,
				     .port = 6789, .nonce = 0xdeadbeef, .ip = { 10, 9, 0, 1 } };
	g->target = (struct cxio_addr){ .family = CXIO_FAMILY_IPV6, .type = CXIO_ADDR_ANY,
					.port = 1, .ip = { 0xfe, 0x80, [15] = 1 } };
}

static void say(u32 from, u8 type, u32 authorizer_len)
{
	struct cxio_greeting g;

	greeting(&g, type, authorizer_len);
	cxio_channel_greet(&end[from].s, type, &g);
}

/* The frames of a greeting, all of them. Return: how many. */
static u32 carry_over(u32 from)
{
	enum cxio_tx_kind kind;
	u32 frames = 0;

	do {
		kind = cxio_channel_next(&end[from].s, &nothing, NOW);
		expect_eq(kind, CXIO_TX_GREETING);
		expect_fault(give(!from, cxio_channel_greeting(&end[from].s, frame, authorizer)),
			     CXIO_FAULT_NONE);
		expect_eq(end[!from].ev.kind, CXIO_RX_GREETING);
		expect_eq(end[!from].ev.begins, !frames);
		frames++;
		grants(!from);
	} while (!end[!from].ev.ends);
	return frames;
}

static void compare(const struct cxio_greeting *got, u8 type, u32 authorizer_len, u32 at)
{
	u8 a[CXIO_CONNECT_BODY], b[CXIO_CONNECT_BODY];
	struct cxio_greeting want;

	greeting(&want, type, authorizer_len);
	cxio_greeting_encode(&want, type, a);
	cxio_greeting_encode(got, type, b);
	expect_mem(a, b, cxio_greeting_size(type));
	expect_eq(got->cookies.own, 77);
	expect_eq(got->in_seq, 0x1000000000002);
	expect(cxio_addr_equal(&got->own, &want.own));
	expect(cxio_addr_equal(&got->target, &want.target));
	expect_mem(end[at].authorizer, authorizer, authorizer_len);
}

CORE_TEST(authorizers_of_any_length)
{
	static const struct { u32 len, frames; } rows[] = {
		{ 0, 1 }, { 1, 1 }, { FRAME - 28 - 105, 1 }, { FRAME - 28 - 104, 2 },
		{ FRAME - 28 - 105 + FRAME - 28, 2 }, { CXIO_AUTHORIZER_MAX, 9 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		open_ends(CXIO_FEATURE_SESSION);
		core_row(i, NULL);
		say(0, CXIO_FRAME_CONNECT, rows[i].len);
		expect_eq(carry_over(0), rows[i].frames);
		compare(&end[1].s.greet_rx.greeting, CXIO_FRAME_CONNECT, rows[i].len, 1);
		say(1, CXIO_FRAME_REPLY, rows[i].len);
		carry_over(1);
		compare(&end[0].s.greet_rx.greeting, CXIO_FRAME_REPLY, rows[i].len, 0);
	}
}

/* Connect, refused, connect again, accepted; then messages, from the server first. */
CORE_TEST(then_messages)
{
	struct cxio_msg_header h = { .type = 2 };
	const struct cxio_offer offer = { .header = &h };
	bool last;

	open_ends(CXIO_FEATURE_SESSION);
	expect_eq(cxio_channel_next(&end[0].s, &offer, NOW), CXIO_TX_NOTHING);
	say(0, CXIO_FRAME_CONNECT, 0);
	carry_over(0);
	expect_eq(cxio_channel_next(&end[1].s, &offer, NOW), CXIO_TX_NOTHING);
	say(1, CXIO_FRAME_REPLY, 0);
	carry_over(1);
	say(0, CXIO_FRAME_CONNECT, 100);
	carry_over(0);
	say(1, CXIO_FRAME_REPLY, 0);
	cxio_channel_ready(&end[1].s, &end[1].session);
	/* it is ready, but what says so goes first */
	expect_eq(cxio_channel_next(&end[1].s, &offer, NOW), CXIO_TX_GREETING);
	carry_over(1);
	cxio_channel_ready(&end[0].s, &end[0].session);
	expect_eq(cxio_channel_next(&end[1].s, &offer, NOW), CXIO_TX_BEGIN);
	cxio_channel_msg_begin(&end[1].s, &h, NULL);
	expect_fault(give(0, cxio_channel_msg_seal(&end[1].s, frame, &last)), CXIO_FAULT_NONE);
	expect(end[0].ev.ends);
	expect_eq(end[0].ev.seq, 1);
}

/* Frames of a peer that does not keep to the order of speaking. */
static void craft_greeting(struct craft *c, u8 type, u32 len)
{
	const struct craft_grants g = { 0, 8, 8, 8192 };
	static u8 body[FRAME];
	struct cxio_greeting said;
	u32 size;

	greeting(&said, type, len);
	memset(body, 0, sizeof(body));
	size = cxio_greeting_encode(&said, type, body);
	craft_control(c, &g, type, body, size + len);
	c->buf[F_FLAGS] = CXIO_FRAME_LAST;
	craft_fix(c, FIX_FRAME);
}

static enum cxio_fault hear(struct end *e, const struct craft *c)
{
	enum cxio_fault fault = cxio_channel_rx(&e->s, c->buf, c->len, NOW, &e->ev);

	if (!fault)
		cxio_channel_reposted(&e->s, 1);
	return fault;
}

static struct craft c;

CORE_TEST(out_of_turn)
{
	const struct craft_grants g = { 0, 8, 8, 8192 };
	static const u8 body[16] = { 1 };
	u32 type;

	/* before the connect: nothing that needs a session, and no reply */
	for (type = 1; type < CXIO_FRAME_TYPE_END; type++) {
		bool session = type <= 2 || type >= CXIO_FRAME_DONE;

		if (type == CXIO_FRAME_CONNECT || (!session && type < CXIO_FRAME_CONNECT))
			continue;
		open_ends(CXIO_FEATURE_SESSION);
		if (type == CXIO_FRAME_REPLY)
			craft_greeting(&c, CXIO_FRAME_REPLY, 0);
		else
			craft_control(&c, &g, (u8)type, body, type == CXIO_FRAME_DONE ? 16 : 8);
		core_row(type, cxio_frame_type_text(type));
		expect_fault(hear(&end[1], &c), session ? CXIO_FAULT_FRAME_NOT_READY :
			     CXIO_FAULT_GREETING_TURN);
	}
	/* twice, without waiting for the reply */
	open_ends(CXIO_FEATURE_SESSION);
	craft_greeting(&c, CXIO_FRAME_CONNECT, 0);
	expect_fault(hear(&end[1], &c), CXIO_FAULT_NONE);
	expect_fault(hear(&end[1], &c), CXIO_FAULT_GREETING_TURN);
	/* once all is agreed on */
	open_ends(CXIO_FEATURE_SESSION);
	cxio_channel_ready(&end[1].s, &end[1].session);
	expect_fault(hear(&end[1], &c), CXIO_FAULT_GREETING_TURN);
	/* where no session was negotiated at all */
	open_ends(0);
	expect_fault(hear(&end[1], &c), CXIO_FAULT_GREETING_TURN);
	/* to the side that connected */
	open_ends(CXIO_FEATURE_SESSION);
	expect_fault(hear(&end[0], &c), CXIO_FAULT_GREETING_TURN);
}

static const struct {
	const char *what;
	u32 at;		/* behind the frame header */
	u32 size;
	u64 value;
	enum cxio_fault fault;
} mutations[] = {
	{ "no cookie", 33, 8, 0, CXIO_FAULT_GREETING_COOKIE },
	{ "family 3", 57, 1, 3, CXIO_FAULT_GREETING_ADDRESS },
	{ "type 4", 58, 1, 4, CXIO_FAULT_GREETING_ADDRESS },
	{ "an IPv4 address of five bytes", 57 + 12, 1, 1, CXIO_FAULT_GREETING_ADDRESS },
	{ "a target without family", 81, 1, 0, CXIO_FAULT_GREETING_ADDRESS },
	{ "authorizer_len says more", 28, 4, 9, CXIO_FAULT_GREETING_AUTHORIZER },
	{ "authorizer_len says less", 28, 4, 7, CXIO_FAULT_GREETING_AUTHORIZER },
	{ "authorizer_len says none", 28, 4, 0, CXIO_FAULT_GREETING_AUTHORIZER },
	{ "authorizer_len says all", 28, 4, ~0u, CXIO_FAULT_CONNECT_AUTHORIZER },
};

CORE_TEST(each_check)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(mutations); i++) {
		open_ends(CXIO_FEATURE_SESSION);
		craft_greeting(&c, CXIO_FRAME_CONNECT, 8);
		put_le(c.buf + F_SIZE + mutations[i].at, mutations[i].size, mutations[i].value);
		craft_fix(&c, FIX_FRAME);
		core_row(i, mutations[i].what);
		expect_fault(hear(&end[1], &c), mutations[i].fault);
	}
	/* more than was said, and not the last of it either */
	for (i = 0; i < 2; i++) {
		open_ends(CXIO_FEATURE_SESSION);
		craft_greeting(&c, CXIO_FRAME_CONNECT, 8);
		put_le(c.buf + F_SIZE + 28, 4, i ? 9 : 7);
		c.buf[F_FLAGS] = 0;
		craft_fix(&c, FIX_FRAME);
		core_row(i, "without the last flag");
		expect_fault(hear(&end[1], &c), i ? CXIO_FAULT_NONE :
			     CXIO_FAULT_GREETING_AUTHORIZER);
	}
}

/* --- revocation --- */

static void ready_ends(u64 features)
{
	open_ends(features);
	cxio_channel_ready(&end[0].s, &end[0].session);
	cxio_channel_ready(&end[1].s, &end[1].session);
	end[1].s.may_send = true;
}

/* One frame of a message of @data bytes; no byte of it matters here. */
static void send_part(struct cxio_msg_header *h, const struct cxio_carry *carry, u8 *descs)
{
	const struct cxio_offer offer = { .header = h, .carry = carry };
	const struct cxio_pieces *pieces;
	enum cxio_tx_kind kind;
	bool last;
	u32 i;

	kind = cxio_channel_next(&end[0].s, &offer, NOW);
	expect(kind == CXIO_TX_BEGIN || kind == CXIO_TX_MORE);
	pieces = kind == CXIO_TX_BEGIN ? cxio_channel_msg_begin(&end[0].s, h, carry) :
		cxio_channel_msg_more(&end[0].s);
	for (i = 0; i < pieces->count; i++) {
		const struct cxio_piece *p = &pieces->piece[i];

		if (p->segment == CXIO_PART_DESCS)
			memcpy(frame + p->frame_off, descs + p->offset, p->len);
		else
			memset(frame + p->frame_off, 0x42, p->len);
	}
	expect_fault(give(1, cxio_channel_msg_seal(&end[0].s, frame, &last)), CXIO_FAULT_NONE);
}

static void revoke(u64 seq)
{
	const struct cxio_msg_header h = { .seq = seq };
	const struct cxio_offer offer = { .header = &h, .revoked = true };

	expect_eq(cxio_channel_next(&end[0].s, &offer, NOW), CXIO_TX_REVOKED);
	expect_fault(give(1, cxio_channel_revoked(&end[0].s, frame, seq)), CXIO_FAULT_NONE);
}

/* A tombstone in a message's place: nothing is dispatched, and it is acknowledged. */
CORE_TEST(revoked_before_it_goes)
{
	struct cxio_msg_header h = { .type = 2 };

	ready_ends(CXIO_FEATURE_SESSION);
	end[0].session.out_seq = 1;
	revoke(1);
	expect_eq(end[1].ev.kind, CXIO_RX_REVOKED);
	expect_eq(end[1].ev.seq, 1);
	expect(!end[1].ev.breaks);
	cxio_channel_delivered(&end[1].s, 0, NOW);
	expect_eq(end[1].session.in_seq, 1);
	expect_eq(cxio_channel_next(&end[1].s, &nothing, NOW + CXIO_ACK_DELAY_NS),
		  CXIO_TX_CONTROL);
	expect_fault(give(0, cxio_channel_control(&end[1].s, frame, NOW)), CXIO_FAULT_NONE);
	expect_eq(end[0].session.acked, 1);
	send_part(&h, NULL, NULL);
	expect_eq(h.seq, 2);
	expect(end[1].ev.ends);
	cxio_channel_delivered(&end[1].s, 0, NOW);
	expect_eq(end[1].session.in_seq, 2);
}

CORE_TEST(revoked_half_sent)
{
	struct cxio_msg_header h = { .type = 2, .len = { 0, 0, 2000 } }, next = { .type = 2 };

	ready_ends(CXIO_FEATURE_SESSION);
	send_part(&h, NULL, NULL);
	send_part(&h, NULL, NULL);
	expect(end[1].s.rx.open);
	revoke(1);
	expect_eq(end[1].ev.kind, CXIO_RX_REVOKED);
	expect(end[1].ev.breaks);
	expect(!end[1].s.rx.open);
	cxio_channel_consumed(&end[1].s, 1, 2000, NOW);
	cxio_channel_delivered(&end[1].s, 0, NOW);
	expect_eq(end[1].session.in_seq, 1);
	send_part(&next, NULL, NULL);
	expect(end[1].ev.begins && end[1].ev.ends);
	expect_eq(end[1].ev.seq, 2);
	/* all of the window comes back */
	cxio_channel_consumed(&end[1].s, 1, 0, NOW);
	cxio_channel_delivered(&end[1].s, 0, NOW);
	expect_eq(cxio_recv_window_owed(&end[1].s.credit.rx_bytes), 2000);
	expect_eq(cxio_recv_window_owed(&end[1].s.credit.rx_msgs), 2);
}

/* A duplicate that is broken off: nobody but the window hears of it. */
CORE_TEST(revoked_duplicate)
{
	struct cxio_msg_header h = { .type = 2, .len = { 0, 0, 2000 } };

	ready_ends(CXIO_FEATURE_SESSION);
	end[1].session.rx_seq = 1;
	end[1].session.in_seq = 1;
	send_part(&h, NULL, NULL);
	expect(!end[1].ev.begins);
	revoke(1);
	expect_eq(end[1].ev.kind, CXIO_RX_NOTHING);
	expect_eq(cxio_recv_window_owed(&end[1].s.credit.rx_bytes), 2000);
	expect_eq(end[1].session.rx_seq, 1);
	/* and one more of what was received long ago */
	end[0].session.begun_seq = 0;
	revoke(1);
	expect_eq(end[1].ev.kind, CXIO_RX_REVOKED);
	cxio_channel_delivered(&end[1].s, 0, NOW);
	expect_eq(end[1].session.in_seq, 1);
}

CORE_TEST(revoked_wrongly)
{
	const struct craft_grants g = { 0, 8, 8, 8192 };
	static const struct { u64 seq; bool open; enum cxio_fault fault; } rows[] = {
		{ 0, false, CXIO_FAULT_MSG_SEQ_GAP }, { 2, false, CXIO_FAULT_MSG_SEQ_GAP },
		{ 2, true, CXIO_FAULT_MSG_SEQ_GAP }, { ~0ull, false, CXIO_FAULT_MSG_SEQ_GAP },
		{ 1, false, CXIO_FAULT_NONE }, { 1, true, CXIO_FAULT_NONE },
	};
	struct cxio_msg_header h = { .type = 2, .len = { 0, 0, 2000 } };
	u8 body[8];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		ready_ends(CXIO_FEATURE_SESSION);
		h.seq = 0;
		if (rows[i].open)
			send_part(&h, NULL, NULL);
		put_le(body, 8, rows[i].seq);
		craft_control(&c, &g, CXIO_FRAME_REVOKED, body, 8);
		core_row(i, NULL);
		expect_fault(hear(&end[1], &c), rows[i].fault);
	}
	/* the next one, while another is coming in */
	ready_ends(CXIO_FEATURE_SESSION);
	h.seq = 0;
	send_part(&h, NULL, NULL);
	end[1].s.rx.header.seq = 7;
	put_le(body, 8, 1);
	craft_control(&c, &g, CXIO_FRAME_REVOKED, body, 8);
	expect_fault(hear(&end[1], &c), CXIO_FAULT_REVOKED_SEQ);
}

/* --- descriptors, sinks, DONE --- */

#define RENDEZVOUS (CXIO_FEATURE_SESSION | CXIO_FEATURE_RENDEZVOUS | CXIO_FEATURE_REPLY_SINK)

CORE_TEST(descriptors_over_frames)
{
	static struct cxio_desc descs[CXIO_DESCS_MAX];
	static u8 list[CXIO_DESCS_BYTES_MAX];
	struct cxio_msg_header h = { .len = { 900, 0, 64 * 4096 } };
	const struct cxio_carry carry = { .descs = 64, .segments = 1 << CXIO_DATA,
					  .crc = { [CXIO_DATA] = 0x12345678 } };
	u32 i, frames = 0;

	for (i = 0; i < 64; i++)
		descs[i] = (struct cxio_desc){ .addr = i << 20, .rkey = i, .length = 4096,
					       .segment = CXIO_DATA };
	cxio_descs_encode(descs, 64, 1 << CXIO_DATA, list);
	ready_ends(RENDEZVOUS);
	do {
		send_part(&h, &carry, list);
		expect_eq(end[1].ev.kind, CXIO_RX_MESSAGE);
		expect_eq(end[1].ev.begins, !frames);
		grants(1);
	} while (!end[1].ev.ends && ++frames < 10);
	/* 1288 bytes of descriptors, 900 of front */
	expect_eq(frames, 4);
	expect_eq(end[1].ev.footer.crc[CXIO_DATA], 0x12345678);
	expect_eq(end[1].s.rx.carry.descs, 64);
	expect_eq(end[1].s.rx.carry.segments, 1 << CXIO_DATA);
	/* what is read does not count in the window, nor do descriptors */
	expect_eq(end[1].s.credit.rx_bytes.used, 900);
	/* it waits for its data: not acknowledged yet */
	cxio_channel_delivered(&end[1].s, 1, NOW);
	expect_eq(end[1].session.in_seq, 0);
	expect_fault(give(0, cxio_channel_done(&end[1].s, frame, 1, 63)), CXIO_FAULT_NONE);
	expect_eq(end[0].ev.kind, CXIO_RX_DONE);
	expect_eq(end[0].ev.seq, 1);
	expect_eq(end[0].ev.rkey, 63);
	/* a message that was never sent cannot be done */
	expect_fault(give(0, cxio_channel_done(&end[1].s, frame, 2, 0)), CXIO_FAULT_DONE_SEQ);
	expect_fault(give(0, cxio_channel_done(&end[1].s, frame, 0, 0)), CXIO_FAULT_DONE_SEQ);
	cxio_channel_done(&end[1].s, frame, 1, 0);
	memcpy(c.buf, frame, F_SIZE + 16);
	c.len = F_SIZE + 16;
	c.buf[F_SIZE + 12] = 1;
	craft_fix(&c, FIX_FRAME);
	expect_fault(hear(&end[0], &c), CXIO_FAULT_DONE_RESERVED);
}

CORE_TEST(written_to_the_sink)
{
	struct cxio_msg_header h = { .len = { 10, 0, 50000 } };
	const struct cxio_carry carry = { .written = true, .crc = { [CXIO_DATA] = 9 } };

	ready_ends(RENDEZVOUS);
	send_part(&h, &carry, NULL);
	expect(end[1].ev.ends);
	expect(end[1].s.rx.carry.written);
	expect_eq(end[1].ev.footer.crc[CXIO_DATA], 9);
	expect_eq(end[1].s.credit.rx_bytes.used, 10);
}

static const struct {
	const char *what;
	u64 features;
	struct cxio_carry carry;
	u32 data;
	enum cxio_fault fault;
	u32 front;
} refused[] = {
	{ "neither negotiated", CXIO_FEATURE_SESSION, { .descs = 1, .segments = 4 }, 50,
	  CXIO_FAULT_DESCS_REFUSED },
	{ "only sinks", CXIO_FEATURE_SESSION | CXIO_FEATURE_REPLY_SINK,
	  { .descs = 1, .segments = 4 }, 50, CXIO_FAULT_DESCS_REFUSED },
	{ "written, not negotiated", CXIO_FEATURE_SESSION | CXIO_FEATURE_RENDEZVOUS,
	  { .written = true }, 50, CXIO_FAULT_WRITTEN_REFUSED },
	{ "read and written", RENDEZVOUS, { .descs = 1, .segments = 4, .written = true }, 50,
	  CXIO_FAULT_DESCS_SEGMENTS },
	{ "front read, and written", RENDEZVOUS, { .descs = 1, .segments = 1, .written = true }, 50,
	  CXIO_FAULT_DESCS_SEGMENTS, .front = 50 },
	{ "nothing to read", RENDEZVOUS, { .descs = 1, .segments = 4 }, 0,
	  CXIO_FAULT_DESCS_SEGMENTS },
	{ "all well", RENDEZVOUS, { .descs = 1, .segments = 4 }, 50, CXIO_FAULT_NONE },
};

CORE_TEST(descriptors_refused)
{
	const struct cxio_desc desc = { .length = 50, .segment = CXIO_DATA };
	u32 i, k, len;
	u8 list[28];
	bool last;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		struct cxio_msg_header h = { .len = { refused[i].front, 0, refused[i].data } };
		const struct cxio_pieces *p;

		ready_ends(refused[i].features);
		cxio_descs_encode(&desc, 1, refused[i].carry.segments, list);
		p = cxio_channel_msg_begin(&end[0].s, &h, &refused[i].carry);
		for (k = 0; k < p->count; k++)
			if (p->piece[k].segment == CXIO_PART_DESCS)
				memcpy(frame + p->piece[k].frame_off, list, p->piece[k].len);
		len = cxio_channel_msg_seal(&end[0].s, frame, &last);
		core_row(i, refused[i].what);
		expect_fault(give(1, len), refused[i].fault);
	}
	/* a first frame too short for the head of a list */
	ready_ends(RENDEZVOUS);
	memset(&c, 0, sizeof(c));
	craft_inline(&c, &(struct craft_grants){ 0, 8, 8, 8192 }, 1, 0, 0, 0);
	c.len = F_SIZE + M_SIZE + 7;
	c.buf[F_FLAGS] = CXIO_FRAME_DESCS;
	craft_fix(&c, FIX_ALL);
	expect_fault(hear(&end[1], &c), CXIO_FAULT_DESCS_SHORT);
}

/* Signed if that was agreed on, and only then. */
CORE_TEST(signed_footers)
{
	u32 agreed, is;

	for (agreed = 0; agreed < 2; agreed++)
		for (is = 0; is < 2; is++) {
			struct cxio_msg_header h = { .type = 2 };
			u32 len;
			bool last;

			ready_ends(CXIO_FEATURE_SESSION | (is ? CXIO_FEATURE_SIGN : 0));
			end[1].s.agreed.features = agreed ? CXIO_FEATURE_SIGN : 0;
			cxio_channel_msg_begin(&end[0].s, &h, NULL);
			len = cxio_channel_msg_seal(&end[0].s, frame, &last);
			put_le(frame + len - T_SIZE + T_SIG, 8, is ? 0x1234 : 0);
			core_row(2 * agreed + is, NULL);
			expect_fault(give(1, len), agreed == is ? CXIO_FAULT_NONE :
				     agreed ? CXIO_FAULT_FOOTER_UNSIGNED :
				     CXIO_FAULT_FOOTER_SIGNED);
			if (agreed && is)
				expect_eq(end[1].ev.footer.sig, 0x1234);
		}
}

/* Without sessions nothing is revoked, without rendezvous nothing is done. */
CORE_TEST(not_negotiated)
{
	const struct craft_grants g = { 0, 8, 8, 8192 };
	static const struct { u64 features; u8 type; enum cxio_fault fault; } rows[] = {
		{ 0, CXIO_FRAME_REVOKED, CXIO_FAULT_FRAME_NOT_READY },
		{ CXIO_FEATURE_RENDEZVOUS, CXIO_FRAME_REVOKED, CXIO_FAULT_FRAME_NOT_READY },
		{ CXIO_FEATURE_SESSION, CXIO_FRAME_REVOKED, CXIO_FAULT_NONE },
		{ CXIO_FEATURE_SESSION, CXIO_FRAME_DONE, CXIO_FAULT_FRAME_NOT_READY },
		{ RENDEZVOUS, CXIO_FRAME_DONE, CXIO_FAULT_NONE },
	};
	static const u8 body[16] = { 1 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		ready_ends(rows[i].features);
		end[1].session.sent_seq = 1;
		craft_control(&c, &g, rows[i].type, body,
			      rows[i].type == CXIO_FRAME_DONE ? 16 : 8);
		core_row(i, NULL);
		expect_fault(hear(&end[1], &c), rows[i].fault);
	}
}

/* An orderly end waits for what is still read, and for the DONE that follows. */
CORE_TEST(close_waits_for_reads)
{
	const struct cxio_desc desc = { .length = 50, .segment = CXIO_DATA };
	const struct cxio_carry carry = { .descs = 1, .segments = 4 };
	const struct cxio_offer done = { .done = true };
	struct cxio_msg_header h = { .len = { 0, 0, 50 } };
	u8 list[28];

	ready_ends(RENDEZVOUS);
	cxio_descs_encode(&desc, 1, 4, list);
	send_part(&h, &carry, list);
	cxio_channel_close(&end[0].s, CXIO_FAULT_NONE);
	expect_eq(cxio_channel_next(&end[0].s, &nothing, NOW), CXIO_TX_CONTROL);
	expect_fault(give(1, cxio_channel_control(&end[0].s, frame, NOW)), CXIO_FAULT_NONE);
	expect_eq(end[1].ev.kind, CXIO_RX_CLOSE);
	/* it is not whole yet: grants, no more */
	grants(1);
	expect_eq(cxio_channel_next(&end[1].s, &done, NOW), CXIO_TX_DONE);
	expect_fault(give(0, cxio_channel_done(&end[1].s, frame, 1, 0)), CXIO_FAULT_NONE);
	cxio_channel_delivered(&end[1].s, 0, NOW);
	expect_eq(cxio_channel_next(&end[1].s, &nothing, NOW), CXIO_TX_CONTROL);
	expect_eq(end[1].s.control, CXIO_FRAME_CLOSE);
	expect_fault(give(0, cxio_channel_control(&end[1].s, frame, NOW)), CXIO_FAULT_NONE);
	expect_eq(end[0].session.acked, 1);
}

CORE_TEST(targets)
{
	const struct cxio_addr own = { .family = CXIO_FAMILY_IPV4, .port = 6789, .nonce = 7,
				       .ip = { 10, 9, 0, 1 } };
	struct cxio_greeting g = { .target = own };

	expect_fault(cxio_greeting_check_target(&g, &own), CXIO_FAULT_NONE);
	g.target.nonce = 0;
	expect_fault(cxio_greeting_check_target(&g, &own), CXIO_FAULT_NONE);
	g.target.nonce = 8;
	expect_fault(cxio_greeting_check_target(&g, &own), CXIO_FAULT_GREETING_TARGET);
	g.target = own;
	g.target.port++;
	expect_fault(cxio_greeting_check_target(&g, &own), CXIO_FAULT_GREETING_TARGET);
	g.target = own;
	g.target.ip[3]++;
	expect_fault(cxio_greeting_check_target(&g, &own), CXIO_FAULT_GREETING_TARGET);
	g.target = own;
	g.target.family = CXIO_FAMILY_IPV6;
	expect_fault(cxio_greeting_check_target(&g, &own), CXIO_FAULT_GREETING_TARGET);
}

/* Who refuses has no session to name. */
CORE_TEST(replies_without_a_session)
{
	static const struct { u8 tag; enum cxio_fault fault; } rows[] = {
		{ CXIO_TAG_READY, CXIO_FAULT_GREETING_COOKIE },
		{ CXIO_TAG_SEQ, CXIO_FAULT_GREETING_COOKIE },
		{ CXIO_TAG_RESETSESSION, CXIO_FAULT_NONE },
		{ CXIO_TAG_CHALLENGE_AUTHORIZER, CXIO_FAULT_NONE },
		{ CXIO_TAG_BADPROTOVER, CXIO_FAULT_NONE },
	};
	struct cxio_greeting g, got;
	u8 body[CXIO_REPLY_BODY];
	u32 i;

	greeting(&g, CXIO_FRAME_REPLY, 0);
	g.cookies.own = 0;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		g.reply.tag = rows[i].tag;
		cxio_greeting_encode(&g, CXIO_FRAME_REPLY, body);
		core_row(i, NULL);
		expect_fault(cxio_greeting_decode(body, sizeof(body), CXIO_FRAME_REPLY, &got),
			     rows[i].fault);
	}
}

/* What authorizers settle later counts like what the hellos did. */
CORE_TEST(signing_needs_every_crc)
{
	open_ends(CXIO_FEATURE_SESSION | CXIO_FEATURE_NO_DATA_CRC);
	expect(end[0].s.agreed.features & CXIO_FEATURE_NO_DATA_CRC);
	cxio_channel_sign(&end[0].s);
	expect_eq(end[0].s.agreed.features, CXIO_FEATURE_SESSION | CXIO_FEATURE_SIGN);
	open_ends(CXIO_FEATURE_SIGN | CXIO_FEATURE_NO_DATA_CRC);
	expect_eq(end[0].s.agreed.features, CXIO_FEATURE_SIGN);
}

CORE_TEST(every_fault_was_provoked)
{
	expect_door_complete(DOOR_SESSION);
}

static struct core_case cases[] = {
	CORE_CASE(authorizers_of_any_length),
	CORE_CASE(then_messages),
	CORE_CASE(out_of_turn),
	CORE_CASE(each_check),
	CORE_CASE(revoked_before_it_goes),
	CORE_CASE(revoked_half_sent),
	CORE_CASE(revoked_duplicate),
	CORE_CASE(revoked_wrongly),
	CORE_CASE(descriptors_over_frames),
	CORE_CASE(written_to_the_sink),
	CORE_CASE(descriptors_refused),
	CORE_CASE(signed_footers),
	CORE_CASE(not_negotiated),
	CORE_CASE(close_waits_for_reads),
	CORE_CASE(targets),
	CORE_CASE(replies_without_a_session),
	CORE_CASE(signing_needs_every_crc),
	CORE_CASE(every_fault_was_provoked),
	{}
};

CORE_SUITE(greeting, cases);
