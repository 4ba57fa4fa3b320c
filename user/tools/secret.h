/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The secret that both sides of a connection must know, or Ceph's key, from a file. */
#ifndef CXIO_SECRET_H
#define CXIO_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "cephxio.h"

#define TOOL_SECRET_MIN 16u
#define TOOL_SECRET_MAX 4096u
#define TOOL_KEYRING_MAX 65536u

/**
 * struct tool_secret - a secret, and how it is to be used
 * @file: --secret, or NULL
 * @name: --secret-name
 * @signing: --signing
 * @len: bytes of it, once it was read
 * @bytes: the secret
 * @keyring: --keyring, or NULL
 * @key: its text, once it was read; or NULL
 */
struct tool_secret {
	const char *file;
	const char *name;
	enum cxio_signing signing;
	size_t len;
	unsigned char bytes[TOOL_SECRET_MAX];
	const char *keyring;
	char *key;
};

#define TOOL_SECRET_USAGE \
	"      --secret FILE      what both sides must know: the file's bytes, 16 to 4096\n" \
	"      --secret-name NAME of the secret (default cxio)\n" \
	"      --signing auto|on|off\n" \
	"                         sign messages: if both sides can, or not without it, or\n" \
	"                         never (default auto)\n"

bool tool_secret_read(struct tool_secret *s);
bool tool_keyring_read(struct tool_secret *s);
bool tool_secret_signing(const char *value, enum cxio_signing *signing);
void tool_secret_wipe(struct tool_secret *s);

#endif /* CXIO_SECRET_H */
