// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exchange over TCP: the socket, the device that its address leads to, the texts, the
 * way to the peer. The socket stays open: whatever is to be read on it later is the end.
 */
#include <linux/fcntl.h>
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/random.h>
#include <linux/tcp.h>
#include <net/addrconf.h>
#include <net/inet_sock.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <rdma/ib_cache.h>

#include "stream.h"

#ifdef CONFIG_LOCKDEP
/* Write-back may wait for it; for sockets of programs it does not. */
static struct lock_class_key socket_class;
#endif

/* --- the socket --- */

static void socket_event(struct sock *sk)
{
	struct cxio_rs *s;

	read_lock_bh(&sk->sk_callback_lock);
	s = sk->sk_user_data;
	if (s)
		cxio_rs_kick(s);
	read_unlock_bh(&sk->sk_callback_lock);
}

static u32 tcp_fault(int err)
{
	switch (err) {
	case -ENOMEM:
	case -ENOBUFS:
		return CXIO_FAULT_NO_MEMORY;
	case -ECONNREFUSED:
		return CXIO_FAULT_REFUSED;
	case -ETIMEDOUT:
		return CXIO_FAULT_TIMEOUT;
	case -ECONNRESET:
	case -EPIPE:
		return CXIO_FAULT_PEER_GONE;
	default:
		return CXIO_FAULT_UNREACHABLE;
	}
}

/**
 * cxio_rs_tcp_connect() - begin to connect over TCP
 * @s: the stream
 *
 * Context: the work.
 */
void cxio_rs_tcp_connect(struct cxio_rs *s)
{
	struct sockaddr_storage peer = s->shown.peer;
	struct sock *sk;
	int err;

	err = sock_create_kern(s->shown.net, peer.ss_family, SOCK_STREAM, IPPROTO_TCP, &s->tcp);
	if (err) {
		s->tcp = NULL;
		cxio_rs_fault(s, tcp_fault(err));
		return;
	}
	sk = s->tcp->sk;
	sk->sk_allocation = GFP_NOIO;
#ifdef CONFIG_LOCKDEP
	lockdep_set_class(&sk->sk_lock, &socket_class);
#endif
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = s;
	sk->sk_data_ready = socket_event;
	sk->sk_state_change = socket_event;
	write_unlock_bh(&sk->sk_callback_lock);
	/* Each text is on its way at once. */
	tcp_sock_set_nodelay(sk);
	err = kernel_connect(s->tcp, (struct sockaddr *)&peer, sizeof(peer), O_NONBLOCK);
	if (err && err != -EINPROGRESS)
		cxio_rs_fault(s, tcp_fault(err));
}

/**
 * cxio_rs_tcp_close() - close the connection over TCP: the peer hears of it
 * @s: the stream; there may be none
 *
 * Context: the work, when the queue pair is drained.
 */
void cxio_rs_tcp_close(struct cxio_rs *s)
{
	struct sock *sk;

	if (!s->tcp)
		return;
	sk = s->tcp->sk;
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	write_unlock_bh(&sk->sk_callback_lock);
	kernel_sock_shutdown(s->tcp, SHUT_RDWR);
	sock_release(s->tcp);
	s->tcp = NULL;
}

/* --- the device --- */

/* The interface's device is of no use here: say so, for it looks as if it were there. */
static void explain_no_device(struct cxio_rs *s, const struct rdma_dev_addr *way)
{
	struct net_device *ndev = dev_get_by_index(s->shown.net, way->bound_dev_if);
	struct ib_device *dev;

	if (!ndev)
		return;
	dev = ib_device_get_by_netdev(ndev, RDMA_DRIVER_UNKNOWN);
	if (dev) {
		cxio_rs_device_fits(s, dev, 1);
		ib_device_put(dev);
	}
	dev_put(ndev);
}

/* The device whose table of GIDs has this side's address on the TCP connection. */
static u32 find_device(struct cxio_rs *s)
{
	struct rdma_dev_addr way = { .net = s->shown.net };
	struct sockaddr_storage local;
	union ib_gid gid;
	u32 port;

	if (kernel_getsockname(s->tcp, (struct sockaddr *)&local) < 0 ||
	    rdma_translate_ip((struct sockaddr *)&local, &way))
		return CXIO_FAULT_NO_DEVICE;
	if (way.dev_type == ARPHRD_INFINIBAND)
		rdma_addr_get_sgid(&way, &gid);
	else
		rdma_ip2gid((struct sockaddr *)&local, &gid);
	s->dev = cxio_device_join_gid(&s->user, s->shown.net, &gid, &port);
	if (!s->dev) {
		explain_no_device(s, &way);
		return CXIO_FAULT_NO_DEVICE;
	}
	spin_lock_bh(&s->shown.lock);
	strscpy(s->shown.device, dev_name(&s->dev->dev), sizeof(s->shown.device));
	s->shown.port = port;
	spin_unlock_bh(&s->shown.lock);
	return CXIO_FAULT_NONE;
}

