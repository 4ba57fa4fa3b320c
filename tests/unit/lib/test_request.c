// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Requests: a hook is called exactly once, whoever is first.
 */
#include "lib_test.h"

static struct cxio_messenger *m;
static struct cxio_connection *c;

static int request_begin(void **state)
{
	m = stand_in_messenger();
	c = stand_in_connection(m);
	return lib_test_begin(state);
}

static int request_end(void **state)
{
	cxio_connection_put(c);
	cxio_messenger_put(m);
	assert_int_equal(stand_in_portal_end(), 0);
	return lib_test_end(state);
}

static int ask(struct answer *a, u64 tid, u64 timeout_ns)
{
	struct cxio_reply_hook what = {
		.reply = take_answer, .arg = a, .timeout_ns = timeout_ns,
	};

	return cxio_connection_request(c, cxio_message_new(1, tid, 0, 0), &what);
}

/* Its request comes to the portal, and perhaps all the way. */
static void arrive(bool acked)
{
	struct cxio_xmsg *x = stand_in_next(c);

	assert_non_null(x);
	cxio_hook_begin(x->hook);
	if (acked)
		cxio_xmsg_finish(x, CXIO_OUTCOME_ACKED);
	else
		cxio_xmsg_finish(x, CXIO_OUTCOME_DROPPED);
}

static void reply_comes(u64 tid)
{
	struct cxio_msg_header h = { .tid = tid };

	cxio_connection_deliver(c, cxio_message_for(&h, 0, c));
}

static void request_is_answered(void **state)
{
	struct answer a = { 0 };

	(void)state;
	assert_int_equal(ask(&a, 7, 1000), 0);
	assert_int_equal(ask(&a, 7, 0), -EEXIST);
	arrive(true);
	reply_comes(7);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.error, 0);
	assert_int_equal(cxio_message_tid(a.message), 7);
	cxio_message_put(a.message);
	stand_in_take_returned(c);
	/* In time: it is not told a second time. */
	stand_in_time(100000);
	assert_int_equal(a.count, 1);
}

/* Acknowledged long ago, and nobody else has the hook any more. */
static void request_times_out(void **state)
{
	struct answer a = { 0 }, for_ever = { 0 }, no_end = { 0 };

	(void)state;
	stand_in_time(500);
	assert_int_equal(ask(&a, 1, 1000), 0);
	arrive(true);
	assert_int_equal(ask(&for_ever, 2, 0), 0);
	arrive(true);
	assert_int_equal(ask(&no_end, 3, UINT64_MAX), 0);
	arrive(true);
	stand_in_time(1499);
	assert_int_equal(a.count, 0);
	stand_in_time(1500);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.error, -ETIMEDOUT);
	assert_null(a.message);
	stand_in_time(UINT64_MAX / 2);
	assert_int_equal(for_ever.count + no_end.count, 0);
	cxio_connection_cancel_hooks(c, CXIO_HOOKS_ALL);
	assert_int_equal(for_ever.count + no_end.count, 2);
	assert_int_equal(for_ever.error, -ECONNRESET);
}

static void request_is_cancelled(void **state)
{
	struct answer a = { 0 };

	(void)state;
	assert_int_equal(ask(&a, 1, 1000), 0);
	cxio_connection_cancel(c, 2);
	assert_int_equal(stand_in_kicks(c), 0);
	cxio_connection_cancel(c, 1);
	assert_int_equal(stand_in_kicks(c), 1);
	/* The portal hears of it before it has the request: no time runs for it. */
	cxio_connection_cancel_hooks(c, CXIO_HOOKS_CANCELLED);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.error, -ECANCELED);
	arrive(true);
	stand_in_time(100000);
	assert_int_equal(a.count, 1);
}

/* A reset is for those under way; a request on its way to the portal goes after it. */
static void request_after_a_reset(void **state)
{
	struct answer before = { 0 }, after = { 0 };

	(void)state;
	assert_int_equal(ask(&before, 1, 0), 0);
	arrive(false);
	assert_int_equal(ask(&after, 2, 0), 0);
	cxio_connection_cancel_hooks(c, CXIO_HOOKS_BEGUN);
	assert_int_equal(before.count, 1);
	assert_int_equal(before.error, -ECONNRESET);
	assert_int_equal(after.count, 0);
	arrive(true);
	reply_comes(2);
	assert_int_equal(after.count, 1);
	cxio_message_put(after.message);
	stand_in_take_returned(c);
}

