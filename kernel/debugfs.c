// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs: what helps to find out why a connection does not move. Nothing here is an
 * interface: names and lines change with the code. Programs ask over netlink.
 */
#include <linux/debugfs.h>
#include <linux/rtnetlink.h>
#include <linux/seq_file.h>

#include "control.h"
#include "inject.h"

static struct dentry *dir;

/*
 * The carrier with the next larger number, of connection number @connection; 0: of those
 * without a host. Return: a reference, or NULL.
 */
static struct cxio_xio *carrier_after(struct cxio_messenger *m, u32 connection, u32 number)
{
	struct cxio_xio *x, *found = NULL;

	spin_lock_bh(&m->lock);
	list_for_each_entry(x, &m->carriers, link) {
		if (x->number > number && READ_ONCE(x->connection) == connection) {
			cxio_xio_get(x);
			found = x;
			break;
		}
	}
	spin_unlock_bh(&m->lock);
	return found;
}

static void show_out(struct seq_file *s, const char *what, const struct cxio_send_window *w)
{
	seq_printf(s, "\t\tout %s: granted %u, used %u, limit %u\n", what, READ_ONCE(w->granted),
		   READ_ONCE(w->used), w->limit);
}

static void show_in(struct seq_file *s, const char *what, const struct cxio_recv_window *w)
{
	seq_printf(s, "\t\tin %s: told %u, used %u, returned %u, limit %u\n", what,
		   READ_ONCE(w->told), READ_ONCE(w->used), READ_ONCE(w->returned), w->limit);
}

static void show_queue(struct seq_file *s, struct cxio_connection *c)
{
	/* Before those that came: no more have left than have come. */
	u64 unqueued = READ_ONCE(c->unqueued), queued;
	unsigned int inbox = 0;
	struct list_head *pos;
	bool close_wanted;
	u32 abort_fault;

	spin_lock_bh(&c->lock);
	list_for_each(pos, &c->inbox)
		inbox++;
	queued = c->queued;
	close_wanted = c->close_wanted;
	abort_fault = c->abort_fault;
	spin_unlock_bh(&c->lock);

	seq_printf(s, "\tqueue: %llu messages, of these %u in the inbox\n", queued - unqueued,
		   inbox);
	seq_printf(s, "\theld: %u messages, %llu bytes in windows, %llu bytes read\n",
		   READ_ONCE(c->held_msgs), READ_ONCE(c->held_bytes), READ_ONCE(c->held_reads));
	seq_printf(s, "\tnotes: close wanted %d, abort fault %u\n", close_wanted, abort_fault);
}

static void show_session(struct seq_file *s, const struct cxio_session *session)
{
	seq_printf(s, "\tsession: %s, connected %u times, %u attempts failed\n",
		   cxio_session_state_text(READ_ONCE(session->state)),
		   READ_ONCE(session->connect_seq), READ_ONCE(session->failures));
	seq_printf(s, "\tout: numbered %llu, sent %llu, acknowledged %llu; in: delivered %llu\n",
		   READ_ONCE(session->out_seq), READ_ONCE(session->sent_seq),
		   READ_ONCE(session->acked), READ_ONCE(session->in_seq));
}

static void show_transport(struct seq_file *s, struct cxio_xio *x)
{
	u32 made = READ_ONCE(x->sq_made), sends = READ_ONCE(x->sends);
	u32 done = READ_ONCE(x->sq_done);
	unsigned int received = 0;
	struct list_head *pos;
	unsigned long events;
	u32 abort_fault;
	bool broken;

	spin_lock_bh(&x->lock);
	list_for_each(pos, &x->received)
		received++;
	broken = x->broken;
	events = x->cm_events;
	abort_fault = x->abort_fault;
	spin_unlock_bh(&x->lock);

	seq_printf(s, "\t\treceived: %u frames not looked at\n", received);
	seq_printf(s, "\t\tsend queue: made %u, done %u, room for %u\n", made, done,
		   CXIO_SQ_DEPTH);
	seq_printf(s, "\t\tsend ring: made %u, freed %u, next slot %u of %u\n", sends,
		   READ_ONCE(x->sends_freed), sends % CXIO_DEFAULT_SEND_DEPTH,
		   CXIO_DEFAULT_SEND_DEPTH);
	seq_printf(s, "\t\tkeys: %u of %u in use\n", READ_ONCE(x->keys_made),
		   READ_ONCE(x->keys_pool.count));
	seq_printf(s, "\t\treads: %u of %u under way\n", READ_ONCE(x->reads.started),
		   READ_ONCE(x->reads.depth));
	seq_printf(s, "\t\tmessages in: %u not delivered, %u DONEs owed\n",
		   READ_ONCE(x->pendings), READ_ONCE(x->dones));
	seq_printf(s, "\t\tnotes: cm events %#lx, broken %d, abort fault %u\n", events, broken,
		   abort_fault);
}

