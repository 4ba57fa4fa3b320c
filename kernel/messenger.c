// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messengers: one a network namespace, with its connections and listeners.
 */
#include <linux/export.h>
#include <linux/random.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/netns/generic.h>

#include "ceph_xio.h"

static unsigned int net_id;

/**
 * cxio_messenger_of() - the messenger of a network namespace
 * @net: the namespace
 *
 * Return: the messenger; it lives as long as the namespace and the module.
 */
struct cxio_messenger *cxio_messenger_of(struct net *net)
{
	return net_generic(net, net_id);
}

static void init_messenger(struct cxio_messenger *m, struct net *net, const struct cxio_ops *ops)
{
	m->net = net;
	m->ops = ops;
	spin_lock_init(&m->lock);
	INIT_LIST_HEAD(&m->listeners);
	INIT_LIST_HEAD(&m->connections);
	INIT_LIST_HEAD(&m->carriers);
	init_waitqueue_head(&m->idle);
	m->next_id = 1;
	m->next_carrier = 1;
	m->nonce = get_random_u32() | 1;
	m->limits = *cxio_limits();
	m->keepalive_ms = CXIO_KEEPALIVE_MS;
	m->keepalive_expiry_ms = CXIO_KEEPALIVE_EXPIRY_MS;
}

static int __net_init messenger_init(struct net *net)
{
	init_messenger(cxio_messenger_of(net), net, &cxio_endpoint_ops);
	return 0;
}

static bool messenger_idle(struct cxio_messenger *m)
{
	bool idle;

	spin_lock_bh(&m->lock);
	idle = list_empty(&m->connections) && list_empty(&m->carriers);
	spin_unlock_bh(&m->lock);
	return idle;
}

/*
 * No new connection or listener; those there are begin to end. Each is told once: told twice,
 * it would break off what it is about to tell its peer.
 */
static void begin_stop(struct cxio_messenger *m)
{
	struct cxio_connection *c;
	struct cxio_xio *x;

	spin_lock_bh(&m->lock);
	if (m->stopping)
		goto out;
	m->stopping = true;
	list_for_each_entry(c, &m->connections, link)
		cxio_connection_abort(c, CXIO_FAULT_SHUTDOWN);
	/* Those that are hosted their connections end. */
	list_for_each_entry(x, &m->carriers, link)
		if (!READ_ONCE(x->host))
			cxio_xio_abort(x, CXIO_FAULT_SHUTDOWN);
out:
	spin_unlock_bh(&m->lock);
}

/* Wait until they have. */
static void finish_stop(struct cxio_messenger *m)
{
	cxio_unlisten(m, NULL);
	wait_event(m->idle, messenger_idle(m));
	/* Whoever took the last out of its list may still have the lock. */
	spin_lock_bh(&m->lock);
	m->stopped = true;
	spin_unlock_bh(&m->lock);
}

static void stop_messenger(struct cxio_messenger *m)
{
	begin_stop(m);
	finish_stop(m);
}

/**
 * cxio_messenger_create() - make a messenger
 * @net: network namespace, which must outlive it
 * @ops: its owner's; constant
 *
 * Context: may sleep. Return: the messenger, or NULL if there is no memory.
 */
struct cxio_messenger *cxio_messenger_create(struct net *net, const struct cxio_ops *ops)
{
	struct cxio_messenger *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (m)
		init_messenger(m, net, ops);
	return m;
}
EXPORT_SYMBOL_NS_GPL(cxio_messenger_create, CEPH_XIO);

/**
 * cxio_messenger_keepalive() - when peers are asked, and given up
 * @m: the messenger
 * @interval_ms: silence before a peer is asked whether it is there, milliseconds (default
 *	5,000); 0: only if cxio_connection_keepalive() wants it
 * @expiry_ms: silence before it is given up, milliseconds (default 20,000); 0: never. With
 *	an @interval_ms of 0, or one that is longer, whoever says nothing by himself is
 *
 * It holds for what opens from here on, be it a connection or another carrier of one.
 *
 * Context: any.
 */
