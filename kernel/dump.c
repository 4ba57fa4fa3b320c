// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the netlink family shows. Nothing is held between two parts of a dump: each part
 * goes on behind the last one shown. Connections have numbers, and none is missed; listeners
 * and portals are counted, so that one is if another in front of it goes meanwhile.
 */
#include <linux/ktime.h>
#include <net/genetlink.h>

#include "../include/uapi/linux/ceph_xio.h"
#include "control.h"

/**
 * cxio_put_u64() - add a number to a netlink message
 * @skb: the message
 * @attr: enum ceph_xio_attr
 * @value: the number
 *
 * Context: any. Return: 0 or -EMSGSIZE.
 */
int cxio_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, CEPH_XIO_A_PAD);
}

/**
 * cxio_put_address() - add an address to a netlink message
 * @skb: the message
 * @addr: struct sockaddr_in or sockaddr_in6
 *
 * Context: any. Return: 0 or -EMSGSIZE.
 */
int cxio_put_address(struct sk_buff *skb, const void *addr)
{
	const struct sockaddr *sa = addr;

	return nla_put(skb, CEPH_XIO_A_ADDR, sa->sa_family == AF_INET6 ?
		       sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in), addr);
}

/**
 * cxio_put_fault() - add to a netlink message why something ended
 * @skb: the message
 * @fault: enum cxio_fault or a number of the peer's
 * @by_peer: the peer said so
 *
 * Context: any. Return: 0 or -EMSGSIZE.
 */
int cxio_put_fault(struct sk_buff *skb, u32 fault, bool by_peer)
{
	if (nla_put_u32(skb, CEPH_XIO_A_FAULT, fault) ||
	    nla_put_string(skb, CEPH_XIO_A_TEXT, cxio_fault_text(fault)))
		return -EMSGSIZE;
	return by_peer ? nla_put_flag(skb, CEPH_XIO_A_BY_PEER) : 0;
}

/**
 * cxio_put_stats() - add counts to a netlink message
 * @skb: the message
 * @all: the counts
 *
 * Context: any. Return: 0 or -EMSGSIZE.
 */
int cxio_put_stats(struct sk_buff *skb, const struct cxio_counts *all)
{
	const struct cxio_channel_stats *s = &all->channel;

	return cxio_put_u64(skb, CEPH_XIO_A_MSGS_SENT, s->msgs_sent) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_MSGS_RECEIVED, s->msgs_received) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_BYTES_SENT, s->bytes_sent) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_BYTES_RECEIVED, s->bytes_received) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_FRAMES_SENT, s->frames_sent) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_FRAMES_RECEIVED, s->frames_received) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_ACK_FRAMES, s->grants_sent) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_CREDIT_STALLS, s->credit_stalls) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_WINDOW_STALLS, s->window_stalls) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_CRC_FAILURES, s->crc_failures) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_DUPLICATES, s->duplicates) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_SENT_INLINE, all->sent_inline) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_SENT_CHAINED, all->sent_chained) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_SENT_RENDEZVOUS, all->sent_rendezvous) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_SENT_SINK, all->sent_sink) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_RECEIVED_SINK, all->received_sink) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_READS, all->reads);
}

/**
 * cxio_put_connection() - add a connection to a netlink message: who, and its counts
 * @skb: the message
 * @c: the connection
 *
 * Context: any but hard interrupts. Return: 0 or -EMSGSIZE.
 */
int cxio_put_connection(struct sk_buff *skb, struct cxio_connection *c)
{
	struct cxio_counts s;

	if (nla_put_u32(skb, CEPH_XIO_A_CONNECTION, c->id) || cxio_put_address(skb, &c->peer))
		return -EMSGSIZE;
	if (!c->active && nla_put_flag(skb, CEPH_XIO_A_ACCEPTED))
		return -EMSGSIZE;
	spin_lock_bh(&c->lock);
	s = c->stats;
	spin_unlock_bh(&c->lock);
	return cxio_put_stats(skb, &s);
}

/**
 * cxio_put_state() - add a connection to a netlink message, with its state now
 * @skb: the message
 * @c: the connection
 *
 * Context: any but hard interrupts. Return: 0 or -EMSGSIZE.
 */
