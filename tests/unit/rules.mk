# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests of the policy core.

CORE_SAN   := $(CORE_SRC:%.c=$(BUILD)/san/%.o)
CORE_TESTS := core_levels core_plan core_admission core_actions core_loop core_zero core_random \
	core_free_state case_policy case_freeing
CORE_TESTS := $(CORE_TESTS:%=$(BUILD)/san/tests/unit/%)
CHECKS     += $(CORE_TESTS) $(BUILD)/tests/unit/core_pure

$(CORE_TESTS): $(CORE_SAN) $(BUILD)/san/tests/unit/toy_host.o
$(BUILD)/san/tests/unit/core_random: $(BUILD)/san/tests/unit/toy_events.o

$(BUILD)/tests/unit/core_pure: tests/unit/core_pure.sh $(BUILD)/dom0-balloond/core.o
	@mkdir -p $(@D)
	cp $< $@

# Branches of core/ that its tests take. gcc leaves counts beside the objects.
COVERAGE := $(BUILD)/coverage
COVERAGE_TESTS := $(CORE_TESTS:$(BUILD)/san/%=$(COVERAGE)/%)

$(COVERAGE)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -O0 --coverage -c -o $@ $<

$(COVERAGE)/tests/%: $(COVERAGE)/tests/%.o
	$(CC) $(ALL_CFLAGS) --coverage -o $@ $(filter %.o,$^) -lcmocka

$(COVERAGE_TESTS): $(CORE_SRC:%.c=$(COVERAGE)/%.o) $(COVERAGE)/tests/unit/toy_host.o
$(COVERAGE)/tests/unit/core_random: $(COVERAGE)/tests/unit/toy_events.o

## make coverage      branches of the policy core that its tests take: 95 % or more
.PHONY: coverage
coverage: $(COVERAGE_TESTS)
	@BUILD=$(BUILD) tests/unit/core_coverage.sh

CHECKS += tests/unit/core_coverage.sh
check-built: $$(if $$(filter %/core_coverage.sh,$$(call chosen,$$(CHECKS))),$$(COVERAGE_TESTS))
