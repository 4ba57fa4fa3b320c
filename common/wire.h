/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What stands on the wire, byte for byte. All integers are little-endian, all
 * structures packed. Documentation/wire-format.rst has the same tables; a test
 * compares the two by way of cxio_wire_fields().
 *
 * Version 1 is frozen: what stands here changes no more, and neither do the golden
 * vectors of tests/vectors. Features may be added, by their bits, and faults, by their
 * numbers; whatever else is to be different is version 2.
 */
#ifndef CXIO_WIRE_H
#define CXIO_WIRE_H

#include "fault.h"

#define CXIO_WIRE_MAGIC		0x4f495843u	/* "CXIO" as it stands in memory */
#define CXIO_WIRE_VERSION_MIN	1
#define CXIO_WIRE_VERSION_MAX	1
/* A number made of the layout of version 1; what else had that number is not version 1. */
#define CXIO_WIRE_LAYOUT	0x94b4371cu

/* RDMA CM on InfiniBand and RoCE leaves an application this much of a REQ. */
#define CXIO_PRIVATE_DATA_MAX	56

/**
 * struct cxio_wire_hello - private data of a CM request and of its reply
 * @magic: CXIO_WIRE_MAGIC
 * @length: bytes of this structure; what the CM hands over beyond is padding
 * @version_min: oldest wire version the sender speaks; in a reply the chosen one
 * @version_max: newest wire version the sender speaks; in a reply the chosen one
 * @reserved0: zero
 * @layout: CXIO_WIRE_LAYOUT
 * @recv_size: bytes of each receive buffer: the longest frame it takes
 * @supported: feature bits the sender can do
 * @required: feature bits the sender insists on
 * @recv_depth: receive buffers posted: the first frame credits
 * @read_depth: RDMA READs the sender answers at once
 * @reserved1: zero
 * @window_msgs: messages the sender takes before it grants more
 * @window_bytes: bytes of inline and chained payload likewise
 *
 * Every version begins with the twelve bytes up to and including @layout.
 */
struct cxio_wire_hello {
	__le32 magic;
	u8 length;
	u8 version_min;
	u8 version_max;
	u8 reserved0;
	__le32 layout;
	__le32 recv_size;
	__le64 supported;
	__le64 required;
	__le16 recv_depth;
	u8 read_depth;
	u8 reserved1;
	__le32 window_msgs;
	__le32 window_bytes;
} __packed;

#define CXIO_WIRE_HELLO_PREFIX	12

/**
 * struct cxio_wire_refusal - private data of a CM reject
 * @magic: CXIO_WIRE_MAGIC
 * @length: bytes of this structure
 * @version_min: oldest wire version the refusing side speaks
 * @version_max: newest wire version the refusing side speaks
 * @reserved0: zero
 * @layout: CXIO_WIRE_LAYOUT
 * @reason: enum cxio_fault
 * @reserved1: zero
 */
struct cxio_wire_refusal {
	__le32 magic;
	u8 length;
	u8 version_min;
	u8 version_max;
	u8 reserved0;
	__le32 layout;
	__le16 reason;
	__le16 reserved1;
} __packed;

/**
 * enum cxio_frame_type - what a frame is; one frame is one SEND
 * @CXIO_FRAME_MESSAGE: first frame of a message: Ceph header, then payload
 * @CXIO_FRAME_MORE: next frame of the message begun: more of its payload
 * @CXIO_FRAME_GRANT: no body: acknowledgment and grants only. The only frame
 *	that may use the last frame credit
 * @CXIO_FRAME_KEEPALIVE: body struct cxio_wire_stamp; asks for its echo
 * @CXIO_FRAME_KEEPALIVE_ACK: body struct cxio_wire_stamp, echoed
 * @CXIO_FRAME_CLOSE: body struct cxio_wire_close; only grants follow; with reason
 *	0 it is answered with the same
 * @CXIO_FRAME_CONNECT: body Ceph's connect, struct cxio_wire_greeting, then the
 *	authorizer or its beginning
 * @CXIO_FRAME_REPLY: body Ceph's connect reply, struct cxio_wire_greeting, then the
 *	authorizer's answer or its beginning
 * @CXIO_FRAME_AUTHORIZER: more of the authorizer, or of its answer
 * @CXIO_FRAME_DONE: body struct cxio_wire_done: a message's READs are over
 * @CXIO_FRAME_REVOKED: body struct cxio_wire_revoked: takes a message's place, or
 *	breaks one off
 * @CXIO_FRAME_TYPE_END: no type
 */
