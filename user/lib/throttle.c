// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Throttles: what received messages hold, and who waits until they hold less.
 */
#include "connection.h"

static bool is_exceeded(const struct cxio_throttle *t)
{
	return (t->max_msgs && t->msgs > t->max_msgs) || (t->max_bytes && t->bytes > t->max_bytes);
}

/**
 * cxio_throttle_init() - no bound, nothing charged
 * @t: the throttle
 */
void cxio_throttle_init(struct cxio_throttle *t)
{
	t->max_msgs = 0;
	t->max_bytes = 0;
	pthread_mutex_init(&t->lock, NULL);
	t->msgs = 0;
	t->bytes = 0;
	cxio_list_init(&t->waiting);
}

/**
 * cxio_throttle_fini() - done with it
 * @t: the throttle; nobody waits
 */
void cxio_throttle_fini(struct cxio_throttle *t)
{
	pthread_mutex_destroy(&t->lock);
}

/**
 * cxio_throttle_charge() - a message begins, or gets memory
 * @t: the throttle
 * @msgs: messages that begin
 * @bytes: what they hold now and did not hold before
 */
void cxio_throttle_charge(struct cxio_throttle *t, u32 msgs, u64 bytes)
{
	pthread_mutex_lock(&t->lock);
	t->msgs += msgs;
	t->bytes += bytes;
	pthread_mutex_unlock(&t->lock);
}

static struct cxio_connection *next_to_pass(struct cxio_throttle *t)
{
	struct cxio_link *l = t->waiting.next;

	if (l == &t->waiting || is_exceeded(t))
		return NULL;
	cxio_list_remove(l);
	return cxio_entry(l, struct cxio_connection, throttle_link);
}

/**
 * cxio_throttle_release() - a message was freed
 * @t: the throttle
 * @bytes: what it was charged
 *
 * Who waits is kicked if the bound is kept again, and asks anew.
 *
 * Context: any thread.
 */
void cxio_throttle_release(struct cxio_throttle *t, u64 bytes)
{
	struct cxio_connection *c;

	pthread_mutex_lock(&t->lock);
	t->msgs--;
	t->bytes -= bytes;
	while ((c = next_to_pass(t))) {
		pthread_mutex_unlock(&t->lock);
		cxio_connection_kick(c);
		cxio_connection_put(c);
		pthread_mutex_lock(&t->lock);
	}
	pthread_mutex_unlock(&t->lock);
}

/**
 * cxio_throttle_pass() - may a connection give window back?
 * @t: the throttle
 * @c: the connection; if it may not, it is kicked when it is worth to ask again
 *
 * Return: true if it may.
 */
bool cxio_throttle_pass(struct cxio_throttle *t, struct cxio_connection *c)
{
	bool pass;

	pthread_mutex_lock(&t->lock);
	pass = !is_exceeded(t);
	if (!pass && cxio_list_empty(&c->throttle_link)) {
		cxio_connection_get(c);
		cxio_list_append(&t->waiting, &c->throttle_link);
	}
	pthread_mutex_unlock(&t->lock);
	return pass;
}

/**
 * cxio_throttle_is_wanted() - does anybody wait until it holds less?
 * @t: the throttle
 * @c: a connection that does not count
 *
 * Return: true if so.
 */
bool cxio_throttle_is_wanted(struct cxio_throttle *t, const struct cxio_connection *c)
{
	const struct cxio_link *l;
	bool wanted;

	pthread_mutex_lock(&t->lock);
	l = t->waiting.next;
	if (l == &c->throttle_link)
		l = l->next;
	wanted = l != &t->waiting;
	pthread_mutex_unlock(&t->lock);
	return wanted;
}

/**
 * cxio_throttle_forget() - a connection does not wait any more
 * @t: the throttle
 * @c: the connection, waiting or not; the caller has a reference of its own
 */
void cxio_throttle_forget(struct cxio_throttle *t, struct cxio_connection *c)
{
	bool waited;

	pthread_mutex_lock(&t->lock);
	waited = !cxio_list_empty(&c->throttle_link);
	cxio_list_remove(&c->throttle_link);
	pthread_mutex_unlock(&t->lock);
	if (waited)
		cxio_connection_put(c);
}
