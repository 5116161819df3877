# SPDX-License-Identifier: GPL-2.0-or-later
# `make check` and what it runs. A room adds its programs to CHECKS (minutes)
# or CHECKS_LONG (named at the end of `make check` as not run) in its rules.mk.
# A cmocka test tests/GROUP/NAME.c is CHECKS += $(BUILD)/san/tests/GROUP/NAME and
# a line `$(BUILD)/san/tests/GROUP/NAME: $(BUILD)/san/what/it/tests.o ...`.

# What takes every processor for itself (CHECKS_ALONE) comes after the others.
#
# Checks of the repository itself, and, last, of the run: every table row's test.
CHECKS_STATIC := tests/static/repository.sh tests/static/runner.sh tests/static/module.sh
CHECKS_ROWS   := $(BUILD)/tests/static/tables

include tests/store/rules.mk tests/cli/rules.mk tests/systemd/rules.mk

ONLY ?=
chosen = $(if $(ONLY),$(foreach c,$(1),$(if $(findstring $(ONLY),$(c)),$(c))),$(1))
to_build = $(PROGRAMS) $(TEST_TOOLS) $(filter $(BUILD)/%,$(call chosen,$(1)))
RUN = BUILD=$(BUILD) tests/run
# Where the user says no -j of his own: MAKEFLAGS holds it while a recipe runs.
PARALLEL = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

.PHONY: help check check-built check-long check-long-built packages packages-all \
	only-some
# make itself and these come first; the others as the files do.
HELP_FIRST := run check check-long install install-agent install-dkms module uninstall packages \
	clean distclean
help:
	@for target in ' ' $(HELP_FIRST); do sed -n "s/^## \(make $$target \)/\1/p" $(MAKEFILE_LIST); done
	@echo
	@sed -n $(foreach target,$(HELP_FIRST),-e '/^## make $(target) /d') -e '/^## make  /d' \
		-e 's/^## //p' $(MAKEFILE_LIST)

## make               build balloond, xlmem and the checker
## make check         the tests that take minutes; installs missing Debian packages first
## make check ONLY=x  only test programs with x in their path
## make check-long    the tests that take longer than minutes
## make packages      install the Debian packages that building needs
## make clean         remove what was built; what was downloaded stays in build/cache
## make distclean     remove build/
packages:
	@tests/packages-install
packages-all: only-some
	@tests/packages-install --all

only-some:
	$(if $(strip $(call chosen,$(CHECKS_STATIC) $(CHECKS) $(CHECKS_LONG))),,\
		@echo "no test program has \"$(ONLY)\" in its path"; exit 2)

# A second make, because rules ask for what was just installed or unpacked.
check: packages-all
	@echo "Building what the tests run (some minutes the first time)"
	+@$(MAKE) -s --no-print-directory $(PARALLEL) check-built
check-long: packages-all
	@echo "Building what the tests run (some minutes the first time)"
	+@$(MAKE) -s --no-print-directory $(PARALLEL) check-long-built

# Expanded a second time, when every room's rules.mk has been read.
.SECONDEXPANSION:
check-built: $$(call to_build,$$(CHECKS) $$(CHECKS_ROWS))
	@CHECK_LATER="$(if $(ONLY),,$(notdir $(CHECKS_LONG)))" $(RUN) \
		$(call chosen,$(CHECKS_STATIC) $(filter-out $(CHECKS_ALONE),$(CHECKS))) -- \
		$(call chosen,$(filter $(CHECKS_ALONE),$(CHECKS))) $(if $(ONLY),,$(CHECKS_ROWS))

check-long-built: $$(call to_build,$$(CHECKS_LONG))
	$(if $(CHECKS_LONG),@CHECK_TIMEOUT=$${CHECK_TIMEOUT:-14400} $(RUN) -- $(call chosen,$(CHECKS_LONG)),@echo "Nothing takes longer yet")

.SECONDARY:

# Unit tests are built under the sanitizers and linked with cmocka.
$(BUILD)/san/tests/%: $(BUILD)/san/tests/%.o
	$(CC) $(ALL_CFLAGS) $(SAN) -o $@ $(filter %.o,$^) -lcmocka $(LDLIBS)

$(CHECKS_ROWS): $(BUILD)/tests/static/tables.o
	$(CC) $(ALL_CFLAGS) -o $@ $^

## make behaviours    what other managers' tests and users ask for, and what shows it here
.PHONY: behaviours
$(BUILD)/tests/static/behaviours: $(BUILD)/tests/static/behaviours.o
	$(CC) $(ALL_CFLAGS) -o $@ $^
behaviours: $(BUILD)/tests/static/behaviours
	@$< $(BUILD)/check/results

CHECKS += $(BUILD)/san/tests/unit/record
$(BUILD)/san/tests/unit/record: $(BUILD)/san/xenstore-schema/record.o

## make bench-core    how long a plan for 1000 and 10000 guests takes
.PHONY: bench-core
$(BUILD)/tests/bench/core: $(BUILD)/tests/bench/core.o $(BUILD)/dom0-balloond/core.o
	$(CC) $(ALL_CFLAGS) -o $@ $^
bench-core: $(BUILD)/tests/bench/core
	-@$<

## make bench-rss     balloond's memory with 1000 guests over a real xenstored
.PHONY: bench-rss
bench-rss: $(BUILD)/balloond $(BUILD)/xlmem $(STORE_TOOLS)
	@BUILD=$(BUILD) tests/bench/rss

## make bench-sim     what a simulated day of 100 guests of every character takes
.PHONY: bench-sim
bench-sim: $(BUILD)/balloonsim
	@BUILD=$(BUILD) tests/bench/day

## make bench-refusal how long a refusal takes with 1000 guests over a real xenstored
.PHONY: bench-refusal
bench-refusal: $(BUILD)/balloond $(BUILD)/xlmem $(STORE_TOOLS)
	@BUILD=$(BUILD) tests/bench/refusal

## make bench-grant   how long a start waits for others' memory, beside their own speed (RUNS=3)
.PHONY: bench-grant
bench-grant: xen-images
	+@$(MAKE) -s --no-print-directory all modules
	@BUILD=$(BUILD) tests/bench/grant

## make bench-accuracy  what guests say they need beside the smallest size that does, and others' formulas
##                    (SEEDS="1 2 3" CELLS="pv:6.1 pvh:6.12" WORKS=... MIB=320 JOBS=2 RECORD=DIR
##                    KEEP=smallest: not the static sizes again, all: nothing again), hours
.PHONY: bench-accuracy
bench-accuracy: xen-images
	+@$(MAKE) -s --no-print-directory all modules
	@BUILD=$(BUILD) tests/bench/accuracy

## make bench-guest   a spike within the lease, anti-phase, the driver's cost, in ratios
##                    (SEEDS="1 2 3" CELLS="pv:6.1 pvh:6.12" WHAT="lease antiphase overhead")
.PHONY: bench-guest
bench-guest: xen-images
	+@$(MAKE) -s --no-print-directory all modules
	@BUILD=$(BUILD) tests/bench/guest

## make bench         the figures of a spike, a refusal, a save (RUNS=3)
.PHONY: bench
bench: xen-images
	+@$(MAKE) --no-print-directory all modules
	@BUILD=$(BUILD) tests/bench/spike

## make calibrate     three scenarios on the emulated host and in the simulator
.PHONY: calibrate
calibrate: xen-images
	+@$(MAKE) -s --no-print-directory all modules
	@BUILD=$(BUILD) tests/sim/calibrate/run
