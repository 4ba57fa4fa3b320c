// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Bytes in: units, and what they mean in which state.
 */
#include "sign.h"
#include "stream.h"
#include "rendezvous.h"

/**
 * cxio_stream_need() - how long is the next unit?
 * @s: the stream
 *
 * Return: bytes; 0: there is none now: payload comes, or the owner is to decide.
 */
u32 cxio_stream_need(const struct cxio_stream *s)
{
	return s->need;
}

static void await(struct cxio_stream *s, enum cxio_stream_unit unit, u32 need)
{
	s->unit = unit;
	s->need = need;
}

static void heard(struct cxio_stream *s, u64 now)
{
	cxio_keepalive_heard(&s->keepalive, now);
	s->asking = false;
}

/* --- greeting --- */

static enum cxio_fault rx_banner(struct cxio_stream *s, const u8 *buf)
{
	/* A server shows its own address, and the client's as it sees it. */
	u32 count = s->active ? 2 : 1;

	await(s, CXIO_UNIT_ADDRESSES, count * CXIO_ADDR_LEGACY_LEN);
	return cxio_banner_decode(buf, CXIO_BANNER_LEN);
}

static enum cxio_fault rx_addresses(struct cxio_stream *s, const u8 *buf,
				    struct cxio_stream_event *ev)
{
	enum cxio_fault fault;

	fault = cxio_addr_legacy_decode(buf, CXIO_ADDR_LEGACY_LEN, &s->shown);
	if (!fault && s->active)
		fault = cxio_addr_legacy_decode(buf + CXIO_ADDR_LEGACY_LEN, CXIO_ADDR_LEGACY_LEN,
						&s->seen);
	ev->what = CXIO_STREAM_GREETED;
	if (s->active)
		await(s, CXIO_UNIT_NONE, 0);
	else
		await(s, CXIO_UNIT_CONNECT, CXIO_CONNECT_LEN);
	return fault;
}

/* A connect or reply is whole: the owner is to decide. */
static void greeting_whole(struct cxio_stream *s, const u8 *authorizer, u32 len,
			   struct cxio_stream_event *ev)
{
	ev->what = s->active ? CXIO_STREAM_ANSWERED : CXIO_STREAM_ASKED;
	ev->authorizer = authorizer;
	ev->authorizer_len = len;
	await(s, CXIO_UNIT_NONE, 0);
}

static enum cxio_fault rx_greeting(struct cxio_stream *s, const u8 *buf,
				   struct cxio_stream_event *ev)
{
	enum cxio_fault fault;
	u32 len;

	if (s->active) {
		fault = cxio_connect_reply_decode(buf, CXIO_CONNECT_REPLY_LEN, &s->reply);
		len = s->reply.authorizer_len;
	} else {
		/* Who asks for ever would be answered for ever. */
		if (++s->connects > CXIO_STREAM_CONNECTS)
			return CXIO_FAULT_CONNECT_TOO_MANY;
		fault = cxio_connect_decode(buf, CXIO_CONNECT_LEN, &s->connect);
		len = s->connect.authorizer_len;
	}
	if (fault)
		return fault;
	/* I1: the decoders have bounded it. */
	if (len)
		await(s, CXIO_UNIT_AUTHORIZER, len);
	else
		greeting_whole(s, NULL, 0, ev);
	return CXIO_FAULT_NONE;
}

static enum cxio_fault rx_in_seq(struct cxio_stream *s, const u8 *buf,
				 struct cxio_stream_event *ev)
{
	ev->what = CXIO_STREAM_TOLD;
	await(s, CXIO_UNIT_NONE, 0);
	return cxio_ack_decode(buf, CXIO_ACK_LEN, &ev->seq);
}

/* --- tags --- */

static void message_is_next(struct cxio_stream *s)
{
	await(s, CXIO_UNIT_TAG, 1);
}

static void rx_close(struct cxio_stream *s, struct cxio_stream_event *ev, u64 now)
{
	ev->what = CXIO_STREAM_CLOSED;
	s->peer_closed = true;
	s->close_due = true;
	s->close_now = true;
	if (!s->ending) {
		s->ending = true;
		s->fault = CXIO_FAULT_NONE;
		s->by_peer = true;
	}
	s->state = CXIO_STREAM_CLOSING;
	if (s->deadline > now + CXIO_STREAM_CLOSE_NS)
		s->deadline = now + CXIO_STREAM_CLOSE_NS;
	/* Nothing follows it. */
	await(s, CXIO_UNIT_NONE, 0);
}

static enum cxio_fault rx_tag(struct cxio_stream *s, const u8 *buf, u64 now,
			      struct cxio_stream_event *ev)
{
	enum cxio_fault fault;

	s->tag = *buf;
	fault = cxio_tag_need(s->tag, &s->need);
	if (fault)
		return fault;
	s->stats.tags_received++;
	s->unit = CXIO_UNIT_BODY;
	if (s->tag == CXIO_TAG_CLOSE)
		rx_close(s, ev, now);
	else if (!s->need)
		message_is_next(s);
	return CXIO_FAULT_NONE;
}

