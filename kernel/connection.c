// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection's life, and the pump between queue, channel and transport.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "ceph_xio.h"

static void connection_work(struct work_struct *work);

static size_t address_len(const struct sockaddr *sa)
{
	return sa->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
					   sizeof(struct sockaddr_in);
}

/**
 * cxio_connection_new() - make a connection
 * @m: the messenger, whose list it is not in yet
 * @active: this side connects
 * @peer: address of the peer, IPv4 or IPv6
 *
 * Context: may sleep. Return: a reference, or NULL.
 */
struct cxio_connection *cxio_connection_new(struct cxio_messenger *m, bool active,
					    const struct sockaddr *peer)
{
	struct cxio_connection *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return NULL;
	cxio_object_add(CXIO_OBJ_CONNECTIONS, 1);
	kref_init(&c->ref);
	INIT_LIST_HEAD(&c->link);
	INIT_LIST_HEAD(&c->queue);
	INIT_LIST_HEAD(&c->device_link);
	INIT_LIST_HEAD(&c->received);
	INIT_LIST_HEAD(&c->inbox);
	spin_lock_init(&c->lock);
	INIT_DELAYED_WORK(&c->work, connection_work);
	/* Its CM id will hold the namespace too, but only once the work has made it. */
	get_net(m->net);
	c->messenger = m;
	c->net = m->net;
	cxio_life_init(&c->life, active, ktime_get_ns());
	memcpy(&c->peer, peer, address_len(peer));
	return c;
}

/**
 * cxio_connection_get() - take a reference
 * @c: a connection of which the caller has one
 */
void cxio_connection_get(struct cxio_connection *c)
{
	kref_get(&c->ref);
}

static void release_connection(struct kref *ref)
{
	struct cxio_connection *c = container_of(ref, struct cxio_connection, ref);

	put_net(c->net);
	kfree(c);
	cxio_object_add(CXIO_OBJ_CONNECTIONS, -1);
}

/**
 * cxio_connection_put() - drop a reference
 * @c: the connection
 *
 * Context: any: what can sleep was done at teardown.
 */
void cxio_connection_put(struct cxio_connection *c)
{
	kref_put(&c->ref, release_connection);
}

/**
 * cxio_connection_kick() - have the connection's work run
 * @c: the connection; pending work holds a reference
 *
 * Context: any.
 */
void cxio_connection_kick(struct cxio_connection *c)
{
	cxio_connection_get(c);
	if (cxio_portal_kick(&c->work))
		cxio_connection_put(c);
}

/* --- for any context --- */

/**
 * cxio_connection_send() - send a message
 * @c: a connection
 * @m: the reference passes to the connection, also on failure
 *
 * Context: may sleep on failure. Return: 0, or -ENOTCONN if it has ended.
 */
int cxio_connection_send(struct cxio_connection *c, struct cxio_message *m)
{
	bool refused;

	/* One that was received has a number of the other direction. */
	m->header.seq = 0;
	spin_lock_bh(&c->lock);
	refused = c->ended || c->close_wanted;
	if (!refused)
		list_add_tail(&m->link, &c->inbox);
	spin_unlock_bh(&c->lock);
	if (refused) {
		cxio_message_put(m);
		return -ENOTCONN;
	}
	cxio_connection_kick(c);
	return 0;
}

/**
 * cxio_connection_close() - end in order: what is queued goes first
 * @c: a connection
 *
 * Context: any.
 */
void cxio_connection_close(struct cxio_connection *c)
{
	spin_lock_bh(&c->lock);
	c->close_wanted = true;
	spin_unlock_bh(&c->lock);
	cxio_connection_kick(c);
}

/**
 * cxio_connection_abort() - end at once, telling the peer if that is possible
 * @c: a connection
 * @fault: enum cxio_fault
 *
 * Context: any; may be called under the messenger's or the devices' lock.
 */
void cxio_connection_abort(struct cxio_connection *c, u32 fault)
{
	spin_lock_bh(&c->lock);
	if (!c->abort_fault)
		c->abort_fault = fault;
	spin_unlock_bh(&c->lock);
	cxio_connection_kick(c);
}

/* --- frames in; from here on all in the connection's work --- */

/**
 * cxio_connection_opened() - the CM says established, or a first frame does
 * @c: a connecting connection
 *
 * Context: the connection's work.
 */
