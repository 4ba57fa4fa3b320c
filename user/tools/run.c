// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A client's connections: they begin together, are waited for, and end.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "report.h"

/* Connections that are on their way to be open, or to their end, at once. */
#define UNDER_WAY_MAX	32u

/**
 * client_fail() - something went wrong
 * @cl: the program
 * @format: what, in words, as printf; the first that is said stays
 */
void client_fail(struct client *cl, const char *format, ...)
{
	va_list ap;

	pthread_mutex_lock(&cl->lock);
	if (!cl->failed) {
		va_start(ap, format);
		vsnprintf(cl->error, sizeof(cl->error), format, ap);
		va_end(ap);
	}
	cl->failed = true;
	pthread_cond_signal(&cl->changed);
	pthread_mutex_unlock(&cl->lock);
}

/**
 * client_flow_finished() - one of the transfers is finished
 * @cl: the program
 */
void client_flow_finished(struct client *cl)
{
	pthread_mutex_lock(&cl->lock);
	if (!--cl->unfinished)
		cl->end_ns = tool_now_ns();
	pthread_cond_signal(&cl->changed);
	pthread_mutex_unlock(&cl->lock);
}

/* --- what the messenger tells --- */

/* It may tell before main has set the pointer, which it does under the lock. */
static struct flow *flow_of(struct client *cl, struct cxio_connection *c)
{
	struct flow *f;

	pthread_mutex_lock(&cl->lock);
	f = cxio_connection_private(c);
	pthread_mutex_unlock(&cl->lock);
	return f;
}

static void connected(void *arg, struct cxio_connection *c)
{
	struct client *cl = arg;
	struct flow *f = flow_of(cl, c);

	pthread_mutex_lock(&cl->lock);
	if (!cl->begin_ns)
		cl->begin_ns = tool_now_ns();
	/* Not when it comes back after a loss. */
	if (!f->opened) {
		f->opened = true;
		cl->opening--;
		pthread_cond_signal(&cl->changed);
	}
	pthread_mutex_unlock(&cl->lock);
	flow_go(f);
}

static bool dispatch(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	const struct client *cl = arg;

	if (cl->slow_ms)
		tool_sleep_ms(cl->slow_ms);
	flow_echo(cxio_connection_private(c), m);
	return true;
}

static void remote_reset(void *arg, struct cxio_connection *c)
{
	flow_forgotten(flow_of(arg, c));
}

static void refused(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	struct client *cl = arg;

	if (!cl->options.lossless) {
		client_fail(cl, "%s", end->text);
		flow_stop(flow_of(cl, c));
		return;
	}
	pthread_mutex_lock(&cl->lock);
	snprintf(cl->refusal, sizeof(cl->refusal), "%s", end->text);
	pthread_mutex_unlock(&cl->lock);
}

static void reset(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	struct client *cl = arg;
	struct flow *f = flow_of(cl, c);
	bool closing;

	pthread_mutex_lock(&cl->lock);
	closing = cl->closing;
	pthread_mutex_unlock(&cl->lock);
	if (end->fault)
		client_fail(cl, "%s", end->text);
	else if (!f->finished)
		client_fail(cl, "the server closed before all came back");
	else if (!closing && cl->hold_s)
		client_fail(cl, "the server closed a connection that was held");
	flow_stop(f);
	pthread_mutex_lock(&cl->lock);
	f->ended = true;
	cl->opening -= !f->opened;
	cl->ending -= f->ending;
	cl->unclosed--;
	pthread_cond_signal(&cl->changed);
	pthread_mutex_unlock(&cl->lock);
}

/* --- waiting --- */

/**
 * client_wait() - wait until something changes
 * @cl: the program, locked
 * @until_ns: or until then, on tool_now_ns()
 */
void client_wait(struct client *cl, uint64_t until_ns)
{
	struct timespec t = {
		.tv_sec = (time_t)(until_ns / TOOL_NS_PER_S),
		.tv_nsec = (long)(until_ns % TOOL_NS_PER_S),
	};

	pthread_cond_timedwait(&cl->changed, &cl->lock, &t);
}

/* Return: false after a time without progress. */
static bool wait_finished(struct client *cl)
{
	uint64_t total = cxio_transfer_bytes(&cl->flow[0].expect) * cl->connections;
	uint64_t last = 0, now = tool_now_ns(), moved = now, tick = now, n;
	bool ok = true;

	pthread_mutex_lock(&cl->lock);
	while (cl->unfinished && !cl->failed && ok) {
		if (now >= tick)
			tick = now + TOOL_NS_PER_S;
		client_wait(cl, tick);
		now = tool_now_ns();
		n = atomic_load(&cl->messages);
		if (n != last)
			moved = now;
		ok = now - moved < cl->timeout_s * TOOL_NS_PER_S;
		if (now >= tick && n != last && cl->progress && cl->unfinished)
			report_progress(atomic_load(&cl->bytes), total, false);
		last = n;
	}
	if (cl->progress && last)
		report_progress(atomic_load(&cl->bytes), total, true);
	pthread_mutex_unlock(&cl->lock);
	return ok;
}

