// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the windows' arithmetic must keep, for all values of all counters and limits.
 * Each prove_NAME() is a statement about its arguments; prove.py shows that there are
 * none for which it returns false. The code is common/credit.c itself.
 */
#include "credit.c"

#define IF(x)	do { if (!(x)) return true; } while (0)

/* --- one direction of one window: a sender's half, a receiver's half --- */

/**
 * struct way - a window
 * @s: the sender's half
 * @r: the receiver's half
 */
struct way {
	struct cxio_send_window s;
	struct cxio_recv_window r;
};

/*
 * Its counters run in this order round the circle of 2^32, and none overtakes the next:
 * returned, received, sent, granted as the sender knows it, granted, and returned
 * again with the limit added. What is between two of them is:
 */
static u32 held(const struct way *x)
{
	return x->r.used - x->r.returned;
}

static u32 coming(const struct way *x)
{
	return x->s.used - x->r.used;
}

static u32 left(const struct way *x)
{
	return x->s.granted - x->s.used;
}

static u32 granted(const struct way *x)
{
	return x->r.told - x->s.granted;
}

static u32 owed(const struct way *x)
{
	return x->r.limit + x->r.returned - x->r.told;
}

static bool sound(const struct way *x)
{
	u32 from = x->r.returned;

	return x->s.limit == x->r.limit && x->r.used - from <= x->s.used - from &&
	       x->s.used - from <= x->s.granted - from &&
	       x->s.granted - from <= x->r.told - from && x->r.told - from <= x->r.limit;
}

/* Any sound window; the solver is told how it lies. */
#define WAY(p)	u32 p##0, u32 p##1, u32 p##2, u32 p##3, u32 p##4, u32 p##5
#define MAKE(p)	way(p##0, p##1, p##2, p##3, p##4, p##5)
#define FITS(p)	(p##1 <= p##2 && p##2 <= p##3 && p##3 <= p##4 && p##4 <= p##5)

static struct way way(u32 from, u32 received, u32 sent, u32 known, u32 told, u32 limit)
{
	struct way x = {
		.s = { from + known, from + sent, limit },
		.r = { from + told, from + received, from, limit },
	};

	return x;
}

bool prove_fits_is_sound(WAY(x))
{
	struct way x = MAKE(x);

	return sound(&x) == FITS(x);
}

/* So each unit is in exactly one place. */
bool prove_nothing_lost(WAY(x))
{
	struct way x = MAKE(x);

	IF(FITS(x));
	return held(&x) <= x5 && coming(&x) <= x5 - held(&x) &&
	       left(&x) <= x5 - held(&x) - coming(&x) &&
	       granted(&x) <= x5 - held(&x) - coming(&x) - left(&x) &&
	       owed(&x) == x5 - held(&x) - coming(&x) - left(&x) - granted(&x);
}

bool prove_begins_sound(u32 limit)
{
	struct way x;

	cxio_send_window_init(&x.s, limit);
	cxio_recv_window_init(&x.r, limit);
	return sound(&x) && left(&x) == limit && cxio_send_window_left(&x.s) == limit;
}

bool prove_use(WAY(x), u32 n)
{
	struct way x = MAKE(x), y = x;
	bool used;

	IF(FITS(x));
	used = cxio_send_window_use(&y.s, n);
	return sound(&y) && used == (n <= left(&x)) &&
	       left(&y) == left(&x) - (used ? n : 0);
}

/* What is on its way is never refused, and nothing that was not granted is taken. */
bool prove_take(WAY(x), u32 n)
{
	struct way x = MAKE(x), y = x;
	bool taken;

	IF(FITS(x));
	taken = cxio_recv_window_take(&y.r, n);
	if (n <= coming(&x))
		return taken && sound(&y) && held(&y) == held(&x) + n;
	if (n > x.r.told - x.r.used)
		return !taken && y.r.used == x.r.used;
	return true;
}

bool prove_return(WAY(x), u32 n)
{
	struct way x = MAKE(x), y = x;

	IF(FITS(x) && n <= held(&x));
	cxio_recv_window_return(&y.r, n);
	return sound(&y) && cxio_recv_window_owed(&y.r) == owed(&x) + n;
}

