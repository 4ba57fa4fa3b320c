// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A connection by librdmacm and libibverbs alone: see raw_verbs.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "raw_verbs.h"

#define RESOLVE_MS	5000
#define WR_SEND		(1ull << 32)

/**
 * raw_now_ms() - the clock of all time limits
 *
 * Return: milliseconds, monotonic.
 */
u64 raw_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000u + (u64)t.tv_nsec / 1000000u;
}

__attribute__((format(printf, 2, 3)))
static bool failed(struct raw *r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (!r->error[0])
		vsnprintf(r->error, sizeof(r->error), format, ap);
	va_end(ap);
	return false;
}

static bool nonblocking(int fd)
{
	return !fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* --- what the device tells --- */

static bool post_receive(struct raw *r, u32 number)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)(r->ring + (size_t)number * RAW_BUFFER),
		.length = RAW_BUFFER, .lkey = r->mr->lkey,
	};
	struct ibv_recv_wr *bad, wr = { .wr_id = number, .sg_list = &sge, .num_sge = 1 };

	return !ibv_post_recv(r->id->qp, &wr, &bad);
}

static void take_completion(struct raw *r, const struct ibv_wc *wc)
{
	u32 slot = r->arrived_end % RAW_RECVS;

	/* Before it is established, the CM is about to say why. */
	if (wc->status == IBV_WC_WR_FLUSH_ERR && !r->established)
		return;
	if (wc->status != IBV_WC_SUCCESS) {
		r->ended = true;
		failed(r, "completion: %s", ibv_wc_status_str(wc->status));
	} else if (wc->wr_id & WR_SEND) {
		r->sends_done++;
	} else {
		r->arrived[slot] = (u32)wc->wr_id;
		r->arrived_len[slot] = wc->byte_len;
		r->arrived_end++;
	}
}

/* Armed first, polled after: else a completion between the two would wake nobody. */
static void take_completions(struct raw *r)
{
	struct ibv_cq *cq;
	struct ibv_wc wc;
	void *context;

	while (!ibv_get_cq_event(r->channel, &cq, &context))
		ibv_ack_cq_events(cq, 1);
	ibv_req_notify_cq(r->cq, 0);
	while (ibv_poll_cq(r->cq, 1, &wc) > 0)
		take_completion(r, &wc);
}

static void take_data(struct raw *r, const struct rdma_cm_event *ev)
{
	r->data_len = ev->param.conn.private_data_len;
	if (r->data_len)
		memcpy(r->data, ev->param.conn.private_data, r->data_len);
}

static void take_event(struct raw *r, const struct rdma_cm_event *ev)
{
	switch (ev->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		if (rdma_resolve_route(r->id, RESOLVE_MS))
			r->ended = !failed(r, "resolving the route: %s", strerror(errno));
		break;
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		r->routed = true;
		break;
	case RDMA_CM_EVENT_CONNECT_REQUEST:
		r->request = ev->id;
		take_data(r, ev);
		break;
	case RDMA_CM_EVENT_ESTABLISHED:
		r->established = true;
		if (ev->param.conn.private_data_len)
			take_data(r, ev);
		break;
	case RDMA_CM_EVENT_REJECTED:
		r->refused = true;
		take_data(r, ev);
		r->ended = !failed(r, "refused, status %d", ev->status);
		break;
	case RDMA_CM_EVENT_DISCONNECTED:
		r->ended = true;
		break;
	case RDMA_CM_EVENT_TIMEWAIT_EXIT:
		break;
	default:
		r->ended = !failed(r, "%s, status %d", rdma_event_str(ev->event), ev->status);
	}
}

static void take_events(struct raw *r)
{
	struct rdma_cm_event *ev;

	while (!rdma_get_cm_event(r->events, &ev)) {
		take_event(r, ev);
		rdma_ack_cm_event(ev);
	}
}

/* Wait until something happens. Return: false if nothing does before the deadline. */
static bool step(struct raw *r, u64 deadline_ms)
{
	struct pollfd p[2] = {
		{ .fd = r->events->fd, .events = POLLIN },
		{ .fd = r->channel ? r->channel->fd : -1, .events = POLLIN },
	};
	u64 now = raw_now_ms();
	int n;

	n = poll(p, 2, deadline_ms > now ? (int)(deadline_ms - now) : 0);
	if (n < 0)
		return errno == EINTR;
	if (p[0].revents)
		take_events(r);
	/* Also after a disconnect: what came before it counts. */
	if (r->cq)
		take_completions(r);
	return n > 0;
}

/* --- making and ending --- */

