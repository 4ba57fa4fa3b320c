#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# CephFS: a tree of files, many writers, and what is read after the cache is gone.
# shellcheck source=tests/ceph/kernel/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

again() {
	limit umount "$fs" && mount_fs
}

options_shown() {
	grep " $fs ceph " /proc/mounts
	[ "$CT_TRANSPORT" = tcp ] || grep -q " $fs ceph .*ms_transport=rdma" /proc/mounts
}

# Each its own file, in its own way.
writers() {
	local i pids=() status=0
	for i in 1 2 3 4 5 6; do
		data "$tmp/w$i" 4
		case $((i % 3)) in
		0) limit dd if="$tmp/w$i" of="$fs/w$i" bs=64k oflag=direct status=none & ;;
		1) limit dd if="$tmp/w$i" of="$fs/w$i" bs=1000 status=none & ;;
		2) limit dd if="$tmp/w$i" of="$fs/w$i" bs=1M conv=fsync status=none & ;;
		esac
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || status=1; done
	drop_caches
	for i in 1 2 3 4 5 6; do cmp "$tmp/w$i" "$fs/w$i" || status=1; done
	return $status
}

# Lines of several writers, none torn, none missing.
appenders() {
	local i pids=()
	for i in 1 2 3 4; do
		(for ((n = 0; n < 50; n++)); do echo "$i $n" >> "$fs/lines" || exit 1; done) &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || return 1; done
	again || return 1
	for i in 1 2 3 4; do seq -f "$i %g" 0 49; done | sort > "$tmp/lines"
	sort "$fs/lines" | cmp - "$tmp/lines"
}

metadata() {
	mkdir -p "$fs/a/b/c" && echo x > "$fs/a/b/c/x" && ln -s x "$fs/a/b/c/y" &&
		ln "$fs/a/b/c/x" "$fs/a/z" && mv "$fs/a/b" "$fs/d" && truncate -s 5M "$fs/a/z" &&
		setfattr -n user.name -v value "$fs/a" && again &&
		[ "$(stat -c %s "$fs/d/c/y" -L)" = 5242880 ] && [ "$(stat -c %h "$fs/a/z")" = 2 ] &&
		[ "$(getfattr --only-values -n user.name "$fs/a" 2> /dev/null)" = value ] &&
		rm -r "$fs/a" "$fs/d" && again && [ ! -e "$fs/a" ]
}

check "daemons" need_daemons
check "mount" mount_fs
check "its options" options_shown
mark_traffic
check "a tree is copied" cp -a "$tree" "$fs/tree"
check "and is the same, mounted once more" again
check "by its hashes" same_tree "$fs/tree"
check "and went over $CT_TRANSPORT" moved 8
check "six writers at once" writers
check "four that append to one file" appenders
check "folders, links, names, sizes, attributes" metadata
check "all is removed" rm -r "$fs/tree" "$fs/lines" "$fs"/w{1,2,3,4,5,6}
check "unmount" limit umount "$fs"
done_testing
