// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The application's upper edge: lines of events, and the threads that tell them.
 */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "connection.h"

/* Events of a line that a thread tells before it looks at another line. */
#define EVENTS_A_TURN	16u

/* --- calls into the application, without any lock --- */

static bool ask_fast(const struct cxio_dispatch *d, struct cxio_connection *c,
		     struct cxio_message *m)
{
	unsigned int i;

	for (i = 0; i < d->chain_len; i++)
		if (d->chain[i].fast && d->chain[i].fast(d->chain[i].arg, c, m))
			return true;
	return false;
}

static void dispatch(const struct cxio_dispatch *d, struct cxio_connection *c,
		     struct cxio_message *m)
{
	unsigned int i;

	for (i = 0; i < d->chain_len; i++)
		if (d->chain[i].dispatch && d->chain[i].dispatch(d->chain[i].arg, c, m))
			return;
	cxio_message_put(m);
}

static void reply(struct cxio_hook *h)
{
	struct cxio_message *m = h->message;

	h->message = NULL;
	if (h->hook.reply)
		h->hook.reply(h->hook.arg, m, h->error);
	else
		cxio_message_put(m);
	cxio_hook_put(h);
}

static void tell_one(const struct cxio_dispatcher *d, struct cxio_connection *c,
		     enum cxio_event_kind kind, const struct cxio_end *end)
{
	if (kind == CXIO_EVENT_CONNECTED && d->connected)
		d->connected(d->arg, c);
	else if (kind == CXIO_EVENT_ACCEPTED && d->accepted)
		d->accepted(d->arg, c);
	else if (kind == CXIO_EVENT_RESET && d->reset)
		d->reset(d->arg, c, end);
	else if (kind == CXIO_EVENT_REMOTE_RESET && d->remote_reset)
		d->remote_reset(d->arg, c);
	else if (kind == CXIO_EVENT_REFUSED && d->refused)
		d->refused(d->arg, c, end);
	else if (kind == CXIO_EVENT_AUTHENTICATED && d->authenticated)
		d->authenticated(d->arg, c, end);
}

static void tell_all(const struct cxio_dispatch *d, struct cxio_connection *c,
		     enum cxio_event_kind kind, const struct cxio_end *end)
{
	unsigned int i;

	for (i = 0; i < d->chain_len; i++)
		tell_one(&d->chain[i], c, kind, end);
}

static void tell_rejected(const struct cxio_dispatch *d, const struct sockaddr *peer,
			  const char *text)
{
	unsigned int i;

	for (i = 0; i < d->chain_len; i++)
		if (d->chain[i].rejected)
			d->chain[i].rejected(d->chain[i].arg, peer, text);
}

/* --- dispatch threads --- */

/* NULL: it is the line of those that were rejected. */
static struct cxio_connection *connection_of(const struct cxio_dispatch *d, struct cxio_line *l)
{
	return l == &d->rejects ? NULL : cxio_entry(l, struct cxio_connection, line);
}

static bool is_notice(const struct cxio_line *l, const struct cxio_event *e)
{
	return e->kind != CXIO_EVENT_MESSAGE && e->kind != CXIO_EVENT_REPLY &&
	       e != &l->reset && e != &l->remote_reset;
}

static void tell(const struct cxio_dispatch *d, struct cxio_line *l, struct cxio_event *e)
{
	struct cxio_connection *c = connection_of(d, l);
	struct cxio_notice *n;

	if (e->kind == CXIO_EVENT_MESSAGE) {
		dispatch(d, c, cxio_entry(e, struct cxio_message, event));
		return;
	}
	if (e->kind == CXIO_EVENT_REPLY) {
		reply(cxio_entry(e, struct cxio_hook, event));
		return;
	}
	if (!is_notice(l, e)) {
		tell_all(d, c, e->kind, &l->end);
		return;
	}
	n = cxio_entry(e, struct cxio_notice, event);
	if (e->kind == CXIO_EVENT_REJECTED)
		tell_rejected(d, (const struct sockaddr *)&n->peer, n->text);
	else
		tell_all(d, c, e->kind, &n->end);
	free(n);
}

