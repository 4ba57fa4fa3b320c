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
	const unsigned int all = 200, window = 8;
	struct cxio_messenger_options o;
	struct cxio_connection *c;
	unsigned int i;

	cxio_messenger_options_init(&o);
	o.window_msgs = window;
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
	EXPECT(api_stays(&server->messages, window));
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
	const unsigned int all = 30, window = 8;
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
	EXPECT(api_reaches(&server->from[CXIO_PEER_CLIENT], window));
	EXPECT(api_reaches(&server->from[CXIO_PEER_OSD], window));
	/* Four are left of each: more than two, less than a hundred. */
	api_let_go_of(server, CXIO_PEER_CLIENT, 4);
	api_let_go_of(server, CXIO_PEER_OSD, 4);
	EXPECT(api_reaches(&server->from[CXIO_PEER_OSD], window + 4));
	EXPECT(api_stays(&server->from[CXIO_PEER_CLIENT], window));
	EXPECT(server->from[CXIO_PEER_OSD] == window + 4);
	api_hold(server, false);
	api_let_go(server);
	EXPECT(api_reaches(&client->acked, all) && api_reaches(&osd->acked, all));
	EXPECT(api_reaches(&server->messages, 2 * all));
	EXPECT(!server->out_of_order);
	cxio_connection_put(c[0]);
	cxio_connection_put(c[1]);
}
