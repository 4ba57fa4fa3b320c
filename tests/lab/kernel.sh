#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# kernel.sh NAME: make sure that lab kernel NAME is there; print its directory.
#
#   stock      the distribution's own: package downloaded and unpacked, never
#              installed. DIR/vmlinuz, DIR/modules/ (the tree of lib/modules/REL),
#              DIR/release, DIR/headers (a link to what modules build against).
#   uml        user-mode Linux from the distribution's source package.
#   uml-debug  the same with KASAN, lockdep, kmemleak, UBSAN, fault injection.
#   uml-gcov   uml that counts which lines of a module run.
#   uml-ceph, uml-debug-ceph
#              with the kernel's client of Ceph (DIR/build/net/ceph/libceph.ko and so on).
#              DIR/linux, DIR/build (build modules with make -C DIR/build ARCH=um).
#   debug      for QEMU, from the same source: KASAN, lockdep, RCU checks, kmemleak and
#              more on several processors, and fault injection.
#   kcsan      likewise, with the detector of data races.
#              In DIR the same as of stock.
#
# Kernels built from source live in the user's cache directory under a key made
# of the source's version and everything of ours that goes into the build, so a
# fresh clone finds them. The stock kernel is unpacked under build/.
# Messages go to stderr. Exit status: 0 ready, 1 failed, 2 usage.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/xio-messenger
source_tar=/usr/src/linux-source-6.1.tar.xz

