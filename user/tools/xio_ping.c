// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * xio_ping: one small message after the other to a server that echoes, and how long
 * each was on its way. As ping, it sends when it is time, whatever has come back.
 *
 * The time of arrival is taken in the portal and written into the message, if no answer
 * before it is still to be dispatched; else when it is dispatched. It is printed by a thread of
 * its own, where waiting for a terminal disturbs nobody.
 */
#include <errno.h>
#include <json-c/json.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hist.h"
#include "msgr1.h"
#include "options.h"
#include "ping_print.h"

static const struct option options[] = {
	{ "count", required_argument, NULL, 'c' }, { "interval", required_argument, NULL, 'i' },
	{ "size", required_argument, NULL, 's' }, { "quiet", no_argument, NULL, 'q' },
	{ "timeout", required_argument, NULL, 't' }, TOOL_SHARED_OPTIONS,
};

/**
 * struct stamps - front of a ping; only we read it
 * @sent_ns: when it was handed over
 * @arrived_ns: when it came back; 0 if that was not seen in the portal
 */
struct stamps {
	uint64_t sent_ns;
	uint64_t arrived_ns;
};

/**
 * struct ping - the program
 * @options: the shared options
 * @to: the server
 * @count: --count; 0: for ever
 * @interval_ns: --interval
 * @size: --size, bytes
 * @timeout_s: --timeout, seconds
 * @quiet: --quiet
 * @content: data of every ping
 * @printer: prints the answers
 * @lock: guards the rest
 * @open: the connection has been open
 * @over: it has ended
 * @sent: pings sent
 * @received: answers
 * @strange: messages that are no answers, or not as they were sent
 * @last_tid: of the newest answer
 * @min_ns: shortest round trip
 * @sum_ns: of all
 * @latency: all
 * @error: what went wrong, or empty
 */
struct ping {
	struct tool_options options;
	struct tool_address to;
	uint64_t count;
	uint64_t interval_ns;
	uint64_t size;
	uint64_t timeout_s;
	bool quiet;
	char *content;
	struct ping_printer *printer;
	pthread_mutex_t lock;
	bool open;
	bool over;
	uint64_t sent;
	uint64_t received;
	uint64_t strange;
	uint64_t last_tid;
	uint64_t min_ns;
	uint64_t sum_ns;
	struct cxio_hist latency;
	char error[200];
};

static void print_usage(void)
{
	const struct tool_program *p = tool_program();

	printf("usage: %s --addr ADDRESS [--port PORT] [-c COUNT] [-i SECONDS] [-s BYTES]\n\n"
	       "Send messages over %s to a server that echoes, such as xio_server or the\n"
	       "kernel's, and show how long each takes there and back.\n\n", p->name, p->over);
	fputs("  -a, --addr ADDRESS     the server's address\n"
	      "  -p, --port PORT        its port (default 7471)\n"
	      "  -c, --count COUNT      so many messages (default 5; 0: until interrupted)\n"
	      "  -i, --interval SECONDS  between them, 0.001 to 3600 (default 1)\n"
	      "  -s, --size BYTES       their data, 0 to 1m (default 56)\n"
	      "  -q, --quiet            only the summary\n"
	      "  -t, --timeout SEC      wait that long for the connection, and in the end for\n"
	      "                         the last answer (default 10)\n"
	      TOOL_TRANSPORT_USAGE TOOL_MESSENGER_USAGE
	      "  -j, --json             JSON, one line a message and one in the end\n"
	      TOOL_LAST_USAGE
	      "\n"
	      "Ends in order on SIGINT and SIGTERM. Exit status: 0 all was answered, 1 it was\n"
	      "not, 2 wrong command line, 3 cannot begin.\n", stdout);
}

static void fail(struct ping *p, const char *text)
{
	pthread_mutex_lock(&p->lock);
	if (!p->error[0])
		snprintf(p->error, sizeof(p->error), "%s", text);
	pthread_mutex_unlock(&p->lock);
	tool_signals_wake();
}

/* --- what the messenger tells --- */

static void connected(void *arg, struct cxio_connection *c)
{
	struct ping *p = arg;

	(void)c;
	pthread_mutex_lock(&p->lock);
	p->open = true;
	pthread_mutex_unlock(&p->lock);
	tool_signals_wake();
}

static void refused(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	struct ping *p = arg;

	(void)c;
	if (!p->options.lossless)
		fail(p, end->text);
}

static void reset(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	struct ping *p = arg;

	(void)c;
	pthread_mutex_lock(&p->lock);
	p->over = true;
	pthread_mutex_unlock(&p->lock);
	if (end->fault)
		fail(p, end->text);
	else
		tool_signals_wake();
}

/* In the portal: as soon as it is there. */
static bool stamp(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	uint64_t now = tool_now_ns();
	struct stamps *s;
	size_t len;

	(void)arg;
	(void)c;
	s = cxio_message_front(m, &len);
	if (len == sizeof(*s))
		s->arrived_ns = now;
	return false;
}

