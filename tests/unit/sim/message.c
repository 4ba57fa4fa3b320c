// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A sender's messages: their memory, its keys, and what their owner is told.
 */
#include "sim.h"

static void *grown(void *table, u32 count, u32 *room, size_t size)
{
	if (count < *room)
		return table;
	*room = *room ? 2 * *room : 64;
	table = realloc(table, *room * size);
	if (!table)
		abort();
	return table;
}

/**
 * msg_new() - a message with its memory
 * @ep: whose
 *
 * Return: the message, without a length.
 */
struct msg *msg_new(struct ep *ep)
{
	struct sim *sim = ep->sim;
	struct msg *m = sim_alloc(sizeof(*m));

	sim->all = grown(sim->all, sim->messages, &sim->messages_room, sizeof(*sim->all));
	m->id = sim->messages;
	m->side = ep->side;
	m->h.src_num = m->id;
	m->h.tid = m->id;
	m->h.type = CXIO_MSG_PING;
	m->h.priority = CXIO_PRIO_DEFAULT;
	m->h.src_type = CXIO_ENTITY_CLIENT;
	sim->all[sim->messages++] = m;
	return m;
}

/**
 * key_find() - what a key stands for
 * @sim: the world
 * @rkey: any number
 *
 * Return: the key, perhaps a dead one, or NULL.
 */
struct key *key_find(struct sim *sim, u32 rkey)
{
	return rkey && rkey <= sim->n_keys ? sim->keys[rkey - 1] : NULL;
}

static struct key *new_key(struct msg *m, struct conn *c)
{
	struct sim *sim = c->ep->sim;
	struct key *k = sim_alloc(sizeof(*k));

	sim->keys = grown(sim->keys, sim->n_keys, &sim->keys_room, sizeof(*sim->keys));
	sim->keys[sim->n_keys] = k;
	k->rkey = ++sim->n_keys;
	k->valid = true;
	k->link = c->link->id;
	k->side = c->ep->side;
	k->m = m;
	k->next = c->keys;
	c->keys = k;
	return k;
}

/* What is told when no device can touch the memory any more, in this order. */
static void tell(struct msg *m, enum outcome outcome, struct sim *sim)
{
	sim_must(sim, !m->outcome, "two outcomes of one message", m->id, outcome);
	sim_must(sim, !m->keys, "told with a key alive", m->id, m->keys);
	if (outcome == OUT_ACKED) {
		m->sent = true;
		m->released = true;
		sim_count(sim, acked);
	}
	if (outcome == OUT_REPORTED)
		sim_count(sim, reported);
	m->outcome = outcome;
}

/**
 * msg_finish() - a message has left its session's list
 * @m: the message
 * @outcome: what its owner is to be told, once its keys are dead
 * @sim: the world
 */
void msg_finish(struct msg *m, enum outcome outcome, struct sim *sim)
{
	if (m->revoked && outcome != OUT_DIED)
		outcome = OUT_REVOKED;
	sim_must(sim, !m->pending && !m->outcome, "finished twice", m->id, outcome);
	m->pending = outcome;
	if (!m->keys)
		tell(m, outcome, sim);
	else if (outcome == OUT_ACKED)
		sim_count(sim, done_after_ack);
}

/**
 * key_kill() - a key is dead: invalidated, or its queue pair is
 * @sim: the world
 * @k: the key; it counts for its message until now
 */
void key_kill(struct sim *sim, struct key *k)
{
	struct msg *m = k->m;

	k->valid = false;
	k->m = NULL;
	if (k->sink) {
		if (m->sink == k)
			m->sink = NULL;
		if (m->revoked && !m->keys)
			m->revoke_told = true;
		return;
	}
	if (--m->keys)
		return;
	if (m->revoked)
		m->revoke_told = true;
	if (m->pending && !m->outcome)
		tell(m, m->pending, sim);
}

static void expose_segment(struct msg *m, struct conn *c, u32 segment, struct cxio_desc *d,
			   u32 *count)
{
	u32 each = m->h.len[segment] / m->descs[segment], off = 0, i;

	for (i = 0; i < m->descs[segment]; i++) {
		struct key *k = new_key(m, c);

		k->segment = segment;
		k->off = off;
		k->len = i + 1 < m->descs[segment] ? each : m->h.len[segment] - off;
		k->invalidate = prng_once_in(&c->ep->sim->prng, 2);
		off += k->len;
		m->keys++;
		d[(*count)++] = (struct cxio_desc){
			.addr = (u64)k->rkey << 32 | k->off, .rkey = k->rkey, .length = k->len,
			.segment = (u8)segment,
			.flags = k->invalidate ? CXIO_DESC_INVALIDATE : 0,
		};
	}
}

