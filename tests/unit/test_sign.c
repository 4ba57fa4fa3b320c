// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * sign.c: authorizers and each check of them, what proofs, keys and signatures are
 * computed over, no downgrade. HMAC and AES are OpenSSL's here; the vectors
 * (tests/vectors/sign.py) have Python's HMAC. Run from the top of the tree, or with
 * CXIO_VECTORS naming their folder.
 */
#include "cmocka_cxio.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include "craft.h"
#include "faults.h"
#include "sign.h"

/* Offsets in an authorizer, and lengths of the four. */
enum {
	A_METHOD = 0, A_VERSION = 4, A_STEP = 5, A_FLAGS = 6, A_NAME_LEN = 7, A_NONCE = 8,
	A_NAME = 24, A_PROOF = 88, A_FIRST = 88, A_SERVER_NONCE = 24, A_SECOND = 120,
	A_LAST = 40, A_LAST_PROOF = 8,
};

enum {
	MAC = 32,
	ANY_STEP = 0x1e,
	NAME_BYTES = 12,
};

#define FEATURES	0x8877665544332211ull
#define GENERATION	0x0102030405060708ull

static const char *const auth_names[] = {
	NULL, "auth-first", "auth-challenge", "auth-second", "auth-proof",
};

static const u32 auth_sizes[] = { 0, A_FIRST, A_SERVER_NONCE, A_SECOND, A_LAST };

struct vector {
	u8 bytes[1024];
	u32 len;
};

static void load(const char *name, struct vector *v)
{
	const char *dir = getenv("CXIO_VECTORS");
	char line[200], path[500];
	u32 byte;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.hex", dir ? dir : "tests/vectors", name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("cannot read %s", path);
	v->len = 0;
	while (fgets(line, sizeof(line), f)) {
		const char *s = line;
		int used;

		while (sscanf(s, " %2x%n", &byte, &used) == 1) {
			assert_in_range(v->len, 0, sizeof(v->bytes) - 1);
			v->bytes[v->len++] = (u8)byte;
			s += used;
		}
	}
	fclose(f);
	assert_in_range(v->len, 24, sizeof(v->bytes));
}

static void fill(u8 *p, u32 len, u32 start, u32 step)
{
	u32 i;

	for (i = 0; i < len; i++)
		p[i] = (u8)(start + i * step);
}

static void hmac(const u8 *key, const u8 *block, u32 len, u8 *mac)
{
	unsigned int got = 0;

	assert_non_null(HMAC(EVP_sha256(), key, MAC, block, len, mac, &got));
	assert_int_equal(got, MAC);
}

static void the_secret(u8 *secret)
{
	fill(secret, MAC, 0x40, 1);
}

/**
 * struct handshake - the transcript of the vectors, in memory that can be changed
 * @t: the transcript
 * @part: what it points to
 */
struct handshake {
	struct cxio_auth_transcript t;
	u8 part[CXIO_AUTH_PARTS][128];
};

static void handshake(struct handshake *h)
{
	static const u32 len[] = { NAME_BYTES, 44, 44, 105, 98 };
	u32 i;

	memset(h, 0, sizeof(*h));
	fill(h->t.client_nonce, CXIO_AUTH_NONCE_BYTES, 0xa0, 1);
	fill(h->t.server_nonce, CXIO_AUTH_NONCE_BYTES, 0xc0, 1);
	h->t.client_flags = 3;
	h->t.server_flags = 1;
	h->t.features = FEATURES;
	memcpy(h->part[CXIO_AUTH_PART_NAME], "client.admin", NAME_BYTES);
	fill(h->part[CXIO_AUTH_PART_REQUEST_HELLO], 44, 1, 3);
	fill(h->part[CXIO_AUTH_PART_REPLY_HELLO], 44, 2, 5);
	fill(h->part[CXIO_AUTH_PART_CONNECT], 105, 3, 7);
	fill(h->part[CXIO_AUTH_PART_REPLY], 98, 4, 11);
	for (i = 0; i < CXIO_AUTH_PARTS; i++) {
		h->t.part[i].bytes = h->part[i];
		h->t.part[i].len = len[i];
	}
}

/* Proofs and keys of both sides, one after another. */
enum { PROOF_CLIENT, PROOF_SERVER, KEY_CLIENT, KEY_SERVER, BLOCKS };

static u32 make_block(const struct cxio_auth_transcript *t, u32 which, u8 *block)
{
	enum cxio_role role = which & 1 ? CXIO_ROLE_SERVER : CXIO_ROLE_CLIENT;

	memset(block, 0xee, CXIO_AUTH_BLOCK_MAX);
	return which < KEY_CLIENT ? cxio_auth_proof_block(t, role, block) :
		cxio_auth_key_block(t, role, block);
}

