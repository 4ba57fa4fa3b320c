// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The client's command line.
 */
#include <stdio.h>

#include "client.h"

enum {
	OPT_NO_PROGRESS = TOOL_OPT_OWN, OPT_CONNECTIONS, OPT_HOLD, OPT_MEMORY, OPT_REPLY_HOOKS,
	OPT_SINK, OPT_NO_HASH, OPT_SLOW,
};

static const struct option options[] = {
	{ "file", required_argument, NULL, 'f' }, { "msgs", required_argument, NULL, 'n' },
	{ "dsize", required_argument, NULL, 's' }, { "nfrags", required_argument, NULL, 'g' },
	{ "depth", required_argument, NULL, 'q' }, { "timeout", required_argument, NULL, 't' },
	{ "no-progress", no_argument, NULL, OPT_NO_PROGRESS },
	{ "connections", required_argument, NULL, OPT_CONNECTIONS },
	{ "hold", required_argument, NULL, OPT_HOLD },
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "reply-hooks", no_argument, NULL, OPT_REPLY_HOOKS },
	{ "slow", required_argument, NULL, OPT_SLOW },
	{ "sink", no_argument, NULL, OPT_SINK }, { "no-hash", no_argument, NULL, OPT_NO_HASH },
	TOOL_SHARED_OPTIONS,
};

static void print_usage(void)
{
	const struct tool_program *p = tool_program();

	printf("usage: %s --addr ADDRESS [--port PORT] [--file FILE]\n"
	       "                  [--msgs N] [--dsize BYTES] [--nfrags N] [--depth N]\n\n"
	       "Send messages over %s to a server that echoes, compare what comes back.\n\n",
	       p->name, p->over);
	fputs("  -a, --addr ADDRESS     the server's address\n"
	      "  -p, --port PORT        its port (default 7471)\n"
	      "  -f, --file FILE        send this file, as messages of 0 bytes to 1 MiB\n"
	      "  -n, --msgs N           without --file: messages to send (default 1000)\n"
	      "  -s, --dsize BYTES      their data, 0 to 1m (default 4k)\n"
	      "  -g, --nfrags N         fragments the data is handed over in (default 1)\n"
	      "  -q, --depth N          messages under way at once (default 8)\n"
	      "  -t, --timeout SEC      give up after this long without progress (default 30)\n"
	      "      --connections N    so many at once, each sends the same (default 1)\n"
	      "      --hold SEC         then keep them open that long; --msgs may be 0\n"
	      BUFFER_USAGE "any\n"
	      "      --reply-hooks      send each message as a request, and wait for its reply\n"
	      "      --sink             and offer memory for the reply's data\n"
	      "      --slow MSEC        wait that long at each echo, for tests; needs\n"
	      "                         --dispatch-threads\n"
	      "      --no-hash          do not compare data, only what CRCs and headers tell\n"
	      TOOL_TRANSPORT_USAGE TOOL_MESSENGER_USAGE
	      "  -j, --json             one line of JSON; latencies in nanoseconds\n"
	      "      --no-progress      no progress line on stderr\n"
	      TOOL_LAST_USAGE
	      "\n"
	      "Exit status: 0 all came back unchanged, 1 it did not, 2 wrong command line,\n"
	      "3 cannot begin.\n", stdout);
}

static enum tool_taken own_option(void *arg, int option, char *value)
{
	struct client *cl = arg;

	switch (option) {
	case 'f':
		cl->file = value;
		return TOOL_TAKEN;
	case 'n':
		return tool_take(value, "--msgs", 0, UINT32_MAX, &cl->msgs);
	case 's':
		return tool_take(value, "--dsize", 0, CXIO_TRANSFER_MAX, &cl->dsize);
	case 'g':
		return tool_take(value, "--nfrags", 1, 1024, &cl->nfrags);
	case 'q':
		return tool_take(value, "--depth", 1, 1024, &cl->depth);
	case 't':
		return tool_take(value, "--timeout", 1, 3600, &cl->timeout_s);
	case OPT_CONNECTIONS:
		return tool_take(value, "--connections", 1, 65536, &cl->connections);
	case OPT_HOLD:
		return tool_take(value, "--hold", 1, 86400, &cl->hold_s);
	case OPT_MEMORY:
		return buffer_take(value, &cl->memory);
	case OPT_REPLY_HOOKS:
		cl->hooks = true;
		return TOOL_TAKEN;
	case OPT_SINK:
		cl->sink = true;
		return TOOL_TAKEN;
	case OPT_SLOW:
		return tool_take(value, "--slow", 1, 3600000, &cl->slow_ms);
	case OPT_NO_HASH:
		cl->hash = false;
		return TOOL_TAKEN;
	case OPT_NO_PROGRESS:
		cl->progress = false;
		return TOOL_TAKEN;
	default:
		return TOOL_OTHER;
	}
}

/* Options that need each other. Return: false, and an error printed. */
static bool fit_together(const struct client *cl)
{
	if (!cl->msgs && !cl->hold_s) {
		tool_error("--msgs: '0' is not a number from 1 to %u; with --hold it may be 0",
			   UINT32_MAX);
		return false;
	}
	if (cl->sink && !cl->hooks) {
		tool_error("--sink is for replies to requests; add --reply-hooks");
		return false;
	}
	if (cl->slow_ms && !cl->options.messenger.dispatch_threads) {
		tool_error("--slow would stop the portal; add --dispatch-threads 1");
		return false;
	}
	return true;
}

/**
 * client_main() - the program
 * @argc: of main()
 * @argv: of main()
 * @program: its name and transport
 *
 * Return: the exit status.
 */
int client_main(int argc, char **argv, const struct tool_program *program)
{
	static struct client cl = {
		.connections = 1, .msgs = 1000, .dsize = 4096, .nfrags = 1, .depth = 8,
		.timeout_s = 30, .hash = true, .progress = true,
	};
	const struct tool_cli cli = {
		.letters = "a:p:f:n:s:g:q:t:jhV", .options = options, .usage = print_usage,
		.own = own_option, .arg = &cl, .shared = &cl.options, .port_min = 1,
	};
	int status;

	tool_begin(program);
	tool_options_init(&cl.options);
	status = tool_parse(argc, argv, &cli);
	if (status >= 0)
		return status;
	if (!fit_together(&cl) || !tool_server_address(&cl.options, &cl.to))
		return EXIT_USAGE;
	cl.content.len = cl.dsize;
	if (!content_open(&cl.content, cl.file))
		return EXIT_USAGE;
	return client_run(&cl);
}
