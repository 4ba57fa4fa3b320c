/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One connection's protocol, without I/O.
 *
 * The owner (kernel/connection.c, user/lib/connection.c) tells the channel what
 * came in and what time it is, and asks what to send. The channel answers with
 * decisions: bytes from here to there, this frame next, this fault. It calls
 * nobody back and keeps no pointer to what it is given, but for the session.
 *
 * Sending: cxio_channel_next() says what kind of frame is due. A message frame is
 * made in two steps: cxio_channel_msg_begin() or _more() says which payload bytes
 * belong where in the frame, the owner copies them, cxio_channel_msg_seal() adds
 * header, CRCs and footer over the bytes as they lie in the frame, so that what
 * is signed for is what is sent, even if the memory's owner changes it meanwhile.
 *
 * Receiving: cxio_channel_rx() checks a frame and says which of its bytes belong
 * where in the message. CRCs are computed over the frame as it passes.
 *
 * Serialisation: the owner calls all of these for one channel from one context
 * at a time; the channel has no lock. Times are nanoseconds of a monotonic clock.
 */
#ifndef CXIO_CHANNEL_H
#define CXIO_CHANNEL_H

#include "credit.h"
#include "greeting.h"
#include "hello.h"
#include "keepalive.h"
#include "rendezvous.h"
#include "session.h"

/* A received message is acknowledged within this if no frame goes anyway. */
#define CXIO_ACK_DELAY_NS	20000000ull
/* Connecting, and waiting for the answer to CLOSE, may take this long. */
#define CXIO_CONNECT_NS		10000000000ull
#define CXIO_CLOSE_NS		2000000000ull

/* What a frame can have of a message beside its segments: descriptors, authorizer. */
#define CXIO_PART_DESCS		CXIO_SEGMENTS
#define CXIO_PART_AUTHORIZER	(CXIO_SEGMENTS + 1)
#define CXIO_PARTS		(CXIO_SEGMENTS + 1)

/**
 * struct cxio_piece - bytes, and where they lie in message and frame
 * @segment: enum cxio_segment, CXIO_PART_DESCS or CXIO_PART_AUTHORIZER
 * @offset: bytes from the part's first
 * @frame_off: bytes from the frame's first
 * @len: bytes
 */
struct cxio_piece {
	u32 segment;
	u32 offset;
	u32 frame_off;
	u32 len;
};

/**
 * struct cxio_pieces - what of a message is in one frame
 * @piece: at most one run of each part, in wire order
 * @count: how many
 * @len: bytes of all of them
 */
struct cxio_pieces {
	struct cxio_piece piece[CXIO_PARTS];
	u32 count;
	u32 len;
};

/**
 * struct cxio_cursor - how far a message has come, one way
 * @open: a message has begun and not ended
 * @dropped: it is a duplicate: take its bytes, keep nothing (receive only)
 * @headed: its header is out: what follows is MORE (send only)
 * @header: its header
 * @carry: how it travels
 * @len: bytes of each part that stand in frames
 * @pos: of these, bytes passed
 * @total: of these, all
 * @crc: CRCs of the segments as far as passed
 */
struct cxio_cursor {
	bool open;
	bool dropped;
	bool headed;
	struct cxio_msg_header header;
	struct cxio_carry carry;
	u32 len[CXIO_PARTS];
	u64 pos;
	u64 total;
	u32 crc[CXIO_PARTS];
};

/**
 * struct cxio_greeter - a connect, reply or authorizer under way, one way
 * @type: CXIO_FRAME_CONNECT or CXIO_FRAME_REPLY
 * @due: it is to be sent, from @pos on (send only)
 * @expected: the peer may begin one (receive only)
 * @open: it has begun and not ended
 * @pos: authorizer bytes passed
 * @greeting: what it says
 * @body: the same as it came, authorizer apart (receive only)
 */
struct cxio_greeter {
	u8 type;
	bool due;
	bool expected;
	bool open;
	u32 pos;
	struct cxio_greeting greeting;
	u8 body[CXIO_CONNECT_BODY];
};

/**
 * struct cxio_channel_stats - what happened, all counts
 * @frames_sent: frames
 * @frames_received: frames
 * @msgs_sent: messages whose last frame was made
 * @msgs_received: messages received whole
 * @bytes_sent: payload bytes of messages begun
 * @bytes_received: payload bytes of messages received whole
 * @grants_sent: frames that were nothing but a grant: acks of their own are these
 * @credit_stalls: times a message waited for a frame credit
 * @window_stalls: times a message waited for the message window
 * @crc_failures: frames or messages with a wrong CRC
 * @duplicates: messages dropped because they had been received before
 */
