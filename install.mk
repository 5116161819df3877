# SPDX-License-Identifier: GPL-2.0-or-later
# What goes where on a host, as SOURCE:MODE:PLACE. The module is not among it: it
# belongs into the guests (make module).

INSTALL_FILES = \
	$(BUILD)/balloond:755:$(PREFIX)/sbin/balloond \
	$(BUILD)/xlmem:755:$(PREFIX)/bin/xlmem \
	$(BUILD)/balloond.service:644:$(PREFIX)/lib/systemd/system/balloond.service \
	dom0-balloond/balloond.sysusers:644:$(PREFIX)/lib/sysusers.d/balloond.conf \
	$(BUILD)/man/balloond.8:644:$(PREFIX)/share/man/man8/balloond.8 \
	$(BUILD)/man/balloond.conf.5:644:$(PREFIX)/share/man/man5/balloond.conf.5 \
	$(BUILD)/man/xlmem.1:644:$(PREFIX)/share/man/man1/xlmem.1 \
	$(BUILD)/xlmem.completion:644:$(PREFIX)/share/bash-completion/completions/xlmem

CONFIG_PLACE = /etc/balloond/balloond.conf

PROGRAMS += $(BUILD)/balloond.service

# Units name programs with their whole path; PREFIX may change between makes.
UNITS = $(BUILD)/balloond.service $(BUILD)/selfballoond.service
.PHONY: install uninstall always
$(BUILD)/balloond.service: dom0-balloond/balloond.service
$(BUILD)/selfballoond.service: guest-driver/agent/selfballoond.service
$(UNITS): always
	@mkdir -p $(@D)
	@sed -E 's|/usr/(s?bin)/|$(PREFIX)/\1/|' $(filter %.service,$^) | cmp -s - $@ || \
		sed -E 's|/usr/(s?bin)/|$(PREFIX)/\1/|' $(filter %.service,$^) >$@

# Rows of FILE:MODE:PLACE
define install_rows
@for row in $(1); do \
	IFS=: read -r file mode place <<<"$$row"; \
	install -D -m "$$mode" "$$file" "$(DESTDIR)$$place"; \
	echo "$(DESTDIR)$$place"; \
done
endef

## make install       [DESTDIR=] [PREFIX=/usr]: balloond, xlmem, manuals, unit
install: all
	$(call install_rows,$(INSTALL_FILES))
	@if [[ -e "$(DESTDIR)$(CONFIG_PLACE)" ]]; then \
		echo "$(DESTDIR)$(CONFIG_PLACE) is kept as it is"; \
	else \
		install -D -m 644 $(BUILD)/balloond.conf "$(DESTDIR)$(CONFIG_PLACE)"; \
		echo "$(DESTDIR)$(CONFIG_PLACE)"; \
	fi
	@echo "Next: systemd-sysusers; systemctl daemon-reload; systemctl enable --now balloond"

## make install-agent [DESTDIR=] [PREFIX=/usr]: selfballoond, for a guest without the module
AGENT_FILES = \
	$(BUILD)/selfballoond:755:$(PREFIX)/sbin/selfballoond \
	$(BUILD)/selfballoond.service:644:$(PREFIX)/lib/systemd/system/selfballoond.service \
	$(BUILD)/man/selfballoond.8:644:$(PREFIX)/share/man/man8/selfballoond.8
.PHONY: install-agent
install-agent: $(BUILD)/selfballoond $(BUILD)/selfballoond.service $(BUILD)/man/selfballoond.8
	$(call install_rows,$(AGENT_FILES))
	@echo "Next: systemctl daemon-reload; systemctl enable --now selfballoond"

## make install-dkms  [DESTDIR=] [PREFIX=/usr]: the module's source and its ABI, for dkms in a guest
DKMS_VERSION = $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' guest-driver/dkms.conf)
DKMS_PLACE = $(PREFIX)/src/xen-selfballoon-$(DKMS_VERSION)
DKMS_DOC = $(PREFIX)/share/doc/xen-selfballoon
DKMS_FILES = $(foreach f,$(MODULE_SRC) guest-driver/dkms.conf,$(f):644:$(DKMS_PLACE)/$(notdir $(f))) \
	guest-driver/modules-load.conf:644:$(PREFIX)/lib/modules-load.d/xen-selfballoon.conf \
	guest-driver/ABI-xen-selfballoon:644:$(DKMS_DOC)/ABI-xen-selfballoon
.PHONY: install-dkms
install-dkms:
	$(call install_rows,$(DKMS_FILES))
	@echo "Next: dkms install xen-selfballoon/$(DKMS_VERSION) && modprobe xen-selfballoon"

# The running system's services and dkms are told first, if they are this PREFIX's; a DESTDIR
# has neither.
## make uninstall     the same backwards; the configuration stays
uninstall:
	@[[ -z "$(DESTDIR)" ]] || exit 0; \
	for unit in balloond selfballoond; do \
		loaded="$$(systemctl show -P FragmentPath $$unit.service 2>/dev/null || true)"; \
		[[ ! "$$loaded" -ef "$(PREFIX)/lib/systemd/system/$$unit.service" ]] || \
			systemctl disable --now $$unit.service || exit; \
	done; \
	if [[ -e "$(DKMS_PLACE)/dkms.conf" ]] && command -v dkms >/dev/null && [[ -n "$$(dkms status xen-selfballoon/$(DKMS_VERSION))" ]]; then \
		dkms remove xen-selfballoon/$(DKMS_VERSION) --all; \
	fi
	@for row in $(INSTALL_FILES) $(AGENT_FILES) $(DKMS_FILES); do \
		rm -fv "$(DESTDIR)$${row##*:}"; \
	done
	@rmdir "$(DESTDIR)$(DKMS_PLACE)" "$(DESTDIR)$(DKMS_DOC)" 2>/dev/null || true
