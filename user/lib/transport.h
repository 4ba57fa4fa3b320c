/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a messenger asks of a transport. A carrier is the transport's own struct; who
 * asks knows only its address.
 *
 * All but open, close, listen and unlisten are called in the portal of the connection.
 */
#ifndef CXIO_TRANSPORT_H
#define CXIO_TRANSPORT_H

#include <stdio.h>

#include "connection.h"

/**
 * struct cxio_transport - the calls
 * @name: as in the options
 * @cookies: its handshake names states of a session
 * @open: a messenger begins: portals are made and not started
 * @close: it ends: all portals have
 * @listen: begin to listen, and fill in the port
 * @unlisten: stop, at all addresses
 * @portal_ending: the messenger stops: end what has no connection
 * @attempt: connect a connection; sets its @attempt, or ends it
 * @pump: there is something to send, or to be done
 * @close_carrier: an orderly end: what is queued goes first
 * @fail: an end for a reason of ours: the peer is told, if that can be done at once
 * @drop: the carrier, or attempt, does not carry the connection any more
 * @keepalive: ask the peer
 * @consumed: window that goes back to the peer
 * @end_sink: a hook was taken out whose sink is exposed: once nobody can write there
 *	any more, cxio_dispatch_reply() with it
 * @poll: look for work without sleeping; returns if there was any
 * @describe: write a line for each carrier of a portal: what it may be waiting for
 * @unmap: end a map; called with the store's maps_lock held
 */
struct cxio_transport {
	const char *name;
	bool cookies;
	int (*open)(struct cxio_messenger *m);
	void (*close)(struct cxio_messenger *m);
	int (*listen)(struct cxio_messenger *m, struct sockaddr_storage *addr, socklen_t len);
	void (*unlisten)(struct cxio_messenger *m);
	void (*portal_ending)(struct cxio_portal *p);
	void (*attempt)(struct cxio_connection *c);
	void (*pump)(void *carrier);
	void (*close_carrier)(void *carrier);
	void (*fail)(void *carrier, u32 fault);
	void (*drop)(void *carrier);
	void (*keepalive)(void *carrier);
	void (*consumed)(void *carrier, u32 msgs, u64 bytes);
	void (*end_sink)(struct cxio_hook *h);
	bool (*poll)(struct cxio_portal *p);
	void (*describe)(struct cxio_portal *p, FILE *to);
	void (*unmap)(struct cxio_map *map);
};

extern const struct cxio_transport cxio_transport_xio;
extern const struct cxio_transport cxio_transport_simple;

#endif /* CXIO_TRANSPORT_H */
