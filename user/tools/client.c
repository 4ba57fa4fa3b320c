// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The client's command line.
 */
#include <stdio.h>
#include <string.h>

#include "client.h"

enum {
	OPT_NO_PROGRESS = TOOL_OPT_OWN, OPT_CONNECTIONS, OPT_HOLD, OPT_MEMORY, OPT_REPLY_HOOKS,
	OPT_SINK, OPT_NO_HASH, OPT_SLOW, OPT_MONMAP, OPT_INTERVAL, OPT_NAME, OPT_KEYRING,
};

/* The default of --msgs depends on what is done. */
#define MSGS_UNSET	UINT64_MAX

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
	{ "monmap", no_argument, NULL, OPT_MONMAP },
	{ "interval", required_argument, NULL, OPT_INTERVAL },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "keyring", required_argument, NULL, OPT_KEYRING },
	TOOL_SHARED_OPTIONS,
};

static void print_usage(void)
{
	const struct tool_program *p = tool_program();

	printf("usage: %s --addr ADDRESS [--port PORT] [--file FILE]\n"
	       "                  [--msgs N] [--dsize BYTES] [--nfrags N] [--depth N]\n"
	       "       %s --addr ADDRESS --port PORT --monmap [--name NAME]\n"
	       "                  [--keyring FILE] [--msgs N] [--interval SECONDS]\n\n"
	       "Send messages over %s to a server that echoes, compare what comes back. Or ask\n"
	       "a Ceph monitor, by transport simple, for its map.\n\n",
	       p->name, p->name, p->over);
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
	      "      --monmap           ask a Ceph monitor for its map, --msgs times (default 1),\n"
	      "                         print the fsid and epoch in it; with --policy lossless\n"
	      "                         through its restarts\n"
	      "      --interval SECONDS between two maps, 0.001 to 3600 (default 1)\n"
	      "      --name NAME        of simple: who we are to Ceph (with --monmap or --keyring\n"
	      "                         default client.admin)\n"
	      "      --keyring FILE     of simple: his key, for CephX: a keyring, or its base64\n"
	      TOOL_TRANSPORT_USAGE TOOL_MESSENGER_USAGE
	      "  -j, --json             one line of JSON, or one for each map; latencies in\n"
	      "                         nanoseconds\n"
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
		cl->data_option = "--file";
		cl->file = value;
		return TOOL_TAKEN;
	case 'n':
		return tool_take(value, "--msgs", 0, UINT32_MAX, &cl->msgs);
	case 's':
		cl->data_option = "--dsize";
		return tool_take(value, "--dsize", 0, CXIO_TRANSFER_MAX, &cl->dsize);
	case 'g':
		cl->data_option = "--nfrags";
		return tool_take(value, "--nfrags", 1, 1024, &cl->nfrags);
	case 'q':
		cl->data_option = "--depth";
		return tool_take(value, "--depth", 1, 1024, &cl->depth);
	case 't':
		return tool_take(value, "--timeout", 1, 3600, &cl->timeout_s);
	case OPT_CONNECTIONS:
		cl->data_option = "--connections";
		return tool_take(value, "--connections", 1, 65536, &cl->connections);
	case OPT_HOLD:
		cl->data_option = "--hold";
		return tool_take(value, "--hold", 1, 86400, &cl->hold_s);
	case OPT_MEMORY:
		cl->data_option = "--memory";
		return buffer_take(value, &cl->memory);
	case OPT_REPLY_HOOKS:
		cl->data_option = "--reply-hooks";
		cl->hooks = true;
		return TOOL_TAKEN;
	case OPT_SINK:
		cl->data_option = "--sink";
		cl->sink = true;
		return TOOL_TAKEN;
	case OPT_SLOW:
		cl->data_option = "--slow";
		return tool_take(value, "--slow", 1, 3600000, &cl->slow_ms);
	case OPT_NO_HASH:
		cl->data_option = "--no-hash";
		cl->hash = false;
		return TOOL_TAKEN;
	case OPT_MONMAP:
		cl->monmap = true;
		return TOOL_TAKEN;
	case OPT_INTERVAL:
		return tool_take_interval(value, &cl->interval_ns);
	case OPT_NAME:
		cl->options.messenger.ceph_name = value;
		return TOOL_TAKEN;
	case OPT_KEYRING:
		cl->options.secret.keyring = value;
		return TOOL_TAKEN;
	case OPT_NO_PROGRESS:
		cl->progress = false;
		return TOOL_TAKEN;
	default:
		return TOOL_OTHER;
	}
}

/* Return: false, and an error printed. */
static bool fit_ceph(const struct client *cl)
{
	const struct tool_options *o = &cl->options;

	if ((cl->monmap || o->messenger.ceph_name || o->secret.keyring) &&
	    strcmp(o->messenger.transport, "simple") != 0) {
		tool_error("--monmap, --name and --keyring are for TCP; add --transport simple");
		return false;
	}
	if (cl->monmap && cl->data_option) {
		tool_error("--monmap asks over one connection, and sends no data; leave out %s",
			   cl->data_option);
		return false;
	}
	if (cl->interval_ns && !cl->monmap) {
		tool_error("--interval is between maps; add --monmap");
		return false;
	}
	return true;
}

/* Options that need each other. Return: false, and an error printed. */
static bool fit_together(const struct client *cl)
{
	if (!fit_ceph(cl))
		return false;
	if (!cl->msgs && !cl->hold_s) {
		tool_error("--msgs: '0' is not a number from 1 to %u%s", UINT32_MAX,
			   cl->monmap ? "" : "; with --hold it may be 0");
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

/* What depends on other options. */
static void set_defaults(struct client *cl)
{
	if (cl->msgs == MSGS_UNSET)
		cl->msgs = cl->monmap ? 1 : 1000;
	if (cl->monmap && !cl->interval_ns)
		cl->interval_ns = TOOL_NS_PER_S;
	if ((cl->monmap || cl->options.secret.keyring) && !cl->options.messenger.ceph_name)
		cl->options.messenger.ceph_name = "client.admin";
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
		.connections = 1, .msgs = MSGS_UNSET, .dsize = 4096, .nfrags = 1, .depth = 8,
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
	set_defaults(&cl);
	if (!fit_together(&cl) || !tool_server_address(&cl.options, &cl.to))
		return EXIT_USAGE;
	cl.content.len = cl.dsize;
	if (!cl.monmap && !content_open(&cl.content, cl.file))
		return EXIT_USAGE;
	return client_run(&cl);
}
