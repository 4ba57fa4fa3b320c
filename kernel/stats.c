// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many objects of the module exist. All are zero when all has been given back.
 */
#include <linux/atomic.h>
#include <linux/printk.h>

#include "ceph_xio.h"

static atomic_long_t objects[CXIO_OBJ_KINDS];

static const char *const object_names[CXIO_OBJ_KINDS] = {
	[CXIO_OBJ_MESSAGES] = "messages",
	[CXIO_OBJ_CONNECTIONS] = "connections",
	[CXIO_OBJ_CARRIERS] = "carriers",
	[CXIO_OBJ_FRAMES] = "frame buffers",
	[CXIO_OBJ_REGIONS] = "regions",
};

/**
 * cxio_object_add() - count objects made or freed
 * @kind: what
 * @n: how many; negative when freed
 *
 * Context: any.
 */
void cxio_object_add(enum cxio_object kind, int n)
{
	atomic_long_add(n, &objects[kind]);
}

/**
 * cxio_object_count() - objects that exist now
 * @kind: what
 *
 * Context: any. Return: the count.
 */
u64 cxio_object_count(enum cxio_object kind)
{
	return atomic_long_read(&objects[kind]);
}

/**
 * cxio_objects_check() - say what is left when nothing should be
 *
 * Context: module exit, when all has been torn down.
 */
void cxio_objects_check(void)
{
	int i;

	for (i = 0; i < CXIO_OBJ_KINDS; i++)
		if (atomic_long_read(&objects[i]))
			pr_err("BUG: %ld %s left over\n", atomic_long_read(&objects[i]),
			       object_names[i]);
}
