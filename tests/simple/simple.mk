# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Transport simple, which needs no virtual machine: TCP over the loopback. Included by the
# Makefile at the top, after selftests.mk: paths are from there.

simple: user user-asan user-tsan $(ST)/api_test $(ST)/api_test-asan $(ST)/api_test-tsan
	@tests/simple/run user user-asan user-tsan

.PHONY: simple
