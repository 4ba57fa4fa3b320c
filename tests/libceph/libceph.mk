# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Tests of the patches for libceph. Included by the Makefile at the top: paths are from there.

# Which modules load on ours: a part of check.
libceph-crcs:
	@$(MAKE) --no-print-directory libceph KERNEL=stock
	@mkdir -p build/results
	@tests/libceph/crcs stock > build/results/libceph-crcs.tap; status=$$?; \
		cat build/results/libceph-crcs.tap; exit $$status

# Every patch for itself, and whether it is seen if one is not right: minutes.
libceph-series:
	@tests/lab/deps.sh build lab libceph
	@mkdir -p build/results
	@tests/libceph/series 6.1 stock > build/results/libceph-series.tap; status=$$?; \
		cat build/results/libceph-series.tap; exit $$status
	@tests/libceph/series --self-test 6.1 stock > build/results/libceph-series-self.tap; \
		status=$$?; cat build/results/libceph-series-self.tap; exit $$status

# libceph and a transport that is not its own, on real daemons in a guest.
libceph-seam: deps-ceph
	@$(MAKE) --no-print-directory libceph KERNEL=$(KERNEL)
	@mkdir -p build/libceph-tests
	@tests/libceph/build.sh $(KERNEL) W=1 > build/libceph-tests/$(KERNEL).log 2>&1 || \
		{ cat build/libceph-tests/$(KERNEL).log; exit 1; }
	@tests/ceph/kernel/run --kernel $(KERNEL) --transport tcp --libceph ours --limit 900 \
		--name libceph-seam-$(KERNEL) seam

.PHONY: libceph-crcs libceph-series libceph-seam
