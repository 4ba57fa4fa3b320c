// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A scenario: which event comes next is chosen among all that may, by chance.
 */
#include "sim.h"

/* After the faults stop, quiet must come within so much. */
#define SETTLE_EVENTS	100000u
#define SETTLE_NS	(400 * SIM_NS)

/* What the CM waits for an answer. */
#define CM_EXPIRY_NS	(4 * SIM_NS)

enum event_kind {
	EV_NONE, EV_CM, EV_CM_LOSE, EV_CM_EXPIRE, EV_ESTABLISHED, EV_EXECUTE, EV_COMPLETE,
	EV_RECEIVE, EV_NOTICE, EV_FLUSH, EV_BREAK, EV_REPOST, EV_TICK, EV_TEAR_DOWN, EV_SESSION,
	EV_SEND, EV_CONSUME, EV_REVOKE, EV_CLOSE, EV_DUPLICATE, EV_RESTART, EV_MAP, EV_TIME,
	EV_JUMP,
};

/**
 * struct choice - one of the events that may come, each as likely as it weighs
 * @prng: what chance decides
 * @total: weight of all seen
 * @kind: of the one chosen
 * @what: which link, connection, session or endpoint
 * @side: of a link
 */
struct choice {
	struct prng *prng;
	u32 total;
	enum event_kind kind;
	void *what;
	u32 side;
};

static void may(struct choice *ch, u32 weight, enum event_kind kind, void *what, u32 side)
{
	ch->total += weight;
	if (!weight || prng_below(ch->prng, ch->total) >= weight)
		return;
	ch->kind = kind;
	ch->what = what;
	ch->side = side;
}

/**
 * sim_count_text() - what is counted
 * @count: enum sim_count
 *
 * Return: a constant string.
 */
const char *sim_count_text(u32 count)
{
	static const char *const texts[SIM_COUNT_END] = {
#define X(name, text) [COUNT_##name] = text,
		SIM_COUNTS(X)
#undef X
	};

	return texts[count];
}

/* --- which events may come --- */

static bool breakable(const struct link *l)
{
	return !l->dead && ((l->qp[0].c && !l->qp[0].error) || (l->qp[1].c && !l->qp[1].error));
}

static void offer_cm(struct choice *ch, struct link *l)
{
	const struct sim *sim = l->sim;

	if (l->cm == CM_REQ || l->cm == CM_REP || l->cm == CM_REJ) {
		may(ch, 20, EV_CM, l, 0);
		if (sim->faults && sim->plan.cm_loss_in && l->cm != CM_REJ)
			may(ch, 20 / sim->plan.cm_loss_in + 1, EV_CM_LOSE, l, 0);
	}
	if (l->cm == CM_LOST && sim->now >= l->lost_at + CM_EXPIRY_NS)
		may(ch, 10, EV_CM_EXPIRE, l, 0);
}

static void offer_qp(struct choice *ch, struct link *l, u32 side)
{
	const struct plan *plan = &l->sim->plan;
	const struct qp *q = &l->qp[side];

	if (link_can_execute(l, side))
		may(ch, 30, EV_EXECUTE, l, side);
	if (!q->c)
		return;
	if (q->cq)
		may(ch, 30, EV_RECEIVE, l, side);
	if (q->error) {
		if (q->sq)
			may(ch, 20, EV_FLUSH, l, side);
		return;
	}
	if (q->established)
		may(ch, 10, EV_ESTABLISHED, l, side);
	if (q->sq && q->sq->executed)
		may(ch, plan->complete_weight, EV_COMPLETE, l, side);
	/* Silence is only noticed by who has something to say. */
	if (q->notice && (!q->silent || (q->sq && !q->sq->executed)))
		may(ch, 5, EV_NOTICE, l, side);
}

