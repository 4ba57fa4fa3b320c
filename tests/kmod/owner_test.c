// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner_test.ko: what an owner sets and asks for besides messages.
 *
 * Loaded, it tries, at @addr: which policies one can listen with; that the times of
 * keepalives are the owner's, by a peer that is kept from answering; that a keepalive
 * that nothing carries has a session in standby connect again; and that CRCs of data are
 * left out if both sides want that, by data that is changed when it is about to be read.
 * The kernel log tells the result.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/in.h>
#include <linux/inet.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/wait.h>

#include "../../kernel/cxio.h"

static char *addr = "";
module_param(addr, charp, 0400);
MODULE_PARM_DESC(addr, "IPv4 address of an RDMA device");
static unsigned int port = 7996;
module_param(port, uint, 0400);
MODULE_PARM_DESC(port, "port to listen at");
static unsigned int slower = 1;
module_param(slower, uint, 0400);
MODULE_PARM_DESC(slower, "how many times as long all takes here, 1 to 4");

/* Times this, far below the default of twenty seconds. */
#define INTERVAL_MS	300u
#define EXPIRY_MS	2000u
#define EXPIRED_MS	4000u
#define LIMIT		(60 * HZ)
/* Long enough to be read by the receiver, in place. */
#define READ_BYTES	65536u
#define BEFORE		0x11
#define AFTER		0xee

static struct {
	struct cxio_messenger *client;
	struct cxio_messenger *server;
	struct completion answer;	/* the server's owner goes on */
	struct completion held;		/* it has stopped */
	wait_queue_head_t changed;
	unsigned int opened, closed, came;
	bool refuse;			/* the client has no room for what comes */
	bool ask;			/* nor a carrier soon: it asks before that is lost */
	bool hold;			/* the server's owner keeps its peer waiting */
	bool greet;			/* it begins with a message of its own */
	u8 *change;			/* data that is to be another when it is read */
	u8 changed_to;			/* what came of it, or 0 */
	u32 fault;
	unsigned int bad;
} t;

#define FAIL(...) do { pr_err("owner_test: " __VA_ARGS__); t.bad++; } while (0)

/* --- both owners --- */

static void opened(struct cxio_connection *c)
{
	WRITE_ONCE(t.opened, t.opened + 1);
	wake_up(&t.changed);
}

static void closed(struct cxio_connection *c)
{
	bool by_peer;

	t.fault = cxio_connection_fault(c, &by_peer);
	smp_store_release(&t.closed, t.closed + 1);
	wake_up(&t.changed);
}

/* Without room the carrier is lost, and nothing of ours is queued on it. */
static struct cxio_message *room(struct cxio_connection *c, const struct cxio_msg_header *h,
				 bool *skip)
{
	if (!xchg(&t.refuse, false))
		return cxio_message_new(h, GFP_NOIO);
	if (t.ask)
		cxio_connection_keepalive(c);
	wake_up(&t.changed);
	return NULL;
}

static void client_has(struct cxio_connection *c, struct cxio_message *m)
{
	cxio_message_put(m);
	WRITE_ONCE(t.came, t.came + 1);
	wake_up(&t.changed);
}

static int send_one(struct cxio_connection *c, u32 len)
{
	struct cxio_msg_header h = { .len[CXIO_DATA] = len };
	struct cxio_message *m = cxio_message_new(&h, GFP_NOIO);

	if (!m)
		return -ENOMEM;
	memset(m->segment[CXIO_DATA], BEFORE, len);
	if (len == READ_BYTES)
		WRITE_ONCE(t.change, m->segment[CXIO_DATA]);
	return cxio_connection_send(c, m);
}

static void accepted(struct cxio_connection *c)
{
	if (t.greet && send_one(c, 100))
		FAIL("the server cannot send\n");
}

/* Its header has come, with a CRC or without; its data is read after this. */
static struct cxio_message *server_room(struct cxio_connection *c,
					const struct cxio_msg_header *h, bool *skip)
{
	u8 *change = xchg(&t.change, NULL);

	if (change)
		memset(change, AFTER, h->len[CXIO_DATA]);
	return cxio_message_new(h, GFP_NOIO);
}

/* As long as its owner is in here, nothing of the connection is served. */
static void server_has(struct cxio_connection *c, struct cxio_message *m)
{
	if (m->header.len[CXIO_DATA] == READ_BYTES)
		WRITE_ONCE(t.changed_to, *(u8 *)m->segment[CXIO_DATA]);
	wake_up(&t.changed);
	cxio_message_put(m);
	if (!READ_ONCE(t.hold))
		return;
	complete(&t.held);
	wait_for_completion(&t.answer);
}

