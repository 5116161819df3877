// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xl's save file begins with a header of 48 bytes in the byte order of the host
 * that wrote it (struct save_file_header of xl.h), then optional data: a length of
 * 4 bytes and so many of configuration, with a NUL at its end; the stream follows.
 * The file may come from anywhere: every length is checked against a bound, and
 * what xl would refuse is refused here, with nothing reserved.
 */
#include "saved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "client.h"
#include "stream.h"

#define CONFIG_MAX	(1u << 20)	/* bytes; real ones have some thousands */
#define DEPTH_MAX	32		/* of nested JSON; real ones have 6 */
#define KIB_MAX		(1LL << 40)
#define VCPUS_MAX	4096

#define BYTE_ORDER_VALUE	0x01020304u
#define FLAG_JSON		(1u << 0)
#define FLAG_STREAM_V2		(1u << 1)

static const char magic[32] = "Xen saved domain, xl format\n \0 \r";

struct header {
	char magic[32];
	uint32_t byte_order, mandatory_flags, optional_flags, optional_len;
};

/* yajl frees its tree by recursion: a text of brackets must not reach the stack's end. */
static bool is_deep(const char *text)
{
	int depth = 0;
	bool quoted = false;

	for (; *text; text++) {
		if (quoted && *text == '\\' && text[1])
			text++;
		else if (*text == '"')
			quoted = !quoted;
		else if (!quoted && (*text == '{' || *text == '['))
			depth++;
		else if (!quoted && (*text == '}' || *text == ']'))
			depth--;
		if (depth > DEPTH_MAX)
			return true;
	}
	return false;
}

/* A number that must be there unless `fallback` is one; -1: bad. */
static int64_t number_of(yajl_val object, const char *name, int64_t least, int64_t most,
			 int64_t fallback)
{
	yajl_val value = field(object, name);
	int64_t number = YAJL_IS_INTEGER(value) ? YAJL_GET_INTEGER(value) : -1;

	if (!value)
		return fallback;
	return number >= least && number <= most ? number : -1;
}

static int take(yajl_val config, struct vmcfg *out, const char **bad)
{
	yajl_val create = field(config, "c_info"), build = field(config, "b_info");
	const char *name = field_text(create, "name"), *type = field_text(create, "type");

	*out = (struct vmcfg){ .min_kib = -1, .max_kib = -1, .weight = -1, .idle_shutdown = -1 };
	*bad = "name";
	if (!name || !*name || strlen(name) >= sizeof(out->name))
		return -1;
	strcpy(out->name, name);
	*bad = "type";
	if (!type || (strcmp(type, "pv") && strcmp(type, "pvh") && strcmp(type, "hvm")))
		return -1;
	out->pv = !strcmp(type, "pv");
	out->hvm = !strcmp(type, "hvm");
	*bad = "target_memkb";
	out->memory_kib = number_of(build, "target_memkb", 1, KIB_MAX, -1);
	if (out->memory_kib < 0)
		return -1;
	*bad = "max_memkb";
	out->maxmem_kib = number_of(build, "max_memkb", 1, KIB_MAX, out->memory_kib);
	if (out->maxmem_kib < 0)
		return -1;
	if (out->maxmem_kib < out->memory_kib)
		out->maxmem_kib = out->memory_kib;
	*bad = "shadow_memkb";
	out->shadow_kib = number_of(build, "shadow_memkb", 0, KIB_MAX, 0);
	if (out->shadow_kib < 0)
		return -1;
	*bad = "max_vcpus";
	out->vcpus = number_of(build, "max_vcpus", 1, VCPUS_MAX, 1);
	return out->vcpus < 0 ? -1 : 0;
}

/* @return the tree, or NULL with `why` */
static yajl_val parse(const char *text, const char *what, char *why, size_t size)
{
	char error[256] = "";
	yajl_val tree = is_deep(text) ? NULL : yajl_tree_parse(text, error, sizeof(error));

	error[strcspn(error, "\n")] = '\0';
	if (!tree)
		snprintf(why, size, "%s is no JSON of libxl's: %.80s", what,
			 error[0] ? error : "nested too deeply");
	return tree;
}

