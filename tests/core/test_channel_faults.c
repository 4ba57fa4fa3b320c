// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * channel.c against a peer that is wrong in exactly one place: every fault that
 * a frame can cause, through the front door, cxio_channel_rx().
 */
#include "core_test.h"
#include "craft.h"
#include "channel.h"

#define NOW 5000000000ull

/* What the peer of victim() may send: the first grants of a peer with the same limits. */
static const struct craft_grants start = { 0, 8, 4, 4096 };

static const u32 lens[3] = { 10, 20, 30 };

static struct cxio_session session;

static void victim(struct cxio_channel *s)
{
	const struct cxio_agreed agreed = {
		.frame_max = 512, .peer_recv_depth = 8, .peer_read_depth = 1,
		.peer_window_msgs = 4, .peer_window_bytes = 4096,
	};
	struct cxio_limits ours;

	cxio_limits_default(&ours);
	ours.recv_size = 512;
	ours.recv_depth = 8;
	ours.window_msgs = 4;
	ours.window_bytes = 4096;
	cxio_session_init(&session, cxio_policy(CXIO_LOSSLESS_PEER), 1);
	cxio_channel_init(s, &session, &ours, &agreed, false, 0);
}

/* From a heap block of the frame's size, so that a sanitizer sees reads beyond it. */
static enum cxio_fault take(struct cxio_channel *s, const struct craft *c,
			    struct cxio_rx_event *ev)
{
	u8 *buf = core_block(c->len);
	enum cxio_fault fault;

	memcpy(buf, c->buf, c->len);
	fault = cxio_channel_rx(s, buf, c->len, NOW, ev);
	return fault;
}

static void take_well(struct cxio_channel *s, const struct craft *c, struct cxio_rx_event *ev)
{
	expect_fault(take(s, c, ev), CXIO_FAULT_NONE);
	cxio_channel_reposted(s, 1);
	if (ev->ends) {
		cxio_channel_delivered(s, 0, NOW);
		cxio_channel_consumed(s, 1, s->rx.total, NOW);
	}
}

/* Which good frame a row starts from, and what went before it. */
enum base {
	GRANT,
	KEEPALIVE,
	ECHO,
	CLOSE,
	WHOLE,		/* an inline message */
	FIRST,		/* the first frame of a message of three */
	SECOND,		/* its second, after the first */
	THIRD,		/* its last, after the first two */
};

static void make_base(struct cxio_channel *s, enum base base, struct craft *c)
{
	const u8 stamp[8] = { 1, 0, 0, 0, 2, 0, 0, 0 }, reason[4] = { 61, 0, 0, 0 };
	struct cxio_rx_event ev;

	victim(s);
	switch (base) {
	case GRANT:
		craft_control(c, &start, CXIO_FRAME_GRANT, NULL, 0);
		break;
	case KEEPALIVE:
		craft_control(c, &start, CXIO_FRAME_KEEPALIVE, stamp, 8);
		break;
	case ECHO:
		craft_control(c, &start, CXIO_FRAME_KEEPALIVE_ACK, stamp, 8);
		break;
	case CLOSE:
		craft_control(c, &start, CXIO_FRAME_CLOSE, reason, 4);
		break;
	case WHOLE:
		craft_inline(c, &start, 1, lens[0], lens[1], lens[2]);
		break;
	case FIRST:
		craft_begin(c, &start, 1, lens, 5);
		break;
	case SECOND:
	case THIRD:
		craft_begin(c, &start, 1, lens, 5);
		take_well(s, c, &ev);
		craft_more(c, &start, 5, 30);
		if (base == SECOND)
			break;
		take_well(s, c, &ev);
		craft_more(c, &start, 35, 25);
		craft_footer(c, lens);
		break;
	}
}

/* Offsets below zero count from the frame's end. */
#define FOOTER(off) ((off) - T_SIZE)
#define MSG(off) (F_SIZE + (off))

