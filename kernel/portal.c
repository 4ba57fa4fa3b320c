// SPDX-License-Identifier: GPL-2.0-only
/*
 * The portal: where connections are served. Completions come through pool CQs in
 * softirq, everything else runs in one work item a connection on our workqueue.
 */
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/workqueue.h>

#include "ceph_xio.h"

static struct workqueue_struct *workqueue;
static atomic_t next_vector;

/**
 * cxio_portal_init() - make the workqueue
 *
 * Context: module init. Return: 0 or -ENOMEM.
 */
int cxio_portal_init(void)
{
	workqueue = alloc_workqueue("ceph_xio", WQ_MEM_RECLAIM, 0);
	return workqueue ? 0 : -ENOMEM;
}

/**
 * cxio_portal_exit() - wait for all work, end the workqueue
 *
 * Context: module exit; nothing queues work any more.
 */
void cxio_portal_exit(void)
{
	destroy_workqueue(workqueue);
}

/**
 * cxio_portal_run() - have other work of the module run
 * @work: the work; cxio_portal_exit() waits for it
 *
 * Context: any.
 */
void cxio_portal_run(struct work_struct *work)
{
	queue_work(workqueue, work);
}

/**
 * cxio_portal_kick() - have a connection's work run now
 * @work: the work
 *
 * Context: any. Return: true if it was pending already, be it for later.
 */
bool cxio_portal_kick(struct delayed_work *work)
{
	return mod_delayed_work(workqueue, work, 0);
}

/**
 * cxio_portal_delay() - have a connection's work run later, unless it is pending
 * @work: the work
 * @delay: jiffies
 *
 * Context: any. Return: true if it was pending already.
 */
bool cxio_portal_delay(struct delayed_work *work, unsigned long delay)
{
	return !queue_delayed_work(workqueue, work, delay);
}

/**
 * cxio_portal_cq_get() - a share of one of the device's pool CQs
 * @dev: the device
 * @entries: completions that may be outstanding
 *
 * Context: may sleep. Return: the CQ, to be given back with ib_cq_pool_put() and
 * the same number, or an error pointer. Its cq_context is NULL.
 */
struct ib_cq *cxio_portal_cq_get(struct ib_device *dev, unsigned int entries)
{
	int vector = (unsigned int)atomic_inc_return(&next_vector) % dev->num_comp_vectors;

	return ib_cq_pool_get(dev, entries, vector, IB_POLL_SOFTIRQ);
}
EXPORT_SYMBOL_NS_GPL(cxio_portal_cq_get, CEPH_XIO);
