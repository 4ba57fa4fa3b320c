#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# handshake.sh [--mutants]: check the model of the handshake in every configuration, or
# plant faults and see that it finds them. TAP on stdout and in build/results. What is
# found is shown step by step. MODEL_COMMON is another place than common/ for the code.
# Run from the top of the tree.

set -uo pipefail

dir=build/model/handshake
here=tests/model
common=${MODEL_COMMON:-common}
core=(session handshake policy fault msgr1 msgr1_connect addr wire)
tap=build/results/model-handshake.tap
[ "${1:-}" != --mutants ] || tap=build/results/model-handshake-mutants.tap
flags=(-std=gnu11 -O2 -Wall -Wextra "-I$common" "-I$here")
number=0
failed=0

say() {
	echo "$*" | tee -a $tap
}

verdict() {
	number=$((number + 1))
	[ "$1" = ok ] || failed=$((failed + 1))
	say "$1 $number - $2"
}

build() {
	local name pan

	mkdir -p $dir/core build/results
	: > $tap
	(cd $dir && spin -a "$OLDPWD/$here/handshake.pml" > spin.log) || return
	for name in "${core[@]}"; do
		gcc "${flags[@]}" -c -o $dir/core/"$name".o "$common"/"$name".c || return
	done
	for name in handshake-model handshake-state; do
		gcc "${flags[@]}" -c -o $dir/"$name".o $here/"$name".c || return
	done
	# The checker's own code is not ours to warn about.
	pan=(gcc -O2 -w "-I$here" -DNOREDUCE -DMEMLIM=1500 -c "$dir/pan.c")
	"${pan[@]}" -DSAFETY -DNOCLAIM -o $dir/safe.o || return
	"${pan[@]}" -DNFAIR=3 -o $dir/live.o || return
	link "$dir" "$dir"/core/*.o $dir/handshake-model.o
}

# link WHERE OBJECT...: both programs
link() {
	local to=$1
	shift
	gcc -o "$to"/safe $dir/safe.o $dir/handshake-state.o "$@" -lisal &&
		gcc -o "$to"/live $dir/live.o $dir/handshake-state.o "$@" -lisal
}

# check PROGRAM SETTING...: into $out; false if it found something or did not end
check() {
	local program=$1 how=()
	shift
	[ "${program##*/}" = safe ] || how=(-a -f)
	rm -f $dir/handshake.pml.trail
	# It leaves a trail where it is.
	out=$(cd $dir && env "$@" timeout 200 "./${program#"$dir"/}" -n -w20 -m400000 "${how[@]}" 2>&1)
	states=$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' <<< "$out")
	error=$(sed -n 's/^pan:1: \(.*\) (at depth.*/\1/p' <<< "$out" | head -n 1)
	# Whatever is unfinished is no proof.
	if [ -z "$error" ] && { [ -z "$states" ] ||
	   grep -Eq '^(pan|error): .*(max|memory)|too small|model:' <<< "$out"; }; then
		error="not all states were visited"
	fi
	[ -z "$error" ]
}

# explain PROGRAM SETTING...: what led to it
explain() {
	local program=$1
	shift
	[ -f $dir/handshake.pml.trail ] || return
	env MODEL_TRACE=1 "$@" "$program" -S $dir/handshake.pml.trail 2>&1 |
		sed '/^spin: trail ends/,$d; /^reached:/d; s/^/#   /' | head -n 400 | tee -a $tap
}

# config WHAT PROGRAM REACHED SETTING...: REACHED has to happen, else nothing is shown
config() {
	local what=$1 program=$2 reached=$3 r
	shift 3
	if ! check $dir/"$program" "$@"; then
		verdict "not ok" "handshake: $what: $error"
		explain $dir/"$program" "$@"
		return
	fi
	for r in $reached; do
		if ! grep '^reached:' <<< "$out" | grep -qw -- "$r"; then
			verdict "not ok" "handshake: $what: $r never happens"
			return
		fi
	done
	verdict ok "handshake: $what"
	say "# states $states"
}

configs() {
	local race="race wait late retry-session retry-global replaced replayed"

	config "peers, two losses, all is delivered at last" live "$race" MODEL_CUTS=2
	config "peers, three losses" safe "$race" MODEL_CUTS=3
	config "peers, two messages each, a loss, all is delivered at last" live \
		"$race" MODEL_CUTS=1 MODEL_OFFERS=2,2
	config "peers, a loss and a restart, all is delivered at last" live \
		"$race reset-told reset-found" MODEL_CUTS=1 MODEL_RESTARTS=1
	config "peers, byte streams, two losses, all is delivered at last" live \
		"$race reset-found" MODEL_CUTS=2 MODEL_COOKIES=0
	config "reused peers, a loss and a restart, all is delivered at last" live \
		"$race reset-told reset-found" MODEL_CUTS=1 MODEL_RESTARTS=1 MODEL_POLICY=reuse
	config "reused peers, byte streams, a loss and a restart, all is delivered at last" live \
		"$race reset-told reset-found" MODEL_CUTS=1 MODEL_RESTARTS=1 MODEL_POLICY=reuse \
		MODEL_COOKIES=0
	config "client and server, any number of losses, all is delivered at last" live \
		"retry-session retry-global replaced replayed" MODEL_CUTS=255 MODEL_POLICY=client
	config "client and server, three losses and two messages, all is delivered at last" live \
		"retry-session replaced replayed" MODEL_CUTS=3 MODEL_POLICY=client MODEL_OFFERS=2,2
	config "client and server, two losses and two restarts, all is delivered at last" live \
		"retry-session reset-told reset-found" MODEL_CUTS=2 MODEL_RESTARTS=2 \
		MODEL_POLICY=client MODEL_OFFERS=2,1
	config "client and server, byte streams, three losses, all is delivered at last" live \
		"reset-found replaced replayed" MODEL_CUTS=3 MODEL_POLICY=client MODEL_COOKIES=0
	config "client and server, byte streams, a loss and a restart, all is delivered at last" \
		live "reset-told reset-found" MODEL_CUTS=1 MODEL_RESTARTS=1 MODEL_POLICY=client \
		MODEL_COOKIES=0
}

