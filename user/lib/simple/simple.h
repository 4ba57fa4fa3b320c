/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Transport "simple" of libcephxio: Ceph's messenger v1 over a byte stream, which is a TCP
 * socket or what has its meaning (../socket/socket.h). A struct cxio_simple is one byte
 * stream and what stands on it: the carrier of a connection. Its struct simple_pipe is
 * the socket and the bytes in both directions; it knows no message.
 *
 * Who owns what
 * - A messenger has one struct simple_net: the sockets it listens with, which the first
 *   portal serves. Each portal has one struct simple_portal: its carriers.
 * - A carrier belongs to its portal, from when it is made until tear_down(); posted tasks
 *   hold no reference, since only the portal itself posts them, but for the one hand-over
 *   in pipe_connection.c, when nobody else knows it. It holds a reference to its
 *   connection, as long as it is that one's carrier or attempt.
 * - A pipe owns its socket. What is to be written - iovecs over memory of messages and of
 *   its own - is one batch, made when the former is written: until then each message in
 *   the batch holds a key to its xmsg, which therefore is not finished, whatever the peer
 *   says and the application wants.
 * - The message that is coming in is the carrier's until it is whole.
 *
 * Threads: everything is used in the carrier's portal alone, but for what of struct
 * simple_net says otherwise.
 *
 * Memory: a carrier has this struct. What a peer can make us hold of its messages is what
 * the messenger's window says (window_msgs, window_bytes), or one message if that is
 * longer: then, and while a throttle is exceeded, the socket is not read, and TCP tells
 * the peer. A keepalive that comes behind is answered late; ours go all the same, so that the
 * peer hears of us. Messages that the application sends on, to anybody, do not count in the
 * window but up to SIMPLE_LENT_MSGS and SIMPLE_LENT_BYTES: their acknowledgments may come
 * behind what is not read. A throttle counts them until they are acknowledged, and a message
 * from its header on; one that comes slowly while others wait for that ends its carrier.
 *
 * A messenger needs a file descriptor for each connection, and as many more as there may be
 * strangers, and a dozen; over RDMA three for each.
 *
 * Teardown, in a task of its own, when the stream has ended: the socket is closed, and
 * nothing touches memory of messages any more; keys to messages of the batch end; what
 * came half goes; the timer; the connection is told.
 */
#ifndef CXIO_SIMPLE_H
#define CXIO_SIMPLE_H

#include <sys/uio.h>

#include "../socket/socket.h"
#include "../transport.h"
#include "authorizer.h"
#include "stream.h"

/* Bytes read ahead: small messages come many at once, and are copied out of them. */
#define SIMPLE_IN		65536u
/*
 * Behind a message with so much payload as much is likely to follow, which is not to be copied:
 * what stands around it is read ahead, and little more.
 */
#define SIMPLE_BULK		16384u
#define SIMPLE_IN_BULK		512u
/* Bytes of a batch that are made for it: what stands around payloads, and short ones. */
#define SIMPLE_OUT		16384u
#define SIMPLE_IOVS		256u
/* Bytes of a batch, about: the fewer calls the better, as long as caches hold it. */
#define SIMPLE_BATCH		(1u << 20)
/* Payload up to this is copied beside its header: an iovec is not worth it. */
#define SIMPLE_SHORT		512u
/* Messages that can end in a batch. */
#define SIMPLE_ENDS		128u
/* Bytes that are summed up, or read, at once: those that were read are in the cache then. */
#define SIMPLE_CHUNK		(256u << 10)
/* Bytes in one direction, then others have their turn. */
#define SIMPLE_TURN		(4u << 20)
/*
 * What is sent on of what a peer sent, beyond its window: more than TCP can have on its way.
 * The acknowledgment that ends it comes in the same stream, behind that.
 */
#define SIMPLE_LENT_MSGS	(128u << 10)
#define SIMPLE_LENT_BYTES	(16u << 20)
/* How long no connections are taken when there are no file descriptors. */
#define SIMPLE_RETRY_NS		100000000ull

