// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A peer that keeps the rules: see raw_proto.h.
 */
#include <stdarg.h>
#include <stdio.h>

#include "raw_proto.h"

/**
 * peer_init() - before connecting or accepting
 * @p: filled
 * @limit_ms: of every single wait
 */
void peer_init(struct peer *p, u32 limit_ms)
{
	memset(p, 0, sizeof(*p));
	p->limit_ms = limit_ms;
	cxio_limits_default(&p->offer);
}

/**
 * peer_fail() - note what went wrong; the first counts
 * @p: the peer
 * @format: as printf
 *
 * Return: false.
 */
bool peer_fail(struct peer *p, const char *format, ...)
{
	va_list ap;
	size_t n;

	if (p->error[0])
		return false;
	va_start(ap, format);
	vsnprintf(p->error, sizeof(p->error), format, ap);
	va_end(ap);
	n = strlen(p->error);
	if (p->raw.error[0])
		snprintf(p->error + n, sizeof(p->error) - n, " (%s)", p->raw.error);
	return false;
}

/**
 * peer_hello() - a good hello
 * @p: what we offer
 * @reply: it answers a request
 * @data: filled
 *
 * Return: bytes.
 */
u32 peer_hello(const struct peer *p, bool reply, u8 *data)
{
	struct cxio_agreed version = { .version = CXIO_WIRE_VERSION_MAX };

	return cxio_hello_encode(&p->offer, reply ? &version : NULL, (void *)data);
}

/**
 * peer_agree() - read the other side's hello
 * @p: a peer whose raw connection has the hello's bytes
 *
 * Return: false if it is no good.
 */
bool peer_agree(struct peer *p)
{
	enum cxio_fault fault;

	fault = cxio_hello_decode(&p->offer, p->raw.data, p->raw.data_len, &p->agreed);
	if (fault)
		return peer_fail(p, "their hello: %s", cxio_fault_text(fault));
	p->credits = p->agreed.peer_recv_depth;
	p->window = p->agreed.peer_window_msgs;
	return true;
}

/**
 * peer_connect() - connect with a good hello
 * @p: an initialised peer
 * @to: the address
 *
 * Return: false if that fails.
 */
bool peer_connect(struct peer *p, const struct sockaddr *to)
{
	u8 data[CXIO_PRIVATE_DATA_MAX];
	u32 len = peer_hello(p, false, data);

	if (!raw_connect(&p->raw, to, data, len, p->limit_ms))
		return peer_fail(p, "connecting with a good hello failed");
	return peer_agree(p);
}

/* --- making frames --- */

static u8 payload_byte(u64 seq, u32 i)
{
	return (u8)(seq * 31 + i * 7 + 3);
}

static void fill_frame(struct peer *p, struct cxio_frame *f, u8 type, u32 body_len)
{
	memset(f, 0, sizeof(*f));
	f->type = type;
	f->body_len = body_len;
	f->ack = (u32)p->in_seq;
	f->grant_frames = p->offer.recv_depth + (p->mute ? 0 : p->heard);
	f->grant_msgs = p->offer.window_msgs + (p->hold ? 0 : (u32)p->in_seq);
	f->grant_bytes = p->offer.window_bytes + (p->hold ? 0 : p->in_bytes);
}

/**
 * frame_control() - a good GRANT, KEEPALIVE, KEEPALIVE_ACK or CLOSE
 * @p: whose grants it carries
 * @f: filled
 * @type: enum cxio_frame_type
 */
void frame_control(struct peer *p, struct frame *f, u8 type)
{
	struct cxio_frame h;
	u32 body = 0;

	memset(f->buf, 0, CXIO_FRAME_HEADER + sizeof(struct cxio_wire_stamp));
	if (type == CXIO_FRAME_CLOSE)
		body = sizeof(struct cxio_wire_close);
	else if (type != CXIO_FRAME_GRANT)
		body = sizeof(struct cxio_wire_stamp);
	if (type == CXIO_FRAME_KEEPALIVE)
		f->buf[CXIO_FRAME_HEADER] = (u8)p->sent;
	/* The echo of the stamp that came in last. */
	if (type == CXIO_FRAME_KEEPALIVE_ACK)
		memcpy(f->buf + CXIO_FRAME_HEADER, p->frame.buf + CXIO_FRAME_HEADER, body);
	fill_frame(p, &h, type, body);
	cxio_frame_encode(&h, f->buf);
	f->len = CXIO_FRAME_HEADER + body;
}

