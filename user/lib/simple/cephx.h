/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * CephX, as a client: what is said to a monitor for tickets, and how a ticket proves to a
 * daemon who we are. Bytes, decisions and AES, no I/O: who uses it carries the bytes
 * (cephx_session.c), and guards it against other threads.
 *
 *	client					monitor
 *	hello: name, methods		->
 *					<-	challenge
 *	proof: both challenges under	->
 *	the secret key; which services
 *					<-	AUTH ticket and its key, under the secret key;
 *						tickets for services, under that one
 *	(an authorizer made of the	->
 *	AUTH ticket: tickets for)	<-	tickets, likewise
 *
 *	client					daemon
 *	authorizer: its ticket, a nonce	->
 *	under the ticket's key		<-	a challenge under the key
 *	the same, and the challenge + 1	->
 *					<-	the nonce + 1 under the key
 *
 * Who has no key says so in the hello, and is told at once that he is in, where Ceph's
 * "none" is taken; its authorizers say who he is, and are believed.
 *
 * The nonce stays the same over a challenge. Messages to the daemon are then signed with
 * the ticket's key.
 *
 * Every function that takes bytes of a peer's returns NULL, or what is wrong in words that
 * name the field. Then nothing of them was taken, but for cephx_get_tickets(); what a monitor
 * refuses is forgotten.
 *
 * What it protects against, and what not: Documentation/security.rst.
 */
#ifndef CXIO_SIMPLE_CEPHX_H
#define CXIO_SIMPLE_CEPHX_H

#include <stddef.h>

#include "hello.h"
#include "msgr1.h"

#define CEPHX_KEY_BYTES		16u
#define CEPHX_NAME_MAX		64u

/* Ceph's number for the one who gives tickets. */
#define CEPHX_SERVICE_AUTH	32u

/* Layouts: AES pads to whole blocks, at least one byte. */
#define CEPHX_BLOCK		16u
#define CEPHX_SEALED(n)		((9u + (n)) / CEPHX_BLOCK * CEPHX_BLOCK + CEPHX_BLOCK)
/* What an authorizer has before its ticket, and behind it. */
#define CEPHX_AUTHORIZE_A	26u
#define CEPHX_AUTHORIZE_B	18u
/* A ticket that is longer does not fit into a connect. */
#define CEPHX_TICKET_MAX							\
	(CXIO_AUTHORIZER_MAX - CEPHX_AUTHORIZE_A - 4u - CEPHX_SEALED(CEPHX_AUTHORIZE_B))
/* The longest front that is made here: a request with an authorizer. */
#define CEPHX_FRONT_MAX		(CXIO_AUTHORIZER_MAX + 64u)
/* Tickets in one answer; Ceph has fewer services. */
#define CEPHX_TICKETS_MAX	16u

#define CEPHX_WHY_MAX		128u

#define CEPHX_MSG_AUTH		17u
#define CEPHX_MSG_AUTH_REPLY	18u

/**
 * struct cephx_in - bytes of a peer's, or a file's, that are read field by field
 * @at: next
 * @left: bytes that are left
 * @bad: the first thing that was wrong, or NULL; reads after it give zero
 */
struct cephx_in {
	const u8 *at;
	u32 left;
	const char *bad;
};

/**
 * struct cephx_out - bytes that are made
 * @start: first
 * @len: made
 * @room: for how many
 * @full: there was no room: what was made is of no use
 */
struct cephx_out {
	u8 *start;
	u32 len;
	u32 room;
	bool full;
};

/**
 * struct cephx_key - an AES key
 * @bytes: the key
 */
struct cephx_key {
	u8 bytes[CEPHX_KEY_BYTES];
};

/**
 * enum cephx_kind - whom a ticket is for
 * @CEPHX_AUTH: who gives tickets
 * @CEPHX_MON: monitors
 * @CEPHX_MDS: metadata servers
 * @CEPHX_OSD: object storage daemons
 * @CEPHX_MGR: managers
 * @CEPHX_KINDS: how many there are; also: none of these
 */
