/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two channels joined back to back: frames go through a queue each way, payload is
 * copied piece by piece and compared, and what must hold at every step is checked
 * at every step. Any violation fails the running test.
 *
 * What a device would do is modelled too: an end has so many receive buffers
 * posted, and a frame that finds none is an RNR, which must never happen.
 */
#ifndef CXIO_TEST_PAIR_H
#define CXIO_TEST_PAIR_H

#include "channel.h"

struct pair_frame;

/**
 * struct pair_end - one side: owner of a channel, device and application
 * @s: the channel
 * @session: what would survive it
 * @ours: what it offered
 * @agreed: what it agreed to
 * @queue: headers of all messages ever offered, in order
 * @offered: how many
 * @begun: how many of them the channel has begun
 * @in: frames on their way to this side, oldest first
 * @in_last: the newest of them
 * @in_flight: how many
 * @posted: receive buffers the device has
 * @unposted: buffers parsed and not posted again yet
 * @hold_posts: the test posts them, not the harness
 * @part: front, middle and data of the message coming in
 * @got: bytes of each
 * @delivered: messages received whole and found equal
 * @consumed: of these, those the application is done with
 * @hold_messages: the test consumes them, not the harness
 * @held_bytes: payload begun by the peer and not consumed
 * @held_msgs: messages likewise
 * @sent: frames made, by type
 * @echoes: keepalives that came back
 * @echo_ns: time stamp of the last of them
 * @closes: CLOSE frames received
 */
struct pair_end {
	struct cxio_channel s;
	struct cxio_session session;
	struct cxio_limits ours;
	struct cxio_agreed agreed;
	struct cxio_msg_header *queue;
	u32 offered;
	u32 begun;
	struct pair_frame *in;
	struct pair_frame *in_last;
	u32 in_flight;
	u32 posted;
	u32 unposted;
	bool hold_posts;
	u8 *part[CXIO_SEGMENTS];
	u32 got[CXIO_SEGMENTS];
	u32 delivered;
	u32 consumed;
	bool hold_messages;
	u64 held_bytes;
	u32 held_msgs;
	u64 sent[CXIO_FRAME_TYPE_END];
	u32 echoes;
	u64 echo_ns;
	u32 closes;
};

/**
 * struct pair - both sides and the time
 * @end: 0 connected, 1 accepted
 * @now: nanoseconds
 * @frames: frames made so far, both sides
 */
struct pair {
	struct pair_end end[2];
	u64 now;
	u64 frames;
};

void pair_limits(struct cxio_limits *l, u32 frame_size, u16 depth, u32 msgs, u32 bytes);
void pair_init(struct pair *p, const struct cxio_limits *a, const struct cxio_limits *b);
void pair_free(struct pair *p);
void pair_shift(struct pair *p, u32 windows, u64 seq);

void pair_offer(struct pair *p, u32 side, u32 front, u32 middle, u32 data);
enum cxio_tx_kind pair_send(struct pair *p, u32 side);
bool pair_deliver(struct pair *p, u32 side);
void pair_repost(struct pair *p, u32 side, u32 frames);
void pair_consume(struct pair *p, u32 side, u32 msgs);

u64 pair_run(struct pair *p, u64 most);
u64 pair_settle(struct pair *p, u64 most);
void pair_assert_rest(struct pair *p);

#endif /* CXIO_TEST_PAIR_H */
