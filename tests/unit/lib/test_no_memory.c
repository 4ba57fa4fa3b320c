// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Memory runs out: each allocation fails in turn.
 */
#include "lib_test.h"

/* Does something that needs memory; returns whether it did. */
typedef bool (*needs_memory)(struct cxio_messenger *m, struct cxio_connection *c);

static bool make_arena(struct cxio_messenger *m, struct cxio_connection *c)
{
	struct cxio_arena *a = cxio_arena_new(m, 100000);
	void *p = a ? cxio_arena_alloc(a, 10) : NULL;

	(void)c;
	cxio_arena_put(a);
	return p;
}

static bool make_registration(struct cxio_messenger *m, struct cxio_connection *c)
{
	static char some[100];
	struct cxio_memory *r = cxio_memory_register(m, some, sizeof(some));

	(void)c;
	cxio_memory_unregister(r);
	return r;
}

static bool make_message(struct cxio_messenger *m, struct cxio_connection *c)
{
	struct cxio_message *msg = cxio_message_new(1, 1, 10, 10);

	(void)c;
	(void)m;
	cxio_message_put(msg);
	return msg;
}

static bool make_received(struct cxio_messenger *m, struct cxio_connection *c)
{
	struct cxio_msg_header h = { .len = { 20000, 40000, 80000 } };
	struct cxio_message *msg = cxio_message_for(&h, 1u << CXIO_DATA, c);
	bool good = msg && lib_test_place(msg, CXIO_DATA);

	(void)m;
	cxio_message_put(msg);
	stand_in_take_returned(c);
	return good;
}

static bool make_xmsg(struct cxio_messenger *m, struct cxio_connection *c)
{
	static char some[30000];
	struct cxio_message *msg = cxio_message_new(1, 1, 10, 10);
	struct cxio_xmsg *x = NULL;

	(void)c;
	if (msg && !cxio_message_add_data(msg, some, 10000) &&
	    !cxio_message_add_data(msg, some + 10000, 20000))
		x = cxio_xmsg_new(m, msg);
	if (x)
		cxio_xmsg_finish(x, CXIO_OUTCOME_DROPPED);
	else
		cxio_message_put(msg);
	return x;
}

static bool make_hook(struct cxio_messenger *m, struct cxio_connection *c)
{
	struct cxio_reply_hook what = { .reply = NULL };
	struct cxio_hook *h;

	(void)m;
	if (cxio_hooks_add(&c->hooks, c, 1, &what, &h))
		return false;
	cxio_hooks_take(&c->hooks, h);
	cxio_hook_put(h);
	return true;
}

/* Each allocation fails in turn; what was there before it is given back. */
static void no_memory(void **state)
{
	static const struct {
		needs_memory fn;
		u32 least;
	} row[] = {
		{ make_arena, 5 }, { make_registration, 2 }, { make_message, 1 },
		{ make_received, 7 }, { make_xmsg, 4 }, { make_hook, 1 },
	};
	u32 i, n;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(row); i++) {
		for (n = 1;; n++) {
			struct cxio_messenger *m = stand_in_messenger();
			struct cxio_connection *c = stand_in_connection(m);
			bool good, failed;

			print_message("# row %u, allocation %u\n", i, n);
			stand_in_fail(n);
			good = row[i].fn(m, c);
			failed = stand_in_failed();
			assert_int_equal(good, !failed);
			assert_int_equal(atomic_load(&c->refs), 1);
			cxio_connection_put(c);
			assert_int_equal(atomic_load(&m->refs), 1);
			cxio_messenger_put(m);
			assert_nothing_left();
			if (!failed)
				break;
		}
		assert_true(n > row[i].least);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lib_test(no_memory),
	};

	return cmocka_run_group_tests_name("no_memory", tests, NULL, NULL);
}
