/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The RDMA transport of libcephxio. A struct cxio_xio is one RC queue pair with its
 * memory and its channel: the carrier of a connection.
 *
 * Who owns what
 * - A messenger has one struct xio_net: devices and listeners. Each portal has one
 *   struct xio_portal: its CM events and its carriers.
 * - A carrier belongs to its portal, from when it is made until xio_tear_down(); posted
 *   tasks hold no reference, since only the portal itself posts them, but for the one
 *   hand-over in cm.c, when nobody else knows it. It holds a reference to its
 *   connection, as long as it is that one's carrier or attempt.
 * - A carrier holds its device, from when its id is on one; the device the protection
 *   domain and the maps of memory. A device without users is closed.
 * - A device and a listener each hold the context that librdmacm has opened (context.c),
 *   and let go of it just before the id that it was opened for is destroyed.
 * - A key (keys.c) belongs to the carrier: memory that the peer may reach, or that a
 *   work request of ours reads. The message it stands for is not finished before it.
 * - An arrival (arrive.c) belongs to the carrier: a message that is still to be read,
 *   and owns that message until it is delivered.
 *
 * Threads: everything is used in the carrier's portal alone, but for struct xio_net's
 * lists, guarded by its @lock, a leaf.
 *
 * Teardown, in a task of its own: frames that had come are served; disconnect (the queue
 * pair goes to ERROR); keys of the peer end, windows are freed; destroy the queue pair
 * (work requests stop touching memory); deregister and free the ring; completion queue
 * and channel; the connection is told; the id is destroyed, its events acknowledged; the
 * device is let go.
 *
 * A send buffer's life: free, made (its frame is in the chain), posted (the chain was,
 * with one doorbell, when the pump stopped), done. Work requests of the send queue but
 * READs have numbers, and @sq_done <= @sq_posted <= @sq_made holds, modulo 2^32. They
 * complete in order among themselves, so the completion of number n is that of all up to
 * n: most need not say so. A buffer is free again when its frame is done, and not before
 * (I3). What has said nothing when the queue pair is destroyed is done by that. READs
 * have completions of their own: a device may let a send overtake them.
 *
 * Nobody waits for a trailing unsignalled send but who closes, and who waits for a key
 * to die: then the last of the chain is signalled.
 *
 * A receive buffer's life: posted, completed, parsed and copied, held, posted. Held ones
 * are posted together after each array of completions, and their credits are returned
 * after that: the peer never has a credit without a posted buffer.
 */
#ifndef CXIO_XIO_H
#define CXIO_XIO_H

#include <infiniband/verbs.h>
#include <rdma/rdma_cma.h>
#include <stdio.h>

#include "../transport.h"
#include "../verbs.h"
#include "arrival.h"
#include "life.h"

/* What a completion is for: this and a number, this and a pointer, or a receive buffer. */
#define XIO_WR_SEND		(1ull << 63)
#define XIO_WR_READ		(1ull << 62)
#define XIO_WR_VALUE		(XIO_WR_READ - 1)

/*
 * Frames under way, if they are short; of the longest as many as their ring holds. And
 * all work requests but READs: frames, binds, invalidations, writes.
 */
#define XIO_SEND_DEPTH		64u
#define XIO_SEND_FRAMES		12u
#define XIO_SQ_DEPTH		(2 * XIO_SEND_DEPTH)

/*
 * Every so many-th send is signalled, and that which fills a quarter of the ring. Fewer
 * completions cost less, but memory comes back in lots: the device still has three
 * quarters to go on with.
 */
#define XIO_SIGNAL_EVERY	(XIO_SEND_DEPTH / 4)

/*
 * Frames up to this are posted with their bytes, if the device takes so many: it need not
 * fetch them. A message of 64 bytes has 186 in all.
 */
#define XIO_INLINE		256u

/* Completions a poll: as many receives are posted at once. */
#define XIO_POLL		16

/* Pieces of memory a message's data is exposed in; more are copied together. */
#define XIO_PIECES		16u
/* How often it is looked whether a link has come back. */
#define XIO_LINK_NS		100000000ull
/* Carriers that peers began, beyond the connections there may be. */
#define XIO_UNAGREED		64u
/* Blocks that a connection keeps registered. */
#define XIO_SINKS		32u
/* READs at once; as many as the options allow. */
#define XIO_READS_MAX		16u
/* Memory windows of a connection. */
#define XIO_WINDOWS		64u

