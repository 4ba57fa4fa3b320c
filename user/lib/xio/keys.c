// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Memory that the peer may reach: exposed for one message, and hidden again before
 * that message's owner is told that it is released (I2).
 *
 * With memory windows of type 2 a window is bound to the queue pair, over a part of a
 * region that itself allows nothing remote. Without them a region is registered for
 * the message alone, in the connection's own protection domain.
 */
#include <stdlib.h>

#include "xio.h"

/* --- choosing --- */

static bool short_pieces(const struct cxio_message *m)
{
	return m->header.len[CXIO_DATA] / m->data_count < CXIO_DEFAULT_FRAME_SIZE;
}

/* Can the data be exposed where it lies? Else a copy is. */
static bool in_place(const struct cxio_xio *x, const struct cxio_xmsg *m, u32 segment)
{
	u32 i, count = m->message->data_count;

	if (segment != CXIO_DATA || count > XIO_PIECES || !m->memory || short_pieces(m->message))
		return false;
	for (i = 0; i < count; i++)
		if (!m->memory[i] || (x->device->pd && !xio_map(x->device, m->memory[i])))
			return false;
	return true;
}

static u32 descs_for(const struct cxio_xio *x, uintptr_t base, size_t len)
{
	u32 count = 0;

	while (len) {
		size_t n = xio_region_part(x->device, base, len);

		count += (u32)((n + CXIO_DESC_MAX - 1) / CXIO_DESC_MAX);
		base += n;
		len -= n;
	}
	return count;
}

/* Descriptors a segment would need; the keys of @keys more. */
static u32 segment_descs(const struct cxio_xio *x, const struct cxio_xmsg *m, u32 segment,
			 u32 *keys)
{
	u32 i, n = 0;

	if (!in_place(x, m, segment)) {
		*keys += 1;
		/* A copy begins with a page. */
		return descs_for(x, 0, m->header.len[segment]);
	}
	for (i = 0; i < m->message->data_count; i++)
		n += descs_for(x, (uintptr_t)m->message->data[i].base, m->message->data[i].len);
	*keys += m->message->data_count;
	return n;
}

static bool offers_sink(const struct cxio_xio *x, const struct cxio_xmsg *m)
{
	return m->hook && m->hook->sink && !m->hook->exposed && m->hook->waiting &&
	       (x->life.channel.agreed.features & CXIO_FEATURE_REPLY_SINK);
}

/**
 * xio_plan() - how is a message to travel on this carrier?
 * @x: the carrier
 * @m: the message; its @carry is set
 *
 * Return: false if it has to wait until other messages give windows back.
 */
bool xio_plan(struct cxio_xio *x, struct cxio_xmsg *m)
{
	const struct cxio_agreed *agreed = &x->life.channel.agreed;
	u32 segment, keys = 0, free_windows, least = CXIO_RENDEZVOUS_MIN;
	struct cxio_placement place = { 0 };
	struct cxio_plan plan;

	if (cxio_msg_payload(&m->header) > agreed->peer_window_bytes)
		least = 1;
	for (segment = 0; segment < CXIO_SEGMENTS; segment++)
		if (m->header.len[segment] >= least)
			place.descs[segment] = segment_descs(x, m, segment, &keys);
	free_windows = x->windows_free + XIO_WINDOWS - x->windows_made;
	/* Sinks may be held for long: they do not get the last windows. */
	place.own_sinks = offers_sink(x, m) && free_windows > XIO_WINDOWS / 2;
	place.sink = cxio_sink_room(&m->reply_sink, m->reply_generation,
				    x->connection->generation);
	plan = cxio_plan_message(agreed, &m->header, &place);
	if (x->device->pd && (plan.segments || place.own_sinks) &&
	    keys + place.own_sinks > free_windows)
		return false;
	memset(&m->carry, 0, sizeof(m->carry));
	m->carry.segments = plan.segments;
	m->carry.descs = (u8)(plan.descs + place.own_sinks);
	m->carry.written = plan.path == CXIO_PATH_SINK;
	m->planned = true;
	return true;
}

/* --- making --- */

static struct ibv_mw *take_window(struct cxio_xio *x)
{
	struct ibv_mw *mw;

