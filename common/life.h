/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A connection's life around its channel: from the first thought of connecting to
 * the end, and why it ended. The owner does what a state says and tells what
 * happened; which state follows is decided here.
 *
 * Serialisation is that of the channel, which is inside.
 */
#ifndef CXIO_LIFE_H
#define CXIO_LIFE_H

#include "plan.h"
#include "channel.h"

/**
 * enum cxio_state - a connection's life; it only grows
 * @CXIO_NEW: nothing has been done
 * @CXIO_CONNECTING: address, route, CM request: up to ESTABLISHED
 * @CXIO_OPEN: frames flow
 * @CXIO_CLOSING: frames flow; CLOSE is on its way, or was asked for
 * @CXIO_DISCONNECTING: the owner is to disconnect, then cxio_life_over()
 * @CXIO_CLOSED: it is over
 */
enum cxio_state {
	CXIO_NEW,
	CXIO_CONNECTING,
	CXIO_OPEN,
	CXIO_CLOSING,
	CXIO_DISCONNECTING,
	CXIO_CLOSED,
};

/**
 * struct cxio_life - a connection
 * @state: see there
 * @active: this side connects
 * @was_open: frames have flowed
 * @ending: @fault and @by_peer are set, for good (I5)
 * @by_peer: the peer said so
 * @fault: why it ends: enum cxio_fault, or a number of the peer's
 * @deadline: time by which connecting or closing must be over, or CXIO_NEVER
 * @session: what survives the connection, or NULL while it is to be agreed on
 * @own_session: the session of a connection that nothing survives
 * @channel: the protocol; valid once it was open
 */
struct cxio_life {
	enum cxio_state state;
	bool active;
	bool was_open;
	bool ending;
	bool by_peer;
	u32 fault;
	u64 deadline;
	struct cxio_session *session;
	struct cxio_session own_session;
	struct cxio_channel channel;
};

/**
 * enum cxio_work - what a work request that failed was to do
 * @CXIO_WORK_FLUSHED: anything, and the queue pair was in error before its turn
 * @CXIO_WORK_SEND: send a frame
 * @CXIO_WORK_OTHER: receive one, or reach the peer's memory or our own
 */
enum cxio_work {
	CXIO_WORK_FLUSHED,
	CXIO_WORK_SEND,
	CXIO_WORK_OTHER,
};

const char *cxio_state_text(u32 state);
void cxio_life_init(struct cxio_life *l, bool active, u64 now);
void cxio_life_carry(struct cxio_life *l, struct cxio_session *session);
void cxio_life_connecting(struct cxio_life *l);
bool cxio_life_opens(struct cxio_life *l, const struct cxio_limits *ours,
		     const struct cxio_agreed *agreed, u64 now);
void cxio_life_agreed(struct cxio_life *l, struct cxio_session *session);
void cxio_life_replaced(struct cxio_life *l);
bool cxio_life_opens_by_frame(const struct cxio_life *l);
bool cxio_life_flows(const struct cxio_life *l);
bool cxio_life_in_order(const struct cxio_life *l);
bool cxio_life_wants_frame(const struct cxio_life *l);
bool cxio_life_rx(struct cxio_life *l, const void *buf, u32 len, u64 now,
		  struct cxio_rx_event *ev);
enum cxio_tx_kind cxio_life_next(struct cxio_life *l, const struct cxio_offer *offer, u64 now);
void cxio_life_settle(struct cxio_life *l, bool sends_done, u64 now);
void cxio_life_close(struct cxio_life *l);
void cxio_life_fault(struct cxio_life *l, u32 fault, u64 now);
void cxio_life_end(struct cxio_life *l, u32 fault, bool by_peer);
void cxio_life_lost(struct cxio_life *l);
bool cxio_life_failed(struct cxio_life *l, enum cxio_work work, bool iwarp);
void cxio_life_over(struct cxio_life *l);
void cxio_life_tick(struct cxio_life *l, u64 now);
u64 cxio_life_deadline(const struct cxio_life *l, bool can_send);

#endif /* CXIO_LIFE_H */
