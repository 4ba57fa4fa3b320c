// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Bytes out: batches of what the stream says is due, over the memory it lies in.
 */
#include <errno.h>

#include "simple.h"

/* What stands around a message, and an ack before it. */
#define AROUND	(CXIO_STREAM_CONTROL + CXIO_STREAM_HEAD + CXIO_MSG_FOOTER)

static void step_on(struct cxio_connection *c, const struct cxio_xmsg *m)
{
	c->out = m->link.next == &c->queue ? NULL :
		 cxio_entry(m->link.next, struct cxio_xmsg, link);
}

static struct cxio_xmsg *next_message(const struct cxio_simple *x)
{
	const struct cxio_connection *c = x->connection;

	return c && c->carrier == x ? c->out : NULL;
}

/* --- a message --- */

static void begin_message(struct cxio_simple *x, struct cxio_xmsg *m)
{
	struct simple_tx *tx = &x->tx;

	cxio_stream_msg_begin(&x->stream, &m->header,
			      simple_pipe_make(&x->pipe, CXIO_STREAM_HEAD));
	m->begun = true;
	/* It stays until its bytes are written, whatever becomes of the connection. */
	m->keys++;
	tx->xmsg = m;
	tx->segment = CXIO_FRONT;
	tx->fragment = 0;
	tx->offset = 0;
	memset(tx->crc, 0, sizeof(tx->crc));
}

/* What of a segment is in one piece, from where we are. */
static const char *piece(const struct simple_tx *tx, size_t *len)
{
	struct cxio_message *m = tx->xmsg->message;

	if (tx->segment == CXIO_DATA) {
		if (tx->fragment == m->data_count)
			return NULL;
		*len = m->data[tx->fragment].len - tx->offset;
		return m->data[tx->fragment].base + tx->offset;
	}
	*len = tx->xmsg->header.len[tx->segment] - tx->offset;
	return *len ? m->segment[tx->segment] + tx->offset : NULL;
}

/* Return: false if the batch is full. */
static bool add_payload(struct cxio_simple *x)
{
	bool sums_data = x->messenger->options.data_crc || x->stream.signing;
	struct simple_tx *tx = &x->tx;
	const char *base;
	size_t len;

	while (tx->segment < CXIO_SEGMENTS) {
		base = piece(tx, &len);
		if (!base) {
			tx->segment++;
			tx->fragment = 0;
			tx->offset = 0;
			continue;
		}
		if (!simple_pipe_room(&x->pipe))
			return false;
		if (len > SIMPLE_CHUNK)
			len = SIMPLE_CHUNK;
		if (sums_data || tx->segment != CXIO_DATA)
			tx->crc[tx->segment] = cxio_crc32c(tx->crc[tx->segment], base, (u32)len);
		simple_pipe_add(&x->pipe, base, (u32)len);
		tx->offset += len;
		if (tx->segment == CXIO_DATA &&
		    tx->offset == tx->xmsg->message->data[tx->fragment].len) {
			tx->fragment++;
			tx->offset = 0;
		}
	}
	return true;
}

/* Return: false if it cannot be made: the carrier is ended then. */
static bool end_message(struct cxio_simple *x)
{
	struct simple_tx *tx = &x->tx;
	struct cxio_xmsg *m = tx->xmsg;
	struct cxio_msg_footer f;
	enum cxio_fault fault;

	fault = cxio_stream_msg_footer(&x->stream, tx->crc, x->messenger->options.data_crc ||
				       x->stream.signing, &f);
	if (!fault && x->stream.signing)
		fault = x->signer.ops->sign(x->signer.state, &m->header, &f);
	if (fault) {
		simple_end(x, fault, "a message cannot be signed");
		return false;
	}
	cxio_stream_footer_encode(&f, x->stream.msg_auth,
				  simple_pipe_make(&x->pipe,
						   cxio_msg_footer_len(x->stream.msg_auth)));
	tx->end[tx->ends].at = x->pipe.made;
	tx->end[tx->ends].xmsg = m;
	tx->ends++;
	tx->xmsg = NULL;
	step_on(x->connection, m);
	return true;
}

/* --- batches --- */

static bool has_room(const struct cxio_simple *x)
{
	return x->tx.ends < SIMPLE_ENDS && simple_pipe_room(&x->pipe) >= AROUND;
}

