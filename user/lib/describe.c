// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What connections are doing, in words, for whoever looks for what one waits for.
 *
 * Connections and carriers are the portals' own: so each portal is asked, by a task, and
 * writes into memory that belongs to whoever of the two is done with it last. One that
 * does not answer is told of, too.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "describe.h"
#include "transport.h"

/* As long as that a portal may take to answer. */
#define ANSWER_S	1

/**
 * struct question - to one portal
 * @task: runs there
 * @portal: which
 * @refs: who asks, and the task
 * @lock: guards @answered
 * @changed: signalled when it is
 * @answered: @text is complete
 * @text: the answer, or NULL: no memory for it
 * @size: bytes of it
 */
struct question {
	struct cxio_task task;
	struct cxio_portal *portal;
	atomic_uint refs;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool answered;
	char *text;
	size_t size;
};

static void put(struct question *q)
{
	if (atomic_fetch_sub(&q->refs, 1) != 1)
		return;
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->changed);
	free(q->text);
	free(q);
}

/**
 * cxio_describe_due() - when something is due
 * @to: where it is written
 * @what: it
 * @due: when, or CXIO_NEVER
 * @now: the time
 */
void cxio_describe_due(FILE *to, const char *what, u64 due, u64 now)
{
	if (due == CXIO_NEVER)
		return;
	if (due < now)
		fprintf(to, ", %s since %" PRIu64 " ms", what, (now - due) / 1000000);
	else
		fprintf(to, ", %s in %" PRIu64 " ms", what, (due - now) / 1000000);
}

static void describe_connection(struct cxio_connection *c, u64 now, FILE *to)
{
	const struct cxio_session *s = &c->session;
	u32 queued = 0, unsent = 0;
	const struct cxio_link *l;
	char peer[64];
	bool out = false;

	for (l = c->queue.next; l != &c->queue; l = l->next) {
		out = out || (c->out && l == &c->out->link);
		queued++;
		unsent += out;
	}
	cxio_address_text((const struct sockaddr *)&c->target, peer, sizeof(peer));
	fprintf(to, "connection with %s: session %s, %s%s, attempts failed %" PRIu32, peer,
		cxio_session_state_text(s->state), c->carrier ? "carried" : "not carried",
		c->attempt ? ", connecting" : "", s->failures);
	cxio_describe_due(to, "due", s->due, now);
	fprintf(to, "; queued %" PRIu32 ", of these not sent %" PRIu32, queued, unsent);
	fprintf(to, "; numbers given %" PRIu64 ", sent %" PRIu64 ", acknowledged %" PRIu64
		", received %" PRIu64, s->out_seq, s->sent_seq, s->acked, s->in_seq);
	fprintf(to, "; held messages %" PRIu32 ", bytes %" PRIu64 ", of READs %" PRIu64,
		c->held_msgs, c->held_bytes, c->held_reads);
	fprintf(to, "; withheld messages %" PRIu32, c->withheld_msgs);
	fprintf(to, "; inbox %s, returned %s, dispatch %s, service %s%s%s\n",
		cxio_stack_empty(&c->inbox) ? "empty" : "not empty",
		cxio_stack_empty(&c->returned) ? "none" : "some",
		atomic_load(&c->line.busy) ? "busy" : "idle",
		atomic_load(&c->task.queued) ? "posted" : "not posted",
		c->closing ? ", closing" : "", c->drain ? ", draining" : "");
}

static void answer(struct cxio_task *t)
{
	struct question *q = cxio_entry(t, struct question, task);
	struct cxio_portal *p = q->portal;
	const struct cxio_link *l;
	FILE *to = open_memstream(&q->text, &q->size);

	for (l = p->connections.next; to && l != &p->connections; l = l->next)
		describe_connection(cxio_entry(l, struct cxio_connection, link), cxio_now(), to);
	/* Once the loop has ended there is nothing left. */
	if (to && !atomic_load(&p->gone))
		p->messenger->transport->describe(p, to);
	if (to)
		fclose(to);
	pthread_mutex_lock(&q->lock);
	q->answered = true;
	pthread_cond_signal(&q->changed);
	pthread_mutex_unlock(&q->lock);
	put(q);
}

static void say_lines(struct question *q, void (*say)(void *arg, const char *line), void *arg)
{
	char *save = NULL, *line = q->text ? strtok_r(q->text, "\n", &save) : NULL;

	for (; line; line = strtok_r(NULL, "\n", &save))
		say(arg, line);
}

static bool ask(struct cxio_portal *p, void (*say)(void *arg, const char *line), void *arg)
{
	struct question *q = calloc(1, sizeof(*q));
	struct timespec until;
	bool answered;

	if (!q)
		return false;
	atomic_init(&q->refs, 2);
	q->portal = p;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->changed, NULL);
	cxio_task_init(&q->task, answer);
	cxio_portal_post(p, &q->task);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ANSWER_S;
	pthread_mutex_lock(&q->lock);
	while (!q->answered && !pthread_cond_timedwait(&q->changed, &q->lock, &until))
		;
	answered = q->answered;
	pthread_mutex_unlock(&q->lock);
	if (answered)
		say_lines(q, say, arg);
	put(q);
	return answered;
}

CXIO_EXPORT int cxio_messenger_describe(struct cxio_messenger *m,
					void (*say)(void *arg, const char *line), void *arg)
{
	unsigned int i;
	char text[64];
	int err = 0;

	if (!m->started)
		return -EINVAL;
	for (i = 0; i < m->portals; i++) {
		if (ask(&m->portal[i], say, arg))
			continue;
		snprintf(text, sizeof(text), "portal %u does not answer", i);
		say(arg, text);
		err = -ETIMEDOUT;
	}
	return err;
}
