/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ceph's messenger v2.1 in its crc mode: the banner, and the frame every byte behind
 * it is part of. What control frames carry is not decoded here, but for addresses
 * (addr.h).
 *
 * A frame is a preamble, segment 0 and its CRC, segments 1 to 3, an epilogue. An empty
 * segment 0 has no CRC, and a frame of one segment no epilogue.
 */
#ifndef CXIO_MSGR2_H
#define CXIO_MSGR2_H

#include "fault.h"

#define CXIO_MSGR2_BANNER	"ceph v2\n"
#define CXIO_MSGR2_BANNER_TEXT	((u32)sizeof(CXIO_MSGR2_BANNER) - 1)
/* Bit of the banner: version 2.1 of the frames. We speak no other. */
#define CXIO_MSGR2_REVISION_1	1ull
#define CXIO_MSGR2_SEGMENTS	4u

/**
 * struct cxio_wire_msgr2_banner - what each side begins with, 26 bytes
 * @text: CXIO_MSGR2_BANNER
 * @len: bytes that follow, 16
 * @supported: bits the sender can do: CXIO_MSGR2_REVISION_1
 * @required: bits the sender insists on
 */
struct cxio_wire_msgr2_banner {
	u8 text[8];
	__le16 len;
	__le64 supported;
	__le64 required;
} __packed;

/**
 * struct cxio_wire_msgr2_segment - a preamble's word on one segment, 6 bytes
 * @len: bytes
 * @align: alignment the sender wishes for them in memory
 */
struct cxio_wire_msgr2_segment {
	__le32 len;
	__le16 align;
} __packed;

/**
 * struct cxio_wire_msgr2_preamble - what every frame begins with, 32 bytes
 * @tag: enum cxio_msgr2_tag
 * @count: segments, 1 to 4; the last one is not empty, unless it is the only one
 * @segment: their lengths; zero behind the last
 * @reserved: zero
 * @crc: CRC32C, seed 0, of the 28 bytes before it
 */
struct cxio_wire_msgr2_preamble {
	u8 tag;
	u8 count;
	struct cxio_wire_msgr2_segment segment[4];
	__le16 reserved;
	__le32 crc;
} __packed;

/**
 * struct cxio_wire_msgr2_epilogue - what a frame of several segments ends with, 13 bytes
 * @late_status: the low four bits: CXIO_MSGR2_COMPLETE or CXIO_MSGR2_ABORTED
 * @crc: of segments 1 to 3, CRC32C, seed 0xffffffff; zero behind the last
 */
struct cxio_wire_msgr2_epilogue {
	u8 late_status;
	__le32 crc[3];
} __packed;

#define CXIO_MSGR2_STATUS	0x0f
#define CXIO_MSGR2_COMPLETE	0x0e
#define CXIO_MSGR2_ABORTED	0x01

/**
 * struct cxio_wire_msgr2_header - segment 0 of a message, 41 bytes
 * @seq: as in struct cxio_wire_msg_header, like all that it has too
 * @tid: transaction
 * @type: message type
 * @priority: priority
 * @version: version of the payload's encoding
 * @data_pre_padding_len: bytes before the data that are none of it
 * @data_off: offset of the data in the sender's page
 * @ack_seq: last message received
 * @flags: CXIO_FOOTER_*, of a message v1's footer
 * @compat_version: oldest encoding a reader must know
 * @reserved: zero
 */
struct cxio_wire_msgr2_header {
	__le64 seq;
	__le64 tid;
	__le16 type;
	__le16 priority;
	__le16 version;
	__le32 data_pre_padding_len;
	__le16 data_off;
	__le64 ack_seq;
	u8 flags;
	__le16 compat_version;
	__le16 reserved;
} __packed;

#define CXIO_MSGR2_BANNER_LEN	((u32)sizeof(struct cxio_wire_msgr2_banner))
#define CXIO_MSGR2_PREAMBLE	((u32)sizeof(struct cxio_wire_msgr2_preamble))
#define CXIO_MSGR2_EPILOGUE	((u32)sizeof(struct cxio_wire_msgr2_epilogue))
#define CXIO_MSGR2_HEADER	((u32)sizeof(struct cxio_wire_msgr2_header))
#define CXIO_MSGR2_CRC		4u
/* Of a control frame: tickets and features, some hundred bytes in practice. */
#define CXIO_MSGR2_CONTROL_MAX	(64u << 10)

/**
 * enum cxio_msgr2_tag - what a frame is
 * @CXIO_MSGR2_HELLO: the sender's kind, and the peer's address as it sees it
 * @CXIO_MSGR2_AUTH_REQUEST: method and modes the client would like
 * @CXIO_MSGR2_AUTH_BAD_METHOD: the server has others
 * @CXIO_MSGR2_AUTH_REPLY_MORE: the server's turn
 * @CXIO_MSGR2_AUTH_REQUEST_MORE: the client's turn
 * @CXIO_MSGR2_AUTH_DONE: authenticated
 * @CXIO_MSGR2_AUTH_SIGNATURE: of every byte received so far
 * @CXIO_MSGR2_CLIENT_IDENT: request for a session
 * @CXIO_MSGR2_SERVER_IDENT: connected
 * @CXIO_MSGR2_IDENT_MISSING_FEATURES: a required feature is missing
 * @CXIO_MSGR2_SESSION_RECONNECT: request for the session there was
 * @CXIO_MSGR2_SESSION_RESET: the sender knows no such session
 * @CXIO_MSGR2_SESSION_RETRY: connect_seq is too old
 * @CXIO_MSGR2_SESSION_RETRY_GLOBAL: global_seq is too old
 * @CXIO_MSGR2_SESSION_RECONNECT_OK: connected again
 * @CXIO_MSGR2_WAIT: both connect at once, and the sender's own attempt goes on
 * @CXIO_MSGR2_MESSAGE: header, front, middle, data
 * @CXIO_MSGR2_KEEPALIVE2: a time
 * @CXIO_MSGR2_KEEPALIVE2_ACK: the same time
 * @CXIO_MSGR2_ACK: last message received
 * @CXIO_MSGR2_TAG_END: no tag
 */
