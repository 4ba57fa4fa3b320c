// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking back memory: after it neither a CPU nor a device of ours touches it (I7).
 *
 * Who may run and who may wait for whom:
 * - The caller may hold locks that callbacks take, so nothing here waits for the work that
 *   makes callbacks.
 * - A copy, a checksum or a mapping of the memory is made with the message's @io held, and
 *   nothing of the owner's is called inside: waiting for it ends.
 * - Where a device may be at the memory, its queue pair is driven into error and drained:
 *   what is awaited are completions, which softirq handles; it takes carrier locks only.
 * - The queue pair itself is kept from being destroyed by the carrier's @qp_mutex, in which
 *   the work does nothing but drain, destroy, post, and handle the sinks of READs and of
 *   replies.
 * - What a driver allocates for that is GFP_NOIO: write-back may wait for the caller.
 */
#include <linux/sched/mm.h>
#include <rdma/ib_verbs.h>

#include "ceph_xio.h"

/*
 * The sinks of READs and of replies are unmapped here, too: where memory is bounced for a
 * device, that writes to it.
 */
static void stop_device(struct cxio_xio *x)
{
	/* Locks of the caller's may be what write-back waits for, and drivers allocate here. */
	unsigned int noio = memalloc_noio_save();

	mutex_lock(&x->qp_mutex);
	WRITE_ONCE(x->broke, true);
	if (x->qp_lives)
		ib_drain_qp(x->cm_id->qp);
	cxio_mr_pool_lost(&x->sinks_pool);
	cxio_mr_pool_drained(&x->sinks_pool);
	mutex_unlock(&x->qp_mutex);
	memalloc_noio_restore(noio);
}

/*
 * @c: where it was sent; of one that comes in the message knows. Return: false if it is
 * incoming, and was handed over already.
 */
static bool take_back(struct cxio_connection *c, struct cxio_message *m, bool incoming)
{
	struct cxio_xio *x = NULL;
	bool late;

	mutex_lock(&m->io);
	late = incoming && m->handed;
	if (incoming)
		c = m->origin;
	if (c)
		cxio_connection_get(c);
	if (!late) {
		m->gone = true;
		x = m->touched_by;
	}
	if (x)
		cxio_xio_get(x);
	mutex_unlock(&m->io);
	if (x) {
		stop_device(x);
		cxio_xio_put(x);
	}
	/* One that was just made has no connection yet. */
	if (c) {
		cxio_connection_kick(c);
		cxio_connection_put(c);
	}
	return !late;
}

/**
 * cxio_message_revoke() - take back the memory of a message that was sent
 * @c: the connection it was sent on
 * @m: the message, of which the caller has a reference; it may have gone already
 *
 * If it was not begun it is not sent; if it was, the peer is told that it does not come,
 * and dispatches nothing. A message that the peer has whole is not called back. If a
 * device may be at the memory the queue pair is broken for it, and a lossless session goes
 * on with another one at once.
 *
 * Context: may sleep; locks that callbacks take may be held.
 */
void cxio_message_revoke(struct cxio_connection *c, struct cxio_message *m)
{
	take_back(c, m, false);
}
EXPORT_SYMBOL_NS_GPL(cxio_message_revoke, CEPH_XIO);

/**
 * cxio_message_revoke_incoming() - take back the memory of a message that comes in
 * @m: a message that @alloc_msg returned, or that was offered for a reply, and of which the
 *	caller has a reference
 *
 * What still comes for it is dropped, and it is not dispatched. It is acknowledged, unless a
 * device was at the memory: then it may come again on the next carrier, and @alloc_msg is
 * called again.
 *
 * Context: may sleep; locks that callbacks take may be held. Return: false if it is too
 * late: it was dispatched, or is being.
 */
bool cxio_message_revoke_incoming(struct cxio_message *m)
{
	return take_back(NULL, m, true);
}
EXPORT_SYMBOL_NS_GPL(cxio_message_revoke_incoming, CEPH_XIO);