#if IS_ENABLED(CONFIG_IPV6)
static bool have_ipv6(struct cxio_rs *s, const struct in6_addr *addr)
{
	struct net_device *ndev;
	bool have;

	rcu_read_lock();
	ndev = rdma_read_gid_attr_ndev_rcu(s->gid);
	have = !IS_ERR(ndev) && ipv6_chk_addr(s->shown.net, addr, ndev, 1);
	rcu_read_unlock();
	return have;
}
#else
static bool have_ipv6(struct cxio_rs *s, const struct in6_addr *addr)
{
	return false;
}
#endif

/* Is it an address of this side, and not tentative? */
static bool have_address(struct cxio_rs *s)
{
	struct net_device *ndev;
	union {
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} own;

	rdma_gid2ip((struct sockaddr *)&own, &s->gid->gid);
	if (own.in6.sin6_family == AF_INET6)
		return have_ipv6(s, &own.in6.sin6_addr);
	ndev = ip_dev_find(s->shown.net, own.in.sin_addr.s_addr);
	dev_put(ndev);
	return ndev;
}

/*
 * A daemon that is told of a GID to which it finds no way ends itself: Ceph 16.2 asserts
 * that its queue pair gets ready. So none is told that cannot be reached, as while a link
 * that has come up is still looking for another one with its address.
 */
static bool gid_is_live(struct cxio_rs *s)
{
	struct ib_port_attr attr;

	if (ib_query_port(s->dev, s->shown.port, &attr) || attr.state != IB_PORT_ACTIVE)
		return false;
	return s->gid->gid_type != IB_GID_TYPE_ROCE_UDP_ENCAP || have_address(s);
}

/* The entry of its table that is offered. */
static u32 find_gid(struct cxio_rs *s)
{
	const struct ib_gid_attr *gid;

	gid = rdma_get_gid_attr(s->dev, s->shown.port, s->gid_index);
	if (!IS_ERR(gid) && !cxio_device_gid_in(gid, s->shown.net)) {
		rdma_put_gid_attr(gid);
		gid = ERR_PTR(-ENOENT);
	}
	if (IS_ERR(gid)) {
		pr_err_ratelimited("%pISpc: %s has no GID for gid_index %u\n", &s->shown.peer,
				   s->shown.device, s->gid_index);
		return CXIO_FAULT_NO_DEVICE;
	}
	s->gid = gid;
	spin_lock_bh(&s->shown.lock);
	s->shown.gid = gid->gid;
	spin_unlock_bh(&s->shown.lock);
	if (gid_is_live(s))
		return CXIO_FAULT_NONE;
	pr_notice_ratelimited("%pISpc: %pI6c, gid_index %u of %s, is no address here, or not yet\n",
			      &s->shown.peer, &gid->gid, s->gid_index, s->shown.device);
	return CXIO_FAULT_UNREACHABLE;
}

static u16 port_lid(struct cxio_rs *s)
{
	struct ib_port_attr attr;

	if (rdma_protocol_roce(s->dev, s->shown.port) ||
	    ib_query_port(s->dev, s->shown.port, &attr))
		return 0;
	return attr.lid;
}

/* TCP is connected: have a queue pair to tell of. */
static void begin_exchange(struct cxio_rs *s)
{
	struct cxio_exchange_id own = { 0 };
	u32 fault;

	fault = find_device(s) ?: find_gid(s) ?: cxio_rs_qp_create(s);
	if (fault) {
		cxio_rs_fault(s, fault);
		return;
	}
	own.lid = port_lid(s);
	own.qpn = s->qp->qp_num;
	own.psn = get_random_u32() & CXIO_EXCHANGE_NUMBER;
	memcpy(own.gid, s->gid->gid.raw, sizeof(own.gid));
	cxio_exchange_init(&s->exchange, true, &own);
	cxio_rs_live(s, CXIO_RS_EXCHANGES, "exchanging");
}

/* --- the way --- */

/* In the resolver's work. */
static void resolved(int status, struct sockaddr *src, struct rdma_dev_addr *addr, void *context)
{
	struct cxio_rs *s = context;

	spin_lock_bh(&s->shown.lock);
	s->resolving = false;
	s->resolved = status ?: 1;
	/* Unlocked, the end no longer waits for this. */
	cxio_rs_kick(s);
	spin_unlock_bh(&s->shown.lock);
	cxio_rs_put(s);
}

static bool needs_no_way(struct cxio_rs *s)
{
	struct in6_addr peer;

	memcpy(&peer, s->exchange.peer.gid, sizeof(peer));
	s->addr.hoplimit = CXIO_EXCHANGE_HOP_LIMIT;
	if (!rdma_protocol_roce(s->dev, s->shown.port))
		return true;
	/* Without IP there is none but this. */
	if (s->gid->gid_type != IB_GID_TYPE_ROCE || !rdma_link_local_addr(&peer))
		return false;
	rdma_get_ll_mac(&peer, s->addr.dst_dev_addr);
	return true;
}

