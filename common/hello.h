/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What two peers agree on before the first frame: the private data of the CM
 * request and reply, and of a reject.
 */
#ifndef CXIO_HELLO_H
#define CXIO_HELLO_H

#include "wire.h"

/**
 * struct cxio_limits - what this side offers
 * @recv_size: bytes of each receive buffer, CXIO_RECV_SIZE_MIN to _MAX
 * @send_size: bytes of each send buffer, likewise; no frame we send is longer
 * @recv_depth: receive buffers posted, CXIO_RECV_DEPTH_MIN to _MAX
 * @read_depth: RDMA READs answered at once, at least 1
 * @window_msgs: messages taken before more is granted
 * @window_bytes: payload bytes likewise; also the largest message taken
 * @supported: feature bits
 * @required: feature bits, all of them supported
 */
struct cxio_limits {
	u32 recv_size;
	u32 send_size;
	u16 recv_depth;
	u8 read_depth;
	u32 window_msgs;
	u32 window_bytes;
	u64 supported;
	u64 required;
};

/* Defaults of both worlds: 128 KiB of receive and 64 KiB of send buffers. */
#define CXIO_DEFAULT_FRAME_SIZE		4096u
#define CXIO_DEFAULT_RECV_DEPTH		32u
#define CXIO_DEFAULT_SEND_DEPTH		16u
#define CXIO_DEFAULT_READ_DEPTH		4u
#define CXIO_DEFAULT_WINDOW_MSGS	64u
#define CXIO_DEFAULT_WINDOW_BYTES	(8u << 20)

/* A messenger keeps at most this many connections that peers began. */
#define CXIO_MAX_ACCEPTED		1024u

/* Footers may leave out the data CRC if both sides have this bit. */
#define CXIO_FEATURE_NO_DATA_CRC	(1ull << 0)
/* Connect and reply come before the first message: the session may outlive this. */
#define CXIO_FEATURE_SESSION		(1ull << 1)
/* Messages may name memory that the receiver READs. */
#define CXIO_FEATURE_RENDEZVOUS		(1ull << 2)
/* Requests may offer memory that the reply is written to. */
#define CXIO_FEATURE_REPLY_SINK		(1ull << 3)
/* Every message is signed. */
#define CXIO_FEATURE_SIGN		(1ull << 4)

/**
 * struct cxio_agreed - what both sides agreed on
 * @version: wire version
 * @features: bits both support
 * @frame_max: bytes of the longest frame we send
 * @peer_recv_depth: frame credits we begin with
 * @peer_read_depth: READs we may have under way
 * @peer_window_msgs: messages we may begin with
 * @peer_window_bytes: payload bytes we may begin with
 */
struct cxio_agreed {
	u8 version;
	u64 features;
	u32 frame_max;
	u16 peer_recv_depth;
	u8 peer_read_depth;
	u32 peer_window_msgs;
	u32 peer_window_bytes;
};

/**
 * struct cxio_refusal - what a refusing peer said
 * @reason: enum cxio_fault, or a number we do not know
 * @version_min: what it speaks
 * @version_max: what it speaks
 * @layout: number of the layout it knows
 */
struct cxio_refusal {
	u16 reason;
	u8 version_min;
	u8 version_max;
	u32 layout;
};

/*
 * On iWARP sends of so many bytes are all signalled. Soft-iWARP gives an unsignalled
 * send of a page or more (this is the smallest page there is) to TCP by reference, if
 * the kernel can, and TCP may read it again long after a later send has completed. A
 * signalled one it copies.
 */
#define CXIO_SIGNAL_IWARP	4096u

void cxio_limits_default(struct cxio_limits *l);
bool cxio_limits_exceeded(const struct cxio_limits *l, u32 msgs, u64 bytes);
u32 cxio_hello_encode(const struct cxio_limits *ours, const struct cxio_agreed *agreed,
		      struct cxio_wire_hello *hello);
enum cxio_fault cxio_hello_decode(const struct cxio_limits *ours, const void *area, u32 len,
				  struct cxio_agreed *agreed);
u32 cxio_refusal_encode(u16 reason, struct cxio_wire_refusal *refusal);
bool cxio_refusal_decode(const void *area, u32 len, struct cxio_refusal *refusal);

#endif /* CXIO_HELLO_H */
