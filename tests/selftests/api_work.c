// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Tests: in which threads connections are served, and how their work requests are posted:
 * the device's own functions for that come here first.
 */
#include <infiniband/verbs.h>
#include <stdatomic.h>

#include "api.h"

/* --- portals --- */

#define PORTALS		4u
#define CONNECTIONS	8u
#define RECORDS		(4 * CONNECTIONS)

/* Which connection's callback, and where; under api_lock. Which: told by @c, or by a number. */
struct record {
	const struct cxio_connection *c;
	unsigned int number;
	pthread_t thread;
};

static struct record opened[2][CONNECTIONS], told[RECORDS];
static unsigned int opened_count[2], told_count;
static unsigned int numbers[CONNECTIONS];

static void note_opened(unsigned int side, const struct cxio_connection *c)
{
	pthread_mutex_lock(&api_lock);
	if (opened_count[side] < CONNECTIONS)
		opened[side][opened_count[side]++] = (struct record){
			.c = c, .thread = pthread_self() };
	pthread_mutex_unlock(&api_lock);
}

static void on_connected(void *arg, struct cxio_connection *c)
{
	(void)arg;
	note_opened(0, c);
}

static void on_accepted(void *arg, struct cxio_connection *c)
{
	(void)arg;
	note_opened(1, c);
}

static void on_delivery(void *arg, struct cxio_message *m, enum cxio_delivery what)
{
	(void)m;
	(void)what;
	pthread_mutex_lock(&api_lock);
	if (told_count < RECORDS)
		told[told_count] = (struct record){
			.number = *(unsigned int *)arg, .thread = pthread_self() };
	pthread_mutex_unlock(&api_lock);
	api_count(&told_count);
}

/* Each thread has as many of them. */
static bool spread(const struct record *r)
{
	unsigned int i, j, same;

	for (i = 0; i < CONNECTIONS; i++) {
		for (same = 0, j = 0; j < CONNECTIONS; j++)
			same += pthread_equal(r[i].thread, r[j].thread) != 0;
		if (same != CONNECTIONS / PORTALS || pthread_equal(r[i].thread, pthread_self()))
			return false;
	}
	return true;
}

/* What is told of a connection's messages is told in the thread that told of itself. */
static bool told_at_home(struct cxio_connection **c)
{
	unsigned int i, j;

	for (i = 0; i < told_count; i++) {
		for (j = 0; j < CONNECTIONS && opened[0][j].c != c[told[i].number]; j++)
			;
		if (j == CONNECTIONS || !pthread_equal(opened[0][j].thread, told[i].thread))
			return false;
	}
	return true;
}

static bool begin_portals(struct side *s, unsigned int binds)
{
	const struct cxio_dispatcher d = { .connected = on_connected, .accepted = on_accepted };
	struct cxio_messenger_options o;

	cxio_messenger_options_init(&o);
	o.portals = PORTALS;
	o.dispatch_threads = 0;
	return api_begin(s, -1, binds, &o) && !cxio_messenger_add_dispatcher_head(s->m, &d) &&
	       !cxio_messenger_start(s->m);
}

static bool send_numbered(struct cxio_connection *c, unsigned int number)
{
	struct cxio_message *m = cxio_message_new(TYPE_KEEP, 1, FRONT_BYTES, 0);

	numbers[number] = number;
	if (m)
		cxio_message_on_delivery(m, on_delivery, &numbers[number]);
	return m && !cxio_connection_send(c, m);
}

/* One after the other, at both ends: each goes to the portal that has fewest. */
void test_portals(struct side *server, struct side *client)
{
	struct cxio_connection *c[CONNECTIONS];
	struct sockaddr_in in;
	unsigned int i;

	opened_count[0] = 0;
	opened_count[1] = 0;
	told_count = 0;
	EXPECT(begin_portals(server, 1) && begin_portals(client, 0));
	in = api_at(api_port(server, 0));
	for (i = 0; i < CONNECTIONS; i++) {
		c[i] = cxio_messenger_connect(client->m, api_any(&in), sizeof(in), CXIO_PEER_ANY);
		EXPECT(c[i] && send_numbered(c[i], i) && api_reaches(&server->messages, i + 1));
	}
	/* Released, and acknowledged. */
	EXPECT(api_reaches(&told_count, 2 * CONNECTIONS));
	pthread_mutex_lock(&api_lock);
	if (opened_count[0] != CONNECTIONS || opened_count[1] != CONNECTIONS)
		api_expect(false, "not all were told of");
	api_expect(spread(opened[0]) && spread(opened[1]), "not as many in each portal");
	api_expect(told_at_home(c), "a message was told of in another portal");
	pthread_mutex_unlock(&api_lock);
	for (i = 0; i < CONNECTIONS; i++)
		cxio_connection_put(c[i]);
}

