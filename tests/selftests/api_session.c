// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Tests: what outlives a connection that breaks, or a messenger that goes, for which
 * peers, and what does not.
 */
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api.h"

/* A receiver that keeps what comes takes so much; the rest waits at the sender. */
#define WINDOW		8u
#define ALL		50u

/* With a small window; own_type is what it is to others, unless 0. */
static bool begin_narrow(struct side *s, int policy, unsigned int binds,
			 enum cxio_peer_type own_type, uint32_t nonce)
{
	struct cxio_messenger_options o;

	cxio_messenger_options_init(&o);
	o.window_msgs = WINDOW;
	o.nonce = nonce;
	if (own_type)
		o.own_type = own_type;
	return api_begin(s, policy, binds, &o);
}

static bool go_narrow(struct side *s, int policy, unsigned int binds,
		      enum cxio_peer_type own_type)
{
	return begin_narrow(s, policy, binds, own_type, 0) && !cxio_messenger_start(s->m);
}

/*
 * One server, two peers that ask for the same; what they get is its policy for their
 * types. When both connections break, one is over, the other goes on where it was.
 */
void test_policies(struct side *server, struct side *lossy)
{
	struct side *lossless = api_another();
	struct cxio_connection *c[2];

	EXPECT(begin_narrow(server, CXIO_POLICY_STATEFUL_SERVER, 1, CXIO_PEER_OSD, 0));
	EXPECT(!cxio_messenger_set_policy(server->m, CXIO_PEER_CLIENT,
					  CXIO_POLICY_STATELESS_SERVER));
	EXPECT(!cxio_messenger_set_policy(server->m, CXIO_PEER_MON, CXIO_POLICY_STATEFUL_SERVER));
	EXPECT(cxio_messenger_set_policy(server->m, (enum cxio_peer_type)3,
					 CXIO_POLICY_STATEFUL_SERVER) == -EINVAL);
	EXPECT(!cxio_messenger_start(server->m));
	EXPECT(cxio_messenger_set_policy(server->m, CXIO_PEER_MON,
					 CXIO_POLICY_STATELESS_SERVER) == -EBUSY);
	EXPECT(go_narrow(lossy, CXIO_POLICY_LOSSLESS_CLIENT, 0, CXIO_PEER_CLIENT));
	EXPECT(lossless && go_narrow(lossless, CXIO_POLICY_LOSSLESS_CLIENT, 0, CXIO_PEER_MON));
	api_hold(server, true);
	c[0] = api_to(lossy, api_port(server, 0));
	c[1] = api_to(lossless, api_port(server, 0));
	EXPECT(c[0] && c[1] && api_send(lossy, c[0], 1, ALL) && api_send(lossless, c[1], 1, ALL));
	EXPECT(api_reaches(&server->from[CXIO_PEER_CLIENT], WINDOW));
	EXPECT(api_reaches(&server->from[CXIO_PEER_MON], WINDOW));
	api_cut_all();
	EXPECT(api_reaches(&lossy->reset, 1) && lossy->fault);
	/* Over TCP it is acknowledged by being taken: nobody says more to a lossy client. */
	EXPECT(api_over_tcp() || lossy->acked <= WINDOW);
	EXPECT(lossy->acked + lossy->dropped == ALL);
	EXPECT(cxio_connection_send(c[0], api_message(lossy, TYPE_KEEP, 1)) == -ENOTCONN);
	EXPECT(api_reaches(&lossless->connected, 2));
	api_hold(server, false);
	api_let_go(server);
	EXPECT(api_reaches(&server->from[CXIO_PEER_MON], ALL));
	EXPECT(api_reaches(&lossless->acked, ALL) && !lossless->dropped && !lossless->reset);
	EXPECT(server->from[CXIO_PEER_MON] == ALL);
	/* What has come to this end of TCP is delivered, once there is room; then it is over. */
	EXPECT(api_reaches(&server->reset, 1));
	EXPECT(api_over_tcp() ? server->from[CXIO_PEER_CLIENT] <= lossy->acked :
				server->from[CXIO_PEER_CLIENT] == WINDOW);
	EXPECT(!server->out_of_order && lossy->connected == 1);
	EXPECT(server->reset == 1 && server->accepted == 3 && !lossless->remote_reset);
	cxio_connection_put(c[0]);
	cxio_connection_put(c[1]);
}

