// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a client sends: a file, or the same bytes in every message.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"

/**
 * content_open() - look at the file, before anything is begun
 * @c: @len is set if there is no file
 * @file: its name, or NULL
 *
 * Return: false, and an error printed: EXIT_USAGE.
 */
bool content_open(struct content *c, const char *file)
{
	struct stat st;

	c->fd = -1;
	if (!file)
		return true;
	c->fd = open(file, O_RDONLY | O_CLOEXEC);
	if (c->fd < 0 || fstat(c->fd, &st)) {
		tool_error("--file: %s: %s", file, strerror(errno));
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		tool_error("--file: %s is not a regular file", file);
		return false;
	}
	c->len = (size_t)st.st_size;
	return true;
}

static bool map_file(struct content *c)
{
	void *p = NULL;

	if (c->len)
		p = mmap(NULL, c->len, PROT_READ, MAP_PRIVATE, c->fd, 0);
	if (p == MAP_FAILED) {
		tool_error("--file: %s", strerror(errno));
		return false;
	}
	c->map = p;
	c->base = p;
	return true;
}

static bool read_file(struct content *c)
{
	size_t done = 0;
	ssize_t n;

	while (done < c->len) {
		n = pread(c->fd, c->buffer.base + done, c->len - done, (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			tool_error("--file: %s",
				   n ? strerror(errno) : "it became shorter meanwhile");
			return false;
		}
		done += (size_t)n;
	}
	return true;
}

/**
 * content_place() - put the data where it is to lie
 * @c: opened
 * @m: the messenger
 * @kind: where
 *
 * Return: false, and an error printed: EXIT_SETUP.
 */
bool content_place(struct content *c, struct cxio_messenger *m, enum buffer_kind kind)
{
	bool file = c->fd >= 0;

	if (file && kind == BUFFER_ANY)
		return map_file(c);
	if (!buffer_make(&c->buffer, m, kind, c->len))
		return false;
	c->base = c->buffer.base;
	if (file)
		return read_file(c);
	buffer_fill(&c->buffer);
	return true;
}

/* content_release() - no message will use it any more; the messenger still exists */
void content_release(struct content *c)
{
	buffer_release(&c->buffer);
}

/* content_free() - give all back; no message is under way */
void content_free(struct content *c)
{
	if (c->map)
		munmap(c->map, c->len);
	buffer_free(&c->buffer);
	if (c->fd >= 0)
		close(c->fd);
}
