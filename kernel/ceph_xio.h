/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of ceph_xio.ko share.
 *
 * A connection is a session with a peer and the messages queued for it. What carries
 * it at the moment is a struct cxio_xio: one RC queue pair, called its carrier, which
 * may be lost and made anew many times.
 *
 * Who owns what
 * - Each network namespace has one messenger, embedded in its per-namespace data.
 *   Connections, carriers and listeners (by their CM ids) hold the namespace: it ends
 *   when they are gone. The module ends them all first.
 * - A listener is owned by whoever takes it out of its messenger's list.
 * - A messenger's list holds a reference to each connection until that is over, and one
 *   to each carrier until that is torn down.
 * - A connection holds a reference to its carrier, its attempt and each guest (a carrier
 *   that a peer began and whose session is still to be agreed on); each of these holds
 *   one to the connection, its host, in whose work it is served, to its very end. The
 *   connection lets go of it when it is torn down.
 * - A CM id's context holds a reference to its carrier until rdma_destroy_id() has
 *   returned. Queued work holds one to what it is for. A received message holds one to
 *   its connection, to return its window. A run (endpoint.c) is owned by its connection.
 * - A carrier owns its transport half: id, PD, CQ share, queue pair, buffers.
 * - A queued message is owned by the connection's queue: on a lossy session until its
 *   last frame is made (its bytes are copied by then), on a lossless one until it is
 *   acknowledged, and always at most until the connection is over.
 *
 * Contexts
 * - Completion handlers run in softirq: they take the carrier's lock, move a buffer
 *   between lists and queue the work. They never call the owner.
 * - CM handlers run in the CM's threads, under the id's handler mutex: they note
 *   the event and queue the work. Only a request is accepted in the handler, and
 *   until that is done the work does nothing.
 * - All else of a connection and of the carriers it hosts (channel, owner callbacks,
 *   connect, teardown) runs in the connection's one work item, so that it needs no lock
 *   of its own. A carrier that a peer began has a work item of its own until it gets its
 *   host: that is the last thing this work does with it.
 *
 * Locks, outermost first: devices lock, messenger->lock, connection->lock, and
 * carrier->lock below all of them. All are spinlocks taken with softirqs off. No lock is
 * shared by the data paths of two connections.
 *
 * Teardown of a carrier, in the work that serves it: state first, disconnect, drain the
 * queue pair (local flush; the peer is not waited for), serve frames that had come
 * in before, destroy the queue pair, free regions and buffers, put the CQ, dealloc the
 * PD, leave the device, destroy the id (outside its handler), tell the session, leave the
 * lists.
 *
 * The end of a connection: its session ends, its messages are dropped, its carriers are
 * forgotten, the owner is told, it leaves the messenger's list.
 */
#ifndef CEPH_XIO_KERNEL_H
#define CEPH_XIO_KERNEL_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mempool.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_cm.h>

#include "../common/auth.h"
#include "../common/greeting.h"
#include "../common/life.h"
#include "../common/plan.h"
#include "arrival.h"
#include "cxio.h"
#include "device.h"
#include "mr.h"
#include "streams.h"

/* Regions to expose messages with, of each carrier. */
#define CXIO_KEYS		10u
/*
 * Work requests under way, READs not counted: a frame in each buffer, and for each region
 * a registration and an invalidation.
 */
#define CXIO_SQ_DEPTH		(CXIO_DEFAULT_SEND_DEPTH + \
				 2 * (CXIO_KEYS + CXIO_READS + CXIO_SINKS))
/* Every so many-th send is signalled. */
#define CXIO_SIGNAL_EVERY	(CXIO_DEFAULT_SEND_DEPTH / 8)

/* Carriers that peers began, beyond the connections there may be. */
#define CXIO_MAX_UNAGREED	64u

struct crypto_shash;
struct cxio_connection;
struct cxio_run;
struct cxio_xio;

