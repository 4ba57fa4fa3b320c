// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Talking to ceph_xio.ko: one socket for requests, one for events, so that no
 * event is lost while a request waits for its answer.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"

/**
 * struct control - both sockets
 * @calls: requests and answers
 * @events: the multicast group
 * @family: number of the family
 * @fn: who gets the answer or event being parsed
 * @arg: its argument
 * @error: errno of the last call, 0 for none
 * @text: what the kernel said about it
 * @done: the answer is complete
 * @overrun: events came faster than they were read, and some are lost
 * @unloaded: the module is gone: nothing comes any more
 */
struct control {
	struct nl_sock *calls;
	struct nl_sock *events;
	int family;
	control_fn fn;
	void *arg;
	int error;
	char text[200];
	bool done;
	bool overrun;
	bool unloaded;
};

/* What generic netlink itself tells: a family went away. */
static void on_family(struct control *k, struct nl_msg *msg, const struct genlmsghdr *g)
{
	struct nlattr *attr[CTRL_ATTR_MAX + 1];

	if (g->cmd == CTRL_CMD_DELFAMILY &&
	    !genlmsg_parse(nlmsg_hdr(msg), 0, attr, CTRL_ATTR_MAX, NULL) &&
	    attr[CTRL_ATTR_FAMILY_ID] && nla_get_u16(attr[CTRL_ATTR_FAMILY_ID]) == k->family)
		k->unloaded = true;
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct nlattr *attr[CEPH_XIO_A_MAX + 1];
	struct control *k = arg;
	struct genlmsghdr *g = nlmsg_data(nlmsg_hdr(msg));

	if (nlmsg_hdr(msg)->nlmsg_type == GENL_ID_CTRL)
		on_family(k, msg, g);
	if (nlmsg_hdr(msg)->nlmsg_type != k->family ||
	    nla_parse(attr, CEPH_XIO_A_MAX, genlmsg_attrdata(g, 0), genlmsg_attrlen(g, 0), NULL))
		return NL_SKIP;
	if (k->fn)
		k->fn(k->arg, g->cmd, attr);
	return NL_OK;
}

static int on_done(struct nl_msg *msg, void *arg)
{
	struct control *k = arg;

	(void)msg;
	k->done = true;
	return NL_STOP;
}

/* The extended acknowledgement stands behind the echoed header. */
static void take_text(struct control *k, struct nlmsgerr *e)
{
	const struct nlmsghdr *h = (const void *)((char *)e - NLMSG_HDRLEN);
	struct nlattr *attr[NLMSGERR_ATTR_MAX + 1], *first;
	size_t skip = sizeof(*e), len = h->nlmsg_len - NLMSG_HDRLEN;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += e->msg.nlmsg_len - NLMSG_HDRLEN;
	skip = NLMSG_ALIGN(skip);
	if (skip >= len)
		return;
	first = (void *)((char *)e + skip);
	if (nla_parse(attr, NLMSGERR_ATTR_MAX, first, (int)(len - skip), NULL))
		return;
	if (attr[NLMSGERR_ATTR_MSG])
		nla_strlcpy(k->text, attr[NLMSGERR_ATTR_MSG], sizeof(k->text));
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct control *k = arg;

	(void)from;
	k->error = -e->error;
	take_text(k, e);
	k->done = true;
	return NL_STOP;
}

