// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A messenger that has a name, and mostly a key, of Ceph's: each connection to a monitor asks
 * for tickets as soon as it is open, and connections to daemons show them.
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
#include <stdio.h>
#include <stdlib.h>

#include "cephx.h"
#include "simple.h"

/* A monitor that does not answer for so long is not waited for: others may wait. */
#define ANSWER_NS	30000000000ull
/* Tids of our requests: none that the application would take, or a monitor. */
#define TIDS		(1ull << 63)
#define SERVICES	(CXIO_PEER_MON | CXIO_PEER_MDS | CXIO_PEER_OSD | CXIO_PEER_MGR)

/**
 * struct simple_cephx - who we are, and with whom we talk about it
 * @must_sign: messages are signed, or there are none, whatever the peer is said to be; of
 *	daemons see cephx_must_sign()
 * @lock: guards the rest
 * @client: tickets
 * @asked: requests so far
 * @mons: struct mon
 */
struct simple_cephx {
	bool must_sign;
	pthread_mutex_t lock;
	struct cephx_client client;
	u64 asked;
	struct cxio_link mons;
};

/**
 * struct mon - a connection to a monitor
 * @link: in the list
 * @connection: it
 * @talk: how far
 * @tid: of the request that is not answered yet; 0: none
 * @told: the application knows how it went
 */
struct mon {
	struct cxio_link link;
	struct cxio_connection *connection;
	struct cephx_talk talk;
	u64 tid;
	bool told;
};

/**
 * struct request - what is to be said to a monitor
 * @cephx: whose
 * @connection: a reference
 * @tid: see struct mon
 * @len: bytes of @front; 0: nothing is to be said
 * @front: them
 */
struct request {
	struct simple_cephx *cephx;
	struct cxio_connection *connection;
	u64 tid;
	u32 len;
	u8 front[CEPHX_FRONT_MAX];
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

/* Its connection ends, or has. */
static void mon_ends(struct simple_cephx *x, struct mon *mon)
{
	cephx_talk_end(&mon->talk, &x->client);
	cxio_wipe(&mon->talk.auth, sizeof(mon->talk.auth));
	mon->talk.stage = CEPHX_STAGE_OVER;
	mon->tid = 0;
}

static bool mon_message(struct simple_cephx *x, struct cxio_connection *c,
			struct cxio_message *m, bool fast);
static void next_turn(struct simple_cephx *x);

/* Whom nobody answers has no tickets. What came meanwhile was the answer, or began anew. */
static void unanswered(struct simple_cephx *x, struct cxio_connection *c, u64 tid)
{
	static const struct cxio_end end = {
		.fault = CXIO_FAULT_AUTH_ANSWER, .was_open = true,
		.text = "cephx: the monitor does not answer",
	};
	struct mon *mon;
	bool late;

	pthread_mutex_lock(&x->lock);
	mon = find_mon(x, c);
	late = mon && mon->tid == tid;
	if (late)
		mon_ends(x, mon);
	pthread_mutex_unlock(&x->lock);
	if (!late)
		return;
	cxio_dispatch_authenticated(c, &end, false);
	cxio_connection_mark_down(c);
	next_turn(x);
}

/* Ceph's monitors do not send our tid back; an answer with it is one as well. */
static void answered(void *arg, struct cxio_message *m, int error)
{
	struct request *r = arg;

	if (m && !mon_message(r->cephx, r->connection, m, false))
		cxio_message_put(m);
	else if (error == -ETIMEDOUT)
		unanswered(r->cephx, r->connection, r->tid);
	cxio_connection_put(r->connection);
	free(r);
}

static struct request *new_request(struct simple_cephx *x)
{
	struct request *r = calloc(1, sizeof(*r));

