/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libcephxio: a Ceph messenger.
 *
 * A messenger has connections to peers; a connection carries messages, in order, both
 * ways; dispatchers are told what arrives. What carries the messages, and how often it
 * was lost and made anew, is the transport's business: a connection of a lossless
 * policy survives it.
 *
 * Threads. Every function may be called from any thread, and from callbacks unless it
 * says otherwise; none blocks unless it says so. Callbacks of one connection come one
 * at a time and in order; those of two connections may come at once. Where they run
 * stands at struct cxio_dispatcher.
 *
 * References. What is returned as a reference is put by the caller; what is handed to
 * a callback without a word is valid until it returns.
 *
 * Errors are negative errno values, or NULL with errno.
 */
#ifndef CEPHXIO_H
#define CEPHXIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cxio_messenger;
struct cxio_connection;
struct cxio_message;
struct cxio_arena;
struct cxio_memory;

/* --- what peers are --- */

/**
 * enum cxio_peer_type - Ceph's entity types
 * @CXIO_PEER_ANY: all that have no entry of their own
 * @CXIO_PEER_MON: monitor
 * @CXIO_PEER_MDS: metadata server
 * @CXIO_PEER_OSD: object storage daemon
 * @CXIO_PEER_CLIENT: client
 * @CXIO_PEER_MGR: manager
 */
enum cxio_peer_type {
	CXIO_PEER_ANY = 0,
	CXIO_PEER_MON = 1,
	CXIO_PEER_MDS = 2,
	CXIO_PEER_OSD = 4,
	CXIO_PEER_CLIENT = 8,
	CXIO_PEER_MGR = 16,
};

/**
 * enum cxio_peer_policy - what is owed to peers of a kind; Ceph's policies
 * @CXIO_POLICY_LOSSY_CLIENT: connects; a loss ends the connection
 * @CXIO_POLICY_LOSSLESS_CLIENT: connects, connects again and replays
 * @CXIO_POLICY_STATELESS_SERVER: is connected to; a loss ends the connection
 * @CXIO_POLICY_STATEFUL_SERVER: is connected to; waits for the client's return
 * @CXIO_POLICY_LOSSLESS_PEER: either side connects; replays
 * @CXIO_POLICY_LOSSLESS_PEER_REUSE: likewise, and a peer may return without its state
 */
enum cxio_peer_policy {
	CXIO_POLICY_LOSSY_CLIENT,
	CXIO_POLICY_LOSSLESS_CLIENT,
	CXIO_POLICY_STATELESS_SERVER,
	CXIO_POLICY_STATEFUL_SERVER,
	CXIO_POLICY_LOSSLESS_PEER,
	CXIO_POLICY_LOSSLESS_PEER_REUSE,
};

/* --- dispatchers --- */

/**
 * struct cxio_end - why a connection ended, or could not be made
 * @fault: 0 for an orderly end, else a number for cxio_fault_text()
 * @by_peer: the peer said so; else this side found out
 * @was_open: messages had flowed
 * @text: one line in words
 */
struct cxio_end {
	unsigned int fault;
	bool by_peer;
	bool was_open;
	const char *text;
};

/**
 * struct cxio_dispatcher - the application's upper edge, one link of a chain
 * @fast: a message arrived whole: take it here, in the portal, or leave it to @dispatch.
 *	Must not block: all connections of the portal wait meanwhile. Not asked while
 *	something of the connection waits for a dispatch thread, which goes first: then
 *	@dispatch is, so whoever wants all has both
 * @dispatch: likewise, in a dispatch thread; may block
 * @connected: a connection begun here is open; told again after each loss and return
 * @accepted: likewise, begun by the peer
 * @reset: the connection is over, for whatever reason; told exactly once and last. What
 *	was not acknowledged may have arrived or not
 * @remote_reset: the peer had forgotten the connection: what was not acknowledged is
 *	dropped, and may have arrived or not. The connection goes on
 * @refused: an attempt to connect failed. There will be another, after a while, of
 *	whatever policy, until somebody marks the connection down
 * @rejected: a peer was turned away before it had a connection
 * @authenticated: a connection to a monitor, begun here with a name of Ceph's, has got its
 *	tickets: connections to daemons can show them; or, if @end has a fault, it has not,
 *	and is marked down. Told once each time after @connected, unless the connection ends
 *	before; and once more, with a fault, when what a monitor says of tickets that are to
 *	be renewed makes it be marked down. A monitor that does not give some of them then is
 *	not told of: connections that need them are refused. Until the first a monitor
 *	answers next to nothing. MAuthReply messages are not shown to anybody
 * @arg: handed to each
 *
 * The chain is asked in order. @fast and @dispatch return true if they took the message,
 * and with it the reference; the others are all told. Without dispatch threads
 * (see struct cxio_messenger_options) everything runs in the portal, and nothing may
 * block. Any callback may be NULL. A message that nobody takes is dropped.
 */