static bool open_channel(struct raw *r)
{
	r->events = rdma_create_event_channel();
	if (!r->events || !nonblocking(r->events->fd))
		return failed(r, "no event channel: %s", strerror(errno));
	return true;
}

static bool make_queue_pair(struct raw *r)
{
	struct ibv_qp_init_attr attr = {
		.qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = RAW_SENDS, .max_recv_wr = RAW_RECVS, .max_send_sge = 1,
			 .max_recv_sge = 1 },
	};
	size_t size = (size_t)(RAW_RECVS + RAW_SENDS) * RAW_BUFFER;
	void *ring;
	u32 i;

	r->iwarp = r->id->verbs->device->transport_type == IBV_TRANSPORT_IWARP;
	if (posix_memalign(&ring, 4096, size))
		return failed(r, "out of memory");
	r->ring = ring;
	memset(ring, 0, size);
	r->pd = ibv_alloc_pd(r->id->verbs);
	r->channel = ibv_create_comp_channel(r->id->verbs);
	if (!r->pd || !r->channel || !nonblocking(r->channel->fd))
		return failed(r, "no protection domain or channel: %s", strerror(errno));
	r->cq = ibv_create_cq(r->id->verbs, (int)(RAW_RECVS + RAW_SENDS), NULL, r->channel, 0);
	r->mr = ibv_reg_mr(r->pd, ring, size, IBV_ACCESS_LOCAL_WRITE);
	if (!r->cq || !r->mr || ibv_req_notify_cq(r->cq, 0))
		return failed(r, "no completion queue or region: %s", strerror(errno));
	attr.send_cq = r->cq;
	attr.recv_cq = r->cq;
	if (rdma_create_qp(r->id, r->pd, &attr))
		return failed(r, "no queue pair: %s", strerror(errno));
	for (i = 0; i < RAW_RECVS; i++)
		if (!post_receive(r, i))
			return failed(r, "posting a receive: %s", strerror(errno));
	return true;
}

static struct rdma_conn_param parameters(const void *data, u32 len)
{
	return (struct rdma_conn_param){
		.private_data = len ? data : NULL, .private_data_len = (u8)len,
		.responder_resources = 4, .initiator_depth = 4, .retry_count = 7,
		.rnr_retry_count = 7,
	};
}

static bool wait_open(struct raw *r, u64 deadline_ms)
{
	while (!r->established && !r->ended)
		if (!step(r, deadline_ms))
			return failed(r, "no answer in time");
	return r->established;
}

/**
 * raw_connect() - connect
 * @r: filled; to be dropped whatever the result
 * @to: IPv4 or IPv6 with a port
 * @data: private data
 * @len: bytes of it, from 0
 * @limit_ms: for the whole
 *
 * Return: true when established; else see @refused and @error.
 */
bool raw_connect(struct raw *r, const struct sockaddr *to, const void *data, u32 len,
		 u32 limit_ms)
{
	struct rdma_conn_param param = parameters(data, len);
	u64 deadline = raw_now_ms() + limit_ms;

	memset(r, 0, sizeof(*r));
	if (!open_channel(r))
		return false;
	if (rdma_create_id(r->events, &r->id, NULL, RDMA_PS_TCP) ||
	    rdma_resolve_addr(r->id, NULL, (struct sockaddr *)(uintptr_t)to, RESOLVE_MS))
		return failed(r, "resolving the address: %s", strerror(errno));
	while (!r->routed && !r->ended)
		if (!step(r, deadline))
			return failed(r, "no route in time");
	if (r->ended || !make_queue_pair(r))
		return false;
	if (rdma_connect(r->id, &param))
		return failed(r, "connecting: %s", strerror(errno));
	return wait_open(r, deadline);
}

/**
 * raw_listen() - listen
 * @l: filled; to be dropped whatever the result
 * @at: IPv4 or IPv6; port 0 picks one
 *
 * Return: false with @error.
 */
bool raw_listen(struct raw *l, const struct sockaddr *at)
{
	memset(l, 0, sizeof(*l));
	if (!open_channel(l))
		return false;
	if (rdma_create_id(l->events, &l->id, NULL, RDMA_PS_TCP) ||
	    rdma_bind_addr(l->id, (struct sockaddr *)(uintptr_t)at) || rdma_listen(l->id, 16))
		return failed(l, "listening: %s", strerror(errno));
	l->iwarp = l->id->verbs && l->id->verbs->device->transport_type == IBV_TRANSPORT_IWARP;
	return true;
}

/**
 * raw_next_request() - wait for a connection request
 * @l: a listener
 * @r: filled with the request, neither accepted nor rejected; to be dropped
 * @limit_ms: how long
 *
 * Return: false if none came, with @error of @l.
 */
