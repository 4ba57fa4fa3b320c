/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory for messages' data, of each kind the library knows. */
#ifndef CXIO_BUFFER_H
#define CXIO_BUFFER_H

#include "cephxio.h"
#include "options.h"

/**
 * enum buffer_kind - where data lies
 * @BUFFER_ANY: anywhere: the library does what is needed, for each message
 * @BUFFER_ARENA: in an arena of the library's
 * @BUFFER_REGISTERED: in memory of our own that was registered
 */
enum buffer_kind {
	BUFFER_ANY,
	BUFFER_ARENA,
	BUFFER_REGISTERED,
};

#define BUFFER_USAGE \
	"      --memory arena|registered|any\n" \
	"                         where data lies: in the library's arena, in registered\n" \
	"                         memory, in any; default "

/**
 * struct buffer - such memory; zeroed: none
 * @kind: where it lies
 * @base: first byte
 * @len: bytes
 * @arena: its arena, or NULL
 * @memory: its registration, or NULL
 */
struct buffer {
	enum buffer_kind kind;
	char *base;
	size_t len;
	struct cxio_arena *arena;
	struct cxio_memory *memory;
};

enum tool_taken buffer_take(const char *value, enum buffer_kind *kind);
bool buffer_make(struct buffer *b, struct cxio_messenger *m, enum buffer_kind kind, size_t len);
void buffer_fill(struct buffer *b);
void buffer_release(struct buffer *b);
void buffer_free(struct buffer *b);

#endif /* CXIO_BUFFER_H */
