/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Random numbers that are the same for the same seed everywhere (splitmix64).
 */
#ifndef CXIO_SIM_PRNG_H
#define CXIO_SIM_PRNG_H

#include "deps.h"

/**
 * struct prng - a generator
 * @state: all there is
 */
struct prng {
	u64 state;
};

static inline u64 prng_next(struct prng *p)
{
	u64 z = p->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* 0 to @n - 1; the bias of a multiplication is far below what anybody could see here. */
static inline u32 prng_below(struct prng *p, u32 n)
{
	return (u32)(((prng_next(p) >> 32) * n) >> 32);
}

static inline u32 prng_between(struct prng *p, u32 least, u32 most)
{
	return least + prng_below(p, most - least + 1);
}

/* True once in @n times; never for 0. */
static inline bool prng_once_in(struct prng *p, u32 n)
{
	return n && !prng_below(p, n);
}

#endif /* CXIO_SIM_PRNG_H */
