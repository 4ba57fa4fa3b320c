/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is done with the kernel's TCP sockets: by those over TCP, and by those over RDMA that
 * are set up, and watched over, by one.
 */
#ifndef CXIO_TCP_H
#define CXIO_TCP_H

#include "socket.h"

int cxio_tcp_open(struct cxio_socket_net *n);
void cxio_tcp_shut(struct cxio_socket_net *n);
int cxio_tcp_listen(struct cxio_socket_net *n, struct sockaddr_storage *addr);
void cxio_tcp_unlisten(struct cxio_socket_net *n);
int cxio_tcp_accept(struct cxio_socket_net *n, struct sockaddr_storage *from);
int cxio_tcp_connect(const struct sockaddr *to);
int cxio_tcp_error(int fd);

#endif /* CXIO_TCP_H */