bool prove_tell(WAY(x))
{
	struct way x = MAKE(x), y = x;
	u32 value;

	IF(FITS(x));
	value = cxio_recv_window_tell(&y.r);
	return sound(&y) && owed(&y) == 0 && value - x.s.granted == granted(&x) + owed(&x);
}

/* Every grant that is on its way is taken, whichever comes first. */
bool prove_update(WAY(x), u32 more)
{
	struct way x = MAKE(x), y = x;

	IF(FITS(x) && more <= granted(&x));
	return cxio_send_window_update(&y.s, x.s.granted + more) && sound(&y) &&
	       left(&y) == left(&x) + more;
}

/* A peer can grant what it likes: exactly the values within the limit are taken. */
bool prove_update_exact(u32 used, u32 left, u32 limit, u32 more)
{
	struct cxio_send_window w = { used + left, used, limit }, v = w;
	u32 value = w.granted + more, after = left + more;
	bool taken;

	IF(left <= limit);
	taken = cxio_send_window_update(&v, value);
	return taken == (after >= left && after <= limit) && v.used == used &&
	       v.limit == limit && v.granted == (taken ? value : w.granted);
}

/* When all has come in, been freed and been told, the whole window is open again. */
bool prove_opens(WAY(x))
{
	struct way x = MAKE(x);

	IF(FITS(x) && !granted(&x) && !coming(&x) && !held(&x) && !owed(&x));
	return cxio_send_window_left(&x.s) == x.s.limit;
}

/* --- frame credits of two sides: a sends on x, b sends on y --- */

struct sides {
	struct way x;
	struct way y;
};

static struct cxio_credit credit_a(const struct sides *p)
{
	struct cxio_credit c = { .tx_frames = p->x.s, .rx_frames = p->y.r };

	return c;
}

static struct cxio_credit credit_b(const struct sides *p)
{
	struct cxio_credit c = { .tx_frames = p->y.s, .rx_frames = p->x.r };

	return c;
}

/* Somebody has a credit, or will hear of one without anything more being sent. */
static bool somebody_can(const struct sides *p)
{
	return p->x.r.told != p->x.s.used || p->y.r.told != p->y.s.used;
}

static bool both_sound(const struct sides *p)
{
	return sound(&p->x) && sound(&p->y);
}

/* Depths from three on; a hello has 8 to 16384. */
static bool deep(const struct sides *p)
{
	return p->x.r.limit >= 3 && p->y.r.limit >= 3;
}

bool prove_begins_able(u32 depth_a, u32 depth_b)
{
	struct sides p;

	cxio_send_window_init(&p.x.s, depth_b);
	cxio_recv_window_init(&p.x.r, depth_b);
	cxio_send_window_init(&p.y.s, depth_a);
	cxio_recv_window_init(&p.y.r, depth_a);
	IF(deep(&p));
	return both_sound(&p) && somebody_can(&p);
}

/* a sends a frame of any kind the verdict allows. By symmetry so does b. */
bool prove_stays_able(WAY(x), WAY(y))
{
	struct sides p = { MAKE(x), MAKE(y) }, q = p;
	struct cxio_credit c = credit_a(&p);
	struct cxio_frame f = { 0 };

	IF(FITS(x) && FITS(y) && somebody_can(&p) && cxio_credit_may_send(&c) != CXIO_CREDIT_STOP);
	cxio_credit_fill(&c, &f);
	if (!cxio_send_window_use(&c.tx_frames, 1))
		return false;
	q.x.s = c.tx_frames;
	q.y.r = c.rx_frames;
	return both_sound(&q) && somebody_can(&q);
}

/* The other steps move neither of the two counters that this looks at. */
bool prove_others_leave_able(WAY(x), WAY(y), u32 n)
{
	struct sides p = { MAKE(x), MAKE(y) }, q = p;

	IF(FITS(x) && FITS(y) && somebody_can(&p));
	cxio_send_window_update(&q.x.s, n);
	cxio_recv_window_take(&q.x.r, n);
	cxio_recv_window_return(&q.x.r, n);
	return somebody_can(&q);
}