/**
 * struct cxio_messenger - connections and listeners of one owner in a network namespace
 * @net: the namespace, which outlives it
 * @ops: the owner's
 * @lock: guards all below
 * @listeners: struct cxio_listener
 * @connections: struct cxio_connection, in the order of their numbers
 * @carriers: struct cxio_xio, in the order of their numbers
 * @accepted: connections that peers began, now
 * @carriers_accepted: carriers that peers began, now
 * @next_id: number of the next connection
 * @next_carrier: number of the next carrier
 * @stopping: no new connection
 * @stopped: nothing of it is left
 * @global: attempts to connect
 * @nonce: tells us apart from others that have had our addresses
 * @limits: what its carriers offer; constant since before the first of them
 * @keepalive_ms: silence before a peer is asked; 0: if its owner wants it. Without the lock
 * @keepalive_expiry_ms: silence before it is given up; 0: never. Without the lock
 * @streams: streams of other modules in the namespace; under a lock of streams.c
 * @idle: woken when a connection or carrier has left its list
 */
struct cxio_messenger {
	struct net *net;
	const struct cxio_ops *ops;
	spinlock_t lock; /* the lists and numbers below */
	struct list_head listeners;
	struct list_head connections;
	struct list_head carriers;
	unsigned int accepted;
	unsigned int carriers_accepted;
	u32 next_id;
	u32 next_carrier;
	bool stopping;
	bool stopped;
	struct cxio_global global;
	u32 nonce;
	struct cxio_limits limits;
	u32 keepalive_ms;
	u32 keepalive_expiry_ms;
	struct cxio_stream_totals streams;
	wait_queue_head_t idle;
};

/**
 * struct cxio_recv_buf - a receive buffer
 * @cqe: completion
 * @link: in the carrier's @received list
 * @carrier: whose it is
 * @addr: recv_size bytes
 * @dma: their address for the device
 * @len: bytes received
 * @invalidated: key of ours that came invalidated with them, or 0
 * @wr: the work request
 * @sge: its memory
 */
struct cxio_recv_buf {
	struct ib_cqe cqe;
	struct list_head link;
	struct cxio_xio *carrier;
	void *addr;
	u64 dma;
	u32 len;
	u32 invalidated;
	struct ib_recv_wr wr;
	struct ib_sge sge;
};

/**
 * struct cxio_send_buf - a send buffer
 * @cqe: completion
 * @carrier: whose it is
 * @addr: send_size bytes
 * @dma: their address for the device
 * @number: of the work request, in the send queue
 * @wr: the work request
 * @sge: its memory
 */
struct cxio_send_buf {
	struct ib_cqe cqe;
	struct cxio_xio *carrier;
	void *addr;
	u64 dma;
	u32 number;
	struct ib_send_wr wr;
	struct ib_sge sge;
};

/**
 * struct cxio_device - an RDMA device that queue pairs may be on
 * @link: in the list of devices
 * @ibdev: the device
 * @name: its name; it may be renamed while we look
 * @users: those with a queue pair on it
 * @removing: it is going away
 * @idle: woken when @users becomes empty
 */
struct cxio_device {
	struct list_head link;
	struct ib_device *ibdev;
	char name[IB_DEVICE_NAME_MAX];
	struct list_head users;
	bool removing;
	wait_queue_head_t idle;
};

/**
 * struct cxio_counts - what happened on a connection; all u64
 * @channel: what the protocol counts
 * @sent_inline: messages in one frame
 * @sent_chained: messages in several
 * @sent_rendezvous: messages whose data the peer reads
 * @sent_sink: replies whose data was written to where the request asked for it
 * @received_sink: replies whose data was written to memory that was offered
 * @reads: READs posted
 */
struct cxio_counts {
	struct cxio_channel_stats channel;
	u64 sent_inline;
	u64 sent_chained;
	u64 sent_rendezvous;
	u64 sent_sink;
	u64 received_sink;
	u64 reads;
};

/**
 * struct cxio_returned - received messages that were freed since the work last looked
 * @msgs: how many
 * @bytes: what they took of their windows
 * @reads: bytes that were read for them
 * @msgs_now: of these, those of the carrier @generation
 * @bytes_now: likewise
 * @generation: whose window is to be told
 */
