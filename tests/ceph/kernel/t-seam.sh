#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Where libceph's own transport ends and another begins: the option, how a module is found,
# refused, held and let go, and what libceph must bear of a transport. In place of RDMA there
# is a module that is TCP once more (tests/libceph/kmod), so that the daemons are the ones
# that speak TCP. For --transport tcp --libceph ours; needs make libceph-tests KERNEL=K.
# shellcheck disable=SC2119,SC2120 # optional arguments
# shellcheck source=tests/ceph/kernel/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

second=$LAB_TOP/build/libceph-tests/$LAB_KERNEL/ceph_second_tcp.ko
parameters=/sys/module/ceph_second_tcp/parameters
loader=$tmp/loader
IFS= read -r modprobe < /proc/sys/kernel/modprobe

# Before what uses it is removed, or the library does it.
unload_module() {
	umount_all && unload_images && remove ceph && remove rbd && remove ceph_second_tcp &&
		unload_client
	echo "$modprobe" > /proc/sys/kernel/modprobe
}

unload_images() {
	local device
	for device in /sys/bus/rbd/devices/*; do
		[ ! -e "$device" ] || unmap "/dev/rbd${device##*/}" || return
	done
}

# transport_is COMMAND...: what the kernel runs to load the module of the transport
transport_is() {
	printf '%s\n' '#!/bin/sh' "export PATH=$PATH" "case \"\$*\" in *ceph-transport-rdma*) $* ;;" \
		"*) exec $modprobe \"\$@\" ;; esac" > "$loader"
	chmod +x "$loader"
	echo "$loader" > /proc/sys/kernel/modprobe
}

# said PATTERN COMMAND...: the kernel says so meanwhile
marks=0
mark() {
	marks=$((marks + 1))
	echo "test seam: $marks" > /dev/kmsg
}
since_mark() {
	dmesg | sed "1,/test seam: $marks\$/d"
}
said() {
	mark
	"${@:2}"
	since_mark
	since_mark | grep -q -e "$1"
}

refused() {
	if "$@"; then
		echo "not refused"
		return 1
	fi
	return 0
}

reference_count() {
	cat "/sys/module/$1/refcnt"
}

is_ours() {
	grep -w 'ceph_transport_register' /proc/kallsyms
}

# The distribution's kernel has both; ours for the lab may not, and are not patched.
client_is_theirs() {
	modinfo -F filename rbd && modinfo -F filename ceph &&
		[ ! -e "$CT_BUILT/drivers/block/rbd.ko" ] && [ ! -e "$CT_BUILT/fs/ceph/ceph.ko" ] &&
		[ -d /sys/module/rbd ] && [ -d /sys/module/ceph ]
}

# try_mount TRANSPORT: also before the MDS is there
try_mount() {
	timeout -k 5 $((LIMIT * 4)) mount -i -t ceph "$(monitor):/" "$fs" \
		-o "$(over=() && mount_options),norequire_active_mds,mount_timeout=$((LIMIT * 3)),ms_transport=$1"
}

# Whatever they took is given back: what a client holds of libceph is its modules' only.
many_in_vain() {
	local i before
	before=$(reference_count libceph)
	for ((i = 0; i < 20; i++)); do
		! try_mount rdma 2> "$tmp/said" || return 1
		grep -q 'Protocol not supported' "$tmp/said" || { cat "$tmp/said" && return 1; }
	done
	[ "$(reference_count libceph)" = "$before" ]
}

shown() {
	grep " $fs ceph " /proc/mounts
	grep " $fs ceph " /proc/mounts | grep -q '[ ,]ms_transport=rdma[ ,]'
}

not_shown() {
	! shown
}

shown_in_debugfs() {
	mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
	cat /sys/kernel/debug/ceph/*/client_options
	grep -q 'ms_transport=rdma' /sys/kernel/debug/ceph/*/client_options
}

in_use() {
	! rmmod ceph_second_tcp 2> "$tmp/said" && grep 'is in use' "$tmp/said" &&
		[ "$(reference_count ceph_second_tcp)" -gt 0 ]
}

unused() {
	echo "opened $(cat $parameters/opened), closed $(cat $parameters/closed), held $(reference_count ceph_second_tcp)"
	[ "$(cat $parameters/opened)" -gt 0 ] &&
		[ "$(cat $parameters/opened)" = "$(cat $parameters/closed)" ] &&
		[ "$(reference_count ceph_second_tcp)" = 0 ]
}

