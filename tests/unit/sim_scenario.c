// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parser of balloonsim's scenarios: what is wrong is refused with file, line,
 * column and the fix; what is right is there as it was said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/host.h"
#include "tools/balloonsim/scenario.h"

static int parse(struct scenario *s, const char *text, char **said)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r"), *report;
	size_t size;
	int faults;

	assert_non_null(in);
	report = open_memstream(said, &size);
	assert_non_null(report);
	faults = scenario_parse(s, "f.scn", in, report);
	fclose(in);
	fclose(report);
	return faults;
}

#define HOST	"host 2048\nguest a memory=256 maxmem=512\n"	/* lines 1 and 2 */
#define END	"expect a.tot > 0\n"

struct refusal {
	const char *text, *where, *fix;
};

static void refused(const struct refusal *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct scenario s;
		char *said = NULL;

		if (!parse(&s, rows[i].text, &said))
			fail_msg("%s was taken", rows[i].text);
		if (strncmp(said, rows[i].where, strlen(rows[i].where)) || !strstr(said, rows[i].fix))
			fail_msg("%s\nwanted %s...%s\nsaid %s", rows[i].text, rows[i].where,
				 rows[i].fix, said);
		assert_null(s.steps);
		free(said);
	}
}

#define REFUSED(rows) refused(rows, sizeof(rows) / sizeof((rows)[0]))

static void scenario_syntax(void **state)
{
	static const struct refusal rows[] = {
		{ HOST "strat a\n" END, "f.scn:3:1: ", "steps are start begin" },
		{ HOST "start b\n" END, "f.scn:3:7: ", "guest b memory=SIZE" },
		{ HOST "start a a*b\n" END, "f.scn:3:9: ", "no guest" },
		{ HOST "start\n" END, "f.scn:3:6: ", "write start GUEST" },
		{ HOST "start a by hand\n" END, "f.scn:3:12: ", "by xlmem or by xl" },
		{ HOST "save a\n" END, "f.scn:3:7: ", "write save GUEST TIME" },
		{ HOST "end\n" END, "f.scn:3:1: ", "without a repeat" },
		{ HOST "repeat 2\nsleep 1s\n" END, "f.scn:3:1: ", "add the line `end`" },
		{ HOST "repeat 2\nrepeat 2\nend\n" END, "f.scn:4:1: ", "end the first" },
		{ HOST "tell a j end\n" END, "f.scn:3:8: ", "start it with touch" },
		{ HOST "touch a j 5 rat=1\n" END, "f.scn:3:13: ", "rate=SIZE" },
		{ HOST "touch a j 5 promised\n" END, "f.scn:3:13: ", "[rate=SIZE] [unpromised]" },
		{ HOST "share a j 5 unpromise\n" END, "f.scn:3:13: ", "share GUEST JOB SIZE" },
		{ HOST "read a j 5 rate=1 reuse=x\n" END, "f.scn:3:25: ", "even skewed loop scan" },
		{ HOST "read a j 5 reuse=scan\n" END, "f.scn:3:18: ", "add rate=SIZE" },
		{ HOST "read a j 5 rate=500k\n" END, "f.scn:3:17: ", "at least 1 MiB" },
		{ HOST "kernel a j 5 rate=1\n" END, "f.scn:3:14: ", "write kernel GUEST JOB SIZE" },
		{ HOST "share a j 5\ntell a j use\n" END, "f.scn:4:10: ", "use SIZE" },
		{ HOST "stop a over=5\n" END, "f.scn:3:13: ", "500ms" },
		{ HOST "destroy over=5s\n" END, "f.scn:3:1: ", "destroy GUEST... [over=TIME]" },
		{ HOST "daemon kil\n" END, "f.scn:3:8: ", "start, stop or kill" },
		{ HOST "daemon start at 3\n" END, "f.scn:3:14: ", "daemon start|stop|kill" },
		{ HOST "become a good\n" END, "f.scn:3:10: ", "no character" },
		{ HOST "release x\n" END, "f.scn:3:9: ", "nothing is reserved" },
		{ "host 2048\nguest 1a memory=5\n" END, "f.scn:2:7: ", "a name of letters" },
		{ "host 2048\nguest all memory=5\n" END, "f.scn:2:7: ", "choose another" },
		{ HOST "guest a memory=64\n" END, "f.scn:3:7: ", "choose another" },
		{ "host 2048\nguest a memroy=64\n" END, "f.scn:2:9: ", "a guest has memory" },
		{ "host 2048\nguest a memory=64 type=px\n" END, "f.scn:2:24: ", "pv, pvh or hvm" },
		{ "host 2048\nguest a memory=64 character=x\n" END, "f.scn:2:29: ", "they are ideal" },
		{ "host 2048\nguest a maxmem=64\n" END, "f.scn:2:7: ", "add memory=SIZE" },
		{ "guest a memory=64\n" END, "f.scn:1:1: ", "add the line `host SIZE`" },
		{ "host\n" END, "f.scn:1:5: ", "write host SIZE" },
		{ HOST "cost cpu 5us\n" END, "f.scn:3:6: ", "hypercall, store or watch" },
		{ HOST "conf free_min=\"x\"\n" END, "f.scn:3:6: conf", "free_min" },
		{ HOST "conf free_min=\"1\"\nconf no_key=5\n" END, "f.scn:4:6: conf", "no_key" },
		{ HOST "start a\n", "f.scn:3:1: ", "add `expect" },
		{ "param 1x 5\n" HOST END, "f.scn:1:7: ", "no name" },
		{ "param X\n" HOST END, "f.scn:1:8: ", "write param NAME VALUE" },
		{ HOST "sleep $T\n" END, "f.scn:3:7: ", "add `param T VALUE`" },
		{ "bound 30 x y\n" HOST END, "f.scn:1:12: ", "write bound TIME" },
		{ "bound 1s 5\n" HOST END, "f.scn:1:7: ", "not a whole number" },
		{ "host 2048\nguest a memory=64 kernel=5.4\n" END, "f.scn:2:26: ", "6.1 or 6.12" },
		{ "host 2048\nguest a memory=64 module=x\n" END, "f.scn:2:26: ", "yes, no or" },
		{ HOST "run x xl mem-set a 5\n" END, "f.scn:3:5: ", "run NAME[?]:" },
		{ HOST "run x: rm -rf / now\n" END, "f.scn:3:8: ", "isn't simulated" },
		{ HOST "run x: xl mem-set b 5\n" END, "f.scn:3:19: ", "no guest" },
		{ HOST "run ?: xlmem reserve 5\n" END, "f.scn:3:5: ", "no name" },
	};

	(void)state;
	REFUSED(rows);
}