/* The line is in this thread's hands: what of it is told now. */
static void begin_turn(struct cxio_line *l, struct cxio_link *events)
{
	u32 left = EVENTS_A_TURN;

	cxio_list_init(events);
	while (left-- && !cxio_list_empty(&l->events)) {
		struct cxio_link *e = l->events.next;

		cxio_list_remove(e);
		cxio_list_append(events, e);
	}
}

/* What was told of the line, and may be again. */
static void note_told(struct cxio_line *l, u32 notices, bool remote_reset)
{
	l->notices -= notices;
	if (!remote_reset)
		return;
	l->remote_reset_waits = l->remote_reset_again;
	if (l->remote_reset_again)
		cxio_list_append(&l->events, &l->remote_reset.link);
	l->remote_reset_again = false;
}

/* Return: true if the line is back in the queue; else its reference is the caller's. */
static bool end_turn(struct cxio_dispatch *d, struct cxio_line *l)
{
	if (cxio_list_empty(&l->events)) {
		atomic_store(&l->busy, false);
		return false;
	}
	cxio_list_append(&d->lines, &l->link);
	return true;
}

/* A turn of a line; the lock is held before and after. */
static void serve(struct cxio_dispatch *d, struct cxio_line *l)
{
	struct cxio_link events;
	bool remote_reset = false;
	u32 notices = 0;

	begin_turn(l, &events);
	pthread_mutex_unlock(&d->lock);
	while (!cxio_list_empty(&events)) {
		struct cxio_event *e = cxio_entry(events.next, struct cxio_event, link);

		cxio_list_remove(&e->link);
		remote_reset |= e == &l->remote_reset;
		notices += is_notice(l, e);
		tell(d, l, e);
	}
	pthread_mutex_lock(&d->lock);
	note_told(l, notices, remote_reset);
	if (end_turn(d, l) || !connection_of(d, l))
		return;
	pthread_mutex_unlock(&d->lock);
	cxio_connection_put(connection_of(d, l));
	pthread_mutex_lock(&d->lock);
}

