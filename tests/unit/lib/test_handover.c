// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Hand-over between threads without a lock, to be run under ThreadSanitizer: from many
 * to a portal (stack.h), from there to dispatch threads, from those back to the portal.
 */
#include "cmocka_cxio.h"
#include <sched.h>

#include "stand_in.h"

#define PRODUCERS	6u
#define ENTRIES		8000u

/* --- the stack alone --- */

struct entry {
	struct cxio_slot slot;
	u32 producer;
	u32 number;
};

static struct cxio_stack stack;
static atomic_uint woken;
static atomic_uint working;

/* Entries are the producer's until they are pushed: nothing of them is atomic. */
static void *produce(void *arg)
{
	struct entry *e = arg;
	u32 i, producer = e->producer;

	for (i = 0; i < ENTRIES; i++) {
		e[i].producer = producer;
		e[i].number = i;
		if (cxio_stack_push(&stack, &e[i].slot))
			atomic_fetch_add(&woken, 1);
		if (i % 100 == 0)
			sched_yield();
	}
	atomic_fetch_sub(&working, 1);
	return NULL;
}

static u32 take_entries(u32 *next, u32 *wrong)
{
	struct cxio_slot *s = cxio_stack_take(&stack), *behind;
	u32 n = 0;

	for (; s; s = behind) {
		struct entry *e = cxio_entry(s, struct entry, slot);

		behind = s->next;
		*wrong += e->number != next[e->producer];
		next[e->producer] = e->number + 1;
		/* It is ours: who looks at it yet does so by mistake. */
		memset(e, 0xff, sizeof(*e));
		n++;
	}
	return n;
}

