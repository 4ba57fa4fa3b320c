// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slots: their memory, and the work requests for them. Which is next, common/slots.c says.
 */
#include <linux/log2.h>
#include <linux/mempool.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include <linux/ceph/transport.h>

#include "../inject.h"
#include "stream.h"

/* --- memory --- */

/*
 * Pages put by for one stream with as few slots as there can be, of the default size: a
 * connection that was lost while there is no memory is what memory waits for. Whoever
 * takes from it takes all that it needs, or nothing.
 */
#define RESERVE_PAGES	((CXIO_RECV_SLOTS_MIN + CXIO_SEND_SLOTS_MIN) * CXIO_SLOT_SIZE / PAGE_SIZE)
static mempool_t reserve;
static DEFINE_MUTEX(reserve_lock); /* inside: nothing */

/**
 * cxio_rs_slots_init() - put memory by
 *
 * Context: module init. Return: 0 or -ENOMEM.
 */
int __init cxio_rs_slots_init(void)
{
	return mempool_init_page_pool(&reserve, RESERVE_PAGES, 0);
}

/**
 * cxio_rs_slots_exit() - give it back
 *
 * Context: module init and exit, when there are no streams.
 */
void cxio_rs_slots_exit(void)
{
	mempool_exit(&reserve);
}

static struct page *get_chunk(const struct cxio_rs *s)
{
	if (s->reserved)
		return mempool_alloc(&reserve, GFP_NOWAIT | __GFP_NOWARN);
	if (cxio_inject_alloc())
		return NULL;
	/* The work is not to be stuck here: write-back may wait for it. */
	return alloc_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY, get_order(s->chunk));
}

static void put_chunk(const struct cxio_rs *s, struct page *page)
{
	if (s->reserved)
		mempool_free(page, &reserve);
	else
		__free_pages(page, get_order(s->chunk));
}

static u32 chunk_len(const struct cxio_rs *s, u32 chunk)
{
	return min_t(u32, s->chunk, s->shown.slot_size - chunk * s->chunk);
}

static int make_slot(struct cxio_rs *s, struct cxio_slot *slot, enum dma_data_direction dir)
{
	struct page *page;
	u64 dma;
	u32 i;

	for (i = 0; i < s->chunks; i++) {
		page = get_chunk(s);
		if (!page)
			return -ENOMEM;
		dma = ib_dma_map_page(s->dev, page, 0, s->chunk, dir);
		if (ib_dma_mapping_error(s->dev, dma)) {
			put_chunk(s, page);
			return -ENOMEM;
		}
		slot->chunk[i] = page;
		slot->sge[i] = (struct ib_sge){
			.addr = dma, .length = chunk_len(s, i), .lkey = s->pd->local_dma_lkey,
		};
	}
	return 0;
}

static void free_slots(struct cxio_rs *s, struct cxio_slot *slots, u32 count,
		       enum dma_data_direction dir)
{
	u32 i, n;

	for (i = 0; slots && i < count; i++) {
		for (n = 0; n < s->chunks && slots[i].chunk[n]; n++) {
			ib_dma_unmap_page(s->dev, slots[i].sge[n].addr, s->chunk, dir);
			put_chunk(s, slots[i].chunk[n]);
		}
	}
	kvfree(slots);
}

static struct cxio_slot *make_slots(struct cxio_rs *s, u32 count, enum dma_data_direction dir,
				    void (*done)(struct ib_cq *cq, struct ib_wc *wc))
{
	struct cxio_slot *slots = kvcalloc(count, sizeof(*slots), GFP_KERNEL);
	u32 i;

	for (i = 0; slots && i < count; i++) {
		slots[i].stream = s;
		slots[i].index = i;
		slots[i].cqe.done = done;
		if (make_slot(s, &slots[i], dir)) {
			free_slots(s, slots, count, dir);
			return NULL;
		}
	}
	return slots;
}

static void sync(struct cxio_slot *slot, u32 len, bool for_cpu)
{
	struct ib_device *dev = slot->stream->dev;
	u32 i, n;

	for (i = 0; len; i++, len -= n) {
		n = min(len, slot->sge[i].length);
		if (for_cpu)
			ib_dma_sync_single_for_cpu(dev, slot->sge[i].addr, n, DMA_FROM_DEVICE);
		else
			ib_dma_sync_single_for_device(dev, slot->sge[i].addr, n, DMA_TO_DEVICE);
	}
}

static void *place(const struct cxio_slot *slot, u32 off, u32 *len)
{
	u32 chunk = slot->stream->chunk;
	u32 within = off % chunk;

	*len = min(*len, chunk - within);
	return page_address(slot->chunk[off / chunk]) + within;
}

/**
 * cxio_rs_slot_read() - copy bytes out of a slot
 * @slot: the slot
 * @off: from where
 * @len: how many, all of which came
 * @to: where to, or NULL if they are to be dropped
 *
 * Context: may sleep. Return: how many were copied.
 */
