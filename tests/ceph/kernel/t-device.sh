#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The RDMA device is deleted under an image and CephFS that are mounted, and comes back: its
# daemons with it, since they are in the same guest and hold it. For RDMA only.
# shellcheck source=tests/ceph/kernel/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

both_mounted() {
	map img1 && mkfs.ext4 -q "$device" && mount "$device" "$mnt" && mount_fs
}

# The kernel's connections end at once; daemons hold the device until they end.
deleted() {
	local marks
	marks=$(dmesg | grep -c 'socket \(closed\|error\)')
	rdma link delete "$LAB_DEV" &
	pid[delete]=$!
	for ((i = 0; i < LIMIT * 10; i++)); do
		[ "$(dmesg | grep -c 'socket \(closed\|error\)')" -le "$marks" ] || break
		sleep 0.1
	done
	dmesg | tail -n 3
	[ $i -lt $((LIMIT * 10)) ] &&
		daemons kill $cluster mon.a osd.0 mds.a && wait "${pid[delete]}" && unset "pid[delete]" &&
		[ ! -e "/sys/class/infiniband/$LAB_DEV" ]
}

# Files that nobody can write out now.
written_meanwhile() {
	local dir
	for dir in "$mnt" "$fs"; do
		(cp -r "$tree/netfilter" "$dir/files" && sync -f "$dir/files") &
		pid[cp:$dir]=$!
	done
}

written() {
	local dir
	for dir in "$mnt" "$fs"; do
		wait "${pid[cp:$dir]}" || return 1
		unset "pid[cp:$dir]"
	done
	limit umount "$mnt" && limit umount "$fs" && mount "$device" "$mnt" && mount_fs || return 1
	for dir in "$mnt" "$fs"; do
		diff -r "$tree/netfilter" "$dir/files" || return 1
	done
	rm -r "$fs/files"
}

back() {
	add_device && daemons again $cluster mon.a osd.0 mds.a
}

if [ "$CT_TRANSPORT" = tcp ]; then
	echo "1..0 # SKIP no RDMA device is used"
	exit 0
fi
check "daemons" need_daemons "${kept[@]}"
check "an image and CephFS are mounted" both_mounted
for round in 1 2; do
	check "the device is deleted ($round)" deleted
	check "files are written meanwhile" written_meanwhile
	check "the device comes back" back
	check "and all is written" written
	rm -r "$mnt/files"
done
check "unmount" umount_all
check "unmap" unmap "$device"
done_testing
