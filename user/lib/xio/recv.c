// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Receives and completions. A receive buffer is posted again as soon as its frame
 * is parsed and copied; its credit depends on nobody else.
 */
#include <errno.h>
#include <stdio.h>

#include "xio.h"

#define COMPLETIONS_A_POLL 16

static char *buffer_at(struct cxio_xio *x, u32 number)
{
	return x->ring + (size_t)number * x->connection->messenger->limits.recv_size;
}

static int post_receive(struct cxio_xio *x, u32 number)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)buffer_at(x, number),
		.length = x->connection->messenger->limits.recv_size, .lkey = x->mr->lkey,
	};
	struct ibv_recv_wr *bad, wr = { .wr_id = number, .sg_list = &sge, .num_sge = 1 };

	return -ibv_post_recv(x->id->qp, &wr, &bad);
}

/**
 * xio_post_receives() - post every receive buffer
 * @x: a transport half with a fresh queue pair
 *
 * Return: 0 or a negative errno.
 */
int xio_post_receives(struct cxio_xio *x)
{
	u32 i;
	int err;

	for (i = 0; i < x->connection->messenger->limits.recv_depth; i++) {
		err = post_receive(x, i);
		if (err)
			return err;
	}
	return 0;
}

static void received(struct cxio_xio *x, const struct ibv_wc *wc)
{
	struct cxio_connection *c = x->connection;
	u32 number = (u32)wc->wr_id;

	if (cxio_life_opens_by_frame(&c->life))
		cxio_connection_opened(c, &x->agreed);
	if (!cxio_connection_frame(c, buffer_at(x, number), wc->byte_len))
		return;
	if (post_receive(x, number))
		cxio_connection_lost(c);
	else
		cxio_channel_reposted(&c->life.channel, 1);
}

static void failed(struct cxio_xio *x, const struct ibv_wc *wc)
{
	char text[120];

	if (wc->status == IBV_WC_WR_FLUSH_ERR) {
		/* Somebody disconnected; CLOSE has come before this or will not come. */
		cxio_connection_lost(x->connection);
		return;
	}
	snprintf(text, sizeof(text), "%s failed: %s", wc->wr_id & XIO_WR_SEND ? "send" : "receive",
		 ibv_wc_status_str(wc->status));
	cxio_connection_end(x->connection, CXIO_FAULT_TRANSPORT, false, text);
}

/**
 * xio_poll() - handle all completions there are
 * @c: a connection, perhaps without a queue pair
 */
void xio_poll(struct cxio_connection *c)
{
	struct ibv_wc wc[COMPLETIONS_A_POLL];
	struct cxio_xio *x = c->xio;
	bool any = false;
	int i, n;

	if (!x || !x->cq)
		return;
	while ((n = ibv_poll_cq(x->cq, COMPLETIONS_A_POLL, wc)) > 0) {
		for (i = 0; i < n; i++) {
			if (wc[i].status != IBV_WC_SUCCESS)
				failed(x, &wc[i]);
			else if (wc[i].wr_id & XIO_WR_SEND)
				xio_send_done(x);
			else
				received(x, &wc[i]);
		}
		any = true;
	}
	if (any)
		cxio_connection_pump(c);
}

/**
 * xio_completions_ready() - the completion channel is readable
 * @s: the source in struct cxio_xio
 *
 * Armed first, polled after: a completion between the last poll and the arming
 * would otherwise wake nobody.
 */
void xio_completions_ready(struct cxio_source *s)
{
	struct cxio_xio *x = cxio_entry(s, struct cxio_xio, completions);
	struct ibv_cq *cq;
	void *context;

	if (ibv_get_cq_event(x->channel, &cq, &context))
		return;
	x->event_debt++;
	if (ibv_req_notify_cq(x->cq, 0))
		cxio_connection_end(x->connection, CXIO_FAULT_TRANSPORT, false,
				    "arming the completion queue failed");
	xio_poll(x->connection);
}
