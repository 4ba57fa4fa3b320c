// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Messengers: options, policies, addresses, start and end, and the registry.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "address.h"
#include "slots.h"
#include "transport.h"

/*
 * Receive buffers of a connection by default: with what is sent, as many as 256 KiB a
 * connection allow. (A frame that has room for 4 KiB of data and what stands around them
 * was slower than two: it is two packets, too.)
 */
#define RECV_DEPTH	48u
/* Ports tried for one that none of the former was, when binding anew. */
#define REBIND_TRIES	16

static const struct cxio_transport *const transports[] = {
	&cxio_transport_xio, &cxio_transport_simple,
};

/**
 * cxio_random() - chance
 *
 * Return: any number but 0.
 */
u64 cxio_random(void)
{
	u64 r = 0;

	while (!r)
		if (getrandom(&r, sizeof(r), 0) != (ssize_t)sizeof(r))
			r = 0;
	return r;
}

/* --- options --- */

static void default_options(struct cxio_messenger_options *o)
{
	struct cxio_limits l;

	cxio_limits_default(&l);
	*o = (struct cxio_messenger_options){
		.size = sizeof(*o), .transport = "xio", .own_type = CXIO_PEER_CLIENT,
		.portals = 1, .dispatch_threads = 1, .data_crc = true,
		.recv_depth = RECV_DEPTH, .frame_size = l.recv_size,
		.window_msgs = l.window_msgs, .window_bytes = l.window_bytes,
		.read_depth = l.read_depth, .max_connections = CXIO_MAX_ACCEPTED,
		.session_timeout_s = 900,
		.keepalive_ms = CXIO_KEEPALIVE_MS,
		.keepalive_expiry_ms = CXIO_KEEPALIVE_EXPIRY_MS,
		.buffer_size = CXIO_SLOT_SIZE, .buffers = CXIO_RECV_SLOTS,
	};
}

CXIO_EXPORT void cxio_messenger_options_init_sized(struct cxio_messenger_options *o, size_t size)
{
	struct cxio_messenger_options all;

	default_options(&all);
	all.size = size;
	memset(o, 0, size);
	memcpy(o, &all, size < sizeof(all) ? size : sizeof(all));
}

static bool within(unsigned int value, unsigned int min, unsigned int max)
{
	return value >= min && value <= max;
}

static bool options_are_good(const struct cxio_messenger_options *o)
{
	return o->transport && within(o->portals, 1, CXIO_PORTALS_MAX) &&
	       o->dispatch_threads <= 64 && o->busy_poll_us <= 1000000 &&
	       within(o->recv_depth, CXIO_RECV_DEPTH_MIN, 4096) &&
	       within(o->frame_size, CXIO_RECV_SIZE_MIN, 65536) &&
	       within(o->window_msgs, CXIO_WINDOW_MSGS_MIN, 65536) &&
	       within(o->window_bytes, 65536, CXIO_WINDOW_BYTES_MAX) &&
	       within(o->read_depth, 1, 16) && o->max_connections &&
	       (unsigned int)o->memory_windows <= CXIO_WINDOWS_ON &&
	       (unsigned int)o->signing <= CXIO_SIGNING_ON &&
	       (unsigned int)o->carrier <= CXIO_CARRIER_RDMA_CM && o->gid_index <= 255 &&
	       cxio_slot_size_good(o->buffer_size) &&
	       within(o->buffers, CXIO_RECV_SLOTS_MIN, CXIO_SLOTS_MAX) &&
	       (!o->shared_receive_depth || within(o->shared_receive_depth, o->recv_depth, 65536));
}