/**
 * struct xio_recv_buf - a receive buffer
 * @wr: its work request; all but the link is set once
 * @sge: its memory
 */
struct xio_recv_buf {
	struct ibv_recv_wr wr;
	struct ibv_sge sge;
};

/**
 * struct xio_srq - receive buffers of several connections
 * @srq: the queue
 * @mr: over @ring
 * @ring: their memory
 * @recv: the buffers
 * @count: how many
 * @granted: net's lock; credits of all connections together
 */
struct xio_srq {
	struct ibv_srq *srq;
	struct ibv_mr *mr;
	char *ring;
	struct xio_recv_buf *recv;
	u32 count;
	u32 granted;
};

/**
 * struct xio_device - an RDMA device that connections of a messenger use
 * @net: whose
 * @slot: place in the tables of it and of memories
 * @verbs: the device, opened by librdmacm
 * @pd: protection domain of all connections, if it has memory windows; else NULL
 * @srq: shared receive queue, if wanted and possible; else NULL
 * @users: net's lock; carriers
 * @gone: net's lock; it was removed
 * @soft_roce: it is a driver with flaws that are known
 * @maps: the store's maps_lock; what it knows of memories
 */
struct xio_device {
	struct xio_net *net;
	u32 slot;
	struct ibv_context *verbs;
	struct ibv_pd *pd;
	struct xio_srq *srq;
	u32 users;
	bool gone;
	bool soft_roce;
	struct cxio_link maps;
};

/**
 * struct xio_listener - an address listened on
 * @link: in the net's list
 * @id: CM id; NULL while its device is gone
 * @verbs: context that @id is on, used; NULL: it listens on all addresses
 * @addr: the address, with the port
 * @lost: its device was removed: the first portal destroys @id, and tries again
 */
struct xio_listener {
	struct cxio_link link;
	struct rdma_cm_id *id;
	const struct ibv_context *verbs;
	struct sockaddr_storage addr;
	bool lost;
};

/**
 * struct xio_net - the transport's part of a messenger
 * @messenger: whose
 * @removals: tells of removed devices, in the first portal
 * @retry: of the first portal: listen again where a device had gone
 * @retries: there is room for @retry
 * @accepted: any thread; carriers that peers began
 * @lock: guards the rest
 * @listeners: addresses
 * @device: by slot; NULL: none
 */
struct xio_net {
	struct cxio_messenger *messenger;
	struct cxio_removals removals;
	struct cxio_timer retry;
	bool retries;
	atomic_uint accepted;
	pthread_mutex_t lock;
	struct cxio_link listeners;
	struct xio_device *device[CXIO_DEVICE_SLOTS];
};

/**
 * struct xio_portal - the transport's part of a portal
 * @cm: CM events, a source
 * @portal: whose
 * @channel: behind @cm
 * @removed: posted when a device was removed
 * @carriers: that live here
 */
struct xio_portal {
	struct cxio_source cm;
	struct cxio_portal *portal;
	struct rdma_event_channel *channel;
	struct cxio_task removed;
	struct cxio_link carriers;
};

/**
 * struct xio_sq_wr - a work request of the send queue
 * @wr: itself
 * @sge: its memory
 */
struct xio_sq_wr {
	struct ibv_send_wr wr;
	struct ibv_sge sge;
};

/**
 * enum xio_key_kind - how memory is reached
 * @XIO_KEY_WINDOW: through a memory window
 * @XIO_KEY_REGION: through a region registered for this alone
 * @XIO_KEY_WRITE: by a work request of ours, which reads it
 */
enum xio_key_kind {
	XIO_KEY_WINDOW,
	XIO_KEY_REGION,
	XIO_KEY_WRITE,
};

/**
 * struct xio_key - memory that the peer, or a work request, may reach
 * @link: in the carrier's list, by age
 * @kind: how
 * @due: a work request that ends it is to be posted
 * @ending: it dies when work request @number is done
 * @number: of the send queue
 * @rkey: for the peer
 * @mw: window, or NULL
 * @mr: region, or NULL
 * @memory: what it lies in, if it was copied for this, with a reference; or NULL
 * @xmsg: message it stands for, or NULL
 * @hook: whose sink it is, with a reference; or NULL
 * @carrier: whose
 * @len: bytes
 * @own: @mr is over memory of the library's
 * @arrival: reply that waits for the end of its sink's key, or NULL; its @sink is this
 */
