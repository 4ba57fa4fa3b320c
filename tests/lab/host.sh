# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# host.sh: the machine's side of the lab, shared by run, run-two and shell.
# Everything a guest leaves behind is below its result directory; sockets and
# the like are in a temporary directory under build/. Needs no privileges.

lab_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lab_top=$(cd "$lab_dir/../.." && pwd)
lab_build=$lab_top/build/lab
# Beyond the script's time: boot, leak scans and halt, on a busy machine; longer where all
# of them are checked and emulated
lab_grace=${LAB_GRACE:-}

lab_kernel=uml
lab_rdma=rxe
lab_timeout=120
lab_out=
lab_append=
lab_leak_scan=1
lab_icount=0
lab_interactive=0
lab_shared=
lab_env=()
lab_tmp=
lab_pids=()

lab_say() { printf '[lab] %s\n' "$*" >&2; }
lab_die() {
	lab_say "$*"
	exit 125
}

# lab_option OPTION VALUE: take a common option. Returns 1 for an unknown one.
lab_option() {
	[ $# -ge 2 ] || lab_die "$1 needs a value"
	case $1 in
	--kernel)
		lab_kernel=$2
		case $2 in
		stock | uml | uml-debug | uml-gcov | uml-ceph | uml-debug-ceph | debug | kcsan) ;;
		*) lab_die "no kernel '$2'" ;;
		esac
		;;
	--rdma)
		lab_rdma=$2
		case $2 in rxe | siw | none) ;; *) lab_die "no RDMA kind '$2'" ;; esac
		;;
	--timeout)
		lab_timeout=$2
		case $2 in '' | *[!0-9]*) lab_die "--timeout takes seconds" ;; esac
		;;
	--out) lab_out=$(realpath -m -- "$2") ;;
	--append) lab_append=$2 ;;
	--env) lab_env+=("$2") ;;
	*) return 1 ;;
	esac
}

# lab_claim NAME: settle on the result directory, and keep other runs out of it.
lab_claim() {
	local given=$lab_out
	[ -n "$given" ] || lab_out=$lab_build/runs/$1
	while true; do
		mkdir -p "$lab_out" || lab_die "cannot make $lab_out"
		exec {lab_lock}> "$lab_out/.lock"
		flock -n "$lab_lock" && return
		exec {lab_lock}>&-
		[ -z "$given" ] || lab_die "$lab_out is in use by another run"
		lab_out+=-$$
	done
}

# lab_begin: a temporary directory, and nothing left of us at the end.
lab_begin() {
	case $lab_top$lab_out in
	*[[:space:],]*) lab_die "a path with white space or a comma cannot go to a guest: $lab_top $lab_out" ;;
	esac
	mkdir -p "$lab_build/tmp"
	trap lab_end EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	lab_tmp=$(mktemp -d "$lab_build/tmp/$$.XXXX")
	# what runs left that were killed
	local dir pid
	for dir in "$lab_build"/tmp/*; do
		pid=${dir##*/}
		[ -e "/proc/${pid%%.*}" ] || rm -rf "$dir"
	done
}

# lab_sweep NODE: end all processes of a guest, those of no other run. Both the
# time limit's process and user-mode Linux make a process group of their own.
lab_sweep() {
	local pid=${lab_pids[$1]:-} guest=
	[ -n "$pid" ] || return 0
	[ ! -e "$lab_tmp/pid.$1" ] || guest=$(< "$lab_tmp/pid.$1")
	[ -z "$guest" ] || kill -KILL -- "-$guest"
	kill -KILL -- "-$pid"
	unset "lab_pids[$1]"
} 2> /dev/null

lab_end() {
	lab_sweep 1
	lab_sweep 2
	[ -z "$lab_tmp" ] || rm -rf "$lab_tmp"
}

# lab_kernel_ready: sets kernel_dir, and for a kernel under QEMU what goes with it.
lab_kernel_ready() {
	lab_siw=
	lab_release=
	kernel_dir=$("$lab_dir/kernel.sh" "$lab_kernel") || lab_die "no kernel $lab_kernel"
	case $lab_kernel in uml*) return 0 ;; esac
	lab_release=$(< "$kernel_dir/release")
	initrd=$("$lab_dir/initrd.sh" "$kernel_dir") || lab_die "no initramfs"
	accel=$("$lab_dir/accel.sh" "$kernel_dir/vmlinuz" "$initrd") || lab_die "no accelerator"
	if [ "$lab_kernel,$lab_rdma" = stock,siw ]; then
		lab_siw=$("$lab_dir/siw.sh" "$kernel_dir") || lab_die "no siw module"
	fi
}

