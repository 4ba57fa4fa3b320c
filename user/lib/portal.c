// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The loop of a portal's thread: tasks, timers, sources.
 */
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "transport.h"

/* Sources served a turn: then tasks and timers have theirs. */
#define SOURCES_A_TURN	16
/* Tasks post tasks: rounds of them before sources are looked at, which is a system call. */
#define ROUNDS_A_TURN	3
/* A busy portal looks for other sources only every so many polls. */
#define POLLS_A_LOOK	64

/* The portal whose thread this is, if it is one. */
static _Thread_local const struct cxio_portal *here;

static u64 clock_ns(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

/**
 * cxio_now() - the clock of all deadlines
 *
 * Return: nanoseconds, monotonic.
 */
u64 cxio_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/**
 * cxio_portal_look_at_clock() - where milliseconds matter
 * @p: the portal
 *
 * Context: in the portal. Return: its time, which is exact now.
 */
u64 cxio_portal_look_at_clock(struct cxio_portal *p)
{
	p->now = cxio_now();
	return p->now;
}

/*
 * Each turn's time is the last tick's: reading it is no system call, and no look at a
 * device where the CPU has no clock. It does not go back behind a look at the exact one.
 */
static void note_time(struct cxio_portal *p)
{
	u64 now = clock_ns(CLOCK_MONOTONIC_COARSE);

	if (now > p->now)
		p->now = now;
}

/**
 * cxio_portal_is_here() - is this thread the portal's?
 * @p: the portal
 *
 * Return: true if so.
 */
bool cxio_portal_is_here(const struct cxio_portal *p)
{
	return here == p;
}

int cxio_portal_watch(struct cxio_portal *p, struct cxio_source *s)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = s };

	return epoll_ctl(p->epoll, EPOLL_CTL_ADD, s->fd, &e) ? -errno : 0;
}

/**
 * cxio_portal_watch_for() - watch a source for other events than before
 * @p: the portal
 * @s: the source
 * @before: EPOLLIN, EPOLLOUT, or both, it was watched for; 0: it was not watched
 * @events: those it is to be watched for; 0: not any more
 *
 * Return: 0 or a negative errno.
 */
int cxio_portal_watch_for(struct cxio_portal *p, struct cxio_source *s, u32 before, u32 events)
{
	struct epoll_event e = { .events = events, .data.ptr = s };
	int what = !events ? EPOLL_CTL_DEL : before ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (before == events)
		return 0;
	return epoll_ctl(p->epoll, what, s->fd, &e) ? -errno : 0;
}

void cxio_portal_unwatch(struct cxio_portal *p, struct cxio_source *s)
{
	epoll_ctl(p->epoll, EPOLL_CTL_DEL, s->fd, NULL);
}

/**
 * cxio_portal_wake() - end the portal's sleep
 * @p: the portal
 */
void cxio_portal_wake(struct cxio_portal *p)
{
	uint64_t one = 1;

	/* It can only fail when the counter is full, and then the portal is awake. */
	if (write(p->wake.fd, &one, sizeof(one)) < 0)
		return;
}

static void run_tasks(struct cxio_portal *p)
{
	struct cxio_slot *s = cxio_stack_take(&p->tasks), *next;

	for (; s; s = next) {
		struct cxio_task *t = cxio_entry(s, struct cxio_task, slot);

		/* It may be posted again, by what it does or by anybody, from here on. */
		next = s->next;
		atomic_store(&t->queued, false);
		t->run(t);
	}
}

/**
 * cxio_portal_post() - have a task run
 * @p: the portal
 * @t: the task
 *
 * Context: any thread; lock-free.
 *
 * Return: true if it will run for this call; false if it waits for an earlier one, and
 * will see what was written before this.
 */
bool cxio_portal_post(struct cxio_portal *p, struct cxio_task *t)
{
	bool first;

	if (atomic_exchange(&t->queued, true))
		return false;
	first = cxio_stack_push(&p->tasks, &t->slot);
	/* Either the loop's end sees the task, or this sees the loop's end. */
	if (atomic_load(&p->gone))
		run_tasks(p);
	/* The portal itself looks for tasks before it sleeps. */
	else if (first && here != p)
		cxio_portal_wake(p);
	return true;
}

