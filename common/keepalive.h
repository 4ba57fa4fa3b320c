/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Is the peer still there? Asked after some silence, answered with the asker's own
 * time stamp, given up after more silence. For frames and byte streams alike.
 */
#ifndef CXIO_KEEPALIVE_H
#define CXIO_KEEPALIVE_H

#include "wire.h"

/* Defaults: asked after this much silence, expired after that. */
#define CXIO_KEEPALIVE_MS	5000u
#define CXIO_KEEPALIVE_EXPIRY_MS 20000u
#define CXIO_KEEPALIVE_NS	(CXIO_KEEPALIVE_MS * 1000000ull)
#define CXIO_KEEPALIVE_EXPIRY_NS (CXIO_KEEPALIVE_EXPIRY_MS * 1000000ull)

/**
 * struct cxio_keepalive - a connection's keepalive, both ways
 * @interval_ns: silence before a keepalive; 0: none
 * @expiry_ns: silence before the connection is given up; 0: never
 * @heard: when the last bytes came in
 * @asked: when a keepalive was asked for last
 * @ask: a keepalive is to be sent
 * @deaf: nothing is read: silence says nothing, and the peer is asked to be heard itself
 * @echo: a keepalive is to be answered, with @stamp
 * @stamp: as it came in
 */
struct cxio_keepalive {
	u64 interval_ns;
	u64 expiry_ns;
	u64 heard;
	u64 asked;
	bool ask;
	bool deaf;
	bool echo;
	struct cxio_wire_stamp stamp;
};

/**
 * cxio_keepalive_set() - other times than the defaults
 * @k: the keepalive
 * @interval_ms: silence before a keepalive, milliseconds; 0: none
 * @expiry_ms: silence before the connection is given up, milliseconds; 0: never. Who has
 *	no reason to speak is given up, too, if he is not asked
 */
static inline void cxio_keepalive_set(struct cxio_keepalive *k, u32 interval_ms, u32 expiry_ms)
{
	k->interval_ns = interval_ms * 1000000ull;
	k->expiry_ns = expiry_ms * 1000000ull;
}

/**
 * cxio_keepalive_heard() - something came in
 * @k: the keepalive
 * @now: time
 */
static inline void cxio_keepalive_heard(struct cxio_keepalive *k, u64 now)
{
	k->heard = now;
	/* A clock that jumped back must not keep us from asking. */
	if (k->asked > now)
		k->asked = now;
}

/**
 * cxio_keepalive_want() - the owner asks, whatever was heard
 * @k: the keepalive
 */
static inline void cxio_keepalive_want(struct cxio_keepalive *k)
{
	k->ask = true;
}

void cxio_keepalive_init(struct cxio_keepalive *k, u64 now);
enum cxio_fault cxio_keepalive_asked(struct cxio_keepalive *k,
				     const struct cxio_wire_stamp *stamp);
enum cxio_fault cxio_keepalive_echoed(const struct cxio_wire_stamp *stamp, u64 *stamp_ns);
void cxio_keepalive_ask(struct cxio_keepalive *k, u64 now, struct cxio_wire_stamp *stamp);
void cxio_keepalive_echo(struct cxio_keepalive *k, struct cxio_wire_stamp *stamp);
enum cxio_fault cxio_keepalive_tick(struct cxio_keepalive *k, u64 now);
u64 cxio_keepalive_deadline(const struct cxio_keepalive *k);

#endif /* CXIO_KEEPALIVE_H */
