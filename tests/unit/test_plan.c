// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * plan.c: the border between one frame and several, and what is refused.
 */
#include "cmocka_cxio.h"
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

static void each_row(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct cxio_agreed a = { .frame_max = rows[i].frame_max,
					       .peer_window_bytes = rows[i].window };
		const struct cxio_msg_header h = {
			.len = { rows[i].front, rows[i].middle, rows[i].data } };
		struct cxio_plan plan = cxio_plan_message(&a, &h);

		print_message("# row %u: %s\n", i, plan.reason);
		assert_int_equal(plan.path, rows[i].path);
		assert_true(strlen(plan.reason) > 5);
	}
}

/* A refusal says which part is at fault. */
static void reasons_differ(void **state)
{
	const struct cxio_agreed a = { .frame_max = 512, .peer_window_bytes = 4096 };
	const char *reason[6];
	u32 i, k;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct cxio_msg_header h = { .len = { 0, 0, 5000 } };

		if (i < CXIO_SEGMENTS)
			h.len[i] = ~0u;
		reason[i] = cxio_plan_message(&a, &h).reason;
	}
	reason[4] = cxio_plan_message(&a, &(struct cxio_msg_header){ .seq = 0 }).reason;
	reason[5] = cxio_plan_message(&a, &(struct cxio_msg_header){ .len = { 999 } }).reason;
	for (i = 0; i < ARRAY_SIZE(reason); i++)
		for (k = 0; k < i; k++)
			assert_string_not_equal(reason[i], reason[k]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row),
		cmocka_unit_test(reasons_differ),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
