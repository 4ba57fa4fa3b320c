// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * stream_peer: a peer of Ceph's byte stream over RDMA that breaks its rules, one a case.
 *
 * By libibverbs and librdmacm; of the project it has common/ only: a text is made with that, then
 * spoiled. It has done well if the other side ends the connection, or does what the case
 * says, within the time limit.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <infiniband/verbs.h>
#include <netinet/in.h>
#include <poll.h>
#include <rdma/rdma_cma.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "exchange.h"
#include "slots.h"

#define RECVS	8u
#define BUFFER	(2 * CXIO_SLOT_SIZE)

/**
 * enum act - what is done once bytes may flow
 */
enum act {
	ACT_NEVER,	/* it does not come to that */
	ACT_NOTHING,
	ACT_LONG,
	ACT_TCP_BYTE,
	ACT_CLOSE,
	ACT_FIN,
	ACT_AFTER_FIN,
	ACT_NOISE,
	ACT_QP_ERROR,
	ACT_HEARS,
	ACT_SEES_FIN,	/* it says nothing, and the other side's last SEND is an empty one */
	ACT_NO_SLOT,	/* nothing is received, and no retries are granted */
};

/**
 * struct play - a case
 * @name: of it
 * @roles: "c": against servers; "s": against clients; "k": against clients that speak first
 * @cm: set up by the RDMA connection manager
 * @act: what is done once bytes may flow
 * @ack: it is the client's second text that is spoiled, not the first
 * @at: byte of the text that is spoiled
 * @bytes: what it is replaced by; NULL: nothing is
 * @cut: bytes of the text that are sent, then the end; 0: all
 * @words: that the other side says; "": nothing that is known beforehand
 */
struct play {
	const char *name;
	const char *roles;
	bool cm;
	enum act act;
	bool ack;
	u32 at;
	const char *bytes;
	u32 cut;
	const char *words;
};

static const struct play plays[] = {
	{ "lid", "cs", .at = 0, .bytes = "x", .words = "exchange: lid" },
	{ "colon", "cs", .at = 13, .bytes = ".", .words = "exchange: qpn" },
	{ "qpn-digit", "cs", .at = 8, .bytes = "g", .words = "exchange: qpn" },
	{ "qpn-zero", "cs", .at = 5, .bytes = "00000000", .words = "exchange: qpn" },
	{ "qpn-wide", "cs", .at = 5, .bytes = "01000000", .words = "exchange: qpn" },
	{ "psn-digit", "cs", .at = 21, .bytes = " ", .words = "exchange: psn" },
	{ "psn-wide", "cs", .at = 14, .bytes = "ff", .words = "exchange: psn" },
	{ "peer-qpn", "cs", .at = 23, .bytes = "0000aaaa", .words = "exchange: peer_qpn" },
	{ "peer-qpn-wide", "cs", .at = 23, .bytes = "80", .words = "exchange: peer_qpn" },
	{ "gid-digit", "cs", .at = 40, .bytes = "-", .words = "exchange: gid" },
	{ "gid-zero", "cs", .at = 32, .bytes = "00000000000000000000000000000000",
	  .words = "exchange: gid" },
	{ "gid-family", "cs", .at = 32, .bytes = "00000000000000000000ffff0a090001",
	  .words = "see gid_index here" },
	{ "end", "cs", .at = 64, .bytes = "x", .words = "exchange: no zero byte" },
	{ "short", "cs", .cut = 64, .words = "exchange: the peer hung up" },
	{ "nothing", "cs", .cut = UINT32_MAX, .words = "exchange: the peer hung up" },
	{ "ack-qpn", "c", .ack = true, .at = 5, .bytes = "00abcdef", .words = "exchange: qpn" },
	{ "ack-peer-qpn", "c", .ack = true, .at = 23, .bytes = "00000000",
	  .words = "exchange: peer_qpn" },
	{ "ack-end", "c", .ack = true, .at = 64, .bytes = "\n", .words = "exchange: no zero byte" },
	{ "ack-short", "c", .ack = true, .cut = 10, .words = "exchange: the peer hung up" },
	{ "hears", "ck", .act = ACT_HEARS, .words = "" },
	{ "tcp-byte", "cs", .act = ACT_TCP_BYTE, .words = "exchange: bytes out of turn" },
	{ "long", "cs", .act = ACT_LONG, .words = "stream: a SEND does not fit" },
	{ "fin", "cs", .act = ACT_FIN, .words = "" },
	{ "after-fin", "cs", .act = ACT_AFTER_FIN, .words = "" },
	{ "close", "cs", .act = ACT_CLOSE, .words = "" },
	{ "noise", "cs", .act = ACT_NOISE, .words = "banner" },
	{ "sees-fin", "s", .act = ACT_SEES_FIN, .words = "" },
	{ "qp-error", "c", .act = ACT_QP_ERROR, .words = "in time" },
	{ "cm-long", "cs", .cm = true, .act = ACT_LONG, .words = "stream: a SEND does not fit" },
	{ "cm-hears", "ck", .cm = true, .act = ACT_HEARS, .words = "" },
	{ "cm-fin", "cs", .cm = true, .act = ACT_FIN, .words = "" },
	{ "cm-close", "cs", .cm = true, .act = ACT_CLOSE, .words = "" },
	{ "cm-noise", "cs", .cm = true, .act = ACT_NOISE, .words = "banner" },
	{ "cm-no-slot", "k", .cm = true, .act = ACT_NO_SLOT,
	  .words = "stream: the peer had no slot left" },
	{ "cm-qp-error", "c", .cm = true, .act = ACT_QP_ERROR, .words = "in time" },
};

