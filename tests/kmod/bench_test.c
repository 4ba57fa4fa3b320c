// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_test.ko: how long the kernel's messenger takes, for tests/bench.
 *
 * Loading it measures once, and the kernel log has the result as a line of JSON: round
 * trips one at a time, or a stream one way with @depth messages under way. Both ends are in
 * this module, unless @remote says that somebody is at @addr: who sends all messages back,
 * or for a stream takes them and answers nothing. A stream is then of a lossless session,
 * where a message is over when it is acknowledged, as it is to the library's xio_perf.
 */
#include <linux/completion.h>
#include <linux/in.h>
#include <linux/inet.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/wait.h>

#include "../../kernel/cxio.h"

static char *addr = "";
module_param(addr, charp, 0400);
MODULE_PARM_DESC(addr, "IPv4 address of an RDMA device, or of the echoing server");
static unsigned int port = 7998;
module_param(port, uint, 0400);
MODULE_PARM_DESC(port, "port to listen at, or of the server");
static bool remote;
module_param(remote, bool, 0400);
MODULE_PARM_DESC(remote, "a server elsewhere sends all messages back, or discards them");
static bool latency;
module_param(latency, bool, 0400);
MODULE_PARM_DESC(latency, "round trips, one at a time; else a stream one way");
static unsigned int size = 4096;
module_param(size, uint, 0400);
MODULE_PARM_DESC(size, "bytes of data of a message, at most 1048576");
static bool crc = true;
module_param(crc, bool, 0400);
MODULE_PARM_DESC(crc, "have messages CRCs of their data");
static unsigned int depth = 50;
module_param(depth, uint, 0400);
MODULE_PARM_DESC(depth, "messages under way");
static unsigned int count = 1000;
module_param(count, uint, 0400);
MODULE_PARM_DESC(count, "messages");

#define SIZE_MAX_	(1u << 20)
#define LIMIT		(60 * HZ)

static struct {
	struct cxio_messenger *sender;
	struct cxio_messenger *receiver;
	struct cxio_connection *connection;
	struct page *page[SIZE_MAX_ / PAGE_SIZE];
	unsigned int pages;
	u64 *round_trip;
	wait_queue_head_t changed;
	atomic_t under_way;
	atomic_t came;	/* back, or to the receiver */
	bool open, over, forgotten;
} t;

static void released(struct cxio_message *m)
{
	atomic_dec(&t.under_way);
	/* Acknowledged, nobody tells us of it otherwise; or dropped, for which see below. */
	if (remote && !latency)
		atomic_inc(&t.came);
	wake_up(&t.changed);
}

/* All messages have the same pages, which nobody writes anything else to. */
static struct cxio_message *new_message(const struct cxio_msg_header *h)
{
	struct cxio_message *m = cxio_message_alloc(h, GFP_NOIO);

	if (!m)
		return NULL;
	if (!h->len[CXIO_DATA] ||
	    !cxio_data_add_pages(&m->data, t.page, h->len[CXIO_DATA], 0))
		return m;
	cxio_message_put(m);
	return NULL;
}

static struct cxio_message *alloc_msg(struct cxio_connection *c, const struct cxio_msg_header *h,
				      bool *skip)
{
	return h->len[CXIO_DATA] <= size && !h->len[CXIO_FRONT] && !h->len[CXIO_MIDDLE] ?
		new_message(h) : NULL;
}

static void opened(struct cxio_connection *c)
{
	WRITE_ONCE(t.open, true);
	wake_up(&t.changed);
}

static void closed(struct cxio_connection *c)
{
	WRITE_ONCE(t.over, true);
	wake_up(&t.changed);
}

/* What was queued is dropped: it was not acknowledged. */
static void forgotten(struct cxio_connection *c)
{
	WRITE_ONCE(t.forgotten, true);
}

static void one_came(struct cxio_message *m)
{
	cxio_message_put(m);
	atomic_inc(&t.came);
	wake_up(&t.changed);
}

static void back(struct cxio_connection *c, struct cxio_message *m)
{
	one_came(m);
}

static void there(struct cxio_connection *c, struct cxio_message *m)
{
	if (latency)
		cxio_connection_send(c, m);
	else
		one_came(m);
}

static const struct cxio_ops sender_ops = {
	.alloc_msg = alloc_msg, .dispatch = back, .opened = opened, .closed = closed,
	.peer_reset = forgotten,
};
static const struct cxio_ops receiver_ops = { .alloc_msg = alloc_msg, .dispatch = there };

static int send_one(void)
{
	struct cxio_msg_header h = { .len[CXIO_DATA] = size };
	struct cxio_message *m = new_message(&h);

	if (!m)
		return -ENOMEM;
	m->release = released;
	atomic_inc(&t.under_way);
	return cxio_connection_send(t.connection, m);
}

