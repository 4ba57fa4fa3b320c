#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What is in use is not removed; what is not, is, and comes again.
# shellcheck source=tests/ceph/kernel/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

modules=(libceph)
[ "$CT_TRANSPORT" = tcp ] || modules+=(ceph_xio_libceph ceph_xio)

# refused MODULE...
refused() {
	local module
	for module; do
		! rmmod "$module" 2> "$tmp/said" || return 1
		cat "$tmp/said"
		grep -q 'is in use' "$tmp/said" || return 1
	done
}

again_and_again() {
	local i
	for i in 1 2 3 4 5; do
		unload_client && load_client && map img1 && put "$tmp/1m" "$device" &&
			same "$tmp/1m" "$device" && mount_fs || { echo "in round $i" && return 1; }
	done
}

# What the kernel asks modprobe for is in the module, as an alias, and nothing else is loaded
# before; modprobe itself looks where these modules are not.
on_demand() {
	local modprobe status options=("gid_index=$CT_GID")
	[ "$CT_TRANSPORT" != rdma-cm ] || options+=(cm=1)
	IFS= read -r modprobe < /proc/sys/kernel/modprobe
	unload_client && load_libceph && own rbd drivers/block/rbd.ko || return 1
	[ ! -d /sys/module/ceph_xio_libceph ] || return 1
	printf '%s\n' '#!/bin/bash' "export PATH=$PATH" \
		"modinfo -F alias $CT_STREAM | grep -qxF -- \"\${!#}\" || exec $modprobe \"\$@\"" \
		"insmod $MODULE && exec insmod $CT_STREAM ${options[*]}" > "$tmp/loader"
	chmod +x "$tmp/loader"
	echo "$tmp/loader" > /proc/sys/kernel/modprobe
	map img1 && put "$tmp/1m" "$device" && same "$tmp/1m" "$device" &&
		[ -d /sys/module/ceph_xio_libceph ]
	status=$?
	echo "$modprobe" > /proc/sys/kernel/modprobe
	unmap "$device" && return $status
}

data "$tmp/1m" 1
check "daemons" need_daemons
check "map an image" map img1
check "rmmod is refused while it is mapped" refused rbd "${modules[@]}"
check "it is as it was" put "$tmp/1m" "$device"
check "unmap" unmap "$device"
check "mount" mount_fs
check "rmmod is refused while it is mounted" refused ceph "${modules[@]}"
check "it is as it was" cp "$tmp/1m" "$fs/file"
check "all are removed and loaded five times, after use" again_and_again
[ "$CT_TRANSPORT" = tcp ] || check "the transport is loaded by the first that asks for it" on_demand
check "all are removed" unload_client
check "and loaded" load_client
done_testing
