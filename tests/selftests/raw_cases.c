// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The table of cases, and how one is played.
 */
#include <errno.h>
#include <stdio.h>

#include "raw_cases.h"

/* Offsets: of a hello, of a frame, of the message header and footer in a frame. */
#define HELLO(m)	offsetof(struct cxio_wire_hello, m)
#define REFUSAL(m)	offsetof(struct cxio_wire_refusal, m)
#define FRAME(m)	offsetof(struct cxio_wire_frame, m)
#define BODY(s, m)	(sizeof(struct cxio_wire_frame) + offsetof(struct cxio_wire_##s, m))
#define MSG(m)		BODY(msg_header, m)
#define PAYLOAD		(sizeof(struct cxio_wire_frame) + sizeof(struct cxio_wire_msg_header))
#define FOOTER(m)	(PAYLOAD + RAW_PAYLOAD + offsetof(struct cxio_wire_msg_footer, m))

#define SET(o, n, v)	{ .at = (o), .size = (n), .value = (v) }
#define ADD(o, n, v)	{ .at = (o), .size = (n), .value = (v), .add = true }

#define HELLO_CASE(n, f, ...)						\
	{ .name = "hello-" n, .as = AS_BOTH, .fault = CXIO_FAULT_HELLO_##f, .base = BASE_HELLO, \
	  __VA_ARGS__ }
