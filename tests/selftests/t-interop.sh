#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Who understands whom: clients and servers of both worlds, sizes that travel each way,
# both families of addresses. The client compares hashes and tells how its messages
# went; what went which way stands in the results.
#
# To add something: a row in one of the tables.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# SIZE MESSAGES WAY: how messages of that size travel, whoever sends them to whom
sizes=(
	'1k 200 inline'
	'12k 50 chained'
	'256k 20 rendezvous'
)
secret=$tmp/secret
head -c 32 /dev/urandom > "$secret"
# NAME PAIRS SIZES CLIENT-OPTIONS SERVER-OPTIONS WAY, with commas for spaces; - is none.
# A WAY is that of the echo, with sinks.
modes=(
	'plain */* * - - -'
	'sinks user/user 256k --reply-hooks,--sink --reply sink'
	'sinks user/kernel 256k --reply-hooks,--sink - sink'
	'sinks kernel/user 256k --sink --reply sink'
	'sinks kernel/kernel 256k --sink - sink'
	"sinks+secret user/user 256k --reply-hooks,--sink,--secret,$secret,--signing,on --reply,--secret,$secret,--signing,on sink"
	"sinks+secret user/kernel 256k --reply-hooks,--sink,--secret,$secret,--signing,on --secret,$secret,--signing,on sink"
	"sinks+secret kernel/user 256k --sink,--secret,$secret,--signing,on --reply,--secret,$secret,--signing,on sink"
	"sinks+secret kernel/kernel 256k --sink,--secret,$secret,--signing,on --secret,$secret,--signing,on sink"
	"secret */* * --secret,$secret,--signing,on --secret,$secret,--signing,on -"
	'lossless user/user 256k --policy,lossless --policy,lossless -'
)
clients=(kernel user)
servers=(kernel user)

words() {
	[ "$1" = - ] || echo "${1//,/ }"
}

# ways JSON: how the messages went
# shellcheck disable=SC2128,SC2178,SC2179 # "said" is another than the array in lib.sh
ways() {
	local way n said=
	for way in inline chained rendezvous sink; do
		n=$(value "sent_$way" "$1")
		[ "${n:-0}" = 0 ] || said+=${said:+|}$way
	done
	echo "$said"
}

# judge JSON SIZE-IN-BYTES MESSAGES
judge() {
	[ "$(value identical "$1")" = true ] && [ "$(value crc_failures "$1")" = 0 ] &&
		[ "$(value messages "$1")" = "$3" ] &&
		[ "$(value data_bytes "$1")" = $(($2 * $3)) ] &&
		[ "$(value sha256_sent "$1")" = "$(value sha256_echo "$1")" ]
}

# transfer CLIENT SERVER ADDRESS SIZE MESSAGES CLIENT-OPTIONS SERVER-OPTIONS; what the
# client says is in $tmp/json
transfer() {
	local program="cxio send" port=7471 json
	: > "$tmp/json"
	[ "$1" = kernel ] || program=xio_client
	if [ "$2" = kernel ]; then
		# shellcheck disable=SC2046 # words
		cxio listen --addr "$3" $(words "$7") || return 1
	else
		# shellcheck disable=SC2046 # words
		start_server server "$3" --quiet $(words "$7") || return 1
	fi
	# shellcheck disable=SC2046,SC2086 # words
	json=$($program --addr "$3" --port "$port" --dsize "$4" --msgs "$5" --no-progress \
		--json $(words "$6")) || return 1
	echo "$json" | tee "$tmp/json"
	judge "$json" $((${4%k} * 1024)) "$5" || return 1
	if [ "$2" = kernel ]; then
		cxio unlisten --addr "$3"
	else
		stop server
	fi && objects_zero
}

# one CLIENT SERVER ADDRESS MODE... (the rest of a row), then a row of sizes
one() {
	local client=$1 server=$2 at=$3 mode=$4 way=$9 size=${10} msgs=${11} want=${12}
	local name="$client to $server, $at, $size, $mode" went status
	transfer "$client" "$server" "$at" "$size" "$msgs" "$7" "$8" > "$log" 2>&1
	status=$?
	went=$(ways "$(cat "$tmp/json")")
	if [ $status != 0 ]; then
		not_ok "$name"
	elif [ "$went" != "$want" ]; then
		echo "went $went instead of $want" >> "$log"
		not_ok "$name"
	elif [ "$way" = sink ] && [ "$(value received_in_sink "$(cat "$tmp/json")")" = 0 ]; then
		echo "nothing was written to a sink" >> "$log"
		not_ok "$name"
	else
		ok "$name: $went"
	fi
	end_processes
}

load_module
for mode in "${modes[@]}"; do
	read -ra row <<< "$mode"
	for size in "${sizes[@]}"; do
		read -ra way <<< "$size"
		# shellcheck disable=SC2053 # a pattern
		[[ ${way[0]} == ${row[2]} ]] || continue
		for client in "${clients[@]}"; do
			for server in "${servers[@]}"; do
				# shellcheck disable=SC2053 # a pattern
				[[ $client/$server == ${row[1]} ]] || continue
				for at in "$LAB_ADDR4" "$LAB_ADDR6"; do
					one "$client" "$server" "$at" "${row[@]}" "${way[@]}"
				done
			done
		done
	done
done
done_testing
