// SPDX-License-Identifier: GPL-2.0-only
/*
 * libceph receives and sends: bytes are copied out of slots and into slots.
 */
#include <linux/socket.h>
#include <linux/uio.h>

#include "stream.h"

/* What libceph is told when no byte passes: an error once, then the end. */
static int why_not(struct cxio_rs *s, int ended)
{
	int err = -EAGAIN;

	spin_lock_bh(&s->shown.lock);
	if (s->failed) {
		err = s->error ?: ended;
		s->error = 0;
	}
	spin_unlock_bh(&s->shown.lock);
	return err;
}

/* --- receiving --- */

/* Return: bytes that are in one slot, or 0. What the work has freed is gone. */
static u32 next_run(struct cxio_rs *s, u32 *slot, u32 *off)
{
	u32 len = 0;

	spin_lock_bh(&s->shown.lock);
	if (s->connected)
		len = cxio_recv_slots_run(&s->rx, slot, off);
	spin_unlock_bh(&s->shown.lock);
	return len;
}

/* The slot is posted again when all of it is consumed: nothing else holds the peer back. */
static void consumed(struct cxio_rs *s, u32 slot, u32 len)
{
	spin_lock_bh(&s->shown.lock);
	if (cxio_recv_slots_took(&s->rx, len) && s->posting &&
	    cxio_rs_slot_post_recv(s, &s->recv[slot]))
		cxio_rs_fault_locked(s, CXIO_FAULT_TRANSPORT);
	spin_unlock_bh(&s->shown.lock);
}

/**
 * cxio_rs_recvmsg() - receive bytes
 * @s: the stream
 * @msg: where to; with MSG_TRUNC nowhere
 *
 * Context: may sleep, does not wait; con->mutex is held. Return: how many bytes, 0 at the
 * end of the stream, -EAGAIN if there are none yet; or, once, why it failed.
 */
int cxio_rs_recvmsg(struct cxio_rs *s, struct msghdr *msg)
{
	struct iov_iter *to = msg->msg_flags & MSG_TRUNC ? NULL : &msg->msg_iter;
	size_t want = iov_iter_count(&msg->msg_iter), total = 0, n;
	u32 slot, off, run;

	mutex_lock(&s->io);
	while (total < want) {
		run = next_run(s, &slot, &off);
		if (!run)
			break;
		run = min_t(size_t, run, want - total);
		n = cxio_rs_slot_read(&s->recv[slot], off, run, to);
		consumed(s, slot, n);
		total += n;
		if (n < run)
			break;
	}
	mutex_unlock(&s->io);
	return total ?: why_not(s, 0);
}

/* --- sending --- */

/* Return: bytes that there is room for in one slot, or 0. */
static u32 next_room(struct cxio_rs *s, u32 *slot, u32 *off)
{
	u32 room = 0;

	spin_lock_bh(&s->shown.lock);
	if (s->connected && s->posting) {
		room = cxio_send_slots_room(&s->tx, slot, off);
		if (!room)
			s->shown.counts.send_stalls++;
	}
	spin_unlock_bh(&s->shown.lock);
	return room;
}

static void send_if_due(struct cxio_rs *s, u32 put, bool more)
{
	spin_lock_bh(&s->shown.lock);
	if (s->posting) {
		cxio_send_slots_put(&s->tx, put);
		if (cxio_send_slots_due(&s->tx, more))
			cxio_rs_slot_post_send(s);
	}
	spin_unlock_bh(&s->shown.lock);
}

/**
 * cxio_rs_sendmsg() - send bytes
 * @s: the stream
 * @from: the bytes; their memory is the caller's again when this returns
 * @more: more comes at once
 *
 * Context: may sleep, does not wait; con->mutex is held. Return: how many bytes were taken,
 * -EAGAIN if there is no room now; or, once, why it failed, then -EPIPE.
 */
int cxio_rs_sendmsg(struct cxio_rs *s, struct iov_iter *from, bool more)
{
	u32 slot, off, room;
	size_t total = 0, n;

	mutex_lock(&s->io);
	while (iov_iter_count(from)) {
		room = next_room(s, &slot, &off);
		if (!room)
			break;
		room = min_t(size_t, room, iov_iter_count(from));
		n = cxio_rs_slot_write(&s->send[slot], off, room, from);
		send_if_due(s, n, more || (n == room && iov_iter_count(from)));
		total += n;
		if (n < room)
			break;
	}
	mutex_unlock(&s->io);
	/* msgr1 says so of acks and keepalives behind which nothing may follow for long. */
	if (more && total)
		cxio_rs_kick_in(s, CXIO_RS_HELD);
	return total ?: why_not(s, -EPIPE);
}

/**
 * cxio_rs_flush() - send what was held back for more, which did not follow
 * @s: the stream
 *
 * Context: the work.
 */
void cxio_rs_flush(struct cxio_rs *s)
{
	mutex_lock(&s->io);
	spin_lock_bh(&s->shown.lock);
	if (s->posting && s->connected && cxio_send_slots_due(&s->tx, false))
		cxio_rs_slot_post_send(s);
	spin_unlock_bh(&s->shown.lock);
	mutex_unlock(&s->io);
}

/**
 * cxio_rs_cork() - hold back what does not fill a slot, or send it now
 * @s: the stream
 * @on: hold it back
 *
 * Context: may sleep, does not wait; con->mutex is held.
 */
void cxio_rs_cork(struct cxio_rs *s, bool on)
{
	spin_lock_bh(&s->shown.lock);
	s->tx.corked = on;
	if (s->posting && s->connected && cxio_send_slots_due(&s->tx, false))
		cxio_rs_slot_post_send(s);
	spin_unlock_bh(&s->shown.lock);
}
