// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is remembered of connections that ended: the last ones of each network namespace,
 * and how many there were. Who asks what went wrong asks afterwards.
 */
#include <linux/ktime.h>
#include <net/netns/generic.h>

#include "control.h"

/**
 * struct history - of a network namespace
 * @lock: guards all below
 * @totals: counts
 * @last: the last that ended; number n of all is at n % CXIO_HISTORY
 */
struct history {
	spinlock_t lock; /* all below */
	struct cxio_totals totals;
	struct cxio_ended last[CXIO_HISTORY];
};

static unsigned int history_id;

static int __net_init history_net_init(struct net *net)
{
	struct history *h = net_generic(net, history_id);

	spin_lock_init(&h->lock);
	return 0;
}

static struct pernet_operations history_net_ops = {
	.init = history_net_init,
	.id = &history_id,
	.size = sizeof(struct history),
};

/**
 * cxio_history_init() - a history for each namespace
 *
 * Context: module init, before messengers. Return: 0 or a negative errno.
 */
int __init cxio_history_init(void)
{
	return register_pernet_subsys(&history_net_ops);
}

/**
 * cxio_history_exit() - forget
 *
 * Context: module exit, after messengers.
 */
void cxio_history_exit(void)
{
	unregister_pernet_subsys(&history_net_ops);
}

/**
 * cxio_history_opened() - a connection was established
 * @net: its namespace
 *
 * Context: any but hard interrupts.
 */
void cxio_history_opened(struct net *net)
{
	struct history *h = net_generic(net, history_id);

	spin_lock_bh(&h->lock);
	h->totals.opened++;
	spin_unlock_bh(&h->lock);
}

/**
 * cxio_history_ended() - remember a connection that ended
 * @c: the connection
 *
 * Context: the connection's work, when it is over and its last counts are known.
 */
void cxio_history_ended(struct cxio_connection *c)
{
	struct history *h = net_generic(c->net, history_id);
	struct cxio_counts stats;
	struct cxio_ended *e;

	spin_lock_bh(&c->lock);
	stats = c->stats;
	spin_unlock_bh(&c->lock);
	spin_lock_bh(&h->lock);
	e = &h->last[h->totals.ended++ % CXIO_HISTORY];
	memset(e, 0, sizeof(*e));
	e->id = c->id;
	e->accepted = !c->active;
	e->by_peer = c->by_peer;
	e->fault = c->fault;
	e->when_ns = ktime_get_ns();
	memcpy(&e->peer, &c->peer, c->peer.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
								   sizeof(struct sockaddr_in));
	e->stats = stats;
	h->totals.faults += !!e->fault;
	spin_unlock_bh(&h->lock);
}

/**
 * cxio_history_totals() - how many there were
 * @net: the namespace
 * @t: set to that
 *
 * Context: any but hard interrupts.
 */
void cxio_history_totals(struct net *net, struct cxio_totals *t)
{
	struct history *h = net_generic(net, history_id);

	spin_lock_bh(&h->lock);
	*t = h->totals;
	spin_unlock_bh(&h->lock);
}

/**
 * cxio_history_next() - go through the connections that ended, oldest first
 * @net: the namespace
 * @at: 0 at first; set so that the next call gives the one after this
 * @e: set to a connection
 *
 * Those that end meanwhile may push others out, which are passed over.
 *
 * Context: any but hard interrupts. Return: false if there are no more.
 */
bool cxio_history_next(struct net *net, u64 *at, struct cxio_ended *e)
{
	struct history *h = net_generic(net, history_id);
	bool more;

	spin_lock_bh(&h->lock);
	if (h->totals.ended > CXIO_HISTORY && *at < h->totals.ended - CXIO_HISTORY)
		*at = h->totals.ended - CXIO_HISTORY;
	more = *at < h->totals.ended;
	if (more)
		*e = h->last[(*at)++ % CXIO_HISTORY];
	spin_unlock_bh(&h->lock);
	return more;
}
