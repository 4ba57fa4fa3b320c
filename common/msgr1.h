/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ceph's own structures, as its messenger v1 lays them out: the header in front
 * of every message and the footer behind it. Our frames carry them unchanged.
 */
#ifndef CXIO_MSGR1_H
#define CXIO_MSGR1_H

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

#define CXIO_FOOTER_COMPLETE	0x01
#define CXIO_FOOTER_NOCRC	0x02
#define CXIO_FOOTER_SIGNED	0x04

#define CXIO_MSG_HEADER		((u32)sizeof(struct cxio_wire_msg_header))
#define CXIO_MSG_FOOTER		((u32)sizeof(struct cxio_wire_msg_footer))

/* Ceph's own limits on the parts of a message. */
#define CXIO_FRONT_MAX		(16u << 20)
#define CXIO_MIDDLE_MAX		(16u << 20)
#define CXIO_DATA_MAX		(64u << 20)

/* Ceph's numbers for kinds of peers, and for the messages our programs send. */
#define CXIO_ENTITY_OSD		4
#define CXIO_ENTITY_CLIENT	8
#define CXIO_MSG_PING		2
#define CXIO_MSG_DATA_PING	0x602
#define CXIO_PRIO_DEFAULT	127

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

void cxio_msg_header_encode(const struct cxio_msg_header *h, void *buf);
enum cxio_fault cxio_msg_header_decode(const void *buf, u32 len, struct cxio_msg_header *h);
u64 cxio_msg_payload(const struct cxio_msg_header *h);
void cxio_msg_footer_encode(const struct cxio_msg_footer *f, void *buf);
void cxio_msg_footer_decode(const void *buf, struct cxio_msg_footer *f);

#endif /* CXIO_MSGR1_H */
