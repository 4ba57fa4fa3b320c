// SPDX-License-Identifier: GPL-2.0-only
/*
 * revoke_test.ko: takes memory back at random moments, and rewrites it at once.
 *
 * Loading it runs the test: two messengers of this module, one listening at @addr, and
 * messages between them, short, chained, and read by the peer. A part of them is revoked by
 * its sender, in the second half by its receiver while it comes in. What is dispatched must
 * be what was sent, whatever was written over it after the revoke had returned; what was
 * taken back by the receiver must stay as he left it; what nobody took back must come
 * exactly once, in order. The kernel log tells the result; loading fails if it is bad.
 */
#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/in.h>
#include <linux/inet.h>
#include <linux/module.h>
#include <linux/prandom.h>

#include "../../common/plan.h"
#include "room.h"

static char *addr = "";
module_param(addr, charp, 0400);
MODULE_PARM_DESC(addr, "IPv4 address of an RDMA device");
static unsigned int port = 7999;
module_param(port, uint, 0400);
MODULE_PARM_DESC(port, "port to listen at");
static unsigned int rounds = 500;
module_param(rounds, uint, 0400);
MODULE_PARM_DESC(rounds, "messages to revoke, each way");
static unsigned int seed = 1;
module_param(seed, uint, 0400);
MODULE_PARM_DESC(seed, "of the random moments");

/* As libceph's osdc->lock: callbacks take it, and a revoke is called with it held. */
static DEFINE_MUTEX(owner);

static struct {
	struct cxio_messenger *sender;
	struct cxio_messenger *receiver;
	struct cxio_connection *connection;
	struct rnd_state rnd;
	unsigned long *delivered;	/* by number: it was dispatched */
	unsigned long *taken_back;	/* likewise: it need not be */
	unsigned int last;	/* number that was dispatched last */
	unsigned int count;	/* of all messages */
	bool receiver_revokes;
	spinlock_t lock;	/* @incoming, @again */
	struct cxio_message *incoming[8];	/* by number, modulo 8 */
	wait_queue_head_t changed;	/* woken when @incoming has */
	struct completion end;
	struct completion refused;
	atomic_t bad;
	unsigned int in_device, in_cpu, idle;
	unsigned int in_read;
	unsigned int rewritten;
	unsigned int again;	/* @lock; messages that came in twice */
} t;

#define FAIL(...) do { pr_err("revoke_test: " __VA_ARGS__); atomic_inc(&t.bad); } while (0)

/* --- receiver --- */

static struct cxio_message **incoming(u64 id)
{
	return &t.incoming[id % ARRAY_SIZE(t.incoming)];
}

/* As libceph does: the memory for an answer is the same, however often it comes. */
static struct cxio_message *again(u64 id)
{
	struct cxio_message *m;

	spin_lock(&t.lock);
	m = *incoming(id);
	if (m && m->header.tid == id && !m->gone) {
		cxio_message_get(m);
		t.again++;
	} else {
		m = NULL;
	}
	spin_unlock(&t.lock);
	return m;
}

static struct cxio_message *alloc_msg(struct cxio_connection *c, const struct cxio_msg_header *h,
				      bool *skip)
{
	struct cxio_message *m, *former;

	mutex_lock(&owner);
	m = again(h->tid);
	mutex_unlock(&owner);
	if (m)
		return m;
	m = room_message(h);
	if (!m)
		return NULL;
	cxio_message_get(m);
	spin_lock(&t.lock);
	former = *incoming(h->tid);
	*incoming(h->tid) = m;
	spin_unlock(&t.lock);
	wake_up(&t.changed);
	cxio_message_put(former);
	return m;
}

static void dispatch(struct cxio_connection *c, struct cxio_message *m)
{
	struct room *r = m->private;
	unsigned int id = m->header.tid;

	mutex_lock(&owner);
	if (id >= t.count) {
		FAIL("message %u was never sent\n", id);
	} else {
		if (test_and_set_bit(id, t.delivered) || id < t.last)
			FAIL("message %u after %u\n", id, t.last);
		t.last = id;
		if (!room_holds(r, m->header.len[CXIO_DATA]))
			FAIL("message %u (%u bytes) is not what was sent\n", id,
			     m->header.len[CXIO_DATA]);
		if (id == t.count - 1)
			complete(&t.end);
	}
	mutex_unlock(&owner);
	cxio_message_put(m);
}

