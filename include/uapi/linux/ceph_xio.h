/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Control interface of ceph_xio.ko: a generic netlink family.
 *
 * Addresses are struct sockaddr_in or sockaddr_in6 with the port, in the network
 * namespace of the socket. Errors come with a text and name the attribute that is wrong
 * or missing (extended acknowledgment).
 */
#ifndef _UAPI_LINUX_CEPH_XIO_H
#define _UAPI_LINUX_CEPH_XIO_H

#define CEPH_XIO_GENL_NAME	"ceph_xio"
#define CEPH_XIO_GENL_VERSION	1
#define CEPH_XIO_GENL_EVENTS	"events"

/**
 * enum ceph_xio_cmd - commands and events
 * @CEPH_XIO_CMD_UNSPEC: none
 * @CEPH_XIO_CMD_LISTEN: listen on ADDR; every message that comes in goes back
 * @CEPH_XIO_CMD_UNLISTEN: listen no more on ADDR, or on any without ADDR
 * @CEPH_XIO_CMD_CONNECT: begin a connection to ADDR; answers with CONNECTION
 * @CEPH_XIO_CMD_SEND: send over CONNECTION the file FD, or MSGS messages of DSIZE
 *	bytes, DEPTH at once, to a peer that echoes; EVENT_DONE tells the result
 * @CEPH_XIO_CMD_CLOSE: end CONNECTION, what is queued first
 * @CEPH_XIO_CMD_GET_CONNECTION: CONNECTION, or a dump of all
 * @CEPH_XIO_CMD_GET_OBJECTS: objects of the module that exist now
 * @CEPH_XIO_EVENT_OPENED: CONNECTION is established
 * @CEPH_XIO_EVENT_CLOSED: CONNECTION ended, with FAULT, BY_PEER and TEXT
 * @CEPH_XIO_EVENT_DONE: a SEND came to its end
 * @CEPH_XIO_CMD_GET_MESSENGER: dump: the messenger of the namespace
 * @CEPH_XIO_CMD_GET_LISTENER: dump of the addresses listened on
 * @CEPH_XIO_CMD_GET_PORTAL: dump of RDMA devices, and of who uses their completion queues
 * @CEPH_XIO_CMD_GET_ENDED: dump of the last connections that ended, with their last error
 * @CEPH_XIO_EVENT_UNLISTENED: nobody listens on ADDR any more, with FAULT and TEXT
 * @CEPH_XIO_EVENT_DEVICE_REMOVED: DEVICE is gone, and CARRIERS were lost with it
 * @CEPH_XIO_CMD_GET_STREAM: dump of the byte streams that other modules carry over RDMA
 * @CEPH_XIO_CMD_GET_STREAM_TOTALS: what all of these in the namespace came to, ever
 * @__CEPH_XIO_CMD_MAX: end of the list
 */
enum ceph_xio_cmd {
	CEPH_XIO_CMD_UNSPEC,
	CEPH_XIO_CMD_LISTEN,
	CEPH_XIO_CMD_UNLISTEN,
	CEPH_XIO_CMD_CONNECT,
	CEPH_XIO_CMD_SEND,
	CEPH_XIO_CMD_CLOSE,
	CEPH_XIO_CMD_GET_CONNECTION,
	CEPH_XIO_CMD_GET_OBJECTS,
	CEPH_XIO_EVENT_OPENED,
	CEPH_XIO_EVENT_CLOSED,
	CEPH_XIO_EVENT_DONE,
	CEPH_XIO_CMD_GET_MESSENGER,
	CEPH_XIO_CMD_GET_LISTENER,
	CEPH_XIO_CMD_GET_PORTAL,
	CEPH_XIO_CMD_GET_ENDED,
	CEPH_XIO_EVENT_UNLISTENED,
	CEPH_XIO_EVENT_DEVICE_REMOVED,
	CEPH_XIO_CMD_GET_STREAM,
	CEPH_XIO_CMD_GET_STREAM_TOTALS,
	__CEPH_XIO_CMD_MAX
};

