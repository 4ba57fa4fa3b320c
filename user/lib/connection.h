/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A connection as the application sees it: a session with a peer, and the messages that
 * are queued for it. What carries it at the moment - a queue pair, a byte stream - is
 * the transport's, and called its carrier; it may be lost and made anew many times.
 *
 * Who owns what
 * - References: the application's; one from when it is made until it is over (it is in
 *   the registry and in its portal's list meanwhile); one for each message that was
 *   received on it, for its carrier and its attempt, for a posted task, for a line
 *   that is queued, for its place with a throttle.
 * - The queue owns xmsgs: sent and not acknowledged, then those to be sent. @out is the
 *   first whose end was not sent on the present carrier.
 * - The transport owns carriers. It tells opened, acked, lost; it is told to attempt,
 *   pump, drop (transport.h).
 *
 * Threads: all belongs to the portal but what is marked: "any" is for any thread, and
 * lock-free; "registry" is guarded by the messenger's registry_lock; "stats" by @lock.
 *
 * The end: the session has ended (or was never); carriers are dropped; everything queued
 * is dropped, and told, once no key to it is alive; hooks are called; @over is set; the
 * dispatchers are told, last of all; it leaves registry and list.
 */
#ifndef CXIO_CONNECTION_H
#define CXIO_CONNECTION_H

#include "hook.h"
#include "message.h"
#include "messenger.h"

/* What other threads want of a connection. */
#define CXIO_WANT_CLOSE		1u
#define CXIO_WANT_DOWN		2u
#define CXIO_WANT_EMPTY		4u
#define CXIO_WANT_KEEPALIVE	8u
#define CXIO_WANT_CANCEL	16u

/**
 * struct cxio_connection - see above
 * @refs: any; references
 * @messenger: whose, holding a reference
 * @portal: where it lives
 * @task: posted when something is wanted of it
 * @link: in the portal's list
 * @registry: registry; in the messenger's
 * @shared: registry; found by address; else it is its user's own
 * @active: it was begun here
 * @loopback: it leads back to us
 * @adopted: it is in the portal's list
 * @reserved: there is room for @timer
 * @session: what survives carriers
 * @own: the address we show on it; family none until it is known
 * @own_nonce: the nonce we show on it
 * @peer: registry; the peer's address; nonce 0 if it is not known
 * @target: where to connect to; family 0 if it was accepted
 * @peer_type: what the peer is
 * @queue: xmsgs, see above
 * @out: see above, or NULL
 * @carrier: carries the session, or NULL
 * @attempt: is to, or NULL
 * @generation: number of the present carrier, from 1
 * @held_msgs: received messages that are not freed
 * @held_bytes: bytes of them in former carriers' windows, and in this one's
 * @held_reads: bytes of them that were read
 * @lent_msgs: any; of the held ones those that are sent on, and are in somebody's queue
 * @lent_bytes: any; their bytes of @held_bytes
 * @wants_room: any; to be kicked when one more is sent on
 * @drain: close when all is acknowledged
 * @closing: an orderly end is under way
 * @timer: for the session
 * @end: why it is over
 * @end_text: behind it
 * @inbox: any; xmsgs that were sent
 * @returned: any; messages that were received and are not used any more
 * @ended: any; takes no messages any more
 * @over: any; nobody serves it any more
 * @open: any; messages flow
 * @wants: any; CXIO_WANT_* bits
 * @line: what is to be told
 * @hooks: who waits for replies
 * @sinks_ending: hooks that are to be called once nobody can write to their sinks
 * @owes_reset: it is over, and the dispatchers are to be told
 * @throttle: bound of what it receives, or NULL
 * @throttle_link: in its list of waiting; the throttle's lock
 * @withheld_msgs: window that is not given back while the throttle is exceeded
 * @withheld_bytes: likewise
 * @lock: guards @stats
 * @stats: stats; counts of former carriers, and of this one as of the last pump
 * @private: the application's
 */
struct cxio_connection {
	atomic_uint refs;
	struct cxio_messenger *messenger;
	struct cxio_portal *portal;
	struct cxio_task task;
	struct cxio_link link;
	struct cxio_link registry;
	bool shared;
	bool active;
	bool loopback;
	bool adopted;
	bool reserved;
	struct cxio_session session;
	struct cxio_addr own;
	u32 own_nonce;
	struct cxio_addr peer;
	struct sockaddr_storage target;
	u32 peer_type;
	struct cxio_link queue;
	struct cxio_xmsg *out;
	void *carrier;
	void *attempt;
	u32 generation;
	u32 held_msgs;
	u64 held_bytes;
	u64 held_reads;
	atomic_uint lent_msgs;
	_Atomic u64 lent_bytes;
	atomic_bool wants_room;
	bool drain;
	bool closing;
	struct cxio_timer timer;
	struct cxio_end end;
	char end_text[200];
	struct cxio_stack inbox;
	struct cxio_stack returned;
	atomic_bool ended;
	atomic_bool over;
	atomic_bool open;
	atomic_uint wants;
	struct cxio_line line;
	struct cxio_hooks hooks;
	u32 sinks_ending;
	bool owes_reset;
	struct cxio_throttle *throttle;
	struct cxio_link throttle_link;
	u32 withheld_msgs;
	u64 withheld_bytes;
	pthread_mutex_t lock;
	struct cxio_connection_stats stats;
	void *private;
};

