# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Tests against real Ceph daemons and clients, on this machine. Included by the Makefile at
# the top, after user/Makefile: paths are from there.

CEPH := build/ceph
# The object client is a test's, and reads and writes fields as the library does, and the map
# as simple_client.
CEPH_OBJ := $(CEPH)/ceph_client.o $(CEPH)/osd_op.o $(U)/user/lib/simple/cephx_bytes.o \
	$(U)/user/tools/mon_map.o

$(CEPH)/%.o: tests/ceph/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) $(WERROR) $(CFLAGS) -MMD -MP -Icommon \
		-Iuser/include -Iuser/lib -Iuser/tools -pthread -c -o $@ $<

$(CEPH)/ceph_client: $(CEPH_OBJ) | user
	$(Q)$(CC) $(LDFLAGS) -pthread -Wl,-rpath,'$$ORIGIN/../user/lib' -o $@ $^ \
		-L$(U)/lib -lcephxio

# The same as sanitizers want it: what is changed must not be read beyond.
CEPH_ASAN := -fsanitize=address,undefined
$(CEPH)/ceph_client-asan: tests/ceph/ceph_client.c tests/ceph/osd_op.c tests/ceph/osd_op.h \
		user/lib/simple/cephx_bytes.c user/tools/mon_map.c user/tools/mon_map.h \
		user/include/cephxio.h | user-asan
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) $(WERROR) $(SANITIZED) $(CEPH_ASAN) -Icommon \
		-Iuser/include -Iuser/lib -Iuser/tools -pthread -Wl,-rpath,'$$ORIGIN/../user-asan/lib' -o $@ \
		$(filter %.c,$^) -Lbuild/user-asan/lib -lcephxio

ceph-build: user $(CEPH)/ceph_client

# Every peer, 1,000 changed streams each way; PEERS_SEED=N: others. A monitor and an OSD of
# Debian's Ceph are started for it, on the loopback, and stopped.
check-peers: deps-ceph
	@$(MAKE) --no-print-directory user-asan $(CEPH)/ceph_client-asan
	@$(MAKE) --no-print-directory check-peers-run PEERS=all

# The shortest part of it.
PEERS ?= short
PEERS_SEED ?= 1
check-peers-run: ceph-build
	@SEED=$(PEERS_SEED) tests/ceph/peers $(PEERS)

# The same daemons over RDMA, in a guest of the lab.
check-stream: deps-ceph ceph-build
	@tests/lab/deps.sh lab
	@tests/ceph/stream

deps-ceph:
	@tests/lab/deps.sh build ceph check

# --- the kernel's client, on real daemons in guests of the lab ---

# What it takes for a lab kernel: ceph_xio.ko, libceph.ko, ceph_xio_libceph.ko.
ceph-client: user
	@mkdir -p build
	@tests/lab/kmod.sh $(KERNEL) > build/kmod-$(KERNEL).log 2>&1 || \
		{ cat build/kmod-$(KERNEL).log; exit 1; }
	@$(MAKE) --no-print-directory libceph KERNEL=$(KERNEL)

# All tests: first over TCP, on the distribution's libceph and on ours, then over RDMA both
# ways, then where packages end up. CEPH_GUESTS="KERNEL/TRANSPORT/ours|theirs[/GID] ...".
CEPH_GUESTS ?= uml-ceph/tcp/theirs uml-ceph/tcp/ours uml-ceph/rdma/ours uml-ceph/rdma/ours/1 \
	uml-ceph/rdma-cm/ours uml-debug-ceph/rdma/ours stock/rdma/ours
CEPH_TESTS ?=
check-ceph: deps-ceph
	@tests/lab/deps.sh lab
	@status=0; \
	for kernel in $(sort $(foreach g,$(CEPH_GUESTS),$(firstword $(subst /, ,$g)))); do \
		$(MAKE) --no-print-directory ceph-client KERNEL=$$kernel || exit 1; \
	done; \
	for guest in $(CEPH_GUESTS); do \
		IFS=/ read -r kernel transport libceph gid <<< "$$guest"; \
		limit=300; case $$kernel in stock | uml-debug-ceph) limit=900 ;; esac; \
		tests/ceph/kernel/run --kernel $$kernel --transport $$transport --libceph $$libceph \
			--gid $${gid:-0} --limit $$limit $(CEPH_TESTS) || status=1; \
	done; \
	for transport in tcp rdma; do \
		tests/ceph/kernel/two --transport $$transport || status=1; \
	done; exit $$status
check-ceph: SHELL := /bin/bash

# The shortest of it.
check-ceph-run:
	@$(MAKE) --no-print-directory ceph-client KERNEL=uml-ceph
	@tests/ceph/kernel/run --transport rdma --name ceph-short short

# An image and CephFS over RDMA on a guest that runs the distribution's kernel.
demo-ceph:
	@tests/lab/deps.sh build lab ceph
	@$(MAKE) --no-print-directory ceph-client
	@tests/ceph/kernel/demo $(KERNEL)

# An image over RDMA beside the same over TCP.
BENCH_CEPH_REPETITIONS ?= 5
bench-ceph:
	@tests/lab/deps.sh build lab ceph bench
	@$(MAKE) --no-print-directory ceph-client
	@tests/ceph/kernel/bench $(KERNEL) rdma $(BENCH_CEPH_REPETITIONS)

.PHONY: check-stream ceph-build check-peers check-peers-run deps-ceph ceph-client check-ceph check-ceph-run \
	demo-ceph bench-ceph

-include $(wildcard $(CEPH)/*.d)
