// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzer: one whole endpoint, as the simulator has it: connections, handshake, session,
 * messages, READs. Its peer is the input, which says anything at any time. It may end
 * its own connection, and no more; the simulator's checks hold.
 *
 * Input: two mode bytes, then steps: an operation byte; for a frame two bytes of length
 * and the frame. The upper half of an operation chooses among connections. With
 * FUZZ_SHOW in the environment it is said what happens.
 */
#include "craft.h"
#include "sim.h"

/* First mode byte: bits 0 and 1 choose the policies. What is fixed, no fuzzer could guess. */
enum {
	MODE_SERVER = 4,	/* be the second of the pair: the passive one */
	MODE_FIX_FRAME = 8,	/* body_len and frame CRC */
	MODE_FIX_MSG = 16,	/* message header CRC, and a number near the next */
	MODE_FIX_GRANTS = 32,	/* ack and grants become possible ones */
	MODE_FIX_FOOTER = 64,	/* the CRCs in a footer */
	MODE_FIX_GREETING = 128, /* cookies, counts and numbers of a connect or reply */
};

enum {
	OP_SEND = 6, OP_TIME, OP_CONSUME, OP_REPOST, OP_REVOKE, OP_CLOSE, OP_NEW, OP_LOSE,
	OP_COMPLETE, OP_HOLD, OP_MASK = 15,
};

#define CONNECTIONS	4u
#define FRAME_SIZE	4096u

/* Where the greeting stands in the body of a connect, and of a reply. */
#define GREETING_AT(type) ((type) == CXIO_FRAME_CONNECT ? 33u : 26u)

/**
 * struct fuzz - the world, and what is left of the input
 * @sim: one endpoint, at its place of the pair
 * @ep: it
 * @peer: limits of what is not there
 * @mode: first mode byte
 * @hold: completions wait until they are asked for
 * @p: input
 * @left: bytes
 */
struct fuzz {
	struct sim sim;
	struct ep *ep;
	struct conn peer;
	u8 mode;
	bool hold;
	const u8 *p;
	size_t left;
};

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static u32 number(struct fuzz *f, u32 size)
{
	u32 value;

	if (f->left < size) {
		f->left = 0;
		return 0;
	}
	value = (u32)get_le(f->p, size);
	f->p += size;
	f->left -= size;
	return value;
}

static struct conn *chosen(struct fuzz *f, u32 which)
{
	struct conn *c = f->ep->conns;

	for (which %= CONNECTIONS; c && c->next && which; which--)
		c = c->next;
	return c;
}

/* --- transport --- */

static void finish(struct fuzz *f, bool all)
{
	struct conn *c, *next;

	for (c = f->ep->conns; c; c = next) {
		struct link *l = c->link;
		struct qp *q = &l->qp[f->ep->side];

		next = c->next;
		while (link_can_execute(l, f->ep->side))
			link_execute(l, f->ep->side);
		while (all && !q->error && q->sq && q->sq->executed) {
			link_complete(l, f->ep->side);
			while (link_can_execute(l, f->ep->side))
				link_execute(l, f->ep->side);
		}
		if (!q->error)
			continue;
		while (q->sq)
			link_flush(l, f->ep->side);
		if (conn_may_tear_down(c))
			conn_tear_down(c);
		/* The session's end may have dropped the next one, too: begin anew. */
		next = f->ep->conns;
	}
	link_reap(&f->sim);
}

/* An attempt of the endpoint's own is answered at once. */
static void answer_attempts(struct fuzz *f)
{
	const struct cxio_agreed version = { .version = CXIO_WIRE_VERSION_MAX };
	u32 side = f->ep->side;
	struct link *l;

	for (l = f->sim.links; l; l = l->next) {
		if (l->cm != CM_REQ || l->active != side || !l->qp[side].c)
			continue;
		cxio_hello_encode(&f->peer.ours, &version, &l->hello[!side]);
		l->cm = CM_REP;
		link_cm_step(l);
		l->qp[side].established = false;
		if (l->qp[side].c)
			conn_established(l->qp[side].c);
	}
}

static void incoming(struct fuzz *f)
{
	struct conn *c;
	struct link *l;
	u32 n = 0;

	for (c = f->ep->conns; c; c = c->next)
		n++;
	if (n >= CONNECTIONS)
		return;
	f->sim.faults = false;
	l = link_new(&f->sim.ep[!f->ep->side], &f->peer);
	l->qp[!f->ep->side].c = NULL;
	link_cm_step(l);
	f->sim.faults = true;
	l->cm = CM_UP;
}

static void pass_time(struct fuzz *f, u32 amount)
{
	struct conn *c;
	struct sess *s;

	f->sim.now += (u64)amount * amount * 50000000ull;
	for (c = f->ep->conns; c; c = c->next)
		conn_tick(c);
	finish(f, !f->hold);
	for (s = f->ep->sess; s; s = s->next)
		if (!s->conn && !s->attempt)
			sess_tick(s);
	answer_attempts(f);
}

/* --- a frame, made plausible as far as the mode says --- */