static void block_mac(const struct cxio_auth_transcript *t, u32 which, u8 *mac)
{
	u8 secret[MAC], block[CXIO_AUTH_BLOCK_MAX];
	u32 len = make_block(t, which, block);

	assert_in_range(len, 1, CXIO_AUTH_BLOCK_MAX);
	the_secret(secret);
	hmac(secret, block, len, mac);
}

/* --- authorizers --- */

static void the_message(struct cxio_auth_message *m, u8 step)
{
	struct handshake h;

	handshake(&h);
	memset(m, 0, sizeof(*m));
	m->step = step;
	m->flags = step == CXIO_AUTH_SERVER_NONCE ? 1 : step == CXIO_AUTH_PROOF ? 0 : 3;
	if (step == CXIO_AUTH_FIRST || step == CXIO_AUTH_SECOND) {
		m->name_len = NAME_BYTES;
		memcpy(m->name, "client.admin", NAME_BYTES);
		memcpy(m->nonce, h.t.client_nonce, sizeof(m->nonce));
	}
	if (step == CXIO_AUTH_SERVER_NONCE)
		memcpy(m->nonce, h.t.server_nonce, sizeof(m->nonce));
	if (step == CXIO_AUTH_SECOND || step == CXIO_AUTH_PROOF)
		block_mac(&h.t, step == CXIO_AUTH_PROOF ? PROOF_SERVER : PROOF_CLIENT, m->proof);
}

static void authorizers(void **state)
{
	struct cxio_auth_message m, got;
	u8 buf[CXIO_AUTH_MESSAGE_MAX];
	struct vector v;
	u32 step;

	(void)state;
	for (step = 1; step < CXIO_AUTH_STEP_END; step++) {
		load(auth_names[step], &v);
		assert_int_equal(v.len, auth_sizes[step]);
		the_message(&m, (u8)step);
		memset(buf, 0xee, sizeof(buf));
		assert_int_equal(cxio_auth_encode(&m, buf), v.len);
		assert_memory_equal(buf, v.bytes, v.len);
		memset(&got, 0xee, sizeof(got));
		assert_fault(cxio_auth_decode(v.bytes, v.len, 1u << step, &got), CXIO_FAULT_NONE);
		assert_memory_equal(&got, &m, sizeof(m));
	}
}

/* A good authorizer, one field changed. */
static const struct {
	const char *what;
	u8 step;
	u32 at;
	u32 size;
	u64 value;
	enum cxio_fault fault;
} mutations[] = {
	{ "nothing", 1, 0, 0, 0, CXIO_FAULT_NONE },
	{ "method none", 1, A_METHOD, 4, 1, CXIO_FAULT_AUTH_METHOD },
	{ "method cephx", 3, A_METHOD, 4, 2, CXIO_FAULT_AUTH_METHOD },
	{ "method in the other byte order", 2, A_METHOD, 4, 0x01004358, CXIO_FAULT_AUTH_METHOD },
	{ "method by one bit", 4, A_METHOD + 3, 1, 0x59, CXIO_FAULT_AUTH_METHOD },
	{ "version 0", 1, A_VERSION, 1, 0, CXIO_FAULT_AUTH_VERSION },
	{ "version 2", 1, A_VERSION, 1, 2, CXIO_FAULT_AUTH_VERSION },
	{ "version 255", 4, A_VERSION, 1, 255, CXIO_FAULT_AUTH_VERSION },
	{ "step 0", 1, A_STEP, 1, 0, CXIO_FAULT_AUTH_STEP },
	{ "step 5", 1, A_STEP, 1, 5, CXIO_FAULT_AUTH_STEP },
	{ "step 33", 1, A_STEP, 1, 33, CXIO_FAULT_AUTH_STEP },
	{ "step 255", 1, A_STEP, 1, 255, CXIO_FAULT_AUTH_STEP },
	{ "a first that calls itself a second", 1, A_STEP, 1, 3, CXIO_FAULT_AUTH_SHORT },
	{ "a first that calls itself a challenge", 1, A_STEP, 1, 2, CXIO_FAULT_AUTH_LONG },
	{ "no flags", 1, A_FLAGS, 1, 0, CXIO_FAULT_NONE },
	{ "can sign", 1, A_FLAGS, 1, 1, CXIO_FAULT_NONE },
	{ "must sign, but cannot", 1, A_FLAGS, 1, 2, CXIO_FAULT_AUTH_RESERVED },
	{ "an unknown flag", 1, A_FLAGS, 1, 4, CXIO_FAULT_AUTH_RESERVED },
	{ "an unknown flag of the server", 2, A_FLAGS, 1, 0x81, CXIO_FAULT_AUTH_RESERVED },
	{ "flags with the last proof", 4, A_FLAGS, 1, 1, CXIO_FAULT_AUTH_RESERVED },
	{ "a name in a challenge", 2, A_NAME_LEN, 1, 1, CXIO_FAULT_AUTH_RESERVED },
	{ "a name with the last proof", 4, A_NAME_LEN, 1, 12, CXIO_FAULT_AUTH_RESERVED },
	{ "no name", 1, A_NAME_LEN, 1, 0, CXIO_FAULT_AUTH_NAME_LEN },
	{ "name_len 65", 1, A_NAME_LEN, 1, 65, CXIO_FAULT_AUTH_NAME_LEN },
	{ "name_len 255", 3, A_NAME_LEN, 1, 255, CXIO_FAULT_AUTH_NAME_LEN },
	{ "name_len one more: a zero in the name", 3, A_NAME_LEN, 1, 13, CXIO_FAULT_AUTH_NAME },
	{ "name_len one less: a byte behind it", 3, A_NAME_LEN, 1, 11,
	  CXIO_FAULT_AUTH_RESERVED },
	{ "the last byte behind the name", 1, A_NAME + 63, 1, 'x', CXIO_FAULT_AUTH_RESERVED },
	{ "the first byte behind the name", 1, A_NAME + 12, 1, 1, CXIO_FAULT_AUTH_RESERVED },
	{ "a space", 1, A_NAME + 6, 1, ' ', CXIO_FAULT_AUTH_NAME },
	{ "the first printable", 1, A_NAME + 6, 1, '!', CXIO_FAULT_NONE },
	{ "the last printable", 1, A_NAME + 6, 1, '~', CXIO_FAULT_NONE },
	{ "one beyond", 1, A_NAME + 6, 1, 0x7f, CXIO_FAULT_AUTH_NAME },
	{ "a high byte", 1, A_NAME, 1, 0xc3, CXIO_FAULT_AUTH_NAME },
	{ "a new line at the end", 3, A_NAME + 11, 1, '\n', CXIO_FAULT_AUTH_NAME },
	{ "any nonce", 1, A_NONCE, 8, 0, CXIO_FAULT_NONE },
	{ "any proof", 3, A_PROOF, 8, 0, CXIO_FAULT_NONE },
	{ "any last proof", 4, A_LAST_PROOF, 8, 0, CXIO_FAULT_NONE },
};