/*
 * All has come in and is posted again, and no side has a grant to send or none has
 * the credit for it: then both may send what they like. So no two sides both wait.
 */
bool prove_no_deadlock(WAY(x), WAY(y))
{
	struct sides p = { MAKE(x), MAKE(y) };
	struct cxio_credit a = credit_a(&p), b = credit_b(&p);
	enum cxio_credit_verdict va = cxio_credit_may_send(&a), vb = cxio_credit_may_send(&b);

	IF(FITS(x) && FITS(y) && somebody_can(&p) && deep(&p));
	IF(!granted(&p.x) && !coming(&p.x) && !held(&p.x));
	IF(!granted(&p.y) && !coming(&p.y) && !held(&p.y));
	IF(!cxio_credit_frames_due(&a) || va == CXIO_CREDIT_STOP);
	IF(!cxio_credit_frames_due(&b) || vb == CXIO_CREDIT_STOP);
	return va == CXIO_CREDIT_GO && vb == CXIO_CREDIT_GO;
}

/* What two sides owe each other in frames, now or when all has come in. */
static u64 debt(const struct sides *p)
{
	return (u64)(p->x.r.limit - (p->x.r.told - p->x.s.used)) +
	       (p->y.r.limit - (p->y.r.told - p->y.s.used));
}

/* A grant that is due for frames pays more than it costs: so they do not go on. */
bool prove_grants_end(WAY(x), WAY(y))
{
	struct sides p = { MAKE(x), MAKE(y) }, q = p;
	struct cxio_credit c = credit_a(&p);
	struct cxio_frame f = { 0 };

	IF(FITS(x) && FITS(y) && cxio_credit_frames_due(&c));
	IF(cxio_credit_may_send(&c) != CXIO_CREDIT_STOP);
	cxio_credit_fill(&c, &f);
	cxio_send_window_use(&c.tx_frames, 1);
	q.x.s = c.tx_frames;
	q.y.r = c.rx_frames;
	return debt(&q) < debt(&p);
}

/* Nor does debt come from anything but frames sent. */
bool prove_debt_stays(WAY(x), WAY(y), u32 n)
{
	struct sides p = { MAKE(x), MAKE(y) }, q = p;

	IF(FITS(x) && FITS(y));
	cxio_send_window_update(&q.x.s, n);
	cxio_recv_window_take(&q.x.r, n);
	cxio_recv_window_return(&q.x.r, n);
	return debt(&q) == debt(&p);
}

bool prove_verdict(u32 granted, u32 used, u32 limit, u32 told, u32 returned, u32 depth)
{
	struct cxio_credit c = {
		.tx_frames = { granted, used, limit },
		.rx_frames = { .told = told, .returned = returned, .limit = depth },
	};
	u32 n = granted - used, owes = depth + returned - told;
	bool due = owes >= 2 && owes >= depth / 4;

	if (cxio_credit_frames_due(&c) != due)
		return false;
	switch (cxio_credit_may_send(&c)) {
	case CXIO_CREDIT_GO:
		return n >= 2;
	case CXIO_CREDIT_GRANT_ONLY:
		return n == 1 && due;
	default:
		return n == 0 || (n == 1 && !due);
	}
}

/* --- whole credits, and a peer that sends anything --- */

static bool same_send(const struct cxio_send_window *w, const struct cxio_send_window *v)
{
	return w->granted == v->granted && w->used == v->used && w->limit == v->limit;
}

static bool same_recv(const struct cxio_recv_window *w, const struct cxio_recv_window *v)
{
	return w->told == v->told && w->used == v->used && w->returned == v->returned &&
	       w->limit == v->limit;
}

#define CREDIT								\
	u32 a0, u32 a1, u32 a2, u32 b0, u32 b1, u32 b2, u32 c0, u32 c1, u32 c2,	\
	u32 d0, u32 d1, u32 d2, u32 d3, u32 e0, u32 e1, u32 e2, u32 e3,		\
	u32 f0, u32 f1, u32 f2, u32 f3
