// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The application's upper edge: calls into the dispatcher, in the portal thread.
 */
#include "internal.h"

void cxio_dispatch_opened(struct cxio_connection *c)
{
	const struct cxio_dispatcher *d = &c->messenger->dispatcher;

	if (d->opened)
		d->opened(d->arg, c, !c->life.active);
}

void cxio_dispatch_message(struct cxio_connection *c, struct cxio_message *m)
{
	const struct cxio_dispatcher *d = &c->messenger->dispatcher;

	if (d->dispatch)
		d->dispatch(d->arg, c, m);
	else
		cxio_message_put(m);
}

void cxio_dispatch_closed(struct cxio_connection *c)
{
	const struct cxio_dispatcher *d = &c->messenger->dispatcher;
	struct cxio_end end = {
		.fault = c->life.fault, .by_peer = c->life.by_peer, .was_open = c->life.was_open,
		.text = c->end_text,
	};

	if (d->closed)
		d->closed(d->arg, c, &end);
}

void cxio_dispatch_refused(struct cxio_messenger *m, const struct sockaddr *peer, u32 fault)
{
	const struct cxio_dispatcher *d = &m->dispatcher;

	if (d->refused)
		d->refused(d->arg, peer, cxio_fault_text(fault));
}
