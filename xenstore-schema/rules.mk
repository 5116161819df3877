# SPDX-License-Identifier: GPL-2.0-or-later
# The contract, and what holds a live store against it.

PROGRAMS += $(BUILD)/xenstore-check

$(BUILD)/xenstore-check: $(BUILD)/xenstore-schema/check.o $(BUILD)/xenstore-schema/record.o
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lxenstore