static void each_check(void **state)
{
	struct cxio_auth_message m;
	struct vector v;
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(mutations); i++) {
		load(auth_names[mutations[i].step], &v);
		put_le(v.bytes + mutations[i].at, mutations[i].size, mutations[i].value);
		print_message("# %s\n", mutations[i].what);
		assert_fault(cxio_auth_decode(v.bytes, v.len, ANY_STEP, &m), mutations[i].fault);
	}
}

static void every_length(void **state)
{
	struct cxio_auth_message m;
	struct vector v;
	u32 step, len;

	(void)state;
	assert_fault(cxio_auth_decode(NULL, 0, ANY_STEP, &m), CXIO_FAULT_AUTH_SHORT);
	for (step = 1; step < CXIO_AUTH_STEP_END; step++) {
		load(auth_names[step], &v);
		for (len = 0; len <= 140; len++) {
			enum cxio_fault fault = CXIO_FAULT_NONE;
			u8 *buf = calloc(1, len + !len);

			assert_non_null(buf);
			memcpy(buf, v.bytes, len < v.len ? len : v.len);
			if (len < v.len)
				fault = CXIO_FAULT_AUTH_SHORT;
			else if (len > v.len)
				fault = CXIO_FAULT_AUTH_LONG;
			assert_fault(cxio_auth_decode(buf, len, ANY_STEP, &m), fault);
			free(buf);
		}
	}
}

/* A later version may have other lengths and steps: it is told from a short one. */
static void the_prefix_comes_first(void **state)
{
	struct cxio_auth_message m;
	u8 buf[8] = { 0x01, 0x00, 0x43, 0x58, 2, 77, 0xff, 0xff };

	(void)state;
	assert_fault(cxio_auth_decode(buf, sizeof(buf), ANY_STEP, &m), CXIO_FAULT_AUTH_VERSION);
	buf[0] = 3;
	assert_fault(cxio_auth_decode(buf, sizeof(buf), ANY_STEP, &m), CXIO_FAULT_AUTH_METHOD);
}

static void steps_in_turn(void **state)
{
	struct cxio_auth_message m;
	struct vector v;
	u32 step, steps;

	(void)state;
	for (step = 1; step < CXIO_AUTH_STEP_END; step++) {
		load(auth_names[step], &v);
		for (steps = 0; steps < 32; steps++)
			assert_fault(cxio_auth_decode(v.bytes, v.len, steps, &m),
				     steps & 1u << step ? CXIO_FAULT_NONE :
				     CXIO_FAULT_AUTH_STEP);
	}
}

