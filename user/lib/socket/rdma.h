/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Byte streams over RDMA, as Ceph's ms_type=async+rdma has them: one RC queue pair, over
 * which SENDs carry bytes without any frame. What is in which slot, common/slots.h says;
 * whose turn it is while a connection is made over TCP, common/exchange.h.
 *
 * There are two ways to connect, with a side channel each. By an exchange, over a TCP
 * connection, which stays open: its end is the peer's. By the RDMA connection manager, whose
 * events have a channel for each socket.
 *
 * Who owns what
 * - A struct cxio_rdma is its owner's until close(). Then it is its own: what was written
 *   is sent, the peer is told, with a time limit; a thread that still works is awaited.
 *   It is freed in its own task or its owner's, never in a source's function.
 * - It holds a context of librdmacm (../context.c) from when it has a device to the end.
 *   Everything else of the device is its own: protection domain, completion queues, slots.
 * - The messenger waits for all of them.
 *
 * Threads: used in its portal alone, but
 * - for the thread that makes a queue pair ready to send and receive, since the kernel may
 *   have to ask the network for an address, up to a second; it uses @qp and what it needs
 *   of @exchange, says under @lock what has come of it, posts the task, and is gone. The
 *   portal touches none of that meanwhile; nor does it move the socket, or end it.
 * - for struct cxio_rdma_net's @lock, a leaf, which guards the list of all sockets, their
 *   @verbs, @gone and portal as others see them, and @thread_done: whoever hears that a device is removed says so to each, and posts its task.
 *
 * Memory: slots to receive into, of the size and number of the options, and
 * CXIO_SEND_BYTES to send from. It is had when the peer has said who it is.
 *
 * Nothing of ours can be reached from remote: a queue pair takes no more than SENDs.
 */
#ifndef CXIO_RDMA_H
#define CXIO_RDMA_H

#include <infiniband/verbs.h>
#include <rdma/rdma_cma.h>

#include "../verbs.h"
#include "exchange.h"
#include "slots.h"
#include "socket.h"

/* How long a socket that was closed sends on what was written. */
#define CXIO_RDMA_LINGER_NS	2000000000ull

/**
 * struct cxio_rdma_net - what sockets over RDMA share
 * @removals: tells of removed devices, in the first portal
 * @channel: of listeners' events, by the connection manager; else NULL
 * @lock: guards @sockets
 * @sockets: lock; all of them
 */
struct cxio_rdma_net {
	struct cxio_removals removals;
	struct rdma_event_channel *channel;
	pthread_mutex_t lock;
	struct cxio_link sockets;
};

/**
 * enum cxio_rdma_state - how far a socket is
 * @CXIO_RDMA_NEW: nothing was done, but for the side channel
 * @CXIO_RDMA_SETUP: both sides find each other
 * @CXIO_RDMA_OPEN: bytes flow, or have; see @err
 * @CXIO_RDMA_CLOSED: it has no owner any more, and ends
 * @CXIO_RDMA_GONE: it has nothing any more; its task frees it
 */
enum cxio_rdma_state {
	CXIO_RDMA_NEW,
	CXIO_RDMA_SETUP,
	CXIO_RDMA_OPEN,
	CXIO_RDMA_CLOSED,
	CXIO_RDMA_GONE,
};

/**
 * struct cxio_rdma_cq - a completion queue
 * @cq: itself
 * @armed: the next completion is an event
 * @debt: events to acknowledge
 */
struct cxio_rdma_cq {
	struct ibv_cq *cq;
	bool armed;
	unsigned int debt;
};

struct cxio_rdma;

/**
 * struct cxio_rdma_way - how two queue pairs find each other
 * @progress: the side channel, or the thread, has something: 0: bytes may flow from here
 *	on; -EAGAIN: not yet; another negative errno: the socket is broken
 * @event: likewise, while bytes flow, and while it lingers: the peer has gone, usually
 * @hang_up: nothing is sent any more: tell the peer; the queue pair is destroyed next
 * @end: let go of the side channel; there is no queue pair
 */
struct cxio_rdma_way {
	int (*progress)(struct cxio_rdma *r);
	void (*event)(struct cxio_rdma *r);
	void (*hang_up)(struct cxio_rdma *r);
	void (*end)(struct cxio_rdma *r);
};

