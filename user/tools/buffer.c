// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Memory for messages' data. It goes in two steps, as the library wants it: released
 * before the messenger is destroyed, freed when nothing is under way any more.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "buffer.h"
#include "deps.h"

/**
 * buffer_take() - read --memory
 * @value: its value
 * @kind: set
 *
 * Return: TOOL_TAKEN or TOOL_BAD.
 */
enum tool_taken buffer_take(const char *value, enum buffer_kind *kind)
{
	static const char *const names[] = {
		[BUFFER_ANY] = "any", [BUFFER_ARENA] = "arena", [BUFFER_REGISTERED] = "registered",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(value, names[i]) != 0)
			continue;
		*kind = (enum buffer_kind)i;
		return TOOL_TAKEN;
	}
	tool_error("--memory: '%s' is none of arena, registered, any", value);
	return TOOL_BAD;
}

static bool no_memory(size_t len, int err)
{
	char text[32];

	tool_error("no %s of memory for data: %s%s", tool_human(len, text, sizeof(text)),
		   strerror(err), tool_hint(err));
	return false;
}

static bool from_arena(struct buffer *b, struct cxio_messenger *m)
{
	b->arena = cxio_arena_new(m, b->len);
	if (b->arena)
		b->base = cxio_arena_alloc(b->arena, b->len);
	return b->base;
}

static bool from_system(struct buffer *b, struct cxio_messenger *m)
{
	void *p = mmap(NULL, b->len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return false;
	b->base = p;
	if (b->kind == BUFFER_REGISTERED)
		b->memory = cxio_memory_register(m, p, b->len);
	return b->memory || b->kind == BUFFER_ANY;
}

/**
 * buffer_make() - take memory
 * @b: filled
 * @m: the messenger it is for
 * @kind: where it is to lie
 * @len: bytes; none: one
 *
 * Return: false, and an error printed, if there is none.
 */
bool buffer_make(struct buffer *b, struct cxio_messenger *m, enum buffer_kind kind, size_t len)
{
	int err;

	memset(b, 0, sizeof(*b));
	b->kind = kind;
	b->len = len ? len : 1;
	if (kind == BUFFER_ARENA ? from_arena(b, m) : from_system(b, m))
		return true;
	err = errno;
	buffer_release(b);
	buffer_free(b);
	return no_memory(len, err);
}

/**
 * buffer_fill() - fill it with a pattern that no shift leaves the same
 * @b: the memory
 */
void buffer_fill(struct buffer *b)
{
	size_t i;

	for (i = 0; i < b->len; i++)
		b->base[i] = (char)(i * 131 + (i >> 8));
}

/**
 * buffer_release() - no message will use it any more
 * @b: the memory; the messenger still exists
 */
void buffer_release(struct buffer *b)
{
	if (b->arena) {
		if (b->base)
			cxio_arena_free(b->arena, b->base);
		cxio_arena_put(b->arena);
		b->base = NULL;
	}
	if (b->memory)
		cxio_memory_unregister(b->memory);
	b->arena = NULL;
	b->memory = NULL;
}

/**
 * buffer_free() - give it back
 * @b: the memory; no message is under way with it
 */
void buffer_free(struct buffer *b)
{
	if (b->base)
		munmap(b->base, b->len);
	b->base = NULL;
}
