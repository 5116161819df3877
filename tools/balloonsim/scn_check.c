// SPDX-License-Identifier: GPL-2.0-or-later
/* What only the whole file shows: names in conditions, balloond's lines, floors. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "core/host.h"
#include "scn_reader.h"

static void name_check(struct reader *r, const char *name, int column)
{
	struct value_name v;
	const char *why = value_parse(&v, name);
	const struct scn_mark *mark[2] = { NULL, NULL };

	if (why) {
		fault(r, column, "'%s': %s; the values are in balloonsim(1)", name, why);
		return;
	}
	if (v.base[0] && strcmp(v.base, "dom0") && strcmp(v.base, "all") &&
	    scenario_guest(r->s, v.base, strlen(v.base)) < 0 && !known(r, 'r', v.base))
		fault(r, column, "'%s': no guest is called %s; declare it above: guest %s memory=SIZE",
		      name, v.base, v.base);
	for (int i = 0; i < 2 && v.mark[i][0]; i++) {
		mark[i] = known(r, 'm', v.mark[i]);
		if (!mark[i])
			fault(r, column, "no mark '%s' above this line; add `mark %s` where it belongs",
			      v.mark[i], v.mark[i]);
	}
	if (mark[0] && mark[1] && mark[0]->first >= mark[1]->last)
		fault(r, column, "time runs backwards: mark %s is at line %d, after %s; write @%s..%s",
		      v.mark[0], mark[0]->first, v.mark[1], v.mark[1], v.mark[0]);
}

void condition_check(struct reader *r, const struct cond *cond, int column)
{
	if (cond->op >= COND_HAS)
		fault(r, column, "nothing here has a text; compare numbers: == != < <= > >=");
	for (int i = 0; i < cond->terms; i++)
		if (cond->term[i].name)
			name_check(r, cond->term[i].name,
				   column + (int)(cond->term[i].name - cond->words));
}

/* balloond's own reader looks at its lines; its line numbers become ours. */
static void conf_check(struct reader *r)
{
	char path[] = "/tmp/balloonsim.XXXXXX", *said = NULL, *line, *save = NULL;
	size_t size, len = strlen(r->s->conf);
	struct settings settings;
	FILE *report = open_memstream(&said, &size);
	int fd = mkstemp(path), rc;

	if (!report)
		abort();
	if (fd < 0 || write(fd, r->s->conf, len) != (ssize_t)len) {
		fclose(report);
		free(said);
		if (fd >= 0)
			close(fd);
		fault_at(r, 1, 1, "%s can't be written, which conf needs", path);
		return;
	}
	close(fd);
	config_default(&settings);
	rc = config_read(path, report, &settings);
	config_finish(&settings);
	unlink(path);
	fclose(report);
	for (line = rc ? strtok_r(said, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		char *colon = strncmp(line, path, strlen(path)) ? NULL : line + strlen(path);
		long n = colon ? strtol(colon + 1, &line, 10) : 0;
		bool ours = n >= 1 && (uint32_t)n <= r->n_conf_lines;

		fault_at(r, ours ? r->conf_lines[n - 1] : 1, 6, "conf%s%s",
			 *line == ':' ? "" : ": ", line);
	}
	free(said);
}

static void floors_check(struct reader *r)
{
	const struct scenario *s = r->s;
	int64_t room_kib = s->host_kib - s->dom0_kib - scenario_xen_kib(s), sum_kib = 0;

	if (room_kib <= 0) {
		fault_at(r, r->host_line, 1, "dom0 and Xen have all of the host's memory; make the host "
			 "larger");
		return;
	}
	for (uint32_t i = 0; i < s->n_guests; i++) {
		const struct scn_guest *g = &s->guests[i];

		if ((int)i == s->zero)
			continue;
		if (g->vm.min_kib > room_kib) {
			fault_at(r, g->line, 1, "the floor of %s is above the host: min is %lld MiB, "
				 "and %lld MiB are left beside dom0; lower min, or make the host larger",
				 g->vm.name, (long long)g->vm.min_kib / 1024,
				 (long long)room_kib / 1024);
			return;
		}
		sum_kib += g->vm.min_kib > 0 ? g->vm.min_kib : 0;
		if (sum_kib > room_kib && !s->overcommitted) {
			fault_at(r, g->line, 1, "with %s the floors are above the host: %lld MiB, and %lld "
				 "MiB are left beside dom0; lower min, make the host larger, or add a "
				 "line `overcommitted` if it is meant", g->vm.name,
				 (long long)sum_kib / 1024, (long long)room_kib / 1024);
			return;
		}
	}
}

void scenario_check(struct reader *r)
{
	if (r->repeat)
		fault_at(r, r->repeat_line, 1, "this repeat has no end; add the line `end`");
	if (!r->s->host_kib)
		fault_at(r, 1, 1, "no host; add the line `host SIZE`");
	else
		floors_check(r);
	if (r->s->conf)
		conf_check(r);
	if (!r->faults && !r->s->expectations)
		fault_at(r, r->line, 1, "no expectation: a scenario that expects nothing proves nothing; "
			 "add `expect CONDITION`");
}
