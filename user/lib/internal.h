/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of libcephxio share.
 *
 * Who owns what
 * - A messenger owns its portal and its listeners. The application holds a
 *   reference to it, and so does each connection: its memory outlives destroy.
 * - A portal's ready list holds a reference to each connection in it.
 * - A portal's list holds a reference to each connection from the moment it
 *   begins until it is torn down; the application holds its own; a received
 *   message holds one, to return its window.
 * - A connection owns its transport half (struct cxio_xio) until teardown, in the
 *   portal thread: disconnect, flush, destroy the queue pair, free the memory,
 *   destroy the id, tell the dispatcher, leave the list.
 * - A queued message is owned by the connection's queue, until its last frame is
 *   made (its bytes are copied by then) or the connection ends.
 *
 * Threads: everything but what is marked "lock" belongs to the portal thread.
 * Locks: portal->lock guards the hand-over from other threads (ready list,
 * connections' queues and flags) and the listeners. It is a leaf: nothing is called under it.
 */
#ifndef CXIO_INTERNAL_H
#define CXIO_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/uio.h>

#include "cephxio.h"
#include "life.h"
#include "list.h"

#define CXIO_EXPORT __attribute__((visibility("default")))

/**
 * struct cxio_source - something the portal waits for
 * @fd: file descriptor, in the portal's epoll set
 * @ready: called in the portal thread when it is readable
 */
struct cxio_source {
	int fd;
	void (*ready)(struct cxio_source *s);
};

/**
 * struct cxio_message - a message
 * @refs: references
 * @link: in a connection's queue
 * @header: Ceph's header
 * @front: bytes of its own
 * @middle: bytes of its own
 * @data: fragments, the caller's memory
 * @data_count: how many
 * @data_room: how many there is room for
 * @data_own: memory behind @data that is the message's own, or NULL
 * @origin: connection it was received on, holding a reference, or NULL
 * @on_free: see cxio_message_on_free()
 * @on_free_arg: likewise
 */
struct cxio_message {
	atomic_uint refs;
	struct cxio_link link;
	struct cxio_msg_header header;
	void *front;
	void *middle;
	struct iovec *data;
	unsigned int data_count;
	unsigned int data_room;
	void *data_own;
	struct cxio_connection *origin;
	void (*on_free)(void *arg);
	void *on_free_arg;
};

/**
 * struct cxio_portal - a worker: one thread, and all verbs of its connections
 * @thread: the thread
 * @running: it was started
 * @epoll: what it waits on
 * @wake_source: eventfd by which others wake it
 * @stopping: lock; shut down when the last connection is gone
 * @lock: see above
 * @ready: lock; connections that want attention
 * @connections: all of them
 * @messenger: whose worker it is
 */
struct cxio_portal {
	pthread_t thread;
	bool running;
	int epoll;
	struct cxio_source wake_source;
	bool stopping;
	pthread_mutex_t lock;
	struct cxio_link ready;
	struct cxio_link connections;
	struct cxio_messenger *messenger;
};

/**
 * struct cxio_messenger - a set of connections and listeners
 * @refs: references
 * @dispatcher: the application's callbacks
 * @portal: the worker
 * @cm: RDMA CM events, a source of the portal
 * @cm_channel: behind @cm
 * @listeners: bound ids
 * @limits: what connections offer
 * @accepted: connections the peer began, now
 */
struct cxio_messenger {
	atomic_uint refs;
	struct cxio_dispatcher dispatcher;
	struct cxio_portal portal;
	struct cxio_source cm;
	struct rdma_event_channel *cm_channel;
	struct cxio_link listeners;
	struct cxio_limits limits;
	unsigned int accepted;
};

struct cxio_xio;

/**
 * struct cxio_connection - an endpoint
 * @refs: references
 * @link: in the portal's list
 * @ready_link: lock; in the portal's ready list
 * @messenger: whose it is, holding a reference
 * @portal: whose thread serves it
 * @life: state and protocol
 * @xio: transport half
 * @queue: messages not wholly sent yet; the first may be begun
 * @incoming: message being received
 * @end_text: more words than cxio_fault_text() has, or empty
 * @peer: address
 * @private: the application's
 * @inbox: lock; messages handed over by cxio_connection_send()
 * @close_wanted: lock
 * @consumed_msgs: lock; received messages freed since the portal last looked
 * @consumed_bytes: lock; their payload
 * @ended: lock; nothing more is sent
 * @stats: lock; snapshot of the channel's
 */
struct cxio_connection {
	atomic_uint refs;
	struct cxio_link link;
	struct cxio_link ready_link;
	struct cxio_messenger *messenger;
	struct cxio_portal *portal;
	struct cxio_life life;
	struct cxio_xio *xio;
	struct cxio_link queue;
	struct cxio_message *incoming;
	char end_text[160];
	struct sockaddr_storage peer;
	void *private;
	struct cxio_link inbox;
	bool close_wanted;
	u32 consumed_msgs;
	u64 consumed_bytes;
	bool ended;
	struct cxio_channel_stats stats;
};

u64 cxio_now(void);

/* messenger.c */
void cxio_messenger_put(struct cxio_messenger *m);

/* message.c */
extern atomic_ulong cxio_live_messages;
extern atomic_ulong cxio_live_connections;
extern atomic_ulong cxio_live_regions;
struct cxio_message *cxio_message_for(const struct cxio_msg_header *h,
				      struct cxio_connection *origin);
void cxio_message_read(const struct cxio_message *m, const struct cxio_piece *p, void *frame);
void cxio_message_write(struct cxio_message *m, const struct cxio_piece *p, const void *frame);

/* portal.c */
int cxio_portal_init(struct cxio_portal *p, struct cxio_messenger *m);
void cxio_portal_fini(struct cxio_portal *p);
int cxio_portal_start(struct cxio_portal *p);
void cxio_portal_stop(struct cxio_portal *p);
bool cxio_portal_stopping(struct cxio_portal *p);
void cxio_portal_join(struct cxio_portal *p);
int cxio_portal_watch(struct cxio_portal *p, struct cxio_source *s);
void cxio_portal_unwatch(struct cxio_portal *p, struct cxio_source *s);
void cxio_portal_wake(struct cxio_portal *p);
void cxio_portal_kick_locked(struct cxio_portal *p, struct cxio_connection *c);

/* dispatch.c */
void cxio_dispatch_opened(struct cxio_connection *c);
void cxio_dispatch_message(struct cxio_connection *c, struct cxio_message *m);
void cxio_dispatch_closed(struct cxio_connection *c);
void cxio_dispatch_refused(struct cxio_messenger *m, const struct sockaddr *peer, u32 fault);

/* connection.c: all in the portal thread */
struct cxio_connection *cxio_connection_new(struct cxio_messenger *m, bool active,
					    const struct sockaddr *peer, socklen_t len);
void cxio_connection_adopt(struct cxio_connection *c);
void cxio_connection_opened(struct cxio_connection *c, const struct cxio_agreed *agreed);
bool cxio_connection_frame(struct cxio_connection *c, const void *buf, u32 len);
void cxio_connection_lost(struct cxio_connection *c);
void cxio_connection_pump(struct cxio_connection *c);
void cxio_connection_service(struct cxio_connection *c);
void cxio_connection_tick(struct cxio_connection *c, u64 now);
u64 cxio_connection_deadline(struct cxio_connection *c);
void cxio_connection_fault(struct cxio_connection *c, u32 fault);
void cxio_connection_end(struct cxio_connection *c, u32 fault, bool by_peer, const char *text);

#endif /* CXIO_INTERNAL_H */
