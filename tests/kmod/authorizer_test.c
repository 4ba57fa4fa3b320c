// SPDX-License-Identifier: GPL-2.0-only
/*
 * authorizer_test.ko: owners with authorizers of their own, on both sides.
 *
 * Loading it runs the test: for each row of the table two messengers of this module, one
 * listening at @addr, whose callbacks do what the row says: good authorizers and bad ones,
 * challenges, answers, signatures. It must come to what the row says, and what the callbacks
 * have set up for a handshake must be given back. The kernel log tells each row; loading
 * fails if one is bad. With @stream it does not look at the table: messages go there and
 * back on a lossless session, until @enough is set, whatever happens to the device meanwhile.
 * With @serve it runs nothing, but stays, and serves peers that must bring a good authorizer
 * and answer a challenge; signed messages go back to where they came from.
 *
 * An authorizer is a ticket and the response to the challenge, padded to any length; the
 * answer is made of both, and so is the key. What makes them is no cryptography: that is
 * not what is tested.
 */
#include <linux/bitops.h>
#include <linux/completion.h>
#include <linux/in.h>
#include <linux/inet.h>
#include <linux/jhash.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "../../kernel/cxio.h"

static char *addr = "";
module_param(addr, charp, 0400);
MODULE_PARM_DESC(addr, "IPv4 address of an RDMA device");
static unsigned int port = 7997;
module_param(port, uint, 0400);
MODULE_PARM_DESC(port, "port to listen at");
static bool serve;
module_param(serve, bool, 0400);
MODULE_PARM_DESC(serve, "serve until it is unloaded");

static bool stream;
module_param(stream, bool, 0400);
MODULE_PARM_DESC(stream, "a lossless session until it is enough");
static bool enough;
module_param(enough, bool, 0600);
MODULE_PARM_DESC(enough, "of @stream");

#define TICKET		0x7e57u
#define STALE		0x01dau
#define METHOD		CXIO_AUTH_METHOD_CEPHX
#define MESSAGES	12
#define UNDER_WAY	16u	/* of a stream */
#define FRESH_STALE	1	/* the fresh one is no better */
#define GOES_WITHOUT	2	/* the client has none, and wants none */
#define HAS_NONE	4	/* it wants one, and has none */
#define NO_RESPONSE	8	/* it cannot answer the challenge */
#define ANSWER_WRONG	16	/* the server's answer is another */
#define ANSWER_NONE	32	/* it is missing */
#define SERVER_SECRET	64	/* the server asks for a secret instead */
#define SIGNS_WRONGLY	128	/* client */
#define ECHO_WRONG	256	/* server: signs wrongly */
#define METHOD_NONE	512	/* Ceph's: there is no answer */
#define OFFERS_SECRET	1024	/* the client's owner gives it the secret's number */

/* Of a side. */
enum signing { CANNOT, CAN, INSISTS };

/**
 * struct row - what is done, and what must come of it
 * @name: said in the log
 * @flags: what is wrong
 * @stale: the first ticket is out of date
 * @challenges: so many, whatever the response
 * @len: of the authorizer; 0: the shortest
 * @answer_len: likewise
 * @signing: of client and server
 * @fault: the client's; 0: it is let in, and messages go there and back
 * @invalidated: so often
 * @forced: so many fresh ones were asked for
 * @judged: so many authorizers by the server
 * @is_signed: so are messages
 */
struct row {
	const char *name;
	unsigned int flags;
	bool stale;
	unsigned int challenges;
	unsigned int len;
	unsigned int answer_len;
	enum signing signing[2];
	enum cxio_fault fault;
	int invalidated;
	int forced;
	int judged;
	bool is_signed;
};