enum cxio_frame_type {
	CXIO_FRAME_MESSAGE = 1,
	CXIO_FRAME_MORE = 2,
	CXIO_FRAME_GRANT = 3,
	CXIO_FRAME_KEEPALIVE = 4,
	CXIO_FRAME_KEEPALIVE_ACK = 5,
	CXIO_FRAME_CLOSE = 6,
	CXIO_FRAME_CONNECT = 7,
	CXIO_FRAME_REPLY = 8,
	CXIO_FRAME_AUTHORIZER = 9,
	CXIO_FRAME_DONE = 10,
	CXIO_FRAME_REVOKED = 11,
	CXIO_FRAME_TYPE_END
};

/* The message, or the authorizer, ends with this frame; a footer is its last bytes. */
#define CXIO_FRAME_LAST		0x01
/* First frame of a message: struct cxio_wire_descs follows Ceph's header. */
#define CXIO_FRAME_DESCS	0x02
/* First frame of a message: its data was written to the reply sink before. */
#define CXIO_FRAME_WRITTEN	0x04

/**
 * struct cxio_wire_frame - header of every frame
 * @type: enum cxio_frame_type
 * @flags: CXIO_FRAME_LAST and others, each on its types only; else zero
 * @reserved: zero
 * @body_len: bytes that follow this header: exactly the rest of the SEND
 * @ack: low 32 bits of the last message sequence number received whole and in order
 * @grant_frames: frames the peer may have sent since the connection began
 * @grant_msgs: messages the peer may have begun, likewise
 * @grant_bytes: payload bytes of the messages it may have begun, likewise
 * @crc: CRC32C, seed 0, of the bytes before it; for control frames of the body too
 *
 * The three grants are cumulative and wrap at 2^32.
 */
struct cxio_wire_frame {
	u8 type;
	u8 flags;
	__le16 reserved;
	__le32 body_len;
	__le32 ack;
	__le32 grant_frames;
	__le32 grant_msgs;
	__le32 grant_bytes;
	__le32 crc;
} __packed;

/**
 * struct cxio_wire_stamp - body of KEEPALIVE and KEEPALIVE_ACK
 * @sec: seconds of the asker's clock
 * @nsec: nanoseconds, below 10^9
 */
struct cxio_wire_stamp {
	__le32 sec;
	__le32 nsec;
} __packed;

/**
 * struct cxio_wire_close - body of CLOSE
 * @reason: enum cxio_fault; zero is an orderly end
 * @reserved: zero
 */
struct cxio_wire_close {
	__le16 reason;
	__le16 reserved;
} __packed;

/**
 * struct cxio_wire_greeting - what a connect or a reply says beyond Ceph's fields
 * @own_cookie: names the sender's state of the session; not zero
 * @peer_cookie: the receiver's, as the sender knows it; zero if it does not
 * @in_seq: last message the sender has received in this session
 * @own: the sender's address
 * @target: in a connect the address meant, in a reply the client's as it gave it
 */
struct cxio_wire_greeting {
	__le64 own_cookie;
	__le64 peer_cookie;
	__le64 in_seq;
	u8 own[24];
	u8 target[24];
} __packed;

/**
 * struct cxio_wire_descs - begins a list of memory descriptors
 * @count: descriptors that follow, 1 to CXIO_DESCS_MAX
 * @segments: BIT(enum cxio_segment) of the segments that are to be read
 * @reserved: zero
 * @crc: CRC32C, seed 0, of the four bytes before it and of all descriptors
 */