static void offer_conn(struct choice *ch, struct conn *c)
{
	struct sim *sim = c->ep->sim;

	if (conn_may_tear_down(c)) {
		may(ch, 10, EV_TEAR_DOWN, c, 0);
		return;
	}
	if (c->unposted && cxio_life_flows(&c->life))
		may(ch, sim->plan.post_weight, EV_REPOST, c, 0);
	if (cxio_life_deadline(&c->life, c->slots) <= sim->now)
		may(ch, 10, EV_TICK, c, 0);
	if (c->sess && c->sess->conn == c && sim->faults && sim->plan.duplicate_in)
		may(ch, 1, EV_DUPLICATE, c, 0);
}

static void offer_ep(struct choice *ch, struct ep *ep)
{
	struct sim *sim = ep->sim;
	const struct plan *plan = &sim->plan;
	struct conn *c;
	struct sess *s;

	for (c = ep->conns; c; c = c->next)
		offer_conn(ch, c);
	for (s = ep->sess; s; s = s->next)
		if (s->s.due <= sim->now && !(s->attempt || s->conn))
			may(ch, 10, EV_SESSION, s, 0);
	if (ep->held)
		may(ch, plan->consume_weight, EV_CONSUME, ep, 0);
	if (!cxio_addr_equal(&ep->peer, &sim->ep[!ep->side].addr))
		may(ch, 2, EV_MAP, ep, 0);
	if (!sim->faults)
		return;
	if (!ep->mute)
		may(ch, plan->send_weight, EV_SEND, ep, 0);
	if (plan->revoke_in && prng_once_in(&sim->prng, plan->revoke_in))
		may(ch, 100, EV_REVOKE, ep, 0);
	if (plan->close_in && prng_once_in(&sim->prng, plan->close_in))
		may(ch, 100, EV_CLOSE, ep, 0);
	if (plan->restart_in && prng_once_in(&sim->prng, plan->restart_in))
		may(ch, 100, EV_RESTART, ep, 0);
}

static void choose(struct sim *sim, struct choice *ch)
{
	struct link *l;
	u32 side;

	for (l = sim->links; l; l = l->next) {
		offer_cm(ch, l);
		for (side = 0; side < SIM_SIDES; side++)
			offer_qp(ch, l, side);
		if (sim->faults && breakable(l) && prng_once_in(&sim->prng, sim->plan.break_in))
			may(ch, 100, EV_BREAK, l, 0);
	}
	for (side = 0; side < SIM_SIDES; side++)
		offer_ep(ch, &sim->ep[side]);
	/* Without faults time is only waited for when nothing else is left to do. */
	if (sim->faults || !ch->total)
		may(ch, 1, EV_TIME, sim, 0);
	if (sim->faults && prng_once_in(&sim->prng, sim->plan.jump_in))
		may(ch, 100, EV_JUMP, sim, 0);
}

/* --- time --- */

static u64 next_deadline(const struct sim *sim)
{
	const struct link *l;
	const struct conn *c;
	const struct sess *s;
	u64 due = CXIO_NEVER;
	u32 side;

	for (l = sim->links; l; l = l->next)
		if (l->cm == CM_LOST && l->lost_at + CM_EXPIRY_NS < due)
			due = l->lost_at + CM_EXPIRY_NS;
	for (side = 0; side < SIM_SIDES; side++) {
		for (c = sim->ep[side].conns; c; c = c->next) {
			u64 deadline = cxio_life_deadline(&c->life, c->slots);

			due = deadline < due ? deadline : due;
		}
		for (s = sim->ep[side].sess; s; s = s->next)
			due = s->s.due < due ? s->s.due : due;
	}
	return due;
}

static void pass_time(struct sim *sim)
{
	u64 due = next_deadline(sim);

	if (due == CXIO_NEVER || due <= sim->now)
		return;
	/* Mostly a little: what is under way takes less than what is waited for. */
	if (sim->faults && !prng_once_in(&sim->prng, 6) && due - sim->now > 30000000)
		due = sim->now + 1 + prng_below(&sim->prng, 30000000);
	sim->now = due;
	sim_note(sim, "%s: %llu ms", "time", sim->now / 1000000, 0, 0);
}

/* --- doing it --- */