#define FRAME_CASE(n, f, b, ...)					\
	{ .name = n, .as = AS_BOTH, .fault = CXIO_FAULT_##f, .base = BASE_##b, __VA_ARGS__ }
#define SPECIAL(n, ...)							\
	{ .name = n, .as = AS_CLIENT, .base = BASE_NONE, __VA_ARGS__ }
#define REFUSED(n, ...)							\
	{ .name = "refused-" n, .as = AS_SERVER, .base = BASE_REFUSAL, __VA_ARGS__ }

/*
 * InfiniBand and RoCE pad private data with zeros, iWARP hands over its length: a
 * short hello is seen as one with zeros, and not as short, by the former.
 */
const struct raw_case raw_cases[] = {
	HELLO_CASE("none", MAGIC, .fault_iwarp = CXIO_FAULT_HELLO_SHORT, .empty = true),
	HELLO_CASE("short-magic", MAGIC, .fault_iwarp = CXIO_FAULT_HELLO_SHORT, .resize = 3),
	HELLO_CASE("short-prefix", LAYOUT, .fault_iwarp = CXIO_FAULT_HELLO_SHORT, .resize = 8),
	HELLO_CASE("short", RECV_SIZE, .fault_iwarp = CXIO_FAULT_HELLO_SHORT, .resize = 12),
	HELLO_CASE("short-by-one", WINDOW_BYTES, .fault_iwarp = CXIO_FAULT_HELLO_SHORT,
		   .resize = 43, .patch = { SET(HELLO(window_bytes), 4, 0x41000000) }),
	HELLO_CASE("magic", MAGIC, .patch = { ADD(HELLO(magic), 4, 1) }),
	HELLO_CASE("length-less", LENGTH, .patch = { ADD(HELLO(length), 1, 255) }),
	HELLO_CASE("length-more", LENGTH, .patch = { ADD(HELLO(length), 1, 1) }),
	HELLO_CASE("version-new", VERSION, .patch = {
		   SET(HELLO(version_min), 1, CXIO_WIRE_VERSION_MAX + 1),
		   SET(HELLO(version_max), 1, CXIO_WIRE_VERSION_MAX + 3) }),
	HELLO_CASE("version-crossed", VERSION, .patch = {
		   SET(HELLO(version_min), 1, CXIO_WIRE_VERSION_MAX + 1),
		   SET(HELLO(version_max), 1, CXIO_WIRE_VERSION_MAX) }),
	HELLO_CASE("layout", LAYOUT, .patch = { ADD(HELLO(layout), 4, 1) }),
	HELLO_CASE("reserved0", RESERVED, .patch = { SET(HELLO(reserved0), 1, 1) }),
	HELLO_CASE("reserved1", RESERVED, .patch = { SET(HELLO(reserved1), 1, 0x80) }),
	HELLO_CASE("feature", FEATURES, .patch = { SET(HELLO(supported), 8, 1ull << 63),
						   SET(HELLO(required), 8, 1ull << 63) }),
	HELLO_CASE("recv-size-min", RECV_SIZE,
		   .patch = { SET(HELLO(recv_size), 4, CXIO_RECV_SIZE_MIN - 1) }),
	HELLO_CASE("recv-size-max", RECV_SIZE,
		   .patch = { SET(HELLO(recv_size), 4, CXIO_RECV_SIZE_MAX + 1) }),
	HELLO_CASE("recv-depth-min", RECV_DEPTH,
		   .patch = { SET(HELLO(recv_depth), 2, CXIO_RECV_DEPTH_MIN - 1) }),
	HELLO_CASE("recv-depth-max", RECV_DEPTH,
		   .patch = { SET(HELLO(recv_depth), 2, CXIO_RECV_DEPTH_MAX + 1) }),
	HELLO_CASE("read-depth", READ_DEPTH, .patch = { SET(HELLO(read_depth), 1, 0) }),
	HELLO_CASE("window-msgs-min", WINDOW_MSGS, .patch = { SET(HELLO(window_msgs), 4, 0) }),
	HELLO_CASE("window-msgs-max", WINDOW_MSGS,
		   .patch = { SET(HELLO(window_msgs), 4, CXIO_WINDOW_MSGS_MAX + 1) }),
	HELLO_CASE("window-bytes-min", WINDOW_BYTES,
		   .patch = { SET(HELLO(window_bytes), 4, CXIO_WINDOW_BYTES_MIN - 1) }),
	HELLO_CASE("window-bytes-max", WINDOW_BYTES,
		   .patch = { SET(HELLO(window_bytes), 4, CXIO_WINDOW_BYTES_MAX + 1) }),

	FRAME_CASE("frame-empty", FRAME_SHORT, GRANT, .empty = true),
	FRAME_CASE("frame-short", FRAME_SHORT, GRANT, .cut = 1),
	FRAME_CASE("frame-crc", FRAME_CRC, MESSAGE, .patch = { ADD(FRAME(crc), 4, 1) }),
	FRAME_CASE("frame-crc-body", FRAME_CRC, KEEPALIVE, .patch = { ADD(BODY(stamp, sec), 4, 1) }),
	FRAME_CASE("frame-type-none", FRAME_TYPE, GRANT, .patch = { SET(FRAME(type), 1, 0) },
		   .fix = FIX_FRAME),
	FRAME_CASE("frame-type", FRAME_TYPE, MESSAGE,
		   .patch = { SET(FRAME(type), 1, CXIO_FRAME_TYPE_END) }, .fix = FIX_FRAME),
	FRAME_CASE("frame-flags", FRAME_FLAGS, MESSAGE, .patch = { ADD(FRAME(flags), 1, 0x80) },
		   .fix = FIX_FRAME),
	FRAME_CASE("frame-flags-control", FRAME_FLAGS, GRANT,
		   .patch = { SET(FRAME(flags), 1, CXIO_FRAME_LAST) }, .fix = FIX_FRAME),
	FRAME_CASE("frame-reserved", FRAME_RESERVED, GRANT,
		   .patch = { SET(FRAME(reserved), 2, 0x100) }, .fix = FIX_FRAME),
	FRAME_CASE("frame-length-more", FRAME_LENGTH, MESSAGE,
		   .patch = { ADD(FRAME(body_len), 4, 1) }, .fix = FIX_FRAME),
	FRAME_CASE("frame-length-huge", FRAME_LENGTH, MESSAGE,
		   .patch = { SET(FRAME(body_len), 4, 0xffffffff) }, .fix = FIX_FRAME),
	FRAME_CASE("frame-length-cut", FRAME_LENGTH, MESSAGE, .cut = 1),
	FRAME_CASE("frame-ack", FRAME_ACK, GRANT, .patch = { ADD(FRAME(ack), 4, 100000) },
		   .fix = FIX_FRAME),
	FRAME_CASE("grant-frames", GRANT_FRAMES, GRANT,
		   .patch = { ADD(FRAME(grant_frames), 4, 1000) }, .fix = FIX_FRAME),
	FRAME_CASE("grant-frames-back", GRANT_FRAMES, GRANT,
		   .patch = { ADD(FRAME(grant_frames), 4, 0xffffff00) }, .fix = FIX_FRAME),
	FRAME_CASE("grant-msgs", GRANT_MSGS, GRANT, .patch = { ADD(FRAME(grant_msgs), 4, 1000) },
		   .fix = FIX_FRAME),
	FRAME_CASE("grant-bytes", GRANT_BYTES, GRANT,
		   .patch = { ADD(FRAME(grant_bytes), 4, 1u << 30) }, .fix = FIX_FRAME),
	FRAME_CASE("body-grant", FRAME_BODY, GRANT, .cut = -4, .fix = FIX_LEN),
	FRAME_CASE("body-keepalive", FRAME_BODY, KEEPALIVE, .cut = 4, .fix = FIX_LEN),
	FRAME_CASE("body-close", FRAME_BODY, CLOSE, .cut = -4, .fix = FIX_LEN),
	FRAME_CASE("stamp-nsec", STAMP_NSEC, KEEPALIVE,
		   .patch = { SET(BODY(stamp, nsec), 4, 1000000000) }, .fix = FIX_FRAME),
	FRAME_CASE("close-reserved", CLOSE_RESERVED, CLOSE,
		   .patch = { SET(BODY(close, reserved), 2, 1) }, .fix = FIX_FRAME),

	FRAME_CASE("msg-open", MSG_OPEN, MESSAGE, .begin = true),
	FRAME_CASE("more-without", MORE_WITHOUT, MORE),
	FRAME_CASE("more-empty", MORE_EMPTY, MORE, .begin = true, .cut = 5, .fix = FIX_LEN),
	FRAME_CASE("msg-short", MSG_SHORT, MESSAGE, .resize = CXIO_FRAME_HEADER + 52, .fix = FIX_LEN),
	FRAME_CASE("msg-header-crc", MSG_HEADER_CRC, MESSAGE, .patch = { ADD(MSG(tid), 8, 1) }),
	FRAME_CASE("msg-reserved", MSG_RESERVED, MESSAGE, .patch = { SET(MSG(reserved), 2, 1) },
		   .fix = FIX_MSG),
	FRAME_CASE("msg-front-len", MSG_FRONT_LEN, MESSAGE,
		   .patch = { SET(MSG(front_len), 4, CXIO_FRONT_MAX + 1) }, .fix = FIX_MSG),
	FRAME_CASE("msg-middle-len", MSG_MIDDLE_LEN, MESSAGE,
		   .patch = { SET(MSG(middle_len), 4, CXIO_MIDDLE_MAX + 1) }, .fix = FIX_MSG),
	FRAME_CASE("msg-data-len", MSG_DATA_LEN, MESSAGE,
		   .patch = { SET(MSG(data_len), 4, 0xffffffff) }, .fix = FIX_MSG),
	FRAME_CASE("msg-seq-gap", MSG_SEQ_GAP, MESSAGE, .patch = { ADD(MSG(seq), 8, 1) },
		   .fix = FIX_MSG),
	FRAME_CASE("msg-window-bytes", MSG_WINDOW_BYTES, MESSAGE,
		   .patch = { SET(MSG(data_len), 4, CXIO_DEFAULT_WINDOW_BYTES) }, .fix = FIX_MSG),
	FRAME_CASE("msg-trailing", MSG_TRAILING, MESSAGE, .cut = 1, .fix = FIX_LEN),
	FRAME_CASE("msg-trailing-more", MSG_TRAILING, MESSAGE, .cut = -1, .fix = FIX_LEN),
	FRAME_CASE("msg-last-early", MSG_LAST_EARLY, BEGIN,
		   .patch = { SET(FRAME(flags), 1, CXIO_FRAME_LAST) }, .fix = FIX_FRAME),
	FRAME_CASE("msg-last-no-footer", MSG_LAST_EARLY, MESSAGE, .cut = CXIO_MSG_FOOTER,
		   .fix = FIX_LEN),
	FRAME_CASE("msg-last-missing", MSG_LAST_MISSING, MESSAGE,
		   .patch = { SET(FRAME(flags), 1, 0) }, .fix = FIX_FRAME),
	FRAME_CASE("footer-flags", FOOTER_FLAGS, MESSAGE, .patch = { SET(FOOTER(flags), 1, 0x81) }),
	FRAME_CASE("footer-incomplete", FOOTER_INCOMPLETE, MESSAGE,
		   .patch = { SET(FOOTER(flags), 1, 0) }),
	FRAME_CASE("footer-nocrc", FOOTER_NOCRC, MESSAGE,
		   .patch = { SET(FOOTER(flags), 1, CXIO_FOOTER_COMPLETE | CXIO_FOOTER_NOCRC) }),
	FRAME_CASE("footer-signed", FOOTER_SIGNED, MESSAGE,
		   .patch = { SET(FOOTER(flags), 1, CXIO_FOOTER_COMPLETE | CXIO_FOOTER_SIGNED) }),
	FRAME_CASE("front-crc", FRONT_CRC, MESSAGE, .patch = { ADD(PAYLOAD, 1, 1) }),
	FRAME_CASE("middle-crc", MIDDLE_CRC, MESSAGE, .patch = { ADD(PAYLOAD + RAW_FRONT, 1, 1) }),
	FRAME_CASE("data-crc", DATA_CRC, MESSAGE,
		   .patch = { ADD(PAYLOAD + RAW_FRONT + RAW_MIDDLE + 50, 1, 1) }),
	FRAME_CASE("data-crc-footer", DATA_CRC, MESSAGE, .patch = { ADD(FOOTER(data_crc), 4, 1) }),

	SPECIAL("last-credit", .run = special_last_credit, .fault = CXIO_FAULT_FRAME_LAST_CREDIT),
	SPECIAL("no-credit", .run = special_no_credit, .fault = CXIO_FAULT_FRAME_CREDIT),
	SPECIAL("window-msgs", .run = special_window, .fault = CXIO_FAULT_MSG_WINDOW_MSGS),
	SPECIAL("after-close", .run = special_after_close),
	SPECIAL("too-long", .run = special_too_long),
	SPECIAL("duplicate", .run = special_duplicate),
	SPECIAL("keepalive", .run = special_keepalive),
	SPECIAL("chain", .run = special_chain),
	SPECIAL("silence", .run = special_silence),
	SPECIAL("vanish", .run = special_vanish),
	SPECIAL("killed", .run = special_killed),
	SPECIAL("good", .run = special_good),
	SPECIAL("random", .run = special_random),

	REFUSED("layout", .fault = CXIO_FAULT_HELLO_LAYOUT,
		.patch = { SET(REFUSAL(reason), 2, CXIO_FAULT_HELLO_LAYOUT) }),
	REFUSED("version", .fault = CXIO_FAULT_HELLO_VERSION,
		.patch = { SET(REFUSAL(reason), 2, CXIO_FAULT_HELLO_VERSION) }),
	REFUSED("too-many", .fault = CXIO_FAULT_TOO_MANY,
		.patch = { SET(REFUSAL(reason), 2, CXIO_FAULT_TOO_MANY) }),
	REFUSED("unknown", .victim = "unknown reason",
		.patch = { SET(REFUSAL(reason), 2, 9999) }),
	REFUSED("magic", .victim = "connection refused", .patch = { ADD(REFUSAL(magic), 4, 1) }),
	REFUSED("silent", .victim = "connection refused", .empty = true),
	{ .name = "server-vanishes", .as = AS_SERVER, .base = BASE_NONE,
	  .run = special_server_vanish, .victim = "peer went away without a word" },
	{ .name = "server-silent", .as = AS_SERVER, .base = BASE_NONE,
	  .run = special_server_silent, .victim = "the server does not answer" },
};

const u32 raw_case_count = ARRAY_SIZE(raw_cases);

/**
 * case_fault() - what the other side must say of a case
 * @c: the case
 * @iwarp: on iWARP
 *
 * Return: enum cxio_fault.
 */
u16 case_fault(const struct raw_case *c, bool iwarp)
{
	return iwarp && c->fault_iwarp ? c->fault_iwarp : c->fault;
}

/**
 * case_victim() - words of the other program's error
 * @c: the case, as server
 * @iwarp: on iWARP
 *
 * Return: words.
 */
const char *case_victim(const struct raw_case *c, bool iwarp)
{
	return c->victim ? c->victim : cxio_fault_text(case_fault(c, iwarp));
}

/* --- breaking --- */

static void apply(const struct patch *p, u8 *buf)
{
	u64 value = p->value, old = 0;
	u32 i;

	for (i = p->size; i-- > 0;)
		old = old << 8 | buf[p->at + i];
	if (p->add)
		value += old;
	for (i = 0; i < p->size; i++)
		buf[p->at + i] = (u8)(value >> 8 * i);
}

/* Patch and resize. Return: bytes left. */
static u32 spoil(const struct raw_case *c, u8 *buf, u32 len)
{
	u32 i;

	for (i = 0; i < MAX_PATCHES; i++)
		apply(&c->patch[i], buf);
	if (c->empty)
		return 0;
	if (c->resize)
		return c->resize;
	if (c->cut < 0)
		memset(buf + len, 0, (size_t)-c->cut);
	return (u32)((int)len - c->cut);
}

static void bad_frame(const struct raw_case *c, struct peer *p, struct frame *f)
{
	switch (c->base) {
	case BASE_KEEPALIVE:
		frame_control(p, f, CXIO_FRAME_KEEPALIVE);
		break;
	case BASE_CLOSE:
		frame_control(p, f, CXIO_FRAME_CLOSE);
		break;
	case BASE_MESSAGE:
		frame_message(p, f, c->begin ? 2 : 1);
		break;
	case BASE_BEGIN:
		frame_begin(p, f, 1);
		break;
	case BASE_MORE:
		frame_more(p, f);
		break;
	default:
		frame_control(p, f, CXIO_FRAME_GRANT);
	}
	f->len = spoil(c, f->buf, f->len);
	if (c->fix)
		frame_fix(f, c->fix & FIX_MSG, c->fix & FIX_LEN);
}

/* --- judging --- */

/**
 * case_refused() - demand a refusal with a fault's number
 * @p: a peer that was not let in
 * @fault: the fault
 *
 * Return: true if it is so.
 */
bool case_refused(struct peer *p, u16 fault)
{
	struct cxio_refusal refusal;

	if (p->raw.established)
		return peer_fail(p, "not refused");
	if (!p->raw.refused)
		return peer_fail(p, "neither accepted nor refused");
	if (!cxio_refusal_decode(p->raw.data, p->raw.data_len, &refusal))
		return peer_fail(p, "refused without a reason in the private data");
	if (refusal.reason != fault)
		return peer_fail(p, "refused with %u (%s) instead of %u", refusal.reason,
				 cxio_fault_text(refusal.reason), fault);
	return true;
}

/**
 * case_closed() - demand the end, told by a CLOSE with a fault's number
 * @p: a peer that broke a rule
 * @fault: the fault
 * @silent: the other side has no credit to say so: the end suffices
 *
 * Return: true if it is so.
 */
bool case_closed(struct peer *p, u16 fault, bool silent)
{
	switch (peer_hear(p, CXIO_FRAME_CLOSE)) {
	case HEARD_CLOSE:
		if (peer_reason(p) != fault)
			return peer_fail(p, "closed with %u (%s) instead of %u", peer_reason(p),
					 cxio_fault_text(peer_reason(p)), fault);
		return peer_end(p);
	case HEARD_END:
		return silent || peer_fail(p, "ended without a CLOSE");
	case HEARD_NONSENSE:
		return false;
	default:
		return peer_fail(p, "neither a CLOSE nor an end");
	}
}

/* --- playing --- */

static bool send_bad(const struct raw_case *c, struct peer *p)
{
	struct frame f;

	if (c->begin) {
		frame_begin(p, &f, 1);
		if (!peer_send(p, &f))
			return false;
	}
	bad_frame(c, p, &f);
	return peer_send(p, &f) && case_closed(p, c->fault, c->silent);
}

static bool bad_hello(const struct raw_case *c, struct peer *p, const struct target *t)
{
	u8 data[256];
	u32 len = spoil(c, data, peer_hello(p, false, data));

	raw_connect(&p->raw, (const struct sockaddr *)&t->addr, data, len, t->limit_ms);
	return case_refused(p, case_fault(c, p->raw.iwarp));
}

static bool play_client(const struct raw_case *c, struct peer *p, const struct target *t)
{
	if (c->base == BASE_HELLO)
		return bad_hello(c, p, t);
	if (c->run)
		return c->run(p, t);
	return peer_connect(p, (const struct sockaddr *)&t->addr) && send_bad(c, p);
}

/* Tell what went wrong, end what is left. */
static bool finish(struct peer *p, bool ok, char *error, size_t size)
{
	if (!ok)
		snprintf(error, size, "%s", p->error[0] ? p->error : "failed");
	peer_drop(p);
	return ok;
}

/**
 * case_good() - a connection that keeps all rules, with an echo
 * @t: where
 * @error: filled on failure
 * @size: bytes of it
 *
 * Return: false if it is not served as it should be.
 */
bool case_good(const struct target *t, char *error, size_t size)
{
	struct peer p;

	peer_init(&p, t->limit_ms);
	return finish(&p, peer_connect(&p, (const struct sockaddr *)&t->addr) &&
			  peer_echo(&p, 1) && peer_close(&p), error, size);
}

/**
 * case_as_client() - play a case, then see whether a good peer is served
 * @c: the case
 * @t: where
 * @error: filled on failure
 * @size: bytes of it
 *
 * Return: false on failure.
 */
bool case_as_client(const struct raw_case *c, const struct target *t, char *error, size_t size)
{
	char later[200];
	struct peer p;

	peer_init(&p, t->limit_ms);
	if (!finish(&p, play_client(c, &p, t), error, size))
		return false;
	if (case_good(t, later, sizeof(later)))
		return true;
	snprintf(error, size, "a good peer, afterwards: %s", later);
	return false;
}

static bool refuse(const struct raw_case *c, struct peer *p)
{
	u8 data[64];
	u32 len = cxio_refusal_encode(0, (void *)data);

	raw_reject(&p->raw, data, spoil(c, data, len));
	return !p->raw.error[0] || peer_fail(p, "cannot refuse");
}

static bool accept_peer(const struct raw_case *c, struct peer *p, const struct target *t)
{
	u8 data[256];
	u32 len = peer_hello(p, true, data);

	if (c->base == BASE_HELLO) {
		/* The client may be gone before we hear that it was there. */
		raw_accept(&p->raw, data, spoil(c, data, len), t->limit_ms);
		return peer_end(p);
	}
	if (!peer_agree(p))
		return false;
	if (!raw_accept(&p->raw, data, len, t->limit_ms))
		return peer_fail(p, "accepting failed");
	if (c->run)
		return c->run(p, t);
	/* The client speaks first. */
	if (peer_hear(p, 0) != HEARD_FRAME)
		return peer_fail(p, "the client says nothing");
	return send_bad(c, p);
}

/**
 * case_as_server() - play a case toward the next client
 * @c: the case
 * @listener: where
 * @t: limits
 * @error: filled on failure
 * @size: bytes of it
 *
 * Return: false on failure.
 */
bool case_as_server(const struct raw_case *c, struct raw *listener, const struct target *t,
		    char *error, size_t size)
{
	struct peer p;
	bool ok;

	peer_init(&p, t->limit_ms);
	if (!raw_next_request(listener, &p.raw, 4 * t->limit_ms))
		ok = peer_fail(&p, "%s", listener->error);
	else
		ok = c->base == BASE_REFUSAL ? refuse(c, &p) : accept_peer(c, &p, t);
	return finish(&p, ok, error, size);
}