static void encode_refuses(void **state)
{
	u8 buf[CXIO_AUTH_MESSAGE_MAX];
	struct cxio_auth_message m;

	(void)state;
	the_message(&m, CXIO_AUTH_FIRST);
	m.step = 0;
	assert_int_equal(cxio_auth_encode(&m, buf), 0);
	m.step = CXIO_AUTH_STEP_END;
	assert_int_equal(cxio_auth_encode(&m, buf), 0);
	m.step = CXIO_AUTH_FIRST;
	m.name_len = 0;
	assert_int_equal(cxio_auth_encode(&m, buf), 0);
	m.name_len = CXIO_AUTH_NAME_MAX + 1;
	assert_int_equal(cxio_auth_encode(&m, buf), 0);
	m.name_len = CXIO_AUTH_NAME_MAX;
	memset(m.name, 'n', sizeof(m.name));
	assert_int_equal(cxio_auth_encode(&m, buf), A_FIRST);
	assert_fault(cxio_auth_decode(buf, A_FIRST, ANY_STEP, &m), CXIO_FAULT_NONE);
	assert_int_equal(m.name_len, CXIO_AUTH_NAME_MAX);
	assert_int_equal(m.name[CXIO_AUTH_NAME_MAX - 1], 'n');
	/* nothing that a step has not is told */
	memset(&m, 0xff, sizeof(m));
	m.step = CXIO_AUTH_PROOF;
	assert_int_equal(cxio_auth_encode(&m, buf), A_LAST);
	assert_fault(cxio_auth_decode(buf, A_LAST, ANY_STEP, &m), CXIO_FAULT_NONE);
}

/* --- proofs and keys --- */

static const char *const block_names[BLOCKS] = {
	"block-proof-client", "block-proof-server", "block-key-client", "block-key-server",
};

static void blocks_and_macs(void **state)
{
	u8 block[CXIO_AUTH_BLOCK_MAX], mac[MAC];
	struct handshake h;
	struct vector v;
	u32 i, len;

	(void)state;
	handshake(&h);
	for (i = 0; i < BLOCKS; i++) {
		load(block_names[i], &v);
		len = make_block(&h.t, i, block);
		assert_int_equal(len, v.len - MAC);
		assert_memory_equal(block, v.bytes, len);
		block_mac(&h.t, i, mac);
		assert_memory_equal(mac, v.bytes + len, MAC);
		/* the rest of the buffer is not touched */
		assert_true(len == CXIO_AUTH_BLOCK_MAX || block[len] == 0xee);
	}
}

/* No proof or key passes for another: no reflection. */
static void reflection(void **state)
{
	u8 mac[BLOCKS][MAC];
	struct handshake h;
	u32 i, k;

	(void)state;
	handshake(&h);
	for (i = 0; i < BLOCKS; i++)
		block_mac(&h.t, i, mac[i]);
	for (i = 0; i < BLOCKS; i++)
		for (k = 0; k < BLOCKS; k++)
			assert_fault(cxio_auth_check_proof(mac[i], mac[k]),
				     i == k ? CXIO_FAULT_NONE : CXIO_FAULT_AUTH_PROOF);
}

/* The role alone makes the difference, not only the reply. */
static void roles_differ_in_one_byte(void **state)
{
	u8 a[CXIO_AUTH_BLOCK_MAX], b[CXIO_AUTH_BLOCK_MAX];
	struct handshake h;
	u32 len;

	(void)state;
	handshake(&h);
	len = make_block(&h.t, KEY_CLIENT, a);
	assert_int_equal(make_block(&h.t, KEY_SERVER, b), len);
	assert_int_equal(a[16], CXIO_ROLE_CLIENT);
	assert_int_equal(b[16], CXIO_ROLE_SERVER);
	a[16] = b[16];
	assert_memory_equal(a, b, len);
	make_block(&h.t, PROOF_CLIENT, a);
	make_block(&h.t, PROOF_SERVER, b);
	assert_int_equal(a[16], CXIO_ROLE_CLIENT);
	assert_int_equal(b[16], CXIO_ROLE_SERVER);
}

static bool block_changed(const struct handshake *h, u32 which)
{
	u8 before[CXIO_AUTH_BLOCK_MAX], after[CXIO_AUTH_BLOCK_MAX];
	struct handshake good;
	u32 a, b;

	handshake(&good);
	a = make_block(&good.t, which, before);
	b = make_block(&h->t, which, after);
	assert_int_not_equal(a, 0);
	assert_int_not_equal(b, 0);
	return a != b || memcmp(before, after, a);
}

static void assert_all_changed(const struct handshake *h, bool in_client_proof)
{
	u32 i;

	for (i = 0; i < BLOCKS; i++)
		assert_int_equal(block_changed(h, i), i != PROOF_CLIENT || in_client_proof);
}

