/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of ceph_xio.ko share.
 *
 * Who owns what
 * - Each network namespace has one messenger, embedded in its per-namespace data.
 *   Connections and listeners (by their CM ids) hold the namespace: it ends when
 *   they are gone. The module ends them all first.
 * - A listener is owned by whoever takes it out of its messenger's list.
 * - A messenger's list holds a reference to each connection until teardown. A CM
 *   id's context holds one until rdma_destroy_id() has returned. Queued work holds
 *   one. A received message holds one, to return its window. A run (endpoint.c)
 *   is owned by its connection.
 * - A connection owns its transport half: id, PD, CQ share, queue pair, buffers.
 * - A queued message is owned by the connection's queue until its last frame is
 *   made (its bytes are copied by then) or the connection ends.
 *
 * Contexts
 * - Completion handlers run in softirq: they take the connection's lock, move a
 *   buffer between lists and queue the work. They never call the owner.
 * - CM handlers run in the CM's threads, under the id's handler mutex: they note
 *   the event and queue the work. Only a request is accepted in the handler, and
 *   until that is done the work does nothing.
 * - All else of a connection (channel, owner callbacks, connect, teardown) runs in
 *   its one work item, so that it needs no lock of its own.
 *
 * Locks, outermost first: devices lock, messenger->lock, connection->lock. All are
 * spinlocks taken with softirqs off. No lock is shared by the data paths of two
 * connections.
 *
 * Teardown, in the connection's work: state first, disconnect, drain the
 * queue pair (local flush; the peer is not waited for), serve frames that had come
 * in before, free buffers, destroy the queue pair, put the CQ, dealloc the PD,
 * destroy the id (outside its handler), tell the owner, leave the list.
 */
#ifndef CEPH_XIO_KERNEL_H
#define CEPH_XIO_KERNEL_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_cm.h>

#include "../common/life.h"

struct cxio_connection;
struct cxio_run;

/**
 * struct cxio_message - a message
 * @ref: references
 * @link: in a connection's queue
 * @header: Ceph's header
 * @segment: front, middle and data, each kvmalloc'ed or NULL when empty
 * @origin: connection it was received on, holding a reference, or NULL
 */
struct cxio_message {
	struct kref ref;
	struct list_head link;
	struct cxio_msg_header header;
	void *segment[CXIO_SEGMENTS];
	struct cxio_connection *origin;
};

/**
 * struct cxio_messenger - the connections and listeners of a network namespace
 * @net: the namespace, which outlives it
 * @lock: guards all below
 * @listeners: struct cxio_listener
 * @connections: struct cxio_connection
 * @accepted: connections that peers began, now
 * @next_id: number of the next connection
 * @stopping: no new connection
 * @idle: woken when @connections becomes empty
 */
struct cxio_messenger {
	struct net *net;
	spinlock_t lock; /* the lists and numbers below */
	struct list_head listeners;
	struct list_head connections;
	unsigned int accepted;
	u32 next_id;
	bool stopping;
	wait_queue_head_t idle;
};

/**
 * struct cxio_recv_buf - a receive buffer
 * @cqe: completion
 * @link: in the connection's @received list
 * @connection: whose it is
 * @addr: recv_size bytes
 * @dma: their address for the device
 * @len: bytes received
 */
struct cxio_recv_buf {
	struct ib_cqe cqe;
	struct list_head link;
	struct cxio_connection *connection;
	void *addr;
	u64 dma;
	u32 len;
};

/**
 * struct cxio_send_buf - a send buffer
 * @cqe: completion
 * @connection: whose it is
 * @addr: send_size bytes
 * @dma: their address for the device
 */
struct cxio_send_buf {
	struct ib_cqe cqe;
	struct cxio_connection *connection;
	void *addr;
	u64 dma;
};

/**
 * struct cxio_device - an RDMA device that connections use
 * @link: in the list of devices
 * @ibdev: the device
 * @connections: those with a queue pair on it, by their @device_link
 * @removing: it is going away
 * @idle: woken when @connections becomes empty
 */
struct cxio_device {
	struct list_head link;
	struct ib_device *ibdev;
	struct list_head connections;
	bool removing;
	wait_queue_head_t idle;
};