static void duplicate(struct conn *c)
{
	struct sim *sim = c->ep->sim;
	struct msg *m;
	u32 n = 0;

	if (!prng_once_in(&sim->prng, sim->plan.duplicate_in))
		return;
	for (m = c->sess->newest; m && n < 20; m = m->before, n++)
		if (prng_once_in(&sim->prng, 3) && conn_duplicate(c, m))
			return;
}

static void do_link(const struct choice *ch, struct link *l)
{
	struct qp *q = &l->qp[ch->side];

	switch (ch->kind) {
	case EV_CM:
		link_cm_step(l);
		break;
	case EV_CM_LOSE:
		link_cm_lose(l);
		break;
	case EV_CM_EXPIRE:
		link_cm_expire(l);
		break;
	case EV_ESTABLISHED:
		q->established = false;
		conn_established(q->c);
		break;
	case EV_EXECUTE:
		link_execute(l, ch->side);
		break;
	case EV_COMPLETE:
		link_complete(l, ch->side);
		break;
	case EV_RECEIVE:
		link_receive(l, ch->side);
		break;
	case EV_NOTICE:
		q->notice = false;
		conn_lost(q->c, CXIO_FAULT_NONE);
		break;
	case EV_FLUSH:
		link_flush(l, ch->side);
		break;
	default:
		link_break(l);
	}
}

static void do_ep(const struct choice *ch, struct ep *ep)
{
	switch (ch->kind) {
	case EV_SEND:
		ep_send(ep);
		break;
	case EV_CONSUME:
		ep_consume(ep);
		break;
	case EV_REVOKE:
		ep_revoke(ep);
		break;
	case EV_CLOSE:
		ep_close(ep);
		break;
	case EV_RESTART:
		ep_restart(ep, prng_once_in(&ep->sim->prng, 2));
		break;
	default:
		ep_map(ep);
	}
}

static void do_it(struct sim *sim, const struct choice *ch)
{
	switch (ch->kind) {
	case EV_NONE:
		break;
	case EV_CM ... EV_BREAK:
		do_link(ch, ch->what);
		break;
	case EV_REPOST: {
		struct conn *c = ch->what;

		conn_repost(c, prng_between(&sim->prng, 1, c->unposted));
		break;
	}
	case EV_TICK:
		conn_tick(ch->what);
		break;
	case EV_TEAR_DOWN:
		conn_tear_down(ch->what);
		link_reap(sim);
		break;
	case EV_SESSION:
		sess_tick(ch->what);
		break;
	case EV_SEND ... EV_CLOSE:
	case EV_RESTART:
	case EV_MAP:
		do_ep(ch, ch->what);
		link_reap(sim);
		break;
	case EV_DUPLICATE:
		duplicate(ch->what);
		break;
	case EV_TIME:
		pass_time(sim);
		break;
	case EV_JUMP:
		sim->now += (u64)prng_below(&sim->prng, 30000) * 1000000;
		sim_count(sim, time_jumps);
		break;
	}
}

static void step(struct sim *sim)
{
	struct choice ch = { .prng = &sim->prng };

	sim->now += prng_below(&sim->prng, 20000);
	choose(sim, &ch);
	do_it(sim, &ch);
	sim->step++;
	sim_check(sim);
}

/* --- a whole scenario --- */

