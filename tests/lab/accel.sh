#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# accel.sh VMLINUZ INITRD: print the QEMU options for the fastest accelerator that
# works here. /dev/kvm may be there and yet every guest hang (nested
# virtualization), so a guest has to boot within 10 seconds before KVM is
# believed. The answer holds until the machine boots again and is kept that long.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tcg='-accel tcg,thread=multi -cpu max'
kvm='-accel kvm -cpu host'

case ${1:-} in
'' | -*)
	echo "usage: accel.sh VMLINUZ INITRD" >&2
	[ "${1:-}" = --help ]
	exit
	;;
esac
dir=$here/../../build/lab
mkdir -p "$dir"
answer=$(realpath "$dir")/accel-$(< /proc/sys/kernel/random/boot_id)
exec 9> "$dir/accel.lock"
flock 9
if [ ! -e "$answer" ]; then
	rm -f "$dir"/accel-*
	choice=$tcg
	if [ -r /dev/kvm ] && [ -w /dev/kvm ]; then
		# shellcheck disable=SC2086 # words
		if timeout -k 1 10 qemu-system-x86_64 $kvm -m 256M -nodefaults -monitor none \
			-display none -serial stdio -no-reboot -kernel "$1" -initrd "$2" \
			-append "console=ttyS0 loglevel=1 panic=-1 lab_probe" \
			< /dev/null 2>&1 9>&- | grep -q 'lab initramfs: a guest boots'; then
			choice=$kvm
		else
			echo "[lab] /dev/kvm is there, but a guest did not boot with it in 10 s" >&2
		fi
	fi
	echo "$choice" > "$answer.tmp"
	mv "$answer.tmp" "$answer"
fi
choice=$(< "$answer")
echo "[lab] QEMU runs with $choice" >&2
printf '%s\n' "$choice"
