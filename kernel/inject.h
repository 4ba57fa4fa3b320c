/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fault injection: with CONFIG_FAULT_INJECTION, debugfs ceph_xio/fail_post, fail_map and
 * fail_alloc make posting, mapping and allocation fail, as the kernel's
 * Documentation/fault-injection describes. Without it nothing of this is compiled.
 */
#ifndef CXIO_INJECT_H
#define CXIO_INJECT_H

#include <linux/types.h>

struct dentry;

#ifdef CONFIG_FAULT_INJECTION
void cxio_inject_init(struct dentry *dir);
void cxio_inject_exit(void);
bool cxio_inject_post(void);
bool cxio_inject_map(void);
bool cxio_inject_alloc(void);
#else
static inline void cxio_inject_init(struct dentry *dir) { }
static inline void cxio_inject_exit(void) { }
static inline bool cxio_inject_post(void) { return false; }
static inline bool cxio_inject_map(void) { return false; }
static inline bool cxio_inject_alloc(void) { return false; }
#endif

#endif /* CXIO_INJECT_H */
