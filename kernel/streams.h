/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Byte streams that another module carries over RDMA, for who looks: cxio show and cxio
 * stat. Nothing is decided here.
 *
 * An entry is a part of its stream, which owns it, and is in the list from
 * cxio_streams_add() to cxio_streams_remove(); what it counted stays in the totals of its
 * network namespace. Its lock is the stream's own, which may take it in softirq; it is
 * below the lock of the list.
 *
 * Exported to modules in the namespace CEPH_XIO.
 */
#ifndef CEPH_XIO_STREAMS_H
#define CEPH_XIO_STREAMS_H

#include <linux/if_ether.h>
#include <linux/list.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <rdma/ib_verbs.h>

struct net;

/**
 * struct cxio_stream_counts - what happened on a stream; all u64
 * @bytes_sent: bytes put into SENDs
 * @bytes_received: bytes that came in SENDs
 * @sends: SENDs
 * @receives: SENDs that came in
 * @send_stalls: times that all slots to send from were on their way
 * @recv_stalls: times that all slots to receive into held bytes: the peer had to wait (RNR)
 */
struct cxio_stream_counts {
	u64 bytes_sent;
	u64 bytes_received;
	u64 sends;
	u64 receives;
	u64 send_stalls;
	u64 recv_stalls;
};

/**
 * struct cxio_stream_totals - all streams of a network namespace
 * @begun: streams
 * @opened: of these, those that were connected
 * @ended: that are over
 * @faults: of these, those with a fault
 * @rnr_losses: of these, those that ended because the peer had no slot posted, and its
 *	queue pair was told not to wait: RDMA CM with a daemon of Ceph's
 * @counts: of those that are over
 */
struct cxio_stream_totals {
	u64 begun;
	u64 opened;
	u64 ended;
	u64 faults;
	u64 rnr_losses;
	struct cxio_stream_counts counts;
};

/**
 * struct cxio_stream_entry - a stream, as it is shown
 * @link: in the list
 * @net: its network namespace, which outlives it
 * @id: its number, of cxio_streams_add()
 * @peer: its address
 * @by_cm: RDMA CM has connected it, not an exchange over TCP
 * @slot_size: bytes of each slot
 * @send_slots: slots to send from
 * @recv_slots: slots to receive into
 *
 * @lock: guards all below
 * @state: in words
 * @opened: it was connected
 * @fault: why it ended, or 0
 * @rnr_loss: because the peer had no slot
 * @device: its RDMA device; empty: none
 * @port: of the device
 * @gid: of this side, zero until it is known
 * @peer_gid: of the other, likewise
 * @peer_mac: where its packets go, zero on InfiniBand and if RDMA CM has found it
 * @hop_limit: what they may pass
 * @counts: see there
 */
struct cxio_stream_entry {
	struct list_head link;
	struct net *net;
	u32 id;
	struct sockaddr_storage peer;
	bool by_cm;
	u32 slot_size;
	u32 send_slots;
	u32 recv_slots;

	spinlock_t lock; /* all below; taken in softirq */
	const char *state;
	bool opened;
	u32 fault;
	bool rnr_loss;
	char device[IB_DEVICE_NAME_MAX];
	u32 port;
	union ib_gid gid;
	union ib_gid peer_gid;
	u8 peer_mac[ETH_ALEN];
	u8 hop_limit;
	struct cxio_stream_counts counts;
};

void cxio_streams_add(struct cxio_stream_entry *e);
void cxio_streams_remove(struct cxio_stream_entry *e);

#endif /* CEPH_XIO_STREAMS_H */
