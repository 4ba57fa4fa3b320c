#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# install.sh DIR: install into DIR and use what is there as a stranger would.
set -euo pipefail

dir=$1
rm -rf "$dir"
make --no-print-directory install DESTDIR= PREFIX="$dir"
export PKG_CONFIG_PATH=$dir/lib/pkgconfig LD_LIBRARY_PATH=$dir/lib

cat > "$dir/use.c" <<'C'
#include <cephxio.h>
#include <stdio.h>
int main(void)
{
	printf("%s %s\n", cxio_version(), cxio_fault_text(0));
	return cxio_live_objects(0, 0, 0) != 0;
}
C
cp "$dir/use.c" "$dir/use.cc"
# shellcheck disable=SC2046
gcc -std=c11 -Wall -Wextra -Wpedantic -Werror -o "$dir/use-c" "$dir/use.c" \
	$(pkg-config --cflags --libs libcephxio)
# shellcheck disable=SC2046
g++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -o "$dir/use-cc" "$dir/use.cc" \
	$(pkg-config --cflags --libs libcephxio)
[[ $("$dir/use-c") == *"closed in order" ]]
[[ $("$dir/use-cc") == *"closed in order" ]]

for p in xio_server xio_client xio_ping xio_perf cxio; do
	# Into files: a reader that stops early would kill the program with a signal.
	"$dir/bin/$p" --help > "$dir/help"
	grep -q '^usage:' "$dir/help"
	"$dir/bin/$p" --version > "$dir/version"
	grep -q "^$p [0-9]" "$dir/version"
	[ -s "$dir/share/man/man1/$p.1" ]
	# bash completes each program's options.
	[ -e "$dir/share/bash-completion/completions/$p" ]
	# Every long option of the program is in its manual page.
	for o in $(grep -oE -- '--[a-z-]+' "$dir/help" | sort -u); do
		grep -qF -- "${o//-/\\-}" "$dir/share/man/man1/$p.1" ||
			{ echo "$p.1 does not mention $o" >&2; exit 1; }
	done
	status=0
	"$dir/bin/$p" --no-such-option > /dev/null 2> "$dir/error" || status=$?
	[ "$status" = 2 ]
	[ -s "$dir/error" ]
done

[ -s "$dir/share/man/man3/libcephxio.3" ]
# shellcheck source=/dev/null
(
	PATH=$dir/bin:$PATH
	. "$dir/share/bash-completion/completions/xio_perf"
	COMP_WORDS=(xio_perf --iter) COMP_CWORD=1 COMPREPLY=()
	"$(complete -p xio_perf | sed 's/.*-F \([^ ]*\).*/\1/')" xio_perf --iter xio_perf
	[ "${COMPREPLY[*]}" = --iterations ]
)

# Nothing but the API is visible.
leaked=$(nm -D --defined-only "$dir/lib/libcephxio.so" | awk '$2 == "T" { print $3 }' |
	sed 's/@.*//' | grep -v '^cxio_' || true)
[ -z "$leaked" ] || { echo "symbols that are not the API's: $leaked" >&2; exit 1; }
