// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Two lists, one that grows while the other is printed.
 */
#include <pthread.h>
#include <stdlib.h>

#include "ping_print.h"

/**
 * struct answers - a list of them
 * @all: the list
 * @count: how many there are
 * @room: for how many
 */
struct answers {
	struct ping_answer *all;
	size_t count;
	size_t room;
};

/**
 * struct ping_printer - a thread that prints
 * @thread: it
 * @print: prints one, in that thread
 * @arg: for @print
 * @lock: guards the rest
 * @changed: there is more, or no more will come
 * @added: what is to be printed next
 * @finished: no more will come
 */
struct ping_printer {
	pthread_t thread;
	ping_print_fn print;
	void *arg;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct answers added;
	bool finished;
};

/* Return: true if there is something to print; else no more will come. */
static bool take(struct ping_printer *p, struct answers *taken)
{
	struct answers empty = { taken->all, 0, taken->room };

	pthread_mutex_lock(&p->lock);
	while (!p->added.count && !p->finished)
		pthread_cond_wait(&p->changed, &p->lock);
	*taken = p->added;
	p->added = empty;
	pthread_mutex_unlock(&p->lock);
	return taken->count;
}

static void *print_all(void *arg)
{
	struct ping_printer *p = arg;
	struct answers taken = { 0 };
	size_t i;

	while (take(p, &taken))
		for (i = 0; i < taken.count; i++)
			p->print(p->arg, &taken.all[i]);
	free(taken.all);
	return NULL;
}

/**
 * ping_printer_start() - begin to print
 * @print: prints one
 * @arg: for @print
 *
 * Return: to be finished by ping_printer_finish(), or NULL: there is no memory, or no thread.
 */
struct ping_printer *ping_printer_start(ping_print_fn print, void *arg)
{
	struct ping_printer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->print = print;
	p->arg = arg;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->changed, NULL);
	if (!pthread_create(&p->thread, NULL, print_all, p))
		return p;
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	free(p);
	return NULL;
}

static bool grow(struct answers *a)
{
	size_t room = a->room ? 2 * a->room : 64;
	struct ping_answer *all = realloc(a->all, room * sizeof(*all));

	if (!all)
		return false;
	a->all = all;
	a->room = room;
	return true;
}

/**
 * ping_printer_add() - have an answer printed, behind those before
 * @p: the printer
 * @a: the answer
 *
 * Context: any thread; waits for no output. Return: false if there is no memory.
 */
bool ping_printer_add(struct ping_printer *p, const struct ping_answer *a)
{
	bool good;

	pthread_mutex_lock(&p->lock);
	good = p->added.count < p->added.room || grow(&p->added);
	if (good)
		p->added.all[p->added.count++] = *a;
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return good;
}

/**
 * ping_printer_finish() - wait until all is printed, and end
 * @p: the printer, or NULL; it is gone behind this
 */
void ping_printer_finish(struct ping_printer *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->finished = true;
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	free(p->added.all);
	free(p);
}