	if (r)
		r->cephx = x;
	return r;
}

static void is_asked(struct simple_cephx *x, struct mon *mon, struct request *r)
{
	if (!r->len)
		return;
	mon->tid = TIDS | ++x->asked;
	r->tid = mon->tid;
	r->connection = cxio_connection_get(mon->connection);
}

/* Unless it is another one's turn. */
static void greet(struct simple_cephx *x, struct mon *mon, struct request *r)
{
	r->len = cephx_talk_begin(&mon->talk, &x->client, r->front, sizeof(r->front));
	is_asked(x, mon, r);
}

/* Return: false if it cannot. */
static bool go_on(struct simple_cephx *x, struct mon *mon, struct request *r)
{
	if (!r)
		return false;
	r->len = cephx_talk_next(&mon->talk, &x->client, cxio_random(), cxio_now(), r->front,
				 sizeof(r->front));
	is_asked(x, mon, r);
	return r->len;
}

/*
 * Nothing, or what is freed when it is answered. Without memory the connection ends: nobody
 * would wait for what is not asked for.
 */
static void say(struct request *r)
{
	const struct cxio_reply_hook hook = {
		.reply = answered, .arg = r, .timeout_ns = ANSWER_NS,
	};
	struct cxio_message *m;
	int err = -ENOMEM;
	size_t room;

	if (!r->len) {
		free(r);
		return;
	}
	m = cxio_message_new(CEPHX_MSG_AUTH, r->tid, r->len, 0);
	if (m) {
		memcpy(cxio_message_front(m, &room), r->front, r->len);
		cxio_message_set_version(m, 1, 1);
		err = cxio_connection_request(r->connection, m, &hook);
	}
	if (!err)
		return;
	cxio_connection_mark_down(r->connection);
	cxio_connection_put(r->connection);
	free(r);
}

static void mon_connected(void *arg, struct cxio_connection *c)
{
	struct simple_cephx *x = arg;
	struct mon *mon, *fresh;
	struct request *r;

	if (!is_mon(c))
		return;
	fresh = calloc(1, sizeof(*fresh));
	r = new_request(x);
	if (!fresh || !r) {
		free(fresh);
		free(r);
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
	cxio_wipe(&mon->talk.auth, sizeof(mon->talk.auth));
	mon->talk = (struct cephx_talk){ .want = SERVICES };
	mon->told = false;
	mon->tid = 0;
	greet(x, mon, r);
	pthread_mutex_unlock(&x->lock);
	free(fresh);
	say(r);
}

/* A conversation may have ended: who waits for that says hello. */
static void next_turn(struct simple_cephx *x)
{
	struct mon *mon = NULL;
	struct request *r;
	struct cxio_link *l;

	r = new_request(x);
	pthread_mutex_lock(&x->lock);
	for (l = x->mons.next; l != &x->mons && !x->client.turn && !mon; l = l->next) {
		mon = cxio_entry(l, struct mon, link);
		if (mon->talk.stage != CEPHX_STAGE_START)
			mon = NULL;
	}
	if (mon && r)
		greet(x, mon, r);
	else if (mon)
		cxio_connection_mark_down(mon->connection);
	pthread_mutex_unlock(&x->lock);
	if (r)
		say(r);
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
		mon_ends(x, mon);
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
 * @next: what is said next, or NULL
 * @tid: of what it answers, or 0
 * @tell: the application is to be told
 * @bad: why it is over, or NULL
 * @why: room for that: what the conversation says of it ends with it
 */
struct heard {
	struct request *next;
	u64 tid;
	bool tell;
	const char *bad;
	char why[CEPHX_WHY_MAX];
};

static bool is_due(const struct cephx_talk *t)
{
	return t->stage == CEPHX_STAGE_CHALLENGED || t->stage == CEPHX_STAGE_MORE;
}

static void take_in(struct simple_cephx *x, struct mon *mon, struct cxio_message *m,
		    struct heard *h)
{
	size_t len = 0;
	const void *front = cxio_message_front(m, &len);

	h->tid = mon->tid;
	mon->tid = 0;
	h->bad = cephx_talk_reply(&mon->talk, &x->client, front, (u32)len, cxio_now());
	if (!h->bad && is_due(&mon->talk) && !go_on(x, mon, h->next))
		h->bad = "cephx: the next request cannot be made";
	if (h->bad) {
		snprintf(h->why, sizeof(h->why), "%s", h->bad);
		h->bad = h->why;
		mon_ends(x, mon);
	}
	h->tell = h->bad || (!mon->told && mon->talk.stage == CEPHX_STAGE_DONE);
	mon->told |= h->tell;
	/* Daemons tell by it which requests they had before, and do not do again. */
	if (x->client.global_id)
		atomic_store(&mon->connection->messenger->own_num, x->client.global_id);
}

/* Return: false if it is no reply to us. */
static bool hear(struct simple_cephx *x, struct cxio_connection *c, struct cxio_message *m,
		 struct heard *h)
{
	struct mon *mon;

	memset(h, 0, sizeof(*h));
	if (cxio_message_type(m) != CEPHX_MSG_AUTH_REPLY || !is_mon(c))
		return false;
	h->next = new_request(x);
	pthread_mutex_lock(&x->lock);
	mon = find_mon(x, c);
	if (mon && mon->talk.stage != CEPHX_STAGE_OVER)
		take_in(x, mon, m, h);
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
	if (h.tid)
		cxio_connection_cancel(c, h.tid);
	if (h.next)
		say(h.next);
	if (h.bad)
		end.fault = CXIO_FAULT_AUTH_ANSWER;
	end.text = h.bad;
	/* Who cannot be told that there are tickets is told that the connection is over. */
	if ((h.tell && !cxio_dispatch_authenticated(c, &end, fast)) || h.bad)
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
	struct request *r = new_request(x);
	struct cxio_link *l;

	/* Another time, perhaps. */
	if (!r)
		return;
	pthread_mutex_lock(&x->lock);
	for (l = x->mons.next; l != &x->mons && !r->len; l = l->next) {
		struct mon *mon = cxio_entry(l, struct mon, link);

		if (!cephx_talk_renew(&mon->talk, &x->client, cxio_now()) || go_on(x, mon, r))
			continue;
		mon->talk.stage = CEPHX_STAGE_DONE;
		cephx_talk_end(&mon->talk, &x->client);
	}
	pthread_mutex_unlock(&x->lock);
	say(r);
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
	bool must = p->service != CXIO_PEER_MON && p->cephx->must_sign;

	p->features = features;
	return (must || cephx_must_sign(&p->cephx->client, p->service)) && !sign ?
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
	return err ? err : cxio_dispatch_pin(&net->messenger->dispatch, &d);
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
