// SPDX-License-Identifier: GPL-2.0-or-later
/* Shows a scenario's events.jsonl, while it is written or afterwards. */
#include "labshow.h"

#include <errno.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <yajl/yajl_tree.h>

/* Virtual time leaps where nothing runs; an eye wants to see what happened. */
#define FRAME_US 15000
#define POLL_US 50000

static const char usage[] =
	"usage: labshow [--follow PID] [--plain] [--svg FILE] EVENTS\n"
	"  --follow PID  until the run's last event, or until PID is gone\n"
	"  --plain       lines, as when standard output is no terminal\n"
	"  --svg FILE    plots everybody's memory over time\n"
	"exits by the run: 0 it passed, 1 it failed or never ended, 2 usage\n";

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	stopped = sig;
}

/* --- one line of the events ---------------------------------------------------- */

static const char *text_of(yajl_val v, const char *key)
{
	const char *path[] = { key, NULL };
	yajl_val t = yajl_tree_get(v, path, yajl_t_string);

	return t ? YAJL_GET_STRING(t) : NULL;
}

static int64_t number_of(yajl_val v, const char *key)
{
	const char *path[] = { key, NULL };
	yajl_val n = yajl_tree_get(v, path, yajl_t_number);

	return n && YAJL_IS_INTEGER(n) ? YAJL_GET_INTEGER(n) : -1;
}

static struct story_vm *vm_of(struct story *s, const char *name)
{
	struct story_vm *vm = s->vm;

	while (vm < s->vm + s->vms && strcmp(vm->name, name))
		vm++;
	if (vm == s->vm + SHOW_VMS)
		return NULL;
	if (vm == s->vm + s->vms) {
		s->vms++;
		*vm = (struct story_vm){ .floor = -1, .limit = -1 };
		snprintf(vm->name, sizeof(vm->name), "%s", name);
	}
	return vm;
}

static void __attribute__((format(printf, 3, 4)))
say(struct story *s, enum said said, const char *fmt, ...)
{
	struct note *n = &s->note[s->notes++ % SHOW_NOTES];
	va_list ap;

	n->ms = s->ms;
	n->said = said;
	va_start(ap, fmt);
	vsnprintf(n->text, sizeof(n->text), fmt, ap);
	va_end(ap);
	n->text[strcspn(n->text, "\n")] = 0;
	if (said == SAID_CHAPTER && s->chapters < (int)(sizeof(s->chapter) / sizeof(s->chapter[0])))
		s->chapter[s->chapters++] = *n;
}

static enum news take_vm(struct story *s, yajl_val v, const char *name)
{
	struct story_vm *vm = vm_of(s, name);
	const char *type = text_of(v, "type"), *kernel = text_of(v, "kernel");

	if (!vm)
		return NEWS_NONE;
	snprintf(vm->kind, sizeof(vm->kind), "%s %s", type && !strcmp(type, "pvh") ? "PVH" : "PV",
		 kernel ? kernel : "");
	vm->floor = (int32_t)number_of(v, "min");
	vm->limit = (int32_t)number_of(v, "maxmem");
	return NEWS_NONE;
}

static enum news take_frame(struct story *s, yajl_val v, yajl_val vms)
{
	struct frame *f;

	if (s->frames == s->room) {
		size_t room = s->room ? 2 * s->room : 256;
		struct frame *more = realloc(s->frame, room * sizeof(*more));

		if (!more)
			return NEWS_NONE;
		s->frame = more;
		s->room = room;
	}
	f = &s->frame[s->frames++];
	memset(f, -1, sizeof(*f));
	f->ms = s->ms;
	f->free = (int32_t)number_of(v, "free");
	for (size_t i = 0; i < vms->u.object.len; i++) {
		yajl_val o = vms->u.object.values[i];
		struct story_vm *vm = vm_of(s, vms->u.object.keys[i]);

		if (!vm)
			continue;
		vm->alive = number_of(o, "alive") == 1;
		vm->seen |= vm->alive;
		if (!vm->alive)
			continue;
		f->vm[vm - s->vm] = (struct vm_state){
			.tot = (int32_t)number_of(o, "tot"), .max = (int32_t)number_of(o, "max"),
			.target = (int32_t)number_of(o, "target"),
			.ceiling = (int32_t)number_of(o, "ceiling"),
			.need = (int32_t)number_of(o, "need"),
		};
	}
	return NEWS_FRAME;
}

static long long value_in(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? atoll(at + strlen(key)) : -1;
}

/* "web.spike touched=1 mib=320 ... ms=2611" */
static enum news take_job(struct story *s, const char *text)
{
	int dot = (int)strcspn(text, "."), end = (int)strcspn(text, " ");
	long long mib = value_in(text, " mib=");

	if (value_in(text, " touched=") == 1 && value_in(text, " ms=") >= 0)
		say(s, SAID_DONE, "%.*s touched %lld MiB in %lld ms", dot, text, mib,
		    value_in(text, " ms="));
	else if (value_in(text, " verified=") == 1)
		say(s, value_in(text, " bad=") ? SAID_FAILED : SAID_DONE,
		    "%.*s: every page of '%.*s' compared, %lld bad", dot, text, end - dot - 1,
		    text + dot + 1, value_in(text, " bad="));
	else
		return NEWS_NONE;
	return NEWS_SAID;
}

