// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Messages: memory, references, and copies to and from frames; messages on their way.
 *
 * A message is one piece of memory: the struct, and behind it what it has of its own of
 * front, middle and data. What was received and is long is in blocks, which devices can
 * read into, and out of again.
 */
#include <errno.h>
#include <stdlib.h>

#include "connection.h"
#include "plan.h"

/* What stands behind the struct begins at a multiple of this. */
#define PART_ALIGN	16u

/* --- messages --- */

static size_t room_for(size_t len)
{
	return (len + PART_ALIGN - 1) / PART_ALIGN * PART_ALIGN;
}

/* The struct with @own bytes behind it, which are zeroed if wanted. */
static struct cxio_message *new_message(const struct cxio_msg_header *h, size_t own, bool zeroed)
{
	size_t bytes = room_for(sizeof(struct cxio_message)) + own;
	struct cxio_message *m = zeroed ? calloc(1, bytes) : malloc(bytes);

	if (!m)
		return NULL;
	if (!zeroed)
		memset(m, 0, sizeof(*m));
	atomic_init(&m->refs, 1);
	cxio_list_init(&m->event.link);
	cxio_list_init(&m->link);
	m->header = *h;
	m->data = &m->one;
	atomic_fetch_add(&cxio_live_messages, 1);
	return m;
}

static char *behind(struct cxio_message *m)
{
	return (char *)m + room_for(sizeof(*m));
}

CXIO_EXPORT struct cxio_message *cxio_message_new(uint16_t type, uint64_t tid, size_t front_len,
						  size_t middle_len)
{
	struct cxio_msg_header h = {
		.tid = tid, .type = type, .priority = CXIO_PRIO_DEFAULT, .version = 1,
		.compat_version = 1, .src_type = CXIO_ENTITY_CLIENT,
	};
	struct cxio_message *m;

	if (front_len > CXIO_FRONT_MAX || middle_len > CXIO_MIDDLE_MAX) {
		errno = EMSGSIZE;
		return NULL;
	}
	h.len[CXIO_FRONT] = (u32)front_len;
	h.len[CXIO_MIDDLE] = (u32)middle_len;
	m = new_message(&h, room_for(front_len) + room_for(middle_len), true);
	if (!m)
		return NULL;
	if (front_len)
		m->segment[CXIO_FRONT] = behind(m);
	if (middle_len)
		m->segment[CXIO_MIDDLE] = behind(m) + room_for(front_len);
	return m;
}

static bool more_fragments(struct cxio_message *m)
{
	unsigned int room = m->data_room ? m->data_room * 2 : 4;
	struct cxio_fragment *data;

	data = reallocarray(m->data_room ? m->data : NULL, room, sizeof(*data));
	if (!data)
		return false;
	if (!m->data_room)
		data[0] = m->one;
	m->data = data;
	m->data_room = room;
	return true;
}

CXIO_EXPORT int cxio_message_add_data(struct cxio_message *m, const void *p, size_t len)
{
	/* What it took of the window must be what it gives back. */
	if (m->origin)
		return -EINVAL;
	if (len > CXIO_DATA_MAX - m->header.len[CXIO_DATA])
		return -EMSGSIZE;
	/* A fragment of no bytes cannot be exposed. */
	if (!len)
		return 0;
	if (m->data_count == (m->data_room ? m->data_room : 1) && !more_fragments(m))
		return -ENOMEM;
	m->data[m->data_count++] = (struct cxio_fragment){
		.base = (void *)(uintptr_t)p, .len = len,
	};
	m->header.len[CXIO_DATA] += (u32)len;
	return 0;
}

static void set_data(struct cxio_message *m, char *base, struct cxio_memory *block)
{
	m->one.base = base;
	m->one.len = m->header.len[CXIO_DATA];
	m->one.memory = block;
	m->data_count = 1;
}

static void charge(struct cxio_message *m, u32 msgs, u64 bytes)
{
	m->charged += bytes;
	if (m->throttle)
		cxio_throttle_charge(m->throttle, msgs, bytes);
}

