// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * slots.c: bytes into slots and out of them again, order, room, ends.
 */
#include "core_test.h"
#include "slots.h"

/* Each runs at these bases too: cumulative counts wrap. */
static const u32 bases[] = { 0, 4, 0xfffffff8, 0xfffffffc };

static void sends(struct cxio_send_slots *s, u32 base)
{
	cxio_send_slots_init(s, 4, 100);
	s->sent = base;
	s->done = base;
}

static void put(struct cxio_send_slots *s, u32 len, u32 at_slot, u32 at)
{
	u32 slot = ~0u, off = ~0u;

	expect_range(cxio_send_slots_room(s, &slot, &off), len, 100);
	expect_eq(slot, at_slot);
	expect_eq(off, at);
	cxio_send_slots_put(s, len);
}

static void send(struct cxio_send_slots *s, u32 len, u32 of_slot)
{
	u32 slot = ~0u;

	expect_eq(cxio_send_slots_send(s, &slot), len);
	expect_eq(slot, of_slot);
}

CORE_TEST(small_writes_gather)
{
	struct cxio_send_slots s;
	u32 b;

	for (b = 0; b < ARRAY_SIZE(bases); b++) {
		core_row(b, NULL);
		sends(&s, bases[b]);
		expect(cxio_send_slots_idle(&s));
		expect(!cxio_send_slots_due(&s, false));
		put(&s, 10, 0, 0);
		expect(!cxio_send_slots_idle(&s));
		expect(!cxio_send_slots_due(&s, true));
		put(&s, 20, 0, 10);
		expect(cxio_send_slots_due(&s, false));
		send(&s, 30, 0);
		expect(!cxio_send_slots_due(&s, false));
		expect(!cxio_send_slots_idle(&s));
		put(&s, 5, 1, 0);
		send(&s, 5, 1);
		expect(cxio_send_slots_done(&s, 2));
		expect(cxio_send_slots_idle(&s));
	}
}

CORE_TEST(cork_holds_what_is_not_full)
{
	struct cxio_send_slots s;

	sends(&s, 0);
	s.corked = true;
	put(&s, 99, 0, 0);
	expect(!cxio_send_slots_due(&s, false));
	put(&s, 1, 0, 99);
	expect(cxio_send_slots_due(&s, true));
	send(&s, 100, 0);
	put(&s, 1, 1, 0);
	expect(!cxio_send_slots_due(&s, false));
	s.corked = false;
	expect(cxio_send_slots_due(&s, false));
	expect(!cxio_send_slots_due(&s, true));
}

CORE_TEST(room_ends_and_comes_back)
{
	struct cxio_send_slots s;
	u32 b, i, slot, off;

	for (b = 0; b < ARRAY_SIZE(bases); b++) {
		core_row(b, NULL);
		sends(&s, bases[b]);
		for (i = 0; i < 4; i++) {
			put(&s, 100, i, 0);
			send(&s, 100, i);
		}
		expect(!cxio_send_slots_wakes(&s));
		expect(!cxio_send_slots_done(&s, 5));
		expect_eq(cxio_send_slots_room(&s, &slot, &off), 0);
		expect(!cxio_send_slots_wakes(&s));
		expect(cxio_send_slots_done(&s, 1));
		expect(cxio_send_slots_wakes(&s));
		expect(!cxio_send_slots_wakes(&s));
		put(&s, 1, 0, 0);
		/* who was not told that there is none is not woken */
		expect(cxio_send_slots_done(&s, 3));
		expect(!cxio_send_slots_wakes(&s));
		expect(!cxio_send_slots_done(&s, 1));
	}
}

CORE_TEST(woken_at_a_quarter)
{
	struct cxio_send_slots s;
	u32 i, slot, off;

	cxio_send_slots_init(&s, 9, 10);
	for (i = 0; i < 9; i++) {
		cxio_send_slots_put(&s, 10);
		cxio_send_slots_send(&s, &slot);
	}
	expect_eq(cxio_send_slots_room(&s, &slot, &off), 0);
	expect(cxio_send_slots_done(&s, 2));
	expect(!cxio_send_slots_wakes(&s));
	expect(cxio_send_slots_done(&s, 1));
	expect(cxio_send_slots_wakes(&s));
}

