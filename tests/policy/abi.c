// SPDX-License-Identifier: GPL-2.0-or-later
/* Every attribute of tunables.h is described in guest-driver/ABI-xen-selfballoon. */
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

static void described(void **unused)
{
	FILE *in = fopen("guest-driver/ABI-xen-selfballoon", "r");
	static char text[65536];
	size_t i;

	(void)unused;
	assert_non_null(in);
	assert_in_range(fread(text, 1, sizeof(text) - 1, in), 1, sizeof(text) - 2);
	fclose(in);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char line[80];

		snprintf(line, sizeof(line), "What:\t\t.../selfballoon/%s\n", names[i]);
		print_message("# %s\n", names[i]);
		assert_non_null(strstr(text, line));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "policy:abi-complete", described, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("abi", tests, NULL, NULL);
}