struct xio_key {
	struct cxio_link link;
	enum xio_key_kind kind;
	bool due;
	bool ending;
	u32 number;
	u32 rkey;
	struct ibv_mw *mw;
	struct ibv_mr *mr;
	struct cxio_memory *memory;
	struct cxio_xmsg *xmsg;
	struct cxio_hook *hook;
	struct cxio_xio *carrier;
	size_t len;
	bool own;
	struct xio_arrival *arrival;
};

/**
 * struct xio_arrival - a message that does not come in frames alone
 * @link: among those that owe a DONE, once it is read
 * @message: the message; NULL once it was delivered
 * @carry: how it travels
 * @footer: once all its frames are here
 * @state: how far it has come
 * @owes: a DONE is to be sent
 * @at: first descriptor whose READ was not posted
 * @count: descriptors
 * @placed: bytes of each segment that READs were posted for
 * @region: regions registered for its READs alone, one a segment; or NULL
 * @sink: key to the memory its data was written to, while it waits for its end; or NULL.
 *	Until then it is exposed, says @state
 * @seq: of the message
 * @rkey: key that DONE invalidates, or 0
 * @list: descriptors, as they came
 * @desc: descriptors
 */
struct xio_arrival {
	struct cxio_link link;
	struct cxio_message *message;
	struct cxio_carry carry;
	struct cxio_msg_footer footer;
	struct cxio_arriving state;
	bool owes;
	u32 at;
	u32 count;
	u32 placed[CXIO_SEGMENTS];
	struct ibv_mr *region[CXIO_SEGMENTS];
	struct xio_key *sink;
	u64 seq;
	u32 rkey;
	u8 *list;
	struct cxio_desc *desc;
};

/**
 * struct xio_sink - a block that READs go to, and its region; both NULL: none
 * @block: a reference
 * @mr: over all of it
 */
struct xio_sink {
	struct cxio_memory *block;
	struct ibv_mr *mr;
};

/**
 * struct xio_cq - a completion queue
 * @cq: itself
 * @armed: the next completion is an event
 * @event_debt: completion events to acknowledge
 */
struct xio_cq {
	struct ibv_cq *cq;
	bool armed;
	unsigned int event_debt;
};

/**
 * struct cxio_xio - a carrier
 * @completions: the completion channel, a source
 * @link: in the portal's list
 * @messenger: whose
 * @portal: where it lives
 * @task: posted to tear it down, or to go on after a hand-over
 * @timer: for @life
 * @timed: there is room for it
 * @connection: what it carries, or is to; NULL while that is to be agreed on, and when it
 *	carries nothing any more
 * @life: the decisions
 * @ours: what we offer
 * @agreed: with the peer
 * @auth: how far the peer and we have proven who we are
 * @signer: whether messages are signed, for which connection, and the keys
 * @end_text: more words than a fault has, or empty
 * @broke: we broke it, to get hold of memory
 * @greeted: a connect that waits for the hand-over to its connection's portal
 * @to: portal it is handed over to, or NULL
 * @id: CM id; it owns the queue pair
 * @device: what it is on
 * @pd: protection domain; the device's, or its own
 * @own_pd: it is its own
 * @channel: completion channel
 * @recv_cq: armed whenever we sleep
 * @send_cq: armed only while somebody waits for what it would tell
 * @ring_mr: over @ring
 * @ring: receive buffers, then send buffers
 * @ring_size: bytes
 * @sq: work requests of the send queue, by number
 * @sq_made: cumulative; those beyond @sq_posted are the chain
 * @sq_posted: cumulative
 * @sq_done: cumulative, as far as completions have told
 * @sends: cumulative, frames made
 * @sends_freed: of these, those whose memory is free again
 * @send: frames under way, by their count: number, and where the next begins
 * @send_bytes: of the ring of frames
 * @send_head: where the next frame is made, if there is room
 * @send_tail: where the oldest frame under way begins
 * @unsignalled: sends since the last that was signalled
 * @unsignalled_bytes: of the ring, likewise
 * @inline_max: bytes that the device takes with a work request
 * @signal_from: bytes from which on every send is signalled
 * @short_of_wrs: a message waits for work requests
 * @wait_done: somebody waits for the end of the chain
 * @recv: receive buffers; the device's, if they are shared
 * @recv_count: how many are its own
 * @granted: credits it has of shared ones
 * @held: buffers parsed and not posted again, linked, or NULL
 * @held_count: how many
 * @established: disconnecting makes sense
 * @reads: READs under way
 * @read_chain: READs made and not posted
 * @read_chained: how many
 * @sink: blocks that are kept registered
 * @sink_bytes: of all of them
 * @sinks_due: when those that are free go; 0: there are none
 * @in: message coming in in frames, or NULL
 * @pending: messages whose frames are all here, not delivered, in order
 * @done: arrivals that owe a DONE
 * @dones: how many
 * @keys: that are alive
 * @keys_due: keys that are @due
 * @keys_ending: keys that are @ending
 * @windows: free memory windows
 * @windows_free: how many
 * @windows_made: how many there are
 * @counts: beyond those of the channel
 * @told: as they were in the last snapshot
 */