/**
 * struct simple_auth - authorizers and signatures that are made elsewhere
 * @flags: CXIO_AUTH_CAN_SIGN, CXIO_AUTH_MUST_SIGN
 * @begin: a handshake begins; returns what is handed to all others as @state, or NULL:
 *	there is no memory. @peer_type is CXIO_PEER_ANY on the passive side
 * @end: the stream has ended
 * @authorizer: client: make one for the next connect, @fresh if the last was refused, or an
 *	answer to the last challenge; sets @protocol, 0 for none. Returns its length, or
 *	negative
 * @challenge: client: take in a challenge; returns false if it cannot be answered
 * @verify: client: is that the right answer to the last authorizer?
 * @judge: server: judge a client's; returns enum cxio_auth, with an answer or challenge
 * @opens: a session is agreed on, with these of Ceph's features, and messages are signed or
 *	not; may be NULL. Returns the fault if that will not do
 * @sign: fill the signature of a footer that is complete but for that
 * @check: is the signature of a footer right? Returns the fault if not
 *
 * Called in the carrier's portal; must not block. Which of them is due, and what of their
 * results is taken, common/authorizer.h says.
 */
struct simple_auth {
	u8 flags;
	void *(*begin)(void *arg, u32 peer_type);
	void (*end)(void *state);
	int (*authorizer)(void *state, bool fresh, u32 *protocol, void *buf, u32 room);
	bool (*challenge)(void *state, const void *bytes, u32 len);
	bool (*verify)(void *state, const void *bytes, u32 len);
	u32 (*judge)(void *state, const struct cxio_connect *connect, bool challenged,
		     const void *bytes, u32 len, void *answer, u32 room, u32 *answer_len);
	enum cxio_fault (*opens)(void *state, u64 features, bool sign);
	enum cxio_fault (*sign)(void *state, const struct cxio_msg_header *h,
				struct cxio_msg_footer *f);
	enum cxio_fault (*check)(void *state, const struct cxio_msg_header *h,
				 const struct cxio_msg_footer *f);
};

/**
 * struct simple_net - the transport's part of a messenger
 * @sockets: what it listens with, and what its carriers stand on
 * @listeners: those who wait there: a source of the first portal
 * @messenger: whose
 * @retry: of the first portal: take connections again
 * @watched: the first portal looks at @listeners
 * @room: of the first portal, posted by any: there is room for a carrier again
 * @unagreed: any thread; carriers that peers began, and that have no connection: who returns,
 *	and strangers. If there are as many as its sockets allow (@strangers) nobody is taken,
 *	until one has a connection or is gone
 * @next: portal that the next one goes to
 * @auth: authorizers and signatures, or NULL; set before the messenger starts
 * @auth_arg: handed to it
 */
struct simple_net {
	struct cxio_socket_net sockets;
	struct cxio_source listeners;
	struct cxio_messenger *messenger;
	struct cxio_timer retry;
	bool watched;
	struct cxio_task room;
	atomic_uint unagreed;
	unsigned int next;
	const struct simple_auth *auth;
	void *auth_arg;
};

/**
 * struct simple_portal - the transport's part of a portal
 * @carriers: that live here
 */
struct simple_portal {
	struct cxio_link carriers;
};

/**
 * enum simple_io - how reading or writing went
 * @SIMPLE_IO_DONE: as far as was wanted, or as far as there was something
 * @SIMPLE_IO_WAIT: not now
 * @SIMPLE_IO_END: the peer has written its last
 * @SIMPLE_IO_BROKEN: the socket is broken; errno says how, if itself does not
 */
enum simple_io {
	SIMPLE_IO_DONE,
	SIMPLE_IO_WAIT,
	SIMPLE_IO_END,
	SIMPLE_IO_BROKEN,
};

