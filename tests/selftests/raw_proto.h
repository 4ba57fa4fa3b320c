/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Just enough of the protocol for a peer that keeps its rules until it breaks
 * one: hello, frames, grants, an echo, an orderly end.
 */
#ifndef RAW_PROTO_H
#define RAW_PROTO_H

#include "greeting.h"
#include "hello.h"
#include "raw_verbs.h"
#include "rendezvous.h"

/* Payload of the messages we send: bytes of front, middle and data. */
#define RAW_FRONT	16u
#define RAW_MIDDLE	8u
#define RAW_DATA	100u
#define RAW_PAYLOAD	(RAW_FRONT + RAW_MIDDLE + RAW_DATA)
/* Data that lies in memory instead, and behind it room for a reply's. */
#define RAW_LONG	65536u
/* An authorizer, and how much of it one frame has where it is cut. */
#define RAW_AUTHORIZER	100u
#define RAW_AUTH_CUT	50u

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
 * @server: we are the passive side
 * @cookie: names our state of the session
 * @theirs: the last greeting of the other side
 * @got: header of the last message received whole
 * @carry: how that came
 * @desc: the memory it named
 * @descs: how many pieces
 * @frame: last frame received
 * @header: its header
 * @hear: called for each frame received, with @hear_arg; or NULL
 * @hear_arg: its argument
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
	bool server;
	u64 cookie;
	struct cxio_greeting theirs;
	struct cxio_msg_header got;
	struct cxio_carry carry;
	struct cxio_desc desc[CXIO_DESCS_MAX];
	u32 descs;
	struct frame frame;
	struct cxio_frame header;
	void (*hear)(void *arg, const struct frame *f);
	void *hear_arg;
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
void peer_greeting(const struct peer *p, const struct sockaddr *to, struct cxio_greeting *g);
bool peer_greet(struct peer *p, const struct cxio_greeting *g);
bool peer_open(struct peer *p, const struct sockaddr *to);
bool peer_welcome(struct peer *p);
void peer_reply(struct peer *p, struct frame *f);
bool peer_fail(struct peer *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

void frame_control(struct peer *p, struct frame *f, u8 type);
void frame_message(struct peer *p, struct frame *f, u64 seq);
void frame_begin(struct peer *p, struct frame *f, u64 seq);
void frame_more(struct peer *p, struct frame *f);
void frame_greeting(struct peer *p, struct frame *f, u8 type, const struct cxio_greeting *g);
void frame_greeting_cut(struct peer *p, struct frame *f, const struct cxio_greeting *g);
void frame_authorizer(struct peer *p, struct frame *f);
void frame_done(struct peer *p, struct frame *f, u64 seq, u32 rkey);
void frame_revoked(struct peer *p, struct frame *f, u64 seq);
void frame_memory(struct peer *p, struct frame *f, u64 seq, const struct cxio_desc *desc,
		  u32 count, u8 segments);
void frame_rendezvous(struct peer *p, struct frame *f, u64 seq);
void frame_written(struct peer *p, struct frame *f, u64 tid, u32 len);
void frame_front_read(struct peer *p, struct frame *f, bool written);
void frame_fix(struct frame *f, bool message, bool length);
void frame_fix_descs(struct frame *f);

bool peer_send(struct peer *p, const struct frame *f);
bool peer_send_all(struct peer *p, const struct frame *f, u32 count);
enum heard peer_hear(struct peer *p, u8 type);
u16 peer_reason(const struct peer *p);
bool peer_echo(struct peer *p, u64 seq);
bool peer_end(struct peer *p);
bool peer_close(struct peer *p);
void peer_drop(struct peer *p);

#endif /* RAW_PROTO_H */