enum cephx_kind {
	CEPHX_AUTH,
	CEPHX_MON,
	CEPHX_MDS,
	CEPHX_OSD,
	CEPHX_MGR,
	CEPHX_KINDS
};

/**
 * struct cephx_ticket - what opens a kind of daemon
 * @have: there is one, and nobody refused it
 * @key: shared with the daemons
 * @secret_id: of the key under which the blob is encrypted: it grows with time
 * @renew_ns: time after which another one is asked for
 * @expires_ns: time after which it is of no use
 * @len: bytes of @blob
 * @blob: for the daemon; nobody else can read it
 */
struct cephx_ticket {
	bool have;
	struct cephx_key key;
	u64 secret_id;
	u64 renew_ns;
	u64 expires_ns;
	u32 len;
	u8 blob[CEPHX_TICKET_MAX];
};

/**
 * struct cephx_client - who we are, and what we may open
 * @type: Ceph's type of entity
 * @name: what stands behind the type's name and its dot
 * @name_len: bytes of it
 * @keyless: there is no @secret: Ceph's "none"
 * @secret: what the monitors know as well
 * @global_id: what the monitors call us; 0: nothing yet
 * @turn: the conversation that is going on: all of them share @global_id and the AUTH
 *	ticket, and a proof is about both. NULL: none
 * @ticket: by enum cephx_kind
 */
struct cephx_client {
	u32 type;
	u8 name[CEPHX_NAME_MAX];
	u32 name_len;
	bool keyless;
	struct cephx_key secret;
	u64 global_id;
	const struct cephx_talk *turn;
	struct cephx_ticket ticket[CEPHX_KINDS];
};

/**
 * enum cephx_stage - how far a conversation with a monitor has come
 * @CEPHX_STAGE_START: nothing was said: it is another one's turn
 * @CEPHX_STAGE_HELLO: the hello is on its way
 * @CEPHX_STAGE_CHALLENGED: the proof is to be made
 * @CEPHX_STAGE_PROOF: it is on its way
 * @CEPHX_STAGE_MORE: tickets are missing, and to be asked for
 * @CEPHX_STAGE_TICKETS: that is on its way
 * @CEPHX_STAGE_DONE: there are all tickets that we may have
 * @CEPHX_STAGE_OVER: it went wrong, and does not go on
 */
enum cephx_stage {
	CEPHX_STAGE_START,
	CEPHX_STAGE_HELLO,
	CEPHX_STAGE_CHALLENGED,
	CEPHX_STAGE_PROOF,
	CEPHX_STAGE_MORE,
	CEPHX_STAGE_TICKETS,
	CEPHX_STAGE_DONE,
	CEPHX_STAGE_OVER,
};

/**
 * struct cephx_talk - a conversation with a monitor; zero before it begins
 * @stage: how far
 * @want: services that tickets are asked for: Ceph's types of entities, a bit each
 * @server_challenge: the monitor's
 * @auth: key of the AUTH ticket that was last got or shown: what is given for it is under
 *	that one, whatever ticket there is by then
 * @why: a refusal, in words
 */
struct cephx_talk {
	enum cephx_stage stage;
	u32 want;
	u64 server_challenge;
	struct cephx_key auth;
	char why[CEPHX_WHY_MAX];
};

/**
 * struct cephx_authorizer - a proof for one daemon; zero before the first
 * @made: there is one
 * @key: of its ticket
 * @nonce: ours
 * @challenged: the daemon has answered with a challenge
 * @server_challenge: which
 * @fixed: bytes of @bytes that no challenge changes: all but the nonce's part
 * @bytes: those
 */
struct cephx_authorizer {
	bool made;
	struct cephx_key key;
	u64 nonce;
	bool challenged;
	u64 server_challenge;
	u32 fixed;
	u8 bytes[CEPHX_AUTHORIZE_A + CEPHX_TICKET_MAX];
};

