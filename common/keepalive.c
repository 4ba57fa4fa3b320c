// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * When to ask, what to answer, when to give up.
 */
#include "keepalive.h"
#include "session.h"

#define NSEC_PER_SECOND 1000000000u

/**
 * cxio_keepalive_init() - a connection begins
 * @k: the keepalive
 * @now: time
 */
void cxio_keepalive_init(struct cxio_keepalive *k, u64 now)
{
	memset(k, 0, sizeof(*k));
	cxio_keepalive_set(k, CXIO_KEEPALIVE_MS, CXIO_KEEPALIVE_EXPIRY_MS);
	k->heard = now;
	k->asked = now;
}

static bool in_range(const struct cxio_wire_stamp *stamp)
{
	return le32_to_cpu(stamp->nsec) < NSEC_PER_SECOND;
}

/**
 * cxio_keepalive_asked() - the peer asks
 * @k: the keepalive
 * @stamp: with this time
 *
 * One answer is owed at most, to the newest: nothing piles up.
 *
 * Return: CXIO_FAULT_STAMP_NSEC for a time that is none.
 */
enum cxio_fault cxio_keepalive_asked(struct cxio_keepalive *k,
				     const struct cxio_wire_stamp *stamp)
{
	if (!in_range(stamp))
		return CXIO_FAULT_STAMP_NSEC;
	k->echo = true;
	k->stamp = *stamp;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_keepalive_echoed() - the peer answers
 * @stamp: with this time
 * @stamp_ns: set to it
 *
 * Return: CXIO_FAULT_STAMP_NSEC for a time that is none.
 */
enum cxio_fault cxio_keepalive_echoed(const struct cxio_wire_stamp *stamp, u64 *stamp_ns)
{
	if (!in_range(stamp))
		return CXIO_FAULT_STAMP_NSEC;
	*stamp_ns = (u64)le32_to_cpu(stamp->sec) * NSEC_PER_SECOND + le32_to_cpu(stamp->nsec);
	return CXIO_FAULT_NONE;
}

/**
 * cxio_keepalive_ask() - ask now
 * @k: the keepalive
 * @now: time
 * @stamp: filled
 */
void cxio_keepalive_ask(struct cxio_keepalive *k, u64 now, struct cxio_wire_stamp *stamp)
{
	u32 nsec;

	stamp->sec = cpu_to_le32((u32)cxio_divide(now, NSEC_PER_SECOND, &nsec));
	stamp->nsec = cpu_to_le32(nsec);
	k->ask = false;
	k->asked = now;
}

/**
 * cxio_keepalive_echo() - answer now
 * @k: the keepalive; an answer is owed
 * @stamp: filled
 */
void cxio_keepalive_echo(struct cxio_keepalive *k, struct cxio_wire_stamp *stamp)
{
	*stamp = k->stamp;
	k->echo = false;
}

/**
 * cxio_keepalive_tick() - let time pass
 * @k: the keepalive
 * @now: time
 *
 * Return: CXIO_FAULT_KEEPALIVE if the peer has been silent for too long.
 */
enum cxio_fault cxio_keepalive_tick(struct cxio_keepalive *k, u64 now)
{
	u64 silence = now > k->heard ? now - k->heard : 0;

	if (k->expiry_ns && silence >= k->expiry_ns && !k->deaf)
		return CXIO_FAULT_KEEPALIVE;
	if (k->interval_ns && (silence >= k->interval_ns || k->deaf) &&
	    now - k->asked >= k->interval_ns)
		k->ask = true;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_keepalive_deadline() - when to tick at the latest
 * @k: the keepalive
 *
 * Return: a time, or CXIO_NEVER.
 */
u64 cxio_keepalive_deadline(const struct cxio_keepalive *k)
{
	u64 due = k->expiry_ns && !k->deaf ? k->heard + k->expiry_ns : CXIO_NEVER;
	u64 since = k->heard > k->asked && !k->deaf ? k->heard : k->asked;

	if (k->interval_ns && !k->ask && since + k->interval_ns < due)
		due = since + k->interval_ns;
	return due;
}
