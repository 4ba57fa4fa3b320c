// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzer: private data. What is accepted must be within the bounds that the rest
 * of the core relies on.
 *
 * Input: a mode byte, then what the CM hands over.
 */
#include <stdlib.h>

#include "craft.h"
#include "hello.h"

/* Mode bits. */
enum {
	REFUSAL = 1,		/* decode a refusal, not a hello */
	FIX_PREFIX = 2,		/* magic, length, versions and layout are made right */
	FEATURES = 4,		/* we require a feature */
};

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void demand(bool ok)
{
	if (!ok)
		abort();
}

static void check_hello(const u8 *area, u32 len, bool features)
{
	struct cxio_limits ours;
	struct cxio_agreed a;
	enum cxio_fault fault;

	cxio_limits_default(&ours);
	ours.supported = features ? 3 : 0;
	ours.required = features;
	fault = cxio_hello_decode(&ours, area, len, &a);
	demand(fault <= CXIO_FAULT_HELLO_WINDOW_BYTES);
	if (fault)
		return;
	demand(len >= sizeof(struct cxio_wire_hello));
	demand(a.version <= CXIO_WIRE_VERSION_MAX);
	demand(!(a.features & ~ours.supported) && !(ours.required & ~a.features));
	demand(a.frame_max >= CXIO_RECV_SIZE_MIN && a.frame_max <= ours.send_size);
	demand(a.peer_recv_depth >= CXIO_RECV_DEPTH_MIN &&
	       a.peer_recv_depth <= CXIO_RECV_DEPTH_MAX);
	demand(a.peer_read_depth > 0);
	demand(a.peer_window_msgs >= CXIO_WINDOW_MSGS_MIN &&
	       a.peer_window_msgs <= CXIO_WINDOW_MSGS_MAX);
	demand(a.peer_window_bytes >= CXIO_WINDOW_BYTES_MIN &&
	       a.peer_window_bytes <= CXIO_WINDOW_BYTES_MAX);
}

static void check_refusal(const u8 *area, u32 len)
{
	struct cxio_refusal r;

	if (!cxio_refusal_decode(area, len, &r))
		return;
	demand(len >= sizeof(struct cxio_wire_refusal));
	demand(cxio_fault_text(r.reason) != NULL);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u32 len = (u32)size - 1;
	u8 *area;

	if (!size || size > 300)
		return 0;
	area = malloc(len + !len);
	if (!area)
		return 0;
	memcpy(area, data + 1, len);
	if (data[0] & FIX_PREFIX && len >= CXIO_WIRE_HELLO_PREFIX) {
		put_le(area, 4, CXIO_WIRE_MAGIC);
		put_le(area + 4, 4, (data[0] & REFUSAL ? 16 : 44) | CXIO_WIRE_VERSION_MIN << 8 |
		       CXIO_WIRE_VERSION_MAX << 16);
		put_le(area + 8, 4, CXIO_WIRE_LAYOUT);
	}
	if (data[0] & REFUSAL)
		check_refusal(area, len);
	else
		check_hello(area, len, data[0] & FEATURES);
	free(area);
	return 0;
}
