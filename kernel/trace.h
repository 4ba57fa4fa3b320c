/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints. A posted work request and its completion have the same carrier and the same
 * cqe, and a cqe is not posted again before it is over: so they can be joined. A work
 * request that is not signalled has a completion only if it failed or was flushed. The
 * connection is the carrier's host at that moment, 0 if it has none yet.
 * Documentation/tracing.rst has recipes.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ceph_xio

#if !defined(CXIO_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define CXIO_TRACE_H

#include <linux/tracepoint.h>
#include <rdma/ib_verbs.h>

#include "ceph_xio.h"

#ifndef CXIO_TRACE_NAMES
#define CXIO_TRACE_NAMES
#define cxio_show_opcode(op)					\
	__print_symbolic(op,					\
		{ IB_WR_SEND, "SEND" },				\
		{ IB_WR_SEND_WITH_INV, "SEND_WITH_INV" },	\
		{ IB_WR_RDMA_READ, "RDMA_READ" },		\
		{ IB_WR_RDMA_WRITE, "RDMA_WRITE" },		\
		{ IB_WR_LOCAL_INV, "LOCAL_INV" },		\
		{ IB_WR_REG_MR, "REG_MR" })

#define cxio_show_wc_status(status)				\
	__print_symbolic(status,				\
		{ IB_WC_SUCCESS, "SUCCESS" },			\
		{ IB_WC_LOC_LEN_ERR, "LOC_LEN_ERR" },		\
		{ IB_WC_LOC_QP_OP_ERR, "LOC_QP_OP_ERR" },	\
		{ IB_WC_LOC_PROT_ERR, "LOC_PROT_ERR" },		\
		{ IB_WC_WR_FLUSH_ERR, "WR_FLUSH_ERR" },		\
		{ IB_WC_LOC_ACCESS_ERR, "LOC_ACCESS_ERR" },	\
		{ IB_WC_REM_INV_REQ_ERR, "REM_INV_REQ_ERR" },	\
		{ IB_WC_REM_ACCESS_ERR, "REM_ACCESS_ERR" },	\
		{ IB_WC_REM_OP_ERR, "REM_OP_ERR" },		\
		{ IB_WC_RETRY_EXC_ERR, "RETRY_EXC_ERR" },	\
		{ IB_WC_RNR_RETRY_EXC_ERR, "RNR_RETRY_EXC_ERR" },	\
		{ IB_WC_GENERAL_ERR, "GENERAL_ERR" })

#define cxio_show_frame(type)					\
	__print_symbolic(type,					\
		{ CXIO_FRAME_MESSAGE, "MESSAGE" },		\
		{ CXIO_FRAME_MORE, "MORE" },			\
		{ CXIO_FRAME_GRANT, "GRANT" },			\
		{ CXIO_FRAME_KEEPALIVE, "KEEPALIVE" },		\
		{ CXIO_FRAME_KEEPALIVE_ACK, "KEEPALIVE_ACK" },	\
		{ CXIO_FRAME_CLOSE, "CLOSE" },			\
		{ CXIO_FRAME_CONNECT, "CONNECT" },		\
		{ CXIO_FRAME_REPLY, "REPLY" },			\
		{ CXIO_FRAME_AUTHORIZER, "AUTHORIZER" },	\
		{ CXIO_FRAME_DONE, "DONE" },			\
		{ CXIO_FRAME_REVOKED, "REVOKED" })

#define cxio_show_state(state)					\
	__print_symbolic(state,					\
		{ CXIO_NEW, "new" },				\
		{ CXIO_CONNECTING, "connecting" },		\
		{ CXIO_OPEN, "open" },				\
		{ CXIO_CLOSING, "closing" },			\
		{ CXIO_DISCONNECTING, "disconnecting" },	\
		{ CXIO_CLOSED, "closed" })
#endif

