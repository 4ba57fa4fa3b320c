/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What tests of the library's parts share. Messengers and connections are stand-ins
 * (stand_in.h). UNIT_SEED chooses another run of the random ones.
 */
#ifndef CXIO_LIB_TEST_H
#define CXIO_LIB_TEST_H

#include "cmocka_cxio.h"
#include <errno.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crc32c.h"
#include "plan.h"
#include "stand_in.h"

/* A number below @n, of a stream that begins anew with each test. */
u32 below(u32 n);
/* Every test leaves nothing behind. */
void assert_nothing_left(void);
int lib_test_begin(void **state);
int lib_test_end(void **state);

#define lib_test(test)	cmocka_unit_test_setup_teardown(test, lib_test_begin, lib_test_end)

/* What a reply hook was called with. */
struct answer {
	u32 count;
	int error;
	struct cxio_message *message;
	struct cxio_memory *sink;
	unsigned int sink_refs;
};

/* Give a segment of a received message memory. */
bool lib_test_place(struct cxio_message *m, u32 segment);

void take_answer(void *arg, struct cxio_message *m, int error);

#endif /* CXIO_LIB_TEST_H */
