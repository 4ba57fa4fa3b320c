// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * cxio: drives and shows the kernel's endpoint.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cephxio.h"
#include "control.h"
#include "report.h"

static const char usage[] =
	"usage: cxio listen   --addr ADDRESS [--port PORT]\n"
	"       cxio unlisten [--addr ADDRESS [--port PORT]]\n"
	"       cxio connect  --addr ADDRESS [--port PORT]\n"
	"       cxio send     --addr ADDRESS [--port PORT] [--file FILE | --msgs N --dsize BYTES]\n"
	"       cxio close    --connection N\n"
	"       cxio show     [--json]\n"
	"       cxio stat     [--json]\n"
	"\n"
	"Drive and show the RDMA messenger in the kernel (module ceph_xio).\n"
	"\n"
	"  listen      have the kernel listen, and send every message back as it came\n"
	"  unlisten    listen no more, on that address or on any\n"
	"  connect     have the kernel connect; prints the connection's number\n"
	"  send        have the kernel connect, send a file or equal messages to a server\n"
	"              that echoes, compare what comes back, close\n"
	"  close       end a connection in order\n"
	"  show        list the kernel's connections\n"
	"  stat        count the module's objects; all zero when nothing is in use\n"
	"\n"
	"  -a, --addr ADDRESS     address of an RDMA interface, or of the server\n"
	"  -p, --port PORT        port (default 7471)\n"
	"  -f, --file FILE        send this file, as messages of 0 bytes to 1 MiB\n"
	"  -n, --msgs N           messages to send (default 1000)\n"
	"  -s, --dsize BYTES      their data, 0 to 1m (default 4k)\n"
	"  -q, --depth N          messages under way at once (default 8)\n"
	"  -c, --connection N     number of a connection\n"
	"  -t, --timeout SEC      give up after this long without progress (default 30)\n"
	"  -j, --json             JSON, one line an object; units are in the keys\n"
	"      --no-progress      no progress line on stderr\n"
	"  -h, --help             this text\n"
	"  -V, --version          version\n"
	"\n"
	"Exit status: 0 done, 1 it failed, 2 wrong command line, 3 the module is not\n"
	"loaded. All but show and stat need root.\n";

enum { OPT_NO_PROGRESS = 256 };

