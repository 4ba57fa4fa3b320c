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

/* Far below the default of twenty seconds. */
#define INTERVAL_MS	300u
#define EXPIRY_MS	2000u
#define EXPIRED_MS	10000u
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
	return xchg(&t.refuse, false) ? NULL : cxio_message_new(h, GFP_NOIO);
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
	struct cxio_connection *c;
	u64 since, ms;

	cxio_messenger_keepalive(t.client, INTERVAL_MS, EXPIRY_MS);
	c = connection_to(at, CXIO_LOSSY_CLIENT);
	if (!c)
		return;
	if (wait_event_timeout(t.changed, is_closed(), msecs_to_jiffies(2 * EXPIRY_MS)))
		FAIL("a peer that answers is given up by fault %u\n", t.fault);
	WRITE_ONCE(t.hold, true);
	if (send_one(c, 100) || !wait_for_completion_timeout(&t.held, LIMIT))
		FAIL("the peer's owner was not told\n");
	since = ktime_get_ns();
	until(is_closed, "given up");
	ms = div_u64(ktime_get_ns() - since, NSEC_PER_MSEC);
	WRITE_ONCE(t.hold, false);
	complete(&t.answer);
	/* It may have said something a moment before it was stopped. */
	if (t.fault != CXIO_FAULT_KEEPALIVE || ms < EXPIRY_MS - INTERVAL_MS || ms > EXPIRED_MS)
		FAIL("a silent peer: fault %u after %llu ms\n", t.fault, ms);
	pr_info("owner_test: given up after %llu ms\n", ms);
	cxio_connection_put(c);
}

/* Lost with nothing queued it waits for whoever wants something, be it a keepalive. */
static void standby(const struct sockaddr *at)
{
	struct cxio_connection *c;
	unsigned int i;

	cxio_messenger_keepalive(t.client, 0, 0);
	t.refuse = true;
	t.greet = true;
	c = connection_to(at, CXIO_LOSSLESS_PEER);
	if (!c)
		return;
	if (!until(is_open, "opened") ||
	    wait_event_timeout(t.changed, is_open_again() || is_closed(), HZ))
		FAIL("it came back unasked, or ended\n");
	if (t.refuse || t.came)
		FAIL("the carrier was not lost\n");
	/* Again and again, as an owner does; before it is open one of them may be too early. */
	for (i = 0; i < 600 && !is_open_again() && !is_closed(); i++) {
		cxio_connection_keepalive(c);
		wait_event_timeout(t.changed, is_open_again() || is_closed(), HZ / 10);
	}
	if (!is_open_again())
		FAIL("no keepalive brought it back\n");
	else
		until(has_come, "what was not acknowledged");
	t.greet = false;
	end_of(c);
}

static bool is_decided(void)
{
	return is_closed() || READ_ONCE(t.changed_to);
}

static void crc(const struct sockaddr *at, bool client_has, bool server_has)
{
	bool any = client_has || server_has;
	struct cxio_connection *c;

	cxio_messenger_data_crc(t.client, client_has);
	cxio_messenger_data_crc(t.server, server_has);
	t.changed_to = 0;
	c = connection_to(at, CXIO_LOSSY_CLIENT);
	if (!c)
		return;
	if (send_one(c, READ_BYTES))
		FAIL("the client cannot send\n");
	until(is_decided, "read");
	if (t.changed_to != (any ? 0 : AFTER))
		FAIL("CRCs %d and %d: read %#x\n", client_has, server_has, t.changed_to);
	if (any && t.fault != CXIO_FAULT_DATA_CRC)
		FAIL("CRCs %d and %d: fault %u\n", client_has, server_has, t.fault);
	if (any)
		cxio_connection_put(c);
	else
		end_of(c);
}

static void crcs(const struct sockaddr *at)
{
	crc(at, true, true);
}

static void crcs_of_the_client(const struct sockaddr *at)
{
	crc(at, true, false);
}

static void crcs_of_the_server(const struct sockaddr *at)
{
	crc(at, false, true);
}

static void no_crcs(const struct sockaddr *at)
{
	crc(at, false, false);
}

/* Each with messengers of its own. */
static void try(void (*it)(const struct sockaddr *at), enum cxio_policy_kind policy,
		const struct sockaddr *at)
{
	int err = -ENOMEM;

	t.client = cxio_messenger_create(&init_net, &client_ops);
	t.server = cxio_messenger_create(&init_net, &server_ops);
	if (t.client && t.server)
		err = policy == CXIO_POLICY_KINDS ? 0 : cxio_listen(t.server, at, policy, NULL);
	if (err)
		FAIL("no messengers, or no listener: %d\n", err);
	else
		it(at);
	if (t.client)
		cxio_messenger_destroy(t.client);
	if (t.server)
		cxio_messenger_destroy(t.server);
}

static int __init owner_test_init(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr *at = (struct sockaddr *)&in;

	if (!in4_pton(addr, -1, (u8 *)&in.sin_addr, -1, NULL))
		return -EINVAL;
	init_waitqueue_head(&t.changed);
	init_completion(&t.answer);
	init_completion(&t.held);
	try(policies, CXIO_POLICY_KINDS, at);
	try(standby, CXIO_STATEFUL_SERVER, at);
	try(crcs, CXIO_STATELESS_SERVER, at);
	try(crcs_of_the_client, CXIO_STATELESS_SERVER, at);
	try(crcs_of_the_server, CXIO_STATELESS_SERVER, at);
	try(no_crcs, CXIO_STATELESS_SERVER, at);
	try(expiry, CXIO_STATELESS_SERVER, at);
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
