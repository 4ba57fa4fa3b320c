// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control over generic netlink: see include/uapi/linux/ceph_xio.h.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <net/genetlink.h>

#include "../common/transfer.h"
#include "../include/uapi/linux/ceph_xio.h"
#include "ceph_xio.h"

#define DEFAULT_DEPTH 8

static struct genl_family family;

static struct netlink_range_validation dsize_range = { .max = CXIO_TRANSFER_MAX };

static const struct nla_policy policy[CEPH_XIO_A_MAX + 1] = {
	[CEPH_XIO_A_ADDR] = NLA_POLICY_RANGE(NLA_BINARY, sizeof(struct sockaddr_in),
					     sizeof(struct sockaddr_in6)),
	[CEPH_XIO_A_CONNECTION] = { .type = NLA_U32 },
	[CEPH_XIO_A_FD] = { .type = NLA_U32 },
	[CEPH_XIO_A_MSGS] = { .type = NLA_U64 },
	[CEPH_XIO_A_DSIZE] = NLA_POLICY_FULL_RANGE(NLA_U32, &dsize_range),
	[CEPH_XIO_A_DEPTH] = NLA_POLICY_RANGE(NLA_U32, 1, 1024),
};

/* --- requests --- */

static const struct sockaddr *get_address(struct genl_info *info)
{
	struct nlattr *a = info->attrs[CEPH_XIO_A_ADDR];
	const struct sockaddr *sa;

	if (!a) {
		NL_SET_ERR_MSG(info->extack, "address missing");
		return NULL;
	}
	sa = nla_data(a);
	if ((sa->sa_family == AF_INET && nla_len(a) == sizeof(struct sockaddr_in)) ||
	    (sa->sa_family == AF_INET6 && nla_len(a) == sizeof(struct sockaddr_in6)))
		return sa;
	NL_SET_ERR_MSG_ATTR(info->extack, a, "address is neither IPv4 nor IPv6");
	return NULL;
}

static int listen_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct sockaddr *sa = get_address(info);
	int err;

	if (!sa)
		return -EINVAL;
	err = cxio_listen(cxio_messenger_of(genl_info_net(info)), sa);
	if (err == -EADDRINUSE)
		NL_SET_ERR_MSG(info->extack, "another listener has that address and port");
	else if (err == -ENODEV || err == -EADDRNOTAVAIL)
		NL_SET_ERR_MSG(info->extack, "no RDMA device has that address; see 'rdma link'");
	else if (err)
		NL_SET_ERR_MSG(info->extack, "listening failed");
	return err;
}

static int unlisten_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct sockaddr *sa = NULL;
	int err;

	if (info->attrs[CEPH_XIO_A_ADDR]) {
		sa = get_address(info);
		if (!sa)
			return -EINVAL;
	}
	err = cxio_unlisten(cxio_messenger_of(genl_info_net(info)), sa);
	if (err)
		NL_SET_ERR_MSG(info->extack, "nobody listens there");
	return err;
}

static int connect_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct sockaddr *sa = get_address(info);
	struct sk_buff *reply;
	void *head;
	u32 id;
	int err;

	if (!sa)
		return -EINVAL;
	reply = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	err = cxio_messenger_connect(cxio_messenger_of(genl_info_net(info)), sa, &id);
	if (err)
		goto fail;
	head = genlmsg_put_reply(reply, info, &family, 0, CEPH_XIO_CMD_CONNECT);
	err = -EMSGSIZE;
	if (!head || nla_put_u32(reply, CEPH_XIO_A_CONNECTION, id))
		goto fail;
	genlmsg_end(reply, head);
	return genlmsg_reply(reply, info);
fail:
	nlmsg_free(reply);
	return err;
}

static struct cxio_connection *get_connection(struct genl_info *info)
{
	struct cxio_connection *c;

	if (!info->attrs[CEPH_XIO_A_CONNECTION]) {
		NL_SET_ERR_MSG(info->extack, "connection missing");
		return ERR_PTR(-EINVAL);
	}
	c = cxio_messenger_find(cxio_messenger_of(genl_info_net(info)),
				nla_get_u32(info->attrs[CEPH_XIO_A_CONNECTION]));
	if (!c) {
		NL_SET_ERR_MSG(info->extack, "no connection has that number");
		return ERR_PTR(-ENOENT);
	}
	return c;
}

static int get_params(struct genl_info *info, struct cxio_run_params *p)
{
	p->depth = info->attrs[CEPH_XIO_A_DEPTH] ? nla_get_u32(info->attrs[CEPH_XIO_A_DEPTH]) :
						   DEFAULT_DEPTH;
	if (info->attrs[CEPH_XIO_A_MSGS]) {
		p->msgs = nla_get_u64(info->attrs[CEPH_XIO_A_MSGS]);
		if (info->attrs[CEPH_XIO_A_DSIZE])
			p->dsize = nla_get_u32(info->attrs[CEPH_XIO_A_DSIZE]);
		return 0;
	}
	if (!info->attrs[CEPH_XIO_A_FD]) {
		NL_SET_ERR_MSG(info->extack, "neither a file nor a number of messages given");
		return -EINVAL;
	}
	p->file = fget(nla_get_u32(info->attrs[CEPH_XIO_A_FD]));
	if (p->file && (p->file->f_mode & FMODE_READ) && S_ISREG(file_inode(p->file)->i_mode))
		return 0;
	NL_SET_ERR_MSG(info->extack, "not a regular file open for reading");
	if (p->file)
		fput(p->file);
	return -EBADF;
}