/**
 * struct cxio_lost - how a carrier, or attempt, ended
 * @fault: enum cxio_fault, or a number of the peer's
 * @by_peer: the peer said so
 * @in_order: it is the session's end, too, if messages had flowed
 * @ours: we broke it, to get hold of memory
 * @text: in words
 */
struct cxio_lost {
	u32 fault;
	bool by_peer;
	bool in_order;
	bool ours;
	const char *text;
};

/* connection.c */
struct cxio_connection *cxio_connection_new(struct cxio_messenger *m, struct cxio_portal *p,
					    bool active, u32 peer_type);
int cxio_connection_reserve(struct cxio_connection *c);
void cxio_connection_kick(struct cxio_connection *c);
void cxio_connection_want(struct cxio_connection *c, unsigned int what);
void cxio_connection_hand_over(struct cxio_connection *c, struct cxio_xmsg *x);
void cxio_connection_reclaim(struct cxio_connection *c);
void cxio_connection_returned(struct cxio_connection *c, struct cxio_message *m);
void cxio_connection_end(struct cxio_connection *c, u32 fault, bool by_peer, const char *text);
void cxio_connection_over(struct cxio_connection *c);
void cxio_connection_count(struct cxio_connection *c, const struct cxio_connection_stats *now,
			   struct cxio_connection_stats *told);
void cxio_connection_tell_over(struct cxio_connection *c);

/* request.c: in the portal */
void cxio_hook_begin(struct cxio_hook *h);
void cxio_hook_sink_ended(struct cxio_hook *h);
void cxio_connection_cancel_hooks(struct cxio_connection *c, enum cxio_hooks_which which);
void cxio_connection_deliver(struct cxio_connection *c, struct cxio_message *m);

/* session.c: in the portal, but for the look for a peer */
struct cxio_connection *cxio_connection_for_peer(struct cxio_messenger *m,
						 const struct cxio_addr *peer);
struct cxio_connection *cxio_connection_accepted(struct cxio_messenger *m, struct cxio_portal *p,
						 const struct cxio_addr *peer,
						 const struct sockaddr *from, u32 peer_type,
						 bool *raced);
void cxio_connection_opened(struct cxio_connection *c, void *carrier, bool active);
void cxio_connection_acked(struct cxio_connection *c);
void cxio_connection_drained(struct cxio_connection *c);
void cxio_connection_drop_queue(struct cxio_connection *c);
void cxio_connection_reset_session(struct cxio_connection *c);
void cxio_connection_take_over(struct cxio_connection *c);
void cxio_connection_carrier_lost(struct cxio_connection *c, void *carrier,
				  const struct cxio_lost *why);
void cxio_connection_close_now(struct cxio_connection *c);
void cxio_connection_set_timer(struct cxio_connection *c);
void cxio_connection_attempt_due(struct cxio_connection *c);

/* greet.c: in the portal; what every transport's handshake does with connections */
u32 cxio_greet_nonce(struct cxio_messenger *m);
bool cxio_greet_own_address(struct cxio_messenger *m, const struct sockaddr *local,
			    struct cxio_addr *own);
void cxio_greet_learn_own(struct cxio_connection *c, const struct sockaddr *local);
void cxio_greet_begin(struct cxio_connection *c, const struct cxio_terms *ours,
		      struct cxio_connect *connect);
enum cxio_client_step cxio_greet_reply(struct cxio_connection *c, const struct cxio_terms *ours,
				       const struct cxio_connect_reply *reply,
				       const struct cxio_cookies *cookies, bool authorizes,
				       enum cxio_fault *fault);
void cxio_greet_tell_refusal(struct cxio_messenger *m, const struct sockaddr *peer, u8 tag,
			     enum cxio_fault fault, u32 method);
struct cxio_connection *cxio_greet_make(struct cxio_messenger *m, struct cxio_portal *p,
					const struct cxio_addr *peer, const struct sockaddr *from,
					u32 peer_type, struct cxio_portal **elsewhere);
void cxio_greet_accept(struct cxio_connection *c, const struct cxio_terms *ours,
		       const struct cxio_addr *own, const struct cxio_connect *connect,
		       const struct cxio_cookies *cookies, struct cxio_verdict *v);
void cxio_greet_told_to_wait(struct cxio_connection *c);

#endif /* CXIO_CONNECTION_H */
