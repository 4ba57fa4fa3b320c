// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Tests: addresses, messages to oneself, requests, ends, wrong use.
 */
#include "api.h"

void test_several_addresses(struct side *server, struct side *client)
{
	struct cxio_connection *c[2];
	unsigned int i;

	EXPECT(api_go(server, -1, 2));
	EXPECT(api_go(client, -1, 0));
	server->echo = true;
	EXPECT(api_port(server, 0) && api_port(server, 1));
	EXPECT(api_port(server, 0) != api_port(server, 1) && !api_port(server, 2));
	for (i = 0; i < 2; i++) {
		c[i] = api_to(client, api_port(server, i));
		EXPECT(c[i]);
		EXPECT(api_to(client, api_port(server, i)) == c[i]);
		cxio_connection_put(c[i]);
		EXPECT(!cxio_connection_send(c[i], api_message(client, TYPE_ECHO, 1 + i)));
		EXPECT(api_reaches(&client->messages, 1 + i));
	}
	EXPECT(server->accepted == 2 && !client->out_of_order);
	for (i = 0; i < 2; i++)
		cxio_connection_put(c[i]);
}

void test_oneself(struct side *server, struct side *client)
{
	struct cxio_connection *c;

	(void)client;
	EXPECT(api_go(server, -1, 1));
	server->hold = true;
	c = api_to(server, api_port(server, 0));
	EXPECT(c);
	EXPECT(!cxio_connection_send(c, api_message(server, TYPE_KEEP, 1)));
	EXPECT(api_reaches(&server->messages, 1));
	EXPECT(!server->acked && !server->released);
	api_let_go(server);
	EXPECT(api_reaches(&server->acked, 1) && server->released == 1);
	cxio_connection_mark_down(c);
	EXPECT(api_reaches(&server->reset, 1));
	cxio_connection_put(c);
	/* One that was marked down is not handed out again. */
	c = cxio_messenger_loopback(server->m);
	EXPECT(c && !cxio_connection_send(c, api_message(server, TYPE_KEEP, 2)));
	EXPECT(api_reaches(&server->messages, 2));
	api_let_go(server);
	cxio_connection_put(c);
}

static int errors[3];
static unsigned int answers;

static void on_reply(void *arg, struct cxio_message *m, int error)
{
	*(int *)arg = error;
	cxio_message_put(m);
	api_count(&answers);
}

void test_no_reply(struct side *server, struct side *client)
{
	struct cxio_reply_hook hook = { .reply = on_reply };
	struct cxio_connection *c;

	answers = 0;
	EXPECT(api_go(server, -1, 1));
	EXPECT(api_go(client, -1, 0));
	c = api_to(client, api_port(server, 0));
	EXPECT(c);
	hook.arg = &errors[0];
	hook.timeout_ns = 50000000;
	EXPECT(!cxio_connection_request(c, api_message(client, TYPE_KEEP, 1), &hook));
	EXPECT(api_reaches(&answers, 1) && errors[0] == -ETIMEDOUT);
	hook.arg = &errors[1];
	hook.timeout_ns = 0;
	EXPECT(!cxio_connection_request(c, api_message(client, TYPE_KEEP, 2), &hook));
	EXPECT(api_reaches(&client->acked, 2));
	cxio_connection_cancel(c, 2);
	EXPECT(api_reaches(&answers, 2) && errors[1] == -ECANCELED);
	hook.arg = &errors[2];
	EXPECT(!cxio_connection_request(c, api_message(client, TYPE_KEEP, 3), &hook));
	cxio_connection_mark_down(c);
	EXPECT(api_reaches(&client->reset, 1));
	EXPECT(answers == 3 && errors[2] == -ECONNRESET);
	EXPECT(cxio_connection_request(c, api_message(client, TYPE_KEEP, 4), &hook) == -ENOTCONN);
	cxio_connection_put(c);
}

void test_when_empty(struct side *server, struct side *client)
{
	struct cxio_connection *c;
	unsigned int i;

	EXPECT(api_go(server, -1, 1));
	EXPECT(api_go(client, -1, 0));
	c = api_to(client, api_port(server, 0));
	EXPECT(c);
	for (i = 1; i <= 50; i++)
		EXPECT(!cxio_connection_send(c, api_message(client, TYPE_KEEP, i)));
	cxio_connection_mark_down_when_empty(c);
	EXPECT(cxio_connection_send(c, api_message(client, TYPE_KEEP, i)) == -ENOTCONN);
	EXPECT(api_reaches(&client->reset, 1));
	EXPECT(client->acked == 50 && !client->dropped && !client->fault);
	/* Acknowledged is what has been queued for dispatch. */
	EXPECT(api_reaches(&server->messages, 50));
	cxio_connection_put(c);
}

void test_rebind(struct side *server, struct side *client)
{
	struct cxio_connection *c;
	uint16_t former;

	EXPECT(api_go(server, -1, 1));
	EXPECT(api_go(client, -1, 0));
	former = api_port(server, 0);
	c = api_to(client, former);
	EXPECT(c && api_reaches(&client->connected, 1));
	EXPECT(!cxio_messenger_rebind(server->m));
	EXPECT(api_port(server, 0) && api_port(server, 0) != former);
	EXPECT(api_reaches(&client->reset, 1) && api_reaches(&server->reset, 1));
	cxio_connection_put(c);
	c = api_to(client, api_port(server, 0));
	EXPECT(c && api_reaches(&client->connected, 2));
	cxio_connection_put(c);
	/* Where nobody listens an attempt fails, and there is another. */
	c = api_to(client, former);
	EXPECT(c && api_reaches(&client->refused, 2));
	cxio_connection_mark_down(c);
	EXPECT(api_reaches(&client->reset, 2));
	cxio_connection_put(c);
}

