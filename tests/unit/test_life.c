// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * life.c: which state follows which, and why a connection ended. Two lives are
 * joined by hand: a frame made by one is given to the other.
 */
#include "cmocka_cxio.h"
#include "life.h"

#define NOW 1000000000ull

static struct cxio_limits limits;
static u8 frame[4096];

/* Two open connections; the active side's first frame has arrived. */
static void open_pair(struct cxio_life l[2])
{
	struct cxio_agreed agreed;
	struct cxio_wire_hello hello;
	u32 i, len;

	cxio_limits_default(&limits);
	len = cxio_hello_encode(&limits, NULL, &hello);
	assert_int_equal(cxio_hello_decode(&limits, &hello, len, &agreed), CXIO_FAULT_NONE);
	for (i = 0; i < 2; i++) {
		cxio_life_init(&l[i], i == 0, NOW);
		cxio_life_connecting(&l[i]);
		assert_true(cxio_life_opens(&l[i], &limits, &agreed, NOW));
		assert_false(cxio_life_opens(&l[i], &limits, &agreed, NOW));
	}
}

static const struct cxio_offer nothing;

/* Give every frame that @from makes to @to, and settle both. */
static void deliver(struct cxio_life *from, struct cxio_life *to)
{
	struct cxio_rx_event ev;
	u32 len;

	while (cxio_life_next(from, &nothing, NOW) == CXIO_TX_CONTROL) {
		len = cxio_channel_control(&from->channel, frame, NOW);
		if (!cxio_life_wants_frame(to))
			continue;
		assert_true(cxio_life_rx(to, frame, len, NOW, &ev));
		cxio_channel_reposted(&to->channel, 1);
	}
	cxio_life_settle(from, true, NOW);
}

static void assert_end(const struct cxio_life *l, u32 fault, bool by_peer)
{
	assert_int_equal(l->state, CXIO_DISCONNECTING);
	assert_true(l->ending);
	assert_int_equal(l->fault, fault);
	assert_int_equal(l->by_peer, by_peer);
}

static void orderly_end(void **state)
{
	struct cxio_life l[2];

	(void)state;
	open_pair(l);
	deliver(&l[0], &l[1]);
	cxio_life_close(&l[0]);
	assert_int_equal(l[0].state, CXIO_CLOSING);
	/* what is queued may take its time: no limit before CLOSE is out */
	assert_true(l[0].deadline == CXIO_NEVER);
	deliver(&l[0], &l[1]);
	assert_int_equal(l[0].state, CXIO_CLOSING);
	assert_true(l[0].deadline == NOW + CXIO_CLOSE_NS);
	deliver(&l[1], &l[0]);
	assert_end(&l[1], CXIO_FAULT_NONE, true);
	cxio_life_settle(&l[0], true, NOW);
	assert_end(&l[0], CXIO_FAULT_NONE, true);
}

/* The answer to CLOSE never comes: a time limit ends it. */
static void unanswered_close(void **state)
{
	struct cxio_life l[2];

	(void)state;
	open_pair(l);
	cxio_life_close(&l[0]);
	deliver(&l[0], &l[1]);
	cxio_life_tick(&l[0], NOW + CXIO_CLOSE_NS - 1);
	assert_int_equal(l[0].state, CXIO_CLOSING);
	cxio_life_tick(&l[0], NOW + CXIO_CLOSE_NS);
	assert_end(&l[0], CXIO_FAULT_TIMEOUT, false);
}

/* Disconnected in place of an answer: in order, if all that was sent was acked. */
static void lost_after_close(void **state)
{
	struct cxio_life l[2];

	(void)state;
	open_pair(l);
	cxio_life_close(&l[0]);
	deliver(&l[0], &l[1]);
	cxio_life_lost(&l[0]);
	assert_int_equal(l[0].state, CXIO_DISCONNECTING);
	assert_false(l[0].ending);
	cxio_life_over(&l[0]);
	assert_int_equal(l[0].state, CXIO_CLOSED);
	assert_int_equal(l[0].fault, CXIO_FAULT_NONE);

	open_pair(l);
	l[0].session->out_seq = 1;
	cxio_life_close(&l[0]);
	deliver(&l[0], &l[1]);
	cxio_life_lost(&l[0]);
	cxio_life_over(&l[0]);
	assert_int_equal(l[0].fault, CXIO_FAULT_PEER_GONE);
}

