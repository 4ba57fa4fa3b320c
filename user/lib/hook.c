// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The table of those who wait for replies.
 */
#include <errno.h>
#include <stdlib.h>

#include "connection.h"

/* Tids mostly count up: neighbours get lists of their own. */
static struct cxio_link *list_of(struct cxio_hooks *t, u64 tid)
{
	return &t->list[tid % CXIO_HOOK_LISTS];
}

/**
 * cxio_hooks_init() - nobody waits
 * @t: the table
 */
void cxio_hooks_init(struct cxio_hooks *t)
{
	u32 i;

	pthread_mutex_init(&t->lock, NULL);
	for (i = 0; i < CXIO_HOOK_LISTS; i++)
		cxio_list_init(&t->list[i]);
	atomic_init(&t->count, 0);
}

/**
 * cxio_hooks_fini() - done with it
 * @t: the table; nobody waits
 */
void cxio_hooks_fini(struct cxio_hooks *t)
{
	pthread_mutex_destroy(&t->lock);
}

static struct cxio_hook *new_hook(struct cxio_connection *c, u64 tid,
				  const struct cxio_reply_hook *hook)
{
	struct cxio_hook *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	atomic_init(&h->refs, 1);
	cxio_list_init(&h->link);
	cxio_list_init(&h->event.link);
	cxio_timer_init(&h->timer, NULL);
	h->connection = c;
	h->tid = tid;
	h->hook = *hook;
	return h;
}

static struct cxio_hook *find(struct cxio_hooks *t, u64 tid)
{
	struct cxio_link *head = list_of(t, tid), *l;

	for (l = head->next; l != head; l = l->next) {
		struct cxio_hook *h = cxio_entry(l, struct cxio_hook, link);

		if (h->tid == tid)
			return h;
	}
	return NULL;
}

static int insert(struct cxio_hooks *t, struct cxio_hook *h)
{
	int err = 0;

	pthread_mutex_lock(&t->lock);
	if (t->closed) {
		err = -ENOTCONN;
	} else if (find(t, h->tid)) {
		err = -EEXIST;
	} else {
		cxio_list_append(list_of(t, h->tid), &cxio_hook_get(h)->link);
		h->waiting = true;
		atomic_fetch_add(&t->count, 1);
	}
	pthread_mutex_unlock(&t->lock);
	return err;
}

/**
 * cxio_hooks_add() - somebody waits for a reply
 * @t: the table
 * @c: whose
 * @tid: of request and reply
 * @hook: what the application said
 * @out: set to the hook, a reference beside the table's
 *
 * Context: any thread.
 *
 * Return: 0; -EEXIST if somebody waits for that tid; -ENOTCONN if the connection is over;
 * -ENOMEM; -EINVAL for a sink that is in no registered memory.
 */
int cxio_hooks_add(struct cxio_hooks *t, struct cxio_connection *c, u64 tid,
		   const struct cxio_reply_hook *hook, struct cxio_hook **out)
{
	struct cxio_hook *h = new_hook(c, tid, hook);
	int err = 0;

	if (!h)
		return -ENOMEM;
	if (hook->sink && hook->sink_len) {
		h->sink = cxio_memory_find(c->messenger, hook->sink, hook->sink_len);
		err = h->sink ? 0 : -EINVAL;
	}
	if (!err)
		err = insert(t, h);
	if (err)
		cxio_hook_put(h);
	else
		*out = h;
	return err;
}

/**
 * cxio_hooks_find() - who waits for a reply?
 * @t: the table
 * @tid: the reply's
 *
 * Context: any thread. Return: a reference, or NULL.
 */
struct cxio_hook *cxio_hooks_find(struct cxio_hooks *t, u64 tid)
{
	struct cxio_hook *h;

	pthread_mutex_lock(&t->lock);
	h = find(t, tid);
	if (h)
		cxio_hook_get(h);
	pthread_mutex_unlock(&t->lock);
	return h;
}

static bool is_meant(const struct cxio_hook *h, enum cxio_hooks_which which)
{
	if (which == CXIO_HOOKS_CANCELLED)
		return atomic_load(&h->cancelled);
	return which == CXIO_HOOKS_ALL || h->begun;
}

/* The lock is held. The table's reference passes to whoever gets the hook. */
static void take_out(struct cxio_hooks *t, struct cxio_hook *h)
{
	atomic_store(&h->waiting, false);
	cxio_list_remove(&h->link);
	atomic_fetch_sub(&t->count, 1);
}

/**
 * cxio_hooks_take_many() - take hooks out of the table
 * @t: the table
 * @which: which
 * @out: an empty list; gets them, with a reference each
 *
 * Who is called may wait anew: that one is not among them.
 *
 * Context: the connection's portal.
 */
void cxio_hooks_take_many(struct cxio_hooks *t, enum cxio_hooks_which which,
			  struct cxio_link *out)
{
	u32 i;

	pthread_mutex_lock(&t->lock);
	for (i = 0; i < CXIO_HOOK_LISTS; i++) {
		struct cxio_link *head = &t->list[i], *l, *next;

		for (l = head->next; l != head; l = next) {
			struct cxio_hook *h = cxio_entry(l, struct cxio_hook, link);

			next = l->next;
			if (!is_meant(h, which))
				continue;
			take_out(t, h);
			cxio_list_append(out, &h->link);
		}
	}
	pthread_mutex_unlock(&t->lock);
}

/**
 * cxio_hooks_close() - nobody may begin to wait any more
 * @t: the table
 *
 * Context: any thread.
 */
void cxio_hooks_close(struct cxio_hooks *t)
{
	pthread_mutex_lock(&t->lock);
	t->closed = true;
	pthread_mutex_unlock(&t->lock);
}

/**
 * cxio_hooks_take() - take a hook out of the table
 * @t: the table
 * @h: the hook; the caller has a reference of its own: the table's is put
 *
 * Context: any thread.
 *
 * Return: true if it was in there: who is told so calls it, and nobody else does.
 */
bool cxio_hooks_take(struct cxio_hooks *t, struct cxio_hook *h)
{
	bool waited;

	pthread_mutex_lock(&t->lock);
	waited = atomic_load(&h->waiting);
	if (waited)
		take_out(t, h);
	pthread_mutex_unlock(&t->lock);
	if (waited)
		cxio_hook_put(h);
	return waited;
}

/**
 * cxio_hook_get() - one more reference
 * @h: the hook
 *
 * Context: any thread. Return: @h.
 */
struct cxio_hook *cxio_hook_get(struct cxio_hook *h)
{
	atomic_fetch_add(&h->refs, 1);
	return h;
}

/**
 * cxio_hook_put() - one reference less
 * @h: the hook or NULL
 *
 * Context: any thread.
 */
void cxio_hook_put(struct cxio_hook *h)
{
	if (!h || atomic_fetch_sub(&h->refs, 1) != 1)
		return;
	cxio_memory_put(h->sink);
	cxio_message_put(h->message);
	free(h);
}
