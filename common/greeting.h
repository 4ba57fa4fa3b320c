/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The bodies of CONNECT and REPLY frames: Ceph's connect or reply, unchanged, and
 * what its byte streams say elsewhere: cookies, what was received, who speaks to whom.
 */
#ifndef CXIO_GREETING_H
#define CXIO_GREETING_H

#include "addr.h"
#include "handshake.h"

/* Of our frames, whoever the peers are; on byte streams Ceph has one for each kind. */
#define CXIO_PROTOCOL_VERSION	1u

/**
 * struct cxio_greeting - a connect or a reply
 * @connect: with CXIO_FRAME_CONNECT
 * @reply: with CXIO_FRAME_REPLY
 * @cookies: the sender's and the receiver's
 * @in_seq: last message the sender has received
 * @own: the sender's address, by which its session is found
 * @target: whom it means
 */
struct cxio_greeting {
	union {
		struct cxio_connect connect;
		struct cxio_connect_reply reply;
	};
	struct cxio_cookies cookies;
	u64 in_seq;
	struct cxio_addr own;
	struct cxio_addr target;
};

u32 cxio_greeting_encode(const struct cxio_greeting *g, u8 type, void *buf);
enum cxio_fault cxio_greeting_decode(const void *buf, u32 len, u8 type, struct cxio_greeting *g);
enum cxio_fault cxio_greeting_check_target(const struct cxio_greeting *g,
					   const struct cxio_addr *own);
u32 cxio_greeting_authorizer_len(const struct cxio_greeting *g, u8 type);
u32 cxio_greeting_size(u8 type);

#endif /* CXIO_GREETING_H */