void cxio_connection_opened(struct cxio_connection *c)
{
	if (cxio_life_opens(&c->life, cxio_limits(), &c->agreed, ktime_get_ns()))
		cxio_endpoint_opened(c);
}

static void frame_message(struct cxio_connection *c, const void *buf,
			  const struct cxio_rx_event *ev)
{
	struct cxio_message *m;
	u32 i;

	if (ev->begins) {
		c->incoming = cxio_message_for(&c->life.channel.rx.header, c);
		if (!c->incoming) {
			cxio_life_fault(&c->life, CXIO_FAULT_NO_MEMORY, ktime_get_ns());
			return;
		}
	}
	for (i = 0; i < ev->pieces.count; i++)
		cxio_message_write(c->incoming, &ev->pieces.piece[i], buf);
	if (ev->ends) {
		cxio_channel_delivered(&c->life.channel, 0, ktime_get_ns());
		m = c->incoming;
		c->incoming = NULL;
		cxio_endpoint_dispatch(c, m);
	}
}

static void serve_frame(struct cxio_connection *c, struct cxio_recv_buf *buf)
{
	struct cxio_rx_event ev;

	if (cxio_life_opens_by_frame(&c->life))
		cxio_connection_opened(c);
	if (!cxio_life_wants_frame(&c->life))
		return;
	cxio_recv_sync(buf);
	if (cxio_life_rx(&c->life, buf->addr, buf->len, ktime_get_ns(), &ev) &&
	    ev.kind == CXIO_RX_MESSAGE)
		frame_message(c, buf->addr, &ev);
	if (!cxio_life_flows(&c->life))
		return;
	if (cxio_recv_post(buf))
		cxio_life_lost(&c->life);
	else
		cxio_channel_reposted(&c->life.channel, 1);
}

static void serve_frames(struct cxio_connection *c)
{
	struct cxio_recv_buf *buf, *next;
	LIST_HEAD(frames);

	spin_lock_bh(&c->lock);
	list_splice_init(&c->received, &frames);
	spin_unlock_bh(&c->lock);
	list_for_each_entry_safe(buf, next, &frames, link) {
		list_del_init(&buf->link);
		serve_frame(c, buf);
	}
}

/* --- frames out --- */

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
		list_del_init(&m->link);
		cxio_message_put(m);
	}
	return len;
}

/* Make and post every frame that may go now. */
static void pump(struct cxio_connection *c)
{
	struct cxio_offer offer = { 0 };
	struct cxio_message *m;
	enum cxio_tx_kind kind;
	void *frame;
	u32 len;

	while (cxio_life_flows(&c->life)) {
		m = list_first_entry_or_null(&c->queue, struct cxio_message, link);
		frame = cxio_send_slot(c);
		if (!frame)
			break;
		offer.header = m ? &m->header : NULL;
		kind = cxio_life_next(&c->life, &offer, ktime_get_ns());
		if (kind == CXIO_TX_NOTHING)
			break;
		len = kind == CXIO_TX_CONTROL ?
			cxio_channel_control(&c->life.channel, frame, ktime_get_ns()) :
			fill_message_frame(c, m, kind == CXIO_TX_BEGIN, frame);
		if (cxio_send_post(c, len))
			cxio_life_lost(&c->life);
	}
	cxio_life_settle(&c->life, cxio_send_idle(c), ktime_get_ns());
}

/* --- the work --- */

static void drop_messages(struct list_head *queue)
{
	struct cxio_message *m, *next;

	list_for_each_entry_safe(m, next, queue, link) {
		list_del_init(&m->link);
		cxio_message_put(m);
	}
}

static void log_end(const struct cxio_connection *c)
{
	if (c->life.fault)
		pr_notice_ratelimited("%pISpc: %s%s\n", &c->peer,
				      c->life.by_peer ? "peer ended the connection: " : "",
				      cxio_fault_text(c->life.fault));
}

static void snapshot(struct cxio_connection *c)
{
	spin_lock_bh(&c->lock);
	c->stats = c->life.channel.stats;
	c->shown_state = c->life.state;
	spin_unlock_bh(&c->lock);
}

