// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The table of cases.
 */
#include "raw_cases.h"

/* Offsets: of a hello, of a frame, of the message header and footer in a frame. */
#define HELLO(m)	offsetof(struct cxio_wire_hello, m)
#define REFUSAL(m)	offsetof(struct cxio_wire_refusal, m)
#define FRAME(m)	offsetof(struct cxio_wire_frame, m)
#define BODY(s, m)	(sizeof(struct cxio_wire_frame) + offsetof(struct cxio_wire_##s, m))
#define MSG(m)		BODY(msg_header, m)
#define PAYLOAD		(sizeof(struct cxio_wire_frame) + sizeof(struct cxio_wire_msg_header))
#define FOOTER(m)	(PAYLOAD + RAW_PAYLOAD + offsetof(struct cxio_wire_msg_footer, m))
/* Of greetings, and of a message with one descriptor. */
#define CONNECT(m)	BODY(connect, m)
#define REPLY(m)	BODY(connect_reply, m)
#define GREETING(m)	(sizeof(struct cxio_wire_frame) + sizeof(struct cxio_wire_connect) +	\
			 offsetof(struct cxio_wire_greeting, m))
#define WELCOME(m)	(sizeof(struct cxio_wire_frame) + sizeof(struct cxio_wire_connect_reply) + \
			 offsetof(struct cxio_wire_greeting, m))
#define DESCS(m)	(PAYLOAD + offsetof(struct cxio_wire_descs, m))
#define DESC(m)		(PAYLOAD + sizeof(struct cxio_wire_descs) +		\
			 offsetof(struct cxio_wire_desc, m))
#define BEHIND		(PAYLOAD + sizeof(struct cxio_wire_descs) + sizeof(struct cxio_wire_desc))
#define LONG_FOOTER(m)	(BEHIND + RAW_FRONT + RAW_MIDDLE +			\
			 offsetof(struct cxio_wire_msg_footer, m))
/* Within an address of a greeting. */
#define IN_FAMILY	0
#define IN_TYPE		1
#define IN_PORT		2
#define IN_NONCE	4
#define IN_IP		8

#define SET(o, n, v)	{ .at = (o), .size = (n), .value = (v) }
#define ADD(o, n, v)	{ .at = (o), .size = (n), .value = (v), .add = true }

#define HELLO_CASE(n, f, ...)						\
	{ .name = "hello-" n, .as = AS_BOTH, .fault = CXIO_FAULT_HELLO_##f, .base = BASE_HELLO, \
	  __VA_ARGS__ }
