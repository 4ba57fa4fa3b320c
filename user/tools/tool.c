// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const char *program = "cxio";

void tool_begin(const char *name)
{
	program = name;
	/* Errors of the command line are one line, and ours: tool_bad_option(). */
	opterr = 0;
	/* Progress and results are read by pipes too: a line is out when it is made. */
	setvbuf(stdout, NULL, _IOLBF, 0);
}

/**
 * tool_error() - one line on stderr, with the program's name in front
 * @format: as printf, without a newline
 */
void tool_error(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fprintf(stderr, "%s: ", program);
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
		tool_error("--addr: '%s': %s; give the address of an RDMA interface, see 'rdma link'",
			   addr, gai_strerror(err));
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
 * tool_hint() - what to do about an error
 * @err: positive errno
 *
 * Return: words to follow strerror(), or an empty string.
 */
const char *tool_hint(int err)
{
	switch (err) {
	case ENODEV:
	case ENOENT:
		return "; is there an RDMA device ('rdma link') and is rdma_ucm loaded ('modprobe rdma_ucm')?";
	case EADDRNOTAVAIL:
		return "; no RDMA device has that address, see 'rdma link' and 'ip address'";
	case EADDRINUSE:
		return "; another server listens there, choose another --port";
	case ENOMEM:
		return "; is 'ulimit -l' high enough?";
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
