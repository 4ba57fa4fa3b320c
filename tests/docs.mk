# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Documentation against code, and what make install gives people.

D := build/docs

$(D)/tables: tests/docs/tables.c $(COMMON_OBJ)
	@mkdir -p $(D)
	$(Q)$(CC) -std=gnu11 $(WARN) -Icommon -o $@ $^ -lisal

# Pages must be well formed; the tables of wire-format.rst must be those the code is made of; what people are told
# about installing the module must be so (tests/docs/dkms.sh --build tries it), and what
# the specification of its netlink family says.
docs-check: $(D)/tables
	@$(D)/tables | tests/docs/check.py Documentation/wire-format.rst \
		Documentation/libceph-admin.rst
	@tests/docs/rst.py Documentation/*.rst
	@tests/docs/dkms.sh
	@tests/docs/netlink.py Documentation/ceph_xio.yaml include/uapi/linux/ceph_xio.h \
		kernel/netlink.c

# Installed into a scratch root: the header alone in C and C++, the library by
# pkg-config, every program's --help, --version and manual page.
install-check: user
	@tests/docs/install.sh $(CURDIR)/build/install

.PHONY: docs-check install-check
