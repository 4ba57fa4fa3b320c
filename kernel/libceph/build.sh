#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh KERNEL [MAKE-ARGUMENT...]: build libceph.ko with the patches of this folder, and
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
# The distribution's source package is unpacked, as far as it is Ceph's, once in the user's
# cache directory. Exit status: 0 built, 1 failed, 2 usage.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/xio-messenger

die() {
	printf 'libceph: %s\n' "$*" >&2
	exit 1
}

[ $# -gt 0 ] || { echo "usage: build.sh KERNEL|/path/to/build [MAKE-ARGUMENT...]" >&2; exit 2; }
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
patches=("$here/patches/$version"/*.patch)
[ -e "${patches[0]}" ] ||
	die "no patches for Linux $version ($release), only for: $(cd "$here/patches" && echo *)"
config CEPH_LIB=y && die "libceph is built into $release; it must be a module, or be left out"

# Ceph's part of the source package, as it comes.
unpack() {
	local tar=/usr/src/linux-source-$version.tar.xz package
	[ -e "$tar" ] || die "no $tar; install linux-source-$version"
	package=$(dpkg-query -W -f '${Version}' "linux-source-$version")
	source=$cache/ceph/$package
	[ -e "$source/.done" ] && return
	mkdir -p "$cache/ceph"
	exec 8> "$cache/ceph/lock"
	flock 8
	[ -e "$source/.done" ] && return
	rm -rf "$source" "$source.tmp"
	mkdir -p "$source.tmp"
	# Patterns: tar would read to the end for names, too.
	tar -xJf "$tar" -C "$source.tmp" --strip-components=1 --wildcards \
		'*/net/ceph/*' '*/include/linux/ceph/*' '*/fs/ceph/*' \
		'*/drivers/block/rbd.c' '*/drivers/block/rbd_types.h'
	: > "$source.tmp/.done"
	mv "$source.tmp" "$source"
	exec 8>&-
}

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
	[ -e "$here/Kbuild" ] || return 0
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

dir=$top/build/libceph/$name
mkdir -p "$dir"
# Two who want the same do not build it at once.
exec 9> "$dir/.lock"
flock 9
wanted
unpack
# Unpacking and patching take a second: only when something of it has changed.
now=$(cat "$0" "${patches[@]}" | sha256sum)" $source ${subdirs[*]}"
if [ "$now" != "$(cat "$dir/.prepared" 2> /dev/null)" ]; then
	prepare
	printf '%s\n' "$now" > "$dir/.prepared"
fi
make --no-print-directory "${kbuild[@]}" M="$dir" "${args[@]}" "$@" modules
"$here/crcs.sh" "$objects/Module.symvers" "$dir/Module.symvers"
transport "$@"
