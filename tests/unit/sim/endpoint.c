// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The application, and the process it lives in.
 */
#include "sim.h"

/* A request that offers a sink has this type, its reply that. */
#define TYPE_REQUEST	100
#define TYPE_REPLY	101

/* What an application lets pile up. */
#define QUEUE_MOST	24u

static const enum cxio_policy_kind pairs[][SIM_SIDES] = {
	{ CXIO_LOSSY_CLIENT, CXIO_STATELESS_SERVER },
	{ CXIO_LOSSLESS_CLIENT, CXIO_STATEFUL_SERVER },
	{ CXIO_LOSSLESS_PEER, CXIO_LOSSLESS_PEER },
	{ CXIO_LOSSLESS_PEER_REUSE, CXIO_LOSSLESS_PEER_REUSE },
};

static void choose_limits(struct ep *ep)
{
	struct prng *p = &ep->sim->prng;
	struct cxio_limits *l = &ep->ours;

	cxio_limits_default(l);
	l->recv_size = prng_once_in(p, 2) ? CXIO_RECV_SIZE_MIN : prng_between(p, 512, 4096);
	l->send_size = prng_once_in(p, 2) ? l->recv_size : prng_between(p, 512, 4096);
	l->recv_depth = (u16)prng_between(p, CXIO_RECV_DEPTH_MIN, 24);
	l->read_depth = (u8)prng_between(p, 1, 6);
	l->window_msgs = prng_between(p, 1, 24);
	l->window_bytes = prng_between(p, 16384, 65536);
	l->supported = CXIO_FEATURE_SESSION;
	if (!prng_once_in(p, 5))
		l->supported |= CXIO_FEATURE_RENDEZVOUS;
	if (!prng_once_in(p, 3))
		l->supported |= CXIO_FEATURE_REPLY_SINK;
	l->required = CXIO_FEATURE_SESSION;
	ep->send_depth = prng_between(p, 2, 16);
}

/**
 * ep_new_addr() - an endpoint gets a nonce of its own
 * @ep: the endpoint
 */
void ep_new_addr(struct ep *ep)
{
	ep->addr = (struct cxio_addr){
		.type = CXIO_ADDR_V1, .family = CXIO_FAMILY_IPV4, .port = 6800,
		.nonce = (u32)prng_next(&ep->sim->prng), .ip = { 10, 0, 0, (u8)(1 + ep->side) },
	};
}

/**
 * ep_init() - a process starts
 * @sim: the world
 * @side: which
 */
void ep_init(struct sim *sim, u32 side)
{
	struct ep *ep = &sim->ep[side];

	ep->sim = sim;
	ep->side = side;
	ep->kind = pairs[sim->plan.kind][side];
	ep->held_tail = &ep->held;
	ep_new_addr(ep);
	choose_limits(ep);
}

/* --- messages out --- */

static u32 random_size(struct sim *sim, u32 most)
{
	struct prng *p = &sim->prng;
	u32 power = prng_below(p, 17);

	if (!sim->plan.sizes || !power)
		return prng_below(p, most < 300 ? most + 1 : 300);
	return prng_below(p, most < 1u << power ? most + 1 : 1u << power);
}

/* Data that can be exposed may be longer than the window, which it does not need. */
static void choose_lengths(struct ep *ep, struct msg *m)
{
	struct sim *sim = ep->sim;
	struct prng *p = &sim->prng;
	u64 both = ep->ours.supported & sim->ep[!ep->side].ours.supported;
	u32 room = sim->ep[!ep->side].ours.window_bytes;
	bool exposable = both & CXIO_FEATURE_RENDEZVOUS;
	u32 segment;

	if (sim->alone)
		room = 16384;
	m->h.len[CXIO_FRONT] = random_size(sim, room / 2);
	m->h.len[CXIO_MIDDLE] = prng_once_in(p, 4) ? random_size(sim, room / 8) : 0;
	room -= m->h.len[CXIO_FRONT] + m->h.len[CXIO_MIDDLE];
	m->h.len[CXIO_DATA] = random_size(sim, room);
	for (segment = 0; segment < CXIO_SEGMENTS; segment++)
		m->descs[segment] = prng_once_in(p, 6) ? 0 : prng_between(p, 1, 3);
	if (exposable && sim->plan.sizes && prng_once_in(p, sim->plan.sizes == 2 ? 3 : 12)) {
		m->h.len[CXIO_DATA] = prng_between(p, CXIO_RENDEZVOUS_MIN, 5 * 16384);
		m->descs[CXIO_DATA] = prng_between(p, 1, 4);
	}
}

