#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# run.sh MODEL [long|mutants]: check a model (see README): its runs and its proof, then
# its mutants; or its long runs, or its mutants alone. TAP on stdout; "# states N" after each run. Objects are
# in build/model. Run from the top of the tree.
set -uo pipefail

model=$1
what=${2-all}
here=tests/model
out=build/model/$model-$what
mkdir -p build/model
# Two at once would share the folder.
exec 9> "$out.lock"
flock 9
rm -rf "$out"
mkdir "$out"
number=0
failed=0

say() {
	local verdict=$1

	shift
	number=$((number + 1))
	[ "$verdict" = ok ] || failed=$((failed + 1))
	echo "$verdict $number - $model: $*"
}

die() {
	sed 's/^/# /' "$out/log"
	say "not ok" "$*"
	echo "1..$number"
	exit 1
}

cc=(gcc -std=gnu11 -O2 -Icommon "-I$here")

# The checker in two programs, and everything of common/ that it calls.
build() {
	local o

	(cd "$out" && spin -a "$OLDPWD/$here/$model.pml") > "$out/log" 2>&1
	[ -f "$out/pan.c" ] || die "spin"
	for o in common/*.c; do
		"${cc[@]}" -Wall -c -o "$out/$(basename "${o%.c}").o" "$o" || return
	done
	"${cc[@]}" -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes \
		-c -o "$out/model.o" $here/"$model".c &&
	"${cc[@]}" -w -DNOREDUCE -DSAFETY -DNOCLAIM -c -o "$out/safe-pan.o" "$out/pan.c" &&
	"${cc[@]}" -w -DNOREDUCE -DNFAIR=4 -c -o "$out/claim-pan.o" "$out/pan.c"
}

# link DIR: both programs, with the objects of DIR instead of ours
link() {
	local dir=$1 objects=() o kind

	for o in common/*.c; do
		o=$(basename "${o%.c}").o
		if [ -f "$dir/$o" ]; then objects+=("$dir/$o"); else objects+=("$out/$o"); fi
	done
	for kind in safe claim; do
		gcc -o "$dir/$kind" "$out/$kind-pan.o" "$out/model.o" "${objects[@]}" || return
	done
}

# check DIR CLAIM FAIR SETTINGS...: the checker's output to DIR/log; 0 if it went
# through all states and found nothing
check() {
	local dir=$1 claim=$2 fair=$3 program=claim options=() word

	shift 3
	if [ "$claim" = safe ]; then
		program=safe
	else
		options=(-a -N "$claim" ${fair:+-f})
	fi
	settings=()
	for word; do settings+=("MODEL_$word"); done
	rm -f "$dir"/*.trail
	(cd "$dir" && env "${settings[@]}" timeout 3600 ./$program -m200000 -w18 -b "${options[@]}") \
		> "$dir/log" 2>&1
	grep -q 'errors: 0$' "$dir/log" && ! grep -qE '^error: |not completed' "$dir/log"
}

# What happened in the run that was found, step by step.
show_run() {
	local dir=$1 claim=$2 program=claim

	[ "$claim" != safe ] || program=safe
	grep -E '^pan:[0-9]+:|^error|^model:' "$dir/log" | sed 's/^/# /'
	(cd "$dir" && env "${settings[@]}" MODEL_TRACE=1 timeout 60 ./$program -r -n 2>&1) |
		grep -E '^([01] |violated|.*CYCLE)' | tail -n 60 | sed 's/^/#   /'
}

run_one() {
	local name=$1 claim=$2 fair=$3 reached=$4 missing="" word

	shift 4
	if ! check "$out" "$claim" "$fair" "$@"; then
		say "not ok" "$name"
		show_run "$out" "$claim"
		return
	fi
	for word in $reached; do
		grep -qE "^reached:.* $word( |$)" "$out/log" || missing+=" $word"
	done
	if [ -n "$missing" ]; then
		say "not ok" "$name: nothing was found, but this never happened:$missing"
	else
		say ok "$name"
	fi
	echo "# states $(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' "$out/log")"
}

# runs FILE
runs() {
	local name claim reached settings fair

	while IFS='|' read -r name claim reached settings; do
		read -r claim fair <<< "$claim"
		name=${name%% }
		# shellcheck disable=SC2086 # settings are words
		run_one "$name" "$claim" "$fair" "$reached" $settings
	done < <(grep -v '^#' "$1")
}

# program_for_proof DIR: with the files of DIR in front of ours
program_for_proof() {
	clang -O2 -fno-vectorize -fno-slp-vectorize -fno-unroll-loops \
		-mllvm -inline-threshold=100000 -I"$1" -Icommon \
		-S -emit-llvm -o "$1/proof.ll" $here/"$model"-proof.c
}

proof() {
	local verdict rest

	[ -f $here/"$model"-proof.c ] || return 0
	program_for_proof "$out" > "$out/log" 2>&1 || die "proof: does not compile"
	while read -r verdict rest; do
		[ "$verdict" = proved ] && verdict=ok || verdict="not ok"
		say "$verdict" "proof: $rest"
	done < <($here/prove.py "$out/proof.ll" 2>&1 || echo "end: something was refuted")
}

mutant() {
	local what=$1 file=$2 script=$3 finder=$4 fair=$5 dir=$out/mutant

	shift 5
	rm -rf "$dir"
	mkdir "$dir"
	if [ -n "$script" ]; then
		sed "$script" common/"$file".c > "$dir/$file.c"
		if cmp -s common/"$file".c "$dir/$file.c"; then
			say "not ok" "mutant: $what: the line to change is gone from $file.c"
			return
		fi
		"${cc[@]}" -w -c -o "$dir/$file.o" "$dir/$file.c" > "$out/log" 2>&1 ||
			die "mutant: $what: does not compile"
	fi
	if [ "$finder" = proof ]; then
		program_for_proof "$dir" > "$out/log" 2>&1 || die "mutant: $what: no program"
		$here/prove.py "$dir/proof.ll" "$1" > "$dir/log" 2>&1
		grep -q "^refuted $1 sat" "$dir/log" && say ok "mutant: $what: $1 is refuted" && return
	else
		link "$dir" > "$out/log" 2>&1 || die "mutant: $what: does not link"
		check "$dir" "$finder" "$fair" "$@"
		if grep -qE '^pan:[0-9]+: ' "$dir/log"; then
			say ok "mutant: $what: $(sed -n 's/^pan:[0-9]*: \(.*\) (at.*/\1/p' "$dir/log")"
			return
		fi
	fi
	say "not ok" "mutant: $what: not found"
}

mutants() {
	local what file script finder settings fair

	while IFS='|' read -r what file script finder settings; do
		read -r finder fair <<< "$finder"
		file=${file// /}
		script=${script# }
		# shellcheck disable=SC2086 # settings are words
		mutant "${what%% }" "$file" "${script% }" "$finder" "$fair" $settings
	done < <(grep -v '^#' $here/"$model".mutants)
}

build > "$out/log" 2>&1 || die "does not compile"
link "$out" > "$out/log" 2>&1 || die "does not link"
case $what in
long)
	runs $here/"$model"-long.runs
	;;
all)
	runs $here/"$model".runs
	proof
	mutants
	;;
mutants)
	mutants
	;;
esac
echo "1..$number"
[ $failed = 0 ]
