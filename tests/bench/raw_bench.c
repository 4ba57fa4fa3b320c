// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * raw_bench: the leanest that verbs can do, event driven, as the measure for what the
 * library does. Server and client in one program.
 */
#include <endian.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raw_tests.h"
#include "tool.h"

static const char usage[] =
	"usage: raw_bench --server --addr ADDRESS [--port PORT]\n"
	"       raw_bench --addr ADDRESS [--port PORT] --test TEST [--size BYTES]\n"
	"                 [--count N] [--depth N]\n"
	"\n"
	"Measure an RDMA connection by verbs alone, event driven on both sides.\n"
	"\n"
	"  -a, --addr ADDRESS   the server's address\n"
	"  -p, --port PORT      its port (default 7473; with --server 0 picks one)\n"
	"  -x, --test TEST      pingpong: round trips; up to 4k a SEND each way, above it a\n"
	"                       SEND that announces and an RDMA READ of the other side\n"
	"                       send: a stream of SENDs, up to 4k\n"
	"                       read: a stream of RDMA READs\n"
	"  -s, --size BYTES     of each message, 1 to 1m (default 64)\n"
	"  -n, --count N        messages, 1 to 1000000 (default 1000)\n"
	"  -q, --depth N        under way at once, 1 to 256 (default 50; pingpong 1)\n"
	"  -t, --timeout SEC    client: end after this long; server: without a client\n"
	"                       (default 60)\n"
	"  -j, --json           one line of JSON; the keys tell the units\n"
	"  -S, --server         serve clients, one after the other, until a signal\n"
	"  -c, --connections N  server: end after N clients\n"
	"  -h, --help           this text\n"
	"  -V, --version        version\n"
	"\n"
	"Exit status: 0 all went well, 1 it did not, 2 wrong command line,\n"
	"3 cannot begin.\n";

