// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counts of objects and of pinned memory.
 */
#include <unistd.h>

#include "count.h"
#include "portal.h"

/**
 * struct pinned - bytes that devices hold
 * @now: now
 * @peak: the most so far
 */
struct pinned {
	atomic_ullong now;
	atomic_ullong peak;
};

atomic_ulong cxio_live_messages;
atomic_ulong cxio_live_connections;
atomic_ulong cxio_live_regions;

static struct pinned all, of_ours;

/* Devices hold whole pages. */
static u64 pages(const void *base, size_t len)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t first = (uintptr_t)base / page;
	uintptr_t last = ((uintptr_t)base + (len ? len - 1 : 0)) / page;

	return (u64)(last - first + 1) * page;
}

static void add(struct pinned *p, u64 bytes)
{
	unsigned long long now = atomic_fetch_add(&p->now, bytes) + bytes;
	unsigned long long peak = atomic_load(&p->peak);

	while (now > peak && !atomic_compare_exchange_weak(&p->peak, &peak, now))
		;
}

/**
 * cxio_count_region() - a device has been given memory
 * @base: first byte
 * @len: bytes
 * @own: the library's, not the application's
 *
 * Context: any thread; lock-free.
 */
void cxio_count_region(const void *base, size_t len, bool own)
{
	u64 bytes = pages(base, len);

	atomic_fetch_add(&cxio_live_regions, 1);
	add(&all, bytes);
	if (own)
		add(&of_ours, bytes);
}

/**
 * cxio_uncount_region() - it has been taken back
 * @base: as for cxio_count_region()
 * @len: likewise
 * @own: likewise
 *
 * Context: any thread; lock-free.
 */
void cxio_uncount_region(const void *base, size_t len, bool own)
{
	u64 bytes = pages(base, len);

	atomic_fetch_sub(&cxio_live_regions, 1);
	atomic_fetch_sub(&all.now, bytes);
	if (own)
		atomic_fetch_sub(&of_ours.now, bytes);
}

CXIO_EXPORT unsigned long cxio_live_objects(unsigned long *messages, unsigned long *connections,
					    unsigned long *regions)
{
	unsigned long m = atomic_load(&cxio_live_messages);
	unsigned long c = atomic_load(&cxio_live_connections);
	unsigned long r = atomic_load(&cxio_live_regions);

	if (messages)
		*messages = m;
	if (connections)
		*connections = c;
	if (regions)
		*regions = r;
	return m + c + r;
}

CXIO_EXPORT uint64_t cxio_pinned_memory(uint64_t *peak, uint64_t *own_peak)
{
	if (peak)
		*peak = atomic_load(&all.peak);
	if (own_peak)
		*own_peak = atomic_load(&of_ours.peak);
	return atomic_load(&all.now);
}
