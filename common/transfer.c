// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Cutting a file into messages of mixed sizes, and knowing them again.
 */
#include "transfer.h"

static_assert(sizeof(struct cxio_wire_transfer) == 24, "transfer front");

/* The first messages have the sizes at which things go wrong; then any size. */
static const u32 edges[] = {
	0, 1, 2, 511, 4096 - 28 - 53 - 21 - 24, 4096 - 28 - 53 - 24, 4096, 65536, 0,
	CXIO_TRANSFER_MAX, CXIO_TRANSFER_MAX - 1,
};

/**
 * cxio_transfer_file() - begin to cut a file into messages of mixed sizes
 * @t: state
 * @size: bytes of the file
 */
void cxio_transfer_file(struct cxio_transfer *t, u64 size)
{
	memset(t, 0, sizeof(*t));
	t->size = size;
	t->random = 0x2013u;
}

/**
 * cxio_transfer_count() - begin to count equal messages
 * @t: state
 * @count: messages
 * @len: data bytes of each, at most CXIO_TRANSFER_MAX
 */
void cxio_transfer_count(struct cxio_transfer *t, u64 count, u32 len)
{
	memset(t, 0, sizeof(*t));
	t->count = count;
	t->fixed = len;
}

/**
 * cxio_transfer_bytes() - data bytes of the whole transfer
 * @t: state
 *
 * Return: bytes.
 */
u64 cxio_transfer_bytes(const struct cxio_transfer *t)
{
	return t->count ? t->count * t->fixed : t->size;
}

static u32 next_random(struct cxio_transfer *t)
{
	t->random = t->random * 1664525u + 1013904223u;
	return t->random >> 8;
}

/* Each power of two is as likely as the next: many small ones, a few large. */
static u32 mixed_size(struct cxio_transfer *t)
{
	u32 power;

	if (t->index < ARRAY_SIZE(edges))
		return edges[t->index];
	power = next_random(t) % 21;
	return (1u << power) - 1 - next_random(t) % (1u << power) / 2;
}

/* Data bytes of the next message. Return: false if there is none. */
static bool next_len(struct cxio_transfer *t, u32 *len)
{
	u64 left = t->size - t->offset;

	if (t->count || !t->size) {
		*len = t->fixed;
		return t->index < t->count;
	}
	*len = mixed_size(t);
	if (*len > left)
		*len = (u32)left;
	return left > 0;
}

/**
 * cxio_transfer_next() - cut the next message
 * @t: state
 * @slice: filled
 *
 * Return: false at the end.
 */
bool cxio_transfer_next(struct cxio_transfer *t, struct cxio_slice *slice)
{
	u32 len;

	if (!next_len(t, &len))
		return false;
	slice->index = t->index++;
	slice->offset = t->offset;
	slice->len = len;
	slice->middle_len = slice->index % 8 == 3 ? (u32)(slice->index % 200) : 0;
	t->offset += len;
	return true;
}

/**
 * cxio_transfer_header() - the header of a slice's message
 * @slice: the slice
 * @h: filled
 */
void cxio_transfer_header(const struct cxio_slice *slice, struct cxio_msg_header *h)
{
	memset(h, 0, sizeof(*h));
	h->tid = slice->index + 1;
	h->type = CXIO_MSG_DATA_PING;
	h->priority = CXIO_PRIO_DEFAULT;
	h->version = 1;
	h->compat_version = 1;
	h->src_type = CXIO_ENTITY_CLIENT;
	h->len[CXIO_FRONT] = (u32)sizeof(struct cxio_wire_transfer);
	h->len[CXIO_MIDDLE] = slice->middle_len;
	h->len[CXIO_DATA] = slice->len;
}

/**
 * cxio_transfer_front() - the front of a slice's message
 * @slice: the slice
 * @now: the sender's clock, ns
 * @front: sizeof(struct cxio_wire_transfer) bytes
 */
void cxio_transfer_front(const struct cxio_slice *slice, u64 now, void *front)
{
	struct cxio_wire_transfer *w = front;

	w->index = cpu_to_le64(slice->index);
	w->offset = cpu_to_le64(slice->offset);
	w->sent_ns = cpu_to_le64(now);
}

/**
 * cxio_transfer_middle_byte() - what stands in the middle of a transfer message
 * @index: number of the message
 * @i: byte of the middle
 *
 * Return: the byte.
 */
u8 cxio_transfer_middle_byte(u64 index, u32 i)
{
	return (u8)(index * 31 + i);
}

static bool same_slice(const struct cxio_slice *want, const struct cxio_msg_header *h,
		       const struct cxio_wire_transfer *front)
{
	return h->len[CXIO_FRONT] == sizeof(*front) &&
	       h->len[CXIO_MIDDLE] == want->middle_len && h->len[CXIO_DATA] == want->len &&
	       h->tid == want->index + 1 && le64_to_cpu(front->index) == want->index &&
	       le64_to_cpu(front->offset) == want->offset;
}

/**
 * cxio_transfer_echo() - is this the next echo?
 * @expect: state of what is expected; echoes come back in order
 * @send: state of what has been sent: nothing can come back before
 * @h: header of what came back
 * @front: its front, @h->len[CXIO_FRONT] bytes
 * @middle: its middle, likewise
 * @sent_ns: set to when it was sent, as the message says
 *
 * Return: false if anything but the data differs; the data is the caller's.
 */
bool cxio_transfer_echo(struct cxio_transfer *expect, const struct cxio_transfer *send,
			const struct cxio_msg_header *h, const void *front, const u8 *middle,
			u64 *sent_ns)
{
	const struct cxio_wire_transfer *w = front;
	struct cxio_slice want;
	u32 i;

	if (expect->index >= send->index || !cxio_transfer_next(expect, &want) ||
	    !same_slice(&want, h, w))
		return false;
	for (i = 0; i < want.middle_len; i++)
		if (middle[i] != cxio_transfer_middle_byte(want.index, i))
			return false;
	*sent_ns = le64_to_cpu(w->sent_ns);
	return true;
}
