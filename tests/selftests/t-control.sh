#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Control and sight over netlink: what is shown is what is there, what happens is told,
# what ended is remembered with its cause, every refusal names its attribute.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
addr=$LAB_ADDR4
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)

# shown TYPE N [PATTERN]: so many objects of a type are shown, and the last matches
shown() {
	local type=$1 want=$2 pattern=${3:-} all lines
	all=$(cxio show --all --json) || return 1
	mapfile -t lines < <(grep "\"type\":\"$type\"" <<< "$all")
	# shellcheck disable=SC2053 # a pattern
	[ ${#lines[@]} = "$want" ] && { [ -z "$pattern" ] || [[ ${lines[-1]} == $pattern ]]; } && return
	echo "${#lines[@]} of type $type instead of $want; wanted: $pattern; all:"
	echo "$all"
	return 1
}

# Closed is told before the object is gone, and both sides do not end at once.
soon_shown() {
	local i
	for ((i = 0; i < LIMIT * 10; i++)); do
		! shown "$@" > /dev/null || return 0
		sleep 0.1
	done
	shown "$@"
}

start_monitor() {
	spawn monitor cxio monitor --json && expect monitor 'waiting for events*'
}

# told TYPE PATTERN: an event of that type comes, the next one of it, and it matches
told() {
	expect monitor "*\"type\":\"$1\"*" || return 1
	# shellcheck disable=SC2053 # a pattern
	[[ $line == $2 ]] && return
	echo "$1: wanted $2, told: $line"
	return 1
}

# Both ends of a connection in this kernel are told of, in any order.
told_twice() {
	local first
	told "$1" '*' || return 1
	first=$line
	told "$1" '*' || return 1
	[[ $first$line == *'"accepted":true'* && $first$line == *'"accepted":false'* ]] || {
		echo "told: $first"
		echo "and:  $line"
		return 1
	}
	# shellcheck disable=SC2053 # patterns
	[[ $first == $2 && $line == $2 ]] || { echo "wanted twice: $2" && return 1; }
}

connected() {
	number=$(cxio connect --addr "$addr") && [[ $number =~ ^[1-9][0-9]*$ ]]
}

# counted N: so many messages of 100 bytes went over a connection of ours and came back
counted() {
	local said
	expect monitor '*"type":"done"*' || return 1
	said=$line
	[ "$(value messages_sent "$said")" = "$1" ] &&
		[ "$(value messages_received "$said")" = "$1" ] &&
		[ "$(value bytes_sent "$said")" -ge $(($1 * 100)) ] &&
		[ "$(value bytes_received "$said")" -ge $(($1 * 100)) ] &&
		[ "$(value frames_sent "$said")" -ge "$1" ] &&
		[ "$(value duplicate_messages "$said")" = 0 ] && return
	echo "$said"
	return 1
}

# The same from stat, for a connection that is open and has only opened.
stat_of() {
	local said
	said=$(cxio stat --connection "$1" --json) || return 1
	[ "$(value connection "$said")" = "$1" ] && [ "$(value state "$said")" = open ] &&
		[ "$(value messages_sent "$said")" = 0 ] &&
		[ "$(value device "$said")" = "$LAB_DEV" ] &&
		[ "$(value frames_sent "$said")" -ge 1 ] &&
		[ "$(cxio stat --connection "$1" | grep -c '^[a-z_]* [0-9]*$')" = 17 ] && return
	echo "$said"
	return 1
}

# Nothing waits, no more is under way than is not signalled, and what one end was granted
# the other gave.
debugfs_of() {
	local file=/sys/kernel/debug/ceph_xio/connections said
	said=$(< "$file")
	echo "$said"
	[ "$(grep -c '^connection [0-9]* of .*, open$' <<< "$said")" = 2 ] &&
		[ "$(grep -c 'session: open, connected [0-9]* times, 0 attempts failed$' <<< "$said")" = 2 ] &&
		[ "$(grep -c '^	carrier [0-9]* of .*, carries, open$' <<< "$said")" = 2 ] &&
		[ "$(grep -c 'queue: 0 messages, of these 0 in the inbox' <<< "$said")" = 2 ] &&
		[ "$(grep -c 'received: 0 frames' <<< "$said")" = 2 ] &&
		[ "$(grep -c 'keys: 0 of 10 in use' <<< "$said")" = 2 ] &&
		[ "$(grep -c 'reads: 0 of [0-9]* under way' <<< "$said")" = 2 ] &&
		[ "$(grep -c 'messages in: 0 not delivered, 0 DONEs owed' <<< "$said")" = 2 ] &&
		[ "$(grep -c 'waits: for a credit 0, for the message window 0' <<< "$said")" = 2 ] &&
		awk '/send queue:/ { n++; left = $4 - $6; if (left < 0 || left >= 4 || $4 < 1) exit n = 0 }
			END { exit n != 2 }' <<< "$said" &&
		[ "$(sed -n 's/.*out frames: granted \([0-9]*\).*/\1/p' <<< "$said")" = \
			"$(sed -n 's/.*in frames: told \([0-9]*\).*/\1/p' <<< "$said" | tac)" ]
}

many_connections() {
	local i
	for ((i = 0; i < $1; i++)); do
		connected && cxio close --connection "$number" || return 1
	done
}

# A monitor that does not read must not pretend that it saw all.
overrun() {
	local status
	spawn slow cxio monitor --json && expect slow 'waiting for events*' || return 1
	kill -STOP "${pid[slow]}"
	many_connections 30
	kill -CONT "${pid[slow]}"
	finish slow > "$tmp/slow"
	status=$?
	[ $status = 1 ] && grep -q 'some are lost' "$tmp/slow" && return
	echo "status $status"
	tail -n 3 "$tmp/slow"
	return 1
}

# Both ends of a connection, the listener and the device, in any order.
told_removal() {
	local i said=
	for i in 1 2 3 4; do
		told '@(closed|unlistened|device_removed)' '*' || return 1
		said+=$line
	done
	echo "$said"
	[[ $said == *"\"type\":\"device_removed\",\"device\":\"$LAB_DEV\",\"carriers\":2}"* ]] &&
		[[ $said == *"\"type\":\"unlistened\",\"address\":\"$addr:7471\",\"fault\":83,\"cause\":\"local\","* ]] &&
		[[ $said == *'"type":"closed",'*'"type":"closed",'* ]] &&
		[[ $said == *'"text":"RDMA device removed",'* ]]
}

monitor_ends() {
	stop monitor > /dev/null
}

alone "no module: cxio monitor" says_error 3 'cxio: the kernel module is not loaded*' cxio monitor
check "insmod" load_module
check "a messenger that is idle" shown messenger 1 \
	'*"listeners":0,"connections":0,"accepted_connections":0,*"opened_total":0,"ended_total":0,*'
check "a portal, the device's" shown portal 1 "*\"device\":\"$LAB_DEV\",*\"carriers\":0}"
check "nothing has ended" shown ended 0
check "monitor" start_monitor
check "listen" cxio listen --addr "$addr"
check "a listener is shown" shown listener 1 "*\"address\":\"$addr:7471\"}"

# --- a connection in order ---

check "connect" connected
check "opened is told, of both ends" told_twice opened '*'
check "both ends are shown" shown connection 2 "*\"state\":\"open\",\"device\":\"$LAB_DEV\",*"
check "the messenger counts them" shown messenger 1 \
	'*"listeners":1,"connections":2,"accepted_connections":1,*"opened_total":2,"ended_total":0,*'
check "the portal counts their carriers" shown portal 1 '*"carriers":2}'
check "stat of a connection" stat_of "$number"
check "debugfs shows both ends" debugfs_of
nested "" "$here/refusals.py" "$number" "$addr"
check "close" cxio close --connection "$number"
check "closed is told, of both ends" told_twice closed '*"fault":0,"cause":"none",*'
check "both are remembered" soon_shown ended 2 '*"cause":"none","text":"closed in order","age_ns":*'
expect_error "stat of a connection that ended" 1 'cxio: no connection has that number' \
	cxio stat --connection "$number"
check "a transfer" cxio send --addr "$addr" --msgs 10 --dsize 100 --no-progress
check "its counts are told" counted 10
check "and its end" told_twice closed '*"cause":"none",*'

# --- faults: ours to find, and the peer's ---

check "a peer that breaks a rule" "$RAW_PEER" --addr "$addr" --port 7471 --limit $((20 * SLOWER)) \
	--case frame-crc
check "closed is told with a local cause" told closed \
	'*"cause":"local","text":"frame header: crc mismatch"*'
check "it is remembered" eval \
	"cxio show --all --json | grep -q '\"type\":\"ended\".*\"fault\":21,\"cause\":\"local\"'"
check "and counted" eval "! cxio show --all --json | grep -q '\"fault_total\":0,'"
check "it is said in words" eval \
	"cxio show --all | grep -q '^ended: .*cause local: frame header: crc mismatch'"

check "unlisten" cxio unlisten
check "unlistened is told" told unlistened "*\"address\":\"$addr:7471\",\"fault\":0,\"cause\":\"none\",*"
check "no listener is shown" shown listener 0
check "a server" start_server server "$addr"
check "connect to it" eval "number=\$(cxio connect --addr $addr --port $port)"
check "the server ends" stop server
check "closed is told with the peer's cause" told closed \
	"*\"connection\":$number,*\"cause\":\"peer\",\"text\":\"messenger shut down\"*"

# --- much at once ---

check "listen again" cxio listen --addr "$addr"
check "a monitor that is too slow says so" overrun
check "no more than the last 32 are remembered" shown ended 32
check "the one that read saw all" monitor_ends

# --- the device goes away ---

check "monitor again" start_monitor
check "connect for long" connected
check "delete the device" delete_device
check "what ended with it is told" told_removal
check "no portal is left" shown portal 0
check "add the device" add_device
check "the portal is back" shown portal 1
check "the monitor ends when asked" monitor_ends
check "objects" objects_zero
done_testing