#define MAKE_CREDIT							\
	{ { a0 + a1, a0, a2 }, { b0 + b1, b0, b2 }, { c0 + c1, c0, c2 },	\
	  { d0 + d2, d0 + d1, d0, d3 }, { e0 + e2, e0 + e1, e0, e3 },		\
	  { f0 + f2, f0 + f1, f0, f3 } }
#define CREDIT_FITS							\
	(a1 <= a2 && b1 <= b2 && c1 <= c2 && d1 <= d2 && d2 <= d3 &&	\
	 e1 <= e2 && e2 <= e3 && f1 <= f2 && f2 <= f3)

static bool send_in_range(const struct cxio_send_window *w)
{
	return w->granted - w->used <= w->limit;
}

static bool recv_in_range(const struct cxio_recv_window *w)
{
	return w->used - w->returned <= w->told - w->returned &&
	       w->told - w->returned <= w->limit;
}

static bool in_range(const struct cxio_credit *c)
{
	return send_in_range(&c->tx_frames) && send_in_range(&c->tx_msgs) &&
	       send_in_range(&c->tx_bytes) && recv_in_range(&c->rx_frames) &&
	       recv_in_range(&c->rx_msgs) && recv_in_range(&c->rx_bytes);
}

/* What this means for the counts is prove_update_exact(). */
static bool within(const struct cxio_send_window *w, u32 more)
{
	return more <= w->limit - (w->granted - w->used);
}

bool prove_fits_is_in_range(CREDIT)
{
	struct cxio_credit c = MAKE_CREDIT;

	return in_range(&c) == CREDIT_FITS;
}

/* Exactly the frames are taken that the peer may send. */
bool prove_received(CREDIT, u8 type, u32 frames, u32 msgs, u32 bytes)
{
	struct cxio_credit c = MAKE_CREDIT;
	const struct cxio_frame f = {
		.type = type, .grant_frames = c.tx_frames.granted + frames,
		.grant_msgs = c.tx_msgs.granted + msgs,
		.grant_bytes = c.tx_bytes.granted + bytes,
	};
	bool first = within(&c.tx_frames, frames), second = within(&c.tx_msgs, msgs);
	bool third = within(&c.tx_bytes, bytes);
	u32 has = c.rx_frames.told - c.rx_frames.used;
	enum cxio_fault fault;

	fault = cxio_credit_received(&c, &f);
	if (!has)
		return fault == CXIO_FAULT_FRAME_CREDIT;
	if (has == 1 && type != CXIO_FRAME_GRANT)
		return fault == CXIO_FAULT_FRAME_LAST_CREDIT;
	if (!first)
		return fault == CXIO_FAULT_GRANT_FRAMES;
	if (!second)
		return fault == CXIO_FAULT_GRANT_MSGS;
	if (!third)
		return fault == CXIO_FAULT_GRANT_BYTES;
	return fault == CXIO_FAULT_NONE && c.tx_frames.granted == f.grant_frames &&
	       c.tx_msgs.granted == f.grant_msgs && c.tx_bytes.granted == f.grant_bytes &&
	       c.rx_frames.used == d0 + d1 + 1;
}

/* A window is as it was, or was used by itself: prove_update_exact() and so on. */
static bool only_updated(const struct cxio_send_window *now, struct cxio_send_window before,
			 u32 value)
{
	bool same = same_send(now, &before);

	cxio_send_window_update(&before, value);
	return same || same_send(now, &before);
}

static bool only_taken(const struct cxio_recv_window *now, struct cxio_recv_window before, u32 n)
{
	bool same = same_recv(now, &before);

	cxio_recv_window_take(&before, n);
	return same || same_recv(now, &before);
}