/* "NAME: exit N: what it printed": told when it failed and said why. */
static enum news take_ran(struct story *s, const char *text)
{
	const char *code = strstr(text, ": exit "), *out = code ? strchr(code + 2, ':') : NULL;

	if (!out || !atoi(code + 7) || !out[1] || !out[2])
		return NEWS_NONE;
	say(s, SAID_DONE, "%.*s (exit %d)", (int)strcspn(out + 2, "\n"), out + 2, atoi(code + 7));
	return NEWS_SAID;
}

static enum news take_event(struct story *s, const char *event, const char *text)
{
	if (!strcmp(event, "scenario")) {
		snprintf(s->title, sizeof(s->title), "%s", text);
	} else if (!strcmp(event, "note")) {
		say(s, *text >= '0' && *text <= '9' ? SAID_CHAPTER : SAID_NOTE, "%s", text);
		return NEWS_SAID;
	} else if (!strcmp(event, "failed") || !strcmp(event, "kernel") || !strcmp(event, "error")) {
		s->failed += !strcmp(event, "failed");
		say(s, !strcmp(event, "kernel") ? SAID_NOTE : SAID_FAILED, "%s", text);
		return NEWS_SAID;
	} else if (!strcmp(event, "up")) {
		say(s, SAID_DONE, "%s is up", text);
		return NEWS_SAID;
	} else if (!strcmp(event, "job")) {
		return take_job(s, text);
	} else if (!strcmp(event, "ran")) {
		return take_ran(s, text);
	} else if (!strcmp(event, "ok")) {
		s->held++;
	} else if (!strcmp(event, "result")) {
		s->over = true;
	}
	return NEWS_NONE;
}

enum news story_take(struct story *s, const char *line)
{
	const char *vms_path[] = { "vms", NULL };
	yajl_val v = yajl_tree_parse(line, NULL, 0), vms;
	const char *event, *text, *name;
	enum news news = NEWS_NONE;

	if (!v)
		return NEWS_NONE;
	if (number_of(v, "ms") >= 0)
		s->ms = number_of(v, "ms");
	event = text_of(v, "event");
	text = text_of(v, "text");
	name = text_of(v, "vm");
	vms = yajl_tree_get(v, vms_path, yajl_t_object);
	if (event && text)
		news = take_event(s, event, text);
	else if (name)
		news = take_vm(s, v, name);
	else if (vms)
		news = take_frame(s, v, vms);
	yajl_tree_free(v);
	return news;
}

/* --- the file ------------------------------------------------------------------- */

static void show(const struct story *s, enum news news, bool moving, bool live)
{
	if (news == NEWS_NONE)
		return;
	if (moving) {
		table_draw(s);
		if (live && news == NEWS_FRAME)
			usleep(FRAME_US);
	} else if (news == NEWS_SAID) {
		plain_said(s);
	} else {
		plain_frame(s);
	}
}

/* Reads what there is, and with @pid what comes until the run is over. */
static int follow(struct story *s, const char *path, pid_t pid, bool moving)
{
	FILE *f = NULL;
	char *line = NULL;
	size_t room = 0, len = 0;
	bool gone = !pid;

	while (!s->over && !stopped) {
		ssize_t n;

		if (!f)
			f = fopen(path, "re");
		/* A line whose end has not come yet is kept and read on. */
		n = f ? getline(&line, &room, f) : -1;
		if (n > 0 && line[n - 1] == '\n') {
			show(s, story_take(s, line), moving, pid > 0);
			len = 0;
			continue;
		}
		if (f) {
			clearerr(f);
			if (n > 0)
				fseek(f, -(long)n, SEEK_CUR);
		}
		if (gone && (size_t)(n > 0 ? n : 0) == len)
			break;
		len = n > 0 ? (size_t)n : 0;
		gone = !pid || (kill(pid, 0) && errno == ESRCH);
		if (!gone)
			usleep(POLL_US);
	}
	free(line);
	if (!f)
		return -ENOENT;
	fclose(f);
	return 0;
}

int main(int argc, char **argv)
{
	static struct story story;
	const char *path = NULL, *svg = NULL;
	bool moving = isatty(STDOUT_FILENO);
	pid_t pid = 0;
	int rc;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			fputs(usage, stdout);
			return 0;
		}
		if (!strcmp(argv[i], "--plain"))
			moving = false;
		else if (!strcmp(argv[i], "--svg") && i + 1 < argc)
			svg = argv[++i];
		else if (!strcmp(argv[i], "--follow") && i + 1 < argc)
			pid = atoi(argv[++i]);
		else if (argv[i][0] != '-' && !path)
			path = argv[i];
		else
			path = "", i = argc;
	}
	if (!path || !*path) {
		fputs(usage, stderr);
		return 2;
	}
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	if (moving)
		table_begin();
	rc = follow(&story, path, pid, moving);
	if (moving)
		table_end();
	if (rc && !stopped)
		fprintf(stderr, "labshow: %s: %s\n", path, strerror(-rc));
	if (!rc && svg) {
		rc = plot_write(&story, svg);
		if (rc)
			fprintf(stderr, "labshow: %s: %s\n", svg, strerror(-rc));
	}
	return rc || !story.over || story.failed;
}
