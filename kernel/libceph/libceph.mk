# SPDX-License-Identifier: GPL-2.0-only
# libceph with other transports than TCP. Included by the Makefile at the top: paths are
# from there.

# For a lab kernel only if one is named.
LIBCEPH_FOR = $(if $(filter file,$(origin KERNEL)),$(realpath $(KDIR)),$(KERNEL))
LIBCEPH_LOG = build/libceph/$(if $(filter /%,$(LIBCEPH_FOR)),host,$(LIBCEPH_FOR)).log

libceph:
	$(if $(LIBCEPH_FOR),,$(error no kernel headers found; install linux-headers or give KDIR=))
	@mkdir -p build/libceph
	$(Q)kernel/libceph/build.sh $(LIBCEPH_FOR) $(if $(V),,> $(LIBCEPH_LOG) 2>&1 || \
		{ cat $(LIBCEPH_LOG); exit 1; })

# modprobe prefers what is in updates/ to what comes with the kernel.
libceph_install:
	$(Q)$(MAKE) --no-print-directory libceph KERNEL=$(realpath $(KDIR))
	$(Q)for m in build/libceph/host build/libceph/host/transport; do \
		[ ! -e $$m/Module.symvers ] || $(MAKE) --no-print-directory -C $(KDIR) \
			M=$(CURDIR)/$$m INSTALL_MOD_DIR=updates modules_install || exit; \
	done
	$(Q)PATH=$$PATH:/sbin:/usr/sbin depmod $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) \
		"$$(PATH=$$PATH:/sbin:/usr/sbin modinfo -F vermagic build/libceph/host/net/ceph/libceph.ko | cut -d' ' -f1)"

.PHONY: libceph libceph_install
