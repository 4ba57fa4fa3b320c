// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the peer may write the data of a reply to: offered with the request, and
 * taken from the peer before a byte of the reply is believed.
 *
 * Its keys are of the pool that a revoke ends, and change with the carrier's @qp_mutex held.
 * While there is a key the reply is touched by the carrier. What has the tid of the request
 * is its reply, however it travels: when it begins to come the key ends, and until that is
 * done the reply is neither read nor verified nor delivered.
 */
#include "ceph_xio.h"

/* The memory may be looked at: whoever takes it back waits for @reply's @io. */
static bool can_offer(const struct cxio_xio *x, const struct cxio_message *reply)
{
	/* A former carrier's device may still be at it. */
	if (reply->gone || reply->framed || reply->touched_by)
		return false;
	/* It came, and is its owner's: only the request has not been acknowledged. */
	if (reply->handed)
		return false;
	return cxio_data_count_regions(&reply->data, 0, reply->data.length,
				       x->sinks_pool.pages) == 1;
}

/**
 * cxio_sink_wanted() - is memory for its reply to go with a message?
 * @x: the carrier
 * @m: the message, its @io held
 *
 * Context: the work that serves it. Return: true if so; what is offered in the end
 * cxio_sink_offer() says.
 */
bool cxio_sink_wanted(const struct cxio_xio *x, const struct cxio_message *m)
{
	bool can;

	if (!m->offers || !m->header.tid || x->sinks == CXIO_SINKS || !x->sinks_pool.count ||
	    !(x->life.channel.agreed.features & CXIO_FEATURE_REPLY_SINK))
		return false;
	mutex_lock_nested(&m->offers->io, SINGLE_DEPTH_NESTING);
	can = can_offer(x, m->offers);
	mutex_unlock(&m->offers->io);
	return can;
}

static struct cxio_sink *free_sink(struct cxio_xio *x)
{
	u32 i;

	for (i = 0; i < CXIO_SINKS; i++)
		if (x->sink[i].state == CXIO_SINK_FREE)
			return &x->sink[i];
	return NULL;
}

/* The reply's @io and @qp_mutex are held. Return: false if it cannot be had now. */
static bool make_sink(struct cxio_xio *x, struct cxio_sink *s, struct cxio_message *reply)
{
	if (x->broke || !can_offer(x, reply))
		return false;
	s->mr = cxio_mr_take(&x->sinks_pool);
	if (!s->mr)
		return false;
	if (cxio_mr_map(s->mr, &reply->data, 0, reply->data.length,
			IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE) <= 0) {
		cxio_mr_give(s->mr);
		/* Its device will not take it the next time, either. */
		reply->framed = true;
		return false;
	}
	cxio_sq_add(x, cxio_mr_reg_wr(s->mr, NULL));
	cxio_message_touched(reply, x);
	return true;
}

/**
 * cxio_sink_offer() - make the key to the memory that a message offers
 * @x: the carrier, with room for the work request
 * @m: the message, about to begin, its @io held
 * @d: filled
 *
 * Context: the work that serves it. Return: false if it is not offered.
 */
bool cxio_sink_offer(struct cxio_xio *x, const struct cxio_message *m, struct cxio_desc *d)
{
	struct cxio_message *reply = m->offers;
	struct cxio_sink *s = free_sink(x);
	bool made;

	if (!s)
		return false;
	mutex_lock_nested(&reply->io, SINGLE_DEPTH_NESTING);
	mutex_lock(&x->qp_mutex);
	made = make_sink(x, s, reply);
	if (made)
		*d = (struct cxio_desc){
			.addr = s->mr->addr, .rkey = s->mr->rkey, .length = s->mr->length,
			.segment = CXIO_SINK,
		};
	mutex_unlock(&x->qp_mutex);
	mutex_unlock(&reply->io);
	if (!made)
		return false;
	cxio_message_get(reply);
	s->length = d->length;
	s->reply = reply;
	s->tid = m->header.tid;
	s->arrival = NULL;
	s->state = CXIO_SINK_OFFERED;
	x->sinks++;
	return true;
}

/**
 * cxio_sink_of() - what was offered for a reply
 * @x: the carrier
 * @tid: of a message that begins to come
 *
 * Context: the work that serves it. Return: a sink that nothing has come for yet, or NULL.
 */
