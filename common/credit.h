/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The two windows of a connection (architecture: frame credits and message
 * window), as three pairs of cumulative counters: frames, messages, bytes.
 *
 * Frame credits count posted receive buffers. A buffer's credit is returned as
 * soon as the buffer is posted again and depends on nobody else. The last credit
 * carries only a grant, so that two sides out of credits can still tell each
 * other of new ones. The message window counts messages and their payload; only
 * the first frame of a message needs it, and the application moves it.
 */
#ifndef CXIO_CREDIT_H
#define CXIO_CREDIT_H

#include "wire.h"

/**
 * struct cxio_send_window - what the peer lets us send
 * @granted: cumulative, as last told by the peer
 * @used: cumulative; @granted - @used is what is left, 0 to @limit
 * @limit: the most the peer ever lets us have at once
 */
struct cxio_send_window {
	u32 granted;
	u32 used;
	u32 limit;
};

/**
 * struct cxio_recv_window - what we let the peer send
 * @told: cumulative, as last put into a frame header
 * @used: cumulative, what the peer has sent; @told - @used is what it has left
 * @returned: cumulative, what has been freed again
 * @limit: the most we let it have at once
 */
struct cxio_recv_window {
	u32 told;
	u32 used;
	u32 returned;
	u32 limit;
};

void cxio_send_window_init(struct cxio_send_window *w, u32 limit);
u32 cxio_send_window_left(const struct cxio_send_window *w);
bool cxio_send_window_use(struct cxio_send_window *w, u32 n);
bool cxio_send_window_update(struct cxio_send_window *w, u32 granted);

void cxio_recv_window_init(struct cxio_recv_window *w, u32 limit);
bool cxio_recv_window_take(struct cxio_recv_window *w, u32 n);
void cxio_recv_window_return(struct cxio_recv_window *w, u32 n);
u32 cxio_recv_window_owed(const struct cxio_recv_window *w);
u32 cxio_recv_window_tell(struct cxio_recv_window *w);

/**
 * struct cxio_credit - both windows of a connection, both ways
 * @tx_frames: frames we may send
 * @tx_msgs: messages we may begin
 * @tx_bytes: payload bytes of messages we may begin
 * @rx_frames: receive buffers we have posted
 * @rx_msgs: messages we take
 * @rx_bytes: payload bytes we take
 */
struct cxio_credit {
	struct cxio_send_window tx_frames;
	struct cxio_send_window tx_msgs;
	struct cxio_send_window tx_bytes;
	struct cxio_recv_window rx_frames;
	struct cxio_recv_window rx_msgs;
	struct cxio_recv_window rx_bytes;
};

/**
 * enum cxio_credit_verdict - may a frame go?
 * @CXIO_CREDIT_GO: any frame may
 * @CXIO_CREDIT_GRANT_ONLY: the last credit: a grant may, and should
 * @CXIO_CREDIT_STOP: none may; the peer will grant
 */
enum cxio_credit_verdict {
	CXIO_CREDIT_GO,
	CXIO_CREDIT_GRANT_ONLY,
	CXIO_CREDIT_STOP,
};

enum cxio_credit_verdict cxio_credit_may_send(const struct cxio_credit *c);
bool cxio_credit_may_begin(const struct cxio_credit *c, u64 payload);
bool cxio_credit_begin(struct cxio_credit *c, u32 payload);
bool cxio_credit_frames_due(const struct cxio_credit *c);
bool cxio_credit_grant_due(const struct cxio_credit *c);
void cxio_credit_fill(struct cxio_credit *c, struct cxio_frame *f);
enum cxio_fault cxio_credit_received(struct cxio_credit *c, const struct cxio_frame *f);
enum cxio_fault cxio_credit_begun(struct cxio_credit *c, u64 payload);

#endif /* CXIO_CREDIT_H */
