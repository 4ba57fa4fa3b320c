/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What exists of the library, and what devices hold of memory: over all messengers.
 */
#ifndef CXIO_COUNT_H
#define CXIO_COUNT_H

#include <stdatomic.h>

#include "cephxio.h"
#include "deps.h"

extern atomic_ulong cxio_live_messages;
extern atomic_ulong cxio_live_connections;
extern atomic_ulong cxio_live_regions;

void cxio_count_region(const void *base, size_t len, bool own);
void cxio_uncount_region(const void *base, size_t len, bool own);

#endif /* CXIO_COUNT_H */
