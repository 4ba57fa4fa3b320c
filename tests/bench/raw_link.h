/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One RDMA connection by librdmacm and libibverbs alone, as lean as event mode can
 * be: what the library is held against. Nothing of libcephxio is in it.
 *
 * Work requests and receive buffers to be re-posted are gathered, and posted with one
 * call each when there is nothing left to do but wait. Sends are unsignalled but for
 * every so manieth. Every wait blocks in the kernel; a clock that ticks once a second
 * sees to the time limit and to a peer that is gone.
 */
#ifndef RAW_LINK_H
#define RAW_LINK_H

#include <rdma/rdma_cma.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define LINK_BATCH	64u	/* completions, or requests posted with one call */
#define LINK_HELLO_MAX	56u	/* private data that every transport carries */

/* What a completion was for: the upper half of wr_id. */
#define LINK_RECV	0u
#define LINK_SEND	1u
#define LINK_READ	2u

/**
 * struct link_shape - what a connection needs
 * @recv_size: bytes of each receive buffer
 * @recv_count: receive buffers
 * @sends: send queue entries
 * @signal_every: of so many sends or reads one completes visibly; at most @sends / 2
 * @table_len: bytes for the owner's small things
 * @source_len: bytes to be sent from or read by the peer; filled with a pattern
 * @sink_len: bytes to read into
 */
struct link_shape {
	uint32_t recv_size;
	uint32_t recv_count;
	uint32_t sends;
	uint32_t signal_every;
	size_t table_len;
	size_t source_len;
	size_t sink_len;
};

/**
 * struct link - a connection, or a listener
 * @id: CM id, synchronous
 * @pd: protection domain
 * @channel: completion channel
 * @cq: completion queue of both queues
 * @mr: registers @memory
 * @memory: receive buffers, table, source and sink, in that order
 * @memory_len: bytes of it
 * @table: in @memory
 * @source: in @memory
 * @sink: in @memory
 * @shape: as asked for
 * @max_inline: bytes a SEND may carry inline
 * @established: the CM said so
 * @ended: the peer has disconnected
 * @posted: send queue entries ever used
 * @done: of these, known to be complete
 * @events: completion events to be acknowledged
 * @deadline_ns: until when all must be over
 * @wc: the completions link_wait() returned
 * @chained: entries of @send_wr in use
 * @send_wr: requests to be posted
 * @send_sge: theirs
 * @reposts: entries of @recv_wr in use
 * @recv_wr: receives to be posted
 * @recv_sge: theirs
 * @hello: private data of the other side
 * @error: what went wrong, in words; empty if nothing did
 */
struct link {
	struct rdma_cm_id *id;
	struct ibv_pd *pd;
	struct ibv_comp_channel *channel;
	struct ibv_cq *cq;
	struct ibv_mr *mr;
	uint8_t *memory;
	size_t memory_len;
	uint8_t *table;
	uint8_t *source;
	uint8_t *sink;
	struct link_shape shape;
	uint32_t max_inline;
	bool established;
	bool ended;
	uint32_t posted;
	uint32_t done;
	uint32_t events;
	uint64_t deadline_ns;
	struct ibv_wc wc[LINK_BATCH];
	uint32_t chained;
	struct ibv_send_wr send_wr[LINK_BATCH];
	struct ibv_sge send_sge[LINK_BATCH];
	uint32_t reposts;
	struct ibv_recv_wr recv_wr[LINK_BATCH];
	struct ibv_sge recv_sge[LINK_BATCH];
	uint8_t hello[LINK_HELLO_MAX];
	char error[200];
};

static inline uint32_t link_kind(const struct ibv_wc *wc)
{
	return (uint32_t)(wc->wr_id >> 32);
}

static inline uint8_t *link_received(const struct link *l, const struct ibv_wc *wc)
{
	return l->memory + (size_t)(uint32_t)wc->wr_id * l->shape.recv_size;
}

/* Send queue entries that are free. */
static inline uint32_t link_room(const struct link *l)
{
	return l->shape.sends - (l->posted - l->done);
}

static inline uint8_t link_pattern_byte(size_t i)
{
	return (uint8_t)(i * 131 + (i >> 8) + 1);
}

/* Fill with what the other side can check. */
static inline void link_pattern(uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = link_pattern_byte(i);
}

static inline bool link_is_pattern(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != link_pattern_byte(i))
			return false;
	return true;
}

uint64_t link_now_ns(void);
void link_begin(void);
bool link_stopped(void);
bool link_failed(struct link *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool link_listen(struct link *l, const struct sockaddr *at);
bool link_request(struct link *l, struct link *r, uint32_t limit_s);
bool link_resolve(struct link *l, const struct sockaddr *to, uint32_t limit_s);
bool link_make(struct link *l, const struct link_shape *shape);
bool link_connect(struct link *l, const void *hello, uint8_t len);
bool link_accept(struct link *l, const void *hello, uint8_t len, uint32_t limit_s);
void link_reject(struct link *l);
bool link_send(struct link *l, const void *data, uint32_t len);
bool link_read(struct link *l, void *to, uint64_t from, uint32_t rkey, uint32_t len,
	       bool signalled);
bool link_flush(struct link *l);
int link_wait(struct link *l);
bool link_wait_end(struct link *l);
void link_close(struct link *l);

#endif /* RAW_LINK_H */