struct cxio_dispatcher {
	bool (*fast)(void *arg, struct cxio_connection *c, struct cxio_message *m);
	bool (*dispatch)(void *arg, struct cxio_connection *c, struct cxio_message *m);
	void (*connected)(void *arg, struct cxio_connection *c);
	void (*accepted)(void *arg, struct cxio_connection *c);
	void (*reset)(void *arg, struct cxio_connection *c, const struct cxio_end *end);
	void (*remote_reset)(void *arg, struct cxio_connection *c);
	void (*refused)(void *arg, struct cxio_connection *c, const struct cxio_end *end);
	void (*rejected)(void *arg, const struct sockaddr *peer, const char *text);
	void (*authenticated)(void *arg, struct cxio_connection *c, const struct cxio_end *end);
	void *arg;
};

/* --- messengers --- */

/**
 * enum cxio_windows - whether memory is shown to peers through memory windows
 * @CXIO_WINDOWS_AUTO: where the device has them and they are safe: not on soft-RoCE,
 *	whose kernel driver lets a peer crash this machine by invalidating one twice
 * @CXIO_WINDOWS_OFF: never: memory is registered for each message alone
 * @CXIO_WINDOWS_ON: wherever the device has them
 */
enum cxio_windows {
	CXIO_WINDOWS_AUTO,
	CXIO_WINDOWS_OFF,
	CXIO_WINDOWS_ON,
};

/**
 * enum cxio_signing - are messages signed?
 * @CXIO_SIGNING_AUTO: if the peer can, too
 * @CXIO_SIGNING_OFF: no, and a peer that insists is refused
 * @CXIO_SIGNING_ON: yes, and a peer that cannot is refused
 *
 * A signature covers a message's header and its CRCs; see Documentation/security.rst.
 */
enum cxio_signing {
	CXIO_SIGNING_AUTO,
	CXIO_SIGNING_OFF,
	CXIO_SIGNING_ON,
};

/**
 * enum cxio_carrier - what carries the bytes of transport "simple"
 * @CXIO_CARRIER_TCP: TCP
 * @CXIO_CARRIER_RDMA: RDMA, as Ceph's ms_type=async+rdma has it; a TCP connection to the
 *	same port sets it up, and stays open
 * @CXIO_CARRIER_RDMA_CM: likewise, set up by the RDMA connection manager: Ceph's
 *	ms_async_rdma_cm=true with ms_async_rdma_type=iwarp
 *
 * RDMA is InfiniBand or RoCE here, not iWARP.
 */
enum cxio_carrier {
	CXIO_CARRIER_TCP,
	CXIO_CARRIER_RDMA,
	CXIO_CARRIER_RDMA_CM,
};

