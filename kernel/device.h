/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What queue pairs of this module and of those above it need of RDMA devices: to be told
 * when one goes away, and a share of a completion queue.
 *
 * A user joins a device before it makes anything on it, and leaves it when nothing of it
 * is left. A device that goes away tells its users, and waits until all have left (I8);
 * nobody can join it any more then. The user's memory stays until it has left.
 *
 * Exported to modules in the namespace CEPH_XIO.
 */
#ifndef CEPH_XIO_DEVICE_H
#define CEPH_XIO_DEVICE_H

#include <linux/list.h>
#include <rdma/ib_verbs.h>

struct cxio_device;

/**
 * struct cxio_device_user - who has a queue pair on a device, or is about to
 * @link: devices lock; among the device's users
 * @device: what was joined, or NULL
 * @removed: the device goes away: leave it soon. Called once at most, under the devices
 *	lock: may not sleep
 */
struct cxio_device_user {
	struct list_head link;
	struct cxio_device *device;
	void (*removed)(struct cxio_device_user *u);
};

int cxio_device_join(struct cxio_device_user *u, struct ib_device *ibdev);
struct ib_device *cxio_device_join_gid(struct cxio_device_user *u, const struct net *net,
				       const union ib_gid *gid, u32 *port);
bool cxio_device_gid_in(const struct ib_gid_attr *attr, const struct net *net);
void cxio_device_leave(struct cxio_device_user *u);

/* portal.c */
struct ib_cq *cxio_portal_cq_get(struct ib_device *dev, unsigned int entries);

#endif /* CEPH_XIO_DEVICE_H */