struct cxio_wire_descs {
	u8 count;
	u8 segments;
	__le16 reserved;
	__le32 crc;
} __packed;

/**
 * struct cxio_wire_desc - memory of the sender that the receiver may access
 * @addr: address for the key
 * @rkey: key
 * @length: bytes, 1 to CXIO_DESC_MAX
 * @segment: enum cxio_segment, in ascending order; CXIO_SINK for a reply sink
 * @flags: CXIO_DESC_INVALIDATE
 * @reserved: zero
 */
struct cxio_wire_desc {
	__le64 addr;
	__le32 rkey;
	__le32 length;
	u8 segment;
	u8 flags;
	__le16 reserved;
} __packed;

/* The receiver may invalidate this key with its DONE, or with the reply. */
#define CXIO_DESC_INVALIDATE	0x01

#define CXIO_DESCS_MAX		64u
#define CXIO_DESC_MAX		(4u << 20)
#define CXIO_DESCS_BYTES_MAX	((u32)(sizeof(struct cxio_wire_descs) +	\
				       CXIO_DESCS_MAX * sizeof(struct cxio_wire_desc)))

/**
 * struct cxio_wire_done - body of DONE
 * @seq: the message that was read
 * @rkey: key invalidated by this very SEND, or zero
 * @reserved: zero
 */
struct cxio_wire_done {
	__le64 seq;
	__le32 rkey;
	__le32 reserved;
} __packed;

/**
 * struct cxio_wire_revoked - body of REVOKED
 * @seq: the message that does not come
 */
struct cxio_wire_revoked {
	__le64 seq;
} __packed;

/* Ceph's connect is 33 bytes, its reply 26; the greeting follows at once. */
#define CXIO_CONNECT_BODY	(33u + (u32)sizeof(struct cxio_wire_greeting))
#define CXIO_REPLY_BODY		(26u + (u32)sizeof(struct cxio_wire_greeting))

#define CXIO_FRAME_HEADER	((u32)sizeof(struct cxio_wire_frame))

/* A peer may offer no less and no more than these. */
#define CXIO_RECV_SIZE_MIN	512u
#define CXIO_RECV_SIZE_MAX	(1u << 20)
#define CXIO_RECV_DEPTH_MIN	8u
#define CXIO_RECV_DEPTH_MAX	16384u
#define CXIO_WINDOW_MSGS_MIN	1u
#define CXIO_WINDOW_MSGS_MAX	(1u << 20)
#define CXIO_WINDOW_BYTES_MIN	4096u
#define CXIO_WINDOW_BYTES_MAX	(1u << 30)

/**
 * struct cxio_wire_field - one row of the layout tables
 * @structure: name of the structure, without "struct cxio_wire_"
 * @name: name of the member
 * @offset: bytes from the structure's first
 * @size: bytes
 */
struct cxio_wire_field {
	const char *structure;
	const char *name;
	u16 offset;
	u16 size;
};

const struct cxio_wire_field *cxio_wire_fields(u32 *count);
const char *cxio_frame_type_text(u32 type);

/**
 * struct cxio_frame - a frame header in the machine's own integers
 * @type: enum cxio_frame_type
 * @flags: CXIO_FRAME_LAST or 0
 * @body_len: bytes after the header
 * @ack: see struct cxio_wire_frame, as the rest
 * @grant_frames: frames
 * @grant_msgs: messages
 * @grant_bytes: bytes
 */
struct cxio_frame {
	u8 type;
	u8 flags;
	u32 body_len;
	u32 ack;
	u32 grant_frames;
	u32 grant_msgs;
	u32 grant_bytes;
};

void cxio_frame_encode(const struct cxio_frame *f, void *buf);
enum cxio_fault cxio_frame_decode(const void *buf, u32 len, struct cxio_frame *f);
bool cxio_frame_is_message(u32 type);

#endif /* CXIO_WIRE_H */
