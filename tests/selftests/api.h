/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * api_test: the library's interface as a daemon uses it, all ends in one
 * process.
 *
 * api_test.c      the tests' list, and what must be so after each
 * api_side.c      messengers that note what they are told
 * api_cut.c       connections that break; what their queue pairs are like
 * api_work.c      tests: portals, and how work requests are posted
 * api_why.c       what everybody waits for, when something has not happened in time
 * api_use.c       tests: addresses, messages, ends, wrong use
 * api_hold.c      tests: windows and throttles
 * api_session.c   tests: what outlives a connection
 */
#ifndef CXIO_API_TEST_H
#define CXIO_API_TEST_H

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cephxio.h"

#define TYPE_ECHO	1
#define TYPE_KEEP	2
#define KEPT_MAX	512u
#define FRONT_BYTES	100u
/* The most that @data_len may be. */
#define DATA_MAX	(256u << 10)
/* Ceph's types of peers are less. */
#define PEER_TYPES	32u

/**
 * struct side - a messenger, and what it told; under api_lock but for @m
 * @m: it
 * @connected: times
 * @accepted: times
 * @reset: times
 * @remote_reset: times
 * @refused: times
 * @rejected: times
 * @fault: of the last reset or refusal
 * @messages: received
 * @from: of them from peers of a type
 * @out_of_order: one had not the number after the last from peers of its type
 * @seq: of the last one
 * @acked: messages of ours
 * @released: messages of ours
 * @dropped: messages of ours
 * @data_len: bytes of data that messages of ours have
 * @echo: send back what is of that type
 * @hold: keep what is received
 * @stall: who dispatches, and with it the portal, waits until this is over
 * @kept: what is kept
 * @kept_count: how many
 */
struct side {
	struct cxio_messenger *m;
	unsigned int connected, accepted, reset, remote_reset, refused, rejected, fault;
	unsigned int messages;
	unsigned int from[PEER_TYPES];
	bool out_of_order;
	uint64_t seq;
	unsigned int acked, released, dropped;
	size_t data_len;
	bool echo;
	bool hold;
	bool stall;
	struct cxio_message *kept[KEPT_MAX];
	unsigned int kept_count;
};

extern pthread_mutex_t api_lock;
extern const char *api_address;
/* What carries it; over TCP the receiver alone holds back, and nobody has cookies. */
extern const char *api_transport;

static inline bool api_over_tcp(void)
{
	return !strcmp(api_transport, "simple");
}
extern const char *api_why;
/* Why there is nothing to be seen here, for a test that says so. */
extern const char *api_skipped;

/* Set options before it starts, and bind it. */
bool api_begin(struct side *s, int policy, unsigned int binds,
	       const struct cxio_messenger_options *with);
bool api_bind_to(struct side *s, uint16_t port);
bool api_go(struct side *s, int policy, unsigned int binds);
/* One more than the two that each test has; goes with them. NULL: enough of them. */
struct side *api_another(void);
/* With those that have begun and not ended. */
void api_each(void (*with)(const struct side *s));
void api_end(struct side *s);
void api_end_others(void);

struct sockaddr_in api_at(uint16_t port);
uint16_t api_port(const struct side *s, unsigned int which);
struct cxio_connection *api_to(const struct side *s, uint16_t port);
struct cxio_message *api_message(struct side *s, uint16_t type, uint64_t tid);
bool api_send(struct side *s, struct cxio_connection *c, unsigned int first, unsigned int last);

void api_count(unsigned int *n);
bool api_reaches(const unsigned int *n, unsigned int least);
bool api_stays(const unsigned int *n, unsigned int want);
void api_hold(struct side *s, bool hold);
void api_stall(struct side *s, bool stall);
void api_let_go(struct side *s);
void api_let_go_of(struct side *s, int type, unsigned int n);

/* Count what is posted on a device. */
struct ibv_context;
void api_watch_posts(struct ibv_context *verbs);
/* Break what carries connections, all of them, without a word. */
void api_cut_all(void);
/* Is there one that shares its receive buffers, or could none, on iWARP? */
bool api_shares(void);
bool api_is_iwarp(void);

bool api_expect(bool good, const char *what);

/* As comments of TAP: connections and carriers of all sides, and where the threads sleep. */
void api_say_why(void);
/* One side's lines. Return: what the library said of it as a whole. */
int api_describe(const struct side *s, void (*say)(void *arg, const char *line), void *arg);

#define EXPECT(what)	if (!api_expect(what, #what)) return

static inline const struct sockaddr *api_any(const struct sockaddr_in *in)
{
	return (const struct sockaddr *)in;
}

void test_several_addresses(struct side *server, struct side *client);
void test_oneself(struct side *server, struct side *client);
void test_no_reply(struct side *server, struct side *client);
void test_when_empty(struct side *server, struct side *client);
void test_rebind(struct side *server, struct side *client);
void test_peers(struct side *a, struct side *b);
void test_asked_first(struct side *server, struct side *client);
void test_all_down(struct side *server, struct side *client);
void test_wrong_use(struct side *server, struct side *client);

void test_portals(struct side *server, struct side *client);
void test_posting(struct side *server, struct side *client);

void test_throttled(struct side *server, struct side *client);
void test_throttled_by_bytes(struct side *server, struct side *client);
void test_throttled_by_type(struct side *server, struct side *client);
void test_shared_buffers(struct side *server, struct side *client);
void test_echo_beyond_windows(struct side *server, struct side *client);
void test_described(struct side *server, struct side *client);
void test_held_for_long(struct side *server, struct side *client);
void test_closed_unread(struct side *server, struct side *client);
void test_closed_unread_lossless(struct side *server, struct side *client);

void test_policies(struct side *server, struct side *lossy);
void test_lossless_when_empty(struct side *server, struct side *client);
void test_server_began_anew(struct side *server, struct side *client);
void test_peers_replay(struct side *a, struct side *b);
void test_peers_stand_by(struct side *a, struct side *b);
void test_peer_dawdles(struct side *server, struct side *client);
void test_peer_knows_us(struct side *us, struct side *unused);
void test_peer_began_anew(struct side *a, struct side *b);
void test_peer_reused(struct side *a, struct side *b);
void test_rebind_is_another(struct side *server, struct side *client);
void test_rebind_nowhere(struct side *server, struct side *client);

#endif /* CXIO_API_TEST_H */