/**
 * enum ceph_xio_attr - attributes
 * @CEPH_XIO_A_UNSPEC: none
 * @CEPH_XIO_A_ADDR: binary, struct sockaddr_in or sockaddr_in6
 * @CEPH_XIO_A_CONNECTION: u32, number of a connection
 * @CEPH_XIO_A_FD: u32, a regular file open for reading in the caller
 * @CEPH_XIO_A_MSGS: u64, messages
 * @CEPH_XIO_A_DSIZE: u32, data bytes of each
 * @CEPH_XIO_A_DEPTH: u32, messages under way at once
 * @CEPH_XIO_A_FAULT: u32, 0 or a number of the wire format's list
 * @CEPH_XIO_A_BY_PEER: flag, the peer said so
 * @CEPH_XIO_A_TEXT: string, the fault in words
 * @CEPH_XIO_A_STATE: string, state of the connection
 * @CEPH_XIO_A_ACCEPTED: flag, the peer began the connection
 * @CEPH_XIO_A_MSGS_SENT: u64, messages
 * @CEPH_XIO_A_MSGS_RECEIVED: u64, messages
 * @CEPH_XIO_A_BYTES_SENT: u64, bytes of payload
 * @CEPH_XIO_A_BYTES_RECEIVED: u64, bytes of payload
 * @CEPH_XIO_A_FRAMES_SENT: u64, frames
 * @CEPH_XIO_A_FRAMES_RECEIVED: u64, frames
 * @CEPH_XIO_A_ACK_FRAMES: u64, frames sent that were nothing but ack and grant
 * @CEPH_XIO_A_CREDIT_STALLS: u64, times a message waited for a frame credit
 * @CEPH_XIO_A_WINDOW_STALLS: u64, times a message waited for the message window
 * @CEPH_XIO_A_CRC_FAILURES: u64, frames or messages with a wrong CRC
 * @CEPH_XIO_A_P50_NS: u64, median round trip
 * @CEPH_XIO_A_P99_NS: u64, 99th percentile
 * @CEPH_XIO_A_MAX_NS: u64, longest round trip
 * @CEPH_XIO_A_SHA256_SENT: binary, 32 bytes
 * @CEPH_XIO_A_SHA256_ECHO: binary, 32 bytes
 * @CEPH_XIO_A_BYTES_DONE: u64, data bytes echoed
 * @CEPH_XIO_A_BYTES_TOTAL: u64, data bytes of the whole transfer
 * @CEPH_XIO_A_OBJ_MESSAGES: u64, messages in memory
 * @CEPH_XIO_A_OBJ_CONNECTIONS: u64, connections in memory
 * @CEPH_XIO_A_OBJ_FRAMES: u64, frame buffers
 * @CEPH_XIO_A_OBJ_REGIONS: u64, memory regions and queue pairs of devices
 * @CEPH_XIO_A_PAD: alignment
 * @CEPH_XIO_A_LOSSLESS: flag, the session survives the loss of a queue pair: with LISTEN
 *	those that peers begin, with CONNECT this one, if the peer agrees
 * @CEPH_XIO_A_OBJ_CARRIERS: u64, queue pairs' owners
 * @CEPH_XIO_A_SENT_INLINE: u64, messages sent in one frame
 * @CEPH_XIO_A_SENT_CHAINED: u64, messages sent in several
 * @CEPH_XIO_A_SENT_RENDEZVOUS: u64, messages sent whose data the peer reads
 * @CEPH_XIO_A_READS: u64, READs of the peer's memory
 * @CEPH_XIO_A_DUPLICATES: u64, messages dropped because they had been received before
 * @CEPH_XIO_A_AGE_NS: u64, how long ago it ended
 * @CEPH_XIO_A_DEVICE: string, RDMA device
 * @CEPH_XIO_A_VECTORS: u32, completion vectors it has
 * @CEPH_XIO_A_CONNECTIONS: u32, connections now
 * @CEPH_XIO_A_ACCEPTED_NOW: u32, connections that peers began, now
 * @CEPH_XIO_A_ACCEPTED_MAX: u32, and how many there may be
 * @CEPH_XIO_A_LISTENERS: u32, addresses listened on
 * @CEPH_XIO_A_NETNS_COOKIE: u64, the network namespace
 * @CEPH_XIO_A_OPENED_TOTAL: u64, connections that were established, ever
 * @CEPH_XIO_A_ENDED_TOTAL: u64, connections that ended, ever
 * @CEPH_XIO_A_FAULT_TOTAL: u64, of these, those that ended with a fault
 * @CEPH_XIO_A_CARRIERS: u32, queue pairs' owners, on a device
 * @CEPH_XIO_A_SECRET_NAME: string, with LISTEN and CONNECT: peers must know the secret in
 *	the key "ceph_xio:" and this, of type logon or user, in the caller's keyrings
 * @CEPH_XIO_A_SIGNING: u32, with SECRET_NAME: messages are signed: 0 if the peer can, too;
 *	1 never; 2 always. Without it: 0
 * @CEPH_XIO_A_AUTHENTICATED: flag, the peer has proven that it knows the secret
 * @CEPH_XIO_A_SIGNED: flag, messages are signed
 * @CEPH_XIO_A_SENT_SINK: u64, replies whose data was written to where the request asked for
 * @CEPH_XIO_A_SINK: flag, with SEND: memory is offered that the data of each echo may be
 *	written to
 * @CEPH_XIO_A_RECEIVED_SINK: u64, replies whose data was written to memory that was offered
 * @CEPH_XIO_A_STREAM: u32, number of a stream
 * @CEPH_XIO_A_BY_CM: flag, RDMA CM has connected it, not an exchange over TCP
 * @CEPH_XIO_A_SLOT_SIZE: u32, bytes of each of its slots
 * @CEPH_XIO_A_SEND_SLOTS: u32, slots to send from
 * @CEPH_XIO_A_RECV_SLOTS: u32, slots to receive into
 * @CEPH_XIO_A_PORT: u32, of the device
 * @CEPH_XIO_A_GID: binary, 16 bytes, of this side
 * @CEPH_XIO_A_PEER_GID: binary, 16 bytes, of the other
 * @CEPH_XIO_A_PEER_MAC: binary, 6 bytes, where its packets go to; zero where the stream
 *	did not have to find out
 * @CEPH_XIO_A_HOP_LIMIT: u32, what its packets may pass
 * @CEPH_XIO_A_SEND_STALLS: u64, times that all slots to send from were on their way
 * @CEPH_XIO_A_RECV_STALLS: u64, times that all slots to receive into held bytes
 * @CEPH_XIO_A_BEGUN_TOTAL: u64, streams, ever
 * @CEPH_XIO_A_RNR_LOSSES: u64, of these, those that ended because the peer had no slot
 *	posted, and would not let us wait
 * @__CEPH_XIO_A_MAX: end of the list
 */