/* --- work requests --- */

#define BURST	40u

/* The longest chain of each kind that was posted with one call since it was set to 0. */
static atomic_uint longest_send, signalled, longest_recv;
static int (*post_send)(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad);
static int (*post_recv)(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad);

static int counted_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad)
{
	const struct ibv_send_wr *w;
	unsigned int n = 0, tell = 0;

	for (w = wr; w; w = w->next) {
		n++;
		tell += (w->send_flags & IBV_SEND_SIGNALED) != 0;
	}
	if (n > atomic_load(&longest_send)) {
		atomic_store(&longest_send, n);
		atomic_store(&signalled, tell);
	}
	return post_send(qp, wr, bad);
}

static int counted_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
	const struct ibv_recv_wr *w;
	unsigned int n = 0;

	for (w = wr; w; w = w->next)
		n++;
	if (n > atomic_load(&longest_recv))
		atomic_store(&longest_recv, n);
	return post_recv(qp, wr, bad);
}

/* Before anything is posted; what is created later has the same. */
void api_watch_posts(struct ibv_context *verbs)
{
	if (verbs->ops.post_send == counted_send)
		return;
	post_send = verbs->ops.post_send;
	post_recv = verbs->ops.post_recv;
	verbs->ops.post_send = counted_send;
	verbs->ops.post_recv = counted_recv;
}

static struct side *from, *to;
static struct cxio_connection *way;

/* In the portal: when this is over it sends all of them, and the peer is busy with the first. */
static void burst(void *arg, struct cxio_message *m, enum cxio_delivery what)
{
	(void)arg;
	(void)m;
	if (what != CXIO_DELIVERY_ACKED)
		return;
	atomic_store(&longest_send, 0);
	api_stall(to, true);
	api_send(from, way, 2, 1 + BURST);
}

/*
 * Many messages that go at once are one doorbell; few of them say when they are done; and the
 * buffers that they came in are posted again by the dozen.
 */
void test_posting(struct side *server, struct side *client)
{
	struct cxio_messenger_options o;
	struct cxio_message *m;
	bool busy;

	if (api_over_tcp()) {
		api_skipped = "nothing is posted over TCP";
		return;
	}
	cxio_messenger_options_init(&o);
	o.dispatch_threads = 0;
	EXPECT(api_begin(server, -1, 1, &o) && !cxio_messenger_start(server->m));
	EXPECT(api_go(client, -1, 0));
	from = client;
	to = server;
	way = api_to(client, api_port(server, 0));
	m = cxio_message_new(TYPE_KEEP, 1, FRONT_BYTES, 0);
	EXPECT(way && m);
	cxio_message_on_delivery(m, burst, NULL);
	EXPECT(!cxio_connection_send(way, m));
	/* By then the others are there, too. */
	busy = api_reaches(&server->messages, 2) && api_stays(&server->messages, 2);
	atomic_store(&longest_recv, 0);
	api_stall(server, false);
	EXPECT(busy);
	EXPECT(api_reaches(&server->messages, 1 + BURST) && api_reaches(&client->acked, BURST));
	printf("# sends in one call %u, signalled %u, receives in one call %u\n",
	       atomic_load(&longest_send), atomic_load(&signalled), atomic_load(&longest_recv));
	EXPECT(atomic_load(&longest_send) >= BURST);
	EXPECT(atomic_load(&signalled) <= BURST / 16 + 1);
	EXPECT(atomic_load(&longest_recv) >= 12);
	cxio_connection_put(way);
}