static int send_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cxio_run_params params = { 0 };
	struct cxio_connection *c = get_connection(info);
	int err;

	if (IS_ERR(c))
		return PTR_ERR(c);
	err = get_params(info, &params);
	if (!err) {
		err = cxio_endpoint_send(c, &params);
		if (err == -EBUSY)
			NL_SET_ERR_MSG(info->extack, "a transfer is under way on that connection");
		if (params.file)
			fput(params.file);
	}
	cxio_connection_put(c);
	return err;
}

static int close_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cxio_connection *c = get_connection(info);

	if (IS_ERR(c))
		return PTR_ERR(c);
	cxio_connection_close(c);
	cxio_connection_put(c);
	return 0;
}

/* --- answers and events --- */

static int put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, CEPH_XIO_A_PAD);
}

static int put_stats(struct sk_buff *skb, struct cxio_connection *c)
{
	struct cxio_channel_stats s;

	spin_lock_bh(&c->lock);
	s = c->stats;
	spin_unlock_bh(&c->lock);
	return put_u64(skb, CEPH_XIO_A_MSGS_SENT, s.msgs_sent) ?:
	       put_u64(skb, CEPH_XIO_A_MSGS_RECEIVED, s.msgs_received) ?:
	       put_u64(skb, CEPH_XIO_A_BYTES_SENT, s.bytes_sent) ?:
	       put_u64(skb, CEPH_XIO_A_BYTES_RECEIVED, s.bytes_received) ?:
	       put_u64(skb, CEPH_XIO_A_FRAMES_SENT, s.frames_sent) ?:
	       put_u64(skb, CEPH_XIO_A_FRAMES_RECEIVED, s.frames_received) ?:
	       put_u64(skb, CEPH_XIO_A_ACK_FRAMES, s.grants_sent) ?:
	       put_u64(skb, CEPH_XIO_A_CREDIT_STALLS, s.credit_stalls) ?:
	       put_u64(skb, CEPH_XIO_A_WINDOW_STALLS, s.window_stalls) ?:
	       put_u64(skb, CEPH_XIO_A_CRC_FAILURES, s.crc_failures);
}

static int put_connection(struct sk_buff *skb, struct cxio_connection *c)
{
	size_t len = c->peer.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
						     sizeof(struct sockaddr_in);

	if (nla_put_u32(skb, CEPH_XIO_A_CONNECTION, c->id) ||
	    nla_put(skb, CEPH_XIO_A_ADDR, len, &c->peer))
		return -EMSGSIZE;
	if (!c->life.active && nla_put_flag(skb, CEPH_XIO_A_ACCEPTED))
		return -EMSGSIZE;
	return put_stats(skb, c);
}

static int dump_one(struct sk_buff *skb, struct netlink_callback *cb, struct cxio_connection *c)
{
	enum cxio_state state;
	u64 done, total;
	void *head;

	head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family,
			   NLM_F_MULTI, CEPH_XIO_CMD_GET_CONNECTION);
	if (!head)
		return -EMSGSIZE;
	spin_lock_bh(&c->lock);
	state = c->shown_state;
	spin_unlock_bh(&c->lock);
	cxio_endpoint_progress(c, &done, &total);
	if (put_connection(skb, c) ||
	    nla_put_string(skb, CEPH_XIO_A_STATE, cxio_state_text(state)) ||
	    put_u64(skb, CEPH_XIO_A_BYTES_DONE, done) ||
	    put_u64(skb, CEPH_XIO_A_BYTES_TOTAL, total)) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

/* The list is in the order of the numbers: the last one dumped says where to go on. */
static int connections_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cxio_messenger *m = cxio_messenger_of(sock_net(skb->sk));
	struct cxio_connection *c;

	spin_lock_bh(&m->lock);
	list_for_each_entry(c, &m->connections, link) {
		if (c->id <= cb->args[0])
			continue;
		if (dump_one(skb, cb, c))
			break;
		cb->args[0] = c->id;
	}
	spin_unlock_bh(&m->lock);
	return skb->len;
}

static int objects_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *head;

	if (!reply)
		return -ENOMEM;
	head = genlmsg_put_reply(reply, info, &family, 0, CEPH_XIO_CMD_GET_OBJECTS);
	if (!head ||
	    put_u64(reply, CEPH_XIO_A_OBJ_MESSAGES, cxio_object_count(CXIO_OBJ_MESSAGES)) ||
	    put_u64(reply, CEPH_XIO_A_OBJ_CONNECTIONS, cxio_object_count(CXIO_OBJ_CONNECTIONS)) ||
	    put_u64(reply, CEPH_XIO_A_OBJ_FRAMES, cxio_object_count(CXIO_OBJ_FRAMES)) ||
	    put_u64(reply, CEPH_XIO_A_OBJ_REGIONS, cxio_object_count(CXIO_OBJ_REGIONS))) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, head);
	return genlmsg_reply(reply, info);
}

