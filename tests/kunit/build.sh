#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh KERNEL [MAKE-ARGUMENT...]: build core_kunit.ko and kernel_kunit.ko for a lab
# kernel (stock, uml, uml-debug, debug, kcsan) in build/kunit/KERNEL, where the sources are links. If
# the kernel is without KUnit, also kunit/kunit.ko there, from the kernel's source.
# Fails if the compiler warns of anything in the first two.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
[ $# -gt 0 ] || { echo "usage: build.sh stock|uml|uml-debug|debug|kcsan [ARG...]" >&2; exit 2; }
kernel=$1
shift

# unpack DIR VERSION: lib/kunit of the kernel's source. kernel.sh may have unpacked it.
unpack() {
	local unpacked
	unpacked=$(find "${XDG_CACHE_HOME:-$HOME/.cache}/xio-messenger/source" -maxdepth 2 \
		-path "*/$2-*/.done" 2> /dev/null | head -n 1 || true)
	if [ -n "$unpacked" ]; then
		cp "${unpacked%/.done}"/lib/kunit/* "$1/"
	else
		tar xJf /usr/src/linux-source-6.1.tar.xz -C "$1" --strip-components=3 \
			--wildcards '*/lib/kunit/*'
	fi
}

# kunit DIR: KUnit as an external module. A kernel built without it has no place for
# the running test in a task, nor for suites in a module, so those two things go.
kunit() {
	local dir=$1 version
	version=$(dpkg-query -W -f '${Version}' linux-source-6.1)
	[ "$(cat "$dir/version" 2> /dev/null)" != "$version" ] || return 0
	rm -rf "$dir"
	mkdir -p "$dir"
	unpack "$dir" "$version"
	sed -i -e '/current->kunit_test = /d' -e 's/^#ifdef CONFIG_MODULES$/#if 0/' "$dir/test.c"
	rm -f "$dir/Makefile"
	cat > "$dir/Kbuild" <<- 'END'
		obj-m := kunit.o
		kunit-y := test.o resource.o string-stream.o assert.o try-catch.o
		ccflags-y := -DCONFIG_KUNIT_DEFAULT_ENABLED
	END
	echo "$version" > "$dir/version"
}

dir=$top/build/kunit/$kernel
mkdir -p "$dir/tests"
case $kernel in
uml*) kbuild=(-C "$("$top/tests/lab/kernel.sh" "$kernel")/build" ARCH=um) ;;
*) kbuild=(-C "$("$top/tests/lab/kernel.sh" "$kernel")/headers") ;;
esac
[ "$kernel" != stock ] || kunit "$dir/kunit"
for d in common kernel tests/core tests/unit tests/kunit; do
	cp -rsfT "$top/$d" "$dir/$d"
done
ln -sf tests/kunit/Kbuild "$dir/Kbuild"
# What was renamed or removed meanwhile.
find "$dir" -xtype l -delete
(cd "$top" && tests/core/generate.sh "$dir/generated")

status=0
make --no-print-directory "${kbuild[@]}" M="$dir" W=1 "$@" modules > "$dir/build.log" 2>&1 || status=$?
if [ $status != 0 ] || grep -E '(warning|error|WARNING|ERROR):' "$dir/build.log" | grep -vF "$dir/kunit/" | grep -q .; then
	cat "$dir/build.log"
	exit 1
fi
