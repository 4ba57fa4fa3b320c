#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Images of Ceph as block devices: written and read back, a file system on one, two at once,
# discarded, mapped and unmapped again and again.
# shellcheck source=tests/ceph/kernel/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

copy_tree() {
	mkfs.ext4 -q "$device" && mount "$device" "$mnt" && cp -a "$tree" "$mnt/tree" &&
		umount "$mnt" && mount "$device" "$mnt" && same_tree "$mnt/tree" && umount "$mnt"
}

# Zeros where it was discarded, and nowhere else.
discarded() {
	blkdiscard --offset 8M --length 16M "$device" || return 1
	{
		head -c 8M "$tmp/64m"
		head -c 16M /dev/zero
		tail -c +$((24 * 1048576 + 1)) "$tmp/64m"
	} > "$tmp/wanted"
	same "$tmp/wanted" "$device"
}

both_at_once() {
	local one=$device two status=0
	map img2 || return 1
	two=$device
	[ "$one" != "$two" ] || return 1
	data "$tmp/a" 16
	data "$tmp/b" 16
	put "$tmp/a" "$one" > "$tmp/put.a" &
	put "$tmp/b" "$two" || status=1
	wait $! || status=1
	cat "$tmp/put.a"
	same "$tmp/a" "$one" && same "$tmp/b" "$two" && unmap "$two" || status=1
	device=$one
	return $status
}

# Each sees what the one before wrote.
again_and_again() {
	local i
	for ((i = 1; i <= 20; i++)); do
		map img1 || return 1
		if [ $i -gt 1 ]; then
			[ "$(limit head -c 8 "$device")" = "round $(printf %02d $((i - 1)))" ] || return 1
		fi
		printf 'round %02d' $i > "$tmp/round"
		limit dd if="$tmp/round" of="$device" conv=notrunc,fsync status=none || return 1
		unmap "$device" || return 1
	done
}

listed() {
	local said
	said=$(rbd-map --list --json)
	echo "$said"
	[[ $said == '[{"device":"'$device'","pool":"rbd","image":"img1","snapshot":"-","size_bytes":201326592,'*'}]' ]]
}

nothing_listed() {
	rbd-map --list
	[ "$(rbd-map --list --json)" = '[]' ] && [ -z "$(rbd-map --list)" ]
}

absent() {
	map nothing 2> "$tmp/said" && return 1
	cat "$tmp/said"
	grep -q 'nothing is not mapped: No such file or directory' "$tmp/said" &&
		! compgen -G '/sys/bus/rbd/devices/*'
}

check "daemons" need_daemons
check "map an image" map img1
check "it is listed" listed
data "$tmp/64m" 64
mark_traffic
check "64 MiB are written past the cache" put "$tmp/64m" "$device"
check "and read back" same "$tmp/64m" "$device"
check "and went over $CT_TRANSPORT" moved 128
check "what is discarded is zeros, and nothing else" discarded
check "a tree of files on ext4, mounted once more, is the same" copy_tree
check "fsck has nothing to say" fsck.ext4 -fn "$device"
check "two images at once" both_at_once
check "unmap" unmap "$device"
check "map and unmap 20 times" again_and_again
check "an image that is not there is refused" absent
check "nothing is listed" nothing_listed
done_testing