/* Return: false if it is not what was sent. */
static bool is_answer(const struct ping *p, struct cxio_message *m, uint64_t *took)
{
	uint64_t now = tool_now_ns();
	const struct stamps *s;
	size_t len, data_len = 0;
	const void *data;

	s = cxio_message_front(m, &len);
	if (len != sizeof(*s) || cxio_message_tid(m) <= p->last_tid ||
	    cxio_message_tid(m) > p->sent)
		return false;
	data = cxio_message_data(m, &data_len);
	*took = (s->arrived_ns ? s->arrived_ns : now) - s->sent_ns;
	return data_len == p->size && (!data_len || !memcmp(data, p->content, data_len));
}

/* In the printer's thread. */
static void say_one(void *arg, const struct ping_answer *a)
{
	const struct ping *p = arg;
	struct json_object *o;

	if (!p->options.json) {
		printf("%llu bytes from %s: seq=%llu time=%.1f us\n", (unsigned long long)p->size,
		       p->to.text, (unsigned long long)a->seq, (double)a->took_ns / 1e3);
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "sequence", json_object_new_uint64(a->seq));
	json_object_object_add(o, "data_bytes", json_object_new_uint64(p->size));
	json_object_object_add(o, "round_trip_ns", json_object_new_uint64(a->took_ns));
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}

static bool dispatch(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	uint64_t seq = cxio_message_tid(m), took = 0;
	struct ping *p = arg;
	bool good, last;

	(void)c;
	pthread_mutex_lock(&p->lock);
	good = is_answer(p, m, &took);
	if (good) {
		p->last_tid = seq;
		p->received++;
		p->sum_ns += took;
		if (p->received == 1 || took < p->min_ns)
			p->min_ns = took;
		cxio_hist_add(&p->latency, took);
	} else {
		p->strange++;
	}
	last = p->received == p->sent;
	pthread_mutex_unlock(&p->lock);
	cxio_message_put(m);
	if (good && !p->quiet && !ping_printer_add(p->printer, &(struct ping_answer){ seq, took }))
		fail(p, "out of memory for answers");
	if (!good)
		tool_error("%s: message %llu is no answer to any of ours, or not as it was sent",
			   p->to.text, (unsigned long long)seq);
	if (last)
		tool_signals_wake();
	return true;
}

/* --- main --- */

static bool send_ping(struct ping *p, struct cxio_connection *c)
{
	struct cxio_message *m;
	struct stamps *s;
	uint64_t tid;
	size_t len;

	pthread_mutex_lock(&p->lock);
	tid = ++p->sent;
	pthread_mutex_unlock(&p->lock);
	m = cxio_message_new(CXIO_MSG_DATA_PING, tid, sizeof(*s), 0);
	if (!m || (p->size && cxio_message_add_data(m, p->content, p->size))) {
		if (m)
			cxio_message_put(m);
		fail(p, "out of memory for messages");
		return false;
	}
	s = cxio_message_front(m, &len);
	s->arrived_ns = 0;
	s->sent_ns = tool_now_ns();
	/* That the connection is over is told by its end. */
	return !cxio_connection_send(c, m);
}

/**
 * enum wait_for - what main waits for
 * @WAIT_OPEN: the connection to be open
 * @WAIT_ANSWERS: all that was sent to be answered
 * @WAIT_OVER: the connection to be over
 * @WAIT_TIME: the time
 */
enum wait_for {
	WAIT_OPEN,
	WAIT_ANSWERS,
	WAIT_OVER,
	WAIT_TIME,
};

static bool is_there(struct ping *p, enum wait_for what)
{
	bool there;

	pthread_mutex_lock(&p->lock);
	there = (what == WAIT_OPEN && p->open) || p->over ||
		(what == WAIT_ANSWERS && p->received == p->sent) ||
		(what != WAIT_OVER && p->error[0]);
	pthread_mutex_unlock(&p->lock);
	return there;
}

/* Return: false if the user wants to end. */
static bool wait_until(struct ping *p, enum wait_for what, uint64_t until)
{
	int sig;

	while (!is_there(p, what)) {
		sig = tool_signals_wait(until);
		if (sig == SIGINT || sig == SIGTERM)
			return false;
		if (!sig)
			break;
	}
	return true;
}

static bool in_order(struct ping *p)
{
	bool good;

	pthread_mutex_lock(&p->lock);
	good = !p->over && !p->error[0];
	pthread_mutex_unlock(&p->lock);
	return good;
}

static void ping(struct ping *p, struct cxio_connection *c)
{
	uint64_t patience = p->timeout_s * TOOL_NS_PER_S, next;
	bool going = wait_until(p, WAIT_OPEN, tool_now_ns() + patience);

	if (going && !is_there(p, WAIT_OPEN)) {
		fail(p, "no answer in time");
		return;
	}
	next = tool_now_ns();
	while (going && in_order(p) && (!p->count || p->sent < p->count)) {
		going = send_ping(p, c);
		next += p->interval_ns;
		if (going && p->sent != p->count)
			going = wait_until(p, WAIT_TIME, next);
	}
	/* Who interrupts us does not want to wait. */
	if (in_order(p) && going)
		wait_until(p, WAIT_ANSWERS, tool_now_ns() + patience);
}