/* What was queued goes first, over as many connections as it takes; then it is over. */
void test_lossless_when_empty(struct side *server, struct side *client)
{
	struct cxio_connection *c;

	EXPECT(go_narrow(server, CXIO_POLICY_STATEFUL_SERVER, 1, 0));
	EXPECT(api_go(client, CXIO_POLICY_LOSSLESS_CLIENT, 0));
	api_hold(server, true);
	c = api_to(client, api_port(server, 0));
	EXPECT(c && api_send(client, c, 1, ALL));
	EXPECT(api_reaches(&server->messages, WINDOW));
	cxio_connection_mark_down_when_empty(c);
	EXPECT(cxio_connection_send(c, api_message(client, TYPE_KEEP, 1)) == -ENOTCONN);
	EXPECT(api_stays(&server->messages, WINDOW) && !client->reset);
	api_cut_all();
	/* The new connection has a window of its own; over TCP there is but one. */
	EXPECT(api_over_tcp() || api_reaches(&server->messages, 2 * WINDOW));
	EXPECT(api_reaches(&client->connected, 2));
	EXPECT(!client->reset && !server->reset && !client->dropped);
	api_hold(server, false);
	api_let_go(server);
	EXPECT(api_reaches(&client->reset, 1) && !client->fault);
	EXPECT(client->acked == ALL && client->released == ALL && !client->dropped);
	EXPECT(api_reaches(&server->messages, ALL) && !server->out_of_order);
	/* In order for the server, too: it does not wait for a return. */
	EXPECT(api_reaches(&server->reset, 1) && !server->fault);
	cxio_connection_put(c);
}

/* A server comes back at its port, without its state and as another: that is told. */
void test_server_began_anew(struct side *server, struct side *client)
{
	struct side *again = api_another();
	struct cxio_connection *c;
	uint16_t port;

	EXPECT(go_narrow(server, CXIO_POLICY_STATEFUL_SERVER, 1, 0));
	EXPECT(api_go(client, CXIO_POLICY_LOSSLESS_CLIENT, 0));
	port = api_port(server, 0);
	api_hold(server, true);
	c = api_to(client, port);
	EXPECT(c && api_send(client, c, 1, ALL) && api_reaches(&server->messages, WINDOW));
	api_end(server);
	EXPECT(again && begin_narrow(again, CXIO_POLICY_STATEFUL_SERVER, 0, 0, 0));
	EXPECT(api_bind_to(again, port) && !cxio_messenger_start(again->m));
	EXPECT(api_reaches(&client->remote_reset, 1));
	EXPECT(api_reaches(&client->connected, 2));
	EXPECT(client->acked <= WINDOW && client->acked + client->dropped == ALL);
	/* The connection is the same, the session another. */
	EXPECT(api_send(client, c, 1, ALL) && api_reaches(&again->messages, ALL));
	EXPECT(!again->out_of_order && again->seq == ALL);
	EXPECT(api_reaches(&client->acked, ALL) && !client->reset && client->remote_reset == 1);
	cxio_connection_put(c);
}

/*
 * Connections break in the middle of messages, which the peer was about to read; both
 * peers connect again. It is one session, and every message comes once, in order.
 */
