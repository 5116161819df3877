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

# A balloond whose calls are counted, and one of which goes wrong.
$(BUILD)/tests/store/crash.so: tests/store/crash.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIC -shared -o $@ $(filter %.c,$^) -ldl
$(BUILD)/tests/store/crash_points: $(addprefix $(BUILD)/tests/store/,crash_points.o \
		crash_story.o crash_host.o) $(FAKE_HOST)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lxenstore
