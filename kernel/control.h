/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What control and sight share: netlink.c (the family and its requests), dump.c (its
 * answers), event.c (its events), history.c (what ended).
 */
#ifndef CXIO_CONTROL_H
#define CXIO_CONTROL_H

#include <net/netlink.h>

#include "ceph_xio.h"

struct netlink_callback;

/* Connections that ended and are still remembered, of one network namespace. */
#define CXIO_HISTORY 32

/**
 * struct cxio_ended - a connection that ended
 * @id: its number
 * @accepted: the peer began it
 * @by_peer: the peer said why
 * @fault: why: enum cxio_fault or a number of the peer's
 * @when_ns: when, on ktime_get_ns()
 * @peer: its address; what is not of its family is zero
 * @stats: its counts, of all its carriers
 */
struct cxio_ended {
	u32 id;
	bool accepted;
	bool by_peer;
	u32 fault;
	u64 when_ns;
	struct sockaddr_in6 peer;
	struct cxio_counts stats;
};

/**
 * struct cxio_totals - what has been since the messenger exists
 * @opened: connections that were established
 * @ended: connections that ended
 * @faults: of these, with a fault
 */
struct cxio_totals {
	u64 opened;
	u64 ended;
	u64 faults;
};

/**
 * struct cxio_device_view - an RDMA device, as it was
 * @name: its name
 * @vectors: completion vectors
 * @carriers: those with a queue pair on it
 */
struct cxio_device_view {
	char name[IB_DEVICE_NAME_MAX];
	u32 vectors;
	u32 carriers;
};

/* history.c */
int cxio_history_init(void);
void cxio_history_exit(void);
void cxio_history_opened(struct net *net);
void cxio_history_ended(struct cxio_connection *c);
void cxio_history_totals(struct net *net, struct cxio_totals *t);
bool cxio_history_next(struct net *net, u64 *at, struct cxio_ended *e);

/* netlink.c */
void *cxio_netlink_begin(struct sk_buff *skb, u32 portid, u32 seq, int flags, u8 cmd);
void cxio_netlink_multicast(struct net *net, struct sk_buff *skb);

/* dump.c */
int cxio_put_u64(struct sk_buff *skb, int attr, u64 value);
int cxio_put_address(struct sk_buff *skb, const void *addr);
int cxio_put_fault(struct sk_buff *skb, u32 fault, bool by_peer);
int cxio_put_stats(struct sk_buff *skb, const struct cxio_counts *all);
int cxio_put_connection(struct sk_buff *skb, struct cxio_connection *c);
int cxio_put_state(struct sk_buff *skb, struct cxio_connection *c);
struct cxio_connection *cxio_connection_after(struct cxio_messenger *m, u32 id);
int cxio_dump_connections(struct sk_buff *skb, struct netlink_callback *cb);
int cxio_dump_messenger(struct sk_buff *skb, struct netlink_callback *cb);
int cxio_dump_listeners(struct sk_buff *skb, struct netlink_callback *cb);
int cxio_dump_portals(struct sk_buff *skb, struct netlink_callback *cb);
int cxio_dump_ended(struct sk_buff *skb, struct netlink_callback *cb);

/* streams.c */
int cxio_dump_streams(struct sk_buff *skb, struct netlink_callback *cb);
int cxio_put_stream_totals(struct sk_buff *skb, struct net *net);

/* event.c; opened, closed and done are in ceph_xio.h, for who has a connection */
void cxio_event_unlistened(struct net *net, const struct sockaddr_storage *addr, u32 fault);
void cxio_event_device_removed(struct ib_device *dev, u32 carriers);

/* debugfs.c */
void cxio_debugfs_init(void);
void cxio_debugfs_exit(void);

/* device.c */
bool cxio_device_nth(const struct net *net, unsigned int n, struct cxio_device_view *v);
bool cxio_device_name(struct cxio_connection *c, char *name, size_t size);

/* cm.c */
bool cxio_listener_nth(struct cxio_messenger *m, unsigned int n, struct sockaddr_storage *addr);

#endif /* CXIO_CONTROL_H */
