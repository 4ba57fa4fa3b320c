// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What happens in the model of the windows: real channels, real frames. See windows.h.
 *
 * Left out: sequence numbers (each message is number 1 of a fresh session; acks say
 * 0), CRCs (the stub below), and time but for the delay of an ack: the clock stands
 * at 0, or at the moment that an ack is due.
 */
#include <stdio.h>
#include <stdlib.h>
#include "channel.h"
#include "windows.h"

#define FRAME_MAX	(CXIO_FRAME_HEADER + CXIO_MSG_HEADER + CXIO_MSG_FOOTER)
#define SIZES		3
#define LATE		CXIO_ACK_DELAY_NS
#define BODIES		64
#define RESTS		60000

struct w_side w[2];

/**
 * struct body - of a frame: what is the same wherever it goes
 * @len: bytes behind the header
 * @byte: these
 * @type: enum cxio_frame_type
 * @flags: of the header
 */
struct body {
	u32 len;
	u8 byte[FRAME_MAX];
	u8 type;
	u8 flags;
};

/**
 * struct config - what is different from run to run
 * @depth: receive buffers of each side
 * @msgs: message window of each side
 * @base: where counters begin
 * @payload: what there is to send, the largest last: it is the whole window of bytes.
 *	By default: one frame, two frames of which one has the footer alone, three
 * @sizes: BIT(payload's number) of what each side sends
 * @asks: keepalives of each side
 * @lazy: buffers are posted some time after they were parsed, and so many at most are
 *	not posted when the next frame is parsed; 0: at once
 * @closes: BIT(side) of who may close
 * @stuck: applications may get stuck
 */
struct config {
	u32 depth[2];
	u32 msgs[2];
	u32 base;
	u32 payload[SIZES];
	u32 sizes[2];
	u32 asks[2];
	u32 lazy;
	u32 closes;
	u32 stuck;
};

/**
 * struct reached - what has happened in some run; else its proof would be empty
 * @last: the last credit was used
 * @none: something was to be sent, and no credit was there for it
 * @throttled: both sides had a message, and neither the window for it
 * @ticks: an ack went after its delay
 * @wraps: a counter was below 2^32, and its grant was beyond
 */
struct reached {
	bool last;
	bool none;
	bool throttled;
	bool ticks;
	bool wraps;
};

static struct config config;
static struct reached reached;
static struct body bodies[BODIES];
static u32 nbodies;
static struct cxio_channel rests[RESTS];
static u32 nrests;
static struct cxio_limits limits[2];
static bool trace;

static void say_reached(void)
{
	printf("reached:%s%s%s%s%s\n", reached.last ? " last" : "", reached.none ? " none" : "",
	       reached.throttled ? " throttled" : "", reached.ticks ? " ticks" : "",
	       reached.wraps ? " wraps" : "");
}

/* The checker's: the run so far is an error. */
extern void (*uerror)(char *text);

/* Stands in for ISA-L's: what the frames' CRCs say is not the matter here. */
unsigned int crc32_iscsi(unsigned char *p, int len, unsigned int seed)
{
	(void)p;
	(void)len;
	return seed;
}

static void violated(const char *what)
{
	if (trace)
		printf("violated: %s\n", what);
	if (uerror)
		uerror((char *)(uintptr_t)what);
}

#define HOLDS(x) ((x) ? (void)0 : violated(#x))

static void give_up(const char *what)
{
	fprintf(stderr, "model: %s\n", what);
	exit(99);
}

/* --- configuration: MODEL_DEPTH=3,3 and so on, in the environment --- */

static void setting(const char *name, u32 *to, u32 count)
{
	const char *text = getenv(name);
	char *end;
	u32 i;

	for (i = 0; text && i < count; i++) {
		to[i] = (u32)strtoul(text, &end, 0);
		if (*end == ',')
			text = end + 1;
	}
}