static void add(struct json_object *o, const char *key, uint64_t n)
{
	json_object_object_add(o, key, json_object_new_uint64(n));
}

static void summary_json(const struct ping *p, uint64_t average)
{
	struct json_object *o = json_object_new_object();

	add(o, "sent", p->sent);
	add(o, "received", p->received);
	add(o, "lost", p->sent - p->received);
	add(o, "min_ns", p->min_ns);
	add(o, "avg_ns", average);
	add(o, "p50_ns", cxio_hist_percentile(&p->latency, 5000));
	add(o, "p99_ns", cxio_hist_percentile(&p->latency, 9900));
	add(o, "max_ns", p->latency.max);
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}

static void summary(const struct ping *p)
{
	uint64_t average = p->received ? p->sum_ns / p->received : 0;

	if (p->options.json) {
		summary_json(p, average);
		return;
	}
	printf("%llu sent, %llu received, %llu lost\n", (unsigned long long)p->sent,
	       (unsigned long long)p->received, (unsigned long long)(p->sent - p->received));
	if (p->received)
		printf("min/avg/p50/p99/max = %.1f/%.1f/%.1f/%.1f/%.1f us\n",
		       (double)p->min_ns / 1e3, (double)average / 1e3,
		       (double)cxio_hist_percentile(&p->latency, 5000) / 1e3,
		       (double)cxio_hist_percentile(&p->latency, 9900) / 1e3,
		       (double)p->latency.max / 1e3);
}

static int run(struct ping *p)
{
	const struct cxio_dispatcher d = {
		.fast = stamp, .dispatch = dispatch, .connected = connected, .reset = reset,
		.refused = refused, .arg = p,
	};
	struct cxio_connection *c = NULL;
	struct cxio_messenger *m;
	unsigned long left;
	int err;

	m = tool_messenger(&p->options, &d, false);
	if (!m)
		return EXIT_SETUP;
	err = -cxio_messenger_start(m);
	if (!err)
		c = cxio_messenger_connect(m, (const struct sockaddr *)&p->to.sa, p->to.len,
					   CXIO_PEER_ANY);
	if (!err && !c)
		err = errno;
	if (err) {
		tool_error("cannot connect: %s%s", strerror(err), tool_hint(err));
		cxio_messenger_destroy(m);
		return EXIT_SETUP;
	}
	ping(p, c);
	cxio_connection_close(c);
	wait_until(p, WAIT_OVER, tool_now_ns() + p->timeout_s * TOOL_NS_PER_S);
	cxio_messenger_destroy(m);
	cxio_connection_put(c);
	/* Behind all answers. */
	ping_printer_finish(p->printer);
	p->printer = NULL;
	if (p->sent)
		summary(p);
	if (p->error[0])
		tool_error("%s: %s", p->to.text, p->error);
	left = tool_left_over();
	return p->error[0] || left || p->strange || !p->sent || p->received < p->sent ?
	       EXIT_WORK : EXIT_SUCCESS;
}

static enum tool_taken own_option(void *arg, int option, char *value)
{
	struct ping *p = arg;

	switch (option) {
	case 'c':
		return tool_take(value, "--count", 0, UINT32_MAX, &p->count);
	case 'i':
		return tool_take_interval(value, &p->interval_ns);
	case 's':
		return tool_take(value, "--size", 0, 1 << 20, &p->size);
	case 't':
		return tool_take(value, "--timeout", 1, 3600, &p->timeout_s);
	case 'q':
		p->quiet = true;
		return TOOL_TAKEN;
	default:
		return TOOL_OTHER;
	}
}

int main(int argc, char **argv)
{
	static const struct tool_program program = { "xio_ping", "xio", "RDMA" };
	static struct ping p = {
		.count = 5, .interval_ns = TOOL_NS_PER_S, .size = 56, .timeout_s = 10,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	const struct tool_cli cli = {
		.letters = "a:p:c:i:s:t:qjhV", .options = options, .usage = print_usage,
		.own = own_option, .arg = &p, .shared = &p.options, .port_min = 1,
	};
	size_t i;
	int status;

	tool_begin(&program);
	tool_options_init(&p.options);
	p.options.messenger.dispatch_threads = 1;
	status = tool_parse(argc, argv, &cli);
	if (status >= 0)
		return status;
	if (!tool_server_address(&p.options, &p.to))
		return EXIT_USAGE;
	p.content = malloc(p.size ? p.size : 1);
	if (!p.content) {
		tool_error("out of memory");
		return EXIT_SETUP;
	}
	for (i = 0; i < p.size; i++)
		p.content[i] = (char)(i * 131 + (i >> 8));
	tool_signals_begin();
	p.printer = ping_printer_start(say_one, &p);
	if (p.printer) {
		status = run(&p);
	} else {
		tool_error("cannot start a thread");
		status = EXIT_SETUP;
	}
	ping_printer_finish(p.printer);
	free(p.content);
	return status;
}
