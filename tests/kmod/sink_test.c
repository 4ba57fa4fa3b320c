// SPDX-License-Identifier: GPL-2.0-only
/*
 * sink_test.ko: takes memory back that the peer may write a reply to, at random moments.
 *
 * Loading it runs the test: two messengers of this module, one answering at @addr, and
 * requests to it that each offer the memory of their answer. Half of these are taken back,
 * and rewritten at once: they must stay as they are then. What is dispatched must be what
 * was answered, in the memory that was given for it; what nobody took back must come. How
 * many answers were really written there, and did not come in frames, is counted. The
 * kernel log tells the result; loading fails if it is bad.
 */
#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/in.h>
#include <linux/inet.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/wait.h>

#include "../../kernel/ceph_xio.h"
#include "room.h"

static char *addr = "";
module_param(addr, charp, 0400);
MODULE_PARM_DESC(addr, "IPv4 address of an RDMA device");
static unsigned int port = 7997;
module_param(port, uint, 0400);
MODULE_PARM_DESC(port, "port to listen at");
static unsigned int rounds = 500;
module_param(rounds, uint, 0400);
MODULE_PARM_DESC(rounds, "answers whose memory is taken back");
static unsigned int seed = 1;
module_param(seed, uint, 0400);
MODULE_PARM_DESC(seed, "of the random moments");

#define UNDER_WAY	4u

/* As libceph's osdc->lock: callbacks take it, and a revoke is called with it held. */
static DEFINE_MUTEX(owner);

static struct {
	struct cxio_messenger *asker;
	struct cxio_messenger *answerer;
	struct cxio_connection *connection;
	struct rnd_state rnd;
	unsigned int count;	/* of all requests; their numbers begin with 1 */
	unsigned long *over;	/* by number: dispatched, or taken back */
	unsigned long *dispatched;
	wait_queue_head_t changed;	/* woken when @over has */
	spinlock_t lock;	/* @answer */
	struct cxio_message *answer[2 * UNDER_WAY];	/* by number */
	u64 came;	/* number that began to come last */
	atomic_t bad;
	unsigned int open, coming, idle, late;
	u64 written;
} t;

#define FAIL(...) do { pr_err("sink_test: " __VA_ARGS__); atomic_inc(&t.bad); } while (0)

/* Some fit one frame, some take several, some would be read without a sink. */
static u32 length_of(u64 id)
{
	/* A sink is one region. */
	return min_t(u32, room_length((u32)id * 2654435761u >> 8), 1040384);
}

/* --- who answers --- */

static void answer(struct cxio_connection *c, struct cxio_message *request)
{
	struct cxio_msg_header h = { .tid = request->header.tid };
	struct cxio_message *m;

	h.len[CXIO_DATA] = length_of(h.tid);
	m = room_message(&h);
	if (m) {
		room_fill(m->private);
		cxio_message_reply_to(m, request);
		cxio_connection_send(c, m);
	} else {
		FAIL("no memory to answer %llu\n", h.tid);
	}
	cxio_message_put(request);
}

static const struct cxio_ops answerer_ops = { .dispatch = answer };

/* --- who asks --- */

static struct cxio_message **answer_to(u64 id)
{
	return &t.answer[id % ARRAY_SIZE(t.answer)];
}

static struct cxio_message *alloc_msg(struct cxio_connection *c, const struct cxio_msg_header *h,
				      bool *skip)
{
	struct cxio_message *m;

	mutex_lock(&owner);
	spin_lock(&t.lock);
	m = *answer_to(h->tid);
	if (m && m->header.tid == h->tid && !m->gone)
		cxio_message_get(m);
	else
		m = NULL;
	spin_unlock(&t.lock);
	mutex_unlock(&owner);
	WRITE_ONCE(t.came, h->tid);
	wake_up(&t.changed);
	*skip = !m;
	return m;
}

static void set_over(u64 id)
{
	set_bit(id, t.over);
	wake_up(&t.changed);
}

static void dispatch(struct cxio_connection *c, struct cxio_message *m)
{
	u64 id = m->header.tid;

	mutex_lock(&owner);
	if (test_and_set_bit(id, t.dispatched))
		FAIL("answer %llu came twice\n", id);
	if (m->header.len[CXIO_DATA] != length_of(id) ||
	    !room_holds(m->private, length_of(id)))
		FAIL("answer %llu (%u bytes) is not what was sent\n", id,
		     m->header.len[CXIO_DATA]);
	set_over(id);
	mutex_unlock(&owner);
	cxio_message_put(m);
}

static const struct cxio_ops asker_ops = { .alloc_msg = alloc_msg, .dispatch = dispatch };

static u32 below(u32 n)
{
	return prandom_u32_state(&t.rnd) % n;
}

static void note_moment(struct cxio_message *m)
{
	mutex_lock(&m->io);
	if (m->touched_by && !m->arrival)
		t.open++;
	else if (m->touched_by || m->arrival)
		t.coming++;
	else
		t.idle++;
	mutex_unlock(&m->io);
}