# lab_result_dir DIR: make DIR an empty result directory.
lab_result_dir() {
	mkdir -p "$1" || lab_die "cannot make $1"
	rm -rf "$1"/{.guest,output,status,stacks,console.log} "$1"/kernel.log*
	mkdir "$1/.guest"
	: > "$1/output"
}

# lab_environment NODE OUT COMMAND...: write down what the guest has to know.
lab_environment() {
	local node=$1 out=$2 netdev=d0 dev='' size='' env
	shift 2
	[ -z "$lab_shared" ] || netdev=eth0
	[ "$lab_rdma" = none ] || dev=${lab_rdma}0
	[ "$lab_interactive" = 0 ] || size=$(stty size 2> /dev/null | grep -vx '0 0')
	{
		printf 'LAB_%s=%q\n' KERNEL "$lab_kernel" RDMA "$lab_rdma" NODE "$node" \
			TOP "$lab_top" OUT "$out" SHARED "$lab_shared" \
			MODULES "$lab_top/build/kmod/$lab_kernel" \
			RELEASE "$lab_release" MODULE_TREE "$kernel_dir/modules" SIW "$lab_siw" \
			DEV "$dev" NETDEV "$netdev" \
			ADDR4 "10.9.0.$node" ADDR6 "fd09::$node" \
			GID4 "0000:0000:0000:0000:0000:ffff:0a09:000$node" \
			GID6 "fd09:0000:0000:0000:0000:0000:0000:000$node" \
			PEER4 "10.9.0.$((3 - node))" PEER6 "fd09::$((3 - node))" \
			TIMEOUT "$lab_timeout" LEAK_SCAN "$lab_leak_scan" \
			INTERACTIVE "$lab_interactive" TTY_SIZE "$size" CWD "$PWD"
		for env in "${lab_env[@]}"; do
			printf 'export %s=%q\n' "${env%%=*}" "${env#*=}"
		done
	} > "$out/.guest/env"
	{
		printf 'set --'
		[ $# = 0 ] || printf ' %q' "$@"
		printf '\n'
	} > "$out/.guest/command"
}

# What both kinds of kernel get: a log buffer that holds every report of a run,
# and no limit on what /dev/kmsg takes (markers, KTAP).
lab_command_line() {
	echo "LAB_ENV=$1/.guest/env LAB_INIT=$lab_dir/guest-init log_buf_len=4M printk.devkmsg=on $lab_append"
}

# lab_guest_command NODE OUT: set the array 'guest' to what starts the guest.
lab_guest_command() {
	case $lab_kernel in
	uml*) lab_uml_command "$@" ;;
	*) lab_qemu_command "$@" ;;
	esac
}

lab_uml_command() {
	local out=$2 memory=512M debug='' console='con0=null,fd:1'
	# KASAN stops after its first report unless told otherwise
	case $lab_kernel in
	uml) ;;
	uml-ceph) memory=2G ;; # daemons are in it, and what they store
	uml-debug-ceph) memory=3G debug=kasan_multi_shot ;;
	*) memory=1G debug=kasan_multi_shot ;;
	esac
	[ "$lab_interactive" = 0 ] || console='con0=fd:0,fd:1 loglevel=4'
	mkdir -p "$lab_tmp/uml"
	# The guest's memory is a file, best on a tmpfs; not on a small one (as
	# containers have), where running out of it is a bus error.
	uml_memory=/dev/shm
	[ "$(df --output=avail -k /dev/shm | tail -n 1)" -gt 1200000 ] || uml_memory=$lab_tmp
	# shellcheck disable=SC2206,SC2207 # words of a command line
	guest=(env TMPDIR="$uml_memory" "$kernel_dir/linux" mem=$memory
		uml_dir="$lab_tmp/uml/" umid="n$1" con=null ssl=null $console console=tty0
		root=/dev/root rootfstype=hostfs rootflags=/ ro init="$lab_dir/guest-init"
		$debug $(lab_command_line "$out"))
}