	if (x->windows_free)
		return x->windows[--x->windows_free];
	mw = ibv_alloc_mw(x->pd, IBV_MW_TYPE_2);
	if (mw)
		x->windows_made++;
	return mw;
}

static struct xio_key *new_key(struct cxio_xio *x, enum xio_key_kind kind)
{
	struct xio_key *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->kind = kind;
	k->carrier = x;
	cxio_list_init(&k->link);
	cxio_list_append(&x->keys, &k->link);
	return k;
}

static bool bind_window(struct cxio_xio *x, struct xio_key *k, struct ibv_mr *mr, void *base,
			size_t len, unsigned int access)
{
	struct xio_sq_wr *r;

	k->mw = take_window(x);
	if (!k->mw || !mr)
		return false;
	r = xio_sq_add(x);
	k->rkey = ibv_inc_rkey(k->mw->rkey);
	r->wr.opcode = IBV_WR_BIND_MW;
	r->wr.bind_mw.mw = k->mw;
	r->wr.bind_mw.rkey = k->rkey;
	r->wr.bind_mw.bind_info.mr = mr;
	r->wr.bind_mw.bind_info.addr = (uintptr_t)base;
	r->wr.bind_mw.bind_info.length = len;
	r->wr.bind_mw.bind_info.mw_access_flags = access;
	return true;
}

/* A key over a piece of memory, in @memory where that can be mapped. */
static struct xio_key *open_key(struct cxio_xio *x, struct cxio_memory *memory, void *base,
				size_t len, unsigned int access)
{
	struct xio_key *k = new_key(x, x->device->pd ? XIO_KEY_WINDOW : XIO_KEY_REGION);

	if (!k)
		return NULL;
	if (k->kind == XIO_KEY_WINDOW)
		return bind_window(x, k, xio_map(x->device, memory), base, len, access) ? k : NULL;
	/* A device that lets a peer write wants to be let write itself. */
	if (access == IBV_ACCESS_REMOTE_WRITE)
		access |= IBV_ACCESS_LOCAL_WRITE;
	k->own = memory && memory->block;
	k->mr = cxio_region_new(x->pd, base, len, access, k->own);
	if (!k->mr)
		return NULL;
	k->rkey = k->mr->rkey;
	return k;
}

/**
 * struct list - descriptors under way
 * @desc: so far
 * @count: how many
 * @flagged: one of them may be invalidated by the peer
 */
struct list {
	struct cxio_desc desc[CXIO_DESCS_MAX];
	u32 count;
	bool flagged;
};

/* The peer may invalidate one key, with its DONE: that of the first window. */
static void describe(struct list *l, const struct xio_key *k, void *base, size_t len, u32 segment)
{
	u8 flags = 0;

	if (k->kind == XIO_KEY_WINDOW && !l->flagged && segment != CXIO_SINK) {
		flags = CXIO_DESC_INVALIDATE;
		l->flagged = true;
	}
	while (len) {
		u32 n = len < CXIO_DESC_MAX ? (u32)len : CXIO_DESC_MAX;

		l->desc[l->count++] = (struct cxio_desc){
			.addr = (uintptr_t)base, .rkey = k->rkey, .length = n,
			.segment = (u8)segment, .flags = flags,
		};
		flags = 0;
		base = (char *)base + n;
		len -= n;
	}
}

static bool expose_piece(struct cxio_xio *x, struct cxio_xmsg *m, struct list *l,
			 struct cxio_memory *memory, char *base, size_t len, u32 segment)
{
	while (len) {
		size_t n = xio_region_part(x->device, (uintptr_t)base, len);
		struct xio_key *k = open_key(x, memory, base, n, IBV_ACCESS_REMOTE_READ);

		if (!k)
			return false;
		k->xmsg = m;
		m->keys++;
		describe(l, k, base, n, segment);
		base += n;
		len -= n;
	}
	return true;
}

/* A copy of a segment in memory of ours, or NULL. */
static struct cxio_memory *copy_segment(struct cxio_xio *x, const struct cxio_xmsg *m, u32 segment)
{
	u32 len = m->header.len[segment];
	struct cxio_memory *block = cxio_memory_block(x->messenger, len);

