# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The simulator: built for speed, and once with sanitizers. Included by tests/unit/unit.mk.

SIM_OBJ := $(patsubst tests/unit/sim/%.c,%.o,$(wildcard tests/unit/sim/*.c)) \
	$(UNIT_CORE:common/%.c=core/%.o)
SIM_FLAGS := -Itests/unit/sim
SIM_EVENTS ?= 4000000
SIM_EVENTS_ASAN ?= 300000
# Where soak begins.
SEED ?= $(shell date +%s)

# $(1) variant, $(2) its flags
define sim_variant
$(UNIT)/sim-$(1)/core/%.o: common/%.c
	@mkdir -p $$(@D)
	$$(Q)$$(UNIT_CC) $$(UNIT_CORE_FLAGS) $$(UNIT_FLAGS) $(2) -c -o $$@ $$<

$(UNIT)/sim-$(1)/%.o: tests/unit/sim/%.c
	@mkdir -p $$(@D)
	$$(Q)$$(UNIT_CC) $$(UNIT_TEST_FLAGS) $$(UNIT_FLAGS) $$(SIM_FLAGS) $(2) -c -o $$@ $$<
endef

$(eval $(call sim_variant,plain,-O2))
$(eval $(call sim_variant,asan,$(UNIT_SANITIZE) -DCXIO_TEST_CRC))

$(UNIT)/sim: $(SIM_OBJ:%=$(UNIT)/sim-plain/%)
	$(Q)$(UNIT_CC) -o $@ $^ -lisal

$(UNIT)/sim-sanitized: $(SIM_OBJ:%=$(UNIT)/sim-asan/%) $(UNIT)/asan/crc32c.o
	$(Q)$(UNIT_CC) $(UNIT_SANITIZE) -o $@ $^

unit-build: $(UNIT)/sim $(UNIT)/sim-sanitized

# One endpoint alone, for whom the fuzzer is the peer.
$(FUZZ)/fuzz_endpoint: FUZZ_CC += -Itests/unit/sim
$(FUZZ)/fuzz_endpoint: $(filter-out %/main.c,$(wildcard tests/unit/sim/*.c)) \
	$(wildcard tests/unit/sim/*.h)

fuzz-build: $(FUZZ)/fuzz_endpoint

# The same seeds each time.
sim: $(UNIT)/sim $(UNIT)/sim-sanitized
	@status=0; \
	tests/unit/sim/run.sh plain $(UNIT)/sim $(SIM_EVENTS) || status=1; \
	tests/unit/sim/run.sh asan $(UNIT)/sim-sanitized $(SIM_EVENTS_ASAN) || status=1; \
	exit $$status

# Scenario after scenario until it is stopped, or fails.
soak: $(UNIT)/sim
	@$(UNIT)/sim --soak --seed $(SEED)

sim-mutants:
	@tests/unit/sim/mutants.sh

.PHONY: sim soak sim-mutants
.SECONDARY: $(foreach v,plain asan,$(SIM_OBJ:%=$(UNIT)/sim-$(v)/%))

-include $(wildcard $(UNIT)/sim-*/*.d $(UNIT)/sim-*/core/*.d)
