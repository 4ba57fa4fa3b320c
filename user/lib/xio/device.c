// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Devices: one protection domain for all connections where memory windows keep them
 * apart, else one a connection; and the maps of memory.
 */
#include <errno.h>
#include <stdlib.h>

#include "xio.h"

/**
 * struct xio_map - a memory registered with a device
 * @base: what everybody knows of it
 * @mr: the region
 */
struct xio_map {
	struct cxio_map base;
	struct ibv_mr *mr;
};

/* What soft-RoCE calls its vendor. */
#define SOFT_ROCE	0xffffffu

/*
 * Soft-RoCE does not look whether a window is bound before it invalidates it, and follows
 * a null pointer if it is not: any peer could have that done, by saying DONE twice.
 */
static bool use_windows(const struct ibv_device_attr *a, enum cxio_windows wanted)
{
	if (wanted == CXIO_WINDOWS_OFF ||
	    (wanted == CXIO_WINDOWS_AUTO && a->vendor_id == SOFT_ROCE))
		return false;
	return a->max_mw > 0 && (a->device_cap_flags & (IBV_DEVICE_MEM_WINDOW_TYPE_2A |
							IBV_DEVICE_MEM_WINDOW_TYPE_2B));
}

static u32 shared_depth(const struct cxio_messenger_options *o, const struct ibv_device_attr *a)
{
	u32 depth = o->shared_receive_depth ? o->shared_receive_depth : 16 * o->recv_depth;

	return a->max_srq_wr > 0 && depth > (u32)a->max_srq_wr ? (u32)a->max_srq_wr : depth;
}

static struct xio_device *new_device(struct xio_net *net, struct ibv_context *verbs, u32 slot)
{
	const struct cxio_messenger_options *o = &net->messenger->options;
	struct xio_device *d = calloc(1, sizeof(*d));
	struct ibv_device_attr a;

	if (!d || ibv_query_device(verbs, &a)) {
		free(d);
		return NULL;
	}
	if (!cxio_context_use(verbs)) {
		free(d);
		return NULL;
	}
	d->soft_roce = a.vendor_id == SOFT_ROCE;
	d->net = net;
	d->slot = slot;
	d->verbs = verbs;
	cxio_list_init(&d->maps);
	if (use_windows(&a, o->memory_windows)) {
		d->pd = ibv_alloc_pd(verbs);
		if (!d->pd) {
			cxio_context_unuse(verbs);
			free(d);
			return NULL;
		}
	}
	/* Without it each connection has buffers of its own. */
	if (d->pd && o->shared_receive_queue)
		d->srq = xio_srq_new(d->pd, shared_depth(o, &a), o->frame_size);
	net->device[slot] = d;
	return d;
}

/**
 * xio_device_get() - use a device
 * @net: whose
 * @verbs: as librdmacm has opened it
 *
 * Context: any thread. Return: the device with one more user; or NULL.
 */
struct xio_device *xio_device_get(struct xio_net *net, struct ibv_context *verbs)
{
	struct xio_device *d = NULL;
	u32 i, slot = CXIO_DEVICE_SLOTS;

	pthread_mutex_lock(&net->lock);
	for (i = 0; i < CXIO_DEVICE_SLOTS && !d; i++) {
		if (!net->device[i])
			slot = slot == CXIO_DEVICE_SLOTS ? i : slot;
		else if (net->device[i]->verbs == verbs && !net->device[i]->gone)
			d = net->device[i];
	}
	if (!d && slot < CXIO_DEVICE_SLOTS)
		d = new_device(net, verbs, slot);
	if (d)
		d->users++;
	pthread_mutex_unlock(&net->lock);
	return d;
}

/* All maps, when the last user has gone: nobody looks for one meanwhile. */
static void end_maps(struct xio_device *d)
{
	struct cxio_store *store = &d->net->messenger->store;

	pthread_mutex_lock(&store->maps_lock);
	while (!cxio_list_empty(&d->maps))
		xio_unmap(cxio_entry(d->maps.next, struct cxio_map, link));
	pthread_mutex_unlock(&store->maps_lock);
}

/**
 * xio_device_removed() - a device is going away
 * @net: whose
 * @node: name of its node
 *
 * Return: true if it is used.
 */
