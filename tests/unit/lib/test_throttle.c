// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Throttles.
 */
#include "lib_test.h"

static void throttle_bounds(void **state)
{
	struct cxio_messenger *m = stand_in_messenger();
	struct cxio_connection *a = stand_in_connection(m), *b = stand_in_connection(m);
	struct cxio_throttle t;

	(void)state;
	cxio_throttle_init(&t);
	t.max_msgs = 2;
	t.max_bytes = 100;
	cxio_throttle_charge(&t, 1, 50);
	cxio_throttle_charge(&t, 1, 50);
	assert_true(cxio_throttle_pass(&t, a));
	cxio_throttle_charge(&t, 1, 0);
	assert_false(cxio_throttle_pass(&t, a));
	assert_false(cxio_throttle_pass(&t, a));
	assert_false(cxio_throttle_pass(&t, b));
	assert_int_equal(atomic_load(&a->refs), 2);
	cxio_throttle_charge(&t, 1, 1);
	cxio_throttle_release(&t, 0);
	/* Still one message too many, and a byte. */
	assert_int_equal(stand_in_kicks(a) + stand_in_kicks(b), 0);
	cxio_throttle_release(&t, 1);
	assert_int_equal(stand_in_kicks(a), 1);
	assert_int_equal(stand_in_kicks(b), 1);
	assert_int_equal(atomic_load(&a->refs), 1);
	assert_int_equal(atomic_load(&b->refs), 1);
	cxio_throttle_release(&t, 50);
	assert_int_equal(stand_in_kicks(a), 0);
	/* Bytes alone. */
	cxio_throttle_charge(&t, 1, 51);
	assert_false(cxio_throttle_pass(&t, a));
	assert_false(cxio_throttle_pass(&t, b));
	cxio_throttle_forget(&t, a);
	cxio_throttle_forget(&t, a);
	assert_int_equal(atomic_load(&a->refs), 1);
	cxio_throttle_release(&t, 51);
	assert_int_equal(stand_in_kicks(a), 0);
	assert_int_equal(stand_in_kicks(b), 1);
	/* A message that began before gets memory. */
	cxio_throttle_charge(&t, 1, 0);
	cxio_throttle_charge(&t, 0, 101);
	assert_int_equal(t.msgs, 2);
	assert_int_equal(t.bytes, 50 + 101);
	cxio_throttle_release(&t, 101);
	/* No bound. */
	t.max_bytes = 0;
	t.max_msgs = 0;
	cxio_throttle_charge(&t, 1, UINT32_MAX);
	assert_true(cxio_throttle_pass(&t, a));
	cxio_throttle_fini(&t);
	cxio_connection_put(a);
	cxio_connection_put(b);
	cxio_messenger_put(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lib_test(throttle_bounds),
	};

	return cmocka_run_group_tests_name("throttle", tests, NULL, NULL);
}