enum ceph_xio_attr {
	CEPH_XIO_A_UNSPEC,
	CEPH_XIO_A_ADDR,
	CEPH_XIO_A_CONNECTION,
	CEPH_XIO_A_FD,
	CEPH_XIO_A_MSGS,
	CEPH_XIO_A_DSIZE,
	CEPH_XIO_A_DEPTH,
	CEPH_XIO_A_FAULT,
	CEPH_XIO_A_BY_PEER,
	CEPH_XIO_A_TEXT,
	CEPH_XIO_A_STATE,
	CEPH_XIO_A_ACCEPTED,
	CEPH_XIO_A_MSGS_SENT,
	CEPH_XIO_A_MSGS_RECEIVED,
	CEPH_XIO_A_BYTES_SENT,
	CEPH_XIO_A_BYTES_RECEIVED,
	CEPH_XIO_A_FRAMES_SENT,
	CEPH_XIO_A_FRAMES_RECEIVED,
	CEPH_XIO_A_ACK_FRAMES,
	CEPH_XIO_A_CREDIT_STALLS,
	CEPH_XIO_A_WINDOW_STALLS,
	CEPH_XIO_A_CRC_FAILURES,
	CEPH_XIO_A_P50_NS,
	CEPH_XIO_A_P99_NS,
	CEPH_XIO_A_MAX_NS,
	CEPH_XIO_A_SHA256_SENT,
	CEPH_XIO_A_SHA256_ECHO,
	CEPH_XIO_A_BYTES_DONE,
	CEPH_XIO_A_BYTES_TOTAL,
	CEPH_XIO_A_OBJ_MESSAGES,
	CEPH_XIO_A_OBJ_CONNECTIONS,
	CEPH_XIO_A_OBJ_FRAMES,
	CEPH_XIO_A_OBJ_REGIONS,
	CEPH_XIO_A_PAD,
	CEPH_XIO_A_LOSSLESS,
	CEPH_XIO_A_OBJ_CARRIERS,
	CEPH_XIO_A_SENT_INLINE,
	CEPH_XIO_A_SENT_CHAINED,
	CEPH_XIO_A_SENT_RENDEZVOUS,
	CEPH_XIO_A_READS,
	CEPH_XIO_A_DUPLICATES,
	CEPH_XIO_A_AGE_NS,
	CEPH_XIO_A_DEVICE,
	CEPH_XIO_A_VECTORS,
	CEPH_XIO_A_CONNECTIONS,
	CEPH_XIO_A_ACCEPTED_NOW,
	CEPH_XIO_A_ACCEPTED_MAX,
	CEPH_XIO_A_LISTENERS,
	CEPH_XIO_A_NETNS_COOKIE,
	CEPH_XIO_A_OPENED_TOTAL,
	CEPH_XIO_A_ENDED_TOTAL,
	CEPH_XIO_A_FAULT_TOTAL,
	CEPH_XIO_A_CARRIERS,
	CEPH_XIO_A_SECRET_NAME,
	CEPH_XIO_A_SIGNING,
	CEPH_XIO_A_AUTHENTICATED,
	CEPH_XIO_A_SIGNED,
	CEPH_XIO_A_SENT_SINK,
	CEPH_XIO_A_SINK,
	CEPH_XIO_A_RECEIVED_SINK,
	CEPH_XIO_A_STREAM,
	CEPH_XIO_A_BY_CM,
	CEPH_XIO_A_SLOT_SIZE,
	CEPH_XIO_A_SEND_SLOTS,
	CEPH_XIO_A_RECV_SLOTS,
	CEPH_XIO_A_PORT,
	CEPH_XIO_A_GID,
	CEPH_XIO_A_PEER_GID,
	CEPH_XIO_A_PEER_MAC,
	CEPH_XIO_A_HOP_LIMIT,
	CEPH_XIO_A_SEND_STALLS,
	CEPH_XIO_A_RECV_STALLS,
	CEPH_XIO_A_BEGUN_TOTAL,
	CEPH_XIO_A_RNR_LOSSES,
	__CEPH_XIO_A_MAX
};

#define CEPH_XIO_A_MAX (__CEPH_XIO_A_MAX - 1)

#endif /* _UAPI_LINUX_CEPH_XIO_H */
