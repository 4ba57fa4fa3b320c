# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Tests in guests of the lab. Included by the Makefile above, after user/Makefile:
# paths are from there.

ST := build/selftests
ST_SRC := $(filter-out %/nth_fault.c %/stream_peer.c %/stream_cut.c tests/selftests/api_%,$(wildcard tests/selftests/*.c))
ST_OBJ := $(ST_SRC:tests/selftests/%.c=$(ST)/%.o)
# Which guests; narrow it with 'make selftests SELFTESTS=uml-debug/rxe'.
SELFTESTS ?= uml/rxe uml-debug/rxe uml-debug/siw stock/rxe stock/siw
# All tests on soft-RoCE. What differs on soft-iWARP is verbs and CM, not frames: there
# those that come and go, exchange, break off, or lose their peer. Sanitizers need more
# address space than user-mode Linux has, and time: they run in one guest. TESTS=...
# overrides.
TESTS_rxe := install exchange connect traffic auth authorizer sessions revoke malformed errors credit \
	control netns trace api faults
# Where the kernel can inject faults.
TESTS_debug := nomem nomem-user
TESTS_siw := install exchange traffic sessions api faults
TESTS_sanitized := stock/rxe
# What is long, or many, and the same everywhere: once, where it is fast.
TESTS_uml := recorded hostile reload interop both pressure kfaults perf stream

.PHONY: selftests selftests-build revokes
selftests-build: $(ST)/raw_peer $(ST)/stream_peer $(ST)/stream_cut.so $(ST)/nth_fault $(ST)/nth_fault.so $(ST)/api_test $(ST)/api_test-asan $(ST)/api_test-tsan

# As an application would be built: the public header and the library.
API_SRC := $(wildcard tests/selftests/api_*.c)
API_DEPS := $(API_SRC) tests/selftests/api.h user/include/cephxio.h
API_TEST = $(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) $(WERROR) -Iuser/include -pthread -o $@ $(API_SRC)
$(ST)/api_test: $(API_DEPS) | user
	@mkdir -p $(@D)
	$(Q)$(API_TEST) $(CFLAGS) -Wl,-rpath,'$$ORIGIN/../user/lib' -Lbuild/user/lib -lcephxio -lrdmacm
$(ST)/api_test-asan: $(API_DEPS) | user-asan
	@mkdir -p $(@D)
	$(Q)$(API_TEST) $(SANITIZED) -fsanitize=address,undefined \
		-Wl,-rpath,'$$ORIGIN/../user-asan/lib' -Lbuild/user-asan/lib -lcephxio -lrdmacm
$(ST)/api_test-tsan: $(API_DEPS) | user-tsan
	@mkdir -p $(@D)
	$(Q)$(API_TEST) $(SANITIZED) -fsanitize=thread \
		-Wl,-rpath,'$$ORIGIN/../user-tsan/lib' -Lbuild/user-tsan/lib -lcephxio -lrdmacm

$(ST)/%.o: tests/selftests/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) $(WERROR) $(CFLAGS) -MMD -MP -Icommon -c -o $@ $<

# Of the project it links common/ only: frames are made with it, then broken.
$(ST)/raw_peer: $(ST_OBJ) $(COMMON_OBJ)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lrdmacm -libverbs -lcrypto -lisal

# Likewise, and it knows no frames.
$(ST)/stream_peer: $(ST)/stream_peer.o $(COMMON_OBJ)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lrdmacm -libverbs -lisal

$(ST)/stream_cut.so: tests/selftests/stream_cut.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) $(WERROR) $(CFLAGS) -fPIC -shared -pthread -o $@ $<

$(ST)/nth_fault: tests/selftests/nth_fault.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) $(WERROR) $(CFLAGS) -o $@ $<
$(ST)/nth_fault.so: tests/selftests/nth_fault.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) $(WERROR) $(CFLAGS) -DPRELOADED -fPIC -shared -o $@ $<

# The programs as sanitizers want them, for the test "memory".
SANITIZED := -O1 -g -fno-omit-frame-pointer
user-asan:
	@$(MAKE) --no-print-directory user U=build/user-asan LDFLAGS=-fsanitize=address,undefined \
		CFLAGS="$(SANITIZED) -fsanitize=address,undefined"
user-tsan:
	@$(MAKE) --no-print-directory user U=build/user-tsan LDFLAGS=-fsanitize=thread \
		CFLAGS="$(SANITIZED) -fsanitize=thread"
.PHONY: user-asan user-tsan

# One guest after the other, whatever fails.
selftests: user user-asan user-tsan selftests-build
	@status=0; \
	for guest in $(SELFTESTS); do \
		tests/lab/kmod.sh $${guest%/*} > build/kmod-$${guest%/*}.log 2>&1 || \
			{ cat build/kmod-$${guest%/*}.log; exit 1; }; \
		tests/kmod/build.sh $${guest%/*} W=1 > build/kmod-tests-$${guest%/*}.log 2>&1 || \
			{ cat build/kmod-tests-$${guest%/*}.log; exit 1; }; \
		case $$guest in \
		$(TESTS_sanitized)) tests='$(or $(TESTS),$(TESTS_rxe) memory)' ;; \
		uml/*) tests='$(or $(TESTS),$(TESTS_uml))' ;; \
		uml-debug/rxe) tests='$(or $(TESTS),$(TESTS_rxe) $(TESTS_debug))' ;; \
		debug/rxe | kcsan/rxe) tests='$(or $(TESTS),$(TESTS_rxe) $(TESTS_uml) $(TESTS_debug))' ;; \
		*/siw) tests='$(or $(TESTS),$(TESTS_siw))' ;; \
		*) tests='$(or $(TESTS),$(TESTS_rxe))' ;; \
		esac; \
		limit=900; case $$guest in debug/* | kcsan/*) limit=3600 ;; esac; \
		tests/selftests/run --limit $$limit --kernel $${guest%/*} --rdma $${guest#*/} $$tests || status=1; \
	done; \
	exit $$status

# REVOKES=N messages are taken back, on KERNEL and RDMA.
REVOKES ?= 10000
revokes: user selftests-build
	@tests/lab/kmod.sh $(KERNEL) > build/kmod-$(KERNEL).log 2>&1 || \
		{ cat build/kmod-$(KERNEL).log; exit 1; }
	@tests/kmod/build.sh $(KERNEL) W=1 > build/kmod-tests-$(KERNEL).log 2>&1 || \
		{ cat build/kmod-tests-$(KERNEL).log; exit 1; }
	@tests/selftests/run --kernel $(KERNEL) --rdma $(RDMA) --limit 14400 \
		--name revokes-$(KERNEL)-$(RDMA) --env ST_REVOKES=$(REVOKES) revoke

-include $(ST_OBJ:.o=.d) $(ST)/stream_peer.d