# The same file over both, at once: two clients.
beside_tcp() {
	local before
	before=$(cat $parameters/opened)
	over=()
	mount_fs "$mnt" && cmp "$tmp/4m" "$mnt/file" && umount "$mnt"
	local status=$?
	over=(--transport rdma)
	[ $status = 0 ] && [ "$(cat $parameters/opened)" = "$before" ]
}

image() {
	map img1 && put "$1" "$device" && same "$1" "$device" && unmap "$device"
}

in_pieces() {
	local before
	echo "$1" > $parameters/piece
	echo "$2" > $parameters/again
	before=$(cat $parameters/agains)
	image "$tmp/1m" && mount_fs && cp "$tmp/1m" "$fs/pieces" && umount "$fs" && mount_fs &&
		cmp "$tmp/1m" "$fs/pieces" && rm "$fs/pieces" && umount "$fs"
	local status=$?
	echo 4294967295 > $parameters/piece
	echo 0 > $parameters/again
	echo "said -EAGAIN $(($(cat $parameters/agains) - before)) times"
	[ $status = 0 ] && [ "$(cat $parameters/agains)" -gt $((before + 50)) ]
}

# Taken away while no connection is open, and come back: the mount waits for it.
gone_and_back() {
	local mount before
	before=$(cat $parameters/opened)
	daemons stop $cluster
	rm $cluster/words
	mark
	try_mount rdma &
	mount=$!
	# Sooner, and it would be loaded for the client that the mount makes.
	while [ "$(cat $parameters/opened)" = "$before" ]; do
		kill -0 $mount || return 1
		sleep 0.1
	done
	# Between two attempts nothing holds it.
	remove ceph_second_tcp || return 1
	until since_mark | grep 'ms_transport=rdma: module ceph-transport-rdma is not loaded'; do
		kill -0 $mount || return 1
		sleep 0.1
	done
	insmod "$second" && need_daemons && wait $mount && mountpoint -q "$fs" && umount "$fs"
}

data "$tmp/4m" 4
data "$tmp/1m" 1
check "libceph is ours" is_ours
if [ "$LAB_KERNEL" = stock ]; then
	check "and what is loaded on it is the distribution's" client_is_theirs
fi
check "daemons" need_daemons

# At first, and whenever daemons begin again: in the map that a monitor has until its OSD is
# there, that may have no address for the messenger v2, and libceph then takes no map.
messenger=legacy
check "a transport that does not exist is refused" \
	said "libceph: Bad value for 'ms_transport'" refused try_mount foo
check "TCP can be asked for" try_mount tcp
check "and is not shown, as the default" not_shown
umount_all

transport_is exit 1
check "rdma without a module is refused, with its name" said \
	'libceph: ms_transport=rdma: module ceph-transport-rdma cannot be loaded' refused try_mount rdma
transport_is exit 0
check "and if the module has registered nothing" said \
	'libceph: ms_transport=rdma: module ceph-transport-rdma has registered no transport' \
	refused try_mount rdma
check "20 times, and nothing is left of it" many_in_vain

check "a transport for another version is refused" said \
	'libceph: transport has API version 2, 1 is needed' refused insmod "$second" api=2
check "one with another name" said \
	'libceph: transport has unknown name foo' refused insmod "$second" name=foo
check "one that lacks something" said \
	'libceph: transport rdma lacks an operation' refused insmod "$second" incomplete=1
check "a second of the same name" said \
	'libceph: transport rdma is registered already' insmod "$second" twice=1
check "and the first goes" rmmod ceph_second_tcp

over=(--transport rdma)
transport_is insmod "$second"
check "the module is loaded for a mount that asks for it" try_mount rdma
check "the option is shown among the mount's" shown
check "and in debugfs" shown_in_debugfs
check "rmmod is refused" in_use
check "a file is written and read" cp "$tmp/4m" "$fs/file"
check "and over TCP at the same time, by a client of its own" beside_tcp
check "and an image" image "$tmp/4m"
check "unmounted" umount "$fs"
check "nothing is open" unused
for messenger in legacy crc; do
	check "$messenger: in pieces of 777 bytes, with -EAGAIN" in_pieces 777 5
done
auth=cephx messenger=legacy
check "daemons that encrypt" need_daemons
check "and their OSD is there" image "$tmp/1m"
messenger=secure
check "secure: in pieces of 777 bytes, with -EAGAIN" in_pieces 777 5
auth=none messenger=legacy
check "nothing is open" unused
check "a module that was taken away is missed by its name, and waited for" gone_and_back
check "nothing is open" unused
check "all are removed" unload_module
done_testing
