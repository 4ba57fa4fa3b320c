#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Connections come and go, one after the other and many at once; messages of the
# sizes around which one frame becomes two.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
many=$(amount slow=50 else=100)
kernel_many=$(amount slow=15 stock=50 else=100)
some=$(amount slow=3 stock=8 else=20)
parallel=$(amount slow=4 stock=8 else=20)
# A frame has 28 bytes of header; a message in it 53 of header, 24 of front as our
# programs make it, and 21 of footer.
first=$((4096 - 28 - 53 - 24))
one=$((first - 21))
next=$((4096 - 28))
sizes="0 1 $((one - 1)) $one $((one + 1)) $((first - 1)) $first $((first + 1))
	$((first + next - 21)) $((first + next - 20)) $((first + next)) 1048576"
few_sizes="0 $((one + 1)) $((first + 1)) 1048576"

# times N COMMAND...
times() {
	local i n=$1
	shift
	for ((i = 0; i < n; i++)); do
		"$@" || return 1
	done
}

# One process, a device context and CM channel for each.
raw_many() {
	"$RAW_PEER" --addr "$LAB_ADDR4" --port 7471 --limit $((20 * SLOWER)) --case good --count "$many" &&
		objects_zero
}

user_kernel() {
	times "$some" xio_client --addr "$LAB_ADDR4" --msgs 1 --dsize 10 --no-progress --json &&
		objects_zero
}

kernel_user() {
	start_server server "$LAB_ADDR4" --quiet &&
		times "$some" cxio send --addr "$LAB_ADDR4" --port "$port" --msgs 1 \
			--no-progress --json &&
		stop server && objects_zero
}

kernel_kernel() {
	times "$kernel_many" cxio send --addr "$LAB_ADDR4" --msgs 1 --no-progress --json &&
		objects_zero
}

# All are connected before the first one is closed.
idle_many() {
	local i numbers=()
	for ((i = 0; i < parallel; i++)); do
		numbers+=("$(cxio connect --addr "$LAB_ADDR4")") || return 1
	done
	[ "$(cxio show --json | grep -c '"state":"open"')" = $((2 * parallel)) ] || return 1
	for i in "${numbers[@]}"; do
		cxio close --connection "$i" || return 1
	done
	objects_zero
}

# at_once COMMAND...: so many of it at the same time
at_once() {
	local i status=0
	for ((i = 0; i < parallel; i++)); do
		spawn "client$i" "$@"
	done
	for ((i = 0; i < parallel; i++)); do
		finish "client$i" > "$tmp/one" || {
			status=1
			cat "$tmp/one"
		}
	done
	return $status
}

both_at_once() {
	at_once "$@" && objects_zero
}

# sizes_of "SIZES" COMMAND...: a few messages of each size
sizes_of() {
	local size list=$1
	shift
	for size in $list; do
		echo "--dsize $size"
		"$@" --msgs 3 --dsize "$size" --depth 2 --no-progress --json || return 1
	done
	objects_zero
}

load_module
cxio listen --addr "$LAB_ADDR4"
check "user to kernel, $many connections" raw_many
check "user to kernel, $some processes" user_kernel
check "kernel to user, $some connections" kernel_user
check "kernel to kernel, $kernel_many connections" kernel_kernel
check "kernel to kernel, $parallel connections kept" idle_many
check "user to kernel, $parallel at once" both_at_once \
	xio_client --addr "$LAB_ADDR4" --msgs 20 --no-progress --json
check "kernel to kernel, $parallel at once" both_at_once \
	cxio send --addr "$LAB_ADDR4" --msgs 20 --no-progress --json
check "sizes, user to kernel" sizes_of "$few_sizes" \
	xio_client --addr "$LAB_ADDR4" --nfrags 7
check "sizes, kernel to kernel" sizes_of "$sizes" cxio send --addr "$LAB_ADDR4"
start_server server "$LAB_ADDR4" --quiet
check "sizes, kernel to user" sizes_of "$few_sizes" \
	cxio send --addr "$LAB_ADDR4" --port "$port"
check "sizes, user to user" sizes_of "$few_sizes" \
	xio_client --addr "$LAB_ADDR4" --port "$port" --nfrags 7
check "user to user, $parallel at once" both_at_once \
	xio_client --addr "$LAB_ADDR4" --port "$port" --msgs 20 --no-progress --json
check "the server gives everything back" stop server
done_testing
