/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's messenger, for other modules: symbol namespace CEPH_XIO.
 *
 * A messenger has connections; a connection is a session with one peer, carried by one
 * RDMA queue pair after the other. Its owner gives it callbacks (struct cxio_ops) and
 * sends messages. All callbacks of one connection come one at a time, from a work item on
 * a WQ_MEM_RECLAIM workqueue, in a memalloc_noio scope, with no lock of ours held: they
 * may take the owner's locks, and may sleep.
 *
 * Locks: what is said to be callable in any context takes spinlocks only. The two revokes
 * sleep, and may be called with locks of the owner's held that its callbacks take: they
 * wait for no callback and for no work that could be in one, only for a copy that is being
 * made of the memory and for the completions of a queue pair in error.
 *
 * Lifetimes: the owner of a connection has a reference from cxio_connection_open(), or
 * takes one in its callback @accepted, and drops it when it wants; callbacks end with
 * @closed. What its private pointer leads to may be counted, too (@get, @put): it then may
 * be let go of while callbacks are still to come. A message belongs to whoever has its
 * reference; sending passes one.
 */
#ifndef CEPH_XIO_CXIO_H
#define CEPH_XIO_CXIO_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mempool.h>
#include <linux/mutex.h>
#include <linux/socket.h>
#include <net/net_namespace.h>

#include "../common/auth.h"
#include "../common/fault.h"
#include "../common/msgr1.h"
#include "../common/policy.h"
#include "../common/rendezvous.h"
#include "data.h"

struct cxio_arrival;
struct cxio_connection;
struct cxio_messenger;
struct cxio_secret;
struct cxio_xio;

/**
 * enum cxio_signing - are messages signed?
 * @CXIO_SIGNING_AUTO: if the peer can, too
 * @CXIO_SIGNING_OFF: no, and a peer that insists is refused
 * @CXIO_SIGNING_ON: yes, and a peer that cannot is refused
 */
enum cxio_signing {
	CXIO_SIGNING_AUTO = CXIO_AUTH_SIGN_AUTO,
	CXIO_SIGNING_OFF = CXIO_AUTH_SIGN_OFF,
	CXIO_SIGNING_ON = CXIO_AUTH_SIGN_ON,
};

/**
 * struct cxio_message - a message
 *
 * The owner's, until it is sent, or from when it is dispatched:
 * @header: Ceph's header; lengths are those of @segment and @data; its seq is 0 until it
 *	was begun
 * @segment: front, middle and data, each kvmalloc'ed here or NULL; the owner may point
 *	front and middle elsewhere and add @data himself, see cxio_message_alloc()
 * @data: where the data is
 * @item: of @data, if it is in @segment
 * @release: called when the last reference is gone, from any context that may sleep, in
 *	place of freeing what is not ours; or NULL
 * @private: the owner's
 *
 * The messenger's:
 * @ref: references
 * @reserve: where it comes from if it is a carrier's, whose end it does not outlive; or NULL
 * @link: in a connection's queue, or among a carrier's pending
 * @ours: BIT(enum cxio_segment) of the segments that are freed with it
 * @origin: connection it was received on, holding a reference, or NULL; changes with @io
 *	held
 * @generation: of @origin's carriers, the one it came on
 * @window: what it took of that one's window, in bytes
 * @read_bytes: bytes that were made room for when they could be read
 * @sink: memory that it offered for the data of its reply; length 0: none
 * @offers: message whose memory it offers for the data of its reply, of which it holds a
 *	reference; or NULL
 * @reply_sink: memory that its request offered, see cxio_message_reply_to()
 * @reply_generation: of the carriers of the connection, the one that the request came on
 * @arrival: while it comes in: what is still to be read; or NULL
 * @keys: keys to it that are alive, each with a reference
 * @planned: @carry says how it is to travel on the present carrier
 * @offering: a descriptor of what it @offers is among those of @carry, as planned
 * @framed: a device could not take its memory as it was planned: it travels in frames
 * @begun: its first frame was made there
 * @revoked: it has a number, and is not to be sent any more
 * @skipped: it has no memory: nobody wants it
 * @carry: how it travels
 * @io: held by whoever touches the memory, or has a device touch it; inside it only the
 *	@io of what it @offers is taken, and the carrier's qp_mutex; no callback is made
 * @gone: @io; the memory may not be touched any more
 * @coming: @io; it is coming in
 * @handed: @io; it is being dispatched, or was
 * @touched_by: @io; carrier whose device may touch the memory, with a reference; or NULL
 * @touches: @io; in how many ways: by each key, READ and sink
 */
struct cxio_message {
	struct cxio_msg_header header;
	void *segment[CXIO_SEGMENTS];
	struct cxio_data data;
	struct cxio_item item;
	void (*release)(struct cxio_message *m);
	void *private;

