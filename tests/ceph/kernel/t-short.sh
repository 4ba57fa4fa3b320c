#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The shortest of it: an image and CephFS, written and read back.
# shellcheck source=tests/ceph/kernel/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

file() {
	cp "$tmp/16m" "$fs/file" && umount "$fs" && mount_fs && cmp "$tmp/16m" "$fs/file" &&
		rm "$fs/file"
}

auth=cephx messenger=secure
data "$tmp/16m" 16
check "daemons" need_daemons
check "map an image" map img1
mark_traffic
check "16 MiB are written past the cache" put "$tmp/16m" "$device"
check "and read back" same "$tmp/16m" "$device"
check "ext4 on it" mkfs.ext4 -q "$device"
check "fsck has nothing to say" fsck.ext4 -fn "$device"
check "mount CephFS" mount_fs
check "a file is the same, mounted once more" file
check "all went over $CT_TRANSPORT" moved 32
check "unmount" limit umount "$fs"
check "unmap" unmap "$device"
done_testing
