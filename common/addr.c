// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Ceph's addresses: decode, encode, compare.
 */
#include "addr.h"

#define AT(s, m, off, size)						\
	static_assert(offsetof(struct s, m) == (off) &&			\
		      sizeof(((struct s *)0)->m) == (size), #s "." #m)

AT(cxio_wire_addr_legacy, type, 0, 4);
AT(cxio_wire_addr_legacy, nonce, 4, 4);
AT(cxio_wire_addr_legacy, family, 8, 2);
AT(cxio_wire_addr_legacy, sockaddr, 10, 126);
static_assert(sizeof(struct cxio_wire_addr_legacy) == 136, "legacy address");

AT(cxio_wire_addr, marker, 0, 1);
AT(cxio_wire_addr, version, 1, 1);
AT(cxio_wire_addr, compat, 2, 1);
AT(cxio_wire_addr, len, 3, 4);
AT(cxio_wire_addr, type, 7, 4);
AT(cxio_wire_addr, nonce, 11, 4);
AT(cxio_wire_addr, sockaddr_len, 15, 4);
AT(cxio_wire_addr, family, 19, 2);
static_assert(sizeof(struct cxio_wire_addr) == 21, "address");

AT(cxio_wire_inet4, port, 0, 2);
AT(cxio_wire_inet4, ip, 2, 4);
AT(cxio_wire_inet4, zero, 6, 8);
static_assert(sizeof(struct cxio_wire_inet4) == 14, "inet4");

AT(cxio_wire_inet6, port, 0, 2);
AT(cxio_wire_inet6, flowinfo, 2, 4);
AT(cxio_wire_inet6, ip, 6, 16);
AT(cxio_wire_inet6, scope, 22, 4);
static_assert(sizeof(struct cxio_wire_inet6) == 26, "inet6");

AT(cxio_wire_addrvec, marker, 0, 1);
AT(cxio_wire_addrvec, count, 1, 4);
static_assert(sizeof(struct cxio_wire_addrvec) == 5, "address vector");

enum {
	MARKER_LEGACY = 0,
	MARKER_ADDR = 1,
	MARKER_VECTOR = 2,
	VERSION = 1,
	IPV4_LEN = 4,
	FAMILY_LEN = sizeof(__le16),
	/* up to @len, which counts from behind itself */
	PREFIX_LEN = offsetof(struct cxio_wire_addr, type),
	/* up to where the socket address begins, with its family */
	FIXED_LEN = offsetof(struct cxio_wire_addr, family),
};

/* Bytes of a socket address with its family; Ceph sends no family at its full length. */
static u32 sockaddr_len(u32 family)
{
	return FAMILY_LEN + (family == CXIO_FAMILY_IPV4 ? (u32)sizeof(struct cxio_wire_inet4) :
			     (u32)sizeof(struct cxio_wire_inet6));
}

static bool all_zero(const u8 *p, u32 n)
{
	while (n--)
		if (p[n])
			return false;
	return true;
}

/* A socket address from its port on, @len bytes: at least those of the family. */
static enum cxio_fault decode_inet(const u8 *p, u32 len, struct cxio_addr *a)
{
	const struct cxio_wire_inet4 *in4 = (const void *)p;
	const struct cxio_wire_inet6 *in6 = (const void *)p;
	u32 end = 0;

	switch (a->family) {
	case CXIO_FAMILY_IPV4:
		a->port = be16_to_cpu(in4->port);
		memcpy(a->ip, in4->ip, sizeof(in4->ip));
		end = (u32)offsetof(struct cxio_wire_inet4, zero);
		break;
	case CXIO_FAMILY_IPV6:
		a->port = be16_to_cpu(in6->port);
		a->flowinfo = be32_to_cpu(in6->flowinfo);
		memcpy(a->ip, in6->ip, sizeof(in6->ip));
		a->scope = le32_to_cpu(in6->scope);
		end = (u32)sizeof(*in6);
		break;
	}
	return all_zero(p + end, len - end) ? CXIO_FAULT_NONE : CXIO_FAULT_ADDR_PADDING;
}

/* The other way round; what the family does not use becomes zero. */
static void encode_inet(const struct cxio_addr *a, u8 *p, u32 len)
{
	struct cxio_wire_inet4 *in4 = (void *)p;
	struct cxio_wire_inet6 *in6 = (void *)p;

	memset(p, 0, len);
	switch (a->family) {
	case CXIO_FAMILY_IPV4:
		in4->port = cpu_to_be16(a->port);
		memcpy(in4->ip, a->ip, sizeof(in4->ip));
		break;
	case CXIO_FAMILY_IPV6:
		in6->port = cpu_to_be16(a->port);
		in6->flowinfo = cpu_to_be32(a->flowinfo);
		memcpy(in6->ip, a->ip, sizeof(in6->ip));
		in6->scope = cpu_to_le32(a->scope);
		break;
	}
}

static bool family_known(u32 family)
{
	return family == CXIO_FAMILY_NONE || family == CXIO_FAMILY_IPV4 ||
	       family == CXIO_FAMILY_IPV6;
}

/**
 * cxio_addr_legacy_decode() - read an address of before Nautilus, as in the banner
 * @buf: bytes that begin with the address
 * @len: how many there are; I1: nothing beyond CXIO_ADDR_LEGACY_LEN is read
 * @a: the address, valid when the result is CXIO_FAULT_NONE
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_addr_legacy_decode(const void *buf, u32 len, struct cxio_addr *a)
{
	const struct cxio_wire_addr_legacy *w = buf;

	if (len < CXIO_ADDR_LEGACY_LEN)
		return CXIO_FAULT_ADDR_SHORT;
	/* A type here would be today's form misread, whose marker is this byte. */
	if (le32_to_cpu(w->type))
		return CXIO_FAULT_ADDR_MARKER;
	memset(a, 0, sizeof(*a));
	a->form = CXIO_ADDR_LEGACY;
	a->nonce = le32_to_cpu(w->nonce);
	a->family = be16_to_cpu(w->family);
	if (!family_known(a->family))
		return CXIO_FAULT_ADDR_FAMILY;
	a->type = a->family == CXIO_FAMILY_NONE ? CXIO_ADDR_NONE : CXIO_ADDR_V1;
	return decode_inet(w->sockaddr, (u32)sizeof(w->sockaddr), a);
}

