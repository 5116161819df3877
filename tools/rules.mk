# SPDX-License-Identifier: GPL-2.0-or-later
# xlmem, and from its tables its manual and completion.

XLMEM_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tools/xlmem/generate.c,\
	$(wildcard tools/xlmem/*.c)))
PROGRAMS += $(BUILD)/xlmem $(BUILD)/man/xlmem.1 $(BUILD)/xlmem.completion

$(BUILD)/xlmem: $(XLMEM_OBJECTS) $(BUILD)/dom0-balloond/size.o
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lyajl -lsmartcols -lxlutil

$(BUILD)/xlmem-generate: $(BUILD)/tools/xlmem/generate.o
	$(CC) $(ALL_CFLAGS) -o $@ $^

$(BUILD)/xlmem.completion: $(BUILD)/xlmem-generate
	$< completion >$@

$(BUILD)/man/xlmem.1.scd: tools/xlmem/xlmem.1.scd.in $(BUILD)/xlmem-generate
	@mkdir -p $(@D)
	sed -e '/^@COMMANDS@/{r '<($(BUILD)/xlmem-generate manual) -e 'd}' $< >$@

$(BUILD)/man/%: $(BUILD)/man/%.scd
	scdoc <$< >$@
