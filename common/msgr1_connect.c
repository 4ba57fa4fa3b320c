// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a byte stream of Ceph's messenger v1 has besides messages: banner, connect and
 * its reply, tags and what follows them, both footers.
 */
#include "msgr1.h"

#define AT(s, m, off, size)						\
	static_assert(offsetof(struct s, m) == (off) &&			\
		      sizeof(((struct s *)0)->m) == (size), #s "." #m)

AT(cxio_wire_old_footer, front_crc, 0, 4);
AT(cxio_wire_old_footer, middle_crc, 4, 4);
AT(cxio_wire_old_footer, data_crc, 8, 4);
AT(cxio_wire_old_footer, flags, 12, 1);
static_assert(sizeof(struct cxio_wire_old_footer) == 13, "old footer");

AT(cxio_wire_connect, features, 0, 8);
AT(cxio_wire_connect, host_type, 8, 4);
AT(cxio_wire_connect, global_seq, 12, 4);
AT(cxio_wire_connect, connect_seq, 16, 4);
AT(cxio_wire_connect, protocol_version, 20, 4);
AT(cxio_wire_connect, authorizer_protocol, 24, 4);
AT(cxio_wire_connect, authorizer_len, 28, 4);
AT(cxio_wire_connect, flags, 32, 1);
static_assert(sizeof(struct cxio_wire_connect) == 33, "connect");

AT(cxio_wire_connect_reply, tag, 0, 1);
AT(cxio_wire_connect_reply, features, 1, 8);
AT(cxio_wire_connect_reply, global_seq, 9, 4);
AT(cxio_wire_connect_reply, connect_seq, 13, 4);
AT(cxio_wire_connect_reply, protocol_version, 17, 4);
AT(cxio_wire_connect_reply, authorizer_len, 21, 4);
AT(cxio_wire_connect_reply, flags, 25, 1);
static_assert(sizeof(struct cxio_wire_connect_reply) == 26, "connect reply");

#define FOOTER_FLAGS	(CXIO_FOOTER_COMPLETE | CXIO_FOOTER_NOCRC | CXIO_FOOTER_SIGNED)
#define NSEC_PER_SECOND	1000000000u

/**
 * cxio_msg_footer_len() - how long a footer is on a byte stream
 * @msg_auth: both sides have the feature MSG_AUTH
 *
 * Context: any. Return: CXIO_MSG_FOOTER or CXIO_OLD_FOOTER.
 */
u32 cxio_msg_footer_len(bool msg_auth)
{
	return msg_auth ? CXIO_MSG_FOOTER : CXIO_OLD_FOOTER;
}

/**
 * cxio_msg_stream_len() - what follows a message header on a byte stream
 * @h: the header
 * @msg_auth: both sides have the feature MSG_AUTH
 *
 * Context: any. Return: bytes of front, middle, data and footer; cannot wrap.
 */
u64 cxio_msg_stream_len(const struct cxio_msg_header *h, bool msg_auth)
{
	return cxio_msg_payload(h) + cxio_msg_footer_len(msg_auth);
}

/**
 * cxio_stream_footer_encode() - write a footer as both sides have agreed
 * @f: the fields; the old footer has no signature
 * @msg_auth: both sides have the feature MSG_AUTH
 * @buf: cxio_msg_footer_len() bytes
 *
 * Context: any. Return: the bytes written.
 */
u32 cxio_stream_footer_encode(const struct cxio_msg_footer *f, bool msg_auth, void *buf)
{
	struct cxio_wire_old_footer *w = buf;

	if (msg_auth) {
		cxio_msg_footer_encode(f, buf);
		return CXIO_MSG_FOOTER;
	}
	w->front_crc = cpu_to_le32(f->crc[CXIO_FRONT]);
	w->middle_crc = cpu_to_le32(f->crc[CXIO_MIDDLE]);
	w->data_crc = cpu_to_le32(f->crc[CXIO_DATA]);
	w->flags = f->flags;
	return CXIO_OLD_FOOTER;
}

/**
 * cxio_stream_footer_decode() - read a footer as both sides have agreed
 * @buf: bytes that begin with the footer
 * @len: how many there are; I1: nothing beyond is read
 * @msg_auth: both sides have the feature MSG_AUTH
 * @f: the fields, valid when the result is CXIO_FAULT_NONE; whether the message is
 *	complete, its CRCs and its signature are still to be looked at
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_stream_footer_decode(const void *buf, u32 len, bool msg_auth,
					  struct cxio_msg_footer *f)
{
	const struct cxio_wire_old_footer *w = buf;

	if (len < cxio_msg_footer_len(msg_auth))
		return CXIO_FAULT_FOOTER_SHORT;
	if (msg_auth) {
		cxio_msg_footer_decode(buf, f);
	} else {
		f->crc[CXIO_FRONT] = le32_to_cpu(w->front_crc);
		f->crc[CXIO_MIDDLE] = le32_to_cpu(w->middle_crc);
		f->crc[CXIO_DATA] = le32_to_cpu(w->data_crc);
		f->sig = 0;
		f->flags = w->flags;
	}
	if (f->flags & ~FOOTER_FLAGS)
		return CXIO_FAULT_FOOTER_FLAGS;
	/* There is no room for what this flag promises. */
	if (!msg_auth && f->flags & CXIO_FOOTER_SIGNED)
		return CXIO_FAULT_FOOTER_SIGNED;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_banner_encode() - write the characters a stream begins with
 * @buf: CXIO_BANNER_LEN bytes
 *
 * Context: any.
 */
void cxio_banner_encode(void *buf)
{
	memcpy(buf, CXIO_BANNER, CXIO_BANNER_LEN);
}

/**
 * cxio_banner_decode() - check the characters a stream begins with
 * @buf: the stream's first bytes
 * @len: how many there are; I1: nothing beyond is read
 *
 * Context: any. Return: CXIO_FAULT_NONE, or what is wrong with them.
 */
enum cxio_fault cxio_banner_decode(const void *buf, u32 len)
{
	if (len < CXIO_BANNER_LEN)
		return CXIO_FAULT_BANNER_SHORT;
	if (memcmp(buf, CXIO_BANNER, CXIO_BANNER_LEN) != 0)
		return CXIO_FAULT_BANNER_TEXT;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_banner_addr_check() - is the server the one that was dialled?
 * @dialled: what the client connected to
 * @shown: what the server says of itself behind its banner
 *
 * Context: any. Return: CXIO_FAULT_NONE or CXIO_FAULT_BANNER_ADDR.
 */
enum cxio_fault cxio_banner_addr_check(const struct cxio_addr *dialled,
				       const struct cxio_addr *shown)
{
	return cxio_addr_is_dialled(dialled, shown) ? CXIO_FAULT_NONE : CXIO_FAULT_BANNER_ADDR;
}

/**
 * cxio_connect_encode() - write a request for a session
 * @c: the fields
 * @buf: CXIO_CONNECT_LEN bytes; the authorizer follows them
 *
 * Context: any.
 */
void cxio_connect_encode(const struct cxio_connect *c, void *buf)
{
	struct cxio_wire_connect *w = buf;

	w->features = cpu_to_le64(c->features);
	w->host_type = cpu_to_le32(c->host_type);
	w->global_seq = cpu_to_le32(c->global_seq);
	w->connect_seq = cpu_to_le32(c->connect_seq);
	w->protocol_version = cpu_to_le32(c->protocol_version);
	w->authorizer_protocol = cpu_to_le32(c->authorizer_protocol);
	w->authorizer_len = cpu_to_le32(c->authorizer_len);
	w->flags = c->flags;
}

/**
 * cxio_connect_decode() - read and check a request for a session
 * @buf: bytes that begin with the request
 * @len: how many there are; I1: nothing beyond is read
 * @c: the fields, valid when the result is CXIO_FAULT_NONE
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_connect_decode(const void *buf, u32 len, struct cxio_connect *c)
{
	const struct cxio_wire_connect *w = buf;

	if (len < CXIO_CONNECT_LEN)
		return CXIO_FAULT_CONNECT_SHORT;
	c->features = le64_to_cpu(w->features);
	c->host_type = le32_to_cpu(w->host_type);
	c->global_seq = le32_to_cpu(w->global_seq);
	c->connect_seq = le32_to_cpu(w->connect_seq);
	c->protocol_version = le32_to_cpu(w->protocol_version);
	c->authorizer_protocol = le32_to_cpu(w->authorizer_protocol);
	c->authorizer_len = le32_to_cpu(w->authorizer_len);
	c->flags = w->flags;
	if (c->authorizer_len > CXIO_AUTHORIZER_MAX)
		return CXIO_FAULT_CONNECT_AUTHORIZER;
	if (c->flags & ~CXIO_CONNECT_LOSSY)
		return CXIO_FAULT_CONNECT_FLAGS;
	return CXIO_FAULT_NONE;
}

/* What a server may say to a connect. CLOSE and the tags of messages are none. */
static bool tag_answers(u32 tag)
{
	switch (tag) {
	case CXIO_TAG_READY:
	case CXIO_TAG_RESETSESSION:
	case CXIO_TAG_WAIT:
	case CXIO_TAG_RETRY_SESSION:
	case CXIO_TAG_RETRY_GLOBAL:
	case CXIO_TAG_BADPROTOVER:
	case CXIO_TAG_BADAUTHORIZER:
	case CXIO_TAG_FEATURES:
	case CXIO_TAG_SEQ:
	case CXIO_TAG_CHALLENGE_AUTHORIZER:
		return true;
	default:
		return false;
	}
}

/**
 * cxio_connect_reply_encode() - write the answer to a request for a session
 * @r: the fields
 * @buf: CXIO_CONNECT_REPLY_LEN bytes; the authorizer's answer follows them
 *
 * Context: any.
 */
void cxio_connect_reply_encode(const struct cxio_connect_reply *r, void *buf)
{
	struct cxio_wire_connect_reply *w = buf;

	w->tag = r->tag;
	w->features = cpu_to_le64(r->features);
	w->global_seq = cpu_to_le32(r->global_seq);
	w->connect_seq = cpu_to_le32(r->connect_seq);
	w->protocol_version = cpu_to_le32(r->protocol_version);
	w->authorizer_len = cpu_to_le32(r->authorizer_len);
	w->flags = r->flags;
}

/**
 * cxio_connect_reply_decode() - read and check the answer to a request for a session
 * @buf: bytes that begin with the answer
 * @len: how many there are; I1: nothing beyond is read
 * @r: the fields, valid when the result is CXIO_FAULT_NONE
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_connect_reply_decode(const void *buf, u32 len, struct cxio_connect_reply *r)
{
	const struct cxio_wire_connect_reply *w = buf;

	if (len < CXIO_CONNECT_REPLY_LEN)
		return CXIO_FAULT_REPLY_SHORT;
	r->tag = w->tag;
	r->features = le64_to_cpu(w->features);
	r->global_seq = le32_to_cpu(w->global_seq);
	r->connect_seq = le32_to_cpu(w->connect_seq);
	r->protocol_version = le32_to_cpu(w->protocol_version);
	r->authorizer_len = le32_to_cpu(w->authorizer_len);
	r->flags = w->flags;
	if (!tag_answers(r->tag))
		return CXIO_FAULT_REPLY_TAG;
	if (r->authorizer_len > CXIO_AUTHORIZER_MAX)
		return CXIO_FAULT_REPLY_AUTHORIZER;
	if (r->flags & ~CXIO_CONNECT_LOSSY)
		return CXIO_FAULT_REPLY_FLAGS;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_ceph_protocol() - version of the protocol between a client and a server
 * @server_type: kind of the one that is connected to
 *
 * Context: any. Return: Ceph's number; 0 where it has none.
 */
u32 cxio_ceph_protocol(u32 server_type)
{
	switch (server_type) {
	case CXIO_ENTITY_MON:
		return 15;
	case CXIO_ENTITY_MDS:
		return 32;
	case CXIO_ENTITY_OSD:
		return 24;
	default:
		return 0;
	}
}

/**
 * cxio_tag_text() - a tag's name
 * @tag: any number, also one read from the wire
 *
 * Context: any. Return: a constant string, never NULL.
 */
const char *cxio_tag_text(u32 tag)
{
	static const char *const names[CXIO_TAG_END] = {
		[CXIO_TAG_READY] = "ready",
		[CXIO_TAG_RESETSESSION] = "reset-session",
		[CXIO_TAG_WAIT] = "wait",
		[CXIO_TAG_RETRY_SESSION] = "retry-session",
		[CXIO_TAG_RETRY_GLOBAL] = "retry-global",
		[CXIO_TAG_CLOSE] = "close",
		[CXIO_TAG_MSG] = "message",
		[CXIO_TAG_ACK] = "ack",
		[CXIO_TAG_KEEPALIVE] = "keepalive",
		[CXIO_TAG_BADPROTOVER] = "bad-protocol-version",
		[CXIO_TAG_BADAUTHORIZER] = "bad-authorizer",
		[CXIO_TAG_FEATURES] = "features",
		[CXIO_TAG_SEQ] = "seq",
		[CXIO_TAG_KEEPALIVE2] = "keepalive2",
		[CXIO_TAG_KEEPALIVE2_ACK] = "keepalive2-ack",
		[CXIO_TAG_CHALLENGE_AUTHORIZER] = "challenge-authorizer",
	};

	if (tag >= CXIO_TAG_END || !names[tag])
		return "unknown";
	return names[tag];
}

/**
 * cxio_tag_need() - what to read behind a tag before anything can be decided
 * @tag: a byte read between two messages
 * @need: bytes, valid when the result is CXIO_FAULT_NONE: of a message its header,
 *	which says how much more (cxio_msg_stream_len())
 *
 * Context: any. Return: CXIO_FAULT_NONE or CXIO_FAULT_TAG_UNKNOWN.
 */
enum cxio_fault cxio_tag_need(u32 tag, u32 *need)
{
	switch (tag) {
	case CXIO_TAG_MSG:
		*need = CXIO_MSG_HEADER;
		return CXIO_FAULT_NONE;
	case CXIO_TAG_ACK:
		*need = CXIO_ACK_LEN;
		return CXIO_FAULT_NONE;
	case CXIO_TAG_KEEPALIVE2:
	case CXIO_TAG_KEEPALIVE2_ACK:
		*need = (u32)sizeof(struct cxio_wire_stamp);
		return CXIO_FAULT_NONE;
	case CXIO_TAG_KEEPALIVE:
	case CXIO_TAG_CLOSE:
		*need = 0;
		return CXIO_FAULT_NONE;
	default:
		return CXIO_FAULT_TAG_UNKNOWN;
	}
}

/**
 * cxio_ack_encode() - write a sequence number: of ACK, and of the exchange after SEQ
 * @seq: last message received
 * @buf: CXIO_ACK_LEN bytes
 *
 * Context: any.
 */
void cxio_ack_encode(u64 seq, void *buf)
{
	__le64 w = cpu_to_le64(seq);

	memcpy(buf, &w, sizeof(w));
}

/**
 * cxio_ack_decode() - read a sequence number: of ACK, and of the exchange after SEQ
 * @buf: bytes that begin with it
 * @len: how many there are; I1: nothing beyond is read
 * @seq: the number, valid when the result is CXIO_FAULT_NONE
 *
 * Context: any. Return: CXIO_FAULT_NONE or CXIO_FAULT_TAG_SHORT.
 */
enum cxio_fault cxio_ack_decode(const void *buf, u32 len, u64 *seq)
{
	__le64 w;

	if (len < CXIO_ACK_LEN)
		return CXIO_FAULT_TAG_SHORT;
	memcpy(&w, buf, sizeof(w));
	*seq = le64_to_cpu(w);
	return CXIO_FAULT_NONE;
}

/**
 * cxio_stamp_encode() - write the time of a keepalive or of its answer
 * @t: the time
 * @buf: sizeof(struct cxio_wire_stamp) bytes
 *
 * Context: any.
 */
void cxio_stamp_encode(const struct cxio_stamp *t, void *buf)
{
	struct cxio_wire_stamp *w = buf;

	w->sec = cpu_to_le32(t->sec);
	w->nsec = cpu_to_le32(t->nsec);
}

/**
 * cxio_stamp_decode() - read the time of a keepalive or of its answer
 * @buf: bytes that begin with it
 * @len: how many there are; I1: nothing beyond is read
 * @t: the time, valid when the result is CXIO_FAULT_NONE
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_stamp_decode(const void *buf, u32 len, struct cxio_stamp *t)
{
	const struct cxio_wire_stamp *w = buf;

	if (len < sizeof(*w))
		return CXIO_FAULT_TAG_SHORT;
	t->sec = le32_to_cpu(w->sec);
	t->nsec = le32_to_cpu(w->nsec);
	if (t->nsec >= NSEC_PER_SECOND)
		return CXIO_FAULT_STAMP_NSEC;
	return CXIO_FAULT_NONE;
}
