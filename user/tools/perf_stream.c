// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Messages are made once and sent again as soon as they were acknowledged: a
 * measurement is to show the way of a message, not how one is made.
 */
#include <stdlib.h>

#include "perf.h"

static void delivered(void *arg, struct cxio_message *m, enum cxio_delivery what)
{
	struct perf_slot *slot = arg;
	struct perf_stream *s = slot->stream;
	uint64_t owed;

	(void)m;
	if (what == CXIO_DELIVERY_RELEASED)
		return;
	slot->next = s->free;
	s->free = slot;
	s->out--;
	if (what == CXIO_DELIVERY_ACKED)
		s->acked++;
	else
		s->dropped++;
	if (s->owed) {
		owed = s->owed;
		s->owed = 0;
		perf_stream_post(s, owed);
	}
	s->moved(s->arg);
}

static struct cxio_message *make(uint16_t type, uint64_t tid, const void *data, size_t size)
{
	struct cxio_message *m = cxio_message_new(type, tid, 0, 0);

	if (m && size && cxio_message_add_data(m, data, size)) {
		cxio_message_put(m);
		m = NULL;
	}
	return m;
}

/**
 * perf_stream_init() - make the messages
 * @s: zeroed, but for @moved and @arg
 * @c: where they will go
 * @type: of each
 * @slots: how many
 * @data: their data, all the same
 * @size: bytes of it
 *
 * Return: false if there is no memory.
 */
bool perf_stream_init(struct perf_stream *s, struct cxio_connection *c, uint16_t type,
		      uint64_t slots, const void *data, size_t size)
{
	uint64_t i;

	s->connection = c;
	s->slot = calloc(slots, sizeof(*s->slot));
	if (!s->slot)
		return false;
	for (i = 0; i < slots; i++) {
		struct perf_slot *slot = &s->slot[i];

		slot->stream = s;
		slot->message = make(type, i + 1, data, size);
		if (!slot->message)
			break;
		cxio_message_on_delivery(slot->message, delivered, slot);
		slot->next = s->free;
		s->free = slot;
		s->slots++;
	}
	if (s->slots == slots)
		return true;
	perf_stream_fini(s);
	return false;
}

/**
 * perf_stream_fini() - done with the messages
 * @s: the stream; nothing of it is under way
 */
void perf_stream_fini(struct perf_stream *s)
{
	uint64_t i;

	for (i = 0; i < s->slots; i++)
		cxio_message_put(s->slot[i].message);
	free(s->slot);
	s->slot = NULL;
	s->slots = 0;
	s->free = NULL;
}

/**
 * perf_stream_post() - send messages
 * @s: the stream
 * @n: how many; those that none is free for go when one is
 *
 * Context: the connection's portal.
 */
void perf_stream_post(struct perf_stream *s, uint64_t n)
{
	struct perf_slot *slot;

	for (; n && s->free; n--) {
		slot = s->free;
		s->free = slot->next;
		s->out++;
		s->posted++;
		/* A refusal means that the connection is over: its end is told. */
		if (!cxio_connection_send(s->connection, cxio_message_get(slot->message)))
			continue;
		s->out--;
		s->dropped++;
		slot->next = s->free;
		s->free = slot;
		return;
	}
	s->owed += n;
}
