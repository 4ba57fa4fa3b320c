// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Frames made by hand.
 */
#include "craft.h"
#include "crc32c.h"

enum { MESSAGE = 1, MORE = 2, LAST = 1, COMPLETE = 1 };

/**
 * put_le() - store a little-endian integer
 * @p: where
 * @size: bytes
 * @value: the integer
 */
void put_le(void *p, u32 size, u64 value)
{
	u8 *byte = p;
	u32 i;

	for (i = 0; i < size; i++)
		byte[i] = (u8)(value >> 8 * i);
}

/**
 * get_le() - load a little-endian integer
 * @p: where
 * @size: bytes
 *
 * Return: the integer.
 */
u64 get_le(const void *p, u32 size)
{
	const u8 *byte = p;
	u64 value = 0;

	while (size--)
		value = value << 8 | byte[size];
	return value;
}

static u8 payload_byte(u32 i)
{
	return (u8)(i * 7 + (i >> 8) + 3);
}

static void put_payload(struct craft *c, u32 from, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		c->buf[c->len++] = payload_byte(from + i);
}

static void put_frame(struct craft *c, const struct craft_grants *g, u8 type)
{
	memset(c->buf, 0, F_SIZE);
	c->buf[F_TYPE] = type;
	put_le(c->buf + F_ACK, 4, g->ack);
	put_le(c->buf + F_GRANT_FRAMES, 4, g->frames);
	put_le(c->buf + F_GRANT_MSGS, 4, g->msgs);
	put_le(c->buf + F_GRANT_BYTES, 4, g->bytes);
	c->len = F_SIZE;
}

/**
 * craft_fix() - make lengths and CRCs agree with the bytes
 * @c: the frame
 * @what: FIX_*
 */
void craft_fix(struct craft *c, u32 what)
{
	u8 type = c->buf[F_TYPE];
	u32 crc;

	if (what & FIX_LEN)
		put_le(c->buf + F_BODY_LEN, 4, c->len - F_SIZE);
	if (what & FIX_MSG && type == MESSAGE && c->len >= F_SIZE + M_SIZE)
		put_le(c->buf + F_SIZE + M_CRC, 4, test_crc32c(0, c->buf + F_SIZE, M_CRC));
	if (!(what & FIX_FRAME) || c->len < F_SIZE)
		return;
	crc = test_crc32c(0, c->buf, F_CRC);
	if (type != MESSAGE && type != MORE)
		crc = test_crc32c(crc, c->buf + F_SIZE, c->len - F_SIZE);
	put_le(c->buf + F_CRC, 4, crc);
}

/**
 * craft_control() - a control frame
 * @c: filled
 * @g: numbers of its header
 * @type: its type
 * @body: its body
 * @len: bytes of it
 */
void craft_control(struct craft *c, const struct craft_grants *g, u8 type, const void *body,
		   u32 len)
{
	put_frame(c, g, type);
	if (len)
		memcpy(c->buf + F_SIZE, body, len);
	c->len += len;
	craft_fix(c, FIX_ALL);
}

/**
 * craft_begin() - the first frame of a message, without a footer
 * @c: filled
 * @g: numbers of its header
 * @seq: sequence number
 * @lens: bytes of front, middle and data
 * @payload: bytes of them in this frame
 */
void craft_begin(struct craft *c, const struct craft_grants *g, u64 seq, const u32 lens[3],
		 u32 payload)
{
	u8 *m = c->buf + F_SIZE;

	put_frame(c, g, MESSAGE);
	memset(m, 0, M_SIZE);
	put_le(m + M_SEQ, 8, seq);
	put_le(m + M_TID, 8, seq + 100);
	put_le(m + M_TYPE, 2, 0x602);
	put_le(m + M_PRIORITY, 2, 127);
	put_le(m + M_VERSION, 2, 1);
	put_le(m + M_FRONT_LEN, 4, lens[0]);
	put_le(m + M_MIDDLE_LEN, 4, lens[1]);
	put_le(m + M_DATA_LEN, 4, lens[2]);
	put_le(m + M_SRC_TYPE, 1, 8);
	put_le(m + M_COMPAT, 2, 1);
	c->len += M_SIZE;
	put_payload(c, 0, payload);
	craft_fix(c, FIX_ALL);
}

/**
 * craft_more() - a later frame of a message, without a footer
 * @c: filled
 * @g: numbers of its header
 * @from: bytes of payload that went before
 * @payload: bytes of payload in this frame
 */
void craft_more(struct craft *c, const struct craft_grants *g, u32 from, u32 payload)
{
	put_frame(c, g, MORE);
	put_payload(c, from, payload);
	craft_fix(c, FIX_ALL);
}

/**
 * craft_footer() - append the footer to a message's last frame
 * @c: the frame
 * @lens: bytes of front, middle and data of the whole message
 */
void craft_footer(struct craft *c, const u32 lens[3])
{
	u8 *t = c->buf + c->len;
	u32 segment, i, at = 0;

	memset(t, 0, T_SIZE);
	for (segment = 0; segment < 3; segment++) {
		u32 crc = 0;

		for (i = 0; i < lens[segment]; i++) {
			u8 byte = payload_byte(at++);

			crc = test_crc32c(crc, &byte, 1);
		}
		put_le(t + 4 * segment, 4, crc);
	}
	t[T_FLAGS] = COMPLETE;
	c->len += T_SIZE;
	c->buf[F_FLAGS] = LAST;
	craft_fix(c, FIX_ALL);
}

/**
 * craft_inline() - a whole message in one frame
 * @c: filled
 * @g: numbers of its header
 * @seq: sequence number
 * @front: bytes
 * @middle: bytes
 * @data: bytes
 */
void craft_inline(struct craft *c, const struct craft_grants *g, u64 seq, u32 front, u32 middle,
		  u32 data)
{
	const u32 lens[3] = { front, middle, data };

	craft_begin(c, g, seq, lens, front + middle + data);
	craft_footer(c, lens);
}
