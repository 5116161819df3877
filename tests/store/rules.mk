# SPDX-License-Identifier: GPL-2.0-or-later
# A hypervisor that is a file, for the real xenstored and the real balloond.

STORE_TOOLS := $(BUILD)/tests/store/fake-xen $(BUILD)/tests/store/preload.so
TEST_TOOLS += $(STORE_TOOLS) $(BUILD)/san/balloond
FAKE_HOST := $(addprefix $(BUILD)/,tests/store/fake_guest.o tests/store/fake_xen.o \
	xenstore-schema/record.o)

$(BUILD)/tests/store/fake-xen: $(BUILD)/tests/store/fake_xen_main.o $(FAKE_HOST)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lxenstore

$(BUILD)/tests/store/preload.so: tests/store/preload.c tests/store/fake_xen.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIC -shared -o $@ $(filter %.c,$^) -ldl
CHECKS += tests/store/schema.sh
CHECKS += tests/store/policy.sh
CHECKS += tests/store/reservation.sh

TEST_TOOLS += $(BUILD)/san/selfballoond
$(BUILD)/san/selfballoond: $(AGENT_OBJS:$(BUILD)/%=$(BUILD)/san/%)
	$(CC) $(ALL_CFLAGS) $(SAN) -o $@ $^ -lxenstore
TEST_TOOLS += $(BUILD)/tests/store/fail-read.so
$(BUILD)/tests/store/fail-read.so: tests/store/fail_read.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIC -shared -o $@ $(filter %.c,$^) -ldl
CHECKS += tests/store/agent.sh

# A balloond whose calls are counted, and one of which goes wrong.
$(BUILD)/tests/store/crash.so: tests/store/crash.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIC -shared -o $@ $(filter %.c,$^) -ldl
STAGED := $(addprefix $(BUILD)/tests/store/,crash_points watchdog any_state)
STORE_TOOLS_CRASH := $(STAGED) $(BUILD)/tests/store/crash.so
TEST_TOOLS += $(STORE_TOOLS_CRASH)
CHECKS += $(STAGED:$(BUILD)/%=%.sh)

$(BUILD)/tests/store/crash_points: $(BUILD)/tests/store/crash_story.o
$(STAGED): %: %.o $(BUILD)/tests/store/crash_host.o $(FAKE_HOST)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lxenstore

# A balloond of which one mechanism can be taken out: the tests above must notice.
MUTANT_BALLOOND := $(BUILD)/mutants/balloond
$(MUTANT_BALLOOND): $(patsubst %.c,$(BUILD)/mutants/%.o,$(BALLOOND_SRC) $(CORE_SRC) \
		xenstore-schema/record.c $(GOAL_SRC) tests/mutants/mechanisms.c)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(BALLOOND_LIBS) -lcmocka
TEST_TOOLS += $(MUTANT_BALLOOND)
CHECKS += tests/store/crash_notices.sh

## make crash-points  balloond killed and xenstored lost at every single call
.PHONY: crash-points
crash-points: $(STORE_TOOLS) $(STORE_TOOLS_CRASH) $(BUILD)/balloond
	@BUILD=$(BUILD) tests/store/crash_points.sh --all
CHECKS_LONG += tests/store/crash_points_all.sh

# Every allocation of balloond's fails in turn.
TEST_TOOLS += $(BUILD)/tests/store/fail-malloc.so
$(BUILD)/tests/store/fail-malloc.so: tests/store/fail_malloc.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIC -shared -o $@ $(filter %.c,$^)
CHECKS += tests/store/enomem.sh
