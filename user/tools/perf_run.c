// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A run of xio_perf, in the portal: from BEGIN to what comes last.
 */
#include <stdio.h>
#include <string.h>

#include "perf_client.h"

/* Enough for acknowledgements that come late; sending waits where it is not. */
#define LATENCY_SLOTS	64u

static void set(struct perf_client *k, bool *flag)
{
	pthread_mutex_lock(&k->lock);
	*flag = true;
	pthread_cond_signal(&k->changed);
	pthread_mutex_unlock(&k->lock);
}

/**
 * perf_run_fail() - something went wrong
 * @k: the program
 * @text: what; the first that is said stays
 */
void perf_run_fail(struct perf_client *k, const char *text)
{
	pthread_mutex_lock(&k->lock);
	if (!k->error[0])
		snprintf(k->error, sizeof(k->error), "%s", text);
	pthread_cond_signal(&k->changed);
	pthread_mutex_unlock(&k->lock);
}

static void warmed_up(struct perf_client *k, uint64_t now)
{
	k->warm = true;
	k->begin_ns = now;
	k->last_ns = now;
	set(k, &k->warmed);
}

static void finish(struct perf_client *k)
{
	k->step = STEP_IDLE;
	set(k, &k->finished);
}

static bool send_plain(struct perf_client *k, uint16_t type, const void *front, size_t len)
{
	struct cxio_message *m = cxio_message_new(type, 1, len, 0);

	if (!m) {
		perf_run_fail(k, "out of memory for messages");
		return false;
	}
	if (len)
		memcpy(cxio_message_front(m, &len), front, len);
	return !cxio_connection_send(k->connection, m);
}

/* Have all messages come that were to come? */
static bool complete(const struct perf_client *k)
{
	return !k->limit || (k->done == k->limit && (!k->o->both || k->received == k->limit));
}

static void drain(struct perf_client *k)
{
	if (k->step == STEP_GOING) {
		k->end_ns = k->o->bandwidth ? tool_now_ns() : k->last_ns;
		k->step = STEP_DRAIN;
	}
	if (k->step != STEP_DRAIN || k->stream.out)
		return;
	if (!k->o->both) {
		finish(k);
		return;
	}
	k->step = STEP_END;
	send_plain(k, PERF_MSG_END, NULL, 0);
}

/* A message of ours was acknowledged, or one of the server's came. */
static void count_one(struct perf_client *k)
{
	if (k->warm) {
		k->measured++;
		atomic_store_explicit(&k->shown, k->measured, memory_order_relaxed);
	} else if (k->done >= k->o->warmup) {
		warmed_up(k, tool_now_ns());
	}
	if ((k->limit && complete(k)) ||
	    (!k->limit && atomic_load_explicit(&k->time_is_up, memory_order_relaxed)))
		drain(k);
}

/* The stream's word that a message was delivered. */
static void moved(void *arg)
{
	struct perf_client *k = arg;

	if (k->step == STEP_DRAIN)
		drain(k);
	/* Of round trips the echo tells. What was dropped is told by the connection's end. */
	if (k->step != STEP_GOING || !k->o->bandwidth || k->stream.dropped)
		return;
	k->done = k->stream.acked;
	count_one(k);
	if (k->step == STEP_GOING && (!k->limit || k->stream.posted < k->limit))
		perf_stream_post(&k->stream, 1);
}

static void echo(struct perf_client *k)
{
	uint64_t now;

	if (k->step != STEP_GOING)
		return;
	now = tool_now_ns();
	k->done++;
	if (k->warm) {
		if (k->samples < k->room)
			k->sample[k->samples++] = now - k->last_ns;
		k->last_ns = now;
		k->measured++;
		atomic_store_explicit(&k->shown, k->measured, memory_order_relaxed);
	} else if (k->done >= k->o->warmup) {
		warmed_up(k, tool_now_ns());
	}
	if (k->limit ? k->done == k->limit :
	    atomic_load_explicit(&k->time_is_up, memory_order_relaxed))
		drain(k);
	else
		perf_stream_post(&k->stream, 1);
}