static int wait_until_came(int want)
{
	if (!wait_event_timeout(t.changed, atomic_read(&t.came) >= want || READ_ONCE(t.over),
				LIMIT))
		return -ETIMEDOUT;
	return READ_ONCE(t.over) ? -ENOTCONN : 0;
}

static int compare(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int measure_latency(void)
{
	unsigned int i;
	int err = 0;
	u64 begin;

	for (i = 0; i < count && !err; i++) {
		begin = ktime_get_ns();
		err = send_one() ?: wait_until_came(i + 1);
		t.round_trip[i] = ktime_get_ns() - begin;
	}
	if (err)
		return err;
	sort(t.round_trip, count, sizeof(*t.round_trip), compare, NULL);
	pr_info("bench_test: {\"round_trip_p50_ns\":%llu,\"round_trip_min_ns\":%llu}\n",
		t.round_trip[count / 2], t.round_trip[0]);
	return 0;
}

static int measure_stream(void)
{
	u64 begin = ktime_get_ns(), ns;
	unsigned int i;
	int err = 0;

	for (i = 0; i < count && !err; i++) {
		if (!wait_event_timeout(t.changed, atomic_read(&t.under_way) < depth ||
					READ_ONCE(t.over), LIMIT))
			err = -ETIMEDOUT;
		err = err ?: send_one();
	}
	err = err ?: wait_until_came(count);
	ns = ktime_get_ns() - begin;
	if (!err)
		pr_info("bench_test: {\"messages_per_s\":%llu,\"elapsed_ns\":%llu}\n",
			div64_u64((u64)count * NSEC_PER_SEC, ns), ns);
	return err;
}

static int run(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	bool lost, by_peer;
	int err = 0;

	if (!in4_pton(addr, -1, (u8 *)&at.sin_addr, -1, NULL) || size > SIZE_MAX_ || !count ||
	    !depth)
		return -EINVAL;
	if (!remote)
		err = cxio_listen(t.receiver, (struct sockaddr *)&at, CXIO_STATELESS_SERVER, NULL);
	if (err)
		return err;
	t.connection = cxio_connection_open(t.sender, remote && !latency ? CXIO_LOSSLESS_CLIENT :
					    CXIO_LOSSY_CLIENT, (struct sockaddr *)&at, NULL, NULL);
	if (IS_ERR(t.connection))
		return PTR_ERR(t.connection);
	if (!wait_event_timeout(t.changed, READ_ONCE(t.open) || READ_ONCE(t.over), LIMIT))
		err = -ETIMEDOUT;
	err = err ?: (READ_ONCE(t.over) ? -ENOTCONN : 0);
	err = err ?: (latency ? measure_latency() : measure_stream());
	/* In order, or a server keeps a lossless session; and it ends after all have come. */
	lost = READ_ONCE(t.over) || READ_ONCE(t.forgotten);
	cxio_connection_close(t.connection);
	if (!wait_event_timeout(t.changed, READ_ONCE(t.over), LIMIT))
		lost = true;
	if (cxio_connection_fault(t.connection, &by_peer))
		lost = true;
	cxio_connection_put(t.connection);
	return err ?: (lost ? -EPIPE : 0);
}

static int make_pages(void)
{
	for (; t.pages < DIV_ROUND_UP(size, PAGE_SIZE); t.pages++) {
		t.page[t.pages] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!t.page[t.pages])
			return -ENOMEM;
	}
	return 0;
}

static int __init bench_test_init(void)
{
	int err = -ENOMEM;

	if (size > SIZE_MAX_)
		return -EINVAL;
	init_waitqueue_head(&t.changed);
	t.round_trip = kvcalloc(count, sizeof(*t.round_trip), GFP_KERNEL);
	t.sender = cxio_messenger_create(&init_net, &sender_ops);
	t.receiver = cxio_messenger_create(&init_net, &receiver_ops);
	if (t.round_trip && t.sender && t.receiver && !make_pages()) {
		cxio_messenger_data_crc(t.sender, crc);
		cxio_messenger_data_crc(t.receiver, crc);
		err = run();
	}
	if (t.sender)
		cxio_messenger_destroy(t.sender);
	if (t.receiver)
		cxio_messenger_destroy(t.receiver);
	while (t.pages)
		__free_page(t.page[--t.pages]);
	kvfree(t.round_trip);
	if (err)
		pr_err("bench_test: failed: %d\n", err);
	return err;
}

static void __exit bench_test_exit(void)
{
}

module_init(bench_test_init);
module_exit(bench_test_exit);

MODULE_DESCRIPTION("Measures ceph_xio");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(CEPH_XIO);
