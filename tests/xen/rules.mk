# SPDX-License-Identifier: GPL-2.0-or-later
# A real Xen host under emulation: see tests/xen/README.md.

export BALLAST_CACHE ?= $(abspath $(BUILD)/cache)

.PHONY: xen-images xen-shell
xen-images:
	@tests/xen/xenlab images

xen-shell: all
	@tests/xen/xenlab shell
