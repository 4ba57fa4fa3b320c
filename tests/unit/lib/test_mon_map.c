// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What simple_client reads of a monitor's map (user/tools/mon_map.c): what a monitor said,
 * and the same cut anywhere, or with other lengths.
 */
#include "recorded.h"
#include "../../../user/tools/mon_map.h"

/* Of the front: length, version, oldest reader, length, fsid, epoch. */
#define VERSION_AT	4u
#define INNER_AT	6u
#define FSID_AT		10u
#define EPOCH_AT	26u
#define END_AT		30u

/* The monitor's map is the first message of its type. */
static struct recorded the_map(void)
{
	struct recorded m = said(RECORDED_MON, "s2c", 0);
	u32 which;

	for (which = 1; m.header.type != MON_MSG_MAP; which++) {
		free(m.front.at);
		m = said(RECORDED_MON, "s2c", which);
	}
	return m;
}

static void put32(u8 *at, u32 value)
{
	u32 i;

	for (i = 0; i < 4; i++)
		at[i] = (u8)(value >> 8 * i);
}

static const char *wrong(const struct bytes *front, u32 len)
{
	struct bytes cut = copy(front->at, len);
	struct mon_map map;
	const char *bad = mon_map_get(cut.at, len, &map);

	free(cut.at);
	return bad;
}

static void as_it_was_said(void **state)
{
	struct recorded m = the_map();
	struct mon_map map;

	(void)state;
	assert_null(mon_map_get(m.front.at, m.front.len, &map));
	assert_string_equal(map.fsid, "ca5f57d7-0701-40d2-bdb6-2c4bd4ef4648");
	assert_int_equal(map.epoch, 1);
	put32(m.front.at + EPOCH_AT, 0xfedcba98);
	assert_null(mon_map_get(m.front.at, m.front.len, &map));
	assert_int_equal(map.epoch, 0xfedcba98);
	free(m.front.at);
}

static void cut_anywhere(void **state)
{
	struct recorded m = the_map();
	u32 len;

	(void)state;
	for (len = 0; len < m.front.len; len++)
		assert_string_equal(wrong(&m.front, len), "monitor map: length differs");
	free(m.front.at);
}

/* Both lengths fit, and the field that is next does not. */
static void too_short_for(u32 len, const char *what)
{
	struct recorded m = the_map();

	put32(m.front.at, len - 4);
	if (len >= FSID_AT)
		put32(m.front.at + INNER_AT, len - FSID_AT);
	assert_int_equal(!wrong(&m.front, len), !what);
	if (what)
		assert_string_equal(wrong(&m.front, len), what);
	free(m.front.at);
}

static void each_field(void **state)
{
	u32 len;

	(void)state;
	for (len = 4; len < INNER_AT; len++)
		too_short_for(len, "monitor map: version cut short");
	for (; len < FSID_AT; len++)
		too_short_for(len, "monitor map: length after the version differs");
	for (; len < EPOCH_AT; len++)
		too_short_for(len, "monitor map: fsid cut short");
	for (; len < END_AT; len++)
		too_short_for(len, "monitor map: epoch cut short");
	too_short_for(END_AT, NULL);
}

static void other_lengths(void **state)
{
	struct recorded m = the_map();
	u32 len = m.front.len;

	(void)state;
	put32(m.front.at, len - 3);
	assert_string_equal(wrong(&m.front, len), "monitor map: length differs");
	put32(m.front.at, ~0u);
	assert_string_equal(wrong(&m.front, len), "monitor map: length differs");
	put32(m.front.at, len - 4);
	put32(m.front.at + INNER_AT, len - FSID_AT + 1);
	assert_string_equal(wrong(&m.front, len), "monitor map: length after the version differs");
	put32(m.front.at + INNER_AT, ~0u);
	assert_string_equal(wrong(&m.front, len), "monitor map: length after the version differs");
	put32(m.front.at + INNER_AT, 20);
	assert_null(wrong(&m.front, len));
	put32(m.front.at + INNER_AT, 19);
	assert_string_equal(wrong(&m.front, len), "monitor map: epoch cut short");
	free(m.front.at);
}

static void other_versions(void **state)
{
	struct recorded m = the_map();
	u32 len = m.front.len;
	u8 *version = m.front.at + VERSION_AT;

	(void)state;
	version[0] = 2;
	assert_string_equal(wrong(&m.front, len), "monitor map: version differs");
	version[0] = 255;
	assert_null(wrong(&m.front, len));
	version[1] = 10;
	assert_string_equal(wrong(&m.front, len), "monitor map: version differs");
	free(m.front.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_it_was_said),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(each_field),
		cmocka_unit_test(other_lengths),
		cmocka_unit_test(other_versions),
	};

	return cmocka_run_group_tests_name("monitor map", tests, NULL, NULL);
}
