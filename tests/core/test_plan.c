// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * plan.c: the border between one frame and several, and what is refused.
 */
#include "core_test.h"
#include "plan.h"

static const struct {
	u32 frame_max;
	u32 window;
	u32 front;
	u32 middle;
	u32 data;
	enum cxio_path path;
} rows[] = {
	{ 512, 4096, 0, 0, 0, CXIO_PATH_INLINE },
	{ 512, 4096, 512 - 102, 0, 0, CXIO_PATH_INLINE },
	{ 512, 4096, 512 - 101, 0, 0, CXIO_PATH_CHAINED },
	{ 512, 4096, 10, 400, 0, CXIO_PATH_INLINE },
	{ 512, 4096, 10, 400, 1, CXIO_PATH_CHAINED },
	{ 4096, 8 << 20, 0, 0, 4096 - 102, CXIO_PATH_INLINE },
	{ 4096, 8 << 20, 0, 0, 4096 - 101, CXIO_PATH_CHAINED },
	{ 4096, 8 << 20, 0, 0, 8 << 20, CXIO_PATH_CHAINED },
	{ 4096, 8 << 20, 0, 1, 8 << 20, CXIO_PATH_REFUSED },
	{ 4096, 4096, 0, 0, 4097, CXIO_PATH_REFUSED },
	{ 8192, 4096, 0, 0, 4097, CXIO_PATH_REFUSED },
	{ 4096, 1 << 30, 16 << 20, 16 << 20, 64 << 20, CXIO_PATH_CHAINED },
	{ 4096, 1 << 30, (16 << 20) + 1, 0, 0, CXIO_PATH_REFUSED },
	{ 4096, 1 << 30, 0, (16 << 20) + 1, 0, CXIO_PATH_REFUSED },
	{ 4096, 1 << 30, 0, 0, (64 << 20) + 1, CXIO_PATH_REFUSED },
	{ 4096, 1 << 30, ~0u, ~0u, ~0u, CXIO_PATH_REFUSED },
};

CORE_TEST(each_row)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct cxio_agreed a = { .frame_max = rows[i].frame_max,
					       .peer_window_bytes = rows[i].window };
		const struct cxio_msg_header h = {
			.len = { rows[i].front, rows[i].middle, rows[i].data } };
		struct cxio_plan plan = cxio_plan_message(&a, &h, NULL);

		core_row(i, plan.reason);
		expect_eq(plan.path, rows[i].path);
		expect(strlen(plan.reason) > 5);
	}
}

/* A refusal says which part is at fault. */
CORE_TEST(reasons_differ)
{
	const struct cxio_agreed a = { .frame_max = 512, .peer_window_bytes = 4096 };
	const char *reason[6];
	u32 i, k;

	for (i = 0; i < 4; i++) {
		struct cxio_msg_header h = { .len = { 0, 0, 5000 } };

		if (i < CXIO_SEGMENTS)
			h.len[i] = ~0u;
		reason[i] = cxio_plan_message(&a, &h, NULL).reason;
	}
	reason[4] = cxio_plan_message(&a, &(struct cxio_msg_header){ .seq = 0 }, NULL).reason;
	reason[5] = cxio_plan_message(&a, &(struct cxio_msg_header){ .len = { 999 } }, NULL).reason;
	for (i = 0; i < ARRAY_SIZE(reason); i++)
		for (k = 0; k < i; k++)
			expect_str_differs(reason[i], reason[k]);
}

