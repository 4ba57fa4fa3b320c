# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=dash disable=SC2015,SC2094,SC3043 # busybox knows 'local'
#
# guest.sh: what process 1 of a lab guest does, step by step. Sourced by
# guest-init, after the file with the settings that the host side wrote.

# Where guest and host side tell each other things.
guest_dir=$LAB_OUT/.guest
guest_leaks_file=/sys/kernel/debug/kmemleak

# guest_fail MESSAGE: the lab itself is broken; the host side returns 125.
guest_fail() {
	echo "lab guest: $*"
	echo "$*" > "$guest_dir/failed"
	guest_log
	guest_off
}

guest_off() {
	[ -z "$LAB_SHARED" ] || : > "$LAB_SHARED/.ended.$LAB_NODE"
	case $LAB_KERNEL in
	uml*) exec busybox halt -f ;;
	# without ACPI nothing turns the power off; QEMU ends instead of a restart
	debug | kcsan) exec busybox reboot -f ;;
	*) exec busybox poweroff -f ;;
	esac
}

guest_mounts() {
	# what is in /sys and /dev so far is the machine's, seen through the root
	busybox mount -t sysfs sysfs /sys
	busybox mount -t devtmpfs devtmpfs /dev
	busybox mkdir /dev/pts /dev/shm
	busybox mount -t devpts -o mode=0620,ptmxmode=0666 devpts /dev/pts
	busybox mount -t tmpfs -o mode=1777 tmpfs /dev/shm
	busybox mount -t tmpfs -o mode=0755 tmpfs /run
	busybox mkdir -p /run/lab/home
	busybox ln -sfn /proc/self/fd /dev/fd
	busybox ln -sfn fd/0 /dev/stdin
	busybox ln -sfn fd/1 /dev/stdout
	busybox ln -sfn fd/2 /dev/stderr
	busybox chmod 1777 /tmp
	busybox mount -t debugfs debugfs /sys/kernel/debug
	[ ! -d /sys/kernel/tracing ] ||
		busybox mount -t tracefs tracefs /sys/kernel/tracing
	[ ! -d /sys/kernel/config ] ||
		busybox mount -t configfs configfs /sys/kernel/config
	if [ -n "$LAB_RELEASE" ]; then
		busybox mkdir -p "/lib/modules/$LAB_RELEASE"
		busybox mount -o bind "$LAB_MODULE_TREE" "/lib/modules/$LAB_RELEASE"
	fi
}

# guest_share TAG DIR: a writable directory of the machine, at the same path here.
# Nothing is cached: both sides, and another guest, see every change at once.
guest_share() {
	busybox mkdir -p "$2"
	case $LAB_KERNEL in
	uml*) busybox mount -t hostfs -o "$2" "$1" "$2" ;;
	*) busybox mount -t 9p -o trans=virtio,version=9p2000.L,cache=none,msize=262144 "$1" "$2" ;;
	esac || {
		echo "lab guest: cannot mount $1 at $2"
		guest_off
	}
}

guest_results() {
	guest_share out "$LAB_OUT"
	[ -z "$LAB_SHARED" ] || guest_share shared "$LAB_SHARED"
}

# A script may restart its guest with 'reboot -f' and is then run again with
# LAB_BOOT one higher. A restart that nobody asked for is a crash.
guest_count_boots() {
	LAB_BOOT=0
	[ ! -e "$guest_dir/boot" ] || read -r LAB_BOOT < "$guest_dir/boot"
	if [ "$LAB_BOOT" -gt 0 ] && [ ! -e "$guest_dir/reboot" ]; then
		guest_fail "the guest restarted by itself in boot $LAB_BOOT"
	fi
	busybox rm -f "$guest_dir/reboot"
	LAB_BOOT=$((LAB_BOOT + 1))
	echo "$LAB_BOOT" > "$guest_dir/boot"
	[ "$LAB_BOOT" -le 10 ] || guest_fail "more than 10 boots"
}

guest_environment() {
	export LAB_KERNEL LAB_RDMA LAB_NODE LAB_TOP LAB_OUT LAB_MODULES LAB_BOOT
	export LAB_DEV LAB_NETDEV LAB_ADDR4 LAB_ADDR6
	[ -z "$LAB_SHARED" ] || export LAB_SHARED LAB_PEER4 LAB_PEER6
	export HOME=/run/lab/home LC_ALL=C.UTF-8 TERM="${TERM:-linux}"
	export PATH="$LAB_TOP/tests/lab/bin:$PATH"
	unset LAB_ENV LAB_INIT
	echo "lab$LAB_NODE" > /proc/sys/kernel/hostname
	ulimit -l unlimited
	ulimit -c 0
}

# guest_network: lo, and one Ethernet device with an address of each family.
# MTU: soft-RoCE takes the largest InfiniBand MTU that fits; 4096 needs 4200.
# nodad: duplicate address detection keeps an address unusable for a second.
guest_network() {
	case ${LAB_RELEASE:+modules},$LAB_NETDEV in
	modules,d0) /sbin/modprobe dummy numdummies=0 ;;
	modules,*) /sbin/modprobe virtio_net ;;
	esac
	/sbin/ip -batch - <<- END || guest_fail "cannot set up $LAB_NETDEV"
		link set lo up
		$([ "$LAB_NETDEV" != d0 ] || echo link add d0 type dummy)
		link set $LAB_NETDEV mtu 4200 up
		addr add $LAB_ADDR4/24 dev $LAB_NETDEV
		addr add $LAB_ADDR6/64 dev $LAB_NETDEV nodad
	END
}

