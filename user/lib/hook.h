/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reply hooks: who waits for which reply on a connection.
 *
 * Owners: the connection's table holds a reference to each that waits, its request's
 * xmsg another until that ends, a set timer none (the table's). Exactly one of reply,
 * time-out, cancel and the connection's end takes it out of the table, and calls it: all
 * of these in the portal. A request that cannot be handed over takes out its own, which
 * the portal has not seen. Who takes one out without the end of a connection in hand holds
 * a reference of his own.
 *
 * The sink is the transport's from when the request is begun on a carrier until it says
 * that it is not reachable any more; only then may the hook be called: whoever takes a
 * hook out whose sink is exposed has the transport end that first (@exposed).
 *
 * Lock: the table's, a leaf. Timer, @begun, @exposed and @ending belong to the connection's portal.
 */
#ifndef CXIO_HOOK_H
#define CXIO_HOOK_H

#include <pthread.h>

#include "cephxio.h"
#include "dispatch.h"
#include "memory.h"
#include "timer.h"

#define CXIO_HOOK_LISTS	64u

/**
 * struct cxio_hook - somebody who waits for a reply
 * @refs: references
 * @link: lock; in the table
 * @event: in a dispatch line, once it is to be called
 * @timer: fires when it has waited long enough
 * @timed: there is room for @timer
 * @begun: its request has come to the portal
 * @connection: whose table; valid while it is in there, and while @ending: then it is
 *	one of the connection's @sinks_ending, and holds a reference
 * @tid: of request and reply
 * @hook: what the application said
 * @waiting: changed under lock; it is in the table
 * @cancelled: any thread; its user does not want to wait any more
 * @sink: memory that the sink lies in, with a reference, or NULL
 * @exposed: the transport's key to the sink, while the peer may write; or NULL
 * @ending: it was taken out, and is to be called once it is not @exposed any more
 * @message: the reply, a reference, once it is to be called; or NULL
 * @error: likewise
 */
struct cxio_hook {
	atomic_uint refs;
	struct cxio_link link;
	struct cxio_event event;
	struct cxio_timer timer;
	bool timed;
	bool begun;
	struct cxio_connection *connection;
	u64 tid;
	struct cxio_reply_hook hook;
	atomic_bool waiting;
	atomic_bool cancelled;
	struct cxio_memory *sink;
	void *exposed;
	bool ending;
	struct cxio_message *message;
	int error;
};

/**
 * enum cxio_hooks_which - hooks that are taken out together
 * @CXIO_HOOKS_ALL: all
 * @CXIO_HOOKS_BEGUN: those whose requests have come to the portal
 * @CXIO_HOOKS_CANCELLED: those that nobody wants to wait for any more
 */
enum cxio_hooks_which {
	CXIO_HOOKS_ALL,
	CXIO_HOOKS_BEGUN,
	CXIO_HOOKS_CANCELLED,
};

/**
 * struct cxio_hooks - a connection's table
 * @lock: guards it
 * @closed: the connection is over: nobody may begin to wait
 * @list: by tid
 * @count: how many wait; read without the lock where none may be
 */
struct cxio_hooks {
	pthread_mutex_t lock;
	bool closed;
	struct cxio_link list[CXIO_HOOK_LISTS];
	atomic_uint count;
};

void cxio_hooks_init(struct cxio_hooks *t);
void cxio_hooks_fini(struct cxio_hooks *t);
int cxio_hooks_add(struct cxio_hooks *t, struct cxio_connection *c, u64 tid,
		   const struct cxio_reply_hook *hook, struct cxio_hook **out);
struct cxio_hook *cxio_hooks_find(struct cxio_hooks *t, u64 tid);
void cxio_hooks_close(struct cxio_hooks *t);
void cxio_hooks_take_many(struct cxio_hooks *t, enum cxio_hooks_which which,
			  struct cxio_link *out);
bool cxio_hooks_take(struct cxio_hooks *t, struct cxio_hook *h);
struct cxio_hook *cxio_hook_get(struct cxio_hook *h);
void cxio_hook_put(struct cxio_hook *h);

#endif /* CXIO_HOOK_H */
