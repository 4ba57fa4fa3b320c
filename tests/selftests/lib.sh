# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# lib.sh: what the tests in a lab guest share. Sourced by each t-*.sh, which
# prints TAP with its plan at the end, and leaves the guest as it found it.
#
# Nothing is waited for without a time limit (at the latest the whole test's, see
# run), and a wait is for an event: a line of output, the end of a process. Where nothing tells (an object of the module is
# freed, a device's addresses have been noticed), state is polled, with a limit.
set -u

BIN=$LAB_TOP/build/user/bin
PATH=$PATH:$BIN:/sbin:/usr/sbin
# shellcheck disable=SC2034 # for those who source this
RAW_PEER=$LAB_TOP/build/selftests/raw_peer
MODULE=$LAB_MODULES/ceph_xio.ko
# Everything takes several times as long where all that is done is checked, and emulated
# at that.
case $LAB_KERNEL in
debug | kcsan) SLOWER=4 ;;
*) SLOWER=1 ;;
esac
# Seconds after which something that must happen has not happened.
LIMIT=$((60 * SLOWER))

tmp=$(mktemp -d)
log=$tmp/log
count=0
failures=0
declare -A pid fd drained

# amount NAME=VALUE...: the value for this guest's kernel, or for all "slow" ones, or that
# of "else"
amount() {
	local word kind=$LAB_KERNEL
	case $LAB_KERNEL in uml-debug | debug | kcsan) kind=slow ;; esac
	for word; do
		case $word in
		"$LAB_KERNEL"=* | "$kind"=* | else=*)
			echo "${word#*=}"
			return
			;;
		esac
	done
}

# --- TAP ---

ok() {
	count=$((count + 1))
	echo "ok $count - $1"
}

# not_ok NAME: what is in $log says why
not_ok() {
	count=$((count + 1))
	failures=$((failures + 1))
	echo "not ok $count - $1"
	[ ! -s "$log" ] || tail -n 100 "$log" | sed 's/^/# /'
}

skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# check NAME COMMAND...: its status tells, its output explains
check() {
	local name=$1 start=${EPOCHREALTIME/./} ms
	shift
	if "$@" > "$log" 2>&1 < /dev/null; then
		ok "$name"
	else
		echo "failed: $* (status $?)" >> "$log"
		not_ok "$name"
	fi
	ms=$(((${EPOCHREALTIME/./} - start) / 1000))
	[ $ms -lt 1000 ] || echo "# took $ms ms"
}

# nested PREFIX COMMAND...: the command's own TAP, as part of ours
nested() {
	local prefix=$1 line plan=none seen=0 before=$failures
	shift
	: > "$log"
	while IFS= read -r line; do
		case $line in
		1..*) plan=${line#1..} ;;
		'ok '* | 'not ok '*)
			seen=$((seen + 1))
			count=$((count + 1))
			[ "${line%% *}" = ok ] || failures=$((failures + 1))
			echo "${line%%ok *}ok $count - $prefix${line#*- }"
			;;
		*) echo "$line" ;;
		esac
	done < <("$@" 2> "$log" < /dev/null)
	# What a sanitizer finds at the end is in its status only.
	wait $! || [ "$failures" -gt "$before" ] || not_ok "${prefix}its exit status"
	[ "$plan" = "$seen" ] && return
	echo "$seen of $plan results: the test was cut short" >> "$log"
	not_ok "$prefix$1"
}

# end_processes: what a failed check left behind
end_processes() {
	local name
	for name in "${!pid[@]}"; do
		kill -KILL "${pid[$name]}" 2> /dev/null
		finish "$name" > /dev/null 2>&1
	done
}

cleanup() {
	end_processes
	unload_module > /dev/null 2>&1
	rm -rf "$tmp"
}

# alone NAME COMMAND...: check, and let no process outlive it: the next check may
# have to remove the device
alone() {
	check "$@"
	end_processes
}

