// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory regions on a device that does nothing but note what it was asked, below the
 * RDMA core as it is.
 */
#include <linux/slab.h>
#include "../../kernel/ceph_xio.h"
#include "../../kernel/mr.h"
#include "kernel_test.h"

#define DEVICE_PAGES	8u

/**
 * struct stand_in - a device
 * @ibdev: for the RDMA core
 * @pd: the only protection domain
 * @alive: regions that exist
 * @may_make: how many more it makes
 * @takes: pages it takes in a region, whatever it promised
 * @mapped_at_end: regions that ended while something was mapped
 * @pages_taken: in the region mapped last
 */
struct stand_in {
	struct ib_device ibdev;
	struct ib_pd pd;
	int alive;
	int may_make;
	unsigned int takes;
	int mapped_at_end;
	unsigned int pages_taken;
};

static struct stand_in *dev;
static struct cxio_mr_pool pool;
static struct cxio_item items[4];
static struct cxio_data data;
static u8 *block;
static u64 regions_before;

static struct ib_mr *alloc_mr(struct ib_pd *pd, enum ib_mr_type type, u32 pages)
{
	struct ib_mr *mr;

	if (!dev->may_make || type != IB_MR_TYPE_MEM_REG || pages > DEVICE_PAGES)
		return ERR_PTR(-ENOMEM);
	mr = kzalloc(sizeof(*mr), GFP_KERNEL);
	if (!mr)
		return ERR_PTR(-ENOMEM);
	dev->may_make--;
	dev->alive++;
	mr->rkey = dev->alive << 8 | 0xfe;
	mr->lkey = mr->rkey;
	return mr;
}

static int dereg_mr(struct ib_mr *mr, struct ib_udata *udata)
{
	unsigned int i;

	for (i = 0; i < pool.count; i++)
		dev->mapped_at_end += pool.mrs[i].mr == mr && pool.mrs[i].sg_count;
	dev->alive--;
	kfree(mr);
	return 0;
}

static int set_page(struct ib_mr *mr, u64 addr)
{
	if (dev->pages_taken == dev->takes)
		return -ENOMEM;
	dev->pages_taken++;
	return 0;
}

static int map_mr_sg(struct ib_mr *mr, struct scatterlist *sg, int count, unsigned int *offset)
{
	dev->pages_taken = 0;
	return ib_sg_to_pages(mr, sg, count, offset, set_page);
}

static const struct ib_device_ops ops = {
	.owner = THIS_MODULE,
	.alloc_mr = alloc_mr,
	.dereg_mr = dereg_mr,
	.map_mr_sg = map_mr_sg,
};

static void reg_done(struct ib_cq *cq, struct ib_wc *wc) {}
static void inv_done(struct ib_cq *cq, struct ib_wc *wc) {}

static int begin(struct kunit *test)
{
	block = kernel_test_block(test);
	cxio_data_init(&data, items, ARRAY_SIZE(items));
	KUNIT_ASSERT_EQ(test, cxio_data_add_memory(&data, block, BLOCK_BYTES), 0);
	dev = ib_alloc_device(stand_in, ibdev);
	KUNIT_ASSERT_NOT_NULL(test, dev);
	ib_set_device_ops(&dev->ibdev, &ops);
	dev->ibdev.attrs.device_cap_flags = IB_DEVICE_MEM_MGT_EXTENSIONS;
	dev->ibdev.attrs.max_fast_reg_page_list_len = DEVICE_PAGES;
	dev->pd.device = &dev->ibdev;
	dev->pd.res.kern_name = "stand-in";
	dev->may_make = 100;
	dev->takes = DEVICE_PAGES;
	regions_before = cxio_object_count(CXIO_OBJ_REGIONS);
	memset(&pool, 0, sizeof(pool));
	return 0;
}

/* After each test, whatever became of it. */
static void end(struct kunit *test)
{
	cxio_mr_pool_destroy(&pool);
	KUNIT_EXPECT_EQ(test, dev->alive, 0);
	KUNIT_EXPECT_EQ(test, cxio_object_count(CXIO_OBJ_REGIONS), regions_before);
	ib_dealloc_device(&dev->ibdev);
}

static void make(struct kunit *test, unsigned int count)
{
	KUNIT_ASSERT_EQ(test, cxio_mr_pool_init(&pool, &dev->pd, count, reg_done, inv_done), 0);
}