static const struct option options[] = {
	{ "addr", required_argument, NULL, 'a' }, { "port", required_argument, NULL, 'p' },
	{ "file", required_argument, NULL, 'f' }, { "msgs", required_argument, NULL, 'n' },
	{ "dsize", required_argument, NULL, 's' }, { "depth", required_argument, NULL, 'q' },
	{ "connection", required_argument, NULL, 'c' }, { "timeout", required_argument, NULL, 't' },
	{ "json", no_argument, NULL, 'j' }, { "no-progress", no_argument, NULL, OPT_NO_PROGRESS },
	{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' }, { 0 },
};

/**
 * struct request - the command line
 * @addr: --addr, or NULL
 * @file: --file, or NULL
 * @fd: @file open, or -1
 * @port: --port
 * @msgs: --msgs
 * @dsize: --dsize, bytes
 * @depth: --depth
 * @connection: --connection, or 0
 * @timeout: --timeout, seconds
 * @json: --json
 * @progress: not --no-progress
 * @at: @addr and @port resolved
 */
struct request {
	const char *addr;
	const char *file;
	int fd;
	uint64_t port;
	uint64_t msgs;
	uint64_t dsize;
	uint64_t depth;
	uint64_t connection;
	uint64_t timeout;
	bool json;
	bool progress;
	struct tool_address at;
};

/**
 * struct watch - one connection's events
 * @connection: its number
 * @opened: it was established
 * @done: the transfer ended
 * @closed: it ended
 * @fault: why
 * @by_peer: the peer said so
 * @text: why, in words
 * @error: why the transfer failed, or empty
 * @bytes_done: data echoed so far
 * @bytes_total: data in all
 * @report: the result
 */
struct watch {
	uint32_t connection;
	bool opened;
	bool done;
	bool closed;
	uint32_t fault;
	bool by_peer;
	char text[160];
	char error[160];
	uint64_t bytes_done;
	uint64_t bytes_total;
	struct report report;
};

static uint64_t get_u64(struct nlattr **attr, int which)
{
	return attr[which] ? nla_get_u64(attr[which]) : 0;
}

static void get_hash(struct nlattr *a, char *hex)
{
	const unsigned char *p;
	int i;

	if (!a || nla_len(a) != 32)
		return;
	p = nla_data(a);
	for (i = 0; i < 32; i++)
		sprintf(hex + 2 * i, "%02x", p[i]);
}

static void get_report(struct nlattr **attr, struct report *r)
{
	r->messages = get_u64(attr, CEPH_XIO_A_MSGS);
	r->bytes = get_u64(attr, CEPH_XIO_A_BYTES_DONE);
	r->crc_failures = get_u64(attr, CEPH_XIO_A_CRC_FAILURES);
	r->grants_sent = get_u64(attr, CEPH_XIO_A_ACK_FRAMES);
	r->credit_stalls = get_u64(attr, CEPH_XIO_A_CREDIT_STALLS);
	r->window_stalls = get_u64(attr, CEPH_XIO_A_WINDOW_STALLS);
	r->p50_ns = get_u64(attr, CEPH_XIO_A_P50_NS);
	r->p99_ns = get_u64(attr, CEPH_XIO_A_P99_NS);
	r->max_ns = get_u64(attr, CEPH_XIO_A_MAX_NS);
	get_hash(attr[CEPH_XIO_A_SHA256_SENT], r->sha256_sent);
	get_hash(attr[CEPH_XIO_A_SHA256_ECHO], r->sha256_echo);
}

static void on_event(void *arg, int cmd, struct nlattr **attr)
{
	struct watch *w = arg;

	if (!attr[CEPH_XIO_A_CONNECTION] ||
	    nla_get_u32(attr[CEPH_XIO_A_CONNECTION]) != w->connection)
		return;
	switch (cmd) {
	case CEPH_XIO_EVENT_OPENED:
		w->opened = true;
		break;
	case CEPH_XIO_EVENT_DONE:
		w->done = true;
		get_report(attr, &w->report);
		if (attr[CEPH_XIO_A_TEXT])
			nla_strlcpy(w->error, attr[CEPH_XIO_A_TEXT], sizeof(w->error));
		break;
	case CEPH_XIO_EVENT_CLOSED:
		w->closed = true;
		w->fault = attr[CEPH_XIO_A_FAULT] ? nla_get_u32(attr[CEPH_XIO_A_FAULT]) : 0;
		w->by_peer = attr[CEPH_XIO_A_BY_PEER];
		if (attr[CEPH_XIO_A_TEXT])
			nla_strlcpy(w->text, attr[CEPH_XIO_A_TEXT], sizeof(w->text));
		break;
	default:
		break;
	}
}

static void on_progress(void *arg, int cmd, struct nlattr **attr)
{
	struct watch *w = arg;

	(void)cmd;
	if (!attr[CEPH_XIO_A_CONNECTION] ||
	    nla_get_u32(attr[CEPH_XIO_A_CONNECTION]) != w->connection)
		return;
	w->bytes_done = get_u64(attr, CEPH_XIO_A_BYTES_DONE);
	w->bytes_total = get_u64(attr, CEPH_XIO_A_BYTES_TOTAL);
}

static void on_connected(void *arg, int cmd, struct nlattr **attr)
{
	struct watch *w = arg;

	(void)cmd;
	if (attr[CEPH_XIO_A_CONNECTION])
		w->connection = nla_get_u32(attr[CEPH_XIO_A_CONNECTION]);
}

static uint64_t now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec;
}

/* Wait until *flag or the connection's end; false after a time without progress. */
static bool wait_for(struct control *k, struct watch *w, const bool *flag,
		     const struct request *r, bool progress)
{
	uint64_t moved = now_s(), last = 0;

	while (!*flag && !w->closed) {
		if (control_event(k, 500, on_event, w))
			continue;
		control_try(k, control_request(k, CEPH_XIO_CMD_GET_CONNECTION, true),
			    on_progress, w);
		if (w->bytes_done != last) {
			last = w->bytes_done;
			moved = now_s();
			if (progress)
				report_progress(w->bytes_done, w->bytes_total, false);
		}
		if (now_s() - moved >= r->timeout)
			return false;
	}
	return true;
}

