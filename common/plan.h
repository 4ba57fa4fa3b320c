/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a message's payload crosses, and why. */
#ifndef CXIO_PLAN_H
#define CXIO_PLAN_H

#include "hello.h"
#include "msgr1.h"

/**
 * enum cxio_path - the ways for a payload
 * @CXIO_PATH_INLINE: whole in one frame
 * @CXIO_PATH_CHAINED: over several frames
 * @CXIO_PATH_REFUSED: not at all
 */
enum cxio_path {
	CXIO_PATH_INLINE,
	CXIO_PATH_CHAINED,
	CXIO_PATH_REFUSED,
};

/**
 * struct cxio_plan - a choice and its reason
 * @path: the choice
 * @reason: printable, constant
 */
struct cxio_plan {
	enum cxio_path path;
	const char *reason;
};

struct cxio_plan cxio_plan_message(const struct cxio_agreed *agreed,
				   const struct cxio_msg_header *h);

#endif /* CXIO_PLAN_H */