	struct kref ref;
	mempool_t *reserve;
	struct list_head link;
	u8 ours;
	struct cxio_connection *origin;
	u32 generation;
	u64 window;
	u64 read_bytes;
	struct cxio_desc sink;
	struct cxio_message *offers;
	struct cxio_desc reply_sink;
	u32 reply_generation;
	struct cxio_arrival *arrival;
	u32 keys;
	bool planned;
	bool offering;
	bool framed;
	bool begun;
	bool revoked;
	bool skipped;
	struct cxio_carry carry;
	struct mutex io; /* its memory, what is below, and @origin */
	bool gone;
	bool coming;
	bool handed;
	struct cxio_xio *touched_by;
	u32 touches;
};

/**
 * struct cxio_peer_authorizer - an authorizer that a peer has sent, to be judged
 * @protocol: Ceph's number of what it is: 1 none, 2 cephx, or another but 0
 * @bytes: as they came
 * @len: how many, 1 to CXIO_AUTHORIZER_MAX
 * @challenged: the last one on the same state was challenged: it is to answer that
 * @answer: the challenge or answer is put there
 * @answer_max: room for it, CXIO_AUTHORIZER_MAX bytes
 * @answer_len: set to how many bytes that are; a challenge has at least one
 */
struct cxio_peer_authorizer {
	u32 protocol;
	const void *bytes;
	u32 len;
	bool challenged;
	void *answer;
	u32 answer_max;
	u32 answer_len;
};

/**
 * struct cxio_ops - what an owner of connections is told and asked
 * @get: take a reference to what the connection's private pointer leads to: it is used until
 *	@put. Called by cxio_connection_open() in its caller's context, and after @accepted;
 *	not if that pointer is NULL. The pointer does not change meanwhile
 * @put: drop it, after @closed: nothing is called for this connection any more but
 *	@put_authorizer; or if it could not be opened
 * @accepted: a peer has begun the connection: set its private pointer
 * @opened: a carrier carries it from here on, the first one or another
 * @alloc_msg: a message's header has come, its data has not: return a message with memory
 *	for it, and a reference for the messenger; or NULL, and set @skip if it is to be
 *	dropped, else the carrier is lost, and a lossless session asks again on the next.
 *	The same message may be returned again for what comes again on another carrier, or
 *	when it was dispatched; not while it is coming in, nor for another connection while
 *	a device of this one may touch it, which is like NULL. NULL: memory is made as it is
 *	needed
 * @dispatch: a message has come, whole and in order; the reference passes
 * @undeliverable: a message on a lossless session is larger than this peer will ever take,
 *	be it for want of windows, or of regions to expose it in, and was taken out of the
 *	queue; what is behind it goes. The messenger's reference is dropped after this. A
 *	lossy session ends for it
 * @refused: an attempt to connect has failed: return true to give up
 * @peer_reset: the peer has forgotten the session, and all that was queued was dropped
 * @poked: cxio_connection_poke() was called, or it has come to be carried
 * @closed: it is over; fault and who said so are told by cxio_connection_fault(). The last
 *	call, but for @put_authorizer
 * @get_authorizer: a connect is to be sent: put an authorizer into @buf, of @size bytes
 *	(CXIO_AUTHORIZER_MAX), and its number into @protocol; a new one if @force_new, else
 *	the one there is, with what @add_authorizer_challenge made of it. Return its length,
 *	or 0 with a @protocol of 0 if this connection goes without; or a negative errno: the
 *	attempt fails
 * @add_authorizer_challenge: the peer has challenged it: return 0 if the next one answers
 *	that, or a negative errno
 * @verify_authorizer_reply: the peer has accepted it, with this answer: return 0 if that is
 *	right, or a negative errno. Messages may be signed from here on
 * @invalidate_authorizer: the peer has refused it. Once in an attempt @get_authorizer is
 *	called again at once, with @force_new; the second time the attempt fails
 * @verify_authorizer: a peer that connects here has sent one. CXIO_AUTH_OK if it is good,
 *	CXIO_AUTH_CHALLENGE, or CXIO_AUTH_BAD (and anything else) if not. It may come again
 *	after it was found good, with each connect of an attempt. That @c belongs to whoever
 *	it proves is for the owner to see to: anybody may name the address of another
 * @put_authorizer: what @state was set to is not used any more. May come after @closed, and
 *	before the messenger is destroyed
 * @sign_message: a message is to be sent: put into @sig what signs these bytes of it, which
 *	are as on the wire, but for the signature in the footer. Return 0, or a negative errno:
 *	the carrier is given up
 * @check_message_signature: a message has come in: return 0 if the signature in the footer
 *	is the peer's, or a negative errno: the carrier is given up
 * @signing_required: a peer that cannot sign is refused; else both sign if both can
 *
 * All may be NULL but @dispatch. Context: see the top of this file.
 *
 * Authorizers are asked for where there is no secret: for connections that we begin if there
 * is @get_authorizer, which wants the three below it, and for those that peers begin if
 * there is @verify_authorizer. Their order, and how often what is asked, security.rst says.
 * One connection may have several handshakes at a time, most of all if peers begin them: what
 * belongs to one, as a challenge or a key, is kept in *@state, which is NULL at first. The
 * callbacks of signatures are given that of the carrier that the message is on.
 *
 * These eight are made where all others are: in the connection's one work item, on our
 * WQ_MEM_RECLAIM workqueue, in a memalloc_noio scope, with no lock of ours held and no
 * message's memory (a revoke that holds a lock of the owner's waits for none of them: I7). So
 * they may sleep, and what they allocate is GFP_NOIO whatever they ask for. But write-back may
 * wait for this connection, and it waits for them: they must not wait for what may wait for
 * write-back, such as a key that a program is asked for, and not for a callback of the same
 * connection. Signatures are on the way of every message. Lengths are checked before they are
 * given (I1); what the bytes are is the owner's to see. What fails ends the carrier, or the
 * attempt, by one fault that is told once (I5).
 */
