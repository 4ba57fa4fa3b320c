/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The slots of Ceph's byte stream over RDMA, without the memory: which bytes go where, and
 * when a slot is sent, or posted again.
 *
 * The stream is cut into SENDs anywhere. Each is of 1 byte at least and of one slot's size
 * at most; both sides' slots must be of one size, which the wire does not tell. A SEND of
 * no byte is the end of the stream. Slots are used in turn, in both directions, so that
 * the n-th SEND is in slot n modulo their number.
 *
 * Sending: what is written gathers in the open slot, which is sent when it is full, or
 * when no more comes at once. Receiving: a slot is posted again when its bytes are
 * consumed, so that a reader that is slow holds back the sender, by RNR: nothing else does.
 *
 * Serialisation: the owner's, for each direction by itself. Counts are cumulative and wrap.
 */
#ifndef CXIO_SLOTS_H
#define CXIO_SLOTS_H

#include "fault.h"

/* Ceph's ms_async_rdma_buffer_size, which must be equal everywhere. */
#define CXIO_SLOT_SIZE		131072u
#define CXIO_SLOT_SIZE_MIN	4096u
#define CXIO_SLOT_SIZE_MAX	524288u
#define CXIO_RECV_SLOTS		16u
#define CXIO_RECV_SLOTS_MIN	2u
#define CXIO_SLOTS_MAX		1024u
/* Bytes in slots to send from; at least two slots. */
#define CXIO_SEND_BYTES		(1u << 20)
#define CXIO_SEND_SLOTS_MIN	2u

/**
 * struct cxio_send_slots - slots to send from
 *
 * Owners read @corked; all else is this one's.
 *
 * @count: how many there are
 * @size: of each, bytes
 * @sent: SENDs made of them
 * @done: of these, those that have completed
 * @fill: bytes in the open slot, the one behind those sent
 * @corked: a slot that is not full waits until this ends
 * @blocked: the owner was told that there is no room, and waits
 */
struct cxio_send_slots {
	u32 count;
	u32 size;
	u32 sent;
	u32 done;
	u32 fill;
	bool corked;
	bool blocked;
};

/**
 * struct cxio_recv_slots - slots to receive into
 * @count: how many there are
 * @size: of each, bytes
 * @len: of each, bytes that came: the owner's, @count of them
 * @came: SENDs that came in
 * @consumed: of these, those whose bytes were consumed
 * @pos: bytes consumed of the one behind those
 * @end: the peer has ended the stream, behind all that came
 */
struct cxio_recv_slots {
	u32 count;
	u32 size;
	u32 *len;
	u32 came;
	u32 consumed;
	u32 pos;
	bool end;
};

/**
 * enum cxio_slots_work - how a work request of a stream's has ended
 *
 * The numbers are those of enum ib_wc_status and enum ibv_wc_status.
 *
 * @CXIO_SLOTS_DONE: as it should
 * @CXIO_SLOTS_LOC_LEN: what came is longer than the slot
 * @CXIO_SLOTS_LOC_QP_OP: likewise, in soft-RoCE's words; of a SEND: it has no memory
 * @CXIO_SLOTS_FLUSHED: the queue pair was in error before its turn
 * @CXIO_SLOTS_REM_INV_REQ: what was sent is longer than the peer's slot
 * @CXIO_SLOTS_REM_OP: likewise, in soft-RoCE's words
 * @CXIO_SLOTS_RETRY_EXC: the peer's queue pair did not answer
 * @CXIO_SLOTS_RNR_RETRY_EXC: the peer had no slot posted, as often as it was asked
 */
enum cxio_slots_work {
	CXIO_SLOTS_DONE = 0,
	CXIO_SLOTS_LOC_LEN = 1,
	CXIO_SLOTS_LOC_QP_OP = 2,
	CXIO_SLOTS_FLUSHED = 5,
	CXIO_SLOTS_REM_INV_REQ = 9,
	CXIO_SLOTS_REM_OP = 11,
	CXIO_SLOTS_RETRY_EXC = 12,
	CXIO_SLOTS_RNR_RETRY_EXC = 13,
};

enum cxio_fault cxio_slots_broken(bool sent, u32 work);

bool cxio_slot_size_good(u32 size);
u32 cxio_send_slots_for(u32 bytes, u32 size);

void cxio_send_slots_init(struct cxio_send_slots *s, u32 count, u32 size);
u32 cxio_send_slots_room(struct cxio_send_slots *s, u32 *slot, u32 *off);
void cxio_send_slots_put(struct cxio_send_slots *s, u32 len);
bool cxio_send_slots_due(const struct cxio_send_slots *s, bool more);
u32 cxio_send_slots_send(struct cxio_send_slots *s, u32 *slot);
bool cxio_send_slots_done(struct cxio_send_slots *s, u32 n);
bool cxio_send_slots_wakes(struct cxio_send_slots *s);
bool cxio_send_slots_idle(const struct cxio_send_slots *s);

void cxio_recv_slots_init(struct cxio_recv_slots *r, u32 *len, u32 count, u32 size);
enum cxio_fault cxio_recv_slots_came(struct cxio_recv_slots *r, u32 slot, u32 len);
u32 cxio_recv_slots_run(const struct cxio_recv_slots *r, u32 *slot, u32 *off);
bool cxio_recv_slots_took(struct cxio_recv_slots *r, u32 len);
bool cxio_recv_slots_ended(const struct cxio_recv_slots *r);

#endif /* CXIO_SLOTS_H */
