// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Tests: windows and throttles, which hold back who sends.
 */
#include "api.h"

/*
 * A window holds a sender back; a throttle that is exceeded keeps what is freed of it to
 * itself; and both let him go on.
 */
static void hold_back(struct side *server, struct side *client, unsigned int msgs,
		      unsigned int bytes)
{
	/* Over TCP it is the throttle itself that is hit first, and one more is let in by it. */
	const unsigned int all = 200, window = api_over_tcp() ? 5 : 8;
	struct cxio_messenger_options o;
	struct cxio_connection *c;
	unsigned int i;

	cxio_messenger_options_init(&o);
	o.window_msgs = 8;
	EXPECT(api_begin(server, -1, 1, &o));
	EXPECT(!cxio_messenger_set_throttle(server->m, CXIO_PEER_ANY, msgs, bytes));
	EXPECT(!cxio_messenger_start(server->m));
	EXPECT(cxio_messenger_set_throttle(server->m, CXIO_PEER_ANY, 1, 0) == -EBUSY);
	EXPECT(api_go(client, -1, 0));
	server->hold = true;
	c = api_to(client, api_port(server, 0));
	EXPECT(c);
	for (i = 1; i <= all; i++)
		EXPECT(!cxio_connection_send(c, api_message(client, TYPE_KEEP, i)));
	EXPECT(api_reaches(&server->messages, window) && api_stays(&server->messages, window));
	/* Six are more than the throttle's four: the two are not told of. */
	api_let_go_of(server, -1, 2);
	EXPECT(api_stays(&server->messages, api_over_tcp() ? window + 2 : window));
	/* Four are not: now there is room for as many as were let go of. */
	api_let_go_of(server, -1, 2);
	EXPECT(api_reaches(&server->messages, window + 4));
	pthread_mutex_lock(&api_lock);
	server->hold = false;
	pthread_mutex_unlock(&api_lock);
	api_let_go(server);
	EXPECT(api_reaches(&server->messages, all) && !server->out_of_order);
	EXPECT(api_reaches(&client->acked, all));
	cxio_connection_put(c);
}

void test_throttled(struct side *server, struct side *client)
{
	hold_back(server, client, 4, 0);
}

void test_throttled_by_bytes(struct side *server, struct side *client)
{
	hold_back(server, client, 0, 4 * FRONT_BYTES);
}

/*
 * A throttle for peers of a type holds back those, and no others: of those let go of, as
 * many come anew from one peer, and none from the other.
 */
void test_throttled_by_type(struct side *server, struct side *client)
{
	const unsigned int all = 30, window = 8, clients = api_over_tcp() ? 3 : window;
	const unsigned int then = api_over_tcp() ? clients + 2 : window;
	struct side *osd = api_another();
	struct cxio_messenger_options o;
	struct cxio_connection *c[2];

	cxio_messenger_options_init(&o);
	o.window_msgs = window;
	EXPECT(api_begin(server, -1, 1, &o));
	EXPECT(!cxio_messenger_set_throttle(server->m, CXIO_PEER_CLIENT, 2, 0));
	EXPECT(!cxio_messenger_set_throttle(server->m, CXIO_PEER_OSD, 100, 0));
	EXPECT(cxio_messenger_set_throttle(server->m, (enum cxio_peer_type)3, 1, 0) == -EINVAL);
	EXPECT(!cxio_messenger_start(server->m));
	EXPECT(api_go(client, -1, 0));
	cxio_messenger_options_init(&o);
	o.own_type = CXIO_PEER_OSD;
	EXPECT(osd && api_begin(osd, -1, 0, &o) && !cxio_messenger_start(osd->m));
	api_hold(server, true);
	c[0] = api_to(client, api_port(server, 0));
	c[1] = api_to(osd, api_port(server, 0));
	EXPECT(c[0] && c[1] && api_send(client, c[0], 1, all) && api_send(osd, c[1], 1, all));
	EXPECT(api_reaches(&server->from[CXIO_PEER_CLIENT], clients));
	EXPECT(api_reaches(&server->from[CXIO_PEER_OSD], window));
	/* Four are left of each, if eight were there: more than two, less than a hundred. */
	api_let_go_of(server, CXIO_PEER_CLIENT, api_over_tcp() ? 2 : 4);
	api_let_go_of(server, CXIO_PEER_OSD, 4);
	EXPECT(api_reaches(&server->from[CXIO_PEER_OSD], window + 4));
	EXPECT(api_stays(&server->from[CXIO_PEER_CLIENT], then));
	EXPECT(server->from[CXIO_PEER_OSD] == window + 4);
	api_hold(server, false);
	api_let_go(server);
	EXPECT(api_reaches(&client->acked, all) && api_reaches(&osd->acked, all));
	EXPECT(api_reaches(&server->messages, 2 * all));
	EXPECT(!server->out_of_order);
	cxio_connection_put(c[0]);
	cxio_connection_put(c[1]);
}

/* Two connections' worth of shared buffers: the first has its half, the others eight each. */
#define SHARED		64u
#define SHARERS		5u
#define EACH		100u

