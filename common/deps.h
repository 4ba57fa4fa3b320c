/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The only file of common/ that knows which world it is compiled in. What the
 * protocol needs from outside is here and is little: fixed-width types, byte
 * order, build-time assertions, memory copies within a buffer, CRC32C.
 */
#ifndef CXIO_DEPS_H
#define CXIO_DEPS_H

#ifdef __KERNEL__

#include <linux/types.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/build_bug.h>
#include <linux/crc32c.h>
#include <linux/math64.h>
#include <asm/byteorder.h>

/**
 * cxio_crc32c() - CRC32C (Castagnoli), reflected, no final inversion
 * @seed: initial register value
 * @p: bytes
 * @n: number of bytes
 *
 * Context: any. Return: the register after the last byte.
 */
static inline u32 cxio_crc32c(u32 seed, const void *p, u32 n)
{
	return crc32c(seed, p, n);
}

/* A 32-bit kernel has no wide division. */
static inline u64 cxio_divide(u64 n, u32 by, u32 *rest)
{
	return div_u64_rem(n, by, rest);
}

#else

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/types.h>
#include <isa-l/crc.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define cxio_le16(x) ((u16)(x))
#define cxio_le32(x) ((u32)(x))
#define cxio_le64(x) ((u64)(x))
#define cxio_be16(x) __builtin_bswap16((u16)(x))
#define cxio_be32(x) __builtin_bswap32((u32)(x))
#else
#define cxio_le16(x) __builtin_bswap16((u16)(x))
#define cxio_le32(x) __builtin_bswap32((u32)(x))
#define cxio_le64(x) __builtin_bswap64((u64)(x))
#define cxio_be16(x) ((u16)(x))
#define cxio_be32(x) ((u32)(x))
#endif

#ifdef __CHECKER__
#define CXIO_FORCE __attribute__((force))
#else
#define CXIO_FORCE
#endif

static inline u16 le16_to_cpu(__le16 x) { return cxio_le16((CXIO_FORCE u16)x); }
static inline u32 le32_to_cpu(__le32 x) { return cxio_le32((CXIO_FORCE u32)x); }
static inline u64 le64_to_cpu(__le64 x) { return cxio_le64((CXIO_FORCE u64)x); }
static inline __le16 cpu_to_le16(u16 x) { return (CXIO_FORCE __le16)cxio_le16(x); }
static inline __le32 cpu_to_le32(u32 x) { return (CXIO_FORCE __le32)cxio_le32(x); }
static inline __le64 cpu_to_le64(u64 x) { return (CXIO_FORCE __le64)cxio_le64(x); }
static inline u16 be16_to_cpu(__be16 x) { return cxio_be16((CXIO_FORCE u16)x); }
static inline u32 be32_to_cpu(__be32 x) { return cxio_be32((CXIO_FORCE u32)x); }
static inline __be16 cpu_to_be16(u16 x) { return (CXIO_FORCE __be16)cxio_be16(x); }
static inline __be32 cpu_to_be32(u32 x) { return (CXIO_FORCE __be32)cxio_be32(x); }

#ifndef __packed
#define __packed __attribute__((__packed__))
#endif
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

/* ISA-L takes an int length: bytes handed over are bounded by a frame. */
static inline u32 cxio_crc32c(u32 seed, const void *p, u32 n)
{
	return crc32_iscsi((unsigned char *)(uintptr_t)p, (int)n, seed);
}

static inline u64 cxio_divide(u64 n, u32 by, u32 *rest)
{
	*rest = (u32)(n % by);
	return n / by;
}

#endif /* __KERNEL__ */

#endif /* CXIO_DEPS_H */