static const struct {
	const char *what;
	enum base base;
	int at;
	u32 size;
	u64 value;
	u32 fix;
	enum cxio_fault fault;
} mutations[] = {
	/* frame headers */
	{ "header crc", GRANT, F_CRC, 1, 0xff, FIX_NOTHING, CXIO_FAULT_FRAME_CRC },
	{ "keepalive's body under the crc", KEEPALIVE, F_SIZE, 1, 9, FIX_NOTHING,
	  CXIO_FAULT_FRAME_CRC },
	{ "close's body under the crc", CLOSE, F_SIZE, 1, 9, FIX_NOTHING, CXIO_FAULT_FRAME_CRC },
	{ "type 0", GRANT, F_TYPE, 1, 0, FIX_FRAME, CXIO_FAULT_FRAME_TYPE },
	{ "type 12", GRANT, F_TYPE, 1, 12, FIX_FRAME, CXIO_FAULT_FRAME_TYPE },
	{ "last on a grant", GRANT, F_FLAGS, 1, 1, FIX_FRAME, CXIO_FAULT_FRAME_FLAGS },
	{ "flag 8 on a message", WHOLE, F_FLAGS, 1, 9, FIX_FRAME, CXIO_FAULT_FRAME_FLAGS },
	{ "reserved", WHOLE, F_RESERVED, 2, 1, FIX_FRAME, CXIO_FAULT_FRAME_RESERVED },
	{ "body_len", WHOLE, F_BODY_LEN, 4, 1 << 20, FIX_FRAME, CXIO_FAULT_FRAME_LENGTH },
	{ "ack of the future", GRANT, F_ACK, 4, 1, FIX_FRAME, CXIO_FAULT_FRAME_ACK },
	{ "ack of the past", GRANT, F_ACK, 4, 0xffffffff, FIX_FRAME, CXIO_FAULT_FRAME_ACK },
	{ "a frame too many granted", GRANT, F_GRANT_FRAMES, 4, 9, FIX_FRAME,
	  CXIO_FAULT_GRANT_FRAMES },
	{ "a frame taken back", GRANT, F_GRANT_FRAMES, 4, 7, FIX_FRAME,
	  CXIO_FAULT_GRANT_FRAMES },
	{ "a message too many granted", GRANT, F_GRANT_MSGS, 4, 5, FIX_FRAME,
	  CXIO_FAULT_GRANT_MSGS },
	{ "a byte too many granted", GRANT, F_GRANT_BYTES, 4, 4097, FIX_FRAME,
	  CXIO_FAULT_GRANT_BYTES },
	{ "stamp at its border", KEEPALIVE, F_SIZE + 4, 4, 999999999, FIX_FRAME,
	  CXIO_FAULT_NONE },
	{ "stamp beyond", KEEPALIVE, F_SIZE + 4, 4, 1000000000, FIX_FRAME,
	  CXIO_FAULT_STAMP_NSEC },
	{ "echoed stamp beyond", ECHO, F_SIZE + 4, 4, 0xffffffff, FIX_FRAME,
	  CXIO_FAULT_STAMP_NSEC },
	{ "close reserved", CLOSE, F_SIZE + 2, 2, 0x100, FIX_FRAME, CXIO_FAULT_CLOSE_RESERVED },
	{ "close with a reason of the future", CLOSE, F_SIZE, 2, 0xffff, FIX_FRAME,
	  CXIO_FAULT_NONE },
	/* message headers */
	{ "message crc", WHOLE, MSG(M_CRC), 1, 0xff, FIX_FRAME, CXIO_FAULT_MSG_HEADER_CRC },
	{ "message tid under the crc", WHOLE, MSG(M_TID), 1, 0xff, FIX_FRAME,
	  CXIO_FAULT_MSG_HEADER_CRC },
	{ "message reserved", WHOLE, MSG(M_RESERVED), 2, 1, FIX_ALL, CXIO_FAULT_MSG_RESERVED },
	{ "front_len", WHOLE, MSG(M_FRONT_LEN), 4, (16 << 20) + 1, FIX_ALL,
	  CXIO_FAULT_MSG_FRONT_LEN },
	{ "middle_len", WHOLE, MSG(M_MIDDLE_LEN), 4, (16 << 20) + 1, FIX_ALL,
	  CXIO_FAULT_MSG_MIDDLE_LEN },
	{ "data_len", WHOLE, MSG(M_DATA_LEN), 4, (64 << 20) + 1, FIX_ALL,
	  CXIO_FAULT_MSG_DATA_LEN },
	{ "payload beyond the window", FIRST, MSG(M_DATA_LEN), 4, 4096 - 30 + 1, FIX_ALL,
	  CXIO_FAULT_MSG_WINDOW_BYTES },
	{ "payload of the whole window", FIRST, MSG(M_DATA_LEN), 4, 4096 - 30, FIX_ALL,
	  CXIO_FAULT_NONE },
	{ "seq 2 first", WHOLE, MSG(M_SEQ), 8, 2, FIX_ALL, CXIO_FAULT_MSG_SEQ_GAP },
	{ "seq far away", WHOLE, MSG(M_SEQ), 8, ~0ull, FIX_ALL, CXIO_FAULT_MSG_SEQ_GAP },
	/* where a message ends */
	{ "footer without last", WHOLE, F_FLAGS, 1, 0, FIX_ALL, CXIO_FAULT_MSG_LAST_MISSING },
	{ "third without last", THIRD, F_FLAGS, 1, 0, FIX_ALL, CXIO_FAULT_MSG_LAST_MISSING },
	{ "last on the first", FIRST, F_FLAGS, 1, 1, FIX_ALL, CXIO_FAULT_MSG_LAST_EARLY },
	{ "last on the second", SECOND, F_FLAGS, 1, 1, FIX_ALL, CXIO_FAULT_MSG_LAST_EARLY },
	{ "front a byte shorter", WHOLE, MSG(M_FRONT_LEN), 4, 9, FIX_ALL,
	  CXIO_FAULT_MSG_TRAILING },
	{ "data a byte longer", WHOLE, MSG(M_DATA_LEN), 4, 31, FIX_ALL,
	  CXIO_FAULT_MSG_TRAILING },
	{ "data as long as data and footer", WHOLE, MSG(M_DATA_LEN), 4, 30 + T_SIZE, FIX_ALL,
	  CXIO_FAULT_MSG_LAST_EARLY },
	{ "data longer than the frame", WHOLE, MSG(M_DATA_LEN), 4, 300, FIX_ALL,
	  CXIO_FAULT_MSG_LAST_EARLY },
	/* footers */
	{ "footer flag 8", WHOLE, FOOTER(T_FLAGS), 1, 9, FIX_ALL, CXIO_FAULT_FOOTER_FLAGS },
	{ "footer flag 128", THIRD, FOOTER(T_FLAGS), 1, 0x81, FIX_ALL, CXIO_FAULT_FOOTER_FLAGS },
	{ "footer incomplete", WHOLE, FOOTER(T_FLAGS), 1, 0, FIX_ALL,
	  CXIO_FAULT_FOOTER_INCOMPLETE },
	{ "footer nocrc", WHOLE, FOOTER(T_FLAGS), 1, 3, FIX_ALL, CXIO_FAULT_FOOTER_NOCRC },
	{ "footer signed", WHOLE, FOOTER(T_FLAGS), 1, 5, FIX_ALL, CXIO_FAULT_FOOTER_SIGNED },
	{ "signature without the flag", WHOLE, FOOTER(T_SIG + 7), 1, 1, FIX_ALL,
	  CXIO_FAULT_FOOTER_SIGNED },
	{ "front crc", WHOLE, FOOTER(T_FRONT_CRC), 4, 0, FIX_ALL, CXIO_FAULT_FRONT_CRC },
	{ "middle crc", WHOLE, FOOTER(T_MIDDLE_CRC), 4, 0, FIX_ALL, CXIO_FAULT_MIDDLE_CRC },
	{ "data crc", WHOLE, FOOTER(T_DATA_CRC), 4, 0, FIX_ALL, CXIO_FAULT_DATA_CRC },
	{ "chained data crc", THIRD, FOOTER(T_DATA_CRC), 4, 0, FIX_ALL, CXIO_FAULT_DATA_CRC },
	{ "byte of front", WHOLE, MSG(M_SIZE), 1, 0xff, FIX_ALL, CXIO_FAULT_FRONT_CRC },
	{ "byte of middle", WHOLE, MSG(M_SIZE) + 10, 1, 0xff, FIX_ALL, CXIO_FAULT_MIDDLE_CRC },
	{ "byte of data", WHOLE, FOOTER(-1), 1, 0xff, FIX_ALL, CXIO_FAULT_DATA_CRC },
};

