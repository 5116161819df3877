// SPDX-License-Identifier: GPL-2.0-or-later
#include "reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balloond.h"

int balloond_reload(struct balloond *b, char *why, size_t size)
{
	char *text = NULL, *at;
	size_t len;
	FILE *report = open_memstream(&text, &len);
	int rc = report ? config_read(b->options.config_file, report, &b->settings) : -ENOMEM;

	if (report)
		fclose(report);
	if (rc == -ENOENT && !b->options.config_given) {
		config_finish(&b->settings);
		config_default(&b->settings);
		rc = 0;
	}
	if (rc) {
		snprintf(why, size, "%s", text && *text ? text : strerror(-rc));
		for (at = why; (at = strchr(at, '\n')); )
			*at = at[1] ? ';' : '\0';
		log_error("%s: the settings stay as they were", why);
	} else {
		log_info("%s read", b->options.config_file);
		b->turn_wanted = true;
	}
	free(text);
	return rc;
}