TRACE_DEFINE_ENUM(IB_WR_SEND);
TRACE_DEFINE_ENUM(IB_WR_SEND_WITH_INV);
TRACE_DEFINE_ENUM(IB_WR_RDMA_READ);
TRACE_DEFINE_ENUM(IB_WR_RDMA_WRITE);
TRACE_DEFINE_ENUM(IB_WR_LOCAL_INV);
TRACE_DEFINE_ENUM(IB_WR_REG_MR);
TRACE_DEFINE_ENUM(IB_WC_SUCCESS);
TRACE_DEFINE_ENUM(IB_WC_LOC_LEN_ERR);
TRACE_DEFINE_ENUM(IB_WC_LOC_QP_OP_ERR);
TRACE_DEFINE_ENUM(IB_WC_LOC_PROT_ERR);
TRACE_DEFINE_ENUM(IB_WC_WR_FLUSH_ERR);
TRACE_DEFINE_ENUM(IB_WC_LOC_ACCESS_ERR);
TRACE_DEFINE_ENUM(IB_WC_REM_INV_REQ_ERR);
TRACE_DEFINE_ENUM(IB_WC_REM_ACCESS_ERR);
TRACE_DEFINE_ENUM(IB_WC_REM_OP_ERR);
TRACE_DEFINE_ENUM(IB_WC_RETRY_EXC_ERR);
TRACE_DEFINE_ENUM(IB_WC_RNR_RETRY_EXC_ERR);
TRACE_DEFINE_ENUM(IB_WC_GENERAL_ERR);
TRACE_DEFINE_ENUM(CXIO_FRAME_MESSAGE);
TRACE_DEFINE_ENUM(CXIO_FRAME_MORE);
TRACE_DEFINE_ENUM(CXIO_FRAME_GRANT);
TRACE_DEFINE_ENUM(CXIO_FRAME_KEEPALIVE);
TRACE_DEFINE_ENUM(CXIO_FRAME_KEEPALIVE_ACK);
TRACE_DEFINE_ENUM(CXIO_FRAME_CLOSE);
TRACE_DEFINE_ENUM(CXIO_FRAME_CONNECT);
TRACE_DEFINE_ENUM(CXIO_FRAME_REPLY);
TRACE_DEFINE_ENUM(CXIO_FRAME_AUTHORIZER);
TRACE_DEFINE_ENUM(CXIO_FRAME_DONE);
TRACE_DEFINE_ENUM(CXIO_FRAME_REVOKED);
TRACE_DEFINE_ENUM(CXIO_NEW);
TRACE_DEFINE_ENUM(CXIO_CONNECTING);
TRACE_DEFINE_ENUM(CXIO_OPEN);
TRACE_DEFINE_ENUM(CXIO_CLOSING);
TRACE_DEFINE_ENUM(CXIO_DISCONNECTING);
TRACE_DEFINE_ENUM(CXIO_CLOSED);

TRACE_EVENT(cxio_post_send,
	TP_PROTO(const struct cxio_xio *x, const struct ib_send_wr *wr, u32 len),
	TP_ARGS(x, wr, len),
	TP_STRUCT__entry(
		__field(u32, net)
		__field(u32, connection)
		__field(u32, carrier)
		__field(const void *, cqe)
		__field(u32, opcode)
		__field(bool, signaled)
		__field(u32, len)
	),
	TP_fast_assign(
		__entry->net = x->messenger->net->ns.inum;
		__entry->connection = READ_ONCE(x->connection);
		__entry->carrier = x->number;
		__entry->cqe = wr->wr_cqe;
		__entry->opcode = wr->opcode;
		__entry->signaled = wr->send_flags & IB_SEND_SIGNALED;
		__entry->len = len;
	),
	TP_printk("net=%u connection=%u carrier=%u cqe=%p opcode=%s signaled=%d len=%u",
		  __entry->net, __entry->connection, __entry->carrier, __entry->cqe,
		  cxio_show_opcode(__entry->opcode), __entry->signaled, __entry->len)
);

/* Each has a completion. */
TRACE_EVENT(cxio_post_recv,
	TP_PROTO(const struct cxio_xio *x, const struct ib_cqe *cqe, u32 len),
	TP_ARGS(x, cqe, len),
	TP_STRUCT__entry(
		__field(u32, net)
		__field(u32, connection)
		__field(u32, carrier)
		__field(const void *, cqe)
		__field(u32, len)
	),
	TP_fast_assign(
		__entry->net = x->messenger->net->ns.inum;
		__entry->connection = READ_ONCE(x->connection);
		__entry->carrier = x->number;
		__entry->cqe = cqe;
		__entry->len = len;
	),
	TP_printk("net=%u connection=%u carrier=%u cqe=%p len=%u", __entry->net,
		  __entry->connection, __entry->carrier, __entry->cqe, __entry->len)
);

TRACE_EVENT(cxio_post_error,
	TP_PROTO(const struct cxio_xio *x, const struct ib_cqe *cqe, int err),
	TP_ARGS(x, cqe, err),
	TP_STRUCT__entry(
		__field(u32, net)
		__field(u32, connection)
		__field(u32, carrier)
		__field(const void *, cqe)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->net = x->messenger->net->ns.inum;
		__entry->connection = READ_ONCE(x->connection);
		__entry->carrier = x->number;
		__entry->cqe = cqe;
		__entry->err = err;
	),
	TP_printk("net=%u connection=%u carrier=%u cqe=%p err=%d", __entry->net,
		  __entry->connection, __entry->carrier, __entry->cqe, __entry->err)
);

