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

for p in xio_server xio_client simple_server simple_client xio_ping xio_perf cxio rbd-map; do
	section=1
	[ $p != rbd-map ] || section=8 # an administrator's
	# Into files: a reader that stops early would kill the program with a signal.
	"$dir/bin/$p" --help > "$dir/help"
	grep -q '^usage:' "$dir/help"
	"$dir/bin/$p" --version > "$dir/version"
	grep -q "^$p [0-9]" "$dir/version"
	page=$dir/share/man/man$section/$p.$section
	[ -s "$page" ]
	# bash completes each program's options.
	[ -e "$dir/share/bash-completion/completions/$p" ]
	# Every long option of the program is in its manual page.
	for o in $(grep -oE -- '--[a-z-]+' "$dir/help" | sort -u); do
		grep -qF -- "${o//-/\\-}" "$page" ||
			{ echo "$p.$section does not mention $o" >&2; exit 1; }
	done
	status=0
	"$dir/bin/$p" --no-such-option > /dev/null 2> "$dir/error" || status=$?
	[ "$status" = 2 ]
	[ -s "$dir/error" ]
done

[ -s "$dir/share/man/man3/libcephxio.3" ]
# completes "PROGRAM WORD..." WANTED: what bash offers for the last word, sorted
completes() {
	local wanted=$2 function
	# shellcheck disable=SC2206 # words; "--a=b" is three of them to bash
	COMP_WORDS=(${1//=/ = })
	[[ $1 != *' ' ]] || COMP_WORDS+=('')
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMPREPLY=()
	function=$(complete -p "${COMP_WORDS[0]}" | sed 's/.*-F \([^ ]*\).*/\1/')
	# An interactive shell goes on after what fails.
	"$function" "${COMP_WORDS[0]}" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}" || :
	[ "$(printf '%s\n' "${COMPREPLY[@]}" | sort | xargs)" = "$wanted" ] ||
		{ echo "bash completes '$1' by '${COMPREPLY[*]}'" >&2; exit 1; }
}

# shellcheck source=/dev/null
(
	PATH=$dir/bin:$PATH
	. "$dir/share/bash-completion/completions/xio_perf"
	completes "xio_perf --iter" --iterations
	completes "xio_perf --test " "bw lat"
	completes "xio_perf -t b" bw
	completes "xio_perf --size " ""
	completes "xio_ping -t " ""
	completes "xio_client -t " ""
	completes "cxio " "close connect listen monitor send show stat unlisten"
	completes "cxio send --policy " "lossless lossy"
	completes "cxio --json st" stat
	completes "cxio send " ""
	completes "xio_server --port " 7471
	# Each option for which --help lists its values has those offered, in each program.
	# Which option has which, without the lists of --help: a new list must be added here.
	for p in xio_server xio_client xio_ping xio_perf; do
		completes "$p --policy " "lossless lossy"
		completes "$p --policy=lossl" lossless
		completes "$p --memory-windows=" "auto off on"
	done
	for p in xio_client simple_client xio_ping xio_perf; do
		completes "$p --transport " "simple xio"
	done
	for p in xio_server simple_server; do
		completes "$p --transport " "both simple xio"
		completes "$p --type " "client mds mgr mon osd"
	done
	for p in xio_server xio_client xio_ping xio_perf cxio; do
		completes "$p --signing " "auto off on"
		completes "$p --signing o" "off on"
	done
	completes "simple_client --carrier=rdma-" rdma-cm
	completes "rbd-map --transport " "rdma tcp"
	completes "rbd-map --mode=prefer-c" prefer-crc
	for p in xio_client xio_perf; do
		completes "$p --memory " "any arena registered"
	done
	cd "$dir"
	completes "xio_client --file use.c" "use.c use.cc"
	completes "simple_client --keyring use.c" "use.c use.cc"
)

# Nothing but the API is visible.
leaked=$(nm -D --defined-only "$dir/lib/libcephxio.so" | awk '$2 == "T" { print $3 }' |
	sed 's/@.*//' | grep -v '^cxio_' || true)
[ -z "$leaked" ] || { echo "symbols that are not the API's: $leaked" >&2; exit 1; }