static void configure(void)
{
	config = (struct config){
		.depth = { 3, 3 }, .msgs = { 1, 1 }, .payload = { 0, 20, 95 },
		.sizes = { 7, 7 },
	};
	setting("MODEL_DEPTH", config.depth, 2);
	setting("MODEL_MSGS", config.msgs, 2);
	setting("MODEL_BASE", &config.base, 1);
	setting("MODEL_PAYLOADS", config.payload, SIZES);
	setting("MODEL_SIZES", config.sizes, 2);
	setting("MODEL_ASKS", config.asks, 2);
	setting("MODEL_LAZY", &config.lazy, 1);
	setting("MODEL_CLOSES", &config.closes, 1);
	setting("MODEL_STUCK", &config.stuck, 1);
	trace = getenv("MODEL_TRACE");
	atexit(say_reached);
	if (config.depth[0] > W_DEPTH || config.depth[1] > W_DEPTH ||
	    config.msgs[0] > W_HELD || config.msgs[1] > W_HELD)
		give_up("window too large");
}

/* --- a channel and its parts --- */

static struct cxio_send_window *tx_window(struct cxio_channel *s, u32 kind)
{
	struct cxio_credit *c = &s->credit;

	return kind == 0 ? &c->tx_frames : kind == 1 ? &c->tx_msgs : &c->tx_bytes;
}

static struct cxio_recv_window *rx_window(struct cxio_channel *s, u32 kind)
{
	struct cxio_credit *c = &s->credit;

	return kind == 0 ? &c->rx_frames : kind == 1 ? &c->rx_msgs : &c->rx_bytes;
}

static u32 limit(int i, u32 kind)
{
	return kind == 0 ? limits[i].recv_depth :
	       kind == 1 ? limits[i].window_msgs : limits[i].window_bytes;
}

static u16 small(u32 n)
{
	if (n > 0xffff)
		violated("a difference is out of range");
	return (u16)n;
}

static u16 number_of(const struct cxio_channel *s)
{
	static u16 table[1 << 17];
	const u64 *word = (const void *)s;
	u32 at, i;
	u64 hash = 1;

	static_assert(sizeof(*s) % sizeof(*word) == 0, "words");
	for (i = 0; i < sizeof(*s) / sizeof(*word); i++)
		hash = (hash ^ word[i]) * 0x9e3779b97f4a7c15u;
	for (at = (u32)(hash >> 47); table[at]; at = (at + 1) % ARRAY_SIZE(table))
		if (!memcmp(&rests[table[at] - 1], s, sizeof(*s)))
			return (u16)(table[at] - 1);
	if (nrests == RESTS)
		give_up("too many states of a channel");
	rests[nrests] = *s;
	table[at] = (u16)++nrests;
	return (u16)(nrests - 1);
}

/* What is taken to pieces must be the same when it is put together again. */
static void take_apart(int i, struct cxio_channel *s)
{
	struct cxio_channel rest = *s;
	u32 k;

	for (k = 0; k < W_KINDS; k++) {
		struct cxio_send_window *t = tx_window(s, k);
		struct cxio_recv_window *r = rx_window(s, k);
		struct w_side *peer = &w[!i];
		u32 moved = t->used - config.base, f;

		HOLDS(t->limit == limit(!i, k) && r->limit == limit(i, k));
		HOLDS(cxio_send_window_left(t) <= t->limit);
		HOLDS(cxio_recv_window_owed(r) <= r->limit);
		w[i].left[k] = small(cxio_send_window_left(t));
		w[i].out[k] = small(r->told - r->used);
		w[i].held[k] = small(r->used - r->returned);
		w[i].behind[k] = small(config.base - r->used);
		/* Our counter is the peer's measure: it is set back, and that with it. */
		peer->behind[k] = small(peer->behind[k] + moved);
		for (f = 0; f < w[i].in; f++)
			w[i].frame[f].grant[k] = small(w[i].frame[f].grant[k] - moved);
	}
	memset(&rest.credit, 0, sizeof(rest.credit));
	memset(&rest.stats, 0, sizeof(rest.stats));
	memset(&rest.tx_pieces, 0, sizeof(rest.tx_pieces));
	rest.session = NULL;
	rest.control = 0;
	rest.stalled = false;
	rest.window_stalled = false;
	/* A closed cursor is what is left of a message that is gone. */
	if (!rest.tx.open)
		memset(&rest.tx, 0, sizeof(rest.tx));
	if (!rest.rx.open)
		memset(&rest.rx, 0, sizeof(rest.rx));
	w[i].rest = number_of(&rest);
}

