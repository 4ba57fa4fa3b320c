// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Memory that devices may reach: the table of what is registered, arenas, blocks.
 *
 * What the library notes about memory stands outside of it: a peer's device, or an
 * application that writes too far, changes bytes and nothing else.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "transport.h"

/* Arenas are divided in units of this, and what is taken begins with one. */
#define UNIT		64u
/* Free pieces of up to SMALL units have a bin for each size; above there are eight bins
 * for each power of two, of pieces that differ by less than an eighth.
 */
#define SMALL		16u
#define BINS		(SMALL + 60u * 8u)
#define BIN_WORDS	((BINS + 63u) / 64u)
/* Pieces looked at for a near fit, before one is cut from a larger piece. */
#define NEAR_TRIES	8u

/**
 * struct piece - a part of an arena, taken or free
 * @prev: the part before it, or NULL
 * @next: the part behind it, or NULL
 * @link: if free, in its bin
 * @start: where, in units
 * @units: how long
 * @taken: it is not free
 */
struct piece {
	struct piece *prev;
	struct piece *next;
	struct cxio_link link;
	size_t start;
	size_t units;
	bool taken;
};

/**
 * struct cxio_arena - memory, and who has which part of it
 * @memory: the memory, a reference
 * @lock: guards the rest, a leaf
 * @first: the part at its beginning
 * @at: by unit: the taken piece that begins there, or NULL; pages that were never
 *	written to cost nothing
 * @at_bytes: bytes of @at
 * @bin: free pieces by size, those freed last first
 * @filled: bits of bins that are not empty
 */
struct cxio_arena {
	struct cxio_memory *memory;
	pthread_mutex_t lock;
	struct piece *first;
	struct piece **at;
	size_t at_bytes;
	struct cxio_link bin[BINS];
	u64 filled[BIN_WORDS];
};

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

static void *map_pages(size_t len, int flags)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags,
		       -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Memory of our own, and what is behind it. */
static void *map_own(size_t len)
{
	return map_pages(len + CXIO_MEMORY_TAIL, 0);
}

static void unmap_own(void *base, size_t len)
{
	munmap(base, len + CXIO_MEMORY_TAIL);
}

/* --- one memory --- */

static struct cxio_memory *new_memory(struct cxio_messenger *m, void *base, size_t len)
{
	struct cxio_memory *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	atomic_init(&r->refs, 1);
	r->messenger = cxio_messenger_get(m);
	r->base = base;
	r->len = len;
	cxio_list_init(&r->link);
	cxio_list_init(&r->same);
	return r;
}

static void end_maps(struct cxio_messenger *m, struct cxio_memory *r)
{
	u32 i;

	pthread_mutex_lock(&m->store.maps_lock);
	for (i = 0; i < CXIO_DEVICE_SLOTS; i++) {
		struct cxio_map *map = atomic_load(&r->map[i]);

		if (map)
			m->transport->unmap(map);
	}
	pthread_mutex_unlock(&m->store.maps_lock);
}

/* Nobody knows it any more. Its reference to the messenger is the caller's to put. */
static void free_memory(struct cxio_messenger *m, struct cxio_memory *r)
{
	end_maps(m, r);
	if (r->own)
		unmap_own(r->base, r->len);
	free(r);
}

/**
 * cxio_memory_get() - one more reference
 * @r: the memory
 *
 * Context: any thread. Return: @r.
 */
struct cxio_memory *cxio_memory_get(struct cxio_memory *r)
{
	atomic_fetch_add(&r->refs, 1);
	return r;
}

/* --- blocks --- */

static u32 class_of(size_t len)
{
	u32 class = 0;

	while (((size_t)CXIO_BLOCK_MIN << class) < len)
		class++;
	return class;
}

static void take_out(struct cxio_store *s, struct cxio_memory *r)
{
	cxio_list_remove(&r->link);
	cxio_list_remove(&r->same);
	s->kept -= r->len;
}

/* Those that have not been wanted for longest make room. */
static void keep_block(struct cxio_messenger *m, struct cxio_memory *r)
{
	struct cxio_store *s = &m->store;
	struct cxio_link gone;

	cxio_list_init(&gone);
	r->messenger = NULL;
	pthread_mutex_lock(&s->lock);
	cxio_list_append(s->free.next, &r->link);
	cxio_list_append(s->free_of[class_of(r->len)].next, &r->same);
	s->kept += r->len;
	while (s->kept > CXIO_BLOCKS_KEPT) {
		struct cxio_memory *oldest = cxio_entry(s->free.prev, struct cxio_memory, link);

		take_out(s, oldest);
		cxio_list_append(&gone, &oldest->link);
	}
	pthread_mutex_unlock(&s->lock);
	while (!cxio_list_empty(&gone)) {
		r = cxio_entry(gone.next, struct cxio_memory, link);
		cxio_list_remove(&r->link);
		free_memory(m, r);
	}
}