static void scenario_sizes(void **state)
{
	static const struct refusal rows[] = {
		{ "host -5\n" END, "f.scn:1:6: ", "negative" },
		{ HOST "touch a j -20\n" END, "f.scn:3:11: ", "negative" },
		{ HOST "mem-set a 20x\n" END, "f.scn:3:11: ", "write MiB, or a suffix" },
		{ HOST "mem-set a 5k\n" END, "f.scn:3:11: ", "whole pages" },
		{ HOST "mem-set a 99999999999t\n" END, "f.scn:3:11: ", "1 PiB" },
		{ "host 2048\nguest a memory=16\n" END, "f.scn:2:7: ", "32 MiB" },
		{ "host 2048\nguest a memory=64 maxmem=48\n" END, "f.scn:2:7: ", "raise maxmem" },
		{ "host 2048\nguest a memory=64 min=80\n" END, "f.scn:2:23: ", "lower min" },
		{ "host 2048\nguest a memory=64 max=50 min=60\n" END, "f.scn:2:30: ", "raise max" },
		{ "host 2048\nguest a memory=64 weight=0\n" END, "f.scn:2:26: ", "from 1 to" },
		{ "host 1024\nguest a memory=64 maxmem=900 min=600\n" END, "f.scn:2:1: ",
		  "the floor of a is above the host" },
		{ "host 1024\nguest a memory=64\nguest g count=3 memory=256 min=200\n" END, "f.scn:3:1: ",
		  "`overcommitted` if it is meant" },
		{ "host 512\ndom0 512\nexpect free > 0\n", "f.scn:1:1: ", "make the host larger" },
	};

	(void)state;
	REFUSED(rows);
}

