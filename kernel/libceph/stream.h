/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of ceph_xio_libceph.ko share: a byte stream over RDMA to a daemon of
 * Ceph's with ms_type=async+rdma, as a transport of libceph's connections. What both sides
 * of such a stream decide alike is in common/exchange.h and common/slots.h.
 *
 * Who owns what
 * - A connection of libceph's holds a reference to its stream from connect to close: its
 *   con->sock points to the socket in it, which nobody looks into. It holds a reference to
 *   this module, too, which is libceph's to take.
 * - The list of streams (ceph_xio.ko's, for who looks, and the count here) has a stream
 *   from connect until nothing of it is left but its memory; the module's exit waits for
 *   that. A stream holds its network namespace.
 * - A CM id's context, an address that is being resolved, and work that is queued hold a
 *   reference each.
 * - A stream owns its TCP socket or CM id, protection domain, queue pair, share of a
 *   completion queue, and slots.
 *
 * Contexts
 * - libceph calls with con->mutex held, from its work, and closes with osdc->lock and
 *   osd->lock held as well. Only close does not take @io; it waits for nothing.
 * - Completions (softirq), callbacks of the TCP socket, of RDMA CM, of the address
 *   resolver and of a device that is removed: they take @shown.lock, note what happened,
 *   tell libceph of bytes and of room, and queue the work.
 * - All else, from the TCP connect to the end of all, runs in the stream's one work item,
 *   on our workqueue (WQ_MEM_RECLAIM), in a memalloc_noio scope: write-back may wait for
 *   it. It waits for the local flush of the queue pair, never for the peer, and never for
 *   libceph.
 *
 * Locks, outermost first: osdc->lock, osd->lock, con->mutex (libceph's); @io; the lock of
 * ceph_xio.ko's devices or streams; @shown.lock. The last three are taken with softirqs off;
 * ceph_transport_event() is called with @shown.lock held, and queues libceph's work.
 *
 * Memory. What is sent is copied into slots, and what is received is copied out of them: no
 * page of a message's, a file's or a user's is ever given to a device, so that libceph's
 * revoke needs nothing of us: whoever gives memory to sendmsg has it back when that
 * returns. A slot that is on its way is not written to (I3). No key is given to the peer.
 *
 * Whatever ends a stream is noted once, and the first stays (I5), for the log and for who
 * looks; libceph is told by CEPH_TRANSPORT_CLOSED, once, and closes. Should it call before
 * it does, the error is returned once, as by a socket.
 *
 * Teardown, in the work: nothing is posted any more, and libceph is told; if it was libceph
 * that closed a good stream, what it has sent and the end of the stream are given a second;
 * disconnect; ERROR, drain; the TCP socket; whoever copies is waited for; the queue pair,
 * then slots, CQ and PD; the device is left; the CM id; the list. It does not wait for
 * close, nor close for it.
 */
#ifndef CEPH_XIO_LIBCEPH_STREAM_H
#define CEPH_XIO_LIBCEPH_STREAM_H

#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/workqueue.h>
#include <rdma/ib_addr.h>
#include <rdma/rdma_cm.h>

#include "../../common/exchange.h"
#include "../../common/slots.h"
#include "../device.h"
#include "../streams.h"

struct ceph_connection;

/*
 * Slots are made of pieces of this size, or of smaller ones where memory has none. As many
 * pages make a slot of the default size.
 */
#define CXIO_CHUNK		max_t(unsigned long, 32768, PAGE_SIZE)
#define CXIO_CHUNKS_MAX		32u

/* What was sent, and the end of the stream, are given so long when libceph closes. */
#define CXIO_RS_LINGER	HZ

/* What more should have followed, and has not, is sent after this; TCP takes 200 ms. */
#define CXIO_RS_HELD	(HZ / 20)

/**
 * enum cxio_rs_life - how far a stream is; it only grows
 * @CXIO_RS_BEGINS: nothing was done yet
 * @CXIO_RS_CONNECTS: TCP, or the CM, is at it
 * @CXIO_RS_EXCHANGES: texts pass, the queue pair is made ready
 * @CXIO_RS_OPENED: bytes flow
 * @CXIO_RS_LINGERS: libceph has closed it: what was sent is on its way
 * @CXIO_RS_OVER: nothing is left
 */
enum cxio_rs_life {
	CXIO_RS_BEGINS,
	CXIO_RS_CONNECTS,
	CXIO_RS_EXCHANGES,
	CXIO_RS_OPENED,
	CXIO_RS_LINGERS,
	CXIO_RS_OVER,
};

struct cxio_rs;

/**
 * struct cxio_slot - memory for one SEND
 * @cqe: completion
 * @stream: whose it is
 * @index: among its slots
 * @chunk: its memory
 * @sge: likewise, for the device
 */
struct cxio_slot {
	struct ib_cqe cqe;
	struct cxio_rs *stream;
	u32 index;
	struct page *chunk[CXIO_CHUNKS_MAX];
	struct ib_sge sge[CXIO_CHUNKS_MAX];
};

/**
 * struct cxio_rs - a byte stream over RDMA
 * @ref: references
 * @sock: what con->sock points to; never a socket
 * @shown: what is told of it; its lock is the stream's
 * @work: serves it; delayed until a deadline
 * @io: held while bytes are copied: what is done between two copies takes it
 *
 * The work's own:
 * @life: how far it is
 * @deadline: jiffies by when connecting, or lingering, must be over
 * @tcp: connection of the exchange, kept open as the death notice, or NULL
 * @exchange: whose turn it is
 * @addr: where the peer's packets go, as it is resolved
 * @seeks: it is, or was, or need not be
 * @cm_id: CM id, or NULL
 * @qp: queue pair, or NULL; posting needs @shown.lock and @posting
 * @user: of the device
 * @dev: the device, as long as it is used
 * @gid: entry of its table that is offered, a reference, or NULL
 * @pd: protection domain
 * @cq: share of a pool CQ
 * @cq_entries: how large a share
 * @send: slots to send from
 * @recv: slots to receive into
 * @recv_len: bytes in these
 * @chunk: bytes of each piece that slots are made of
 * @chunks: pieces of each slot
 * @reserved: they are of what the module has put by
 * @gid_index: entry of the GID table that is offered in an exchange
 *
 * @shown.lock guards:
 * @con: libceph's connection, until it closes
 * @tx: what is in the slots to send from
 * @rx: what is in the slots to receive into
 * @connected: libceph was told so, and its slots are there; unset with @io held
 * @failed: it is over, be it in order: no more is posted, and libceph was told
 * @posting: the queue pair takes work requests
 * @flushed: a work request was, and which one has failed is not known yet
 * @closing: libceph has closed it
 * @fin_posted: the end of the stream is on its way
 * @fin_done: and has arrived
 * @error: errno for libceph's next call, or 0
 * @resolving: the resolver has a reference, and @addr
 * @resolved: it has come to an end: 1, or a negative errno
 * @cm_events: BIT(enum rdma_cm_event_type) that came in
 * @fin_cqe: completion of the end of the stream
 */
struct cxio_rs {
	struct kref ref;
	struct socket sock;
	struct cxio_stream_entry shown;
	struct delayed_work work;
	struct mutex io; /* inside con->mutex */

	enum cxio_rs_life life;
	unsigned long deadline;
	struct socket *tcp;
	struct cxio_exchange exchange;
	struct rdma_dev_addr addr;
	bool seeks;
	struct rdma_cm_id *cm_id;
	struct ib_qp *qp;
	struct cxio_device_user user;
	struct ib_device *dev;
	const struct ib_gid_attr *gid;
	struct ib_pd *pd;
	struct ib_cq *cq;
	unsigned int cq_entries;
	struct cxio_slot *send;
	struct cxio_slot *recv;
	u32 *recv_len;
	u32 chunk;
	u32 chunks;
	bool reserved;
	u32 gid_index;

	struct ceph_connection *con;
	struct cxio_send_slots tx;
	struct cxio_recv_slots rx;
	bool connected;
	bool failed;
	bool posting;
	bool flushed;
	bool closing;
	bool fin_posted;
	bool fin_done;
	int error;
	bool resolving;
	int resolved;
	unsigned long cm_events;
	struct ib_cqe fin_cqe;
};

/**
 * struct cxio_rs_params - what a new stream is to be like
 * @cm: RDMA CM connects it
 * @gid_index: entry of the GID table that is offered in an exchange
 * @slot_size: bytes of each slot
 * @send_slots: to send from
 * @recv_slots: to receive into
 */
struct cxio_rs_params {
	bool cm;
	u32 gid_index;
	u32 slot_size;
	u32 send_slots;
	u32 recv_slots;
};

/* module.c */
void cxio_rs_params(struct cxio_rs_params *p);

/* stream.c */
int cxio_rs_init(void);
void cxio_rs_exit(void);
struct cxio_rs *cxio_rs_new(struct ceph_connection *con, struct net *net,
			    const struct sockaddr_storage *peer);
void cxio_rs_get(struct cxio_rs *s);
void cxio_rs_put(struct cxio_rs *s);
void cxio_rs_kick(struct cxio_rs *s);
void cxio_rs_kick_in(struct cxio_rs *s, unsigned long delay);
void cxio_rs_fault(struct cxio_rs *s, u32 fault);
void cxio_rs_fault_locked(struct cxio_rs *s, u32 fault);
void cxio_rs_failed(struct cxio_rs *s, bool sent, const struct ib_wc *wc);
void cxio_rs_ended_locked(struct cxio_rs *s);
void cxio_rs_live(struct cxio_rs *s, enum cxio_rs_life life, const char *state);
void cxio_rs_connected(struct cxio_rs *s);
void cxio_rs_close(struct cxio_rs *s);

/* tcp.c: in the work */
void cxio_rs_tcp_connect(struct cxio_rs *s);
void cxio_rs_tcp_serve(struct cxio_rs *s);
void cxio_rs_tcp_close(struct cxio_rs *s);

/* cm.c: in the work */
void cxio_rs_cm_connect(struct cxio_rs *s);
void cxio_rs_cm_serve(struct cxio_rs *s);
void cxio_rs_cm_disconnect(struct cxio_rs *s);
void cxio_rs_cm_destroy(struct cxio_rs *s);

/* qp.c: in the work */
bool cxio_rs_device_fits(struct cxio_rs *s, struct ib_device *dev, u32 port);
u32 cxio_rs_qp_create(struct cxio_rs *s);
u32 cxio_rs_qp_ready(struct cxio_rs *s);
void cxio_rs_qp_drain(struct cxio_rs *s);
void cxio_rs_qp_destroy(struct cxio_rs *s);

/* slots.c */
int cxio_rs_slots_init(void);
void cxio_rs_slots_exit(void);
int cxio_rs_slots_make(struct cxio_rs *s, u32 most);
void cxio_rs_slots_free(struct cxio_rs *s);
int cxio_rs_slots_post(struct cxio_rs *s);
int cxio_rs_slot_post_recv(struct cxio_rs *s, struct cxio_slot *slot);
void cxio_rs_slot_post_send(struct cxio_rs *s);
void cxio_rs_slot_post_fin(struct cxio_rs *s);
size_t cxio_rs_slot_read(struct cxio_slot *slot, u32 off, u32 len, struct iov_iter *to);
size_t cxio_rs_slot_write(struct cxio_slot *slot, u32 off, u32 len, struct iov_iter *from);

/* io.c: libceph's calls */
int cxio_rs_recvmsg(struct cxio_rs *s, struct msghdr *msg);
int cxio_rs_sendmsg(struct cxio_rs *s, struct iov_iter *from, bool more);
void cxio_rs_cork(struct cxio_rs *s, bool on);
void cxio_rs_flush(struct cxio_rs *s);

#endif /* CEPH_XIO_LIBCEPH_STREAM_H */
