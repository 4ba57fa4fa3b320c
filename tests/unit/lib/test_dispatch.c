// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Dispatch: who is told what, where and in which order.
 */
#include "lib_test.h"

#include <sched.h>

/* --- dispatch --- */

#define LOG_MAX	400

/* What was told, as words. */
static struct {
	pthread_mutex_t lock;
	char text[LOG_MAX * 8];
	pthread_t thread;
	bool hold;
	pthread_cond_t go;
	bool held;
} heard = { .lock = PTHREAD_MUTEX_INITIALIZER, .go = PTHREAD_COND_INITIALIZER };

static void hear(const char *who, const char *what)
{
	size_t used;

	pthread_mutex_lock(&heard.lock);
	used = strlen(heard.text);
	snprintf(heard.text + used, sizeof(heard.text) - used, "%s%s ", who, what);
	heard.thread = pthread_self();
	pthread_mutex_unlock(&heard.lock);
}

static void assert_heard(const char *want)
{
	pthread_mutex_lock(&heard.lock);
	assert_string_equal(heard.text, want);
	heard.text[0] = 0;
	pthread_mutex_unlock(&heard.lock);
}

/* Types of messages that somebody takes. */
enum { TAKE_NOBODY = 1, TAKE_FAST_2, TAKE_1, TAKE_2, TAKE_HOLD };

static bool fast_1(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	(void)c;
	(void)m;
	hear(arg, "f");
	return false;
}

static bool fast_2(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	(void)c;
	hear(arg, "f");
	if (cxio_message_type(m) != TAKE_FAST_2)
		return false;
	cxio_message_put(m);
	return true;
}

static bool dispatch_1(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	(void)c;
	hear(arg, "d");
	if (cxio_message_type(m) == TAKE_HOLD) {
		pthread_mutex_lock(&heard.lock);
		heard.held = true;
		pthread_cond_broadcast(&heard.go);
		while (heard.hold)
			pthread_cond_wait(&heard.go, &heard.lock);
		heard.held = false;
		pthread_mutex_unlock(&heard.lock);
	} else if (cxio_message_type(m) != TAKE_1) {
		return false;
	}
	cxio_message_put(m);
	return true;
}

static bool dispatch_2(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	(void)c;
	hear(arg, "d");
	if (cxio_message_type(m) != TAKE_2)
		return false;
	cxio_message_put(m);
	return true;
}

static void on_connected(void *arg, struct cxio_connection *c)
{
	(void)c;
	hear(arg, "c");
}

static void on_accepted(void *arg, struct cxio_connection *c)
{
	(void)c;
	hear(arg, "a");
}

static void on_reset(void *arg, struct cxio_connection *c, const struct cxio_end *e)
{
	(void)c;
	hear(arg, "r:");
	hear("", e->text);
}

static void on_remote_reset(void *arg, struct cxio_connection *c)
{
	(void)c;
	hear(arg, "R");
}

static void on_refused(void *arg, struct cxio_connection *c, const struct cxio_end *e)
{
	(void)c;
	hear(arg, "x:");
	hear("", e->text);
}

static void on_rejected(void *arg, const struct sockaddr *peer, const char *text)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)peer;

	hear(arg, "j:");
	hear(in->sin_port == htons(7000) ? "7000" : "?", text);
}

static const struct cxio_dispatcher first = {
	.fast = fast_1, .dispatch = dispatch_1, .connected = on_connected,
	.accepted = on_accepted, .reset = on_reset, .remote_reset = on_remote_reset,
	.refused = on_refused, .rejected = on_rejected, .arg = (void *)(uintptr_t)"1",
};

/* Its other callbacks are not there. */
static const struct cxio_dispatcher second = {
	.fast = fast_2, .dispatch = dispatch_2, .arg = (void *)(uintptr_t)"2",
};

static void come(struct cxio_connection *c, u16 type)
{
	struct cxio_msg_header h = { .type = type };

	cxio_dispatch_message(c, cxio_message_for(&h, 0, c));
}

static void answer_comes(struct cxio_connection *c, struct answer *a, u64 tid)
{
	struct cxio_msg_header h = { .tid = tid };
	struct cxio_reply_hook what = { .reply = take_answer, .arg = a };
	struct cxio_hook *hook;

	assert_int_equal(cxio_hooks_add(&c->hooks, c, tid, &what, &hook), 0);
	assert_true(cxio_hooks_take(&c->hooks, hook));
	hook->message = cxio_message_for(&h, 0, c);
	cxio_dispatch_reply(c, hook);
}