CORE_TEST(each_check)
{
	struct cxio_rx_event ev;
	static struct cxio_channel s;
	static struct craft c;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(mutations); i++) {
		u32 at;

		core_row(i, mutations[i].what);
		/* the frame is good but for what is changed */
		make_base(&s, mutations[i].base, &c);
		expect_fault(take(&s, &c, &ev), CXIO_FAULT_NONE);

		make_base(&s, mutations[i].base, &c);
		at = mutations[i].at < 0 ? c.len - (u32)-mutations[i].at : (u32)mutations[i].at;
		put_le(c.buf + at, mutations[i].size, mutations[i].value);
		craft_fix(&c, mutations[i].fix & ~(u32)(at == F_BODY_LEN ? FIX_LEN : 0));
		expect_fault(take(&s, &c, &ev), mutations[i].fault);
	}
}

CORE_TEST(invalidated_keys)
{
	struct cxio_rx_event ev = { .kind = CXIO_RX_DONE, .rkey = 7 };

	expect_fault(cxio_rx_invalidated(&ev, 7), CXIO_FAULT_NONE);
	expect_fault(cxio_rx_invalidated(&ev, 8), CXIO_FAULT_DONE_SEQ);
	expect_fault(cxio_rx_invalidated(&ev, 0), CXIO_FAULT_DONE_SEQ);
	ev.rkey = 0;
	expect_fault(cxio_rx_invalidated(&ev, 0), CXIO_FAULT_NONE);
	expect_fault(cxio_rx_invalidated(&ev, 8), CXIO_FAULT_DONE_SEQ);
	/* What is no DONE sets no key. */
	ev = (struct cxio_rx_event){ .kind = CXIO_RX_NOTHING, .rkey = 7 };
	expect_fault(cxio_rx_invalidated(&ev, 7), CXIO_FAULT_DONE_SEQ);
	expect_fault(cxio_rx_invalidated(&ev, 0), CXIO_FAULT_NONE);
}

