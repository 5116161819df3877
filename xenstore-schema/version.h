/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BALLAST_VERSION_H
#define BALLAST_VERSION_H

/* Of balloond, xlmem, the module, selfballoond: one release. */
#define BALLAST_VERSION	"0.1"

#endif
