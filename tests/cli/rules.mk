# SPDX-License-Identifier: GPL-2.0-or-later

CHECKS += tests/cli/xlmem.sh
CHECKS += tests/cli/host.sh tests/cli/daemon.sh tests/cli/install.sh