static struct cxio_messenger *dispatching(unsigned int threads)
{
	struct cxio_messenger *m = stand_in_messenger();

	heard.text[0] = 0;
	assert_int_equal(cxio_dispatch_add(&m->dispatch, &second, false), 0);
	assert_int_equal(cxio_dispatch_add(&m->dispatch, &first, true), 0);
	assert_int_equal(cxio_dispatch_start(&m->dispatch, threads), 0);
	return m;
}

static void dispatch_done(struct cxio_messenger *m, struct cxio_connection *c)
{
	cxio_dispatch_stop(&m->dispatch);
	stand_in_take_returned(c);
	cxio_connection_put(c);
	cxio_messenger_put(m);
}

static void tell_everything(struct cxio_connection *c)
{
	char text[] = "why";
	struct cxio_end e = { .text = text };

	cxio_dispatch_tell(c, CXIO_EVENT_CONNECTED, NULL);
	cxio_dispatch_tell(c, CXIO_EVENT_ACCEPTED, NULL);
	cxio_dispatch_tell(c, CXIO_EVENT_REMOTE_RESET, NULL);
	cxio_dispatch_tell(c, CXIO_EVENT_REFUSED, &e);
	/* It was copied. */
	strcpy(text, "---");
	e.text = "over";
	cxio_dispatch_tell(c, CXIO_EVENT_RESET, &e);
}

static void dispatch_in_the_portal(void **state)
{
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(7000) };
	struct cxio_messenger *m = dispatching(0);
	struct cxio_connection *c = stand_in_connection(m);
	struct answer a = { 0 };

	(void)state;
	come(c, TAKE_NOBODY);
	assert_heard("1f 2f 1d 2d ");
	assert_int_equal(stand_in_take_returned(c), 1);
	come(c, TAKE_FAST_2);
	assert_heard("1f 2f ");
	come(c, TAKE_1);
	assert_heard("1f 2f 1d ");
	come(c, TAKE_2);
	assert_heard("1f 2f 1d 2d ");
	assert_int_equal(stand_in_take_returned(c), 3);
	tell_everything(c);
	assert_heard("1c 1a 1R 1x: why 1r: over ");
	cxio_dispatch_rejected(m, (struct sockaddr *)&peer, "full");
	assert_heard("1j: 7000full ");
	answer_comes(c, &a, 5);
	assert_int_equal(a.count, 1);
	assert_int_equal(cxio_message_tid(a.message), 5);
	cxio_message_put(a.message);
	assert_true(pthread_equal(heard.thread, pthread_self()));
	dispatch_done(m, c);
}

/* The thread is in a callback, and stays there until let_go(). */
static void hold(struct cxio_connection *c)
{
	heard.hold = true;
	come(c, TAKE_HOLD);
	pthread_mutex_lock(&heard.lock);
	while (!heard.held)
		pthread_cond_wait(&heard.go, &heard.lock);
	heard.text[0] = 0;
	pthread_mutex_unlock(&heard.lock);
}

static void let_go(void)
{
	pthread_mutex_lock(&heard.lock);
	heard.hold = false;
	pthread_cond_broadcast(&heard.go);
	pthread_mutex_unlock(&heard.lock);
}

static void dispatch_in_a_thread(void **state)
{
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(7000) };
	struct cxio_messenger *m = dispatching(1);
	struct cxio_connection *c = stand_in_connection(m);
	struct answer a = { 0 };

	(void)state;
	/* Nothing waits: fast dispatch is asked, here. */
	come(c, TAKE_FAST_2);
	assert_heard("1f 2f ");
	assert_true(pthread_equal(heard.thread, pthread_self()));
	hold(c);
	/* Now something waits: it is not asked, and all comes in order. */
	come(c, TAKE_FAST_2);
	come(c, TAKE_1);
	tell_everything(c);
	answer_comes(c, &a, 5);
	come(c, TAKE_2);
	cxio_dispatch_rejected(m, (struct sockaddr *)&peer, "full");
	assert_heard("");
	assert_int_equal(atomic_load(&c->line.busy), true);
	let_go();
	cxio_dispatch_stop(&m->dispatch);
	/* Lines take turns: that of the rejected waited since the first one's began. */
	assert_heard("1j: 7000full 1d 2d 1d 1c 1a 1R 1x: why 1r: over 1d 2d ");
	assert_false(pthread_equal(heard.thread, pthread_self()));
	assert_int_equal(a.count, 1);
	cxio_message_put(a.message);
	assert_false(atomic_load(&c->line.busy));
	assert_int_equal(atomic_load(&c->refs), 1 + 6);
	dispatch_done(m, c);
}

