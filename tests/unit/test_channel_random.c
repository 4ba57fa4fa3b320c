// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * channel.c under a random driver: sizes, limits, late buffers, slow applications,
 * late frames. The harness checks the invariants at every step (pair.h).
 *
 * UNIT_SEED chooses another run, UNIT_FRAMES how long it is. A failure names the
 * seed of its round, which alone repeats it.
 */
#include "cmocka_cxio.h"
#include "pair.h"

#define FRAMES_DEFAULT	240000u
#define FRAMES_ROUND	6000u

static u64 random_state;

/* xorshift64*: good enough, and the same everywhere */
static u32 next_random(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (u32)(random_state * 0x2545f4914f6cdd1dull >> 32);
}

static u32 below(u32 n)
{
	return n ? next_random() % n : 0;
}

static u32 number(const char *name, u32 otherwise)
{
	const char *s = getenv(name);

	return s && *s ? (u32)strtoul(s, NULL, 0) : otherwise;
}

static void random_limits(struct cxio_limits *l)
{
	static const u32 sizes[] = { 512, 512, 512, 513, 600, 1024, 4096 };
	static const u32 depths[] = { 8, 8, 9, 10, 16, 32, 100 };
	static const u32 windows[] = { 4096, 4097, 6000, 20000, 100000 };

	pair_limits(l, sizes[below(ARRAY_SIZE(sizes))], (u16)depths[below(ARRAY_SIZE(depths))],
		    1 + below(9), windows[below(ARRAY_SIZE(windows))]);
	l->send_size = sizes[below(ARRAY_SIZE(sizes))];
}

static u32 random_size(u32 frame_max, u32 most)
{
	u32 size;

	switch (below(6)) {
	case 0:
		size = 0;
		break;
	case 1:
		/* around a frame's border */
		size = frame_max - 81 + below(3) * (frame_max - 28) - below(25);
		break;
	case 2:
		size = most - below(3);
		break;
	case 3:
		size = below(most);
		break;
	default:
		size = below(200);
	}
	return size < most ? size : most;
}

static void random_offer(struct pair *p, u32 side)
{
	struct pair_end *e = &p->end[side];
	u32 most = e->agreed.peer_window_bytes, size, front, middle;

	if (e->offered - e->begun > 20)
		return;
	size = random_size(e->agreed.frame_max, most < 20000 ? most : 20000);
	front = below(3) ? below(size < 100 ? size + 1 : 100) : below(size + 1);
	middle = below(3) ? 0 : below(size - front + 1);
	pair_offer(p, side, front, middle, size - front - middle);
}

static void random_step(struct pair *p)
{
	u32 side = below(2), n;
	struct pair_end *e = &p->end[side];

	switch (below(16)) {
	case 0:
		random_offer(p, side);
		break;
	case 1 ... 5:
		for (n = 1 + below(4); n--; )
			pair_send(p, side);
		break;
	case 6 ... 10:
		for (n = 1 + below(4); n--; )
			pair_deliver(p, side);
		break;
	case 11:
		pair_repost(p, side, 1 + below(e->unposted));
		break;
	case 12:
		pair_consume(p, side, 1 + below(3));
		break;
	case 13:
		p->now += below(2) ? CXIO_ACK_DELAY_NS / 3 : CXIO_ACK_DELAY_NS;
		break;
	case 14:
		if (!below(20))
			e->hold_posts = !e->hold_posts;
		if (!below(20))
			e->hold_messages = !e->hold_messages;
		break;
	case 15:
		/* a keepalive in between: whenever one is asked for, it must be answered */
		if (!below(10))
			e->s.keepalive.ask = true;
		break;
	}
}

static void drain(struct pair *p)
{
	u32 side;

	for (side = 0; side < 2; side++) {
		p->end[side].hold_posts = false;
		p->end[side].hold_messages = false;
		pair_repost(p, side, ~0u);
		pair_consume(p, side, ~0u);
	}
	/* 41 queued messages of 20000 bytes each way at most, in frames of 484 */
	pair_settle(p, 10000);
	pair_assert_rest(p);
}

static void one_round(u64 seed, u32 frames, u64 *made, u64 *messages)
{
	struct cxio_limits a, b;
	struct pair p;

	print_message("# round with UNIT_SEED=0x%llx\n", (unsigned long long)seed);
	random_state = seed;
	random_limits(&a);
	random_limits(&b);
	pair_init(&p, &a, &b);
	if (below(2))
		pair_shift(&p, 0u - below(3000), 0xffffffffull - below(300));
	while (p.frames < frames) {
		u32 steps = 2000;
		u64 before = p.frames;

		while (steps-- && p.frames < frames)
			random_step(&p);
		/* all held and nothing moves: as good a place to come to rest as any */
		if (p.frames == before || !below(4))
			drain(&p);
	}
	drain(&p);
	*made += p.frames;
	*messages += p.end[0].delivered + p.end[1].delivered;
	pair_free(&p);
}

static void random_traffic(void **state)
{
	u32 frames = number("UNIT_FRAMES", FRAMES_DEFAULT);
	u64 seed = number("UNIT_SEED", 0x2013);
	u64 made = 0, messages = 0;

	(void)state;
	while (made < frames) {
		/* xorshift must not start at zero */
		one_round(seed ? seed : 1, frames < FRAMES_ROUND ? frames : FRAMES_ROUND, &made,
			  &messages);
		seed = (u32)(seed * 1664525u + 1013904223u);
	}
	print_message("# %llu frames, %llu messages\n", (unsigned long long)made,
		      (unsigned long long)messages);
	assert_true(messages > made / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_traffic),
	};

	return cmocka_run_group_tests_name("channel-random", tests, NULL, NULL);
}
