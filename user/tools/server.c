// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The echoing server: every message goes back as it came, if it is to. It watches that the
 * messages of the programs' own transfers come in order, without gap and not twice.
 */
#include <errno.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "attempt.h"
#include "options.h"
#include "report.h"
#include "server.h"
#include "transfer.h"

enum {
	OPT_SLOW = TOOL_OPT_OWN, OPT_NONCE, OPT_REPLY, OPT_DISCARD, OPT_DIE_AFTER, OPT_TCP_PORT,
	OPT_TYPE,
};

static const struct option options[] = {
	{ "connections", required_argument, NULL, 'n' }, { "quiet", no_argument, NULL, 'q' },
	{ "reply", no_argument, NULL, OPT_REPLY },
	{ "discard", no_argument, NULL, OPT_DISCARD }, { "slow", required_argument, NULL, OPT_SLOW },
	{ "nonce", required_argument, NULL, OPT_NONCE },
	{ "die-after", required_argument, NULL, OPT_DIE_AFTER },
	{ "tcp-port", required_argument, NULL, OPT_TCP_PORT },
	{ "type", required_argument, NULL, OPT_TYPE }, TOOL_SHARED_OPTIONS,
};

/**
 * struct server - the program
 * @options: the shared options
 * @wanted: connections after which to end, or 0
 * @quiet: --quiet
 * @reply: --reply
 * @discard: --discard
 * @slow_ms: --slow
 * @die_after: --die-after
 * @tcp_port: --tcp-port, or that of RDMA
 * @ended: connections ended so far
 * @messages: messages that have come
 * @out_of_order: messages of transfers that came when another was due
 */
struct server {
	struct tool_options options;
	uint64_t wanted;
	bool quiet;
	bool reply;
	bool discard;
	uint64_t slow_ms;
	uint64_t die_after;
	uint64_t tcp_port;
	atomic_uint_fast64_t ended;
	atomic_uint_fast64_t messages;
	atomic_uint_fast64_t out_of_order;
};

/**
 * struct order - which message of a transfer is due on a connection
 * @known: one has come in this session
 * @attempt: how often the client began anew
 * @next: index that is due
 */
struct order {
	bool known;
	uint64_t attempt;
	uint64_t next;
};

static void print_usage(void)
{
	const struct tool_program *p = tool_program();

	printf("usage: %s [--addr ADDRESS]... [--port PORT] [--connections N] [--quiet]\n\n"
	       "Listen over %s and send every message back as it came.\n\n", p->name, p->over);
	fputs("  -a, --addr ADDRESS     address of an interface, or several, each with its own\n"
	      "                         --addr (default 0.0.0.0: all IPv4)\n"
	      "  -p, --port PORT        port (default 7471; 0 picks one and prints it)\n"
	      "  -n, --connections N    end after N connections have ended (default: run on)\n"
	      "  -q, --quiet            say nothing of connections that end in order\n"
	      "      --reply            answer with a new message that has the request's data,\n"
	      "                         not copied; it may go to memory the client offered\n"
	      "      --discard          answer nothing\n"
	      "      --slow MSEC        wait that long at each message, for tests; needs\n"
	      "                         --dispatch-threads\n"
	      "      --die-after N      kill itself at message N, for tests\n"
	      "      --nonce N          what tells this server from the last at its address\n"
	      "                         (default: chance)\n"
	      "      --type mon|mds|osd|client|mgr\n"
	      "                         what it says to be (default client); a client of Ceph's\n"
	      "                         insists on it\n"
	      "      --transport simple|xio|both\n"
	      "                         as Ceph's messenger v1, over TCP or what --carrier\n"
	      "                         says; over RDMA in our own way; or both at once. The\n"
	      "                         default is in the program's name\n"
	      "      --tcp-port PORT    with both, that of simple (default: as --port)\n"
	      TOOL_MESSENGER_USAGE
	      "  -j, --json             JSON, one line an event\n"
	      TOOL_LAST_USAGE
	      "\n"
	      "Ends in order on SIGINT and SIGTERM. Exit status: 0 all memory given back,\n"
	      "1 something was left, or messages came out of order, 2 wrong command line,\n"
	      "3 cannot listen.\n", stdout);
}

static void print_json(struct json_object *o)
{
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}

static struct json_object *json_event(const char *what)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "event", json_object_new_string(what));
	return o;
}

