/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What raw_bench measures: three tests, each with a client's and a server's side. */
#ifndef RAW_TESTS_H
#define RAW_TESTS_H

#include "raw_link.h"

/* Up to here a payload goes in a SEND, above it is announced and read. */
#define BENCH_SEND_MAX		4096u
#define BENCH_SIZE_MAX		(1u << 20)
#define BENCH_COUNT_MAX		1000000u
#define BENCH_DEPTH_MAX		256u

enum bench_test {
	BENCH_PINGPONG,
	BENCH_SEND,
	BENCH_READ,
	BENCH_TESTS,
};

/**
 * struct bench - what to do
 * @test: which test
 * @size: bytes of each message
 * @count: messages
 * @depth: messages under way at once
 * @limit_s: when it must be over
 */
struct bench {
	enum bench_test test;
	uint32_t size;
	uint32_t count;
	uint32_t depth;
	uint32_t limit_s;
};

/**
 * struct bench_memory - memory the peer may READ, in network byte order
 * @address: where
 * @rkey: its key
 */
struct bench_memory {
	uint64_t address;
	uint32_t rkey;
} __attribute__((packed));

/**
 * struct bench_times - what was measured
 * @elapsed_ns: from the first post to the last completion
 * @round_trip_ns: pingpong: each round trip; room for as many as there are messages
 */
struct bench_times {
	uint64_t elapsed_ns;
	uint64_t *round_trip_ns;
};

extern const char *const bench_names[BENCH_TESTS];

struct link_shape bench_shape(const struct bench *b, bool server);
struct bench_memory bench_expose(const struct link *l, const void *p);
bool bench_client(struct link *l, const struct bench *b, const struct bench_memory *peer,
		  struct bench_times *t);
bool bench_server(struct link *l, const struct bench *b);

#endif /* RAW_TESTS_H */
