// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stream's life: from libceph's connect to the end of all that it had, in its work.
 */
#include <linux/jiffies.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include <linux/ceph/transport.h>

#include "stream.h"

static struct workqueue_struct *workqueue;
static atomic_t streams = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(idle);

static void stream_work(struct work_struct *work);

/**
 * cxio_rs_init() - be ready for streams
 *
 * Context: module init. Return: 0 or -ENOMEM.
 */
int __init cxio_rs_init(void)
{
	/* What one of them waits for, as a drain, is not to hold up another. */
	workqueue = alloc_workqueue("ceph_xio_libceph", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!workqueue)
		return -ENOMEM;
	if (!cxio_rs_slots_init())
		return 0;
	destroy_workqueue(workqueue);
	return -ENOMEM;
}

/**
 * cxio_rs_exit() - wait until nothing of any stream is left
 *
 * Context: module init and exit, when no new one can begin.
 */
void cxio_rs_exit(void)
{
	wait_event(idle, !atomic_read(&streams));
	destroy_workqueue(workqueue);
	cxio_rs_slots_exit();
	/* The resolver may still be about to return from resolved(), which has told all. */
	synchronize_rcu_tasks();
}

/* --- references, work --- */

/**
 * cxio_rs_get() - take a reference
 * @s: a stream of which the caller has one, or whose lock it holds
 *
 * Context: any.
 */
void cxio_rs_get(struct cxio_rs *s)
{
	kref_get(&s->ref);
}

static void release_stream(struct kref *ref)
{
	struct cxio_rs *s = container_of(ref, struct cxio_rs, ref);

	put_net(s->shown.net);
	kfree(s);
}

/**
 * cxio_rs_put() - drop a reference
 * @s: the stream
 *
 * Context: any.
 */
void cxio_rs_put(struct cxio_rs *s)
{
	kref_put(&s->ref, release_stream);
}

/**
 * cxio_rs_kick() - have the stream's work run now
 * @s: the stream
 *
 * Context: any; @s->shown.lock may be held.
 */
void cxio_rs_kick(struct cxio_rs *s)
{
	/* Queued work holds a reference, be it for later. */
	cxio_rs_get(s);
	if (mod_delayed_work(workqueue, &s->work, 0))
		cxio_rs_put(s);
}

/**
 * cxio_rs_kick_in() - have the stream's work run, unless it is to run anyway
 * @s: the stream
 * @delay: jiffies until then
 *
 * Context: any; @s->shown.lock may be held.
 */
void cxio_rs_kick_in(struct cxio_rs *s, unsigned long delay)
{
	cxio_rs_get(s);
	if (!queue_delayed_work(workqueue, &s->work, delay))
		cxio_rs_put(s);
}

static void run_at_deadline(struct cxio_rs *s)
{
	unsigned long now = jiffies;

	cxio_rs_kick_in(s, time_before(now, s->deadline) ? s->deadline - now : 0);
}

/* --- begin --- */

/* Called with the list of devices locked: it takes the stream's lock, which is inside. */
static void device_removed(struct cxio_device_user *user)
{
	cxio_rs_fault(container_of(user, struct cxio_rs, user), CXIO_FAULT_DEVICE);
}

/**
 * cxio_rs_new() - begin a stream
 * @con: libceph's connection
 * @net: its network namespace
 * @peer: where to connect to
 *
 * Context: may sleep; con->mutex is held. Return: libceph's reference, or NULL if there is
 * no memory. Events may have been reported before it returns.
 */