CORE_TEST(crc_failures_are_counted)
{
	u32 i, counted = 0;

	for (i = 0; i < ARRAY_SIZE(mutations); i++) {
		const char *text = cxio_fault_text(mutations[i].fault);
		struct cxio_rx_event ev;
		static struct cxio_channel s;
		static struct craft c;
		u32 at;

		make_base(&s, mutations[i].base, &c);
		at = mutations[i].at < 0 ? c.len - (u32)-mutations[i].at : (u32)mutations[i].at;
		put_le(c.buf + at, mutations[i].size, mutations[i].value);
		craft_fix(&c, mutations[i].fix);
		take(&s, &c, &ev);
		expect_eq(s.stats.crc_failures, !!strstr(text, "crc mismatch"));
		counted += s.stats.crc_failures > 0;
	}
	expect(counted >= 8);
}

/* Every frame cut anywhere, its length field as it was or made to agree. */
CORE_TEST(cut_anywhere)
{
	struct cxio_rx_event ev;
	static struct cxio_channel s;
	static struct craft c;
	u32 base, len;

	for (base = GRANT; base <= THIRD; base++) {
		make_base(&s, base, &c);
		for (len = c.len; len--; ) {
			bool message = c.buf[F_TYPE] == CXIO_FRAME_MESSAGE;
			bool more = c.buf[F_TYPE] == CXIO_FRAME_MORE;
			enum cxio_fault fault;

			make_base(&s, base, &c);
			c.len = len;
			fault = take(&s, &c, &ev);
			expect_fault(fault, len < F_SIZE ? CXIO_FAULT_FRAME_SHORT :
				     message || more ? CXIO_FAULT_FRAME_LENGTH :
				     CXIO_FAULT_FRAME_CRC);
			if (len < F_SIZE)
				continue;

			make_base(&s, base, &c);
			c.len = len;
			craft_fix(&c, FIX_FRAME | FIX_LEN);
			fault = take(&s, &c, &ev);
			if (message && len < MSG(M_SIZE))
				expect_fault(fault, CXIO_FAULT_MSG_SHORT);
			else if (!message && !more)
				expect_fault(fault, CXIO_FAULT_FRAME_BODY);
			else if (base == FIRST || (base == SECOND && len > F_SIZE))
				/* less payload in this frame is no fault: more may follow */
				expect_fault(fault, CXIO_FAULT_NONE);
			else if (more && len == F_SIZE)
				expect_fault(fault, CXIO_FAULT_MORE_EMPTY);
			else
				expect(fault == CXIO_FAULT_MSG_LAST_EARLY ||
				       fault == CXIO_FAULT_MSG_TRAILING);
		}
	}
}

