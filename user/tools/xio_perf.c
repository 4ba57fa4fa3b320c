// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * xio_perf: latency and bandwidth of the library; its command line.
 */
#include <stdio.h>
#include <string.h>

#include "perf.h"

enum {
	OPT_SERVER = TOOL_OPT_OWN, OPT_MAX_SIZE, OPT_MEMORY, OPT_WARMUP, OPT_INTERVAL,
	OPT_TIMEOUT,
};

static const struct option options[] = {
	{ "server", no_argument, NULL, OPT_SERVER }, { "size", required_argument, NULL, 's' },
	{ "iterations", required_argument, NULL, 'n' },
	{ "duration", required_argument, NULL, 'D' }, { "depth", required_argument, NULL, 'q' },
	{ "all", no_argument, NULL, 'a' }, { "max-size", required_argument, NULL, OPT_MAX_SIZE },
	{ "test", required_argument, NULL, 't' }, { "bidirectional", no_argument, NULL, 'b' },
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "warmup", required_argument, NULL, OPT_WARMUP },
	{ "interval", required_argument, NULL, OPT_INTERVAL },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT }, TOOL_SHARED_OPTIONS,
};

static void print_usage(void)
{
	const struct tool_program *p = tool_program();

	printf("usage: %s --server [--addr ADDRESS] [--port PORT]\n"
	       "       %s --addr ADDRESS [--port PORT] [-t lat|bw] [-s BYTES | -a]\n"
	       "                [-n N | -D SEC]\n\n"
	       "Measure latency or bandwidth of messages over %s.\n\n", p->name, p->name, p->over);
	fputs("      --server           be the passive side, until a signal\n"
	      "      --addr ADDRESS     the server's address; of the server: where to listen\n"
	      "                         (default 0.0.0.0: all IPv4)\n"
	      "  -p, --port PORT        port (default 7471; of the server 0 picks one)\n"
	      "  -t, --test lat|bw      lat: round trips, one at a time (default); bw: one way,\n"
	      "                         a message is done when it is acknowledged\n"
	      "  -s, --size BYTES       data of each message, 0 to 64m (default 4k)\n"
	      "  -a, --all              all powers of two from 1 to --max-size\n"
	      "      --max-size BYTES   the largest of them, and the largest that this side\n"
	      "                         sends if it is the server (default 1m)\n"
	      "  -n, --iterations N     messages to measure (default 1000)\n"
	      "  -D, --duration SEC     instead, measure that long\n"
	      "  -q, --depth N          bw: messages under way at once (default 64)\n"
	      "  -b, --bidirectional    bw: the server sends as many\n"
	      "      --warmup N         messages before that are not measured (default 100)\n"
	      BUFFER_USAGE "arena\n"
	      "      --interval SEC     progress on stderr that often (default 1; 0: none)\n"
	      "      --timeout SEC      give up after this long without progress (default 30)\n"
	      TOOL_TRANSPORT_USAGE TOOL_MESSENGER_USAGE
	      "  -j, --json             JSON, one line a size; units are in the keys.\n"
	      "                         Of the server: one line in the end\n"
	      TOOL_LAST_USAGE
	      "\n"
	      "All is done in the portals: --dispatch-threads must be 0.\n"
	      "Exit status: 0 measured, 1 it failed, 2 wrong command line, 3 cannot begin.\n",
	      stdout);
}

static enum tool_taken take_test(const char *value, bool *bandwidth)
{
	*bandwidth = !strcmp(value, "bw");
	if (*bandwidth || !strcmp(value, "lat"))
		return TOOL_TAKEN;
	tool_error("--test: '%s' is neither lat nor bw", value);
	return TOOL_BAD;
}

static enum tool_taken own_option(void *arg, int option, char *value)
{
	struct perf_options *o = arg;

	switch (option) {
	case OPT_SERVER:
		o->server = true;
		return TOOL_TAKEN;
	case 's':
		return tool_take(value, "--size", 0, PERF_SIZE_MAX, &o->size);
	case 'n':
		return tool_take(value, "--iterations", 1, UINT32_MAX, &o->iterations);
	case 'D':
		return tool_take(value, "--duration", 1, 86400, &o->duration_s);
	case 'q':
		return tool_take(value, "--depth", 1, PERF_DEPTH_MAX, &o->depth);
	case 'a':
		o->all = true;
		return TOOL_TAKEN;
	case OPT_MAX_SIZE:
		return tool_take(value, "--max-size", 1, PERF_SIZE_MAX, &o->max_size);
	case 't':
		return take_test(value, &o->bandwidth);
	case 'b':
		o->both = true;
		return TOOL_TAKEN;
	case OPT_MEMORY:
		return buffer_take(value, &o->memory);
	case OPT_WARMUP:
		return tool_take(value, "--warmup", 0, UINT32_MAX, &o->warmup);
	case OPT_INTERVAL:
		return tool_take(value, "--interval", 0, 3600, &o->interval_s);
	case OPT_TIMEOUT:
		return tool_take(value, "--timeout", 1, 3600, &o->timeout_s);
	default:
		return TOOL_OTHER;
	}
}

/* Options that exclude each other. Return: false, and an error printed. */
static bool fit_together(const struct perf_options *o)
{
	if (o->shared.messenger.dispatch_threads)
		tool_error("--dispatch-threads must be 0: all is done in the portals");
	else if (o->iterations && o->duration_s)
		tool_error("--iterations and --duration exclude each other");
	else if (o->both && !o->bandwidth)
		tool_error("--bidirectional is for -t bw; lat goes both ways by itself");
	else if (!o->server && !o->shared.port)
		tool_error("--port: '0' is for --server");
	else
		return true;
	return false;
}

int main(int argc, char **argv)
{
	static const struct tool_program program = { "xio_perf", "xio", "RDMA" };
	static struct perf_options o = {
		.size = 4096, .max_size = 1 << 20, .depth = 64, .warmup = 100, .interval_s = 1,
		.timeout_s = 30, .memory = BUFFER_ARENA,
	};
	const struct tool_cli cli = {
		.letters = "p:t:s:n:D:q:abjhV", .options = options, .usage = print_usage,
		.own = own_option, .arg = &o, .shared = &o.shared,
	};
	struct tool_address to;
	int status;

	tool_begin(&program);
	tool_options_init(&o.shared);
	status = tool_parse(argc, argv, &cli);
	if (status >= 0)
		return status;
	if (!fit_together(&o))
		return EXIT_USAGE;
	if (!o.iterations && !o.duration_s)
		o.iterations = 1000;
	if (o.server) {
		if (!o.shared.addrs)
			o.shared.addr[o.shared.addrs++] = "0.0.0.0";
		return perf_server(&o);
	}
	if (!tool_server_address(&o.shared, &to))
		return EXIT_USAGE;
	return perf_client(&o, &to);
}
