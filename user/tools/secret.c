// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reading a secret, or a key, from its file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "secret.h"
#include "tool.h"

/* Return: bytes read, at most @size, or -1 with errno. */
static ssize_t read_all(int fd, unsigned char *to, size_t size)
{
	size_t got = 0;
	ssize_t n;

	while (got < size) {
		n = read(fd, to + got, size - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (!n)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

/**
 * tool_secret_read() - read the secret, if one is asked for
 * @s: the command line's
 *
 * Return: false, and an error printed, if it cannot be read or used.
 */
bool tool_secret_read(struct tool_secret *s)
{
	unsigned char more;
	ssize_t n, rest;
	int fd;

	if (!s->file)
		return true;
	fd = open(s->file, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read_all(fd, s->bytes, sizeof(s->bytes));
	rest = n < 0 ? -1 : read_all(fd, &more, 1);
	if (rest < 0)
		tool_error("--secret: %s: %s", s->file, strerror(errno));
	else if (rest || n < (ssize_t)TOOL_SECRET_MIN)
		tool_error("--secret: %s has %s bytes; make one with 'head -c 32 /dev/urandom'",
			   s->file, rest ? "more than 4096" : "fewer than 16");
	if (fd >= 0)
		close(fd);
	if (rest || n < (ssize_t)TOOL_SECRET_MIN) {
		tool_secret_wipe(s);
		return false;
	}
	s->len = (size_t)n;
	return true;
}

/* Return: why the text cannot be one, or NULL. */
static const char *bad_keyring(const char *text, ssize_t n)
{
	if (n < 0)
		return strerror(errno);
	if (!n)
		return "is empty; 'ceph auth get' shows a keyring";
	if (n > (ssize_t)TOOL_KEYRING_MAX)
		return "has more than 65536 bytes; 'ceph auth get' shows a keyring of one name";
	if (memchr(text, 0, (size_t)n))
		return "is no text; 'ceph auth get' shows a keyring";
	return NULL;
}

/**
 * tool_keyring_read() - read the keyring, if one is asked for
 * @s: the command line's
 *
 * Return: false, and an error printed, if it cannot be read or used.
 */
bool tool_keyring_read(struct tool_secret *s)
{
	const char *bad;
	ssize_t n;
	int fd;

	if (!s->keyring)
		return true;
	/* One more than is allowed tells that there is more, and leaves room for the end. */
	s->key = calloc(1, TOOL_KEYRING_MAX + 1);
	if (!s->key) {
		tool_error("out of memory");
		return false;
	}
	fd = open(s->keyring, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read_all(fd, (unsigned char *)s->key, TOOL_KEYRING_MAX + 1);
	bad = bad_keyring(s->key, n);
	if (bad) {
		tool_error("--keyring: %s: %s", s->keyring, bad);
		tool_secret_wipe(s);
	}
	if (fd >= 0)
		close(fd);
	return !bad;
}

/**
 * tool_secret_signing() - the value of --signing
 * @value: as typed
 * @signing: set
 *
 * Return: false, and an error printed, if it is none of those.
 */
bool tool_secret_signing(const char *value, enum cxio_signing *signing)
{
	static const char *const names[] = {
		[CXIO_SIGNING_AUTO] = "auto", [CXIO_SIGNING_OFF] = "off", [CXIO_SIGNING_ON] = "on",
	};
	unsigned int i;

	for (i = 0; i <= CXIO_SIGNING_ON; i++) {
		if (strcmp(value, names[i]) != 0)
			continue;
		*signing = (enum cxio_signing)i;
		return true;
	}
	tool_error("--signing: '%s' is none of auto, on, off", value);
	return false;
}

/**
 * tool_secret_wipe() - forget it
 * @s: the secret
 */
void tool_secret_wipe(struct tool_secret *s)
{
	explicit_bzero(s->bytes, sizeof(s->bytes));
	s->len = 0;
	if (s->key)
		explicit_bzero(s->key, TOOL_KEYRING_MAX + 1);
	free(s->key);
	s->key = NULL;
}