static struct cxio_mr *taken(struct kunit *test)
{
	struct cxio_mr *mr = cxio_mr_take(&pool);

	KUNIT_ASSERT_NOT_NULL(test, mr);
	return mr;
}

static struct cxio_mr *mapped(struct kunit *test, size_t off, size_t len)
{
	struct cxio_mr *mr = taken(test);

	KUNIT_ASSERT_EQ(test, cxio_mr_map(mr, &data, off, len, IB_ACCESS_REMOTE_READ), (int)len);
	return mr;
}

static struct cxio_mr *valid(struct kunit *test)
{
	struct cxio_mr *mr = mapped(test, 0, PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, cxio_mr_reg_wr(mr, NULL));
	return mr;
}

static struct cxio_mr *invalidating(struct kunit *test)
{
	struct cxio_mr *mr = valid(test);

	KUNIT_ASSERT_NOT_NULL(test, cxio_mr_inv_wr(mr, NULL));
	return mr;
}

/* --- states --- */

/* For each state and event: the next state, or - if that is refused. */
static const char *const next_state[] = {
	/*		   MAP REG INV inv_DONE inv_FAILED REMOTE UNMAP LOST DRAINED */
	[CXIO_MR_FREE] =	"M-------G",
	[CXIO_MR_MAPPED] =	"-V----F-G",
	[CXIO_MR_VALID] =	"--I--i-LG",
	[CXIO_MR_INVALIDATING] = "---iL--LG",
	[CXIO_MR_INVALID] =	"------F-G",
	[CXIO_MR_LOST] =	"--------G",
	[CXIO_MR_GONE] =	"---------",
};

static void every_state_and_event(struct kunit *test)
{
	static const char names[] = "FMVIiLG";
	unsigned int from, event;

	KUNIT_ASSERT_EQ(test, ARRAY_SIZE(next_state), (size_t)CXIO_MR_GONE + 1);
	for (from = 0; from <= CXIO_MR_GONE; from++) {
		KUNIT_ASSERT_EQ(test, strlen(next_state[from]), (size_t)CXIO_MR_EVENTS);
		for (event = 0; event < CXIO_MR_EVENTS; event++) {
			enum cxio_mr_state state = from;
			bool ok = cxio_mr_step(&state, event);
			char want = next_state[from][event];

			KUNIT_EXPECT_EQ_MSG(test, ok, want != '-', "state %u event %u", from,
					    event);
			KUNIT_EXPECT_EQ_MSG(test, names[state], ok ? want : names[from],
					    "state %u event %u", from, event);
		}
	}
}

/* --- the pool --- */

static void take_and_give(struct kunit *test)
{
	struct cxio_mr *a, *b;

	make(test, 2);
	KUNIT_EXPECT_EQ(test, dev->alive, 2);
	KUNIT_EXPECT_EQ(test, cxio_object_count(CXIO_OBJ_REGIONS), regions_before + 2);
	KUNIT_EXPECT_EQ(test, pool.pages, DEVICE_PAGES);
	a = taken(test);
	b = taken(test);
	KUNIT_EXPECT_PTR_NE(test, a, b);
	KUNIT_EXPECT_NULL(test, cxio_mr_take(&pool));
	a->owner = b;
	KUNIT_EXPECT_EQ(test, cxio_mr_give(a), 0);
	KUNIT_EXPECT_EQ(test, cxio_mr_give(b), 0);
	/* the one that was free for longest */
	KUNIT_EXPECT_PTR_EQ(test, cxio_mr_take(&pool), a);
	KUNIT_EXPECT_NULL(test, a->owner);
}

static void pool_that_cannot_be_made(struct kunit *test)
{
	dev->may_make = 2;
	KUNIT_EXPECT_EQ(test, cxio_mr_pool_init(&pool, &dev->pd, 3, reg_done, inv_done), -ENOMEM);
	KUNIT_EXPECT_EQ(test, dev->alive, 0);
	KUNIT_EXPECT_NULL(test, cxio_mr_take(&pool));
	cxio_mr_pool_destroy(&pool);
	dev->may_make = 9;
	dev->ibdev.attrs.device_cap_flags = 0;
	KUNIT_EXPECT_EQ(test, cxio_mr_pool_init(&pool, &dev->pd, 3, reg_done, inv_done),
			-EOPNOTSUPP);
	dev->ibdev.attrs.device_cap_flags = IB_DEVICE_MEM_MGT_EXTENSIONS;
	dev->ibdev.attrs.max_fast_reg_page_list_len = 0;
	KUNIT_EXPECT_EQ(test, cxio_mr_pool_init(&pool, &dev->pd, 3, reg_done, inv_done),
			-EOPNOTSUPP);
}

