// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The passive side of xio_perf: it does as little as can be done.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "perf.h"
#include "report.h"

/**
 * struct perf_server - the program
 * @o: the command line
 * @data: what streams of ours consist of
 */
struct perf_server {
	const struct perf_options *o;
	struct buffer data;
};

/**
 * struct peer - a client; belongs to its connection's portal
 * @stream: what we send it
 * @left: messages that are still to be begun; UINT64_MAX: until END
 * @running: the stream was begun
 * @end: its END, a reference, to be sent back when all was acknowledged; or NULL
 * @gone: the connection is over
 */
struct peer {
	struct perf_stream stream;
	uint64_t left;
	bool running;
	struct cxio_message *end;
	bool gone;
};

static void settle(struct peer *p)
{
	struct cxio_connection *c = p->stream.connection;

	if (p->stream.out)
		return;
	if (p->running && (p->gone || p->end)) {
		perf_stream_fini(&p->stream);
		p->running = false;
	}
	if (p->end) {
		cxio_connection_send(c, p->end);
		p->end = NULL;
	}
	if (p->gone)
		free(p);
}

static void go_on(struct peer *p, uint64_t n)
{
	if (p->end || p->gone)
		return;
	if (n > p->left)
		n = p->left;
	if (p->left != UINT64_MAX)
		p->left -= n;
	perf_stream_post(&p->stream, n);
}

static void moved(void *arg)
{
	struct peer *p = arg;

	go_on(p, 1);
	settle(p);
}

/* Return: the client's state, or NULL if there is no memory. */
static struct peer *peer_of(struct cxio_connection *c)
{
	struct peer *p = cxio_connection_private(c);

	if (!p) {
		p = calloc(1, sizeof(*p));
		cxio_connection_set_private(c, p);
	}
	return p;
}

static bool begin_stream(struct perf_server *s, struct cxio_connection *c,
			 const struct perf_wire_begin *w)
{
	uint64_t depth = le32_to_cpu(w->depth), size = le64_to_cpu(w->size);
	struct peer *p = peer_of(c);

	if (!p || p->running || size > s->data.len || depth > PERF_DEPTH_MAX)
		return false;
	memset(&p->stream, 0, sizeof(p->stream));
	p->stream.moved = moved;
	p->stream.arg = p;
	p->left = le64_to_cpu(w->count) ? le64_to_cpu(w->count) : UINT64_MAX;
	p->running = perf_stream_init(&p->stream, c, PERF_MSG_STREAM, depth, s->data.base, size);
	return p->running;
}

static void begin(struct perf_server *s, struct cxio_connection *c, struct cxio_message *m)
{
	struct perf_wire_begin *w;
	uint32_t depth;
	size_t len;

	w = cxio_message_front(m, &len);
	if (len != sizeof(*w)) {
		tool_error("a client begins with %zu bytes instead of %zu: ended", len, sizeof(*w));
		cxio_message_put(m);
		cxio_connection_mark_down(c);
		return;
	}
	depth = le32_to_cpu(w->depth);
	if (depth && !begin_stream(s, c, w)) {
		w->refused = cpu_to_le32(1);
		depth = 0;
	}
	cxio_connection_send(c, m);
	if (depth)
		go_on(cxio_connection_private(c), depth);
}

static void end(struct cxio_connection *c, struct cxio_message *m)
{
	struct peer *p = cxio_connection_private(c);

	if (!p || !p->running || p->end) {
		cxio_connection_send(c, m);
		return;
	}
	p->end = m;
	settle(p);
}

static bool fast(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	switch (cxio_message_type(m)) {
	case PERF_MSG_ECHO:
		cxio_connection_send(c, m);
		return true;
	case PERF_MSG_STREAM:
		cxio_message_put(m);
		return true;
	case PERF_MSG_BEGIN:
		begin(arg, c, m);
		return true;
	case PERF_MSG_END:
		end(c, m);
		return true;
	default:
		/* Nobody else takes it: it is dropped. */
		return false;
	}
}

static void reset(void *arg, struct cxio_connection *c, const struct cxio_end *why)
{
	struct peer *p = cxio_connection_private(c);
	char text[80];

	(void)arg;
	if (why->fault) {
		cxio_connection_peer(c, text, sizeof(text));
		tool_error("%s: %s", text, why->text);
	}
	if (!p)
		return;
	cxio_connection_set_private(c, NULL);
	p->gone = true;
	settle(p);
}

static int listen_on(struct cxio_messenger *m, const struct tool_options *o)
{
	struct tool_address at;
	unsigned int i;
	int err;

	for (i = 0; i < o->addrs; i++) {
		if (!tool_address(o->addr[i], (uint16_t)o->port, &at))
			return EXIT_USAGE;
		err = cxio_messenger_bind(m, (const struct sockaddr *)&at.sa, at.len);
		if (err) {
			tool_error("cannot listen on %s: %s%s", at.text, strerror(-err),
				   tool_hint(-err));
			return EXIT_SETUP;
		}
	}
	err = cxio_messenger_start(m);
	if (err) {
		tool_error("cannot start: %s%s", strerror(-err), tool_hint(-err));
		return EXIT_SETUP;
	}
	for (i = 0; i < o->addrs; i++) {
		struct sockaddr_storage sa = { 0 };

		cxio_messenger_address(m, i, &sa);
		printf("listening on %s port %u\n", o->addr[i], tool_port(&sa));
	}
	return EXIT_SUCCESS;
}

/* All that a server has to report. */
static void say_memory(void)
{
	struct json_object *j = json_object_new_object();

	report_memory(j);
	puts(json_object_to_json_string_ext(j, JSON_C_TO_STRING_PLAIN));
	json_object_put(j);
}

/**
 * perf_server() - serve until a signal
 * @o: the command line
 *
 * Return: the exit status.
 */
int perf_server(struct perf_options *o)
{
	struct perf_server s = { .o = o };
	const struct cxio_dispatcher d = {
		.fast = fast, .reset = reset, .rejected = tool_rejected, .arg = &s,
	};
	struct cxio_messenger *m;
	unsigned long left;
	int status;

	tool_signals_begin();
	m = tool_messenger(&o->shared, &d, true);
	if (!m)
		return EXIT_SETUP;
	if (!buffer_make(&s.data, m, o->memory, o->max_size)) {
		cxio_messenger_destroy(m);
		return EXIT_SETUP;
	}
	buffer_fill(&s.data);
	status = listen_on(m, &o->shared);
	if (!status)
		tool_signals_wait(0);
	cxio_messenger_shutdown(m);
	if (!status)
		cxio_messenger_wait(m);
	buffer_release(&s.data);
	cxio_messenger_destroy(m);
	buffer_free(&s.data);
	if (!status && o->shared.json)
		say_memory();
	left = tool_left_over();
	return status ? status : left ? EXIT_WORK : EXIT_SUCCESS;
}