CORE_TEST(credits)
{
	const u8 stamp[8] = { 0 };
	struct cxio_rx_event ev;
	static struct cxio_channel s;
	static struct craft c;
	u32 i;

	/* eight buffers, none posted again: seven frames of any kind, then a grant */
	victim(&s);
	craft_control(&c, &start, CXIO_FRAME_KEEPALIVE, stamp, 8);
	for (i = 0; i < 7; i++)
		expect_fault(take(&s, &c, &ev), CXIO_FAULT_NONE);
	expect_fault(take(&s, &c, &ev), CXIO_FAULT_FRAME_LAST_CREDIT);

	victim(&s);
	craft_control(&c, &start, CXIO_FRAME_GRANT, NULL, 0);
	for (i = 0; i < 8; i++)
		expect_fault(take(&s, &c, &ev), CXIO_FAULT_NONE);
	expect_fault(take(&s, &c, &ev), CXIO_FAULT_FRAME_CREDIT);

	/* posted again, but the peer was not told: it cannot know, so it must not */
	victim(&s);
	for (i = 0; i < 8; i++)
		take_well(&s, &c, &ev);
	expect_fault(take(&s, &c, &ev), CXIO_FAULT_FRAME_CREDIT);
}

CORE_TEST(after_close)
{
	struct cxio_rx_event ev;
	static struct cxio_channel s;
	static struct craft c;
	u32 base;

	for (base = GRANT; base <= FIRST; base++) {
		make_base(&s, CLOSE, &c);
		take_well(&s, &c, &ev);
		expect_eq(ev.kind, CXIO_RX_CLOSE);
		expect_eq(s.peer_reason, 61);
		{
			static struct cxio_channel other;

			make_base(&other, base, &c);
		}
		/* grants are still taken: our own CLOSE may need one */
		expect_fault(take(&s, &c, &ev), base == GRANT ? CXIO_FAULT_NONE :
			     CXIO_FAULT_FRAME_AFTER_CLOSE);
	}
}

CORE_TEST(order_of_a_message)
{
	const u32 none[3] = { 0, 0, 0 };
	struct cxio_rx_event ev;
	static struct cxio_channel s;
	static struct craft c;

	/* a message inside a message */
	make_base(&s, FIRST, &c);
	take_well(&s, &c, &ev);
	craft_inline(&c, &start, 2, 1, 1, 1);
	expect_fault(take(&s, &c, &ev), CXIO_FAULT_MSG_OPEN);

	/* a continuation of nothing: at the start, and after a message's end */
	victim(&s);
	craft_more(&c, &start, 0, 10);
	expect_fault(take(&s, &c, &ev), CXIO_FAULT_MORE_WITHOUT);
	make_base(&s, THIRD, &c);
	take_well(&s, &c, &ev);
	expect(ev.ends);
	expect_fault(take(&s, &c, &ev), CXIO_FAULT_MORE_WITHOUT);

	/* a continuation of no bytes */
	make_base(&s, FIRST, &c);
	take_well(&s, &c, &ev);
	craft_more(&c, &start, 5, 0);
	expect_fault(take(&s, &c, &ev), CXIO_FAULT_MORE_EMPTY);

	/* all payload, last flag, and no footer */
	victim(&s);
	craft_begin(&c, &start, 1, lens, 60);
	c.buf[F_FLAGS] = CXIO_FRAME_LAST;
	craft_fix(&c, FIX_FRAME);
	expect_fault(take(&s, &c, &ev), CXIO_FAULT_MSG_LAST_EARLY);
	victim(&s);
	craft_begin(&c, &start, 1, none, 0);
	c.buf[F_FLAGS] = CXIO_FRAME_LAST;
	craft_fix(&c, FIX_FRAME);
	expect_fault(take(&s, &c, &ev), CXIO_FAULT_MSG_LAST_EARLY);

	/* all payload, then the footer alone: allowed; cut or too long: not */
	victim(&s);
	craft_begin(&c, &start, 1, lens, 60);
	take_well(&s, &c, &ev);
	expect(!ev.ends);
	craft_more(&c, &start, 60, 0);
	craft_footer(&c, lens);
	take_well(&s, &c, &ev);
	expect(ev.ends);
	victim(&s);
	craft_begin(&c, &start, 1, lens, 60);
	take_well(&s, &c, &ev);
	craft_more(&c, &start, 60, 0);
	craft_footer(&c, lens);
	c.len--;
	craft_fix(&c, FIX_ALL);
	expect_fault(take(&s, &c, &ev), CXIO_FAULT_MSG_TRAILING);
	victim(&s);
	craft_begin(&c, &start, 1, lens, 60);
	take_well(&s, &c, &ev);
	craft_more(&c, &start, 60, 1);
	craft_footer(&c, lens);
	expect_fault(take(&s, &c, &ev), CXIO_FAULT_MSG_TRAILING);
}

