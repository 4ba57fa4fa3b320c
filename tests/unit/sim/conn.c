// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A connection's owner, as the kernel's and the library's are: it does what
 * cxio_life says, and tells it what happened.
 */
#include "sim.h"

/**
 * conn_new() - a connection begins
 * @ep: whose
 * @sess: what it is to carry; NULL on the passive side
 * @active: this side connects
 *
 * Return: the connection; its @link is the caller's to set.
 */
struct conn *conn_new(struct ep *ep, struct sess *sess, bool active)
{
	struct conn *c = sim_alloc(sizeof(*c));

	c->ep = ep;
	c->sess = sess;
	c->ours = ep->ours;
	c->slots = ep->send_depth;
	c->pend_tail = &c->pend;
	c->auth = sim_alloc(CXIO_AUTHORIZER_MAX);
	c->peer_auth = sim_alloc(CXIO_AUTHORIZER_MAX);
	c->next = ep->conns;
	ep->conns = c;
	cxio_life_init(&c->life, active, ep->sim->now);
	cxio_life_carry(&c->life, sess ? &sess->s : NULL);
	cxio_life_connecting(&c->life);
	return c;
}

/**
 * conn_accepts() - the peer's private data has come
 * @c: the connection
 * @hello: the data
 * @len: bytes
 *
 * Return: false if there is nothing to agree on.
 */
bool conn_accepts(struct conn *c, const void *hello, u32 len)
{
	if (cxio_hello_decode(&c->ours, hello, len, &c->agreed))
		return false;
	cxio_reads_init(&c->reads, c->ours.read_depth, c->agreed.peer_read_depth, 0);
	return true;
}

/* The state says so: the queue pair goes to error, and is flushed. */
static void follow(struct conn *c)
{
	if (c->life.state != CXIO_DISCONNECTING || c->gone)
		return;
	c->gone = true;
	link_disconnect(c->link, c->ep->side);
	sim_note(c->ep->sim, "%s: side %llu, link %llu, fault %llu", "disconnect", c->ep->side,
		 c->link->id, c->life.ending ? c->life.fault : CXIO_FAULT_END);
}

static void opens(struct conn *c)
{
	if (!cxio_life_opens(&c->life, &c->ours, &c->agreed, c->ep->sim->now))
		return;
	if (c->life.active)
		conn_connect(c);
}

/**
 * conn_established() - the CM says so
 * @c: the connection
 */
void conn_established(struct conn *c)
{
	opens(c);
	conn_pump(c);
}

/**
 * conn_lost() - the queue pair failed, the CM gave up, or we break it
 * @c: the connection
 * @fault: why, or 0: what came in before may say
 */
void conn_lost(struct conn *c, u32 fault)
{
	if (fault)
		cxio_life_end(&c->life, fault, false);
	else
		cxio_life_lost(&c->life);
	follow(c);
}

/**
 * conn_drop() - it does not carry the session any more, nor will it
 * @c: the connection; its session was told
 */
void conn_drop(struct conn *c)
{
	c->sess = NULL;
	c->told = NULL;
	cxio_life_replaced(&c->life);
	follow(c);
	/* What was received and not dispatched comes again on the newer connection. */
	conn_drop_received(c);
}

static void done_received(struct conn *c, const struct cxio_rx_event *ev, u32 rkey)
{
	struct sim *sim = c->ep->sim;
	bool found = false;
	struct msg *m;
	struct key *k;

	/* The completion, not the frame, says which key is dead. */
	if (ev->rkey != rkey) {
		cxio_life_fault(&c->life, CXIO_FAULT_DONE_SEQ, sim->now);
		return;
	}
	for (k = c->keys; k; k = k->next) {
		m = k->m;
		if (!m || k->sink || m->h.seq != ev->seq)
			continue;
		found = true;
		sim_must(sim, sim->alone || !k->valid == (k->rkey == rkey),
			 "key of a DONE in the wrong state", k->rkey, k->valid);
		/* A lossless session keeps the memory: it may have to be read again. */
		if (m->keys == 1 && c->sess && c->sess->s.policy.lossy) {
			m->sent = true;
			m->released = true;
		}
		key_kill(sim, k);
	}
	if (!found)
		cxio_life_fault(&c->life, CXIO_FAULT_DONE_SEQ, sim->now);
}

static void act(struct conn *c, const u8 *buf, const struct cxio_rx_event *ev, u32 rkey)
{
	if (rkey && ev->kind != CXIO_RX_DONE) {
		cxio_life_fault(&c->life, CXIO_FAULT_DONE_SEQ, c->ep->sim->now);
		return;
	}
	/* A DONE in the same breath comes first: its memory is free before it is acked. */
	if (ev->kind == CXIO_RX_DONE)
		done_received(c, ev, rkey);
	if (ev->acked && c->sess)
		sess_acked(c->sess);
	/* That may have been the last thing its session waited for. */
	if (c->gone && !c->sess)
		return;
	switch (ev->kind) {
	case CXIO_RX_ECHO:
		sim_count(c->ep->sim, echoes);
		break;
	case CXIO_RX_MESSAGE:
		if (!conn_message(c, buf, ev))
			conn_lost(c, CXIO_FAULT_NO_MEMORY);
		break;
	case CXIO_RX_GREETING:
		if (ev->pieces.count)
			memcpy(c->peer_auth + ev->pieces.piece[0].offset,
			       buf + ev->pieces.piece[0].frame_off, ev->pieces.piece[0].len);
		if (ev->begins && !ev->ends)
			sim_count(c->ep->sim, chained_authorizers);
		if (ev->ends)
			conn_greeting(c);
		break;
	case CXIO_RX_REVOKED:
		conn_revoked(c, ev);
		break;
	default:
		break;
	}
}