/**
 * struct cxio_messenger_options - what a messenger is like
 * @size: bytes of this struct; set by cxio_messenger_options_init()
 * @transport: "xio" (RDMA), the default, or "simple" (Ceph's messenger v1, over TCP or
 *	what @carrier says)
 * @own_type: what we are to our peers
 * @own_num: which one; who has a @ceph_name is who a monitor says, as soon as it does
 * @nonce: tells us apart from who had our address before; 0: chance
 * @portals: threads that do the transport's work, 1 to 64
 * @dispatch_threads: threads for queued dispatch, 0 to 64
 * @busy_poll_us: microseconds a portal polls before it sleeps, 0 to 1,000,000
 * @data_crc: check payloads with CRCs; left out only if both sides do
 * @recv_depth: receive buffers of a connection, 8 to 4096
 * @frame_size: bytes of a buffer, 512 to 65536; longer messages take several, or none
 * @window_msgs: messages a peer may have with us, 1 to 65536
 * @window_bytes: bytes of those that come in buffers, 64 KiB to 1 GiB; also the most
 *	one message may have in its buffers
 * @read_depth: RDMA READs at once, 1 to 16
 * @memory_windows: RDMA memory windows
 * @shared_receive_queue: receive buffers for all connections of a device together: less
 *	memory for many of them. Needs memory windows: without them each connection has a
 *	protection domain, and buffers, of its own
 * @shared_receive_depth: how many, @recv_depth to 65536; 0: 16 times @recv_depth. A peer
 *	that comes when they are used up is turned away
 * @max_connections: that peers began, those waiting for their return among them
 * @session_timeout_s: seconds a lossless connection waits for the peer's return; 0: ever
 * @keepalive_ms: silence before a peer is asked, milliseconds; 0: never
 * @keepalive_expiry_ms: silence before it is given up; 0: never
 * @secret_name: a secret that each peer must know, and prove to know, is called that: 1 to
 *	64 printable characters without spaces. NULL: nobody proves anything
 * @secret: the secret, which is copied: random bytes, not a word
 * @secret_len: bytes of it, at least 16
 * @signing: are messages signed? Without a secret they are not
 * @ceph_features: of "simple": Ceph's feature bits that the application's messages are good
 *	for, beside those of the transport
 * @ceph_name: of "simple": who we are to Ceph's monitors, as "client.admin".
 *	NULL: nobody. See @authenticated of struct cxio_dispatcher. Who has a name can not tell
 *	others' tickets: he takes no connections
 * @ceph_key: its key, for CephX: the base64 of it, or a keyring's text that has it; copied.
 *	Messages to daemons are signed then, and a daemon that does not sign is refused:
 *	@signing cannot be off. If it is on, so is a peer that is dialled as something that
 *	there are no tickets for. NULL: Ceph's "none"
 * @carrier: of "simple": what carries its bytes
 * @gid_index: with CXIO_CARRIER_RDMA, 0 to 255: which entry of the port's GID table is told
 *	to the peer: Ceph's ms_async_rdma_gid_idx. Both sides' must be of one family
 * @buffer_size: over RDMA, bytes of a buffer, 4096 to 524288: Ceph's
 *	ms_async_rdma_buffer_size, and as that equal on both sides
 * @buffers: over RDMA, those a connection receives into, 2 to 1024. One is used again when
 *	what is in it was read: until then the peer's device waits
 *
 * What a peer's memory can cost stands in Documentation/architecture.rst.
 */
struct cxio_messenger_options {
	size_t size;
	const char *transport;
	enum cxio_peer_type own_type;
	uint64_t own_num;
	uint32_t nonce;
	unsigned int portals;
	unsigned int dispatch_threads;
	unsigned int busy_poll_us;
	bool data_crc;
	unsigned int recv_depth;
	unsigned int frame_size;
	unsigned int window_msgs;
	unsigned int window_bytes;
	unsigned int read_depth;
	enum cxio_windows memory_windows;
	bool shared_receive_queue;
	unsigned int shared_receive_depth;
	unsigned int max_connections;
	unsigned int session_timeout_s;
	unsigned int keepalive_ms;
	unsigned int keepalive_expiry_ms;
	const char *secret_name;
	const void *secret;
	size_t secret_len;
	enum cxio_signing signing;
	uint64_t ceph_features;
	const char *ceph_name;
	const char *ceph_key;
	enum cxio_carrier carrier;
	unsigned int gid_index;
	unsigned int buffer_size;
	unsigned int buffers;
};

/**
 * cxio_messenger_options_init() - set the defaults
 * @o: filled
 */
#define cxio_messenger_options_init(o) \
	cxio_messenger_options_init_sized(o, sizeof(struct cxio_messenger_options))

/**
 * cxio_messenger_options_init_sized() - the same, for a struct of a known size
 * @o: filled, as far as it reaches
 * @size: bytes of the struct that the caller was compiled with
 */
void cxio_messenger_options_init_sized(struct cxio_messenger_options *o, size_t size);

/**
 * cxio_messenger_create() - make a messenger
 * @o: options, copied; NULL: the defaults
 *
 * Return: the messenger, or NULL with errno: ENODEV if the transport is not there (for
 * RDMA: kernel module rdma_ucm), EINVAL for an option out of range, ENOKEY if @ceph_key is
 * no key of @ceph_name's, EOPNOTSUPP for what the transport has not, ENOMEM, EMFILE.
 */
struct cxio_messenger *cxio_messenger_create(const struct cxio_messenger_options *o);

/**
 * cxio_messenger_add_dispatcher_head() - be asked before all others
 * @m: a messenger, not started
 * @d: copied
 *
 * Return: 0, -ENOMEM, or -EBUSY once it was started.
 */
