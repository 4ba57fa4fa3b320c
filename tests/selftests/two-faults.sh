# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# two-faults.sh: what both guests do to their network.

# shellcheck disable=SC2034 # for those who source this
faults=(loss duplication corruption reordering all)
# shellcheck disable=SC2034 # likewise
tcp_port=7472

# spoil NAME: what this guest sends suffers
spoil() {
	local loss='loss 1%' duplication='duplicate 1%' corruption='corrupt 1%'
	local cut='loss 100%'
	local reordering='delay 2ms reorder 75% 50%' all
	all="$reordering $loss $duplication $corruption"
	modprobe sch_netem || return 1
	# shellcheck disable=SC2086 # words
	tc qdisc replace dev "$LAB_NETDEV" root netem ${!1}
}

# A device of our own, on a link that can be taken down: QEMU's virtual cable delivers
# nothing any more once a guest's end of it was down under load. The guest's other device
# goes for that time: it would have the link's address, too.
addr=10.9.1.$LAB_NODE
peer=10.9.1.$((3 - LAB_NODE))
link=m0
arp_ignore=/proc/sys/net/ipv4/conf/all/arp_ignore
add_link() {
	local port=/sys/class/infiniband/${LAB_RDMA}1/ports/1 state i
	delete_device || return 1
	# The cable's own end would answer for the address, and get what is for the link.
	echo 1 > $arp_ignore || return 1
	ip link add $link link "$LAB_NETDEV" type macvlan mode bridge || return 1
	ip link set $link mtu 4200 up && ip addr add "$addr/24" dev $link || return 1
	rdma link add "${LAB_RDMA}1" type "$LAB_RDMA" netdev $link || return 1
	for ((i = 0; i < LIMIT * 10; i++)); do
		read -r state < "$port/state"
		[[ $state == *ACTIVE* ]] || { sleep 0.1 && continue; }
		[ "$LAB_RDMA" = rxe ] || return 0
		! grep -qs ":ffff:0a09:010$LAB_NODE" "$port"/gids/[0-7] || return 0
		sleep 0.1
	done
	echo "${LAB_RDMA}1 did not become ready"
	return 1
}

remove_link() {
	echo 0 > $arp_ignore && limit rdma link delete "${LAB_RDMA}1" && ip link del $link &&
		add_device
}

mend() {
	tc qdisc del dev "$LAB_NETDEV" root
}

# Soft-RoCE of 6.1 does not survive that its link goes down under load: it cannot send
# its CM's messages, and at times the guest's network is dead after that. There the cable
# is cut instead, for longer than the device tries again.
bounce_link() {
	if [ "$LAB_RDMA" = rxe ]; then
		spoil cut && sleep 10 && mend
		return
	fi
	ip link set $link down || return 1
	sleep 3
	ip link set $link up
}
