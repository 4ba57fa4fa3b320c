# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Tests in guests of the lab. Included by the Makefile above, after user/Makefile:
# paths are from there.

ST := build/selftests
ST_SRC := $(wildcard tests/selftests/*.c)
ST_OBJ := $(ST_SRC:tests/selftests/%.c=$(ST)/%.o)
# Which guests; narrow it with 'make selftests SELFTESTS=uml-debug/rxe'.
SELFTESTS ?= uml-debug/rxe uml-debug/siw stock/rxe stock/siw
# All tests on soft-RoCE. What differs on soft-iWARP is verbs and CM, not frames:
# there those that come and go, exchange, and break off. TESTS=... overrides.
TESTS_rxe :=
TESTS_siw := install exchange traffic

.PHONY: selftests selftests-build
selftests-build: $(ST)/raw_peer

$(ST)/%.o: tests/selftests/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) $(WERROR) $(CFLAGS) -MMD -MP -Icommon -c -o $@ $<

# Of the project it links common/ only: frames are made with it, then broken.
$(ST)/raw_peer: $(ST_OBJ) $(COMMON_OBJ)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lrdmacm -libverbs -lisal

# One guest after the other, whatever fails.
selftests: user selftests-build
	@status=0; \
	for guest in $(SELFTESTS); do \
		tests/lab/kmod.sh $${guest%/*} > build/kmod-$${guest%/*}.log 2>&1 || \
			{ cat build/kmod-$${guest%/*}.log; exit 1; }; \
		case $${guest#*/} in siw) tests='$(or $(TESTS),$(TESTS_siw))' ;; \
		*) tests='$(or $(TESTS),$(TESTS_rxe))' ;; esac; \
		tests/selftests/run --kernel $${guest%/*} --rdma $${guest#*/} $$tests || status=1; \
	done; \
	exit $$status

-include $(ST_OBJ:.o=.d)
