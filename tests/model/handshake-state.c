// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The state of the model of the handshake: kept small, kept finite, and checked. See
 * handshake-model.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include "handshake-state.h"

#define NUMBERS	64

struct h_state h;
struct h_config h_config;
struct h_side h_side[2];
struct h_link h_link[H_LINKS];

/**
 * struct table - what states have in common, numbered
 * @size: of an entry
 * @most: entries
 * @count: entries in use
 * @entry: the entries
 * @slot: number + 1 by hash, or 0
 */
struct table {
	size_t size;
	u32 most;
	u32 count;
	u8 *entry;
	u16 slot[1 << 17];
};

static struct table sides = { .size = sizeof(struct h_side), .most = 65000 };
static struct table links = { .size = sizeof(struct h_link), .most = 65000 };
static bool reached[H_REACHED];
static bool trace;

/* The checker's: the run so far is an error. */
extern void (*uerror)(char *text);

void h_violated(const char *what)
{
	if (trace)
		printf("violated: %s\n", what);
	if (uerror)
		uerror((char *)(uintptr_t)what);
}

void h_reach(enum h_reached what)
{
	reached[what] = true;
}

static void say_reached(void)
{
	static const char *const names[H_REACHED] = {
		"race", "wait", "late", "retry-session", "retry-global", "reset-told",
		"reset-found", "replaced", "replayed",
	};
	u32 i;

	printf("reached:");
	for (i = 0; i < H_REACHED; i++)
		if (reached[i])
			printf(" %s", names[i]);
	printf("\n");
}

static void give_up(const char *what)
{
	fprintf(stderr, "model: %s\n", what);
	exit(99);
}

static void setting(const char *name, u32 *to, u32 count)
{
	const char *text = getenv(name);
	char *end;
	u32 i;

	for (i = 0; text && i < count; i++) {
		to[i] = (u32)strtoul(text, &end, 0);
		if (*end == ',')
			text = end + 1;
	}
}

static void kinds(void)
{
	const char *name = getenv("MODEL_POLICY");

	h_config.kind[0] = CXIO_LOSSLESS_PEER;
	if (name && !strcmp(name, "reuse"))
		h_config.kind[0] = CXIO_LOSSLESS_PEER_REUSE;
	h_config.kind[1] = h_config.kind[0];
	if (name && !strcmp(name, "client")) {
		h_config.kind[0] = CXIO_LOSSLESS_CLIENT;
		h_config.kind[1] = CXIO_STATEFUL_SERVER;
	}
}

void h_configure(void)
{
	h_config = (struct h_config){ .cookies = 1, .cuts = 1, .who = 3, .offers = { 1, 1 } };
	kinds();
	setting("MODEL_COOKIES", &h_config.cookies, 1);
	setting("MODEL_CUTS", &h_config.cuts, 1);
	setting("MODEL_RESTARTS", &h_config.restarts, 1);
	setting("MODEL_WHO", &h_config.who, 1);
	setting("MODEL_OFFERS", h_config.offers, 2);
	trace = getenv("MODEL_TRACE");
	atexit(say_reached);
}

/* --- the tables --- */

static u16 number_of(struct table *t, const void *it)
{
	const u8 *byte = it;
	u64 hash = 1;
	size_t i;
	u32 at;

	if (!t->entry)
		t->entry = malloc(t->size * t->most);
	if (!t->entry)
		give_up("no memory");
	for (i = 0; i < t->size; i++)
		hash = (hash ^ byte[i]) * 0x9e3779b97f4a7c15u;
	for (at = (u32)(hash >> 47); t->slot[at]; at = (at + 1) % ARRAY_SIZE(t->slot))
		if (!memcmp(t->entry + (t->slot[at] - 1u) * t->size, it, t->size))
			return (u16)(t->slot[at] - 1);
	if (t->count == t->most)
		give_up("too many states of a side or link");
	memcpy(t->entry + t->count * t->size, it, t->size);
	t->slot[at] = (u16)++t->count;
	return (u16)(t->count - 1);
}

void h_load(void)
{
	u32 i;

	for (i = 0; i < 2; i++)
		memcpy(&h_side[i], sides.entry + h.side[i] * sides.size, sides.size);
	for (i = 0; i < H_LINKS; i++)
		memcpy(&h_link[i], links.entry + h.link[i] * links.size, links.size);
}

/* --- counters --- */

/**
 * struct numbers - all places where a count is written down
 * @count: how many
 * @wide: in sessions
 * @narrow: on the way; one of the two
 */
struct numbers {
	u32 count;
	struct {
		u32 *wide;
		u8 *narrow;
	} at[NUMBERS];
};

static void note(struct numbers *n, u32 *wide, u8 *narrow)
{
	if (n->count == NUMBERS)
		give_up("too many numbers");
	n->at[n->count].wide = wide;
	n->at[n->count++].narrow = narrow;
}