/* What is read, what is written, what is chained all the same, and why. */
static const struct {
	const char *what;
	u64 features;
	u32 len[CXIO_SEGMENTS];
	struct cxio_placement place;
	enum cxio_path path;
	u8 segments;
	u8 descs;
	u32 window;	/* 0: 8 MiB */
} placed[] = {
#define BOTH (CXIO_FEATURE_RENDEZVOUS | CXIO_FEATURE_REPLY_SINK)
	{ "one frame, whatever else", BOTH, { 0, 0, 4096 - 102 }, { { 0, 0, 1 }, 4096 },
	  CXIO_PATH_INLINE },
	{ "not negotiated", 0, { 0, 0, 1 << 20 }, { { 0, 0, 1 } }, CXIO_PATH_CHAINED },
	{ "data", BOTH, { 24, 0, 1 << 20 }, { { 1, 1, 3 } }, CXIO_PATH_RENDEZVOUS, 4, 3 },
	{ "as short as that", BOTH, { 0, 0, CXIO_RENDEZVOUS_MIN }, { { 0, 0, 1 } },
	  CXIO_PATH_RENDEZVOUS, 4, 1 },
	{ "one byte shorter", BOTH, { 0, 0, CXIO_RENDEZVOUS_MIN - 1 }, { { 0, 0, 1 } },
	  CXIO_PATH_CHAINED },
	{ "cannot be exposed", BOTH, { 0, 0, 1 << 20 }, { { 0 } }, CXIO_PATH_CHAINED },
	{ "all three", BOTH, { 20000, 20000, 20000 }, { { 1, 2, 4 } }, CXIO_PATH_RENDEZVOUS, 7,
	  7 },
	{ "as many as there are", BOTH, { 20000, 0, 1 << 20 }, { { 1, 0, 63 } },
	  CXIO_PATH_RENDEZVOUS, 5, 64 },
	{ "the front is one too many", BOTH, { 20000, 0, 1 << 20 }, { { 1, 0, 64 } },
	  CXIO_PATH_RENDEZVOUS, 4, 64 },
	{ "the data has too many", BOTH, { 20000, 0, 1 << 20 }, { { 2, 0, 65 } },
	  CXIO_PATH_RENDEZVOUS, 1, 2 },
	{ "too many pieces", BOTH, { 0, 0, 1 << 20 }, { { 0, 0, 65 } }, CXIO_PATH_CHAINED },
	{ "what is read does not fill the window", BOTH, { 0, 0, 64 << 20 }, { { 0, 0, 16 } },
	  CXIO_PATH_RENDEZVOUS, 4, 16 },
	{ "what is beside it does", BOTH, { 16 << 20, 0, 64 << 20 }, { { 0, 0, 16 } },
	  CXIO_PATH_REFUSED },
	{ "a sink", BOTH, { 24, 0, 8192 }, { { 0, 0, 1 }, 8192 }, CXIO_PATH_SINK },
	{ "a sink too small", BOTH, { 24, 0, 65536 }, { { 0, 0, 1 }, 65535 },
	  CXIO_PATH_RENDEZVOUS, 4, 1 },
	{ "a sink, but no data", BOTH, { 5000, 0, 0 }, { { 0 }, 8192 }, CXIO_PATH_CHAINED },
	{ "a sink of its own is one of them", BOTH, { 20000, 0, 1 << 20 }, { { 1, 0, 63 }, 0, 1 },
	  CXIO_PATH_RENDEZVOUS, 4, 63 },
	{ "short, but the window is shorter", BOTH, { 0, 0, 10000 }, { { 0, 0, 3 } },
	  CXIO_PATH_RENDEZVOUS, 4, 3, 4096 },
	{ "short, and it cannot be exposed", BOTH, { 0, 0, 10000 }, { { 0 } },
	  CXIO_PATH_REFUSED, .window = 4096 },
	{ "a sink, and a front beside it that fits no window", BOTH, { 20000, 0, 9000 },
	  { { 5, 0, 3 }, 9000 }, CXIO_PATH_RENDEZVOUS, 5, 8, 4096 },
	{ "a sink not negotiated", CXIO_FEATURE_RENDEZVOUS, { 24, 0, 8192 }, { { 0 }, 8192 },
	  CXIO_PATH_CHAINED },
};

CORE_TEST(placements)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(placed); i++) {
		const struct cxio_agreed a = { .features = placed[i].features, .frame_max = 4096,
					       .peer_window_bytes = placed[i].window ?
						placed[i].window : 8 << 20 };
		struct cxio_msg_header h = { .seq = 0 };
		struct cxio_plan plan;

		memcpy(h.len, placed[i].len, sizeof(h.len));
		plan = cxio_plan_message(&a, &h, &placed[i].place);
		core_row(i, placed[i].what);
		expect_eq(plan.path, placed[i].path);
		if (plan.path != CXIO_PATH_REFUSED) {
			expect_eq(plan.segments, placed[i].segments);
			expect_eq(plan.descs, placed[i].descs);
		}
		expect(strlen(plan.reason) > 5);
	}
}

CORE_TEST(paths_have_names)
{
	u32 i;

	for (i = 0; i <= CXIO_PATH_REFUSED; i++)
		expect_str_differs(cxio_path_text(i), "unknown");
	expect_str(cxio_path_text(CXIO_PATH_REFUSED + 1), "unknown");
}

static struct core_case cases[] = {
	CORE_CASE(each_row),
	CORE_CASE(reasons_differ),
	CORE_CASE(placements),
	CORE_CASE(paths_have_names),
	{}
};

CORE_SUITE(plan, cases);
