/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ceph's own structures, as its messenger v1 lays them out: the header in front
 * of every message and the footer behind it, which our frames carry unchanged; and
 * what only a byte stream to Ceph has: the banner, the request for a session and its
 * answer, tags.
 */
#ifndef CXIO_MSGR1_H
#define CXIO_MSGR1_H

#include "addr.h"
#include "wire.h"

/**
 * struct cxio_wire_msg_header - Ceph's message header, 53 bytes
 * @seq: sequence number in this direction of the session, from 1
 * @tid: transaction; a reply repeats its request's
 * @type: message type
 * @priority: 63 low, 127 default, 196 high, 255 highest
 * @version: version of the payload's encoding
 * @front_len: bytes
 * @middle_len: bytes
 * @data_len: bytes
 * @data_off: offset of the data in the sender's page
 * @src_type: kind of the sender: 1 mon, 2 mds, 4 osd, 8 client, 16 mgr
 * @src_num: number of the sender among its kind
 * @compat_version: oldest encoding a reader must know
 * @reserved: zero
 * @crc: CRC32C, seed 0, of the 49 bytes before it
 */
struct cxio_wire_msg_header {
	__le64 seq;
	__le64 tid;
	__le16 type;
	__le16 priority;
	__le16 version;
	__le32 front_len;
	__le32 middle_len;
	__le32 data_len;
	__le16 data_off;
	u8 src_type;
	__le64 src_num;
	__le16 compat_version;
	__le16 reserved;
	__le32 crc;
} __packed;

/**
 * struct cxio_wire_msg_footer - Ceph's message footer, 21 bytes
 * @front_crc: CRC32C, seed 0, of the front
 * @middle_crc: likewise of the middle
 * @data_crc: likewise of the data; 0 with CXIO_FOOTER_NOCRC
 * @sig: signature; 0 where there is none
 * @flags: CXIO_FOOTER_*
 */
struct cxio_wire_msg_footer {
	__le32 front_crc;
	__le32 middle_crc;
	__le32 data_crc;
	__le64 sig;
	u8 flags;
} __packed;

/**
 * struct cxio_wire_old_footer - footer of peers without MSG_AUTH, 13 bytes
 * @front_crc: as in struct cxio_wire_msg_footer, like all the rest
 * @middle_crc: of the middle
 * @data_crc: of the data
 * @flags: CXIO_FOOTER_*
 */
struct cxio_wire_old_footer {
	__le32 front_crc;
	__le32 middle_crc;
	__le32 data_crc;
	u8 flags;
} __packed;

#define CXIO_FOOTER_COMPLETE	0x01
#define CXIO_FOOTER_NOCRC	0x02
#define CXIO_FOOTER_SIGNED	0x04

/**
 * struct cxio_wire_connect - a client's request for a session, 33 bytes
 * @features: as in struct cxio_connect, like all the rest
 * @host_type: kind of the sender
 * @global_seq: its count of attempts
 * @connect_seq: how often this session was connected
 * @protocol_version: version
 * @authorizer_protocol: 0, 1 none, 2 cephx
 * @authorizer_len: bytes that follow
 * @flags: CXIO_CONNECT_LOSSY
 */
struct cxio_wire_connect {
	__le64 features;
	__le32 host_type;
	__le32 global_seq;
	__le32 connect_seq;
	__le32 protocol_version;
	__le32 authorizer_protocol;
	__le32 authorizer_len;
	u8 flags;
} __packed;

/**
 * struct cxio_wire_connect_reply - a server's answer, 26 bytes
 * @tag: as in struct cxio_connect_reply, like all the rest
 * @features: feature bits
 * @global_seq: number of an attempt
 * @connect_seq: how often this session was connected
 * @protocol_version: version
 * @authorizer_len: bytes that follow
 * @flags: CXIO_CONNECT_LOSSY
 */
struct cxio_wire_connect_reply {
	u8 tag;
	__le64 features;
	__le32 global_seq;
	__le32 connect_seq;
	__le32 protocol_version;
	__le32 authorizer_len;
	u8 flags;
} __packed;

#define CXIO_MSG_HEADER		((u32)sizeof(struct cxio_wire_msg_header))
#define CXIO_MSG_FOOTER		((u32)sizeof(struct cxio_wire_msg_footer))
#define CXIO_OLD_FOOTER		((u32)sizeof(struct cxio_wire_old_footer))
#define CXIO_CONNECT_LEN	((u32)sizeof(struct cxio_wire_connect))
#define CXIO_CONNECT_REPLY_LEN	((u32)sizeof(struct cxio_wire_connect_reply))
/* Each side begins with these characters; addresses follow. */
#define CXIO_BANNER		"ceph v027"
#define CXIO_BANNER_LEN		((u32)sizeof(CXIO_BANNER) - 1)
/* The longest tickets are far below; more is not worth the memory of a stranger. */
#define CXIO_AUTHORIZER_MAX	4096u
/* A sequence number: behind ACK, and from both sides behind SEQ. */
#define CXIO_ACK_LEN		8u

