# SPDX-License-Identifier: GPL-2.0-or-later

CHECKS += tests/cli/xlmem.sh tests/cli/labshow.sh
CHECKS += tests/cli/host.sh tests/cli/daemon.sh tests/cli/counters.sh
CHECKS += tests/cli/install.sh tests/cli/dkms.sh tests/cli/bench.sh
