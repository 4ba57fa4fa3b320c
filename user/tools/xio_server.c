// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * xio_server: listens over RDMA and sends every message back as it came.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cephxio.h"
#include "tool.h"

static const char usage[] =
	"usage: xio_server [--addr ADDRESS] [--port PORT] [--connections N] [--quiet]\n"
	"\n"
	"Listen over RDMA and send every message back as it came.\n"
	"\n"
	"  -a, --addr ADDRESS    address of an RDMA interface (default 0.0.0.0: all IPv4)\n"
	"  -p, --port PORT       port (default 7471; 0 picks one and prints it)\n"
	"  -n, --connections N   end after N connections have ended (default: run on)\n"
	"  -q, --quiet           say nothing of connections that end in order\n"
	"  -h, --help            this text\n"
	"  -V, --version         version\n"
	"\n"
	"Ends in order on SIGINT and SIGTERM. Exit status: 0 all memory given back,\n"
	"1 something was left, 2 wrong command line, 3 cannot listen.\n";

static const struct option options[] = {
	{ "addr", required_argument, NULL, 'a' }, { "port", required_argument, NULL, 'p' },
	{ "connections", required_argument, NULL, 'n' }, { "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' }, { 0 },
};

/**
 * struct server - the program
 * @messenger: its messenger
 * @wanted: connections after which to end, or 0
 * @ended: connections ended so far
 * @messages: messages echoed
 * @quiet: --quiet
 * @main: thread that waits for signals
 */
struct server {
	struct cxio_messenger *messenger;
	uint64_t wanted;
	uint64_t ended;
	uint64_t messages;
	bool quiet;
	pthread_t main;
};

static void dispatch(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	struct server *s = arg;

	s->messages++;
	/* The received message itself goes back: its memory is freed once it is sent. */
	cxio_connection_send(c, m);
}

static void closed(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	struct server *s = arg;
	struct cxio_connection_stats st;
	char peer[80];

	cxio_connection_peer(c, peer, sizeof(peer));
	cxio_connection_stats(c, &st);
	if (end->fault || !s->quiet)
		fprintf(end->fault ? stderr : stdout,
			"%s: %s (%llu messages in, %llu out, %llu crc failures)\n", peer,
			end->text, (unsigned long long)st.msgs_received,
			(unsigned long long)st.msgs_sent, (unsigned long long)st.crc_failures);
	if (++s->ended == s->wanted)
		pthread_kill(s->main, SIGTERM);
}

static void refused(void *arg, const struct sockaddr *peer, const char *text)
{
	(void)arg;
	(void)peer;
	tool_error("refused a connection: %s", text);
}

static int run(struct server *s, const struct tool_address *at)
{
	struct cxio_dispatcher d = {
		.dispatch = dispatch, .closed = closed, .refused = refused, .arg = s,
	};
	unsigned long messages, connections, regions;
	sigset_t set;
	int err, sig;

	/* Blocked before any thread exists: they are taken by sigwait() alone. */
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	s->main = pthread_self();

	s->messenger = cxio_messenger_create(&d);
	if (!s->messenger) {
		tool_error("cannot use RDMA: %s%s", strerror(errno), tool_hint(errno));
		return EXIT_SETUP;
	}
	err = cxio_messenger_bind(s->messenger, (const struct sockaddr *)&at->sa, at->len);
	if (!err)
		err = cxio_messenger_start(s->messenger);
	if (err) {
		tool_error("cannot listen on %s: %s%s", at->text, strerror(-err), tool_hint(-err));
		cxio_messenger_destroy(s->messenger);
		return EXIT_SETUP;
	}
	printf("listening on %s port %u\n", at->text, cxio_messenger_port(s->messenger));
	fflush(stdout);
	sigwait(&set, &sig);
	cxio_messenger_destroy(s->messenger);
	printf("echoed %llu messages\n", (unsigned long long)s->messages);
	if (cxio_live_objects(&messages, &connections, &regions)) {
		tool_error("left over: %lu messages, %lu connections, %lu memory regions",
			   messages, connections, regions);
		return EXIT_WORK;
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	uint64_t port = TOOL_DEFAULT_PORT;
	const char *addr = "0.0.0.0";
	struct tool_address at;
	struct server s = { 0 };
	int o;

	tool_begin("xio_server");
	while ((o = getopt_long(argc, argv, "a:p:n:qhV", options, NULL)) != -1) {
		switch (o) {
		case 'a':
			addr = optarg;
			break;
		case 'p':
			if (!tool_number(optarg, "--port", 0, 65535, &port))
				return EXIT_USAGE;
			break;
		case 'n':
			if (!tool_number(optarg, "--connections", 1, UINT32_MAX, &s.wanted))
				return EXIT_USAGE;
			break;
		case 'q':
			s.quiet = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'V':
			printf("xio_server %s\n", cxio_version());
			return EXIT_SUCCESS;
		default:
			tool_bad_option(argv);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		tool_error("'%s' is not an option; try --help", argv[optind]);
		return EXIT_USAGE;
	}
	if (!tool_address(addr, (uint16_t)port, &at))
		return EXIT_USAGE;
	return run(&s, &at);
}
