// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * api_test ADDRESS: the library's interface as a daemon uses it, over RDMA, both ends in
 * one process. TAP.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cephxio.h"

#define LIMIT_S		30
#define TYPE_ECHO	1
#define TYPE_KEEP	2
#define KEPT_MAX	512u
#define FRONT_BYTES	100u

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static const char *address;
static const char *why;

/**
 * struct side - a messenger, and what it told; under @lock but for @m
 * @m: it
 * @connected: times
 * @accepted: times
 * @reset: times
 * @refused: times
 * @fault: of the last reset or refusal
 * @messages: received
 * @in_order: each had the number after the last
 * @acked: messages of ours
 * @released: messages of ours
 * @dropped: messages of ours
 * @echo: send back what is of that type
 * @hold: keep what is received
 * @kept: what is kept
 * @kept_count: how many
 */
struct side {
	struct cxio_messenger *m;
	unsigned int connected, accepted, reset, refused, fault;
	unsigned int messages;
	bool out_of_order;
	unsigned int acked, released, dropped;
	bool echo;
	bool hold;
	struct cxio_message *kept[KEPT_MAX];
	unsigned int kept_count;
};

static void count(unsigned int *n)
{
	pthread_mutex_lock(&lock);
	++*n;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void on_connected(void *arg, struct cxio_connection *c)
{
	(void)c;
	count(&((struct side *)arg)->connected);
}

static void on_accepted(void *arg, struct cxio_connection *c)
{
	(void)c;
	count(&((struct side *)arg)->accepted);
}

static void on_reset(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	struct side *s = arg;

	(void)c;
	s->fault = end->fault;
	count(&s->reset);
}

static void on_refused(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	struct side *s = arg;

	(void)c;
	s->fault = end->fault;
	count(&s->refused);
}

static bool on_message(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	struct side *s = arg;
	bool echo = s->echo && cxio_message_type(m) == TYPE_ECHO;

	pthread_mutex_lock(&lock);
	if (cxio_message_tid(m) != ++s->messages)
		s->out_of_order = true;
	if (s->hold && s->kept_count < KEPT_MAX)
		s->kept[s->kept_count++] = m;
	else if (!echo)
		cxio_message_put(m);
	echo = echo && !s->hold;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	if (echo)
		cxio_connection_send(c, m);
	return true;
}

static void on_delivery(void *arg, struct cxio_message *m, enum cxio_delivery what)
{
	struct side *s = arg;

	(void)m;
	count(what == CXIO_DELIVERY_ACKED ? &s->acked :
	      what == CXIO_DELIVERY_RELEASED ? &s->released : &s->dropped);
}

/* Wait until *n is at least that. */
static bool reaches(const unsigned int *n, unsigned int least)
{
	struct timespec until;
	bool ok;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LIMIT_S;
	pthread_mutex_lock(&lock);
	while (*n < least && !pthread_cond_timedwait(&changed, &lock, &until))
		;
	ok = *n >= least;
	pthread_mutex_unlock(&lock);
	return ok;
}

static struct sockaddr_in at(uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, address, &in.sin_addr);
	return in;
}

static const struct sockaddr *any(const struct sockaddr_in *in)
{
	return (const struct sockaddr *)in;
}

static bool begin(struct side *s, int policy, unsigned int binds,
		  const struct cxio_messenger_options *with)
{
	const struct cxio_dispatcher d = {
		.dispatch = on_message, .connected = on_connected, .accepted = on_accepted,
		.reset = on_reset, .refused = on_refused, .arg = s,
	};
	struct sockaddr_in in = at(0);

	memset(s, 0, sizeof(*s));
	s->m = cxio_messenger_create(with);
	if (!s->m)
		return false;
	if (policy >= 0)
		cxio_messenger_set_policy(s->m, CXIO_PEER_ANY, (enum cxio_peer_policy)policy);
	cxio_messenger_add_dispatcher_tail(s->m, &d);
	while (binds--)
		if (cxio_messenger_bind(s->m, any(&in), sizeof(in)))
			return false;
	return true;
}

static bool go(struct side *s, int policy, unsigned int binds)
{
	return begin(s, policy, binds, NULL) && !cxio_messenger_start(s->m);
}

static uint16_t port_of(const struct side *s, unsigned int which)
{
	struct sockaddr_storage sa;

	if (cxio_messenger_address(s->m, which, &sa))
		return 0;
	return ntohs(((const struct sockaddr_in *)&sa)->sin_port);
}

