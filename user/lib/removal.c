// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Devices that go away.
 *
 * A device whose driver cannot take it from under its users waits until they have
 * closed it, and only after that does the connection manager say DEVICE_REMOVAL: too
 * late. What comes in time is the kernel's own message that the device's node is
 * removed. It is listened for here.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "verbs.h"

/* The group that the kernel itself speaks to; udev has another. */
#define KERNEL_GROUP	1u

/* "remove@/devices/virtual/infiniband_verbs/uverbs0", and more behind its zero. */
static void message_came(struct cxio_source *s)
{
	struct cxio_removals *r = cxio_entry(s, struct cxio_removals, source);
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
	if (!node || strncmp(text, remove, sizeof(remove) - 1) != 0 ||
	    strncmp(node + 1, "uverbs", 6) != 0)
		return;
	cxio_context_removed(node + 1);
	r->removed(r, node + 1);
}

/**
 * cxio_removals_watch() - begin to listen
 * @r: filled
 * @p: where @removed is called
 * @removed: told the name of a node that is removed; contexts nobody uses are closed by then
 *
 * Context: @p does not run yet. Where it is not allowed to listen, nothing is told.
 */
void cxio_removals_watch(struct cxio_removals *r, struct cxio_portal *p,
			 void (*removed)(struct cxio_removals *r, const char *node))
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };

	r->removed = removed;
	r->source.ready = message_came;
	r->source.fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			      NETLINK_KOBJECT_UEVENT);
	if (r->source.fd < 0)
		return;
	if (bind(r->source.fd, (struct sockaddr *)&at, sizeof(at)) ||
	    cxio_portal_watch(p, &r->source)) {
		close(r->source.fd);
		r->source.fd = -1;
	}
}

/**
 * cxio_removals_unwatch() - that is over
 * @r: as it was filled
 * @p: likewise; it does not run any more
 */
void cxio_removals_unwatch(struct cxio_removals *r, struct cxio_portal *p)
{
	if (r->source.fd < 0)
		return;
	cxio_portal_unwatch(p, &r->source);
	close(r->source.fd);
	r->source.fd = -1;
}