static u32 plausible(const struct cxio_send_window *w, u64 chance)
{
	u32 most = w->limit - (w->granted - w->used);

	return w->granted + (u32)(chance % (most + 1ull));
}

static void fix_grants(const struct conn *conn, struct craft *c)
{
	const struct cxio_channel *ch = &conn->life.channel;
	const struct cxio_credit *w = &ch->credit;

	/* It opens the connection: nothing was used yet. */
	if (!conn->life.was_open) {
		put_le(c->buf + F_GRANT_FRAMES, 4, conn->agreed.peer_recv_depth);
		put_le(c->buf + F_GRANT_MSGS, 4, conn->agreed.peer_window_msgs);
		put_le(c->buf + F_GRANT_BYTES, 4, conn->agreed.peer_window_bytes);
		return;
	}
	if (ch->session && ch->ready) {
		u64 sent = ch->session->sent_seq - ch->session->acked;

		put_le(c->buf + F_ACK, 4,
		       ch->session->acked + get_le(c->buf + F_ACK, 4) % (sent + 1));
	}
	put_le(c->buf + F_GRANT_FRAMES, 4,
	       plausible(&w->tx_frames, get_le(c->buf + F_GRANT_FRAMES, 4)));
	put_le(c->buf + F_GRANT_MSGS, 4,
	       plausible(&w->tx_msgs, get_le(c->buf + F_GRANT_MSGS, 4)));
	put_le(c->buf + F_GRANT_BYTES, 4,
	       plausible(&w->tx_bytes, get_le(c->buf + F_GRANT_BYTES, 4)));
}

static void fix_greeting(struct fuzz *f, const struct conn *conn, struct craft *c)
{
	u8 type = c->buf[F_TYPE], *body = c->buf + F_SIZE, *g = body + GREETING_AT(type);
	const struct sess *s = conn->sess ? conn->sess : f->ep->sess;
	u32 fixed = F_SIZE + (type == CXIO_FRAME_CONNECT ? CXIO_CONNECT_BODY : CXIO_REPLY_BODY);
	u64 unacked;

	if ((type != CXIO_FRAME_CONNECT && type != CXIO_FRAME_REPLY) || c->len < fixed)
		return;
	g[0] |= 1;
	memset(g + 1, 0, 7);
	/* Few addresses, so that sessions are met again. */
	memset(g + 24, 0, 48);
	if (type == CXIO_FRAME_CONNECT)
		put_le(body + 20, 4, 24);
	if (!s)
		return;
	put_le(g + 8, 8, g[8] & 1 ? s->s.own_cookie : 0);
	if (s->s.peer_cookie && !(g[9] & 1))
		put_le(g, 8, s->s.peer_cookie);
	unacked = s->s.out_seq - s->s.acked;
	put_le(g + 16, 8, s->s.acked + get_le(g + 16, 8) % (unacked + 1));
	if (type == CXIO_FRAME_CONNECT)
		put_le(body + 16, 4, s->s.connect_seq + body[16] % 3);
	else
		put_le(body + 13, 4, s->s.connect_seq + 1 + body[13] % 2);
}

/* The CRC of a list of descriptors that is whole in its message's first frame. */
static void fix_descs(struct craft *c)
{
	u8 *list = c->buf + F_SIZE + M_SIZE;
	u32 size;

	if (!(c->buf[F_FLAGS] & CXIO_FRAME_DESCS) || c->len < F_SIZE + M_SIZE + 8)
		return;
	size = cxio_descs_size(list[0]);
	if (size > 8 && size <= c->len - F_SIZE - M_SIZE)
		put_le(list + 4, 4, cxio_crc32c(cxio_crc32c(0, list, 4), list + 8, size - 8));
}

/* Of what a READ brings: see link_execute(). */
static u32 read_crc(u32 len)
{
	u8 bytes[4096];
	u32 crc = 0, n;

	memset(bytes, 0x5a, sizeof(bytes));
	for (; len; len -= n) {
		n = len < sizeof(bytes) ? len : (u32)sizeof(bytes);
		crc = cxio_crc32c(crc, bytes, n);
	}
	return crc;
}

/* A copy of the channel says what the CRCs in the footer should have been. */
static void fix_footer(const struct fuzz *f, const struct conn *conn, struct craft *c)
{
	struct cxio_channel copy = conn->life.channel;
	struct cxio_session session;
	struct cxio_rx_event ev;
	enum cxio_fault fault;
	u32 segment;

	if (!copy.session || !conn->life.was_open)
		return;
	session = *copy.session;
	copy.session = &session;
	fault = cxio_channel_rx(&copy, c->buf, c->len, f->sim.now, &ev);
	if (!(fault ? fault >= CXIO_FAULT_FRONT_CRC && fault <= CXIO_FAULT_DATA_CRC : ev.ends) ||
	    c->len < F_SIZE + T_SIZE || !cxio_frame_is_message(c->buf[F_TYPE]))
		return;
	for (segment = 0; segment < CXIO_SEGMENTS; segment++)
		put_le(c->buf + c->len - T_SIZE + 4 * segment, 4,
		       cxio_carry_inline(&copy.rx.carry, segment) ? copy.rx.crc[segment] :
		       read_crc(copy.rx.header.len[segment] % (1u << 16)));
}

