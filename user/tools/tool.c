// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What all programs need, whatever they do.
 */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tool.h"

static struct tool_program own;
static const struct tool_program *program = &own;
static pthread_t waiter;
/* What transport simple is over. */
static const char *carrier = "TCP";

/**
 * tool_begin() - first of all
 * @p: which program this is
 */
void tool_begin(const struct tool_program *p)
{
	own = *p;
	/* Errors of the command line are one line, and ours: tool_bad_option(). */
	opterr = 0;
	/* Progress and results are read by pipes too: a line is out when it is made. */
	setvbuf(stdout, NULL, _IOLBF, 0);
}

/**
 * tool_program() - which program this is
 *
 * Return: as handed to tool_begin().
 */
const struct tool_program *tool_program(void)
{
	return program;
}

/**
 * tool_use_transport() - another transport than the program's own
 * @transport: "xio" or "simple"
 *
 * Return: false if it is neither.
 */
bool tool_use_transport(const char *transport)
{
	const struct tool_program known[] = {
		{ NULL, "xio", "RDMA" }, { NULL, "simple", carrier },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].transport, transport) != 0)
			continue;
		own.transport = known[i].transport;
		own.over = known[i].over;
		return true;
	}
	return false;
}

/**
 * tool_use_carrier() - another carrier of transport simple than TCP, or that again
 * @over: "TCP" or "RDMA"
 */
void tool_use_carrier(const char *over)
{
	carrier = over;
	tool_use_transport(program->transport);
}

static bool over_rdma(void)
{
	return !strcmp(program->over, "RDMA");
}

/**
 * tool_error() - one line on stderr, with the program's name in front
 * @format: as printf, without a newline
 */
void tool_error(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fprintf(stderr, "%s: ", program->name);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
}

/**
 * tool_bad_option() - getopt_long() did not like an option
 * @argv: the command line
 */
void tool_bad_option(char **argv)
{
	tool_error("'%s' is not an option, or lacks its value; try --help", argv[optind - 1]);
}

/**
 * tool_number() - read a number of the command line; k, m, g multiply by 1024
 * @text: the word
 * @what: its option, for the error
 * @min: least allowed
 * @max: most allowed
 * @value: set
 *
 * Return: false, and an error printed, if it is no such number.
 */
bool tool_number(const char *text, const char *what, uint64_t min, uint64_t max, uint64_t *value)
{
	unsigned long long n;
	unsigned int shift = 0;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (*end == 'k' || *end == 'K')
		shift = 10;
	else if (*end == 'm' || *end == 'M')
		shift = 20;
	else if (*end == 'g' || *end == 'G')
		shift = 30;
	if (shift)
		end++;
	if (errno || end == text || *end || *text == '-' || n > UINT64_MAX >> shift ||
	    n << shift < min || n << shift > max) {
		tool_error("%s: '%s' is not a number from %llu to %llu", what, text,
			   (unsigned long long)min, (unsigned long long)max);
		return false;
	}
	*value = n << shift;
	return true;
}

/**
 * tool_address() - turn a name or number into an address
 * @addr: IPv4 or IPv6 address, or a host name
 * @port: port
 * @out: filled
 *
 * Return: false, and an error printed, if there is none.
 */
bool tool_address(const char *addr, uint16_t port, struct tool_address *out)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	char service[8];
	int err;

	snprintf(service, sizeof(service), "%u", port);
	err = getaddrinfo(addr, service, &hints, &found);
	if (err) {
		tool_error("--addr: '%s': %s; give the address of an %s", addr, gai_strerror(err),
			   over_rdma() ? "RDMA interface, see 'rdma link'" :
					 "interface, see 'ip address'");
		return false;
	}
	memcpy(&out->sa, found->ai_addr, found->ai_addrlen);
	out->len = found->ai_addrlen;
	snprintf(out->text, sizeof(out->text), found->ai_family == AF_INET6 ? "[%s]:%u" : "%s:%u",
		 addr, port);
	freeaddrinfo(found);
	return true;
}

/**
 * tool_port() - the port of an address
 * @sa: IPv4 or IPv6
 *
 * Return: the port.
 */
