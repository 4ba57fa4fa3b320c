# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Speed against raw verbs, and raw sockets. Included by the Makefile at the top, after user/Makefile:
# paths are from there. A tier of its own, not part of make check.

BENCH := build/bench
BENCH_OBJ := $(patsubst tests/bench/%.c,$(BENCH)/%.o,$(wildcard tests/bench/*.c))
# A kernel that checks itself says nothing of speed; enough to see that all works.
BENCH_SMOKE_KERNEL ?= uml-debug
BENCH_REPETITIONS ?= 10

$(BENCH)/%.o: tests/bench/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' $(WARN) -Werror $(CFLAGS) \
		-MMD -MP -Iuser/tools -c -o $@ $<

$(BENCH)/raw_bench: $(filter $(BENCH)/raw_%,$(BENCH_OBJ)) $(U)/user/tools/tool.o
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lrdmacm -libverbs

$(BENCH)/socket_bench: $(BENCH)/socket_bench.o $(U)/user/tools/tool.o
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lisal

bench-build: user $(BENCH)/raw_bench

bench: bench-build
	@tests/bench/bench --kernel $(KERNEL) --rdma $(RDMA) --repetitions $(BENCH_REPETITIONS)

bench-smoke: bench-build
	@tests/bench/bench --kernel $(BENCH_SMOKE_KERNEL) --rdma $(RDMA) --smoke

# Is raw_bench as lean as perftest?
bench-validate: bench-build
	@tests/lab/deps.sh bench
	@tests/bench/bench --kernel stock --rdma $(RDMA) --validate

# Transport simple against raw sockets, on this machine.
bench-tcp: user $(BENCH)/socket_bench
	@tests/bench/tcp --repetitions $(BENCH_REPETITIONS)

bench-tcp-smoke: user $(BENCH)/socket_bench
	@tests/bench/tcp --smoke

.PHONY: bench-build bench bench-smoke bench-validate bench-tcp bench-tcp-smoke

-include $(BENCH_OBJ:.o=.d)