say() { printf 'kernel.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# The release of the installed linux-headers package that modules build against.
stock_release() {
	local h
	h=$(find /usr/src -maxdepth 1 -name 'linux-headers-*-amd64' -printf '%f\n' |
		sort -V | tail -n 1)
	[ -n "$h" ] || die "no linux-headers-amd64 here; run 'make deps'"
	printf '%s\n' "${h#linux-headers-}"
}

stock() {
	local rel dir tmp deb
	rel=$(stock_release)
	dir=$top/build/lab/stock/$rel
	if [ ! -e "$dir/.done" ]; then
		mkdir -p "${dir%/*}"
		exec 9> "${dir%/*}/lock"
		flock 9
	fi
	if [ ! -e "$dir/.done" ]; then
		tmp=$dir.tmp
		rm -rf "$dir" "$tmp"
		mkdir -p "$tmp"
		say "fetching linux-image-$rel (unpacked under build/, not installed)"
		(cd "$tmp" && apt-get -q download "linux-image-$rel" >&2) ||
			die "cannot download linux-image-$rel; run 'apt-get update' and try again"
		deb=$(find "$tmp" -name 'linux-image-*.deb')
		dpkg-deb -x "$deb" "$tmp/x"
		mv "$tmp/x/boot/vmlinuz-$rel" "$tmp/vmlinuz"
		mv "$tmp/x/lib/modules/$rel" "$tmp/modules"
		# depmod wants lib/modules/REL below its base directory
		mkdir -p "$tmp/base/lib/modules"
		ln -s ../../../modules "$tmp/base/lib/modules/$rel"
		/sbin/depmod -b "$tmp/base" "$rel"
		printf '%s\n' "$rel" > "$tmp/release"
		ln -s "/usr/src/linux-headers-$rel" "$tmp/headers"
		rm -rf "$tmp/x" "$deb"
		: > "$tmp/.done"
		mv "$tmp" "$dir"
	fi
	printf '%s\n' "$dir"
}

# What the source version is, without unpacking it.
source_version() {
	[ -e "$source_tar" ] || die "no $source_tar; run 'make deps'"
	dpkg-query -W -f '${Version}' linux-source-6.1
}

unpack_source() {
	local src=$1 p
	[ -e "$src/.done" ] && return
	rm -rf "$src" "$src.tmp"
	mkdir -p "$src.tmp"
	say "unpacking $source_tar"
	tar xJf "$source_tar" -C "$src.tmp" --strip-components=1
	for p in "$here"/patches/*.patch; do
		patch -s -p1 -d "$src.tmp" < "$p" >&2
	done
	: > "$src.tmp/.done"
	mv "$src.tmp" "$src"
}

# Every symbol a fragment sets or unsets must have survived olddefconfig; the last fragment
# that names it has the say.
check_config() {
	local missing
	missing=$(cat "$@" | grep -E '^(CONFIG_|# CONFIG_.* is not set$)' |
		awk '{ split($0, word, /[ =]/); last[word[1] == "#" ? word[2] : word[1]] = $0 }
			END { for (symbol in last) print last[symbol] }' |
		grep -vxFf "$config_out" || true)
	[ -z "$missing" ] || die "these options did not stick: ${missing//$'\n'/ }"
}

# own NAME ARCH CONFIG-TARGET: a kernel from the source package. CONFIG-TARGET says what
# symbols become that no fragment names.
own() {
	local name=$1 arch=$2 defaults=$3 version key src dir build fragments patches
	patches=("$here"/patches/*.patch)
	case $name in
	uml*) fragments=("$here/config/uml.config") ;;
	*)
		fragments=("$here/config/qemu.config")
		patches+=("$here"/patches/soft/*.patch)
		;;
	esac
	case $name in
	uml | uml-ceph) ;;
	*) fragments+=("$here/config/${name%-ceph}.config") ;;
	esac
	case $name in *-ceph) fragments+=("$here/config/ceph.config") ;; esac
	version=$(source_version)
	src=$cache/source/$version-$(cat "$here"/patches/*.patch | sha256sum | cut -c1-12)
	key=$(cat "${fragments[@]}" "${patches[@]}" | sha256sum | cut -c1-12)
	dir=$cache/kernels/$name-$version-$key
	build=$dir/build
	mkdir -p "$cache/source" "$cache/kernels"
	# no waiting for somebody who builds another kernel
	if [ ! -e "$dir/.done" ]; then
		exec 9> "$cache/lock"
		flock 9
	fi
	if [ ! -e "$dir/.done" ]; then
		unpack_source "$src"
		say "building $name $version (about 6 minutes on 2 cores, once); log: $dir/build.log"
		mkdir -p "$build"
		config_out=$build/.config
		cat "${fragments[@]}" | tee "$build/fragments" > "$config_out"
		make -C "$src" "ARCH=$arch" O="$build" KCONFIG_ALLCONFIG="$build/fragments" \
			"$defaults" > "$dir/build.log" 2>&1
		check_config "${fragments[@]}"
		make -C "$src" "ARCH=$arch" O="$build" -j"$(nproc)" >> "$dir/build.log" 2>&1 || {
			tail -n 20 "$dir/build.log" >&2
			die "building $name failed"
		}
		"${arch}_files" "$src" "$dir"
		: > "$dir/.done"
	fi
	printf '%s\n' "$dir"
}

um_files() {
	ln -sf build/linux "$2/linux"
}

install_modules() {
	local dir=$1
	shift
	PATH=$PATH:/sbin:/usr/sbin make -C "$dir/build" INSTALL_MOD_PATH="$dir/base" "$@" modules_install
}

# The drivers of the soft devices with patches of ours: a bug of theirs that KASAN finds
# turns lockdep off, and with it what is to find ours. modprobe prefers what is in updates/.
patched_drivers() {
	local src=$1 dir=$2 p driver sw=drivers/infiniband/sw
	rm -rf "$dir/soft"
	mkdir -p "$dir/soft/$sw"
	cp -r "$src/$sw/rxe" "$src/$sw/siw" "$dir/soft/$sw/" || return
	for p in "$here"/patches/soft/*.patch; do
		patch -p1 -d "$dir/soft" < "$p" || return
	done
	for driver in rxe siw; do
		make -C "$dir/build" M="$dir/soft/$sw/$driver" -j"$(nproc)" modules &&
			install_modules "$dir" M="$dir/soft/$sw/$driver" INSTALL_MOD_DIR=updates ||
			return
	done
}

# The same files as beside the stock kernel: modprobe is to find the modules.
x86_64_files() {
	local src=$1 dir=$2 rel
	ln -sf build/arch/x86/boot/bzImage "$dir/vmlinuz"
	install_modules "$dir" >> "$dir/build.log" 2>&1
	patched_drivers "$src" "$dir" >> "$dir/build.log" 2>&1 ||
		die "building soft-RoCE and soft-iWARP failed, see $dir/build.log"
	rel=$(< "$dir/build/include/config/kernel.release")
	ln -sfn "base/lib/modules/$rel" "$dir/modules"
	printf '%s\n' "$rel" > "$dir/release"
	ln -sfn build "$dir/headers"
}

case ${1:-} in
stock) stock ;;
uml | uml-debug | uml-gcov | uml-ceph | uml-debug-ceph) own "$1" um olddefconfig ;;
debug | kcsan) own "$1" x86_64 allnoconfig ;;
*)
	echo "usage: kernel.sh stock|uml|uml-debug|uml-gcov|uml-ceph|uml-debug-ceph|debug|kcsan" >&2
	exit 2
	;;
esac