/* Another connection does not wait until all of the first is told. */
static void dispatch_is_fair(void **state)
{
	struct cxio_messenger *m = dispatching(1);
	struct cxio_connection *a = stand_in_connection(m), *b = stand_in_connection(m);
	const char *others;
	u32 i;

	(void)state;
	hold(a);
	for (i = 0; i < 100; i++)
		come(a, TAKE_1);
	come(b, TAKE_2);
	let_go();
	cxio_dispatch_stop(&m->dispatch);
	others = strstr(heard.text, "2d");
	assert_non_null(others);
	assert_in_range((u64)(others - heard.text), 0, 3 * 18);
	stand_in_take_returned(b);
	cxio_connection_put(b);
	dispatch_done(m, a);
}

/* What keeps coming while nobody listens is bounded, and what matters is not lost. */
static void dispatch_notices_are_bounded(void **state)
{
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(7000) };
	struct cxio_messenger *m = dispatching(1);
	struct cxio_connection *c = stand_in_connection(m);
	struct cxio_end e = { .text = "over" };
	u32 i, n = 0;
	char *s;

	(void)state;
	hold(c);
	for (i = 0; i < 2 * CXIO_NOTICES_MAX; i++)
		cxio_dispatch_tell(c, CXIO_EVENT_ACCEPTED, NULL);
	/* No room, and then no memory: told all the same, as late as need be. */
	cxio_dispatch_tell(c, CXIO_EVENT_REMOTE_RESET, NULL);
	come(c, TAKE_1);
	cxio_dispatch_tell(c, CXIO_EVENT_REMOTE_RESET, NULL);
	stand_in_fail(1);
	cxio_dispatch_tell(c, CXIO_EVENT_REMOTE_RESET, NULL);
	assert_true(stand_in_failed());
	stand_in_fail(1);
	cxio_dispatch_tell(c, CXIO_EVENT_RESET, &e);
	assert_false(stand_in_failed());
	for (i = 0; i < 2 * CXIO_NOTICES_MAX; i++)
		cxio_dispatch_rejected(m, (struct sockaddr *)&peer, "full");
	let_go();
	cxio_dispatch_stop(&m->dispatch);
	for (s = heard.text; (s = strstr(s, "1a ")); s++)
		n++;
	assert_int_equal(n, CXIO_NOTICES_MAX);
	for (n = 0, s = heard.text; (s = strstr(s, "full ")); s++)
		n++;
	assert_int_equal(n, CXIO_NOTICES_MAX);
	s = strstr(heard.text, "1R 1d ");
	assert_non_null(s);
	assert_non_null(strstr(s + 3, "1R "));
	assert_non_null(strstr(heard.text, "1r: over "));
	assert_int_equal(c->line.notices, 0);
	assert_false(c->line.remote_reset_waits);
	assert_false(c->line.remote_reset_again);
	dispatch_done(m, c);
}

/* --- dispatch, order --- */

#define CONNECTIONS	8u
#define THREADS		4u
#define MESSAGES	4000u
/* Of so many messages this one waits until the line is empty; order_fast() takes it. */
#define IDLE_EVERY	63u
#define IDLE_AT		3u

static struct order {
	u64 next;
	atomic_uint inside;
	u32 fast;
	u32 slow;
	u32 replies;
	u32 wrong;
	bool over;
} orders[CONNECTIONS];

static struct order *order_of(struct cxio_connection *c)
{
	return c->private;
}

/* Never two callbacks of a connection at once, and each in its turn. */
static void check_order(struct order *o, u64 tid)
{
	if (atomic_fetch_add(&o->inside, 1) || o->over || tid != o->next)
		o->wrong++;
	o->next = tid + 1;
	if (tid % 64 == 0)
		sched_yield();
	atomic_fetch_sub(&o->inside, 1);
}

static bool order_fast(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	(void)arg;
	if (cxio_message_tid(m) % 3)
		return false;
	order_of(c)->fast++;
	check_order(order_of(c), cxio_message_tid(m));
	cxio_message_put(m);
	return true;
}

static bool order_dispatch(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	(void)arg;
	order_of(c)->slow++;
	check_order(order_of(c), cxio_message_tid(m));
	cxio_message_put(m);
	return true;
}

static void order_reply(void *arg, struct cxio_message *m, int error)
{
	struct order *o = arg;

	o->wrong += !!error;
	o->replies++;
	check_order(o, cxio_message_tid(m));
	cxio_message_put(m);
}