struct cxio_returned {
	u32 msgs;
	u64 bytes;
	u64 reads;
	u32 msgs_now;
	u64 bytes_now;
	u32 generation;
};

/**
 * struct cxio_connection - a session with a peer
 * @ref: references
 * @link: messenger->lock; in its list
 * @messenger: whose it is; valid until it has left the list
 * @net: its namespace, of which it holds a reference
 * @id: its number for netlink
 * @active: we began it
 * @peer: address connected to, or from
 * @secret: what the peer must know, or NULL; a reference
 * @peer_addr: what a peer that began it shows, and is found by; family none: nothing
 * @work: its service, and that of the carriers it hosts; delayed until a deadline
 *
 * The work's own:
 * @session: what survives carriers
 * @own_nonce: tells us apart from others with our address: it leads to itself alone
 * @own: what we show the peer; family none until it is known
 * @queue: messages sent and not acknowledged, then those to be sent
 * @unqueued: how many have left @queue, ever
 * @out: first of these whose end was not sent on the present carrier, or NULL
 * @carrier: carries the session, or NULL
 * @attempt: is to, or NULL
 * @guests: carriers of the peer's whose session is to be agreed on
 * @leaving: carriers that were forgotten, to be torn down
 * @generation: number of the present carrier, from 1
 * @held_msgs: received messages that are not freed
 * @held_bytes: bytes of them in their carriers' windows
 * @held_reads: bytes of them that were read
 * @was_open: it has had a carrier
 * @closing: an orderly end is under way
 * @told: its owner knows of it, if a peer began it
 * @held: what @private was when a reference to it was taken, or NULL
 * @noted: @fault and @by_peer are for good (I5)
 * @by_peer: the peer said so
 * @fault: why it ended: enum cxio_fault, or a number of the peer's
 * @past: counts of former carriers
 * @private: the owner's
 *
 * @lock: guards all below
 * @inbox: messages handed over by cxio_connection_send()
 * @queued: how many that were, ever
 * @arrivals: carriers that are to be guests
 * @close_wanted: end in order
 * @keepalive_wanted: see whether the peer is there
 * @poked: the owner wants a callback
 * @abort_fault: end at once with this
 * @returned: received messages that were freed, as counts for each of two generations
 * @ended: nothing more is sent
 * @over: nobody serves it any more
 * @stats: counts, as of the last round of the work
 * @shown: the state in words, likewise
 * @shown_fault: why it ends, or why it has no carrier now, likewise; or 0
 * @shown_by_peer: the peer said so
 * @shown_proven: the peer has proven that it knows the secret, likewise
 * @shown_signed: messages are signed, likewise
 * @run: the endpoint's transfer; set by netlink, ended and freed by the work
 */
struct cxio_connection {
	struct kref ref;
	struct list_head link;
	struct cxio_messenger *messenger;
	struct net *net;
	u32 id;
	bool active;
	struct sockaddr_storage peer;
	struct cxio_secret *secret;
	struct cxio_addr peer_addr;
	struct delayed_work work;

	struct cxio_session session;
	u32 own_nonce;
	struct cxio_addr own;
	struct list_head queue;
	u64 unqueued;
	struct cxio_message *out;
	struct cxio_xio *carrier;
	struct cxio_xio *attempt;
	struct list_head guests;
	struct list_head leaving;
	u32 generation;
	u32 held_msgs;
	u64 held_bytes;
	u64 held_reads;
	bool was_open;
	bool closing;
	bool told;
	void *held;
	bool noted;
	bool by_peer;
	u32 fault;
	struct cxio_counts past;
	void *private;

	spinlock_t lock; /* all below */
	struct list_head inbox;
	u64 queued;
	struct list_head arrivals;
	bool close_wanted;
	bool keepalive_wanted;
	bool poked;
	u32 abort_fault;
	struct cxio_returned returned;
	bool ended;
	bool over;
	struct cxio_counts stats;
	const char *shown;
	u32 shown_fault;
	bool shown_by_peer;
	bool shown_proven;
	bool shown_signed;
	struct cxio_run *run;
};

