// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A messenger that has a name, and mostly a key, of Ceph's: each connection to a monitor asks for tickets as
 * soon as it is open, and connections to daemons show them.
 *
 * Conversations are a dispatcher, the first of the chain: it hears of each connection to a
 * monitor, and takes MAuthReply. Tickets are renewed when somebody needs one that is in
 * the last quarter of its life: until then nobody has to know the time. One is held at a
 * time, whatever monitors there are connections to: the next begins when it has ended.
 *
 * Who owns what: the net has one struct simple_cephx; that has a struct mon for each
 * connection to a monitor that is open, which holds a reference until the connection is
 * over. Each stream has one struct proof.
 *
 * Locks: @lock, a leaf: nothing is sent or told under it.
 */
#include <errno.h>
#include <stdlib.h>

#include "cephx.h"
#include "simple.h"

#define SERVICES	(CXIO_PEER_MON | CXIO_PEER_MDS | CXIO_PEER_OSD | CXIO_PEER_MGR)

/**
 * struct simple_cephx - who we are, and with whom we talk about it
 * @must_sign: messages to daemons are signed, or there are none
 * @lock: guards the rest
 * @client: tickets
 * @mons: struct mon
 */
struct simple_cephx {
	bool must_sign;
	pthread_mutex_t lock;
	struct cephx_client client;
	struct cxio_link mons;
};

/**
 * struct mon - a connection to a monitor
 * @link: in the list
 * @connection: it
 * @talk: how far
 * @told: the application knows how it went
 */
struct mon {
	struct cxio_link link;
	struct cxio_connection *connection;
	struct cephx_talk talk;
	bool told;
};

/**
 * struct proof - a stream's
 * @cephx: whose
 * @service: the peer's type; 0: it connected to us
 * @authorizer: what is shown
 * @features: of the session
 */
struct proof {
	struct simple_cephx *cephx;
	u32 service;
	struct cephx_authorizer authorizer;
	u64 features;
};

/* --- conversations --- */

static bool is_mon(const struct cxio_connection *c)
{
	return c->active && c->peer_type == CXIO_PEER_MON && !c->loopback;
}

static struct mon *find_mon(struct simple_cephx *x, const struct cxio_connection *c)
{
	struct cxio_link *l;

	for (l = x->mons.next; l != &x->mons; l = l->next) {
		struct mon *mon = cxio_entry(l, struct mon, link);

		if (mon->connection == c)
			return mon;
	}
	return NULL;
}

/* Without memory the connection ends: nobody would wait for what is not asked for. */
static void say(struct cxio_connection *c, const void *front, u32 len)
{
	struct cxio_message *m = cxio_message_new(CEPHX_MSG_AUTH, 0, len, 0);
	size_t room;

	if (!m) {
		cxio_connection_mark_down(c);
		return;
	}
	memcpy(cxio_message_front(m, &room), front, len);
	cxio_message_set_version(m, 1, 1);
	cxio_connection_send(c, m);
}

static void mon_connected(void *arg, struct cxio_connection *c)
{
	struct simple_cephx *x = arg;
	u8 front[CEPHX_FRONT_MAX];
	struct mon *mon, *fresh;
	u32 len;

	if (!is_mon(c))
		return;
	fresh = calloc(1, sizeof(*fresh));
	if (!fresh) {
		cxio_connection_mark_down(c);
		return;
	}
	pthread_mutex_lock(&x->lock);
	mon = find_mon(x, c);
	if (!mon) {
		mon = fresh;
		fresh = NULL;
		mon->connection = cxio_connection_get(c);
		cxio_list_append(&x->mons, &mon->link);
	}
	mon->talk = (struct cephx_talk){ .want = SERVICES };
	mon->told = false;
	len = cephx_talk_begin(&mon->talk, &x->client, front, sizeof(front));
	pthread_mutex_unlock(&x->lock);
	free(fresh);
	if (len)
		say(c, front, len);
}

