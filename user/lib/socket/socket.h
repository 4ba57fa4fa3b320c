/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Byte streams for transport "simple", with a socket's meaning: connect, accept, read,
 * write, events, close. What they are made of is one struct cxio_socket_ops: TCP, or
 * RDMA as Ceph's async+rdma has it (rdma.h).
 *
 * Who owns what
 * - A messenger has one struct cxio_socket_net: the addresses it listens on, and what
 *   all its sockets share.
 * - Who gets a socket from connect() or accept() owns it until close(). What still has
 *   to be brought to an end after that, a socket does on its own: @owner is told nothing
 *   any more, and the messenger's portals wait for it.
 *
 * Threads: a socket is used in its portal alone; accept() in the first portal. What is
 * listened on is guarded by the net's @lock, a leaf.
 *
 * Not from a function of a source, of the socket's or of others: close(), and move(), for
 * what portal.h says of sources.
 */
#ifndef CXIO_SOCKET_H
#define CXIO_SOCKET_H

#include <sys/uio.h>

#include "../messenger.h"

struct cxio_socket_ops;

/**
 * struct cxio_socket_net - what the sockets of a messenger share
 * @ops: what they are made of
 * @messenger: whose
 * @fd: readable while somebody waits to be accepted: watched by whoever accepts; -1: none
 * @lock: guards @list, and what its entries stand for
 * @list: lock; addresses listened on
 * @rdma: what else those over RDMA share, or NULL
 */
struct cxio_socket_net {
	const struct cxio_socket_ops *ops;
	struct cxio_messenger *messenger;
	int fd;
	pthread_mutex_t lock;
	struct cxio_link list;
	struct cxio_rdma_net *rdma;
};

/**
 * struct cxio_socket - a byte stream
 * @ops: what it is made of
 * @portal: where it is used
 * @ready: called there when there is something to read, room to write, or an end, as far
 *	as it is watched for that; and when a connect has come to something
 * @owner: handed to it
 * @fault: enum cxio_fault, where an errno says too little of why it is broken; else 0
 * @why: more words, or empty
 */
struct cxio_socket {
	const struct cxio_socket_ops *ops;
	struct cxio_portal *portal;
	void (*ready)(void *owner);
	void *owner;
	u32 fault;
	char why[160];
};

/**
 * struct cxio_socket_ops - what sockets are made of
 * @name: for users
 * @strangers: how many may be connected of whom it is not known yet whose they are: what
 *	each of them costs is the device's memory, or the system's
 * @open: a messenger begins: @fd is made; nothing is listened on
 * @shut: it ends: no socket is left, and nothing is listened on. Also after a failed @open
 * @listen: begin to listen; fills in the port. Any thread
 * @unlisten: stop, at all addresses. Any thread
 * @accept: who waits: 0 with a socket, or with NULL: nobody; or a negative errno. It is
 *	used in @portal, the first
 * @connect: begin to connect; 0, or a negative errno. @ready will be called
 * @connected: has it come to something? 0: it is connected; -EAGAIN: not yet; another
 *	negative errno: it failed
 * @read: take in what there is: bytes; 0: the peer has written its last; a negative errno,
 *	-EAGAIN if there is nothing. Less than there is room for: there is no more
 * @write: bytes that were taken, all or some; a negative errno, -EAGAIN if there is no room
 * @unacked: bytes that were written and that the peer's end may not have yet
 * @watch: what it is waited for: bytes, or the end of them; room for bytes. 0 or a negative
 *	errno
 * @due: is there anything that it is watched for, and that no event will tell of?
 * @move: its portal is another from here on: it is watched for nothing
 * @local: our end's address; false: it has none
 * @close: hang up; what was written goes to the peer, if that is there
 */
struct cxio_socket_ops {
	const char *name;
	u32 strangers;
	int (*open)(struct cxio_socket_net *n);
	void (*shut)(struct cxio_socket_net *n);
	int (*listen)(struct cxio_socket_net *n, struct sockaddr_storage *addr);
	void (*unlisten)(struct cxio_socket_net *n);
	int (*accept)(struct cxio_socket_net *n, struct cxio_portal *portal,
		      struct cxio_socket **to, struct sockaddr_storage *from);
	int (*connect)(struct cxio_socket_net *n, struct cxio_portal *portal,
		       const struct sockaddr *to, struct cxio_socket **socket);
	int (*connected)(struct cxio_socket *s);
	ssize_t (*read)(struct cxio_socket *s, struct iovec *iov, u32 iovs);
	ssize_t (*write)(struct cxio_socket *s, struct iovec *iov, u32 iovs);
	u64 (*unacked)(struct cxio_socket *s);
	int (*watch)(struct cxio_socket *s, bool in, bool out);
	bool (*due)(const struct cxio_socket *s);
	void (*move)(struct cxio_socket *s, struct cxio_portal *to);
	bool (*local)(const struct cxio_socket *s, struct sockaddr_storage *addr);
	void (*close)(struct cxio_socket *s);
};

extern const struct cxio_socket_ops cxio_socket_tcp;
extern const struct cxio_socket_ops cxio_socket_rdma;
extern const struct cxio_socket_ops cxio_socket_rdma_cm;

#endif /* CXIO_SOCKET_H */