static const struct cxio_ops client_ops = {
	.alloc_msg = room, .dispatch = client_has, .opened = opened, .closed = closed,
};
static const struct cxio_ops server_ops = {
	.alloc_msg = server_room, .dispatch = server_has, .accepted = accepted,
};

/* --- what is tried --- */

static bool until(bool (*it)(void), const char *what)
{
	if (wait_event_timeout(t.changed, it(), LIMIT))
		return true;
	FAIL("%s: not in time\n", what);
	return false;
}

static bool is_open(void)
{
	return READ_ONCE(t.opened);
}

static bool is_open_again(void)
{
	return READ_ONCE(t.opened) >= 2;
}

static bool is_closed(void)
{
	return smp_load_acquire(&t.closed);
}

static bool is_refused(void)
{
	return !READ_ONCE(t.refuse);
}

static bool has_come(void)
{
	return READ_ONCE(t.came);
}

static void policies(const struct sockaddr *at)
{
	static const bool good[CXIO_POLICY_KINDS + 1] = {
		[CXIO_STATELESS_SERVER] = true, [CXIO_STATEFUL_SERVER] = true,
	};
	unsigned int kind;
	int err;

	for (kind = 0; kind <= CXIO_POLICY_KINDS; kind++) {
		err = cxio_listen(t.server, at, kind, NULL);
		if (err != (good[kind] ? 0 : -EINVAL))
			FAIL("listening with policy %u: %d\n", kind, err);
		if (!err)
			cxio_unlisten(t.server, at);
	}
}

static struct cxio_connection *connection_to(const struct sockaddr *at,
					     enum cxio_policy_kind policy)
{
	struct cxio_connection *c;

	t.opened = 0;
	t.closed = 0;
	t.came = 0;
	c = cxio_connection_open(t.client, policy, at, NULL, NULL);
	if (IS_ERR(c)) {
		FAIL("opening: %ld\n", PTR_ERR(c));
		return NULL;
	}
	until(is_open, "opened");
	return c;
}

static void end_of(struct cxio_connection *c)
{
	cxio_connection_close(c);
	until(is_closed, "closed");
	cxio_connection_put(c);
}

/* The peer answers as long as its owner lets it, and is given up when that is over. */
static void expiry(const struct sockaddr *at)
{
	unsigned int expiry_ms = EXPIRY_MS * slower;
	struct cxio_connection *c;
	u64 since, ms;

	cxio_messenger_keepalive(t.client, INTERVAL_MS, expiry_ms);
	c = connection_to(at, CXIO_LOSSY_CLIENT);
	if (!c)
		return;
	if (wait_event_timeout(t.changed, is_closed(), msecs_to_jiffies(2 * expiry_ms)))
		FAIL("a peer that answers is given up by fault %u\n", t.fault);
	WRITE_ONCE(t.hold, true);
	if (send_one(c, 100) || !wait_for_completion_timeout(&t.held, LIMIT))
		FAIL("the peer's owner was not told\n");
	since = ktime_get_ns();
	until(is_closed, "given up");
	ms = div_u64(ktime_get_ns() - since, NSEC_PER_MSEC);
	WRITE_ONCE(t.hold, false);
	complete(&t.answer);
	/* It may have said its last some time before it was stopped. */
	if (t.fault != CXIO_FAULT_KEEPALIVE || ms < expiry_ms / 2 || ms > EXPIRED_MS * slower)
		FAIL("a silent peer: fault %u after %llu ms\n", t.fault, ms);
	pr_info("owner_test: given up after %llu ms\n", ms);
	cxio_connection_put(c);
}

/* A carrier is lost with nothing queued on it. Return: the connection. */
static struct cxio_connection *lost_at(const struct sockaddr *at, bool ask)
{
	struct cxio_connection *c;

	/* Nobody asks of himself. */
	cxio_messenger_keepalive(t.client, 0, 0);
	t.ask = ask;
	t.greet = true;
	WRITE_ONCE(t.refuse, true);
	c = connection_to(at, CXIO_LOSSLESS_PEER);
	if (c)
		until(is_refused, "refused");
	return c;
}

static void comes_back(struct cxio_connection *c, const char *what)
{
	if (until(is_open_again, what))
		until(has_come, "what was not acknowledged");
	t.greet = false;
	end_of(c);
}

