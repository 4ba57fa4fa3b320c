// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Addresses.
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>

#include "address.h"

/**
 * cxio_address_from() - a socket address as Ceph has it
 * @a: filled, nonce 0
 * @sa: the address
 *
 * Return: false if it is of a family that Ceph does not know here.
 */
bool cxio_address_from(struct cxio_addr *a, const struct sockaddr *sa)
{
	const struct sockaddr_in6 *in6 = (const void *)sa;
	const struct sockaddr_in *in4 = (const void *)sa;

	memset(a, 0, sizeof(*a));
	a->type = CXIO_ADDR_V1;
	a->port = cxio_address_port(sa);
	if (sa->sa_family == AF_INET) {
		a->family = CXIO_FAMILY_IPV4;
		memcpy(a->ip, &in4->sin_addr, 4);
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		a->family = CXIO_FAMILY_IPV6;
		memcpy(a->ip, &in6->sin6_addr, 16);
		return true;
	}
	return false;
}

u16 cxio_address_port(const struct sockaddr *sa)
{
	const struct sockaddr_in6 *in6 = (const void *)sa;
	const struct sockaddr_in *in4 = (const void *)sa;

	return ntohs(sa->sa_family == AF_INET6 ? in6->sin6_port : in4->sin_port);
}

void cxio_address_set_port(struct sockaddr *sa, u16 port)
{
	struct sockaddr_in6 *in6 = (void *)sa;
	struct sockaddr_in *in4 = (void *)sa;

	if (sa->sa_family == AF_INET6)
		in6->sin6_port = htons(port);
	else
		in4->sin_port = htons(port);
}

/**
 * cxio_address_text() - "10.0.0.1:7000" or "[fd00::1]:7000"
 * @sa: the address
 * @buf: filled
 * @size: bytes of it
 */
void cxio_address_text(const struct sockaddr *sa, char *buf, size_t size)
{
	const struct sockaddr_in6 *in6 = (const void *)sa;
	const struct sockaddr_in *in4 = (const void *)sa;
	char text[INET6_ADDRSTRLEN] = "?";

	if (sa->sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
		snprintf(buf, size, "[%s]:%u", text, ntohs(in6->sin6_port));
	} else {
		inet_ntop(AF_INET, &in4->sin_addr, text, sizeof(text));
		snprintf(buf, size, "%s:%u", text, ntohs(in4->sin_port));
	}
}

/**
 * cxio_address_to() - Ceph's address as a socket address
 * @a: IPv4 or IPv6
 * @sa: filled
 */
void cxio_address_to(const struct cxio_addr *a, struct sockaddr_storage *sa)
{
	struct sockaddr_in6 *in6 = (void *)sa;
	struct sockaddr_in *in4 = (void *)sa;

	memset(sa, 0, sizeof(*sa));
	if (a->family == CXIO_FAMILY_IPV6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_flowinfo = htonl(a->flowinfo);
		in6->sin6_scope_id = a->scope;
		memcpy(&in6->sin6_addr, a->ip, sizeof(in6->sin6_addr));
	} else {
		in4->sin_family = AF_INET;
		memcpy(&in4->sin_addr, a->ip, sizeof(in4->sin_addr));
	}
	cxio_address_set_port((struct sockaddr *)sa, a->port);
}

/**
 * cxio_address_is_local() - is it an address of an interface of this machine?
 * @sa: IPv4 or IPv6; its port does not matter
 *
 * Context: system calls. Return: true if so, and that can be found out.
 */
bool cxio_address_is_local(const struct sockaddr *sa)
{
	struct ifaddrs *all, *i;
	struct cxio_addr a, b;
	bool found = false;

	if (!cxio_address_from(&a, sa) || getifaddrs(&all))
		return false;
	for (i = all; i && !found; i = i->ifa_next)
		found = i->ifa_addr && i->ifa_addr->sa_family == sa->sa_family &&
			cxio_address_from(&b, i->ifa_addr) &&
			!memcmp(a.ip, b.ip, sizeof(a.ip));
	freeifaddrs(all);
	return found;
}

/**
 * cxio_address_same() - the same family, address and port?
 * @a: one
 * @b: the other
 *
 * Return: true if so.
 */
bool cxio_address_same(const struct sockaddr *a, const struct sockaddr *b)
{
	struct cxio_addr x, y;

	return cxio_address_from(&x, a) && cxio_address_from(&y, b) && cxio_addr_equal(&x, &y);
}

/**
 * cxio_address_is_any() - is it the address of all interfaces?
 * @sa: the address
 *
 * Return: true if so.
 */
bool cxio_address_is_any(const struct sockaddr *sa)
{
	struct cxio_addr a;

	return !cxio_address_from(&a, sa) || cxio_addr_is_blank(&a);
}

/**
 * cxio_address_meets() - may a peer that shows one address be the one known by another?
 * @known: what is known; with nonce 0 it was dialled, and the nonce is not known
 * @shown: what it shows
 *
 * Return: true if so.
 */
bool cxio_address_meets(const struct cxio_addr *known, const struct cxio_addr *shown)
{
	struct cxio_addr a = *shown;

	if (!known->nonce)
		a.nonce = 0;
	a.type = known->type;
	return cxio_addr_equal(known, &a);
}