static const struct row table[] = {
	{ "accepted at once", .judged = 1 },
	{ "challenged", .challenges = 1, .judged = 2 },
	{ "challenged twice", .challenges = 2, .judged = 3 },
	{ "as long as they may be", .challenges = 1, .judged = 2,
	  .len = CXIO_AUTHORIZER_MAX, .answer_len = CXIO_AUTHORIZER_MAX },
	{ "out of date, and a fresh one", .stale = true, .invalidated = 1, .forced = 1,
	  .judged = 2 },
	{ "out of date, challenged, a fresh one", .stale = true, .challenges = 1,
	  .invalidated = 1, .forced = 1, .judged = 3 },
	{ "two that are out of date", FRESH_STALE, .stale = true, .invalidated = 2,
	  .forced = 1, .judged = 2, .fault = CXIO_FAULT_HANDSHAKE_AUTHORIZER },
	{ "challenged for ever", .challenges = 99, .judged = 3,
	  .fault = CXIO_FAULT_HANDSHAKE_CHALLENGE },
	{ "no response to the challenge", NO_RESPONSE, .challenges = 1, .judged = 1,
	  .fault = CXIO_FAULT_AUTH_CHALLENGE },
	{ "a wrong answer", ANSWER_WRONG, .judged = 1, .fault = CXIO_FAULT_AUTH_ANSWER },
	{ "no answer", ANSWER_NONE, .judged = 1, .fault = CXIO_FAULT_AUTH_ANSWER },
	{ "no answer is asked for", METHOD_NONE | ANSWER_NONE, .judged = 1 },
	{ "none is to be had", HAS_NONE, .fault = CXIO_FAULT_AUTH_OWN },
	{ "one with the number of the secret", OFFERS_SECRET, .fault = CXIO_FAULT_AUTH_OWN },
	{ "the client goes without", GOES_WITHOUT, .fault = CXIO_FAULT_HANDSHAKE_AUTHORIZER },
	{ "the server asks for a secret", SERVER_SECRET, .invalidated = 2, .forced = 1,
	  .fault = CXIO_FAULT_HANDSHAKE_AUTHORIZER },
	{ "both sign", .signing = { CAN, CAN }, .judged = 1, .is_signed = true },
	{ "both insist, challenged", .signing = { INSISTS, INSISTS }, .challenges = 1,
	  .judged = 2, .is_signed = true },
	{ "a fresh one signs", .signing = { CAN, INSISTS }, .stale = true, .invalidated = 1,
	  .forced = 1, .judged = 2, .is_signed = true },
	{ "only the client can sign", .signing = { CAN, CANNOT }, .judged = 1 },
	{ "only the server can sign", .signing = { CANNOT, CAN }, .judged = 1 },
	{ "without an answer nobody signs", METHOD_NONE | ANSWER_NONE,
	  .signing = { CAN, CAN }, .judged = 1 },
	{ "the client insists on signatures", .signing = { INSISTS, CANNOT }, .judged = 1,
	  .fault = CXIO_FAULT_HANDSHAKE_FEATURES },
	{ "the server insists on signatures", .signing = { CANNOT, INSISTS }, .judged = 1,
	  .fault = CXIO_FAULT_HANDSHAKE_FEATURES },
	{ "the client signs wrongly", SIGNS_WRONGLY, .signing = { CAN, CAN }, .judged = 1,
	  .is_signed = true, .fault = CXIO_FAULT_FOOTER_SIG },
	{ "the server signs wrongly", ECHO_WRONG, .signing = { CAN, CAN }, .judged = 1,
	  .is_signed = true, .fault = CXIO_FAULT_FOOTER_SIG },
};

/* What peers and streams find. */
static const struct row no_row = { "none", .challenges = 1, .signing = { CAN, CAN } };

/**
 * struct authorizer - as it goes over the wire, padding behind it
 * @ticket: TICKET is the good one
 * @response: to the challenge, or 0
 */
struct authorizer {
	__le32 ticket;
	__le32 response;
};

/**
 * struct state - of one handshake, and of the carrier that comes of it
 * @ticket: client's
 * @response: client's
 * @challenge: server's last
 * @challenges: how many it has made
 * @key: of the signatures
 */
struct state {
	u32 ticket;
	u32 response;
	u32 challenge;
	unsigned int challenges;
	u32 key;
};

static struct {
	struct row row;
	struct mutex lock;	/* an owner's; taken in callbacks, and around a revoke */
	struct completion end;
	enum cxio_fault fault;
	unsigned int opened;
	unsigned int messages;
	unsigned int back;
	wait_queue_head_t came;	/* woken when @back has grown */
	atomic_t bad, states, asked, invalidated, forced, judged, signs, checks;
} t;

/* To be looked at while a stream goes on. */
module_param_named(back, t.back, uint, 0400);
MODULE_PARM_DESC(back, "messages that came back");

static struct cxio_messenger *server;

#define FAIL(...) do { pr_err("authorizer_test: " __VA_ARGS__); atomic_inc(&t.bad); } while (0)

/* As tests/selftests/raw_authorizer.c has it. */
static u32 mix(u32 a, u32 b)
{
	return (a ^ rol32(b, 7)) * 2654435761u + 1;
}

