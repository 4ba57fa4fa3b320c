// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The library's crypto: OpenSSL's HMAC, the kernel's random numbers.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <sys/random.h>

#include "crypto.h"
#include "messenger.h"

/**
 * struct cxio_mac_key - a key
 * @len: bytes of it
 * @bytes: the key
 */
struct cxio_mac_key {
	u32 len;
	u8 bytes[];
};

static struct cxio_mac_key *key_new(const void *bytes, u32 len)
{
	struct cxio_mac_key *key = malloc(sizeof(*key) + len);

	if (!key)
		return NULL;
	key->len = len;
	memcpy(key->bytes, bytes, len);
	return key;
}

static void key_free(struct cxio_mac_key *key)
{
	if (!key)
		return;
	OPENSSL_cleanse(key->bytes, key->len);
	free(key);
}

static bool mac(const struct cxio_mac_key *key, const void *bytes, u32 len, u8 *out)
{
	unsigned int got = 0;

	return HMAC(EVP_sha256(), key->bytes, (int)key->len, bytes, len, out, &got) &&
	       got == CXIO_MAC_BYTES;
}

static bool random_bytes(void *bytes, u32 len)
{
	return getrandom(bytes, len, 0) == (ssize_t)len;
}

const struct cxio_crypto cxio_crypto = {
	.key_new = key_new, .key_free = key_free, .mac = mac, .random = random_bytes,
};
