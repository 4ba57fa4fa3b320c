// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The words for every fault.
 */
#include "fault.h"

static const char *const fault_texts[CXIO_FAULT_END] = {
	[CXIO_FAULT_NONE] = "closed in order",
	[CXIO_FAULT_HELLO_SHORT] = "private data: shorter than a hello",
	[CXIO_FAULT_HELLO_MAGIC] = "private data: wrong magic, the peer speaks another protocol",
	[CXIO_FAULT_HELLO_LENGTH] = "private data: length field out of range",
	[CXIO_FAULT_HELLO_VERSION] = "private data: no common wire version",
	[CXIO_FAULT_HELLO_LAYOUT] = "private data: layout hash differs; build both sides alike",
	[CXIO_FAULT_HELLO_RESERVED] = "private data: reserved bits set",
	[CXIO_FAULT_HELLO_FEATURES] = "private data: a required feature is missing",
	[CXIO_FAULT_HELLO_RECV_SIZE] = "private data: recv_size out of range",
	[CXIO_FAULT_HELLO_RECV_DEPTH] = "private data: recv_depth out of range",
	[CXIO_FAULT_HELLO_READ_DEPTH] = "private data: read_depth out of range",
	[CXIO_FAULT_HELLO_WINDOW_MSGS] = "private data: window_msgs out of range",
	[CXIO_FAULT_HELLO_WINDOW_BYTES] = "private data: window_bytes out of range",
	[CXIO_FAULT_FRAME_SHORT] = "frame: shorter than a frame header",
	[CXIO_FAULT_FRAME_CRC] = "frame header: crc mismatch",
	[CXIO_FAULT_FRAME_TYPE] = "frame header: unknown type",
	[CXIO_FAULT_FRAME_FLAGS] = "frame header: flags not allowed for the type",
	[CXIO_FAULT_FRAME_RESERVED] = "frame header: reserved bits set",
	[CXIO_FAULT_FRAME_LENGTH] = "frame header: body_len does not match the bytes received",
	[CXIO_FAULT_FRAME_ACK] = "frame header: ack of a message never sent",
	[CXIO_FAULT_GRANT_FRAMES] = "frame header: grant_frames beyond the posted receives",
	[CXIO_FAULT_GRANT_MSGS] = "frame header: grant_msgs beyond the window",
	[CXIO_FAULT_GRANT_BYTES] = "frame header: grant_bytes beyond the window",
	[CXIO_FAULT_FRAME_CREDIT] = "frame: sent without a frame credit",
	[CXIO_FAULT_FRAME_LAST_CREDIT] = "frame: last credit used for more than a grant",
	[CXIO_FAULT_FRAME_AFTER_CLOSE] = "frame: more than a grant sent after close",
	[CXIO_FAULT_FRAME_BODY] = "control frame: wrong body length",
	[CXIO_FAULT_STAMP_NSEC] = "keepalive: nsec out of range",
	[CXIO_FAULT_CLOSE_RESERVED] = "close: reserved bits set",
	[CXIO_FAULT_MSG_OPEN] = "message: begun inside another message",
	[CXIO_FAULT_MORE_WITHOUT] = "message: continued but never begun",
	[CXIO_FAULT_MORE_EMPTY] = "message: continuation without a byte",
	[CXIO_FAULT_MSG_SHORT] = "message header: cut short",
	[CXIO_FAULT_MSG_HEADER_CRC] = "message header: crc mismatch",
	[CXIO_FAULT_MSG_RESERVED] = "message header: reserved bits set",
	[CXIO_FAULT_MSG_FRONT_LEN] = "message header: front_len out of range",
	[CXIO_FAULT_MSG_MIDDLE_LEN] = "message header: middle_len out of range",
	[CXIO_FAULT_MSG_DATA_LEN] = "message header: data_len out of range",
	[CXIO_FAULT_MSG_SEQ_GAP] = "message header: seq skips a message",
	[CXIO_FAULT_MSG_WINDOW_MSGS] = "message: begun outside the message window",
	[CXIO_FAULT_MSG_WINDOW_BYTES] = "message: payload larger than the message window",
	[CXIO_FAULT_MSG_TRAILING] = "message: bytes after the payload that are no footer",
	[CXIO_FAULT_MSG_LAST_EARLY] = "message: last flag before the end of the payload",
	[CXIO_FAULT_MSG_LAST_MISSING] = "message: footer without the last flag",
	[CXIO_FAULT_FOOTER_FLAGS] = "message footer: unknown flags",
	[CXIO_FAULT_FOOTER_INCOMPLETE] = "message footer: complete flag missing",
	[CXIO_FAULT_FOOTER_NOCRC] = "message footer: nocrc flag was not negotiated",
	[CXIO_FAULT_FOOTER_SIGNED] = "message footer: signature was not negotiated",
	[CXIO_FAULT_FRONT_CRC] = "message footer: front_crc mismatch",
	[CXIO_FAULT_MIDDLE_CRC] = "message footer: middle_crc mismatch",
	[CXIO_FAULT_DATA_CRC] = "message footer: data_crc mismatch",
	[CXIO_FAULT_KEEPALIVE] = "keepalive expired: nothing heard from the peer",
	[CXIO_FAULT_NO_MEMORY] = "out of memory",
	[CXIO_FAULT_SHUTDOWN] = "messenger shut down",
	[CXIO_FAULT_DEVICE] = "RDMA device removed",
	[CXIO_FAULT_TRANSPORT] = "transport error",
	[CXIO_FAULT_TOO_MANY] = "too many connections",
	[CXIO_FAULT_UNREACHABLE] = "address unreachable by RDMA; see 'rdma link' and 'ip route'",
	[CXIO_FAULT_REFUSED] = "connection refused: is a server listening there?",
	[CXIO_FAULT_TIMEOUT] = "no answer in time",
	[CXIO_FAULT_PEER_GONE] = "peer went away without a word",
	[CXIO_FAULT_NO_DEVICE] = "no RDMA device for that address; see 'rdma link'",
};

/**
 * cxio_fault_text() - a fault in words
 * @fault: any number, also one read from the wire
 *
 * Context: any. Return: a constant string, never NULL.
 */
const char *cxio_fault_text(u32 fault)
{
	if (fault >= CXIO_FAULT_END || !fault_texts[fault])
		return "unknown reason";
	return fault_texts[fault];
}