int cxio_put_state(struct sk_buff *skb, struct cxio_connection *c)
{
	char device[IB_DEVICE_NAME_MAX];
	bool by_peer, proven, signing;
	const char *shown;
	u64 done, total;
	u32 fault;

	if (cxio_put_connection(skb, c))
		return -EMSGSIZE;
	spin_lock_bh(&c->lock);
	shown = c->shown;
	fault = c->shown_fault;
	by_peer = c->shown_by_peer;
	proven = c->shown_proven;
	signing = c->shown_signed;
	spin_unlock_bh(&c->lock);
	cxio_endpoint_progress(c, &done, &total);
	if (nla_put_string(skb, CEPH_XIO_A_STATE, shown) ||
	    cxio_put_u64(skb, CEPH_XIO_A_BYTES_DONE, done) ||
	    cxio_put_u64(skb, CEPH_XIO_A_BYTES_TOTAL, total))
		return -EMSGSIZE;
	if (fault && cxio_put_fault(skb, fault, by_peer))
		return -EMSGSIZE;
	if ((proven && nla_put_flag(skb, CEPH_XIO_A_AUTHENTICATED)) ||
	    (signing && nla_put_flag(skb, CEPH_XIO_A_SIGNED)))
		return -EMSGSIZE;
	if (cxio_device_name(c, device, sizeof(device)))
		return nla_put_string(skb, CEPH_XIO_A_DEVICE, device);
	return 0;
}

static void *begin(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	return cxio_netlink_begin(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				  NLM_F_MULTI, cmd);
}

/* Return: false, and nothing added, if @err or @head says that there was no room. */
static bool end(struct sk_buff *skb, void *head, int err)
{
	if (!head)
		return false;
	if (err) {
		genlmsg_cancel(skb, head);
		return false;
	}
	genlmsg_end(skb, head);
	return true;
}

/**
 * cxio_connection_after() - go through a messenger's connections
 * @m: the messenger
 * @id: 0 at first, then the number of the one before
 *
 * Context: any but hard interrupts. Return: a reference to the connection with the next
 * larger number, or NULL.
 */
struct cxio_connection *cxio_connection_after(struct cxio_messenger *m, u32 id)
{
	struct cxio_connection *c, *found = NULL;

	spin_lock_bh(&m->lock);
	list_for_each_entry(c, &m->connections, link) {
		if (c->id > id) {
			cxio_connection_get(c);
			found = c;
			break;
		}
	}
	spin_unlock_bh(&m->lock);
	return found;
}

/**
 * cxio_dump_connections() - CEPH_XIO_CMD_GET_CONNECTION, all
 * @skb: the answer
 * @cb: where it stands: the last number shown
 *
 * Context: may sleep. Return: bytes in @skb.
 */
int cxio_dump_connections(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cxio_messenger *m = cxio_messenger_of(sock_net(skb->sk));
	struct cxio_connection *c;
	bool fits = true;
	void *head;

	while (fits) {
		c = cxio_connection_after(m, cb->args[0]);
		if (!c)
			break;
		head = begin(skb, cb, CEPH_XIO_CMD_GET_CONNECTION);
		fits = end(skb, head, head ? cxio_put_state(skb, c) : 0);
		if (fits)
			cb->args[0] = c->id;
		cxio_connection_put(c);
	}
	return skb->len;
}

static int put_messenger(struct sk_buff *skb, struct net *net)
{
	struct cxio_messenger *m = cxio_messenger_of(net);
	u32 connections = 0, listeners = 0, accepted;
	struct cxio_totals totals;
	struct list_head *pos;

	cxio_history_totals(net, &totals);
	spin_lock_bh(&m->lock);
	list_for_each(pos, &m->connections)
		connections++;
	list_for_each(pos, &m->listeners)
		listeners++;
	accepted = m->accepted;
	spin_unlock_bh(&m->lock);
	return cxio_put_u64(skb, CEPH_XIO_A_NETNS_COOKIE, net->net_cookie) ?:
	       nla_put_u32(skb, CEPH_XIO_A_LISTENERS, listeners) ?:
	       nla_put_u32(skb, CEPH_XIO_A_CONNECTIONS, connections) ?:
	       nla_put_u32(skb, CEPH_XIO_A_ACCEPTED_NOW, accepted) ?:
	       nla_put_u32(skb, CEPH_XIO_A_ACCEPTED_MAX, CXIO_MAX_ACCEPTED) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_OPENED_TOTAL, totals.opened) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_ENDED_TOTAL, totals.ended) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_FAULT_TOTAL, totals.faults);
}