/**
 * struct peer - this side
 * @play: what is played
 * @client: it connects
 * @gid_index: of its GID
 * @deadline: milliseconds
 * @tcp: TCP connection, or -1
 * @channel: of the connection manager's events
 * @cm: id of the connection manager's
 * @verbs: the device
 * @pd: protection domain
 * @cq: completions of all kinds
 * @qp: queue pair
 * @mr: over @memory
 * @memory: buffers to receive into, and one to send from
 * @exchange: with the other side
 */
struct peer {
	const struct play *play;
	bool client;
	int gid_index;
	u64 deadline;
	int tcp;
	struct rdma_event_channel *channel;
	struct rdma_cm_id *cm;
	struct ibv_context *verbs;
	struct ibv_pd *pd;
	struct ibv_cq *cq;
	struct ibv_qp *qp;
	struct ibv_mr *mr;
	u8 *memory;
	struct cxio_exchange exchange;
};

static u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000 + (u64)t.tv_nsec / 1000000;
}

__attribute__((noreturn, format(printf, 1, 2)))
static void die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("stream_peer: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

static bool is_readable(int fd, u64 deadline)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	u64 now = now_ms();

	return poll(&poll_fd, 1, now < deadline ? (int)(deadline - now) : 0) == 1;
}

/* --- verbs --- */

static void post_receives(struct peer *p)
{
	u32 i;

	for (i = 0; i < RECVS; i++) {
		struct ibv_sge sge = { (uintptr_t)p->memory + i * BUFFER, BUFFER, p->mr->lkey };
		struct ibv_recv_wr *bad, wr = { .wr_id = i, .sg_list = &sge, .num_sge = 1 };

		if (ibv_post_recv(p->qp, &wr, &bad))
			die("cannot post a receive");
	}
}

static void make_memory(struct peer *p)
{
	size_t bytes = (RECVS + 1) * (size_t)BUFFER + 4096;

	p->pd = ibv_alloc_pd(p->verbs);
	p->cq = ibv_create_cq(p->verbs, 64, NULL, NULL, 0);
	if (!p->pd || !p->cq || posix_memalign((void **)&p->memory, 4096, bytes))
		die("no memory");
	memset(p->memory, 'n', bytes);
	p->mr = ibv_reg_mr(p->pd, p->memory, bytes, IBV_ACCESS_LOCAL_WRITE);
	if (!p->mr)
		die("cannot register memory");
}

