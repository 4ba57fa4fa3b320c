// SPDX-License-Identifier: GPL-2.0-only
/*
 * Secrets that peers must know: from whom they come, how long they live.
 */
#include <crypto/hash.h>
#include <keys/user-type.h>
#include <linux/export.h>
#include <linux/key.h>
#include <linux/slab.h>

#include "ceph_xio.h"
#include "inject.h"

/**
 * cxio_mac_key() - have the crypto API compute MACs under a key
 * @key: the key, which is copied
 * @len: bytes of it, at least 1
 *
 * Context: may sleep. Return: what computes them, to be freed by crypto_free_shash(); or
 * NULL.
 */
struct crypto_shash *cxio_mac_key(const void *key, unsigned int len)
{
	struct crypto_shash *tfm;

	if (cxio_inject_alloc())
		return NULL;
	tfm = crypto_alloc_shash("hmac(sha256)", 0, 0);
	if (IS_ERR(tfm))
		return NULL;
	if (!crypto_shash_setkey(tfm, key, len))
		return tfm;
	crypto_free_shash(tfm);
	return NULL;
}

/**
 * struct cxio_secret - a secret
 * @ref: references: its owner's, and of listeners, connections and carriers
 * @credential: what it is called, and whether messages are signed
 * @mac: computes MACs under it
 */
struct cxio_secret {
	struct kref ref;
	struct cxio_credential credential;
	struct crypto_shash *mac;
};

/**
 * cxio_secret_new() - a secret that peers must know
 * @name: what both sides call it, 1 to 64 printable characters without spaces
 * @bytes: the secret, which is copied
 * @len: bytes of it, at least CXIO_SECRET_MIN
 * @signing: are messages signed?
 *
 * Context: may sleep; may load a module of the crypto API, so not in write-back.
 * Return: a reference, or an error pointer: -EINVAL for the name or the length, -ENOMEM.
 */
struct cxio_secret *cxio_secret_new(const char *name, const void *bytes, size_t len,
				    enum cxio_signing signing)
{
	struct cxio_credential credential;
	struct cxio_secret *s;

	if (!cxio_credential_init(&credential, name, strlen(name), len, signing))
		return ERR_PTR(-EINVAL);
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return ERR_PTR(-ENOMEM);
	kref_init(&s->ref);
	s->credential = credential;
	s->mac = cxio_mac_key(bytes, len);
	if (s->mac)
		return s;
	kfree(s);
	return ERR_PTR(-ENOMEM);
}
EXPORT_SYMBOL_NS_GPL(cxio_secret_new, CEPH_XIO);

static struct cxio_secret *from_key(struct key *key, const char *name, enum cxio_signing signing)
{
	struct cxio_secret *s = ERR_PTR(-EKEYREVOKED);
	const struct user_key_payload *payload;

	down_read(&key->sem);
	payload = user_key_payload_locked(key);
	if (payload)
		s = cxio_secret_new(name, payload->data, payload->datalen, signing);
	up_read(&key->sem);
	return s;
}

/**
 * cxio_secret_of_keyring() - a secret from the caller's keyrings
 * @name: what both sides call it; the key is called "ceph_xio:" and this, and is of type
 *	"logon", which no program can read back, or else of type "user"
 * @signing: are messages signed?
 *
 * Context: a process's; may sleep. Return: a reference, or an error pointer: -ENOKEY,
 * -EKEYREVOKED, -EKEYEXPIRED, -EINVAL for the name or the length, -ENOMEM.
 */
struct cxio_secret *cxio_secret_of_keyring(const char *name, enum cxio_signing signing)
{
	char description[sizeof("ceph_xio:") + CXIO_AUTH_NAME_MAX];
	struct cxio_secret *s;
	struct key *key;

	if (snprintf(description, sizeof(description), "ceph_xio:%s", name) >=
	    sizeof(description))
		return ERR_PTR(-EINVAL);
	key = request_key(&key_type_logon, description, NULL);
	if (PTR_ERR_OR_ZERO(key) == -ENOKEY)
		key = request_key(&key_type_user, description, NULL);
	if (IS_ERR(key))
		return ERR_CAST(key);
	s = from_key(key, name, signing);
	key_put(key);
	return s;
}

/**
 * cxio_secret_get() - take a reference
 * @s: the secret, or NULL
 *
 * Context: any. Return: @s.
 */
struct cxio_secret *cxio_secret_get(struct cxio_secret *s)
{
	if (s)
		kref_get(&s->ref);
	return s;
}

static void release_secret(struct kref *ref)
{
	struct cxio_secret *s = container_of(ref, struct cxio_secret, ref);

	crypto_free_shash(s->mac);
	kfree(s);
}

/**
 * cxio_secret_put() - drop a reference
 * @s: the secret, or NULL
 *
 * Context: any.
 */
void cxio_secret_put(struct cxio_secret *s)
{
	if (s)
		kref_put(&s->ref, release_secret);
}
EXPORT_SYMBOL_NS_GPL(cxio_secret_put, CEPH_XIO);

/**
 * cxio_secret_same() - do two mean the same?
 * @a: a secret, or NULL
 * @b: a secret, or NULL
 *
 * One that was made anew of the same key goes on where the former was.
 *
 * Context: any. Return: true if both are none, or have one name.
 */
bool cxio_secret_same(const struct cxio_secret *a, const struct cxio_secret *b)
{
	if (!a || !b)
		return a == b;
	return cxio_credential_named(&a->credential, b->credential.name, b->credential.name_len);
}

/**
 * cxio_secret_mac() - HMAC-SHA256 under a secret
 * @s: the secret
 * @bytes: what it is computed over
 * @len: how many
 * @mac: CXIO_AUTH_PROOF_BYTES
 *
 * Context: any. Return: false if the crypto API fails.
 */
bool cxio_secret_mac(const struct cxio_secret *s, const void *bytes, unsigned int len, u8 *mac)
{
	return !crypto_shash_tfm_digest(s->mac, bytes, len, mac);
}

/**
 * cxio_secret_credential() - what it says
 * @s: the secret, or NULL
 *
 * Context: any. Return: its credential, which lives as long, or NULL.
 */
const struct cxio_credential *cxio_secret_credential(const struct cxio_secret *s)
{
	return s ? &s->credential : NULL;
}
