/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages that come in otherwise than in one frame: arrivals, the READs they are for, and
 * memory that the peer may write a reply to.
 *
 * All of it is a carrier's, and is used in the work that serves it, but for what a READ's
 * completion says, in softirq. Regions change with the carrier's @qp_mutex held: a revoke
 * looks at them. An arrival lives until it has neither a message nor a DONE to be sent.
 */
#ifndef CEPH_XIO_ARRIVAL_H
#define CEPH_XIO_ARRIVAL_H

#include <linux/list.h>
#include <rdma/ib_verbs.h>

#include "../common/arrival.h"
#include "../common/channel.h"
#include "../common/hello.h"
#include "cxio.h"
#include "mr.h"

/* READs at once, of each carrier. */
#define CXIO_READS		CXIO_DEFAULT_READ_DEPTH
/* Messages whose memory the peer may write to at once. */
#define CXIO_SINKS		8u
/* Messages that come otherwise than inline when there is no memory: enough to go on. */
#define CXIO_ARRIVALS_MIN	2

struct cxio_xio;

/**
 * struct cxio_arrival - a message that does not come in frames alone
 * @link: among those that owe a DONE, once it is read
 * @carrier: it came on, of whose memory it is
 * @message: the message; NULL once it was delivered
 * @carry: how it travels
 * @footer: once all its frames are here
 * @state: how far it has come
 * @owes: a DONE is to be sent
 * @at: first descriptor that READs were not posted for to its end
 * @at_off: bytes of that they were posted for
 * @count: descriptors
 * @placed: bytes of each segment that READs were posted for
 * @seq: of the message
 * @rkey: key that DONE invalidates, or 0
 * @sink: memory that the peer may write to until this is dead; NULL: there is none, or
 *	it is. Until then it is exposed, says @state
 * @list: descriptors, as they came
 * @desc: descriptors
 */
struct cxio_arrival {
	struct list_head link;
	struct cxio_xio *carrier;
	struct cxio_message *message;
	struct cxio_carry carry;
	struct cxio_msg_footer footer;
	struct cxio_arriving state;
	bool owes;
	u32 at;
	u32 at_off;
	u32 count;
	u32 placed[CXIO_SEGMENTS];
	u64 seq;
	u32 rkey;
	struct cxio_sink *sink;
	u8 list[sizeof(struct cxio_wire_descs) + CXIO_DESCS_MAX * sizeof(struct cxio_wire_desc)];
	struct cxio_desc desc[CXIO_DESCS_MAX];
};

/**
 * enum cxio_read_state - what becomes of a READ
 * @CXIO_READ_FREE: there is none
 * @CXIO_READ_POSTED: it is under way
 * @CXIO_READ_DONE: it has completed; its sink's key is to end
 */
enum cxio_read_state {
	CXIO_READ_FREE,
	CXIO_READ_POSTED,
	CXIO_READ_DONE,
};

/**
 * struct cxio_read - a READ
 * @cqe: completion
 * @carrier: whose it is
 * @state: see there; from POSTED to DONE in softirq
 * @arrival: what it is for
 * @mr: its sink
 * @wr: work request
 * @sge: its memory
 */
struct cxio_read {
	struct ib_cqe cqe;
	struct cxio_xio *carrier;
	enum cxio_read_state state;
	struct cxio_arrival *arrival;
	struct cxio_mr *mr;
	struct ib_rdma_wr wr;
	struct ib_sge sge;
};

/**
 * enum cxio_sink_state - what becomes of memory that is offered for a reply
 * @CXIO_SINK_FREE: there is none
 * @CXIO_SINK_OFFERED: the peer may write to it
 * @CXIO_SINK_DUE: the reply begins to come, or never will: its key is to end
 */
enum cxio_sink_state {
	CXIO_SINK_FREE,
	CXIO_SINK_OFFERED,
	CXIO_SINK_DUE,
};

/**
 * struct cxio_sink - memory that is offered for a reply
 * @state: see there
 * @tid: of the request, and of the reply
 * @reply: whose memory it is; a reference
 * @length: bytes of it
 * @arrival: of the message that waits for its end, or NULL
 * @mr: its key; of the pool that a revoke looks at, and ends
 */
struct cxio_sink {
	enum cxio_sink_state state;
	u64 tid;
	struct cxio_message *reply;
	u32 length;
	struct cxio_arrival *arrival;
	struct cxio_mr *mr;
};

/* arrive.c */
bool cxio_arrive(struct cxio_xio *x, const void *buf, const struct cxio_rx_event *ev);
void cxio_arrive_revoked(struct cxio_xio *x, const struct cxio_rx_event *ev);
void cxio_deliver(struct cxio_xio *x);
void cxio_arrival_goes_on(struct cxio_xio *x, struct cxio_arrival *a);
void cxio_drop_arrivals(struct cxio_xio *x);

/* rendezvous.c */
void cxio_arrival_free(struct cxio_arrival *a);
void cxio_start_reads(struct cxio_xio *x);
void cxio_owe_done(struct cxio_xio *x, struct cxio_arrival *a);
void cxio_serve_reads(struct cxio_xio *x);
void cxio_reads_lost(struct cxio_xio *x);
void cxio_read_done(struct ib_cq *cq, struct ib_wc *wc);
u32 cxio_done_frame(struct cxio_xio *x, void *frame, u32 *rkey);

/* sink.c */
bool cxio_sink_wanted(const struct cxio_xio *x, const struct cxio_message *m);
bool cxio_sink_offer(struct cxio_xio *x, const struct cxio_message *m, struct cxio_desc *d);
struct cxio_sink *cxio_sink_of(struct cxio_xio *x, u64 tid);
struct cxio_sink *cxio_sink_to(struct cxio_xio *x, const struct cxio_message *m);
void cxio_sink_due(struct cxio_sink *s);
void cxio_sink_awaited(struct cxio_sink *s, struct cxio_arrival *a);
void cxio_sink_withdraw(struct cxio_xio *x, const struct cxio_message *m);
void cxio_serve_sinks(struct cxio_xio *x);
void cxio_sinks_lost(struct cxio_xio *x);

#endif /* CEPH_XIO_ARRIVAL_H */
