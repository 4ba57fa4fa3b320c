// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Frame credits and message window: who may send, what to grant, what to refuse.
 *
 * All counters are cumulative and wrap; only differences are compared, and every
 * difference is at most a limit that the handshake bounded (I1).
 *
 * Why two sides never both wait: a side with one credit left knows that the peer
 * has yet to return limit - 1 buffers. The peer returns each as soon as it is
 * parsed and posted again, and owes a grant from a quarter of the limit on, for
 * which its own last credit suffices. Why grants do not feed each other: a grant
 * frame uses one credit, and a quarter of the limit (2 at least) must be owed
 * before a grant is sent for frames alone.
 */
#include "credit.h"

/**
 * cxio_send_window_init() - begin with the whole window open
 * @w: the window
 * @limit: what the peer offered
 */
void cxio_send_window_init(struct cxio_send_window *w, u32 limit)
{
	w->granted = limit;
	w->used = 0;
	w->limit = limit;
}

/**
 * cxio_send_window_left() - what we may still use
 * @w: the window
 *
 * Return: 0 to @w->limit.
 */
u32 cxio_send_window_left(const struct cxio_send_window *w)
{
	return w->granted - w->used;
}

/**
 * cxio_send_window_use() - use some of the window
 * @w: the window
 * @n: how much
 *
 * Return: false, and nothing used, if less is left.
 */
bool cxio_send_window_use(struct cxio_send_window *w, u32 n)
{
	if (n > cxio_send_window_left(w))
		return false;
	w->used += n;
	return true;
}

/**
 * cxio_send_window_update() - take a grant from the wire
 * @w: the window
 * @granted: cumulative count from a frame header
 *
 * The peer cannot have returned more than we used, so what is left after the
 * grant is never above the limit; and counters do not run backwards.
 *
 * Return: false, and nothing changed, for a grant that breaks this.
 */
bool cxio_send_window_update(struct cxio_send_window *w, u32 granted)
{
	u32 more = granted - w->granted;

	if (more > w->limit - cxio_send_window_left(w))
		return false;
	w->granted = granted;
	return true;
}

/**
 * cxio_recv_window_init() - begin with the whole window told
 * @w: the window
 * @limit: what we offered
 */
void cxio_recv_window_init(struct cxio_recv_window *w, u32 limit)
{
	w->told = limit;
	w->used = 0;
	w->returned = 0;
	w->limit = limit;
}

/**
 * cxio_recv_window_take() - the peer used some of the window
 * @w: the window
 * @n: how much
 *
 * Return: false, and nothing taken, if the peer had less than that.
 */
bool cxio_recv_window_take(struct cxio_recv_window *w, u32 n)
{
	if (n > w->told - w->used)
		return false;
	w->used += n;
	return true;
}

/**
 * cxio_recv_window_return() - what the peer had used is free again
 * @w: the window
 * @n: how much; never more than was taken and not returned yet
 */
void cxio_recv_window_return(struct cxio_recv_window *w, u32 n)
{
	w->returned += n;
}

/**
 * cxio_recv_window_owed() - what has been returned and not been told
 * @w: the window
 *
 * Return: 0 to @w->limit.
 */
u32 cxio_recv_window_owed(const struct cxio_recv_window *w)
{
	return w->limit + w->returned - w->told;
}

/**
 * cxio_recv_window_tell() - the value for the next frame header
 * @w: the window; nothing is owed afterwards
 *
 * Return: the cumulative grant.
 */
u32 cxio_recv_window_tell(struct cxio_recv_window *w)
{
	w->told = w->limit + w->returned;
	return w->told;
}

/*
 * Owed from here on, a window is worth a frame of its own. What is below goes with
 * the delayed ack: a peer with a message as large as its whole window waits for the
 * last byte of it. Frame credits need no such thing: nobody waits for the last.
 */
static u32 grant_threshold(const struct cxio_recv_window *w)
{
	u32 quarter = w->limit / 4;

	return quarter < 2 ? 2 : quarter;
}

/**
 * cxio_credit_frames_due() - is a grant of frames worth a frame of its own by now?
 * @c: the windows
 *
 * Return: true if a quarter of the frames is owed.
 */
bool cxio_credit_frames_due(const struct cxio_credit *c)
{
	return cxio_recv_window_owed(&c->rx_frames) >= grant_threshold(&c->rx_frames);
}

