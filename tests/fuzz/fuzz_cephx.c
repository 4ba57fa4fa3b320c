// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzer: what monitors and daemons say to a client of CephX, and keyrings. With
 * MODE_SEAL the input is encrypted first, as by somebody who knows the key: else hardly
 * anything would get behind the decryption.
 *
 * Input: a mode byte, then the bytes.
 */
#include <stdlib.h>

#include "cephxio.h"
#include "session.h"
#include "simple/cephx.h"

enum {
	MODE_HELLO,		/* MAuthReply with a challenge */
	MODE_PROOF,		/* with tickets, the first time */
	MODE_TICKETS,		/* likewise, later */
	MODE_KEYLESS,		/* of a cluster without keys */
	MODE_LIST,		/* tickets alone; SEAL: our part of one is the input */
	MODE_CHALLENGE,		/* a daemon's */
	MODE_ANSWER,		/* likewise */
	MODE_KEYRING,
	MODES,
	MODE_SEAL = 0x80,
};

#define NOW	1000000000000ull

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void demand(bool ok)
{
	if (!ok)
		abort();
}

/* client.admin's of tests/vectors/ceph/v1-key.keyring: what was recorded can be read. */
static const struct cephx_key key = { {
	0xe0, 0x17, 0x4e, 0x4a, 0x50, 0x33, 0xbb, 0x6d,
	0x6e, 0x12, 0xe9, 0xf6, 0x38, 0xd7, 0x5a, 0xf5,
} };

/* A reply must leave a client that can go on. */
static void use(const struct cephx_client *c, struct cephx_talk *t)
{
	static u8 buf[CEPHX_FRONT_MAX], bytes[CXIO_AUTHORIZER_MAX];
	struct cephx_authorizer a;
	u32 i;

	for (i = 0; i < CEPHX_KINDS; i++)
		demand(c->ticket[i].len <= CEPHX_TICKET_MAX);
	demand(cephx_talk_next(t, c, 1, NOW, buf, sizeof(buf)) <= sizeof(buf));
	if (cephx_authorizer_begin(&a, c, CXIO_PEER_OSD, 1, NOW))
		demand(cephx_authorizer_put(&a, bytes, sizeof(bytes)) > CEPHX_AUTHORIZE_A);
}

static void talk(enum cephx_stage stage, const u8 *data, u32 len)
{
	struct cephx_talk t = { .stage = stage, .want = 0x17, .auth = key };
	static struct cephx_client c;

	memset(&c, 0, sizeof(c));
	c.secret = key;
	c.keyless = stage == CEPHX_STAGE_START;
	if (c.keyless)
		t.stage = CEPHX_STAGE_HELLO;
	c.ticket[CEPHX_AUTH].have = true;
	c.ticket[CEPHX_AUTH].key = key;
	c.ticket[CEPHX_AUTH].expires_ns = 2 * NOW;
	c.ticket[CEPHX_AUTH].len = 1;
	if (!cephx_talk_reply(&t, &c, data, len, NOW))
		use(&c, &t);
}

/* One ticket whose part for us is the input. */
static void list(const u8 *data, u32 len, bool seal)
{
	struct cephx_talk t = { .stage = CEPHX_STAGE_DONE };
	static struct cephx_client c;
	struct cephx_out out;
	struct cephx_in in;
	u8 buf[200];

	memset(&c, 0, sizeof(c));
	c.secret = key;
	cephx_in_init(&in, data, len);
	if (seal) {
		cephx_out_init(&out, buf, sizeof(buf));
		cephx_put8(&out, 1);
		cephx_put32(&out, 1);
		cephx_put32(&out, CXIO_PEER_OSD);
		cephx_put8(&out, 1);
		cephx_put_sealed(&out, &key, data, len < 55 ? len : 55);
		cephx_put8(&out, 0);
		cephx_put32(&out, 13);
		cephx_put8(&out, 1);
		cephx_put64(&out, 5);
		cephx_put32(&out, 0);
		demand(!out.full);
		cephx_in_init(&in, buf, out.len);
	}
	if (!cephx_get_tickets(&c, &in, &key, NOW))
		use(&c, &t);
}

static void daemon_says(const u8 *data, u32 len, bool seal, bool challenge)
{
	struct cephx_authorizer a = { .made = true, .key = key, .nonce = 41 };
	struct cephx_out out;
	u8 buf[200];

	if (seal) {
		cephx_out_init(&out, buf, sizeof(buf));
		cephx_put_sealed(&out, &key, data, len < 55 ? len : 55);
		demand(!out.full);
		data = challenge ? buf + 4 : buf;
		len = challenge ? out.len - 4 : out.len;
	}
	if (challenge)
		cephx_authorizer_challenged(&a, data, len);
	else
		cephx_authorizer_verify(&a, data, len);
	demand(cephx_authorizer_put(&a, buf, sizeof(buf)) == 36);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct cephx_key found;
	u32 len = (u32)size - 1;
	bool seal;
	u8 *bytes;

	if (!size)
		return 0;
	seal = *data & MODE_SEAL;
	/* of its exact size */
	bytes = malloc(len + !len);
	if (!bytes)
		return 0;
	memcpy(bytes, data + 1, len);
	switch ((*data & ~MODE_SEAL) % MODES) {
	case MODE_HELLO:
		talk(CEPHX_STAGE_HELLO, bytes, len);
		break;
	case MODE_PROOF:
		talk(CEPHX_STAGE_PROOF, bytes, len);
		break;
	case MODE_TICKETS:
		talk(CEPHX_STAGE_TICKETS, bytes, len);
		break;
	case MODE_KEYLESS:
		talk(CEPHX_STAGE_START, bytes, len);
		break;
	case MODE_LIST:
		list(bytes, len, seal);
		break;
	case MODE_CHALLENGE:
	case MODE_ANSWER:
		daemon_says(bytes, len, seal, (*data & ~MODE_SEAL) % MODES == MODE_CHALLENGE);
		break;
	default:
		cephx_keyring_find((const char *)bytes, len, "client.admin", &found);
		break;
	}
	free(bytes);
	return 0;
}