/* A conversation may have ended: who waits for that says hello. */
static void next_turn(struct simple_cephx *x)
{
	struct cxio_connection *c = NULL;
	u8 front[CEPHX_FRONT_MAX];
	struct cxio_link *l;
	u32 len = 0;

	pthread_mutex_lock(&x->lock);
	for (l = x->mons.next; l != &x->mons && !x->client.turn; l = l->next) {
		struct mon *mon = cxio_entry(l, struct mon, link);

		if (mon->talk.stage != CEPHX_STAGE_START)
			continue;
		c = cxio_connection_get(mon->connection);
		len = cephx_talk_begin(&mon->talk, &x->client, front, sizeof(front));
	}
	pthread_mutex_unlock(&x->lock);
	if (len)
		say(c, front, len);
	cxio_connection_put(c);
}

static void mon_reset(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	struct simple_cephx *x = arg;
	struct mon *mon;

	(void)end;
	if (!is_mon(c))
		return;
	pthread_mutex_lock(&x->lock);
	mon = find_mon(x, c);
	if (mon) {
		cephx_talk_end(&mon->talk, &x->client);
		cxio_list_remove(&mon->link);
	}
	pthread_mutex_unlock(&x->lock);
	if (mon)
		cxio_connection_put(mon->connection);
	free(mon);
	next_turn(x);
}

/**
 * struct heard - what came of a reply
 * @front: what is said next
 * @len: bytes of it; 0: nothing
 * @tell: the application is to be told
 * @bad: why it is over, or NULL
 */
struct heard {
	u8 front[CEPHX_FRONT_MAX];
	u32 len;
	bool tell;
	const char *bad;
};

static bool is_due(const struct cephx_talk *t)
{
	return t->stage == CEPHX_STAGE_CHALLENGED || t->stage == CEPHX_STAGE_MORE;
}

/* Return: false if it is no reply to us. */
static bool hear(struct simple_cephx *x, struct cxio_connection *c, struct cxio_message *m,
		 struct heard *h)
{
	size_t len = 0;
	const void *front;
	struct mon *mon;

	h->len = 0;
	h->tell = false;
	h->bad = NULL;
	if (cxio_message_type(m) != CEPHX_MSG_AUTH_REPLY || !is_mon(c))
		return false;
	front = cxio_message_front(m, &len);
	pthread_mutex_lock(&x->lock);
	mon = find_mon(x, c);
	if (mon && mon->talk.stage != CEPHX_STAGE_OVER) {
		h->bad = cephx_talk_reply(&mon->talk, &x->client, front, (u32)len, cxio_now());
		if (!h->bad && is_due(&mon->talk)) {
			h->len = cephx_talk_next(&mon->talk, &x->client, cxio_random(), cxio_now(),
						 h->front, sizeof(h->front));
			h->bad = h->len ? NULL : "cephx: the next request cannot be made";
		}
		if (h->bad)
			cephx_talk_end(&mon->talk, &x->client);
		h->tell = h->bad || (!mon->told && mon->talk.stage == CEPHX_STAGE_DONE);
		mon->told |= h->tell;
		/* Daemons tell by it which requests they had before, and do not do again. */
		if (x->client.global_id)
			atomic_store(&c->messenger->own_num, x->client.global_id);
	}
	pthread_mutex_unlock(&x->lock);
	return true;
}

static bool mon_message(struct simple_cephx *x, struct cxio_connection *c,
			struct cxio_message *m, bool fast)
{
	struct cxio_end end = { .was_open = true };
	struct heard h;

	if (!hear(x, c, m, &h))
		return false;
	cxio_message_put(m);
	if (h.len)
		say(c, h.front, h.len);
	if (h.bad)
		end.fault = CXIO_FAULT_AUTH_ANSWER;
	end.text = h.bad;
	if (h.tell)
		cxio_dispatch_authenticated(c, &end, fast);
	if (h.bad)
		cxio_connection_mark_down(c);
	next_turn(x);
	return true;
}

static bool mon_fast(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	return mon_message(arg, c, m, true);
}

static bool mon_dispatch(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	return mon_message(arg, c, m, false);
}

