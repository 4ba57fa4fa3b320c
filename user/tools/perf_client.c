// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The active side of xio_perf as main sees it: sizes one after the other, progress, and
 * what is made of the measurements.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "perf_client.h"

/* Round trips that are kept one by one, 64 MiB; more are counted only. */
#define SAMPLES_MAX	(8u << 20)

static void show_progress(const struct perf_client *k)
{
	fprintf(stderr, "%llu bytes: %llu iterations so far\n", (unsigned long long)k->size,
		(unsigned long long)atomic_load(&k->shown));
}

/*
 * Wait for *flag, until the connection is over, something went wrong, or nothing has
 * moved for too long. @until: or until then, which is no error; 0: never.
 */
static bool wait_for(struct perf_client *k, const bool *flag, uint64_t until)
{
	uint64_t now = tool_now_ns(), moved_ns = now, last = 0, n;
	uint64_t interval = (k->o->interval_s ? k->o->interval_s : 1) * TOOL_NS_PER_S;
	uint64_t tick = now + interval, stop;
	bool there;

	pthread_mutex_lock(&k->lock);
	while (!*flag && !k->error[0] && !k->over && (!until || now < until) &&
	       now - moved_ns < k->o->timeout_s * TOOL_NS_PER_S) {
		struct timespec t;

		stop = until && until < tick ? until : tick;
		t.tv_sec = (time_t)(stop / TOOL_NS_PER_S);
		t.tv_nsec = (long)(stop % TOOL_NS_PER_S);
		pthread_cond_timedwait(&k->changed, &k->lock, &t);
		now = tool_now_ns();
		n = atomic_load(&k->shown);
		if (n != last)
			moved_ns = now;
		last = n;
		if (now < tick)
			continue;
		tick = now + interval;
		if (k->o->interval_s && !*flag)
			show_progress(k);
	}
	there = *flag || (until && now >= until);
	there = there && !k->error[0] && !k->over;
	pthread_mutex_unlock(&k->lock);
	return there;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool run_through(struct perf_client *k)
{
	const struct perf_options *o = k->o;

	if (!perf_run_begin(k))
		return false;
	if (!k->limit) {
		if (!wait_for(k, &k->warmed, 0) ||
		    !wait_for(k, &k->finished, tool_now_ns() + o->duration_s * TOOL_NS_PER_S))
			return false;
		atomic_store(&k->time_is_up, true);
	}
	return wait_for(k, &k->finished, 0);
}

static bool run_size(struct perf_client *k, uint64_t size)
{
	struct perf_result r = { .bytes = size, .sample = k->sample };

	if (!perf_run_prepare(k, size)) {
		perf_run_fail(k, "out of memory for messages");
		return false;
	}
	if (!run_through(k)) {
		perf_run_fail(k, "no progress: the server does not answer, or is no xio_perf");
		/* Its messages are freed when the connection is over. */
		return false;
	}
	perf_stream_fini(&k->stream);
	qsort(k->sample, k->samples, sizeof(*k->sample), by_value);
	r.iterations = k->measured;
	r.elapsed_ns = k->end_ns - k->begin_ns;
	r.samples = k->samples;
	perf_report(k->o, &r);
	return true;
}

static bool run_all(struct perf_client *k)
{
	uint64_t size;

	if (!wait_for(k, &k->open, 0)) {
		perf_run_fail(k, "no answer in time");
		return false;
	}
	perf_report_head(k->o);
	if (!k->o->all)
		return run_size(k, k->o->size);
	for (size = 1; size <= k->o->max_size; size *= 2)
		if (!run_size(k, size))
			return false;
	return true;
}

static bool begin(struct perf_client *k, struct cxio_messenger *m, const struct tool_address *to)
{
	const struct perf_options *o = k->o;
	int err;

	if (!buffer_make(&k->data, m, o->memory, o->all ? o->max_size : o->size))
		return false;
	buffer_fill(&k->data);
	k->room = o->bandwidth ? 0 : o->iterations && o->iterations < SAMPLES_MAX ?
		  o->iterations : SAMPLES_MAX;
	k->sample = malloc((k->room ? k->room : 1) * sizeof(*k->sample));
	if (!k->sample) {
		tool_error("out of memory for %llu round trips", (unsigned long long)k->room);
		return false;
	}
	/* Written to once: the first touch of a page is not to be measured. */
	memset(k->sample, 0xff, k->room * sizeof(*k->sample));
	err = -cxio_messenger_start(m);
	if (!err) {
		k->connection = cxio_messenger_connect(m, (const struct sockaddr *)&to->sa, to->len,
						       CXIO_PEER_ANY);
		err = k->connection ? 0 : errno;
	}
	if (err)
		tool_error("cannot connect: %s%s", strerror(err), tool_hint(err));
	return !err;
}

static int run(struct perf_client *k, struct cxio_messenger *m, const struct tool_address *to)
{
	bool begun = begin(k, m, to), ok = false;
	unsigned long left;

	if (begun) {
		ok = run_all(k);
		cxio_connection_close(k->connection);
		if (ok)
			wait_for(k, &k->over, 0);
	}
	/* The connection ends by this at the latest: nothing is under way any more. */
	cxio_messenger_shutdown(m);
	if (begun)
		cxio_messenger_wait(m);
	perf_stream_fini(&k->stream);
	buffer_release(&k->data);
	cxio_messenger_destroy(m);
	buffer_free(&k->data);
	free(k->sample);
	if (k->connection)
		cxio_connection_put(k->connection);
	if (k->error[0])
		tool_error("%s: %s", to->text, k->error);
	left = tool_left_over();
	if (!begun)
		return EXIT_SETUP;
	return ok && !k->error[0] && !left ? EXIT_SUCCESS : EXIT_WORK;
}

/**
 * perf_client() - measure
 * @o: the command line
 * @to: the server
 *
 * Return: the exit status.
 */
int perf_client(struct perf_options *o, const struct tool_address *to)
{
	static struct perf_client k;
	struct cxio_dispatcher d = perf_run_dispatcher;
	pthread_condattr_t monotonic;
	struct cxio_messenger *m;

	k.o = o;
	d.arg = &k;
	pthread_mutex_init(&k.lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&k.changed, &monotonic);
	m = tool_messenger(&o->shared, &d, false);
	return m ? run(&k, m, to) : EXIT_SETUP;
}
