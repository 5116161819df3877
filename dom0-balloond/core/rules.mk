# SPDX-License-Identifier: GPL-2.0-or-later
# The policy core: pure integer code, built without the C library and without
# FPU registers, so that nothing outside can creep in; core-pure asserts it.

CORE_SRC := $(sort $(wildcard dom0-balloond/core/*.c))
CORE_OBJ := $(CORE_SRC:%.c=$(BUILD)/%.o)

CORE_CFLAGS := -ffreestanding -fno-builtin -mgeneral-regs-only \
	       -fno-stack-protector -fno-tree-loop-distribute-patterns
$(BUILD)/dom0-balloond/core/%.o: ALL_CFLAGS += $(CORE_CFLAGS)

$(BUILD)/dom0-balloond/core.o: $(CORE_OBJ)
	$(LD) -r -o $@ $^
