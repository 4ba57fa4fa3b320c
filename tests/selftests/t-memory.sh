#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Every program of user space under AddressSanitizer with LeakSanitizer and UBSan, under
# ThreadSanitizer, and under valgrind: all ways that messages travel, losses, the ends of
# connections. None of them may have anything to say.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
addr=$LAB_ADDR4
plain=$BIN

# What libraries below keep on purpose.
cat > "$tmp/lsan" << 'END'
leak:ibv_get_device_list
leak:libibverbs.so
leak:librdmacm.so
END
# Memory that the kernel writes is not seen to be written.
cat > "$tmp/tsan" << 'END'
called_from_lib:librxe-rdmav34.so
called_from_lib:libsiw-rdmav34.so
END
export ASAN_OPTIONS=detect_stack_use_after_return=1:exitcode=99
export UBSAN_OPTIONS=halt_on_error=1:exitcode=99
export LSAN_OPTIONS=suppressions=$tmp/lsan:print_suppressions=0:exitcode=99
export TSAN_OPTIONS=suppressions=$tmp/tsan:exitcode=99:halt_on_error=1

# under PROGRAM [ARG...]: as the present check runs it
under() {
	local program=$1
	shift
	if [ "$mode" = valgrind ]; then
		valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
			--suppressions="$LAB_TOP/tests/selftests/valgrind.supp" "$plain/$program" "$@"
	else
		"$LAB_TOP/build/user-$mode/bin/$program" "$@"
	fi
}

# serve NAME PROGRAM [ARG...]: its port is in $port
serve() {
	local name=$1 program=$2
	shift 2
	spawn "$name" under "$program" --addr "$addr" --port 0 "$@" &&
		expect "$name" 'listening on *' 90 && port=${line##* }
}

# end NAME: orderly, and nothing was found. What was spawned may be a shell around it.
end() {
	local child
	child=$(cat "/proc/${pid[$1]}/task/${pid[$1]}/children")
	kill -TERM ${child:-${pid[$1]}}
	finish "$1" 90
}

client() {
	under xio_client --addr "$addr" --port "$port" --no-progress --timeout $((90 * SLOWER)) "$@"
}

# Inline, chained, read, written to a sink; fast and queued dispatch; portals.
ways() {
	serve server xio_server --reply --portals 2 --dispatch-threads 2 || return 1
	client --msgs "$few" --dsize 100 && client --msgs "$few" --dsize 10k --portals 2 \
		--connections 3 --dispatch-threads 2 &&
		client --msgs "$few" --dsize 100k --memory arena --depth 4 &&
		client --msgs "$few" --dsize 100k --memory any --nfrags 3 --no-data-crc &&
		client --msgs "$few" --dsize 50k --reply-hooks --sink --depth 4 --memory arena || return 1
	end server
}

# Shared receive buffers, memory shown through windows: on soft-RoCE only if wanted.
shared() {
	local o=(--memory-windows on --shared-receive-queue)
	serve server xio_server "${o[@]}" || return 1
	client "${o[@]}" --connections 5 --msgs "$few" --dsize 2k &&
		client "${o[@]}" --connections 2 --msgs "$few" --dsize 100k --memory arena &&
		client "${o[@]}" --msgs "$few" --dsize 50k --reply-hooks --sink --memory arena &&
		end server
}

lossless() {
	serve server xio_server --policy lossless --dispatch-threads 1 --die-after "$few" || return 1
	spawn stream under xio_client --addr "$addr" --port "$port" --no-progress --timeout $((90 * SLOWER)) \
		--policy lossless --msgs $((3 * few)) --dsize 20k --dispatch-threads 1 || return 1
	finish server 90
	spawn server under xio_server --addr "$addr" --port "$port" --policy lossless || return 1
	expect server 'listening on *' 90 && finish stream 120 && end server
}

measure() {
	serve server xio_perf --server || return 1
	under xio_perf --addr "$addr" --port "$port" -t bw -s 64k -n "$few" -q 8 -b --warmup 5 &&
		under xio_perf --addr "$addr" --port "$port" -t lat -s 64 -n "$few" --warmup 5 &&
		end server
}

# The whole interface in one process. Of what it says, what failed, and why, is to be seen.
api() {
	local status=0
	if [ "$mode" = valgrind ]; then
		valgrind --quiet --error-exitcode=99 --leak-check=full \
			--errors-for-leak-kinds=definite \
			--suppressions="$LAB_TOP/tests/selftests/valgrind.supp" \
			"$LAB_TOP/build/selftests/api_test" "$addr"
	else
		"$LAB_TOP/build/selftests/api_test-$mode" "$addr"
	fi > "$tmp/api" || status=$?
	grep -v '^ok ' "$tmp/api"
	return $status
}

ping() {
	serve server xio_server || return 1
	under xio_ping --addr "$addr" --port "$port" --count 3 --interval 0.01 --timeout $((60 * SLOWER)) &&
		end server
}

for mode in asan tsan valgrind; do
	few=40
	[ "$mode" != valgrind ] || few=10
	for way in api ways lossless shared measure ping; do
		check "$mode: $way" $way
		end_processes
	done
done
done_testing
