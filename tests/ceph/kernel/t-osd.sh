#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# An OSD, a monitor and a metadata server that are killed and come back: who writes waits,
# and nothing that was confirmed is lost.
# shellcheck source=tests/ceph/kernel/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
rounds=3

# Until the file system or device has taken more than the lines that were there.
more_than() {
	local deadline=$((SECONDS + LIMIT))
	while [ "$(wc -l < "$tmp/done")" -le "$1" ]; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.05
	done
}

hash_of() {
	sha256sum | cut -d' ' -f1
}

# Blocks that differ, one after the other; each is noted when it was confirmed.
blocks() {
	local i
	for ((i = 0; i < 3000; i++)); do
		[ ! -e "$tmp/stop" ] || return 0
		head -c 65536 "$tmp/data" | sed "s/^/$i /" | head -c 65536 > "$tmp/block" || return 1
		dd if="$tmp/block" of="$device" bs=64k seek=$i oflag=direct conv=notrunc status=none ||
			return 1
		echo "$i $(hash_of < "$tmp/block")" >> "$tmp/done"
	done
}

all_there() {
	local i sum n=0
	while read -r i sum; do
		[ "$(dd if="$device" bs=64k skip="$i" count=1 iflag=direct status=none | hash_of)" = \
			"$sum" ] || { echo "block $i is another" && return 1; }
		n=$((n + 1))
	done < "$tmp/done"
	echo "$n blocks"
	[ $n -gt 20 ]
}

# killed NAME: under writes, again and again
killed() {
	local name=$1 i writer status=0 n
	: > "$tmp/done"
	rm -f "$tmp/stop"
	blocks &
	writer=$!
	for ((i = 0; i < rounds; i++)); do
		n=$(wc -l < "$tmp/done")
		more_than $((n + 3)) || { echo "no progress before round $i" && status=1 && break; }
		daemons kill $cluster "$name" && daemons again $cluster "$name" || status=1
		n=$(wc -l < "$tmp/done")
		more_than $((n + 3)) || { echo "no progress after round $i" && status=1 && break; }
	done
	: > "$tmp/stop"
	wait $writer || status=1
	[ $status = 0 ] || daemons_said
	return $status
}

# Its clients find nobody there.
back_when_missed() {
	local deadline=$((SECONDS + LIMIT))
	until dmesg | grep -q 'mds0 .* socket \(closed\|error\)'; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.1
	done
	daemons again $cluster mds.a
}

# Files, and sync, under a metadata server that is killed, and is back only when somebody
# waits for it.
files() {
	local i
	for ((i = 0; i < 40; i++)); do
		echo "file $i" > "$fs/f$i" || return 1
		[ $i != 10 ] || { daemons kill $cluster mds.a && back_when_missed & }
	done
	sync "$fs" || return 1
	limit umount "$fs" && mount_fs || return 1
	for ((i = 0; i < 40; i++)); do
		[ "$(cat "$fs/f$i")" = "file $i" ] || return 1
	done
	rm "$fs"/f*
}

seq 100000 > "$tmp/data"
check "daemons" need_daemons "${kept[@]}"
check "map an image" map img1
check "the OSD is killed $rounds times under writes, which go on" killed osd.0
check "nothing that was confirmed is lost" all_there
check "the monitor is killed $rounds times, and writes go on" killed mon.a
check "nothing is lost" all_there
check "unmap" unmap "$device"
check "mount" mount_fs
check "the metadata server is killed while files are made" files
check "unmount" limit umount "$fs"
done_testing
