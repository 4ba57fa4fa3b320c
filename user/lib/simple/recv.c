// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Bytes in: units for the stream, payload straight into messages, messages to their
 * owner.
 */
#include <errno.h>

#include "simple.h"

static void lost(struct cxio_simple *x, bool broken)
{
	const struct cxio_socket *s = x->pipe.socket;

	if (broken && s->fault)
		simple_end(x, s->fault, s->why);
	else if (broken && errno == ETIMEDOUT)
		cxio_stream_end(&x->stream, CXIO_FAULT_TIMEOUT, false);
	else
		cxio_stream_lost(&x->stream);
	simple_follow(x);
}

/* Of what is to come, how much is read ahead? */
static u32 ahead_of(const struct cxio_simple *x)
{
	return cxio_msg_payload(&x->stream.header) < SIMPLE_BULK ? SIMPLE_IN : SIMPLE_IN_BULK;
}

/* Return: true if there is more to look at. */
static bool fill(struct cxio_simple *x, struct iovec *iov, u32 iovs, u32 ahead, u64 *placed)
{
	u64 n;

	/* What is left is still readable, then. */
	if (!x->turn)
		return false;
	switch (simple_pipe_fill(&x->pipe, iov, iovs, ahead, placed)) {
	case SIMPLE_IO_DONE:
		n = *placed + simple_pipe_have(&x->pipe);
		x->turn -= n < x->turn ? n : x->turn;
		return true;
	case SIMPLE_IO_WAIT:
		return false;
	case SIMPLE_IO_END:
		lost(x, false);
		return false;
	default:
		lost(x, true);
		return false;
	}
}

/* --- messages --- */

/* What of it counts, if up to @most that are lent do not. */
static u64 counts(u64 held, u64 lent, u64 most)
{
	if (lent > most)
		lent = most;
	return held > lent ? held - lent : 0;
}

static bool window_has_room(const struct cxio_simple *x, struct cxio_connection *c, u64 bytes)
{
	const struct cxio_limits *l = &x->messenger->limits;
	u64 held = counts(c->held_bytes, atomic_load(&c->lent_bytes), SIMPLE_LENT_BYTES);
	u64 msgs = counts(c->held_msgs, atomic_load(&c->lent_msgs), SIMPLE_LENT_MSGS);

	/* One may be longer than all that may be held: then it is held alone. */
	if (!msgs && !held)
		return true;
	return msgs < l->window_msgs && held <= l->window_bytes &&
	       bytes <= l->window_bytes - held;
}

static bool has_room(struct cxio_simple *x, struct cxio_connection *c, u64 bytes)
{
	if (!window_has_room(x, c, bytes)) {
		/* Any thread may send one on meanwhile: it kicks us, or we see it. */
		atomic_store(&c->wants_room, true);
		if (!window_has_room(x, c, bytes))
			return false;
	}
	return !c->throttle || cxio_throttle_pass(c->throttle, c);
}

/* It may have to wait, and the carrier may be ended. */
static void begin(struct cxio_simple *x)
{
	struct cxio_connection *c = x->connection;
	u64 bytes = cxio_msg_payload(&x->stream.header);
	struct cxio_message *m;

	/* What was used just now is in the cache, and is what malloc() gives first. */
	if (c)
		cxio_connection_reclaim(c);
	x->begin_due = c && !has_room(x, c, bytes);
	cxio_stream_pause(&x->stream, x->begin_due, x->portal->now);
	if (!c || x->begin_due)
		return;
	m = cxio_message_for(&x->stream.header, 0, c);
	if (!m) {
		simple_end(x, CXIO_FAULT_NO_MEMORY, NULL);
		return;
	}
	m->generation = c->generation;
	m->window = bytes;
	c->held_msgs++;
	c->held_bytes += bytes;
	x->in = m;
	/* It has its share of the throttle as a whole, from here on. */
	if (m->throttle)
		cxio_stream_hurry(&x->stream, x->portal->now);
}

static void whole(struct cxio_simple *x)
{
	struct cxio_message *m = x->in;
	enum cxio_fault fault = CXIO_FAULT_NONE;

	if (x->stream.signing)
		fault = x->signer.ops->check(x->signer.state, &x->stream.header,
					     &x->stream.footer);
	if (fault) {
		simple_end(x, fault, NULL);
		return;
	}
	x->in = NULL;
	cxio_stream_accept(&x->stream, x->portal->now);
	cxio_connection_deliver(x->connection, m);
}

/**
 * simple_drop_arrival() - forget what came half: it comes again, or not
 * @x: the carrier, which has ended; or its message was taken back
 */
void simple_drop_arrival(struct cxio_simple *x)
{
	if (x->in)
		cxio_message_put(x->in);
	x->in = NULL;
}

