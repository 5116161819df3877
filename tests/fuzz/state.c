// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The daemon starts on, and lives with, a xenstore that holds anything: the input
 * is lines of a script for the simulated host, of which those that say nothing
 * are skipped. Its Xen and the daemon's own checker judge every step.
 *
 *	d MIB MAX KIND	a domain (the first is dom0); KIND 0 to 6 as in puppet.h,
 *			+ 8: HVM, + 16: paused, + 32: still being built
 *	/PATH VALUE	a key is written, by whomever
 *	-PATH		... or removed
 *	w MS		time passes; before the first, and after k and q, balloond starts
 *	k, q		balloond is killed, or stopped
 *	l, e		xenstored is lost until the next w, e: and comes back empty
 *	n DOMID MIB	its need
 *	m DOMID MIB	a foreign max_pages
 *	x DOMID		it is destroyed
 *	r KIB NAME	somebody asks for a reservation
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balloond.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/puppet.h"
#include "tools/balloonsim/sim_client.h"
#include "tools/balloonsim/sim_daemon.h"
#include "tools/balloonsim/sim_store.h"
#include "tools/balloonsim/sim_xen.h"

#define TOTAL_MIB	4096
#define DOMS_MAX	6
#define LINES_MAX	64
#define WAIT_MAX_MS	30000
#define PATH_CHARS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/_@"

static struct world *w;
static struct puppet puppets[DOMS_MAX];
static uint32_t n_doms;
static bool store_lost_now;
static uint64_t waited_ms;

static void say(struct world *world, const char *text)
{
	(void)world;
	fprintf(stderr, "# %llu %s\n", (unsigned long long)(w->now_us / SIM_MS), text);
}

static int64_t page_mib(long mib, long most)
{
	return mib < 1 ? 1 : mib > most ? most : mib;
}

static void domain(long mib, long max_mib, long kind)
{
	struct puppet *p = &puppets[n_doms];
	char name[16];

	if (n_doms == DOMS_MAX)
		return;
	mib = page_mib(mib, w->free_kib / MIB);
	if (w->free_kib < 8 * MIB)
		return;
	snprintf(name, sizeof(name), "%s%u", n_doms ? "vm" : "Domain-", n_doms);
	if (max_mib < mib)
		max_mib = mib;
	puppet_add(w, p, name, n_doms && (kind & 8), mib, page_mib(max_mib, 1 << 20));
	/* As libxl leaves it: what it may take is no more than it has. */
	sim_set_max(w, p->dom, p->dom->tot_kib + MIB);
	p->dom->paused = kind & 16;
	p->dom->ran = !n_doms || !(kind & 32);
	p->speed_kib_ms = 1024;
	if (n_doms++)
		puppet_kind(w, p, (enum puppet_kind)((kind & 7) % PUPPET_KIND_COUNT));
}

static struct puppet *guest(long domid)
{
	return domid > 0 && domid < (long)n_doms && puppets[domid].dom ? &puppets[domid] : NULL;
}

/* xenstored takes no other paths, and no value beyond 4096 bytes. */
static void write_key(char *line)
{
	char *value = strchr(line, ' ');
	size_t len;

	if (value)
		*value++ = '\0';
	len = strlen(line);
	if (len > 256 || strspn(line, PATH_CHARS) != len || strstr(line, "//") ||
	    line[len - 1] == '/')
		return;
	if (value && strlen(value) <= 4096)
		store_put(w, line, value);
}

static void replied(struct world *world, void *arg, const char *json)
{
	(void)world, (void)arg;
	MUST(!json || json[0] == '{');
}

static void pass(long ms)
{
	if (store_lost_now)
		sim_store_start(w, false);
	store_lost_now = false;
	if (!sim_daemon_runs(w))
		MUST(sim_daemon_start(w, NULL));
	ms = ms < 1 ? 1 : ms > WAIT_MAX_MS ? WAIT_MAX_MS : ms;
	if (waited_ms + (uint64_t)ms > WAIT_MAX_MS)
		ms = 1;
	waited_ms += (uint64_t)ms;
	world_run(w, w->now_us + (uint64_t)ms * SIM_MS);
}

static void holds(void)
{
	int64_t sum_kib = w->free_kib;

	for (uint32_t i = 0; i < w->n_doms; i++)
		sum_kib += w->doms[i]->tot_kib;
	MUST(sum_kib == w->total_kib && w->free_kib >= 0);
	MUST(!w->stats.breaches, "%s", w->stats.first_breach);
}

static void run(char *line)
{
	long a = 0, b = 0, c = 0;
	struct puppet *p;

	sscanf(line + (line[0] != '\0'), "%7ld %7ld %7ld", &a, &b, &c);
	p = guest(a);
	switch (line[0]) {
	case 'd': domain(a, b, c); break;
	case '/': write_key(line); break;
	case '-': store_drop(w, line + 1); break;
	case 'w': pass(a); break;
	case 'k': sim_daemon_kill(w); break;
	case 'q': sim_daemon_stop(w); break;
	case 'l':
	case 'e':
		sim_store_stop(w);
		if (line[0] == 'e')
			sim_store_start(w, true);
		store_lost_now = line[0] == 'l';
		break;
	case 'n':
		if (p)
			puppet_need(w, p, page_mib(b, 1 << 20));
		break;
	case 'm':
		if (p)
			sim_set_max(w, p->dom, page_mib(b, 1 << 20) * MIB +
				    (p->dom->hvm ? p->dom->tot_kib : 0));
		break;
	case 'x':
		if (p)
			puppet_end(w, p, 100 * SIM_MS);
		break;
	case 'r':
		if (a > 0 && sim_daemon_runs(w))
			sim_ask(w, replied, NULL, "{\"command\":\"reserve\",\"size_kib\":%ld,"
				"\"name\":\"vm%ld\",\"owner\":\"token\"}", a, b);
		break;
	}
	holds();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *rest = text, *line;

	w = world_new(1, TOTAL_MIB * MIB);
	if (getenv("FUZZ_TRACE"))
		w->on_note = say;
	n_doms = 0;
	waited_ms = 0;
	store_lost_now = false;
	domain(512, 512, 0);
	for (int n = 0; n < LINES_MAX && (line = strsep(&rest, "\n")); n++)
		run(line);
	pass(1000);
	pass(5000);
	sim_daemon_stop(w);
	holds();
	world_free(w);
	free(text);
	return 0;
}