void test_peers_replay(struct side *a, struct side *b)
{
	struct cxio_connection *to_b, *to_a;

	EXPECT(api_go(a, CXIO_POLICY_LOSSLESS_PEER, 1));
	EXPECT(api_go(b, CXIO_POLICY_LOSSLESS_PEER, 1));
	a->data_len = DATA_MAX;
	b->data_len = DATA_MAX;
	to_b = api_to(a, api_port(b, 0));
	EXPECT(to_b && api_send(a, to_b, 1, 1) && api_reaches(&b->messages, 1));
	/* It is there already: nothing is begun. */
	to_a = api_to(b, api_port(a, 0));
	EXPECT(to_a && api_send(b, to_a, 1, ALL) && api_send(a, to_b, 2, ALL));
	EXPECT(api_reaches(&a->messages, 3) && api_reaches(&b->messages, 3));
	EXPECT(api_reaches(&a->connected, 1) && api_reaches(&b->accepted, 1));
	EXPECT(a->connected == 1 && b->accepted == 1 && !b->connected && !a->accepted);
	api_cut_all();
	EXPECT(api_reaches(&a->messages, ALL / 2));
	api_cut_all();
	EXPECT(api_reaches(&b->messages, ALL) && api_reaches(&a->messages, ALL));
	EXPECT(api_reaches(&a->acked, ALL) && api_reaches(&b->acked, ALL));
	EXPECT(a->connected + b->connected > 1);
	EXPECT(!a->out_of_order && !b->out_of_order && !a->dropped && !b->dropped);
	EXPECT(!a->reset && !b->reset && !a->remote_reset && !b->remote_reset);
	cxio_connection_put(to_a);
	cxio_connection_put(to_b);
}

/* Nobody is told of an answer to a keepalive: looked for, with a limit. */
static bool is_answered(struct cxio_connection *c)
{
	struct cxio_connection_stats st = { 0 };
	unsigned int i;

	for (i = 0; i < 3000 && !st.echo_ns; i++) {
		usleep(10000);
		cxio_connection_stats(c, &st);
	}
	return st.echo_ns;
}

/* Without anything to send, neither connects again; who has, does, whoever it was. */
void test_peers_stand_by(struct side *a, struct side *b)
{
	struct cxio_connection *to_b, *to_a;

	EXPECT(api_go(a, CXIO_POLICY_LOSSLESS_PEER, 1));
	EXPECT(api_go(b, CXIO_POLICY_LOSSLESS_PEER, 1));
	to_b = api_to(a, api_port(b, 0));
	EXPECT(to_b && api_send(a, to_b, 1, 3) && api_reaches(&a->acked, 3));
	api_cut_all();
	EXPECT(api_stays(&a->connected, 1) && b->accepted == 1 && !b->connected);
	/* A question is something to send, too. */
	cxio_connection_keepalive(to_b);
	EXPECT(api_reaches(&a->connected, 2) && api_reaches(&b->accepted, 2));
	EXPECT(is_answered(to_b));
	api_cut_all();
	EXPECT(api_stays(&a->connected, 2) && b->accepted == 2 && !b->connected);
	to_a = api_to(b, api_port(a, 0));
	EXPECT(to_a && api_send(b, to_a, 1, 3));
	EXPECT(api_reaches(&b->connected, 1) && api_reaches(&a->accepted, 1));
	EXPECT(api_reaches(&a->messages, 3) && api_reaches(&b->acked, 3));
	EXPECT(api_send(a, to_b, 4, 6) && api_reaches(&b->messages, 6));
	EXPECT(!a->out_of_order && !b->out_of_order && !a->reset && !b->reset);
	cxio_connection_put(to_a);
	cxio_connection_put(to_b);
}

/*
 * A peer goes and comes back under its name, without its state, and connects. Whom it
 * connected before is told that it has forgotten all, and goes on with it.
 */