bool xio_device_removed(struct xio_net *net, const char *node)
{
	bool used = false;
	u32 i;

	pthread_mutex_lock(&net->lock);
	for (i = 0; i < CXIO_DEVICE_SLOTS; i++) {
		struct xio_device *d = net->device[i];

		if (!d || strcmp(d->verbs->device->dev_name, node) != 0)
			continue;
		d->gone = true;
		used = true;
	}
	pthread_mutex_unlock(&net->lock);
	return used;
}

/**
 * xio_device_is_gone() - was it removed?
 * @d: the device
 *
 * Return: true if so.
 */
bool xio_device_is_gone(struct xio_device *d)
{
	bool gone;

	pthread_mutex_lock(&d->net->lock);
	gone = d->gone;
	pthread_mutex_unlock(&d->net->lock);
	return gone;
}

/**
 * xio_device_put() - a user has gone
 * @d: the device or NULL; the last user closes what we have of it
 */
void xio_device_put(struct xio_device *d)
{
	struct xio_net *net;

	if (!d)
		return;
	net = d->net;
	pthread_mutex_lock(&net->lock);
	if (!--d->users) {
		net->device[d->slot] = NULL;
		end_maps(d);
		xio_srq_free(d->srq);
		if (d->pd)
			ibv_dealloc_pd(d->pd);
		cxio_context_unuse(d->verbs);
		free(d);
	}
	pthread_mutex_unlock(&net->lock);
}

static struct ibv_mr *make_map(struct xio_device *d, struct cxio_memory *m)
{
	struct xio_map *map = calloc(1, sizeof(*map));

	if (!map)
		return NULL;
	/* Nothing remote: that is what windows are for. */
	map->mr = cxio_region_new(d->pd, m->base, m->len + (m->own ? CXIO_MEMORY_TAIL : 0),
				 IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_MW_BIND, m->block);
	if (!map->mr) {
		free(map);
		return NULL;
	}
	map->base.memory = m;
	map->base.slot = d->slot;
	cxio_list_append(&d->maps, &map->base.link);
	atomic_store(&m->map[d->slot], &map->base);
	return map->mr;
}

/**
 * xio_map() - a memory's region on a device
 * @d: the device, with windows
 * @m: the memory
 *
 * Made on first use. Context: a portal with a carrier on @d.
 *
 * Return: the region, or NULL: it cannot be registered.
 */
struct ibv_mr *xio_map(struct xio_device *d, struct cxio_memory *m)
{
	struct cxio_map *map = atomic_load(&m->map[d->slot]);
	pthread_mutex_t *lock = &d->net->messenger->store.maps_lock;
	struct ibv_mr *mr;

	if (map)
		return cxio_entry(map, struct xio_map, base)->mr;
	pthread_mutex_lock(lock);
	map = atomic_load(&m->map[d->slot]);
	mr = map ? cxio_entry(map, struct xio_map, base)->mr : make_map(d, m);
	pthread_mutex_unlock(lock);
	return mr;
}

/**
 * xio_region_part() - how much of some memory is to be in one region
 * @d: the device
 * @base: first byte
 * @len: bytes
 *
 * Soft-RoCE of 6.1 looks behind its table of pages when it comes to the end of a region
 * that has a multiple of 256 of them. Maps of memory of our own end in an unused page;
 * what is registered for a message alone is cut in two instead.
 *
 * Return: bytes, from @base on.
 */
size_t xio_region_part(const struct xio_device *d, uintptr_t base, size_t len)
{
	uintptr_t first = base / 4096, last = (base + len - 1) / 4096;

	if (!d->soft_roce || d->pd || (last - first + 1) % 256)
		return len;
	return last * 4096 - base;
}

/**
 * xio_unmap() - end a map
 * @base: the map; the store's maps_lock is held
 */
void xio_unmap(struct cxio_map *base)
{
	struct xio_map *map = cxio_entry(base, struct xio_map, base);

	atomic_store(&base->memory->map[base->slot], NULL);
	cxio_list_remove(&base->link);
	cxio_region_end(map->mr, base->memory->block);
	free(map);
}
