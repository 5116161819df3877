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
 * evicted, a shell and an agent. Read off such guests, maxmem 480 and memory 240, when idle:
 *
 *	hidden	tot_pages - MemTotal, less struct page (1/64) of memory sections of 128 MiB
 *	own	the need it reports - hidden - Committed_AS - selfballoon_reserved_mb -
 *		totalreserve_pages (/proc/zoneinfo: high + the largest protection, all zones)
 *	mapped	its watermarks are those of maxmem, not of what it was born with
 *	overhead what free memory and all tot_pages add up to less with each that is started
 *	shared	KiB a second of all balloons that move at a time: PVH, one alone 217 MiB, three
 *		60 to 65 each; PV, two 180 each, three 104 to 227
 */
static const struct lab_kind {
	bool hvm;
	const char *kernel;
	int64_t hidden_kib, own_kib;
	bool mapped;
	int64_t overhead_kib;
	int64_t shared_kib;
} lab_kinds[] = {
	/* tot 245824, MemTotal 196492, need 111680, reserve 5500 */
	{ true, "6.12", 41140, 26388, true, 3277, 217 << 10 },
	/* not read: as the other kernel's of the type */
	{ true, "6.1", 41140, 26388, true, 3277, 217 << 10 },
	/* tot 245760, MemTotal 185520, need 114944; its reserve was not read: 4000 reckoned */
	{ false, "6.1", 52048, 21436, false, 100, 400 << 10 },
	/* not read: as the other kernel's of the type */
	{ false, "6.12", 52048, 21436, false, 100, 400 << 10 },
};
#define LAB_ANON_KIB	(10 * KIB_PER_MIB)
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
	const char *kernel;	/* of the emulated host, or NULL */
	bool disk;		/* its swap is one */
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
	for (size_t i = 0; i < sizeof(lab_kinds) / sizeof(lab_kinds[0]); i++)
		if (!strcmp(value, lab_kinds[i].kernel))
			l->kernel = lab_kinds[i].kernel;
	if (!l->kernel)
		fault(r, column, "kernel '%s'; it is 6.1 or 6.12, or leave it out", value);
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
	l->disk = !strncmp(value, "disk:", 5);
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
	g->disk_kib = l->kernel && l->disk ? l->vm.guest.swap_kib : 0;
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

static const struct lab_kind *lab_kind(const struct line *l)
{
	const struct lab_kind *kind = lab_kinds;

	while (kind->hvm != l->vm.hvm || strcmp(kind->kernel, l->kernel))
		kind++;
	return kind;
}

/* What the line doesn't say. */
static void complete(int64_t *kib, int64_t value_kib)
{
	if (*kib == KIB_NONE)
		*kib = value_kib;
}

static void lab_guest(struct line *l)
{
	const int64_t section_kib = 128 * KIB_PER_MIB;
	const struct lab_kind *kind = lab_kind(l);
	struct sim_guest_config *g = &l->vm.guest;

	g->hidden_kib = kind->hidden_kib +
			(l->vm.maxmem_kib + section_kib - 1) / section_kib * section_kib / 64;
	g->marks_kib = kind->mapped ? l->vm.maxmem_kib - g->hidden_kib : 0;
	if (!l->speed_kib) {
		l->speed_kib = LAB_SPEED_KIB;
		g->shared_kib_ms = kind->shared_kib / 1000;
	}
	l->vm.overhead_kib = kind->overhead_kib;
	complete(&g->anon_kib, LAB_ANON_KIB);
	complete(&g->cache_kib, 0);
	complete(&g->kernel_kib, g->hidden_kib + kind->own_kib);
}

static void what_it_has(struct line *l)
{
	struct sim_guest_config *g = &l->vm.guest;

	if (l->kernel)
		lab_guest(l);
	complete(&g->anon_kib, ANON_KIB);
	complete(&g->cache_kib, CACHE_KIB);
	complete(&g->kernel_kib, SYSTEM_KIB + ((l->vm.maxmem_kib / 64) & ~3LL));
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