static void tear_down(struct cxio_connection *c)
{
	u32 abort_fault;
	LIST_HEAD(inbox);

	spin_lock_bh(&c->lock);
	c->ended = true;
	list_splice_init(&c->inbox, &inbox);
	spin_unlock_bh(&c->lock);
	/* Frames that came before the end are served: CLOSE may be among them. */
	cxio_disconnect(c);
	serve_frames(c);
	/* Whoever aborts both ends may be seen by what it did to the other end first. */
	spin_lock_bh(&c->lock);
	abort_fault = c->abort_fault;
	spin_unlock_bh(&c->lock);
	if (abort_fault)
		cxio_life_end(&c->life, abort_fault, false);
	cxio_life_over(&c->life);
	cxio_teardown(c);
	snapshot(c);
	drop_messages(&c->queue);
	drop_messages(&inbox);
	cxio_message_put(c->incoming);
	c->incoming = NULL;
	log_end(c);
	cxio_endpoint_closed(c);
	cxio_messenger_remove(c);
}

/* What completions and other contexts have noted. */
static void serve_notes(struct cxio_connection *c)
{
	unsigned long events;
	u32 abort_fault;

	spin_lock_bh(&c->lock);
	events = c->cm_events;
	c->cm_events = 0;
	abort_fault = c->abort_fault;
	c->abort_fault = 0;
	spin_unlock_bh(&c->lock);

	if (c->life.state == CXIO_NEW) {
		cxio_life_connecting(&c->life);
		if (!abort_fault)
			cxio_connect(c);
	}
	cxio_cm_service(c, events);
	serve_frames(c);
	if (abort_fault)
		cxio_life_fault(&c->life, abort_fault, ktime_get_ns());
}

static void serve_broken(struct cxio_connection *c)
{
	enum ib_wc_status status;
	bool broken;

	spin_lock_bh(&c->lock);
	broken = c->broken;
	status = c->broken_status;
	spin_unlock_bh(&c->lock);
	if (!broken)
		return;
	if (status) {
		pr_notice_ratelimited("%pISpc: %s\n", &c->peer, ib_wc_status_msg(status));
		cxio_life_end(&c->life, CXIO_FAULT_TRANSPORT, false);
	}
	/* A flush alone says that somebody disconnected. */
	cxio_life_lost(&c->life);
}

static void serve_requests(struct cxio_connection *c)
{
	bool close_wanted;
	u64 bytes;
	u32 msgs;

	spin_lock_bh(&c->lock);
	list_splice_tail_init(&c->inbox, &c->queue);
	close_wanted = c->close_wanted;
	msgs = c->consumed_msgs;
	bytes = c->consumed_bytes;
	c->consumed_msgs = 0;
	c->consumed_bytes = 0;
	spin_unlock_bh(&c->lock);

	if (msgs)
		cxio_channel_consumed(&c->life.channel, msgs, bytes, ktime_get_ns());
	if (close_wanted)
		cxio_life_close(&c->life);
}

/* Deadlines: what is over time ends; the next one is armed. */
static void serve_time(struct cxio_connection *c)
{
	u64 now = ktime_get_ns(), due;

	cxio_life_tick(&c->life, now);
	if (cxio_life_flows(&c->life))
		pump(c);
	due = cxio_life_deadline(&c->life, cxio_life_flows(&c->life) && cxio_send_slot(c));
	if (due == CXIO_NEVER)
		return;
	now = ktime_get_ns();
	cxio_connection_get(c);
	if (cxio_portal_delay(&c->work, due > now ? nsecs_to_jiffies(due - now) + 1 : 1))
		cxio_connection_put(c);
}

static void serve(struct cxio_connection *c)
{
	serve_notes(c);
	serve_broken(c);
	if (c->life.state == CXIO_OPEN)
		cxio_endpoint_service(c);
	serve_requests(c);
	serve_time(c);
	if (c->life.state == CXIO_DISCONNECTING)
		tear_down(c);
	else
		snapshot(c);
}

static void connection_work(struct work_struct *work)
{
	struct cxio_connection *c = container_of(to_delayed_work(work), struct cxio_connection,
						 work);
	/* Write-back may wait for us: what the RDMA core allocates must not wait for it. */
	unsigned int noio = memalloc_noio_save();

	/* Pairs with the release in accept_request(), which kicks again. */
	if (!smp_load_acquire(&c->accepting) && c->life.state != CXIO_CLOSED)
		serve(c);
	memalloc_noio_restore(noio);
	cxio_connection_put(c);
}
