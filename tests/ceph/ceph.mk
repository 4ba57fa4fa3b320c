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
	@$(MAKE) --no-print-directory build/selftests/stream_peer
	@tests/lab/kmod.sh $(KERNEL) > build/kmod-$(KERNEL).log 2>&1 || \
		{ cat build/kmod-$(KERNEL).log; exit 1; }
	@$(MAKE) --no-print-directory libceph KERNEL=$(KERNEL)

# All of it. In user-mode Linux over TCP, on the distribution's libceph and on ours, then over
# RDMA both ways, and where all that is done is checked; beside that, in emulated guests, the
# distribution's kernel, and daemons and client in a guest each.
CEPH_UML ?= uml-ceph/tcp/theirs uml-ceph/tcp/ours uml-ceph/rdma/ours/0 uml-ceph/rdma/ours/1 \
	uml-ceph/rdma-cm/ours uml-debug-ceph/rdma/ours uml-debug-ceph/rdma-cm/ours
CEPH_STOCK ?= stock/rdma/ours
CEPH_TWO ?= tcp rdma rdma-cm
CEPH_TESTS ?=
check-ceph: deps-ceph
	@tests/lab/deps.sh lab
	@$(MAKE) --no-print-directory results-clean
	@$(MAKE) --no-print-directory check-ceph-all-run
	@tests/summary.sh

check-ceph-all-run:
	@$(STEP) stream $(MAKE) --no-print-directory check-stream
	@for kernel in uml-ceph uml-debug-ceph stock; do \
		$(STEP) client-$$kernel $(MAKE) --no-print-directory ceph-client KERNEL=$$kernel; \
	done
	@$(MAKE) --no-print-directory check-ceph-uml-run & uml=$$!; \
	$(MAKE) --no-print-directory check-ceph-emulated-run; wait $$uml

# ceph-guests LIST,SECONDS: one after the other, KERNEL/TRANSPORT/ours|theirs[/GID]
ceph-guests = for guest in $(1); do \
	set -- $$(echo $$guest | tr / ' '); \
	$(STEP) ceph-$$1-$$2-$$3-gid$${4:-0} tests/ceph/kernel/run --kernel $$1 --transport $$2 \
		--libceph $$3 --gid $${4:-0} --limit $(2) $(CEPH_TESTS); \
	done
check-ceph-uml-run:
	@$(STEP) seam-uml-ceph $(MAKE) --no-print-directory libceph-seam KERNEL=uml-ceph
	@$(call ceph-guests,$(CEPH_UML),900)

check-ceph-emulated-run:
	@for transport in $(CEPH_TWO); do \
		$(STEP) two-$$transport tests/ceph/kernel/two --transport $$transport; \
	done
	@$(STEP) seam-stock $(MAKE) --no-print-directory libceph-seam KERNEL=stock
	@$(call ceph-guests,$(CEPH_STOCK),900)

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

.PHONY: check-stream ceph-build check-peers check-peers-run deps-ceph ceph-client check-ceph check-ceph-all-run \
	check-ceph-uml-run check-ceph-emulated-run check-ceph-run \
	demo-ceph bench-ceph

-include $(wildcard $(CEPH)/*.d)
