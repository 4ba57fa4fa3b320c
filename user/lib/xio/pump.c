// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Frames out: what the channel asks for, made and posted.
 */
#include <errno.h>

#include "xio.h"

/* Work requests that one message may need beside its frame. */
#define MESSAGE_WRS	(2 * XIO_PIECES + 4)

static void step_on(struct cxio_connection *c, struct cxio_xmsg *m)
{
	c->out = m->link.next == &c->queue ? NULL :
		 cxio_entry(m->link.next, struct cxio_xmsg, link);
}

static bool has_message(const struct cxio_xio *x)
{
	const struct cxio_connection *c = x->connection;

	return c && c->carrier == x && c->out;
}

/* What is to be sent next, or NULL: if it has to wait for windows or work requests, too. */
static struct cxio_xmsg *next_message(struct cxio_xio *x)
{
	struct cxio_connection *c = x->connection;
	struct cxio_xmsg *m;

	if (!has_message(x))
		return NULL;
	m = c->out;
	if (m->begun || m->revoked)
		return m;
	if (!m->planned && !xio_plan(x, m))
		return NULL;
	if ((m->carry.descs || m->carry.written) && !xio_sq_room(x, MESSAGE_WRS)) {
		x->short_of_wrs = true;
		x->wait_done = true;
		return NULL;
	}
	return m;
}

static void count_message(struct cxio_xio *x, const struct cxio_xmsg *m, bool whole)
{
	if (m->carry.written)
		x->counts.sent_sink++;
	else if (m->carry.segments)
		x->counts.sent_rendezvous++;
	else if (whole)
		x->counts.sent_inline++;
	else
		x->counts.sent_chained++;
}

/* Return: its length, or 0 if it cannot be made: the carrier is ended then. */
static u32 message_frame(struct cxio_xio *x, struct cxio_xmsg *m, bool begin, void *frame)
{
	struct cxio_channel *ch = &x->life.channel;
	const struct cxio_pieces *pieces;
	enum cxio_fault fault;
	bool last;
	u32 i, len;

	pieces = begin ? cxio_channel_msg_begin(ch, &m->header, &m->carry) :
			 cxio_channel_msg_more(ch);
	m->begun = true;
	for (i = 0; i < pieces->count; i++) {
		const struct cxio_piece *p = &pieces->piece[i];
		char *to = (char *)frame + p->frame_off;

		if (p->segment == CXIO_PART_DESCS)
			memcpy(to, m->descs + p->offset, p->len);
		else
			cxio_xmsg_read(m, p->segment, p->offset, p->len, to);
	}
	len = cxio_channel_msg_seal(ch, frame, &last);
	if (begin)
		count_message(x, m, last);
	if (!last)
		return len;
	step_on(x->connection, m);
	fault = xio_sign(x, frame, len);
	if (!fault)
		return len;
	xio_end(x, fault, false, "a message cannot be signed");
	return 0;
}

/* A message that no window of this peer will ever take. */
static void refuse_message(struct cxio_xio *x, struct cxio_xmsg *m)
{
	/* It has a number: the peer is told that it does not come. */
	if (m->header.seq) {
		m->revoked = true;
		return;
	}
	step_on(x->connection, m);
	cxio_list_remove(&m->link);
	cxio_xmsg_finish(m, CXIO_OUTCOME_DROPPED);
	/* It may have been the last that was waited for. */
	cxio_connection_drained(x->connection);
}

/* One frame, if one is due. Return: false if none is. */
static bool make_frame(struct cxio_xio *x)
{
	struct cxio_channel *ch = &x->life.channel;
	struct cxio_offer offer = { 0 };
	struct cxio_xmsg *m;
	void *frame = xio_send_slot(x);
	u32 len, rkey = 0;
	enum cxio_tx_kind kind;

	if (!frame)
		return false;
	m = next_message(x);
	offer.done = x->dones;
	offer.held = !m && has_message(x);
	if (m) {
		offer.header = &m->header;
		offer.carry = &m->carry;
		offer.revoked = m->revoked;
	}
	kind = cxio_life_next(&x->life, &offer, x->portal->now);
	switch (kind) {
	case CXIO_TX_CONTROL:
		len = cxio_channel_control(ch, frame, ch->control == CXIO_FRAME_KEEPALIVE ?
					   cxio_portal_look_at_clock(x->portal) :
					   x->portal->now);
		break;
	case CXIO_TX_GREETING:
		len = cxio_channel_greeting(ch, frame, cxio_auth_out(&x->auth));
		break;
	case CXIO_TX_DONE:
		len = xio_done_frame(x, frame, &rkey);
		break;
	case CXIO_TX_BEGIN:
		if ((m->carry.descs || m->carry.written) && !xio_expose(x, m)) {
			xio_end(x, CXIO_FAULT_NO_MEMORY, false,
				"memory cannot be registered; is 'ulimit -l' high enough?");
			return false;
		}
		len = message_frame(x, m, true, frame);
		break;
	case CXIO_TX_MORE:
		/* It is begun, and has no more than credits to wait for. */
		if (!m)
			return false;
		len = message_frame(x, m, false, frame);
		break;
	case CXIO_TX_REVOKED:
		len = cxio_channel_revoked(ch, frame, m->header.seq);
		m->begun = true;
		step_on(x->connection, m);
		break;
	case CXIO_TX_REFUSED:
		refuse_message(x, m);
		return true;
	default:
		return false;
	}
	if (!len)
		return false;
	xio_send_add(x, len, rkey);
	return true;
}

static void pump(struct cxio_xio *x)
{
	x->short_of_wrs = false;
	if (!cxio_life_flows(&x->life))
		return;
	xio_post_invalidations(x);
	while (cxio_life_flows(&x->life) && make_frame(x))
		;
	if (xio_sq_flush(x))
		cxio_life_lost(&x->life);
}

/**
 * xio_pump() - make and post every frame that may go now
 * @x: the carrier
 */
void xio_pump(struct cxio_xio *x)
{
	do {
		pump(x);
	} while (xio_arm_sends(x));
	if (cxio_life_flows(&x->life))
		cxio_life_settle(&x->life, xio_sq_idle(x), x->portal->now);
	xio_snapshot(x);
	xio_set_timer(x);
	xio_follow(x);
}