static struct state *state_of(void **state)
{
	if (!*state) {
		*state = kzalloc(sizeof(struct state), GFP_KERNEL);
		if (*state)
			atomic_inc(&t.states);
	}
	return *state;
}

static void put_authorizer(void *state)
{
	atomic_dec(&t.states);
	kfree(state);
}

/* --- client --- */

static int get_authorizer(struct cxio_connection *c, void **state, bool force_new,
			  u32 *protocol, void *buf, u32 size)
{
	u32 len = t.row.len ?: sizeof(struct authorizer);
	struct state *s = state_of(state);
	struct authorizer *a = buf;

	atomic_inc(&t.asked);
	if (!s || size < len)
		return -ENOMEM;
	if (t.row.flags & GOES_WITHOUT)
		return 0;
	if (t.row.flags & HAS_NONE)
		return -EKEYEXPIRED;
	if (force_new) {
		atomic_inc(&t.forced);
		s->response = 0;
	}
	if (!s->ticket || force_new)
		s->ticket = (force_new ? t.row.flags & FRESH_STALE : t.row.stale) ? STALE : TICKET;
	*protocol = t.row.flags & METHOD_NONE ? CXIO_AUTH_METHOD_NONE : METHOD;
	if (t.row.flags & OFFERS_SECRET)
		*protocol = CXIO_AUTH_METHOD_SECRET;
	memset(buf, 0xaa, len);
	a->ticket = cpu_to_le32(s->ticket);
	a->response = cpu_to_le32(s->response);
	return len;
}

static int add_authorizer_challenge(struct cxio_connection *c, void **state,
				    const void *challenge, u32 len)
{
	struct state *s = *state;
	__le32 value;

	if (len != sizeof(value) || t.row.flags & NO_RESPONSE)
		return -EINVAL;
	memcpy(&value, challenge, sizeof(value));
	s->response = mix(le32_to_cpu(value), s->ticket);
	return 0;
}

static u32 answer_to(u32 ticket, u32 response)
{
	return mix(ticket, response) ^ 0x11111111;
}

static int verify_authorizer_reply(struct cxio_connection *c, void **state, const void *reply,
				   u32 len)
{
	u32 want = t.row.answer_len ?: sizeof(__le32);
	struct state *s = *state;
	__le32 value;

	if (len != want) {
		FAIL("an answer of %u bytes instead of %u\n", len, want);
		return -EINVAL;
	}
	memcpy(&value, reply, sizeof(value));
	if (le32_to_cpu(value) != answer_to(s->ticket, s->response))
		return -EKEYREJECTED;
	s->key = mix(s->ticket, s->response);
	return 0;
}

static void invalidate_authorizer(struct cxio_connection *c, void **state)
{
	struct state *s = *state;

	atomic_inc(&t.invalidated);
	s->ticket = 0;
}

/* --- server --- */

static enum cxio_auth judge(struct state *s, struct cxio_peer_authorizer *p)
{
	const struct authorizer *a = p->bytes;
	u32 ticket, response, want = t.row.challenges;
	bool responded;
	__le32 value;

	if (p->len < sizeof(*a) || p->len < t.row.len)
		return CXIO_AUTH_BAD;
	ticket = le32_to_cpu(a->ticket);
	response = le32_to_cpu(a->response);
	if (ticket != TICKET)
		return CXIO_AUTH_BAD;
	responded = s->challenges && response == mix(s->challenge, ticket);
	if (p->challenged && !responded)
		return CXIO_AUTH_BAD;
	/* Who was refused in between begins anew. */
	if (s->challenges < want || (want && !responded)) {
		s->challenges++;
		s->challenge = get_random_u32();
		value = cpu_to_le32(s->challenge);
		memcpy(p->answer, &value, sizeof(value));
		p->answer_len = sizeof(value);
		return CXIO_AUTH_CHALLENGE;
	}
	s->key = mix(ticket, response);
	if (t.row.flags & ANSWER_NONE)
		return CXIO_AUTH_OK;
	value = cpu_to_le32(answer_to(ticket, response) + !!(t.row.flags & ANSWER_WRONG));
	p->answer_len = t.row.answer_len ?: sizeof(value);
	memset(p->answer, 0xbb, p->answer_len);
	memcpy(p->answer, &value, sizeof(value));
	return CXIO_AUTH_OK;
}

static enum cxio_auth verify_authorizer(struct cxio_connection *c, void **state,
					struct cxio_peer_authorizer *p)
{
	struct state *s = state_of(state);

