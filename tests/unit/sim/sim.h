/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two endpoints and a transport in one process, all of it decided by one seed.
 *
 * transport.c is what a pair of devices and their connection manager do; conn.c is a
 * connection's owner, as the kernel's and the library's are; session.c what an owner
 * keeps of a session, with its messages; endpoint.c the application; check.c what must
 * always hold; scenario.c chooses which event comes next. Whatever can happen is an
 * event: nothing calls from one endpoint into the other.
 */
#ifndef CXIO_SIM_H
#define CXIO_SIM_H

#include <stdio.h>
#include <stdlib.h>

#include "counts.h"
#include "life.h"
#include "prng.h"
#include "transport.h"

#define SIM_TRACE	64u
#define SIM_PATTERN	(1u << 18)
#define SIM_NS		1000000000ull

struct sess;

/**
 * enum outcome - what a message's owner was told at last
 * @OUT_OPEN: nothing yet
 * @OUT_ACKED: the peer has it
 * @OUT_REPORTED: its session was reset, lost or closed: it may be there or not
 * @OUT_REVOKED: as its owner wished
 * @OUT_DIED: its owner died
 */
enum outcome {
	OUT_OPEN,
	OUT_ACKED,
	OUT_REPORTED,
	OUT_REVOKED,
	OUT_DIED,
};

/**
 * struct key - memory that a device lets a peer access
 * @next: of the same connection
 * @rkey: its place in struct sim's table, plus 1
 * @valid: it has not been invalidated
 * @sink: the peer may write, not read
 * @invalidate: the peer may invalidate it
 * @link: the only connection it is good for: a protection domain each
 * @side: whose memory
 * @m: the message the memory belongs to
 * @segment: which of its segments
 * @off: from which byte on
 * @len: bytes
 */
struct key {
	struct key *next;
	u32 rkey;
	bool valid;
	bool sink;
	bool invalidate;
	u32 link;
	u32 side;
	struct msg *m;
	u32 segment;
	u32 off;
	u32 len;
};

/**
 * struct msg - a message its sender has handed over; kept till the scenario ends
 * @next: in its session's list
 * @before: the one handed over to the same state of the session before
 * @side: sender
 * @id: its number in the scenario: h.src_num
 * @state: number of the sender's session state
 * @h: header
 * @descs: descriptors of each segment if it is exposed; 0: it cannot be
 * @carry: how it travels on the present connection
 * @list: descriptors as they stand on the wire
 * @ever_begun: it has been on a connection
 * @begun: begun on the connection that carries the session now
 * @revoked: revoke was called
 * @revoke_told: revoke returned
 * @sent: told
 * @released: told
 * @end_link: connection on which its end was sent
 * @keys: keys of its payload that are valid
 * @pending: outcome to be told when the last key is dead
 * @outcome: outcome told
 * @dispatched: how often
 * @sink_len: bytes of memory offered for the reply, 0: none
 * @sink: the key for that, or NULL
 * @sink_data: what was written there
 * @reply_link: of a reply: the connection its request came on, if a sink did
 * @reply_key: likewise the sink
 */
struct msg {
	struct msg *next;
	struct msg *before;
	u32 side;
	u32 id;
	u64 state;
	struct cxio_msg_header h;
	u32 descs[CXIO_SEGMENTS];
	struct cxio_carry carry;
	u8 list[8 + 20 * 16];
	bool ever_begun;
	bool begun;
	bool revoked;
	bool revoke_told;
	bool sent;
	bool released;
	u32 end_link;
	u32 keys;
	enum outcome pending;
	enum outcome outcome;
	u32 dispatched;
	u32 sink_len;
	struct key *sink;
	u8 *sink_data;
	u32 reply_link;
	struct cxio_desc reply_key;
};

