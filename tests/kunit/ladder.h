/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before all else in kernel/qp.c, as it is compiled for these tests, and in
 * test_ladder.c: what it calls of the RDMA core is what that file has under these names;
 * likewise what injects faults, whether the kernel can or not.
 */
#ifndef CEPH_XIO_LADDER_H
#define CEPH_XIO_LADDER_H

#include <linux/types.h>

#define __ib_alloc_pd		ladder_alloc_pd
#define ib_dealloc_pd_user	ladder_dealloc_pd
#define ib_cq_pool_put		ladder_cq_pool_put
#define ib_drain_qp		ladder_drain_qp
#define rdma_create_qp		ladder_create_qp
#define rdma_destroy_qp		ladder_destroy_qp
#define rdma_disconnect		ladder_disconnect
#define rdma_destroy_id		ladder_destroy_id

/* In place of inject.h. */
#define CXIO_INJECT_H
#define cxio_inject_alloc	ladder_inject_alloc
#define cxio_inject_map		ladder_inject_map
bool cxio_inject_alloc(void);
bool cxio_inject_map(void);

#endif /* CEPH_XIO_LADDER_H */
