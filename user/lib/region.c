// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Memory regions, and that they are counted.
 */
#include "count.h"
#include "verbs.h"

/**
 * cxio_region_new() - let a device reach memory
 * @pd: protection domain
 * @base: first byte
 * @len: bytes
 * @access: IBV_ACCESS_* bits
 * @own: the memory is the library's, not the application's
 *
 * Return: the region, or NULL with errno.
 */
struct ibv_mr *cxio_region_new(struct ibv_pd *pd, void *base, size_t len, unsigned int access,
			      bool own)
{
	struct ibv_mr *mr = ibv_reg_mr(pd, base, len, access);

	if (mr)
		cxio_count_region(base, len, own);
	return mr;
}

/**
 * cxio_region_end() - it may not any more
 * @mr: the region
 * @own: as it was made
 */
void cxio_region_end(struct ibv_mr *mr, bool own)
{
	cxio_uncount_region(mr->addr, mr->length, own);
	ibv_dereg_mr(mr);
}
