// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How a case is played: a good frame broken, and what the other side must say to it.
 */
#include <errno.h>
#include <stdio.h>

#include "raw_cases.h"

/**
 * case_fault() - what the other side must say of a case
 * @c: the case
 * @iwarp: on iWARP
 *
 * Return: enum cxio_fault.
 */
u16 case_fault(const struct raw_case *c, bool iwarp)
{
	return iwarp && c->fault_iwarp ? c->fault_iwarp : c->fault;
}

/**
 * case_victim() - words of the other program's error
 * @c: the case, as server
 * @iwarp: on iWARP
 *
 * Return: words.
 */
const char *case_victim(const struct raw_case *c, bool iwarp)
{
	return c->victim ? c->victim : cxio_fault_text(case_fault(c, iwarp));
}

/* --- breaking --- */

static void apply(const struct patch *p, u8 *buf)
{
	u64 value = p->value, old = 0;
	u32 i;

	for (i = p->size; i-- > 0;)
		old = old << 8 | buf[p->at + i];
	if (p->add)
		value += old;
	for (i = 0; i < p->size; i++)
		buf[p->at + i] = (u8)(value >> 8 * i);
}

/* Patch and resize. Return: bytes left. */
static u32 spoil(const struct raw_case *c, u8 *buf, u32 len)
{
	u32 i;

	for (i = 0; i < MAX_PATCHES; i++)
		apply(&c->patch[i], buf);
	if (c->empty)
		return 0;
	if (c->resize)
		return c->resize;
	if (c->cut < 0)
		memset(buf + len, 0, (size_t)-c->cut);
	return (u32)((int)len - c->cut);
}

static void bad_frame(const struct raw_case *c, struct peer *p, const struct target *t,
		      struct frame *f)
{
	struct cxio_greeting g;

	switch (c->base) {
	case BASE_KEEPALIVE:
		frame_control(p, f, CXIO_FRAME_KEEPALIVE);
		break;
	case BASE_CLOSE:
		frame_control(p, f, CXIO_FRAME_CLOSE);
		break;
	case BASE_MESSAGE:
		frame_message(p, f, c->begin ? 2 : 1);
		break;
	case BASE_BEGIN:
		frame_begin(p, f, 1);
		break;
	case BASE_MORE:
		frame_more(p, f);
		break;
	case BASE_CONNECT:
		peer_greeting(p, case_where(t), &g);
		frame_greeting(p, f, CXIO_FRAME_CONNECT, &g);
		break;
	case BASE_REPLY:
		peer_reply(p, f);
		break;
	case BASE_AUTHORIZER:
		frame_authorizer(p, f);
		break;
	case BASE_DONE:
		frame_done(p, f, 1, 0);
		break;
	case BASE_REVOKED:
		frame_revoked(p, f, 1);
		break;
	case BASE_RENDEZVOUS:
		frame_rendezvous(p, f, 1);
		break;
	default:
		frame_control(p, f, CXIO_FRAME_GRANT);
	}
	f->len = spoil(c, f->buf, f->len);
	if (c->fix & FIX_DESCS)
		frame_fix_descs(f);
	if (c->fix & ~FIX_DESCS)
		frame_fix(f, c->fix & FIX_MSG, c->fix & FIX_LEN);
}

/* --- judging --- */

/**
 * case_refused() - demand a refusal with a fault's number
 * @p: a peer that was not let in
 * @fault: the fault
 *
 * Return: true if it is so.
 */
bool case_refused(struct peer *p, u16 fault)
{
	struct cxio_refusal refusal;

	if (p->raw.established)
		return peer_fail(p, "not refused");
	if (!p->raw.refused)
		return peer_fail(p, "neither accepted nor refused");
	if (!cxio_refusal_decode(p->raw.data, p->raw.data_len, &refusal))
		return peer_fail(p, "refused without a reason in the private data");
	if (refusal.reason != fault)
		return peer_fail(p, "refused with %u (%s) instead of %u", refusal.reason,
				 cxio_fault_text(refusal.reason), fault);
	return true;
}

/**
 * case_closed() - demand the end, told by a CLOSE with a fault's number
 * @p: a peer that broke a rule
 * @fault: the fault
 * @silent: the other side has no credit to say so: the end suffices
 *
 * Return: true if it is so.
 */
