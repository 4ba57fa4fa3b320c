// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One connection's transfer. Every message must come back exactly once, in order and
 * unchanged, however often the connection is lost below us; only if the server has
 * forgotten the session it all begins anew with the oldest that was not echoed.
 */
#include <errno.h>
#include <string.h>

#include "attempt.h"
#include "client.h"

static void reply(void *arg, struct cxio_message *m, int error);

/* --- beginning and end --- */

static EVP_MD_CTX *new_hash(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1) {
		EVP_MD_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

/**
 * flow_init() - a transfer that has not begun
 * @f: zeroed
 * @cl: the program; its content is open
 *
 * Return: false, and an error printed: EXIT_SETUP.
 */
bool flow_init(struct flow *f, struct client *cl)
{
	f->client = cl;
	if (cl->content.fd >= 0)
		cxio_transfer_file(&f->send, cl->content.len);
	else
		cxio_transfer_count(&f->send, cl->msgs, (u32)cl->dsize);
	f->expect = f->send;
	if (!cl->hash)
		return true;
	f->sent_hash = new_hash();
	f->echo_hash = new_hash();
	if (f->sent_hash && f->echo_hash)
		return true;
	tool_error("SHA-256 is not available; --no-hash does without");
	return false;
}

/**
 * flow_free() - done with it
 * @f: the transfer; its connection is over, or was never begun
 */
void flow_free(struct flow *f)
{
	EVP_MD_CTX_free(f->sent_hash);
	EVP_MD_CTX_free(f->echo_hash);
	if (f->connection)
		cxio_connection_put(f->connection);
}

/**
 * flow_stop() - nothing is sent or expected any more
 * @f: the transfer
 */
void flow_stop(struct flow *f)
{
	if (f->finished)
		return;
	f->finished = true;
	client_flow_finished(f->client);
}

/* --- sending --- */

static const char *content_of(const struct client *cl, const struct cxio_slice *slice)
{
	return cl->content.base + (cl->content.fd >= 0 ? slice->offset : 0);
}

static int add_fragments(const struct client *cl, struct cxio_message *m,
			 const struct cxio_slice *slice)
{
	const char *p = content_of(cl, slice);
	size_t each = slice->len / cl->nfrags, left = slice->len;
	uint64_t i;
	int err;

	for (i = 0; i < cl->nfrags && left; i++) {
		size_t n = i + 1 == cl->nfrags ? left : each;

		err = n ? cxio_message_add_data(m, p, n) : 0;
		if (err)
			return err;
		p += n;
		left -= n;
	}
	return 0;
}

static struct cxio_message *make_message(const struct flow *f, const struct cxio_slice *slice)
{
	struct cxio_message *m;
	uint8_t *middle;
	size_t len, i;

	m = cxio_message_new(CXIO_MSG_DATA_PING, attempt_tid(f->attempt, slice->index),
			     sizeof(struct cxio_wire_transfer), slice->middle_len);
	if (!m)
		return NULL;
	if (add_fragments(f->client, m, slice)) {
		cxio_message_put(m);
		return NULL;
	}
	middle = cxio_message_middle(m, &len);
	for (i = 0; i < len; i++)
		middle[i] = cxio_transfer_middle_byte(slice->index, (u32)i);
	return m;
}

static void note_sent(struct flow *f, const struct cxio_slice *slice)
{
	if (slice->index < f->hashed) {
		f->resent++;
		return;
	}
	f->hashed = slice->index + 1;
	if (f->sent_hash && slice->len)
		EVP_DigestUpdate(f->sent_hash, content_of(f->client, slice), slice->len);
}

static int hand_over(struct flow *f, struct cxio_message *m, const struct cxio_slice *slice)
{
	struct cxio_reply_hook hook = { .reply = reply, .arg = f };

	if (!f->client->hooks)
		return cxio_connection_send(f->connection, m);
	if (f->sinks && slice->len) {
		hook.sink = f->sinks + slice->index % f->client->depth * f->sink_len;
		hook.sink_len = slice->len;
	}
	return cxio_connection_request(f->connection, m, &hook);
}

static bool send_one(struct flow *f)
{
	struct cxio_slice slice;
	struct cxio_message *m;
	size_t len;
	int err;

	if (!cxio_transfer_next(&f->send, &slice))
		return false;
	m = make_message(f, &slice);
	if (!m) {
		client_fail(f->client, "out of memory for messages");
		flow_stop(f);
		return false;
	}
	note_sent(f, &slice);
	f->under_way++;
	cxio_transfer_front(&slice, tool_now_ns(), cxio_message_front(m, &len));
	err = hand_over(f, m, &slice);
	if (!err)
		return true;
	/* That the connection is over is about to be told, and why. */
	if (err == -ENOTCONN)
		return false;
	client_fail(f->client, "cannot send: %s", strerror(-err));
	flow_stop(f);
	return false;
}

/**
 * flow_go() - send as much as may be under way
 * @f: the transfer; its connection has been open
 */
void flow_go(struct flow *f)
{
	while (!f->finished && !f->rewinding && f->under_way < f->client->depth && send_one(f))
		;
	if (!f->rewinding && !f->under_way)
		flow_stop(f);
}

/* --- what comes back --- */

/* Return: false, and why, if it is not the echo that is due. */
static bool check_echo(struct flow *f, struct cxio_message *m, size_t *data_len)
{
	struct cxio_msg_header h = { 0 };
	size_t front_len, middle_len;
	const struct cxio_wire_transfer *front;
	const uint8_t *middle;
	uint64_t sent, index, due = f->expect.index;
	uint64_t took;

	front = cxio_message_front(m, &front_len);
	middle = cxio_message_middle(m, &middle_len);
	cxio_message_data(m, data_len);
	h.len[CXIO_FRONT] = (u32)front_len;
	h.len[CXIO_MIDDLE] = (u32)middle_len;
	h.len[CXIO_DATA] = (u32)*data_len;
	if (front_len == sizeof(*front)) {
		index = le64_to_cpu(front->index);
		if (attempt_tid(f->attempt, index) == cxio_message_tid(m))
			h.tid = index + 1;
		if (h.tid && index != due) {
			client_fail(f->client, "message %llu came back %s",
				    (unsigned long long)index,
				    index < due ? "twice" : "before one that is missing");
			return false;
		}
	}
	if (!cxio_transfer_echo(&f->expect, &f->send, &h, front, middle, &sent)) {
		client_fail(f->client, "an echo differs from what was sent");
		return false;
	}
	took = tool_now_ns() - sent;
	cxio_hist_add(&f->latency, took);
	if (!f->min_ns || took < f->min_ns)
		f->min_ns = took;
	return true;
}

static void take_data(struct flow *f, struct cxio_message *m, uint64_t index)
{
	size_t len = 0;
	const char *data = cxio_message_data(m, &len);

	if (!len)
		return;
	if (f->echo_hash)
		EVP_DigestUpdate(f->echo_hash, data, len);
	if (f->sinks && data == f->sinks + index % f->client->depth * f->sink_len)
		f->in_sink++;
}

static void begin_anew(struct flow *f)
{
	f->rewinding = false;
	f->attempt++;
	f->send = f->expect;
	f->under_way = 0;
	flow_go(f);
}

/**
 * flow_echo() - a message came back
 * @f: the transfer
 * @m: the message, a reference
 */
void flow_echo(struct flow *f, struct cxio_message *m)
{
	struct client *cl = f->client;
	size_t len = 0;

	if (attempt_of(cxio_message_tid(m)) < f->attempt) {
		f->late++;
		cxio_message_put(m);
		return;
	}
	if (f->finished) {
		client_fail(cl, "more came back than was sent");
		cxio_message_put(m);
		return;
	}
	if (!check_echo(f, m, &len)) {
		cxio_message_put(m);
		flow_stop(f);
		return;
	}
	take_data(f, m, f->expect.index - 1);
	cxio_message_put(m);
	atomic_fetch_add_explicit(&cl->messages, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&cl->bytes, len, memory_order_relaxed);
	if (!cl->hooks)
		f->under_way--;
	flow_go(f);
}

/* A request's hook: called exactly once, with the reply or without. */
static void reply(void *arg, struct cxio_message *m, int error)
{
	struct flow *f = arg;

	f->under_way--;
	if (m && !f->rewinding) {
		flow_echo(f, m);
		return;
	}
	if (m) {
		f->late++;
		cxio_message_put(m);
	} else if (error != -ECONNRESET) {
		client_fail(f->client, "a request failed: %s", strerror(-error));
		flow_stop(f);
	}
	/* Now nobody writes to the sinks any more. */
	if (f->rewinding && !f->under_way && !f->finished)
		begin_anew(f);
}

/**
 * flow_forgotten() - the server has forgotten us: what was not echoed may be lost
 * @f: the transfer
 */
void flow_forgotten(struct flow *f)
{
	f->resets++;
	if (f->finished)
		return;
	f->rewinding = true;
	if (!f->client->hooks || !f->under_way)
		begin_anew(f);
}
