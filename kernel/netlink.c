// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control over generic netlink: see include/uapi/linux/ceph_xio.h. Requests are here,
 * dumps in dump.c, events in event.c.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/rwsem.h>
#include <net/genetlink.h>

#include "../common/transfer.h"
#include "../include/uapi/linux/ceph_xio.h"
#include "control.h"

#define DEFAULT_DEPTH 8

static struct genl_family family;

static struct netlink_range_validation msgs_range = { .min = 1, .max = U32_MAX };
static struct netlink_range_validation dsize_range = { .max = CXIO_TRANSFER_MAX };

static const struct nla_policy policy[CEPH_XIO_A_MAX + 1] = {
	[CEPH_XIO_A_ADDR] = NLA_POLICY_RANGE(NLA_BINARY, sizeof(struct sockaddr_in),
					     sizeof(struct sockaddr_in6)),
	[CEPH_XIO_A_CONNECTION] = { .type = NLA_U32 },
	[CEPH_XIO_A_FD] = { .type = NLA_U32 },
	[CEPH_XIO_A_MSGS] = NLA_POLICY_FULL_RANGE(NLA_U64, &msgs_range),
	[CEPH_XIO_A_DSIZE] = NLA_POLICY_FULL_RANGE(NLA_U32, &dsize_range),
	[CEPH_XIO_A_DEPTH] = NLA_POLICY_RANGE(NLA_U32, 1, 1024),
	[CEPH_XIO_A_LOSSLESS] = { .type = NLA_FLAG },
	[CEPH_XIO_A_SINK] = { .type = NLA_FLAG },
	[CEPH_XIO_A_SECRET_NAME] = { .type = NLA_NUL_STRING, .len = CXIO_AUTH_NAME_MAX },
	[CEPH_XIO_A_SIGNING] = NLA_POLICY_MAX(NLA_U32, CXIO_SIGNING_ON),
};

/* --- requests --- */

static const struct sockaddr *get_address(struct genl_info *info)
{
	struct nlattr *a = info->attrs[CEPH_XIO_A_ADDR];
	const struct sockaddr *sa;

	if (GENL_REQ_ATTR_CHECK(info, CEPH_XIO_A_ADDR)) {
		NL_SET_ERR_MSG(info->extack, "ADDR: address missing");
		return NULL;
	}
	sa = nla_data(a);
	if ((sa->sa_family == AF_INET && nla_len(a) == sizeof(struct sockaddr_in)) ||
	    (sa->sa_family == AF_INET6 && nla_len(a) == sizeof(struct sockaddr_in6)))
		return sa;
	NL_SET_ERR_MSG_ATTR(info->extack, a, "ADDR: neither an IPv4 nor an IPv6 address");
	return NULL;
}

/* All that goes wrong with an address is the address's. A macro keeps texts in .rodata. */
#define refuse_address(info, text) \
	NL_SET_ERR_MSG_ATTR((info)->extack, (info)->attrs[CEPH_XIO_A_ADDR], text)

#define refuse_secret(info, text) \
	NL_SET_ERR_MSG_ATTR((info)->extack, (info)->attrs[CEPH_XIO_A_SECRET_NAME], text)

/* Return: a reference, NULL if none is asked for, or an error, which has been told. */
static struct cxio_secret *get_secret(struct genl_info *info)
{
	struct nlattr *name = info->attrs[CEPH_XIO_A_SECRET_NAME];
	struct nlattr *signing = info->attrs[CEPH_XIO_A_SIGNING];
	struct cxio_secret *s;

	if (!name && signing) {
		NL_SET_ERR_MSG_ATTR(info->extack, signing, "SIGNING: only with SECRET_NAME");
		return ERR_PTR(-EINVAL);
	}
	if (!name)
		return NULL;
	s = cxio_secret_of_keyring(nla_data(name), signing ? nla_get_u32(signing) :
							     CXIO_SIGNING_AUTO);
	switch (PTR_ERR_OR_ZERO(s)) {
	case 0:
		break;
	case -EINVAL:
		refuse_secret(info,
			      "the name has no printable characters only, or the key is too short or long");
		break;
	case -ENOMEM:
		refuse_secret(info, "no memory, or the kernel has no hmac(sha256)");
		break;
	default:
		refuse_secret(info, "your keyrings have no good key of that name");
		break;
	}
	return s;
}

