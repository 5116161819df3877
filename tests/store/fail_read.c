// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LD_PRELOAD library: xs_read() of the path that stands in the file FAIL_READ fails as if
 * xenstored were busy.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
	static void *(*real)(struct xs_handle *, xs_transaction_t, const char *, unsigned int *);
	FILE *file = fopen(getenv("FAIL_READ"), "re");
	char name[256] = "";

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "xs_read");
	if (file && fscanf(file, "%255s", name) != 1)
		name[0] = '\0';
	if (file)
		fclose(file);
	if (!strcmp(name, path)) {
		errno = EAGAIN;
		return NULL;
	}
	return real(h, t, path, len);
}
