# SPDX-License-Identifier: GPL-2.0-or-later
# Mutants: each safety mechanism off in turn, in builds of their own.

MUTANTS := $(BUILD)/mutants
MUTANT_CORE := $(addprefix $(MUTANTS)/tests/unit/,core_plan core_actions core_admission core_loop \
	core_zero core_free_state case_policy case_freeing)
MUTANT_SIM := $(addprefix $(MUTANTS)/tests/unit/,sim_world sim_daemon sim_fixed sim_offset sim_reread sim_guest case_daemon)
MUTANT_DAEMON := $(addprefix $(MUTANTS)/tests/unit/,daemon control zero)
MUTANT_TESTS := $(MUTANT_CORE) $(MUTANT_SIM) $(MUTANT_DAEMON) \
	$(addprefix $(MUTANTS)/tests/policy/,goal need cache)
mutant_objs = $(patsubst %.c,$(MUTANTS)/%.o,$(1))

$(MUTANTS)/%.o: %.c tests/mutants/mechanisms.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -O1 -include tests/mutants/mechanisms.h -c -o $@ $<

$(MUTANTS)/tests/%: $(MUTANTS)/tests/%.o $(MUTANTS)/tests/mutants/mechanisms.o
	$(CC) $(ALL_CFLAGS) -o $@ $(filter %.o,$^) -lcmocka $(LDLIBS)

$(MUTANT_CORE): $(call mutant_objs,$(CORE_SRC) tests/unit/toy_host.c)
$(addprefix $(MUTANTS)/tests/policy/,need cache): $(call mutant_objs,$(GOAL_SRC))
$(MUTANTS)/tests/policy/goal: $(call mutant_objs,$(GOAL_SRC) guest-driver/foreign.c)
$(MUTANT_DAEMON): $(call mutant_objs,$(CORE_SRC) xenstore-schema/record.c $(GOAL_SRC) \
	$(filter-out dom0-balloond/main.c,$(BALLOOND_SRC)))
$(MUTANT_DAEMON): LDLIBS = $(BALLOOND_LIBS)
$(MUTANTS)/tests/unit/daemon: LDLIBS += -Wl,--wrap=xen_list
$(MUTANTS)/tests/unit/control: LDLIBS += -Wl,--wrap=getsockopt
$(MUTANT_SIM): $(call mutant_objs,$(CORE_SRC) $(SIM_WORLD) tests/unit/puppet.c \
	tests/unit/lone_guest.c)
$(MUTANT_SIM): LDLIBS = $(SIM_LIBS)
$(addprefix $(MUTANTS)/tests/unit/,sim_daemon sim_fixed sim_offset sim_reread): $(MUTANTS)/tests/unit/two_guests.o

## make check-mutants each safety mechanism off in turn: its test must fail
.PHONY: check-mutants
check-mutants: $(MUTANT_TESTS)
	@BUILD=$(BUILD) tests/mutants/run.sh

CHECKS += tests/mutants/run.sh
check-built: $$(if $$(filter tests/mutants/%,$$(call chosen,$$(CHECKS))),$$(MUTANT_TESTS))
