// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Devices that go away.
 *
 * A device whose driver cannot take it from under its users waits until they have
 * closed it, and only after that does the connection manager say DEVICE_REMOVAL: too
 * late. What comes in time is the kernel's own message that the device's node is
 * removed. It is listened for here, by the first portal; others are told by a task.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xio.h"

/* The group that the kernel itself speaks to; udev has another. */
#define KERNEL_GROUP	1u

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

static void removed(struct xio_net *net, const char *node)
{
	struct cxio_messenger *m = net->messenger;
	unsigned int i;

	xio_context_removed(node);
	if (xio_device_removed(net, node))
		for (i = 0; i < m->portals; i++)
			cxio_portal_post(&m->portal[i],
					 &((struct xio_portal *)m->portal[i].transport)->removed);
	xio_listeners_lost(net, node);
}

/* "remove@/devices/virtual/infiniband_verbs/uverbs0", and more behind its zero. */
static void message_came(struct cxio_source *s)
{
	struct xio_net *net = cxio_entry(s, struct xio_net, removals);
	struct sockaddr_nl from = { 0 };
	socklen_t from_len = sizeof(from);
	static const char remove[] = "remove@";
	char text[4096];
	const char *node;
	ssize_t n;

	n = recvfrom(s->fd, text, sizeof(text) - 1, 0, (struct sockaddr *)&from, &from_len);
	if (n <= 0 || from.nl_pid)
		return;
	text[n] = '\0';
	node = strrchr(text, '/');
	if (node && !strncmp(text, remove, sizeof(remove) - 1) &&
	    !strncmp(node + 1, "uverbs", 6))
		removed(net, node + 1);
}

/**
 * xio_watch_removals() - begin to listen
 * @net: whose devices
 *
 * Where that is not allowed, DEVICE_REMOVAL has to do.
 */
void xio_watch_removals(struct xio_net *net)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };
	struct cxio_messenger *m = net->messenger;
	unsigned int i;

	for (i = 0; i < m->portals; i++)
		cxio_task_init(&((struct xio_portal *)m->portal[i].transport)->removed,
			       end_carriers);
	net->removals.ready = message_came;
	net->removals.fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				  NETLINK_KOBJECT_UEVENT);
	if (net->removals.fd < 0)
		return;
	if (bind(net->removals.fd, (struct sockaddr *)&at, sizeof(at)) ||
	    cxio_portal_watch(&m->portal[0], &net->removals)) {
		close(net->removals.fd);
		net->removals.fd = -1;
	}
}

/**
 * xio_unwatch_removals() - that is over
 * @net: whose devices; no portal runs
 */
void xio_unwatch_removals(struct xio_net *net)
{
	if (net->removals.fd < 0)
		return;
	cxio_portal_unwatch(&net->messenger->portal[0], &net->removals);
	close(net->removals.fd);
	net->removals.fd = -1;
}