static u32 queued(const struct sess *s)
{
	const struct msg *m;
	u32 n = 0;

	for (m = s->head; m; m = m->next)
		n++;
	return n;
}

/* Whom the application can send to now, or NULL. */
static struct sess *target(struct ep *ep)
{
	struct sess *s = sess_find(ep, &ep->peer);

	if (!s && !cxio_policy(ep->kind).server)
		s = sess_new(ep, &ep->peer);
	return s && !s->drain && !s->closing && queued(s) < QUEUE_MOST ? s : NULL;
}

/**
 * ep_send() - the application hands a message over
 * @ep: the endpoint
 */
void ep_send(struct ep *ep)
{
	struct sess *s = target(ep);
	struct prng *p = &ep->sim->prng;
	struct msg *m;

	if (!s)
		return;
	m = msg_new(ep);
	choose_lengths(ep, m);
	if (prng_once_in(p, 4)) {
		m->h.type = TYPE_REQUEST;
		if (prng_once_in(p, 2))
			m->sink_len = prng_between(p, 1, 20000);
	}
	sim_note(ep->sim, "%s: side %llu, message %llu, %llu bytes", "handed over", ep->side,
		 m->id, cxio_msg_payload(&m->h));
	sess_append(s, m);
}

/* The answer to a request, perhaps into its sink. */
static void reply(struct conn *c, const struct rxmsg *rx)
{
	struct sess *s = c->sess;
	struct msg *m;
	u32 i;

	if (!s || s->drain || s->closing || s->s.state == CXIO_SESSION_ENDED)
		return;
	m = msg_new(c->ep);
	choose_lengths(c->ep, m);
	m->h.type = TYPE_REPLY;
	m->h.tid = rx->h.src_num;
	for (i = 0; i < rx->descs; i++) {
		if (rx->desc[i].segment != CXIO_SINK || m->reply_link)
			continue;
		m->reply_link = c->link->id;
		m->reply_key = rx->desc[i];
	}
	sess_append(s, m);
}

/* --- messages in --- */

/* The reply is here: its memory is the requester's again, before it sees the reply (I2). */
static void end_sink(struct ep *ep, const struct rxmsg *rx)
{
	struct msg *request;

	if (rx->h.type != TYPE_REPLY || ep->sim->alone)
		return;
	request = ep->sim->all[rx->h.tid];
	if (request->sink)
		key_kill(ep->sim, request->sink);
}

/**
 * ep_dispatch() - a message has come, whole and in order
 * @c: on which connection
 * @rx: the message, the application's from now on
 */
void ep_dispatch(struct conn *c, struct rxmsg *rx)
{
	struct ep *ep = c->ep;

	sim_check_dispatch(c, rx);
	end_sink(ep, rx);
	rx->next = NULL;
	*ep->held_tail = rx;
	ep->held_tail = &rx->next;
	if (rx->h.type == TYPE_REQUEST)
		reply(c, rx);
}

/**
 * ep_consume() - the application is done with a message
 * @ep: the endpoint
 */