static void go(struct perf_client *k, struct cxio_message *m)
{
	const struct perf_wire_begin *w;
	size_t len;

	w = cxio_message_front(m, &len);
	if (k->step != STEP_BEGIN || len != sizeof(*w)) {
		perf_run_fail(k, "the server is no xio_perf");
		return;
	}
	if (w->refused) {
		perf_run_fail(k, "the server refuses that size; start it with a larger --max-size");
		return;
	}
	k->step = STEP_GOING;
	if (!k->o->warmup)
		warmed_up(k, tool_now_ns());
	perf_stream_post(&k->stream, !k->o->bandwidth ? 1 :
			 k->limit && k->limit < k->o->depth ? k->limit : k->o->depth);
}

static bool fast(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	struct perf_client *k = arg;

	(void)c;
	switch (cxio_message_type(m)) {
	case PERF_MSG_ECHO:
		/* Given back first: the reply to come needs the window. */
		cxio_message_put(m);
		echo(k);
		return true;
	case PERF_MSG_STREAM:
		cxio_message_put(m);
		k->received++;
		if (k->step == STEP_GOING)
			count_one(k);
		return true;
	case PERF_MSG_BEGIN:
		go(k, m);
		break;
	case PERF_MSG_END:
		if (k->step == STEP_END)
			finish(k);
		break;
	default:
		perf_run_fail(k, "the server is no xio_perf");
		break;
	}
	cxio_message_put(m);
	return true;
}

static void connected(void *arg, struct cxio_connection *c)
{
	struct perf_client *k = arg;

	(void)c;
	set(k, &k->open);
}

static void refused(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	(void)c;
	perf_run_fail(arg, end->text);
}

static void reset(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	struct perf_client *k = arg;

	(void)c;
	if (end->fault)
		perf_run_fail(k, end->text);
	set(k, &k->over);
}

static void remote_reset(void *arg, struct cxio_connection *c)
{
	(void)c;
	perf_run_fail(arg, "the server was started anew: what is measured would be wrong");
}

/* What the messenger is to tell; its arg is the program. */
const struct cxio_dispatcher perf_run_dispatcher = {
	.fast = fast, .connected = connected, .refused = refused, .reset = reset,
	.remote_reset = remote_reset,
};

/**
 * perf_run_prepare() - make all that a run needs
 * @k: the program; no run is going on
 * @size: data of each message, bytes
 *
 * Return: false if there is no memory.
 */
bool perf_run_prepare(struct perf_client *k, uint64_t size)
{
	const struct perf_options *o = k->o;
	bool bw = o->bandwidth;

	k->size = size;
	k->limit = o->iterations ? o->warmup + o->iterations : 0;
	k->done = 0;
	k->received = 0;
	k->measured = 0;
	k->warm = false;
	k->samples = 0;
	atomic_store(&k->time_is_up, false);
	atomic_store(&k->shown, 0);
	k->warmed = false;
	k->finished = false;
	memset(&k->stream, 0, sizeof(k->stream));
	k->stream.moved = moved;
	k->stream.arg = k;
	return perf_stream_init(&k->stream, k->connection, bw ? PERF_MSG_STREAM : PERF_MSG_ECHO,
				bw ? o->depth : LATENCY_SLOTS, k->data.base, size);
}

/**
 * perf_run_begin() - tell the server; from here on the run is the portal's
 * @k: prepared
 *
 * Return: false if that cannot be said.
 */
bool perf_run_begin(struct perf_client *k)
{
	const struct perf_options *o = k->o;
	struct perf_wire_begin w = {
		.size = cpu_to_le64(k->size), .count = cpu_to_le64(k->limit),
		.depth = cpu_to_le32(o->both ? (uint32_t)o->depth : 0),
	};

	k->step = STEP_BEGIN;
	return send_plain(k, PERF_MSG_BEGIN, &w, sizeof(w));
}
