#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# generate.sh DIR: headers that the portable tests are compiled with, from what is in
# the tree: DIR/vectors.h (the .hex and .bin files below tests/vectors) and DIR/suites.h
# (a suite for each tests/core/test_*.c). A header that would not change is left alone.
# Run from the top of the tree.
set -eu
export LC_ALL=C

dir=$1
mkdir -p "$dir"
tmp=$(mktemp -d "$dir/tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

find tests/vectors -name '*.hex' -o -name '*.bin' | sort > "$tmp/list"
# "12 34  # comment" lines to arrays, and a table of these
while read -r file; do
	echo "file ${file#tests/vectors/}"
	case $file in
	*.hex) sed 's/#.*//' "$file" ;;
	*.bin) od -An -v -tx1 "$file" ;;
	esac
done < "$tmp/list" | awk '
	BEGIN { print "/* made by tests/core/generate.sh */" }
	$1 == "file" {
		if (count)
			print "};\n"
		name[++count] = substr($2, 1, length($2) - 4)
		print "static const u8 vector_" count "[] = {"
		next
	}
	{
		for (i = 1; i <= NF; i++) {
			if ($i !~ /^[0-9a-fA-F][0-9a-fA-F]$/) {
				print "tests/vectors/" name[count] ": not a byte: " $i > "/dev/stderr"
				bad = 1
				exit
			}
			printf "0x%s,%s", $i, i < NF ? " " : "\n"
		}
	}
	END {
		if (bad || !count)
			exit 1
		print "};\n"
		print "static const struct {\n\tconst char *name;\n\tconst u8 *bytes;\n\tu32 len;"
		print "} vectors[] = {"
		for (i = 1; i <= count; i++)
			printf "\t{ \"%s\", vector_%d, sizeof(vector_%d) },\n", name[i], i, i
		print "};"
	}
' > "$tmp/vectors.h"

{
	echo "/* made by tests/core/generate.sh */"
	all=
	for file in tests/core/test_*.c; do
		suite=${file##*/test_}
		suite=core_suite_${suite%.c}
		echo "extern struct core_suite $suite;"
		all="$all &$suite,"
	done
	echo "#define CORE_SUITES$all"
} > "$tmp/suites.h"

for header in vectors.h suites.h; do
	cmp -s "$tmp/$header" "$dir/$header" || mv "$tmp/$header" "$dir/$header"
done
