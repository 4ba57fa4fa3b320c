// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * arrival.c: each step, which of them comes first, and the whole way of a message.
 */
#include "core_test.h"
#include "arrival.h"

#define NEXT(a) cxio_arrival_next(a, false)

static const struct {
	const char *what;
	struct cxio_arriving a;
	bool touched;
	enum cxio_arrival_step step;
} rows[] = {
	/* Nothing is done before its frames are all here, and its memory is its own. */
	{ "frames are to come", { .ended = false }, false, CXIO_ARRIVAL_WAIT },
	{ "exposed", { .ended = true, .exposed = true }, false, CXIO_ARRIVAL_WAIT },
	{ "exposed, and to be read", { .ended = true, .exposed = true, .unread = true,
	  .untold = true }, false, CXIO_ARRIVAL_WAIT },
	{ "to be read", { .ended = true, .unread = true, .untold = true }, false,
	  CXIO_ARRIVAL_READ },
	{ "a part is being read", { .ended = true, .unread = true, .untold = true, .reads = 2 },
	  false, CXIO_ARRIVAL_READ },
	{ "all is being read", { .ended = true, .untold = true, .reads = 1 }, false,
	  CXIO_ARRIVAL_WAIT },
	/* The peer's memory is free, whatever its bytes are good for. */
	{ "read", { .ended = true, .untold = true }, false, CXIO_ARRIVAL_DONE },
	{ "DONE is owed", { .ended = true }, false, CXIO_ARRIVAL_VERIFY },
	{ "verified", { .ended = true, .whole = true }, false, CXIO_ARRIVAL_DELIVER },
	/* What another device may be at is verified, and not handed over. */
	{ "touched, and to be verified", { .ended = true }, true, CXIO_ARRIVAL_VERIFY },
	{ "touched", { .ended = true, .whole = true }, true, CXIO_ARRIVAL_WAIT },
	/* What nobody wants waits for devices alone. */
	{ "dropped", { .ended = true, .dropped = true }, false, CXIO_ARRIVAL_DROP },
	{ "dropped before its end", { .dropped = true }, false, CXIO_ARRIVAL_DROP },
	{ "dropped when it was whole", { .ended = true, .whole = true, .dropped = true }, false,
	  CXIO_ARRIVAL_DROP },
	{ "dropped and exposed", { .ended = true, .exposed = true, .dropped = true }, false,
	  CXIO_ARRIVAL_DROP },
	{ "dropped and touched", { .ended = true, .dropped = true }, true, CXIO_ARRIVAL_WAIT },
	{ "dropped while it is read", { .ended = true, .untold = true, .dropped = true,
	  .reads = 1 }, false, CXIO_ARRIVAL_WAIT },
	{ "dropped, and then read", { .ended = true, .untold = true, .dropped = true }, false,
	  CXIO_ARRIVAL_DONE },
	{ "dropped before all was to be read", { .ended = true, .unread = true, .untold = true,
	  .dropped = true }, false, CXIO_ARRIVAL_DROP },
	{ "dropped while a part is read", { .ended = true, .unread = true, .untold = true,
	  .dropped = true, .reads = 1 }, false, CXIO_ARRIVAL_WAIT },
};

CORE_TEST(each_step)
{
	bool reached[CXIO_ARRIVAL_DROP + 1] = { false };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		core_row(i, rows[i].what);
		expect_eq(cxio_arrival_next(&rows[i].a, rows[i].touched), rows[i].step);
		reached[rows[i].step] = true;
	}
	for (i = 0; i < ARRAY_SIZE(reached); i++)
		expect(reached[i]);
}

