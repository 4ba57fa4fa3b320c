#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# xio_perf: each option does what it says, what it prints can be read by a program, and
# wrong use is told. How fast it is says tests/bench.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
addr=$LAB_ADDR4
few=$(amount uml-debug=20 else=50)

# serve [OPTION...]
# shellcheck disable=SC2120 # called by check, too
serve() {
	spawn server xio_perf --server --addr "$addr" --port 0 "$@" &&
		expect server 'listening on *' && port=${line##* }
}

# measure OPTION...: its results are in $tmp/stdout, its progress in $tmp/stderr
measure() {
	xio_perf --addr "$addr" --port "$port" --timeout $((20 * SLOWER)) "$@" > "$tmp/stdout" 2> "$tmp/stderr" &&
		cat "$tmp/stdout" "$tmp/stderr" && return
	echo "xio_perf $*:"
	cat "$tmp/stdout" "$tmp/stderr"
	return 1
}

# results PYTHON...: what must be true of "rows", the lines of JSON, of which "r" is the first
results() {
	python3 - "$tmp/stdout" "$@" <<- 'END'
		import json, sys
		with open(sys.argv[1]) as f:
		    rows = [json.loads(line) for line in f]
		r = rows[0]
		bad = [rule for rule in sys.argv[2:] if not eval(rule)]
		sys.exit("\n".join("not so: " + rule for rule in bad) if bad else 0)
	END
}

# --- sizes ---

# The sizes in a table, whose rows must have as many columns as its head.
sizes_of_table() {
	awk '$1 == "bytes" { columns = NF; next }
		columns && NF != columns { exit 1 }
		columns { sizes = sizes " " $1 }
		END { print substr(sizes, 2) }' "$tmp/stdout"
}

powers_of_two() {
	local n all=
	for ((n = 1; n <= $1; n *= 2)); do
		all+=" $n"
	done
	echo "${all# }"
}

all_sizes() {
	local most=$1 sizes test
	for test in lat bw; do
		measure --all --max-size "$most" --test $test -n 4 --warmup 1 || return 1
		sizes=$(sizes_of_table) && [ "$sizes" = "$(powers_of_two "$most")" ] || return 1
		measure -a --max-size "$most" -t $test -n 4 --warmup 1 --json || return 1
		results "' '.join(str(r['bytes']) for r in rows) == '$(powers_of_two "$most")'" \
			"{r['iterations'] for r in rows} == {4}" || return 1
	done
}

# --- how long ---

# It measures as long as told, up to the last echo before that; not the warm-up, nor much
# longer.
duration() {
	local start=${EPOCHREALTIME/./} ms
	measure -D 2 -t "$1" -s 1k --warmup 5 --json || return 1
	ms=$(((${EPOCHREALTIME/./} - start) / 1000))
	results "1.9e9 <= r['elapsed_ns'] < 4e9" "r['iterations'] > 10" || return 1
	[ $ms -ge 2000 ] && [ $ms -lt 6000 ] || { echo "$ms ms" && return 1; }
}

both_ways_for_a_while() {
	measure -D 1 -t bw -b -s 1k --json &&
		results "r['bidirectional'] is True" "0.9e9 <= r['elapsed_ns'] < 3e9"
}

# --- how many at once, and which way ---

# One at a time each waits for an acknowledgement of its own, which comes late since
# nothing else goes that way; many at once share one.
depth() {
	local one many
	measure -t bw -q 1 -s 64 -n "$few" --warmup 0 --json && results "r['depth'] == 1" || return 1
	one=$(value elapsed_ns "$(< "$tmp/stdout")")
	measure -t bw --depth 16 -s 64 -n "$few" --warmup 0 --json &&
		results "r['depth'] == 16" || return 1
	many=$(value elapsed_ns "$(< "$tmp/stdout")")
	echo "$few messages: $one ns one at a time, $many ns with 16 at once"
	[ $((many * 4)) -lt "$one" ]
}

# Without a warm-up all is counted: as many came from the server as went to it.
both_ways() {
	measure -t bw -n "$few" -s 4k --warmup 0 --json &&
		results "r['bidirectional'] is False" "r['iterations'] == $few" || return 1
	measure -t bw -b -n "$few" -s 4k --warmup 0 --json &&
		results "r['bidirectional'] is True" "r['iterations'] == 2 * $few"
}

# --- what it prints ---

percentiles="'min_ns', 'p50_ns', 'p90_ns', 'p99_ns', 'p99_9_ns', 'p99_99_ns', 'max_ns'"
memory="'pinned_peak_bytes', 'pinned_own_peak_bytes', 'rss_peak_bytes'"
# What is not a bare count has its unit in its key.
units="all(k.endswith(('_ns', '_per_s', 'bytes')) or k in ('iterations', 'samples', 'depth')
	for k, v in r.items() if type(v) in (int, float))"
rates="abs(r['message_rate_per_s'] * r['elapsed_ns'] / 1e9 / r['iterations'] - 1) < 0.01"
bytes="abs(r['bandwidth_bytes_per_s'] / r['message_rate_per_s'] / r['bytes'] - 1) < 0.01"

json_latency() {
	measure -t lat -n "$few" -s 100 --json || return 1
	results "len(rows) == 1" "r['test'] == 'lat'" "r['bytes'] == 100" "$units" "$rates" "$bytes" \
		"r['iterations'] == r['samples'] == $few" \
		"[r[k] for k in [$percentiles]] == sorted(r[k] for k in [$percentiles])" \
		"r['min_ns'] > 0" "r['max_ns'] <= r['elapsed_ns'] <= r['max_ns'] * $few" \
		"set(r) == {'test', 'bytes', 'iterations', 'samples', $percentiles,
			'bandwidth_bytes_per_s', 'message_rate_per_s', 'elapsed_ns', $memory}"
}

