/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ceph's addresses: entity_addr_t in the form of before Nautilus and in today's,
 * and entity_addrvec_t, the list of all addresses of one process.
 */
#ifndef CXIO_ADDR_H
#define CXIO_ADDR_H

#include "fault.h"

/**
 * enum cxio_addr_type - which messenger listens at an address
 * @CXIO_ADDR_NONE: no address
 * @CXIO_ADDR_V1: messenger v1; the old form of an address means this
 * @CXIO_ADDR_V2: messenger v2
 * @CXIO_ADDR_ANY: either
 * @CXIO_ADDR_TYPE_END: no type
 */
enum cxio_addr_type {
	CXIO_ADDR_NONE = 0,
	CXIO_ADDR_V1 = 1,
	CXIO_ADDR_V2 = 2,
	CXIO_ADDR_ANY = 3,
	CXIO_ADDR_TYPE_END
};

/* Address families, as numbered on the wire: Linux' own. */
#define CXIO_FAMILY_NONE	0
#define CXIO_FAMILY_IPV4	2
#define CXIO_FAMILY_IPV6	10

/**
 * enum cxio_addr_form - how an address stands on the wire
 * @CXIO_ADDR_MODERN: today's, with the socket address its family has
 * @CXIO_ADDR_EMPTY: today's, without a socket address: family none only
 * @CXIO_ADDR_LEGACY: of before Nautilus, CXIO_ADDR_LEGACY_LEN bytes
 */
enum cxio_addr_form {
	CXIO_ADDR_MODERN = 0,
	CXIO_ADDR_EMPTY = 1,
	CXIO_ADDR_LEGACY = 2,
};

/**
 * struct cxio_wire_addr_legacy - entity_addr_t of before Nautilus, 136 bytes
 * @type: zero, whatever the type is
 * @nonce: tells apart processes that have had the same address and port
 * @family: CXIO_FAMILY_*; big-endian here, and here only
 * @sockaddr: the rest of a struct sockaddr_storage, from the port on
 */
struct cxio_wire_addr_legacy {
	__le32 type;
	__le32 nonce;
	__be16 family;
	u8 sockaddr[126];
} __packed;

/**
 * struct cxio_wire_addr - entity_addr_t, as far as all families have it, 21 bytes
 * @marker: 1
 * @version: of the encoding, from 1
 * @compat: oldest version a reader must know
 * @len: bytes behind this field
 * @type: enum cxio_addr_type
 * @nonce: as in the old form
 * @sockaddr_len: bytes of socket address, from @family on; 0, 16 or 28
 * @family: CXIO_FAMILY_*; not there if @sockaddr_len is 0
 */
struct cxio_wire_addr {
	u8 marker;
	u8 version;
	u8 compat;
	__le32 len;
	__le32 type;
	__le32 nonce;
	__le32 sockaddr_len;
	__le16 family;
} __packed;

/**
 * struct cxio_wire_inet4 - an IPv4 socket address behind its family, 14 bytes
 * @port: port
 * @ip: address
 * @zero: zero
 */
struct cxio_wire_inet4 {
	__be16 port;
	u8 ip[4];
	u8 zero[8];
} __packed;

/**
 * struct cxio_wire_inet6 - an IPv6 socket address behind its family, 26 bytes
 * @port: port
 * @flowinfo: traffic class and flow label
 * @ip: address
 * @scope: interface of a link-local address; little-endian, since Ceph sends memory
 */
struct cxio_wire_inet6 {
	__be16 port;
	__be32 flowinfo;
	u8 ip[16];
	__le32 scope;
} __packed;

/**
 * struct cxio_wire_addrvec - the beginning of entity_addrvec_t, 5 bytes
 * @marker: 2; with 0 and 1 this is an address without a list around it
 * @count: addresses that follow
 */
struct cxio_wire_addrvec {
	u8 marker;
	__le32 count;
} __packed;

#define CXIO_ADDR_LEGACY_LEN	((u32)sizeof(struct cxio_wire_addr_legacy))
/* The longest form an address is written in. */
#define CXIO_ADDR_LEN_MAX	CXIO_ADDR_LEGACY_LEN
/* A daemon has one address for each messenger version and family: four. */
#define CXIO_ADDRVEC_MAX	8u
#define CXIO_ADDRVEC_LEN_MAX							\
	((u32)sizeof(struct cxio_wire_addrvec) + CXIO_ADDRVEC_MAX * CXIO_ADDR_LEN_MAX)

/**
 * struct cxio_addr - an address in the machine's own integers
 * @type: enum cxio_addr_type
 * @form: enum cxio_addr_form: how it came, and how it is written
 * @family: CXIO_FAMILY_*
 * @port: port
 * @nonce: nonce
 * @ip: address, in network order; of IPv4 the first four bytes. The rest is zero
 * @flowinfo: IPv6 only, else zero
 * @scope: IPv6 only, else zero
 */
struct cxio_addr {
	u8 type;
	u8 form;
	u16 family;
	u16 port;
	u32 nonce;
	u8 ip[16];
	u32 flowinfo;
	u32 scope;
};

/**
 * struct cxio_addrvec - the addresses of one process
 * @bare: came, and is written, as one address without a list around it
 * @count: how many, up to CXIO_ADDRVEC_MAX; with @bare exactly one
 * @addr: the addresses
 */
struct cxio_addrvec {
	bool bare;
	u32 count;
	struct cxio_addr addr[CXIO_ADDRVEC_MAX];
};

enum cxio_fault cxio_addr_legacy_decode(const void *buf, u32 len, struct cxio_addr *a);
void cxio_addr_legacy_encode(const struct cxio_addr *a, void *buf);
enum cxio_fault cxio_addr_decode(const void *buf, u32 len, struct cxio_addr *a, u32 *used);
u32 cxio_addr_len(const struct cxio_addr *a);
u32 cxio_addr_encode(const struct cxio_addr *a, void *buf);
enum cxio_fault cxio_addrvec_decode(const void *buf, u32 len, struct cxio_addrvec *v, u32 *used);
u32 cxio_addrvec_len(const struct cxio_addrvec *v);
u32 cxio_addrvec_encode(const struct cxio_addrvec *v, void *buf);
int cxio_addr_compare(const struct cxio_addr *a, const struct cxio_addr *b);
bool cxio_addr_equal(const struct cxio_addr *a, const struct cxio_addr *b);
int cxio_addrvec_compare(const struct cxio_addrvec *a, const struct cxio_addrvec *b);
bool cxio_addr_is_blank(const struct cxio_addr *a);
bool cxio_addr_is_dialled(const struct cxio_addr *dialled, const struct cxio_addr *shown);

#endif /* CXIO_ADDR_H */
