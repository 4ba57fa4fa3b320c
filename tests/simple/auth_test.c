// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * auth_test: authorizers and signatures that are made elsewhere, over TCP: a toy that has
 * the steps of cephx - an authorizer, a challenge, an answer to it, the server's own
 * answer - and a signature. Linked with the library's objects: the table of calls is not
 * part of its interface. TAP.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "simple/simple.h"

#define TOY_PROTOCOL	2u
#define LIMIT_S		20

/**
 * struct toy - what one side does
 * @key: must be the peer's
 * @sign_key: likewise, of signatures
 * @challenges: the server challenges each authorizer
 * @stale: the client's first authorizer is an old one
 * @last: and it has no other
 * @begun: handshakes begun
 * @ended: ended
 * @invalid: authorizers made fresh
 * @signs: messages signed
 * @checks: signatures checked
 */
struct toy {
	u64 key;
	u64 sign_key;
	bool challenges;
	bool stale;
	bool last;
	atomic_uint begun, ended, invalid, signs, checks;
};

/**
 * struct shake - one handshake
 * @toy: whose
 * @challenge: server's number; 0: none yet
 */
struct shake {
	struct toy *toy;
	u64 challenge;
};

static void *begin(void *arg, u32 peer_type)
{
	struct shake *s = calloc(1, sizeof(*s));

	(void)peer_type;
	if (!s)
		return NULL;
	s->toy = arg;
	atomic_fetch_add(&s->toy->begun, 1);
	return s;
}

static void end(void *state)
{
	struct shake *s = state;

	atomic_fetch_add(&s->toy->ended, 1);
	free(s);
}

static int authorizer(void *state, bool fresh, u32 *protocol, void *buf, u32 room)
{
	struct shake *s = state;
	u64 proof = s->toy->key + s->challenge;

	if (fresh)
		atomic_fetch_add(&s->toy->invalid, 1);
	else if (s->toy->stale)
		proof++;
	*protocol = TOY_PROTOCOL;
	if (room < sizeof(proof) || (fresh && s->toy->last))
		return -1;
	memcpy(buf, &proof, sizeof(proof));
	return (int)sizeof(proof);
}

static bool challenge(void *state, const void *bytes, u32 len)
{
	struct shake *s = state;

	if (len != sizeof(s->challenge))
		return false;
	memcpy(&s->challenge, bytes, sizeof(s->challenge));
	return true;
}

static bool verify(void *state, const void *bytes, u32 len)
{
	struct shake *s = state;
	u64 want = ~s->toy->key;

	return len == sizeof(want) && !memcmp(bytes, &want, sizeof(want));
}

static u32 judge(void *state, const struct cxio_connect *connect, bool challenged,
		 const void *bytes, u32 len, void *answer, u32 room, u32 *answer_len)
{
	struct shake *s = state;
	u64 proof, yes = ~s->toy->key;

	if (connect->authorizer_protocol != TOY_PROTOCOL || len != sizeof(proof) ||
	    room < sizeof(yes))
		return CXIO_AUTH_BAD;
	memcpy(&proof, bytes, sizeof(proof));
	if (s->toy->challenges && !challenged) {
		s->challenge = 4711;
		memcpy(answer, &s->challenge, sizeof(s->challenge));
		*answer_len = sizeof(s->challenge);
		return CXIO_AUTH_CHALLENGE;
	}
	if (proof != s->toy->key + s->challenge)
		return CXIO_AUTH_BAD;
	memcpy(answer, &yes, sizeof(yes));
	*answer_len = sizeof(yes);
	return CXIO_AUTH_OK;
}

static u64 signature(const struct shake *s, const struct cxio_msg_header *h,
		     const struct cxio_msg_footer *f)
{
	return s->toy->sign_key ^ h->seq ^ ((u64)f->crc[CXIO_FRONT] << 20) ^
	       ((u64)f->crc[CXIO_DATA] << 7);
}