/**
 * cxio_dump_messenger() - CEPH_XIO_CMD_GET_MESSENGER
 * @skb: the answer
 * @cb: where it stands: 1 once it is shown
 *
 * Context: may sleep. Return: bytes in @skb.
 */
int cxio_dump_messenger(struct sk_buff *skb, struct netlink_callback *cb)
{
	void *head;

	if (cb->args[0])
		return 0;
	head = begin(skb, cb, CEPH_XIO_CMD_GET_MESSENGER);
	if (end(skb, head, head ? put_messenger(skb, sock_net(skb->sk)) : 0))
		cb->args[0] = 1;
	return skb->len;
}

/**
 * cxio_dump_listeners() - CEPH_XIO_CMD_GET_LISTENER
 * @skb: the answer
 * @cb: where it stands: how many were shown
 *
 * Context: may sleep. Return: bytes in @skb.
 */
int cxio_dump_listeners(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cxio_messenger *m = cxio_messenger_of(sock_net(skb->sk));
	struct sockaddr_storage addr;
	void *head;

	while (cxio_listener_nth(m, cb->args[0], &addr)) {
		head = begin(skb, cb, CEPH_XIO_CMD_GET_LISTENER);
		if (!end(skb, head, head ? cxio_put_address(skb, &addr) : 0))
			break;
		cb->args[0]++;
	}
	return skb->len;
}

static int put_portal(struct sk_buff *skb, const struct cxio_device_view *v)
{
	return nla_put_string(skb, CEPH_XIO_A_DEVICE, v->name) ?:
	       nla_put_u32(skb, CEPH_XIO_A_VECTORS, v->vectors) ?:
	       nla_put_u32(skb, CEPH_XIO_A_CARRIERS, v->carriers);
}

/**
 * cxio_dump_portals() - CEPH_XIO_CMD_GET_PORTAL
 * @skb: the answer
 * @cb: where it stands: how many were shown
 *
 * Context: may sleep. Return: bytes in @skb.
 */
int cxio_dump_portals(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cxio_device_view v;
	void *head;

	while (cxio_device_nth(sock_net(skb->sk), cb->args[0], &v)) {
		head = begin(skb, cb, CEPH_XIO_CMD_GET_PORTAL);
		if (!end(skb, head, head ? put_portal(skb, &v) : 0))
			break;
		cb->args[0]++;
	}
	return skb->len;
}

static int put_ended(struct sk_buff *skb, const struct cxio_ended *e)
{
	if (nla_put_u32(skb, CEPH_XIO_A_CONNECTION, e->id) || cxio_put_address(skb, &e->peer) ||
	    cxio_put_fault(skb, e->fault, e->by_peer) ||
	    cxio_put_u64(skb, CEPH_XIO_A_AGE_NS, ktime_get_ns() - e->when_ns))
		return -EMSGSIZE;
	if (e->accepted && nla_put_flag(skb, CEPH_XIO_A_ACCEPTED))
		return -EMSGSIZE;
	return cxio_put_stats(skb, &e->stats);
}

/**
 * cxio_dump_ended() - CEPH_XIO_CMD_GET_ENDED
 * @skb: the answer
 * @cb: where it stands: which of all comes next
 *
 * Context: may sleep. Return: bytes in @skb.
 */
int cxio_dump_ended(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cxio_ended e;
	u64 at = cb->args[0];
	void *head;

	while (cxio_history_next(sock_net(skb->sk), &at, &e)) {
		head = begin(skb, cb, CEPH_XIO_CMD_GET_ENDED);
		if (!end(skb, head, head ? put_ended(skb, &e) : 0))
			break;
		cb->args[0] = at;
	}
	return skb->len;
}