int cxio_messenger_add_dispatcher_head(struct cxio_messenger *m, const struct cxio_dispatcher *d);

/**
 * cxio_messenger_add_dispatcher_tail() - be asked after all others
 * @m: a messenger, not started
 * @d: copied
 *
 * Return: 0, -ENOMEM, or -EBUSY once it was started.
 */
int cxio_messenger_add_dispatcher_tail(struct cxio_messenger *m, const struct cxio_dispatcher *d);

/**
 * cxio_messenger_set_policy() - what is owed to peers of a type
 * @m: a messenger, not started
 * @type: a type, or CXIO_PEER_ANY for those without an entry
 * @policy: what; at first lossy client for connections begun here, stateless server for
 *	others
 *
 * Return: 0, -EINVAL or -EBUSY.
 */
int cxio_messenger_set_policy(struct cxio_messenger *m, enum cxio_peer_type type,
			      enum cxio_peer_policy policy);

/**
 * cxio_messenger_set_throttle() - bound what received messages of a type of peers hold
 * @m: a messenger, not started
 * @type: a type, or CXIO_PEER_ANY
 * @msgs: received and not yet put, of all connections together; 0: no bound
 * @bytes: of their payload; 0: no bound
 *
 * Who is over it is not read less, but granted less: a peer's window is what it was
 * granted before, and comes on top.
 *
 * Return: 0, -EINVAL or -EBUSY.
 */
int cxio_messenger_set_throttle(struct cxio_messenger *m, enum cxio_peer_type type,
				uint64_t msgs, uint64_t bytes);

/**
 * cxio_messenger_bind() - listen on an address; may be called for several
 * @m: a messenger, before or after start
 * @addr: IPv4 or IPv6; port 0 picks one
 * @len: bytes of @addr
 *
 * Return: 0, or a negative errno: -EADDRINUSE, -EADDRNOTAVAIL, -ENODEV, -EINVAL,
 * -ENOSPC beyond eight addresses, -ESHUTDOWN.
 */
int cxio_messenger_bind(struct cxio_messenger *m, const struct sockaddr *addr, socklen_t len);

/**
 * cxio_messenger_rebind() - listen elsewhere, under a new nonce
 * @m: a messenger
 *
 * All connections are marked down; each address gets another port, none of the former.
 * Blocks for a moment. Not from a callback.
 *
 * Return: 0 or a negative errno: then nothing is listened on.
 */
int cxio_messenger_rebind(struct cxio_messenger *m);

/**
 * cxio_messenger_address() - an address listened on
 * @m: a messenger
 * @index: from 0, in the order they were bound
 * @addr: filled, with the port
 *
 * Return: 0, or -ENOENT.
 */
int cxio_messenger_address(struct cxio_messenger *m, unsigned int index,
			   struct sockaddr_storage *addr);

/**
 * cxio_messenger_port() - the port of the first address bound
 * @m: a messenger
 *
 * Context: any thread. Return: the port, or 0 if none is bound.
 */
uint16_t cxio_messenger_port(struct cxio_messenger *m);

/**
 * cxio_messenger_start() - start the threads
 * @m: a messenger
 *
 * Return: 0, or a negative errno; -EBUSY if it was started before.
 */
int cxio_messenger_start(struct cxio_messenger *m);

/**
 * cxio_messenger_shutdown() - stop listening, end all connections
 * @m: a messenger; returns at once, may be called again
 */
void cxio_messenger_shutdown(struct cxio_messenger *m);

/**
 * cxio_messenger_wait() - wait until the messenger has shut down
 * @m: a started messenger; blocks; in one thread, and not from a callback
 */
void cxio_messenger_wait(struct cxio_messenger *m);

/**
 * cxio_messenger_destroy() - shut down, wait, free
 * @m: a messenger or NULL; blocks; not from a callback. Connections and messages still
 *	referenced stay readable
 */
void cxio_messenger_destroy(struct cxio_messenger *m);

/* --- connections --- */

/**
 * cxio_messenger_get_connection() - the connection to an address
 * @m: a started messenger
 * @addr: the peer's; one of our own: messages come back, see cxio_messenger_loopback()
 * @len: bytes of @addr
 * @type: what it is: decides the policy
 *
 * If there is none it is begun. Messages may be sent at once: they wait.
 *
 * Return: a reference, or NULL with errno: ESHUTDOWN, ENOMEM, EINVAL.
 */
struct cxio_connection *cxio_messenger_get_connection(struct cxio_messenger *m,
						      const struct sockaddr *addr, socklen_t len,
						      enum cxio_peer_type type);