static void add_count(struct json_object *o, const char *key, uint64_t n)
{
	json_object_object_add(o, key, json_object_new_uint64(n));
}

/* --- messages --- */

static struct order *order_of(struct cxio_connection *c)
{
	struct order *order = cxio_connection_private(c);

	if (!order) {
		order = calloc(1, sizeof(*order));
		cxio_connection_set_private(c, order);
	}
	return order;
}

/* Callbacks of a connection come one at a time: its order needs no lock. */
static void watch_order(struct server *s, struct cxio_connection *c, struct cxio_message *m)
{
	uint64_t tid = cxio_message_tid(m), attempt = attempt_of(tid), index;
	const struct cxio_wire_transfer *front;
	struct order *order;
	size_t len;

	front = cxio_message_front(m, &len);
	if (cxio_message_type(m) != CXIO_MSG_DATA_PING || len != sizeof(*front))
		return;
	index = le64_to_cpu(front->index);
	if (attempt_tid(attempt, index) != tid)
		return;
	order = order_of(c);
	if (!order) {
		tool_error("out of memory: the order of messages is not watched");
		atomic_fetch_add(&s->out_of_order, 1);
		return;
	}
	/* Only the client may begin anew, and says so; a connection lost is no excuse. */
	if (order->known && attempt <= order->attempt &&
	    (attempt < order->attempt || index != order->next))
		atomic_fetch_add(&s->out_of_order, 1);
	order->known = true;
	order->attempt = attempt;
	order->next = index + 1;
}

static void put_request(void *request)
{
	cxio_message_put(request);
}

/* Return: a message with the request's content, or NULL. The request's reference passes. */
static struct cxio_message *make_reply(struct cxio_message *request)
{
	size_t front_len, middle_len, data_len;
	void *front = cxio_message_front(request, &front_len);
	void *middle = cxio_message_middle(request, &middle_len);
	const void *data = cxio_message_data(request, &data_len);
	struct cxio_message *m;

	m = cxio_message_new(cxio_message_type(request), cxio_message_tid(request), front_len,
			     middle_len);
	if (!m) {
		cxio_message_put(request);
		return NULL;
	}
	cxio_message_on_free(m, put_request, request);
	cxio_message_set_priority(m, cxio_message_priority(request));
	if (front_len)
		memcpy(cxio_message_front(m, &front_len), front, front_len);
	if (middle_len)
		memcpy(cxio_message_middle(m, &middle_len), middle, middle_len);
	if (data_len && cxio_message_add_data(m, data, data_len)) {
		cxio_message_put(m);
		return NULL;
	}
	return m;
}

static void answer(struct server *s, struct cxio_connection *c, struct cxio_message *m)
{
	struct cxio_message *reply;

	if (s->discard) {
		cxio_message_put(m);
		return;
	}
	if (!s->reply) {
		/* The received message itself goes back: its memory is freed once it is sent. */
		cxio_connection_send(c, m);
		return;
	}
	reply = make_reply(m);
	if (reply) {
		/* It holds the request. */
		cxio_message_reply(m, reply);
		return;
	}
	/* Without an answer the client would wait for ever. */
	tool_error("out of memory for a reply: the connection is ended");
	cxio_connection_mark_down(c);
}

static bool dispatch(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	struct server *s = arg;

	if (s->slow_ms)
		tool_sleep_ms(s->slow_ms);
	watch_order(s, c, m);
	if (atomic_fetch_add(&s->messages, 1) + 1 == s->die_after)
		raise(SIGKILL);
	answer(s, c, m);
	return true;
}

/* --- connections --- */

static void forgotten(void *arg, struct cxio_connection *c)
{
	struct order *order = cxio_connection_private(c);

	(void)arg;
	if (order)
		order->known = false;
}

static void say_ended(const struct server *s, struct cxio_connection *c,
		      const struct cxio_end *end)
{
	struct cxio_connection_stats st;
	struct json_object *o;
	char peer[80];

	cxio_connection_peer(c, peer, sizeof(peer));
	cxio_connection_stats(c, &st);
	if (s->options.json) {
		o = json_event("ended");
		json_object_object_add(o, "peer", json_object_new_string(peer));
		add_count(o, "fault", end->fault);
		json_object_object_add(o, "text", json_object_new_string(end->text));
		add_count(o, "messages_received", st.msgs_received);
		add_count(o, "messages_sent", st.msgs_sent);
		add_count(o, "crc_failures", st.crc_failures);
		add_count(o, "connects", st.connects);
		print_json(o);
		return;
	}
	fprintf(end->fault ? stderr : stdout,
		"%s: %s (%llu messages in, %llu out, %llu crc failures)\n", peer, end->text,
		(unsigned long long)st.msgs_received, (unsigned long long)st.msgs_sent,
		(unsigned long long)st.crc_failures);
}

