// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <libsmartcols/libsmartcols.h>

#include "client.h"
#include "numbers.h"

enum cell { CELL_TEXT, CELL_NUMBER, CELL_MIB };

struct column {
	const char *title, *field;
	enum cell cell;
};

/* --json has sizes in KiB, and all the other fields. */
static const struct column domain_columns[] = {
#define COLUMN_ROW(title, field, cell)	{ #title, #field, CELL_##cell },
	DOMAIN_COLUMNS(COLUMN_ROW)
#undef COLUMN_ROW
};

static const struct column reservation_columns[] = {
	{ "RESERVATION", "id",		CELL_NUMBER },
	{ "SIZE",	"size_kib",	CELL_MIB },
	{ "FOR",	"name",		CELL_TEXT },
	{ "PURPOSE",	"purpose",	CELL_TEXT },
	{ "STATE",	"state",	CELL_TEXT },
	{ "ID",		"domid",	CELL_NUMBER },
	{ "EXPIRES",	"expires_s",	CELL_NUMBER },
};

static void cell_format(char *text, size_t size, const struct column *column,
			yajl_val object)
{
	int64_t number = field_number(object, column->field);
	const char *string = field_text(object, column->field);

	if (column->cell == CELL_TEXT)
		snprintf(text, size, "%s", string ? string : "-");
	else if (number == FIELD_NONE)
		snprintf(text, size, "-");
	else
		snprintf(text, size, "%" PRId64,
			 column->cell == CELL_MIB ? number / 1024 : number);
}

static void print_table(const struct column *columns, size_t n, yajl_val *rows,
			size_t n_rows)
{
	struct libscols_table *table = scols_new_table();
	size_t i, k;

	if (!table)
		abort();
	for (k = 0; k < n; k++)
		scols_table_new_column(table, columns[k].title, 0,
				       columns[k].cell == CELL_TEXT ? 0 : SCOLS_FL_RIGHT);
	for (i = 0; i < n_rows; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		for (k = 0; k < n; k++) {
			char text[256];

			cell_format(text, sizeof(text), &columns[k], rows[i]);
			scols_line_set_data(line, k, text);
		}
	}
	scols_print_table(table);
	scols_unref_table(table);
}

static void print_host(yajl_val host)
{
	static const struct column figures[] = {
		{ "total",		"total_kib",		CELL_MIB },
		{ "free",		"free_kib",		CELL_MIB },
		{ "kept",		"free_min_kib",		CELL_MIB },
		{ "claimed",		"claims_kib",		CELL_MIB },
		{ "reserved",		"reserved_kib",		CELL_MIB },
		{ "unused ceilings",	"unused_ceilings_kib",	CELL_MIB },
		{ "to give",		"slack_kib",		CELL_MIB },
	};
	char text[256];
	size_t i;

	printf("Host, MiB:");
	for (i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		cell_format(text, sizeof(text), &figures[i], host);
		printf("%s %s %s", i ? "," : "", figures[i].title, text);
	}
	cell_format(text, sizeof(text),
		    &(struct column){ "state", "state", CELL_TEXT }, host);
	printf("; %s", text);
	cell_format(text, sizeof(text),
		    &(struct column){ "free_state", "free_state", CELL_TEXT }, host);
	printf(", free memory %s\n", text);
}

static enum status show(const struct args *args, yajl_val tree)
{
	yajl_val domains = field(tree, "domains");
	yajl_val reservations = field(tree, "reservations");

	if (!YAJL_IS_ARRAY(domains))
		return complain(args, STATUS_failed,
				"balloond's answer has no list of domains");
	print_table(domain_columns, sizeof(domain_columns) / sizeof(domain_columns[0]),
		    domains->u.array.values, domains->u.array.len);
	if (YAJL_IS_ARRAY(reservations) && reservations->u.array.len) {
		putchar('\n');
		print_table(reservation_columns,
			    sizeof(reservation_columns) / sizeof(reservation_columns[0]),
			    reservations->u.array.values, reservations->u.array.len);
	}
	putchar('\n');
	print_host(field(tree, "host"));
	return STATUS_DONE;
}

enum status cmd_list(const struct args *args)
{
	struct request request;
	struct answer answer;
	enum status status;

	request_start(&request, "list");
	status = ask_once(args, &request, &answer);
	if (status == STATUS_DONE && !args->json)
		status = show(args, answer.tree);
	answer_finish(&answer);
	return status;
}
