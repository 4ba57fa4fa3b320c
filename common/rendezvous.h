/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory that one side lets the other access: the descriptors in a message's first
 * frames, and how many READs may be under way.
 *
 * A list of descriptors stands between Ceph's header and the inline payload, and is
 * cut over frames like payload. Its segments do not stand in the frames: the
 * receiver READs them, then sends DONE. A descriptor of CXIO_SINK offers memory that
 * the reply's data may be written to.
 */
#ifndef CXIO_RENDEZVOUS_H
#define CXIO_RENDEZVOUS_H

#include "msgr1.h"

/* In place of a segment: memory for the data of the reply. */
#define CXIO_SINK	CXIO_SEGMENTS

/**
 * struct cxio_desc - a piece of the sender's memory
 * @addr: address for the key
 * @rkey: key
 * @length: bytes, 1 to CXIO_DESC_MAX
 * @segment: enum cxio_segment, or CXIO_SINK
 * @flags: CXIO_DESC_INVALIDATE
 */
struct cxio_desc {
	u64 addr;
	u32 rkey;
	u32 length;
	u8 segment;
	u8 flags;
};

/**
 * struct cxio_carry - how a message's payload travels, if not all inline
 * @descs: how many descriptors go with it, 0 to CXIO_DESCS_MAX
 * @segments: BIT(enum cxio_segment) of those that are read
 * @written: its data was written to the reply sink before
 * @crc: CRCs of the segments that are not in the frames
 */
struct cxio_carry {
	u8 descs;
	u8 segments;
	bool written;
	u32 crc[CXIO_SEGMENTS];
};

/**
 * cxio_carry_all_inline() - do all segments' bytes stand in the frames?
 * @carry: how the message travels, or NULL: they do
 *
 * Context: any. Return: true if they do. Most messages are such: it is asked first.
 */
static inline bool cxio_carry_all_inline(const struct cxio_carry *carry)
{
	return !carry || (!carry->segments && !carry->written);
}

/**
 * cxio_carry_inline() - do a segment's bytes stand in the frames?
 * @carry: how the message travels
 * @segment: enum cxio_segment
 *
 * Context: any. Return: true if they do.
 */
static inline bool cxio_carry_inline(const struct cxio_carry *carry, u32 segment)
{
	return !(carry->segments & (1u << segment)) && !(carry->written && segment == CXIO_DATA);
}

/**
 * cxio_carry_payload() - payload bytes that stand in the frames
 * @carry: how the message travels, or NULL: all inline
 * @h: its header
 *
 * Context: any. Return: bytes; these count in the message window.
 */
static inline u64 cxio_carry_payload(const struct cxio_carry *carry,
				     const struct cxio_msg_header *h)
{
	u64 payload = 0;
	u32 segment;

	if (cxio_carry_all_inline(carry))
		return cxio_msg_payload(h);
	for (segment = 0; segment < CXIO_SEGMENTS; segment++)
		if (cxio_carry_inline(carry, segment))
			payload += h->len[segment];
	return payload;
}

u32 cxio_descs_size(u32 count);
u32 cxio_descs_encode(const struct cxio_desc *descs, u32 count, u8 segments, void *buf);
enum cxio_fault cxio_descs_head(const void *buf, u32 len, struct cxio_carry *carry);
enum cxio_fault cxio_descs_decode(const void *buf, u32 len, const struct cxio_msg_header *h,
				  struct cxio_desc *descs, u32 *count);
const struct cxio_desc *cxio_descs_sink(const struct cxio_desc *descs, u32 count);
u64 cxio_descs_to_read(const struct cxio_desc *descs, u32 count);
u32 cxio_descs_invalidate(const struct cxio_desc *descs, u32 count);
bool cxio_footer_covers(const struct cxio_msg_footer *f, const struct cxio_carry *carry,
			u32 segment);
enum cxio_fault cxio_footer_check(const struct cxio_msg_footer *f, u32 segment, u32 crc);
u32 cxio_sink_room(const struct cxio_desc *sink, u32 offered_on, u32 now);
bool cxio_written_fits(const struct cxio_msg_header *h, u32 sink);
bool cxio_may_hold(u64 held, u64 more, u64 most);
bool cxio_dones_too_many(u32 owed, u32 window_msgs);

/**
 * struct cxio_reads - READs under way on a connection
 * @depth: how many the devices can have at once, at least 1
 * @started: how many are under way
 */
struct cxio_reads {
	u32 depth;
	u32 started;
};

void cxio_reads_init(struct cxio_reads *r, u32 ours, u32 peer, u32 by_cm);
bool cxio_reads_start(struct cxio_reads *r);
void cxio_reads_end(struct cxio_reads *r);

#endif /* CXIO_RENDEZVOUS_H */
