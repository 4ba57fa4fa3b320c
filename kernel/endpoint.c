// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's xio_server and xio_client: echoes what comes in; sends a file or
 * equal messages and compares the echo.
 */
#include <crypto/hash.h>
#include <crypto/sha2.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/slab.h>

#include "../common/hist.h"
#include "../common/transfer.h"
#include "ceph_xio.h"

/**
 * struct cxio_run - a transfer
 *
 * Made by netlink, then the connection's work's own, but for the counts that
 * cxio_endpoint_progress() reads under the connection's lock.
 *
 * @file: what is sent, or NULL for equal messages
 * @send: cuts what is to be sent
 * @expect: cuts it again: echoes come back in order
 * @depth: messages under way at once
 * @sinks: memory is offered for each echo
 * @under_way: messages sent and not echoed
 * @sha: the algorithm
 * @sent_hash: over what was sent
 * @echo_hash: over what came back
 * @latency: round trips
 * @result: what it came to
 */
struct cxio_run {
	struct file *file;
	struct cxio_transfer send;
	struct cxio_transfer expect;
	u32 depth;
	bool sinks;
	u32 under_way;
	struct crypto_shash *sha;
	struct shash_desc *sent_hash;
	struct shash_desc *echo_hash;
	struct cxio_hist latency;
	struct cxio_run_result result;
};

static void free_run(struct cxio_run *r)
{
	if (r->file)
		fput(r->file);
	kfree(r->sent_hash);
	kfree(r->echo_hash);
	if (!IS_ERR_OR_NULL(r->sha))
		crypto_free_shash(r->sha);
	kfree(r);
}

static struct shash_desc *make_hash(struct crypto_shash *sha)
{
	struct shash_desc *d = kzalloc(sizeof(*d) + crypto_shash_descsize(sha), GFP_KERNEL);

	if (d) {
		d->tfm = sha;
		crypto_shash_init(d);
	}
	return d;
}

static struct cxio_run *make_run(const struct cxio_run_params *p)
{
	struct cxio_run *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return ERR_PTR(-ENOMEM);
	r->depth = p->depth;
	r->sinks = p->sinks;
	if (p->file) {
		r->file = get_file(p->file);
		cxio_transfer_file(&r->send, i_size_read(file_inode(p->file)));
	} else {
		cxio_transfer_count(&r->send, p->msgs, p->dsize);
	}
	r->expect = r->send;
	r->sha = crypto_alloc_shash("sha256", 0, 0);
	if (!IS_ERR(r->sha)) {
		r->sent_hash = make_hash(r->sha);
		r->echo_hash = make_hash(r->sha);
	}
	if (!r->sent_hash || !r->echo_hash) {
		free_run(r);
		return ERR_PTR(-ENOMEM);
	}
	return r;
}

/**
 * cxio_endpoint_send() - begin a transfer
 * @c: a connection, open or still connecting
 * @params: what to send
 *
 * Context: may sleep. Return: 0, -EBUSY if one is under way, -ENOTCONN if the
 * connection has ended, -ENOMEM.
 */
int cxio_endpoint_send(struct cxio_connection *c, const struct cxio_run_params *params)
{
	struct cxio_run *r = make_run(params);
	int err = 0;

	if (IS_ERR(r))
		return PTR_ERR(r);
	spin_lock_bh(&c->lock);
	if (c->ended)
		err = -ENOTCONN;
	else if (c->run)
		err = -EBUSY;
	else
		c->run = r;
	spin_unlock_bh(&c->lock);
	if (err)
		free_run(r);
	else
		cxio_connection_poke(c);
	return err;
}

/**
 * cxio_endpoint_progress() - how far a transfer is
 * @c: the connection
 * @done: set to the data bytes echoed
 * @total: set to those of the whole, 0 if none is under way
 *
 * Context: any.
 */
void cxio_endpoint_progress(struct cxio_connection *c, u64 *done, u64 *total)
{
	*done = 0;
	*total = 0;
	spin_lock_bh(&c->lock);
	if (c->run) {
		*done = c->run->result.bytes;
		*total = cxio_transfer_bytes(&c->run->expect);
	}
	spin_unlock_bh(&c->lock);
}

static struct cxio_run *current_run(struct cxio_connection *c)
{
	struct cxio_run *r;

	spin_lock_bh(&c->lock);
	r = c->run;
	spin_unlock_bh(&c->lock);
	return r;
}

static void end_run(struct cxio_connection *c, struct cxio_run *r, const char *error)
{
	struct cxio_run_result *res = &r->result;

	spin_lock_bh(&c->lock);
	c->run = NULL;
	spin_unlock_bh(&c->lock);
	res->error = error;
	res->p50_ns = cxio_hist_percentile(&r->latency, 5000);
	res->p99_ns = cxio_hist_percentile(&r->latency, 9900);
	res->max_ns = r->latency.max;
	crypto_shash_final(r->sent_hash, res->sent);
	crypto_shash_final(r->echo_hash, res->echo);
	cxio_netlink_done(c, res);
	free_run(r);
}