struct cxio_ops {
	void (*get)(void *private);
	void (*put)(void *private);
	void (*accepted)(struct cxio_connection *c);
	void (*opened)(struct cxio_connection *c);
	struct cxio_message *(*alloc_msg)(struct cxio_connection *c,
					  const struct cxio_msg_header *h, bool *skip);
	void (*dispatch)(struct cxio_connection *c, struct cxio_message *m);
	void (*undeliverable)(struct cxio_connection *c, struct cxio_message *m);
	bool (*refused)(struct cxio_connection *c);
	void (*peer_reset)(struct cxio_connection *c);
	void (*poked)(struct cxio_connection *c);
	void (*closed)(struct cxio_connection *c);

	int (*get_authorizer)(struct cxio_connection *c, void **state, bool force_new,
			      u32 *protocol, void *buf, u32 size);
	int (*add_authorizer_challenge)(struct cxio_connection *c, void **state,
					const void *challenge, u32 len);
	int (*verify_authorizer_reply)(struct cxio_connection *c, void **state,
				       const void *reply, u32 len);
	void (*invalidate_authorizer)(struct cxio_connection *c, void **state);
	enum cxio_auth (*verify_authorizer)(struct cxio_connection *c, void **state,
					    struct cxio_peer_authorizer *p);
	void (*put_authorizer)(void *state);
	int (*sign_message)(struct cxio_connection *c, void *state,
			    const struct cxio_wire_msg_header *header,
			    const struct cxio_wire_msg_footer *footer, u64 *sig);
	int (*check_message_signature)(struct cxio_connection *c, void *state,
				       const struct cxio_wire_msg_header *header,
				       const struct cxio_wire_msg_footer *footer);
	bool signing_required;
};

/* messenger.c */
struct cxio_messenger *cxio_messenger_create(struct net *net, const struct cxio_ops *ops);
void cxio_messenger_data_crc(struct cxio_messenger *m, bool crc);
void cxio_messenger_keepalive(struct cxio_messenger *m, u32 interval_ms, u32 expiry_ms);
void cxio_messenger_destroy(struct cxio_messenger *m);

/* cm.c */
int cxio_listen(struct cxio_messenger *m, const struct sockaddr *addr,
		enum cxio_policy_kind policy, struct cxio_secret *secret);
int cxio_unlisten(struct cxio_messenger *m, const struct sockaddr *addr);

/* secret.c */
struct cxio_secret *cxio_secret_new(const char *name, const void *bytes, size_t len,
				    enum cxio_signing signing);
struct cxio_secret *cxio_secret_of_keyring(const char *name, enum cxio_signing signing);
void cxio_secret_put(struct cxio_secret *s);

/* message.c */
struct cxio_message *cxio_message_new(const struct cxio_msg_header *h, gfp_t gfp);
struct cxio_message *cxio_message_alloc(const struct cxio_msg_header *h, gfp_t gfp);
void cxio_message_offer(struct cxio_message *m, struct cxio_message *reply);
void cxio_message_reply_to(struct cxio_message *m, const struct cxio_message *request);
void cxio_message_get(struct cxio_message *m);
void cxio_message_put(struct cxio_message *m);

/* revoke.c */
void cxio_message_revoke(struct cxio_connection *c, struct cxio_message *m);
bool cxio_message_revoke_incoming(struct cxio_message *m);

/* connection.c */
struct cxio_connection *cxio_connection_open(struct cxio_messenger *m,
					     enum cxio_policy_kind policy,
					     const struct sockaddr *addr,
					     struct cxio_secret *secret, void *private);
void cxio_connection_get(struct cxio_connection *c);
void cxio_connection_put(struct cxio_connection *c);
int cxio_connection_send(struct cxio_connection *c, struct cxio_message *m);
void cxio_connection_keepalive(struct cxio_connection *c);
void cxio_connection_poke(struct cxio_connection *c);
void cxio_connection_close(struct cxio_connection *c);
void cxio_connection_abort(struct cxio_connection *c, u32 fault);
void *cxio_connection_private(const struct cxio_connection *c);
void cxio_connection_set_private(struct cxio_connection *c, void *private);
u32 cxio_connection_fault(const struct cxio_connection *c, bool *by_peer);

#endif /* CEPH_XIO_CXIO_H */
