/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libcephxio: Ceph messages over RDMA.
 *
 * A messenger has connections; connections carry messages, in order, both ways;
 * a dispatcher is told what arrives. All callbacks run in the messenger's portal
 * thread, one at a time, and must not block. All functions may be called from
 * any thread and from callbacks, but for cxio_messenger_wait() and _destroy().
 */
#ifndef CEPHXIO_H
#define CEPHXIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cxio_messenger;
struct cxio_connection;
struct cxio_message;

/**
 * struct cxio_end - why a connection ended
 * @fault: 0 for an orderly end, else a number of enum cxio_fault
 * @by_peer: the peer said so; else this side found out
 * @was_open: the connection had been established
 * @text: one line in words, valid during the callback
 */
struct cxio_end {
	unsigned int fault;
	bool by_peer;
	bool was_open;
	const char *text;
};

/**
 * struct cxio_dispatcher - the application's upper edge
 * @opened: a connection is established; @accepted: the peer began it
 * @dispatch: a message arrived whole; the callee owns the reference
 * @closed: a connection ended or could not be established; told exactly once
 * @refused: a peer's request was refused, with the reason in words
 * @arg: handed to each
 *
 * Any callback may be NULL.
 */
struct cxio_dispatcher {
	void (*opened)(void *arg, struct cxio_connection *c, bool accepted);
	void (*dispatch)(void *arg, struct cxio_connection *c, struct cxio_message *m);
	void (*closed)(void *arg, struct cxio_connection *c, const struct cxio_end *end);
	void (*refused)(void *arg, const struct sockaddr *peer, const char *text);
	void *arg;
};

/**
 * struct cxio_connection_stats - what a connection has done, all counts
 * @frames_sent: frames
 * @frames_received: frames
 * @msgs_sent: messages
 * @msgs_received: messages
 * @bytes_sent: payload bytes
 * @bytes_received: payload bytes
 * @grants_sent: frames that were nothing but a grant or an ack
 * @credit_stalls: times a message waited for a frame credit
 * @window_stalls: times a message waited for the message window
 * @crc_failures: frames or messages with a wrong CRC
 */
struct cxio_connection_stats {
	uint64_t frames_sent;
	uint64_t frames_received;
	uint64_t msgs_sent;
	uint64_t msgs_received;
	uint64_t bytes_sent;
	uint64_t bytes_received;
	uint64_t grants_sent;
	uint64_t credit_stalls;
	uint64_t window_stalls;
	uint64_t crc_failures;
};

/**
 * cxio_messenger_create() - make a messenger on the RDMA transport
 * @dispatcher: copied
 *
 * Return: the messenger, or NULL with errno: ENODEV if the RDMA connection
 * manager is not there (module rdma_ucm), ENOMEM, EMFILE.
 */
struct cxio_messenger *cxio_messenger_create(const struct cxio_dispatcher *dispatcher);

/**
 * cxio_messenger_bind() - listen on an address
 * @m: a messenger, before or after start
 * @addr: IPv4 or IPv6; port 0 picks one
 * @len: bytes of @addr
 *
 * Return: 0, or a negative errno: -EADDRINUSE, -EADDRNOTAVAIL, -ENODEV.
 */
int cxio_messenger_bind(struct cxio_messenger *m, const struct sockaddr *addr, socklen_t len);

/**
 * cxio_messenger_port() - the port listened on
 * @m: a bound messenger
 *
 * Return: the port of the first address bound, or 0.
 */
uint16_t cxio_messenger_port(struct cxio_messenger *m);

/**
 * cxio_messenger_start() - start the portal thread
 * @m: a messenger
 *
 * Return: 0, or a negative errno.
 */
int cxio_messenger_start(struct cxio_messenger *m);

/**
 * cxio_messenger_shutdown() - stop listening, end all connections
 * @m: a messenger; returns at once, may be called again
 */
void cxio_messenger_shutdown(struct cxio_messenger *m);

/**
 * cxio_messenger_wait() - wait until the messenger has shut down
 * @m: a started messenger; not from a callback
 */
void cxio_messenger_wait(struct cxio_messenger *m);

/**
 * cxio_messenger_destroy() - shut down, wait, free
 * @m: a messenger or NULL; connections still referenced stay readable
 */
void cxio_messenger_destroy(struct cxio_messenger *m);

