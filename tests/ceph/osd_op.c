// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fronts of MOSDOp and MOSDOpReply. Structures of Ceph's that have a version begin with
 * it, the oldest version that can read them, and their length.
 */
#include "osd_op.h"
#include "simple/cephx.h"

#define TRACE		24u
#define OP_WIRE		38u

static void put_zeros(struct cephx_out *out, u32 count)
{
	while (count--)
		cephx_put8(out, 0);
}

static void put_versioned(struct cephx_out *out, u8 version, u8 compat, u32 len)
{
	cephx_put8(out, version);
	cephx_put8(out, compat);
	cephx_put32(out, len);
}

/* The only placement group of the pool; and no shard of it. */
static void put_group(struct cephx_out *out, u64 pool)
{
	put_versioned(out, 1, 1, 18);
	cephx_put8(out, 1);
	cephx_put64(out, pool);
	cephx_put32(out, 0);
	cephx_put32(out, ~0u);
	cephx_put8(out, 0xff);
}

/* Who asks, which operation of his, and which life of his: the message says it. */
static void put_request_id(struct cephx_out *out)
{
	put_versioned(out, 2, 2, 21);
	put_zeros(out, 21);
}

static void put_locator(struct cephx_out *out, u64 pool)
{
	put_versioned(out, 6, 3, 28);
	cephx_put64(out, pool);
	cephx_put32(out, ~0u);
	put_zeros(out, 4 + 4);
	cephx_put64(out, ~0ull);
}

static void put_op(struct cephx_out *out, const struct osd_op *o)
{
	cephx_put16(out, o->op);
	cephx_put32(out, 0);
	cephx_put64(out, 0);
	cephx_put64(out, o->length);
	put_zeros(out, 8 + 4);
	cephx_put32(out, o->op == OSD_OP_WRITE_FULL ? (u32)o->length : 0);
}

/**
 * osd_op_put() - the front of an MOSDOp
 * @o: the operation
 * @buf: gets it
 * @room: bytes of it; OSD_OP_FRONT_MAX are enough
 *
 * Return: bytes of it; 0 if there is no room.
 */
u32 osd_op_put(const struct osd_op *o, void *buf, u32 room)
{
	struct cephx_out out;
	u32 len = (u32)strlen(o->name);

	cephx_out_init(&out, buf, room);
	put_group(&out, o->pool);
	cephx_put32(&out, o->hash);
	cephx_put32(&out, o->epoch);
	cephx_put32(&out, o->flags);
	put_request_id(&out);
	put_zeros(&out, TRACE + 4);
	cephx_put32(&out, o->sec);
	cephx_put32(&out, o->nsec);
	put_locator(&out, o->pool);
	cephx_put32(&out, len);
	cephx_put_bytes(&out, o->name, len);
	cephx_put16(&out, 1);
	put_op(&out, o);
	/* No snapshot, none to keep, and not tried before. */
	cephx_put64(&out, (u64)-2);
	put_zeros(&out, 8 + 4 + 4);
	cephx_put64(&out, o->features);
	return out.full ? 0 : out.len;
}

/**
 * osd_reply_get() - the front of an MOSDOpReply to one operation
 * @front: it
 * @len: bytes of it
 * @r: filled
 *
 * Return: NULL, or what is wrong.
 */
const char *osd_reply_get(const void *front, u32 len, struct osd_reply *r)
{
	struct cephx_in in;

	cephx_in_init(&in, front, len);
	cephx_get_span(&in, "reply: name cut short");
	cephx_get_bytes(&in, 17, "reply: placement group cut short");
	cephx_get64(&in, "reply: flags cut short");
	r->result = (int)cephx_get32(&in, "reply: result cut short");
	cephx_get_bytes(&in, 12, "reply: version cut short");
	r->epoch = cephx_get32(&in, "reply: epoch cut short");
	if (cephx_get32(&in, "reply: count of operations cut short") != 1)
		cephx_bad(&in, "reply: not of one operation");
	cephx_get_bytes(&in, OP_WIRE - 4, "reply: operation cut short");
	r->length = cephx_get32(&in, "reply: length of data cut short");
	cephx_get32(&in, "reply: attempt cut short");
	r->op_result = (int)cephx_get32(&in, "reply: result of the operation cut short");
	return in.bad;
}