bool raw_next_request(struct raw *l, struct raw *r, u32 limit_ms)
{
	u64 deadline = raw_now_ms() + limit_ms;

	memset(r, 0, sizeof(*r));
	while (!l->request)
		if (!step(l, deadline))
			return failed(l, "no request in time");
	r->id = l->request;
	l->request = NULL;
	memcpy(r->data, l->data, l->data_len);
	r->data_len = l->data_len;
	/* A channel of its own: its events are no longer the listener's. */
	if (!open_channel(r))
		return failed(l, "%s", r->error);
	if (rdma_migrate_id(r->id, r->events))
		return failed(l, "moving an id: %s", strerror(errno));
	return true;
}

/**
 * raw_accept() - accept a request
 * @r: a request
 * @data: private data
 * @len: bytes of it
 * @limit_ms: how long until established
 *
 * Return: false with @error.
 */
bool raw_accept(struct raw *r, const void *data, u32 len, u32 limit_ms)
{
	struct rdma_conn_param param = parameters(data, len);

	if (!make_queue_pair(r))
		return false;
	if (rdma_accept(r->id, &param))
		return failed(r, "accepting: %s", strerror(errno));
	return wait_open(r, raw_now_ms() + limit_ms);
}

/**
 * raw_reject() - refuse a request
 * @r: a request
 * @data: private data
 * @len: bytes of it
 */
void raw_reject(struct raw *r, const void *data, u32 len)
{
	if (rdma_reject(r->id, len ? data : NULL, (u8)len))
		failed(r, "rejecting: %s", strerror(errno));
}

/**
 * raw_drop() - end a connection or listener without a word, free everything
 * @r: as filled, perhaps in part
 */
void raw_drop(struct raw *r)
{
	if (r->established)
		rdma_disconnect(r->id);
	if (r->id && r->id->qp)
		rdma_destroy_qp(r->id);
	raw_hide(r);
	if (r->mr)
		ibv_dereg_mr(r->mr);
	if (r->cq)
		ibv_destroy_cq(r->cq);
	if (r->channel)
		ibv_destroy_comp_channel(r->channel);
	if (r->pd)
		ibv_dealloc_pd(r->pd);
	free(r->ring);
	free(r->memory);
	if (r->id)
		rdma_destroy_id(r->id);
	if (r->events)
		rdma_destroy_event_channel(r->events);
	memset(r, 0, sizeof(*r));
}

/* --- frames --- */

/* Wait for that many free buffers to send. */
static bool room(struct raw *r, u32 count, u32 limit_ms)
{
	u64 deadline = raw_now_ms() + limit_ms;

	while (r->sends_posted - r->sends_done + count > RAW_SENDS && !r->ended)
		if (!step(r, deadline))
			return failed(r, "a send does not complete");
	return !r->ended;
}

/* Into the buffer after @ahead other free ones. */
static void fill(struct raw *r, u32 ahead, const void *bytes, u32 len, struct ibv_send_wr *wr,
		 struct ibv_sge *sge)
{
	u32 number = RAW_RECVS + (r->sends_posted + ahead) % RAW_SENDS;
	u8 *slot = r->ring + (size_t)number * RAW_BUFFER;

	memcpy(slot, bytes, len);
	*sge = (struct ibv_sge){ .addr = (uintptr_t)slot, .length = len, .lkey = r->mr->lkey };
	wr->wr_id = WR_SEND;
	wr->sg_list = sge;
	wr->num_sge = len > 0;
	wr->send_flags = IBV_SEND_SIGNALED;
}

/* Post bytes, as @wr says, from a buffer of ours. */
static bool post(struct raw *r, const void *bytes, u32 len, struct ibv_send_wr *wr, u32 limit_ms)
{
	struct ibv_send_wr *bad;
	struct ibv_sge sge;

	if (!room(r, 1, limit_ms))
		return false;
	fill(r, 0, bytes, len, wr, &sge);
	if (ibv_post_send(r->id->qp, wr, &bad))
		return failed(r, "posting a send: %s", strerror(errno));
	r->sends_posted++;
	return true;
}

/**
 * raw_send() - send bytes as one SEND
 * @r: a connection
 * @frame: the bytes
 * @len: how many, 0 to RAW_BUFFER
 * @limit_ms: how long to wait for a free buffer
 *
 * Return: false if the connection is over, or @error says why.
 */
bool raw_send(struct raw *r, const void *frame, u32 len, u32 limit_ms)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND };

	return post(r, frame, len, &wr, limit_ms);
}

