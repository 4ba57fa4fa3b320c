// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Slots of Ceph's byte stream over RDMA: what is where, what is to be done next.
 */
#include "slots.h"

/**
 * cxio_slots_broken() - what a work request that has ended tells of its stream
 * @sent: it was a SEND; else a receive for one of the peer's, which has no other error
 *	than its length
 * @work: how it ended: any number, see enum cxio_slots_work
 *
 * Whatever is wrong with a receive some devices call an operation that fails, and tell the
 * sender that the other end cannot do it. Of a SEND it says that the device could not make
 * its packets: soft-RoCE without memory.
 *
 * Return: a fault; CXIO_FAULT_NONE if it tells nothing by itself: it was done, or was
 * flushed, and another one says why.
 */
enum cxio_fault cxio_slots_broken(bool sent, u32 work)
{
	switch (work) {
	case CXIO_SLOTS_DONE:
	case CXIO_SLOTS_FLUSHED:
		return CXIO_FAULT_NONE;
	case CXIO_SLOTS_LOC_QP_OP:
		return sent ? CXIO_FAULT_TRANSPORT : CXIO_FAULT_SLOT_LENGTH;
	case CXIO_SLOTS_LOC_LEN:
	case CXIO_SLOTS_REM_INV_REQ:
	case CXIO_SLOTS_REM_OP:
		return CXIO_FAULT_SLOT_LENGTH;
	case CXIO_SLOTS_RETRY_EXC:
		return CXIO_FAULT_TIMEOUT;
	case CXIO_SLOTS_RNR_RETRY_EXC:
		return CXIO_FAULT_SLOT_NONE_LEFT;
	default:
		return CXIO_FAULT_TRANSPORT;
	}
}

/**
 * cxio_slot_size_good() - can slots be of this size?
 * @size: bytes, of both sides' slots
 *
 * Context: any. Return: true if so.
 */
bool cxio_slot_size_good(u32 size)
{
	return size >= CXIO_SLOT_SIZE_MIN && size <= CXIO_SLOT_SIZE_MAX;
}

/**
 * cxio_send_slots_for() - how many slots to send from
 * @bytes: what they hold together, about
 * @size: of each, at least 1
 *
 * Context: any. Return: CXIO_SEND_SLOTS_MIN to CXIO_SLOTS_MAX.
 */
u32 cxio_send_slots_for(u32 bytes, u32 size)
{
	u32 count = bytes / size;

	if (count < CXIO_SEND_SLOTS_MIN)
		return CXIO_SEND_SLOTS_MIN;
	return count > CXIO_SLOTS_MAX ? CXIO_SLOTS_MAX : count;
}

/* --- sending --- */

/**
 * cxio_send_slots_init() - begin with all slots free
 * @s: the slots
 * @count: how many there are, at least 1
 * @size: of each, bytes
 */
void cxio_send_slots_init(struct cxio_send_slots *s, u32 count, u32 size)
{
	memset(s, 0, sizeof(*s));
	s->count = count;
	s->size = size;
}

/**
 * cxio_send_slots_room() - where the next bytes go
 * @s: the slots
 * @slot: set to the open slot's number
 * @off: set to where in it
 *
 * If there is no room, all slots are on their way, and cxio_send_slots_wakes() will tell
 * when there is.
 *
 * Return: how many bytes there is room for in this slot, or 0.
 */
u32 cxio_send_slots_room(struct cxio_send_slots *s, u32 *slot, u32 *off)
{
	if (s->sent - s->done >= s->count) {
		s->blocked = true;
		return 0;
	}
	*slot = s->sent % s->count;
	*off = s->fill;
	return s->size - s->fill;
}

/**
 * cxio_send_slots_put() - bytes were put there
 * @s: the slots
 * @len: how many, at most what there was room for; if the slot is full now, it is due
 */
void cxio_send_slots_put(struct cxio_send_slots *s, u32 len)
{
	s->fill += len;
}

/**
 * cxio_send_slots_due() - is the open slot to be sent now?
 * @s: the slots
 * @more: the owner will put more at once
 *
 * Return: true if it is full, or has bytes that nothing holds back.
 */
bool cxio_send_slots_due(const struct cxio_send_slots *s, bool more)
{
	if (s->fill == s->size)
		return true;
	return s->fill && !more && !s->corked;
}

