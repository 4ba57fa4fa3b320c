/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One RDMA connection by librdmacm and libibverbs alone, for a peer that breaks
 * rules: any private data, any bytes in a SEND. Nothing of libcephxio is in it.
 *
 * Every wait has a time limit and is woken by an event: of the CM's channel or of
 * the completion channel.
 */
#ifndef RAW_VERBS_H
#define RAW_VERBS_H

#include <rdma/rdma_cma.h>
#include <sys/socket.h>

#include "deps.h"

#define RAW_BUFFER	8192u	/* longer than any frame the other side takes */
#define RAW_RECVS	64u
#define RAW_SENDS	8u
#define RAW_MEMORY	(1u << 20)	/* what the other side may reach, at most */

/**
 * enum raw_event - what raw_wait() saw
 * @RAW_FRAME: a SEND came in
 * @RAW_ENDED: the connection is over
 * @RAW_TIMEOUT: nothing happened in time
 */
enum raw_event {
	RAW_FRAME,
	RAW_ENDED,
	RAW_TIMEOUT,
};

/**
 * struct raw - a connection, or a listener
 * @events: CM event channel
 * @id: CM id
 * @pd: protection domain
 * @channel: completion channel
 * @cq: completion queue
 * @mr: registers @ring
 * @ring: RAW_RECVS buffers to receive, RAW_SENDS to send
 * @iwarp: the device is iWARP: private data has its exact length
 * @routed: address and route are resolved
 * @established: the CM said so
 * @refused: the CM said so; @data has the refusal's private data
 * @ended: disconnected, or a completion failed
 * @data: private data of the other side
 * @data_len: bytes of it
 * @request: a listener's: the id of the request that came in
 * @arrived: numbers of receive buffers with frames, oldest first
 * @arrived_len: their bytes
 * @arrived_first: oldest
 * @arrived_end: after the newest
 * @sends_posted: cumulative
 * @sends_done: cumulative
 * @memory: RAW_MEMORY bytes, or NULL
 * @shown: registers them for the other side, or NULL
 * @error: what went wrong, in words
 */
struct raw {
	struct rdma_event_channel *events;
	struct rdma_cm_id *id;
	struct ibv_pd *pd;
	struct ibv_comp_channel *channel;
	struct ibv_cq *cq;
	struct ibv_mr *mr;
	u8 *ring;
	bool iwarp;
	bool routed;
	bool established;
	bool refused;
	bool ended;
	u8 data[256];
	u32 data_len;
	struct rdma_cm_id *request;
	u32 arrived[RAW_RECVS];
	u32 arrived_len[RAW_RECVS];
	u32 arrived_first;
	u32 arrived_end;
	u32 sends_posted;
	u32 sends_done;
	u8 *memory;
	struct ibv_mr *shown;
	char error[160];
};

u64 raw_now_ms(void);
bool raw_connect(struct raw *r, const struct sockaddr *to, const void *data, u32 len,
		 u32 limit_ms);
bool raw_listen(struct raw *l, const struct sockaddr *at);
bool raw_next_request(struct raw *l, struct raw *r, u32 limit_ms);
bool raw_accept(struct raw *r, const void *data, u32 len, u32 limit_ms);
void raw_reject(struct raw *r, const void *data, u32 len);
bool raw_send(struct raw *r, const void *frame, u32 len, u32 limit_ms);
bool raw_send_all(struct raw *r, const void *const *frame, const u32 *len, u32 count,
		  u32 limit_ms);
bool raw_send_inv(struct raw *r, const void *frame, u32 len, u32 rkey, u32 limit_ms);
bool raw_write(struct raw *r, const void *bytes, u32 len, u64 addr, u32 rkey, u32 limit_ms);
bool raw_show(struct raw *r, u32 len, int access);
void raw_hide(struct raw *r);
bool raw_flush(struct raw *r, u32 limit_ms);
enum raw_event raw_wait(struct raw *r, u64 deadline_ms, u8 *frame, u32 *len);
void raw_drop(struct raw *r);

#endif /* RAW_VERBS_H */
