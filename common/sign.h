/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is authenticated and signed, in which order. This file lays out bytes and
 * compares them; the caller's crypto (OpenSSL, the kernel's crypto API) computes
 * HMAC-SHA256 and AES over the blocks, draws the nonces and keeps the secrets.
 *
 * Shared secret, in the authorizers of connect and connect reply:
 *
 *	client				server
 *	CXIO_AUTH_FIRST		->	name, client's nonce
 *				<-	CXIO_AUTH_SERVER_NONCE, with CHALLENGE_AUTHORIZER
 *	CXIO_AUTH_SECOND	->	the same, and the client's proof
 *				<-	CXIO_AUTH_PROOF: the server's proof
 *
 * The server challenges each FIRST, with a new nonce. The transcript is made of the
 * last connect and of its SECOND: a retry on the same connection has a proof of its
 * own. The server proves itself in every reply that cxio_auth_tag_needs_proof() names,
 * and the client acts upon no such reply without. Both then have two keys, one for
 * each direction, that belong to this connection alone.
 *
 * What this protects against, if the secret cannot be guessed:
 *  - a peer that does not know the secret, on either side;
 *  - recorded and reflected proofs: both nonces, the role, the CM's private data,
 *    connect and reply (so cookies, addresses and counters) are in them;
 *  - a downgrade: what both offered is in the proofs, and what one side requires the
 *    other must do;
 *  - with signing, a message header or footer that was made up, changed, replayed or
 *    moved to another connection.
 * What it does not:
 *  - nothing is encrypted;
 *  - a payload is bound to its signature by CRC32C only, which is not resistant to
 *    collisions: who can change frames can change a payload and keep its CRC. He must
 *    not be able to reach the network;
 *  - frame headers, control frames and memory descriptors are not signed; without
 *    signing nothing after the handshake is;
 *  - who sees a handshake can try secrets at home: use random ones, of 16 bytes and more;
 *  - who learns the secret can derive the keys of recorded handshakes, and can be
 *    both client and server.
 * Documentation/security.rst has the layouts and says more.
 */
#ifndef CXIO_SIGN_H
#define CXIO_SIGN_H

#include "hello.h"
#include "msgr1.h"

/* Values of authorizer_protocol. Ceph's: 0 and 1 none, 2 cephx. */
#define CXIO_AUTH_METHOD_UNKNOWN	0u
#define CXIO_AUTH_METHOD_NONE	1u
#define CXIO_AUTH_METHOD_CEPHX	2u
/* Our own shared secret; Ceph will not get there. */
#define CXIO_AUTH_METHOD_SECRET	0x58430001u

#define CXIO_AUTH_VERSION	1
#define CXIO_AUTH_NONCE_BYTES		16u
#define CXIO_AUTH_PROOF_BYTES	32u
#define CXIO_AUTH_KEY_BYTES	32u
#define CXIO_AUTH_NAME_MAX	64u

/* The sender can sign messages and check signatures. */
#define CXIO_AUTH_CAN_SIGN	0x01
/* It insists on that; only together with CXIO_AUTH_CAN_SIGN. */
#define CXIO_AUTH_MUST_SIGN	0x02

/**
 * enum cxio_role - a side of a connection
 * @CXIO_ROLE_CLIENT: the one that connected
 * @CXIO_ROLE_SERVER: the one that was connected to
 */
enum cxio_role {
	CXIO_ROLE_CLIENT = 1,
	CXIO_ROLE_SERVER = 2,
};

/**
 * enum cxio_auth_step - what an authorizer is
 * @CXIO_AUTH_FIRST: client's: name, flags and nonce
 * @CXIO_AUTH_SERVER_NONCE: server's: flags and nonce
 * @CXIO_AUTH_SECOND: client's: name, flags, nonce and proof
 * @CXIO_AUTH_PROOF: server's: proof
 * @CXIO_AUTH_STEP_END: no step
 */
