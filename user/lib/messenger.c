// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Messengers: what an application creates, binds, starts and shuts down.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"
#include "xio/xio.h"

CXIO_EXPORT struct cxio_messenger *cxio_messenger_create(const struct cxio_dispatcher *dispatcher)
{
	struct cxio_messenger *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return NULL;
	atomic_init(&m->refs, 1);
	m->dispatcher = *dispatcher;
	cxio_list_init(&m->listeners);
	cxio_limits_default(&m->limits);
	err = cxio_portal_init(&m->portal, m);
	if (err)
		goto fail;
	err = xio_open(m);
	if (err) {
		cxio_portal_fini(&m->portal);
		goto fail;
	}
	return m;
fail:
	free(m);
	errno = -err;
	return NULL;
}

CXIO_EXPORT int cxio_messenger_bind(struct cxio_messenger *m, const struct sockaddr *addr,
				    socklen_t len)
{
	return xio_listen(m, addr, len);
}

CXIO_EXPORT uint16_t cxio_messenger_port(struct cxio_messenger *m)
{
	return xio_listen_port(m);
}

CXIO_EXPORT int cxio_messenger_start(struct cxio_messenger *m)
{
	return cxio_portal_start(&m->portal);
}

CXIO_EXPORT void cxio_messenger_shutdown(struct cxio_messenger *m)
{
	cxio_portal_stop(&m->portal);
}

CXIO_EXPORT void cxio_messenger_wait(struct cxio_messenger *m)
{
	cxio_portal_join(&m->portal);
}

CXIO_EXPORT void cxio_messenger_destroy(struct cxio_messenger *m)
{
	if (!m)
		return;
	cxio_portal_stop(&m->portal);
	cxio_portal_join(&m->portal);
	xio_close(m);
	cxio_messenger_put(m);
}

void cxio_messenger_put(struct cxio_messenger *m)
{
	if (atomic_fetch_sub(&m->refs, 1) != 1)
		return;
	cxio_portal_fini(&m->portal);
	free(m);
}

CXIO_EXPORT struct cxio_connection *cxio_messenger_connect(struct cxio_messenger *m,
							   const struct sockaddr *addr,
							   socklen_t len)
{
	struct cxio_connection *c = cxio_connection_new(m, true, addr, len);
	struct cxio_portal *p = &m->portal;
	bool stopping;

	if (!c)
		return NULL;
	pthread_mutex_lock(&p->lock);
	stopping = p->stopping || !p->running;
	if (!stopping)
		cxio_portal_kick_locked(p, c);
	pthread_mutex_unlock(&p->lock);
	if (stopping) {
		cxio_connection_put(c);
		errno = ESHUTDOWN;
		return NULL;
	}
	return c;
}

CXIO_EXPORT const char *cxio_version(void)
{
	return "0.1.0";
}

CXIO_EXPORT unsigned long cxio_live_objects(unsigned long *messages, unsigned long *connections,
					    unsigned long *regions)
{
	unsigned long m = atomic_load(&cxio_live_messages);
	unsigned long c = atomic_load(&cxio_live_connections);
	unsigned long r = atomic_load(&cxio_live_regions);

	if (messages)
		*messages = m;
	if (connections)
		*connections = c;
	if (regions)
		*regions = r;
	return m + c + r;
}
