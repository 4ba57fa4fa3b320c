// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * HMAC-SHA256, random numbers, and secrets that are wiped.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <sys/random.h>

#include "crypto.h"

/**
 * cxio_secret_init() - keep a secret
 * @s: filled
 * @bytes: the secret, which is copied
 * @len: bytes of it, at least 1
 *
 * Return: false if there is no memory.
 */
bool cxio_secret_init(struct cxio_secret *s, const void *bytes, size_t len)
{
	s->bytes = malloc(len);
	if (!s->bytes)
		return false;
	memcpy(s->bytes, bytes, len);
	s->len = len;
	return true;
}

/**
 * cxio_secret_fini() - forget it
 * @s: the secret; a zeroed one is passed over
 */
void cxio_secret_fini(struct cxio_secret *s)
{
	if (s->bytes)
		cxio_wipe(s->bytes, s->len);
	free(s->bytes);
	s->bytes = NULL;
	s->len = 0;
}

/**
 * cxio_hmac() - HMAC-SHA256
 * @key: key
 * @key_len: bytes of it
 * @bytes: what it is computed over
 * @len: how many
 * @mac: CXIO_HMAC_BYTES
 *
 * Return: false if OpenSSL fails.
 */
bool cxio_hmac(const void *key, size_t key_len, const void *bytes, u32 len, u8 *mac)
{
	unsigned int got = 0;

	return HMAC(EVP_sha256(), key, (int)key_len, bytes, len, mac, &got) &&
	       got == CXIO_HMAC_BYTES;
}

/**
 * cxio_unguessable() - random bytes
 * @bytes: set to them
 * @len: how many
 *
 * Return: false if there are none.
 */
bool cxio_unguessable(void *bytes, size_t len)
{
	return getrandom(bytes, len, 0) == (ssize_t)len;
}

/**
 * cxio_wipe() - overwrite what must not stay in memory
 * @bytes: what
 * @len: how many
 */
void cxio_wipe(void *bytes, size_t len)
{
	OPENSSL_cleanse(bytes, len);
}
