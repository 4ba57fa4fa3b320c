// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a socket over RDMA has of its device: protection domain, completion queues, slots
 * in registered memory, queue pair.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "../memory.h"
#include "rdma.h"

/* The end of the stream, which has no slot. */
#define FIN_WRS		1u
/* Events that are acknowledged together. */
#define EVENT_DEBT	64u

static const struct cxio_messenger_options *options_of(const struct cxio_rdma *r)
{
	return &r->socket.portal->messenger->options;
}

/* --- the device --- */

static bool is_zero(const union ibv_gid *gid)
{
	return !gid->global.subnet_prefix && !gid->global.interface_id;
}

/* What the peer is told of this side; the connection manager tells that itself. */
static int learn_address(struct cxio_rdma *r)
{
	unsigned int index = options_of(r)->gid_index;
	struct ibv_port_attr attr;
	char text[128];

	if (ibv_query_port(r->verbs, r->port, &attr))
		return cxio_rdma_break(r, -EIO, CXIO_FAULT_TRANSPORT,
				       "the RDMA device does not tell of its port");
	r->lid = attr.lid;
	if (index < (unsigned int)attr.gid_tbl_len &&
	    !ibv_query_gid(r->verbs, r->port, (int)index, &r->gid) && !is_zero(&r->gid))
		return 0;
	snprintf(text, sizeof(text), "%s port %u has no GID %u: choose another gid_index",
		 ibv_get_device_name(r->verbs->device), r->port, index);
	return cxio_rdma_break(r, -EADDRNOTAVAIL, CXIO_FAULT_NO_DEVICE, text);
}

static void set_device(struct cxio_rdma *r, struct ibv_context *verbs)
{
	pthread_mutex_lock(&r->net->lock);
	r->verbs = verbs;
	pthread_mutex_unlock(&r->net->lock);
}

/**
 * cxio_rdma_let_go() - a socket is on no device any more
 * @r: the socket, of which nothing is there
 */
void cxio_rdma_let_go(struct cxio_rdma *r)
{
	struct ibv_context *verbs = r->verbs;

	set_device(r, NULL);
	if (verbs)
		cxio_context_unuse(verbs);
}

/**
 * cxio_rdma_use_device() - a socket is on a device from here on
 * @r: the socket
 * @verbs: the device, as librdmacm has opened it
 * @port: its port
 *
 * Return: 0 or a negative errno: it is broken then.
 */
int cxio_rdma_use_device(struct cxio_rdma *r, struct ibv_context *verbs, u8 port)
{
	if (!verbs)
		return cxio_rdma_break(r, -ENODEV, CXIO_FAULT_NO_DEVICE, NULL);
	if (verbs->device->transport_type != IBV_TRANSPORT_IB)
		return cxio_rdma_break(r, -EOPNOTSUPP, CXIO_FAULT_NO_DEVICE,
				       "only InfiniBand and RoCE carry Ceph's stream, not iWARP");
	/* In this order: if it is removed meanwhile, one of the two notices. */
	set_device(r, verbs);
	if (!cxio_context_use(verbs)) {
		set_device(r, NULL);
		return cxio_rdma_break(r, -ENODEV, CXIO_FAULT_DEVICE, NULL);
	}
	r->port = port;
	return r->id ? 0 : learn_address(r);
}

/**
 * cxio_rdma_find_device() - use the device that has the socket's local address
 * @r: the socket
 *
 * RDMA CM knows, for each kind of device, in this process's network namespace.
 *
 * Return: 0 or a negative errno: it is broken then.
 */
int cxio_rdma_find_device(struct cxio_rdma *r)
{
	struct sockaddr_storage at = r->local;
	struct rdma_cm_id *id;
	int err;

	if (at.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&at)->sin6_port = 0;
	else
		((struct sockaddr_in *)&at)->sin_port = 0;
	if (rdma_create_id(NULL, &id, NULL, RDMA_PS_TCP))
		return cxio_rdma_break(r, -errno, CXIO_FAULT_NO_DEVICE,
				       "no RDMA CM; load the kernel module rdma_ucm");
	if (rdma_bind_addr(id, (struct sockaddr *)&at) || !id->verbs)
		err = cxio_rdma_break(r, -ENODEV, CXIO_FAULT_NO_DEVICE,
				      "no RDMA device has the TCP connection's local address");
	else
		err = cxio_rdma_use_device(r, id->verbs, id->port_num);
	rdma_destroy_id(id);
	return err;
}

/* --- the queue pair --- */