static struct cxio_connection *to(const struct side *s, uint16_t port)
{
	struct sockaddr_in in = at(port);

	return cxio_messenger_get_connection(s->m, any(&in), sizeof(in), CXIO_PEER_ANY);
}

static struct cxio_message *message(struct side *s, uint16_t type, uint64_t tid)
{
	struct cxio_message *m = cxio_message_new(type, tid, FRONT_BYTES, 0);

	if (m)
		cxio_message_on_delivery(m, on_delivery, s);
	return m;
}

static void let_go(struct side *s)
{
	unsigned int i;

	for (i = 0; i < s->kept_count; i++)
		cxio_message_put(s->kept[i]);
	s->kept_count = 0;
}

static void let_go_of(struct side *s, unsigned int n)
{
	while (n-- && s->kept_count)
		cxio_message_put(s->kept[--s->kept_count]);
}

static bool expect(bool good, const char *what)
{
	if (!good && !why)
		why = what;
	return good;
}

#define EXPECT(what)	if (!expect(what, #what)) return

/* --- tests --- */

static void several_addresses(struct side *server, struct side *client)
{
	struct cxio_connection *c[2];
	unsigned int i;

	EXPECT(go(server, -1, 2));
	EXPECT(go(client, -1, 0));
	server->echo = true;
	EXPECT(port_of(server, 0) && port_of(server, 1));
	EXPECT(port_of(server, 0) != port_of(server, 1) && !port_of(server, 2));
	for (i = 0; i < 2; i++) {
		c[i] = to(client, port_of(server, i));
		EXPECT(c[i]);
		EXPECT(to(client, port_of(server, i)) == c[i]);
		cxio_connection_put(c[i]);
		EXPECT(!cxio_connection_send(c[i], message(client, TYPE_ECHO, 1 + i)));
		EXPECT(reaches(&client->messages, 1 + i));
	}
	EXPECT(server->accepted == 2 && !client->out_of_order);
	for (i = 0; i < 2; i++)
		cxio_connection_put(c[i]);
}

static void oneself(struct side *server, struct side *client)
{
	struct cxio_connection *c;

	(void)client;
	EXPECT(go(server, -1, 1));
	server->hold = true;
	c = to(server, port_of(server, 0));
	EXPECT(c);
	EXPECT(!cxio_connection_send(c, message(server, TYPE_KEEP, 1)));
	EXPECT(reaches(&server->messages, 1));
	EXPECT(!server->acked && !server->released);
	let_go(server);
	EXPECT(reaches(&server->acked, 1) && server->released == 1);
	cxio_connection_mark_down(c);
	EXPECT(reaches(&server->reset, 1));
	cxio_connection_put(c);
	/* One that was marked down is not handed out again. */
	c = cxio_messenger_loopback(server->m);
	EXPECT(c && !cxio_connection_send(c, message(server, TYPE_KEEP, 2)));
	EXPECT(reaches(&server->messages, 2));
	let_go(server);
	cxio_connection_put(c);
}

static int errors[3];
static unsigned int answers;

static void on_reply(void *arg, struct cxio_message *m, int error)
{
	*(int *)arg = error;
	cxio_message_put(m);
	count(&answers);
}

static void no_reply(struct side *server, struct side *client)
{
	struct cxio_reply_hook hook = { .reply = on_reply };
	struct cxio_connection *c;

	answers = 0;
	EXPECT(go(server, -1, 1));
	EXPECT(go(client, -1, 0));
	c = to(client, port_of(server, 0));
	EXPECT(c);
	hook.arg = &errors[0];
	hook.timeout_ns = 50000000;
	EXPECT(!cxio_connection_request(c, message(client, TYPE_KEEP, 1), &hook));
	EXPECT(reaches(&answers, 1) && errors[0] == -ETIMEDOUT);
	hook.arg = &errors[1];
	hook.timeout_ns = 0;
	EXPECT(!cxio_connection_request(c, message(client, TYPE_KEEP, 2), &hook));
	EXPECT(reaches(&client->acked, 2));
	cxio_connection_cancel(c, 2);
	EXPECT(reaches(&answers, 2) && errors[1] == -ECANCELED);
	hook.arg = &errors[2];
	EXPECT(!cxio_connection_request(c, message(client, TYPE_KEEP, 3), &hook));
	cxio_connection_mark_down(c);
	EXPECT(reaches(&client->reset, 1));
	EXPECT(answers == 3 && errors[2] == -ECONNRESET);
	EXPECT(cxio_connection_request(c, message(client, TYPE_KEEP, 4), &hook) == -ENOTCONN);
	cxio_connection_put(c);
}

