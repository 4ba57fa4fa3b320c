// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sending, and waiting for replies.
 */
#include <errno.h>
#include <stdlib.h>

#include "transport.h"

static int send_message(struct cxio_connection *c, struct cxio_message *m,
			const struct cxio_message *request, struct cxio_hook *h)
{
	struct cxio_xmsg *x;

	if (atomic_load(&c->ended)) {
		cxio_message_put(m);
		return -ENOTCONN;
	}
	x = cxio_xmsg_new(c->messenger, m);
	if (!x) {
		cxio_message_put(m);
		return -ENOMEM;
	}
	if (request && request->sink.length) {
		x->reply_generation = request->generation;
		x->reply_sink = request->sink;
	}
	x->hook = h ? cxio_hook_get(h) : NULL;
	x->header.src_type = (u8)c->messenger->options.own_type;
	x->header.src_num = atomic_load(&c->messenger->own_num);
	cxio_connection_hand_over(c, x);
	return 0;
}

CXIO_EXPORT int cxio_connection_send(struct cxio_connection *c, struct cxio_message *m)
{
	return send_message(c, m, NULL, NULL);
}

CXIO_EXPORT int cxio_message_reply(struct cxio_message *request, struct cxio_message *reply)
{
	if (!request->origin) {
		cxio_message_put(reply);
		return -EINVAL;
	}
	reply->header.tid = request->header.tid;
	return send_message(request->origin, reply, request, NULL);
}

CXIO_EXPORT int cxio_connection_request(struct cxio_connection *c, struct cxio_message *m,
					const struct cxio_reply_hook *hook)
{
	struct cxio_hook *h;
	int err;

	err = cxio_hooks_add(&c->hooks, c, m->header.tid, hook, &h);
	if (err) {
		cxio_message_put(m);
		return err;
	}
	err = send_message(c, m, NULL, h);
	/* Who ended the connection meanwhile may have called it. */
	if (err && !cxio_hooks_take(&c->hooks, h))
		err = 0;
	cxio_hook_put(h);
	return err;
}

CXIO_EXPORT void cxio_connection_cancel(struct cxio_connection *c, uint64_t tid)
{
	struct cxio_hook *h = cxio_hooks_find(&c->hooks, tid);

	if (!h)
		return;
	atomic_store(&h->cancelled, true);
	cxio_hook_put(h);
	cxio_connection_want(c, CXIO_WANT_CANCEL);
}

/* --- in the portal --- */

/* The hook was taken out of the table. Nobody writes to the sink when it is called (I2). */
static void answer(struct cxio_connection *c, struct cxio_hook *h, struct cxio_message *m,
		   int error)
{
	if (h->timed) {
		cxio_timer_cancel(&c->portal->timers, &h->timer);
		cxio_timers_release(&c->portal->timers);
		h->timed = false;
	}
	h->message = m;
	h->error = error;
	cxio_hook_get(h);
	if (!h->exposed) {
		cxio_dispatch_reply(c, h);
		return;
	}
	/* It may take longer than anybody else keeps the connection. */
	cxio_connection_get(c);
	c->sinks_ending++;
	h->ending = true;
	c->messenger->transport->end_sink(h);
}

/**
 * cxio_hook_sink_ended() - nobody can write to a hook's sink any more
 * @h: the hook, whose @exposed was just set to NULL
 */
void cxio_hook_sink_ended(struct cxio_hook *h)
{
	struct cxio_connection *c = h->connection;

	if (!h->ending)
		return;
	h->ending = false;
	cxio_dispatch_reply(c, h);
	c->sinks_ending--;
	cxio_connection_tell_over(c);
	cxio_connection_put(c);
}

static void too_late(struct cxio_timer *t)
{
	struct cxio_hook *h = cxio_entry(t, struct cxio_hook, timer);
	struct cxio_connection *c = h->connection;

	cxio_hook_get(h);
	if (cxio_hooks_take(&c->hooks, h))
		answer(c, h, NULL, -ETIMEDOUT);
	cxio_hook_put(h);
}

/**
 * cxio_hook_begin() - its request has come to the portal: time runs
 * @h: the hook
 */
void cxio_hook_begin(struct cxio_hook *h)
{
	struct cxio_portal *p = h->connection->portal;
	u64 timeout = h->hook.timeout_ns;
	u64 now;

	/* It may have been cancelled, or the session reset, before this. */
	if (!atomic_load(&h->waiting))
		return;
	h->begun = true;
	cxio_timer_init(&h->timer, too_late);
	if (!timeout)
		return;
	now = cxio_portal_look_at_clock(p);
	h->timed = timeout < CXIO_NEVER - now && !cxio_timers_reserve(&p->timers);
	if (h->timed)
		cxio_timer_set(&p->timers, &h->timer, now + timeout);
}

/**
 * cxio_connection_cancel_hooks() - those who wait need not wait any more
 * @c: the connection
 * @which: those
 */
void cxio_connection_cancel_hooks(struct cxio_connection *c, enum cxio_hooks_which which)
{
	int error = which == CXIO_HOOKS_CANCELLED ? -ECANCELED : -ECONNRESET;
	struct cxio_link taken;

	cxio_list_init(&taken);
	cxio_hooks_take_many(&c->hooks, which, &taken);
	while (!cxio_list_empty(&taken)) {
		struct cxio_hook *h = cxio_entry(taken.next, struct cxio_hook, link);

		cxio_list_remove(&h->link);
		answer(c, h, NULL, error);
		cxio_hook_put(h);
	}
}

/**
 * cxio_connection_deliver() - a message arrived whole, in its turn
 * @c: the connection
 * @m: the message, a reference
 */
void cxio_connection_deliver(struct cxio_connection *c, struct cxio_message *m)
{
	struct cxio_hook *h = NULL;

	if (atomic_load(&c->hooks.count))
		h = cxio_hooks_find(&c->hooks, m->header.tid);
	if (h && cxio_hooks_take(&c->hooks, h))
		answer(c, h, m, 0);
	else
		cxio_dispatch_message(c, m);
	cxio_hook_put(h);
}