/**
 * struct cxio_connection - an endpoint
 * @ref: references
 * @link: messenger->lock; in its list
 * @messenger: whose it is; valid until it has left the list
 * @net: its namespace, of which it holds a reference
 * @id: its number for netlink
 * @accepting: the CM's handler is still building it: the work must wait
 * @peer: address
 * @work: everything but completions and CM handlers; delayed until a deadline
 *
 * The work's own:
 * @life: state and protocol
 * @queue: messages not wholly sent yet; the first may be begun
 * @incoming: message being received
 *
 * Transport half, the work's own but for what is under @lock:
 * @cm_id: CM id
 * @established: disconnecting makes sense
 * @device: device of the queue pair
 * @device_link: devices lock; in its list
 * @pd: one protection domain a connection
 * @cq: share of a pool CQ
 * @cq_entries: how large a share
 * @recv: receive buffers
 * @send: send buffers, used in turn
 * @sends_posted: cumulative
 *
 * @lock: guards all below; taken in softirq
 * @sends_done: cumulative; sends of a queue pair complete in order
 * @received: buffers with frames, in order
 * @broken: a completion failed or was flushed
 * @broken_status: how, unless flushed
 * @cm_events: BIT(enum rdma_cm_event_type) that came in
 * @cm_fault: fault that goes with a failing event
 * @cm_fault_by_peer: the peer said so
 * @agreed: what the handshake settled
 * @inbox: messages handed over by cxio_connection_send()
 * @close_wanted: end in order
 * @abort_fault: end at once with this
 * @consumed_msgs: received messages freed since the work last looked
 * @consumed_bytes: their payload
 * @ended: nothing more is sent
 * @stats: snapshot of the channel's
 * @shown_state: snapshot of the state
 * @run: the endpoint's transfer; set by netlink, ended and freed by the work
 */
struct cxio_connection {
	struct kref ref;
	struct list_head link;
	struct cxio_messenger *messenger;
	struct net *net;
	u32 id;
	bool accepting;
	struct sockaddr_storage peer;
	struct delayed_work work;

	struct cxio_life life;
	struct list_head queue;
	struct cxio_message *incoming;

	struct rdma_cm_id *cm_id;
	bool established;
	struct cxio_device *device;
	struct list_head device_link;
	struct ib_pd *pd;
	struct ib_cq *cq;
	unsigned int cq_entries;
	struct cxio_recv_buf *recv;
	struct cxio_send_buf *send;
	u32 sends_posted;

	spinlock_t lock; /* all below; taken in softirq */
	u32 sends_done;
	struct list_head received;
	bool broken;
	enum ib_wc_status broken_status;
	unsigned long cm_events;
	u32 cm_fault;
	bool cm_fault_by_peer;
	struct cxio_agreed agreed;
	struct list_head inbox;
	bool close_wanted;
	u32 abort_fault;
	u32 consumed_msgs;
	u64 consumed_bytes;
	bool ended;
	struct cxio_channel_stats stats;
	enum cxio_state shown_state;
	struct cxio_run *run;
};

/* stats.c */
enum cxio_object {
	CXIO_OBJ_MESSAGES,
	CXIO_OBJ_CONNECTIONS,
	CXIO_OBJ_FRAMES,
	CXIO_OBJ_REGIONS,
	CXIO_OBJ_KINDS
};

void cxio_object_add(enum cxio_object kind, int n);
u64 cxio_object_count(enum cxio_object kind);
void cxio_objects_check(void);

/* messenger.c */
struct cxio_messenger *cxio_messenger_of(struct net *net);
int cxio_messengers_init(void);
void cxio_messengers_stop(void);
void cxio_messengers_exit(void);
int cxio_messenger_add(struct cxio_messenger *m, struct cxio_connection *c);
void cxio_messenger_remove(struct cxio_connection *c);
struct cxio_connection *cxio_messenger_find(struct cxio_messenger *m, u32 id);
int cxio_messenger_connect(struct cxio_messenger *m, const struct sockaddr *addr, u32 *id);

/* message.c */
struct cxio_message *cxio_message_new(const struct cxio_msg_header *h, gfp_t gfp);
struct cxio_message *cxio_message_for(const struct cxio_msg_header *h,
				      struct cxio_connection *origin);