static u32 lens[4];

static void receives(struct cxio_recv_slots *r, u32 base)
{
	cxio_recv_slots_init(r, lens, 4, 100);
	r->came = base;
	r->consumed = base;
}

static void run(struct cxio_recv_slots *r, u32 len, u32 in_slot, u32 at)
{
	u32 slot = ~0u, off = ~0u;

	expect_eq(cxio_recv_slots_run(r, &slot, &off), len);
	expect_eq(slot, in_slot);
	expect_eq(off, at);
}

CORE_TEST(consumed_in_order)
{
	struct cxio_recv_slots r;
	u32 b, slot, off;

	for (b = 0; b < ARRAY_SIZE(bases); b++) {
		core_row(b, NULL);
		receives(&r, bases[b]);
		expect_eq(cxio_recv_slots_run(&r, &slot, &off), 0);
		expect(!cxio_recv_slots_took(&r, 0));
		expect_fault(cxio_recv_slots_came(&r, 0, 100), CXIO_FAULT_NONE);
		expect_fault(cxio_recv_slots_came(&r, 1, 7), CXIO_FAULT_NONE);
		run(&r, 100, 0, 0);
		expect(!cxio_recv_slots_took(&r, 40));
		run(&r, 60, 0, 40);
		expect(cxio_recv_slots_took(&r, 60));
		run(&r, 7, 1, 0);
		expect(!cxio_recv_slots_took(&r, 6));
		expect_fault(cxio_recv_slots_came(&r, 2, 1), CXIO_FAULT_NONE);
		run(&r, 1, 1, 6);
		expect(cxio_recv_slots_took(&r, 1));
		expect(cxio_recv_slots_took(&r, 1));
		expect_eq(cxio_recv_slots_run(&r, &slot, &off), 0);
		expect_fault(cxio_recv_slots_came(&r, 3, 1), CXIO_FAULT_NONE);
		expect_fault(cxio_recv_slots_came(&r, 0, 2), CXIO_FAULT_NONE);
		expect(cxio_recv_slots_took(&r, 1));
		run(&r, 2, 0, 0);
	}
}

CORE_TEST(came_is_checked)
{
	struct cxio_recv_slots r;
	u32 i;

	receives(&r, 0);
	expect_fault(cxio_recv_slots_came(&r, 1, 1), CXIO_FAULT_SLOT_ORDER);
	expect_fault(cxio_recv_slots_came(&r, ~0u, 1), CXIO_FAULT_SLOT_ORDER);
	expect_fault(cxio_recv_slots_came(&r, 0, 101), CXIO_FAULT_SLOT_LENGTH);
	expect_fault(cxio_recv_slots_came(&r, 0, ~0u), CXIO_FAULT_SLOT_LENGTH);
	for (i = 0; i < 4; i++)
		expect_fault(cxio_recv_slots_came(&r, i, 1), CXIO_FAULT_NONE);
	/* it was not posted again */
	expect_fault(cxio_recv_slots_came(&r, 0, 1), CXIO_FAULT_SLOT_ORDER);
	expect(cxio_recv_slots_took(&r, 1));
	expect_fault(cxio_recv_slots_came(&r, 0, 1), CXIO_FAULT_NONE);
}

