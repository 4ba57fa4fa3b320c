// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzer: authorizers of the shared secret. What is accepted must be within the
 * bounds that callers rely on, must be encoded to the same bytes again, and must
 * give a block for a proof.
 *
 * Input: a mode byte, then what stands behind a connect or its reply.
 */
#include <stdlib.h>

#include "craft.h"
#include "sign.h"

/* The lower bits of the mode are the set of steps whose turn it is. */
enum {
	STEPS = 0x1e,
	FIX_PREFIX = 0x20,	/* method and version are made right */
};

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void demand(bool ok)
{
	if (!ok)
		abort();
}

static void check_block(const struct cxio_auth_message *m, const u8 *area, u32 len)
{
	struct cxio_auth_transcript t = { .features = 1 };
	u8 *block = malloc(CXIO_AUTH_BLOCK_MAX);
	u32 i, got;

	if (!block)
		return;
	memcpy(t.client_nonce, m->nonce, sizeof(t.client_nonce));
	for (i = 0; i < CXIO_AUTH_PARTS; i++) {
		t.part[i].bytes = area;
		t.part[i].len = len;
	}
	t.part[CXIO_AUTH_PART_NAME].bytes = m->name;
	t.part[CXIO_AUTH_PART_NAME].len = m->name_len;
	got = cxio_auth_proof_block(&t, CXIO_ROLE_CLIENT, block);
	demand(got <= CXIO_AUTH_BLOCK_MAX);
	got = cxio_auth_key_block(&t, CXIO_ROLE_SERVER, block);
	demand(got <= CXIO_AUTH_BLOCK_MAX);
	t.part[CXIO_AUTH_PART_REQUEST_HELLO].len = 0;
	t.part[CXIO_AUTH_PART_REPLY_HELLO].len = 0;
	t.part[CXIO_AUTH_PART_CONNECT].len = len < 33 ? len : 33;
	got = cxio_auth_proof_block(&t, CXIO_ROLE_CLIENT, block);
	demand(!got == (len < 33 || !m->name_len));
	free(block);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 again[CXIO_AUTH_MESSAGE_MAX];
	struct cxio_auth_message m;
	u32 len = (u32)size - 1;
	enum cxio_fault fault;
	u8 *area;

	if (!size || size > 300)
		return 0;
	area = malloc(len + !len);
	if (!area)
		return 0;
	memcpy(area, data + 1, len);
	if (data[0] & FIX_PREFIX && len >= 5) {
		put_le(area, 4, CXIO_AUTH_METHOD_SECRET);
		area[4] = CXIO_AUTH_VERSION;
	}
	fault = cxio_auth_decode(area, len, data[0] & STEPS, &m);
	demand(!fault || (fault >= CXIO_FAULT_AUTH_SHORT && fault <= CXIO_FAULT_AUTH_NAME));
	if (!fault) {
		demand(m.step && m.step < CXIO_AUTH_STEP_END && data[0] & 1 << m.step);
		demand(m.name_len <= CXIO_AUTH_NAME_MAX);
		demand(!(m.flags & ~(CXIO_AUTH_CAN_SIGN | CXIO_AUTH_MUST_SIGN)));
		demand(cxio_auth_encode(&m, again) == len);
		demand(!memcmp(again, area, len));
		check_block(&m, area, len);
	}
	free(area);
	return 0;
}
