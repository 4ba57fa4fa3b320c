// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP once more, as a transport of a module of its own under the name "rdma": does libceph
 * need anything of a transport that its table does not have? It may do what libceph's own
 * never does: take and give small pieces, and say -EAGAIN at any time, with the event later
 * and from elsewhere. For tests only: it has no reserve of memory.
 */
#include <linux/ceph/ceph_debug.h>

#include <linux/in.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/tcp.h>

#include <linux/ceph/libceph.h>
#include <linux/ceph/messenger.h>
#include <linux/ceph/transport.h>

static unsigned int api = CEPH_TRANSPORT_API;
module_param(api, uint, 0444);
MODULE_PARM_DESC(api, "version of the table it says it is for");

static char *name = "rdma";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "what it says it is");

static bool incomplete;
module_param(incomplete, bool, 0444);
MODULE_PARM_DESC(incomplete, "leave one operation out");

static bool twice;
module_param(twice, bool, 0444);
MODULE_PARM_DESC(twice, "register a second time, which must be refused");

static unsigned int piece = UINT_MAX;
module_param(piece, uint, 0644);
MODULE_PARM_DESC(piece, "bytes that are sent or received at a time, at most");

static unsigned int again;
module_param(again, uint, 0644);
MODULE_PARM_DESC(again, "of so many calls one says -EAGAIN without need; 0: none");

static int get_atomic(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", atomic_read((atomic_t *)kp->arg));
}

static const struct kernel_param_ops atomic_ops = { .get = get_atomic };

static atomic_t opened, closed, agains, calls;
module_param_cb(opened, &atomic_ops, &opened, 0444);
module_param_cb(closed, &atomic_ops, &closed, 0444);
module_param_cb(agains, &atomic_ops, &agains, 0444);

/*
 * From connect to close. The connection's work is the only one that calls in, with
 * con->mutex; callbacks of the socket come at any time until they are put back.
 */
struct stream {
	struct socket face;	/* con->sock: who looks into it finds nothing */
	struct socket *sock;
	struct ceph_connection *con;
	struct work_struct later;
	unsigned long events;	/* bits of enum ceph_transport_event, for later */
	void (*data_ready)(struct sock *sk);
	void (*write_space)(struct sock *sk);
	void (*state_change)(struct sock *sk);
};

static struct stream *stream_of(struct ceph_connection *con)
{
	return container_of(con->sock, struct stream, face);
}

static void raise_later(struct work_struct *work)
{
	struct stream *s = container_of(work, struct stream, later);

	if (test_and_clear_bit(CEPH_TRANSPORT_READABLE, &s->events))
		ceph_transport_event(s->con, CEPH_TRANSPORT_READABLE);
	if (test_and_clear_bit(CEPH_TRANSPORT_WRITABLE, &s->events))
		ceph_transport_event(s->con, CEPH_TRANSPORT_WRITABLE);
}

/* Is it this call's turn to say that nothing is there? */
static bool not_now(struct stream *s, enum ceph_transport_event ev)
{
	unsigned int n = READ_ONCE(again);

	if (!n || atomic_inc_return(&calls) % n)
		return false;

	atomic_inc(&agains);
	set_bit(ev, &s->events);
	schedule_work(&s->later);
	return true;
}