/* --- mapping --- */

static void map_and_its_requests(struct kunit *test)
{
	struct ib_send_wr behind = { .opcode = IB_WR_SEND }, *wr;
	struct cxio_mr *mr;
	u32 key;

	make(test, 1);
	mr = mapped(test, 100, 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, mr->addr, (u64)(uintptr_t)(block + 100));
	KUNIT_EXPECT_EQ(test, mr->length, (u32)(3 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, dev->pages_taken, 4U);
	KUNIT_EXPECT_EQ(test, mr->dir, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, mr->rkey, mr->mr->rkey);
	key = mr->rkey;
	KUNIT_EXPECT_EQ(test, key, 0x1ffU);

	wr = cxio_mr_reg_wr(mr, &behind);
	KUNIT_ASSERT_NOT_NULL(test, wr);
	KUNIT_EXPECT_EQ(test, wr->opcode, IB_WR_REG_MR);
	KUNIT_EXPECT_EQ(test, wr->send_flags, 0);
	KUNIT_EXPECT_PTR_EQ(test, wr->next, &behind);
	KUNIT_EXPECT_PTR_EQ(test, wr->wr_cqe, &mr->reg_cqe);
	KUNIT_EXPECT_PTR_EQ(test, mr->reg_cqe.done, &reg_done);
	KUNIT_EXPECT_EQ(test, reg_wr(wr)->key, key);
	KUNIT_EXPECT_PTR_EQ(test, reg_wr(wr)->mr, mr->mr);
	KUNIT_EXPECT_EQ(test, reg_wr(wr)->access, (int)IB_ACCESS_REMOTE_READ);

	wr = cxio_mr_inv_wr(mr, &behind);
	KUNIT_ASSERT_NOT_NULL(test, wr);
	KUNIT_EXPECT_EQ(test, wr->opcode, IB_WR_LOCAL_INV);
	KUNIT_EXPECT_EQ(test, wr->send_flags, (int)IB_SEND_SIGNALED);
	KUNIT_EXPECT_PTR_EQ(test, wr->next, &behind);
	KUNIT_EXPECT_PTR_EQ(test, wr->wr_cqe, &mr->inv_cqe);
	KUNIT_EXPECT_PTR_EQ(test, mr->inv_cqe.done, &inv_done);
	KUNIT_EXPECT_EQ(test, wr->ex.invalidate_rkey, key);

	KUNIT_EXPECT_EQ(test, cxio_mr_inv_done(mr, IB_WC_SUCCESS), 0);
	KUNIT_EXPECT_EQ(test, cxio_mr_unmap(mr), 0);
	/* another key the next time, and only its last byte is ours to choose */
	KUNIT_ASSERT_EQ(test, cxio_mr_map(mr, &data, 0, 1, IB_ACCESS_LOCAL_WRITE), 1);
	KUNIT_EXPECT_EQ(test, mr->rkey, 0x100U);
	KUNIT_EXPECT_EQ(test, mr->dir, DMA_FROM_DEVICE);
}

static void map_what_fits(struct kunit *test)
{
	struct page *pages[4];
	struct cxio_mr *mr;
	int i;

	make(test, 1);
	mr = taken(test);
	/* pages it holds */
	KUNIT_EXPECT_EQ(test, cxio_mr_map(mr, &data, 10, BLOCK_BYTES - 10, 0),
			(int)(DEVICE_PAGES * PAGE_SIZE - 10));
	KUNIT_EXPECT_EQ(test, cxio_mr_unmap(mr), 0);
	/* fewer than it said: the entries that it took count, and one is none */
	dev->takes = 2;
	KUNIT_EXPECT_EQ(test, cxio_mr_map(mr, &data, 10, 3 * PAGE_SIZE, 0), -EIO);
	for (i = 0; i < 4; i++)
		pages[i] = kernel_test_page(block, 6 - 2 * i);
	cxio_data_init(&data, items, ARRAY_SIZE(items));
	KUNIT_ASSERT_EQ(test, cxio_data_add_pages(&data, pages, 3 * PAGE_SIZE + 9, 50), 0);
	KUNIT_ASSERT_EQ(test, cxio_data_add_memory(&data, block + 1, 100), 0);
	KUNIT_EXPECT_EQ(test, cxio_mr_map(mr, &data, 0, data.length, 0), (int)(2 * PAGE_SIZE - 50));
	KUNIT_EXPECT_EQ(test, mr->length, (u32)(2 * PAGE_SIZE - 50));
	KUNIT_EXPECT_EQ(test, cxio_mr_unmap(mr), 0);
	/* a gap */
	dev->takes = DEVICE_PAGES;
	KUNIT_EXPECT_EQ(test, cxio_mr_map(mr, &data, 9, data.length - 9, 0),
			(int)(3 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, dev->pages_taken, 4U);
	KUNIT_EXPECT_EQ(test, cxio_mr_unmap(mr), 0);
}

static void map_refused(struct kunit *test)
{
	static const int bad[] = {
		IB_ACCESS_REMOTE_WRITE, IB_ACCESS_REMOTE_READ | IB_ACCESS_LOCAL_WRITE,
		IB_ACCESS_REMOTE_READ | IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE,
		IB_ACCESS_REMOTE_ATOMIC, IB_ACCESS_MW_BIND,
	};
	struct cxio_mr *mr;
	int i;

	make(test, 1);
	mr = taken(test);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ(test, cxio_mr_map(mr, &data, 0, 9, bad[i]), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxio_mr_map(mr, &data, 0, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxio_mr_map(mr, &data, 1, BLOCK_BYTES, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxio_mr_map(mr, &data, SIZE_MAX, 2, 0), -EINVAL);
	dev->takes = 0;
	KUNIT_EXPECT_EQ(test, cxio_mr_map(mr, &data, 0, 9, 0), -ENOMEM);
	dev->takes = DEVICE_PAGES;
	KUNIT_EXPECT_EQ(test, mr->sg_count, 0U);
	KUNIT_EXPECT_EQ(test, cxio_mr_map(mr, &data, 0, 9, 0), 9);
	KUNIT_EXPECT_EQ(test, cxio_mr_map(mr, &data, 0, 9, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, cxio_mr_unmap(mr), 0);
	cxio_mr_pool_lost(&pool);
	KUNIT_EXPECT_EQ(test, cxio_mr_map(mr, &data, 0, 9, 0), -ENOTCONN);
}

/* --- lives --- */

static void local_invalidation(struct kunit *test)
{
	struct cxio_mr *mr;

	make(test, 1);
	mr = mapped(test, 0, 9);
	KUNIT_EXPECT_NULL(test, cxio_mr_inv_wr(mr, NULL));
	KUNIT_EXPECT_EQ(test, cxio_mr_give(mr), -EBUSY);
	KUNIT_EXPECT_NOT_NULL(test, cxio_mr_reg_wr(mr, NULL));
	KUNIT_EXPECT_NULL(test, cxio_mr_reg_wr(mr, NULL));
	KUNIT_EXPECT_EQ(test, cxio_mr_unmap(mr), -EBUSY);
	KUNIT_EXPECT_EQ(test, cxio_mr_inv_done(mr, IB_WC_SUCCESS), -EIO);
	KUNIT_EXPECT_NOT_NULL(test, cxio_mr_inv_wr(mr, NULL));
	KUNIT_EXPECT_NULL(test, cxio_mr_inv_wr(mr, NULL));
	KUNIT_EXPECT_EQ(test, cxio_mr_unmap(mr), -EBUSY);
	KUNIT_EXPECT_EQ(test, cxio_mr_inv_done(mr, IB_WC_SUCCESS), 0);
	KUNIT_EXPECT_EQ(test, cxio_mr_give(mr), -EBUSY);
	KUNIT_EXPECT_EQ(test, cxio_mr_unmap(mr), 0);
	KUNIT_EXPECT_EQ(test, mr->rkey, 0U);
	KUNIT_EXPECT_EQ(test, cxio_mr_unmap(mr), 0);
	KUNIT_EXPECT_EQ(test, cxio_mr_give(mr), 0);
	KUNIT_EXPECT_PTR_EQ(test, cxio_mr_take(&pool), mr);
}

static void remote_invalidation(struct kunit *test)
{
	struct cxio_mr *mr;

	make(test, 2);
	mr = valid(test);
	KUNIT_EXPECT_EQ(test, cxio_mr_remote_invalidated(mr, mr->rkey + 1), -EPROTO);
	KUNIT_EXPECT_EQ(test, mr->state, CXIO_MR_VALID);
	KUNIT_EXPECT_EQ(test, cxio_mr_remote_invalidated(mr, mr->rkey), 0);
	KUNIT_EXPECT_EQ(test, cxio_mr_remote_invalidated(mr, mr->rkey), -EPROTO);
	KUNIT_EXPECT_NULL(test, cxio_mr_inv_wr(mr, NULL));
	KUNIT_EXPECT_EQ(test, cxio_mr_unmap(mr), 0);
	KUNIT_EXPECT_EQ(test, cxio_mr_remote_invalidated(mr, 0), -EPROTO);
	KUNIT_EXPECT_EQ(test, cxio_mr_give(mr), 0);
	/* both sides at once: this one's request decides */
	mr = invalidating(test);
	KUNIT_EXPECT_EQ(test, cxio_mr_remote_invalidated(mr, mr->rkey), -EPROTO);
	KUNIT_EXPECT_EQ(test, cxio_mr_unmap(mr), -EBUSY);
	KUNIT_EXPECT_EQ(test, cxio_mr_inv_done(mr, IB_WC_WR_FLUSH_ERR), -EIO);
	KUNIT_EXPECT_EQ(test, mr->state, CXIO_MR_LOST);
}

static void queue_pair_dies(struct kunit *test)
{
	struct cxio_mr *never, *reg, *inv, *done, *back;

	make(test, 6);
	never = mapped(test, 0, 9);
	reg = valid(test);
	inv = invalidating(test);
	done = valid(test);
	back = taken(test);
	KUNIT_ASSERT_EQ(test, cxio_mr_remote_invalidated(done, done->rkey), 0);
	cxio_mr_pool_lost(&pool);
	cxio_mr_pool_lost(&pool);
	KUNIT_EXPECT_NULL(test, cxio_mr_take(&pool));
	KUNIT_EXPECT_EQ(test, cxio_mr_give(back), 0);
	/* flushed or not: it may have been touched until the drain */
	KUNIT_EXPECT_EQ(test, cxio_mr_inv_done(inv, IB_WC_SUCCESS), -EIO);
	KUNIT_EXPECT_EQ(test, cxio_mr_unmap(inv), -EBUSY);
	KUNIT_EXPECT_EQ(test, cxio_mr_unmap(reg), -EBUSY);
	KUNIT_EXPECT_EQ(test, cxio_mr_give(reg), -EBUSY);
	KUNIT_EXPECT_NULL(test, cxio_mr_inv_wr(reg, NULL));
	KUNIT_EXPECT_NULL(test, cxio_mr_reg_wr(never, NULL));
	/* what the device did not know, or not any more */
	KUNIT_EXPECT_EQ(test, cxio_mr_unmap(never), 0);
	KUNIT_EXPECT_EQ(test, cxio_mr_unmap(done), 0);
	KUNIT_EXPECT_EQ(test, dev->alive, 6);

	cxio_mr_pool_drained(&pool);
	KUNIT_EXPECT_EQ(test, dev->alive, 0);
	/* I2: the keys of both ended before their memory was unmapped */
	KUNIT_EXPECT_EQ(test, dev->mapped_at_end, 2);
	KUNIT_EXPECT_EQ(test, reg->state, CXIO_MR_GONE);
	KUNIT_EXPECT_EQ(test, reg->sg_count, 0U);
	KUNIT_EXPECT_EQ(test, cxio_mr_unmap(reg), 0);
	KUNIT_EXPECT_EQ(test, cxio_mr_give(reg), 0);
	KUNIT_EXPECT_NULL(test, cxio_mr_take(&pool));
	cxio_mr_pool_drained(&pool);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(every_state_and_event),
	KUNIT_CASE(take_and_give),
	KUNIT_CASE(pool_that_cannot_be_made),
	KUNIT_CASE(map_and_its_requests),
	KUNIT_CASE(map_what_fits),
	KUNIT_CASE(map_refused),
	KUNIT_CASE(local_invalidation),
	KUNIT_CASE(remote_invalidation),
	KUNIT_CASE(queue_pair_dies),
	{}
};

struct kunit_suite kernel_suite_mr = {
	.name = "kernel_mr", .init = begin, .exit = end, .test_cases = cases,
};
