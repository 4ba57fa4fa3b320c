// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages: memory, references, and copies to and from frames.
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "ceph_xio.h"
#include "inject.h"

static void free_message(struct cxio_message *m)
{
	int i;

	WARN_ON_ONCE(m->touched_by);
	cxio_message_put(m->offers);
	if (m->release)
		m->release(m);
	for (i = 0; i < CXIO_SEGMENTS; i++)
		if (m->ours & BIT(i))
			kvfree(m->segment[i]);
	if (m->reserve)
		mempool_free(m, m->reserve);
	else
		kfree(m);
	cxio_object_add(CXIO_OBJ_MESSAGES, -1);
}

static void begin_message(struct cxio_message *m, const struct cxio_msg_header *h)
{
	cxio_object_add(CXIO_OBJ_MESSAGES, 1);
	kref_init(&m->ref);
	INIT_LIST_HEAD(&m->link);
	mutex_init(&m->io);
	m->header = *h;
	cxio_data_init(&m->data, &m->item, 1);
}

static int make_segment(struct cxio_message *m, u32 i, gfp_t gfp)
{
	m->segment[i] = cxio_inject_alloc() ? NULL : kvmalloc(m->header.len[i], gfp);
	if (!m->segment[i])
		return -ENOMEM;
	m->ours |= BIT(i);
	return i == CXIO_DATA ? cxio_data_add_memory(&m->data, m->segment[i], m->header.len[i]) :
				0;
}

static struct cxio_message *new_message(const struct cxio_msg_header *h, u8 placed_later,
					gfp_t gfp)
{
	struct cxio_message *m = cxio_inject_alloc() ? NULL : kzalloc(sizeof(*m), gfp);
	u32 i;

	if (!m)
		return NULL;
	begin_message(m, h);
	for (i = 0; i < CXIO_SEGMENTS; i++) {
		if (!h->len[i] || placed_later & BIT(i))
			continue;
		if (make_segment(m, i, gfp)) {
			free_message(m);
			return NULL;
		}
	}
	return m;
}

/**
 * cxio_message_new() - make a message
 * @h: its header, whose lengths say how much memory it gets
 * @gfp: how to allocate; kvmalloc() must be able to use it
 *
 * Context: may sleep. Return: a reference, with segments not initialised, or NULL.
 */
struct cxio_message *cxio_message_new(const struct cxio_msg_header *h, gfp_t gfp)
{
	return new_message(h, 0, gfp);
}
EXPORT_SYMBOL_NS_GPL(cxio_message_new, CEPH_XIO);

/**
 * cxio_message_alloc() - make a message whose memory is its owner's
 * @h: its header
 * @gfp: how to allocate
 *
 * The owner sets its segments' pointers, and makes its data anew with cxio_data_init() and
 * what adds to it; all of it stays until the message's @release, or a revoke.
 *
 * Context: as @gfp says. Return: a reference, or NULL.
 */
struct cxio_message *cxio_message_alloc(const struct cxio_msg_header *h, gfp_t gfp)
{
	return new_message(h, BIT(CXIO_SEGMENTS) - 1, gfp);
}
EXPORT_SYMBOL_NS_GPL(cxio_message_alloc, CEPH_XIO);

/**
 * cxio_message_offer() - let the peer write the data of a message's reply to memory of ours
 * @m: the message, not sent yet, with a tid that no other message under way has
 * @reply: a message that is neither sent nor received otherwise, with data in memory; without
 *	@alloc_msg its front and middle are not the owner's; @m takes a reference
 *
 * It is offered if the peer can do that, one region can hold it, and not too many are open;
 * the peer does as it likes. It is to be taken back before the request goes elsewhere. What
 * comes with the tid of @m then is its reply. If @alloc_msg is there it is asked
 * as ever, and must return @reply if it returns a message; else a reply whose data was
 * written is dispatched as @reply. To take the memory back, see
 * cxio_message_revoke_incoming(): that breaks the queue pair while the peer may write.
 *
 * Context: may sleep.
 */
void cxio_message_offer(struct cxio_message *m, struct cxio_message *reply)
{
	cxio_message_get(reply);
	cxio_message_put(m->offers);
	m->offers = reply;
}
EXPORT_SYMBOL_NS_GPL(cxio_message_offer, CEPH_XIO);

/**
 * cxio_message_reply_to() - have a message be the reply to another
 * @m: the message, not sent yet; it may be the request itself
 * @request: a received message; the reply is to be sent on the connection it came on
 *
 * A request has one reply. It gets the request's tid, and its data is written to where the
 * request asked for it, if that can be done when it is sent.
 *
 * Context: any.
 */
