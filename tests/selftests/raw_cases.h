/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rules broken, one a case.
 */
#ifndef RAW_CASES_H
#define RAW_CASES_H

#include <stdio.h>

#include "raw_proto.h"

#define RECORDING_MAX 4096

/**
 * struct recording - frames that a program sent
 * @frames: the frames, each at least a header
 * @count: how many
 */
struct recording {
	struct frame *frames;
	u32 count;
};

void recording_add(FILE *file, const struct frame *f);
bool recording_read(struct recording *r, const char *name);

/**
 * struct target - what every case needs to know
 * @addr: where to connect, or to listen
 * @addr_text: the address in words, for a process of our own
 * @port_text: likewise
 * @limit_ms: of every single wait
 * @seed: of the case 'random'
 * @count: of the cases 'random' and 'good': how many connections
 * @features: what the other side offers: cases that need more are no cases for it
 * @sinks: it offers memory for replies, or writes to ours
 * @secret: what it asks its peers for; it also has them sign
 * @secret_len: bytes of it; 0: it asks for none
 * @authorizers: it asks for such as tests/kmod/authorizer_test.c makes
 * @tids: it is the module tid_test, which has one message for all with a number
 * @record: where to write what the other side sends, or NULL
 * @recorded: what was recorded before
 */
struct target {
	struct sockaddr_storage addr;
	const char *addr_text;
	const char *port_text;
	u32 limit_ms;
	u32 seed;
	u32 count;
	u64 features;
	bool sinks;
	u8 secret[4096];
	size_t secret_len;
	bool authorizers;
	bool tids;
	FILE *record;
	struct recording recorded;
};

/* All that we may ask of the other side. */
#define RAW_FEATURES	(CXIO_FEATURE_SESSION | CXIO_FEATURE_RENDEZVOUS | CXIO_FEATURE_REPLY_SINK)

#define MAX_PATCHES 2

/**
 * enum base - the good frame, or hello, that is broken
 * @BASE_HELLO: private data of a request or reply
 * @BASE_REFUSAL: private data of a refusal (as server only)
 * @BASE_GRANT: control frames
 * @BASE_KEEPALIVE: likewise
 * @BASE_CLOSE: likewise
 * @BASE_MESSAGE: a whole message in a frame
 * @BASE_BEGIN: the first frame of a message
 * @BASE_MORE: a later one
 * @BASE_CONNECT: begins a session
 * @BASE_REPLY: answers that
 * @BASE_AUTHORIZER: the rest of an authorizer that was cut
 * @BASE_DONE: for message 1
 * @BASE_REVOKED: in place of message 1
 * @BASE_RENDEZVOUS: a message whose data is to be read
 * @BASE_NONE: nothing: @run does it all
 */
enum base {
	BASE_HELLO,
	BASE_REFUSAL,
	BASE_GRANT,
	BASE_KEEPALIVE,
	BASE_CLOSE,
	BASE_MESSAGE,
	BASE_BEGIN,
	BASE_MORE,
	BASE_CONNECT,
	BASE_REPLY,
	BASE_AUTHORIZER,
	BASE_DONE,
	BASE_REVOKED,
	BASE_RENDEZVOUS,
	BASE_NONE,
};

/* What is made to agree with the bytes again after patching. */
enum {
	FIX_FRAME = 1,		/* CRC of the frame header */
	FIX_MSG = 2,		/* that of the message header, and the frame's */
	FIX_LEN = 4,		/* body_len, and the frame's CRC */
	FIX_DESCS = 8,		/* that of the list of descriptors */
};

/**
 * struct patch - bytes to change
 * @at: offset
 * @size: bytes, 0 for no patch
 * @add: add @value to what is there; else put it there
 * @value: little-endian
 */
struct patch {
	u16 at;
	u8 size;
	bool add;
	u64 value;
};

/* Who can play a case. */
enum {
	AS_CLIENT = 1,
	AS_SERVER = 2,
	AS_BOTH = AS_CLIENT | AS_SERVER,
};

