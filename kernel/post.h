/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one place where work requests are posted: seen by tracepoints, and made to fail
 * by fault injection.
 */
#ifndef CXIO_POST_H
#define CXIO_POST_H

#include <rdma/ib_verbs.h>

struct cxio_xio;

int cxio_post_send(struct cxio_xio *x, const struct ib_send_wr *chain);
int cxio_post_recv(struct cxio_xio *x, const struct ib_recv_wr *wr);

#endif /* CXIO_POST_H */