static struct cxio_memory *reuse_block(struct cxio_messenger *m, u32 class)
{
	struct cxio_store *s = &m->store;
	struct cxio_memory *r = NULL;

	pthread_mutex_lock(&s->lock);
	if (!cxio_list_empty(&s->free_of[class])) {
		r = cxio_entry(s->free_of[class].next, struct cxio_memory, same);
		take_out(s, r);
	}
	pthread_mutex_unlock(&s->lock);
	if (!r)
		return NULL;
	atomic_store(&r->refs, 1);
	r->messenger = cxio_messenger_get(m);
	return r;
}

/**
 * cxio_memory_block() - a block of the library's own
 * @m: whose
 * @len: bytes that are needed, at most CXIO_BLOCK_MAX; it may be longer
 *
 * Whole pages: nothing else lies in them. What is in it is anything.
 *
 * Context: any thread, with a reference to @m. Return: a reference, or NULL.
 */
struct cxio_memory *cxio_memory_block(struct cxio_messenger *m, size_t len)
{
	struct cxio_memory *r;
	size_t bytes;
	char *base;
	u32 class;

	if (len > CXIO_BLOCK_MAX)
		return NULL;
	class = class_of(len);
	r = reuse_block(m, class);
	if (r)
		return r;
	bytes = (size_t)CXIO_BLOCK_MIN << class;
	base = map_own(bytes);
	if (!base)
		return NULL;
	r = new_memory(m, base, bytes);
	if (!r) {
		unmap_own(base, bytes);
		return NULL;
	}
	r->block = true;
	r->own = true;
	return r;
}

/**
 * cxio_memory_put() - one reference less
 * @r: the memory or NULL
 *
 * Context: any thread that holds no lock of the store.
 */
void cxio_memory_put(struct cxio_memory *r)
{
	struct cxio_messenger *m;

	if (!r || atomic_fetch_sub(&r->refs, 1) != 1)
		return;
	m = r->messenger;
	if (r->block)
		keep_block(m, r);
	else
		free_memory(m, r);
	cxio_messenger_put(m);
}

/* --- the store --- */

/**
 * cxio_store_init() - no memory yet
 * @s: the store
 */
void cxio_store_init(struct cxio_store *s)
{
	u32 i;

	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->maps_lock, NULL);
	s->table = NULL;
	s->count = 0;
	s->room = 0;
	cxio_list_init(&s->free);
	for (i = 0; i < CXIO_BLOCK_CLASSES; i++)
		cxio_list_init(&s->free_of[i]);
	s->kept = 0;
}

/**
 * cxio_store_fini() - free the blocks that were kept
 * @s: the store
 * @m: whose; the last reference to it is gone, and so is all other memory
 */
void cxio_store_fini(struct cxio_store *s, struct cxio_messenger *m)
{
	while (!cxio_list_empty(&s->free)) {
		struct cxio_memory *r = cxio_entry(s->free.next, struct cxio_memory, link);

		take_out(s, r);
		free_memory(m, r);
	}
	free(s->table);
	pthread_mutex_destroy(&s->maps_lock);
	pthread_mutex_destroy(&s->lock);
}

/* --- the table --- */