static void order_reset(void *arg, struct cxio_connection *c, const struct cxio_end *e)
{
	struct order *o = order_of(c);

	(void)arg;
	if (o->next != MESSAGES || o->over || strcmp(e->text, "over"))
		o->wrong++;
	o->over = true;
}

static const struct cxio_dispatcher in_order = {
	.fast = order_fast, .dispatch = order_dispatch, .reset = order_reset,
};

static void one_comes(struct cxio_connection *c, u64 tid)
{
	struct cxio_msg_header h = { .tid = tid, .len = { tid % 50, 0, 0 } };
	struct cxio_reply_hook what = { .reply = order_reply, .arg = c->private };
	struct cxio_message *m = cxio_message_for(&h, 0, c);
	struct cxio_hook *hook;

	if (tid % 7) {
		cxio_dispatch_message(c, m);
		return;
	}
	if (cxio_hooks_add(&c->hooks, c, tid, &what, &hook) || !cxio_hooks_take(&c->hooks, hook))
		abort();
	hook->message = m;
	cxio_dispatch_reply(c, hook);
}

/* A portal of two connections. */
static void *order_portal(void *arg)
{
	struct cxio_connection **c = arg;
	struct cxio_end e = { .text = "over" };
	u64 tid;
	u32 i;

	for (tid = 0; tid < MESSAGES; tid++) {
		for (i = 0; i < 2; i++) {
			/* A line that has run empty is asked for fast dispatch first. */
			while (tid % IDLE_EVERY == IDLE_AT && atomic_load(&c[i]->line.busy))
				sched_yield();
			one_comes(c[i], tid);
			stand_in_take_returned(c[i]);
		}
	}
	for (i = 0; i < 2; i++)
		cxio_dispatch_tell(c[i], CXIO_EVENT_RESET, &e);
	return NULL;
}

static void dispatch_keeps_the_order(void **state)
{
	struct cxio_messenger *m = stand_in_messenger();
	struct cxio_connection *c[CONNECTIONS];
	pthread_t portal[CONNECTIONS / 2];
	u32 i, fast = 0;

	(void)state;
	memset(orders, 0, sizeof(orders));
	assert_int_equal(cxio_dispatch_add(&m->dispatch, &in_order, false), 0);
	assert_int_equal(cxio_dispatch_start(&m->dispatch, THREADS), 0);
	for (i = 0; i < CONNECTIONS; i++) {
		c[i] = stand_in_connection(m);
		c[i]->private = &orders[i];
	}
	for (i = 0; i < CONNECTIONS / 2; i++)
		assert_int_equal(pthread_create(&portal[i], NULL, order_portal, &c[2 * i]), 0);
	for (i = 0; i < CONNECTIONS / 2; i++)
		pthread_join(portal[i], NULL);
	cxio_dispatch_stop(&m->dispatch);
	for (i = 0; i < CONNECTIONS; i++) {
		const struct order *o = &orders[i];

		assert_int_equal(o->wrong, 0);
		assert_true(o->over);
		assert_int_equal(o->fast + o->slow + o->replies, MESSAGES);
		assert_true(o->slow > MESSAGES / 3 && o->replies > MESSAGES / 8);
		fast += o->fast;
		stand_in_take_returned(c[i]);
		assert_int_equal(atomic_load(&c[i]->refs), 1);
		cxio_connection_put(c[i]);
	}
	print_message("# %u of %u taken in the portal\n", fast, CONNECTIONS * MESSAGES);
	assert_true(fast >= CONNECTIONS * (MESSAGES / IDLE_EVERY));
	cxio_messenger_put(m);
}

static void dispatch_starts_and_stops(void **state)
{
	struct cxio_messenger *m = stand_in_messenger();
	u32 i;

	(void)state;
	for (i = 1; i < 4; i++) {
		stand_in_fail(1);
		assert_int_equal(cxio_dispatch_start(&m->dispatch, i), -ENOMEM);
		assert_true(stand_in_failed());
	}
	assert_int_equal(cxio_dispatch_start(&m->dispatch, 3), 0);
	cxio_dispatch_stop(&m->dispatch);
	cxio_dispatch_stop(&m->dispatch);
	cxio_messenger_put(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lib_test(dispatch_in_the_portal),
		lib_test(dispatch_in_a_thread),
		lib_test(dispatch_is_fair),
		lib_test(dispatch_notices_are_bounded),
		lib_test(dispatch_keeps_the_order),
		lib_test(dispatch_starts_and_stops),
	};

	return cmocka_run_group_tests_name("dispatch", tests, NULL, NULL);
}