static bool fill_data(struct cxio_run *r, const struct cxio_slice *slice, u8 *data)
{
	loff_t pos = slice->offset;
	u32 i, done = 0;

	for (i = 0; !r->file && i < slice->len; i++)
		data[i] = i * 131 + (i >> 8);
	while (r->file && done < slice->len) {
		ssize_t n = kernel_read(r->file, data + done, slice->len - done, &pos);

		if (n <= 0)
			return false;
		done += n;
	}
	return true;
}

/* Return: false without memory. */
static bool offer_sink(struct cxio_message *m)
{
	struct cxio_message *echo;

	if (!m->header.len[CXIO_DATA])
		return true;
	echo = cxio_message_new(&m->header, GFP_KERNEL);
	if (!echo)
		return false;
	cxio_message_offer(m, echo);
	cxio_message_put(echo);
	return true;
}

/* Return: an error in words, or NULL. */
static const char *send_one(struct cxio_connection *c, struct cxio_run *r)
{
	struct cxio_msg_header h;
	struct cxio_slice slice;
	struct cxio_message *m;
	u8 *middle;
	u32 i;

	if (!cxio_transfer_next(&r->send, &slice))
		return NULL;
	cxio_transfer_header(&slice, &h);
	m = cxio_message_new(&h, GFP_KERNEL);
	if (!m || (r->sinks && !offer_sink(m))) {
		cxio_message_put(m);
		return "out of memory";
	}
	if (!fill_data(r, &slice, m->segment[CXIO_DATA])) {
		cxio_message_put(m);
		return "the file cannot be read, or has become shorter";
	}
	middle = m->segment[CXIO_MIDDLE];
	for (i = 0; i < slice.middle_len; i++)
		middle[i] = cxio_transfer_middle_byte(slice.index, i);
	crypto_shash_update(r->sent_hash, m->segment[CXIO_DATA], slice.len);
	r->under_way++;
	cxio_transfer_front(&slice, ktime_get_ns(), m->segment[CXIO_FRONT]);
	cxio_connection_send(c, m);
	return NULL;
}

static void send_more(struct cxio_connection *c, struct cxio_run *r)
{
	const char *error = NULL;
	u64 before;

	do {
		before = r->send.index;
		if (r->under_way < r->depth)
			error = send_one(c, r);
	} while (!error && r->send.index != before);
	if (error || !r->under_way)
		end_run(c, r, error);
}

/* Begin what netlink asked for. */
static void poked(struct cxio_connection *c)
{
	struct cxio_run *r = current_run(c);

	if (r && !r->under_way)
		send_more(c, r);
}

/* A carrier carries a connection from here on. */
static void opened(struct cxio_connection *c)
{
	/* What goes on is not told again. */
	if (!c->was_open)
		cxio_netlink_opened(c);
}

/* An attempt to connect has failed. */
static bool refused(struct cxio_connection *c)
{
	return !c->was_open;
}

/* The peer has forgotten the session, and all that was sent. */
static void peer_reset(struct cxio_connection *c)
{
	struct cxio_run *r = current_run(c);

	/* What has not begun has lost nothing. */
	if (r && r->under_way)
		end_run(c, r, "the peer has forgotten the session");
}

static void take_echo(struct cxio_connection *c, struct cxio_run *r, struct cxio_message *m)
{
	u32 len = m->header.len[CXIO_DATA];
	u64 sent;

	if (!cxio_transfer_echo(&r->expect, &r->send, &m->header, m->segment[CXIO_FRONT],
				m->segment[CXIO_MIDDLE], &sent)) {
		end_run(c, r, "an echo differs from what was sent");
		return;
	}
	cxio_hist_add(&r->latency, ktime_get_ns() - sent);
	crypto_shash_update(r->echo_hash, m->segment[CXIO_DATA], len);
	r->under_way--;
	spin_lock_bh(&c->lock);
	r->result.messages++;
	r->result.bytes += len;
	spin_unlock_bh(&c->lock);
	send_more(c, r);
}

/* A message came in. */
static void dispatch(struct cxio_connection *c, struct cxio_message *m)
{
	struct cxio_run *r = current_run(c);

	if (r) {
		take_echo(c, r, m);
		cxio_message_put(m);
	} else if (c->active) {
		/* Late echoes of a transfer that failed. */
		cxio_message_put(m);
	} else {
		/* The received message itself goes back, and is freed once sent. */
		cxio_message_reply_to(m, m);
		cxio_connection_send(c, m);
	}
}

/* A connection ended. */
static void ended(struct cxio_connection *c)
{
	struct cxio_run *r = current_run(c);

	if (r)
		end_run(c, r, c->fault ? cxio_fault_text(c->fault) :
					     "the peer closed before all came back");
	cxio_netlink_closed(c);
}

const struct cxio_ops cxio_endpoint_ops = {
	.opened = opened,
	.dispatch = dispatch,
	.refused = refused,
	.peer_reset = peer_reset,
	.poked = poked,
	.closed = ended,
};