/**
 * struct raw_case - a rule broken
 * @name: its name
 * @as: AS_CLIENT, AS_SERVER or both
 * @fault: what the other side must say of it
 * @fault_iwarp: the same on iWARP, where private data is not padded; 0: no different
 * @base: what is broken
 * @needs: features that both sides must have; no others are asked for
 * @sinks: it is about sinks in use
 * @secret: it is about a server that asks for a secret; toward such there are no others
 * @authorizer: likewise, a server that asks for authorizers
 * @tid: it is about a server that has one message for all with a number
 * @recorded: it records frames, or needs recorded ones
 * @early: before the session is agreed on
 * @begin: BASE_BEGIN goes first; with @early, a greeting whose authorizer is cut
 * @patch: how
 * @resize: bytes of the result; 0: as the base
 * @cut: bytes cut off the end, or appended if negative
 * @empty: of no bytes at all
 * @fix: FIX_*
 * @silent: nobody need say anything, but the connection must end
 * @run: something else than one bad frame
 * @victim: words in the other program's error, if they are not the fault's
 */
struct raw_case {
	const char *name;
	u8 as;
	u16 fault;
	u16 fault_iwarp;
	enum base base;
	u64 needs;
	bool sinks;
	bool secret;
	bool authorizer;
	bool tid;
	bool recorded;
	bool early;
	bool begin;
	struct patch patch[MAX_PATCHES];
	u32 resize;
	int cut;
	bool empty;
	u8 fix;
	bool silent;
	bool (*run)(struct peer *p, const struct target *t);
	const char *victim;
};

extern const struct raw_case raw_cases[];
extern const u32 raw_case_count;

/* raw_special.c: cases that are more than one bad frame */
bool special_last_credit(struct peer *p, const struct target *t);
bool special_no_credit(struct peer *p, const struct target *t);
bool special_window(struct peer *p, const struct target *t);
bool special_after_close(struct peer *p, const struct target *t);
bool special_too_long(struct peer *p, const struct target *t);
bool special_duplicate(struct peer *p, const struct target *t);
bool special_keepalive(struct peer *p, const struct target *t);
bool special_chain(struct peer *p, const struct target *t);
bool special_silence(struct peer *p, const struct target *t);
bool special_vanish(struct peer *p, const struct target *t);
bool special_killed(struct peer *p, const struct target *t);
bool special_good(struct peer *p, const struct target *t);
bool special_server_vanish(struct peer *p, const struct target *t);
bool special_server_silent(struct peer *p, const struct target *t);
int special_die(const struct target *t, bool mid_message);

/* raw_session.c: sessions that are begun, or taken up again, wrongly */
bool session_global_back(struct peer *p, const struct target *t);
bool session_connect_back(struct peer *p, const struct target *t);
bool session_foreign(struct peer *p, const struct target *t);
bool session_count_end(struct peer *p, const struct target *t);
bool session_resets(struct peer *p, const struct target *t);
bool session_protocol(struct peer *p, const struct target *t);
bool session_taken(struct peer *p, const struct target *t);
bool session_unfinished(struct peer *p, const struct target *t);
bool session_revoked_next(struct peer *p, const struct target *t);
bool session_revoked_whole(struct peer *p, const struct target *t);
bool session_revoked_open(struct peer *p, const struct target *t);
bool session_revoked_more(struct peer *p, const struct target *t);
bool session_revoked_inside(struct peer *p, const struct target *t);
bool session_server_mute(struct peer *p, const struct target *t);
bool session_server_resets(struct peer *p, const struct target *t);
bool session_server_unauthorized(struct peer *p, const struct target *t);

/* raw_random.c */
bool random_made(struct peer *p, const struct target *t);
bool random_recorded(struct peer *p, const struct target *t);

/* raw_auth.c: who proves nothing, or signs wrongly */
bool auth_good(struct peer *p, const struct target *t);
bool auth_no_session(struct peer *p, const struct target *t);
bool auth_none(struct peer *p, const struct target *t);
bool auth_method(struct peer *p, const struct target *t);
bool auth_proof(struct peer *p, const struct target *t);
bool auth_unasked(struct peer *p, const struct target *t);
bool auth_replayed(struct peer *p, const struct target *t);
bool auth_name(struct peer *p, const struct target *t);
bool auth_changed(struct peer *p, const struct target *t);
bool auth_long(struct peer *p, const struct target *t);
bool auth_longer(struct peer *p, const struct target *t);
bool auth_early(struct peer *p, const struct target *t);
bool sign_missing(struct peer *p, const struct target *t);
bool sign_wrong(struct peer *p, const struct target *t);
bool sign_reflected(struct peer *p, const struct target *t);
bool sign_header(struct peer *p, const struct target *t);
bool sign_rendezvous(struct peer *p, const struct target *t);