static int make_ring(struct cxio_rdma *r)
{
	u32 recv = options_of(r)->buffers;
	u32 send = cxio_send_slots_for(CXIO_SEND_BYTES, options_of(r)->buffer_size);
	size_t bytes;
	void *ring;

	r->size = options_of(r)->buffer_size;
	bytes = (size_t)(recv + send) * r->size;
	/* Whole pages: nothing else shares a page that the device may write. */
	if (posix_memalign(&ring, 4096, bytes + CXIO_MEMORY_TAIL))
		return -ENOMEM;
	r->ring = ring;
	memset(ring, 0, bytes);
	cxio_recv_slots_init(&r->recv, r->recv_len, recv, r->size);
	cxio_send_slots_init(&r->send, send, r->size);
	r->mr = cxio_region_new(r->pd, ring, bytes + CXIO_MEMORY_TAIL, IBV_ACCESS_LOCAL_WRITE,
				true);
	if (!r->mr)
		return errno ? -errno : -ENOMEM;
	return 0;
}

static int make_channel(struct cxio_rdma *r)
{
	r->comp = ibv_create_comp_channel(r->verbs);
	if (!r->comp)
		return -errno;
	r->completions.fd = r->comp->fd;
	return fcntl(r->comp->fd, F_SETFL, O_NONBLOCK) ? -errno : 0;
}

static int make_cq(struct cxio_rdma *r, struct cxio_rdma_cq *q, u32 depth)
{
	q->cq = ibv_create_cq(r->verbs, (int)depth, r, r->comp, 0);
	return q->cq ? 0 : -errno;
}

static int to_init(struct cxio_rdma *r)
{
	/* Nobody reaches memory of ours but by SENDs. */
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT, .port_num = r->port,
	};

	return -ibv_modify_qp(r->qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
			      IBV_QP_ACCESS_FLAGS);
}

static int make_pair(struct cxio_rdma *r)
{
	struct ibv_qp_init_attr attr = {
		.send_cq = r->send_cq.cq,
		.recv_cq = r->recv_cq.cq,
		.qp_type = IBV_QPT_RC,
		.sq_sig_all = 1,
		.cap = {
			.max_send_wr = r->send.count + FIN_WRS,
			.max_recv_wr = r->recv.count,
			.max_send_sge = 1,
			.max_recv_sge = 1,
		},
	};

	errno = 0;
	if (r->id) {
		if (rdma_create_qp(r->id, r->pd, &attr))
			return errno ? -errno : -ENOMEM;
		r->qp = r->id->qp;
		return 0;
	}
	r->qp = ibv_create_qp(r->pd, &attr);
	if (!r->qp)
		return errno ? -errno : -ENOMEM;
	return to_init(r);
}

static int make_all(struct cxio_rdma *r)
{
	int err;

	r->pd = ibv_alloc_pd(r->verbs);
	if (!r->pd)
		return errno ? -errno : -ENOMEM;
	err = make_ring(r);
	if (!err)
		err = make_channel(r);
	if (!err)
		err = make_cq(r, &r->recv_cq, r->recv.count);
	if (!err)
		err = make_cq(r, &r->send_cq, r->send.count + FIN_WRS);
	if (!err)
		err = make_pair(r);
	return err ? err : cxio_rdma_post_all(r);
}

/**
 * cxio_rdma_make_qp() - all a socket needs of its device, receives posted
 * @r: a socket on a device
 *
 * Return: 0 or a negative errno: it is broken then.
 */
int cxio_rdma_make_qp(struct cxio_rdma *r)
{
	int err = make_all(r);
	char text[128];

	if (!err)
		return 0;
	snprintf(text, sizeof(text), "creating the queue pair failed: %s%s", strerror(-err),
		 err == -ENOMEM ? "; is 'ulimit -l' high enough?" : "");
	return cxio_rdma_break(r, err, CXIO_FAULT_NO_MEMORY, text);
}

static int to_rtr(struct cxio_rdma *r)
{
	const struct cxio_exchange_id *peer = &r->exchange.peer;
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = IBV_MTU_1024,
		.dest_qp_num = peer->qpn,
		.rq_psn = peer->psn,
		.max_dest_rd_atomic = CXIO_EXCHANGE_READS,
		.min_rnr_timer = CXIO_EXCHANGE_RNR_TIMER,
		.ah_attr = {
			.is_global = 1,
			.dlid = peer->lid,
			.sl = CXIO_EXCHANGE_SL,
			.port_num = r->port,
			.grh = {
				.sgid_index = (u8)options_of(r)->gid_index,
				.hop_limit = CXIO_EXCHANGE_HOP_LIMIT,
				.traffic_class = CXIO_EXCHANGE_TRAFFIC_CLASS,
			},
		},
	};

	static_assert(CXIO_EXCHANGE_MTU == 1024, "path_mtu");
	memcpy(&attr.ah_attr.grh.dgid, peer->gid, CXIO_GID);
	return -ibv_modify_qp(r->qp, &attr, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
			      IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
			      IBV_QP_MIN_RNR_TIMER);
}

