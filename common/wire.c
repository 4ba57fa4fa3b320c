// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Layout tables and frame headers.
 */
#include "wire.h"
#include "msgr1.h"

/* Every size and offset is asserted; the table below is what is hashed and documented. */
#define AT(s, m, off, size)						\
	static_assert(offsetof(struct s, m) == (off) &&			\
		      sizeof(((struct s *)0)->m) == (size), #s "." #m)

AT(cxio_wire_hello, magic, 0, 4);
AT(cxio_wire_hello, length, 4, 1);
AT(cxio_wire_hello, version_min, 5, 1);
AT(cxio_wire_hello, version_max, 6, 1);
AT(cxio_wire_hello, reserved0, 7, 1);
AT(cxio_wire_hello, layout, 8, 4);
AT(cxio_wire_hello, recv_size, 12, 4);
AT(cxio_wire_hello, supported, 16, 8);
AT(cxio_wire_hello, required, 24, 8);
AT(cxio_wire_hello, recv_depth, 32, 2);
AT(cxio_wire_hello, read_depth, 34, 1);
AT(cxio_wire_hello, reserved1, 35, 1);
AT(cxio_wire_hello, window_msgs, 36, 4);
AT(cxio_wire_hello, window_bytes, 40, 4);
static_assert(sizeof(struct cxio_wire_hello) == 44, "hello");
static_assert(sizeof(struct cxio_wire_hello) <= CXIO_PRIVATE_DATA_MAX, "hello fits a REQ");

AT(cxio_wire_refusal, magic, 0, 4);
AT(cxio_wire_refusal, length, 4, 1);
AT(cxio_wire_refusal, version_min, 5, 1);
AT(cxio_wire_refusal, version_max, 6, 1);
AT(cxio_wire_refusal, reserved0, 7, 1);
AT(cxio_wire_refusal, layout, 8, 4);
AT(cxio_wire_refusal, reason, 12, 2);
AT(cxio_wire_refusal, reserved1, 14, 2);
static_assert(sizeof(struct cxio_wire_refusal) == 16, "refusal");

AT(cxio_wire_frame, type, 0, 1);
AT(cxio_wire_frame, flags, 1, 1);
AT(cxio_wire_frame, reserved, 2, 2);
AT(cxio_wire_frame, body_len, 4, 4);
AT(cxio_wire_frame, ack, 8, 4);
AT(cxio_wire_frame, grant_frames, 12, 4);
AT(cxio_wire_frame, grant_msgs, 16, 4);
AT(cxio_wire_frame, grant_bytes, 20, 4);
AT(cxio_wire_frame, crc, 24, 4);
static_assert(sizeof(struct cxio_wire_frame) == 28, "frame");

AT(cxio_wire_stamp, sec, 0, 4);
AT(cxio_wire_stamp, nsec, 4, 4);
static_assert(sizeof(struct cxio_wire_stamp) == 8, "stamp");

AT(cxio_wire_close, reason, 0, 2);
AT(cxio_wire_close, reserved, 2, 2);
static_assert(sizeof(struct cxio_wire_close) == 4, "close");

AT(cxio_wire_greeting, own_cookie, 0, 8);
AT(cxio_wire_greeting, peer_cookie, 8, 8);
AT(cxio_wire_greeting, in_seq, 16, 8);
AT(cxio_wire_greeting, own, 24, 24);
AT(cxio_wire_greeting, target, 48, 24);
static_assert(sizeof(struct cxio_wire_greeting) == 72, "greeting");

AT(cxio_wire_descs, count, 0, 1);
AT(cxio_wire_descs, segments, 1, 1);
AT(cxio_wire_descs, reserved, 2, 2);
AT(cxio_wire_descs, crc, 4, 4);
static_assert(sizeof(struct cxio_wire_descs) == 8, "descriptors");

AT(cxio_wire_desc, addr, 0, 8);
AT(cxio_wire_desc, rkey, 8, 4);
AT(cxio_wire_desc, length, 12, 4);
AT(cxio_wire_desc, segment, 16, 1);
AT(cxio_wire_desc, flags, 17, 1);
AT(cxio_wire_desc, reserved, 18, 2);
static_assert(sizeof(struct cxio_wire_desc) == 20, "descriptor");

AT(cxio_wire_done, seq, 0, 8);
AT(cxio_wire_done, rkey, 8, 4);
AT(cxio_wire_done, reserved, 12, 4);
static_assert(sizeof(struct cxio_wire_done) == 16, "done");

AT(cxio_wire_revoked, seq, 0, 8);
static_assert(sizeof(struct cxio_wire_revoked) == 8, "revoked");

AT(cxio_wire_msg_header, seq, 0, 8);
AT(cxio_wire_msg_header, tid, 8, 8);
AT(cxio_wire_msg_header, type, 16, 2);
AT(cxio_wire_msg_header, priority, 18, 2);
AT(cxio_wire_msg_header, version, 20, 2);
AT(cxio_wire_msg_header, front_len, 22, 4);
AT(cxio_wire_msg_header, middle_len, 26, 4);
AT(cxio_wire_msg_header, data_len, 30, 4);
AT(cxio_wire_msg_header, data_off, 34, 2);
AT(cxio_wire_msg_header, src_type, 36, 1);
AT(cxio_wire_msg_header, src_num, 37, 8);
AT(cxio_wire_msg_header, compat_version, 45, 2);
AT(cxio_wire_msg_header, reserved, 47, 2);
AT(cxio_wire_msg_header, crc, 49, 4);
static_assert(sizeof(struct cxio_wire_msg_header) == 53, "message header");

AT(cxio_wire_msg_footer, front_crc, 0, 4);
AT(cxio_wire_msg_footer, middle_crc, 4, 4);
AT(cxio_wire_msg_footer, data_crc, 8, 4);
AT(cxio_wire_msg_footer, sig, 12, 8);
AT(cxio_wire_msg_footer, flags, 20, 1);
static_assert(sizeof(struct cxio_wire_msg_footer) == 21, "message footer");

/* A message header is never cut, nor what says how much follows it. */
static_assert(sizeof(struct cxio_wire_frame) + sizeof(struct cxio_wire_msg_header) +
	      sizeof(struct cxio_wire_descs) + sizeof(struct cxio_wire_msg_footer) <
	      CXIO_RECV_SIZE_MIN, "smallest frame");

#define ROW(s, m) { #s, #m, (u16)offsetof(struct cxio_wire_##s, m),	\
		    (u16)sizeof(((struct cxio_wire_##s *)0)->m) }

static const struct cxio_wire_field fields[] = {
	ROW(hello, magic), ROW(hello, length), ROW(hello, version_min),
	ROW(hello, version_max), ROW(hello, reserved0), ROW(hello, layout),
	ROW(hello, recv_size), ROW(hello, supported), ROW(hello, required),
	ROW(hello, recv_depth), ROW(hello, read_depth), ROW(hello, reserved1),
	ROW(hello, window_msgs), ROW(hello, window_bytes),
	ROW(refusal, magic), ROW(refusal, length), ROW(refusal, version_min),
	ROW(refusal, version_max), ROW(refusal, reserved0), ROW(refusal, layout),
	ROW(refusal, reason), ROW(refusal, reserved1),
	ROW(frame, type), ROW(frame, flags), ROW(frame, reserved),
	ROW(frame, body_len), ROW(frame, ack), ROW(frame, grant_frames),
	ROW(frame, grant_msgs), ROW(frame, grant_bytes), ROW(frame, crc),
	ROW(stamp, sec), ROW(stamp, nsec),
	ROW(close, reason), ROW(close, reserved),
	ROW(greeting, own_cookie), ROW(greeting, peer_cookie), ROW(greeting, in_seq),
	ROW(greeting, own), ROW(greeting, target),
	ROW(descs, count), ROW(descs, segments), ROW(descs, reserved), ROW(descs, crc),
	ROW(desc, addr), ROW(desc, rkey), ROW(desc, length), ROW(desc, segment),
	ROW(desc, flags), ROW(desc, reserved),
	ROW(done, seq), ROW(done, rkey), ROW(done, reserved),
	ROW(revoked, seq),
	ROW(msg_header, seq), ROW(msg_header, tid), ROW(msg_header, type),
	ROW(msg_header, priority), ROW(msg_header, version),
	ROW(msg_header, front_len), ROW(msg_header, middle_len),
	ROW(msg_header, data_len), ROW(msg_header, data_off),
	ROW(msg_header, src_type), ROW(msg_header, src_num),
	ROW(msg_header, compat_version), ROW(msg_header, reserved),
	ROW(msg_header, crc),
	ROW(msg_footer, front_crc), ROW(msg_footer, middle_crc),
	ROW(msg_footer, data_crc), ROW(msg_footer, sig), ROW(msg_footer, flags),
};

/**
 * cxio_wire_fields() - the layout tables
 * @count: number of rows
 *
 * Context: any. Return: the rows, structure by structure, in wire order.
 */
const struct cxio_wire_field *cxio_wire_fields(u32 *count)
{
	*count = (u32)ARRAY_SIZE(fields);
	return fields;
}

/**
 * cxio_frame_type_text() - a frame type's name
 * @type: any number, also one read from the wire
 *
 * Context: any. Return: a constant string, never NULL.
 */
const char *cxio_frame_type_text(u32 type)
{
	static const char *const names[CXIO_FRAME_TYPE_END] = {
		[CXIO_FRAME_MESSAGE] = "message",
		[CXIO_FRAME_MORE] = "more",
		[CXIO_FRAME_GRANT] = "grant",
		[CXIO_FRAME_KEEPALIVE] = "keepalive",
		[CXIO_FRAME_KEEPALIVE_ACK] = "keepalive-ack",
		[CXIO_FRAME_CLOSE] = "close",
		[CXIO_FRAME_CONNECT] = "connect",
		[CXIO_FRAME_REPLY] = "reply",
		[CXIO_FRAME_AUTHORIZER] = "authorizer",
		[CXIO_FRAME_DONE] = "done",
		[CXIO_FRAME_REVOKED] = "revoked",
	};

	if (type >= CXIO_FRAME_TYPE_END || !names[type])
		return "unknown";
	return names[type];
}

/**
 * cxio_frame_is_message() - does a frame carry message bytes?
 * @type: enum cxio_frame_type
 *
 * Context: any. Return: true for MESSAGE and MORE, false for control frames.
 */
bool cxio_frame_is_message(u32 type)
{
	return type == CXIO_FRAME_MESSAGE || type == CXIO_FRAME_MORE;
}

/* Message payload has Ceph's own CRCs; a control frame's body has only this one. */
static u32 frame_crc(const u8 *buf, u32 type, u32 body_len)
{
	u32 crc = cxio_crc32c(0, buf, (u32)offsetof(struct cxio_wire_frame, crc));

	if (!cxio_frame_is_message(type))
		crc = cxio_crc32c(crc, buf + CXIO_FRAME_HEADER, body_len);
	return crc;
}

/**
 * cxio_frame_encode() - write a frame header
 * @f: the fields
 * @buf: the frame; its body must be in place already, the CRC may cover it
 *
 * Context: any.
 */
void cxio_frame_encode(const struct cxio_frame *f, void *buf)
{
	struct cxio_wire_frame *w = buf;

	w->type = f->type;
	w->flags = f->flags;
	w->reserved = cpu_to_le16(0);
	w->body_len = cpu_to_le32(f->body_len);
	w->ack = cpu_to_le32(f->ack);
	w->grant_frames = cpu_to_le32(f->grant_frames);
	w->grant_msgs = cpu_to_le32(f->grant_msgs);
	w->grant_bytes = cpu_to_le32(f->grant_bytes);
	w->crc = cpu_to_le32(frame_crc(buf, f->type, f->body_len));
}

/**
 * struct rule - what a type allows
 * @flags: which flags
 * @body: bytes of the body, if @fixed, else the least
 * @fixed: no other length
 */
struct rule {
	u8 flags;
	bool fixed;
	u16 body;
};

static const struct rule rules[CXIO_FRAME_TYPE_END] = {
	[CXIO_FRAME_MESSAGE] = { .flags = CXIO_FRAME_LAST | CXIO_FRAME_DESCS | CXIO_FRAME_WRITTEN },
	[CXIO_FRAME_MORE] = { .flags = CXIO_FRAME_LAST },
	[CXIO_FRAME_GRANT] = { .fixed = true, .body = 0 },
	[CXIO_FRAME_KEEPALIVE] = { .fixed = true, .body = sizeof(struct cxio_wire_stamp) },
	[CXIO_FRAME_KEEPALIVE_ACK] = { .fixed = true, .body = sizeof(struct cxio_wire_stamp) },
	[CXIO_FRAME_CLOSE] = { .fixed = true, .body = sizeof(struct cxio_wire_close) },
	[CXIO_FRAME_CONNECT] = { .flags = CXIO_FRAME_LAST, .body = CXIO_CONNECT_BODY },
	[CXIO_FRAME_REPLY] = { .flags = CXIO_FRAME_LAST, .body = CXIO_REPLY_BODY },
	[CXIO_FRAME_AUTHORIZER] = { .flags = CXIO_FRAME_LAST, .body = 1 },
	[CXIO_FRAME_DONE] = { .fixed = true, .body = sizeof(struct cxio_wire_done) },
	[CXIO_FRAME_REVOKED] = { .fixed = true, .body = sizeof(struct cxio_wire_revoked) },
};

/**
 * cxio_frame_decode() - read and check a frame header
 * @buf: the bytes of one SEND
 * @len: how many of them; I1: nothing beyond is read
 * @f: the fields, valid when the result is CXIO_FAULT_NONE
 *
 * Checks all that can be said of a frame by itself: its length, CRC, type,
 * flags, reserved bits, and that the body has a length its type may have.
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_frame_decode(const void *buf, u32 len, struct cxio_frame *f)
{
	const struct cxio_wire_frame *w = buf;

	if (len < CXIO_FRAME_HEADER)
		return CXIO_FAULT_FRAME_SHORT;
	f->type = w->type;
	f->flags = w->flags;
	f->body_len = le32_to_cpu(w->body_len);
	f->ack = le32_to_cpu(w->ack);
	f->grant_frames = le32_to_cpu(w->grant_frames);
	f->grant_msgs = le32_to_cpu(w->grant_msgs);
	f->grant_bytes = le32_to_cpu(w->grant_bytes);

	/* The CRC needs a length of its own: that of the SEND, not the claimed one. */
	if (le32_to_cpu(w->crc) != frame_crc(buf, f->type, len - CXIO_FRAME_HEADER))
		return CXIO_FAULT_FRAME_CRC;
	if (f->type == 0 || f->type >= CXIO_FRAME_TYPE_END)
		return CXIO_FAULT_FRAME_TYPE;
	if (f->flags & ~rules[f->type].flags)
		return CXIO_FAULT_FRAME_FLAGS;
	if (le16_to_cpu(w->reserved))
		return CXIO_FAULT_FRAME_RESERVED;
	if (f->body_len != len - CXIO_FRAME_HEADER)
		return CXIO_FAULT_FRAME_LENGTH;
	if (f->body_len < rules[f->type].body ||
	    (rules[f->type].fixed && f->body_len != rules[f->type].body))
		return CXIO_FAULT_FRAME_BODY;
	return CXIO_FAULT_NONE;
}
