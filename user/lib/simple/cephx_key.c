// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Names of entities, keys as they are written down, and keyrings.
 */
#include <string.h>

#include "../crypto.h"
#include "cephx.h"

#define KEY_AES		1u
/* Type, time it was made, length, and the key: in base64, 40 characters. */
#define KEY_WIRE	(2u + 8u + 2u + CEPHX_KEY_BYTES)
#define KEY_TEXT	((KEY_WIRE + 2u) / 3u * 4u)

/**
 * cephx_get_key() - a key, as it stands in tickets and, in base64, in keyrings
 * @in: the reader
 * @key: set
 *
 * Return: NULL, or what is wrong.
 */
const char *cephx_get_key(struct cephx_in *in, struct cephx_key *key)
{
	const u8 *bytes;

	if (cephx_get16(in, "cephx key: type cut short") != KEY_AES)
		cephx_bad(in, "cephx key: type is not AES");
	cephx_get64(in, "cephx key: time cut short");
	if (cephx_get16(in, "cephx key: length cut short") != CEPHX_KEY_BYTES)
		cephx_bad(in, "cephx key: length is not 16");
	bytes = cephx_get_bytes(in, CEPHX_KEY_BYTES, "cephx key: cut short");
	if (bytes)
		memcpy(key->bytes, bytes, CEPHX_KEY_BYTES);
	return in->bad;
}

static int digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/**
 * cephx_key_from_text() - a key that is written down
 * @text: base64, and perhaps the end of its line
 * @len: characters
 * @key: set
 *
 * Return: NULL, or what is wrong.
 */
const char *cephx_key_from_text(const char *text, size_t len, struct cephx_key *key)
{
	static const char wrong[] = "cephx key: not the base64 of a key";
	u8 bytes[KEY_TEXT / 4 * 3];
	const char *bad = NULL;
	struct cephx_in in;
	u32 i, bits = 0, n = 0;

	while (len > KEY_TEXT && strchr(" \t\r\n", text[len - 1]))
		len--;
	if (len != KEY_TEXT)
		return wrong;
	/* 28 bytes: the last group of four has two of padding. */
	for (i = 0; i < KEY_TEXT - 2 && !bad; i++) {
		int value = digit(text[i]);

		if (value < 0)
			bad = wrong;
		bits = bits << 6 | ((u32)value & 63);
		if (i % 4)
			bytes[n++] = (u8)(bits >> (6 - 2 * (i % 4)));
	}
	if (!bad && memcmp(text + KEY_TEXT - 2, "==", 2) != 0)
		bad = wrong;
	if (!bad) {
		cephx_in_init(&in, bytes, KEY_WIRE);
		bad = cephx_get_key(&in, key);
	}
	cxio_wipe(bytes, sizeof(bytes));
	return bad;
}

/**
 * cephx_client_name() - who we are
 * @c: filled in: type and name
 * @entity: as Ceph writes it: "client.admin"
 *
 * Return: NULL, or what is wrong.
 */
const char *cephx_client_name(struct cephx_client *c, const char *entity)
{
	static const struct {
		const char *prefix;
		u32 type;
	} types[] = {
		{ "mon.", 1 }, { "mds.", 2 }, { "osd.", 4 }, { "client.", 8 }, { "mgr.", 16 },
	};
	size_t i, len, prefix;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		prefix = strlen(types[i].prefix);
		if (strncmp(entity, types[i].prefix, prefix) != 0)
			continue;
		len = strlen(entity + prefix);
		if (!len || len > CEPHX_NAME_MAX)
			return "cephx name: none, or longer than 64 bytes";
		c->type = types[i].type;
		c->name_len = (u32)len;
		memcpy(c->name, entity + prefix, len);
		return NULL;
	}
	return "cephx name: not one like client.admin";
}

/* The line at @at without spaces around it. Return: where the next begins. */
static const char *next_line(const char *at, const char *end, const char **line, size_t *len)
{
	const char *stop = memchr(at, '\n', (size_t)(end - at));
	const char *next = stop ? stop + 1 : end;

	if (!stop)
		stop = end;
	while (at < stop && strchr(" \t\r", *at) && *at)
		at++;
	while (stop > at && strchr(" \t\r", stop[-1]) && stop[-1])
		stop--;
	*line = at;
	*len = (size_t)(stop - at);
	return next;
}

static bool is_section(const char *line, size_t len, const char *entity)
{
	size_t n = strlen(entity);

	return len == n + 2 && line[len - 1] == ']' && memcmp(line + 1, entity, n) == 0;
}

/* "key = VALUE". Return: where the value is, or NULL. */
static const char *value_of_key(const char *line, size_t len, size_t *value_len)
{
	const char *at = line + 3, *end = line + len;

	if (len < 3 || memcmp(line, "key", 3) != 0)
		return NULL;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (at == end || *at++ != '=')
		return NULL;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	*value_len = (size_t)(end - at);
	return at;
}

/**
 * cephx_keyring_find() - a key in a keyring
 * @text: the file
 * @len: bytes of it
 * @entity: whose: "client.admin"
 * @key: set
 *
 * Return: NULL, or what is wrong.
 */
const char *cephx_keyring_find(const char *text, size_t len, const char *entity,
			       struct cephx_key *key)
{
	const char *at = text, *end = text + len, *line, *value;
	size_t line_len, value_len;
	bool inside = false;

	while (at < end) {
		at = next_line(at, end, &line, &line_len);
		if (line_len && *line == '[') {
			inside = is_section(line, line_len, entity);
			continue;
		}
		value = inside ? value_of_key(line, line_len, &value_len) : NULL;
		if (value)
			return cephx_key_from_text(value, value_len, key);
	}
	return "cephx keyring: has no key for this name";
}
