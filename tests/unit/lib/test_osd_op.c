// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The object client of the tests against real daemons (tests/ceph/osd_op.c): what it says
 * is what librados said, and what the OSD answered it can read, but for what is cut.
 */
#include "recorded.h"
#include "../../ceph/osd_op.h"

static void the_same_request(void **state)
{
	struct recorded m = said(RECORDED_OSD, "c2s", 0);
	struct osd_op o = {
		.op = OSD_OP_WRITE_FULL, .flags = OSD_OP_FLAGS_WRITE, .pool = 1,
		.hash = 0x4fd5b13c, .epoch = 7, .features = RECORDED_FEATURES, .length = 5000,
		.name = "obj5000",
	};
	u8 buf[OSD_OP_FRONT_MAX];
	u32 room;

	(void)state;
	/* the time of the change, from theirs */
	memcpy(&o.sec, m.front.at + 24 + 4 + 4 + 4 + 27 + 24 + 4, 4);
	memcpy(&o.nsec, m.front.at + 24 + 4 + 4 + 4 + 27 + 24 + 8, 4);
	assert_int_equal(m.header.type, OSD_OP_TYPE);
	assert_int_equal(m.header.version, OSD_OP_VERSION);
	assert_int_equal(m.header.compat_version, OSD_OP_COMPAT);
	assert_int_equal(osd_op_put(&o, buf, sizeof(buf)), m.front.len);
	assert_memory_equal(buf, m.front.at, m.front.len);
	for (room = 0; room < m.front.len; room++)
		assert_int_equal(osd_op_put(&o, buf, room), 0);
	free(m.front.at);
}

static void the_reply(void **state)
{
	struct recorded m = said(RECORDED_OSD, "s2c", 0);
	/* behind the last that is looked at: a version, and what Ceph has since */
	u32 len, needed = m.front.len - 12 - 8 - 1 - 24;
	struct osd_reply r;

	(void)state;
	assert_int_equal(m.header.type, OSD_OP_REPLY_TYPE);
	assert_null(osd_reply_get(m.front.at, m.front.len, &r));
	assert_int_equal(r.result, 0);
	assert_int_equal(r.op_result, 0);
	assert_int_equal(r.epoch, 7);
	for (len = 0; len < m.front.len; len++) {
		struct bytes cut = copy(m.front.at, len);

		assert_int_equal(!osd_reply_get(cut.at, len, &r), len >= needed);
		free(cut.at);
	}
	m.front.at[4 + 7 + 17 + 8 + 4 + 12 + 4] = 2;
	assert_string_equal(osd_reply_get(m.front.at, m.front.len, &r),
			    "reply: not of one operation");
	free(m.front.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_request),
		cmocka_unit_test(the_reply),
	};

	return cmocka_run_group_tests_name("osd op", tests, NULL, NULL);
}