static void put_together(int i, struct cxio_channel *s, struct cxio_session *session)
{
	static const struct cxio_policy none;
	u32 k;

	*s = rests[w[i].rest];
	for (k = 0; k < W_KINDS; k++) {
		struct cxio_send_window *t = tx_window(s, k);
		struct cxio_recv_window *r = rx_window(s, k);

		t->used = config.base;
		t->granted = config.base + w[i].left[k];
		t->limit = limit(!i, k);
		r->used = config.base - w[i].behind[k];
		r->told = r->used + w[i].out[k];
		r->returned = r->used - w[i].held[k];
		r->limit = limit(i, k);
	}
	if (!session)
		return;
	cxio_session_init(session, none, 0);
	if (s->tx.open)
		cxio_session_begin(session, 0);
	s->session = session;
}

/* --- what must hold in every state --- */

static u32 payload_of(const struct body *b)
{
	struct cxio_msg_header h;

	if (b->type != CXIO_FRAME_MESSAGE)
		return 0;
	if (cxio_msg_header_decode(b->byte, b->len, &h))
		violated("a message's header cannot be read");
	return (u32)cxio_msg_payload(&h);
}

/* How much of a window of side i is on the way, in the peer's frames. */
static u32 on_the_way(int i, u32 kind)
{
	u32 sum = 0, f;

	for (f = 0; f < w[i].in; f++) {
		const struct body *b = &bodies[w[i].frame[f].body];

		sum += kind == 0 ? 1 : kind == 2 ? payload_of(b) : b->type == CXIO_FRAME_MESSAGE;
	}
	return sum;
}

/* How much of it the peer has begun to send and the application not freed. */
static u32 held(int i, u32 kind)
{
	const struct cxio_cursor *rx = &rests[w[i].rest].rx;
	u32 sum = 0, m;

	if (kind == 0)
		return w[i].unposted;
	for (m = 0; m < w[i].got; m++)
		sum += kind == 1 ? 1 : config.payload[w[i].msg[m]];
	if (rx->open)
		sum += kind == 1 ? 1 : (u32)cxio_msg_payload(&rx->header);
	return sum;
}

/* Nothing of a window is lost, and nothing is there twice. */
static void check(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		u32 k;

		for (k = 0; k < W_KINDS; k++) {
			u32 left = w[!i].left[k], way = on_the_way(i, k), here = held(i, k);

			HOLDS(w[i].behind[k] == way);
			HOLDS(w[i].held[k] == here);
			HOLDS(left + way <= w[i].out[k]);
			HOLDS(w[i].out[k] + here <= limit(i, k));
		}
		/* No frame finds no buffer. */
		HOLDS(w[i].in + w[i].unposted <= limit(i, 0));
	}
}

/* --- what may happen --- */

static void header_of(u32 size, struct cxio_msg_header *h)
{
	memset(h, 0, sizeof(*h));
	h->len[CXIO_FRONT] = config.payload[size];
}

/* What the channel says at a time, and itself. */
static enum cxio_tx_kind ask_next(int i, u64 now, struct cxio_channel *s,
				  struct cxio_session *session, struct cxio_msg_header *h)
{
	struct cxio_offer offer = { 0 };

	put_together(i, s, session);
	if (w[i].over)
		return CXIO_TX_NOTHING;
	if (s->tx.open)
		*h = s->tx.header;
	else if (w[i].offer)
		header_of(w[i].offer - 1u, h);
	if (s->tx.open || w[i].offer)
		offer.header = h;
	return cxio_channel_next(s, &offer, now);
}

static bool may(int i, u64 now)
{
	struct cxio_msg_header h;
	struct cxio_channel s;

	return ask_next(i, now, &s, NULL, &h) != CXIO_TX_NOTHING;
}

