// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Messages, and messages on their way.
 */
#include "lib_test.h"

/* --- messages --- */

static void fill(void *p, size_t len)
{
	u8 *byte = p;
	size_t i;

	for (i = 0; i < len; i++)
		byte[i] = (u8)below(256);
}

static void count_up(void *arg)
{
	++*(u32 *)arg;
}

static void message_of_ones_own(void **state)
{
	static const size_t lens[] = { 0, 1, 15, 16, 17, 100, 16383, 16384, 70000, CXIO_FRONT_MAX };
	struct cxio_message *m;
	size_t i, j, k, len;
	u32 freed = 0;
	char *p, *q;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		for (j = 0; j < ARRAY_SIZE(lens); j++) {
			m = cxio_message_new(42, 77, lens[i], lens[j]);
			assert_non_null(m);
			p = cxio_message_front(m, &len);
			assert_int_equal(len, lens[i]);
			assert_true(!p == !len);
			for (k = 0; k < len && k < 5000; k++)
				assert_int_equal(p[k], 0);
			q = cxio_message_middle(m, &len);
			assert_int_equal(len, lens[j]);
			assert_true(!q == !len);
			assert_int_equal((uintptr_t)p % 16, 0);
			assert_int_equal((uintptr_t)q % 16, 0);
			for (k = 0; k < len && k < 5000; k++)
				assert_int_equal(q[k], 0);
			if (p)
				memset(p, 1, lens[i]);
			if (q) {
				memset(q, 2, lens[j]);
				assert_true(!p || p[lens[i] - 1] == 1);
			}
			assert_null(cxio_message_data(m, &len));
			assert_int_equal(len, 0);
			cxio_message_put(m);
		}
	}
	m = cxio_message_new(42, 77, 3, 0);
	assert_int_equal(cxio_message_type(m), 42);
	assert_int_equal(cxio_message_tid(m), 77);
	assert_int_equal(cxio_message_seq(m), 0);
	assert_int_equal(cxio_message_priority(m), CXIO_PRIO_DEFAULT);
	cxio_message_set_priority(m, 196);
	assert_int_equal(cxio_message_priority(m), 196);
	cxio_message_set_version(m, 8, 5);
	assert_int_equal(cxio_message_version(m), 8);
	assert_int_equal(m->header.compat_version, 5);
	assert_null(cxio_message_connection(m));
	cxio_message_on_free(m, count_up, &freed);
	assert_ptr_equal(cxio_message_get(m), m);
	cxio_message_put(m);
	assert_int_equal(freed, 0);
	assert_int_equal(atomic_load(&cxio_live_messages), 1);
	cxio_message_put(m);
	cxio_message_put(NULL);
	assert_int_equal(freed, 1);
}

static void message_too_long(void **state)
{
	struct cxio_message *m;
	char byte = 0;
	size_t len;

	(void)state;
	assert_null(cxio_message_new(1, 1, CXIO_FRONT_MAX + 1, 0));
	assert_int_equal(errno, EMSGSIZE);
	assert_null(cxio_message_new(1, 1, 0, CXIO_MIDDLE_MAX + 1));
	assert_int_equal(errno, EMSGSIZE);
	m = cxio_message_new(1, 1, 0, 0);
	assert_int_equal(cxio_message_add_data(m, &byte, CXIO_DATA_MAX + 1u), -EMSGSIZE);
	assert_int_equal(cxio_message_add_data(m, &byte, SIZE_MAX), -EMSGSIZE);
	/* No bytes are no fragment. */
	assert_int_equal(cxio_message_add_data(m, &byte, 0), 0);
	assert_null(cxio_message_data(m, &len));
	assert_int_equal(cxio_message_add_data(m, &byte, CXIO_DATA_MAX - 1u), 0);
	assert_ptr_equal(cxio_message_data(m, &len), &byte);
	assert_int_equal(len, CXIO_DATA_MAX - 1);
	assert_int_equal(cxio_message_add_data(m, &byte, 2), -EMSGSIZE);
	assert_int_equal(cxio_message_add_data(m, &byte, 1), 0);
	assert_int_equal(cxio_message_add_data(m, &byte, 1), -EMSGSIZE);
	/* In two fragments it is nowhere. */
	assert_null(cxio_message_data(m, &len));
	assert_int_equal(len, CXIO_DATA_MAX);
	cxio_message_put(m);
}