size_t cxio_rs_slot_read(struct cxio_slot *slot, u32 off, u32 len, struct iov_iter *to)
{
	size_t done = 0;
	u32 n, copied;
	void *p;

	if (!to)
		return len;
	while (done < len) {
		n = len - done;
		p = place(slot, off + done, &n);
		copied = copy_to_iter(p, n, to);
		done += copied;
		if (copied < n)
			break;
	}
	return done;
}

/**
 * cxio_rs_slot_write() - copy bytes into a slot
 * @slot: the slot
 * @off: where to
 * @len: how many, for which there is room
 * @from: where from
 *
 * Context: may sleep. Return: how many were copied.
 */
size_t cxio_rs_slot_write(struct cxio_slot *slot, u32 off, u32 len, struct iov_iter *from)
{
	size_t done = 0;
	u32 n, copied;
	void *p;

	while (done < len) {
		n = len - done;
		p = place(slot, off + done, &n);
		copied = copy_from_iter(p, n, from);
		done += copied;
		if (copied < n)
			break;
	}
	return done;
}

/* --- receiving --- */

/**
 * cxio_rs_slot_post_recv() - post a slot to receive into
 * @s: the stream, whose queue pair takes work requests
 * @slot: the slot
 *
 * Context: any; @s->shown.lock is held, or the stream is not connected. Return: 0 or a
 * negative errno.
 */
int cxio_rs_slot_post_recv(struct cxio_rs *s, struct cxio_slot *slot)
{
	struct ib_recv_wr wr = {
		.wr_cqe = &slot->cqe, .sg_list = slot->sge, .num_sge = s->chunks,
	};
	u32 i;

	for (i = 0; i < s->chunks; i++)
		ib_dma_sync_single_for_device(s->dev, slot->sge[i].addr, slot->sge[i].length,
					      DMA_FROM_DEVICE);
	return ib_post_recv(s->qp, &wr, NULL);
}

static void recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct cxio_slot *slot = container_of(wc->wr_cqe, struct cxio_slot, cqe);
	struct cxio_rs *s = slot->stream;
	enum cxio_fault fault;

	if (wc->status != IB_WC_SUCCESS) {
		cxio_rs_failed(s, false, wc);
		return;
	}
	spin_lock_bh(&s->shown.lock);
	fault = cxio_recv_slots_came(&s->rx, slot->index, wc->byte_len);
	if (fault) {
		cxio_rs_fault_locked(s, fault);
	} else if (!wc->byte_len) {
		cxio_rs_ended_locked(s);
	} else {
		sync(slot, wc->byte_len, true);
		s->shown.counts.receives++;
		s->shown.counts.bytes_received += wc->byte_len;
		if (s->rx.came - s->rx.consumed == s->rx.count)
			s->shown.counts.recv_stalls++;
		if (s->con && s->connected)
			ceph_transport_event(s->con, CEPH_TRANSPORT_READABLE);
	}
	spin_unlock_bh(&s->shown.lock);
}

/* --- sending --- */

static void send_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct cxio_slot *slot = container_of(wc->wr_cqe, struct cxio_slot, cqe);
	struct cxio_rs *s = slot->stream;

	if (wc->status != IB_WC_SUCCESS) {
		cxio_rs_failed(s, true, wc);
		return;
	}
	spin_lock_bh(&s->shown.lock);
	cxio_send_slots_done(&s->tx, 1);
	if (s->con && cxio_send_slots_wakes(&s->tx))
		ceph_transport_event(s->con, CEPH_TRANSPORT_WRITABLE);
	/* Who lingers waits for the last. */
	if (s->closing)
		cxio_rs_kick(s);
	spin_unlock_bh(&s->shown.lock);
}

static void fin_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct cxio_rs *s = container_of(wc->wr_cqe, struct cxio_rs, fin_cqe);

	if (wc->status != IB_WC_SUCCESS) {
		cxio_rs_failed(s, true, wc);
		return;
	}
	spin_lock_bh(&s->shown.lock);
	s->fin_done = true;
	cxio_rs_kick(s);
	spin_unlock_bh(&s->shown.lock);
}

static void post_send(struct cxio_rs *s, struct ib_cqe *cqe, struct ib_sge *sge, int count)
{
	struct ib_send_wr wr = {
		.wr_cqe = cqe, .sg_list = sge, .num_sge = count,
		.opcode = IB_WR_SEND, .send_flags = IB_SEND_SIGNALED,
	};

	if (ib_post_send(s->qp, &wr, NULL))
		cxio_rs_fault_locked(s, CXIO_FAULT_TRANSPORT);
}

/**
 * cxio_rs_slot_post_send() - send the open slot
 * @s: the stream, whose queue pair takes work requests, and whose open slot has bytes
 *
 * Context: any; @s->shown.lock is held. If that fails, the stream has failed.
 */