static const struct option options[] = {
	{ "addr", required_argument, NULL, 'a' }, { "port", required_argument, NULL, 'p' },
	{ "test", required_argument, NULL, 'x' }, { "size", required_argument, NULL, 's' },
	{ "count", required_argument, NULL, 'n' }, { "depth", required_argument, NULL, 'q' },
	{ "timeout", required_argument, NULL, 't' }, { "json", no_argument, NULL, 'j' },
	{ "server", no_argument, NULL, 'S' }, { "connections", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' }, { 0 },
};

/* Private data, both ways, in network byte order. */
#define HELLO_MAGIC	0x58524231u	/* "XRB1" */

struct hello {
	uint32_t magic;
	uint32_t test;
	uint32_t size;
	uint32_t count;
	uint32_t depth;
	uint32_t limit_s;
	struct bench_memory source;
} __attribute__((packed));

_Static_assert(sizeof(struct hello) <= LINK_HELLO_MAX, "fits the private data");

static void fill_hello(struct hello *h, const struct link *l, const struct bench *b)
{
	*h = (struct hello){
		.magic = htobe32(HELLO_MAGIC), .test = htobe32(b->test),
		.size = htobe32(b->size), .count = htobe32(b->count),
		.depth = htobe32(b->depth), .limit_s = htobe32(b->limit_s),
		.source = bench_expose(l, l->source),
	};
}

static bool within(uint32_t value, uint32_t max)
{
	return value >= 1 && value <= max;
}

static bool read_hello(const struct link *l, struct bench *b, struct bench_memory *source)
{
	struct hello h;

	memcpy(&h, l->hello, sizeof(h));
	b->size = be32toh(h.size);
	b->count = be32toh(h.count);
	b->depth = be32toh(h.depth);
	b->limit_s = be32toh(h.limit_s);
	*source = h.source;
	if (be32toh(h.magic) != HELLO_MAGIC || be32toh(h.test) >= BENCH_TESTS)
		return false;
	b->test = (enum bench_test)be32toh(h.test);
	return within(b->size, b->test == BENCH_SEND ? BENCH_SEND_MAX : BENCH_SIZE_MAX) &&
	       within(b->count, BENCH_COUNT_MAX) && within(b->depth, BENCH_DEPTH_MAX) &&
	       within(b->limit_s, 3600);
}

/* --- client --- */

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static unsigned long long percentile(const uint64_t *sorted, uint32_t count, uint32_t percent)
{
	return sorted[(uint64_t)(count - 1) * percent / 100];
}

static void report(const struct link *l, const struct bench *b, struct bench_times *t, bool json)
{
	double rate = (double)b->count * 1e9 / (double)(t->elapsed_ns ? t->elapsed_ns : 1);
	uint64_t *v = t->round_trip_ns;
	bool iwarp = l->id->verbs->device->transport_type == IBV_TRANSPORT_IWARP;

	printf(json ? "{\"test\":\"%s\",\"device\":\"%s\",\"iwarp\":%s,\"size_bytes\":%u,"
		      "\"count\":%u,\"depth\":%u,\"elapsed_ns\":%llu,"
		      "\"messages_per_s\":%.1f,\"bytes_per_s\":%.0f" :
		      "test            %s\ndevice          %s (iWARP: %s)\nsize            %u bytes\n"
		      "messages        %u\nunder way       %u\nelapsed         %llu ns\n"
		      "rate            %.1f messages/s, %.0f bytes/s\n",
	       bench_names[b->test], ibv_get_device_name(l->id->verbs->device),
	       iwarp ? "true" : "false", b->size, b->count, b->depth,
	       (unsigned long long)t->elapsed_ns, rate, rate * b->size);
	if (b->test == BENCH_PINGPONG) {
		qsort(v, b->count, sizeof(*v), by_value);
		printf(json ? ",\"round_trip_min_ns\":%llu,\"round_trip_p50_ns\":%llu,"
			      "\"round_trip_p99_ns\":%llu,\"round_trip_max_ns\":%llu" :
			      "round trip      %llu ns least, %llu p50, %llu p99, %llu most\n",
		       (unsigned long long)v[0], percentile(v, b->count, 50),
		       percentile(v, b->count, 99), (unsigned long long)v[b->count - 1]);
	}
	if (json)
		puts("}");
}

static int run_client(struct link *l, const struct tool_address *to, const struct bench *b,
		      bool json)
{
	struct link_shape shape = bench_shape(b, false);
	struct bench_times t = { .round_trip_ns = calloc(b->count, sizeof(uint64_t)) };
	struct bench_memory source;
	struct bench theirs;
	struct hello h;
	int status = EXIT_SETUP;

	if (!t.round_trip_ns) {
		tool_error("no memory; smaller --count");
		return EXIT_SETUP;
	}
	if (link_resolve(l, (const struct sockaddr *)&to->sa, b->limit_s) &&
	    link_make(l, &shape)) {
		fill_hello(&h, l, b);
		if (link_connect(l, &h, sizeof(h))) {
			status = EXIT_WORK;
			if (!read_hello(l, &theirs, &source))
				link_failed(l, "the server is no raw_bench of this build");
			else if (bench_client(l, b, &source, &t))
				status = EXIT_SUCCESS;
		}
	}
	if (status == EXIT_SUCCESS)
		report(l, b, &t, json);
	else
		tool_error("%s: %s", to->text, l->error);
	link_close(l);
	free(t.round_trip_ns);
	return status;
}

/* --- server --- */

static bool serve(struct link *l)
{
	struct bench_memory unused;
	struct link_shape shape;
	struct bench b;
	struct hello h;

	if (!read_hello(l, &b, &unused)) {
		link_reject(l);
		return link_failed(l, "refused a client that is no raw_bench of this build");
	}
	shape = bench_shape(&b, true);
	if (!link_make(l, &shape)) {
		link_reject(l);
		return false;
	}
	fill_hello(&h, l, &b);
	return link_accept(l, &h, sizeof(h), b.limit_s) && bench_server(l, &b);
}

static int run_server(struct link *listener, const struct tool_address *at, uint32_t limit_s,
		      uint64_t connections)
{
	static struct link l;
	int status = EXIT_SUCCESS;
	uint64_t ended = 0;

	if (!link_listen(listener, (const struct sockaddr *)&at->sa)) {
		tool_error("%s: %s%s", at->text, listener->error, tool_hint(errno));
		link_close(listener);
		return EXIT_SETUP;
	}
	printf("listening on %s port %u\n", at->text, be16toh(rdma_get_src_port(listener->id)));
	fflush(stdout);
	while (!connections || ended < connections) {
		memset(&l, 0, sizeof(l));
		if (!link_request(listener, &l, limit_s)) {
			if (!link_stopped()) {
				tool_error("%s", listener->error);
				status = EXIT_WORK;
			}
			break;
		}
		if (!serve(&l)) {
			tool_error("client: %s", l.error);
			status = EXIT_WORK;
		}
		link_close(&l);
		ended++;
	}
	link_close(listener);
	return status;
}

static bool test_by_name(const char *name, enum bench_test *test)
{
	unsigned int i;

	for (i = 0; i < BENCH_TESTS; i++)
		if (!strcmp(name, bench_names[i])) {
			*test = (enum bench_test)i;
			return true;
		}
	tool_error("--test: '%s' is none of pingpong, send, read", name);
	return false;
}

int main(int argc, char **argv)
{
	static const struct tool_program program = { "raw_bench", "", "RDMA" };
	uint64_t port = 7473, size = 64, count = 1000, depth = 0, timeout = 60, connections = 0;
	bool json = false, server = false, test = false;
	static struct link l;
	const char *addr = NULL;
	struct tool_address at;
	struct bench b = { 0 };
	int o;

	tool_begin(&program);
	while ((o = getopt_long(argc, argv, "a:p:x:s:n:q:t:jSc:hV", options, NULL)) != -1) {
		bool ok = true;

		switch (o) {
		case 'a':
			addr = optarg;
			break;
		case 'p':
			ok = tool_number(optarg, "--port", 0, 65535, &port);
			break;
		case 'x':
			ok = test_by_name(optarg, &b.test);
			test = true;
			break;
		case 's':
			ok = tool_number(optarg, "--size", 1, BENCH_SIZE_MAX, &size);
			break;
		case 'n':
			ok = tool_number(optarg, "--count", 1, BENCH_COUNT_MAX, &count);
			break;
		case 'q':
			ok = tool_number(optarg, "--depth", 1, BENCH_DEPTH_MAX, &depth);
			break;
		case 't':
			ok = tool_number(optarg, "--timeout", 1, 3600, &timeout);
			break;
		case 'j':
			json = true;
			break;
		case 'S':
			server = true;
			break;
		case 'c':
			ok = tool_number(optarg, "--connections", 1, UINT32_MAX, &connections);
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'V':
			puts("raw_bench " VERSION);
			return EXIT_SUCCESS;
		default:
			ok = false;
			tool_bad_option(argv);
		}
		if (!ok)
			return EXIT_USAGE;
	}
	if (optind < argc) {
		tool_error("'%s' is not an option; try --help", argv[optind]);
		return EXIT_USAGE;
	}
	if (!addr || (!server && !test)) {
		tool_error("%s is missing; try --help", addr ? "--test, or --server," : "--addr");
		return EXIT_USAGE;
	}
	if (!server && b.test == BENCH_SEND && size > BENCH_SEND_MAX) {
		tool_error("--test send goes up to --size 4k; take --test read above");
		return EXIT_USAGE;
	}
	if (!tool_address(addr, (uint16_t)port, &at))
		return EXIT_USAGE;
	link_begin();
	if (server)
		return run_server(&l, &at, (uint32_t)timeout, connections);
	b.size = (uint32_t)size;
	b.count = (uint32_t)count;
	b.depth = depth ? (uint32_t)depth : b.test == BENCH_PINGPONG ? 1 : 50;
	b.limit_s = (uint32_t)timeout;
	return run_client(&l, &at, &b, json);
}
