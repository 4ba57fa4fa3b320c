// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * CRC32C by table. With CXIO_TEST_CRC it also stands in for ISA-L's function,
 * which is assembly: the sanitizers cannot see what that reads.
 */
#include "crc32c.h"

#define POLYNOMIAL 0x82f63b78u	/* Castagnoli, reflected */

static u32 table[256];

static void fill_table(void)
{
	u32 i, bit;

	for (i = 0; i < 256; i++) {
		table[i] = i;
		for (bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? POLYNOMIAL : 0);
	}
}

/**
 * test_crc32c() - CRC32C, reflected, no inversions
 * @seed: initial register value
 * @p: bytes
 * @n: number of bytes
 *
 * Return: the register after the last byte.
 */
u32 test_crc32c(u32 seed, const void *p, u32 n)
{
	const u8 *byte = p;

	if (!table[1])
		fill_table();
	while (n--)
		seed = seed >> 8 ^ table[(seed ^ *byte++) & 0xff];
	return seed;
}

#ifdef CXIO_TEST_CRC
unsigned int crc32_iscsi(unsigned char *p, int n, unsigned int seed)
{
	return test_crc32c(seed, p, (u32)n);
}
#endif