static u32 get(const struct numbers *n, u32 k)
{
	return n->at[k].wide ? *n->at[k].wide : *n->at[k].narrow;
}

static void set(struct numbers *n, u32 k, u32 value)
{
	if (value > 200)
		h_violated("a number is out of range");
	if (n->at[k].wide)
		*n->at[k].wide = value;
	else
		*n->at[k].narrow = (u8)value;
}

/* The least of them above a bound, or 0. */
static u32 least_above(const struct numbers *n, u32 bound)
{
	u32 k, least = 0;

	for (k = 0; k < n->count; k++)
		if (get(n, k) > bound && (!least || get(n, k) < least))
			least = get(n, k);
	return least;
}

/* All of them that are above a bound become less. */
static void lower(struct numbers *n, u32 bound, u32 by)
{
	u32 k;

	for (k = 0; k < n->count; k++)
		if (get(n, k) > bound)
			set(n, k, get(n, k) - by);
}

/* Their order stays; from one to the next it is no more than @gap. */
static void renumber(struct numbers *n, u32 gap)
{
	u32 at = 0, next;

	while ((next = least_above(n, at)) != 0) {
		if (next - at > gap)
			lower(n, at, next - at - gap);
		at = next - at > gap ? at + gap : next;
	}
}

/* Of whom does the global_seq of an item speak? */
static bool global_of(const struct h_item *m, int l, int i)
{
	if (m->type == H_CONNECT)
		return h_client(l) == i;
	if (m->tag == CXIO_TAG_RETRY_GLOBAL)
		return h_client(l) == i;
	return h_client(l) != i;
}

static void note_items(struct numbers *n, int i, bool global)
{
	int l, to;
	u32 k;

	for (l = 0; l < H_LINKS; l++) {
		for (to = 0; to < 2; to++) {
			for (k = 0; k < h_link[l].in[to]; k++) {
				struct h_item *m = &h_link[l].item[to][k];

				if (m->type > H_REPLY)
					continue;
				if (!global)
					note(n, NULL, &m->connect_seq);
				else if (global_of(m, l, i))
					note(n, NULL, &m->global_seq);
			}
		}
	}
}

/*
 * A side's attempts: it matters which is later. While nobody restarts, the next number
 * is above all, so gaps say nothing. After a restart it is not: small gaps stay.
 */
static void renumber_global(int i)
{
	struct numbers n = { 0 };

	note(&n, &h_side[i].g.seq, NULL);
	note(&n, &h_side[i].s.global_seq, NULL);
	note(&n, &h_side[i].s.global_floor, NULL);
	note(&n, &h_side[!i].s.peer_global_seq, NULL);
	note_items(&n, i, true);
	renumber(&n, h_config.restarts ? 2 : 1);
}

/*
 * connect_seq: a side adds one at most before the next exchange, and one more in it. So
 * what is further behind than that stays behind, how far does not matter.
 */
static void renumber_connect(void)
{
	struct numbers n = { 0 };

	note(&n, &h_side[0].s.connect_seq, NULL);
	note(&n, &h_side[1].s.connect_seq, NULL);
	note_items(&n, 0, false);
	renumber(&n, 3);
}

/* What is not looked at before it is written again. */
static void forget(struct cxio_session *s)
{
	if (s->due != CXIO_NEVER)
		s->due = 0;
	s->failures = 0;
	s->features = 0;
	if (s->state != CXIO_SESSION_CONNECTING) {
		s->resets = 0;
		s->retries = 0;
	}
	if (s->state != CXIO_SESSION_OPEN) {
		s->begun_seq = 0;
		s->sent_seq = 0;
		s->rx_seq = 0;
		s->rx_any = false;
	}
}

/* --- what must hold in every state --- */

static void check_side(int i)
{
	const struct h_side *x = &h_side[i];
	u32 connects = 0, carries = 0;
	int l;

	for (l = 0; l < H_LINKS; l++) {
		connects += h_link[l].end[i] == H_CONNECTS;
		carries += h_link[l].end[i] >= H_OPENING;
	}
	/* One connection is the session's, or one attempt, or none. */
	HOLDS(connects + carries <= 1);
	HOLDS((x->there && x->s.state == CXIO_SESSION_OPEN) == (carries == 1));
	HOLDS(!connects || x->s.state == CXIO_SESSION_CONNECTING);
	HOLDS(!x->there || x->s.acked <= x->s.out_seq);
	if (h_config.restarts)
		return;
	/* What was acknowledged was dispatched, and what was dispatched was sent. */
	HOLDS(h_side[!i].got_age != x->age || h_side[!i].got_seq <= x->s.out_seq);
	HOLDS(x->s.acked <= (h_side[!i].got_age == x->age ? h_side[!i].got_seq : 0));
}

