/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon says: one logger for itself and for Xen's libraries. To
 * standard error in the foreground (with the journal's priority prefix when
 * systemd listens), to syslog in the background.
 */
#ifndef BALLOOND_LOG_H
#define BALLOOND_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <xentoollog.h>

void log_init(bool to_syslog, bool debug);
xentoollog_logger *log_logger(void);
bool log_is_debug(void);

__attribute__((format(printf, 2, 3)))
void log_at(xentoollog_level level, const char *format, ...);

#define log_error(...)	log_at(XTL_ERROR, __VA_ARGS__)
#define log_warn(...)	log_at(XTL_WARN, __VA_ARGS__)
#define log_info(...)	log_at(XTL_INFO, __VA_ARGS__)
#define log_debug(...)	log_at(XTL_DEBUG, __VA_ARGS__)

/* True once a `gap_ms`; false in between, so that a guest can't fill the log. */
struct log_limit {
	uint64_t next_ms;
	uint32_t held;		/* how many times false since the last true */
};
bool log_allowed(struct log_limit *limit, uint64_t now_ms, uint64_t gap_ms);

#endif
