// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stream's queue pair with what belongs to it, and the states that it is driven through
 * where no CM does that.
 */
#include <rdma/ib_cache.h>

#include "stream.h"

/**
 * cxio_rs_device_fits() - does a device carry Ceph's stream?
 * @s: the stream
 * @dev: the device that leads to its peer
 * @port: by which of its ports
 *
 * iWARP's does not: it has no RNR, which holds back the sender here, and its CM connects
 * TCP while the work waits.
 *
 * Context: any. Return: true if so; else the log says why.
 */
bool cxio_rs_device_fits(struct cxio_rs *s, struct ib_device *dev, u32 port)
{
	if (!rdma_protocol_iwarp(dev, port))
		return true;
	pr_err_ratelimited("%pISpc: %s is iWARP; only InfiniBand and RoCE carry Ceph's stream\n",
			   &s->shown.peer, dev_name(&dev->dev));
	return false;
}

static int to_init(struct cxio_rs *s)
{
	struct ib_qp_attr attr = {
		.qp_state = IB_QPS_INIT,
		.port_num = s->shown.port,
	};

	/* The peer may do nothing but send. */
	return ib_modify_qp(s->qp, &attr, IB_QP_STATE | IB_QP_PKEY_INDEX | IB_QP_PORT |
			    IB_QP_ACCESS_FLAGS);
}

static void fill_path(struct cxio_rs *s, struct rdma_ah_attr *ah)
{
	const struct cxio_exchange_id *peer = &s->exchange.peer;

	ah->type = rdma_ah_find_type(s->dev, s->shown.port);
	rdma_ah_set_port_num(ah, s->shown.port);
	rdma_ah_set_sl(ah, CXIO_EXCHANGE_SL);
	rdma_ah_set_grh(ah, NULL, 0, s->gid->index, s->addr.hoplimit,
			CXIO_EXCHANGE_TRAFFIC_CLASS);
	rdma_ah_set_dgid_raw(ah, (void *)peer->gid);
	if (ah->type == RDMA_AH_ATTR_TYPE_ROCE)
		memcpy(ah->roce.dmac, s->addr.dst_dev_addr, sizeof(ah->roce.dmac));
	else
		rdma_ah_set_dlid(ah, peer->lid);
}

static int to_rtr(struct cxio_rs *s)
{
	struct ib_qp_attr attr = {
		.qp_state = IB_QPS_RTR,
		.path_mtu = ib_mtu_int_to_enum(CXIO_EXCHANGE_MTU),
		.dest_qp_num = s->exchange.peer.qpn,
		.rq_psn = s->exchange.peer.psn,
		.max_dest_rd_atomic = CXIO_EXCHANGE_READS,
		.min_rnr_timer = CXIO_EXCHANGE_RNR_TIMER,
	};

	fill_path(s, &attr.ah_attr);
	return ib_modify_qp(s->qp, &attr, IB_QP_STATE | IB_QP_AV | IB_QP_PATH_MTU |
			    IB_QP_DEST_QPN | IB_QP_RQ_PSN | IB_QP_MAX_DEST_RD_ATOMIC |
			    IB_QP_MIN_RNR_TIMER);
}

static int to_rts(struct cxio_rs *s)
{
	struct ib_qp_attr attr = {
		.qp_state = IB_QPS_RTS,
		.timeout = CXIO_EXCHANGE_TIMEOUT,
		.retry_cnt = CXIO_EXCHANGE_RETRIES,
		.rnr_retry = CXIO_EXCHANGE_RNR_RETRIES,
		.sq_psn = s->exchange.own.psn,
		.max_rd_atomic = CXIO_EXCHANGE_READS,
	};

	return ib_modify_qp(s->qp, &attr, IB_QP_STATE | IB_QP_TIMEOUT | IB_QP_RETRY_CNT |
			    IB_QP_RNR_RETRY | IB_QP_SQ_PSN | IB_QP_MAX_QP_RD_ATOMIC);
}

/* Room for the end of the stream, and for what ib_drain_qp() posts. */
static int make_qp(struct cxio_rs *s, struct ib_cq *cq)
{
	struct ib_qp_init_attr attr = {
		.qp_type = IB_QPT_RC,
		.sq_sig_type = IB_SIGNAL_REQ_WR,
		.send_cq = cq,
		.recv_cq = cq,
		.port_num = s->shown.port,
		.cap = {
			.max_send_wr = s->shown.send_slots + 2,
			.max_recv_wr = s->shown.recv_slots + 1,
			.max_send_sge = s->chunks,
			.max_recv_sge = s->chunks,
		},
	};
	struct ib_qp *qp;
	int err;

	if (s->cm_id) {
		err = rdma_create_qp(s->cm_id, s->pd, &attr);
		if (!err)
			s->qp = s->cm_id->qp;
		return err;
	}
	qp = ib_create_qp(s->pd, &attr);
	if (IS_ERR(qp))
		return PTR_ERR(qp);
	s->qp = qp;
	err = to_init(s);
	/* A queue pair that is in RESET cannot be drained. */
	if (err) {
		ib_destroy_qp(qp);
		s->qp = NULL;
	}
	return err;
}