/* The channel is the work's own: each number is right, but of a moment of its own. */
static void show_channel(struct seq_file *s, const struct cxio_channel *ch)
{
	show_out(s, "frames", &ch->credit.tx_frames);
	show_out(s, "messages", &ch->credit.tx_msgs);
	show_out(s, "bytes", &ch->credit.tx_bytes);
	show_in(s, "frames", &ch->credit.rx_frames);
	show_in(s, "messages", &ch->credit.rx_msgs);
	show_in(s, "bytes", &ch->credit.rx_bytes);
	seq_printf(s, "\t\tmessage out: open %d, %llu of %llu bytes\n", READ_ONCE(ch->tx.open),
		   READ_ONCE(ch->tx.pos), READ_ONCE(ch->tx.total));
	seq_printf(s, "\t\tmessage in: open %d, %llu of %llu bytes\n", READ_ONCE(ch->rx.open),
		   READ_ONCE(ch->rx.pos), READ_ONCE(ch->rx.total));
	seq_printf(s, "\t\twaits: for a credit %d, for the message window %d\n",
		   READ_ONCE(ch->stalled), READ_ONCE(ch->window_stalled));
}

static const char *role(const struct cxio_connection *c, const struct cxio_xio *x)
{
	if (!c)
		return "alone";
	if (READ_ONCE(c->carrier) == x)
		return "carries";
	return READ_ONCE(c->attempt) == x ? "attempt" : "guest or leaving";
}

static void show_carrier(struct seq_file *s, const struct cxio_connection *c,
			 struct cxio_xio *x)
{
	seq_printf(s, "\tcarrier %u of %pISpc, %s, %s, %s\n", x->number, &x->peer,
		   x->life.active ? "active" : "accepted", role(c, x),
		   cxio_state_text(READ_ONCE(x->life.state)));
	show_transport(s, x);
	show_channel(s, &x->life.channel);
}

/* Those of a connection, or those that have none yet. */
static void show_carriers(struct seq_file *s, struct cxio_messenger *m,
			  const struct cxio_connection *c)
{
	struct cxio_xio *x;
	u32 number = 0;

	while ((x = carrier_after(m, c ? c->id : 0, number))) {
		show_carrier(s, c, x);
		number = x->number;
		cxio_xio_put(x);
	}
}

static void show_connection(struct seq_file *s, struct net *net, struct cxio_connection *c)
{
	const char *shown;

	spin_lock_bh(&c->lock);
	shown = c->shown;
	spin_unlock_bh(&c->lock);
	seq_printf(s, "connection %u of %pISpc, net %u, %s, %s\n", c->id, &c->peer, net->ns.inum,
		   c->active ? "active" : "accepted", shown);
	show_session(s, &c->session);
	show_queue(s, c);
	show_carriers(s, cxio_messenger_of(net), c);
}

static void show_net(struct seq_file *s, struct net *net)
{
	struct cxio_messenger *m = cxio_messenger_of(net);
	struct cxio_connection *c;
	u32 id = 0;

	while ((c = cxio_connection_after(m, id))) {
		show_connection(s, net, c);
		id = c->id;
		cxio_connection_put(c);
	}
	seq_printf(s, "no connection yet, net %u\n", net->ns.inum);
	show_carriers(s, m, NULL);
}

static int connections_show(struct seq_file *s, void *unused)
{
	struct net *net;

	down_read(&net_rwsem);
	for_each_net(net)
		show_net(s, net);
	up_read(&net_rwsem);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(connections);

/**
 * cxio_debugfs_init() - make the directory; without debugfs there is none
 *
 * Context: module init, when there are messengers.
 */
void __init cxio_debugfs_init(void)
{
	dir = debugfs_create_dir("ceph_xio", NULL);
	debugfs_create_file("connections", 0400, dir, NULL, &connections_fops);
	cxio_inject_init(dir);
}

/**
 * cxio_debugfs_exit() - remove it, wait for who reads
 *
 * Context: module exit, while there are messengers.
 */
void cxio_debugfs_exit(void)
{
	debugfs_remove(dir);
	cxio_inject_exit();
}
