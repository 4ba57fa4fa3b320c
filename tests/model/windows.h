/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two real channels as the state of a model: windows.pml says what may happen when,
 * windows.c lets it happen in the code of common/ and checks what must always hold.
 *
 * The state is small and exact. A channel is taken apart into its credit counters
 * and the rest; equal rests have one number. Counters are kept as differences: only
 * these matter, as windows-proof.c proves. So a run without end has finitely many
 * states, and every state of it is visited. When a channel is put together again its
 * counters begin at a configured number: close below 2^32 they wrap in every state.
 */
#ifndef CXIO_MODEL_WINDOWS_H
#define CXIO_MODEL_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>

#define W_DEPTH	8	/* most frames on the way */
#define W_HELD	4	/* most messages with an application */
#define W_KINDS	3	/* frames, messages, bytes */

/* What may happen to a side. */
enum {
	W_SEND = 1 << 0,
	W_TICK = 1 << 1,
	W_RECEIVE = 1 << 2,
	W_POST = 1 << 3,
	W_CONSUME = 1 << 4,
	W_ASK = 1 << 5,
	W_CLOSE = 1 << 6,
	W_STOP = 1 << 7,
	W_STICK = 1 << 8,
	W_END = 1 << 9,
	W_OFFER = 1 << 10,	/* and the next two bits: one for each size */
};

/* How a side is. */
enum {
	W_WANTS = 1 << 0,	/* something is to be sent */
	W_BEGUN = 1 << 1,	/* something that needs frame credits only is */
	W_CLOSING = 1 << 2,	/* it has closed, and the connection is not over */
	W_SILENT = 1 << 3,	/* both are silent for ever, and yet something goes on */
};

/**
 * struct w_frame - a frame on its way
 * @body: number of its type, flags and body
 * @grant: its grants, above what the receiver has used
 */
struct w_frame {
	uint8_t body;
	uint16_t grant[W_KINDS];
};

/**
 * struct w_side - a side, its application, and what is on the way to it
 * @rest: number of its channel but for the counters
 * @left: of the peer's windows: granted - used
 * @out: of its own windows: told - used
 * @held: of its own windows: used - returned
 * @behind: used by the peer and not received yet
 * @unposted: buffers parsed and not posted again
 * @offer: what it has to send: a payload's number + 1, or 0
 * @asks: keepalives it may still ask for
 * @closes: times it may still close: once or never
 * @silent: it begins nothing any more
 * @stuck: its application consumes nothing any more
 * @over: disconnected
 * @may: what may happen to it: W_SEND and so on
 * @is: how it is: W_WANTS and so on; both follow from the rest
 * @in: how many frames
 * @got: how many messages
 * @frame: the frames, oldest first
 * @msg: the messages, oldest first: numbers of their payloads
 */
struct w_side {
	uint16_t rest;
	uint16_t may;
	uint8_t is;
	uint16_t left[W_KINDS];
	uint16_t out[W_KINDS];
	uint16_t held[W_KINDS];
	uint16_t behind[W_KINDS];
	uint8_t unposted;
	uint8_t offer;
	uint8_t asks;
	uint8_t closes;
	uint8_t silent;
	uint8_t stuck;
	uint8_t over;
	uint8_t in;
	uint8_t got;
	struct w_frame frame[W_DEPTH];
	uint8_t msg[W_HELD];
};

extern struct w_side w[2];

void w_init(void);

/* What happens to side @i. The checker asks first: w[i].may. */
void w_send(int i);
void w_tick(int i);
void w_receive(int i);
void w_post(int i);
void w_consume(int i);
void w_offer(int i, int size);
void w_ask(int i);
void w_close(int i);
void w_stop(int i);
void w_stick(int i);
void w_end(int i);

/* Nothing may happen: is that as it should be? */
void w_rest(void);

#endif /* CXIO_MODEL_WINDOWS_H */