void ep_consume(struct ep *ep)
{
	struct rxmsg *rx = ep->held;
	struct conn *c = rx->c;
	u64 payload = cxio_carry_payload(&rx->carry, &rx->h);

	ep->held = rx->next;
	if (!ep->held)
		ep->held_tail = &ep->held;
	rxmsg_free(rx);
	/* The window of a connection that is gone is nobody's. */
	if (!c)
		return;
	c->held_msgs--;
	c->held_bytes -= payload;
	cxio_channel_consumed(&c->life.channel, 1, payload, ep->sim->now);
	conn_pump(c);
}

/* --- what else applications do --- */

/**
 * ep_revoke() - the application wants one of its messages back
 * @ep: the endpoint
 */
void ep_revoke(struct ep *ep)
{
	struct sess *s = sess_find(ep, &ep->peer);
	struct msg *m, *chosen = NULL;
	u32 n = 0;

	if (!s)
		return;
	for (m = s->head; m; m = m->next)
		if (!m->revoked && prng_once_in(&ep->sim->prng, ++n))
			chosen = m;
	if (prng_once_in(&ep->sim->prng, 4)) {
		for (m = s->newest; m; m = m->before)
			if (m->sink && !m->revoked && m->outcome)
				chosen = m;
	}
	if (chosen)
		msg_revoke(s, chosen);
}

/* Its peer must not wait for what it will never do. */
static void maybe_mute(struct ep *ep)
{
	ep->mute = !cxio_policy(ep->kind).server && ep->sim->plan.kind > 1 &&
		   prng_once_in(&ep->sim->prng, 3);
}

/**
 * ep_close() - the application wants an orderly end
 * @ep: the endpoint
 */
void ep_close(struct ep *ep)
{
	struct sess *s = sess_find(ep, &ep->peer);
	bool drain = !prng_once_in(&ep->sim->prng, 3);

	if (!s || s->drain || s->closing)
		return;
	if (drain)
		sim_count(ep->sim, drains);
	else
		sim_count(ep->sim, closes);
	ep->sim->may_reset = true;
	maybe_mute(ep);
	sim_note(ep->sim, "%s: side %llu, drain %llu", "close", ep->side, drain, 0);
	sess_close(s, drain);
}

/* --- processes --- */

/**
 * ep_free() - a process is no more
 * @ep: the endpoint
 */
void ep_free(struct ep *ep)
{
	struct rxmsg *rx;
	struct sess *s;

	while (ep->conns)
		conn_kill(ep->conns);
	for (s = ep->sess; s; s = s->next) {
		s->conn = NULL;
		s->attempt = NULL;
		sess_report(s, OUT_DIED);
	}
	ep->sess = NULL;
	while ((rx = ep->held)) {
		ep->held = rx->next;
		rxmsg_free(rx);
	}
	ep->held_tail = &ep->held;
}

/**
 * ep_restart() - a process dies and comes again, knowing nothing
 * @ep: the endpoint
 * @new_nonce: with another address
 */
void ep_restart(struct ep *ep, bool new_nonce)
{
	sim_note(ep->sim, "%s: side %llu, new nonce %llu", "restart", ep->side, new_nonce, 0);
	ep_free(ep);
	ep->global.seq = 0;
	maybe_mute(ep);
	ep->sim->may_reset = true;
	if (new_nonce) {
		ep_new_addr(ep);
		sim_count(ep->sim, restarts_new);
	} else {
		sim_count(ep->sim, restarts_same);
	}
	/* Whoever starts looks the other up. */
	ep->peer = ep->sim->ep[!ep->side].addr;
}

/**
 * ep_map() - an endpoint hears that its peer has another address now
 * @ep: the endpoint
 */
void ep_map(struct ep *ep)
{
	struct sess *s, *next;

	ep->peer = ep->sim->ep[!ep->side].addr;
	for (s = ep->sess; s; s = next) {
		next = s->next;
		if (s->s.state != CXIO_SESSION_ENDED && !cxio_addr_equal(&s->peer, &ep->peer))
			sess_end(s);
	}
}
