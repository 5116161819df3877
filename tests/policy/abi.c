// SPDX-License-Identifier: GPL-2.0-or-later
/* Every attribute and trace event is described in guest-driver/ABI-xen-selfballoon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guest-driver/tunables.h"

#define ROW_NAME(name, ...) #name,

static const char *const names[] = {
	SELFBALLOON_TUNABLES(ROW_NAME)
	SELFBALLOON_STATS(ROW_NAME)
	"mode",
};

/* @return the file, whole */
static const char *read_all(const char *path, char *text, size_t size)
{
	FILE *in = fopen(path, "r");
	size_t n;

	assert_non_null(in);
	n = fread(text, 1, size, in);
	assert_in_range(n, 1, size - 1);
	text[n] = '\0';
	fclose(in);
	return text;
}

static char abi[65536];

static void described(void **unused)
{
	const char *text = read_all("guest-driver/ABI-xen-selfballoon", abi, sizeof(abi));
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char line[80];

		snprintf(line, sizeof(line), "What:\t\t.../selfballoon/%s\n", names[i]);
		print_message("# %s\n", names[i]);
		assert_non_null(strstr(text, line));
	}
}

static void events_described(void **unused)
{
	static char header[65536];
	const char *text = read_all("guest-driver/ABI-xen-selfballoon", abi, sizeof(abi));
	const char *at = read_all("guest-driver/selfballoon_trace.h", header, sizeof(header));
	char name[64], line[160];
	int events = 0;

	(void)unused;
	for (; (at = strstr(at, "\nTRACE_EVENT(")); at++, events++) {
		assert_int_equal(sscanf(at, "\nTRACE_EVENT(%63[a-z_],", name), 1);
		snprintf(line, sizeof(line), "What:\t\t.../tracing/events/selfballoon/%s\n", name);
		print_message("# %s\n", name);
		assert_non_null(strstr(text, line));
	}
	assert_int_equal(events, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "policy:abi-complete", described, NULL, NULL, NULL },
		{ "policy:abi-events", events_described, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("abi", tests, NULL, NULL);
}
