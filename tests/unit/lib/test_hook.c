// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Hooks: who waits for replies.
 */
#include "lib_test.h"

/* Return: how many there were; their tids were @odd. */
static u32 put_all(struct cxio_link *taken, u32 odd)
{
	u32 n = 0;

	while (!cxio_list_empty(taken)) {
		struct cxio_hook *h = cxio_entry(taken->next, struct cxio_hook, link);

		assert_int_equal(h->tid % 2, odd);
		assert_false(atomic_load(&h->waiting));
		cxio_list_remove(&h->link);
		cxio_hook_put(h);
		n++;
	}
	return n;
}

static void hooks_like_a_list(void **state)
{
	enum { TIDS = 300 };
	struct cxio_messenger *m = stand_in_messenger();
	struct cxio_connection *c = stand_in_connection(m);
	struct cxio_reply_hook what = { .reply = take_answer };
	struct cxio_hook *waits[TIDS] = { NULL }, *h;
	struct cxio_link taken;
	u32 step, tid, known = 0;

	(void)state;
	for (step = 0; step < 20000; step++) {
		tid = below(TIDS);
		h = cxio_hooks_find(&c->hooks, tid);
		assert_ptr_equal(h, waits[tid]);
		cxio_hook_put(h);
		if (below(2)) {
			int err = cxio_hooks_add(&c->hooks, c, tid, &what, &h);

			assert_int_equal(err, waits[tid] ? -EEXIST : 0);
			if (err)
				continue;
			assert_int_equal(h->tid, tid);
			assert_ptr_equal(h->connection, c);
			assert_int_equal(h->timer.place, 0);
			waits[tid] = h;
			known++;
		} else if (waits[tid]) {
			assert_true(cxio_hooks_take(&c->hooks, waits[tid]));
			assert_false(cxio_hooks_take(&c->hooks, waits[tid]));
			assert_int_equal(atomic_load(&waits[tid]->refs), 1);
			cxio_hook_put(waits[tid]);
			waits[tid] = NULL;
			known--;
		}
		assert_int_equal(atomic_load(&c->hooks.count), known);
	}
	cxio_list_init(&taken);
	cxio_hooks_take_many(&c->hooks, CXIO_HOOKS_CANCELLED, &taken);
	assert_true(cxio_list_empty(&taken));
	for (tid = 0; tid < TIDS; tid += 2)
		if (waits[tid])
			atomic_store(&waits[tid]->cancelled, true);
	cxio_hooks_take_many(&c->hooks, CXIO_HOOKS_CANCELLED, &taken);
	assert_int_equal(put_all(&taken, 0) + atomic_load(&c->hooks.count), known);
	for (tid = 1; tid < TIDS; tid += 4)
		if (waits[tid])
			waits[tid]->begun = true;
	cxio_hooks_take_many(&c->hooks, CXIO_HOOKS_BEGUN, &taken);
	put_all(&taken, 1);
	for (tid = 1; tid < TIDS; tid += 4)
		assert_true(!waits[tid] || !atomic_load(&waits[tid]->waiting));
	cxio_hooks_take_many(&c->hooks, CXIO_HOOKS_ALL, &taken);
	put_all(&taken, 1);
	assert_int_equal(atomic_load(&c->hooks.count), 0);
	cxio_hooks_close(&c->hooks);
	assert_int_equal(cxio_hooks_add(&c->hooks, c, 1, &what, &h), -ENOTCONN);
	for (tid = 0; tid < TIDS; tid++)
		cxio_hook_put(waits[tid]);
	cxio_connection_put(c);
	cxio_messenger_put(m);
}

static void hook_with_a_sink(void **state)
{
	static char sink[1000];
	struct cxio_messenger *m = stand_in_messenger();
	struct cxio_connection *c = stand_in_connection(m);
	struct cxio_memory *r = cxio_memory_register(m, sink, sizeof(sink));
	struct answer a = { .sink = r };
	struct cxio_reply_hook what = {
		.reply = take_answer, .arg = &a, .sink = sink + 1, .sink_len = sizeof(sink),
	};
	struct cxio_hook *h = NULL;

	(void)state;
	assert_int_equal(cxio_hooks_add(&c->hooks, c, 1, &what, &h), -EINVAL);
	assert_null(h);
	what.sink_len = sizeof(sink) - 1;
	assert_int_equal(cxio_hooks_add(&c->hooks, c, 1, &what, &h), 0);
	assert_ptr_equal(h->sink, r);
	assert_int_equal(atomic_load(&r->refs), 2);
	assert_true(cxio_hooks_take(&c->hooks, h));
	/* Its request may be under way still: the sink is the application's all the same. */
	cxio_hook_get(h);
	h->error = -ETIMEDOUT;
	cxio_dispatch_reply(c, h);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.error, -ETIMEDOUT);
	assert_null(a.message);
	assert_int_equal(a.sink_refs, 1);
	cxio_hook_put(h);
	cxio_memory_unregister(r);
	cxio_connection_put(c);
	cxio_messenger_put(m);
}

/* A reply that nobody wants is put. */
static void hook_without_a_function(void **state)
{
	struct cxio_messenger *m = stand_in_messenger();
	struct cxio_connection *c = stand_in_connection(m);
	struct cxio_reply_hook what = { .reply = NULL };
	struct cxio_hook *h;

	(void)state;
	assert_int_equal(cxio_hooks_add(&c->hooks, c, 1, &what, &h), 0);
	assert_true(cxio_hooks_take(&c->hooks, h));
	h->message = cxio_message_new(1, 1, 0, 0);
	cxio_dispatch_reply(c, h);
	cxio_connection_put(c);
	cxio_messenger_put(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lib_test(hooks_like_a_list),
		lib_test(hook_with_a_sink),
		lib_test(hook_without_a_function),
	};

	return cmocka_run_group_tests_name("hook", tests, NULL, NULL);
}