void cxio_message_put(struct cxio_message *m);
void cxio_message_read(const struct cxio_message *m, const struct cxio_piece *p, void *frame);
void cxio_message_write(struct cxio_message *m, const struct cxio_piece *p, const void *frame);

/* portal.c */
int cxio_portal_init(void);
void cxio_portal_exit(void);
void cxio_portal_run(struct work_struct *work);
bool cxio_portal_kick(struct delayed_work *work);
bool cxio_portal_delay(struct delayed_work *work, unsigned long delay);
struct ib_cq *cxio_portal_cq_get(struct ib_device *dev, unsigned int entries);

/* connection.c */
struct cxio_connection *cxio_connection_new(struct cxio_messenger *m, bool active,
					    const struct sockaddr *peer);
void cxio_connection_get(struct cxio_connection *c);
void cxio_connection_put(struct cxio_connection *c);
void cxio_connection_kick(struct cxio_connection *c);
int cxio_connection_send(struct cxio_connection *c, struct cxio_message *m);
void cxio_connection_close(struct cxio_connection *c);
void cxio_connection_abort(struct cxio_connection *c, u32 fault);
void cxio_connection_opened(struct cxio_connection *c);

/* device.c */
int cxio_device_init(void);
void cxio_device_exit(void);
int cxio_device_join(struct cxio_connection *c, struct ib_device *ibdev);
void cxio_device_leave(struct cxio_connection *c);

/* cm.c */
int cxio_listen(struct cxio_messenger *m, const struct sockaddr *addr);
int cxio_unlisten(struct cxio_messenger *m, const struct sockaddr *addr);
void cxio_connect(struct cxio_connection *c);
void cxio_cm_service(struct cxio_connection *c, unsigned long events);
void cxio_disconnect(struct cxio_connection *c);
void cxio_teardown(struct cxio_connection *c);

/* qp.c */
void cxio_qp_init(void);
int cxio_create_qp(struct cxio_connection *c);
void cxio_destroy_qp(struct cxio_connection *c);
const struct cxio_limits *cxio_limits(void);

/* recv.c */
void cxio_recv_done(struct ib_cq *cq, struct ib_wc *wc);
int cxio_recv_post(struct cxio_recv_buf *buf);
void cxio_recv_sync(struct cxio_recv_buf *buf);
int cxio_recv_post_all(struct cxio_connection *c);

/* send.c */
void *cxio_send_slot(struct cxio_connection *c);
int cxio_send_post(struct cxio_connection *c, u32 len);
bool cxio_send_idle(struct cxio_connection *c);
void cxio_send_done(struct ib_cq *cq, struct ib_wc *wc);

/* endpoint.c: the owner's callbacks, in the connection's work */
void cxio_endpoint_opened(struct cxio_connection *c);
void cxio_endpoint_service(struct cxio_connection *c);
void cxio_endpoint_dispatch(struct cxio_connection *c, struct cxio_message *m);
void cxio_endpoint_closed(struct cxio_connection *c);

/* endpoint.c, for netlink.c */
struct cxio_run_params {
	struct file *file;
	u64 msgs;
	u32 dsize;
	u32 depth;
};

int cxio_endpoint_send(struct cxio_connection *c, const struct cxio_run_params *params);
void cxio_endpoint_progress(struct cxio_connection *c, u64 *done, u64 *total);

/**
 * struct cxio_run_result - what a transfer came to
 * @error: what went wrong, or NULL
 * @messages: messages echoed
 * @bytes: data bytes echoed
 * @p50_ns: median round trip
 * @p99_ns: 99th percentile
 * @max_ns: longest
 * @sent: SHA-256 of what was sent
 * @echo: SHA-256 of what came back
 */
struct cxio_run_result {
	const char *error;
	u64 messages;
	u64 bytes;
	u64 p50_ns;
	u64 p99_ns;
	u64 max_ns;
	u8 sent[32];
	u8 echo[32];
};

/* netlink.c */
int cxio_netlink_init(void);
void cxio_netlink_exit(void);
void cxio_netlink_opened(struct cxio_connection *c);
void cxio_netlink_closed(struct cxio_connection *c);
void cxio_netlink_done(struct cxio_connection *c, const struct cxio_run_result *result);

#endif /* CEPH_XIO_KERNEL_H */