static void put_header(struct frame *f, u64 seq)
{
	struct cxio_msg_header m = {
		.seq = seq, .tid = seq + 1000, .type = CXIO_MSG_DATA_PING,
		.priority = CXIO_PRIO_DEFAULT, .version = 1, .compat_version = 1,
		.src_type = CXIO_ENTITY_CLIENT,
		.len = { [CXIO_FRONT] = RAW_FRONT, [CXIO_MIDDLE] = RAW_MIDDLE,
			 [CXIO_DATA] = RAW_DATA },
	};

	cxio_msg_header_encode(&m, f->buf + CXIO_FRAME_HEADER);
	f->len = CXIO_FRAME_HEADER + CXIO_MSG_HEADER;
}

static void put_payload(struct frame *f, u64 seq, u32 from, u32 to)
{
	for (; from < to; from++)
		f->buf[f->len++] = payload_byte(seq, from);
}

static void put_footer(struct frame *f, const u8 *payload)
{
	struct cxio_msg_footer t = { .flags = CXIO_FOOTER_COMPLETE };

	t.crc[CXIO_FRONT] = cxio_crc32c(0, payload, RAW_FRONT);
	t.crc[CXIO_MIDDLE] = cxio_crc32c(0, payload + RAW_FRONT, RAW_MIDDLE);
	t.crc[CXIO_DATA] = cxio_crc32c(0, payload + RAW_FRONT + RAW_MIDDLE, RAW_DATA);
	cxio_msg_footer_encode(&t, f->buf + f->len);
	f->len += CXIO_MSG_FOOTER;
}

static void seal(struct peer *p, struct frame *f, u8 type, u8 flags)
{
	struct cxio_frame h;

	fill_frame(p, &h, type, f->len - CXIO_FRAME_HEADER);
	h.flags = flags;
	cxio_frame_encode(&h, f->buf);
}

/**
 * frame_message() - a whole message in one frame
 * @p: whose grants it carries
 * @f: filled
 * @seq: sequence number
 */
void frame_message(struct peer *p, struct frame *f, u64 seq)
{
	put_header(f, seq);
	put_payload(f, seq, 0, RAW_PAYLOAD);
	put_footer(f, f->buf + f->len - RAW_PAYLOAD);
	seal(p, f, CXIO_FRAME_MESSAGE, CXIO_FRAME_LAST);
}

/**
 * frame_begin() - the first frame of a message: all but the last ten bytes of payload
 * @p: whose grants it carries
 * @f: filled
 * @seq: sequence number
 */
void frame_begin(struct peer *p, struct frame *f, u64 seq)
{
	put_header(f, seq);
	put_payload(f, seq, 0, RAW_PAYLOAD - 10);
	seal(p, f, CXIO_FRAME_MESSAGE, 0);
}

/**
 * frame_more() - five more bytes of payload
 * @p: whose grants it carries
 * @f: filled
 */
void frame_more(struct peer *p, struct frame *f)
{
	f->len = CXIO_FRAME_HEADER;
	put_payload(f, 1, RAW_PAYLOAD - 10, RAW_PAYLOAD - 5);
	seal(p, f, CXIO_FRAME_MORE, 0);
}

/**
 * frame_fix() - make the CRC of the frame header agree with the bytes again
 * @f: the frame
 * @message: that of the message header, too
 * @length: body_len, too
 */
void frame_fix(struct frame *f, bool message, bool length)
{
	struct cxio_wire_msg_header *m = (void *)(f->buf + CXIO_FRAME_HEADER);
	struct cxio_wire_frame *w = (void *)f->buf;
	u32 body = f->len - CXIO_FRAME_HEADER, crc;

	if (f->len < CXIO_FRAME_HEADER)
		return;
	if (message && body >= CXIO_MSG_HEADER)
		m->crc = cpu_to_le32(cxio_crc32c(0, m, (u32)offsetof(struct cxio_wire_msg_header,
								     crc)));
	if (length)
		w->body_len = cpu_to_le32(body);
	crc = cxio_crc32c(0, w, (u32)offsetof(struct cxio_wire_frame, crc));
	if (!cxio_frame_is_message(w->type))
		crc = cxio_crc32c(crc, f->buf + CXIO_FRAME_HEADER, body);
	w->crc = cpu_to_le32(crc);
}

/* --- talking --- */

/**
 * peer_send() - send a frame, good or bad
 * @p: the peer
 * @f: the frame
 *
 * Return: false if it could not be posted.
 */
bool peer_send(struct peer *p, const struct frame *f)
{
	if (!raw_send(&p->raw, f->buf, f->len, p->limit_ms))
		return peer_fail(p, "sending failed");
	p->sent++;
	return true;
}