CORE_TEST(work_that_ended_tells_why)
{
	static const struct { u32 work; enum cxio_fault recv, send; } rows[] = {
		{ CXIO_SLOTS_DONE, CXIO_FAULT_NONE, CXIO_FAULT_NONE },
		{ CXIO_SLOTS_FLUSHED, CXIO_FAULT_NONE, CXIO_FAULT_NONE },
		{ CXIO_SLOTS_LOC_LEN, CXIO_FAULT_SLOT_LENGTH, CXIO_FAULT_SLOT_LENGTH },
		{ CXIO_SLOTS_LOC_QP_OP, CXIO_FAULT_SLOT_LENGTH, CXIO_FAULT_TRANSPORT },
		{ CXIO_SLOTS_REM_INV_REQ, CXIO_FAULT_SLOT_LENGTH, CXIO_FAULT_SLOT_LENGTH },
		{ CXIO_SLOTS_REM_OP, CXIO_FAULT_SLOT_LENGTH, CXIO_FAULT_SLOT_LENGTH },
		{ CXIO_SLOTS_RETRY_EXC, CXIO_FAULT_TIMEOUT, CXIO_FAULT_TIMEOUT },
		{ CXIO_SLOTS_RNR_RETRY_EXC, CXIO_FAULT_SLOT_NONE_LEFT, CXIO_FAULT_SLOT_NONE_LEFT },
		{ 3, CXIO_FAULT_TRANSPORT, CXIO_FAULT_TRANSPORT },
		{ ~0u, CXIO_FAULT_TRANSPORT, CXIO_FAULT_TRANSPORT },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		core_row(i, "work");
		expect_fault(cxio_slots_broken(false, rows[i].work), rows[i].recv);
		expect_fault(cxio_slots_broken(true, rows[i].work), rows[i].send);
	}
}

CORE_TEST(end_comes_behind_the_bytes)
{
	struct cxio_recv_slots r;
	u32 slot, off;

	receives(&r, 0);
	expect(!cxio_recv_slots_ended(&r));
	expect_fault(cxio_recv_slots_came(&r, 0, 5), CXIO_FAULT_NONE);
	expect_fault(cxio_recv_slots_came(&r, 1, 0), CXIO_FAULT_NONE);
	expect(!cxio_recv_slots_ended(&r));
	run(&r, 5, 0, 0);
	expect(cxio_recv_slots_took(&r, 5));
	expect(cxio_recv_slots_ended(&r));
	expect_eq(cxio_recv_slots_run(&r, &slot, &off), 0);
	expect_fault(cxio_recv_slots_came(&r, 2, 1), CXIO_FAULT_SLOT_AFTER_END);
	expect_fault(cxio_recv_slots_came(&r, 2, 0), CXIO_FAULT_SLOT_AFTER_END);
}

CORE_TEST(sizes)
{
	expect(cxio_slot_size_good(CXIO_SLOT_SIZE));
	expect(cxio_slot_size_good(CXIO_SLOT_SIZE_MIN));
	expect(cxio_slot_size_good(CXIO_SLOT_SIZE_MAX));
	expect(!cxio_slot_size_good(CXIO_SLOT_SIZE_MIN - 1));
	expect(!cxio_slot_size_good(CXIO_SLOT_SIZE_MAX + 1));
	expect(!cxio_slot_size_good(0));
	expect_eq(cxio_send_slots_for(CXIO_SEND_BYTES, CXIO_SLOT_SIZE), 8);
	expect_eq(cxio_send_slots_for(0, CXIO_SLOT_SIZE), 2);
	expect_eq(cxio_send_slots_for(3 * CXIO_SLOT_SIZE - 1, CXIO_SLOT_SIZE), 2);
	expect_eq(cxio_send_slots_for(~0u, CXIO_SLOT_SIZE_MIN), CXIO_SLOTS_MAX);
}

CORE_TEST(every_fault_was_provoked)
{
	expect_door_complete(DOOR_SLOT);
}

static struct core_case cases[] = {
	CORE_CASE(small_writes_gather),
	CORE_CASE(cork_holds_what_is_not_full),
	CORE_CASE(room_ends_and_comes_back),
	CORE_CASE(woken_at_a_quarter),
	CORE_CASE(consumed_in_order),
	CORE_CASE(came_is_checked),
	CORE_CASE(work_that_ended_tells_why),
	CORE_CASE(end_comes_behind_the_bytes),
	CORE_CASE(sizes),
	CORE_CASE(every_fault_was_provoked),
	{}
};

CORE_SUITE(slots, cases);