static void every_field_counts(void **state)
{
	struct handshake h;
	u32 i, k;

	(void)state;
	handshake(&h);
	for (i = 0; i < BLOCKS; i++)
		assert_false(block_changed(&h, i));
	for (i = 0; i < CXIO_AUTH_NONCE_BYTES; i++) {
		handshake(&h);
		h.t.client_nonce[i] ^= 0x10;
		assert_all_changed(&h, true);
		handshake(&h);
		h.t.server_nonce[i] ^= 0x01;
		assert_all_changed(&h, true);
	}
	for (i = 0; i < 8; i++) {
		handshake(&h);
		h.t.client_flags ^= (u8)(1 << i);
		assert_all_changed(&h, true);
		handshake(&h);
		h.t.server_flags ^= (u8)(1 << i);
		assert_all_changed(&h, true);
	}
	for (i = 0; i < 64; i++) {
		handshake(&h);
		h.t.features ^= 1ull << i;
		assert_all_changed(&h, true);
	}
	for (k = 0; k < CXIO_AUTH_PARTS; k++) {
		handshake(&h);
		for (i = 0; i < h.t.part[k].len; i++) {
			h.part[k][i] ^= 0x80;
			assert_all_changed(&h, k != CXIO_AUTH_PART_REPLY);
			h.part[k][i] ^= 0x80;
		}
		/* one byte less, and it is another one */
		h.t.part[k].len--;
		assert_all_changed(&h, k != CXIO_AUTH_PART_REPLY);
	}
}

/* The same bytes, cut at another place: the lengths in front of them tell. */
static void borders_count(void **state)
{
	u8 a[CXIO_AUTH_BLOCK_MAX], b[CXIO_AUTH_BLOCK_MAX];
	struct handshake h;
	u32 i, len;

	(void)state;
	for (i = 0; i < BLOCKS; i++) {
		handshake(&h);
		len = make_block(&h.t, i, a);
		/* the first byte of the reply's hello goes to the request's */
		h.part[CXIO_AUTH_PART_REQUEST_HELLO][44] = h.part[CXIO_AUTH_PART_REPLY_HELLO][0];
		h.t.part[CXIO_AUTH_PART_REQUEST_HELLO].len++;
		h.t.part[CXIO_AUTH_PART_REPLY_HELLO].bytes =
			h.part[CXIO_AUTH_PART_REPLY_HELLO] + 1;
		h.t.part[CXIO_AUTH_PART_REPLY_HELLO].len--;
		assert_int_equal(make_block(&h.t, i, b), len);
		assert_memory_not_equal(a, b, len);
	}
}

static void bounds_of_parts(void **state)
{
	static const u32 least[] = { 1, 0, 0, 33, 26 }, most[] = { 64, 56, 56, 105, 98 };
	u8 *block = malloc(CXIO_AUTH_BLOCK_MAX);
	struct handshake h;
	u32 i, k;

	(void)state;
	assert_non_null(block);
	handshake(&h);
	for (k = 0; k < CXIO_AUTH_PARTS; k++)
		h.t.part[k].len = most[k];
	assert_int_equal(make_block(&h.t, KEY_CLIENT, block), CXIO_AUTH_BLOCK_MAX);
	for (k = 0; k < CXIO_AUTH_PARTS; k++) {
		for (i = 0; i < BLOCKS; i++) {
			/* the client's proof has no reply, whatever there is */
			bool ignored = k == CXIO_AUTH_PART_REPLY && i == PROOF_CLIENT;

			handshake(&h);
			h.t.part[k].len = most[k] + 1;
			assert_int_equal(!make_block(&h.t, i, block), !ignored);
			h.t.part[k].len = ~0u;
			assert_int_equal(!make_block(&h.t, i, block), !ignored);
			h.t.part[k].len = 0x10000;
			assert_int_equal(!make_block(&h.t, i, block), !ignored);
			h.t.part[k].len = least[k];
			assert_int_not_equal(make_block(&h.t, i, block), 0);
			h.t.part[k].len = least[k] - 1;
			assert_int_equal(!make_block(&h.t, i, block), !ignored);
			h.t.part[k].len = most[k];
			h.t.part[k].bytes = NULL;
			assert_int_equal(!make_block(&h.t, i, block), !ignored);
			h.t.part[k].len = 0;
			assert_int_equal(!make_block(&h.t, i, block), least[k] && !ignored);
		}
	}
	free(block);
}

static void equal(void **state)
{
	u8 a[40], b[40];
	u32 i, bit;

	(void)state;
	fill(a, sizeof(a), 7, 3);
	memcpy(b, a, sizeof(b));
	for (i = 1; i <= sizeof(a); i++)
		assert_true(cxio_secret_equal(a, b, i));
	for (i = 0; i < sizeof(a); i++)
		for (bit = 0; bit < 8; bit++) {
			b[i] ^= (u8)(1 << bit);
			assert_false(cxio_secret_equal(a, b, sizeof(a)));
			assert_true(!i || cxio_secret_equal(a, b, i));
			b[i] ^= (u8)(1 << bit);
		}
	/* differences do not cancel out */
	b[0] ^= 1;
	b[1] ^= 1;
	assert_false(cxio_secret_equal(a, b, sizeof(a)));
	/* nor is an empty proof a good one */
	assert_false(cxio_secret_equal(a, a, 0));
}

/* --- no downgrade --- */

enum { CAN = CXIO_AUTH_CAN_SIGN, MUST = CXIO_AUTH_CAN_SIGN | CXIO_AUTH_MUST_SIGN };