void cxio_message_reply_to(struct cxio_message *m, const struct cxio_message *request)
{
	m->header.tid = request->header.tid;
	m->reply_sink = request->sink;
	m->reply_generation = request->generation;
}
EXPORT_SYMBOL_NS_GPL(cxio_message_reply_to, CEPH_XIO);

/**
 * cxio_message_get() - take a reference
 * @m: a message of which the caller has one
 *
 * Context: any.
 */
void cxio_message_get(struct cxio_message *m)
{
	kref_get(&m->ref);
}
EXPORT_SYMBOL_NS_GPL(cxio_message_get, CEPH_XIO);

/**
 * cxio_message_touched() - a device may touch its memory from here on
 * @m: the message, its @io held
 * @x: the carrier whose; no other one's may
 *
 * Context: the connection's work.
 */
void cxio_message_touched(struct cxio_message *m, struct cxio_xio *x)
{
	WARN_ON_ONCE(m->touched_by && m->touched_by != x);
	if (m->touches++)
		return;
	cxio_xio_get(x);
	m->touched_by = x;
}

/**
 * cxio_message_untouched() - a device touches its memory in one way less
 * @m: the message, its @io not held
 *
 * Context: the connection's work.
 */
void cxio_message_untouched(struct cxio_message *m)
{
	struct cxio_xio *x = NULL;

	mutex_lock(&m->io);
	if (!--m->touches)
		swap(x, m->touched_by);
	mutex_unlock(&m->io);
	if (x)
		cxio_xio_put(x);
}

/* It has taken of a window what is given back with it. */
static void leave_origin(struct cxio_message *m)
{
	struct cxio_connection *c = m->origin;

	if (!c)
		return;
	cxio_connection_returned(c, m);
	/* A revoke may be looking. */
	mutex_lock(&m->io);
	m->origin = NULL;
	mutex_unlock(&m->io);
	cxio_connection_put(c);
}

/**
 * cxio_message_comes() - a message is about to be filled
 * @m: the message; its owner may have given it once before, for a carrier that was lost
 * @h: its header
 * @carry: how it travels
 * @origin: the connection, of which the message takes a reference, and whose window it
 *	takes a part of; leave_origin() is the counterpart
 *
 * Context: the connection's work.
 */
void cxio_message_comes(struct cxio_message *m, const struct cxio_msg_header *h,
			const struct cxio_carry *carry, struct cxio_connection *origin)
{
	leave_origin(m);
	cxio_connection_get(origin);
	mutex_lock(&m->io);
	m->origin = origin;
	/* What it was dispatched for is over. */
	m->handed = false;
	mutex_unlock(&m->io);
	m->header = *h;
	m->generation = origin->generation;
	m->window = cxio_carry_payload(carry, h);
	m->read_bytes = 0;
	origin->held_msgs++;
	origin->held_bytes += m->window;
	/* What it offered then has died with the carrier. */
	memset(&m->sink, 0, sizeof(m->sink));
}

/* A peer's demand: rather fail than have others killed for it. */
#define GFP_FOR_PEER	(GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)

/**
 * cxio_message_for() - room for a message whose header came in
 * @h: the header; the lengths of what comes in frames were checked against the window
 * @carry: how it travels; cxio_message_place() makes room for what is to be read
 * @origin: the connection, of which the message takes a reference
 *
 * Context: the connection's work. Return: the message, or NULL.
 */
struct cxio_message *cxio_message_for(const struct cxio_msg_header *h,
				      const struct cxio_carry *carry,
				      struct cxio_connection *origin)
{
	struct cxio_message *m = new_message(h, carry->segments, GFP_FOR_PEER);

	if (m)
		cxio_message_comes(m, h, carry, origin);
	return m;
}

/**
 * cxio_message_skipped() - stand for a message that nobody wants
 * @h: the header
 * @carry: how it travels
 * @origin: the connection, of which the message takes a reference
 * @reserve: what its carrier has put by, which is never waited for: who writes back memory
 *	skips what he does not know
 *
 * Context: the connection's work. Return: the message, without memory, or NULL.
 */
struct cxio_message *cxio_message_skipped(const struct cxio_msg_header *h,
					  const struct cxio_carry *carry,
					  struct cxio_connection *origin, mempool_t *reserve)
{
	struct cxio_message *m;

