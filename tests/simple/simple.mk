# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Transport simple, which needs no virtual machine: TCP over the loopback. Included by the
# Makefile at the top, after selftests.mk: paths are from there.

comma := ,

# $(1) suffix of the variant, $(2) its flags. It sees the library from inside, and is made
# of its objects, which the rules of each variant alone know.
AUTH_TEST_DEPS := tests/simple/auth_test.c $(COMMON_SRC) $(LIB_SRC) \
	$(wildcard common/*.h user/include/*.h user/lib/*.h user/lib/*/*.h)
define simple_variant
build/user$(1)/tests/simple/auth_test: $(AUTH_TEST_DEPS) | user$(1)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) -std=gnu11 -D_GNU_SOURCE $$(WARN) $$(WERROR) -O1 -g $(2) -pthread -Icommon \
		-Iinclude/uapi -Iuser/include -Iuser/lib -o $$@ $$< \
		$$(COMMON_SRC:%.c=build/user$(1)/%.o) $$(LIB_SRC:%.c=build/user$(1)/%.o) \
		-lrdmacm -libverbs -lcrypto -lisal
endef

$(eval $(call simple_variant,,))
$(eval $(call simple_variant,-asan,-fsanitize=address$(comma)undefined))
$(eval $(call simple_variant,-tsan,-fsanitize=thread))

SIMPLE_TESTS := $(foreach v,user user-asan user-tsan,build/$(v)/tests/simple/auth_test)

build/simple/%.so: tests/simple/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 -Wall -Wextra -Werror -shared -fPIC -o $@ $< -ldl

# What takes seconds, for make check-fast.
simple-short: user $(ST)/api_test build/user/tests/simple/auth_test
	@tests/simple/run --short user

simple: build/simple/late.so build/simple/deny.so
simple: user user-asan user-tsan $(ST)/api_test $(ST)/api_test-asan $(ST)/api_test-tsan \
		$(SIMPLE_TESTS)
	@tests/simple/run user user-asan user-tsan

.PHONY: simple simple-short
