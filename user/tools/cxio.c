// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * cxio: its command line, and the commands that are one request.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cxio.h"
#include "deps.h"
#include "options.h"

static const char usage[] =
	"usage: cxio listen   --addr ADDRESS [--port PORT] [--policy lossy|lossless]\n"
	"       cxio unlisten [--addr ADDRESS [--port PORT]]\n"
	"       cxio connect  --addr ADDRESS [--port PORT] [--policy lossy|lossless]\n"
	"       cxio send     --addr ADDRESS [--port PORT] [--policy lossy|lossless]\n"
	"                     [--file FILE | --msgs N --dsize BYTES]\n"
	"       cxio close    --connection N\n"
	"       cxio show     [--all] [--json]\n"
	"       cxio stat     [--connection N | --streams] [--json]\n"
	"       cxio monitor  [--json]\n"
	"\n"
	"Drive and show the RDMA messenger in the kernel (module ceph_xio).\n"
	"\n"
	"  listen      have the kernel listen, and send every message back as it came\n"
	"  unlisten    listen no more, on that address or on any\n"
	"  connect     have the kernel connect; prints the connection's number\n"
	"  send        have the kernel connect, send a file or equal messages to a server\n"
	"              that echoes, compare what comes back, close\n"
	"  close       end a connection in order\n"
	"  show        list the kernel's connections, and the streams that other modules carry\n"
	"              over RDMA, as libceph's\n"
	"  stat        count the module's objects, all zero when nothing is in use; or the\n"
	"              messages, frames and bytes of a connection, or of all streams\n"
	"  monitor     print events as they come: opened, closed and why, done, unlistened,\n"
	"              device removed; until ^C\n"
	"\n"
	"  -a, --addr ADDRESS     address of an RDMA interface, or of the server\n"
	"  -p, --port PORT        port (default 7471)\n"
	"  -f, --file FILE        send this file, as messages of 0 bytes to 1 MiB\n"
	"  -n, --msgs N           messages to send (default 1000)\n"
	"  -s, --dsize BYTES      their data, 0 to 1m (default 4k)\n"
	"  -q, --depth N          messages under way at once (default 8)\n"
	"      --policy lossy|lossless  lossless: when the connection breaks, go on with another;\n"
	"                         the server decides (default lossy)\n"
	"      --sink             send: offer memory that the server may write each echo's data\n"
	"                         to\n"
	TOOL_SECRET_USAGE
	"                         cxio puts the secret into its own keyring; without --secret\n"
	"                         and with --secret-name, the kernel looks for the key\n"
	"                         ceph_xio:NAME in yours\n"
	"  -c, --connection N     number of a connection\n"
	"  -t, --timeout SEC      give up after this long without progress (default 30)\n"
	"      --streams          stat: what streams of other modules came to, those that ended too\n"
	"  -A, --all              show messenger, devices, listeners and the last connections\n"
	"                         that ended, with their last error, too\n"
	"  -j, --json             JSON, one line an object; units are in the keys\n"
	"      --no-progress      no line on stderr that says what is going on\n"
	"  -h, --help             this text\n"
	"  -V, --version          version\n"
	"\n"
	"Exit status: 0 done, 1 it failed, 2 wrong command line, 3 the module is not\n"
	"loaded. All but show, stat and monitor need root.\n";

enum { OPT_NO_PROGRESS = 256, OPT_POLICY, OPT_SECRET, OPT_SECRET_NAME, OPT_SIGNING, OPT_SINK,
       OPT_STREAMS };

