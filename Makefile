# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# xio-messenger: Ceph messages over RDMA, in the kernel and in user space.

Q := $(if $(V),,@)
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
KDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
	$(lastword $(sort $(wildcard /usr/src/linux-headers-*-amd64))))
# Lab kernel for the targets that take one: stock, uml, uml-debug, debug, kcsan.
KERNEL ?= stock
RDMA ?= rxe
STEP := tests/step.sh

all: user kernel

include user/Makefile
include tests/unit/unit.mk
include tests/core/core.mk
include tests/model/model.mk
include tests/bench/bench.mk
include tests/measure/measure.mk
include tests/selftests/selftests.mk
include tests/simple/simple.mk
include tests/ceph/ceph.mk
include tests/docs.mk
include tests/libceph/libceph.mk
include kernel/libceph/libceph.mk

help:
	@echo 'make demo             show four exchanges over RDMA in a virtual machine'
	@echo 'make demo-ceph        show the kernel use Ceph over RDMA in a virtual machine'
	@echo 'make check            all tests a release needs (virtual machines included)'
	@echo 'make check-long       what takes too long for make check'
	@echo 'make check-debug      the tests in the lab on kernels that check themselves, two CPUs'
	@echo 'make check-fast       the tests that need no virtual machine, then a minute of fuzzing'
	@echo
	@echo 'make all              library, programs and module'
	@echo 'make user             libcephxio and the programs: build/user/'
	@echo 'make kernel           ceph_xio.ko for KDIR ($(KDIR)): build/kmod/host/'
	@echo 'make kmod KERNEL=K    ceph_xio.ko for a lab kernel: build/kmod/K/'
	@echo 'make libceph          libceph.ko with a transport over RDMA, for KDIR: build/libceph/host/'
	@echo '                      for a lab kernel: KERNEL=K, build/libceph/K/'
	@echo 'make install          library, programs, manual pages, completion for bash;'
	@echo '                      PREFIX=$(PREFIX) DESTDIR='
	@echo 'make modules_install  ceph_xio.ko of make kernel, as root; INSTALL_MOD_PATH=. DKMS:'
	@echo '                      Documentation/module.rst'
	@echo 'make libceph_install  libceph.ko of make libceph, in updates/, as root; likewise'
	@echo 'make lab-shell        a shell in a lab guest; KERNEL=K RDMA=rxe|siw. K: stock,'
	@echo '                      uml, uml-debug, debug, kcsan'
	@echo 'make unit lint fuzz   parts of check-fast'
	@echo 'make simple           the TCP transport over the loopback; the shortest part of it is'
	@echo '                      in check-fast'
	@echo 'make sim              two endpoints and losses, simulated, a part of unit'
	@echo 'make soak SEED=N      the same until stopped, from that seed on'
	@echo 'make core             the portable tests of common/ only, a part of unit'
	@echo 'make kunit            the same in kernels: uml-debug and stock, or KERNEL=K'
	@echo 'make big-endian       the same on an emulated big-endian machine'
	@echo 'make coverage cost    lines of common/ that tests run; instructions a message costs'
	@echo 'make mutants          does each small fault planted in common/ make a test fail?'
	@echo 'make memcheck         the tests of unit under valgrind: no error, no leak'
	@echo 'make sim-mutants      does the simulator notice each of them?'
	@echo 'make model            every state of a small world of windows and of handshakes'
	@echo 'make libceph-series   is each patch for libceph well formed, and does it compile?'
	@echo 'make libceph-seam     libceph with a second TCP as its transport; KERNEL=K: uml-ceph,'
	@echo '                      uml-debug-ceph, stock'
	@echo 'make selftests        the tests inside the lab'
	@echo 'make check-peers      real Ceph daemons and clients, on this machine'
	@echo 'make check-stream     the library and real Ceph daemons, over RDMA, in the lab'
	@echo 'make check-ceph       the kernel and real Ceph daemons, over TCP and RDMA, in the lab'
	@echo 'make bench-ceph       the kernel on Ceph over RDMA beside the same over TCP'
	@echo 'make bench            the library beside raw verbs; KERNEL=uml|stock RDMA=rxe|siw'
	@echo 'make bench-tcp        transport simple beside raw sockets, on this machine'
	@echo 'make clean            remove build/ (kernels stay in the cache directory)'
	@echo
	@echo 'demo and the checks install the Debian packages that are missing, and say so first;'
	@echo 'they install no kernel and load no module on this machine. V=1 shows commands.'

kernel:
	$(if $(KDIR),,$(error no kernel headers found; install linux-headers or give KDIR=))
	$(Q)tests/lab/kmod.sh $(realpath $(KDIR)) W=1

kmod:
	$(Q)tests/lab/kmod.sh $(KERNEL) W=1

# Kbuild runs depmod only where the kernel's System.map is, which headers do not have.
modules_install: kernel
	$(Q)$(MAKE) --no-print-directory -C $(KDIR) M=$(CURDIR)/build/kmod/host modules_install
	$(Q)PATH=$$PATH:/sbin:/usr/sbin depmod $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) \
		"$$(PATH=$$PATH:/sbin:/usr/sbin modinfo -F vermagic build/kmod/host/ceph_xio.ko | cut -d' ' -f1)"