/* Return: false after a while. */
static bool wait_closed(struct client *cl)
{
	uint64_t until = tool_now_ns() + cl->timeout_s * TOOL_NS_PER_S;
	bool ok;

	pthread_mutex_lock(&cl->lock);
	while (cl->unclosed && tool_now_ns() < until)
		client_wait(cl, until);
	ok = !cl->unclosed;
	pthread_mutex_unlock(&cl->lock);
	return ok;
}

static void hold(struct client *cl)
{
	uint64_t until = tool_now_ns() + cl->hold_s * TOOL_NS_PER_S;

	pthread_mutex_lock(&cl->lock);
	while (!cl->failed && tool_now_ns() < until)
		client_wait(cl, until);
	pthread_mutex_unlock(&cl->lock);
}

/* --- the result --- */

static void hex_digest(EVP_MD_CTX *ctx, char *out)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int len = 0, i;

	if (EVP_DigestFinal_ex(ctx, md, &len) != 1)
		len = 0;
	for (i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", md[i]);
}

/* Of several connections one is shown whose echo differs, or else the first. */
static void add_hashes(struct flow *f, struct report *r)
{
	char sent[65] = "", echo[65] = "";

	hex_digest(f->sent_hash, sent);
	hex_digest(f->echo_hash, echo);
	if (r->sha256_sent[0] && !strcmp(sent, echo))
		return;
	memcpy(r->sha256_sent, sent, sizeof(sent));
	memcpy(r->sha256_echo, echo, sizeof(echo));
}

static void add_flow(struct flow *f, struct report *r, struct report_more *more,
		     struct cxio_hist *latency)
{
	struct cxio_connection_stats st;

	cxio_connection_stats(f->connection, &st);
	r->crc_failures += st.crc_failures;
	r->grants_sent += st.grants_sent;
	r->credit_stalls += st.credit_stalls;
	r->window_stalls += st.window_stalls;
	more->connects += st.connects;
	r->sent_inline += st.sent_inline;
	r->sent_chained += st.sent_chained;
	r->sent_rendezvous += st.sent_rendezvous;
	r->sent_sink += st.sent_sink;
	more->copied_bytes += st.copied_bytes;
	more->duplicates += st.duplicates;
	more->remote_resets += f->resets;
	more->resent += f->resent;
	more->late_echoes += f->late;
	r->received_in_sink += f->in_sink;
	if (f->min_ns && (!more->min_ns || f->min_ns < more->min_ns))
		more->min_ns = f->min_ns;
	report_merge(latency, &f->latency);
	if (f->sent_hash)
		add_hashes(f, r);
}

/* Return: false, and an error printed, if an echo is missing that nobody missed yet. */
static bool all_came(const struct client *cl)
{
	struct cxio_transfer rest;
	struct cxio_slice slice;
	uint64_t i;

	for (i = 0; i < cl->connections; i++) {
		rest = cl->flow[i].expect;
		if (!cxio_transfer_next(&rest, &slice))
			continue;
		tool_error("%s: message %llu did not come back", cl->to.text,
			   (unsigned long long)slice.index);
		return false;
	}
	return true;
}

static bool show(struct client *cl, struct report_more *more)
{
	static struct cxio_hist latency;
	struct report r = { .more = more, .unhashed = !cl->hash };
	uint64_t i;

	r.messages = atomic_load(&cl->messages);
	r.bytes = atomic_load(&cl->bytes);
	for (i = 0; i < cl->connections; i++)
		add_flow(&cl->flow[i], &r, more, &latency);
	r.p50_ns = cxio_hist_percentile(&latency, 5000);
	r.p99_ns = cxio_hist_percentile(&latency, 9900);
	r.max_ns = latency.max;
	more->p99_9_ns = cxio_hist_percentile(&latency, 9990);
	more->p99_99_ns = cxio_hist_percentile(&latency, 9999);
	more->connections = cl->connections;
	if (cl->begin_ns && cl->end_ns)
		more->elapsed_ns = cl->end_ns - cl->begin_ns;
	return report_print(&r, cl->options.json);
}

/* --- the run --- */

/* Return: false, and an error printed: EXIT_SETUP. */
static bool offer_sinks(struct client *cl, struct cxio_messenger *m)
{
	uint64_t each = cl->content.fd >= 0 ? CXIO_TRANSFER_MAX : cl->dsize, i;
	uint64_t flow_bytes = each * cl->depth;

	if (!cl->sink || !each)
		return true;
	if (!buffer_make(&cl->sinks, m, cl->memory == BUFFER_REGISTERED ? BUFFER_REGISTERED :
			 BUFFER_ARENA, flow_bytes * cl->connections))
		return false;
	for (i = 0; i < cl->connections; i++) {
		cl->flow[i].sinks = cl->sinks.base + i * flow_bytes;
		cl->flow[i].sink_len = each;
	}
	return true;
}

