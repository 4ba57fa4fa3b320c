// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Messengers and connections that are nothing but counted, a transport that maps
 * nothing, and memory that runs out. The program is linked with --wrap for the latter.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "stand_in.h"

atomic_uint stand_in_messengers;
atomic_uint stand_in_unguarded;

/* --- a transport --- */

struct stand_in_map {
	struct cxio_map base;
	struct cxio_messenger *messenger;
};

static void unmap(struct cxio_map *map)
{
	pthread_mutex_t *lock = &cxio_entry(map, struct stand_in_map, base)->messenger
		->store.maps_lock;

	if (!pthread_mutex_trylock(lock)) {
		pthread_mutex_unlock(lock);
		atomic_fetch_add(&stand_in_unguarded, 1);
	}
	atomic_store(&map->memory->map[map->slot], NULL);
	free(map);
	atomic_fetch_sub(&cxio_live_regions, 1);
}

/* What is exposed stays so until the test says otherwise. */
static void end_sink(struct cxio_hook *h)
{
	atomic_fetch_add(&h->connection->wants, 1);
}

static const struct cxio_transport transport = {
	.name = "none", .unmap = unmap, .end_sink = end_sink,
};

/**
 * stand_in_map() - a device knows a memory from now on
 * @r: the memory
 * @slot: the device's
 */
void stand_in_map(struct cxio_memory *r, u32 slot)
{
	struct stand_in_map *map = calloc(1, sizeof(*map));

	if (!map)
		abort();
	map->messenger = r->messenger;
	map->base.memory = r;
	map->base.slot = slot;
	atomic_store(&r->map[slot], &map->base);
	atomic_fetch_add(&cxio_live_regions, 1);
}

/* --- messengers --- */

/**
 * stand_in_messenger() - a messenger
 *
 * Return: a reference.
 */
struct cxio_messenger *stand_in_messenger(void)
{
	struct cxio_messenger *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	atomic_init(&m->refs, 1);
	m->transport = &transport;
	cxio_store_init(&m->store);
	cxio_dispatch_init(&m->dispatch);
	atomic_fetch_add(&stand_in_messengers, 1);
	return m;
}

struct cxio_messenger *cxio_messenger_get(struct cxio_messenger *m)
{
	atomic_fetch_add(&m->refs, 1);
	return m;
}

void cxio_messenger_put(struct cxio_messenger *m)
{
	if (atomic_fetch_sub(&m->refs, 1) != 1)
		return;
	cxio_store_fini(&m->store, m);
	cxio_dispatch_fini(&m->dispatch);
	free(m);
	atomic_fetch_sub(&stand_in_messengers, 1);
}

/* --- connections --- */

static struct cxio_portal portal;

u64 cxio_portal_look_at_clock(struct cxio_portal *p)
{
	return p->now;
}

/**
 * stand_in_time() - what is due is done
 * @now: time of the portal of all connections
 */
void stand_in_time(u64 now)
{
	portal.now = now;
	cxio_timers_run(&portal.timers, now);
}

/**
 * stand_in_portal_end() - the portal of all connections has nothing to do any more
 *
 * Return: timers that are set, or promised.
 */
unsigned int stand_in_portal_end(void)
{
	unsigned int left = portal.timers.count + portal.timers.promised;

	cxio_timers_fini(&portal.timers);
	memset(&portal, 0, sizeof(portal));
	return left;
}

/**
 * stand_in_connection() - a connection
 * @m: whose
 *
 * Return: a reference.
 */
struct cxio_connection *stand_in_connection(struct cxio_messenger *m)
{
	struct cxio_connection *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	atomic_init(&c->refs, 1);
	c->messenger = cxio_messenger_get(m);
	c->portal = &portal;
	cxio_list_init(&c->throttle_link);
	cxio_line_init(&c->line);
	cxio_hooks_init(&c->hooks);
	atomic_fetch_add(&cxio_live_connections, 1);
	return c;
}

struct cxio_connection *cxio_connection_get(struct cxio_connection *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

void cxio_connection_put(struct cxio_connection *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	cxio_hooks_fini(&c->hooks);
	cxio_messenger_put(c->messenger);
	free(c);
	atomic_fetch_sub(&cxio_live_connections, 1);
}

void cxio_connection_kick(struct cxio_connection *c)
{
	atomic_fetch_add(&c->wants, 1);
}

/**
 * stand_in_kicks() - how often was it kicked?
 * @c: the connection
 *
 * Return: times since this was last asked.
 */
unsigned int stand_in_kicks(struct cxio_connection *c)
{
	return atomic_exchange(&c->wants, 0);
}

void cxio_connection_want(struct cxio_connection *c, unsigned int what)
{
	if (what == CXIO_WANT_CANCEL)
		cxio_connection_kick(c);
}

/* What is sent stays in the inbox. */
void cxio_connection_hand_over(struct cxio_connection *c, struct cxio_xmsg *x)
{
	cxio_stack_push(&c->inbox, &x->slot);
}

/**
 * stand_in_next() - what was sent comes to the portal
 * @c: the connection
 *
 * Return: the only message there is, or NULL. The caller ends it.
 */
struct cxio_xmsg *stand_in_next(struct cxio_connection *c)
{
	struct cxio_slot *s = cxio_stack_take(&c->inbox);

	return s ? cxio_entry(s, struct cxio_xmsg, slot) : NULL;
}

void cxio_connection_tell_over(struct cxio_connection *c)
{
	if (c->owes_reset && !c->sinks_ending)
		c->owes_reset = false;
}

void cxio_connection_returned(struct cxio_connection *c, struct cxio_message *m)
{
	cxio_stack_push(&c->returned, &m->slot);
}

/**
 * stand_in_take_returned() - do what a portal does with messages nobody uses
 * @c: the connection; the caller has a reference
 *
 * Return: how many there were.
 */
unsigned int stand_in_take_returned(struct cxio_connection *c)
{
	struct cxio_slot *s = cxio_stack_take(&c->returned), *next;
	unsigned int n = 0;

	for (; s; s = next) {
		struct cxio_message *m = cxio_entry(s, struct cxio_message, slot);
		struct cxio_xmsg *twin = m->twin;

		next = s->next;
		cxio_message_free(m);
		if (twin)
			cxio_xmsg_finish(twin, CXIO_OUTCOME_ACKED);
		n++;
	}
	return n;
}

/* --- memory that runs out --- */

static _Thread_local unsigned int until;
static _Thread_local bool failed;

/**
 * stand_in_fail() - have an allocation of this thread fail
 * @which: 1: the next; 0: none
 */
void stand_in_fail(unsigned int which)
{
	until = which;
	failed = false;
}

/**
 * stand_in_failed() - did it?
 *
 * Return: true if it did since stand_in_fail(); and no other will.
 */
bool stand_in_failed(void)
{
	until = 0;
	return failed;
}

static bool fails(void)
{
	if (!until || --until)
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
void *__real_mmap(void *p, size_t n, int prot, int flags, int fd, off_t off);
void *__wrap_mmap(void *p, size_t n, int prot, int flags, int fd, off_t off);

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(p, n, size);
}

void *__wrap_mmap(void *p, size_t n, int prot, int flags, int fd, off_t off)
{
	return fails() ? MAP_FAILED : __real_mmap(p, n, prot, flags, fd, off);
}
