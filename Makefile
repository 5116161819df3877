# SPDX-License-Identifier: GPL-2.0-or-later
# Ballast: dynamic memory for Xen hosts. `make help` lists the targets; each
# room brings its own rules.mk and adds to the variables set here.

.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

BUILD  ?= build
export BALLAST_CACHE ?= $(abspath $(BUILD)/cache)
CC     ?= gcc
ifeq ($(origin CC),default)
CC     := gcc
endif
PREFIX ?= /usr
DESTDIR ?=

CFLAGS ?= -O2 -g
WARN    = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	  -Wvla -Wformat=2 -Werror
CPPFLAGS += -D_GNU_SOURCE -I. -Ixenstore-schema -Idom0-balloond
ALL_CFLAGS = -std=gnu11 $(WARN) $(CFLAGS) $(CPPFLAGS) -MMD -MP
SAN     = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# What `make` builds, what `make install` puts where, and the programs that
# `make check` runs; every one of CHECKS prints TAP on standard output. Programs
# that tests use, beside PROGRAMS, are TEST_TOOLS.
PROGRAMS   :=
CHECKS     :=
TEST_TOOLS :=

include $(wildcard xenstore-schema/rules.mk guest-driver/rules.mk \
	dom0-balloond/rules.mk dom0-balloond/core/rules.mk \
	tools/rules.mk tools/balloonsim/rules.mk \
	tests/rules.mk tests/unit/rules.mk tests/mutants/rules.mk tests/fuzz/rules.mk \
	tests/xen/rules.mk \
	install.mk)

.PHONY: all clean distclean
all: $(PROGRAMS)
clean:
	[[ ! -e $(BUILD)/Makefile && ! $(BUILD) -ef / ]]	# not the sources, nor all there is
	[[ ! -d $(BUILD) ]] || find $(BUILD) -mindepth 1 -maxdepth 1 ! -name cache -exec rm -rf {} +
	rm -f guest-driver/xen-selfballoon.ko
distclean: clean
	rm -rf $(BUILD)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# The same objects under the sanitizers, for the unit tests.
$(BUILD)/san/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(SAN) -c -o $@ $<

-include $(shell find $(BUILD) -name cache -prune -o -type f -name '*.d' -print 2>/dev/null)
