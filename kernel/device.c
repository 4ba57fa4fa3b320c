// SPDX-License-Identifier: GPL-2.0-only
/*
 * RDMA devices come and go. Our client is registered after the CM's, so that it
 * is told of a removal first: it ends what is carried by the device and waits until
 * nothing of that is left on it (I8).
 */
#include <linux/export.h>
#include <linux/slab.h>
#include <rdma/ib_cache.h>

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
	INIT_LIST_HEAD(&d->users);
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
	idle = list_empty(&d->users);
	spin_unlock_bh(&devices_lock);
	return idle;
}

static void device_removed(struct ib_device *ibdev, void *client_data)
{
	struct cxio_device_user *u;
	struct cxio_device *d;
	u32 lost = 0;

	spin_lock_bh(&devices_lock);
	d = find_device(ibdev);
	if (d) {
		d->removing = true;
		list_for_each_entry(u, &d->users, link) {
			u->removed(u);
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

static void join(struct cxio_device *d, struct cxio_device_user *u)
{
	u->device = d;
	list_add_tail(&u->link, &d->users);
}

/**
 * cxio_device_join() - somebody is about to use a device
 * @u: who, in no device now
 * @ibdev: the device
 *
 * Context: may not sleep. Return: 0, or -ENODEV if the device is going away.
 */
int cxio_device_join(struct cxio_device_user *u, struct ib_device *ibdev)
{
	struct cxio_device *d;
	int err = -ENODEV;

	spin_lock_bh(&devices_lock);
	d = find_device(ibdev);
	if (d && !d->removing) {
		join(d, u);
		err = 0;
	}
	spin_unlock_bh(&devices_lock);
	return err;
}
EXPORT_SYMBOL_NS_GPL(cxio_device_join, CEPH_XIO);

/**
 * cxio_device_gid_in() - does a GID belong to a network namespace?
 * @attr: the entry of its table
 * @net: the namespace, which may use the device
 *
 * An entry of InfiniBand has no network interface: the device's namespace is all there is.
 *
 * Context: any. Return: true if so.
 */
bool cxio_device_gid_in(const struct ib_gid_attr *attr, const struct net *net)
{
	struct net_device *ndev;
	bool same;

	if (!rdma_protocol_roce(attr->device, attr->port_num))
		return true;
	rcu_read_lock();
	ndev = rdma_read_gid_attr_ndev_rcu(attr);
	same = !IS_ERR(ndev) && net_eq(dev_net(ndev), net);
	rcu_read_unlock();
	return same;
}
EXPORT_SYMBOL_NS_GPL(cxio_device_gid_in, CEPH_XIO);

static bool port_has(struct ib_device *dev, u32 port, const struct net *net,
		     const union ib_gid *gid)
{
	const struct ib_gid_attr *attr;
	bool found = false;
	int i;

	for (i = 0; !found && i < dev->port_data[port].immutable.gid_tbl_len; i++) {
		attr = rdma_get_gid_attr(dev, port, i);
		if (IS_ERR(attr))
			continue;
		found = !memcmp(&attr->gid, gid, sizeof(*gid)) && cxio_device_gid_in(attr, net);
		rdma_put_gid_attr(attr);
	}
	return found;
}

/* Return: the port that has the GID, or 0. */
static u32 find_port(struct ib_device *dev, const struct net *net, const union ib_gid *gid)
{
	u32 port;

	rdma_for_each_port(dev, port)
		if (port_has(dev, port, net, gid))
			return port;
	return 0;
}

/**
 * cxio_device_join_gid() - somebody is about to use the device that has a GID
 * @u: who, in no device now
 * @net: as seen from this network namespace
 * @gid: the GID
 * @port: set to the port in whose table it is
 *
 * Context: may not sleep. Return: the device, or NULL if none has it, or it is going away.
 */
struct ib_device *cxio_device_join_gid(struct cxio_device_user *u, const struct net *net,
				       const union ib_gid *gid, u32 *port)
{
	struct ib_device *ibdev = NULL;
	struct cxio_device *d;

	spin_lock_bh(&devices_lock);
	list_for_each_entry(d, &devices, link) {
		if (d->removing || !rdma_dev_access_netns(d->ibdev, net))
			continue;
		*port = find_port(d->ibdev, net, gid);
		if (*port) {
			ibdev = d->ibdev;
			join(d, u);
			break;
		}
	}
	spin_unlock_bh(&devices_lock);
	return ibdev;
}
EXPORT_SYMBOL_NS_GPL(cxio_device_join_gid, CEPH_XIO);

/**
 * cxio_device_leave() - somebody has nothing on its device any more
 * @u: who; it may never have joined
 *
 * Context: any but hard interrupts.
 */
void cxio_device_leave(struct cxio_device_user *u)
{
	if (!u->device)
		return;
	spin_lock_bh(&devices_lock);
	list_del_init(&u->link);
	/* Under the lock: once it is released, the device may be freed. */
	wake_up(&u->device->idle);
	spin_unlock_bh(&devices_lock);
	u->device = NULL;
}
EXPORT_SYMBOL_NS_GPL(cxio_device_leave, CEPH_XIO);

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
		list_for_each(pos, &d->users)
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
	struct cxio_device_user *u;

	list_for_each_entry(u, &d->users, link) {
		x = cxio_xio_of_user(u);
		if (!x || x->messenger != c->messenger || READ_ONCE(x->connection) != c->id)
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
