/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The RDMA transport of libcephxio: one RC queue pair a connection.
 *
 * Owner: the connection, from xio_connect() or an accepted request until
 * xio_teardown(). Everything is used in the portal thread alone.
 *
 * Teardown order: disconnect (the queue pair goes to ERROR, work requests stop
 * touching memory), destroy the queue pair, deregister and free the memory,
 * destroy the completion queue, its channel and the protection domain, destroy
 * the id. CM events are acknowledged before teardown: it runs at a turn of its own.
 */
#ifndef CXIO_XIO_H
#define CXIO_XIO_H

#include <infiniband/verbs.h>
#include <rdma/rdma_cma.h>

#include "../internal.h"

/* A completion's work request: receives by their buffer's number, sends by this. */
#define XIO_WR_SEND (1ull << 63)

/**
 * struct cxio_xio - transport half of a connection
 * @completions: the completion channel, a source of the portal
 * @connection: whose half it is
 * @id: CM id; it owns the queue pair
 * @pd: one protection domain a connection
 * @channel: completion channel
 * @cq: for both queues
 * @mr: over @ring
 * @ring: receive buffers, then send buffers
 * @ring_size: bytes
 * @agreed: what the handshake settled, until the channel begins
 * @send_depth: send buffers
 * @sends_posted: cumulative; send buffers are used in turn
 * @sends_done: cumulative; sends of a queue pair complete in order
 * @event_debt: completion events to acknowledge
 * @established: disconnecting makes sense
 */
struct cxio_xio {
	struct cxio_source completions;
	struct cxio_connection *connection;
	struct rdma_cm_id *id;
	struct ibv_pd *pd;
	struct ibv_comp_channel *channel;
	struct ibv_cq *cq;
	struct ibv_mr *mr;
	char *ring;
	size_t ring_size;
	struct cxio_agreed agreed;
	u32 send_depth;
	u32 sends_posted;
	u32 sends_done;
	unsigned int event_debt;
	bool established;
};

/* cm.c */
int xio_open(struct cxio_messenger *m);
void xio_close(struct cxio_messenger *m);
int xio_listen(struct cxio_messenger *m, const struct sockaddr *addr, socklen_t len);
u16 xio_listen_port(struct cxio_messenger *m);
void xio_unlisten_all(struct cxio_messenger *m);
void xio_connect(struct cxio_connection *c);
void xio_teardown(struct cxio_connection *c);

/* qp.c */
int xio_create_qp(struct cxio_xio *x);
void xio_destroy_qp(struct cxio_xio *x);

/* recv.c */
int xio_post_receives(struct cxio_xio *x);
void xio_completions_ready(struct cxio_source *s);
void xio_poll(struct cxio_connection *c);

/* send.c */
void *xio_send_slot(struct cxio_connection *c);
int xio_send_post(struct cxio_connection *c, u32 len);
void xio_send_done(struct cxio_xio *x);
bool xio_send_idle(const struct cxio_connection *c);

#endif /* CXIO_XIO_H */