static bool give_block(struct cxio_message *m, u32 segment, struct cxio_memory *block)
{
	if (!block)
		return false;
	if (segment == CXIO_DATA) {
		set_data(m, block->base, block);
	} else {
		m->block[segment] = block;
		m->segment[segment] = block->base;
	}
	return true;
}

/**
 * cxio_message_place() - memory for a segment that comes otherwise than in frames
 * @m: a message of cxio_message_for()
 * @segment: one of those said to be placed, once
 * @block: long enough, a reference, which passes; or NULL
 *
 * Return: false for NULL: there is no memory.
 */
bool cxio_message_place(struct cxio_message *m, u32 segment, struct cxio_memory *block)
{
	if (!give_block(m, segment, block))
		return false;
	charge(m, 0, m->header.len[segment]);
	return true;
}

/**
 * cxio_message_take_sink() - a reply's data lies where its request offered memory
 * @m: a message of cxio_message_for(), its data said to be placed
 * @memory: what that memory lies in; a reference is taken
 * @base: first byte of it
 */
void cxio_message_take_sink(struct cxio_message *m, struct cxio_memory *memory, void *base)
{
	set_data(m, base, cxio_memory_get(memory));
}

/**
 * cxio_message_block() - what a placed segment lies in
 * @m: a message of cxio_message_for()
 * @segment: one with memory by cxio_message_place()
 *
 * Return: the memory, not a reference.
 */
struct cxio_memory *cxio_message_block(const struct cxio_message *m, u32 segment)
{
	return segment == CXIO_DATA ? m->one.memory : m->block[segment];
}

static void put_blocks(struct cxio_message *m)
{
	cxio_memory_put(m->block[CXIO_FRONT]);
	cxio_memory_put(m->block[CXIO_MIDDLE]);
	/* Fragments of messages that are the application's have none. */
	cxio_memory_put(m->one.memory);
}

/* Does a segment of a received message stand behind the struct? */
static bool is_behind(const struct cxio_msg_header *h, u8 placed, u32 segment)
{
	u32 len = h->len[segment];

	return len && len < CXIO_BLOCK_MIN && !(placed & (1u << segment));
}

static bool divide(struct cxio_message *m, u8 placed)
{
	const struct cxio_msg_header *h = &m->header;
	char *next = behind(m);
	u32 segment;

	for (segment = 0; segment < CXIO_SEGMENTS; segment++) {
		u32 len = h->len[segment];

		if (is_behind(h, placed, segment)) {
			if (segment == CXIO_DATA)
				set_data(m, next, NULL);
			else
				m->segment[segment] = next;
			next += room_for(len);
		} else if (len && !(placed & (1u << segment)) &&
			   !give_block(m, segment, cxio_memory_block(m->origin->messenger, len))) {
			return false;
		}
	}
	return true;
}

/**
 * cxio_message_for() - room for a message whose header came in
 * @h: the header; its lengths were checked (I1)
 * @placed: BIT(enum cxio_segment) of those that get memory later, by cxio_message_place()
 * @origin: the connection it comes on; charged for it, and referenced
 *
 * What is in the memory is anything: every byte will be written.
 *
 * Return: a reference, or NULL: there is no memory.
 */
struct cxio_message *cxio_message_for(const struct cxio_msg_header *h, u8 placed,
				      struct cxio_connection *origin)
{
	struct cxio_message *m;
	u64 bytes = 0;
	size_t own = 0;
	u32 segment;

	for (segment = 0; segment < CXIO_SEGMENTS; segment++) {
		if (is_behind(h, placed, segment))
			own += room_for(h->len[segment]);
		if (!(placed & (1u << segment)))
			bytes += h->len[segment];
	}
	m = new_message(h, own, false);
	if (!m)
		return NULL;
	m->origin = cxio_connection_get(origin);
	m->throttle = origin->throttle;
	/* What has no memory yet, and waits for others' to be freed, must not hold them up. */
	charge(m, 1, bytes);
	if (divide(m, placed))
		return m;
	cxio_message_free(m);
	return NULL;
}

