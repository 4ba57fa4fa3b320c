/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is to be done next with a message that comes in: read, verified, delivered, dropped.
 * Whoever does it keeps its state here, asks, acts, and asks again.
 */
#ifndef CXIO_ARRIVAL_H
#define CXIO_ARRIVAL_H

#include "deps.h"

/**
 * struct cxio_arriving - how far a message has come that does not come in frames alone
 * @ended: its frames are all here
 * @exposed: the peer may still write to memory whose end it waits for
 * @unread: READs of it are still to be posted
 * @untold: it is, or was, to be read, and no DONE for that is owed yet
 * @whole: all its bytes are here, verified
 * @dropped: nobody wants it any more
 * @reads: READs under way: its memory must stay
 */
struct cxio_arriving {
	bool ended;
	bool exposed;
	bool unread;
	bool untold;
	bool whole;
	bool dropped;
	u32 reads;
};

/**
 * enum cxio_arrival_step - what is to be done next with it
 * @CXIO_ARRIVAL_WAIT: nothing, until something else has happened
 * @CXIO_ARRIVAL_READ: post READs, as many as may be
 * @CXIO_ARRIVAL_DONE: it is read: the peer is owed a DONE
 * @CXIO_ARRIVAL_VERIFY: compare its bytes with its CRCs
 * @CXIO_ARRIVAL_DELIVER: hand it over, once those before it were
 * @CXIO_ARRIVAL_DROP: forget it then, and acknowledge it
 */
enum cxio_arrival_step {
	CXIO_ARRIVAL_WAIT,
	CXIO_ARRIVAL_READ,
	CXIO_ARRIVAL_DONE,
	CXIO_ARRIVAL_VERIFY,
	CXIO_ARRIVAL_DELIVER,
	CXIO_ARRIVAL_DROP,
};

void cxio_arrival_ended(struct cxio_arriving *a, u64 to_read);
void cxio_arrival_unwanted(struct cxio_arriving *a);
bool cxio_arrival_lost(struct cxio_arriving *a);
enum cxio_arrival_step cxio_arrival_next(const struct cxio_arriving *a, bool touched);
bool cxio_arrival_holds_back(const struct cxio_arriving *a);

#endif /* CXIO_ARRIVAL_H */