struct cxio_channel_stats {
	u64 frames_sent;
	u64 frames_received;
	u64 msgs_sent;
	u64 msgs_received;
	u64 bytes_sent;
	u64 bytes_received;
	u64 grants_sent;
	u64 credit_stalls;
	u64 window_stalls;
	u64 crc_failures;
	u64 duplicates;
};

/**
 * struct cxio_channel - protocol state of one connection
 *
 * Owners read @agreed, @ready, @stats, @peer_reason and, of what is coming in, @rx;
 * all else is the channel's.
 *
 * @session: what survives it; the owner's, and outlives the channel. NULL while it
 *	is not known
 * @agreed: what the hellos settled
 * @active: this side connected
 * @credit: both windows
 * @tx: message being sent
 * @rx: message being received
 * @tx_pieces: bytes of the frame between begin/more and seal
 * @greet_tx: our connect or reply
 * @greet_rx: the peer's
 * @ready: messages flow: the session was agreed on, or there is none to agree on
 * @control: the control frame cxio_channel_next() decided on
 * @may_send: the passive side sends nothing before the first frame
 * @open_due: the active side owes a first frame
 * @stalled: a message waits for a credit
 * @window_stalled: a message waits for the message window
 * @ack_due: when acks and window must be told at the latest, or CXIO_NEVER
 * @keepalive: is the peer there
 * @close_due: CLOSE is to be sent, with @close_reason
 * @close_now: CLOSE goes before what is queued
 * @close_sent: CLOSE was made: only grants follow
 * @close_reason: enum cxio_fault
 * @peer_closed: CLOSE was received
 * @peer_reason: with which reason; not checked against our own list
 * @stats: counts
 */
struct cxio_channel {
	struct cxio_session *session;
	struct cxio_agreed agreed;
	bool active;
	struct cxio_credit credit;
	struct cxio_cursor tx;
	struct cxio_cursor rx;
	struct cxio_pieces tx_pieces;
	struct cxio_greeter greet_tx;
	struct cxio_greeter greet_rx;
	bool ready;
	u8 control;
	bool may_send;
	bool open_due;
	bool stalled;
	bool window_stalled;
	u64 ack_due;
	struct cxio_keepalive keepalive;
	bool close_due;
	bool close_now;
	bool close_sent;
	u16 close_reason;
	bool peer_closed;
	u16 peer_reason;
	struct cxio_channel_stats stats;
};

/**
 * enum cxio_rx_kind - what a received frame asks of the owner
 * @CXIO_RX_NOTHING: repost its buffer, no more
 * @CXIO_RX_MESSAGE: payload: see the flags and pieces
 * @CXIO_RX_ECHO: a keepalive of ours came back
 * @CXIO_RX_CLOSE: the peer ends the connection, with channel's @peer_reason; ask
 *	cxio_channel_next() for the answer, then cxio_channel_may_disconnect()
 * @CXIO_RX_GREETING: a connect or reply, channel's @greet_rx, or part of its
 *	authorizer; once @ends, act on it
 * @CXIO_RX_DONE: the peer has read message @seq: its memory may be released, after
 *	comparing @rkey with what the completion says was invalidated. The ack may come
 *	before this: keys live until here, or until the queue pair is flushed
 * @CXIO_RX_REVOKED: message @seq does not come: drop it if it is not whole yet
 */
enum cxio_rx_kind {
	CXIO_RX_NOTHING,
	CXIO_RX_MESSAGE,
	CXIO_RX_ECHO,
	CXIO_RX_CLOSE,
	CXIO_RX_GREETING,
	CXIO_RX_DONE,
	CXIO_RX_REVOKED,
};

/**
 * struct cxio_rx_event - a received frame's meaning; what @kind and the flags do not
 *	announce is not set
 * @kind: see there
 * @begins: the message begins here: make room for channel's @rx header
 * @ends: all its frames are here, and the CRCs of what they carried agree
 * @breaks: the message that was coming in is the revoked one
 * @pieces: bytes to copy, before the buffer is posted again
 * @footer: with @ends: the CRCs of what is still to be read, and the signature
 * @acked: the peer acknowledged more than before; after a fault session's @acked says
 * @seq: with CXIO_RX_DONE, CXIO_RX_REVOKED, and @ends of a message
 * @rkey: with CXIO_RX_DONE, the key it says was invalidated, or 0
 * @stamp_ns: with CXIO_RX_ECHO, the time that was put into the keepalive
 */
struct cxio_rx_event {
	enum cxio_rx_kind kind;
	bool begins;
	bool ends;
	bool breaks;
	struct cxio_pieces pieces;
	struct cxio_msg_footer footer;
	bool acked;
	u64 seq;
	u32 rkey;
	u64 stamp_ns;
};

