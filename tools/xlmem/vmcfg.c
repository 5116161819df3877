// SPDX-License-Identifier: GPL-2.0-or-later
#include "vmcfg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxlutil.h>

#include "numbers.h"
#include "size.h"

#define VMCFG_MAX		(1 << 20)	/* bytes; real ones have hundreds */
#define MEMORY_DEFAULT_KIB	(32 * 1024)	/* libxl's */
#define VCPUS_MAX		4096

/*
 * A domain's own cost beside its pages: struct domain, its shared pages, event
 * and grant tables. Qubes' memory manager counts 4 MiB and 1.5 MiB a vcpu, the
 * shadow of PV's vcpus among it. On the emulated host a guest of one vcpu and
 * maxmem=256 cost 84 KiB as PV and 2172 KiB as PVH: a start that was promised
 * must not fail, so what is asked for stays above.
 */
#define DOMAIN_KIB		4096
#define VCPU_KIB		1024

/*
 * libxl_get_required_shadow_memory: 256 pages a vcpu, and for the p2m map and
 * the page tables 2 pages a MiB. libxl adds it for PVH and HVM alike.
 */
#define SHADOW_VCPU_KIB		(256 * 4)
#define SHADOW_MIB_KIB		(2 * 4)

int64_t vmcfg_need_kib(const struct vmcfg *cfg)
{
	int64_t need_kib = cfg->memory_kib + DOMAIN_KIB + cfg->vcpus * VCPU_KIB;
	int64_t shadow_kib = 0;

	if (!cfg->pv)
		shadow_kib = cfg->vcpus * SHADOW_VCPU_KIB +
			     mib_ceil(cfg->maxmem_kib) * SHADOW_MIB_KIB;
	if (!cfg->pv && shadow_kib < cfg->shadow_kib)
		shadow_kib = cfg->shadow_kib;
	return need_kib + shadow_kib;
}

/* The file and the words over it as one text, as xl puts them together. */
static char *whole_text(const char *file, int n, char *const *words, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len), *in;
	char buffer[4096];
	size_t got, total = 0;
	int i;

	if (!out)
		abort();
	in = fopen(file, "re");
	while (in && total < VMCFG_MAX && (got = fread(buffer, 1, sizeof(buffer), in))) {
		fwrite(buffer, 1, got, out);
		total += got;
	}
	if (!in || ferror(in)) {
		int error = errno;

		if (in)
			fclose(in);
		fclose(out);
		free(text);
		errno = error;
		return NULL;
	}
	fclose(in);
	for (i = 0; i < n; i++)
		if (words[i][0] != '-' && strchr(words[i], '='))
			fprintf(out, "\n%s", words[i]);
	fputc('\n', out);
	fclose(out);
	return text;
}

/* 1: there and good, 0: absent, -1: bad. */
static int get_size(const XLU_Config *cfg, const char *key, int64_t *kib)
{
	const char *text;

	if (xlu_cfg_get_string(cfg, key, &text, 1))
		return 0;
	return size_parse(text, kib) ? -1 : 1;
}

static int get_number(const XLU_Config *cfg, const char *key, int64_t least, int64_t most,
		      int64_t *out)
{
	const char *text;

	if (xlu_cfg_get_string(cfg, key, &text, 1))
		return 0;
	return number_parse(text, least, most, out) ? -1 : 1;
}

static int fill(const XLU_Config *xlu, struct vmcfg *cfg, const char **bad)
{
	XLU_ConfigList *list;
	int64_t maxvcpus = 0;
	const char *text;
	int n;

	*cfg = (struct vmcfg){ .memory_kib = -1, .vcpus = 1, .pv = true,
			       .min_kib = -1, .max_kib = -1, .weight = -1,
			       .idle_shutdown = -1 };
	*bad = "name";
	if (xlu_cfg_get_string(xlu, "name", &text, 1) ||
	    !*text || strlen(text) >= sizeof(cfg->name))
		return -1;
	strcpy(cfg->name, text);

	if (!xlu_cfg_get_string(xlu, "type", &text, 1))
		cfg->pv = !strcmp(text, "pv");
	else if (!xlu_cfg_get_string(xlu, "builder", &text, 1))
		cfg->pv = strcmp(text, "hvm") && strcmp(text, "pvh");
	cfg->hvm = !cfg->pv && strcmp(text, "pvh");
	cfg->has_maxmem = !xlu_cfg_get_string(xlu, "maxmem", &text, 1);
	cfg->has_vnuma = !xlu_cfg_get_list(xlu, "vnuma", &list, &n, 1);

#define GET(what, key, ...)	(*bad = key, what(xlu, key, __VA_ARGS__) < 0)
	if (GET(get_size, "memory", &cfg->memory_kib))
		return -1;
	if (cfg->memory_kib < 0)
		cfg->memory_kib = MEMORY_DEFAULT_KIB;
	cfg->maxmem_kib = cfg->memory_kib;
	if (GET(get_size, "maxmem", &cfg->maxmem_kib) ||
	    GET(get_number, "vcpus", 1, VCPUS_MAX, &cfg->vcpus) ||
	    GET(get_number, "maxvcpus", 1, VCPUS_MAX, &maxvcpus) ||
	    GET(get_size, "balloon_min", &cfg->min_kib) ||
	    GET(get_size, "balloon_max", &cfg->max_kib) ||
	    GET(get_number, "balloon_weight", 1, 65535, &cfg->weight) ||
	    GET(get_number, "balloon_idle_shutdown", 0, 1, &cfg->idle_shutdown))
		return -1;
#undef GET
	if (maxvcpus > cfg->vcpus)
		cfg->vcpus = maxvcpus;
	if (cfg->maxmem_kib < cfg->memory_kib)
		cfg->maxmem_kib = cfg->memory_kib;
	return 0;
}

int vmcfg_read(const char *file, int n, char *const *words, struct vmcfg *out,
	       char *why, size_t size)
{
	const char *bad;
	XLU_Config *xlu;
	size_t len;
	char *text;
	int rc = -1;

	text = whole_text(file, n, words, &len);
	if (!text) {
		snprintf(why, size, "can't read %s: %s", file, strerror(errno));
		return -1;
	}
	if (strlen(text) != len) {	/* in a string libxlutil would assert */
		snprintf(why, size, "%s: there is a byte 0 in it: write text", file);
		free(text);
		return -1;
	}
	xlu = xlu_cfg_init(stderr, file);
	if (!xlu)
		abort();
	if (xlu_cfg_readdata(xlu, text, (int)len))
		snprintf(why, size, "%s is not in xl's syntax, see above", file);
	else if (fill(xlu, out, &bad))
		snprintf(why, size, "%s: %s is missing or has a bad value", file, bad);
	else if (out->min_kib >= 0 && out->max_kib >= 0 && out->min_kib > out->max_kib)
		snprintf(why, size, "%s: balloon_min is more than balloon_max", file);
	else if (out->min_kib > out->maxmem_kib)
		snprintf(why, size, "%s: balloon_min is more than maxmem", file);
	else
		rc = 0;
	xlu_cfg_destroy(xlu);
	free(text);
	return rc;
}