/**
 * struct simple_pipe - a byte stream
 * @socket: what it stands on, or NULL
 * @reading: it is watched for bytes
 * @writing: it is watched for room
 * @drained: the last read took all there was
 * @in_at: first byte read ahead that was not used
 * @in_end: behind the last
 * @iovs: pieces of the batch
 * @iov_at: first that is not written whole
 * @out_len: bytes of @out in use
 * @made: bytes put into batches, all together
 * @written: bytes of them that were written
 * @iov: the batch
 * @in: bytes read ahead
 * @out: what of the batch was made for it
 */
struct simple_pipe {
	struct cxio_socket *socket;
	bool reading;
	bool writing;
	bool drained;
	u32 in_at;
	u32 in_end;
	u32 iovs;
	u32 iov_at;
	u32 out_len;
	u64 made;
	u64 written;
	struct iovec iov[SIMPLE_IOVS];
	u8 in[SIMPLE_IN];
	u8 out[SIMPLE_OUT];
};

/**
 * struct simple_tx - messages on their way to the socket
 * @xmsg: the one that is put into batches now, or NULL
 * @segment: how far: segment
 * @fragment: fragment of it
 * @offset: byte of that
 * @crc: of its segments as far as that
 * @end: messages whose last byte is in the batch: the byte's number, and the message
 * @ends: how many
 * @ended: how many of them are written
 */
struct simple_tx {
	struct cxio_xmsg *xmsg;
	u32 segment;
	u32 fragment;
	size_t offset;
	u32 crc[CXIO_SEGMENTS];
	struct {
		u64 at;
		struct cxio_xmsg *xmsg;
	} end[SIMPLE_ENDS];
	u32 ends;
	u32 ended;
};

/**
 * struct simple_signer - who signs messages of a stream, and proves who we are
 * @ops: the calls, or NULL: nobody does
 * @state: handed to them
 * @auth: how far it has come; valid with @ops
 * @authorizer: likewise; NULL without @ops
 */
struct simple_signer {
	const struct simple_auth *ops;
	void *state;
	struct cxio_auth_state *auth;
	struct cxio_authorizer *authorizer;
};

/**
 * struct cxio_simple - a carrier
 * @pipe: its bytes
 * @link: in the portal's list
 * @messenger: whose
 * @portal: where it lives
 * @task: posted to tear it down, to pump it, or to go on after a hand-over
 * @timer: for @stream
 * @timed: there is room for it
 * @connection: what it carries, or is to; NULL while that is to be agreed on, and when it
 *	carries nothing any more
 * @stream: the decisions
 * @signer: authentication
 * @to: portal it is handed over to, or NULL
 * @unagreed: it is counted by the net
 * @asked: a connect waits for the hand-over to its connection's portal, or to be judged anew
 * @close_due: an orderly end is wanted as soon as messages flow
 * @protocol: client: the server's version, as it says, if we did not know what it is
 * @own: server: our address, as shown to the client
 * @peer: server: the client's
 * @from: where the peer's end is
 * @end_text: more words than a fault has, or empty
 * @tx: messages out
 * @in: message coming in, or NULL
 * @begin_due: a message has begun, and there was no room for it
 * @question: bytes put into batches before the first keepalive that is not answered
 * @mute: nothing can be written any more; what came before that is still read
 * @turn: bytes that may be read before others have their turn
 * @counts: beyond those of the stream
 * @told: as they were in the last snapshot
 */
struct cxio_simple {
	struct simple_pipe pipe;
	struct cxio_link link;
	struct cxio_messenger *messenger;
	struct cxio_portal *portal;
	struct cxio_task task;
	struct cxio_timer timer;
	bool timed;
	struct cxio_connection *connection;
	struct cxio_stream stream;
	struct simple_signer signer;
	struct cxio_portal *to;
	bool unagreed;
	bool asked;
	bool close_due;
	u32 protocol;
	struct cxio_addr own;
	struct cxio_addr peer;
	struct sockaddr_storage from;
	char end_text[160];
	struct simple_tx tx;
	struct cxio_message *in;
	bool begin_due;
	u64 question;
	bool mute;
	u64 turn;
	struct cxio_connection_stats counts;
	struct cxio_connection_stats told;
};

