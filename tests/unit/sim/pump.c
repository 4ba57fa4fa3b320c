// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Frames out: what the channel asks for, made and posted.
 */
#include "sim.h"

static void post(struct conn *c, u8 *frame, u32 len, u32 rkey, struct msg *last)
{
	u8 *exact = sim_alloc(len);

	sim_must(c->ep->sim, len <= c->agreed.frame_max, "frame too long", len,
		 c->agreed.frame_max);
	memcpy(exact, frame, len);
	memcpy(&c->ack_told, frame + offsetof(struct cxio_wire_frame, ack), sizeof(c->ack_told));
	c->ack_told = le32_to_cpu((__le32)c->ack_told);
	sim_note(c->ep->sim, "%s: link %llu, type %llu, %llu bytes", "posted", c->link->id,
		 frame[0], len);
	link_post_send(c->link, c->ep->side, exact, len, rkey, last);
	c->slots--;
}

/* How a message is to travel on this connection. */
static void plan(struct conn *c, struct msg *m)
{
	struct cxio_placement place = {
		.descs = { m->descs[0], m->descs[1], m->descs[2] },
		.sink = m->reply_link == c->link->id ? m->reply_key.length : 0,
	};
	struct cxio_plan p = cxio_plan_message(&c->agreed, &m->h, &place);

	sim_must(c->ep->sim, p.path != CXIO_PATH_REFUSED || c->ep->sim->alone,
		 "message refused", m->id, 0);
	memset(&m->carry, 0, sizeof(m->carry));
	m->carry.segments = p.segments;
	m->carry.descs = p.descs;
	m->carry.written = p.path == CXIO_PATH_SINK;
	if (m->sink_len && (c->agreed.features & CXIO_FEATURE_REPLY_SINK))
		m->carry.descs++;
}

static void put_pieces(const struct msg *m, const struct cxio_pieces *pieces, u8 *frame,
		       const struct sim *sim)
{
	u32 i;

	for (i = 0; i < pieces->count; i++) {
		const struct cxio_piece *p = &pieces->piece[i];
		bool descs = p->segment == CXIO_PART_DESCS;
		u32 len = descs ? cxio_descs_size(m->carry.descs) : m->h.len[p->segment];

		sim_must(sim, p->offset <= len && p->len <= len - p->offset, "piece out of range",
			 p->segment, p->offset);
		memcpy(frame + p->frame_off,
		       (descs ? m->list : sim_content(m->id, p->segment)) + p->offset, p->len);
	}
}

static void count_message(struct conn *c, const struct msg *m)
{
	struct sim *sim = c->ep->sim;

	if (m->ever_begun)
		sim_count(sim, replayed);
	if (m->carry.written)
		sim_count(sim, sink_writes);
	else if (m->reply_link && m->reply_link != c->link->id)
		sim_count(sim, sink_stale);
}

/* The next frame of a message. Return: its bytes. */
static u32 message_frame(struct conn *c, struct msg *m, bool begin, u8 *frame, bool *last)
{
	const struct cxio_pieces *pieces;
	u64 seq = m->h.seq;

	if (begin) {
		count_message(c, m);
		msg_expose(m, c);
		if (m->carry.written)
			link_post_write(c->link, c->ep->side, m, &m->reply_key);
		pieces = cxio_channel_msg_begin(&c->life.channel, &m->h, &m->carry);
		sim_must(c->ep->sim, !seq || seq == m->h.seq, "number changed", seq, m->h.seq);
		m->ever_begun = true;
		m->begun = true;
	} else {
		sim_must(c->ep->sim, m->begun, "continued, and not begun", m->id, 0);
		pieces = cxio_channel_msg_more(&c->life.channel);
	}
	put_pieces(m, pieces, frame, c->ep->sim);
	return cxio_channel_msg_seal(&c->life.channel, frame, last);
}

static void message_out(struct conn *c, struct msg *m, bool begin, u8 *frame)
{
	bool last;
	u32 len = message_frame(c, m, begin, frame, &last);

	if (last) {
		m->end_link = c->link->id;
		c->sess->out = m->next;
	} else if (begin) {
		sim_count(c->ep->sim, chained);
	}
	post(c, frame, len, 0, last ? m : NULL);
}

static void done_out(struct conn *c, u8 *frame)
{
	struct done d = c->done[0];

	memmove(&c->done[0], &c->done[1], --c->dones * sizeof(d));
	post(c, frame, cxio_channel_done(&c->life.channel, frame, d.seq, d.rkey), d.rkey, NULL);
}

static void revoked_out(struct conn *c, struct msg *m, u8 *frame)
{
	struct sim *sim = c->ep->sim;

	post(c, frame, cxio_channel_revoked(&c->life.channel, frame, m->h.seq), 0, NULL);
	if (c->told == m) {
		sim_count(sim, revoked_told);
		c->told = NULL;
		return;
	}
	sim_must(sim, c->sess->out == m, "REVOKED out of turn", m->id, m->h.seq);
	if (!m->begun)
		sim_count(sim, tombstones);
	m->begun = true;
	c->sess->out = m->next;
}