struct cxio_xio {
	struct cxio_source completions;
	struct cxio_link link;
	struct cxio_messenger *messenger;
	struct cxio_portal *portal;
	struct cxio_task task;
	struct cxio_timer timer;
	bool timed;
	struct cxio_connection *connection;
	struct cxio_life life;
	struct cxio_limits ours;
	struct cxio_agreed agreed;
	struct cxio_auth_state auth;
	struct {
		bool on;
		u64 generation;
		u8 tx[CXIO_HMAC_BYTES];
		u8 rx[CXIO_HMAC_BYTES];
	} signer;
	char end_text[160];
	bool broke;
	bool greeted;
	struct cxio_portal *to;
	struct rdma_cm_id *id;
	struct xio_device *device;
	struct ibv_pd *pd;
	bool own_pd;
	struct ibv_comp_channel *channel;
	struct xio_cq recv_cq;
	struct xio_cq send_cq;
	struct ibv_mr *ring_mr;
	char *ring;
	size_t ring_size;
	struct xio_sq_wr *sq;
	u32 sq_made;
	u32 sq_posted;
	u32 sq_done;
	u64 sends;
	u64 sends_freed;
	struct {
		u32 number;
		u32 end;
	} send[XIO_SEND_DEPTH];
	u32 send_bytes;
	u32 send_head;
	u32 send_tail;
	u32 unsignalled;
	u32 unsignalled_bytes;
	u32 inline_max;
	u32 signal_from;
	bool short_of_wrs;
	bool wait_done;
	struct xio_recv_buf *recv;
	u32 recv_count;
	u32 granted;
	struct ibv_recv_wr *held;
	u32 held_count;
	bool established;
	struct cxio_reads reads;
	struct xio_read_wr {
		struct ibv_send_wr wr;
		struct ibv_sge sge;
	} read_chain[XIO_READS_MAX];
	u32 read_chained;
	struct xio_sink sink[XIO_SINKS];
	u64 sink_bytes;
	u64 sinks_due;
	struct cxio_message *in;
	struct cxio_link pending;
	struct cxio_link done;
	u32 dones;
	struct cxio_link keys;
	u32 keys_due;
	u32 keys_ending;
	struct ibv_mw *windows[XIO_WINDOWS];
	u32 windows_free;
	u32 windows_made;
	struct cxio_connection_stats counts;
	struct cxio_connection_stats told;
};

/* device.c */
struct xio_device *xio_device_get(struct xio_net *net, struct ibv_context *verbs);
void xio_device_put(struct xio_device *d);
bool xio_device_removed(struct xio_net *net, const char *node);
bool xio_device_is_gone(struct xio_device *d);
struct ibv_mr *xio_map(struct xio_device *d, struct cxio_memory *m);
size_t xio_region_part(const struct xio_device *d, uintptr_t base, size_t len);
void xio_unmap(struct cxio_map *map);

/* removal.c */
void xio_watch_removals(struct xio_net *net);
void xio_unwatch_removals(struct xio_net *net);

/* cm.c */
int xio_open_cm(struct xio_portal *p);
void xio_close_cm(struct xio_portal *p);
int xio_listen(struct cxio_messenger *m, struct sockaddr_storage *addr, socklen_t len);
void xio_unlisten(struct cxio_messenger *m);
void xio_listen_again(struct cxio_timer *t);
void xio_listeners_lost(struct xio_net *net, const char *node);
void xio_listener_moved(struct xio_net *net, const struct rdma_cm_id *id);
void xio_connect(struct cxio_xio *x, const struct sockaddr *to);
void xio_accept(struct cxio_xio *x);
int xio_move_id(struct cxio_xio *x, struct cxio_portal *to);

