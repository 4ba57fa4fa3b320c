// SPDX-License-Identifier: GPL-2.0-only
/*
 * tid_test.ko: an owner that has one message for all that comes with a number, as libceph
 * has one for the reply to a request, however often and on whatever connection it comes.
 *
 * Loaded, it serves at @addr until it is unloaded; who comes and breaks rules is
 * tests/selftests/raw_tid.c. What is dispatched must be a message as that sends them: each
 * byte of its data is seven more than the one before, so that what is of two messages shows.
 * It goes back in a message of its own, if it is short; else only the number does. The
 * kernel log tells the result.
 */
#include <linux/atomic.h>
#include <linux/in.h>
#include <linux/inet.h>
#include <linux/module.h>

#include "room.h"

static char *addr = "";
module_param(addr, charp, 0400);
MODULE_PARM_DESC(addr, "IPv4 address of an RDMA device");
static unsigned int port = 7997;
module_param(port, uint, 0400);
MODULE_PARM_DESC(port, "port to listen at");

#define NUMBERS		64u
#define DATA_MAX	65536u
#define OTHERS_MAX	64u	/* of front and of middle */
#define SHORT		1024u

static struct {
	struct cxio_messenger *messenger;
	struct cxio_message *message[NUMBERS];	/* by number */
	u8 others[NUMBERS][2][OTHERS_MAX];
	atomic_t given, dispatched, bad;
} t;

#define FAIL(...) do { pr_err("tid_test: " __VA_ARGS__); atomic_inc(&t.bad); } while (0)

static bool fits(const struct cxio_msg_header *h)
{
	return h->len[CXIO_FRONT] <= OTHERS_MAX && h->len[CXIO_MIDDLE] <= OTHERS_MAX &&
	       h->len[CXIO_DATA] <= DATA_MAX;
}

/* Whether it comes in already, or is dispatched right now: that is not for an owner to see. */
static struct cxio_message *alloc_msg(struct cxio_connection *c, const struct cxio_msg_header *h,
				      bool *skip)
{
	struct cxio_message *m = t.message[h->tid % NUMBERS];

	if (!fits(h)) {
		*skip = true;
		return NULL;
	}
	atomic_inc(&t.given);
	cxio_message_get(m);
	return m;
}

static u8 byte_at(const struct room *r, u32 i)
{
	return ((const u8 *)page_address(r->page[i / PAGE_SIZE]))[i % PAGE_SIZE];
}

static bool is_one(const struct cxio_message *m)
{
	const struct room *r = m->private;
	u32 i;

	for (i = 1; i < m->header.len[CXIO_DATA]; i++)
		if (byte_at(r, i) != (u8)(byte_at(r, i - 1) + 7))
			return false;
	return true;
}

static void send_back(struct cxio_connection *c, const struct cxio_message *m)
{
	struct cxio_msg_header h = m->header;
	struct cxio_message *back;
	u32 i;

	if (h.len[CXIO_DATA] > SHORT)
		h.len[CXIO_DATA] = 0;
	back = cxio_message_new(&h, GFP_NOIO);
	if (!back) {
		FAIL("no memory to answer %llu\n", h.tid);
		return;
	}
	for (i = CXIO_FRONT; i <= CXIO_MIDDLE; i++)
		memcpy(back->segment[i], m->segment[i], h.len[i]);
	for (i = 0; i < h.len[CXIO_DATA]; i++)
		((u8 *)back->segment[CXIO_DATA])[i] = byte_at(m->private, i);
	cxio_connection_send(c, back);
}

static void dispatch(struct cxio_connection *c, struct cxio_message *m)
{
	atomic_inc(&t.dispatched);
	if (!is_one(m))
		FAIL("message %llu of %u bytes is not what was sent\n", m->header.tid,
		     m->header.len[CXIO_DATA]);
	send_back(c, m);
	cxio_message_put(m);
}

static const struct cxio_ops ops = { .alloc_msg = alloc_msg, .dispatch = dispatch };

static bool make_all(void)
{
	struct cxio_msg_header h = { .len[CXIO_DATA] = DATA_MAX };
	struct cxio_message *m;
	u32 i;

	for (i = 0; i < NUMBERS; i++) {
		h.tid = i;
		m = room_message(&h);
		if (!m)
			return false;
		m->segment[CXIO_FRONT] = t.others[i][0];
		m->segment[CXIO_MIDDLE] = t.others[i][1];
		t.message[i] = m;
	}
	return true;
}

static void end(void)
{
	u32 i;

	if (t.messenger)
		cxio_messenger_destroy(t.messenger);
	for (i = 0; i < NUMBERS; i++)
		cxio_message_put(t.message[i]);
}

static int __init tid_test_init(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	int err = -ENOMEM;

	if (!in4_pton(addr, -1, (u8 *)&at.sin_addr, -1, NULL))
		return -EINVAL;
	if (make_all())
		t.messenger = cxio_messenger_create(&init_net, &ops);
	if (t.messenger)
		err = cxio_listen(t.messenger, (struct sockaddr *)&at, CXIO_STATELESS_SERVER, NULL);
	if (err)
		end();
	return err;
}

static void __exit tid_test_exit(void)
{
	end();
	pr_info("tid_test: %d given, %d dispatched, %d wrong\n", atomic_read(&t.given),
		atomic_read(&t.dispatched), atomic_read(&t.bad));
}

module_init(tid_test_init);
module_exit(tid_test_exit);

MODULE_DESCRIPTION("Test of ceph_xio: one message for all that comes with a number");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(CEPH_XIO);
