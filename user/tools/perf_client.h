/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The active side of xio_perf: one run for each size, all over one connection.
 *
 * A run is begun by main, which sends BEGIN; from when that has come back until the run
 * is over its state belongs to the portal. Main sets @time_is_up, and reads progress.
 */
#ifndef CXIO_PERF_CLIENT_H
#define CXIO_PERF_CLIENT_H

#include <pthread.h>
#include <stdatomic.h>

#include "perf.h"

/**
 * enum step - where a run is
 * @STEP_IDLE: there is none
 * @STEP_BEGIN: BEGIN is on its way
 * @STEP_GOING: messages are sent
 * @STEP_DRAIN: no more are sent
 * @STEP_END: END is on its way
 */
enum step {
	STEP_IDLE,
	STEP_BEGIN,
	STEP_GOING,
	STEP_DRAIN,
	STEP_END,
};

/**
 * struct perf_client - the program
 * @o: the command line
 * @connection: the connection
 * @data: data of all messages
 * @sample: round trips
 * @room: how many fit in there
 * @step: of the run
 * @stream: what we send
 * @size: of the run's messages
 * @limit: messages to be sent with those of the warm-up; 0: until the time is up
 * @done: round trips, or messages acknowledged
 * @received: messages of the server's stream
 * @measured: of both, after the warm-up
 * @warm: the warm-up is over
 * @begin_ns: when it was
 * @last_ns: when the last round trip ended
 * @end_ns: when the last that counts was there
 * @samples: round trips in @sample
 * @time_is_up: set by main
 * @shown: as @measured, for main
 * @lock: guards the rest
 * @changed: signalled when the rest changes
 * @open: the connection is open
 * @warmed: @warm, for main
 * @finished: the run is over
 * @over: the connection is over
 * @error: what went wrong, or empty
 */
struct perf_client {
	const struct perf_options *o;
	struct cxio_connection *connection;
	struct buffer data;
	uint64_t *sample;
	uint64_t room;
	enum step step;
	struct perf_stream stream;
	uint64_t size;
	uint64_t limit;
	uint64_t done;
	uint64_t received;
	uint64_t measured;
	bool warm;
	uint64_t begin_ns;
	uint64_t last_ns;
	uint64_t end_ns;
	uint64_t samples;
	atomic_bool time_is_up;
	atomic_uint_fast64_t shown;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool open;
	bool warmed;
	bool finished;
	bool over;
	char error[200];
};

extern const struct cxio_dispatcher perf_run_dispatcher;

void perf_run_fail(struct perf_client *k, const char *text);
bool perf_run_prepare(struct perf_client *k, uint64_t size);
bool perf_run_begin(struct perf_client *k);

#endif /* CXIO_PERF_CLIENT_H */