static struct ibv_qp_init_attr init_attr(const struct peer *p)
{
	return (struct ibv_qp_init_attr){
		.send_cq = p->cq, .recv_cq = p->cq, .qp_type = IBV_QPT_RC, .sq_sig_all = 1,
		.cap = { .max_send_wr = 8, .max_recv_wr = RECVS, .max_send_sge = 1,
			 .max_recv_sge = 1 },
	};
}

static void modify(struct peer *p, struct ibv_qp_attr *attr, int mask)
{
	if (ibv_modify_qp(p->qp, attr, mask))
		die("cannot modify the queue pair: %s", strerror(errno));
}

static void to_error(struct peer *p)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };

	modify(p, &attr, IBV_QP_STATE);
}

static void to_ready(struct peer *p)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_1024,
		.dest_qp_num = p->exchange.peer.qpn, .rq_psn = p->exchange.peer.psn,
		.max_dest_rd_atomic = 1, .min_rnr_timer = 7,
		.ah_attr = { .is_global = 1, .port_num = 1,
			     .grh = { .sgid_index = (u8)p->gid_index, .hop_limit = 6 } },
	};

	memcpy(&attr.ah_attr.grh.dgid, p->exchange.peer.gid, CXIO_GID);
	modify(p, &attr, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
	       IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
	attr = (struct ibv_qp_attr){
		.qp_state = IBV_QPS_RTS, .timeout = 14, .retry_cnt = 7, .rnr_retry = 7,
		.sq_psn = p->exchange.own.psn, .max_rd_atomic = 1,
	};
	modify(p, &attr, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
	       IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
}

static void make_qp(struct peer *p)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_INIT, .port_num = 1 };
	struct ibv_device **devices = ibv_get_device_list(NULL);
	struct ibv_qp_init_attr init;

	if (!devices || !devices[0])
		die("no RDMA device");
	p->verbs = ibv_open_device(devices[0]);
	ibv_free_device_list(devices);
	if (!p->verbs)
		die("cannot open the RDMA device");
	make_memory(p);
	init = init_attr(p);
	p->qp = ibv_create_qp(p->pd, &init);
	if (!p->qp)
		die("cannot make a queue pair");
	modify(p, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
	post_receives(p);
}

/* Return: bytes that came in one SEND, or -1: it was another completion, or none in time. */
static int wait_completion(struct peer *p, bool *sent)
{
	struct ibv_wc wc;
	int n;

	do {
		n = ibv_poll_cq(p->cq, 1, &wc);
		if (!n)
			usleep(1000);
	} while (!n && now_ms() < p->deadline);
	if (n != 1 || wc.status != IBV_WC_SUCCESS)
		return -1;
	*sent = wc.opcode == IBV_WC_SEND;
	return *sent ? -1 : (int)wc.byte_len;
}

static void send_bytes(struct peer *p, u32 len)
{
	struct ibv_sge sge = { (uintptr_t)p->memory + RECVS * BUFFER, len, p->mr->lkey };
	struct ibv_send_wr *bad, wr = {
		.sg_list = &sge, .num_sge = !!len, .opcode = IBV_WR_SEND,
	};

	if (ibv_post_send(p->qp, &wr, &bad))
		die("cannot post a send");
}

/* --- by TCP --- */

static void read_text(struct peer *p)
{
	u32 room;
	void *to;
	ssize_t n;

	while (p->exchange.state == CXIO_EXCHANGE_WAITS ||
	       p->exchange.state == CXIO_EXCHANGE_ACK) {
		to = cxio_exchange_room(&p->exchange, &room);
		n = recv(p->tcp, to, room, 0);
		if (n <= 0)
			die("the other side ended before it said its text");
		cxio_exchange_came(&p->exchange, (u32)n);
	}
	if (p->exchange.fault)
		die("what the other side says: %s", cxio_fault_text(p->exchange.fault));
}

