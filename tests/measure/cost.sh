#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# cost.sh PROGRAM: instructions that common/ spends on one inline message of 4 KiB, on
# both sides together, encode, decode and decisions; the CRC's own are told apart.
# The difference of two runs, so that what happens once does not count. TAP, also in
# build/results/cost.tap; it fails above the limit. Run from the top of the tree.
set -euo pipefail

limit=1500
few=1000
many=3000
program=$1
dir=build/measure
tap=build/results/cost.tap
mkdir -p $dir build/results

# instructions N BURST: "common crc" of N messages
instructions() {
	valgrind --tool=callgrind --callgrind-out-file=$dir/callgrind."$1" "$program" "$1" "$2" \
		> $dir/valgrind.log 2>&1 || { cat $dir/valgrind.log >&2; return 1; }
	callgrind_annotate --threshold=100 --show-percs=no --auto=no $dir/callgrind."$1" |
		awk '{ n = $1; gsub(",", "", n) }
			/libisal/ { crc += n; next }
			/common\/[a-z0-9_]*\.[ch]:/ { core += n }
			END { print core + 0, crc + 0 }'
}

# per_message BURST: sets core and crc
per_message() {
	local core_few crc_few core_many crc_many
	read -r core_few crc_few < <(instructions $few "$1")
	read -r core_many crc_many < <(instructions $many "$1")
	core=$(((core_many - core_few) / (many - few)))
	crc=$(((crc_many - crc_few) / (many - few)))
}

per_message 1
alone=$core
per_message 8
verdict=ok
[ $core -gt 0 ] && [ $crc -gt 0 ] && [ $core -lt $limit ] || verdict="not ok"
{
	echo "$verdict 1 - an inline message of 4 KiB costs fewer than $limit instructions"
	echo "# $core instructions in bursts of eight, $alone alone; and $crc of the CRC"
	echo "1..1"
} | tee $tap
[ "$verdict" = ok ]
