// SPDX-License-Identifier: GPL-2.0-only
/*
 * Byte streams that another module carries over RDMA: a list to look at, and totals.
 */
#include <linux/export.h>
#include <net/genetlink.h>

#include "../include/uapi/linux/ceph_xio.h"
#include "control.h"

static LIST_HEAD(streams);
static DEFINE_SPINLOCK(streams_lock); /* the list, the numbers, and all totals */
static u32 last_id;

static void count(struct cxio_stream_counts *sum, const struct cxio_stream_counts *c)
{
	sum->bytes_sent += c->bytes_sent;
	sum->bytes_received += c->bytes_received;
	sum->sends += c->sends;
	sum->receives += c->receives;
	sum->send_stalls += c->send_stalls;
	sum->recv_stalls += c->recv_stalls;
}

/**
 * cxio_streams_add() - a stream begins
 * @e: its entry, all of it set but @link and @id
 *
 * Context: any but hard interrupts.
 */
void cxio_streams_add(struct cxio_stream_entry *e)
{
	spin_lock_bh(&streams_lock);
	e->id = ++last_id;
	list_add_tail(&e->link, &streams);
	cxio_messenger_of(e->net)->streams.begun++;
	spin_unlock_bh(&streams_lock);
}
EXPORT_SYMBOL_NS_GPL(cxio_streams_add, CEPH_XIO);

/**
 * cxio_streams_remove() - a stream is over
 * @e: its entry
 *
 * Context: any but hard interrupts.
 */
void cxio_streams_remove(struct cxio_stream_entry *e)
{
	struct cxio_stream_totals *t = &cxio_messenger_of(e->net)->streams;

	spin_lock_bh(&streams_lock);
	list_del_init(&e->link);
	spin_lock(&e->lock);
	t->opened += e->opened;
	t->ended++;
	t->faults += e->fault != CXIO_FAULT_NONE;
	t->rnr_losses += e->rnr_loss;
	count(&t->counts, &e->counts);
	spin_unlock(&e->lock);
	spin_unlock_bh(&streams_lock);
}
EXPORT_SYMBOL_NS_GPL(cxio_streams_remove, CEPH_XIO);

static int put_counts(struct sk_buff *skb, const struct cxio_stream_counts *c)
{
	return cxio_put_u64(skb, CEPH_XIO_A_BYTES_SENT, c->bytes_sent) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_BYTES_RECEIVED, c->bytes_received) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_FRAMES_SENT, c->sends) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_FRAMES_RECEIVED, c->receives) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_SEND_STALLS, c->send_stalls) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_RECV_STALLS, c->recv_stalls);
}

/* Of the entry's own; under its lock. */
static int put_way(struct sk_buff *skb, const struct cxio_stream_entry *e)
{
	if (!e->device[0])
		return 0;
	return nla_put_string(skb, CEPH_XIO_A_DEVICE, e->device) ?:
	       nla_put_u32(skb, CEPH_XIO_A_PORT, e->port) ?:
	       nla_put(skb, CEPH_XIO_A_GID, sizeof(e->gid), &e->gid) ?:
	       nla_put(skb, CEPH_XIO_A_PEER_GID, sizeof(e->peer_gid), &e->peer_gid) ?:
	       nla_put(skb, CEPH_XIO_A_PEER_MAC, sizeof(e->peer_mac), e->peer_mac) ?:
	       nla_put_u32(skb, CEPH_XIO_A_HOP_LIMIT, e->hop_limit);
}

static int put_stream(struct sk_buff *skb, struct cxio_stream_entry *e)
{
	int err;

	err = nla_put_u32(skb, CEPH_XIO_A_STREAM, e->id) ?:
	      cxio_put_address(skb, &e->peer) ?:
	      nla_put_u32(skb, CEPH_XIO_A_SLOT_SIZE, e->slot_size) ?:
	      nla_put_u32(skb, CEPH_XIO_A_SEND_SLOTS, e->send_slots) ?:
	      nla_put_u32(skb, CEPH_XIO_A_RECV_SLOTS, e->recv_slots);
	if (!err && e->by_cm)
		err = nla_put_flag(skb, CEPH_XIO_A_BY_CM);
	if (err)
		return err;
	spin_lock(&e->lock);
	err = nla_put_string(skb, CEPH_XIO_A_STATE, e->state) ?: put_way(skb, e) ?:
	      put_counts(skb, &e->counts);
	if (!err && e->fault)
		err = cxio_put_fault(skb, e->fault, false);
	spin_unlock(&e->lock);
	return err;
}

/* In the order of their numbers. */
static struct cxio_stream_entry *stream_after(const struct net *net, u32 id)
{
	struct cxio_stream_entry *e;

	list_for_each_entry(e, &streams, link)
		if (e->id > id && net_eq(e->net, net))
			return e;
	return NULL;
}

/* Return: false if there is none, or no room for it. */
static bool dump_one(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cxio_stream_entry *e = stream_after(sock_net(skb->sk), cb->args[0]);
	void *head;

	if (!e)
		return false;
	head = cxio_netlink_begin(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				  NLM_F_MULTI, CEPH_XIO_CMD_GET_STREAM);
	if (!head)
		return false;
	if (put_stream(skb, e)) {
		genlmsg_cancel(skb, head);
		return false;
	}
	genlmsg_end(skb, head);
	cb->args[0] = e->id;
	return true;
}

/**
 * cxio_dump_streams() - CEPH_XIO_CMD_GET_STREAM
 * @skb: the answer
 * @cb: where it stands: the last number shown
 *
 * Context: may sleep. Return: bytes in @skb.
 */
int cxio_dump_streams(struct sk_buff *skb, struct netlink_callback *cb)
{
	bool more;

	do {
		spin_lock_bh(&streams_lock);
		more = dump_one(skb, cb);
		spin_unlock_bh(&streams_lock);
	} while (more);
	return skb->len;
}

/**
 * cxio_put_stream_totals() - add what all streams came to
 * @skb: the answer
 * @net: of this network namespace
 *
 * Context: any but hard interrupts. Return: 0 or -EMSGSIZE.
 */
int cxio_put_stream_totals(struct sk_buff *skb, struct net *net)
{
	struct cxio_stream_totals t;
	struct cxio_stream_entry *e;

	spin_lock_bh(&streams_lock);
	t = cxio_messenger_of(net)->streams;
	list_for_each_entry(e, &streams, link) {
		if (!net_eq(e->net, net))
			continue;
		spin_lock(&e->lock);
		t.opened += e->opened;
		count(&t.counts, &e->counts);
		spin_unlock(&e->lock);
	}
	spin_unlock_bh(&streams_lock);
	return cxio_put_u64(skb, CEPH_XIO_A_BEGUN_TOTAL, t.begun) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_OPENED_TOTAL, t.opened) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_ENDED_TOTAL, t.ended) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_FAULT_TOTAL, t.faults) ?:
	       cxio_put_u64(skb, CEPH_XIO_A_RNR_LOSSES, t.rnr_losses) ?:
	       put_counts(skb, &t.counts);
}
