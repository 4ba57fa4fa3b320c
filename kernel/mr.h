/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory regions for fast registration: a pool for one queue pair, all of it made
 * before the connection opens, so that nothing is allocated while messages pass.
 *
 * Ownership: the pool owns its regions, the connection owns the pool. Who takes a
 * region has it until he gives it back, or until the pool is destroyed. The pages
 * that a region maps are the message's owner's: he may be told that they are free
 * only when the region is unmapped (I2, I3), which is refused while a device may
 * still touch them.
 *
 * Locks: none here. The caller serialises all calls for one pool (by the
 * connection's lock, or by making all of them in its work). What does not say that
 * it may sleep can be called with that spinlock held, and from completion handlers.
 *
 * Lifetime: made after the protection domain, destroyed before it. It serves one
 * queue pair: when that has died, the pool does too, and the next gets a new one.
 *
 * States, and what changes them; whatever is not here is refused:
 *
 *   FREE                - cxio_mr_map() -> MAPPED
 *   MAPPED              - cxio_mr_reg_wr() -> VALID
 *   VALID               - cxio_mr_inv_wr() -> INVALIDATING
 *   VALID               - cxio_mr_remote_invalidated() -> INVALID
 *   INVALIDATING        - cxio_mr_inv_done(), success -> INVALID
 *   INVALIDATING        - cxio_mr_inv_done(), failure -> LOST
 *   MAPPED, INVALID     - cxio_mr_unmap() -> FREE
 *   VALID, INVALIDATING - cxio_mr_pool_lost() -> LOST
 *   any                 - cxio_mr_pool_drained() -> GONE
 *
 * A work request counts as posted when it is made: it must be posted at once, under
 * the same serialisation. If that fails the connection ends; cxio_mr_pool_lost().
 *
 * The end of a queue pair: cxio_mr_pool_lost() when the connection breaks, from
 * any context; ib_drain_qp(); cxio_mr_pool_drained(), then owners are told (I7);
 * cxio_mr_pool_destroy().
 */
#ifndef CEPH_XIO_MR_H
#define CEPH_XIO_MR_H

#include <linux/list.h>
#include <rdma/ib_verbs.h>

#include "data.h"

/*
 * A region has at most so many pages. Soft-iWARP's bound is one more; but soft-RoCE of
 * 6.1 looks, behind the last page of a table that is full, at the next table.
 */
#define CXIO_MR_PAGES	255u

/**
 * enum cxio_mr_state - what may touch the memory of a region
 * @CXIO_MR_FREE: nothing is mapped
 * @CXIO_MR_MAPPED: mapped, the device knows of no key yet
 * @CXIO_MR_VALID: REG_MR is posted: whatever is posted behind it may use the key
 * @CXIO_MR_INVALIDATING: LOCAL_INV is posted: the key may still be good
 * @CXIO_MR_INVALID: the key is dead, the memory still mapped
 * @CXIO_MR_LOST: the queue pair is dead, its requests not drained: anything may be
 * @CXIO_MR_GONE: no region any more, nothing is mapped
 */
enum cxio_mr_state {
	CXIO_MR_FREE,
	CXIO_MR_MAPPED,
	CXIO_MR_VALID,
	CXIO_MR_INVALIDATING,
	CXIO_MR_INVALID,
	CXIO_MR_LOST,
	CXIO_MR_GONE,
};

struct cxio_mr_pool;
struct cxio_xio;

/**
 * struct cxio_mr - a memory region
 * @link: in the pool's list, or its taker's
 * @pool: where it belongs
 * @owner: its taker's own
 * @due: likewise; it is to be invalidated
 * @writes: likewise; it is the source of a WRITE, and is invalidated when that is over
 * @unread: likewise; unmapping leaves the memory as the CPU has it, whatever a device wrote
 * @number: likewise; of its LOCAL_INV, or of its WRITE, in the send queue
 * @write: likewise, the WRITE
 * @sge: likewise, its memory
 * @reg_cqe: completion of REG_MR, which is asked for in failure only
 * @inv_cqe: completion of LOCAL_INV
 * @state: what may touch its memory
 * @addr: while mapped, address for the key
 * @rkey: likewise, the key; also the local one
 * @length: likewise, bytes
 * @mr: the device's region
 * @sg: as many entries as it can hold pages
 * @sg_count: entries in use
 * @dir: direction they are mapped for
 * @reg: work request that makes the key valid
 * @inv: work request that makes it invalid
 */
struct cxio_mr {
	struct list_head link;
	struct cxio_mr_pool *pool;
	void *owner;
	bool due;
	bool writes;
	bool unread;
	u32 number;
	struct ib_rdma_wr write;
	struct ib_sge sge;
	struct ib_cqe reg_cqe;
	struct ib_cqe inv_cqe;
	enum cxio_mr_state state;
	u64 addr;
	u32 rkey;
	u32 length;

	struct ib_mr *mr;
	struct scatterlist *sg;
	unsigned int sg_count;
	enum dma_data_direction dir;
	struct ib_reg_wr reg;
	struct ib_send_wr inv;
};

/**
 * struct cxio_mr_pool - the memory regions of a queue pair
 * @dev: their device
 * @carrier: whose they are, for its completion handlers
 * @mrs: all of them
 * @count: how many
 * @pages: how many pages each can hold
 * @max_segment: bytes that the device takes in one entry of a scatter list
 * @free: those that may be taken
 * @lost: the queue pair has died: none is given out or mapped any more
 */
struct cxio_mr_pool {
	struct ib_device *dev;
	struct cxio_xio *carrier;
	struct cxio_mr *mrs;
	unsigned int count;
	unsigned int pages;
	unsigned int max_segment;
	struct list_head free;
	bool lost;
};

int cxio_mr_pool_init(struct cxio_mr_pool *pool, struct ib_pd *pd, unsigned int count,
		      void (*reg_done)(struct ib_cq *cq, struct ib_wc *wc),
		      void (*inv_done)(struct ib_cq *cq, struct ib_wc *wc));
void cxio_mr_pool_lost(struct cxio_mr_pool *pool);
void cxio_mr_pool_drained(struct cxio_mr_pool *pool);
void cxio_mr_pool_destroy(struct cxio_mr_pool *pool);

struct cxio_mr *cxio_mr_take(struct cxio_mr_pool *pool);
int cxio_mr_give(struct cxio_mr *mr);
int cxio_mr_map(struct cxio_mr *mr, const struct cxio_data *d, size_t off, size_t len,
		int access);
struct ib_send_wr *cxio_mr_reg_wr(struct cxio_mr *mr, struct ib_send_wr *next);
struct ib_send_wr *cxio_mr_inv_wr(struct cxio_mr *mr, struct ib_send_wr *next);
int cxio_mr_inv_done(struct cxio_mr *mr, enum ib_wc_status status);
int cxio_mr_remote_invalidated(struct cxio_mr *mr, u32 rkey);
int cxio_mr_unmap(struct cxio_mr *mr);

/**
 * enum cxio_mr_event - what may change a region's state, as above
 * @CXIO_MR_EV_MAP: it gets mapped
 * @CXIO_MR_EV_REG: REG_MR is made
 * @CXIO_MR_EV_INV: LOCAL_INV is made
 * @CXIO_MR_EV_INV_DONE: LOCAL_INV has succeeded
 * @CXIO_MR_EV_INV_FAILED: LOCAL_INV has failed or was flushed
 * @CXIO_MR_EV_REMOTE_INV: the peer has invalidated it
 * @CXIO_MR_EV_UNMAP: it gets unmapped
 * @CXIO_MR_EV_LOST: its queue pair has died
 * @CXIO_MR_EV_DRAINED: its queue pair is drained
 * @CXIO_MR_EVENTS: how many there are
 */
enum cxio_mr_event {
	CXIO_MR_EV_MAP,
	CXIO_MR_EV_REG,
	CXIO_MR_EV_INV,
	CXIO_MR_EV_INV_DONE,
	CXIO_MR_EV_INV_FAILED,
	CXIO_MR_EV_REMOTE_INV,
	CXIO_MR_EV_UNMAP,
	CXIO_MR_EV_LOST,
	CXIO_MR_EV_DRAINED,
	CXIO_MR_EVENTS
};

bool cxio_mr_step(enum cxio_mr_state *state, enum cxio_mr_event event);

#endif /* CEPH_XIO_MR_H */
