# SPDX-License-Identifier: GPL-2.0-or-later
# balloonsim: the daemon's own objects and the guest's own policy in a simulated
# host. What of the daemon touches Xen, xenstored, sockets, clocks and terminals
# has a counterpart here.

SIM_REPLACED := main loop control host_xen store clock notify start generate host_dry \
		options log zero_proc
SIM_BALLOOND := $(filter-out $(SIM_REPLACED:%=dom0-balloond/%.c),\
		$(sort $(wildcard dom0-balloond/*.c)))
SIM_SRC := $(filter-out tools/balloonsim/generate.c,$(sort $(wildcard tools/balloonsim/*.c)))
SIM_WORLD := $(filter-out tools/balloonsim/main.c,$(SIM_SRC)) $(SIM_BALLOOND) \
	     xenstore-schema/record.c $(GOAL_SRC) \
	     tools/xlmem/vmcfg.c tools/xlmem/numbers.c \
	     tools/scenario/cond.c tools/scenario/plot.c
SIM_LIBS := -lxlutil -lxentoollog -lyajl

SIM_SAN := $(SIM_WORLD:%.c=$(BUILD)/san/%.o) $(BALLOOND_CORE)

SIM_TESTS := $(addprefix $(BUILD)/san/tests/unit/,sim_world sim_guest sim_memory sim_daemon sim_fixed sim_offset sim_reread \
	case_daemon sim_scenario sim_figures)
CHECKS += $(SIM_TESTS)
$(SIM_TESTS): $(SIM_SAN) $(BUILD)/san/tests/unit/puppet.o
$(SIM_TESTS): $(BUILD)/san/tests/unit/lone_guest.o
$(addprefix $(BUILD)/san/tests/unit/,sim_daemon sim_fixed sim_offset sim_reread): $(BUILD)/san/tests/unit/two_guests.o
$(SIM_TESTS): LDLIBS = $(SIM_LIBS)

PROGRAMS += $(BUILD)/balloonsim
$(BUILD)/balloonsim: $(SIM_WORLD:%.c=$(BUILD)/%.o) $(BUILD)/tools/balloonsim/main.o \
		$(BUILD)/dom0-balloond/core.o
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(SIM_LIBS)

# Its manual and completion, from its tables.
PROGRAMS += $(BUILD)/man/balloonsim.1 $(BUILD)/balloonsim.completion
$(BUILD)/balloonsim-generate: $(BUILD)/tools/balloonsim/generate.o
	$(CC) $(ALL_CFLAGS) -o $@ $^

$(BUILD)/balloonsim.completion: $(BUILD)/balloonsim-generate
	$< completion >$@

$(BUILD)/man/balloonsim.1.scd: tools/balloonsim/balloonsim.1.scd.in $(BUILD)/balloonsim-generate
	@mkdir -p $(@D)
	sed $(foreach part,options exits steps characters curves guest_values host_values,\
		-e '/^@$(part)@/{r '<($(BUILD)/balloonsim-generate $(part)) -e 'd}') $< >$@

# The same program under the sanitizers, for the tests.
TEST_TOOLS += $(BUILD)/san/balloonsim
$(BUILD)/san/balloonsim: $(SIM_SAN) $(BUILD)/san/tools/balloonsim/main.o
	$(CC) $(ALL_CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(SIM_LIBS)

CHECKS += tests/sim/balloonsim.sh tests/sim/calibrate.sh

# Random events: under the sanitizers as many as fit a minute, plain 10^6.
SIM_RANDOM := $(basename $(sort $(wildcard tests/unit/random_*.c))) \
	tests/unit/sim_random tests/unit/puppet
CHECKS += $(BUILD)/san/tests/unit/sim_random
$(BUILD)/san/tests/unit/sim_random: $(SIM_SAN) $(SIM_RANDOM:%=$(BUILD)/san/%.o)
$(BUILD)/san/tests/unit/sim_random: LDLIBS = $(SIM_LIBS)

$(BUILD)/tests/unit/sim_random: $(SIM_RANDOM:%=$(BUILD)/%.o) $(SIM_WORLD:%.c=$(BUILD)/%.o) \
		$(BUILD)/dom0-balloond/core.o
	$(CC) $(ALL_CFLAGS) -o $@ $^ -lcmocka $(SIM_LIBS)

## make soak-sim      10^6 random events in the simulated host (EVENTS=n)
.PHONY: soak-sim
soak-sim: $(BUILD)/tests/unit/sim_random
	EVENTS=$(or $(EVENTS),1000000) $<