static int to_rts(struct cxio_rdma *r)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTS,
		.timeout = CXIO_EXCHANGE_TIMEOUT,
		.retry_cnt = CXIO_EXCHANGE_RETRIES,
		.rnr_retry = CXIO_EXCHANGE_RNR_RETRIES,
		.sq_psn = r->exchange.own.psn,
		.max_rd_atomic = CXIO_EXCHANGE_READS,
	};

	return -ibv_modify_qp(r->qp, &attr, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
			      IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
}

/**
 * cxio_rdma_qp_ready() - let it receive from the peer, and send to it
 * @r: a socket whose exchange has met the peer
 *
 * The kernel resolves the peer's Ethernet address from its GID. Context: may block.
 *
 * Return: 0 or a negative errno.
 */
int cxio_rdma_qp_ready(struct cxio_rdma *r)
{
	int err = to_rtr(r);

	return err ? err : to_rts(r);
}

/**
 * cxio_rdma_quicken() - have a peer that finds no slot try again soon
 * @r: a socket whose queue pair the connection manager has made ready
 *
 * The connection manager's own choice is 655 ms. What cannot be set is slow only.
 */
void cxio_rdma_quicken(struct cxio_rdma *r)
{
	struct ibv_qp_attr attr = { .min_rnr_timer = CXIO_EXCHANGE_RNR_TIMER };

	ibv_modify_qp(r->qp, &attr, IBV_QP_MIN_RNR_TIMER);
}

static void destroy_cq(struct cxio_rdma_cq *q)
{
	if (q->cq) {
		ibv_ack_cq_events(q->cq, q->debt);
		ibv_destroy_cq(q->cq);
	}
	*q = (struct cxio_rdma_cq){ .cq = NULL };
}

/**
 * cxio_rdma_destroy_qp() - give everything of the device back but the device
 * @r: the socket; what was never made is passed over. Its completions are not watched
 */
void cxio_rdma_destroy_qp(struct cxio_rdma *r)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };

	if (r->qp)
		ibv_modify_qp(r->qp, &attr, IBV_QP_STATE);
	if (r->qp && r->id)
		rdma_destroy_qp(r->id);
	else if (r->qp)
		ibv_destroy_qp(r->qp);
	r->qp = NULL;
	/* From here on nothing touches the slots. */
	if (r->mr)
		cxio_region_end(r->mr, true);
	r->mr = NULL;
	free(r->ring);
	r->ring = NULL;
	cxio_recv_slots_init(&r->recv, r->recv_len, 1, r->size);
	destroy_cq(&r->recv_cq);
	destroy_cq(&r->send_cq);
	if (r->comp)
		ibv_destroy_comp_channel(r->comp);
	r->comp = NULL;
	r->completions.fd = -1;
	if (r->pd)
		ibv_dealloc_pd(r->pd);
	r->pd = NULL;
}

/* --- events --- */

static bool arm(struct cxio_rdma_cq *q)
{
	if (q->armed)
		return false;
	q->armed = !ibv_req_notify_cq(q->cq, 0);
	return q->armed;
}

/**
 * cxio_rdma_arm() - be told of what is waited for
 * @r: a socket with a queue pair; what has come by now was seen by this
 */
void cxio_rdma_arm(struct cxio_rdma *r)
{
	bool any = false;

	if (r->in)
		any = arm(&r->recv_cq);
	if (r->out || r->lingers)
		any = arm(&r->send_cq) || any;
	/* What came between the last look and this has no event. */
	if (any)
		cxio_rdma_poll(r);
}

/**
 * cxio_rdma_take_events() - the completion channel has something
 * @r: the socket
 */
void cxio_rdma_take_events(struct cxio_rdma *r)
{
	struct ibv_cq *cq;
	void *context;

	while (!ibv_get_cq_event(r->comp, &cq, &context)) {
		struct cxio_rdma_cq *q = cq == r->recv_cq.cq ? &r->recv_cq : &r->send_cq;

		q->armed = false;
		if (++q->debt < EVENT_DEBT)
			continue;
		ibv_ack_cq_events(q->cq, q->debt);
		q->debt = 0;
	}
}