/* Somebody needs a ticket: ask a monitor with whom we have done talking. */
static void ask_for_tickets(struct simple_cephx *x)
{
	struct cxio_connection *c = NULL;
	u8 front[CEPHX_FRONT_MAX];
	struct cxio_link *l;
	u32 len = 0;

	pthread_mutex_lock(&x->lock);
	for (l = x->mons.next; l != &x->mons && !c; l = l->next) {
		struct mon *mon = cxio_entry(l, struct mon, link);

		if (!cephx_talk_renew(&mon->talk, &x->client, cxio_now()))
			continue;
		c = cxio_connection_get(mon->connection);
		len = cephx_talk_next(&mon->talk, &x->client, cxio_random(), cxio_now(), front,
				      sizeof(front));
		/* Another time, perhaps. */
		if (!len) {
			mon->talk.stage = CEPHX_STAGE_DONE;
			cephx_talk_end(&mon->talk, &x->client);
		}
	}
	pthread_mutex_unlock(&x->lock);
	if (len)
		say(c, front, len);
	cxio_connection_put(c);
}

/* --- authorizers and signatures --- */

static void *begin(void *arg, u32 peer_type)
{
	struct proof *p = calloc(1, sizeof(*p));

	if (p) {
		p->cephx = arg;
		p->service = peer_type;
	}
	return p;
}

static void end(void *state)
{
	struct proof *p = state;

	cxio_wipe(&p->authorizer.key, sizeof(p->authorizer.key));
	free(p);
}

/* It may have been another ticket than the one that there is now. */
static void refused(struct proof *p)
{
	struct cephx_client *c = &p->cephx->client;
	const struct cephx_ticket *t = &c->ticket[cephx_kind_of(p->service)];

	if (p->authorizer.made && !memcmp(&t->key, &p->authorizer.key, sizeof(t->key)))
		cephx_ticket_refused(c, p->service);
	p->authorizer.made = false;
}

static int authorizer(void *state, bool fresh, u32 *protocol, void *buf, u32 room)
{
	struct proof *p = state;
	struct simple_cephx *x = p->cephx;
	u32 len, due;

	/* Monitors are talked to first; whom there are no tickets for needs none. */
	*protocol = CXIO_AUTH_METHOD_UNKNOWN;
	if (p->service == CXIO_PEER_MON || cephx_kind_of(p->service) == CEPHX_KINDS)
		return 0;
	pthread_mutex_lock(&x->lock);
	if (x->client.keyless) {
		/* Not before a monitor has said who we are. */
		len = x->client.global_id ? cephx_keyless_put(&x->client, buf, room) : 0;
		pthread_mutex_unlock(&x->lock);
		*protocol = CXIO_AUTH_METHOD_NONE;
		return len ? (int)len : -ENOKEY;
	}
	if (fresh)
		refused(p);
	if (!p->authorizer.made)
		cephx_authorizer_begin(&p->authorizer, &x->client, p->service, cxio_random(),
				       cxio_now());
	due = cephx_services_due(&x->client, p->service, cxio_now());
	pthread_mutex_unlock(&x->lock);
	if (due)
		ask_for_tickets(x);
	len = cephx_authorizer_put(&p->authorizer, buf, room);
	if (!len)
		return -ENOKEY;
	*protocol = CXIO_AUTH_METHOD_CEPHX;
	return (int)len;
}

static bool challenge(void *state, const void *bytes, u32 len)
{
	struct proof *p = state;

	return !cephx_authorizer_challenged(&p->authorizer, bytes, len);
}

static bool verify(void *state, const void *bytes, u32 len)
{
	const struct proof *p = state;

	return !cephx_authorizer_verify(&p->authorizer, bytes, len);
}

/* To see through a client's ticket takes the monitors' keys for us: we have none. */
static u32 judge(void *state, const struct cxio_connect *connect, bool challenged,
		 const void *bytes, u32 len, void *answer, u32 room, u32 *answer_len)
{
	(void)state;
	(void)connect;
	(void)challenged;
	(void)bytes;
	(void)len;
	(void)answer;
	(void)room;
	*answer_len = 0;
	return CXIO_AUTH_BAD;
}

