// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_guest.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xenstore-schema/record.h"

#define STEP_PAGES	(64 * 256)	/* a balloon moves this a tick */

int fake_put(struct xs_handle *store, uint32_t domid, char guest_may, const char *key,
	     const char *format, ...)
{
	struct xs_permissions perms[2] = { { .id = 0 }, { .id = domid, .perms = XS_PERM_READ } };
	char path[128], value[SCHEMA_RECORD_MAX];
	va_list list;

	va_start(list, format);
	vsnprintf(value, sizeof(value), format, list);
	va_end(list);
	snprintf(path, sizeof(path), "/local/domain/%u%s%s", domid, *key ? "/" : "", key);
	if (guest_may == 'w')
		perms[0].id = domid;
	if (!xs_write(store, XBT_NULL, path, value, (unsigned int)strlen(value)) ||
	    !xs_set_permissions(store, XBT_NULL, path, perms, guest_may == 'w' ? 1 : 2))
		return -1;
	return 0;
}

char *fake_get(struct xs_handle *store, uint32_t domid, const char *key)
{
	char path[128];
	unsigned int len;

	if (!store)
		return NULL;
	snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, key);
	return xs_read(store, XBT_NULL, path, &len);
}

int64_t fake_get_kib(struct xs_handle *store, uint32_t domid, const char *key)
{
	char *text = fake_get(store, domid, key);
	int64_t value = text ? strtoll(text, NULL, 10) : -1;

	free(text);
	return value;
}

int fake_dom_store(struct xs_handle *store, const struct fake_dom *dom)
{
	uint32_t domid = dom->domid;
	char uuid[40], path[80];
	int rc = 0;

	snprintf(uuid, sizeof(uuid), "00000000-0000-0000-0000-0000000000%02x", domid & 0xff);
	rc |= fake_put(store, domid, 'r', "", "%s", "");
	rc |= fake_put(store, domid, 'r', "domid", "%u", domid);
	rc |= fake_put(store, domid, 'r', "name", "%s", dom->name);
	rc |= fake_put(store, domid, 'r', "vm", "/vm/%s", uuid);
	rc |= fake_put(store, domid, 'r', "memory", "%s", "");
	rc |= fake_put(store, domid, 'r', KEY_STATIC_MAX, "%" PRId64, dom->static_kib);
	rc |= fake_put(store, domid, 'r', KEY_TARGET, "%" PRId64,
		       (int64_t)dom->tot_pages * 4 + dom->offset_kib);
	rc |= fake_put(store, domid, 'w', "data", "%s", "");
	snprintf(path, sizeof(path), "/vm/%s/uuid", uuid);
	xs_write(store, XBT_NULL, path, uuid, (unsigned int)strlen(uuid));
	if (domid && !xs_introduce_domain(store, domid, 1, domid))
		rc = -1;
	return rc;
}

static void guest_report(struct xs_handle *store, struct fake_dom *dom, const struct lease *lease)
{
	struct report report = {
		.version = SCHEMA_VERSION, .boot = 7, .epoch = lease->epoch,
		.seq = dom->seq + 1, .need_kib = (u64)dom->need_kib,
		.want_kib = (u64)dom->want_kib, .floor_kib = 16384,
		.limit_kib = (u64)fake_get_kib(store, dom->domid, KEY_STATIC_MAX),
	};
	char text[SCHEMA_RECORD_MAX], *last = fake_get(store, dom->domid, KEY_REPORT);
	bool there = last && *last;

	free(last);
	/* `fake-xen need` may come at any moment: what was said is what counts. */
	if (there && dom->seq && dom->epoch == lease->epoch &&
	    dom->said_need_kib == (int64_t)report.need_kib &&
	    dom->said_want_kib == (int64_t)report.want_kib)
		return;
	dom->epoch = lease->epoch;
	dom->said_need_kib = (int64_t)report.need_kib;
	dom->said_want_kib = (int64_t)report.want_kib;
	dom->seq++;
	if (report_format(&report, text, sizeof(text)) > 0)
		fake_put(store, dom->domid, 'w', KEY_REPORT, "%s", text);
}

/* Its goal is clamp(max(target, need)) inside its lease. */
void fake_guest_tick(struct fake_xen *xen, struct xs_handle *store, struct fake_dom *dom)
{
	int64_t target_kib = fake_get_kib(store, dom->domid, KEY_TARGET);
	char *text = fake_get(store, dom->domid, KEY_LEASE);
	struct lease lease = { 0 };
	uint64_t step = dom->step_pages ? dom->step_pages : STEP_PAGES, goal;
	int64_t goal_kib;

	if (text && lease_parse(text, strlen(text), &lease))
		lease = (struct lease){ 0 };
	free(text);
	if (dom->reports)
		guest_report(store, dom, &lease);
	if (!dom->obeys || target_kib < 0)
		return;
	goal_kib = target_kib - dom->offset_kib;
	if (lease.version && goal_kib < dom->need_kib)
		goal_kib = dom->need_kib < (int64_t)lease.ceiling_kib ? dom->need_kib :
			   goal_kib < (int64_t)lease.ceiling_kib ? (int64_t)lease.ceiling_kib :
			   goal_kib;
	fake_lock();
	goal = (uint64_t)goal_kib / 4;
	if (goal > dom->tot_pages + step)
		goal = dom->tot_pages + step;
	if (goal + step < dom->tot_pages)
		goal = dom->tot_pages - step;
	fake_move(xen, dom, goal);
	fake_unlock();
}