/**
 * cxio_send_slots_send() - the open slot is sent
 * @s: the slots, of which the open one has bytes; the next is open then
 * @slot: set to its number
 *
 * Return: how many bytes.
 */
u32 cxio_send_slots_send(struct cxio_send_slots *s, u32 *slot)
{
	u32 len = s->fill;

	*slot = s->sent % s->count;
	s->sent++;
	s->fill = 0;
	return len;
}

/**
 * cxio_send_slots_done() - SENDs have completed, in order
 * @s: the slots
 * @n: how many
 *
 * Return: false, and nothing changed, if there are not that many on their way.
 */
bool cxio_send_slots_done(struct cxio_send_slots *s, u32 n)
{
	if (n > s->sent - s->done)
		return false;
	s->done += n;
	return true;
}

/**
 * cxio_send_slots_wakes() - is the owner, who found no room, to be told of some?
 * @s: the slots
 *
 * A quarter of the slots is to be free, so that he is not woken for each. They will be:
 * all were on their way when he was blocked.
 *
 * Return: true once.
 */
bool cxio_send_slots_wakes(struct cxio_send_slots *s)
{
	u32 room = s->count - (s->sent - s->done);

	if (!s->blocked || room < (s->count + 3) / 4)
		return false;
	s->blocked = false;
	return true;
}

/**
 * cxio_send_slots_idle() - has all that was put been sent, and completed?
 * @s: the slots
 *
 * Return: true if so.
 */
bool cxio_send_slots_idle(const struct cxio_send_slots *s)
{
	return !s->fill && s->sent == s->done;
}

/* --- receiving --- */

/**
 * cxio_recv_slots_init() - begin with all slots posted, in the order of their numbers
 * @r: the slots
 * @len: @count numbers of the owner's, to be used here
 * @count: how many slots there are, at least 1
 * @size: of each, bytes
 */
void cxio_recv_slots_init(struct cxio_recv_slots *r, u32 *len, u32 count, u32 size)
{
	memset(r, 0, sizeof(*r));
	r->len = len;
	r->count = count;
	r->size = size;
}

/**
 * cxio_recv_slots_came() - a SEND has come in
 * @r: the slots
 * @slot: the number of its slot
 * @len: its bytes, as the device says; I1: compared with the slot's
 *
 * Return: CXIO_FAULT_NONE; or why the stream is to be given up, and nothing changed.
 */
enum cxio_fault cxio_recv_slots_came(struct cxio_recv_slots *r, u32 slot, u32 len)
{
	if (r->end)
		return CXIO_FAULT_SLOT_AFTER_END;
	if (r->came - r->consumed >= r->count || slot != r->came % r->count)
		return CXIO_FAULT_SLOT_ORDER;
	if (len > r->size)
		return CXIO_FAULT_SLOT_LENGTH;
	if (!len) {
		r->end = true;
		return CXIO_FAULT_NONE;
	}
	r->len[slot] = len;
	r->came++;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_recv_slots_run() - where the next bytes are
 * @r: the slots
 * @slot: set to the slot's number
 * @off: set to where in it
 *
 * Return: how many there are in this slot, or 0 if there are none now.
 */
u32 cxio_recv_slots_run(const struct cxio_recv_slots *r, u32 *slot, u32 *off)
{
	if (r->came == r->consumed)
		return 0;
	*slot = r->consumed % r->count;
	*off = r->pos;
	return r->len[*slot] - r->pos;
}

/**
 * cxio_recv_slots_took() - bytes of that run were consumed
 * @r: the slots
 * @len: how many, at most as many as there were
 *
 * Return: true if the slot is to be posted again now. Only then, so that the order of the
 * slots is that of the SENDs.
 */
bool cxio_recv_slots_took(struct cxio_recv_slots *r, u32 len)
{
	r->pos += len;
	if (r->came == r->consumed || r->pos < r->len[r->consumed % r->count])
		return false;
	r->pos = 0;
	r->consumed++;
	return true;
}

/**
 * cxio_recv_slots_ended() - is this the end of the stream?
 * @r: the slots
 *
 * Return: true if the peer has ended it and all bytes were consumed.
 */
bool cxio_recv_slots_ended(const struct cxio_recv_slots *r)
{
	return r->end && r->came == r->consumed;
}
