// SPDX-License-Identifier: GPL-2.0-only
/*
 * RDMA devices come and go. Our client is registered after the CM's, so that it
 * is told of a removal first: it ends the device's carriers and waits until
 * nothing of theirs is left on it (I8).
 */
#include <linux/slab.h>

#include "control.h"

static LIST_HEAD(devices);
static DEFINE_SPINLOCK(devices_lock);

static int device_added(struct ib_device *ibdev)
{
	struct cxio_device *d = kzalloc(sizeof(*d), GFP_KERNEL);

	if (!d)
		return -ENOMEM;
	d->ibdev = ibdev;
	strscpy(d->name, dev_name(&ibdev->dev), sizeof(d->name));
	INIT_LIST_HEAD(&d->carriers);
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

static void device_renamed(struct ib_device *ibdev, void *client_data)
{
	struct cxio_device *d;

	spin_lock_bh(&devices_lock);
	d = find_device(ibdev);
	if (d)
		strscpy(d->name, dev_name(&ibdev->dev), sizeof(d->name));
	spin_unlock_bh(&devices_lock);
}

static bool device_idle(struct cxio_device *d)
{
	bool idle;

	spin_lock_bh(&devices_lock);
	idle = list_empty(&d->carriers);
	spin_unlock_bh(&devices_lock);
	return idle;
}

static void device_removed(struct ib_device *ibdev, void *client_data)
{
	struct cxio_device *d;
	struct cxio_xio *x;
	u32 lost = 0;

	spin_lock_bh(&devices_lock);
	d = find_device(ibdev);
	if (d) {
		d->removing = true;
		list_for_each_entry(x, &d->carriers, device_link) {
			cxio_xio_abort(x, CXIO_FAULT_DEVICE);
			lost++;
		}
	}
	spin_unlock_bh(&devices_lock);
	if (!d)
		return;
	wait_event(d->idle, device_idle(d));
	spin_lock_bh(&devices_lock);
	list_del(&d->link);
	spin_unlock_bh(&devices_lock);
	kfree(d);
	cxio_event_device_removed(ibdev, lost);
}

static struct ib_client client = {
	.name = "ceph_xio",
	.add = device_added,
	.remove = device_removed,
	.rename = device_renamed,
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
 * Context: module exit, when there is no carrier.
 */
void cxio_device_exit(void)
{
	ib_unregister_client(&client);
}

/**
 * cxio_device_join() - a carrier is about to use a device
 * @x: the carrier
 * @ibdev: the device
 *
 * Context: may not sleep. Return: 0, or -ENODEV if the device is going away.
 */
int cxio_device_join(struct cxio_xio *x, struct ib_device *ibdev)
{
	struct cxio_device *d;
	int err = -ENODEV;

	spin_lock_bh(&devices_lock);
	d = find_device(ibdev);
	if (d && !d->removing) {
		x->device = d;
		list_add_tail(&x->device_link, &d->carriers);
		err = 0;
	}
	spin_unlock_bh(&devices_lock);
	return err;
}

/**
 * cxio_device_leave() - a carrier has nothing on its device any more
 * @x: the carrier, which may never have joined
 */
void cxio_device_leave(struct cxio_xio *x)
{
	if (!x->device)
		return;
	spin_lock_bh(&devices_lock);
	list_del_init(&x->device_link);
	/* Under the lock: once it is released, the device may be freed. */
	wake_up(&x->device->idle);
	spin_unlock_bh(&devices_lock);
	x->device = NULL;
}

/**
 * cxio_device_nth() - look at a device
 * @net: as seen from this network namespace
 * @n: which of those it may use
 * @v: set to what is there
 *
 * Context: any but hard interrupts. Return: false if there are not that many.
 */
bool cxio_device_nth(const struct net *net, unsigned int n, struct cxio_device_view *v)
{
	struct cxio_device *d;
	struct list_head *pos;
	bool found = false;

	spin_lock_bh(&devices_lock);
	list_for_each_entry(d, &devices, link) {
		if (!rdma_dev_access_netns(d->ibdev, net) || n--)
			continue;
		strscpy(v->name, d->name, sizeof(v->name));
		v->vectors = d->ibdev->num_comp_vectors;
		v->carriers = 0;
		list_for_each(pos, &d->carriers)
			v->carriers++;
		found = true;
		break;
	}
	spin_unlock_bh(&devices_lock);
	return found;
}

/* One of the connection's carriers on the device, if there is one; best what carries it. */
static struct cxio_xio *carrier_on(struct cxio_device *d, const struct cxio_connection *c)
{
	const struct cxio_xio *carrier = READ_ONCE(c->carrier);
	struct cxio_xio *x, *found = NULL;

	list_for_each_entry(x, &d->carriers, device_link) {
		if (x->messenger != c->messenger || READ_ONCE(x->connection) != c->id)
			continue;
		if (!found || x == carrier)
			found = x;
	}
	return found;
}

/**
 * cxio_device_name() - the name of a connection's device
 * @c: the connection
 * @name: set to it
 * @size: room
 *
 * Context: any but hard interrupts. Return: false if it is on none now.
 */
bool cxio_device_name(struct cxio_connection *c, char *name, size_t size)
{
	struct cxio_device *d;
	struct cxio_xio *x;
	bool found = false;

	spin_lock_bh(&devices_lock);
	list_for_each_entry(d, &devices, link) {
		x = carrier_on(d, c);
		if (!x)
			continue;
		if (!found || x == READ_ONCE(c->carrier))
			strscpy(name, d->name, size);
		found = true;
	}
	spin_unlock_bh(&devices_lock);
	return found;
}