/* carrier.c */
struct cxio_xio *xio_new(struct cxio_portal *p, struct cxio_connection *c, bool active);
void xio_follow(struct cxio_xio *x);
void xio_end(struct cxio_xio *x, u32 fault, bool by_peer, const char *text);
void xio_fault(struct cxio_xio *x, u32 fault);
void xio_lost(struct cxio_xio *x);
void xio_established(struct cxio_xio *x);
void xio_set_timer(struct cxio_xio *x);
void xio_hand_over(struct cxio_xio *x, struct cxio_portal *to);
void xio_forget(struct cxio_xio *x);
void xio_snapshot(struct cxio_xio *x);

/* describe.c */
void xio_describe(struct cxio_portal *p, FILE *to);

/* qp.c */
int xio_create_qp(struct cxio_xio *x);
void xio_destroy_qp(struct cxio_xio *x);
bool xio_is_iwarp(const struct cxio_xio *x);

/* srq.c */
struct xio_srq *xio_srq_new(struct ibv_pd *pd, u32 count, u32 size);
void xio_srq_free(struct xio_srq *s);
u32 xio_srq_grant(struct xio_device *d, u32 wanted);
void xio_srq_take_back(struct xio_device *d, u32 granted);

/* recv.c */
void xio_recv_buf_init(struct xio_recv_buf *b, u32 number, char *at, u32 size, u32 lkey);
void xio_drain_shared(struct cxio_xio *x);
int xio_post_receives(struct cxio_xio *x);
void xio_completions_ready(struct cxio_source *s);
bool xio_poll(struct cxio_xio *x);
bool xio_arm_sends(struct cxio_xio *x);
bool xio_arm(struct xio_cq *q);

/* send.c */
void *xio_send_slot(struct cxio_xio *x);
void xio_send_add(struct cxio_xio *x, u32 len, u32 invalidate);
struct xio_sq_wr *xio_sq_add(struct cxio_xio *x);
bool xio_sq_room(const struct cxio_xio *x, u32 wrs);
int xio_sq_flush(struct cxio_xio *x);
void xio_sq_done(struct cxio_xio *x, u32 number);
bool xio_sq_idle(const struct cxio_xio *x);

/* pump.c */
void xio_pump(struct cxio_xio *x);

/* greet.c */
void xio_carries(struct cxio_xio *x, struct cxio_connection *c, u64 peer_in_seq);
void xio_greet(struct cxio_xio *x);
void xio_greeting(struct cxio_xio *x);

/* auth.c */
enum cxio_fault xio_prove(struct cxio_xio *x);
enum cxio_fault xio_sign_begin(struct cxio_xio *x, u64 generation);
enum cxio_fault xio_sign(const struct cxio_xio *x, void *frame, u32 len);
enum cxio_fault xio_check_signature(const struct cxio_xio *x, const struct cxio_msg_footer *f);

/* arrive.c: messages in */
bool xio_arrive(struct cxio_xio *x, const void *buf, const struct cxio_rx_event *ev);
void xio_arrive_revoked(struct cxio_xio *x, const struct cxio_rx_event *ev);
void xio_arrival_goes_on(struct cxio_xio *x, struct xio_arrival *a);
void xio_drop_arrivals(struct cxio_xio *x);

/* rendezvous.c: READs, and their DONEs */
void xio_start_reads(struct cxio_xio *x);
void xio_read_done(struct cxio_xio *x, struct xio_arrival *a, bool failed);
u32 xio_done_frame(struct cxio_xio *x, void *frame, u32 *rkey);
void xio_owe_done(struct cxio_xio *x, struct xio_arrival *a);
void xio_arrival_free(struct xio_arrival *a);

/* sinks.c */
struct cxio_memory *xio_sink_take(struct cxio_xio *x, u32 len);
struct ibv_mr *xio_sink_region(struct cxio_xio *x, const struct cxio_memory *block);
void xio_sinks_tick(struct cxio_xio *x);
void xio_sinks_end(struct cxio_xio *x);

/* keys.c */
bool xio_plan(struct cxio_xio *x, struct cxio_xmsg *m);
bool xio_expose(struct cxio_xio *x, struct cxio_xmsg *m);
void xio_done_received(struct cxio_xio *x, u64 seq, u32 rkey);
void xio_end_sink(struct cxio_hook *h);
bool xio_sink_written(struct cxio_xio *x, struct xio_arrival *a);
void xio_post_invalidations(struct cxio_xio *x);
void xio_keys_done(struct cxio_xio *x);
void xio_hide_memory(struct cxio_xio *x);
void xio_kill_keys(struct cxio_xio *x);

#endif /* CXIO_XIO_H */