static void ask_again(void *arg, struct cxio_message *reply, int error)
{
	struct answer *a = arg;
	struct cxio_reply_hook what = { .reply = ask_again, .arg = a };

	assert_null(reply);
	assert_int_equal(error, -ECONNRESET);
	if (++a->count < 100)
		a->error = cxio_connection_request(c, cxio_message_new(1, 1, 0, 0), &what);
}

/* Who asks again from the hook is not told at once once more. */
static void request_again_when_reset(void **state)
{
	struct cxio_reply_hook what = { .reply = ask_again };
	struct answer a = { 0 };

	(void)state;
	what.arg = &a;
	assert_int_equal(cxio_connection_request(c, cxio_message_new(1, 1, 0, 0), &what), 0);
	arrive(false);
	cxio_connection_cancel_hooks(c, CXIO_HOOKS_BEGUN);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.error, 0);
	/* Once it is over, nobody may. */
	cxio_hooks_close(&c->hooks);
	atomic_store(&c->ended, true);
	cxio_connection_cancel_hooks(c, CXIO_HOOKS_ALL);
	assert_int_equal(a.count, 2);
	assert_int_equal(a.error, -ENOTCONN);
	arrive(false);
}

static void request_on_an_ended_connection(void **state)
{
	struct answer a = { 0 };

	(void)state;
	atomic_store(&c->ended, true);
	assert_int_equal(ask(&a, 1, 1000), -ENOTCONN);
	assert_int_equal(atomic_load(&c->hooks.count), 0);
	cxio_hooks_close(&c->hooks);
	assert_int_equal(ask(&a, 1, 1000), -ENOTCONN);
	assert_int_equal(a.count, 0);
}

/* The hook is called when nobody can write to its sink, and only then it is over. */
static void request_with_a_sink(void **state)
{
	static char sink[1000];
	struct cxio_memory *r = cxio_memory_register(m, sink, sizeof(sink));
	struct answer a = { 0 };
	struct cxio_reply_hook what = {
		.reply = take_answer, .arg = &a, .sink = sink, .sink_len = sizeof(sink),
	};
	struct cxio_xmsg *x;
	struct cxio_hook *h;
	u32 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		memset(&a, 0, sizeof(a));
		assert_int_equal(cxio_connection_request(c, cxio_message_new(1, 1, 0, 0), &what),
				 0);
		x = stand_in_next(c);
		h = cxio_hook_get(x->hook);
		cxio_hook_begin(h);
		h->exposed = &sink;
		cxio_xmsg_finish(x, CXIO_OUTCOME_ACKED);
		if (i) {
			/* The key died by itself: the hook goes on waiting. */
			h->exposed = NULL;
			cxio_hook_sink_ended(h);
			assert_int_equal(a.count, 0);
			reply_comes(1);
			cxio_message_put(a.message);
			stand_in_take_returned(c);
		} else {
			cxio_connection_cancel_hooks(c, CXIO_HOOKS_ALL);
			c->owes_reset = true;
			assert_int_equal(stand_in_kicks(c), 1);
			assert_int_equal(a.count, 0);
			assert_int_equal(c->sinks_ending, 1);
			cxio_connection_tell_over(c);
			assert_true(c->owes_reset);
			h->exposed = NULL;
			cxio_hook_sink_ended(h);
			assert_false(c->owes_reset);
			/* Whatever else ends is not told again. */
			cxio_hook_sink_ended(h);
		}
		assert_int_equal(a.count, 1);
		assert_int_equal(atomic_load(&c->refs), 1);
		cxio_hook_put(h);
	}
	cxio_memory_unregister(r);
}

#define request_test(test)	cmocka_unit_test_setup_teardown(test, request_begin, request_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		request_test(request_is_answered),
		request_test(request_times_out),
		request_test(request_is_cancelled),
		request_test(request_after_a_reset),
		request_test(request_again_when_reset),
		request_test(request_on_an_ended_connection),
		request_test(request_with_a_sink),
	};

	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
