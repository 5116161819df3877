// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xlmem create in the simulated host: memory first, then what xl create does,
 * the reservation handed over on the way; and plain xl create.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dom0-balloond/core/host.h"
#include "dom0-balloond/json.h"
#include "sim_build.h"
#include "sim_daemon.h"
#include "sim_job.h"
#include "sim_xen.h"

#define ASSIGN_US	(200 * SIM_MS)	/* as xlmem asks */

/* What an answer says, taken out of it: it is gone when we act. */
struct said {
	bool lost, ok;			/* lost: the daemon died before it answered */
	char code[24], message[200];
	int64_t id;
};

struct create {
	struct sim_job job;
	struct sim_vm vm;
	sim_started started;
	void *arg;
	int64_t id;
	uint32_t reserved;		/* the connection that owns the reservation */
	uint32_t asked;			/* the connection of a question on the way; 0: none */
	sim_event then;			/* when it is answered */
	struct said said;
	bool assigned, built, set;
	struct sim_dom *dom;
	char why[200];
};

static void text_after(const char *json, const char *key, char *out, size_t size)
{
	const char *at = strstr(json, key);

	at = at ? at + strlen(key) : "";
	snprintf(out, size, "%.*s", (int)strcspn(at, "\""), at);
}

static void said_parse(struct said *said, const char *json)
{
	char why[80];
	struct request *answer = json ? request_parse(json, why, sizeof(why)) : NULL;

	*said = (struct said){ .lost = !json, .id = KIB_NONE };
	if (!answer)
		return;
	request_bool(answer, "ok", &said->ok);
	request_int(answer, "id", &said->id);
	text_after(json, "\"code\":\"", said->code, sizeof(said->code));
	text_after(json, "\"message\":\"", said->message, sizeof(said->message));
	request_free(answer);
}

/* Called out of the daemon's turn: xlmem is another process and acts after it. */
static void answered(struct world *w, void *arg, const char *json)
{
	struct create *c = arg;

	said_parse(&c->said, json);
	world_at(w, w->now_us, c->then, c);
}

static void hang_up(struct world *w, uint32_t *connection)
{
	if (*connection)
		sim_hang_up(w, *connection);
	*connection = 0;
}

static void over(struct world *w, struct create *c, enum sim_start how, const char *why)
{
	sim_started started = c->started;
	struct sim_dom *dom = c->dom;
	void *arg = c->arg;
	char text[200];

	snprintf(text, sizeof(text), "%s", why);
	hang_up(w, &c->asked);
	hang_up(w, &c->reserved);
	job_end(w, c);
	started(w, arg, how, dom, text);
}

static void released(struct world *w, void *arg)
{
	struct create *c = arg;

	over(w, c, c->dom ? SIM_STARTED : SIM_FAILED, c->why);
}

static void release(struct world *w, struct create *c)
{
	hang_up(w, &c->asked);
	c->then = released;
	c->asked = sim_ask(w, answered, c, "{\"command\":\"release\",\"id\":%" PRId64 "}", c->id);
}

static void were_set(struct world *w, void *arg)
{
	struct create *c = arg;

	if (!c->said.ok)
		world_note(w, "%s runs, but its settings were not taken: %s", c->vm.name,
			   c->said.lost ? "no balloond" : c->said.message);
	release(w, c);
}

static void member(char *text, size_t size, const char *key, int64_t value)
{
	size_t at = strlen(text);

	if (value >= 0)
		snprintf(text + at, size - at, ",\"%s\":%" PRId64, key, value);
}

static void settings(struct world *w, struct create *c)
{
	char words[160] = "";

	member(words, sizeof(words), "min_kib", c->vm.min_kib);
	member(words, sizeof(words), "max_kib", c->vm.max_kib);
	member(words, sizeof(words), "weight", c->vm.weight ? (int64_t)c->vm.weight : KIB_NONE);
	if (!*words) {
		release(w, c);
		return;
	}
	hang_up(w, &c->asked);
	c->then = were_set;
	c->asked = sim_ask(w, answered, c, "{\"command\":\"set\",\"domain\":\"%s\",\"from\":\"cfg\"%s}",
			   c->vm.name, words);
}

static void assign(struct world *w, void *arg);

static void was_assigned(struct world *w, void *arg)
{
	struct create *c = arg;

	hang_up(w, &c->asked);
	c->assigned = strcmp(c->said.code, "unknown_domain") != 0;
	if (c->assigned && !c->said.ok)
		world_note(w, "the reservation could not be handed to %s: %s", c->vm.name,
			   c->said.lost ? "no balloond" : c->said.message);
	if (!c->assigned)
		world_at(w, w->now_us + ASSIGN_US, assign, c);
}

static void assign(struct world *w, void *arg)
{
	struct create *c = arg;

	c->then = was_assigned;
	c->asked = sim_ask(w, answered, c, "{\"command\":\"assign\",\"id\":%" PRId64
			   ",\"domain\":\"%s\"}", c->id, c->vm.name);
}

static void is_built(struct world *w, void *arg, struct sim_dom *dom, const char *why)
{
	struct create *c = arg;

	world_forget(w, c);	/* the next assign */
	c->dom = dom;
	snprintf(c->why, sizeof(c->why), "%s", why);
	if (dom)
		settings(w, c);
	else
		release(w, c);
}

static void is_reserved(struct world *w, void *arg)
{
	struct create *c = arg;
	struct sim_build build = sim_build_new(&c->vm);

	if (c->said.lost || !c->said.ok) {
		bool refused = !strcmp(c->said.code, "refused");

		snprintf(c->why, sizeof(c->why), "%s", c->said.lost ? "no balloond" :
			 c->said.message);
		over(w, c, refused ? SIM_REFUSED : SIM_FAILED, c->why);
		return;
	}
	c->id = c->said.id;
	world_at(w, w->now_us + ASSIGN_US, assign, c);
	sim_build(w, &c->vm, &build, is_built, c);
}

static struct create *create_new(struct world *w, const struct sim_vm *vm, sim_started started,
				 void *arg)
{
	struct create *c = job_new(w, sizeof(*c));

	c->vm = *vm;
	c->started = started;
	c->arg = arg;
	return c;
}

void sim_create(struct world *w, const struct sim_vm *vm, uint32_t wait_s,
		sim_started started, void *arg)
{
	struct create *c = create_new(w, vm, started, arg);

	c->then = is_reserved;
	c->reserved = sim_ask(w, answered, c, "{\"command\":\"reserve\",\"size_kib\":%" PRId64
			      ",\"name\":\"%s\",\"owner\":\"connection\",\"wait_s\":%u}",
			      vm->memory_kib + sim_overhead_kib(vm), vm->name, wait_s);
}

static void xl_built(struct world *w, void *arg, struct sim_dom *dom, const char *why)
{
	struct create *c = arg;

	c->dom = dom;
	over(w, c, dom ? SIM_STARTED : SIM_FAILED, why);
}

void sim_xl_create(struct world *w, const struct sim_vm *vm, sim_started started, void *arg)
{
	struct sim_build build = sim_build_new(vm);

	sim_build(w, vm, &build, xl_built, create_new(w, vm, started, arg));
}