static u16 what_may(int i, const struct cxio_channel *s, bool wants)
{
	bool now, loud = !w[i].silent;
	u32 size;
	u16 m = 0;

	if (w[i].over)
		return loud ? W_STOP : 0;
	now = may(i, 0);
	m |= now ? W_SEND : 0;
	/* Time changes something only where nothing else is to be done. */
	m |= !now && may(i, LATE) ? W_TICK : 0;
	m |= w[i].in && (!config.lazy || w[i].unposted < config.lazy) ? W_RECEIVE : 0;
	m |= w[i].unposted ? W_POST : 0;
	m |= w[i].got && !w[i].stuck ? W_CONSUME : 0;
	m |= config.stuck && !w[i].stuck ? W_STICK : 0;
	m |= w[i].asks && loud && !s->keepalive.ask ? W_ASK : 0;
	m |= w[i].closes && !s->close_due ? W_CLOSE : 0;
	m |= loud ? W_STOP : 0;
	m |= cxio_channel_may_disconnect(s, true) ? W_END : 0;
	/* One at a time: between two messages there is a moment without. */
	for (size = 0; size < SIZES; size++)
		if ((config.sizes[i] >> size & 1) && !wants && loud && !s->close_due)
			m |= (u16)(W_OFFER << size);
	return m;
}

#define W_GOES_ON	(W_SEND | W_TICK | W_RECEIVE | W_POST | W_CONSUME | W_END)

static bool throttled(int i)
{
	struct cxio_channel s;

	put_together(i, &s, NULL);
	return w[i].offer && !cxio_credit_may_begin(&s.credit, config.payload[w[i].offer - 1]);
}

static void look(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		reached.none |= (w[i].is & W_WANTS) && w[i].left[0] <= 1;
		reached.wraps |= config.base + w[i].left[0] < config.base;
	}
	if (!reached.throttled)
		reached.throttled = throttled(0) && throttled(1);
}

/* After everything that happens. */
static void settle(void)
{
	int i;

	check();
	for (i = 0; i < 2; i++) {
		const struct cxio_channel *s = &rests[w[i].rest];
		bool begun = s->tx.open || s->keepalive.ask || s->keepalive.echo;
		bool over = w[i].over;

		w[i].is = 0;
		w[i].is |= !over && (begun || w[i].offer) ? W_WANTS : 0;
		w[i].is |= !over && begun ? W_BEGUN : 0;
		w[i].is |= !over && s->close_due ? W_CLOSING : 0;
		w[i].may = what_may(i, s, w[i].is & W_WANTS);
	}
	if (w[0].silent && w[1].silent && ((w[0].may | w[1].may) & W_GOES_ON)) {
		w[0].is |= W_SILENT;
		w[1].is |= W_SILENT;
	}
	look();
}

/* --- what happens --- */

void w_init(void)
{
	static struct cxio_session session;
	int i;

	configure();
	memset(w, 0, sizeof(w));
	for (i = 0; i < 2; i++) {
		limits[i].recv_depth = (u16)config.depth[i];
		limits[i].window_msgs = config.msgs[i];
		limits[i].window_bytes = config.payload[SIZES - 1];
	}
	for (i = 0; i < 2; i++) {
		const struct cxio_agreed agreed = {
			.frame_max = FRAME_MAX,
			.peer_recv_depth = limits[!i].recv_depth,
			.peer_window_msgs = limits[!i].window_msgs,
			.peer_window_bytes = limits[!i].window_bytes,
		};
		struct cxio_channel s;
		u32 k;

		cxio_channel_init(&s, &session, &limits[i], &agreed, i == 0, 0);
		for (k = 0; k < W_KINDS; k++) {
			tx_window(&s, k)->used += config.base;
			tx_window(&s, k)->granted += config.base;
			rx_window(&s, k)->used += config.base;
			rx_window(&s, k)->told += config.base;
			rx_window(&s, k)->returned += config.base;
		}
		take_apart(i, &s);
		w[i].asks = (u8)config.asks[i];
		w[i].closes = config.closes >> i & 1;
	}
	settle();
}

