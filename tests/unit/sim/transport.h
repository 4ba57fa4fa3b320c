/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Queue pairs, and the CM: see transport.c. */
#ifndef CXIO_SIM_TRANSPORT_H
#define CXIO_SIM_TRANSPORT_H

#include "hello.h"
#include "rendezvous.h"

#define SIM_SIDES	2u

struct sim;
struct ep;
struct conn;
struct msg;
struct rxmsg;
struct link;

/**
 * enum wr_op - a work request
 * @WR_SEND: a frame
 * @WR_READ: of the peer's memory
 * @WR_WRITE: to the peer's memory
 */
enum wr_op {
	WR_SEND,
	WR_READ,
	WR_WRITE,
};

/**
 * struct wr - a work request in a send queue
 * @next: posted after it
 * @op: what
 * @executed: it has had its effect; the completion may come
 * @bytes: of a frame, until delivered
 * @len: of frame or memory
 * @rkey: key to access, or to invalidate
 * @addr: address for it
 * @m: message whose last frame this is, or whose data is written; or NULL
 * @rx: message that is read
 * @to: where the READ goes
 */
struct wr {
	struct wr *next;
	enum wr_op op;
	bool executed;
	u8 *bytes;
	u32 len;
	u32 rkey;
	u64 addr;
	struct msg *m;
	struct rxmsg *rx;
	u8 *to;
};

/**
 * struct rxbuf - a receive completion
 * @next: the one behind it
 * @bytes: the frame
 * @len: bytes
 * @rkey: key that came invalidated, or 0
 */
struct rxbuf {
	struct rxbuf *next;
	u8 *bytes;
	u32 len;
	u32 rkey;
};

/**
 * struct qp - a queue pair
 * @c: its owner, or NULL if there is none any more
 * @up: it can send and receive
 * @error: it flushes
 * @flushed: a work request was flushed: so are all behind it
 * @posted: receive buffers
 * @cq: receive completions not seen yet
 * @cq_last: the newest
 * @cq_len: how many
 * @sq: work requests without a completion
 * @sq_last: the newest
 * @todo: first that was not executed
 * @established: the CM will say so
 * @notice: the connection's end will be noticed
 * @silent: not before something is to be sent
 */
struct qp {
	struct conn *c;
	bool up;
	bool error;
	bool flushed;
	u32 posted;
	struct rxbuf *cq;
	struct rxbuf *cq_last;
	u32 cq_len;
	struct wr *sq;
	struct wr *sq_last;
	struct wr *todo;
	bool established;
	bool notice;
	bool silent;
};

/**
 * enum cm_state - where the CM's messages are
 * @CM_REQ: the request is on its way
 * @CM_REP: the reply is
 * @CM_REJ: a reject is
 * @CM_LOST: one of them was lost
 * @CM_UP: all arrived
 * @CM_OVER: nothing comes any more
 */
enum cm_state {
	CM_REQ,
	CM_REP,
	CM_REJ,
	CM_LOST,
	CM_UP,
	CM_OVER,
};

/**
 * struct link - a connection's transport
 * @next: of all
 * @sim: the world
 * @id: number, from 1
 * @active: side that connects
 * @target: address it connects to
 * @cm: where the CM is
 * @lost_at: when a CM message was lost
 * @dead: nothing gets through any more
 * @qp: of each side
 * @hello: private data of each side
 * @auth: what authorizer each side means to send
 * @auth_len: bytes of it
 */
struct link {
	struct link *next;
	struct sim *sim;
	u32 id;
	u32 active;
	enum cm_state cm;
	u64 lost_at;
	bool dead;
	struct qp qp[SIM_SIDES];
	struct cxio_wire_hello hello[SIM_SIDES];
	u8 *auth[SIM_SIDES];
	u32 auth_len[SIM_SIDES];
};

struct link *link_new(struct ep *ep, struct conn *c);
void link_post_send(struct link *l, u32 side, u8 *bytes, u32 len, u32 rkey, struct msg *last);
void link_post_read(struct link *l, u32 side, struct rxmsg *rx, const struct cxio_desc *d, u8 *to);
void link_post_write(struct link *l, u32 side, struct msg *m, const struct cxio_desc *d);
void link_disconnect(struct link *l, u32 side);
void link_break(struct link *l);
void link_free(struct link *l);
bool link_sends_done(const struct link *l, u32 side);
void link_cm_step(struct link *l);
void link_cm_lose(struct link *l);
void link_cm_expire(struct link *l);
bool link_can_execute(const struct link *l, u32 side);
void link_execute(struct link *l, u32 side);
void link_complete(struct link *l, u32 side);
void link_flush(struct link *l, u32 side);
void link_receive(struct link *l, u32 side);
void link_reap(struct sim *sim);

#endif /* CXIO_SIM_TRANSPORT_H */
