// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * xio_client: sends a file, or equal messages, over RDMA to a server that echoes,
 * and compares what comes back.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cephxio.h"
#include "hist.h"
#include "report.h"
#include "tool.h"
#include "transfer.h"

static const char usage[] =
	"usage: xio_client --addr ADDRESS [--port PORT] [--file FILE]\n"
	"                  [--msgs N] [--dsize BYTES] [--nfrags N] [--depth N]\n"
	"\n"
	"Send messages over RDMA to a server that echoes, compare what comes back.\n"
	"\n"
	"  -a, --addr ADDRESS   the server's address\n"
	"  -p, --port PORT      its port (default 7471)\n"
	"  -f, --file FILE      send this file, as messages of 0 bytes to 1 MiB\n"
	"  -n, --msgs N         without --file: messages to send (default 1000)\n"
	"  -s, --dsize BYTES    their data, 0 to 1m (default 4k)\n"
	"  -g, --nfrags N       fragments the data is handed over in (default 1)\n"
	"  -q, --depth N        messages under way at once (default 8)\n"
	"  -t, --timeout SEC    give up after this long without progress (default 30)\n"
	"  -j, --json           one line of JSON; latencies in nanoseconds\n"
	"      --no-progress    no progress line on stderr\n"
	"  -h, --help           this text\n"
	"  -V, --version        version\n"
	"\n"
	"Exit status: 0 all came back unchanged, 1 it did not, 2 wrong command line,\n"
	"3 cannot begin.\n";

enum { OPT_NO_PROGRESS = 256 };

