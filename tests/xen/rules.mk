# SPDX-License-Identifier: GPL-2.0-or-later
# A real Xen host under emulation: see tests/xen/README.md.

## make run           see it work: here, or on an emulated Xen host
DOM0 := $(shell grep -s control_d /proc/xen/capabilities)
.PHONY: run run-built
run: $(if $(DOM0),packages,xen-images)
	@echo "Building balloond, xlmem and the guests' modules (some minutes the first time)"
	+@$(MAKE) -s --no-print-directory $(PARALLEL) run-built
run-built: all $(if $(DOM0),,modules)
	@BUILD=$(BUILD) tests/xen/story

## make xen-images    download and build what the emulated Xen host boots from
## make xen-shell     a shell in dom0 of the emulated Xen host
.PHONY: xen-images xen-shell
xen-images: packages-all
	@tests/xen/xenlab images

xen-shell: xen-images
	+@$(MAKE) -s --no-print-directory $(PARALLEL) all modules
	@tests/xen/xenlab shell

LAB := $(BUILD)/tests/xen
LABRUN_OBJS := $(patsubst %,$(LAB)/%.o,labrun steps child guest_config link sampler \
	book values scenario same soak soak_watch crashes) $(BUILD)/tools/scenario/cond.o
LAB_PROGRAMS := $(LAB)/labrun $(LAB)/labagent $(LAB)/labload $(LAB)/lablie $(LAB)/labwork $(LAB)/labregs $(LAB)/labkexec $(LAB)/labtrace.so $(LAB)/labcrash.so $(LAB)/labshow
PROGRAMS += $(LAB_PROGRAMS)

$(LAB)/labrun: $(LABRUN_OBJS)
	$(CC) $(ALL_CFLAGS) -o $@ $^ -lxenctrl -lxenstore

$(LAB)/labshow: $(LAB)/labshow.o $(LAB)/labshow_table.o \
		$(BUILD)/tools/scenario/plot.o
	$(CC) $(ALL_CFLAGS) -o $@ $^ -lyajl

# Guests have no libraries.
$(LAB)/labagent $(LAB)/labload $(LAB)/lablie $(LAB)/labwork $(LAB)/labregs $(LAB)/labkexec: $(LAB)/%: $(LAB)/%.o
	$(CC) $(ALL_CFLAGS) -static -o $@ $^

# Preloaded into xenstored, see labtrace.c, and into balloond, see labcrash.c.
$(LAB)/labtrace.so $(LAB)/labcrash.so: $(LAB)/%.so: tests/xen/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIC -shared -o $@ $<

# The experiment with 2 MiB extents.
SUPERPAGES := $(MODULE_KVERS:%=$(LAB)/superpages/%/superpages.ko)
modules: $(SUPERPAGES)
$(LAB)/superpages/%/superpages.ko: tests/xen/superpages/superpages.c tests/xen/superpages/Kbuild
	@mkdir -p $(@D)
	cp -pu $^ $(@D)
	+$(MODULE_MAKE) modules

CHECKS      += tests/xen/parser tests/xen/matrix
CHECKS_LONG += tests/xen/matrix-long tests/xen/soak tests/xen/crash-kinds
CHECKS_ALONE += tests/xen/matrix

# Downloads and modules come before the clock of the tests runs.
LAB_CHOSEN = $(filter tests/xen/matrix% tests/xen/soak tests/xen/crash-kinds,$(call chosen,$(CHECKS) $(CHECKS_LONG)))
check check-long: $$(if $$(LAB_CHOSEN),xen-images)
check-built check-long-built: $$(if $$(LAB_CHOSEN),modules)

## make soak          random starts, stops, spikes, saves, daemon kills and a hostile guest on
##                    the emulated host; TIME=20min TYPE=pv KERNEL=6.1 SEED=1
.PHONY: soak
soak: xen-images
	+@$(MAKE) -s --no-print-directory $(PARALLEL) all modules
	@TIME=$(TIME) TYPE=$(TYPE) KERNEL=$(KERNEL) SEED=$(SEED) BUILD=$(BUILD) tests/xen/soak

## make check-debug-kernel  the guest driver on kernels with lockdep and KASAN; an hour, half of
##                    it, 140 MB and 4 GB of disk once, to build them (make debug-kernel)
.PHONY: debug-kernel check-debug-kernel
debug-kernel: xen-images
	@tests/packages-install --list tests/packages-debug-kernel
	@tests/xen/debug-kernel.sh >/dev/null

# The driver with a fault of tests/xen/planted.h: FAULT/guest/lib/ballast/KVER.
PLANTED := $(foreach k,$(filter %-debug,$(MODULE_KVERS)),sleeps/guest/lib/ballast/$k order/guest/lib/ballast/$k) \
	$(foreach k,$(filter %-kasan,$(MODULE_KVERS)),freed/guest/lib/ballast/$k)
PLANTED := $(PLANTED:%=$(LAB)/planted/%/xen-selfballoon.ko)
PLANT = -Werror -DPLANTED_$(firstword $(subst /, ,$*)) \
	-include $(abspath $(@D))/selfballoon.h -include $(CURDIR)/tests/xen/planted.h
$(LAB)/planted-build/%/xen-selfballoon.ko: $(MODULE_SRC) tests/xen/planted.h
	@mkdir -p $(@D)
	cp -pu $(MODULE_SRC) $(@D)
	+$(MODULE_MAKE) KCFLAGS='$(PLANT)' modules
$(LAB)/planted/%.ko: $(LAB)/planted-build/%.ko
	@mkdir -p $(@D)
	cp $< $@

# A second make, since MODULES come from what was just built.
.PHONY: planted
planted: $(PLANTED)
check-debug-kernel: debug-kernel
	+@$(MAKE) -s --no-print-directory $(PARALLEL) all modules planted
	@BUILD=$(BUILD) tests/xen/debug-kernel