static const struct option options[] = {
	{ "addr", required_argument, NULL, 'a' }, { "port", required_argument, NULL, 'p' },
	{ "file", required_argument, NULL, 'f' }, { "msgs", required_argument, NULL, 'n' },
	{ "dsize", required_argument, NULL, 's' }, { "depth", required_argument, NULL, 'q' },
	{ "connection", required_argument, NULL, 'c' }, { "timeout", required_argument, NULL, 't' },
	{ "all", no_argument, NULL, 'A' },
	{ "json", no_argument, NULL, 'j' }, { "no-progress", no_argument, NULL, OPT_NO_PROGRESS },
	{ "policy", required_argument, NULL, OPT_POLICY },
	{ "secret", required_argument, NULL, OPT_SECRET },
	{ "secret-name", required_argument, NULL, OPT_SECRET_NAME },
	{ "signing", required_argument, NULL, OPT_SIGNING }, { "sink", no_argument, NULL, OPT_SINK },
	{ "streams", no_argument, NULL, OPT_STREAMS },
	{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' }, { 0 },
};

/*
 * Where the kernel finds it as long as we run: it takes its own copy. Return: false, and an
 * error printed.
 */
static bool give_secret(struct request *r)
{
	char key[128];
	long err;

	if (!r->secret.file)
		return true;
	if (!tool_secret_read(&r->secret))
		return false;
	snprintf(key, sizeof(key), "ceph_xio:%s", r->secret.name);
	err = syscall(SYS_add_key, "logon", key, r->secret.bytes, r->secret.len,
		      KEY_SPEC_PROCESS_KEYRING);
	if (err < 0)
		tool_error("--secret: the kernel does not take the key: %s", strerror(errno));
	tool_secret_wipe(&r->secret);
	return err >= 0;
}

/* Before the kernel is asked for anything. Return: false, and an error printed. */
static bool open_file(struct request *r)
{
	struct stat st;

	r->fd = open(r->file, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0 || fstat(r->fd, &st)) {
		tool_error("--file: %s: %s", r->file, strerror(errno));
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		tool_error("--file: %s is not a regular file", r->file);
		return false;
	}
	return true;
}

static int do_listen(struct control *k, const struct request *r)
{
	struct nl_msg *msg = control_request(k, CEPH_XIO_CMD_LISTEN, false);

	if (!control_put_address(msg, &r->at) || !cxio_put_session(msg, r) ||
	    !control_call(k, msg, NULL, NULL))
		return EXIT_WORK;
	return EXIT_SUCCESS;
}

static int do_unlisten(struct control *k, const struct request *r)
{
	struct nl_msg *msg = control_request(k, CEPH_XIO_CMD_UNLISTEN, false);

	if (r->addr && !control_put_address(msg, &r->at))
		return EXIT_WORK;
	return control_call(k, msg, NULL, NULL) ? EXIT_SUCCESS : EXIT_WORK;
}

static int do_close(struct control *k, const struct request *r)
{
	if (cxio_close_one(k, (uint32_t)r->connection))
		return EXIT_SUCCESS;
	tool_error("%s", control_reason(k));
	return EXIT_WORK;
}

static const struct {
	const char *name;
	int (*run)(struct control *k, const struct request *r);
	bool address;
	bool connection;
} commands[] = {
	{ "listen", do_listen, true, false }, { "unlisten", do_unlisten, false, false },
	{ "connect", cxio_connect, true, false }, { "send", cxio_send, true, false },
	{ "close", do_close, false, true }, { "show", cxio_show, false, false },
	{ "stat", cxio_stat, false, false }, { "monitor", cxio_monitor, false, false },
};

static void print_usage(void)
{
	fputs(usage, stdout);
}

static enum tool_taken take_option(void *arg, int o, char *value)
{
	struct request *r = arg;

	switch (o) {
	case 'a':
		r->addr = value;
		return TOOL_TAKEN;
	case 'p':
		return tool_take(value, "--port", 1, 65535, &r->port);
	case 'f':
		r->file = value;
		return TOOL_TAKEN;
	case 'n':
		return tool_take(value, "--msgs", 1, UINT32_MAX, &r->msgs);
	case 's':
		return tool_take(value, "--dsize", 0, 1 << 20, &r->dsize);
	case 'q':
		return tool_take(value, "--depth", 1, 1024, &r->depth);
	case 'c':
		return tool_take(value, "--connection", 1, UINT32_MAX, &r->connection);
	case 't':
		return tool_take(value, "--timeout", 1, 3600, &r->timeout);
	case 'A':
		r->all = true;
		return TOOL_TAKEN;
	case 'j':
		r->json = true;
		return TOOL_TAKEN;
	case OPT_POLICY:
		return tool_take_policy(value, &r->lossless);
	case OPT_SECRET:
		r->secret.file = value;
		r->secret_wanted = true;
		return TOOL_TAKEN;
	case OPT_SECRET_NAME:
		r->secret.name = value;
		r->secret_wanted = true;
		return TOOL_TAKEN;
	case OPT_SIGNING:
		return tool_secret_signing(value, &r->secret.signing) ? TOOL_TAKEN : TOOL_BAD;
	case OPT_SINK:
		r->sink = true;
		return TOOL_TAKEN;
	case OPT_STREAMS:
		r->streams = true;
		return TOOL_TAKEN;
	case OPT_NO_PROGRESS:
		r->progress = false;
		return TOOL_TAKEN;
	default:
		return TOOL_OTHER;
	}
}

/* Return: the command's place in the table; -1, and an error printed, if there is none. */
static int find_command(int argc, char **argv)
{
	unsigned int i;

	if (optind == argc) {
		tool_error("no command given; try --help");
		return -1;
	}
	if (optind + 1 < argc) {
		tool_error("'%s' is one word too many; try --help", argv[optind + 1]);
		return -1;
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[optind], commands[i].name))
			return (int)i;
	tool_error("'%s' is not a command; try --help", argv[optind]);
	return -1;
}

/* What the command needs is there. Return: false, and an error printed. */
static bool complete(struct request *r, unsigned int command)
{
	if (commands[command].address && !r->addr) {
		tool_error("%s: --addr is missing; try --help", commands[command].name);
		return false;
	}
	if (commands[command].connection && !r->connection) {
		tool_error("--connection is missing; see 'cxio show'");
		return false;
	}
	if (r->addr && !tool_address(r->addr, (uint16_t)r->port, &r->at))
		return false;
	if (r->secret.signing == CXIO_SIGNING_ON && !r->secret_wanted) {
		tool_error("--signing on needs --secret or --secret-name");
		return false;
	}
	return (!r->file || open_file(r)) && give_secret(r);
}

int main(int argc, char **argv)
{
	static const struct tool_program program = { "cxio", "xio", "RDMA" };
	struct request r = {
		.fd = -1, .port = TOOL_DEFAULT_PORT, .msgs = 1000, .dsize = 4096, .depth = 8,
		.timeout = 30, .progress = true, .secret.name = "cxio",
	};
	const struct tool_cli cli = {
		.letters = "a:p:f:n:s:q:c:t:AjhV", .options = options, .usage = print_usage,
		.own = take_option, .arg = &r, .words = true,
	};
	int status, command;
	struct control *k;

	tool_begin(&program);
	status = tool_parse(argc, argv, &cli);
	if (status >= 0)
		return status;
	command = find_command(argc, argv);
	if (command < 0 || !complete(&r, (unsigned int)command))
		return EXIT_USAGE;
	k = control_open();
	status = k ? commands[command].run(k, &r) : EXIT_SETUP;
	control_close(k);
	if (r.fd >= 0)
		close(r.fd);
	return status;
}