/**
 * cxio_messenger_connect() - begin a connection of its own
 * @m: a started messenger
 * @addr: as for cxio_messenger_get_connection()
 * @len: likewise
 * @type: likewise
 *
 * Nobody else gets it, and the peer takes it for one with a peer of its own. To an address
 * of our own it is the loopback, which is everybody's.
 *
 * Return: a reference, or NULL with errno.
 */
struct cxio_connection *cxio_messenger_connect(struct cxio_messenger *m,
					       const struct sockaddr *addr, socklen_t len,
					       enum cxio_peer_type type);

/**
 * cxio_messenger_loopback() - the connection to oneself
 * @m: a started messenger
 *
 * What is sent is dispatched here, as a message whose front and middle are copies, and
 * whose data is the sender's: acknowledged, and the data released, when the receiver has
 * put that.
 *
 * Return: a reference, or NULL with errno.
 */
struct cxio_connection *cxio_messenger_loopback(struct cxio_messenger *m);

/**
 * cxio_messenger_mark_down_all() - cxio_connection_mark_down() for all connections
 * @m: a messenger
 *
 * Context: any thread.
 */
void cxio_messenger_mark_down_all(struct cxio_messenger *m);

/**
 * cxio_connection_send() - send a message
 * @c: a connection
 * @m: a reference, which passes to the library, also on failure
 *
 * A message is on its way over one connection at a time, and must not be changed
 * meanwhile. One that the peer will never take is dropped (CXIO_DELIVERY_DROPPED), and
 * ends a lossy connection.
 *
 * Return: 0, or, and nothing is told of the message: -ENOTCONN if the connection is over,
 * -ENOMEM.
 */
int cxio_connection_send(struct cxio_connection *c, struct cxio_message *m);

/**
 * cxio_message_reply() - send a reply to where a message came from
 * @request: a received message
 * @reply: a reference, which passes to the library; gets the request's tid. If the
 *	request offered memory for it, the data is written there
 *
 * Return: 0, -EINVAL if @request was not received, -ENOTCONN, -ENOMEM.
 */
int cxio_message_reply(struct cxio_message *request, struct cxio_message *reply);

/**
 * struct cxio_reply_hook - what to do when the reply comes
 * @reply: called once, where messages of the connection are dispatched. @error is 0 and
 *	@m a reference that passes to the callee; or @m is NULL and @error -ETIMEDOUT,
 *	-ECANCELED, or -ECONNRESET if request or reply may be lost
 * @arg: handed to @reply
 * @timeout_ns: 0: for ever
 * @sink: memory for the data of the reply, from an arena or registered; or NULL. The
 *	reply's cxio_message_data() is then there, if it was placed there. Belongs to the
 *	library until @reply is called
 * @sink_len: bytes of @sink; the peer is shown at most the first 4 MiB, and a reply that
 *	is longer than what it was shown comes as any other
 */
struct cxio_reply_hook {
	void (*reply)(void *arg, struct cxio_message *m, int error);
	void *arg;
	uint64_t timeout_ns;
	void *sink;
	size_t sink_len;
};

/**
 * cxio_connection_request() - send a message and be called with the reply
 * @c: a connection
 * @m: as for cxio_connection_send(); its tid must be like no other's under way on @c
 * @hook: copied
 *
 * What comes with that tid is taken for the reply: give tids that no peer uses for requests
 * of its own.
 *
 * Return: 0 and the hook will be called; or, and it will not: -EEXIST for the tid,
 * -ENOTCONN, -ENOMEM, -EINVAL for a sink that is not registered.
 */
int cxio_connection_request(struct cxio_connection *c, struct cxio_message *m,
			    const struct cxio_reply_hook *hook);

/**
 * cxio_connection_cancel() - give up waiting for a reply
 * @c: a connection
 * @tid: of the request
 *
 * The hook is called with -ECANCELED, unless it was called before.
 */
void cxio_connection_cancel(struct cxio_connection *c, uint64_t tid);

/**
 * cxio_connection_mark_down() - end it now
 * @c: a connection; what is queued is dropped. Told through @reset
 */
void cxio_connection_mark_down(struct cxio_connection *c);

/**
 * cxio_connection_mark_down_when_empty() - end it when all is acknowledged
 * @c: a connection; takes no message any more. Told through @reset
 */
void cxio_connection_mark_down_when_empty(struct cxio_connection *c);