/**
 * struct cxio_rdma - a byte stream over RDMA
 * @socket: what its owner sees
 * @net: whose
 * @link: net's lock; in its list
 * @state: how far it is
 * @way: how it connects
 * @active: this side connects
 * @in: it is watched for bytes, or the end of them
 * @out: for room
 * @watched: its sources are in the portal's set
 * @side: TCP's socket, or the events of the connection manager
 * @side_events: what it is watched for
 * @side_ended: the peer has gone, it says
 * @exchange: by TCP: how far that is
 * @channel: by the connection manager: behind @side
 * @id: likewise; it owns the queue pair
 * @established: likewise; disconnecting makes sense
 * @task: to end it; posted by the thread, by whoever hears of removals, and by itself
 * @timer: to end it
 * @timed: there is room for that
 * @lingers: closed, and not all that was written has gone yet
 * @threaded: the thread works, or it was not seen yet that it has ended
 * @thread_done: net's lock; it has ended, and what that means is still to be done
 * @ready_err: net's lock, while it works; what it has come to
 * @ready_due: that is to be looked at
 * @gone: net's lock; the device was removed
 * @local: our end
 * @verbs: net's lock, to change it; the device, or NULL
 * @port: its port
 * @gid: of that
 * @lid: likewise
 * @pd: protection domain
 * @completions: the completion channel, a source; fd -1: none
 * @comp: behind it
 * @recv_cq: what came
 * @send_cq: what was sent; armed only while somebody waits for that
 * @mr: over @ring
 * @ring: slots to receive into, then slots to send from
 * @qp: queue pair
 * @size: bytes of a slot
 * @recv: slots to receive into
 * @send: slots to send from
 * @recv_len: bytes in those to receive into
 * @sent_len: bytes in those sent from
 * @unacked: bytes of SENDs that have not completed
 * @writable: there is room again for who found none
 * @fin: the end of the stream was sent
 * @fin_done: and that has completed
 * @err: negative errno: it is broken, for good (I5); 0: it is not
 */
struct cxio_rdma {
	struct cxio_socket socket;
	struct cxio_rdma_net *net;
	struct cxio_link link;
	enum cxio_rdma_state state;
	const struct cxio_rdma_way *way;
	bool active;
	bool in;
	bool out;
	bool watched;
	struct cxio_source side;
	u32 side_events;
	bool side_ended;
	struct cxio_exchange exchange;
	struct rdma_event_channel *channel;
	struct rdma_cm_id *id;
	bool established;
	struct cxio_task task;
	struct cxio_timer timer;
	bool timed;
	bool lingers;
	bool threaded;
	bool thread_done;
	int ready_err;
	bool ready_due;
	bool gone;
	struct sockaddr_storage local;
	struct ibv_context *verbs;
	u8 port;
	union ibv_gid gid;
	u16 lid;
	struct ibv_pd *pd;
	struct cxio_source completions;
	struct ibv_comp_channel *comp;
	struct cxio_rdma_cq recv_cq;
	struct cxio_rdma_cq send_cq;
	struct ibv_mr *mr;
	u8 *ring;
	struct ibv_qp *qp;
	u32 size;
	struct cxio_recv_slots recv;
	struct cxio_send_slots send;
	u32 recv_len[CXIO_SLOTS_MAX];
	u32 sent_len[CXIO_SLOTS_MAX];
	u64 unacked;
	bool writable;
	bool fin;
	bool fin_done;
	int err;
};

/* rdma.c: a socket's life */
struct cxio_rdma *cxio_rdma_of(const struct cxio_socket *s);
struct cxio_rdma *cxio_rdma_new(struct cxio_socket_net *n, struct cxio_portal *portal,
				const struct cxio_rdma_way *way, bool active);
int cxio_rdma_break(struct cxio_rdma *r, int err, u32 fault, const char *text);
int cxio_rdma_watch_side(struct cxio_rdma *r, u32 events);
int cxio_rdma_opens(struct cxio_rdma *r);
void cxio_rdma_side_ended(struct cxio_rdma *r);
int cxio_rdma_open_net(struct cxio_socket_net *n);
void cxio_rdma_shut_net(struct cxio_socket_net *n);
int cxio_rdma_connected(struct cxio_socket *s);
int cxio_rdma_watch(struct cxio_socket *s, bool in, bool out);
bool cxio_rdma_due(const struct cxio_socket *s);
void cxio_rdma_move(struct cxio_socket *s, struct cxio_portal *to);
bool cxio_rdma_local(const struct cxio_socket *s, struct sockaddr_storage *addr);
void cxio_rdma_close(struct cxio_socket *s);

/* rdma_bytes.c: bytes in slots */
ssize_t cxio_rdma_read(struct cxio_socket *s, struct iovec *iov, u32 iovs);
ssize_t cxio_rdma_write(struct cxio_socket *s, struct iovec *iov, u32 iovs);
u64 cxio_rdma_unacked(struct cxio_socket *s);
int cxio_rdma_post_all(struct cxio_rdma *r);
int cxio_rdma_send_fin(struct cxio_rdma *r);
void cxio_rdma_poll(struct cxio_rdma *r);
bool cxio_rdma_has_input(const struct cxio_rdma *r);
bool cxio_rdma_flushed(const struct cxio_rdma *r);

/* rdma_qp.c: the device, and all that a socket has of it */
int cxio_rdma_use_device(struct cxio_rdma *r, struct ibv_context *verbs, u8 port);
void cxio_rdma_let_go(struct cxio_rdma *r);
int cxio_rdma_find_device(struct cxio_rdma *r);
int cxio_rdma_make_qp(struct cxio_rdma *r);
int cxio_rdma_qp_ready(struct cxio_rdma *r);
void cxio_rdma_quicken(struct cxio_rdma *r);
void cxio_rdma_destroy_qp(struct cxio_rdma *r);
void cxio_rdma_arm(struct cxio_rdma *r);
void cxio_rdma_take_events(struct cxio_rdma *r);

#endif /* CXIO_RDMA_H */
