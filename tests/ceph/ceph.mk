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

deps-ceph:
	@tests/lab/deps.sh build ceph check

.PHONY: ceph-build check-peers check-peers-run deps-ceph

-include $(wildcard $(CEPH)/*.d)