lab_qemu_command() {
	local node=$1 out=$2 memory=2G cpus=2 console=(-display none)
	local level=5 network=() reboot=-no-reboot debug=''
	# KASAN stops after its first report unless told otherwise
	[ "$lab_kernel" != debug ] || debug=kasan_multi_shot
	# Nothing runs beside the CPU then; while it is idle its clock goes on like ours.
	[ "$lab_icount" = 0 ] || cpus=1 accel='-accel tcg,thread=single -icount shift=0'
	if [ -n "$lab_shared" ]; then
		memory=1G cpus=1 reboot=
		# a cable of two sockets; relative paths, because a socket's path is short
		network=(-netdev "dgram,id=cable,local.type=unix,local.path=$node.sock,remote.type=unix,remote.path=$((3 - node)).sock"
			-device "virtio-net-pci,netdev=cable,mac=52:54:00:00:00:0$node,host_mtu=4200"
			-virtfs "local,path=$lab_shared,mount_tag=shared,security_model=none,multidevs=remap")
	fi
	if [ "$lab_interactive" = 1 ]; then
		console+=(-chardev "stdio,id=tty,signal=off" -serial chardev:tty)
		level=4
	else
		console+=(-serial "file:$out/console.log")
	fi
	# shellcheck disable=SC2206 # words, or none
	guest=(qemu-system-x86_64 $accel -m "$memory" -smp "$cpus,sockets=$cpus" -nodefaults -monitor none
		$reboot "${console[@]}" "${network[@]}" -kernel "$kernel_dir/vmlinuz" -initrd "$initrd"
		-virtfs "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap"
		-virtfs "local,path=$out,mount_tag=out,security_model=none,multidevs=remap"
		-append "console=ttyS0 loglevel=$level panic=-1 $debug $(lab_command_line "$out")")
}

# lab_start NODE OUT: start the guest; lab_pids[NODE] is what to wait for.
# If this script is killed, 'timeout' is told and ends the guest.
lab_start() {
	local guest
	lab_guest_command "$@"
	case $lab_kernel in
	debug | kcsan) : "${lab_grace:=300}" ;;
	*) : "${lab_grace:=60}" ;;
	esac
	: > "$2/.guest/start"
	# shellcheck disable=SC2016 # for the inner shell
	(cd "$lab_tmp" && exec setsid setpriv --pdeathsig TERM \
		timeout -k 2 $((lab_timeout + lab_grace)) \
		sh -c 'echo $$ > "$0" && exec "$@"' "pid.$1" "${guest[@]}") \
		< /dev/null >> "$2/console.log" 2>&1 {lab_lock}>&- &
	lab_pids[$1]=$!
}

# lab_wait NODE: wait for the guest's end; the status is what 'timeout' says.
# How it died is told elsewhere, not by the shell.
lab_wait() {
	local status
	wait "${lab_pids[$1]}"
	status=$?
	lab_sweep "$1"
	return $status
} 2> /dev/null

# lab_stream PID OUT [PREFIX]: print the guest's output while PID lives, to its end.
lab_stream() {
	if [ $# = 3 ]; then
		tail -f -s 0.1 -n +1 --pid="$1" "$2/output" | sed -u "s/^/$3/"
	else
		tail -f -s 0.1 -n +1 --pid="$1" "$2/output"
	fi
}

# lab_seconds FILE1 FILE2: the time from one file's last change to the other's
lab_seconds() {
	if [ ! -e "$1" ] || [ ! -e "$2" ]; then
		echo '?'
		return
	fi
	awk -v a="$(stat -c %.3Y "$1")" -v b="$(stat -c %.3Y "$2")" \
		'BEGIN { printf "%.1f", b - a }'
}

# lab_result OUT GUEST_STATUS WHO: judge a guest that ended; sets 'result'.
lab_result() {
	local out=$1 ended=$2 who=$3 state=$1/.guest log what=up
	: > "$state/end"
	: > "$out/kernel.log"
	for log in "$out"/kernel.log.*; do
		[ ! -e "$log" ] || cat "$log" >> "$out/kernel.log"
	done
	# a guest that died could not save its log; the console has the end of it
	[ -e "$state/status" ] || cat "$out/console.log" >> "$out/kernel.log"
	rm -f "$out"/kernel.log.*
	if [ -e "$state/up.1" ]; then
		[ "$lab_rdma" = none ] || what='RDMA up'
		lab_say "$who: $what after $(lab_seconds "$state/start" "$state/up.1") s," \
			"script $(lab_seconds "$state/up.1" "$state/status") s," \
			"whole run $(lab_seconds "$state/start" "$state/end") s"
	fi
	if [ -e "$state/status" ]; then
		result=$(< "$state/status")
		[ "$result" != 124 ] || lab_say "$who: timeout after $lab_timeout s"
	elif [ -e "$state/failed" ]; then
		lab_say "$who: $(< "$state/failed"); see $out/console.log"
		result=125
	elif [ "$ended" = 124 ] || [ "$ended" = 137 ]; then
		lab_say "$who: timeout, the guest does not answer; see $out/console.log"
		result=124
	else
		lab_say "$who: the guest died; the end of $out/console.log:"
		tail -n 15 "$out/console.log" >&2
		result=125
	fi
	if ! "$lab_dir/dmesg-gate" "$out/kernel.log" >&2; then
		lab_say "$who: the kernel log has the above to say; see $out/kernel.log"
		[ "$result" != 0 ] || result=126
	fi
	echo "$result" > "$out/status"
}