/**
 * cxio_messenger_connect() - begin a connection
 * @m: a started messenger
 * @addr: the peer's address
 * @len: bytes of @addr
 *
 * Messages may be sent at once: they wait. Success and failure are told through
 * the dispatcher.
 *
 * Return: a reference to put, or NULL with errno.
 */
struct cxio_connection *cxio_messenger_connect(struct cxio_messenger *m,
					       const struct sockaddr *addr, socklen_t len);

/**
 * cxio_connection_send() - send a message
 * @c: a connection
 * @m: the reference passes to the library, also on failure
 *
 * A message is sent over one connection at a time. One longer than the peer's
 * window ends the connection.
 *
 * Return: 0, or -ENOTCONN if the connection ended.
 */
int cxio_connection_send(struct cxio_connection *c, struct cxio_message *m);

/**
 * cxio_connection_close() - end in order: what is queued goes first
 * @c: a connection; told through the dispatcher when done
 */
void cxio_connection_close(struct cxio_connection *c);

struct cxio_connection *cxio_connection_get(struct cxio_connection *c);
void cxio_connection_put(struct cxio_connection *c);

/**
 * cxio_connection_peer() - the peer's address
 * @c: a connection
 * @buf: gets "10.0.0.1:7000" or "[fd00::1]:7000"
 * @size: bytes of @buf
 */
void cxio_connection_peer(struct cxio_connection *c, char *buf, size_t size);

/**
 * cxio_connection_stats() - a snapshot of the counts
 * @c: a connection, open or ended
 * @stats: filled
 */
void cxio_connection_stats(struct cxio_connection *c, struct cxio_connection_stats *stats);

/**
 * cxio_connection_set_private() - keep a pointer of the application's
 * @c: a connection
 * @p: the pointer
 */
void cxio_connection_set_private(struct cxio_connection *c, void *p);
void *cxio_connection_private(struct cxio_connection *c);

/**
 * cxio_message_new() - make a message with a front and a middle of its own
 * @type: Ceph's message type
 * @tid: transaction
 * @front_len: bytes of front, zeroed
 * @middle_len: bytes of middle, zeroed
 *
 * Return: a reference, or NULL with errno ENOMEM or EMSGSIZE.
 */
struct cxio_message *cxio_message_new(uint16_t type, uint64_t tid, size_t front_len,
				      size_t middle_len);

/**
 * cxio_message_add_data() - append a fragment to a message's data
 * @m: a message not sent yet
 * @p: stays the caller's and must not change until the message is freed
 * @len: bytes
 *
 * Return: 0, -ENOMEM, -EMSGSIZE beyond 64 MiB, -EINVAL for a received message.
 */
int cxio_message_add_data(struct cxio_message *m, const void *p, size_t len);

/**
 * cxio_message_on_free() - be told when the message and its fragments are no longer used
 * @m: a message
 * @fn: called once, in whatever thread drops the last reference
 * @arg: handed to @fn
 */
void cxio_message_on_free(struct cxio_message *m, void (*fn)(void *arg), void *arg);

struct cxio_message *cxio_message_get(struct cxio_message *m);
void cxio_message_put(struct cxio_message *m);

uint16_t cxio_message_type(const struct cxio_message *m);
uint64_t cxio_message_tid(const struct cxio_message *m);
uint64_t cxio_message_seq(const struct cxio_message *m);
void *cxio_message_front(struct cxio_message *m, size_t *len);
void *cxio_message_middle(struct cxio_message *m, size_t *len);

/**
 * cxio_message_data() - the data of a received message, or its only fragment
 * @m: a message
 * @len: set to the bytes
 *
 * Return: the bytes, or NULL if there are none or they are in several fragments.
 */
const void *cxio_message_data(struct cxio_message *m, size_t *len);

/**
 * cxio_fault_text() - a fault in words
 * @fault: a number of struct cxio_end, or one read from the wire
 *
 * Return: a constant string.
 */
const char *cxio_fault_text(uint32_t fault);

/**
 * cxio_version() - the library's version
 *
 * Return: a constant string, "0.1.0".
 */
const char *cxio_version(void);

/**
 * cxio_live_objects() - objects of the library that exist now
 * @messages: set to the number of messages, if not NULL
 * @connections: set to the number of connections, if not NULL
 * @regions: set to the number of registered memory regions, if not NULL
 *
 * Return: their sum; zero when all has been given back.
 */
unsigned long cxio_live_objects(unsigned long *messages, unsigned long *connections,
				unsigned long *regions);

#ifdef __cplusplus
}
#endif

#endif /* CEPHXIO_H */
