// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two hypercalls a sample; xenstore is read only when a watch fires, so that
 * the observer adds no traffic of its own to a quiet host.
 */
#include "lab.h"

#include <stdlib.h>
#include <string.h>

#include <xenctrl.h>
#include <xenstore.h>

#include "xenstore-schema/schema.h"

static struct scenario *scn;
static xc_interface *xch;
static struct xs_handle *xsh;
static FILE *csv, *writes;
static int domid[LAB_DOMAINS];
static int32_t value[LAB_DOMAINS][FIELD_DOMID + 1];	/* store's part of a sample */
static unsigned int armed[LAB_DOMAINS];	/* bit per key: its first firing was seen */

static const char *const keys[] = { KEY_TARGET, KEY_LEASE, KEY_REPORT };

static const char *name_of(int dom)
{
	return dom == SCN_GUESTS ? "dom0" : scn->guest[dom].name;
}

int sampler_fd(void)
{
	return xs_fileno(xsh);
}

int sampler_domid(int guest)
{
	return domid[guest];
}

char *sampler_tty(int id)
{
	char path[64], *tty;
	unsigned int len;

	snprintf(path, sizeof(path), "/local/domain/%d/console/tty", id);
	tty = xs_read(xsh, XBT_NULL, path, &len);
	if (tty && !*tty) {
		free(tty);
		tty = NULL;
	}
	return tty;
}

static void watch_all(int dom, int id, bool on)
{
	char path[96], token[32];

	armed[dom] = 0;
	for (unsigned int k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		/* Whoever has no module may write it for ever: that is not for us. */
		if (k == 2 && dom != SCN_GUESTS && !strcmp(scn->guest[dom].module, "no"))
			continue;
		snprintf(path, sizeof(path), "/local/domain/%d/%s", id, keys[k]);
		snprintf(token, sizeof(token), "%d:%u:%d", dom, k, id);
		if (on)
			xs_watch(xsh, path, token);
		else
			xs_unwatch(xsh, path, token);
	}
}

static int32_t number_after(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? (int32_t)strtol(at + strlen(key), NULL, 10) : -1;
}

static void key_read(int dom, unsigned int key, const char *text)
{
	int32_t *v = value[dom];

	switch (key) {
	case 0:
		v[FIELD_TARGET] = text ? (int32_t)strtol(text, NULL, 10) : -1;
		break;
	case 1:
		v[FIELD_CEILING] = text ? number_after(text, "ceiling_kib=") : -1;
		break;
	default:
		v[FIELD_NEED] = text ? number_after(text, "need_kib=") : -1;
		v[FIELD_WANT] = text ? number_after(text, "want_kib=") : -1;
		v[FIELD_FLOOR] = text ? number_after(text, "floor_kib=") : -1;
	}
}

static void watch_fired(const char *path, const char *token)
{
	int dom = -1, id = -1, first = 0;
	unsigned int key = 0, len;
	char *text;

	if (sscanf(token, "%d:%u:%d", &dom, &key, &id) == 3) {
		if (domid[dom] != id)
			return;
		first = !(armed[dom] & (1U << key));
		armed[dom] |= 1U << key;
	} else if (!(armed[0] & 0x80000000U)) {
		armed[0] |= 0x80000000U;
		first = 1;
	}
	text = xs_read(xsh, XBT_NULL, path, &len);
	if (dom >= 0)
		key_read(dom, key, text);
	if (!first) {
		book_write(dom, 0);
		if (writes)
			fprintf(writes, "%lld,%s,%s,%s\n", (long long)lab_now(),
				dom >= 0 ? name_of(dom) : "-", path, text ? text : "(gone)");
	}
	free(text);
}

void sampler_watches(void)
{
	char **event;

	while ((event = xs_check_watch(xsh))) {
		watch_fired(event[XS_WATCH_PATH], event[XS_WATCH_TOKEN]);
		free(event);
	}
}

/* Domains of ours are known by their uuid, which ends in the guest's number. */
static int dom_of(const xc_domaininfo_t *info)
{
	static const uint8_t mark[6] = { 'b', 'a', 'l', 'l', 's', 't' };

	if (info->domain == 0)
		return SCN_GUESTS;
	if (memcmp(info->handle, mark, sizeof(mark)) || info->handle[15] >= scn->guests)
		return -1;
	return info->handle[15];
}

static void appear(int dom, int id)
{
	if (domid[dom] == id)
		return;
	if (domid[dom] >= 0)
		watch_all(dom, domid[dom], false);
	memset(value[dom], -1, sizeof(value[dom]));
	domid[dom] = id;
	if (id >= 0)
		watch_all(dom, id, true);
	if (id < 0)
		book_gone(name_of(dom));
	if (dom != SCN_GUESTS)
		book_event(id >= 0 ? "appears" : "gone", "%s", name_of(dom));
}

