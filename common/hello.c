// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Private data: offer, check, agree, refuse.
 */
#include "hello.h"

/**
 * cxio_limits_default() - what a side offers if nobody says otherwise
 * @l: filled
 */
void cxio_limits_default(struct cxio_limits *l)
{
	memset(l, 0, sizeof(*l));
	l->recv_size = CXIO_DEFAULT_FRAME_SIZE;
	l->send_size = CXIO_DEFAULT_FRAME_SIZE;
	l->recv_depth = CXIO_DEFAULT_RECV_DEPTH;
	l->read_depth = CXIO_DEFAULT_READ_DEPTH;
	l->window_msgs = CXIO_DEFAULT_WINDOW_MSGS;
	l->window_bytes = CXIO_DEFAULT_WINDOW_BYTES;
}

/**
 * cxio_limits_exceeded() - does a peer that comes back still have too much with us?
 * @l: what we offer
 * @msgs: messages of its former connections that are not freed
 * @bytes: what they took of their windows
 *
 * It gets a window beside them, but never a third: what it can make us hold is two.
 *
 * Return: true if so: it is not let in.
 */
bool cxio_limits_exceeded(const struct cxio_limits *l, u32 msgs, u64 bytes)
{
	return msgs > l->window_msgs || bytes > l->window_bytes;
}

/**
 * cxio_hello_encode() - write the private data of a request or reply
 * @ours: what we offer
 * @agreed: NULL in a request; in a reply what was agreed, whose version is named
 * @hello: filled
 *
 * Return: bytes.
 */
u32 cxio_hello_encode(const struct cxio_limits *ours, const struct cxio_agreed *agreed,
		      struct cxio_wire_hello *hello)
{
	memset(hello, 0, sizeof(*hello));
	hello->magic = cpu_to_le32(CXIO_WIRE_MAGIC);
	hello->length = (u8)sizeof(*hello);
	hello->version_min = agreed ? agreed->version : CXIO_WIRE_VERSION_MIN;
	hello->version_max = agreed ? agreed->version : CXIO_WIRE_VERSION_MAX;
	hello->layout = cpu_to_le32(CXIO_WIRE_LAYOUT);
	hello->recv_size = cpu_to_le32(ours->recv_size);
	hello->supported = cpu_to_le64(ours->supported);
	hello->required = cpu_to_le64(ours->required);
	hello->recv_depth = cpu_to_le16(ours->recv_depth);
	hello->read_depth = ours->read_depth;
	hello->window_msgs = cpu_to_le32(ours->window_msgs);
	hello->window_bytes = cpu_to_le32(ours->window_bytes);
	return (u32)sizeof(*hello);
}

static bool out_of_range(u32 value, u32 min, u32 max)
{
	return value < min || value > max;
}

static enum cxio_fault check_offer(const struct cxio_wire_hello *h)
{
	if (out_of_range(le32_to_cpu(h->recv_size), CXIO_RECV_SIZE_MIN, CXIO_RECV_SIZE_MAX))
		return CXIO_FAULT_HELLO_RECV_SIZE;
	if (out_of_range(le16_to_cpu(h->recv_depth), CXIO_RECV_DEPTH_MIN, CXIO_RECV_DEPTH_MAX))
		return CXIO_FAULT_HELLO_RECV_DEPTH;
	if (!h->read_depth)
		return CXIO_FAULT_HELLO_READ_DEPTH;
	if (out_of_range(le32_to_cpu(h->window_msgs), CXIO_WINDOW_MSGS_MIN,
			 CXIO_WINDOW_MSGS_MAX))
		return CXIO_FAULT_HELLO_WINDOW_MSGS;
	if (out_of_range(le32_to_cpu(h->window_bytes), CXIO_WINDOW_BYTES_MIN,
			 CXIO_WINDOW_BYTES_MAX))
		return CXIO_FAULT_HELLO_WINDOW_BYTES;
	return CXIO_FAULT_NONE;
}

/* The newest version in both ranges. */
static bool common_version(u32 our_min, u32 our_max, const struct cxio_wire_hello *h, u8 *version)
{
	u32 oldest = h->version_min > our_min ? h->version_min : our_min;
	u32 newest = h->version_max < our_max ? h->version_max : our_max;

	*version = (u8)newest;
	return h->version_min <= h->version_max && oldest <= newest;
}