/* The configuration's text, to be freed, and where the stream begins; NULL: `why`. */
static char *config_text(int fd, const char *file, off_t *stream, char *why, size_t size)
{
	struct header header;
	uint32_t len;
	char *text;

	if (!stream_take(fd, &header, sizeof(header)) ||
	    memcmp(header.magic, magic, sizeof(magic))) {
		snprintf(why, size, "%s was not written by `xl save`", file);
		return NULL;
	}
	if (header.byte_order != BYTE_ORDER_VALUE) {
		snprintf(why, size, "%s was saved on a machine of the other byte order", file);
		return NULL;
	}
	if (header.mandatory_flags & ~(FLAG_JSON | FLAG_STREAM_V2)) {
		snprintf(why, size, "%s was saved by a newer xl (flags 0x%x): restore it with that one",
			 file, header.mandatory_flags);
		return NULL;
	}
	if (!(header.mandatory_flags & FLAG_JSON) || header.optional_len < sizeof(len)) {
		snprintf(why, size, "%s holds no configuration in JSON: use plain `xl restore CFG %s`",
			 file, file);
		return NULL;
	}
	if (!stream_take(fd, &len, sizeof(len)) || len > header.optional_len - sizeof(len) ||
	    len > CONFIG_MAX || !(text = calloc(1, (size_t)len + 1))) {
		snprintf(why, size, "%s is damaged: the length of its configuration can't be", file);
		return NULL;
	}
	if (!stream_take(fd, text, len)) {
		snprintf(why, size, "%s is cut off in its configuration", file);
		free(text);
		return NULL;
	}
	*stream = (off_t)(sizeof(header) + header.optional_len);
	return text;
}

int saved_read(const char *file, struct vmcfg *out, char *why, size_t size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = -1;
	struct stat status;
	const char *bad;
	char *text = NULL;
	int64_t held_kib;
	off_t stream = 0;
	yajl_val tree;

	if (fd < 0) {
		snprintf(why, size, "can't read %s: %s", file, strerror(errno));
		return -1;
	}
	/* xl opens it again: what can be read once won't do. */
	if (fstat(fd, &status) || (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)))
		snprintf(why, size, "%s is no file that `xl save` wrote", file);
	else
		text = config_text(fd, file, &stream, why, size);
	if (!text) {
		close(fd);
		return -1;
	}
	tree = parse(text, file, why, size);
	if (tree && take(tree, out, &bad))
		snprintf(why, size, "%s: its configuration's %s is missing or has a bad value",
			 file, bad);
	else if (tree)
		rc = 0;
	/* It may have held more than its target, and libxl needs as much to restore it. */
	if (!rc && lseek(fd, stream, SEEK_SET) == stream) {
		held_kib = stream_kib(fd, out->maxmem_kib);
		if (out->memory_kib < held_kib)
			out->memory_kib = held_kib;
	}
	close(fd);
	yajl_tree_free(tree);
	free(text);
	return rc;
}

int running_read(const char *domain, struct vmcfg *out, char *why, size_t size)
{
	char *const argv[] = { (char *)child_xl(), (char *)"list", (char *)"-l",
			       (char *)domain, NULL };
	char *text = child_output(argv, CONFIG_MAX);
	const char *bad = "configuration";
	yajl_val tree, one;
	int rc = -1;

	if (!text) {
		snprintf(why, size, "`%s list -l %s` failed", child_xl(), domain);
		return -1;
	}
	tree = parse(text, "xl list's answer", why, size);
	one = YAJL_IS_ARRAY(tree) && tree->u.array.len == 1 ? tree->u.array.values[0] : NULL;
	if (tree && (!one || take(field(one, "config"), out, &bad)))
		snprintf(why, size, "`%s list -l %s`: %s is missing or has a bad value", child_xl(),
			 domain, bad);
	else if (tree)
		rc = 0;
	yajl_tree_free(tree);
	free(text);
	return rc;
}
