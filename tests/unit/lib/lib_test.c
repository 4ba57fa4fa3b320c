// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What tests of the library's parts share.
 */
#include "lib_test.h"
#include "prng.h"

static struct prng chance;

u32 below(u32 n)
{
	return prng_below(&chance, n);
}

void assert_nothing_left(void)
{
	assert_int_equal(atomic_load(&cxio_live_messages), 0);
	assert_int_equal(atomic_load(&cxio_live_connections), 0);
	assert_int_equal(atomic_load(&cxio_live_regions), 0);
	assert_int_equal(atomic_load(&stand_in_messengers), 0);
	assert_int_equal(atomic_load(&stand_in_unguarded), 0);
}

int lib_test_begin(void **state)
{
	const char *seed = getenv("UNIT_SEED");

	(void)state;
	chance.state = seed && *seed ? strtoull(seed, NULL, 0) : 0x2013;
	return 0;
}

int lib_test_end(void **state)
{
	(void)state;
	assert_nothing_left();
	return 0;
}

bool lib_test_place(struct cxio_message *m, u32 segment)
{
	struct cxio_memory *block;

	block = cxio_memory_block(m->origin->messenger, m->header.len[segment]);
	return cxio_message_place(m, segment, block);
}

void take_answer(void *arg, struct cxio_message *m, int error)
{
	struct answer *a = arg;

	a->count++;
	a->error = error;
	a->message = m;
	if (a->sink)
		a->sink_refs = atomic_load(&a->sink->refs);
}