	atomic_inc(&t.judged);
	if (p->protocol == CXIO_AUTH_METHOD_UNKNOWN || p->protocol == CXIO_AUTH_METHOD_SECRET)
		FAIL("asked to judge method %u\n", p->protocol);
	return s ? judge(s, p) : CXIO_AUTH_BAD;
}

/* --- both --- */

static u64 signature(const struct state *s, const struct cxio_wire_msg_header *header,
		     const struct cxio_wire_msg_footer *footer)
{
	u32 sum = jhash(header, sizeof(*header), s->key);

	sum = jhash(footer, offsetof(struct cxio_wire_msg_footer, sig), sum);
	return (u64)sum << 32 | jhash(&footer->flags, 1, sum);
}

static int sign(struct state *s, const struct cxio_wire_msg_header *header,
		const struct cxio_wire_msg_footer *footer, u64 *sig, unsigned int wrong)
{
	/* Whoever takes memory back may hold this. */
	mutex_lock(&t.lock);
	atomic_inc(&t.signs);
	*sig = signature(s, header, footer) ^ !!(t.row.flags & wrong);
	mutex_unlock(&t.lock);
	return 0;
}

static int client_signs(struct cxio_connection *c, void *state,
			const struct cxio_wire_msg_header *header,
			const struct cxio_wire_msg_footer *footer, u64 *sig)
{
	return sign(state, header, footer, sig, SIGNS_WRONGLY);
}

static int server_signs(struct cxio_connection *c, void *state,
			const struct cxio_wire_msg_header *header,
			const struct cxio_wire_msg_footer *footer, u64 *sig)
{
	return sign(state, header, footer, sig, ECHO_WRONG);
}

static int check(struct cxio_connection *c, void *state,
		 const struct cxio_wire_msg_header *header,
		 const struct cxio_wire_msg_footer *footer)
{
	bool good;

	mutex_lock(&t.lock);
	atomic_inc(&t.checks);
	good = le64_to_cpu(footer->sig) == signature(state, header, footer);
	mutex_unlock(&t.lock);
	return good ? 0 : -EBADMSG;
}

static void echo(struct cxio_connection *c, struct cxio_message *m)
{
	cxio_connection_send(c, m);
}

static void opened(struct cxio_connection *c)
{
	t.opened++;
}

static void ended(struct cxio_connection *c)
{
	bool by_peer;

	/* After that it is the end of the row. */
	if (t.back < t.messages)
		t.fault = cxio_connection_fault(c, &by_peer);
	complete(&t.end);
}

/* A stream goes on when there is a device again. */
static bool refused(struct cxio_connection *c)
{
	return !stream;
}

static void came_back(struct cxio_connection *c, struct cxio_message *m)
{
	if (m->header.tid != t.back)
		FAIL("message %llu came back instead of %u\n", m->header.tid, t.back);
	cxio_message_put(m);
	WRITE_ONCE(t.back, t.back + 1);
	wake_up(&t.came);
	if (t.back == t.messages)
		complete(&t.end);
}

/* What the row says the sides can do. */
static void fill_ops(struct cxio_ops *client, struct cxio_ops *peer)
{
	*client = (struct cxio_ops){
		.opened = opened, .closed = ended, .refused = refused, .dispatch = came_back,
		.get_authorizer = get_authorizer,
		.add_authorizer_challenge = add_authorizer_challenge,
		.verify_authorizer_reply = verify_authorizer_reply,
		.invalidate_authorizer = invalidate_authorizer,
		.put_authorizer = put_authorizer,
		.signing_required = t.row.signing[0] == INSISTS,
	};
	*peer = (struct cxio_ops){
		.dispatch = echo, .verify_authorizer = verify_authorizer,
		.put_authorizer = put_authorizer,
		.signing_required = t.row.signing[1] == INSISTS,
	};
	if (t.row.signing[0] != CANNOT) {
		client->sign_message = client_signs;
		client->check_message_signature = check;
	}
	if (t.row.signing[1] != CANNOT) {
		peer->sign_message = server_signs;
		peer->check_message_signature = check;
	}
}

/* --- a row --- */

static int listen(unsigned int at, enum cxio_policy_kind policy, struct sockaddr_in *sin)
{
	struct cxio_secret *secret = NULL;
	int err;

	sin->sin_family = AF_INET;
	sin->sin_port = htons(at);
	if (!in4_pton(addr, -1, (u8 *)&sin->sin_addr, -1, NULL))
		return -EINVAL;
	if (t.row.flags & SERVER_SECRET) {
		secret = cxio_secret_new("other", "0123456789abcdef", 16, CXIO_SIGNING_AUTO);
		if (IS_ERR(secret))
			return PTR_ERR(secret);
	}
	err = cxio_listen(server, (struct sockaddr *)sin, policy, secret);
	cxio_secret_put(secret);
	return err;
}

