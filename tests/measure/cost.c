// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What one message costs the protocol core: messages of 4 KiB, each inline in one
 * frame, from one channel to another, with everything an owner asks between. cost.sh
 * counts instructions of common/ under valgrind; the copies and CRCs are others'.
 *
 * cost MESSAGES BURST: sends so many, and after each BURST of them asks both sides what
 * else is due, as an owner does that has nothing more to send. Exit status 0 if all
 * arrived.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "life.h"

#define FRAME	8192u
#define DATA	4096u
#define NOW	1000000000ull

/**
 * struct side - an owner, as small as can be
 * @life: its connection
 * @payload: what it sends, or has received
 */
struct side {
	struct cxio_life life;
	unsigned char payload[DATA];
};

static struct side side[2];
static unsigned char frame[FRAME];
static const struct cxio_offer nothing;

static int start(void)
{
	struct cxio_wire_hello hello;
	struct cxio_limits limits;
	struct cxio_agreed agreed;
	unsigned int i, len;

	cxio_limits_default(&limits);
	limits.recv_size = FRAME;
	limits.send_size = FRAME;
	len = cxio_hello_encode(&limits, NULL, &hello);
	if (cxio_hello_decode(&limits, &hello, len, &agreed))
		return 0;
	for (i = 0; i < 2; i++) {
		cxio_life_init(&side[i].life, !i, NOW);
		cxio_life_connecting(&side[i].life);
		cxio_life_opens(&side[i].life, &limits, &agreed, NOW);
	}
	return 1;
}

static int arrive(struct side *to, u32 len)
{
	struct cxio_rx_event ev;
	u32 i;

	if (!cxio_life_wants_frame(&to->life) ||
	    !cxio_life_rx(&to->life, frame, len, NOW, &ev))
		return 0;
	for (i = 0; i < ev.pieces.count; i++)
		memcpy(to->payload + ev.pieces.piece[i].offset,
		       frame + ev.pieces.piece[i].frame_off, ev.pieces.piece[i].len);
	cxio_channel_reposted(&to->life.channel, 1);
	if (ev.ends) {
		cxio_channel_delivered(&to->life.channel, 0, NOW);
		cxio_channel_consumed(&to->life.channel, 1, DATA, NOW);
	}
	return 1;
}

/* Every control frame that is due, grants mostly: they are part of the price. */
static int controls(struct side *from, struct side *to)
{
	while (cxio_life_next(&from->life, &nothing, NOW) == CXIO_TX_CONTROL)
		if (!arrive(to, cxio_channel_control(&from->life.channel, frame, NOW)))
			return 0;
	cxio_life_settle(&from->life, true, NOW);
	return 1;
}

/* One message, and what it makes due either way. */
static int message(struct side *from, struct side *to)
{
	struct cxio_msg_header h = { .type = CXIO_MSG_PING, .len = { [CXIO_DATA] = DATA } };
	const struct cxio_offer offer = { .header = &h };
	const struct cxio_pieces *pieces;
	bool last;
	u32 i;

	if (cxio_life_next(&from->life, &offer, NOW) != CXIO_TX_BEGIN)
		return 0;
	pieces = cxio_channel_msg_begin(&from->life.channel, &h, NULL);
	for (i = 0; i < pieces->count; i++)
		memcpy(frame + pieces->piece[i].frame_off,
		       from->payload + pieces->piece[i].offset, pieces->piece[i].len);
	return arrive(to, cxio_channel_msg_seal(&from->life.channel, frame, &last)) && last;
}

int main(int argc, char **argv)
{
	unsigned long n = argc == 3 ? strtoul(argv[1], NULL, 10) : 0, i;
	unsigned long burst = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

	if (!n || !burst || !start()) {
		fprintf(stderr, "usage: cost MESSAGES BURST\n");
		return 2;
	}
	for (i = 0; i < n; i++) {
		memset(side[0].payload, (int)i, DATA);
		if (!message(&side[0], &side[1]) ||
		    memcmp(side[0].payload, side[1].payload, DATA))
			return 1;
		if (i % burst == burst - 1 &&
		    (!controls(&side[0], &side[1]) || !controls(&side[1], &side[0])))
			return 1;
	}
	return side[1].life.session->in_seq == n ? 0 : 1;
}