/**
 * struct cxio_xio - a carrier: one RC queue pair with its memory and its channel
 * @ref: references
 * @link: messenger->lock; in its list
 * @host_link: among its host's guests, or arrivals
 * @messenger: whose it is; valid until it has left the list
 * @number: its number, for who looks into the module; set when it gets into the list
 * @connection: number of its host, 0 until it has one. Set once, before anything can
 *	happen to it there; read without a lock, by tracepoints and who looks for carriers
 * @peer: address
 * @policy: of the session that a peer begins with it
 * @secret: what the peer must know, or NULL; a reference
 * @accepting: the CM's handler is still building it: the work must wait
 * @work: serves it while it has no host; delayed until a deadline
 *
 * Of the work that serves it:
 * @life: state and protocol
 * @traced: its state as tracepoints have told it
 * @left: its host has forgotten it
 * @wants_host: who it is for is to be found: frames behind wait for that
 * @auth: how far the peer and we have proven who we are; its @hook is the carrier's
 * @authorization: what the owner keeps for that, or NULL: see struct cxio_ops
 * @signer: what computes messages' signatures, of both directions, or NULL; for which
 *	connection; or that the owner does it
 * @in: message whose frames are coming in, or NULL
 *
 * Transport half, likewise, but for what is under @lock:
 * @cm_id: CM id
 * @established: disconnecting makes sense
 * @moved: its address leads elsewhere: the session looks for it at once
 * @user: of the queue pair's device
 * @pd: one protection domain a carrier
 * @cq: share of a pool CQ
 * @cq_entries: how large a share
 * @recv: receive buffers
 * @held: those that were parsed and are not posted again, linked, or NULL
 * @held_count: how many
 * @send: send buffers, used in turn
 * @sends: cumulative, frames made
 * @sends_freed: of these, those whose memory is free again
 * @sq_made: work requests of the send queue but READs, cumulative, modulo 2^32
 * @sq_done: last of these that is known to have completed; they do in order. Written in
 *	softirq, with release, and read with acquire: what it stands for is free then
 * @chain: those that are not posted yet, or NULL
 * @chain_end: the last of them
 * @chain_send: the last frame among them, or NULL
 * @unsignalled: sends since the last that was signalled
 * @wait_done: somebody waits for the end of the chain
 * @keys_pool: regions to expose messages with
 * @keys: those in use
 * @keys_made: how many these are
 * @descs: list of the message that is being sent
 * @sinks_pool: regions to READ into, and for the peer to write to
 * @sink: what the peer may write to
 * @sinks: how many these are
 * @read: READs
 * @reads: how many there may be at once
 * @arrivals: memory of struct cxio_arrival, some of it put by for when there is no other
 * @skipped: likewise, of struct cxio_message, for those that nobody wants
 * @pending: messages whose frames are all here, not delivered, in order
 * @pendings: how many
 * @done: arrivals that owe a DONE
 * @dones: how many
 * @qp_mutex: held while the queue pair is drained, destroyed or posted to, and regions of
 *	@sinks_pool change
 * @qp_lives: @qp_mutex; there is one
 * @broke: we broke it, to get hold of memory
 * @counts: beyond those of @life's channel, which are not set here
 *
 * @lock: guards all below; taken in softirq
 * @host: connection in whose work it is served, holding a reference; or NULL
 * @received: buffers with frames, in order
 * @broken: a work request failed or was flushed
 * @broken_work: what it was to do, unless flushed
 * @broken_status: how it failed
 * @cm_events: BIT(enum rdma_cm_event_type) that came in
 * @cm_fault: fault that goes with a failing event
 * @cm_fault_by_peer: the peer said so
 * @agreed: what the handshake settled
 * @abort_fault: end at once with this
 */
struct cxio_xio {
	struct kref ref;
	struct list_head link;
	struct list_head host_link;
	struct cxio_messenger *messenger;
	u32 number;
	u32 connection;
	struct sockaddr_storage peer;
	struct cxio_policy policy;
	struct cxio_secret *secret;
	bool accepting;
	struct delayed_work work;