/* Of both sides: the carrier that a revoke breaks is lost, and another carries on. */
static void told(struct cxio_connection *c)
{
	mutex_lock(&owner);
	mutex_unlock(&owner);
}

static const struct cxio_ops receiver_ops = {
	.accepted = told, .opened = told, .alloc_msg = alloc_msg, .dispatch = dispatch,
	.closed = told,
};

/* --- sender --- */

static void unexpected(struct cxio_connection *c, struct cxio_message *m)
{
	FAIL("the sender got a message\n");
	cxio_message_put(m);
}

/* More than the window, and than all regions there are can expose. */
#define TOO_LARGE	(12u << 20)

static void undeliverable(struct cxio_connection *c, struct cxio_message *m)
{
	mutex_lock(&owner);
	if (m->header.len[CXIO_DATA] != TOO_LARGE)
		FAIL("message %llu of %u bytes is undeliverable\n", m->header.tid,
		     m->header.len[CXIO_DATA]);
	mutex_unlock(&owner);
	complete(&t.refused);
}

static const struct cxio_ops sender_ops = {
	.undeliverable = undeliverable, .opened = told, .dispatch = unexpected, .closed = told,
};

static u32 below(u32 n)
{
	return prandom_u32_state(&t.rnd) % n;
}

/* Nobody knows how long what takes: some moments are early, some late. */
static void random_moment(void)
{
	u32 us = below(4) ? below(300) : below(20000);

	if (us < 20)
		udelay(us);
	else
		usleep_range(us, us + 10);
}

/* Its memory is where a READ that is under way writes to. */
static bool being_read(struct cxio_message *incoming)
{
	bool yes;

	mutex_lock(&incoming->io);
	yes = incoming->touched_by;
	mutex_unlock(&incoming->io);
	return yes;
}

/* Others are queued before it: without waiting, every moment would be an early one. */
static void await_begin(struct cxio_message *m)
{
	int tries;

	for (tries = 0; tries < 10000 && !data_race(m->begun); tries++)
		usleep_range(20, 40);
}

static void note_moment(struct cxio_message *m)
{
	mutex_lock(&m->io);
	if (m->touched_by)
		t.in_device++;
	else if (m->begun || m->arrival)
		t.in_cpu++;
	else
		t.idle++;
	mutex_unlock(&m->io);
}

static void revoke_sent(struct cxio_message *m)
{
	struct cxio_message **kept = incoming(m->header.tid), *there = NULL;

	set_bit(m->header.tid, t.taken_back);
	spin_lock(&t.lock);
	if (*kept && (*kept)->header.tid == m->header.tid) {
		there = *kept;
		cxio_message_get(there);
	}
	spin_unlock(&t.lock);
	note_moment(m);
	t.in_read += there && being_read(there);
	mutex_lock(&owner);
	cxio_message_revoke(t.connection, m);
	mutex_unlock(&owner);
	cxio_message_put(there);
	room_rewrite(m->private, 0xee);
}

static struct cxio_message *its_incoming(unsigned int id)
{
	struct cxio_message **kept = incoming(id), *m = NULL;

	spin_lock(&t.lock);
	if (*kept && (*kept)->header.tid == id)
		swap(m, *kept);
	spin_unlock(&t.lock);
	return m;
}

/* Others are under way before it. */
static struct cxio_message *take_incoming(unsigned int id)
{
	struct cxio_message *m = NULL;

	wait_event_timeout(t.changed, (m = its_incoming(id)), 2 * HZ);
	return m;
}

/* Nobody tells when a READ begins; what is shorter is not read at all. */
static void await_read(struct cxio_message *m)
{
	int tries;

	if (m->header.len[CXIO_DATA] < CXIO_RENDEZVOUS_MIN)
		return;
	for (tries = 0; tries < 100 && !being_read(m) && !READ_ONCE(m->handed); tries++)
		usleep_range(20, 40);
}

/* Of the message that comes in: it is nobody's but ours then, and stays as it is. */
static void revoke_incoming(unsigned int id)
{
	struct cxio_message *m = take_incoming(id);
	bool taken;

	if (!m)
		return;
	if (below(2))
		await_read(m);
	udelay(below(200));
	note_moment(m);
	t.in_read += being_read(m);
	mutex_lock(&owner);
	taken = cxio_message_revoke_incoming(m);
	mutex_unlock(&owner);
	if (taken) {
		set_bit(id, t.taken_back);
		t.rewritten++;
		room_rewrite(m->private, 0xdd);
		usleep_range(2000, 2100);
		if (!room_holds_only(m->private, 0xdd))
			FAIL("message %u was written to after its revoke\n", id);
	}
	cxio_message_put(m);
}