static struct sk_buff *begin_event(struct cxio_connection *c, u8 event, void **head)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!skb)
		return NULL;
	*head = genlmsg_put(skb, 0, 0, &family, 0, event);
	if (!*head || put_connection(skb, c)) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

static void end_event(struct cxio_connection *c, struct sk_buff *skb, void *head, int err)
{
	if (err) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, head);
	/* It fails when nobody listens, and then nobody minds. */
	genlmsg_multicast_netns(&family, c->messenger->net, skb, 0, 0, GFP_KERNEL);
}

/**
 * cxio_netlink_opened() - tell that a connection is established
 * @c: the connection
 *
 * Context: the connection's work.
 */
void cxio_netlink_opened(struct cxio_connection *c)
{
	void *head;
	struct sk_buff *skb = begin_event(c, CEPH_XIO_EVENT_OPENED, &head);

	if (skb)
		end_event(c, skb, head, 0);
}

/**
 * cxio_netlink_closed() - tell that a connection ended, and why
 * @c: the connection
 *
 * Context: the connection's work.
 */
void cxio_netlink_closed(struct cxio_connection *c)
{
	void *head;
	struct sk_buff *skb = begin_event(c, CEPH_XIO_EVENT_CLOSED, &head);
	int err;

	if (!skb)
		return;
	err = nla_put_u32(skb, CEPH_XIO_A_FAULT, c->life.fault) ?:
	      nla_put_string(skb, CEPH_XIO_A_TEXT, cxio_fault_text(c->life.fault));
	if (!err && c->life.by_peer)
		err = nla_put_flag(skb, CEPH_XIO_A_BY_PEER);
	end_event(c, skb, head, err);
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
	void *head;
	struct sk_buff *skb;
	int err;

	/* The counts of this very moment, not of the last round of the work. */
	spin_lock_bh(&c->lock);
	c->stats = c->life.channel.stats;
	spin_unlock_bh(&c->lock);
	skb = begin_event(c, CEPH_XIO_EVENT_DONE, &head);
	if (!skb)
		return;
	err = put_u64(skb, CEPH_XIO_A_MSGS, r->messages) ?:
	      put_u64(skb, CEPH_XIO_A_BYTES_DONE, r->bytes) ?:
	      put_u64(skb, CEPH_XIO_A_P50_NS, r->p50_ns) ?:
	      put_u64(skb, CEPH_XIO_A_P99_NS, r->p99_ns) ?:
	      put_u64(skb, CEPH_XIO_A_MAX_NS, r->max_ns) ?:
	      nla_put(skb, CEPH_XIO_A_SHA256_SENT, sizeof(r->sent), r->sent) ?:
	      nla_put(skb, CEPH_XIO_A_SHA256_ECHO, sizeof(r->echo), r->echo);
	if (!err && r->error)
		err = nla_put_string(skb, CEPH_XIO_A_TEXT, r->error);
	end_event(c, skb, head, err);
}

/* --- the family --- */

static const struct genl_ops ops[] = {
	{ .cmd = CEPH_XIO_CMD_LISTEN, .doit = listen_doit, .flags = GENL_ADMIN_PERM },
	{ .cmd = CEPH_XIO_CMD_UNLISTEN, .doit = unlisten_doit, .flags = GENL_ADMIN_PERM },
	{ .cmd = CEPH_XIO_CMD_CONNECT, .doit = connect_doit, .flags = GENL_ADMIN_PERM },
	{ .cmd = CEPH_XIO_CMD_SEND, .doit = send_doit, .flags = GENL_ADMIN_PERM },
	{ .cmd = CEPH_XIO_CMD_CLOSE, .doit = close_doit, .flags = GENL_ADMIN_PERM },
	{ .cmd = CEPH_XIO_CMD_GET_CONNECTION, .dumpit = connections_dumpit },
	{ .cmd = CEPH_XIO_CMD_GET_OBJECTS, .doit = objects_doit },
};

static const struct genl_multicast_group groups[] = {
	{ .name = CEPH_XIO_GENL_EVENTS },
};

static struct genl_family family = {
	.name = CEPH_XIO_GENL_NAME,
	.version = CEPH_XIO_GENL_VERSION,
	.maxattr = CEPH_XIO_A_MAX,
	.policy = policy,
	.netnsok = true,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

/**
 * cxio_netlink_init() - offer the family
 *
 * Context: module init, last. Return: 0 or a negative errno.
 */
int __init cxio_netlink_init(void)
{
	return genl_register_family(&family);
}

/**
 * cxio_netlink_exit() - withdraw the family, wait for requests under way
 *
 * Context: module exit, when the messengers have stopped.
 */
void cxio_netlink_exit(void)
{
	genl_unregister_family(&family);
}