static struct cxio_connection *one_more(struct side *client, uint16_t port)
{
	struct sockaddr_in in = api_at(port);

	return cxio_messenger_connect(client->m, api_any(&in), sizeof(in), CXIO_PEER_ANY);
}

/* All send at once, while nothing is taken: whoever found no buffer would be gone. */
static void share(struct side *server, struct side *client, struct cxio_connection **c)
{
	unsigned int i;

	api_stall(server, true);
	for (i = 0; i < SHARERS; i++)
		EXPECT(api_send(client, c[i], 1, EACH));
	EXPECT(api_reaches(&server->messages, 1) && api_stays(&client->reset, 0));
	EXPECT(!server->reset && server->messages == 1);
	api_stall(server, false);
	EXPECT(api_reaches(&server->messages, SHARERS * EACH));
	EXPECT(api_reaches(&client->acked, SHARERS * EACH) && !client->reset && !client->dropped);
}

/*
 * Who finds no buffers left is turned away, both sides are told, and the others do not
 * notice; when one of them has gone he is let in.
 */
static void be_one_too_many(struct side *server, struct side *client, struct cxio_connection **c)
{
	struct cxio_connection *more = one_more(client, api_port(server, 0));

	EXPECT(more && api_send(client, more, 1, EACH));
	EXPECT(api_reaches(&client->refused, 1) && api_reaches(&server->rejected, 1));
	EXPECT(!strcmp(cxio_fault_text(client->fault), "too many connections"));
	EXPECT(client->connected == SHARERS && !client->reset);
	EXPECT(server->messages == SHARERS * EACH);
	cxio_connection_mark_down(c[SHARERS - 1]);
	EXPECT(api_reaches(&client->connected, SHARERS + 1));
	EXPECT(api_reaches(&client->acked, (SHARERS + 1) * EACH));
	EXPECT(server->messages == (SHARERS + 1) * EACH && client->reset == 1);
	cxio_connection_put(more);
}

/* Credits are for buffers that are there, however many connections have them. */
void test_shared_buffers(struct side *server, struct side *client)
{
	struct cxio_connection *c[SHARERS];
	struct cxio_messenger_options o;
	unsigned int i;

	cxio_messenger_options_init(&o);
	o.memory_windows = CXIO_WINDOWS_ON;
	o.shared_receive_queue = true;
	o.shared_receive_depth = SHARED;
	o.recv_depth = SHARED / 2;
	/* Then who dispatches is the portal, which gives no buffer back meanwhile. */
	o.dispatch_threads = 0;
	EXPECT(api_begin(server, -1, 1, &o) && !cxio_messenger_start(server->m));
	EXPECT(api_go(client, -1, 0));
	/* One after the other, or several might each find half of the buffers free. */
	for (i = 0; i < SHARERS; i++) {
		c[i] = one_more(client, api_port(server, 0));
		EXPECT(c[i] && api_reaches(&client->connected, i + 1));
	}
	EXPECT(api_shares() || api_is_iwarp() || api_over_tcp());
	if (api_shares()) {
		share(server, client, c);
		if (!api_why)
			be_one_too_many(server, client, c);
		/* It must end, whatever it has come to. */
		api_stall(server, false);
	} else {
		api_skipped = "nobody shares receive buffers here";
	}
	for (i = 0; i < SHARERS; i++)
		cxio_connection_put(c[i]);
}

/*
 * What is sent on waits for acknowledgments. They come behind messages that were on their way
 * before: those are taken, whatever the window is.
 */
void test_echo_beyond_windows(struct side *server, struct side *client)
{
	const unsigned int all = 2000;
	struct cxio_messenger_options o;
	struct cxio_connection *c;
	unsigned int i;

	cxio_messenger_options_init(&o);
	o.window_msgs = 8;
	o.keepalive_ms = 0;
	o.keepalive_expiry_ms = 0;
	EXPECT(api_begin(server, CXIO_POLICY_STATEFUL_SERVER, 1, &o));
	EXPECT(!cxio_messenger_start(server->m));
	EXPECT(api_begin(client, CXIO_POLICY_LOSSLESS_CLIENT, 0, &o));
	EXPECT(!cxio_messenger_start(client->m));
	server->echo = true;
	c = api_to(client, api_port(server, 0));
	EXPECT(c);
	for (i = 1; i <= all; i++)
		EXPECT(!cxio_connection_send(c, api_message(client, TYPE_ECHO, i)));
	EXPECT(api_reaches(&client->messages, all) && !client->out_of_order);
	EXPECT(api_reaches(&client->acked, all) && client->connected == 1);
	cxio_connection_put(c);
}

/* --- what is waited for, in words --- */

/* The client's connection, or its carrier: what they say. */
static char words[2][2048];

static void keep_words(void *arg, const char *line)
{
	(void)arg;
	if (!strncmp(line, "connection with ", 16))
		snprintf(words[0], sizeof(words[0]), "%s", line);
	if (!strncmp(line, "carrier of ", 11))
		snprintf(words[1], sizeof(words[1]), "%s", line);
}

static bool said(unsigned int which, const char *what)
{
	if (strstr(words[which], what))
		return true;
	printf("# no '%s' in '%s'\n", what, words[which]);
	return false;
}