static int take_secret(struct cxio_messenger *m)
{
	static_assert((u32)CXIO_SIGNING_AUTO == CXIO_AUTH_SIGN_AUTO &&
		      (u32)CXIO_SIGNING_OFF == CXIO_AUTH_SIGN_OFF &&
		      (u32)CXIO_SIGNING_ON == CXIO_AUTH_SIGN_ON, "enum cxio_signing");
	struct cxio_messenger_options *o = &m->options;
	size_t len = o->secret_name ? strlen(o->secret_name) : 0;

	if (!o->secret_name)
		return o->secret || (o->signing == CXIO_SIGNING_ON && !o->ceph_name) ?
			-EINVAL : 0;
	if (!o->secret || !cxio_credential_init(&m->credential, o->secret_name, len,
						o->secret_len, (u32)o->signing))
		return -EINVAL;
	if (!cxio_secret_init(&m->secret, o->secret, o->secret_len))
		return -ENOMEM;
	/* They are the caller's. */
	o->secret_name = NULL;
	o->secret = NULL;
	return 0;
}

static int take_options(struct cxio_messenger *m, const struct cxio_messenger_options *o)
{
	struct cxio_messenger_options *own = &m->options;

	default_options(own);
	if (o)
		memcpy(own, o, o->size < sizeof(*own) ? o->size : sizeof(*own));
	own->size = sizeof(*own);
	if (!options_are_good(own))
		return -EINVAL;
	cxio_limits_default(&m->limits);
	m->limits.recv_depth = (u16)own->recv_depth;
	m->limits.recv_size = own->frame_size;
	m->limits.send_size = own->frame_size;
	m->limits.window_msgs = own->window_msgs;
	m->limits.window_bytes = own->window_bytes;
	m->limits.read_depth = (u8)own->read_depth;
	m->limits.supported = CXIO_FEATURE_SESSION | CXIO_FEATURE_RENDEZVOUS |
			      CXIO_FEATURE_REPLY_SINK |
			      (own->data_crc ? 0 : CXIO_FEATURE_NO_DATA_CRC);
	atomic_init(&m->own_num, own->own_num);
	m->nonce = own->nonce ? own->nonce : (u32)(cxio_random() | 1);
	return take_secret(m);
}

static const struct cxio_transport *find_transport(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(transports); i++)
		if (!strcmp(transports[i]->name, name))
			return transports[i];
	return NULL;
}

/* --- policies --- */

static struct cxio_kind *kind_of(const struct cxio_messenger *m, u32 peer_type)
{
	static const enum cxio_peer_type types[CXIO_PEER_KINDS] = {
		CXIO_PEER_ANY, CXIO_PEER_MON, CXIO_PEER_MDS, CXIO_PEER_OSD, CXIO_PEER_CLIENT,
		CXIO_PEER_MGR,
	};
	u32 i;

	for (i = 0; i < CXIO_PEER_KINDS; i++)
		if (types[i] == peer_type)
			return (struct cxio_kind *)&m->kind[i];
	return NULL;
}

/**
 * cxio_messenger_policy() - what is owed to a peer
 * @m: the messenger
 * @peer_type: what it is; any number
 * @active: we connect
 *
 * Context: any thread, once started. Return: the policy.
 */
struct cxio_policy cxio_messenger_policy(const struct cxio_messenger *m, u32 peer_type,
					 bool active)
{
	const struct cxio_kind *k = kind_of(m, peer_type);

	if (!k || !k->set)
		k = &m->kind[0];
	if (!k->set)
		return cxio_policy(active ? CXIO_LOSSY_CLIENT : CXIO_STATELESS_SERVER);
	return cxio_policy((enum cxio_policy_kind)k->policy);
}

/**
 * cxio_messenger_throttle() - what the messages of a peer may hold
 * @m: the messenger
 * @peer_type: what it is; any number
 *
 * Context: any thread, once started. Return: the bound, or NULL.
 */
struct cxio_throttle *cxio_messenger_throttle(struct cxio_messenger *m, u32 peer_type)
{
	struct cxio_kind *k = kind_of(m, peer_type);

	if (!k || !k->throttled)
		k = &m->kind[0];
	return k->throttled ? &k->throttle : NULL;
}

CXIO_EXPORT int cxio_messenger_set_policy(struct cxio_messenger *m, enum cxio_peer_type type,
					  enum cxio_peer_policy policy)
{
	struct cxio_kind *k = kind_of(m, type);

