#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# module-coverage.sh TEST...: which share of the lines of kernel/ and common/ do the
# kselftests run inside ceph_xio.ko? In user-mode Linux with gcov, over soft-RoCE. A table,
# and the lines that did not run in build/measure/module-coverage.txt. Run from the top of
# the tree; the status is that of the tests.
set -euo pipefail

kernel=uml-gcov
dir=build/kmod/$kernel
run=build/lab/runs/selftests-$kernel-rxe
out=build/measure/module-coverage.txt
mkdir -p build/measure
tests/lab/kmod.sh $kernel GCOV_PROFILE=y > build/measure/kmod.log 2>&1 &&
	tests/kmod/build.sh $kernel > build/measure/kmod-tests.log 2>&1 || {
	tail -n 20 build/measure/kmod*.log >&2
	exit 1
}
status=0
tests/selftests/run --kernel $kernel --rdma rxe --limit 900 "$@" || status=$?
lines=0
hit=0
: > $out
for data in "$run"/tap/{kernel,common}/*.gcda; do
	[ -e "$data" ] || { echo "module-coverage.sh: the guest has counted nothing" >&2; exit 1; }
	name=${data#"$run"/tap/}
	name=${name%.gcda}
	cp "$data" "$dir/$name.gcda"
	gcov -t -o "$dir/${name%/*}" "$dir/$name.o" > build/measure/gcov 2> /dev/null
	read -r all some missed < <(awk -v file="$(realpath -s "$dir")/$name.c" \
		-f tests/measure/lines.awk build/measure/gcov)
	[ "$all" -gt 0 ] || continue
	lines=$((lines + all))
	hit=$((hit + some))
	printf '%-28s%5d of %5d lines\n' "$name.c" "$some" "$all"
	echo "$name.c: not run: $missed" >> $out
done
echo "in all $hit of $lines lines, $((1000 * hit / lines / 10)).$((1000 * hit / lines % 10)) %"
echo "what did not run: $out"
exit $status
