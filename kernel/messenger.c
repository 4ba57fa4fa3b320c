// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messengers: one a network namespace, with its connections and listeners.
 */
#include <linux/rtnetlink.h>
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

static int __net_init messenger_init(struct net *net)
{
	struct cxio_messenger *m = cxio_messenger_of(net);

	m->net = net;
	spin_lock_init(&m->lock);
	INIT_LIST_HEAD(&m->listeners);
	INIT_LIST_HEAD(&m->connections);
	init_waitqueue_head(&m->idle);
	m->next_id = 1;
	return 0;
}

static bool messenger_idle(struct cxio_messenger *m)
{
	bool idle;

	spin_lock_bh(&m->lock);
	idle = list_empty(&m->connections);
	spin_unlock_bh(&m->lock);
	return idle;
}

/* No new connection or listener; end those there are; wait for that. */
static void messenger_stop(struct net *net)
{
	struct cxio_messenger *m = cxio_messenger_of(net);
	struct cxio_connection *c;

	spin_lock_bh(&m->lock);
	m->stopping = true;
	spin_unlock_bh(&m->lock);
	cxio_unlisten(m, NULL);
	spin_lock_bh(&m->lock);
	list_for_each_entry(c, &m->connections, link)
		cxio_connection_abort(c, CXIO_FAULT_SHUTDOWN);
	spin_unlock_bh(&m->lock);
	wait_event(m->idle, messenger_idle(m));
}

static void __net_exit messenger_exit(struct net *net)
{
	messenger_stop(net);
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
		messenger_stop(net);
	up_read(&net_rwsem);
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

/**
 * cxio_messenger_add() - take a connection into the list
 * @m: the messenger
 * @c: a new connection; the list takes a reference
 *
 * Return: 0, -ESHUTDOWN, or -EMFILE if peers have begun too many.
 */
int cxio_messenger_add(struct cxio_messenger *m, struct cxio_connection *c)
{
	int err = 0;

	spin_lock_bh(&m->lock);
	if (m->stopping) {
		err = -ESHUTDOWN;
	} else if (!c->life.active && m->accepted >= CXIO_MAX_ACCEPTED) {
		err = -EMFILE;
	} else {
		cxio_connection_get(c);
		list_add_tail(&c->link, &m->connections);
		c->id = m->next_id++;
		m->accepted += !c->life.active;
	}
	spin_unlock_bh(&m->lock);
	return err;
}

/**
 * cxio_messenger_remove() - a connection is over: take it out, drop the reference
 * @c: the connection; its messenger must not be used afterwards
 */
void cxio_messenger_remove(struct cxio_connection *c)
{
	struct cxio_messenger *m = c->messenger;

	spin_lock_bh(&m->lock);
	list_del_init(&c->link);
	m->accepted -= !c->life.active;
	/* Under the lock: once it is released, the messenger may be freed. */
	wake_up(&m->idle);
	spin_unlock_bh(&m->lock);
	cxio_connection_put(c);
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

/**
 * cxio_messenger_connect() - begin a connection
 * @m: the messenger
 * @addr: the peer's address, IPv4 or IPv6
 * @id: set to the connection's number
 *
 * Context: may sleep. Return: 0 or a negative errno; how it went is told by event.
 */
int cxio_messenger_connect(struct cxio_messenger *m, const struct sockaddr *addr, u32 *id)
{
	struct cxio_connection *c = cxio_connection_new(m, true, addr);
	int err;

	if (!c)
		return -ENOMEM;
	err = cxio_messenger_add(m, c);
	if (!err) {
		*id = c->id;
		cxio_connection_kick(c);
	}
	cxio_connection_put(c);
	return err;
}
