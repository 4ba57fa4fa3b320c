/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How two sides of Ceph's ms_type=async+rdma find each other's queue pair, without I/O:
 * the text that each sends over a TCP connection, whose turn it is, and what the queue
 * pair is set to. Behind that the queue pair carries a byte stream (slots.h).
 *
 *   client                                  server
 *   text, peer_qpn 0                ->
 *                                           RTR, RTS
 *                                   <-      text, peer_qpn the client's
 *   RTR, RTS; may send
 *   text, peer_qpn the server's     ->      may send
 *
 * The server may have bytes of the client's in its slots before the third text has come.
 * Then the TCP connection stays open and silent: whatever is to be read on it, its end
 * too, is the end of the stream.
 *
 * The owner reads into cxio_exchange_room() and says so by cxio_exchange_came(); when
 * that says that the peer is known, the queue pair is made ready, cxio_exchange_ready();
 * it sends what cxio_exchange_text() makes, whenever that makes something.
 *
 * Source of the format and of the values below: src/msg/async/rdma of Ceph 16.2, and
 * what its daemons send.
 *
 * Serialisation: the owner's. Allocates nothing.
 */
#ifndef CXIO_EXCHANGE_H
#define CXIO_EXCHANGE_H

#include "fault.h"

#define CXIO_GID		16u
/* What is sent in one go: five fields of digits, colons between, a zero at the end. */
#define CXIO_EXCHANGE_TEXT	65u
/* Numbers of queue pairs and packets are of 24 bits. */
#define CXIO_EXCHANGE_NUMBER	0xffffffu

/* From the TCP connection's begin to the last text. */
#define CXIO_EXCHANGE_NS	10000000000ull
/* Resolving an address, by RDMA CM or for a queue pair. */
#define CXIO_EXCHANGE_RESOLVE_MS	3000u

/*
 * The queue pair. Its packets are of 1024 bytes whatever the ports can, as the peer's
 * are. Timeout and timers are codes of the InfiniBand specification: 0x12 is 1.07 s
 * (4.096 us shifted left by it); RNR timer 7 is 0.12 ms: how long the peer waits when it
 * finds no slot, which is how this wire holds back a sender (Ceph's own is 5.12 ms).
 */
#define CXIO_EXCHANGE_MTU		1024u
#define CXIO_EXCHANGE_RNR_TIMER		7u
#define CXIO_EXCHANGE_TIMEOUT		0x12u
#define CXIO_EXCHANGE_RETRIES		7u
/* For ever; in a connect request it is what the peer's queue pair gets. */
#define CXIO_EXCHANGE_RNR_RETRIES	7u
/* No READ is ever sent; what Ceph's queue pairs are set to, too. */
#define CXIO_EXCHANGE_READS		1u
#define CXIO_EXCHANGE_SL		3u
#define CXIO_EXCHANGE_TRAFFIC_CLASS	96u
/* Where no route tells another one. */
#define CXIO_EXCHANGE_HOP_LIMIT		64u

/**
 * struct cxio_exchange_id - what a text tells of its sender
 * @lid: local identifier of its port; 0 on Ethernet
 * @qpn: number of its queue pair, 24 bits
 * @psn: number of its first packet, 24 bits
 * @peer_qpn: the other side's queue pair as it knows it; 0: not yet
 * @gid: of its port, in the order of its bytes on the wire
 */
struct cxio_exchange_id {
	u16 lid;
	u32 qpn;
	u32 psn;
	u32 peer_qpn;
	u8 gid[CXIO_GID];
};

/**
 * enum cxio_exchange_state - how far it is
 * @CXIO_EXCHANGE_FIRST: the client's first text is due
 * @CXIO_EXCHANGE_WAITS: for the peer's
 * @CXIO_EXCHANGE_PEER: the peer is known: the queue pair is to be made ready
 * @CXIO_EXCHANGE_READY: it is; the text that says so is due
 * @CXIO_EXCHANGE_ACK: the server waits for the client's second
 * @CXIO_EXCHANGE_OPEN: over, and well
 * @CXIO_EXCHANGE_ENDED: over, and not: see its fault
 */
enum cxio_exchange_state {
	CXIO_EXCHANGE_FIRST,
	CXIO_EXCHANGE_WAITS,
	CXIO_EXCHANGE_PEER,
	CXIO_EXCHANGE_READY,
	CXIO_EXCHANGE_ACK,
	CXIO_EXCHANGE_OPEN,
	CXIO_EXCHANGE_ENDED,
};

/**
 * struct cxio_exchange - one side of an exchange
 *
 * Owners read @state, @fault and @peer; all else is the exchange's.
 *
 * @active: this side connects
 * @state: see there
 * @fault: why it ended, for good (I5)
 * @own: this side, @peer_qpn not used
 * @peer: the other; good from %CXIO_EXCHANGE_PEER on
 * @have: bytes of @text that are here
 * @text: what comes in
 */
struct cxio_exchange {
	bool active;
	enum cxio_exchange_state state;
	enum cxio_fault fault;
	struct cxio_exchange_id own;
	struct cxio_exchange_id peer;
	u32 have;
	u8 text[CXIO_EXCHANGE_TEXT];
};

void cxio_exchange_encode(const struct cxio_exchange_id *id, void *buf);
enum cxio_fault cxio_exchange_decode(const void *buf, u32 len, struct cxio_exchange_id *id);

bool cxio_gid_is_ipv4(const u8 *gid);
bool cxio_gid_same_family(const u8 *a, const u8 *b);

void cxio_exchange_init(struct cxio_exchange *x, bool active, const struct cxio_exchange_id *own);
void cxio_exchange_pair(struct cxio_exchange *x, u32 qpn);
u32 cxio_exchange_text(struct cxio_exchange *x, void *buf);
void *cxio_exchange_room(struct cxio_exchange *x, u32 *len);
void cxio_exchange_came(struct cxio_exchange *x, u32 len);
void cxio_exchange_ready(struct cxio_exchange *x);
void cxio_exchange_gone(struct cxio_exchange *x);
void cxio_exchange_end(struct cxio_exchange *x, enum cxio_fault fault);
bool cxio_exchange_may_send(const struct cxio_exchange *x);

#endif /* CXIO_EXCHANGE_H */
