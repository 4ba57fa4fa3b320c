// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reading the front of an MMonMap: a length, and in so many bytes the map. That begins, as
 * all structures of Ceph's that have a version, with it, the oldest version that can read
 * it, and a length.
 */
#include <stdbool.h>
#include <stdio.h>

#include "mon_map.h"

/* The fsid has been first since 3; the epoch is next to it up to the last that is known. */
#define VERSION_MIN	3u
#define COMPAT_MAX	9u
#define FSID		16u

/**
 * struct rest - what is not read yet
 * @at: next byte
 * @left: how many
 */
struct rest {
	const unsigned char *at;
	size_t left;
};

/* Return: the next @len bytes, or NULL if there are fewer. */
static const unsigned char *take(struct rest *r, size_t len)
{
	const unsigned char *p = r->at;

	if (len > r->left)
		return NULL;
	r->at += len;
	r->left -= len;
	return p;
}

static bool take32(struct rest *r, uint32_t *value)
{
	const unsigned char *p = take(r, 4);

	if (!p)
		return false;
	*value = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	return true;
}

/* A length, and nothing but so many bytes is left. */
static bool enter(struct rest *r)
{
	uint32_t len;

	if (!take32(r, &len) || len > r->left)
		return false;
	r->left = len;
	return true;
}

static void put_fsid(const unsigned char *id, char *text)
{
	unsigned int i;

	for (i = 0; i < FSID; i++)
		text += sprintf(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
				id[i]);
}

/**
 * mon_map_get() - read a map
 * @front: of an MMonMap
 * @len: bytes of it
 * @map: filled, if nothing is wrong
 *
 * Return: NULL, or what is wrong: a constant string.
 */
const char *mon_map_get(const void *front, size_t len, struct mon_map *map)
{
	struct rest r = { front, len };
	const unsigned char *version, *id;
	uint32_t epoch;

	if (!enter(&r))
		return "monitor map: length differs";
	version = take(&r, 2);
	if (!version)
		return "monitor map: version cut short";
	if (version[0] < VERSION_MIN || version[1] > COMPAT_MAX)
		return "monitor map: version differs";
	if (!enter(&r))
		return "monitor map: length after the version differs";
	id = take(&r, FSID);
	if (!id)
		return "monitor map: fsid cut short";
	if (!take32(&r, &epoch))
		return "monitor map: epoch cut short";
	put_fsid(id, map->fsid);
	map->epoch = epoch;
	return NULL;
}
