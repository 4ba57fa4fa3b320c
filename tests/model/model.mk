# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Every state of a small world: models around the real code of common/. See README.
# Included by the Makefile at the top: paths are from there.

MODELS := windows

# All of it runs, whatever fails first.
model:
	@mkdir -p build/results
	@set -o pipefail; status=0; \
	for m in $(MODELS); do \
		tests/model/run.sh $$m | tee build/results/model-$$m.tap || status=1; \
	done; \
	tests/model/handshake.sh || status=1; \
	tests/model/handshake.sh --mutants || status=1; \
	exit $$status

# Does a small fault in common/ make a model fail? A part of "make model".
model-mutants:
	@status=0; for m in $(MODELS); do tests/model/run.sh $$m mutants || status=1; done; \
	tests/model/handshake.sh --mutants || status=1; \
	exit $$status

# Larger bounds: some minutes, 4 GB.
model-long:
	@status=0; for m in $(MODELS); do tests/model/run.sh $$m long || status=1; done; \
	exit $$status

model model-mutants model-long: SHELL := /bin/bash
.PHONY: model model-mutants model-long

include tests/model/handshake.mk
