#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh [--first N] KERNEL [MAKE-ARGUMENT...]: build libceph.ko with the patches of this folder, and
# ceph_xio_libceph.ko against it, for a lab kernel (stock, uml, uml-debug, debug, kcsan, ...)
# or for a kernel's build directory (an absolute path), into build/libceph/KERNEL or
# build/libceph/host:
#
#   net/ceph/libceph.ko              of the distribution's source, patched
#   include/linux/ceph/              its headers
#   fs/ceph/ceph.ko                  as in the distribution's source, where the kernel has
#   drivers/block/rbd.ko             none and could have
#   transport/kernel/libceph/ceph_xio_libceph.ko
#
# With --first N: with no more than N patches, no transport, into build/libceph/series/KERNEL.
# build.sh --source VERSION: print where Ceph's part of the source package is.
#
# The distribution's source package is unpacked, as far as it is Ceph's, once in the user's
# cache directory. LIBCEPH_PATCHES in the environment names another folder of patches, for
# tests. Exit status: 0 built, 1 failed, 2 usage.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/xio-messenger

die() {
	printf 'libceph: %s\n' "$*" >&2
	exit 1
}

usage() {
	sed -n '/^# build.sh/s/^# \([^:]*\).*/\1/p' "$0" >&2
	exit 2
}

# Of the source package: Ceph, unpatched, and what checks its style.
package=(
	'*/net/ceph/*' '*/include/linux/ceph/*' '*/fs/ceph/*'
	'*/drivers/block/rbd.c' '*/drivers/block/rbd_types.h'
	'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' '*/scripts/const_structs.checkpatch'
)

# unpack VERSION
unpack() {
	local tar=/usr/src/linux-source-$1.tar.xz key
	[ -e "$tar" ] || die "no $tar; install linux-source-$1"
	key=$(printf '%s\n' "${package[@]}" | sha256sum | cut -c1-8)
	source=$cache/ceph/$(dpkg-query -W -f '${Version}' "linux-source-$1")-$key
	[ -e "$source/.done" ] && return
	mkdir -p "$cache/ceph"
	exec 8> "$cache/ceph/lock"
	flock 8
	[ -e "$source/.done" ] && return
	rm -rf "$source" "$source.tmp"
	mkdir -p "$source.tmp"
	tar -xJf "$tar" -C "$source.tmp" --strip-components=1 --wildcards "${package[@]}"
	: > "$source.tmp/.done"
	mv "$source.tmp" "$source"
	exec 8>&-
}