static int no_sequence(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

static void set_callbacks(struct control *k, struct nl_sock *s)
{
	nl_socket_modify_cb(s, NL_CB_VALID, NL_CB_CUSTOM, on_valid, k);
	nl_socket_modify_cb(s, NL_CB_FINISH, NL_CB_CUSTOM, on_done, k);
	nl_socket_modify_cb(s, NL_CB_ACK, NL_CB_CUSTOM, on_done, k);
	nl_socket_modify_err_cb(s, NL_CB_CUSTOM, on_error, k);
}

/**
 * control_open() - reach the module
 *
 * Return: both sockets, or NULL with an error printed.
 */
struct control *control_open(void)
{
	struct control *k = calloc(1, sizeof(*k));
	int group, families, one = 1;

	if (!k)
		return NULL;
	k->calls = nl_socket_alloc();
	k->events = nl_socket_alloc();
	if (!k->calls || !k->events || genl_connect(k->calls) || genl_connect(k->events)) {
		tool_error("cannot open a netlink socket");
		control_close(k);
		return NULL;
	}
	k->family = genl_ctrl_resolve(k->calls, CEPH_XIO_GENL_NAME);
	group = genl_ctrl_resolve_grp(k->calls, CEPH_XIO_GENL_NAME, CEPH_XIO_GENL_EVENTS);
	if (k->family < 0 || group < 0 || nl_socket_add_membership(k->events, group)) {
		tool_error("the kernel module is not loaded; run 'modprobe ceph_xio' as root");
		control_close(k);
		return NULL;
	}
	families = genl_ctrl_resolve_grp(k->calls, "nlctrl", "notify");
	if (families < 0 || nl_socket_add_membership(k->events, families)) {
		tool_error("cannot follow the kernel's netlink families");
		control_close(k);
		return NULL;
	}
	setsockopt(nl_socket_get_fd(k->calls), SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	nl_socket_disable_seq_check(k->events);
	nl_socket_modify_cb(k->events, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, no_sequence, NULL);
	set_callbacks(k, k->calls);
	set_callbacks(k, k->events);
	return k;
}

void control_close(struct control *k)
{
	if (!k)
		return;
	if (k->calls)
		nl_socket_free(k->calls);
	if (k->events)
		nl_socket_free(k->events);
	free(k);
}

/**
 * control_request() - begin a request
 * @k: the sockets
 * @cmd: enum ceph_xio_cmd
 * @dump: ask for all there are
 *
 * Return: a message to add attributes to, or NULL.
 */
struct nl_msg *control_request(struct control *k, int cmd, bool dump)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, k->family, 0,
				dump ? NLM_F_DUMP : NLM_F_ACK, (uint8_t)cmd,
				CEPH_XIO_GENL_VERSION)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/**
 * control_reason() - why the last request failed
 * @k: the sockets
 *
 * Return: the kernel's words, or the error's own.
 */
const char *control_reason(const struct control *k)
{
	if (k->text[0])
		return k->text;
	if (k->error == EPERM)
		return "not permitted; run it as root";
	return strerror(k->error);
}

/**
 * control_gone() - did the last request fail because its connection is over?
 * @k: the sockets
 *
 * Return: true if so: EVENT_CLOSED has been told or is about to be.
 */
bool control_gone(const struct control *k)
{
	return k->error == ENOTCONN || k->error == ENOENT;
}

/**
 * control_try() - send a request and wait for its answer
 * @k: the sockets
 * @msg: the request; freed
 * @fn: gets the answers, or NULL
 * @arg: for @fn
 *
 * Return: false if the kernel refused: see control_reason().
 */
bool control_try(struct control *k, struct nl_msg *msg, control_fn fn, void *arg)
{
	int err;

	k->fn = fn;
	k->arg = arg;
	k->error = 0;
	k->text[0] = '\0';
	k->done = false;
	err = msg ? nl_send_auto(k->calls, msg) : -NLE_NOMEM;
	nlmsg_free(msg);
	while (err >= 0 && !k->done)
		err = nl_recvmsgs_default(k->calls);
	if (err < 0 && !k->error) {
		k->error = EIO;
		snprintf(k->text, sizeof(k->text), "talking to the kernel failed: %s",
			 nl_geterror(err));
	}
	return !k->error;
}

/**
 * control_call() - as control_try(), and print why it failed
 * @k: the sockets
 * @msg: the request; freed
 * @fn: gets the answers, or NULL
 * @arg: for @fn
 *
 * Return: false, and an error printed, if the kernel refused.
 */
bool control_call(struct control *k, struct nl_msg *msg, control_fn fn, void *arg)
{
	if (control_try(k, msg, fn, arg))
		return true;
	tool_error("%s", control_reason(k));
	return false;
}

/**
 * control_event() - wait for events
 * @k: the sockets
 * @timeout_ms: how long at most; -1 for ever
 * @fn: gets each that is there
 * @arg: for @fn
 *
 * Return: false if none came in time.
 */
bool control_event(struct control *k, int timeout_ms, control_fn fn, void *arg)
{
	struct pollfd p = { .fd = nl_socket_get_fd(k->events), .events = POLLIN };
	int err;

	if (poll(&p, 1, timeout_ms) != 1)
		return false;
	k->fn = fn;
	k->arg = arg;
	err = nl_recvmsgs_default(k->events);
	/* libnl's number for ENOBUFS. */
	if (err == -NLE_NOMEM)
		k->overrun = true;
	return err >= 0;
}

/**
 * control_deaf() - can no event be relied on any more?
 * @k: the sockets
 *
 * Return: why, in words, or NULL.
 */
const char *control_deaf(const struct control *k)
{
	if (k->unloaded)
		return "the kernel module was unloaded";
	return k->overrun ? "too many events at once: some are lost; see 'cxio show --all'" : NULL;
}

/**
 * control_put_address() - add an address to a request
 * @msg: the request
 * @to: the address
 *
 * Return: false, and an error printed, if there is no request or no room in it.
 */
bool control_put_address(struct nl_msg *msg, const struct tool_address *to)
{
	if (msg && !nla_put(msg, CEPH_XIO_A_ADDR, (int)to->len, &to->sa))
		return true;
	tool_error("out of memory");
	return false;
}