/* raw_authorizer.c: whose authorizers are not good */
bool authorizer_good(struct peer *p, const struct target *t);
bool authorizer_none(struct peer *p, const struct target *t);
bool authorizer_empty(struct peer *p, const struct target *t);
bool authorizer_secret(struct peer *p, const struct target *t);
bool authorizer_stranger(struct peer *p, const struct target *t);
bool authorizer_longest(struct peer *p, const struct target *t);
bool authorizer_too_long(struct peer *p, const struct target *t);
bool authorizer_longer(struct peer *p, const struct target *t);
bool authorizer_cut(struct peer *p, const struct target *t);
bool authorizer_replayed(struct peer *p, const struct target *t);
bool authorizer_endless(struct peer *p, const struct target *t);
bool authorizer_early(struct peer *p, const struct target *t);
bool authorizer_no_session(struct peer *p, const struct target *t);
bool authorizer_unsigned(struct peer *p, const struct target *t);
bool authorizer_forged(struct peer *p, const struct target *t);
bool authorizer_unagreed(struct peer *p, const struct target *t);

/* raw_tid.c: a number that another message has */
bool tid_reading(struct peer *p, const struct target *t);
bool tid_both_reading(struct peer *p, const struct target *t);
bool tid_waiting(struct peer *p, const struct target *t);
bool tid_again(struct peer *p, const struct target *t);
bool tid_others(struct peer *p, const struct target *t);

/* raw_memory.c: memory that is named, read, written and invalidated wrongly */
bool memory_good(struct peer *p, const struct target *t);
bool memory_pieces(struct peer *p, const struct target *t);
bool memory_order(struct peer *p, const struct target *t);
bool memory_rkey(struct peer *p, const struct target *t);
bool memory_zero(struct peer *p, const struct target *t);
bool memory_outside(struct peer *p, const struct target *t);
bool memory_closed(struct peer *p, const struct target *t);
bool memory_dies(struct peer *p, const struct target *t);
bool memory_flood(struct peer *p, const struct target *t);
bool memory_silence(struct peer *p, const struct target *t);
bool memory_keep(struct peer *p, const struct target *t);
bool memory_revoked(struct peer *p, const struct target *t);
bool memory_done_inline(struct peer *p, const struct target *t);
bool memory_done_twice(struct peer *p, const struct target *t);
bool memory_done_foreign(struct peer *p, const struct target *t);
bool memory_inv_other(struct peer *p, const struct target *t);
bool memory_inv_grant(struct peer *p, const struct target *t);
bool memory_server_silent(struct peer *p, const struct target *t);
bool sink_none(struct peer *p, const struct target *t);
bool sink_unagreed(struct peer *p, const struct target *t);
bool sink_good(struct peer *p, const struct target *t);
bool sink_short(struct peer *p, const struct target *t);
bool sink_rkey(struct peer *p, const struct target *t);
bool sink_closed(struct peer *p, const struct target *t);
bool sink_outside(struct peer *p, const struct target *t);
bool sink_former(struct peer *p, const struct target *t);
bool sink_other_tid(struct peer *p, const struct target *t);
bool sink_longer(struct peer *p, const struct target *t);
bool sink_twice(struct peer *p, const struct target *t);
bool sink_beyond(struct peer *p, const struct target *t);
bool sink_read(struct peer *p, const struct target *t);
bool sink_descs(struct peer *p, const struct target *t);
bool sink_late(struct peer *p, const struct target *t);

const struct sockaddr *case_where(const struct target *t);
bool case_refused(struct peer *p, u16 fault);
bool case_closed(struct peer *p, u16 fault, bool silent);
bool case_ended(struct peer *p);
bool case_beside(struct peer *p, const struct target *t, const char *what);
bool case_good(const struct target *t, char *error, size_t size);
bool case_as_client(const struct raw_case *c, const struct target *t, char *error, size_t size);
bool case_as_server(const struct raw_case *c, struct raw *listener, const struct target *t,
		    char *error, size_t size);
bool case_offered(const struct target *t, u64 *features, char *error, size_t size);
bool case_asked(struct raw *listener, const struct target *t, u64 *features, char *error,
		size_t size);
u16 case_fault(const struct raw_case *c, bool iwarp);
const char *case_victim(const struct raw_case *c, bool iwarp);

#endif /* RAW_CASES_H */
