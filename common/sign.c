// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Authorizers of the shared secret, and the blocks of proofs, keys and signatures.
 */
#include "sign.h"

#define AT(s, m, off, size)						\
	static_assert(offsetof(struct s, m) == (off) &&			\
		      sizeof(((struct s *)0)->m) == (size), #s "." #m)

AT(cxio_wire_auth, method, 0, 4);
AT(cxio_wire_auth, version, 4, 1);
AT(cxio_wire_auth, step, 5, 1);
AT(cxio_wire_auth, flags, 6, 1);
AT(cxio_wire_auth, name_len, 7, 1);
static_assert(sizeof(struct cxio_wire_auth) == 8, "authorizer");

AT(cxio_wire_auth_first, head, 0, 8);
AT(cxio_wire_auth_first, nonce, 8, 16);
AT(cxio_wire_auth_first, name, 24, 64);
static_assert(sizeof(struct cxio_wire_auth_first) == 88, "first authorizer");

AT(cxio_wire_auth_server_nonce, head, 0, 8);
AT(cxio_wire_auth_server_nonce, nonce, 8, 16);
static_assert(sizeof(struct cxio_wire_auth_server_nonce) == 24, "challenge");

AT(cxio_wire_auth_second, head, 0, 8);
AT(cxio_wire_auth_second, nonce, 8, 16);
AT(cxio_wire_auth_second, name, 24, 64);
AT(cxio_wire_auth_second, proof, 88, 32);
static_assert(sizeof(struct cxio_wire_auth_second) == 120, "second authorizer");
static_assert(sizeof(struct cxio_wire_auth_first) <= CXIO_AUTH_MESSAGE_MAX &&
	      sizeof(struct cxio_wire_auth_second) <= 4096, "longest authorizer");

AT(cxio_wire_auth_proof, head, 0, 8);
AT(cxio_wire_auth_proof, proof, 8, 32);
static_assert(sizeof(struct cxio_wire_auth_proof) == 40, "server's proof");

AT(cxio_wire_auth_block, label, 0, 16);
AT(cxio_wire_auth_block, role, 16, 1);
AT(cxio_wire_auth_block, client_flags, 17, 1);
AT(cxio_wire_auth_block, server_flags, 18, 1);
AT(cxio_wire_auth_block, reserved, 19, 1);
AT(cxio_wire_auth_block, client_nonce, 20, 16);
AT(cxio_wire_auth_block, server_nonce, 36, 16);
AT(cxio_wire_auth_block, features, 52, 8);
static_assert(sizeof(struct cxio_wire_auth_block) == 60, "proof and key block");

AT(cxio_wire_sign_block, header, 0, 53);
AT(cxio_wire_sign_block, front_crc, 53, 4);
AT(cxio_wire_sign_block, middle_crc, 57, 4);
AT(cxio_wire_sign_block, data_crc, 61, 4);
AT(cxio_wire_sign_block, flags, 65, 1);
AT(cxio_wire_sign_block, generation, 66, 8);
static_assert(sizeof(struct cxio_wire_sign_block) == 74, "signature block");

AT(cxio_wire_cephx_v1, version, 0, 1);
AT(cxio_wire_cephx_v1, magic, 1, 8);
AT(cxio_wire_cephx_v1, length, 9, 4);
AT(cxio_wire_cephx_v1, header_crc, 13, 4);
AT(cxio_wire_cephx_v1, front_crc, 17, 4);
AT(cxio_wire_cephx_v1, middle_crc, 21, 4);
AT(cxio_wire_cephx_v1, data_crc, 25, 4);
static_assert(sizeof(struct cxio_wire_cephx_v1) == 29, "cephx block without CEPHX_V2");

AT(cxio_wire_cephx_v2, header_crc, 0, 4);
AT(cxio_wire_cephx_v2, front_crc, 4, 4);
AT(cxio_wire_cephx_v2, front_len, 8, 4);
AT(cxio_wire_cephx_v2, middle_crc, 12, 4);
AT(cxio_wire_cephx_v2, middle_len, 16, 4);
AT(cxio_wire_cephx_v2, data_crc, 20, 4);
AT(cxio_wire_cephx_v2, data_len, 24, 4);
AT(cxio_wire_cephx_v2, seq, 28, 4);
static_assert(sizeof(struct cxio_wire_cephx_v2) == 32, "cephx block");

/* --- authorizers --- */

/**
 * struct shape - what a step's authorizer has
 * @len: bytes of it
 * @nonce: where its nonce is; 0 if it has none
 * @name: where its name is, likewise
 * @proof: where its proof is, likewise
 * @flags: which flags it may have
 */
struct shape {
	u8 len;
	u8 nonce;
	u8 name;
	u8 proof;
	u8 flags;
};

static const struct shape shapes[CXIO_AUTH_STEP_END] = {
	[CXIO_AUTH_FIRST] = {
		.len = sizeof(struct cxio_wire_auth_first),
		.nonce = offsetof(struct cxio_wire_auth_first, nonce),
		.name = offsetof(struct cxio_wire_auth_first, name),
		.flags = CXIO_AUTH_CAN_SIGN | CXIO_AUTH_MUST_SIGN,
	},
	[CXIO_AUTH_SERVER_NONCE] = {
		.len = sizeof(struct cxio_wire_auth_server_nonce),
		.nonce = offsetof(struct cxio_wire_auth_server_nonce, nonce),
		.flags = CXIO_AUTH_CAN_SIGN | CXIO_AUTH_MUST_SIGN,
	},
	[CXIO_AUTH_SECOND] = {
		.len = sizeof(struct cxio_wire_auth_second),
		.nonce = offsetof(struct cxio_wire_auth_second, nonce),
		.name = offsetof(struct cxio_wire_auth_second, name),
		.proof = offsetof(struct cxio_wire_auth_second, proof),
		.flags = CXIO_AUTH_CAN_SIGN | CXIO_AUTH_MUST_SIGN,
	},
	[CXIO_AUTH_PROOF] = {
		.len = sizeof(struct cxio_wire_auth_proof),
		.proof = offsetof(struct cxio_wire_auth_proof, proof),
	},
};

static bool flags_well_formed(u8 flags, u8 allowed)
{
	return !(flags & ~allowed) &&
	       (!(flags & CXIO_AUTH_MUST_SIGN) || (flags & CXIO_AUTH_CAN_SIGN));
}

/* @len was checked; the name is printable, and nothing hides behind it. */
static enum cxio_fault check_name(const u8 *name, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return CXIO_FAULT_AUTH_NAME;
	for (; i < CXIO_AUTH_NAME_MAX; i++)
		if (name[i])
			return CXIO_FAULT_AUTH_RESERVED;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_auth_encode() - write an authorizer
 * @m: the fields; what the step has not is not looked at
 * @buf: CXIO_AUTH_MESSAGE_MAX bytes
 *
 * Context: any. Return: bytes; 0 if there is no such step or the name's length is out
 * of range.
 */
u32 cxio_auth_encode(const struct cxio_auth_message *m, void *buf)
{
	struct cxio_wire_auth *w = buf;
	const struct shape *s;
	u8 *bytes = buf;

	if (!m->step || m->step >= CXIO_AUTH_STEP_END)
		return 0;
	s = &shapes[m->step];
	if (s->name && (!m->name_len || m->name_len > CXIO_AUTH_NAME_MAX))
		return 0;
	memset(buf, 0, s->len);
	w->method = cpu_to_le32(CXIO_AUTH_METHOD_SECRET);
	w->version = CXIO_AUTH_VERSION;
	w->step = m->step;
	w->flags = m->flags & s->flags;
	if (s->nonce)
		memcpy(bytes + s->nonce, m->nonce, CXIO_AUTH_NONCE_BYTES);
	if (s->name) {
		w->name_len = m->name_len;
		memcpy(bytes + s->name, m->name, m->name_len);
	}
	if (s->proof)
		memcpy(bytes + s->proof, m->proof, CXIO_AUTH_PROOF_BYTES);
	return s->len;
}

/**
 * cxio_auth_decode() - read and check an authorizer
 * @buf: the authorizer, or the answer to one; may be NULL if @len is 0
 * @len: bytes of it; I1: nothing beyond is read
 * @steps: those whose turn it is, CXIO_AUTH_STEP() of each
 * @m: the fields, valid when the result is CXIO_FAULT_NONE
 *
 * A server takes CXIO_AUTH_FIRST, and once it has challenged on this connection
 * CXIO_AUTH_SECOND too. A client takes CXIO_AUTH_SERVER_NONCE with the tag
 * CHALLENGE_AUTHORIZER, and with any other CXIO_AUTH_PROOF.
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_auth_decode(const void *buf, u32 len, u32 steps,
				 struct cxio_auth_message *m)
{
	const struct cxio_wire_auth *w = buf;
	const struct shape *s;
	const u8 *bytes = buf;
	enum cxio_fault fault;

	memset(m, 0, sizeof(*m));
	if (len < sizeof(*w))
		return CXIO_FAULT_AUTH_SHORT;
	if (le32_to_cpu(w->method) != CXIO_AUTH_METHOD_SECRET)
		return CXIO_FAULT_AUTH_METHOD;
	if (w->version != CXIO_AUTH_VERSION)
		return CXIO_FAULT_AUTH_VERSION;
	/* The range before the set: the step shifts, and is an index. */
	if (!w->step || w->step >= CXIO_AUTH_STEP_END || !(steps & CXIO_AUTH_STEP(w->step)))
		return CXIO_FAULT_AUTH_STEP;
	s = &shapes[w->step];
	if (len < s->len)
		return CXIO_FAULT_AUTH_SHORT;
	if (len > s->len)
		return CXIO_FAULT_AUTH_LONG;
	if (!flags_well_formed(w->flags, s->flags))
		return CXIO_FAULT_AUTH_RESERVED;
	if (!s->name && w->name_len)
		return CXIO_FAULT_AUTH_RESERVED;
	if (s->name) {
		if (!w->name_len || w->name_len > CXIO_AUTH_NAME_MAX)
			return CXIO_FAULT_AUTH_NAME_LEN;
		fault = check_name(bytes + s->name, w->name_len);
		if (fault)
			return fault;
		m->name_len = w->name_len;
		memcpy(m->name, bytes + s->name, w->name_len);
	}
	m->step = w->step;
	m->flags = w->flags;
	if (s->nonce)
		memcpy(m->nonce, bytes + s->nonce, CXIO_AUTH_NONCE_BYTES);
	if (s->proof)
		memcpy(m->proof, bytes + s->proof, CXIO_AUTH_PROOF_BYTES);
	return CXIO_FAULT_NONE;
}

/* --- no downgrade --- */

/**
 * cxio_auth_method_agree() - may these two talk, and do they sign?
 * @ours: what we do and insist on
 * @peers: what the peer said; a client that has asked with its own method and got a
 *	challenge, or a proof, has the method and the flags of that
 * @sign: both sign their messages; valid when the result is CXIO_FAULT_NONE
 *
 * A side takes one method only, so there is nothing to bargain down. They sign if
 * both can; if only one can the other must not insist. Without a secret nobody can.
 *
 * Context: any. Return: the fault for which the peer is refused.
 */
enum cxio_fault cxio_auth_method_agree(const struct cxio_auth_terms *ours,
				       const struct cxio_auth_terms *peers, bool *sign)
{
	u32 own = ours->method ? ours->method : CXIO_AUTH_METHOD_NONE;
	u32 other = peers->method ? peers->method : CXIO_AUTH_METHOD_NONE;
	u8 any = ours->flags | peers->flags;

	*sign = false;
	if (own != other)
		return CXIO_FAULT_AUTH_METHOD;
	if (own != CXIO_AUTH_METHOD_NONE)
		*sign = ours->flags && peers->flags;
	if ((any & CXIO_AUTH_MUST_SIGN) && !*sign)
		return CXIO_FAULT_AUTH_SIGNING;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_auth_tag_needs_proof() - must a client that has a secret see the server's proof?
 * @tag: enum cxio_tag of a connect reply
 *
 * Those that need none cannot be proven, and do no more than to end the attempt or to
 * ask for another authorizer. All others, RESETSESSION before all, would let a stranger
 * change the session.
 *
 * Context: any. Return: false if the reply may be acted upon as it is.
 */
bool cxio_auth_tag_needs_proof(u32 tag)
{
	return tag != CXIO_TAG_CHALLENGE_AUTHORIZER && tag != CXIO_TAG_BADAUTHORIZER &&
	       tag != CXIO_TAG_BADPROTOVER && tag != CXIO_TAG_FEATURES;
}

/**
 * cxio_auth_method_text() - a method in words
 * @method: any number, also one read from the wire
 *
 * Context: any. Return: a constant string, never NULL.
 */
const char *cxio_auth_method_text(u32 method)
{
	switch (method) {
	case CXIO_AUTH_METHOD_UNKNOWN:
	case CXIO_AUTH_METHOD_NONE:
		return "none";
	case CXIO_AUTH_METHOD_CEPHX:
		return "cephx";
	case CXIO_AUTH_METHOD_SECRET:
		return "shared secret";
	default:
		return "unknown";
	}
}

/* --- proofs and keys --- */

/* Different ones, so that no proof is a key; a change of the block changes them. */
static const u8 proof_label[CXIO_AUTH_LABEL] = "cxio proof v1";
static const u8 key_label[CXIO_AUTH_LABEL] = "cxio key v1";

/**
 * struct bounds - of a part's length
 * @least: bytes
 * @most: bytes
 */
struct bounds {
	u8 least;
	u8 most;
};

#define CONNECT_LEAST	(CXIO_CONNECT_BODY - (u32)sizeof(struct cxio_wire_greeting))
#define REPLY_LEAST	(CXIO_REPLY_BODY - (u32)sizeof(struct cxio_wire_greeting))

static_assert(CXIO_CONNECT_BODY < 256 && CXIO_REPLY_BODY < 256, "struct bounds");

static const struct bounds bounds[CXIO_AUTH_PARTS] = {
	[CXIO_AUTH_PART_NAME] = { 1, CXIO_AUTH_NAME_MAX },
	[CXIO_AUTH_PART_REQUEST_HELLO] = { 0, CXIO_PRIVATE_DATA_MAX },
	[CXIO_AUTH_PART_REPLY_HELLO] = { 0, CXIO_PRIVATE_DATA_MAX },
	[CXIO_AUTH_PART_CONNECT] = { CONNECT_LEAST, CXIO_CONNECT_BODY },
	[CXIO_AUTH_PART_REPLY] = { REPLY_LEAST, CXIO_REPLY_BODY },
};

/* Each part behind its length: no two transcripts give the same bytes. */
static u32 add_part(u8 *block, u32 at, const void *bytes, u32 len)
{
	block[at] = (u8)len;
	block[at + 1] = (u8)(len >> 8);
	if (len)
		memcpy(block + at + 2, bytes, len);
	return at + 2 + len;
}

static u32 transcript_block(const struct cxio_auth_transcript *t, const u8 *label,
			    enum cxio_role role, bool has_reply, u8 *block)
{
	struct cxio_wire_auth_block *w = (struct cxio_wire_auth_block *)block;
	u32 at = (u32)sizeof(*w), i;

	memset(w, 0, sizeof(*w));
	memcpy(w->label, label, CXIO_AUTH_LABEL);
	w->role = (u8)role;
	w->client_flags = t->client_flags;
	w->server_flags = t->server_flags;
	memcpy(w->client_nonce, t->client_nonce, CXIO_AUTH_NONCE_BYTES);
	memcpy(w->server_nonce, t->server_nonce, CXIO_AUTH_NONCE_BYTES);
	w->features = cpu_to_le64(t->features);
	for (i = 0; i < CXIO_AUTH_PARTS; i++) {
		const void *bytes = t->part[i].bytes;
		u32 len = t->part[i].len;

		if (i == CXIO_AUTH_PART_REPLY && !has_reply) {
			at = add_part(block, at, NULL, 0);
			continue;
		}
		if (len < bounds[i].least || len > bounds[i].most || (len && !bytes))
			return 0;
		at = add_part(block, at, bytes, len);
	}
	return at;
}

/**
 * cxio_auth_proof_block() - what a proof is computed over
 * @t: the transcript; the client's proof leaves out the reply
 * @role: who proves that he knows the secret
 * @block: CXIO_AUTH_BLOCK_MAX bytes
 *
 * The proof is HMAC-SHA256 of the block under the secret, CXIO_AUTH_PROOF_BYTES.
 *
 * Context: any. Return: bytes of the block; 0 if a part is missing or too long: then
 * there is no proof.
 */
u32 cxio_auth_proof_block(const struct cxio_auth_transcript *t, enum cxio_role role, u8 *block)
{
	return transcript_block(t, proof_label, role, role != CXIO_ROLE_CLIENT, block);
}

/**
 * cxio_auth_key_block() - what a direction's key is computed over
 * @t: the whole transcript, with the reply
 * @sender: who signs with the key
 * @block: CXIO_AUTH_BLOCK_MAX bytes
 *
 * The key is HMAC-SHA256 of the block under the secret, CXIO_AUTH_KEY_BYTES.
 *
 * Context: any. Return: bytes of the block; 0 if a part is missing or too long: then
 * there is no key.
 */
u32 cxio_auth_key_block(const struct cxio_auth_transcript *t, enum cxio_role sender, u8 *block)
{
	return transcript_block(t, key_label, sender, true, block);
}

/**
 * cxio_auth_check_proof() - is a proof right?
 * @theirs: CXIO_AUTH_PROOF_BYTES, from the authorizer
 * @computed: likewise, over the block of the peer's role
 *
 * Context: any; takes the same time for every proof. Return: the fault.
 */
enum cxio_fault cxio_auth_check_proof(const u8 *theirs, const u8 *computed)
{
	return cxio_secret_equal(theirs, computed, CXIO_AUTH_PROOF_BYTES) ?
		CXIO_FAULT_NONE : CXIO_FAULT_AUTH_PROOF;
}

/**
 * cxio_secret_equal() - compare what a stranger must not learn by measuring
 * @a: bytes
 * @b: bytes
 * @n: how many
 *
 * Context: any; the time depends on @n only. Return: true if they are equal; nothing
 * (@n is 0) equals nothing.
 */
bool cxio_secret_equal(const void *a, const void *b, u32 n)
{
	const u8 *x = a, *y = b;
	u32 differ = 0, i;

	for (i = 0; i < n; i++) {
		differ |= (u32)(x[i] ^ y[i]);
		/* The compiler must not know that it could stop here. */
		__asm__("" : "+r" (differ));
	}
	return n && !differ;
}

/* --- our signatures --- */

/**
 * cxio_sign_features() - the negotiated features, if messages are signed
 * @features: struct cxio_agreed, @features
 * @sign: what cxio_auth_method_agree() said
 *
 * A signature covers the data by its CRC only, so there must be one.
 *
 * Context: any. Return: the features in use.
 */
u64 cxio_sign_features(u64 features, bool sign)
{
	return sign ? features & ~CXIO_FEATURE_NO_DATA_CRC : features;
}

/**
 * cxio_sign_prepare() - make a footer one that is signed
 * @f: a footer, but for its signature
 *
 * Before cxio_sign_block(), since the flags are signed too.
 *
 * Context: any. Return: the fault if its data has no CRC; nothing is changed then.
 */
enum cxio_fault cxio_sign_prepare(struct cxio_msg_footer *f)
{
	if (f->flags & CXIO_FOOTER_NOCRC)
		return CXIO_FAULT_FOOTER_SIGNED_NOCRC;
	f->flags |= CXIO_FOOTER_SIGNED;
	f->sig = 0;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_sign_block() - what a message's signature is computed over
 * @header: CXIO_MSG_HEADER bytes, as on the wire
 * @footer: CXIO_MSG_FOOTER bytes, as on the wire; its signature is not looked at
 * @generation: of the connection, the same on both sides
 * @block: CXIO_SIGN_BLOCK bytes
 *
 * The signature is cxio_signature_from_mac() of HMAC-SHA256 of the block under the key
 * of the direction.
 *
 * Context: any. Return: bytes of the block.
 */
u32 cxio_sign_block(const void *header, const void *footer, u64 generation, u8 *block)
{
	struct cxio_wire_sign_block *w = (struct cxio_wire_sign_block *)block;
	const struct cxio_wire_msg_footer *f = footer;

	memcpy(&w->header, header, sizeof(w->header));
	w->front_crc = f->front_crc;
	w->middle_crc = f->middle_crc;
	w->data_crc = f->data_crc;
	w->flags = f->flags;
	w->generation = cpu_to_le64(generation);
	return CXIO_SIGN_BLOCK;
}

/**
 * cxio_sign_block_decoded() - the same of a message that is not on the wire
 * @h: its header
 * @f: its footer
 * @generation: of the connection
 * @block: CXIO_SIGN_BLOCK bytes
 *
 * Context: any. Return: bytes of the block.
 */
u32 cxio_sign_block_decoded(const struct cxio_msg_header *h, const struct cxio_msg_footer *f,
			    u64 generation, u8 *block)
{
	struct cxio_wire_msg_header header;
	struct cxio_wire_msg_footer footer;

	cxio_msg_header_encode(h, &header);
	cxio_msg_footer_encode(f, &footer);
	return cxio_sign_block(&header, &footer, generation, block);
}

static u64 first_le64(const u8 *bytes)
{
	__le64 value;

	memcpy(&value, bytes, sizeof(value));
	return le64_to_cpu(value);
}

/**
 * cxio_signature_from_mac() - the signature for the footer
 * @mac: HMAC-SHA256 of the block; its first eight bytes count
 *
 * Context: any. Return: the signature.
 */
u64 cxio_signature_from_mac(const u8 *mac)
{
	return first_le64(mac);
}

/**
 * cxio_sign_frame_block() - the block of a message whose last frame is made
 * @h: its header
 * @frame: the frame, which ends with the footer
 * @len: bytes of it
 * @generation: of the connection
 * @block: CXIO_SIGN_BLOCK bytes
 *
 * Context: any. Return: bytes of the block.
 */
u32 cxio_sign_frame_block(const struct cxio_msg_header *h, const void *frame, u32 len,
			  u64 generation, u8 *block)
{
	struct cxio_wire_msg_header header;

	cxio_msg_header_encode(h, &header);
	return cxio_sign_block(&header, (const u8 *)frame + len - CXIO_MSG_FOOTER, generation,
			       block);
}

/**
 * cxio_sign_frame() - put the signature into a message's last frame
 * @frame: the frame, which ends with the footer
 * @len: bytes of it
 * @mac: HMAC-SHA256 of its block
 *
 * Context: any.
 */
void cxio_sign_frame(void *frame, u32 len, const u8 *mac)
{
	cxio_sign_frame_as(frame, len, cxio_signature_from_mac(mac));
}

/**
 * cxio_sign_frame_as() - put a signature of the owner's into a message's last frame
 * @frame: the frame, which ends with the footer
 * @len: bytes of it
 * @sig: the signature
 *
 * Context: any.
 */
void cxio_sign_frame_as(void *frame, u32 len, u64 sig)
{
	struct cxio_wire_msg_footer *f = (void *)((u8 *)frame + len - CXIO_MSG_FOOTER);

	f->sig = cpu_to_le64(sig);
}

/**
 * cxio_sign_check_flags() - is a footer signed as it was agreed?
 * @f: a footer of the peer's
 * @sign: what cxio_auth_method_agree() said
 *
 * Context: any. Return: the fault.
 */
enum cxio_fault cxio_sign_check_flags(const struct cxio_msg_footer *f, bool sign)
{
	if (!sign)
		return (f->flags & CXIO_FOOTER_SIGNED) || f->sig ?
			CXIO_FAULT_FOOTER_SIGNED : CXIO_FAULT_NONE;
	if (!(f->flags & CXIO_FOOTER_SIGNED))
		return CXIO_FAULT_FOOTER_UNSIGNED;
	if (f->flags & CXIO_FOOTER_NOCRC)
		return CXIO_FAULT_FOOTER_SIGNED_NOCRC;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_sign_check() - is a signature right?
 * @f: a footer of the peer's
 * @computed: the signature it should have
 *
 * Context: any; takes the same time for every signature. Return: the fault.
 */
enum cxio_fault cxio_sign_check(const struct cxio_msg_footer *f, u64 computed)
{
	return cxio_secret_equal(&f->sig, &computed, sizeof(computed)) ?
		CXIO_FAULT_NONE : CXIO_FAULT_FOOTER_SIG;
}

/* --- Ceph's signatures --- */

/**
 * cxio_cephx_iv() - the initial vector of everything that cephx encrypts
 *
 * Context: any. Return: CXIO_CEPHX_IV_BYTES.
 */
const u8 *cxio_cephx_iv(void)
{
	static const u8 iv[CXIO_CEPHX_IV_BYTES + 1] = "cephsageyudagreg";

	return iv;
}

/**
 * cxio_cephx_block() - what cephx encrypts to sign a message
 * @features: Ceph's feature bits in use
 * @header: CXIO_MSG_HEADER bytes, as on the wire
 * @footer: CXIO_MSG_FOOTER bytes, as on the wire
 * @block: CXIO_CEPHX_BLOCK_MAX bytes
 *
 * It is encrypted by AES-128-CBC with PKCS #7 padding, under the session key and with
 * cxio_cephx_iv(), to at most CXIO_CEPHX_CIPHER_MAX bytes.
 *
 * Context: any. Return: bytes of the block.
 */
u32 cxio_cephx_block(u64 features, const void *header, const void *footer, u8 *block)
{
	const struct cxio_wire_msg_header *h = header;
	const struct cxio_wire_msg_footer *f = footer;
	struct cxio_wire_cephx_v1 *v1 = (struct cxio_wire_cephx_v1 *)block;
	struct cxio_wire_cephx_v2 *v2 = (struct cxio_wire_cephx_v2 *)block;

	if (features & CXIO_CEPH_FEATURE_CEPHX_V2) {
		v2->header_crc = h->crc;
		v2->front_crc = f->front_crc;
		v2->front_len = h->front_len;
		v2->middle_crc = f->middle_crc;
		v2->middle_len = h->middle_len;
		v2->data_crc = f->data_crc;
		v2->data_len = h->data_len;
		v2->seq = cpu_to_le32((u32)le64_to_cpu(h->seq));
		return (u32)sizeof(*v2);
	}
	v1->version = 1;
	v1->magic = cpu_to_le64(CXIO_CEPHX_MAGIC);
	v1->length = cpu_to_le32(4 * (u32)sizeof(__le32));
	v1->header_crc = h->crc;
	v1->front_crc = f->front_crc;
	v1->middle_crc = f->middle_crc;
	v1->data_crc = f->data_crc;
	return (u32)sizeof(*v1);
}

/**
 * cxio_cephx_signature() - the signature for the footer
 * @features: Ceph's feature bits in use
 * @cipher: the encrypted block; 32 bytes of it are read at most
 *
 * Context: any. Return: the signature.
 */
u64 cxio_cephx_signature(u64 features, const u8 *cipher)
{
	if (features & CXIO_CEPH_FEATURE_CEPHX_V2)
		return first_le64(cipher) ^ first_le64(cipher + 8) ^ first_le64(cipher + 16) ^
		       first_le64(cipher + 24);
	return first_le64(cipher);
}