static int make_all(struct cxio_rs *s, u32 most)
{
	struct ib_pd *pd = ib_alloc_pd(s->dev, 0);
	struct ib_cq *cq;

	if (IS_ERR(pd))
		return PTR_ERR(pd);
	s->pd = pd;
	s->cq_entries = s->shown.send_slots + s->shown.recv_slots + 3;
	cq = cxio_portal_cq_get(s->dev, s->cq_entries);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	s->cq = cq;
	return cxio_rs_slots_make(s, most) ?: make_qp(s, cq) ?: cxio_rs_slots_post(s);
}

/**
 * cxio_rs_qp_create() - all that a stream needs of its device, slots posted
 * @s: a stream with a device
 *
 * Context: the work. Return: why it did not work, or CXIO_FAULT_NONE; cxio_rs_qp_destroy()
 * undoes a part as well.
 */
u32 cxio_rs_qp_create(struct cxio_rs *s)
{
	u32 most = min(s->dev->attrs.max_send_sge, s->dev->attrs.max_recv_sge);
	int err;

	if (max(s->shown.send_slots, s->shown.recv_slots) + 2 > s->dev->attrs.max_qp_wr) {
		pr_err_ratelimited("%s takes %d work requests: send_size or recv_slots is more\n",
				   s->shown.device, s->dev->attrs.max_qp_wr);
		return CXIO_FAULT_NO_DEVICE;
	}
	err = make_all(s, most);
	if (!err)
		return CXIO_FAULT_NONE;
	if (err == -EMSGSIZE) {
		pr_err_ratelimited("%s takes at most %lu bytes in a SEND: buffer_size is more\n",
				   s->shown.device, most * CXIO_CHUNK);
		return CXIO_FAULT_NO_DEVICE;
	}
	pr_notice_ratelimited("%pISpc: no queue pair on %s: error %d\n", &s->shown.peer,
			      s->shown.device, err);
	return err == -ENOMEM ? CXIO_FAULT_NO_MEMORY : CXIO_FAULT_TRANSPORT;
}

/**
 * cxio_rs_qp_ready() - have the queue pair receive and send
 * @s: a stream whose exchange has told it of the peer, and the way to whom is known
 *
 * Context: the work. Return: why it did not work, or CXIO_FAULT_NONE.
 */
u32 cxio_rs_qp_ready(struct cxio_rs *s)
{
	bool roce = rdma_protocol_roce(s->dev, s->shown.port);
	int err;

	/* Nor a group's: a broadcast address of this network may have been offered. */
	if (roce && !is_valid_ether_addr(s->addr.dst_dev_addr))
		return CXIO_FAULT_UNREACHABLE;
	spin_lock_bh(&s->shown.lock);
	if (roce)
		memcpy(s->shown.peer_mac, s->addr.dst_dev_addr, sizeof(s->shown.peer_mac));
	s->shown.hop_limit = s->addr.hoplimit;
	spin_unlock_bh(&s->shown.lock);
	err = to_rtr(s) ?: to_rts(s);
	if (!err)
		return CXIO_FAULT_NONE;
	pr_notice_ratelimited("%pISpc: the queue pair does not become ready: error %d\n",
			      &s->shown.peer, err);
	return CXIO_FAULT_TRANSPORT;
}

/**
 * cxio_rs_qp_drain() - stop the queue pair, and wait until it has let go of all slots
 * @s: the stream, of which nothing is posted any more; there may be no queue pair
 *
 * Only the local flush is awaited, never the peer.
 *
 * Context: the work.
 */
void cxio_rs_qp_drain(struct cxio_rs *s)
{
	if (s->qp)
		ib_drain_qp(s->qp);
}

/**
 * cxio_rs_qp_destroy() - give everything of the device back
 * @s: the stream, drained; what was never made is passed over
 *
 * Context: the work, when the stream is not connected.
 */
void cxio_rs_qp_destroy(struct cxio_rs *s)
{
	if (s->qp && s->cm_id)
		rdma_destroy_qp(s->cm_id);
	else if (s->qp)
		ib_destroy_qp(s->qp);
	s->qp = NULL;
	if (s->dev)
		cxio_rs_slots_free(s);
	if (s->cq)
		ib_cq_pool_put(s->cq, s->cq_entries);
	s->cq = NULL;
	if (s->pd)
		ib_dealloc_pd(s->pd);
	s->pd = NULL;
	if (s->gid)
		rdma_put_gid_attr(s->gid);
	s->gid = NULL;
	s->dev = NULL;
}
