/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How two peers agree to begin a session, or to go on with it, on a new connection:
 * Ceph's connect and reply, as byte streams (messenger v1) and our frames carry
 * them. Both sides' decisions stand here; bytes, authorizers and lookups do not.
 *
 * Client: cxio_handshake_begin() fills a connect; each reply is given to
 * cxio_handshake_reply(), which says what to do; cxio_handshake_again() fills the
 * next connect of the same attempt. Once open, cxio_session_opened() is told what
 * the peer has received.
 *
 * Server: for each connect whose authorizer was verified, the owner looks up the
 * session with that peer, by its address, and asks cxio_handshake_judge(). If that
 * says CXIO_JUDGE_OPEN, cxio_handshake_accept() changes the session and fills the
 * reply. Lookup, judgment and acceptance must be one step under whatever guards the
 * owner's sessions. The reply must be ready for sending before the session's first
 * message.
 */
#ifndef CXIO_HANDSHAKE_H
#define CXIO_HANDSHAKE_H

#include "msgr1.h"
#include "session.h"

/* Ceph's feature bits that the handshake itself looks at. */
#define CXIO_CEPH_FEATURE_RECONNECT_SEQ	(1ull << 6)
#define CXIO_CEPH_FEATURE_MSG_AUTH	(1ull << 23)

/* Those that a byte stream looks at besides. */
#define CXIO_CEPH_FEATURE_NOSRCADDR	(1ull << 1)
#define CXIO_CEPH_FEATURE_KEEPALIVE2	(1ull << 42)

/* What we support of Ceph's, whoever the peer is. */
#define CXIO_CEPH_FEATURES_OURS	(CXIO_CEPH_FEATURE_RECONNECT_SEQ | CXIO_CEPH_FEATURE_MSG_AUTH)

/* More in one attempt are no handshake any more. */
#define CXIO_CHALLENGES_MAX	2u
#define CXIO_RESETS_MAX		2u
#define CXIO_RETRIES_MAX	8u

/**
 * struct cxio_global - a messenger's count of connection attempts
 * @seq: the last one
 */
struct cxio_global {
	u32 seq;
};

/**
 * struct cxio_terms - what this side brings to a handshake with a kind of peer
 * @supported: Ceph's feature bits
 * @required: those it insists on
 * @host_type: its own kind
 * @protocol_version: of the protocol with that kind of peer
 */
struct cxio_terms {
	u64 supported;
	u64 required;
	u32 host_type;
	u32 protocol_version;
};

/**
 * struct cxio_cookies - which states of the session a connect, or a reply, speaks of
 * @own: the sender's
 * @peer: the receiver's, as the sender knows it; 0 if it does not
 *
 * Both are 0 on byte streams: Ceph's first messenger has none.
 */
struct cxio_cookies {
	u64 own;
	u64 peer;
};

/**
 * enum cxio_client_step - what a client does after a reply
 * @CXIO_CLIENT_OPEN: tell cxio_session_opened(), then messages flow
 * @CXIO_CLIENT_AGAIN: connect again, on the same connection
 * @CXIO_CLIENT_RESET: the peer has no such session: drop all messages, say so, and
 *	connect again
 * @CXIO_CLIENT_CHALLENGE: answer the challenge with an authorizer, connect again
 * @CXIO_CLIENT_AUTHORIZE: get a fresh authorizer, connect again
 * @CXIO_CLIENT_WAIT: drop the connection; the peer's own comes
 * @CXIO_CLIENT_FAIL: end the connection with a fault
 */
enum cxio_client_step {
	CXIO_CLIENT_OPEN,
	CXIO_CLIENT_AGAIN,
	CXIO_CLIENT_RESET,
	CXIO_CLIENT_CHALLENGE,
	CXIO_CLIENT_AUTHORIZE,
	CXIO_CLIENT_WAIT,
	CXIO_CLIENT_FAIL,
};

/**
 * enum cxio_auth - what became of an authorizer
 * @CXIO_AUTH_OK: it is right, or none is asked for
 * @CXIO_AUTH_BAD: it is wrong
 * @CXIO_AUTH_CHALLENGE: it must answer a challenge first
 */
enum cxio_auth {
	CXIO_AUTH_OK,
	CXIO_AUTH_BAD,
	CXIO_AUTH_CHALLENGE,
};

/**
 * enum cxio_judge - what a server does with a connect
 * @CXIO_JUDGE_REPLY: send the reply; the client may connect again. After WAIT tell
 *	cxio_session_hurry()
 * @CXIO_JUDGE_OPEN: cxio_handshake_accept(); then messages flow
 */
enum cxio_judge {
	CXIO_JUDGE_REPLY,
	CXIO_JUDGE_OPEN,
};

/**
 * struct cxio_verdict - a server's decision
 * @judge: see there
 * @reset: the peer has forgotten the session: drop all its messages here too, and
 *	say so
 * @reset_in: the peer has forgotten what it sent: begin to receive anew
 * @reply: what to send; with CXIO_JUDGE_OPEN after cxio_handshake_accept()
 */
struct cxio_verdict {
	enum cxio_judge judge;
	bool reset;
	bool reset_in;
	struct cxio_connect_reply reply;
};

u32 cxio_global_next(struct cxio_global *g);

void cxio_handshake_begin(struct cxio_session *s, const struct cxio_terms *ours,
			  struct cxio_global *g, struct cxio_connect *c);
void cxio_handshake_again(const struct cxio_session *s, const struct cxio_terms *ours,
			  struct cxio_connect *c);
struct cxio_cookies cxio_handshake_cookies(const struct cxio_session *s);
enum cxio_client_step cxio_handshake_reply(struct cxio_session *s, const struct cxio_terms *ours,
					   struct cxio_global *g,
					   const struct cxio_connect_reply *r,
					   const struct cxio_cookies *cookies, u64 now,
					   enum cxio_fault *fault);

void cxio_handshake_judge(const struct cxio_session *existing, const struct cxio_policy *policy,
			  const struct cxio_terms *ours, const struct cxio_connect *c,
			  const struct cxio_cookies *cookies, enum cxio_auth auth,
			  bool peer_is_lower, struct cxio_verdict *v);
void cxio_handshake_accept(struct cxio_session *s, const struct cxio_terms *ours,
			   struct cxio_global *g, const struct cxio_connect *c,
			   const struct cxio_cookies *cookies, struct cxio_verdict *v);

#endif /* CXIO_HANDSHAKE_H */