# The runs that have to find mutants, the shortest first.
small=(
	"live MODEL_CUTS=1"
	"live MODEL_CUTS=1 MODEL_POLICY=client"
	"live MODEL_CUTS=1 MODEL_RESTARTS=1"
	"live MODEL_CUTS=1 MODEL_RESTARTS=1 MODEL_POLICY=reuse MODEL_COOKIES=0"
	"live MODEL_CUTS=2"
)

# mutant FILE WHAT SED: FILE is of common/, or of the model
mutant() {
	local file=$1 what=$2 script=$3 objects=() o run program
	local from=$common m=$dir/mutant

	rm -rf $m
	mkdir -p $m
	[ -f "$common"/"$file".c ] || from=$here
	sed "$script" "$from"/"$file".c > $m/"$file".c
	if cmp -s "$from"/"$file".c $m/"$file".c; then
		verdict "not ok" "handshake mutant: $what: the line to change is gone from $file.c"
		return
	fi
	gcc -std=gnu11 -O2 -w -I"$common" -I$here -c -o $m/"$file".o $m/"$file".c || exit 1
	for o in "$dir"/core/*.o $dir/handshake-model.o; do
		[ "${o##*/}" = "$file.o" ] || objects+=("$o")
	done
	link $m "${objects[@]}" $m/"$file".o || exit 1
	for run in "${usable[@]}"; do
		program=${run%% *}
		# shellcheck disable=SC2086 # settings are words
		if ! check $m/"$program" ${run#* }; then
			verdict ok "handshake mutant: $what: $error (${run#* })"
			return
		fi
	done
	verdict "not ok" "handshake mutant: $what: not found"
}

mutants() {
	local run

	# A run that finds something anyway shows nothing.
	usable=()
	for run in "${small[@]}"; do
		# shellcheck disable=SC2086
		if check $dir/"${run%% *}" ${run#* }; then
			usable+=("$run")
		else
			say "# without a mutant: ${run#* }: $error"
		fi
	done
	# Not here, for it is not found: a loss that is not counted. A retry mends it.
	mutant handshake "both attempts of a race win" \
		's/else if (peer_is_lower || e->policy.server/else if (1 || e->policy.server/'
	mutant handshake "no attempt of a race wins" \
		's/else if (peer_is_lower || e->policy.server/else if (e->policy.server/'
	mutant session "WAIT without a time-out" 's/s->due = now + CXIO_WAIT_NS;/s->due = CXIO_NEVER;/'
	mutant handshake "a lost reply resets the session" \
		'/^static bool session_unknown/,/^}/s/return e->peer_cookie && .*/return true;/'
	mutant handshake "a retry without an advance" \
		's/retry_session(e->connect_seq + 1, v)/retry_session(e->connect_seq, v)/'
	mutant handshake "an old attempt is taken" \
		's/if (e && c->global_seq < e->peer_global_seq)/if (0)/'
	mutant handshake "an accepted attempt has the number of the last one" \
		's/r->global_seq = attempt_number(s, g);/r->global_seq = g->seq;/'
	mutant handshake "two attempts have one number" \
		's/number = ++s->global_floor;/number = s->global_floor + 1;/'
	mutant handshake "who began anew is not recognised" \
		's/return e->peer_cookie && cookies->own != e->peer_cookie;/return false;/'
	mutant handshake "an unknown session is taken" \
		's/return cookies->peer != e->own_cookie;/return false;/'
	mutant handshake "accepted, and not counted" \
		's/s->connect_seq = c->connect_seq + 1;/s->connect_seq = c->connect_seq;/'
	mutant session "a loss in standby is never repaired" \
		'/^bool cxio_session_wake/,/^}/s/s->connect_seq++;/return false;/'
	mutant session "what the peer has received is ignored" \
		's/s->acked = peer_in_seq;/peer_in_seq = s->acked;/'
	mutant session "a reset keeps what came in" '/^void cxio_session_reset/,/^}/s/s->in_seq = 0;//'
	mutant handshake-model "a takeover keeps the former connection" \
		'/^static void take_over/,/^}/s/drop(l, i);/;/'
}

build || exit 1
if [ "${1:-}" = --mutants ]; then
	mutants
else
	configs
fi
say "1..$number"
[ $failed = 0 ]
