# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The portable tests of common/ as programs: plain, with sanitizers, for a big-endian
# machine. Included by the Makefile at the top, after tests/unit/unit.mk; in a kernel
# they are run by tests/kunit.

CORE_OBJ := $(patsubst tests/core/%.c,%.o,$(wildcard tests/core/*.c))
CORE_HEADERS := build/core/vectors.h build/core/suites.h
# What a row of a table leaves out is zero.
CORE_FLAGS := -Itests/core -Ibuild/core -Wno-missing-field-initializers

# s390x has no ISA-L, but its header.
$(UNIT)/s390x/%: UNIT_CC := s390x-linux-gnu-gcc
$(eval $(call unit_variant,s390x,-DCXIO_TEST_CRC -idirafter /usr/include,-static))

# $(1) variant of unit.mk, $(2) its flags, $(3) its libraries
define core_variant
$(UNIT)/$(1)/core/%.o: tests/core/%.c | $(CORE_HEADERS)
	@mkdir -p $$(@D)
	$$(Q)$$(UNIT_CC) $$(UNIT_TEST_FLAGS) $$(UNIT_FLAGS) $$(CORE_FLAGS) $(2) -c -o $$@ $$<

$(UNIT)/$(1)/core/core: $(CORE_OBJ:%=$(UNIT)/$(1)/core/%) \
		$(UNIT)/$(1)/craft.o $(UNIT)/$(1)/crc32c.o \
		$(UNIT_CORE:common/%.c=$(UNIT)/$(1)/%.o)
	$$(Q)$$(UNIT_CC) $(2) -o $$@ $$^ $(3)
endef

# The plain one shows a frame that a kernel's stack would have no room for.
$(eval $(call core_variant,plain,-Wframe-larger-than=1024,-lisal))
$(eval $(call core_variant,asan,$(UNIT_SANITIZE) -DCXIO_TEST_CRC,))
$(eval $(call core_variant,s390x,-DCXIO_TEST_CRC -idirafter /usr/include,-static))

# Looked at every time; what includes them is compiled again if they change.
$(CORE_HEADERS) &: core-always
	@tests/core/generate.sh build/core

CORE_RUN := $(UNIT)/plain/core/core $(UNIT)/asan/core/core

unit-build: $(CORE_RUN)
mutants: $(UNIT)/plain/core/core

core: $(CORE_RUN)
	@status=0; \
	tests/unit/run.sh plain $(UNIT)/plain/core/core || status=1; \
	tests/unit/run.sh asan $(UNIT)/asan/core/core || status=1; \
	exit $$status

big-endian: $(UNIT)/s390x/core/core
	@UNIT_RUN=qemu-s390x tests/unit/run.sh s390x $<

# Inside kernels: KERNEL, or both. What must run there is what the program has.
KUNIT_KERNELS := $(if $(filter file,$(origin KERNEL)),uml-debug stock,$(KERNEL))

build/core/list: $(UNIT)/plain/core/core
	$(Q)$< --list > $@

kunit: build/core/list
	@status=0; \
	for kernel in $(KUNIT_KERNELS); do tests/kunit/run $$kernel $< || status=1; done; \
	exit $$status

.PHONY: core core-always big-endian kunit
.SECONDARY: $(foreach v,plain asan s390x,$(CORE_OBJ:%=$(UNIT)/$(v)/core/%)) \
	$(foreach o,craft crc32c $(UNIT_CORE:common/%.c=%),$(UNIT)/s390x/$(o).o)

-include $(wildcard $(UNIT)/*/core/*.d)
