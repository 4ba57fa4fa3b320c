// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What happens in the model of the handshake: the owner of the sessions, as short as it
 * can be, around the real decisions. See handshake-model.h.
 *
 * Left out: authorizers; the time between an attempt and its connect; messages that
 * wait for their data. What a side has to send goes out at once: a message that is late
 * on its way is as good as one that is sent late.
 */
#include "handshake-state.h"

static const struct cxio_terms terms = {
	.supported = CXIO_CEPH_FEATURE_RECONNECT_SEQ, .protocol_version = 1,
};

static void put(int l, int to, const struct h_item *m)
{
	struct h_link *link = &h_link[l];

	if (link->cut || link->end[to] == H_GONE)
		return;
	if (link->in[to] == H_DEPTH) {
		h_violated("more on the way than there can be");
		return;
	}
	link->item[to][link->in[to]++] = *m;
}

/* For this side it is over. */
static void drop(int l, int i)
{
	struct h_link *link = &h_link[l];

	link->end[i] = H_GONE;
	link->in[i] = 0;
	memset(link->item[i], 0, sizeof(link->item[i]));
	if (link->end[!i] == H_GONE)
		memset(link, 0, sizeof(*link));
}

static void create(int i)
{
	struct h_side *x = &h_side[i];
	u64 cookie = h_config.cookies ? 1u + 128u * (u32)i + 16u * x->life : 0;

	x->there = true;
	cxio_session_init(&x->s, cxio_policy(h_config.kind[i]), cookie);
}

/* The session's owner is told that all its messages are gone. */
static void reset(int i)
{
	h_side[i].queued = 0;
	h_side[i].age++;
	if (h_config.cookies && !h.restarted)
		h_violated("a reset, and nobody has restarted");
}

static int carrier(int i)
{
	int l;

	for (l = 0; l < H_LINKS; l++)
		if (h_link[l].end[i] == H_OPEN)
			return l;
	return -1;
}

static void send_all(int i)
{
	struct h_side *x = &h_side[i];
	int l = carrier(i);

	while (l >= 0 && (x->s.begun_seq < x->s.out_seq || x->queued)) {
		struct h_item m = { .type = H_MESSAGE, .age = x->age };
		bool anew = x->s.begun_seq < x->s.out_seq;

		if (anew)
			h_reach(H_REPLAYED);
		else
			x->queued--;
		m.seq = (u8)cxio_session_begin(&x->s, anew ? x->s.begun_seq + 1 : 0);
		cxio_session_sent(&x->s);
		put(l, !i, &m);
	}
}

static void lost(int i)
{
	cxio_session_lost(&h_side[i].s, h_has(i), false, 0, H_NOW);
}

/* A link carries the session. Return: false if the peer said what cannot be. */
static bool opened(int l, int i, u64 peer_in_seq)
{
	struct cxio_session *s = &h_side[i].s;
	enum cxio_fault fault = cxio_session_opened(s, peer_in_seq);

	if (fault) {
		h_violated(cxio_fault_text(fault));
		drop(l, i);
		lost(i);
		return false;
	}
	if (!h_config.cookies)
		cxio_session_any_start(s);
	return true;
}

/* --- client --- */

static void connect(int l, int i, const struct cxio_connect *c)
{
	struct cxio_cookies cookies = cxio_handshake_cookies(&h_side[i].s);
	struct h_item m = {
		.type = H_CONNECT, .global_seq = (u8)c->global_seq,
		.connect_seq = (u8)c->connect_seq, .own = (u8)cookies.own,
		.peer = (u8)cookies.peer, .seq = (u8)h_side[i].s.in_seq,
	};

	put(l, !i, &m);
}

static void again(int l, int i)
{
	struct cxio_connect c;

	cxio_handshake_again(&h_side[i].s, &terms, &c);
	connect(l, i, &c);
}

static void client_opens(int l, int i, const struct h_item *m)
{
	struct h_item ours = { .type = H_IN_SEQ, .seq = (u8)h_side[i].s.in_seq };

	if (!opened(l, i, m->seq))
		return;
	h_link[l].end[i] = H_OPEN;
	if (!h_config.cookies)
		put(l, !i, &ours);
	send_all(i);
}