static void began_anew(struct side *a, struct side *b, int policy)
{
	struct cxio_connection *to_b, *to_a;
	struct side *again = api_another();
	uint16_t port;

	EXPECT(go_narrow(a, policy, 1, 0));
	EXPECT(begin_narrow(b, policy, 1, 0, 4711) && !cxio_messenger_start(b->m));
	port = api_port(b, 0);
	api_hold(b, true);
	to_a = api_to(b, api_port(a, 0));
	EXPECT(to_a && api_send(b, to_a, 1, 3) && api_reaches(&a->messages, 3));
	cxio_connection_put(to_a);
	to_b = api_to(a, port);
	EXPECT(to_b && api_send(a, to_b, 1, ALL) && api_reaches(&b->messages, WINDOW));
	EXPECT(a->accepted == 1 && !a->connected);
	api_end(b);
	/* Its messages begin anew, as its session does. */
	pthread_mutex_lock(&api_lock);
	memset(a->from, 0, sizeof(a->from));
	pthread_mutex_unlock(&api_lock);
	EXPECT(again && begin_narrow(again, policy, 0, 0, 4711));
	EXPECT(api_bind_to(again, port) && !cxio_messenger_start(again->m));
	to_a = api_to(again, api_port(a, 0));
	EXPECT(to_a && api_send(again, to_a, 1, 5) && api_reaches(&a->messages, 8));
	EXPECT(a->remote_reset == 1 && !a->reset && a->seq == 5);
	EXPECT(api_reaches(&a->dropped, ALL - a->acked) && a->acked <= WINDOW);
	EXPECT(api_send(a, to_b, 1, 5) && api_reaches(&again->messages, 5));
	EXPECT(!a->out_of_order && !again->out_of_order && again->seq == 5);
	cxio_connection_put(to_a);
	cxio_connection_put(to_b);
}

void test_peer_began_anew(struct side *a, struct side *b)
{
	if (api_over_tcp())
		api_skipped = "no cookies over TCP: only with LOSSLESS_PEER_REUSE is it noticed";
	else
		began_anew(a, b, CXIO_POLICY_LOSSLESS_PEER);
}

void test_peer_reused(struct side *a, struct side *b)
{
	began_anew(a, b, CXIO_POLICY_LOSSLESS_PEER_REUSE);
}

/*
 * Who binds anew is another to its peers: to whom it connects it has a connection of its
 * own, beside the former; who was connected to it does not get to it by the former
 * session, which waits, and is let in with a new one.
 */
void test_rebind_is_another(struct side *server, struct side *client)
{
	struct side *third = api_another();
	struct cxio_connection *c, *former, *out;
	uint16_t port[3];
	unsigned int i, j;

	EXPECT(api_go(server, CXIO_POLICY_LOSSLESS_PEER, 3));
	EXPECT(api_go(client, CXIO_POLICY_LOSSLESS_CLIENT, 0));
	EXPECT(third && api_go(third, CXIO_POLICY_STATEFUL_SERVER, 1));
	former = api_to(client, api_port(server, 1));
	EXPECT(former && api_send(client, former, 1, 3) && api_reaches(&client->acked, 3));
	EXPECT(api_reaches(&server->messages, 3));
	out = api_to(server, api_port(third, 0));
	EXPECT(out && api_send(server, out, 1, 3) && api_reaches(&server->acked, 3));
	EXPECT(api_reaches(&third->messages, 3));
	EXPECT(third->accepted == 1 && third->seq == 3);
	cxio_connection_put(out);
	for (i = 0; i < 3; i++)
		port[i] = api_port(server, i);

	EXPECT(!cxio_messenger_rebind(server->m));
	EXPECT(api_reaches(&server->reset, 2));
	for (i = 0; i < 3; i++)
		for (j = 0; j < 3; j++)
			EXPECT(api_port(server, i) && api_port(server, i) != port[j]);
	EXPECT(!api_port(server, 3));
	EXPECT(api_reaches(&client->refused, 1) && !client->reset && !client->remote_reset);

	pthread_mutex_lock(&api_lock);
	memset(third->from, 0, sizeof(third->from));
	memset(server->from, 0, sizeof(server->from));
	pthread_mutex_unlock(&api_lock);
	out = api_to(server, api_port(third, 0));
	EXPECT(out && api_send(server, out, 1, 5) && api_reaches(&third->messages, 8));
	EXPECT(third->accepted == 2 && third->seq == 5 && !third->remote_reset);
	EXPECT(!third->out_of_order && !third->reset);
	for (i = 0; i < 3; i++) {
		c = api_to(client, api_port(server, i));
		EXPECT(c && c != former && api_send(client, c, 1 + i, 1 + i));
		EXPECT(api_reaches(&server->messages, 4 + i));
		EXPECT(server->seq == 1 && !server->out_of_order);
		EXPECT(api_reaches(&client->acked, 4 + i));
		/* All lead to the same peer, for whom a second replaces the first. */
		cxio_connection_close(c);
		EXPECT(api_reaches(&client->reset, 1 + i));
		cxio_connection_put(c);
	}
	cxio_connection_mark_down(former);
	EXPECT(api_reaches(&client->reset, 4) && !client->dropped);
	cxio_connection_put(former);
	cxio_connection_put(out);
}

