// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The bytes of a socket over RDMA: into slots and out of them, and what completions tell.
 */
#include <errno.h>

#include "rdma.h"

/* Completions a poll. */
#define POLL	16
/* What a work request of the send queue is for: a slot's number, or this. */
#define WR_FIN	UINT64_MAX

/* --- slots --- */

static u8 *recv_slot(const struct cxio_rdma *r, u32 slot)
{
	return r->ring + (size_t)slot * r->size;
}

static u8 *send_slot(const struct cxio_rdma *r, u32 slot)
{
	return recv_slot(r, r->recv.count + slot);
}

static int post_recv(struct cxio_rdma *r, u32 slot)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)recv_slot(r, slot), .length = r->size, .lkey = r->mr->lkey,
	};
	struct ibv_recv_wr wr = { .wr_id = slot, .sg_list = &sge, .num_sge = 1 }, *bad;

	return -ibv_post_recv(r->qp, &wr, &bad);
}

/**
 * cxio_rdma_post_all() - post all slots to receive into
 * @r: a socket with a new queue pair
 *
 * Return: 0 or a negative errno.
 */
int cxio_rdma_post_all(struct cxio_rdma *r)
{
	int err = 0;
	u32 i;

	for (i = 0; i < r->recv.count && !err; i++)
		err = post_recv(r, i);
	return err;
}

static int post_send(struct cxio_rdma *r, u64 id, struct ibv_sge *sge)
{
	struct ibv_send_wr wr = {
		.wr_id = id, .sg_list = sge, .num_sge = !!sge, .opcode = IBV_WR_SEND,
	}, *bad;

	return -ibv_post_send(r->qp, &wr, &bad);
}

static int send_open_slot(struct cxio_rdma *r)
{
	struct ibv_sge sge = { .lkey = r->mr->lkey };
	u32 slot;

	sge.length = cxio_send_slots_send(&r->send, &slot);
	sge.addr = (uintptr_t)send_slot(r, slot);
	r->sent_len[slot] = sge.length;
	r->unacked += sge.length;
	return post_send(r, slot, &sge);
}

/**
 * cxio_rdma_send_fin() - nothing more will be written
 * @r: the socket, with all that was written on its way
 *
 * Return: 0 or a negative errno.
 */
int cxio_rdma_send_fin(struct cxio_rdma *r)
{
	return post_send(r, WR_FIN, NULL);
}

/* --- completions --- */

static_assert(IBV_WC_LOC_LEN_ERR == (u32)CXIO_SLOTS_LOC_LEN &&
	      IBV_WC_LOC_QP_OP_ERR == (u32)CXIO_SLOTS_LOC_QP_OP &&
	      IBV_WC_WR_FLUSH_ERR == (u32)CXIO_SLOTS_FLUSHED &&
	      IBV_WC_REM_INV_REQ_ERR == (u32)CXIO_SLOTS_REM_INV_REQ &&
	      IBV_WC_REM_OP_ERR == (u32)CXIO_SLOTS_REM_OP &&
	      IBV_WC_RETRY_EXC_ERR == (u32)CXIO_SLOTS_RETRY_EXC &&
	      IBV_WC_RNR_RETRY_EXC_ERR == (u32)CXIO_SLOTS_RNR_RETRY_EXC, "numbers of verbs");

static int fault_errno(enum cxio_fault fault)
{
	switch (fault) {
	case CXIO_FAULT_SLOT_LENGTH:
		return -EMSGSIZE;
	case CXIO_FAULT_TIMEOUT:
		return -ETIMEDOUT;
	case CXIO_FAULT_SLOT_NONE_LEFT:
		return -ECONNRESET;
	default:
		return -EIO;
	}
}

/* The first that says more than that all is over. */
static void failed(struct cxio_rdma *r, bool sent, const struct ibv_wc *wc)
{
	enum cxio_fault fault = cxio_slots_broken(sent, wc->status);
	const char *text = fault == CXIO_FAULT_TRANSPORT ? ibv_wc_status_str(wc->status) : NULL;

	if (fault)
		cxio_rdma_break(r, fault_errno(fault), fault, text);
}

static void received(struct cxio_rdma *r, const struct ibv_wc *wc)
{
	enum cxio_fault fault = cxio_recv_slots_came(&r->recv, (u32)wc->wr_id, wc->byte_len);

	if (fault)
		cxio_rdma_break(r, -EPROTO, fault, NULL);
}

static void sent(struct cxio_rdma *r, const struct ibv_wc *wc)
{
	if (wc->wr_id == WR_FIN) {
		r->fin_done = true;
		return;
	}
	if (cxio_send_slots_done(&r->send, 1))
		r->unacked -= r->sent_len[wc->wr_id];
}

/* Return: true if the queue pair is in error. */
static bool poll_one(struct cxio_rdma *r, struct cxio_rdma_cq *q,
		     void (*done)(struct cxio_rdma *r, const struct ibv_wc *wc))
{
	struct ibv_wc wc[POLL];
	bool bad = false;
	int i, n;

	do {
		n = ibv_poll_cq(q->cq, POLL, wc);
		for (i = 0; i < n; i++) {
			if (wc[i].status == IBV_WC_SUCCESS) {
				done(r, &wc[i]);
				continue;
			}
			bad = true;
			failed(r, q == &r->send_cq, &wc[i]);
		}
	} while (n == POLL);
	if (n < 0)
		cxio_rdma_break(r, -EIO, CXIO_FAULT_TRANSPORT, "the completion queue is broken");
	return bad;
}