/**
 * struct sess - what an owner keeps of a session; kept till the scenario ends
 * @next: of the same endpoint
 * @every: of all that ever were
 * @ep: whose
 * @s: the decisions
 * @peer: with whom
 * @head: messages not acknowledged, then those to be sent
 * @tail: where the next goes
 * @out: first of them whose end was not sent on the present connection, or NULL
 * @state: number of the present state: changes with a reset
 * @cookie: that it had in its former state
 * @newest: last message handed over to it
 * @rx_state: sender's state that messages came from
 * @rx_newest: last message dispatched of that
 * @conn: the connection that carries it
 * @attempt: the one being made
 * @drain: to be closed when all is acknowledged
 * @closing: an orderly end is under way
 */
struct sess {
	struct sess *next;
	struct sess *every;
	struct ep *ep;
	struct cxio_session s;
	struct cxio_addr peer;
	struct msg *head;
	struct msg **tail;
	struct msg *out;
	u64 state;
	u64 cookie;
	struct msg *newest;
	u64 rx_state;
	struct msg *rx_newest;
	struct conn *conn;
	struct conn *attempt;
	bool drain;
	bool closing;
};

/**
 * struct rxmsg - a message coming in, waiting, or held by the application
 * @next: in its list
 * @c: the connection it came on, or NULL if that is gone
 * @h: header
 * @carry: how it travels
 * @footer: once it ended
 * @seg: payload, of exactly the lengths of the header
 * @got: bytes of each part
 * @list: descriptors, as they came
 * @desc: descriptors
 * @descs: how many
 * @at: first whose READ was not posted
 * @placed: bytes of each segment that READs were posted for
 * @reads: READs under way: its memory must stay
 * @ended: all frames are here
 * @whole: all bytes are here and verified
 * @dropped: nobody wants it any more: freed with its last READ
 */
struct rxmsg {
	struct rxmsg *next;
	struct conn *c;
	struct cxio_msg_header h;
	struct cxio_carry carry;
	struct cxio_msg_footer footer;
	u8 *seg[CXIO_SEGMENTS];
	u32 got[CXIO_PARTS];
	u8 *list;
	struct cxio_desc desc[CXIO_DESCS_MAX];
	u32 descs;
	u32 at;
	u32 placed[CXIO_SEGMENTS];
	u32 reads;
	bool ended;
	bool whole;
	bool dropped;
};

/**
 * struct done - a DONE to be sent
 * @seq: the message read
 * @rkey: the key it invalidates, or 0
 */
struct done {
	u64 seq;
	u32 rkey;
};

#define CONN_DONES	64u

/**
 * struct conn - a connection's owner
 * @next: of the same endpoint
 * @ep: whose
 * @link: its transport
 * @sess: its session; NULL while it is to be agreed on, and when it was dropped
 * @life: the decisions
 * @ours: what it offers
 * @agreed: with the peer
 * @slots: send buffers
 * @unposted: receive buffers parsed and not posted again
 * @gone: disconnected: the queue pair is in error
 * @broke: we broke it, for a revoke
 * @auth: our authorizer, or the answer to one
 * @peer_auth: the peer's
 * @retries: RETRY_GLOBALs taken
 * @challenged: the client was asked to answer a challenge: @auth
 * @in: message coming in
 * @pend: messages ended and not dispatched
 * @pend_tail: where the next goes
 * @reads: READs under way
 * @done: DONEs to be sent
 * @dones: how many
 * @keys: all keys made for it
 * @told: revoked messages to be told of although their end was sent
 * @held_msgs: messages of the peer that came on this one, held in memory
 * @held_bytes: bytes of them that the window counts
 * @ack_told: the acknowledgment in the newest frame
 */
struct conn {
	struct conn *next;
	struct ep *ep;
	struct link *link;
	struct sess *sess;
	struct cxio_life life;
	struct cxio_limits ours;
	struct cxio_agreed agreed;
	u32 slots;
	u32 unposted;
	bool gone;
	bool broke;
	u8 *auth;
	u8 *peer_auth;
	u32 retries;
	bool challenged;
	struct rxmsg *in;
	struct rxmsg *pend;
	struct rxmsg **pend_tail;
	struct cxio_reads reads;
	struct done done[CONN_DONES];
	u32 dones;
	struct key *keys;
	struct msg *told;
	u32 held_msgs;
	u64 held_bytes;
	u32 ack_told;
};