/* Bytes of a segment in random runs, each once. */
static void write_all(struct cxio_message *m, u32 segment, const u8 *bytes, u32 len)
{
	u32 done = 0;

	while (done < len) {
		u32 n = 1 + below(len - done < 9000 ? len - done : 9000);
		struct cxio_piece p = {
			.segment = segment, .offset = done, .frame_off = done, .len = n,
		};

		cxio_message_write(m, &p, bytes);
		done += n;
	}
}

static void one_received(struct cxio_connection *c, const u32 *lens, u8 placed)
{
	static u8 want[CXIO_SEGMENTS][40000];
	struct cxio_msg_header h = { .type = 9, .tid = 5, .len = { lens[0], lens[1], lens[2] } };
	struct cxio_message *m = cxio_message_for(&h, placed, c);
	u32 segment, freed = 0;
	size_t len = 0;

	assert_non_null(m);
	assert_ptr_equal(cxio_message_connection(m), c);
	for (segment = 0; segment < CXIO_SEGMENTS; segment++) {
		char *p = cxio_message_bytes(m, segment);

		if (placed & (1u << segment)) {
			assert_null(p);
			assert_true(lib_test_place(m, segment));
			p = cxio_message_bytes(m, segment);
			assert_int_equal((uintptr_t)p % (uintptr_t)sysconf(_SC_PAGESIZE), 0);
		}
		assert_true(!p == !lens[segment] || placed & (1u << segment));
		assert_int_equal((uintptr_t)p % 16, 0);
		fill(want[segment], lens[segment]);
	}
	for (segment = CXIO_SEGMENTS; segment--;)
		write_all(m, segment, want[segment], lens[segment]);
	if (lens[CXIO_FRONT])
		assert_memory_equal(cxio_message_front(m, &len), want[0], lens[0]);
	if (lens[CXIO_MIDDLE])
		assert_memory_equal(cxio_message_middle(m, &len), want[1], lens[1]);
	if (lens[CXIO_DATA])
		assert_memory_equal(cxio_message_data(m, &len), want[2], lens[2]);
	assert_int_equal(cxio_message_add_data(m, want, 1), -EINVAL);
	cxio_message_on_free(m, count_up, &freed);
	cxio_message_put(m);
	/* Told at once; freed by the portal. */
	assert_int_equal(freed, 1);
	assert_int_equal(atomic_load(&cxio_live_messages), 1);
	assert_int_equal(stand_in_take_returned(c), 1);
	assert_int_equal(atomic_load(&cxio_live_messages), 0);
}

static void message_received(void **state)
{
	static const u32 lens[] = { 0, 1, 100, CXIO_BLOCK_MIN - 1, CXIO_BLOCK_MIN, 40000 };
	struct cxio_messenger *m = stand_in_messenger();
	struct cxio_connection *c = stand_in_connection(m);
	struct cxio_throttle t;
	u32 i, n = ARRAY_SIZE(lens);

	(void)state;
	cxio_throttle_init(&t);
	c->throttle = &t;
	for (i = 0; i < n * n * n; i++) {
		u32 own[] = { lens[i % n], lens[i / n % n], lens[i / n / n] };
		u8 placed = (u8)below(8), segment;

		for (segment = 0; segment < CXIO_SEGMENTS; segment++)
			if (!own[segment])
				placed &= (u8)~(1u << segment);
		one_received(c, own, placed);
		one_received(c, own, 0);
		assert_int_equal(t.msgs, 0);
		assert_int_equal(t.bytes, 0);
	}
	/* It keeps the connection, and that the messenger. */
	assert_int_equal(atomic_load(&c->refs), 1);
	cxio_connection_put(c);
	cxio_messenger_put(m);
	cxio_throttle_fini(&t);
}

/* A bound is for what holds memory, not for what waits for it. */
static void message_is_charged_with_its_memory(void **state)
{
	struct cxio_msg_header h = { .len = { 10, 0, 50000 } };
	struct cxio_messenger *m = stand_in_messenger();
	struct cxio_connection *c = stand_in_connection(m);
	struct cxio_message *msg;
	struct cxio_throttle t;

	(void)state;
	cxio_throttle_init(&t);
	c->throttle = &t;
	msg = cxio_message_for(&h, 1u << CXIO_DATA, c);
	assert_int_equal(t.msgs, 1);
	assert_int_equal(t.bytes, 10);
	assert_true(lib_test_place(msg, CXIO_DATA));
	assert_int_equal(t.bytes, 50010);
	cxio_message_put(msg);
	stand_in_take_returned(c);
	assert_int_equal(t.msgs, 0);
	assert_int_equal(t.bytes, 0);
	cxio_connection_put(c);
	cxio_messenger_put(m);
	cxio_throttle_fini(&t);
}