/* Return: true if that was the spoiled one: the other side is to end now. */
static bool say_text(struct peer *p, bool first)
{
	const struct play *play = p->play;
	bool spoils = play->act == ACT_NEVER && play->ack == !first;
	u32 len = CXIO_EXCHANGE_TEXT;
	u8 text[CXIO_EXCHANGE_TEXT];

	if (!cxio_exchange_text(&p->exchange, text))
		die("no text is due");
	if (spoils && play->bytes)
		memcpy(text + play->at, play->bytes, strlen(play->bytes));
	if (spoils && play->cut)
		len = play->cut == UINT32_MAX ? 0 : play->cut;
	if (len && send(p->tcp, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		die("cannot send the text: %s", strerror(errno));
	if (spoils && play->cut)
		shutdown(p->tcp, SHUT_WR);
	return spoils;
}

/* Return: true if bytes may flow. */
static bool exchange(struct peer *p)
{
	struct cxio_exchange_id own = { .qpn = p->qp->qp_num, .psn = 0x123456 };
	union ibv_gid gid;

	if (ibv_query_gid(p->verbs, 1, p->gid_index, &gid))
		die("no GID %d", p->gid_index);
	memcpy(own.gid, &gid, CXIO_GID);
	cxio_exchange_init(&p->exchange, p->client, &own);
	if (p->client && say_text(p, true))
		return false;
	read_text(p);
	to_ready(p);
	cxio_exchange_ready(&p->exchange);
	if (say_text(p, !p->client))
		return false;
	if (!p->client)
		read_text(p);
	return true;
}

static void make_address(const char *text, u16 port, struct sockaddr_in *to)
{
	*to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
	if (inet_pton(AF_INET, text, &to->sin_addr) != 1)
		die("'%s' is no IPv4 address", text);
}

static void connect_tcp(struct peer *p, const struct sockaddr_in *to)
{
	p->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(p->tcp, (const struct sockaddr *)to, sizeof(*to)))
		die("cannot connect: %s", strerror(errno));
}

static void accept_tcp(struct peer *p, struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*at);

	if (bind(fd, (struct sockaddr *)at, sizeof(*at)) || listen(fd, 1) ||
	    getsockname(fd, (struct sockaddr *)at, &len))
		die("cannot listen: %s", strerror(errno));
	printf("listening on port %u\n", ntohs(at->sin_port));
	p->tcp = accept(fd, NULL, NULL);
	close(fd);
}

/* --- by the connection manager --- */

/* Return: the id it came on. */
static struct rdma_cm_id *await_event(struct peer *p, enum rdma_cm_event_type want)
{
	struct rdma_cm_event *ev;
	enum rdma_cm_event_type what;
	struct rdma_cm_id *id;

	if (!is_readable(p->channel->fd, p->deadline))
		die("no %s in time", rdma_event_str(want));
	if (rdma_get_cm_event(p->channel, &ev))
		die("no event: %s", strerror(errno));
	what = ev->event;
	id = ev->id;
	rdma_ack_cm_event(ev);
	if (what != want)
		die("%s instead of %s", rdma_event_str(what), rdma_event_str(want));
	return id;
}

static void make_cm_qp(struct peer *p)
{
	struct ibv_qp_init_attr init;

	p->verbs = p->cm->verbs;
	make_memory(p);
	init = init_attr(p);
	if (rdma_create_qp(p->cm, p->pd, &init))
		die("cannot make a queue pair");
	p->qp = p->cm->qp;
	if (p->play->act != ACT_NO_SLOT)
		post_receives(p);
}

static void connect_cm(struct peer *p, struct sockaddr_in *to)
{
	/* Nobody reads that; no retries are granted, as Ceph's daemons do. */
	static const char words[] = "private";
	struct rdma_conn_param param = {
		.private_data = words, .private_data_len = sizeof(words), .retry_count = 7,
	};

	p->channel = rdma_create_event_channel();
	if (!p->channel || rdma_create_id(p->channel, &p->cm, NULL, RDMA_PS_TCP) ||
	    rdma_resolve_addr(p->cm, NULL, (struct sockaddr *)to, 3000))
		die("cannot resolve: %s", strerror(errno));
	await_event(p, RDMA_CM_EVENT_ADDR_RESOLVED);
	if (rdma_resolve_route(p->cm, 3000))
		die("cannot resolve a route: %s", strerror(errno));
	await_event(p, RDMA_CM_EVENT_ROUTE_RESOLVED);
	make_cm_qp(p);
	if (rdma_connect(p->cm, &param))
		die("cannot connect: %s", strerror(errno));
	await_event(p, RDMA_CM_EVENT_ESTABLISHED);
}

