#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# siw.sh KERNEL_DIR: print the path of siw.ko (soft-iWARP) for the stock kernel.
# The distribution builds its kernel without it; the driver's source is in the
# kernel's source package and builds as an external module. Kept in the user's
# cache directory by the versions of both packages.
set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/xio-messenger
source_tar=/usr/src/linux-source-6.1.tar.xz
part=drivers/infiniband/sw/siw

case ${1:-} in
'' | -*)
	echo "usage: siw.sh KERNEL_DIR" >&2
	[ "${1:-}" = --help ]
	exit
	;;
esac
release=$(< "$1/release")
version=$(dpkg-query -W -f '${Version}' linux-source-6.1)
dir=$cache/siw/$release-$version
mkdir -p "$cache/siw"
exec 9> "$cache/siw/lock"
flock 9
if [ ! -e "$dir/.done" ]; then
	echo "[lab] building siw for $release (once)" >&2
	rm -rf "$dir"
	mkdir -p "$dir"
	# kernel.sh may have unpacked the source already
	unpacked=$(find "$cache/source" -maxdepth 2 -path "*/$version-*/.done" 2> /dev/null | head -n 1 || true)
	if [ -n "$unpacked" ]; then
		cp "${unpacked%/.done}/$part"/* "$dir/"
	else
		tar xJf "$source_tar" -C "$dir" --strip-components=5 --wildcards "*/$part/*"
	fi
	make -C "$1/headers" M="$dir" CONFIG_RDMA_SIW=m modules > "$dir/build.log" 2>&1 9>&- || {
		tail -n 20 "$dir/build.log" >&2
		exit 1
	}
	: > "$dir/.done"
fi
printf '%s\n' "$dir/siw.ko"