enum cxio_msgr2_tag {
	CXIO_MSGR2_HELLO = 1,
	CXIO_MSGR2_AUTH_REQUEST = 2,
	CXIO_MSGR2_AUTH_BAD_METHOD = 3,
	CXIO_MSGR2_AUTH_REPLY_MORE = 4,
	CXIO_MSGR2_AUTH_REQUEST_MORE = 5,
	CXIO_MSGR2_AUTH_DONE = 6,
	CXIO_MSGR2_AUTH_SIGNATURE = 7,
	CXIO_MSGR2_CLIENT_IDENT = 8,
	CXIO_MSGR2_SERVER_IDENT = 9,
	CXIO_MSGR2_IDENT_MISSING_FEATURES = 10,
	CXIO_MSGR2_SESSION_RECONNECT = 11,
	CXIO_MSGR2_SESSION_RESET = 12,
	CXIO_MSGR2_SESSION_RETRY = 13,
	CXIO_MSGR2_SESSION_RETRY_GLOBAL = 14,
	CXIO_MSGR2_SESSION_RECONNECT_OK = 15,
	CXIO_MSGR2_WAIT = 16,
	CXIO_MSGR2_MESSAGE = 17,
	CXIO_MSGR2_KEEPALIVE2 = 18,
	CXIO_MSGR2_KEEPALIVE2_ACK = 19,
	CXIO_MSGR2_ACK = 20,
	CXIO_MSGR2_TAG_END
};

/**
 * struct cxio_msgr2_banner - a banner in the machine's own integers
 * @supported: bits the sender can do
 * @required: bits the sender insists on
 */
struct cxio_msgr2_banner {
	u64 supported;
	u64 required;
};

/**
 * struct cxio_msgr2_preamble - a preamble in the machine's own integers
 * @tag: enum cxio_msgr2_tag
 * @count: segments
 * @len: their lengths; of a message: header, front, middle, data
 * @align: their alignments
 */
struct cxio_msgr2_preamble {
	u8 tag;
	u8 count;
	u32 len[CXIO_MSGR2_SEGMENTS];
	u16 align[CXIO_MSGR2_SEGMENTS];
};

/**
 * struct cxio_msgr2_header - a message's segment 0 in the machine's own integers
 * @seq: as in struct cxio_wire_msgr2_header, like all the rest
 * @tid: transaction
 * @type: message type
 * @priority: priority
 * @version: version
 * @data_pre_padding_len: bytes
 * @data_off: offset
 * @ack_seq: last message received
 * @flags: CXIO_FOOTER_*
 * @compat_version: oldest encoding
 */
struct cxio_msgr2_header {
	u64 seq;
	u64 tid;
	u16 type;
	u16 priority;
	u16 version;
	u32 data_pre_padding_len;
	u16 data_off;
	u64 ack_seq;
	u8 flags;
	u16 compat_version;
};

void cxio_msgr2_banner_encode(const struct cxio_msgr2_banner *b, void *buf);
enum cxio_fault cxio_msgr2_banner_decode(const void *buf, u32 len, struct cxio_msgr2_banner *b);
const char *cxio_msgr2_tag_text(u32 tag);
void cxio_msgr2_preamble_encode(const struct cxio_msgr2_preamble *p, void *buf);
enum cxio_fault cxio_msgr2_preamble_decode(const void *buf, u32 len,
					   struct cxio_msgr2_preamble *p);
u32 cxio_msgr2_first_crc_len(const struct cxio_msgr2_preamble *p);
u32 cxio_msgr2_epilogue_len(const struct cxio_msgr2_preamble *p);
u64 cxio_msgr2_frame_len(const struct cxio_msgr2_preamble *p);
u64 cxio_msgr2_segment_off(const struct cxio_msgr2_preamble *p, u32 segment);
u32 cxio_msgr2_crc(u32 crc, const void *bytes, u32 len);
u32 cxio_msgr2_first_crc_encode(const struct cxio_msgr2_preamble *p, u32 crc, void *buf);
enum cxio_fault cxio_msgr2_first_crc_check(const struct cxio_msgr2_preamble *p, const void *buf,
					   u32 len, u32 crc);
u32 cxio_msgr2_epilogue_encode(const struct cxio_msgr2_preamble *p, u8 late_status,
			       const u32 crc[CXIO_MSGR2_SEGMENTS], void *buf);
enum cxio_fault cxio_msgr2_epilogue_check(const struct cxio_msgr2_preamble *p, const void *buf,
					  u32 len, const u32 crc[CXIO_MSGR2_SEGMENTS],
					  u8 *late_status);
enum cxio_fault cxio_msgr2_frame_check(const struct cxio_msgr2_preamble *p, const void *buf,
				       u32 len, u8 *late_status);
void cxio_msgr2_header_encode(const struct cxio_msgr2_header *h, void *buf);
enum cxio_fault cxio_msgr2_header_decode(const void *buf, u32 len, struct cxio_msgr2_header *h);

#endif /* CXIO_MSGR2_H */
