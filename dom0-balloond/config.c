// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <libxlutil.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "size.h"

enum key_type { KEY_size, KEY_number, KEY_surplus, KEY_dom0, KEY_choice, KEY_path, KEY_vms };

struct key {
	const char *name;
	enum key_type type;
	size_t offset;
	int64_t low, high;
	const char *fallback, *doc, *test;
};

#define KEY_ROW(key, type, member, low, high, fallback, doc, test) \
	{ #key, KEY_##type, offsetof(struct settings, member), low, high, fallback, doc, test },
static const struct key keys[] = { CONFIG_KEYS(KEY_ROW) };
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static const struct {
	const char *write, *names[3];
} choices[] = {
#define CHOICE_ROW(type, write, ...) [KEY_##type] = { write, { __VA_ARGS__ } },
	CONFIG_CHOICES(CHOICE_ROW)
};
_Static_assert(SURPLUS_FREE == 0 && SURPLUS_GUESTS == 1 && SURPLUS_DOM0 == 2 &&
	       ZERO_FIXED == 0 && ZERO_BALANCE == 1, "the names stand by their numbers");
#define N_CHOICES	3

static bool is_name(enum key_type type)
{
	return type == KEY_surplus || type == KEY_dom0 || type == KEY_choice;
}

/* Where we are in a file, for messages. */
struct reading {
	const char *file;
	FILE *report;
	int lines[N_KEYS];	/* where a key is set; 0: it isn't */
	int faults;
};

__attribute__((format(printf, 3, 4)))
static void fault(struct reading *reading, int line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(reading->report, "%s:%d: ", reading->file, line);
	vfprintf(reading->report, format, args);
	fputc('\n', reading->report);
	va_end(args);
	reading->faults++;
}

static void fault_value(struct reading *reading, int line, const char *name,
			const char *value, enum key_type type, int64_t low, int64_t high)
{
	char a[SIZE_TEXT_MAX], b[SIZE_TEXT_MAX];

	if (type == KEY_number)
		fault(reading, line, "%s = \"%s\": write a number from %lld to %lld", name,
		      value, (long long)low, (long long)high);
	else
		fault(reading, line, "%s = \"%s\": write a size from %s to %s MiB, or with "
		      "suffix b, k, m, g, t", name, value, size_text(low, a), size_text(high, b));
}

/* @return false: not of this type or out of bounds */
static bool value_parse(const char *value, enum key_type type, int64_t low, int64_t high,
			int64_t *out)
{
	char *end;

	if (type == KEY_size) {
		if (size_parse(value, out))
			return false;
	} else {
		if (!isdigit((unsigned char)value[0]))
			return false;
		errno = 0;
		*out = strtoll(value, &end, 10);
		if (*end || errno)
			return false;
	}
	return *out >= low && *out <= high;
}

static void value_store(struct settings *settings, const struct key *key, int64_t value)
{
	void *at = (char *)settings + key->offset;

	if (key->type == KEY_size)
		*(int64_t *)at = value;
	else
		*(uint32_t *)at = (uint32_t)value;
}

/* What may stand after NAME in a line of `vms`. */
static const struct {
	const char *name;
	enum key_type type;
	int64_t low, high;
} vm_words[] = {
	{ "min", KEY_size, 0, 1LL << 40 },
	{ "max", KEY_size, 1, 1LL << 40 },
	{ "weight", KEY_number, 1, WEIGHT_MAX },
	{ "fixed", KEY_number, 0, 1 },
	{ "idle_shutdown", KEY_number, 0, 1 },
};

static void vm_word(struct reading *reading, int line, struct vm_settings *vm, char *word)
{
	char *eq = strchr(word, '=');
	int64_t value;
	size_t i;

	if (eq)
		*eq++ = '\0';
	for (i = 0; i < sizeof(vm_words) / sizeof(vm_words[0]); i++)
		if (eq && !strcmp(word, vm_words[i].name))
			break;
	if (i == sizeof(vm_words) / sizeof(vm_words[0])) {
		fault(reading, line, "vms, VM \"%s\": \"%s\": write min=SIZE, max=SIZE, weight=N, "
		      "fixed=0|1 or idle_shutdown=0|1", vm->name, word);
		return;
	}
	if (!value_parse(eq, vm_words[i].type, vm_words[i].low, vm_words[i].high, &value)) {
		char what[128];

		snprintf(what, sizeof(what), "vms, VM \"%s\": %s", vm->name, word);
		fault_value(reading, line, what, eq, vm_words[i].type, vm_words[i].low,
			    vm_words[i].high);
		return;
	}
	switch (i) {
	case 0: vm->min_kib = value; break;
	case 1: vm->max_kib = value; break;
	case 2: vm->weight = (uint32_t)value; break;
	case 3: vm->fixed = (int)value; break;
	case 4: vm->idle_shutdown = value; break;
	}
}

static void vm_line(struct reading *reading, int line, struct settings *settings,
		    const char *text)
{
	struct vm_settings *vm = &settings->vms[settings->n_vms];
	char *copy = strdup(text), *save = NULL, *word;
	char a[SIZE_TEXT_MAX], b[SIZE_TEXT_MAX];

	*vm = (struct vm_settings){ .min_kib = KIB_NONE, .max_kib = KIB_NONE, .fixed = KIB_NONE };
	word = copy ? strtok_r(copy, " \t", &save) : NULL;
	if (!word || strlen(word) >= sizeof(vm->name) || strchr(word, '=')) {
		fault(reading, line, "vms: \"%s\": begin with the VM's name, at most %zu bytes",
		      text, sizeof(vm->name) - 1);
		free(copy);
		return;
	}
	strcpy(vm->name, word);
	if (config_vm(settings, vm->name))
		fault(reading, line, "vms: \"%s\" is there twice: keep one", vm->name);
	while ((word = strtok_r(NULL, " \t", &save)))
		vm_word(reading, line, vm, word);
	if (vm->max_kib != KIB_NONE && vm->min_kib > vm->max_kib)
		fault(reading, line, "vms, VM \"%s\": min=%s is over max=%s MiB: lower min or "
		      "raise max", vm->name, size_text(vm->min_kib, a), size_text(vm->max_kib, b));
	settings->n_vms++;
	free(copy);
}

static void vms_get(struct reading *reading, const XLU_Config *cfg, int line,
		    struct settings *settings)
{
	XLU_ConfigList *list;
	int n;

	if (xlu_cfg_get_list(cfg, "vms", &list, &n, 1)) {
		fault(reading, line, "vms: write a list: vms = [ \"NAME min=256\" ]");
		return;
	}
	settings->vms = calloc(n > 0 ? n : 1, sizeof(*settings->vms));
	if (!settings->vms) {
		fault(reading, line, "vms: out of memory");
		return;
	}
	for (int i = 0; i < n; i++) {
		const char *text = xlu_cfg_get_listitem(list, i);

		vm_line(reading, line, settings, text ? text : "");
	}
}

/* The daemon runs it as root, whatever PATH and the working folder are by then. */
static void path_get(struct reading *reading, int line, const struct key *key,
		     const char *value, struct settings *settings)
{
	size_t len = strlen(value);

	if (value[0] != '/' || len >= sizeof(settings->on_refusal_command) ||
	    value[len - 1] == '/')
		fault(reading, line, "%s = \"%s\": write a program's whole path, such as "
		      "/usr/local/sbin/close-idle", key->name, value);
	else
		memcpy((char *)settings + key->offset, value, len + 1);
}

static void key_get(struct reading *reading, const XLU_Config *cfg, const struct key *key,
		    struct settings *settings)
{
	int line = reading->lines[key - keys];
	const char *value;
	int64_t number;

	if (!line)
		return;
	if (key->type == KEY_vms) {
		vms_get(reading, cfg, line, settings);
		return;
	}
	if (xlu_cfg_get_string(cfg, key->name, &value, 1)) {
		fault(reading, line, "%s: write one value, not a list", key->name);
		return;
	}
	if (key->type == KEY_path) {
		path_get(reading, line, key, value, settings);
		return;
	}
	if (is_name(key->type)) {
		for (number = 0; number < N_CHOICES; number++)
			if (choices[key->type].names[number] &&
			    !strcmp(value, choices[key->type].names[number]))
				break;
		if (number == N_CHOICES)
			fault(reading, line, "%s = \"%s\": write %s", key->name, value,
			      choices[key->type].write);
		else
			value_store(settings, key, number);
		return;
	}
	if (value_parse(value, key->type, key->low, key->high, &number))
		value_store(settings, key, number);
	else
		fault_value(reading, line, key->name, value, key->type, key->low, key->high);
}

static const struct key *key_find(const char *name, size_t len)
{
	for (size_t i = 0; i < N_KEYS; i++)
		if (strlen(keys[i].name) == len && !memcmp(keys[i].name, name, len))
			return &keys[i];
	return NULL;
}

/*
 * libxlutil can't say which keys a file sets, so that a typing error would be
 * taken for a default: find every assignment outside strings, lists, comments.
 */
static void keys_scan(struct reading *reading, const char *text)
{
	int line = 1, depth = 0;
	bool begin = true;	/* a name here would be assigned to */

	for (const char *at = text; *at; at++) {
		const char *end = at;

		if (*at == '\n') {
			line++;
			begin = begin || !depth;
		} else if (*at == '#') {
			at += strcspn(at, "\n") - 1;
		} else if (*at == '"' || *at == '\'') {
			for (end = at + 1; *end && *end != *at && *end != '\n'; end++)
				if (*end == '\\' && end[1])
					end++;
			at = *end == *at ? end : end - 1;
			begin = false;
		} else if (*at == '[') {
			depth++;
		} else if (*at == ']') {
			depth -= depth > 0;
		} else if (*at == ';') {
			begin = begin || !depth;
		} else if (begin && !depth && (isalpha((unsigned char)*at) || *at == '_')) {
			const struct key *key;

			while (isalnum((unsigned char)*end) || *end == '_')
				end++;
			key = key_find(at, end - at);
			if (key)
				reading->lines[key - keys] = line;
			else
				fault(reading, line, "unknown key \"%.*s\": remove it; "
				      "balloond --help-config lists the keys", (int)(end - at), at);
			begin = false;
			at = end - 1;
		} else if (!isspace((unsigned char)*at)) {
			begin = false;
		}
	}
}

static int line_of(const struct reading *reading, const char *name)
{
	return reading->lines[key_find(name, strlen(name)) - keys];
}

/* What two keys say together. */
static void keys_fit(struct reading *reading, const struct settings *settings)
{
	char a[SIZE_TEXT_MAX], b[SIZE_TEXT_MAX];

	if (settings->host.surplus == SURPLUS_DOM0 && settings->zero != ZERO_BALANCE)
		fault(reading, line_of(reading, "surplus"), "surplus = \"dom0\": dom0 isn't "
		      "balanced and gets nothing: write dom0 = \"balance\" too");
	if (settings->zero_max_kib && settings->zero_min_kib > settings->zero_max_kib)
		fault(reading, line_of(reading, "dom0_min"), "dom0_min %s is over dom0_max %s MiB: "
		      "lower dom0_min or raise dom0_max", size_text(settings->zero_min_kib, a),
		      size_text(settings->zero_max_kib, b));
	if (settings->on_refusal == ON_REFUSAL_command && !settings->on_refusal_command[0])
		fault(reading, line_of(reading, "on_refusal"), "on_refusal = \"command\": say "
		      "which: on_refusal_command = \"/PATH\"");
}

/* What comes after a byte 0 would pass unread; in a string libxlutil asserts. */
static char *file_text(struct reading *reading, int *rc)
{
	FILE *in = fopen(reading->file, "re");
	char *text = NULL;
	size_t size = 0;
	ssize_t n;

	if (!in) {
		*rc = -errno;
		return NULL;
	}
	errno = 0;
	n = getdelim(&text, &size, '\0', in);
	*rc = n < 0 && ferror(in) ? -(errno ? errno : EIO) : 0;
	fclose(in);
	if (n > 0 && !text[n - 1]) {
		int line = 1;

		for (const char *at = text; (at = strchr(at, '\n')); at++)
			line++;
		fault(reading, line, "there is a byte 0: write text");
		*rc = -EINVAL;
	}
	if (*rc || !text) {
		free(text);
		return *rc ? NULL : strdup("");
	}
	if (n < 0)
		text[0] = '\0';
	return text;
}

int config_read(const char *file, FILE *report, struct settings *out)
{
	struct reading reading = { .file = file, .report = report };
	struct settings settings;
	XLU_Config *cfg = NULL;
	char *text;
	int rc;

	config_default(&settings);
	text = file_text(&reading, &rc);
	if (!text)
		return rc;
	cfg = xlu_cfg_init(report, file);
	rc = cfg ? -xlu_cfg_readdata(cfg, text, (int)strlen(text)) : -ENOMEM;
	if (rc)	/* libxlutil has said where and what */
		goto out;
	keys_scan(&reading, text);
	for (size_t i = 0; i < N_KEYS; i++)
		key_get(&reading, cfg, &keys[i], &settings);
	if (!reading.faults)
		keys_fit(&reading, &settings);
	rc = reading.faults ? -EINVAL : 0;
out:
	if (cfg)
		xlu_cfg_destroy(cfg);
	free(text);
	if (rc) {
		config_finish(&settings);
		return rc == -ENOMEM ? rc : -EINVAL;
	}
	config_finish(out);
	*out = settings;
	return 0;
}

void config_default(struct settings *settings)
{
	*settings = (struct settings){ 0 };
	for (size_t i = 0; i < N_KEYS; i++) {
		int64_t value;

		if (keys[i].type <= KEY_number &&
		    value_parse(keys[i].fallback, keys[i].type, keys[i].low, keys[i].high, &value))
			value_store(settings, &keys[i], value);
	}
	settings->on_refusal = ON_REFUSAL_suggest;
}

void config_finish(struct settings *settings)
{
	free(settings->vms);
	settings->vms = NULL;
	settings->n_vms = 0;
}

const struct vm_settings *config_vm(const struct settings *settings, const char *name)
{
	for (uint32_t i = 0; i < settings->n_vms; i++)
		if (!strcmp(settings->vms[i].name, name))
			return &settings->vms[i];
	return NULL;
}

void config_print_keys(FILE *out)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		const struct key *key = &keys[i];

		fprintf(out, "# %s\n", key->doc);
		if (key->type == KEY_vms)
			fprintf(out, "#%s = []\n", key->name);
		else if (key->type == KEY_path)
			fprintf(out, "#%s = \"/usr/local/sbin/close-idle\"\n", key->name);
		else if (is_name(key->type))
			fprintf(out, "#%s = \"%s\"\n", key->name, key->fallback);
		else
			fprintf(out, "#%s = %s\n", key->name, key->fallback);
		if (i + 1 < N_KEYS)
			fputc('\n', out);
	}
}