	if (!block)
		return NULL;
	cxio_xmsg_read(m, segment, 0, len, block->base);
	x->counts.copied_bytes += len;
	return block;
}

/* The last key made for a message keeps what was copied for it. */
static void hold_block(struct cxio_xio *x, const struct cxio_xmsg *m, struct cxio_memory *block)
{
	struct xio_key *k = cxio_entry(x->keys.prev, struct xio_key, link);

	if (!cxio_list_empty(&x->keys) && k->xmsg == m)
		k->memory = block;
	else
		cxio_memory_put(block);
}

static bool expose_segment(struct cxio_xio *x, struct cxio_xmsg *m, struct list *l, u32 segment)
{
	struct cxio_memory *block;
	u32 i, len = m->header.len[segment];
	bool ok;

	if (in_place(x, m, segment)) {
		for (i = 0; i < m->message->data_count; i++)
			if (!expose_piece(x, m, l, m->memory[i], m->message->data[i].base,
					  m->message->data[i].len, segment))
				return false;
		return true;
	}
	block = copy_segment(x, m, segment);
	if (!block)
		return false;
	ok = expose_piece(x, m, l, block, block->base, len, segment);
	hold_block(x, m, block);
	return ok;
}

static bool expose_sink(struct cxio_xio *x, struct cxio_xmsg *m, struct list *l)
{
	struct cxio_hook *h = m->hook;
	size_t len = h->hook.sink_len;
	struct xio_key *k;

	/* One descriptor, as planned: a reply that is longer is no reply for this sink. */
	len = xio_region_part(x->device, (uintptr_t)h->hook.sink,
			      len < CXIO_DESC_MAX ? len : CXIO_DESC_MAX);
	k = open_key(x, h->sink, h->hook.sink, len, IBV_ACCESS_REMOTE_WRITE);
	if (!k)
		return false;
	k->hook = cxio_hook_get(h);
	k->len = len;
	h->exposed = k;
	describe(l, k, h->hook.sink, len, CXIO_SINK);
	return true;
}

static bool wants_crc(const struct cxio_xio *x, u32 segment)
{
	return segment != CXIO_DATA || cxio_channel_data_crc(&x->life.channel);
}

/* --- writing to a sink --- */

static bool write_part(struct cxio_xio *x, struct cxio_xmsg *m, struct cxio_memory *memory,
		       void *base, size_t len, u64 offset)
{
	struct xio_key *k = new_key(x, XIO_KEY_WRITE);
	struct xio_sq_wr *r;
	struct ibv_mr *mr;

	if (!k)
		return false;
	if (x->device->pd) {
		mr = xio_map(x->device, memory);
	} else {
		k->own = memory && memory->block;
		mr = cxio_region_new(x->pd, base, len, 0, k->own);
		k->mr = mr;
	}
	if (!mr)
		return false;
	r = xio_sq_add(x);
	r->sge = (struct ibv_sge){ (uintptr_t)base, (u32)len, mr->lkey };
	r->wr.sg_list = &r->sge;
	r->wr.num_sge = 1;
	r->wr.opcode = IBV_WR_RDMA_WRITE;
	r->wr.wr.rdma.remote_addr = m->reply_sink.addr + offset;
	r->wr.wr.rdma.rkey = m->reply_sink.rkey;
	k->xmsg = m;
	m->keys++;
	k->ending = true;
	k->number = x->sq_made;
	x->keys_ending++;
	x->wait_done = true;
	return true;
}

static bool write_piece(struct cxio_xio *x, struct cxio_xmsg *m, struct cxio_memory *memory,
			char *base, size_t len, u64 offset)
{
	while (len) {
		size_t n = xio_region_part(x->device, (uintptr_t)base, len);

		if (!write_part(x, m, memory, base, n, offset))
			return false;
		base += n;
		offset += n;
		len -= n;
	}
	return true;
}

