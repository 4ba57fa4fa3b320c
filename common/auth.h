/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Authentication on one connection: which authorizer goes with which connect or reply,
 * what comes of the peer's, and the signatures of messages afterwards. What the bytes
 * are, common/sign.h says; what HMAC is computed with, common/crypto.h.
 *
 * Client: cxio_auth_connect() before each connect is sent, cxio_auth_reply() with each
 * reply, before the handshake takes it in.
 * Server: cxio_auth_judge() with each connect, before the handshake judges it;
 * cxio_auth_answer() before each reply is sent.
 * Both: cxio_auth_take() with each frame of a connect or reply; and cxio_auth_settle()
 * when the session is agreed on, before the channel is ready.
 *
 * Ownership: a credential is the owner's, who keeps it as long as something points to it.
 * The keys of a struct cxio_signer are its own. Serialisation: as of the channel.
 */
#ifndef CXIO_AUTH_H
#define CXIO_AUTH_H

#include "channel.h"
#include "crypto.h"
#include "sign.h"

/**
 * struct cxio_credential - who we are, or let in
 * @name: the secret's name, not terminated
 * @name_len: bytes of it, 1 to CXIO_AUTH_NAME_MAX
 * @flags: CXIO_AUTH_CAN_SIGN, CXIO_AUTH_MUST_SIGN
 * @secret: the secret
 * @crypto: the owner's
 */
struct cxio_credential {
	u8 name[CXIO_AUTH_NAME_MAX];
	u8 name_len;
	u8 flags;
	struct cxio_mac_key *secret;
	const struct cxio_crypto *crypto;
};

/*
 * Bytes of a secret: no fewer, for who has seen a handshake can try them out at home.
 */
#define CXIO_SECRET_MIN		16u
#define CXIO_SECRET_MAX		4096u

bool cxio_auth_name_is_good(const char *name, size_t len);
bool cxio_credential_init(struct cxio_credential *c, const struct cxio_crypto *crypto,
			  const char *name, u32 name_len, const void *secret, u32 secret_len,
			  u8 flags);
void cxio_credential_free(struct cxio_credential *c);

/**
 * struct cxio_auth_state - how far a handshake's authentication has come
 * @own: ours; NULL: the method none
 * @active: we are the client
 * @challenged: the server's nonce is known to both
 * @proven: the peer has shown that it knows the secret
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
 * @out: authorizer that goes with the next connect or reply
 * @out_len: bytes of it
 * @in: the peer's
 * @in_len: bytes of it, as far as they have come
 */
struct cxio_auth_state {
	const struct cxio_credential *own;
	bool active;
	bool challenged;
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
};

void cxio_auth_init(struct cxio_auth_state *a, const struct cxio_credential *own, bool active);
void cxio_auth_hello(struct cxio_auth_state *a, bool of_request, const void *bytes, u32 len);
enum cxio_fault cxio_auth_without_session(const struct cxio_auth_state *a);
enum cxio_fault cxio_auth_take(struct cxio_auth_state *a, const struct cxio_channel *s,
			       const void *frame, const struct cxio_rx_event *ev);
enum cxio_fault cxio_auth_connect(struct cxio_auth_state *a, struct cxio_greeting *g);
enum cxio_fault cxio_auth_reply(struct cxio_auth_state *a, const struct cxio_channel *s);
enum cxio_auth cxio_auth_judge(struct cxio_auth_state *a, const struct cxio_channel *s,
			       enum cxio_fault *fault);
enum cxio_fault cxio_auth_answer(struct cxio_auth_state *a, struct cxio_greeting *g);

/**
 * struct cxio_signer - the keys of one connection
 * @tx: for what we send; NULL: nothing is signed
 * @rx: for what the peer sends
 * @generation: of the connection: its session's connect_seq
 * @crypto: of both
 */
struct cxio_signer {
	struct cxio_mac_key *tx;
	struct cxio_mac_key *rx;
	u64 generation;
	const struct cxio_crypto *crypto;
};

enum cxio_fault cxio_auth_settle(const struct cxio_auth_state *a, struct cxio_channel *s,
				 u64 generation, struct cxio_signer *signer);
enum cxio_fault cxio_signer_sign(const struct cxio_signer *signer, const struct cxio_channel *s,
				 void *frame, u32 len);
enum cxio_fault cxio_signer_check(const struct cxio_signer *signer,
				  const struct cxio_msg_header *h,
				  const struct cxio_msg_footer *f);
void cxio_signer_free(struct cxio_signer *signer);

#endif /* CXIO_AUTH_H */