static void vms_json(const struct settings *settings, struct json *json)
{
	json_list(json, "vms");
	for (uint32_t i = 0; i < settings->n_vms; i++) {
		const struct vm_settings *vm = &settings->vms[i];

		json_object(json, NULL);
		json_string(json, "name", vm->name);
		json_kib(json, "min_kib", vm->min_kib);
		json_kib(json, "max_kib", vm->max_kib);
		json_kib(json, "weight", vm->weight ? (int64_t)vm->weight : KIB_NONE);
		if (vm->fixed == KIB_NONE)
			json_string(json, "fixed", NULL);
		else
			json_bool(json, "fixed", vm->fixed);
		json_bool(json, "idle_shutdown", vm->idle_shutdown);
		json_end_object(json);
	}
	json_end_list(json);
}

void config_json(const struct settings *settings, const char *file, struct json *json)
{
	json_object(json, "config");
	json_string(json, "file", file);
	for (size_t i = 0; i < N_KEYS; i++) {
		const void *at = (const char *)settings + keys[i].offset;

		switch (keys[i].type) {
		case KEY_size:
			json_int(json, keys[i].name, *(const int64_t *)at);
			break;
		case KEY_number:
			json_int(json, keys[i].name, *(const uint32_t *)at);
			break;
		case KEY_surplus:
		case KEY_dom0:
		case KEY_choice:
			json_string(json, keys[i].name,
				    choices[keys[i].type].names[*(const uint32_t *)at]);
			break;
		case KEY_path:
			json_string(json, keys[i].name, at);
			break;
		case KEY_vms:
			vms_json(settings, json);
			break;
		}
	}
	json_end_object(json);
}