/**
 * struct ep - an endpoint: one process and its application
 * @sim: the world
 * @side: 0 or 1
 * @kind: of policy
 * @addr: its address
 * @peer: the peer's, as far as it knows
 * @global: its count of attempts
 * @ours: what it offers
 * @send_depth: send buffers of a connection
 * @mute: the application has nothing to say any more
 * @sess: its sessions, ended ones too
 * @conns: its connections
 * @held: messages the application has not consumed
 * @held_tail: where the next goes
 */
struct ep {
	struct sim *sim;
	u32 side;
	enum cxio_policy_kind kind;
	struct cxio_addr addr;
	struct cxio_addr peer;
	struct cxio_global global;
	struct cxio_limits ours;
	u32 send_depth;
	bool mute;
	struct sess *sess;
	struct conn *conns;
	struct rxmsg *held;
	struct rxmsg **held_tail;
};

/**
 * struct plan - what a scenario is like
 * @kind: which pair of policies
 * @steps: events before the faults stop
 * @break_in: a connection breaks about once in so many events, 0: never
 * @cm_loss_in: one of so many CM messages is lost
 * @restart_in: a restart, likewise
 * @revoke_in: a revoke, likewise
 * @close_in: an orderly end, likewise
 * @jump_in: a time jump, likewise
 * @duplicate_in: a duplicate, likewise
 * @bad_in: one of so many authorizers is bad
 * @challenge_in: one of so many is challenged
 * @send_weight: how eager the applications are to send
 * @consume_weight: and to consume
 * @post_weight: how soon buffers are posted again
 * @complete_weight: how soon send completions come
 * @sizes: 0 small, 1 mixed, 2 large messages
 */
struct plan {
	u32 kind;
	u32 steps;
	u32 break_in;
	u32 cm_loss_in;
	u32 restart_in;
	u32 revoke_in;
	u32 close_in;
	u32 jump_in;
	u32 duplicate_in;
	u32 bad_in;
	u32 challenge_in;
	u32 send_weight;
	u32 consume_weight;
	u32 post_weight;
	u32 complete_weight;
	u32 sizes;
};

/**
 * struct note - a line of the trace, put into words only if it is shown
 * @format: a word and three numbers, or NULL
 * @word: a constant string
 * @a: number
 * @b: number
 * @c: number
 * @step: when
 */
struct note {
	const char *format;
	const char *word;
	u64 a, b, c;
	u64 step;
};

/**
 * struct sim - a scenario's world
 * @seed: all of it follows from this
 * @prng: what chance decides
 * @now: nanoseconds
 * @step: events so far
 * @plan: what it is like
 * @faults: faults may happen; else the end must be reached
 * @alone: there is one endpoint, and its peer is a fuzzer: nothing it says is true
 * @show: print the trace as it comes
 * @may_reset: something happened after which a session may be reset
 * @ep: the endpoints
 * @links: the transports
 * @next_link: number of the next
 * @next_state: number of the next state of a session
 * @every_sess: all sessions ever
 * @all: all messages ever
 * @messages: how many
 * @messages_room: room for how many
 * @keys: all keys ever
 * @n_keys: how many
 * @keys_room: room for how many
 * @count: what happened
 * @trace: the last notes, a ring
 * @notes: how many ever
 */
struct sim {
	u64 seed;
	struct prng prng;
	u64 now;
	u64 step;
	struct plan plan;
	bool faults;
	bool alone;
	bool show;
	bool may_reset;
	struct ep ep[SIM_SIDES];
	struct link *links;
	u32 next_link;
	u64 next_state;
	struct sess *every_sess;
	struct msg **all;
	u32 messages;
	u32 messages_room;
	struct key **keys;
	u32 n_keys;
	u32 keys_room;
	u64 count[SIM_COUNT_END];
	struct note trace[SIM_TRACE];
	u64 notes;
};

#define sim_count(sim, name) ((sim)->count[COUNT_##name]++)

