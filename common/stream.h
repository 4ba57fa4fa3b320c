/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One byte stream of Ceph's messenger v1, without I/O: what its bytes mean, which are
 * due next, when it ends and why.
 *
 * Receiving: a stream comes in units. cxio_stream_need() says how many bytes the next one
 * has, cxio_stream_rx() takes it and says what it was. A message's payload is no unit: it
 * goes where the owner wants it, run by run, by cxio_stream_run() and cxio_stream_took().
 * Nothing is read while cxio_stream_need() and the payload are 0: the owner has to decide
 * on a connect or a reply first.
 *
 * Sending: cxio_stream_next() says what is due. Small things are made together by
 * cxio_stream_control(); of a message only what stands around its payload is made here.
 *
 * Handshake: what a connect or reply means, handshake.h decides; here it is only said
 * what follows on the stream.
 *
 * Serialisation: as of the channel. Times are nanoseconds of a monotonic clock.
 */
#ifndef CXIO_STREAM_H
#define CXIO_STREAM_H

#include "handshake.h"
#include "keepalive.h"

/* What we must and can have of Ceph's features on a byte stream. */
#define CXIO_STREAM_REQUIRED	CXIO_CEPH_FEATURE_NOSRCADDR
#define CXIO_STREAM_SUPPORTED							\
	(CXIO_CEPH_FEATURES_OURS | CXIO_CEPH_FEATURE_NOSRCADDR | CXIO_CEPH_FEATURE_KEEPALIVE2)

/* Connecting and agreeing on a session, and waiting for the peer's CLOSE, may take so long. */
#define CXIO_STREAM_CONNECT_NS	10000000000ull
#define CXIO_STREAM_CLOSE_NS	2000000000ull
/* What came is acknowledged after this, or after so much, or with whatever goes first. */
#define CXIO_STREAM_ACK_NS	20000000ull
#define CXIO_STREAM_ACK_MSGS	32u
#define CXIO_STREAM_ACK_BYTES	(1u << 20)
/* So much of a message comes in so much time, if others wait until it is whole. */
#define CXIO_STREAM_SLOW_NS	10000000000ull
#define CXIO_STREAM_SLOW_BYTES	(640u << 10)
/* Connects that a server answers on one stream. */
#define CXIO_STREAM_CONNECTS	16u

/* All that cxio_stream_control() makes at once. */
#define CXIO_STREAM_CONTROL	32u
/* A tag and a message's header. */
#define CXIO_STREAM_HEAD	(1u + CXIO_MSG_HEADER)

/**
 * enum cxio_stream_state - a stream's life; it only grows
 * @CXIO_STREAM_CONNECTING: there are no bytes yet
 * @CXIO_STREAM_GREETING: banners, connects, replies
 * @CXIO_STREAM_OPEN: messages flow
 * @CXIO_STREAM_CLOSING: so they do; CLOSE is on its way, or came
 * @CXIO_STREAM_ENDED: nothing is read or sent any more
 */
enum cxio_stream_state {
	CXIO_STREAM_CONNECTING,
	CXIO_STREAM_GREETING,
	CXIO_STREAM_OPEN,
	CXIO_STREAM_CLOSING,
	CXIO_STREAM_ENDED,
};

/**
 * enum cxio_stream_unit - what comes next
 * @CXIO_UNIT_NONE: nothing is read before the owner has decided
 * @CXIO_UNIT_BANNER: characters
 * @CXIO_UNIT_ADDRESSES: behind them
 * @CXIO_UNIT_CONNECT: a client's
 * @CXIO_UNIT_REPLY: a server's
 * @CXIO_UNIT_AUTHORIZER: behind either
 * @CXIO_UNIT_IN_SEQ: what the peer has received, behind SEQ
 * @CXIO_UNIT_TAG: a tag
 * @CXIO_UNIT_BODY: what belongs to it
 * @CXIO_UNIT_PAYLOAD: a message's, which is no unit
 * @CXIO_UNIT_FOOTER: a message's
 */
enum cxio_stream_unit {
	CXIO_UNIT_NONE,
	CXIO_UNIT_BANNER,
	CXIO_UNIT_ADDRESSES,
	CXIO_UNIT_CONNECT,
	CXIO_UNIT_REPLY,
	CXIO_UNIT_AUTHORIZER,
	CXIO_UNIT_IN_SEQ,
	CXIO_UNIT_TAG,
	CXIO_UNIT_BODY,
	CXIO_UNIT_PAYLOAD,
	CXIO_UNIT_FOOTER,
};