/* Return: true if the producers, and the owner, did overlap. */
static bool stack_is_in_order(void)
{
	static struct entry entries[PRODUCERS][ENTRIES];
	u32 next[PRODUCERS] = { 0 }, taken = 0, wrong = 0, takes = 0, i;
	pthread_t thread[PRODUCERS];

	assert_true(cxio_stack_empty(&stack));
	assert_null(cxio_stack_take(&stack));
	atomic_store(&working, PRODUCERS);
	atomic_store(&woken, 0);
	for (i = 0; i < PRODUCERS; i++) {
		entries[i][0].producer = i;
		assert_int_equal(pthread_create(&thread[i], NULL, produce, entries[i]), 0);
	}
	while (atomic_load(&working) || !cxio_stack_empty(&stack)) {
		u32 n = take_entries(next, &wrong);

		taken += n;
		takes += !!n;
		if (!n)
			sched_yield();
	}
	for (i = 0; i < PRODUCERS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(wrong, 0);
	assert_int_equal(taken, PRODUCERS * ENTRIES);
	/* Whoever found it empty said so: the owner misses none. */
	assert_int_equal(atomic_load(&woken), takes);
	print_message("# %u entries in %u takes\n", taken, takes);
	return takes > PRODUCERS && takes < PRODUCERS * ENTRIES;
}

/* On a busy machine one may run after the other: that is no test yet. */
static void stack_keeps_the_order_of_each(void **state)
{
	int rounds = 1;

	(void)state;
	while (!stack_is_in_order())
		assert_in_range(++rounds, 2, 100);
}

/* --- to a portal, to dispatch threads, and back --- */

#define CONNECTIONS	4u
#define MESSAGES	3000u
#define THREADS		3u

/* What a producer's messages are known by: whose, and which. */
#define TID(producer, number)	((u64)(producer) << 32 | (number))

static struct way {
	u32 next[PRODUCERS];
	u32 told;
	u32 wrong;
} ways[CONNECTIONS];

static struct cxio_connection *connection[CONNECTIONS];
static atomic_uint delivered;
static atomic_bool all_sent;

static void *send_all(void *arg)
{
	struct cxio_messenger *m = connection[0]->messenger;
	u32 i, j, producer = (u32)(uintptr_t)arg;

	for (i = 0; i < MESSAGES; i++) {
		for (j = 0; j < CONNECTIONS; j++) {
			struct cxio_message *msg = cxio_message_new(1, TID(producer, i), 8, 0);
			struct cxio_xmsg *x = cxio_xmsg_new(m, msg);
			size_t len;

			*(u64 *)cxio_message_front(msg, &len) = i;
			cxio_stack_push(&connection[j]->inbox, &x->slot);
		}
		if (i % 64 == 0)
			sched_yield();
	}
	return NULL;
}

static void check_way(struct cxio_connection *c, struct cxio_message *m)
{
	struct way *w = c->private;
	u64 tid = cxio_message_tid(m);
	u32 producer = (u32)(tid >> 32);
	size_t len;

	w->wrong += w->next[producer] != (u32)tid;
	w->wrong += *(u64 *)cxio_message_front(m, &len) != (u32)tid;
	w->next[producer] = (u32)tid + 1;
	w->told++;
	atomic_fetch_add(&delivered, 1);
	cxio_message_put(m);
}

static bool way_fast(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	(void)arg;
	if (cxio_message_tid(m) % 2)
		return false;
	check_way(c, m);
	return true;
}

static bool way_dispatch(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	(void)arg;
	check_way(c, m);
	return true;
}

/* As if what is sent came from a peer: a message of the same bytes. */
static void loop_back(struct cxio_connection *c, struct cxio_xmsg *x)
{
	struct cxio_message *m = cxio_message_for(&x->header, 0, c);
	struct cxio_piece p = { .segment = CXIO_FRONT, .len = x->header.len[CXIO_FRONT] };
	char frame[8];

	cxio_xmsg_read(x, CXIO_FRONT, 0, sizeof(frame), frame);
	cxio_message_write(m, &p, frame);
	cxio_xmsg_finish(x, CXIO_OUTCOME_ACKED);
	cxio_dispatch_message(c, m);
}

static void serve(struct cxio_connection *c)
{
	struct cxio_slot *s = cxio_stack_take(&c->inbox), *next;

	stand_in_take_returned(c);
	for (; s; s = next) {
		next = s->next;
		loop_back(c, cxio_entry(s, struct cxio_xmsg, slot));
	}
}

static void *portal_main(void *arg)
{
	bool last;
	u32 i;

	(void)arg;
	do {
		last = atomic_load(&all_sent);
		for (i = 0; i < CONNECTIONS; i++)
			serve(connection[i]);
		sched_yield();
	} while (!last);
	return NULL;
}

static void messages_go_all_the_way(void **state)
{
	static const struct cxio_dispatcher d = { .fast = way_fast, .dispatch = way_dispatch };
	struct cxio_messenger *m = stand_in_messenger();
	pthread_t portal, producer[PRODUCERS];
	struct cxio_throttle throttle;
	u32 i, j;

	(void)state;
	cxio_throttle_init(&throttle);
	assert_int_equal(cxio_dispatch_add(&m->dispatch, &d, false), 0);
	assert_int_equal(cxio_dispatch_start(&m->dispatch, THREADS), 0);
	for (i = 0; i < CONNECTIONS; i++) {
		connection[i] = stand_in_connection(m);
		connection[i]->private = &ways[i];
		connection[i]->throttle = &throttle;
	}
	assert_int_equal(pthread_create(&portal, NULL, portal_main, NULL), 0);
	for (i = 0; i < PRODUCERS; i++)
		assert_int_equal(pthread_create(&producer[i], NULL, send_all,
						(void *)(uintptr_t)i), 0);
	for (i = 0; i < PRODUCERS; i++)
		pthread_join(producer[i], NULL);
	atomic_store(&all_sent, true);
	pthread_join(portal, NULL);
	cxio_dispatch_stop(&m->dispatch);
	assert_int_equal(atomic_load(&delivered), PRODUCERS * CONNECTIONS * MESSAGES);
	for (i = 0; i < CONNECTIONS; i++) {
		assert_int_equal(ways[i].wrong, 0);
		assert_int_equal(ways[i].told, PRODUCERS * MESSAGES);
		for (j = 0; j < PRODUCERS; j++)
			assert_int_equal(ways[i].next[j], MESSAGES);
		stand_in_take_returned(connection[i]);
		assert_int_equal(atomic_load(&connection[i]->refs), 1);
		cxio_connection_put(connection[i]);
	}
	assert_int_equal(throttle.msgs, 0);
	assert_int_equal(throttle.bytes, 0);
	cxio_throttle_fini(&throttle);
	cxio_messenger_put(m);
	assert_int_equal(atomic_load(&cxio_live_messages), 0);
	assert_int_equal(atomic_load(&cxio_live_connections), 0);
	assert_int_equal(atomic_load(&stand_in_messengers), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stack_keeps_the_order_of_each),
		cmocka_unit_test(messages_go_all_the_way),
	};

	return cmocka_run_group_tests_name("handover", tests, NULL, NULL);
}
