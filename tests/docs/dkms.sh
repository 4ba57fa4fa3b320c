#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# dkms.sh [--build DIR]: are dkms.conf, Documentation/module.rst and the module's sources
# of one mind? With --build, do in DIR what they tell people to do, as far as that goes
# without touching the machine's own modules: copy the files that the document copies,
# run the build command of dkms.conf over the copy, modules_install with depmod.
# Silent and 0 if all is well.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
doc=Documentation/module.rst
cd "$top"

fail() {
	echo "$*"
	exit 1
}

# What dkms sets before it reads the file.
read_conf() {
	kernel_source_dir=$1 dkms_tree=$2
	# shellcheck source=dkms.conf
	. ./dkms.conf
}

consistent() {
	local version module name copy file
	version=$(sed -n 's/^VERSION := //p' user/Makefile)
	module=$(sed -n 's/^MODULE_VERSION("\(.*\)");$/\1/p' kernel/module.c)
	[ "$PACKAGE_VERSION" = "$version" ] ||
		fail "dkms.conf: version $PACKAGE_VERSION, the project has $version"
	[ "$module" = "$version" ] || fail "kernel/module.c: version $module, the project has $version"
	grep -qx "obj-m := ${BUILT_MODULE_NAME[0]}.o" Kbuild ||
		fail "dkms.conf: Kbuild makes no ${BUILT_MODULE_NAME[0]}"
	while read -r name; do
		[ "$name" = "$PACKAGE_NAME-$version" ] || [ "$name" = "$PACKAGE_NAME/$version" ] ||
			fail "$doc: $name is not this version"
	done < <(grep -oE 'ceph_xio[-/][0-9][0-9.]*[0-9]' "$doc")
	copy=$(copy_line)
	[ -n "$copy" ] || fail "$doc: it copies nothing"
	for file in $copy; do
		[ -e "$file" ] || fail "$doc: there is no $file to copy"
	done
	# Every parameter is in the document, and no other.
	diff <(sed -n 's/^module_param[a-z_]*(\([a-z_]*\),.*/\1/p' kernel/*.c | sort) \
		<(sed -n '/^Parameters$/,/^Unloading$/s/^``\([a-z_]*\)``$/\1/p' "$doc" | sort) ||
		fail "$doc: not the module's parameters"
	modprobe -c -C packaging/ceph_xio.modprobe.conf 2> /dev/null | grep -q '^softdep ceph_xio pre: ' ||
		fail "packaging/ceph_xio.modprobe.conf: modprobe does not take it"
}

# The files that the document copies.
copy_line() {
	sed -n 's|^ *sudo cp -r \(.*\) /usr/src/ceph_xio-[0-9.]*$|\1|p' "$doc"
}

build() {
	local dir=$1 kdir src release file
	kdir=$(find /usr/src -maxdepth 1 -name 'linux-headers-*-amd64' | sort -V | tail -n 1)
	[ -n "$kdir" ] || fail "no kernel headers in /usr/src"
	release=$(sed -n 's/^#define UTS_RELEASE "\(.*\)"$/\1/p' "$kdir/include/generated/utsrelease.h")
	rm -rf "$dir"
	read_conf "$kdir" "$dir/dkms"
	src=$dir/dkms/$PACKAGE_NAME/$PACKAGE_VERSION/build
	mkdir -p "$src"
	# shellcheck disable=SC2046 # words
	cp -r $(copy_line) "$src"
	(cd "$src" && eval "${MAKE[0]}") > "$dir/log" 2>&1 || { cat "$dir/log" && exit 1; }
	file=$src/${BUILT_MODULE_LOCATION[0]:-}${BUILT_MODULE_NAME[0]}.ko
	[ "$(modinfo -F version "$file")" = "$PACKAGE_VERSION" ] || fail "$file: not this version"
	[[ $(modinfo -F vermagic "$file") == "$release "* ]] || fail "$file: not for $release"
	(cd "$src" && eval "$CLEAN") >> "$dir/log" 2>&1
	[ ! -e "$file" ] || fail "dkms.conf: CLEAN leaves $file"

	make modules_install KDIR="$kdir" INSTALL_MOD_PATH="$dir/root" >> "$dir/log" 2>&1 ||
		{ cat "$dir/log" && exit 1; }
	grep -qE '^(updates|extra)/ceph_xio\.ko' "$dir/root/lib/modules/$release/modules.dep" ||
		fail "modules_install: depmod does not know the module"
}

PATH=$PATH:/sbin:/usr/sbin
read_conf /nowhere /nowhere
case ${1:-} in
--build) build "$(realpath -m "$2")" ;;
*) consistent ;;
esac
