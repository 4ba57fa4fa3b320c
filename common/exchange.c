// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The exchange over TCP in front of Ceph's byte stream over RDMA.
 */
#include "exchange.h"

/* Where the fields begin, and how many digits they have; a colon or the end is behind. */
#define LID_AT		0u
#define LID_DIGITS	4u
#define QPN_AT		5u
#define PSN_AT		14u
#define PEER_QPN_AT	23u
#define NUMBER_DIGITS	8u
#define GID_AT		32u
#define GID_DIGITS	(2u * CXIO_GID)
#define END_AT		64u

static_assert(END_AT + 1 == CXIO_EXCHANGE_TEXT, "exchange text");

/* --- the text --- */

static void put_hex(u8 *to, u32 number, u32 digits)
{
	static const char hex[] = "0123456789abcdef";

	while (digits--) {
		to[digits] = (u8)hex[number & 15];
		number >>= 4;
	}
}

/**
 * cxio_exchange_encode() - write a text
 * @id: what it tells
 * @buf: CXIO_EXCHANGE_TEXT bytes
 *
 * Context: any.
 */
void cxio_exchange_encode(const struct cxio_exchange_id *id, void *buf)
{
	u8 *text = buf;
	u32 i;

	memset(text, ':', CXIO_EXCHANGE_TEXT);
	put_hex(text + LID_AT, id->lid, LID_DIGITS);
	put_hex(text + QPN_AT, id->qpn, NUMBER_DIGITS);
	put_hex(text + PSN_AT, id->psn, NUMBER_DIGITS);
	put_hex(text + PEER_QPN_AT, id->peer_qpn, NUMBER_DIGITS);
	for (i = 0; i < CXIO_GID; i++)
		put_hex(text + GID_AT + 2 * i, id->gid[i], 2);
	text[END_AT] = 0;
}

/* Return: 0 to 15, or 16 if it is no digit. */
static u32 digit(u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10u;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10u;
	return 16;
}

static u32 get_hex(const u8 *from, u32 digits)
{
	u32 number = 0;

	while (digits--)
		number = number << 4 | digit(*from++);
	return number;
}

/* The fault of a byte that is not what it is to be, at its place in the text. */
static enum cxio_fault fault_at(u32 at)
{
	if (at < QPN_AT)
		return CXIO_FAULT_EXCHANGE_LID;
	if (at < PSN_AT)
		return CXIO_FAULT_EXCHANGE_QPN;
	if (at < PEER_QPN_AT)
		return CXIO_FAULT_EXCHANGE_PSN;
	if (at < GID_AT)
		return CXIO_FAULT_EXCHANGE_PEER_QPN;
	return at < END_AT ? CXIO_FAULT_EXCHANGE_GID : CXIO_FAULT_EXCHANGE_END;
}

static bool byte_is_good(u32 at, u8 c)
{
	switch (at) {
	case QPN_AT - 1:
	case PSN_AT - 1:
	case PEER_QPN_AT - 1:
	case GID_AT - 1:
		return c == ':';
	case END_AT:
		return c == 0;
	}
	return digit(c) < 16;
}

/* Said of the first bytes as well: who speaks something else may never send so many. */
static enum cxio_fault check_bytes(const u8 *text, u32 from, u32 to)
{
	u32 at;

	for (at = from; at < to; at++)
		if (!byte_is_good(at, text[at]))
			return fault_at(at);
	return CXIO_FAULT_NONE;
}

/* Of one peer, and not of a group: what is sent there goes to all that listen. */
static bool gid_is_good(const u8 *gid)
{
	u8 any = 0;
	u32 i;

	if (cxio_gid_is_ipv4(gid))
		/* 0.0.0.0/8 is nobody, 224.0.0.0/3 are groups, what is reserved, and all */
		return gid[12] && gid[12] < 224;
	for (i = 0; i < CXIO_GID; i++)
		any |= gid[i];
	return any && gid[0] != 0xff;
}