static void accept_cm(struct peer *p, struct sockaddr_in *at)
{
	/* As Ceph's daemons accept: no retries for whom there is no slot. */
	struct rdma_conn_param param = { .rnr_retry_count = 0 };
	struct rdma_cm_id *listener;

	p->channel = rdma_create_event_channel();
	if (!p->channel || rdma_create_id(p->channel, &listener, NULL, RDMA_PS_TCP) ||
	    rdma_bind_addr(listener, (struct sockaddr *)at) || rdma_listen(listener, 1))
		die("cannot listen: %s", strerror(errno));
	printf("listening on port %u\n", ntohs(rdma_get_src_port(listener)));
	p->cm = await_event(p, RDMA_CM_EVENT_CONNECT_REQUEST);
	/* Who tries again is refused, and no event of this one's. */
	rdma_destroy_id(listener);
	make_cm_qp(p);
	if (rdma_accept(p->cm, &param))
		die("cannot accept: %s", strerror(errno));
	await_event(p, RDMA_CM_EVENT_ESTABLISHED);
}

/* --- what is played --- */

static void close_side(struct peer *p)
{
	if (p->cm)
		rdma_disconnect(p->cm);
	else
		close(p->tcp);
}

/* Whatever came before it. */
static void see_fin(struct peer *p)
{
	bool sent = false;
	int len;

	do
		len = wait_completion(p, &sent);
	while (len > 0);
	if (len < 0)
		die("the other side ended without an end of its stream");
}

/* Ceph's banner: of its first messenger a server says it, of its second one both do at once. */
static void hear(struct peer *p)
{
	bool sent;
	int len;

	do
		len = wait_completion(p, &sent);
	while (len < 0 && now_ms() < p->deadline);
	if (len < 9 || memcmp(p->memory, p->client ? "ceph v027" : "ceph v2\n", p->client ? 9 : 8) != 0)
		die("no banner, but %d bytes", len);
}

static void act(struct peer *p)
{
	switch (p->play->act) {
	case ACT_LONG:
		send_bytes(p, CXIO_SLOT_SIZE + 1);
		break;
	case ACT_TCP_BYTE:
		if (send(p->tcp, "x", 1, MSG_NOSIGNAL) != 1)
			die("cannot send a byte");
		break;
	case ACT_AFTER_FIN:
		send_bytes(p, 0);
		send_bytes(p, 100);
		break;
	case ACT_FIN:
		send_bytes(p, 0);
		break;
	case ACT_NOISE:
		send_bytes(p, CXIO_SLOT_SIZE);
		break;
	case ACT_QP_ERROR:
		to_error(p);
		break;
	case ACT_HEARS:
		hear(p);
		break;
	case ACT_SEES_FIN:
		see_fin(p);
		break;
	default:
		break;
	}
	if (p->play->act == ACT_CLOSE || p->play->act == ACT_HEARS)
		close_side(p);
}

/* The end that the other side is to make. */
static void await_end(struct peer *p)
{
	char byte;

	if (p->play->act == ACT_CLOSE || p->play->act == ACT_HEARS)
		return;
	if (!is_readable(p->cm ? p->channel->fd : p->tcp, p->deadline))
		die("the other side did not end it in time");
	if (p->cm)
		await_event(p, RDMA_CM_EVENT_DISCONNECTED);
	else if (recv(p->tcp, &byte, 1, 0) > 0)
		die("the other side goes on");
}

static const struct play *find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(plays) / sizeof(plays[0]); i++)
		if (!strcmp(plays[i].name, name))
			return &plays[i];
	die("no case '%s'; see --list", name);
}

