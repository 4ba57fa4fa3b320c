// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams that RDMA CM connects, as daemons with ms_async_rdma_cm=true do. The handler
 * notes what happened; the work acts on it. There is no private data either way.
 */
#include <rdma/rdma_cm.h>

#include "stream.h"

static u32 event_fault(const struct rdma_cm_event *ev)
{
	switch (ev->event) {
	case RDMA_CM_EVENT_ADDR_ERROR:
		return ev->status == -ENODEV ? CXIO_FAULT_NO_DEVICE : CXIO_FAULT_UNREACHABLE;
	case RDMA_CM_EVENT_ROUTE_ERROR:
	case RDMA_CM_EVENT_ADDR_CHANGE:
		return CXIO_FAULT_UNREACHABLE;
	case RDMA_CM_EVENT_UNREACHABLE:
		return CXIO_FAULT_TIMEOUT;
	case RDMA_CM_EVENT_REJECTED:
		return CXIO_FAULT_REFUSED;
	case RDMA_CM_EVENT_CONNECT_ERROR:
		return ev->status == -ECONNREFUSED ? CXIO_FAULT_REFUSED : CXIO_FAULT_UNREACHABLE;
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		return CXIO_FAULT_DEVICE;
	case RDMA_CM_EVENT_DISCONNECTED:
		return CXIO_FAULT_PEER_GONE;
	default:
		return CXIO_FAULT_NONE;
	}
}

static int cm_event(struct rdma_cm_id *id, struct rdma_cm_event *ev)
{
	struct cxio_rs *s = id->context;
	u32 fault = event_fault(ev);

	spin_lock_bh(&s->shown.lock);
	s->cm_events |= BIT(ev->event);
	if (fault)
		cxio_rs_fault_locked(s, fault);
	spin_unlock_bh(&s->shown.lock);
	cxio_rs_kick(s);
	return 0;
}

/**
 * cxio_rs_cm_connect() - begin to connect by RDMA CM
 * @s: the stream
 *
 * Context: the work.
 */
void cxio_rs_cm_connect(struct cxio_rs *s)
{
	struct sockaddr_storage peer = s->shown.peer;
	struct rdma_cm_id *id;
	int err;

	id = rdma_create_id(s->shown.net, cm_event, s, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id)) {
		cxio_rs_fault(s, CXIO_FAULT_NO_MEMORY);
		return;
	}
	cxio_rs_get(s);
	s->cm_id = id;
	err = rdma_resolve_addr(id, NULL, (struct sockaddr *)&peer, CXIO_EXCHANGE_RESOLVE_MS);
	if (err)
		cxio_rs_fault(s, err == -ENODEV ? CXIO_FAULT_NO_DEVICE :
			      CXIO_FAULT_UNREACHABLE);
}

static u32 join_device(struct cxio_rs *s)
{
	struct rdma_cm_id *id = s->cm_id;

	if (!cxio_rs_device_fits(s, id->device, id->port_num))
		return CXIO_FAULT_NO_DEVICE;
	if (cxio_device_join(&s->user, id->device))
		return CXIO_FAULT_DEVICE;
	s->dev = id->device;
	spin_lock_bh(&s->shown.lock);
	strscpy(s->shown.device, dev_name(&s->dev->dev), sizeof(s->shown.device));
	s->shown.port = id->port_num;
	rdma_read_gids(id, &s->shown.gid, &s->shown.peer_gid);
	spin_unlock_bh(&s->shown.lock);
	return CXIO_FAULT_NONE;
}

/*
 * Of all that a request can ask for, daemons have zero but for the retries. What it says of
 * RNR is what the daemon's queue pair is set to: it is to wait for our slots as long as it
 * takes. Its answer says 0: where it has no slot, the stream is lost.
 */
static void connect_queue_pair(struct cxio_rs *s)
{
	struct rdma_conn_param param = {
		.retry_count = CXIO_EXCHANGE_RETRIES,
		.rnr_retry_count = CXIO_EXCHANGE_RNR_RETRIES,
	};
	u32 fault = join_device(s) ?: cxio_rs_qp_create(s);
	int err;

	if (!fault) {
		rdma_set_min_rnr_timer(s->cm_id, CXIO_EXCHANGE_RNR_TIMER);
		err = rdma_connect(s->cm_id, &param);
		if (err)
			fault = CXIO_FAULT_UNREACHABLE;
	}
	if (fault)
		cxio_rs_fault(s, fault);
}

/**
 * cxio_rs_cm_serve() - act on what the handler has noted
 * @s: the stream
 *
 * Context: the work.
 */
void cxio_rs_cm_serve(struct cxio_rs *s)
{
	unsigned long events;

	spin_lock_bh(&s->shown.lock);
	events = s->failed ? 0 : s->cm_events;
	s->cm_events = 0;
	spin_unlock_bh(&s->shown.lock);
	if ((events & BIT(RDMA_CM_EVENT_ADDR_RESOLVED)) &&
	    rdma_resolve_route(s->cm_id, CXIO_EXCHANGE_RESOLVE_MS))
		cxio_rs_fault(s, CXIO_FAULT_UNREACHABLE);
	if (events & BIT(RDMA_CM_EVENT_ROUTE_RESOLVED))
		connect_queue_pair(s);
	if (events & BIT(RDMA_CM_EVENT_ESTABLISHED))
		cxio_rs_connected(s);
}

/**
 * cxio_rs_cm_disconnect() - tell the peer that this is the end
 * @s: the stream, which need not be one of RDMA CM's
 *
 * Context: the work.
 */
void cxio_rs_cm_disconnect(struct cxio_rs *s)
{
	if (s->cm_id && s->qp)
		rdma_disconnect(s->cm_id);
}

/**
 * cxio_rs_cm_destroy() - destroy the CM id
 * @s: the stream, without a queue pair; there may be no id
 *
 * Context: the work.
 */
void cxio_rs_cm_destroy(struct cxio_rs *s)
{
	if (!s->cm_id)
		return;
	rdma_destroy_id(s->cm_id);
	s->cm_id = NULL;
	/* The reference of the id's context. */
	cxio_rs_put(s);
}