json_bandwidth() {
	measure -t bw -n "$few" -s 64k -q 8 --json || return 1
	results "len(rows) == 1" "r['test'] == 'bw'" "r['bytes'] == 65536" "$units" "$rates" "$bytes" \
		"r['iterations'] == $few" "r['depth'] == 8" \
		"set(r) == {'test', 'bytes', 'iterations', 'depth', 'bidirectional',
			'bandwidth_bytes_per_s', 'message_rate_per_s', 'elapsed_ns', $memory}"
}

# On stderr, a line a second, which tells of more each time; nothing else is there, and
# nothing of it on stdout.
progress() {
	local word before=-1 lines=0
	measure -t lat -D 3 -s 512 --interval 1 --json && results "len(rows) == 1" || return 1
	while read -r -a word; do
		[ "${word[0]} ${word[1]} ${word[*]:3}" = "512 bytes: iterations so far" ] &&
			[ "${word[2]}" -gt "$before" ] || return 1
		before=${word[2]}
		lines=$((lines + 1))
	done < "$tmp/stderr"
	[ $lines -ge 2 ] && [ $lines -le 4 ] || return 1
	measure -t lat -D 2 --interval 0 && [ ! -s "$tmp/stderr" ]
}

# --- memory ---

# busy BOUND OPTION...: one connection, both ways; neither side's device has held more of
# the library's own memory than that, nor less than an idle connection's 244 KiB.
busy() {
	local bound=$1
	shift
	serve --json && measure -t bw -b --json "$@" || return 1
	results "249856 <= r['pinned_own_peak_bytes'] <= $bound" \
		"r['pinned_own_peak_bytes'] <= r['pinned_peak_bytes']" \
		"r['rss_peak_bytes'] > r['pinned_own_peak_bytes']" || return 1
	stop server > /dev/null || return 1
	tail -n 1 "$tmp/server.out" > "$tmp/stdout"
	echo "the server: $(< "$tmp/stdout")"
	results "249856 <= r['pinned_own_peak_bytes'] <= $bound" "set(r) == {$memory}"
}

# --- what goes wrong ---

server_dies() {
	serve || return 1
	spawn client xio_perf --addr "$addr" --port "$port" -D 60 --timeout $((20 * SLOWER))
	expect client '4096 bytes: * iterations so far' || return 1
	kill -KILL "${pid[server]}"
	finish server > /dev/null
	finish client 30 > "$tmp/out"
	[ $? = 1 ] && grep -q '^xio_perf: .*: peer went away without a word' "$tmp/out"
}

while IFS='|' read -r options words; do
	# shellcheck disable=SC2086 # words
	expect_error "wrong: $options" 2 "xio_perf: $words" xio_perf --addr "$addr" $options
done << 'END'
-n 1 -D 1|*exclude each other
-b|*--bidirectional is for -t bw*
-t middle|*--test: 'middle' is neither lat nor bw
-q 0|*--depth: '0' is not*
-t bw -q 65537|*--depth: '65537' is not*
-s 65m|*--size: '65m' is not*
-n 0|*--iterations: '0' is not*
-D 0|*--duration: '0' is not*
--max-size 0|*--max-size: '0' is not*
--interval 3601|*--interval: '3601' is not*
--memory paper|*--memory: 'paper' is none of arena, registered, any
--port 0|*--port: '0' is for --server
--dispatch-threads 1|*--dispatch-threads must be 0*
END
expect_error "no address" 2 'xio_perf: --addr is missing*' xio_perf
expect_error "nobody listens" 1 "xio_perf: $addr:7471: *refused*server listening*" \
	xio_perf --addr "$addr" --timeout $((20 * SLOWER))
expect_error "no route" 1 'xio_perf: 192.0.2.1:7471: *rdma link*' \
	xio_perf --addr 192.0.2.1 --timeout $((20 * SLOWER))
expect_error "a server that is not here" 3 'xio_perf: *192.0.2.1:7471*rdma link*' \
	xio_perf --server --addr 192.0.2.1
check "a server that dies" server_dies
end_processes
check "a server" serve --max-size 64k
expect_error "more than the server has" 1 'xio_perf: *start it with a larger --max-size' \
	xio_perf --addr "$addr" --port "$port" -t bw -b -s 128k --json
check "all sizes" all_sizes 65536
check "all sizes up to one that is no power of two" all_sizes 1000
check "for a while, round trips" duration lat
check "for a while, one way" duration bw
check "for a while, both ways" both_ways_for_a_while
check "one or many at once" depth
check "both ways" both_ways
check "JSON of round trips" json_latency
check "JSON of bandwidth" json_bandwidth
check "progress" progress
check "the server ends in order" stop server
end_processes
# Beside the buffers no more is pinned than what may be read at once, in blocks that each
# end in an unused page.
ulimit -l unlimited
alone "memory of a busy connection, 50 of 1 MiB each way" \
	busy $((249856 + (8 << 20) + 32 * 4096)) -s 1m -q 50 -n 300
sed -n 's/.*\(pinned_peak.*\)}/# \1/p' "$log"
alone "memory of a busy connection, 64 of 4 KiB each way" busy 249856 -s 4k -q 64 -n 3000
sed -n 's/.*\(pinned_peak.*\)}/# \1/p' "$log"
# One that echoes answers BEGIN, and whatever comes; one that does not answer is noticed.
check "a server that echoes" start_server server "$addr"
check "round trips with a server that echoes" measure -n 10
end_processes
done_testing
