#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# mutants.sh: does the simulator notice? Each row changes one thing in a copy of
# common/; the simulator must then fail within the events of a check run. TAP on
# stdout and in build/results/sim-mutants.tap. Run from the top of the tree by
# "make sim-mutants".

set -uo pipefail

dir=build/unit/sim-mutant
tap=build/results/sim-mutants.tap
events=${SIM_EVENTS:-3000000}

mkdir -p build/results
rm -rf $dir
mkdir -p $dir
: > $tap
number=0
failed=0

say() {
	echo "$*" | tee -a $tap
}

# mutant FILE WHAT SED [SEED]: what is rare is looked for from a seed on that has it
mutant() {
	local file=$1 what=$2 script=$3 seed=${4:-1} out code seen

	number=$((number + 1))
	sed "$script" "common/$file.c" > "$dir/$file.c"
	if cmp -s "common/$file.c" "$dir/$file.c"; then
		say "not ok $number - sim mutant: $what: the line to change is gone from $file.c"
		failed=$((failed + 1))
		return
	fi
	if ! gcc -std=gnu11 -O2 -w -Icommon -c -o "$dir/$file.mutant.o" "$dir/$file.c"; then
		say "not ok $number - sim mutant: $what: does not compile"
		failed=$((failed + 1))
		return
	fi
	local core=()
	for o in "$dir"/core/*.o; do
		[ "${o##*/}" = "$file.o" ] || core+=("$o")
	done
	gcc -o "$dir/sim" "$dir"/own/*.o "${core[@]}" "$dir/$file.mutant.o" -lisal || return
	out=$(timeout 60 "$dir/sim" --events "$events" --seed "$seed" 2>&1)
	code=$?
	seen=$(grep -m 1 '^not ok' <<< "$out" | sed 's/^not ok [0-9]* - sim: //')
	[ $code != 124 ] || seen="does not end"
	[ $code -lt 128 ] || seen="dies with status $code"
	if [ -n "$seen" ]; then
		say "ok $number - sim mutant: $what: $seen"
	else
		say "not ok $number - sim mutant: $what: not seen"
		failed=$((failed + 1))
	fi
}

mkdir -p $dir/core $dir/own
for source in common/*.c; do
	gcc -std=gnu11 -O2 -w -Icommon -c -o "$dir/core/$(basename "$source" .c).o" "$source" || exit 1
done
for source in tests/unit/sim/*.c; do
	gcc -std=gnu11 -O2 -w -Icommon -Itests/unit/sim -c \
		-o "$dir/own/$(basename "$source" .c).o" "$source" || exit 1
done

# --- delivery ---
mutant session "replay from one too far" \
	's/s->acked = peer_in_seq;/s->acked = peer_in_seq + (peer_in_seq < s->out_seq);/'
mutant session "the reply's in_seq ignored" \
	's/s->acked = peer_in_seq;/peer_in_seq = s->acked;/'
mutant session "duplicates dispatched" \
	's/return seq <= s->rx_seq ? CXIO_ORDER_DUPLICATE/return seq <= s->rx_seq ? CXIO_ORDER_NEXT/'
mutant session "acknowledged before the READ" \
	's/u64 upto = pending ? pending - 1 : s->rx_seq;/u64 upto = s->rx_seq;/'
mutant session "what waits for its data is acknowledged too" \
	's/pending ? pending - 1/pending ? pending/'
mutant session "received numbers survive the connection" \
	's/s->rx_seq = s->in_seq;/;/'
mutant session "a reset keeps what was received" \
	'/^void cxio_session_reset/,/^}/s/s->in_seq = 0;/;/'
mutant session "a reset keeps what was acknowledged" \
	'/^void cxio_session_reset/,/^}/s/s->acked = 0;/;/'
mutant session "a reset keeps its cookie" \
	's/if (s->own_cookie \&\& !++s->own_cookie)/if (0)/'
mutant session "a new message gets the number of a replayed one" \
	's/s->out_seq = s->begun_seq;/;/'
# --- connecting ---
mutant session "back-off never ends" \
	's/s->due = ours ? now : now + backoff.*;/s->due = ours ? now : CXIO_NEVER;/'
mutant session "no failure resets the back-off" \
	's/longest > CXIO_BACKOFF_MAX_NS/0/; s/failures < 6 ? failures : 6/failures + 20/'
mutant session "WAIT has no end" \
	's/s->due = now + CXIO_WAIT_NS;/s->due = CXIO_NEVER;/'
mutant session "standby is never left" \
	's/if (s->state == CXIO_SESSION_STANDBY)/if (s->state == CXIO_SESSION_ENDED)/'
mutant session "standby with messages queued" \
	's/(s->policy.standby \&\& !queued)/s->policy.standby/'
mutant session "a lossy session goes on" \
	's/if (s->policy.lossy) {/if (0) {/'
mutant handshake "WAIT is taken as a failure" \
	's/cxio_session_wait(s, now);/return fail(fault, CXIO_FAULT_HANDSHAKE_WAIT);/'
mutant handshake "both win a race" \
	's/else if (peer_is_lower || e->policy.server/else if (1 || e->policy.server/'
mutant handshake "nobody wins a race" \
	's/else if (peer_is_lower || e->policy.server/else if (e->policy.server/'
mutant handshake "the cookie of a peer that began anew is not looked at" \
	'/^static bool peer_began_anew/,/^}/s/return e->peer_cookie \&\& .*;/return false;/'
# Once in some thousand scenarios: where is it now? build the mutant, --events 60000000.
mutant handshake "a count learned from a peer that died is a session" \
	'/^static bool session_unknown/,/^}/s/return e->peer_cookie \&\& /return /' 4300
mutant handshake "a session unknown is opened" \
	's/} else if (session_unknown(.*/} else if (0) {/'
mutant handshake "an old connect_seq is opened" \
	's/} else if (c->connect_seq < e->connect_seq) {/} else if (0) {/'
mutant handshake "an old global_seq is refused for ever" \
	's/v->reply.global_seq = e->peer_global_seq;/v->reply.global_seq = c->global_seq;/'
mutant handshake "RETRY_GLOBAL is not remembered" \
	's/s->global_floor = r->global_seq;/;/'
mutant handshake "RETRY_SESSION says what the client has" \
	's/v->reply.connect_seq = e->connect_seq + 1;/v->reply.connect_seq = e->connect_seq;/'
mutant handshake "who began anew is not reset here" \
	's/open_it(v, true);/open_it(v, false);/'
mutant handshake "a reset is not acted on by the client" \
	's/	cxio_session_reset(s);/	;/'
mutant handshake "the server keeps its connect_seq" \
	's/s->connect_seq = c->connect_seq + 1;/;/'
mutant handshake "the peer's cookie is not kept" \
	'/^void cxio_handshake_accept/,/^}/s/s->peer_cookie = cookies->own;/;/'
# --- frames ---
mutant channel_tx "no tombstone" \
	's/if (o->revoked)/if (0)/'
mutant channel_tx "a tombstone takes no number" \
	's/} else if (seq > s->session->begun_seq) {/} else if (0) {/'
mutant channel_tx "messages before the reply" \
	's/if (!s->ready || s->greet_tx.due)/if (!s->ready)/'
mutant channel_tx "DONE is never sent" \
	's/if (offer->done)/if (0)/'
mutant channel_tx "grants are only sent with messages" \
	's/return grant_due(s, now) ? CXIO_TX_CONTROL : CXIO_TX_NOTHING;/return CXIO_TX_NOTHING;/'
mutant channel_tx "the message window is not asked" \
	's/return window ? CXIO_TX_BEGIN/return 1 ? CXIO_TX_BEGIN/'
mutant channel_tx "an aborted chain stays open" \
	'/^u32 cxio_channel_revoked/,/^}/s/s->tx.open = false;/;/'
mutant channel_rx "window of dropped messages not returned" \
	'/^static void message_ends/,/^}/s/cxio_channel_consumed(s, 1, .*;/;/'
mutant channel_rx "an aborted chain goes on" \
	'/^static void rx_break/,/^}/s/s->rx.open = false;/;/'
mutant channel_rx "an aborted chain keeps its number" \
	'/^static void rx_break/,/^}/s/cxio_session_received(s->session, .*;/;/'
mutant channel_rx "a tombstone is not counted" \
	'/^static enum cxio_fault rx_revoked/,/^}/s/cxio_session_received(s->session, .*;/;/'
mutant channel_rx "reposted buffers are not granted" \
	's/cxio_recv_window_return(&s->credit.rx_frames, frames);/;/'
mutant channel_rx "delivery owes no ack" \
	'/^void cxio_channel_delivered/,/^}/s/cxio_channel_owe_ack(s, now);/;/'
mutant credit "the last credit carries anything" \
	's/if (left > 1)/if (left > 0)/'
mutant credit "a grant needs more than one credit" \
	's/if (left == 1 \&\& cxio_credit_frames_due(c))/if (0)/'
mutant credit "one frame too many granted" \
	's/w->told = w->limit + w->returned;/w->told = w->limit + w->returned + 1;/'
mutant rendezvous "READs beyond depth" \
	's/if (r->started >= r->depth)/if (r->started > r->depth)/'
mutant rendezvous "the end of a READ is forgotten" \
	's/r->started--;/;/'
mutant keepalive "keepalives are not answered" \
	's/k->echo = true;/k->echo = false;/'
mutant keepalive "silence is never noticed" \
	's/if (k->expiry_ns \&\& silence >= k->expiry_ns)/if (0)/'
mutant life "connecting never times out" \
	's/l->deadline = now + CXIO_CONNECT_NS;/l->deadline = CXIO_NEVER;/'
mutant life "a session agreed on still times out" \
	'/^void cxio_life_agreed/,/^}/s/l->deadline = CXIO_NEVER;/;/'
mutant life "closing never ends" \
	's/if (cxio_channel_may_disconnect(s, sends_done))/if (0)/'
mutant channel "a message's descriptors are left out" \
	's/c->len\[CXIO_PART_DESCS\] = cxio_descs_size(c->carry.descs);/;/'

echo "1..$number" | tee -a $tap
[ $failed = 0 ]
