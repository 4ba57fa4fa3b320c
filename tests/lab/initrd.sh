#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# initrd.sh KERNEL_DIR: print the path of the initramfs for a kernel under QEMU (its
# directory as kernel.sh prints it), after making it if necessary: busybox and
# the modules that mounting the machine's root takes, if any, nothing else. Kept under
# build/ by a key of its content. Not compressed: an emulated CPU would have to
# unpack it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$here/../../build/lab/initrd

case ${1:-} in
'' | -*)
	echo "usage: initrd.sh KERNEL_DIR" >&2
	[ "${1:-}" = --help ]
	exit
	;;
esac
release=$(< "$1/release")
busybox=$(command -v busybox)

key=$({
	echo "$release"
	cat "$here/initramfs-init" "$here/initrd.sh" "$busybox"
} | sha256sum | cut -c1-12)
out=$(realpath -m "$out")/$release-$key.cpio
if [ ! -e "$out" ]; then
	mkdir -p "${out%/*}"
	tmp=$(mktemp -d "$out.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	mkdir -p "$tmp"/root/{bin,modules,proc,dev,lower,rw,root}
	cp "$busybox" "$tmp/root/bin/busybox"
	for applet in sh mount insmod mkdir poweroff reboot switch_root; do
		ln -s busybox "$tmp/root/bin/$applet"
	done
	install -m 755 "$here/initramfs-init" "$tmp/root/init"
	# with what they depend on, in the order to load them; each once
	/sbin/modprobe -d "$1/base" -S "$release" --show-depends -a \
		virtio_pci 9pnet_virtio 9p overlay |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }' > "$tmp/modules"
	: > "$tmp/root/modules/order"
	while read -r module; do
		cp "$module" "$tmp/root/modules/"
		echo "${module##*/}" >> "$tmp/root/modules/order"
	done < "$tmp/modules"
	(cd "$tmp/root" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) > "$tmp/cpio"
	mv "$tmp/cpio" "$out"
fi
printf '%s\n' "$out"
