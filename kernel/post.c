// SPDX-License-Identifier: GPL-2.0-only
/*
 * Posting work requests.
 */
#include "ceph_xio.h"
#include "inject.h"
#include "post.h"
#include "trace.h"

static u32 sge_bytes(const struct ib_sge *sge, int n)
{
	u32 bytes = 0;
	int i;

	for (i = 0; i < n; i++)
		bytes += sge[i].length;
	return bytes;
}

/**
 * cxio_post_send() - post a chain of send work requests
 * @x: a carrier with a queue pair
 * @chain: the first of them
 *
 * Each is traced before it is posted: its completion may come at once.
 *
 * Context: may not sleep. Return: 0 or a negative errno.
 */
int cxio_post_send(struct cxio_xio *x, const struct ib_send_wr *chain)
{
	const struct ib_send_wr *w;
	int err;

	for (w = chain; w && trace_cxio_post_send_enabled(); w = w->next)
		trace_cxio_post_send(x, w, sge_bytes(w->sg_list, w->num_sge));
	err = cxio_inject_post() ? -ENOMEM : ib_post_send(x->cm_id->qp, chain, NULL);
	if (err)
		trace_cxio_post_error(x, chain->wr_cqe, err);
	return err;
}

/**
 * cxio_post_recv() - post a chain of receive work requests
 * @x: a carrier with a queue pair
 * @wr: the first of them
 *
 * Context: may not sleep. Return: 0 or a negative errno.
 */
int cxio_post_recv(struct cxio_xio *x, const struct ib_recv_wr *wr)
{
	const struct ib_recv_wr *w;
	int err;

	for (w = wr; w && trace_cxio_post_recv_enabled(); w = w->next)
		trace_cxio_post_recv(x, w->wr_cqe, sge_bytes(w->sg_list, w->num_sge));
	err = cxio_inject_post() ? -ENOMEM : ib_post_recv(x->cm_id->qp, wr, NULL);
	if (err)
		trace_cxio_post_error(x, wr->wr_cqe, err);
	return err;
}