	static_assert((int)CXIO_POLICY_LOSSLESS_PEER_REUSE == (int)CXIO_LOSSLESS_PEER_REUSE &&
		      (int)CXIO_POLICY_LOSSY_CLIENT == (int)CXIO_LOSSY_CLIENT,
		      "the same policies in the same order");
	if (!k || (unsigned int)policy >= CXIO_POLICY_KINDS)
		return -EINVAL;
	if (m->started)
		return -EBUSY;
	k->set = true;
	k->policy = policy;
	return 0;
}

CXIO_EXPORT int cxio_messenger_set_throttle(struct cxio_messenger *m, enum cxio_peer_type type,
					    uint64_t msgs, uint64_t bytes)
{
	struct cxio_kind *k = kind_of(m, type);

	if (!k)
		return -EINVAL;
	if (m->started)
		return -EBUSY;
	k->throttled = msgs || bytes;
	k->throttle.max_msgs = msgs;
	k->throttle.max_bytes = bytes;
	return 0;
}

CXIO_EXPORT int cxio_messenger_add_dispatcher_head(struct cxio_messenger *m,
						   const struct cxio_dispatcher *d)
{
	return m->started ? -EBUSY : cxio_dispatch_add(&m->dispatch, d, true);
}

CXIO_EXPORT int cxio_messenger_add_dispatcher_tail(struct cxio_messenger *m,
						   const struct cxio_dispatcher *d)
{
	return m->started ? -EBUSY : cxio_dispatch_add(&m->dispatch, d, false);
}

/* --- beginning and end --- */

static int make_portals(struct cxio_messenger *m)
{
	unsigned int i;
	int err;

	m->portal = calloc(m->options.portals, sizeof(*m->portal));
	if (!m->portal)
		return -ENOMEM;
	for (i = 0; i < m->options.portals; i++) {
		err = cxio_portal_init(&m->portal[i], m, i);
		if (err)
			return err;
		m->portals++;
	}
	return 0;
}

static void init_parts(struct cxio_messenger *m)
{
	u32 i;

	atomic_init(&m->refs, 1);
	atomic_init(&m->live, 0);
	pthread_mutex_init(&m->registry_lock, NULL);
	pthread_mutex_init(&m->global_lock, NULL);
	cxio_list_init(&m->registry);
	cxio_dispatch_init(&m->dispatch);
	cxio_store_init(&m->store);
	for (i = 0; i < CXIO_PEER_KINDS; i++)
		cxio_throttle_init(&m->kind[i].throttle);
}

CXIO_EXPORT struct cxio_messenger *
cxio_messenger_create(const struct cxio_messenger_options *options)
{
	struct cxio_messenger *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return NULL;
	init_parts(m);
	err = take_options(m, options);
	if (!err)
		err = make_portals(m);
	if (!err) {
		m->transport = find_transport(m->options.transport);
		err = m->transport ? m->transport->open(m) : -EINVAL;
	}
	/* They are the caller's. */
	m->options.ceph_name = NULL;
	m->options.ceph_key = NULL;
	if (!err)
		return m;
	cxio_messenger_put(m);
	errno = -err;
	return NULL;
}

struct cxio_messenger *cxio_messenger_get(struct cxio_messenger *m)
{
	atomic_fetch_add(&m->refs, 1);
	return m;
}

void cxio_messenger_put(struct cxio_messenger *m)
{
	u32 i;

	if (atomic_fetch_sub(&m->refs, 1) != 1)
		return;
	cxio_store_fini(&m->store, m);
	for (i = 0; i < m->portals; i++)
		cxio_portal_fini(&m->portal[i]);
	for (i = 0; i < CXIO_PEER_KINDS; i++)
		cxio_throttle_fini(&m->kind[i].throttle);
	cxio_dispatch_fini(&m->dispatch);
	pthread_mutex_destroy(&m->registry_lock);
	pthread_mutex_destroy(&m->global_lock);
	cxio_secret_fini(&m->secret);
	free(m->portal);
	free(m);
}

/**
 * cxio_messenger_born() - something lives that portals must wait for
 * @m: the messenger
 */
void cxio_messenger_born(struct cxio_messenger *m)
{
	atomic_fetch_add(&m->live, 1);
}

/**
 * cxio_messenger_died() - it does not any more
 * @m: the messenger
 */