/* It waits for whoever wants something, be it a keepalive. */
static void standby(const struct sockaddr *at)
{
	struct cxio_connection *c = lost_at(at, false);

	if (!c)
		return;
	if (wait_event_timeout(t.changed, is_open_again() || is_closed(), HZ * slower))
		FAIL("it came back unasked, or ended\n");
	cxio_connection_keepalive(c);
	comes_back(c, "back for a keepalive");
}

/* What is asked when the carrier is about to be lost is not forgotten with it. */
static void asked_before(const struct sockaddr *at)
{
	struct cxio_connection *c = lost_at(at, true);

	if (c)
		comes_back(c, "back for an earlier keepalive");
}

static bool is_decided(void)
{
	return is_closed() || READ_ONCE(t.changed_to);
}

static void crc(const struct sockaddr *at, bool any)
{
	struct cxio_connection *c;

	t.changed_to = 0;
	c = connection_to(at, CXIO_LOSSY_CLIENT);
	if (!c)
		return;
	if (send_one(c, READ_BYTES))
		FAIL("the client cannot send\n");
	until(is_decided, "read");
	if (t.changed_to != (any ? 0 : AFTER))
		FAIL("with CRCs %d: read %#x\n", any, t.changed_to);
	if (any && t.fault != CXIO_FAULT_DATA_CRC)
		FAIL("with CRCs: fault %u\n", t.fault);
	WRITE_ONCE(t.change, NULL);
	if (any)
		cxio_connection_put(c);
	else
		end_of(c);
}

static void some_crcs(const struct sockaddr *at)
{
	crc(at, true);
}

static void no_crcs(const struct sockaddr *at)
{
	crc(at, false);
}

/**
 * struct trial - something that is tried, with messengers of its own
 * @it: what
 * @policy: of the server's listener; CXIO_POLICY_KINDS: it has none
 * @no_crc: who does not want CRCs: 1 the client, 2 the server
 */
struct trial {
	void (*it)(const struct sockaddr *at);
	enum cxio_policy_kind policy;
	unsigned int no_crc;
};

static const struct trial trials[] = {
	{ policies, CXIO_POLICY_KINDS },
	{ standby, CXIO_STATEFUL_SERVER },
	{ asked_before, CXIO_STATEFUL_SERVER },
	{ some_crcs, CXIO_STATELESS_SERVER, 0 },
	{ some_crcs, CXIO_STATELESS_SERVER, 1 },
	{ some_crcs, CXIO_STATELESS_SERVER, 2 },
	{ no_crcs, CXIO_STATELESS_SERVER, 3 },
	{ expiry, CXIO_STATELESS_SERVER },
};

static int begin(const struct trial *trial, const struct sockaddr *at)
{
	if (!t.client || !t.server)
		return -ENOMEM;
	cxio_messenger_data_crc(t.client, !(trial->no_crc & 1));
	cxio_messenger_data_crc(t.server, !(trial->no_crc & 2));
	if (trial->policy == CXIO_POLICY_KINDS)
		return 0;
	return cxio_listen(t.server, at, trial->policy, NULL);
}

static void try(const struct trial *trial, const struct sockaddr *at)
{
	int err;

	t.client = cxio_messenger_create(&init_net, &client_ops);
	t.server = cxio_messenger_create(&init_net, &server_ops);
	err = begin(trial, at);
	if (err)
		FAIL("no messengers, or no listener: %d\n", err);
	else
		trial->it(at);
	if (t.client)
		cxio_messenger_destroy(t.client);
	if (t.server)
		cxio_messenger_destroy(t.server);
}

static int __init owner_test_init(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	unsigned int i;

	if (!in4_pton(addr, -1, (u8 *)&at.sin_addr, -1, NULL) || !slower || slower > 4)
		return -EINVAL;
	init_waitqueue_head(&t.changed);
	init_completion(&t.answer);
	init_completion(&t.held);
	for (i = 0; i < ARRAY_SIZE(trials); i++)
		try(&trials[i], (struct sockaddr *)&at);
	pr_info("owner_test: %u wrong\n", t.bad);
	return t.bad ? -EIO : 0;
}

static void __exit owner_test_exit(void)
{
}

module_init(owner_test_init);
module_exit(owner_test_exit);

MODULE_DESCRIPTION("Test of ceph_xio: what an owner sets and asks for");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(CEPH_XIO);