	if (cxio_inject_alloc())
		return NULL;
	m = kmalloc(sizeof(*m), GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN);
	if (!m)
		m = mempool_alloc(reserve, GFP_NOWAIT | __GFP_NOWARN);
	if (!m)
		return NULL;
	memset(m, 0, sizeof(*m));
	m->reserve = reserve;
	begin_message(m, h);
	cxio_message_comes(m, h, carry, origin);
	m->skipped = true;
	return m;
}

/**
 * cxio_message_place() - make room for segments that are about to be read
 * @m: a received message
 * @segments: BIT(enum cxio_segment), those that had been left out
 *
 * Context: the connection's work; its @io is held, and it was not taken back. Return: 0
 * or -ENOMEM.
 */
int cxio_message_place(struct cxio_message *m, u8 segments)
{
	u32 i;

	for (i = 0; i < CXIO_SEGMENTS; i++) {
		bool there = i == CXIO_DATA ? m->data.length > 0 : !!m->segment[i];

		/* Its owner may have given it already. */
		if (segments & BIT(i) && !there && make_segment(m, i, GFP_FOR_PEER))
			return -ENOMEM;
	}
	return 0;
}

/**
 * cxio_message_refit() - make front and middle anew
 * @m: a message that is about to be filled, and may have been once before: what was made
 *	then may be shorter than what its header says now
 *
 * Context: the connection's work. Return: 0, -ENOMEM, or -EINVAL if its owner has put
 * memory there: nobody knows how much that is.
 */
int cxio_message_refit(struct cxio_message *m)
{
	u32 i;

	for (i = 0; i < CXIO_DATA; i++) {
		if (m->ours & BIT(i)) {
			kvfree(m->segment[i]);
			m->segment[i] = NULL;
			m->ours &= ~BIT(i);
		}
		if (m->segment[i])
			return -EINVAL;
		if (m->header.len[i] && make_segment(m, i, GFP_FOR_PEER))
			return -ENOMEM;
	}
	return 0;
}

/**
 * cxio_message_segment() - where a segment lies
 * @m: a message whose memory is there
 * @segment: enum cxio_segment, of length
 * @data: filled; refers to @item for front and middle
 * @item: room for one
 *
 * Context: any. Return: 0 or a negative errno.
 */
int cxio_message_segment(struct cxio_message *m, u32 segment, struct cxio_data *data,
			 struct cxio_item *item)
{
	if (segment == CXIO_DATA) {
		*data = m->data;
		return 0;
	}
	cxio_data_init(data, item, 1);
	return cxio_data_add_memory(data, m->segment[segment], m->header.len[segment]);
}

/**
 * cxio_message_crc() - CRC32C of a segment as it lies in memory
 * @m: the message
 * @segment: enum cxio_segment
 *
 * Context: any. Return: the CRC, seed 0.
 */
u32 cxio_message_crc(struct cxio_message *m, u32 segment)
{
	u32 crc = 0;

	if (segment == CXIO_DATA)
		cxio_data_crc32c(&m->data, 0, m->header.len[segment], 0, &crc);
	else
		crc = cxio_crc32c(0, m->segment[segment], m->header.len[segment]);
	return crc;
}

static void release_message(struct kref *ref)
{
	struct cxio_message *m = container_of(ref, struct cxio_message, ref);

	leave_origin(m);
	free_message(m);
}

/**
 * cxio_message_put() - drop a reference
 * @m: a message or NULL
 *
 * Context: may sleep.
 */
void cxio_message_put(struct cxio_message *m)
{
	if (m)
		kref_put(&m->ref, release_message);
}
EXPORT_SYMBOL_NS_GPL(cxio_message_put, CEPH_XIO);

/**
 * cxio_message_read() - copy payload of a message into a frame
 * @m: the message
 * @p: which bytes, and where in the frame
 * @frame: the frame
 */
void cxio_message_read(const struct cxio_message *m, const struct cxio_piece *p, void *frame)
{
	if (p->segment == CXIO_DATA)
		cxio_data_copy_out(&m->data, p->offset, p->len, frame + p->frame_off);
	else
		memcpy(frame + p->frame_off, m->segment[p->segment] + p->offset, p->len);
}

/**
 * cxio_message_write() - copy payload from a frame into a received message
 * @m: the message
 * @p: which bytes, and where in the frame; inside the header's lengths (I1)
 * @frame: the frame
 */
void cxio_message_write(struct cxio_message *m, const struct cxio_piece *p, const void *frame)
{
	if (p->segment == CXIO_DATA)
		cxio_data_copy_in(&m->data, p->offset, p->len, frame + p->frame_off);
	else
		memcpy(m->segment[p->segment] + p->offset, frame + p->frame_off, p->len);
}