static void ended(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	struct server *s = arg;

	free(cxio_connection_private(c));
	cxio_connection_set_private(c, NULL);
	if (end->fault || !s->quiet)
		say_ended(s, c, end);
	if (atomic_fetch_add(&s->ended, 1) + 1 == s->wanted)
		tool_signals_wake();
}

/* --- the program --- */

static bool listen_on(const struct server *s, struct cxio_messenger *m,
		      const struct tool_address *at)
{
	int err = cxio_messenger_bind(m, (const struct sockaddr *)&at->sa, at->len);

	/* iWARP has its ports of TCP. */
	if (err == -EADDRINUSE && s->options.both)
		tool_error("cannot listen on %s: %s; choose another --port, or a --tcp-port",
			   at->text, strerror(-err));
	else if (err)
		tool_error("cannot listen on %s: %s%s", at->text, strerror(-err), tool_hint(-err));
	return !err;
}

/* After the start: nobody who reads this line is refused. */
static void say_listening(const struct server *s, struct cxio_messenger *m, unsigned int i,
			  const struct tool_address *at)
{
	struct sockaddr_storage sa;
	struct json_object *o;
	uint16_t port = 0;

	if (!cxio_messenger_address(m, i, &sa))
		port = tool_port(&sa);
	if (!s->options.json) {
		printf("listening on %s port %u%s%s\n", at->text, port, s->options.both ? " over " : "",
		       s->options.both ? tool_program()->over : "");
		return;
	}
	o = json_event("listening");
	json_object_object_add(o, "address", json_object_new_string(s->options.addr[i]));
	add_count(o, "port", port);
	json_object_object_add(o, "transport",
			       json_object_new_string(tool_program()->transport));
	print_json(o);
}

static int finish(const struct server *s)
{
	unsigned long long came = atomic_load(&s->messages);
	unsigned long long out_of_order = atomic_load(&s->out_of_order);
	unsigned long left = cxio_live_objects(NULL, NULL, NULL);
	struct json_object *o;

	if (s->options.json) {
		o = json_event("end");
		add_count(o, "messages", came);
		add_count(o, "messages_out_of_order", out_of_order);
		add_count(o, "objects_left", left);
		report_memory(o);
		print_json(o);
	} else {
		printf("%s %llu messages, %llu messages out of order\n",
		       s->discard ? "discarded" : "echoed", came, out_of_order);
	}
	left = tool_left_over();
	return left || out_of_order ? EXIT_WORK : EXIT_SUCCESS;
}

/* One transport's: it listens when this has returned; NULL: an error was printed. */
static struct cxio_messenger *serve(struct server *s, const struct cxio_dispatcher *d,
				    uint16_t port)
{
	struct tool_address at[TOOL_ADDRESSES_MAX] = { 0 };
	struct cxio_messenger *m;
	unsigned int i;
	int err;

	for (i = 0; i < s->options.addrs; i++)
		if (!tool_address(s->options.addr[i], port, &at[i]))
			return NULL;
	m = tool_messenger(&s->options, d, true);
	if (!m)
		return NULL;
	for (i = 0; i < s->options.addrs; i++) {
		if (listen_on(s, m, &at[i]))
			continue;
		cxio_messenger_destroy(m);
		return NULL;
	}
	err = cxio_messenger_start(m);
	if (err) {
		tool_error("cannot start: %s%s", strerror(-err), tool_hint(-err));
		cxio_messenger_destroy(m);
		return NULL;
	}
	for (i = 0; i < s->options.addrs; i++)
		say_listening(s, m, i, &at[i]);
	return m;
}

static void use(struct server *s, const char *transport)
{
	tool_use_transport(transport);
	s->options.messenger.transport = tool_program()->transport;
}