void cxio_messenger_died(struct cxio_messenger *m)
{
	unsigned int i;

	if (atomic_fetch_sub(&m->live, 1) != 1)
		return;
	for (i = 0; i < m->portals; i++)
		if (atomic_load(&m->portal[i].stopping))
			cxio_portal_wake(&m->portal[i]);
}

/**
 * cxio_messenger_is_stopping() - are its portals ending?
 * @m: the messenger
 *
 * Who has made something that lives asks after cxio_messenger_born(): what was born before
 * this said no is waited for by every portal; the others may have ended without it.
 *
 * Context: any thread. Return: true if so.
 */
bool cxio_messenger_is_stopping(struct cxio_messenger *m)
{
	bool yes;

	pthread_mutex_lock(&m->registry_lock);
	yes = m->stopping;
	pthread_mutex_unlock(&m->registry_lock);
	return yes;
}

CXIO_EXPORT int cxio_messenger_start(struct cxio_messenger *m)
{
	unsigned int i;
	int err;

	pthread_mutex_lock(&m->registry_lock);
	err = m->started || m->stopping ? -EBUSY : 0;
	pthread_mutex_unlock(&m->registry_lock);
	if (err)
		return err;
	err = cxio_dispatch_start(&m->dispatch, m->options.dispatch_threads);
	for (i = 0; i < m->portals && !err; i++)
		err = cxio_portal_start(&m->portal[i]);
	pthread_mutex_lock(&m->registry_lock);
	m->started = !err;
	m->stopping = m->stopping || err;
	pthread_mutex_unlock(&m->registry_lock);
	return err;
}

CXIO_EXPORT void cxio_messenger_shutdown(struct cxio_messenger *m)
{
	unsigned int i;

	pthread_mutex_lock(&m->registry_lock);
	m->stopping = true;
	pthread_mutex_unlock(&m->registry_lock);
	for (i = 0; i < m->portals; i++)
		cxio_portal_stop(&m->portal[i]);
}

CXIO_EXPORT void cxio_messenger_wait(struct cxio_messenger *m)
{
	unsigned int i;

	for (i = 0; i < m->portals; i++)
		cxio_portal_join(&m->portal[i]);
}

CXIO_EXPORT void cxio_messenger_destroy(struct cxio_messenger *m)
{
	if (!m)
		return;
	cxio_messenger_shutdown(m);
	cxio_messenger_wait(m);
	m->transport->unlisten(m);
	cxio_dispatch_stop(&m->dispatch);
	m->transport->close(m);
	cxio_messenger_put(m);
}

/* --- addresses --- */

static bool is_whole(const struct sockaddr *addr, socklen_t len)
{
	if (len < sizeof(sa_family_t) || len > sizeof(struct sockaddr_storage))
		return false;
	if (addr->sa_family == AF_INET)
		return len >= sizeof(struct sockaddr_in);
	return addr->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6);
}

CXIO_EXPORT int cxio_messenger_bind(struct cxio_messenger *m, const struct sockaddr *addr,
				    socklen_t len)
{
	struct sockaddr_storage own = { 0 };
	bool room;
	int err;

	if (!is_whole(addr, len))
		return -EINVAL;
	pthread_mutex_lock(&m->registry_lock);
	room = !m->stopping && m->own_count < ARRAY_SIZE(m->own);
	err = m->stopping ? -ESHUTDOWN : -ENOSPC;
	pthread_mutex_unlock(&m->registry_lock);
	if (!room)
		return err;
	memcpy(&own, addr, len);
	err = m->transport->listen(m, &own, len);
	if (err)
		return err;
	pthread_mutex_lock(&m->registry_lock);
	if (m->own_count < ARRAY_SIZE(m->own))
		m->own[m->own_count++] = own;
	pthread_mutex_unlock(&m->registry_lock);
	return 0;
}

CXIO_EXPORT int cxio_messenger_address(struct cxio_messenger *m, unsigned int index,
				       struct sockaddr_storage *addr)
{
	int err = -ENOENT;

