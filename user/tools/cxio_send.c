// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connections of the kernel that are begun here, and followed by its events.
 */
#include <stdio.h>

#include "cxio.h"
#include "report.h"

/* How often progress is looked at. */
#define LOOK_MS 500

/**
 * struct watch - one connection's events
 * @connection: its number
 * @opened: it was established
 * @done: the transfer ended
 * @closed: it ended
 * @fault: why
 * @by_peer: the peer said so
 * @text: why, in words
 * @error: why the transfer failed, or empty
 * @bytes_done: data echoed so far
 * @bytes_total: data in all
 * @report: the result
 */
struct watch {
	uint32_t connection;
	bool opened;
	bool done;
	bool closed;
	uint32_t fault;
	bool by_peer;
	char text[160];
	char error[160];
	uint64_t bytes_done;
	uint64_t bytes_total;
	struct report report;
};

static void get_hash(struct nlattr *a, char *hex)
{
	const unsigned char *p;
	int i;

	if (!a || nla_len(a) != 32)
		return;
	p = nla_data(a);
	for (i = 0; i < 32; i++)
		sprintf(hex + 2 * i, "%02x", p[i]);
}

static void get_report(struct nlattr **attr, struct report *r)
{
	r->messages = cxio_value(attr, CEPH_XIO_A_MSGS);
	r->bytes = cxio_value(attr, CEPH_XIO_A_BYTES_DONE);
	r->crc_failures = cxio_value(attr, CEPH_XIO_A_CRC_FAILURES);
	r->grants_sent = cxio_value(attr, CEPH_XIO_A_ACK_FRAMES);
	r->credit_stalls = cxio_value(attr, CEPH_XIO_A_CREDIT_STALLS);
	r->window_stalls = cxio_value(attr, CEPH_XIO_A_WINDOW_STALLS);
	r->sent_inline = cxio_value(attr, CEPH_XIO_A_SENT_INLINE);
	r->sent_chained = cxio_value(attr, CEPH_XIO_A_SENT_CHAINED);
	r->sent_rendezvous = cxio_value(attr, CEPH_XIO_A_SENT_RENDEZVOUS);
	r->sent_sink = cxio_value(attr, CEPH_XIO_A_SENT_SINK);
	r->received_in_sink = cxio_value(attr, CEPH_XIO_A_RECEIVED_SINK);
	r->p50_ns = cxio_value(attr, CEPH_XIO_A_P50_NS);
	r->p99_ns = cxio_value(attr, CEPH_XIO_A_P99_NS);
	r->max_ns = cxio_value(attr, CEPH_XIO_A_MAX_NS);
	get_hash(attr[CEPH_XIO_A_SHA256_SENT], r->sha256_sent);
	get_hash(attr[CEPH_XIO_A_SHA256_ECHO], r->sha256_echo);
}

static void on_event(void *arg, int cmd, struct nlattr **attr)
{
	struct watch *w = arg;

	if (!attr[CEPH_XIO_A_CONNECTION] ||
	    nla_get_u32(attr[CEPH_XIO_A_CONNECTION]) != w->connection)
		return;
	switch (cmd) {
	case CEPH_XIO_EVENT_OPENED:
		w->opened = true;
		break;
	case CEPH_XIO_EVENT_DONE:
		w->done = true;
		get_report(attr, &w->report);
		if (attr[CEPH_XIO_A_TEXT])
			nla_strlcpy(w->error, attr[CEPH_XIO_A_TEXT], sizeof(w->error));
		break;
	case CEPH_XIO_EVENT_CLOSED:
		w->closed = true;
		w->fault = attr[CEPH_XIO_A_FAULT] ? nla_get_u32(attr[CEPH_XIO_A_FAULT]) : 0;
		w->by_peer = attr[CEPH_XIO_A_BY_PEER];
		if (attr[CEPH_XIO_A_TEXT])
			nla_strlcpy(w->text, attr[CEPH_XIO_A_TEXT], sizeof(w->text));
		break;
	default:
		break;
	}
}

static void on_progress(void *arg, int cmd, struct nlattr **attr)
{
	struct watch *w = arg;

	(void)cmd;
	if (!attr[CEPH_XIO_A_CONNECTION] ||
	    nla_get_u32(attr[CEPH_XIO_A_CONNECTION]) != w->connection)
		return;
	w->bytes_done = cxio_value(attr, CEPH_XIO_A_BYTES_DONE);
	w->bytes_total = cxio_value(attr, CEPH_XIO_A_BYTES_TOTAL);
}

static void on_connected(void *arg, int cmd, struct nlattr **attr)
{
	struct watch *w = arg;

	(void)cmd;
	if (attr[CEPH_XIO_A_CONNECTION])
		w->connection = nla_get_u32(attr[CEPH_XIO_A_CONNECTION]);
}

static void ask_progress(struct control *k, struct watch *w)
{
	struct nl_msg *msg = control_request(k, CEPH_XIO_CMD_GET_CONNECTION, false);

	if (msg && nla_put_u32(msg, CEPH_XIO_A_CONNECTION, w->connection)) {
		nlmsg_free(msg);
		return;
	}
	control_try(k, msg, on_progress, w);
}

/*
 * Wait until *flag or the connection's end; false after a time without progress, or if
 * neither would be heard of.
 */
static bool wait_for(struct control *k, struct watch *w, const bool *flag,
		     const struct request *r, bool progress)
{
	uint64_t now = tool_now_ns(), moved = now, asked = now, last = 0;

	while (!*flag && !w->closed) {
		control_event(k, LOOK_MS, on_event, w);
		if (control_deaf(k))
			return false;
		now = tool_now_ns();
		if (now - asked < LOOK_MS * (TOOL_NS_PER_S / 1000))
			continue;
		asked = now;
		ask_progress(k, w);
		if (w->bytes_done != last) {
			last = w->bytes_done;
			moved = now;
			if (progress)
				report_progress(w->bytes_done, w->bytes_total, false);
		}
		if (now - moved >= r->timeout * TOOL_NS_PER_S)
			return false;
	}
	return true;
}