/**
 * cxio_exchange_decode() - read and check a text
 * @buf: the bytes
 * @len: how many; I1: nothing beyond is read
 * @id: the fields, valid when the result is CXIO_FAULT_NONE
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_exchange_decode(const void *buf, u32 len, struct cxio_exchange_id *id)
{
	const u8 *text = buf;
	enum cxio_fault fault;
	u32 i;

	if (len != CXIO_EXCHANGE_TEXT)
		return CXIO_FAULT_EXCHANGE_LENGTH;
	fault = check_bytes(text, 0, len);
	if (fault)
		return fault;
	id->lid = (u16)get_hex(text + LID_AT, LID_DIGITS);
	id->qpn = get_hex(text + QPN_AT, NUMBER_DIGITS);
	id->psn = get_hex(text + PSN_AT, NUMBER_DIGITS);
	id->peer_qpn = get_hex(text + PEER_QPN_AT, NUMBER_DIGITS);
	for (i = 0; i < CXIO_GID; i++)
		id->gid[i] = (u8)get_hex(text + GID_AT + 2 * i, 2);
	if (!id->qpn || id->qpn > CXIO_EXCHANGE_NUMBER)
		return CXIO_FAULT_EXCHANGE_QPN;
	if (id->psn > CXIO_EXCHANGE_NUMBER)
		return CXIO_FAULT_EXCHANGE_PSN;
	if (id->peer_qpn > CXIO_EXCHANGE_NUMBER)
		return CXIO_FAULT_EXCHANGE_PEER_QPN;
	return gid_is_good(id->gid) ? CXIO_FAULT_NONE : CXIO_FAULT_EXCHANGE_GID;
}

/* --- GIDs --- */

/**
 * cxio_gid_is_ipv4() - does a GID stand for an IPv4 address?
 * @gid: CXIO_GID bytes
 *
 * Context: any. Return: true if it is an IPv4-mapped IPv6 address.
 */
bool cxio_gid_is_ipv4(const u8 *gid)
{
	static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(gid, mapped, sizeof(mapped));
}

/**
 * cxio_gid_same_family() - can packets pass between two GIDs?
 * @a: one
 * @b: the other
 *
 * On Ethernet an IPv4 GID makes IPv4 packets, any other makes IPv6 packets.
 *
 * Context: any. Return: false if only one of them is an IPv4 address.
 */
bool cxio_gid_same_family(const u8 *a, const u8 *b)
{
	return cxio_gid_is_ipv4(a) == cxio_gid_is_ipv4(b);
}

/* --- the exchange --- */

/**
 * cxio_exchange_init() - begin one
 * @x: the exchange
 * @active: this side connects
 * @own: this side; its queue pair exists
 */
void cxio_exchange_init(struct cxio_exchange *x, bool active, const struct cxio_exchange_id *own)
{
	memset(x, 0, sizeof(*x));
	x->active = active;
	x->own = *own;
	x->state = active ? CXIO_EXCHANGE_FIRST : CXIO_EXCHANGE_WAITS;
}

/**
 * cxio_exchange_pair() - the server's queue pair exists now
 * @x: a server's exchange that has not told its own yet
 * @qpn: its number
 *
 * So that a server need not make one for every stranger before it has heard from him.
 */
void cxio_exchange_pair(struct cxio_exchange *x, u32 qpn)
{
	x->own.qpn = qpn;
}

/**
 * cxio_exchange_end() - it fails
 * @x: the exchange
 * @fault: why; what failed first stays (I5)
 */
void cxio_exchange_end(struct cxio_exchange *x, enum cxio_fault fault)
{
	if (x->state == CXIO_EXCHANGE_ENDED)
		return;
	x->state = CXIO_EXCHANGE_ENDED;
	x->fault = fault;
}

/**
 * cxio_exchange_text() - what is to be sent now
 * @x: the exchange
 * @buf: CXIO_EXCHANGE_TEXT bytes, to be sent in one go
 *
 * Return: CXIO_EXCHANGE_TEXT, and it counts as sent; or 0.
 */
u32 cxio_exchange_text(struct cxio_exchange *x, void *buf)
{
	struct cxio_exchange_id id = x->own;

	switch (x->state) {
	case CXIO_EXCHANGE_FIRST:
		id.peer_qpn = 0;
		x->state = CXIO_EXCHANGE_WAITS;
		break;
	case CXIO_EXCHANGE_READY:
		id.peer_qpn = x->peer.qpn;
		x->state = x->active ? CXIO_EXCHANGE_OPEN : CXIO_EXCHANGE_ACK;
		break;
	default:
		return 0;
	}
	cxio_exchange_encode(&id, buf);
	return CXIO_EXCHANGE_TEXT;
}

