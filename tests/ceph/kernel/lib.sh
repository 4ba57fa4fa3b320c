# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# lib.sh: what tests of the kernel's client of Ceph share, on top of what all tests in a
# guest do. Sourced by each t-*.sh here. The settings come from run:
#
#   CT_TRANSPORT  tcp, rdma (Ceph's exchange over TCP) or rdma-cm
#   CT_LIBCEPH    theirs or ours: whose libceph.ko
#   CT_GID        entry of the GID table both sides use
#   CT_STORE      what tests/ceph/store made; CT_STORE_KV: the same, with an OSD that keeps
#                 what it confirmed though it is killed
#   CT_KERNEL     where the kernel was built, if it was
#   CT_BUILT      what was built for it: our libceph.ko, and rbd.ko and ceph.ko, if it has
#                 none; CT_STREAM: ceph_xio_libceph.ko
#   CT_CLIENT     no: this guest has daemons only
#
# Daemons stay up from one test to the next that wants the same ones.
# shellcheck source=tests/selftests/lib.sh
. "$LAB_TOP/tests/selftests/lib.sh"

PATH=$LAB_TOP/user/tools:$LAB_TOP/tests/ceph:$PATH
cluster=/run/ceph-lab
export CEPH_CONF=$cluster/ceph.conf
: "${CT_TRANSPORT:=tcp}" "${CT_LIBCEPH:=theirs}" "${CT_GID:=0}"
# What the tests that do not go through all of them use.
auth=none
messenger=crc
mnt=$tmp/mnt
fs=$tmp/fs
mkdir "$mnt" "$fs"

# --- the client's modules ---

# own NAME FILE: one of the kernel's modules; insmod, where nothing was installed
own() {
	local file
	for file in "$CT_BUILT/$2" "$CT_KERNEL/$2"; do
		[ -e "$file" ] || continue
		insmod "$file"
		return
	done
	modprobe "$1"
}

load_libceph() {
	local ours=$CT_BUILT/net/ceph/libceph.ko depends
	if [ "$CT_LIBCEPH" = ours ]; then
		depends=$(modinfo -F depends "$ours")
		# shellcheck disable=SC2086 # words; elsewhere they are built in
		[[ $LAB_KERNEL == uml* || -z $depends ]] || modprobe -a ${depends//,/ } || return 1
		insmod "$ours"
	elif [ -e "$CT_KERNEL/net/ceph/libceph.ko" ]; then
		insmod "$CT_KERNEL/net/ceph/libceph.ko"
	else
		modprobe libceph
	fi
}

load_stream() {
	local options=("gid_index=$CT_GID")
	[ "$CT_TRANSPORT" != rdma-cm ] || options+=(cm=1)
	[ -d /sys/module/ceph_xio_libceph ] || { load_module && insmod "$CT_STREAM" "${options[@]}"; }
}

load_client() {
	[ -d /sys/module/libceph ] || load_libceph || return 1
	[ "$CT_TRANSPORT" = tcp ] || load_stream || return 1
	[ -d /sys/module/rbd ] || own rbd drivers/block/rbd.ko || return 1
	[ -d /sys/module/ceph ] || own ceph fs/ceph/ceph.ko
}

# remove MODULE: a connection that is on its way out may hold it for a moment
remove() {
	local i
	[ -d "/sys/module/$1" ] || return 0
	for ((i = 0; i < LIMIT * 10; i++)); do
		timeout -k 5 "$LIMIT" rmmod "$1" 2> "$tmp/rmmod" && return
		grep -q 'is in use' "$tmp/rmmod" || break
		sleep 0.1
	done
	cat "$tmp/rmmod"
	return 1
}

# What is mounted and mapped, and then the modules, from above.
unload_client() {
	local device
	umount_all
	for device in /sys/bus/rbd/devices/*; do
		[ ! -e "$device" ] || limit rbd-map --unmap "/dev/rbd${device##*/}" || return 1
	done
	remove ceph && remove rbd && remove ceph_xio_libceph && remove libceph && remove ceph_xio
}

umount_all() {
	local dir
	for dir in "$mnt" "$fs"; do
		! mountpoint -q "$dir" || limit umount "$dir" || return 1
	done
}

# The library's own words for it: done_testing and the end of a test ask for this.
unload_module() {
	unload_client
}

# --- daemons ---

# Soft-RoCE breaks a queue pair for which an atomic allocation fails, a daemon's as well: where
# memory is not what is tried, some is kept for that.
[[ $LAB_KERNEL != uml* ]] || echo 65536 > /proc/sys/vm/min_free_kbytes