static void woken(struct cxio_source *s)
{
	uint64_t count;

	if (read(s->fd, &count, sizeof(count)) < 0)
		return;
}

int cxio_portal_init(struct cxio_portal *p, struct cxio_messenger *m, unsigned int number)
{
	int err;

	p->messenger = m;
	p->number = number;
	p->busy_poll_ns = m->options.busy_poll_us * 1000ull;
	p->now = cxio_now();
	cxio_list_init(&p->connections);
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	p->wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p->wake.ready = woken;
	if (p->epoll < 0 || p->wake.fd < 0)
		err = -errno;
	else
		err = cxio_portal_watch(p, &p->wake);
	if (err)
		cxio_portal_fini(p);
	return err;
}

void cxio_portal_fini(struct cxio_portal *p)
{
	if (p->epoll >= 0)
		close(p->epoll);
	if (p->wake.fd >= 0)
		close(p->wake.fd);
	cxio_timers_fini(&p->timers);
}

static int timeout_ms(const struct cxio_portal *p, u64 due)
{
	u64 ms;

	if (due == CXIO_NEVER)
		return -1;
	/* What a timer has set into the past is for the next run, at once. */
	if (due <= p->now + 1)
		return 0;
	ms = (due - p->now + 999999) / 1000000;
	return ms > 60000 ? 60000 : (int)ms;
}

/* Look for work as long as there was some a moment ago, then give up and sleep. */
static bool poll_busily(struct cxio_portal *p)
{
	const struct cxio_transport *t = p->messenger->transport;
	unsigned int i;

	for (i = 0; i < POLLS_A_LOOK; i++) {
		bool any = t->poll(p);

		cxio_portal_look_at_clock(p);
		if (any)
			p->busy_until = p->now + p->busy_poll_ns;
		if (any || !cxio_stack_empty(&p->tasks))
			return true;
		if (p->now >= p->busy_until)
			return false;
	}
	return true;
}

static void serve_sources(struct cxio_portal *p, int timeout)
{
	struct epoll_event event[SOURCES_A_TURN];
	int i, n = epoll_wait(p->epoll, event, SOURCES_A_TURN, timeout);

	note_time(p);
	for (i = 0; i < n; i++) {
		struct cxio_source *s = event[i].data.ptr;

		s->ready(s);
	}
	if (n > 0 && p->busy_poll_ns)
		p->busy_until = p->now + p->busy_poll_ns;
}

static void end_everything(struct cxio_portal *p)
{
	struct cxio_link *l, *next;

	p->messenger->transport->portal_ending(p);
	for (l = p->connections.next; l != &p->connections; l = next) {
		next = l->next;
		cxio_connection_end(cxio_entry(l, struct cxio_connection, link),
				    CXIO_FAULT_SHUTDOWN, false, NULL);
	}
}

static void *portal_main(void *arg)
{
	struct cxio_portal *p = arg;
	bool ending = false;

	here = p;
	for (;;) {
		unsigned int rounds = 0;
		bool busy;
		u64 due;

		do
			run_tasks(p);
		while (!cxio_stack_empty(&p->tasks) && ++rounds < ROUNDS_A_TURN);
		if (!ending && atomic_load(&p->stopping)) {
			ending = true;
			end_everything(p);
			continue;
		}
		due = cxio_timers_run(&p->timers, p->now);
		if (ending && !atomic_load(&p->messenger->live) && cxio_stack_empty(&p->tasks))
			break;
		busy = p->busy_poll_ns && p->now < p->busy_until && poll_busily(p);
		serve_sources(p, busy || !cxio_stack_empty(&p->tasks) ? 0 : timeout_ms(p, due));
	}
	atomic_store(&p->gone, true);
	run_tasks(p);
	here = NULL;
	return NULL;
}

int cxio_portal_start(struct cxio_portal *p)
{
	sigset_t all, old;
	int err;

	/* Signals are the application's own threads' business. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&p->thread, NULL, portal_main, p);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	p->running = !err;
	return -err;
}

void cxio_portal_stop(struct cxio_portal *p)
{
	atomic_store(&p->stopping, true);
	cxio_portal_wake(p);
}

void cxio_portal_join(struct cxio_portal *p)
{
	if (!p->running)
		return;
	pthread_join(p->thread, NULL);
	p->running = false;
}