	pthread_mutex_lock(&m->registry_lock);
	if (index < m->own_count) {
		*addr = m->own[index];
		err = 0;
	}
	pthread_mutex_unlock(&m->registry_lock);
	return err;
}

CXIO_EXPORT uint16_t cxio_messenger_port(struct cxio_messenger *m)
{
	struct sockaddr_storage own;

	if (cxio_messenger_address(m, 0, &own))
		return 0;
	return cxio_address_port((const struct sockaddr *)&own);
}

/* One address anew, at a port that none of the former had. */
static int bind_elsewhere(struct cxio_messenger *m, const struct sockaddr_storage *former,
			  unsigned int count, unsigned int which)
{
	struct sockaddr_storage at = former[which];
	unsigned int tries, i;
	u16 port;
	int err;

	for (tries = 0; tries < REBIND_TRIES; tries++) {
		cxio_address_set_port((struct sockaddr *)&at, 0);
		err = m->transport->listen(m, &at, sizeof(at));
		if (err)
			return err;
		port = cxio_address_port((struct sockaddr *)&at);
		for (i = 0; i < count; i++)
			if (cxio_address_port((const struct sockaddr *)&former[i]) == port)
				break;
		/* Those it got and did not want go when it binds anew, or ends. */
		if (i == count)
			break;
	}
	pthread_mutex_lock(&m->registry_lock);
	if (m->own_count < ARRAY_SIZE(m->own))
		m->own[m->own_count++] = at;
	pthread_mutex_unlock(&m->registry_lock);
	return tries < REBIND_TRIES ? 0 : -EADDRINUSE;
}

CXIO_EXPORT int cxio_messenger_rebind(struct cxio_messenger *m)
{
	struct sockaddr_storage former[ARRAY_SIZE(m->own)];
	unsigned int count, i;
	int err = 0;

	m->transport->unlisten(m);
	pthread_mutex_lock(&m->registry_lock);
	if (m->stopping)
		err = -ESHUTDOWN;
	count = m->own_count;
	memcpy(former, m->own, sizeof(former));
	m->own_count = 0;
	m->nonce = (u32)(cxio_random() | 1);
	pthread_mutex_unlock(&m->registry_lock);
	cxio_messenger_mark_down_all(m);
	for (i = 0; i < count && !err; i++)
		err = bind_elsewhere(m, former, count, i);
	if (!err)
		return 0;
	m->transport->unlisten(m);
	pthread_mutex_lock(&m->registry_lock);
	m->own_count = 0;
	pthread_mutex_unlock(&m->registry_lock);
	return err;
}

/* --- the registry --- */

/**
 * cxio_messenger_choose_portal() - where the next connection is to live
 * @m: the messenger
 *
 * Context: any thread. Return: the portal with the fewest.
 */
struct cxio_portal *cxio_messenger_choose_portal(struct cxio_messenger *m)
{
	struct cxio_portal *best = &m->portal[0];
	unsigned int i;

	for (i = 1; i < m->portals; i++)
		if (atomic_load(&m->portal[i].load) < atomic_load(&best->load))
			best = &m->portal[i];
	return best;
}

/* @local: it is an address of this machine. */
static bool is_own(const struct cxio_messenger *m, const struct sockaddr *addr, bool local)
{
	unsigned int i;

	for (i = 0; i < m->own_count; i++) {
		const struct sockaddr *own = (const struct sockaddr *)&m->own[i];

		if (cxio_address_same(own, addr) ||
		    (local && own->sa_family == addr->sa_family && cxio_address_is_any(own) &&
		     cxio_address_port(own) == cxio_address_port(addr)))
			return true;
	}
	return false;
}

static struct cxio_connection *find(const struct cxio_messenger *m, const struct cxio_addr *peer)
{
	struct cxio_link *l;

	for (l = m->registry.next; l != &m->registry; l = l->next) {
		struct cxio_connection *c = cxio_entry(l, struct cxio_connection, registry);
		struct cxio_addr known = c->peer;

		known.nonce = 0;
		if (c->shared && !atomic_load(&c->ended) && cxio_address_meets(&known, peer))
			return c;
	}
	return NULL;
}

