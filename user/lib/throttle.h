/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A bound on what received messages hold, over all connections to a kind of peers.
 *
 * Received messages are charged when they begin and released when they are freed.
 * While the bound is exceeded, connections do not give window back to their peers: they
 * wait here, and are kicked when there is room. What was granted before may still come,
 * on top: windows bound that.
 *
 * Owner: the messenger. A waiting connection is held by a reference.
 * Lock: @lock, a leaf.
 */
#ifndef CXIO_THROTTLE_H
#define CXIO_THROTTLE_H

#include <pthread.h>

#include "deps.h"
#include "list.h"

struct cxio_connection;

/**
 * struct cxio_throttle - a bound
 * @max_msgs: messages; 0: any
 * @max_bytes: bytes; 0: any
 * @lock: guards the rest
 * @msgs: charged
 * @bytes: charged
 * @waiting: connections, by their throttle_link
 */
struct cxio_throttle {
	u64 max_msgs;
	u64 max_bytes;
	pthread_mutex_t lock;
	u64 msgs;
	u64 bytes;
	struct cxio_link waiting;
};

void cxio_throttle_init(struct cxio_throttle *t);
void cxio_throttle_fini(struct cxio_throttle *t);
void cxio_throttle_charge(struct cxio_throttle *t, u32 msgs, u64 bytes);
void cxio_throttle_release(struct cxio_throttle *t, u64 bytes);
bool cxio_throttle_is_wanted(struct cxio_throttle *t, const struct cxio_connection *c);
bool cxio_throttle_pass(struct cxio_throttle *t, struct cxio_connection *c);
void cxio_throttle_forget(struct cxio_throttle *t, struct cxio_connection *c);

#endif /* CXIO_THROTTLE_H */
