#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# static.sh: clang-tidy and cppcheck over common/ and user/. Silent and 0 if they
# find nothing but what static-allow excuses. Run from the top of the tree.

set -eu

tidy=$(command -v clang-tidy-14 || command -v clang-tidy) || {
	echo "clang-tidy is not installed"
	exit 1
}
command -v cppcheck >/dev/null || {
	echo "cppcheck is not installed"
	exit 1
}

out=build/lint
mkdir -p $out
include="-Icommon -Iinclude/uapi -Iuser/include -Iuser/lib -Iuser/tools"
flags="-std=gnu11 -D_GNU_SOURCE $include $(pkg-config --cflags libnl-genl-3.0 2>/dev/null || :)"
sources=$(find common user -name '*.c' | sort)

# "FILE:LINE:COL: warning: TEXT [CHECK]" to "FILE: CHECK", for static-allow
excused() {
	grep -v '^#' tests/lint/static-allow | grep . >$out/allow
	while IFS= read -r finding; do
		key=$(echo "$finding" |
			sed 's/^\([^:]*\):.*\[\([^],]*\).*\]$/\1: \2/')
		echo "$key" | grep -qEf $out/allow || echo "$finding"
	done
}

rm -f $out/tidy.*
status=0
# shellcheck disable=SC2086 # flags are words
echo "$sources" | xargs -P "$(nproc)" -I{} sh -c '
	source=$1
	shift
	name=$(echo "$source" | tr / _)
	"$@" "$source" -- '"$flags"' >build/lint/tidy."$name" 2>build/lint/tidy."$name".err ||
		echo "$source:0:0: error: clang-tidy failed [clang-tidy]" >>build/lint/tidy."$name"
' sh {} "$tidy" --quiet --config-file=tests/lint/clang-tidy.yml

find $out -name 'tidy.*' ! -name '*.err' -exec cat {} + |
	grep -E '(warning|error):.*\]$' | sed "s,^$PWD/,," | sort -u >$out/findings || :
excused <$out/findings >$out/left
if [ -s $out/left ]; then
	cat $out/left
	status=1
fi

# shellcheck disable=SC2086
cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr -j "$(nproc)" \
	--enable=warning,performance,portability --suppress=missingIncludeSystem \
	$include common user 2>&1 || status=1
exit $status