static int listen_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct sockaddr *sa = get_address(info);
	struct cxio_secret *secret;
	int err;

	if (!sa)
		return -EINVAL;
	secret = get_secret(info);
	if (IS_ERR(secret))
		return PTR_ERR(secret);
	err = cxio_listen(cxio_messenger_of(genl_info_net(info)), sa,
			  info->attrs[CEPH_XIO_A_LOSSLESS] ? CXIO_STATEFUL_SERVER :
			  CXIO_STATELESS_SERVER, secret);
	cxio_secret_put(secret);
	if (err == -EADDRINUSE)
		refuse_address(info, "another listener has that address and port");
	else if (err == -ENODEV || err == -EADDRNOTAVAIL)
		refuse_address(info, "no RDMA device has that address; see 'rdma link'");
	else if (err == -ESHUTDOWN)
		refuse_address(info, "the module is being unloaded");
	else if (err)
		refuse_address(info, "listening failed");
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
	if (err && sa)
		refuse_address(info, "nobody listens there");
	else if (err)
		NL_SET_ERR_MSG(info->extack, "nobody listens there");
	return err;
}

static int connect_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct sockaddr *sa = get_address(info);
	struct cxio_connection *c;
	struct cxio_secret *secret;
	struct sk_buff *reply;
	void *head;
	u32 id;
	int err;

	if (!sa)
		return -EINVAL;
	secret = get_secret(info);
	if (IS_ERR(secret))
		return PTR_ERR(secret);
	reply = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply) {
		cxio_secret_put(secret);
		return -ENOMEM;
	}
	c = cxio_connection_open(cxio_messenger_of(genl_info_net(info)),
				 info->attrs[CEPH_XIO_A_LOSSLESS] ? CXIO_LOSSLESS_CLIENT :
								    CXIO_LOSSY_CLIENT,
				 sa, secret, NULL);
	cxio_secret_put(secret);
	err = PTR_ERR_OR_ZERO(c);
	if (err == -ESHUTDOWN)
		refuse_address(info, "the module is being unloaded");
	else if (err)
		refuse_address(info, "no memory for a connection");
	if (err)
		goto fail;
	id = c->id;
	cxio_connection_put(c);
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

#define refuse_connection(info, text) \
	NL_SET_ERR_MSG_ATTR((info)->extack, (info)->attrs[CEPH_XIO_A_CONNECTION], text)

static struct cxio_connection *get_connection(struct genl_info *info)
{
	struct cxio_connection *c;

	if (GENL_REQ_ATTR_CHECK(info, CEPH_XIO_A_CONNECTION)) {
		NL_SET_ERR_MSG(info->extack, "CONNECTION: number missing");
		return ERR_PTR(-EINVAL);
	}
	c = cxio_messenger_find(cxio_messenger_of(genl_info_net(info)),
				nla_get_u32(info->attrs[CEPH_XIO_A_CONNECTION]));
	if (!c) {
		refuse_connection(info, "no connection has that number");
		return ERR_PTR(-ENOENT);
	}
	return c;
}

static int get_params(struct genl_info *info, struct cxio_run_params *p)
{
	p->depth = info->attrs[CEPH_XIO_A_DEPTH] ? nla_get_u32(info->attrs[CEPH_XIO_A_DEPTH]) :
						   DEFAULT_DEPTH;
	p->sinks = info->attrs[CEPH_XIO_A_SINK];
	if (info->attrs[CEPH_XIO_A_MSGS]) {
		p->msgs = nla_get_u64(info->attrs[CEPH_XIO_A_MSGS]);
		if (info->attrs[CEPH_XIO_A_DSIZE])
			p->dsize = nla_get_u32(info->attrs[CEPH_XIO_A_DSIZE]);
		return 0;
	}
	if (GENL_REQ_ATTR_CHECK(info, CEPH_XIO_A_FD)) {
		NL_SET_ERR_MSG(info->extack, "FD, MSGS: neither a file nor a number of messages");
		return -EINVAL;
	}
	p->file = fget(nla_get_u32(info->attrs[CEPH_XIO_A_FD]));
	if (p->file && (p->file->f_mode & FMODE_READ) && S_ISREG(file_inode(p->file)->i_mode))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[CEPH_XIO_A_FD],
			    "FD: not a regular file open for reading");
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
			refuse_connection(info, "a transfer is under way on that connection");
		else if (err == -ENOTCONN)
			refuse_connection(info, "that connection has ended");
		else if (err)
			refuse_connection(info, "the transfer could not begin");
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

/* --- answers that are no dump --- */

static int connection_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cxio_connection *c = get_connection(info);
	struct sk_buff *reply;
	int err = -ENOMEM;
	void *head;

	if (IS_ERR(c))
		return PTR_ERR(c);
	reply = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		goto out;
	head = genlmsg_put_reply(reply, info, &family, 0, CEPH_XIO_CMD_GET_CONNECTION);
	if (!head || cxio_put_state(reply, c)) {
		nlmsg_free(reply);
		err = -EMSGSIZE;
		goto out;
	}
	genlmsg_end(reply, head);
	err = genlmsg_reply(reply, info);
out:
	cxio_connection_put(c);
	return err;
}