/* What is to be sent next; its carry if it is not begun. */
static struct msg *offer(struct conn *c, struct cxio_offer *o)
{
	struct msg *m = c->told;

	o->done = c->dones;
	if (!c->sess || c->sess->conn != c)
		return NULL;
	if (!m)
		m = c->sess->out;
	if (!m)
		return NULL;
	o->header = &m->h;
	o->revoked = m->revoked;
	if (!m->begun && !m->revoked)
		plan(c, m);
	o->carry = &m->carry;
	return m;
}

/* One frame, if one is due. Return: false if none is. */
static bool pump_one(struct conn *c)
{
	const struct cxio_credit *credit = &c->life.channel.credit;
	u32 left = cxio_send_window_left(&credit->tx_frames);
	struct sim *sim = c->ep->sim;
	struct cxio_offer o = { 0 };
	struct msg *m = offer(c, &o);
	enum cxio_tx_kind kind = cxio_life_next(&c->life, &o, sim->now);
	u8 *frame;

	if (kind == CXIO_TX_NOTHING)
		return false;
	if (kind == CXIO_TX_REFUSED) {
		msg_refused(c->sess, m);
		return true;
	}
	/* The last credit is for a grant, whatever is due. */
	sim_must(sim, left > 1 || (left == 1 && kind == CXIO_TX_CONTROL &&
				   c->life.channel.control == CXIO_FRAME_GRANT),
		 "frame without a credit", left, kind);
	frame = sim_alloc(c->agreed.frame_max);
	switch (kind) {
	case CXIO_TX_CONTROL:
		post(c, frame, cxio_channel_control(&c->life.channel, frame, sim->now), 0, NULL);
		break;
	case CXIO_TX_GREETING:
		post(c, frame, cxio_channel_greeting(&c->life.channel, frame, c->auth), 0, NULL);
		break;
	case CXIO_TX_DONE:
		done_out(c, frame);
		break;
	case CXIO_TX_REVOKED:
		revoked_out(c, m, frame);
		break;
	default:
		message_out(c, m, kind == CXIO_TX_BEGIN, frame);
	}
	free(frame);
	return true;
}

/**
 * conn_pump() - make and post every frame that may go now
 * @c: the connection
 */
void conn_pump(struct conn *c)
{
	const struct cxio_channel_stats *stats = &c->life.channel.stats;
	u64 credit_stalls = stats->credit_stalls, window_stalls = stats->window_stalls;
	struct sim *sim = c->ep->sim;

	while (cxio_life_flows(&c->life) && c->link->qp[c->ep->side].up) {
		if (!c->slots) {
			sim_count(sim, slot_stalls);
			break;
		}
		if (!pump_one(c))
			break;
	}
	sim->count[COUNT_credit_stalls] += stats->credit_stalls - credit_stalls;
	sim->count[COUNT_window_stalls] += stats->window_stalls - window_stalls;
	if (cxio_life_flows(&c->life))
		cxio_life_settle(&c->life, link_sends_done(c->link, c->ep->side), sim->now);
	if (c->life.state == CXIO_DISCONNECTING && !c->gone)
		conn_lost(c, CXIO_FAULT_NONE);
}

/**
 * conn_duplicate() - send a message once more, as no honest peer does
 * @c: the connection
 * @m: a message whose end was sent on it
 *
 * Return: false if that cannot be done now.
 */
bool conn_duplicate(struct conn *c, struct msg *m)
{
	struct cxio_channel *ch = &c->life.channel;
	struct cxio_session *s = ch->session;
	u64 begun = s->begun_seq, sent = s->sent_seq;
	u32 room = CXIO_FRAME_HEADER + CXIO_MSG_HEADER + CXIO_MSG_FOOTER;
	struct cxio_carry none = { 0 };
	bool last;
	u8 *frame;
	u32 len;

	if (!cxio_life_flows(&c->life) || !ch->ready || ch->greet_tx.due || ch->close_sent ||
	    ch->tx.open || !c->slots || m->end_link != c->link->id || m->carry.descs ||
	    m->carry.written || m->revoked || !m->h.seq ||
	    cxio_msg_payload(&m->h) + room > c->agreed.frame_max ||
	    cxio_credit_may_send(&ch->credit) != CXIO_CREDIT_GO ||
	    !cxio_credit_may_begin(&ch->credit, cxio_msg_payload(&m->h)))
		return false;
	frame = sim_alloc(c->agreed.frame_max);
	put_pieces(m, cxio_channel_msg_begin(ch, &m->h, &none), frame, c->ep->sim);
	len = cxio_channel_msg_seal(ch, frame, &last);
	/* It says nothing of how far we are. */
	s->begun_seq = begun;
	s->sent_seq = sent;
	post(c, frame, len, 0, NULL);
	free(frame);
	return true;
}