void cxio_messenger_keepalive(struct cxio_messenger *m, u32 interval_ms, u32 expiry_ms)
{
	WRITE_ONCE(m->keepalive_ms, interval_ms);
	WRITE_ONCE(m->keepalive_expiry_ms, expiry_ms);
}
EXPORT_SYMBOL_NS_GPL(cxio_messenger_keepalive, CEPH_XIO);

/**
 * cxio_messenger_destroy() - end all its connections and listeners, wait for that, free it
 * @m: the messenger
 *
 * Peers are told, as far as that is possible at once. Every connection's @closed has
 * returned when this does.
 *
 * Context: may sleep; no lock that a callback takes may be held.
 */
void cxio_messenger_destroy(struct cxio_messenger *m)
{
	stop_messenger(m);
	kfree(m);
}
EXPORT_SYMBOL_NS_GPL(cxio_messenger_destroy, CEPH_XIO);

/**
 * cxio_messenger_data_crc() - have messages CRCs of their data?
 * @m: a messenger that has not listened nor connected yet
 * @crc: (default) yes; else it is offered to leave them out, which is done with peers that
 *	offer that, too, unless messages are signed
 *
 * Front, middle and headers always have theirs.
 *
 * Context: any.
 */
void cxio_messenger_data_crc(struct cxio_messenger *m, bool crc)
{
	m->limits.supported &= ~CXIO_FEATURE_NO_DATA_CRC;
	if (!crc)
		m->limits.supported |= CXIO_FEATURE_NO_DATA_CRC;
}
EXPORT_SYMBOL_NS_GPL(cxio_messenger_data_crc, CEPH_XIO);

static void __net_exit messenger_exit(struct net *net)
{
	stop_messenger(cxio_messenger_of(net));
}

static struct pernet_operations messenger_net_ops = {
	.init = messenger_init,
	.exit = messenger_exit,
	.id = &net_id,
	.size = sizeof(struct cxio_messenger),
};

/**
 * cxio_messengers_init() - a messenger for each namespace, now and later
 *
 * Context: module init. Return: 0 or a negative errno.
 */
int __init cxio_messengers_init(void)
{
	return register_pernet_device(&messenger_net_ops);
}

/* A reference to a namespace whose messenger has not come to its end, or NULL. */
static struct net *next_unstopped(void)
{
	struct net *net, *found = NULL;

	down_read(&net_rwsem);
	for_each_net(net) {
		/* One that is going away stops its own. */
		if (!READ_ONCE(cxio_messenger_of(net)->stopped) && maybe_get_net(net)) {
			found = net;
			break;
		}
	}
	up_read(&net_rwsem);
	return found;
}

/**
 * cxio_messengers_stop() - end all connections and listeners, wait for that
 *
 * Context: module exit, while events can still be told.
 */
void cxio_messengers_stop(void)
{
	struct net *net;

	down_read(&net_rwsem);
	for_each_net(net)
		begin_stop(cxio_messenger_of(net));
	up_read(&net_rwsem);
	/* What is waited for may want net_rwsem: events of a device's removal do. */
	while ((net = next_unstopped())) {
		stop_messenger(cxio_messenger_of(net));
		put_net(net);
	}
}

/**
 * cxio_messengers_exit() - give the namespaces' data back
 *
 * Context: module exit; nobody listens or connects any more.
 */
void cxio_messengers_exit(void)
{
	unregister_pernet_device(&messenger_net_ops);
}

static struct cxio_connection *find_peer(struct cxio_messenger *m, const struct cxio_addr *peer)
{
	struct cxio_connection *c;
	bool over;

	list_for_each_entry(c, &m->connections, link) {
		if (!c->peer_addr.family || !cxio_addr_equal(&c->peer_addr, peer))
			continue;
		spin_lock(&c->lock);
		over = c->over;
		spin_unlock(&c->lock);
		if (!over)
			return c;
	}
	return NULL;
}

/**
 * cxio_messenger_add() - take a connection into the list
 * @m: the messenger
 * @c: a new connection; the list takes a reference
 *
 * Context: any. Return: 0, -ESHUTDOWN, -EMFILE if peers have begun too many, or -EEXIST
 * if there is one with that peer.
 */