/* In one frame, in several, and by a READ of the peer's. */
static int send_one(struct cxio_connection *c, unsigned int tid)
{
	static const u32 lengths[] = { 100, 9000, 200000 };
	struct cxio_msg_header h = { .tid = tid };
	struct cxio_message *m;
	int err;

	h.len[CXIO_DATA] = lengths[tid % ARRAY_SIZE(lengths)];
	m = cxio_message_new(&h, GFP_KERNEL);
	if (!m)
		return -ENOMEM;
	memset(m->segment[CXIO_DATA], tid, h.len[CXIO_DATA]);
	cxio_message_get(m);
	err = cxio_connection_send(c, m);
	/* One more, when all are back: signing it must not wait for who takes it back. */
	if (!err && tid == t.messages) {
		mutex_lock(&t.lock);
		cxio_message_revoke(c, m);
		mutex_unlock(&t.lock);
	}
	cxio_message_put(m);
	return err;
}

static int exchange(struct cxio_messenger *client, const struct sockaddr_in *sin)
{
	struct cxio_connection *c;
	unsigned int tid;
	int err = 0;

	c = cxio_connection_open(client, CXIO_LOSSY_CLIENT, (struct sockaddr *)sin, NULL, NULL);
	if (IS_ERR(c))
		return PTR_ERR(c);
	for (tid = 0; tid < MESSAGES && !err; tid++)
		err = send_one(c, tid);
	/* Over before all were handed over. */
	if (err == -ENOTCONN)
		err = 0;
	if (!err && !wait_for_completion_timeout(&t.end, 60 * HZ))
		err = -ETIMEDOUT;
	if (!err)
		send_one(c, MESSAGES);
	cxio_connection_put(c);
	return err;
}

static void compare(const char *what, int got, int want)
{
	if (got != want)
		FAIL("%s: %d instead of %d\n", what, got, want);
}

static void look(int err)
{
	const struct row *r = &t.row;
	bool late = r->flags & (SIGNS_WRONGLY | ECHO_WRONG);

	compare("error", err, 0);
	if (t.fault != r->fault)
		FAIL("it ended by fault %u instead of %u\n", t.fault, r->fault);
	compare("opened", !!t.opened, !r->fault || late);
	compare("came back", t.back >= MESSAGES, !r->fault);
	compare("invalidated", atomic_read(&t.invalidated), r->invalidated);
	compare("fresh ones", atomic_read(&t.forced), r->forced);
	compare("judged", atomic_read(&t.judged), r->judged);
	compare("signed", !!atomic_read(&t.signs), r->is_signed);
	compare("checked", !!atomic_read(&t.checks), r->is_signed);
	if (r->is_signed && !r->fault)
		compare("signed both ways", atomic_read(&t.checks) >= 2 * MESSAGES, 1);
	compare("states of handshakes left", atomic_read(&t.states), 0);
}

static void begin_row(const struct row *r)
{
	t.row = *r;
	t.fault = CXIO_FAULT_NONE;
	t.opened = 0;
	t.messages = MESSAGES;
	t.back = 0;
	atomic_set(&t.states, 0);
	atomic_set(&t.asked, 0);
	atomic_set(&t.invalidated, 0);
	atomic_set(&t.forced, 0);
	atomic_set(&t.judged, 0);
	atomic_set(&t.signs, 0);
	atomic_set(&t.checks, 0);
	reinit_completion(&t.end);
}

static void run_row(const struct row *r)
{
	struct cxio_messenger *client;
	struct cxio_ops ops[2];
	struct sockaddr_in sin = { 0 };
	int err = -ENOMEM, before = atomic_read(&t.bad);

	begin_row(r);
	fill_ops(&ops[0], &ops[1]);
	client = cxio_messenger_create(&init_net, &ops[0]);
	server = cxio_messenger_create(&init_net, &ops[1]);
	if (client && server)
		err = listen(port, CXIO_STATELESS_SERVER, &sin);
	if (!err)
		err = exchange(client, &sin);
	if (client)
		cxio_messenger_destroy(client);
	if (server)
		cxio_messenger_destroy(server);
	server = NULL;
	look(err);
	pr_info("authorizer_test: %s - %s\n", atomic_read(&t.bad) == before ? "ok" : "not ok",
		r->name);
}

