// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Memory descriptors: encode, decode, check; and the READs they ask for.
 */
#include "rendezvous.h"

#define HEAD	((u32)sizeof(struct cxio_wire_descs))
#define EACH	((u32)sizeof(struct cxio_wire_desc))

/* The segments a message can have, and the sink. */
#define SEGMENTS	((1u << CXIO_SEGMENTS) - 1)

/**
 * cxio_descs_size() - bytes of a list of descriptors
 * @count: how many
 *
 * Context: any. Return: bytes, 0 for none.
 */
u32 cxio_descs_size(u32 count)
{
	return count ? HEAD + count * EACH : 0;
}

static u32 list_crc(const void *buf, u32 count)
{
	const struct cxio_wire_descs *w = buf;
	u32 crc = cxio_crc32c(0, w, (u32)offsetof(struct cxio_wire_descs, crc));

	return cxio_crc32c(crc, (const u8 *)buf + HEAD, count * EACH);
}

/**
 * cxio_descs_encode() - write a list of descriptors
 * @descs: the descriptors, by ascending segment
 * @count: how many, 1 to CXIO_DESCS_MAX
 * @segments: BIT(enum cxio_segment) of those that are to be read
 * @buf: cxio_descs_size() bytes
 *
 * Context: any. Return: bytes.
 */
u32 cxio_descs_encode(const struct cxio_desc *descs, u32 count, u8 segments, void *buf)
{
	struct cxio_wire_desc *d = (void *)((u8 *)buf + HEAD);
	struct cxio_wire_descs *w = buf;
	u32 i;

	w->count = (u8)count;
	w->segments = segments;
	w->reserved = cpu_to_le16(0);
	for (i = 0; i < count; i++) {
		d[i].addr = cpu_to_le64(descs[i].addr);
		d[i].rkey = cpu_to_le32(descs[i].rkey);
		d[i].length = cpu_to_le32(descs[i].length);
		d[i].segment = descs[i].segment;
		d[i].flags = descs[i].flags;
		d[i].reserved = cpu_to_le16(0);
	}
	w->crc = cpu_to_le32(list_crc(buf, count));
	return cxio_descs_size(count);
}

