#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What t-faults.sh does to user space, to the kernel, as far as it goes there: very many
# connections at once, peers whose dispatcher is slow, a peer that is there and silent.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
addr=$LAB_ADDR4
many=$(amount slow=50 stock=1000 else=300)

used() {
	local name n rest total=0 free=0
	while read -r name n rest; do
		case $name in
		MemTotal:) total=$n ;;
		MemFree:) free=$n ;;
		esac
	done < /proc/meminfo
	echo $((total - free))
}

# All are open at once, and are served; then their memory is given back.
connections() {
	local before
	before=$(used)
	ulimit -n 8192
	spawn many xio_client --addr "$addr" --connections "$many" --msgs 3 --dsize 4k --hold 5 \
		--timeout "$LIMIT" --no-progress --json || return 1
	all_open || return 1
	echo "memory: $((($(used) - before) / many)) KiB a connection, both ends together;" \
		"$(value frames "$(cxio stat --json)") frame buffers in the kernel"
	finish many > "$tmp/said" || { cat "$tmp/said" && return 1; }
	[ "$(value messages "$(< "$tmp/said")")" = $((3 * many)) ] &&
		[ "$(value identical "$(< "$tmp/said")")" = true ] && objects_zero
}

all_open() {
	local i stat
	for ((i = 0; i < LIMIT * 10; i++)); do
		stat=$(cxio stat --json) || return 1
		[ "$(value connections "$stat")" != "$many" ] || return 0
		sleep 0.1
	done
	echo "not all are open: $stat"
	return 1
}

slow_server() {
	start_server server "$addr" --dispatch-threads 1 --slow 20 &&
		cxio send --addr "$addr" --port "$port" --msgs 100 --dsize 32k --depth 64 \
			--no-progress && stop server && objects_zero
}

slow_client() {
	xio_client --addr "$addr" --msgs 100 --dsize 32k --depth 64 --dispatch-threads 1 \
		--slow 20 --no-progress && objects_zero
}

# It is given up after a while, and what it had is given back.
half_open() {
	start_server server "$addr" || return 1
	spawn client cxio send --addr "$addr" --port "$port" --msgs 4294967295 --dsize 4k \
		--timeout $((60 * SLOWER)) && expect client '* echoed (*' || return 1
	kill -STOP "${pid[server]}"
	finish client 50 > "$tmp/said"
	[ $? = 1 ] && grep -q 'keepalive expired' "$tmp/said" ||
		{ tail -n 3 "$tmp/said" && return 1; }
	kill -CONT "${pid[server]}"
	objects_zero && stop server
}

ulimit -l unlimited
load_module
cxio listen --addr "$addr"
alone "$many connections at once" connections
sed -n 's/^memory: /# memory: /p' "$log"
alone "a slow dispatcher, kernel to user" slow_server
alone "a slow dispatcher, user to kernel" slow_client
alone "a half-open peer" half_open
check "no objects" objects_zero
done_testing
