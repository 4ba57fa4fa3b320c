// SPDX-License-Identifier: GPL-2.0-only
/*
 * RDMA devices come and go. Our client is registered after the CM's, so that it
 * is told of a removal first: it ends the device's connections and waits until
 * nothing of theirs is left on it (I8).
 */
#include <linux/slab.h>

#include "ceph_xio.h"

static LIST_HEAD(devices);
static DEFINE_SPINLOCK(devices_lock);

static int device_added(struct ib_device *ibdev)
{
	struct cxio_device *d = kzalloc(sizeof(*d), GFP_KERNEL);

	if (!d)
		return -ENOMEM;
	d->ibdev = ibdev;
	INIT_LIST_HEAD(&d->connections);
	init_waitqueue_head(&d->idle);
	spin_lock_bh(&devices_lock);
	list_add_tail(&d->link, &devices);
	spin_unlock_bh(&devices_lock);
	return 0;
}

static struct cxio_device *find_device(struct ib_device *ibdev)
{
	struct cxio_device *d;

	list_for_each_entry(d, &devices, link)
		if (d->ibdev == ibdev)
			return d;
	return NULL;
}

static bool device_idle(struct cxio_device *d)
{
	bool idle;

	spin_lock_bh(&devices_lock);
	idle = list_empty(&d->connections);
	spin_unlock_bh(&devices_lock);
	return idle;
}

static void device_removed(struct ib_device *ibdev, void *client_data)
{
	struct cxio_connection *c;
	struct cxio_device *d;

	spin_lock_bh(&devices_lock);
	d = find_device(ibdev);
	if (d) {
		d->removing = true;
		list_for_each_entry(c, &d->connections, device_link)
			cxio_connection_abort(c, CXIO_FAULT_DEVICE);
	}
	spin_unlock_bh(&devices_lock);
	if (!d)
		return;
	wait_event(d->idle, device_idle(d));
	spin_lock_bh(&devices_lock);
	list_del(&d->link);
	spin_unlock_bh(&devices_lock);
	kfree(d);
}

static struct ib_client client = {
	.name = "ceph_xio",
	.add = device_added,
	.remove = device_removed,
};

/**
 * cxio_device_init() - begin to follow devices
 *
 * Context: module init. Return: 0 or a negative errno.
 */
int __init cxio_device_init(void)
{
	return ib_register_client(&client);
}

/**
 * cxio_device_exit() - follow devices no more
 *
 * Context: module exit, when there is no connection.
 */
void cxio_device_exit(void)
{
	ib_unregister_client(&client);
}

/**
 * cxio_device_join() - a connection is about to use a device
 * @c: the connection
 * @ibdev: the device
 *
 * Context: may not sleep. Return: 0, or -ENODEV if the device is going away.
 */
int cxio_device_join(struct cxio_connection *c, struct ib_device *ibdev)
{
	struct cxio_device *d;
	int err = -ENODEV;

	spin_lock_bh(&devices_lock);
	d = find_device(ibdev);
	if (d && !d->removing) {
		c->device = d;
		list_add_tail(&c->device_link, &d->connections);
		err = 0;
	}
	spin_unlock_bh(&devices_lock);
	return err;
}

/**
 * cxio_device_leave() - a connection has nothing on its device any more
 * @c: the connection, which may never have joined
 */
void cxio_device_leave(struct cxio_connection *c)
{
	if (!c->device)
		return;
	spin_lock_bh(&devices_lock);
	list_del_init(&c->device_link);
	/* Under the lock: once it is released, the device may be freed. */
	wake_up(&c->device->idle);
	spin_unlock_bh(&devices_lock);
	c->device = NULL;
}