/* check.c */
void sim_note(struct sim *sim, const char *format, const char *word, u64 a, u64 b, u64 c);
void sim_fail(const struct sim *sim, const char *what, u64 a, u64 b) __attribute__((noreturn));
void sim_check(struct sim *sim);
void sim_check_end(struct sim *sim);
void sim_check_fault(const struct conn *c);
void sim_check_dispatch(struct conn *c, struct rxmsg *rx);
bool sim_quiet(const struct sim *sim);
const u8 *sim_content(u32 id, u32 segment);
void *sim_alloc(size_t size);

/* Must hold, or the scenario has failed. */
#define sim_must(sim, ok, what, a, b)					\
	do {								\
		if (!(ok))						\
			sim_fail(sim, what, a, b);			\
	} while (0)

/* conn.c: a connection's owner */
struct conn *conn_new(struct ep *ep, struct sess *sess, bool active);
bool conn_accepts(struct conn *c, const void *hello, u32 len);
void conn_established(struct conn *c);
void conn_lost(struct conn *c, u32 fault);
void conn_drop(struct conn *c);
void conn_frame(struct conn *c, const u8 *buf, u32 len, u32 rkey);
void conn_repost(struct conn *c, u32 frames);
void conn_send_done(struct conn *c, struct wr *wr, bool flushed);
void conn_tick(struct conn *c);
bool conn_may_tear_down(const struct conn *c);
void conn_tear_down(struct conn *c);
void conn_kill(struct conn *c);

/* pump.c: frames out */
void conn_pump(struct conn *c);
bool conn_duplicate(struct conn *c, struct msg *m);

/* receive.c: messages in */
bool conn_message(struct conn *c, const u8 *buf, const struct cxio_rx_event *ev);
void conn_revoked(struct conn *c, const struct cxio_rx_event *ev);
void conn_read_done(struct conn *c, struct rxmsg *rx, bool flushed);
void conn_start_reads(struct conn *c);
void conn_drop_received(struct conn *c);
void rxmsg_free(struct rxmsg *rx);

/* greet.c: connect and reply */
void conn_connect(struct conn *c);
void conn_greeting(struct conn *c);

/* session.c */
struct sess *sess_new(struct ep *ep, const struct cxio_addr *peer);
struct sess *sess_find(struct ep *ep, const struct cxio_addr *peer);
void sess_attempt(struct sess *s);
bool sess_open(struct sess *s, struct conn *c, u64 peer_in_seq);
void sess_lost(struct sess *s, struct conn *c);
void sess_acked(struct sess *s);
void sess_report(struct sess *s, enum outcome outcome);
void sess_reset(struct sess *s);
void sess_end(struct sess *s);
void sess_tick(struct sess *s);
void sess_append(struct sess *s, struct msg *m);
void sess_close(struct sess *s, bool drain);

/* message.c */
struct msg *msg_new(struct ep *ep);
void msg_finish(struct msg *m, enum outcome outcome, struct sim *sim);
void msg_expose(struct msg *m, struct conn *c);
void key_kill(struct sim *sim, struct key *k);
struct key *key_find(struct sim *sim, u32 rkey);
void msg_revoke(struct sess *s, struct msg *m);
void msg_refused(struct sess *s, struct msg *m);

/* endpoint.c: the application */
void ep_init(struct sim *sim, u32 side);
void ep_free(struct ep *ep);
void ep_send(struct ep *ep);
void ep_consume(struct ep *ep);
void ep_revoke(struct ep *ep);
void ep_close(struct ep *ep);
void ep_restart(struct ep *ep, bool new_nonce);
void ep_map(struct ep *ep);
void ep_dispatch(struct conn *c, struct rxmsg *rx);
void ep_new_addr(struct ep *ep);

/* scenario.c */
void sim_init(struct sim *sim, u64 seed, bool show);
void sim_run(struct sim *sim);
void sim_free(struct sim *sim);
const char *sim_count_text(u32 count);

#endif /* CXIO_SIM_H */