CORE_TEST(message_window)
{
	struct craft_grants g = start;
	struct cxio_rx_event ev;
	static struct cxio_channel s;
	static struct craft c;
	u32 i;

	/* four messages that nobody consumes, and a fifth */
	victim(&s);
	for (i = 1; i <= 4; i++) {
		craft_inline(&c, &g, i, 0, 0, 1);
		expect_fault(take(&s, &c, &ev), CXIO_FAULT_NONE);
		expect(ev.ends);
		cxio_channel_reposted(&s, 1);
	}
	craft_inline(&c, &g, 5, 0, 0, 1);
	expect_fault(take(&s, &c, &ev), CXIO_FAULT_MSG_WINDOW_MSGS);

	/* consumed, and not told: the peer cannot know */
	victim(&s);
	for (i = 1; i <= 4; i++) {
		craft_inline(&c, &g, i, 0, 0, 1);
		take_well(&s, &c, &ev);
	}
	craft_inline(&c, &g, 5, 0, 0, 1);
	expect_fault(take(&s, &c, &ev), CXIO_FAULT_MSG_WINDOW_MSGS);

	/* two messages that fit one by one and not together */
	victim(&s);
	craft_inline(&c, &g, 1, 1000, 1000, 1000);
	expect_fault(take(&s, &c, &ev), CXIO_FAULT_NONE);
	craft_inline(&c, &g, 2, 0, 0, 1096);
	expect_fault(take(&s, &c, &ev), CXIO_FAULT_NONE);
	craft_inline(&c, &g, 3, 0, 0, 1);
	expect_fault(take(&s, &c, &ev), CXIO_FAULT_MSG_WINDOW_BYTES);
}

CORE_TEST(gap_and_duplicates)
{
	struct cxio_rx_event ev;
	static struct cxio_channel s;
	static struct craft c;
	u64 base;
	u32 i;

	for (base = 0; base < 2ull << 32; base += 1ull << 32) {
		victim(&s);
		session.in_seq = base;
		session.rx_seq = base;
		craft_inline(&c, &start, base + 1, 3, 4, 5);
		take_well(&s, &c, &ev);
		expect(ev.begins && ev.ends && ev.kind == CXIO_RX_MESSAGE);
		/* once more, and once more: dropped, and their window given back */
		for (i = 1; i <= 2; i++) {
			expect_fault(take(&s, &c, &ev), CXIO_FAULT_NONE);
			cxio_channel_reposted(&s, 1);
			expect(!ev.begins);
			expect(!ev.ends);
			expect_eq(ev.pieces.count, 0);
			expect_eq(ev.kind, CXIO_RX_NOTHING);
			expect_eq(s.stats.duplicates, i);
			expect(session.in_seq == base + 1);
			expect_eq(cxio_recv_window_owed(&s.credit.rx_msgs), i + 1);
			expect_eq(cxio_recv_window_owed(&s.credit.rx_bytes), 12 * (i + 1));
		}
		expect_eq(s.stats.msgs_received, 1);
		craft_inline(&c, &start, base + 3, 3, 4, 5);
		expect_fault(take(&s, &c, &ev), CXIO_FAULT_MSG_SEQ_GAP);
	}
}