static void take_reply(int l, int i, const struct h_item *m)
{
	const struct cxio_connect_reply r = {
		.tag = m->tag, .features = terms.supported, .global_seq = m->global_seq,
		.connect_seq = m->connect_seq, .protocol_version = terms.protocol_version,
	};
	const struct cxio_cookies cookies = { .own = m->own, .peer = m->peer };
	struct h_side *x = &h_side[i];
	enum cxio_fault fault;

	switch (cxio_handshake_reply(&x->s, &terms, &x->g, &r, &cookies, H_NOW, &fault)) {
	case CXIO_CLIENT_OPEN:
		client_opens(l, i, m);
		break;
	case CXIO_CLIENT_AGAIN:
		again(l, i);
		break;
	case CXIO_CLIENT_RESET:
		h_reach(H_TOLD);
		reset(i);
		again(l, i);
		break;
	case CXIO_CLIENT_WAIT:
		h_reach(H_WAITED);
		drop(l, i);
		break;
	default:
		/* Honest peers have no reason for any. */
		h_violated(cxio_fault_text(fault));
		drop(l, i);
		lost(i);
	}
}

/* --- server --- */

static void reply(int l, int i, const struct cxio_verdict *v)
{
	const struct cxio_connect_reply *r = &v->reply;
	struct h_item m = {
		.type = H_REPLY, .tag = r->tag, .global_seq = (u8)r->global_seq,
		.connect_seq = (u8)r->connect_seq,
	};

	if (h_side[i].there) {
		struct cxio_cookies cookies = cxio_handshake_cookies(&h_side[i].s);

		m.own = (u8)cookies.own;
		m.peer = (u8)cookies.peer;
		m.seq = (u8)h_side[i].s.in_seq;
	}
	put(l, !i, &m);
}

/* What carried the session, or was to, does not any more. */
static void take_over(int i)
{
	int l;

	for (l = 0; l < H_LINKS; l++) {
		if (h_link[l].end[i] == H_OPEN || h_link[l].end[i] == H_OPENING)
			h_reach(H_REPLACED);
		else if (h_link[l].end[i] == H_CONNECTS)
			h_reach(H_RACE);
		else
			continue;
		drop(l, i);
	}
}

static void take_connect(int l, int i, const struct h_item *m)
{
	const struct cxio_connect c = {
		.features = terms.supported, .protocol_version = terms.protocol_version,
		.global_seq = m->global_seq, .connect_seq = m->connect_seq,
	};
	const struct cxio_cookies cookies = { .own = m->own, .peer = m->peer };
	struct cxio_policy policy = cxio_policy(h_config.kind[i]);
	struct h_side *x = &h_side[i];
	struct cxio_verdict v;

	cxio_handshake_judge(x->there ? &x->s : NULL, &policy, &terms, &c, &cookies,
			     CXIO_AUTH_OK, i == 1, &v);
	if (v.judge == CXIO_JUDGE_REPLY) {
		/* Whoever says WAIT is going to connect. */
		HOLDS(v.reply.tag != CXIO_TAG_WAIT || x->s.state == CXIO_SESSION_CONNECTING);
		if (v.reply.tag == CXIO_TAG_WAIT)
			cxio_session_hurry(&x->s, H_NOW);
		else if (v.reply.tag == CXIO_TAG_RETRY_SESSION)
			h_reach(H_RETRIED);
		else if (v.reply.tag == CXIO_TAG_RETRY_GLOBAL)
			h_reach(H_GLOBAL);
	} else {
		if (!x->there)
			create(i);
		take_over(i);
		cxio_handshake_accept(&x->s, &terms, &x->g, &c, &cookies, &v);
		if (v.reset || v.reset_in)
			h_reach(H_FOUND);
		if (v.reset)
			reset(i);
		/* A byte stream says later what it has received. */
		if (!opened(l, i, h_config.cookies ? m->seq : x->s.acked))
			return;
		h_link[l].end[i] = h_config.cookies ? H_OPEN : H_OPENING;
	}
	reply(l, i, &v);
	send_all(i);
}

static void take_in_seq(int l, int i, const struct h_item *m)
{
	if (!opened(l, i, m->seq))
		return;
	h_link[l].end[i] = H_OPEN;
	send_all(i);
}

/* --- messages --- */

/* Each once, in order, none left out; unless its sender was told that all are gone. */
static void dispatch(int i, const struct h_item *m)
{
	struct h_side *x = &h_side[i];

	if (m->age == x->got_age && m->seq <= x->got_seq)
		h_violated("a message is dispatched twice");
	else if (m->age < x->got_age)
		h_violated("a message comes after its reset");
	else if (m->seq != (m->age == x->got_age ? x->got_seq : 0) + 1)
		h_violated("a message is lost");
	x->got_age = m->age;
	x->got_seq = m->seq;
}

static void take_message(int l, int i, const struct h_item *m)
{
	struct h_item ack = { .type = H_ACK };
	struct cxio_session *s = &h_side[i].s;
	struct h_link *link = &h_link[l];
	u8 last = link->in[!i];

	/* Both said how far they were: nothing comes twice. */
	HOLDS(cxio_session_order(s, m->seq) == CXIO_ORDER_NEXT);
	cxio_session_received(s, m->seq);
	cxio_session_delivered(s, 0);
	dispatch(i, m);
	ack.seq = (u8)s->in_seq;
	if (last && link->item[!i][last - 1].type == H_ACK)
		link->item[!i][last - 1] = ack;
	else
		put(l, !i, &ack);
}