/* Who listens nowhere is known by its nonce alone, and has another after this. */
void test_rebind_nowhere(struct side *server, struct side *client)
{
	struct cxio_connection *c;

	EXPECT(api_go(server, CXIO_POLICY_STATEFUL_SERVER, 1));
	EXPECT(api_go(client, CXIO_POLICY_LOSSLESS_CLIENT, 0));
	c = api_to(client, api_port(server, 0));
	EXPECT(c && api_send(client, c, 1, 3) && api_reaches(&client->acked, 3));
	cxio_connection_put(c);
	EXPECT(!cxio_messenger_rebind(client->m) && api_reaches(&client->reset, 1));
	c = api_to(client, api_port(server, 0));
	EXPECT(c && api_send(client, c, 4, 6) && api_reaches(&server->messages, 6));
	EXPECT(server->accepted == 2 && server->seq == 3 && !server->out_of_order);
	EXPECT(!server->remote_reset && !server->reset);
	cxio_connection_put(c);
}

/* --- a peer of Ceph's, by hand --- */

#define BANNER		"ceph v027"
#define BANNER_BYTES	9u
#define ADDR_BYTES	136u
#define NONCE_AT	4u
#define PORT_AT		10u

/* Banner and addresses: its own, and for a client the one that it is seen with. */
static bool show(int fd, uint16_t port, unsigned int addrs)
{
	const struct sockaddr_in in = api_at(port);
	uint8_t bytes[BANNER_BYTES + 2 * ADDR_BYTES] = { 0 }, *at = bytes + BANNER_BYTES;
	size_t len = BANNER_BYTES + addrs * ADDR_BYTES;

	memcpy(bytes, BANNER, BANNER_BYTES);
	at[NONCE_AT] = 77;
	at[9] = AF_INET;
	memcpy(at + PORT_AT, &in.sin_port, 2);
	memcpy(at + 12, &in.sin_addr, 4);
	return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool take(int fd, void *buf, size_t len)
{
	return recv(fd, buf, len, MSG_WAITALL) == (ssize_t)len;
}

/* As a client: until messages flow. Sets what the server shows of itself. */
static bool begin_by_hand(int fd, uint16_t port, uint8_t *shown)
{
	/* SEQ, MSG_AUTH, KEEPALIVE2 and NOSRCADDR; of an OSD; its first attempt. */
	static const uint8_t connect[33] = { 0x42, 0, 0x80, 0, 0, 4, 0, 0, 4, [12] = 1 };
	static const uint8_t in_seq[8];
	uint8_t reply[26 + 8], bytes[BANNER_BYTES + 2 * ADDR_BYTES];

	if (!show(fd, port, 1) || send(fd, connect, sizeof(connect), MSG_NOSIGNAL) < 0 ||
	    !take(fd, bytes, sizeof(bytes)) || !take(fd, reply, sizeof(reply)))
		return false;
	memcpy(shown, bytes + BANNER_BYTES, ADDR_BYTES);
	return reply[0] == 13 && send(fd, in_seq, sizeof(in_seq), MSG_NOSIGNAL) == sizeof(in_seq);
}

/* Who was connected to, and connects again, shows what it was dialled by, with its nonce. */
void test_peer_knows_us(struct side *us, struct side *unused)
{
	struct sockaddr_in at = api_at(0), to;
	uint8_t shown[ADDR_BYTES] = { 0 }, again[BANNER_BYTES + ADDR_BYTES] = { 0 };
	struct cxio_connection *c;
	socklen_t len = sizeof(at);
	int listener, fd;

	(void)unused;
	if (!api_over_tcp()) {
		api_skipped = "the peer made by hand speaks TCP";
		return;
	}
	EXPECT(api_go(us, CXIO_POLICY_LOSSLESS_PEER, 1));
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	EXPECT(!bind(listener, (struct sockaddr *)&at, sizeof(at)) && !listen(listener, 5));
	EXPECT(!getsockname(listener, (struct sockaddr *)&at, &len));
	to = api_at(api_port(us, 0));
	EXPECT(!connect(fd, (struct sockaddr *)&to, sizeof(to)));
	EXPECT(begin_by_hand(fd, ntohs(at.sin_port), shown) && api_reaches(&us->accepted, 1));
	c = api_to(us, ntohs(at.sin_port));
	EXPECT(c && api_send(us, c, 1, 1));
	close(fd);
	fd = accept(listener, NULL, NULL);
	EXPECT(fd >= 0 && show(fd, ntohs(at.sin_port), 2) && take(fd, again, sizeof(again)));
	close(fd);
	close(listener);
	EXPECT(!memcmp(again + BANNER_BYTES + NONCE_AT, shown + NONCE_AT, 4));
	EXPECT(!memcmp(again + BANNER_BYTES + PORT_AT, shown + PORT_AT, 6));
	cxio_connection_put(c);
}

static uint32_t crc32c(const uint8_t *p, size_t len)
{
	uint32_t crc = 0;
	unsigned int bit;

	while (len--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

/* A message of a megabyte that is announced, and does not come, must not block the others. */
void test_peer_dawdles(struct side *server, struct side *client)
{
	uint8_t shown[ADDR_BYTES], header[1 + 53] = { 7, 1, [1 + 32] = 0x10 };
	struct cxio_messenger_options o;
	struct cxio_connection *c;
	struct sockaddr_in to;
	uint32_t crc = crc32c(header + 1, 49), fault;
	unsigned int resets;
	int fd, yes = 1;

	if (!api_over_tcp()) {
		api_skipped = "the peer made by hand speaks TCP";
		return;
	}
	cxio_messenger_options_init(&o);
	/* Silence alone is no reason here. */
	o.keepalive_expiry_ms = 0;
	EXPECT(api_begin(server, -1, 1, &o));
	EXPECT(!cxio_messenger_set_throttle(server->m, CXIO_PEER_ANY, 0, 64 << 10));
	EXPECT(!cxio_messenger_start(server->m) && api_go(client, -1, 0));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	to = api_at(api_port(server, 0));
	EXPECT(!connect(fd, (struct sockaddr *)&to, sizeof(to)) && begin_by_hand(fd, 1, shown));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	memcpy(header + 1 + 49, &crc, sizeof(crc));
	EXPECT(send(fd, header, sizeof(header), MSG_NOSIGNAL) == sizeof(header));
	c = api_to(client, api_port(server, 0));
	EXPECT(c && api_reaches(&server->accepted, 2) && api_send(client, c, 1, 10));
	EXPECT(api_reaches(&server->messages, 10) && api_reaches(&server->reset, 1));
	pthread_mutex_lock(&api_lock);
	fault = server->fault;
	resets = client->reset;
	pthread_mutex_unlock(&api_lock);
	EXPECT(!resets);
	EXPECT(!strcmp(cxio_fault_text(fault), "message: comes too slowly while others wait"));
	close(fd);
	cxio_connection_put(c);
}