/* Eight are taken and kept: the others wait. Who dispatches, and with it the portal, stops. */
void test_described(struct side *server, struct side *client)
{
	const unsigned int all = 50, window = 8;
	struct cxio_messenger_options o;
	struct cxio_connection *c;
	int stalled;

	cxio_messenger_options_init(&o);
	o.window_msgs = window;
	o.dispatch_threads = 0;
	EXPECT(api_begin(server, -1, 1, &o));
	EXPECT(api_describe(server, keep_words, NULL) == -EINVAL);
	EXPECT(!cxio_messenger_start(server->m));
	EXPECT(api_go(client, CXIO_POLICY_LOSSLESS_CLIENT, 0));
	api_hold(server, true);
	c = api_to(client, api_port(server, 0));
	EXPECT(c && api_send(client, c, 1, all) && api_reaches(&server->messages, window));
	EXPECT(api_stays(&server->messages, window));
	EXPECT(!api_describe(client, keep_words, NULL));
	EXPECT(said(0, ": session open, carried, attempts failed 0"));
	/* Of TCP the system has taken them. */
	EXPECT(api_over_tcp() || said(0, "; queued 42, of these not sent 42; numbers given 8, "
				      "sent 8, acknowledged 8, received 0; held messages 0,"));
	EXPECT(said(1, ": active, open"));
	EXPECT(api_over_tcp() || said(1, ", messages 0 of 8, bytes "));
	EXPECT(api_over_tcp() || said(1, "; waits for the message window;"));
	EXPECT(!api_describe(server, keep_words, NULL));
	EXPECT(said(0, "; held messages 8,") && said(1, ": passive, open"));
	EXPECT(!api_over_tcp() || said(1, ", waits for messages to be given back"));
	api_stall(server, true);
	api_let_go(server);
	stalled = api_reaches(&server->messages, window + 1) ?
		  api_describe(server, keep_words, NULL) : 0;
	api_stall(server, false);
	EXPECT(stalled == -ETIMEDOUT && !api_describe(server, keep_words, NULL));
	api_hold(server, false);
	api_let_go(server);
	EXPECT(api_reaches(&server->messages, all) && !server->out_of_order);
	cxio_connection_put(c);
}

/* An application that takes its time is no peer that has gone. */
void test_held_for_long(struct side *server, struct side *client)
{
	const unsigned int all = 40, window = 8;
	struct cxio_messenger_options o;
	struct cxio_connection *c;

	cxio_messenger_options_init(&o);
	o.window_msgs = window;
	o.keepalive_ms = 100;
	o.keepalive_expiry_ms = 500;
	EXPECT(api_begin(server, -1, 1, &o) && !cxio_messenger_start(server->m));
	EXPECT(api_begin(client, -1, 0, &o) && !cxio_messenger_start(client->m));
	server->hold = true;
	c = api_to(client, api_port(server, 0));
	EXPECT(c && api_send(client, c, 1, all));
	EXPECT(api_reaches(&server->messages, window));
	/* Two seconds: four times what may pass in silence. */
	EXPECT(api_stays(&server->messages, window) && api_stays(&server->messages, window));
	EXPECT(!client->reset && !server->reset);
	api_hold(server, false);
	api_let_go(server);
	EXPECT(api_reaches(&server->messages, all) && !client->reset);
	cxio_connection_put(c);
}

/* What was sent before an orderly end comes before it, however long the receiver takes. */
static void close_unread(struct side *server, struct side *client, int ours, int theirs)
{
	const unsigned int all = 100;
	struct cxio_messenger_options o;
	struct cxio_connection *c;
	unsigned int then;

	cxio_messenger_options_init(&o);
	o.window_msgs = 8;
	EXPECT(api_begin(server, theirs, 1, &o) && !cxio_messenger_start(server->m));
	EXPECT(api_go(client, ours, 0));
	server->hold = true;
	client->data_len = DATA_MAX;
	c = api_to(client, api_port(server, 0));
	EXPECT(c && api_send(client, c, 1, all));
	EXPECT(api_reaches(&server->messages, 1));
	cxio_connection_close(c);
	for (then = 0; !api_stays(&server->messages, then);)
		then = server->messages;
	/* Longer than anybody waits for an answer to CLOSE. */
	EXPECT(api_stays(&server->messages, then) && api_stays(&server->messages, then) &&
	       api_stays(&server->messages, then));
	EXPECT(!client->reset);
	api_hold(server, false);
	api_let_go(server);
	EXPECT(api_reaches(&server->messages, all) && !server->out_of_order);
	EXPECT(api_reaches(&client->reset, 1) && !client->fault);
	EXPECT(api_reaches(&server->reset, 1) && !server->fault);
	EXPECT(client->acked == all && !client->dropped);
	cxio_connection_put(c);
}

void test_closed_unread(struct side *server, struct side *client)
{
	close_unread(server, client, -1, -1);
}

void test_closed_unread_lossless(struct side *server, struct side *client)
{
	close_unread(server, client, CXIO_POLICY_LOSSLESS_CLIENT, CXIO_POLICY_STATEFUL_SERVER);
}
