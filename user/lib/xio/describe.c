// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a portal's carriers are doing, in words: what each may be waiting for.
 */
#include <inttypes.h>

#include "../address.h"
#include "../describe.h"
#include "xio.h"

static void describe_windows(const struct cxio_channel *ch, FILE *to)
{
	const struct cxio_credit *c = &ch->credit;

	fprintf(to, "; may send frames %" PRIu32 " of %" PRIu32 ", messages %" PRIu32 " of %" PRIu32
		", bytes %" PRIu32, cxio_send_window_left(&c->tx_frames), c->tx_frames.limit,
		cxio_send_window_left(&c->tx_msgs), c->tx_msgs.limit,
		cxio_send_window_left(&c->tx_bytes));
	fprintf(to, "; peer may send frames %" PRIu32 ", messages %" PRIu32 ", bytes %" PRIu32
		", and is owed frames %" PRIu32 ", messages %" PRIu32,
		c->rx_frames.told - c->rx_frames.used, c->rx_msgs.told - c->rx_msgs.used,
		c->rx_bytes.told - c->rx_bytes.used, cxio_recv_window_owed(&c->rx_frames),
		cxio_recv_window_owed(&c->rx_msgs));
	fprintf(to, "%s%s%s%s", ch->stalled ? "; waits for a frame credit" : "",
		ch->window_stalled ? "; waits for the message window" : "",
		ch->tx.open ? "; in the middle of a message out" : "",
		ch->rx.open ? "; in the middle of a message in" : "");
}

/* Messages are delivered in order: the first is what all others wait for. */
static void describe_arrivals(const struct cxio_xio *x, FILE *to)
{
	const struct cxio_link *l = x->pending.next;
	const struct xio_arrival *first = NULL;
	u32 pending = 0;

	if (l != &x->pending)
		first = cxio_entry(l, struct cxio_message, link)->arrival;
	for (; l != &x->pending; l = l->next)
		pending++;
	fprintf(to, "; READs under way %" PRIu32 " of %" PRIu32 ", made %" PRIu32
		", DONEs owed %" PRIu32 ", messages pending %" PRIu32, x->reads.started,
		x->reads.depth, x->read_chained, x->dones, pending);
	if (first)
		fprintf(to, ", the first with READs %" PRIu32 "%s%s%s%s", first->state.reads,
			first->state.unread ? ", to be read" : "",
			first->state.whole ? ", whole" : "",
			first->state.exposed ? ", exposed" : "",
			first->state.dropped ? ", dropped" : "");
}

static void describe_queues(const struct cxio_xio *x, FILE *to)
{
	const struct cxio_link *l;
	u32 keys = 0;

	for (l = x->keys.next; l != &x->keys; l = l->next)
		keys++;
	fprintf(to, "; work requests made %" PRIu32 ", posted %" PRIu32 ", done %" PRIu32
		", frames under way %" PRIu64 ", receives held %" PRIu32 "%s%s", x->sq_made,
		x->sq_posted, x->sq_done, x->sends - x->sends_freed, x->held_count,
		x->short_of_wrs ? ", waits for work requests" : "",
		x->wait_done ? ", waits for the last send" : "");
	fprintf(to, "; receives %s, sends %s; keys %" PRIu32 ", due %" PRIu32 ", ending %" PRIu32,
		x->recv_cq.armed ? "armed" : "not armed", x->send_cq.armed ? "armed" : "not armed",
		keys, x->keys_due, x->keys_ending);
}

static void describe_carrier(const struct cxio_xio *x, u64 now, FILE *to)
{
	const struct cxio_life *life = &x->life;
	char peer[64] = "somebody";

	if (x->connection)
		cxio_address_text((const struct sockaddr *)&x->connection->target, peer,
				  sizeof(peer));
	fprintf(to, "carrier of %s: %s, %s%s%s", peer, life->active ? "active" : "passive",
		cxio_state_text(life->state), x->connection ? "" : ", carries nothing",
		x->to ? ", on its way to another portal" : "");
	if (life->ending)
		fprintf(to, ", ends: %s", cxio_fault_text(life->fault));
	cxio_describe_due(to, "timer", x->timer.due, now);
	if (life->was_open) {
		describe_windows(&life->channel, to);
		cxio_describe_due(to, "ack", life->channel.ack_due, now);
		describe_arrivals(x, to);
		describe_queues(x, to);
	}
	fputc('\n', to);
}

/**
 * xio_describe() - a line for each carrier
 * @p: the portal that they live in, where this runs
 * @to: where it is written
 */
void xio_describe(struct cxio_portal *p, FILE *to)
{
	const struct xio_portal *here = p->transport;
	u64 now = cxio_now();
	const struct cxio_link *l;

	for (l = here->carriers.next; l != &here->carriers; l = l->next)
		describe_carrier(cxio_entry(l, struct cxio_xio, link), now, to);
}
