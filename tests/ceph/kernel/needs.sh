# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# needs.sh: what tests of the kernel's client need from the machine. Sourced, with "top".

# client_env KERNEL TRANSPORT LIBCEPH GID: make the stores, look for what must be built, and
# set the array client_env to options of tests/lab/run that tell lib.sh.
# shellcheck disable=SC2154 # "top" is of those who source this
client_env() {
	local built=$top/build/libceph/$1 needs=() need store store_kv kernel
	local stream=$built/transport/kernel/libceph/ceph_xio_libceph.ko
	[ "$3" = theirs ] || needs+=("$built/net/ceph/libceph.ko")
	[ "$2" = tcp ] || needs+=("$stream" "$top/build/kmod/$1/ceph_xio.ko")
	for need in "${needs[@]}"; do
		[ -e "$need" ] && continue
		echo "no $need; run 'make ceph-client KERNEL=$1'" >&2
		return 1
	done
	if [ "$3" = theirs ] && [ "$2" != tcp ]; then
		echo "the distribution's libceph speaks TCP only" >&2
		return 1
	fi
	store=$("$top/tests/ceph/store") && store_kv=$("$top/tests/ceph/store" kstore) &&
		kernel=$("$top/tests/lab/kernel.sh" "$1") || return 1
	# shellcheck disable=SC2034 # for those who source this
	client_env=(--env "CT_TRANSPORT=$2" --env "CT_LIBCEPH=$3" --env "CT_GID=$4"
		--env "CT_STORE=$store" --env "CT_STORE_KV=$store_kv" --env "CT_KERNEL=$kernel/build"
		--env "CT_BUILT=$built" --env "CT_STREAM=$stream")
}