/* Ceph's own limits on the parts of a message. */
#define CXIO_FRONT_MAX		(16u << 20)
#define CXIO_MIDDLE_MAX		(16u << 20)
#define CXIO_DATA_MAX		(64u << 20)

/* Ceph's numbers for kinds of peers, and for the messages our programs send. */
#define CXIO_ENTITY_MON		1
#define CXIO_ENTITY_MDS		2
#define CXIO_ENTITY_OSD		4
#define CXIO_ENTITY_CLIENT	8
#define CXIO_MSG_PING		2
#define CXIO_MSG_DATA_PING	0x602
#define CXIO_PRIO_DEFAULT	127

/**
 * enum cxio_tag - Ceph's tags: the first byte of a connect reply, and of whatever
 *	follows on a byte stream
 * @CXIO_TAG_READY: connected
 * @CXIO_TAG_RESETSESSION: the sender knows no such session
 * @CXIO_TAG_WAIT: both connect at once, and the sender's own attempt goes on
 * @CXIO_TAG_RETRY_SESSION: connect_seq is too old
 * @CXIO_TAG_RETRY_GLOBAL: global_seq is too old
 * @CXIO_TAG_CLOSE: end
 * @CXIO_TAG_MSG: a message header follows
 * @CXIO_TAG_ACK: le64 seq follows
 * @CXIO_TAG_KEEPALIVE: nothing follows
 * @CXIO_TAG_BADPROTOVER: protocol_version differs
 * @CXIO_TAG_BADAUTHORIZER: authorizer refused
 * @CXIO_TAG_FEATURES: a required feature is missing
 * @CXIO_TAG_SEQ: connected, and le64 last seq received follows, both ways
 * @CXIO_TAG_KEEPALIVE2: struct cxio_wire_stamp follows
 * @CXIO_TAG_KEEPALIVE2_ACK: the same stamp follows
 * @CXIO_TAG_CHALLENGE_AUTHORIZER: connect again, and answer this challenge
 * @CXIO_TAG_END: no tag
 */
enum cxio_tag {
	CXIO_TAG_READY = 1,
	CXIO_TAG_RESETSESSION = 2,
	CXIO_TAG_WAIT = 3,
	CXIO_TAG_RETRY_SESSION = 4,
	CXIO_TAG_RETRY_GLOBAL = 5,
	CXIO_TAG_CLOSE = 6,
	CXIO_TAG_MSG = 7,
	CXIO_TAG_ACK = 8,
	CXIO_TAG_KEEPALIVE = 9,
	CXIO_TAG_BADPROTOVER = 10,
	CXIO_TAG_BADAUTHORIZER = 11,
	CXIO_TAG_FEATURES = 12,
	CXIO_TAG_SEQ = 13,
	CXIO_TAG_KEEPALIVE2 = 14,
	CXIO_TAG_KEEPALIVE2_ACK = 15,
	CXIO_TAG_CHALLENGE_AUTHORIZER = 16,
	CXIO_TAG_END
};

/**
 * enum cxio_segment - the parts of a message that have bytes of their own
 * @CXIO_FRONT: the encoded operation
 * @CXIO_MIDDLE: rarely used second part
 * @CXIO_DATA: bulk data
 * @CXIO_SEGMENTS: how many there are
 */
enum cxio_segment {
	CXIO_FRONT,
	CXIO_MIDDLE,
	CXIO_DATA,
	CXIO_SEGMENTS
};

/**
 * struct cxio_msg_header - a message header in the machine's own integers
 * @seq: as in struct cxio_wire_msg_header, like all the rest
 * @tid: transaction
 * @type: message type
 * @priority: priority
 * @version: version
 * @len: bytes of front, middle and data (enum cxio_segment)
 * @data_off: offset
 * @src_type: kind of the sender
 * @src_num: number of the sender
 * @compat_version: oldest encoding
 */
struct cxio_msg_header {
	u64 seq;
	u64 tid;
	u16 type;
	u16 priority;
	u16 version;
	u32 len[CXIO_SEGMENTS];
	u16 data_off;
	u8 src_type;
	u64 src_num;
	u16 compat_version;
};

