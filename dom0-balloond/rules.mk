# SPDX-License-Identifier: GPL-2.0-or-later
# balloond: everything of the daemon but core/, which is pure and has its own.

BALLOOND_LIBS := -lxenctrl -lxenstore -lxlutil -lxentoollog -lyajl
BALLOOND_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard dom0-balloond/*.c)))
PROGRAMS += $(BUILD)/balloond

$(BUILD)/balloond: $(BALLOOND_OBJ) $(BUILD)/dom0-balloond/core.o \
		$(BUILD)/xenstore-schema/record.o
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(BALLOOND_LIBS)