/* Each state there is: what must not be, and what each step rests upon. */
CORE_TEST(every_state)
{
	u32 bits;

	for (bits = 0; bits < 256; bits++) {
		const struct cxio_arriving a = {
			.ended = bits & 1, .exposed = bits & 2, .unread = bits & 4,
			.untold = bits & 8, .whole = bits & 16, .dropped = bits & 32,
			.reads = bits & 64 ? 3 : 0,
		};
		bool touched = bits & 128;
		enum cxio_arrival_step step = cxio_arrival_next(&a, touched);

		core_row(bits, NULL);
		switch (step) {
		case CXIO_ARRIVAL_WAIT:
			/* For a frame, a key, a READ or a device; each of them ends. */
			expect(!a.ended || a.exposed || a.reads || touched);
			break;
		case CXIO_ARRIVAL_READ:
			expect(a.ended && a.unread && !a.exposed && !a.dropped);
			break;
		case CXIO_ARRIVAL_DONE:
			expect(a.untold && !a.unread && !a.reads);
			break;
		case CXIO_ARRIVAL_VERIFY:
			expect(a.ended && !a.exposed && !a.unread && !a.reads && !a.dropped &&
			       !a.untold && !a.whole);
			break;
		case CXIO_ARRIVAL_DELIVER:
			expect(a.ended && !a.exposed && !a.unread && !a.reads && !a.dropped &&
			       !a.untold && a.whole && !touched);
			break;
		case CXIO_ARRIVAL_DROP:
			expect(a.dropped && !a.reads && !touched);
			break;
		}
		/* It waits, and would be read: those behind wait, too. */
		expect_eq(cxio_arrival_holds_back(&a),
			  a.ended && a.exposed && a.unread && !a.dropped);
		expect(!cxio_arrival_holds_back(&a) || step == CXIO_ARRIVAL_WAIT);
	}
}

CORE_TEST(in_frames_alone)
{
	expect_eq(cxio_arrival_next(NULL, false), CXIO_ARRIVAL_DELIVER);
	expect_eq(cxio_arrival_next(NULL, true), CXIO_ARRIVAL_WAIT);
	expect(cxio_arrival_lost(NULL));
}

CORE_TEST(one_that_is_read)
{
	struct cxio_arriving a = { .exposed = true };

	cxio_arrival_ended(&a, 1ull << 32);
	expect_eq(NEXT(&a), CXIO_ARRIVAL_WAIT);
	expect(cxio_arrival_holds_back(&a));
	a.exposed = false;
	expect(!cxio_arrival_holds_back(&a));
	expect_eq(NEXT(&a), CXIO_ARRIVAL_READ);
	a.reads = 1;
	expect_eq(NEXT(&a), CXIO_ARRIVAL_READ);
	a.unread = false;
	expect_eq(NEXT(&a), CXIO_ARRIVAL_WAIT);
	a.reads = 0;
	expect_eq(NEXT(&a), CXIO_ARRIVAL_DONE);
	a.untold = false;
	expect_eq(NEXT(&a), CXIO_ARRIVAL_VERIFY);
	a.whole = true;
	expect_eq(NEXT(&a), CXIO_ARRIVAL_DELIVER);
}

/* There is nothing to tell the peer of, but what it showed. */
CORE_TEST(one_that_is_not_read)
{
	struct cxio_arriving a = { .reads = 0 };

	cxio_arrival_ended(&a, 0);
	expect_eq(NEXT(&a), CXIO_ARRIVAL_VERIFY);
	cxio_arrival_unwanted(&a);
	expect_eq(NEXT(&a), CXIO_ARRIVAL_DROP);
	a = (struct cxio_arriving){ .reads = 0 };
	cxio_arrival_ended(&a, 1);
	cxio_arrival_unwanted(&a);
	expect_eq(NEXT(&a), CXIO_ARRIVAL_DONE);
	a.untold = false;
	expect_eq(NEXT(&a), CXIO_ARRIVAL_DROP);
}

/* A device may be at its memory: whoever waits for that is told when it is not (I3). */
CORE_TEST(one_that_is_lost)
{
	struct cxio_arriving a = { .ended = true, .untold = true, .reads = 2 };

	expect(!cxio_arrival_lost(&a));
	expect(a.dropped);
	a.reads = 1;
	expect(!cxio_arrival_lost(&a));
	a.reads = 0;
	expect(cxio_arrival_lost(&a));
	a = (struct cxio_arriving){ .ended = true, .whole = true };
	expect(cxio_arrival_lost(&a));
	expect_eq(NEXT(&a), CXIO_ARRIVAL_DROP);
}

static struct core_case cases[] = {
	CORE_CASE(each_step),
	CORE_CASE(every_state),
	CORE_CASE(in_frames_alone),
	CORE_CASE(one_that_is_read),
	CORE_CASE(one_that_is_not_read),
	CORE_CASE(one_that_is_lost),
	{}
};

CORE_SUITE(arrival, cases);
