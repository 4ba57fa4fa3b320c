#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Each messenger (v1, v2 with checksums, v2 with encryption), without authentication and with
# CephX: an image and the file system.
# shellcheck source=tests/ceph/kernel/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

data "$tmp/4m" 4

image() {
	map img1 && put "$tmp/4m" "$device" && same "$tmp/4m" "$device" && unmap "$device"
}

file() {
	mount_fs && cp "$tmp/4m" "$fs/file" && umount "$fs" && mount_fs && cmp "$tmp/4m" "$fs/file" &&
		rm "$fs/file" && umount "$fs"
}

# Where a key is asked for.
wrong_key() {
	ceph-authtool -C "$tmp/keyring" --gen-key -n client.admin > /dev/null
	map img1 --keyring "$tmp/keyring" --options mount_timeout=5 2> "$tmp/said" && return 1
	cat "$tmp/said"
	grep -q 'img1 is not mapped: Permission denied' "$tmp/said" && ! compgen -G '/sys/bus/rbd/devices/*'
}

for auth in none cephx; do
	check "$auth: daemons" need_daemons
	for messenger in legacy crc secure; do
		# Who is not authenticated has no key to encrypt with.
		if [ $auth,$messenger = none,secure ]; then
			skip "$auth, $messenger: an image" "daemons have no key for it"
			skip "$auth, $messenger: a file" "daemons have no key for it"
			continue
		fi
		check "$auth, $messenger: an image" image
		check "$auth, $messenger: a file" file
	done
done
messenger=crc
check "cephx: another key is refused" wrong_key
done_testing
