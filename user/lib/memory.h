/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory that devices may reach: what the application registered, arenas, and blocks of
 * the library's own for what is received or must be copied to be sent.
 *
 * Owners: a reference each for who registered it (arena, registration, or the message a
 * block was made for), and for each fragment of a message handed over to be sent. The
 * last one ends its maps; a block then goes back to the pool, an arena's own memory is
 * freed. A memory holds a reference to its messenger; a free block does not.
 *
 * Maps: what a transport's device knows of a memory. Made on first use, by the
 * transport; ended with the memory or with the device, whichever ends first. Free
 * blocks keep theirs.
 *
 * Locks: store->lock guards table and pool; store->maps_lock the making and ending of
 * maps, and the devices' lists of them. Both are leaves; under @maps_lock verbs are
 * called that map and unmap. A map that is there is read without a lock, by who holds
 * both memory and device.
 */
#ifndef CXIO_MEMORY_H
#define CXIO_MEMORY_H

#include <pthread.h>
#include <stdatomic.h>

#include "cephxio.h"
#include "deps.h"
#include "list.h"

/* Blocks are powers of two of this and more; less is not worth a block. */
#define CXIO_BLOCK_MIN		16384u
/* The longest one: a message's data fits. */
#define CXIO_BLOCK_MAX		(64u << 20)
/* Sizes of blocks. */
#define CXIO_BLOCK_CLASSES	13u
/* Free blocks that a messenger keeps, bytes: not mapped anew each time. */
#define CXIO_BLOCKS_KEPT	(32u << 20)
/* Behind memory of our own there is so much more, that is mapped with it and unused. */
#define CXIO_MEMORY_TAIL	4096u
/* Devices that a messenger can use at once. */
#define CXIO_DEVICE_SLOTS	8u

struct cxio_memory;

/**
 * struct cxio_map - what a device knows of a memory; first in a struct of the transport
 * @link: maps_lock; in the device's list
 * @memory: which
 * @slot: the device's place in @memory's table
 */
struct cxio_map {
	struct cxio_link link;
	struct cxio_memory *memory;
	u32 slot;
};

/**
 * struct cxio_memory - memory that devices may reach
 * @refs: references
 * @messenger: whose, holding a reference; NULL for a free block
 * @base: first byte
 * @len: bytes
 * @link: lock; a free block's place among them
 * @same: lock; likewise, among those of its size
 * @block: one of the library's, not in the table
 * @own: the memory itself is ours: unmapped from the process at the end
 * @map: maps_lock for changes; by device slot
 */
struct cxio_memory {
	atomic_uint refs;
	struct cxio_messenger *messenger;
	char *base;
	size_t len;
	struct cxio_link link;
	struct cxio_link same;
	bool block;
	bool own;
	_Atomic(struct cxio_map *) map[CXIO_DEVICE_SLOTS];
};

/**
 * struct cxio_store - a messenger's memory
 * @lock: guards table and pool
 * @maps_lock: see above
 * @table: registered memory, in the order of addresses
 * @count: how many
 * @room: for how many
 * @free: free blocks, newest first
 * @free_of: likewise, by size
 * @kept: bytes of them
 */
struct cxio_store {
	pthread_mutex_t lock;
	pthread_mutex_t maps_lock;
	struct cxio_memory **table;
	u32 count;
	u32 room;
	struct cxio_link free;
	struct cxio_link free_of[CXIO_BLOCK_CLASSES];
	size_t kept;
};

void cxio_store_init(struct cxio_store *s);
void cxio_store_fini(struct cxio_store *s, struct cxio_messenger *m);
struct cxio_memory *cxio_memory_find(struct cxio_messenger *m, const void *p, size_t len);
struct cxio_memory *cxio_memory_block(struct cxio_messenger *m, size_t len);
struct cxio_memory *cxio_memory_get(struct cxio_memory *r);
void cxio_memory_put(struct cxio_memory *r);

#endif /* CXIO_MEMORY_H */