static enum cxio_fault sign(void *state, const struct cxio_msg_header *h,
			    struct cxio_msg_footer *f)
{
	struct shake *s = state;

	atomic_fetch_add(&s->toy->signs, 1);
	f->sig = signature(s, h, f);
	return CXIO_FAULT_NONE;
}

static enum cxio_fault check(void *state, const struct cxio_msg_header *h,
			     const struct cxio_msg_footer *f)
{
	struct shake *s = state;

	atomic_fetch_add(&s->toy->checks, 1);
	return cxio_sign_check(f, signature(s, h, f));
}

static const struct simple_auth calls = {
	.flags = CXIO_AUTH_CAN_SIGN, .begin = begin, .end = end, .authorizer = authorizer,
	.challenge = challenge, .verify = verify, .judge = judge, .sign = sign, .check = check,
};

/* --- both sides --- */

/**
 * struct side - a messenger, and what it was told
 * @m: it
 * @echoes: it sends back what it receives
 * @messages: received
 * @over: times a connection ended, or could not be made
 * @fault: why, the last time
 */
struct side {
	struct cxio_messenger *m;
	bool echoes;
	unsigned int messages;
	unsigned int over;
	u32 fault;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static bool on_message(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	struct side *s = arg;

	pthread_mutex_lock(&lock);
	s->messages++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	if (s->echoes)
		cxio_connection_send(c, m);
	else
		cxio_message_put(m);
	return true;
}

static void on_end(void *arg, struct cxio_connection *c, const struct cxio_end *why)
{
	struct side *s = arg;

	(void)c;
	pthread_mutex_lock(&lock);
	s->over++;
	s->fault = why->fault;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static bool reaches(const unsigned int *n, unsigned int least)
{
	struct timespec until;
	bool there;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LIMIT_S;
	pthread_mutex_lock(&lock);
	while (*n < least && !pthread_cond_timedwait(&changed, &lock, &until))
		;
	there = *n >= least;
	pthread_mutex_unlock(&lock);
	return there;
}

static bool start(struct side *s, struct toy *toy, bool server)
{
	const struct cxio_dispatcher d = {
		.dispatch = on_message, .reset = on_end, .refused = server ? NULL : on_end, .arg = s,
	};
	struct sockaddr_in any = { .sin_family = AF_INET };
	struct cxio_messenger_options o;

	cxio_messenger_options_init(&o);
	o.transport = "simple";
	o.own_type = server ? CXIO_PEER_OSD : CXIO_PEER_CLIENT;
	memset(s, 0, sizeof(*s));
	s->echoes = server;
	s->m = cxio_messenger_create(&o);
	if (!s->m)
		return false;
	if (toy)
		simple_set_auth(s->m, &calls, toy);
	cxio_messenger_add_dispatcher_tail(s->m, &d);
	inet_pton(AF_INET, "127.0.0.1", &any.sin_addr);
	if (server && cxio_messenger_bind(s->m, (struct sockaddr *)&any, sizeof(any)))
		return false;
	return !cxio_messenger_start(s->m);
}

static struct cxio_connection *connect_to(struct side *client, const struct side *server)
{
	struct sockaddr_storage at;

	cxio_messenger_address(server->m, 0, &at);
	return cxio_messenger_connect(client->m, (struct sockaddr *)&at,
				      sizeof(struct sockaddr_in), CXIO_PEER_OSD);
}

static bool send_some(struct cxio_connection *c, unsigned int n)
{
	static const char data[5000];
	unsigned int i;

	for (i = 1; i <= n; i++) {
		struct cxio_message *m = cxio_message_new(2, i, 10, 0);

		if (!m || cxio_message_add_data(m, data, sizeof(data)) ||
		    cxio_connection_send(c, m))
			return false;
	}
	return true;
}

/* --- tests --- */

static const struct {
	const char *name;
	struct toy server, client;
	bool no_toy;
	unsigned int messages;
	u32 fault;
	unsigned int fresh;
} tests[] = {
	{ "an authorizer, and signed messages", { .key = 7, .sign_key = 9 },
	  { .key = 7, .sign_key = 9 }, false, 20, 0, 0 },
	{ "a challenge", { .key = 7, .challenges = true }, { .key = 7 }, false, 20, 0, 0 },
	{ "an old authorizer, and a fresh one", { .key = 7 }, { .key = 7, .stale = true }, false,
	  20, 0, 1 },
	{ "an old authorizer, and no other", { .key = 7 },
	  { .key = 7, .stale = true, .last = true }, false, 0, CXIO_FAULT_HANDSHAKE_AUTHORIZER, 1 },
	{ "the wrong key", { .key = 7 }, { .key = 8 }, false, 0,
	  CXIO_FAULT_HANDSHAKE_AUTHORIZER, 1 },
	{ "the wrong key, challenged", { .key = 7, .challenges = true }, { .key = 8 }, false, 0,
	  CXIO_FAULT_HANDSHAKE_AUTHORIZER, 1 },
	{ "no authorizer", { .key = 7 }, { .key = 7 }, true, 0,
	  CXIO_FAULT_HANDSHAKE_AUTHORIZER, 0 },
	{ "the wrong signature", { .key = 7, .sign_key = 1 }, { .key = 7, .sign_key = 2 }, false,
	  0, CXIO_FAULT_PEER_GONE, 0 },
};

static const char *run(unsigned int i)
{
	struct toy a = tests[i].server, b = tests[i].client;
	struct cxio_connection *c = NULL;
	struct side server, client;
	const char *why = NULL;

	if (!start(&server, &a, true) || !start(&client, tests[i].no_toy ? NULL : &b, false))
		why = "it does not start";
	if (!why)
		c = connect_to(&client, &server);
	if (!why && (!c || !send_some(c, 20)))
		why = "nothing can be sent";
	if (!why && tests[i].messages && !reaches(&server.messages, tests[i].messages))
		why = "messages do not come";
	if (!why && tests[i].fault && !reaches(&client.over, 1))
		why = "nobody is refused";
	if (!why && tests[i].fault && client.fault != tests[i].fault)
		why = cxio_fault_text(client.fault);
	if (!why && !tests[i].messages && server.messages)
		why = "what must not come does";
	if (!why && tests[i].messages && !reaches(&client.messages, tests[i].messages))
		why = "nothing comes back";
	cxio_connection_put(c);
	cxio_messenger_destroy(client.m);
	cxio_messenger_destroy(server.m);
	if (!why && tests[i].messages && (b.signs < 20 || a.checks < 20))
		why = "messages are not signed";
	/* Each attempt may ask for one; there may have been several. */
	if (!why && (b.invalid < tests[i].fresh || (!tests[i].fresh && b.invalid)))
		why = "no fresh authorizer was asked for";
	if (!why && (a.begun != a.ended || b.begun != b.ended))
		why = "a handshake has no end";
	if (!why && cxio_live_objects(NULL, NULL, NULL))
		why = "something is left";
	return why;
}

/* --- CephX: who has a key says hello to monitors, and is not answered well --- */

/**
 * struct mon - a monitor
 * @s: its messenger; counts hellos
 * @from: who said the last
 */
struct mon {
	struct side s;
	struct cxio_connection *from;
};

static bool on_hello(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	struct mon *mon = arg;

	mon->from = c;
	return on_message(&mon->s, c, m);
}

static bool start_mon(struct mon *mon)
{
	const struct cxio_dispatcher d = { .dispatch = on_hello, .arg = mon };
	struct sockaddr_in any = { .sin_family = AF_INET };
	struct cxio_messenger_options o;

	cxio_messenger_options_init(&o);
	o.transport = "simple";
	o.own_type = CXIO_PEER_MON;
	mon->s.m = cxio_messenger_create(&o);
	inet_pton(AF_INET, "127.0.0.1", &any.sin_addr);
	return mon->s.m && !cxio_messenger_add_dispatcher_tail(mon->s.m, &d) &&
	       !cxio_messenger_bind(mon->s.m, (struct sockaddr *)&any, sizeof(any)) &&
	       !cxio_messenger_start(mon->s.m);
}

static void on_authenticated(void *arg, struct cxio_connection *c, const struct cxio_end *why)
{
	if (why->fault)
		on_end(arg, c, why);
}

/* An application that takes all that it is shown, first of all. */
static bool start_keyed(struct side *s)
{
	const struct cxio_dispatcher d = {
		.fast = on_message, .dispatch = on_message, .authenticated = on_authenticated,
		.arg = s,
	};
	struct cxio_messenger_options o;

	cxio_messenger_options_init(&o);
	o.transport = "simple";
	o.own_type = CXIO_PEER_CLIENT;
	o.ceph_name = "client.admin";
	o.ceph_key = "AQCbmglry9f5LhAA4BdOSlAzu21uEun2ONda9Q==";
	s->m = cxio_messenger_create(&o);
	return s->m && !cxio_messenger_add_dispatcher_head(s->m, &d) &&
	       !cxio_messenger_start(s->m);
}

static struct cxio_connection *reach(struct side *client, const struct mon *mon)
{
	struct sockaddr_storage at;

	cxio_messenger_address(mon->s.m, 0, &at);
	return cxio_messenger_connect(client->m, (struct sockaddr *)&at,
				      sizeof(struct sockaddr_in), CXIO_PEER_MON);
}

/* One at a time: the second when what the first says makes no sense. */
static const char *take_turns(struct side *client, struct mon *first, struct mon *second)
{
	struct cxio_message *m;

	usleep(300000);
	if (second->s.messages)
		return "both are talked to";
	m = cxio_message_new(18, 0, 3, 0);
	if (!m || cxio_connection_send(first->from, m))
		return "nothing can be answered";
	if (!reaches(&client->over, 1))
		return client->messages ? "the application takes the answer" : "nobody is told";
	if (client->fault != CXIO_FAULT_AUTH_ANSWER)
		return cxio_fault_text(client->fault);
	return reaches(&second->s.messages, 1) ? NULL : "the second is not talked to";
}

static const char *run_monitors(void)
{
	struct cxio_connection *a = NULL, *b = NULL;
	struct side client = { NULL };
	struct mon first = { { NULL }, NULL }, second = first;
	const char *why = NULL;

	if (!start_mon(&first) || !start_mon(&second) || !start_keyed(&client))
		why = "it does not start";
	if (!why)
		a = reach(&client, &first);
	if (!why && (!a || !reaches(&first.s.messages, 1)))
		why = "the first is not talked to";
	if (!why)
		b = reach(&client, &second);
	if (!why)
		why = b ? take_turns(&client, &first, &second) : "no second connection";
	cxio_connection_put(a);
	cxio_connection_put(b);
	cxio_messenger_destroy(client.m);
	cxio_messenger_destroy(first.s.m);
	cxio_messenger_destroy(second.s.m);
	if (!why && cxio_live_objects(NULL, NULL, NULL))
		why = "something is left";
	return why;
}

int main(void)
{
	const unsigned int n = ARRAY_SIZE(tests);
	unsigned int i, failed = 0;

	const char *why;

	printf("1..%u\n", n + 1);
	for (i = 0; i < n; i++) {
		why = run(i);
		if (why)
			printf("# %s\n", why);
		failed += !!why;
		printf("%s %u - authorizers: %s\n", why ? "not ok" : "ok", i + 1, tests[i].name);
	}
	why = run_monitors();
	if (why)
		printf("# %s\n", why);
	failed += !!why;
	printf("%s %u - authorizers: monitors take turns\n", why ? "not ok" : "ok", n + 1);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