enum cxio_auth_step {
	CXIO_AUTH_FIRST = 1,
	CXIO_AUTH_SERVER_NONCE = 2,
	CXIO_AUTH_SECOND = 3,
	CXIO_AUTH_PROOF = 4,
	CXIO_AUTH_STEP_END
};

/* A set of steps, for cxio_auth_decode(). */
#define CXIO_AUTH_STEP(step)	(1u << (step))

/**
 * struct cxio_wire_auth - begins every authorizer of the shared secret
 * @method: CXIO_AUTH_METHOD_SECRET
 * @version: CXIO_AUTH_VERSION; a later one may look different behind these eight bytes
 * @step: enum cxio_auth_step
 * @flags: CXIO_AUTH_CAN_SIGN, CXIO_AUTH_MUST_SIGN; zero with CXIO_AUTH_PROOF
 * @name_len: bytes of the name, with CXIO_AUTH_FIRST and _SECOND; else zero
 */
struct cxio_wire_auth {
	__le32 method;
	u8 version;
	u8 step;
	u8 flags;
	u8 name_len;
} __packed;

/**
 * struct cxio_wire_auth_first - client's first authorizer
 * @head: see there
 * @nonce: client's
 * @name: names the secret: printable bytes, no space; zero behind @head.name_len
 */
struct cxio_wire_auth_first {
	struct cxio_wire_auth head;
	u8 nonce[CXIO_AUTH_NONCE_BYTES];
	u8 name[CXIO_AUTH_NAME_MAX];
} __packed;

/**
 * struct cxio_wire_auth_server_nonce - server's challenge
 * @head: see there
 * @nonce: server's
 */
struct cxio_wire_auth_server_nonce {
	struct cxio_wire_auth head;
	u8 nonce[CXIO_AUTH_NONCE_BYTES];
} __packed;

/**
 * struct cxio_wire_auth_second - client's second authorizer
 * @head: see there
 * @nonce: client's
 * @name: as in the first
 * @proof: HMAC-SHA256 over cxio_auth_proof_block() of the client
 */
struct cxio_wire_auth_second {
	struct cxio_wire_auth head;
	u8 nonce[CXIO_AUTH_NONCE_BYTES];
	u8 name[CXIO_AUTH_NAME_MAX];
	u8 proof[CXIO_AUTH_PROOF_BYTES];
} __packed;

/**
 * struct cxio_wire_auth_proof - server's last word
 * @head: see there
 * @proof: HMAC-SHA256 over cxio_auth_proof_block() of the server
 */
struct cxio_wire_auth_proof {
	struct cxio_wire_auth head;
	u8 proof[CXIO_AUTH_PROOF_BYTES];
} __packed;

#define CXIO_AUTH_MESSAGE_MAX	((u32)sizeof(struct cxio_wire_auth_second))

/**
 * struct cxio_auth_message - an authorizer of the shared secret
 * @step: enum cxio_auth_step
 * @flags: CXIO_AUTH_CAN_SIGN, CXIO_AUTH_MUST_SIGN
 * @name_len: bytes of @name, 1 to CXIO_AUTH_NAME_MAX
 * @name: not terminated
 * @nonce: the sender's
 * @proof: the sender's
 *
 * What a step has not is zero.
 */
struct cxio_auth_message {
	u8 step;
	u8 flags;
	u8 name_len;
	u8 name[CXIO_AUTH_NAME_MAX];
	u8 nonce[CXIO_AUTH_NONCE_BYTES];
	u8 proof[CXIO_AUTH_PROOF_BYTES];
};

u32 cxio_auth_encode(const struct cxio_auth_message *m, void *buf);
enum cxio_fault cxio_auth_decode(const void *buf, u32 len, u32 steps,
				 struct cxio_auth_message *m);

/**
 * struct cxio_auth_terms - what a side does, and insists on
 * @method: the only one it takes: CXIO_AUTH_METHOD_*, or authorizer_protocol as it came
 * @flags: CXIO_AUTH_CAN_SIGN, CXIO_AUTH_MUST_SIGN
 */