MAN1 := $(wildcard user/man/*.1)
MAN3 := $(wildcard user/man/*.3)
MAN8 := $(wildcard user/man/*.8)
COMPLETIONS = $(DESTDIR)$(PREFIX)/share/bash-completion/completions

install: user
	$(Q)install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBDIR)/pkgconfig \
		$(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/man/man3 $(DESTDIR)$(PREFIX)/share/man/man8 $(COMPLETIONS)
	$(Q)install -m 755 $(BIN) $(SCRIPTS) $(DESTDIR)$(PREFIX)/bin
	$(Q)install -m 755 $(LIB) $(DESTDIR)$(LIBDIR)
	$(Q)ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libcephxio.so
	$(Q)install -m 644 user/include/cephxio.h $(DESTDIR)$(PREFIX)/include
	$(Q)install -m 644 $(MAN1) $(DESTDIR)$(PREFIX)/share/man/man1
	$(Q)for p in server client; do ln -sf xio_$$p.1 \
		$(DESTDIR)$(PREFIX)/share/man/man1/simple_$$p.1; done
	$(Q)install -m 644 $(MAN8) $(DESTDIR)$(PREFIX)/share/man/man8
	$(Q)install -m 644 $(MAN3) $(DESTDIR)$(PREFIX)/share/man/man3
	$(Q)install -m 644 user/completion/xio-messenger.bash $(COMPLETIONS)
	$(Q)for p in $(TOOLS) $(notdir $(SCRIPTS)); do ln -sf xio-messenger.bash $(COMPLETIONS)/$$p; done
	$(Q)sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(VERSION)|' \
		user/libcephxio.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/libcephxio.pc

DEMO_FILE = $(CURDIR)/build/tmp/demo-file

deps-demo:
	@tests/lab/deps.sh build lab

deps-check:
	@tests/lab/deps.sh build lab check ceph

# The packages must be there before the rest of this file is looked at again.
demo: deps-demo
	@$(MAKE) --no-print-directory demo-run

demo-run: user
	@tests/lab/kmod.sh stock > build/kmod.log 2>&1 || { cat build/kmod.log; exit 1; }
	@mkdir -p build/tmp
	@# The kernel's image, with its package's file list behind it: over 8 MiB for sure.
	@cat "$$(tests/lab/kernel.sh stock)/vmlinuz" "$$(tests/lab/kernel.sh stock)/modules/modules.dep" \
		> $(DEMO_FILE)
	@tests/lab/run --kernel stock --rdma rxe --timeout 170 --name demo tests/lab/demo $(DEMO_FILE)

lab-shell:
	@tests/lab/deps.sh build lab
	@tests/lab/shell --kernel $(KERNEL) --rdma $(RDMA)

results-clean:
	@rm -rf build/results
	@mkdir -p build/results

check-fast: deps-check
	@$(MAKE) --no-print-directory results-clean
	@$(MAKE) --no-print-directory check-fast-run check-fuzz-run
	@tests/summary.sh

check-fast-run:
	@$(STEP) user $(MAKE) --no-print-directory user WERROR=-Werror
	@# What is over TCP mostly waits.
	@$(STEP) unit $(MAKE) --no-print-directory unit & unit=$$!; \
	$(STEP) simple-short $(MAKE) --no-print-directory simple-short; \
	$(STEP) lint-fast $(MAKE) --no-print-directory lint-fast; \
	$(STEP) docs $(MAKE) --no-print-directory docs-check; \
	$(STEP) install $(MAKE) --no-print-directory install-check; wait $$unit

check-fuzz-run:
	@$(STEP) fuzz $(MAKE) --no-print-directory fuzz

check: deps-check
	@$(MAKE) --no-print-directory results-clean
	@# Not by -j2: what they run would miss its jobserver, and say so.
	@$(MAKE) --no-print-directory check-fast-run check-static-run & fast=$$!; \
	$(MAKE) --no-print-directory check-kernel-run; wait $$fast
	@$(MAKE) --no-print-directory check-core-run check-lab-run
	@tests/summary.sh

check-static-run:
	@$(STEP) lint $(MAKE) --no-print-directory lint
	@$(STEP) peers $(MAKE) --no-print-directory check-peers-run

check-kernel-run:
	@$(STEP) kernel-uml-debug tests/lab/kernel.sh uml-debug
	@$(STEP) kmod-stock tests/lint/kmod.sh stock
	@$(STEP) libceph-stock tests/lint/libceph.sh stock
	@$(STEP) kmod-uml-debug tests/lint/kmod.sh uml-debug
	@$(STEP) libceph-crcs $(MAKE) --no-print-directory libceph-crcs
	@$(STEP) dkms tests/docs/dkms.sh --build build/dkms
	@$(STEP) checkpatch tests/lint/checkpatch.sh
	@$(STEP) kernel-doc tests/lint/kernel-doc.sh
	@$(STEP) model $(MAKE) --no-print-directory model

check-core-run:
	@# What is over TCP mostly waits.
	@$(STEP) simple $(MAKE) --no-print-directory simple & simple=$$!; \
	$(STEP) coverage $(MAKE) --no-print-directory coverage; \
	$(STEP) cost $(MAKE) --no-print-directory cost; \
	$(STEP) mutants $(MAKE) --no-print-directory mutants; \
	$(STEP) memcheck $(MAKE) --no-print-directory memcheck; \
	$(STEP) big-endian $(MAKE) --no-print-directory big-endian; \
	$(STEP) ktap tests/kunit/ktap-test; \
	$(STEP) kunit-uml-debug $(MAKE) --no-print-directory kunit KERNEL=uml-debug; \
	$(STEP) kunit-stock $(MAKE) --no-print-directory kunit KERNEL=stock; \
	wait $$simple

check-lab-run:
	@$(STEP) dmesg-gate tests/lab/dmesg-gate-test
	@$(STEP) selftests-build $(MAKE) --no-print-directory user user-asan user-tsan \
		selftests-build
	@# User-mode Linux waits half of its time, an emulated guest hardly ever: two beside one.
	@$(MAKE) --no-print-directory check-uml-run & uml=$$!; \
	$(MAKE) --no-print-directory check-uml-debug-run & debug=$$!; \
	$(MAKE) --no-print-directory check-emulated-run; wait $$uml $$debug

check-emulated-run:
	@$(STEP) lab tests/lab/selftest/run
	@$(STEP) demo $(MAKE) --no-print-directory demo-run
	@$(STEP) two-guests tests/selftests/two exchange rxe
	@$(STEP) two-faults-rxe tests/selftests/two faults rxe
	@$(STEP) selftests-stock $(MAKE) --no-print-directory selftests SELFTESTS=stock/rxe

check-uml-run:
	@$(STEP) ceph $(MAKE) --no-print-directory check-ceph-run
	@$(STEP) selftests-uml $(MAKE) --no-print-directory selftests SELFTESTS=uml/rxe
	@# Hours of the guest's time, in seconds of ours; the limit is in its time.
	@$(STEP) selftests-time tests/selftests/run --kernel uml --rdma rxe --limit 40000 \
		--name selftests-time --append time-travel=inf-cpu time
	@$(MAKE) --no-print-directory check-fuzz-run

check-uml-debug-run:
	@$(STEP) selftests-uml-debug $(MAKE) --no-print-directory selftests \
		SELFTESTS="uml-debug/rxe uml-debug/siw"

# What takes too long for each change, and is done for each in user-mode Linux: soft-iWARP on
# the distribution's kernel and between two guests.
check-long: deps-check
	@$(MAKE) --no-print-directory results-clean
	@$(MAKE) --no-print-directory check-long-run
	@tests/summary.sh

check-long-run:
	@$(STEP) selftests-build $(MAKE) --no-print-directory user user-asan user-tsan \
		selftests-build
	@$(STEP) two-faults-siw tests/selftests/two faults siw
	@$(STEP) selftests-stock-siw $(MAKE) --no-print-directory selftests SELFTESTS=stock/siw

# Whole, on two processors, where all that is done is checked: memory, locks, RCU, the lives
# of objects; then races. Hours, under emulation.
check-debug: deps-check
	@$(MAKE) --no-print-directory results-clean
	@$(MAKE) --no-print-directory check-debug-run
	@tests/summary.sh

check-debug-run:
	@$(STEP) kernel-debug tests/lab/kernel.sh debug
	@$(STEP) kernel-kcsan tests/lab/kernel.sh kcsan
	@$(STEP) libceph-series $(MAKE) --no-print-directory libceph-series
	@$(STEP) kunit-debug $(MAKE) --no-print-directory kunit KERNEL=debug
	@$(STEP) kunit-kcsan $(MAKE) --no-print-directory kunit KERNEL=kcsan
	@$(STEP) selftests-build $(MAKE) --no-print-directory user user-asan user-tsan \
		selftests-build
	@# The first takes as long as all others.
	@$(STEP) selftests-debug $(MAKE) --no-print-directory selftests \
		SELFTESTS="debug/rxe" & debug=$$!; \
	$(STEP) selftests-kcsan $(MAKE) --no-print-directory selftests \
		SELFTESTS="kcsan/rxe kcsan/siw debug/siw"; \
	$(STEP) revokes-rxe $(MAKE) --no-print-directory revokes KERNEL=kcsan RDMA=rxe \
		REVOKES=10000; \
	$(STEP) revokes-uml-debug $(MAKE) --no-print-directory revokes KERNEL=uml-debug RDMA=rxe \
		REVOKES=10000; \
	$(STEP) revokes-siw $(MAKE) --no-print-directory revokes KERNEL=debug RDMA=siw \
		REVOKES=1000; \
	wait $$debug

clean:
	$(Q)rm -rf build

.PHONY: all help kernel kmod modules_install install deps-demo deps-check demo demo-run lab-shell \
	results-clean check-fast check-fast-run check-static-run check-fuzz-run check check-kernel-run check-core-run \
	check-lab-run check-emulated-run check-uml-run check-uml-debug-run check-long \
	check-long-run check-debug check-debug-run \
	clean user
