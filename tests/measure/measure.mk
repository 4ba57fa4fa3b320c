# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What common/ costs, and what of it the tests run. Included by the Makefile at the
# top, after tests/core/core.mk.

MEASURE := build/measure

# As it is compiled for use.
$(MEASURE)/cost: tests/measure/cost.c $(UNIT_CORE) $(wildcard common/*.h)
	@mkdir -p $(@D)
	$(Q)$(UNIT_CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -Icommon -o $@ \
		tests/measure/cost.c $(UNIT_CORE) -lisal

cost: $(MEASURE)/cost
	@tests/measure/cost.sh $<

$(eval $(call unit_variant,cov,--coverage -O0,-lisal))
$(eval $(call core_variant,cov,--coverage -O0,-lisal))

coverage: $(UNIT_TESTS:%=$(UNIT)/cov/%) $(UNIT)/cov/core/core
	@UNIT_FRAMES=60000 tests/measure/coverage.sh $(UNIT)/cov $^

# Of the module, as the kselftests run it: a figure, not a verdict.
MODULE_COVERAGE_TESTS ?= install exchange connect traffic auth authorizer sessions revoke malformed \
	recorded hostile reload interop pressure kfaults errors credit control netns trace api faults
module-coverage: user selftests-build
	@tests/measure/module-coverage.sh $(MODULE_COVERAGE_TESTS)

.PHONY: cost coverage module-coverage
.SECONDARY: $(CORE_OBJ:%=$(UNIT)/cov/core/%) \
	$(foreach o,$(UNIT_TESTS) $(UNIT_HELP) $(UNIT_CORE:common/%.c=%),$(UNIT)/cov/$(o).o)