static bool start_connection(struct control *k, const struct request *r, struct watch *w)
{
	struct nl_msg *msg = control_request(k, CEPH_XIO_CMD_CONNECT, false);

	return control_put_address(msg, &r->at) && control_call(k, msg, on_connected, w);
}

static bool close_connection(struct control *k, uint32_t connection)
{
	struct nl_msg *msg = control_request(k, CEPH_XIO_CMD_CLOSE, false);

	return msg && !nla_put_u32(msg, CEPH_XIO_A_CONNECTION, connection) &&
	       control_try(k, msg, NULL, NULL);
}

static void say_closed(const struct request *r, const struct watch *w)
{
	tool_error("%s: %s%s", r->at.text, w->by_peer ? "peer refused or ended: " : "", w->text);
}

static int do_connect(struct control *k, const struct request *r)
{
	struct watch w = { 0 };

	if (!start_connection(k, r, &w))
		return EXIT_WORK;
	if (!wait_for(k, &w, &w.opened, r, false)) {
		tool_error("%s: no answer in time", r->at.text);
		return EXIT_WORK;
	}
	if (!w.opened) {
		say_closed(r, &w);
		return EXIT_WORK;
	}
	printf("%u\n", w.connection);
	return EXIT_SUCCESS;
}

static bool start_transfer(struct control *k, const struct request *r, struct watch *w, int fd)
{
	struct nl_msg *msg = control_request(k, CEPH_XIO_CMD_SEND, false);
	int err;

	if (!msg)
		return false;
	err = nla_put_u32(msg, CEPH_XIO_A_CONNECTION, w->connection) ?:
	      nla_put_u32(msg, CEPH_XIO_A_DEPTH, (uint32_t)r->depth);
	if (!err && fd >= 0)
		err = nla_put_u32(msg, CEPH_XIO_A_FD, (uint32_t)fd);
	else if (!err)
		err = nla_put_u64(msg, CEPH_XIO_A_MSGS, r->msgs) ?:
		      nla_put_u32(msg, CEPH_XIO_A_DSIZE, (uint32_t)r->dsize);
	return !err && control_try(k, msg, NULL, NULL);
}

/* The transfer could not begin: perhaps because the connection is over already. */
static int not_begun(struct control *k, const struct request *r, struct watch *w)
{
	char why[200];

	snprintf(why, sizeof(why), "%s", control_reason(k));
	/* Its end is told, or is about to be. */
	if (control_gone(k) && wait_for(k, w, &w->closed, r, false)) {
		say_closed(r, w);
		return EXIT_WORK;
	}
	close_connection(k, w->connection);
	tool_error("%s", why);
	return EXIT_WORK;
}

static int transfer(struct control *k, const struct request *r, int fd)
{
	struct watch w = { 0 };
	bool in_time, same;

	if (!start_connection(k, r, &w))
		return EXIT_WORK;
	if (!start_transfer(k, r, &w, fd))
		return not_begun(k, r, &w);
	in_time = wait_for(k, &w, &w.done, r, r->progress);
	if (!in_time)
		tool_error("%s: no progress: the server does not answer", r->at.text);
	if (!w.closed) {
		close_connection(k, w.connection);
		wait_for(k, &w, &w.closed, r, false);
	}
	if (!in_time)
		return EXIT_WORK;
	if (!w.done || w.error[0]) {
		if (w.fault)
			say_closed(r, &w);
		else
			tool_error("%s: %s", r->at.text, w.error[0] ? w.error : "closed too early");
		return EXIT_WORK;
	}
	if (r->progress && w.report.bytes)
		report_progress(w.report.bytes, w.report.bytes, true);
	same = report_print(&w.report, r->json);
	return same ? EXIT_SUCCESS : EXIT_WORK;
}

static int do_send(struct control *k, const struct request *r)
{
	return transfer(k, r, r->fd);
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

	if (!control_put_address(msg, &r->at) || !control_call(k, msg, NULL, NULL))
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
	if (close_connection(k, (uint32_t)r->connection))
		return EXIT_SUCCESS;
	tool_error("%s", control_reason(k));
	return EXIT_WORK;
}