#define FRAME_CASE(n, f, b, ...)					\
	{ .name = n, .as = AS_BOTH, .fault = CXIO_FAULT_##f, .base = BASE_##b, __VA_ARGS__ }
#define SPECIAL(n, ...)							\
	{ .name = n, .as = AS_CLIENT, .base = BASE_NONE, __VA_ARGS__ }
#define SECRET(n, r)							\
	{ .name = n, .as = AS_CLIENT, .base = BASE_NONE, .run = r, .secret = true }
#define AUTHORIZER(n, r)						\
	{ .name = n, .as = AS_CLIENT, .base = BASE_NONE, .run = r, .authorizer = true }
#define TID(n, r)							\
	{ .name = n, .as = AS_CLIENT, .base = BASE_NONE, .run = r, .needs = MEMORY, .tid = true }
#define SESSION		CXIO_FEATURE_SESSION
#define MEMORY		(CXIO_FEATURE_SESSION | CXIO_FEATURE_RENDEZVOUS)
#define SINKS		(MEMORY | CXIO_FEATURE_REPLY_SINK)
#define EARLY(n, f, b, r, ...)						\
	{ .name = n, .as = r, .fault = CXIO_FAULT_##f, .base = BASE_##b, .needs = SESSION,	\
	  .early = true, __VA_ARGS__ }
#define GREET(n, f, x, ...)						\
	EARLY("greet-" n, f, CONNECT, AS_CLIENT, .fix = FIX_##x, __VA_ARGS__)
#define ANSWER(n, f, x, ...)						\
	EARLY("reply-" n, f, REPLY, AS_SERVER, .fix = FIX_##x, __VA_ARGS__)
#define LONG_CASE(n, f, ...)						\
	FRAME_CASE("rv-" n, f, RENDEZVOUS, .needs = MEMORY, __VA_ARGS__)
#define DESC_CASE(n, f, ...)						\
	FRAME_CASE("rv-" n, f, RENDEZVOUS, .needs = MEMORY, .fix = FIX_DESCS, __VA_ARGS__)
#define EITHER(n, r, w, ...)						\
	{ .name = n, .as = AS_BOTH, .base = BASE_NONE, .run = r, .victim = w, __VA_ARGS__ }
#define AS_OTHER(n, r, w, ...)						\
	{ .name = n, .as = AS_SERVER, .base = BASE_NONE, .run = r, .victim = w, __VA_ARGS__ }
/* What the device refuses: who had it asked for says so, or is only told of the end. */
#define REFUSED_READ	"@(reading the peer's memory failed|transport error|peer went away)"
#define REFUSED_WRITE	"@(failed: *|transport error|peer went away)"
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

	/* What needs a feature, without it: every peer knows this much. */
	FRAME_CASE("unasked-descs", DESCS_REFUSED, RENDEZVOUS),
	FRAME_CASE("unasked-written", WRITTEN_REFUSED, MESSAGE,
		   .patch = { SET(FRAME(flags), 1, CXIO_FRAME_LAST | CXIO_FRAME_WRITTEN) },
		   .fix = FIX_FRAME),
	FRAME_CASE("unasked-done", FRAME_NOT_READY, DONE),
	FRAME_CASE("unasked-revoked", FRAME_NOT_READY, REVOKED),
	FRAME_CASE("unasked-connect", GREETING_TURN, CONNECT),
	FRAME_CASE("unasked-reply", GREETING_TURN, REPLY),
	FRAME_CASE("unasked-authorizer", GREETING_TURN, AUTHORIZER),
	FRAME_CASE("body-done", FRAME_BODY, DONE, .cut = 1, .fix = FIX_LEN),
	FRAME_CASE("body-revoked", FRAME_BODY, REVOKED, .cut = -8, .fix = FIX_LEN),
	FRAME_CASE("body-authorizer", FRAME_BODY, AUTHORIZER, .resize = CXIO_FRAME_HEADER,
		   .fix = FIX_LEN),

	GREET("short", FRAME_BODY, LEN, .cut = 1),
	GREET("long", GREETING_AUTHORIZER, LEN, .cut = -1),
	GREET("flags", CONNECT_FLAGS, FRAME, .patch = { SET(CONNECT(flags), 1, 0x82) }),
	GREET("authorizer-max", CONNECT_AUTHORIZER, FRAME,
	      .patch = { SET(CONNECT(authorizer_len), 4, CXIO_AUTHORIZER_MAX + 1) }),
	GREET("authorizer-huge", CONNECT_AUTHORIZER, FRAME,
	      .patch = { SET(CONNECT(authorizer_len), 4, 0xffffffff) }),
	GREET("authorizer-none", GREETING_AUTHORIZER, FRAME,
	      .patch = { SET(CONNECT(authorizer_len), 4, RAW_AUTHORIZER) }),
	GREET("not-last", GREETING_AUTHORIZER, FRAME, .patch = { SET(FRAME(flags), 1, 0) }),
	GREET("cookie-zero", GREETING_COOKIE, FRAME, .patch = { SET(GREETING(own_cookie), 8, 0) }),
	GREET("family", GREETING_ADDRESS, FRAME, .patch = { SET(GREETING(own) + IN_FAMILY, 1, 7) }),
	GREET("type", GREETING_ADDRESS, FRAME, .patch = { SET(GREETING(own) + IN_TYPE, 1, 4) }),
	GREET("padding", GREETING_ADDRESS, FRAME, .patch = { SET(GREETING(own) + IN_IP + 15, 1, 1) }),
	GREET("target-port", GREETING_TARGET, FRAME, .patch = { ADD(GREETING(target) + IN_PORT, 2, 256) }),
	GREET("target-nonce", GREETING_TARGET, FRAME,
	      .patch = { SET(GREETING(target) + IN_NONCE, 4, 0xfeedbeef) }),
	GREET("target-ip", GREETING_TARGET, FRAME, .patch = { ADD(GREETING(target) + IN_IP + 3, 1, 1) }),
	GREET("in-seq", HANDSHAKE_IN_SEQ, FRAME, .patch = { SET(GREETING(in_seq), 8, 7) }),
	EARLY("greet-reply", GREETING_TURN, REPLY, AS_CLIENT),
	EARLY("greet-message", FRAME_NOT_READY, MESSAGE, AS_BOTH),
	EARLY("greet-more", FRAME_NOT_READY, MORE, AS_BOTH),
	EARLY("greet-revoked", FRAME_NOT_READY, REVOKED, AS_BOTH),
	FRAME_CASE("greet-done", FRAME_NOT_READY, DONE, .needs = MEMORY, .early = true),
	EARLY("greet-authorizer", GREETING_TURN, AUTHORIZER, AS_BOTH),
	EARLY("greet-cut-again", GREETING_TURN, CONNECT, AS_CLIENT, .begin = true),
	EARLY("greet-cut-message", FRAME_NOT_READY, MESSAGE, AS_BOTH, .begin = true),
	EARLY("greet-cut-more", GREETING_AUTHORIZER, AUTHORIZER, AS_BOTH, .begin = true,
	      .cut = -1, .fix = FIX_LEN),
	EARLY("greet-cut-less", GREETING_AUTHORIZER, AUTHORIZER, AS_BOTH, .begin = true,
	      .cut = 1, .fix = FIX_LEN),
	EARLY("greet-cut-not-last", GREETING_AUTHORIZER, AUTHORIZER, AS_BOTH, .begin = true,
	      .patch = { SET(FRAME(flags), 1, 0) }, .fix = FIX_FRAME),
	FRAME_CASE("greet-twice", GREETING_TURN, CONNECT, .needs = SESSION),
	FRAME_CASE("greet-reply-late", GREETING_TURN, REPLY, .needs = SESSION),
	FRAME_CASE("greet-authorizer-late", GREETING_TURN, AUTHORIZER, .needs = SESSION),
	FRAME_CASE("session-ack", FRAME_ACK, GRANT, .needs = SESSION,
		   .patch = { ADD(FRAME(ack), 4, 1000) }, .fix = FIX_FRAME),
	SECRET("auth-good", auth_good),
	SECRET("auth-no-session", auth_no_session),
	SECRET("auth-none", auth_none),
	SECRET("auth-method", auth_method),
	SECRET("auth-proof", auth_proof),
	SECRET("auth-unasked", auth_unasked),
	SECRET("auth-replayed", auth_replayed),
	SECRET("auth-name", auth_name),
	SECRET("auth-changed", auth_changed),
	SECRET("auth-long", auth_long),
	SECRET("auth-longer", auth_longer),
	SECRET("auth-early", auth_early),
	SECRET("sign-missing", sign_missing),
	SECRET("sign-wrong", sign_wrong),
	SECRET("sign-reflected", sign_reflected),
	SECRET("sign-header", sign_header),
	SECRET("sign-rendezvous", sign_rendezvous),
	AUTHORIZER("authorizer-good", authorizer_good),
	AUTHORIZER("authorizer-none", authorizer_none),
	AUTHORIZER("authorizer-empty", authorizer_empty),
	AUTHORIZER("authorizer-secret", authorizer_secret),
	AUTHORIZER("authorizer-stranger", authorizer_stranger),
	AUTHORIZER("authorizer-longest", authorizer_longest),
	AUTHORIZER("authorizer-too-long", authorizer_too_long),
	AUTHORIZER("authorizer-longer", authorizer_longer),
	AUTHORIZER("authorizer-cut", authorizer_cut),
	AUTHORIZER("authorizer-replayed", authorizer_replayed),
	AUTHORIZER("authorizer-endless", authorizer_endless),
	AUTHORIZER("authorizer-early", authorizer_early),
	AUTHORIZER("authorizer-no-session", authorizer_no_session),
	AUTHORIZER("authorizer-unsigned", authorizer_unsigned),
	AUTHORIZER("authorizer-forged", authorizer_forged),
	AUTHORIZER("authorizer-unagreed", authorizer_unagreed),
	SPECIAL("session-global-back", .run = session_global_back, .needs = SESSION),
	SPECIAL("session-connect-back", .run = session_connect_back, .needs = SESSION),
	SPECIAL("session-foreign", .run = session_foreign, .needs = SESSION),
	SPECIAL("session-count-end", .run = session_count_end, .needs = SESSION),
	SPECIAL("session-resets", .run = session_resets, .needs = SESSION),
	SPECIAL("session-protocol", .run = session_protocol, .needs = SESSION),
	SPECIAL("session-taken", .run = session_taken, .needs = SESSION),
	SPECIAL("session-unfinished", .run = session_unfinished, .needs = SESSION),

	ANSWER("short", FRAME_BODY, LEN, .cut = 1),
	ANSWER("long", GREETING_AUTHORIZER, LEN, .cut = -1),
	ANSWER("tag", REPLY_TAG, FRAME, .patch = { SET(REPLY(tag), 1, 99) }),
	ANSWER("tag-close", REPLY_TAG, FRAME, .patch = { SET(REPLY(tag), 1, CXIO_TAG_CLOSE) }),
	ANSWER("flags", REPLY_FLAGS, FRAME, .patch = { SET(REPLY(flags), 1, 0x40) }),
	ANSWER("authorizer-max", REPLY_AUTHORIZER, FRAME,
	       .patch = { SET(REPLY(authorizer_len), 4, CXIO_AUTHORIZER_MAX + 1) }),
	ANSWER("authorizer-none", GREETING_AUTHORIZER, FRAME,
	       .patch = { SET(REPLY(authorizer_len), 4, 10) }),
	ANSWER("connect-seq", HANDSHAKE_CONNECT_SEQ, FRAME, .patch = { ADD(REPLY(connect_seq), 4, 7) }),
	ANSWER("retry-session", HANDSHAKE_CONNECT_SEQ, FRAME,
	       .patch = { SET(REPLY(tag), 1, CXIO_TAG_RETRY_SESSION),
			  SET(REPLY(connect_seq), 4, 0) }),
	ANSWER("retry-session-end", HANDSHAKE_CONNECT_SEQ, FRAME,
	       .patch = { SET(REPLY(tag), 1, CXIO_TAG_RETRY_SESSION),
			  SET(REPLY(connect_seq), 4, 0xffffffff) }),
	ANSWER("retry-global-end", HANDSHAKE_GLOBAL_SEQ, FRAME,
	       .patch = { SET(REPLY(tag), 1, CXIO_TAG_RETRY_GLOBAL),
			  SET(REPLY(global_seq), 4, 0xffffffff) }),
	ANSWER("wait", HANDSHAKE_WAIT, FRAME, .patch = { SET(REPLY(tag), 1, CXIO_TAG_WAIT) }),
	ANSWER("features", HANDSHAKE_FEATURES, FRAME, .patch = { SET(REPLY(tag), 1, CXIO_TAG_FEATURES) }),
	ANSWER("protocol", HANDSHAKE_PROTOCOL, FRAME,
	       .patch = { SET(REPLY(tag), 1, CXIO_TAG_BADPROTOVER) }),
	ANSWER("cookie", HANDSHAKE_COOKIE, FRAME, .patch = { ADD(WELCOME(peer_cookie), 8, 1) }),
	ANSWER("cookie-zero", GREETING_COOKIE, FRAME, .patch = { SET(WELCOME(own_cookie), 8, 0) }),
	ANSWER("in-seq", HANDSHAKE_IN_SEQ, FRAME, .patch = { SET(WELCOME(in_seq), 8, 5) }),
	ANSWER("family", GREETING_ADDRESS, FRAME, .patch = { SET(WELCOME(own) + IN_FAMILY, 1, 7) }),
	EARLY("reply-connect", GREETING_TURN, CONNECT, AS_SERVER),
	AS_OTHER("reply-resets", session_server_resets, NULL, .needs = SESSION, .early = true,
		 .fault = CXIO_FAULT_HANDSHAKE_RESET),
	AS_OTHER("reply-unauthorized", session_server_unauthorized, NULL, .needs = SESSION,
		 .early = true, .fault = CXIO_FAULT_HANDSHAKE_AUTHORIZER),
	AS_OTHER("reply-never", session_server_mute, "@(no answer in time|does not answer)",
		 .needs = SESSION, .early = true),

	FRAME_CASE("revoked-gap", MSG_SEQ_GAP, REVOKED, .needs = SESSION,
		   .patch = { SET(BODY(revoked, seq), 8, 5) }, .fix = FIX_FRAME),
	FRAME_CASE("revoked-zero", MSG_SEQ_GAP, REVOKED, .needs = SESSION,
		   .patch = { SET(BODY(revoked, seq), 8, 0) }, .fix = FIX_FRAME),
	SPECIAL("revoked-next", .run = session_revoked_next, .needs = SESSION),
	SPECIAL("revoked-whole", .run = session_revoked_whole, .needs = SESSION),
	SPECIAL("revoked-open", .run = session_revoked_open, .needs = SESSION),
	SPECIAL("revoked-more", .run = session_revoked_more, .needs = SESSION),
	SPECIAL("revoked-inside", .run = session_revoked_inside, .needs = SESSION),

	LONG_CASE("descs-short", DESCS_SHORT, .resize = PAYLOAD + 7, .fix = FIX_LEN),
	DESC_CASE("count-zero", DESCS_COUNT, .patch = { SET(DESCS(count), 1, 0) }),
	LONG_CASE("count-many", DESCS_COUNT, .patch = { SET(DESCS(count), 1, CXIO_DESCS_MAX + 1) }),
	LONG_CASE("count-more", MSG_TRAILING, .patch = { SET(DESCS(count), 1, 2) }),
	DESC_CASE("segments", DESCS_SEGMENTS, .patch = { SET(DESCS(segments), 1, 0x14) }),
	LONG_CASE("segments-empty", DESCS_SEGMENTS, .patch = { SET(MSG(middle_len), 4, 0),
		  SET(DESCS(segments), 1, 6) }, .fix = FIX_DESCS | FIX_MSG),
	DESC_CASE("segments-more", MSG_TRAILING, .patch = { SET(DESCS(segments), 1, 6) }),
	DESC_CASE("descs-reserved", DESCS_RESERVED, .patch = { SET(DESCS(reserved), 2, 1) }),
	LONG_CASE("descs-crc", DESCS_CRC, .patch = { ADD(DESC(addr), 8, 4096) }),
	DESC_CASE("length-zero", DESC_LENGTH, .patch = { SET(DESC(length), 4, 0) }),
	DESC_CASE("length-max", DESC_LENGTH, .patch = { SET(DESC(length), 4, CXIO_DESC_MAX + 1) }),
	DESC_CASE("length-less", DESC_TOTAL, .patch = { ADD(DESC(length), 4, 0xffffffff) }),
	DESC_CASE("length-more", DESC_TOTAL, .patch = { ADD(DESC(length), 4, 1) }),
	DESC_CASE("addr-wraps", DESC_ADDR, .patch = { SET(DESC(addr), 8, ~0ull - 100) }),
	DESC_CASE("segment", DESC_SEGMENT, .patch = { SET(DESC(segment), 1, CXIO_SINK + 1) }),
	DESC_CASE("segment-other", DESC_SEGMENT, .patch = { SET(DESC(segment), 1, CXIO_FRONT) }),
	DESC_CASE("segment-sink", DESC_TOTAL, .patch = { SET(DESC(segment), 1, CXIO_SINK) }),
	DESC_CASE("flags", DESC_FLAGS, .patch = { SET(DESC(flags), 1, 0x80) }),
	DESC_CASE("desc-reserved", DESC_RESERVED, .patch = { SET(DESC(reserved), 2, 0x8000) }),
	LONG_CASE("front-crc", FRONT_CRC, .patch = { ADD(BEHIND, 1, 1) }),
	LONG_CASE("data-crc", DATA_CRC, .patch = { ADD(LONG_FOOTER(data_crc), 4, 1) }),
	LONG_CASE("trailing", MSG_TRAILING, .cut = -3, .fix = FIX_LEN),
	LONG_CASE("written", WRITTEN_REFUSED, .patch = { SET(FRAME(flags), 1, CXIO_FRAME_LAST |
		  CXIO_FRAME_DESCS | CXIO_FRAME_WRITTEN) }, .fix = FIX_FRAME),
	FRAME_CASE("rv-written-and-read", DESCS_SEGMENTS, RENDEZVOUS, .needs = SINKS, .patch = {
		  SET(FRAME(flags), 1, CXIO_FRAME_LAST | CXIO_FRAME_DESCS | CXIO_FRAME_WRITTEN) },
		  .fix = FIX_FRAME),
	SPECIAL("rv-order", .run = memory_order, .needs = MEMORY),
	SPECIAL("rv-good", .run = memory_good, .needs = MEMORY),
	SPECIAL("rv-pieces", .run = memory_pieces, .needs = MEMORY),
	EITHER("rv-rkey", memory_rkey, REFUSED_READ, .needs = MEMORY),
	EITHER("rv-rkey-zero", memory_zero, REFUSED_READ, .needs = MEMORY),
	EITHER("rv-outside", memory_outside, REFUSED_READ, .needs = MEMORY),
	SPECIAL("rv-closed", .run = memory_closed, .needs = MEMORY),
	SPECIAL("rv-dies", .run = memory_dies, .needs = MEMORY),
	SPECIAL("rv-flood", .run = memory_flood, .needs = MEMORY),
	SPECIAL("rv-silence", .run = memory_silence, .needs = MEMORY),
	SPECIAL("rv-keep", .run = memory_keep, .needs = MEMORY),
	SPECIAL("rv-revoked", .run = memory_revoked, .needs = MEMORY),
	AS_OTHER("rv-silent", memory_server_silent, "does not answer", .needs = MEMORY),

	FRAME_CASE("done-seq", DONE_SEQ, DONE, .needs = MEMORY,
		   .patch = { SET(BODY(done, seq), 8, 1000) }, .fix = FIX_FRAME),
	FRAME_CASE("done-zero", DONE_SEQ, DONE, .needs = MEMORY,
		   .patch = { SET(BODY(done, seq), 8, 0) }, .fix = FIX_FRAME),
	FRAME_CASE("done-reserved", DONE_RESERVED, DONE, .needs = MEMORY,
		   .patch = { SET(BODY(done, reserved), 4, 1) }, .fix = FIX_FRAME),
	SPECIAL("done-inline", .run = memory_done_inline, .needs = MEMORY),
	SPECIAL("done-twice", .run = memory_done_twice, .needs = MEMORY),
	SPECIAL("done-foreign", .run = memory_done_foreign, .needs = MEMORY),
	SPECIAL("inv-other", .run = memory_inv_other, .needs = MEMORY),
	SPECIAL("inv-grant", .run = memory_inv_grant, .needs = MEMORY),

	EITHER("sink-none", sink_none, NULL, .needs = SINKS, .fault = CXIO_FAULT_WRITTEN_REFUSED),
	SPECIAL("sink-unagreed", .run = sink_unagreed, .needs = MEMORY),
	SPECIAL("sink-good", .run = sink_good, .needs = SINKS, .sinks = true),
	SPECIAL("sink-short", .run = sink_short, .needs = SINKS, .sinks = true),
	SPECIAL("sink-rkey", .run = sink_rkey, .needs = SINKS, .sinks = true),
	SPECIAL("sink-closed", .run = sink_closed, .needs = SINKS, .sinks = true),
	SPECIAL("sink-outside", .run = sink_outside, .needs = SINKS, .sinks = true),
	SPECIAL("sink-former", .run = sink_former, .needs = SINKS, .sinks = true),
	AS_OTHER("sink-other-tid", sink_other_tid, NULL, .needs = SINKS, .sinks = true,
		 .fault = CXIO_FAULT_WRITTEN_REFUSED),
	AS_OTHER("sink-longer", sink_longer, NULL, .needs = SINKS, .sinks = true,
		 .fault = CXIO_FAULT_WRITTEN_REFUSED),
	AS_OTHER("sink-twice", sink_twice, NULL, .needs = SINKS, .sinks = true,
		 .fault = CXIO_FAULT_WRITTEN_REFUSED),
	AS_OTHER("sink-beyond", sink_beyond, REFUSED_WRITE, .needs = SINKS, .sinks = true),
	AS_OTHER("sink-read", sink_read, NULL, .needs = SINKS, .sinks = true,
		 .fault = CXIO_FAULT_DESCS_SEGMENTS),
	AS_OTHER("sink-descs", sink_descs, NULL, .needs = SINKS, .sinks = true,
		 .fault = CXIO_FAULT_DESCS_CRC),
	AS_OTHER("sink-late", sink_late, REFUSED_WRITE, .needs = SINKS, .sinks = true),

	TID("tid-reading", tid_reading),
	TID("tid-both-reading", tid_both_reading),
	TID("tid-waiting", tid_waiting),
	TID("tid-again", tid_again),
	TID("tid-others", tid_others),

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
	SPECIAL("random", .run = random_made),
	SPECIAL("recorded", .recorded = true, .run = random_recorded),

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
	{ .name = "record", .as = AS_SERVER, .base = BASE_NONE, .recorded = true,
	  .needs = RAW_FEATURES, .run = special_server_silent,
	  .victim = "the server does not answer" },
};

const u32 raw_case_count = ARRAY_SIZE(raw_cases);