/* What was read ahead, or belongs to nobody. Return: false if there is nothing. */
static bool payload_ahead(struct cxio_simple *x)
{
	u32 segment, offset, have = simple_pipe_have(&x->pipe);
	u32 run = cxio_stream_run(&x->stream, &segment, &offset);
	struct iovec iov;
	const u8 *bytes;
	u64 placed;

	if (!have)
		return !x->in && fill(x, &iov, 0, SIMPLE_IN, &placed);
	if (run > have)
		run = have;
	bytes = simple_pipe_take(&x->pipe, run);
	if (x->in)
		memcpy(cxio_message_bytes(x->in, segment) + offset, bytes, run);
	cxio_stream_took(&x->stream, bytes, run, x->portal->now);
	return true;
}

/* Where the next bytes belong, up to so many that they are in the cache when summed up. */
static u32 places(struct cxio_simple *x, struct iovec *iov)
{
	u64 left = cxio_stream_payload(&x->stream);
	u32 segment, offset, iovs = 0;
	u32 run = cxio_stream_run(&x->stream, &segment, &offset);

	if (left > SIMPLE_CHUNK)
		left = SIMPLE_CHUNK;
	while (left) {
		if (run > left)
			run = (u32)left;
		if (run)
			iov[iovs++] = (struct iovec){
				.iov_base = cxio_message_bytes(x->in, segment) + offset,
				.iov_len = run,
			};
		left -= run;
		segment++;
		offset = 0;
		run = left ? x->stream.header.len[segment] : 0;
	}
	return iovs;
}

static bool payload(struct cxio_simple *x)
{
	struct iovec iov[CXIO_SEGMENTS + 1];
	u64 placed;
	u32 i, iovs;

	if (!x->in || simple_pipe_have(&x->pipe))
		return payload_ahead(x);
	iovs = places(x, iov);
	if (!fill(x, iov, iovs, cxio_stream_payload(&x->stream) <= SIMPLE_CHUNK ? ahead_of(x) : 0,
		  &placed))
		return false;
	for (i = 0; placed; i++) {
		u32 n = iov[i].iov_len < placed ? (u32)iov[i].iov_len : (u32)placed;

		cxio_stream_took(&x->stream, iov[i].iov_base, n, x->portal->now);
		placed -= n;
	}
	return true;
}

/* --- units --- */

static void echoed(struct cxio_simple *x, u64 stamp_ns)
{
	u64 now = cxio_portal_look_at_clock(x->portal);

	if (now > stamp_ns)
		x->counts.echo_ns = now - stamp_ns;
}

static void heed(struct cxio_simple *x, const struct cxio_stream_event *ev)
{
	switch (ev->what) {
	case CXIO_STREAM_GREETED:
		simple_greeted(x);
		break;
	case CXIO_STREAM_ASKED:
		simple_signer_took(&x->signer, ev->authorizer, ev->authorizer_len);
		simple_asked(x);
		break;
	case CXIO_STREAM_ANSWERED:
		simple_signer_took(&x->signer, ev->authorizer, ev->authorizer_len);
		simple_answered(x);
		break;
	case CXIO_STREAM_TOLD:
		simple_told(x, ev->seq);
		break;
	case CXIO_STREAM_BEGINS:
		if (!x->stream.dropped)
			begin(x);
		break;
	case CXIO_STREAM_WHOLE:
		whole(x);
		break;
	case CXIO_STREAM_ABORTED:
		cxio_stream_accept(&x->stream, x->portal->now);
		simple_drop_arrival(x);
		break;
	case CXIO_STREAM_ACKED:
		cxio_connection_acked(x->connection);
		break;
	case CXIO_STREAM_ECHO:
		echoed(x, ev->stamp_ns);
		break;
	default:
		break;
	}
}

/* Return: false if there is not enough for the next, or nothing is to be read. */
static bool unit(struct cxio_simple *x)
{
	u32 need = cxio_stream_need(&x->stream);
	struct cxio_stream_event ev;
	struct iovec iov;
	u64 placed;

	if (!need)
		return false;
	if (simple_pipe_have(&x->pipe) < need)
		return fill(x, &iov, 0, ahead_of(x), &placed);
	if (cxio_stream_rx(&x->stream, simple_pipe_take(&x->pipe, need), x->portal->now, &ev))
		heed(x, &ev);
	else
		simple_follow(x);
	return true;
}

static bool may_read(const struct cxio_simple *x)
{
	return x->stream.state != CXIO_STREAM_ENDED && !x->to && !x->begin_due;
}

/**
 * simple_receive() - take in what there is
 * @x: the carrier; it may have ended by this, or be on its way to another portal
 */
void simple_receive(struct cxio_simple *x)
{
	x->pipe.drained = false;
	x->turn = SIMPLE_TURN;
	if (x->begin_due && x->stream.state != CXIO_STREAM_ENDED)
		begin(x);
	while (may_read(x))
		if (!(cxio_stream_payload(&x->stream) ? payload(x) : unit(x)))
			return;
}