struct cxio_rs *cxio_rs_new(struct ceph_connection *con, struct net *net,
			    const struct sockaddr_storage *peer)
{
	struct cxio_rs_params p;
	struct cxio_rs *s;

	s = kzalloc(sizeof(*s), GFP_NOIO);
	if (!s)
		return NULL;
	cxio_rs_params(&p);
	kref_init(&s->ref);
	INIT_DELAYED_WORK(&s->work, stream_work);
	mutex_init(&s->io);
	spin_lock_init(&s->shown.lock);
	INIT_LIST_HEAD(&s->user.link);
	s->user.removed = device_removed;
	s->con = con;
	s->gid_index = p.gid_index;
	s->shown.net = get_net(net);
	s->shown.peer = *peer;
	s->shown.by_cm = p.cm;
	s->shown.slot_size = p.slot_size;
	s->shown.send_slots = p.send_slots;
	s->shown.recv_slots = p.recv_slots;
	s->shown.state = "begins";
	s->deadline = jiffies + nsecs_to_jiffies(CXIO_EXCHANGE_NS);
	atomic_inc(&streams);
	cxio_streams_add(&s->shown);
	cxio_rs_kick(s);
	return s;
}

/**
 * cxio_rs_live() - a stream has come further
 * @s: the stream
 * @life: so far
 * @state: in words, for who looks
 *
 * Context: the work.
 */
void cxio_rs_live(struct cxio_rs *s, enum cxio_rs_life life, const char *state)
{
	s->life = life;
	spin_lock_bh(&s->shown.lock);
	s->shown.state = state;
	spin_unlock_bh(&s->shown.lock);
}

/**
 * cxio_rs_connected() - bytes can be sent from here on
 * @s: the stream
 *
 * Context: the work.
 */
void cxio_rs_connected(struct cxio_rs *s)
{
	cxio_rs_live(s, CXIO_RS_OPENED, "open");
	spin_lock_bh(&s->shown.lock);
	s->connected = true;
	s->shown.opened = true;
	/* It looks for what has come in, too. */
	if (s->con && !s->failed)
		ceph_transport_event(s->con, CEPH_TRANSPORT_CONNECTED);
	spin_unlock_bh(&s->shown.lock);
}

/* --- end --- */

static int fault_errno(u32 fault)
{
	switch (fault) {
	case CXIO_FAULT_NONE:
		return 0;
	case CXIO_FAULT_REFUSED:
		return -ECONNREFUSED;
	case CXIO_FAULT_UNREACHABLE:
		return -EHOSTUNREACH;
	case CXIO_FAULT_TIMEOUT:
		return -ETIMEDOUT;
	case CXIO_FAULT_NO_MEMORY:
		return -ENOMEM;
	case CXIO_FAULT_NO_DEVICE:
	case CXIO_FAULT_DEVICE:
		return -ENODEV;
	case CXIO_FAULT_PEER_GONE:
	case CXIO_FAULT_TRANSPORT:
	case CXIO_FAULT_SLOT_NONE_LEFT:
		return -ECONNRESET;
	default:
		return -EPROTO;
	}
}

/* Nothing more is posted. libceph hears of it, and is given the error by its next call. */
static void fail(struct cxio_rs *s, u32 fault)
{
	s->failed = true;
	s->posting = false;
	s->error = fault_errno(fault);
	if (!s->closing) {
		s->shown.fault = fault;
		s->shown.state = "failed";
	}
	if (s->con)
		ceph_transport_event(s->con, CEPH_TRANSPORT_CLOSED);
	cxio_rs_kick(s);
}

/* What is set here and what is set there do not fit: no attempt will do better. */
static bool is_misfit(u32 fault)
{
	return fault >= CXIO_FAULT_EXCHANGE_LENGTH && fault <= CXIO_FAULT_SLOT_LENGTH;
}

/**
 * cxio_rs_fault_locked() - a stream fails
 * @s: the stream
 * @fault: why; what failed first stays (I5)
 *
 * Context: any; @s->shown.lock is held.
 */
void cxio_rs_fault_locked(struct cxio_rs *s, u32 fault)
{
	if (s->failed)
		return;
	/* By itself: it is not to be lost among those that are told all the time. */
	if (!s->closing && is_misfit(fault))
		pr_err_ratelimited("%pISpc: %s\n", &s->shown.peer, cxio_fault_text(fault));
	else if (!s->closing)
		pr_notice_ratelimited("%pISpc: %s\n", &s->shown.peer, cxio_fault_text(fault));
	fail(s, fault);
}

