// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A connection's life, and the pump between queue, session and transport.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"
#include "xio/xio.h"

atomic_ulong cxio_live_connections;

struct cxio_connection *cxio_connection_new(struct cxio_messenger *m, bool active,
					    const struct sockaddr *peer, socklen_t len)
{
	struct cxio_connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	if (len > sizeof(c->peer))
		len = sizeof(c->peer);
	atomic_init(&c->refs, 1);
	cxio_list_init(&c->link);
	cxio_list_init(&c->ready_link);
	cxio_list_init(&c->queue);
	cxio_list_init(&c->inbox);
	atomic_fetch_add(&m->refs, 1);
	c->messenger = m;
	c->portal = &m->portal;
	c->active = active;
	c->state = CXIO_NEW;
	c->deadline = cxio_now() + CXIO_CONNECT_NS;
	memcpy(&c->peer, peer, len);
	atomic_fetch_add(&cxio_live_connections, 1);
	return c;
}

CXIO_EXPORT struct cxio_connection *cxio_connection_get(struct cxio_connection *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

CXIO_EXPORT void cxio_connection_put(struct cxio_connection *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	cxio_messenger_put(c->messenger);
	free(c);
	atomic_fetch_sub(&cxio_live_connections, 1);
}

/**
 * cxio_connection_adopt() - the portal takes a new connection into its list
 * @c: the connection, of which the list takes a reference
 */
void cxio_connection_adopt(struct cxio_connection *c)
{
	c->state = CXIO_CONNECTING;
	cxio_list_append(&c->portal->connections, &cxio_connection_get(c)->link);
}

/* --- the end --- */

static void note_end(struct cxio_connection *c, u32 fault, bool by_peer, const char *text)
{
	if (c->ending)
		return;
	c->ending = true;
	c->end_fault = fault;
	c->end_by_peer = by_peer;
	snprintf(c->end_text, sizeof(c->end_text), "%s%s",
		 by_peer && fault && !text ? "peer ended the connection: " : "",
		 text ? text : cxio_fault_text(fault));
}

/* The portal tears it down at its next turn, when no caller uses it any more. */
static void disconnect(struct cxio_connection *c)
{
	if (c->state >= CXIO_DISCONNECTING)
		return;
	c->state = CXIO_DISCONNECTING;
	pthread_mutex_lock(&c->portal->lock);
	c->ended = true;
	cxio_portal_kick_locked(c->portal, c);
	pthread_mutex_unlock(&c->portal->lock);
}

static void begin_closing(struct cxio_connection *c, u64 patience)
{
	c->state = CXIO_CLOSING;
	c->deadline = cxio_now() + patience;
}

/**
 * cxio_connection_end() - note why a connection ends, and disconnect it
 * @c: the connection; the first reason sticks (I5)
 * @fault: enum cxio_fault
 * @by_peer: the peer said so
 * @text: more words, or NULL
 */
void cxio_connection_end(struct cxio_connection *c, u32 fault, bool by_peer, const char *text)
{
	note_end(c, fault, by_peer, text);
	disconnect(c);
}

/**
 * cxio_connection_fault() - end a connection for a reason of our own
 * @c: the connection
 * @fault: enum cxio_fault
 *
 * An open connection tells the peer with CLOSE first, if a credit is left for it.
 */
void cxio_connection_fault(struct cxio_connection *c, u32 fault)
{
	if (c->state == CXIO_OPEN) {
		note_end(c, fault, false, NULL);
		begin_closing(c, CXIO_CLOSE_NS);
		cxio_session_close(&c->session, (u16)fault);
		cxio_connection_pump(c);
		if (c->session.close_sent)
			return;
	}
	cxio_connection_end(c, fault, false, NULL);
}

static void drop_messages(struct cxio_link *queue)
{
	while (!cxio_list_empty(queue)) {
		struct cxio_message *m = cxio_entry(queue->next, struct cxio_message, link);

		cxio_list_remove(&m->link);
		cxio_message_put(m);
	}
}

/* Teardown: transport, what was queued, the dispatcher, the portal's reference. */
static void tear_down(struct cxio_connection *c)
{
	struct cxio_link inbox;

	/* Frames that came before the end are served: CLOSE may be among them. */
	xio_poll(c);
	note_end(c, cxio_session_lost(&c->session), false, NULL);
	xio_teardown(c);
	c->state = CXIO_CLOSED;
	cxio_list_init(&inbox);
	pthread_mutex_lock(&c->portal->lock);
	cxio_list_move_all(&c->inbox, &inbox);
	c->stats = c->session.stats;
	pthread_mutex_unlock(&c->portal->lock);
	drop_messages(&c->queue);
	drop_messages(&inbox);
	cxio_message_put(c->incoming);
	c->incoming = NULL;
	if (!c->active)
		c->messenger->accepted--;
	cxio_list_remove(&c->link);
	cxio_dispatch_closed(c);
	cxio_connection_put(c);
}

/* --- frames in --- */

/**
 * cxio_connection_opened() - the CM says established
 * @c: a connecting connection
 * @agreed: what the handshake settled
 */
void cxio_connection_opened(struct cxio_connection *c, const struct cxio_agreed *agreed)
{
	if (c->state != CXIO_CONNECTING)
		return;
	cxio_session_init(&c->session, &c->messenger->limits, agreed, c->active, cxio_now());
	c->state = CXIO_OPEN;
	c->was_open = true;
	c->deadline = CXIO_NEVER;
	cxio_dispatch_opened(c);
	cxio_connection_service(c);
}

static void frame_message(struct cxio_connection *c, const void *buf,
			  const struct cxio_rx_event *ev)
{
	struct cxio_message *m;
	u32 i;

	if (ev->begins) {
		c->incoming = cxio_message_for(&c->session.rx.header, c);
		if (!c->incoming) {
			cxio_connection_fault(c, CXIO_FAULT_NO_MEMORY);
			return;
		}
	}
	for (i = 0; i < ev->pieces.count; i++)
		cxio_message_write(c->incoming, &ev->pieces.piece[i], buf);
	if (ev->ends) {
		m = c->incoming;
		c->incoming = NULL;
		cxio_dispatch_message(c, m);
	}
}

/* The peer's CLOSE: if it is in order, ours goes back before we disconnect. */
static void peer_closed(struct cxio_connection *c)
{
	note_end(c, c->session.peer_reason, true, NULL);
	if (c->state >= CXIO_DISCONNECTING)
		return;
	begin_closing(c, CXIO_CLOSE_NS);
	cxio_connection_sent(c);
}

/**
 * cxio_connection_lost() - the queue pair is in error, or the peer disconnected
 * @c: the connection; why, the frames that came in before may say: see tear_down()
 */
void cxio_connection_lost(struct cxio_connection *c)
{
	disconnect(c);
}

/**
 * cxio_connection_frame() - a frame came in
 * @c: the connection
 * @buf: its bytes, until return
 * @len: how many
 *
 * Return: false if it is not wanted any more: its buffer is not posted again.
 */
bool cxio_connection_frame(struct cxio_connection *c, const void *buf, u32 len)
{
	struct cxio_rx_event ev;
	enum cxio_fault fault;

	/* After a peer's orderly CLOSE its grants are still wanted: ours is due. */
	if (!c->was_open || (c->ending && !c->session.peer_closed))
		return false;
	fault = cxio_session_rx(&c->session, buf, len, cxio_now(), &ev);
	if (fault)
		cxio_connection_fault(c, fault);
	else if (ev.kind == CXIO_RX_MESSAGE)
		frame_message(c, buf, &ev);
	else if (ev.kind == CXIO_RX_CLOSE)
		peer_closed(c);
	return c->state == CXIO_OPEN || c->state == CXIO_CLOSING;
}

/* --- frames out --- */

static struct cxio_message *first_queued(struct cxio_connection *c)
{
	if (cxio_list_empty(&c->queue))
		return NULL;
	return cxio_entry(c->queue.next, struct cxio_message, link);
}

static u32 fill_message_frame(struct cxio_connection *c, struct cxio_message *m, bool begin,
			      void *frame)
{
	const struct cxio_pieces *pieces;
	bool last;
	u32 i, len;

	pieces = begin ? cxio_session_msg_begin(&c->session, &m->header) :
			 cxio_session_msg_more(&c->session);
	for (i = 0; i < pieces->count; i++)
		cxio_message_read(m, &pieces->piece[i], frame);
	len = cxio_session_msg_seal(&c->session, frame, &last);
	if (last) {
		/* All its bytes are copied: the message is the caller's again. */
		cxio_list_remove(&m->link);
		cxio_message_put(m);
	}
	return len;
}

/* A message that no window will ever have room for would block the queue. */
static bool sendable(struct cxio_connection *c, struct cxio_message *m)
{
	struct cxio_plan plan;

	if (!m || c->session.tx.open)
		return true;
	plan = cxio_plan_message(&c->session.agreed, &m->header);
	if (plan.path != CXIO_PATH_REFUSED)
		return true;
	cxio_connection_end(c, CXIO_FAULT_MSG_WINDOW_BYTES, false, plan.reason);
	return false;
}

/**
 * cxio_connection_pump() - make and post every frame that may go now
 * @c: the connection
 */
void cxio_connection_pump(struct cxio_connection *c)
{
	while (c->state == CXIO_OPEN || c->state == CXIO_CLOSING) {
		struct cxio_message *m = first_queued(c);
		enum cxio_tx_kind kind;
		void *frame;
		u32 len;

		frame = xio_send_slot(c);
		if (!frame || !sendable(c, m))
			break;
		kind = cxio_session_next(&c->session, m ? &m->header : NULL, cxio_now());
		if (kind == CXIO_TX_NOTHING)
			break;
		len = kind == CXIO_TX_CONTROL ?
			cxio_session_control(&c->session, frame, cxio_now()) :
			fill_message_frame(c, m, kind == CXIO_TX_BEGIN, frame);
		if (xio_send_post(c, len)) {
			cxio_connection_lost(c);
			break;
		}
	}
	if (c->session.close_sent && c->deadline == CXIO_NEVER)
		begin_closing(c, CXIO_CLOSE_NS);
	pthread_mutex_lock(&c->portal->lock);
	c->stats = c->session.stats;
	pthread_mutex_unlock(&c->portal->lock);
}

/**
 * cxio_connection_sent() - sends completed, or the peer closed: go on, or disconnect
 * @c: the connection; slots are free again
 */
void cxio_connection_sent(struct cxio_connection *c)
{
	cxio_connection_pump(c);
	if (cxio_session_may_disconnect(&c->session, xio_send_idle(c)))
		cxio_connection_end(c, c->session.close_reason, false, NULL);
}

/**
 * cxio_connection_service() - take what other threads handed over, and act on it
 * @c: the connection
 */
void cxio_connection_service(struct cxio_connection *c)
{
	bool close_wanted;
	u64 bytes;
	u32 msgs;

	if (c->state == CXIO_CLOSED)
		return;
	if (c->state == CXIO_NEW) {
		cxio_connection_adopt(c);
		if (cxio_portal_stopping(c->portal))
			cxio_connection_end(c, CXIO_FAULT_SHUTDOWN, false, NULL);
		else
			xio_connect(c);
	}
	if (c->state == CXIO_DISCONNECTING) {
		tear_down(c);
		return;
	}
	pthread_mutex_lock(&c->portal->lock);
	cxio_list_move_all(&c->inbox, &c->queue);
	close_wanted = c->close_wanted;
	msgs = c->consumed_msgs;
	bytes = c->consumed_bytes;
	c->consumed_msgs = 0;
	c->consumed_bytes = 0;
	pthread_mutex_unlock(&c->portal->lock);

	if (c->state == CXIO_CONNECTING) {
		if (close_wanted)
			cxio_connection_end(c, CXIO_FAULT_NONE, false, NULL);
		return;
	}
	if (msgs)
		cxio_session_consumed(&c->session, msgs, bytes, cxio_now());
	if (close_wanted && c->state == CXIO_OPEN) {
		/* What is queued goes first; only the answer has a time limit. */
		c->state = CXIO_CLOSING;
		cxio_session_close(&c->session, CXIO_FAULT_NONE);
	}
	cxio_connection_pump(c);
}

/**
 * cxio_connection_deadline() - when a connection wants to be ticked
 * @c: the connection
 *
 * Return: a time, or CXIO_NEVER.
 */
u64 cxio_connection_deadline(struct cxio_connection *c)
{
	u64 due;

	if (c->state == CXIO_CONNECTING)
		return c->deadline;
	if (c->state != CXIO_OPEN && c->state != CXIO_CLOSING)
		return CXIO_NEVER;
	due = cxio_session_deadline(&c->session, xio_send_slot(c));
	return due < c->deadline ? due : c->deadline;
}

/**
 * cxio_connection_tick() - a deadline came
 * @c: the connection
 * @now: time
 */
void cxio_connection_tick(struct cxio_connection *c, u64 now)
{
	enum cxio_fault fault;

	if (now >= c->deadline) {
		cxio_connection_end(c, CXIO_FAULT_TIMEOUT, false, NULL);
		return;
	}
	fault = cxio_session_tick(&c->session, now);
	if (fault)
		cxio_connection_end(c, fault, false, NULL);
	else
		cxio_connection_pump(c);
}

/* --- for any thread --- */

CXIO_EXPORT int cxio_connection_send(struct cxio_connection *c, struct cxio_message *m)
{
	int err = 0;

	pthread_mutex_lock(&c->portal->lock);
	if (c->ended || c->close_wanted) {
		err = -ENOTCONN;
	} else {
		cxio_list_append(&c->inbox, &m->link);
		cxio_portal_kick_locked(c->portal, c);
	}
	pthread_mutex_unlock(&c->portal->lock);
	if (err)
		cxio_message_put(m);
	return err;
}

CXIO_EXPORT void cxio_connection_close(struct cxio_connection *c)
{
	pthread_mutex_lock(&c->portal->lock);
	if (!c->ended) {
		c->close_wanted = true;
		cxio_portal_kick_locked(c->portal, c);
	}
	pthread_mutex_unlock(&c->portal->lock);
}

CXIO_EXPORT void cxio_connection_peer(struct cxio_connection *c, char *buf, size_t size)
{
	const struct sockaddr_in6 *in6 = (const void *)&c->peer;
	const struct sockaddr_in *in4 = (const void *)&c->peer;
	char text[INET6_ADDRSTRLEN] = "?";

	if (c->peer.ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
		snprintf(buf, size, "[%s]:%u", text, ntohs(in6->sin6_port));
	} else {
		inet_ntop(AF_INET, &in4->sin_addr, text, sizeof(text));
		snprintf(buf, size, "%s:%u", text, ntohs(in4->sin_port));
	}
}

CXIO_EXPORT void cxio_connection_stats(struct cxio_connection *c,
				       struct cxio_connection_stats *stats)
{
	struct cxio_session_stats s;

	pthread_mutex_lock(&c->portal->lock);
	s = c->stats;
	pthread_mutex_unlock(&c->portal->lock);
	*stats = (struct cxio_connection_stats){
		.frames_sent = s.frames_sent, .frames_received = s.frames_received,
		.msgs_sent = s.msgs_sent, .msgs_received = s.msgs_received,
		.bytes_sent = s.bytes_sent, .bytes_received = s.bytes_received,
		.grants_sent = s.grants_sent, .credit_stalls = s.credit_stalls,
		.window_stalls = s.window_stalls, .crc_failures = s.crc_failures,
	};
}

CXIO_EXPORT void cxio_connection_set_private(struct cxio_connection *c, void *p)
{
	c->private = p;
}

CXIO_EXPORT void *cxio_connection_private(struct cxio_connection *c)
{
	return c->private;
}