/* Monitors do not sign: what they say of keys is encrypted. */
static enum cxio_fault opens(void *state, u64 features, bool sign)
{
	struct proof *p = state;

	p->features = features;
	return p->cephx->must_sign && !sign && p->service != CXIO_PEER_MON ?
		CXIO_FAULT_AUTH_SIGNING : CXIO_FAULT_NONE;
}

static enum cxio_fault sign(void *state, const struct cxio_msg_header *h,
			    struct cxio_msg_footer *f)
{
	const struct proof *p = state;
	enum cxio_fault fault = cxio_sign_prepare(f);

	if (fault)
		return fault;
	return cephx_sign(&p->authorizer.key, p->features, h, f, &f->sig) ?
		CXIO_FAULT_NONE : CXIO_FAULT_NO_MEMORY;
}

static enum cxio_fault check(void *state, const struct cxio_msg_header *h,
			     const struct cxio_msg_footer *f)
{
	const struct proof *p = state;
	enum cxio_fault fault = cxio_sign_check_flags(f, true);
	u64 sig;

	if (fault)
		return fault;
	if (!cephx_sign(&p->authorizer.key, p->features, h, f, &sig))
		return CXIO_FAULT_NO_MEMORY;
	return cxio_sign_check(f, sig);
}

static const struct simple_auth calls = {
	.flags = CXIO_AUTH_CAN_SIGN,
	.begin = begin,
	.end = end,
	.authorizer = authorizer,
	.challenge = challenge,
	.verify = verify,
	.judge = judge,
	.opens = opens,
	.sign = sign,
	.check = check,
};

/* --- beginning and end --- */

static int take_key(struct cephx_client *c, const char *name, const char *key)
{
	size_t len = key ? strlen(key) : 0;

	if (cephx_client_name(c, name))
		return -EINVAL;
	c->keyless = !key;
	if (!key || !cephx_key_from_text(key, len, &c->secret))
		return 0;
	return cephx_keyring_find(key, len, name, &c->secret) ? -ENOKEY : 0;
}

/**
 * simple_cephx_open() - a messenger begins: has it a name?
 * @net: its net
 * @o: its options; Ceph's features that this needs are added
 *
 * Return: 0 or a negative errno.
 */
int simple_cephx_open(struct simple_net *net, struct cxio_messenger_options *o)
{
	struct cxio_dispatcher d = {
		.fast = mon_fast, .dispatch = mon_dispatch, .connected = mon_connected,
		.reset = mon_reset,
	};
	struct simple_cephx *x;
	int err;

	if (!o->ceph_name)
		return o->ceph_key ? -EINVAL : 0;
	if (!o->ceph_key && o->signing == CXIO_SIGNING_ON)
		return -EINVAL;
	/* Daemons sign what they say to who has a key, whatever he can. */
	if (o->ceph_key && o->signing == CXIO_SIGNING_OFF)
		return -EOPNOTSUPP;
	x = calloc(1, sizeof(*x));
	if (!x)
		return -ENOMEM;
	pthread_mutex_init(&x->lock, NULL);
	cxio_list_init(&x->mons);
	d.arg = x;
	x->must_sign = o->signing == CXIO_SIGNING_ON;
	net->auth = &calls;
	net->auth_arg = x;
	o->ceph_features |= CXIO_CEPH_FEATURE_CEPHX_V2;
	err = take_key(&x->client, o->ceph_name, o->ceph_key);
	if (!err && x->client.type != (u32)o->own_type)
		err = -EINVAL;
	return err ? err : cxio_dispatch_add(&net->messenger->dispatch, &d, true);
}

/**
 * simple_cephx_close() - it ends: all connections are over
 * @net: the net
 */
void simple_cephx_close(struct simple_net *net)
{
	struct simple_cephx *x = net->auth_arg;

	/* Authorizers may be somebody else's. */
	if (!x || net->auth != &calls)
		return;
	pthread_mutex_destroy(&x->lock);
	cxio_wipe(&x->client, sizeof(x->client));
	free(x);
	net->auth = NULL;
	net->auth_arg = NULL;
}
