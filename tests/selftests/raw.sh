# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# raw.sh: raw_peer and its cases, for the tests that run it. Sourced after lib.sh.
#
# Cases of one kind begin with the same word. Which of them there are for a program,
# raw_peer asks the program itself.
# shellcheck disable=SC2154 # what lib.sh sets, and $parts who sources this
addr=$LAB_ADDR4
mutations=$(amount slow=40 else=1000)
# What belongs to sessions, rendezvous and reply sinks.
# shellcheck disable=SC2034 # for those who source this
features='@(greet|session|reply|revoked|rv|done|inv|sink)-*'

# rules OPTION...: against a server, the cases chosen
rules() {
	"$RAW_PEER" --addr "$addr" --limit $((20 * SLOWER)) --seed 7 --count "$mutations" "$@" "${cases[@]}"
}

# choose ROLE PATTERN [PART...]: the cases like it that ROLE (client, server) plays, in
# $cases; of $parts only the PARTs
choose() {
	local name roles role=$1 pattern=$2 n=0
	shift 2
	cases=()
	while read -r name roles; do
		# shellcheck disable=SC2053 # a pattern
		[[ $roles == *$role* && $name == $pattern ]] || continue
		n=$((n + 1))
		[[ $# -gt 0 && " $* " != *" $((n % parts)) "* ]] || cases+=(--case "$name")
	done < <("$RAW_PEER" --list)
}

# victims PREFIX COMMAND...: run it against cases of raw_peer as a server. It must
# fail with one line that names what is wrong.
victims() {
	local prefix=$1 name words port plan=none seen=0
	shift
	spawn peer "$RAW_PEER" --listen "$addr" --limit $((20 * SLOWER)) "${cases[@]}"
	while [ "$seen" != "$plan" ] && expect peer '@(serving|1..)*' > "$tmp/expect"; do
		[[ $line == serving* ]] || {
			plan=${line#1..}
			continue
		}
		read -r _ name port words <<< "$line"
		# Only what the client can do is asked then.
		if [ "$name" = offer ]; then
			check "$prefix$name" says_error 1 "*$words*" "$@" --addr "$addr" --port "$port"
			continue
		fi
		seen=$((seen + 1))
		if says_error 1 "*$words*" "$@" --addr "$addr" --port "$port" > "$log" 2>&1 &&
			expect peer '@(ok|not ok) *' >> "$log" && [[ $line == ok* ]]; then
			ok "$prefix$name"
		else
			tail -n 2 "$tmp/peer.out" >> "$log"
			not_ok "$prefix$name"
		fi
	done
	check "${prefix}all cases" served_all "$seen" "$plan"
}

served_all() {
	finish peer
	echo "$1 of $2 cases"
	[ "$1" = "$2" ]
}
