// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define LINE_MAX_BYTES	4096

static struct {
	xentoollog_logger vtable;
	bool to_syslog, journal;
	xentoollog_level min;
} logger;

static int level_priority(xentoollog_level level)
{
	if (level >= XTL_ERROR)
		return LOG_ERR;
	if (level == XTL_WARN)
		return LOG_WARNING;
	return level >= XTL_INFO ? LOG_INFO : LOG_DEBUG;
}

static void say(xentoollog_level level, int errnoval, const char *context,
		const char *format, va_list args)
{
	char line[LINE_MAX_BYTES];
	int priority = level_priority(level);

	if (level < logger.min)
		return;
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	if (logger.to_syslog) {
		syslog(priority, "%s%s%s%s%s", context ? context : "", context ? ": " : "",
		       line, errnoval >= 0 ? ": " : "",
		       errnoval >= 0 ? strerror(errnoval) : "");
		return;
	}
	if (logger.journal)
		fprintf(stderr, "<%d>", priority);
	fprintf(stderr, "balloond: %s%s%s%s%s%s\n",
		level >= XTL_ERROR ? "" : level == XTL_WARN ? "warning: " : "",
		context ? context : "", context ? ": " : "", line,
		errnoval >= 0 ? ": " : "", errnoval >= 0 ? strerror(errnoval) : "");
}

/* Xen's libraries report here what the caller reports again in its own words. */
static void vmessage(xentoollog_logger *self, xentoollog_level level, int errnoval,
		     const char *context, const char *format, va_list args)
{
	(void)self;
	say(level > XTL_DEBUG ? XTL_DEBUG : level, errnoval, context, format, args);
}

void log_init(bool to_syslog, bool debug)
{
	const char *journal = getenv("JOURNAL_STREAM");

	logger.vtable.vmessage = vmessage;
	logger.to_syslog = to_syslog;
	logger.journal = journal && *journal;
	logger.min = debug ? XTL_DEBUG : XTL_INFO;
	if (to_syslog)
		openlog("balloond", LOG_PID, LOG_DAEMON);
}

xentoollog_logger *log_logger(void)
{
	return &logger.vtable;
}

bool log_is_debug(void)
{
	return logger.min <= XTL_DEBUG;
}

void log_at(xentoollog_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(level, -1, NULL, format, args);
	va_end(args);
}