static void count_delivery(void *arg, struct cxio_message *m, enum cxio_delivery what)
{
	u32 *count = arg;

	(void)m;
	count[what]++;
}

/* To oneself: the sender's data is not let go before the receiver has done with it. */
static void message_and_its_twin(void **state)
{
	struct cxio_messenger *m = stand_in_messenger();
	struct cxio_connection *c = stand_in_connection(m);
	static char data[2][100];
	struct cxio_message *sent, *twin;
	u32 count[3] = { 0 }, n;
	size_t len;

	(void)state;
	for (n = 0; n <= 2; n++) {
		memset(count, 0, sizeof(count));
		sent = cxio_message_new(7, 42, 20, 0);
		memcpy(cxio_message_front(sent, &len), "front", 6);
		if (n > 0)
			assert_int_equal(cxio_message_add_data(sent, data[0], 100), 0);
		if (n > 1)
			assert_int_equal(cxio_message_add_data(sent, data[1], 50), 0);
		cxio_message_on_delivery(sent, count_delivery, count);
		twin = cxio_message_twin(cxio_xmsg_new(m, sent), c);
		assert_non_null(twin);
		assert_ptr_not_equal(twin, sent);
		assert_ptr_equal(cxio_message_connection(twin), c);
		assert_int_equal(cxio_message_tid(twin), 42);
		assert_string_equal(cxio_message_front(twin, &len), "front");
		assert_int_equal(len, 20);
		assert_null(cxio_message_middle(twin, &len));
		assert_ptr_equal(cxio_message_data(twin, &len), n == 1 ? data[0] : NULL);
		assert_int_equal(len, n ? 50 + 50 * n : 0);
		assert_int_equal(count[CXIO_DELIVERY_RELEASED] + count[CXIO_DELIVERY_ACKED], 0);
		cxio_message_put(twin);
		stand_in_take_returned(c);
		assert_int_equal(count[CXIO_DELIVERY_RELEASED], 1);
		assert_int_equal(count[CXIO_DELIVERY_ACKED], 1);
	}
	cxio_connection_put(c);
	cxio_messenger_put(m);
}

static void message_keeps_its_origin(void **state)
{
	struct cxio_msg_header h = { .len = { 10, 0, 50000 } };
	struct cxio_messenger *m = stand_in_messenger();
	struct cxio_connection *c = stand_in_connection(m);
	struct cxio_message *msg = cxio_message_for(&h, 0, c);

	(void)state;
	cxio_connection_put(c);
	cxio_messenger_put(m);
	assert_int_equal(atomic_load(&cxio_live_connections), 1);
	cxio_message_put(msg);
	cxio_message_free(cxio_entry(cxio_stack_take(&c->returned), struct cxio_message, slot));
	assert_int_equal(atomic_load(&cxio_live_connections), 0);
	assert_int_equal(atomic_load(&stand_in_messengers), 0);
}

/* --- messages on their way --- */

struct told {
	u32 count;
	enum cxio_delivery what[4];
	unsigned int memory_refs;
	struct cxio_memory *memory;
};

static void note_told(void *arg, struct cxio_message *m, enum cxio_delivery what)
{
	struct told *t = arg;

	assert_non_null(m);
	assert_true(t->count < ARRAY_SIZE(t->what));
	t->what[t->count++] = what;
	if (t->memory)
		t->memory_refs = atomic_load(&t->memory->refs);
}

static void assert_told(const struct told *t, u32 count, enum cxio_delivery last)
{
	assert_int_equal(t->count, count);
	if (count)
		assert_int_equal(t->what[count - 1], last);
}

#define FLAT	60000u