/**
 * raw_send_all() - send several at once: none is sent before all are posted
 * @r: a connection
 * @frame: the bytes of each
 * @len: how many, 0 to RAW_BUFFER
 * @count: of frames, 1 to RAW_SENDS
 * @limit_ms: how long to wait for free buffers
 *
 * Return: false if the connection is over, or @error says why.
 */
bool raw_send_all(struct raw *r, const void *const *frame, const u32 *len, u32 count,
		  u32 limit_ms)
{
	struct ibv_send_wr wr[RAW_SENDS], *bad;
	struct ibv_sge sge[RAW_SENDS];
	u32 i;

	if (!room(r, count, limit_ms))
		return false;
	for (i = 0; i < count; i++) {
		wr[i] = (struct ibv_send_wr){ .opcode = IBV_WR_SEND };
		fill(r, i, frame[i], len[i], &wr[i], &sge[i]);
		if (i)
			wr[i - 1].next = &wr[i];
	}
	if (ibv_post_send(r->id->qp, wr, &bad))
		return failed(r, "posting sends: %s", strerror(errno));
	r->sends_posted += count;
	return true;
}

/**
 * raw_send_inv() - send bytes as one SEND that invalidates a key of the other side
 * @r: a connection
 * @frame: the bytes
 * @len: how many, 0 to RAW_BUFFER
 * @rkey: the key
 * @limit_ms: how long to wait for a free buffer
 *
 * Return: false if the connection is over, or @error says why.
 */
bool raw_send_inv(struct raw *r, const void *frame, u32 len, u32 rkey, u32 limit_ms)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND_WITH_INV, .invalidate_rkey = rkey };

	return post(r, frame, len, &wr, limit_ms);
}

/**
 * raw_write() - RDMA WRITE to the other side's memory
 * @r: a connection
 * @bytes: the bytes
 * @len: how many, 0 to RAW_BUFFER
 * @addr: where to
 * @rkey: key
 * @limit_ms: how long to wait for a free buffer
 *
 * Return: false if the connection is over, or @error says why.
 */
bool raw_write(struct raw *r, const void *bytes, u32 len, u64 addr, u32 rkey, u32 limit_ms)
{
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_RDMA_WRITE, .wr.rdma = { .remote_addr = addr, .rkey = rkey },
	};

	return post(r, bytes, len, &wr, limit_ms);
}

/**
 * raw_show() - let the other side reach memory of ours
 * @r: a connection
 * @len: bytes, at most RAW_MEMORY
 * @access: what it may do, of IBV_ACCESS_REMOTE_*
 *
 * Return: false with @error.
 */
bool raw_show(struct raw *r, u32 len, int access)
{
	if (!r->memory)
		r->memory = calloc(1, RAW_MEMORY);
	raw_hide(r);
	if (r->memory)
		r->shown = ibv_reg_mr(r->pd, r->memory, len, access);
	return r->shown || failed(r, "no region: %s", strerror(errno));
}

/**
 * raw_hide() - let it reach that no more
 * @r: a connection
 */
void raw_hide(struct raw *r)
{
	if (r->shown)
		ibv_dereg_mr(r->shown);
	r->shown = NULL;
}

/**
 * raw_flush() - wait until all that was sent has gone
 * @r: a connection
 * @limit_ms: how long
 *
 * Return: false if it has not.
 */
bool raw_flush(struct raw *r, u32 limit_ms)
{
	u64 deadline = raw_now_ms() + limit_ms;

	while (r->sends_posted != r->sends_done && !r->ended)
		if (!step(r, deadline))
			return failed(r, "a send does not complete");
	return r->sends_posted == r->sends_done;
}

/**
 * raw_wait() - wait for a frame, or the end
 * @r: a connection
 * @deadline_ms: until when, on raw_now_ms()'s clock
 * @frame: RAW_BUFFER bytes, filled with RAW_FRAME
 * @len: bytes of it
 *
 * Return: what came first; frames that came before the end come before it.
 */
enum raw_event raw_wait(struct raw *r, u64 deadline_ms, u8 *frame, u32 *len)
{
	u32 slot;

	while (r->arrived_first == r->arrived_end) {
		if (r->ended)
			return RAW_ENDED;
		if (!step(r, deadline_ms))
			return RAW_TIMEOUT;
	}
	slot = r->arrived_first++ % RAW_RECVS;
	*len = r->arrived_len[slot];
	memcpy(frame, r->ring + (size_t)r->arrived[slot] * RAW_BUFFER, *len);
	if (!r->ended && !post_receive(r, r->arrived[slot]))
		failed(r, "posting a receive: %s", strerror(errno));
	return RAW_FRAME;
}