/*
 * Connecting and closing have time limits, and all connections one server: what it cannot
 * begin to answer would only grow old. Under the lock; whoever waits for the end finds out
 * what is wrong.
 */
static void wait_turn(struct client *cl, const uint64_t *under_way)
{
	uint64_t until = tool_now_ns() + cl->timeout_s * TOOL_NS_PER_S;

	while (*under_way >= UNDER_WAY_MAX && !cl->failed && tool_now_ns() < until)
		client_wait(cl, until);
}

/* Return: false, and an error printed, if not all could be begun. */
static bool connect_all(struct client *cl, struct cxio_messenger *m)
{
	uint64_t i;
	int err = 0;

	for (i = 0; i < cl->connections && !err; i++) {
		struct cxio_connection *c;

		pthread_mutex_lock(&cl->lock);
		wait_turn(cl, &cl->opening);
		c = cxio_messenger_connect(m, (const struct sockaddr *)&cl->to.sa, cl->to.len,
					   CXIO_PEER_ANY);
		err = c ? 0 : errno;
		if (c) {
			cl->flow[i].connection = c;
			cxio_connection_set_private(c, &cl->flow[i]);
			cl->unclosed++;
			cl->opening++;
		}
		pthread_mutex_unlock(&cl->lock);
	}
	if (err)
		tool_error("cannot connect: %s%s", strerror(err), tool_hint(err));
	return !err;
}

static void close_all(struct client *cl)
{
	uint64_t i;

	pthread_mutex_lock(&cl->lock);
	cl->closing = true;
	for (i = 0; i < cl->connections; i++) {
		if (!cl->flow[i].connection)
			continue;
		wait_turn(cl, &cl->ending);
		/* While its turn came, perhaps. */
		if (cl->flow[i].ended)
			continue;
		cl->flow[i].ending = true;
		cl->ending++;
		cxio_connection_close(cl->flow[i].connection);
	}
	pthread_mutex_unlock(&cl->lock);
}

static void transfer(struct client *cl, struct report_more *more)
{
	if (!wait_finished(cl))
		client_fail(cl, "no progress: the server does not answer%s%s",
			    cl->refusal[0] ? "; the last attempt failed: " : "", cl->refusal);
	if (cl->hold_s && !cl->failed)
		hold(cl);
	more->memory_known = tool_process_status("VmRSS:", &more->memory_rss_bytes) &&
			     tool_process_status("VmPin:", &more->memory_pinned_bytes);
	close_all(cl);
	/* What is not closed by then the messenger's end tells, too. */
	wait_closed(cl);
}

static bool begin(struct client *cl, struct cxio_messenger *m)
{
	int err;

	if (!content_place(&cl->content, m, cl->memory) || !offer_sinks(cl, m))
		return false;
	err = cxio_messenger_start(m);
	if (err)
		tool_error("cannot start: %s%s", strerror(-err), tool_hint(-err));
	return !err && connect_all(cl, m);
}

static int run(struct client *cl, struct cxio_messenger *m)
{
	struct report_more more = { 0 };
	unsigned long left;
	bool begun, ok = false;
	uint64_t i;

	begun = begin(cl, m);
	if (begun) {
		transfer(cl, &more);
	} else {
		close_all(cl);
		wait_closed(cl);
	}
	content_release(&cl->content);
	buffer_release(&cl->sinks);
	cxio_messenger_destroy(m);
	content_free(&cl->content);
	buffer_free(&cl->sinks);
	if (begun && cl->failed)
		tool_error("%s: %s", cl->to.text, cl->error);
	else if (begun)
		ok = all_came(cl) && show(cl, &more);
	for (i = 0; i < cl->connections; i++)
		flow_free(&cl->flow[i]);
	left = tool_left_over();
	if (!begun)
		return EXIT_SETUP;
	return ok && !left ? EXIT_SUCCESS : EXIT_WORK;
}

/**
 * client_run() - do what the command line says
 * @cl: the command line; its content is open
 *
 * Return: the exit status.
 */
int client_run(struct client *cl)
{
	const struct cxio_dispatcher d = {
		.connected = connected, .dispatch = dispatch, .reset = reset,
		.remote_reset = remote_reset, .refused = refused, .arg = cl,
	};
	struct cxio_messenger *m;
	pthread_condattr_t monotonic;
	uint64_t i;
	int status = EXIT_SETUP;

	pthread_mutex_init(&cl->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&cl->changed, &monotonic);
	if (cl->monmap)
		return monmap_run(cl);
	cl->unfinished = cl->connections;
	cl->flow = calloc(cl->connections, sizeof(*cl->flow));
	if (!cl->flow) {
		tool_error("out of memory");
		return EXIT_SETUP;
	}
	for (i = 0; i < cl->connections; i++)
		if (!flow_init(&cl->flow[i], cl))
			return EXIT_SETUP;
	m = tool_messenger(&cl->options, &d, false);
	if (m)
		status = run(cl, m);
	free(cl->flow);
	return status;
}
