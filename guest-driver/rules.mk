# SPDX-License-Identifier: GPL-2.0-or-later
# The guest's kernel module. kbuild leaves its files beside the sources, so each
# kernel version gets a copy of them under $(BUILD).

## make module        [KVER=the running kernel]: guest-driver/xen-selfballoon.ko
KVER ?= $(shell uname -r)

# The kernels of the emulated host's guests; their headers come with its images.
HEADERS := $(BALLAST_CACHE)/xen/headers
MODULE_KVERS := $(notdir $(patsubst %/build,%,$(sort $(wildcard $(HEADERS)/*/build))))
module_build = $(firstword $(wildcard /lib/modules/$(1)/build $(HEADERS)/$(1)/build))
KVERS = $(sort $(notdir $(patsubst %/build,%,$(wildcard /lib/modules/*/build $(HEADERS)/*/build))))

MODULE_SRC := $(wildcard guest-driver/*.c guest-driver/*.h) guest-driver/Kbuild \
	$(addprefix xenstore-schema/,schema.h version.h record.h record.c)
MODULES := $(MODULE_KVERS:%=$(BUILD)/guest-driver/%/xen-selfballoon.ko)

.PHONY: module modules module-check
module: $(BUILD)/guest-driver/$(KVER)/xen-selfballoon.ko
	cp $< guest-driver/xen-selfballoon.ko

## make modules       after make xen-images: the module for each kernel of the emulated host's guests
modules: $(MODULES)

# BTF of modules would want pahole; nothing here reads it.
MODULE_MAKE = $(MAKE) --no-print-directory -C $(call module_build,$(notdir $*)) \
	M=$(abspath $(@D)) CONFIG_DEBUG_INFO_BTF_MODULES= KCFLAGS=-Werror

$(BUILD)/guest-driver/%/xen-selfballoon.ko: $(MODULE_SRC)
	@test -n "$(call module_build,$*)" || { echo "no headers of kernel $*: install" \
		"linux-headers-$*$(if $(KVERS), or name another with KVER=: $(KVERS))"; exit 1; }
	@mkdir -p $(@D)
	cp -pu $(MODULE_SRC) $(@D)
	+$(MODULE_MAKE) modules

# sparse over every source, for the first of the kernels.
module-check: $(MODULE_SRC)
	@rm -rf $(BUILD)/guest-driver/sparse && mkdir -p $(BUILD)/guest-driver/sparse
	@cp $(MODULE_SRC) $(BUILD)/guest-driver/sparse
	$(MAKE) --no-print-directory -C $(call module_build,$(firstword $(MODULE_KVERS))) \
		M=$(abspath $(BUILD))/guest-driver/sparse C=2 CHECK=sparse CF=-Wsparse-error \
		CONFIG_DEBUG_INFO_BTF_MODULES= modules

# The policy, which others build too.
GOAL_SRC := guest-driver/goal.c guest-driver/cache.c

# The agent, for guests that can't load it.
AGENT_OBJS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard guest-driver/agent/*.c) \
	$(GOAL_SRC) xenstore-schema/record.c)
PROGRAMS += $(BUILD)/selfballoond
$(BUILD)/selfballoond: $(AGENT_OBJS)
	$(CC) $(ALL_CFLAGS) -o $@ $^ -lxenstore
$(BUILD)/man/selfballoond.8.scd: guest-driver/agent/selfballoond.8.scd.in $(BUILD)/selfballoond
	@mkdir -p $(@D)
	sed -e '/^@options@/{r '<($(BUILD)/selfballoond --help | \
		sed -nE 's/^  (--[a-z-]+)(=?)([A-Z]*) *(.*)/*\1*\2\3\n\t\4\n/; T; s/_/\\_/g; p') \
		-e 'd}' $< >$@
PROGRAMS += $(BUILD)/man/selfballoond.8

CHECKS += $(BUILD)/san/tests/policy/goal
$(BUILD)/san/tests/policy/goal: $(patsubst %.c,$(BUILD)/san/%.o,$(GOAL_SRC) guest-driver/foreign.c)

CHECKS += $(BUILD)/san/tests/policy/need $(BUILD)/san/tests/policy/cache
$(addprefix $(BUILD)/san/tests/policy/,need cache): $(GOAL_SRC:%.c=$(BUILD)/san/%.o)

CHECKS += $(BUILD)/san/tests/policy/look
$(BUILD)/san/tests/policy/look: $(patsubst %.c,$(BUILD)/san/%.o,$(GOAL_SRC) guest-driver/agent/look.c)

CHECKS += $(BUILD)/san/tests/policy/abi
$(BUILD)/san/tests/policy/abi: $(BUILD)/san/tests/policy/abi.o
