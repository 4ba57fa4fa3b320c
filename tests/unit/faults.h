/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every fault, and through which door a peer's bytes provoke it. The test of a
 * door fails if a fault of its own was never provoked; test_wire.c fails if a
 * fault is missing here.
 */
#ifndef CXIO_TEST_FAULTS_H
#define CXIO_TEST_FAULTS_H

#include "fault.h"

/**
 * enum door - where a fault comes in
 * @DOOR_HELLO: private data, cxio_hello_decode(): test_hello.c
 * @DOOR_FRAME: frames, cxio_channel_rx(): test_channel.c
 * @DOOR_CEPH: Ceph's own structures, the decoders of addr.c, msgr1_connect.c and
 *	msgr2.c: test_ceph.c
 * @DOOR_SESSION: frames that only sessions have: tests/core/test_greeting.c
 * @DOOR_DESCS: descriptors, cxio_descs_decode(): test_rendezvous.c
 * @DOOR_HANDSHAKE: connect and reply, cxio_handshake_reply(): test_handshake.c
 * @DOOR_AUTH: authorizers and signatures, sign.c: test_sign.c
 * @DOOR_AUTHORIZER: authorizers made elsewhere: tests/core/test_authorizer.c
 * @DOOR_STREAM: what only byte streams have, cxio_stream_rx(): tests/core/test_stream.c
 * @DOOR_EXCHANGE: texts in front of Ceph's stream over RDMA, cxio_exchange_came():
 *	tests/core/test_exchange.c
 * @DOOR_SLOT: its SENDs, cxio_recv_slots_came(): tests/core/test_slots.c
 * @DOOR_LOCAL: no byte of a peer's causes it
 */
enum door {
	DOOR_HELLO,
	DOOR_FRAME,
	DOOR_CEPH,
	DOOR_SESSION,
	DOOR_DESCS,
	DOOR_HANDSHAKE,
	DOOR_AUTH,
	DOOR_AUTHORIZER,
	DOOR_STREAM,
	DOOR_EXCHANGE,
	DOOR_SLOT,
	DOOR_LOCAL,
};