static void await_payload(struct cxio_stream *s)
{
	if (s->pos < cxio_msg_payload(&s->header))
		await(s, CXIO_UNIT_PAYLOAD, 0);
	else
		await(s, CXIO_UNIT_FOOTER, cxio_msg_footer_len(s->msg_auth));
}

static enum cxio_fault rx_header(struct cxio_stream *s, const u8 *buf,
				 struct cxio_stream_event *ev)
{
	enum cxio_fault fault = cxio_msg_header_decode(buf, CXIO_MSG_HEADER, &s->header);

	if (fault) {
		s->stats.crc_failures += fault == CXIO_FAULT_MSG_HEADER_CRC;
		return fault;
	}
	switch (cxio_session_order(s->session, s->header.seq)) {
	case CXIO_ORDER_NEXT:
		s->dropped = false;
		break;
	case CXIO_ORDER_DUPLICATE:
		s->dropped = true;
		break;
	default:
		return CXIO_FAULT_MSG_SEQ_GAP;
	}
	s->pos = 0;
	memset(s->crc, 0, sizeof(s->crc));
	await_payload(s);
	ev->what = CXIO_STREAM_BEGINS;
	return CXIO_FAULT_NONE;
}

static enum cxio_fault rx_ack(struct cxio_stream *s, const u8 *buf, u64 now,
			      struct cxio_stream_event *ev)
{
	enum cxio_fault fault;
	u64 seq, before = s->session->acked;

	fault = cxio_ack_decode(buf, CXIO_ACK_LEN, &seq);
	if (fault)
		return fault;
	if (cxio_session_acked(s->session, seq))
		return CXIO_FAULT_ACK_SEQ;
	if (s->session->acked != before) {
		ev->what = CXIO_STREAM_ACKED;
		cxio_stream_gets_on(s, now);
	}
	message_is_next(s);
	return CXIO_FAULT_NONE;
}

static enum cxio_fault rx_stamp(struct cxio_stream *s, const u8 *buf,
				struct cxio_stream_event *ev)
{
	struct cxio_wire_stamp stamp;

	memcpy(&stamp, buf, sizeof(stamp));
	message_is_next(s);
	if (s->tag == CXIO_TAG_KEEPALIVE2)
		return cxio_keepalive_asked(&s->keepalive, &stamp);
	ev->what = CXIO_STREAM_ECHO;
	return cxio_keepalive_echoed(&stamp, &ev->stamp_ns);
}

static enum cxio_fault rx_body(struct cxio_stream *s, const u8 *buf, u64 now,
			       struct cxio_stream_event *ev)
{
	switch (s->tag) {
	case CXIO_TAG_MSG:
		return rx_header(s, buf, ev);
	case CXIO_TAG_ACK:
		return rx_ack(s, buf, now, ev);
	default:
		return rx_stamp(s, buf, ev);
	}
}

/* --- messages --- */

/**
 * cxio_stream_payload() - payload of the message coming in that is still to come
 * @s: the stream
 *
 * Return: bytes; 0 if no payload is next.
 */
u64 cxio_stream_payload(const struct cxio_stream *s)
{
	return s->unit == CXIO_UNIT_PAYLOAD ? cxio_msg_payload(&s->header) - s->pos : 0;
}

/**
 * cxio_stream_run() - where do the next bytes of the payload belong?
 * @s: the stream; cxio_stream_payload() is not 0
 * @segment: set to the enum cxio_segment
 * @offset: set to the first byte's place in it
 *
 * Return: bytes up to the end of the segment, at least 1.
 */
u32 cxio_stream_run(const struct cxio_stream *s, u32 *segment, u32 *offset)
{
	u64 at = s->pos;
	u32 seg = 0;

	while (at >= s->header.len[seg]) {
		at -= s->header.len[seg];
		seg++;
	}
	*segment = seg;
	*offset = (u32)at;
	return s->header.len[seg] - (u32)at;
}

/**
 * cxio_stream_took() - bytes of the payload have come
 * @s: the stream
 * @buf: the bytes, as they came
 * @len: how many; no more than the run has
 * @now: time
 */
void cxio_stream_took(struct cxio_stream *s, const void *buf, u32 len, u64 now)
{
	u32 segment, offset;

	cxio_stream_run(s, &segment, &offset);
	s->crc[segment] = cxio_crc32c(s->crc[segment], buf, len);
	s->pos += len;
	heard(s, now);
	await_payload(s);
}

static enum cxio_fault check_footer(struct cxio_stream *s)
{
	enum cxio_fault fault = cxio_sign_check_flags(&s->footer, s->signing);
	u32 segment;

	for (segment = 0; segment < CXIO_SEGMENTS && !fault; segment++) {
		fault = cxio_footer_check(&s->footer, segment, s->crc[segment]);
		s->stats.crc_failures += !!fault;
	}
	return fault;
}

