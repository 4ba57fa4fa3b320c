// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Devices that go away: the first portal is told; others are told by a task.
 */
#include "xio.h"

static void end_carriers(struct cxio_task *t)
{
	struct xio_portal *p = cxio_entry(t, struct xio_portal, removed);
	struct cxio_link *l, *next;

	for (l = p->carriers.next; l != &p->carriers; l = next) {
		struct cxio_xio *x = cxio_entry(l, struct cxio_xio, link);

		next = l->next;
		if (x->device && xio_device_is_gone(x->device))
			xio_end(x, CXIO_FAULT_DEVICE, false, NULL);
	}
}

static void removed(struct cxio_removals *r, const char *node)
{
	struct xio_net *net = cxio_entry(r, struct xio_net, removals);
	struct cxio_messenger *m = net->messenger;
	unsigned int i;

	if (xio_device_removed(net, node))
		for (i = 0; i < m->portals; i++)
			cxio_portal_post(&m->portal[i],
					 &((struct xio_portal *)m->portal[i].transport)->removed);
	xio_listeners_lost(net, node);
}

/**
 * xio_watch_removals() - begin to listen
 * @net: whose devices
 *
 * Where that is not allowed, DEVICE_REMOVAL has to do.
 */
void xio_watch_removals(struct xio_net *net)
{
	struct cxio_messenger *m = net->messenger;
	unsigned int i;

	for (i = 0; i < m->portals; i++)
		cxio_task_init(&((struct xio_portal *)m->portal[i].transport)->removed,
			       end_carriers);
	cxio_removals_watch(&net->removals, &m->portal[0], removed);
}

/**
 * xio_unwatch_removals() - that is over
 * @net: whose devices; no portal runs
 */
void xio_unwatch_removals(struct xio_net *net)
{
	cxio_removals_unwatch(&net->removals, &net->messenger->portal[0]);
}