uint16_t tool_port(const struct sockaddr_storage *sa)
{
	if (sa->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)sa)->sin6_port);
	return ntohs(((const struct sockaddr_in *)sa)->sin_port);
}

/**
 * tool_hint() - what to do about an error
 * @err: positive errno
 *
 * Return: words to follow strerror(), or an empty string.
 */
const char *tool_hint(int err)
{
	if (err == EADDRINUSE)
		return "; another server listens there, choose another --port";
	if (!over_rdma())
		return err == EADDRNOTAVAIL ? "; no interface has that address, see 'ip address'" :
					      "";
	if (err == ENOMEM)
		return "; is 'ulimit -l' high enough?";
	switch (err) {
	case ENODEV:
	case ENOENT:
		return "; is there an RDMA device ('rdma link') and is rdma_ucm loaded "
		       "('modprobe rdma_ucm')?";
	case EADDRNOTAVAIL:
		return "; no RDMA device has that address, see 'rdma link' and 'ip address'";
	default:
		return "";
	}
}

/**
 * tool_human() - bytes for people
 * @bytes: how many
 * @buf: gets the text
 * @size: bytes of @buf
 *
 * Return: @buf.
 */
const char *tool_human(uint64_t bytes, char *buf, size_t size)
{
	static const char *const unit[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	unsigned int i = 0;

	while (value >= 1024 && i < 4) {
		value /= 1024;
		i++;
	}
	snprintf(buf, size, i ? "%.1f %s" : "%.0f %s", value, unit[i]);
	return buf;
}

/**
 * tool_now_ns() - the clock that times are measured with
 *
 * Return: nanoseconds.
 */
uint64_t tool_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * TOOL_NS_PER_S + (uint64_t)t.tv_nsec;
}

/**
 * tool_process_status() - what memory this process takes
 * @key: of /proc/self/status: "VmRSS:", "VmHWM:", "VmPin:"
 * @bytes: set
 *
 * Return: false, and an error printed, if the system does not tell.
 */
bool tool_process_status(const char *key, uint64_t *bytes)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long long n;
	bool found = false;
	char line[200];

	if (!f) {
		tool_error("/proc/self/status: %s; is /proc mounted?", strerror(errno));
		return false;
	}
	while (!found && fgets(line, sizeof(line), f)) {
		char *end;

		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		n = strtoull(line + strlen(key), &end, 10);
		found = !strcmp(end, " kB\n");
		*bytes = n * 1024;
	}
	fclose(f);
	if (!found)
		tool_error("/proc/self/status does not tell %s", key);
	return found;
}

/* --- signals: to end in order --- */

static void our_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGUSR1);
}

/**
 * tool_signals_begin() - have signals taken by tool_signals_wait() alone
 *
 * In the thread that will wait, before any other thread exists.
 */
void tool_signals_begin(void)
{
	sigset_t set;

	our_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	waiter = pthread_self();
}

/**
 * tool_signals_wait() - wait to be told to end
 * @until_ns: on tool_now_ns(); 0: for ever
 *
 * Return: SIGINT or SIGTERM; SIGUSR1 after tool_signals_wake(); 0 when it is time.
 */
int tool_signals_wait(uint64_t until_ns)
{
	sigset_t set;
	int sig = 0;

	our_signals(&set);
	if (!until_ns) {
		sigwait(&set, &sig);
		return sig;
	}
	do {
		uint64_t now = tool_now_ns(), left = until_ns > now ? until_ns - now : 0;
		struct timespec t = {
			.tv_sec = (time_t)(left / TOOL_NS_PER_S),
			.tv_nsec = (long)(left % TOOL_NS_PER_S),
		};

		sig = sigtimedwait(&set, NULL, &t);
	} while (sig < 0 && errno == EINTR);
	return sig < 0 ? 0 : sig;
}

/* tool_signals_wake() - end tool_signals_wait(), from any other thread */
void tool_signals_wake(void)
{
	pthread_kill(waiter, SIGUSR1);
}

/**
 * tool_sleep_ms() - do nothing for a while
 * @ms: milliseconds
 */
void tool_sleep_ms(uint64_t ms)
{
	struct timespec t = {
		.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000,
	};

	nanosleep(&t, NULL);
}
