// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Tickets: taking them in, and when they are due again.
 */
#include "../crypto.h"
#include "cephx.h"
#include "cephxio.h"

#define SECOND	1000000000ull

/* What is in a ticket for us: a key and two numbers. */
#define OURS_MAX	128u

/**
 * cephx_kind_of() - whom a ticket is for
 * @service: Ceph's number, also one read from the wire
 *
 * Return: the kind; CEPHX_KINDS: none that we know.
 */
enum cephx_kind cephx_kind_of(u32 service)
{
	switch (service) {
	case CEPHX_SERVICE_AUTH:
		return CEPHX_AUTH;
	case CXIO_PEER_MON:
		return CEPHX_MON;
	case CXIO_PEER_MDS:
		return CEPHX_MDS;
	case CXIO_PEER_OSD:
		return CEPHX_OSD;
	case CXIO_PEER_MGR:
		return CEPHX_MGR;
	default:
		return CEPHX_KINDS;
	}
}

/* For us: the key, and how long it is good. */
static void get_ours(struct cephx_in *in, const struct cephx_key *key, u64 now_ns,
		     struct cephx_ticket *t)
{
	struct cephx_in sealed, ours;
	u8 plain[OURS_MAX];
	u64 seconds;

	sealed = cephx_get_span(in, "cephx ticket: key cut short");
	ours = cephx_open_sealed(&sealed, key, plain, sizeof(plain),
				 "cephx ticket: key is not encrypted for us");
	if (cephx_get8(&ours, "cephx ticket: version of the key cut short") != 1)
		cephx_bad(&ours, "cephx ticket: version of the key unknown");
	cephx_get_key(&ours, &t->key);
	seconds = cephx_get32(&ours, "cephx ticket: validity cut short");
	cephx_get32(&ours, "cephx ticket: validity cut short");
	/* A quarter of its life is time enough to get another. */
	t->expires_ns = now_ns + seconds * SECOND;
	t->renew_ns = t->expires_ns - seconds * SECOND / 4;
	if (ours.bad)
		cephx_bad(in, ours.bad);
	cxio_wipe(plain, sizeof(plain));
}

static const char too_long[] = "cephx ticket: longer than a connect can carry";

/* What is too long is no reason to go without the tickets for others. */
static void get_blob(struct cephx_in *in, enum cephx_kind kind, struct cephx_ticket *t)
{
	struct cephx_in all, blob;

	all = cephx_get_span(in, "cephx ticket: cut short");
	if (cephx_get8(&all, "cephx ticket: version of the blob cut short") != 1)
		cephx_bad(&all, "cephx ticket: version of the blob unknown");
	t->secret_id = cephx_get64(&all, "cephx ticket: secret_id cut short");
	blob = cephx_get_span(&all, "cephx ticket: blob cut short");
	if (!all.bad && all.left)
		cephx_bad(&all, "cephx ticket: bytes after its end");
	if (!all.bad && blob.left > CEPHX_TICKET_MAX) {
		t->have = false;
		blob.left = 0;
		if (kind == CEPHX_AUTH)
			cephx_bad(&all, too_long);
	}
	if (all.bad) {
		cephx_bad(in, all.bad);
		return;
	}
	t->len = blob.left;
	memcpy(t->blob, blob.at, blob.left);
}

/* It may be encrypted under the key of the one it replaces. */
static void get_ticket(struct cephx_client *c, struct cephx_in *in, const struct cephx_key *key,
		       u64 now_ns)
{
	u8 plain[CEPHX_TICKET_MAX + CEPHX_SEALED(13u)];
	struct cephx_in sealed, opened;
	struct cephx_ticket t = { .have = true }, *old;
	enum cephx_kind kind;
	u8 encrypted;

	kind = cephx_kind_of(cephx_get32(in, "cephx ticket: service cut short"));
	if (!in->bad && kind == CEPHX_KINDS)
		cephx_bad(in, "cephx ticket: service unknown");
	if (cephx_get8(in, "cephx ticket: version cut short") != 1)
		cephx_bad(in, "cephx ticket: version unknown");
	get_ours(in, key, now_ns, &t);
	encrypted = cephx_get8(in, "cephx ticket: flag 'encrypted' cut short");
	if (in->bad)
		goto out;
	old = &c->ticket[kind];
	if (encrypted && !old->len) {
		cephx_bad(in, "cephx ticket: encrypted for one we never had");
	} else if (encrypted) {
		sealed = cephx_get_span(in, "cephx ticket: cut short");
		opened = cephx_open_sealed(&sealed, &old->key, plain, sizeof(plain),
					   "cephx ticket: not encrypted for the one before");
		get_blob(&opened, kind, &t);
		if (opened.bad)
			cephx_bad(in, opened.bad);
	} else {
		get_blob(in, kind, &t);
	}
	if (!in->bad)
		*old = t;
out:
	cxio_wipe(&t.key, sizeof(t.key));
	cxio_wipe(plain, sizeof(plain));
}