static void check(void)
{
	const struct cxio_session *a = &h_side[0].s, *b = &h_side[1].s;
	u32 both = 0;
	int l;

	check_side(0);
	check_side(1);
	for (l = 0; l < H_LINKS; l++) {
		if (h_link[l].end[0] != H_OPEN || h_link[l].end[1] != H_OPEN)
			continue;
		both++;
		/* Both mean the same. */
		HOLDS(a->connect_seq == b->connect_seq);
		HOLDS(a->peer_cookie == b->own_cookie && b->peer_cookie == a->own_cookie);
	}
	HOLDS(both <= 1);
}

/* --- what may happen --- */

static u32 may_link(int l)
{
	const struct h_link *link = &h_link[l];
	u32 m = 0;
	int i;

	for (i = 0; i < 2; i++) {
		if (link->end[i] == H_GONE)
			continue;
		m |= link->in[i] ? H_RECEIVE << 4 * i << l : 0;
		m |= link->cut || link->end[!i] == H_GONE ? H_NOTICE << 4 * i << l : 0;
	}
	/* Where one end has given up, the other sees a loss anyway. */
	if (link->end[0] != H_GONE && link->end[1] != H_GONE && !link->cut && h.cuts && !h.calm)
		m |= H_CUT << l;
	return m;
}

static u32 may_side(int i)
{
	const struct h_side *x = &h_side[i];
	bool free = false;
	u32 m = 0;
	int l;

	for (l = i * H_SLOTS; l < (i + 1) * H_SLOTS; l++)
		free |= h_link[l].end[0] == H_GONE && h_link[l].end[1] == H_GONE;
	m |= x->there && x->s.due != CXIO_NEVER && free ? H_ATTEMPT << i : 0;
	if (h.calm)
		return m;
	/* A server has nobody to send to before a client came. */
	if (x->offers && (x->there || h_config.kind[i] != CXIO_STATEFUL_SERVER))
		m |= H_OFFER << i;
	m |= h.restarts && (h_config.who >> i & 1) ? H_RESTART << i : 0;
	return m;
}

/* A server waits for a client that wants something. */
static bool wants(int i)
{
	if (!h_has(i))
		return false;
	return h_config.kind[i] != CXIO_STATEFUL_SERVER || h_side[!i].there;
}

static void say_side(int i)
{
	const struct h_side *x = &h_side[i];

	printf("    %c %-10s connect_seq %u global_seq %u,%u,%u peer's %u cookies %llu,%llu",
	       "AB"[i], x->there ? cxio_session_state_text(x->s.state) : "none",
	       x->s.connect_seq, x->g.seq, x->s.global_seq, x->s.global_floor,
	       x->s.peer_global_seq, (unsigned long long)x->s.own_cookie,
	       (unsigned long long)x->s.peer_cookie);
	printf(" out %llu acked %llu in %llu queued %u\n", (unsigned long long)x->s.out_seq,
	       (unsigned long long)x->s.acked, (unsigned long long)x->s.in_seq, x->queued);
}

static void say_item(const struct h_item *m, u32 to)
{
	static const char *const types[] = {
		"?", "connect", "reply", "in_seq", "message", "ack",
	};

	printf("      to %c: %s %s connect_seq %u global_seq %u cookies %u,%u seq %u\n", "AB"[to],
	       types[m->type], m->type == H_REPLY ? cxio_tag_text(m->tag) : "", m->connect_seq,
	       m->global_seq, m->own, m->peer, m->seq);
}

static void say(const char *what, int i, int l)
{
	static const char *const ends[] = { "-", "connects", "judges", "opening", "open" };
	u32 k, to, m;

	if (!trace)
		return;
	if (l >= 0)
		printf("%slink %d %s\n", i < 0 ? "" : i ? "B: " : "A: ", l, what);
	else
		printf("%s%s\n", i < 0 ? "" : i ? "B: " : "A: ", what);
	say_side(0);
	say_side(1);
	for (k = 0; k < H_LINKS; k++) {
		const struct h_link *link = &h_link[k];

		if (!link->end[0] && !link->end[1])
			continue;
		printf("    link %u: A %s, B %s%s\n", k, ends[link->end[0]], ends[link->end[1]],
		       link->cut ? ", lost" : "");
		for (to = 0; to < 2; to++)
			for (m = 0; m < link->in[to]; m++)
				say_item(&link->item[to][m], to);
	}
}

/* After everything that happens. */
void h_save(const char *what, int i, int l)
{
	int k;

	say(what, i, l);
	check();
	h.may = 0;
	h.wants = 0;
	for (k = 0; k < 2; k++) {
		forget(&h_side[k].s);
		renumber_global(k);
	}
	renumber_connect();
	for (k = 0; k < 2; k++) {
		h.may |= may_side(k);
		h.wants |= h.calm && wants(k);
		h.side[k] = number_of(&sides, &h_side[k]);
	}
	for (k = 0; k < H_LINKS; k++) {
		h.may |= may_link(k);
		h.link[k] = number_of(&links, &h_link[k]);
	}
	h.may |= h.calm ? 0 : H_CALM;
}
