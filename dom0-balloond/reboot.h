/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain that reboots goes, and a moment later its toolstack builds it again, as
 * large as it was told to be last. Given away meanwhile its memory would be missing
 * then, and the VM lost; so it is kept for it, as a reservation of its name.
 */
#ifndef BALLOOND_REBOOT_H
#define BALLOOND_REBOOT_H

struct balloond;

#define REBOOT_KEEP_S	60	/* a toolstack that restarts it takes a second or two */
#define REBOOT_PURPOSE	"reboot"

/* For every domain that has shut down in order to reboot since the last look. */
void reboots_keep(struct balloond *b);

#endif
