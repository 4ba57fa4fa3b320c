#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# reboot.sh: guest script for both guests; the first one restarts, the second
# sees it come back. Also: netem can be had.
set -u
case $LAB_NODE$LAB_BOOT in
11)
	lab-signal up
	lab-wait seen 60 || exit 1
	reboot -f
	;;
12)
	lab-signal back
	lab-wait finished 60
	;;
2*)
	lab-wait up 60 && busybox ping -c 1 -W 10 "$LAB_PEER4" || exit 1
	modprobe sch_netem && tc qdisc add dev "$LAB_NETDEV" root netem delay 1ms || exit 1
	lab-signal seen
	lab-wait back 60 && busybox ping -c 1 -W 10 "$LAB_PEER4" && lab-signal finished
	;;
esac
