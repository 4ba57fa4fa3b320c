/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What may happen to two peers that connect, and in which order: anything. Everything
 * that happens, happens in handshake-model.c. A process is what is served fairly: if it
 * could always do something, it does.
 */
c_decl {
\#include "handshake-model.h"
}

c_track "&h" "sizeof(h)"

/* A side's clock: back-off and WAIT are over, sooner or later. */
proctype clock(byte i)
{
end:	do
	:: d_step { c_expr { h.may & H_ATTEMPT << Pclock->i } -> c_code { h_attempt(Pclock->i); } }
	od
}

/* A link's ends: something comes in, or they see that nothing will. */
proctype carry(byte l)
{
end:	do
	:: d_step { c_expr { h.may & H_RECEIVE << Pcarry->l } -> c_code { h_receive(Pcarry->l, 0); } }
	:: d_step { c_expr { h.may & H_RECEIVE << 4 << Pcarry->l } -> c_code { h_receive(Pcarry->l, 1); } }
	:: d_step { c_expr { h.may & H_NOTICE << Pcarry->l } -> c_code { h_notice(Pcarry->l, 0); } }
	:: d_step { c_expr { h.may & H_NOTICE << 4 << Pcarry->l } -> c_code { h_notice(Pcarry->l, 1); } }
	od
}

/* What nobody owes: messages, losses, restarts. At last it is calm. */
proctype fate()
{
end:	do
	:: d_step { c_expr { h.may & H_OFFER << 0 } -> c_code { h_offer(0); } }
	:: d_step { c_expr { h.may & H_OFFER << 1 } -> c_code { h_offer(1); } }
	:: d_step { c_expr { h.may & H_CUT << 0 } -> c_code { h_cut(0); } }
	:: d_step { c_expr { h.may & H_CUT << 1 } -> c_code { h_cut(1); } }
	:: d_step { c_expr { h.may & H_CUT << 2 } -> c_code { h_cut(2); } }
	:: d_step { c_expr { h.may & H_CUT << 3 } -> c_code { h_cut(3); } }
	:: d_step { c_expr { h.may & H_RESTART << 0 } -> c_code { h_restart(0); } }
	:: d_step { c_expr { h.may & H_RESTART << 1 } -> c_code { h_restart(1); } }
	:: d_step { c_expr { h.may & H_CALM } -> c_code { h_calm(); } }
	od
}

/* Nothing can happen any more: is that as it should be? */
active proctype rest()
{
	timeout -> c_code { h_rest(); }
}

init {
	atomic {
		c_code { h_init(); };
		run clock(0);
		run clock(1);
		run carry(0);
		run carry(1);
		run carry(2);
		run carry(3);
		run fate()
	}
}

/* The opposite of a property: nothing is lost any more, and yet a message is never acked. */
never stuck {
	do
	:: c_expr { h.wants } -> break
	:: true
	od;
accept:	do
	:: c_expr { h.wants }
	od
}
