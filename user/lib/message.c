// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Messages: memory, references, and copies to and from frames.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

atomic_ulong cxio_live_messages;

static struct cxio_message *alloc_message(const struct cxio_msg_header *h)
{
	struct cxio_message *m = calloc(1, sizeof(*m));
	size_t front = h->len[CXIO_FRONT], middle = h->len[CXIO_MIDDLE];

	if (!m)
		return NULL;
	atomic_init(&m->refs, 1);
	cxio_list_init(&m->link);
	m->header = *h;
	m->front = front ? calloc(1, front) : NULL;
	m->middle = middle ? calloc(1, middle) : NULL;
	if ((front && !m->front) || (middle && !m->middle)) {
		free(m->front);
		free(m->middle);
		free(m);
		return NULL;
	}
	atomic_fetch_add(&cxio_live_messages, 1);
	return m;
}

CXIO_EXPORT struct cxio_message *cxio_message_new(uint16_t type, uint64_t tid, size_t front_len,
						  size_t middle_len)
{
	struct cxio_msg_header h = {
		.tid = tid, .type = type, .priority = CXIO_PRIO_DEFAULT, .version = 1,
		.compat_version = 1, .src_type = CXIO_ENTITY_CLIENT,
	};

	if (front_len > CXIO_FRONT_MAX || middle_len > CXIO_MIDDLE_MAX) {
		errno = EMSGSIZE;
		return NULL;
	}
	h.len[CXIO_FRONT] = (u32)front_len;
	h.len[CXIO_MIDDLE] = (u32)middle_len;
	return alloc_message(&h);
}

CXIO_EXPORT int cxio_message_add_data(struct cxio_message *m, const void *p, size_t len)
{
	struct iovec *data;

	/* What it took of the window must be what it gives back. */
	if (m->origin)
		return -EINVAL;
	if (len > CXIO_DATA_MAX - m->header.len[CXIO_DATA])
		return -EMSGSIZE;
	if (m->data_count == m->data_room) {
		unsigned int room = m->data_room ? m->data_room * 2 : 4;

		data = reallocarray(m->data, room, sizeof(*data));
		if (!data)
			return -ENOMEM;
		m->data = data;
		m->data_room = room;
	}
	m->data[m->data_count].iov_base = (void *)(uintptr_t)p;
	m->data[m->data_count++].iov_len = len;
	m->header.len[CXIO_DATA] += (u32)len;
	return 0;
}

/**
 * cxio_message_for() - room for a message whose header came in
 * @h: the header; its lengths were checked against the window
 * @origin: the connection, of which the message takes a reference
 *
 * Return: the message, or NULL.
 */
struct cxio_message *cxio_message_for(const struct cxio_msg_header *h,
				      struct cxio_connection *origin)
{
	struct cxio_msg_header own = *h;
	size_t len = h->len[CXIO_DATA];
	struct cxio_message *m;

	own.len[CXIO_DATA] = 0;
	m = alloc_message(&own);
	if (!m)
		return NULL;
	if (len) {
		m->data_own = malloc(len);
		if (!m->data_own || cxio_message_add_data(m, m->data_own, len)) {
			cxio_message_put(m);
			return NULL;
		}
	}
	m->origin = cxio_connection_get(origin);
	return m;
}

CXIO_EXPORT void cxio_message_on_free(struct cxio_message *m, void (*fn)(void *arg), void *arg)
{
	m->on_free = fn;
	m->on_free_arg = arg;
}

CXIO_EXPORT struct cxio_message *cxio_message_get(struct cxio_message *m)
{
	atomic_fetch_add(&m->refs, 1);
	return m;
}

/* What a received message took of the window goes back to its connection. */
static void return_window(struct cxio_message *m)
{
	struct cxio_connection *c = m->origin;

	pthread_mutex_lock(&c->portal->lock);
	if (!c->ended) {
		c->consumed_msgs++;
		c->consumed_bytes += cxio_msg_payload(&m->header);
		cxio_portal_kick_locked(c->portal, c);
	}
	pthread_mutex_unlock(&c->portal->lock);
	cxio_connection_put(c);
}

CXIO_EXPORT void cxio_message_put(struct cxio_message *m)
{
	if (!m || atomic_fetch_sub(&m->refs, 1) != 1)
		return;
	if (m->on_free)
		m->on_free(m->on_free_arg);
	if (m->origin)
		return_window(m);
	free(m->front);
	free(m->middle);
	free(m->data_own);
	free(m->data);
	free(m);
	atomic_fetch_sub(&cxio_live_messages, 1);
}

CXIO_EXPORT uint16_t cxio_message_type(const struct cxio_message *m)
{
	return m->header.type;
}

CXIO_EXPORT uint64_t cxio_message_tid(const struct cxio_message *m)
{
	return m->header.tid;
}

CXIO_EXPORT uint64_t cxio_message_seq(const struct cxio_message *m)
{
	return m->header.seq;
}

CXIO_EXPORT void *cxio_message_front(struct cxio_message *m, size_t *len)
{
	*len = m->header.len[CXIO_FRONT];
	return m->front;
}

CXIO_EXPORT void *cxio_message_middle(struct cxio_message *m, size_t *len)
{
	*len = m->header.len[CXIO_MIDDLE];
	return m->middle;
}

CXIO_EXPORT const void *cxio_message_data(struct cxio_message *m, size_t *len)
{
	*len = m->header.len[CXIO_DATA];
	return m->data_count == 1 ? m->data[0].iov_base : NULL;
}

static void *segment_bytes(const struct cxio_message *m, u32 segment)
{
	return segment == CXIO_FRONT ? m->front : m->middle;
}

/**
 * cxio_message_read() - copy payload of a message into a frame
 * @m: the message
 * @p: which bytes, and where in the frame
 * @frame: the frame
 */
void cxio_message_read(const struct cxio_message *m, const struct cxio_piece *p, void *frame)
{
	char *to = (char *)frame + p->frame_off;
	size_t skip = p->offset, left = p->len;
	unsigned int i;

	if (p->segment != CXIO_DATA) {
		memcpy(to, (char *)segment_bytes(m, p->segment) + skip, left);
		return;
	}
	for (i = 0; i < m->data_count && left; i++) {
		const struct iovec *v = &m->data[i];
		size_t n;

		if (skip >= v->iov_len) {
			skip -= v->iov_len;
			continue;
		}
		n = v->iov_len - skip < left ? v->iov_len - skip : left;
		memcpy(to, (char *)v->iov_base + skip, n);
		to += n;
		left -= n;
		skip = 0;
	}
}

/**
 * cxio_message_write() - copy payload from a frame into a received message
 * @m: a message of cxio_message_for(): its data is one fragment of its own
 * @p: which bytes, and where in the frame; inside the header's lengths (I1)
 * @frame: the frame
 */
void cxio_message_write(struct cxio_message *m, const struct cxio_piece *p, const void *frame)
{
	char *base = p->segment == CXIO_DATA ? m->data_own : segment_bytes(m, p->segment);

	memcpy(base + p->offset, (const char *)frame + p->frame_off, p->len);
}