static bool take_frame(struct peer *p)
{
	enum cxio_fault fault = cxio_frame_decode(p->frame.buf, p->frame.len, &p->header);
	struct cxio_msg_header m;

	if (fault)
		return peer_fail(p, "their frame: %s", cxio_fault_text(fault));
	p->heard++;
	p->credits = p->header.grant_frames;
	p->window = p->header.grant_msgs;
	if (p->header.type != CXIO_FRAME_MESSAGE || !(p->header.flags & CXIO_FRAME_LAST))
		return true;
	fault = cxio_msg_header_decode(p->frame.buf + CXIO_FRAME_HEADER, p->header.body_len, &m);
	if (fault)
		return peer_fail(p, "their message: %s", cxio_fault_text(fault));
	p->in_seq = m.seq;
	p->in_bytes += (u32)cxio_msg_payload(&m);
	return true;
}

/* A keepalive is answered whatever else is waited for. */
static void answer(struct peer *p)
{
	struct frame f;

	if (p->header.type != CXIO_FRAME_KEEPALIVE || p->mute)
		return;
	frame_control(p, &f, CXIO_FRAME_KEEPALIVE_ACK);
	peer_send(p, &f);
}

/**
 * peer_hear() - wait for a frame of a type, take in all others
 * @p: the peer; @frame and @header are the frame's with HEARD_FRAME and HEARD_CLOSE
 * @type: enum cxio_frame_type; 0: any
 *
 * Return: what was heard.
 */
enum heard peer_hear(struct peer *p, u8 type)
{
	u64 deadline = raw_now_ms() + p->limit_ms;

	for (;;) {
		switch (raw_wait(&p->raw, deadline, p->frame.buf, &p->frame.len)) {
		case RAW_ENDED:
			return HEARD_END;
		case RAW_TIMEOUT:
			return HEARD_NOTHING;
		default:
			break;
		}
		if (!take_frame(p))
			return HEARD_NONSENSE;
		answer(p);
		if (p->header.type == CXIO_FRAME_CLOSE)
			return HEARD_CLOSE;
		if (!type || p->header.type == type)
			return HEARD_FRAME;
	}
}

/**
 * peer_reason() - why the other side closed
 * @p: after HEARD_CLOSE
 *
 * Return: enum cxio_fault, or a number we do not know.
 */
u16 peer_reason(const struct peer *p)
{
	const struct cxio_wire_close *c = (const void *)(p->frame.buf + CXIO_FRAME_HEADER);

	return le16_to_cpu(c->reason);
}

/**
 * peer_echo() - send a message and demand it back unchanged
 * @p: the peer
 * @seq: sequence number
 *
 * Return: false if anything else comes, or nothing.
 */
bool peer_echo(struct peer *p, u64 seq)
{
	const u32 at = CXIO_FRAME_HEADER + CXIO_MSG_HEADER;
	struct cxio_msg_header m;
	struct frame f;

	frame_message(p, &f, seq);
	if (!peer_send(p, &f))
		return false;
	if (peer_hear(p, CXIO_FRAME_MESSAGE) != HEARD_FRAME)
		return peer_fail(p, "no echo of a good message");
	cxio_msg_header_decode(p->frame.buf + CXIO_FRAME_HEADER, p->header.body_len, &m);
	if (p->frame.len != f.len || m.tid != seq + 1000 ||
	    memcmp(p->frame.buf + at, f.buf + at, f.len - at))
		return peer_fail(p, "the echo differs");
	return true;
}

/**
 * peer_end() - wait for the end of the connection
 * @p: the peer
 *
 * Return: false if it does not end in time.
 */
bool peer_end(struct peer *p)
{
	u64 deadline = raw_now_ms() + p->limit_ms;
	enum raw_event ev;

	while ((ev = raw_wait(&p->raw, deadline, p->frame.buf, &p->frame.len)) == RAW_FRAME)
		;
	return ev == RAW_ENDED || peer_fail(p, "the connection does not end");
}

/**
 * peer_close() - end in order
 * @p: the peer
 *
 * Return: false if the other side does not answer with the same.
 */
bool peer_close(struct peer *p)
{
	struct frame f;

	frame_control(p, &f, CXIO_FRAME_CLOSE);
	if (!peer_send(p, &f))
		return false;
	if (peer_hear(p, CXIO_FRAME_CLOSE) != HEARD_CLOSE)
		return peer_fail(p, "no CLOSE in answer to ours");
	if (peer_reason(p))
		return peer_fail(p, "closed with: %s", cxio_fault_text(peer_reason(p)));
	return peer_end(p);
}

/**
 * peer_drop() - end without a word
 * @p: the peer
 */
void peer_drop(struct peer *p)
{
	raw_drop(&p->raw);
}
