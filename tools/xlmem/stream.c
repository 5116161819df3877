// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Formats: Xen's docs/specs/libxl-migration-stream.pandoc and
 * libxc-migration-stream.pandoc. A stream is headers and records, each a type, a length
 * and a body padded to 8 bytes; libxc's stream follows libxl's record LIBXC_CONTEXT,
 * which has no body. Headers are big endian, the rest is the host's.
 */
#include "stream.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define LIBXL_IDENT	0x4c6962786c466d74ULL	/* "LibxlFmt" */
#define LIBXL_VERSION	2
#define LIBXL_END	0
#define LIBXL_LIBXC	1
#define LIBXL_RECORDS	64		/* before libxc's: 1 to 3 */

#define LIBXC_MARKER	0xffffffffffffffffULL
#define LIBXC_ID	0x58454e46u		/* "XENF" */
#define LIBXC_END	0
#define LIBXC_PAGE_DATA	1
#define LENGTH_MAX	(128u << 20)
#define LIBXC_RECORDS	(1u << 24)	/* a guest of 64 TiB */
#define BATCH_MAX	65536		/* pages; libxc sends 1024 */

#define OPTION_BIG_ENDIAN	1

/* The upper four bits of a PFN say what is there: no page at all, or a broken one. */
#define PFN_OF(word)	((word) & 0x000fffffffffffffULL)
#define TYPE_OF(word)	((unsigned int)((word) >> 60))
#define TYPE_BROKEN	0xd
#define TYPE_NONE	0xf

#define PAGE_KIB	4
#define HOLE_PAGES	(1 << 20)	/* under 4 GiB, where HVM guests have no memory */
#define BITS_MAX	(1ULL << 28)	/* a guest of 1 TiB; others' pages may count twice */

struct record { uint32_t type, len; };
struct libxl_header { uint64_t ident; uint32_t version, options; };
struct libxc_header { uint64_t marker; uint32_t id, version; uint16_t options, res1; uint32_t res2; };
struct domain_header { uint32_t type; uint16_t page_shift, res; uint32_t major, minor; };

struct seen {
	uint8_t *bits;		/* a page may come twice; NULL: nobody looks */
	uint64_t n_bits, pages;
};

bool stream_take(int fd, void *data, size_t size)
{
	char *at = data;

	while (size) {
		ssize_t n = read(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

static bool skip(int fd, uint64_t size)
{
	return lseek(fd, (off_t)size, SEEK_CUR) >= 0;
}

static uint64_t padded(uint64_t len)
{
	return (len + 7) & ~7ULL;
}

static void count(struct seen *seen, uint64_t word)
{
	uint64_t pfn = PFN_OF(word);
	uint8_t bit = (uint8_t)(1u << pfn % 8);

	if (TYPE_OF(word) == TYPE_NONE || TYPE_OF(word) == TYPE_BROKEN)
		return;
	if (seen->bits && pfn < seen->n_bits) {
		if (seen->bits[pfn / 8] & bit)
			return;
		seen->bits[pfn / 8] |= bit;
	}
	seen->pages++;
}

static bool page_data(int fd, uint32_t len, struct seen *seen)
{
	static uint64_t words[1024];
	uint32_t head[2], left;

	if (len < sizeof(head) || !stream_take(fd, head, sizeof(head)) || head[0] > BATCH_MAX ||
	    head[0] > (len - sizeof(head)) / sizeof(words[0]))
		return false;
	for (left = head[0]; left;) {
		uint32_t n = left < 1024 ? left : 1024;

		if (!stream_take(fd, words, n * sizeof(words[0])))
			return false;
		for (uint32_t i = 0; i < n; i++)
			count(seen, words[i]);
		left -= n;
	}
	return skip(fd, padded(len) - sizeof(head) - head[0] * sizeof(words[0]));
}

static bool libxl_begins(int fd)
{
	struct libxl_header header;
	struct record record;

	if (!stream_take(fd, &header, sizeof(header)) || be64toh(header.ident) != LIBXL_IDENT ||
	    be32toh(header.version) != LIBXL_VERSION ||
	    be32toh(header.options) & OPTION_BIG_ENDIAN)
		return false;
	for (int n = 0; n < LIBXL_RECORDS; n++) {
		if (!stream_take(fd, &record, sizeof(record)) || record.type == LIBXL_END ||
		    record.len > LENGTH_MAX)
			return false;
		if (record.type == LIBXL_LIBXC)
			return !record.len;
		if (!skip(fd, padded(record.len)))
			return false;
	}
	return false;
}

static bool libxc_begins(int fd)
{
	struct libxc_header header;
	struct domain_header domain;

	return stream_take(fd, &header, sizeof(header)) && header.marker == LIBXC_MARKER &&
	       be32toh(header.id) == LIBXC_ID && be32toh(header.version) >= 2 &&
	       be32toh(header.version) <= 3 && !(be16toh(header.options) & OPTION_BIG_ENDIAN) &&
	       stream_take(fd, &domain, sizeof(domain)) && domain.page_shift == 12;
}

/* @return whether its end was reached */
static bool libxc_read(int fd, struct seen *seen)
{
	struct record record;

	for (unsigned int n = 0; n < LIBXC_RECORDS; n++) {
		if (!stream_take(fd, &record, sizeof(record)) || record.len > LENGTH_MAX)
			return false;
		if (record.type == LIBXC_END)
			return true;
		if (record.type == LIBXC_PAGE_DATA ? !page_data(fd, record.len, seen) :
						     !skip(fd, padded(record.len)))
			return false;
	}
	return false;
}

int64_t stream_kib(int fd, int64_t most_kib)
{
	struct seen seen = { .n_bits = (uint64_t)most_kib / PAGE_KIB + HOLE_PAGES };
	int64_t kib = 0;

	if (!libxl_begins(fd) || !libxc_begins(fd))
		return 0;
	if (seen.n_bits > BITS_MAX)
		seen.n_bits = BITS_MAX;
	seen.bits = calloc(seen.n_bits / 8 + 1, 1);
	if (libxc_read(fd, &seen))
		kib = seen.pages < (uint64_t)most_kib / PAGE_KIB ?
		      (int64_t)seen.pages * PAGE_KIB : most_kib;
	free(seen.bits);
	return kib;
}
