/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Portals: worker threads. All that a transport does for a connection happens in the
 * connection's portal; others hand work over as tasks, without a lock.
 *
 * Once the loop has ended, whoever posts a task runs it himself: all connections are over and
 * all carriers gone by then, and what is left to do for them is safe in any thread.
 *
 * A turn of the loop: tasks, timers, then one wait for sources and those that are
 * ready. Sources are unwatched, and what they are in is freed, in tasks and timers
 * only: between the wait and its last source nothing that may be ready goes away.
 *
 * Who owns what: a messenger owns its portals. A task that is posted holds a reference
 * to what it is in, which its function drops. Timers belong to what they are in, which
 * cancels them before it goes. @connections holds a reference to each.
 */
#ifndef CXIO_PORTAL_H
#define CXIO_PORTAL_H

#include <pthread.h>

#include "list.h"
#include "session.h"
#include "stack.h"
#include "timer.h"

#define CXIO_EXPORT __attribute__((visibility("default")))

struct cxio_messenger;

/**
 * struct cxio_source - something a portal waits for
 * @fd: file descriptor, in the portal's epoll set
 * @ready: called in the portal when it is readable, or what else it is watched for
 */
struct cxio_source {
	int fd;
	void (*ready)(struct cxio_source *s);
};

/**
 * struct cxio_task - work for a portal
 * @slot: in the portal's stack
 * @queued: it is posted and has not begun to run
 * @run: the work; @queued is false by then, so that it may be posted again
 */
struct cxio_task {
	struct cxio_slot slot;
	atomic_bool queued;
	void (*run)(struct cxio_task *t);
};

/**
 * struct cxio_portal - a worker
 * @messenger: whose
 * @number: which, from 0: that one has the listeners
 * @thread: the thread
 * @running: it was started
 * @epoll: what it waits on
 * @wake: eventfd by which others wake it
 * @tasks: posted, by anybody
 * @stopping: set by anybody: shut down when the last connection is gone
 * @gone: set once the loop has ended
 * @timers: set
 * @now: the time, as of this turn; up to some milliseconds late
 * @busy_poll_ns: how long to poll after something happened, before sleeping
 * @busy_until: poll until then
 * @connections: those that live here
 * @load: how many; read by anybody
 * @transport: what the transport keeps here
 */
struct cxio_portal {
	struct cxio_messenger *messenger;
	unsigned int number;
	pthread_t thread;
	bool running;
	int epoll;
	struct cxio_source wake;
	struct cxio_stack tasks;
	atomic_bool stopping;
	atomic_bool gone;
	struct cxio_timers timers;
	u64 now;
	u64 busy_poll_ns;
	u64 busy_until;
	struct cxio_link connections;
	atomic_uint load;
	void *transport;
};

u64 cxio_now(void);
u64 cxio_portal_look_at_clock(struct cxio_portal *p);
int cxio_portal_init(struct cxio_portal *p, struct cxio_messenger *m, unsigned int number);
void cxio_portal_fini(struct cxio_portal *p);
int cxio_portal_start(struct cxio_portal *p);
void cxio_portal_stop(struct cxio_portal *p);
void cxio_portal_join(struct cxio_portal *p);
bool cxio_portal_is_here(const struct cxio_portal *p);
void cxio_portal_wake(struct cxio_portal *p);
int cxio_portal_watch(struct cxio_portal *p, struct cxio_source *s);
int cxio_portal_watch_for(struct cxio_portal *p, struct cxio_source *s, u32 before, u32 events);
void cxio_portal_unwatch(struct cxio_portal *p, struct cxio_source *s);
bool cxio_portal_post(struct cxio_portal *p, struct cxio_task *t);

/**
 * cxio_task_init() - a task
 * @t: the task
 * @run: what it does
 */
static inline void cxio_task_init(struct cxio_task *t, void (*run)(struct cxio_task *t))
{
	t->slot.next = NULL;
	atomic_init(&t->queued, false);
	t->run = run;
}

#endif /* CXIO_PORTAL_H */