/**
 * enum cxio_stream_what - what a unit was
 * @CXIO_STREAM_NOTHING: nothing to be done
 * @CXIO_STREAM_GREETED: the peer's banner and addresses
 * @CXIO_STREAM_ASKED: a connect, whole
 * @CXIO_STREAM_ANSWERED: a reply, whole
 * @CXIO_STREAM_TOLD: what the peer has received: the session can open
 * @CXIO_STREAM_BEGINS: a message's header: its payload follows
 * @CXIO_STREAM_WHOLE: all of it is here and has the right CRCs: cxio_stream_accept()
 * @CXIO_STREAM_ABORTED: its sender did not mean it: it counts, and is dropped
 * @CXIO_STREAM_ACKED: the session's @acked has moved
 * @CXIO_STREAM_ECHO: the answer to a keepalive, at @stamp_ns
 * @CXIO_STREAM_CLOSED: the peer ends it in order
 */
enum cxio_stream_what {
	CXIO_STREAM_NOTHING,
	CXIO_STREAM_GREETED,
	CXIO_STREAM_ASKED,
	CXIO_STREAM_ANSWERED,
	CXIO_STREAM_TOLD,
	CXIO_STREAM_BEGINS,
	CXIO_STREAM_WHOLE,
	CXIO_STREAM_ABORTED,
	CXIO_STREAM_ACKED,
	CXIO_STREAM_ECHO,
	CXIO_STREAM_CLOSED,
};

/**
 * struct cxio_stream_event - what came in
 * @what: see there
 * @authorizer: with a connect or reply, the bytes behind it; in the caller's buffer
 * @authorizer_len: how many
 * @seq: with @CXIO_STREAM_TOLD, the number
 * @stamp_ns: with @CXIO_STREAM_ECHO, the time that was put into the keepalive
 */
struct cxio_stream_event {
	enum cxio_stream_what what;
	const void *authorizer;
	u32 authorizer_len;
	u64 seq;
	u64 stamp_ns;
};

/**
 * enum cxio_stream_tx - what is to be sent next
 * @CXIO_STREAM_TX_NOTHING: nothing
 * @CXIO_STREAM_TX_CONTROL: cxio_stream_control()
 * @CXIO_STREAM_TX_MESSAGE: the message that is queued first
 */
enum cxio_stream_tx {
	CXIO_STREAM_TX_NOTHING,
	CXIO_STREAM_TX_CONTROL,
	CXIO_STREAM_TX_MESSAGE,
};

/**
 * struct cxio_stream_stats - what happened, all counts
 * @tags_sent: tags
 * @tags_received: tags
 * @msgs_sent: messages
 * @msgs_received: messages, whole
 * @bytes_sent: payload bytes of messages
 * @bytes_received: likewise, whole
 * @acks_sent: ACK tags
 * @crc_failures: wrong CRCs
 * @duplicates: messages that had come before
 */
struct cxio_stream_stats {
	u64 tags_sent;
	u64 tags_received;
	u64 msgs_sent;
	u64 msgs_received;
	u64 bytes_sent;
	u64 bytes_received;
	u64 acks_sent;
	u64 crc_failures;
	u64 duplicates;
};

/**
 * struct cxio_stream - a byte stream
 *
 * Owners read what is said so of here; all else is the stream's.
 *
 * @state: read; see there
 * @active: read; this side connects
 * @was_open: read; messages have flowed
 * @ending: read; @fault and @by_peer are set, for good (I5)
 * @by_peer: read; the peer said so
 * @fault: read; why it ends
 * @deadline: by when connecting or closing must be over, or CXIO_NEVER
 * @session: what survives it; NULL unless messages flow
 * @unit: what comes next
 * @need: bytes of it
 * @tag: the one whose body comes
 * @connects: connects that came
 * @shown: read; address that the peer shows
 * @seen: read; client: our own address, as the server sees it
 * @connect: read; the last connect
 * @reply: read; the last reply
 * @msg_auth: footers have room for a signature
 * @keepalive2: keepalives are answered
 * @signing: set by the owner; messages are signed
 * @paused: read; the owner does not read: silence is not the peer's
 * @asking: read; a keepalive was made, and nothing has come in since
 * @reached: how many bytes the peer's TCP had when that was told last
 * @keepalive: is the peer there
 * @header: read; of the message that comes in
 * @dropped: read; it is a duplicate
 * @pos: payload bytes of it that came
 * @crc: CRCs of its segments as far as they came
 * @footer: read; its footer
 * @slow_at: when it is to have come as far as @slow_pos, or CXIO_NEVER
 * @slow_pos: see there
 * @told: last message acknowledged to the peer
 * @ack_msgs: messages that came since
 * @ack_bytes: their bytes
 * @ack_due: when they are acknowledged at the latest, or CXIO_NEVER
 * @unwritten: the owner waits for room: what is due then waits, too
 * @close_due: CLOSE is to be sent
 * @close_now: before what is queued
 * @close_sent: it was, or is about to be written
 * @peer_closed: the peer's came
 * @stats: read; counts
 */
