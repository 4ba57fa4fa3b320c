/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * xio_perf: latency and bandwidth of the library.
 *
 * xio_perf.c      the command line
 * perf_server.c   the passive side
 * perf_client.c   the active side: sizes one after the other
 * perf_run.c      what happens in its portal, and is measured
 * perf_stream.c   messages that go one after the other, made beforehand; both sides
 * perf_report.c   results
 *
 * A run is begun by a message PERF_MSG_BEGIN, which the server sends back. What follows
 * is told apart by its type: PERF_MSG_ECHO comes back as it is, PERF_MSG_STREAM is
 * dropped. If the run is to go both ways the server sends a stream of its own, from
 * when it sent BEGIN back, until it is as long as agreed or PERF_MSG_END comes; that it
 * sends back when all of its stream was acknowledged.
 *
 * Threads: all of a run happens in the portal, in fast dispatch and where it is told
 * what became of messages; main begins it and waits.
 */
#ifndef CXIO_PERF_H
#define CXIO_PERF_H

#include "buffer.h"
#include "cephxio.h"
#include "deps.h"
#include "options.h"

/* Numbers that Ceph has no messages for. */
#define PERF_MSG_ECHO	0x7e01
#define PERF_MSG_STREAM	0x7e02
#define PERF_MSG_BEGIN	0x7e03
#define PERF_MSG_END	0x7e04

#define PERF_SIZE_MAX	(64u << 20)
#define PERF_DEPTH_MAX	65536u

/**
 * struct perf_wire_begin - front of PERF_MSG_BEGIN
 * @size: data bytes of each message the server is to send
 * @count: how many; 0: until PERF_MSG_END
 * @depth: under way at once; 0: the server sends no stream
 * @refused: set by the server: it has no @size bytes
 */
struct perf_wire_begin {
	__le64 size;
	__le64 count;
	__le32 depth;
	__le32 refused;
} __packed;

/**
 * struct perf_options - the command line
 * @shared: the shared options
 * @server: --server
 * @all: --all
 * @both: --bidirectional
 * @bandwidth: --test
 * @size: --size, bytes
 * @max_size: --max-size, bytes
 * @iterations: --iterations; 0: --duration tells
 * @duration_s: --duration, seconds
 * @depth: --depth
 * @warmup: --warmup
 * @interval_s: --interval, seconds; 0: no progress line
 * @timeout_s: --timeout, seconds
 * @memory: --memory
 */
struct perf_options {
	struct tool_options shared;
	bool server;
	bool all;
	bool both;
	bool bandwidth;
	uint64_t size;
	uint64_t max_size;
	uint64_t iterations;
	uint64_t duration_s;
	uint64_t depth;
	uint64_t warmup;
	uint64_t interval_s;
	uint64_t timeout_s;
	enum buffer_kind memory;
};

/**
 * struct perf_slot - one of a stream's messages
 * @stream: whose
 * @message: the message, a reference; it is sent again and again
 * @next: free slot behind this one
 */
struct perf_slot {
	struct perf_stream *stream;
	struct cxio_message *message;
	struct perf_slot *next;
};

/**
 * struct perf_stream - messages that go one after the other
 * @connection: where; not a reference
 * @slot: its messages
 * @slots: how many
 * @free: those not under way
 * @out: those under way
 * @owed: to be sent as soon as one is free
 * @posted: messages sent so far
 * @acked: messages that the peer has
 * @dropped: messages that it may not have
 * @moved: called when a message was acked or dropped; in the portal
 * @arg: handed to it
 */
struct perf_stream {
	struct cxio_connection *connection;
	struct perf_slot *slot;
	uint64_t slots;
	struct perf_slot *free;
	uint64_t out;
	uint64_t owed;
	uint64_t posted;
	uint64_t acked;
	uint64_t dropped;
	void (*moved)(void *arg);
	void *arg;
};

/**
 * struct perf_result - what a run came to
 * @bytes: size of a message
 * @iterations: round trips, or messages of both ways, that were measured
 * @elapsed_ns: what they took
 * @sample: each round trip, nanoseconds, ascending; or NULL
 * @samples: how many
 */
struct perf_result {
	uint64_t bytes;
	uint64_t iterations;
	uint64_t elapsed_ns;
	const uint64_t *sample;
	uint64_t samples;
};

bool perf_stream_init(struct perf_stream *s, struct cxio_connection *c, uint16_t type,
		      uint64_t slots, const void *data, size_t size);
void perf_stream_fini(struct perf_stream *s);
void perf_stream_post(struct perf_stream *s, uint64_t n);

int perf_server(struct perf_options *o);
int perf_client(struct perf_options *o, const struct tool_address *to);

void perf_report_head(const struct perf_options *o);
void perf_report(const struct perf_options *o, const struct perf_result *r);

#endif /* CXIO_PERF_H */
