// SPDX-License-Identifier: GPL-2.0-only
/*
 * nomem_test.ko: what a user of the kernel's messenger does, one step at a time, so that a
 * script can have memory run out in each.
 *
 * It listens at @addr for itself. A word written to the parameter "step" is done, and waited
 * for: open, send (messages in one frame, in several, and read by the peer, into memory of
 * alloc_msg's, which come back and are compared), close, abort. A step that fails says so by
 * its errno. Whatever fails, the end of a connection must be told once, and a lossless
 * session must go on: what was sent comes back once, in order. If not, "step" reads so.
 */
#include <linux/in.h>
#include <linux/inet.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "../../kernel/cxio.h"

static char *addr = "";
module_param(addr, charp, 0400);
MODULE_PARM_DESC(addr, "IPv4 address of an RDMA device");
static unsigned int port = 7996;
module_param(port, uint, 0400);
MODULE_PARM_DESC(port, "port to listen at");
static bool lossless;
module_param(lossless, bool, 0400);
MODULE_PARM_DESC(lossless, "sessions survive the loss of a carrier");

#define LIMIT		(20 * HZ)
#define MESSAGES	6

static struct {
	struct cxio_messenger *sender;
	struct cxio_messenger *receiver;
	struct cxio_connection *connection;
	wait_queue_head_t changed;
	atomic_t bad;
	unsigned int opened, closed;	/* how often that was told */
	unsigned int sent, back;
	u32 fault;
	atomic_t senders, receivers;	/* what their owners are counted by */
	int most;
} t;

#define FAIL(...) do { pr_err("nomem_test: " __VA_ARGS__); atomic_inc(&t.bad); } while (0)

/* --- callbacks --- */

static struct cxio_message *alloc_msg(struct cxio_connection *c, const struct cxio_msg_header *h,
				      bool *skip)
{
	return cxio_message_new(h, GFP_NOIO);
}

static void echo(struct cxio_connection *c, struct cxio_message *m)
{
	cxio_connection_send(c, m);
}

static void opened(struct cxio_connection *c)
{
	WRITE_ONCE(t.opened, t.opened + 1);
	wake_up(&t.changed);
}

static void closed(struct cxio_connection *c)
{
	bool by_peer;

	t.fault = cxio_connection_fault(c, &by_peer);
	WRITE_ONCE(t.closed, t.closed + 1);
	wake_up(&t.changed);
}

static bool is_as_sent(struct cxio_message *m)
{
	u32 len = m->header.len[CXIO_DATA];

	return !memchr_inv(m->segment[CXIO_DATA], (u8)m->header.tid, len);
}

static void came_back(struct cxio_connection *c, struct cxio_message *m)
{
	if (m->header.tid != t.back)
		FAIL("message %llu came back, and %u was due\n", m->header.tid, t.back);
	else if (!is_as_sent(m))
		FAIL("message %llu is not what was sent\n", m->header.tid);
	cxio_message_put(m);
	WRITE_ONCE(t.back, t.back + 1);
	wake_up(&t.changed);
}

/* --- owners: one for each side, as long as there are connections --- */

static void get_owner(void *private)
{
	atomic_inc(private);
}

static void put_owner(void *private)
{
	if (atomic_dec_return(private) < 0)
		FAIL("an owner was put more often than it was got\n");
}

static void accepted(struct cxio_connection *c)
{
	cxio_connection_set_private(c, &t.receivers);
}

static const struct cxio_ops sender_ops = {
	.get = get_owner, .put = put_owner, .alloc_msg = alloc_msg, .dispatch = came_back,
	.opened = opened, .closed = closed,
};
static const struct cxio_ops receiver_ops = {
	.get = get_owner, .put = put_owner, .alloc_msg = alloc_msg, .dispatch = echo,
	.accepted = accepted,
};

/* --- steps --- */

static struct sockaddr_in where(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };

	in4_pton(addr, -1, (u8 *)&at.sin_addr, -1, NULL);
	return at;
}

static int over(void)
{
	return READ_ONCE(t.closed) ? -EPIPE : 0;
}