/* A fault is told to the peer, and both know it; what comes after is not looked at. */
static void fault_is_told(void **state)
{
	struct cxio_rx_event ev;
	struct cxio_life l[2];
	u32 len;

	(void)state;
	open_pair(l);
	assert_int_equal(cxio_life_next(&l[0], &nothing, NOW), CXIO_TX_CONTROL);
	len = cxio_channel_control(&l[0].channel, frame, NOW);
	frame[8] ^= 1;
	assert_false(cxio_life_rx(&l[1], frame, len, NOW, &ev));
	assert_int_equal(l[1].state, CXIO_CLOSING);
	assert_false(cxio_life_wants_frame(&l[1]));
	deliver(&l[1], &l[0]);
	assert_end(&l[1], CXIO_FAULT_FRAME_CRC, false);
	cxio_life_settle(&l[0], true, NOW);
	assert_end(&l[0], CXIO_FAULT_FRAME_CRC, true);
	/* the first reason sticks */
	cxio_life_end(&l[0], CXIO_FAULT_TIMEOUT, false);
	cxio_life_over(&l[0]);
	assert_int_equal(l[0].fault, CXIO_FAULT_FRAME_CRC);
}

/* No credit for CLOSE: disconnected at once. */
static void fault_without_credit(void **state)
{
	struct cxio_life l[2];

	(void)state;
	open_pair(l);
	l[0].channel.credit.tx_frames.used = l[0].channel.credit.tx_frames.granted;
	cxio_life_fault(&l[0], CXIO_FAULT_SHUTDOWN, NOW);
	assert_int_equal(cxio_life_next(&l[0], &nothing, NOW), CXIO_TX_NOTHING);
	cxio_life_settle(&l[0], true, NOW);
	assert_end(&l[0], CXIO_FAULT_SHUTDOWN, false);
}

static void never_opened(void **state)
{
	struct cxio_life l;

	(void)state;
	cxio_life_init(&l, true, NOW);
	assert_false(cxio_life_opens_by_frame(&l));
	cxio_life_connecting(&l);
	assert_false(cxio_life_opens_by_frame(&l));
	assert_false(cxio_life_wants_frame(&l));
	assert_true(cxio_life_deadline(&l, true) == NOW + CXIO_CONNECT_NS);
	cxio_life_tick(&l, NOW + CXIO_CONNECT_NS);
	assert_end(&l, CXIO_FAULT_TIMEOUT, false);
	assert_true(cxio_life_deadline(&l, true) == CXIO_NEVER);

	cxio_life_init(&l, false, NOW);
	cxio_life_connecting(&l);
	assert_true(cxio_life_opens_by_frame(&l));
	cxio_life_close(&l);
	assert_end(&l, CXIO_FAULT_NONE, false);

	cxio_life_init(&l, true, NOW);
	cxio_life_lost(&l);
	cxio_life_over(&l);
	assert_int_equal(l.fault, CXIO_FAULT_PEER_GONE);
}

/* A message that the peer's window can never hold ends it instead of blocking. */
static void too_large_for_ever(void **state)
{
	struct cxio_msg_header h = { .len = { 0, 0, CXIO_DEFAULT_WINDOW_BYTES + 1 } };
	const struct cxio_offer offer = { .header = &h };
	struct cxio_life l[2];

	(void)state;
	open_pair(l);
	assert_int_equal(cxio_life_next(&l[0], &offer, NOW), CXIO_TX_NOTHING);
	assert_end(&l[0], CXIO_FAULT_MSG_WINDOW_BYTES, false);
}

