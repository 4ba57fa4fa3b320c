// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Cases that are more than one bad frame.
 */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raw_cases.h"

static bool send_control(struct peer *p, u8 type)
{
	struct frame f;

	frame_control(p, &f, type);
	return peer_send(p, &f);
}

/* --- credits --- */

static bool send_keepalives(struct peer *p, u32 n)
{
	while (n--)
		if (!send_control(p, CXIO_FRAME_KEEPALIVE))
			return false;
	return true;
}

/*
 * Let the other side use up all credits it has of us, until it can say nothing,
 * not even grant; then use all but one of ours.
 *
 * It has eight credits. Seven answer keepalives; the last is for a grant, which it
 * owes when eight buffers (a quarter of 32) have been posted again.
 */
static bool fall_silent(struct peer *p, const struct target *t)
{
	p->mute = true;
	p->offer.recv_depth = CXIO_RECV_DEPTH_MIN;
	if (!peer_connect(p, case_where(t)))
		return false;
	while (p->heard < CXIO_RECV_DEPTH_MIN - 1)
		if (!send_keepalives(p, 1) ||
		    peer_hear(p, CXIO_FRAME_KEEPALIVE_ACK) != HEARD_FRAME)
			return peer_fail(p, "a keepalive is not answered");
	if (!send_keepalives(p, p->agreed.peer_recv_depth / 4))
		return false;
	if (peer_hear(p, CXIO_FRAME_GRANT) != HEARD_FRAME)
		return peer_fail(p, "the last credit is not used for a grant");
	return send_keepalives(p, p->credits - p->sent - 1);
}

bool special_last_credit(struct peer *p, const struct target *t)
{
	return fall_silent(p, t) && send_keepalives(p, 1) &&
	       case_closed(p, CXIO_FAULT_FRAME_LAST_CREDIT, true);
}

bool special_no_credit(struct peer *p, const struct target *t)
{
	return fall_silent(p, t) && send_control(p, CXIO_FRAME_GRANT) &&
	       send_control(p, CXIO_FRAME_GRANT) &&
	       case_closed(p, CXIO_FAULT_FRAME_CREDIT, true);
}

/* Send a message as soon as there are credits for it. */
static bool send_message(struct peer *p, u64 seq)
{
	struct frame f;

	while (p->credits - p->sent < 2)
		if (peer_hear(p, 0) != HEARD_FRAME)
			return peer_fail(p, "no frame credits");
	frame_message(p, &f, seq);
	return peer_send(p, &f);
}

/* We take one echo only: the others wait, and their messages' window with them. */
bool special_window(struct peer *p, const struct target *t)
{
	u64 seq = 1;
	u32 all;

	p->hold = true;
	p->offer.window_msgs = 1;
	if (!peer_connect(p, case_where(t)) || !peer_echo(p, seq))
		return false;
	all = p->agreed.peer_window_msgs + 1;
	while (p->window != all)
		if (peer_hear(p, 0) != HEARD_FRAME)
			return peer_fail(p, "the window of the echoed message is not returned");
	while (seq < all)
		if (!send_message(p, ++seq))
			return false;
	return send_message(p, ++seq) && case_closed(p, CXIO_FAULT_MSG_WINDOW_MSGS, false);
}

/* --- well-formed, in an order that is not --- */

bool special_after_close(struct peer *p, const struct target *t)
{
	return peer_connect(p, case_where(t)) && send_control(p, CXIO_FRAME_CLOSE) &&
	       send_control(p, CXIO_FRAME_GRANT) && peer_end(p);
}

bool special_too_long(struct peer *p, const struct target *t)
{
	struct frame f;

	if (!peer_connect(p, case_where(t)))
		return false;
	frame_message(p, &f, 1);
	memset(f.buf + f.len, 0, sizeof(f.buf) - f.len);
	f.len = p->agreed.frame_max + 1;
	frame_fix(&f, false, true);
	return peer_send(p, &f) && peer_end(p);
}

/* --- well-formed: what must not count as a fault --- */

bool special_duplicate(struct peer *p, const struct target *t)
{
	struct frame f;

	if (!peer_connect(p, case_where(t)) || !peer_echo(p, 1))
		return false;
	frame_message(p, &f, 1);
	return peer_send(p, &f) && peer_echo(p, 2) && peer_close(p);
}

bool special_keepalive(struct peer *p, const struct target *t)
{
	struct frame f;

	if (!peer_connect(p, case_where(t)))
		return false;
	frame_control(p, &f, CXIO_FRAME_KEEPALIVE);
	f.buf[CXIO_FRAME_HEADER] = 77;
	frame_fix(&f, false, false);
	if (!peer_send(p, &f) || peer_hear(p, CXIO_FRAME_KEEPALIVE_ACK) != HEARD_FRAME)
		return peer_fail(p, "a keepalive is not answered");
	if (memcmp(p->frame.buf + CXIO_FRAME_HEADER, f.buf + CXIO_FRAME_HEADER,
		   sizeof(struct cxio_wire_stamp)))
		return peer_fail(p, "the answer to a keepalive has another stamp");
	return peer_close(p);
}

