# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Tests that need no virtual machine. Included by the Makefile at the top: paths are
# from there. Programs go to build/unit and build/fuzz, TAP to build/results.

UNIT := build/unit
FUZZ := build/fuzz
UNIT_CC ?= gcc
FUZZ_CC ?= clang
# A minute for all fuzzers together; FUZZ_SEED=N is another minute.
FUZZ_SECONDS ?= 60

UNIT_CORE := $(wildcard common/*.c)
# Those of common/; the library's are in lib/.
UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
UNIT_HELP := pair craft crc32c
UNIT_FLAGS := -O1 -g -Wall -Wextra -Werror -MMD -MP -Icommon -Itests/unit
# common/ is built as for a world without a library, and strictly.
UNIT_CORE_FLAGS := -std=c11 -ffreestanding -Wconversion
UNIT_TEST_FLAGS := -std=gnu11 -Wmissing-prototypes -Wshadow
# What one test needs beyond the others: HMAC and AES, for the blocks of sign.c.
UNIT_LIBS_test_sign := -lcrypto
UNIT_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# $(1) plain or asan, $(2) its flags, $(3) its libraries
define unit_variant
$(UNIT)/$(1)/%.o: common/%.c
	@mkdir -p $$(@D)
	$$(Q)$$(UNIT_CC) $$(UNIT_CORE_FLAGS) $$(UNIT_FLAGS) $(2) -c -o $$@ $$<

$(UNIT)/$(1)/%.o: tests/unit/%.c
	@mkdir -p $$(@D)
	$$(Q)$$(UNIT_CC) $$(UNIT_TEST_FLAGS) $$(UNIT_FLAGS) $(2) -c -o $$@ $$<

$(UNIT)/$(1)/test_%: $(UNIT)/$(1)/test_%.o $(UNIT_HELP:%=$(UNIT)/$(1)/%.o) \
		$(UNIT_CORE:common/%.c=$(UNIT)/$(1)/%.o)
	$$(Q)$$(UNIT_CC) $(2) -o $$@ $$^ -lcmocka $(3) $$(UNIT_LIBS_$$(@F))
endef

$(eval $(call unit_variant,plain,,-lisal))
# ISA-L is assembly, which no sanitizer sees into: the tests' own CRC stands in for it.
$(eval $(call unit_variant,asan,$(UNIT_SANITIZE) -DCXIO_TEST_CRC,))

unit-build: $(UNIT_TESTS:%=$(UNIT)/plain/%) $(UNIT_TESTS:%=$(UNIT)/asan/%)

# All of it runs, whatever fails first.
unit: unit-build
	@rm -f build/results/unit-*.tap
	@status=0; \
	tests/unit/run.sh plain $(UNIT)/plain/core/core $(UNIT_TESTS:%=$(UNIT)/plain/%) || status=1; \
	tests/unit/run.sh asan $(UNIT)/asan/core/core $(UNIT_TESTS:%=$(UNIT)/asan/%) || status=1; \
	tests/vectors/check.sh || status=1; \
	$(MAKE) --no-print-directory unit-lib || status=1; \
	$(MAKE) --no-print-directory sim || status=1; \
	exit $$status

# Does a small fault in common/ make a test fail?
mutants: $(UNIT_TESTS:%=$(UNIT)/plain/%)
	@tests/unit/seen-failing.sh

lint:
	@tests/lint/run.sh

# What needs seconds only.
lint-fast:
	@tests/lint/run.sh --fast

include tests/unit/lib/lib.mk

$(FUZZ)/fuzz_%: tests/fuzz/fuzz_%.c tests/unit/craft.c tests/unit/crc32c.c $(UNIT_CORE) \
		$(wildcard common/*.h tests/unit/*.h)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) -std=gnu11 -O1 -g -Wall -Wextra -Werror -DCXIO_TEST_CRC -Icommon -Itests/unit \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-o $@ $(filter %.c,$^)

# The library's part, and its crypto.
$(FUZZ)/fuzz_cephx: tests/fuzz/fuzz_cephx.c user/lib/simple/cephx.h \
		$(CEPHX_PARTS:%=user/lib/%.c) $(CEPHX_CORE:%=common/%.c) tests/unit/crc32c.c
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) -std=gnu11 -O1 -g -Wall -Wextra -Werror -DCXIO_TEST_CRC -D_GNU_SOURCE -Icommon \
		-Itests/unit -Iuser/include -Iuser/lib \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-o $@ $(filter %.c,$^) -lcrypto

fuzz-build: $(FUZZ)/fuzz_cephx $(FUZZ)/fuzz_frame $(FUZZ)/fuzz_hello $(FUZZ)/fuzz_channel $(FUZZ)/fuzz_auth \
	$(FUZZ)/fuzz_ceph

fuzz: fuzz-build
	@tests/fuzz/run.sh $(FUZZ_SECONDS)

.PHONY: unit-build unit mutants lint lint-fast fuzz-build fuzz
.SECONDARY: $(foreach v,plain asan,$(patsubst %,$(UNIT)/$(v)/%.o,$(UNIT_TESTS) $(UNIT_HELP) \
	$(UNIT_CORE:common/%.c=%)))

include tests/unit/sim/sim.mk

# Neither errors nor leaks, nor what is still reachable in the end. Sanitizers see what
# was compiled with them; this sees libraries and ISA-L's assembly, and bytes that were
# never written.
MEMCHECK := valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=all \
	--errors-for-leak-kinds=all --suppressions=tests/unit/valgrind.supp
MEMCHECK_RUN := $(UNIT)/plain/core/core $(UNIT_TESTS:%=$(UNIT)/plain/%) \
	$(LIB_TESTS:%=$(UNIT)/plain/lib/%)

memcheck: $(MEMCHECK_RUN) $(UNIT)/sim
	@status=0; \
	export UNIT_FRAMES=60000 UNIT_RUN="$(MEMCHECK)"; \
	tests/unit/run.sh memcheck $(MEMCHECK_RUN) || status=1; \
	tests/unit/sim/run.sh memcheck $(UNIT)/sim $(SIM_EVENTS_ASAN) || status=1; \
	exit $$status

.PHONY: memcheck

-include $(wildcard $(UNIT)/*/*.d)