static void take_ack(int i, const struct h_item *m)
{
	HOLDS(!cxio_session_acked(&h_side[i].s, m->seq));
}

/* --- what happens --- */

void h_offer(int i)
{
	h_load();
	if (!h_side[i].there)
		create(i);
	h_side[i].offers--;
	h_side[i].queued++;
	cxio_session_wake(&h_side[i].s, H_NOW);
	send_all(i);
	h_save("has a message", i, -1);
}

void h_attempt(int i)
{
	struct cxio_connect c;
	struct h_side *x;
	int l;

	h_load();
	x = &h_side[i];
	if (x->s.state == CXIO_SESSION_WAIT)
		h_reach(H_LATE);
	if (!cxio_session_attempt_due(&x->s, H_NOW))
		h_violated("due, and then not");
	for (l = i * H_SLOTS; h_link[l].end[0] != H_GONE || h_link[l].end[1] != H_GONE; l++)
		;
	h_link[l].end[i] = H_CONNECTS;
	h_link[l].end[!i] = H_JUDGES;
	cxio_handshake_begin(&x->s, &terms, &x->g, &c);
	connect(l, i, &c);
	h_save("connects", i, l);
}

void h_receive(int l, int i)
{
	struct h_item m;

	h_load();
	m = h_link[l].item[i][0];
	h_link[l].in[i]--;
	memmove(&h_link[l].item[i][0], &h_link[l].item[i][1],
		h_link[l].in[i] * sizeof(struct h_item));
	memset(&h_link[l].item[i][h_link[l].in[i]], 0, sizeof(struct h_item));
	if (m.type == H_CONNECT && h_link[l].end[i] == H_JUDGES)
		take_connect(l, i, &m);
	else if (m.type == H_REPLY && h_link[l].end[i] == H_CONNECTS)
		take_reply(l, i, &m);
	else if (m.type == H_IN_SEQ && h_link[l].end[i] == H_OPENING)
		take_in_seq(l, i, &m);
	else if (m.type == H_MESSAGE && h_link[l].end[i] == H_OPEN)
		take_message(l, i, &m);
	else if (m.type == H_ACK && h_link[l].end[i] == H_OPEN)
		take_ack(i, &m);
	else
		h_violated("out of turn");
	h_save("receives", i, l);
}

void h_notice(int l, int i)
{
	bool session;

	h_load();
	session = h_link[l].end[i] != H_JUDGES;
	drop(l, i);
	if (session)
		lost(i);
	h_save("sees the loss", i, l);
}

void h_cut(int l)
{
	h_load();
	h_link[l].cut = 1;
	if (h.cuts != H_ENDLESS)
		h.cuts--;
	h_save("lost", -1, l);
}

void h_restart(int i)
{
	struct h_side *x = &h_side[i];
	int l;

	h_load();
	for (l = 0; l < H_LINKS; l++)
		if (h_link[l].end[i] != H_GONE)
			drop(l, i);
	memset(&x->s, 0, sizeof(x->s));
	x->g.seq = 0;
	x->there = false;
	x->queued = 0;
	x->life++;
	x->age++;
	x->got_age = 0;
	x->got_seq = 0;
	h.restarts--;
	h.restarted = 1;
	h_save("restarts", i, -1);
}

void h_calm(void)
{
	h_load();
	h.calm = 1;
	h_save("calm", -1, -1);
}

void h_init(void)
{
	int i;

	h_configure();
	memset(&h, 0, sizeof(h));
	memset(h_side, 0, sizeof(h_side));
	memset(h_link, 0, sizeof(h_link));
	h.cuts = (u8)h_config.cuts;
	h.restarts = (u8)h_config.restarts;
	for (i = 0; i < 2; i++)
		h_side[i].offers = (u8)h_config.offers[i];
	h_save("begin", -1, -1);
}

/* Nothing can happen any more: nothing may be left to do. */
void h_rest(void)
{
	int i, l;

	h_load();
	for (i = 0; i < 2; i++) {
		u32 state = h_side[i].there ? h_side[i].s.state : CXIO_SESSION_IDLE;

		HOLDS(state != CXIO_SESSION_CONNECTING);
		HOLDS(state != CXIO_SESSION_WAIT);
	}
	for (l = 0; l < H_LINKS; l++) {
		HOLDS(h_link[l].end[0] == h_link[l].end[1]);
		HOLDS(h_link[l].end[0] == H_GONE || h_link[l].end[0] == H_OPEN);
	}
	if (h.wants)
		h_violated("at rest, and a message is not delivered");
}
