// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A connection by librdmacm and libibverbs alone: see raw_link.h.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

#include "raw_link.h"

#define SECOND		1000000000ull
#define RESOLVE_MS	5000
/* What perftest asks for; a device that has less is asked for none. */
#define INLINE_WANTED	236u

static volatile sig_atomic_t stopped;

/**
 * link_now_ns() - the clock of all measurements and time limits
 *
 * Return: nanoseconds, monotonic.
 */
uint64_t link_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static void on_signal(int number)
{
	if (number != SIGALRM)
		stopped = 1;
}

/**
 * link_begin() - signals interrupt what blocks: the clock's ticks, and a wish to stop
 */
void link_begin(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/**
 * link_stopped() - was there a signal to end
 *
 * Return: true if so.
 */
bool link_stopped(void)
{
	return stopped;
}

/* From then on, once a second: a tick between a check and a wait is made up for. */
static void tick_after(uint32_t seconds)
{
	struct itimerval t = {
		.it_value.tv_sec = seconds, .it_interval.tv_sec = seconds ? 1 : 0,
	};

	setitimer(ITIMER_REAL, &t, NULL);
}

/**
 * link_failed() - note what went wrong, unless something did before
 * @l: a connection
 * @format: as printf
 *
 * Return: false.
 */
bool link_failed(struct link *l, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (!l->error[0])
		vsnprintf(l->error, sizeof(l->error), format, ap);
	va_end(ap);
	return false;
}

static bool setup_failed(struct link *l, const char *what)
{
	int err = errno;

	if (err == EINTR)
		return link_failed(l, stopped ? "%s: stopped by a signal" :
				   "%s: not done in time; is the other side alive?", what);
	return link_failed(l, "%s: %s", what, strerror(err));
}

/* --- making --- */

/**
 * link_listen() - listen
 * @l: zeroed; to be closed whatever the result
 * @at: address with port; 0 picks one
 *
 * Return: false with @error.
 */
bool link_listen(struct link *l, const struct sockaddr *at)
{
	if (rdma_create_id(NULL, &l->id, NULL, RDMA_PS_TCP) ||
	    rdma_bind_addr(l->id, (struct sockaddr *)(uintptr_t)at) || rdma_listen(l->id, 16))
		return setup_failed(l, "listening");
	return true;
}

static void take_hello(struct link *l)
{
	const struct rdma_conn_param *p = &l->id->event->param.conn;
	size_t len = p->private_data_len;

	if (len > sizeof(l->hello))
		len = sizeof(l->hello);
	if (len)
		memcpy(l->hello, p->private_data, len);
}

/**
 * link_request() - wait for a connection request
 * @l: a listener
 * @r: zeroed; filled with the request, to be closed
 * @limit_s: how long
 *
 * Return: false if none came, with @error of @l.
 */
bool link_request(struct link *l, struct link *r, uint32_t limit_s)
{
	tick_after(limit_s);
	if (stopped || rdma_get_request(l->id, &r->id)) {
		r->id = NULL;
		if (!stopped && errno == EINTR)
			return link_failed(l, "no client for %u s; start one, or give --timeout",
					   limit_s);
		return setup_failed(l, "waiting for a client");
	}
	take_hello(r);
	return true;
}

/**
 * link_resolve() - find the device that leads to an address
 * @l: zeroed; to be closed whatever the result
 * @to: address with port
 * @limit_s: for this, the connecting and all that follows
 *
 * Return: false with @error.
 */
bool link_resolve(struct link *l, const struct sockaddr *to, uint32_t limit_s)
{
	l->deadline_ns = link_now_ns() + limit_s * SECOND;
	tick_after(limit_s);
	if (rdma_create_id(NULL, &l->id, NULL, RDMA_PS_TCP))
		return setup_failed(l, "no RDMA connection manager (modprobe rdma_ucm)");
	if (rdma_resolve_addr(l->id, NULL, (struct sockaddr *)(uintptr_t)to, RESOLVE_MS))
		return setup_failed(l, "no RDMA device leads there (see 'rdma link')");
	if (rdma_resolve_route(l->id, RESOLVE_MS))
		return setup_failed(l, "no route by RDMA (see 'rdma link')");
	return true;
}

static bool make_memory(struct link *l)
{
	const struct link_shape *s = &l->shape;
	size_t ring = (size_t)s->recv_size * s->recv_count;
	size_t table = (ring + 63) / 64 * 64;
	size_t source = (table + s->table_len + 4095) / 4096 * 4096;
	size_t sink = (source + s->source_len + 4095) / 4096 * 4096;
	int access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ;
	void *p;

	l->memory_len = sink + s->sink_len;
	p = mmap(NULL, l->memory_len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (p == MAP_FAILED)
		return link_failed(l, "no memory for %zu bytes; less --depth or --size",
				   l->memory_len);
	l->memory = p;
	l->table = l->memory + table;
	l->source = l->memory + source;
	l->sink = l->memory + sink;
	link_pattern(l->source, s->source_len);
	/* iWARP answers a READ by writing into the sink as if from afar. */
	if (l->id->verbs->device->transport_type == IBV_TRANSPORT_IWARP)
		access |= IBV_ACCESS_REMOTE_WRITE;
	l->mr = ibv_reg_mr(l->pd, l->memory, l->memory_len, access);
	if (!l->mr)
		return link_failed(l, "cannot register %zu bytes: %s; see 'ulimit -l'",
				   l->memory_len, strerror(errno));
	return true;
}

static bool make_queue_pair(struct link *l)
{
	struct ibv_qp_init_attr attr = {
		.qp_type = IBV_QPT_RC, .send_cq = l->cq, .recv_cq = l->cq,
		.cap = { .max_send_wr = l->shape.sends, .max_recv_wr = l->shape.recv_count,
			 .max_send_sge = 1, .max_recv_sge = 1, .max_inline_data = INLINE_WANTED },
	};
	struct ibv_qp_init_attr again = attr;

	if (!rdma_create_qp(l->id, l->pd, &attr)) {
		l->max_inline = attr.cap.max_inline_data;
		return true;
	}
	again.cap.max_inline_data = 0;
	if (rdma_create_qp(l->id, l->pd, &again))
		return setup_failed(l, "no queue pair; less --depth");
	return true;
}

static void repost(struct link *l, uint32_t slot)
{
	struct ibv_recv_wr *wr = &l->recv_wr[l->reposts];
	struct ibv_sge *sge = &l->recv_sge[l->reposts];

	sge->addr = (uintptr_t)(l->memory + (size_t)slot * l->shape.recv_size);
	sge->length = l->shape.recv_size;
	sge->lkey = l->mr->lkey;
	wr->wr_id = (uint64_t)LINK_RECV << 32 | slot;
	wr->sg_list = sge;
	wr->num_sge = 1;
	wr->next = NULL;
	if (l->reposts)
		wr[-1].next = wr;
	l->reposts++;
}

/**
 * link_make() - make queues and memory, post all receives
 * @l: resolved, or a request
 * @shape: what is needed
 *
 * Return: false with @error.
 */
bool link_make(struct link *l, const struct link_shape *shape)
{
	uint32_t i;

	l->shape = *shape;
	l->pd = ibv_alloc_pd(l->id->verbs);
	l->channel = ibv_create_comp_channel(l->id->verbs);
	if (!l->pd || !l->channel)
		return setup_failed(l, "no protection domain or completion channel");
	l->cq = ibv_create_cq(l->id->verbs, (int)(shape->sends + shape->recv_count), NULL,
			      l->channel, 0);
	if (!l->cq)
		return setup_failed(l, "no completion queue; less --depth");
	if (!make_memory(l) || !make_queue_pair(l))
		return false;
	for (i = 0; i < shape->recv_count; i++) {
		repost(l, i);
		if (l->reposts == LINK_BATCH && !link_flush(l))
			return false;
	}
	return link_flush(l);
}

static uint8_t least(uint32_t a, int device)
{
	uint32_t b = device < 0 ? 0 : (uint32_t)device;

	return (uint8_t)(a < b ? a : b);
}

/* RNR is not tried again: it would be a fault of the test, and shows. */
static bool parameters(struct link *l, struct rdma_conn_param *p, const void *hello, uint8_t len,
		       uint8_t answers, uint8_t asks)
{
	struct ibv_device_attr device;

	if (ibv_query_device(l->id->verbs, &device))
		return setup_failed(l, "asking the device");
	*p = (struct rdma_conn_param){
		.private_data = hello, .private_data_len = len,
		.responder_resources = least(answers, device.max_qp_rd_atom),
		.initiator_depth = least(asks, device.max_qp_init_rd_atom),
		.retry_count = 7, .rnr_retry_count = 0,
	};
	return true;
}

/**
 * link_connect() - connect
 * @l: resolved and made
 * @hello: private data
 * @len: bytes of it
 *
 * Return: false with @error.
 */
bool link_connect(struct link *l, const void *hello, uint8_t len)
{
	struct rdma_conn_param p;

	if (!parameters(l, &p, hello, len, 128, 128))
		return false;
	if (rdma_connect(l->id, &p)) {
		if (errno == ECONNREFUSED)
			return link_failed(l, "refused; start this build's 'raw_bench --server'");
		return setup_failed(l, "connecting");
	}
	take_hello(l);
	l->established = true;
	tick_after(1);
	return true;
}

/**
 * link_accept() - accept a request
 * @l: a request, made
 * @hello: private data
 * @len: bytes of it
 * @limit_s: for this and all that follows
 *
 * Return: false with @error.
 */
bool link_accept(struct link *l, const void *hello, uint8_t len, uint32_t limit_s)
{
	const struct rdma_conn_param *asked = &l->id->event->param.conn;
	struct rdma_conn_param p;

	l->deadline_ns = link_now_ns() + limit_s * SECOND;
	tick_after(limit_s);
	if (!parameters(l, &p, hello, len, asked->responder_resources, asked->initiator_depth))
		return false;
	if (rdma_accept(l->id, &p))
		return setup_failed(l, "accepting");
	l->established = true;
	tick_after(1);
	return true;
}

/**
 * link_reject() - refuse a request
 * @l: a request
 */
void link_reject(struct link *l)
{
	rdma_reject(l->id, NULL, 0);
}

/* --- posting --- */

/**
 * link_flush() - post everything gathered, in two calls
 * @l: a connection
 *
 * Receives first: what we send may be answered.
 *
 * Return: false with @error.
 */
bool link_flush(struct link *l)
{
	struct ibv_recv_wr *bad_recv;
	struct ibv_send_wr *bad_send;

	if (l->reposts && ibv_post_recv(l->id->qp, l->recv_wr, &bad_recv))
		return link_failed(l, "posting receives: %s", strerror(errno));
	l->reposts = 0;
	if (l->chained && ibv_post_send(l->id->qp, l->send_wr, &bad_send))
		return link_failed(l, "posting sends: %s", strerror(errno));
	l->chained = 0;
	return true;
}

static struct ibv_send_wr *next_request(struct link *l, const void *local, uint32_t len,
					uint32_t kind, bool signalled)
{
	struct ibv_send_wr *wr;
	struct ibv_sge *sge;

	if (l->chained == LINK_BATCH && !link_flush(l))
		return NULL;
	wr = &l->send_wr[l->chained];
	sge = &l->send_sge[l->chained];
	sge->addr = (uintptr_t)local;
	sge->length = len;
	sge->lkey = l->mr->lkey;
	l->posted++;
	*wr = (struct ibv_send_wr){
		.wr_id = (uint64_t)kind << 32 | l->posted, .sg_list = sge, .num_sge = 1,
	};
	if (signalled || l->posted % l->shape.signal_every == 0)
		wr->send_flags = IBV_SEND_SIGNALED;
	if (l->chained)
		wr[-1].next = wr;
	l->chained++;
	return wr;
}

/**
 * link_send() - gather a SEND
 * @l: a connection with room
 * @data: in its memory
 * @len: bytes of it
 *
 * Return: false with @error.
 */
bool link_send(struct link *l, const void *data, uint32_t len)
{
	struct ibv_send_wr *wr = next_request(l, data, len, LINK_SEND, false);

	if (!wr)
		return false;
	wr->opcode = IBV_WR_SEND;
	if (len <= l->max_inline)
		wr->send_flags |= IBV_SEND_INLINE;
	return true;
}

/**
 * link_read() - gather an RDMA READ
 * @l: a connection with room
 * @to: in its memory
 * @from: the peer's address
 * @rkey: the peer's key
 * @len: bytes
 * @signalled: completes visibly
 *
 * Return: false with @error.
 */
bool link_read(struct link *l, void *to, uint64_t from, uint32_t rkey, uint32_t len,
	       bool signalled)
{
	struct ibv_send_wr *wr = next_request(l, to, len, LINK_READ, signalled);

	if (!wr)
		return false;
	wr->opcode = IBV_WR_RDMA_READ;
	wr->wr.rdma.remote_addr = from;
	wr->wr.rdma.rkey = rkey;
	return true;
}

/* --- waiting --- */

/* Take one event of the CM; it blocks if there is none. */
static bool take_event(struct link *l)
{
	struct rdma_cm_event *ev;

	if (rdma_get_cm_event(l->id->channel, &ev))
		return errno == EINTR || setup_failed(l, "connection manager");
	if (ev->event == RDMA_CM_EVENT_DISCONNECTED || ev->event == RDMA_CM_EVENT_DEVICE_REMOVAL)
		l->ended = true;
	rdma_ack_cm_event(ev);
	return true;
}

/* The clock has ticked: is it too late, or is the peer gone? */
static bool still_going(struct link *l)
{
	struct pollfd p = { .fd = l->id->channel->fd, .events = POLLIN };

	if (stopped)
		return link_failed(l, "stopped by a signal");
	if (link_now_ns() > l->deadline_ns)
		return link_failed(l, "not done in time; smaller --count, or a larger --timeout");
	if (poll(&p, 1, 0) > 0 && !take_event(l))
		return false;
	if (l->ended)
		return link_failed(l, "the other side went away; see what it said");
	return true;
}

static bool next_completion_event(struct link *l)
{
	struct ibv_cq *cq;
	void *context;

	while (ibv_get_cq_event(l->channel, &cq, &context)) {
		if (errno != EINTR)
			return link_failed(l, "completion channel: %s", strerror(errno));
		if (!still_going(l))
			return false;
	}
	l->events++;
	return true;
}

/**
 * link_wait() - post what was gathered, wait until something completes
 * @l: a connection
 *
 * Receive buffers that completed are gathered for posting: what they hold is to be
 * looked at before the next call.
 *
 * Return: completions in @wc, at least 1; or -1 with @error.
 */
int link_wait(struct link *l)
{
	int n, i;

	if (!link_flush(l))
		return -1;
	n = ibv_poll_cq(l->cq, LINK_BATCH, l->wc);
	while (!n) {
		/* Armed first, polled after: else one between the two would wake nobody. */
		if (ibv_req_notify_cq(l->cq, 0)) {
			link_failed(l, "arming the completion queue: %s", strerror(errno));
			return -1;
		}
		n = ibv_poll_cq(l->cq, LINK_BATCH, l->wc);
		if (n)
			break;
		if (!next_completion_event(l))
			return -1;
		n = ibv_poll_cq(l->cq, LINK_BATCH, l->wc);
	}
	for (i = 0; i < n; i++) {
		const struct ibv_wc *wc = &l->wc[i];

		if (wc->status != IBV_WC_SUCCESS) {
			link_failed(l, "a work request failed: %s; see what the other side said",
				    ibv_wc_status_str(wc->status));
			return -1;
		}
		if (link_kind(wc) == LINK_RECV)
			repost(l, (uint32_t)wc->wr_id);
		else
			l->done = (uint32_t)wc->wr_id;
	}
	if (n < 0)
		link_failed(l, "polling the completion queue");
	return n;
}

/**
 * link_wait_end() - wait until the peer disconnects
 * @l: a connection
 *
 * Return: false with @error.
 */
bool link_wait_end(struct link *l)
{
	while (!l->ended) {
		if (!take_event(l))
			return false;
		if (l->ended)
			break;
		if (stopped || link_now_ns() > l->deadline_ns)
			return link_failed(l, "the client does not disconnect");
	}
	return true;
}

/* --- ending --- */

/**
 * link_close() - disconnect, free everything
 * @l: as filled, perhaps in part
 */
void link_close(struct link *l)
{
	/* Its answer is waited for, at most until the next tick. */
	if (l->established && !l->ended)
		rdma_disconnect(l->id);
	tick_after(0);
	if (l->id && l->id->qp)
		rdma_destroy_qp(l->id);
	if (l->mr)
		ibv_dereg_mr(l->mr);
	if (l->cq) {
		ibv_ack_cq_events(l->cq, l->events);
		ibv_destroy_cq(l->cq);
	}
	if (l->channel)
		ibv_destroy_comp_channel(l->channel);
	if (l->pd)
		ibv_dealloc_pd(l->pd);
	if (l->memory)
		munmap(l->memory, l->memory_len);
	if (l->id)
		rdma_destroy_id(l->id);
	l->id = NULL;
}