/**
 * cxio_credit_may_send() - may a frame go now?
 * @c: the windows
 *
 * Return: the verdict. The reserved last credit is kept here and nowhere else.
 */
enum cxio_credit_verdict cxio_credit_may_send(const struct cxio_credit *c)
{
	u32 left = cxio_send_window_left(&c->tx_frames);

	if (left > 1)
		return CXIO_CREDIT_GO;
	if (left == 1 && cxio_credit_frames_due(c))
		return CXIO_CREDIT_GRANT_ONLY;
	return CXIO_CREDIT_STOP;
}

/**
 * cxio_credit_may_begin() - does the message window have room for a message?
 * @c: the windows
 * @payload: bytes of its front, middle and data
 *
 * Return: true if its first frame may be sent, frame credits apart.
 */
bool cxio_credit_may_begin(const struct cxio_credit *c, u64 payload)
{
	return cxio_send_window_left(&c->tx_msgs) > 0 &&
	       payload <= cxio_send_window_left(&c->tx_bytes);
}

/**
 * cxio_credit_begin() - use the message window for a message
 * @c: the windows
 * @payload: bytes; cxio_credit_may_begin() allowed them
 *
 * Return: false, and nothing used, if it has no room.
 */
bool cxio_credit_begin(struct cxio_credit *c, u32 payload)
{
	if (!cxio_credit_may_begin(c, payload))
		return false;
	return cxio_send_window_use(&c->tx_msgs, 1) &&
	       cxio_send_window_use(&c->tx_bytes, payload);
}

/**
 * cxio_credit_grant_due() - is a grant worth a frame of its own by now?
 * @c: the windows
 *
 * Return: true if a quarter of any window is owed.
 */
bool cxio_credit_grant_due(const struct cxio_credit *c)
{
	return cxio_credit_frames_due(c) ||
	       cxio_recv_window_owed(&c->rx_msgs) >= grant_threshold(&c->rx_msgs) ||
	       cxio_recv_window_owed(&c->rx_bytes) >= grant_threshold(&c->rx_bytes);
}

/**
 * cxio_credit_fill() - put all grants into a frame header that is about to go
 * @c: the windows
 * @f: the header
 */
void cxio_credit_fill(struct cxio_credit *c, struct cxio_frame *f)
{
	f->grant_frames = cxio_recv_window_tell(&c->rx_frames);
	f->grant_msgs = cxio_recv_window_tell(&c->rx_msgs);
	f->grant_bytes = cxio_recv_window_tell(&c->rx_bytes);
}

/**
 * cxio_credit_received() - account for a frame that came in, and take its grants
 * @c: the windows
 * @f: its header, decoded
 *
 * Return: a fault if the peer had no credit for it, used its last one for more
 * than a grant, or grants what it cannot have.
 */
enum cxio_fault cxio_credit_received(struct cxio_credit *c, const struct cxio_frame *f)
{
	if (!cxio_recv_window_take(&c->rx_frames, 1))
		return CXIO_FAULT_FRAME_CREDIT;
	if (c->rx_frames.used == c->rx_frames.told && f->type != CXIO_FRAME_GRANT)
		return CXIO_FAULT_FRAME_LAST_CREDIT;
	if (!cxio_send_window_update(&c->tx_frames, f->grant_frames))
		return CXIO_FAULT_GRANT_FRAMES;
	if (!cxio_send_window_update(&c->tx_msgs, f->grant_msgs))
		return CXIO_FAULT_GRANT_MSGS;
	if (!cxio_send_window_update(&c->tx_bytes, f->grant_bytes))
		return CXIO_FAULT_GRANT_BYTES;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_credit_begun() - the peer began a message
 * @c: the windows
 * @payload: bytes of its front, middle and data
 *
 * Return: a fault if the peer had no room for it in its window.
 */
enum cxio_fault cxio_credit_begun(struct cxio_credit *c, u64 payload)
{
	if (payload > c->rx_bytes.limit)
		return CXIO_FAULT_MSG_WINDOW_BYTES;
	if (!cxio_recv_window_take(&c->rx_msgs, 1))
		return CXIO_FAULT_MSG_WINDOW_MSGS;
	if (!cxio_recv_window_take(&c->rx_bytes, (u32)payload))
		return CXIO_FAULT_MSG_WINDOW_BYTES;
	return CXIO_FAULT_NONE;
}
