// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A connection's life, and the pump between queue, channel and transport.
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
	cxio_life_init(&c->life, active, cxio_now());
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
	cxio_life_connecting(&c->life);
	cxio_list_append(&c->portal->connections, &cxio_connection_get(c)->link);
}

/* --- the end --- */

/* Once the state says so, the portal disconnects at its next turn: nobody is in it then. */
static void follow_life(struct cxio_connection *c)
{
	if (c->life.state != CXIO_DISCONNECTING)
		return;
	pthread_mutex_lock(&c->portal->lock);
	if (!c->ended) {
		c->ended = true;
		cxio_portal_kick_locked(c->portal, c);
	}
	pthread_mutex_unlock(&c->portal->lock);
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
	if (!c->life.ending && text)
		snprintf(c->end_text, sizeof(c->end_text), "%s", text);
	cxio_life_end(&c->life, fault, by_peer);
	follow_life(c);
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
	cxio_life_fault(&c->life, fault, cxio_now());
	cxio_connection_pump(c);
}

/**
 * cxio_connection_lost() - the queue pair is in error, or the peer disconnected
 * @c: the connection; why, the frames that came in before may say: see tear_down()
 */
void cxio_connection_lost(struct cxio_connection *c)
{
	cxio_life_lost(&c->life);
	follow_life(c);
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
	cxio_life_over(&c->life);
	if (!c->end_text[0])
		snprintf(c->end_text, sizeof(c->end_text), "%s%s",
			 c->life.by_peer && c->life.fault ? "peer ended the connection: " : "",
			 cxio_fault_text(c->life.fault));
	xio_teardown(c);
	cxio_list_init(&inbox);
	pthread_mutex_lock(&c->portal->lock);
	cxio_list_move_all(&c->inbox, &inbox);
	c->stats = c->life.channel.stats;
	pthread_mutex_unlock(&c->portal->lock);
	drop_messages(&c->queue);
	drop_messages(&inbox);
	cxio_message_put(c->incoming);
	c->incoming = NULL;
	if (!c->life.active)
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
	if (!cxio_life_opens(&c->life, &c->messenger->limits, agreed, cxio_now()))
		return;
	cxio_dispatch_opened(c);
	cxio_connection_service(c);
}

static void frame_message(struct cxio_connection *c, const void *buf,
			  const struct cxio_rx_event *ev)
{
	struct cxio_message *m;
	u32 i;

	if (ev->begins) {
		c->incoming = cxio_message_for(&c->life.channel.rx.header, c);
		if (!c->incoming) {
			cxio_life_fault(&c->life, CXIO_FAULT_NO_MEMORY, cxio_now());
			return;
		}
	}
	for (i = 0; i < ev->pieces.count; i++)
		cxio_message_write(c->incoming, &ev->pieces.piece[i], buf);
	if (ev->ends) {
		cxio_channel_delivered(&c->life.channel, 0, cxio_now());
		m = c->incoming;
		c->incoming = NULL;
		cxio_dispatch_message(c, m);
	}
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

	if (!cxio_life_wants_frame(&c->life))
		return false;
	if (cxio_life_rx(&c->life, buf, len, cxio_now(), &ev) && ev.kind == CXIO_RX_MESSAGE)
		frame_message(c, buf, &ev);
	return cxio_life_flows(&c->life);
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

	pieces = begin ? cxio_channel_msg_begin(&c->life.channel, &m->header, NULL) :
			 cxio_channel_msg_more(&c->life.channel);
	for (i = 0; i < pieces->count; i++)
		cxio_message_read(m, &pieces->piece[i], frame);
	len = cxio_channel_msg_seal(&c->life.channel, frame, &last);
	if (last) {
		/* All its bytes are copied: the message is the caller's again. */
		cxio_list_remove(&m->link);
		cxio_message_put(m);
	}
	return len;
}

/**
 * cxio_connection_pump() - make and post every frame that may go now
 * @c: the connection
 */
void cxio_connection_pump(struct cxio_connection *c)
{
	struct cxio_offer offer = { 0 };
	struct cxio_message *m;
	enum cxio_tx_kind kind;
	void *frame;
	u32 len;

	while (cxio_life_flows(&c->life)) {
		m = first_queued(c);
		frame = xio_send_slot(c);
		if (!frame)
			break;
		offer.header = m ? &m->header : NULL;
		kind = cxio_life_next(&c->life, &offer, cxio_now());
		/* The message begun stays the queue's first until its last frame. */
		if (kind == CXIO_TX_NOTHING || (kind != CXIO_TX_CONTROL && !m))
			break;
		len = kind == CXIO_TX_CONTROL ?
			cxio_channel_control(&c->life.channel, frame, cxio_now()) :
			fill_message_frame(c, m, kind == CXIO_TX_BEGIN, frame);
		if (xio_send_post(c, len))
			cxio_life_lost(&c->life);
	}
	if (cxio_life_flows(&c->life))
		cxio_life_settle(&c->life, xio_send_idle(c), cxio_now());
	pthread_mutex_lock(&c->portal->lock);
	c->stats = c->life.channel.stats;
	pthread_mutex_unlock(&c->portal->lock);
	follow_life(c);
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

	if (c->life.state == CXIO_CLOSED)
		return;
	if (c->life.state == CXIO_NEW) {
		cxio_connection_adopt(c);
		if (cxio_portal_stopping(c->portal))
			cxio_connection_end(c, CXIO_FAULT_SHUTDOWN, false, NULL);
		else
			xio_connect(c);
	}
	if (c->life.state == CXIO_DISCONNECTING) {
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

	if (msgs)
		cxio_channel_consumed(&c->life.channel, msgs, bytes, cxio_now());
	if (close_wanted)
		cxio_life_close(&c->life);
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
	return cxio_life_deadline(&c->life, cxio_life_flows(&c->life) && xio_send_slot(c));
}

/**
 * cxio_connection_tick() - a deadline came
 * @c: the connection
 * @now: time
 */
void cxio_connection_tick(struct cxio_connection *c, u64 now)
{
	cxio_life_tick(&c->life, now);
	cxio_connection_pump(c);
}

/* --- for any thread --- */

CXIO_EXPORT int cxio_connection_send(struct cxio_connection *c, struct cxio_message *m)
{
	int err = 0;

	/* One that was received has a number of the other direction. */
	m->header.seq = 0;
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
	struct cxio_channel_stats s;

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
