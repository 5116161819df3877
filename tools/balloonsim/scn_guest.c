// SPDX-License-Identifier: GPL-2.0-or-later
/* A scenario's line `guest NAME key=value...`, or with count= as many of them. */
#include <stdlib.h>
#include <string.h>

#include "core/host.h"
#include "scn_reader.h"

/* What a guest is when the line doesn't say: a small Debian. */
#define SYSTEM_KIB	(48 * KIB_PER_MIB)	/* and struct page: 1/64 of maxmem */
#define ANON_KIB	(16 * KIB_PER_MIB)
#define CACHE_KIB	(32 * KIB_PER_MIB)
/*
 * And one of the emulated host, which says kernel=: a kernel, an initramfs that can't be
 * evicted, a shell and an agent. From MemTotal and the need it reports when idle.
 */
#define LAB_SYSTEM_KIB	(70 * KIB_PER_MIB)
#define LAB_HIDDEN_KIB	(54 * KIB_PER_MIB)	/* of that */
#define LAB_ANON_KIB	(10 * KIB_PER_MIB)
#define LAB_CACHE_KIB	0
#define LAB_SPEED_KIB	(200 * KIB_PER_MIB)	/* a second */
#define BUILD_KIB	(1024 * KIB_PER_MIB)	/* a second */
#define OFFSET_HVM_KIB	(-64)			/* as measured, dom0-balloond/vm.c */
#define GUESTS_MAX	4000

#define GUEST_KEYS	"memory maxmem type swap min max weight character module anon cache " \
			"system offset speed limit build count kernel vcpus"

/* As one string: fault()'s format wants it whole. */
#define CHARACTER_WORD(name, meaning)	#name " "
#define CHARACTER_WORDS	SIM_CHARACTERS(CHARACTER_WORD)

struct line {
	struct sim_vm vm;
	int64_t build_kib, speed_kib, count, weight;
	int min_column;		/* of min=, for what is found at the end */
	bool offset;
	bool lab;		/* kernel= was said */
};

static void type(struct reader *r, struct line *l, const char *value, int column)
{
	l->vm.hvm = !strcmp(value, "pvh") || !strcmp(value, "hvm");
	if (!l->vm.hvm && strcmp(value, "pv"))
		fault(r, column, "type '%s'; it is pv, pvh or hvm", value);
}

static void character(struct reader *r, struct line *l, const char *value, int column)
{
	unsigned int c = 0;

	while (c < SIM_CHARACTER_COUNT && strcmp(value, sim_character_name(c)))
		c++;
	if (c == SIM_CHARACTER_COUNT)
		fault(r, column, "no character is called '%s'; they are " CHARACTER_WORDS, value);
	else
		l->vm.guest.character = c;
}

static void module(struct reader *r, struct line *l, const char *value, int column)
{
	static const char reserved[] = "selfballoon_reserved_mb=";
	const size_t len = sizeof(reserved) - 1;

	if (!strcmp(value, "no"))
		l->vm.guest.character = SIM_driverless;
	else if (!strncmp(value, reserved, len))
		read_size(r, column + (int)len, "reserved", value + len,
			  &l->vm.guest.reserved_kib);
	else if (strcmp(value, "yes"))
		fault(r, column, "module '%s'; it is yes, no or %sMIB", value, reserved);
}

static void kernel(struct reader *r, struct line *l, const char *value, int column)
{
	if (strcmp(value, "6.1") && strcmp(value, "6.12")) {
		fault(r, column, "kernel '%s'; it is 6.1 or 6.12, or leave it out", value);
		return;
	}
	l->lab = true;
}

static void vcpus(struct reader *r, struct line *l, const char *value, int column)
{
	int64_t n;

	(void)l;	/* the balloon is one thread */
	read_count(r, column, "vcpus", value, 1, 64, &n);
}

static void swap(struct reader *r, struct line *l, const char *value, int column)
{
	const char *colon = strchr(value, ':');

	l->vm.guest.swap_kib = 0;
	if (!strcmp(value, "none"))
		return;
	if (colon && (!strncmp(value, "zram:", 5) || !strncmp(value, "disk:", 5))) {
		column += (int)(colon + 1 - value);
		value = colon + 1;
	}
	read_size(r, column, "swap", value, &l->vm.guest.swap_kib);
}

static void offset(struct reader *r, struct line *l, const char *value, int column)
{
	bool below = *value == '-';

	if (read_size(r, column, "offset", value + below, &l->vm.guest.offset_kib) && below)
		l->vm.guest.offset_kib = -l->vm.guest.offset_kib;
	l->offset = true;
}

static void key_value(struct reader *r, struct line *l, int i)
{
	const struct { const char *key; int64_t *kib; } sizes[] = {
		{ "memory", &l->vm.memory_kib }, { "maxmem", &l->vm.maxmem_kib },
		{ "min", &l->vm.min_kib }, { "max", &l->vm.max_kib },
		{ "anon", &l->vm.guest.anon_kib }, { "cache", &l->vm.guest.cache_kib },
		{ "system", &l->vm.guest.kernel_kib }, { "limit", &l->vm.guest.limit_kib },
		{ "build", &l->build_kib }, { "speed", &l->speed_kib },
	};
	const struct {
		const char *key;
		void (*take)(struct reader *, struct line *, const char *value, int column);
	} words[] = {
		{ "type", type }, { "character", character }, { "module", module },
		{ "swap", swap }, { "offset", offset }, { "kernel", kernel },
		{ "vcpus", vcpus },
	};
	char *value;
	int column;

	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		value = value_of(r, i, sizes[k].key, &column);
		if (!value)
			continue;
		if (!strcmp(sizes[k].key, "min"))
			l->min_column = column;
		read_size(r, column, sizes[k].key, value, sizes[k].kib);
		return;
	}
	for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
		value = value_of(r, i, words[k].key, &column);
		if (!value)
			continue;
		words[k].take(r, l, value, column);
		return;
	}
	if ((value = value_of(r, i, "weight", &column)))
		read_count(r, column, "weight", value, 1, WEIGHT_MAX, &l->weight);
	else if ((value = value_of(r, i, "count", &column)))
		read_count(r, column, "count", value, 1, GUESTS_MAX, &l->count);
	else if (!strchr(r->word[i].text, '='))
		fault(r, r->word[i].column, "'%s' is not key=value; a guest has " GUEST_KEYS,
		      r->word[i].text);
	else
		fault(r, r->word[i].column, "unknown key '%.*s'; a guest has " GUEST_KEYS,
		      (int)strcspn(r->word[i].text, "="), r->word[i].text);
}

