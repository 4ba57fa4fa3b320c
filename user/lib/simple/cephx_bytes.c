// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reading and writing fields, each within its bounds (I1).
 */
#include "cephx.h"

/**
 * cephx_in_init() - read these
 * @in: filled
 * @bytes: them; stay as long as @in is used
 * @len: how many
 */
void cephx_in_init(struct cephx_in *in, const void *bytes, u32 len)
{
	in->at = bytes;
	in->left = len;
	in->bad = NULL;
}

/**
 * cephx_bad() - something is wrong
 * @in: the reader
 * @what: in words; the first stays
 */
void cephx_bad(struct cephx_in *in, const char *what)
{
	if (!in->bad)
		in->bad = what;
	in->left = 0;
}

/**
 * cephx_get_bytes() - a field of a known length
 * @in: the reader
 * @len: bytes
 * @what: what is said if they are not there
 *
 * Return: them, or NULL.
 */
const u8 *cephx_get_bytes(struct cephx_in *in, u32 len, const char *what)
{
	const u8 *p = in->at;

	if (in->bad || len > in->left) {
		cephx_bad(in, what);
		return NULL;
	}
	in->at += len;
	in->left -= len;
	return p;
}

/* Little-endian, of @len bytes. */
static u64 get(struct cephx_in *in, u32 len, const char *what)
{
	const u8 *p = cephx_get_bytes(in, len, what);
	u64 value = 0;

	while (p && len--)
		value = value << 8 | p[len];
	return value;
}

/**
 * cephx_get8() - a byte
 * @in: the reader
 * @what: what is said if it is not there; as of the following
 *
 * Return: its value; 0 if it is not there.
 */
u8 cephx_get8(struct cephx_in *in, const char *what)
{
	return (u8)get(in, 1, what);
}

/**
 * cephx_get16() - a number of two bytes
 * @in: the reader
 * @what: see cephx_get8()
 *
 * Return: its value, or 0.
 */
u16 cephx_get16(struct cephx_in *in, const char *what)
{
	return (u16)get(in, 2, what);
}

/**
 * cephx_get32() - a number of four bytes
 * @in: the reader
 * @what: see cephx_get8()
 *
 * Return: its value, or 0.
 */
u32 cephx_get32(struct cephx_in *in, const char *what)
{
	return (u32)get(in, 4, what);
}

/**
 * cephx_get64() - a number of eight bytes
 * @in: the reader
 * @what: see cephx_get8()
 *
 * Return: its value, or 0.
 */
u64 cephx_get64(struct cephx_in *in, const char *what)
{
	return get(in, 8, what);
}

/**
 * cephx_get_span() - a length of four bytes, and so many bytes
 * @in: the reader
 * @what: what is said if they are not there
 *
 * Return: a reader of them; it is bad if @in is.
 */
struct cephx_in cephx_get_span(struct cephx_in *in, const char *what)
{
	u32 len = cephx_get32(in, what);
	struct cephx_in span;

	cephx_in_init(&span, cephx_get_bytes(in, len, what), len);
	if (in->bad)
		cephx_bad(&span, in->bad);
	return span;
}

/**
 * cephx_out_init() - write there
 * @out: filled
 * @bytes: where
 * @room: for how many
 */
void cephx_out_init(struct cephx_out *out, void *bytes, u32 room)
{
	out->start = bytes;
	out->len = 0;
	out->room = room;
	out->full = false;
}

/**
 * cephx_put_bytes() - write
 * @out: where
 * @bytes: what
 * @len: how many
 */
void cephx_put_bytes(struct cephx_out *out, const void *bytes, u32 len)
{
	if (out->full || len > out->room - out->len) {
		out->full = true;
		return;
	}
	if (len)
		memcpy(out->start + out->len, bytes, len);
	out->len += len;
}

static void put(struct cephx_out *out, u64 value, u32 len)
{
	u8 bytes[8];
	u32 i;

	for (i = 0; i < len; i++)
		bytes[i] = (u8)(value >> (8 * i));
	cephx_put_bytes(out, bytes, len);
}

/**
 * cephx_put8() - write a byte
 * @out: where
 * @value: it
 */
void cephx_put8(struct cephx_out *out, u8 value)
{
	put(out, value, 1);
}

/**
 * cephx_put16() - write two bytes
 * @out: where
 * @value: the number
 */
void cephx_put16(struct cephx_out *out, u16 value)
{
	put(out, value, 2);
}

/**
 * cephx_put32() - write four bytes
 * @out: where
 * @value: the number
 */
void cephx_put32(struct cephx_out *out, u32 value)
{
	put(out, value, 4);
}

/**
 * cephx_put64() - write eight bytes
 * @out: where
 * @value: the number
 */
void cephx_put64(struct cephx_out *out, u64 value)
{
	put(out, value, 8);
}
