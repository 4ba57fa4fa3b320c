/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the model of the handshake knows of two sides and their links.
 */
#ifndef CXIO_MODEL_HANDSHAKE_STATE_H
#define CXIO_MODEL_HANDSHAKE_STATE_H

#include "handshake.h"
#include "handshake-model.h"

#define H_DEPTH	5	/* most on the way to one end */
#define H_NOW	1000000000ull

/**
 * enum h_end - what a link is to one of its ends
 * @H_GONE: nothing, or not any more
 * @H_CONNECTS: a connect was sent
 * @H_JUDGES: a connect may come in
 * @H_OPENING: it carries the session; what the client has received is not known yet
 * @H_OPEN: it carries the session
 */
enum h_end {
	H_GONE,
	H_CONNECTS,
	H_JUDGES,
	H_OPENING,
	H_OPEN,
};

/**
 * enum h_type - what goes over a link
 * @H_CONNECT: connect, and with it what was received
 * @H_REPLY: reply, likewise
 * @H_IN_SEQ: what was received: byte streams say it behind the reply
 * @H_MESSAGE: a message
 * @H_ACK: what was received by now
 */
enum h_type {
	H_CONNECT = 1,
	H_REPLY,
	H_IN_SEQ,
	H_MESSAGE,
	H_ACK,
};

/**
 * struct h_item - one of them
 * @type: enum h_type
 * @tag: of a reply
 * @global_seq: of connect and reply
 * @connect_seq: likewise
 * @own: cookie
 * @peer: cookie
 * @seq: of a message; else what was received
 * @age: of the sender's messages; not on the wire
 */
struct h_item {
	u8 type;
	u8 tag;
	u8 global_seq;
	u8 connect_seq;
	u8 own;
	u8 peer;
	u8 seq;
	u8 age;
};

/**
 * struct h_link - a connection
 * @end: enum h_end of each side
 * @cut: it is lost; what was sent before may still come in
 * @in: how much is on the way to each side
 * @item: that, oldest first
 */
struct h_link {
	u8 end[2];
	u8 cut;
	u8 in[2];
	struct h_item item[2][H_DEPTH];
};

/**
 * struct h_side - a side
 * @s: its session
 * @there: it has one
 * @g: its count of attempts
 * @queued: messages that have no number yet
 * @offers: messages that its application may still have
 * @life: how often it has restarted
 * @age: how often its messages were dropped, and that was said
 * @got_age: the peer's, at the last message that was dispatched here
 * @got_seq: the number of that message
 */
struct h_side {
	struct cxio_session s;
	struct cxio_global g;
	bool there;
	u8 queued;
	u8 offers;
	u8 life;
	u8 age;
	u8 got_age;
	u8 got_seq;
};

/**
 * struct h_config - what is different from run to run
 * @kind: enum cxio_policy_kind of what each side does with its peer
 * @cookies: frames; else byte streams
 * @cuts: see struct h_state
 * @restarts: likewise
 * @who: BIT(side) of those that restart
 * @offers: see struct h_side
 */
struct h_config {
	u32 kind[2];
	u32 cookies;
	u32 cuts;
	u32 restarts;
	u32 who;
	u32 offers[2];
};

/* What has happened in some run: else its proof would be empty. */
enum h_reached {
	H_RACE,		/* an attempt was given up for the peer's */
	H_WAITED,	/* WAIT was said */
	H_LATE,		/* and nothing came of it in time */
	H_RETRIED,	/* RETRY_SESSION */
	H_GLOBAL,	/* RETRY_GLOBAL */
	H_TOLD,		/* RESETSESSION */
	H_FOUND,	/* a server found that the peer had begun anew */
	H_REPLACED,	/* an open connection was given up for a new one */
	H_REPLAYED,	/* a message was sent anew */
	H_REACHED,
};

extern struct h_config h_config;
extern struct h_side h_side[2];
extern struct h_link h_link[H_LINKS];

void h_configure(void);
void h_reach(enum h_reached what);
void h_violated(const char *what);
void h_load(void);
void h_save(const char *what, int i, int l);

/* Which side began a link. */
static inline int h_client(int l)
{
	return l / H_SLOTS;
}

/* Has a side something to send, or to send anew? */
static inline bool h_has(int i)
{
	return h_side[i].there &&
	       (h_side[i].queued || h_side[i].s.out_seq > h_side[i].s.acked);
}

#define HOLDS(x) ((x) ? (void)0 : h_violated(#x))

#endif /* CXIO_MODEL_HANDSHAKE_STATE_H */
