/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a side owes the peers of a kind: Ceph's policies.
 */
#ifndef CXIO_POLICY_H
#define CXIO_POLICY_H

#include "deps.h"

/**
 * enum cxio_policy_kind - Ceph's names for them
 * @CXIO_LOSSY_CLIENT: connects; a loss ends the session
 * @CXIO_LOSSLESS_CLIENT: connects, reconnects and replays
 * @CXIO_STATELESS_SERVER: is connected to; a loss ends the session
 * @CXIO_STATEFUL_SERVER: is connected to; keeps the session for the client's return
 * @CXIO_LOSSLESS_PEER: either side connects, reconnects and replays
 * @CXIO_LOSSLESS_PEER_REUSE: likewise, and a peer may come back without its state
 * @CXIO_POLICY_KINDS: how many there are
 */
enum cxio_policy_kind {
	CXIO_LOSSY_CLIENT,
	CXIO_LOSSLESS_CLIENT,
	CXIO_STATELESS_SERVER,
	CXIO_STATEFUL_SERVER,
	CXIO_LOSSLESS_PEER,
	CXIO_LOSSLESS_PEER_REUSE,
	CXIO_POLICY_KINDS
};

/**
 * struct cxio_policy - what is done when
 * @lossy: a lost connection ends the session: nothing is replayed
 * @server: never connects
 * @standby: without anything to send, a lost connection is not made anew
 * @resetcheck: without cookies: forget what is queued for a peer whose count is not ours
 */
struct cxio_policy {
	bool lossy;
	bool server;
	bool standby;
	bool resetcheck;
};

struct cxio_policy cxio_policy(enum cxio_policy_kind kind);
const char *cxio_policy_text(u32 kind);

#endif /* CXIO_POLICY_H */