/*
 * The peer is known. The core does not look for the MAC address and the hop limit of who
 * calls it in the kernel, and soft-RoCE gets on without; other devices do not.
 */
static void find_way(struct cxio_rs *s)
{
	union ib_gid peer;
	union {
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} from, to;
	int err;

	s->seeks = true;
	memcpy(peer.raw, s->exchange.peer.gid, sizeof(peer.raw));
	spin_lock_bh(&s->shown.lock);
	s->shown.peer_gid = peer;
	spin_unlock_bh(&s->shown.lock);
	if (needs_no_way(s)) {
		s->resolved = 1;
		return;
	}
	rdma_gid2ip((struct sockaddr *)&from, &s->gid->gid);
	rdma_gid2ip((struct sockaddr *)&to, &peer);
	s->addr.net = &init_net;
	s->addr.sgid_attr = s->gid;
	spin_lock_bh(&s->shown.lock);
	s->resolving = true;
	spin_unlock_bh(&s->shown.lock);
	cxio_rs_get(s);
	err = rdma_resolve_ip((struct sockaddr *)&from, (struct sockaddr *)&to, &s->addr,
			      CXIO_EXCHANGE_RESOLVE_MS, resolved, true, s);
	if (err)
		resolved(err, NULL, NULL, s);
}

/* Return: 0 as long as it is looked for, then 1 or a negative errno. */
static int way_found(struct cxio_rs *s)
{
	int found;

	spin_lock_bh(&s->shown.lock);
	found = s->resolving ? 0 : s->resolved;
	spin_unlock_bh(&s->shown.lock);
	return found;
}

static void meet_peer(struct cxio_rs *s)
{
	u32 fault;

	if (!s->seeks)
		find_way(s);
	switch (way_found(s)) {
	case 0:
		return;
	case 1:
		fault = cxio_rs_qp_ready(s);
		break;
	default:
		fault = CXIO_FAULT_UNREACHABLE;
		break;
	}
	if (fault)
		cxio_exchange_end(&s->exchange, fault);
	else
		cxio_exchange_ready(&s->exchange);
}

/* --- the texts --- */

static void send_text(struct cxio_rs *s)
{
	u8 text[CXIO_EXCHANGE_TEXT];
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kvec vec = { .iov_base = text, .iov_len = sizeof(text) };
	int sent;

	if (!cxio_exchange_text(&s->exchange, text))
		return;
	/* There is room: nothing else was ever sent on this connection. */
	sent = kernel_sendmsg(s->tcp, &msg, &vec, 1, sizeof(text));
	if (sent != sizeof(text))
		cxio_exchange_end(&s->exchange, sent < 0 ? tcp_fault(sent) :
				  CXIO_FAULT_TRANSPORT);
}

/* Return: false if nothing was there to be read. */
static bool read_text(struct cxio_rs *s)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kvec vec;
	u32 room;
	int len;

	vec.iov_base = cxio_exchange_room(&s->exchange, &room);
	vec.iov_len = room;
	len = kernel_recvmsg(s->tcp, &msg, &vec, 1, room, msg.msg_flags);
	if (len == -EAGAIN)
		return false;
	if (len > 0)
		cxio_exchange_came(&s->exchange, len);
	else
		cxio_exchange_gone(&s->exchange);
	return true;
}

static void pass_texts(struct cxio_rs *s)
{
	bool again;

	do {
		if (s->exchange.state == CXIO_EXCHANGE_PEER)
			meet_peer(s);
		send_text(s);
		if (s->life != CXIO_RS_OPENED && cxio_exchange_may_send(&s->exchange))
			cxio_rs_connected(s);
		again = s->exchange.state != CXIO_EXCHANGE_ENDED && read_text(s);
	} while (again);
	if (s->exchange.state == CXIO_EXCHANGE_ENDED)
		cxio_rs_fault(s, s->exchange.fault);
}

/**
 * cxio_rs_tcp_serve() - see what has happened on the connection over TCP
 * @s: the stream
 *
 * Context: the work.
 */
void cxio_rs_tcp_serve(struct cxio_rs *s)
{
	struct sock *sk = s->tcp->sk;
	int state = inet_sk_state_load(sk);

	if (s->life == CXIO_RS_CONNECTS && (state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT))
		begin_exchange(s);
	else if (s->life == CXIO_RS_CONNECTS && state == TCP_CLOSE)
		cxio_rs_fault(s, tcp_fault(sock_error(sk)));
	if (s->life >= CXIO_RS_EXCHANGES)
		pass_texts(s);
}