static void print_address(struct nlattr *a, char *buf, size_t size)
{
	const struct sockaddr_in6 *in6 = nla_data(a);
	const struct sockaddr_in *in4 = nla_data(a);
	char text[INET6_ADDRSTRLEN] = "?";

	if (nla_len(a) == sizeof(*in6)) {
		inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
		snprintf(buf, size, "[%s]:%u", text, ntohs(in6->sin6_port));
	} else {
		inet_ntop(AF_INET, &in4->sin_addr, text, sizeof(text));
		snprintf(buf, size, "%s:%u", text, ntohs(in4->sin_port));
	}
}

/* One column of 'cxio show': its key, and where its value is. */
static const struct {
	const char *key;
	const char *title;
	int attr;
} columns[] = {
	{ "messages_sent", "SENT", CEPH_XIO_A_MSGS_SENT },
	{ "messages_received", "RECEIVED", CEPH_XIO_A_MSGS_RECEIVED },
	{ "bytes_sent", "BYTES-OUT", CEPH_XIO_A_BYTES_SENT },
	{ "bytes_received", "BYTES-IN", CEPH_XIO_A_BYTES_RECEIVED },
	{ "ack_frames", "ACKS", CEPH_XIO_A_ACK_FRAMES },
	{ "credit_stalls", "C-STALLS", CEPH_XIO_A_CREDIT_STALLS },
	{ "window_stalls", "W-STALLS", CEPH_XIO_A_WINDOW_STALLS },
	{ "crc_failures", "CRC-ERR", CEPH_XIO_A_CRC_FAILURES },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void show_one(void *arg, int cmd, struct nlattr **attr)
{
	const struct request *r = arg;
	struct json_object *o;
	char peer[80] = "?";
	const char *state;
	size_t i;

	(void)cmd;
	if (!attr[CEPH_XIO_A_CONNECTION])
		return;
	if (attr[CEPH_XIO_A_ADDR])
		print_address(attr[CEPH_XIO_A_ADDR], peer, sizeof(peer));
	state = attr[CEPH_XIO_A_STATE] ? nla_get_string(attr[CEPH_XIO_A_STATE]) : "?";
	if (!r->json) {
		printf("%-5u %-30s %-8s %-13s", nla_get_u32(attr[CEPH_XIO_A_CONNECTION]), peer,
		       attr[CEPH_XIO_A_ACCEPTED] ? "accepted" : "active", state);
		for (i = 0; i < COLUMNS; i++)
			printf(" %10llu", (unsigned long long)get_u64(attr, columns[i].attr));
		putchar('\n');
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "connection",
			       json_object_new_uint64(nla_get_u32(attr[CEPH_XIO_A_CONNECTION])));
	json_object_object_add(o, "peer", json_object_new_string(peer));
	json_object_object_add(o, "accepted",
			       json_object_new_boolean(!!attr[CEPH_XIO_A_ACCEPTED]));
	json_object_object_add(o, "state", json_object_new_string(state));
	for (i = 0; i < COLUMNS; i++)
		json_object_object_add(o, columns[i].key,
				       json_object_new_uint64(get_u64(attr, columns[i].attr)));
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}

static int do_show(struct control *k, const struct request *r)
{
	size_t i;

	if (!r->json) {
		printf("%-5s %-30s %-8s %-13s", "CONN", "PEER", "SIDE", "STATE");
		for (i = 0; i < COLUMNS; i++)
			printf(" %10s", columns[i].title);
		putchar('\n');
	}
	return control_call(k, control_request(k, CEPH_XIO_CMD_GET_CONNECTION, true), show_one,
			    (void *)(uintptr_t)r) ? EXIT_SUCCESS : EXIT_WORK;
}

static void stat_objects(void *arg, int cmd, struct nlattr **attr)
{
	const struct request *r = arg;

	(void)cmd;
	printf(r->json ?
	       "{\"messages\":%llu,\"connections\":%llu,\"frames\":%llu,\"regions\":%llu}\n" :
	       "messages %llu\nconnections %llu\nframes %llu\nregions %llu\n",
	       (unsigned long long)get_u64(attr, CEPH_XIO_A_OBJ_MESSAGES),
	       (unsigned long long)get_u64(attr, CEPH_XIO_A_OBJ_CONNECTIONS),
	       (unsigned long long)get_u64(attr, CEPH_XIO_A_OBJ_FRAMES),
	       (unsigned long long)get_u64(attr, CEPH_XIO_A_OBJ_REGIONS));
}

static int do_stat(struct control *k, const struct request *r)
{
	return control_call(k, control_request(k, CEPH_XIO_CMD_GET_OBJECTS, false), stat_objects,
			    (void *)(uintptr_t)r) ? EXIT_SUCCESS : EXIT_WORK;
}

static const struct {
	const char *name;
	int (*run)(struct control *k, const struct request *r);
	bool address;
	bool connection;
} commands[] = {
	{ "listen", do_listen, true, false }, { "unlisten", do_unlisten, false, false },
	{ "connect", do_connect, true, false }, { "send", do_send, true, false },
	{ "close", do_close, false, true }, { "show", do_show, false, false },
	{ "stat", do_stat, false, false },
};

/* Return: -1 to go on, else the exit status. */
static int parse(int argc, char **argv, struct request *r)
{
	int o;

	while ((o = getopt_long(argc, argv, "a:p:f:n:s:q:c:t:jhV", options, NULL)) != -1) {
		bool ok = true;

		switch (o) {
		case 'a':
			r->addr = optarg;
			break;
		case 'p':
			ok = tool_number(optarg, "--port", 1, 65535, &r->port);
			break;
		case 'f':
			r->file = optarg;
			break;
		case 'n':
			ok = tool_number(optarg, "--msgs", 1, UINT32_MAX, &r->msgs);
			break;
		case 's':
			ok = tool_number(optarg, "--dsize", 0, 1 << 20, &r->dsize);
			break;
		case 'q':
			ok = tool_number(optarg, "--depth", 1, 1024, &r->depth);
			break;
		case 'c':
			ok = tool_number(optarg, "--connection", 1, UINT32_MAX, &r->connection);
			break;
		case 't':
			ok = tool_number(optarg, "--timeout", 1, 3600, &r->timeout);
			break;
		case 'j':
			r->json = true;
			break;
		case OPT_NO_PROGRESS:
			r->progress = false;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'V':
			printf("cxio %s\n", cxio_version());
			return EXIT_SUCCESS;
		default:
			ok = false;
			tool_bad_option(argv);
		}
		if (!ok)
			return EXIT_USAGE;
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct request r = {
		.fd = -1, .port = TOOL_DEFAULT_PORT, .msgs = 1000, .dsize = 4096, .depth = 8, .timeout = 30,
		.progress = true,
	};
	struct control *k;
	size_t i;
	int status;

	tool_begin("cxio");
	status = parse(argc, argv, &r);
	if (status >= 0)
		return status;
	if (optind + 1 != argc) {
		tool_error(optind < argc ? "'%s' is one word too many; try --help" :
					   "no command given; try --help",
			   optind < argc ? argv[optind + 1] : "");
		return EXIT_USAGE;
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[optind], commands[i].name))
			break;
	if (i == sizeof(commands) / sizeof(commands[0])) {
		tool_error("'%s' is not a command; try --help", argv[optind]);
		return EXIT_USAGE;
	}
	if (commands[i].address && !r.addr) {
		tool_error("%s: --addr is missing; try --help", commands[i].name);
		return EXIT_USAGE;
	}
	if (commands[i].connection && !r.connection) {
		tool_error("--connection is missing; see 'cxio show'");
		return EXIT_USAGE;
	}
	if (r.addr && !tool_address(r.addr, (uint16_t)r.port, &r.at))
		return EXIT_USAGE;
	if (r.file && !open_file(&r))
		return EXIT_USAGE;
	k = control_open();
	status = k ? commands[i].run(k, &r) : EXIT_SETUP;
	control_close(k);
	if (r.fd >= 0)
		close(r.fd);
	return status;
}
