// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a portal's carriers of byte streams are doing, in words: what each may be waiting for.
 */
#include <inttypes.h>

#include "../address.h"
#include "../describe.h"
#include "simple.h"

static const char *state_text(enum cxio_stream_state state)
{
	static const char *const names[] = {
		[CXIO_STREAM_CONNECTING] = "connecting", [CXIO_STREAM_GREETING] = "greeting",
		[CXIO_STREAM_OPEN] = "open", [CXIO_STREAM_CLOSING] = "closing",
		[CXIO_STREAM_ENDED] = "ended",
	};

	return names[state];
}

static void describe_carrier(const struct cxio_simple *x, u64 now, FILE *to)
{
	const struct simple_pipe *pipe = &x->pipe;
	const struct cxio_stream *s = &x->stream;
	char peer[64];

	cxio_address_text((const struct sockaddr *)(x->connection ? &x->connection->target :
						    &x->from), peer, sizeof(peer));
	fprintf(to, "carrier of %s: %s, %s%s%s%s", peer, s->active ? "active" : "passive",
		state_text(s->state), x->connection ? "" : ", carries nothing",
		x->to ? ", on its way to another portal" : "",
		s->paused ? ", waits for messages to be given back" : "");
	if (s->ending)
		fprintf(to, ", ends: %s", cxio_fault_text(s->fault));
	cxio_describe_due(to, "timer", x->timer.due, now);
	fprintf(to, "; watched for%s%s; to be written %" PRIu64 " bytes%s%s; read ahead %" PRIu32
		" bytes, %s", pipe->reading ? " reading" : "",
		pipe->writing ? " writing" : "", pipe->made - pipe->written,
		s->unwritten ? ", waits for room" : "",
		x->tx.xmsg ? ", in the middle of a message out" : "", simple_pipe_have(pipe),
		pipe->drained ? "no more was there" : "there may be more");
	if (x->in)
		fprintf(to, "; in the middle of a message in, at %" PRIu64, s->pos);
	fputc('\n', to);
}

/**
 * simple_describe() - a line for each carrier
 * @p: the portal that they live in, where this runs
 * @to: where it is written
 */
void simple_describe(struct cxio_portal *p, FILE *to)
{
	const struct simple_portal *here = p->transport;
	u64 now = cxio_now();
	const struct cxio_link *l;

	for (l = here->carriers.next; l != &here->carriers; l = l->next)
		describe_carrier(cxio_entry(l, struct cxio_simple, link), now, to);
}