static u8 body_number(const struct cxio_frame *f, const u8 *byte)
{
	struct body b;
	u32 i;

	memset(&b, 0, sizeof(b));
	b.type = f->type;
	b.flags = f->flags;
	b.len = f->body_len;
	memcpy(b.byte, byte, f->body_len);
	for (i = 0; i < nbodies; i++)
		if (!memcmp(&bodies[i], &b, sizeof(b)))
			return (u8)i;
	if (nbodies == BODIES)
		give_up("too many frames");
	bodies[nbodies] = b;
	return (u8)nbodies++;
}

static void say(int i, const char *what)
{
	int side;

	if (!trace)
		return;
	printf("%d %-16s", i, what);
	for (side = 0; side < 2; side++)
		printf(" | left %u,%u,%u told %u,%u,%u held %u,%u,%u in %u", w[side].left[0],
		       w[side].left[1], w[side].left[2], w[side].out[0], w[side].out[1],
		       w[side].out[2], w[side].held[0], w[side].held[1], w[side].held[2],
		       w[side].in);
	printf("\n");
}

/* Onto the wire, with the sender's counters in front of it. */
static void put_on_wire(int i, struct cxio_channel *s, const u8 *buf, u32 len)
{
	static const char *const names[] = {
		"?", "sends MESSAGE", "sends MORE", "sends GRANT", "sends KEEPALIVE",
		"sends ECHO", "sends CLOSE",
	};
	struct w_side *peer = &w[!i];
	struct cxio_frame f;
	struct w_frame *to;
	u32 left = w[i].left[0];

	reached.last |= left == 1;
	if (cxio_frame_decode(buf, len, &f))
		violated("the frame cannot be read");
	HOLDS(left > 0);
	HOLDS(left > 1 || f.type == CXIO_FRAME_GRANT);
	HOLDS(f.ack == 0);
	if (peer->in == W_DEPTH) {
		violated("more frames than buffers");
		return;
	}
	to = &peer->frame[peer->in++];
	to->body = body_number(&f, buf + CXIO_FRAME_HEADER);
	to->grant[0] = small(f.grant_frames - config.base);
	to->grant[1] = small(f.grant_msgs - config.base);
	to->grant[2] = small(f.grant_bytes - config.base);
	take_apart(i, s);
	say(i, f.type < ARRAY_SIZE(names) ? names[f.type] : "sends");
	settle();
}

static void send(int i, u64 now)
{
	struct cxio_session session;
	struct cxio_msg_header h;
	struct cxio_channel s;
	u8 buf[FRAME_MAX] = { 0 };
	bool last;

	switch (ask_next(i, now, &s, &session, &h)) {
	case CXIO_TX_CONTROL:
		put_on_wire(i, &s, buf, cxio_channel_control(&s, buf, now));
		return;
	case CXIO_TX_BEGIN:
		cxio_channel_msg_begin(&s, &h, NULL);
		w[i].offer = 0;
		put_on_wire(i, &s, buf, cxio_channel_msg_seal(&s, buf, &last));
		return;
	case CXIO_TX_MORE:
		cxio_channel_msg_more(&s);
		put_on_wire(i, &s, buf, cxio_channel_msg_seal(&s, buf, &last));
		return;
	default:
		violated("this kind of frame is not in the model");
	}
}

void w_send(int i)
{
	send(i, 0);
}

void w_tick(int i)
{
	struct cxio_channel s;

	put_together(i, &s, NULL);
	if (cxio_channel_deadline(&s, true) > LATE)
		violated("a frame is due, and nobody was told when");
	reached.ticks = true;
	send(i, LATE);
}

static void keep_message(int i, u32 payload)
{
	u8 size = 0;

	while (config.payload[size] != payload)
		size++;
	if (w[i].got == W_HELD) {
		violated("more messages than the window has");
		return;
	}
	w[i].msg[w[i].got++] = size;
}