/**
 * cxio_hello_decode() - check a peer's private data and agree with it
 * @ours: what we offer
 * @area: what the CM handed over; may be longer than what the peer sent
 * @len: bytes of it; I1: nothing beyond is read
 * @agreed: filled when the result is CXIO_FAULT_NONE
 *
 * The same check serves both sides: a reply is an offer of one version.
 *
 * Return: the first fault found, which is also the reason of a refusal.
 */
enum cxio_fault cxio_hello_decode(const struct cxio_limits *ours, const void *area, u32 len,
				  struct cxio_agreed *agreed)
{
	const struct cxio_wire_hello *h = area;
	enum cxio_fault fault;
	u32 peer_size;

	memset(agreed, 0, sizeof(*agreed));
	if (!area || len < CXIO_WIRE_HELLO_PREFIX)
		return CXIO_FAULT_HELLO_SHORT;
	if (le32_to_cpu(h->magic) != CXIO_WIRE_MAGIC)
		return CXIO_FAULT_HELLO_MAGIC;
	if (!common_version(CXIO_WIRE_VERSION_MIN, CXIO_WIRE_VERSION_MAX, h, &agreed->version))
		return CXIO_FAULT_HELLO_VERSION;
	if (le32_to_cpu(h->layout) != CXIO_WIRE_LAYOUT)
		return CXIO_FAULT_HELLO_LAYOUT;
	if (len < sizeof(*h))
		return CXIO_FAULT_HELLO_SHORT;
	if (h->length != sizeof(*h))
		return CXIO_FAULT_HELLO_LENGTH;
	if (h->reserved0 || h->reserved1)
		return CXIO_FAULT_HELLO_RESERVED;
	if ((le64_to_cpu(h->required) & ~ours->supported) ||
	    (ours->required & ~le64_to_cpu(h->supported)))
		return CXIO_FAULT_HELLO_FEATURES;
	fault = check_offer(h);
	if (fault)
		return fault;

	peer_size = le32_to_cpu(h->recv_size);
	agreed->features = ours->supported & le64_to_cpu(h->supported);
	agreed->frame_max = ours->send_size < peer_size ? ours->send_size : peer_size;
	agreed->peer_recv_depth = le16_to_cpu(h->recv_depth);
	agreed->peer_read_depth = h->read_depth;
	agreed->peer_window_msgs = le32_to_cpu(h->window_msgs);
	agreed->peer_window_bytes = le32_to_cpu(h->window_bytes);
	return CXIO_FAULT_NONE;
}

/**
 * cxio_refusal_encode() - write the private data of a reject
 * @reason: enum cxio_fault
 * @refusal: filled
 *
 * Return: bytes.
 */
u32 cxio_refusal_encode(u16 reason, struct cxio_wire_refusal *refusal)
{
	memset(refusal, 0, sizeof(*refusal));
	refusal->magic = cpu_to_le32(CXIO_WIRE_MAGIC);
	refusal->length = (u8)sizeof(*refusal);
	refusal->version_min = CXIO_WIRE_VERSION_MIN;
	refusal->version_max = CXIO_WIRE_VERSION_MAX;
	refusal->layout = cpu_to_le32(CXIO_WIRE_LAYOUT);
	refusal->reason = cpu_to_le16(reason);
	return (u32)sizeof(*refusal);
}

/**
 * cxio_refusal_decode() - read the private data of a reject
 * @area: what the CM handed over, perhaps padded
 * @len: bytes of it
 * @refusal: filled when the result is true
 *
 * Return: false if it is none of ours: then nobody of our kind refused.
 */
bool cxio_refusal_decode(const void *area, u32 len, struct cxio_refusal *refusal)
{
	const struct cxio_wire_refusal *w = area;

	if (!area || len < sizeof(*w) || le32_to_cpu(w->magic) != CXIO_WIRE_MAGIC ||
	    w->length != sizeof(*w) || w->reserved0 || w->reserved1)
		return false;
	refusal->reason = le16_to_cpu(w->reason);
	refusal->version_min = w->version_min;
	refusal->version_max = w->version_max;
	refusal->layout = le32_to_cpu(w->layout);
	return true;
}