DECLARE_EVENT_CLASS(cxio_wc_class,
	TP_PROTO(const struct cxio_xio *x, const struct ib_wc *wc),
	TP_ARGS(x, wc),
	TP_STRUCT__entry(
		__field(u32, net)
		__field(u32, connection)
		__field(u32, carrier)
		__field(const void *, cqe)
		__field(u32, status)
		__field(u32, vendor_err)
		__field(u32, len)
	),
	/* Of a completion that failed nothing else is valid. */
	TP_fast_assign(
		__entry->net = x->messenger->net->ns.inum;
		__entry->connection = READ_ONCE(x->connection);
		__entry->carrier = x->number;
		__entry->cqe = wc->wr_cqe;
		__entry->status = wc->status;
		__entry->vendor_err = wc->status ? wc->vendor_err : 0;
		__entry->len = wc->status ? 0 : wc->byte_len;
	),
	TP_printk("net=%u connection=%u carrier=%u cqe=%p status=%s (%u/0x%x) len=%u",
		  __entry->net, __entry->connection, __entry->carrier, __entry->cqe,
		  cxio_show_wc_status(__entry->status), __entry->status, __entry->vendor_err,
		  __entry->len)
);

DEFINE_EVENT(cxio_wc_class, cxio_wc_send,
	TP_PROTO(const struct cxio_xio *x, const struct ib_wc *wc),
	TP_ARGS(x, wc)
);

DEFINE_EVENT(cxio_wc_class, cxio_wc_recv,
	TP_PROTO(const struct cxio_xio *x, const struct ib_wc *wc),
	TP_ARGS(x, wc)
);

/* The header as it stands in the frame, which nobody has checked yet. */
DECLARE_EVENT_CLASS(cxio_frame_class,
	TP_PROTO(const struct cxio_xio *x, const void *frame, u32 len),
	TP_ARGS(x, frame, len),
	TP_STRUCT__entry(
		__field(u32, net)
		__field(u32, connection)
		__field(u32, carrier)
		__field(u32, len)
		__field(u8, type)
		__field(u8, flags)
		__field(u32, ack)
		__field(u32, grant_frames)
		__field(u32, grant_msgs)
	),
	TP_fast_assign(
		const struct cxio_wire_frame *f = frame;
		bool whole = len >= sizeof(*f);

		__entry->net = x->messenger->net->ns.inum;
		__entry->connection = READ_ONCE(x->connection);
		__entry->carrier = x->number;
		__entry->len = len;
		__entry->type = whole ? f->type : 0;
		__entry->flags = whole ? f->flags : 0;
		__entry->ack = whole ? le32_to_cpu(f->ack) : 0;
		__entry->grant_frames = whole ? le32_to_cpu(f->grant_frames) : 0;
		__entry->grant_msgs = whole ? le32_to_cpu(f->grant_msgs) : 0;
	),
	TP_printk("net=%u connection=%u carrier=%u type=%s flags=0x%x len=%u ack=%u grant_frames=%u grant_msgs=%u",
		  __entry->net, __entry->connection, __entry->carrier,
		  cxio_show_frame(__entry->type), __entry->flags, __entry->len, __entry->ack,
		  __entry->grant_frames, __entry->grant_msgs)
);

DEFINE_EVENT(cxio_frame_class, cxio_frame_in,
	TP_PROTO(const struct cxio_xio *x, const void *frame, u32 len),
	TP_ARGS(x, frame, len)
);

DEFINE_EVENT(cxio_frame_class, cxio_frame_out,
	TP_PROTO(const struct cxio_xio *x, const void *frame, u32 len),
	TP_ARGS(x, frame, len)
);

/* Told when a round of the work that serves a carrier has brought it to another state. */
TRACE_EVENT(cxio_state,
	TP_PROTO(const struct cxio_xio *x),
	TP_ARGS(x),
	TP_STRUCT__entry(
		__field(u32, net)
		__field(u32, connection)
		__field(u32, carrier)
		__field(u32, before)
		__field(u32, now)
		__field(u32, fault)
		__field(bool, by_peer)
	),
	TP_fast_assign(
		__entry->net = x->messenger->net->ns.inum;
		__entry->connection = READ_ONCE(x->connection);
		__entry->carrier = x->number;
		__entry->before = x->traced;
		__entry->now = x->life.state;
		__entry->fault = x->life.fault;
		__entry->by_peer = x->life.by_peer;
	),
	TP_printk("net=%u connection=%u carrier=%u %s -> %s fault=%u by_peer=%d", __entry->net,
		  __entry->connection, __entry->carrier, cxio_show_state(__entry->before),
		  cxio_show_state(__entry->now), __entry->fault, __entry->by_peer)
);

#endif /* CXIO_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace

#include <trace/define_trace.h>