/* Reads and CRCs of data in random fragments are those of the same in one. */
static void xmsg_fragments(void **state)
{
	static u8 flat[FLAT], got[FLAT], front[300];
	struct cxio_messenger *owner = stand_in_messenger();
	u32 round, i;

	(void)state;
	fill(flat, sizeof(flat));
	for (round = 0; round < 300; round++) {
		struct cxio_message *m = cxio_message_new(1, round, 300, round % 2 ? 100 : 0);
		u32 left = below(4) ? below(FLAT) : below(40), total = left, off = 0;
		struct cxio_xmsg *x;
		size_t len;

		fill(front, sizeof(front));
		memcpy(cxio_message_front(m, &len), front, sizeof(front));
		while (left) {
			u32 n = 1 + below(round % 5 ? left : (left < 9 ? left : 9));

			assert_int_equal(cxio_message_add_data(m, flat + off, n), 0);
			off += n;
			left -= n;
		}
		m->header.seq = 5;
		x = cxio_xmsg_new(owner, m);
		assert_non_null(x);
		assert_int_equal(x->header.seq, 0);
		assert_int_equal(x->header.tid, round);
		assert_int_equal(x->header.len[CXIO_DATA], total);
		assert_int_equal(cxio_xmsg_crc(x, CXIO_DATA), test_crc32c(0, flat, total));
		assert_int_equal(cxio_xmsg_crc(x, CXIO_FRONT), test_crc32c(0, front, 300));
		assert_int_equal(cxio_xmsg_crc(x, CXIO_MIDDLE),
				 round % 2 ? test_crc32c(0, (u8[100]){ 0 }, 100) : 0);
		for (i = 0; i < 30; i++) {
			u32 from = below(total + 1), n = below(total - from + 1);

			memset(got, 0xee, sizeof(got));
			cxio_xmsg_read(x, CXIO_DATA, from, n, got);
			assert_memory_equal(got, flat + from, n);
			assert_true(n == FLAT || got[n] == 0xee);
			from = below(301);
			n = below(301 - from);
			cxio_xmsg_read(x, CXIO_FRONT, from, n, got);
			assert_memory_equal(got, front + from, n);
		}
		cxio_xmsg_read(x, CXIO_MIDDLE, 0, 0, got);
		/* None of it is registered. */
		assert_true(!x->memory == (total < CXIO_RENDEZVOUS_MIN));
		for (i = 0; x->memory && i < m->data_count; i++)
			assert_null(x->memory[i]);
		cxio_xmsg_finish(x, CXIO_OUTCOME_DROPPED);
	}
	cxio_messenger_put(owner);
}

static void xmsg_knows_its_memory(void **state)
{
	struct cxio_messenger *owner = stand_in_messenger(), *other = stand_in_messenger();
	struct cxio_arena *a = cxio_arena_new(owner, 100000);
	static char registered[50000], plain[50000];
	struct cxio_memory *r = cxio_memory_register(owner, registered, sizeof(registered));
	char *in_arena = cxio_arena_alloc(a, 50000);
	struct cxio_message *m;
	struct cxio_xmsg *x;
	struct told told = { .memory = r };

	(void)state;
	m = cxio_message_new(1, 1, 0, 0);
	cxio_message_add_data(m, registered + 100, 20000);
	cxio_message_on_delivery(m, note_told, &told);
	x = cxio_xmsg_new(owner, cxio_message_get(m));
	assert_ptr_equal(x->memory, &x->memory_one);
	assert_ptr_equal(x->memory[0], r);
	assert_int_equal(atomic_load(&r->refs), 2);
	/* Who is told may free it: nobody else holds it by then. */
	cxio_xmsg_tell(x, CXIO_DELIVERY_RELEASED);
	assert_int_equal(told.memory_refs, 1);
	cxio_xmsg_finish(x, CXIO_OUTCOME_ACKED);
	assert_told(&told, 2, CXIO_DELIVERY_ACKED);
	/* To a peer of another messenger it is memory like any. */
	x = cxio_xmsg_new(other, cxio_message_get(m));
	assert_null(x->memory[0]);
	cxio_xmsg_finish(x, CXIO_OUTCOME_ACKED);
	told.count = 0;
	cxio_message_add_data(m, plain, 100);
	cxio_message_add_data(m, in_arena, 50000);
	cxio_message_add_data(m, registered + sizeof(registered) - 10, 10);
	x = cxio_xmsg_new(owner, m);
	assert_ptr_equal(x->memory[0], r);
	assert_null(x->memory[1]);
	assert_ptr_equal(x->memory[2]->base, in_arena);
	assert_ptr_equal(x->memory[3], r);
	assert_int_equal(atomic_load(&r->refs), 3);
	told.memory_refs = 0;
	cxio_xmsg_finish(x, CXIO_OUTCOME_DROPPED);
	assert_told(&told, 1, CXIO_DELIVERY_DROPPED);
	assert_int_equal(told.memory_refs, 1);
	cxio_memory_unregister(r);
	cxio_arena_put(a);
	cxio_messenger_put(owner);
	cxio_messenger_put(other);
}

