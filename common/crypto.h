/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the owner provides to authenticate and sign: HMAC-SHA256 by its crypto (OpenSSL,
 * the kernel's crypto API), and random numbers.
 */
#ifndef CXIO_CRYPTO_H
#define CXIO_CRYPTO_H

#include "deps.h"

#define CXIO_MAC_BYTES		32u

/* A key, in the form that the owner's crypto wants it in. */
struct cxio_mac_key;

/**
 * struct cxio_crypto - an owner's crypto
 * @key_new: copies a key of @len bytes, at least 1; NULL if there is no memory. May sleep
 * @key_free: forgets a key, and wipes it; NULL is passed over. May sleep
 * @mac: HMAC-SHA256 of @len bytes under a key, CXIO_MAC_BYTES; false if the crypto failed.
 *	Any context; others may use the key at the same time
 * @random: bytes that nobody can guess; false if there are none
 */
struct cxio_crypto {
	struct cxio_mac_key *(*key_new)(const void *bytes, u32 len);
	void (*key_free)(struct cxio_mac_key *key);
	bool (*mac)(const struct cxio_mac_key *key, const void *bytes, u32 len, u8 *mac);
	bool (*random)(void *bytes, u32 len);
};

#endif /* CXIO_CRYPTO_H */