	struct cxio_life life;
	enum cxio_state traced;
	bool left;
	bool wants_host;
	struct cxio_auth_state auth;
	void *authorization;
	struct {
		struct crypto_shash *tx;
		struct crypto_shash *rx;
		u64 generation;
		bool owner;
	} signer;
	struct cxio_message *in;

	struct rdma_cm_id *cm_id;
	bool established;
	bool moved;
	struct cxio_device_user user;
	struct ib_pd *pd;
	struct ib_cq *cq;
	unsigned int cq_entries;
	struct cxio_recv_buf *recv;
	struct ib_recv_wr *held;
	u32 held_count;
	struct cxio_send_buf *send;
	u32 sends;
	u32 sends_freed;
	u32 sq_made;
	u32 sq_done;
	struct ib_send_wr *chain;
	struct ib_send_wr *chain_end;
	struct cxio_send_buf *chain_send;
	u32 unsignalled;
	bool wait_done;
	struct cxio_mr_pool keys_pool;
	struct list_head keys;
	u32 keys_made;
	u8 descs[sizeof(struct cxio_wire_descs) + (CXIO_KEYS + 1) * sizeof(struct cxio_wire_desc)];
	struct cxio_mr_pool sinks_pool;
	struct cxio_sink sink[CXIO_SINKS];
	u32 sinks;
	struct cxio_read read[CXIO_READS];
	struct cxio_reads reads;
	mempool_t arrivals;
	mempool_t skipped;
	struct list_head pending;
	u32 pendings;
	struct list_head done;
	u32 dones;
	struct mutex qp_mutex; /* outside: work, revoke; inside: carrier's lock */
	bool qp_lives;
	bool broke;
	struct cxio_counts counts;

	spinlock_t lock; /* all below; taken in softirq */
	struct cxio_connection *host;
	struct list_head received;
	bool broken;
	enum cxio_work broken_work;
	enum ib_wc_status broken_status;
	unsigned long cm_events;
	u32 cm_fault;
	bool cm_fault_by_peer;
	struct cxio_agreed agreed;
	u32 abort_fault;
};

/* stats.c */
enum cxio_object {
	CXIO_OBJ_MESSAGES,
	CXIO_OBJ_CONNECTIONS,
	CXIO_OBJ_CARRIERS,
	CXIO_OBJ_FRAMES,
	CXIO_OBJ_REGIONS,
	CXIO_OBJ_KINDS
};

void cxio_object_add(enum cxio_object kind, int n);
u64 cxio_object_count(enum cxio_object kind);
void cxio_objects_check(void);

/* address.c */
bool cxio_address_from(struct cxio_addr *a, const struct sockaddr *sa);
size_t cxio_address_len(const struct sockaddr *sa);
bool cxio_address_same(const struct sockaddr *a, const struct sockaddr *b);

/* messenger.c */
struct cxio_messenger *cxio_messenger_of(struct net *net);
int cxio_messengers_init(void);
void cxio_messengers_stop(void);
void cxio_messengers_exit(void);
int cxio_messenger_add(struct cxio_messenger *m, struct cxio_connection *c);
void cxio_messenger_remove(struct cxio_connection *c);
int cxio_messenger_add_carrier(struct cxio_messenger *m, struct cxio_xio *x);
void cxio_messenger_remove_carrier(struct cxio_xio *x);
struct cxio_connection *cxio_messenger_find(struct cxio_messenger *m, u32 id);
struct cxio_connection *cxio_messenger_find_peer(struct cxio_messenger *m,
						 const struct cxio_addr *peer);

/* secret.c */
struct crypto_shash *cxio_mac_key(const void *key, unsigned int len);
struct cxio_secret *cxio_secret_get(struct cxio_secret *s);
bool cxio_secret_mac(const struct cxio_secret *s, const void *bytes, unsigned int len, u8 *mac);
bool cxio_secret_same(const struct cxio_secret *a, const struct cxio_secret *b);
const struct cxio_credential *cxio_secret_credential(const struct cxio_secret *s);