/* The most that a window lets through, and no more while that is held. */
static bool stays(const unsigned int *n, unsigned int want)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	pthread_mutex_lock(&lock);
	while (*n <= want && !pthread_cond_timedwait(&changed, &lock, &until))
		;
	pthread_mutex_unlock(&lock);
	return *n == want;
}

/*
 * A window holds a sender back; a throttle that is exceeded keeps what is freed of it to
 * itself; and both let him go on.
 */
static void hold_back(struct side *server, struct side *client, unsigned int msgs,
		      unsigned int bytes)
{
	const unsigned int all = 200, window = 8;
	struct cxio_messenger_options o;
	struct cxio_connection *c;
	unsigned int i;

	cxio_messenger_options_init(&o);
	o.window_msgs = window;
	EXPECT(begin(server, -1, 1, &o));
	EXPECT(!cxio_messenger_set_throttle(server->m, CXIO_PEER_ANY, msgs, bytes));
	EXPECT(!cxio_messenger_start(server->m));
	EXPECT(cxio_messenger_set_throttle(server->m, CXIO_PEER_ANY, 1, 0) == -EBUSY);
	EXPECT(go(client, -1, 0));
	server->hold = true;
	c = to(client, port_of(server, 0));
	EXPECT(c);
	for (i = 1; i <= all; i++)
		EXPECT(!cxio_connection_send(c, message(client, TYPE_KEEP, i)));
	EXPECT(reaches(&server->messages, window) && stays(&server->messages, window));
	/* Six are more than the throttle's four: the two are not told of. */
	let_go_of(server, 2);
	EXPECT(stays(&server->messages, window));
	/* Four are not: now there is room for as many as were let go of. */
	let_go_of(server, 2);
	EXPECT(reaches(&server->messages, window + 4));
	pthread_mutex_lock(&lock);
	server->hold = false;
	pthread_mutex_unlock(&lock);
	let_go(server);
	EXPECT(reaches(&server->messages, all) && !server->out_of_order);
	EXPECT(reaches(&client->acked, all));
	cxio_connection_put(c);
}

static void throttled(struct side *server, struct side *client)
{
	hold_back(server, client, 4, 0);
}

static void throttled_by_bytes(struct side *server, struct side *client)
{
	hold_back(server, client, 0, 4 * FRONT_BYTES);
}

static void when_empty(struct side *server, struct side *client)
{
	struct cxio_connection *c;
	unsigned int i;

	EXPECT(go(server, -1, 1));
	EXPECT(go(client, -1, 0));
	c = to(client, port_of(server, 0));
	EXPECT(c);
	for (i = 1; i <= 50; i++)
		EXPECT(!cxio_connection_send(c, message(client, TYPE_KEEP, i)));
	cxio_connection_mark_down_when_empty(c);
	EXPECT(cxio_connection_send(c, message(client, TYPE_KEEP, i)) == -ENOTCONN);
	EXPECT(reaches(&client->reset, 1));
	EXPECT(client->acked == 50 && !client->dropped && !client->fault);
	EXPECT(server->messages == 50);
	cxio_connection_put(c);
}

static void elsewhere(struct side *server, struct side *client)
{
	struct cxio_connection *c;
	uint16_t former;

	EXPECT(go(server, -1, 1));
	EXPECT(go(client, -1, 0));
	former = port_of(server, 0);
	c = to(client, former);
	EXPECT(c && reaches(&client->connected, 1));
	EXPECT(!cxio_messenger_rebind(server->m));
	EXPECT(port_of(server, 0) && port_of(server, 0) != former);
	EXPECT(reaches(&client->reset, 1) && reaches(&server->reset, 1));
	cxio_connection_put(c);
	c = to(client, port_of(server, 0));
	EXPECT(c && reaches(&client->connected, 2));
	cxio_connection_put(c);
	/* Where nobody listens an attempt fails, and there is another. */
	c = to(client, former);
	EXPECT(c && reaches(&client->refused, 2));
	cxio_connection_mark_down(c);
	EXPECT(reaches(&client->reset, 2));
	cxio_connection_put(c);
}