int cxio_messenger_add(struct cxio_messenger *m, struct cxio_connection *c)
{
	int err = 0;

	spin_lock_bh(&m->lock);
	if (m->stopping) {
		err = -ESHUTDOWN;
	} else if (!c->active && m->accepted >= CXIO_MAX_ACCEPTED) {
		err = -EMFILE;
	} else if (c->peer_addr.family && find_peer(m, &c->peer_addr)) {
		err = -EEXIST;
	} else {
		cxio_connection_get(c);
		list_add_tail(&c->link, &m->connections);
		c->id = m->next_id++;
		m->accepted += !c->active;
	}
	spin_unlock_bh(&m->lock);
	return err;
}

/**
 * cxio_messenger_remove() - a connection is over: take it out, drop the reference
 * @c: the connection; its messenger must not be used afterwards
 *
 * Context: any.
 */
void cxio_messenger_remove(struct cxio_connection *c)
{
	struct cxio_messenger *m = c->messenger;

	spin_lock_bh(&m->lock);
	list_del_init(&c->link);
	m->accepted -= !c->active;
	/* Under the lock: once it is released, the messenger may be freed. */
	wake_up(&m->idle);
	spin_unlock_bh(&m->lock);
	cxio_connection_put(c);
}

/**
 * cxio_messenger_add_carrier() - take a carrier into the list
 * @m: the messenger
 * @x: a new carrier; the list takes a reference
 *
 * Context: any. Return: 0, -ESHUTDOWN, or -EMFILE if peers have begun too many, those
 * whose sessions are still to be agreed on included.
 */
int cxio_messenger_add_carrier(struct cxio_messenger *m, struct cxio_xio *x)
{
	int err = 0;

	spin_lock_bh(&m->lock);
	if (m->stopping) {
		err = -ESHUTDOWN;
	} else if (!x->life.active &&
		   m->carriers_accepted >= CXIO_MAX_ACCEPTED + CXIO_MAX_UNAGREED) {
		err = -EMFILE;
	} else {
		cxio_xio_get(x);
		list_add_tail(&x->link, &m->carriers);
		x->number = m->next_carrier++;
		m->carriers_accepted += !x->life.active;
	}
	spin_unlock_bh(&m->lock);
	return err;
}

/**
 * cxio_messenger_remove_carrier() - a carrier is torn down: take it out, drop the reference
 * @x: the carrier; its messenger must not be used afterwards
 *
 * Context: any.
 */
void cxio_messenger_remove_carrier(struct cxio_xio *x)
{
	struct cxio_messenger *m = x->messenger;

	spin_lock_bh(&m->lock);
	list_del_init(&x->link);
	m->carriers_accepted -= !x->life.active;
	/* Under the lock: once it is released, the messenger may be freed. */
	wake_up(&m->idle);
	spin_unlock_bh(&m->lock);
	cxio_xio_put(x);
}

/**
 * cxio_messenger_find_peer() - the connection with a peer that connects
 * @m: the messenger
 * @peer: what the peer shows, with its nonce
 *
 * Context: any. Return: a reference to one that is not over, or NULL.
 */
struct cxio_connection *cxio_messenger_find_peer(struct cxio_messenger *m,
						 const struct cxio_addr *peer)
{
	struct cxio_connection *c;

	spin_lock_bh(&m->lock);
	c = find_peer(m, peer);
	if (c)
		cxio_connection_get(c);
	spin_unlock_bh(&m->lock);
	return c;
}

/**
 * cxio_messenger_find() - a connection by its number
 * @m: the messenger
 * @id: the number
 *
 * Return: a reference, or NULL.
 */
struct cxio_connection *cxio_messenger_find(struct cxio_messenger *m, u32 id)
{
	struct cxio_connection *c, *found = NULL;

	spin_lock_bh(&m->lock);
	list_for_each_entry(c, &m->connections, link) {
		if (c->id == id) {
			cxio_connection_get(c);
			found = c;
			break;
		}
	}
	spin_unlock_bh(&m->lock);
	return found;
}
