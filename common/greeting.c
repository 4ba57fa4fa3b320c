// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * CONNECT and REPLY bodies: encode, decode, check.
 */
#include "greeting.h"

/* An address in 24 bytes, whatever its family. */
enum {
	FAMILY = 0, TYPE = 1, PORT = 2, NONCE = 4, IP = 8, ADDRESS = 24,
};

static_assert(sizeof(((struct cxio_wire_greeting *)0)->own) == ADDRESS, "address");

static void put_address(const struct cxio_addr *a, u8 *w)
{
	__be16 port = cpu_to_be16(a->port);
	__le32 nonce = cpu_to_le32(a->nonce);

	w[FAMILY] = (u8)a->family;
	w[TYPE] = a->type;
	memcpy(w + PORT, &port, sizeof(port));
	memcpy(w + NONCE, &nonce, sizeof(nonce));
	memcpy(w + IP, a->ip, sizeof(a->ip));
}

/* How many bytes of @ip a family uses, or more than there are for an unknown one. */
static u32 ip_bytes(u32 family)
{
	switch (family) {
	case CXIO_FAMILY_NONE:
		return 0;
	case CXIO_FAMILY_IPV4:
		return 4;
	case CXIO_FAMILY_IPV6:
		return 16;
	default:
		return ~0u;
	}
}

static bool get_address(const u8 *w, struct cxio_addr *a)
{
	__be16 port;
	__le32 nonce;
	u32 i;

	memset(a, 0, sizeof(*a));
	if (ip_bytes(w[FAMILY]) > sizeof(a->ip) || w[TYPE] >= CXIO_ADDR_TYPE_END)
		return false;
	for (i = ip_bytes(w[FAMILY]); i < sizeof(a->ip); i++)
		if (w[IP + i])
			return false;
	memcpy(&port, w + PORT, sizeof(port));
	memcpy(&nonce, w + NONCE, sizeof(nonce));
	a->family = w[FAMILY];
	a->type = w[TYPE];
	a->port = be16_to_cpu(port);
	a->nonce = le32_to_cpu(nonce);
	memcpy(a->ip, w + IP, sizeof(a->ip));
	return true;
}

/**
 * cxio_greeting_size() - bytes of a body, authorizer apart
 * @type: CXIO_FRAME_CONNECT or CXIO_FRAME_REPLY
 *
 * Context: any. Return: bytes.
 */
u32 cxio_greeting_size(u8 type)
{
	return type == CXIO_FRAME_CONNECT ? CXIO_CONNECT_BODY : CXIO_REPLY_BODY;
}

/**
 * cxio_greeting_authorizer_len() - bytes of the authorizer that goes with it
 * @g: the greeting
 * @type: CXIO_FRAME_CONNECT or CXIO_FRAME_REPLY
 *
 * Context: any. Return: bytes, at most CXIO_AUTHORIZER_MAX if it was decoded.
 */
u32 cxio_greeting_authorizer_len(const struct cxio_greeting *g, u8 type)
{
	return type == CXIO_FRAME_CONNECT ? g->connect.authorizer_len : g->reply.authorizer_len;
}

/**
 * cxio_greeting_encode() - write the body of a CONNECT or REPLY, authorizer apart
 * @g: the fields
 * @type: CXIO_FRAME_CONNECT or CXIO_FRAME_REPLY
 * @buf: cxio_greeting_size() bytes
 *
 * Context: any. Return: bytes.
 */
u32 cxio_greeting_encode(const struct cxio_greeting *g, u8 type, void *buf)
{
	u32 size = cxio_greeting_size(type);
	struct cxio_wire_greeting w;

	if (type == CXIO_FRAME_CONNECT)
		cxio_connect_encode(&g->connect, buf);
	else
		cxio_connect_reply_encode(&g->reply, buf);
	w.own_cookie = cpu_to_le64(g->cookies.own);
	w.peer_cookie = cpu_to_le64(g->cookies.peer);
	w.in_seq = cpu_to_le64(g->in_seq);
	put_address(&g->own, w.own);
	put_address(&g->target, w.target);
	memcpy((u8 *)buf + size - sizeof(w), &w, sizeof(w));
	return size;
}

/* Only a connect, and a reply that opens, are about a session that the sender has. */
static bool speaks_of_session(const struct cxio_greeting *g, u8 type)
{
	return type == CXIO_FRAME_CONNECT || g->reply.tag == CXIO_TAG_READY ||
		g->reply.tag == CXIO_TAG_SEQ;
}

/**
 * cxio_greeting_check_target() - does a connect mean us?
 * @g: the connect
 * @own: our address
 *
 * Without this, what a peer says to us could be said for it to another, or to itself.
 *
 * Context: any. Return: CXIO_FAULT_GREETING_TARGET if not. A nonce of 0 is any.
 */
enum cxio_fault cxio_greeting_check_target(const struct cxio_greeting *g,
					   const struct cxio_addr *own)
{
	const struct cxio_addr *t = &g->target;

	if (t->family == own->family && t->port == own->port &&
	    (!t->nonce || t->nonce == own->nonce) && !memcmp(t->ip, own->ip, sizeof(t->ip)))
		return CXIO_FAULT_NONE;
	return CXIO_FAULT_GREETING_TARGET;
}

/**
 * cxio_greeting_decode() - read and check the body of a CONNECT or REPLY
 * @buf: the body, perhaps with an authorizer behind it
 * @len: bytes, at least cxio_greeting_size(): cxio_frame_decode() saw to it
 * @type: CXIO_FRAME_CONNECT or CXIO_FRAME_REPLY
 * @g: the fields, valid when the result is CXIO_FAULT_NONE
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_greeting_decode(const void *buf, u32 len, u8 type, struct cxio_greeting *g)
{
	u32 size = cxio_greeting_size(type);
	struct cxio_wire_greeting w;
	enum cxio_fault fault;

	memset(g, 0, sizeof(*g));
	if (len < size)
		return CXIO_FAULT_FRAME_BODY;
	fault = type == CXIO_FRAME_CONNECT ? cxio_connect_decode(buf, len, &g->connect) :
					     cxio_connect_reply_decode(buf, len, &g->reply);
	if (fault)
		return fault;
	memcpy(&w, (const u8 *)buf + size - sizeof(w), sizeof(w));
	g->cookies.own = le64_to_cpu(w.own_cookie);
	g->cookies.peer = le64_to_cpu(w.peer_cookie);
	g->in_seq = le64_to_cpu(w.in_seq);
	if (!g->cookies.own && speaks_of_session(g, type))
		return CXIO_FAULT_GREETING_COOKIE;
	if (!get_address(w.own, &g->own) || !get_address(w.target, &g->target))
		return CXIO_FAULT_GREETING_ADDRESS;
	return CXIO_FAULT_NONE;
}
