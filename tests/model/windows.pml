/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What may happen on a connection, and in which order: anything. Two sides, each with
 * an owner of the channel, an application that consumes when it likes, and one that
 * offers what it likes. Everything that happens, happens in windows.c.
 */
c_decl {
\#include "windows.h"
}

c_track "w" "sizeof(w)"

/* The owner: frames come and go, time passes. */
proctype owner(byte i)
{
end:	do
	:: d_step { c_expr { w[Powner->i].may & W_RECEIVE } -> c_code { w_receive(Powner->i); } }
	:: d_step { c_expr { w[Powner->i].may & W_SEND } -> c_code { w_send(Powner->i); } }
	:: d_step { c_expr { w[Powner->i].may & W_TICK } -> c_code { w_tick(Powner->i); } }
	:: d_step { c_expr { w[Powner->i].may & W_END } -> c_code { w_end(Powner->i); } }
	od
}

/* Buffers are posted: at last, whatever else there is to do. */
proctype poster(byte i)
{
end:	do
	:: d_step { c_expr { w[Pposter->i].may & W_POST } -> c_code { w_post(Pposter->i); } }
	od
}

/* It goes on, or gets stuck for ever. */
proctype consumer(byte i)
{
end:	do
	:: d_step { c_expr { w[Pconsumer->i].may & W_CONSUME } -> c_code { w_consume(Pconsumer->i); } }
	:: d_step { c_expr { w[Pconsumer->i].may & W_STICK } -> c_code { w_stick(Pconsumer->i); } }
	od
}

/* It goes on, or falls silent for ever. */
proctype producer(byte i)
{
end:	do
	:: d_step { c_expr { w[Pproducer->i].may & W_OFFER << 0 } -> c_code { w_offer(Pproducer->i, 0); } }
	:: d_step { c_expr { w[Pproducer->i].may & W_OFFER << 1 } -> c_code { w_offer(Pproducer->i, 1); } }
	:: d_step { c_expr { w[Pproducer->i].may & W_OFFER << 2 } -> c_code { w_offer(Pproducer->i, 2); } }
	:: d_step { c_expr { w[Pproducer->i].may & W_ASK } -> c_code { w_ask(Pproducer->i); } }
	:: d_step { c_expr { w[Pproducer->i].may & W_CLOSE } -> c_code { w_close(Pproducer->i); } }
	:: d_step { c_expr { w[Pproducer->i].may & W_STOP } -> c_code { w_stop(Pproducer->i); } }
	od
}

/* Nothing can happen any more: is that as it should be? */
active proctype rest()
{
	timeout -> c_code { w_rest(); }
}

init {
	atomic {
		c_code { w_init(); };
		run owner(0);
		run owner(1);
		run poster(0);
		run poster(1);
		run consumer(0);
		run consumer(1);
		run producer(0);
		run producer(1)
	}
}

/* Each is the opposite of a property: a run that it accepts is an error. */

/* What a side has to send is not sent to its end. */
never starves0 {
	do
	:: c_expr { w[0].is & W_WANTS } -> break
	:: true
	od;
accept:	do
	:: c_expr { w[0].is & W_WANTS }
	od
}

never starves1 {
	do
	:: c_expr { w[1].is & W_WANTS } -> break
	:: true
	od;
accept:	do
	:: c_expr { w[1].is & W_WANTS }
	od
}

/* What needs frame credits only is not sent, whatever the applications do. */
never waits0 {
	do
	:: c_expr { w[0].is & W_BEGUN } -> break
	:: true
	od;
accept:	do
	:: c_expr { w[0].is & W_BEGUN }
	od
}

/* Both are silent, and yet frames go on for ever. */
never babbles {
	do
	:: c_expr { w[0].is & W_SILENT } -> break
	:: true
	od;
accept:	do
	:: c_expr { w[0].is & W_SILENT }
	od
}

never waits1 {
	do
	:: c_expr { w[1].is & W_BEGUN } -> break
	:: true
	od;
accept:	do
	:: c_expr { w[1].is & W_BEGUN }
	od
}

/* A side has closed, and the connection does not end. */
never lingers {
	do
	:: c_expr { (w[0].is | w[1].is) & W_CLOSING } -> break
	:: true
	od;
accept:	do
	:: c_expr { (w[0].is | w[1].is) & W_CLOSING }
	od
}
