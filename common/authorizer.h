/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The method of an owner's own authorizers: bytes that we carry and do not understand, as
 * cephx makes them. The owner has calls that make and judge them, and that sign messages;
 * which of them is due, what of its result is taken, and how often, is decided here.
 *
 * A handshake that has a struct cxio_authorizer does so instead of proving a secret; all
 * else goes through common/auth.h. What differs for its owner:
 *
 * Client: before each cxio_auth_connect() he makes an authorizer in @out, a fresh one if
 * @fresh, and tells cxio_authorizer_got(). After cxio_auth_reply() he looks at @call.
 * Server: after cxio_auth_take_connect() he looks at @call, judges what is in @in, with an
 * answer or a challenge in @out, and tells cxio_authorizer_judged().
 * Both: cxio_authorizer_terms() for what is brought to the handshake, and
 * cxio_authorizer_signs() when the session is agreed on.
 *
 * What a challenge may cost is bounded on both sides: a client answers CXIO_CHALLENGES_MAX
 * of them in an attempt (handshake.h) and retries once after a refusal; a server has its
 * owner judge CXIO_AUTHORIZER_TRIES_MAX authorizers of a connection that were not good.
 *
 * Ownership: the owner's, who keeps it as long as the handshake points to it.
 * Serialisation: as of the channel.
 */
#ifndef CXIO_AUTHORIZER_H
#define CXIO_AUTHORIZER_H

#include "auth.h"

/*
 * Authorizers of one connection that a server's owner judges and finds not good: each of
 * a client's two tries may be challenged as often as the client lets itself be.
 */
#define CXIO_AUTHORIZER_TRIES_MAX	(2u * (1u + CXIO_CHALLENGES_MAX))

/**
 * enum cxio_authorizer_call - what the owner is to do now
 * @CXIO_AUTHORIZER_NOTHING: nothing
 * @CXIO_AUTHORIZER_CHALLENGE: take in the server's challenge, @in: the next authorizer is
 *	an answer to it. Then cxio_authorizer_done()
 * @CXIO_AUTHORIZER_ANSWER: verify the server's answer, @in. Then cxio_authorizer_done()
 * @CXIO_AUTHORIZER_INVALIDATE: the server has refused it: never use it again. Then
 *	cxio_authorizer_done()
 * @CXIO_AUTHORIZER_JUDGE: judge the client's, @in. Then cxio_authorizer_judged()
 */
enum cxio_authorizer_call {
	CXIO_AUTHORIZER_NOTHING,
	CXIO_AUTHORIZER_CHALLENGE,
	CXIO_AUTHORIZER_ANSWER,
	CXIO_AUTHORIZER_INVALIDATE,
	CXIO_AUTHORIZER_JUDGE,
};

/**
 * struct cxio_authorizer - a handshake by the owner's own authorizers
 * @flags: CXIO_AUTH_CAN_SIGN, CXIO_AUTH_MUST_SIGN
 * @fresh: the last one was refused: another one is wanted (client)
 * @challenged: the last connect was challenged (server), for the owner to know
 * @tries: connects on this connection that were not good (server)
 * @call: what the owner is to do
 * @protocol: of the client's last authorizer; 0: it goes without
 * @in_len: bytes of @in
 * @out_len: bytes of @out
 * @in: the peer's: authorizer, challenge or answer
 * @out: ours, likewise
 */
struct cxio_authorizer {
	u8 flags;
	bool fresh;
	bool challenged;
	u32 tries;
	enum cxio_authorizer_call call;
	u32 protocol;
	u32 in_len;
	u32 out_len;
	u8 in[CXIO_AUTHORIZER_MAX];
	u8 out[CXIO_AUTHORIZER_MAX];
};

void cxio_authorizer_init(struct cxio_auth_state *a, struct cxio_authorizer *h, u8 flags);
void cxio_authorizer_terms(const struct cxio_auth_state *a, struct cxio_terms *t);

enum cxio_fault cxio_authorizer_got(struct cxio_authorizer *h, u32 protocol, int len);
void cxio_authorizer_connect(struct cxio_auth_state *a, struct cxio_greeting *g);
enum cxio_fault cxio_authorizer_reply(struct cxio_auth_state *a, u8 tag);
enum cxio_fault cxio_authorizer_done(struct cxio_auth_state *a, bool good);

enum cxio_fault cxio_authorizer_take_connect(struct cxio_auth_state *a, u32 protocol);
enum cxio_fault cxio_authorizer_judged(struct cxio_auth_state *a, u32 verdict, u32 answer_len);
void cxio_authorizer_answer(struct cxio_auth_state *a, struct cxio_greeting *g);

enum cxio_fault cxio_authorizer_signs(const struct cxio_auth_state *a, u64 features, bool *sign);

#endif /* CXIO_AUTHORIZER_H */