static void fix(struct fuzz *f, const struct conn *conn, struct craft *c)
{
	const struct cxio_channel *ch = &conn->life.channel;

	if (c->len < F_SIZE)
		return;
	if (f->mode & MODE_FIX_GRANTS)
		fix_grants(conn, c);
	if (f->mode & MODE_FIX_GREETING)
		fix_greeting(f, conn, c);
	if (f->mode & MODE_FIX_MSG && c->len >= F_SIZE + M_SIZE &&
	    c->buf[F_TYPE] == CXIO_FRAME_MESSAGE) {
		if (ch->session)
			put_le(c->buf + F_SIZE + M_SEQ, 8,
			       ch->session->rx_seq + !!c->buf[F_SIZE + M_SEQ]);
		fix_descs(c);
		craft_fix(c, FIX_MSG);
	}
	if (f->mode & MODE_FIX_FRAME)
		craft_fix(c, FIX_LEN | FIX_FRAME);
	if (f->mode & MODE_FIX_FOOTER)
		fix_footer(f, conn, c);
}

/* What the device says came invalidated: a key of that connection, and only if it may. */
static u32 invalidates(struct fuzz *f, const struct conn *conn, const struct craft *c)
{
	u32 rkey = c->len >= F_SIZE + 12 && c->buf[F_TYPE] == CXIO_FRAME_DONE ?
		   (u32)get_le(c->buf + F_SIZE + 8, 4) : 0;
	struct key *k = key_find(&f->sim, rkey);

	if (!k || !k->valid || !k->invalidate || k->link != conn->link->id)
		return 0;
	k->valid = false;
	return rkey;
}

static void receive(struct fuzz *f, struct conn *conn)
{
	static struct craft c;
	struct qp *q;
	u32 rkey;
	u8 *exact;

	c.len = number(f, 2);
	if (c.len > f->left)
		c.len = (u32)f->left;
	if (c.len > FRAME_SIZE)
		c.len = FRAME_SIZE;
	memcpy(c.buf, f->p, c.len);
	f->p += c.len;
	f->left -= c.len;
	if (!conn || conn->gone)
		return;
	q = &conn->link->qp[f->ep->side];
	/* A peer that sends without a credit finds no buffer: the device ends that. */
	if (!q->posted) {
		conn_lost(conn, CXIO_FAULT_NONE);
		return;
	}
	q->posted--;
	fix(f, conn, &c);
	rkey = invalidates(f, conn, &c);
	exact = sim_alloc(c.len);
	memcpy(exact, c.buf, c.len);
	conn_frame(conn, exact, c.len, rkey);
	free(exact);
}

/* --- steps --- */

static void repost(struct conn *c)
{
	if (c && c->unposted && cxio_life_flows(&c->life))
		conn_repost(c, c->unposted);
}

static void step(struct fuzz *f)
{
	u32 op = number(f, 1), which = op >> 4;
	struct conn *c = chosen(f, which);

	switch (op & OP_MASK) {
	case OP_SEND:
		ep_send(f->ep);
		answer_attempts(f);
		break;
	case OP_TIME:
		pass_time(f, which);
		break;
	case OP_CONSUME:
		if (f->ep->held)
			ep_consume(f->ep);
		break;
	case OP_REPOST:
		repost(c);
		break;
	case OP_REVOKE:
		ep_revoke(f->ep);
		break;
	case OP_CLOSE:
		ep_close(f->ep);
		break;
	case OP_NEW:
		incoming(f);
		break;
	case OP_LOSE:
		if (c && !c->gone)
			conn_lost(c, CXIO_FAULT_NONE);
		break;
	case OP_COMPLETE:
		finish(f, true);
		break;
	case OP_HOLD:
		f->hold = which & 1;
		break;
	default:
		receive(f, c);
	}
	finish(f, !f->hold);
	sim_check(&f->sim);
}

static void start(struct fuzz *f)
{
	struct cxio_addr nobody = { 0 };

	f->mode = (u8)number(f, 1);
	sim_init(&f->sim, number(f, 1), getenv("FUZZ_SHOW"));
	f->sim.alone = true;
	f->sim.may_reset = true;
	f->sim.plan.kind = f->mode & 3;
	f->ep = &f->sim.ep[!!(f->mode & MODE_SERVER)];
	ep_init(&f->sim, 0);
	ep_init(&f->sim, 1);
	f->ep->ours.supported |= CXIO_FEATURE_RENDEZVOUS | CXIO_FEATURE_REPLY_SINK;
	f->peer.ours = f->ep->ours;
	f->ep->peer = nobody;
	if (f->mode & MODE_SERVER) {
		incoming(f);
	} else {
		ep_send(f->ep);
		pass_time(f, 0);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct fuzz f;

	memset(&f, 0, sizeof(f));
	f.p = data;
	f.left = size;
	start(&f);
	while (f.left)
		step(&f);
	sim_free(&f.sim);
	return 0;
}