/**
 * cxio_addr_legacy_encode() - write an address as it was before Nautilus
 * @a: the address; its type is not written, its form does not matter
 * @buf: CXIO_ADDR_LEGACY_LEN bytes
 *
 * Context: any.
 */
void cxio_addr_legacy_encode(const struct cxio_addr *a, void *buf)
{
	struct cxio_wire_addr_legacy *w = buf;

	w->type = cpu_to_le32(0);
	w->nonce = cpu_to_le32(a->nonce);
	w->family = cpu_to_be16(a->family);
	encode_inet(a, w->sockaddr, (u32)sizeof(w->sockaddr));
}

/* The socket address of today's form: @claimed bytes, within @room. */
static enum cxio_fault decode_sockaddr(const u8 *p, u32 room, u32 claimed, struct cxio_addr *a)
{
	if (!claimed) {
		a->form = CXIO_ADDR_EMPTY;
		return CXIO_FAULT_NONE;
	}
	if (claimed < FAMILY_LEN)
		return CXIO_FAULT_ADDR_SOCKADDR;
	if (claimed > room)
		return CXIO_FAULT_ADDR_LENGTH;
	a->family = (u16)(p[0] | p[1] << 8);
	if (!family_known(a->family))
		return CXIO_FAULT_ADDR_FAMILY;
	if (claimed != sockaddr_len(a->family))
		return CXIO_FAULT_ADDR_SOCKADDR;
	return decode_inet(p + FAMILY_LEN, claimed - FAMILY_LEN, a);
}

static enum cxio_fault decode_modern(const u8 *buf, u32 len, struct cxio_addr *a, u32 *used)
{
	const struct cxio_wire_addr *w = (const void *)buf;
	enum cxio_fault fault;
	u32 body, claimed;

