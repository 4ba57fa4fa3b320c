/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Messages, and messages on their way.
 *
 * A message is what the application sees: header, front, middle, data. It is counted by
 * references, and free of any connection but the one it was received on.
 *
 * A struct cxio_xmsg is one message on its way over one connection: a copy of the
 * header, which gets a sequence number there, and how it travels. It is made by
 * cxio_connection_send(), owned by the connection's inbox and then its queue, and ends
 * when it is acknowledged or dropped, and no key to its memory is alive.
 *
 * A received message's last reference may go in any thread; it is pushed to its
 * connection, whose portal gives its window back and frees it (cxio_message_free()).
 * Once a connection is over, whoever drops the last reference frees it.
 */
#ifndef CXIO_MESSAGE_H
#define CXIO_MESSAGE_H

#include <sys/uio.h>

#include "cephxio.h"
#include "count.h"
#include "dispatch.h"
#include "memory.h"
#include "rendezvous.h"
#include "stack.h"

struct cxio_hook;
struct cxio_piece;
struct cxio_xmsg;

/**
 * struct cxio_fragment - a piece of a message's data
 * @base: first byte
 * @len: bytes
 * @memory: of a received message, what it lies in, with a reference; or NULL
 */
struct cxio_fragment {
	char *base;
	size_t len;
	struct cxio_memory *memory;
};

/**
 * struct cxio_message - a message
 * @refs: references
 * @event: in a dispatch queue, once received
 * @link: among those of its connection that wait to be dispatched in order
 * @header: Ceph's header
 * @segment: first bytes of front and middle; behind the struct, or blocks; NULL if none
 * @block: memory of front and middle that was too long to stand behind the struct
 * @data: fragments; a received message has at most one
 * @data_count: how many
 * @data_room: how many there is room for; 0: @data is &@one
 * @one: the first
 * @origin: connection it was received on, holding a reference, or NULL
 * @generation: of the origin's carrier it came on
 * @window: bytes it took of that one's window
 * @read_bytes: bytes that were read for it
 * @lent: any; how many xmsgs it is sent on by
 * @throttle: charged for it, or NULL
 * @charged: bytes: of its segments that have, or had, memory
 * @sink: memory it offered for the data of the reply; length 0: none
 * @twin: on a loopback: what was sent, whose data this has; or NULL
 * @slot: in the origin's stack of returned messages
 * @arrival: the transport's, until it is whole; or NULL
 * @on_free: see cxio_message_on_free()
 * @on_free_arg: likewise
 * @on_delivery: see cxio_message_on_delivery()
 * @on_delivery_arg: likewise
 */
struct cxio_message {
	atomic_uint refs;
	struct cxio_event event;
	struct cxio_link link;
	struct cxio_msg_header header;
	char *segment[CXIO_DATA];
	struct cxio_memory *block[CXIO_DATA];
	struct cxio_fragment *data;
	unsigned int data_count;
	unsigned int data_room;
	struct cxio_fragment one;
	struct cxio_connection *origin;
	u32 generation;
	u64 window;
	u64 read_bytes;
	atomic_uint lent;
	struct cxio_throttle *throttle;
	u64 charged;
	struct cxio_desc sink;
	struct cxio_xmsg *twin;
	struct cxio_slot slot;
	void *arrival;
	void (*on_free)(void *arg);
	void *on_free_arg;
	void (*on_delivery)(void *arg, struct cxio_message *m, enum cxio_delivery what);
	void *on_delivery_arg;
};

/**
 * enum cxio_outcome - what an xmsg's owner is to be told when its keys are dead
 * @CXIO_OUTCOME_OPEN: nothing yet
 * @CXIO_OUTCOME_ACKED: the peer has it
 * @CXIO_OUTCOME_DROPPED: it may have it or not
 */
enum cxio_outcome {
	CXIO_OUTCOME_OPEN,
	CXIO_OUTCOME_ACKED,
	CXIO_OUTCOME_DROPPED,
};

/**
 * struct cxio_xmsg - a message on its way over a connection
 * @slot: in the connection's inbox
 * @link: in its queue
 * @message: a reference
 * @header: as it goes on the wire; seq is 0 until it was begun once
 * @memory: what each fragment of the data lies in, with references, or NULL; as many as
 *	fragments, @memory_one if one. NULL if the data is short or was released
 * @memory_one: the first
 * @carry: how it travels on the present carrier
 * @planned: @carry is set for the present carrier
 * @begun: begun on the present carrier
 * @released: told
 * @keys: keys to its memory that are alive
 * @outcome: to be told with the last of them
 * @reply_generation: of the carrier its request came on, if that offered a sink; or 0
 * @reply_sink: descriptor of that sink
 * @hook: with a request: who waits for the reply, a reference; or NULL
 * @revoked: no peer will take it: it stays until that was told
 * @descs: its descriptors, as they stand on the wire; or NULL
 */
struct cxio_xmsg {
	struct cxio_slot slot;
	struct cxio_link link;
	struct cxio_message *message;
	struct cxio_msg_header header;
	struct cxio_memory **memory;
	struct cxio_memory *memory_one;
	struct cxio_carry carry;
	bool planned;
	bool begun;
	bool released;
	u32 keys;
	enum cxio_outcome outcome;
	u32 reply_generation;
	struct cxio_desc reply_sink;
	struct cxio_hook *hook;
	bool revoked;
	u8 *descs;
};

struct cxio_message *cxio_message_for(const struct cxio_msg_header *h, u8 placed,
				      struct cxio_connection *origin);
struct cxio_message *cxio_message_twin(struct cxio_xmsg *x, struct cxio_connection *origin);
bool cxio_message_place(struct cxio_message *m, u32 segment, struct cxio_memory *block);
char *cxio_message_bytes(struct cxio_message *m, u32 segment);
void cxio_message_write(struct cxio_message *m, const struct cxio_piece *p, const void *frame);
void cxio_message_free(struct cxio_message *m);
struct cxio_memory *cxio_message_block(const struct cxio_message *m, u32 segment);
void cxio_message_take_sink(struct cxio_message *m, struct cxio_memory *memory, void *base);

struct cxio_xmsg *cxio_xmsg_new(struct cxio_messenger *owner, struct cxio_message *m);
void cxio_xmsg_read(const struct cxio_xmsg *x, u32 segment, size_t offset, size_t len, void *to);
u32 cxio_xmsg_crc(const struct cxio_xmsg *x, u32 segment);
void cxio_xmsg_tell(struct cxio_xmsg *x, enum cxio_delivery what);
void cxio_xmsg_finish(struct cxio_xmsg *x, enum cxio_outcome outcome);
void cxio_xmsg_key_died(struct cxio_xmsg *x);

#endif /* CXIO_MESSAGE_H */