bool special_good(struct peer *p, const struct target *t)
{
	char error[200];
	u32 i;

	for (i = 0; i < t->count; i++)
		if (!case_good(t, error, sizeof(error)))
			return peer_fail(p, "connection %u: %s", i + 1, error);
	return true;
}

/* A message in three frames, the second of five bytes. */
bool special_chain(struct peer *p, const struct target *t)
{
	struct frame whole, f;
	u32 rest = 5 + CXIO_MSG_FOOTER;

	if (!peer_connect(p, case_where(t)))
		return false;
	frame_begin(p, &f, 1);
	if (!peer_send(p, &f))
		return false;
	frame_more(p, &f);
	frame_message(p, &whole, 1);
	memcpy(f.buf + CXIO_FRAME_HEADER, whole.buf + whole.len - rest - 5, 5);
	if (!peer_send(p, &f))
		return false;
	memcpy(f.buf + CXIO_FRAME_HEADER, whole.buf + whole.len - rest, rest);
	f.len = CXIO_FRAME_HEADER + rest;
	f.buf[offsetof(struct cxio_wire_frame, flags)] = CXIO_FRAME_LAST;
	frame_fix(&f, false, true);
	if (!peer_send(p, &f) || peer_hear(p, CXIO_FRAME_MESSAGE) != HEARD_FRAME)
		return peer_fail(p, "a message in three frames is not echoed");
	if (p->frame.len != whole.len ||
	    memcmp(p->frame.buf + CXIO_FRAME_HEADER + CXIO_MSG_HEADER,
		   whole.buf + CXIO_FRAME_HEADER + CXIO_MSG_HEADER,
		   whole.len - CXIO_FRAME_HEADER - CXIO_MSG_HEADER))
		return peer_fail(p, "the echo differs");
	return peer_close(p);
}

/* --- no word --- */

/* Connected, silent, while another one is served. */
bool special_silence(struct peer *p, const struct target *t)
{
	char error[200];

	if (!peer_connect(p, case_where(t)))
		return false;
	if (!case_good(t, error, sizeof(error)))
		return peer_fail(p, "beside a silent peer: %s", error);
	return true;
}

/* The end of a process closes its devices: the other side may only see silence. */
int special_die(const struct target *t, bool mid_message)
{
	struct frame f;
	struct peer p;

	peer_init(&p, t->limit_ms);
	if (!peer_connect(&p, case_where(t))) {
		fprintf(stderr, "raw_peer: %s\n", p.error);
		return EXIT_FAILURE;
	}
	if (mid_message) {
		frame_begin(&p, &f, 1);
		if (!peer_send(&p, &f) || !raw_flush(&p.raw, t->limit_ms))
			return EXIT_FAILURE;
	}
	raise(SIGKILL);
	return EXIT_FAILURE;
}

/* A process of its own, so that nothing of its device outlives it. */
static bool die(struct peer *p, const struct target *t, const char *when)
{
	char limit[16];
	const char *argv[] = { "raw_peer", "--addr", t->addr_text, "--port", t->port_text,
			       "--limit", limit, "--die", when, NULL };
	extern char **environ;
	int err, status;
	pid_t pid;

	snprintf(limit, sizeof(limit), "%u", t->limit_ms / 1000);
	err = posix_spawn(&pid, "/proc/self/exe", NULL, NULL, (char **)(uintptr_t)argv, environ);
	if (err)
		return peer_fail(p, "cannot start a process: %s", strerror(err));
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) ||
	    WTERMSIG(status) != SIGKILL)
		return peer_fail(p, "the process that was to be killed failed before");
	return true;
}

bool special_vanish(struct peer *p, const struct target *t)
{
	return die(p, t, "connected");
}

bool special_killed(struct peer *p, const struct target *t)
{
	return die(p, t, "mid-message");
}

/* --- as server --- */

bool special_server_vanish(struct peer *p, const struct target *t)
{
	(void)t;
	if (peer_hear(p, 0) != HEARD_FRAME)
		return peer_fail(p, "the client says nothing");
	return true;
}

/* All is taken, nothing echoed, until the client has enough. */
bool special_server_silent(struct peer *p, const struct target *t)
{
	enum heard heard;
	struct frame f;

	(void)t;
	while ((heard = peer_hear(p, 0)) == HEARD_FRAME)
		;
	if (heard == HEARD_END)
		return true;
	if (heard != HEARD_CLOSE)
		return peer_fail(p, "the client neither closes nor goes away");
	frame_control(p, &f, CXIO_FRAME_CLOSE);
	return peer_send(p, &f) && peer_end(p);
}
