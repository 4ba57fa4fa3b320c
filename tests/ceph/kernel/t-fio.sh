#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# fio writes an image and a file, in order and at random, many at a time, and verifies each
# block by a checksum.
# shellcheck source=tests/ceph/kernel/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# verified FILE OPTION...
verified() {
	local file=$1
	shift
	limit fio --name=job --filename="$file" --ioengine=libaio --direct=1 --verify=crc32c \
		--verify_fatal=1 --do_verify=1 "$@" > "$tmp/fio" 2>&1
	local status=$?
	tail -n 25 "$tmp/fio"
	return $status
}

check "daemons" need_daemons
check "map an image" map img1
mark_traffic
check "an image, in order, 1 MiB each, 8 at a time" \
	verified "$device" --rw=write --bs=1M --iodepth=8 --size=32M
check "at random, 4 KiB to 256 KiB, 16 at a time" \
	verified "$device" --rw=randwrite --bsrange=4k-256k --iodepth=16 --size=32M
check "reads and writes of 4 KiB at random, 16 at a time" \
	verified "$device" --rw=randrw --bs=4k --iodepth=16 --size=4M
check "and went over $CT_TRANSPORT" moved 128
check "unmap" unmap "$device"
check "mount" mount_fs
check "a file, at random, 4 KiB to 256 KiB, 16 at a time" \
	verified "$fs/fio" --rw=randwrite --bsrange=4k-256k --iodepth=16 --size=16M
check "a file is removed" rm "$fs/fio"
check "unmount" limit umount "$fs"
done_testing