/* How many of the table begin at @p or before. */
static u32 count_up_to(const struct cxio_store *s, uintptr_t p)
{
	u32 low = 0, high = s->count;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if ((uintptr_t)s->table[mid]->base <= p)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool meets(const struct cxio_memory *r, uintptr_t p, size_t len)
{
	uintptr_t base = (uintptr_t)r->base;

	return p < base ? base - p < len : p - base < r->len;
}

static int insert(struct cxio_store *s, struct cxio_memory *r)
{
	uintptr_t p = (uintptr_t)r->base;
	u32 place = count_up_to(s, p);

	if ((place && meets(s->table[place - 1], p, r->len)) ||
	    (place < s->count && meets(s->table[place], p, r->len)))
		return -EEXIST;
	if (s->count == s->room) {
		u32 room = s->room ? 2 * s->room : 16;
		struct cxio_memory **table = reallocarray(s->table, room, sizeof(*table));

		if (!table)
			return -ENOMEM;
		s->table = table;
		s->room = room;
	}
	memmove(&s->table[place + 1], &s->table[place], (s->count - place) * sizeof(*s->table));
	s->table[place] = r;
	s->count++;
	return 0;
}

/* The reference is the caller's, who puts it after taking @r out of the table. */
static struct cxio_memory *add(struct cxio_messenger *m, void *p, size_t len, bool own)
{
	struct cxio_memory *r = new_memory(m, p, len);
	int err;

	if (!r)
		return NULL;
	pthread_mutex_lock(&m->store.lock);
	err = insert(&m->store, r);
	pthread_mutex_unlock(&m->store.lock);
	if (err) {
		cxio_memory_put(r);
		errno = -err;
		return NULL;
	}
	r->own = own;
	return r;
}

static void forget(struct cxio_memory *r)
{
	struct cxio_store *s = &r->messenger->store;
	u32 place;

	pthread_mutex_lock(&s->lock);
	place = count_up_to(s, (uintptr_t)r->base);
	s->count--;
	memmove(&s->table[place - 1], &s->table[place], (s->count + 1 - place) * sizeof(*s->table));
	pthread_mutex_unlock(&s->lock);
	cxio_memory_put(r);
}

/**
 * cxio_memory_find() - what some bytes lie in
 * @m: whose memory
 * @p: first byte
 * @len: bytes
 *
 * Context: any thread.
 *
 * Return: a reference to the arena's or registered memory in which all of them lie, or
 * NULL.
 */
struct cxio_memory *cxio_memory_find(struct cxio_messenger *m, const void *p, size_t len)
{
	struct cxio_store *s = &m->store;
	struct cxio_memory *r = NULL;
	u32 place;
	size_t off;

	pthread_mutex_lock(&s->lock);
	place = count_up_to(s, (uintptr_t)p);
	if (place) {
		r = s->table[place - 1];
		off = (uintptr_t)p - (uintptr_t)r->base;
		r = off < r->len && len <= r->len - off ? cxio_memory_get(r) : NULL;
	}
	pthread_mutex_unlock(&s->lock);
	return r;
}

CXIO_EXPORT struct cxio_memory *cxio_memory_register(struct cxio_messenger *m, void *p, size_t len)
{
	if (!len || len > UINTPTR_MAX - (uintptr_t)p) {
		errno = EINVAL;
		return NULL;
	}
	return add(m, p, len, false);
}

CXIO_EXPORT void cxio_memory_unregister(struct cxio_memory *r)
{
	if (r)
		forget(r);
}

/* --- arenas --- */

static u32 bin_of(size_t units)
{
	u32 power;

	if (units < SMALL)
		return (u32)units;
	power = 63 - (u32)__builtin_clzll(units);
	return SMALL + (power - 4) * 8 + ((units >> (power - 3)) & 7);
}

static void put_in_bin(struct cxio_arena *a, struct piece *p)
{
	u32 bin = bin_of(p->units);

	cxio_list_append(a->bin[bin].next, &p->link);
	a->filled[bin / 64] |= 1ull << (bin % 64);
}

static void take_from_bin(struct cxio_arena *a, struct piece *p)
{
	u32 bin = bin_of(p->units);

	cxio_list_remove(&p->link);
	if (cxio_list_empty(&a->bin[bin]))
		a->filled[bin / 64] &= ~(1ull << (bin % 64));
}

static struct piece *fit_in_bin(struct cxio_arena *a, u32 bin, size_t units, size_t tries)
{
	struct cxio_link *l;

	for (l = a->bin[bin].next; l != &a->bin[bin] && tries--; l = l->next) {
		struct piece *p = cxio_entry(l, struct piece, link);

		if (p->units >= units)
			return p;
	}
	return NULL;
}

/* All pieces there are longer than all of the bins below. */
static struct piece *fit_above(struct cxio_arena *a, u32 bin)
{
	u32 word = ++bin / 64;
	u64 bits;

	if (bin >= BINS)
		return NULL;
	bits = a->filled[word] & (~0ull << (bin % 64));
	while (!bits) {
		if (++word == BIN_WORDS)
			return NULL;
		bits = a->filled[word];
	}
	bin = word * 64 + (u32)__builtin_ctzll(bits);
	return cxio_entry(a->bin[bin].next, struct piece, link);
}

static struct piece *find_free(struct cxio_arena *a, size_t units)
{
	u32 bin = bin_of(units);
	struct piece *p = fit_in_bin(a, bin, units, NEAR_TRIES);

	if (!p)
		p = fit_above(a, bin);
	/* Slow, and better than to say that there is none. */
	if (!p)
		p = fit_in_bin(a, bin, units, SIZE_MAX);
	return p;
}

/* Leave @p with @units; the rest of it is free. */
static bool cut(struct cxio_arena *a, struct piece *p, size_t units)
{
	struct piece *rest = malloc(sizeof(*rest));

	if (!rest)
		return false;
	rest->start = p->start + units;
	rest->units = p->units - units;
	rest->taken = false;
	rest->prev = p;
	rest->next = p->next;
	if (rest->next)
		rest->next->prev = rest;
	p->next = rest;
	p->units = units;
	put_in_bin(a, rest);
	return true;
}

/* The part behind @p, which is in no bin, becomes part of it. */
static void swallow_next(struct piece *p)
{
	struct piece *next = p->next;

	p->units += next->units;
	p->next = next->next;
	if (p->next)
		p->next->prev = p;
	free(next);
}

static void free_pieces(struct cxio_arena *a)
{
	struct piece *p = a->first, *next;

	for (; p; p = next) {
		next = p->next;
		free(p);
	}
}

static void free_arena(struct cxio_arena *a)
{
	free_pieces(a);
	if (a->at)
		munmap(a->at, a->at_bytes);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

static struct cxio_arena *new_arena(size_t len)
{
	struct cxio_arena *a = calloc(1, sizeof(*a));
	u32 i;

	if (!a)
		return NULL;
	pthread_mutex_init(&a->lock, NULL);
	for (i = 0; i < BINS; i++)
		cxio_list_init(&a->bin[i]);
	a->at_bytes = len / UNIT * sizeof(*a->at);
	a->at = map_pages(a->at_bytes, MAP_NORESERVE);
	a->first = calloc(1, sizeof(*a->first));
	if (!a->at || !a->first) {
		free_arena(a);
		return NULL;
	}
	a->first->units = len / UNIT;
	put_in_bin(a, a->first);
	return a;
}

CXIO_EXPORT struct cxio_arena *cxio_arena_new(struct cxio_messenger *m, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct cxio_arena *a;
	void *base;

	if (!size || size > SIZE_MAX / 2) {
		errno = size ? ENOMEM : EINVAL;
		return NULL;
	}
	size = round_up(size, page);
	a = new_arena(size);
	if (!a)
		goto no_memory;
	base = map_own(size);
	if (!base)
		goto no_pages;
	a->memory = add(m, base, size, true);
	if (!a->memory)
		goto no_entry;
	return a;

no_entry:
	unmap_own(base, size);
no_pages:
	free_arena(a);
no_memory:
	errno = ENOMEM;
	return NULL;
}

CXIO_EXPORT void *cxio_arena_alloc(struct cxio_arena *a, size_t len)
{
	struct piece *p = NULL;
	size_t units;

	if (len <= a->memory->len) {
		units = len ? round_up(len, UNIT) / UNIT : 1;
		pthread_mutex_lock(&a->lock);
		p = find_free(a, units);
		if (p) {
			take_from_bin(a, p);
			if (p->units > units && !cut(a, p, units)) {
				put_in_bin(a, p);
				p = NULL;
			}
		}
		if (p) {
			p->taken = true;
			a->at[p->start] = p;
		}
		pthread_mutex_unlock(&a->lock);
	}
	if (!p) {
		errno = ENOMEM;
		return NULL;
	}
	return a->memory->base + p->start * UNIT;
}

static void free_piece(struct cxio_arena *a, struct piece *p)
{
	a->at[p->start] = NULL;
	p->taken = false;
	if (p->next && !p->next->taken) {
		take_from_bin(a, p->next);
		swallow_next(p);
	}
	if (p->prev && !p->prev->taken) {
		p = p->prev;
		take_from_bin(a, p);
		swallow_next(p);
	}
	put_in_bin(a, p);
}

CXIO_EXPORT void cxio_arena_free(struct cxio_arena *a, void *p)
{
	size_t off = (uintptr_t)p - (uintptr_t)a->memory->base;
	struct piece *taken;

	/* What was not taken here, or was given back before, is left alone. */
	if (!p || off >= a->memory->len || off % UNIT)
		return;
	pthread_mutex_lock(&a->lock);
	taken = a->at[off / UNIT];
	if (taken)
		free_piece(a, taken);
	pthread_mutex_unlock(&a->lock);
}

CXIO_EXPORT void cxio_arena_put(struct cxio_arena *a)
{
	if (!a)
		return;
	forget(a->memory);
	free_arena(a);
}