#define SECRET CXIO_AUTH_METHOD_SECRET

static const struct {
	const char *what;
	struct cxio_auth_terms ours, peers;
	bool sign;
	enum cxio_fault fault;
} agreements[] = {
	{ "none and none", { 1, 0 }, { 1, 0 }, false, CXIO_FAULT_NONE },
	{ "nothing said is none", { 1, 0 }, { 0, 0 }, false, CXIO_FAULT_NONE },
	{ "nothing set is none", { 0, 0 }, { 1, 0 }, false, CXIO_FAULT_NONE },
	{ "secret and none", { SECRET, 0 }, { 1, 0 }, false, CXIO_FAULT_AUTH_METHOD },
	{ "secret and nothing said", { SECRET, 0 }, { 0, 0 }, false, CXIO_FAULT_AUTH_METHOD },
	{ "none and secret", { 1, 0 }, { SECRET, 0 }, false, CXIO_FAULT_AUTH_METHOD },
	{ "secret and cephx", { SECRET, 0 }, { 2, 0 }, false, CXIO_FAULT_AUTH_METHOD },
	{ "secret and unknown", { SECRET, 0 }, { 77, 0 }, false, CXIO_FAULT_AUTH_METHOD },
	{ "secret and secret", { SECRET, 0 }, { SECRET, 0 }, false, CXIO_FAULT_NONE },
	{ "we can sign", { SECRET, CAN }, { SECRET, 0 }, false, CXIO_FAULT_NONE },
	{ "the peer can sign", { SECRET, 0 }, { SECRET, CAN }, false, CXIO_FAULT_NONE },
	{ "both can", { SECRET, CAN }, { SECRET, CAN }, true, CXIO_FAULT_NONE },
	{ "we must", { SECRET, MUST }, { SECRET, CAN }, true, CXIO_FAULT_NONE },
	{ "the peer must", { SECRET, CAN }, { SECRET, MUST }, true, CXIO_FAULT_NONE },
	{ "both must", { SECRET, MUST }, { SECRET, MUST }, true, CXIO_FAULT_NONE },
	{ "we must, it cannot", { SECRET, MUST }, { SECRET, 0 }, false,
	  CXIO_FAULT_AUTH_SIGNING },
	{ "it must, we cannot", { SECRET, 0 }, { SECRET, MUST }, false,
	  CXIO_FAULT_AUTH_SIGNING },
	{ "we must, without a secret", { 1, MUST }, { 1, MUST }, false,
	  CXIO_FAULT_AUTH_SIGNING },
	{ "both can, without a secret", { 1, CAN }, { 1, CAN }, false, CXIO_FAULT_NONE },
	{ "the peer must, without a secret", { 0, 0 }, { 0, MUST }, false,
	  CXIO_FAULT_AUTH_SIGNING },
	{ "we must, and it takes no secret", { SECRET, MUST }, { 1, MUST }, false,
	  CXIO_FAULT_AUTH_METHOD },
	{ "cephx and cephx", { 2, MUST }, { 2, CAN }, true, CXIO_FAULT_NONE },
};

static void downgrade(void **state)
{
	bool sign;
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(agreements); i++) {
		print_message("# %s\n", agreements[i].what);
		sign = !agreements[i].sign;
		assert_fault(cxio_auth_method_agree(&agreements[i].ours, &agreements[i].peers,
						    &sign), agreements[i].fault);
		assert_int_equal(sign, agreements[i].sign);
	}
}

static void tags(void **state)
{
	u32 tag;

	(void)state;
	for (tag = 0; tag < 300; tag++)
		assert_int_equal(cxio_auth_tag_needs_proof(tag),
				 tag != CXIO_TAG_CHALLENGE_AUTHORIZER &&
				 tag != CXIO_TAG_BADAUTHORIZER && tag != CXIO_TAG_BADPROTOVER &&
				 tag != CXIO_TAG_FEATURES);
	assert_true(cxio_auth_tag_needs_proof(CXIO_TAG_READY));
	assert_true(cxio_auth_tag_needs_proof(CXIO_TAG_SEQ));
	assert_true(cxio_auth_tag_needs_proof(CXIO_TAG_RESETSESSION));
}

/* --- signatures --- */

static void the_mail(struct cxio_msg_header *h, struct cxio_msg_footer *f, u8 *header,
		     u8 *footer)
{
	*h = (struct cxio_msg_header){
		.seq = 0x1122334455667788ull, .tid = 0x0102030405060708ull, .type = 0x602,
		.priority = 127, .version = 3, .len = { 9, 3, 0x10203 }, .data_off = 0xabc,
		.src_type = 8, .src_num = 0x1112131415161718ull, .compat_version = 2,
	};
	*f = (struct cxio_msg_footer){
		.crc = { cxio_crc32c(0, "the front", 9), cxio_crc32c(0, "mid", 3), 0xa1b2c3d4 },
		.flags = CXIO_FOOTER_COMPLETE, .sig = 99,
	};
	assert_fault(cxio_sign_prepare(f), CXIO_FAULT_NONE);
	assert_int_equal(f->flags, CXIO_FOOTER_COMPLETE | CXIO_FOOTER_SIGNED);
	assert_int_equal(f->sig, 0);
	cxio_msg_header_encode(h, header);
	cxio_msg_footer_encode(f, footer);
}