/* A duplicate of several frames: none of them is for the owner, its CRCs still count. */
CORE_TEST(chained_duplicate)
{
	struct cxio_rx_event ev;
	static struct cxio_channel s;
	static struct craft c;
	u32 wrong;

	for (wrong = 0; wrong < 2; wrong++) {
		victim(&s);
		session.in_seq = 7;
		session.rx_seq = 7;
		craft_begin(&c, &start, 7, lens, 5);
		take_well(&s, &c, &ev);
		expect(!(ev.begins || ev.ends || ev.pieces.count));
		craft_more(&c, &start, 5, 55);
		craft_footer(&c, lens);
		if (wrong)
			c.buf[F_SIZE] ^= 1;
		expect_fault(take(&s, &c, &ev), wrong ? CXIO_FAULT_FRONT_CRC : CXIO_FAULT_NONE);
		expect(!(ev.begins || ev.ends || ev.pieces.count));
		expect_eq(s.stats.duplicates, !wrong);
	}
}

/* With the feature agreed, the data's CRC may be left out, and only that. */
CORE_TEST(data_without_crc)
{
	static const struct {
		int at;
		enum cxio_fault fault;
	} rows[] = {
		{ FOOTER(T_DATA_CRC), CXIO_FAULT_NONE },
		{ FOOTER(T_MIDDLE_CRC), CXIO_FAULT_MIDDLE_CRC },
		{ FOOTER(T_FRONT_CRC), CXIO_FAULT_FRONT_CRC },
	};
	struct cxio_rx_event ev;
	static struct cxio_channel s;
	static struct craft c;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		make_base(&s, WHOLE, &c);
		s.agreed.features = CXIO_FEATURE_NO_DATA_CRC;
		c.buf[c.len - 1] = CXIO_FOOTER_COMPLETE | CXIO_FOOTER_NOCRC;
		put_le(c.buf + c.len - (u32)-rows[i].at, 4, 0);
		expect_fault(take(&s, &c, &ev), rows[i].fault);
	}
}

/* Acks: only of messages that were wholly sent, never backwards, across 2^32. */
CORE_TEST(acks)
{
	static const u64 bases[] = { 0, 0xfffffffe, 0xffffffff, 0x100000000 };
	struct craft_grants g = start;
	struct cxio_rx_event ev;
	static struct cxio_channel s;
	static struct craft c;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		victim(&s);
		session.acked = bases[i];
		session.sent_seq = bases[i] + 3;
		session.out_seq = bases[i] + 4;
		g.ack = (u32)bases[i] + 2;
		craft_control(&c, &g, CXIO_FRAME_GRANT, NULL, 0);
		take_well(&s, &c, &ev);
		expect(ev.acked);
		expect(session.acked == bases[i] + 2);
		take_well(&s, &c, &ev);
		expect(!ev.acked);
		g.ack = (u32)bases[i] + 4;
		craft_control(&c, &g, CXIO_FRAME_GRANT, NULL, 0);
		expect_fault(take(&s, &c, &ev), CXIO_FAULT_FRAME_ACK);
		g.ack = (u32)bases[i] + 1;
		craft_control(&c, &g, CXIO_FRAME_GRANT, NULL, 0);
		expect_fault(take(&s, &c, &ev), CXIO_FAULT_FRAME_ACK);
		expect(session.acked == bases[i] + 2);
	}
}

CORE_TEST(all_provoked)
{
	expect_door_complete(DOOR_FRAME);
}

static struct core_case cases[] = {
	CORE_CASE(each_check),
	CORE_CASE(invalidated_keys),
	CORE_CASE(crc_failures_are_counted),
	CORE_CASE(cut_anywhere),
	CORE_CASE(credits),
	CORE_CASE(after_close),
	CORE_CASE(order_of_a_message),
	CORE_CASE(message_window),
	CORE_CASE(gap_and_duplicates),
	CORE_CASE(chained_duplicate),
	CORE_CASE(data_without_crc),
	CORE_CASE(acks),
	CORE_CASE(all_provoked),
	{}
};

CORE_SUITE(channel_faults, cases);