#define CXIO_FAULTS(X)							\
	X(NONE, LOCAL)							\
	X(HELLO_SHORT, HELLO) X(HELLO_MAGIC, HELLO) X(HELLO_LENGTH, HELLO)	\
	X(HELLO_VERSION, HELLO) X(HELLO_LAYOUT, HELLO)			\
	X(HELLO_RESERVED, HELLO) X(HELLO_FEATURES, HELLO)		\
	X(HELLO_RECV_SIZE, HELLO) X(HELLO_RECV_DEPTH, HELLO)		\
	X(HELLO_READ_DEPTH, HELLO) X(HELLO_WINDOW_MSGS, HELLO)		\
	X(HELLO_WINDOW_BYTES, HELLO)					\
	X(FRAME_SHORT, FRAME) X(FRAME_CRC, FRAME) X(FRAME_TYPE, FRAME)	\
	X(FRAME_FLAGS, FRAME) X(FRAME_RESERVED, FRAME)			\
	X(FRAME_LENGTH, FRAME) X(FRAME_ACK, FRAME)			\
	X(GRANT_FRAMES, FRAME) X(GRANT_MSGS, FRAME) X(GRANT_BYTES, FRAME)	\
	X(FRAME_CREDIT, FRAME) X(FRAME_LAST_CREDIT, FRAME)		\
	X(FRAME_AFTER_CLOSE, FRAME) X(FRAME_BODY, FRAME)		\
	X(STAMP_NSEC, FRAME) X(CLOSE_RESERVED, FRAME)			\
	X(MSG_OPEN, FRAME) X(MORE_WITHOUT, FRAME) X(MORE_EMPTY, FRAME)	\
	X(MSG_SHORT, FRAME) X(MSG_HEADER_CRC, FRAME)			\
	X(MSG_RESERVED, FRAME) X(MSG_FRONT_LEN, FRAME)			\
	X(MSG_MIDDLE_LEN, FRAME) X(MSG_DATA_LEN, FRAME)			\
	X(MSG_SEQ_GAP, FRAME) X(MSG_WINDOW_MSGS, FRAME)			\
	X(MSG_WINDOW_BYTES, FRAME) X(MSG_TRAILING, FRAME)		\
	X(MSG_LAST_EARLY, FRAME) X(MSG_LAST_MISSING, FRAME)		\
	X(FOOTER_FLAGS, FRAME) X(FOOTER_INCOMPLETE, FRAME)		\
	X(FOOTER_NOCRC, FRAME) X(FOOTER_SIGNED, FRAME)			\
	X(FRONT_CRC, FRAME) X(MIDDLE_CRC, FRAME) X(DATA_CRC, FRAME)	\
	X(KEEPALIVE, LOCAL) X(NO_MEMORY, LOCAL) X(SHUTDOWN, LOCAL)	\
	X(DEVICE, LOCAL) X(TRANSPORT, LOCAL) X(TOO_MANY, LOCAL)		\
	X(UNREACHABLE, LOCAL) X(REFUSED, LOCAL) X(TIMEOUT, LOCAL)	\
	X(PEER_GONE, LOCAL) X(NO_DEVICE, LOCAL) X(REPLACED, LOCAL) X(MSG_SLOW, LOCAL)				\
	X(DONE_SEQ, SESSION) \
	X(DONE_RESERVED, SESSION) \
	X(FRAME_NOT_READY, SESSION) \
	X(GREETING_TURN, SESSION) \
	X(DESCS_SHORT, DESCS) \
	X(DESCS_COUNT, DESCS) \
	X(DESCS_SEGMENTS, DESCS) \
	X(DESCS_RESERVED, DESCS) \
	X(DESCS_CRC, DESCS) \
	X(DESC_LENGTH, DESCS) \
	X(DESC_ADDR, DESCS) \
	X(DESC_SEGMENT, DESCS) \
	X(DESC_FLAGS, DESCS) \
	X(DESC_RESERVED, DESCS) \
	X(DESC_TOTAL, DESCS) \
	X(DESCS_REFUSED, SESSION) \
	X(WRITTEN_REFUSED, SESSION) \
	X(REVOKED_SEQ, SESSION) \
	X(HANDSHAKE_PROTOCOL, HANDSHAKE) \
	X(HANDSHAKE_FEATURES, HANDSHAKE) \
	X(HANDSHAKE_AUTHORIZER, HANDSHAKE) \
	X(HANDSHAKE_CHALLENGE, HANDSHAKE) \
	X(HANDSHAKE_CONNECT_SEQ, HANDSHAKE) \
	X(HANDSHAKE_GLOBAL_SEQ, HANDSHAKE) \
	X(HANDSHAKE_RESET, HANDSHAKE) \
	X(HANDSHAKE_WAIT, HANDSHAKE) \
	X(HANDSHAKE_TAG, HANDSHAKE) \
	X(HANDSHAKE_IN_SEQ, HANDSHAKE) \
	X(HANDSHAKE_COOKIE, HANDSHAKE) \
	X(HANDSHAKE_RETRIES, HANDSHAKE) \
	X(GREETING_COOKIE, SESSION) \
	X(GREETING_ADDRESS, SESSION) \
	X(GREETING_AUTHORIZER, SESSION) X(GREETING_TARGET, SESSION)				\
	X(ADDR_SHORT, CEPH) X(ADDR_MARKER, CEPH) X(ADDR_VERSION, CEPH)	\
	X(ADDR_LENGTH, CEPH) X(ADDR_TYPE, CEPH) X(ADDR_FAMILY, CEPH)	\
	X(ADDR_SOCKADDR, CEPH) X(ADDR_PADDING, CEPH)			\
	X(ADDRVEC_SHORT, CEPH) X(ADDRVEC_MARKER, CEPH)			\
	X(ADDRVEC_COUNT, CEPH) X(BANNER_SHORT, CEPH) X(BANNER_TEXT, CEPH)	\
	X(BANNER_ADDR, CEPH) X(CONNECT_SHORT, CEPH)			\
	X(CONNECT_AUTHORIZER, CEPH) X(CONNECT_FLAGS, CEPH)		\
	X(REPLY_SHORT, CEPH) X(REPLY_TAG, CEPH) X(REPLY_AUTHORIZER, CEPH)	\
	X(REPLY_FLAGS, CEPH) X(TAG_UNKNOWN, CEPH) X(TAG_SHORT, CEPH)	\
	X(FOOTER_SHORT, CEPH) X(MSGR2_BANNER_SHORT, CEPH)		\
	X(MSGR2_BANNER_TEXT, CEPH) X(MSGR2_BANNER_LENGTH, CEPH)		\
	X(MSGR2_BANNER_FEATURES, CEPH) X(MSGR2_SHORT, CEPH)		\
	X(MSGR2_CRC, CEPH) X(MSGR2_TAG, CEPH) X(MSGR2_SEGMENTS, CEPH)	\
	X(MSGR2_RESERVED, CEPH) X(MSGR2_LENGTH, CEPH)			\
	X(MSGR2_EMPTY, CEPH) X(MSGR2_FRAME_SHORT, CEPH)			\
	X(MSGR2_SEGMENT_CRC, CEPH) X(MSGR2_LATE_STATUS, CEPH)		\
	X(MSGR2_HEADER_SHORT, CEPH) X(MSGR2_HEADER_BITS, CEPH) \
	X(FOOTER_SIGNED_NOCRC, AUTH) X(FOOTER_UNSIGNED, AUTH)		\
	X(FOOTER_SIG, AUTH) X(AUTH_SHORT, AUTH) X(AUTH_LONG, AUTH)	\
	X(AUTH_METHOD, AUTH) X(AUTH_VERSION, AUTH) X(AUTH_STEP, AUTH)	\
	X(AUTH_RESERVED, AUTH) X(AUTH_NAME_LEN, AUTH) X(AUTH_NAME, AUTH)	\
	X(AUTH_PROOF, AUTH) X(AUTH_SIGNING, AUTH)			\
	X(AUTH_OWN, AUTHORIZER) X(AUTH_CHALLENGE, AUTHORIZER)		\
	X(AUTH_ANSWER, AUTHORIZER) X(AUTH_REFUSED, AUTHORIZER)		\
	X(AUTH_TRIES, AUTHORIZER) X(ACK_SEQ, STREAM) X(CONNECT_TOO_MANY, STREAM)	\
	X(EXCHANGE_LENGTH, EXCHANGE) X(EXCHANGE_LID, EXCHANGE)		\
	X(EXCHANGE_QPN, EXCHANGE) X(EXCHANGE_PSN, EXCHANGE)		\
	X(EXCHANGE_PEER_QPN, EXCHANGE) X(EXCHANGE_GID, EXCHANGE)	\
	X(EXCHANGE_END, EXCHANGE) X(EXCHANGE_TURN, EXCHANGE)		\
	X(EXCHANGE_FAMILY, EXCHANGE) X(SLOT_LENGTH, SLOT)		\
	X(SLOT_ORDER, SLOT) X(SLOT_AFTER_END, SLOT)			\
	X(SLOT_NONE_LEFT, SLOT)