bool case_closed(struct peer *p, u16 fault, bool silent)
{
	switch (peer_hear(p, CXIO_FRAME_CLOSE)) {
	case HEARD_CLOSE:
		if (peer_reason(p) != fault)
			return peer_fail(p, "closed with %u (%s) instead of %u", peer_reason(p),
					 cxio_fault_text(peer_reason(p)), fault);
		return peer_end(p);
	case HEARD_END:
		return silent || peer_fail(p, "ended without a CLOSE");
	case HEARD_NONSENSE:
		return false;
	default:
		return peer_fail(p, "neither a CLOSE nor an end");
	}
}

/**
 * case_ended() - demand the end, told or not: the device may have been first
 * @p: a peer that broke a rule
 *
 * Return: true if it is so.
 */
bool case_ended(struct peer *p)
{
	u64 deadline = raw_now_ms() + p->limit_ms;
	enum heard heard;

	/* Keepalives would go on for ever. */
	while ((heard = peer_hear(p, 0)) == HEARD_FRAME && raw_now_ms() < deadline)
		;
	if (heard == HEARD_NONSENSE)
		return false;
	if (heard == HEARD_CLOSE)
		return peer_reason(p) ? peer_end(p) : peer_fail(p, "closed in order");
	return heard == HEARD_END || peer_fail(p, "neither a CLOSE nor an end");
}

/**
 * case_beside() - demand that a good peer is served beside this one
 * @p: a peer that is still connected
 * @t: where
 * @what: what this one is
 *
 * Return: true if it is so.
 */
bool case_beside(struct peer *p, const struct target *t, const char *what)
{
	char error[200];

	return case_good(t, error, sizeof(error)) ||
	       peer_fail(p, "beside %s: %s", what, error);
}

/**
 * case_where() - the address as sockets know it
 * @t: where
 *
 * Return: the address.
 */
const struct sockaddr *case_where(const struct target *t)
{
	return (const struct sockaddr *)&t->addr;
}

/* --- playing --- */

static void write_down(void *file, const struct frame *f)
{
	recording_add(file, f);
}

static void begin(struct peer *p, const struct target *t)
{
	peer_init(p, t->limit_ms);
	if (!t->record)
		return;
	p->hear = write_down;
	p->hear_arg = t->record;
}

/* What is begun before the bad frame. */
static bool send_begun(const struct raw_case *c, struct peer *p, const struct target *t)
{
	struct cxio_greeting g;
	struct frame f;

	if (!c->begin)
		return true;
	if (c->early) {
		peer_greeting(p, case_where(t), &g);
		frame_greeting_cut(p, &f, &g);
	} else {
		frame_begin(p, &f, 1);
	}
	return peer_send(p, &f);
}

static bool send_bad(const struct raw_case *c, struct peer *p, const struct target *t)
{
	struct frame f;

	if (c->base == BASE_RENDEZVOUS && !raw_show(&p->raw, RAW_LONG, IBV_ACCESS_REMOTE_READ))
		return peer_fail(p, "no memory to show");
	if (!send_begun(c, p, t))
		return false;
	bad_frame(c, p, t, &f);
	return peer_send(p, &f) && case_closed(p, c->fault, c->silent);
}

static bool bad_hello(const struct raw_case *c, struct peer *p, const struct target *t)
{
	u8 data[256];
	u32 len = spoil(c, data, peer_hello(p, false, data));

	raw_connect(&p->raw, case_where(t), data, len, t->limit_ms);
	return case_refused(p, case_fault(c, p->raw.iwarp));
}

static bool play_client(const struct raw_case *c, struct peer *p, const struct target *t)
{
	if (c->base == BASE_HELLO)
		return bad_hello(c, p, t);
	p->offer.supported |= c->needs;
	if (c->run)
		return c->run(p, t);
	return (c->early ? peer_connect : peer_open)(p, case_where(t)) && send_bad(c, p, t);
}

/* Tell what went wrong, end what is left. */
static bool finish(struct peer *p, bool ok, char *error, size_t size)
{
	if (!ok)
		snprintf(error, size, "%s", p->error[0] ? p->error : "failed");
	peer_drop(p);
	return ok;
}

/**
 * case_good() - a connection that keeps all rules, with an echo
 * @t: where
 * @error: filled on failure
 * @size: bytes of it
 *
 * Return: false if it is not served as it should be.
 */