struct cxio_stream {
	enum cxio_stream_state state;
	bool active;
	bool was_open;
	bool ending;
	bool by_peer;
	u32 fault;
	u64 deadline;
	struct cxio_session *session;
	enum cxio_stream_unit unit;
	u32 need;
	u8 tag;
	u32 connects;
	struct cxio_addr shown;
	struct cxio_addr seen;
	struct cxio_connect connect;
	struct cxio_connect_reply reply;
	bool msg_auth;
	bool keepalive2;
	bool signing;
	bool paused;
	bool asking;
	u64 reached;
	struct cxio_keepalive keepalive;
	struct cxio_msg_header header;
	bool dropped;
	u64 pos;
	u32 crc[CXIO_SEGMENTS];
	struct cxio_msg_footer footer;
	u64 slow_at;
	u64 slow_pos;
	u64 told;
	u32 ack_msgs;
	u64 ack_bytes;
	u64 ack_due;
	bool unwritten;
	bool close_due;
	bool close_now;
	bool close_sent;
	bool peer_closed;
	struct cxio_stream_stats stats;
};

/* stream.c: life */
void cxio_stream_init(struct cxio_stream *s, bool active, u64 now);
void cxio_stream_connected(struct cxio_stream *s);
void cxio_stream_connect_sent(struct cxio_stream *s);
void cxio_stream_reply_sent(struct cxio_stream *s, u8 tag);
void cxio_stream_opens(struct cxio_stream *s, struct cxio_session *session, u32 interval_ms,
		       u32 expiry_ms, u64 now);
void cxio_stream_close(struct cxio_stream *s);
void cxio_stream_end(struct cxio_stream *s, u32 fault, bool by_peer);
void cxio_stream_replaced(struct cxio_stream *s);
void cxio_stream_lost(struct cxio_stream *s);
void cxio_stream_settle(struct cxio_stream *s, bool written, u64 now);
void cxio_stream_pause(struct cxio_stream *s, bool paused, u64 now);
void cxio_stream_gets_on(struct cxio_stream *s, u64 now);
void cxio_stream_reached(struct cxio_stream *s, u64 question, u64 acked, u64 all, u64 now);
void cxio_stream_tick(struct cxio_stream *s, u64 now);
u64 cxio_stream_deadline(const struct cxio_stream *s);
bool cxio_stream_flows(const struct cxio_stream *s);
bool cxio_stream_in_order(const struct cxio_stream *s);

/* stream_rx.c */
u32 cxio_stream_need(const struct cxio_stream *s);
bool cxio_stream_rx(struct cxio_stream *s, const void *buf, u64 now,
		    struct cxio_stream_event *ev);
u64 cxio_stream_payload(const struct cxio_stream *s);
u32 cxio_stream_run(const struct cxio_stream *s, u32 *segment, u32 *offset);
void cxio_stream_took(struct cxio_stream *s, const void *buf, u32 len, u64 now);
void cxio_stream_hurry(struct cxio_stream *s, u64 now);
bool cxio_stream_dawdles(struct cxio_stream *s, bool wanted, u64 now);
void cxio_stream_accept(struct cxio_stream *s, u64 now);

/* stream_tx.c */
u32 cxio_stream_banner(const struct cxio_addr *own, const struct cxio_addr *peer, void *buf);
enum cxio_stream_tx cxio_stream_next(const struct cxio_stream *s, bool queued, u64 now);
u32 cxio_stream_control(struct cxio_stream *s, bool queued, void *buf, u64 now);
void cxio_stream_msg_begin(struct cxio_stream *s, struct cxio_msg_header *h, void *buf);
enum cxio_fault cxio_stream_msg_footer(struct cxio_stream *s, const u32 *crc, bool data_crc,
				       struct cxio_msg_footer *f);

#endif /* CXIO_STREAM_H */