struct cxio_sink *cxio_sink_of(struct cxio_xio *x, u64 tid)
{
	u32 i;

	for (i = 0; i < CXIO_SINKS && x->sinks; i++)
		if (x->sink[i].state == CXIO_SINK_OFFERED && x->sink[i].tid == tid)
			return &x->sink[i];
	return NULL;
}

/**
 * cxio_sink_to() - is there a key to a message's memory?
 * @x: the carrier
 * @m: a message that begins to come, perhaps not for the first time
 *
 * Context: the work that serves it. Return: the sink, or NULL.
 */
struct cxio_sink *cxio_sink_to(struct cxio_xio *x, const struct cxio_message *m)
{
	u32 i;

	for (i = 0; i < CXIO_SINKS && x->sinks; i++)
		if (x->sink[i].state != CXIO_SINK_FREE && x->sink[i].reply == m)
			return &x->sink[i];
	return NULL;
}

/**
 * cxio_sink_due() - the peer has had its time
 * @s: a sink; its key ends in cxio_serve_sinks()
 *
 * Context: the work that serves its carrier.
 */
void cxio_sink_due(struct cxio_sink *s)
{
	if (s->state == CXIO_SINK_OFFERED)
		s->state = CXIO_SINK_DUE;
}

/**
 * cxio_sink_awaited() - a message waits until the key is dead
 * @s: the sink, which nothing waits for
 * @a: the message's arrival
 *
 * Context: the work that serves its carrier.
 */
void cxio_sink_awaited(struct cxio_sink *s, struct cxio_arrival *a)
{
	cxio_sink_due(s);
	s->arrival = a;
	a->sink = s;
	a->state.exposed = true;
}

/**
 * cxio_sink_withdraw() - a message that offered memory does not come: nor does its reply
 * @x: the carrier
 * @m: the message
 *
 * Context: the work that serves it.
 */
void cxio_sink_withdraw(struct cxio_xio *x, const struct cxio_message *m)
{
	struct cxio_sink *s = m->offers ? cxio_sink_to(x, m->offers) : NULL;

	if (s)
		cxio_sink_due(s);
}

static bool end_sink(struct cxio_xio *x, struct cxio_sink *s)
{
	bool dead;

	mutex_lock(&x->qp_mutex);
	/*
	 * If the peer did not write there, or so it says, the memory has what was copied there
	 * meanwhile, and keeps it.
	 */
	s->mr->unread = !s->arrival || !s->arrival->carry.written;
	dead = cxio_key_ended(x, s->mr);
	mutex_unlock(&x->qp_mutex);
	return dead;
}

/* Return: the arrival that has waited for it, or NULL. */
static struct cxio_arrival *sink_is_dead(struct cxio_xio *x, struct cxio_sink *s)
{
	struct cxio_message *reply = s->reply;
	struct cxio_arrival *a = s->arrival;

	*s = (struct cxio_sink){ .state = CXIO_SINK_FREE };
	x->sinks--;
	if (a) {
		a->sink = NULL;
		a->state.exposed = false;
	}
	cxio_message_untouched(reply);
	cxio_message_put(reply);
	return a;
}

/**
 * cxio_serve_sinks() - keys may be due, or have died
 * @x: the carrier; what is made is to be flushed
 *
 * Context: the work that serves it.
 */
void cxio_serve_sinks(struct cxio_xio *x)
{
	struct cxio_arrival *a;
	u32 i;

	for (i = 0; i < CXIO_SINKS && x->sinks && cxio_life_flows(&x->life); i++) {
		struct cxio_sink *s = &x->sink[i];

		if (s->state != CXIO_SINK_DUE || !end_sink(x, s))
			continue;
		a = sink_is_dead(x, s);
		if (a && x->host && x->host->carrier == x)
			cxio_arrival_goes_on(x, a);
	}
}

/**
 * cxio_sinks_lost() - the queue pair is drained, the memory is unmapped
 * @x: the carrier
 *
 * Context: the work that serves it.
 */
void cxio_sinks_lost(struct cxio_xio *x)
{
	u32 i;

	for (i = 0; i < CXIO_SINKS; i++)
		if (x->sink[i].state != CXIO_SINK_FREE)
			sink_is_dead(x, &x->sink[i]);
}