left_as_found() {
	[ ! -d /sys/module/ceph_xio ] || echo "the module is still loaded"
	rdma_ready || echo "the RDMA device is gone"
	[ ${#pid[@]} = 0 ] || echo "processes left: ${!pid[*]}"
}

nothing_left() {
	local left
	left=$(left_as_found)
	echo "$left"
	[ -z "$left" ]
}

# done_testing: the last checks, the plan, the exit status
done_testing() {
	unload_module
	check "the guest is as it was" nothing_left
	check "kernel log" lab-check
	echo "1..$count"
	[ "$failures" = 0 ]
	exit
}

# --- the module ---

# The modules it needs stay loaded.
depends=unknown
load_module() {
	[ ! -d /sys/module/ceph_xio ] || return 0
	if [ "$depends" = unknown ]; then
		depends=$(modinfo -F depends "$MODULE")
		# shellcheck disable=SC2086 # words; elsewhere they are built in
		[[ $LAB_KERNEL == uml* ]] || modprobe -a ${depends//,/ } || return 1
	fi
	insmod "$MODULE"
}

# rmmod ends all connections; each has 2 s to say good-bye. A netlink dump that is
# under way holds the module for a moment: rmmod refuses then, and is asked again.
unload_module() {
	local i
	[ -d /sys/module/ceph_xio ] || return 0
	for ((i = 0; i < 50; i++)); do
		timeout -k 5 "$LIMIT" rmmod ceph_xio 2> "$tmp/rmmod" && return
		grep -q 'is in use' "$tmp/rmmod" || break
		sleep 0.1
	done
	cat "$tmp/rmmod"
	return 1
}

objects_zero() {
	local i stat=
	for ((i = 0; i < LIMIT * 10; i++)); do
		stat=$(cxio stat --json) || return 1
		[[ $stat =~ [1-9] ]] || return 0
		sleep 0.1
	done
	echo "left: $stat"
	cxio show
	return 1
}

# --- processes in the background ---

# spawn NAME COMMAND...: its output is read by expect and finish
spawn() {
	local name=$1 reader
	shift
	rm -f "$tmp/fifo"
	mkfifo "$tmp/fifo"
	: > "$tmp/$name.out"
	"$@" > "$tmp/fifo" 2>&1 < /dev/null &
	pid[$name]=$!
	exec {reader}< "$tmp/fifo"
	fd[$name]=$reader
}

# expect NAME PATTERN [SECONDS]: read its output up to a line that matches; the
# line is in $line
expect() {
	local deadline=$((SECONDS + ${3:-$LIMIT}))
	while [ $SECONDS -lt $deadline ]; do
		IFS= read -r -t $((deadline - SECONDS)) -u "${fd[$1]}" line || break
		echo "$line" >> "$tmp/$1.out"
		# shellcheck disable=SC2053 # a pattern
		[[ $line != $2 ]] || return 0
	done
	echo "$1: no line like '$2'; it said:"
	cat "$tmp/$1.out"
	return 1
}

# drain NAME: from now on its output is read as it comes, and only finish shows it. For
# what writes a line for each of many connections: a full pipe would stop it.
drain() {
	cat <&"${fd[$1]}" >> "$tmp/$1.out" &
	drained[$1]=$!
}

# finish NAME [SECONDS]: read its output to the end; the status is its own, or 124
# if it has not ended by then and had to be killed. The output is in $tmp/NAME.out.
finish() {
	local deadline=$((SECONDS + ${2:-$LIMIT})) status=124 reader piece ended=0
	[ -z "${drained[$1]:-}" ] || wait "${drained[$1]}"
	unset "drained[$1]"
	while [ $ended = 0 ] && [ $SECONDS -lt $deadline ]; do
		# in large pieces: line by line costs a system call a byte
		IFS= read -r -t $((deadline - SECONDS)) -N 65536 -u "${fd[$1]}" piece || ended=$?
		printf '%s' "$piece" >> "$tmp/$1.out"
	done
	[ $ended = 0 ] || [ $ended -gt 128 ] || status=0
	if [ $status = 0 ]; then
		wait "${pid[$1]}"
		status=$?
	else
		echo "$1 did not end in time"
		kill -KILL "${pid[$1]}"
		wait "${pid[$1]}"
		status=124
	fi
	reader=${fd[$1]}
	exec {reader}<&-
	unset "pid[$1]" "fd[$1]"
	echo "$(< "$tmp/$1.out")"
	return $status
}

# start_server NAME ADDRESS [OPTION...]: its port is in $port
start_server() {
	local name=$1 addr=$2
	shift 2
	spawn "$name" xio_server --addr "$addr" --port 0 "$@" &&
		expect "$name" 'listening on *' && port=${line##* }
}

# stop NAME: ask it to end; its status
stop() {
	kill -TERM "${pid[$1]}"
	finish "$1"
}

# limit COMMAND...: not longer than that. For what may hang in the kernel: it costs a
# fifth of a second, and our programs have time limits of their own.
limit() {
	timeout -k 5 "$LIMIT" "$@"
}

# --- judging programs ---

# value KEY JSON: of a line of JSON
value() {
	[[ $2 =~ \"$1\":\"?([^,\"}]*) ]] && echo "${BASH_REMATCH[1]}"
}

# says_error STATUS PATTERN COMMAND...: it fails with that status, prints nothing on
# stdout and exactly one line on stderr, which matches
says_error() {
	local want=$1 pattern=$2 status said
	shift 2
	"$@" > "$tmp/stdout" 2> "$tmp/stderr" < /dev/null
	status=$?
	mapfile -t said < "$tmp/stderr"
	# shellcheck disable=SC2053 # a pattern
	[ $status = "$want" ] && [ ! -s "$tmp/stdout" ] && [ ${#said[@]} = 1 ] &&
		[[ ${said[0]} == $pattern ]] && return
	echo "status $status instead of $want, ${#said[@]} lines on stderr instead of 1"
	echo "wanted: $pattern"
	cat "$tmp/stdout" "$tmp/stderr"
	return 1
}

# expect_error NAME STATUS PATTERN COMMAND...
expect_error() {
	local name=$1
	shift
	check "$name" says_error "$@"
}

# --- RDMA devices ---

# The port is active, and with soft-RoCE has noticed both addresses.
rdma_ready() {
	local port=/sys/class/infiniband/$LAB_DEV/ports/1 state='' gid n=0 i
	read -r state 2> /dev/null < "$port/state"
	[[ $state == *ACTIVE* ]] || return 1
	[ "$LAB_RDMA" = rxe ] || return 0
	for i in 0 1 2 3 4 5 6 7; do
		gid=
		read -r gid 2> /dev/null < "$port/gids/$i"
		[[ $gid == *ffff:0a09:* || $gid == fd09:* ]] && n=$((n + 1))
	done
	[ $n -ge 2 ]
}

delete_device() {
	limit rdma link delete "$LAB_DEV"
}

add_device() {
	local i
	rdma link add "$LAB_DEV" type "$LAB_RDMA" netdev "$LAB_NETDEV" || return 1
	for ((i = 0; i < LIMIT * 10; i++)); do
		! rdma_ready || return 0
		sleep 0.1
	done
	echo "$LAB_DEV did not become ready"
	return 1
}

# listens PORT: somebody does, with RDMA; a server of user space tries every half second
# whether its device has come back
listens() {
	local i
	for ((i = 0; i < LIMIT * 10; i++)); do
		[[ $(rdma resource show cm_id) != *"state LISTEN"*":$1 "* ]] || return 0
		sleep 0.1
	done
	echo "nobody listens at port $1:"
	rdma resource show cm_id
	return 1
}

trap cleanup EXIT
trap 'exit 143' TERM INT HUP
lab-mark "selftest ${0##*/}"
