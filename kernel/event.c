// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of the netlink family. Nobody may be listening, and an event that finds no
 * memory is lost: who must know asks (dump.c).
 */
#include <linux/rtnetlink.h>
#include <net/genetlink.h>

#include "../include/uapi/linux/ceph_xio.h"
#include "control.h"

static struct sk_buff *begin(u8 event, void **head)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!skb)
		return NULL;
	*head = cxio_netlink_begin(skb, 0, 0, 0, event);
	if (*head)
		return skb;
	nlmsg_free(skb);
	return NULL;
}

static void end(struct net *net, struct sk_buff *skb, void *head, int err)
{
	if (err) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, head);
	cxio_netlink_multicast(net, skb);
}

/**
 * cxio_netlink_opened() - tell that a connection is established
 * @c: the connection
 *
 * Context: the connection's work.
 */
void cxio_netlink_opened(struct cxio_connection *c)
{
	struct sk_buff *skb;
	void *head;

	cxio_history_opened(c->net);
	skb = begin(CEPH_XIO_EVENT_OPENED, &head);
	if (skb)
		end(c->net, skb, head, cxio_put_connection(skb, c));
}

/**
 * cxio_netlink_closed() - tell that a connection ended, and why
 * @c: the connection
 *
 * Context: the connection's work.
 */
void cxio_netlink_closed(struct cxio_connection *c)
{
	struct sk_buff *skb;
	void *head;

	cxio_history_ended(c);
	skb = begin(CEPH_XIO_EVENT_CLOSED, &head);
	if (skb)
		end(c->net, skb, head, cxio_put_connection(skb, c) ?:
		    cxio_put_fault(skb, c->fault, c->by_peer));
}

static int put_result(struct sk_buff *skb, const struct cxio_run_result *r)
{
	int err;

	err = cxio_put_u64(skb, CEPH_XIO_A_MSGS, r->messages) ?:
	      cxio_put_u64(skb, CEPH_XIO_A_BYTES_DONE, r->bytes) ?:
	      cxio_put_u64(skb, CEPH_XIO_A_P50_NS, r->p50_ns) ?:
	      cxio_put_u64(skb, CEPH_XIO_A_P99_NS, r->p99_ns) ?:
	      cxio_put_u64(skb, CEPH_XIO_A_MAX_NS, r->max_ns) ?:
	      nla_put(skb, CEPH_XIO_A_SHA256_SENT, sizeof(r->sent), r->sent) ?:
	      nla_put(skb, CEPH_XIO_A_SHA256_ECHO, sizeof(r->echo), r->echo);
	if (!err && r->error)
		err = nla_put_string(skb, CEPH_XIO_A_TEXT, r->error);
	return err;
}

/**
 * cxio_netlink_done() - tell what a transfer came to
 * @c: its connection
 * @r: the result
 *
 * Context: the connection's work.
 */
void cxio_netlink_done(struct cxio_connection *c, const struct cxio_run_result *r)
{
	struct sk_buff *skb;
	void *head;

	/* The counts of this very moment, not of the last round of the work. */
	cxio_connection_snapshot(c);
	skb = begin(CEPH_XIO_EVENT_DONE, &head);
	if (skb)
		end(c->net, skb, head, cxio_put_connection(skb, c) ?: put_result(skb, r));
}

/**
 * cxio_event_unlistened() - tell that nobody listens on an address any more
 * @net: the namespace
 * @addr: the address
 * @fault: enum cxio_fault: why; 0 if somebody asked for it
 *
 * Context: may sleep.
 */
void cxio_event_unlistened(struct net *net, const struct sockaddr_storage *addr, u32 fault)
{
	void *head;
	struct sk_buff *skb = begin(CEPH_XIO_EVENT_UNLISTENED, &head);

	if (skb)
		end(net, skb, head, cxio_put_address(skb, addr) ?:
		    cxio_put_fault(skb, fault, false));
}

/**
 * cxio_event_device_removed() - tell that an RDMA device is gone
 * @dev: the device
 * @carriers: how many were lost with it
 *
 * Told in every namespace that could use it.
 *
 * Context: may sleep.
 */
void cxio_event_device_removed(struct ib_device *dev, u32 carriers)
{
	struct sk_buff *skb;
	struct net *net;
	void *head;

	down_read(&net_rwsem);
	for_each_net(net) {
		if (!rdma_dev_access_netns(dev, net))
			continue;
		skb = begin(CEPH_XIO_EVENT_DEVICE_REMOVED, &head);
		if (skb)
			end(net, skb, head,
			    nla_put_string(skb, CEPH_XIO_A_DEVICE, dev_name(&dev->dev)) ?:
			    nla_put_u32(skb, CEPH_XIO_A_CARRIERS, carriers));
	}
	up_read(&net_rwsem);
}
