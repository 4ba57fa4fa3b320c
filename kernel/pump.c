// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames out: what the channel asks for, made and posted.
 */
#include <linux/ktime.h>

#include "ceph_xio.h"

static void step_on(struct cxio_connection *c, struct cxio_message *m)
{
	c->out = cxio_connection_behind(c, m);
}

static bool plan(struct cxio_xio *x, struct cxio_message *m)
{
	bool done;

	mutex_lock(&m->io);
	/* Where its data is may be looked at no more. */
	done = m->gone || cxio_plan(x, m);
	mutex_unlock(&m->io);
	return done;
}

/* What is to be sent next, or NULL: if it has to wait for regions or work requests, too. */
static struct cxio_message *next_message(struct cxio_xio *x, bool *held)
{
	struct cxio_connection *c = x->host;
	struct cxio_message *m;
	u32 wrs;

	*held = false;
	if (!c || c->carrier != x || !c->out)
		return NULL;
	m = c->out;
	if (m->begun || m->revoked || READ_ONCE(m->gone))
		return m;
	*held = true;
	/* A former carrier's device may still be at it: it is torn down before long. */
	if (m->keys && m->touched_by != x)
		return NULL;
	if (!m->planned && !plan(x, m))
		return NULL;
	/* Each a registration; with a WRITE that, too. */
	wrs = m->carry.descs + (m->carry.written ? 2 * CXIO_KEYS : 0);
	if (wrs && !cxio_sq_room(x, wrs + 1)) {
		x->wait_done = true;
		return NULL;
	}
	*held = false;
	return m;
}

/*
 * All its bytes are copied, or have keys with references of their own: nobody needs it any
 * more, unless it may have to go again.
 */
static void made(struct cxio_xio *x, struct cxio_message *m)
{
	step_on(x->host, m);
	if (x->host->session.policy.lossy)
		cxio_connection_unqueue(x->host, m);
}

static void count_message(struct cxio_xio *x, const struct cxio_message *m, bool whole)
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

static u32 message_frame(struct cxio_xio *x, struct cxio_message *m, bool begin, void *frame,
			 bool *last)
{
	struct cxio_channel *ch = &x->life.channel;
	const struct cxio_pieces *pieces;
	u32 i, len;

	pieces = begin ? cxio_channel_msg_begin(ch, &m->header, &m->carry) :
			 cxio_channel_msg_more(ch);
	m->begun = true;
	for (i = 0; i < pieces->count; i++) {
		const struct cxio_piece *p = &pieces->piece[i];

		if (p->segment == CXIO_PART_DESCS)
			memcpy(frame + p->frame_off, x->descs + p->offset, p->len);
		else
			cxio_message_read(m, p, frame);
	}
	len = cxio_channel_msg_seal(ch, frame, last);
	if (begin)
		count_message(x, m, *last);
	return len;
}

/* A message that no window of this peer will ever take. */
static void refuse_message(struct cxio_xio *x, struct cxio_message *m)
{
	/* It has a number: the peer is told that it does not come. */
	if (m->header.seq) {
		m->revoked = true;
		return;
	}
	step_on(x->host, m);
	cxio_connection_unqueue(x->host, m);
}

/**
 * struct making - a frame being made
 * @kind: what it is; CXIO_TX_NOTHING: there is none
 * @len: bytes
 * @rkey: key that dies with it, or 0
 * @last: it is the last of its message
 * @footer: so its end is the message's footer, to be signed
 */
struct making {
	enum cxio_tx_kind kind;
	u32 len;
	u32 rkey;
	bool last;
	bool footer;
};

/* The message's @io is held, if there is one: nothing of the owner's is called. */
static void make(struct cxio_xio *x, struct cxio_message *m, const struct cxio_offer *offer,
		 void *frame, struct making *f)
{
	struct cxio_channel *ch = &x->life.channel;
	u64 now = ktime_get_ns();

	f->kind = cxio_life_next(&x->life, offer, now);
	switch (f->kind) {
	case CXIO_TX_CONTROL:
		f->len = cxio_channel_control(ch, frame, now);
		return;
	case CXIO_TX_GREETING:
		f->len = cxio_channel_greeting(ch, frame, cxio_auth_out(&x->auth));
		return;
	case CXIO_TX_DONE:
		f->len = cxio_done_frame(x, frame, &f->rkey);
		return;
	case CXIO_TX_BEGIN:
		if ((m->carry.descs || m->carry.written) && !cxio_expose(x, m)) {
			cxio_life_end(&x->life, CXIO_FAULT_NO_MEMORY, false);
			break;
		}
		f->len = message_frame(x, m, true, frame, &f->last);
		f->footer = f->last;
		return;
	case CXIO_TX_MORE:
		/* Without one: it is begun, and has no more than credits to wait for. */
		if (!m)
			break;
		f->len = message_frame(x, m, false, frame, &f->last);
		f->footer = f->last;
		return;
	case CXIO_TX_REVOKED:
		f->len = cxio_channel_revoked(ch, frame, m->header.seq);
		cxio_sink_withdraw(x, m);
		f->last = true;
		m->begun = true;
		return;
	case CXIO_TX_REFUSED:
		return;
	default:
		break;
	}
	f->kind = CXIO_TX_NOTHING;
}

/*
 * Over the frame's own bytes, which are nobody else's, when nothing of the message is held:
 * it may be the owner who signs. Return: false if the carrier is ended by this.
 */
static bool sign(struct cxio_xio *x, const struct making *f, void *frame)
{
	enum cxio_fault fault = f->footer ? cxio_sign(x, frame, f->len) : CXIO_FAULT_NONE;

	if (fault)
		cxio_life_end(&x->life, fault, false);
	return !fault;
}

/* One frame, if one is due. Return: false if none is. */
static bool make_frame(struct cxio_xio *x)
{
	struct making f = { .kind = CXIO_TX_NOTHING };
	void *frame = cxio_send_slot(x);
	struct cxio_offer offer = { 0 };
	struct cxio_message *m;
	bool unwanted = false;

	if (!frame)
		return false;
	m = next_message(x, &offer.held);
	offer.done = x->dones;
	if (m) {
		mutex_lock(&m->io);
		/* Without a number nobody knows of it. */
		unwanted = m->gone && !m->header.seq;
		m->revoked = m->revoked || m->gone;
		offer.header = &m->header;
		offer.carry = &m->carry;
		offer.revoked = m->revoked;
	}
	if (!unwanted)
		make(x, m, &offer, frame, &f);
	if (m)
		mutex_unlock(&m->io);
	if (f.kind == CXIO_TX_REFUSED && x->host->messenger->ops->undeliverable)
		x->host->messenger->ops->undeliverable(x->host, m);
	if (unwanted || f.kind == CXIO_TX_REFUSED) {
		refuse_message(x, m);
		return true;
	}
	if (f.kind == CXIO_TX_NOTHING || !sign(x, &f, frame))
		return false;
	cxio_send_add(x, f.len, f.rkey);
	if (f.last)
		made(x, m);
	return true;
}

/**
 * cxio_pump() - make and post every frame that may go now
 * @x: the carrier
 *
 * Context: the work that serves it.
 */
void cxio_pump(struct cxio_xio *x)
{
	if (cxio_life_flows(&x->life))
		cxio_post_invalidations(x);
	while (cxio_life_flows(&x->life) && make_frame(x))
		;
	if (cxio_sq_flush(x))
		cxio_life_lost(&x->life);
	if (cxio_life_flows(&x->life))
		cxio_life_settle(&x->life, cxio_send_idle(x), ktime_get_ns());
}
