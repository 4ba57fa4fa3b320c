#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Peers that break the rules: raw_peer against the kernel's endpoint and
# xio_server, and as a server toward xio_client and cxio send.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
mutations=$(amount uml-debug=40 else=100)
addr=$LAB_ADDR4
# To start a process a case is slow: the guests of 'make selftests' share the cases
# toward our programs; plain uml plays all.
case $LAB_KERNEL/$LAB_RDMA in
stock/rxe) parts=5 part='0 1' ;;
stock/siw) parts=5 part=2 ;;
uml-debug/rxe) parts=5 part=3 ;;
uml-debug/siw) parts=5 part=4 ;;
*) parts=1 part=0 ;;
esac

rules() {
	"$RAW_PEER" --addr "$addr" --limit 20 --count "$mutations" --seed 7 "$@"
}

# What a server without a credit cannot say to the peer it must say to its user. (But
# for a frame beyond all credits: it may find no buffer, and the device ends it all.)
server_says() {
	local text
	stop server
	for text in 'last credit used for more than a grant' \
		'begun outside the message window' 'peer went away without a word' \
		'layout hash differs' 'data_crc mismatch'; do
		grep -q "$text" "$tmp/server.out" || {
			echo "the server never said: $text"
			return 1
		}
	done
	tail -n 1 "$tmp/server.out" | grep -q '^echoed'
}

# choose SHIFT: our part of the cases, in $cases
choose() {
	local name roles n=$1
	cases=()
	while read -r name roles; do
		[[ $roles == *server ]] || continue
		n=$((n + 1))
		[[ " $part " != *" $((n % parts)) "* ]] || cases+=(--case "$name")
	done < <("$RAW_PEER" --list)
}

# victims PREFIX COMMAND...: run it against cases of raw_peer as a server. It must
# fail with one line that names what is wrong.
victims() {
	local prefix=$1 name words port plan=none seen=0
	shift
	spawn peer "$RAW_PEER" --listen "$addr" --limit 20 "${cases[@]}"
	while expect peer '@(serving|1..)*' > "$tmp/expect"; do
		[[ $line == serving* ]] || {
			plan=${line#1..}
			continue
		}
		read -r _ name port words <<< "$line"
		seen=$((seen + 1))
		if says_error 1 "*$words*" "$@" --addr "$addr" --port "$port" > "$log" 2>&1 &&
			expect peer '@(ok|not ok) *' >> "$log" && [[ $line == ok* ]]; then
			ok "$prefix$name"
		else
			tail -n 2 "$tmp/peer.out" >> "$log"
			not_ok "$prefix$name"
		fi
		[ "$seen" != "$plan" ] || break
	done
	check "${prefix}all cases" served_all "$seen" "$plan"
}

served_all() {
	finish peer
	echo "$1 of $2 cases"
	[ "$1" = "$2" ]
}

load_module
cxio listen --addr "$addr"
nested "kernel: " rules --port 7471
check "kernel: objects" objects_zero
cxio unlisten
start_server server "$addr"
nested "xio_server: " rules --port "$port"
check "xio_server: its own words" server_says
choose 0
victims "cxio send: " cxio send --msgs 3 --timeout 3 --no-progress
check "cxio send: objects" objects_zero
choose 2
victims "xio_client: " xio_client --msgs 3 --timeout 3 --no-progress
done_testing