static void sizes_check(struct reader *r, struct line *l)
{
	const struct sim_vm *vm = &l->vm;

	if (vm->memory_kib == KIB_NONE)
		fault(r, r->word[1].column, "guest %s has no memory; add memory=SIZE",
		      r->word[1].text);
	else if (vm->memory_kib < 32 * KIB_PER_MIB)
		fault(r, r->word[1].column, "guest %s: its kernel doesn't start in less than 32 MiB",
		      r->word[1].text);
	else if (vm->maxmem_kib < vm->memory_kib)
		fault(r, r->word[1].column, "maxmem is less than memory; raise maxmem to %lldk or more",
		      (long long)vm->memory_kib);
	else if (vm->min_kib > vm->maxmem_kib)
		fault(r, l->min_column, "the floor is above maxmem; lower min to %lldk or less",
		      (long long)vm->maxmem_kib);
	else if (vm->max_kib != KIB_NONE && vm->min_kib > vm->max_kib)
		fault(r, l->min_column, "min is above max; lower min or raise max");
	else if (vm->guest.character == SIM_limited && !vm->guest.limit_kib)
		fault(r, r->word[1].column, "a limited guest has a limit; add limit=SIZE");
}

static void add(struct reader *r, struct line *l, int64_t number)
{
	struct scenario *s = r->s;
	struct scn_guest *g;

	s->guests = one_more(s->guests, s->n_guests, sizeof(*s->guests));
	g = &s->guests[s->n_guests];
	g->vm = l->vm;
	g->line = r->line;
	if (number)
		snprintf(g->vm.name, sizeof(g->vm.name), "%s%lld", r->word[1].text,
			 (long long)number);
	else
		snprintf(g->vm.name, sizeof(g->vm.name), "%s", r->word[1].text);
	if (scenario_guest(s, g->vm.name, strlen(g->vm.name)) >= 0)
		fault(r, r->word[1].column, "a guest '%s' is there already; choose another name",
		      g->vm.name);
	s->n_guests++;
}

static void what_it_has(struct line *l)
{
	struct sim_guest_config *g = &l->vm.guest;
	const int64_t page_kib = (l->vm.maxmem_kib / 64) & ~3LL;

	if (l->lab)
		g->hidden_kib = LAB_HIDDEN_KIB + page_kib;
	if (l->lab && !l->speed_kib)
		l->speed_kib = LAB_SPEED_KIB;
	if (g->anon_kib == KIB_NONE)
		g->anon_kib = l->lab ? LAB_ANON_KIB : ANON_KIB;
	if (g->cache_kib == KIB_NONE)
		g->cache_kib = l->lab ? LAB_CACHE_KIB : CACHE_KIB;
	if (g->kernel_kib == KIB_NONE)
		g->kernel_kib = (l->lab ? LAB_SYSTEM_KIB : SYSTEM_KIB) + page_kib;
}

void guest_line(struct reader *r)
{
	struct line l = {
		.vm = { .memory_kib = KIB_NONE, .maxmem_kib = KIB_NONE,
			.min_kib = KIB_NONE, .max_kib = KIB_NONE,
			.guest = { .anon_kib = KIB_NONE, .cache_kib = KIB_NONE,
				   .kernel_kib = KIB_NONE } },
		.build_kib = BUILD_KIB,
	};

	if (r->n < 2 || !is_name(r->word[1].text)) {
		fault(r, r->n < 2 ? (int)strlen(r->raw) + 1 : r->word[1].column,
		      "write guest NAME key=value..., a name of letters, digits, - and _");
		return;
	}
	if (!strcmp(r->word[1].text, "all"))
		fault(r, r->word[1].column, "the name '%s' is taken; choose another", r->word[1].text);
	for (int i = 2; i < r->n; i++)
		key_value(r, &l, i);
	if (l.vm.maxmem_kib == KIB_NONE)
		l.vm.maxmem_kib = l.vm.memory_kib;
	sizes_check(r, &l);
	what_it_has(&l);
	if (!l.offset && l.vm.hvm)
		l.vm.guest.offset_kib = OFFSET_HVM_KIB;
	l.vm.guest.static_max_kib = l.vm.maxmem_kib;
	l.vm.guest.speed_kib_ms = (l.speed_kib + 999) / 1000;
	l.vm.build_kib_ms = (uint64_t)(l.build_kib + 999) / 1000;
	l.vm.weight = (uint32_t)l.weight;
	if (!strcmp(r->word[1].text, "dom0")) {	/* it is there, and no module in it */
		l.vm.guest.character = SIM_driverless;
		l.count = 0;
		r->s->dom0_kib = l.vm.memory_kib;
		r->s->zero = (int)r->s->n_guests;
	}
	for (int64_t i = 1; !r->line_bad && l.count && i <= l.count; i++)
		add(r, &l, i);
	if (!r->line_bad && !l.count)
		add(r, &l, 0);
}
