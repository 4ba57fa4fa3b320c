// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Timers.
 */
#include "lib_test.h"

#define TIMERS	150

struct alarm {
	struct cxio_timer timer;
	u64 due;
};

static struct alarm alarms[TIMERS];
static struct cxio_timers heap;
static u64 now;
static u32 fired;

static void set_alarm(u32 i, u64 due)
{
	alarms[i].due = due;
	cxio_timer_set(&heap, &alarms[i].timer, due);
}

static u64 earliest(void)
{
	u64 due = CXIO_NEVER;
	u32 i;

	for (i = 0; i < TIMERS; i++)
		if (alarms[i].due < due)
			due = alarms[i].due;
	return due;
}

/* It may do to all timers, itself too, what others may. */
static void rings(struct cxio_timer *t)
{
	struct alarm *a = cxio_entry(t, struct alarm, timer);
	u32 other = below(TIMERS);

	assert_true(a->due <= now);
	assert_int_equal(a->due, earliest());
	assert_int_equal(t->place, 0);
	assert_int_equal(t->due, CXIO_NEVER);
	a->due = CXIO_NEVER;
	fired++;
	if (below(2))
		set_alarm(other, below(3) ? now + 1 + below(500) : CXIO_NEVER);
	if (!below(4))
		set_alarm((u32)(a - alarms), now + 1 + below(50));
}

static void timers_like_a_list(void **state)
{
	u32 i, step;
	u64 next;

	(void)state;
	now = 1000;
	fired = 0;
	memset(&heap, 0, sizeof(heap));
	for (i = 0; i < TIMERS; i++) {
		assert_int_equal(cxio_timers_reserve(&heap), 0);
		cxio_timer_init(&alarms[i].timer, rings);
		alarms[i].due = CXIO_NEVER;
	}
	for (step = 0; step < 20000; step++) {
		u32 which = below(TIMERS);

		switch (below(4)) {
		case 0:
		case 1:
			set_alarm(which, below(50) ? now + below(600) : now - below(900));
			break;
		case 2:
			cxio_timer_cancel(&heap, &alarms[which].timer);
			alarms[which].due = CXIO_NEVER;
			break;
		case 3:
			now += below(20);
			next = cxio_timers_run(&heap, now);
			assert_true(next > now);
			assert_int_equal(next, earliest());
			break;
		}
	}
	cxio_timers_run(&heap, now += 1000000);
	assert_true(fired > 1000);
	for (i = 0; i < TIMERS; i++)
		cxio_timer_cancel(&heap, &alarms[i].timer);
	assert_int_equal(heap.count, 0);
	assert_true(cxio_timers_run(&heap, now + 1000000) == CXIO_NEVER);
	cxio_timers_fini(&heap);
}

static u32 again_count;

static void rings_again(struct cxio_timer *t)
{
	again_count++;
	cxio_timer_set(&heap, t, now);
}

static bool other_rang;

static void rings_once(struct cxio_timer *t)
{
	(void)t;
	other_rang = true;
}

/* One that is always due keeps neither the portal for ever, nor others that are due. */
static void timer_that_is_always_due(void **state)
{
	struct cxio_timer t, other;
	u32 i;

	(void)state;
	memset(&heap, 0, sizeof(heap));
	again_count = 0;
	assert_int_equal(cxio_timers_reserve(&heap), 0);
	assert_int_equal(cxio_timers_reserve(&heap), 0);
	cxio_timer_init(&t, rings_again);
	cxio_timer_init(&other, rings_once);
	for (i = 1; i < 4; i++) {
		other_rang = false;
		cxio_timer_set(&heap, &t, now - 2);
		cxio_timer_set(&heap, &other, now);
		assert_int_equal(cxio_timers_run(&heap, now), now + 1);
		assert_int_equal(again_count, i);
		assert_true(other_rang);
	}
	cxio_timer_cancel(&heap, &t);
	cxio_timers_fini(&heap);
}

/* Room for each that may be set, and no more of it for those that come and go. */
static void timers_make_room(void **state)
{
	static struct cxio_timer many[1000];
	u32 i, room;

	(void)state;
	memset(&heap, 0, sizeof(heap));
	for (i = 0; i < ARRAY_SIZE(many); i++) {
		assert_int_equal(cxio_timers_reserve(&heap), 0);
		cxio_timer_init(&many[i], rings_again);
	}
	room = heap.room;
	for (i = 0; i < ARRAY_SIZE(many); i++)
		cxio_timer_set(&heap, &many[i], 5000 - i);
	assert_int_equal(heap.count, ARRAY_SIZE(many));
	for (i = 0; i < ARRAY_SIZE(many); i++) {
		cxio_timer_cancel(&heap, &many[i]);
		cxio_timers_release(&heap);
		assert_int_equal(cxio_timers_reserve(&heap), 0);
	}
	assert_int_equal(heap.room, room);
	stand_in_fail(1);
	for (i = 0; !cxio_timers_reserve(&heap); i++)
		assert_true(i < 2 * room);
	assert_true(stand_in_failed());
	assert_int_equal(heap.promised, heap.room);
	assert_int_equal(cxio_timers_reserve(&heap), 0);
	cxio_timers_fini(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lib_test(timers_like_a_list),
		lib_test(timer_that_is_always_due),
		lib_test(timers_make_room),
	};

	return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