/**
 * cxio_connection_close() - end in order: what is queued goes first
 * @c: a connection; one that is not open ends at once. Told through @reset
 */
void cxio_connection_close(struct cxio_connection *c);

/**
 * cxio_connection_keepalive() - ask the peer whether it is there
 * @c: a connection
 */
void cxio_connection_keepalive(struct cxio_connection *c);

/**
 * cxio_connection_get() - take a reference
 * @c: a connection of which the caller has one, or that a callback was given
 *
 * Context: any thread. Return: @c.
 */
struct cxio_connection *cxio_connection_get(struct cxio_connection *c);

/**
 * cxio_connection_put() - drop a reference
 * @c: a connection, or NULL. It does not end by this: see cxio_connection_mark_down()
 *
 * Context: any thread.
 */
void cxio_connection_put(struct cxio_connection *c);

/**
 * cxio_connection_is_open() - do messages flow now?
 * @c: a connection
 *
 * Context: any thread. Return: true if something carries it; the next moment may be
 * another.
 */
bool cxio_connection_is_open(struct cxio_connection *c);

/**
 * cxio_connection_peer() - the peer's address
 * @c: a connection
 * @buf: gets "10.0.0.1:7000" or "[fd00::1]:7000"
 * @size: bytes of @buf
 */
void cxio_connection_peer(struct cxio_connection *c, char *buf, size_t size);

/**
 * cxio_connection_peer_type() - what the peer says it is
 * @c: a connection
 *
 * Context: any thread. Return: its type; CXIO_PEER_ANY while nobody has said.
 */
enum cxio_peer_type cxio_connection_peer_type(const struct cxio_connection *c);

/**
 * struct cxio_connection_stats - what a connection has done, all counts
 * @frames_sent: frames
 * @frames_received: frames
 * @msgs_sent: messages, replayed ones again
 * @msgs_received: messages
 * @bytes_sent: payload bytes
 * @bytes_received: payload bytes
 * @grants_sent: frames that were nothing but a grant or an ack
 * @credit_stalls: times a message waited for a frame credit
 * @window_stalls: times a message waited for the message window
 * @crc_failures: frames or messages with a wrong CRC
 * @duplicates: messages that had come before
 * @connects: times it was opened
 * @sent_inline: messages whole in one frame
 * @sent_chained: messages in several
 * @sent_rendezvous: messages the peer read
 * @sent_sink: messages written to the peer's memory
 * @copied_bytes: payload of @sent_rendezvous that was copied to be readable
 * @reads: RDMA READs of ours
 * @echo_ns: last keepalive's time there and back, nanoseconds
 */
struct cxio_connection_stats {
	uint64_t frames_sent;
	uint64_t frames_received;
	uint64_t msgs_sent;
	uint64_t msgs_received;
	uint64_t bytes_sent;
	uint64_t bytes_received;
	uint64_t grants_sent;
	uint64_t credit_stalls;
	uint64_t window_stalls;
	uint64_t crc_failures;
	uint64_t duplicates;
	uint64_t connects;
	uint64_t sent_inline;
	uint64_t sent_chained;
	uint64_t sent_rendezvous;
	uint64_t sent_sink;
	uint64_t copied_bytes;
	uint64_t reads;
	uint64_t echo_ns;
};

/**
 * cxio_connection_stats() - a snapshot of the counts
 * @c: a connection, open or over
 * @stats: filled
 */
void cxio_connection_stats(struct cxio_connection *c, struct cxio_connection_stats *stats);

/**
 * cxio_connection_set_private() - keep a pointer of the application's
 * @c: a connection; callbacks of it may run already: guard the pointer against that
 * @p: the pointer
 */
void cxio_connection_set_private(struct cxio_connection *c, void *p);

/**
 * cxio_connection_private() - the application's pointer
 * @c: a connection
 *
 * Context: any thread. Return: what cxio_connection_set_private() was given last, or NULL.
 */
void *cxio_connection_private(struct cxio_connection *c);

/* --- messages --- */

/**
 * cxio_message_new() - make a message with a front and a middle of its own
 * @type: Ceph's message type
 * @tid: transaction
 * @front_len: bytes of front, zeroed
 * @middle_len: bytes of middle, zeroed
 *
 * Return: a reference, or NULL with errno ENOMEM or EMSGSIZE.
 */
struct cxio_message *cxio_message_new(uint16_t type, uint64_t tid, size_t front_len,
				      size_t middle_len);

