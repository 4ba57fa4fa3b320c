// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages: memory, references, and copies to and from frames.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "ceph_xio.h"

static void free_message(struct cxio_message *m)
{
	int i;

	for (i = 0; i < CXIO_SEGMENTS; i++)
		kvfree(m->segment[i]);
	kfree(m);
	cxio_object_add(CXIO_OBJ_MESSAGES, -1);
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
	struct cxio_message *m = kzalloc(sizeof(*m), gfp);
	int i;

	if (!m)
		return NULL;
	cxio_object_add(CXIO_OBJ_MESSAGES, 1);
	kref_init(&m->ref);
	INIT_LIST_HEAD(&m->link);
	m->header = *h;
	for (i = 0; i < CXIO_SEGMENTS; i++) {
		if (!h->len[i])
			continue;
		m->segment[i] = kvmalloc(h->len[i], gfp);
		if (!m->segment[i]) {
			free_message(m);
			return NULL;
		}
	}
	return m;
}

/**
 * cxio_message_for() - room for a message whose header came in
 * @h: the header; its lengths were checked against the window
 * @origin: the connection, of which the message takes a reference
 *
 * Context: the connection's work. Return: the message, or NULL.
 */
struct cxio_message *cxio_message_for(const struct cxio_msg_header *h,
				      struct cxio_connection *origin)
{
	/* A peer's demand: rather fail than have others killed for it. */
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL;
	struct cxio_message *m = cxio_message_new(h, gfp);

	if (!m)
		return NULL;
	cxio_connection_get(origin);
	m->origin = origin;
	return m;
}

/* What a received message took of the window goes back to its connection. */
static void return_window(struct cxio_message *m)
{
	struct cxio_connection *c = m->origin;
	bool ended;

	spin_lock_bh(&c->lock);
	ended = c->ended;
	c->consumed_msgs++;
	c->consumed_bytes += cxio_msg_payload(&m->header);
	spin_unlock_bh(&c->lock);
	if (!ended)
		cxio_connection_kick(c);
	cxio_connection_put(c);
}

static void release_message(struct kref *ref)
{
	struct cxio_message *m = container_of(ref, struct cxio_message, ref);

	if (m->origin)
		return_window(m);
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

/**
 * cxio_message_read() - copy payload of a message into a frame
 * @m: the message
 * @p: which bytes, and where in the frame
 * @frame: the frame
 */
void cxio_message_read(const struct cxio_message *m, const struct cxio_piece *p, void *frame)
{
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
	memcpy(m->segment[p->segment] + p->offset, frame + p->frame_off, p->len);
}