static int send_one(unsigned int id, bool revoked)
{
	struct cxio_msg_header h = { .tid = id };
	struct cxio_message *m;
	int err;

	h.len[CXIO_DATA] = room_length(below(U32_MAX));
	m = room_message(&h);
	if (!m)
		return -ENOMEM;
	room_fill(m->private);
	cxio_message_get(m);
	err = cxio_connection_send(t.connection, m);
	if (!err && revoked && t.receiver_revokes)
		revoke_incoming(id);
	if (!err && revoked && !t.receiver_revokes) {
		if (below(4))
			await_begin(m);
		random_moment();
		revoke_sent(m);
	}
	cxio_message_put(m);
	return err;
}

/* In front of others, which it is not to hold up. */
static int send_too_large(void)
{
	struct cxio_msg_header h = { .len[CXIO_DATA] = TOO_LARGE };
	struct cxio_message *m = cxio_message_new(&h, GFP_KERNEL | __GFP_ZERO);

	return m ? cxio_connection_send(t.connection, m) : -ENOMEM;
}

static int send_all(void)
{
	unsigned int id;
	int err = send_too_large();

	for (id = 0; id < t.count && !err; id++) {
		t.receiver_revokes = id >= t.count / 2;
		/* The last one tells that all is over. */
		err = send_one(id, id % 2 && id < t.count - 1);
	}
	if (!err && !wait_for_completion_timeout(&t.end, 120 * HZ))
		err = -ETIMEDOUT;
	if (!err && !completion_done(&t.refused))
		FAIL("nobody was told of the message that is too large\n");
	return err;
}

static int run(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	unsigned int id;
	int err;

	if (!in4_pton(addr, -1, (u8 *)&at.sin_addr, -1, NULL))
		return -EINVAL;
	err = cxio_listen(t.receiver, (struct sockaddr *)&at, CXIO_STATEFUL_SERVER, NULL);
	if (err)
		return err;
	t.connection = cxio_connection_open(t.sender, CXIO_LOSSLESS_PEER,
					    (struct sockaddr *)&at, NULL, NULL);
	if (IS_ERR(t.connection))
		return PTR_ERR(t.connection);
	err = send_all();
	if (err)
		FAIL("stopped at message %u of %u: %d\n", t.last, t.count, err);
	cxio_connection_put(t.connection);
	for (id = 0; !err && id < t.count; id++)
		if (!test_bit(id, t.delivered) && !test_bit(id, t.taken_back))
			FAIL("message %u never came\n", id);
	return err;
}

static int __init revoke_test_init(void)
{
	int err = -ENOMEM;
	unsigned int i;

	spin_lock_init(&t.lock);
	init_waitqueue_head(&t.changed);
	init_completion(&t.end);
	init_completion(&t.refused);
	prandom_seed_state(&t.rnd, seed);
	t.count = 4 * rounds;
	t.delivered = bitmap_zalloc(t.count, GFP_KERNEL);
	t.taken_back = bitmap_zalloc(t.count, GFP_KERNEL);
	t.sender = cxio_messenger_create(&init_net, &sender_ops);
	t.receiver = cxio_messenger_create(&init_net, &receiver_ops);
	if (t.delivered && t.taken_back && t.sender && t.receiver)
		err = run();
	if (t.sender)
		cxio_messenger_destroy(t.sender);
	if (t.receiver)
		cxio_messenger_destroy(t.receiver);
	for (i = 0; i < ARRAY_SIZE(t.incoming); i++)
		cxio_message_put(t.incoming[i]);
	bitmap_free(t.delivered);
	bitmap_free(t.taken_back);
	pr_info("revoke_test: %u at a device, %u in the middle of a READ, %u under way, %u not begun, %u rewritten, %u again, %d wrong, error %d\n",
		t.in_device, t.in_read, t.in_cpu, t.idle, t.rewritten, t.again,
		atomic_read(&t.bad), err);
	return err ?: atomic_read(&t.bad) ? -EBADMSG : 0;
}

static void __exit revoke_test_exit(void)
{
}

module_init(revoke_test_init);
module_exit(revoke_test_exit);

MODULE_DESCRIPTION("Test of ceph_xio: memory taken back");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(CEPH_XIO);
