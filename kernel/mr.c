// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory regions for fast registration, from a pool, and what may be done with one
 * at which time: a key is dead before the memory is unmapped (I2), and the memory is
 * unmapped before its owner is told (I3). After the death of a queue pair only its
 * drain says that nothing touches the memory any more (I7).
 */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

#include "ceph_xio.h"
#include "inject.h"
#include "mr.h"

/* --- states --- */

/* From which states an event is allowed, and to which it leads. */
static const struct {
	unsigned int from; /* BIT(enum cxio_mr_state) */
	enum cxio_mr_state to;
} steps[CXIO_MR_EVENTS] = {
	[CXIO_MR_EV_MAP] = { BIT(CXIO_MR_FREE), CXIO_MR_MAPPED },
	[CXIO_MR_EV_REG] = { BIT(CXIO_MR_MAPPED), CXIO_MR_VALID },
	[CXIO_MR_EV_INV] = { BIT(CXIO_MR_VALID), CXIO_MR_INVALIDATING },
	[CXIO_MR_EV_INV_DONE] = { BIT(CXIO_MR_INVALIDATING), CXIO_MR_INVALID },
	[CXIO_MR_EV_INV_FAILED] = { BIT(CXIO_MR_INVALIDATING), CXIO_MR_LOST },
	/* Not while LOCAL_INV is under way: that must complete before the key is reused. */
	[CXIO_MR_EV_REMOTE_INV] = { BIT(CXIO_MR_VALID), CXIO_MR_INVALID },
	/* I2: only what has no key. */
	[CXIO_MR_EV_UNMAP] = { BIT(CXIO_MR_MAPPED) | BIT(CXIO_MR_INVALID), CXIO_MR_FREE },
	[CXIO_MR_EV_LOST] = { BIT(CXIO_MR_VALID) | BIT(CXIO_MR_INVALIDATING), CXIO_MR_LOST },
	[CXIO_MR_EV_DRAINED] = { BIT(CXIO_MR_GONE) - 1, CXIO_MR_GONE },
};

/**
 * cxio_mr_step() - a region's next state
 * @state: its state, changed if the event is allowed in it
 * @event: what is about to be done, or has happened
 *
 * Context: any, serialised by the caller. Return: false if it is not allowed.
 */
bool cxio_mr_step(enum cxio_mr_state *state, enum cxio_mr_event event)
{
	if (!(steps[event].from & BIT(*state)))
		return false;
	*state = steps[event].to;
	return true;
}

/* --- pool --- */

static bool make(struct cxio_mr_pool *pool, struct cxio_mr *mr, struct ib_pd *pd)
{
	mr->state = CXIO_MR_GONE;
	mr->pool = pool;
	mr->sg = cxio_inject_alloc() ? NULL :
		 kvcalloc(pool->pages, sizeof(*mr->sg), GFP_KERNEL);
	if (!mr->sg)
		return false;
	sg_init_table(mr->sg, pool->pages);
	mr->mr = cxio_inject_alloc() ? ERR_PTR(-ENOMEM) :
		 ib_alloc_mr(pd, IB_MR_TYPE_MEM_REG, pool->pages);
	if (IS_ERR(mr->mr))
		return false;
	mr->state = CXIO_MR_FREE;
	cxio_object_add(CXIO_OBJ_REGIONS, 1);
	list_add_tail(&mr->link, &pool->free);
	return true;
}

static unsigned int max_segment_of(struct ib_device *dev)
{
	size_t most = ib_dma_max_seg_size(dev);

	/* A bounce buffer for DMA has its own bound. */
	if (!ib_uses_virt_dma(dev))
		most = min(most, dma_max_mapping_size(dev->dma_device));
	return max_t(size_t, most, PAGE_SIZE);
}

/**
 * cxio_mr_pool_init() - make all regions of a queue pair
 * @pool: the pool
 * @pd: protection domain of the connection, which outlives the pool
 * @count: how many regions, at least 1
 * @reg_done: called in softirq when a REG_MR failed or was flushed
 * @inv_done: called in softirq when a LOCAL_INV has ended; calls cxio_mr_inv_done()
 *
 * Both find the region by container_of(wc->wr_cqe, struct cxio_mr, ...).
 *
 * Context: may sleep; it allocates with GFP_KERNEL, which the caller limits by a
 * memalloc scope. Return: 0, -EOPNOTSUPP if the device has no fast registration, or
 * -ENOMEM; then nothing is left, and destroying the pool does nothing.
 */
