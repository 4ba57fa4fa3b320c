/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the test programs and the kernel endpoint send each other: a file as
 * messages of mixed sizes, each of which comes back as it went. Which piece of
 * the file goes into which message is decided here, for both worlds.
 */
#ifndef CXIO_TRANSFER_H
#define CXIO_TRANSFER_H

#include "msgr1.h"

#define CXIO_TRANSFER_MAX	(1u << 20)

/**
 * struct cxio_wire_transfer - front of a transfer message
 * @index: number of the message, from 0
 * @offset: place of its data in the file, bytes
 * @sent_ns: the sender's clock when it was handed over; only the sender reads it
 */
struct cxio_wire_transfer {
	__le64 index;
	__le64 offset;
	__le64 sent_ns;
} __packed;

/**
 * struct cxio_transfer - cuts a file into messages, or counts equal messages
 * @size: bytes of the file; 0 when counting
 * @offset: bytes cut already
 * @index: messages cut already
 * @count: messages in all when counting; 0 for a file
 * @fixed: data bytes of every message when counting
 * @random: state of the size generator
 */
struct cxio_transfer {
	u64 size;
	u64 offset;
	u64 index;
	u64 count;
	u32 fixed;
	u32 random;
};

/**
 * struct cxio_slice - one message's share
 * @index: number of the message
 * @offset: place in the file, bytes
 * @len: data bytes, 0 to CXIO_TRANSFER_MAX
 * @middle_len: bytes of middle, 0 for most
 */
struct cxio_slice {
	u64 index;
	u64 offset;
	u32 len;
	u32 middle_len;
};

void cxio_transfer_file(struct cxio_transfer *t, u64 size);
void cxio_transfer_count(struct cxio_transfer *t, u64 count, u32 len);
u64 cxio_transfer_bytes(const struct cxio_transfer *t);
bool cxio_transfer_next(struct cxio_transfer *t, struct cxio_slice *slice);
void cxio_transfer_header(const struct cxio_slice *slice, struct cxio_msg_header *h);
void cxio_transfer_front(const struct cxio_slice *slice, u64 now, void *front);
bool cxio_transfer_echo(struct cxio_transfer *expect, const struct cxio_transfer *send,
			const struct cxio_msg_header *h, const void *front, const u8 *middle,
			u64 *sent_ns);
u8 cxio_transfer_middle_byte(u64 index, u32 i);

#endif /* CXIO_TRANSFER_H */