static int put_secret(struct nl_msg *msg, const struct request *r)
{
	/* The numbers are the same: the library's is held against the wire's. */
	return nla_put_string(msg, CEPH_XIO_A_SECRET_NAME, r->secret.name) ?:
	       nla_put_u32(msg, CEPH_XIO_A_SIGNING, (uint32_t)r->secret.signing);
}

/**
 * cxio_put_session() - say what sessions are to be like: do they survive a loss, and who
 *	may have one
 * @msg: the request
 * @r: the command line
 *
 * Return: false, and an error printed, if there is no room for it.
 */
bool cxio_put_session(struct nl_msg *msg, const struct request *r)
{
	if ((!r->lossless || !nla_put_flag(msg, CEPH_XIO_A_LOSSLESS)) &&
	    (!r->secret_wanted || !put_secret(msg, r)))
		return true;
	tool_error("out of memory");
	return false;
}

static bool start_connection(struct control *k, const struct request *r, struct watch *w)
{
	struct nl_msg *msg = control_request(k, CEPH_XIO_CMD_CONNECT, false);

	return control_put_address(msg, &r->at) && cxio_put_session(msg, r) &&
	       control_call(k, msg, on_connected, w);
}

/**
 * cxio_close_one() - end a connection in order
 * @k: the kernel
 * @connection: its number
 *
 * Return: false if the kernel refuses.
 */
bool cxio_close_one(struct control *k, uint32_t connection)
{
	struct nl_msg *msg = control_request(k, CEPH_XIO_CMD_CLOSE, false);

	return msg && !nla_put_u32(msg, CEPH_XIO_A_CONNECTION, connection) &&
	       control_try(k, msg, NULL, NULL);
}

/* wait_for() has given up. */
static void say_late(const struct control *k, const struct request *r, const char *what)
{
	const char *deaf = control_deaf(k);

	tool_error("%s: %s", r->at.text, deaf ? deaf : what);
}

static void say_closed(const struct request *r, const struct watch *w)
{
	tool_error("%s: %s%s", r->at.text, w->by_peer ? "peer refused or ended: " : "", w->text);
}

/**
 * cxio_connect() - begin a connection, and wait until it is open
 * @k: the kernel
 * @r: the command line
 *
 * Return: the exit status.
 */
int cxio_connect(struct control *k, const struct request *r)
{
	struct watch w = { 0 };

	if (!start_connection(k, r, &w))
		return EXIT_WORK;
	if (!wait_for(k, &w, &w.opened, r, false)) {
		say_late(k, r, "no answer in time");
		return EXIT_WORK;
	}
	if (!w.opened) {
		say_closed(r, &w);
		return EXIT_WORK;
	}
	printf("%u\n", w.connection);
	return EXIT_SUCCESS;
}

static bool start_transfer(struct control *k, const struct request *r, struct watch *w)
{
	struct nl_msg *msg = control_request(k, CEPH_XIO_CMD_SEND, false);
	int err;

	if (!msg)
		return false;
	err = nla_put_u32(msg, CEPH_XIO_A_CONNECTION, w->connection) ?:
	      nla_put_u32(msg, CEPH_XIO_A_DEPTH, (uint32_t)r->depth);
	if (!err && r->sink)
		err = nla_put_flag(msg, CEPH_XIO_A_SINK);
	if (!err && r->fd >= 0)
		err = nla_put_u32(msg, CEPH_XIO_A_FD, (uint32_t)r->fd);
	else if (!err)
		err = nla_put_u64(msg, CEPH_XIO_A_MSGS, r->msgs) ?:
		      nla_put_u32(msg, CEPH_XIO_A_DSIZE, (uint32_t)r->dsize);
	return !err && control_try(k, msg, NULL, NULL);
}

/* The transfer could not begin: perhaps because the connection is over already. */
static int not_begun(struct control *k, const struct request *r, struct watch *w)
{
	char why[200];

	snprintf(why, sizeof(why), "%s", control_reason(k));
	/* Its end is told, or is about to be. */
	if (control_gone(k) && wait_for(k, w, &w->closed, r, false)) {
		say_closed(r, w);
		return EXIT_WORK;
	}
	cxio_close_one(k, w->connection);
	tool_error("%s", why);
	return EXIT_WORK;
}

/**
 * cxio_send() - connect, have a transfer made, close
 * @k: the kernel
 * @r: the command line
 *
 * Return: the exit status.
 */
int cxio_send(struct control *k, const struct request *r)
{
	struct watch w = { 0 };
	bool in_time, same;

	if (!start_connection(k, r, &w))
		return EXIT_WORK;
	if (!start_transfer(k, r, &w))
		return not_begun(k, r, &w);
	in_time = wait_for(k, &w, &w.done, r, r->progress);
	if (!in_time)
		say_late(k, r, "no progress: the server does not answer");
	if (!w.closed) {
		cxio_close_one(k, w.connection);
		wait_for(k, &w, &w.closed, r, false);
	}
	if (!in_time)
		return EXIT_WORK;
	if (!w.done || w.error[0]) {
		if (w.fault)
			say_closed(r, &w);
		else
			tool_error("%s: %s", r->at.text, w.error[0] ? w.error : "closed too early");
		return EXIT_WORK;
	}
	if (r->progress && w.report.bytes)
		report_progress(w.report.bytes, w.report.bytes, true);
	same = report_print(&w.report, r->json);
	return same ? EXIT_SUCCESS : EXIT_WORK;
}