int cxio_mr_pool_init(struct cxio_mr_pool *pool, struct ib_pd *pd, unsigned int count,
		      void (*reg_done)(struct ib_cq *cq, struct ib_wc *wc),
		      void (*inv_done)(struct ib_cq *cq, struct ib_wc *wc))
{
	const struct ib_device_attr *attrs = &pd->device->attrs;
	unsigned int i;

	memset(pool, 0, sizeof(*pool));
	INIT_LIST_HEAD(&pool->free);
	pool->dev = pd->device;
	/* No region is longer than a descriptor can say. */
	pool->pages = min3(CXIO_MR_PAGES, attrs->max_fast_reg_page_list_len,
			   (u32)(CXIO_DESC_MAX >> PAGE_SHIFT));
	if (!(attrs->device_cap_flags & IB_DEVICE_MEM_MGT_EXTENSIONS) || !pool->pages)
		return -EOPNOTSUPP;
	pool->max_segment = max_segment_of(pool->dev);
	pool->mrs = cxio_inject_alloc() ? NULL : kvcalloc(count, sizeof(*pool->mrs), GFP_KERNEL);
	if (!pool->mrs)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		pool->mrs[i].reg_cqe.done = reg_done;
		pool->mrs[i].inv_cqe.done = inv_done;
		/* It counts now: what is made of it is to be freed. */
		pool->count++;
		if (!make(pool, &pool->mrs[i], pd)) {
			cxio_mr_pool_destroy(pool);
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * cxio_mr_pool_lost() - the queue pair has died, or is to be ended
 * @pool: the pool; nothing happens the second time
 *
 * Context: any, serialised with the pool's other calls. Regions whose key may be
 * good are lost: they stay mapped until the drain (I7), and none is reused.
 */
void cxio_mr_pool_lost(struct cxio_mr_pool *pool)
{
	unsigned int i;

	pool->lost = true;
	for (i = 0; i < pool->count; i++)
		cxio_mr_step(&pool->mrs[i].state, CXIO_MR_EV_LOST);
}

static bool is_mapped(const struct cxio_mr *mr)
{
	return mr->state != CXIO_MR_FREE && mr->state != CXIO_MR_GONE;
}

static void unmap(struct cxio_mr *mr)
{
	ib_dma_unmap_sg_attrs(mr->pool->dev, mr->sg, mr->sg_count, mr->dir,
			      mr->unread ? DMA_ATTR_SKIP_CPU_SYNC : 0);
	mr->sg_count = 0;
	mr->addr = 0;
	mr->rkey = 0;
	mr->length = 0;
}

/**
 * cxio_mr_pool_drained() - nothing that was posted is under way any more
 * @pool: the pool; its queue pair is in ERROR, and ib_drain_qp() has returned
 *
 * Ends all regions, whoever has them: a key that may be good is no key any more
 * before the memory is unmapped (I2). Then the owners of the memory can be told (I7).
 *
 * Context: may sleep.
 */
void cxio_mr_pool_drained(struct cxio_mr_pool *pool)
{
	unsigned int i;

	pool->lost = true;
	for (i = 0; i < pool->count; i++) {
		struct cxio_mr *mr = &pool->mrs[i];
		bool mapped = is_mapped(mr);

		if (!cxio_mr_step(&mr->state, CXIO_MR_EV_DRAINED))
			continue;
		ib_dereg_mr(mr->mr);
		mr->mr = NULL;
		cxio_object_add(CXIO_OBJ_REGIONS, -1);
		if (mapped)
			unmap(mr);
	}
	INIT_LIST_HEAD(&pool->free);
}

/**
 * cxio_mr_pool_destroy() - free the pool
 * @pool: a pool whose queue pair is drained or was never used; a zeroed one, or one
 *	that is destroyed, is passed over. Nobody may use a region that he has taken.
 *
 * Context: may sleep.
 */
void cxio_mr_pool_destroy(struct cxio_mr_pool *pool)
{
	unsigned int i;

	if (!pool->mrs)
		return;
	cxio_mr_pool_drained(pool);
	for (i = 0; i < pool->count; i++)
		kvfree(pool->mrs[i].sg);
	kvfree(pool->mrs);
	pool->mrs = NULL;
	pool->count = 0;
}

/**
 * cxio_mr_take() - take a region
 * @pool: the pool
 *
 * Context: any, serialised. Return: a free region, whose @link and @owner are the
 * caller's, or NULL if there is none now, or never will be since the queue pair died.
 */
struct cxio_mr *cxio_mr_take(struct cxio_mr_pool *pool)
{
	struct cxio_mr *mr;

	if (pool->lost)
		return NULL;
	mr = list_first_entry_or_null(&pool->free, struct cxio_mr, link);
	if (mr)
		list_del_init(&mr->link);
	return mr;
}

/**
 * cxio_mr_give() - give a region back
 * @mr: the region, which the caller has taken and in no list of his
 *
 * It is taken again last: the longer a key is dead, the better.
 *
 * Context: any, serialised. Return: 0, or -EBUSY if it is mapped: the caller still
 * has it. A region that is gone is nobody's.
 */
int cxio_mr_give(struct cxio_mr *mr)
{
	if (is_mapped(mr))
		return -EBUSY;
	mr->owner = NULL;
	if (mr->state == CXIO_MR_FREE)
		list_add_tail(&mr->link, &mr->pool->free);
	return 0;
}

/* --- a region --- */

static bool access_is_good(int access)
{
	switch (access) {
	case 0: /* read by this side only: source of a WRITE or SEND */
	case IB_ACCESS_REMOTE_READ: /* exposed */
	case IB_ACCESS_LOCAL_WRITE: /* sink of a READ */
	case IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE: /* on iWARP, or for a reply */
		return true;
	}
	return false;
}

/* Have the device take what is mapped. Return: bytes of it, or a negative errno. */
static int map_region(struct cxio_mr *mr, int count, size_t len)
{
	int n = ib_map_mr_sg(mr->mr, mr->sg, count, NULL, PAGE_SIZE);

	if (n < 0)
		return n;
	if (!n || !mr->mr->length || mr->mr->length > len)
		return -EIO;
	return mr->mr->length;
}

/* The key is a new one each time: a former one that somebody kept is worth nothing. */
static void prepare(struct cxio_mr *mr, u32 length, int access)
{
	ib_update_fast_reg_key(mr->mr, ib_inc_rkey(mr->mr->rkey));
	mr->addr = mr->mr->iova;
	mr->rkey = mr->mr->rkey;
	mr->length = length;
	mr->reg = (struct ib_reg_wr) {
		.wr = { .wr_cqe = &mr->reg_cqe, .opcode = IB_WR_REG_MR },
		.mr = mr->mr,
		.key = mr->rkey,
		.access = access,
	};
}

/**
 * cxio_mr_map() - map bytes of a message's data
 * @mr: a free region, taken
 * @d: the data, whose pages stay until cxio_mr_unmap() or cxio_mr_pool_drained()
 * @off: from where
 * @len: how many bytes, at least 1
 * @access: 0 (the source of a WRITE), IB_ACCESS_REMOTE_READ (exposed),
 *	IB_ACCESS_LOCAL_WRITE (the sink of a READ), or that with IB_ACCESS_REMOTE_WRITE
 *	(the same on iWARP, or a reply's sink); nothing else
 *
 * Maps them for the device, as many as a region can hold: it stops at a gap, and
 * when its pages are used up. @mr->addr, rkey and length say what it came to.
 *
 * Context: any, serialised; does not allocate. Return: bytes it holds, at most @len;
 * -EINVAL if the bytes are not inside the data, are none, or the access is none of
 * these; -EBUSY if the region is not free; -ENOTCONN if its queue pair died; -EIO or
 * what the device said if it cannot take them. On error nothing is mapped.
 */
int cxio_mr_map(struct cxio_mr *mr, const struct cxio_data *d, size_t off, size_t len, int access)
{
	struct cxio_mr_pool *pool = mr->pool;
	struct cxio_data_cursor c;
	int entries, count, held;

	if (pool->lost)
		return -ENOTCONN;
	if (mr->state != CXIO_MR_FREE)
		return -EBUSY;
	if (!len || !access_is_good(access) || cxio_data_cursor_init(&c, d, off, len))
		return -EINVAL;
	len = cxio_data_cursor_region(&c, pool->pages);
	entries = cxio_data_fill_sg(d, off, len, mr->sg, pool->pages, pool->max_segment, &len);
	if (entries < 0)
		return entries;
	mr->unread = false;
	mr->dir = access & IB_ACCESS_LOCAL_WRITE ? DMA_FROM_DEVICE : DMA_TO_DEVICE;
	mr->sg_count = entries;
	count = cxio_inject_map() ? 0 : ib_dma_map_sg(pool->dev, mr->sg, entries, mr->dir);
	if (count <= 0)
		return -EIO;
	held = map_region(mr, count, len);
	if (held < 0) {
		unmap(mr);
		return held;
	}
	prepare(mr, held, access);
	cxio_mr_step(&mr->state, CXIO_MR_EV_MAP);
	return held;
}

/**
 * cxio_mr_reg_wr() - the work request that makes the key valid
 * @mr: a mapped region
 * @next: the work request behind it, or NULL; it may use the key
 *
 * It is to be posted at once; it is not signalled, and completes only if it fails.
 *
 * Context: any, serialised. Return: the work request, which stays in the region, or
 * NULL if the region is not mapped, or has been posted.
 */
struct ib_send_wr *cxio_mr_reg_wr(struct cxio_mr *mr, struct ib_send_wr *next)
{
	if (mr->pool->lost || !cxio_mr_step(&mr->state, CXIO_MR_EV_REG))
		return NULL;
	mr->reg.wr.next = next;
	return &mr->reg.wr;
}

/**
 * cxio_mr_inv_wr() - the work request that makes the key invalid
 * @mr: a valid region. If it is the sink of a READ, that has completed.
 * @next: the work request behind it, or NULL
 *
 * It is to be posted at once, and is signalled: when it has completed, see
 * cxio_mr_inv_done().
 *
 * Context: any, serialised. Return: the work request, which stays in the region, or
 * NULL if there is nothing to invalidate, or it is being done.
 */
struct ib_send_wr *cxio_mr_inv_wr(struct cxio_mr *mr, struct ib_send_wr *next)
{
	if (!cxio_mr_step(&mr->state, CXIO_MR_EV_INV))
		return NULL;
	mr->inv = (struct ib_send_wr) {
		.next = next,
		.wr_cqe = &mr->inv_cqe,
		.opcode = IB_WR_LOCAL_INV,
		.send_flags = IB_SEND_SIGNALED,
		.ex.invalidate_rkey = mr->rkey,
	};
	return &mr->inv;
}

/**
 * cxio_mr_inv_done() - LOCAL_INV has ended
 * @mr: the region
 * @status: how
 *
 * Context: any, serialised; the handler that cxio_mr_pool_init() was given calls it.
 * Return: 0 if the key is dead: the region can be unmapped. -EIO if not: the queue
 * pair is broken, and the region is lost until the drain.
 */
int cxio_mr_inv_done(struct cxio_mr *mr, enum ib_wc_status status)
{
	if (status == IB_WC_SUCCESS)
		return cxio_mr_step(&mr->state, CXIO_MR_EV_INV_DONE) ? 0 : -EIO;
	cxio_mr_step(&mr->state, CXIO_MR_EV_INV_FAILED);
	return -EIO;
}

/**
 * cxio_mr_remote_invalidated() - a completion says that the peer invalidated a key
 * @mr: the region that is meant
 * @rkey: the key in the completion
 *
 * Context: any, serialised. Return: 0 if it was this region's and valid: it can be
 * unmapped. Else -EPROTO: nothing changed, and the connection is to be ended.
 */
int cxio_mr_remote_invalidated(struct cxio_mr *mr, u32 rkey)
{
	if (rkey != mr->rkey || !cxio_mr_step(&mr->state, CXIO_MR_EV_REMOTE_INV))
		return -EPROTO;
	return 0;
}

/**
 * cxio_mr_unmap() - take the memory from the device
 * @mr: a region whose key is dead (I2), or was never posted
 *
 * Only now the memory can be read by the CPU if the device wrote it, and only now
 * its owner may be told (I3).
 *
 * Context: any, serialised. Return: 0; -EBUSY if the key may be good. A region that
 * is not mapped is passed over.
 */
int cxio_mr_unmap(struct cxio_mr *mr)
{
	if (!is_mapped(mr))
		return 0;
	if (!cxio_mr_step(&mr->state, CXIO_MR_EV_UNMAP))
		return -EBUSY;
	unmap(mr);
	return 0;
}
