# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Tests of the library's parts that know no transport, with stand-ins for what they
# are used by (stand_in.c). Included by tests/unit/unit.mk: paths are from the top.

LIB_TESTS := $(patsubst tests/unit/lib/%.c,%,$(wildcard tests/unit/lib/test_*.c))
LIB_PARTS := count memory message dispatch throttle hook timer request
LIB_HELP := stand_in lib_test
# CephX is made of this, and of common/; its crypto is OpenSSL's.
CEPHX_PARTS := crypto $(patsubst %,simple/cephx_%,authorize bytes crypto key talk ticket)
CEPHX_CORE := addr fault msgr1 msgr1_connect sign
CEPHX_TESTS := test_cephx test_osd_op test_mon_map
LIB_FLAGS := -D_GNU_SOURCE -Iinclude/uapi -Iuser/include -Iuser/lib -Itests/unit/lib -Itests/unit/sim
LIB_LINK := -pthread -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=reallocarray \
	-Wl,--wrap=mmap

# $(1) variant, $(2) its flags, $(3) its libraries
define lib_variant
$(UNIT)/$(1)/lib/%.o: user/lib/%.c
	@mkdir -p $$(@D)
	$$(Q)$$(UNIT_CC) $$(UNIT_TEST_FLAGS) $$(UNIT_FLAGS) $$(LIB_FLAGS) $(2) -c -o $$@ $$<

$(UNIT)/$(1)/lib/%.o: tests/unit/lib/%.c
	@mkdir -p $$(@D)
	$$(Q)$$(UNIT_CC) $$(UNIT_TEST_FLAGS) $$(UNIT_FLAGS) $$(LIB_FLAGS) $(2) -c -o $$@ $$<

$(UNIT)/$(1)/lib/core/%.o: common/%.c
	@mkdir -p $$(@D)
	$$(Q)$$(UNIT_CC) $$(UNIT_CORE_FLAGS) $$(UNIT_FLAGS) $(2) -c -o $$@ $$<

$(UNIT)/$(1)/lib/ceph/%.o: tests/ceph/%.c
	@mkdir -p $$(@D)
	$$(Q)$$(UNIT_CC) $$(UNIT_TEST_FLAGS) $$(UNIT_FLAGS) $$(LIB_FLAGS) $(2) -c -o $$@ $$<

$(UNIT)/$(1)/lib/tools/%.o: user/tools/%.c
	@mkdir -p $$(@D)
	$$(Q)$$(UNIT_CC) $$(UNIT_TEST_FLAGS) $$(UNIT_FLAGS) $$(LIB_FLAGS) $(2) -c -o $$@ $$<

$(CEPHX_TESTS:%=$(UNIT)/$(1)/lib/%): $(UNIT)/$(1)/lib/recorded.o \
		$(CEPHX_PARTS:%=$(UNIT)/$(1)/lib/%.o) $(CEPHX_CORE:%=$(UNIT)/$(1)/lib/core/%.o)
$(CEPHX_TESTS:%=$(UNIT)/$(1)/lib/%): LIB_LINK += -lcrypto
$(UNIT)/$(1)/lib/test_osd_op: $(UNIT)/$(1)/lib/ceph/osd_op.o
$(UNIT)/$(1)/lib/test_mon_map: $(UNIT)/$(1)/lib/tools/mon_map.o

$(LIB_TESTS:%=$(UNIT)/$(1)/lib/%): %: %.o $(LIB_PARTS:%=$(UNIT)/$(1)/lib/%.o) \
		$(LIB_HELP:%=$(UNIT)/$(1)/lib/%.o) $(UNIT)/$(1)/crc32c.o
	$$(Q)$$(UNIT_CC) $(2) -o $$@ $$^ $$(LIB_LINK) -lcmocka $(3)
endef

$(eval $(call lib_variant,plain,,-lisal))
$(eval $(call lib_variant,asan,$(UNIT_SANITIZE) -DCXIO_TEST_CRC,))
$(eval $(call lib_variant,tsan,-fsanitize=thread -DCXIO_TEST_CRC,))

$(UNIT)/tsan/crc32c.o: tests/unit/crc32c.c
	@mkdir -p $(@D)
	$(Q)$(UNIT_CC) $(UNIT_TEST_FLAGS) $(UNIT_FLAGS) -fsanitize=thread -DCXIO_TEST_CRC -c -o $@ $<

LIB_RUN := $(foreach v,plain asan tsan,$(LIB_TESTS:%=$(UNIT)/$(v)/lib/%))

unit-build: $(LIB_RUN)

unit-lib: $(LIB_RUN)
	@status=0; \
	for v in plain asan tsan; do \
		tests/unit/run.sh $$v $(LIB_TESTS:%=$(UNIT)/$$v/lib/%) || status=1; \
	done; \
	exit $$status

.PHONY: unit-lib
.SECONDARY: $(foreach v,plain asan tsan,$(patsubst %,$(UNIT)/$(v)/lib/%.o, \
	$(LIB_TESTS) $(LIB_PARTS) $(LIB_HELP) recorded ceph/osd_op tools/mon_map \
	$(CEPHX_PARTS) $(CEPHX_CORE:%=core/%)))

-include $(wildcard $(UNIT)/*/lib/*.d $(UNIT)/*/lib/*/*.d)