/**
 * enum cxio_tx_kind - what to send next
 * @CXIO_TX_NOTHING: nothing may or need be sent now
 * @CXIO_TX_CONTROL: make a frame with cxio_channel_control()
 * @CXIO_TX_BEGIN: begin the offered message with cxio_channel_msg_begin()
 * @CXIO_TX_MORE: continue the begun one with cxio_channel_msg_more()
 * @CXIO_TX_GREETING: make a frame with cxio_channel_greeting()
 * @CXIO_TX_DONE: make a frame with cxio_channel_done()
 * @CXIO_TX_REVOKED: make a frame with cxio_channel_revoked() for the message offered
 * @CXIO_TX_REFUSED: by cxio_life_next() only: no window of this connection will ever
 *	take the message: report it and take it out; if it has a number, revoke it
 */
enum cxio_tx_kind {
	CXIO_TX_NOTHING,
	CXIO_TX_CONTROL,
	CXIO_TX_BEGIN,
	CXIO_TX_MORE,
	CXIO_TX_GREETING,
	CXIO_TX_DONE,
	CXIO_TX_REVOKED,
	CXIO_TX_REFUSED,
};

/**
 * struct cxio_offer - what an owner has to send
 * @header: of the message that is begun, or else of the next one, or NULL if there
 *	is none; its seq is 0 until it was begun on any connection
 * @carry: how it travels; NULL: all inline
 * @revoked: it was revoked after it had got its sequence number
 * @done: there is a DONE to be sent
 * @held: there is a message, which waits for something of the owner's, and so is not
 *	offered: an orderly CLOSE waits for it
 */
struct cxio_offer {
	const struct cxio_msg_header *header;
	const struct cxio_carry *carry;
	bool revoked;
	bool done;
	bool held;
};

/**
 * cxio_channel_data_crc() - have footers a CRC of the data?
 * @s: the channel
 *
 * Context: any. Return: false if both sides agreed to leave it out.
 */
static inline bool cxio_channel_data_crc(const struct cxio_channel *s)
{
	return !(s->agreed.features & CXIO_FEATURE_NO_DATA_CRC);
}

void cxio_channel_init(struct cxio_channel *s, struct cxio_session *session,
		       const struct cxio_limits *ours, const struct cxio_agreed *agreed,
		       bool active, u64 now);

/* channel_rx.c */
enum cxio_fault cxio_channel_rx(struct cxio_channel *s, const void *buf, u32 len, u64 now,
				struct cxio_rx_event *ev);
enum cxio_fault cxio_rx_invalidated(const struct cxio_rx_event *ev, u32 key);
u64 cxio_channel_rx_payload(const struct cxio_channel *s);
void cxio_channel_reposted(struct cxio_channel *s, u32 frames);
void cxio_channel_consumed(struct cxio_channel *s, u32 msgs, u64 payload, u64 now);
void cxio_channel_delivered(struct cxio_channel *s, u64 pending, u64 now);

/* channel_tx.c */
enum cxio_tx_kind cxio_channel_next(struct cxio_channel *s, const struct cxio_offer *offer,
				    u64 now);
u32 cxio_channel_control(struct cxio_channel *s, void *buf, u64 now);
const struct cxio_pieces *cxio_channel_msg_begin(struct cxio_channel *s,
						 struct cxio_msg_header *header,
						 const struct cxio_carry *carry);
const struct cxio_pieces *cxio_channel_msg_more(struct cxio_channel *s);
u32 cxio_channel_msg_seal(struct cxio_channel *s, void *buf, bool *last);
void cxio_channel_greet(struct cxio_channel *s, u8 type, const struct cxio_greeting *greeting);
u32 cxio_channel_greeting(struct cxio_channel *s, void *buf, const void *authorizer);
u32 cxio_channel_done(struct cxio_channel *s, void *buf, u64 seq, u32 rkey);
u32 cxio_channel_revoked(struct cxio_channel *s, void *buf, u64 seq);

/* channel.c */
void cxio_channel_ready(struct cxio_channel *s, struct cxio_session *session);
void cxio_channel_sign(struct cxio_channel *s);
void cxio_channel_close(struct cxio_channel *s, u16 reason);
bool cxio_channel_may_disconnect(const struct cxio_channel *s, bool sends_done);
enum cxio_fault cxio_channel_lost(const struct cxio_channel *s);
enum cxio_fault cxio_channel_tick(struct cxio_channel *s, u64 now);
u64 cxio_channel_deadline(const struct cxio_channel *s, bool can_send);

#endif /* CXIO_CHANNEL_H */