	if (len < PREFIX_LEN)
		return CXIO_FAULT_ADDR_SHORT;
	if (!w->version || w->compat != VERSION)
		return CXIO_FAULT_ADDR_VERSION;
	body = le32_to_cpu(w->len);
	if (body > len - PREFIX_LEN)
		return CXIO_FAULT_ADDR_SHORT;
	if (body < FIXED_LEN - PREFIX_LEN)
		return CXIO_FAULT_ADDR_LENGTH;
	if (le32_to_cpu(w->type) >= CXIO_ADDR_TYPE_END)
		return CXIO_FAULT_ADDR_TYPE;
	a->type = (u8)le32_to_cpu(w->type);
	a->nonce = le32_to_cpu(w->nonce);
	body -= FIXED_LEN - PREFIX_LEN;
	claimed = le32_to_cpu(w->sockaddr_len);
	fault = decode_sockaddr(buf + FIXED_LEN, body, claimed, a);
	if (fault)
		return fault;
	/* Only a later version may have fields that we do not know: they are skipped. */
	if (body != claimed && w->version == VERSION)
		return CXIO_FAULT_ADDR_LENGTH;
	*used = FIXED_LEN + body;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_addr_decode() - read an address in either form
 * @buf: bytes that begin with the address
 * @len: how many there are; I1: nothing beyond is read
 * @a: the address, valid when the result is CXIO_FAULT_NONE
 * @used: likewise, how many bytes of @buf it took
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_addr_decode(const void *buf, u32 len, struct cxio_addr *a, u32 *used)
{
	const u8 *marker = buf;

	if (!len)
		return CXIO_FAULT_ADDR_SHORT;
	memset(a, 0, sizeof(*a));
	switch (*marker) {
	case MARKER_LEGACY:
		*used = CXIO_ADDR_LEGACY_LEN;
		return cxio_addr_legacy_decode(buf, len, a);
	case MARKER_ADDR:
		return decode_modern(buf, len, a, used);
	default:
		return CXIO_FAULT_ADDR_MARKER;
	}
}

/**
 * cxio_addr_len() - how long an address is on the wire
 * @a: the address
 *
 * Context: any. Return: bytes, up to CXIO_ADDR_LEN_MAX.
 */
u32 cxio_addr_len(const struct cxio_addr *a)
{
	switch (a->form) {
	case CXIO_ADDR_LEGACY:
		return CXIO_ADDR_LEGACY_LEN;
	case CXIO_ADDR_EMPTY:
		return FIXED_LEN;
	default:
		return FIXED_LEN + sockaddr_len(a->family);
	}
}

/**
 * cxio_addr_encode() - write an address in its form
 * @a: the address
 * @buf: cxio_addr_len() bytes
 *
 * Context: any. Return: the bytes written.
 */
u32 cxio_addr_encode(const struct cxio_addr *a, void *buf)
{
	struct cxio_wire_addr *w = buf;
	u32 len = cxio_addr_len(a);

	if (a->form == CXIO_ADDR_LEGACY) {
		cxio_addr_legacy_encode(a, buf);
		return len;
	}
	w->marker = MARKER_ADDR;
	w->version = VERSION;
	w->compat = VERSION;
	w->len = cpu_to_le32(len - PREFIX_LEN);
	w->type = cpu_to_le32(a->type);
	w->nonce = cpu_to_le32(a->nonce);
	w->sockaddr_len = cpu_to_le32(len - FIXED_LEN);
	if (a->form == CXIO_ADDR_EMPTY)
		return len;
	w->family = cpu_to_le16(a->family);
	encode_inet(a, (u8 *)buf + sizeof(*w), len - (u32)sizeof(*w));
	return len;
}

/**
 * cxio_addrvec_decode() - read a list of addresses
 * @buf: bytes that begin with the list, or with one address in its place
 * @len: how many there are; I1: nothing beyond is read
 * @v: the addresses, valid when the result is CXIO_FAULT_NONE
 * @used: likewise, how many bytes of @buf they took
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_addrvec_decode(const void *buf, u32 len, struct cxio_addrvec *v, u32 *used)
{
	const struct cxio_wire_addrvec *w = buf;
	const u8 *p = buf;
	enum cxio_fault fault;
	u32 i, n, off, count;

	if (!len)
		return CXIO_FAULT_ADDRVEC_SHORT;
	if (w->marker > MARKER_VECTOR)
		return CXIO_FAULT_ADDRVEC_MARKER;
	v->bare = w->marker != MARKER_VECTOR;
	v->count = 1;
	if (v->bare)
		return cxio_addr_decode(buf, len, &v->addr[0], used);

	if (len < sizeof(*w))
		return CXIO_FAULT_ADDRVEC_SHORT;
	count = le32_to_cpu(w->count);
	if (count > CXIO_ADDRVEC_MAX)
		return CXIO_FAULT_ADDRVEC_COUNT;
	off = (u32)sizeof(*w);
	for (i = 0; i < count; i++) {
		fault = cxio_addr_decode(p + off, len - off, &v->addr[i], &n);
		if (fault)
			return fault;
		off += n;
	}
	v->count = count;
	*used = off;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_addrvec_len() - how long a list of addresses is on the wire
 * @v: the addresses
 *
 * Context: any. Return: bytes, up to CXIO_ADDRVEC_LEN_MAX.
 */
u32 cxio_addrvec_len(const struct cxio_addrvec *v)
{
	u32 i, len = v->bare ? 0 : (u32)sizeof(struct cxio_wire_addrvec);

	for (i = 0; i < v->count; i++)
		len += cxio_addr_len(&v->addr[i]);
	return len;
}

/**
 * cxio_addrvec_encode() - write a list of addresses
 * @v: the addresses
 * @buf: cxio_addrvec_len() bytes
 *
 * Context: any. Return: the bytes written.
 */
u32 cxio_addrvec_encode(const struct cxio_addrvec *v, void *buf)
{
	struct cxio_wire_addrvec *w = buf;
	u8 *p = buf;
	u32 i, off = 0;

	if (!v->bare) {
		w->marker = MARKER_VECTOR;
		w->count = cpu_to_le32(v->count);
		off = (u32)sizeof(*w);
	}
	for (i = 0; i < v->count; i++)
		off += cxio_addr_encode(&v->addr[i], p + off);
	return off;
}

/*
 * An address as it lies in Ceph's memory: type, nonce, socket address. Ceph compares
 * with memcmp() over that, so this is what must be compared here, in the order of a
 * little-endian machine, for both ends of a connection to find the same one lower.
 */
struct image {
	__le32 type;
	__le32 nonce;
	__le16 family;
	u8 sockaddr[26];
} __packed;

static_assert(sizeof(struct image) == 36, "image");

static void make_image(const struct cxio_addr *a, struct image *m)
{
	m->type = cpu_to_le32(a->type);
	m->nonce = cpu_to_le32(a->nonce);
	m->family = cpu_to_le16(a->family);
	encode_inet(a, m->sockaddr, (u32)sizeof(m->sockaddr));
}

/**
 * cxio_addr_compare() - Ceph's order of addresses
 * @a: one address
 * @b: another
 *
 * Total, and the same at both ends: of two sides that connect to each other at once,
 * it says whose attempt goes on. The form on the wire does not matter.
 *
 * Context: any. Return: below 0 if @a comes first, above 0 if @b does, 0 if equal.
 */
int cxio_addr_compare(const struct cxio_addr *a, const struct cxio_addr *b)
{
	struct image left, right;

	make_image(a, &left);
	make_image(b, &right);
	return memcmp(&left, &right, sizeof(left));
}

/**
 * cxio_addr_equal() - are two addresses the same in every field?
 * @a: one address
 * @b: another
 *
 * Context: any. Return: true if so, whatever form they had on the wire.
 */
bool cxio_addr_equal(const struct cxio_addr *a, const struct cxio_addr *b)
{
	return !cxio_addr_compare(a, b);
}

/**
 * cxio_addrvec_compare() - Ceph's order of lists of addresses
 * @a: one list
 * @b: another
 *
 * The first address that differs decides; if none does, the shorter list is first.
 *
 * Context: any. Return: below 0 if @a comes first, above 0 if @b does, 0 if equal.
 */
int cxio_addrvec_compare(const struct cxio_addrvec *a, const struct cxio_addrvec *b)
{
	u32 i;

	for (i = 0; i < a->count && i < b->count; i++) {
		int order = cxio_addr_compare(&a->addr[i], &b->addr[i]);

		if (order)
			return order;
	}
	return (a->count > b->count) - (a->count < b->count);
}

/**
 * cxio_addr_is_blank() - has an address no IP address, or that of "any"?
 * @a: the address
 *
 * Context: any. Return: true if so.
 */
bool cxio_addr_is_blank(const struct cxio_addr *a)
{
	switch (a->family) {
	case CXIO_FAMILY_IPV4:
		return all_zero(a->ip, IPV4_LEN);
	case CXIO_FAMILY_IPV6:
		return all_zero(a->ip, (u32)sizeof(a->ip));
	default:
		return true;
	}
}

/**
 * cxio_addr_is_dialled() - may a server that shows one address be the one dialled?
 * @dialled: what the client connected to
 * @shown: what the server says of itself
 *
 * It shows the same address; or, if it does not know its own yet, a blank IP address
 * with the same port and nonce. Types are not compared: a banner has none.
 *
 * Context: any. Return: true if so.
 */
bool cxio_addr_is_dialled(const struct cxio_addr *dialled, const struct cxio_addr *shown)
{
	struct cxio_addr typed = *shown;

	typed.type = dialled->type;
	if (cxio_addr_equal(dialled, &typed))
		return true;
	return cxio_addr_is_blank(shown) && shown->port == dialled->port &&
	       shown->nonce == dialled->nonce;
}