static void expose_sink(struct msg *m, struct conn *c, struct cxio_desc *d, u32 *count)
{
	struct key *k = new_key(m, c);

	k->sink = true;
	k->len = m->sink_len;
	m->sink = k;
	if (!m->sink_data)
		m->sink_data = sim_alloc(m->sink_len);
	d[(*count)++] = (struct cxio_desc){
		.addr = (u64)k->rkey << 32, .rkey = k->rkey, .length = k->len,
		.segment = CXIO_SINK,
	};
	sim_count(c->ep->sim, sink_offers);
}

/**
 * msg_expose() - make the keys a message needs, and write its list of them
 * @m: the message; its carry says which segments, and how many descriptors
 * @c: the connection they are good for
 */
void msg_expose(struct msg *m, struct conn *c)
{
	struct cxio_desc d[16];
	u32 segment, count = 0;

	for (segment = 0; segment < CXIO_SEGMENTS; segment++) {
		if (m->carry.segments & (1u << segment))
			expose_segment(m, c, segment, d, &count);
		if (!cxio_carry_inline(&m->carry, segment))
			m->carry.crc[segment] = cxio_crc32c(0, sim_content(m->id, segment),
							    m->h.len[segment]);
	}
	if (m->carry.descs > count)
		expose_sink(m, c, d, &count);
	sim_must(c->ep->sim, count == m->carry.descs, "descriptors", count, m->carry.descs);
	if (count)
		cxio_descs_encode(d, count, m->carry.segments, m->list);
}

static void unlink_msg(struct sess *s, struct msg *m)
{
	struct msg **at = &s->head;

	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	if (!*at)
		s->tail = at;
	if (s->out == m)
		s->out = m->next;
}

/*
 * I7: a device may be at the memory: nothing but the queue pair's end stops it for sure.
 * If that came already, only the flush is awaited.
 */
static void break_connection(struct conn *c, const struct msg *m)
{
	const struct key *k;

	for (k = c->keys; k && k->m != m; k = k->next)
		;
	if (!k || c->gone)
		return;
	c->broke = true;
	conn_lost(c, CXIO_FAULT_TRANSPORT);
}

/**
 * msg_revoke() - the owner of a message wants its memory back
 * @s: its session
 * @m: the message; it is in the session's list, or its sink is alive
 */
void msg_revoke(struct sess *s, struct msg *m)
{
	struct sim *sim = s->ep->sim;
	struct conn *c = s->conn;
	bool here = c && c->link->id == m->end_link;
	bool exposed = m->keys, sink = m->sink;

	m->revoked = true;
	m->revoke_told = !exposed && !sink;
	sim_note(sim, "%s: message %llu, seq %llu, keys %llu", "revoke", m->id, m->h.seq, m->keys);
	if (m->outcome || m->pending) {
		sim_count(sim, revoked_sink);
	} else if (!m->ever_begun) {
		sim_count(sim, revoked_queued);
		unlink_msg(s, m);
		msg_finish(m, OUT_REVOKED, sim);
	} else if (exposed || sink) {
		sim_count(sim, revoked_exposed);
	} else if (m->begun && !here) {
		sim_count(sim, revoked_half);
	} else if (here && m->begun) {
		sim_count(sim, revoked_sent);
		/* Its bytes are gone: the tombstone is for a replay; to tell it now is a favour. */
		if (!c->told && prng_once_in(&sim->prng, 2))
			c->told = m;
	} else {
		sim_count(sim, revoked_waiting);
	}
	if (c && (exposed || sink))
		break_connection(c, m);
	else if (c)
		conn_pump(c);
}

/**
 * msg_refused() - no window of the peer will ever take a message
 * @s: its session
 * @m: the message
 *
 * Only what nobody honest offers comes to this: see plan() in pump.c.
 */
void msg_refused(struct sess *s, struct msg *m)
{
	if (m->ever_begun) {
		m->revoked = true;
		return;
	}
	unlink_msg(s, m);
	msg_finish(m, OUT_REPORTED, s->ep->sim);
}
