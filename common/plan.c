// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Inline, chained, or not at all, from lengths and the peer's limits.
 */
#include "plan.h"

/**
 * cxio_plan_message() - choose the way for a message
 * @agreed: the peer's limits
 * @h: the message's header, for its lengths
 *
 * Context: any. Return: the choice.
 */
struct cxio_plan cxio_plan_message(const struct cxio_agreed *agreed,
				   const struct cxio_msg_header *h)
{
	u32 fixed = CXIO_FRAME_HEADER + CXIO_MSG_HEADER + CXIO_MSG_FOOTER;
	u64 payload = cxio_msg_payload(h);

	if (h->len[CXIO_FRONT] > CXIO_FRONT_MAX)
		return (struct cxio_plan){ CXIO_PATH_REFUSED, "front larger than Ceph allows" };
	if (h->len[CXIO_MIDDLE] > CXIO_MIDDLE_MAX)
		return (struct cxio_plan){ CXIO_PATH_REFUSED, "middle larger than Ceph allows" };
	if (h->len[CXIO_DATA] > CXIO_DATA_MAX)
		return (struct cxio_plan){ CXIO_PATH_REFUSED, "data larger than Ceph allows" };
	if (payload > agreed->peer_window_bytes)
		return (struct cxio_plan){ CXIO_PATH_REFUSED,
					   "larger than the peer's message window" };
	if (payload <= agreed->frame_max - fixed)
		return (struct cxio_plan){ CXIO_PATH_INLINE, "fits one frame" };
	return (struct cxio_plan){ CXIO_PATH_CHAINED, "longer than one frame" };
}