/**
 * cxio_exchange_room() - where to read to
 * @x: the exchange
 * @len: set to how many bytes, at least 1
 *
 * Return: the place; it is good until cxio_exchange_came(). What comes when nothing is
 * to come goes there, too, to be told apart from the end.
 */
void *cxio_exchange_room(struct cxio_exchange *x, u32 *len)
{
	*len = CXIO_EXCHANGE_TEXT - x->have;
	return x->text + x->have;
}

/* The first text of a peer's knows of no queue pair of ours if it is the client. */
static enum cxio_fault meets(struct cxio_exchange *x)
{
	struct cxio_exchange_id id;
	enum cxio_fault fault;

	fault = cxio_exchange_decode(x->text, x->have, &id);
	if (fault)
		return fault;
	if (id.peer_qpn != (x->active ? x->own.qpn : 0))
		return CXIO_FAULT_EXCHANGE_PEER_QPN;
	if (!cxio_gid_same_family(id.gid, x->own.gid))
		return CXIO_FAULT_EXCHANGE_FAMILY;
	x->peer = id;
	x->state = CXIO_EXCHANGE_PEER;
	return CXIO_FAULT_NONE;
}

/* The client's second text is to be of the same queue pair as its first. */
static enum cxio_fault acks(struct cxio_exchange *x)
{
	struct cxio_exchange_id id;
	enum cxio_fault fault;

	fault = cxio_exchange_decode(x->text, x->have, &id);
	if (fault)
		return fault;
	if (id.peer_qpn != x->own.qpn)
		return CXIO_FAULT_EXCHANGE_PEER_QPN;
	if (id.qpn != x->peer.qpn)
		return CXIO_FAULT_EXCHANGE_QPN;
	x->state = CXIO_EXCHANGE_OPEN;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_exchange_came() - bytes were read into cxio_exchange_room()
 * @x: the exchange, whose state or fault is changed by a text that is whole, and by what
 *	cannot become one
 * @len: how many, at most what there was room for
 */
void cxio_exchange_came(struct cxio_exchange *x, u32 len)
{
	bool waits = x->state == CXIO_EXCHANGE_WAITS || x->state == CXIO_EXCHANGE_ACK;
	enum cxio_fault fault;

	if (!len || x->state == CXIO_EXCHANGE_ENDED)
		return;
	if (!waits || len > CXIO_EXCHANGE_TEXT - x->have) {
		cxio_exchange_end(x, CXIO_FAULT_EXCHANGE_TURN);
		return;
	}
	fault = check_bytes(x->text, x->have, x->have + len);
	x->have += len;
	if (!fault && x->have == CXIO_EXCHANGE_TEXT) {
		fault = x->state == CXIO_EXCHANGE_ACK ? acks(x) : meets(x);
		x->have = 0;
	}
	if (fault)
		cxio_exchange_end(x, fault);
}

/**
 * cxio_exchange_ready() - the queue pair can receive from the peer, and send to it
 * @x: the exchange, of which %CXIO_EXCHANGE_PEER is the state
 */
void cxio_exchange_ready(struct cxio_exchange *x)
{
	if (x->state == CXIO_EXCHANGE_PEER)
		x->state = CXIO_EXCHANGE_READY;
}

/**
 * cxio_exchange_gone() - the TCP connection has ended
 * @x: the exchange; a good one is the death notice of the stream
 */
void cxio_exchange_gone(struct cxio_exchange *x)
{
	cxio_exchange_end(x, x->state == CXIO_EXCHANGE_OPEN ? CXIO_FAULT_PEER_GONE :
			  CXIO_FAULT_EXCHANGE_LENGTH);
}

/**
 * cxio_exchange_may_send() - may bytes of the stream be sent?
 * @x: the exchange
 *
 * The client need not wait until its second text is sent: what it tells is that.
 *
 * Context: any. Return: true if so.
 */
bool cxio_exchange_may_send(const struct cxio_exchange *x)
{
	return x->state == CXIO_EXCHANGE_OPEN ||
	       (x->active && x->state == CXIO_EXCHANGE_READY);
}