static void *dispatch_main(void *arg)
{
	struct cxio_dispatch *d = arg;
	struct cxio_link *l;

	pthread_mutex_lock(&d->lock);
	for (;;) {
		while (cxio_list_empty(&d->lines) && !d->stopping)
			pthread_cond_wait(&d->more, &d->lock);
		/* A line in the hands of another thread comes back to that thread. */
		if (cxio_list_empty(&d->lines))
			break;
		l = d->lines.next;
		cxio_list_remove(l);
		serve(d, cxio_entry(l, struct cxio_line, link));
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

/**
 * cxio_dispatch_init() - no dispatchers, no threads
 * @d: a messenger's dispatch
 */
void cxio_dispatch_init(struct cxio_dispatch *d)
{
	memset(d, 0, sizeof(*d));
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->more, NULL);
	cxio_list_init(&d->lines);
	cxio_line_init(&d->rejects);
}

/**
 * cxio_dispatch_fini() - done with it
 * @d: without threads
 */
void cxio_dispatch_fini(struct cxio_dispatch *d)
{
	pthread_cond_destroy(&d->more);
	pthread_mutex_destroy(&d->lock);
	free(d->chain);
}

static int add_at(struct cxio_dispatch *d, const struct cxio_dispatcher *one, unsigned int at)
{
	struct cxio_dispatcher *chain;

	chain = reallocarray(d->chain, d->chain_len + 1, sizeof(*chain));
	if (!chain)
		return -ENOMEM;
	d->chain = chain;
	memmove(&chain[at + 1], &chain[at], (d->chain_len - at) * sizeof(*chain));
	chain[at] = *one;
	d->chain_len++;
	return 0;
}

/**
 * cxio_dispatch_add() - one more dispatcher
 * @d: a messenger's dispatch, not started
 * @one: copied
 * @head: asked first, but for who is pinned; else last
 *
 * Return: 0 or -ENOMEM.
 */
int cxio_dispatch_add(struct cxio_dispatch *d, const struct cxio_dispatcher *one, bool head)
{
	return add_at(d, one, head ? d->pinned : d->chain_len);
}

/**
 * cxio_dispatch_pin() - one of our own, before all of the application's
 * @d: a messenger's dispatch, not started
 * @one: copied
 *
 * Return: 0 or -ENOMEM.
 */
int cxio_dispatch_pin(struct cxio_dispatch *d, const struct cxio_dispatcher *one)
{
	int err = add_at(d, one, d->pinned);

	d->pinned += !err;
	return err;
}

/**
 * cxio_dispatch_start() - start the threads
 * @d: a messenger's dispatch
 * @threads: how many; 0: all is told in the portals
 *
 * Return: 0, or a negative errno: then there are none.
 */
int cxio_dispatch_start(struct cxio_dispatch *d, unsigned int threads)
{
	sigset_t all, old;
	int err = 0;

	if (!threads)
		return 0;
	d->thread = calloc(threads, sizeof(*d->thread));
	if (!d->thread)
		return -ENOMEM;
	/* Signals are the application's own threads' business. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (d->threads < threads && !err) {
		err = pthread_create(&d->thread[d->threads], NULL, dispatch_main, d);
		d->threads += !err;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err)
		cxio_dispatch_stop(d);
	return -err;
}

/**
 * cxio_dispatch_stop() - wait until all is told, and end the threads
 * @d: a messenger's dispatch; nobody has anything more to tell
 *
 * Blocks. May be called again, or without a start.
 */
void cxio_dispatch_stop(struct cxio_dispatch *d)
{
	unsigned int i;

	pthread_mutex_lock(&d->lock);
	d->stopping = true;
	pthread_cond_broadcast(&d->more);
	pthread_mutex_unlock(&d->lock);
	for (i = 0; i < d->threads; i++)
		pthread_join(d->thread[i], NULL);
	d->threads = 0;
	free(d->thread);
	d->thread = NULL;
}

/* --- what there is to tell; for a connection, in its portal --- */

/**
 * cxio_line_init() - nothing to tell
 * @l: a connection's line
 */
void cxio_line_init(struct cxio_line *l)
{
	memset(l, 0, sizeof(*l));
	cxio_list_init(&l->events);
	cxio_list_init(&l->link);
	cxio_list_init(&l->reset.link);
	cxio_list_init(&l->remote_reset.link);
	l->reset.kind = CXIO_EVENT_RESET;
	l->remote_reset.kind = CXIO_EVENT_REMOTE_RESET;
	atomic_init(&l->busy, false);
}

static void append_locked(struct cxio_dispatch *d, struct cxio_line *l, struct cxio_event *e)
{
	struct cxio_connection *c = connection_of(d, l);

	cxio_list_append(&l->events, &e->link);
	if (atomic_load(&l->busy))
		return;
	atomic_store(&l->busy, true);
	if (c)
		cxio_connection_get(c);
	cxio_list_append(&d->lines, &l->link);
	pthread_cond_signal(&d->more);
}

static void append(struct cxio_dispatch *d, struct cxio_line *l, struct cxio_event *e)
{
	pthread_mutex_lock(&d->lock);
	append_locked(d, l, e);
	pthread_mutex_unlock(&d->lock);
}

static struct cxio_notice *new_notice(enum cxio_event_kind kind, const struct cxio_end *end,
				      const char *text)
{
	struct cxio_notice *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->event.kind = kind;
	if (end)
		n->end = *end;
	if (text) {
		snprintf(n->text, sizeof(n->text), "%s", text);
		n->end.text = n->text;
	}
	return n;
}

/* Return: true if it will be told; else it is freed. */
static bool append_notice(struct cxio_dispatch *d, struct cxio_line *l, struct cxio_notice *n)
{
	bool room;

	if (!n)
		return false;
	pthread_mutex_lock(&d->lock);
	room = l->notices < CXIO_NOTICES_MAX;
	if (room) {
		l->notices++;
		append_locked(d, l, &n->event);
	}
	pthread_mutex_unlock(&d->lock);
	if (!room)
		free(n);
	return room;
}

/* Return: false if it waits already. */
static bool append_remote_reset(struct cxio_dispatch *d, struct cxio_line *l)
{
	bool waits;

	pthread_mutex_lock(&d->lock);
	waits = l->remote_reset_waits;
	if (!waits) {
		l->remote_reset_waits = true;
		append_locked(d, l, &l->remote_reset);
	}
	pthread_mutex_unlock(&d->lock);
	return !waits;
}

/* Once more when that in the line was told: late, but not lost. */
static void remote_reset_again(struct cxio_dispatch *d, struct cxio_line *l)
{
	pthread_mutex_lock(&d->lock);
	if (l->remote_reset_waits) {
		l->remote_reset_again = true;
	} else {
		l->remote_reset_waits = true;
		append_locked(d, l, &l->remote_reset);
	}
	pthread_mutex_unlock(&d->lock);
}

/**
 * cxio_dispatch_tell() - a connection began, ended, or could not be made
 * @c: the connection
 * @kind: neither message nor reply
 * @end: why, or NULL. For CXIO_EVENT_RESET its text lives as long as @c, else it is copied
 *
 * Context: the connection's portal.
 */
bool cxio_dispatch_tell(struct cxio_connection *c, enum cxio_event_kind kind,
			const struct cxio_end *end)
{
	struct cxio_dispatch *d = &c->messenger->dispatch;
	struct cxio_line *l = &c->line;

	if (!d->threads) {
		tell_all(d, c, kind, end);
		return true;
	}
	if (kind == CXIO_EVENT_RESET) {
		if (end)
			l->end = *end;
		append(d, l, &l->reset);
		return true;
	}
	if (kind == CXIO_EVENT_REMOTE_RESET && append_remote_reset(d, l))
		return true;
	if (append_notice(d, l, new_notice(kind, end, end ? end->text : NULL)))
		return true;
	if (kind == CXIO_EVENT_REMOTE_RESET)
		remote_reset_again(d, l);
	return kind == CXIO_EVENT_REMOTE_RESET;
}

/**
 * cxio_dispatch_authenticated() - a connection to a monitor has got its tickets, or not
 * @c: the connection
 * @end: why not; its fault is 0 if it has
 * @in_portal: else a dispatcher is in a call of its @dispatch: told at once
 *
 * Return: false if it cannot be told.
 */
bool cxio_dispatch_authenticated(struct cxio_connection *c, const struct cxio_end *end,
				 bool in_portal)
{
	if (in_portal)
		return cxio_dispatch_tell(c, CXIO_EVENT_AUTHENTICATED, end);
	tell_all(&c->messenger->dispatch, c, CXIO_EVENT_AUTHENTICATED, end);
	return true;
}

/**
 * cxio_dispatch_message() - a message arrived whole, in its turn, and is no reply
 * @c: the connection
 * @m: the message, a reference, which passes
 *
 * Context: the connection's portal.
 */
void cxio_dispatch_message(struct cxio_connection *c, struct cxio_message *m)
{
	struct cxio_dispatch *d = &c->messenger->dispatch;

	if (!atomic_load(&c->line.busy) && ask_fast(d, c, m))
		return;
	if (!d->threads) {
		dispatch(d, c, m);
		return;
	}
	m->event.kind = CXIO_EVENT_MESSAGE;
	append(d, &c->line, &m->event);
}

/**
 * cxio_dispatch_reply() - call a hook, in its turn
 * @c: the connection
 * @h: the hook, a reference, which passes; @message and @error are set, nobody can write
 *	to its sink any more
 *
 * Context: the connection's portal.
 */
void cxio_dispatch_reply(struct cxio_connection *c, struct cxio_hook *h)
{
	struct cxio_dispatch *d = &c->messenger->dispatch;

	/* Who is called may unregister and free the sink. */
	cxio_memory_put(h->sink);
	h->sink = NULL;
	if (!d->threads) {
		reply(h);
		return;
	}
	h->event.kind = CXIO_EVENT_REPLY;
	append(d, &c->line, &h->event);
}

/**
 * cxio_dispatch_rejected() - a peer was turned away before it had a connection
 * @m: the messenger
 * @peer: who
 * @text: why; copied
 *
 * Context: a portal.
 */
void cxio_dispatch_rejected(struct cxio_messenger *m, const struct sockaddr *peer,
			    const char *text)
{
	struct cxio_dispatch *d = &m->dispatch;
	struct cxio_notice *n;

	if (!d->threads) {
		tell_rejected(d, peer, text);
		return;
	}
	n = new_notice(CXIO_EVENT_REJECTED, NULL, text);
	if (n)
		memcpy(&n->peer, peer, peer->sa_family == AF_INET6 ?
		       sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
	append_notice(d, &d->rejects, n);
}
