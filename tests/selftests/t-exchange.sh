#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# t-exchange.sh FILE: a file goes to a server and comes back unchanged, between
# all four pairs of kernel and user space, over IPv4 and IPv6.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
file=${1:?usage: t-exchange.sh FILE}
size=$(stat -c %s "$file")
hash=$(sha256sum < "$file")
hash=${hash%% *}

# What the client says of itself, and what another program says of the file.
judge() {
	echo "$1"
	[ "$(value identical "$1")" = true ] && [ "$(value crc_failures "$1")" = 0 ] &&
		[ "$(value data_bytes "$1")" = "$size" ] &&
		[ "$(value sha256_sent "$1")" = "$hash" ] &&
		[ "$(value sha256_echo "$1")" = "$hash" ] && return
	echo "the file: $size bytes, sha256 $hash"
	return 1
}

# exchange CLIENT SERVER ADDRESS; CLIENT is "cxio send" or "xio_client"
exchange() {
	local client=$1 server=$2 addr=$3 port=7471 json
	if [ "$server" = kernel ]; then
		cxio listen --addr "$addr" || return 1
	else
		start_server server "$addr" || return 1
	fi
	# shellcheck disable=SC2086 # two words
	json=$($client --addr "$addr" --port "$port" --file "$file" --json --no-progress) &&
		judge "$json" || return 1
	if [ "$server" = kernel ]; then
		cxio unlisten --addr "$addr"
	else
		stop server && grep -q ' 0 crc failures' "$tmp/server.out"
	fi && objects_zero
}

load_module
for addr in "$LAB_ADDR4" "$LAB_ADDR6"; do
	check "user to kernel, $addr" exchange xio_client kernel "$addr"
	check "kernel to user, $addr" exchange "cxio send" user "$addr"
	check "user to user, $addr" exchange xio_client user "$addr"
	check "kernel to kernel, $addr" exchange "cxio send" kernel "$addr"
done
done_testing
