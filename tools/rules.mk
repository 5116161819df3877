# SPDX-License-Identifier: GPL-2.0-or-later
# xlmem, its manual and its completion.

XLMEM_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tools/xlmem/generate.c,\
	$(wildcard tools/xlmem/*.c)))
PROGRAMS += $(BUILD)/xlmem

$(BUILD)/xlmem: $(XLMEM_OBJECTS)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lyajl -lsmartcols -lxlutil