# guest_rdma_ready: is the port active, with a GID for each address?
# An iWARP device has one GID, made from its hardware address.
guest_rdma_ready() {
	local port=/sys/class/infiniband/$LAB_DEV/ports/1 state='' gid all='' i
	read -r state 2> /dev/null < "$port/state"
	case $state in *ACTIVE*) ;; *) return 1 ;; esac
	[ "$LAB_RDMA" = rxe ] || return 0
	for i in 0 1 2 3 4 5 6 7; do
		read -r gid 2> /dev/null < "$port/gids/$i" && all="$all $gid"
	done
	case $all in *" $LAB_GID4"*) ;; *) return 1 ;; esac
	case $all in *" $LAB_GID6"*) ;; *) return 1 ;; esac
}

guest_rdma() {
	local i=0
	[ "$LAB_RDMA" != none ] || return 0
	if [ -n "$LAB_RELEASE" ]; then
		# ib_uverbs before rdma_cm: clients of a device are removed last in,
		# first out, and user space has to hear of a removal after rdma_cm.
		/sbin/modprobe -a ib_uverbs rdma_cm rdma_ucm || guest_fail "no RDMA modules"
		case $LAB_KERNEL,$LAB_RDMA in
		*,rxe) /sbin/modprobe rdma_rxe ;;
		stock,siw) /sbin/modprobe libcrc32c && /sbin/insmod "$LAB_SIW" ;;
		*,siw) /sbin/modprobe siw ;;
		esac || guest_fail "no module for $LAB_RDMA"
	fi
	/usr/bin/rdma link add "$LAB_DEV" type "$LAB_RDMA" netdev "$LAB_NETDEV" ||
		guest_fail "cannot create $LAB_DEV"
	# sysfs has no event for the GID table, hence a poll with a bound
	while ! guest_rdma_ready; do
		i=$((i + 1))
		[ $i -le 400 ] || guest_fail "$LAB_DEV did not become ready"
		busybox sleep 0.02
	done
}

# guest_stacks: where everything hangs, after a timeout.
guest_stacks() {
	local p
	for p in /proc/[0-9]*; do
		busybox grep -q . "$p/stack" 2> /dev/null || continue
		echo "== ${p#/proc/} $(busybox tr '\0' ' ' < "$p/cmdline")"
		busybox grep -E '^(Name|State)' "$p/status"
		busybox cat "$p/stack"
	done 2> /dev/null
}

guest_uptime() {
	local up rest
	read -r up rest < /proc/uptime
	echo "${up%.*}"
}

guest_script() {
	local status start
	start=$(guest_uptime)
	cd "$LAB_CWD" || guest_fail "no directory $LAB_CWD"
	# the command and its arguments
	# shellcheck source=/dev/null
	. "$guest_dir/command"
	# coreutils' timeout: it ends the whole process group
	/usr/bin/timeout -k 5 "$LAB_TIMEOUT" "$@" < /dev/null >> "$LAB_OUT/output" 2>&1
	status=$?
	cd /
	case $status in
	124 | 137)
		if [ $(($(guest_uptime) - start)) -ge "$LAB_TIMEOUT" ]; then
			status=124
			guest_stacks > "$LAB_OUT/stacks"
		fi
		;;
	esac
	echo "$status" > "$guest_dir/status"
}

# guest_leaks: have kmemleak look for leaks. It reports an object that no memory
# refers to when the object's content stayed the same since the scan before and
# the object was older than 5 s when the scan began. So: a scan, 5 s of age (no
# event tells), a second scan.
guest_leaks() {
	[ "$LAB_LEAK_SCAN" = 1 ] && [ -w "$guest_leaks_file" ] || return 0
	echo scan > "$guest_leaks_file"
	busybox sleep 5.1
	echo scan > "$guest_leaks_file"
}

guest_log() {
	{
		busybox dmesg -r | busybox sed 's/^<[0-9]*>//'
		[ "$LAB_LEAK_SCAN" = 0 ] || busybox cat "$guest_leaks_file" 2> /dev/null
	} > "$LAB_OUT/kernel.log.${LAB_BOOT:-1}"
}

# guest_shell: a shell on the console, with job control.
guest_shell() {
	local tty=/dev/ttyS0
	case $LAB_KERNEL in uml*) tty=/dev/tty0 ;; esac
	cd "$LAB_CWD" || cd /
	# shellcheck disable=SC2086 # two words
	[ -z "$LAB_TTY_SIZE" ] || set -- $LAB_TTY_SIZE
	[ $# != 2 ] || busybox stty rows "$1" cols "$2" < $tty
	echo 0 > "$guest_dir/status"
	PS1="[$LAB_KERNEL $LAB_RDMA \\w]# " /usr/bin/setsid -cw bash --norc -i < $tty > $tty 2>&1
}