static bool copy_fragments(struct cxio_message *m, const struct cxio_message *from)
{
	unsigned int i;

	while (m->data_count < from->data_count) {
		if (m->data_count == (m->data_room ? m->data_room : 1) && !more_fragments(m))
			return false;
		m->data[m->data_count++].base = NULL;
	}
	for (i = 0; i < from->data_count; i++)
		m->data[i] = (struct cxio_fragment){
			.base = from->data[i].base, .len = from->data[i].len,
		};
	return true;
}

/**
 * cxio_message_twin() - what was sent to oneself, as it is received
 * @x: it; to be finished by who frees the twin: the sender's data is free then
 * @origin: the loopback
 *
 * Front and middle are copies, the data is the sender's.
 *
 * Return: a reference, or NULL: there is no memory.
 */
struct cxio_message *cxio_message_twin(struct cxio_xmsg *x, struct cxio_connection *origin)
{
	struct cxio_msg_header h = x->header;
	struct cxio_message *m;

	/* Its own of the data is nothing. */
	m = cxio_message_for(&h, 1u << CXIO_DATA, origin);
	if (!m)
		return NULL;
	if (!copy_fragments(m, x->message)) {
		cxio_message_free(m);
		return NULL;
	}
	if (h.len[CXIO_FRONT])
		memcpy(m->segment[CXIO_FRONT], x->message->segment[CXIO_FRONT], h.len[CXIO_FRONT]);
	if (h.len[CXIO_MIDDLE])
		memcpy(m->segment[CXIO_MIDDLE], x->message->segment[CXIO_MIDDLE],
		       h.len[CXIO_MIDDLE]);
	m->twin = x;
	return m;
}

/**
 * cxio_message_bytes() - where a segment is
 * @m: a received message
 * @segment: enum cxio_segment
 *
 * Return: its first byte, or NULL if it has none, or no memory yet.
 */
char *cxio_message_bytes(struct cxio_message *m, u32 segment)
{
	if (segment == CXIO_DATA)
		return m->data_count ? m->data[0].base : NULL;
	return m->segment[segment];
}

/**
 * cxio_message_write() - copy payload from a frame into a received message
 * @m: the message
 * @p: which bytes, and where in the frame; inside the header's lengths (I1), and of no
 *	segment that is placed
 * @frame: the frame
 */
void cxio_message_write(struct cxio_message *m, const struct cxio_piece *p, const void *frame)
{
	memcpy(cxio_message_bytes(m, p->segment) + p->offset,
	       (const char *)frame + p->frame_off, p->len);
}

/**
 * cxio_message_free() - a message that nobody uses ends
 * @m: the message: its last reference is put, @on_free was called
 *
 * Context: any thread.
 */
void cxio_message_free(struct cxio_message *m)
{
	struct cxio_connection *origin = m->origin;

	if (m->throttle)
		cxio_throttle_release(m->throttle, m->charged);
	put_blocks(m);
	if (m->data_room)
		free(m->data);
	free(m);
	atomic_fetch_sub(&cxio_live_messages, 1);
	/* Throttle and blocks are of its messenger: it goes last. */
	cxio_connection_put(origin);
}

CXIO_EXPORT void cxio_message_on_free(struct cxio_message *m, void (*fn)(void *arg), void *arg)
{
	m->on_free = fn;
	m->on_free_arg = arg;
}

CXIO_EXPORT void cxio_message_on_delivery(struct cxio_message *m,
					  void (*fn)(void *arg, struct cxio_message *m,
						     enum cxio_delivery what), void *arg)
{
	m->on_delivery = fn;
	m->on_delivery_arg = arg;
}

CXIO_EXPORT struct cxio_message *cxio_message_get(struct cxio_message *m)
{
	atomic_fetch_add(&m->refs, 1);
	return m;
}

