# SPDX-License-Identifier: GPL-2.0-or-later
# balloond: everything of the daemon but core/, which is pure and has its own;
# and from its tables its manuals and its example configuration.

BALLOOND_LIBS := -lxenctrl -lxenstore -lxlutil -lxentoollog -lyajl
BALLOOND_CORE := $(patsubst %.c,$(BUILD)/san/%.o,$(wildcard dom0-balloond/core/*.c))
BALLOOND_SRC := $(filter-out dom0-balloond/generate.c,$(sort $(wildcard dom0-balloond/*.c)))
PROGRAMS += $(BUILD)/balloond $(BUILD)/balloond.conf $(BUILD)/man/balloond.8 \
	$(BUILD)/man/balloond.conf.5

# dom0's need is judged by the guests' formula (GPL-2.0-only, and so is the whole).
$(BUILD)/balloond: $(BALLOOND_SRC:%.c=$(BUILD)/%.o) $(BUILD)/dom0-balloond/core.o \
		$(BUILD)/xenstore-schema/record.o $(GOAL_SRC:%.c=$(BUILD)/%.o)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(BALLOOND_LIBS)

$(BUILD)/balloond-generate: $(BUILD)/dom0-balloond/generate.o
	$(CC) $(ALL_CFLAGS) -o $@ $^

# The example: every key, with its default, commented out.
$(BUILD)/balloond.conf: $(BUILD)/balloond
	{ echo '# balloond.conf(5). Sizes are MiB, or have a suffix b, k, m, g or t, then in quotes: "1g".'; \
		echo "# After a change: balloond -n, then xlmem reload."; echo; \
		$< --help-config; } >$@

$(BUILD)/man/balloond%.scd: dom0-balloond/balloond%.scd.in $(BUILD)/balloond-generate
	@mkdir -p $(@D)
	sed $(foreach part,options exits counters commands keys,\
		-e '/^@$(part)@/{r '<($(BUILD)/balloond-generate $(part)) -e 'd}') $< >$@

# The daemon whole, under the sanitizers, for the tests that talk to it.
$(BUILD)/san/balloond: $(BALLOOND_SRC:%.c=$(BUILD)/san/%.o) $(BALLOOND_CORE) \
		$(BUILD)/san/xenstore-schema/record.o $(GOAL_SRC:%.c=$(BUILD)/san/%.o)
	$(CC) $(ALL_CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(BALLOOND_LIBS)

BALLOOND_TESTS := $(addprefix $(BUILD)/san/tests/unit/,config control daemon no_memory zero)
CHECKS += $(BALLOOND_TESTS)
$(BALLOOND_TESTS): $(patsubst %.c,$(BUILD)/san/%.o,\
		$(filter-out dom0-balloond/main.c,$(BALLOOND_SRC))) $(BALLOOND_CORE) \
		$(BUILD)/san/xenstore-schema/record.o $(GOAL_SRC:%.c=$(BUILD)/san/%.o)
$(BALLOOND_TESTS): LDLIBS = $(BALLOOND_LIBS)
$(BUILD)/san/tests/unit/control: LDLIBS = $(BALLOOND_LIBS) -Wl,--wrap=getsockopt
$(BUILD)/san/tests/unit/daemon: LDLIBS = $(BALLOOND_LIBS) -Wl,--wrap=xen_list
$(BUILD)/san/tests/unit/no_memory: LDLIBS = $(BALLOOND_LIBS) -Wl,--wrap=malloc \
	-Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=mmap
