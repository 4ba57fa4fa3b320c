// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What becomes of a message that comes in, until it is delivered or dropped.
 */
#include "arrival.h"

/**
 * cxio_arrival_ended() - the last of its frames is here
 * @a: how far it has come
 * @to_read: bytes that its descriptors ask to be read
 *
 * Context: any.
 */
void cxio_arrival_ended(struct cxio_arriving *a, u64 to_read)
{
	a->ended = true;
	a->unread = to_read;
	a->untold = to_read;
}

/**
 * cxio_arrival_unwanted() - nobody wants it, and no READ of it was posted
 * @a: how far it has come; its frames are all here
 *
 * It is not read. The peer's memory is free all the same, of which it is told.
 *
 * Context: any.
 */
void cxio_arrival_unwanted(struct cxio_arriving *a)
{
	a->unread = false;
	a->dropped = true;
}

/**
 * cxio_arrival_lost() - its carrier carries nothing any more: it comes again, on another
 * @a: how far it has come, or NULL: it came in frames alone
 *
 * Context: any. Return: true if it may be forgotten now; else a device may be at its memory
 * (I3), and it may once its READs are over.
 */
bool cxio_arrival_lost(struct cxio_arriving *a)
{
	if (!a)
		return true;
	a->dropped = true;
	return !a->reads;
}

/**
 * cxio_arrival_next() - what is to be done next with a message whose turn it is
 * @a: how far it has come, or NULL: it came in frames alone, all of which are here
 * @touched: a device may be at its memory otherwise than by these READs
 *
 * Context: any. Return: the step; see there.
 */
enum cxio_arrival_step cxio_arrival_next(const struct cxio_arriving *a, bool touched)
{
	static const struct cxio_arriving in_frames = { .ended = true, .whole = true };

	if (!a)
		a = &in_frames;
	/* I2: what a peer may still write is not looked at, nor read into. */
	if (!a->dropped && (!a->ended || a->exposed))
		return CXIO_ARRIVAL_WAIT;
	if (!a->dropped && a->unread)
		return CXIO_ARRIVAL_READ;
	/* I3: a device writes to its memory, whoever wants that back (I7). */
	if (a->reads)
		return CXIO_ARRIVAL_WAIT;
	/* If its READs were not all posted it was revoked: the peer waits for none. */
	if (a->untold && !a->unread)
		return CXIO_ARRIVAL_DONE;
	if (!a->dropped && !a->whole)
		return CXIO_ARRIVAL_VERIFY;
	/* I3: perhaps a former carrier's, which had begun to write to it. */
	if (touched)
		return CXIO_ARRIVAL_WAIT;
	return a->dropped ? CXIO_ARRIVAL_DROP : CXIO_ARRIVAL_DELIVER;
}

/**
 * cxio_arrival_holds_back() - do READs of later messages wait for it, though it waits itself?
 * @a: how far it has come
 *
 * Memory goes to the oldest: what is delivered later cannot give it back.
 *
 * Context: any. Return: true if so.
 */
bool cxio_arrival_holds_back(const struct cxio_arriving *a)
{
	return a->ended && a->exposed && a->unread && !a->dropped;
}