/* Both connect to the other at once, and are one session. */
void test_peers(struct side *a, struct side *b)
{
	struct cxio_connection *to_b, *to_a;
	unsigned int i;

	EXPECT(api_go(a, CXIO_POLICY_LOSSLESS_PEER, 1));
	EXPECT(api_go(b, CXIO_POLICY_LOSSLESS_PEER, 1));
	to_b = api_to(a, api_port(b, 0));
	to_a = api_to(b, api_port(a, 0));
	EXPECT(to_a && to_b);
	for (i = 1; i <= 20; i++) {
		EXPECT(!cxio_connection_send(to_b, api_message(a, TYPE_KEEP, i)));
		EXPECT(!cxio_connection_send(to_a, api_message(b, TYPE_KEEP, i)));
	}
	EXPECT(api_reaches(&a->messages, 20) && api_reaches(&b->messages, 20));
	EXPECT(!a->out_of_order && !b->out_of_order);
	EXPECT(api_reaches(&a->acked, 20) && api_reaches(&b->acked, 20));
	cxio_connection_put(to_a);
	cxio_connection_put(to_b);
}

static unsigned int taken;

static bool take_kept(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	(void)arg;
	(void)c;
	if (cxio_message_type(m) != TYPE_KEEP)
		return false;
	cxio_message_put(m);
	api_count(&taken);
	return true;
}

/* What the head of the chain takes the tail never sees; what it leaves goes on. */
void test_asked_first(struct side *server, struct side *client)
{
	const struct cxio_dispatcher d = { .dispatch = take_kept };
	struct cxio_connection *c;

	taken = 0;
	EXPECT(api_begin(server, -1, 1, NULL));
	EXPECT(!cxio_messenger_add_dispatcher_head(server->m, &d));
	EXPECT(!cxio_messenger_start(server->m));
	server->echo = true;
	EXPECT(api_go(client, -1, 0));
	c = api_to(client, api_port(server, 0));
	EXPECT(c && !cxio_connection_send(c, api_message(client, TYPE_KEEP, 1)));
	EXPECT(!cxio_connection_send(c, api_message(client, TYPE_ECHO, 1)));
	EXPECT(api_reaches(&client->messages, 1));
	EXPECT(taken == 1 && server->messages == 1 && !server->out_of_order);
	cxio_connection_put(c);
}

/* A keepalive is answered before what is sent behind it is; then all of it ends. */
void test_all_down(struct side *server, struct side *client)
{
	struct side *to[2] = { server, api_another() };
	struct cxio_connection_stats stats;
	struct cxio_connection *c[2];
	unsigned int i;

	EXPECT(to[1] && api_go(client, -1, 0));
	for (i = 0; i < 2; i++) {
		EXPECT(api_go(to[i], -1, 1));
		to[i]->echo = true;
		c[i] = api_to(client, api_port(to[i], 0));
		EXPECT(c[i] && !cxio_connection_send(c[i], api_message(client, TYPE_ECHO, i + 1)));
		EXPECT(api_reaches(&client->messages, i + 1));
		EXPECT(cxio_connection_is_open(c[i]));
	}
	cxio_connection_stats(c[0], &stats);
	EXPECT(!stats.echo_ns);
	cxio_connection_keepalive(c[0]);
	/* Counts are those of the last round: the second is of a later one for sure. */
	for (i = 3; i < 5; i++) {
		EXPECT(!cxio_connection_send(c[0], api_message(client, TYPE_ECHO, i)));
		EXPECT(api_reaches(&client->messages, i));
	}
	cxio_connection_stats(c[0], &stats);
	EXPECT(stats.echo_ns);
	cxio_messenger_mark_down_all(client->m);
	EXPECT(api_reaches(&client->reset, 2));
	EXPECT(api_reaches(&to[0]->reset, 1) && api_reaches(&to[1]->reset, 1));
	for (i = 0; i < 2; i++) {
		EXPECT(!cxio_connection_is_open(c[i]));
		cxio_connection_put(c[i]);
	}
}

void test_wrong_use(struct side *server, struct side *client)
{
	struct cxio_messenger_options o;
	struct sockaddr_in in = api_at(1);
	unsigned int i;

	(void)client;
	cxio_messenger_options_init(&o);
	o.portals = 65;
	EXPECT(!cxio_messenger_create(&o) && errno == EINVAL);
	cxio_messenger_options_init(&o);
	o.transport = "carrier pigeon";
	EXPECT(!cxio_messenger_create(&o) && errno == EINVAL);
	EXPECT(api_begin(server, -1, 1, NULL));
	EXPECT(!cxio_messenger_get_connection(server->m, api_any(&in), sizeof(in), CXIO_PEER_ANY) &&
	       errno == ESHUTDOWN);
	EXPECT(!cxio_messenger_start(server->m));
	EXPECT(cxio_messenger_start(server->m) == -EBUSY);
	EXPECT(!cxio_messenger_get_connection(server->m, api_any(&in), 4, CXIO_PEER_ANY) &&
	       errno == EINVAL);
	EXPECT(cxio_messenger_bind(server->m, api_any(&in), 4) == -EINVAL);
	in.sin_port = htons(api_port(server, 0));
	EXPECT(cxio_messenger_bind(server->m, api_any(&in), sizeof(in)) == -EADDRINUSE);
	for (i = 1; i < 8; i++)
		EXPECT(api_bind_to(server, 0));
	in.sin_port = 0;
	EXPECT(cxio_messenger_bind(server->m, api_any(&in), sizeof(in)) == -ENOSPC);
	cxio_messenger_shutdown(server->m);
	EXPECT(cxio_messenger_rebind(server->m) == -ESHUTDOWN);
	EXPECT(!cxio_messenger_loopback(server->m) && errno == ESHUTDOWN);
}
