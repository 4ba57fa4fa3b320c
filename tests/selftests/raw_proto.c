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
	p->cookie = raw_now_ms() << 20 | 1;
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

static void put_header(struct frame *f, u64 seq, u32 data)
{
	struct cxio_msg_header m = {
		.seq = seq, .tid = seq + 1000, .type = CXIO_MSG_DATA_PING,
		.priority = CXIO_PRIO_DEFAULT, .version = 1, .compat_version = 1,
		.src_type = CXIO_ENTITY_CLIENT,
		.len = { [CXIO_FRONT] = RAW_FRONT, [CXIO_MIDDLE] = RAW_MIDDLE,
			 [CXIO_DATA] = data },
	};

	cxio_msg_header_encode(&m, f->buf + CXIO_FRAME_HEADER);
	f->len = CXIO_FRAME_HEADER + CXIO_MSG_HEADER;
}

static void put_payload(struct frame *f, u64 seq, u32 from, u32 to)
{
	for (; from < to; from++)
		f->buf[f->len++] = payload_byte(seq, from);
}

static void put_footer(struct frame *f, const u8 *payload, const u8 *data, u32 len)
{
	struct cxio_msg_footer t = { .flags = CXIO_FOOTER_COMPLETE };

	t.crc[CXIO_FRONT] = cxio_crc32c(0, payload, RAW_FRONT);
	t.crc[CXIO_MIDDLE] = cxio_crc32c(0, payload + RAW_FRONT, RAW_MIDDLE);
	t.crc[CXIO_DATA] = cxio_crc32c(0, data, len);
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
	put_header(f, seq, RAW_DATA);
	put_payload(f, seq, 0, RAW_PAYLOAD);
	put_footer(f, f->buf + f->len - RAW_PAYLOAD, f->buf + f->len - RAW_DATA, RAW_DATA);
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
	put_header(f, seq, RAW_DATA);
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

/**
 * frame_fix_descs() - make the CRC of the list of descriptors agree with it again
 * @f: a message's first frame, with the flag for descriptors
 */
void frame_fix_descs(struct frame *f)
{
	u8 *at = f->buf + CXIO_FRAME_HEADER + CXIO_MSG_HEADER;
	struct cxio_wire_descs *w = (void *)at;
	u32 len = w->count * (u32)sizeof(struct cxio_wire_desc), crc;

	crc = cxio_crc32c(0, w, (u32)offsetof(struct cxio_wire_descs, crc));
	w->crc = cpu_to_le32(cxio_crc32c(crc, w + 1, len));
}

/* --- frames of sessions --- */

/**
 * frame_greeting() - a connect or a reply, without an authorizer
 * @p: whose grants it carries
 * @f: filled
 * @type: CXIO_FRAME_CONNECT or CXIO_FRAME_REPLY
 * @g: what it says
 */
void frame_greeting(struct peer *p, struct frame *f, u8 type, const struct cxio_greeting *g)
{
	f->len = CXIO_FRAME_HEADER +
		 cxio_greeting_encode(g, type, f->buf + CXIO_FRAME_HEADER);
	seal(p, f, type, CXIO_FRAME_LAST);
}

/**
 * frame_greeting_cut() - the same with half of an authorizer; the rest is to follow
 * @p: whose grants it carries
 * @f: filled
 * @g: what it says
 */
void frame_greeting_cut(struct peer *p, struct frame *f, const struct cxio_greeting *g)
{
	u8 type = p->server ? CXIO_FRAME_REPLY : CXIO_FRAME_CONNECT;
	struct cxio_greeting cut = *g;

	if (p->server)
		cut.reply.authorizer_len = RAW_AUTHORIZER;
	else
		cut.connect.authorizer_len = RAW_AUTHORIZER;
	frame_greeting(p, f, type, &cut);
	memset(f->buf + f->len, 0xa5, RAW_AUTH_CUT);
	f->len += RAW_AUTH_CUT;
	seal(p, f, type, 0);
}

/**
 * frame_authorizer() - the rest of it
 * @p: whose grants it carries
 * @f: filled
 */
void frame_authorizer(struct peer *p, struct frame *f)
{
	f->len = CXIO_FRAME_HEADER + RAW_AUTHORIZER - RAW_AUTH_CUT;
	memset(f->buf + CXIO_FRAME_HEADER, 0x5a, f->len - CXIO_FRAME_HEADER);
	seal(p, f, CXIO_FRAME_AUTHORIZER, CXIO_FRAME_LAST);
}

/**
 * frame_revoked() - a message does not come
 * @p: whose grants it carries
 * @f: filled
 * @seq: which
 */
void frame_revoked(struct peer *p, struct frame *f, u64 seq)
{
	struct cxio_wire_revoked *w = (void *)(f->buf + CXIO_FRAME_HEADER);

	w->seq = cpu_to_le64(seq);
	f->len = CXIO_FRAME_HEADER + (u32)sizeof(*w);
	seal(p, f, CXIO_FRAME_REVOKED, 0);
}

/* --- frames of rendezvous --- */

/**
 * frame_done() - we have read a message
 * @p: whose grants it carries
 * @f: filled
 * @seq: which
 * @rkey: the key that this is said to invalidate
 */
void frame_done(struct peer *p, struct frame *f, u64 seq, u32 rkey)
{
	struct cxio_wire_done w = { .seq = cpu_to_le64(seq), .rkey = cpu_to_le32(rkey) };

	memcpy(f->buf + CXIO_FRAME_HEADER, &w, sizeof(w));
	f->len = CXIO_FRAME_HEADER + (u32)sizeof(w);
	seal(p, f, CXIO_FRAME_DONE, 0);
}

/**
 * frame_memory() - a message of RAW_LONG bytes of data that names memory
 * @p: whose grants it carries; its memory has the data, the same for every message
 * @f: filled
 * @seq: sequence number
 * @desc: the pieces
 * @count: how many
 * @segments: BIT(enum cxio_segment) of those that are to be read
 */
void frame_memory(struct peer *p, struct frame *f, u64 seq, const struct cxio_desc *desc,
		  u32 count, u8 segments)
{
	const u8 *payload;
	u32 i;

	put_header(f, seq, RAW_LONG);
	f->len += cxio_descs_encode(desc, count, segments, f->buf + f->len);
	payload = f->buf + f->len;
	put_payload(f, seq, 0, RAW_FRONT + RAW_MIDDLE);
	for (i = 0; p->raw.memory && i < RAW_LONG; i++)
		p->raw.memory[i] = payload_byte(0, i);
	put_footer(f, payload, p->raw.memory, p->raw.memory ? RAW_LONG : 0);
	seal(p, f, CXIO_FRAME_MESSAGE, CXIO_FRAME_LAST | CXIO_FRAME_DESCS);
}

/**
 * frame_rendezvous() - a message whose data is to be read, in one piece
 * @p: whose grants it carries; its memory may be shown to the other side
 * @f: filled
 * @seq: sequence number
 */
void frame_rendezvous(struct peer *p, struct frame *f, u64 seq)
{
	struct cxio_desc d = {
		.addr = (uintptr_t)p->raw.memory, .length = RAW_LONG, .segment = CXIO_DATA,
		.rkey = p->raw.shown ? p->raw.shown->rkey : 0,
	};

	frame_memory(p, f, seq, &d, 1, 1u << CXIO_DATA);
}

/**
 * frame_written() - a reply whose data is said to be in the request's sink
 * @p: whose grants it carries; the request is the last message it has received, whose
 *	frame it still has
 * @f: filled
 * @tid: of the request
 * @len: bytes of data
 */
void frame_written(struct peer *p, struct frame *f, u64 tid, u32 len)
{
	const u8 *payload = p->frame.buf + CXIO_FRAME_HEADER + CXIO_MSG_HEADER +
			    cxio_descs_size(p->descs);
	u32 front = p->got.len[CXIO_FRONT], middle = p->got.len[CXIO_MIDDLE];
	struct cxio_msg_footer t = { .flags = CXIO_FOOTER_COMPLETE };
	struct cxio_msg_header m = p->got;

	m.tid = tid;
	m.len[CXIO_DATA] = len;
	cxio_msg_header_encode(&m, f->buf + CXIO_FRAME_HEADER);
	f->len = CXIO_FRAME_HEADER + CXIO_MSG_HEADER;
	memcpy(f->buf + f->len, payload, front + middle);
	f->len += front + middle;
	t.crc[CXIO_FRONT] = cxio_crc32c(0, payload, front);
	t.crc[CXIO_MIDDLE] = cxio_crc32c(0, payload + front, middle);
	t.crc[CXIO_DATA] = cxio_crc32c(0, payload + front + middle, p->got.len[CXIO_DATA]);
	cxio_msg_footer_encode(&t, f->buf + f->len);
	f->len += CXIO_MSG_FOOTER;
	seal(p, f, CXIO_FRAME_MESSAGE, CXIO_FRAME_LAST | CXIO_FRAME_WRITTEN);
}

/**
 * frame_front_read() - a reply whose front is to be read
 * @p: whose grants it carries; the request is the last message it has received
 * @f: filled
 * @written: its data is said to be in the request's sink; else it has none
 */
void frame_front_read(struct peer *p, struct frame *f, bool written)
{
	struct cxio_desc d = { .length = RAW_FRONT, .segment = CXIO_FRONT };
	struct cxio_msg_footer t = { .flags = CXIO_FOOTER_COMPLETE };
	struct cxio_msg_header m = p->got;

	m.len[CXIO_FRONT] = RAW_FRONT;
	m.len[CXIO_MIDDLE] = 0;
	if (!written)
		m.len[CXIO_DATA] = 0;
	cxio_msg_header_encode(&m, f->buf + CXIO_FRAME_HEADER);
	f->len = CXIO_FRAME_HEADER + CXIO_MSG_HEADER;
	f->len += cxio_descs_encode(&d, 1, 1u << CXIO_FRONT, f->buf + f->len);
	cxio_msg_footer_encode(&t, f->buf + f->len);
	f->len += CXIO_MSG_FOOTER;
	seal(p, f, CXIO_FRAME_MESSAGE, CXIO_FRAME_LAST | CXIO_FRAME_DESCS |
	     (written ? CXIO_FRAME_WRITTEN : 0));
}

/* --- sessions --- */

static void address_of(const struct sockaddr *from, struct cxio_addr *a)
{
	const struct sockaddr_in6 *six = (const void *)from;
	const struct sockaddr_in *four = (const void *)from;

	memset(a, 0, sizeof(*a));
	if (from->sa_family == AF_INET) {
		a->family = CXIO_FAMILY_IPV4;
		a->port = ntohs(four->sin_port);
		memcpy(a->ip, &four->sin_addr, sizeof(four->sin_addr));
	} else {
		a->family = CXIO_FAMILY_IPV6;
		a->port = ntohs(six->sin6_port);
		memcpy(a->ip, &six->sin6_addr, sizeof(six->sin6_addr));
	}
}

/* A good reply to the connect that came in: the session is open. */
static void reply_to(const struct peer *p, struct cxio_greeting *g)
{
	const struct cxio_greeting *c = &p->theirs;

	memset(g, 0, sizeof(*g));
	g->reply.tag = CXIO_TAG_READY;
	g->reply.features = c->connect.features;
	g->reply.global_seq = 1;
	g->reply.connect_seq = c->connect.connect_seq + 1;
	g->reply.protocol_version = c->connect.protocol_version;
	g->reply.flags = c->connect.flags;
	g->cookies.own = p->cookie;
	g->cookies.peer = c->cookies.own;
	g->own = c->target;
	g->target = c->own;
}

/**
 * peer_greeting() - a good connect, to begin a session of nobody known; or a good reply
 * @p: the peer; as server it has the connect
 * @to: whom a connect means
 * @g: filled
 */
void peer_greeting(const struct peer *p, const struct sockaddr *to, struct cxio_greeting *g)
{
	if (p->server) {
		reply_to(p, g);
		return;
	}
	memset(g, 0, sizeof(*g));
	g->connect.features = CXIO_CEPH_FEATURE_RECONNECT_SEQ | CXIO_CEPH_FEATURE_MSG_AUTH;
	g->connect.host_type = CXIO_ENTITY_CLIENT;
	g->connect.protocol_version = CXIO_PROTOCOL_VERSION;
	g->connect.global_seq = 1;
	g->connect.flags = CXIO_CONNECT_LOSSY;
	g->cookies.own = p->cookie;
	address_of(to, &g->target);
}

/**
 * peer_greet() - send a connect and take in the reply
 * @p: a connected peer; @theirs is the reply
 * @g: the connect
 *
 * Return: false if there is none.
 */
bool peer_greet(struct peer *p, const struct cxio_greeting *g)
{
	struct frame f;

	frame_greeting(p, &f, CXIO_FRAME_CONNECT, g);
	if (!peer_send(p, &f))
		return false;
	switch (peer_hear(p, CXIO_FRAME_REPLY)) {
	case HEARD_FRAME:
		return true;
	case HEARD_CLOSE:
		return peer_fail(p, "no reply to a connect, but: %s",
				 cxio_fault_text(peer_reason(p)));
	default:
		return peer_fail(p, "no reply to a connect");
	}
}

/**
 * peer_open() - connect, and begin a session if that was agreed
 * @p: an initialised peer
 * @to: the address
 *
 * Return: false if that fails.
 */
bool peer_open(struct peer *p, const struct sockaddr *to)
{
	struct cxio_greeting g;

	if (!peer_connect(p, to))
		return false;
	if (!(p->agreed.features & CXIO_FEATURE_SESSION))
		return true;
	peer_greeting(p, to, &g);
	if (!peer_greet(p, &g))
		return false;
	return p->theirs.reply.tag == CXIO_TAG_READY || p->theirs.reply.tag == CXIO_TAG_SEQ ||
	       peer_fail(p, "the answer to a good connect: %s", cxio_tag_text(p->theirs.reply.tag));
}

/**
 * peer_reply() - a good reply to the connect that came in last
 * @p: the peer
 * @f: filled
 */
void peer_reply(struct peer *p, struct frame *f)
{
	struct cxio_greeting g;

	reply_to(p, &g);
	frame_greeting(p, f, CXIO_FRAME_REPLY, &g);
}

/**
 * peer_welcome() - wait for a connect, and begin the session
 * @p: a peer that was accepted
 *
 * Return: false if that fails.
 */
bool peer_welcome(struct peer *p)
{
	struct frame f;

	if (peer_hear(p, CXIO_FRAME_CONNECT) != HEARD_FRAME)
		return peer_fail(p, "the client begins no session");
	peer_reply(p, &f);
	return peer_send(p, &f);
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

/**
 * peer_send_all() - send frames at once: the other side has the last before it can do much
 *	about the first
 * @p: the peer
 * @f: the frames
 * @count: how many, 1 to RAW_SENDS
 *
 * Return: false if they could not be posted.
 */
bool peer_send_all(struct peer *p, const struct frame *f, u32 count)
{
	const void *bytes[RAW_SENDS];
	u32 len[RAW_SENDS], i;

	for (i = 0; i < count; i++) {
		bytes[i] = f[i].buf;
		len[i] = f[i].len;
	}
	if (!raw_send_all(&p->raw, bytes, len, count, p->limit_ms))
		return peer_fail(p, "sending failed");
	p->sent += count;
	return true;
}

/* A message in one frame, perhaps with memory named in it. */
static enum cxio_fault take_message(struct peer *p)
{
	const u8 *body = p->frame.buf + CXIO_FRAME_HEADER;
	u32 len = p->header.body_len;
	enum cxio_fault fault = cxio_msg_header_decode(body, len, &p->got);

	if (fault)
		return fault;
	memset(&p->carry, 0, sizeof(p->carry));
	p->descs = 0;
	p->carry.written = p->header.flags & CXIO_FRAME_WRITTEN;
	if (p->header.flags & CXIO_FRAME_DESCS) {
		body += CXIO_MSG_HEADER;
		len -= CXIO_MSG_HEADER;
		fault = cxio_descs_head(body, len, &p->carry);
		if (!fault)
			fault = cxio_descs_decode(body, len, &p->got, p->desc, &p->descs);
	}
	p->in_seq = p->got.seq;
	p->in_bytes += (u32)cxio_carry_payload(&p->carry, &p->got);
	return fault;
}

static bool take_frame(struct peer *p)
{
	enum cxio_fault fault = cxio_frame_decode(p->frame.buf, p->frame.len, &p->header);
	u8 type = p->header.type;

	if (fault)
		return peer_fail(p, "their frame: %s", cxio_fault_text(fault));
	p->heard++;
	p->credits = p->header.grant_frames;
	p->window = p->header.grant_msgs;
	if (type == CXIO_FRAME_CONNECT || type == CXIO_FRAME_REPLY)
		fault = cxio_greeting_decode(p->frame.buf + CXIO_FRAME_HEADER, p->header.body_len,
					     type, &p->theirs);
	else if (type == CXIO_FRAME_MESSAGE && p->header.flags & CXIO_FRAME_LAST)
		fault = take_message(p);
	return !fault || peer_fail(p, "their %s: %s", cxio_frame_type_text(type),
				   cxio_fault_text(fault));
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
		if (p->hear)
			p->hear(p->hear_arg, &p->frame);
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
	struct frame f;

	frame_message(p, &f, seq);
	if (!peer_send(p, &f))
		return false;
	if (peer_hear(p, CXIO_FRAME_MESSAGE) != HEARD_FRAME)
		return peer_fail(p, "no echo of a good message");
	if (p->frame.len != f.len || p->got.tid != seq + 1000 ||
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
