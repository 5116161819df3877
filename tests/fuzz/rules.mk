# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzzers: NAME.c is the body, its objects are the project's own under clang's
# sanitizers. All of them lie in one archive, from which each takes what it calls.

FUZZ := $(BUILD)/fuzz
FUZZERS := report socket config state plan
FUZZ_CC := clang -std=gnu11 -O2 -g $(CPPFLAGS) -MMD -MP -fno-omit-frame-pointer \
	   -fsanitize=address,undefined -fno-sanitize-recover=all
# What is fuzzed: it leads the fuzzer on, and its lines are counted. The simulated
# host and the bodies are neither.
FUZZ_COUNT = -fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping
FUZZ_SRC := $(SIM_WORLD) $(CORE_SRC) tests/unit/puppet.c tests/unit/toy_host.c \
	    tests/unit/toy_events.c tests/fuzz/fuzz.c
FUZZ_LIBS := $(SIM_LIBS) -lcmocka
fuzz_objs = $(patsubst %.c,$(FUZZ)/%.o,$(1))

$(FUZZ)/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_COUNT) -c -o $@ $<

$(FUZZ)/tests/%.o $(FUZZ)/tools/balloonsim/%.o: FUZZ_COUNT :=
$(FUZZ)/tests/fuzz/%.o: FUZZ_CC += $(WARN)

$(FUZZ)/objects.a: $(call fuzz_objs,$(FUZZ_SRC))
	@rm -f $@
	ar rcs $@ $^

# sim_daemon.c has no sockets: here is the one that has, and the body stands in for
# every function that others call of sim_daemon.c.
fuzz_own_socket := dom0-balloond/control.c

# One bug for each, which it must find within the budget of `make check`: a line
# of sed over one file of a build of its own.
fuzz_plant_file_report := xenstore-schema/record.c
fuzz_plant_report := s/(eq = name; eq < len/(eq = name; eq <= len/
fuzz_plant_file_socket := dom0-balloond/control.c
fuzz_plant_socket := s/CONTROL_LINE_MAX - client->in_len/CONTROL_LINE_MAX + 2 - client->in_len/
fuzz_plant_file_config := dom0-balloond/config.c
fuzz_plant_config := s,strlen(word) >= sizeof(vm->name) ||,,
fuzz_plant_file_state := dom0-balloond/promise.c
fuzz_plant_state := s/owner, sizeof(owner)/owner, 16 * sizeof(owner)/
fuzz_plant_file_plan := dom0-balloond/core/plan.c
fuzz_plant_plan := s/MECHANISM(headroom_fits)/0/

define fuzz_rules
$(FUZZ)/$(1): $(call fuzz_objs,tests/fuzz/$(1).c $(fuzz_own_$(1))) $(FUZZ)/objects.a
	$$(FUZZ_CC) -fsanitize=fuzzer -fprofile-instr-generate -o $$@ $$^ $(FUZZ_LIBS) $$(LDLIBS)

$(FUZZ)/planted/$(1).c: $(fuzz_plant_file_$(1)) tests/fuzz/rules.mk
	@mkdir -p $$(@D)
	sed '$(fuzz_plant_$(1))' $$< >$$@
	@! cmp -s $$< $$@ || { echo "the bug planted for $(1) isn't in $$< any more"; exit 1; }
$(FUZZ)/planted/$(1).o: $(FUZZ)/planted/$(1).c
	$$(FUZZ_CC) $$(FUZZ_COUNT) -iquote $(dir $(fuzz_plant_file_$(1))) -c -o $$@ $$<
# Before the archive, whose object of that name is then not called for.
$(FUZZ)/planted/$(1): $(FUZZ)/planted/$(1).o $(FUZZ)/objects.a \
		$(call fuzz_objs,tests/fuzz/$(1).c \
		$(filter-out $(fuzz_plant_file_$(1)),$(fuzz_own_$(1))))
	$$(FUZZ_CC) -fsanitize=fuzzer -fprofile-instr-generate -o $$@ $$(filter %.o,$$^) $(FUZZ)/objects.a $(FUZZ_LIBS) $$(LDLIBS)
endef
$(foreach name,$(FUZZERS),$(eval $(call fuzz_rules,$(name))))
$(FUZZ)/socket $(FUZZ)/planted/socket: LDLIBS = -Wl,--wrap=getsockopt

FUZZ_ALL := $(FUZZERS:%=$(FUZZ)/%) $(FUZZERS:%=$(FUZZ)/planted/%)

## make fuzz          every fuzzer for FUZZ_S=30 seconds
.PHONY: fuzz
fuzz: $(FUZZ_ALL)
	@BUILD=$(BUILD) FUZZ_S=$(or $(FUZZ_S),30) tests/fuzz/run.sh

CHECKS += tests/fuzz/run.sh
CHECKS_LONG += tests/fuzz/long.sh
check-built: $$(if $$(filter tests/fuzz/%,$$(call chosen,$$(CHECKS))),$$(FUZZ_ALL))
check-long-built: $$(if $$(filter tests/fuzz/%,$$(call chosen,$$(CHECKS_LONG))),$$(FUZZ_ALL))