/* Two messengers side by side, with the same dispatcher: clients of either are served. */
static int run(struct server *s)
{
	const struct cxio_dispatcher d = {
		.dispatch = dispatch, .remote_reset = forgotten, .reset = ended,
		.rejected = tool_rejected, .arg = s,
	};
	struct cxio_messenger *m, *tcp = NULL;

	tool_signals_begin();
	if (s->options.both) {
		use(s, "simple");
		tcp = serve(s, &d, (uint16_t)s->tcp_port);
		if (!tcp)
			return EXIT_SETUP;
		use(s, "xio");
	}
	m = serve(s, &d, (uint16_t)s->options.port);
	if (!m) {
		cxio_messenger_destroy(tcp);
		return EXIT_SETUP;
	}
	tool_signals_wait(0);
	cxio_messenger_destroy(tcp);
	cxio_messenger_destroy(m);
	return finish(s);
}

static enum tool_taken take_type(struct server *s, const char *value)
{
	static const struct {
		const char *name;
		enum cxio_peer_type type;
	} types[] = {
		{ "mon", CXIO_PEER_MON }, { "mds", CXIO_PEER_MDS }, { "osd", CXIO_PEER_OSD },
		{ "client", CXIO_PEER_CLIENT }, { "mgr", CXIO_PEER_MGR },
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].name, value) != 0)
			continue;
		s->options.messenger.own_type = types[i].type;
		return TOOL_TAKEN;
	}
	tool_error("--type: '%s' is none of mon, mds, osd, client, mgr", value);
	return TOOL_BAD;
}

static enum tool_taken own_option(void *arg, int option, char *value)
{
	struct server *s = arg;
	enum tool_taken taken;
	uint64_t nonce;

	switch (option) {
	case 'n':
		return tool_take(value, "--connections", 1, UINT32_MAX, &s->wanted);
	case 'q':
		s->quiet = true;
		return TOOL_TAKEN;
	case OPT_REPLY:
		s->reply = true;
		return TOOL_TAKEN;
	case OPT_DISCARD:
		s->discard = true;
		return TOOL_TAKEN;
	case OPT_SLOW:
		return tool_take(value, "--slow", 1, 3600000, &s->slow_ms);
	case OPT_DIE_AFTER:
		return tool_take(value, "--die-after", 1, UINT32_MAX, &s->die_after);
	case OPT_NONCE:
		nonce = 0;
		taken = tool_take(value, "--nonce", 1, UINT32_MAX, &nonce);
		s->options.messenger.nonce = (uint32_t)nonce;
		return taken;
	case OPT_TYPE:
		return take_type(s, value);
	case OPT_TCP_PORT:
		return tool_take(value, "--tcp-port", 0, 65535, &s->tcp_port);
	case TOOL_OPT_TRANSPORT:
		s->options.both = !strcmp(value, "both");
		return s->options.both ? TOOL_TAKEN : TOOL_OTHER;
	default:
		return TOOL_OTHER;
	}
}

static bool addresses_are_good(const struct server *s)
{
	struct tool_address at;
	unsigned int i;

	for (i = 0; i < s->options.addrs; i++)
		if (!tool_address(s->options.addr[i], (uint16_t)s->options.port, &at))
			return false;
	return true;
}

/**
 * server_main() - the program
 * @argc: of main()
 * @argv: of main()
 * @program: its name and transport
 *
 * Return: the exit status.
 */
int server_main(int argc, char **argv, const struct tool_program *program)
{
	static struct server s;
	const struct tool_cli cli = {
		.letters = "a:p:n:qjhV", .options = options, .usage = print_usage,
		.own = own_option, .arg = &s, .shared = &s.options,
	};
	int status;

	tool_begin(program);
	tool_options_init(&s.options);
	s.tcp_port = UINT64_MAX;
	status = tool_parse(argc, argv, &cli);
	if (status >= 0)
		return status;
	if (s.slow_ms && !s.options.messenger.dispatch_threads) {
		tool_error("--slow would stop the portal; add --dispatch-threads 1");
		return EXIT_USAGE;
	}
	if (s.reply && s.discard) {
		tool_error("--reply and --discard: is there to be an answer, or none?");
		return EXIT_USAGE;
	}
	if (!s.options.addrs)
		s.options.addr[s.options.addrs++] = "0.0.0.0";
	if (s.tcp_port != UINT64_MAX && !s.options.both) {
		tool_error("--tcp-port is for --transport both; give --port");
		return EXIT_USAGE;
	}
	if (s.tcp_port == UINT64_MAX)
		s.tcp_port = s.options.port;
	if (!addresses_are_good(&s))
		return EXIT_USAGE;
	return run(&s);
}