/* A message that came can be sent on without a copy, but not by another messenger. */
static void xmsg_of_a_received_message(void **state)
{
	struct cxio_messenger *owner = stand_in_messenger(), *other = stand_in_messenger();
	struct cxio_connection *c = stand_in_connection(owner);
	struct cxio_msg_header h = { .len = { 0, 0, 30000 }, .seq = 12 };
	struct cxio_message *m = cxio_message_for(&h, 1u << CXIO_DATA, c);
	struct cxio_xmsg *x;

	(void)state;
	assert_true(lib_test_place(m, CXIO_DATA));
	x = cxio_xmsg_new(owner, cxio_message_get(m));
	assert_ptr_equal(x->memory[0], m->one.memory);
	assert_int_equal(atomic_load(&m->one.memory->refs), 2);
	assert_int_equal(x->header.seq, 0);
	assert_int_equal(m->header.seq, 12);
	cxio_xmsg_finish(x, CXIO_OUTCOME_ACKED);
	x = cxio_xmsg_new(other, m);
	assert_null(x->memory[0]);
	cxio_xmsg_finish(x, CXIO_OUTCOME_ACKED);
	assert_int_equal(stand_in_take_returned(c), 1);
	cxio_connection_put(c);
	cxio_messenger_put(owner);
	cxio_messenger_put(other);
}

static struct cxio_xmsg *told_xmsg(struct cxio_messenger *owner, struct told *told, u32 keys)
{
	struct cxio_message *m = cxio_message_new(1, 1, 8, 0);
	struct cxio_xmsg *x;

	memset(told, 0, sizeof(*told));
	cxio_message_on_delivery(m, note_told, told);
	x = cxio_xmsg_new(owner, m);
	x->keys = keys;
	return x;
}

static void xmsg_ends(void **state)
{
	struct cxio_messenger *owner = stand_in_messenger();
	struct cxio_xmsg *x;
	struct told t;

	(void)state;
	x = told_xmsg(owner, &t, 0);
	cxio_xmsg_finish(x, CXIO_OUTCOME_ACKED);
	assert_told(&t, 2, CXIO_DELIVERY_ACKED);
	assert_int_equal(t.what[0], CXIO_DELIVERY_RELEASED);

	x = told_xmsg(owner, &t, 0);
	cxio_xmsg_finish(x, CXIO_OUTCOME_DROPPED);
	assert_told(&t, 1, CXIO_DELIVERY_DROPPED);

	/* Nothing is told, nothing freed, while a key lives. */
	x = told_xmsg(owner, &t, 2);
	cxio_xmsg_finish(x, CXIO_OUTCOME_ACKED);
	cxio_xmsg_key_died(x);
	assert_int_equal(t.count, 0);
	assert_int_equal(atomic_load(&cxio_live_messages), 1);
	cxio_xmsg_key_died(x);
	assert_told(&t, 2, CXIO_DELIVERY_ACKED);
	assert_int_equal(atomic_load(&cxio_live_messages), 0);

	x = told_xmsg(owner, &t, 1);
	cxio_xmsg_finish(x, CXIO_OUTCOME_DROPPED);
	assert_int_equal(t.count, 0);
	cxio_xmsg_key_died(x);
	assert_told(&t, 1, CXIO_DELIVERY_DROPPED);

	/* Keys that died before are no matter; released is told once. */
	x = told_xmsg(owner, &t, 1);
	cxio_xmsg_key_died(x);
	assert_int_equal(t.count, 0);
	cxio_xmsg_tell(x, CXIO_DELIVERY_RELEASED);
	cxio_xmsg_tell(x, CXIO_DELIVERY_RELEASED);
	assert_int_equal(t.count, 1);
	cxio_xmsg_finish(x, CXIO_OUTCOME_ACKED);
	assert_told(&t, 2, CXIO_DELIVERY_ACKED);
	cxio_messenger_put(owner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lib_test(message_of_ones_own),
		lib_test(message_too_long),
		lib_test(message_received),
		lib_test(message_is_charged_with_its_memory),
		lib_test(message_and_its_twin),
		lib_test(message_keeps_its_origin),
		lib_test(xmsg_fragments),
		lib_test(xmsg_knows_its_memory),
		lib_test(xmsg_of_a_received_message),
		lib_test(xmsg_ends),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