bool case_good(const struct target *t, char *error, size_t size)
{
	struct peer p;

	begin(&p, t);
	if (t->secret_len)
		return finish(&p, auth_good(&p, t), error, size);
	if (t->authorizers)
		return finish(&p, authorizer_good(&p, t), error, size);
	return finish(&p, peer_connect(&p, case_where(t)) &&
			  peer_echo(&p, 1) && peer_close(&p), error, size);
}

/**
 * case_as_client() - play a case, then see whether a good peer is served
 * @c: the case
 * @t: where
 * @error: filled on failure
 * @size: bytes of it
 *
 * Return: false on failure.
 */
bool case_as_client(const struct raw_case *c, const struct target *t, char *error, size_t size)
{
	char later[200];
	struct peer p;

	begin(&p, t);
	if (!finish(&p, play_client(c, &p, t), error, size))
		return false;
	if (case_good(t, later, sizeof(later)))
		return true;
	snprintf(error, size, "a good peer, afterwards: %s", later);
	return false;
}

static bool refuse(const struct raw_case *c, struct peer *p)
{
	u8 data[64];
	u32 len = cxio_refusal_encode(0, (void *)data);

	raw_reject(&p->raw, data, spoil(c, data, len));
	return !p->raw.error[0] || peer_fail(p, "cannot refuse");
}

static bool accept_peer(const struct raw_case *c, struct peer *p, const struct target *t)
{
	u8 data[256];
	u32 len = peer_hello(p, true, data);

	if (c->base == BASE_HELLO) {
		/* The client may be gone before we hear that it was there. */
		raw_accept(&p->raw, data, spoil(c, data, len), t->limit_ms);
		return peer_end(p);
	}
	p->server = true;
	p->offer.supported |= c->needs;
	if (!peer_agree(p))
		return false;
	len = peer_hello(p, true, data);
	if (!raw_accept(&p->raw, data, len, t->limit_ms))
		return peer_fail(p, "accepting failed");
	if (p->agreed.features & CXIO_FEATURE_SESSION && !c->early && !peer_welcome(p))
		return false;
	if (c->run)
		return c->run(p, t);
	/* The client speaks first. */
	if (peer_hear(p, 0) != HEARD_FRAME)
		return peer_fail(p, "the client says nothing");
	return send_bad(c, p, t);
}

/**
 * case_offered() - what a server can do
 * @t: where
 * @features: set
 * @error: filled on failure
 * @size: bytes of it
 *
 * Return: false if it does not let a good peer in.
 */
bool case_offered(const struct target *t, u64 *features, char *error, size_t size)
{
	struct peer p;
	bool ok;

	peer_init(&p, t->limit_ms);
	p.offer.supported |= RAW_FEATURES;
	ok = peer_connect(&p, case_where(t));
	*features = p.agreed.features;
	return finish(&p, ok, error, size);
}

/**
 * case_asked() - what clients can do: one is asked, and sent away
 * @listener: where
 * @t: limits
 * @features: set
 * @error: filled on failure
 * @size: bytes of it
 *
 * Return: false if none comes, or its hello is no good.
 */
bool case_asked(struct raw *listener, const struct target *t, u64 *features, char *error,
		size_t size)
{
	u8 data[64];
	struct peer p;
	bool ok;

	peer_init(&p, t->limit_ms);
	p.offer.supported |= RAW_FEATURES;
	ok = raw_next_request(listener, &p.raw, 4 * t->limit_ms) ? peer_agree(&p) :
								    peer_fail(&p, "no client");
	*features = p.agreed.features;
	if (p.raw.id)
		raw_reject(&p.raw, data, cxio_refusal_encode(CXIO_FAULT_TOO_MANY, (void *)data));
	return finish(&p, ok, error, size);
}

/**
 * case_as_server() - play a case toward the next client
 * @c: the case
 * @listener: where
 * @t: limits
 * @error: filled on failure
 * @size: bytes of it
 *
 * Return: false on failure.
 */
bool case_as_server(const struct raw_case *c, struct raw *listener, const struct target *t,
		    char *error, size_t size)
{
	struct peer p;
	bool ok;

	begin(&p, t);
	if (!raw_next_request(listener, &p.raw, 4 * t->limit_ms))
		ok = peer_fail(&p, "%s", listener->error);
	else
		ok = c->base == BASE_REFUSAL ? refuse(c, &p) : accept_peer(c, &p, t);
	return finish(&p, ok, error, size);
}