static bool write_data(struct cxio_xio *x, struct cxio_xmsg *m)
{
	struct cxio_memory *block;
	u64 offset = 0;
	u32 i;
	bool ok;

	if (in_place(x, m, CXIO_DATA)) {
		for (i = 0; i < m->message->data_count; i++) {
			const struct cxio_fragment *f = &m->message->data[i];

			if (!write_piece(x, m, m->memory[i], f->base, f->len, offset))
				return false;
			offset += f->len;
		}
		return true;
	}
	block = copy_segment(x, m, CXIO_DATA);
	if (!block)
		return false;
	ok = write_piece(x, m, block, block->base, m->header.len[CXIO_DATA], 0);
	hold_block(x, m, block);
	return ok;
}

/**
 * xio_expose() - make the keys a message needs, and write its list of them
 * @x: the carrier, with room for the work requests
 * @m: the message, planned and about to begin
 *
 * Return: false if that failed: the carrier is to be ended, and with it what was made.
 */
bool xio_expose(struct cxio_xio *x, struct cxio_xmsg *m)
{
	struct list l = { .count = 0 };
	u32 segment;

	for (segment = 0; segment < CXIO_SEGMENTS; segment++) {
		if (m->carry.segments & (1u << segment) && !expose_segment(x, m, &l, segment))
			return false;
		if (!cxio_carry_inline(&m->carry, segment) && wants_crc(x, segment))
			m->carry.crc[segment] = cxio_xmsg_crc(m, segment);
	}
	if (m->carry.written && !write_data(x, m))
		return false;
	if (m->carry.descs > l.count && !expose_sink(x, m, &l))
		return false;
	if (!l.count)
		return true;
	free(m->descs);
	m->descs = malloc(cxio_descs_size(l.count));
	if (!m->descs)
		return false;
	cxio_descs_encode(l.desc, l.count, m->carry.segments, m->descs);
	return true;
}

/* --- ending --- */

static void sink_is_dead(struct xio_key *k)
{
	struct cxio_hook *h = k->hook;

	h->exposed = NULL;
	cxio_hook_sink_ended(h);
	cxio_hook_put(h);
}

static void message_is_safe(struct cxio_xio *x, struct cxio_xmsg *m)
{
	/* A lossless session keeps the memory: it may have to be read again. */
	if (m->keys == 1 && !m->outcome && x->connection && x->connection->session.policy.lossy)
		cxio_xmsg_tell(m, CXIO_DELIVERY_RELEASED);
	cxio_xmsg_key_died(m);
}

/* It is invalid, whoever did it. */
static void die(struct xio_key *k)
{
	struct cxio_xio *x = k->carrier;
	struct xio_arrival *a = k->arrival;

	if (a) {
		a->sink = NULL;
		a->state.exposed = false;
	}
	cxio_list_remove(&k->link);
	x->keys_due -= k->due;
	x->keys_ending -= k->ending;
	if (k->mw) {
		/* Not before: posting the bind looks for the former key there. */
		k->mw->rkey = k->rkey ? k->rkey : k->mw->rkey;
		x->windows[x->windows_free++] = k->mw;
	}
	if (k->mr)
		cxio_region_end(k->mr, k->own);
	if (k->memory)
		cxio_memory_put(k->memory);
	if (k->xmsg)
		message_is_safe(x, k->xmsg);
	if (a && !k->hook->waiting)
		a->state.dropped = true;
	if (k->hook)
		sink_is_dead(k);
	free(k);
	if (a && x->connection)
		xio_arrival_goes_on(x, a);
}

/* Have it made invalid: at once, or by a work request. */
static void end_key(struct xio_key *k)
{
	if (k->due || k->ending)
		return;
	if (k->kind == XIO_KEY_REGION) {
		die(k);
		return;
	}
	k->due = true;
	k->carrier->keys_due++;
}

/**
 * xio_post_invalidations() - make the work requests that end keys
 * @x: the carrier
 */
void xio_post_invalidations(struct cxio_xio *x)
{
	struct cxio_link *l;

	for (l = x->keys.next; l != &x->keys && x->keys_due && xio_sq_room(x, 0); l = l->next) {
		struct xio_key *k = cxio_entry(l, struct xio_key, link);
		struct xio_sq_wr *r;

		if (!k->due)
			continue;
		r = xio_sq_add(x);
		r->wr.opcode = IBV_WR_LOCAL_INV;
		r->wr.invalidate_rkey = k->rkey;
		k->due = false;
		x->keys_due--;
		k->ending = true;
		x->keys_ending++;
		k->number = x->sq_made;
		x->wait_done = true;
	}
	/* The rest when there is room. */
	x->wait_done = x->wait_done || x->keys_due;
}