static void scenario_time(void **state)
{
	static const struct refusal rows[] = {
		{ HOST "sleep 5\n" END, "f.scn:3:7: ", "500ms" },
		{ HOST "sleep -5s\n" END, "f.scn:3:7: ", "negative" },
		{ HOST "sleep 2000d\n" END, "f.scn:3:7: ", "1000 days" },
		{ HOST "sleep 5s to 2s\n" END, "f.scn:3:13: ", "time runs backwards" },
		{ HOST "at 20s\nat 10s\n" END, "f.scn:4:4: ", "time runs backwards" },
		{ HOST "at 20s\nsleep 10s\nat 25s\n" END, "f.scn:5:4: ", "sleep TIME" },
		{ HOST "repeat 2\nat 5s\nend\n" END, "f.scn:4:1: ", "sleep TIME" },
		{ HOST "mark x\nmark y\nexpect a.tot.min@y..x > 0\n", "f.scn:5:8: ",
		  "write @x..y" },
		{ HOST "await a.tot > 5\n" END, "f.scn:3:16: ", "an await needs a bound" },
	};

	(void)state;
	REFUSED(rows);
}

static void scenario_conditions(void **state)
{
	static const struct refusal rows[] = {
		{ HOST "expect a.tot\n", "f.scn:3:13: ", "no comparison" },
		{ HOST "expect a.tot >=\n", "f.scn:3:16: ", "nothing to compare with" },
		{ HOST "expect a.tot >= 5 x\n", "f.scn:3:19: ", "SUM OP SUM" },
		{ HOST "expect 1 > a.tox\n", "f.scn:3:12: ", "a guest has no such value" },
		{ HOST "expect fre > 1\n", "f.scn:3:8: ", "the host has no such value" },
		{ HOST "expect a.tot + b.tot > 1\n", "f.scn:3:16: ", "declare it above" },
		{ HOST "expect a.tot@x > 1\n", "f.scn:3:8: ", "add `mark x`" },
		{ HOST "mark x\nmark y\nexpect a.tot@x..y > 1\n", "f.scn:5:8: ", ".min or .max" },
		{ HOST "mark x\nmark y\nexpect writes.max@x..y > 1\n", "f.scn:5:8: ", "counter" },
		{ HOST "expect a.tot has x\n", "f.scn:3:8: ", "compare numbers" },
	};

	(void)state;
	REFUSED(rows);
}

static void scenario_taken(void **state)
{
	struct scenario s;
	char *said = NULL;

	(void)state;
	assert_int_equal(parse(&s, "# first\n"
		"title two  words # and a comment\n"
		"host 4g\ndom0 512\nconf free_min=\"16\"\ncost hypercall 7us\n"
		"guest a memory=256 maxmem=1g type=pvh swap=zram:64 min=128 weight=512\n"
		"guest w count=3 memory=64m character=liar\r\n"
		"start a w* by xlmem wait=5s\n"
		"touch w* j 10 rate=100\n"
		"read a f 300 reuse=loop rate=20\n"
		"touch a n 64 unpromised\n"
		"tell a n use 16\n"
		"destroy a over=90s\n"
		"repeat 3\nsleep 1ms to 2s\nend\n"
		"mark m\n"
		"await all.tot + 5M > 2 * a.tot@m within 3min\n"
		"mark n\nexpect a.tot.max@m..n >= 0", &said), 0);
	assert_string_equal(said, "");
	free(said);
	assert_string_equal(s.title, "two  words");
	assert_string_equal(s.conf, "free_min=\"16\"\n");
	assert_int_equal(s.host_kib, 4 << 20);
	assert_int_equal(s.costs.hypercall_us, 7);
	assert_int_equal(s.n_guests, 4);
	assert_true(s.guests[0].vm.hvm);
	assert_int_equal(s.guests[0].vm.guest.swap_kib, 64 << 10);
	assert_int_equal(s.guests[0].vm.guest.offset_kib, -64);
	assert_int_equal(s.guests[0].vm.min_kib, 128 << 10);
	assert_int_equal(s.guests[0].vm.weight, 512);
	assert_string_equal(s.guests[3].vm.name, "w3");
	assert_int_equal(s.guests[3].vm.guest.character, SIM_liar);
	assert_int_equal(s.guests[3].vm.maxmem_kib, 64 << 10);
	assert_int_equal(s.n_steps, 13);
	assert_int_equal(s.steps[0].n_guests, 4);
	assert_true(s.steps[0].by_xlmem);
	assert_int_equal(s.steps[0].us, 5 * SIM_S);
	assert_int_equal(s.steps[1].kib, 10 << 10);
	assert_int_equal(s.steps[2].word, SIM_loop);
	assert_int_equal(s.steps[2].rate_kib_ms, 20);
	assert_true(s.steps[3].unpromised);
	assert_int_equal(s.steps[4].word, TELL_USE);
	assert_int_equal(s.steps[4].kib, 16 << 10);
	assert_int_equal(s.steps[5].us, 90 * SIM_S);
	assert_int_equal(s.steps[8].jump, 7);
	assert_int_equal(s.steps[10].us, 180 * SIM_S);
	assert_int_equal(s.expectations, 1);
	scenario_free(&s);
}