# need_daemons [OPTION...]: of the script daemons; they run, on a fresh store, or did already
need_daemons() {
	local words="$CT_TRANSPORT $auth $*" store=$CT_STORE
	[ ! -e $cluster/words ] || [ "$(cat $cluster/words)" != "$words" ] || return 0
	# One that does not end when it is asked to is killed. That is between it and Ceph.
	[ ! -e $cluster/words ] || daemons stop $cluster || true
	[[ $words != *osd_objectstore* ]] || store=$CT_STORE_KV
	daemons start $cluster "$store" --transport "$CT_TRANSPORT" --auth "$auth" --gid "$CT_GID" \
		"$@" || return 1
	echo "$words" > $cluster/words
}

# Options for daemons that may be killed: what the OSD confirmed is still there then.
# shellcheck disable=SC2034 # for those who source this
kept=(--set "enable_experimental_unrecoverable_data_corrupting_features = *"
	--set "osd_objectstore = kstore")

daemons_said() {
	tail -n 20 $cluster/log/said
}

# --- images and file systems ---

over=()
[ "$CT_TRANSPORT" = tcp ] || over=(--transport rdma)

# map IMAGE [OPTION...]: of rbd-map; the device is in $device
map() {
	local image=$1
	shift
	device=$(limit rbd-map --mode "$messenger" "${over[@]}" "$@" "rbd/$image") || return 1
	echo "rbd/$image is $device"
	[ -b "$device" ]
}

unmap() {
	limit rbd-map --unmap "$1"
}

mount_options() {
	local key=
	[ "$auth" = none ] ||
		key=,secret=$(sed -n '/^\[client.admin\]/,/key/s/^[[:space:]]*key = //p' $cluster/keyring)
	echo "name=admin$key,ms_mode=$messenger${over:+,ms_transport=rdma}"
}

monitor() {
	case $messenger in
	legacy) echo 10.9.0.1:6789 ;;
	*) echo 10.9.0.1:3300 ;;
	esac
}

# mount_fs [DIR [OPTION]]: without a helper, which may know less than the kernel. Who comes
# before there is an MDS is sent away.
mount_fs() {
	local said status deadline=$((SECONDS + LIMIT))
	while :; do
		said=$(limit mount -i -t ceph "$(monitor):/" "${1:-$fs}" \
			-o "$(mount_options)${2:+,$2}" 2>&1) && return
		status=$?
		[[ $said == *"No route to host"* && $SECONDS -lt $deadline ]] || break
		sleep 0.2
	done
	echo "$said"
	return $status
}

# --- data ---

# data FILE MIB: random bytes
data() {
	head -c "$(($2 << 20))" /dev/urandom > "$1"
}

# put FILE DEVICE: not through the page cache
put() {
	limit dd if="$1" of="$2" bs=1M oflag=direct conv=notrunc 2>&1 | tail -n 1
	return "${PIPESTATUS[0]}"
}

# same FILE DEVICE: read back, not from the page cache
same() {
	limit dd if="$2" bs=1M iflag=direct count="$(stat -c %s "$1")" iflag=direct,count_bytes \
		2> /dev/null | cmp - "$1"
}

# A real tree: files of all sizes, some folders.
tree=/usr/include/linux

# hashes DIR: of all in it
hashes() {
	(cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
}

same_tree() {
	hashes "$tree" > "$tmp/hashes.1"
	hashes "$1" > "$tmp/hashes.2"
	wc -l "$tmp/hashes.1"
	cmp "$tmp/hashes.1" "$tmp/hashes.2"
}

drop_caches() {
	sync
	echo 3 > /proc/sys/vm/drop_caches
}

# --- what went where ---

rdma_packets() {
	local n=0
	[ -z "$LAB_DEV" ] || read -r n < "/sys/class/infiniband/$LAB_DEV/ports/1/hw_counters/sent_pkts"
	echo "$n"
}

tcp_segments() {
	awk '/^Tcp: [0-9]/ { print $12 }' /proc/net/snmp
}

# mark_traffic, and moved MIB: since then so much, at least, went over the transport that was
# asked for, and next to nothing over the other
mark_traffic() {
	packets=$(rdma_packets)
	segments=$(tcp_segments)
}

moved() {
	local p s
	p=$(($(rdma_packets) - packets))
	s=$(($(tcp_segments) - segments))
	echo "$p RDMA packets, $s TCP segments"
	case $CT_TRANSPORT in
	# segments are up to 64 KiB
	tcp) [ $p -lt 100 ] && [ $s -ge $(($1 * 16)) ] ;;
	# The path MTU of Ceph's exchange is 1024, the CM's 4096 at most; three lines and the
	# handshakes of a connection are ten segments at most, and there are some 20.
	rdma) [ $p -ge $(($1 * 1024)) ] && [ $s -lt 200 ] ;;
	*) [ $p -ge $(($1 * 256)) ] && [ $s -lt 200 ] ;;
	esac
}

[ "${CT_CLIENT:-}" = no ] || load_client > "$log" 2>&1 || {
	not_ok "the client's modules are loaded"
	echo "1..$count"
	exit 1
}