/* And whatever it sends, nothing leaves its range. */
bool prove_received_keeps(CREDIT, u8 type, u32 frames, u32 msgs, u32 bytes)
{
	struct cxio_credit c = MAKE_CREDIT, before = c;
	const struct cxio_frame f = {
		.type = type, .grant_frames = frames, .grant_msgs = msgs, .grant_bytes = bytes,
	};

	cxio_credit_received(&c, &f);
	return only_updated(&c.tx_frames, before.tx_frames, frames) &&
	       only_updated(&c.tx_msgs, before.tx_msgs, msgs) &&
	       only_updated(&c.tx_bytes, before.tx_bytes, bytes) &&
	       only_taken(&c.rx_frames, before.rx_frames, 1) &&
	       same_recv(&c.rx_msgs, &before.rx_msgs) &&
	       same_recv(&c.rx_bytes, &before.rx_bytes);
}

/* Exactly the messages are taken that fit into the window. */
bool prove_begun(CREDIT, u64 payload)
{
	struct cxio_credit c = MAKE_CREDIT;
	bool fits = c.rx_msgs.told != c.rx_msgs.used && payload <= c.rx_bytes.limit &&
		    payload <= c.rx_bytes.told - c.rx_bytes.used;
	enum cxio_fault fault = cxio_credit_begun(&c, payload);

	if ((fault == CXIO_FAULT_NONE) != fits)
		return false;
	return fault || (c.rx_msgs.used == e0 + e1 + 1 &&
			 c.rx_bytes.used == f0 + f1 + (u32)payload);
}

bool prove_begun_keeps(CREDIT, u64 payload)
{
	struct cxio_credit c = MAKE_CREDIT, before = c;

	cxio_credit_begun(&c, payload);
	return only_taken(&c.rx_msgs, before.rx_msgs, 1) &&
	       only_taken(&c.rx_bytes, before.rx_bytes, (u32)payload) &&
	       same_send(&c.tx_frames, &before.tx_frames) &&
	       same_send(&c.tx_msgs, &before.tx_msgs) &&
	       same_send(&c.tx_bytes, &before.tx_bytes) &&
	       same_recv(&c.rx_frames, &before.rx_frames);
}

/* Whatever a peer takes of a window, it stays in its range. */
bool prove_take_keeps(u32 from, u32 received, u32 has, u32 limit, u32 n)
{
	struct cxio_recv_window w = {
		from + received + has, from + received, from, limit,
	};
	bool taken;

	IF(received <= limit && has <= limit - received);
	taken = cxio_recv_window_take(&w, n);
	return taken == (n <= has) && w.told - w.used == has - (taken ? n : 0) &&
	       w.used - w.returned == received + (taken ? n : 0);
}

bool prove_begin(CREDIT, u32 payload)
{
	struct cxio_credit c = MAKE_CREDIT, before = c;
	u32 msgs = c.tx_msgs.granted - c.tx_msgs.used, bytes = c.tx_bytes.granted - c.tx_bytes.used;
	bool begun;

	IF(CREDIT_FITS);
	begun = cxio_credit_begin(&c, payload);
	return in_range(&c) && begun == (msgs > 0 && payload <= bytes) &&
	       begun == cxio_credit_may_begin(&before, payload) &&
	       c.tx_msgs.used == before.tx_msgs.used + begun &&
	       c.tx_bytes.used == before.tx_bytes.used + (begun ? payload : 0);
}

/* Each window's grant is the one told, and then nothing is owed and nothing is due. */
bool prove_fill(CREDIT)
{
	struct cxio_credit c = MAKE_CREDIT;
	struct cxio_frame f = { 0 };

	IF(CREDIT_FITS);
	cxio_credit_fill(&c, &f);
	return in_range(&c) && !cxio_credit_grant_due(&c) &&
	       f.grant_frames == d0 + d3 && f.grant_msgs == e0 + e3 && f.grant_bytes == f0 + f3;
}

/* --- only differences count: the model of windows.h may set counters back --- */

static void shift_send(struct cxio_send_window *w, u32 by)
{
	w->granted += by;
	w->used += by;
}

static void shift_recv(struct cxio_recv_window *w, u32 by)
{
	w->told += by;
	w->used += by;
	w->returned += by;
}

struct shifts {
	u32 tx[3];
	u32 rx[3];
};

