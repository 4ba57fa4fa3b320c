/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What all that use RDMA devices have in common: contexts that librdmacm has opened, that
 * memory regions are counted, and devices that go away.
 */
#ifndef CXIO_VERBS_H
#define CXIO_VERBS_H

#include <infiniband/verbs.h>

#include "portal.h"

/**
 * struct cxio_removals - who is told of devices that are removed
 * @source: the kernel's messages; fd -1: they cannot be had
 * @removed: see cxio_removals_watch()
 */
struct cxio_removals {
	struct cxio_source source;
	void (*removed)(struct cxio_removals *r, const char *node);
};

/* context.c */
bool cxio_context_use(const struct ibv_context *verbs);
bool cxio_context_is_gone(const struct ibv_context *verbs);
void cxio_context_unuse(const struct ibv_context *verbs);
void cxio_context_removed(const char *node);

/* region.c */
struct ibv_mr *cxio_region_new(struct ibv_pd *pd, void *base, size_t len, unsigned int access,
			       bool own);
void cxio_region_end(struct ibv_mr *mr, bool own);

/* removal.c */
void cxio_removals_watch(struct cxio_removals *r, struct cxio_portal *p,
			 void (*removed)(struct cxio_removals *r, const char *node));
void cxio_removals_unwatch(struct cxio_removals *r, struct cxio_portal *p);

#endif /* CXIO_VERBS_H */
