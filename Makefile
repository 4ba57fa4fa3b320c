# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
Q := $(if $(V),,@)
all: user
include user/Makefile