/**
 * cxio_rdma_poll() - see what has come, and what was sent
 * @r: the socket
 *
 * What came before it broke is still read.
 */
void cxio_rdma_poll(struct cxio_rdma *r)
{
	bool bad;

	if (!r->qp || r->threaded)
		return;
	bad = poll_one(r, &r->recv_cq, received);
	bad = poll_one(r, &r->send_cq, sent) || bad;
	if (bad)
		cxio_rdma_break(r, -ECONNRESET, 0, NULL);
	if (cxio_send_slots_wakes(&r->send))
		r->writable = true;
}

/**
 * cxio_rdma_flushed() - has all that was written gone to the peer?
 * @r: the socket
 *
 * Return: true if so.
 */
bool cxio_rdma_flushed(const struct cxio_rdma *r)
{
	return cxio_send_slots_idle(&r->send) && (!r->fin || r->fin_done);
}

/* --- reading and writing --- */

/**
 * cxio_rdma_has_input() - is there something to read, or an end?
 * @r: the socket
 *
 * Return: true if so.
 */
bool cxio_rdma_has_input(const struct cxio_rdma *r)
{
	u32 slot, off;

	return r->err || r->side_ended || cxio_recv_slots_run(&r->recv, &slot, &off) ||
	       cxio_recv_slots_ended(&r->recv);
}

/* As much as there is, or there is room for. */
static size_t take(struct cxio_rdma *r, struct iovec *iov)
{
	size_t n = 0;

	while (n < iov->iov_len) {
		u32 slot, off, len = cxio_recv_slots_run(&r->recv, &slot, &off);

		if (!len)
			break;
		if (len > iov->iov_len - n)
			len = (u32)(iov->iov_len - n);
		memcpy((u8 *)iov->iov_base + n, recv_slot(r, slot) + off, len);
		n += len;
		if (cxio_recv_slots_took(&r->recv, len) && !r->err && post_recv(r, slot))
			cxio_rdma_break(r, -EIO, CXIO_FAULT_TRANSPORT, "posting a receive failed");
	}
	return n;
}

/**
 * cxio_rdma_read() - take in what there is
 * @s: the socket
 * @iov: where to
 * @iovs: entries of that
 *
 * Return: as @read of struct cxio_socket_ops.
 */
ssize_t cxio_rdma_read(struct cxio_socket *s, struct iovec *iov, u32 iovs)
{
	struct cxio_rdma *r = cxio_rdma_of(s);
	/* Who has hung up has sent all before: what is found after this is all. */
	bool ended = r->side_ended;
	size_t n = 0, one;
	u32 i;

	cxio_rdma_poll(r);
	for (i = 0; i < iovs; i++) {
		one = take(r, &iov[i]);
		n += one;
		if (one < iov[i].iov_len)
			break;
	}
	if (n)
		return (ssize_t)n;
	if (cxio_recv_slots_ended(&r->recv))
		return 0;
	if (r->err)
		return r->err;
	return ended ? 0 : -EAGAIN;
}

/* As much as there is room for. Return: how much, or a negative errno. */
static ssize_t put(struct cxio_rdma *r, const struct iovec *iov)
{
	size_t n = 0;
	int err;

	while (n < iov->iov_len) {
		u32 slot, off, room = cxio_send_slots_room(&r->send, &slot, &off);

		if (!room)
			break;
		if (room > iov->iov_len - n)
			room = (u32)(iov->iov_len - n);
		memcpy(send_slot(r, slot) + off, (const u8 *)iov->iov_base + n, room);
		cxio_send_slots_put(&r->send, room);
		n += room;
		if (!cxio_send_slots_due(&r->send, true))
			continue;
		err = send_open_slot(r);
		if (err)
			return err;
	}
	return (ssize_t)n;
}

static ssize_t put_all(struct cxio_rdma *r, const struct iovec *iov, u32 iovs)
{
	ssize_t n = 0, one;
	u32 i;

	for (i = 0; i < iovs; i++) {
		one = put(r, &iov[i]);
		if (one < 0)
			return one;
		n += one;
		if ((size_t)one < iov[i].iov_len)
			break;
	}
	return cxio_send_slots_due(&r->send, false) && send_open_slot(r) ? -EIO : n;
}

/**
 * cxio_rdma_write() - send bytes, which are copied
 * @s: the socket
 * @iov: the bytes
 * @iovs: entries of that
 *
 * Return: as @write of struct cxio_socket_ops.
 */
ssize_t cxio_rdma_write(struct cxio_socket *s, struct iovec *iov, u32 iovs)
{
	struct cxio_rdma *r = cxio_rdma_of(s);
	ssize_t n;

	cxio_rdma_poll(r);
	if (r->err || r->side_ended)
		return -EPIPE;
	r->writable = false;
	n = put_all(r, iov, iovs);
	if (n < 0)
		cxio_rdma_break(r, (int)n, CXIO_FAULT_TRANSPORT, "posting a send failed");
	return n ? n : -EAGAIN;
}

/**
 * cxio_rdma_unacked() - what the peer's device may not have yet
 * @s: the socket
 *
 * Return: bytes.
 */
u64 cxio_rdma_unacked(struct cxio_socket *s)
{
	struct cxio_rdma *r = cxio_rdma_of(s);

	cxio_rdma_poll(r);
	return r->unacked;
}