first=
case ${1:-} in
--first) [[ ${2:-} =~ ^[0-9]+$ && $# -gt 2 ]] || usage && first=$2 && shift 2 ;;
--source) [ $# = 2 ] || usage && unpack "$2" && echo "$source" && exit 0 ;;
'' | -*) usage ;;
esac
kernel=$1
shift

case $kernel in
/*) name=host objects=$kernel kbuild=(-C "$kernel") ;;
uml*)
	name=$kernel
	objects=$("$top/tests/lab/kernel.sh" "$kernel")/build
	kbuild=(-C "$objects" ARCH=um)
	;;
*)
	name=$kernel
	objects=$("$top/tests/lab/kernel.sh" "$kernel")/headers
	kbuild=(-C "$objects")
	;;
esac

config() { grep -qx "CONFIG_$1" "$objects/include/config/auto.conf"; }

release=$(< "$objects/include/config/kernel.release")
version=${release%%-*}
version=$(cut -d. -f1-2 <<< "$version")
patches=("${LIBCEPH_PATCHES:-$here/patches/$version}"/*.patch)
[ -e "${patches[0]}" ] ||
	die "no patches for Linux $version ($release), only for: $(cd "$here/patches" && echo *)"
config CEPH_LIB=y && die "libceph is built into $release; it must be a module, or be left out"

# mirror FROM TO: TO's sources become FROM's; what is the same keeps its time.
mirror() {
	local from=$1 to=$2 f
	(cd "$from" && find . -type f) | while read -r f; do
		cmp -s "$from/$f" "$to/$f" && continue
		mkdir -p "$to/${f%/*}"
		cp "$from/$f" "$to/$f"
	done
	# A file that no patch adds any more.
	(cd "$to" && find . \( -name '*.[ch]' -o -name Makefile \) ! -name '*.mod.c' \
		! -path './transport/*' ! -path './.source/*') | while read -r f; do
		[ -e "$from/$f" ] || rm "$to/$f"
	done
}

# write FILE LINE...: with a new time only if it was another.
write() {
	local file=$1
	shift
	[ "$(printf '%s\n' "$@")" = "$(cat "$file" 2> /dev/null)" ] ||
		printf '%s\n' "$@" > "$file"
}

# What the kernel lacks and can have is built beside libceph.
wanted() {
	dirs=(net/ceph include/linux/ceph)
	args=(CONFIG_CEPH_LIB=m)
	subdirs=(net/ceph/)
	[ -z "$first" ] || return 0
	if ! config CEPH_FS=m && config NETFS_SUPPORT='[ym]'; then
		dirs+=(fs/ceph)
		args+=(CONFIG_CEPH_FS=m)
		subdirs+=(fs/ceph/)
	fi
	if ! config BLK_DEV_RBD=m && config BLK_DEV=y; then
		dirs+=(drivers/block)
		subdirs+=(drivers/block/)
	fi
}

prepare() {
	local tmp p
	tmp=$dir/.source
	rm -rf "$tmp"
	mkdir -p "$tmp"
	(cd "$source" && cp -r --parents "${dirs[@]}" "$tmp")
	for p in "${patches[@]}"; do
		patch -s -p1 -F0 --no-backup-if-mismatch -d "$tmp" < "$p" ||
			die "$p does not apply to linux-source-$version $(basename "$source")"
	done
	[ ! -d "$tmp/drivers/block" ] || echo "obj-m := rbd.o" > "$tmp/drivers/block/Makefile"
	mirror "$tmp" "$dir"
	rm -rf "$tmp"
	# Its headers come before the kernel's of the same names.
	write "$dir/Kbuild" "NOSTDINC_FLAGS += -I\$(KBUILD_EXTMOD)/include" \
		"obj-m := ${subdirs[*]}"
}

# libceph's headers come before the kernel's here, too.
transport() {
	local d
	"$top/tests/lab/kmod.sh" "$kernel" "$@"
	for d in kernel common include; do
		mkdir -p "$dir/transport/$d"
		cp -rsfT "$top/$d" "$dir/transport/$d"
	done
	find "$dir/transport" -xtype l -delete
	write "$dir/transport/Kbuild" "NOSTDINC_FLAGS += -I\$(KBUILD_EXTMOD)/../include" \
		"obj-m := kernel/libceph/"
	make --no-print-directory "${kbuild[@]}" M="$dir/transport" \
		KBUILD_EXTRA_SYMBOLS="$top/build/kmod/$name/Module.symvers $dir/Module.symvers" \
		"$@" modules
}

dir=$top/build/libceph/${first:+series/}$name
[ -z "$first" ] || patches=("${patches[@]:0:first}")
mkdir -p "$dir"
# Two who want the same do not build it at once.
exec 9> "$dir/.lock"
flock 9
unpack "$version"
wanted
# Unpacking and patching take a second: only when something of it has changed.
now=$(cat "$0" "${patches[@]}" | sha256sum)" $source ${subdirs[*]}"
if [ "$now" != "$(cat "$dir/.prepared" 2> /dev/null)" ]; then
	prepare
	printf '%s\n' "$now" > "$dir/.prepared"
fi
make --no-print-directory -j"$(nproc)" "${kbuild[@]}" M="$dir" "${args[@]}" "$@" modules
"$here/crcs.sh" "$objects/Module.symvers" "$dir/Module.symvers"
[ -n "$first" ] || [ ! -e "$here/Kbuild" ] || transport "$@"