struct cxio_auth_terms {
	u32 method;
	u8 flags;
};

enum cxio_fault cxio_auth_method_agree(const struct cxio_auth_terms *ours,
				       const struct cxio_auth_terms *peers, bool *sign);
bool cxio_auth_tag_needs_proof(u32 tag);
const char *cxio_auth_method_text(u32 method);

/**
 * enum cxio_auth_part - the parts of a transcript whose length varies
 * @CXIO_AUTH_PART_NAME: the name in CXIO_AUTH_SECOND
 * @CXIO_AUTH_PART_REQUEST_HELLO: private data of the CM request; none on a byte stream
 * @CXIO_AUTH_PART_REPLY_HELLO: private data of the CM reply, likewise
 * @CXIO_AUTH_PART_CONNECT: Ceph's connect and, in a frame, the greeting behind it
 * @CXIO_AUTH_PART_REPLY: Ceph's connect reply and greeting; only the server's proof and
 *	the keys have it, since the client proves itself before
 * @CXIO_AUTH_PARTS: how many there are
 */
enum cxio_auth_part {
	CXIO_AUTH_PART_NAME,
	CXIO_AUTH_PART_REQUEST_HELLO,
	CXIO_AUTH_PART_REPLY_HELLO,
	CXIO_AUTH_PART_CONNECT,
	CXIO_AUTH_PART_REPLY,
	CXIO_AUTH_PARTS
};

/**
 * struct cxio_auth_transcript - what both sides have seen of a handshake
 * @client_nonce: from CXIO_AUTH_SECOND
 * @server_nonce: from CXIO_AUTH_SERVER_NONCE
 * @client_flags: from CXIO_AUTH_SECOND
 * @server_flags: from CXIO_AUTH_SERVER_NONCE
 * @features: struct cxio_agreed, @features; 0 on a byte stream
 * @part: the parts, as they stood on the wire, without padding of the CM
 * @part.bytes: NULL if there are none
 * @part.len: how many
 *
 * Connect and reply are taken as bytes, so that no field of theirs is forgotten:
 * features, global_seq, connect_seq, the lossy flag, cookies, in_seq, addresses, tag.
 */
struct cxio_auth_transcript {
	u8 client_nonce[CXIO_AUTH_NONCE_BYTES];
	u8 server_nonce[CXIO_AUTH_NONCE_BYTES];
	u8 client_flags;
	u8 server_flags;
	u64 features;
	struct {
		const void *bytes;
		u32 len;
	} part[CXIO_AUTH_PARTS];
};

#define CXIO_AUTH_LABEL		16u

/**
 * struct cxio_wire_auth_block - begins the block of a proof or key
 * @label: what the block is for, and version; zero behind it
 * @role: enum cxio_role: who proves himself, or who signs with the key
 * @client_flags: see struct cxio_auth_transcript, as the rest
 * @server_flags: flags
 * @reserved: zero
 * @client_nonce: nonce
 * @server_nonce: nonce
 * @features: negotiated
 *
 * The parts follow, each behind its length, le16, in the order of enum cxio_auth_part.
 */
struct cxio_wire_auth_block {
	u8 label[CXIO_AUTH_LABEL];
	u8 role;
	u8 client_flags;
	u8 server_flags;
	u8 reserved;
	u8 client_nonce[CXIO_AUTH_NONCE_BYTES];
	u8 server_nonce[CXIO_AUTH_NONCE_BYTES];
	__le64 features;
} __packed;

#define CXIO_AUTH_BLOCK_MAX	((u32)sizeof(struct cxio_wire_auth_block) +		\
				 CXIO_AUTH_PARTS * 2u + CXIO_AUTH_NAME_MAX +		\
				 2u * CXIO_PRIVATE_DATA_MAX + CXIO_CONNECT_BODY +	\
				 CXIO_REPLY_BODY)

