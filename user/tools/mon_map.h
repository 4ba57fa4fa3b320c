/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a Ceph monitor says of its cluster: the beginning of its map. */
#ifndef CXIO_MON_MAP_H
#define CXIO_MON_MAP_H

#include <stddef.h>
#include <stdint.h>

/* Ceph's types of messages. */
#define MON_MSG_PING	2u
#define MON_MSG_MAP	4u
#define MON_MSG_GET_MAP	5u

/* librados' of 16.2.15: a monitor encodes for who has them as of that time. */
#define MON_FEATURES	0x3f01cfbdfffdffffull

/**
 * struct mon_map - a map
 * @fsid: the cluster's, as text
 * @epoch: which of its maps
 */
struct mon_map {
	char fsid[37];
	uint32_t epoch;
};

const char *mon_map_get(const void *front, size_t len, struct mon_map *map);

#endif /* CXIO_MON_MAP_H */