void cxio_rs_slot_post_send(struct cxio_rs *s)
{
	struct ib_sge sge[CXIO_CHUNKS_MAX];
	struct cxio_slot *slot;
	u32 index, len, left, n = 0;

	len = cxio_send_slots_send(&s->tx, &index);
	slot = &s->send[index];
	sync(slot, len, false);
	for (left = len; left; left -= sge[n++].length) {
		sge[n] = slot->sge[n];
		sge[n].length = min(left, sge[n].length);
	}
	s->shown.counts.sends++;
	s->shown.counts.bytes_sent += len;
	post_send(s, &slot->cqe, sge, n);
}

/**
 * cxio_rs_slot_post_fin() - send the end of the stream, behind all else
 * @s: the stream, whose queue pair takes work requests
 *
 * Context: any; @s->shown.lock is held. If that fails, the stream has failed.
 */
void cxio_rs_slot_post_fin(struct cxio_rs *s)
{
	s->fin_cqe.done = fin_done;
	s->fin_posted = true;
	post_send(s, &s->fin_cqe, NULL, 0);
}

/* --- all of them --- */

static int make_both(struct cxio_rs *s)
{
	const struct cxio_stream_entry *e = &s->shown;

	s->recv_len = kvcalloc(e->recv_slots, sizeof(*s->recv_len), GFP_KERNEL);
	if (!s->recv_len)
		return -ENOMEM;
	s->recv = make_slots(s, e->recv_slots, DMA_FROM_DEVICE, recv_done);
	if (!s->recv)
		return -ENOMEM;
	s->send = make_slots(s, e->send_slots, DMA_TO_DEVICE, send_done);
	if (!s->send)
		return -ENOMEM;
	spin_lock_bh(&s->shown.lock);
	cxio_recv_slots_init(&s->rx, s->recv_len, e->recv_slots, e->slot_size);
	cxio_send_slots_init(&s->tx, e->send_slots, e->slot_size);
	spin_unlock_bh(&s->shown.lock);
	return 0;
}

/* As few as there can be, of what was put by. */
static int make_reserved(struct cxio_rs *s, u32 most)
{
	int err;

	s->chunk = PAGE_SIZE;
	s->chunks = DIV_ROUND_UP(s->shown.slot_size, PAGE_SIZE);
	if (s->chunks > most)
		return -ENOMEM;
	spin_lock_bh(&s->shown.lock);
	s->shown.recv_slots = CXIO_RECV_SLOTS_MIN;
	s->shown.send_slots = CXIO_SEND_SLOTS_MIN;
	spin_unlock_bh(&s->shown.lock);
	mutex_lock(&reserve_lock);
	s->reserved = true;
	err = make_both(s);
	if (err)
		cxio_rs_slots_free(s);
	mutex_unlock(&reserve_lock);
	return err;
}

/**
 * cxio_rs_slots_make() - make a stream's slots
 * @s: the stream, with a device and a protection domain
 * @most: pieces that a slot may have
 *
 * Where memory is in small pieces, they are of smaller ones; where there is none, they are
 * few, and of what was put by.
 *
 * Context: the work. Return: 0; -EMSGSIZE, a slot would have too many pieces; -ENOMEM.
 * cxio_rs_slots_free() undoes a part as well.
 */
int cxio_rs_slots_make(struct cxio_rs *s, u32 most)
{
	u32 slot = PAGE_ALIGN(s->shown.slot_size);
	int err = -EMSGSIZE;

	most = min_t(u32, most, CXIO_CHUNKS_MAX);
	for (s->chunk = CXIO_CHUNK; s->chunk >= PAGE_SIZE; s->chunk /= 2) {
		if (s->chunk > roundup_pow_of_two(slot))
			continue;
		s->chunks = DIV_ROUND_UP(s->shown.slot_size, s->chunk);
		if (s->chunks > most)
			break;
		err = make_both(s);
		if (!err)
			break;
		cxio_rs_slots_free(s);
	}
	return err == -ENOMEM ? make_reserved(s, most) : err;
}

/**
 * cxio_rs_slots_post() - post all slots to receive into
 * @s: the stream, with a fresh queue pair, which takes work requests from here on
 *
 * Context: the work. Return: 0 or a negative errno.
 */
int cxio_rs_slots_post(struct cxio_rs *s)
{
	int err = 0;
	u32 i;

	spin_lock_bh(&s->shown.lock);
	s->posting = !s->failed && !s->closing;
	for (i = 0; !err && s->posting && i < s->shown.recv_slots; i++)
		err = cxio_rs_slot_post_recv(s, &s->recv[i]);
	spin_unlock_bh(&s->shown.lock);
	return err;
}

/**
 * cxio_rs_slots_free() - free the slots, and what came in them
 * @s: the stream, without a queue pair
 *
 * Context: the work, when the stream is not connected.
 */
void cxio_rs_slots_free(struct cxio_rs *s)
{
	free_slots(s, s->recv, s->shown.recv_slots, DMA_FROM_DEVICE);
	free_slots(s, s->send, s->shown.send_slots, DMA_TO_DEVICE);
	kvfree(s->recv_len);
	s->recv = NULL;
	s->send = NULL;
	s->recv_len = NULL;
}
