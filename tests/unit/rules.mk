# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests of the policy core.

CORE_SAN   := $(CORE_SRC:%.c=$(BUILD)/san/%.o)
CORE_TESTS := core_levels core_plan core_admission core_actions core_loop core_random
CORE_TESTS := $(CORE_TESTS:%=$(BUILD)/san/tests/unit/%)
CHECKS     += $(CORE_TESTS) $(BUILD)/tests/unit/core_pure

$(CORE_TESTS): $(CORE_SAN) $(BUILD)/san/tests/unit/toy_host.o

$(BUILD)/tests/unit/core_pure: tests/unit/core_pure.sh $(BUILD)/dom0-balloond/core.o
	@mkdir -p $(@D)
	cp $< $@
