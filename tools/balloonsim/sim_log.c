// SPDX-License-Identifier: GPL-2.0-or-later
/* What the daemon logs becomes notes of the world. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>

#include "sim_xen.h"

void log_at(xentoollog_level level, const char *format, ...)
{
	char line[4096];
	va_list args;

	if (level <= XTL_DEBUG || !sim_xen_world() || !sim_xen_world()->on_note)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	world_note(sim_xen_world(), "balloond: %s", line);
}