/**
 * conn_frame() - a frame came in
 * @c: the connection
 * @buf: its bytes
 * @len: how many
 * @rkey: key that came invalidated with it, or 0
 */
void conn_frame(struct conn *c, const u8 *buf, u32 len, u32 rkey)
{
	struct sim *sim = c->ep->sim;
	struct cxio_rx_event ev;
	u64 duplicates;

	if (cxio_life_opens_by_frame(&c->life)) {
		sim_count(sim, opened_by_frame);
		opens(c);
	}
	/* Nothing of a connection that was replaced touches the session. */
	if (!cxio_life_wants_frame(&c->life) || (c->gone && !c->sess))
		return;
	duplicates = c->life.channel.stats.duplicates;
	if (cxio_life_rx(&c->life, buf, len, sim->now, &ev))
		act(c, buf, &ev, rkey);
	else
		sim_note(sim, "%s: link %llu, %llu", "fault", c->link->id, c->life.fault, 0);
	sim->count[COUNT_duplicates] += c->life.channel.stats.duplicates - duplicates;
	if (cxio_life_flows(&c->life))
		c->unposted++;
	conn_pump(c);
}

/**
 * conn_repost() - post receive buffers again
 * @c: the connection
 * @frames: how many
 */
void conn_repost(struct conn *c, u32 frames)
{
	c->unposted -= frames;
	c->link->qp[c->ep->side].posted += frames;
	cxio_channel_reposted(&c->life.channel, frames);
	conn_pump(c);
}

/**
 * conn_send_done() - a work request has completed
 * @c: the connection
 * @wr: which
 * @flushed: it may have had an effect or not
 */
void conn_send_done(struct conn *c, struct wr *wr, bool flushed)
{
	switch (wr->op) {
	case WR_SEND:
		c->slots++;
		if (wr->m && !flushed)
			wr->m->sent = true;
		break;
	case WR_READ:
		cxio_reads_end(&c->reads);
		conn_read_done(c, wr->rx, flushed);
		break;
	case WR_WRITE:
		break;
	}
	if (flushed)
		conn_lost(c, CXIO_FAULT_NONE);
	conn_pump(c);
}

/**
 * conn_tick() - its deadline has come
 * @c: the connection
 */
void conn_tick(struct conn *c)
{
	cxio_life_tick(&c->life, c->ep->sim->now);
	follow(c);
	conn_pump(c);
}

/**
 * conn_may_tear_down() - is it disconnected, and flushed?
 * @c: the connection
 *
 * Return: true if conn_tear_down() may come.
 */
bool conn_may_tear_down(const struct conn *c)
{
	return c->gone && !c->link->qp[c->ep->side].sq;
}

static void release(struct conn *c)
{
	struct conn **at = &c->ep->conns;
	struct rxmsg *rx;

	for (rx = c->ep->held; rx; rx = rx->next)
		if (rx->c == c)
			rx->c = NULL;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->link->qp[c->ep->side].c = NULL;
	free(c->auth);
	free(c->peer_auth);
	free(c);
}

static void kill_keys(struct conn *c)
{
	struct key *k;

	for (k = c->keys; k; k = k->next)
		if (k->m)
			key_kill(c->ep->sim, k);
}

/**
 * conn_tear_down() - the end, after the flush
 * @c: the connection
 *
 * Frames that came in before are served first; then the keys die, then the owners
 * of the memory are told, then the session is.
 */
void conn_tear_down(struct conn *c)
{
	struct sim *sim = c->ep->sim;
	struct sess *s;

	while (c->link->qp[c->ep->side].cq)
		link_receive(c->link, c->ep->side);
	cxio_life_over(&c->life);
	sim_check_fault(c);
	if (!c->life.fault && c->life.was_open && c->life.channel.close_sent &&
	    c->life.channel.peer_closed)
		sim_count(sim, orderly);
	sim_note(sim, "%s: side %llu, link %llu, fault %llu", "over", c->ep->side, c->link->id,
		 c->life.fault);
	kill_keys(c);
	conn_drop_received(c);
	s = c->sess;
	if (s && (s->conn == c || s->attempt == c))
		sess_lost(s, c);
	release(c);
}

/**
 * conn_kill() - its process died
 * @c: the connection
 */
void conn_kill(struct conn *c)
{
	struct link *l = c->link;
	u32 side = c->ep->side;

	link_disconnect(l, side);
	c->sess = NULL;
	while (l->qp[side].sq) {
		struct wr *wr = l->qp[side].sq;

		if (wr->op == WR_READ)
			wr->rx->reads--;
		l->qp[side].sq = wr->next;
		free(wr->bytes);
		free(wr);
	}
	l->qp[side].todo = NULL;
	conn_drop_received(c);
	kill_keys(c);
	release(c);
}