/**
 * cxio_rs_fault() - a stream fails
 * @s: the stream
 * @fault: why; what failed first stays (I5)
 *
 * Context: any but hard interrupts.
 */
void cxio_rs_fault(struct cxio_rs *s, u32 fault)
{
	spin_lock_bh(&s->shown.lock);
	cxio_rs_fault_locked(s, fault);
	spin_unlock_bh(&s->shown.lock);
}

/**
 * cxio_rs_ended_locked() - the peer has ended the stream in order
 * @s: the stream
 *
 * As with TCP, libceph looks for the end before it reads what came in front of it.
 *
 * Context: any; @s->shown.lock is held.
 */
void cxio_rs_ended_locked(struct cxio_rs *s)
{
	if (!s->failed)
		fail(s, CXIO_FAULT_NONE);
}

static_assert(IB_WC_LOC_LEN_ERR == (u32)CXIO_SLOTS_LOC_LEN &&
	      IB_WC_LOC_QP_OP_ERR == (u32)CXIO_SLOTS_LOC_QP_OP &&
	      IB_WC_WR_FLUSH_ERR == (u32)CXIO_SLOTS_FLUSHED &&
	      IB_WC_REM_INV_REQ_ERR == (u32)CXIO_SLOTS_REM_INV_REQ &&
	      IB_WC_REM_OP_ERR == (u32)CXIO_SLOTS_REM_OP &&
	      IB_WC_RETRY_EXC_ERR == (u32)CXIO_SLOTS_RETRY_EXC &&
	      IB_WC_RNR_RETRY_EXC_ERR == (u32)CXIO_SLOTS_RNR_RETRY_EXC);

/**
 * cxio_rs_failed() - a work request has failed, or was flushed
 * @s: the stream
 * @sent: it was a SEND
 * @wc: its completion
 *
 * Context: softirq.
 */
void cxio_rs_failed(struct cxio_rs *s, bool sent, const struct ib_wc *wc)
{
	enum cxio_fault fault = cxio_slots_broken(sent, wc->status);

	spin_lock_bh(&s->shown.lock);
	if (fault == CXIO_FAULT_SLOT_NONE_LEFT && !s->failed && !s->closing)
		s->shown.rnr_loss = true;
	if (fault) {
		cxio_rs_fault_locked(s, fault);
	} else if (!s->failed && !s->flushed) {
		s->flushed = true;
		s->posting = false;
		cxio_rs_kick(s);
	}
	spin_unlock_bh(&s->shown.lock);
}

/**
 * cxio_rs_close() - libceph closes
 * @s: the stream; libceph's reference is dropped
 *
 * What is in the open slot is sent. No event is reported from here on.
 *
 * Context: any but hard interrupts; con->mutex, and osdc->lock, are held.
 */
void cxio_rs_close(struct cxio_rs *s)
{
	spin_lock_bh(&s->shown.lock);
	s->con = NULL;
	s->closing = true;
	s->tx.corked = false;
	if (s->connected && s->posting && cxio_send_slots_due(&s->tx, false))
		cxio_rs_slot_post_send(s);
	spin_unlock_bh(&s->shown.lock);
	cxio_rs_kick(s);
	cxio_rs_put(s);
}

/* --- the work --- */

static bool is_ending(struct cxio_rs *s)
{
	bool ending;

	spin_lock_bh(&s->shown.lock);
	ending = s->failed || s->closing;
	spin_unlock_bh(&s->shown.lock);
	return ending;
}

/* What has failed may complete behind what was flushed for it, on another processor. */
static void look_for_reason(struct cxio_rs *s)
{
	bool flushed;

	spin_lock_bh(&s->shown.lock);
	flushed = s->flushed && !s->failed;
	spin_unlock_bh(&s->shown.lock);
	if (!flushed)
		return;
	cxio_rs_qp_drain(s);
	cxio_rs_fault(s, CXIO_FAULT_TRANSPORT);
}

