// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A socket, and the bytes in both directions: read ahead, and written in batches.
 */
#include <errno.h>

#include "simple.h"

/**
 * simple_pipe_watch() - what is waited for?
 * @p: the pipe
 * @in: bytes, or the end of them
 * @out: room for bytes
 *
 * Return: 0 or a negative errno.
 */
int simple_pipe_watch(struct simple_pipe *p, bool in, bool out)
{
	p->reading = in;
	p->writing = out;
	return p->socket ? p->socket->ops->watch(p->socket, in, out) : 0;
}

/**
 * simple_pipe_close() - hang up
 * @p: the pipe; it may have no socket. Not from its own source's function
 */
void simple_pipe_close(struct simple_pipe *p)
{
	if (p->socket)
		p->socket->ops->close(p->socket);
	p->socket = NULL;
}

/**
 * simple_pipe_due() - is there something to do that no event will tell of?
 * @p: the pipe
 *
 * Return: true if so.
 */
bool simple_pipe_due(const struct simple_pipe *p)
{
	return p->socket && p->socket->ops->due(p->socket);
}

/* --- in --- */

/**
 * simple_pipe_have() - bytes that were read ahead
 * @p: the pipe
 *
 * Return: how many.
 */
u32 simple_pipe_have(const struct simple_pipe *p)
{
	return p->in_end - p->in_at;
}

/**
 * simple_pipe_take() - use some of them
 * @p: the pipe
 * @len: how many; it has them
 *
 * Return: the bytes, until the next simple_pipe_fill().
 */
const u8 *simple_pipe_take(struct simple_pipe *p, u32 len)
{
	const u8 *at = p->in + p->in_at;

	p->in_at += len;
	return at;
}

static void to_the_front(struct simple_pipe *p)
{
	u32 have = simple_pipe_have(p);

	if (p->in_at)
		memmove(p->in, p->in + p->in_at, have);
	p->in_at = 0;
	p->in_end = have;
}

/**
 * simple_pipe_fill() - read what there is
 * @p: the pipe; with @iovs nothing is read ahead
 * @iov: where the next bytes belong; one entry behind them is free for use
 * @iovs: how many
 * @ahead: so many bytes of what comes behind them are read, too
 * @placed: set to the bytes that went there; any more were read ahead
 *
 * Return: how it went.
 */
enum simple_io simple_pipe_fill(struct simple_pipe *p, struct iovec *iov, u32 iovs, u32 ahead,
				u64 *placed)
{
	u64 wanted = 0;
	ssize_t n;
	u32 i;

	*placed = 0;
	if (p->drained)
		return SIMPLE_IO_WAIT;
	to_the_front(p);
	for (i = 0; i < iovs; i++)
		wanted += iov[i].iov_len;
	iov[iovs].iov_base = p->in + p->in_end;
	iov[iovs].iov_len = ahead < SIMPLE_IN - p->in_end ? ahead : SIMPLE_IN - p->in_end;
	n = p->socket->ops->read(p->socket, iov, iovs + !!ahead);
	if (!n)
		return SIMPLE_IO_END;
	if (n < 0) {
		errno = (int)-n;
		return errno == EAGAIN ? SIMPLE_IO_WAIT : SIMPLE_IO_BROKEN;
	}
	/* The next call would find nothing: one system call less. */
	p->drained = (u64)n < wanted + iov[iovs].iov_len;
	*placed = (u64)n < wanted ? (u64)n : wanted;
	p->in_end += (u32)((u64)n - *placed);
	return SIMPLE_IO_DONE;
}

/* --- out --- */

/**
 * simple_pipe_idle() - is all of the batch written?
 * @p: the pipe
 *
 * Return: true if so.
 */
bool simple_pipe_idle(const struct simple_pipe *p)
{
	return p->written == p->made;
}

/**
 * simple_pipe_room() - how much more can be made for the batch?
 * @p: the pipe
 *
 * Return: bytes; 0 if it can have no more pieces, or is long enough.
 */
u32 simple_pipe_room(const struct simple_pipe *p)
{
	/* What is made may stand between two pieces of others' memory. */
	if (p->iovs + 4 > SIMPLE_IOVS || p->made - p->written >= SIMPLE_BATCH)
		return 0;
	return SIMPLE_OUT - p->out_len;
}

static void append(struct simple_pipe *p, void *base, size_t len)
{
	struct iovec *last = p->iovs ? &p->iov[p->iovs - 1] : NULL;

	p->made += len;
	if (last && (char *)last->iov_base + last->iov_len == (char *)base) {
		last->iov_len += len;
		return;
	}
	p->iov[p->iovs++] = (struct iovec){ .iov_base = base, .iov_len = len };
}

/**
 * simple_pipe_make() - append bytes that are made for the batch
 * @p: the pipe
 * @len: how many; there is room
 *
 * Return: where they are to be written, before anything else is done with the pipe.
 */
u8 *simple_pipe_make(struct simple_pipe *p, u32 len)
{
	u8 *at = p->out + p->out_len;

	p->out_len += len;
	append(p, at, len);
	return at;
}

/**
 * simple_pipe_add() - append bytes of somebody's, who keeps them until they are written
 * @p: the pipe; has room for a piece
 * @base: first byte
 * @len: how many, not 0
 */
void simple_pipe_add(struct simple_pipe *p, const void *base, u32 len)
{
	if (len <= SIMPLE_SHORT && len <= SIMPLE_OUT - p->out_len)
		memcpy(simple_pipe_make(p, len), base, len);
	else
		append(p, (void *)(uintptr_t)base, len);
}

static void step_on(struct simple_pipe *p, size_t n)
{
	p->written += n;
	while (n) {
		struct iovec *v = &p->iov[p->iov_at];

		if (n < v->iov_len) {
			v->iov_base = (char *)v->iov_base + n;
			v->iov_len -= n;
			return;
		}
		n -= v->iov_len;
		p->iov_at++;
	}
}

/**
 * simple_pipe_write() - write the batch
 * @p: the pipe
 *
 * Return: how it went; SIMPLE_IO_DONE: all of it, and there is room for another.
 */
enum simple_io simple_pipe_write(struct simple_pipe *p)
{
	while (!simple_pipe_idle(p)) {
		ssize_t n = p->socket->ops->write(p->socket, p->iov + p->iov_at,
						  p->iovs - p->iov_at);

		if (n < 0) {
			errno = (int)-n;
			return errno == EAGAIN ? SIMPLE_IO_WAIT : SIMPLE_IO_BROKEN;
		}
		step_on(p, (size_t)n);
	}
	p->iovs = 0;
	p->iov_at = 0;
	p->out_len = 0;
	return SIMPLE_IO_DONE;
}

/**
 * simple_pipe_acked() - how much has the peer's end?
 * @p: the pipe, with a socket
 *
 * Return: bytes, of those put into batches.
 */
u64 simple_pipe_acked(const struct simple_pipe *p)
{
	return p->written - p->socket->ops->unacked(p->socket);
}