static void data_ready(struct sock *sk)
{
	struct stream *s;

	read_lock_bh(&sk->sk_callback_lock);
	s = sk->sk_user_data;
	if (s && sk->sk_state != TCP_CLOSE_WAIT)
		ceph_transport_event(s->con, CEPH_TRANSPORT_READABLE);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void write_space(struct sock *sk)
{
	struct stream *s;

	read_lock_bh(&sk->sk_callback_lock);
	s = sk->sk_user_data;
	if (s && sk_stream_is_writeable(sk)) {
		clear_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		ceph_transport_event(s->con, CEPH_TRANSPORT_WRITABLE);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

static void state_change(struct sock *sk)
{
	struct stream *s;

	read_lock_bh(&sk->sk_callback_lock);
	s = sk->sk_user_data;
	if (s && sk->sk_state == TCP_ESTABLISHED)
		ceph_transport_event(s->con, CEPH_TRANSPORT_CONNECTED);
	else if (s && (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_CLOSE_WAIT))
		ceph_transport_event(s->con, CEPH_TRANSPORT_CLOSED);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void take_callbacks(struct stream *s)
{
	struct sock *sk = s->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	s->data_ready = sk->sk_data_ready;
	s->write_space = sk->sk_write_space;
	s->state_change = sk->sk_state_change;
	sk->sk_user_data = s;
	sk->sk_data_ready = data_ready;
	sk->sk_write_space = write_space;
	sk->sk_state_change = state_change;
	write_unlock_bh(&sk->sk_callback_lock);
}

static void put_callbacks_back(struct stream *s)
{
	struct sock *sk = s->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	sk->sk_data_ready = s->data_ready;
	sk->sk_write_space = s->write_space;
	sk->sk_state_change = s->state_change;
	write_unlock_bh(&sk->sk_callback_lock);
}

static void end(struct stream *s)
{
	put_callbacks_back(s);
	/* It raises events, which take no lock of libceph's. */
	cancel_work_sync(&s->later);
	kernel_sock_shutdown(s->sock, SHUT_RDWR);
	sock_release(s->sock);
	kfree(s);
}

static int second_connect(struct ceph_connection *con)
{
	struct sockaddr_storage ss = con->peer_addr.in_addr;
	unsigned int noio = memalloc_noio_save();
	struct stream *s;
	int ret = -ENOMEM;

	s = kzalloc(sizeof(*s), GFP_NOIO);
	if (!s)
		goto out;
	s->con = con;
	INIT_WORK(&s->later, raise_later);

	ret = sock_create_kern(read_pnet(&con->msgr->net), ss.ss_family, SOCK_STREAM,
			       IPPROTO_TCP, &s->sock);
	if (ret) {
		kfree(s);
		goto out;
	}
	s->sock->sk->sk_allocation = GFP_NOFS;
	s->sock->sk->sk_use_task_frag = false;
	take_callbacks(s);

	ret = kernel_connect(s->sock, (struct sockaddr *)&ss, sizeof(ss), O_NONBLOCK);
	if (ret < 0 && ret != -EINPROGRESS) {
		end(s);
		goto out;
	}
	tcp_sock_set_nodelay(s->sock->sk);
	atomic_inc(&opened);
	con->sock = &s->face;
	ret = 0;
out:
	memalloc_noio_restore(noio);
	return ret;
}

static void second_close(struct ceph_connection *con)
{
	end(stream_of(con));
	atomic_inc(&closed);
	con->sock = NULL;
}

/* transfer() - as much as a piece is, of what the iterator has */
static int transfer(struct socket *sock, struct msghdr *msg,
		    int (*call)(struct socket *sock, struct msghdr *msg))
{
	size_t all = iov_iter_count(&msg->msg_iter);
	size_t now = min_t(size_t, all, max(READ_ONCE(piece), 1U));
	int ret;

	iov_iter_truncate(&msg->msg_iter, now);
	ret = call(sock, msg);
	iov_iter_reexpand(&msg->msg_iter, iov_iter_count(&msg->msg_iter) + all - now);
	return ret;
}

static int receive(struct socket *sock, struct msghdr *msg)
{
	return sock_recvmsg(sock, msg, msg->msg_flags);
}

static int second_recvmsg(struct ceph_connection *con, struct msghdr *msg)
{
	struct stream *s = stream_of(con);

	if (not_now(s, CEPH_TRANSPORT_READABLE))
		return -EAGAIN;
	return transfer(s->sock, msg, receive);
}

static int second_sendmsg(struct ceph_connection *con, struct msghdr *msg)
{
	struct stream *s = stream_of(con);

	if (not_now(s, CEPH_TRANSPORT_WRITABLE))
		return -EAGAIN;
	return transfer(s->sock, msg, sock_sendmsg);
}

/* Any page, copied: whether TCP could take it as it is, is TCP's own question. */
static int second_sendpage(struct ceph_connection *con, struct page *page, int offset,
			   size_t size, int flags)
{
	struct bio_vec bvec = { .bv_page = page, .bv_offset = offset, .bv_len = size };
	struct msghdr msg = { .msg_flags = flags };

	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, &bvec, 1, size);
	return second_sendmsg(con, &msg);
}

static void second_cork(struct ceph_connection *con, bool on)
{
	tcp_sock_set_cork(stream_of(con)->sock->sk, on);
}

static struct ceph_transport second_tcp = {
	.owner		= THIS_MODULE,
	.connect	= second_connect,
	.close		= second_close,
	.recvmsg	= second_recvmsg,
	.sendmsg	= second_sendmsg,
	.sendpage	= second_sendpage,
	.cork		= second_cork,
};

static int __init second_init(void)
{
	int ret;

	second_tcp.name = name;
	if (incomplete)
		second_tcp.cork = NULL;
	ret = ceph_transport_register(&second_tcp, api);
	if (ret || !twice)
		return ret;

	ret = ceph_transport_register(&second_tcp, api);
	if (ret == -EBUSY)
		return 0;
	pr_err("a second registration gave %d\n", ret);
	ceph_transport_unregister(&second_tcp);
	return -EINVAL;
}

static void __exit second_exit(void)
{
	ceph_transport_unregister(&second_tcp);
}

module_init(second_init);
module_exit(second_exit);
MODULE_DESCRIPTION("libceph's TCP once more, as a transport of a module of its own");
MODULE_ALIAS("ceph-transport-rdma");
MODULE_LICENSE("GPL");
