/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What stands in for messengers, connections and a transport, where parts of the
 * library are tested without them; and memory that runs out when a test wants it to.
 */
#ifndef CXIO_TEST_STAND_IN_H
#define CXIO_TEST_STAND_IN_H

#include "transport.h"

/* Messengers that exist. */
extern atomic_uint stand_in_messengers;
/* Maps that were ended without the lock that guards them. */
extern atomic_uint stand_in_unguarded;

struct cxio_messenger *stand_in_messenger(void);
struct cxio_connection *stand_in_connection(struct cxio_messenger *m);
unsigned int stand_in_kicks(struct cxio_connection *c);
unsigned int stand_in_take_returned(struct cxio_connection *c);
void stand_in_time(u64 now);
unsigned int stand_in_portal_end(void);
struct cxio_xmsg *stand_in_next(struct cxio_connection *c);
void stand_in_map(struct cxio_memory *r, u32 slot);
void stand_in_fail(unsigned int which);
bool stand_in_failed(void);

#endif /* CXIO_TEST_STAND_IN_H */