/* Both connect to the other at once, and are one session. */
static void peers(struct side *a, struct side *b)
{
	struct cxio_connection *to_b, *to_a;
	unsigned int i;

	EXPECT(go(a, CXIO_POLICY_LOSSLESS_PEER, 1));
	EXPECT(go(b, CXIO_POLICY_LOSSLESS_PEER, 1));
	to_b = to(a, port_of(b, 0));
	to_a = to(b, port_of(a, 0));
	EXPECT(to_a && to_b);
	for (i = 1; i <= 20; i++) {
		EXPECT(!cxio_connection_send(to_b, message(a, TYPE_KEEP, i)));
		EXPECT(!cxio_connection_send(to_a, message(b, TYPE_KEEP, i)));
	}
	EXPECT(reaches(&a->messages, 20) && reaches(&b->messages, 20));
	EXPECT(!a->out_of_order && !b->out_of_order);
	EXPECT(reaches(&a->acked, 20) && reaches(&b->acked, 20));
	cxio_connection_put(to_a);
	cxio_connection_put(to_b);
}

static void wrong_use(struct side *server, struct side *client)
{
	struct cxio_messenger_options o;
	struct sockaddr_in in = at(1);

	(void)client;
	cxio_messenger_options_init(&o);
	o.portals = 65;
	EXPECT(!cxio_messenger_create(&o) && errno == EINVAL);
	cxio_messenger_options_init(&o);
	o.transport = "carrier pigeon";
	EXPECT(!cxio_messenger_create(&o) && errno == EINVAL);
	EXPECT(begin(server, -1, 1, NULL));
	EXPECT(!cxio_messenger_get_connection(server->m, any(&in), sizeof(in), CXIO_PEER_ANY) &&
	       errno == ESHUTDOWN);
	EXPECT(!cxio_messenger_start(server->m));
	EXPECT(cxio_messenger_start(server->m) == -EBUSY);
	EXPECT(!cxio_messenger_get_connection(server->m, any(&in), 4, CXIO_PEER_ANY) &&
	       errno == EINVAL);
	EXPECT(cxio_messenger_bind(server->m, any(&in), 4) == -EINVAL);
	in.sin_port = htons(port_of(server, 0));
	EXPECT(cxio_messenger_bind(server->m, any(&in), sizeof(in)) == -EADDRINUSE);
	cxio_messenger_shutdown(server->m);
	EXPECT(cxio_messenger_rebind(server->m) == -ESHUTDOWN);
	EXPECT(!cxio_messenger_loopback(server->m) && errno == ESHUTDOWN);
}

static const struct {
	const char *name;
	void (*run)(struct side *server, struct side *client);
} tests[] = {
	{ "several addresses", several_addresses },
	{ "oneself", oneself },
	{ "requests without reply", no_reply },
	{ "throttled", throttled },
	{ "throttled by bytes", throttled_by_bytes },
	{ "mark down when empty", when_empty },
	{ "rebind", elsewhere },
	{ "peers", peers },
	{ "wrong use", wrong_use },
};

/* Return: true if it was all right, and nothing is left of it. */
static bool run(unsigned int i)
{
	static struct side server, client;
	unsigned long left, messages, connections, regions;

	memset(&server, 0, sizeof(server));
	memset(&client, 0, sizeof(client));
	why = NULL;
	tests[i].run(&server, &client);
	let_go(&server);
	let_go(&client);
	cxio_messenger_destroy(client.m);
	cxio_messenger_destroy(server.m);
	left = cxio_live_objects(&messages, &connections, &regions);
	expect(!left, "something is left");
	if (why)
		printf("# %s\n# left: %lu messages, %lu connections, %lu regions\n"
		       "# messages %u and %u, acked %u and %u, dropped %u and %u, fault %s\n",
		       why, messages, connections, regions, server.messages, client.messages, server.acked, client.acked,
		       server.dropped, client.dropped, cxio_fault_text(client.fault));
	printf("%s %u - %s\n", why ? "not ok" : "ok", i + 1, tests[i].name);
	fflush(stdout);
	return !why;
}

int main(int argc, char **argv)
{
	const unsigned int n = sizeof(tests) / sizeof(tests[0]);
	unsigned int i;
	bool ok = true;

	if (argc != 2) {
		fputs("usage: api_test ADDRESS\n", stderr);
		return 2;
	}
	address = argv[1];
	printf("1..%u\n", n);
	for (i = 0; i < n; i++)
		ok = run(i) && ok;
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