void w_receive(int i)
{
	const struct w_frame *from = &w[i].frame[0];
	const struct body *b = &bodies[from->body];
	struct cxio_frame f = {
		.type = b->type, .flags = b->flags, .body_len = b->len,
		.grant_frames = config.base + from->grant[0],
		.grant_msgs = config.base + from->grant[1],
		.grant_bytes = config.base + from->grant[2],
	};
	struct cxio_session session;
	struct cxio_rx_event ev;
	struct cxio_channel s;
	enum cxio_fault fault;
	u8 buf[FRAME_MAX];
	u32 payload;

	put_together(i, &s, &session);
	memcpy(buf + CXIO_FRAME_HEADER, b->byte, b->len);
	cxio_frame_encode(&f, buf);
	w[i].in--;
	memmove(&w[i].frame[0], &w[i].frame[1], w[i].in * sizeof(w[i].frame[0]));
	memset(&w[i].frame[w[i].in], 0, sizeof(w[i].frame[0]));

	fault = cxio_channel_rx(&s, buf, CXIO_FRAME_HEADER + b->len, 0, &ev);
	if (fault) {
		violated(cxio_fault_text(fault));
		return;
	}
	payload = (u32)cxio_msg_payload(&s.rx.header);
	if (ev.ends) {
		keep_message(i, payload);
		cxio_channel_delivered(&s, 0, 0);
	}
	if (config.lazy)
		w[i].unposted++;
	else
		cxio_channel_reposted(&s, 1);
	take_apart(i, &s);
	say(i, "receives");
	settle();
}

void w_post(int i)
{
	struct cxio_channel s;

	put_together(i, &s, NULL);
	cxio_channel_reposted(&s, 1);
	w[i].unposted--;
	take_apart(i, &s);
	say(i, "posts");
	settle();
}

void w_consume(int i)
{
	u32 payload = config.payload[w[i].msg[0]];
	struct cxio_channel s;

	put_together(i, &s, NULL);
	w[i].got--;
	memmove(&w[i].msg[0], &w[i].msg[1], w[i].got);
	w[i].msg[w[i].got] = 0;
	cxio_channel_consumed(&s, 1, payload, 0);
	take_apart(i, &s);
	say(i, "consumes");
	settle();
}

void w_stick(int i)
{
	w[i].stuck = 1;
	say(i, "is stuck");
	settle();
}

void w_offer(int i, int size)
{
	w[i].offer = (u8)(size + 1);
	say(i, "offers");
	settle();
}

void w_ask(int i)
{
	struct cxio_channel s;

	put_together(i, &s, NULL);
	w[i].asks--;
	s.keepalive.ask = true;
	take_apart(i, &s);
	say(i, "asks");
	settle();
}

void w_close(int i)
{
	struct cxio_channel s;

	put_together(i, &s, NULL);
	w[i].closes = 0;
	cxio_channel_close(&s, CXIO_FAULT_NONE);
	take_apart(i, &s);
	say(i, "closes");
	settle();
}

void w_stop(int i)
{
	w[i].silent = 1;
	say(i, "falls silent");
	settle();
}

void w_end(int i)
{
	say(i, "disconnects");
	w[0].over = 1;
	w[1].over = 1;
	settle();
}

/* Nothing can happen any more: nothing may be left to do. */
void w_rest(void)
{
	struct cxio_channel s;
	int i;

	if (w[0].over || w[1].over)
		return;
	for (i = 0; i < 2; i++) {
		put_together(i, &s, NULL);
		if (w[i].is & W_BEGUN)
			violated("deadlock: something begun cannot go on");
		if (s.close_due || s.peer_closed)
			violated("deadlock: a close gets nowhere");
		if (w[i].offer && !w[!i].stuck)
			violated("deadlock: a message cannot begin");
		if (cxio_credit_may_send(&s.credit) != CXIO_CREDIT_GO)
			violated("at rest, and no credit to begin with");
		if (cxio_credit_frames_due(&s.credit) || s.ack_due != CXIO_NEVER)
			violated("at rest, and a grant is due");
		if (w[i].in || w[i].unposted || (w[i].got && !w[i].stuck))
			violated("at rest, and something is on its way");
		if (!w[!i].stuck && (w[i].left[1] != limit(!i, 1) || w[i].left[2] != limit(!i, 2)))
			violated("at rest, and the message window is not open");
	}
}
