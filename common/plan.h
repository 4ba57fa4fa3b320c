/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a message's payload crosses, and why. */
#ifndef CXIO_PLAN_H
#define CXIO_PLAN_H

#include "hello.h"
#include "rendezvous.h"

/* A segment shorter than this is copied, even where it could be read. */
#define CXIO_RENDEZVOUS_MIN	16384u

/**
 * enum cxio_path - the ways for a payload
 * @CXIO_PATH_INLINE: whole in one frame
 * @CXIO_PATH_CHAINED: over several frames
 * @CXIO_PATH_RENDEZVOUS: the receiver reads the larger segments; the rest is in frames
 * @CXIO_PATH_SINK: the data is written to the reply sink; the rest is in frames
 * @CXIO_PATH_REFUSED: not at all
 */
enum cxio_path {
	CXIO_PATH_INLINE,
	CXIO_PATH_CHAINED,
	CXIO_PATH_RENDEZVOUS,
	CXIO_PATH_SINK,
	CXIO_PATH_REFUSED,
};

/**
 * struct cxio_placement - what this side can do for a message
 * @descs: descriptors that each segment would need, 0 if it cannot be exposed
 * @sink: bytes of the sink that the request offered on this very connection, or 0
 * @own_sinks: descriptors that go with it in any case: the sink it offers itself
 */
struct cxio_placement {
	u32 descs[CXIO_SEGMENTS];
	u32 sink;
	u32 own_sinks;
};

/**
 * struct cxio_plan - a choice and its reason
 * @path: the choice
 * @segments: with CXIO_PATH_RENDEZVOUS, BIT(enum cxio_segment) of those to be read
 * @descs: likewise, descriptors in all, but for its own sinks
 * @reason: printable, constant
 */
struct cxio_plan {
	enum cxio_path path;
	u8 segments;
	u8 descs;
	const char *reason;
};

struct cxio_plan cxio_plan_message(const struct cxio_agreed *agreed,
				   const struct cxio_msg_header *h,
				   const struct cxio_placement *place);
bool cxio_plan_fits(const struct cxio_agreed *agreed, const struct cxio_msg_header *h,
		    const struct cxio_carry *carry);
const char *cxio_path_text(u32 path);

#endif /* CXIO_PLAN_H */
