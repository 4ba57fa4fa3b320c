// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Inline, chained, read, written, or not at all: from lengths, the peer's limits and
 * what the memory allows.
 */
#include "plan.h"

static struct cxio_plan choose(enum cxio_path path, const char *reason)
{
	return (struct cxio_plan){ .path = path, .reason = reason };
}

/**
 * cxio_path_text() - a path's name
 * @path: any number
 *
 * Context: any. Return: a constant string, never NULL.
 */
const char *cxio_path_text(u32 path)
{
	static const char *const names[] = {
		[CXIO_PATH_INLINE] = "inline", [CXIO_PATH_CHAINED] = "chained",
		[CXIO_PATH_RENDEZVOUS] = "rendezvous", [CXIO_PATH_SINK] = "sink",
		[CXIO_PATH_REFUSED] = "refused",
	};

	return path < ARRAY_SIZE(names) ? names[path] : "unknown";
}

static const char *too_long(const struct cxio_msg_header *h)
{
	if (h->len[CXIO_FRONT] > CXIO_FRONT_MAX)
		return "front larger than Ceph allows";
	if (h->len[CXIO_MIDDLE] > CXIO_MIDDLE_MAX)
		return "middle larger than Ceph allows";
	if (h->len[CXIO_DATA] > CXIO_DATA_MAX)
		return "data larger than Ceph allows";
	return NULL;
}

static bool one_frame(const struct cxio_agreed *agreed, u64 payload)
{
	u32 fixed = CXIO_FRAME_HEADER + CXIO_MSG_HEADER + CXIO_MSG_FOOTER;

	return payload <= agreed->frame_max - fixed;
}

/*
 * Read every segment that is long enough and can be exposed. What cannot, or would
 * need more descriptors than a message may have, is chained.
 */
static struct cxio_plan plan_rendezvous(const struct cxio_agreed *agreed,
					const struct cxio_msg_header *h,
					const struct cxio_placement *place, u32 least)
{
	u32 room = CXIO_DESCS_MAX - place->own_sinks;
	struct cxio_plan plan = choose(CXIO_PATH_CHAINED, "longer than one frame");
	bool exposable = false;
	u32 i;

	if (!(agreed->features & CXIO_FEATURE_RENDEZVOUS)) {
		plan.reason = "longer than one frame; rendezvous not negotiated";
		return plan;
	}
	/* The data first: it is the longest, and placed where its owner wants it. */
	for (i = CXIO_SEGMENTS; i-- > 0;) {
		if (h->len[i] < least || !place->descs[i])
			continue;
		exposable = true;
		if (place->descs[i] > room - plan.descs)
			continue;
		plan.segments |= (u8)(1u << i);
		plan.descs = (u8)(plan.descs + place->descs[i]);
	}
	if (plan.segments) {
		plan.path = CXIO_PATH_RENDEZVOUS;
		plan.reason = "long enough to be read by the peer";
	} else if (exposable) {
		plan.reason = "in more pieces than a message has descriptors";
	}
	return plan;
}

/**
 * cxio_plan_fits() - has the peer's message window room for a message, ever?
 * @agreed: the peer's limits
 * @h: the message's header
 * @carry: how it travels, or NULL: all in frames
 *
 * Context: any. Return: false if it would wait for ever.
 */
bool cxio_plan_fits(const struct cxio_agreed *agreed, const struct cxio_msg_header *h,
		    const struct cxio_carry *carry)
{
	return !too_long(h) && cxio_carry_payload(carry, h) <= agreed->peer_window_bytes;
}

/**
 * cxio_plan_message() - choose the way for a message
 * @agreed: the peer's limits
 * @h: the message's header, for its lengths
 * @place: what can be done with its memory, or NULL: nothing
 *
 * Context: any. Return: the choice.
 */
struct cxio_plan cxio_plan_message(const struct cxio_agreed *agreed,
				   const struct cxio_msg_header *h,
				   const struct cxio_placement *place)
{
	static const struct cxio_placement nowhere;
	struct cxio_carry carry = { 0 };
	struct cxio_plan plan;

	if (!place)
		place = &nowhere;
	if (too_long(h))
		return choose(CXIO_PATH_REFUSED, too_long(h));
	if (one_frame(agreed, cxio_msg_payload(h)) && cxio_plan_fits(agreed, h, NULL))
		return choose(CXIO_PATH_INLINE, "fits one frame");

	carry.written = true;
	if ((agreed->features & CXIO_FEATURE_REPLY_SINK) && h->len[CXIO_DATA] &&
	    h->len[CXIO_DATA] <= place->sink && cxio_plan_fits(agreed, h, &carry))
		return choose(CXIO_PATH_SINK, "the request offered memory for it");

	carry.written = false;
	plan = plan_rendezvous(agreed, h, place, CXIO_RENDEZVOUS_MIN);
	carry.segments = plan.segments;
	if (cxio_plan_fits(agreed, h, &carry))
		return plan;
	/* However short: what is read does not fill the window. */
	plan = plan_rendezvous(agreed, h, place, 1);
	carry.segments = plan.segments;
	if (cxio_plan_fits(agreed, h, &carry))
		return plan;
	return choose(CXIO_PATH_REFUSED, "larger than the peer's message window");
}