/**
 * xio_keys_done() - work requests have completed: which keys died by that?
 * @x: the carrier
 */
void xio_keys_done(struct cxio_xio *x)
{
	struct cxio_link *l = x->keys.next;

	while (l != &x->keys && x->keys_ending) {
		struct xio_key *k = cxio_entry(l, struct xio_key, link);

		l = l->next;
		if (!k->ending || x->sq_done - k->number > INT32_MAX)
			continue;
		die(k);
		/* Others may have gone with what it let be delivered. */
		l = x->keys.next;
	}
}

/**
 * xio_done_received() - the peer says that it has read a message
 * @x: the carrier
 * @seq: which
 * @rkey: key that was invalidated with it, or 0
 */
void xio_done_received(struct cxio_xio *x, u64 seq, u32 rkey)
{
	struct cxio_link *l, *next;
	bool found = false, matched = !rkey;

	for (l = x->keys.next; l != &x->keys; l = next) {
		struct xio_key *k = cxio_entry(l, struct xio_key, link);

		next = l->next;
		if (!k->xmsg || k->kind == XIO_KEY_WRITE || k->xmsg->header.seq != seq ||
		    k->due || k->ending)
			continue;
		found = true;
		if (rkey && k->rkey == rkey) {
			matched = true;
			die(k);
		} else {
			end_key(k);
		}
	}
	if (!found || !matched)
		cxio_life_fault(&x->life, CXIO_FAULT_DONE_SEQ, x->portal->now);
}

/* --- sinks --- */

/**
 * xio_sink_written() - the peer says that a reply's data is in its request's sink
 * @x: the carrier
 * @a: the reply's arrival; goes on in die()
 *
 * Return: false if there is no such sink on this carrier.
 */
bool xio_sink_written(struct cxio_xio *x, struct xio_arrival *a)
{
	struct cxio_hook *h = cxio_hooks_find(&x->connection->hooks, a->message->header.tid);
	struct xio_key *k = h ? h->exposed : NULL;

	/* A sink is as long as one descriptor, at most. */
	if (!k || k->carrier != x || k->arrival ||
	    !cxio_written_fits(&a->message->header, (u32)k->len)) {
		cxio_hook_put(h);
		return false;
	}
	cxio_message_take_sink(a->message, h->sink, h->hook.sink);
	k->arrival = a;
	a->sink = k;
	a->state.exposed = true;
	cxio_hook_put(h);
	/* I2: the key dies before the bytes are believed. */
	end_key(k);
	return true;
}

/**
 * xio_end_sink() - a hook is to be called: nobody may write to its sink any more
 * @h: the hook, out of its table; cxio_dispatch_reply() follows
 */
void xio_end_sink(struct cxio_hook *h)
{
	struct xio_key *k = h->exposed;
	struct cxio_xio *x = k->carrier;

	end_key(k);
	xio_pump(x);
}

/**
 * xio_hide_memory() - the queue pair is to be destroyed: the peer's keys end
 * @x: the carrier; windows that were bound are free, and must be freed
 */
void xio_hide_memory(struct cxio_xio *x)
{
	struct cxio_link *l, *next;

	for (l = x->keys.next; l != &x->keys; l = next) {
		struct xio_key *k = cxio_entry(l, struct xio_key, link);

		next = l->next;
		/* A reply that waits for this was not acknowledged: it comes again, or not. */
		if (k->arrival) {
			k->arrival->sink = NULL;
			k->arrival->state.exposed = false;
		}
		k->arrival = NULL;
		if (k->kind == XIO_KEY_WINDOW && k->mw)
			ibv_dealloc_mw(k->mw);
		k->mw = NULL;
		if (k->kind != XIO_KEY_WRITE)
			die(k);
	}
}

/**
 * xio_kill_keys() - the queue pair is gone, and with it what read our memory
 * @x: the carrier
 */
void xio_kill_keys(struct cxio_xio *x)
{
	while (!cxio_list_empty(&x->keys))
		die(cxio_entry(x->keys.next, struct xio_key, link));
}
