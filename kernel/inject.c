// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault injection. Compiled out where the kernel has none.
 */
#ifdef CONFIG_FAULT_INJECTION
#include <linux/dcache.h>
#include <linux/export.h>
#include <linux/fault-inject.h>
#include <linux/init.h>

#include "inject.h"

static DECLARE_FAULT_ATTR(fail_post);
static DECLARE_FAULT_ATTR(fail_map);
static DECLARE_FAULT_ATTR(fail_alloc);

/**
 * cxio_inject_init() - have debugfs set what fails
 * @dir: our directory; what is made here goes with it
 *
 * Context: module init.
 */
void __init cxio_inject_init(struct dentry *dir)
{
	/* A failure that was asked for is told where it hits; a stack in the log is not. */
	fail_post.verbose = 0;
	fail_map.verbose = 0;
	fail_alloc.verbose = 0;
	fault_create_debugfs_attr("fail_post", dir, &fail_post);
	fault_create_debugfs_attr("fail_map", dir, &fail_map);
	fault_create_debugfs_attr("fail_alloc", dir, &fail_alloc);
}

/**
 * cxio_inject_exit() - let go of what debugfs was told
 *
 * Context: module exit, when the directory is removed.
 */
void cxio_inject_exit(void)
{
	dput(fail_post.dname);
	dput(fail_map.dname);
	dput(fail_alloc.dname);
}

/**
 * cxio_inject_post() - is posting work requests to fail now?
 *
 * Context: any. Return: true if so.
 */
bool cxio_inject_post(void)
{
	return should_fail(&fail_post, 1);
}

/**
 * cxio_inject_map() - is mapping memory for a device to fail now?
 *
 * Context: any. Return: true if so.
 */
bool cxio_inject_map(void)
{
	return should_fail(&fail_map, 1);
}

/**
 * cxio_inject_alloc() - is allocating memory to fail now?
 *
 * Context: any. Return: true if so.
 */
bool cxio_inject_alloc(void)
{
	return should_fail(&fail_alloc, 1);
}
EXPORT_SYMBOL_NS_GPL(cxio_inject_alloc, CEPH_XIO);
#endif