/**
 * struct fault_row - one fault
 * @fault: its number
 * @name: its name without the prefix
 * @door: where it comes in
 */
struct fault_row {
	enum cxio_fault fault;
	const char *name;
	enum door door;
};

#define FAULT_ROW(n, d) { CXIO_FAULT_##n, #n, DOOR_##d },

static const struct fault_row fault_rows[] __attribute__((unused)) = { CXIO_FAULTS(FAULT_ROW) };

static bool fault_seen[CXIO_FAULT_END] __attribute__((unused));

/* Faults that this program provoked; reads as the last test of a door's program. */
#define assert_fault(got, want)						\
	do {								\
		enum cxio_fault got_ = (got);				\
									\
		assert_string_equal(cxio_fault_text(got_), cxio_fault_text(want)); \
		assert_int_equal(got_, (want));				\
		fault_seen[got_] = true;				\
	} while (0)

#define assert_door_complete(which)					\
	do {								\
		size_t i_;						\
									\
		for (i_ = 0; i_ < ARRAY_SIZE(fault_rows); i_++)		\
			if (fault_rows[i_].door == (which) &&		\
			    !fault_seen[fault_rows[i_].fault])		\
				fail_msg("never provoked: %s", fault_rows[i_].name); \
	} while (0)

#endif /* CXIO_TEST_FAULTS_H */