/**
 * cxio_descs_head() - read how many descriptors follow, and for what
 * @buf: bytes behind a message header
 * @len: how many there are; I1: nothing beyond is read
 * @carry: its @descs and @segments are set
 *
 * What has no CRC yet is only believed in as far as it is bounded here.
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_descs_head(const void *buf, u32 len, struct cxio_carry *carry)
{
	const struct cxio_wire_descs *w = buf;

	if (len < HEAD)
		return CXIO_FAULT_DESCS_SHORT;
	if (!w->count || w->count > CXIO_DESCS_MAX)
		return CXIO_FAULT_DESCS_COUNT;
	if (w->segments & ~SEGMENTS)
		return CXIO_FAULT_DESCS_SEGMENTS;
	if (le16_to_cpu(w->reserved))
		return CXIO_FAULT_DESCS_RESERVED;
	carry->descs = w->count;
	carry->segments = w->segments;
	return CXIO_FAULT_NONE;
}

static bool announced(u8 segments, u32 segment)
{
	return segment == CXIO_SINK || (segments & (1u << segment));
}

static enum cxio_fault check_desc(const struct cxio_desc *d, u32 reserved, u32 former,
				  u8 segments)
{
	if (!d->length || d->length > CXIO_DESC_MAX)
		return CXIO_FAULT_DESC_LENGTH;
	if (d->addr > ~0ull - (d->length - 1))
		return CXIO_FAULT_DESC_ADDR;
	if (d->segment > CXIO_SINK || d->segment < former || !announced(segments, d->segment))
		return CXIO_FAULT_DESC_SEGMENT;
	if (d->flags & ~CXIO_DESC_INVALIDATE)
		return CXIO_FAULT_DESC_FLAGS;
	return reserved ? CXIO_FAULT_DESC_RESERVED : CXIO_FAULT_NONE;
}

/* What is announced must be there to the byte. */
static enum cxio_fault check_totals(const struct cxio_msg_header *h, u8 segments,
				    const u64 *total)
{
	u32 segment;

	for (segment = 0; segment < CXIO_SEGMENTS; segment++)
		if (announced(segments, segment) &&
		    (!total[segment] || total[segment] != h->len[segment]))
			return CXIO_FAULT_DESC_TOTAL;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_descs_decode() - read and check a whole list of descriptors
 * @buf: the list, put together from its pieces
 * @len: bytes; I1: nothing beyond is read
 * @h: the message's header
 * @descs: filled; room for CXIO_DESCS_MAX
 * @count: set to how many there are; 0 after a fault: none of them is to be believed
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_descs_decode(const void *buf, u32 len, const struct cxio_msg_header *h,
				  struct cxio_desc *descs, u32 *count)
{
	const struct cxio_wire_desc *w = (const void *)((const u8 *)buf + HEAD);
	u64 total[CXIO_SEGMENTS + 1] = { 0 };
	struct cxio_carry carry;
	enum cxio_fault fault;
	u32 i, former = 0;

	*count = 0;
	fault = cxio_descs_head(buf, len, &carry);
	if (fault)
		return fault;
	if ((len - HEAD) / EACH < carry.descs)
		return CXIO_FAULT_DESCS_SHORT;
	if (le32_to_cpu(((const struct cxio_wire_descs *)buf)->crc) != list_crc(buf, carry.descs))
		return CXIO_FAULT_DESCS_CRC;
	for (i = 0; i < carry.descs; i++) {
		struct cxio_desc *d = &descs[i];

		d->addr = le64_to_cpu(w[i].addr);
		d->rkey = le32_to_cpu(w[i].rkey);
		d->length = le32_to_cpu(w[i].length);
		d->segment = w[i].segment;
		d->flags = w[i].flags;
		fault = check_desc(d, le16_to_cpu(w[i].reserved), former, carry.segments);
		if (fault)
			return fault;
		former = d->segment;
		total[d->segment] += d->length;
	}
	fault = check_totals(h, carry.segments, total);
	if (!fault)
		*count = carry.descs;
	return fault;
}

/**
 * cxio_descs_sink() - the memory that a message offers for its reply's data
 * @descs: its descriptors, decoded
 * @count: how many
 *
 * Context: any. Return: the first of them that is a sink, or NULL.
 */
const struct cxio_desc *cxio_descs_sink(const struct cxio_desc *descs, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (descs[i].segment == CXIO_SINK)
			return &descs[i];
	return NULL;
}

/**
 * cxio_sink_room() - how much data of a reply can be written to where its request asked?
 * @sink: that memory; its length is 0 if none was offered
 * @offered_on: number of the connection's carrier that the request came on, from 1
 * @now: number of the one that the reply is to go on
 *
 * A key is good on the queue pair that it was made for, and on no later one.
 *
 * Context: any. Return: bytes, or 0.
 */
u32 cxio_sink_room(const struct cxio_desc *sink, u32 offered_on, u32 now)
{
	return offered_on && offered_on == now ? sink->length : 0;
}

/**
 * cxio_written_fits() - can the data of a reply have been written to where we asked for it?
 * @h: its header
 * @sink: bytes of that memory, which nothing was written to before; 0: there is none
 *
 * Context: any. Return: false if it cannot: the peer claims what is not so (I1).
 */
bool cxio_written_fits(const struct cxio_msg_header *h, u32 sink)
{
	return sink && h->len[CXIO_DATA] <= sink;
}

/**
 * cxio_descs_to_read() - bytes that a list asks to be read
 * @descs: the descriptors, decoded
 * @count: how many
 *
 * Context: any. Return: bytes; 0 if it offers sinks only.
 */
u64 cxio_descs_to_read(const struct cxio_desc *descs, u32 count)
{
	u64 bytes = 0;
	u32 i;

	for (i = 0; i < count; i++)
		bytes += descs[i].segment == CXIO_SINK ? 0 : descs[i].length;
	return bytes;
}

/**
 * cxio_descs_invalidate() - the key that dies with the DONE for a list
 * @descs: the descriptors, decoded
 * @count: how many
 *
 * Context: any. Return: the first key that may, or 0 if none may.
 */
u32 cxio_descs_invalidate(const struct cxio_desc *descs, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		if ((descs[i].flags & CXIO_DESC_INVALIDATE) && descs[i].segment != CXIO_SINK)
			return descs[i].rkey;
	return 0;
}

/**
 * cxio_may_hold() - may so many bytes more be read for a peer?
 * @held: bytes that were read for it and are not freed
 * @more: bytes of a message
 * @most: the bound
 *
 * No window counts what is read: this bounds it. One message always may.
 *
 * Context: any. Return: true if they may.
 */
bool cxio_may_hold(u64 held, u64 more, u64 most)
{
	return !held || (held <= most && more <= most - held);
}

/**
 * cxio_dones_too_many() - does a peer take none of the DONEs it is owed?
 * @owed: how many it is
 * @window_msgs: messages it may have with us
 *
 * It could have us remember them without end.
 *
 * Context: any. Return: true if so: the connection is to be ended.
 */
bool cxio_dones_too_many(u32 owed, u32 window_msgs)
{
	return owed > 2ull * window_msgs;
}

/**
 * cxio_footer_covers() - is a segment's CRC to be compared with its bytes in memory?
 * @f: the footer
 * @carry: how the message travelled
 * @segment: enum cxio_segment
 *
 * What stood in frames was compared there.
 *
 * Context: any. Return: true if so: see cxio_footer_check().
 */
bool cxio_footer_covers(const struct cxio_msg_footer *f, const struct cxio_carry *carry,
			u32 segment)
{
	return !cxio_carry_inline(carry, segment) &&
	       !(segment == CXIO_DATA && (f->flags & CXIO_FOOTER_NOCRC));
}

/**
 * cxio_footer_check() - does a segment have the CRC its footer says?
 * @f: the footer
 * @segment: enum cxio_segment
 * @crc: CRC32C, seed 0, of the segment's bytes as they lie in memory
 *
 * Context: any. Return: a fault that names the segment's CRC if not.
 */
enum cxio_fault cxio_footer_check(const struct cxio_msg_footer *f, u32 segment, u32 crc)
{
	static const enum cxio_fault faults[CXIO_SEGMENTS] = {
		[CXIO_FRONT] = CXIO_FAULT_FRONT_CRC,
		[CXIO_MIDDLE] = CXIO_FAULT_MIDDLE_CRC,
		[CXIO_DATA] = CXIO_FAULT_DATA_CRC,
	};

	if (segment == CXIO_DATA && (f->flags & CXIO_FOOTER_NOCRC))
		return CXIO_FAULT_NONE;
	return f->crc[segment] == crc ? CXIO_FAULT_NONE : faults[segment];
}

/**
 * cxio_reads_init() - begin without a READ
 * @r: the READs
 * @ours: how many at once we can have
 * @peer: likewise, what it answers
 * @by_cm: what the CM says that both devices can; 0: it does not say
 *
 * Without any there could be no rendezvous: one always may be.
 */
void cxio_reads_init(struct cxio_reads *r, u32 ours, u32 peer, u32 by_cm)
{
	u32 depth = peer < ours ? peer : ours;

	if (by_cm && by_cm < depth)
		depth = by_cm;
	r->depth = depth ? depth : 1;
	r->started = 0;
}

/**
 * cxio_reads_start() - may one more be posted?
 * @r: the READs
 *
 * Return: true, and it counts, if it may; else it waits for the end of another.
 */
bool cxio_reads_start(struct cxio_reads *r)
{
	if (r->started >= r->depth)
		return false;
	r->started++;
	return true;
}

/**
 * cxio_reads_end() - a READ has completed
 * @r: the READs
 */
void cxio_reads_end(struct cxio_reads *r)
{
	if (r->started)
		r->started--;
}