static void signature(void **state)
{
	u8 header[M_SIZE], footer[T_SIZE], block[CXIO_SIGN_BLOCK], key[MAC], mac[MAC];
	struct cxio_msg_header h;
	struct cxio_msg_footer f;
	struct handshake hs;
	struct vector v;
	u64 sig;
	u32 bit;

	(void)state;
	the_mail(&h, &f, header, footer);
	load("block-signature", &v);
	assert_int_equal(v.len, 74 + MAC);
	assert_int_equal(cxio_sign_block(header, footer, GENERATION, block), 74);
	assert_memory_equal(block, v.bytes, 74);
	memset(block, 0xee, sizeof(block));
	assert_int_equal(cxio_sign_block_decoded(&h, &f, GENERATION, block), 74);
	assert_memory_equal(block, v.bytes, 74);

	handshake(&hs);
	block_mac(&hs.t, KEY_CLIENT, key);
	hmac(key, block, sizeof(block), mac);
	assert_memory_equal(mac, v.bytes + 74, MAC);
	sig = cxio_signature_from_mac(mac);
	assert_true(sig == 0x70df687acee6e3c6ull);

	/* the other side has it from the wire */
	f.sig = sig;
	cxio_msg_footer_encode(&f, footer);
	memset(&f, 0, sizeof(f));
	cxio_msg_footer_decode(footer, &f);
	assert_fault(cxio_sign_check_flags(&f, true), CXIO_FAULT_NONE);
	cxio_sign_block(header, footer, GENERATION, block);
	hmac(key, block, sizeof(block), mac);
	assert_fault(cxio_sign_check(&f, cxio_signature_from_mac(mac)), CXIO_FAULT_NONE);
	for (bit = 0; bit < 64; bit++)
		assert_fault(cxio_sign_check(&f, sig ^ 1ull << bit), CXIO_FAULT_FOOTER_SIG);
	/* with the key of the other direction it is none */
	block_mac(&hs.t, KEY_SERVER, key);
	hmac(key, block, sizeof(block), mac);
	assert_fault(cxio_sign_check(&f, cxio_signature_from_mac(mac)), CXIO_FAULT_FOOTER_SIG);
}

static void every_byte_is_signed(void **state)
{
	u8 header[M_SIZE], footer[T_SIZE], good[CXIO_SIGN_BLOCK], block[CXIO_SIGN_BLOCK];
	struct cxio_msg_header h;
	struct cxio_msg_footer f;
	u32 i;

	(void)state;
	the_mail(&h, &f, header, footer);
	cxio_sign_block(header, footer, GENERATION, good);
	for (i = 0; i < M_SIZE; i++) {
		header[i] ^= 4;
		cxio_sign_block(header, footer, GENERATION, block);
		assert_memory_not_equal(block, good, sizeof(good));
		header[i] ^= 4;
	}
	for (i = 0; i < T_SIZE; i++) {
		bool is_sig = i >= T_SIG && i < T_FLAGS;

		footer[i] ^= 4;
		cxio_sign_block(header, footer, GENERATION, block);
		assert_int_equal(!memcmp(block, good, sizeof(good)), is_sig);
		footer[i] ^= 4;
	}
	for (i = 0; i < 64; i++) {
		cxio_sign_block(header, footer, GENERATION ^ 1ull << i, block);
		assert_memory_not_equal(block, good, sizeof(good));
	}
}

static const struct {
	const char *what;
	u8 flags;
	u64 sig;
	bool sign;
	enum cxio_fault fault;
} footers[] = {
	{ "signed as agreed", 5, 1, true, CXIO_FAULT_NONE },
	{ "a signature of zero", 5, 0, true, CXIO_FAULT_NONE },
	{ "not signed", 1, 0, true, CXIO_FAULT_FOOTER_UNSIGNED },
	{ "a signature without its flag", 1, 77, true, CXIO_FAULT_FOOTER_UNSIGNED },
	{ "not signed, and no data crc", 3, 0, true, CXIO_FAULT_FOOTER_UNSIGNED },
	{ "signed, and no data crc", 7, 77, true, CXIO_FAULT_FOOTER_SIGNED_NOCRC },
	{ "none is agreed", 1, 0, false, CXIO_FAULT_NONE },
	{ "none is agreed, no data crc", 3, 0, false, CXIO_FAULT_NONE },
	{ "none is agreed, but signed", 5, 77, false, CXIO_FAULT_FOOTER_SIGNED },
	{ "none is agreed, but a signature", 1, 77, false, CXIO_FAULT_FOOTER_SIGNED },
};