static int do_open(void)
{
	enum cxio_policy_kind kind = lossless ? CXIO_LOSSLESS_CLIENT : CXIO_LOSSY_CLIENT;
	struct sockaddr_in at = where();
	struct cxio_connection *c;

	if (t.connection)
		return -EEXIST;
	t.opened = 0;
	t.closed = 0;
	t.sent = 0;
	t.back = 0;
	c = cxio_connection_open(t.sender, kind, (struct sockaddr *)&at, NULL, &t.senders);
	if (IS_ERR(c))
		return PTR_ERR(c);
	t.connection = c;
	t.most = max(t.most, atomic_read(&t.senders));
	if (!wait_event_timeout(t.changed, READ_ONCE(t.opened) || over(), LIMIT)) {
		FAIL("neither opened nor closed\n");
		return -ETIMEDOUT;
	}
	return over();
}

static int send_one(void)
{
	static const u32 lengths[] = { 100, 12000, 100000 };
	struct cxio_msg_header h = { .tid = t.sent };
	struct cxio_message *m;
	int err;

	h.len[CXIO_DATA] = lengths[t.sent % ARRAY_SIZE(lengths)];
	m = cxio_message_new(&h, GFP_KERNEL);
	if (!m)
		return -ENOMEM;
	memset(m->segment[CXIO_DATA], (u8)h.tid, h.len[CXIO_DATA]);
	err = cxio_connection_send(t.connection, m);
	if (!err)
		t.sent++;
	return err;
}

static int do_send(void)
{
	unsigned int i;
	int err = 0;

	if (!t.connection)
		return -ENOTCONN;
	for (i = 0; i < MESSAGES && !err; i++)
		err = send_one();
	if (!wait_event_timeout(t.changed, READ_ONCE(t.back) == t.sent || over(), LIMIT)) {
		FAIL("%u of %u messages came back\n", t.back, t.sent);
		return -ETIMEDOUT;
	}
	return err ?: over();
}

/* Its end is told once, whenever it was. */
static int do_end(bool abort)
{
	int err = 0;

	if (!t.connection)
		return -ENOTCONN;
	if (lossless && over())
		FAIL("a lossless session ended by fault %u\n", t.fault);
	if (abort)
		cxio_connection_abort(t.connection, CXIO_FAULT_SHUTDOWN);
	else
		cxio_connection_close(t.connection);
	if (!wait_event_timeout(t.changed, over(), LIMIT)) {
		FAIL("its end was not told\n");
		err = -ETIMEDOUT;
	}
	cxio_connection_put(t.connection);
	t.connection = NULL;
	if (t.closed > 1)
		FAIL("its end was told %u times\n", t.closed);
	return err;
}

static int set_step(const char *word, const struct kernel_param *kp)
{
	if (!t.receiver)
		return -EINVAL;
	if (sysfs_streq(word, "open"))
		return do_open();
	if (sysfs_streq(word, "send"))
		return do_send();
	if (sysfs_streq(word, "close"))
		return do_end(false);
	if (sysfs_streq(word, "abort"))
		return do_end(true);
	return -EINVAL;
}

static int get_step(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d wrong\n", atomic_read(&t.bad));
}

static const struct kernel_param_ops step_ops = { .set = set_step, .get = get_step };
module_param_cb(step, &step_ops, NULL, 0600);
MODULE_PARM_DESC(step, "open, send, close or abort; reads what went wrong that must not");

static void end(void)
{
	if (t.sender)
		cxio_messenger_destroy(t.sender);
	if (t.receiver)
		cxio_messenger_destroy(t.receiver);
	if (t.connection)
		cxio_connection_put(t.connection);
	/* Nobody can ask any more: the log's gate sees these. */
	WARN(atomic_read(&t.senders) || atomic_read(&t.receivers), "owners still held: %d and %d\n",
	     atomic_read(&t.senders), atomic_read(&t.receivers));
	WARN(t.opened && !t.most, "no owner was ever held\n");
}

static int __init nomem_test_init(void)
{
	struct sockaddr_in at = where();
	int err = -ENOMEM;

	init_waitqueue_head(&t.changed);
	t.sender = cxio_messenger_create(&init_net, &sender_ops);
	t.receiver = cxio_messenger_create(&init_net, &receiver_ops);
	if (t.sender && t.receiver)
		err = cxio_listen(t.receiver, (struct sockaddr *)&at,
				  lossless ? CXIO_STATEFUL_SERVER : CXIO_STATELESS_SERVER, NULL);
	if (err)
		end();
	return err;
}

static void __exit nomem_test_exit(void)
{
	end();
}

module_init(nomem_test_init);
module_exit(nomem_test_exit);

MODULE_DESCRIPTION("Test of ceph_xio: no memory, step by step");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(CEPH_XIO);
