/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Transaction numbers of the programs' transfers. A client whose session the server has
 * forgotten begins anew with the oldest message that was not echoed; its tids then show
 * a higher number of the attempt. So both sides can tell what is sent anew on purpose
 * from what comes twice, and replies to tids that are out of date do not matter.
 *
 * The first attempt is 0: that is the tid of common/transfer.h.
 */
#ifndef CXIO_ATTEMPT_H
#define CXIO_ATTEMPT_H

#include <stdint.h>

#define ATTEMPT_SHIFT	40u

/**
 * attempt_tid() - the tid of a transfer's message
 * @attempt: how often it was begun anew
 * @index: number of the message
 *
 * Return: the tid.
 */
static inline uint64_t attempt_tid(uint64_t attempt, uint64_t index)
{
	return attempt << ATTEMPT_SHIFT | (index + 1);
}

/* attempt_of() - the attempt that a tid belongs to */
static inline uint64_t attempt_of(uint64_t tid)
{
	return tid >> ATTEMPT_SHIFT;
}

#endif /* CXIO_ATTEMPT_H */