/* libceph has closed a stream that was open: what it has sent is to arrive, and the end. */
static void begin_to_linger(struct cxio_rs *s)
{
	cxio_rs_live(s, CXIO_RS_LINGERS, "closing");
	s->deadline = jiffies + CXIO_RS_LINGER;
	spin_lock_bh(&s->shown.lock);
	/* RDMA CM tells the end by itself. */
	if (s->posting && !s->shown.by_cm)
		cxio_rs_slot_post_fin(s);
	spin_unlock_bh(&s->shown.lock);
}

static bool lingers(struct cxio_rs *s)
{
	bool done;

	if (s->life == CXIO_RS_OPENED)
		begin_to_linger(s);
	if (s->life != CXIO_RS_LINGERS || time_after_eq(jiffies, s->deadline))
		return false;
	spin_lock_bh(&s->shown.lock);
	done = s->failed || (cxio_send_slots_idle(&s->tx) && s->fin_done == s->fin_posted);
	spin_unlock_bh(&s->shown.lock);
	return !done;
}

static void tear_down(struct cxio_rs *s)
{
	spin_lock_bh(&s->shown.lock);
	s->posting = false;
	spin_unlock_bh(&s->shown.lock);
	cxio_rs_cm_disconnect(s);
	cxio_rs_qp_drain(s);
	cxio_rs_tcp_close(s);
	/* Whoever copies has con->mutex: he is not to wait for the device. */
	mutex_lock(&s->io);
	spin_lock_bh(&s->shown.lock);
	s->connected = false;
	spin_unlock_bh(&s->shown.lock);
	mutex_unlock(&s->io);
	cxio_rs_qp_destroy(s);
	cxio_device_leave(&s->user);
	cxio_rs_cm_destroy(s);
	cxio_rs_live(s, CXIO_RS_OVER, "over");
	/* A deadline that is of no use now: exit waits for what is queued, not for timers. */
	if (cancel_delayed_work(&s->work))
		cxio_rs_put(s);
	cxio_streams_remove(&s->shown);
	if (atomic_dec_and_test(&streams))
		wake_up(&idle);
}

static void end(struct cxio_rs *s)
{
	bool resolving;

	if (lingers(s)) {
		run_at_deadline(s);
		return;
	}
	spin_lock_bh(&s->shown.lock);
	resolving = s->resolving;
	spin_unlock_bh(&s->shown.lock);
	/* It comes to an end by itself, and has the work run. */
	if (!resolving)
		tear_down(s);
}

static void serve_cm(struct cxio_rs *s, bool begins)
{
	if (begins)
		cxio_rs_cm_connect(s);
	else
		cxio_rs_cm_serve(s);
}

static void serve_tcp(struct cxio_rs *s, bool begins)
{
	if (begins)
		cxio_rs_tcp_connect(s);
	else
		cxio_rs_tcp_serve(s);
}

static void get_on(struct cxio_rs *s)
{
	bool begins = s->life == CXIO_RS_BEGINS;

	if (begins)
		cxio_rs_live(s, CXIO_RS_CONNECTS, "connecting");
	if (s->shown.by_cm)
		serve_cm(s, begins);
	else
		serve_tcp(s, begins);
	if (s->life >= CXIO_RS_OPENED) {
		cxio_rs_flush(s);
		return;
	}
	if (time_after_eq(jiffies, s->deadline))
		cxio_rs_fault(s, CXIO_FAULT_TIMEOUT);
	else if (!is_ending(s))
		run_at_deadline(s);
}

static void stream_work(struct work_struct *work)
{
	struct cxio_rs *s = container_of(to_delayed_work(work), struct cxio_rs, work);
	unsigned int noio = memalloc_noio_save();

	if (s->life != CXIO_RS_OVER)
		look_for_reason(s);
	if (s->life != CXIO_RS_OVER && !is_ending(s))
		get_on(s);
	if (s->life != CXIO_RS_OVER && is_ending(s))
		end(s);
	memalloc_noio_restore(noio);
	cxio_rs_put(s);
}
