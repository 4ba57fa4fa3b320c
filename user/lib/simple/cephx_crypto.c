// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * AES-128-CBC as CephX has it: one initial vector for all, PKCS #7 padding, and, but for
 * signatures, a version and a magic number before what is encrypted.
 */
#include <openssl/evp.h>

#include "../crypto.h"
#include "cephx.h"
#include "sign.h"

#define MAGIC		CXIO_CEPHX_MAGIC
#define HEAD		9u
/* The longest that is encrypted here; what is decrypted may be a ticket. */
#define SEAL_MAX	64u

static bool crypt_all(const struct cephx_key *key, bool encrypt, const void *in, u32 len, u8 *out,
		      u32 *out_len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	bool good;

	good = ctx && EVP_CipherInit_ex(ctx, EVP_aes_128_cbc(), NULL, key->bytes, cxio_cephx_iv(),
					encrypt) &&
	       EVP_CipherUpdate(ctx, out, &n, in, (int)len) &&
	       EVP_CipherFinal_ex(ctx, out + n, &last);
	EVP_CIPHER_CTX_free(ctx);
	*out_len = good ? (u32)(n + last) : 0;
	return good;
}

/**
 * cephx_encrypt() - encrypt
 * @key: key
 * @plain: bytes
 * @len: how many
 * @cipher: gets them, and up to a block more
 * @room: bytes of it
 * @cipher_len: set to how many
 *
 * Return: false if there is no room, or OpenSSL fails.
 */
bool cephx_encrypt(const struct cephx_key *key, const void *plain, u32 len, u8 *cipher,
		   u32 room, u32 *cipher_len)
{
	*cipher_len = 0;
	return room >= CEPHX_BLOCK && len <= room - CEPHX_BLOCK &&
	       crypt_all(key, true, plain, len, cipher, cipher_len);
}

/**
 * cephx_decrypt() - decrypt
 * @key: key
 * @cipher: bytes
 * @len: how many
 * @plain: gets them
 * @room: bytes of it; as much as @len is needed
 * @plain_len: set to how many
 *
 * Return: false if they are not whole blocks, there is no room, or the padding is wrong.
 */
bool cephx_decrypt(const struct cephx_key *key, const void *cipher, u32 len, u8 *plain,
		   u32 room, u32 *plain_len)
{
	*plain_len = 0;
	return len && len % CEPHX_BLOCK == 0 && len <= room &&
	       crypt_all(key, false, cipher, len, plain, plain_len);
}

/**
 * cephx_put_sealed() - write what only who has the key can read
 * @out: where; behind its length
 * @key: key
 * @plain: bytes
 * @len: how many, at most 55
 */
void cephx_put_sealed(struct cephx_out *out, const struct cephx_key *key, const void *plain,
		      u32 len)
{
	u8 bytes[SEAL_MAX], cipher[SEAL_MAX + CEPHX_BLOCK];
	struct cephx_out whole;
	u32 n;

	cephx_out_init(&whole, bytes, sizeof(bytes));
	cephx_put8(&whole, 1);
	cephx_put64(&whole, MAGIC);
	cephx_put_bytes(&whole, plain, len);
	if (!whole.full && cephx_encrypt(key, bytes, whole.len, cipher, sizeof(cipher), &n)) {
		cephx_put32(out, n);
		cephx_put_bytes(out, cipher, n);
	} else {
		out->full = true;
	}
	cxio_wipe(bytes, sizeof(bytes));
}

/**
 * cephx_open_sealed() - read that
 * @in: the encrypted bytes, all of them
 * @key: key
 * @plain: gets what was in them
 * @room: bytes of it
 * @what: what is said if it was not encrypted under this key
 *
 * Return: a reader of what was in them; it is bad, and @in too, if it cannot be read.
 */
struct cephx_in cephx_open_sealed(struct cephx_in *in, const struct cephx_key *key, u8 *plain,
				  u32 room, const char *what)
{
	struct cephx_in opened;
	u32 len = 0;

	if (!in->bad && !cephx_decrypt(key, in->at, in->left, plain, room, &len))
		cephx_bad(in, what);
	cephx_in_init(&opened, plain, len);
	/* Perhaps there was something wrong before: that is what is told. */
	if (in->bad)
		cephx_bad(&opened, in->bad);
	cephx_get8(&opened, what);
	if (cephx_get64(&opened, what) != MAGIC)
		cephx_bad(&opened, what);
	if (opened.bad)
		cephx_bad(in, opened.bad);
	return opened;
}

/**
 * cephx_sign() - a message's signature
 * @key: of the ticket
 * @features: of the connection
 * @h: the message's header
 * @f: its footer, but for the signature
 * @sig: set
 *
 * Return: false if OpenSSL fails.
 */
bool cephx_sign(const struct cephx_key *key, u64 features, const struct cxio_msg_header *h,
		const struct cxio_msg_footer *f, u64 *sig)
{
	u8 block[CXIO_CEPHX_BLOCK_MAX], cipher[CXIO_CEPHX_CIPHER_MAX];
	u8 header[CXIO_MSG_HEADER], footer[CXIO_MSG_FOOTER];
	u32 len;

	cxio_msg_header_encode(h, header);
	cxio_msg_footer_encode(f, footer);
	len = cxio_cephx_block(features, header, footer, block);
	if (!cephx_encrypt(key, block, len, cipher, sizeof(cipher), &len))
		return false;
	*sig = cxio_cephx_signature(features, cipher);
	return true;
}