/* message.c */
struct cxio_message *cxio_message_for(const struct cxio_msg_header *h,
				      const struct cxio_carry *carry,
				      struct cxio_connection *origin);
int cxio_message_place(struct cxio_message *m, u8 segments);
int cxio_message_refit(struct cxio_message *m);
int cxio_message_segment(struct cxio_message *m, u32 segment, struct cxio_data *data,
			 struct cxio_item *item);
u32 cxio_message_crc(struct cxio_message *m, u32 segment);
void cxio_message_comes(struct cxio_message *m, const struct cxio_msg_header *h,
			const struct cxio_carry *carry, struct cxio_connection *origin);
struct cxio_message *cxio_message_skipped(const struct cxio_msg_header *h,
					  const struct cxio_carry *carry,
					  struct cxio_connection *origin, mempool_t *reserve);
void cxio_message_touched(struct cxio_message *m, struct cxio_xio *x);
void cxio_message_untouched(struct cxio_message *m);
void cxio_message_read(const struct cxio_message *m, const struct cxio_piece *p, void *frame);
void cxio_message_write(struct cxio_message *m, const struct cxio_piece *p, const void *frame);

/* portal.c */
int cxio_portal_init(void);
void cxio_portal_exit(void);
void cxio_portal_run(struct work_struct *work);
bool cxio_portal_kick(struct delayed_work *work);
bool cxio_portal_delay(struct delayed_work *work, unsigned long delay);

/* connection.c */
struct cxio_connection *cxio_connection_new(struct cxio_messenger *m, bool active,
					    struct cxio_policy policy,
					    const struct sockaddr *peer);
void cxio_connection_kick(struct cxio_connection *c);
bool cxio_connection_host(struct cxio_connection *c, struct cxio_xio *x);
void cxio_connection_returned(struct cxio_connection *c, const struct cxio_message *m);
void cxio_connection_end(struct cxio_connection *c, u32 fault);
void cxio_connection_over(struct cxio_connection *c);
void cxio_connection_count_past(struct cxio_connection *c);
void cxio_connection_snapshot(struct cxio_connection *c);
void cxio_connection_reap(struct cxio_connection *c);

/* session.c: in the connection's work */
bool cxio_connection_opened(struct cxio_connection *c, struct cxio_xio *x, u64 peer_in_seq);
void cxio_connection_acked(struct cxio_connection *c);
struct cxio_message *cxio_connection_behind(struct cxio_connection *c, struct cxio_message *m);
void cxio_connection_unqueue(struct cxio_connection *c, struct cxio_message *m);
void cxio_connection_drop_queue(struct cxio_connection *c);
void cxio_connection_reset_session(struct cxio_connection *c);
void cxio_connection_take_over(struct cxio_connection *c);
void cxio_connection_carrier_lost(struct cxio_connection *c, struct cxio_xio *x);
void cxio_connection_close_now(struct cxio_connection *c);
void cxio_connection_attempt_due(struct cxio_connection *c);
u64 cxio_connection_deadline(const struct cxio_connection *c);

/* carrier.c */
struct cxio_xio *cxio_xio_new(struct cxio_messenger *m, struct cxio_connection *host,
			      const struct sockaddr *peer, struct cxio_secret *secret);
void cxio_xio_get(struct cxio_xio *x);
void cxio_xio_put(struct cxio_xio *x);
void cxio_xio_kick(struct cxio_xio *x);
void cxio_xio_abort(struct cxio_xio *x, u32 fault);
struct cxio_xio *cxio_xio_of_user(struct cxio_device_user *u);
void cxio_xio_failed(struct cxio_xio *x, const struct ib_wc *wc, enum cxio_work work);
void cxio_xio_established(struct cxio_xio *x);
void cxio_xio_serve(struct cxio_xio *x);
bool cxio_xio_settle(struct cxio_xio *x);
void cxio_xio_forget(struct cxio_xio *x);
u64 cxio_xio_deadline(struct cxio_xio *x);