/* What scenarios of the emulated host say, as far as it means something here. */
static void scenario_shared(void **state)
{
	const struct sim_guest_config *g;
	struct scenario s;
	char *said = NULL;

	(void)state;
	assert_int_equal(parse(&s, "param TYPE pvh\nparam KERNEL 6.12\n"
		"host 2048\ndom0 512\nbound 300 500\n"
		"guest a type=$TYPE kernel=$KERNEL memory=256 vcpus=2 swap=disk:64 "
		"module=selfballoon_reserved_mb=150\n"
		"run less: xl mem-set a 200\nrun big?: xlmem reserve 900 --name big\n"
		"touch a load 50\nawait a.load.touched == 1 within 5s\n"
		"expect big.exit == 3\n", &said), 0);
	assert_string_equal(said, "");
	free(said);
	g = &s.guests[0].vm.guest;
	assert_int_equal(s.bound_us, 300 * SIM_S);
	assert_true(s.guests[0].vm.hvm);
	assert_int_equal(g->swap_kib, 64 << 10);
	assert_int_equal(g->reserved_kib, 150 << 10);
	assert_true(g->hidden_kib > 0 && g->hidden_kib < g->kernel_kib);
	assert_int_equal(s.steps[0].op, SCN_MEM_SET);
	assert_int_equal(s.steps[0].kib, 200 << 10);
	assert_int_equal(s.steps[1].op, SCN_RESERVE);
	assert_true(s.steps[1].waits && s.steps[1].may_fail);
	assert_string_equal(s.steps[1].name, "big");
	scenario_free(&s);
}

/* Whatever stands there: refused or taken, and nothing else happens. */
static void scenario_noise(void **state)
{
	static const char whole[] = HOST "conf vms=[ \"a min=64\" ]\nstart a by xlmem wait=5s\n"
		"touch a j 10 rate=100\nrepeat 3\nsleep 1ms to 2s\nend\nmark m\nset a min=5 auto\n"
		"read a f 30 reuse=even rate=5\ntell a j use 3\nstop a over=3s\n"
		"daemon kill at 3 to 9\nreserve r 50 wait=3s\nawait a.tot > 2 * a.tot@m within 3min\n" END;
	uint64_t chance = 42;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		char text[sizeof(whole)];
		struct scenario s;
		char *said = NULL;

		memcpy(text, whole, sizeof(whole));
		for (int k = 0; k < 3; k++) {
			chance = chance * 6364136223846793005ULL + 1442695040888963407ULL;
			text[(chance >> 33) % (sizeof(whole) - 1)] = (char)(chance >> 24 | 1);
		}
		if (!parse(&s, text, &said))
			scenario_free(&s);
		free(said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "unit:scenario_syntax", scenario_syntax, NULL, NULL, NULL },
		{ "unit:scenario_sizes", scenario_sizes, NULL, NULL, NULL },
		{ "unit:scenario_time", scenario_time, NULL, NULL, NULL },
		{ "unit:scenario_conditions", scenario_conditions, NULL, NULL, NULL },
		{ "unit:scenario_taken", scenario_taken, NULL, NULL, NULL },
		{ "unit:scenario_shared", scenario_shared, NULL, NULL, NULL },
		{ "unit:scenario_noise", scenario_noise, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
