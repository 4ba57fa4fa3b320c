// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Memory to READ into, kept registered from one message to the next, where each
 * connection has a protection domain of its own. Registering it anew for each message
 * cost as much as a READ of 64 KiB.
 *
 * A block belongs to the message that it was taken for, as any other does; the carrier
 * keeps a reference and its region beside that. While no message has it, it may be taken
 * again: the reference is the only one then, and nobody else can make one. It is for our
 * own device alone: the region allows nothing remote. So not on iWARP, where the peer
 * writes the answer to a READ: there it is registered for that READ, and no longer.
 */
#include "xio.h"

/* What a connection keeps, until nothing was read for so long. */
#define KEPT_BYTES	(8ull << 20)
#define KEPT_NS		1000000000ull

static bool is_free(const struct xio_sink *s)
{
	return s->block && atomic_load(&s->block->refs) == 1;
}

static void drop(struct cxio_xio *x, struct xio_sink *s)
{
	cxio_region_end(s->mr, true);
	x->sink_bytes -= s->block->len;
	cxio_memory_put(s->block);
	s->block = NULL;
	s->mr = NULL;
}

/* A block that is long enough, and not much too long, if one is free. */
static struct xio_sink *find_free(struct cxio_xio *x, u32 len)
{
	u32 i;

	for (i = 0; i < XIO_SINKS; i++) {
		struct xio_sink *s = &x->sink[i];

		if (is_free(s) && s->block->len >= len && s->block->len / 2 < len)
			return s;
	}
	return NULL;
}

/* Where one more of so many bytes can be kept; what is free goes for it. */
static struct xio_sink *find_room(struct cxio_xio *x, size_t len)
{
	struct xio_sink *room = NULL;
	u32 i;

	for (i = 0; i < XIO_SINKS && !room; i++)
		if (!x->sink[i].block)
			room = &x->sink[i];
	for (i = 0; i < XIO_SINKS && (!room || len > KEPT_BYTES - x->sink_bytes); i++) {
		if (!is_free(&x->sink[i]))
			continue;
		drop(x, &x->sink[i]);
		room = room ? room : &x->sink[i];
	}
	return len <= KEPT_BYTES - x->sink_bytes ? room : NULL;
}

static struct xio_sink *keep(struct cxio_xio *x, struct cxio_memory *block)
{
	struct xio_sink *s = find_room(x, block->len);

	if (!s)
		return NULL;
	s->mr = cxio_region_new(x->pd, block->base, block->len + CXIO_MEMORY_TAIL,
			       IBV_ACCESS_LOCAL_WRITE, true);
	if (!s->mr)
		return NULL;
	s->block = cxio_memory_get(block);
	x->sink_bytes += block->len;
	return s;
}

/**
 * xio_sink_take() - memory for a segment that is to be read
 * @x: the carrier
 * @len: bytes
 *
 * Return: a reference to a block, whose region xio_sink_key() may know; or NULL.
 */
struct cxio_memory *xio_sink_take(struct cxio_xio *x, u32 len)
{
	struct cxio_memory *block;
	struct xio_sink *s;

	if (x->device->pd || xio_is_iwarp(x))
		return cxio_memory_block(x->messenger, len);
	x->sinks_due = x->portal->now + KEPT_NS;
	s = find_free(x, len);
	if (s)
		return cxio_memory_get(s->block);
	block = cxio_memory_block(x->messenger, len);
	/* If it cannot be kept it is registered as it was before. */
	if (block)
		keep(x, block);
	return block;
}

/**
 * xio_sink_region() - a block's region
 * @x: the carrier
 * @block: of a message that came on it
 *
 * Return: the region, which stays while the message has the block; or NULL.
 */
struct ibv_mr *xio_sink_region(struct cxio_xio *x, const struct cxio_memory *block)
{
	u32 i;

	for (i = 0; i < XIO_SINKS; i++)
		if (x->sink[i].block == block)
			return x->sink[i].mr;
	return NULL;
}

/**
 * xio_sinks_tick() - let go of what was not used for a while
 * @x: the carrier
 */
void xio_sinks_tick(struct cxio_xio *x)
{
	u32 i;

	if (!x->sinks_due || x->portal->now < x->sinks_due)
		return;
	x->sinks_due = 0;
	for (i = 0; i < XIO_SINKS; i++) {
		if (is_free(&x->sink[i]))
			drop(x, &x->sink[i]);
		else if (x->sink[i].block)
			x->sinks_due = x->portal->now + KEPT_NS;
	}
}

/**
 * xio_sinks_end() - let go of all
 * @x: the carrier; its queue pair is gone
 */
void xio_sinks_end(struct cxio_xio *x)
{
	u32 i;

	for (i = 0; i < XIO_SINKS; i++)
		if (x->sink[i].block)
			drop(x, &x->sink[i]);
}