/**
 * cxio_message_add_data() - append a fragment to a message's data
 * @m: a message not sent yet
 * @p: stays the caller's, and must not change until CXIO_DELIVERY_RELEASED or the
 *	message is freed. In an arena or registered memory it goes without copy
 * @len: bytes
 *
 * Return: 0, -ENOMEM, -EMSGSIZE beyond 64 MiB, -EINVAL for a received message.
 */
int cxio_message_add_data(struct cxio_message *m, const void *p, size_t len);

/**
 * cxio_message_on_free() - be told when the message and its fragments are no longer used
 * @m: a message
 * @fn: called once, in whatever thread drops the last reference
 * @arg: handed to @fn
 */
void cxio_message_on_free(struct cxio_message *m, void (*fn)(void *arg), void *arg);

/**
 * enum cxio_delivery - what became of a message sent
 * @CXIO_DELIVERY_RELEASED: no device touches its memory, nor will: on a lossy connection
 *	when the peer has it, on a lossless one together with the next
 * @CXIO_DELIVERY_ACKED: the peer has it whole; over "simple", on a lossy connection, the
 *	system has taken it to be sent: Ceph's lossy peers acknowledge nothing
 * @CXIO_DELIVERY_DROPPED: the connection ended or was reset first: it may be there or not
 */
enum cxio_delivery {
	CXIO_DELIVERY_RELEASED,
	CXIO_DELIVERY_ACKED,
	CXIO_DELIVERY_DROPPED,
};

/**
 * cxio_message_on_delivery() - be told what becomes of a message
 * @m: a message not sent yet
 * @fn: called in the portal, or, once the messenger has shut down, where it is found; must
 *	not block. Released comes at most once; acked or dropped exactly once, and last
 * @arg: handed to @fn
 */
void cxio_message_on_delivery(struct cxio_message *m,
			      void (*fn)(void *arg, struct cxio_message *m,
					 enum cxio_delivery what), void *arg);

/**
 * cxio_message_get() - take a reference
 * @m: a message of which the caller has one
 *
 * Context: any thread. Return: @m.
 */
struct cxio_message *cxio_message_get(struct cxio_message *m);

/**
 * cxio_message_put() - drop a reference
 * @m: a message, or NULL. A received one gives its part of the window back with the last
 *
 * Context: any thread; the memory is freed in the connection's portal.
 */
void cxio_message_put(struct cxio_message *m);

/**
 * cxio_message_type() - Ceph's type of message
 * @m: a message
 *
 * Context: any thread, as of all that only look at a message. Return: as it was made, or
 * came.
 */
uint16_t cxio_message_type(const struct cxio_message *m);

/**
 * cxio_message_tid() - what the sender knows it by
 * @m: a message
 *
 * Return: as it was made, or came; a reply has its request's.
 */
uint64_t cxio_message_tid(const struct cxio_message *m);

/**
 * cxio_message_seq() - its place in its connection's order
 * @m: a message
 *
 * Return: from 1; 0 if it is not received.
 */
uint64_t cxio_message_seq(const struct cxio_message *m);

/**
 * cxio_message_priority() - Ceph's priority
 * @m: a message
 *
 * Return: as it was set, or came. It changes no order here: that is the application's.
 */
uint16_t cxio_message_priority(const struct cxio_message *m);

/**
 * cxio_message_set_priority() - set it
 * @m: a message not sent yet
 * @priority: Ceph's: 64 low, 127 the default, 196 high, 255 the highest
 */
void cxio_message_set_priority(struct cxio_message *m, uint16_t priority);

/**
 * cxio_message_version() - the version of its type's encoding
 * @m: a message
 *
 * Return: as it was set, or came.
 */
uint16_t cxio_message_version(const struct cxio_message *m);

/**
 * cxio_message_set_version() - set it
 * @m: a message not sent yet
 * @version: of its encoding
 * @compat: the oldest version whose readers understand it
 */
void cxio_message_set_version(struct cxio_message *m, uint16_t version, uint16_t compat);

/**
 * cxio_message_connection() - where it was received
 * @m: a message
 *
 * Return: the connection, without a reference: the message has one; NULL if it was not
 * received.
 */
struct cxio_connection *cxio_message_connection(const struct cxio_message *m);

/**
 * cxio_message_front() - its first segment
 * @m: a message; the bytes of one not sent yet are the caller's to write
 * @len: set to how many bytes
 *
 * Return: the bytes, which live as long as the message; NULL if there are none.
 */
