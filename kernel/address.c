// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <net/ipv6.h>

#include "ceph_xio.h"

/**
 * cxio_address_len() - bytes of a socket address
 * @sa: IPv4 or IPv6
 *
 * Context: any. Return: bytes.
 */
size_t cxio_address_len(const struct sockaddr *sa)
{
	return sa->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
					   sizeof(struct sockaddr_in);
}

/**
 * cxio_address_from() - a socket address as Ceph has it
 * @a: filled, nonce 0
 * @sa: the address
 *
 * Context: any. Return: false if it is of a family that Ceph does not know here.
 */
bool cxio_address_from(struct cxio_addr *a, const struct sockaddr *sa)
{
	const struct sockaddr_in6 *in6 = (const void *)sa;
	const struct sockaddr_in *in4 = (const void *)sa;

	memset(a, 0, sizeof(*a));
	a->type = CXIO_ADDR_V1;
	if (sa->sa_family == AF_INET) {
		a->family = CXIO_FAMILY_IPV4;
		a->port = ntohs(in4->sin_port);
		memcpy(a->ip, &in4->sin_addr, sizeof(in4->sin_addr));
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		a->family = CXIO_FAMILY_IPV6;
		a->port = ntohs(in6->sin6_port);
		memcpy(a->ip, &in6->sin6_addr, sizeof(in6->sin6_addr));
		return true;
	}
	return false;
}

/**
 * cxio_address_same() - the same family, address and port?
 * @a: one
 * @b: the other
 *
 * Context: any. Return: true if so.
 */
bool cxio_address_same(const struct sockaddr *a, const struct sockaddr *b)
{
	struct cxio_addr x, y;

	return cxio_address_from(&x, a) && cxio_address_from(&y, b) && cxio_addr_equal(&x, &y);
}
