/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The library's crypto: OpenSSL's HMAC, the kernel's random numbers. */
#ifndef CXIO_LIB_CRYPTO_H
#define CXIO_LIB_CRYPTO_H

#include <stddef.h>

#include "deps.h"

#define CXIO_HMAC_BYTES	32u

/**
 * struct cxio_secret - what a messenger and its peers know
 * @len: bytes of it; 0: there is none
 * @bytes: the secret, or NULL
 */
struct cxio_secret {
	size_t len;
	u8 *bytes;
};

bool cxio_secret_init(struct cxio_secret *s, const void *bytes, size_t len);
void cxio_secret_fini(struct cxio_secret *s);
bool cxio_hmac(const void *key, size_t key_len, const void *bytes, u32 len, u8 *mac);
bool cxio_unguessable(void *bytes, size_t len);
void cxio_wipe(void *bytes, size_t len);

#endif /* CXIO_LIB_CRYPTO_H */