/* cephx_bytes.c */
void cephx_in_init(struct cephx_in *in, const void *bytes, u32 len);
u8 cephx_get8(struct cephx_in *in, const char *what);
u16 cephx_get16(struct cephx_in *in, const char *what);
u32 cephx_get32(struct cephx_in *in, const char *what);
u64 cephx_get64(struct cephx_in *in, const char *what);
const u8 *cephx_get_bytes(struct cephx_in *in, u32 len, const char *what);
struct cephx_in cephx_get_span(struct cephx_in *in, const char *what);
void cephx_bad(struct cephx_in *in, const char *what);
void cephx_out_init(struct cephx_out *out, void *bytes, u32 room);
void cephx_put8(struct cephx_out *out, u8 value);
void cephx_put16(struct cephx_out *out, u16 value);
void cephx_put32(struct cephx_out *out, u32 value);
void cephx_put64(struct cephx_out *out, u64 value);
void cephx_put_bytes(struct cephx_out *out, const void *bytes, u32 len);

/* cephx_crypto.c */
bool cephx_encrypt(const struct cephx_key *key, const void *plain, u32 len, u8 *cipher,
		   u32 room, u32 *cipher_len);
bool cephx_decrypt(const struct cephx_key *key, const void *cipher, u32 len, u8 *plain,
		   u32 room, u32 *plain_len);
void cephx_put_sealed(struct cephx_out *out, const struct cephx_key *key, const void *plain,
		      u32 len);
struct cephx_in cephx_open_sealed(struct cephx_in *in, const struct cephx_key *key, u8 *plain,
				  u32 room, const char *what);
bool cephx_sign(const struct cephx_key *key, u64 features, const struct cxio_msg_header *h,
		const struct cxio_msg_footer *f, u64 *sig);

/* cephx_key.c */
const char *cephx_get_key(struct cephx_in *in, struct cephx_key *key);
const char *cephx_key_from_text(const char *text, size_t len, struct cephx_key *key);
const char *cephx_client_name(struct cephx_client *c, const char *entity);
const char *cephx_keyring_find(const char *text, size_t len, const char *entity,
			       struct cephx_key *key);

/* cephx_ticket.c */
enum cephx_kind cephx_kind_of(u32 service);
const char *cephx_get_tickets(struct cephx_client *c, struct cephx_in *in,
			      const struct cephx_key *key, u64 now_ns);
bool cephx_ticket_good(const struct cephx_ticket *t, u64 now_ns);
u32 cephx_services_due(const struct cephx_client *c, u32 want, u64 now_ns);
bool cephx_must_sign(const struct cephx_client *c, u32 service);
void cephx_ticket_refused(struct cephx_client *c, u32 service);

/* cephx_authorize.c */
bool cephx_authorizer_begin(struct cephx_authorizer *a, const struct cephx_client *c,
			    u32 service, u64 nonce, u64 now_ns);
u32 cephx_keyless_put(const struct cephx_client *c, void *buf, u32 room);
u32 cephx_authorizer_put(const struct cephx_authorizer *a, void *buf, u32 room);
const char *cephx_authorizer_challenged(struct cephx_authorizer *a, const void *bytes, u32 len);
const char *cephx_authorizer_verify(const struct cephx_authorizer *a, const void *bytes, u32 len);

/* cephx_talk.c */
u32 cephx_talk_begin(struct cephx_talk *t, struct cephx_client *c, void *buf, u32 room);
u32 cephx_talk_next(struct cephx_talk *t, const struct cephx_client *c, u64 random, u64 now_ns,
		    void *buf, u32 room);
const char *cephx_talk_reply(struct cephx_talk *t, struct cephx_client *c, const void *front,
			     u32 len, u64 now_ns);
bool cephx_talk_renew(struct cephx_talk *t, struct cephx_client *c, u64 now_ns);
void cephx_talk_end(struct cephx_talk *t, struct cephx_client *c);

#endif /* CXIO_SIMPLE_CEPHX_H */
