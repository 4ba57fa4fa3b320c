#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Little memory while much is written back: it gets there, and is the same.
# shellcheck source=tests/ceph/kernel/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# Daemons must not be what is killed for memory; they are in this guest only because it is
# one.
spared() {
	local file
	for file in $cluster/run/*.pid; do
		echo -1000 > "/proc/$(cat "$file")/oom_score_adj" || return 1
	done
}

available() {
	awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo
}

# squeezed MIB COMMAND...: with so much left besides
squeezed() {
	local left=$1 take status
	shift
	mkdir -p "$tmp/taken"
	mount -t tmpfs -o size=90% tmpfs "$tmp/taken" || return 1
	take=$(($(available) - left))
	[ $take -gt 0 ] || return 1
	head -c "$((take << 20))" /dev/zero > "$tmp/taken/file" || return 1
	echo "$(available) MiB available"
	"$@"
	status=$?
	umount "$tmp/taken"
	return $status
}

# written DIR: twice what is left, by four writers
written() {
	local i pids=() status=0
	for i in 1 2 3 4; do
		(limit seq -f "$i %014.0f" 1 2000000 | head -c 24M > "$1/p$i") &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || status=1; done
	sync
	echo 3 > /proc/sys/vm/drop_caches
	for i in 1 2 3 4; do
		seq -f "$i %014.0f" 1 2000000 | head -c 24M | cmp - "$1/p$i" || status=1
	done
	return $status
}

check "daemons" need_daemons
check "map an image" map img1
check "ext4 on it" mkfs.ext4 -q "$device"
check "is mounted" mount "$device" "$mnt"
check "daemons are spared" spared
check "96 MiB are written to ext4 with 48 MiB left" squeezed 48 written "$mnt"
check "unmount" limit umount "$mnt"
check "fsck has nothing to say" fsck.ext4 -fn "$device"
check "unmap" unmap "$device"
check "mount CephFS" mount_fs
check "96 MiB are written to CephFS with 48 MiB left" squeezed 48 written "$fs"
check "what was written is removed" rm "$fs"/p{1,2,3,4}
check "unmount" limit umount "$fs"
done_testing