static void take_back(struct cxio_message *m)
{
	u64 id = m->header.tid;
	bool taken;

	if (below(2))
		usleep_range(0, 1 + below(below(4) ? 300 : 5000));
	else if (wait_event_timeout(t.changed, READ_ONCE(t.came) >= id, HZ))
		udelay(below(100));
	note_moment(m);
	mutex_lock(&owner);
	taken = cxio_message_revoke_incoming(m);
	mutex_unlock(&owner);
	if (!taken) {
		t.late++;
		return;
	}
	room_rewrite(m->private, 0xdd);
	set_over(id);
	usleep_range(1000, 1100);
	if (!room_holds_only(m->private, 0xdd))
		FAIL("the memory of answer %llu was written to after its revoke\n", id);
}

static void keep(u64 id, struct cxio_message *m)
{
	struct cxio_message *former;

	if (m)
		cxio_message_get(m);
	spin_lock(&t.lock);
	former = *answer_to(id);
	*answer_to(id) = m;
	spin_unlock(&t.lock);
	cxio_message_put(former);
}

static int ask(u64 id, bool revoked)
{
	struct cxio_msg_header h = { .tid = id };
	struct cxio_message *request = cxio_message_new(&h, GFP_NOIO), *m;
	int err;

	h.len[CXIO_DATA] = length_of(id);
	m = room_message(&h);
	if (!request || !m) {
		cxio_message_put(request);
		cxio_message_put(m);
		return -ENOMEM;
	}
	room_rewrite(m->private, 0x55);
	keep(id, m);
	cxio_message_offer(request, m);
	err = cxio_connection_send(t.connection, request);
	if (!err && revoked)
		take_back(m);
	cxio_message_put(m);
	return err;
}

/* Return: false if it does not come. */
static bool await(u64 id)
{
	return wait_event_timeout(t.changed, test_bit(id, t.over), 60 * HZ);
}

static int ask_all(void)
{
	u64 id;
	int err = 0;

	for (id = 1; id <= t.count && !err; id++) {
		err = ask(id, id % 2);
		if (!err && id > UNDER_WAY && !await(id - UNDER_WAY))
			err = -ETIMEDOUT;
	}
	for (id = 1; id <= t.count && !err; id++)
		if (!await(id))
			err = -ETIMEDOUT;
	return err;
}

/* As of the last round of its work: the last answer may not be among them. */
static u64 count_written(struct cxio_connection *c)
{
	u64 n;

	spin_lock_bh(&c->lock);
	n = c->stats.received_sink;
	spin_unlock_bh(&c->lock);
	return n;
}

static int run(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	int err;

	if (!in4_pton(addr, -1, (u8 *)&at.sin_addr, -1, NULL))
		return -EINVAL;
	err = cxio_listen(t.answerer, (struct sockaddr *)&at, CXIO_STATEFUL_SERVER, NULL);
	if (err)
		return err;
	t.connection = cxio_connection_open(t.asker, CXIO_LOSSLESS_PEER,
					    (struct sockaddr *)&at, NULL, NULL);
	if (IS_ERR(t.connection))
		return PTR_ERR(t.connection);
	err = ask_all();
	t.written = count_written(t.connection);
	cxio_connection_put(t.connection);
	return err;
}

static int __init sink_test_init(void)
{
	int err = -ENOMEM;
	u64 i;

	spin_lock_init(&t.lock);
	init_waitqueue_head(&t.changed);
	prandom_seed_state(&t.rnd, seed);
	t.count = 2 * rounds;
	t.over = bitmap_zalloc(t.count + 1, GFP_KERNEL);
	t.dispatched = bitmap_zalloc(t.count + 1, GFP_KERNEL);
	t.asker = cxio_messenger_create(&init_net, &asker_ops);
	t.answerer = cxio_messenger_create(&init_net, &answerer_ops);
	if (t.over && t.dispatched && t.asker && t.answerer)
		err = run();
	if (t.asker)
		cxio_messenger_destroy(t.asker);
	if (t.answerer)
		cxio_messenger_destroy(t.answerer);
	for (i = 0; i < ARRAY_SIZE(t.answer); i++)
		keep(i, NULL);
	bitmap_free(t.over);
	bitmap_free(t.dispatched);
	pr_info("sink_test: %u open, %u coming, %u neither, %u too late, %llu written, %d wrong, error %d\n",
		t.open, t.coming, t.idle, t.late, t.written, atomic_read(&t.bad), err);
	return err ?: atomic_read(&t.bad) ? -EBADMSG : 0;
}

static void __exit sink_test_exit(void)
{
}

module_init(sink_test_init);
module_exit(sink_test_exit);

MODULE_DESCRIPTION("Test of ceph_xio: memory offered for replies, taken back");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(CEPH_XIO);
