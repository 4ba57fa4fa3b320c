/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two peers' sessions and the connections between them as the state of a model:
 * handshake.pml says what may happen when, handshake-model.c lets it happen in the
 * code of common/, handshake-state.c keeps the state and checks what must always hold.
 *
 * Counters that only are compared are renumbered after each step, so that a run
 * without end has finitely many states. Sides and links are kept in tables; the
 * checker's own state has their numbers.
 */
#ifndef CXIO_MODEL_HANDSHAKE_H
#define CXIO_MODEL_HANDSHAKE_H

#include <stdbool.h>
#include <stdint.h>

#define H_SLOTS	2		/* links that a side may have begun, dying ones included */
#define H_LINKS	(2 * H_SLOTS)	/* side 0's first */

/* What may happen: each bit and the next ones, for each side or link. */
#define H_ATTEMPT	(1u << 0)
#define H_OFFER		(1u << 2)
#define H_RESTART	(1u << 4)
#define H_CALM		(1u << 6)
#define H_CUT		(1u << 7)
#define H_RECEIVE	(1u << 11)	/* for links, then for the other side */
#define H_NOTICE	(1u << 19)	/* likewise */

/**
 * struct h_state - all that the checker sees
 * @side: numbers of the sides
 * @link: numbers of the links
 * @cuts: connections that may still be lost; H_ENDLESS: any number
 * @restarts: times that a side may still lose its state
 * @restarted: one has
 * @calm: nothing is lost any more, and nothing new is to be sent
 * @wants: it is calm, and there is something to send; follows from the rest
 * @may: what may happen; likewise
 */
struct h_state {
	uint16_t side[2];
	uint16_t link[H_LINKS];
	uint8_t cuts;
	uint8_t restarts;
	uint8_t restarted;
	uint8_t calm;
	uint8_t wants;
	uint32_t may;
};

#define H_ENDLESS	255

extern struct h_state h;

void h_init(void);

/* What happens. The checker asks first: h.may. */
void h_offer(int i);
void h_attempt(int i);
void h_receive(int l, int i);
void h_notice(int l, int i);
void h_cut(int l);
void h_restart(int i);
void h_calm(void);

/* Nothing may happen: is that as it should be? */
void h_rest(void);

#endif /* CXIO_MODEL_HANDSHAKE_H */