static void signed_as_agreed(void **state)
{
	struct cxio_msg_footer f = { .flags = CXIO_FOOTER_COMPLETE | CXIO_FOOTER_NOCRC };
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(footers); i++) {
		f.flags = footers[i].flags;
		f.sig = footers[i].sig;
		print_message("# %s\n", footers[i].what);
		assert_fault(cxio_sign_check_flags(&f, footers[i].sign), footers[i].fault);
	}
	f.flags = CXIO_FOOTER_COMPLETE | CXIO_FOOTER_NOCRC;
	assert_fault(cxio_sign_prepare(&f), CXIO_FAULT_FOOTER_SIGNED_NOCRC);
	assert_int_equal(f.flags, CXIO_FOOTER_COMPLETE | CXIO_FOOTER_NOCRC);
	/* signing forces the data crc on, and nothing else */
	assert_true(cxio_sign_features(~0ull, false) == ~0ull);
	assert_true(cxio_sign_features(~0ull, true) == ~CXIO_FEATURE_NO_DATA_CRC);
}

/* --- cephx --- */

static void encrypt(const u8 *block, u32 len, u8 *cipher, u32 want)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int done = 0, rest = 0;
	u8 key[16];

	assert_non_null(ctx);
	fill(key, sizeof(key), 0, 1);
	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, key, cxio_cephx_iv()), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, cipher, &done, block, (int)len), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, cipher + done, &rest), 1);
	assert_int_equal(done + rest, want);
	EVP_CIPHER_CTX_free(ctx);
}

/* The signatures are those of openssl enc and Python, from the same blocks. */
static const struct {
	const char *name;
	u64 features;
	u32 len, cipher;
	u64 sig;
} cephx_kinds[] = {
	{ "block-cephx-v1", ~CXIO_CEPH_FEATURE_CEPHX_V2, 29, 32, 0x23c0ebef584c90afull },
	{ "block-cephx-v2", CXIO_CEPH_FEATURE_CEPHX_V2, 32, 48, 0x266bf5131294b81cull },
};

static void cephx(void **state)
{
	u8 header[M_SIZE], footer[T_SIZE], block[CXIO_CEPHX_BLOCK_MAX];
	u8 cipher[CXIO_CEPHX_CIPHER_MAX];
	struct cxio_msg_header h;
	struct cxio_msg_footer f;
	struct vector v;
	u32 i;

	(void)state;
	assert_memory_equal(cxio_cephx_iv(), "cephsageyudagreg", CXIO_CEPHX_IV_BYTES);
	the_mail(&h, &f, header, footer);
	for (i = 0; i < ARRAY_SIZE(cephx_kinds); i++) {
		load(cephx_kinds[i].name, &v);
		assert_int_equal(v.len, cephx_kinds[i].len);
		assert_int_equal(cxio_cephx_block(cephx_kinds[i].features, header, footer, block),
				 v.len);
		assert_memory_equal(block, v.bytes, v.len);
		encrypt(block, v.len, cipher, cephx_kinds[i].cipher);
		assert_true(cxio_cephx_signature(cephx_kinds[i].features, cipher) ==
			    cephx_kinds[i].sig);
	}
}

static void cephx_folds(void **state)
{
	u8 cipher[32] = { 0 };
	u32 i;

	(void)state;
	for (i = 0; i < sizeof(cipher); i++) {
		cipher[i] = 0xa5;
		assert_true(cxio_cephx_signature(CXIO_CEPH_FEATURE_CEPHX_V2, cipher) ==
			    0xa5ull << 8 * (i % 8));
		assert_true(cxio_cephx_signature(0, cipher) ==
			    (i < 8 ? 0xa5ull << 8 * i : 0));
		cipher[i] = 0;
	}
}

static void all_provoked(void **state)
{
	(void)state;
	assert_door_complete(DOOR_AUTH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(authorizers),
		cmocka_unit_test(each_check),
		cmocka_unit_test(every_length),
		cmocka_unit_test(the_prefix_comes_first),
		cmocka_unit_test(steps_in_turn),
		cmocka_unit_test(encode_refuses),
		cmocka_unit_test(blocks_and_macs),
		cmocka_unit_test(reflection),
		cmocka_unit_test(roles_differ_in_one_byte),
		cmocka_unit_test(every_field_counts),
		cmocka_unit_test(borders_count),
		cmocka_unit_test(bounds_of_parts),
		cmocka_unit_test(equal),
		cmocka_unit_test(downgrade),
		cmocka_unit_test(tags),
		cmocka_unit_test(signature),
		cmocka_unit_test(every_byte_is_signed),
		cmocka_unit_test(signed_as_agreed),
		cmocka_unit_test(cephx),
		cmocka_unit_test(cephx_folds),
		cmocka_unit_test(all_provoked),
	};

	return cmocka_run_group_tests_name("sign", tests, NULL, NULL);
}
