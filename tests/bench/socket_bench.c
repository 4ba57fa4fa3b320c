// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * socket_bench: the leanest that TCP sockets can do, event driven, with a CRC32C of the data
 * at both ends, as the measure for what transport simple does. Server and client in one
 * program.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <isa-l/crc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tool.h"

static const char usage[] =
	"usage: socket_bench --server --addr ADDRESS [--port PORT]\n"
	"       socket_bench --addr ADDRESS [--port PORT] --test TEST [--size BYTES]\n"
	"                    [--count N]\n"
	"\n"
	"Measure a TCP connection by sockets alone, event driven on both sides.\n"
	"\n"
	"  -a, --addr ADDRESS   the server's address\n"
	"  -p, --port PORT      its port (default 7475; with --server 0 picks one)\n"
	"  -x, --test TEST      pingpong: round trips, without CRCs\n"
	"                       stream: blocks one way, each with its CRC32C behind it, made\n"
	"                       by the client and compared by the server\n"
	"  -s, --size BYTES     of each block, 1 to 4m (default 64)\n"
	"  -n, --count N        blocks, 1 to 10000000 (default 1000)\n"
	"      --chunk BYTES    written with one call, about, or read, up to 256k (default 2m)\n"
	"      --no-crc         stream: neither make nor compare CRCs\n"
	"  -t, --timeout SEC    end if nothing moves for so long; server: without a client\n"
	"                       (default 60)\n"
	"  -j, --json           one line of JSON; the keys tell the units\n"
	"  -S, --server         serve clients, one after the other, until a signal\n"
	"  -c, --connections N  server: end after N clients\n"
	"  -h, --help           this text\n"
	"  -V, --version        version\n"
	"\n"
	"Exit status: 0 all went well, 1 it did not, 2 wrong command line,\n"
	"3 cannot begin.\n";

enum { OPT_CHUNK = 256, OPT_NO_CRC };

