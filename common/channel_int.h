/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of a channel share, and nobody else uses.
 */
#ifndef CXIO_CHANNEL_INT_H
#define CXIO_CHANNEL_INT_H

#include "channel.h"

void cxio_cursor_open(struct cxio_cursor *c, const struct cxio_msg_header *h,
		      const struct cxio_carry *carry);
void cxio_cursor_lay_out(struct cxio_cursor *c, u32 frame_off, u32 room,
			 struct cxio_pieces *out);
void cxio_cursor_crc(struct cxio_cursor *c, const u8 *frame, const struct cxio_pieces *p,
		     bool data);
void cxio_channel_owe_ack(struct cxio_channel *s, u64 now);

#endif /* CXIO_CHANNEL_INT_H */
