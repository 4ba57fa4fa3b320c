#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# run.sh SECONDS: fuzz with the programs of build/fuzz, so many seconds in all. TAP on
# stdout and in build/results/fuzz.tap. FUZZ_SEED chooses another run. What crashes
# is kept in build/fuzz. Run from the top of the tree.

set -u

seconds=$1
seed=${FUZZ_SEED:-2013}
tap=build/results/fuzz.tap
mkdir -p build/results
: >$tap
number=0
status=0

# fuzz TARGET SHARE MAX_LEN: SHARE is in percent of the time
fuzz() {
	number=$((number + 1))
	log=build/fuzz/$1.log
	time=$((seconds * $2 / 100))
	[ $time -gt 0 ] || time=1
	rm -rf "build/fuzz/new-$1"
	mkdir -p "build/fuzz/new-$1"
	if "build/fuzz/fuzz_$1" -seed="$seed" -max_total_time=$time -max_len="$3" -timeout=10 \
		-rss_limit_mb=1024 -artifact_prefix="build/fuzz/$1-" -print_final_stats=1 \
		"build/fuzz/new-$1" "tests/fuzz/corpus/$1" >"$log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		echo "ok $number - fuzz: $1, $runs runs in $time s, seed $seed"
	else
		status=1
		echo "not ok $number - fuzz: $1, seed $seed"
		tail -n 40 "$log" | sed 's/^/# /'
		# ./ makes it one word to paste
		sed -n "s,.*Test unit written to \(.*\),# again: build/fuzz/fuzz_$1 ./\1,p" "$log"
	fi | tee -a $tap
	grep -q '^not ok' $tap && status=1
}

fuzz frame 15 2048
fuzz hello 10 256
fuzz auth 5 256
fuzz ceph 10 8192
fuzz cephx 5 2048
fuzz channel 35 4096
fuzz endpoint 20 4096
echo "1..$number" | tee -a $tap
exit $status