static void choose_plan(struct sim *sim)
{
	struct prng *p = &sim->prng;
	bool calm = prng_once_in(p, 3);

	sim->plan = (struct plan){
		.kind = prng_below(p, 4),
		.steps = prng_between(p, 1000, 6000),
		.break_in = prng_once_in(p, 8) ? 0 : prng_between(p, 20, calm ? 1500 : 100),
		.cm_loss_in = prng_between(p, 0, calm ? 40 : 8),
		.restart_in = prng_once_in(p, 3) ? prng_between(p, calm ? 500 : 50, 3000) : 0,
		.revoke_in = prng_once_in(p, 3) ? 0 : prng_between(p, 20, 400),
		.close_in = prng_once_in(p, 4) ? prng_between(p, calm ? 500 : 100, 3000) : 0,
		.jump_in = prng_once_in(p, 3) ? prng_between(p, 200, 2000) : 0,
		.duplicate_in = prng_once_in(p, 3) ? prng_between(p, 2, 10) : 0,
		.bad_in = prng_between(p, 4, 12),
		.challenge_in = prng_between(p, 3, 12),
		.send_weight = prng_between(p, 1, 12),
		.consume_weight = prng_between(p, 1, 20),
		.post_weight = prng_between(p, 1, 30),
		.complete_weight = prng_between(p, 1, 30),
		.sizes = prng_below(p, 3),
	};
}

/* Two peers that hardly ever come to an understanding: all is about connecting. */
static void choose_storm(struct sim *sim)
{
	struct prng *p = &sim->prng;

	sim->plan.kind = prng_between(p, 2, 3);
	sim->plan.break_in = prng_between(p, 8, 30);
	sim->plan.cm_loss_in = prng_between(p, 2, 8);
	sim->plan.restart_in = prng_between(p, 60, 300);
	sim->plan.bad_in = 0;
	sim->plan.challenge_in = 0;
	sim->plan.send_weight = 1;
	sim->plan.sizes = 0;
}

/**
 * sim_init() - a world begins
 * @sim: it
 * @seed: from which all follows
 * @show: print the trace as it comes
 */
void sim_init(struct sim *sim, u64 seed, bool show)
{
	memset(sim, 0, sizeof(*sim));
	sim->seed = seed;
	sim->show = show;
	sim->prng.state = seed * 0x2545f4914f6cdd1dull + 1;
	sim->now = 1000 * SIM_NS;
	sim->faults = true;
	choose_plan(sim);
	if (prng_once_in(&sim->prng, 8))
		choose_storm(sim);
	ep_init(sim, 0);
	ep_init(sim, 1);
	sim->ep[0].peer = sim->ep[1].addr;
	sim->ep[1].peer = sim->ep[0].addr;
}

/* A server whose client has forgotten it hears so only from that client. */
static void last_words(struct sim *sim)
{
	u32 side;

	for (side = 0; side < SIM_SIDES; side++)
		if (cxio_policy(sim->ep[!side].kind).server &&
		    !sess_find(&sim->ep[side], &sim->ep[side].peer))
			ep_send(&sim->ep[side]);
}

/**
 * sim_run() - run a scenario to its end
 * @sim: the world
 *
 * First with faults; then without them, until nobody owes anybody anything. If that
 * does not come, something waits for ever.
 */
void sim_run(struct sim *sim)
{
	u64 last, until;

	while (sim->step < sim->plan.steps)
		step(sim);
	sim_note(sim, "%s", "no more faults", 0, 0, 0);
	sim->faults = false;
	ep_map(&sim->ep[0]);
	ep_map(&sim->ep[1]);
	last_words(sim);
	last = sim->step + SETTLE_EVENTS;
	until = sim->now + SETTLE_NS;
	while (!sim_quiet(sim)) {
		sim_must(sim, sim->step < last, "no rest: too many events", sim->messages, 0);
		sim_must(sim, sim->now < until, "no rest: too much time", sim->messages, 0);
		step(sim);
		last_words(sim);
	}
	sim_check_end(sim);
}

/**
 * sim_free() - give everything back
 * @sim: the world
 */
void sim_free(struct sim *sim)
{
	struct sess *s;
	u32 i;

	ep_free(&sim->ep[0]);
	ep_free(&sim->ep[1]);
	link_reap(sim);
	for (i = 0; i < sim->messages; i++) {
		free(sim->all[i]->sink_data);
		free(sim->all[i]);
	}
	for (i = 0; i < sim->n_keys; i++)
		free(sim->keys[i]);
	while ((s = sim->every_sess)) {
		sim->every_sess = s->every;
		free(s);
	}
	free(sim->all);
	free(sim->keys);
}
