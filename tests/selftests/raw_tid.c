// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Messages with the number that another one under way has, toward an owner who has one and
 * the same memory for them: tests/kmod/tid_test.c. While the first comes in, the memory is
 * its, and the second ends its connection.
 *
 * That it still comes in is certain because it is read in many pieces, one after the other,
 * and what follows was sent with it at once.
 */
#include "raw_cases.h"

#define PIECES	CXIO_DESCS_MAX

/* No two cases have a number in common: what is left of one is not the next one's. */
enum { TID_READING = 500, TID_BOTH_READING, TID_FIRST, TID_WAITING, TID_AGAIN, TID_OTHERS };

static void set_tid(struct frame *f, u64 tid)
{
	struct cxio_wire_msg_header *m = (void *)(f->buf + CXIO_FRAME_HEADER);

	m->tid = cpu_to_le64(tid);
	frame_fix(f, true, false);
}

static bool begin(struct peer *p, const struct target *t)
{
	p->offer.read_depth = 1;
	return peer_open(p, case_where(t)) &&
	       (raw_show(&p->raw, RAW_LONG, IBV_ACCESS_REMOTE_READ) ||
		peer_fail(p, "no memory to show"));
}

static void make_long(struct peer *p, struct frame *f, u64 seq, u64 tid)
{
	struct cxio_desc d[PIECES];
	u32 i;

	for (i = 0; i < PIECES; i++)
		d[i] = (struct cxio_desc){
			.addr = (uintptr_t)p->raw.memory + i * (RAW_LONG / PIECES),
			.rkey = p->raw.shown->rkey, .length = RAW_LONG / PIECES,
			.segment = CXIO_DATA,
		};
	frame_memory(p, f, seq, d, PIECES, 1u << CXIO_DATA);
	set_tid(f, tid);
}

static void make_short(struct peer *p, struct frame *f, u64 seq, u64 tid)
{
	frame_message(p, f, seq);
	set_tid(f, tid);
}

static bool send_short(struct peer *p, u64 seq, u64 tid)
{
	struct frame f;

	make_short(p, &f, seq, tid);
	return peer_send(p, &f);
}

/* It comes back, and is what was sent. */
static bool hear_short(struct peer *p, u64 seq, u64 tid)
{
	const u32 at = CXIO_FRAME_HEADER + CXIO_MSG_HEADER;
	struct frame f;

	frame_message(p, &f, seq);
	if (peer_hear(p, CXIO_FRAME_MESSAGE) != HEARD_FRAME)
		return peer_fail(p, "nothing comes back of message %llu", (unsigned long long)seq);
	if (p->got.tid != tid || p->frame.len != f.len ||
	    memcmp(p->frame.buf + at, f.buf + at, f.len - at))
		return peer_fail(p, "what comes back of message %llu differs",
				 (unsigned long long)seq);
	return true;
}

static bool hear_long(struct peer *p, u64 tid)
{
	if (peer_hear(p, CXIO_FRAME_MESSAGE) != HEARD_FRAME)
		return peer_fail(p, "a message that named memory is not answered");
	return p->got.tid == tid || peer_fail(p, "the answer has number %llu",
					      (unsigned long long)p->got.tid);
}

/* Nothing was dispatched: the first frame of theirs but DONE is the end. */
static bool second_refused(struct peer *p)
{
	enum heard heard;

	while ((heard = peer_hear(p, 0)) == HEARD_FRAME)
		if (p->header.type == CXIO_FRAME_MESSAGE)
			return peer_fail(p, "message %llu was dispatched",
					 (unsigned long long)p->got.tid);
	if (heard != HEARD_CLOSE)
		return peer_fail(p, "the second message does not end the connection");
	return peer_reason(p) == CXIO_FAULT_NO_MEMORY ? peer_end(p) :
	       peer_fail(p, "closed with: %s", cxio_fault_text(peer_reason(p)));
}

/**
 * tid_reading() - a second message with the number of one that is being read
 * @p: a new peer
 * @t: where
 *
 * Return: false if that does not end the connection.
 */
bool tid_reading(struct peer *p, const struct target *t)
{
	struct frame f[2];

	if (!begin(p, t))
		return false;
	make_long(p, &f[0], 1, TID_READING);
	make_short(p, &f[1], 2, TID_READING);
	return peer_send_all(p, f, 2) && second_refused(p);
}

/* Both are to be read. */
bool tid_both_reading(struct peer *p, const struct target *t)
{
	struct frame f[2];

	if (!begin(p, t))
		return false;
	make_long(p, &f[0], 1, TID_BOTH_READING);
	make_long(p, &f[1], 2, TID_BOTH_READING);
	return peer_send_all(p, f, 2) && second_refused(p);
}

/* One is whole, and waits for its turn, behind one that is being read. */
bool tid_waiting(struct peer *p, const struct target *t)
{
	struct frame f[3];

	if (!begin(p, t))
		return false;
	make_long(p, &f[0], 1, TID_FIRST);
	make_short(p, &f[1], 2, TID_WAITING);
	make_short(p, &f[2], 3, TID_WAITING);
	return peer_send_all(p, f, 3) && second_refused(p);
}

/* One was dispatched, long or short: the memory is whose comes next. */
bool tid_again(struct peer *p, const struct target *t)
{
	struct frame f;

	if (!begin(p, t) || !send_short(p, 1, TID_AGAIN) || !hear_short(p, 1, TID_AGAIN))
		return false;
	make_long(p, &f, 2, TID_AGAIN);
	return peer_send(p, &f) && hear_long(p, TID_AGAIN) && send_short(p, 3, TID_AGAIN) &&
	       hear_short(p, 3, TID_AGAIN) && peer_close(p);
}

/* --- of two connections --- */

/* The first frame of a short message is there. */
static bool begin_short(struct peer *p, const struct target *t, u64 tid)
{
	struct frame f;

	if (!begin(p, t))
		return false;
	frame_begin(p, &f, 1);
	set_tid(&f, tid);
	if (!peer_send(p, &f))
		return false;
	frame_control(p, &f, CXIO_FRAME_KEEPALIVE);
	return peer_send(p, &f) && (peer_hear(p, CXIO_FRAME_KEEPALIVE_ACK) == HEARD_FRAME ||
				    peer_fail(p, "a keepalive is not answered"));
}

/* What frame_begin() left: ten bytes and the footer. */
static bool send_rest(struct peer *p)
{
	const u32 left = 10 + CXIO_MSG_FOOTER;
	struct frame f, whole;

	frame_message(p, &whole, 1);
	frame_more(p, &f);
	memcpy(f.buf + CXIO_FRAME_HEADER, whole.buf + whole.len - left, left);
	f.len = CXIO_FRAME_HEADER + left;
	f.buf[offsetof(struct cxio_wire_frame, flags)] = CXIO_FRAME_LAST;
	frame_fix(&f, false, true);
	return peer_send(p, &f);
}

/* What another connection has begun is not disturbed, and comes to its end. */
bool tid_others(struct peer *p, const struct target *t)
{
	struct peer q;
	bool ok;

	peer_init(&q, t->limit_ms);
	q.offer.supported = p->offer.supported;
	ok = begin_short(p, t, TID_OTHERS);
	if (ok && !(begin(&q, t) && send_short(&q, 1, TID_OTHERS) && second_refused(&q)))
		ok = peer_fail(p, "the other connection: %s", q.error);
	peer_drop(&q);
	return ok && send_rest(p) && hear_short(p, 1, TID_OTHERS) && peer_close(p);
}