/* Texts with chance changes in them: whatever becomes of them, this side goes away. */
static void play_random(struct peer *p, const struct sockaddr_in *to, u32 count, unsigned int seed)
{
	u8 text[CXIO_EXCHANGE_TEXT];
	u32 i, j, len;

	srand(seed);
	for (i = 0; i < count; i++) {
		struct cxio_exchange_id id = { .qpn = (u32)rand() & 0xffff, .gid = { 0xfe, 0x80 } };

		id.gid[15] = 1;
		cxio_exchange_encode(&id, text);
		for (j = (u32)rand() % 4; j; j--)
			text[(u32)rand() % sizeof(text)] = (u8)("0f:\0xF"[rand() % 6]);
		len = rand() % 4 ? (u32)sizeof(text) : (u32)rand() % sizeof(text);
		connect_tcp(p, to);
		if (len && send(p->tcp, text, len, MSG_NOSIGNAL) < 0)
			die("cannot send: %s", strerror(errno));
		if (rand() % 2)
			is_readable(p->tcp, now_ms() + 20);
		close(p->tcp);
	}
}

static void usage(FILE *to)
{
	fputs("usage: stream_peer --list\n"
	      "       stream_peer --addr ADDRESS --port PORT --case NAME [--gid-index N]\n"
	      "       stream_peer --listen ADDRESS --case NAME [--gid-index N]\n"
	      "       stream_peer --addr ADDRESS --port PORT --random N [--seed N]\n\n"
	      "Play a case against a server, or listen and play it against a client; or make N\n"
	      "connections, with chance changes in what is said. --list prints names, roles - c:\n"
	      "against a server, s: against a client, k: against one that speaks first - and words\n"
	      "that the other side says.\n"
	      "      --limit SECONDS    for all (default 20)\n"
	      "Exit status: 0 the other side did what it is to do, 1 not, 2 wrong command line.\n", to);
}

static void list(void)
{
	size_t i;

	for (i = 0; i < sizeof(plays) / sizeof(plays[0]); i++)
		printf("%s %s %s\n", plays[i].name, plays[i].roles, plays[i].words);
}

static void play(struct peer *p, struct sockaddr_in *at)
{
	if (p->play->cm) {
		if (p->client)
			connect_cm(p, at);
		else
			accept_cm(p, at);
		act(p);
	} else {
		make_qp(p);
		if (p->client)
			connect_tcp(p, at);
		else
			accept_tcp(p, at);
		if (exchange(p))
			act(p);
	}
	await_end(p);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "list", no_argument, NULL, 'l' }, { "addr", required_argument, NULL, 'a' },
		{ "listen", required_argument, NULL, 'L' },
		{ "port", required_argument, NULL, 'p' }, { "case", required_argument, NULL, 'c' },
		{ "gid-index", required_argument, NULL, 'g' },
		{ "limit", required_argument, NULL, 't' },
		{ "random", required_argument, NULL, 'r' }, { "seed", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	struct peer p = { .tcp = -1, .client = true };
	u32 limit = 20, count = 0, seed = 1;
	const char *addr = NULL;
	struct sockaddr_in at;
	u16 port = 0;
	int o;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (o) {
		case 'l':
			list();
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		case 'L':
			p.client = false;
			addr = optarg;
			break;
		case 'a':
			addr = optarg;
			break;
		case 'p':
			port = (u16)atoi(optarg);
			break;
		case 'c':
			p.play = find(optarg);
			break;
		case 'g':
			p.gid_index = atoi(optarg);
			break;
		case 't':
			limit = (u32)atoi(optarg);
			break;
		case 'r':
			count = (u32)atoi(optarg);
			break;
		case 's':
			seed = (u32)atoi(optarg);
			break;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (!addr || !p.play == !count) {
		usage(stderr);
		return 2;
	}
	p.deadline = now_ms() + limit * 1000ull;
	make_address(addr, port, &at);
	if (count)
		play_random(&p, &at, count, seed);
	else
		play(&p, &at);
	return 0;
}