/* greet.c */
void cxio_greet(struct cxio_xio *x);
void cxio_greeting(struct cxio_xio *x);
bool cxio_find_host(struct cxio_xio *x);

/* auth.c */
enum cxio_fault cxio_prove(struct cxio_xio *x);
enum cxio_fault cxio_sign_begin(struct cxio_xio *x, u64 generation);
void cxio_sign_end(struct cxio_xio *x);
bool cxio_signs(const struct cxio_xio *x);
enum cxio_fault cxio_sign(const struct cxio_xio *x, void *frame, u32 len);
enum cxio_fault cxio_check_signature(const struct cxio_xio *x, const struct cxio_msg_footer *f);

/* authorizer.c */
bool cxio_authorizer_begin(struct cxio_xio *x, bool active);
void cxio_authorizer_free(struct cxio_xio *x);
void cxio_authorizer_end(struct cxio_xio *x);
enum cxio_fault cxio_authorizer_make(struct cxio_xio *x);
enum cxio_fault cxio_authorizer_ask(struct cxio_xio *x);
enum cxio_fault cxio_authorizer_sign(const struct cxio_xio *x, void *frame, u32 len);
enum cxio_fault cxio_authorizer_check(const struct cxio_xio *x, const struct cxio_msg_footer *f);

/* keys.c */
bool cxio_plan(struct cxio_xio *x, struct cxio_message *m);
bool cxio_expose(struct cxio_xio *x, struct cxio_message *m);
void cxio_post_invalidations(struct cxio_xio *x);
void cxio_keys_done(struct cxio_xio *x);
bool cxio_key_ended(struct cxio_xio *x, struct cxio_mr *mr);
void cxio_done_received(struct cxio_xio *x, u64 seq, u32 rkey);
void cxio_reg_done(struct ib_cq *cq, struct ib_wc *wc);
void cxio_inv_done(struct ib_cq *cq, struct ib_wc *wc);
int cxio_make_keys(struct cxio_xio *x);
void cxio_kill_keys(struct cxio_xio *x);

/* pump.c */
void cxio_pump(struct cxio_xio *x);

/* device.c */
int cxio_device_init(void);
void cxio_device_exit(void);

/* cm.c */
void cxio_connect(struct cxio_xio *x);
void cxio_cm_service(struct cxio_xio *x, unsigned long events);

/* qp.c */
void cxio_qp_init(void);
int cxio_create_qp(struct cxio_xio *x);
void cxio_disconnect(struct cxio_xio *x);
void cxio_teardown(struct cxio_xio *x);
bool cxio_is_iwarp(const struct cxio_xio *x);
const struct cxio_limits *cxio_limits(void);

/* recv.c */
void cxio_recv_done(struct ib_cq *cq, struct ib_wc *wc);
void cxio_serve_frames(struct cxio_xio *x);
int cxio_recv_post_all(struct cxio_xio *x);

/* send.c */
void *cxio_send_slot(struct cxio_xio *x);
void cxio_send_add(struct cxio_xio *x, u32 len, u32 invalidate);
bool cxio_sq_room(const struct cxio_xio *x, u32 wrs);
bool cxio_sq_passed(const struct cxio_xio *x, u32 number);
u32 cxio_sq_add(struct cxio_xio *x, struct ib_send_wr *wr);
void cxio_sq_link(struct cxio_xio *x, struct ib_send_wr *wr);
int cxio_sq_flush(struct cxio_xio *x);
void cxio_sq_completed(struct cxio_xio *x, const struct ib_wc *wc, u32 number,
		       enum cxio_work work);
bool cxio_send_idle(const struct cxio_xio *x);
void cxio_send_done(struct ib_cq *cq, struct ib_wc *wc);

/* endpoint.c */
extern const struct cxio_ops cxio_endpoint_ops;

/* endpoint.c, for netlink.c */
struct cxio_run_params {
	struct file *file;
	u64 msgs;
	u32 dsize;
	u32 depth;
	bool sinks;
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