/* pipe.c */
int simple_pipe_watch(struct simple_pipe *p, bool in, bool out);
bool simple_pipe_due(const struct simple_pipe *p);
void simple_pipe_close(struct simple_pipe *p);
u32 simple_pipe_have(const struct simple_pipe *p);
const u8 *simple_pipe_take(struct simple_pipe *p, u32 len);
enum simple_io simple_pipe_fill(struct simple_pipe *p, struct iovec *iov, u32 iovs, u32 ahead,
				u64 *placed);
bool simple_pipe_idle(const struct simple_pipe *p);
u32 simple_pipe_room(const struct simple_pipe *p);
u8 *simple_pipe_make(struct simple_pipe *p, u32 len);
void simple_pipe_add(struct simple_pipe *p, const void *base, u32 len);
enum simple_io simple_pipe_write(struct simple_pipe *p);
u64 simple_pipe_acked(const struct simple_pipe *p);

/* meet.c: listening, taking connections, connecting */
void simple_agreed(struct cxio_simple *x);
int simple_listen(struct cxio_messenger *m, struct sockaddr_storage *addr, socklen_t len);
void simple_unlisten(struct cxio_messenger *m);
int simple_open_sockets(struct simple_net *net);
void simple_close_sockets(struct simple_net *net);
void simple_has_socket(struct cxio_simple *x, struct cxio_socket *s);
void simple_connect(struct cxio_simple *x, const struct sockaddr *to);
bool simple_connecting(struct cxio_simple *x);

/* pipe_connection.c */
struct cxio_simple *simple_new(struct cxio_portal *p, struct cxio_connection *c, bool active);
void simple_ready(void *carrier);
void simple_start(struct cxio_simple *x);
void simple_follow(struct cxio_simple *x);
void simple_end(struct cxio_simple *x, u32 fault, const char *text);
void simple_forget(struct cxio_simple *x);
void simple_hand_over(struct cxio_simple *x, struct cxio_portal *to);
void simple_settle(struct cxio_simple *x);
void simple_snapshot(struct cxio_simple *x);

/* describe.c */
void simple_describe(struct cxio_portal *p, FILE *to);

/* greet.c */
void simple_greet(struct cxio_simple *x);
void simple_greeted(struct cxio_simple *x);
void simple_answered(struct cxio_simple *x);
void simple_asked(struct cxio_simple *x);
void simple_told(struct cxio_simple *x, u64 peer_in_seq);

/* auth.c */
void simple_set_auth(struct cxio_messenger *m, const struct simple_auth *auth, void *arg);
bool simple_signer_begin(struct simple_signer *s, const struct simple_net *net, bool active,
			 u32 peer_type);
void simple_signer_end(struct simple_signer *s);
void simple_signer_terms(const struct simple_signer *s, struct cxio_terms *terms);
void simple_signer_took(struct simple_signer *s, const void *bytes, u32 len);
enum cxio_fault simple_signer_connect(struct simple_signer *s, struct cxio_connect *c);
enum cxio_fault simple_signer_reply(struct simple_signer *s, u8 tag);
enum cxio_auth simple_signer_judge(struct simple_signer *s, const struct cxio_connect *c,
				   enum cxio_fault *fault);
void simple_signer_answer(struct simple_signer *s, struct cxio_connect_reply *r);
const void *simple_signer_out(const struct simple_signer *s);
enum cxio_fault simple_signer_opens(struct simple_signer *s, u64 features, bool *sign);

/* cephx_session.c */
int simple_cephx_open(struct simple_net *net, struct cxio_messenger_options *o);
void simple_cephx_close(struct simple_net *net);

/* send.c */
void simple_pump(struct cxio_simple *x);
void simple_drop_batch(struct cxio_simple *x);

/* recv.c */
void simple_receive(struct cxio_simple *x);
void simple_drop_arrival(struct cxio_simple *x);

#endif /* CXIO_SIMPLE_H */
