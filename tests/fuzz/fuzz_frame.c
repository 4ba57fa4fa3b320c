// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzer: one frame header, one message header. What is accepted must be the one
 * encoding of what it says: encoded again, it is the same bytes.
 *
 * Input: a byte of FIX_* bits (craft.h), then the frame. libFuzzer's buffer ends
 * where the frame does, so a read beyond it shows.
 */
#include <stdlib.h>

#include "craft.h"
#include "msgr1.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void check_frame(const u8 *buf, u32 len)
{
	u8 again[8192];
	struct cxio_frame f;
	enum cxio_fault fault = cxio_frame_decode(buf, len, &f);

	if (!cxio_fault_text(fault))
		abort();
	if (fault)
		return;
	if (len < CXIO_FRAME_HEADER || f.body_len != len - CXIO_FRAME_HEADER)
		abort();
	memcpy(again, buf, len);
	memset(again, 0, CXIO_FRAME_HEADER);
	cxio_frame_encode(&f, again);
	if (memcmp(again, buf, len))
		abort();
}

static void check_message(const u8 *buf, u32 len)
{
	u8 again[CXIO_MSG_HEADER];
	struct cxio_msg_header h;

	if (cxio_msg_header_decode(buf, len, &h))
		return;
	if (h.len[CXIO_FRONT] > CXIO_FRONT_MAX || h.len[CXIO_MIDDLE] > CXIO_MIDDLE_MAX ||
	    h.len[CXIO_DATA] > CXIO_DATA_MAX)
		abort();
	cxio_msg_header_encode(&h, again);
	if (memcmp(again, buf, sizeof(again)))
		abort();
}

static void check(const u8 *buf, u32 len)
{
	check_frame(buf, len);
	if (len >= CXIO_FRAME_HEADER)
		check_message(buf + CXIO_FRAME_HEADER, len - CXIO_FRAME_HEADER);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct craft c;
	u8 *exact;

	if (!size || size > 4096)
		return 0;
	if (!(data[0] & FIX_ALL)) {
		check(data + 1, (u32)size - 1);
		return 0;
	}
	c.len = (u32)size - 1;
	memcpy(c.buf, data + 1, c.len);
	if (c.len >= F_SIZE)
		craft_fix(&c, data[0]);
	exact = malloc(c.len + 1);
	if (!exact)
		return 0;
	memcpy(exact + 1, c.buf, c.len);
	check(exact + 1, c.len);
	free(exact);
	return 0;
}