/* A session that outlives the connection: open, but no message before it is agreed on. */
static void session_is_agreed_on(void **state)
{
	const struct cxio_agreed agreed = {
		.features = CXIO_FEATURE_SESSION, .frame_max = 512, .peer_recv_depth = 8,
		.peer_window_msgs = 1, .peer_window_bytes = 4096,
	};
	struct cxio_msg_header h = { .type = CXIO_MSG_PING };
	const struct cxio_offer offer = { .header = &h };
	struct cxio_session session;
	struct cxio_life l;

	(void)state;
	cxio_limits_default(&limits);
	cxio_session_init(&session, cxio_policy(CXIO_LOSSLESS_PEER), 1);
	cxio_life_init(&l, false, NOW);
	cxio_life_carry(&l, NULL);
	cxio_life_connecting(&l);
	assert_true(cxio_life_opens(&l, &limits, &agreed, NOW));
	l.channel.may_send = true;
	/* the time limit of connecting holds until then */
	assert_true(l.deadline == NOW + CXIO_CONNECT_NS);
	assert_int_equal(cxio_life_next(&l, &offer, NOW), CXIO_TX_NOTHING);
	cxio_life_agreed(&l, &session);
	assert_ptr_equal(l.session, &session);
	assert_true(l.deadline == CXIO_NEVER);
	assert_int_equal(cxio_life_next(&l, &offer, NOW), CXIO_TX_BEGIN);

	/* an end before it is agreed on, with what there is to say */
	cxio_life_init(&l, false, NOW);
	cxio_life_carry(&l, NULL);
	cxio_life_connecting(&l);
	cxio_life_opens(&l, &limits, &agreed, NOW);
	l.channel.may_send = true;
	cxio_life_fault(&l, CXIO_FAULT_HANDSHAKE_TAG, NOW);
	assert_int_equal(cxio_life_next(&l, &nothing, NOW), CXIO_TX_CONTROL);
	cxio_channel_control(&l.channel, frame, NOW);
	cxio_life_settle(&l, true, NOW);
	assert_end(&l, CXIO_FAULT_HANDSHAKE_TAG, false);
	cxio_life_over(&l);
	assert_int_equal(cxio_life_next(&l, &nothing, NOW), CXIO_TX_NOTHING);
	cxio_life_tick(&l, NOW);
	cxio_life_settle(&l, true, NOW);
	cxio_life_fault(&l, CXIO_FAULT_TIMEOUT, NOW);
	assert_int_equal(l.fault, CXIO_FAULT_HANDSHAKE_TAG);
}

static void states_have_names(void **state)
{
	u32 i, k;

	(void)state;
	for (i = 0; i <= CXIO_CLOSED; i++)
		for (k = 0; k < i; k++)
			assert_string_not_equal(cxio_state_text(i), cxio_state_text(k));
	assert_string_equal(cxio_state_text(CXIO_CLOSED + 1), "unknown");
}

static void silence(void **state)
{
	struct cxio_life l[2];

	(void)state;
	open_pair(l);
	cxio_life_tick(&l[0], NOW + CXIO_KEEPALIVE_EXPIRY_NS - 1);
	assert_int_equal(l[0].state, CXIO_OPEN);
	cxio_life_tick(&l[0], NOW + CXIO_KEEPALIVE_EXPIRY_NS);
	assert_end(&l[0], CXIO_FAULT_KEEPALIVE, false);
}

static void names(void **state)
{
	u32 i, k;

	(void)state;
	for (i = 0; i <= CXIO_CLOSED; i++)
		for (k = 0; k <= CXIO_CLOSED + 1; k++)
			assert_true(i == k || strcmp(cxio_state_text(i), cxio_state_text(k)));
	assert_string_equal(cxio_state_text(~0u), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orderly_end),
		cmocka_unit_test(unanswered_close),
		cmocka_unit_test(lost_after_close),
		cmocka_unit_test(fault_is_told),
		cmocka_unit_test(fault_without_credit),
		cmocka_unit_test(never_opened),
		cmocka_unit_test(too_large_for_ever),
		cmocka_unit_test(session_is_agreed_on),
		cmocka_unit_test(states_have_names),
		cmocka_unit_test(silence),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
