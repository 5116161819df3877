// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an administrator may write: the input is a balloond.conf, and an xl.cfg.
 * What is taken lies within the tables' bounds; what is refused has its reason
 * said and leaves the settings as they were.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config.h"
#include "json.h"
#include "schema.h"
#include "tests/fuzz/fuzz.h"
#include "tools/xlmem/vmcfg.h"

/* It leaks some tens of bytes for a syntax error: once a reload of a faulty file. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libxlutil\n";
}

#define WITHIN(value, low, high)						\
	MUST((int64_t)(value) >= (low) && (int64_t)(value) <= (high), "%lld",	\
	     (long long)(value))

/* A file in memory: the readers open it by its name. */
static const char *file_of(const uint8_t *data, size_t size)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	MUST(fd >= 0 && !ftruncate(fd, 0) && pwrite(fd, data, size, 0) == (ssize_t)size);
	return path;
}

#define CHECK_size(member, low, high)		WITHIN(settings->member, low, high);
#define CHECK_number(member, low, high)		WITHIN(settings->member, low, high);
#define CHECK_surplus(member, low, high)	WITHIN(settings->host.surplus, 0, SURPLUS_DOM0);
#define CHECK_dom0(member, low, high)		WITHIN(settings->member, 0, ZERO_BALANCE);
#define CHECK_choice(member, low, high)		WITHIN(settings->member, 0, ON_REFUSAL_command);
#define CHECK_path(member, low, high)						\
	MUST(!settings->member[0] || settings->member[0] == '/');
#define CHECK_vms(member, low, high)
#define CHECK(key, type, member, low, high, fallback, doc, test)		\
	CHECK_##type(member, low, high)

static void settings_hold(const struct settings *settings)
{
	CONFIG_KEYS(CHECK)
	for (uint32_t i = 0; i < settings->n_vms; i++) {
		const struct vm_settings *vm = &settings->vms[i];

		MUST(vm->name[0] && memchr(vm->name, '\0', sizeof(vm->name)));
		MUST(config_vm(settings, vm->name) == vm, "%s is there twice", vm->name);
		WITHIN(vm->min_kib, KIB_NONE, (int64_t)SCHEMA_KIB_MAX);
		WITHIN(vm->max_kib, KIB_NONE, (int64_t)SCHEMA_KIB_MAX);
		WITHIN(vm->weight, 0, WEIGHT_MAX);
		MUST(vm->max_kib == KIB_NONE || vm->min_kib <= vm->max_kib);
	}
}

/* As `xlmem info` shows them: one JSON object. */
static void settings_shown(const struct settings *settings)
{
	struct json *json = json_new();
	char why[256] = "", *text;
	struct request *request;
	size_t len;

	json_object(json, NULL);
	config_json(settings, "fuzz", json);
	json_end_object(json);
	text = strdup(json_text(json, &len));
	MUST(strlen(text) == len);
	request = request_parse(text, why, sizeof(why));
	MUST(request, "%s: %s", why, text);
	if (request)
		request_free(request);
	free(text);
	json_free(json);
}

static void daemon_file(const char *file)
{
	struct settings settings = { .default_weight = 7, .n_vms = 0 }, before = settings;
	char *said = NULL;
	size_t len = 0;
	FILE *report = open_memstream(&said, &len);
	int rc = config_read(file, report, &settings);

	fclose(report);
	if (rc) {
		MUST(rc == -EINVAL || rc == -ENOMEM, "%d", rc);
		MUST(len, "refused without a word");
		MUST(!memcmp(&settings, &before, sizeof(settings)));
	} else {
		MUST(!len, "taken, but: %s", said);
		settings_hold(&settings);
		settings_shown(&settings);
	}
	config_finish(&settings);
	free(said);
}

static void guest_file(const char *file)
{
	char *words[] = { (char[]){ "memory=64" }, (char[]){ "-c" }, (char[]){ "balloon_max=1g" } };
	char why[256] = "";
	struct vmcfg cfg;

	for (int n = 0; n <= 3; n += 3) {
		if (vmcfg_read(file, n, words, &cfg, why, sizeof(why))) {
			MUST(why[0], "refused without a word");
			continue;
		}
		MUST(cfg.name[0] && memchr(cfg.name, '\0', sizeof(cfg.name)));
		WITHIN(cfg.memory_kib, 0, (int64_t)SCHEMA_KIB_MAX);
		WITHIN(cfg.maxmem_kib, cfg.memory_kib, (int64_t)SCHEMA_KIB_MAX);
		WITHIN(cfg.min_kib, -1, cfg.maxmem_kib);
		WITHIN(cfg.max_kib, -1, (int64_t)SCHEMA_KIB_MAX);
		WITHIN(cfg.weight, -1, WEIGHT_MAX);
		WITHIN(cfg.vcpus, 1, 4096);
		MUST(cfg.max_kib < 0 || cfg.min_kib <= cfg.max_kib);
		WITHIN(vmcfg_need_kib(&cfg), cfg.memory_kib, INT64_MAX / 2);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *file = file_of(data, size);

	daemon_file(file);
	guest_file(file);
	return 0;
}
