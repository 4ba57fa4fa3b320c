# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Tests against real Ceph daemons and clients, on this machine. Included by the Makefile at
# the top, after user/Makefile: paths are from there.

CEPH := build/ceph
# The object client is a test's, and reads and writes fields as the library does.
CEPH_OBJ := $(CEPH)/ceph_client.o $(CEPH)/osd_op.o $(U)/user/lib/simple/cephx_bytes.o

$(CEPH)/%.o: tests/ceph/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) $(WERROR) $(CFLAGS) -MMD -MP -Icommon \
		-Iuser/include -Iuser/lib -pthread -c -o $@ $<

$(CEPH)/ceph_client: $(CEPH_OBJ) | user
	$(Q)$(CC) $(LDFLAGS) -pthread -Wl,-rpath,'$$ORIGIN/../user/lib' -o $@ $^ \
		-L$(U)/lib -lcephxio

ceph-build: user $(CEPH)/ceph_client

# Every peer, 1,000 changed streams each way; PEERS_SEED=N: others. A monitor and an OSD of
# Debian's Ceph are started for it, on the loopback, and stopped.
check-peers: deps-ceph
	@$(MAKE) --no-print-directory check-peers-run PEERS=all

# The shortest part of it.
PEERS ?= short
PEERS_SEED ?= 1
check-peers-run: ceph-build
	@SEED=$(PEERS_SEED) tests/ceph/peers $(PEERS)

deps-ceph:
	@tests/lab/deps.sh build ceph check

.PHONY: ceph-build check-peers check-peers-run deps-ceph

-include $(wildcard $(CEPH)/*.d)
