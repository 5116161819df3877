# SPDX-License-Identifier: GPL-2.0-or-later
# The units under a real systemd (README.md).
CHECKS += tests/systemd/balloond.sh tests/systemd/selfballoond.sh
CHECKS_LONG += tests/systemd/restarts.sh
