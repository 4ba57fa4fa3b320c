// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The portal: one thread around epoll, in which all verbs of its connections
 * happen. Others hand work over through the ready list and an eventfd.
 */
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"
#include "xio/xio.h"

/**
 * cxio_now() - the clock of all deadlines
 *
 * Return: nanoseconds, monotonic.
 */
u64 cxio_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

int cxio_portal_watch(struct cxio_portal *p, struct cxio_source *s)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = s };

	return epoll_ctl(p->epoll, EPOLL_CTL_ADD, s->fd, &e) ? -errno : 0;
}

void cxio_portal_unwatch(struct cxio_portal *p, struct cxio_source *s)
{
	epoll_ctl(p->epoll, EPOLL_CTL_DEL, s->fd, NULL);
}

void cxio_portal_wake(struct cxio_portal *p)
{
	uint64_t one = 1;

	/* It can only fail when the counter is full, and then the portal is awake. */
	if (write(p->wake_source.fd, &one, sizeof(one)) < 0)
		return;
}

/**
 * cxio_portal_kick_locked() - have a connection serviced
 * @p: its portal, whose lock is held
 * @c: the connection
 */
void cxio_portal_kick_locked(struct cxio_portal *p, struct cxio_connection *c)
{
	if (!cxio_list_empty(&c->ready_link))
		return;
	cxio_list_append(&p->ready, &cxio_connection_get(c)->ready_link);
	cxio_portal_wake(p);
}

static void woken(struct cxio_source *s)
{
	uint64_t count;

	if (read(s->fd, &count, sizeof(count)) < 0)
		return;
}

int cxio_portal_init(struct cxio_portal *p, struct cxio_messenger *m)
{
	int err;

	p->messenger = m;
	pthread_mutex_init(&p->lock, NULL);
	cxio_list_init(&p->ready);
	cxio_list_init(&p->connections);
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	p->wake_source.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p->wake_source.ready = woken;
	if (p->epoll < 0 || p->wake_source.fd < 0)
		err = -errno;
	else
		err = cxio_portal_watch(p, &p->wake_source);
	if (err)
		cxio_portal_fini(p);
	return err;
}

void cxio_portal_fini(struct cxio_portal *p)
{
	if (p->epoll >= 0)
		close(p->epoll);
	if (p->wake_source.fd >= 0)
		close(p->wake_source.fd);
	pthread_mutex_destroy(&p->lock);
}

bool cxio_portal_stopping(struct cxio_portal *p)
{
	bool yes;

	pthread_mutex_lock(&p->lock);
	yes = p->stopping;
	pthread_mutex_unlock(&p->lock);
	return yes;
}

/* One connection at a time is taken off the list: servicing may put it back. */
static void serve_ready(struct cxio_portal *p)
{
	for (;;) {
		struct cxio_connection *c = NULL;

		pthread_mutex_lock(&p->lock);
		if (!cxio_list_empty(&p->ready)) {
			c = cxio_entry(p->ready.next, struct cxio_connection, ready_link);
			cxio_list_remove(&c->ready_link);
		}
		pthread_mutex_unlock(&p->lock);
		if (!c)
			return;
		cxio_connection_service(c);
		cxio_connection_put(c);
	}
}

static int timeout_ms(u64 due)
{
	u64 now = cxio_now(), ms;

	if (due == CXIO_NEVER)
		return -1;
	if (due <= now)
		return 0;
	ms = (due - now + 999999) / 1000000;
	return ms > 60000 ? 60000 : (int)ms;
}

/* Let time pass for all connections; say when the next deadline is. */
static u64 serve_time(struct cxio_portal *p)
{
	struct cxio_link *l, *next;
	u64 now = cxio_now(), due = CXIO_NEVER;

	for (l = p->connections.next; l != &p->connections; l = next) {
		struct cxio_connection *c = cxio_entry(l, struct cxio_connection, link);

		next = l->next;
		if (cxio_connection_deadline(c) <= now)
			cxio_connection_tick(c, now);
	}
	for (l = p->connections.next; l != &p->connections; l = l->next) {
		u64 d = cxio_connection_deadline(cxio_entry(l, struct cxio_connection, link));

		due = d < due ? d : due;
	}
	return due;
}

static void end_everything(struct cxio_portal *p)
{
	struct cxio_link *l, *next;

	xio_unlisten_all(p->messenger);
	for (l = p->connections.next; l != &p->connections; l = next) {
		next = l->next;
		cxio_connection_fault(cxio_entry(l, struct cxio_connection, link),
				      CXIO_FAULT_SHUTDOWN);
	}
}

static void *portal_main(void *arg)
{
	struct cxio_portal *p = arg;
	bool ending = false;

	for (;;) {
		struct epoll_event event;
		struct cxio_source *s;
		u64 due;

		serve_ready(p);
		if (!ending && cxio_portal_stopping(p)) {
			ending = true;
			end_everything(p);
			continue;
		}
		due = serve_time(p);
		if (ending && cxio_list_empty(&p->connections))
			return NULL;
		/* One source a turn: serving it may free any other one. */
		if (epoll_wait(p->epoll, &event, 1, timeout_ms(due)) == 1) {
			s = event.data.ptr;
			s->ready(s);
		}
	}
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
	pthread_mutex_lock(&p->lock);
	p->running = !err;
	pthread_mutex_unlock(&p->lock);
	return -err;
}

void cxio_portal_stop(struct cxio_portal *p)
{
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_mutex_unlock(&p->lock);
	cxio_portal_wake(p);
}

void cxio_portal_join(struct cxio_portal *p)
{
	if (!p->running)
		return;
	pthread_join(p->thread, NULL);
	p->running = false;
}
