#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# coverage.sh DIR PROGRAM...: run test programs that were built for gcov with their
# objects in DIR, and tell which share of the lines of common/ they run, and which lines
# they do not. TAP, also in build/results/coverage.tap: each file is a test, which fails
# below the least share. Run from the top of the tree.
set -euo pipefail

least=95
dir=$1
shift
tap=build/results/coverage.tap
mkdir -p build/results

find "$dir" -name '*.gcda' -delete
for program; do
	"$program" > "$dir/log" 2>&1 || { tail -n 20 "$dir/log"; echo "$program failed" >&2; exit 1; }
done

count=0
bad=0
lines=0
hit=0
: > $tap
say() {
	echo "$*" | tee -a $tap
}
for source in common/*.c; do
	name=${source##*/}
	# "lines hit" of the file itself, then the numbers of those that are not
	gcov -t -o "$dir" "$dir/${name%.c}.o" 2> /dev/null > "$dir/gcov" ||
		{ echo "gcov failed for $source" >&2; exit 1; }
	read -r all run missed < <(awk -v file="$source" -f tests/measure/lines.awk "$dir/gcov")
	count=$((count + 1))
	lines=$((lines + all))
	hit=$((hit + run))
	verdict=ok
	if [ "$all" = 0 ] || [ $((100 * run)) -lt $((least * all)) ]; then
		verdict="not ok"
		bad=$((bad + 1))
	fi
	say "$verdict $count - $source: $run of $all lines"
	[ -z "$missed" ] || say "# not run: $missed"
done
say "# common/: $hit of $lines lines, $((1000 * hit / lines / 10)).$((1000 * hit / lines % 10)) %"
say "1..$count"
[ $bad = 0 ]
