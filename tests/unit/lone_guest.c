// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lone_guest.h"

struct world *w;

int lone_setup(void **state)
{
	static const uint8_t uuid[16];

	(void)state;
	w = world_new(1, 8192 * MIB);
	sim_dom_new(w, "Domain-0", uuid, false, 0);
	return 0;
}

int lone_teardown(void **state)
{
	(void)state;
	world_free(w);
	return 0;
}

void later(uint64_t us)
{
	world_run(w, w->now_us + us);
}

void ask(struct sim_guest *g, int64_t mib)
{
	sim_write_number(w, mib * MIB, HOME KEY_TARGET, g->domid);
}

void lease(struct sim_guest *g, int64_t ceiling_mib)
{
	struct lease l = {
		.version = SCHEMA_VERSION, .ceiling_kib = (u64)(ceiling_mib * MIB), .epoch = 1,
	};
	char line[SCHEMA_RECORD_MAX];

	sim_set_max(w, g->dom, kib_max(ceiling_mib * MIB, g->dom->tot_kib) + MIB);
	lease_format(&l, line, sizeof(line));
	sim_write(w, line, HOME KEY_LEASE, g->domid);
}

bool said(const struct sim_guest *g, struct report *r)
{
	const char *text = sim_read(w, HOME KEY_REPORT, g->domid);

	return text && !report_parse(text, strlen(text), r);
}

struct sim_guest_config kind(enum sim_character character)
{
	return (struct sim_guest_config){
		.character = character, .static_max_kib = 1024 * MIB, .kernel_kib = 64 * MIB,
		.anon_kib = 100 * MIB, .cache_kib = 64 * MIB, .speed_kib_ms = 1024,
		.limit_kib = 400 * MIB,
	};
}

struct sim_guest *boot(const struct sim_guest_config *config)
{
	static const uint8_t uuid[16];
	struct sim_dom *dom = sim_dom_new(w, "guest", uuid, false, 0);

	sim_set_max(w, dom, 1025 * MIB);
	sim_populate(w, dom, 512 * MIB);
	sim_write_number(w, config->static_max_kib, HOME KEY_STATIC_MAX, dom->domid);
	sim_write_number(w, 512 * MIB + config->offset_kib, HOME KEY_TARGET, dom->domid);
	return sim_guest_boot(w, dom, config);
}

struct sim_guest *boot_ideal(void)
{
	struct sim_guest_config config = kind(SIM_ideal);

	return boot(&config);
}

void assert_whole(const struct sim_guest *g)
{
	const struct guest_memory *m = &g->memory;
	const int64_t parts[] = {
		m->kernel_kib, m->anon_kib, m->swapped_kib, m->cold_out_kib, m->cache_kib,
		m->scan_kib, memory_free_kib(g),
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i] < 0 || parts[i] & (PAGE_KIB - 1))
			fail_msg("part %zu is %lld KiB", i, (long long)parts[i]);
	assert_true(m->swapped_kib <= g->config.swap_kib);
	assert_true(m->cold_out_kib <= m->swapped_kib);
	assert_true(m->anon_kib + m->swapped_kib <= m->wish_kib);
	assert_true(m->wish_kib <= m->wanted_kib);
	assert_true(g->dom->tot_kib <= g->config.static_max_kib - g->config.offset_kib);
}
