// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sequence numbers, acks, replay; standby, back-off, reset.
 */
#include "session.h"

/**
 * cxio_session_state_text() - a state's name
 * @state: any number
 *
 * Context: any. Return: a constant string, never NULL.
 */
const char *cxio_session_state_text(u32 state)
{
	static const char *const names[] = {
		[CXIO_SESSION_IDLE] = "idle", [CXIO_SESSION_CONNECTING] = "connecting",
		[CXIO_SESSION_WAIT] = "wait", [CXIO_SESSION_OPEN] = "open",
		[CXIO_SESSION_STANDBY] = "standby", [CXIO_SESSION_ENDED] = "ended",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

/**
 * cxio_session_init() - a session begins, without a connection
 * @s: the session
 * @policy: of the kind of peer
 * @cookie: a random number, not 0; 0 where the wire has no cookies
 */
void cxio_session_init(struct cxio_session *s, struct cxio_policy policy, u64 cookie)
{
	memset(s, 0, sizeof(*s));
	s->policy = policy;
	s->own_cookie = cookie;
	s->due = CXIO_NEVER;
}

/**
 * cxio_session_reset() - forget what went and came, as the peer has
 * @s: the session; its owner drops all messages of both lists and says so
 *
 * State and attempt stay: a reset comes in the middle of connecting.
 */
void cxio_session_reset(struct cxio_session *s)
{
	s->out_seq = 0;
	s->begun_seq = 0;
	s->sent_seq = 0;
	s->acked = 0;
	s->rx_seq = 0;
	s->in_seq = 0;
	s->rx_any = false;
	s->connect_seq = 0;
	/* Whoever remembers the old one must not take us for that. */
	if (s->own_cookie && !++s->own_cookie)
		s->own_cookie = 1;
	s->peer_cookie = 0;
}

/* --- delivery --- */

/**
 * cxio_session_begin() - a message begins to be sent
 * @s: the session
 * @seq: its sequence number if it has one: it is replayed; else 0
 *
 * Return: its number; the next of this connection.
 */
u64 cxio_session_begin(struct cxio_session *s, u64 seq)
{
	s->begun_seq = seq ? seq : s->out_seq + 1;
	if (s->begun_seq > s->out_seq)
		s->out_seq = s->begun_seq;
	return s->begun_seq;
}

/**
 * cxio_session_sent() - the message begun last has been sent to its end
 * @s: the session
 */
void cxio_session_sent(struct cxio_session *s)
{
	s->sent_seq = s->begun_seq;
}

/**
 * cxio_session_sent_upto() - messages that were begun have been sent to their ends
 * @s: the session
 * @seq: number of the last of them
 *
 * For byte streams, where later ones are begun before that.
 */
void cxio_session_sent_upto(struct cxio_session *s, u64 seq)
{
	if (seq > s->sent_seq && seq <= s->begun_seq)
		s->sent_seq = seq;
}

/**
 * cxio_session_order() - is a message that comes in the next one?
 * @s: the session
 * @seq: its number, from the wire
 *
 * Return: the verdict.
 */
enum cxio_order cxio_session_order(const struct cxio_session *s, u64 seq)
{
	if (!seq)
		return CXIO_ORDER_GAP;
	if (s->rx_any || (seq > s->rx_seq && seq - s->rx_seq == 1))
		return CXIO_ORDER_NEXT;
	return seq <= s->rx_seq ? CXIO_ORDER_DUPLICATE : CXIO_ORDER_GAP;
}

/**
 * cxio_session_received() - the end of the next message has come in
 * @s: the session
 * @seq: its number; cxio_session_order() said CXIO_ORDER_NEXT
 *
 * It may have to wait for its data, or for those before it: it is not acknowledged
 * by this.
 */
void cxio_session_received(struct cxio_session *s, u64 seq)
{
	/* Only the next one counts, whatever an owner still finds of a former connection. */
	if (s->rx_any || seq - s->rx_seq == 1)
		s->rx_seq = seq;
	s->rx_any = false;
}

/**
 * cxio_session_delivered() - messages that came in have reached their owner
 * @s: the session
 * @pending: number of the oldest message that has not, or 0 if all have
 *
 * All before it may be acknowledged: whole, verified, in order (I6). Revoked ones
 * between are passed over.
 */
void cxio_session_delivered(struct cxio_session *s, u64 pending)
{
	u64 upto = pending ? pending - 1 : s->rx_seq;

	if (upto > s->in_seq)
		s->in_seq = upto;
}

/**
 * cxio_session_acked() - the peer acknowledges
 * @s: the session
 * @seq: all up to this one, from the wire; an old number changes nothing
 *
 * Return: CXIO_FAULT_FRAME_ACK for a message whose end was never sent.
 */
enum cxio_fault cxio_session_acked(struct cxio_session *s, u64 seq)
{
	if (seq > s->sent_seq)
		return CXIO_FAULT_FRAME_ACK;
	if (seq > s->acked)
		s->acked = seq;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_session_acked32() - the peer acknowledges with the low half of a number
 * @s: the session
 * @seq: low 32 bits; acknowledgments of a connection never run backwards
 *
 * Return: as cxio_session_acked().
 */
enum cxio_fault cxio_session_acked32(struct cxio_session *s, u32 seq)
{
	u32 more = seq - (u32)s->acked;

	/* I1: what may be acknowledged at most, not what is claimed, bounds it. */
	if (more > s->sent_seq - s->acked)
		return CXIO_FAULT_FRAME_ACK;
	s->acked += more;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_session_any_start() - the first message may have any number
 * @s: the session, just opened
 *
 * For byte streams: Ceph begins anywhere after a reset, and has no cookies to tell.
 */
void cxio_session_any_start(struct cxio_session *s)
{
	s->rx_any = !s->in_seq;
}

/* --- connecting --- */

/**
 * cxio_session_wake() - somebody wants something sent
 * @s: the session
 * @now: time
 *
 * Return: true if an attempt to connect is due by this.
 */
bool cxio_session_wake(struct cxio_session *s, u64 now)
{
	if (s->policy.server)
		return false;
	if (s->state == CXIO_SESSION_STANDBY)
		s->connect_seq++;
	else if (s->state != CXIO_SESSION_IDLE)
		return false;
	s->state = CXIO_SESSION_CONNECTING;
	s->due = now;
	return true;
}

/**
 * cxio_session_ask() - the owner wants to know whether the peer is there
 * @s: the session; what carries it is told by cxio_keepalive_want()
 * @now: time
 *
 * It is something to send, as a message is: without a connection, one is wanted.
 */
void cxio_session_ask(struct cxio_session *s, u64 now)
{
	s->asked = true;
	cxio_session_wake(s, now);
}

/**
 * cxio_session_attempt_due() - is it time to connect?
 * @s: the session
 * @now: time; to be asked at @s->due at the latest
 *
 * Return: true, once, if the owner is to begin an attempt now.
 */
bool cxio_session_attempt_due(struct cxio_session *s, u64 now)
{
	if (now < s->due)
		return false;
	s->due = CXIO_NEVER;
	if (s->state == CXIO_SESSION_WAIT)
		s->state = CXIO_SESSION_CONNECTING;
	return s->state == CXIO_SESSION_CONNECTING;
}

/**
 * cxio_session_wait() - the peer's own attempt is to win
 * @s: the session
 * @now: time
 */
void cxio_session_wait(struct cxio_session *s, u64 now)
{
	s->state = CXIO_SESSION_WAIT;
	s->due = now + CXIO_WAIT_NS;
}

/**
 * cxio_session_opened() - a connection carries the session from here on
 * @s: the session
 * @peer_in_seq: last message the peer has received, from the wire; @s->acked if it
 *	did not say
 *
 * Before, the owner has dropped what it had received and not delivered: it comes
 * again. Afterwards it drops messages up to @s->acked and sends all others anew.
 * Without cookies a peer may have forgotten what it acknowledged: so does Ceph's.
 *
 * Return: a fault if the peer cannot have received that, or has forgotten what it
 * acknowledged. Then the owner drops the connection and tells cxio_session_lost().
 */
enum cxio_fault cxio_session_opened(struct cxio_session *s, u64 peer_in_seq)
{
	if (!s->own_cookie && peer_in_seq < s->acked)
		peer_in_seq = s->acked;
	/* And we may have forgotten what we sent: then it goes on from there. */
	if (!s->own_cookie && !s->out_seq && peer_in_seq <= CXIO_SEQ_MAX)
		s->out_seq = peer_in_seq;
	if (peer_in_seq > s->out_seq || peer_in_seq < s->acked)
		return CXIO_FAULT_HANDSHAKE_IN_SEQ;
	s->acked = peer_in_seq;
	s->begun_seq = peer_in_seq;
	s->sent_seq = peer_in_seq;
	s->rx_seq = s->in_seq;
	s->rx_any = false;
	s->state = CXIO_SESSION_OPEN;
	s->due = CXIO_NEVER;
	s->failures = 0;
	return CXIO_FAULT_NONE;
}

/* Twice the wait at each failure, and of that a random part between half and all. */
static u64 backoff(u32 failures, u32 random)
{
	u32 doublings = failures < 6 ? failures : 6;
	u64 longest = (2 * CXIO_BACKOFF_MIN_NS) << doublings;
	u64 half;

	if (longest > CXIO_BACKOFF_MAX_NS)
		longest = CXIO_BACKOFF_MAX_NS;
	half = longest / 2;
	return half + ((half >> 16) * (random >> 16));
}

static enum cxio_loss retry(struct cxio_session *s, bool ours, u32 random, u64 now)
{
	s->state = CXIO_SESSION_CONNECTING;
	s->due = ours ? now : now + backoff(s->failures, random);
	if (!ours)
		s->failures++;
	return CXIO_LOSS_RETRY;
}

/**
 * cxio_session_lost() - the session's connection, or its attempt, is gone
 * @s: the session
 * @queued: there are messages to send, or to send anew
 * @ours: we broke it ourselves, to get hold of memory: no back-off
 * @random: any number
 * @now: time
 *
 * Return: what to do.
 */
enum cxio_loss cxio_session_lost(struct cxio_session *s, bool queued, bool ours, u32 random,
				 u64 now)
{
	switch (s->state) {
	case CXIO_SESSION_OPEN:
		if (s->policy.lossy) {
			cxio_session_end(s);
			return CXIO_LOSS_ENDED;
		}
		if (s->policy.server || (s->policy.standby && !queued && !s->asked)) {
			s->state = CXIO_SESSION_STANDBY;
			s->standby_since = now;
			s->due = CXIO_NEVER;
			return CXIO_LOSS_STANDBY;
		}
		s->connect_seq++;
		return retry(s, ours, random, now);
	case CXIO_SESSION_CONNECTING:
		return retry(s, ours, random, now);
	case CXIO_SESSION_WAIT:
		return CXIO_LOSS_RETRY;
	case CXIO_SESSION_IDLE:
	case CXIO_SESSION_STANDBY:
		return CXIO_LOSS_STANDBY;
	default:
		return CXIO_LOSS_ENDED;
	}
}

/**
 * cxio_session_expires() - until when a session that waits for its peer is kept
 * @s: the session
 * @began: this side connected first: it waits for nobody, and can connect when it wants
 * @timeout: how long a peer may be away, nanoseconds; 0: for ever
 *
 * Return: a time; CXIO_NEVER if it does not wait.
 */
u64 cxio_session_expires(const struct cxio_session *s, bool began, u64 timeout)
{
	if (s->state != CXIO_SESSION_STANDBY || began || !timeout ||
	    timeout > CXIO_NEVER - s->standby_since)
		return CXIO_NEVER;
	return s->standby_since + timeout;
}

/**
 * cxio_session_hurry() - the peer waits for our attempt: it is not to wait for long
 * @s: the session, whose owner has just answered WAIT
 * @now: time
 */
void cxio_session_hurry(struct cxio_session *s, u64 now)
{
	if (s->state == CXIO_SESSION_CONNECTING && s->due != CXIO_NEVER)
		s->due = now;
}

/**
 * cxio_session_end() - it is over
 * @s: the session
 *
 * Also when a CLOSE without a fault came or went on its connection: an orderly end is
 * the session's, and is no loss.
 */
void cxio_session_end(struct cxio_session *s)
{
	s->state = CXIO_SESSION_ENDED;
	s->due = CXIO_NEVER;
}
