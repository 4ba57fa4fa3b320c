// SPDX-License-Identifier: GPL-2.0-only
/*
 * ceph_xio_libceph.ko: the transport "rdma" of libceph.
 */
#include <linux/bvec.h>
#include <linux/module.h>
#include <linux/uio.h>

#include <linux/ceph/messenger.h>
#include <linux/ceph/transport.h>

#include "stream.h"

static bool cm;
module_param(cm, bool, 0644);
MODULE_PARM_DESC(cm, "connect by RDMA CM, as daemons with ms_async_rdma_cm=true do (default: over TCP)");

static unsigned int gid_index;
module_param(gid_index, uint, 0644);
MODULE_PARM_DESC(gid_index, "entry of the GID table to use, as ms_async_rdma_gid_idx at daemons (default 0); not with cm");

static int set_slot_size(const char *text, const struct kernel_param *kp)
{
	return param_set_uint_minmax(text, kp, CXIO_SLOT_SIZE_MIN, CXIO_SLOT_SIZE_MAX);
}

static int set_recv_slots(const char *text, const struct kernel_param *kp)
{
	return param_set_uint_minmax(text, kp, CXIO_RECV_SLOTS_MIN, CXIO_SLOTS_MAX);
}

static int set_send_size(const char *text, const struct kernel_param *kp)
{
	return param_set_uint_minmax(text, kp, 1, CXIO_SLOTS_MAX * CXIO_SLOT_SIZE);
}

static const struct kernel_param_ops slot_size_ops = {
	.set = set_slot_size, .get = param_get_uint,
};

static const struct kernel_param_ops recv_slots_ops = {
	.set = set_recv_slots, .get = param_get_uint,
};

static const struct kernel_param_ops send_size_ops = {
	.set = set_send_size, .get = param_get_uint,
};

static unsigned int buffer_size = CXIO_SLOT_SIZE;
module_param_cb(buffer_size, &slot_size_ops, &buffer_size, 0644);
MODULE_PARM_DESC(buffer_size, "bytes of a slot; must equal ms_async_rdma_buffer_size of the cluster (default 131072)");

static unsigned int recv_slots = CXIO_RECV_SLOTS;
module_param_cb(recv_slots, &recv_slots_ops, &recv_slots, 0644);
MODULE_PARM_DESC(recv_slots, "slots to receive into, of each connection (default 16)");

static unsigned int send_size = CXIO_SEND_BYTES;
module_param_cb(send_size, &send_size_ops, &send_size, 0644);
MODULE_PARM_DESC(send_size, "bytes of the slots to send from, of each connection (default 1048576)");

/**
 * cxio_rs_params() - what the module's parameters say now
 * @p: set to that
 *
 * Context: any.
 */
void cxio_rs_params(struct cxio_rs_params *p)
{
	p->cm = READ_ONCE(cm);
	p->gid_index = READ_ONCE(gid_index);
	p->slot_size = READ_ONCE(buffer_size);
	p->send_slots = cxio_send_slots_for(READ_ONCE(send_size), p->slot_size);
	p->recv_slots = READ_ONCE(recv_slots);
}

/* --- struct ceph_transport: see there for what is asked of each --- */

static struct cxio_rs *stream_of(const struct ceph_connection *con)
{
	return container_of(con->sock, struct cxio_rs, sock);
}

static int transport_connect(struct ceph_connection *con)
{
	struct sockaddr_storage peer = con->peer_addr.in_addr; /* align */
	struct cxio_rs *s;

	s = cxio_rs_new(con, read_pnet(&con->msgr->net), &peer);
	if (!s)
		return -ENOMEM;
	con->sock = &s->sock;
	return 0;
}

static void transport_close(struct ceph_connection *con)
{
	struct cxio_rs *s = stream_of(con);

	con->sock = NULL;
	cxio_rs_close(s);
}

static int transport_recvmsg(struct ceph_connection *con, struct msghdr *msg)
{
	return cxio_rs_recvmsg(stream_of(con), msg);
}

static int transport_sendmsg(struct ceph_connection *con, struct msghdr *msg)
{
	return cxio_rs_sendmsg(stream_of(con), &msg->msg_iter, msg->msg_flags & MSG_MORE);
}

static int transport_sendpage(struct ceph_connection *con, struct page *page, int offset,
			      size_t size, int flags)
{
	struct bio_vec bvec = { .bv_page = page, .bv_offset = offset, .bv_len = size };
	struct iov_iter from;

	iov_iter_bvec(&from, ITER_SOURCE, &bvec, 1, size);
	return cxio_rs_sendmsg(stream_of(con), &from,
			       flags & (MSG_MORE | MSG_SENDPAGE_NOTLAST));
}

static void transport_cork(struct ceph_connection *con, bool on)
{
	cxio_rs_cork(stream_of(con), on);
}

static const struct ceph_transport transport = {
	.name = "rdma",
	.owner = THIS_MODULE,
	.connect = transport_connect,
	.close = transport_close,
	.recvmsg = transport_recvmsg,
	.sendmsg = transport_sendmsg,
	.sendpage = transport_sendpage,
	.cork = transport_cork,
};

static int __init ceph_xio_libceph_init(void)
{
	int err = cxio_rs_init();

	if (err)
		return err;
	err = ceph_transport_register(&transport, CEPH_TRANSPORT_API);
	if (err)
		cxio_rs_exit();
	return err;
}

/* libceph has no connection over it any more; what is left of some is waited for. */
static void __exit ceph_xio_libceph_exit(void)
{
	ceph_transport_unregister(&transport);
	cxio_rs_exit();
}

module_init(ceph_xio_libceph_init);
module_exit(ceph_xio_libceph_exit);

MODULE_DESCRIPTION("libceph over RDMA, to Ceph daemons with ms_type=async+rdma");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
MODULE_ALIAS("ceph-transport-rdma");
MODULE_IMPORT_NS(CEPH_XIO);
