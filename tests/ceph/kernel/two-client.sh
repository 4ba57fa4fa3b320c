#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Guest 2 of two: the kernel's client. See two.
# shellcheck source=tests/ceph/kernel/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# Two emulated machines on what may be less than two processors.
LIMIT=$((LIMIT * 5))
trap 'lab-signal finished; cleanup' EXIT

get_conf() {
	lab-wait daemons 120 && mkdir -p $cluster && cp "$LAB_SHARED"/{ceph.conf,keyring} $cluster
}

both_mounted() {
	map img1 "$@" && mkfs.ext4 -q "$device" && mount "$device" "$mnt" && mount_fs
}

# writers: files on both, until told to stop; each is noted when it was written out
writers() {
	local dir
	rm -f "$tmp/stop"
	for dir in "$mnt" "$fs"; do
		: > "$dir.done"
		(
			for ((i = 0; ; i++)); do
				[ ! -e "$tmp/stop" ] || exit 0
				seq "$i" $((i + 3000)) > "$dir/f$((i % 40))" && sync -d "$dir/f$((i % 40))" ||
					exit 1
				echo "$i" >> "$dir.done"
			done
		) &
		pid[writer:$dir]=$!
	done
	progress
}

# progress: both go on
progress() {
	local dir n deadline=$((SECONDS + LIMIT))
	for dir in "$mnt" "$fs"; do
		n=$(wc -l < "$dir.done")
		while [ "$(wc -l < "$dir.done")" -lt $((n + 3)) ]; do
			[ $SECONDS -lt $deadline ] || { echo "no progress in $dir" && return 1; }
			sleep 0.1
		done
	done
}

written() {
	local dir i status=0
	: > "$tmp/stop"
	for dir in "$mnt" "$fs"; do
		wait "${pid[writer:$dir]}" || { echo "writing to $dir failed" && status=1; }
		unset "pid[writer:$dir]"
	done
	drop_caches
	for dir in "$mnt" "$fs"; do
		i=$(tail -n 1 "$dir.done")
		seq "$i" $((i + 3000)) | cmp - "$dir/f$((i % 40))" || status=1
		wc -l "$dir.done"
	done
	return $status
}

# The time is what is tried. An IPv6 address goes with the link.
link_down() {
	ip link set "$LAB_NETDEV" down && sleep 20 && ip link set "$LAB_NETDEV" up &&
		ip addr add "$LAB_ADDR6/64" dev "$LAB_NETDEV" nodad
}

device_back() {
	delete_device && add_device
}

available() {
	awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo
}

# squeezed MIB COMMAND...: with so much memory left besides. What is taken cannot be swapped
# out, nor written back. Daemons must be elsewhere: they need memory to take what is written.
squeezed() {
	local left=$1 take status
	shift
	mkdir -p "$tmp/taken"
	mount -t tmpfs -o size=100% tmpfs "$tmp/taken" || return 1
	take=$(($(available) - left))
	[ $take -gt 0 ] && head -c "$((take << 20))" /dev/zero > "$tmp/taken/file" || return 1
	echo "$(available) MiB available"
	"$@"
	status=$?
	umount "$tmp/taken"
	return $status
}

# much_written DIR: more than there is memory for, by four writers
much_written() {
	local i pids=() status=0
	for i in 1 2 3 4; do
		(limit seq -f "$i %014.0f" 1 1000000 | head -c 12M > "$1/p$i") &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || status=1; done
	sync -f "$1/p1" || status=1
	echo 3 > /proc/sys/vm/drop_caches
	for i in 1 2 3 4; do
		seq -f "$i %014.0f" 1 1000000 | head -c 12M | cmp - "$1/p$i" || status=1
	done
	rm "$1"/p?
	return $status
}

unmounted() {
	limit umount "$mnt" && limit umount "$fs" && unmap "$device"
}

# fails COMMAND...: with an error, in time
fails() {
	local status
	"$@"
	status=$?
	echo "status $status"
	[ $status != 0 ] && [ $status != 124 ] && [ $status != 137 ]
}

check "the other guest's daemons" get_conf
check "an image and CephFS are mounted" both_mounted
check "files are written" writers
check "the link is down for 20 s" link_down
check "they go on to be written" progress
check "and are what was written" written
if [ "$CT_TRANSPORT" != tcp ]; then
	check "files are written" writers
	check "the RDMA device is deleted, and comes back" device_back
	check "they go on to be written" progress
	check "and are what was written" written
fi
check "48 MiB are written to ext4 with 24 MiB left" squeezed 24 much_written "$mnt"
check "and to CephFS" squeezed 24 much_written "$fs"
check "unmount, unmap" unmounted
if [ "$CT_TRANSPORT" != tcp ]; then
	check "with a time limit for the OSD" map img2 --options osd_request_timeout=10
	data "$tmp/1m" 1
	check "1 MiB is written" put "$tmp/1m" "$device"
	check "CephFS is mounted" mount_fs
	check "the RDMA device is deleted" delete_device
	check "an image's writes fail" fails put "$tmp/1m" "$device"
	check "it is unmapped" unmap "$device"
	check "CephFS is unmounted by force" limit umount -f "$fs"
	check "the device comes back" add_device
	check "and an image is mapped" map img2
	check "and written" put "$tmp/1m" "$device"
	check "and unmapped" unmap "$device"
fi
lab-signal finished
done_testing
