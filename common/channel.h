/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One connection's protocol, without I/O.
 *
 * The owner (kernel/connection.c, user/lib/connection.c) tells the channel what
 * came in and what time it is, and asks what to send. The channel answers with
 * decisions: bytes from here to there, this frame next, this fault. It calls
 * nobody back and keeps no pointer to what it is given.
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
#include "hello.h"
#include "msgr1.h"

/* A received message is acknowledged within this if no frame goes anyway. */
#define CXIO_ACK_DELAY_NS	20000000ull
/* Default keepalive: asked after this much silence, expired after that. */
#define CXIO_KEEPALIVE_NS	5000000000ull
#define CXIO_KEEPALIVE_EXPIRY_NS 20000000000ull
/* Connecting, and waiting for the answer to CLOSE, may take this long. */
#define CXIO_CONNECT_NS		10000000000ull
#define CXIO_CLOSE_NS		2000000000ull
/* No time at which anything is due. */
#define CXIO_NEVER		(~0ull)

/**
 * struct cxio_piece - payload bytes, and where they lie in message and frame
 * @segment: enum cxio_segment
 * @offset: bytes from the segment's first
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
 * @piece: at most one run of each segment, in wire order
 * @count: how many
 */
struct cxio_pieces {
	struct cxio_piece piece[CXIO_SEGMENTS];
	u32 count;
};

/**
 * struct cxio_cursor - how far a message has come, one way
 * @open: a message has begun and not ended
 * @dropped: it is a duplicate: take its bytes, keep nothing (receive only)
 * @headed: its header is out: what follows is MORE (send only)
 * @header: its header
 * @pos: payload bytes passed
 * @total: payload bytes in all
 * @crc: CRCs of the segments as far as passed
 */
struct cxio_cursor {
	bool open;
	bool dropped;
	bool headed;
	struct cxio_msg_header header;
	u64 pos;
	u64 total;
	u32 crc[CXIO_SEGMENTS];
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
 * Owners read @agreed, @acked, @stats and @peer_reason; all else is the channel's.
 *
 * @agreed: what the handshake settled
 * @credit: both windows
 * @tx: message being sent
 * @rx: message being received
 * @tx_pieces: payload of the frame between begin/more and seal
 * @out_seq: sequence number of the last message begun
 * @sent_seq: sequence number of the last message whose last frame was made
 * @acked: last sequence number the peer acknowledged
 * @in_seq: last message received whole and in order
 * @control: the control frame cxio_channel_next() decided on
 * @may_send: the passive side sends nothing before the first frame
 * @open_due: the active side owes a first frame
 * @stalled: a message waits for a credit
 * @window_stalled: a message waits for the message window
 * @ack_due: when acks and window must be told at the latest, or CXIO_NEVER
 * @heard: when the last frame came in
 * @asked: when a keepalive was asked for last
 * @keepalive_ns: silence before a keepalive; 0: none
 * @expiry_ns: silence before the connection is given up; 0: never
 * @ask: a keepalive is to be sent
 * @echo: a keepalive is to be answered, with @echo_stamp
 * @echo_stamp: as it came in
 * @close_due: CLOSE is to be sent, with @close_reason
 * @close_now: CLOSE goes before what is queued
 * @close_sent: CLOSE was made: only grants follow
 * @close_reason: enum cxio_fault
 * @peer_closed: CLOSE was received
 * @peer_reason: with which reason; not checked against our own list
 * @stats: counts
 */
struct cxio_channel {
	struct cxio_agreed agreed;
	struct cxio_credit credit;
	struct cxio_cursor tx;
	struct cxio_cursor rx;
	struct cxio_pieces tx_pieces;
	u64 out_seq;
	u64 sent_seq;
	u64 acked;
	u64 in_seq;
	u8 control;
	bool may_send;
	bool open_due;
	bool stalled;
	bool window_stalled;
	u64 ack_due;
	u64 heard;
	u64 asked;
	u64 keepalive_ns;
	u64 expiry_ns;
	bool ask;
	bool echo;
	struct cxio_wire_stamp echo_stamp;
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
 */
enum cxio_rx_kind {
	CXIO_RX_NOTHING,
	CXIO_RX_MESSAGE,
	CXIO_RX_ECHO,
	CXIO_RX_CLOSE,
};

/**
 * struct cxio_rx_event - a received frame's meaning
 * @kind: see there
 * @begins: the message begins here: make room for channel's @rx header
 * @ends: the message is whole and all its CRCs agree: dispatch it
 * @pieces: payload bytes to copy, before the buffer is posted again
 * @acked: the peer acknowledged more than before
 * @stamp_ns: with CXIO_RX_ECHO, the time that was put into the keepalive
 */
struct cxio_rx_event {
	enum cxio_rx_kind kind;
	bool begins;
	bool ends;
	struct cxio_pieces pieces;
	bool acked;
	u64 stamp_ns;
};

/**
 * enum cxio_tx_kind - what to send next
 * @CXIO_TX_NOTHING: nothing may or need be sent now
 * @CXIO_TX_CONTROL: make a frame with cxio_channel_control()
 * @CXIO_TX_BEGIN: begin the offered message with cxio_channel_msg_begin()
 * @CXIO_TX_MORE: continue the begun one with cxio_channel_msg_more()
 */
enum cxio_tx_kind {
	CXIO_TX_NOTHING,
	CXIO_TX_CONTROL,
	CXIO_TX_BEGIN,
	CXIO_TX_MORE,
};

void cxio_channel_init(struct cxio_channel *s, const struct cxio_limits *ours,
		       const struct cxio_agreed *agreed, bool active, u64 now);
enum cxio_fault cxio_channel_rx(struct cxio_channel *s, const void *buf, u32 len, u64 now,
				struct cxio_rx_event *ev);
void cxio_channel_reposted(struct cxio_channel *s, u32 frames);
void cxio_channel_consumed(struct cxio_channel *s, u32 msgs, u64 payload, u64 now);

enum cxio_tx_kind cxio_channel_next(struct cxio_channel *s, const struct cxio_msg_header *offer,
				    u64 now);
u32 cxio_channel_control(struct cxio_channel *s, void *buf, u64 now);
const struct cxio_pieces *cxio_channel_msg_begin(struct cxio_channel *s,
						 struct cxio_msg_header *header);
const struct cxio_pieces *cxio_channel_msg_more(struct cxio_channel *s);
u32 cxio_channel_msg_seal(struct cxio_channel *s, void *buf, bool *last);

void cxio_channel_close(struct cxio_channel *s, u16 reason);
bool cxio_channel_may_disconnect(const struct cxio_channel *s, bool sends_done);
enum cxio_fault cxio_channel_lost(const struct cxio_channel *s);
enum cxio_fault cxio_channel_tick(struct cxio_channel *s, u64 now);
u64 cxio_channel_deadline(const struct cxio_channel *s, bool can_send);

#endif /* CXIO_CHANNEL_H */
