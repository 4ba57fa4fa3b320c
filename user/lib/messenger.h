/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A messenger: its portals, dispatchers, memory, policies, and the registry of its
 * connections.
 *
 * Owners: the application's reference, and one each for connections, memories and what
 * else outlives cxio_messenger_destroy(): its memory goes with the last one.
 *
 * Start: dispatch threads, portals. End: no listeners and no new connections (@stopping),
 * every connection ended by its portal, every portal out of its loop once @live is zero,
 * dispatch threads last: all that was to be told has been told.
 *
 * Locks: @registry_lock guards the registry and @stopping. Under it connections are
 * looked up, referenced, made and taken out; nothing is called but that. No lock but
 * leaves is taken under it.
 */
#ifndef CXIO_MESSENGER_H
#define CXIO_MESSENGER_H

#include "addr.h"
#include "auth.h"
#include "cephxio.h"
#include "crypto.h"
#include "dispatch.h"
#include "handshake.h"
#include "hello.h"
#include "memory.h"
#include "portal.h"
#include "throttle.h"

#define CXIO_PEER_KINDS	6u
#define CXIO_PORTALS_MAX 64u

/**
 * struct cxio_kind - what is owed to a type of peers
 * @set: a policy was set; else the one of CXIO_PEER_ANY, and at last the default
 * @policy: which
 * @throttle: what their messages may hold
 * @throttled: there is a bound
 */
struct cxio_kind {
	bool set;
	enum cxio_peer_policy policy;
	struct cxio_throttle throttle;
	bool throttled;
};

struct cxio_transport;

/**
 * struct cxio_messenger - a messenger
 * @refs: references
 * @live: connections and carriers that exist: portals go when none does
 * @own_num: any; which one of our type we are: as asked for, or as a monitor of Ceph's says
 * @options: as asked for
 * @transport: what carries messages
 * @transport_data: what it keeps here
 * @dispatch: dispatchers
 * @store: memory that devices may reach
 * @kind: by kind_of() a peer type
 * @limits: what connections offer
 * @secret: what peers must know as we do, if anything
 * @credential: what it is called, and whether messages are signed
 * @portal: workers
 * @portals: how many
 * @started: portals run, or have
 * @registry_lock: see above
 * @registry: lock; connections that are not over
 * @accepted: lock; those that peers began
 * @stopping: lock; no new ones
 * @nonce: tells us apart from who had our address before; lock
 * @own: lock; addresses listened on, with ports
 * @own_count: lock; how many
 * @global_lock: guards @global, a leaf
 * @global: count of attempts to connect
 * @loopback: lock; the connection to oneself, or NULL
 */
struct cxio_messenger {
	atomic_uint refs;
	atomic_uint live;
	_Atomic u64 own_num;
	struct cxio_messenger_options options;
	const struct cxio_transport *transport;
	void *transport_data;
	struct cxio_dispatch dispatch;
	struct cxio_store store;
	struct cxio_kind kind[CXIO_PEER_KINDS];
	struct cxio_limits limits;
	struct cxio_secret secret;
	struct cxio_credential credential;
	struct cxio_portal *portal;
	unsigned int portals;
	bool started;
	pthread_mutex_t registry_lock;
	struct cxio_link registry;
	unsigned int accepted;
	bool stopping;
	u32 nonce;
	struct sockaddr_storage own[8];
	unsigned int own_count;
	pthread_mutex_t global_lock;
	struct cxio_global global;
	struct cxio_connection *loopback;
};

struct cxio_messenger *cxio_messenger_get(struct cxio_messenger *m);
void cxio_messenger_put(struct cxio_messenger *m);
void cxio_messenger_born(struct cxio_messenger *m);
void cxio_messenger_died(struct cxio_messenger *m);
bool cxio_messenger_is_stopping(struct cxio_messenger *m);
const struct cxio_kind *cxio_messenger_kind(const struct cxio_messenger *m, u32 peer_type);
struct cxio_policy cxio_messenger_policy(const struct cxio_messenger *m, u32 peer_type,
					 bool active);
struct cxio_throttle *cxio_messenger_throttle(struct cxio_messenger *m, u32 peer_type);
struct cxio_portal *cxio_messenger_choose_portal(struct cxio_messenger *m);
u64 cxio_random(void);

#endif /* CXIO_MESSENGER_H */