static const struct option options[] = {
	{ "addr", required_argument, NULL, 'a' }, { "port", required_argument, NULL, 'p' },
	{ "file", required_argument, NULL, 'f' }, { "msgs", required_argument, NULL, 'n' },
	{ "dsize", required_argument, NULL, 's' }, { "nfrags", required_argument, NULL, 'g' },
	{ "depth", required_argument, NULL, 'q' }, { "timeout", required_argument, NULL, 't' },
	{ "json", no_argument, NULL, 'j' }, { "no-progress", no_argument, NULL, OPT_NO_PROGRESS },
	{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' }, { 0 },
};

/**
 * struct client - the program
 *
 * The transfer's state belongs to the portal thread once the connection is open;
 * @lock guards what the main thread waits for.
 *
 * @send: cuts what is to be sent
 * @expect: cuts it again: echoes come back in order
 * @content: the file, or the content of one equal message
 * @content_len: bytes mapped
 * @whole: @content is the whole file; else every message has the same content
 * @nfrags: fragments a message
 * @depth: messages under way at once
 * @sent_hash: over what was sent
 * @echo_hash: over what came back
 * @latency: round trips
 * @under_way: messages sent and not echoed
 * @error: what went wrong, or empty
 * @lock: guards the rest
 * @changed: signalled when the rest changes
 * @done_bytes: lock; data echoed
 * @messages: lock; messages echoed
 * @finished: lock; all has come back, or an error
 * @closed: lock; the connection has ended
 */
struct client {
	struct cxio_transfer send;
	struct cxio_transfer expect;
	const char *content;
	size_t content_len;
	bool whole;
	unsigned int nfrags;
	unsigned int depth;
	EVP_MD_CTX *sent_hash;
	EVP_MD_CTX *echo_hash;
	struct cxio_hist latency;
	unsigned int under_way;
	char error[200];
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t done_bytes;
	uint64_t messages;
	bool finished;
	bool closed;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void finish(struct client *cl, const char *error)
{
	pthread_mutex_lock(&cl->lock);
	if (error && !cl->error[0])
		snprintf(cl->error, sizeof(cl->error), "%s", error);
	cl->finished = true;
	pthread_cond_signal(&cl->changed);
	pthread_mutex_unlock(&cl->lock);
}

static const char *content_of(const struct client *cl, const struct cxio_slice *slice)
{
	return cl->content + (cl->whole ? slice->offset : 0);
}

static int add_fragments(struct client *cl, struct cxio_message *m, const struct cxio_slice *slice)
{
	const char *p = content_of(cl, slice);
	size_t each = slice->len / cl->nfrags, left = slice->len;
	unsigned int i;
	int err;

	for (i = 0; i < cl->nfrags && left; i++) {
		size_t n = i + 1 == cl->nfrags ? left : each;

		err = cxio_message_add_data(m, p, n);
		if (err)
			return err;
		p += n;
		left -= n;
	}
	return 0;
}

static bool send_one(struct client *cl, struct cxio_connection *c)
{
	struct cxio_slice slice;
	struct cxio_message *m;
	size_t len, i;
	uint8_t *middle;

	if (!cxio_transfer_next(&cl->send, &slice))
		return false;
	m = cxio_message_new(CXIO_MSG_DATA_PING, slice.index + 1,
			     sizeof(struct cxio_wire_transfer), slice.middle_len);
	if (!m || add_fragments(cl, m, &slice)) {
		cxio_message_put(m);
		finish(cl, "out of memory");
		return false;
	}
	middle = cxio_message_middle(m, &len);
	for (i = 0; i < len; i++)
		middle[i] = cxio_transfer_middle_byte(slice.index, (u32)i);
	EVP_DigestUpdate(cl->sent_hash, content_of(cl, &slice), slice.len);
	cl->under_way++;
	cxio_transfer_front(&slice, now_ns(), cxio_message_front(m, &len));
	cxio_connection_send(c, m);
	return true;
}

static void opened(void *arg, struct cxio_connection *c, bool accepted)
{
	struct client *cl = arg;

	(void)accepted;
	while (cl->under_way < cl->depth && send_one(cl, c))
		;
	if (!cl->under_way)
		finish(cl, NULL);
}

static bool check_echo(struct client *cl, struct cxio_message *m, size_t *data_len)
{
	struct cxio_msg_header h = { .tid = cxio_message_tid(m) };
	size_t front_len, middle_len;
	const uint8_t *middle;
	const void *front;
	uint64_t sent;

	front = cxio_message_front(m, &front_len);
	middle = cxio_message_middle(m, &middle_len);
	cxio_message_data(m, data_len);
	h.len[CXIO_FRONT] = (u32)front_len;
	h.len[CXIO_MIDDLE] = (u32)middle_len;
	h.len[CXIO_DATA] = (u32)*data_len;
	if (!cxio_transfer_echo(&cl->expect, &cl->send, &h, front, middle, &sent))
		return false;
	cxio_hist_add(&cl->latency, now_ns() - sent);
	return true;
}

static void dispatch(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	struct client *cl = arg;
	size_t len = 0;

	if (!check_echo(cl, m, &len)) {
		finish(cl, "an echo differs from what was sent");
		cxio_message_put(m);
		return;
	}
	if (len)
		EVP_DigestUpdate(cl->echo_hash, cxio_message_data(m, &len), len);
	cxio_message_put(m);
	pthread_mutex_lock(&cl->lock);
	cl->messages++;
	cl->done_bytes += len;
	pthread_mutex_unlock(&cl->lock);
	cl->under_way--;
	while (cl->under_way < cl->depth && send_one(cl, c))
		;
	if (!cl->under_way)
		finish(cl, NULL);
}

static void closed(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	struct client *cl = arg;

	(void)c;
	finish(cl, end->fault ? end->text : NULL);
	pthread_mutex_lock(&cl->lock);
	if (!end->fault && cl->under_way && !cl->error[0])
		snprintf(cl->error, sizeof(cl->error), "the server closed before all came back");
	cl->closed = true;
	pthread_cond_signal(&cl->changed);
	pthread_mutex_unlock(&cl->lock);
}

/* Wait for *flag, which is guarded by the lock; false after a time without progress. */
static bool wait_for(struct client *cl, const bool *flag, unsigned int timeout, bool progress)
{
	uint64_t total = cxio_transfer_bytes(&cl->expect), last = cl->messages, moved = now_ns();
	bool ok = true;

	pthread_mutex_lock(&cl->lock);
	while (!*flag && ok) {
		struct timespec t;

		clock_gettime(CLOCK_MONOTONIC, &t);
		t.tv_sec += 1;
		pthread_cond_timedwait(&cl->changed, &cl->lock, &t);
		ok = now_ns() - moved < (uint64_t)timeout * 1000000000u;
		if (cl->messages == last)
			continue;
		last = cl->messages;
		moved = now_ns();
		if (progress && !*flag)
			report_progress(cl->done_bytes, total, false);
	}
	if (progress && cl->messages)
		report_progress(cl->done_bytes, total, true);
	pthread_mutex_unlock(&cl->lock);
	return ok;
}

static void hex_digest(EVP_MD_CTX *ctx, char *out)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int len = 0, i;

	EVP_DigestFinal_ex(ctx, md, &len);
	for (i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", md[i]);
}

static bool report(struct client *cl, struct cxio_connection *c, bool json)
{
	struct cxio_connection_stats st;
	struct report r = { 0 };

	cxio_connection_stats(c, &st);
	r.messages = cl->messages;
	r.bytes = cl->done_bytes;
	r.crc_failures = st.crc_failures;
	r.grants_sent = st.grants_sent;
	r.credit_stalls = st.credit_stalls;
	r.window_stalls = st.window_stalls;
	r.p50_ns = cxio_hist_percentile(&cl->latency, 5000);
	r.p99_ns = cxio_hist_percentile(&cl->latency, 9900);
	r.max_ns = cl->latency.max;
	hex_digest(cl->sent_hash, r.sha256_sent);
	hex_digest(cl->echo_hash, r.sha256_echo);
	return report_print(&r, json);
}

static int run(struct client *cl, const struct tool_address *to, unsigned int timeout, bool json,
	       bool progress)
{
	struct cxio_dispatcher d = {
		.opened = opened, .dispatch = dispatch, .closed = closed, .arg = cl,
	};
	struct cxio_messenger *m = cxio_messenger_create(&d);
	struct cxio_connection *c = NULL;
	unsigned long left;
	bool ok = false;

	if (!m) {
		tool_error("cannot use RDMA: %s%s", strerror(errno), tool_hint(errno));
		return EXIT_SETUP;
	}
	if (!cxio_messenger_start(m))
		c = cxio_messenger_connect(m, (const struct sockaddr *)&to->sa, to->len);
	if (!c) {
		tool_error("cannot connect: %s", strerror(errno));
		cxio_messenger_destroy(m);
		return EXIT_SETUP;
	}
	if (!wait_for(cl, &cl->finished, timeout, progress))
		finish(cl, "no progress: the server does not answer");
	cxio_connection_close(c);
	wait_for(cl, &cl->closed, timeout, false);
	cxio_messenger_destroy(m);
	if (cl->error[0])
		tool_error("%s: %s", to->text, cl->error);
	else
		ok = report(cl, c, json);
	cxio_connection_put(c);
	left = cxio_live_objects(NULL, NULL, NULL);
	if (left)
		tool_error("%lu objects of the library were left over", left);
	return ok && !left ? EXIT_SUCCESS : EXIT_WORK;
}

static bool map_file(struct client *cl, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *p = NULL;

	if (fd < 0 || fstat(fd, &st)) {
		tool_error("--file: %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		tool_error("--file: %s is not a regular file", path);
		close(fd);
		return false;
	}
	if (st.st_size)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED) {
		tool_error("--file: %s: %s", path, strerror(errno));
		return false;
	}
	cl->content = p;
	cl->content_len = (size_t)st.st_size;
	cl->whole = true;
	cxio_transfer_file(&cl->send, (u64)st.st_size);
	return true;
}

static bool make_content(struct client *cl, uint64_t msgs, uint64_t dsize)
{
	size_t len = dsize ? dsize : 1, i;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		tool_error("--dsize: %s", strerror(errno));
		return false;
	}
	for (i = 0; i < len; i++)
		p[i] = (char)(i * 131 + (i >> 8));
	cl->content = p;
	cl->content_len = len;
	cxio_transfer_count(&cl->send, msgs, (u32)dsize);
	return true;
}

int main(int argc, char **argv)
{
	uint64_t port = TOOL_DEFAULT_PORT, msgs = 1000, dsize = 4096, nfrags = 1, depth = 8;
	uint64_t timeout = 30;
	const char *addr = NULL, *file = NULL;
	bool json = false, progress = true;
	static struct client cl;
	struct tool_address to;
	pthread_condattr_t monotonic;
	int o, status;

	tool_begin("xio_client");
	while ((o = getopt_long(argc, argv, "a:p:f:n:s:g:q:t:jhV", options, NULL)) != -1) {
		bool ok = true;

		switch (o) {
		case 'a':
			addr = optarg;
			break;
		case 'p':
			ok = tool_number(optarg, "--port", 1, 65535, &port);
			break;
		case 'f':
			file = optarg;
			break;
		case 'n':
			ok = tool_number(optarg, "--msgs", 1, UINT32_MAX, &msgs);
			break;
		case 's':
			ok = tool_number(optarg, "--dsize", 0, CXIO_TRANSFER_MAX, &dsize);
			break;
		case 'g':
			ok = tool_number(optarg, "--nfrags", 1, 1024, &nfrags);
			break;
		case 'q':
			ok = tool_number(optarg, "--depth", 1, 1024, &depth);
			break;
		case 't':
			ok = tool_number(optarg, "--timeout", 1, 3600, &timeout);
			break;
		case 'j':
			json = true;
			break;
		case OPT_NO_PROGRESS:
			progress = false;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'V':
			printf("xio_client %s\n", cxio_version());
			return EXIT_SUCCESS;
		default:
			ok = false;
			tool_bad_option(argv);
		}
		if (!ok)
			return EXIT_USAGE;
	}
	if (!addr || optind < argc) {
		tool_error(addr ? "'%s' is not an option; try --help" :
				  "--addr is missing; try --help", argv[optind]);
		return EXIT_USAGE;
	}
	if (!tool_address(addr, (uint16_t)port, &to))
		return EXIT_USAGE;
	cl.nfrags = (unsigned int)nfrags;
	cl.depth = (unsigned int)depth;
	if (!(file ? map_file(&cl, file) : make_content(&cl, msgs, dsize)))
		return EXIT_USAGE;
	cl.expect = cl.send;
	pthread_mutex_init(&cl.lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&cl.changed, &monotonic);
	cl.sent_hash = EVP_MD_CTX_new();
	cl.echo_hash = EVP_MD_CTX_new();
	if (!cl.sent_hash || !cl.echo_hash ||
	    EVP_DigestInit_ex(cl.sent_hash, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestInit_ex(cl.echo_hash, EVP_sha256(), NULL) != 1) {
		tool_error("SHA-256 is not available");
		return EXIT_SETUP;
	}
	status = run(&cl, &to, (unsigned int)timeout, json, progress);
	EVP_MD_CTX_free(cl.sent_hash);
	EVP_MD_CTX_free(cl.echo_hash);
	if (cl.content_len)
		munmap((void *)(uintptr_t)cl.content, cl.content_len);
	return status;
}
