/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The application's upper edge: the chain of dispatchers, and the threads they run in.
 *
 * Everything a connection has to tell is an event, in order. Fast dispatch is asked in
 * the portal first, if nothing of the connection waits before it. Else the event is
 * appended to the connection's line; a line with something in it is in the messenger's
 * queue of lines, or in the hands of exactly one dispatch thread, never both: that
 * keeps the order and lets two connections go at once. A line in the queue or in hands
 * holds a reference to its connection. A thread tells a bounded number of a line's
 * events, then puts it behind the others.
 *
 * Without dispatch threads the portal is the thread: events are told at once.
 *
 * Events of messages and hooks are in these. The end of a connection is in its line, so
 * that it cannot be lost. Others are allocated, and not told if there is no memory, or
 * if CXIO_NOTICES_MAX of the line wait already: a peer that comes and goes must not
 * fill memory while the application is busy.
 *
 * Locks: dispatcher queue's @lock, a leaf; nothing is called under it but what takes a
 * reference.
 */
#ifndef CXIO_DISPATCH_H
#define CXIO_DISPATCH_H

#include <pthread.h>
#include <stdatomic.h>

#include "cephxio.h"
#include "deps.h"
#include "list.h"

/* Allocated events that wait in a line. */
#define CXIO_NOTICES_MAX	64u

struct cxio_hook;

/**
 * enum cxio_event_kind - what is told
 * @CXIO_EVENT_MESSAGE: a message arrived; the event is in it
 * @CXIO_EVENT_CONNECTED: see struct cxio_dispatcher for this and the following
 * @CXIO_EVENT_ACCEPTED: likewise
 * @CXIO_EVENT_RESET: likewise
 * @CXIO_EVENT_REMOTE_RESET: likewise
 * @CXIO_EVENT_REFUSED: likewise
 * @CXIO_EVENT_REJECTED: likewise; of no connection
 * @CXIO_EVENT_AUTHENTICATED: likewise
 * @CXIO_EVENT_REPLY: a hook is to be called; the event is in it
 */
enum cxio_event_kind {
	CXIO_EVENT_MESSAGE,
	CXIO_EVENT_CONNECTED,
	CXIO_EVENT_ACCEPTED,
	CXIO_EVENT_RESET,
	CXIO_EVENT_REMOTE_RESET,
	CXIO_EVENT_REFUSED,
	CXIO_EVENT_REJECTED,
	CXIO_EVENT_AUTHENTICATED,
	CXIO_EVENT_REPLY,
};

/**
 * struct cxio_event - something to tell
 * @link: in a line
 * @kind: what
 */
struct cxio_event {
	struct cxio_link link;
	enum cxio_event_kind kind;
};

/**
 * struct cxio_notice - an event that is in nothing else
 * @event: what
 * @end: why, if that is told too
 * @peer: who was rejected
 * @text: words of @end, or why it was rejected
 */
struct cxio_notice {
	struct cxio_event event;
	struct cxio_end end;
	struct sockaddr_storage peer;
	char text[200];
};

/**
 * struct cxio_line - what a connection has to tell, in order
 * @events: queue's lock; those that wait
 * @link: queue's lock; in the queue of lines
 * @busy: in that queue, or in a thread's hands. Set under the queue's lock by who has
 *	something to tell, cleared under it by the thread. A connection's portal may read
 *	it without: only the portal sets it
 * @notices: queue's lock; struct cxio_notice that are not told yet
 * @reset: the connection's end
 * @end: why; its text is the connection's own
 * @remote_reset: the peer has forgotten the connection
 * @remote_reset_waits: queue's lock; @remote_reset is not told yet
 * @remote_reset_again: queue's lock; and will be told once more, then
 */
struct cxio_line {
	struct cxio_link events;
	struct cxio_link link;
	atomic_bool busy;
	u32 notices;
	struct cxio_event reset;
	struct cxio_end end;
	struct cxio_event remote_reset;
	bool remote_reset_waits;
	bool remote_reset_again;
};

/**
 * struct cxio_dispatch - a messenger's dispatchers and their threads
 * @chain: dispatchers, first asked first; fixed once started
 * @chain_len: how many
 * @pinned: those of them that are before any that is added
 * @lock: guards the rest
 * @more: signalled when a line is queued, or at the end
 * @lines: lines with events that no thread has
 * @rejects: a line of no connection: peers that were turned away
 * @thread: threads
 * @threads: how many; fixed while portals run
 * @stopping: end when nothing is queued
 */
struct cxio_dispatch {
	struct cxio_dispatcher *chain;
	unsigned int chain_len;
	unsigned int pinned;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct cxio_link lines;
	struct cxio_line rejects;
	pthread_t *thread;
	unsigned int threads;
	bool stopping;
};

void cxio_dispatch_init(struct cxio_dispatch *d);
void cxio_dispatch_fini(struct cxio_dispatch *d);
int cxio_dispatch_add(struct cxio_dispatch *d, const struct cxio_dispatcher *one, bool head);
int cxio_dispatch_pin(struct cxio_dispatch *d, const struct cxio_dispatcher *one);
int cxio_dispatch_start(struct cxio_dispatch *d, unsigned int threads);
void cxio_dispatch_stop(struct cxio_dispatch *d);
void cxio_line_init(struct cxio_line *l);

void cxio_dispatch_message(struct cxio_connection *c, struct cxio_message *m);
void cxio_dispatch_reply(struct cxio_connection *c, struct cxio_hook *h);
bool cxio_dispatch_tell(struct cxio_connection *c, enum cxio_event_kind kind,
			const struct cxio_end *end);
bool cxio_dispatch_authenticated(struct cxio_connection *c, const struct cxio_end *end,
				 bool in_portal);
void cxio_dispatch_rejected(struct cxio_messenger *m, const struct sockaddr *peer,
			    const char *text);

#endif /* CXIO_DISPATCH_H */
