/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Socket addresses and Ceph's, and how users read them. */
#ifndef CXIO_ADDRESS_H
#define CXIO_ADDRESS_H

#include <sys/socket.h>

#include "addr.h"

bool cxio_address_from(struct cxio_addr *a, const struct sockaddr *sa);
void cxio_address_to(const struct cxio_addr *a, struct sockaddr_storage *sa);
bool cxio_address_is_local(const struct sockaddr *sa);
void cxio_address_text(const struct sockaddr *sa, char *buf, size_t size);
bool cxio_address_same(const struct sockaddr *a, const struct sockaddr *b);
void cxio_address_set_port(struct sockaddr *sa, u16 port);
u16 cxio_address_port(const struct sockaddr *sa);
bool cxio_address_is_any(const struct sockaddr *sa);
bool cxio_address_meets(const struct cxio_addr *known, const struct cxio_addr *shown);

#endif /* CXIO_ADDRESS_H */
