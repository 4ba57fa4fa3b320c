/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Frames made by hand, with offsets written out as numbers and a CRC of the
 * tests' own: what a peer that is not this core would send.
 */
#ifndef CXIO_TEST_CRAFT_H
#define CXIO_TEST_CRAFT_H

#include "deps.h"

/* Offsets in the frame header, and its length. */
enum {
	F_TYPE = 0, F_FLAGS = 1, F_RESERVED = 2, F_BODY_LEN = 4, F_ACK = 8, F_GRANT_FRAMES = 12,
	F_GRANT_MSGS = 16, F_GRANT_BYTES = 20, F_CRC = 24, F_SIZE = 28,
};

/* Offsets in Ceph's message header, and its length. */
enum {
	M_SEQ = 0, M_TID = 8, M_TYPE = 16, M_PRIORITY = 18, M_VERSION = 20, M_FRONT_LEN = 22,
	M_MIDDLE_LEN = 26, M_DATA_LEN = 30, M_DATA_OFF = 34, M_SRC_TYPE = 36, M_SRC_NUM = 37,
	M_COMPAT = 45, M_RESERVED = 47, M_CRC = 49, M_SIZE = 53,
};

/* Offsets in Ceph's message footer, and its length. */
enum {
	T_FRONT_CRC = 0, T_MIDDLE_CRC = 4, T_DATA_CRC = 8, T_SIG = 12, T_FLAGS = 20, T_SIZE = 21,
};

/* What craft_fix() computes anew. */
enum {
	FIX_NOTHING = 0,
	FIX_FRAME = 1,		/* the CRC of the frame header */
	FIX_MSG = 2,		/* the CRC of the message header */
	FIX_LEN = 4,		/* body_len, to what the frame has */
	FIX_ALL = FIX_FRAME | FIX_MSG | FIX_LEN,
};

/**
 * struct craft - a frame
 * @buf: bytes
 * @len: how many
 */
struct craft {
	u8 buf[8192];
	u32 len;
};

/**
 * struct craft_grants - what the frame headers say
 * @ack: the four numbers of a frame header
 * @frames: likewise
 * @msgs: likewise
 * @bytes: likewise
 */
struct craft_grants {
	u32 ack;
	u32 frames;
	u32 msgs;
	u32 bytes;
};

void put_le(void *p, u32 size, u64 value);
u64 get_le(const void *p, u32 size);
void craft_control(struct craft *c, const struct craft_grants *g, u8 type, const void *body,
		   u32 len);
void craft_begin(struct craft *c, const struct craft_grants *g, u64 seq, const u32 lens[3],
		 u32 payload);
void craft_more(struct craft *c, const struct craft_grants *g, u32 from, u32 payload);
void craft_footer(struct craft *c, const u32 lens[3]);
void craft_inline(struct craft *c, const struct craft_grants *g, u64 seq, u32 front, u32 middle,
		  u32 data);
void craft_fix(struct craft *c, u32 what);

#endif /* CXIO_TEST_CRAFT_H */