/**
 * struct cxio_msg_footer - a message footer in the machine's own integers
 * @crc: CRCs of front, middle and data
 * @sig: signature
 * @flags: CXIO_FOOTER_*
 */
struct cxio_msg_footer {
	u32 crc[CXIO_SEGMENTS];
	u64 sig;
	u8 flags;
};

/**
 * struct cxio_connect - a request for a session, in the machine's own integers
 * @features: feature bits the sender supports
 * @host_type: kind of the sender, as @src_type of a message
 * @global_seq: the sender's count of connection attempts, over all its sessions
 * @connect_seq: how often this session has been connected
 * @protocol_version: version of the protocol between these kinds of peers
 * @authorizer_protocol: 0, 1 none, 2 cephx
 * @authorizer_len: bytes of authorizer that follow
 * @flags: CXIO_CONNECT_LOSSY
 */
struct cxio_connect {
	u64 features;
	u32 host_type;
	u32 global_seq;
	u32 connect_seq;
	u32 protocol_version;
	u32 authorizer_protocol;
	u32 authorizer_len;
	u8 flags;
};

#define CXIO_CONNECT_LOSSY	0x01

/**
 * struct cxio_connect_reply - the answer to struct cxio_connect
 * @tag: enum cxio_tag
 * @features: with READY and SEQ what both use; with FEATURES what the sender has
 * @global_seq: with RETRY_GLOBAL the least that is not stale
 * @connect_seq: with RETRY_SESSION the one to use; with READY and SEQ the next
 * @protocol_version: the sender's
 * @authorizer_len: bytes of authorizer reply that follow
 * @flags: CXIO_CONNECT_LOSSY
 */
struct cxio_connect_reply {
	u8 tag;
	u64 features;
	u32 global_seq;
	u32 connect_seq;
	u32 protocol_version;
	u32 authorizer_len;
	u8 flags;
};

/**
 * struct cxio_stamp - a keepalive's time, in the machine's own integers
 * @sec: seconds of the asker's clock
 * @nsec: nanoseconds, below 10^9
 */
struct cxio_stamp {
	u32 sec;
	u32 nsec;
};

void cxio_msg_header_encode(const struct cxio_msg_header *h, void *buf);
enum cxio_fault cxio_msg_header_decode(const void *buf, u32 len, struct cxio_msg_header *h);

/**
 * cxio_msg_payload() - bytes of front, middle and data together
 * @h: a header
 *
 * Context: any. Return: bytes, from 0; cannot wrap.
 */
static inline u64 cxio_msg_payload(const struct cxio_msg_header *h)
{
	return (u64)h->len[CXIO_FRONT] + h->len[CXIO_MIDDLE] + h->len[CXIO_DATA];
}

void cxio_msg_footer_encode(const struct cxio_msg_footer *f, void *buf);
void cxio_msg_footer_decode(const void *buf, struct cxio_msg_footer *f);

u32 cxio_msg_footer_len(bool msg_auth);
u64 cxio_msg_stream_len(const struct cxio_msg_header *h, bool msg_auth);
u32 cxio_stream_footer_encode(const struct cxio_msg_footer *f, bool msg_auth, void *buf);
enum cxio_fault cxio_stream_footer_decode(const void *buf, u32 len, bool msg_auth,
					  struct cxio_msg_footer *f);
void cxio_banner_encode(void *buf);
enum cxio_fault cxio_banner_decode(const void *buf, u32 len);
enum cxio_fault cxio_banner_addr_check(const struct cxio_addr *dialled,
				       const struct cxio_addr *shown);
void cxio_connect_encode(const struct cxio_connect *c, void *buf);
enum cxio_fault cxio_connect_decode(const void *buf, u32 len, struct cxio_connect *c);
void cxio_connect_reply_encode(const struct cxio_connect_reply *r, void *buf);
enum cxio_fault cxio_connect_reply_decode(const void *buf, u32 len, struct cxio_connect_reply *r);
u32 cxio_ceph_protocol(u32 server_type);
const char *cxio_tag_text(u32 tag);
enum cxio_fault cxio_tag_need(u32 tag, u32 *need);
void cxio_ack_encode(u64 seq, void *buf);
enum cxio_fault cxio_ack_decode(const void *buf, u32 len, u64 *seq);
void cxio_stamp_encode(const struct cxio_stamp *t, void *buf);
enum cxio_fault cxio_stamp_decode(const void *buf, u32 len, struct cxio_stamp *t);

#endif /* CXIO_MSGR1_H */