/**
 * cxio_stream_hurry() - others are held up by the message that has begun
 * @s: the stream
 * @now: time
 */
void cxio_stream_hurry(struct cxio_stream *s, u64 now)
{
	s->slow_at = now + CXIO_STREAM_SLOW_NS;
	s->slow_pos = s->pos + CXIO_STREAM_SLOW_BYTES;
}

/**
 * cxio_stream_dawdles() - does it come too slowly?
 * @s: the stream
 * @wanted: there are others that wait, now
 * @now: time
 *
 * Return: true if it is to be ended for that.
 */
bool cxio_stream_dawdles(struct cxio_stream *s, bool wanted, u64 now)
{
	if (now < s->slow_at)
		return false;
	if (wanted && s->pos < s->slow_pos)
		return true;
	cxio_stream_hurry(s, now);
	return false;
}

static void owe_ack(struct cxio_stream *s, u64 bytes, u64 now)
{
	/* A lossy peer keeps nothing that could be acknowledged: Ceph's does not, either. */
	if (s->session->policy.lossy)
		return;
	s->ack_msgs++;
	s->ack_bytes += bytes;
	if (s->ack_msgs >= CXIO_STREAM_ACK_MSGS || s->ack_bytes >= CXIO_STREAM_ACK_BYTES)
		s->ack_due = now;
	else if (s->ack_due == CXIO_NEVER)
		s->ack_due = now + CXIO_STREAM_ACK_NS;
}

/* Who sends one again was not told of it. */
static void duplicate(struct cxio_stream *s, u64 now)
{
	s->stats.duplicates++;
	if (s->told && s->told == s->session->in_seq)
		s->told--;
	owe_ack(s, cxio_msg_payload(&s->header), now);
}

static enum cxio_fault rx_footer(struct cxio_stream *s, const u8 *buf, u64 now,
				 struct cxio_stream_event *ev)
{
	enum cxio_fault fault;

	fault = cxio_stream_footer_decode(buf, cxio_msg_footer_len(s->msg_auth), s->msg_auth,
					  &s->footer);
	if (fault)
		return fault;
	s->slow_at = CXIO_NEVER;
	message_is_next(s);
	if (s->dropped) {
		duplicate(s, now);
		return CXIO_FAULT_NONE;
	}
	/* It was taken back while it was on its way: what of it came is anything. */
	if (!(s->footer.flags & CXIO_FOOTER_COMPLETE)) {
		/* Whoever can change a bit of it could take back what another has signed. */
		if (s->signing)
			return CXIO_FAULT_FOOTER_INCOMPLETE;
		ev->what = CXIO_STREAM_ABORTED;
		return CXIO_FAULT_NONE;
	}
	ev->what = CXIO_STREAM_WHOLE;
	return check_footer(s);
}

/**
 * cxio_stream_accept() - the message that came is its owner's, or of nobody any more
 * @s: the stream, after CXIO_STREAM_WHOLE or CXIO_STREAM_ABORTED
 * @now: time
 */
void cxio_stream_accept(struct cxio_stream *s, u64 now)
{
	u64 bytes = cxio_msg_payload(&s->header);

	cxio_session_received(s->session, s->header.seq);
	cxio_session_delivered(s->session, 0);
	s->stats.msgs_received++;
	s->stats.bytes_received += bytes;
	owe_ack(s, bytes, now);
}

/**
 * cxio_stream_rx() - take in a unit
 * @s: the stream
 * @buf: cxio_stream_need() bytes, not 0
 * @now: time
 * @ev: filled
 *
 * Return: false if it was faulty: the stream has ended.
 */
bool cxio_stream_rx(struct cxio_stream *s, const void *buf, u64 now,
		    struct cxio_stream_event *ev)
{
	enum cxio_fault fault = CXIO_FAULT_NONE;

	memset(ev, 0, sizeof(*ev));
	heard(s, now);
	switch (s->unit) {
	case CXIO_UNIT_BANNER:
		fault = rx_banner(s, buf);
		break;
	case CXIO_UNIT_ADDRESSES:
		fault = rx_addresses(s, buf, ev);
		break;
	case CXIO_UNIT_CONNECT:
	case CXIO_UNIT_REPLY:
		fault = rx_greeting(s, buf, ev);
		break;
	case CXIO_UNIT_AUTHORIZER:
		greeting_whole(s, buf, s->need, ev);
		break;
	case CXIO_UNIT_IN_SEQ:
		fault = rx_in_seq(s, buf, ev);
		break;
	case CXIO_UNIT_TAG:
		fault = rx_tag(s, buf, now, ev);
		break;
	case CXIO_UNIT_BODY:
		fault = rx_body(s, buf, now, ev);
		break;
	case CXIO_UNIT_FOOTER:
		fault = rx_footer(s, buf, now, ev);
		break;
	default:
		break;
	}
	if (fault)
		cxio_stream_end(s, fault, false);
	return !fault;
}