/* --- a stream --- */

/*
 * Until all have come back but so many. The listener goes with the device: whenever nothing
 * comes, see whether it is to be made anew. That there is one, or no device, is no error.
 */
static int await(unsigned int sent, unsigned int but)
{
	unsigned int before = READ_ONCE(t.back), idle = 0;
	struct sockaddr_in sin = { 0 };

	while (READ_ONCE(t.back) + but < sent) {
		if (try_wait_for_completion(&t.end))
			return -ENOTCONN;
		if (wait_event_timeout(t.came, READ_ONCE(t.back) != before, HZ / 10)) {
			before = READ_ONCE(t.back);
			idle = 0;
		} else if (++idle == 1200) {
			return -ETIMEDOUT;
		} else {
			listen(port, CXIO_STATEFUL_SERVER, &sin);
		}
	}
	return 0;
}

static int send_stream(struct cxio_messenger *client, const struct sockaddr_in *sin)
{
	struct cxio_connection *c;
	unsigned int sent = 0;
	int err = 0;

	c = cxio_connection_open(client, CXIO_LOSSLESS_CLIENT, (struct sockaddr *)sin, NULL, NULL);
	if (IS_ERR(c))
		return PTR_ERR(c);
	while (!err && !READ_ONCE(enough)) {
		err = send_one(c, sent++);
		if (!err)
			err = await(sent, UNDER_WAY);
	}
	if (!err)
		err = await(sent, 0);
	if (t.back != sent)
		FAIL("%u of %u messages came back\n", t.back, sent);
	/* What ends it now is not looked at. */
	t.messages = 0;
	cxio_connection_put(c);
	return err;
}

static int run_stream(void)
{
	struct cxio_messenger *client;
	struct sockaddr_in sin = { 0 };
	struct cxio_ops ops[2];
	int err = -ENOMEM;

	begin_row(&no_row);
	t.messages = UINT_MAX;
	fill_ops(&ops[0], &ops[1]);
	client = cxio_messenger_create(&init_net, &ops[0]);
	server = cxio_messenger_create(&init_net, &ops[1]);
	if (client && server)
		err = listen(port, CXIO_STATEFUL_SERVER, &sin);
	if (!err)
		err = send_stream(client, &sin);
	if (client)
		cxio_messenger_destroy(client);
	if (server)
		cxio_messenger_destroy(server);
	server = NULL;
	compare("error", err, 0);
	compare("fault", t.fault, CXIO_FAULT_NONE);
	compare("states of handshakes left", atomic_read(&t.states), 0);
	pr_info("authorizer_test: opened %u times, %d authorizers made, %d judged, %d wrong\n",
		t.opened, atomic_read(&t.asked), atomic_read(&t.judged), atomic_read(&t.bad));
	return atomic_read(&t.bad) ? -EBADMSG : 0;
}

/* --- to be tried by others --- */

static struct cxio_ops served_ops;

static int begin_serving(void)
{
	struct sockaddr_in sin = { 0 };
	struct cxio_ops unused;
	int err;

	begin_row(&no_row);
	fill_ops(&unused, &served_ops);
	server = cxio_messenger_create(&init_net, &served_ops);
	if (!server)
		return -ENOMEM;
	err = listen(port, CXIO_STATELESS_SERVER, &sin);
	if (err)
		cxio_messenger_destroy(server);
	return err;
}

static int __init authorizer_test_init(void)
{
	unsigned int i;

	mutex_init(&t.lock);
	init_completion(&t.end);
	init_waitqueue_head(&t.came);
	if (stream)
		return run_stream();
	if (serve)
		return begin_serving();
	for (i = 0; i < ARRAY_SIZE(table); i++)
		run_row(&table[i]);
	pr_info("authorizer_test: %zu rows, %d wrong\n", ARRAY_SIZE(table), atomic_read(&t.bad));
	return atomic_read(&t.bad) ? -EBADMSG : 0;
}

static void __exit authorizer_test_exit(void)
{
	if (!server)
		return;
	cxio_messenger_destroy(server);
	pr_info("authorizer_test: %d states of handshakes left\n", atomic_read(&t.states));
}

module_init(authorizer_test_init);
module_exit(authorizer_test_exit);

MODULE_DESCRIPTION("Test of ceph_xio: authorizers of its users'");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(CEPH_XIO);