static void shift(struct cxio_credit *c, const struct shifts *by)
{
	shift_send(&c->tx_frames, by->tx[0]);
	shift_send(&c->tx_msgs, by->tx[1]);
	shift_send(&c->tx_bytes, by->tx[2]);
	shift_recv(&c->rx_frames, by->rx[0]);
	shift_recv(&c->rx_msgs, by->rx[1]);
	shift_recv(&c->rx_bytes, by->rx[2]);
}

static bool same(const struct cxio_credit *c, const struct cxio_credit *d)
{
	return same_send(&c->tx_frames, &d->tx_frames) && same_send(&c->tx_msgs, &d->tx_msgs) &&
	       same_send(&c->tx_bytes, &d->tx_bytes) && same_recv(&c->rx_frames, &d->rx_frames) &&
	       same_recv(&c->rx_msgs, &d->rx_msgs) && same_recv(&c->rx_bytes, &d->rx_bytes);
}

#define SHIFTS		u32 s1, u32 s2, u32 s3, u32 s4, u32 s5, u32 s6
#define MAKE_SHIFTS	{ { s1, s2, s3 }, { s4, s5, s6 } }

bool prove_shift_decisions(CREDIT, SHIFTS, u64 payload)
{
	struct cxio_credit c = MAKE_CREDIT, d = c;
	const struct shifts by = MAKE_SHIFTS;

	shift(&d, &by);
	return cxio_credit_may_send(&c) == cxio_credit_may_send(&d) &&
	       cxio_credit_may_begin(&c, payload) == cxio_credit_may_begin(&d, payload) &&
	       cxio_credit_frames_due(&c) == cxio_credit_frames_due(&d) &&
	       cxio_credit_grant_due(&c) == cxio_credit_grant_due(&d);
}

bool prove_shift_received(CREDIT, SHIFTS, u8 type, u32 frames, u32 msgs, u32 bytes)
{
	struct cxio_credit c = MAKE_CREDIT, d = c;
	const struct shifts by = MAKE_SHIFTS;
	const struct cxio_frame f = {
		.type = type, .grant_frames = frames, .grant_msgs = msgs, .grant_bytes = bytes,
	};
	const struct cxio_frame g = {
		.type = type, .grant_frames = frames + s1, .grant_msgs = msgs + s2,
		.grant_bytes = bytes + s3,
	};
	bool equal;

	shift(&d, &by);
	equal = cxio_credit_received(&c, &f) == cxio_credit_received(&d, &g);
	shift(&c, &by);
	return equal && same(&c, &d);
}

bool prove_shift_begin(CREDIT, SHIFTS, u32 payload)
{
	struct cxio_credit c = MAKE_CREDIT, d = c;
	const struct shifts by = MAKE_SHIFTS;
	bool equal;

	shift(&d, &by);
	equal = cxio_credit_begin(&c, payload) == cxio_credit_begin(&d, payload);
	equal = equal && cxio_send_window_use(&c.tx_frames, 1) ==
			 cxio_send_window_use(&d.tx_frames, 1);
	shift(&c, &by);
	return !equal ? false : same(&c, &d);
}

bool prove_shift_begun(CREDIT, SHIFTS, u64 payload)
{
	struct cxio_credit c = MAKE_CREDIT, d = c;
	const struct shifts by = MAKE_SHIFTS;
	bool equal;

	shift(&d, &by);
	equal = cxio_credit_begun(&c, payload) == cxio_credit_begun(&d, payload);
	shift(&c, &by);
	return equal && same(&c, &d);
}

bool prove_shift_fill(CREDIT, SHIFTS, u32 n)
{
	struct cxio_credit c = MAKE_CREDIT, d = c;
	const struct shifts by = MAKE_SHIFTS;
	struct cxio_frame f = { 0 }, g = { 0 };

	shift(&d, &by);
	cxio_recv_window_return(&c.rx_frames, n);
	cxio_recv_window_return(&d.rx_frames, n);
	cxio_credit_fill(&c, &f);
	cxio_credit_fill(&d, &g);
	shift(&c, &by);
	return same(&c, &d) && g.grant_frames == f.grant_frames + s4 &&
	       g.grant_msgs == f.grant_msgs + s5 && g.grant_bytes == f.grant_bytes + s6;
}