void *cxio_message_front(struct cxio_message *m, size_t *len);

/**
 * cxio_message_middle() - its second segment
 * @m: a message; as of cxio_message_front()
 * @len: set to how many bytes
 *
 * Return: the bytes, which live as long as the message; NULL if there are none.
 */
void *cxio_message_middle(struct cxio_message *m, size_t *len);

/**
 * cxio_message_data() - the data of a received message, or its only fragment
 * @m: a message
 * @len: set to the bytes
 *
 * Return: the bytes, or NULL if there are none or they are in several fragments.
 */
const void *cxio_message_data(struct cxio_message *m, size_t *len);

/* --- memory --- */

/**
 * cxio_arena_new() - memory that devices can reach
 * @m: a messenger
 * @size: bytes, rounded up to whole pages
 *
 * Return: the arena, or NULL with errno.
 */
struct cxio_arena *cxio_arena_new(struct cxio_messenger *m, size_t size);

/**
 * cxio_arena_alloc() - take a piece
 * @a: an arena
 * @len: bytes
 *
 * Return: memory aligned to 64 bytes, or NULL with errno ENOMEM: the arena is full.
 */
void *cxio_arena_alloc(struct cxio_arena *a, size_t len);

/**
 * cxio_arena_free() - give a piece back
 * @a: the arena
 * @p: the piece, or NULL; if it was sent, after the message was released
 *
 * Context: any thread.
 */
void cxio_arena_free(struct cxio_arena *a, void *p);

/**
 * cxio_arena_put() - done with it
 * @a: the arena, or NULL; it goes when messages under way have let go of it, too
 *
 * Context: any thread.
 */
void cxio_arena_put(struct cxio_arena *a);

/**
 * cxio_memory_register() - let devices reach memory of the caller's
 * @m: a messenger
 * @p: first byte
 * @len: bytes; must not overlap what is registered
 *
 * Devices are told when it is first used: if they cannot have it (see 'ulimit -l'), the
 * connection that it was to be used on ends.
 *
 * Return: the registration, or NULL with errno: EEXIST, ENOMEM.
 */
struct cxio_memory *cxio_memory_register(struct cxio_messenger *m, void *p, size_t len);

/**
 * cxio_memory_unregister() - end that
 * @r: a registration. Messages under way keep it until they are released: the memory
 *	must not be freed before
 */
void cxio_memory_unregister(struct cxio_memory *r);

/* --- words and counts --- */

/**
 * cxio_fault_text() - a fault in words
 * @fault: a number of struct cxio_end, or one read from the wire
 *
 * Return: a constant string.
 */
const char *cxio_fault_text(uint32_t fault);

/**
 * cxio_version() - the library's version
 *
 * Return: a constant string, "0.1.0".
 */
const char *cxio_version(void);

/**
 * cxio_live_objects() - objects of the library that exist now
 * @messages: set to the number of messages, if not NULL
 * @connections: set to the number of connections, if not NULL
 * @regions: set to the number of registered memory regions, if not NULL
 *
 * Return: their sum; zero when all has been given back.
 */
unsigned long cxio_live_objects(unsigned long *messages, unsigned long *connections,
				unsigned long *regions);

/**
 * cxio_pinned_memory() - bytes of memory that devices hold, in whole pages
 * @peak: set to the most that they held so far, if not NULL
 * @own_peak: set to the most of memory of the library's own, if not NULL: buffers of
 *	connections, and blocks that data was read to, or copied to so that it could be read
 *
 * What is registered for two messages at once counts twice, as in VmPin of
 * /proc/self/status. Of all messengers together.
 *
 * Context: any thread. Return: the bytes that they hold now.
 */
uint64_t cxio_pinned_memory(uint64_t *peak, uint64_t *own_peak);

/**
 * cxio_messenger_describe() - what its connections are doing, for whoever looks for what one
 * waits for
 * @m: a started messenger
 * @say: called with each line, for people: the words may change with every version
 * @arg: handed to @say
 *
 * Of each connection the session and what is queued, and of what carries it the state,
 * windows, READs under way and the like. Blocks until each portal has answered, or has not
 * for a second, which is said as well: so not from a callback.
 *
 * Return: 0, -ETIMEDOUT if a portal did not answer, or -EINVAL if @m was not started.
 */
int cxio_messenger_describe(struct cxio_messenger *m, void (*say)(void *arg, const char *line),
			    void *arg);

#ifdef __cplusplus
}
#endif

#endif /* CEPHXIO_H */