CXIO_EXPORT void cxio_message_put(struct cxio_message *m)
{
	if (!m || atomic_fetch_sub(&m->refs, 1) != 1)
		return;
	if (m->on_free)
		m->on_free(m->on_free_arg);
	if (m->origin)
		cxio_connection_returned(m->origin, m);
	else
		cxio_message_free(m);
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

CXIO_EXPORT uint16_t cxio_message_priority(const struct cxio_message *m)
{
	return m->header.priority;
}

CXIO_EXPORT void cxio_message_set_priority(struct cxio_message *m, uint16_t priority)
{
	m->header.priority = priority;
}

CXIO_EXPORT uint16_t cxio_message_version(const struct cxio_message *m)
{
	return m->header.version;
}

CXIO_EXPORT void cxio_message_set_version(struct cxio_message *m, uint16_t version,
					  uint16_t compat)
{
	m->header.version = version;
	m->header.compat_version = compat;
}

CXIO_EXPORT struct cxio_connection *cxio_message_connection(const struct cxio_message *m)
{
	return m->origin;
}

CXIO_EXPORT void *cxio_message_front(struct cxio_message *m, size_t *len)
{
	*len = m->header.len[CXIO_FRONT];
	return m->segment[CXIO_FRONT];
}

CXIO_EXPORT void *cxio_message_middle(struct cxio_message *m, size_t *len)
{
	*len = m->header.len[CXIO_MIDDLE];
	return m->segment[CXIO_MIDDLE];
}

CXIO_EXPORT const void *cxio_message_data(struct cxio_message *m, size_t *len)
{
	*len = m->header.len[CXIO_DATA];
	return m->data_count == 1 ? m->data[0].base : NULL;
}

/* --- messages on their way --- */

/* A block of another messenger's is not known to this one's devices. */
static struct cxio_memory *memory_of(struct cxio_messenger *owner, const struct cxio_fragment *f)
{
	if (!f->memory)
		return cxio_memory_find(owner, f->base, f->len);
	return f->memory->messenger == owner ? cxio_memory_get(f->memory) : NULL;
}

static bool hold_memory(struct cxio_xmsg *x, struct cxio_messenger *owner)
{
	const struct cxio_message *m = x->message;
	unsigned int i;

	/* What is short is copied wherever it lies. */
	if (x->header.len[CXIO_DATA] < CXIO_RENDEZVOUS_MIN)
		return true;
	x->memory = &x->memory_one;
	if (m->data_count > 1) {
		x->memory = calloc(m->data_count, sizeof(*x->memory));
		if (!x->memory)
			return false;
	}
	for (i = 0; i < m->data_count; i++)
		x->memory[i] = memory_of(owner, &m->data[i]);
	return true;
}

/* A received message is sent on: its origin may take another in its place. */
static void lend(struct cxio_message *m)
{
	struct cxio_connection *c = m->origin;

	if (!c || atomic_fetch_add(&m->lent, 1))
		return;
	atomic_fetch_add(&c->lent_bytes, m->window);
	atomic_fetch_add(&c->lent_msgs, 1);
	if (atomic_exchange(&c->wants_room, false))
		cxio_connection_kick(c);
}

static void end_lent(struct cxio_message *m)
{
	struct cxio_connection *c = m->origin;

	if (!c || atomic_fetch_sub(&m->lent, 1) != 1)
		return;
	atomic_fetch_sub(&c->lent_msgs, 1);
	atomic_fetch_sub(&c->lent_bytes, m->window);
}

/**
 * cxio_xmsg_new() - a message begins its way over a connection
 * @owner: the connection's messenger
 * @m: the message; its reference passes to the xmsg, not if this fails
 *
 * Context: any thread. Return: the xmsg, or NULL: there is no memory.
 */
struct cxio_xmsg *cxio_xmsg_new(struct cxio_messenger *owner, struct cxio_message *m)
{
	struct cxio_xmsg *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	cxio_list_init(&x->link);
	x->message = m;
	x->header = m->header;
	x->header.seq = 0;
	if (!hold_memory(x, owner)) {
		free(x);
		return NULL;
	}
	lend(m);
	return x;
}

/* How many of the bytes at @offset of a fragment are to be had, at most @left. */
static size_t bytes_at(const struct cxio_fragment *f, size_t offset, size_t left)
{
	return f->len - offset < left ? f->len - offset : left;
}

/**
 * cxio_xmsg_read() - copy payload
 * @x: the message
 * @segment: enum cxio_segment
 * @offset: first byte of the segment
 * @len: bytes; inside the segment
 * @to: where to
 */
void cxio_xmsg_read(const struct cxio_xmsg *x, u32 segment, size_t offset, size_t len, void *to)
{
	const struct cxio_message *m = x->message;
	const struct cxio_fragment *f = m->data;
	char *next = to;

	if (segment != CXIO_DATA) {
		if (len)
			memcpy(next, m->segment[segment] + offset, len);
		return;
	}
	for (; len; f++) {
		size_t n;

		if (offset >= f->len) {
			offset -= f->len;
			continue;
		}
		n = bytes_at(f, offset, len);
		memcpy(next, f->base + offset, n);
		next += n;
		len -= n;
		offset = 0;
	}
}

/**
 * cxio_xmsg_crc() - the CRC of a segment
 * @x: the message
 * @segment: enum cxio_segment
 *
 * Return: as it stands in the footer.
 */
u32 cxio_xmsg_crc(const struct cxio_xmsg *x, u32 segment)
{
	const struct cxio_message *m = x->message;
	unsigned int i;
	u32 crc = 0;

	if (segment != CXIO_DATA)
		return cxio_crc32c(0, m->segment[segment], x->header.len[segment]);
	for (i = 0; i < m->data_count; i++)
		crc = cxio_crc32c(crc, m->data[i].base, (u32)m->data[i].len);
	return crc;
}

static void release_memory(struct cxio_xmsg *x)
{
	unsigned int i;

	for (i = 0; x->memory && i < x->message->data_count; i++)
		cxio_memory_put(x->memory[i]);
	if (x->memory != &x->memory_one)
		free(x->memory);
	x->memory = NULL;
}

/**
 * cxio_xmsg_tell() - tell the sender what became of a message
 * @x: the message
 * @what: what; released is told once, however often it is said
 *
 * Its memory is given back first: who is told may unregister and free it.
 */
void cxio_xmsg_tell(struct cxio_xmsg *x, enum cxio_delivery what)
{
	struct cxio_message *m = x->message;

	if (what == CXIO_DELIVERY_RELEASED) {
		if (x->released)
			return;
		x->released = true;
	}
	release_memory(x);
	if (m->on_delivery)
		m->on_delivery(m->on_delivery_arg, m, what);
}

static void end_xmsg(struct cxio_xmsg *x)
{
	if (x->outcome == CXIO_OUTCOME_ACKED) {
		cxio_xmsg_tell(x, CXIO_DELIVERY_RELEASED);
		cxio_xmsg_tell(x, CXIO_DELIVERY_ACKED);
	} else {
		cxio_xmsg_tell(x, CXIO_DELIVERY_DROPPED);
	}
	free(x->descs);
	cxio_hook_put(x->hook);
	end_lent(x->message);
	cxio_message_put(x->message);
	free(x);
}

/**
 * cxio_xmsg_finish() - a message's way is at its end
 * @x: the message, in no list; freed once no key to its memory is alive (I2)
 * @outcome: acked or dropped
 */
void cxio_xmsg_finish(struct cxio_xmsg *x, enum cxio_outcome outcome)
{
	x->outcome = outcome;
	if (!x->keys)
		end_xmsg(x);
}

/**
 * cxio_xmsg_key_died() - nobody can reach its memory by one of the keys any more
 * @x: the message; freed if it was finished and this was the last
 */
void cxio_xmsg_key_died(struct cxio_xmsg *x)
{
	if (!--x->keys && x->outcome != CXIO_OUTCOME_OPEN)
		end_xmsg(x);
}
