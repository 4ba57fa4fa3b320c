# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The model of the handshake alone. Paths are from the top of the tree.

model-handshake:
	@tests/model/handshake.sh

model-handshake-mutants:
	@tests/model/handshake.sh --mutants

.PHONY: model-handshake model-handshake-mutants
