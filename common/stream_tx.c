// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Bytes out: what is due, and all of it but payload.
 */
#include "sign.h"
#include "stream.h"

/**
 * cxio_stream_banner() - write the beginning of a stream
 * @own: our address
 * @peer: server: the client's, as we see it; client: NULL
 * @buf: CXIO_BANNER_LEN and CXIO_ADDR_LEGACY_LEN bytes for each address
 *
 * Context: any. Return: bytes.
 */
u32 cxio_stream_banner(const struct cxio_addr *own, const struct cxio_addr *peer, void *buf)
{
	u8 *at = buf;

	cxio_banner_encode(at);
	cxio_addr_legacy_encode(own, at + CXIO_BANNER_LEN);
	if (!peer)
		return CXIO_BANNER_LEN + CXIO_ADDR_LEGACY_LEN;
	cxio_addr_legacy_encode(peer, at + CXIO_BANNER_LEN + CXIO_ADDR_LEGACY_LEN);
	return CXIO_BANNER_LEN + 2 * CXIO_ADDR_LEGACY_LEN;
}

static bool owes_ack(const struct cxio_stream *s)
{
	return s->ack_due != CXIO_NEVER && s->session->in_seq > s->told;
}

/* CLOSE is last: it goes when nothing is queued, or nobody takes it any more. */
static bool closes(const struct cxio_stream *s, bool queued)
{
	return s->close_due && !s->close_sent && (s->close_now || !queued);
}

/**
 * cxio_stream_next() - what is to be sent?
 * @s: the stream
 * @queued: a message waits to be begun
 * @now: time
 *
 * Return: what.
 */
enum cxio_stream_tx cxio_stream_next(const struct cxio_stream *s, bool queued, u64 now)
{
	if (!cxio_stream_flows(s) || s->close_sent)
		return CXIO_STREAM_TX_NOTHING;
	if (s->keepalive.echo || s->keepalive.ask || closes(s, queued))
		return CXIO_STREAM_TX_CONTROL;
	/* With a message an ack costs nothing. */
	if (owes_ack(s) && (queued || now >= s->ack_due))
		return CXIO_STREAM_TX_CONTROL;
	return queued ? CXIO_STREAM_TX_MESSAGE : CXIO_STREAM_TX_NOTHING;
}

static u8 *put_stamp(struct cxio_stream *s, u8 *at, u8 tag, const struct cxio_wire_stamp *stamp)
{
	*at++ = tag;
	memcpy(at, stamp, sizeof(*stamp));
	s->stats.tags_sent++;
	return at + sizeof(*stamp);
}

static u8 *put_keepalives(struct cxio_stream *s, u8 *at, u64 now)
{
	struct cxio_wire_stamp stamp;

	if (s->keepalive.echo) {
		cxio_keepalive_echo(&s->keepalive, &stamp);
		at = put_stamp(s, at, CXIO_TAG_KEEPALIVE2_ACK, &stamp);
	}
	if (s->keepalive.ask) {
		cxio_keepalive_ask(&s->keepalive, now, &stamp);
		s->asking = true;
		s->session->asked = false;
		if (s->keepalive2) {
			at = put_stamp(s, at, CXIO_TAG_KEEPALIVE2, &stamp);
		} else {
			*at++ = CXIO_TAG_KEEPALIVE;
			s->stats.tags_sent++;
		}
	}
	return at;
}

/**
 * cxio_stream_control() - make all that is due beside messages
 * @s: the stream; CXIO_STREAM_TX_CONTROL is due
 * @queued: as for cxio_stream_next()
 * @buf: CXIO_STREAM_CONTROL bytes
 * @now: time
 *
 * Return: bytes.
 */
u32 cxio_stream_control(struct cxio_stream *s, bool queued, void *buf, u64 now)
{
	u8 *first = buf, *at = put_keepalives(s, first, now);

	static_assert(2 * (1 + sizeof(struct cxio_wire_stamp)) + 1 + CXIO_ACK_LEN + 1 <=
		      CXIO_STREAM_CONTROL, "room for all of them");
	if (owes_ack(s)) {
		*at++ = CXIO_TAG_ACK;
		s->told = s->session->in_seq;
		cxio_ack_encode(s->told, at);
		at += CXIO_ACK_LEN;
		s->ack_due = CXIO_NEVER;
		s->ack_msgs = 0;
		s->ack_bytes = 0;
		s->stats.tags_sent++;
		s->stats.acks_sent++;
	}
	if (closes(s, queued)) {
		*at++ = CXIO_TAG_CLOSE;
		s->close_sent = true;
		s->stats.tags_sent++;
	}
	return (u32)(at - first);
}

/**
 * cxio_stream_msg_begin() - make what stands before a message's payload
 * @s: the stream; CXIO_STREAM_TX_MESSAGE is due
 * @h: the header; gets its number if it has none
 * @buf: CXIO_STREAM_HEAD bytes
 *
 * When its last byte is on its way the owner tells cxio_session_sent_upto().
 */
void cxio_stream_msg_begin(struct cxio_stream *s, struct cxio_msg_header *h, void *buf)
{
	u8 *at = buf;

	h->seq = cxio_session_begin(s->session, h->seq);
	*at++ = CXIO_TAG_MSG;
	cxio_msg_header_encode(h, at);
	s->stats.tags_sent++;
	s->stats.msgs_sent++;
	s->stats.bytes_sent += cxio_msg_payload(h);
}

/**
 * cxio_stream_msg_footer() - fill a message's footer
 * @s: the stream
 * @crc: of its segments
 * @data_crc: the data's is among them
 * @f: filled, but for the signature if there is to be one
 *
 * Return: the fault if it cannot be signed as it is.
 */
enum cxio_fault cxio_stream_msg_footer(struct cxio_stream *s, const u32 *crc, bool data_crc,
				       struct cxio_msg_footer *f)
{
	memset(f, 0, sizeof(*f));
	memcpy(f->crc, crc, sizeof(f->crc));
	f->flags = CXIO_FOOTER_COMPLETE;
	if (!data_crc) {
		f->crc[CXIO_DATA] = 0;
		f->flags |= CXIO_FOOTER_NOCRC;
	}
	return s->signing ? cxio_sign_prepare(f) : CXIO_FAULT_NONE;
}