void sampler_tick(void)
{
	static const enum value_field shown[] = { FIELD_TOT, FIELD_MAX, FIELD_TARGET,
						  FIELD_CEILING, FIELD_NEED, FIELD_WANT };
	xc_domaininfo_t info[LAB_DOMAINS + 16];
	xc_physinfo_t phys, after;
	struct sample now;
	int seen[LAB_DOMAINS] = { 0 };
	int64_t room = 0;
	int n;

	/*
	 * Two hypercalls are two instants: a guest that moves between them would
	 * look like a breach. While free memory differs before and after, look
	 * again; at last the larger counts, so that no false alarm is given (a
	 * real one outlasts a sample).
	 */
	for (int tries = 0; tries < 5; tries++) {
		memset(&phys, 0, sizeof(phys));
		memset(&after, 0, sizeof(after));
		if (xc_physinfo(xch, &phys))
			return;
		n = xc_domain_getinfolist(xch, 0, LAB_DOMAINS + 16, info);
		if (n < 0 || xc_physinfo(xch, &after))
			return;
		if (phys.free_pages == after.free_pages)
			break;
	}
	if (after.free_pages > phys.free_pages)
		phys = after;
	for (int i = n - 1; i >= 0; i--) {	/* of two with one uuid the younger counts */
		int dom = dom_of(&info[i]), dead;
		int32_t tot = (int32_t)(info[i].tot_pages * 4), max, may;

		/* An unlimited dom0 has a max_pages that no KiB count can hold. */
		max = info[i].max_pages > INT32_MAX / 4 ? INT32_MAX : (int32_t)(info[i].max_pages * 4);
		/* libxl claims what it is building: the same pages as those up to max. */
		may = (int32_t)(info[i].outstanding_pages * 4);
		/* Who dies loses its pages before its limit, and takes none again. */
		if (info[i].domain && !(info[i].flags & XEN_DOMINF_dying) && max - tot > may)
			may = max - tot;
		room += may;
		if (dom < 0 || seen[dom])
			continue;
		seen[dom] = 1;
		dead = info[i].flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown);
		appear(dom, info[i].domain);
		if (value[dom][FIELD_MAX] >= 0 && value[dom][FIELD_MAX] != max)
			book_write(dom, 1);
		value[dom][FIELD_TOT] = tot;
		value[dom][FIELD_MAX] = max;
		value[dom][FIELD_ALIVE] = !dead;
		value[dom][FIELD_DOMID] = info[i].domain;
		book_set(name_of(dom), "cpu_us", (int64_t)(info[i].cpu_time / 1000));
	}
	for (int dom = 0; dom < scn->guests; dom++) {
		if (!seen[dom]) {
			appear(dom, -1);
			value[dom][FIELD_ALIVE] = 0;
		}
	}
	memset(&now, -1, sizeof(now));
	now.ms = (uint32_t)lab_now();
	now.free = (int32_t)(phys.free_pages * 4);
	now.claims = (int32_t)(phys.outstanding_pages * 4);
	now.slack = (int32_t)(now.free - room);
	memcpy(now.dom, value, sizeof(now.dom));
	book_sample(&now);

	if (!csv)
		return;
	fprintf(csv, "%u,%d,%d", now.ms, now.free, now.claims);
	for (int i = 0; i <= scn->guests; i++) {
		const int32_t *v = now.dom[i == scn->guests ? SCN_GUESTS : i];

		for (unsigned int f = 0; f < sizeof(shown) / sizeof(shown[0]); f++) {
			fputc(',', csv);
			if (v[shown[f]] >= 0)
				fprintf(csv, "%d", v[shown[f]]);
		}
	}
	fputc('\n', csv);
}

int sampler_init(struct scenario *s)
{
	scn = s;
	memset(domid, -1, sizeof(domid));
	memset(value, -1, sizeof(value));
	xch = xc_interface_open(NULL, NULL, 0);
	xsh = xs_open(0);
	if (!xch || !xsh) {
		fprintf(stderr, "labrun: no Xen here: it runs in dom0\n");
		return -1;
	}
	csv = fopen(RESULTS "/samples.csv", "we");
	writes = fopen(RESULTS "/writes.csv", "we");
	if (!csv || !writes)
		return -1;
	setvbuf(csv, NULL, _IOFBF, 1 << 16);
	fputs("ms,free,claims", csv);
	for (int i = 0; i <= s->guests; i++) {
		const char *name = name_of(i == s->guests ? SCN_GUESTS : i);

		fprintf(csv, ",%s.tot,%s.max,%s.target,%s.ceiling,%s.need,%s.want",
			name, name, name, name, name, name);
	}
	fputc('\n', csv);
	fputs("ms,guest,path,value\n", writes);
	xs_watch(xsh, KEY_TOOL, "tool");
	sampler_tick();
	return 0;
}

void sampler_finish(void)
{
	if (csv)
		fclose(csv);
	if (writes)
		fclose(writes);
	csv = writes = NULL;
}