static const struct option options[] = {
	{ "addr", required_argument, NULL, 'a' }, { "port", required_argument, NULL, 'p' },
	{ "test", required_argument, NULL, 'x' }, { "size", required_argument, NULL, 's' },
	{ "count", required_argument, NULL, 'n' }, { "timeout", required_argument, NULL, 't' },
	{ "chunk", required_argument, NULL, OPT_CHUNK },
	{ "no-crc", no_argument, NULL, OPT_NO_CRC },
	{ "json", no_argument, NULL, 'j' }, { "server", no_argument, NULL, 'S' },
	{ "connections", required_argument, NULL, 'c' }, { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' }, { 0 },
};

#define HELLO_MAGIC	0x58534231u	/* "XSB1" */
#define SIZE_MAX_BYTES	(4u << 20)
#define COUNT_MAX	10000000u
#define CHUNK_MAX	(4u << 20)
/* Longer reads fall out of the cache before they are summed up. */
#define READ_MAX	(256u << 10)
#define TRAILER		((uint32_t)sizeof(uint32_t))
/* Blocks that one call writes at most, each two pieces of memory. */
#define BATCH		64u

enum test {
	PINGPONG,
	STREAM,
	TESTS,
};

static const char *const names[TESTS] = { "pingpong", "stream" };

/**
 * struct bench - what to do; as it is also the client's first bytes
 * @magic: HELLO_MAGIC
 * @test: enum test
 * @size: bytes of each block
 * @count: blocks
 * @chunk: bytes a call, about
 * @crc: with CRCs
 */
struct bench {
	uint32_t magic;
	uint32_t test;
	uint32_t size;
	uint32_t count;
	uint32_t chunk;
	uint32_t crc;
};

/**
 * struct end - one end of the connection
 * @fd: socket, not blocking
 * @epoll: what it is waited for with
 * @events: what for
 * @limit_ms: for how long at most
 */
struct end {
	int fd;
	int epoll;
	uint32_t events;
	int limit_ms;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

/* --- an end --- */

static bool end_open(struct end *e, int fd, int limit_ms)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int yes = 1;

	e->fd = fd;
	e->events = EPOLLIN;
	e->limit_ms = limit_ms;
	e->epoll = epoll_create1(EPOLL_CLOEXEC);
	return e->epoll >= 0 && !epoll_ctl(e->epoll, EPOLL_CTL_ADD, fd, &ev) &&
	       !setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

static void end_close(struct end *e)
{
	if (e->epoll >= 0)
		close(e->epoll);
	if (e->fd >= 0)
		close(e->fd);
}

/* Return: false, and errno set, if it is late or there was a signal. */
static bool wait_for(struct end *e, uint32_t events)
{
	struct epoll_event ev = { .events = events };
	int n;

	if (e->events != events && epoll_ctl(e->epoll, EPOLL_CTL_MOD, e->fd, &ev))
		return false;
	e->events = events;
	n = epoll_wait(e->epoll, &ev, 1, e->limit_ms);
	if (!n)
		errno = ETIMEDOUT;
	return n > 0;
}

/* Return: bytes, at least 1; or -1, and errno set. */
static ssize_t get(struct end *e, void *buf, size_t len)
{
	for (;;) {
		ssize_t n = recv(e->fd, buf, len, 0);

		if (n > 0)
			return n;
		if (!n)
			errno = ECONNRESET;
		if (!n || errno != EAGAIN || !wait_for(e, EPOLLIN))
			return -1;
	}
}

static bool get_all(struct end *e, void *buf, size_t len)
{
	char *at = buf;

	while (len) {
		ssize_t n = get(e, at, len);

		if (n < 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static void step_on(struct msghdr *m, size_t n)
{
	while (m->msg_iovlen && n >= m->msg_iov->iov_len) {
		n -= m->msg_iov->iov_len;
		m->msg_iov++;
		m->msg_iovlen--;
	}
	if (!n)
		return;
	m->msg_iov->iov_base = (char *)m->msg_iov->iov_base + n;
	m->msg_iov->iov_len -= n;
}

static bool put_all(struct end *e, struct iovec *iov, size_t iovs)
{
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = iovs };

	while (m.msg_iovlen) {
		ssize_t n = sendmsg(e->fd, &m, MSG_NOSIGNAL);

		if (n >= 0)
			step_on(&m, (size_t)n);
		else if (errno != EAGAIN || !wait_for(e, EPOLLOUT))
			return false;
	}
	return true;
}

static bool put(struct end *e, const void *buf, size_t len)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)buf, .iov_len = len };

	return put_all(e, &iov, 1);
}

static uint32_t crc32c(uint32_t seed, const void *buf, size_t len)
{
	return crc32_iscsi((unsigned char *)(uintptr_t)buf, (int)len, seed);
}

/* --- round trips --- */

static bool ping(struct end *e, const struct bench *b, char *buf, uint64_t *round_trip_ns)
{
	uint64_t now, last = tool_now_ns();
	uint32_t i;

	for (i = 0; i < b->count; i++) {
		/* What comes is awaited: looking for it first would be in vain. */
		if (!put(e, buf, b->size) || !wait_for(e, EPOLLIN) || !get_all(e, buf, b->size))
			return false;
		now = tool_now_ns();
		round_trip_ns[i] = now - last;
		last = now;
	}
	return true;
}

static bool pong(struct end *e, const struct bench *b, char *buf)
{
	uint32_t i;

	for (i = 0; i < b->count; i++)
		if (!wait_for(e, EPOLLIN) || !get_all(e, buf, b->size) || !put(e, buf, b->size))
			return false;
	return true;
}

/* --- a stream --- */

/*
 * A block that is longer than a chunk is summed up and written chunk by chunk, so that it is
 * in the cache still; of short ones so many go together.
 */
static bool send_long(struct end *e, const struct bench *b, const char *data)
{
	uint32_t at, n, crc = 0;

	for (at = 0; at < b->size; at += n) {
		struct iovec iov[2] = {
			{ .iov_base = (void *)(uintptr_t)(data + at) },
			{ .iov_base = &crc, .iov_len = TRAILER },
		};

		n = b->size - at < b->chunk ? b->size - at : b->chunk;
		if (b->crc)
			crc = crc32c(crc, data + at, n);
		iov[0].iov_len = n;
		if (!put_all(e, iov, at + n == b->size ? 2 : 1))
			return false;
	}
	return true;
}

static bool send_short(struct end *e, const struct bench *b, const char *data, uint32_t blocks)
{
	struct iovec iov[2 * BATCH];
	uint32_t crc[BATCH], i;

	for (i = 0; i < blocks; i++) {
		crc[i] = b->crc ? crc32c(0, data, b->size) : 0;
		iov[2 * i] = (struct iovec){ (void *)(uintptr_t)data, b->size };
		iov[2 * i + 1] = (struct iovec){ &crc[i], TRAILER };
	}
	return put_all(e, iov, (size_t)2 * blocks);
}

static bool send_stream(struct end *e, const struct bench *b, const char *data)
{
	uint32_t batch = b->chunk / (b->size + TRAILER), left = b->count, n;
	char done;

	if (batch > BATCH)
		batch = BATCH;
	for (; left; left -= n) {
		n = !batch ? 1 : left < batch ? left : batch;
		if (!(batch ? send_short(e, b, data, n) : send_long(e, b, data)))
			return false;
	}
	/* All of it is there, and was found to be right. */
	return get_all(e, &done, 1);
}

/**
 * struct arrival - how far the server is
 * @left: blocks that are not whole
 * @pos: bytes of the next that came, its CRC among them
 * @crc: of its data so far
 * @trailer: what came behind it
 */
struct arrival {
	uint32_t left;
	uint32_t pos;
	uint32_t crc;
	unsigned char trailer[TRAILER];
};

/* Return: false, and errno set, if a CRC is wrong. */
static bool take_in(struct arrival *a, const struct bench *b, const char *at, size_t len)
{
	uint32_t there;

	while (len) {
		size_t n = a->pos < b->size ? b->size - a->pos : b->size + TRAILER - a->pos;

		if (n > len)
			n = len;
		if (a->pos >= b->size)
			memcpy(a->trailer + a->pos - b->size, at, n);
		else if (b->crc)
			a->crc = crc32c(a->crc, at, n);
		a->pos += (uint32_t)n;
		at += n;
		len -= n;
		if (a->pos < b->size + TRAILER)
			continue;
		memcpy(&there, a->trailer, TRAILER);
		if (there != a->crc) {
			errno = EBADMSG;
			return false;
		}
		a->left--;
		a->pos = 0;
		a->crc = 0;
	}
	return true;
}

static bool receive_stream(struct end *e, const struct bench *b, char *buf)
{
	struct arrival a = { .left = b->count };

	while (a.left) {
		uint64_t left = (uint64_t)a.left * (b->size + TRAILER) - a.pos;
		size_t most = b->chunk < READ_MAX ? b->chunk : READ_MAX;
		size_t wanted = left < most ? (size_t)left : most;
		ssize_t n = recv(e->fd, buf, wanted, 0);

		if (!n)
			errno = ECONNRESET;
		if (n <= 0 && (!n || errno != EAGAIN))
			return false;
		if (n > 0 && !take_in(&a, b, buf, (size_t)n))
			return false;
		/* What a call leaves room for is not there yet. */
		if (a.left && n < (ssize_t)wanted && !wait_for(e, EPOLLIN))
			return false;
	}
	return put(e, "", 1);
}

/* --- client --- */

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void report(const struct bench *b, uint64_t elapsed_ns, uint64_t *v, bool json)
{
	double rate = (double)b->count * 1e9 / (double)(elapsed_ns ? elapsed_ns : 1);

	printf(json ? "{\"test\":\"%s\",\"size_bytes\":%u,\"count\":%u,\"elapsed_ns\":%llu,"
		      "\"messages_per_s\":%.1f,\"bytes_per_s\":%.0f" :
		      "test            %s\nsize            %u bytes\nblocks          %u\n"
		      "elapsed         %llu ns\nrate            %.1f blocks/s, %.0f bytes/s\n",
	       names[b->test], b->size, b->count, (unsigned long long)elapsed_ns, rate,
	       rate * b->size);
	if (b->test == PINGPONG) {
		qsort(v, b->count, sizeof(*v), by_value);
		printf(json ? ",\"round_trip_min_ns\":%llu,\"round_trip_p50_ns\":%llu,"
			      "\"round_trip_p99_ns\":%llu,\"round_trip_max_ns\":%llu" :
			      "round trip      %llu ns least, %llu p50, %llu p99, %llu most\n",
		       (unsigned long long)v[0], (unsigned long long)v[(b->count - 1) / 2],
		       (unsigned long long)v[(uint64_t)(b->count - 1) * 99 / 100],
		       (unsigned long long)v[b->count - 1]);
	}
	if (json)
		puts("}");
}

static bool greet(struct end *e, const struct bench *b)
{
	struct bench hello = {
		.magic = htobe32(b->magic), .test = htobe32(b->test), .size = htobe32(b->size),
		.count = htobe32(b->count), .chunk = htobe32(b->chunk), .crc = htobe32(b->crc),
	};
	char ready;

	return put(e, &hello, sizeof(hello)) && get_all(e, &ready, 1);
}

static int run_client(const struct tool_address *to, const struct bench *b, int limit_ms, bool json)
{
	uint64_t *v = calloc(b->count, sizeof(*v)), begin;
	struct end e = { .fd = -1, .epoll = -1 };
	char *data = malloc(b->size);
	int fd, status = EXIT_SETUP;
	bool good = false;

	fd = socket(to->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!v || !data || fd < 0 || connect(fd, (const struct sockaddr *)&to->sa, to->len) ||
	    !end_open(&e, fd, limit_ms) || fcntl(fd, F_SETFL, O_NONBLOCK) || !greet(&e, b)) {
		tool_error("%s: %s", to->text, strerror(errno));
	} else {
		memset(data, 'x', b->size);
		begin = tool_now_ns();
		good = b->test == STREAM ? send_stream(&e, b, data) : ping(&e, b, data, v);
		status = good ? EXIT_SUCCESS : EXIT_WORK;
		if (good)
			report(b, tool_now_ns() - begin, v, json);
		else
			tool_error("%s: %s", to->text, strerror(errno));
	}
	end_close(&e);
	free(data);
	free(v);
	return status;
}

/* --- server --- */

static bool read_hello(struct end *e, struct bench *b)
{
	struct bench h;

	if (!get_all(e, &h, sizeof(h)))
		return false;
	*b = (struct bench){
		.magic = be32toh(h.magic), .test = be32toh(h.test), .size = be32toh(h.size),
		.count = be32toh(h.count), .chunk = be32toh(h.chunk), .crc = be32toh(h.crc),
	};
	errno = EPROTO;
	return b->magic == HELLO_MAGIC && b->test < TESTS && b->size &&
	       b->size <= SIZE_MAX_BYTES && b->count && b->count <= COUNT_MAX && b->chunk &&
	       b->chunk <= CHUNK_MAX;
}

static bool serve(int fd, int limit_ms)
{
	struct end e = { .fd = fd, .epoll = -1 };
	struct bench b;
	char *buf = NULL;
	bool good = false;

	if (end_open(&e, fd, limit_ms) && read_hello(&e, &b)) {
		buf = malloc(b.size > READ_MAX ? b.size : READ_MAX);
		good = buf && put(&e, "", 1) &&
		       (b.test == STREAM ? receive_stream(&e, &b, buf) : pong(&e, &b, buf));
	}
	if (!good)
		tool_error("client: %s", strerror(errno));
	free(buf);
	end_close(&e);
	return good;
}

static int listen_on(const struct tool_address *at)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	int fd, yes = 1;

	fd = socket(at->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) &&
	    !bind(fd, (const struct sockaddr *)&at->sa, at->len) && !listen(fd, 16) &&
	    !getsockname(fd, (struct sockaddr *)&sa, &len)) {
		printf("listening on %s port %u\n", at->text, tool_port(&sa));
		return fd;
	}
	tool_error("%s: %s%s", at->text, strerror(errno), tool_hint(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static int run_server(const struct tool_address *at, int limit_ms, uint64_t connections)
{
	int fd, status = EXIT_SUCCESS, listener = listen_on(at);
	uint64_t ended;

	if (listener < 0)
		return EXIT_SETUP;
	for (ended = 0; !stopped && (!connections || ended < connections); ended++) {
		fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0 && serve(fd, limit_ms))
			continue;
		if (!stopped) {
			status = EXIT_WORK;
			if (fd < 0)
				tool_error("%s: %s", at->text, strerror(errno));
		}
		if (fd < 0)
			break;
	}
	close(listener);
	return status;
}

static bool test_by_name(const char *name, uint32_t *test)
{
	for (*test = 0; *test < TESTS; (*test)++)
		if (!strcmp(name, names[*test]))
			return true;
	tool_error("--test: '%s' is neither pingpong nor stream", name);
	return false;
}

int main(int argc, char **argv)
{
	static const struct tool_program program = { "socket_bench", "", "TCP" };
	struct sigaction action = { .sa_handler = on_signal };
	uint64_t port = 7475, size = 64, count = 1000, timeout = 60, connections = 0;
	uint64_t chunk = 2 << 20;
	bool json = false, server = false, test = false;
	struct bench b = { .magic = HELLO_MAGIC, .crc = 1 };
	const char *addr = NULL;
	struct tool_address at;
	int o;

	tool_begin(&program);
	while ((o = getopt_long(argc, argv, "a:p:x:s:n:t:jSc:hV", options, NULL)) != -1) {
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
			ok = tool_number(optarg, "--size", 1, SIZE_MAX_BYTES, &size);
			break;
		case 'n':
			ok = tool_number(optarg, "--count", 1, COUNT_MAX, &count);
			break;
		case OPT_CHUNK:
			ok = tool_number(optarg, "--chunk", 1, CHUNK_MAX, &chunk);
			break;
		case OPT_NO_CRC:
			b.crc = 0;
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
			puts("socket_bench " VERSION);
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
	if (!tool_address(addr, (uint16_t)port, &at))
		return EXIT_USAGE;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (server)
		return run_server(&at, (int)timeout * 1000, connections);
	b.size = (uint32_t)size;
	b.count = (uint32_t)count;
	b.chunk = (uint32_t)chunk;
	return run_client(&at, &b, (int)timeout * 1000, json);
}
