// SPDX-License-Identifier: GPL-2.0-only
/*
 * Up and down the ladder of what a carrier has of its device: each rung is stood on by
 * those made after it, so that it must go after them, and whatever could be made must go.
 *
 * All that kernel/qp.c calls is here (see ladder.h), and notes its step.
 */
#include <linux/slab.h>
#include "../../kernel/ceph_xio.h"
#include "kernel_test.h"

/**
 * struct ladder - what was called, and what is to fail
 * @said: the steps, each as a word
 * @fails: step that fails, or NULL
 * @buffers: allocations and mappings of buffers that succeed before one does not
 * @frames: buffers there were when the last of these steps was taken: what the device may
 *	still touch
 * @x: the carrier
 */
struct ladder {
	char said[256];
	const char *fails;
	unsigned int buffers;
	struct {
		u64 drained, qp_gone, cq_gone;
	} frames;
	struct cxio_xio *x;
};

static struct ladder *l;
static struct ib_device *device;
static struct rdma_cm_id *id;
static struct ib_pd pd;
static struct ib_qp qp;
static u64 frames_before, regions_before;

static int step(const char *name)
{
	strlcat(l->said, name, sizeof(l->said));
	strlcat(l->said, " ", sizeof(l->said));
	return l->fails && !strcmp(l->fails, name) ? -ENOMEM : 0;
}

static u64 frames(void)
{
	return cxio_object_count(CXIO_OBJ_FRAMES) - frames_before;
}

/* --- what qp.c calls of the RDMA core --- */

struct ib_pd *__ib_alloc_pd(struct ib_device *dev, unsigned int flags, const char *caller)
{
	return step("pd") ? ERR_PTR(-ENOMEM) : &pd;
}

int ib_dealloc_pd_user(struct ib_pd *gone, struct ib_udata *udata)
{
	return step("-pd");
}

void ib_cq_pool_put(struct ib_cq *cq, unsigned int entries)
{
	step("-cq");
	l->frames.cq_gone = frames();
}

void ib_drain_qp(struct ib_qp *drained)
{
	step("drain");
	l->frames.drained = frames();
}

int rdma_create_qp(struct rdma_cm_id *with, struct ib_pd *in, struct ib_qp_init_attr *attr)
{
	int err = step("qp");

	if (!err)
		with->qp = &qp;
	return err;
}

void rdma_destroy_qp(struct rdma_cm_id *with)
{
	step("-qp");
	with->qp = NULL;
	l->frames.qp_gone = frames();
}

int rdma_disconnect(struct rdma_cm_id *with)
{
	return step("disconnect");
}

void rdma_destroy_id(struct rdma_cm_id *gone)
{
	step("-id");
}

/* --- and of its own kind --- */

static bool none_left(void)
{
	return !l->buffers || !--l->buffers;
}

bool cxio_inject_alloc(void)
{
	return none_left();
}

bool cxio_inject_map(void)
{
	return none_left();
}

int cxio_device_join(struct cxio_device_user *u, struct ib_device *dev)
{
	return step("join");
}

void cxio_device_leave(struct cxio_device_user *u)
{
	step("leave");
}

struct ib_cq *cxio_portal_cq_get(struct ib_device *dev, unsigned int entries)
{
	/* Nobody looks into it. */
	return step("cq") ? ERR_PTR(-ENOMEM) : (struct ib_cq *)l;
}

int cxio_make_keys(struct cxio_xio *x)
{
	return step("keys");
}

void cxio_kill_keys(struct cxio_xio *x)
{
	step("-keys");
}

int cxio_recv_post_all(struct cxio_xio *x)
{
	return step("post");
}

void cxio_recv_done(struct ib_cq *cq, struct ib_wc *wc) {}
void cxio_send_done(struct ib_cq *cq, struct ib_wc *wc) {}

void cxio_xio_put(struct cxio_xio *x)
{
	step("put");
}

/* --- the tests --- */

static int begin(struct kunit *test)
{
	l = kunit_kzalloc(test, sizeof(*l), GFP_KERNEL);
	device = kunit_kzalloc(test, sizeof(*device), GFP_KERNEL);
	id = kunit_kzalloc(test, sizeof(*id), GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, l && device && id);
	l->x = kunit_kzalloc(test, sizeof(*l->x), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, l->x);
	mutex_init(&l->x->qp_mutex);
	l->x->cm_id = id;
	id->device = device;
	l->buffers = UINT_MAX;
	frames_before = cxio_object_count(CXIO_OBJ_FRAMES);
	regions_before = cxio_object_count(CXIO_OBJ_REGIONS);
	return 0;
}

/* After each test: whatever was made is gone. */
static void end(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, frames(), 0ULL);
	KUNIT_EXPECT_EQ(test, cxio_object_count(CXIO_OBJ_REGIONS), regions_before);
}

