// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Ceph's messenger v2.1, crc mode: encode, decode, check.
 */
#include "msgr2.h"
#include "msgr1.h"

#define AT(s, m, off, size)						\
	static_assert(offsetof(struct s, m) == (off) &&			\
		      sizeof(((struct s *)0)->m) == (size), #s "." #m)

AT(cxio_wire_msgr2_banner, text, 0, 8);
AT(cxio_wire_msgr2_banner, len, 8, 2);
AT(cxio_wire_msgr2_banner, supported, 10, 8);
AT(cxio_wire_msgr2_banner, required, 18, 8);
static_assert(sizeof(struct cxio_wire_msgr2_banner) == 26, "msgr2 banner");

AT(cxio_wire_msgr2_segment, len, 0, 4);
AT(cxio_wire_msgr2_segment, align, 4, 2);
static_assert(sizeof(struct cxio_wire_msgr2_segment) == 6, "msgr2 segment");

AT(cxio_wire_msgr2_preamble, tag, 0, 1);
AT(cxio_wire_msgr2_preamble, count, 1, 1);
AT(cxio_wire_msgr2_preamble, segment, 2, 24);
AT(cxio_wire_msgr2_preamble, reserved, 26, 2);
AT(cxio_wire_msgr2_preamble, crc, 28, 4);
static_assert(sizeof(struct cxio_wire_msgr2_preamble) == 32, "msgr2 preamble");

AT(cxio_wire_msgr2_epilogue, late_status, 0, 1);
AT(cxio_wire_msgr2_epilogue, crc, 1, 12);
static_assert(sizeof(struct cxio_wire_msgr2_epilogue) == 13, "msgr2 epilogue");

AT(cxio_wire_msgr2_header, seq, 0, 8);
AT(cxio_wire_msgr2_header, tid, 8, 8);
AT(cxio_wire_msgr2_header, type, 16, 2);
AT(cxio_wire_msgr2_header, priority, 18, 2);
AT(cxio_wire_msgr2_header, version, 20, 2);
AT(cxio_wire_msgr2_header, data_pre_padding_len, 22, 4);
AT(cxio_wire_msgr2_header, data_off, 26, 2);
AT(cxio_wire_msgr2_header, ack_seq, 28, 8);
AT(cxio_wire_msgr2_header, flags, 36, 1);
AT(cxio_wire_msgr2_header, compat_version, 37, 2);
AT(cxio_wire_msgr2_header, reserved, 39, 2);
static_assert(sizeof(struct cxio_wire_msgr2_header) == 41, "msgr2 message header");

#define FEATURES_LEN	16
#define FLAGS		(CXIO_FOOTER_COMPLETE | CXIO_FOOTER_NOCRC | CXIO_FOOTER_SIGNED)

/**
 * cxio_msgr2_banner_encode() - write what a stream begins with
 * @b: the fields
 * @buf: CXIO_MSGR2_BANNER_LEN bytes
 *
 * Context: any.
 */
void cxio_msgr2_banner_encode(const struct cxio_msgr2_banner *b, void *buf)
{
	struct cxio_wire_msgr2_banner *w = buf;

	memcpy(w->text, CXIO_MSGR2_BANNER, CXIO_MSGR2_BANNER_TEXT);
	w->len = cpu_to_le16(FEATURES_LEN);
	w->supported = cpu_to_le64(b->supported);
	w->required = cpu_to_le64(b->required);
}

/**
 * cxio_msgr2_banner_decode() - read and check what a stream begins with
 * @buf: the stream's first bytes
 * @len: how many there are; I1: nothing beyond is read
 * @b: the fields, valid when the result is CXIO_FAULT_NONE
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_msgr2_banner_decode(const void *buf, u32 len, struct cxio_msgr2_banner *b)
{
	const struct cxio_wire_msgr2_banner *w = buf;

	if (len < CXIO_MSGR2_BANNER_LEN)
		return CXIO_FAULT_MSGR2_BANNER_SHORT;
	if (memcmp(w->text, CXIO_MSGR2_BANNER, CXIO_MSGR2_BANNER_TEXT) != 0)
		return CXIO_FAULT_MSGR2_BANNER_TEXT;
	if (le16_to_cpu(w->len) != FEATURES_LEN)
		return CXIO_FAULT_MSGR2_BANNER_LENGTH;
	b->supported = le64_to_cpu(w->supported);
	b->required = le64_to_cpu(w->required);
	/* Version 2.1 is spoken if both can, so a peer that cannot would speak 2.0. */
	if (!(b->supported & CXIO_MSGR2_REVISION_1) || b->required & ~CXIO_MSGR2_REVISION_1)
		return CXIO_FAULT_MSGR2_BANNER_FEATURES;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_msgr2_tag_text() - a tag's name
 * @tag: any number, also one read from the wire
 *
 * Context: any. Return: a constant string, never NULL.
 */
const char *cxio_msgr2_tag_text(u32 tag)
{
	static const char *const names[CXIO_MSGR2_TAG_END] = {
		[CXIO_MSGR2_HELLO] = "hello",
		[CXIO_MSGR2_AUTH_REQUEST] = "auth-request",
		[CXIO_MSGR2_AUTH_BAD_METHOD] = "auth-bad-method",
		[CXIO_MSGR2_AUTH_REPLY_MORE] = "auth-reply-more",
		[CXIO_MSGR2_AUTH_REQUEST_MORE] = "auth-request-more",
		[CXIO_MSGR2_AUTH_DONE] = "auth-done",
		[CXIO_MSGR2_AUTH_SIGNATURE] = "auth-signature",
		[CXIO_MSGR2_CLIENT_IDENT] = "client-ident",
		[CXIO_MSGR2_SERVER_IDENT] = "server-ident",
		[CXIO_MSGR2_IDENT_MISSING_FEATURES] = "ident-missing-features",
		[CXIO_MSGR2_SESSION_RECONNECT] = "session-reconnect",
		[CXIO_MSGR2_SESSION_RESET] = "session-reset",
		[CXIO_MSGR2_SESSION_RETRY] = "session-retry",
		[CXIO_MSGR2_SESSION_RETRY_GLOBAL] = "session-retry-global",
		[CXIO_MSGR2_SESSION_RECONNECT_OK] = "session-reconnect-ok",
		[CXIO_MSGR2_WAIT] = "wait",
		[CXIO_MSGR2_MESSAGE] = "message",
		[CXIO_MSGR2_KEEPALIVE2] = "keepalive2",
		[CXIO_MSGR2_KEEPALIVE2_ACK] = "keepalive2-ack",
		[CXIO_MSGR2_ACK] = "ack",
	};

	if (tag >= CXIO_MSGR2_TAG_END || !names[tag])
		return "unknown";
	return names[tag];
}

static u32 preamble_crc(const struct cxio_wire_msgr2_preamble *w)
{
	return cxio_crc32c(0, w, (u32)offsetof(struct cxio_wire_msgr2_preamble, crc));
}

/**
 * cxio_msgr2_preamble_encode() - write a preamble with its CRC
 * @p: the fields; lengths and alignments behind the last segment are zero
 * @buf: CXIO_MSGR2_PREAMBLE bytes
 *
 * Context: any.
 */
void cxio_msgr2_preamble_encode(const struct cxio_msgr2_preamble *p, void *buf)
{
	struct cxio_wire_msgr2_preamble *w = buf;
	u32 i;

	w->tag = p->tag;
	w->count = p->count;
	for (i = 0; i < CXIO_MSGR2_SEGMENTS; i++) {
		w->segment[i].len = cpu_to_le32(p->len[i]);
		w->segment[i].align = cpu_to_le16(p->align[i]);
	}
	w->reserved = cpu_to_le16(0);
	w->crc = cpu_to_le32(preamble_crc(w));
}

static enum cxio_fault check_lengths(const struct cxio_msgr2_preamble *p)
{
	if (p->tag != CXIO_MSGR2_MESSAGE)
		return p->len[0] > CXIO_MSGR2_CONTROL_MAX ?
			CXIO_FAULT_MSGR2_LENGTH : CXIO_FAULT_NONE;
	if (p->len[0] != CXIO_MSGR2_HEADER ||
	    p->len[1 + CXIO_FRONT] > CXIO_FRONT_MAX ||
	    p->len[1 + CXIO_MIDDLE] > CXIO_MIDDLE_MAX ||
	    p->len[1 + CXIO_DATA] > CXIO_DATA_MAX)
		return CXIO_FAULT_MSGR2_LENGTH;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_msgr2_preamble_decode() - read and check a preamble
 * @buf: bytes that begin with the preamble
 * @len: how many there are; I1: nothing beyond is read
 * @p: the fields, valid when the result is CXIO_FAULT_NONE
 *
 * Checks all that can be said before the segments come: how much memory they will
 * take, too.
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_msgr2_preamble_decode(const void *buf, u32 len,
					   struct cxio_msgr2_preamble *p)
{
	const struct cxio_wire_msgr2_preamble *w = buf;
	u32 i;

	if (len < CXIO_MSGR2_PREAMBLE)
		return CXIO_FAULT_MSGR2_SHORT;
	if (le32_to_cpu(w->crc) != preamble_crc(w))
		return CXIO_FAULT_MSGR2_CRC;
	p->tag = w->tag;
	p->count = w->count;
	if (p->tag == 0 || p->tag >= CXIO_MSGR2_TAG_END)
		return CXIO_FAULT_MSGR2_TAG;
	/* All but messages have one segment. */
	if (p->count == 0 ||
	    p->count > (p->tag == CXIO_MSGR2_MESSAGE ? CXIO_MSGR2_SEGMENTS : 1))
		return CXIO_FAULT_MSGR2_SEGMENTS;
	if (le16_to_cpu(w->reserved))
		return CXIO_FAULT_MSGR2_RESERVED;
	for (i = 0; i < CXIO_MSGR2_SEGMENTS; i++) {
		p->len[i] = le32_to_cpu(w->segment[i].len);
		p->align[i] = le16_to_cpu(w->segment[i].align);
		if (i >= p->count && (p->len[i] || p->align[i]))
			return CXIO_FAULT_MSGR2_RESERVED;
	}
	if (p->count > 1 && !p->len[p->count - 1])
		return CXIO_FAULT_MSGR2_EMPTY;
	return check_lengths(p);
}

/**
 * cxio_msgr2_first_crc_len() - how long the CRC behind segment 0 is
 * @p: the frame's preamble
 *
 * Context: any. Return: CXIO_MSGR2_CRC, or 0 if the segment is empty.
 */
u32 cxio_msgr2_first_crc_len(const struct cxio_msgr2_preamble *p)
{
	return p->len[0] ? CXIO_MSGR2_CRC : 0;
}

/**
 * cxio_msgr2_epilogue_len() - how long a frame's epilogue is
 * @p: the frame's preamble
 *
 * Context: any. Return: CXIO_MSGR2_EPILOGUE, or 0 if the frame has one segment.
 */
u32 cxio_msgr2_epilogue_len(const struct cxio_msgr2_preamble *p)
{
	return p->count > 1 ? CXIO_MSGR2_EPILOGUE : 0;
}

/**
 * cxio_msgr2_segment_off() - where a segment begins
 * @p: the frame's preamble
 * @segment: 0 to 3, or CXIO_MSGR2_SEGMENTS for the epilogue
 *
 * Context: any. Return: bytes from the frame's first; cannot wrap.
 */
u64 cxio_msgr2_segment_off(const struct cxio_msgr2_preamble *p, u32 segment)
{
	u64 off = CXIO_MSGR2_PREAMBLE;
	u32 i;

	if (segment)
		off += cxio_msgr2_first_crc_len(p);
	for (i = 0; i < segment && i < CXIO_MSGR2_SEGMENTS; i++)
		off += p->len[i];
	return off;
}

/**
 * cxio_msgr2_frame_len() - how long a frame is on the wire
 * @p: its preamble
 *
 * Context: any. Return: bytes, the preamble's included; cannot wrap.
 */
u64 cxio_msgr2_frame_len(const struct cxio_msgr2_preamble *p)
{
	return cxio_msgr2_segment_off(p, CXIO_MSGR2_SEGMENTS) + cxio_msgr2_epilogue_len(p);
}

/**
 * cxio_msgr2_crc() - a segment's CRC, piece by piece
 * @crc: of the bytes before, or 0xffffffff if these are the segment's first
 * @bytes: the piece
 * @len: its length
 *
 * Context: any. Return: the CRC with these bytes; of an empty segment, 0xffffffff.
 */
u32 cxio_msgr2_crc(u32 crc, const void *bytes, u32 len)
{
	return cxio_crc32c(crc, bytes, len);
}

/**
 * cxio_msgr2_first_crc_encode() - write the CRC behind segment 0
 * @p: the frame's preamble
 * @crc: the segment's CRC
 * @buf: cxio_msgr2_first_crc_len() bytes
 *
 * Context: any. Return: the bytes written.
 */
u32 cxio_msgr2_first_crc_encode(const struct cxio_msgr2_preamble *p, u32 crc, void *buf)
{
	__le32 w = cpu_to_le32(crc);
	u32 len = cxio_msgr2_first_crc_len(p);

	memcpy(buf, &w, len);
	return len;
}

/**
 * cxio_msgr2_first_crc_check() - compare the CRC behind segment 0
 * @p: the frame's preamble
 * @buf: the bytes behind the segment
 * @len: how many there are; I1: nothing beyond is read
 * @crc: the segment's CRC, computed
 *
 * Context: any. Return: CXIO_FAULT_NONE, or what is wrong.
 */
enum cxio_fault cxio_msgr2_first_crc_check(const struct cxio_msgr2_preamble *p, const void *buf,
					   u32 len, u32 crc)
{
	__le32 w;

	if (!cxio_msgr2_first_crc_len(p))
		return CXIO_FAULT_NONE;
	if (len < sizeof(w))
		return CXIO_FAULT_MSGR2_FRAME_SHORT;
	memcpy(&w, buf, sizeof(w));
	return le32_to_cpu(w) == crc ? CXIO_FAULT_NONE : CXIO_FAULT_MSGR2_SEGMENT_CRC;
}

/**
 * cxio_msgr2_epilogue_encode() - write a frame's epilogue
 * @p: the frame's preamble
 * @late_status: CXIO_MSGR2_COMPLETE or CXIO_MSGR2_ABORTED
 * @crc: CRC of each segment; that of segment 0 does not stand here
 * @buf: cxio_msgr2_epilogue_len() bytes
 *
 * Context: any. Return: the bytes written.
 */
u32 cxio_msgr2_epilogue_encode(const struct cxio_msgr2_preamble *p, u8 late_status,
			       const u32 crc[CXIO_MSGR2_SEGMENTS], void *buf)
{
	struct cxio_wire_msgr2_epilogue *w = buf;
	u32 i;

	if (!cxio_msgr2_epilogue_len(p))
		return 0;
	w->late_status = late_status;
	for (i = 1; i < CXIO_MSGR2_SEGMENTS; i++)
		w->crc[i - 1] = cpu_to_le32(i < p->count ? crc[i] : 0);
	return CXIO_MSGR2_EPILOGUE;
}

/**
 * cxio_msgr2_epilogue_check() - read a frame's epilogue, compare its CRCs
 * @p: the frame's preamble
 * @buf: the bytes behind the last segment
 * @len: how many there are; I1: nothing beyond is read
 * @crc: CRC of each segment, computed
 * @late_status: as it came, valid when the result is CXIO_FAULT_NONE: a frame with
 *	CXIO_MSGR2_ABORTED in CXIO_MSGR2_STATUS is well, and to be dropped
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_msgr2_epilogue_check(const struct cxio_msgr2_preamble *p, const void *buf,
					  u32 len, const u32 crc[CXIO_MSGR2_SEGMENTS],
					  u8 *late_status)
{
	const struct cxio_wire_msgr2_epilogue *w = buf;
	u32 i;

	*late_status = CXIO_MSGR2_COMPLETE;
	if (!cxio_msgr2_epilogue_len(p))
		return CXIO_FAULT_NONE;
	if (len < CXIO_MSGR2_EPILOGUE)
		return CXIO_FAULT_MSGR2_FRAME_SHORT;
	*late_status = w->late_status;
	if ((*late_status & CXIO_MSGR2_STATUS) != CXIO_MSGR2_COMPLETE &&
	    (*late_status & CXIO_MSGR2_STATUS) != CXIO_MSGR2_ABORTED)
		return CXIO_FAULT_MSGR2_LATE_STATUS;
	for (i = 1; i < CXIO_MSGR2_SEGMENTS; i++)
		if (le32_to_cpu(w->crc[i - 1]) != (i < p->count ? crc[i] : 0))
			return CXIO_FAULT_MSGR2_SEGMENT_CRC;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_msgr2_frame_check() - compare every CRC of a frame that lies in one piece
 * @p: its preamble, decoded
 * @buf: bytes that begin with the preamble
 * @len: how many there are; I1: nothing beyond is read
 * @late_status: as of cxio_msgr2_epilogue_check()
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_msgr2_frame_check(const struct cxio_msgr2_preamble *p, const void *buf,
				       u32 len, u8 *late_status)
{
	u32 crc[CXIO_MSGR2_SEGMENTS], off, end, i;
	const u8 *frame = buf;
	enum cxio_fault fault;

	if (cxio_msgr2_frame_len(p) > len)
		return CXIO_FAULT_MSGR2_FRAME_SHORT;
	/* All within @len now, so nothing below is beyond 32 bits. */
	for (i = 0; i < CXIO_MSGR2_SEGMENTS; i++) {
		off = (u32)cxio_msgr2_segment_off(p, i);
		crc[i] = cxio_msgr2_crc(~0u, frame + off, p->len[i]);
	}
	end = CXIO_MSGR2_PREAMBLE + p->len[0];
	fault = cxio_msgr2_first_crc_check(p, frame + end, len - end, crc[0]);
	if (fault)
		return fault;
	end = (u32)cxio_msgr2_segment_off(p, CXIO_MSGR2_SEGMENTS);
	return cxio_msgr2_epilogue_check(p, frame + end, len - end, crc, late_status);
}

/**
 * cxio_msgr2_header_encode() - write a message's segment 0
 * @h: the fields
 * @buf: CXIO_MSGR2_HEADER bytes
 *
 * Context: any.
 */
void cxio_msgr2_header_encode(const struct cxio_msgr2_header *h, void *buf)
{
	struct cxio_wire_msgr2_header *w = buf;

	w->seq = cpu_to_le64(h->seq);
	w->tid = cpu_to_le64(h->tid);
	w->type = cpu_to_le16(h->type);
	w->priority = cpu_to_le16(h->priority);
	w->version = cpu_to_le16(h->version);
	w->data_pre_padding_len = cpu_to_le32(h->data_pre_padding_len);
	w->data_off = cpu_to_le16(h->data_off);
	w->ack_seq = cpu_to_le64(h->ack_seq);
	w->flags = h->flags;
	w->compat_version = cpu_to_le16(h->compat_version);
	w->reserved = cpu_to_le16(0);
}

/**
 * cxio_msgr2_header_decode() - read and check a message's segment 0
 * @buf: the segment
 * @len: its length; I1: nothing beyond is read
 * @h: the fields, valid when the result is CXIO_FAULT_NONE
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_msgr2_header_decode(const void *buf, u32 len, struct cxio_msgr2_header *h)
{
	const struct cxio_wire_msgr2_header *w = buf;

	if (len < CXIO_MSGR2_HEADER)
		return CXIO_FAULT_MSGR2_HEADER_SHORT;
	h->seq = le64_to_cpu(w->seq);
	h->tid = le64_to_cpu(w->tid);
	h->type = le16_to_cpu(w->type);
	h->priority = le16_to_cpu(w->priority);
	h->version = le16_to_cpu(w->version);
	h->data_pre_padding_len = le32_to_cpu(w->data_pre_padding_len);
	h->data_off = le16_to_cpu(w->data_off);
	h->ack_seq = le64_to_cpu(w->ack_seq);
	h->flags = w->flags;
	h->compat_version = le16_to_cpu(w->compat_version);
	if (h->flags & ~FLAGS || le16_to_cpu(w->reserved))
		return CXIO_FAULT_MSGR2_HEADER_BITS;
	return CXIO_FAULT_NONE;
}