/**
 * cephx_get_tickets() - take in what a monitor gives
 * @c: the client; tickets in front of one that is wrong are taken
 * @in: the reader
 * @key: what they are encrypted under: the secret, or the AUTH ticket's
 * @now_ns: the time
 *
 * Return: NULL, or what is wrong.
 */
const char *cephx_get_tickets(struct cephx_client *c, struct cephx_in *in,
			      const struct cephx_key *key, u64 now_ns)
{
	u32 count;

	if (cephx_get8(in, "cephx tickets: version cut short") != 1)
		cephx_bad(in, "cephx tickets: version unknown");
	count = cephx_get32(in, "cephx tickets: count cut short");
	if (count > CEPHX_TICKETS_MAX)
		cephx_bad(in, "cephx tickets: count out of range");
	while (!in->bad && count--)
		get_ticket(c, in, key, now_ns);
	return in->bad;
}

/**
 * cephx_ticket_good() - can a ticket be used?
 * @t: it
 * @now_ns: the time
 *
 * Return: true if so.
 */
bool cephx_ticket_good(const struct cephx_ticket *t, u64 now_ns)
{
	return t->have && now_ns < t->expires_ns;
}

static bool is_due(const struct cephx_ticket *t, u64 now_ns)
{
	return !t->have || now_ns >= t->renew_ns;
}

static const u32 services[CEPHX_KINDS] = {
	[CEPHX_AUTH] = CEPHX_SERVICE_AUTH,
	[CEPHX_MON] = CXIO_PEER_MON,
	[CEPHX_MDS] = CXIO_PEER_MDS,
	[CEPHX_OSD] = CXIO_PEER_OSD,
	[CEPHX_MGR] = CXIO_PEER_MGR,
};

/**
 * cephx_services_due() - for whom are tickets to be asked for?
 * @c: the client
 * @want: services, a bit each
 * @now_ns: the time
 *
 * Return: those of them for which there is none, or an old one.
 */
u32 cephx_services_due(const struct cephx_client *c, u32 want, u64 now_ns)
{
	u32 due = 0, i;

	for (i = 0; i < CEPHX_KINDS; i++)
		if ((want & services[i]) && is_due(&c->ticket[i], now_ns))
			due |= services[i];
	return due;
}

/**
 * cephx_must_sign() - is a session with a peer of no use if messages are not signed?
 * @c: the client
 * @service: what the peer is
 *
 * A bit in the reply says whether the daemon signs, and is not signed itself: who changes it
 * on its way must not turn signing off. Monitors do not sign: what they say of keys is
 * encrypted.
 *
 * Return: true if we have a key, and it is a daemon that tickets are shown to.
 */
bool cephx_must_sign(const struct cephx_client *c, u32 service)
{
	return !c->keyless && service != CXIO_PEER_MON && cephx_kind_of(service) != CEPHX_KINDS;
}

/**
 * cephx_ticket_refused() - a daemon does not take a ticket
 * @c: the client
 * @service: what it is
 *
 * The AUTH ticket goes as well: the monitors may have forgotten it, too.
 */
void cephx_ticket_refused(struct cephx_client *c, u32 service)
{
	enum cephx_kind kind = cephx_kind_of(service);

	if (kind != CEPHX_KINDS)
		c->ticket[kind].have = false;
	c->ticket[CEPHX_AUTH].have = false;
}