static void add_control(struct cxio_simple *x, bool queued)
{
	/* A keepalive's time is compared with that of its answer. */
	bool ask = x->stream.keepalive.ask, first = ask && !x->stream.asking;
	u64 now = ask ? cxio_portal_look_at_clock(x->portal) : x->portal->now;
	u8 made[CXIO_STREAM_CONTROL];
	u32 len = cxio_stream_control(&x->stream, queued, made, now);

	if (first)
		x->question = x->pipe.made;
	if (len)
		memcpy(simple_pipe_make(&x->pipe, len), made, len);
}

/* One more thing, if one is due and there is room. */
static bool add_next(struct cxio_simple *x)
{
	struct cxio_xmsg *m;

	if (x->tx.xmsg)
		return add_payload(x) && simple_pipe_room(&x->pipe) >= CXIO_MSG_FOOTER &&
		       x->tx.ends < SIMPLE_ENDS && end_message(x);
	if (!has_room(x))
		return false;
	m = next_message(x);
	switch (cxio_stream_next(&x->stream, m, x->portal->now)) {
	case CXIO_STREAM_TX_CONTROL:
		add_control(x, m);
		return true;
	case CXIO_STREAM_TX_MESSAGE:
		begin_message(x, m);
		return true;
	default:
		return false;
	}
}

/* The peer's TCP has the next, or will: as much as a lossy peer ever says. */
static void taken(struct cxio_simple *x, struct cxio_xmsg *m, u64 seq)
{
	struct cxio_connection *c = x->connection;

	if (x->stream.session)
		cxio_session_sent_upto(x->stream.session, seq);
	cxio_xmsg_key_died(m);
	if (!x->stream.session || !x->stream.session->policy.lossy)
		return;
	cxio_session_acked(x->stream.session, seq);
	cxio_connection_acked(c);
}

static void count_written(struct cxio_simple *x)
{
	struct simple_tx *tx = &x->tx;

	while (tx->ended < tx->ends && tx->end[tx->ended].at <= x->pipe.written) {
		struct cxio_xmsg *m = tx->end[tx->ended].xmsg;

		tx->ended++;
		taken(x, m, m->header.seq);
	}
	if (tx->ended < tx->ends)
		return;
	tx->ends = 0;
	tx->ended = 0;
}

/**
 * simple_drop_batch() - what is to be written will not be
 * @x: the carrier, which has ended
 */
void simple_drop_batch(struct cxio_simple *x)
{
	struct simple_tx *tx = &x->tx;
	struct cxio_xmsg *m = tx->xmsg;

	tx->xmsg = NULL;
	while (tx->ended < tx->ends)
		cxio_xmsg_key_died(tx->end[tx->ended++].xmsg);
	if (m)
		cxio_xmsg_key_died(m);
}

/* What the peer said before it broke off is read to its end, as there is room for it. */
static void broken(struct cxio_simple *x, int err)
{
	x->mute = true;
	if (err == ETIMEDOUT)
		simple_end(x, CXIO_FAULT_TIMEOUT, NULL);
	else if (!x->stream.paused)
		simple_receive(x);
}

static void write_batches(struct cxio_simple *x)
{
	u64 before = x->pipe.written;
	enum simple_io io;
	int err;

	while (x->stream.state != CXIO_STREAM_ENDED) {
		if (simple_pipe_idle(&x->pipe)) {
			while (add_next(x))
				;
			if (simple_pipe_idle(&x->pipe))
				return;
		}
		if (x->stream.state == CXIO_STREAM_ENDED)
			return;
		io = simple_pipe_write(&x->pipe);
		err = errno;
		count_written(x);
		if (io == SIMPLE_IO_BROKEN) {
			broken(x, err);
			return;
		}
		/* Others have their turn; there is room to go on with, then. */
		if (io != SIMPLE_IO_DONE || x->pipe.written - before >= SIMPLE_TURN)
			break;
	}
	if (x->stream.state != CXIO_STREAM_ENDED && simple_pipe_idle(&x->pipe))
		cxio_portal_post(x->portal, &x->task);
}

/**
 * simple_pump() - write what may go now
 * @x: the carrier
 */
void simple_pump(struct cxio_simple *x)
{
	if (x->to)
		return;
	if (x->stream.state > CXIO_STREAM_CONNECTING && !x->mute)
		write_batches(x);
	simple_settle(x);
}
