/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What survives a connection: which messages went, which came, how often two peers
 * have connected, and when to try again. Ceph's rules, for byte streams (messenger
 * v1) and for our frames alike.
 *
 * The owner keeps the messages, in two lists: those sent on the present connection
 * and not acknowledged yet, and behind them those still to be sent. Sequence numbers
 * run through both. It drops from the front what @acked covers. When a connection is
 * lost the first list goes in front of the second, and when the next one is open
 * cxio_session_opened() has said from where to replay. A message that was revoked
 * after it had got its number stays in the list as a tombstone.
 *
 * Serialisation: the owner calls all of these for one session from one context at a
 * time; the session has no lock. Times are nanoseconds of a monotonic clock.
 */
#ifndef CXIO_SESSION_H
#define CXIO_SESSION_H

#include "fault.h"
#include "policy.h"

/* No time at which anything is due. */
#define CXIO_NEVER		(~0ull)

/* Between two attempts to connect. The first wait is in the first half of twice the least. */
#define CXIO_BACKOFF_MIN_NS	250000000ull
#define CXIO_BACKOFF_MAX_NS	15000000000ull
/* A peer that says it has received more has received nothing. */
#define CXIO_SEQ_MAX		(1ull << 62)
/* A peer that said WAIT connects itself within this, or we try again. */
#define CXIO_WAIT_NS		10000000000ull

/**
 * enum cxio_session_state - what is done for a session
 * @CXIO_SESSION_IDLE: nothing yet: nobody wants a connection
 * @CXIO_SESSION_CONNECTING: an attempt is under way, or due at @due
 * @CXIO_SESSION_WAIT: both tried at once, and the peer's attempt is to win
 * @CXIO_SESSION_OPEN: messages flow
 * @CXIO_SESSION_STANDBY: no connection until there is something to send, or the
 *	peer comes
 * @CXIO_SESSION_ENDED: over: a lossy one was lost, or the owner closed it
 */
enum cxio_session_state {
	CXIO_SESSION_IDLE,
	CXIO_SESSION_CONNECTING,
	CXIO_SESSION_WAIT,
	CXIO_SESSION_OPEN,
	CXIO_SESSION_STANDBY,
	CXIO_SESSION_ENDED,
};

/**
 * struct cxio_session - two peers' common state, on one side
 *
 * Owners read @state, @due, @acked, @in_seq and @connect_seq; the rest is the
 * session's, the channel's and the handshake's.
 *
 * @policy: what is done when; @lossy as the server decided
 * @state: see there
 * @out_seq: last sequence number given to a message
 * @begun_seq: last message begun on the present connection
 * @sent_seq: last message whose end was sent on the present connection
 * @acked: last message the peer has acknowledged
 * @rx_seq: last message of the present connection whose end has come in
 * @in_seq: last message received whole, verified and in order: handed to its owner
 * @rx_any: the next message's number is taken as it is
 * @connect_seq: how often the session was connected, both sides together
 * @global_seq: number of our present attempt
 * @global_floor: what the peer knows: the next attempt's number is above it
 * @peer_global_seq: number of the peer's last attempt that we took
 * @own_cookie: names this side's state of the session; changes when that is reset
 * @peer_cookie: the peer's likewise; 0 while unknown, and on byte streams always
 * @features: Ceph's feature bits in use
 * @due: when to act: the next attempt, or the end of WAIT; else CXIO_NEVER
 * @asked: the owner wants to know whether the peer is there, and no keepalive was sent yet:
 *	a connection that is lost before leaves that to the next
 * @standby_since: in STANDBY: when that began
 * @failures: attempts that failed since it was last open
 * @auth_retried: the peer refused an authorizer in this attempt
 * @challenges: challenges in this attempt
 * @resets: times the peer reset us in this attempt
 * @retries: times it had us retry in this attempt
 */
struct cxio_session {
	struct cxio_policy policy;
	enum cxio_session_state state;
	u64 out_seq;
	u64 begun_seq;
	u64 sent_seq;
	u64 acked;
	u64 rx_seq;
	u64 in_seq;
	bool rx_any;
	u32 connect_seq;
	u32 global_seq;
	u32 global_floor;
	u32 peer_global_seq;
	u64 own_cookie;
	u64 peer_cookie;
	u64 features;
	u64 due;
	bool asked;
	u64 standby_since;
	u32 failures;
	bool auth_retried;
	u8 challenges;
	u8 resets;
	u8 retries;
};

/**
 * enum cxio_order - what a sequence number that came in says
 * @CXIO_ORDER_NEXT: the next message
 * @CXIO_ORDER_DUPLICATE: received before: drop it
 * @CXIO_ORDER_GAP: one is missing: a fault
 */
enum cxio_order {
	CXIO_ORDER_NEXT,
	CXIO_ORDER_DUPLICATE,
	CXIO_ORDER_GAP,
};

/**
 * enum cxio_loss - what a lost connection means for its session
 * @CXIO_LOSS_ENDED: it is over: report what was not acknowledged
 * @CXIO_LOSS_STANDBY: nothing is to be done until somebody wants something
 * @CXIO_LOSS_RETRY: connect again at @due
 */
enum cxio_loss {
	CXIO_LOSS_ENDED,
	CXIO_LOSS_STANDBY,
	CXIO_LOSS_RETRY,
};

const char *cxio_session_state_text(u32 state);
void cxio_session_init(struct cxio_session *s, struct cxio_policy policy, u64 cookie);
void cxio_session_reset(struct cxio_session *s);

/* delivery */
u64 cxio_session_begin(struct cxio_session *s, u64 seq);
void cxio_session_sent(struct cxio_session *s);
void cxio_session_sent_upto(struct cxio_session *s, u64 seq);
enum cxio_order cxio_session_order(const struct cxio_session *s, u64 seq);
void cxio_session_any_start(struct cxio_session *s);
void cxio_session_received(struct cxio_session *s, u64 seq);
void cxio_session_delivered(struct cxio_session *s, u64 pending);
enum cxio_fault cxio_session_acked(struct cxio_session *s, u64 seq);
enum cxio_fault cxio_session_acked32(struct cxio_session *s, u32 seq);

/* connecting */
bool cxio_session_wake(struct cxio_session *s, u64 now);
void cxio_session_ask(struct cxio_session *s, u64 now);
void cxio_session_wait(struct cxio_session *s, u64 now);
enum cxio_fault cxio_session_opened(struct cxio_session *s, u64 peer_in_seq);
enum cxio_loss cxio_session_lost(struct cxio_session *s, bool queued, bool ours, u32 random,
				 u64 now);
bool cxio_session_attempt_due(struct cxio_session *s, u64 now);
void cxio_session_hurry(struct cxio_session *s, u64 now);
u64 cxio_session_expires(const struct cxio_session *s, bool began, u64 timeout);
void cxio_session_end(struct cxio_session *s);

#endif /* CXIO_SESSION_H */
