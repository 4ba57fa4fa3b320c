/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Just enough of the protocol for a peer that keeps its rules until it breaks
 * one: hello, frames, grants, an echo, an orderly end.
 */
#ifndef RAW_PROTO_H
#define RAW_PROTO_H

#include "hello.h"
#include "msgr1.h"
#include "raw_verbs.h"

/* Payload of the messages we send: bytes of front, middle and data. */
#define RAW_FRONT	16u
#define RAW_MIDDLE	8u
#define RAW_DATA	100u
#define RAW_PAYLOAD	(RAW_FRONT + RAW_MIDDLE + RAW_DATA)

/**
 * struct frame - a frame to send
 * @buf: bytes
 * @len: how many
 */
struct frame {
	u8 buf[RAW_BUFFER];
	u32 len;
};

/**
 * struct peer - our end of a connection
 * @raw: the connection
 * @limit_ms: of every single wait
 * @offer: what we offered
 * @agreed: what the other side offered
 * @mute: return no frame credits: the other side falls silent
 * @hold: return no message window
 * @sent: frames we sent
 * @credits: cumulative frames the other side lets us send
 * @window: cumulative messages it lets us begin
 * @heard: frames received
 * @in_seq: last message received whole
 * @in_bytes: payload of all messages received whole
 * @frame: last frame received
 * @header: its header
 * @error: what went wrong, in words
 */
struct peer {
	struct raw raw;
	u32 limit_ms;
	struct cxio_limits offer;
	struct cxio_agreed agreed;
	bool mute;
	bool hold;
	u32 sent;
	u32 credits;
	u32 window;
	u32 heard;
	u64 in_seq;
	u32 in_bytes;
	struct frame frame;
	struct cxio_frame header;
	char error[200];
};

/**
 * enum heard - what peer_hear() heard
 * @HEARD_FRAME: a frame of the type asked for
 * @HEARD_CLOSE: CLOSE
 * @HEARD_END: the connection is over
 * @HEARD_NOTHING: neither in time
 * @HEARD_NONSENSE: a frame that breaks the rules
 */
enum heard {
	HEARD_FRAME,
	HEARD_CLOSE,
	HEARD_END,
	HEARD_NOTHING,
	HEARD_NONSENSE,
};

void peer_init(struct peer *p, u32 limit_ms);
u32 peer_hello(const struct peer *p, bool reply, u8 *data);
bool peer_connect(struct peer *p, const struct sockaddr *to);
bool peer_agree(struct peer *p);
bool peer_fail(struct peer *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

void frame_control(struct peer *p, struct frame *f, u8 type);
void frame_message(struct peer *p, struct frame *f, u64 seq);
void frame_begin(struct peer *p, struct frame *f, u64 seq);
void frame_more(struct peer *p, struct frame *f);
void frame_fix(struct frame *f, bool message, bool length);

bool peer_send(struct peer *p, const struct frame *f);
enum heard peer_hear(struct peer *p, u8 type);
u16 peer_reason(const struct peer *p);
bool peer_echo(struct peer *p, u64 seq);
bool peer_end(struct peer *p);
bool peer_close(struct peer *p);
void peer_drop(struct peer *p);

#endif /* RAW_PROTO_H */
