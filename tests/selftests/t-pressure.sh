#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Messages go on while memory is short: kernel to kernel and kernel to user at once,
# beside files in memory that take nearly all there is, again and again. What comes back is
# compared, no allocation fails, nothing is left.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
addr=$LAB_ADDR4
# MiB that are left to all others.
spare=8
squeezes=5
msgs=2500

field() {
	local name rest
	while read -r name rest; do
		[ "$name" != "$2" ] || echo "${rest%% *}"
	done < "$1"
}

available() {
	echo $(($(field /proc/meminfo MemAvailable:) / 1024))
}

# Pages that the kernel had to look for, so far.
scanned() {
	echo $(($(field /proc/vmstat pgscan_kswapd) + $(field /proc/vmstat pgscan_direct)))
}

# Take nearly all: files in memory without swap cannot be given up for others, who have
# to find what they need in caches.
squeeze() {
	fallocate -l $(($(available) - spare))M "$tmp/hog/all" || return 1
	# The messages go on meanwhile, for as long as it takes to allocate that.
	rm "$tmp/hog/all"
}

# client NAME PORT: one line of JSON at the end
client() {
	spawn "$1" cxio send --addr "$addr" --port "$2" --msgs "$msgs" --dsize 128k --depth 8 \
		--timeout "$LIMIT" --no-progress --json
}

identical() {
	local json
	finish "$1" || return 1
	json=$(< "$tmp/$1.out")
	[ "$(value identical "$json")" = true ] && [ "$(value crc_failures "$json")" = 0 ] &&
		[ "$(value messages "$json")" = "$msgs" ]
}

under_pressure() {
	local n before
	before=$(scanned)
	client inside 7471 && client outside "$port" || return 1
	# As long as both send: how long that is depends on the machine.
	for ((n = 0; ; n++)); do
		kill -0 "${pid[inside]}" && kill -0 "${pid[outside]}" || break
		squeeze || return 1
	done 2> /dev/null
	echo "pages scanned: $(($(scanned) - before)), memory taken $n times"
	[ $n -gt $squeezes ] && [ "$(scanned)" -gt "$before" ]
}

mkdir "$tmp/hog"
mount -t tmpfs -o size=100% hog "$tmp/hog"
load_module
cxio listen --addr "$addr"
start_server server "$addr" --quiet
check "memory is short again and again while messages go on" under_pressure
sed -n 's/^pages/# pages/p' "$log"
check "kernel to kernel: all came back" identical inside
check "kernel to user: all came back" identical outside
check "the server ends in order" stop server
umount "$tmp/hog"
check "no objects" objects_zero
done_testing
