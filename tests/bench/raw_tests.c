// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The tests. Both sides take what has completed, gather what that allows, and wait:
 * link_wait() posts what was gathered, chained, in one call.
 */
#include <endian.h>
#include <string.h>

#include "raw_tests.h"

/* Receive buffers of a stream, in depths: only so many messages may be ungranted. */
#define STREAM_DEPTHS	4u
#define GRANT_LEN	8u

const char *const bench_names[BENCH_TESTS] = { "pingpong", "send", "read" };

static uint32_t less(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static bool placed(const struct bench *b)
{
	return b->size > BENCH_SEND_MAX;
}

/**
 * bench_shape() - queues and memory a test needs
 * @b: the test
 * @server: for the server's side
 *
 * Return: them.
 */
struct link_shape bench_shape(const struct bench *b, bool server)
{
	struct link_shape s = {
		.recv_size = GRANT_LEN, .recv_count = 16, .sends = 16, .signal_every = 4,
		.source_len = b->size,
	};

	switch (b->test) {
	case BENCH_PINGPONG:
		s.recv_size = placed(b) ? sizeof(struct bench_memory) : b->size;
		s.recv_count = 2 * b->depth;
		s.sends = 4 * b->depth + 32;
		s.signal_every = s.sends / 4;
		if (placed(b)) {
			s.table_len = b->depth * sizeof(struct bench_memory);
			s.sink_len = (size_t)b->depth * b->size;
		}
		break;
	case BENCH_SEND:
		if (server) {
			s.recv_size = b->size;
			s.recv_count = STREAM_DEPTHS * b->depth;
			break;
		}
		s.sends = b->depth;
		s.signal_every = b->depth < 4 ? 1 : b->depth / 4;
		break;
	default:
		if (server)
			break;
		s.sends = b->depth;
		s.signal_every = b->depth < 4 ? 1 : b->depth / 4;
		s.sink_len = (size_t)b->depth * b->size;
	}
	return s;
}

/**
 * bench_expose() - what a peer needs to READ
 * @l: a connection
 * @p: in its memory
 *
 * Return: to be sent.
 */
struct bench_memory bench_expose(const struct link *l, const void *p)
{
	return (struct bench_memory){
		.address = htobe64((uintptr_t)p), .rkey = htobe32(l->mr->rkey),
	};
}

static bool read_from(struct link *l, void *to, const struct bench_memory *m, uint32_t len,
		      bool signalled)
{
	return link_read(l, to, be64toh(m->address), be32toh(m->rkey), len, signalled);
}

/* Did all that came hold what was sent? Buffers that were never used do not count. */
static bool intact(struct link *l, const uint8_t *p, uint32_t used, uint32_t size)
{
	uint32_t i;

	for (i = 0; i < used; i++)
		if (!link_is_pattern(p + (size_t)i * size, size))
			return link_failed(l, "what arrived is not what was sent");
	return true;
}

static bool right_length(struct link *l, const struct ibv_wc *wc, uint32_t len)
{
	return wc->byte_len == len ||
	       link_failed(l, "%u bytes arrived instead of %u", wc->byte_len, len);
}

/* --- ping-pong, payload in the SEND --- */

static bool pingpong_client(struct link *l, const struct bench *b, struct bench_times *t)
{
	uint64_t now = link_now_ns();
	uint32_t sent = 0, back = 0;
	int i, n;

	/* One look at the clock a turn: on user-mode Linux it is a system call. */
	while (back < b->count) {
		while (sent < b->count && sent - back < b->depth && link_room(l)) {
			if (!link_send(l, l->source, b->size))
				return false;
			t->round_trip_ns[sent++] = now;
		}
		n = link_wait(l);
		if (n < 0)
			return false;
		now = link_now_ns();
		for (i = 0; i < n; i++) {
			if (link_kind(&l->wc[i]) != LINK_RECV)
				continue;
			if (!right_length(l, &l->wc[i], b->size))
				return false;
			t->round_trip_ns[back] = now - t->round_trip_ns[back];
			back++;
		}
	}
	return true;
}

static bool pingpong_server(struct link *l, const struct bench *b)
{
	uint32_t arrived = 0, answered = 0;
	int i, n;

	while (answered < b->count) {
		n = link_wait(l);
		if (n < 0)
			return false;
		for (i = 0; i < n; i++) {
			if (link_kind(&l->wc[i]) != LINK_RECV)
				continue;
			if (!right_length(l, &l->wc[i], b->size))
				return false;
			arrived++;
		}
		for (; answered < arrived && link_room(l); answered++)
			if (!link_send(l, l->source, b->size))
				return false;
	}
	return link_flush(l);
}

/* --- ping-pong, a SEND announces and the other side READs --- */

static uint8_t *sink_of(const struct link *l, const struct bench *b, uint32_t number)
{
	return l->sink + (size_t)(number % b->depth) * b->size;
}

static bool placed_client(struct link *l, const struct bench *b, struct bench_times *t)
{
	struct bench_memory mine = bench_expose(l, l->source), theirs;
	uint32_t sent = 0, answered = 0, back = 0;
	uint64_t now = link_now_ns();
	int i, n;

	memcpy(l->table, &mine, sizeof(mine));
	while (back < b->count) {
		/* Half of the room, the other half is for the READs. */
		while (sent < b->count && sent - back < b->depth && link_room(l) > b->depth) {
			if (!link_send(l, l->table, sizeof(mine)))
				return false;
			t->round_trip_ns[sent++] = now;
		}
		n = link_wait(l);
		if (n < 0)
			return false;
		now = link_now_ns();
		for (i = 0; i < n; i++) {
			const struct ibv_wc *wc = &l->wc[i];

			if (link_kind(wc) == LINK_READ) {
				t->round_trip_ns[back] = now - t->round_trip_ns[back];
				back++;
			} else if (link_kind(wc) == LINK_RECV) {
				if (!right_length(l, wc, sizeof(theirs)))
					return false;
				memcpy(&theirs, link_received(l, wc), sizeof(theirs));
				if (!read_from(l, sink_of(l, b, answered++), &theirs, b->size,
					       true))
					return false;
			}
		}
	}
	return true;
}

/* What was read is what the client then reads back. */
static bool placed_server(struct link *l, const struct bench *b)
{
	struct bench_memory *table = (void *)l->table, theirs;
	uint32_t arrived = 0, read = 0, answered = 0, i;
	int k, n;

	for (i = 0; i < b->depth; i++)
		table[i] = bench_expose(l, sink_of(l, b, i));
	while (answered < b->count) {
		n = link_wait(l);
		if (n < 0)
			return false;
		for (k = 0; k < n; k++) {
			const struct ibv_wc *wc = &l->wc[k];

			if (link_kind(wc) == LINK_READ) {
				read++;
			} else if (link_kind(wc) == LINK_RECV) {
				if (!right_length(l, wc, sizeof(theirs)))
					return false;
				memcpy(&theirs, link_received(l, wc), sizeof(theirs));
				if (!read_from(l, sink_of(l, b, arrived++), &theirs, b->size,
					       true))
					return false;
			}
		}
		for (; answered < read && link_room(l) > b->depth; answered++)
			if (!link_send(l, &table[answered % b->depth], sizeof(*table)))
				return false;
	}
	return link_flush(l);
}

/* --- streams --- */

/*
 * The receiver says after each depth of messages that it has posted as many receives
 * again: the sender never meets an empty queue, which soft-iWARP would not forgive.
 */
static bool send_client(struct link *l, const struct bench *b)
{
	uint32_t sent = 0, granted = STREAM_DEPTHS * b->depth, end = b->count + granted;
	int i, n;

	while (granted < end) {
		while (sent < b->count && sent < granted && link_room(l)) {
			if (!link_send(l, l->source, b->size))
				return false;
			sent++;
		}
		n = link_wait(l);
		if (n < 0)
			return false;
		for (i = 0; i < n; i++)
			if (link_kind(&l->wc[i]) == LINK_RECV)
				granted = less(granted + b->depth, end);
	}
	return true;
}

static bool send_server(struct link *l, const struct bench *b)
{
	uint32_t arrived = 0, granted = 0;
	int i, n;

	while (granted < b->count) {
		n = link_wait(l);
		if (n < 0)
			return false;
		for (i = 0; i < n; i++) {
			if (link_kind(&l->wc[i]) != LINK_RECV)
				continue;
			if (!right_length(l, &l->wc[i], b->size))
				return false;
			arrived++;
		}
		while (granted < b->count && link_room(l) &&
		       (arrived - granted >= b->depth || arrived == b->count)) {
			granted = less(granted + b->depth, b->count);
			if (!link_send(l, l->source, GRANT_LEN))
				return false;
		}
	}
	return link_flush(l);
}

static bool read_client(struct link *l, const struct bench *b, const struct bench_memory *peer)
{
	uint32_t asked = 0;

	while (l->done < b->count) {
		for (; asked < b->count && link_room(l); asked++)
			if (!read_from(l, sink_of(l, b, asked), peer, b->size,
				       asked + 1 == b->count))
				return false;
		if (link_wait(l) < 0)
			return false;
	}
	return true;
}

/**
 * bench_client() - measure
 * @l: connected, as bench_shape() says
 * @b: what to do
 * @peer: the server's source
 * @t: filled
 *
 * Return: false with @error.
 */
bool bench_client(struct link *l, const struct bench *b, const struct bench_memory *peer,
		  struct bench_times *t)
{
	uint32_t used = less(b->count, b->depth);
	uint64_t start = link_now_ns();
	bool ok;

	switch (b->test) {
	case BENCH_PINGPONG:
		ok = placed(b) ? placed_client(l, b, t) : pingpong_client(l, b, t);
		break;
	case BENCH_SEND:
		ok = send_client(l, b);
		break;
	default:
		ok = read_client(l, b, peer);
	}
	t->elapsed_ns = link_now_ns() - start;
	if (!ok || b->test == BENCH_SEND)
		return ok;
	if (b->test == BENCH_PINGPONG && !placed(b))
		return intact(l, l->memory, used, b->size);
	return intact(l, l->sink, used, b->size);
}

/**
 * bench_server() - do the other side of it, until the client disconnects
 * @l: accepted, as bench_shape() says
 * @b: what the client wants
 *
 * Return: false with @error.
 */
bool bench_server(struct link *l, const struct bench *b)
{
	uint32_t used = less(b->count, l->shape.recv_count);
	bool ok = true;

	if (b->test == BENCH_PINGPONG)
		ok = placed(b) ? placed_server(l, b) : pingpong_server(l, b);
	else if (b->test == BENCH_SEND)
		ok = send_server(l, b);
	ok = ok && link_wait_end(l);
	if (!ok || b->test == BENCH_READ || placed(b))
		return ok;
	return intact(l, l->memory, used, b->size);
}
