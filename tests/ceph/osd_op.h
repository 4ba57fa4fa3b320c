/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An object of a pool with one placement group, written and read: the fronts of MOSDOp and
 * MOSDOpReply, version 8, as Ceph 16 has them. Where the object is, the caller knows.
 */
#ifndef OSD_OP_H
#define OSD_OP_H

#include "deps.h"

#define OSD_OP_TYPE		42u
#define OSD_OP_REPLY_TYPE	43u
#define OSD_OP_VERSION		8u
#define OSD_OP_COMPAT		3u
#define OSD_OP_NAME_MAX		256u
#define OSD_OP_FRONT_MAX	(209u + OSD_OP_NAME_MAX)

/* Ceph's numbers of what is done: read, or replace by the message's data. */
#define OSD_OP_READ		0x1201u
#define OSD_OP_WRITE_FULL	0x2202u

/* What is done, and when it is answered: on disk; the last: pools may be redirected. */
#define OSD_OP_FLAGS_READ	0x400014u
#define OSD_OP_FLAGS_WRITE	0x400024u

/**
 * struct osd_op - one operation on one object
 * @op: OSD_OP_READ or OSD_OP_WRITE_FULL
 * @flags: OSD_OP_FLAGS_READ or OSD_OP_FLAGS_WRITE
 * @pool: number of the pool
 * @hash: of the object's name
 * @epoch: of the OSD map in which we looked
 * @sec: time of a change
 * @nsec: likewise
 * @features: of the client
 * @length: bytes, from the object's first
 * @name: of the object, at most OSD_OP_NAME_MAX bytes
 */
struct osd_op {
	u16 op;
	u32 flags;
	u64 pool;
	u32 hash;
	u32 epoch;
	u32 sec;
	u32 nsec;
	u64 features;
	u64 length;
	const char *name;
};

/**
 * struct osd_reply - what an OSD says
 * @result: 0, bytes, or a negative errno
 * @op_result: of the operation, likewise
 * @length: bytes of the message's data that are the operation's
 * @epoch: of the OSD's map
 */
struct osd_reply {
	int result;
	int op_result;
	u32 length;
	u32 epoch;
};

u32 osd_op_put(const struct osd_op *o, void *buf, u32 room);
const char *osd_reply_get(const void *front, u32 len, struct osd_reply *r);

#endif /* OSD_OP_H */