static int objects_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *head;

	if (!reply)
		return -ENOMEM;
	head = genlmsg_put_reply(reply, info, &family, 0, CEPH_XIO_CMD_GET_OBJECTS);
	if (!head ||
	    cxio_put_u64(reply, CEPH_XIO_A_OBJ_MESSAGES, cxio_object_count(CXIO_OBJ_MESSAGES)) ||
	    cxio_put_u64(reply, CEPH_XIO_A_OBJ_CONNECTIONS,
			 cxio_object_count(CXIO_OBJ_CONNECTIONS)) ||
	    cxio_put_u64(reply, CEPH_XIO_A_OBJ_CARRIERS, cxio_object_count(CXIO_OBJ_CARRIERS)) ||
	    cxio_put_u64(reply, CEPH_XIO_A_OBJ_FRAMES, cxio_object_count(CXIO_OBJ_FRAMES)) ||
	    cxio_put_u64(reply, CEPH_XIO_A_OBJ_REGIONS, cxio_object_count(CXIO_OBJ_REGIONS))) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, head);
	return genlmsg_reply(reply, info);
}

static int stream_totals_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *head;

	if (!reply)
		return -ENOMEM;
	head = genlmsg_put_reply(reply, info, &family, 0, CEPH_XIO_CMD_GET_STREAM_TOTALS);
	if (!head || cxio_put_stream_totals(reply, genl_info_net(info))) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, head);
	return genlmsg_reply(reply, info);
}

/* --- the family --- */

static const struct genl_ops ops[] = {
	{ .cmd = CEPH_XIO_CMD_LISTEN, .doit = listen_doit, .flags = GENL_ADMIN_PERM },
	{ .cmd = CEPH_XIO_CMD_UNLISTEN, .doit = unlisten_doit, .flags = GENL_ADMIN_PERM },
	{ .cmd = CEPH_XIO_CMD_CONNECT, .doit = connect_doit, .flags = GENL_ADMIN_PERM },
	{ .cmd = CEPH_XIO_CMD_SEND, .doit = send_doit, .flags = GENL_ADMIN_PERM },
	{ .cmd = CEPH_XIO_CMD_CLOSE, .doit = close_doit, .flags = GENL_ADMIN_PERM },
	{ .cmd = CEPH_XIO_CMD_GET_CONNECTION, .doit = connection_doit,
	  .dumpit = cxio_dump_connections },
	{ .cmd = CEPH_XIO_CMD_GET_OBJECTS, .doit = objects_doit },
	{ .cmd = CEPH_XIO_CMD_GET_MESSENGER, .dumpit = cxio_dump_messenger },
	{ .cmd = CEPH_XIO_CMD_GET_LISTENER, .dumpit = cxio_dump_listeners },
	{ .cmd = CEPH_XIO_CMD_GET_PORTAL, .dumpit = cxio_dump_portals },
	{ .cmd = CEPH_XIO_CMD_GET_ENDED, .dumpit = cxio_dump_ended },
	{ .cmd = CEPH_XIO_CMD_GET_STREAM, .dumpit = cxio_dump_streams },
	{ .cmd = CEPH_XIO_CMD_GET_STREAM_TOTALS, .doit = stream_totals_doit },
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

/* Once it is withdrawn, its multicast group may be somebody else's. */
static DECLARE_RWSEM(family_lock);
static bool registered;

/**
 * cxio_netlink_begin() - begin a message of the family
 * @skb: where
 * @portid: to whom; 0 for events
 * @seq: of the request
 * @flags: NLM_F_*
 * @cmd: enum ceph_xio_cmd
 *
 * Context: any. Return: its header for genlmsg_end(), or NULL if there is no room.
 */
void *cxio_netlink_begin(struct sk_buff *skb, u32 portid, u32 seq, int flags, u8 cmd)
{
	return genlmsg_put(skb, portid, seq, &family, flags, cmd);
}

/**
 * cxio_netlink_multicast() - send an event, unless the family is withdrawn
 * @net: in this namespace
 * @skb: the event; consumed
 *
 * Context: may sleep.
 */
void cxio_netlink_multicast(struct net *net, struct sk_buff *skb)
{
	down_read(&family_lock);
	/* It fails when nobody listens, and then nobody minds. */
	if (registered)
		genlmsg_multicast_netns(&family, net, skb, 0, 0, GFP_KERNEL);
	else
		nlmsg_free(skb);
	up_read(&family_lock);
}

/**
 * cxio_netlink_init() - offer the family
 *
 * Context: module init, last. Return: 0 or a negative errno.
 */
int __init cxio_netlink_init(void)
{
	int err = genl_register_family(&family);

	down_write(&family_lock);
	registered = !err;
	up_write(&family_lock);
	return err;
}

/**
 * cxio_netlink_exit() - withdraw the family, wait for requests under way
 *
 * Context: module exit, when the messengers have stopped.
 */
void cxio_netlink_exit(void)
{
	down_write(&family_lock);
	registered = false;
	up_write(&family_lock);
	genl_unregister_family(&family);
}
