#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The module comes and goes 100 times, every tenth time under traffic, and leaves
# nothing: no object of its own, none in the RDMA core, nothing in the kernel log.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
rounds=$(amount slow=50 else=100)
addr=$LAB_ADDR4

# What all users of RDMA together have open; completion queues are the core's own, which
# keeps those that it has made.
resources() {
	local all
	all=$(rdma resource show "$LAB_DEV")
	[[ $all =~ (.*)' cq '[0-9]+(.*) ]] && echo "${BASH_REMATCH[1]}${BASH_REMATCH[2]}"
}

# The kernel sends to itself, to a process, or a process sends to it, in turn.
under_traffic() {
	local server=7471 client="cxio send"
	cxio listen --addr "$addr" || return 1
	case $(($1 / 10 % 3)) in
	1) start_server server "$addr" --quiet && server=$port || return 1 ;;
	2) client=xio_client ;;
	esac
	# shellcheck disable=SC2086 # words
	spawn client $client --addr "$addr" --port "$server" --msgs 4294967295 --dsize 32k &&
		expect client '* echoed (*' && unload_module || return 1
	finish client 20 > "$tmp/finished"
	[ $? = 1 ] || { cat "$tmp/finished" && return 1; }
	[ -z "${pid[server]:-}" ] || stop server > "$tmp/finished"
}

again_and_again() {
	local i
	for ((i = 1; i <= rounds; i++)); do
		load_module || return 1
		if [ $((i % 10)) = 0 ]; then
			under_traffic $i || { echo "in round $i" && return 1; }
		else
			unload_module || { echo "in round $i" && return 1; }
		fi
	done
}

# What the core frees, it frees in its own time.
same_resources() {
	local i
	for ((i = 0; i < LIMIT * 10; i++)); do
		[ "$(resources)" != "$before" ] || return 0
		sleep 0.1
	done
	echo "before: $before"
	echo "now: $(resources)"
	return 1
}

load_module
unload_module
before=$(resources)
check "$rounds times insmod and rmmod" again_and_again
check "the RDMA core has what it had" same_resources
check "insmod once more" load_module
check "no objects" objects_zero
done_testing