/* Return: a reference, or NULL. */
static struct cxio_connection *find_connection(struct cxio_messenger *m,
					       const struct cxio_addr *peer)
{
	struct cxio_connection *c;

	pthread_mutex_lock(&m->registry_lock);
	c = m->stopping ? NULL : find(m, peer);
	if (c)
		cxio_connection_get(c);
	pthread_mutex_unlock(&m->registry_lock);
	return c;
}

static struct cxio_connection *make_loopback(struct cxio_messenger *m)
{
	struct cxio_connection *c = m->loopback;

	/* One that was marked down is as good as gone. */
	if (!c || atomic_load(&c->ended)) {
		c = cxio_connection_new(m, &m->portal[0], true, m->options.own_type);
		if (!c)
			return NULL;
		c->loopback = true;
		atomic_store(&c->open, true);
		if (m->own_count)
			c->target = m->own[0];
		m->loopback = c;
	}
	return cxio_connection_get(c);
}

static struct cxio_connection *make_active(struct cxio_messenger *m, const struct sockaddr *addr,
					   socklen_t len, u32 type, bool shared)
{
	struct cxio_connection *c;

	c = cxio_connection_new(m, cxio_messenger_choose_portal(m), true, type);
	if (!c)
		return NULL;
	cxio_address_from(&c->peer, addr);
	memcpy(&c->target, addr, len);
	c->shared = shared;
	c->own_nonce = shared ? m->nonce : (u32)(cxio_random() | 1);
	return cxio_connection_get(c);
}

static struct cxio_connection *get_connection(struct cxio_messenger *m,
					      const struct sockaddr *addr, socklen_t len,
					      enum cxio_peer_type type, bool shared)
{
	struct cxio_connection *c = NULL;
	struct cxio_addr peer;
	int err = ENOMEM;
	bool local;

	if (!is_whole(addr, len) || !cxio_address_from(&peer, addr)) {
		errno = EINVAL;
		return NULL;
	}
	c = shared ? find_connection(m, &peer) : NULL;
	if (c)
		return c;
	local = cxio_address_is_local(addr);
	pthread_mutex_lock(&m->registry_lock);
	if (m->stopping || !m->started) {
		err = ESHUTDOWN;
	} else if (is_own(m, addr, local)) {
		c = make_loopback(m);
	} else {
		c = shared ? find(m, &peer) : NULL;
		c = c ? cxio_connection_get(c) : make_active(m, addr, len, type, shared);
	}
	pthread_mutex_unlock(&m->registry_lock);
	if (c)
		cxio_connection_kick(c);
	else
		errno = err;
	return c;
}

CXIO_EXPORT struct cxio_connection *cxio_messenger_get_connection(struct cxio_messenger *m,
								  const struct sockaddr *addr,
								  socklen_t len,
								  enum cxio_peer_type type)
{
	return get_connection(m, addr, len, type, true);
}

CXIO_EXPORT struct cxio_connection *cxio_messenger_connect(struct cxio_messenger *m,
							   const struct sockaddr *addr,
							   socklen_t len, enum cxio_peer_type type)
{
	return get_connection(m, addr, len, type, false);
}

CXIO_EXPORT struct cxio_connection *cxio_messenger_loopback(struct cxio_messenger *m)
{
	struct cxio_connection *c = NULL;
	int err = ESHUTDOWN;

	pthread_mutex_lock(&m->registry_lock);
	if (!m->stopping && m->started) {
		c = make_loopback(m);
		err = ENOMEM;
	}
	pthread_mutex_unlock(&m->registry_lock);
	if (c)
		cxio_connection_kick(c);
	else
		errno = err;
	return c;
}

CXIO_EXPORT void cxio_messenger_mark_down_all(struct cxio_messenger *m)
{
	struct cxio_link *l;

	pthread_mutex_lock(&m->registry_lock);
	for (l = m->registry.next; l != &m->registry; l = l->next)
		cxio_connection_mark_down(cxio_entry(l, struct cxio_connection, registry));
	pthread_mutex_unlock(&m->registry_lock);
}

CXIO_EXPORT const char *cxio_version(void)
{
	return "0.1.0";
}