static void descend(struct kunit *test, const char *expected)
{
	l->said[0] = '\0';
	cxio_disconnect(l->x);
	cxio_teardown(l->x);
	KUNIT_EXPECT_STREQ(test, l->said, expected);
	KUNIT_EXPECT_NULL(test, l->x->cm_id);
	/* Once: whoever comes again finds nothing. */
	cxio_disconnect(l->x);
	cxio_teardown(l->x);
	KUNIT_EXPECT_STREQ(test, l->said, expected);
}

static void whole_ladder(struct kunit *test)
{
	u64 all = cxio_limits()->recv_depth + CXIO_DEFAULT_SEND_DEPTH;

	KUNIT_ASSERT_EQ(test, cxio_create_qp(l->x), 0);
	KUNIT_EXPECT_STREQ(test, l->said, "join pd cq keys qp post ");
	KUNIT_EXPECT_EQ(test, frames(), all);
	KUNIT_EXPECT_TRUE(test, l->x->qp_lives);
	l->x->established = true;
	descend(test, "disconnect drain -qp -keys -cq -pd leave -id put ");
	/* The device may write to them until its queue pair is gone (I2), and no longer. */
	KUNIT_EXPECT_EQ(test, l->frames.drained, all);
	KUNIT_EXPECT_EQ(test, l->frames.qp_gone, all);
	KUNIT_EXPECT_EQ(test, l->frames.cq_gone, 0ULL);
	KUNIT_EXPECT_FALSE(test, l->x->qp_lives);
}

/* Nobody was told that it was accepted: nobody is told that it ends. */
static void never_established(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, cxio_create_qp(l->x), 0);
	descend(test, "drain -qp -keys -cq -pd leave -id put ");
}

static void each_rung_breaks(struct kunit *test)
{
	static const struct { const char *rung, *up, *down; } rungs[] = {
		{ "join", "join ", "-keys leave -id put " },
		{ "pd", "join pd ", "-keys leave -id put " },
		{ "cq", "join pd cq ", "-keys -pd leave -id put " },
		{ "keys", "join pd cq keys ", "-keys -cq -pd leave -id put " },
		{ "qp", "join pd cq keys qp ", "-keys -cq -pd leave -id put " },
		{ "post", "join pd cq keys qp post ", "drain -qp -keys -cq -pd leave -id put " },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rungs); i++) {
		l->said[0] = '\0';
		l->fails = rungs[i].rung;
		l->x->cm_id = id;
		KUNIT_EXPECT_EQ(test, cxio_create_qp(l->x), -ENOMEM);
		KUNIT_EXPECT_STREQ(test, l->said, rungs[i].up);
		descend(test, rungs[i].down);
		KUNIT_EXPECT_EQ(test, frames(), 0ULL);
		KUNIT_EXPECT_PTR_EQ(test, l->x->pd, NULL);
		KUNIT_EXPECT_PTR_EQ(test, l->x->cq, NULL);
	}
}

static void each_buffer_breaks(struct kunit *test)
{
	u32 all = cxio_limits()->recv_depth + CXIO_DEFAULT_SEND_DEPTH, n;

	/* One for the lists of them; and each is allocated, then mapped. */
	for (n = 1; n <= 1 + 2 * all; n++) {
		l->said[0] = '\0';
		l->buffers = n;
		l->x->cm_id = id;
		KUNIT_ASSERT_EQ(test, cxio_create_qp(l->x), -ENOMEM);
		KUNIT_EXPECT_STREQ(test, l->said, "join pd cq ");
		descend(test, "-keys -cq -pd leave -id put ");
		KUNIT_ASSERT_EQ(test, frames(), 0ULL);
	}
	l->buffers = n;
	l->x->cm_id = id;
	KUNIT_EXPECT_EQ(test, cxio_create_qp(l->x), 0);
	descend(test, "drain -qp -keys -cq -pd leave -id put ");
}

/* An address that no device has: there is an id, and nothing else. */
static void no_device(struct kunit *test)
{
	id->device = NULL;
	descend(test, "-keys leave -id put ");
}

/* Not even an id. */
static void nothing_there(struct kunit *test)
{
	l->x->cm_id = NULL;
	descend(test, "");
}

static struct kunit_case cases[] = {
	KUNIT_CASE(whole_ladder),
	KUNIT_CASE(never_established),
	KUNIT_CASE(each_rung_breaks),
	KUNIT_CASE(each_buffer_breaks),
	KUNIT_CASE(no_device),
	KUNIT_CASE(nothing_there),
	{}
};

struct kunit_suite kernel_suite_ladder = {
	.name = "kernel_ladder", .init = begin, .exit = end, .test_cases = cases,
};
