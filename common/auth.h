/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Authentication on one connection: which authorizer goes with which connect or reply,
 * what comes of the peer's, and which bytes messages are signed over. What the bytes are,
 * common/sign.h says.
 *
 * Client: cxio_auth_connect() before each connect is sent, cxio_auth_reply() with each
 * reply, before the handshake takes it in.
 * Server: cxio_auth_take_connect() with each connect, and cxio_auth_verdict() before the
 * handshake judges it; cxio_auth_answer() before each reply is sent.
 * Both: cxio_auth_take() with each frame of a connect or reply; cxio_auth_key_block() and
 * cxio_channel_sign() when the session is agreed on, before the channel is ready.
 *
 * With authorizers that the owner has from elsewhere it is the same, and what authorizer.h
 * says besides.
 *
 * HMAC-SHA256 is the owner's to compute: after each of these, and before anything else, he
 * looks whether @ask_len is set, and tells cxio_auth_answered() the MAC under the secret
 * of the bytes in @ask.
 *
 * Ownership: a credential is the owner's, who keeps it as long as a handshake points to
 * it. Serialisation: as of the channel.
 */
#ifndef CXIO_AUTH_H
#define CXIO_AUTH_H

#include "channel.h"
#include "sign.h"

/* Bytes of a secret: no fewer, for who has seen a handshake can try them out at home. */
#define CXIO_SECRET_MIN		16u
#define CXIO_SECRET_MAX		4096u

/**
 * struct cxio_credential - as whom we go, and whom we let in
 * @name: the secret's name, not terminated
 * @name_len: bytes of it, 1 to CXIO_AUTH_NAME_MAX
 * @flags: CXIO_AUTH_CAN_SIGN, CXIO_AUTH_MUST_SIGN
 *
 * The secret itself is where the owner's crypto wants it.
 */
struct cxio_credential {
	u8 name[CXIO_AUTH_NAME_MAX];
	u8 name_len;
	u8 flags;
};

/* Whether messages are signed, as programs and netlink say it. */
#define CXIO_AUTH_SIGN_AUTO	0u
#define CXIO_AUTH_SIGN_OFF	1u
#define CXIO_AUTH_SIGN_ON	2u

bool cxio_credential_init(struct cxio_credential *c, const char *name, size_t name_len,
			  size_t secret_len, u32 signing);
bool cxio_credential_named(const struct cxio_credential *c, const void *name, size_t len);

/**
 * enum cxio_auth_ask - what the MAC of @ask is for
 * @CXIO_AUTH_ASK_NOTHING: none is asked for
 * @CXIO_AUTH_ASK_OWN: it is our proof
 * @CXIO_AUTH_ASK_PEERS: it should be the peer's
 */
enum cxio_auth_ask {
	CXIO_AUTH_ASK_NOTHING,
	CXIO_AUTH_ASK_OWN,
	CXIO_AUTH_ASK_PEERS,
};

struct cxio_authorizer;

/**
 * struct cxio_auth_state - how far a handshake's authentication has come
 * @own: ours; NULL: the method none, or @hook's
 * @hook: NULL, or the method is the owner's own authorizers: see authorizer.h
 * @active: we are the client
 * @challenged: the server's nonce is known to both
 * @first: the last connect had no proof yet: the server is to challenge it
 * @proven: the peer has shown that it knows the secret; with @hook, that it is whom the
 *	owner takes it for
 * @sign: both will sign
 * @peer_flags: what the peer can and must
 * @client_nonce: client's
 * @server_nonce: server's
 * @name: of the secret, in the client's last authorizer
 * @name_len: bytes of it
 * @features: of the connection, as negotiated by the hellos
 * @hello: private data of the CM's request and reply
 * @connect: the last connect, as on the wire
 * @reply: the reply that opens, likewise
 * @out: authorizer that goes with the next connect or reply; see cxio_auth_out()
 * @out_len: bytes of it
 * @in: the peer's
 * @in_len: bytes of it, as far as they have come
 * @asking: what @ask is for
 * @proof: the peer's, while it is asked about
 * @ask: bytes whose MAC is asked for
 * @ask_len: how many; 0: none is
 */
struct cxio_auth_state {
	const struct cxio_credential *own;
	struct cxio_authorizer *hook;
	bool active;
	bool challenged;
	bool first;
	bool proven;
	bool sign;
	u8 peer_flags;
	u8 client_nonce[CXIO_AUTH_NONCE_BYTES];
	u8 server_nonce[CXIO_AUTH_NONCE_BYTES];
	u8 name[CXIO_AUTH_NAME_MAX];
	u8 name_len;
	u64 features;
	struct cxio_auth_hello {
		u8 bytes[CXIO_PRIVATE_DATA_MAX];
		u32 len;
	} hello[2];
	u8 connect[CXIO_CONNECT_BODY];
	u8 reply[CXIO_REPLY_BODY];
	u8 out[CXIO_AUTH_MESSAGE_MAX];
	u32 out_len;
	u8 in[CXIO_AUTH_MESSAGE_MAX];
	u32 in_len;
	enum cxio_auth_ask asking;
	u8 proof[CXIO_AUTH_PROOF_BYTES];
	u8 ask[CXIO_AUTH_BLOCK_MAX];
	u32 ask_len;
};

void cxio_auth_init(struct cxio_auth_state *a, const struct cxio_credential *own, bool active);
void cxio_auth_hello(struct cxio_auth_state *a, bool of_request, const void *bytes, u32 len);
enum cxio_fault cxio_auth_without_session(const struct cxio_auth_state *a);
enum cxio_fault cxio_auth_take(struct cxio_auth_state *a, const struct cxio_channel *s,
			       const void *frame, const struct cxio_rx_event *ev);
enum cxio_fault cxio_auth_answered(struct cxio_auth_state *a, const u8 *mac);

void cxio_auth_connect(struct cxio_auth_state *a, const u8 *nonce, struct cxio_greeting *g);
enum cxio_fault cxio_auth_reply(struct cxio_auth_state *a, const struct cxio_channel *s);
bool cxio_auth_renews(const struct cxio_auth_state *a);

enum cxio_fault cxio_auth_take_connect(struct cxio_auth_state *a, const struct cxio_channel *s,
				       const u8 *nonce);
enum cxio_auth cxio_auth_verdict(const struct cxio_auth_state *a, enum cxio_fault fault);
bool cxio_auth_gives_up(enum cxio_fault fault);
const char *cxio_auth_offered(enum cxio_fault fault, u32 method);
void cxio_auth_answer(struct cxio_auth_state *a, struct cxio_greeting *g);
const void *cxio_auth_out(const struct cxio_auth_state *a);

u32 cxio_auth_key(const struct cxio_auth_state *a, bool own, u8 *block);

#endif /* CXIO_AUTH_H */