u32 cxio_auth_proof_block(const struct cxio_auth_transcript *t, enum cxio_role role, u8 *block);
u32 cxio_auth_key_block(const struct cxio_auth_transcript *t, enum cxio_role sender, u8 *block);
enum cxio_fault cxio_auth_check_proof(const u8 *theirs, const u8 *computed);

bool cxio_secret_equal(const void *a, const void *b, u32 n);

/**
 * struct cxio_wire_sign_block - what is signed of a message
 * @header: as on the wire
 * @front_crc: the footer without its signature
 * @middle_crc: likewise
 * @data_crc: likewise
 * @flags: likewise
 * @generation: of the connection
 */
struct cxio_wire_sign_block {
	struct cxio_wire_msg_header header;
	__le32 front_crc;
	__le32 middle_crc;
	__le32 data_crc;
	u8 flags;
	__le64 generation;
} __packed;

#define CXIO_SIGN_BLOCK		((u32)sizeof(struct cxio_wire_sign_block))

u64 cxio_sign_features(u64 features, bool sign);
enum cxio_fault cxio_sign_prepare(struct cxio_msg_footer *f);
u32 cxio_sign_block(const void *header, const void *footer, u64 generation, u8 *block);
u32 cxio_sign_block_decoded(const struct cxio_msg_header *h, const struct cxio_msg_footer *f,
			    u64 generation, u8 *block);
u64 cxio_signature_from_mac(const u8 *mac);
void cxio_sign_frame(void *frame, u32 len, const u8 *mac);
void cxio_sign_frame_as(void *frame, u32 len, u64 sig);
u32 cxio_sign_frame_block(const struct cxio_msg_header *h, const void *frame, u32 len,
			  u64 generation, u8 *block);
enum cxio_fault cxio_sign_check_flags(const struct cxio_msg_footer *f, bool sign);
enum cxio_fault cxio_sign_check(const struct cxio_msg_footer *f, u64 computed);

/* Ceph's feature bit that chooses the second of its two kinds of signature. */
#define CXIO_CEPH_FEATURE_CEPHX_V2	(1ull << 61)

/**
 * struct cxio_wire_cephx_v1 - what cephx signs of a message without CEPHX_V2
 * @version: 1
 * @magic: CXIO_CEPHX_MAGIC
 * @length: bytes that follow: 16
 * @header_crc: of header and footer, as the rest
 * @front_crc: CRC
 * @middle_crc: CRC
 * @data_crc: CRC
 */
struct cxio_wire_cephx_v1 {
	u8 version;
	__le64 magic;
	__le32 length;
	__le32 header_crc;
	__le32 front_crc;
	__le32 middle_crc;
	__le32 data_crc;
} __packed;

/**
 * struct cxio_wire_cephx_v2 - what cephx signs of a message with CEPHX_V2
 * @header_crc: of header and footer, as the rest
 * @front_crc: CRC
 * @front_len: bytes
 * @middle_crc: CRC
 * @middle_len: bytes
 * @data_crc: CRC
 * @data_len: bytes
 * @seq: the lower half
 */
struct cxio_wire_cephx_v2 {
	__le32 header_crc;
	__le32 front_crc;
	__le32 front_len;
	__le32 middle_crc;
	__le32 middle_len;
	__le32 data_crc;
	__le32 data_len;
	__le32 seq;
} __packed;

#define CXIO_CEPHX_MAGIC	0xff009cad8826aa55ull
#define CXIO_CEPHX_IV_BYTES	16u
#define CXIO_CEPHX_BLOCK_MAX	((u32)sizeof(struct cxio_wire_cephx_v2))
/* AES-128-CBC with PKCS #7 makes a whole block of 16 more of it. */
#define CXIO_CEPHX_CIPHER_MAX	(CXIO_CEPHX_BLOCK_MAX + 16u)

const u8 *cxio_cephx_iv(void);
u32 cxio_cephx_block(u64 features, const void *header, const void *footer, u8 *block);
u64 cxio_cephx_signature(u64 features, const u8 *cipher);

#endif /* CXIO_SIGN_H */
